"""A file whose head is known before its pieces are read; where it fails, it ends and says why."""

from __future__ import annotations

import errno
import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, Final

from classifier.items import Unreadable, hide_secrets
from classifier.packed import FAULTS, PackingError

__all__ = ["CHUNK", "Meter", "Source", "explain"]

CHUNK: Final = 1024 * 1024  # bytes asked for at once
_HEAD: Final = 64 * 1024  # bytes that decide what a file is
_BLOCK: Final = 4096  # bytes that a disk loses at least
_TRIES: Final = 1000  # blocks to step over; a dying disk takes seconds for each


class Meter:
    """How far the reading of regular files has come, in bytes as they lie on the disk.

    What they hold may be packed, so the sizes of the mails do not tell.
    """

    def __init__(self) -> None:
        self._passed = 0
        self._file: BinaryIO | None = None

    @property
    def at(self) -> int:
        """The bytes of all files up to the place where the open one is being read."""
        return self._passed + (self._file.tell() if self._file is not None else 0)

    @contextmanager
    def follow(self, file: BinaryIO, size: int) -> Iterator[None]:
        """Count a file of so many bytes while it is read, and as read when that is over."""
        self._file = file
        try:
            yield
        finally:
            self._file = None
            self._passed += size


class Source:
    """A file with its head; `fault` is what went wrong, if anything did."""

    def __init__(self, file: BinaryIO, chunk: int = CHUNK, disk: bool = False) -> None:
        """`disk`: a regular file, in which what cannot be read is stepped over."""
        self.file, self.chunk = file, chunk
        # Of a pipe what is there: gathering more in one call would put off Ctrl-C until it comes.
        self._read = file.read1 if isinstance(file, io.BufferedReader) else file.read
        self.fault: Exception | None = None
        self._tries = _TRIES if disk else 0
        head = bytearray()
        while len(head) < _HEAD and (piece := self.read(_HEAD)):
            head += piece
        self.head = bytes(head)

    def read(self, size: int) -> bytes:
        """At most `size` bytes; none at the end, and where the file fails."""
        try:
            return self._read(size) or b""
        except (OSError, ValueError, *FAULTS) as error:  # ValueError: the file is closed
            self.fault = error
            if isinstance(error, OSError) and error.errno == errno.EIO and self._tries:
                return self._step_over(size)
            return b""

    def pieces(self, start: int) -> Iterator[bytes]:
        """All of the file from `start` on, which lies in the head."""
        for at in range(start, len(self.head), self.chunk):
            yield self.head[at : at + self.chunk]
        while piece := self.read(self.chunk):
            yield piece

    def _step_over(self, size: int) -> bytes:
        """What follows the blocks that a disk has lost: one bad sector costs no whole archive."""
        while self._tries:
            self._tries -= 1
            try:
                self.file.seek((self.file.tell() // _BLOCK + 1) * _BLOCK)
                return self.file.read(size) or b""
            except OSError as error:
                if error.errno != errno.EIO:
                    break
        return b""


def explain(origin: str, error: Exception, before: str = "") -> Unreadable:
    """What went wrong with a file, in one line, with what to do."""
    cure = "check the file and the disk or network it is on"
    if isinstance(error, FileNotFoundError):
        why, cure = "does not exist", "check the path; a file may have moved since it was listed"
    elif isinstance(error, PermissionError):
        why, cure = "may not be read", "give this user the right to read it"
    else:
        why = (error.strerror if isinstance(error, OSError) else None) or str(error)
        if isinstance(error, FAULTS) and not isinstance(error, PackingError):
            why = f"is damaged or cut off: {why.rstrip('.')}"
    return Unreadable(origin, before + " ".join(hide_secrets(why).split()), cure)
