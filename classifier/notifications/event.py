"""An event of a sending service, whatever it was written like, and the report that it makes."""

from __future__ import annotations

import re
from typing import Final

from classifier.addresses import domain_of
from classifier.authres import read_auth
from classifier.frozen import Frozen
from classifier.headers import Headers
from classifier.reasons import Kind
from classifier.reply import read_reply
from classifier.report import Failure, Report, Returned

__all__ = ["Event", "Told", "report_of"]


class Told(Frozen):
    """One recipient of an event. `hint` is the service's own class of what happened."""

    recipient: str | None
    kind: Kind = Kind.FAILURE
    action: str | None = None
    status: str | None = None
    diagnostic: str | None = None
    remote_mta: str | None = None
    hint: str = ""


class Event(Frozen):
    """What a service tells of one mail: `told` is empty where it reports no recipient.

    `date` is when it happened, `sent` when the service took the mail, both ISO 8601 with offset;
    `message_id`, `sender`, `recipients`, `subject` and `headers` are those of the mail.
    """

    kind: Kind
    told: tuple[Told, ...] = ()
    feedback_type: str | None = None
    date: str | None = None
    sent: str | None = None
    reporting_mta: str | None = None
    message_id: str | None = None
    sender: str | None = None
    recipients: str | None = None
    subject: str | None = None
    headers: Headers | None = None


_TYPED: Final = re.compile(r"\s*[A-Za-z0-9-]{1,30}\s*;\s*")
_ACTIONS: Final = {
    Kind.FAILURE: "failed",
    Kind.DELAY: "delayed",
    Kind.SUCCESS: "delivered",
}
_SOURCE: Final = "notification"


def report_of(event: Event, name: str) -> Report:
    """The report that an event of the service `name` makes."""
    returned = None
    if event.told:
        headers = event.headers if event.headers is not None else Headers(b"")
        returned = Returned(
            headers=headers,
            message_id=_bracketed(event.message_id),
            sender=event.sender,
            recipients=event.recipients,
            subject=event.subject,
            list_id=headers.get("List-Id"),
            auth=read_auth(headers, domain_of(event.sender)),
            source=_SOURCE,
        )
    failures = tuple(_failure(told) for told in event.told)
    kinds = [failure.kind for failure in failures]
    return Report(
        kind=event.kind if event.kind in kinds or not kinds else kinds[0],
        format=f"{name}-json",
        failures=failures,
        reporting_mta=_host(event.reporting_mta),
        arrival_date=event.sent,
        bounce_date=event.date,
        feedback_type=event.feedback_type.lower() if event.feedback_type else None,
        returned=returned,
    )


def _failure(told: Told) -> Failure:
    diagnostic = _TYPED.sub("", told.diagnostic or "", count=1)
    reply = read_reply(diagnostic)
    if told.kind not in (Kind.FAILURE, Kind.DELAY):
        return Failure(
            kind=told.kind,
            recipient=told.recipient,
            action=told.action or _ACTIONS.get(told.kind),
            diagnostic=reply.whole or None,
        )
    own = reply.status is not None and not (told.status and reply.status[2:] == "0.0")
    return Failure(
        kind=told.kind,
        recipient=told.recipient,
        action=(told.action or "").lower() or _ACTIONS[told.kind],
        status=reply.status if own else told.status,
        reply_code=reply.code,
        diagnostic=reply.whole or None,
        command=reply.command,
        remote_mta=told.remote_mta or reply.host,
        hint=told.hint,
        places=tuple((name, _SOURCE) for name in ("reply", "status", "remote_mta", "command")),
    )


def _bracketed(message_id: str | None) -> str | None:
    """A Message-ID as headers write it; some services leave its brackets out (RFC 5322 3.6.4)."""
    if message_id is None or message_id.startswith("<") or "@" not in message_id:
        return message_id
    return f"<{message_id}>"


def _host(written: str | None) -> str | None:
    words = _TYPED.sub("", written or "", count=1).split()
    return words[0].rstrip(".;,") if words else None
