"""A mail as segments (heads, bodies, the lines between), each rewritten by itself.

Flat rather than a tree: what a delimiter line does not divide is text, whatever was declared, so
that no damage to the structure lets anything through. The mail is put together as it was.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from typing import Final

import msgspec

from classifier.corpus.anonymise.bodies import (
    FIELDS,
    gather_notice,
    is_text,
    rewrite_body,
    texts_of,
)
from classifier.corpus.anonymise.charsets import read_text, redo_transfer, undo_transfer
from classifier.corpus.anonymise.heads import (
    Place,
    gather,
    is_office,
    map_boundary,
    rewrite_head,
)
from classifier.corpus.anonymise.objects import gather_json, rewrite_json
from classifier.corpus.anonymise.words import Words
from classifier.headers import Headers, head_end
from classifier.message import read_head
from classifier.notifications import looks_like_json
from classifier.pipeline import read
from classifier.reasons import Kind

__all__ = ["rewrite_mail", "rewrite_returned"]

_MAX_DEPTH: Final = 12
_MAX_PARTS: Final = 128
_MAX_INNER: Final = 3
_TYPE: Final = re.compile(r"\s*([\w.+*-]+/[\w.+*-]+)")
_BOUNDARY: Final = re.compile(
    r'(?:^|[;\s])boundary\*?0?\*?\s*=\s*(?:"((?:[^"\\]|\\.){0,256})"|([^\s;"]{1,256}))', re.I
)
_CHARSET: Final = re.compile(r'(?:^|[;\s])charset\*?\s*=\s*"?([^\s;"]{1,60})', re.I)
_DELIMITER: Final = re.compile(rb"^--[^\n]*(?:\n|\Z)", re.M)
_MAILS: Final = ("message/rfc822", "message/global", "message/partial")
_HEADS: Final = (
    *("text/rfc822-headers", "text/rfc822-header", "message/rfc822-headers"),
    "message/global-headers",
)
_REPORTS: Final = frozenset({Kind.FAILURE, Kind.DELAY, Kind.SUCCESS, Kind.FEEDBACK})
_WRAPPED: Final = "the bounce stands inside another mail"
_IN_TEXT: Final = "text forwarded in"
_MEDIA: Final = ("image/", "audio/", "video/", "application/ms-tnef", "application/vnd.ms-tnef")
_ENVELOPE: Final = re.compile(rb"(?:\xef\xbb\xbf)?(?:[ \t]*\n)*(?:>?From [^\n]*\n)*")


class Segment(msgspec.Struct):
    """A piece of a mail. `kind` is head, body, line (a delimiter), or loose (of no part)."""

    kind: str
    raw: bytes
    place: Place
    type: str = "text/plain"
    encoding: str = ""
    charset: str | None = None


def rewrite_mail(raw: bytes, words: Words) -> bytes:
    """A whole mail, or a notification in JSON, with what is private replaced; LF ends its lines."""
    raw = raw.replace(b"\r\r\n", b"\n").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    words.begin(words.origin)
    if looks_like_json(raw):
        text = read_text(raw, None)
        gather_json(text.text, words.known)
        return rewrite_json(text.text, words).encode(text.charset, "replace")
    report = read(raw)
    wrapped = [defect for defect in report.defects if _WRAPPED in defect]
    in_text = any(_IN_TEXT in defect for defect in wrapped)
    place = Place(private=report.kind not in _REPORTS or bool(wrapped), whole=in_text)
    sender = read_head(raw).get("from") or ""
    if report.kind is Kind.NOT_A_BOUNCE and not is_office(sender):
        place = Place(notice=False, private=True)
    segments = list(_segments(raw, place, bool(wrapped) and not in_text))
    _gather(segments, words)
    return b"".join(_rewrite(segment, words) for segment in segments)


def _segments(raw: bytes, place: Place, wrapped: bool, depth: int = 0) -> Iterator[Segment]:
    """The pieces of a mail in order; joined, they are the mail."""
    found = _ENVELOPE.match(raw)
    start = found.end() if found else 0
    if start:
        yield Segment("loose", raw[:start], place)
    start = yield from _stray_lines(raw, start, place)
    stack: list[tuple[bytes, Place]] = []
    parts = 0
    at = start
    headed = True
    while at < len(raw):
        # a head, unless the delimiter was the last one or stood among too many
        here = stack[-1][1] if stack else place
        body = Segment("body", b"", here)
        if headed:
            for segment in _heads(raw, at, here, stack, wrapped, depth):
                yield segment
                at += len(segment.raw)
                body = segment
        end, closing = _next_delimiter(raw, at, stack) if parts < _MAX_PARTS else (len(raw), False)
        kind = body.type
        if not stack and not is_text(kind) and not kind.startswith(_MEDIA):
            kind = "text/plain"  # a mail of an unheard-of type is read as text
        name = "body" if headed else "loose"
        yield msgspec.structs.replace(body, kind=name, raw=raw[at:end], type=kind)
        if end >= len(raw):
            return
        line = _DELIMITER.match(raw, end)
        assert line is not None  # noqa: S101 - it was found there
        yield Segment("line", line.group(), here)
        if closing:
            stack.pop()
        parts += 1
        headed, at = not closing, line.end()


def _stray_lines(raw: bytes, start: int, place: Place) -> Generator[Segment, None, int]:
    """Lines above the head, where something has put a few there; where the head begins."""
    at = start
    for _ in range(6):
        if head_end(raw, at) > at:
            break
        end = raw.find(b"\n", at, at + 256)
        if end < 0:
            return start
        at = end + 1
    else:
        return start
    if at > start:
        yield Segment("loose", raw[start:at], place)
    return at


def _heads(
    raw: bytes,
    at: int,
    place: Place,
    stack: list[tuple[bytes, Place]],
    wrapped: bool,
    depth: int,
) -> Iterator[Segment]:
    """The head at `at`, and those of the mails that it declares one within the other.

    The last has the type, encoding and place of the body that follows.
    """
    for _ in range(_MAX_INNER + 1):
        end = head_end(raw, at)
        if raw.startswith(b"\n", end):
            end += 1
        headers = Headers(raw[at:end])
        declared = headers.get("content-type") or ""
        kind = _TYPE.match(declared)
        segment = Segment("head", raw[at:end], place)
        segment.type = kind[1].lower() if kind else "text/plain"
        segment.encoding = (headers.get("content-transfer-encoding") or "").lower()
        charset = _CHARSET.search(declared)
        segment.charset = charset[1] if charset else None
        boundary = _BOUNDARY.search(declared)
        if boundary and segment.type.startswith("multipart/") and len(stack) < _MAX_DEPTH:
            name = (boundary[1] or boundary[2] or "").strip().encode("utf-8", "replace")
            if name:
                stack.append((name, place))
        inner = _inner_place(raw, end, segment, place, wrapped, depth)
        if segment.type in _HEADS and inner is not None:
            yield segment
            head = Segment("head", raw[end : head_end(raw, end)], inner)
            yield head
            return
        if segment.type in _MAILS and inner is not None and not _encoded(segment):
            yield segment
            found = _ENVELOPE.match(raw, end)
            if found and found.end() > end:
                yield Segment("loose", found.group(), inner)
                end = found.end()
            at, place = end, inner
            continue
        yield segment
        return


def _encoded(segment: Segment) -> bool:
    return segment.encoding.startswith(("base64", "quoted"))


def _inner_place(
    raw: bytes, start: int, segment: Segment, place: Place, wrapped: bool, depth: int
) -> Place | None:
    """The place of a mail within a mail: the returned one's, unless it is the bounce itself."""
    if segment.type not in _MAILS and segment.type not in _HEADS:
        return None
    if wrapped and depth < _MAX_INNER and segment.type in _MAILS:
        body = raw[start:]
        if _encoded(segment):
            undone = undo_transfer(body, segment.encoding)
            body = undone[0] if undone else body
        if read(body).kind in _REPORTS:
            return Place()
    return Place(notice=False, private=True)


