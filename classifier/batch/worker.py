"""What happens to a batch: mails judged, records written as bytes. Runs in other processes.

What goes to a worker and what comes back is plain data in MessagePack; nothing is pickled.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Final

import msgspec

from classifier.batch.batches import Batch
from classifier.batch.judging import Judged, add_classes, judge_items, spoil
from classifier.pipeline import Classifier
from classifier.reasons import Kind
from classifier.rows import Row, flat_columns, flatten
from classifier.sinks import Csv, JsonLines, Output
from classifier.summary.counting import Summary

__all__ = ["Done", "Lines", "Settings", "give_up", "head_of", "judge", "make"]

_LEVEL: Final = 6  # of gzip, its own default


class Lines(StrEnum):
    """How records are written in lines."""

    JSONL = "jsonl"
    CSV = "csv"


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """All that a worker has to know beside the mails."""

    rules: tuple[str, ...] = ()
    model: str | None = "default"
    headers: tuple[str, ...] = ()
    taxonomies: tuple[str, ...] = ()
    lines: Lines = Lines.JSONL
    packed: bool = False  # whether each batch is a member of a gzip file (RFC 1952 2.2)
    summary: bool = False


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a batch: its records as bytes, counts, and what people are to be told."""

    data: bytes
    records: int
    failed: int  # recipients
    said: tuple[str, ...] = ()
    summary: Summary | None = None


def make(settings: bytes) -> Callable[[bytes], bytes]:
    """What a worker does with each batch; `settings`, batch and what comes back in MessagePack.

    Raises `OperatorError` for faults of the rules or the model.
    """
    chosen = msgspec.msgpack.decode(settings, type=Settings)
    classifier = Classifier(chosen.rules, chosen.model)
    classifier.load_model()
    decoder = msgspec.msgpack.Decoder(Batch)
    encoder = msgspec.msgpack.Encoder()
    return lambda task: encoder.encode(judge(classifier, decoder.decode(task), chosen))


def judge(classifier: Classifier, batch: Batch, settings: Settings) -> Done:
    """What comes of a batch."""
    return _finish(judge_items(classifier, batch.items, settings.headers), settings)


def give_up(batch: Batch, why: str, settings: Settings) -> Done:
    """What is left to say of mails that no worker survives."""
    return _finish([spoil(item.origin, why) for item in batch.items], settings)


def _finish(judged: Sequence[Judged], settings: Settings) -> Done:
    rows = add_classes([row for each in judged for row in each.rows], settings.taxonomies)
    summary = Summary() if settings.summary else None
    if summary is not None:
        for row in rows:
            summary.add(row)
    return Done(
        data=_write(rows, settings),
        records=len(rows),
        failed=sum(row.kind is Kind.FAILURE for row in rows),
        said=tuple(each.complaint for each in judged if each.complaint),
        summary=summary,
    )


class _Buffer:
    """Bytes that stay here."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        self.pieces.append(data)
        return len(data)


def head_of(settings: Settings) -> bytes:
    """What stands above the first record: the names of the columns in CSV."""
    return _write((), settings, head=True)


def _write(rows: Sequence[Row], settings: Settings, head: bool = False) -> bytes:
    buffer = _Buffer()
    output = Output(buffer, "memory")
    if settings.lines is Lines.CSV:
        columns = flat_columns(settings.headers, settings.taxonomies)
        Csv(output, columns, flatten, head).write(rows)
    else:
        JsonLines[Row](output).write(rows)
    output.flush()
    return _pack(b"".join(buffer.pieces), settings)


def _pack(data: bytes, settings: Settings) -> bytes:
    # No time of now within, so that the same records are the same bytes.
    return gzip.compress(data, _LEVEL, mtime=0) if settings.packed and data else data
