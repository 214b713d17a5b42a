"""Bytes of unknown honesty to text. Never raises."""

from __future__ import annotations

import codecs
import re
from functools import lru_cache
from typing import Final

__all__ = ["decode", "guess"]

_SAMPLE: Final = 4096  # bytes that the guess looks at

# Codecs that Python counts as text encodings and no mail is written in. idna and punycode take
# time that grows with the square of the input.
_NO_CHARSET: Final = frozenset(
    {"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "mbcs", "oem"}
)
# What is meant where the narrower name is declared, as browsers read it.
_MEANT: Final = {
    "iso8859-1": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
}
# Charsets whose text is 7-bit, so that ASCII bytes do not mean ASCII text.
_SEVEN_BIT: Final = ("utf-7", "iso-2022", "hz", "unicode-1-1-utf-7", "utf-16", "utf-32")
_RUN: Final = re.compile(rb"[\x80-\xff]{3}")
_FOREIGN: Final = re.compile(r"[^\x00-\x7f]+")


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
        b"a".decode(found, "replace")  # refuses codecs that are no text encoding, such as zip
    except LookupError:
        return None
    return _MEANT.get(found, found)


def decode(raw: bytes, charset: str | None = None) -> str:
    """`raw` as text: by the declared charset where it fits, else by what the bytes show."""
    if raw.isascii():
        if charset and charset.lower().startswith(_SEVEN_BIT):
            return _decode_as(_codec(charset) or "ascii", raw, "replace")
        # ISO-2022-JP that nobody declared; one byte is looked for faster than two
        if b"\x1b" in raw and (b"\x1b$" in raw or b"\x1b(" in raw):
            # Each line ends in ASCII (RFC 1468); where one does not, it must not swallow the rest.
            return raw.replace(b"\n", b"\x1b(B\n").decode("iso2022_jp", "replace")
        return raw.decode("ascii")
    declared = _codec(charset) if charset else None
    if declared is None or declared in ("ascii", "utf-8"):
        names: tuple[str, ...] = ("utf-8",)
    else:
        names = (declared, "utf-8")
    for name in names:
        try:
            return _decode_as(name, raw, "strict")
        except (UnicodeError, ValueError):
            continue
    for name in names:  # a character cut off, or one that the charset does not know
        text = _decode_as(name, raw, "replace")
        if text.count("\ufffd") * 4 <= sum(map(len, _FOREIGN.findall(text))):
            return text
    return raw.decode(guess(raw) or "cp1252", "replace")


def _decode_as(name: str, raw: bytes, errors: str) -> str:
    text = raw.decode(name, errors)
    if name == "utf-7":  # Python's lets halves of a surrogate pair through; nothing can write them
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


_KANA: Final = re.compile(r"[\u3041-\u30fe]")


def _guess_by_letters(sample: bytes) -> str | None:
    """Charsets that statistics take for others in short texts, told by their commonest letters."""
    for name in ("cp932", "euc_jp"):  # text in Japanese is a third kana at the least
        text = sample.decode(name, "ignore")
        foreign = sum(map(len, _FOREIGN.findall(text)))
        whole = len(text.encode(name, "ignore")) >= len(sample) - 2
        if whole and foreign and len(_KANA.findall(text)) * 10 >= foreign * 3:
            return name
    high = [byte for byte in sample if byte > 0x7F]
    letters = sum(byte >= 0xC0 for byte in high)
    small = sum(0xC0 <= byte <= 0xDF for byte in high)
    # Only KOI8-R has small letters below the capitals.
    return "koi8_r" if letters * 20 >= len(high) * 19 and small * 4 >= letters * 3 else None


def guess(raw: bytes) -> str | None:
    """The likeliest charset of 8-bit bytes that are not UTF-8; None where nothing tells."""
    found = _RUN.search(raw)
    if found is None:  # the accents of a western language; too few for any statistics
        return None
    at = found.start()
    sample = raw[max(0, at - 64) : at + _SAMPLE]
    name = _guess_by_letters(sample)
    if name:
        return name
    from charset_normalizer import from_bytes

    best = from_bytes(sample).best()
    return _codec(best.encoding) if best else None
