"""What a mail reports: its kind, the recipients that failed, and the message it is about."""

from __future__ import annotations

from classifier.authres import Auth
from classifier.frozen import Frozen
from classifier.headers import Headers
from classifier.reasons import Kind

__all__ = ["Failure", "Report", "Returned"]


class Failure(Frozen, kw_only=True):
    """One recipient of a report and what happened to it; not a failure where `kind` says so.

    `diagnostic` is the reply as reported, on one line, without its type. `status` is the reported
    or quoted enhanced status, `reply_code` the SMTP reply code, `command` the SMTP command that
    was answered (`CONN EHLO STARTTLS AUTH MAIL RCPT DATA`). `remote_mta` is the host that
    refused. `cause` is an earlier refusal that this one follows from, `hint` the reporter's own
    class of what happened. `places` tells where each was read, by field name.
    """

    kind: Kind = Kind.FAILURE
    recipient: str | None = None
    original_recipient: str | None = None
    action: str | None = None
    status: str | None = None
    reply_code: str | None = None
    diagnostic: str | None = None
    cause: str | None = None
    hint: str = ""
    command: str | None = None
    remote_mta: str | None = None
    last_attempt_date: str | None = None
    places: tuple[tuple[str, str], ...] = ()


class Returned(Frozen, kw_only=True):
    """The message that was returned, by its headers (None each where absent).

    `auth` is its authentication as the refusing side saw it, `source` where the headers stood in
    the bounce.
    """

    headers: Headers
    message_id: str | None = None
    sender: str | None = None
    recipients: str | None = None
    subject: str | None = None
    list_id: str | None = None
    auth: Auth = Auth()
    source: str | None = None

    @property
    def received(self) -> tuple[str, ...]:
        """Its Received fields, last hop first; read when asked for, as few do."""
        return tuple(self.headers.all("Received"))


class Report(Frozen, kw_only=True):
    """A mail as read, before any verdict.

    `failures` holds one entry a reported recipient, in the order of the report; it is empty for a
    mail of another kind. `prose` is the notice's own text. Dates are ISO 8601 with offset.
    """

    kind: Kind
    format: str
    failures: tuple[Failure, ...] = ()
    prose: str = ""
    reporting_mta: str | None = None
    arrival_date: str | None = None
    bounce_date: str | None = None
    envelope_id: str | None = None
    message_id: str | None = None
    feedback_type: str | None = None
    returned: Returned | None = None
    bounce_auth: Auth = Auth()
    defects: tuple[str, ...] = ()
