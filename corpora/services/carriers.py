"""Servers of telephone and cable companies: Oracle Messaging Server, InterMail, au (EZweb).

Messaging Server (once PMDF, iPlanet and Sun, later at iCloud) lists Recipient address, Reason and
Diagnostic code; InterMail, once Software.com and Openwave, gives a Reason without a code; au
writes a sentence of its own and then the reply in brackets.

Sources: a report of 2001 in CPython's test suite (read, not copied) and the notes of public
parsers for Messaging Server; a forum post with a notice of netvigator.com and a mail of
2002-02-08 to linux-kernel for InterMail; parsers' notes for au.
"""

from __future__ import annotations

import random

from classifier.model.corpus import Entry
from classifier.reasons import MEANING, Category, Reason
from corpora.services.catalogue import is_login, is_remote
from corpora.services.dsn import status_part
from corpora.services.mime import bundle, envelop, make_id, message, stamp, text
from corpora.services.story import Failure, Service, Story

__all__ = ["SERVICES"]


# --- Oracle Communications Messaging Server --------------------------------------------------

_REASONS = {
    "CONN": "Remote SMTP server has rejected connection",
    "EHLO": "Remote SMTP server has rejected EHLO",
    "STARTTLS": "Remote SMTP server has rejected STARTTLS",
    "AUTH": "Remote SMTP server has rejected authentication",
    "MAIL": "Remote SMTP server has rejected return address",
    "RCPT": "Remote SMTP server has rejected address",
    "DATA": "Remote SMTP server has rejected message data",
}


def _build_messaging(story: Story) -> bytes:
    dice = story.dice("form")
    lines = [
        "This report relates to a message you sent with the following header fields:",
        "",
        f"  Message-id: {story.original_id}",
        f"  Date: {stamp(story.sent)}",
        f"  From: {story.sender}",
        f"  To: {', '.join(each.recipient for each in story.failures)}",
        f"  Subject: {story.subject}",
        "",
    ]
    late = "Your message has been enqueued and undeliverable for 1 day"
    if story.delay:
        lines += [late, "to the following recipients:", ""]
    else:
        lines += ["Your message cannot be delivered to the following recipients:", ""]
    blocks = []
    for failure in story.failures:
        system = (
            f"{failure.host} (TCP|{story.own_ip}|{dice.randrange(30000, 60000)}|{failure.ip}|25) "
            f"({failure.host} ESMTP)"
        )
        lines += [
            f"  Recipient address: {failure.recipient}",
            f"  Reason: {_REASONS[failure.stage]}",
            f"  Diagnostic code: smtp;{failure.reply.line}",
            f"  Remote system: dns;{system}",
            "",
        ]
        block = [
            ("Original-recipient", f"rfc822;{failure.recipient}"),
            ("Final-recipient", f"rfc822;{failure.recipient}"),
            ("Action", "delayed" if story.delay else "failed"),
            ("Status", f"{failure.status} ({_REASONS[failure.stage]})"),
            ("Remote-MTA", f"dns;{system}"),
            ("Diagnostic-code", f"smtp;{failure.reply.line}"),
        ]
        blocks.append(block)
    token = make_id(story.seed, 22)
    report = status_part(
        [
            ("Original-envelope-id", f"0NEO{token[:10].upper()}@{story.own_host}"),
            ("Reporting-MTA", f"dns;{story.own_host} (tcp-daemon)"),
            ("Arrival-date", stamp(story.sent)),
        ],
        blocks,
    )
    headers_only = dice.random() < 0.5
    original = story.original(headers_only=headers_only)
    parts = [
        text("\n".join(lines) + "\n", "utf-8", more=[("Content-language", "en-US")]),
        report,
        envelop("text/rfc822-headers" if headers_only else "message/rfc822", original),
    ]
    body = bundle(
        "multipart/report", parts, f"Boundary_(ID_{token})", " report-type=delivery-status;"
    )
    subject = "Delivery Notification: Delivery has failed"
    if story.delay:
        subject = "Delivery Notification: Delivery has been delayed"
    head = [
        *story.own_checks(),
        ("Date", stamp(story.date)),
        ("From", f"Internet Mail Delivery <postmaster@{story.own_host}>"),
        ("Subject", subject),
        ("To", story.sender),
        ("Message-id", f"<0NEO{token[:12].upper()}@{story.own_host}>"),
        ("Auto-submitted", "auto-replied"),
        ("MIME-version", "1.0"),
    ]
    return message(head, body)


# --- InterMail -------------------------------------------------------------------------------


