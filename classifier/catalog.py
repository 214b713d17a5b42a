"""The formats that are known, for people and programs: the table of `whybounce formats`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from classifier.formats import GENERAL, LAST_RESORT, READERS
from classifier.formats.prose import read_prose
from classifier.formats.reader import Reader
from classifier.notifications import NAMES

__all__ = ["KnownFormat", "list_formats"]

_READER: Final = "general"


class KnownFormat(msgspec.Struct, frozen=True, kw_only=True):
    """A value of a record's `format`.

    `reader` says what reads it: `own`, a reader for this format alone; `general`, the reading that
    all prose gets; `fields`, status or report fields and members of JSON that need no reading.
    `marks` are what it is known by (the notation of `classifier.formats.marks`), `over` the
    formats that it imitates, `note` what it looks like.
    """

    name: str
    reader: str
    note: str
    marks: tuple[str, ...] = ()
    over: tuple[str, ...] = ()


_STANDARD: Final = (
    KnownFormat(name="arf", reader="fields", note="complaints and their like (RFC 5965, 6591)"),
    KnownFormat(name="mdn", reader="fields", note="receipts and disposition reports (RFC 8098)"),
    KnownFormat(name="mail", reader="fields", note="any other mail: replies, lists, people"),
    KnownFormat(name="json", reader="fields", note="JSON that is no known notification"),
)


def list_formats() -> tuple[KnownFormat, ...]:
    """All formats by name, the fall-backs last."""
    return (
        *sorted((*_readers(), *_notifications()), key=lambda known: known.name),
        *_STANDARD,
        _of(GENERAL),
        _of(LAST_RESORT),
    )


def _readers() -> Iterator[KnownFormat]:
    return map(_of, READERS)


def _of(reader: Reader) -> KnownFormat:
    return KnownFormat(
        name=reader.name,
        reader=_READER if reader.read is read_prose else "own",
        note=reader.note,
        marks=reader.marks,
        over=reader.over,
    )


def _notifications() -> Iterator[KnownFormat]:
    for name in NAMES:
        yield KnownFormat(
            name=f"{name}-json", reader="fields", note="the service's webhook, as JSON"
        )
