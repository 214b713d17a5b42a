"""The files in a tar or zip, one at a time in the archive's order, without unpacking to disk.

A tar is read as it streams, so it may come through a pipe. Where a member's header is damaged, the
search goes on at the next one that is whole. A zip has its directory at the end, which takes a file
that can be read in any order. Memory is bounded: of a tar one header is held, of a zip its
directory, up to 128 MiB; what members hold goes by in pieces.
"""

from __future__ import annotations

import io
import os
import re
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from typing import BinaryIO, Final, cast

import msgspec

from classifier.items import printable
from classifier.packed import PackingError, Ration, holds_checksum, unpack
from classifier.source import Source, explain

__all__ = ["Member", "judge_place", "walk_tar", "walk_zip"]

_BLOCK: Final = tarfile.BLOCKSIZE
_PIECE: Final = 256 * _BLOCK  # bytes read at once where a header is searched
_HEADER: Final = 1024 * 1024  # bytes that one member's headers may take (long names, pax)
_DIRECTORY: Final = 128 * 1024 * 1024  # bytes of a zip's directory: more than a million names

# 1764000000.M20046P2137.host,S=4572:2, as a Maildir names what is still being written to `tmp`.
_UNIQUE: Final = re.compile(r"\d{9,}\.[^/]+\.")
_NAMED: Final = (".eml", ".mbox", ".mbx")
_BOXES: Final = (["cur"], ["new"])  # the last folder of a path to a mail in a Maildir
# What else is a zip: documents of Office, OpenDocument and EPUB, programs for Java and Android.
_DOCUMENT: Final = frozenset({"[Content_Types].xml", "mimetype", "META-INF/MANIFEST.MF"})


class Member(msgspec.Struct, frozen=True):
    """A file in an archive, to be read before the next is asked for; or what is wrong."""

    path: str  # within the archive; "" is the archive itself
    named: bool = False  # whether its place or its name says that it is mail
    size: int | None = None  # in bytes, as the archive has it
    file: BinaryIO | None = None  # None where there is a fault
    why: str = ""
    cure: str = ""


def judge_place(path: str) -> bool | None:
    """Whether a file in an archive or store is mail by its place or name; None: not to be read.

    The rules are those of folders: hidden files are passed over, but not the subfolders of a
    Maildir (`.Sent/cur/1`), and neither is read what a Maildir holds in `tmp`.
    """
    *folders, name = path.split("/")
    for at, folder in enumerate(folders, 1):
        if folder.startswith(".") and folder.strip(".") and folders[at : at + 1] not in _BOXES:
            return None
    if name.startswith("."):
        return None
    if folders and folders[-1] == "tmp" and _UNIQUE.match(name):
        return None
    return folders[-1:] in _BOXES or name.lower().endswith(_NAMED)


def walk_tar(source: Source) -> Iterator[Member]:
    """The files of a tar that may be mail, read from its beginning to its end."""
    file = _Forward(source)
    whole = True
    while file.find_header():
        if file.lost:
            why = "is damaged: a part of it could not be told"
            yield Member("", why=why, cure="check the archive; all that could be read was")
        file.lost = False
        yield from _walk_run(file)
        whole = not file.lost
    if (source.fault or not whole) and not file.torn:
        fault = source.fault or EOFError("it ends too early")
        told = explain("", fault, "could be read only in part: ")
        yield Member("", why=told.why, cure=told.cure)


