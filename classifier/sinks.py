"""Where records go: JSON lines and CSV, to standard output or into a file written whole.

A sink takes the records of one mail or reply at a time and keeps none of them.
"""

from __future__ import annotations

import csv
import os
import stat
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, Generic, Protocol, TypeVar

import msgspec

from classifier.errors import OperatorError
from classifier.report import Report
from classifier.terminal import neutral, scrub

__all__ = [
    "Cell",
    "Closed",
    "Csv",
    "JsonLines",
    "Output",
    "Sink",
    "Writable",
    "bare_cell",
    "open_output",
]

_BATCH: Final = 128 * 1024  # bytes that are gathered before they are written
_PAUSE: Final = 1.0  # seconds after which what is gathered goes out with the next record
_CURE: Final = "Name a file in a folder that exists and may be written."
_BINARY: Final = getattr(os, "O_BINARY", 0)  # Windows writes text unless told

Record = TypeVar("Record", bound=msgspec.Struct)
Taken = TypeVar("Taken", bound=msgspec.Struct, contravariant=True)


class Closed(Exception):
    """Whoever read the output is gone, as `head` is after its ten lines."""


class Sink(Protocol[Taken]):
    """What takes records, in the order they are to be read."""

    def write(self, records: Sequence[Taken], report: Report | None = None) -> None:
        """Take the records of one mail or reply; `report` is the mail they are about."""

    def close(self) -> None:
        """Write what comes after the last record."""


class Writable(Protocol):
    """An open binary file, as far as `Output` needs it."""

    def write(self, data: bytes, /) -> int | None:
        """Write `data` or a part of it; how many bytes went, None where none could."""


class Output:
    """Bytes on their way out, gathered on the way to a file or pipe, at once to a terminal.

    Raises `Closed` where the reader is gone, and `OperatorError` where the bytes find no room.
    """

    def __init__(self, file: Writable, name: str, at_once: bool = False) -> None:
        self._file, self._name, self._at_once = file, name, at_once
        self._gathered: list[bytes] = []
        self._size = 0
        self._due = time.monotonic() + _PAUSE

    def write(self, data: bytes) -> None:
        """Take more bytes."""
        self._gathered.append(data)
        self._size += len(data)
        if self._at_once or self._size >= _BATCH or time.monotonic() >= self._due:
            self.flush()

    def flush(self) -> None:
        """Write all that is gathered. What a signal cuts short stays for the next call."""
        rest = b"".join(self._gathered)
        self._gathered = [rest]
        try:
            while rest:
                written = self._file.write(rest)
                if written is None:  # a terminal or pipe that another program set not to wait
                    time.sleep(0.01)
                rest = rest[written or 0 :]
                self._gathered = [rest]
        except BrokenPipeError as error:
            self._gathered = []
            raise Closed from error
        except OSError as error:
            self._gathered = []
            fault = f"cannot be written ({error.strerror or error})"
            raise OperatorError(self._name, [fault], "Make room or name another file.") from error
        self._size = 0
        self._due = time.monotonic() + _PAUSE


@contextmanager
def open_output(path: str | None) -> Iterator[Output]:
    """Standard output (None or `-`) or the file at `path`, open for bytes.

    A file appears under its name only when it is whole and safe on the disk. Until then, and
    after any exception, the old one stays as it was. What is no regular file (`/dev/null`, a
    named pipe) is written to as it stands. Raises `OperatorError` for a place that cannot be
    written.
    """
    if path is None or path == "-":
        with _open_stdout() as output:
            yield output
        return
    try:
        mode = Path(path).stat().st_mode
    except OSError:
        mode = None
    except ValueError as error:
        raise OperatorError(path, [f"is no name of a file ({error})"], _CURE) from error
    if mode is not None and not stat.S_ISREG(mode):
        with _open_as_it_stands(path) as output:
            yield output
    else:
        # The file itself, where `path` is a link to it.
        with _replace(path, Path(path).resolve(), mode) as output:
            yield output


