"""Filters in front of a mail server that return what they cannot pass on.

IronPort wraps the reply twice; Proofpoint speaks with sendmail's voice; Mimecast sends a notice
of one part; Barracuda tells in words of its own that it blocked a mail, and gives no reply.

Sources: IronPort reports quoted in linux-media of 2025-08-08 and in archives of SourceForge
lists; hestiacp and openaustralia threads for Mimecast's replies; the "Banned file" notice in
CPython's test suite for Barracuda's sentences (read, not copied); `facts/ndr_structure.csv`.
"""

from __future__ import annotations

import random

from classifier.model.corpus import Entry
from classifier.reasons import MEANING, Category, Reason
from corpora.services.catalogue import is_login
from corpora.services.dsn import split_reply, status_part
from corpora.services.mime import bundle, envelop, html, make_id, message, stamp, text
from corpora.services.story import Failure, Service, Story

__all__ = ["SERVICES"]


# --- IronPort (Cisco Secure Email) -----------------------------------------------------------


def _wrap(failure: Failure) -> str:
    reply = failure.reply
    rest = " ".join(part for part in (reply.status, reply.words) if part)
    if failure.expired:
        return f"5.4.7 - Delivery expired (message too old) {reply.code}-'{rest}'"
    category = MEANING[failure.entry.reason].category
    if category is Category.RECIPIENT_ADDRESS:
        return f"5.1.0 - Unknown address error {reply.code}-'{rest}'"
    return f"5.3.0 - Other mail system problem {reply.code}-'{rest}'"


def _build_ironport(story: Story) -> bytes:
    dice = story.dice("form")
    failure = story.failures[0]
    words = (
        f"The following message to <{failure.recipient}> was undeliverable.\n"
        f"The reason for the problem:\n{_wrap(failure)}\n"
    )
    attempts = 0 if not failure.expired else dice.randrange(8, 40)
    block = [
        ("Final-Recipient", f"rfc822;{failure.recipient}"),
        ("Action", "failed"),
        ("Status", "5.0.0 (permanent failure)"),
        ("Remote-MTA", f"dns; [{failure.ip}]"),
        ("Diagnostic-Code", f"smtp; {_wrap(failure)} (delivery attempts: {attempts})"),
    ]
    headers_only = dice.random() < 0.5
    parts = [
        text(words, "utf-8", "quoted-printable", quoted=True),
        status_part([("Reporting-MTA", f"dns; {story.own_host}")], [block]),
        envelop("text/rfc822-headers" if headers_only else "message/rfc822",
                story.original(headers_only=headers_only)),
    ]  # fmt: skip
    mark = f"{make_id(story.seed, 6)}${make_id('i' + story.seed, 6)}"
    head = [
        *story.own_checks(),
        ("Message-Id", f"<{mark}@{story.own_host}>"),
        ("Date", stamp(story.date)),
        ("From", f"Mail Delivery System <MAILER-DAEMON@{story.own_host}>"),
        ("To", story.sender),
        ("Subject", "Delivery Status Notification (Failure)"),
        ("MIME-Version", "1.0"),
    ]  # fmt: skip
    boundary = f"{make_id(story.seed, 5)}.{make_id('p' + story.seed, 10)}"
    body = bundle("multipart/report", parts, boundary, " report-type=delivery-status;")
    return message(head, body)


# --- Proofpoint ------------------------------------------------------------------------------


_UNAVAILABLE = ("554 5.0.0", "Service unavailable")


def _proofpoint_host(dice: random.Random, domain: str) -> str:
    return f"mx0{dice.choice('ab')}-00{dice.randrange(10**6):06}.pphosted.com"


