"""Packed files read as they stream: gzip, bzip2, xz, zstd; other packers by name, with the cure.

Nothing is unpacked to disk, and memory is bounded whatever the file claims to need. So is time: a
file that unpacks to more than 1 GiB and to more than 2,000 times what was read of it is given up.
Archives of mails stay far below, and what is left is linear in the bytes that somebody sent.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Callable
from typing import BinaryIO, Final, cast

__all__ = [
    "FAULTS",
    "PackingError",
    "Ration",
    "find_archive",
    "find_packing",
    "holds_checksum",
    "unpack",
]

_MEMORY: Final = 192 * 1024 * 1024  # bytes for the window of xz; `xz -9` needs 65 MiB
_CHUNK: Final = 256 * 1024
_FREE: Final = 1 << 30  # bytes that any packed file may unpack to
_RATIO: Final = 2000  # deflate cannot do more than 1,032


class PackingError(Exception):
    """What is packed is damaged, or not worth the time that it would take; `str` says which."""


#: What reading from `unpack` may raise, beside OSError, where the file is damaged.
FAULTS: Final = (EOFError, zlib.error, lzma.LZMAError, PackingError)

_OURS: Final = (
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
)
_OTHERS: Final = (  # first bytes, name, what unpacks it
    (b"PK\x03\x04", "zip", "unzip"),
    (b"PK\x05\x06", "zip", "unzip"),
    (b"PK\x07\x08", "zip", "unzip"),
    (b"7z\xbc\xaf\x27\x1c", "7z", "7z x"),
    (b"Rar!\x1a\x07", "rar", "unrar x"),
    (b"\x04\x22\x4d\x18", "lz4", "lz4 -d"),
    (b"LZIP\x01", "lzip", "lzip -d"),
    (b"\x1f\x9d", "compress", "uncompress"),
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
    # pzstd begins with a frame to be skipped (RFC 8878 3.1.2).
    if head[1:4] == b"\x2a\x4d\x18" and head[:1] and 0x50 <= head[0] <= 0x5F:
        return "zstd", ""
    return None


def find_archive(head: bytes) -> str:
    """`zip` or `tar` where a file that begins so is an archive of many files, else ""."""
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return "zip"
    if len(head) < 512 or b"\0" not in head[:512]:
        return ""
    return "tar" if head[257:262] == b"ustar" or holds_checksum(head[:512]) else ""


def holds_checksum(block: bytes) -> bool:
    """Whether 512 bytes are the head of a file in a tar, by the sum that it holds (POSIX ustar).

    Tars older than POSIX have no other sign.
    """
    digits = block[148:156].strip(b" \0")
    if not block[0] or not digits.isdigit() or len(digits) > 7 or digits.strip(b"01234567"):
        return False
    rest = block[:148] + b" " * 8 + block[156:]
    # Some wrote the sum of signed bytes.
    return int(digits, 8) in (sum(rest), sum(rest) - 256 * sum(byte > 127 for byte in rest))


class Ration:
    """How much may still be unpacked; shared by the members of an archive."""

    def __init__(self) -> None:
        self.taken = self.given = 0

    def give(self, size: int) -> None:
        """Count `size` bytes that were unpacked; raises `PackingError` where it is too much."""
        self.given += size
        if self.given > _FREE and self.given > _RATIO * self.taken:
            raise PackingError(f"unpacks to more than {_RATIO:,} times its size")


def unpack(name: str, head: bytes, file: BinaryIO, ration: Ration | None = None) -> BinaryIO:
    """What a packed file holds; `head` was read from `file` already.

    Reading raises OSError or one of `FAULTS` where the file is damaged or cut off.
    """
    ration = ration or Ration()
    packed = cast(BinaryIO, io.BufferedReader(_Replayed(head, file, ration), _CHUNK))
    read: Callable[[int], bytes]
    if name == "gzip":
        read = gzip.GzipFile(fileobj=packed, mode="rb").read1
    elif name == "bzip2":
        read = bz2.BZ2File(packed).read1
    elif name == "zstd":
        from backports.zstd import ZstdFile  # windows of more than 128 MiB are refused by default

        read = ZstdFile(packed, "rb").read1
    else:
        read = io.BufferedReader(_Xz(packed.read), _CHUNK).read1
    return cast(BinaryIO, _Prompt(_Rationed(read, ration), _CHUNK))


class _Replayed(io.RawIOBase):
    """A file once more from its beginning, though it may be a pipe."""

    def __init__(self, head: bytes, file: BinaryIO, ration: Ration) -> None:
        super().__init__()
        self._head, self._file, self._ration = head, file, ration

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        piece, self._head = self._head[: len(buffer)], self._head[len(buffer) :]
        piece = piece or self._file.read(len(buffer)) or b""
        buffer[: len(piece)] = piece
        self._ration.taken += len(piece)
        return len(piece)


class _Prompt(io.BufferedReader):
    """Gives what there is before it fails; others drop what the failing read had gathered."""

    def read(self, size: int | None = -1) -> bytes:
        return self.read1(-1 if size is None else size)


class _Rationed(io.RawIOBase):
    """What is unpacked, counted, and with one kind of fault for each library's own."""

    def __init__(self, read: Callable[[int], bytes], ration: Ration) -> None:
        super().__init__()
        self._read, self._ration = read, ration

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        try:
            piece = self._read(len(buffer))
        except (OSError, MemoryError, *FAULTS):
            raise
        except Exception as error:  # zstd has an error of its own, which nobody loads for nothing
            raise PackingError(f"is damaged or cut off: {error}") from error
        self._ration.give(len(piece))
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
