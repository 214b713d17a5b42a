"""Records into files that hold a table: Parquet and SQLite, written from the part of a run.

A table cannot be cut off and gone on with as lines can. So a run gathers packed JSON lines, and
at its end they become a table, streamed: nothing but some thousand records is held.
"""

from __future__ import annotations

import gzip
import secrets
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from classifier.batch.columns import Column, Type, Value, cells
from classifier.batch.part import ROOM
from classifier.errors import OperatorError
from classifier.rows import Row

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Source", "arrow_batch", "arrow_schema", "need_arrow", "write_parquet", "write_sqlite"]

_GROUP: Final = 50_000  # records of a row group, and of a file of a partition
_TOLD: Final = 2_000  # records between two words on how far it is


class Source(msgspec.Struct, frozen=True):
    """Packed JSON lines, and the columns that they become."""

    path: Path
    columns: tuple[Column, ...]
    headers: tuple[str, ...] = ()
    taxonomies: tuple[str, ...] = ()

    def rows(self) -> Iterator[Row]:
        """The records, in order."""
        decoder = msgspec.json.Decoder(Row)
        with gzip.open(self.path, "rb") as lines:
            for line in lines:
                yield decoder.decode(line)

    def records(self) -> Iterator[list[Value]]:
        """The records, each a list with one value a column."""
        for row in self.rows():
            yield cells(row, self.headers, self.taxonomies)


def need_arrow() -> None:
    """Raises `OperatorError` where Parquet cannot be written for want of a package."""
    try:
        import pyarrow  # noqa: F401
    except ImportError as error:
        cure = "Install it: pip install 'whybounce[parquet]'"
        raise OperatorError("Parquet", ["needs pyarrow, which is not installed"], cure) from error


def arrow_schema(columns: Sequence[Column]) -> pa.Schema:
    """The columns as Apache Arrow has them; times in microseconds, UTC."""
    import pyarrow as pa

    types = {
        Type.TEXT: pa.string(),
        Type.TIME: pa.timestamp("us", tz="UTC"),
        Type.REAL: pa.float64(),
        Type.FLAG: pa.bool_(),
        Type.LIST: pa.list_(pa.string()),
    }
    return pa.schema([pa.field(each.name, types[each.type]) for each in columns])


def arrow_batch(records: Sequence[Sequence[Value]], schema: pa.Schema) -> pa.RecordBatch:
    """Records as columns."""
    import pyarrow as pa

    arrays = [
        pa.array([record[at] for record in records], field.type) for at, field in enumerate(schema)
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def write_parquet(
    source: Source, path: str, partition: str | None, tell: Callable[[int], None]
) -> None:
    """The records as one Parquet file, or as a folder with a folder for each value of a column.

    `partition` names the column, None for one file. Such a folder is named `category=spam`, as
    Hive, Spark and DuckDB read it. `tell` hears how many records are written. Raises
    `OperatorError` where there is no room.
    """
    if partition is None:
        with _whole(path, Path(path).resolve()) as temporary:
            _write_file(source, temporary, tell)
        return
    with _whole(path, Path(path)) as temporary:
        _write_folder(source, temporary, partition, tell)


def _write_file(source: Source, path: Path, tell: Callable[[int], None]) -> None:
    from pyarrow.parquet import ParquetWriter

    schema = arrow_schema(source.columns)
    records = source.records()
    with ParquetWriter(path, schema, compression="zstd") as writer:
        while some := list(islice(records, _GROUP)):
            writer.write_batch(arrow_batch(some, schema))
            tell(len(some))


def _write_folder(source: Source, path: Path, partition: str, tell: Callable[[int], None]) -> None:
    import pyarrow as pa
    from pyarrow.dataset import partitioning, write_dataset

    schema = arrow_schema(source.columns)
    parts = partitioning(pa.schema([schema.field(partition)]), flavor="hive")
    records = source.records()
    number = 0
    path.mkdir()
    while some := list(islice(records, _GROUP)):
        write_dataset(
            arrow_batch(some, schema),
            path,
            format="parquet",
            partitioning=parts,
            basename_template=f"part-{number:05d}-{{i}}.parquet",
            existing_data_behavior="overwrite_or_ignore",
            use_threads=False,  # the same records in the same order, each time
        )
        number += 1
        tell(len(some))


def write_sqlite(source: Source, path: str, tell: Callable[[int], None]) -> None:
    """The records as the table `records` of a SQLite file; lists as JSON, times as ISO 8601.

    Raises `OperatorError` where there is no room.
    """
    with _whole(path, Path(path).resolve()) as temporary:
        database = sqlite3.connect(temporary, isolation_level=None)
        try:
            _fill(database, source, tell)
        finally:
            database.close()


_SQL_TYPES: Final = {Type.REAL: "REAL", Type.FLAG: "INTEGER"}


def _fill(database: sqlite3.Connection, source: Source, tell: Callable[[int], None]) -> None:
    # The file is thrown away if anything happens, so it needs no journal of its own.
    database.execute("PRAGMA journal_mode = OFF")
    database.execute("PRAGMA synchronous = OFF")
    names = ", ".join(
        f"{_quote(each.name)} {_SQL_TYPES.get(each.type, 'TEXT')}" for each in source.columns
    )
    database.execute(f"CREATE TABLE records ({names})")
    # Safe: the names are ours, or quoted; values are bound.
    insert = f"INSERT INTO records VALUES ({', '.join('?' * len(source.columns))})"  # noqa: S608
    records = source.records()
    while some := list(islice(records, _TOLD)):
        database.execute("BEGIN")
        database.executemany(insert, [[_bind(value) for value in record] for record in some])
        database.execute("COMMIT")
        tell(len(some))
    for name in ("reason", "recipient"):
        database.execute(f"CREATE INDEX records_{name} ON records ({name})")


def _bind(value: Value) -> str | float | int | None:
    if isinstance(value, list):
        return msgspec.json.encode(value).decode() if value else None
    if isinstance(value, str | float | None):
        return value
    return int(value) if isinstance(value, bool) else value.isoformat()


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


@contextmanager
def _whole(path: str, target: Path) -> Iterator[Path]:
    """A file or folder beside `target` that takes its name at the end, or leaves no trace."""
    temporary = target.with_name(f".whybounce-{secrets.token_hex(8)}.tmp")
    try:
        yield temporary
        temporary.replace(target)
    except BaseException as error:
        with suppress(OSError):
            if temporary.is_dir():
                shutil.rmtree(temporary)
            else:
                temporary.unlink()
        if isinstance(error, OSError | sqlite3.Error):
            why = getattr(error, "strerror", None) or str(error)
            raise OperatorError(path, [f"cannot be written ({why})"], ROOM) from error
        raise
