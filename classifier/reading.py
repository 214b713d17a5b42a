"""From a mail to its report: which kind it is, which recipients failed, what was said of each.

Status fields are read first. The prose is asked where they are missing or say nothing, and where
a format's prose is known to say more. What both say is joined by recipient.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from classifier.addresses import ADDRESS, plain_domain, read_list
from classifier.authres import read_auth
from classifier.autoreply import is_auto_reply, is_challenge
from classifier.dates import iso_date
from classifier.disposition import read_refusal
from classifier.dsn import StatusReport, find_status_report
from classifier.feedback import read_feedback
from classifier.formats import WRAPPING, Clues, Reader, choose
from classifier.headers import Headers
from classifier.joining import from_prose, from_status, host_of
from classifier.message import Message, parse
from classifier.notice import Notice, read_notice
from classifier.notifications import read_notifications
from classifier.reasons import Kind
from classifier.report import Failure, Report, Returned
from classifier.signs import is_bounce
from classifier.wrapped import inner_mails, is_forward
from classifier.writers import is_spoofed

__all__ = ["read_reports"]

MAX_DEPTH: Final = 3  # mails inside mails that are looked into
_REPORTS: Final = frozenset({Kind.FAILURE, Kind.DELAY, Kind.SUCCESS})


def read_reports(messages: Sequence[Message]) -> list[Report]:
    """The reports that mails hold; many at once take less time for each.

    Never raises; a mail that is none has a kind that says so. A bounce that somebody passes on, or
    that a filter or a list wraps, is read as if it had come by itself.
    """
    told = [_read_json(message) for message in messages]
    plain = iter(_read_wrapped([m for m, report in zip(messages, told, strict=True) if not report]))
    return [report or next(plain) for report in told]


def _read_wrapped(messages: Sequence[Message], depth: int = 0) -> list[Report]:
    """The reports of mails, or of the bounces inside; `depth` counts the mails around these."""
    passed_on = [is_forward(message.headers) for message in messages]
    own = iter(_read_themselves([m for m, on in zip(messages, passed_on, strict=True) if not on]))
    return [
        _look_inside(message, None if on else next(own), depth)
        for message, on in zip(messages, passed_on, strict=True)
    ]


def _look_inside(message: Message, report: Report | None, depth: int) -> Report:
    """A mail's own `report`, or that of the bounce inside it; None: of a mail that is passed on."""
    if report is not None and not _says_nothing(report, message):
        return report
    for inner in inner_mails(message, written=report is None) if depth < MAX_DEPTH else ():
        (found,) = _read_wrapped([parse(inner.raw)], depth + 1)
        if found.kind in _REPORTS and found.failures:
            note = f"the bounce stands inside another mail: {inner.place}"
            return msgspec.structs.replace(found, defects=(*found.defects, note))
    return _read_themselves([message])[0] if report is None else report


def _read_json(message: Message) -> Report | None:
    """The notification that SNS sends by mail: the text is JSON, and below it how to stop them."""
    part = message.first("text/plain", "application/json")
    if part is None or part.raw.lstrip()[:1] != b"{":
        return None
    found = next(iter(read_notifications(part.text.split("\n--\n", 1)[0])), None)
    if found is None or found.format == "json":  # nobody's, or no JSON
        return None
    headers = message.headers
    return msgspec.structs.replace(
        found,
        message_id=headers.get("Message-Id") or None,
        bounce_auth=read_auth(headers, _from_domain(headers)),
        defects=(*message.defects, *found.defects),
    )


def _says_nothing(report: Report, message: Message) -> bool:
    """Whether a bounce may stand inside a mail that is none, or that names nobody.

    A mail of its own kind that returns a bounce, such as an automatic reply to one, does say
    something.
    """
    if report.format in WRAPPING:
        return True
    if report.kind in _REPORTS:
        return not any(each.recipient or each.reply_code for each in report.failures)
    if report.kind is Kind.AUTO_REPLY:  # by its headers alone, which bounces have, too
        return not report.prose.strip()
    return report.kind is Kind.NOT_A_BOUNCE and len(message.parts) > 1


def _read_themselves(messages: Sequence[Message]) -> list[Report]:
    """The reports that mails are, whatever mails they hold.

    Each step is taken for all before the next one, because its patterns and tables are larger than
    what a processor keeps at hand: mail by mail takes a sixth longer.
    """
    notices = [*map(read_notice, messages)]
    statuses = [*map(find_status_report, messages)]
    returned = [*map(_returned, notices)]
    clues = [*map(_clues, messages, notices, statuses)]
    readers = [*map(choose, clues)]
    judged = [*map(_judge_kind, clues, readers)]
    return [*map(_sum_up, clues, returned, readers, judged)]


_Judged = tuple[Kind, tuple[Failure, ...], str | None]


