"""Bytes to text and back: what comes out must be written as it was read, or hide nothing."""

from __future__ import annotations

import base64
import binascii
import codecs
import re
from typing import Final

import msgspec

from classifier.charset import guess

__all__ = ["Read", "read_text", "redo_transfer", "undo_transfer", "write_text"]

_STATEFUL: Final = ("iso2022", "hz", "utf_7", "utf-7", "utf_16", "utf-16", "utf_32", "utf-32")
_NO_CHARSET: Final = ("idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined")
_BASE64: Final = re.compile(rb"\s*(?:[A-Za-z0-9+/=]+[ \t]*(?:\n\s*|\Z))*")
_HIGH: Final = re.compile(r"[\x80-\xff]+")


class Read(msgspec.Struct, frozen=True):
    """A text, the codec that writes it again, and whether the mail itself named that."""

    text: str
    charset: str
    sure: bool


def read_text(raw: bytes, declared: str | None) -> Read:
    """`raw` as text. A declared charset that does not fit is not believed.

    Where none fits, letters above ASCII are made neutral at once, so that no name hides in them.
    """
    if raw.isascii():
        return _read_ascii(raw, declared)
    found = _codec(declared) if declared else None
    for name in (found, "utf-8"):
        text = _try(raw, name) if name and name != "ascii" else None
        if name and text is not None:
            return Read(text, name, True)
    guessed = guess(raw[: 64 * 1024])
    # Nothing to guess from: a few accents of a western language.
    text = _try(raw, guessed or "cp1252")
    if text is not None:
        return Read(text, guessed or "cp1252", False)
    text = _HIGH.sub(lambda found: "x" * len(found.group()), raw.decode("latin-1"))
    return Read(text, "latin-1", False)


def _read_ascii(raw: bytes, declared: str | None) -> Read:
    names = [_codec(declared) if declared else None]
    if b"\x1b$" in raw or b"\x1b(" in raw:
        names.append("iso2022_jp")
    for name in names:
        text = _try(raw, name) if name and name.startswith(_STATEFUL) else None
        if name and text is not None:
            return Read(text, name, True)
    if "iso2022_jp" in names:  # a line that ends in another alphabet must not swallow the rest
        text = raw.replace(b"\n", b"\x1b(B\n").decode("iso2022_jp", "replace")
        return Read(text.replace("\ufffd", "?"), "iso2022_jp", True)
    return Read(raw.decode("ascii"), "ascii", True)


def _try(raw: bytes, name: str) -> str | None:
    """`raw` in a charset, where it comes out the same when written again."""
    try:
        text = raw.decode(name)
        return text if name.startswith(_STATEFUL) or text.encode(name) == raw else None
    except (UnicodeError, ValueError, LookupError):
        return None


def _codec(charset: str) -> str | None:
    try:
        found = codecs.lookup(charset.strip("\"' ").lower())
        b"a".decode(found.name, "replace")
    except (LookupError, ValueError, UnicodeError):
        return None
    return None if found.name.replace("-", "_") in _NO_CHARSET else found.name


def write_text(text: str, charset: str, html: bool = False) -> bytes:
    """`text` in the charset that it was read in; what that has not becomes `?`, or an entity."""
    try:
        return text.encode(charset)
    except (UnicodeError, ValueError):
        return text.encode(charset, "xmlcharrefreplace" if html else "replace")


def undo_transfer(body: bytes, encoding: str) -> tuple[bytes, bytes] | None:
    """A body without its transfer encoding, and what follows the encoded block; None: broken.

    A body that is declared as encoded and is not comes as broken.
    """
    if encoding.startswith("quoted"):
        return binascii.a2b_qp(body), b""
    found = _BASE64.match(body)
    block = b"".join(found.group().split()) if found else b""
    rest = body[found.end() :] if found else body
    if rest and not (len(block) >= 64 or block.endswith(b"=")):
        return None
    if len(block.rstrip(b"=")) % 4 == 1:
        block = block.rstrip(b"=")[:-1]
    try:
        return binascii.a2b_base64(block + b"==="), rest
    except (binascii.Error, ValueError):
        return None


def redo_transfer(data: bytes, encoding: str, body: bytes) -> bytes:
    """`data` encoded as `body` was, in lines of about its length."""
    if encoding.startswith("quoted"):
        return binascii.b2a_qp(data, istext=True)
    first = body.lstrip().split(b"\n", 1)[0].strip()
    width = max(4, min(len(first), 998) // 4 * 4) if b"\n" in body.strip() else 76
    text = base64.b64encode(data)
    lines = [text[at : at + width] for at in range(0, len(text), width)]
    lead = body[: len(body) - len(body.lstrip())]
    tail = body[len(body.rstrip()) :]
    return lead + b"\n".join(lines) + tail
