"""Sending services whose events are one flat object: where each keeps what, as a table.

A path leads from member to member; several are tried in order. What happened is the texts at the
paths of `event`, joined by blanks, and the longest beginning of them that `kinds` knows decides:
`bounce Transient` is a delay where `bounce` is a failure. Sources stand with each service.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from classifier.codes import find_status
from classifier.notifications.event import Event, Told
from classifier.notifications.values import Json, address, instant, items, text, value
from classifier.reasons import Kind

__all__ = ["SHAPES", "Shape", "read"]


class Shape(NamedTuple):
    """One service's events. `marks` must all be there for an object to be one of them."""

    name: str
    marks: tuple[str, ...]
    event: tuple[str, ...]
    kinds: Mapping[str, Kind]
    recipient: tuple[str, ...]
    reply: tuple[str, ...] = ()
    code: tuple[str, ...] = ()  # a reply code that stands apart from the words
    status: tuple[str, ...] = ()
    remote: tuple[str, ...] = ()
    date: tuple[str, ...] = ()
    message_id: tuple[str, ...] = ()
    sender: tuple[str, ...] = ()
    subject: tuple[str, ...] = ()
    feedback: tuple[str, ...] = ()
    hint: tuple[str, ...] = ()


_F, _D, _S, _C = Kind.FAILURE, Kind.DELAY, Kind.SUCCESS, Kind.FEEDBACK

