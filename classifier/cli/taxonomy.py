"""The work of `--taxonomy`: classes of other schemes, on their way to where records go."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final, Generic, TypeVar

import msgspec

from classifier.explain import Explanation
from classifier.report import Report
from classifier.rows import Row
from classifier.sinks import Sink
from classifier.tables import Column
from classifier.taxonomies.scheme import Taxonomy, classes_of, load_scheme

__all__ = ["Translated", "columns_of", "translated"]

Record = TypeVar("Record", Row, Explanation)

_RANK: Final = 3  # in a table as dear as the confidence


class Translated(Generic[Record]):
    """Puts the classes of `taxonomies` into each record before `sink` takes it."""

    def __init__(self, sink: Sink[Record], taxonomies: Sequence[str]) -> None:
        self._sink: Sink[Record] = sink
        self._taxonomies = taxonomies

    def write(self, records: Sequence[Record], report: Report | None = None) -> None:
        """Take the records of one mail or reply."""
        self._sink.write(
            [
                msgspec.structs.replace(record, taxonomy=classes_of(record, self._taxonomies))
                for record in records
            ],
            report,
        )

    def close(self) -> None:
        """Nothing of its own comes after the last record."""
        self._sink.close()


def translated(sink: Sink[Record], taxonomies: Sequence[str]) -> Sink[Record]:
    """`sink` itself where no other scheme is asked for."""
    for each in taxonomies:
        load_scheme(Taxonomy(each))  # before any record
    return Translated(sink, taxonomies) if taxonomies else sink


def columns_of(
    columns: Sequence[Column[Record]], taxonomies: Sequence[str]
) -> list[Column[Record]]:
    """The columns of a table, and one for each scheme."""
    return [*columns, *(Column(each, partial(_show, each), _RANK) for each in taxonomies)]


def _show(taxonomy: str, record: Row | Explanation) -> str | None:
    classes = record.taxonomy
    return None if isinstance(classes, msgspec.UnsetType) else classes.get(taxonomy)
