"""A mail as parts: the one module that knows MIME (RFC 2045, 2046, 6522).

Takes any bytes and never raises; what is wrong is kept as defects. Written for archives of a
hundred million bounces: it splits bytes and decodes only what is asked for. The standard
library's parser is right, too, and takes three to five times as long.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from classifier.charset import decode, guess
from classifier.headers import Headers, cut_head, lower_in_place
from classifier.markup import to_text

__all__ = ["READ_CAP", "STATUS_TYPES", "Message", "Part", "parse", "read_head"]

READ_CAP: Final = 256 * 1024  # bytes; a bounce that returns 15 MB says all in its head
MAX_DEPTH: Final = 12
#: A delivery status notification's fields (RFC 3464 2.1, RFC 6533 4).
STATUS_TYPES: Final = ("message/delivery-status", "message/global-delivery-status")
MAX_PARTS: Final = 128

_TYPE: Final = re.compile(r"\s*([\w.+*-]+/[\w.+*-]+)")
# Most have no backslash between their quotes, which the first of the three is for.
_PARAM: Final = (
    r"(?:^|[;\s]){}\*?0?\*?\s*=\s*"
    r'(?:"([^"\\]{{0,256}})"|"((?:[^"\\]|\\.){{0,256}})"|([^\s;"]{{1,256}}))'
)
_PARAMS: Final = {
    name: re.compile(_PARAM.format(name), re.IGNORECASE)
    for name in ("boundary", "charset", "report-type")
}
# Lines of nothing but the alphabet: a blank inside a line makes it prose, however plain its words.
_BASE64: Final = re.compile(rb"\s*(?:[A-Za-z0-9+/=]+[ \t]*(?:\n\s*|\Z))*")
# What may follow a boundary on its line (RFC 2046 5.1.1); anything else makes it a longer one.
_TAIL: Final = re.compile(rb"(--)?[ \t]*(?:\n|\Z)")
_HEADED: Final = re.compile(rb"\n{0,2}(?=Content-[A-Za-z-]{2,40}:)", re.IGNORECASE)


def _parameter(name: str, value: str) -> str | None:
    """A parameter of a Content-Type (RFC 2045 5.1), or None."""
    at = lower_in_place(value).find(name)
    if at < 0:
        return None
    found = _PARAMS[name].search(value, at - 1 if at else 0)
    return (found[1] or found[2] or found[3] or "").strip() or None if found else None


class _Type(NamedTuple):
    """What a Content-Type says beside its boundary; `unread` where it names no type."""

    name: str
    charset: str | None
    report_type: str | None
    unread: bool


def _read_type(value: str) -> _Type:
    found = _TYPE.match(value)
    report_type = _parameter("report-type", value)
    return _Type(
        name=found[1].lower() if found else "text/plain",
        charset=_parameter("charset", value),
        report_type=report_type.lower() if report_type else None,
        unread=bool(value) and found is None,
    )


#: Servers have a few types. Without the boundary, which no two mails share, they are read once.
_read_short_type: Final = lru_cache(maxsize=512)(_read_type)
_MAX_KNOWN: Final = 512  # characters, or bytes
# boundary="4f3a.1764230412/mx.example.org", as nearly all write it
_BOUNDARY: Final = re.compile(r'[; ]boundary="([^"\\]{1,256})"')


class _Head(NamedTuple):
    """The head of a part: its fields, its type, and the boundary declared."""

    headers: Headers
    type: _Type
    boundary: str | None


def _read_fields(headers: Headers) -> _Head:
    declared = headers.get("content-type") or ""
    at = declared.find("boundary")
    found = _BOUNDARY.match(declared, at - 1) if at > 0 else None
    if found:
        rest = declared[: found.start(1)] + declared[found.end(1) :]
        boundary = found[1].strip() or None
    else:
        rest, boundary = declared, _parameter("boundary", declared)
    read = _read_short_type if len(rest) <= _MAX_KNOWN else _read_type
    return _Head(headers, read(rest), boundary)


@lru_cache(maxsize=512)
def _read_known(block: bytes) -> _Head | None:
    """A short head, read once: those inside one server's bounces are all alike.

    None where it does not consist of fields alone, as a head does.
    """
    headers, end = cut_head(block, 0, len(block))
    return _read_fields(headers) if end == len(block) else None


class Part:
    """One part of a mail: its headers, its type in lower case, and its body.

    `path` is the place as IMAP counts it (`1.2`; `0` the mail itself), `depth` how many
    multiparts stand around it. `data` and `text` are decoded when first asked for.
    """

    __slots__ = (
        *("_body", "_data", "_head", "_text"),
        *("depth", "headers", "path", "type"),
    )

    def __init__(self, head: _Head, body: bytes, path: str, depth: int) -> None:
        self._head = head
        self.headers = head.headers
        self.type = head.type.name
        self.path = path
        self.depth = depth
        self._body = body
        self._data: bytes | None = None
        self._text: str | None = None

    @property
    def raw(self) -> bytes:
        """The body as it stands in the mail, transfer encoding and all."""
        return self._body

    @property
    def data(self) -> bytes:
        """The body with its transfer encoding undone (RFC 2045 6)."""
        if self._data is None:
            encoding = (self.headers.get("Content-Transfer-Encoding") or "").lower()
            self._data = _undo(self._body, encoding) if encoding else self._body
        return self._data

    @property
    def text(self) -> str:
        """The body as text; of HTML, what a reader would see."""
        if self._text is None:
            text = decode(self.data, self._head.type.charset)
            self._text = to_text(text) if self.type == "text/html" else text
        return self._text

    @property
    def report_type(self) -> str | None:
        """The report-type of a multipart/report, in lower case (RFC 6522 3)."""
        return self._head.type.report_type

    @property
    def boundary(self) -> str | None:
        """The boundary that the Content-Type declares (RFC 2046 5.1.1)."""
        return self._head.boundary


class Message:
    """A mail: its headers, its parts in order of appearance, and what was wrong with it.

    `parts[0]` is the mail itself. `size` is the number of bytes that were given.
    """

    __slots__ = ("_firsts", "defects", "headers", "parts", "size")

    def __init__(self, parts: tuple[Part, ...], defects: tuple[str, ...], size: int) -> None:
        self.parts = parts
        self.headers = parts[0].headers
        self._firsts = {part.type: part for part in reversed(parts)}
        self.defects = defects
        self.size = size

    def first(self, *types: str) -> Part | None:
        """The first part of one of `types`, or None."""
        firsts = self._firsts
        if len(types) == 1:
            return firsts.get(types[0])
        if not firsts.keys().isdisjoint(types):
            for part in self.parts:
                if part.type in types:
                    return part
        return None

    def each(self, *types: str) -> Iterator[Part]:
        """Every part of one of `types`, in order."""
        return (part for part in self.parts if part.type in types)


def parse(raw: bytes, cap: int = READ_CAP, size: int | None = None) -> Message:
    """The mail that `raw` holds.

    LF, CRLF and bare CR count alike. Only the first `cap` bytes are read; `size` is the whole
    mail's in bytes, where who read it has cut it already. Never raises.
    """
    defects: list[str] = []
    size = max(len(raw), size or 0)
    if size > cap:
        raw = raw[:cap]
        defects.append(f"only the first {cap} of {size} bytes were read")
    raw = _end_lines(raw)
    headers, start, end = _read_top(raw)
    fields = _read_fields(headers)
    body = _body_behind(raw, end, defects)
    block = raw[start:end]
    if not block.isascii():  # undeclared, but hardly another charset than the text
        fields = fields._replace(headers=Headers(block, fields.type.charset or guess(body[:8192])))
    parts: list[Part] = []
    _split(fields, body, "", 0, parts, defects)
    return Message(tuple(parts), tuple(dict.fromkeys(defects)), size)


def read_head(raw: bytes) -> Headers:
    """The headers of a message that is not to be taken apart, such as a returned one."""
    return _read_top(_end_lines(raw))[0]


def _end_lines(raw: bytes) -> bytes:
    """`raw` with LF at the end of each line, whatever stood there."""
    if b"\r" not in raw:
        return raw
    return raw.replace(b"\r\r\n", b"\n").replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _read_top(raw: bytes) -> tuple[Headers, int, int]:
    """The header fields of a mail, and where they begin and end.

    Past blank lines, a byte order mark, and the `From ` line of an mbox.
    """
    start = 3 if raw.startswith(b"\xef\xbb\xbf") else 0
    if raw[start : start + 1] in _MAY_PRECEDE:
        start = _from_lines_end(raw, _blank_end(raw, start))
    headers, end = cut_head(raw, start, len(raw))
    if end == start:
        stray = _from_lines_end(raw, start + _stray_lines(raw, start))
        if stray > start:
            headers, end = cut_head(raw, stray, len(raw))
            return headers, stray, end
    return headers, start, end


#: What a blank line may begin with, and the `From ` line.
_MAY_PRECEDE: Final = frozenset({b" ", b"\t", b"\n", b"F", b">"})


def _from_lines_end(raw: bytes, start: int) -> int:
    """Past the `From ` lines of an mbox."""
    while raw.startswith((b"From ", b">From "), start):
        end = raw.find(b"\n", start)
        if end < 0:
            break
        start = end + 1
    return start


# A field that stands at the top of mails.
_TOP: Final = re.compile(
    rb"(?:Return-Path|Received|From|To|Date|Subject|Message-ID|Delivered-To|X-[A-Za-z-]{2,40}):",
    re.IGNORECASE,
)


def _stray_lines(raw: bytes, start: int) -> int:
    """How long the few lines are that something has put above the headers; 0 if it has not."""
    at = start
    for _ in range(5):
        end = raw.find(b"\n", at, at + 256)
        if end < 0:
            return 0
        at = end + 1
        if _TOP.match(raw, at):
            return at - start
    return 0


_BLANK: Final = re.compile(rb"(?:[ \t]*\n)+")


def _blank_end(raw: bytes, start: int) -> int:
    """Past the lines that hold nothing but blanks (what copies from a web page begin with)."""
    found = _BLANK.match(raw, start)
    return found.end() if found else start


def _body_behind(raw: bytes, head: int, defects: list[str]) -> bytes:
    """The body that follows the headers, which end at `head`."""
    if raw.startswith(b"\n", head):
        return raw[head + 1 :]
    if head < len(raw):
        defects.append("no blank line between headers and body")
    return raw[head:]


def _split(
    fields: _Head, body: bytes, path: str, depth: int, parts: list[Part], defects: list[str]
) -> None:
    """Add the part of this head and body, and the parts inside it, to `parts`."""
    if fields.type.unread:
        defects.append("Content-Type cannot be read")
    part = Part(fields, body, path or "0", depth)
    parts.append(part)
    if not part.type.startswith("multipart/"):
        return
    # Some fold the parameter without indentation, so that the head seems to end before it.
    boundary = part.boundary or _stray_boundary(body[:256])
    if boundary is None:
        defects.append("multipart without a boundary")
        return
    if depth >= MAX_DEPTH:
        defects.append(f"parts nested deeper than {MAX_DEPTH}")
        return
    number = 0
    for piece in _cut(body, boundary.encode("utf-8", "replace"), defects):
        number += 1
        if len(parts) >= MAX_PARTS:
            defects.append(f"more than {MAX_PARTS} parts")
            return
        head, inner = _read_inner(piece, defects)
        _split(head, inner, f"{path}.{number}" if path else str(number), depth + 1, parts, defects)
    if not number:
        defects.append("the declared boundary does not occur")


def _read_inner(raw: bytes, defects: list[str]) -> tuple[_Head, bytes]:
    """The head and the body of a part inside another."""
    block, blank, body = raw.partition(b"\n\n")
    if blank and len(block) < _MAX_KNOWN:
        known = _read_known(block + b"\n")
        if known is not None:
            return known, body
    headers, end = cut_head(raw, 0, len(raw))
    # A part may have no headers at all (RFC 2046 5.1), a mail may not.
    return _read_fields(headers), _body_behind(raw, end, defects if headers else [])


def _stray_boundary(raw: bytes) -> str | None:
    text = raw.decode("ascii", "replace").lstrip()
    return _parameter("boundary", text) if text[:8].lower() == "boundary" else None


def _cut(body: bytes, boundary: bytes, defects: list[str]) -> Iterator[bytes]:
    """The parts of a multipart, headers and all (RFC 2046 5.1.1)."""
    delimiter = b"\n--" + boundary
    # The first delimiter may stand at the very start; the blank line before it then belongs to
    # the headers.
    before, *others = (b"\n" + body).split(delimiter)
    pieces: list[bytes] = []  # of the part that has begun
    headed = _HEADED.match(before, 1) if others and len(before) > 1 else None
    if headed:  # what stands before the first delimiter has a part's headers
        defects.append("the first boundary is missing")
        pieces = [before[headed.end() :]]
    for behind in others:
        closed = False
        if behind[:1] == b"\n":
            rest = behind[1:]
        elif tail := _TAIL.match(behind):
            rest, closed = behind[tail.end() :], tail[1] is not None
        else:  # a longer boundary that begins with this one
            if pieces:
                pieces += (delimiter, behind)
            continue
        if pieces:
            yield b"".join(pieces)
        if closed:
            return
        pieces = [rest]
    if pieces:
        defects.append("the last boundary is missing")
        yield b"".join(pieces)


def _undo(body: bytes, encoding: str) -> bytes:
    """The body without its transfer encoding; as it is where it was not encoded after all."""
    if encoding.startswith("quoted"):
        return binascii.a2b_qp(body)
    if encoding.startswith("base64"):
        # Some gateways declare base64 and send text, or add a plain footer behind it.
        found = _BASE64.match(body)
        block = b"".join(found.group().split()) if found else b""
        if found and found.end() < len(body):
            whole = len(block) % 4 == 0 and (block.endswith(b"=") or len(block) >= 64)
            if not whole:
                return body
        data = block.rstrip(b"=")
        if len(data) % 4 == 1:  # cut off in the middle of a group
            block = data[:-1]
        try:
            return binascii.a2b_base64(block + b"===")
        except (binascii.Error, ValueError):
            return body
    return body
