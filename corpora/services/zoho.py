"""Zoho Mail: one line per recipient, with two error codes spelled out.

Sources: `facts/ndr_structure.csv`, "Zoho"; the linuxbabe guide to SpamAssassin and mailcow's
documentation for replies in this form ("ERROR_CODE :550, ERROR_CODE :5.7.1 Blocked by ...").
"""

from __future__ import annotations

import random

from corpora.services.mime import bundle, envelop, make_id, message, stamp, text
from corpora.services.story import Failure, Service, Story

__all__ = ["SERVICES"]


def _host(dice: random.Random, domain: str) -> str:
    return f"sender-of-o{dice.randrange(50, 60)}.zoho.{dice.choice(('com', 'eu', 'in'))}"


def _tell(failure: Failure) -> str:
    reply = failure.reply
    rest = " ".join(part for part in (reply.status, reply.words) if part)
    before = "Invalid Address, " if failure.entry.reason.value == "user-unknown" else ""
    return f"{failure.recipient} {before}ERROR_CODE :{reply.code}, ERROR_CODE :{rest}"


def _build(story: Story) -> bytes:
    dice = story.dice("form")
    words = (
        "This message was created automatically by mail delivery software.\n"
        "A message that you sent could not be delivered to one or more of its recipients. "
        "This is a permanent error. \n\n"
        + "\n\n".join(_tell(failure) for failure in story.failures)
        + "\n\n\n"
    )
    head = [
        *story.own_checks(),
        ("Date", stamp(story.date)),
        ("From", f"mailer-daemon@{dice.choice(('mail.zoho.com', 'mail.zoho.eu', 'zoho.com'))}"),
        ("To", story.sender),
        ("Message-ID", f"<{make_id(story.seed, 11)}.{make_id('z' + story.seed, 10)}.Mail@zoho>"),
        ("Subject", "Undelivered Mail Returned to Sender"),
        ("MIME-Version", "1.0"),
        ("X-Mailer", "Zoho Mail"),
        ("X-ZohoMail", "Bounced"),
    ]
    token = make_id("b" + story.seed, 14)
    if dice.random() < 0.25:
        return message(head, text(words, "utf-8", "quoted-printable"))
    parts = [
        text(words, "utf-8", "quoted-printable"),
        envelop("message/rfc822", story.original(headers_only=dice.random() < 0.3)),
    ]
    return message(head, bundle("multipart/mixed", parts, f"----=_Part_{token}"))


SERVICES = (
    Service(name="zoho", build=_build, mails=50, host=_host, recipients=3,
            senders=("zoho.example", "studio.example")),
)  # fmt: skip
