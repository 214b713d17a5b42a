"""Packed files read as they stream: gzip, bzip2, xz; other packers by name, with the cure.

Nothing is unpacked to disk, and memory is bounded whatever the file claims to need.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Callable
from typing import BinaryIO, Final, cast

__all__ = ["FAULTS", "find_packing", "unpack"]

_MEMORY: Final = 192 * 1024 * 1024  # bytes for the window of xz; `xz -9` needs 65 MiB
_CHUNK: Final = 256 * 1024

#: What reading from `unpack` may raise, beside OSError, where the file is damaged.
FAULTS: Final = (EOFError, zlib.error, lzma.LZMAError)

_OURS: Final = ((b"\x1f\x8b", "gzip"), (b"BZh", "bzip2"), (b"\xfd7zXZ\x00", "xz"))
_OTHERS: Final = (  # first bytes, name, what unpacks it
    (b"PK\x03\x04", "zip", "unzip"),
    (b"PK\x05\x06", "zip", "unzip"),
    (b"\x28\xb5\x2f\xfd", "zstd", "zstd -d"),
    (b"7z\xbc\xaf\x27\x1c", "7z", "7z x"),
)


def find_packing(head: bytes) -> tuple[str, str] | None:
    """Name of the packer of a file that begins so, and the command that unpacks it.

    The command is "" where `unpack` reads it; None: it is not packed.
    """
    for magic, name in _OURS:
        if head.startswith(magic):
            return name, ""
    for magic, name, tool in _OTHERS:
        if head.startswith(magic):
            return name, tool
    return None


def unpack(name: str, head: bytes, file: BinaryIO) -> BinaryIO:
    """What a packed file holds; `head` was read from `file` already.

    Reading raises OSError or one of `FAULTS` where the file is damaged or cut off.
    """
    packed = cast(BinaryIO, io.BufferedReader(_Replayed(head, file), _CHUNK))
    if name == "gzip":
        return cast(BinaryIO, gzip.GzipFile(fileobj=packed, mode="rb"))
    if name == "bzip2":
        return cast(BinaryIO, bz2.BZ2File(packed))
    return cast(BinaryIO, io.BufferedReader(_Xz(packed.read), _CHUNK))


class _Replayed(io.RawIOBase):
    """A file once more from its beginning, though it may be a pipe."""

    def __init__(self, head: bytes, file: BinaryIO) -> None:
        super().__init__()
        self._head, self._file = head, file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        piece, self._head = self._head[: len(buffer)], self._head[len(buffer) :]
        piece = piece or self._file.read(len(buffer)) or b""
        buffer[: len(piece)] = piece
        return len(piece)


class _Xz(io.RawIOBase):
    """The streams of an xz file; unlike `lzma.LZMAFile` it holds to a limit of memory."""

    def __init__(self, read: Callable[[int], bytes]) -> None:
        super().__init__()
        self._read = read
        self._stream: lzma.LZMADecompressor | None = None
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while True:
            if self._stream is None or self._stream.eof:
                # Zeros may stand between streams and at the end (xz file format 2.2).
                self._rest = self._rest.lstrip(b"\0")
                while not self._rest:
                    if not (piece := self._read(_CHUNK)):
                        return 0
                    self._rest = piece.lstrip(b"\0")
                self._stream = lzma.LZMADecompressor(lzma.FORMAT_XZ, _MEMORY)
            elif self._stream.needs_input and not self._rest:
                self._rest = self._read(_CHUNK)
                if not self._rest:
                    raise EOFError("the file ends within the packed data")
            piece = self._stream.decompress(self._rest, len(buffer))
            self._rest = self._stream.unused_data if self._stream.eof else b""
            if piece:
                buffer[: len(piece)] = piece
                return len(piece)
