"""Dates of mails, as ISO 8601."""

from __future__ import annotations

from datetime import UTC
from functools import lru_cache

__all__ = ["iso_date"]


@lru_cache(maxsize=1024)
def iso_date(value: str | None) -> str | None:
    """A date of RFC 5322 3.3 as ISO 8601 with offset; UTC where it names no zone; else None."""
    if not value:
        return None
    from email.utils import parsedate_to_datetime

    try:
        date = parsedate_to_datetime(value[:80])
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
