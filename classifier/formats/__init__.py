"""Readers: one small file a mail system, or a line in a table, all in one visible tuple.

Order carries no meaning: a test asks that exactly one reader claims each sample. A mail that none
claims is `rfc3464` where it holds a status part, else `text`, read by the last resort.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from classifier.formats import (
    aol,
    exchange,
    gateways,
    gmail,
    lists,
    servers,
    services,
)
from classifier.formats.marks import Marks
from classifier.formats.prose import read_prose
from classifier.formats.reader import Clues, Found, Reader

__all__ = [
    "GENERAL",
    "LAST_RESORT",
    "READERS",
    "WRAPPING",
    "Clues",
    "Found",
    "Reader",
    "choose",
    "claimants",
]

READERS: Final = (
    aol.READER,
    exchange.ONLINE,
    exchange.ON_PREMISES,
    gmail.GROUPS,
    gmail.READER,
    *gateways.READERS,
    *lists.READERS,
    *servers.READERS,
    *services.READERS,
)

GENERAL: Final = Reader("rfc3464", (), read_prose, "any other mail with status fields (RFC 3464)")
LAST_RESORT: Final = Reader("text", (), read_prose, "any other text that reports a failure")

_LOOKING: Final = tuple(
    (reader.name, reader.looks) for reader in READERS if reader.looks is not None
)
_BY_NAME: Final = {reader.name: reader for reader in READERS}
#: Formats whose mails carry the bounce that they are about.
WRAPPING: Final = frozenset(reader.name for reader in READERS if reader.wraps)


@cache
def _marks() -> Marks:
    return Marks((reader.name, reader.marks) for reader in READERS)


def claimants(clues: Clues) -> tuple[Reader, ...]:
    """The readers that claim a mail, less those that another of them goes over."""
    names = _marks().owners(clues)
    names.update([name for name, looks in _LOOKING if looks(clues)])
    if len(names) > 1:
        names.difference_update([under for name in names for under in _BY_NAME[name].over])
    return tuple([_BY_NAME[name] for name in sorted(names)])


def choose(clues: Clues) -> Reader:
    """The reader that claims a mail, the general one, or the last resort."""
    claiming = claimants(clues)
    if claiming:
        return claiming[0]
    return LAST_RESORT if clues.status is None else GENERAL