@contextmanager
def _open_stdout() -> Iterator[Output]:
    if sys.stdout is None:
        raise OperatorError("standard output", ["is closed"], "Redirect it, or name a file by -o.")
    sys.stdout.flush()
    try:
        file: Writable = os.fdopen(sys.stdout.fileno(), "wb", buffering=0, closefd=False)
    except (OSError, ValueError):  # a stand-in without a descriptor
        file = sys.stdout.buffer
    output = Output(file, "standard output", sys.stdout.isatty())
    try:
        yield output
    except (Closed, OperatorError):
        raise
    except BaseException:  # Ctrl-C too: what is done is not lost
        output.flush()
        raise
    output.flush()


@contextmanager
def _open_as_it_stands(path: str) -> Iterator[Output]:
    try:
        handle = os.open(path, os.O_WRONLY | _BINARY)
    except OSError as error:
        raise _refusal(path, error) from error
    with os.fdopen(handle, "wb", buffering=0) as file:
        output = Output(file, path, file.isatty())
        yield output
        output.flush()


@contextmanager
def _replace(path: str, target: Path, mode: int | None) -> Iterator[Output]:
    """A new file beside `target` that takes its name at the end; `mode` is the old one's."""
    if mode is not None and not os.access(target, os.W_OK):
        raise OperatorError(path, ["may not be written"], "Name another file, or change its mode.")
    temporary = target.with_name(f".whybounce-{os.urandom(8).hex()}.tmp")
    rights = 0o666 if mode is None else stat.S_IMODE(mode)
    try:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, rights)
    except OSError as error:
        raise _refusal(path, error) from error
    try:
        with os.fdopen(handle, "wb", buffering=0) as file:
            output = Output(file, path)
            yield output
            output.flush()
            os.fsync(handle)
        if mode is not None:
            temporary.chmod(rights)  # past the umask
        temporary.replace(target)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    with suppress(OSError):  # the name as safe as the bytes, where the system can do it
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _refusal(path: str, error: OSError) -> OperatorError:
    fault = f"cannot be written ({error.strerror or error})"
    return OperatorError(path, [fault], _CURE)


class JsonLines(Generic[Record]):
    """One JSON object a line: all keys of the record in their order, null where absent."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._encoder = msgspec.json.Encoder()

    def write(self, records: Sequence[Record], report: Report | None = None) -> None:
        """Take the records of one mail or reply."""
        try:
            self._output.write(self._encoder.encode_lines(records))
        except UnicodeEncodeError:  # a lone surrogate, which neither UTF-8 nor JSON can hold
            plain = [_scrub_all(msgspec.to_builtins(record)) for record in records]
            self._output.write(self._encoder.encode_lines(plain))

    def close(self) -> None:
        """Nothing comes after the last record."""


def _scrub_all(value: Any) -> Any:
    if isinstance(value, str):
        return scrub(value)
    if isinstance(value, dict):
        return {scrub(key): _scrub_all(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_scrub_all(inner) for inner in value]
    return value


Cell = str | float | bool | None

# What a spreadsheet takes for a formula at the start of a cell; the last four are full-width.
_FORMULA: Final = tuple("=+-@\t\r\n＝＋－＠")


class Csv(Generic[Record]):
    """One line a record (RFC 4180, UTF-8), below a line with the names of the columns.

    Cells hold one line each and no control characters; one that a spreadsheet would run as a
    formula begins with a single quote.
    """

    def __init__(
        self,
        output: Output,
        columns: Sequence[str],
        flatten: Callable[[Record], Mapping[str, Cell]],
        head: bool = True,
    ) -> None:
        """`flatten` gives the cells of a record by the names in `columns`; `head` writes these."""
        self._columns, self._flatten = columns, flatten
        self._writer = csv.writer(_Encoded(output))
        if head:
            self._writer.writerow(columns)

    def write(self, records: Sequence[Record], report: Report | None = None) -> None:
        """Take the records of one mail or reply."""
        for record in records:
            cells = self._flatten(record)
            self._writer.writerow([_cell(cells[name]) for name in self._columns])

    def close(self) -> None:
        """Nothing comes after the last record."""


class _Encoded:
    """What csv writes into: text in, UTF-8 out."""

    def __init__(self, output: Output) -> None:
        self._output = output

    def write(self, text: str) -> None:
        self._output.write(text.encode())


def _cell(value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return repr(value)
    return f"'{neutral(value)}" if value.startswith(_FORMULA) else neutral(value)


def bare_cell(cell: str) -> str:
    """The text that `Csv` wrote as `cell`, without the quote before what looks like a formula."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell
