"""AOL: a status part today; the old notices name screen names, which are addresses at aol.com.

Your mail to the following recipients could not be delivered because they are not accepting
mail from ada@example.com:
        screenname

The general reader takes addresses alone, and would find none but the sender's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from classifier.formats.prose import read_prose
from classifier.formats.reader import Clues, Found, Reader

__all__ = ["READER"]

_NAMES: Final = re.compile(
    r"following recipients? [^:]{0,200}:[ \t]*\n"
    r"(?P<names>(?:[ \t]*[\w.]{3,32}[ \t]*(?:\n|\Z)|[ \t]*\n){1,100})"
)


def _read(clues: Clues) -> Sequence[Found]:
    """The general reading; screen names where that finds nobody else than the sender."""
    found = read_prose(clues)
    if any(each.recipient and each.recipient.lower() not in clues.avoid for each in found):
        return found
    listed = _NAMES.search(clues.notice.text)
    if listed is None:
        return found
    text = " ".join(listed.group().split())
    known = found[0] if found else Found(recipient=None, text=text)
    return [
        msgspec.structs.replace(known, recipient=f"{name}@aol.com", text=text)
        for name in listed.group("names").split()
    ]


READER: Final = Reader(
    "aol",
    ("from: @aol.com", "from: .aol.com", "mta: .aol.com$"),
    _read,
    "a status part; old ones name the recipient without its domain",
    over=("postfix", "sendmail"),
)
