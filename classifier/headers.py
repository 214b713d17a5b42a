"""Header fields, read only when asked for.

A bounce has sixty header lines of which ten matter, so the block is kept as text and a field is
looked up in it; nothing is parsed ahead (RFC 5322 2.2).
"""

from __future__ import annotations

import binascii
import re
from functools import lru_cache
from typing import Final

from classifier.charset import decode

__all__ = ["Headers", "cut_head", "decode_words", "head_end", "lower_in_place"]

MAX_VALUE: Final = 16 * 1024  # characters of one field that are looked at

# A field begins with a name of printable characters and a colon; folded lines with a blank.
_NAME: Final = re.compile(rb"[!-9;-~]++:")
_LAST: Final = re.compile(rb"\n(?![ \t])(?![!-9;-~]++:)")  # what comes next is neither
# Blanks before the colon are obsolete, but some still write them (RFC 5322 4.5).
_SPACED_NAME: Final = re.compile(rb"[!-9;-~]++[ \t]++:")
_SPACED: Final = re.compile(r"(\n[!-9;-~]+)[ \t]+:")
_FOLDS: Final = frozenset(" \t")  # what a line begins with that goes on with a value


def head_end(raw: bytes, start: int = 0, end: int | None = None) -> int:
    """Where the header fields that begin at `start` end (before the blank line, if one comes)."""
    return _end_fields(raw, start, len(raw) if end is None else end)[0]


def cut_head(raw: bytes, start: int, end: int) -> tuple[Headers, int]:
    """The header fields that begin at `start`, and where they end."""
    stop, spaced = _end_fields(raw, start, end)
    return Headers(raw[start:stop], spaced=spaced), stop


def _end_fields(raw: bytes, start: int, end: int) -> tuple[int, bool]:
    """Where the fields end that begin at `start`, and whether a colon has blanks before it."""
    stop, spaced = start, False
    while True:
        if _NAME.match(raw, stop, end) is None:
            if _SPACED_NAME.match(raw, stop, end) is None:
                return stop, spaced
            spaced = True
        found = _LAST.search(raw, stop, end)
        if found is None:
            return end, spaced
        stop = found.end()
        if raw.startswith(b"\n", stop):  # the blank line, as nearly always
            return stop, spaced


@lru_cache(maxsize=256)
def _key(name: str) -> str:
    return f"\n{name.lower()}:"


class Headers:
    """A block of header fields. Names do not care for case; values come unfolded and stripped.

    Encoded words stay as they are (see `decode_words`).
    """

    __slots__ = ("_known", "_lower", "_text")

    def __init__(self, raw: bytes, charset: str | None = None, spaced: bool = True) -> None:
        """`charset` is the likeliest one of 8-bit fields, where anything tells.

        `spaced` is whether blanks may stand before a colon.
        """
        text = "\n" + decode(raw, charset)
        if spaced and (" :" in text or "\t:" in text):
            text = _SPACED.sub(r"\1:", text)
        self._known: dict[str, str | None] = {}
        self._text = text
        self._lower = lower_in_place(text)

    @property
    def lower(self) -> str:
        """The whole block in lower case, folded as it came; each field begins after a line end."""
        return self._lower

    def __bool__(self) -> bool:
        return len(self._text) > 1

    def get(self, name: str) -> str | None:
        """The first field of that name, or None."""
        known = self._known
        if name in known:  # several ask for the same few
            return known[name]
        key = _key(name)
        at = self._lower.find(key)
        value = known[name] = None if at < 0 else self._value(at + len(key))
        return value

    def all(self, name: str) -> list[str]:
        """Every field of that name, topmost first."""
        key, lower = _key(name), self._lower
        values: list[str] = []
        at = lower.find(key)
        while at >= 0:
            at += len(key)
            values.append(self._value(at))
            at = lower.find(key, at)
        return values

    def text(self, name: str) -> str | None:
        """The first field of that name with its encoded words decoded, or None."""
        value = self.get(name)
        return decode_words(value) if value and "=?" in value else value

    def __contains__(self, name: str) -> bool:
        return _key(name) in self._lower

    def _value(self, start: int) -> str:
        """The field whose value begins at `start`."""
        text = self._text
        end = text.find("\n", start)
        while end >= 0 and text[end + 1 : end + 2] in _FOLDS:
            end = text.find("\n", end + 1)
        value = text[start:] if end < 0 else text[start:end]
        if len(value) > MAX_VALUE:
            value = value[:MAX_VALUE]
        return " ".join(value.split()) if "\n" in value else value.strip()


def lower_in_place(text: str) -> str:
    """Lower case that keeps every position: `str.lower` makes two characters of the Turkish İ."""
    lower = text.lower()
    if len(lower) == len(text):
        return lower
    return "".join(c.lower() if c < "\x80" else c for c in text)


# =?charset?Q?text?= and =?charset*language?B?text?= (RFC 2047 2, RFC 2231 5). Some leave question
# marks and blanks in the text as they are, which takes longer to read.
_WORD: Final = re.compile(
    r"=\?([^?*\s]{1,60})(?:\*[^?\s]{0,40})?\?([bBqQ])\?"
    r"(?:([^?]{0,2000}+)|((?:[^?]|\?(?!=)){0,2000}))\?="
)


def decode_words(value: str) -> str:
    """`value` with its encoded words decoded (RFC 2047). Broken ones stay as they are."""
    said: list[str] = []
    raw, charset, at = b"", "", 0
    for found in _WORD.finditer(value):
        between, declared = value[at : found.start()], found[1].lower()
        # Blanks between two words do not count, and a character may be split over both.
        apart = not at or bool(between.strip())
        if raw and (apart or declared != charset):
            said.append(decode(raw, charset))
            raw = b""
        if apart:
            said.append(between)
        raw, charset = raw + _undo_word(found), declared
        at = found.end()
    return "".join(said) + decode(raw, charset) + value[at:]


def _undo_word(found: re.Match[str]) -> bytes:
    raw = (found[3] or found[4] or "").encode("utf-8", "replace")
    if found[2] in "qQ":
        return binascii.a2b_qp(raw, header=True)
    try:
        return binascii.a2b_base64(raw + b"===")
    except (binascii.Error, ValueError):
        return found.group().encode("utf-8", "replace")
