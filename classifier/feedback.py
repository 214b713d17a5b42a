"""Complaints: the Abuse Reporting Format (RFC 5965, 6591), and the forms that came before it."""

from __future__ import annotations

from classifier.addresses import ADDRESS, bare
from classifier.frozen import Frozen
from classifier.headers import Headers
from classifier.message import Message

__all__ = ["Feedback", "read_feedback"]


class Feedback(Frozen):
    """What a feedback report says: its type (abuse, fraud, auth-failure, ...), about whom."""

    feedback_type: str
    recipient: str | None


def read_feedback(message: Message) -> Feedback | None:
    """The report that a mail holds, or None where it is none."""
    part = message.first("message/feedback-report")
    if part is None:
        return _read_hotmail(message) or _read_unsubscribe(message)
    fields = Headers(part.data.lstrip(b"\n"))
    recipient = fields.get("Original-Rcpt-To") or fields.get("Removal-Recipient")
    return Feedback(
        (fields.get("Feedback-Type") or "other").lower(), bare(recipient) if recipient else None
    )


def _read_hotmail(message: Message) -> Feedback | None:
    """Microsoft's junk mail reports (JMRP): the message alone, with the recipient in its head.

    Subject: complaint about message from 192.0.2.1
    X-HmXmrOriginalRecipient: ada@hotmail.com
    """
    part = message.first("message/rfc822")
    subject = (message.headers.get("Subject") or "").lower()
    if part is None or not subject.startswith("complaint about message from"):
        return None
    head = part.data.lstrip(b"\n").partition(b"\n\n")[0] + b"\n"
    recipient = Headers(head).get("X-HmXmrOriginalRecipient")
    return Feedback("abuse", bare(recipient) if recipient else None)


def _read_unsubscribe(message: Message) -> Feedback | None:
    """What Apple Mail sends to the address of List-Unsubscribe (RFC 2369) when asked to."""
    if (message.headers.get("X-Apple-Unsubscribe") or "").lower() != "true":
        return None
    sender = ADDRESS.search(message.headers.get("From") or "")
    return Feedback("opt-out", sender.group() if sender else None)
