r"""Lines for a terminal: hostile text made harmless, wrapped by what it fills, coloured if asked.

A mail can hold escape sequences that rewrite the screen and overrides that turn the reading
direction round. Whatever a mail said goes through `neutral` before people see it.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from typing import Final

__all__ = ["Palette", "Style", "clip", "neutral", "pad", "scrub", "width_of", "wrap"]

# C1 without NEL, marks of direction, overrides and isolates, the byte order mark
_UNSEEN: Final = (
    *(*range(0x80, 0x85), *range(0x86, 0xA0), 0x061C, 0x200E, 0x200F),
    *(*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF),
)
# Visible forms: ESC as its picture, what has no picture by its number, line ends as a blank.
_VISIBLE: Final[dict[int, str]] = {
    **{code: chr(0x2400 + code) for code in range(0x20)},
    **dict.fromkeys((0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x85, 0x2028, 0x2029), " "),
    0x7F: "\u2421",
    **{code: f"<U+{code:04X}>" for code in _UNSEEN},
}
_SURROGATES: Final = re.compile("[\ud800-\udfff]")


def scrub(text: str) -> str:
    """`text` with every lone surrogate, which UTF-8 cannot hold, as U+FFFD."""
    return _SURROGATES.sub("\ufffd", text)


def neutral(text: str) -> str:
    """`text` on one line, harmless for a terminal: control characters in a visible form."""
    if text.isprintable():  # no control, format, surrogate or line separator in it
        return text
    return scrub(text.translate(_VISIBLE))


def width_of(text: str) -> int:
    """The columns that `text` fills: two for a wide East Asian character, none for an accent."""
    if text.isascii():
        return len(text)
    return sum(map(_width, text))


def _width(character: str) -> int:
    if character < "\u0300":
        return 1
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _cut(text: str, width: int) -> int:
    """How many characters of `text` fit into `width` columns; at least one."""
    if text.isascii():
        return max(1, width)
    filled = 0
    for count, character in enumerate(text):
        filled += _width(character)
        if filled > width:
            return max(1, count)
    return len(text)


def clip(text: str, width: int, keep: str = "start") -> str:
    """`text` in at most `width` columns; what is left out of it shows as one `…`.

    `keep` says what must stay: its `start`, its `end`, or both (`middle` is left out).
    """
    if width_of(text) <= width:
        return text
    if keep == "start":
        return text[: _cut(text, width - 1)] + "…"
    tail = (width - 1) if keep == "end" else (width - 1) // 2
    last = text[::-1][: _cut(text[::-1], tail)][::-1]
    head = width - 1 - tail
    return (text[: _cut(text, head)] if head else "") + "…" + last


def pad(text: str, width: int) -> str:
    """`text` with blanks behind it up to `width` columns."""
    return text + " " * (width - width_of(text))


def wrap(text: str, width: int) -> list[str]:
    """`text` in lines of at most `width` columns, broken at blanks, long words where they must."""
    lines: list[str] = []
    line, filled = "", 0
    for word in filter(None, text.split(" ")):  # a no-break space holds its words together
        size = width_of(word)
        if line and filled + 1 + size <= width:
            line, filled = f"{line} {word}", filled + 1 + size
            continue
        if line:
            lines.append(line)
        while size > width:
            cut = _cut(word, width)
            lines.append(word[:cut])
            word = word[cut:]
            size = width_of(word)
        line, filled = word, size
    return [*lines, line] if line or not lines else lines


class Style(StrEnum):
    """What a piece of text is to the reader; the value is its ANSI code (ECMA-48 8.3.117)."""

    PLAIN = ""
    LABEL = "2"  # faint
    STRONG = "1"
    BAD = "1;31"  # bold red: finally refused
    WAIT = "1;33"  # bold yellow: not yet
    DOUBT = "33"
    GOOD = "32"


class Palette:
    """Colours where they are wanted, nothing where not."""

    def __init__(self, colour: bool) -> None:
        self._colour = colour

    def paint(self, text: str, style: Style) -> str:
        """`text`, which must be neutral, in a style."""
        if not self._colour or not style or not text:
            return text
        return f"\x1b[{style}m{text}\x1b[0m"
