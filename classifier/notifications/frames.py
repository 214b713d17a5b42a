r"""What carries the events of sending services: SNS, SQS, Lambda, EventBridge, and plain lists.

    {"Type": "Notification", "TopicArn": ..., "Message": "{\"notificationType\": ...}"}      SNS
    {"Messages": [{"Body": "..."}]}, {"Records": [{"Sns": {...}}]}, {"Records": [{"body": "..."}]}
    {"detail-type": "Email Bounced", "source": "aws.ses", "detail": {...}}           EventBridge

Any of them may stand inside another.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from classifier.notifications.values import Json, items, value

__all__ = ["decode", "events_in"]

MAX_DEPTH: Final = 6
MAX_EVENTS: Final = 100_000

# Where a frame holds events: as lists of objects, as texts with JSON in them, or as objects.
_LISTS: Final = ("Messages", "Records", "items", "results", "events", "Bounces", "mandrill_events")
_TEXTS: Final = ("Message", "Body", "body", "mandrill_events")


def decode(raw: bytes | str) -> Any:
    """What a JSON text holds. Raises `ValueError` where it is none, or nested too deeply."""
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise ValueError(str(error)) from error


def events_in(data: Any, depth: int = 0) -> Iterator[Json]:
    """The objects that may be events, frames taken off; at most `MAX_EVENTS`."""
    left = MAX_EVENTS
    for event in _unframe(data, depth):
        if not left:
            return
        left -= 1
        yield event


def _unframe(data: Any, depth: int) -> Iterator[Json]:
    if depth > MAX_DEPTH:
        return
    if isinstance(data, list):
        for member in data:
            yield from _unframe(member, depth + 1)
        return
    if not isinstance(data, Mapping):
        return
    framed = _framed(data)
    if framed is None:
        yield data
        return
    for member in framed:
        if isinstance(member, str):
            try:
                member = decode(member)
            except ValueError:
                continue
        yield from _unframe(member, depth + 1)


def _framed(data: Json) -> Iterator[Any] | None:
    """What a frame carries, or None where `data` is none."""
    if value(data, "Sns.Message") is not None:  # a record of Lambda's
        return items(data, "Sns.Message")
    if isinstance(data.get("detail"), Mapping) and "detail-type" in data:
        return items(data, "detail")
    for name in _TEXTS:
        if isinstance(data.get(name), str) and _is_frame(data, name):
            return items(data, name)
    for name in _LISTS:
        found = data.get(name)
        if isinstance(found, list) and any(isinstance(each, Mapping) for each in found):
            return items(data, name)
    return None


def _is_frame(data: Json, name: str) -> bool:
    """Whether a text under `name` is a frame's: beside it stands what only frames have."""
    if name == "Message":
        return "TopicArn" in data or "Type" in data
    if name in ("Body", "body"):
        return any(key in data for key in ("ReceiptHandle", "receiptHandle", "messageId"))
    return True
