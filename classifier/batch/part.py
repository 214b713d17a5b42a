"""The output while it grows: `FILE.part`, and beside it how far it is, to go on after a kill.

    results.jsonl.part           records, of whole batches only up to what the journal says
    results.jsonl.part.journal   which batches, how many bytes; written anew every few seconds

The journal is replaced in one step after the records are safe on the disk, so at any moment one
can go on from it. What the part holds beyond is done again, and comes out as the same bytes.
"""

from __future__ import annotations

import os
import stat
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from classifier.errors import OperatorError
from classifier.summary.counting import Summary

__all__ = ["ROOM", "Journal", "Part"]

_EVERY: Final = 5.0  # seconds between two journals
_VERSION: Final = 1
ROOM: Final = "Make room, then go on with --resume; what was done is kept."
_BINARY: Final = getattr(os, "O_BINARY", 0)


class Journal(msgspec.Struct, kw_only=True):
    """How far a run is. `done` batches are written, and those of `beyond`, which came early."""

    version: int = _VERSION
    run: str = ""  # a digest of what decides the bytes: paths, options, rules, model
    done: int = 0
    beyond: list[int] = []
    written: int = 0  # bytes of the part
    mails: int = 0
    records: int = 0
    whole: bool = True  # whether all could be read and judged
    last: str | None = None  # the origin of the last mail
    summary: Summary | None = None

    def take(self, number: int) -> None:
        """Count a batch as written."""
        if number != self.done:
            self.beyond.append(number)
            return
        self.done += 1
        while self.done in self.beyond:
            self.beyond.remove(self.done)
            self.done += 1

    def has(self, number: int) -> bool:
        """Whether a batch is written."""
        return number < self.done or number in self.beyond


class Part:
    """An output file that is not whole yet. Raises `OperatorError` where it cannot be written."""

    def __init__(self, path: str, run: str, resume: bool, afresh: bool) -> None:
        """`path` is the file to be. A part that lies there is gone on with, or in the way.

        Raises `OperatorError` where one lies there and neither `resume` nor `afresh` is said, or
        where it is of a run of other mails or options.
        """
        self.path = path
        self.part = Path(f"{path}.part")
        self._journal_path = Path(f"{path}.part.journal")
        self._due = time.monotonic() + _EVERY
        self.journal = Journal(run=run)
        if resume:
            self._find(run)
        elif not afresh and self._journal_path.exists():
            fault = "a run that was cut short lies there"
            cure = "Go on with it by --resume, or start anew by --afresh."
            raise OperatorError(str(self.part), [fault], cure)
        try:
            _refuse_others(path)
            self._file = os.open(self.part, os.O_RDWR | os.O_CREAT | _BINARY, 0o666)
            os.ftruncate(self._file, self.journal.written)
            os.lseek(self._file, self.journal.written, os.SEEK_SET)
        except OSError as error:
            raise self._refusal(error, "Name a file in a folder that may be written.") from error
        self.keep()

    def write(self, data: bytes) -> None:
        """Take the bytes of a batch."""
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[os.write(self._file, rest) :]
        except OSError as error:
            raise self._refusal(error, ROOM) from error
        self.journal.written += len(data)

    def keep_now_and_then(self) -> None:
        """Write the journal, if some seconds have passed since the last time."""
        if time.monotonic() >= self._due:
            self.keep()

    def keep(self) -> None:
        """Write the journal: from here on, nothing that was written is lost."""
        try:
            os.fsync(self._file)
            _replace_file(self._journal_path, msgspec.json.encode(self.journal))
        except OSError as error:
            raise self._refusal(error, ROOM) from error
        self._due = time.monotonic() + _EVERY

    def close(self) -> None:
        """Let go of the file; the part and its journal stay."""
        with suppress(OSError):
            os.close(self._file)

    def finish(self) -> None:
        """Give the part its name, and remove the journal; after `keep` and `close`."""
        try:
            target = Path(self.path).resolve()  # the file itself, where `path` is a link to it
            self.part.replace(target)
        except OSError as error:
            raise self._refusal(error, ROOM) from error
        self.forget()

    def forget(self) -> None:
        """Remove part and journal, where they still lie there."""
        beside = self._journal_path.with_name(f"{self._journal_path.name}.new")
        for path in (self.part, self._journal_path, beside):
            with suppress(OSError):
                path.unlink()

    def _find(self, run: str) -> None:
        """The journal of a run that was cut short; where there is none, all is to be done."""
        try:
            raw = self._journal_path.read_bytes()
        except FileNotFoundError:
            if self.part.exists() and self.part.stat().st_size:
                fault = "there is a part, and no journal that says how far it is"
                raise OperatorError(str(self.part), [fault], "Start anew by --afresh.") from None
            return
        except OSError as error:
            raise self._refusal(error, "Start anew by --afresh.") from error
        try:
            found = msgspec.json.decode(raw, type=Journal)
        except msgspec.MsgspecError as error:
            fault = f"is no journal of this version ({error})"
            raise OperatorError(
                str(self._journal_path), [fault], "Start anew by --afresh."
            ) from error
        size = self.part.stat().st_size if self.part.exists() else -1
        if found.version != _VERSION or size < found.written:
            fault = "does not fit the part beside it"
            raise OperatorError(str(self._journal_path), [fault], "Start anew by --afresh.")
        if found.run != run:
            fault = "is of a run with other mails, options, rules or another model"
            cure = "Say what was said then, or start anew by --afresh."
            raise OperatorError(str(self._journal_path), [fault], cure)
        self.journal = found

    def _refusal(self, error: OSError, cure: str) -> OperatorError:
        why = f"cannot be written ({error.strerror or error})"
        return OperatorError(str(self.part), [why], cure)


def _refuse_others(path: str) -> None:
    """Raises `OSError` where `path` is there and no file that may be replaced."""
    try:
        mode = Path(path).stat().st_mode
    except FileNotFoundError:
        return
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(21, "it is a folder")
    if not stat.S_ISREG(mode):
        raise OSError(22, "it is no regular file; write to standard output and redirect it")


def _replace_file(path: Path, data: bytes) -> None:
    """Write a small file in one step: it is the old one or the new one, at any moment."""
    temporary = path.with_name(f"{path.name}.new")
    with temporary.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
