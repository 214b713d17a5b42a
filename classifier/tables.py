"""Records as a table for people: one line each, as many columns as the width has room for.

The widths are settled by the first lines and kept, so that an archive of any length is one
table and no more than those lines are held.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final, Generic, TypeVar

import msgspec

from classifier.explain import Explanation
from classifier.model.seen import Seen
from classifier.reasons import Permanence
from classifier.report import Report
from classifier.rows import Row
from classifier.sinks import Output
from classifier.tally import Tally
from classifier.terminal import Palette, Style, clip, neutral, pad, width_of, wrap

__all__ = ["MAIL_COLUMNS", "REPLY_COLUMNS", "Column", "Table"]

Record = TypeVar("Record", Row, Explanation)

_STYLES: Final[dict[str, Style]] = {
    Permanence.PERMANENT: Style.BAD,
    Permanence.TRANSIENT: Style.WAIT,
}
_HELD: Final = 500  # lines that settle the widths
_GAP: Final = 2  # blanks between two columns
_LONGEST: Final = 1000  # characters of a cell that are looked at


class Column(msgspec.Struct, Generic[Record], frozen=True):
    """One column: its title, what it shows, and how it gives way.

    The columns of the lowest `rank` get their room first; one that finds none is left out.
    `least` is the room that it needs, None where it is never cut. `keep` is what `clip` keeps.
    """

    title: str
    show: Callable[[Record], str | None]
    rank: int
    least: int | None = None
    keep: str = "start"


MAIL_COLUMNS: Final[tuple[Column[Row], ...]] = (
    Column("recipient", lambda row: row.recipient, 0, 20, "middle"),
    Column("category", lambda row: row.category or f"({row.kind})", 6),
    Column("reason", lambda row: row.reason or f"({row.kind})", 1),
    Column("permanence", lambda row: row.permanence, 4),
    Column("who acts", lambda row: row.fault, 2),
    Column("sure", lambda row: _share(row.confidence), 3),
    Column("decided by", lambda row: row.decided_by, 7, 24),
    Column("origin", lambda row: row.origin, 5, 16, "end"),
)

REPLY_COLUMNS: Final[tuple[Column[Explanation], ...]] = (
    Column("reply", lambda each: each.text, 0, 20),
    Column("category", lambda each: each.category, 5),
    Column("reason", lambda each: each.reason, 1),
    Column("permanence", lambda each: each.permanence, 4),
    Column("who acts", lambda each: each.fault, 2),
    Column("sure", lambda each: _share(each.confidence), 3),
    Column("decided by", lambda each: each.decided_by, 6, 24),
)


def _share(confidence: float | None) -> str | None:
    return None if confidence is None else f"{confidence:.2f}"


class Table(Generic[Record]):
    """Records as lines of a table, and their counts below it."""

    def __init__(
        self,
        output: Output,
        columns: Sequence[Column[Record]],
        counted: tuple[str, str],
        width: int,
        colour: bool,
        encoding: str = "utf-8",
        seen: Seen | None = None,
    ) -> None:
        """`width` is in columns; `counted` names what one call of `write` is about.

        `seen` are the templates of replies that are no news in the counts.
        """
        self._output, self._width = output, width
        self._columns: Sequence[Column[Record]] = columns
        self._palette, self._encoding = Palette(colour), encoding
        self._tally = Tally(*counted, seen)
        self._held: list[Record] = []
        self._layout: list[tuple[Column[Record], int]] = []

    def write(self, records: Sequence[Record], report: Report | None = None) -> None:
        """Take the records of one mail or reply."""
        self._tally.add(records)
        if self._layout:
            self._print(self._line(record) for record in records)
            return
        self._held.extend(records)
        if len(self._held) >= _HELD:
            self._begin()

    def close(self) -> None:
        """Print what is held, and the counts."""
        if self._held:
            self._begin()
        if self._layout:
            self._print([""])
        self._print(self._tally.lines(min(self._width, 100), self._palette))
        shown = [column for column, _ in self._layout]
        left = ", ".join(column.title for column in self._columns if column not in shown)
        if shown and left:
            note = f"Not shown, for want of room: {left}; other formats have them."
            self._print(self._palette.paint(line, Style.LABEL) for line in wrap(note, self._width))

    def _begin(self) -> None:
        held = [[_cell(column, record) for column in self._columns] for record in self._held]
        widest = [max(map(width_of, cells)) for cells in zip(*held, strict=True)]
        self._layout = _lay_out(self._columns, widest, self._width)
        titles = _join(pad(column.title, width) for column, width in self._layout)
        rule = _join("─" * width for _, width in self._layout)
        self._print([self._palette.paint(titles, Style.STRONG)])
        self._print([self._palette.paint(rule, Style.LABEL)])
        self._print(self._line(record) for record in self._held)
        self._held = []

    def _line(self, record: Record) -> str:
        style = _STYLES.get(record.permanence or "", Style.PLAIN)
        cells = []
        for column, width in self._layout:
            cell = pad(clip(_cell(column, record), width, column.keep), width)
            cells.append(self._palette.paint(cell, style) if column.title == "reason" else cell)
        return _join(cells)

    def _print(self, lines: Iterable[str]) -> None:
        text = "\n".join([*lines, ""])
        self._output.write(text.encode(self._encoding, "replace"))


def _join(cells: Iterable[str]) -> str:
    return (" " * _GAP).join(cells).rstrip()


def _cell(column: Column[Record], record: Record) -> str:
    return neutral((column.show(record) or "-")[:_LONGEST])


def _lay_out(
    columns: Sequence[Column[Record]], widest: Sequence[int], width: int
) -> list[tuple[Column[Record], int]]:
    """The columns that have room in `width`, each with its own, in their order.

    `widest` is the widest cell of each. Room that is left goes to the columns that are cut.
    """
    wants = {c: max(size, len(c.title)) for c, size in zip(columns, widest, strict=True)}
    rooms: dict[Column[Record], int] = {}
    left = width + _GAP
    for column in sorted(columns, key=lambda column: column.rank):
        needs = min(wants[column], column.least or wants[column])
        if rooms and left < needs + _GAP:
            continue
        rooms[column] = needs
        left -= needs + _GAP
    for column in sorted(rooms, key=lambda column: column.rank):
        more = max(0, min(left, wants[column] - rooms[column]))
        rooms[column] += more
        left -= more
    return [(column, rooms[column]) for column in columns if column in rooms]
