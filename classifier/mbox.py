"""Mboxes of any size: where they begin, where one mail ends, what was quoted in it (RFC 4155).

There is no one mbox format. What is common to all is the line that begins a mail:

    From MAILER-DAEMON Tue Nov 24 07:51:50 2026

The rest is convention, and `Content-Length` (mboxcl) is wrong wherever a mail was edited or its
line ends changed, so it is not read. A line ends the mail before it if a blank line (or the start
of the file) stands before it, it bears a date, and a header field follows it; people who write
"From now on" or "From Monday" seldom manage all three.

Where a disk, a crash or a full volume tore a mail, the blank line is missing, or even the start of
the line. A whole "From " line before a field that mails begin with ends the torn mail all the same,
so that damage costs the mails that it fell on and none of those behind.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

__all__ = ["find_opening", "split_mails"]

# How far from the "F" of "From " on a decision may look, in bytes: the "From " line, then
# envelope lines of relays, then a field name. Fixed, so that chunks cannot change the answer.
_REACH: Final = 4096
_LINE: Final = 1000  # the longest line, RFC 5322 2.1.1

# "Tue Nov 24 07:51:50 2026" (RFC 4155 appendix A), "Tue Nov 24 07:51:50 +0000 2026" (exports of
# webmail), "Mon 1 Jan 2015 00:00:00 +0900", "2019-10-02 05:04:34 +0000".
_DATE: Final = re.compile(
    rb"[ \t](?:"
    rb"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6},?[ ]{1,3}"
    rb"(?:[A-Z][a-z]{2}[ ]{1,3}\d{1,2}|\d{1,2}[ ]{1,3}[A-Z][a-z]{2})(?:[ ]{1,3}\d{4})?[ ]{1,3}"
    rb"|\d{4}-\d\d-\d\d[ T])"
    rb"\d{1,2}:\d\d"
)
_FIELD: Final = re.compile(rb"[!-9;-~]+[ \t]*:")  # RFC 5322 2.2, and the space of 4.5

# The line as programs write it, and the field behind it in one match: nearly every mail. What it
# does not match is looked at closer.
_WHOLE: Final = (
    rb"From [^ \r\n]*[ ]{1,2}(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} [ \d]\d"
    rb" \d\d:\d\d:\d\d(?: [-+]\d{4}| [A-Z]{3,4})? \d{4}\r?"
)
_PLAIN: Final = {eol: re.compile(_WHOLE + eol + rb"(?=[!-9;-~]{1,80}:)") for eol in (b"\n", b"\r")}
# The same before a field that mails begin with, for lines that nothing sets off.
_SURE: Final = {
    eol: re.compile(
        _WHOLE + eol + rb"(?=(?i:Return-Path|Received|Delivered-To|Envelope-To|X-[!-9;-~]{1,70}"
        rb"|(?:DKIM|ARC|Authentication)-[!-9;-~]{1,70}|From|To|Date|Subject|Message-ID"
        rb"|Content-Type|MIME-Version|Status):)"
    )
    for eol in (b"\n", b"\r")
}
# What stands before a "From " that somebody quotes: "> From bob", "the line From bob".
_QUOTES: Final = b"> \t|\"':"
_MARK: Final = ord(">")

# Mboxrd puts a ">" before every line that is ">From " or "From "; mboxo only before "From ". They
# cannot be told apart. Taking one away is right for the first; for the second it is right but for
# a line that was written as ">From ", which loses a mark of quotation. Taking none away would
# leave a mark too many in mails of both kinds.
_QUOTED: Final = {eol: re.compile(eol + rb">(>*From )") for eol in (b"\n", b"\r")}


def find_opening(head: bytes, torn: bool = False) -> tuple[int, bytes] | None:
    r"""Where the first mail of an mbox begins in `head`, and what ends its lines; None: no mbox.

    `head` is the beginning of a file. Blank lines, a byte order mark and ">" before the first
    "From " are passed over. The end of line is `b"\n"` (which serves CRLF too), or `b"\r"` where
    there is no LF at all. With `torn`, what begins as neither mbox nor mail but goes on as an mbox
    is one whose first mail is damaged, and begins at 0.
    """
    eol = b"\r" if b"\n" not in head and b"\r" in head else b"\n"
    start = len(head) - len(head.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n"))
    # >From MAILER-DAEMON Tue Nov 24 07:51:50 2026
    begin = len(head) - len(head[start:].lstrip(b">"))
    if head.startswith(b"From ", begin):
        end = (head[begin : begin + _LINE] + eol).find(eol) + begin
        if _DATE.search(head, begin + 4, end):
            return _skip_envelopes(head, end + 1, begin + _REACH, eol), eol
    if torn and not _FIELD.match(head, start) and _SURE[eol].search(head):
        return 0, eol
    return None


def split_mails(chunks: Iterable[bytes], eol: bytes, cap: int) -> Iterator[tuple[bytes, int]]:
    """Each mail as its first `cap` bytes and its whole size in bytes, one `>` of quoting removed.

    `chunks` is what follows the first "From " line, in pieces of any length; `eol` comes from
    `find_opening`. The blank line before a "From " line, or at the end of the file, is no part of
    the mail. Holds one chunk and `cap` bytes, whatever the length of mails and lines.
    """
    # `buffer[begin:]` is the rest of the mail, `buffer[begin - 1]` the end of the line before,
    # `look` where the next search starts. Of a mail longer than `cap`, `kept` is its beginning
    # and `gone` the number of bytes that were dropped from the buffer.
    buffer, begin, look = eol, 1, 1
    kept: bytes | None = None
    gone, quoted = 0, False
    plain, sure, ended = _PLAIN[eol].match, _SURE[eol].match, eol[0]
    for chunk, last in _mark_last(chunks):
        buffer = buffer[begin - 1 :] + chunk
        look, begin = look - begin + 1, 1
        stop = len(buffer) if last else len(buffer) - _REACH
        while (at := buffer.find(b"From ", look)) >= 0:
            before = buffer[at - 1]
            if before in _QUOTES:
                quoted = quoted or before == _MARK
                look = at + 5
                continue
            if at > stop:
                break
            end = _end_of_mail(buffer, at, eol) if before == ended else -1
            if end >= begin:
                found = plain(buffer, at)
                after = found.end() if found else _begin_of_mail(buffer, at, eol)
            else:
                found = sure(buffer, at)
                after, end = (found.end(), at) if found else (0, at)
            if not after:
                look = at + 5
                continue
            stored = buffer[begin : min(end, begin + cap)] if kept is None else kept
            size = gone + end - begin
            yield _unquote(stored, size, eol) if quoted else (stored, size)
            begin = look = after
            kept, gone, quoted = None, 0, False
        look = max(look, at if at >= 0 else len(buffer) - 4)
        if look - begin > cap + 2:  # the two bytes may be the blank line that ends the mail
            kept = buffer[begin : begin + cap] if kept is None else kept
            gone += look - 2 - begin
            begin = look - 2
    end = _end_of_mail(buffer, len(buffer), eol)
    end = end if end >= begin else len(buffer)
    stored = buffer[begin : min(end, begin + cap)] if kept is None else kept
    yield _unquote(stored, gone + end - begin, eol)


def _mark_last(chunks: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """The chunks, then an empty one marked as the last."""
    for chunk in chunks:
        yield chunk, False
    yield b"", True


def _end_of_mail(buffer: bytes, stop: int, eol: bytes) -> int:
    """Where the mail ends whose blank line ends before `stop`; -1 where that line is not blank."""
    if buffer.endswith(eol + eol, 0, stop):
        return stop - 1
    return stop - 2 if buffer.endswith(eol + b"\r\n", 0, stop) else -1


def _begin_of_mail(buffer: bytes, start: int, eol: bytes) -> int:
    """Where the mail begins whose "From " line begins at `start`; 0 where it is no such line."""
    end = buffer.find(eol, start, start + _LINE)
    if end < 0 or not _DATE.search(buffer, start + 4, end):
        return 0
    begin = _skip_envelopes(buffer, end + 1, start + _REACH, eol)
    return begin if _FIELD.match(buffer, begin, start + _REACH) else 0


def _skip_envelopes(buffer: bytes, begin: int, reach: int, eol: bytes) -> int:
    """Past the further envelope lines that relays left: `>From bob Tue Nov ... remote from x`."""
    while True:
        end = buffer.find(eol, begin, min(begin + _LINE, reach))
        if end < 0 or not buffer[begin:end].lstrip(b">").startswith(b"From "):
            return begin
        begin = end + 1


def _unquote(stored: bytes, size: int, eol: bytes) -> tuple[bytes, int]:
    """The mail as it was before it went into the mbox, and its size."""
    if b">From " not in stored:
        return stored, size
    raw = _QUOTED[eol].sub(eol + rb"\1", stored)
    return raw, size - (len(stored) - len(raw))
