"""Exim: text, and since 4.87 a status part that says little more than 5.0.0.

bob@example.org
  SMTP error from remote mail server after RCPT TO:<bob@example.org>:
  host mx.example.org [192.0.2.1]: 550 5.1.1 User unknown
"""

from __future__ import annotations

import re
from typing import Final

from classifier.formats.prose import read_prose
from classifier.formats.reader import Clues, Reader

__all__ = ["READER"]

#   Message-Id: <E1xVlOi-000000000YL-2GGE@relay.example.com>   (<E... is Exim's, by its queue id)
_ID: Final = re.compile(r"<E[0-9A-Za-z]{6}-[0-9A-Za-z]{6,11}-[0-9A-Za-z]{2,4}@")


def _claims(clues: Clues) -> bool:
    if _ID.match(clues.message.headers.get("Message-Id") or ""):
        return True
    return "created automatically by mail delivery software" in clues.prose and (
        "x-failed-recipients" in clues.message.headers or "(exim " in clues.prose
    )


READER = Reader("exim", _claims, read_prose, knows_command=True)