def _build_intermail(story: Story) -> bytes:
    dice = story.dice("form")
    lines = [
        "This Message was undeliverable due to the following reason:",
        "",
        "Each of the following recipients was rejected by a remote mail server.",
        "The reasons given by the server are included to help you determine why",
        "each recipient was rejected.",
        "",
    ]
    for failure in story.failures:
        lines += [f"    Recipient: <{failure.recipient}>", f"    Reason:    {_reason(failure)}", ""]
    owner = story.own_host.partition(".")[2]
    lines += ["", f"Please reply to <Postmaster@{owner}>",
              "if you feel this message to be in error.", ""]  # fmt: skip
    blocks = []
    for failure in story.failures:
        block = [("Final-Recipient", f"RFC822; <{failure.recipient}>"), ("Action", "failed"),
                 ("Status", failure.status),
                 ("Remote-MTA", f"dns; {failure.host} ({failure.ip})"),
                 ("Diagnostic-Code", f"smtp; {failure.reply.line}")]  # fmt: skip
        blocks.append(block)
    parts = [
        text("\n".join(lines) + "\n", "utf-8"),
        status_part(
            [
                ("Reporting-MTA", f"dns; {story.own_host}"),
                ("Arrival-Date", stamp(story.sent)),
                ("Received-From-MTA", f"dns; ws{dice.randrange(100)}.{owner} ({story.own_ip})"),
            ],
            blocks,
        ),
        envelop("message/rfc822", story.original(headers_only=dice.random() < 0.4)),
    ]
    mark = f"{story.date:%Y%m%d%H%M%S}.{make_id(story.seed, 6).upper()}"
    head = [
        *story.own_checks(),
        ("From", f"Mail Administrator <Postmaster@{owner}>"),
        ("Reply-To", f"Mail Administrator <Postmaster@{owner}>"),
        ("To", story.sender),
        ("Subject", "Mail System Error - Returned Mail"),
        ("Date", stamp(story.date)),
        ("Message-ID", f"<{mark}.{story.own_host}@localhost>"),
        ("MIME-Version", "1.0"),
    ]
    body = bundle("multipart/report", parts, f"==_{make_id(story.seed, 16)}_==",
                  " report-type=delivery-status;")  # fmt: skip
    return message(head, body)


def _reason(failure: Failure) -> str:
    return " ".join(part for part in (failure.reply.status, failure.reply.words) if part)


# --- au --------------------------------------------------------------------------------------


def _is_mobile(entry: Entry) -> bool:
    category = MEANING[entry.reason].category
    mailbox = category in (Category.RECIPIENT_ADDRESS, Category.RECIPIENT_MAILBOX)
    filtered = entry.reason in (Reason.RECIPIENT_FILTERED, Reason.SENDER_BLOCKED)
    return is_remote(entry) and (mailbox or filtered)


def _build_au(story: Story) -> bytes:
    dice = story.dice("form")
    failure = story.failures[0]
    opening = {
        Reason.MAILBOX_FULL: "The user(s) account is temporarily over quota.",
        Reason.MAILBOX_UNAVAILABLE: "The user(s) account is temporarily limited.",
        Reason.MAILBOX_DISABLED: "The user(s) account is disabled.",
        Reason.USER_UNKNOWN: "The user(s) account is disabled.",
    }.get(
        failure.entry.reason,
        "Each of the following recipients was rejected by a remote mail server.",
    )
    said = f"{failure.reply.line} (in reply to RCPT TO command)"
    if opening.startswith("Each"):
        lines = [
            opening,
            "",
            f"    Recipient: <{failure.recipient}>",
            f"    >>> RCPT TO:<{failure.recipient}>",
            f"    <<< {failure.reply.line}",
            "",
        ]
    else:
        lines = [opening, "", f"<{failure.recipient}>: {said}", ""]
    lines += ["-" * 50, ""]
    words = "\n".join(lines) + story.original(headers_only=True).decode("utf-8", "replace")
    domain = dice.choice(("ezweb.ne.jp", "au.com"))
    mark = make_id(story.seed, 10).upper()
    hop = (
        f"from {domain} ({story.own_host} [{story.own_ip}])\n"
        f"\tby mx.{story.sender_domain} with ESMTP id {mark};"
    )
    head = [
        ("Received", f"{hop}\n\t{stamp(story.date)}"),
        *story.own_checks(),
        ("From", f"Postmaster@{domain}"),
        ("To", story.sender),
        ("Subject", "Mail System Error - Returned Mail"),
        ("Date", stamp(story.date)),
        ("Message-Id", f"<{story.date:%Y%m%d%H%M%S}.F{mark[:6]}@lsean.ezweb.ne.jp>"),
        ("MIME-Version", "1.0"),
    ]  # fmt: skip
    return message(head, text(words, "utf-8", "8bit"))


def _au_host(dice: random.Random, domain: str) -> str:
    return f"wmflb{dice.randrange(10, 20)}na{dice.randrange(10):02}.ezweb.ne.jp"


SERVICES = (
    Service(
        name="messaging-server",
        build=_build_messaging,
        mails=60,
        host=lambda dice, domain: f"msgin{dice.randrange(1, 9)}.{domain}",
        relays=is_login,
        recipients=3,
        delays=True,
    ),
    Service(
        name="intermail",
        build=_build_intermail,
        mails=40,
        host=lambda dice, domain: f"imta{dice.randrange(10, 50)}.{domain}",
        recipients=2,
    ),
    Service(name="au", build=_build_au, mails=24, host=_au_host, remote=_is_mobile),
)