def _build_proofpoint(story: Story) -> bytes:
    dice = story.dice("form")
    fatal = "transient non-fatal" if story.delay else "permanent fatal"
    lines = [f"The original message was received at {stamp(story.sent)}",
             f"from m{dice.randrange(10**7):07}.ppops.net [127.0.0.1]", ""]  # fmt: skip
    if story.delay:
        lines += ["   **********************************************",
                  "   **      THIS IS A WARNING MESSAGE ONLY      **",
                  "   **  YOU DO NOT NEED TO RESEND YOUR MESSAGE  **",
                  "   **********************************************", ""]  # fmt: skip
    lines.append(f"   ----- The following addresses had {fatal} errors -----")
    for failure in story.failures:
        lines += [f"<{failure.recipient}>", f"    (reason: {failure.reply.line})"]
    lines += ["", "   ----- Transcript of session follows -----"]
    for failure in story.failures:
        command = {
            "MAIL": f"MAIL From:<{story.sender}>",
            "RCPT": f"RCPT To:<{failure.recipient}>",
            "CONN": "",
        }.get(failure.stage, failure.stage)
        lines.append(f"... while talking to {failure.host}.:")
        if command:
            lines.append(f">>> {command}")
        lines += [f"<<< {line}" for line in split_reply(failure.reply.line, 66)]
        if failure.expired and not story.delay:
            lines.append(f"<{failure.recipient}>... Deferred: {failure.reply.line}")
            lines.append("Message could not be delivered for 5 days")
            lines.append("Message will be deleted from queue")
        elif not failure.expired:
            unknown = failure.entry.reason is Reason.USER_UNKNOWN
            code, said = ("550 5.1.1", "User unknown") if unknown else _UNAVAILABLE
            lines.append(f"{code} <{failure.recipient}>... {said}")
    blocks = []
    for failure in story.failures:
        block = [("Final-Recipient", f"RFC822; {failure.recipient}"),
                 ("Action", "delayed" if story.delay else "failed"),
                 ("Status", "4.4.7" if failure.expired and not story.delay else failure.status),
                 ("Remote-MTA", f"DNS; {failure.host}"),
                 ("Diagnostic-Code", f"SMTP; {failure.reply.line}"),
                 ("Last-Attempt-Date", stamp(story.date))]  # fmt: skip
        if story.delay:
            block.append(("Will-Retry-Until", stamp(story.date)))
        blocks.append(block)
    report = status_part(
        [
            ("Reporting-MTA", f"dns; {story.own_host}"),
            ("Received-From-MTA", f"DNS; m{dice.randrange(10**7):07}.ppops.net"),
            ("Arrival-Date", stamp(story.sent)),
        ],
        blocks,
    )
    headers_only = dice.random() < 0.4
    original = story.original(headers_only=headers_only)
    parts = [
        text("\n".join(lines) + "\n"),
        report,
        envelop("text/rfc822-headers" if headers_only else "message/rfc822", original),
    ]
    token = make_id(story.seed, 12)
    subject = "Returned mail: see transcript for details"
    if story.delay:
        subject = "Warning: could not send message for past 4 hours"
    head = [
        *story.own_checks(),
        ("Date", stamp(story.date)),
        ("From", f"Mail Delivery Subsystem <MAILER-DAEMON@{story.own_host}>"),
        ("Message-Id", f"<{story.date:%Y%m%d%H%M}.{token}@{story.own_host}>"),
        ("To", f"<{story.sender}>"),
        ("MIME-Version", "1.0"),
        ("Subject", subject),
        ("Auto-Submitted", f"auto-generated ({'warning-timeout' if story.delay else 'failure'})"),
        ("X-Proofpoint-Virus-Version", "vendor=baseguard engine=ICAP:2.0"),
    ]
    body = bundle("multipart/report", parts, f"{token}.{int(token, 16) % 10**10}/{story.own_host}",
                  " report-type=delivery-status;",
                  before="This is a MIME-encapsulated message\n\n")  # fmt: skip
    return message(head, body)


# --- Mimecast --------------------------------------------------------------------------------


