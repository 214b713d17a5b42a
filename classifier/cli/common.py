"""The place where records go: which format fits it, what it can show; and words to people."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from classifier.terminal import neutral

if TYPE_CHECKING:
    from classifier.pipeline import Classifier

__all__ = [
    "CLOSED",
    "FAULT",
    "UNREAD",
    "Format",
    "Look",
    "Shape",
    "Target",
    "choose_format",
    "complain",
    "look",
    "make_classifier",
    "to_terminal",
]

#: Exit statuses beside 0: an input could not be read; a fault of the operator's; the reader of
#: the output is gone, as a shell reports a program that SIGPIPE (13) ended.
UNREAD, FAULT, CLOSED = 1, 2, 128 + 13

_TEXT_WIDTH: Final = 100  # columns; longer lines are hard to read
_NO_LIMIT: Final = 10_000  # columns: a table in a pipe or file is cut by nothing


class Format(StrEnum):
    """How records are written."""

    TEXT = "text"
    TABLE = "table"
    JSONL = "jsonl"
    CSV = "csv"


class Shape(StrEnum):
    """How something that is no list of records is written."""

    TEXT = "text"
    JSON = "json"


class Target(StrEnum):
    """What an archive's records are written as."""

    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"
    SQLITE = "sqlite"


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """What the place where people read it can show; widths in columns."""

    text_width: int
    table_width: int
    colour: bool
    encoding: str


def to_terminal(output: str | None) -> bool:
    """Whether `output`, as given by -o, is a terminal that people read."""
    return output in (None, "-") and sys.stdout is not None and sys.stdout.isatty()


def choose_format(given: Format | None, output: str | None) -> Format:
    """The format asked for, or the one that fits the place it goes to."""
    if given is not None:
        return given
    if to_terminal(output):
        return Format.TEXT
    return Format.CSV if (output or "").lower().endswith(".csv") else Format.JSONL


def look(output: str | None, colour: bool | None) -> Look:
    """Widths, colour and encoding of the place that `output` names."""
    terminal = to_terminal(output)
    width = shutil.get_terminal_size((0, 0)).columns if terminal or "COLUMNS" in os.environ else 0
    if colour is None:
        plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
        colour = terminal and not plain
    encoding = sys.stdout.encoding if terminal else "utf-8"
    return Look(
        text_width=min(width or _TEXT_WIDTH, _TEXT_WIDTH),
        table_width=width or _NO_LIMIT,
        colour=colour,
        encoding=encoding,
    )


def complain(line: str) -> None:
    """One line for people on standard error, if anybody reads it."""
    with suppress(OSError, AttributeError):  # None: it is closed
        sys.stderr.write(neutral(f"whybounce: {line}") + "\n")
        sys.stderr.flush()


def make_classifier(rules: Sequence[Path] | None, model: str | None) -> Classifier:
    """The classifier that a command's options ask for; `model` None or `none` for rules alone.

    Raises `OperatorError` for faults of the rules or the model.
    """
    from classifier.pipeline import Classifier

    wanted = None if model == "none" else model
    made = Classifier(rules or (), wanted)
    if made.folder is None and wanted is not None:
        complain("the shipped model is missing, so rules judge alone")
    return made
