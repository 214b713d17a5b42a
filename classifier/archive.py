# ruff: noqa: PTH112, PTH116, PTH123
# A path stays as it was given; Path would rewrite "./a" to "a", and "" to ".".
"""Paths to raw mails: files, mboxes, Maildirs, folders, archives, stores, and standard input.

What a file is, its content says and not its name. Nothing here raises for what lies on a disk or
comes by a network: an input that cannot be read becomes an `Unreadable` with the cure, and the rest
goes on.
"""

from __future__ import annotations

import io
import os
import re
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from typing import TYPE_CHECKING, BinaryIO, Final

from classifier.folders import walk_folder
from classifier.items import Item, Unreadable, hide_secrets, printable
from classifier.listing import expand
from classifier.mbox import find_opening, split_mails
from classifier.message import READ_CAP
from classifier.notifications import MARKS, looks_like_json
from classifier.objects import OBJECT_CAP, split_objects
from classifier.outlook import OutlookError, convert_msg, looks_like_msg
from classifier.packed import find_archive, find_packing, unpack
from classifier.source import CHUNK, Meter, Source, explain

if TYPE_CHECKING:
    from classifier.members import Member

__all__ = ["Item", "Unreadable", "read_file", "read_paths", "read_stream"]

_MSG_CAP: Final = 64 * 1024 * 1024  # bytes of a .msg, which has to be read whole
_ZIP_CAP: Final = 64 * 1024 * 1024  # bytes of a zip that cannot be read in any order
_LEVELS: Final = 2  # packings within each other: a packed mbox in an archive
_PST: Final = b"!BDN"  # MS-PST 2.2.2.6

# Stricter than RFC 5322 2.2, since notes and tables lie in folders too: `Return-Path: <>`, but
# not `{"a": 1}` and not `https://example.org`.
_FIELD: Final = re.compile(rb"[A-Za-z][A-Za-z0-9_.-]*[ \t]*:(?!//)")
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+(?:::[A-Za-z][A-Za-z0-9+.-]+)*://")


def read_paths(
    paths: Iterable[str | os.PathLike[str]],
    stdin: BinaryIO | None = None,
    cap: int = READ_CAP,
    after: str | None = None,
    meter: Meter | None = None,
) -> Iterator[Item | Unreadable]:
    """Every mail under `paths`, in the order given; folders recursively and sorted by name.

    A path is a mail, an mbox, a Maildir, an archive or folder of these, a pattern (`*`, `**`, `?`,
    `[`), the URL of a store (`s3://`) or of an IMAP folder (`imaps://`), or `-` for `stdin`
    (`sys.stdin` if None). What is named here is always read as mail; in a folder, what is no mail
    is passed over. At most `cap` bytes of each mail are kept. `after` is the origin of the last
    mail that an earlier run had of an IMAP folder: reading goes on behind it. `meter` is told how
    far it is.
    """
    for given in paths:
        path = os.fspath(given)
        if path == "-":
            yield from _read_stdin(stdin, cap)
        elif _SCHEME.match(path):
            yield from _read_url(path, cap, after)
        elif (found := expand(path)) is not None:
            for match in found:
                yield from _read_path(match, cap, meter)
            if not found:
                why = "does not exist, and as a pattern matches nothing"
                cure = "check the path; in patterns ** stands for any number of folders"
                yield Unreadable(printable(path), why, cure)
        else:
            yield from _read_path(path, cap, meter)


def read_stream(
    file: BinaryIO, origin: str, cap: int = READ_CAP, chunk: int = CHUNK
) -> Iterator[Item]:
    """The mails of an open binary file, mbox or single mail, read to its end; none if it is empty.

    Holds about one `chunk` and `cap` bytes. Reading stops without an error where the file fails.
    """
    source = Source(file, chunk)
    if source.head:
        yield from _read_mails(source, origin, None, cap)


def read_file(
    file: BinaryIO, origin: str, named: bool = True, cap: int = READ_CAP
) -> Iterator[Item | Unreadable]:
    """The mails of an open file, whatever it holds; `named` is whether somebody said it is mail."""
    yield from _read_source(Source(file), origin, named, None, cap)


def _read_path(path: str, cap: int, meter: Meter | None) -> Iterator[Item | Unreadable]:
    if os.path.isdir(path):
        yield from _read_folder(path, cap, meter)
    else:
        yield from _read_file(path, True, cap, meter)


def _read_url(url: str, cap: int, after: str | None) -> Iterator[Item | Unreadable]:
    if url.lower().startswith(("imap://", "imaps://")):
        from classifier.imap import read_folder

        yield from read_folder(url, cap, after)
        return
    from classifier.remote import walk_store

    empty = True
    for stored in walk_store(url):
        if isinstance(stored, Unreadable):
            empty = False
            yield stored
            continue
        with stored.file as file:
            source = Source(file)
            for found in _read_source(source, stored.origin, stored.named, stored.size, cap):
                empty = False
                yield found
    if empty:
        yield Unreadable(hide_secrets(url), "holds no mail", "check the URL, and what is there")


def _read_stdin(stdin: BinaryIO | None, cap: int) -> Iterator[Item | Unreadable]:
    if stdin is None and sys.stdin is None:
        yield Unreadable("-", "standard input is closed", "name a file, or pipe one in")
    else:
        yield from _read_source(Source(stdin or sys.stdin.buffer), "-", True, None, cap)


def _read_folder(path: str, cap: int, meter: Meter | None) -> Iterator[Item | Unreadable]:
    empty = True
    for entry in walk_folder(path):
        if entry.fault:
            empty = False
            yield explain(printable(entry.path), entry.fault)
            continue
        for result in _read_file(entry.path, entry.named, cap, meter):
            empty = False
            yield result
    if empty:
        cure = "name a folder with mails, mboxes or Maildirs in it"
        yield Unreadable(printable(path), "holds no mail", cure)


