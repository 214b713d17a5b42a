"""Values out of JSON that nobody has checked: by path, as text, as addresses, as points in time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from classifier.addresses import ADDRESS, bare

__all__ = ["MAX_LIST", "Json", "address", "instant", "items", "text", "value"]

#: An object as JSON holds it: anything may stand anywhere.
Json = Mapping[str, Any]

MAX_TEXT: Final = 64 * 1024  # characters of one value
MAX_LIST: Final = 20_000  # recipients of one event


def value(data: Any, path: str) -> Any:
    """What stands at `path`, None where nothing.

    `bounce.timestamp` is a member of a member; `*` the first member, `-1` the last of a list.
    """
    for name in path.split("."):
        if isinstance(data, list):
            data = data[-1] if data and name == "-1" else None
        elif isinstance(data, Mapping):
            data = next(iter(data.values()), None) if name == "*" else data.get(name)
        else:
            return None
    return data


def text(data: Any, *paths: str) -> str | None:
    """The first of the paths that holds a text or number, as text without blanks around it."""
    for path in paths:
        found = value(data, path)
        if isinstance(found, str | int | float) and not isinstance(found, bool):
            written = _write(found).strip()
            if written:
                return written
    return None


def _write(found: str | int | float) -> str:
    # Half a surrogate pair can be written in JSON, and by nothing that writes UTF-8.
    if isinstance(found, str):
        return found[:MAX_TEXT].encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return repr(found) if isinstance(found, float) or abs(found) < 1 << 64 else ""


def items(data: Any, path: str) -> Iterator[Any]:
    """The members of a list at `path`; what is no list is a list of one."""
    found = value(data, path)
    if isinstance(found, Sequence) and not isinstance(found, str | bytes):
        yield from found[:MAX_LIST]
    elif found is not None:
        yield found


def address(found: Any) -> str | None:
    """The address in `Ada <ada@example.org>`; a text that holds none as it is, None for others."""
    if not isinstance(found, str) or not found.strip():
        return None
    written = bare(_write(found[:1024]))
    held = ADDRESS.search(written)
    return held.group() if held else written or None


def instant(data: Any, *paths: str) -> str | None:
    """A point in time as ISO 8601 with offset: from ISO 8601, or from seconds since 1970."""
    written = text(data, *paths)
    if written is None:
        return None
    try:
        seconds = float(written)
    except ValueError:
        return _from_iso(written)
    if seconds > 1e11:  # milliseconds
        seconds /= 1000
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
    except (ValueError, OverflowError, OSError):
        return None


def _from_iso(written: str) -> str | None:
    try:
        date = datetime.fromisoformat(written[:40])
    except ValueError:
        return None
    return (date if date.tzinfo else date.replace(tzinfo=UTC)).isoformat()
