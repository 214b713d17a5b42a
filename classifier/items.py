"""What comes of an input: a mail and where it came from, or why there is none."""

from __future__ import annotations

import re
from typing import Final

from classifier.frozen import Frozen

__all__ = ["Item", "Unreadable", "hide_secrets", "printable"]

# What stands before the host of a URL, its password, and what stands behind a "?" (presigned URLs
# hold their signature there).
_URL: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,20}://)((?:[^\s/?#'\"<>]*@)?)([^\s?'\"<>]*)")
_QUERY: Final = re.compile(r"(?<=[^\s])\?[^\s'\"<>]*=[^\s'\"<>]*")


class Item(Frozen):
    """One mail, and where it came from."""

    origin: str  # the file as given, `#n` (from 0) for the n-th mail of an mbox; `-` for stdin
    raw: bytes  # at most READ_CAP bytes, from the first on
    truncated: bool  # whether bytes were dropped
    size: int | None  # of the whole mail in bytes, where known


class Unreadable(Frozen):
    """One input that could not be read, or not to its end."""

    origin: str
    why: str  # one line, for people: "does not exist"
    cure: str

    @property
    def told(self) -> str:
        """All of it in one line for people."""
        return f"{self.origin}: {self.why}; {self.cure}"


def printable(path: str) -> str:
    r"""The path with bytes that are no UTF-8 written as `\udcff`, so that it can be printed."""
    return path.encode("utf-8", "backslashreplace").decode("utf-8")


def hide_secrets(text: str) -> str:
    """A URL, or words with URLs in them, without user names, passwords and queries."""
    return _QUERY.sub("", _URL.sub(lambda found: found.group(1) + found.group(3), text))
