"""From a mail to its report: which kind it is, which recipients failed, what was said of each.

Status fields are read first. The prose is asked where they are missing or say nothing, and where
a format's prose is known to say more. What both say is joined by recipient.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from classifier.addresses import bare, domain_of, read_list
from classifier.authres import read_auth
from classifier.autoreply import is_auto_reply, is_challenge
from classifier.codes import find_status, is_vague
from classifier.dates import iso_date
from classifier.dsn import Recipient, StatusReport, find_status_report
from classifier.feedback import read_feedback
from classifier.formats import Clues, Found, Reader, choose
from classifier.headers import Headers
from classifier.message import Message
from classifier.notice import Notice, read_notice
from classifier.reasons import Kind
from classifier.reply import read_command, read_reply
from classifier.report import Failure, Report, Returned
from classifier.signs import is_bounce

__all__ = ["read_report"]

_TYPED: Final = re.compile(r"\s*[A-Za-z0-9-]{1,30}\s*;\s*")


def read_report(message: Message) -> Report:
    """The report that a mail holds. Never raises; a mail that is none has a kind that says so."""
    headers = message.headers
    notice = read_notice(message)
    status = find_status_report(message)
    returned = _returned(notice)
    clues = _clues(message, notice, status, returned)
    reader = choose(clues)
    kind, failures, feedback_type = _judge_kind(clues, reader)
    fields = status.message if status else {}
    return Report(
        kind=kind,
        format=_format_of(kind) or (reader.name if failures else "mail"),
        failures=failures,
        prose=notice.text,
        reporting_mta=_host(fields.get("reporting-mta")) or None,
        arrival_date=iso_date(fields.get("arrival-date")),
        bounce_date=iso_date(headers.get("Date")),
        envelope_id=fields.get("original-envelope-id") or None,
        message_id=headers.get("Message-Id") or None,
        feedback_type=feedback_type,
        returned=returned,
        bounce_auth=read_auth(headers, _from_domain(headers)),
        defects=(*message.defects, *(status.defects if status else ())),
    )


def _format_of(kind: Kind) -> str | None:
    return {Kind.FEEDBACK: "arf", Kind.DISPOSITION: "mdn"}.get(kind)


def _clues(
    message: Message, notice: Notice, status: StatusReport | None, returned: Returned | None
) -> Clues:
    headers = message.headers
    avoid = {
        address.lower()
        for name in ("From", "To", "Delivered-To", "Return-Path", "Reply-To", "Sender")
        for address in _plain_addresses(headers.get(name))
    }
    if returned is not None:
        for name in ("From", "Return-Path", "Reply-To", "Sender"):
            avoid.update(a.lower() for a in _plain_addresses(returned.headers.get(name)))
    failed = tuple(
        address.lower()
        for value in headers.all("X-Failed-Recipients")
        for address in _plain_addresses(value)
    )
    return Clues(
        message=message,
        notice=notice,
        status=status,
        subject=(headers.text("Subject") or "").lower(),
        sender=(headers.get("From") or "").lower(),
        prose=notice.text.lower(),
        reporting_mta=_host(status.message.get("reporting-mta")).lower() if status else "",
        avoid=frozenset(avoid),
        failed=failed,
    )


_SPLIT: Final = re.compile(r"[\s,;<>\"()]+")


def _plain_addresses(value: str | None) -> list[str]:
    """The addresses of a field by sight, without the cost of reading it as people mean it."""
    if not value or "@" not in value:
        return []
    return [word for word in _SPLIT.split(value[:4096]) if "@" in word]


def _judge_kind(clues: Clues, reader: Reader) -> tuple[Kind, tuple[Failure, ...], str | None]:
    """What the mail is, by standard first; and its failures where it reports any."""
    message = clues.message
    feedback = read_feedback(message)
    if feedback is not None:
        failure = Failure(kind=Kind.FEEDBACK, recipient=feedback.recipient)
        return Kind.FEEDBACK, (failure,) if feedback.recipient else (), feedback.feedback_type
    if message.first("message/disposition-notification"):
        return Kind.DISPOSITION, (), None
    if message.parts[0].report_type == "disposition-notification":
        return Kind.DISPOSITION, (), None
    if clues.status is not None and clues.status.recipients:
        failures = _from_status(clues, clues.status, reader)
        return _overall(failures), failures, None
    if is_bounce(clues, reader):
        failures = tuple(_from_prose(each) for each in reader.read(clues))
        if not any(failure.recipient for failure in failures):
            # A report wrapped into the text of another mail.
            wrapped = find_status_report(message, anywhere=True)
            if wrapped is not None and wrapped.recipients:
                failures = _from_status(clues, wrapped, reader)
        if not failures and message.parts[0].report_type == "delivery-status":
            failures = (Failure(kind=Kind.FAILURE),)
        if failures:
            return _overall(failures), failures, None
    if is_challenge(message.headers) and _is_automatic(message.headers):
        return Kind.CHALLENGE, (), None
    if is_auto_reply(message.headers):
        return Kind.AUTO_REPLY, (), None
    return Kind.NOT_A_BOUNCE, (), None


def _is_automatic(headers: Headers) -> bool:
    submitted = (headers.get("Auto-Submitted") or "no").lower()
    return not submitted.startswith("no") or headers.get("Return-Path") == "<>"


def _overall(failures: Sequence[Failure]) -> Kind:
    """The kind of the mail: failure where any recipient failed, else delay, else success."""
    kinds = {failure.kind for failure in failures}
    return next(k for k in (Kind.FAILURE, Kind.DELAY, Kind.SUCCESS, Kind.FEEDBACK) if k in kinds)


# ---------------------------------------------------------------- status fields


def _from_status(clues: Clues, status: StatusReport, reader: Reader) -> tuple[Failure, ...]:
    said: Sequence[Found] = ()
    wanted = reader.knows_more or (reader.knows_command and len(status.recipients) > 1)
    if wanted or any(_says_nothing(each) for each in status.recipients):
        said = reader.read(clues)
    elif reader.knows_command:  # of the only recipient: found without reading the prose
        said = [Found(recipient=None, text="", command=read_command(clues.notice.text))]
    by_address = {each.recipient.lower(): each for each in said if each.recipient}
    alone = said[0] if len(said) == 1 and len(status.recipients) == 1 else None
    failures = []
    for recipient in status.recipients:
        address = (recipient.address or "").lower()
        original = (recipient.original or "").lower()
        prose = by_address.get(address) or by_address.get(original) or alone
        if recipient.kind is Kind.SUCCESS:  # the replies of a transcript are not about this one
            prose = None
        failures.append(_join(recipient, prose, status))
    return tuple(failures)


def _says_nothing(recipient: Recipient) -> bool:
    """No diagnostic, or one without a reply code or a status that means something."""
    diagnostic = recipient.fields.get("diagnostic-code", "")
    if not diagnostic:
        return True
    reply = read_reply(_TYPED.sub("", diagnostic, count=1))
    return reply.code is None and is_vague(reply.status)


def _join(recipient: Recipient, prose: Found | None, status: StatusReport) -> Failure:
    """One recipient's fields and what the prose says of it.

    The words of the server that refused judge; the Status field is the reporting system's own
    reading of them, and is believed where the words hold no status (RFC 3464 2.3.4).
    """
    fields = recipient.fields
    diagnostic = _TYPED.sub("", fields.get("diagnostic-code", ""), count=1)
    place = f"Diagnostic-Code of {status.place}"
    reply = read_reply(diagnostic)
    if prose is not None and _prose_is_better(recipient, prose):
        reply, place = read_reply(prose.text), "text of the notice"
    field_status = find_status(fields.get("status", ""))
    host = _host(fields.get("remote-mta")) or reply.host or (prose.host if prose else None)
    cause = prose.cause if prose else None
    command = None if cause else reply.command
    if command is None and prose is not None:
        command = prose.command or read_reply(prose.text).command
    code = reply.code or (read_reply(prose.text).code if prose else None)
    # The remote's own words go before the reporter's reading of them, unless they say nothing.
    use_own = reply.status is not None and not (
        field_status and reply.status[2:] == "0.0" and not is_vague(field_status)
    )
    return Failure(
        kind=recipient.kind,
        recipient=recipient.address,
        original_recipient=recipient.original,
        action=fields.get("action", "").lower() or None,
        status=reply.status if use_own else field_status,
        reply_code=code,
        diagnostic=reply.whole or None,
        cause=cause,
        command=command,
        remote_mta=host or None,
        last_attempt_date=iso_date(fields.get("last-attempt-date")),
        places=(
            ("reply", place),
            ("status", place if use_own else f"Status of {status.place}"),
            ("remote_mta", f"Remote-MTA of {status.place}" if "remote-mta" in fields else place),
            ("command", place if reply.command else "text of the notice"),
        ),
    )


def _prose_is_better(recipient: Recipient, prose: Found) -> bool:
    """Whether the prose says more: words where the fields have none, a reply, or the same and on.

    Diagnostic-Code: x-unix; Permission denied     (what a program printed)
    <bob@example.org>: Command died with status 126: "/usr/bin/deliver". Command output:
        Permission denied
    """
    if not prose.text or not _says_nothing(recipient):
        return False
    own = _TYPED.sub("", recipient.fields.get("diagnostic-code", ""), count=1)
    said = read_reply(prose.text)
    return not own or said.code is not None or " ".join(own.split()) in said.whole


# ---------------------------------------------------------------- prose


def _from_prose(found: Found) -> Failure:
    reply = read_reply(found.text)
    place = "text of the notice"
    return Failure(
        kind=found.kind,
        recipient=found.recipient,
        action="delayed" if found.kind is Kind.DELAY else "failed",
        status=reply.status,
        reply_code=reply.code,
        diagnostic=reply.whole or None,
        cause=found.cause,
        command=found.command or reply.command,
        remote_mta=found.host or reply.host,
        places=(("reply", place), ("status", place), ("remote_mta", place), ("command", place)),
    )


# ---------------------------------------------------------------- the rest


def _returned(notice: Notice) -> Returned | None:
    headers = notice.returned
    if headers is None:
        return None
    return Returned(
        headers=headers,
        message_id=headers.get("Message-Id") or None,
        sender=_people(headers.get("From")),
        recipients=_people(headers.get("To")),
        subject=headers.text("Subject") or None,
        list_id=headers.get("List-Id") or None,
        auth=read_auth(headers, _from_domain(headers)),
        received=tuple(headers.all("Received")),
        source=notice.source,
    )


def _people(value: str | None) -> str | None:
    """The addresses of a field, joined by commas; the raw value where none can be read."""
    return ", ".join(read_list(value)) or value or None


def _from_domain(headers: Headers) -> str | None:
    addresses = _plain_addresses(headers.get("From"))
    return domain_of(addresses[-1]) if addresses else None


def _host(value: str | None) -> str:
    """The host of `dns; mx.example.org (192.0.2.1)` (RFC 3464 2.1.2)."""
    if not value:
        return ""
    words = _TYPED.sub("", value, count=1).split()
    return bare(words[0]).rstrip(".;,") if words else ""
