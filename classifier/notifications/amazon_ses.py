"""Amazon SES: notifications and event publishing, which tell the same in nearly the same words.

{"notificationType": "Bounce", "bounce": {"bounceType": "Permanent", "bounceSubType": "General",
 "bouncedRecipients": [{"emailAddress": "bob@example.org", "status": "5.1.1",
                        "diagnosticCode": "smtp; 550 5.1.1 user unknown"}]}, "mail": {...}}

Source: Amazon SES Developer Guide, "Notification contents" and "Contents of event data".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from classifier.codes import find_status
from classifier.headers import Headers
from classifier.notifications.event import Event, Told
from classifier.notifications.values import Json, address, instant, items, text, value
from classifier.reasons import Kind

__all__ = ["NAME", "read"]

NAME: Final = "amazon-ses"

#: What happened, by name: the kind, where the event stands, and where its recipients stand.
_EVENTS: Final[Mapping[str, tuple[Kind, str, str]]] = {
    "bounce": (Kind.FAILURE, "bounce", "bounce.bouncedRecipients"),
    "complaint": (Kind.FEEDBACK, "complaint", "complaint.complainedRecipients"),
    "delivery": (Kind.SUCCESS, "delivery", "delivery.recipients"),
    "deliverydelay": (Kind.DELAY, "deliveryDelay", "deliveryDelay.delayedRecipients"),
    "reject": (Kind.FAILURE, "reject", "mail.destination"),
    "rendering failure": (Kind.FAILURE, "failure", "mail.destination"),
}
_OTHERS: Final = frozenset(
    ("send", "open", "click", "subscription", "received", "amazonsnssubscriptionsucceeded")
)


def read(data: Json) -> Event | None:
    """The event, or None where it is not of SES."""
    name = (text(data, "notificationType", "eventType") or "").lower()
    if not isinstance(data.get("mail"), Mapping):
        return Event(Kind.NOT_A_BOUNCE) if name in _OTHERS and "message" in data else None
    if name in _OTHERS:
        return Event(Kind.NOT_A_BOUNCE)
    if name not in _EVENTS:
        return None
    kind, place, recipients = _EVENTS[name]
    suppressed = (text(data, "complaint.complaintSubType") or "").lower()
    if suppressed == "onaccountsuppressionlist":  # nothing was sent, so nobody complained
        kind = Kind.FAILURE
    return Event(
        kind,
        tuple(_told(data, kind, name, place, recipients)),
        feedback_type=text(data, "complaint.complaintFeedbackType"),
        date=instant(data, f"{place}.timestamp", "mail.timestamp"),
        sent=instant(data, "mail.timestamp"),
        reporting_mta=text(data, f"{place}.reportingMTA"),
        message_id=text(data, "mail.commonHeaders.messageId"),
        sender=address(value(data, "mail.source")),
        recipients=_names(data),
        subject=text(data, "mail.commonHeaders.subject"),
        headers=_headers(data),
    )


def _told(data: Json, kind: Kind, name: str, place: str, recipients: str) -> Iterator[Told]:
    hint = f"{NAME}: {name} " + " ".join(
        found
        for key in ("bounceType", "bounceSubType", "complaintSubType", "delayType", "reason")
        if (found := text(data, f"{place}.{key}"))
    )
    said = text(data, f"{place}.errorMessage")
    listed = list(items(data, recipients))
    if not listed:  # who it was is not said; one destination alone leaves no doubt
        listed = list(items(data, "mail.destination"))
        listed = listed if len(listed) == 1 else [None]
    for each in listed:
        # A destination is a text, a recipient an object.
        about: Json = each if isinstance(each, Mapping) else {"emailAddress": each}
        diagnostic = text(about, "diagnosticCode") or said or text(data, f"{place}.smtpResponse")
        delayed = (text(about, "action") or "").lower() == "delayed"
        yield Told(
            address(about.get("emailAddress")),
            kind=Kind.DELAY if delayed else kind,
            action=text(about, "action"),
            status=find_status(text(about, "status") or ""),
            diagnostic=diagnostic,
            remote_mta=text(data, f"{place}.remoteMtaIp"),
            hint=hint,
        )


def _names(data: Json) -> str | None:
    found = [address(each) for each in items(data, "mail.destination")][:20]
    return ", ".join(each for each in found if each) or None


def _headers(data: Json) -> Headers:
    """The headers of the mail, where SES is set to send them along."""
    lines: list[str] = []
    for each in items(data, "mail.headers"):
        name, content = text(each, "name"), text(each, "value")
        if name and content and len(lines) < 200:
            lines.append(f"{_one_line(name)}: {_one_line(content)}")
    return Headers("\n".join(lines).encode("utf-8", "replace"))


def _one_line(written: Any) -> str:
    return " ".join(str(written).split())