SHAPES: Final = (
    # Twilio SendGrid, "Event Webhook reference".
    Shape(
        "sendgrid",
        ("event", "email"),
        ("event",),
        {"bounce": _F, "dropped": _F, "deferred": _D, "delivered": _S, "spamreport": _C},
        ("email",),
        reply=("reason", "response"),
        status=("status",),
        date=("timestamp",),
        message_id=("smtp-id",),
        sender=("from",),
        hint=("event", "type", "bounce_classification"),
    ),
    # Mailgun, "Webhook payloads" and "Event types".
    Shape(
        "mailgun",
        ("event-data.event",),
        ("event-data.event", "event-data.severity"),
        {
            "failed": _F, "failed temporary": _D, "rejected": _F, "delivered": _S,
            "complained": _C,
        },
        ("event-data.recipient", "event-data.message.headers.to"),
        reply=("event-data.delivery-status.message", "event-data.delivery-status.description",
               "event-data.reject.description", "event-data.reject.reason"),
        code=("event-data.delivery-status.code",),
        status=("event-data.delivery-status.enhanced-code",),
        remote=("event-data.delivery-status.mx-host",),
        date=("event-data.timestamp",),
        message_id=("event-data.message.headers.message-id",),
        sender=("event-data.message.headers.from", "event-data.envelope.sender"),
        subject=("event-data.message.headers.subject",),
        hint=("event-data.event", "event-data.reason", "event-data.delivery-status.description",
              "event-data.delivery-status.message", "event-data.reject.reason"),
    ),
    # Postmark, "Bounce webhook", "Spam complaint webhook", "Delivery webhook".
    Shape(
        "postmark",
        ("RecordType", "MessageID"),
        ("RecordType", "Type"),
        {
            "Bounce": _F, "Bounce Transient": _D, "Bounce DnsError": _D,
            "Bounce AutoResponder": Kind.AUTO_REPLY, "Bounce ChallengeVerification": Kind.CHALLENGE,
            "Bounce Subscribe": Kind.NOT_A_BOUNCE, "Bounce AddressChange": _F,
            "SpamComplaint": _C, "Delivery": _S,
        },
        ("Email", "Recipient"),
        reply=("Details",),
        date=("BouncedAt", "DeliveredAt"),
        sender=("From",),
        subject=("Subject",),
        hint=("RecordType", "Type", "Name", "Description"),
    ),
    # SparkPost (Bird), "Message events" and "Bounce classification codes".
    Shape(
        "sparkpost",
        ("msys.*.type", "msys.*.rcpt_to"),
        ("msys.*.type", "msys.*.bounce_class"),
        {
            "bounce": _F, "out_of_band": _F, "policy_rejection": _F, "generation_failure": _F,
            "generation_rejection": _F, "delay": _D, "delivery": _S, "spam_complaint": _C,
            "bounce 60": Kind.AUTO_REPLY, "out_of_band 60": Kind.AUTO_REPLY,
            "bounce 100": Kind.CHALLENGE, "out_of_band 100": Kind.CHALLENGE,
        },
        ("msys.*.raw_rcpt_to", "msys.*.rcpt_to"),
        reply=("msys.*.raw_reason", "msys.*.reason"),
        code=("msys.*.error_code",),
        remote=("msys.*.ip_address",),
        date=("msys.*.timestamp",),
        sender=("msys.*.friendly_from", "msys.*.msg_from"),
        subject=("msys.*.subject",),
        feedback=("msys.*.fbtype",),
        hint=("msys.*.type", "msys.*.bounce_class", "msys.*.reason"),
    ),
    # Mailchimp Transactional (Mandrill), "Webhooks" and "Message event webhook format".
    Shape(
        "mandrill",
        ("event", "msg.email"),
        ("event",),
        {
            "hard_bounce": _F, "soft_bounce": _F, "reject": _F, "deferral": _D, "delivered": _S,
            "spam": _C,
        },
        ("msg.email",),
        reply=("msg.diag", "msg.smtp_events.-1.diag"),
        date=("ts",),
        sender=("msg.sender",),
        subject=("msg.subject",),
        hint=("event", "msg.bounce_description", "msg.reject.reason", "msg.diag"),
    ),
    # Resend, "Webhooks: event types". Which of several recipients bounced is not said.
    Shape(
        "resend",
        ("type", "data.email_id"),
        ("type",),
        {
            "email.bounced": _F, "email.failed": _F, "email.suppressed": _F,
            "email.delivery_delayed": _D, "email.delivered": _S, "email.complained": _C,
        },
        ("data.to",),
        reply=("data.bounce.diagnosticCode",),
        date=("created_at",),
        message_id=("data.message_id",),
        sender=("data.from",),
        subject=("data.subject",),
        hint=("type", "data.bounce.type", "data.bounce.subType", "data.failed.reason",
              "data.suppressed.type", "data.suppressed.message"),
    ),
    # Mailjet, "Event API".
    Shape(
        "mailjet",
        ("event", "email", "mj_contact_id"),
        ("event", "error"),
        {"bounce": _F, "bounce greylisted": _D, "blocked": _F, "spam": _C, "sent": _S},
        ("email",),
        reply=("comment", "smtp_reply"),
        date=("time",),
        hint=("event", "error_related_to", "error"),
    ),
    # Brevo, "Transactional webhooks".
    Shape(
        "brevo",
        ("event", "email", "message-id"),
        ("event",),
        {
            "hard_bounce": _F, "soft_bounce": _F, "blocked": _F, "invalid_email": _F, "error": _F,
            "deferred": _D, "delivered": _S, "spam": _C,
        },
        ("email",),
        reply=("reason",),
        date=("ts_epoch", "ts_event"),
        message_id=("message-id",),
        subject=("subject",),
        hint=("event",),
    ),
    # MailerSend, "Webhooks: activity events".
    Shape(
        "mailersend",
        ("type", "webhook_id", "data"),
        ("type",),
        {
            "activity.hard_bounced": _F, "activity.soft_bounced": _F, "activity.suppressed": _F,
            "activity.deferred": _D, "activity.delivered": _S, "activity.spam_complaint": _C,
        },
        ("data.recipient", "data.email.recipient.email"),
        reply=("data.meta.bounce_reason", "data.meta.reject_reason", "data.morph.reason"),
        status=("data.meta.bounce_code",),
        date=("created_at",),
        subject=("data.subject", "data.email.subject"),
        hint=("type", "data.meta.suppression_reason", "data.morph.readable_reason",
              "data.meta.reject_reason"),
    ),
    # SMTP2GO, "Webhooks".
    Shape(
        "smtp2go",
        ("event", "rcpt", "email_id"),
        ("event",),
        {"bounce": _F, "reject": _F, "delivered": _S, "spam": _C},
        ("rcpt",),
        reply=("message",),
        remote=("host",),
        date=("time",),
        message_id=("Message-Id", "message-id"),
        sender=("sender", "from"),
        subject=("subject",),
        hint=("event", "bounce", "context"),
    ),
    # Mailtrap, "Webhooks: email sending".
    Shape(
        "mailtrap",
        ("event", "email", "event_id", "sending_stream"),
        ("event",),
        {
            "bounce": _F, "soft bounce": _D, "soft_bounce": _D, "reject": _F, "suspension": _F,
            "delivery": _S, "spam": _C,
        },
        ("email",),
        reply=("response", "reason"),
        code=("response_code",),
        date=("timestamp",),
        hint=("event", "bounce_category", "reason"),
    ),
    # Scaleway Transactional Email, "Webhook events payloads".
    Shape(
        "scaleway",
        ("type", "organization_id", "domain_name"),
        ("type",),
        {
            "email_dropped": _F, "email_mailbox_not_found": _F, "email_blocklisted": _F,
            "email_spam": _F, "email_deferred": _D, "email_delivered": _S,
        },
        ("email_to",),
        reply=("email_response_message", "email_error"),
        code=("email_response_code",),
        date=("created_at",),
        sender=("email_from",),
        hint=("type",),
    ),
    # Azure Communication Services, "Email events" of Event Grid.
    Shape(
        "azure",
        ("data.recipient", "data.status", "data.messageId"),
        ("data.status",),
        {
            "Delivered": _S, "Expanded": _S, "Bounced": _F, "Failed": _F, "Suppressed": _F,
            "FilteredSpam": _F, "Quarantined": _F,
        },
        ("data.recipient",),
        reply=("data.deliveryStatusDetails.statusMessage",),
        remote=("data.deliveryStatusDetails.recipientMailServerHostName",),
        date=("data.deliveryAttemptTimeStamp", "data.deliveryAttemptTimestamp"),
        message_id=("data.internetMessageId",),
        sender=("data.sender",),
        hint=("data.status",),
    ),
)  # fmt: skip

