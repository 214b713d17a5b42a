"""Runs read back: what `whybounce classify` wrote as JSON lines or CSV, one record at a time.

A line that is no record is told and passed over. Nothing is held beyond one line.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, BinaryIO, Final, TypeVar

import msgspec

from classifier.errors import OperatorError
from classifier.packed import FAULTS, find_packing, unpack
from classifier.sinks import bare_cell

__all__ = ["Broken", "Checks", "Detail", "Record", "read_details", "read_records", "read_run"]

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


class Checks(msgspec.Struct, frozen=True, kw_only=True):
    """What the refusing side saw of the returned message's authentication (RFC 8601)."""

    spf: str | None = None
    dkim: str | None = None
    dmarc: str | None = None
    compauth: str | None = None
    from_domain: str | None = None


class Detail(Record, frozen=True, kw_only=True):
    """What a summary, a page and a list of addresses need beside that."""

    origin: str | None = None
    recipient: str | None = None
    original_recipient: str | None = None
    reporting_mta: str | None = None
    format: str | None = None
    arrival_date: str | None = None
    last_attempt_date: str | None = None
    bounce_date: str | None = None
    original_message_id: str | None = None
    original_from: str | None = None
    original_subject: str | None = None
    feedback_type: str | None = None
    auth: Checks | None = None
    permanence: str | None = None
    fault: str | None = None
    advice: str | None = None
    advice_text: str | None = None


Shape = TypeVar("Shape", bound=Record)


class Broken(msgspec.Struct, frozen=True):
    """A line, from 1, that is no record, and why."""

    line: int
    why: str


def read_run(path: str, stdin: BinaryIO | None = None) -> Iterator[Record | Broken]:
    """The records of the file at `path`, or of `stdin` where it is `-`; packed or not.

    Raises `OperatorError` where the file cannot be read, is damaged or holds no record at all.
    """
    return _read_path(path, stdin, Record)


def read_details(path: str, stdin: BinaryIO | None = None) -> Iterator[Detail | Broken]:
    """As `read_run`, with more of each record."""
    return _read_path(path, stdin, Detail)


def _read_path(path: str, stdin: BinaryIO | None, shape: type[Shape]) -> Iterator[Shape | Broken]:
    if path == "-":
        if stdin is None:
            raise OperatorError("standard input", ["is closed"], "Name a file, or pipe one in.")
        yield from _read_open(stdin, "standard input", shape)
        return
    try:
        with Path(path).open("rb") as file:
            yield from _read_open(file, path, shape)
    except (OSError, ValueError) as error:  # ValueError: no name of a file
        raise _refusal(path, error) from error


def read_records(file: BinaryIO, name: str) -> Iterator[Record | Broken]:
    """The records of an open file, JSON lines or CSV; `name` is for what is raised: see above."""
    return _read_open(file, name, Record)


def _read_open(file: BinaryIO, name: str, shape: type[Shape]) -> Iterator[Shape | Broken]:
    try:
        yield from _read(file, name, shape)
    except (OSError, *FAULTS) as error:
        raise _refusal(name, error) from error


def _refusal(name: str, error: Exception) -> OperatorError:
    why = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return OperatorError(name, [f"cannot be read ({why})"], _CURE)


def _read(file: BinaryIO, name: str, shape: type[Shape]) -> Iterator[Shape | Broken]:
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
    plain = head.lstrip()[:1] not in (b"{", b"")
    results = _read_csv(lines, name, shape) if plain else _read_json(lines, shape)
    first: Broken | None = None
    empty = True
    for result in results:
        if isinstance(result, Broken):
            first = first or result
        else:
            empty = False
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


def _read_json(
    lines: Iterator[tuple[int, bytes | None]], shape: type[Shape]
) -> Iterator[Shape | Broken]:
    decoder = msgspec.json.Decoder(shape)
    for number, line in lines:
        if line is None:
            yield Broken(number, _TOO_LONG)
        elif line.strip():
            try:
                yield decoder.decode(line)
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
                yield Broken(number, str(error))


def _read_csv(
    lines: Iterator[tuple[int, bytes | None]], name: str, shape: type[Shape]
) -> Iterator[Shape | Broken]:
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
    keys = {*shape.__struct_fields__, *_CHECKS}
    wanted = [(at, key) for at, key in enumerate(columns) if key in keys]
    for number, line in lines:
        if line is None:
            yield Broken(number, _TOO_LONG)
        elif line.strip():
            try:
                # No cell of ours holds the end of a line, so a line is a record.
                cells = _split(line.decode("utf-8"), delimiter)
                if len(cells) != len(columns):
                    raise ValueError(f"it has {len(cells)} cells, not {len(columns)}")
                yield _make({key: cells[at] for at, key in wanted}, shape)
            except (ValueError, csv.Error, msgspec.MsgspecError) as error:
                yield Broken(number, str(error))


def _split(text: str, delimiter: str) -> list[str]:
    return next(csv.reader([text], delimiter=delimiter, strict=True), [])


_CHECKS: Final = {f"auth.{key}": key for key in Checks.__struct_fields__}


def _make(cells: dict[str, str], shape: type[Shape]) -> Shape:
    """Raises `ValueError` or `msgspec.ValidationError` for cells that no record has."""
    known: dict[str, object] = {key: bare_cell(cell) for key, cell in cells.items() if cell}
    if "confidence" in known:
        known["confidence"] = float(str(known["confidence"]))
    if "evidence" in known:
        known["evidence"] = str(known["evidence"]).split("; ")
    auth = {_CHECKS[key]: known.pop(key) for key in [key for key in known if key in _CHECKS]}
    if auth:
        known["auth"] = auth
    return msgspec.convert(known, shape)
