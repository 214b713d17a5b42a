"""MIME by hand: the same input gives the same bytes with every version of Python.

Lines end in LF. What a server writes wrong on purpose stays wrong, which the generator of the
standard library would not allow.
"""

from __future__ import annotations

import base64
import hashlib
import quopri
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

__all__ = [
    "Part",
    "bundle",
    "envelop",
    "fields",
    "html",
    "make_id",
    "message",
    "stamp",
    "text",
    "write_american",
]

Field = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Part:
    """Header fields of the content, and the content as it is sent."""

    fields: tuple[Field, ...]
    content: bytes


def stamp(date: datetime) -> str:
    """A date as RFC 5322 writes it, whatever the locale is."""
    day = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[date.weekday()]
    month = "JanFebMarAprMayJunJulAugSepOctNovDec"[3 * date.month - 3 : 3 * date.month]
    return f"{day}, {date.day:02d} {month} {date:%Y %H:%M:%S %z}"


def write_american(date: datetime) -> str:
    """A date as Windows writes it in the United States."""
    half = "AM" if date.hour < 12 else "PM"
    return f"{date.month}/{date.day}/{date.year} {date.hour % 12 or 12}:{date:%M:%S} {half}"


def make_id(seed: str, size: int = 32) -> str:
    """A token in hexadecimal digits that depends on `seed` alone."""
    return hashlib.sha256(seed.encode()).hexdigest()[:size]


def text(
    words: str,
    charset: str = "us-ascii",
    encoding: str = "7bit",
    kind: str = "text/plain",
    more: Sequence[Field] = (),
    quoted: bool = False,
) -> Part:
    """A part of text, in an encoding that can carry it."""
    try:
        raw = words.encode(charset)
    except UnicodeEncodeError:
        charset = "utf-8"
        raw = words.encode(charset)
    if encoding == "7bit" and not words.isascii():
        encoding = "quoted-printable"
    if encoding == "quoted-printable":
        content = quopri.encodestring(raw)
    elif encoding == "base64":
        content = base64.encodebytes(raw)
    else:
        content = raw
    name = f'"{charset}"' if quoted else charset
    own = [("Content-Type", f"{kind}; charset={name}"), ("Content-Transfer-Encoding", encoding)]
    return Part((*own, *more), content)


def html(words: str, charset: str = "utf-8", encoding: str = "quoted-printable") -> Part:
    """A part of HTML."""
    return text(words, charset, encoding, "text/html")


def fields(pairs: Sequence[Field]) -> str:
    """Header fields, one a line; the value is what follows the colon and a blank."""
    return "".join(f"{name}: {value}\n" for name, value in pairs)


def envelop(kind: str, content: str | bytes, more: Sequence[Field] = ()) -> Part:
    """A part whose content is no text: delivery-status, rfc822, rfc822-headers."""
    raw = content.encode("utf-8") if isinstance(content, str) else content
    return Part((("Content-Type", kind), *more), raw)


def bundle(
    kind: str, parts: Sequence[Part], boundary: str, parameters: str = "", before: str = ""
) -> Part:
    """A multipart of `parts`."""
    pieces = [before.encode()]
    for part in parts:
        head = fields(part.fields)
        end = b"" if part.content.endswith(b"\n") else b"\n"
        pieces.append(f"--{boundary}\n{head}\n".encode() + part.content + end + b"\n")
    pieces.append(f"--{boundary}--\n".encode())
    value = f'{kind};{parameters}\n\tboundary="{boundary}"'
    return Part((("Content-Type", value),), b"".join(pieces))


def encode(value: str) -> str:
    """A header value as RFC 2047 words, one a line, each a whole number of characters."""
    words = []
    piece = ""
    for letter in value:
        if len((piece + letter).encode("utf-8")) > 40:
            words.append(piece)
            piece = ""
        piece += letter
    words.append(piece)
    return "\n ".join(
        f"=?utf-8?B?{base64.b64encode(word.encode('utf-8')).decode('ascii')}?=" for word in words
    )


def message(head: Sequence[Field], body: Part | str) -> bytes:
    """A whole mail. Values that are not ASCII become encoded words."""
    own: list[Field] = list(body.fields) if isinstance(body, Part) else []
    lines = []
    for name, value in [*head, *own]:
        lines.append(f"{name}: {value if value.isascii() else encode(value)}\n")
    content = body.content if isinstance(body, Part) else body.encode("utf-8")
    return "".join(lines).encode("ascii") + b"\n" + content
