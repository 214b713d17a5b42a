"""Readers: one small file a mail system, all in one visible tuple.

Order carries no meaning: a test asks that exactly one reader claims each sample. A mail that none
claims is `rfc3464` where it holds a status part, else `text`, read by the last resort.
"""

from __future__ import annotations

from typing import Final

from classifier.formats import (
    amazon_ses,
    exchange,
    exim,
    gmail,
    opensmtpd,
    postfix,
    qmail,
    sendmail,
)
from classifier.formats.prose import read_prose
from classifier.formats.reader import Clues, Found, Reader

__all__ = ["LAST_RESORT", "READERS", "Clues", "Found", "Reader", "choose"]

READERS: Final = (
    amazon_ses.READER,
    exchange.ON_PREMISES,
    exchange.ONLINE,
    exim.READER,
    gmail.READER,
    opensmtpd.READER,
    postfix.READER,
    qmail.READER,
    sendmail.READER,
)

LAST_RESORT: Final = Reader("text", lambda clues: clues.status is None, read_prose)
GENERAL: Final = Reader("rfc3464", lambda clues: clues.status is not None, read_prose)


def choose(clues: Clues) -> Reader:
    """The reader that claims a mail, the general one, or the last resort."""
    for reader in (*READERS, GENERAL):
        if reader.claims(clues):
            return reader
    return LAST_RESORT