def _read_file(
    path: str, named: bool, cap: int, meter: Meter | None
) -> Iterator[Item | Unreadable]:
    """The mails of one file; `named` is whether somebody said that it is mail."""
    origin = printable(path)
    try:
        about = os.stat(path)
        regular = stat.S_ISREG(about.st_mode)
        # A buffer gathers what pipes give by the spoonful; files do without.
        file = open(path, "rb", buffering=0 if regular else CHUNK)  # noqa: SIM115 - see below
    except (OSError, ValueError) as error:  # ValueError: a null byte in the path
        yield explain(origin, error)
        return
    size = about.st_size if regular and about.st_size else None  # 0: the files of /proc
    with file, meter.follow(file, size) if meter and size else nullcontext():
        yield from _read_source(Source(file, disk=regular), origin, named, size, cap)


def _read_source(
    source: Source,
    origin: str,
    named: bool,
    size: int | None,
    cap: int,
    level: int = 0,
    unpacked: bool = False,
) -> Iterator[Item | Unreadable]:
    """The mails of a file.

    `level` counts the archives that it lies in. `unpacked` is whether it came out of a packing,
    which is no level of its own: a tar and its packing are one archive.
    """
    head = source.head
    if not head:
        if source.fault:
            yield explain(origin, source.fault)
        elif named:
            yield Unreadable(origin, "is empty", "give a file with at least one mail")
        return
    archive = find_archive(head)
    packing = None if archive else find_packing(head)
    if level >= _LEVELS and (archive or packing):
        yield Unreadable(origin, "is packed too deep", "unpack the outermost archive first")
    elif archive:
        yield from _read_archive(source, archive, origin, named, cap, level)
    elif packing and unpacked:
        yield Unreadable(origin, "is packed twice", "unpack it once, and give what comes out")
    elif packing and packing[1]:
        cure = f"unpack it first: {packing[1]}" + ("" if origin == "-" else f" {origin}")
        yield Unreadable(origin, f"is packed ({packing[0]})", cure)
    elif packing:
        inner = Source(unpack(packing[0], head, source.file))
        yield from _read_source(inner, origin, named, None, cap, level, True)
    elif head.startswith(_PST):
        cure = "convert it, and give the folder: mkdir out; readpst -D -e -t e -q -o out "
        yield Unreadable(origin, "is an Outlook .pst or .ost", cure + origin)
    elif looks_like_msg(head):
        yield from _read_msg(source, origin, named, cap)
    elif source.fault and not _looks_like_mail(head):
        yield explain(origin, source.fault)  # too little of it is left to tell what it was
    elif named or _looks_like_mail(head):
        yield from _read_mails(source, origin, size, cap, named)
        if source.fault:
            yield explain(origin, source.fault, "could be read only in part: ")


def _read_archive(
    source: Source, kind: str, origin: str, named: bool, cap: int, level: int
) -> Iterator[Item | Unreadable]:
    """The mails of a tar or zip."""
    empty = True
    for member in _walk_archive(source, kind):
        where = f"{origin}/{member.path}" if member.path else origin
        if member.file is None:
            empty = False
            yield Unreadable(where, member.why, member.cure)
            continue
        inner = Source(member.file)
        for found in _read_source(inner, where, member.named, member.size, cap, level + 1):
            empty = False
            yield found
    if empty and named:
        cure = "give an archive with mails, mboxes or Maildirs in it"
        yield Unreadable(origin, "holds no mail", cure)


def _walk_archive(source: Source, kind: str) -> Iterator[Member]:
    from classifier.members import Member, walk_tar, walk_zip

    if kind == "tar":
        yield from walk_tar(source)
        return
    try:
        source.file.seek(0, os.SEEK_CUR)
        file = source.file
    except (AttributeError, OSError, ValueError):  # a pipe, or within a packing
        kept = _read_whole(source, _ZIP_CAP)
        if kept is None:
            why = "is a zip, which must be read from its end, and larger than 64 MiB"
            yield Member("", why=why, cure="save it to a file, and name that")
            return
        if source.fault:
            told = explain("", source.fault)
            yield Member("", why=told.why, cure=told.cure)
        file = io.BytesIO(kept)
    yield from walk_zip(file)


def _read_whole(source: Source, most: int) -> bytes | None:
    """All of a file that has to be read whole; None where it has more than `most` bytes."""
    kept = bytearray()
    for piece in source.pieces(0):
        kept += piece
        if len(kept) > most:
            return None
    return bytes(kept)


def _read_msg(source: Source, origin: str, named: bool, cap: int) -> Iterator[Item | Unreadable]:
    """The mail that Outlook saved; other documents of its kind are passed over in folders."""
    kept = _read_whole(source, _MSG_CAP)
    if kept is None:
        yield Unreadable(origin, f"is larger than {_MSG_CAP >> 20} MiB", "save it as .eml")
        return
    try:
        raw = convert_msg(kept)
    except OutlookError as error:
        yield Unreadable(origin, error.why, error.cure)
        return
    if raw is not None:
        yield Item(origin, raw[:cap], len(raw) > cap, len(kept))
    elif named:
        yield Unreadable(origin, "is a document and no mail", "give mails, or folders of them")


def _read_mails(
    source: Source, origin: str, size: int | None, cap: int, named: bool = True
) -> Iterator[Item]:
    """The mails of a file that is not empty; `size` is its length, where known."""
    if looks_like_json(source.head):
        yield from _read_objects(source, origin, cap)
        return
    opening = find_opening(source.head, torn=named)
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


def _read_objects(source: Source, origin: str, cap: int) -> Iterator[Item]:
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
