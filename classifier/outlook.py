"""Mails that Outlook saved as `.msg` (MS-OXMSG), written again as the mails that they were.

A `.msg` is a small file system of properties: the headers as they came, the text, attachments, and
of a report what was said of each recipient. The way through mail-parser and extract-msg was tried:
it raises on any mail with a delivery status part, which is what bounces are made of, and it leaves
out what a report says of its recipients. olefile reads the same files, and is free of the GPL.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any, Final

from classifier.charset import decode
from classifier.tnef import say_of

__all__ = ["OutlookError", "convert_msg", "looks_like_msg"]

_MAGIC: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#: Every message has this storage, and no other kind of document (MS-OXMSG 2.2.3).
_SIGN: Final = "__nameid_version1.0".encode("utf-16-le")
_MAX_PARTS: Final = 256
_MAX_DEPTH: Final = 3

# Properties (MS-OXPROPS), by the names of their streams.
_SUBJECT, _HEADERS, _PLAIN, _HTML, _REPORT_TEXT = 0x0037, 0x007D, 0x1000, 0x1013, 0x1001
_FROM, _FROM_SMTP, _TO, _MESSAGE_ID, _CODEPAGE = 0x0C1F, 0x5D01, 0x0E04, 0x1035, 0x3FFD
_DATA, _LONG_NAME, _NAME, _TYPE = 0x3701, 0x3707, 0x3704, 0x370E
_STREAM: Final = re.compile(r"__substg1\.0_([0-9A-F]{4})(001E|001F|0102)", re.IGNORECASE)
# What the parts are written anew without.
_MIME: Final = re.compile(
    rb"^(?:Content-[A-Za-z-]+|MIME-Version):.*\n(?:[ \t].*\n)*", re.MULTILINE | re.IGNORECASE
)
_TYPES: Final = {".eml": "message/rfc822", ".htm": "text/html", ".html": "text/html"}


class OutlookError(Exception):
    """A `.msg` that cannot be read: why, and the cure, for people."""

    def __init__(self, why: str, cure: str) -> None:
        super().__init__(why)
        self.why, self.cure = why, cure


def looks_like_msg(head: bytes) -> bool:
    """Whether a file is a compound document, such as Outlook's (MS-CFB 2.2), by its head."""
    return head.startswith(_MAGIC)


def convert_msg(raw: bytes) -> bytes | None:
    """A `.msg` as a mail (RFC 5322); None where it is another compound document.

    Raises `OutlookError` where the package that reads such files is missing, or the file is
    damaged.
    """
    if _SIGN not in raw:
        return None
    try:
        import olefile
    except ImportError as error:
        cure = "install it: pip install 'whybounce[outlook]'; or save the mail as .eml"
        raise OutlookError("is an Outlook .msg, for which a package is missing", cure) from error
    try:
        with olefile.OleFileIO(raw) as ole:
            return _write(_Tree(ole, ole.listdir(streams=True, storages=False)), "", 0)
    except Exception as error:  # what a hostile file makes of the package is nobody's contract
        why = f"is an Outlook .msg that cannot be read ({type(error).__name__}: {error})"
        raise OutlookError(why, "save the mail again, or as .eml") from error


