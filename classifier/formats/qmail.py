"""qmail and its children: plain text, paragraphs that begin with the recipient.

<bob@example.org>:
192.0.2.1 does not like recipient.
Remote host said: 550 No such user
Giving up on 192.0.2.1.
"""

from __future__ import annotations

from classifier.formats.prose import read_prose
from classifier.formats.reader import Clues, Reader

__all__ = ["READER"]


def _claims(clues: Clues) -> bool:
    return (
        "this is the qmail-send program" in clues.prose
        or "i'm afraid i wasn't able to deliver your message" in clues.prose
    )


READER = Reader("qmail", _claims, read_prose)
