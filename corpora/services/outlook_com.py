"""Outlook.com and Hotmail: the plain report of the consumer service and of IIS.

The text names the recipients and no reason; the reply stands in the delivery-status part alone.

Sources: the delivery-status notification of the Windows SMTP service in Microsoft's knowledge
base; `facts/ndr_structure.csv`, "Outlook.com consumer".
"""

from __future__ import annotations

import random

from corpora.services.dsn import status_part
from corpora.services.mime import bundle, envelop, make_id, message, stamp, text
from corpora.services.story import Service, Story

__all__ = ["SERVICES"]


def _host(dice: random.Random, domain: str) -> str:
    if domain in ("outlook.example", "hotmail.example"):
        where = dice.choice(("DUB", "BAY", "SNT"))
        return f"{where}004-OMC{dice.randrange(1, 5)}S{dice.randrange(1, 40)}.hotmail.com"
    return f"smtp.{domain}"


def _build(story: Story) -> bytes:
    dice = story.dice("form")
    consumer = story.own_host.endswith("hotmail.com")
    intro = "This is an automatically generated Delivery Status Notification."
    if story.delay:
        lines = [intro, "", "THIS IS A WARNING MESSAGE ONLY.", "",
                 "YOU DO NOT NEED TO RESEND YOUR MESSAGE.", "",
                 "Delivery to the following recipients has been delayed.", ""]  # fmt: skip
    else:
        lines = [intro, "", "Delivery to the following recipients failed.", ""]
    lines += [f"       {failure.recipient}" for failure in story.failures]
    blocks = []
    for failure in story.failures:
        block = [
            ("Final-Recipient", f"rfc822;{failure.recipient}"),
            ("Action", "delayed" if story.delay else "failed"),
            ("Status", "4.4.7" if story.delay or failure.expired else failure.status),
        ]
        if story.delay:
            block.append(("Will-Retry-Until", stamp(story.date)))
        block.append(("Diagnostic-Code", f"smtp;{failure.reply.line}"))
        blocks.append(block)
    report = status_part(
        [
            ("Reporting-MTA", f"dns;{story.own_host}"),
            ("Received-From-MTA", f"dns;{dice.choice(('COL', 'DUB'))}130-W{dice.randrange(99)}"),
            ("Arrival-Date", stamp(story.sent)),
        ],
        blocks,
    )
    parts = [
        text("\n".join(lines) + "\n\n\n\n", "us-ascii"),
        report,
        envelop("message/rfc822", story.original("microsoft")),
    ]
    body = bundle(
        "multipart/report",
        parts,
        f"9B095B5ADSN={make_id(story.seed, 20).upper()}_{story.own_host}",
        " report-type=delivery-status;",
        before="This is a MIME-formatted message.\nPortions of this message may be unreadable "
        "without a MIME-capable mail program.\n\n",
    )
    owner = "hotmail.com" if consumer else story.sender_domain
    head = [
        *story.own_checks("microsoft"),
        ("From", f"postmaster@{owner}"),
        ("To", story.sender),
        ("Date", stamp(story.date)),
        ("MIME-Version", "1.0"),
        ("X-DSNContext", "7ce717b1 - 1378 - 00000002 - C00402D1"),
        ("Message-ID", f"<{make_id(story.seed, 16)}@{story.own_host}>"),
        ("Subject", f"Delivery Status Notification ({'Delay' if story.delay else 'Failure'})"),
    ]
    return message(head, body)


SERVICES = (
    Service(
        name="outlook-com",
        build=_build,
        mails=70,
        host=_host,
        recipients=3,
        delays=True,
        senders=("outlook.example", "hotmail.example", "example.com", "kontor.example"),
    ),
)
