"""Pieces of mail, written by hand: header words, text parts, multiparts, dates, addresses.

The same dice give the same bytes with every version of Python, and mailers differ in ways that
the generator of the standard library does not.
"""

from __future__ import annotations

import base64
import io
import quopri
import random
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

__all__ = [
    "Part",
    "encode_words",
    "join",
    "make_ip",
    "make_text",
    "pack_zip",
    "write_date",
    "write_head",
    "write_html",
]


@dataclass(frozen=True, slots=True)
class Part:
    """One MIME part, or a whole mail: its header fields and its encoded content."""

    headers: tuple[tuple[str, str], ...]
    content: bytes


def write_head(fields: Iterable[tuple[str, str]]) -> bytes:
    """Write header fields, without the empty line behind them."""
    return "".join(f"{name}: {value}\n" for name, value in fields).encode("utf-8")


def encode_words(value: str, charset: str, *, base64_words: bool = True, start: int = 12) -> str:
    """Encode a header value as RFC 2047 words, folded.

    Args:
        value: The text.
        charset: The charset of the words; UTF-8 where it lacks a letter.
        base64_words: Words of the B kind, else of the Q kind.
        start: How many columns the field name takes.

    Returns:
        The value itself where it is plain ASCII and short, else the words.
    """
    if value.isascii():
        return value
    try:
        value.encode(charset)
    except UnicodeEncodeError:
        charset = "utf-8"
    words: list[str] = []
    rest = value
    room = 74 - start
    while rest:
        size = len(rest)
        word = _encode_word(rest, charset, base64_words)
        while len(word) > room and size > 1:
            size -= 1
            word = _encode_word(rest[:size], charset, base64_words)
        words.append(word)
        rest = rest[size:]
        room = 74
    return "\n ".join(words)


def _encode_word(piece: str, charset: str, base64_words: bool) -> str:
    raw = piece.encode(charset)
    if base64_words:
        return f"=?{charset}?B?{base64.b64encode(raw).decode('ascii')}?="
    quoted = "".join(
        chr(byte) if chr(byte).isascii() and chr(byte).isalnum() else "_" if byte == 32
        else f"={byte:02X}"
        for byte in raw
    )  # fmt: skip
    return f"=?{charset}?Q?{quoted}?="


def write_html(dice: random.Random, words: str, language: str, domain: str) -> str:
    """Dress a text as HTML, in one of the ways that mailers do.

    Args:
        dice: Where what varies is drawn from.
        words: The text; an empty line ends a paragraph.
        language: Its code.
        domain: Where a counting pixel would come from.

    Returns:
        The page.
    """
    escaped = words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    paragraphs = [piece.replace("\n", "<br>\n") for piece in escaped.split("\n\n")]
    style = dice.choice(("plain", "office", "table"))
    if style == "plain":
        return (
            "<html><body>\n" + "\n".join(f"<p>{p}</p>" for p in paragraphs) + "\n</body></html>\n"
        )
    if style == "office":
        inner = "\n".join(f'<p class="MsoNormal">{p}<o:p></o:p></p>' for p in paragraphs)
        return (
            '<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><style>\n'
            "p.MsoNormal {margin:0cm; font-size:11.0pt; font-family:Calibri}\n</style></head>\n"
            f'<body lang="{language}">\n<div class="WordSection1">\n{inner}\n'
            "</div></body></html>\n"
        )
    inner = "\n".join(
        f'<tr><td style="padding:8px;font-family:Arial">{p}</td></tr>' for p in paragraphs
    )
    return (
        f'<!DOCTYPE html>\n<html lang="{language}"><body bgcolor="#f4f4f4">\n'
        f'<table width="600" align="center" bgcolor="#ffffff">\n{inner}\n'
        f'<tr><td><img src="https://news.{domain}/p/{dice.getrandbits(40):x}.gif" width="1" '
        'height="1" alt=""></td></tr>\n</table></body></html>\n'
    )


