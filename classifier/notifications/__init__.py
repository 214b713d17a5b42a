"""Events of sending services, as their webhooks write them in JSON: reports like any other.

Each service is known by its members, never by the order it is asked in; what none knows is no
bounce.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from classifier.notifications import amazon_ses, shapes
from classifier.notifications.event import Event, report_of
from classifier.notifications.frames import decode, events_in
from classifier.notifications.values import Json, value
from classifier.reasons import Kind
from classifier.report import Report

__all__ = ["MARKS", "NAMES", "looks_like_json", "read_notifications"]

#: Member names of which one stands in any notification; in folders, other JSON is passed over.
MARKS: Final = (
    *(b'"notificationType"', b'"eventType"', b'"TopicArn"', b'"Records"', b'"detail-type"'),
    *(b'"sg_event_id"', b'"sg_message_id"', b'"event-data"', b'"RecordType"', b'"msys"'),
    *(b'"mandrill_events"', b'"msg"', b'"email_id"', b'"mj_contact_id"', b'"webhook_id"'),
    *(b'"sending_stream"', b'"email_response_code"', b'"deliveryStatusDetails"', b'"smtp-id"'),
    *(b'"delivery-status"', b'"ReceiptHandle"', b'"message-id"'),
)

#: The services whose notifications are known.
NAMES: Final = (amazon_ses.NAME, *(shape.name for shape in shapes.SHAPES))


def looks_like_json(raw: bytes) -> bool:
    """Whether bytes begin as an object or list of JSON does, and so as no mail."""
    start = raw.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    return start in (b"{", b"[")


def read_notifications(raw: bytes | str) -> tuple[Report, ...]:
    """A report an event that a JSON text holds, in order; one of no bounce where it holds none.

    Never raises: a text that is no JSON gives a report of kind `error`, which says why.
    """
    if isinstance(raw, bytes):
        raw = raw.removeprefix(b"\xef\xbb\xbf")
    try:
        data = decode(raw)
    except ValueError as error:
        why = f"JSON cannot be read: {error}"
        return (Report(kind=Kind.ERROR, format="json", defects=(why,)),)
    reports = tuple(_read(each) for each in events_in(data))
    return reports or (Report(kind=Kind.NOT_A_BOUNCE, format="json"),)


def _read(data: Json) -> Report:
    found = list(_claims(data))
    if not found:
        return Report(kind=Kind.NOT_A_BOUNCE, format="json")
    # Services share names; the one with the most members of its own is meant.
    name, event, _ = max(found, key=lambda each: each[2])
    return report_of(event, name)


def _claims(data: Json) -> Iterator[tuple[str, Event, int]]:
    event = amazon_ses.read(data)
    if event is not None:
        yield amazon_ses.NAME, event, 9
    for inner in _spellings(data):
        for shape in shapes.SHAPES:
            event = shapes.read(inner, shape)
            if event is not None and _own(inner, shape.name):
                yield shape.name, event, len(shape.marks)


# What must stand beside the marks of services that others resemble; one of them suffices.
_BESIDE: Final = {
    "sendgrid": ("sg_event_id", "sg_message_id"),
    "postmark": ("ServerID", "MessageStream", "Email", "Recipient"),
    "mandrill": ("_id", "ts"),
    "brevo": ("ts_event", "ts_epoch", "ts"),
    "smtp2go": ("sendtime", "time"),
}


def _own(data: Json, name: str) -> bool:
    beside = _BESIDE.get(name)
    return beside is None or any(value(data, each) is not None for each in beside)


def _spellings(data: Json) -> Iterator[Json]:
    """An object as a webhook sends it, and as the pages of the service's own API list it."""
    yield data
    if "event" in data and ("delivery-status" in data or "log-level" in data):
        yield {"event-data": data}  # Mailgun's Events API
    if "rcpt_to" in data and "event_id" in data:
        yield {"msys": {"message_event": data}}  # SparkPost's
    if "TypeCode" in data and "BouncedAt" in data and "RecordType" not in data:
        yield {"RecordType": "Bounce", **data}  # Postmark's