def _build_mimecast(story: Story) -> bytes:
    dice = story.dice("form")
    failure = story.failures[0]
    if dice.random() < 0.5:
        words = (
            "This is a delivery failure notification message indicating that\n"
            f"an email you addressed to email address :\n-- {failure.recipient}\n\n"
            "could not be delivered. The problem appears to be :\n"
            f"-- Recipient server unavailable or rejected the message\n\n"
            f"Additional information follows :\n-- {failure.reply.line}\n\n"
            "This condition occurred after 1 attempt(s) to deliver over\n"
            "a period of 0 hour(s).\n\n"
            "If you sent the email to multiple recipients, you will receive one\n"
            "of these messages for each one which failed delivery, otherwise\n"
            "they have been sent.\n"
        )
    else:
        words = (
            f"The message you sent to {failure.recipient} couldn't be delivered due to:\n"
            f"{failure.reply.line}\n\nSubject: {story.subject}\nSent: {stamp(story.sent)}\n"
        )
    mark = f"{int(make_id(story.seed, 8), 16)}-{make_id('m' + story.seed, 8)}"
    head = [
        *story.own_checks(),
        ("Date", stamp(story.date)),
        ("From", f"postmaster@{story.sender_domain}"),
        ("To", story.sender),
        ("Subject", "[Postmaster] Email Delivery Failure"),
        ("Message-Id", f"<{mark}@eu-mta-25.eu.mimecast.lan>"),
        ("Auto-Submitted", "auto-generated"),
        ("X-Mimecast-Bounce", "true"),
        ("MIME-Version", "1.0"),
    ]  # fmt: skip
    plain = text(words, "utf-8", "quoted-printable")
    if dice.random() < 0.5:
        return message(head, plain)
    page = html(f"<html><body><pre>{_escape(words)}</pre></body></html>\n")
    body = bundle("multipart/alternative", [plain, page], f"----=_MIME_{make_id(story.seed, 12)}")
    return message(head, body)


def _escape(words: str) -> str:
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


# --- Barracuda -------------------------------------------------------------------------------

_BLOCKED = {
    Reason.SPAM: ("**Message you sent blocked by our bulk email filter**",
                  "was blocked by our Spam Firewall"),
    Reason.ATTACHMENT_REFUSED: ("**Message you sent contained a banned attachment**",
                                "was blocked because of its attachment"),
    Reason.VIRUS: ("**Virus detected in message you sent**",
                   "was blocked because it contains a virus"),
}  # fmt: skip


def _is_filtered(entry: Entry) -> bool:
    return entry.reason in _BLOCKED and entry.provider in ("barracuda", "written", "various")


def _build_barracuda(story: Story) -> bytes:
    failure = story.failures[0]
    subject, said = _BLOCKED[failure.entry.reason]
    words = (
        f"Your message to: {failure.recipient}\n{said}. The email you sent with the following "
        f"subject has NOT BEEN DELIVERED:\n\nSubject: {story.subject}\n\n\n"
        f"An alert on the reporting server holds the details.\n"
    )
    mark = f"{make_id(story.seed, 5)}-{make_id('a' + story.seed, 2)}"
    report = status_part(
        [("Reporting-MTA", f"dns; {story.own_host}"),
         ("Received-From-MTA", f"smtp; {story.own_host} ([127.0.0.1])"),
         ("Arrival-Date", stamp(story.sent))],
        [[("Final-Recipient", f"rfc822; {failure.recipient}"), ("Action", "failed"),
          ("Status", "5.7.1"),
          ("Diagnostic-Code", f"smtp; 550 5.7.1 Message content rejected, id={mark}"),
          ("Last-Attempt-Date", stamp(story.date))]],
    )  # fmt: skip
    parts = [
        text(words, "utf-8", "quoted-printable", quoted=True),
        report,
        envelop("text/rfc822-headers", story.original(headers_only=True)),
    ]
    head = [
        *story.own_checks(),
        ("Subject", subject),
        ("Message-ID", f"<SS{make_id(story.seed, 10)}@{story.own_host}>"),
        ("From", f"MAILER-DAEMON@{story.own_host}"),
        ("To", f"<{story.sender}>"),
        ("Date", stamp(story.date)),
        ("MIME-Version", "1.0"),
    ]
    boundary = f"----------=_{int(make_id(story.seed, 8), 16)}-{make_id('b' + story.seed, 4)}-0"
    body = bundle("multipart/report", parts, boundary, " report-type=delivery-status;")
    return message(head, body)


SERVICES = (
    Service(
        name="ironport",
        build=_build_ironport,
        mails=60,
        host=lambda dice, domain: f"esa{dice.randrange(1, 5)}.{domain}",
        relays=is_login,
    ),
    Service(
        name="proofpoint",
        build=_build_proofpoint,
        mails=60,
        host=_proofpoint_host,
        recipients=3,
        delays=True,
    ),
    Service(
        name="mimecast",
        build=_build_mimecast,
        mails=50,
        host=lambda dice, domain: "eu-smtp-delivery-1.mimecast.com",
    ),
    Service(
        name="barracuda",
        build=_build_barracuda,
        mails=14,
        host=lambda dice, domain: f"barracuda.{domain}",
        remote=_is_filtered,
        shows=lambda failure: ("550", "5.7.1"),
    ),
)