def make_text(
    dice: random.Random,
    words: str,
    charset: str,
    *,
    subtype: str = "plain",
    eight_bits: bool = True,
) -> Part:
    """Write a text part, in one of the encodings that mailers would choose.

    Args:
        dice: Where what varies is drawn from.
        words: The text, its lines ending in LF.
        charset: The charset; UTF-8 where it lacks a letter.
        subtype: `plain` or `html`.
        eight_bits: Whether the text may go unencoded.

    Returns:
        The part.
    """
    if not words.endswith("\n"):
        words += "\n"
    try:
        raw = words.encode(charset)
    except UnicodeEncodeError:
        charset, raw = "utf-8", words.encode("utf-8")
    long_lines = max(map(len, raw.split(b"\n"))) > 900
    plain = raw.isascii() and not long_lines
    # ISO-2022-JP is made of seven bits, escapes and all.
    seven = charset in ("us-ascii", "iso-2022-jp") and not long_lines
    if seven or (plain and dice.random() < 0.6):
        encoding, content = "7bit", raw
    elif eight_bits and dice.random() < 0.08 and not long_lines:
        encoding, content = "8bit", raw
    elif dice.random() < 0.5:
        encoding, content = "quoted-printable", quopri.encodestring(raw)
    else:
        encoding, content = "base64", base64.encodebytes(raw)
    name = charset if dice.random() < 0.6 else charset.upper()
    quoted = f'"{name}"' if dice.random() < 0.5 else name
    flowed = "; format=flowed" if subtype == "plain" and dice.random() < 0.1 else ""
    headers = [("Content-Type", f"text/{subtype}; charset={quoted}{flowed}")]
    if encoding != "7bit" or dice.random() < 0.8:
        headers.append(("Content-Transfer-Encoding", encoding))
    return Part(tuple(headers), content)


def join(
    dice: random.Random,
    subtype: str,
    parts: Sequence[Part],
    parameters: str = "",
) -> Part:
    """Put parts into one multipart.

    Args:
        dice: Where the boundary is drawn from.
        subtype: `mixed`, `alternative`, `report` and so on.
        parts: The parts, in order.
        parameters: More of the Content-Type, such as `; report-type=delivery-status`.

    Returns:
        The multipart.
    """
    boundary = dice.choice(
        (
            f"----=_Part_{dice.randrange(10**6)}_{dice.randrange(10**9)}",
            f"=_{dice.getrandbits(96):024x}",
            f"_000_{dice.getrandbits(64):016X}mail_",
            f"{dice.getrandbits(80):020x}",
            f"b1_{dice.getrandbits(64):x}",
        )
    )
    pieces = [b"This is a multi-part message in MIME format.\n"] if dice.random() < 0.3 else []
    for part in parts:
        head = "".join(f"{name}: {value}\n" for name, value in part.headers)
        tail = b"" if part.content.endswith(b"\n") else b"\n"
        pieces.append(f"\n--{boundary}\n{head}\n".encode() + part.content + tail)
    pieces.append(f"\n--{boundary}--\n".encode())
    headers = (("Content-Type", f'multipart/{subtype}{parameters};\n\tboundary="{boundary}"'),)
    return Part(headers, b"".join(pieces).lstrip(b"\n"))


def write_date(date: datetime) -> str:
    """Write a date as header fields do."""
    # Not strftime: its names of days and months follow the locale.
    day = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[date.weekday()]
    month = "JanFebMarAprMayJunJulAugSepOctNovDec"[3 * date.month - 3 : 3 * date.month]
    return f"{day}, {date.day:02d} {month} {date:%Y %H:%M:%S %z}"


def make_ip(dice: random.Random) -> str:
    """Draw an IP address from those that are kept for documentation."""
    if dice.random() < 0.12:
        return f"2001:db8:{dice.getrandbits(16):x}::{dice.getrandbits(12) + 1:x}"
    net = dice.choice(("192.0.2", "198.51.100", "203.0.113"))
    return f"{net}.{dice.randrange(1, 255)}"


def pack_zip(name: str, raw: bytes) -> bytes:
    """Pack one file as a zip archive."""
    # Stored, not deflated: compressors differ from machine to machine.
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(zipfile.ZipInfo(name), raw)
    return file.getvalue()
