# ruff: noqa: PTH112, PTH116, PTH123
# A path stays as it was given; Path would rewrite "./a" to "a", and "" to ".".
"""Paths to raw mails: files, mboxes, Maildirs, folders of mails, and standard input.

What a file is, its content says and not its name. Nothing here raises for what lies on a disk: an
input that cannot be read becomes an `Unreadable` with the cure, and the rest goes on.
"""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Iterator, Sequence
from typing import BinaryIO, Final

import msgspec

from classifier.folders import walk_folder
from classifier.mbox import find_opening, split_mails
from classifier.message import READ_CAP
from classifier.notifications import MARKS, looks_like_json
from classifier.objects import OBJECT_CAP, split_objects
from classifier.outlook import OutlookError, convert_msg, looks_like_msg
from classifier.packed import FAULTS, find_packing, unpack

__all__ = ["Item", "Unreadable", "read_paths", "read_stream"]

_CHUNK: Final = 1024 * 1024  # bytes asked for at once
_MSG_CAP: Final = 64 * 1024 * 1024  # bytes of a .msg, which has to be read whole
_HEAD: Final = 64 * 1024  # bytes that decide what a file is

# Stricter than RFC 5322 2.2, since notes and tables lie in folders too: `Return-Path: <>`, but
# not `{"a": 1}` and not `https://example.org`.
_FIELD: Final = re.compile(rb"[A-Za-z][A-Za-z0-9_.-]*[ \t]*:(?!//)")


class Item(msgspec.Struct, frozen=True):
    """One mail, and where it came from."""

    origin: str  # the file as given, `#n` (from 0) for the n-th mail of an mbox; `-` for stdin
    raw: bytes  # at most READ_CAP bytes, from the first on
    truncated: bool  # whether bytes were dropped
    size: int | None  # of the whole mail in bytes, where known


class Unreadable(msgspec.Struct, frozen=True):
    """One input that could not be read, or not to its end."""

    origin: str
    why: str  # one line, for people: "does not exist"
    cure: str


def read_paths(
    paths: Sequence[str | os.PathLike[str]], stdin: BinaryIO | None = None, cap: int = READ_CAP
) -> Iterator[Item | Unreadable]:
    """Every mail under `paths`, in the order given; folders recursively and sorted by name.

    A path is a mail, an mbox, a Maildir, a folder of these, or `-` for `stdin` (`sys.stdin` if
    None). A file named here is always read as mail; in a folder, what is no mail is passed over.
    At most `cap` bytes of each mail are kept.
    """
    for given in paths:
        path = os.fspath(given)
        if path == "-":
            yield from _read_stdin(stdin, cap)
        elif os.path.isdir(path):
            yield from _read_folder(path, cap)
        else:
            yield from _read_file(path, True, cap)


def read_stream(
    file: BinaryIO, origin: str, cap: int = READ_CAP, chunk: int = _CHUNK
) -> Iterator[Item]:
    """The mails of an open binary file, mbox or single mail, read to its end; none if it is empty.

    Holds about one `chunk` and `cap` bytes. Reading stops without an error where the file fails.
    """
    source = _Source(file, chunk)
    if source.head:
        yield from _read_mails(source, origin, None, cap)


class _Source:
    """A file whose head is known before its pieces are read; where it fails, it ends."""

    def __init__(self, file: BinaryIO, chunk: int = _CHUNK) -> None:
        self.file, self.chunk = file, chunk
        self.fault: Exception | None = None
        head = bytearray()
        while len(head) < _HEAD and (piece := self.read(_HEAD)):
            head += piece
        self.head = bytes(head)

    def read(self, size: int) -> bytes:
        try:
            return self.file.read(size) or b""
        except (OSError, ValueError, *FAULTS) as error:  # ValueError: the file is closed
            self.fault = error
            return b""

    def pieces(self, start: int) -> Iterator[bytes]:
        for at in range(start, len(self.head), self.chunk):
            yield self.head[at : at + self.chunk]
        while piece := self.read(self.chunk):
            yield piece


def _read_stdin(stdin: BinaryIO | None, cap: int) -> Iterator[Item | Unreadable]:
    if stdin is None and sys.stdin is None:
        yield Unreadable("-", "standard input is closed", "name a file, or pipe one in")
    else:
        yield from _read_source(_Source(stdin or sys.stdin.buffer), "-", True, None, cap)


def _read_folder(path: str, cap: int) -> Iterator[Item | Unreadable]:
    empty = True
    for entry in walk_folder(path):
        if entry.fault:
            empty = False
            yield _explain(_printable(entry.path), entry.fault)
            continue
        for result in _read_file(entry.path, entry.named, cap):
            empty = False
            yield result
    if empty:
        cure = "name a folder with mails, mboxes or Maildirs in it"
        yield Unreadable(_printable(path), "holds no mail", cure)


