"""Yahoo and AOL of today: "Sorry, we were unable to deliver your message".

Sources: Ubuntu forum post of 2011-08-24 with the older text ("Remote host said: ... [BODY]");
public test code that gives the newer form with a delivery-status part;
`facts/ndr_structure.csv`, "Yahoo".
"""

from __future__ import annotations

import random

from corpora.services.dsn import split_reply, status_part
from corpora.services.mime import bundle, envelop, make_id, message, stamp, text
from corpora.services.story import Failure, Service, Story

__all__ = ["SERVICES"]

_STAGES = {
    "CONN": "CONNECT", "EHLO": "HELO", "STARTTLS": "STARTTLS", "AUTH": "AUTH",
    "MAIL": "MAIL_FROM", "RCPT": "RCPT_TO", "DATA": "BODY",
}  # fmt: skip


def _host(dice: random.Random, domain: str) -> str:
    return f"sonic{dice.randrange(300, 330)}-{dice.randrange(9, 30)}.consmr.mail.ne1.yahoo.com"


def _tell(failure: Failure, story: Story, old: bool) -> list[str]:
    if old:
        said = " ".join(split_reply(failure.reply.line, 60))
        return [f"Remote host said: {said} [{_STAGES[failure.stage]}]"]
    code, _, rest = failure.reply.line.partition(" ")
    return [f"{code}: {rest}" if story.dice(failure.recipient).random() < 0.6
            else failure.reply.line]  # fmt: skip


def _build(story: Story) -> bytes:
    dice = story.dice("form")
    old = dice.random() < 0.4
    many = "addresses" if len(story.failures) > 1 else "address"
    lines = [f"Sorry, we were unable to deliver your message to the following {many}.", ""]
    for failure in story.failures:
        lines += [f"<{failure.recipient}>:", *_tell(failure, story, old), ""]
    head = [
        *story.own_checks("yahoo"),
        ("From", "MAILER-DAEMON@yahoo.com"),
        ("To", story.sender),
        ("Date", stamp(story.date)),
        ("Subject", "Failure Notice"),
        ("Message-ID", f"<{make_id(story.seed, 20)}@{story.own_host}>"),
        ("MIME-Version", "1.0"),
    ]
    original = story.original("yahoo")
    if old:
        lines += ["--- Below this line is a copy of the message.", ""]
        words = "\n".join(lines) + "\n" + original.decode("utf-8", "replace")
        return message(head, text(words, "utf-8", "8bit"))
    blocks = [
        [
            ("Final-Recipient", f"rfc822; {failure.recipient}"),
            ("Action", "failed"),
            ("Status", failure.status if dice.random() < 0.6 else "5.0.0"),
            ("Diagnostic-Code", f"smtp; {failure.reply.line}"),
        ]
        for failure in story.failures
    ]
    parts = [
        text("\n".join(lines) + "\n", "utf-8", "quoted-printable"),
        status_part([("Reporting-MTA", f"dns; {story.own_host}")], blocks),
        envelop("message/rfc822", original),
    ]
    boundary = f"----=_Part_{make_id(story.seed, 12)}"
    return message(
        head, bundle("multipart/report", parts, boundary, " report-type=delivery-status;")
    )


SERVICES = (
    Service(name="yahoo", build=_build, mails=80, host=_host, recipients=3,
            senders=("yahoo.example", "aol.example")),
)  # fmt: skip