# Mailgun's own numbers are no reply codes: 498 no MX, 602 too old, 605 to 607 suppressed.
_NO_CODES: Final = frozenset({"498", "499"})


def read(data: Json, shape: Shape) -> Event | None:
    """The event of a service, or None where it is not of it."""
    if any(value(data, mark) is None for mark in shape.marks):
        return None
    kind = _kind_of(data, shape)
    if kind in (Kind.NOT_A_BOUNCE, Kind.AUTO_REPLY, Kind.CHALLENGE):
        return Event(kind, date=instant(data, *shape.date))
    hint = f"{shape.name}: " + " ".join(found for each in shape.hint if (found := text(data, each)))
    code, reply = text(data, *shape.code) or "", text(data, *shape.reply)
    # Some tell the words without the code before them.
    is_code = code[:1] in ("4", "5") and len(code) == 3 and code not in _NO_CODES
    if is_code and not (reply or "").startswith(code):
        reply = f"{code} {reply or ''}".strip()
    told = tuple(
        Told(
            recipient,
            kind=kind,
            status=find_status(text(data, *shape.status) or ""),
            diagnostic=reply,
            remote_mta=(text(data, *shape.remote) or "").partition(" ")[0] or None,
            hint=hint,
        )
        for recipient in _recipients(data, shape)
    )
    return Event(
        kind,
        told,
        feedback_type=text(data, *shape.feedback) or None,
        date=instant(data, *shape.date),
        message_id=text(data, *shape.message_id),
        sender=address(_first(data, shape.sender)),
        recipients=", ".join(each.recipient for each in told if each.recipient) or None,
        subject=text(data, *shape.subject),
    )


def _kind_of(data: Json, shape: Shape) -> Kind:
    words = [text(data, path) or "" for path in shape.event]
    for length in range(len(words), 0, -1):
        kind = shape.kinds.get(" ".join(words[:length]))
        if kind is not None:
            return kind
    return Kind.NOT_A_BOUNCE


def _recipients(data: Json, shape: Shape) -> list[str | None]:
    for path in shape.recipient:
        found = [address(each) for each in items(data, path)]
        if any(found):
            return [each for each in found if each]
    return [None]


def _first(data: Json, paths: tuple[str, ...]) -> Any:
    return next((found for each in paths if (found := value(data, each)) is not None), None)