def _read_file(path: str, named: bool, cap: int) -> Iterator[Item | Unreadable]:
    """The mails of one file; `named` is whether somebody said that it is mail."""
    origin = _printable(path)
    try:
        about = os.stat(path)
        regular = stat.S_ISREG(about.st_mode)
        # A buffer gathers what pipes give by the spoonful; files do without.
        file = open(path, "rb", buffering=0 if regular else _CHUNK)  # noqa: SIM115 - see below
    except (OSError, ValueError) as error:  # ValueError: a null byte in the path
        yield _explain(origin, error)
        return
    with file:
        size = about.st_size if regular and about.st_size else None  # 0: the files of /proc
        yield from _read_source(_Source(file), origin, named, size, cap)


def _read_source(
    source: _Source, origin: str, named: bool, size: int | None, cap: int
) -> Iterator[Item | Unreadable]:
    head = source.head
    if not head:
        if source.fault:
            yield _explain(origin, source.fault)
        elif named:
            yield Unreadable(origin, "is empty", "give a file with at least one mail")
        return
    packing = find_packing(head)
    if packing:
        yield from _read_packed(source, *packing, origin, named, cap)
        return
    if looks_like_msg(head):
        yield from _read_msg(source, origin, named, cap)
    elif named or _looks_like_mail(head):
        yield from _read_mails(source, origin, size, cap)
        if source.fault:
            yield _explain(origin, source.fault, "could be read only in part: ")


def _read_packed(
    source: _Source, name: str, tool: str, origin: str, named: bool, cap: int
) -> Iterator[Item | Unreadable]:
    """What a packed file holds; a packed file within it is not opened."""
    if tool:
        cure = f"unpack it first: {tool}" + ("" if origin == "-" else f" {origin}")
        yield Unreadable(origin, f"is packed ({name})", cure)
        return
    inner = _Source(unpack(name, source.head, source.file))
    if inner.head and find_packing(inner.head):
        yield Unreadable(origin, "is packed twice", "unpack it once, and give what comes out")
    else:
        yield from _read_source(inner, origin, named, None, cap)


def _read_msg(source: _Source, origin: str, named: bool, cap: int) -> Iterator[Item | Unreadable]:
    """The mail that Outlook saved; other documents of its kind are passed over in folders."""
    kept = bytearray()
    for piece in source.pieces(0):
        kept += piece
        if len(kept) > _MSG_CAP:
            cure = "save it as .eml"
            yield Unreadable(origin, f"is larger than {_MSG_CAP >> 20} MiB", cure)
            return
    try:
        raw = convert_msg(bytes(kept))
    except OutlookError as error:
        yield Unreadable(origin, error.why, error.cure)
        return
    if raw is not None:
        yield Item(origin, raw[:cap], len(raw) > cap, len(kept))
    elif named:
        yield Unreadable(origin, "is a document and no mail", "give mails, or folders of them")


def _read_mails(source: _Source, origin: str, size: int | None, cap: int) -> Iterator[Item]:
    """The mails of a file that is not empty; `size` is its length, where known."""
    if looks_like_json(source.head):
        yield from _read_objects(source, origin, cap)
        return
    opening = find_opening(source.head)
    if opening:
        begin, eol = opening
        for n, (raw, whole) in enumerate(split_mails(source.pieces(begin), eol, cap)):
            yield Item(f"{origin}#{n}", raw, whole > len(raw), whole)
        return
    kept = bytearray()
    seen = 0
    for piece in source.pieces(0):
        kept += piece[: max(0, cap - seen)]
        seen += len(piece)
        if size is not None and seen > cap:  # no need to read the rest only to count it
            seen = max(seen, size)
            break
    yield Item(origin, bytes(kept), seen > cap, None if source.fault else seen)


def _read_objects(source: _Source, origin: str, cap: int) -> Iterator[Item]:
    """The notifications of a file of JSON; all of it as one, where it holds no object."""
    number = -1
    for number, (raw, size) in enumerate(split_objects(source.pieces(0), min(cap, OBJECT_CAP))):
        yield Item(f"{origin}#{number}", raw, size > len(raw), size)
    if number < 0:
        head = source.head
        yield Item(origin, head[:cap], len(head) > cap, len(head))


def _looks_like_mail(head: bytes) -> bool:
    """Whether a file that nobody called a mail is one, by its first line that is not blank."""
    if looks_like_json(head):
        return any(mark in head for mark in MARKS)
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n")[:1024]
    return b"\0" not in start and bool(_FIELD.match(start) or find_opening(head))


def _explain(origin: str, error: Exception, before: str = "") -> Unreadable:
    if isinstance(error, FileNotFoundError):
        why, cure = "does not exist", "check the path; a file may have moved since it was listed"
    elif isinstance(error, PermissionError):
        why, cure = "may not be read", "give this user the right to read it"
    else:
        why = (error.strerror if isinstance(error, OSError) else None) or str(error)
        if isinstance(error, FAULTS):
            why = f"is damaged or cut off: {why.rstrip('.')}"
        cure = "check the file and the disk or network it is on"
    return Unreadable(origin, before + " ".join(why.split()), cure)


def _printable(path: str) -> str:
    r"""The path with bytes that are no UTF-8 written as `\udcff`, so that it can be printed."""
    return path.encode("utf-8", "backslashreplace").decode("utf-8")
