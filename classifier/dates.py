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
    r" ((?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9])"
    r" ([+-](?:[01][0-9]|2[0-3]))([0-5][0-9])(?: \([A-Z]{1,5}\))?"
)
_NAMES: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTHS: Final = {name: f"{number:02}" for number, name in enumerate(_NAMES, 1)}


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
    day, name, year, time, hours, minutes = found.groups()
    month = _MONTHS[name]
    if len(day) == 1:
        day = "0" + day
    if not "00" < day <= "28":  # which every month has
        try:
            date(int(year), int(month), int(day))
        except ValueError:  # 31 June
            return None
    if hours == "-00" and minutes == "00":
        hours = "+00"
    return f"{year}-{month}-{day}T{time}{hours}:{minutes}"
