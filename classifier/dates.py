"""Dates of mails, as ISO 8601."""

from __future__ import annotations

import re
from datetime import UTC, date
from functools import lru_cache
from typing import Final

__all__ = ["iso_date"]

#   Tue, 24 Nov 2026 07:56:44 +0000 (UTC)    which is how nearly all are written
_PLAIN: Final = re.compile(
    r"(?:[A-Z][a-z]{2}, )?([0-3]?[0-9]) ([A-Z][a-z]{2}) ([12][0-9]{3})"
    r" ([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9])"
    r" ([+-])([01][0-9]|2[0-3])([0-5][0-9])(?: \([A-Z]{1,5}\))?"
)
_NAMES: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTHS: Final = {name: number for number, name in enumerate(_NAMES, 1)}


@lru_cache(maxsize=1024)
def iso_date(value: str | None) -> str | None:
    """A date of RFC 5322 3.3 as ISO 8601 with offset; UTC where it names no zone; else None."""
    if not value:
        return None
    plain = _PLAIN.fullmatch(value)
    if plain is not None and plain.group(2) in _MONTHS:
        return _of_plain(plain)
    from email.utils import parsedate_to_datetime

    try:
        parsed = parsedate_to_datetime(value[:80])
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _of_plain(found: re.Match[str]) -> str | None:
    day, month, year, hour, minute, second, sign, hours, minutes = found.groups()
    try:
        written = date(int(year), _MONTHS[month], int(day)).isoformat()
    except ValueError:  # 31 June
        return None
    if hours == minutes == "00":
        sign = "+"
    return f"{written}T{hour}:{minute}:{second}{sign}{hours}:{minutes}"
