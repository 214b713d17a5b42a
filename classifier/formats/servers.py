"""Mail servers whose bounces the general reader reads: how each is known, what it looks like."""

from __future__ import annotations

import re
from typing import Final

from classifier.formats.prose import read_prose
from classifier.formats.reader import Clues, Reader

__all__ = ["READERS"]

#   Message-Id: <E1xVlOi-000000000YL-2GGE@relay.example.com>   (<E... is Exim's, by its queue id)
_EXIM_ID: Final = re.compile(r"<E[0-9A-Za-z]{6}-[0-9A-Za-z]{6,11}-[0-9A-Za-z]{2,4}@")


def _has_exim_id(clues: Clues) -> bool:
    return _EXIM_ID.match(clues.message.headers.get("Message-Id") or "") is not None


READERS: Final = (
    Reader(
        "axigen",
        ("head: x-mailer: axigen", "text: axigen mail server", "from: axigen"),
        read_prose,
        "a status part with a whole diagnostic",
    ),
    Reader(
        "chasquid",
        ("head: x-failed-recipients: && text: (chasquid",),
        read_prose,
        "a status part; the text repeats the replies in a list",
    ),
    Reader(
        "communigate",
        ("text: module(domain ", "text: module(account ", "head: x-mailer: communigate pro"),
        read_prose,
        "SMTP module(domain ...) reports: host ... says: 550, and a status part",
    ),
    Reader(
        "courier",
        ("text: running the courier mail server", "head: message-id: <courier."),
        read_prose,
        "a dialogue in the text; its Status is often 5.0.0",
    ),
    Reader(
        "dma",
        ("text: this is the dragonfly mail agent",),
        read_prose,
        "text alone: There was an error delivering your mail to <bob@example.org>.",
    ),
    Reader(
        "exim",
        (
            "text: created automatically by mail delivery software && head: x-failed-recipients:",
            "text: created automatically by mail delivery software && text: (exim ",
            "text: smtp error from remote mail server after && head: x-failed-recipients:",
        ),
        read_prose,
        "text, and since 4.87 a status part that says little more than 5.0.0",
        over=("sendmail",),
        looks=_has_exim_id,
        knows_command=True,
    ),
    Reader(
        "exchange-2003",
        (
            "text: did not reach the following recipient(s):",
            "text: did not reach some or all of the intended recipients",
            "text: msexch:",
            "head: x-mailer: internet mail service",
            "head: x-mailer: microsoft exchange server internet mail connector",
        ),
        read_prose,
        "text alone: did not reach the following recipient(s): bob@example.org on DATE, a reason",
        over=("exchange", "sendmail"),
    ),
    Reader(
        "groupwise",
        (
            "head: x-mailer: novell groupwise",
            "head: x-mailer: groupwise",
            "text: the message that you sent was undeliverable to the following",
        ),
        read_prose,
        "text alone: bob@example.org (user not found)",
    ),
    Reader(
        "haraka",
        ("text: this is the mail system haraka", "field: x-haraka-"),
        read_prose,
        "a status part with a whole diagnostic; the returned message in text/rfc822-headers",
    ),
    Reader(
        "hmailserver",
        ("text: hmailserver", "head: x-mailer: hmailserver"),
        read_prose,
        "text alone: Recipient address, SMTP error, and the reply of the remote server",
    ),
    Reader(
        "imail",
        ("head: x-mailer: <smtp32", "head: x-mailer: <imail", "text: imail server"),
        read_prose,
        "one line a recipient, such as unknown user: bob@example.org",
    ),
    Reader(
        "intermail",
        (
            "text: this message was undeliverable due to the following reason",
            "text: unknown user in the domain && from: mail administrator",
        ),
        read_prose,
        "the reason first, then the recipients; of InterMail, Openwave and Netscape's server",
    ),
    Reader(
        "james",
        ("text: error message below: && text: rcpt to", "subject: [bounce]", "text: james smtp"),
        read_prose,
        "text alone: Error message below, the reply, and the envelope under Message details",
    ),
    Reader(
        "kerio",
        ("head: x-mailer: kerio", "text: kerio connect", "text: kerio mailserver"),
        read_prose,
        "a status part with a whole diagnostic",
    ),
    Reader(
        "kumomta",
        ("field: x-kumomta-", "head: user-agent: kumomta"),
        read_prose,
        "a status part with a whole diagnostic",
    ),
    Reader(
        "mailenable",
        ("text: mailenable: message could not be delivered", "head: x-mailer: mailenable"),
        read_prose,
        "text alone: Recipient: [SMTP:bob@example.org], then Reason: with the reply",
    ),
    Reader(
        "mdaemon",
        ("from: mdaemon@", "head: x-mailer: mdaemon", "text: mdaemon has identified"),
        read_prose,
        "text with a transcript of the session, --> and <-- before each line",
    ),
    Reader(
        "mercury",
        ("text: mercury smtp", "text: mercury/32", "head: x-mailer: mercury"),
        read_prose,
        "text alone, the reply beside or below the recipient",
    ),
    Reader(
        "microsoft-smtpsvc",
        (
            "head: x-dsncontext:",
            "text: delivery status notification.  delivery to the following recipients failed.  ",
            "text: delivery status notification.  this is a warning message only.",
        ),
        read_prose,
        "a status part, often without a diagnostic; the recipients alone in the text",
    ),
    Reader(
        "nullmailer",
        ("text: the nullmailer program", "from: nullmailer"),
        read_prose,
        "a status part; the text in the manner of qmail",
    ),
    Reader(
        "opensmtpd",
        ("text: this is the mailer-daemon, please do not reply",),
        read_prose,
        "bob@example.org: 550 ... in the text; its status part holds the address and 5.0.0",
    ),
    Reader(
        "postfix",
        (
            "text: this is the mail system at host",
            "text: this is the postfix program at host",
            "field: x-postfix-",
        ),
        read_prose,
        "a status part with a whole diagnostic; <bob@example.org>: host ... said: 550 in the text",
        # rebranded builds keep the form of the field: X-Other-Queue-ID
        looks=lambda clues: (
            clues.status is not None
            and any(n.startswith("x-") and n.endswith("-queue-id") for n in clues.status.message)
        ),
        knows_command=True,
    ),
    Reader(
        "powermta",
        ("field: x-powermta-", "text: hello, this is the mail server on"),
        read_prose,
        "a status part whose Status holds a comment, too",
    ),
    Reader(
        "qmail",
        (
            "text: this is the qmail-send program",
            "text: i'm afraid i wasn't able to deliver your message",
            "text: --- below this line is a copy of the message. && subject: failure notice",
        ),
        read_prose,
        "text alone, a paragraph a recipient; of qmail and its children",
    ),
    Reader(
        "sendmail",
        (
            "text: ----- transcript of session follows -----",
            "text: ----- the following addresses had ",
        ),
        read_prose,
        "a list of addresses with reasons, then the transcript of the session",
        knows_more=True,  # the status part has the reply to MAIL, the transcript that to AUTH, too
    ),
    Reader(
        "smail",
        ("text: |------------------------- message log follows",),
        read_prose,
        "text alone: Failed addresses follow",
    ),
    Reader(
        "smartermail",
        ("text: smartermail", "head: x-mailer: smartermail"),
        read_prose,
        "text alone: Could not deliver message to the following recipient(s)",
    ),
    Reader(
        "sun-messaging",
        (
            "text: this report relates to a message you sent with the following header",
            "from: pmdf e-mail interconnect",
        ),
        read_prose,
        "Recipient address, Reason, Diagnostic code; of PMDF and Sun's and Oracle's servers",
    ),
    Reader(
        "surgemail",
        ("head: x-mailer: surgemail", "text: surgemail"),
        read_prose,
        "text alone",
    ),
    Reader(
        "zonemta",
        ("field: x-zonemta-", "text: zone-mta", "head: x-sending-zone:"),
        read_prose,
        "a status part with a whole diagnostic",
    ),
)
