"""The mailing list that a notice of its own is about, where the notice only says "this list"."""

from __future__ import annotations

import re
from typing import Final

from classifier.addresses import ADDRESS, bare
from classifier.formats.reader import Clues

__all__ = ["list_address"]

#   reef-watch-owner@lists.example.org    oldmaps+owner@...    owner-zither@...
_OWNER: Final = re.compile(
    r"(?:owner-(?P<old>[^\s<>@]{1,64})"
    r"|(?P<list>[^\s<>@]{1,64}?)[-+](?:owner|admin|request|bounces?|help))@(?P<at>[^\s<>@]+)"
)


def list_address(clues: Clues) -> str | None:
    """The address of the list, as it was written if the notice writes it."""
    headers = clues.message.headers
    for field in ("X-BeenThere", "List-Post"):
        value = headers.get(field)
        if value and "@" in value:
            return bare(value).removeprefix("mailto:")
    subject = headers.text("Subject") or ""
    titled = [found.group() for found in ADDRESS.finditer(subject)]
    titled = [each for each in titled if each.lower() not in clues.avoid]
    if titled:
        return titled[0]
    sender = ADDRESS.search(clues.sender)
    found = _OWNER.fullmatch(sender.group()) if sender else None
    return f"{found.group('old') or found.group('list')}@{found.group('at')}" if found else None