def _next_delimiter(raw: bytes, start: int, stack: list[tuple[bytes, Place]]) -> tuple[int, bool]:
    """Where the next delimiter line of an open multipart begins, and whether it is the last one.

    Multiparts that it leaves are taken from the stack.
    """
    if not stack:
        return len(raw), False
    for found in _DELIMITER.finditer(raw, start):
        line = found.group().rstrip()[2:]
        for number in range(len(stack) - 1, -1, -1):
            name = stack[number][0]
            if line == name or line == name + b"--":
                del stack[number + 1 :]
                return found.start(), line != name
    return len(raw), False


def _gather(segments: list[Segment], words: Words) -> None:
    for segment in segments:
        if segment.kind == "head":
            gather(read_text(segment.raw, None).text, words.known, segment.place)
        elif segment.kind == "body" and segment.type in FIELDS:
            for text in texts_of(segment.raw, segment.encoding, segment.charset):
                gather(text, words.known, Place())
        elif segment.kind == "body" and segment.place.notice:
            for text in texts_of(segment.raw, segment.encoding, segment.charset):
                gather_notice(text, words.known)


def _rewrite(segment: Segment, words: Words) -> bytes:
    raw, place = segment.raw, segment.place
    if not raw:
        return raw
    if segment.kind == "head":
        return rewrite_head(raw, words, place)
    if segment.kind == "line":
        return map_boundary(raw.decode("latin-1"), words).encode("latin-1", "replace")
    if segment.kind == "loose":
        return rewrite_body(raw, "text/plain", "", None, place, words)
    if segment.type in _MAILS and _encoded(segment):
        undone = undo_transfer(raw, segment.encoding)
        if undone is not None:
            inner = _inner_place(raw, 0, segment, place, True, 0) or place
            pieces = list(_segments(undone[0].replace(b"\r\n", b"\n"), inner, False, 1))
            made = b"".join(_rewrite(piece, words) for piece in pieces)
            return redo_transfer(made, segment.encoding, raw) + undone[1]
    return rewrite_body(raw, segment.type, segment.encoding, segment.charset, place, words)


def rewrite_returned(text: str, words: Words) -> str:
    """A returned message that stands within a string, as JSON holds it."""
    raw = text.replace("\r\n", "\n").encode("utf-8", "surrogatepass")
    pieces = list(_segments(raw, Place(notice=False, private=True), False))
    made = b"".join(_rewrite(piece, words) for piece in pieces).decode("utf-8", "replace")
    return made.replace("\n", "\r\n") if "\r\n" in text else made