class _Forward:
    """A stream with the few methods that tarfile asks for; it goes forward only."""

    def __init__(self, source: Source) -> None:
        self.source, self._pieces = source, source.pieces(0)
        self._buffer, self._at, self._told = b"", 0, 0
        self.left: int | None = None  # bytes that may be read, where there is a limit
        self.lost = False  # whether bytes went by that belong to no member
        self.torn = False  # whether a member could not be read to its end, which is told

    def tell(self) -> int:
        return self._told

    def seek(self, to: int) -> int:
        if to < self._told:
            raise tarfile.StreamError("an archive that streams cannot be read backwards")
        while self._told < to and self._fill():
            step = min(to - self._told, len(self._buffer) - self._at)
            self._at, self._told = self._at + step, self._told + step
        return self._told

    def read(self, size: int) -> bytes:
        if self.left is not None:
            self.left -= size
            if self.left < 0:
                raise tarfile.ReadError("the headers of a member are too long")
        parts = []
        wanted = size
        while wanted and self._fill():
            part = self._buffer[self._at : self._at + wanted]
            self._at, self._told = self._at + len(part), self._told + len(part)
            wanted -= len(part)
            parts.append(part)
        return b"".join(parts)

    def find_header(self) -> bool:
        """Go on to the next block that is a header; zeros may stand between."""
        self.left = None
        self.seek(-(-self._told // _BLOCK) * _BLOCK)
        while piece := self.read(_PIECE):
            if not piece.strip(b"\0"):
                continue
            for at in range(0, len(piece) - _BLOCK + 1, _BLOCK):
                block = piece[at : at + _BLOCK]
                if holds_checksum(block):
                    self._push_back(piece[at:])
                    return True
                self.lost = self.lost or bool(block.strip(b"\0"))
        return False

    def _fill(self) -> bool:
        if self._at == len(self._buffer):
            self._buffer, self._at = next(self._pieces, b""), 0
        return bool(self._buffer)

    def _push_back(self, piece: bytes) -> None:
        self._buffer, self._at = piece + self._buffer[self._at :], 0
        self._told -= len(piece)


class _Info(tarfile.TarInfo):
    """A header that tells the stream where it was none; tarfile takes that for the end."""

    @classmethod
    def fromtarfile(cls, tarfile: tarfile.TarFile) -> _Info:
        try:
            return super().fromtarfile(tarfile)
        except _NO_HEADER:
            cast(_Forward, tarfile.fileobj).lost = True
            raise


_NO_HEADER: Final = (
    tarfile.InvalidHeaderError,  # type: ignore[attr-defined]
    tarfile.TruncatedHeaderError,  # type: ignore[attr-defined]
    tarfile.SubsequentHeaderError,  # type: ignore[attr-defined]
)


def _walk_run(file: _Forward) -> Iterator[Member]:
    """The members up to the end of the archive, or to the next header that is none."""
    tar: tarfile.TarFile | None = None
    while True:
        file.left = _HEADER
        try:
            if tar is None:
                tar = tarfile.TarFile(
                    fileobj=cast(BinaryIO, file),
                    tarinfo=_Info,
                    encoding="utf-8",
                    errors="surrogateescape",
                )
            info = tar.next()
        except Exception:  # a header that is valid may say anything, and tarfile believes much
            file.lost = True
            return
        file.left = None
        if info is None:
            return
        tar.members.clear()  # type: ignore[attr-defined]  # or it would hold the names of millions
        yield from _open_member(tar, info)


def _open_member(tar: tarfile.TarFile, info: tarfile.TarInfo) -> Iterator[Member]:
    path = _clean(info.name)
    named = judge_place(path)
    if named is None or not info.isreg() or info.size < 0:
        return
    if info.issparse():  # a few bytes could stand for exabytes of zeros
        yield Member(path, why="is stored with holes", cure="unpack the archive first: tar -xf")
        return
    # tarfile's own reader drops the last piece of an archive that is cut off.
    held = _Span(cast(_Forward, tar.fileobj), info.offset_data, info.size)
    yield Member(path, named, info.size, cast(BinaryIO, held))


class _Span:
    """So many bytes of a stream; that it ends before is a fault, once all of it was given."""

    def __init__(self, file: _Forward, start: int, size: int) -> None:
        self._file, self._at, self._end = file, start, start + size

    def read(self, size: int) -> bytes:
        self._file.seek(self._at)
        wanted = min(size, self._end - self._at)
        piece = self._file.read(wanted)
        self._at += len(piece)
        if wanted and not piece:
            self._file.torn = True
            raise self._file.source.fault or EOFError("the archive ends too early")
        return piece


class _Held:
    """A member; what the library raises for a damaged one becomes a fault that has a name."""

    def __init__(self, read: Callable[[int], bytes], ration: Ration) -> None:
        self._read, self._ration = read, ration

    def read(self, size: int) -> bytes:
        try:
            piece = self._read(size)
        except (OSError, PackingError):
            raise
        except Exception as error:
            raise PackingError(f"is damaged or cut off: {error}") from error
        self._ration.give(len(piece))
        return piece


def walk_zip(file: BinaryIO) -> Iterator[Member]:
    """The files of a zip that may be mail; `file` can be read in any order."""
    try:
        _check_directory(file)
        archive = zipfile.ZipFile(file)
        members = archive.infolist()
    except Exception as error:  # zipfile raises of many kinds, for what a hostile file holds
        why = str(error) if isinstance(error, PackingError) else f"is a damaged zip: {error}"
        yield Member("", why=" ".join(why.split()), cure="unpack it first: unzip")
        return
    if members and any(info.filename in _DOCUMENT for info in members[:3]):
        return
    ration = Ration()
    ration.taken = file.seek(0, os.SEEK_END)
    for info in members:
        path = _clean(info.filename)
        named = judge_place(path)
        if named is None or info.is_dir() or (info.external_attr >> 28) not in (0, 8):
            continue  # 8: a regular file of Unix
        if info.flag_bits & 1:
            cure = "unpack the archive first, with its password: unzip"
            yield Member(path, why="is encrypted", cure=cure)
            continue
        try:
            held = _open_zipped(archive, file, info)
        except Exception as error:
            why = f"cannot be unpacked: {' '.join(str(error).split())}"
            yield Member(path, why=why, cure="unpack the archive first: unzip, or 7z x")
            continue
        with held:
            yield Member(path, named, info.file_size, cast(BinaryIO, _Held(held.read, ration)))


def _open_zipped(archive: zipfile.ZipFile, file: BinaryIO, info: zipfile.ZipInfo) -> BinaryIO:
    """What a member holds. Raises where it cannot be found or its packer is not known."""
    if info.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return cast(BinaryIO, archive.open(info))
    # zipfile lets others write any number of bytes at once: a few would fill the memory.
    if info.compress_type not in _PACKERS:
        raise PackingError(f"its packer (method {info.compress_type}) is not known")
    file.seek(info.header_offset)
    header = file.read(30)  # APPNOTE.TXT 4.3.7
    if not header.startswith(b"PK\x03\x04"):
        raise PackingError("it is not where the directory says")
    names = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
    packed = _Piece(file, info.header_offset + 30 + names, info.compress_size)
    return unpack(_PACKERS[info.compress_type], b"", cast(BinaryIO, packed))


_PACKERS: Final = {12: "bzip2", 93: "zstd", 95: "xz"}


class _Piece(io.RawIOBase):
    """So many bytes of a file from a place on."""

    def __init__(self, file: BinaryIO, start: int, size: int) -> None:
        super().__init__()
        self._file, self._at, self._end = file, start, start + size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        self._file.seek(self._at)
        piece = self._file.read(min(len(buffer), self._end - self._at))
        self._at += len(piece)
        buffer[: len(piece)] = piece
        return len(piece)


def _check_directory(file: BinaryIO) -> None:
    """Refuse a directory that would not fit into memory (APPNOTE.TXT 4.3.14 and 4.3.16)."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - 65_557))  # the last record, and the longest comment behind it
    tail = file.read(65_557)
    at = tail.rfind(b"PK\x05\x06")
    length = int.from_bytes(tail[at + 12 : at + 16], "little") if at >= 0 else 0
    if length == 0xFFFFFFFF:  # the number is in the record of Zip64
        at = tail.rfind(b"PK\x06\x06")
        length = int.from_bytes(tail[at + 40 : at + 48], "little") if at >= 0 else size
    if length > _DIRECTORY:
        raise PackingError("holds too many files for a zip")


def _clean(path: str) -> str:
    """A member's path as it stands in an origin: without `./` before it."""
    return printable(path.removeprefix("./").lstrip("/"))
