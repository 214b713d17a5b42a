"""The record as columns with types: for Parquet, SQLite, pandas and Spark, all from one list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from classifier.authres import Auth
from classifier.rows import COLUMNS, Row

__all__ = ["Column", "Type", "Value", "cells", "columns_of"]

Value = str | float | bool | datetime | list[str] | None


class Type(StrEnum):
    """What a column holds; any of them may be absent."""

    TEXT = "text"
    TIME = "time"  # an instant, from ISO 8601 with an offset
    REAL = "real"
    FLAG = "flag"
    LIST = "list"  # of texts, in order


class Column(msgspec.Struct, frozen=True):
    """A column: its name, with dots where the record nests (`auth.spf`), and its type."""

    name: str
    type: Type


_TYPES: Final = {
    "arrival_date": Type.TIME,
    "last_attempt_date": Type.TIME,
    "bounce_date": Type.TIME,
    "confidence": Type.REAL,
    "evidence": Type.LIST,
    "defects": Type.LIST,
    "dkim_domains": Type.LIST,
    "aligned": Type.FLAG,
}
_NESTED: Final = ("auth", "bounce_auth")


def columns_of(headers: Sequence[str] = (), taxonomies: Sequence[str] = ()) -> tuple[Column, ...]:
    """The columns of records with these further headers and classes, in the order of `cells`."""
    found: list[Column] = []
    for name in COLUMNS:
        if name in _NESTED:
            found += [
                Column(f"{name}.{key}", _TYPES.get(key, Type.TEXT))
                for key in Auth.__struct_fields__
            ]
        elif name != "headers":
            found.append(Column(name, _TYPES.get(name, Type.TEXT)))
    found += [Column(f"headers.{each}", Type.TEXT) for each in headers]
    found += [Column(f"taxonomy.{each}", Type.TEXT) for each in taxonomies]
    return tuple(found)


def cells(row: Row, headers: Sequence[str] = (), taxonomies: Sequence[str] = ()) -> list[Value]:
    """The values of a record, one a column."""
    found: list[Value] = []
    for name in COLUMNS:
        value = getattr(row, name)
        if name in _NESTED:
            for key in Auth.__struct_fields__:
                inner = None if value is None else getattr(value, key)
                found.append(list(inner) if isinstance(inner, tuple) else inner)
        elif name != "headers":
            found.append(_plain(name, value))
    found += [row.headers.get(each) for each in headers]
    classes = {} if row.taxonomy is msgspec.UNSET else row.taxonomy
    found += [classes.get(each) for each in taxonomies]
    return found


def _plain(name: str, value: object) -> Value:
    if isinstance(value, tuple):
        return list(value)
    if name in _TYPES and isinstance(value, str):
        return _time(value)
    if isinstance(value, StrEnum):
        return value.value
    return value  # type: ignore[return-value]


def _time(value: str) -> datetime | None:
    """The instant; None for one that no calendar has (a mail may say year 0, or hour 25)."""
    try:
        when = datetime.fromisoformat(value)
    except ValueError:
        return None
    return when if when.tzinfo is not None else None
