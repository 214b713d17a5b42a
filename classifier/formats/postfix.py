"""Postfix: a DSN whose diagnostic is whole; old ones are text alone.

<bob@example.org>: host mx.example.org[192.0.2.1] said: 550 5.1.1 User unknown
    (in reply to RCPT TO command)
"""

from __future__ import annotations

from classifier.formats.prose import read_prose
from classifier.formats.reader import Clues, Reader

__all__ = ["READER"]


def _claims(clues: Clues) -> bool:
    # X-Postfix-Queue-ID; rebranded builds keep the form (X-Other-Queue-ID)
    if clues.status and any(
        name.startswith("x-") and name.endswith("-queue-id") for name in clues.status.message
    ):
        return True
    return (
        "this is the mail system at host" in clues.prose
        or "this is the postfix program at host" in clues.prose
    )


READER = Reader("postfix", _claims, read_prose, knows_command=True)
