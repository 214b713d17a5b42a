"""Runs read back: what `whybounce classify` wrote as JSON lines or CSV, one record at a time.

A line that is no record is told and passed over. Nothing is held beyond one line.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, BinaryIO, Final

import msgspec

from classifier.errors import OperatorError
from classifier.packed import FAULTS, find_packing, unpack
from classifier.sinks import bare_cell

__all__ = ["Broken", "Record", "read_records", "read_run"]

_LONGEST: Final = 4 * 1024 * 1024  # bytes of a line
_BOM: Final = b"\xef\xbb\xbf"
_CURE: Final = "Name what `whybounce classify --format jsonl` or `--format csv` wrote."
_NEEDED: Final = ("kind", "category", "reason", "decided_by")  # columns that tell a run


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """What a comparison needs of a record; the keys mean what they mean in `rows.Row`."""

    kind: str
    remote_mta: str | None = None
    reply_code: str | None = None
    status: str | None = None
    smtp_command: str | None = None
    diagnostic_code: str | None = None
    provider: str | None = None
    category: str | None = None
    reason: str | None = None
    confidence: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None
    decided_by: str | None = None
    evidence: tuple[str, ...] = ()


class Broken(msgspec.Struct, frozen=True):
    """A line, from 1, that is no record, and why."""

    line: int
    why: str


def read_run(path: str, stdin: BinaryIO | None = None) -> Iterator[Record | Broken]:
    """The records of the file at `path`, or of `stdin` where it is `-`; packed or not.

    Raises `OperatorError` where the file cannot be read, is damaged or holds no record at all.
    """
    if path == "-":
        if stdin is None:
            raise OperatorError("standard input", ["is closed"], "Name a file, or pipe one in.")
        yield from read_records(stdin, "standard input")
        return
    try:
        with Path(path).open("rb") as file:
            yield from read_records(file, path)
    except (OSError, ValueError) as error:  # ValueError: no name of a file
        raise _refusal(path, error) from error


def read_records(file: BinaryIO, name: str) -> Iterator[Record | Broken]:
    """The records of an open file, JSON lines or CSV; `name` is for what is raised: see above."""
    try:
        yield from _read(file, name)
    except (OSError, *FAULTS) as error:
        raise _refusal(name, error) from error


def _refusal(name: str, error: Exception) -> OperatorError:
    why = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return OperatorError(name, [f"cannot be read ({why})"], _CURE)


def _read(file: BinaryIO, name: str) -> Iterator[Record | Broken]:
    head = file.readline(_LONGEST)
    packing = find_packing(head)
    if packing:
        packer, tool = packing
        if tool:
            raise OperatorError(name, [f"is packed with {packer}"], f"Unpack it first: {tool}")
        file = unpack(packer, head, file)
        head = file.readline(_LONGEST)
    head = head.removeprefix(_BOM)
    lines = _lines(head, file)
    results = _read_json(lines) if head.lstrip()[:1] in (b"{", b"") else _read_csv(lines, name)
    first: Broken | None = None
    empty = True
    for result in results:
        if isinstance(result, Record):
            empty = False
        else:
            first = first or result
        yield result
    if first and empty:
        fault = f"holds no record of whybounce; line {first.line} is none: {first.why}"
        raise OperatorError(name, [fault], _CURE)


def _lines(head: bytes, file: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """Each line with its number; None for one that is too long to be a record."""
    line, number = head, 1
    while line:
        if len(line) < _LONGEST or line.endswith(b"\n"):
            yield number, line
        else:
            while line and not line.endswith(b"\n"):
                line = file.readline(_LONGEST)
            yield number, None
        line, number = file.readline(_LONGEST), number + 1


_TOO_LONG: Final = f"it is longer than {_LONGEST} bytes"


def _read_json(lines: Iterator[tuple[int, bytes | None]]) -> Iterator[Record | Broken]:
    decoder = msgspec.json.Decoder(Record)
    for number, line in lines:
        if line is None:
            yield Broken(number, _TOO_LONG)
        elif line.strip():
            try:
                yield decoder.decode(line)
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
                yield Broken(number, str(error))


def _read_csv(lines: Iterator[tuple[int, bytes | None]], name: str) -> Iterator[Record | Broken]:
    # The limit belongs to the process: a cell may be as long as its line.
    csv.field_size_limit(max(csv.field_size_limit(), _LONGEST))
    _, head = next(lines)
    text = (head or b"").decode("utf-8", "replace")
    delimiter = max(",;\t", key=text.count)  # as spreadsheets write it again
    try:
        columns = _split(text, delimiter)
    except csv.Error:
        columns = []
    if not set(_NEEDED) <= set(columns):
        raise OperatorError(name, ["is neither JSON lines nor CSV of `whybounce classify`"], _CURE)
    wanted = [(at, key) for at, key in enumerate(columns) if key in Record.__struct_fields__]
    for number, line in lines:
        if line is None:
            yield Broken(number, _TOO_LONG)
        elif line.strip():
            try:
                # No cell of ours holds the end of a line, so a line is a record.
                cells = _split(line.decode("utf-8"), delimiter)
                if len(cells) != len(columns):
                    raise ValueError(f"it has {len(cells)} cells, not {len(columns)}")
                yield _make({key: cells[at] for at, key in wanted})
            except (ValueError, csv.Error, msgspec.MsgspecError) as error:
                yield Broken(number, str(error))


def _split(text: str, delimiter: str) -> list[str]:
    return next(csv.reader([text], delimiter=delimiter, strict=True), [])


def _make(cells: dict[str, str]) -> Record:
    """Raises `ValueError` or `msgspec.ValidationError` for cells that no record has."""
    known: dict[str, object] = {key: bare_cell(cell) for key, cell in cells.items() if cell}
    if "confidence" in known:
        known["confidence"] = float(str(known["confidence"]))
    if "evidence" in known:
        known["evidence"] = str(known["evidence"]).split("; ")
    return msgspec.convert(known, Record)
