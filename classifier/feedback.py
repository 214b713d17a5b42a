"""Complaint and authentication reports in the Abuse Reporting Format (RFC 5965, 6591)."""

from __future__ import annotations

import msgspec

from classifier.addresses import bare
from classifier.headers import Headers
from classifier.message import Message

__all__ = ["Feedback", "read_feedback"]


class Feedback(msgspec.Struct, frozen=True):
    """What a feedback report says: its type (abuse, fraud, auth-failure, ...), about whom."""

    feedback_type: str
    recipient: str | None
    reported_domain: str | None


def read_feedback(message: Message) -> Feedback | None:
    """The report that a mail holds, or None where it is none."""
    part = message.first("message/feedback-report")
    if part is None:
        return None
    fields = Headers(part.data.lstrip(b"\n"))
    recipient = fields.get("Original-Rcpt-To") or fields.get("Removal-Recipient")
    return Feedback(
        (fields.get("Feedback-Type") or "other").lower(),
        bare(recipient) if recipient else None,
        fields.get("Reported-Domain"),
    )