def _sum_up(clues: Clues, returned: Returned | None, reader: Reader, judged: _Judged) -> Report:
    kind, failures, feedback_type = judged
    message, status = clues.message, clues.status
    headers = message.headers
    fields = status.message if status else {}
    return Report(
        kind=kind,
        format=_FORMATS.get(kind) or (reader.name if failures else "mail"),
        failures=failures,
        prose=clues.notice.text,
        reporting_mta=host_of(fields.get("reporting-mta")) or None,
        arrival_date=iso_date(fields.get("arrival-date")),
        bounce_date=iso_date(headers.get("Date")),
        envelope_id=fields.get("original-envelope-id") or None,
        message_id=headers.get("Message-Id") or None,
        feedback_type=feedback_type,
        returned=returned or (_answered(headers) if failures else None),
        bounce_auth=read_auth(headers, _from_domain(headers)),
        defects=(*message.defects, *(status.defects if status else ())),
    )


#: Formats that are known by the kind of the mail alone.
_FORMATS: Final = {Kind.FEEDBACK: "arf", Kind.DISPOSITION: "mdn"}
_WORST_FIRST: Final = (Kind.FAILURE, Kind.DELAY, Kind.SUCCESS, Kind.FEEDBACK)


def _clues(message: Message, notice: Notice, status: StatusReport | None) -> Clues:
    headers = message.headers
    failed = tuple(
        found.group().lower()
        for value in headers.all("X-Failed-Recipients")
        for found in ADDRESS.finditer(value)
    )
    prose = notice.text.lower()
    return Clues(
        message=message,
        notice=notice,
        status=status,
        subject=(headers.text("Subject") or "").lower(),
        sender=(headers.get("From") or "").lower(),
        prose=prose,
        line=" ".join(prose.split()),
        reporting_mta=host_of(status.message.get("reporting-mta")).lower() if status else "",
        failed=failed,
    )


def _judge_kind(clues: Clues, reader: Reader) -> _Judged:
    """What the mail is, by standard first; and its failures where it reports any."""
    message = clues.message
    feedback = read_feedback(message)
    if feedback is not None:
        failure = Failure(kind=Kind.FEEDBACK, recipient=feedback.recipient)
        return Kind.FEEDBACK, (failure,) if feedback.recipient else (), feedback.feedback_type
    disposition = message.first("message/disposition-notification")
    if disposition or message.parts[0].report_type == "disposition-notification":
        refused = read_refusal(disposition, clues)
        return (Kind.FAILURE, (refused,), None) if refused else (Kind.DISPOSITION, (), None)
    if clues.status is not None and clues.status.recipients:
        failures = from_status(clues, clues.status, reader)
        return _overall(failures), failures, None
    declared = message.parts[0].report_type == "delivery-status"
    if not (clues.failed or declared) and is_challenge(message.headers, clues.prose):
        return Kind.CHALLENGE, (), None
    if is_bounce(clues, reader):
        failures = tuple(from_prose(each) for each in reader.read(clues))
        if _is_fake(clues, failures):
            return Kind.NOT_A_BOUNCE, (), None
        if not any(failure.recipient for failure in failures):
            # A report wrapped into the text of another mail.
            wrapped = find_status_report(message, anywhere=True)
            if wrapped is not None and wrapped.recipients:
                failures = from_status(clues, wrapped, reader)
        if not failures and declared:
            failures = (Failure(kind=Kind.FAILURE),)
        if failures:
            return _overall(failures), failures, None
    # Who declines an invitation may say that he is away.
    said = "" if message.first("text/calendar") else clues.prose
    if is_auto_reply(message.headers, said):
        return Kind.AUTO_REPLY, (), None
    return Kind.NOT_A_BOUNCE, (), None


def _is_fake(clues: Clues, failures: Sequence[Failure]) -> bool:
    """A mail dressed as a report, which reports nobody else and returns nothing.

    It failed the checks, or it is signed by a mail system that it did not come from.
    """
    named = {(each.recipient or "").lower() for each in failures}
    if clues.notice.returned is not None or named - clues.avoid - {""}:
        return False
    if is_spoofed(clues):
        return True
    auth = read_auth(clues.message.headers, _from_domain(clues.message.headers)).results()
    return auth.get("dmarc") == "fail" or auth.get("spf") in ("fail", "softfail")


def _overall(failures: Sequence[Failure]) -> Kind:
    """The kind of the mail: failure where any recipient failed, else delay, else success."""
    kinds = {failure.kind for failure in failures}
    if len(kinds) == 1:
        return failures[0].kind
    return next(kind for kind in _WORST_FIRST if kind in kinds)


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
        source=notice.source,
    )


_MESSAGE_ID: Final = re.compile(r"<[^\s<>]{1,512}>")


def _answered(headers: Headers) -> Returned | None:
    """What the bounce itself says of the message that it answers (RFC 3834 3.1.5).

    Italy's certified mail has a field of its own for it (RFC 6109 3.1.2).
    """
    for name in ("X-Riferimento-Message-ID", "In-Reply-To"):
        found = _MESSAGE_ID.search(headers.get(name) or "")
        if found:
            return Returned(
                headers=Headers(b""),
                message_id=found.group(),
                source=f"{name} of the bounce itself",
            )
    return None


def _people(value: str | None) -> str | None:
    """The addresses of a field, joined by commas; the raw value where none can be read."""
    return ", ".join(read_list(value)) or value or None


def _from_domain(headers: Headers) -> str | None:
    return plain_domain(headers.get("From"))
