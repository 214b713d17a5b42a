"""Bytes of unknown honesty to text. Never raises."""

from __future__ import annotations

import codecs
import re
from functools import lru_cache
from typing import Final

__all__ = ["decode"]

_SAMPLE: Final = 4096  # bytes that the guess looks at

# Codecs that Python counts as text encodings and no mail is written in. idna and punycode take
# time that grows with the square of the input.
_NO_CHARSET: Final = frozenset(
    {"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "mbcs", "oem"}
)
# Charsets whose text is 7-bit, so that ASCII bytes do not mean ASCII text.
_SEVEN_BIT: Final = ("utf-7", "iso-2022", "hz", "unicode-1-1-utf-7", "utf-16", "utf-32")
_EIGHT_BIT: Final = re.compile(rb"[\x80-\xff]")


@lru_cache(maxsize=256)
def _codec(charset: str) -> str | None:
    """Python's name for a declared charset, or None where it has none that we use."""
    name = charset.strip("\"' ").lower()
    if name.startswith("unicode-1-1-utf-7"):
        return "utf-7"
    try:
        found = codecs.lookup(name).name
    except (LookupError, ValueError, UnicodeError):
        return None
    if found.replace("_", "-") in _NO_CHARSET:
        return None
    try:
        b"".decode(found)  # refuses codecs that are no text encoding, such as zip
    except LookupError:
        return None
    return found


def decode(raw: bytes, charset: str | None = None) -> str:
    """`raw` as text: by the declared charset where it fits, else by what the bytes show."""
    if raw.isascii():
        if charset and charset.lower().startswith(_SEVEN_BIT):
            return _decode_as(_codec(charset) or "ascii", raw, "replace")
        if b"\x1b$" in raw or b"\x1b(" in raw:  # ISO-2022-JP that nobody declared
            # Each line ends in ASCII (RFC 1468); where one does not, it must not swallow the rest.
            return raw.replace(b"\n", b"\x1b(B\n").decode("iso2022_jp", "replace")
        return raw.decode("ascii")
    for name in (_codec(charset) if charset else None, "utf-8"):
        if name and name != "ascii":
            try:
                return _decode_as(name, raw, "strict")
            except (UnicodeError, ValueError):
                continue
    return raw.decode(_guess(raw), "replace")


def _decode_as(name: str, raw: bytes, errors: str) -> str:
    text = raw.decode(name, errors)
    if name == "utf-7":  # Python's lets halves of a surrogate pair through; nothing can write them
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _guess(raw: bytes) -> str:
    """The likeliest charset of 8-bit bytes that are not UTF-8; cp1252 where nothing fits."""
    from charset_normalizer import from_bytes

    found = _EIGHT_BIT.search(raw)
    at = found.start() if found else 0
    best = from_bytes(raw[max(0, at - 64) : at + _SAMPLE]).best()
    name = _codec(best.encoding) if best else None
    return name or "cp1252"
