"""Reports that Exchange wraps into `winmail.dat` (MS-OXTNEF): the text, and a line a recipient.

A stream of attributes, each with its length; one holds the properties of the message, another a
table with those of each recipient. Of a report (REPORT.IPM.Note.NDR) the table tells what was
said of whom (MS-OXCMSG, MS-OXOMSG 2.2.3). The package for this on PyPI is no longer kept, raises
on damaged input and is LGPL; what is needed of the format fits one screen. Never raises.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from classifier.charset import decode
from classifier.markup import to_text

__all__ = ["is_tnef", "read_tnef", "say_of"]

_SIGNATURE: Final = b"\x78\x9f\x3e\x22"
_BODY, _MESSAGE, _RECIPIENTS, _CODEPAGE = 0x800C, 0x9003, 0x9004, 0x9007  # attribute ids
_MAX_ROWS, _MAX_PROPERTIES = 256, 1024
_FIXED: Final = {  # bytes that a value takes by its type; shorter ones are padded to four
    **dict.fromkeys((0x02, 0x03, 0x04, 0x0A, 0x0B), 4),
    **dict.fromkeys((0x05, 0x06, 0x07, 0x14, 0x40), 8),
    0x48: 16,
}
_TEXT8, _TEXT16, _BINARY, _OBJECT = 0x1E, 0x1F, 0x102, 0x0D

# Properties of the message, and of a recipient of a report.
_PLAIN, _HTML = 0x1000, 0x1013
_NAME, _ADDRESS, _SMTP = 0x3001, 0x3003, 0x39FE
_REPORT_TEXT, _REPLY, _REMOTE_MTA = 0x1001, 0x0C1B, 0x0C21


def is_tnef(raw: bytes) -> bool:
    """Whether bytes are a TNEF stream."""
    return raw.startswith(_SIGNATURE)


def read_tnef(raw: bytes) -> str:
    """The text of a TNEF stream and of its report, "" where it is none or holds none."""
    if not is_tnef(raw):
        return ""
    body, codepage = "", "cp1252"
    message: Mapping[int, str] = {}
    rows: list[Mapping[int, str]] = []
    for name, data in _attributes(raw):
        if name == _CODEPAGE:
            codepage = f"cp{int.from_bytes(data[:4], 'little')}"
        elif name == _BODY:
            body = decode(data.rstrip(b"\0"), codepage)
        elif name == _MESSAGE:
            message, _ = _properties(data, 0, codepage)
        elif name == _RECIPIENTS:
            rows = list(_rows(data, codepage))
    text = message.get(_PLAIN) or body
    if not text.strip() and _HTML in message:
        text = to_text(message[_HTML])
    said = [say_of(row) for row in rows if _REPORT_TEXT in row or _REPLY in row]
    return "\n".join([text.replace("\r\n", "\n"), *said])


def _attributes(raw: bytes) -> Iterator[tuple[int, bytes]]:
    """Id and data: a level, the id, a type, the length, the data, a checksum (MS-OXTNEF 2.1.3)."""
    at = 6
    while at + 9 <= len(raw):
        name = int.from_bytes(raw[at + 1 : at + 3], "little")
        size = int.from_bytes(raw[at + 5 : at + 9], "little")
        yield name, raw[at + 9 : at + 9 + size]
        at += 9 + size + 2


def _rows(data: bytes, codepage: str) -> Iterator[Mapping[int, str]]:
    at = 4
    for _ in range(min(int.from_bytes(data[:4], "little"), _MAX_ROWS)):
        if at >= len(data):
            return
        row, at = _properties(data, at, codepage)
        yield row


def _properties(data: bytes, at: int, codepage: str) -> tuple[dict[int, str], int]:
    """The texts among a list of properties, by id, and where the list ends (MS-OXTNEF 2.1.3.4)."""
    found: dict[int, str] = {}
    count = int.from_bytes(data[at : at + 4], "little")
    at += 4
    for _ in range(min(count, _MAX_PROPERTIES)):
        if at + 4 > len(data):
            break
        kind = int.from_bytes(data[at : at + 2], "little")
        name = int.from_bytes(data[at + 2 : at + 4], "little")
        at += 4
        if name >= 0x8000:  # named: a GUID, then a number or a text
            by_text = int.from_bytes(data[at + 16 : at + 20], "little")
            length = int.from_bytes(data[at + 20 : at + 24], "little") if by_text else 0
            at += 24 + _padded(length)
        variable = kind & 0xEFFF in (_TEXT8, _TEXT16, _BINARY, _OBJECT)
        values = 1
        if variable or kind & 0x1000:
            values = int.from_bytes(data[at : at + 4], "little")
            at += 4
        for _ in range(min(values, _MAX_PROPERTIES)):
            size = _FIXED.get(kind & 0xEFFF, 0)
            if variable:
                size = int.from_bytes(data[at : at + 4], "little")
                at += 4
                if name not in found:
                    found[name] = _text(data[at : at + size], kind & 0xEFFF, codepage)
            elif not size:  # a type that nobody knows: what follows cannot be found
                return found, len(data)
            at += _padded(size)
            if at > len(data):
                return found, len(data)
    return found, at


def _padded(size: int) -> int:
    return size + -size % 4


def _text(data: bytes, kind: int, codepage: str) -> str:
    text = data.decode("utf-16-le", "replace") if kind == _TEXT16 else decode(data, codepage)
    return text.rstrip("\0")


def say_of(row: Mapping[int, str]) -> str:
    """What a report says of one recipient, in the form of Exchange's own prose."""
    address = row.get(_SMTP) or row.get(_ADDRESS) or row.get(_NAME, "")
    host = row.get(_REMOTE_MTA, "").partition(";")[2].strip()
    reply = row.get(_REPLY, "")
    lines = [f"\n{address}", f"    {' '.join(row.get(_REPORT_TEXT, '').split())}"]
    lines += [f"    host {host} said: {reply}" if host and reply else f"    {reply}"]
    return "\n".join(lines)
