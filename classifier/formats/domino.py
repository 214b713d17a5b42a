"""Lotus Notes and Domino: the recipient may be a name of Notes', which is no mail address.

was not delivered to:
  Ingo Hartwig@WERKE@SMTPGATE
because:
  No route found to domain WERKE from server HUB2/KONTOR.

The general reader takes addresses alone, so such a recipient would have no name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from classifier.formats.prose import read_prose
from classifier.formats.reader import Clues, Found, Reader

__all__ = ["READERS"]

_NAMED: Final = re.compile(
    r"^[ \t]*(?:was not delivered to|wurde nicht zugestellt an|n'a pas \xe9t\xe9 remis \xe0)"
    r"[ \t]?:[ \t]*\n?[ \t]*(?P<name>\S[^\n]{0,127})",
    re.MULTILINE | re.IGNORECASE,
)


def _read(clues: Clues) -> Sequence[Found]:
    """The general reading; a name of Notes' where that finds nobody."""
    found = read_prose(clues)
    if len(found) == 1 and found[0].recipient is None:
        named = _NAMED.search(clues.notice.text)
        if named:
            return [msgspec.structs.replace(found[0], recipient=named.group("name").strip())]
    return found


READERS: Final = (
    Reader(
        "domino",
        (
            "subject: delivery failure: && text: was not delivered to:",
            "text: not listed in domino directory",
            "head: x-mailer: lotus notes",
        ),
        _read,
        "was not delivered to: bob@example.org because: ..., and the reason in the subject",
    ),
    Reader(
        "notes",
        ("text: ------- failure reasons", "text: user not listed in public name & address book"),
        _read,
        "text alone: the reason, then the recipient, below ------- Failure Reasons --------",
    ),
)