class _Tree:
    """The streams of a `.msg`, by the storages that they stand in."""

    def __init__(self, ole: Any, names: list[list[str]]) -> None:
        self._ole = ole
        self._streams: dict[str, dict[str, list[str]]] = {}
        for path in names[:20_000]:
            self._streams.setdefault("/".join(path[:-1]), {})[path[-1]] = path

    def below(self, place: str, kind: str) -> Iterator[str]:
        """The storages of a kind right below a place: recipients, attachments."""
        begin = f"{place}/{kind}" if place else kind
        found = {
            "/".join(name.split("/")[: begin.count("/") + 1])
            for name in self._streams
            if name.startswith(begin)
        }
        return iter(sorted(found)[:_MAX_PARTS])

    def holds(self, place: str) -> bool:
        return place in self._streams

    def stream(self, place: str, name: str) -> bytes:
        path = self._streams.get(place, {}).get(name)
        if path is None:
            return b""
        with self._ole.openstream(path) as file:
            read: bytes = file.read()
        return read

    def properties(self, place: str, codepage: str) -> Mapping[int, str]:
        """The texts at a place, by the number of their property."""
        found: dict[int, str] = {}
        for name in self._streams.get(place, {}):
            match = _STREAM.fullmatch(name)
            number = int(match.group(1), 16) if match else _DATA
            if match is None or number == _DATA:
                continue
            data = self.stream(place, name)
            wide = match.group(2).upper() == "001F"
            text = data.decode("utf-16-le", "replace") if wide else decode(data, codepage)
            found[number] = text.rstrip("\0")
        return found

    def codepage(self, place: str) -> str:
        """The charset of 8-bit texts (MS-OXMSG 2.4.2.1: entries of 16 bytes below a head)."""
        data = self.stream(place, "__properties_version1.0")
        for at in range(24 if place else 32, len(data) - 15, 16):
            if int.from_bytes(data[at + 2 : at + 4], "little") == _CODEPAGE:
                return f"cp{int.from_bytes(data[at + 8 : at + 12], 'little')}"
        return "cp1252"


def _write(tree: _Tree, place: str, depth: int) -> bytes:
    """The message at a place as a mail of several parts."""
    codepage = tree.codepage(place)
    message = tree.properties(place, codepage)
    rows = [tree.properties(each, codepage) for each in tree.below(place, "__recip_version1.0_")]
    said = [say_of(row) for row in rows if row.get(_REPORT_TEXT)]
    parts: list[tuple[str, bytes]] = []
    if _PLAIN in message or said:
        parts.append(("text/plain", "\n".join([message.get(_PLAIN, ""), *said]).encode()))
    elif message.get(_HTML):
        parts.append(("text/html", message[_HTML].encode()))
    for each in tree.below(place, "__attach_version1.0_"):
        inner = f"{each}/__substg1.0_{_DATA:04X}000D"
        if not tree.holds(inner):
            parts.append((_type_of(tree.properties(each, codepage)), _data(tree, each)))
        elif depth < _MAX_DEPTH:
            parts.append(("message/rfc822", _write(tree, inner, depth + 1)))
    return _assemble(_head(message), parts)


def _data(tree: _Tree, place: str) -> bytes:
    return tree.stream(place, f"__substg1.0_{_DATA:04X}0102")


def _type_of(attachment: Mapping[int, str]) -> str:
    """The type of an attachment: as it came, or by its name."""
    given = attachment.get(_TYPE, "").strip().lower()
    if re.fullmatch(r"[a-z]+/[a-z0-9.+-]+", given):
        return given
    name = (attachment.get(_LONG_NAME) or attachment.get(_NAME, "")).lower()
    return _TYPES.get(name[name.rfind(".") :], "application/octet-stream")


def _head(message: Mapping[int, str]) -> bytes:
    """The headers as they came; those that the properties give, where a mail never travelled."""
    came = message.get(_HEADERS, "").replace("\r\n", "\n").strip("\n")
    if came:
        return _MIME.sub(b"", f"{came}\n".encode("utf-8", "replace"))
    from email.header import Header  # the package takes longer to load than most mails to judge

    made = {
        "From": message.get(_FROM_SMTP) or message.get(_FROM),
        "To": message.get(_TO),
        "Subject": message.get(_SUBJECT),
        "Message-ID": message.get(_MESSAGE_ID),
    }
    lines = [
        f"{name}: {Header(' '.join(value.split()), 'utf-8' if not value.isascii() else None)}\n"
        for name, value in made.items()
        if value
    ]
    return "".join(lines).encode("utf-8", "replace")


def _assemble(head: bytes, parts: list[tuple[str, bytes]]) -> bytes:
    boundary = b"=_" + sha256(b"\n".join(data for _, data in parts)).hexdigest().encode()
    pieces = [
        head,
        b'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="' + boundary + b'"\n\n',
    ]
    for kind, data in parts:
        charset = "; charset=utf-8" if kind.startswith("text/") else ""
        field = f"Content-Type: {kind}{charset}\nContent-Transfer-Encoding: binary\n\n"
        pieces += [b"--", boundary, b"\n", field.encode(), data, b"\n"]
    return b"".join([*pieces, b"--", boundary, b"--\n"])
