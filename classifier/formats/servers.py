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
    identity = clues.message.headers.get("Message-Id") or ""
    return identity.startswith("<E") and _EXIM_ID.match(identity) is not None


def _has_queue_id(clues: Clues) -> bool:
    """Whether the status part has Postfix's field, or one that a rebranded build calls its own.

    X-Other-Queue-ID
    """
    for name in clues.status.message if clues.status is not None else ():
        if name.endswith("-queue-id") and name.startswith("x-"):
            return True
    return False


READERS: Final = (
    Reader(
        "argosoft",
        ("head: x-mailer: argosoft",),
        read_prose,
        "text alone: bob@example.org - 550",
    ),
    Reader(
        "axigen",
        (
            "head: message-id: <axigen-dsn-",
            "text: (axigen).",
        ),
        read_prose,
        "a status part; the text has the reply below each recipient",
    ),
    Reader(
        "chasquid",
        ("head: message-id: <chasquid-dsn-",),
        read_prose,
        "text, and since 1.1 a status part; the replies under Technical details",
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
        "critical-path",
        ("text: the server that refused it gave the explanation below",),
        read_prose,
        "a status part; Recipient, Server and Answer in the text",
    ),
    Reader(
        "dma",
        ("text: this is the dragonfly mail agent",),
        read_prose,
        "text alone: There was an error delivering your mail to <bob@example.org>.",
    ),
    Reader(
        "domino",
        (
            "subject: delivery failure: && text: was not delivered to:",
            "text: not listed in domino directory",
            "head: x-mailer: lotus notes",
        ),
        read_prose,
        "was not delivered to: bob@example.org because: ..., and the reason in the subject",
    ),
    Reader(
        "notes",
        ("text: ------- failure reasons", "text: user not listed in public name & address book"),
        read_prose,
        "text alone: the reason, then the recipient, below ------- Failure Reasons --------",
    ),
    Reader(
        "exchange-2003",
        (
            "text: did not reach the following recipient(s):",
            "text: did not reach some or all of the intended recipients",
            "text: hat einige oder alle empfänger nicht erreicht",
            "text: msexch:",
            "head: x-mailer: internet mail service",
            "head: x-mailer: microsoft exchange server internet mail connector",
        ),
        read_prose,
        "text alone: did not reach the following recipient(s): bob@example.org on DATE, a reason",
        over=("exchange", "sendmail"),
    ),
    Reader(
        "exim",
        (
            "text: created automatically by mail delivery software && head: x-failed-recipients:",
            "text: created automatically by mail delivery software && text: (exim ",
            "text: smtp error from remote mail server after && head: x-failed-recipients:",
            "text: by mail delivery software. && text: smtp error from remote mail server after",
        ),
        read_prose,
        "text, and since 4.87 a status part that says little more than 5.0.0",
        over=("sendmail",),
        looks=_has_exim_id,
        knows_command=True,
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
        ("text: this is the haraka mailer program",),
        read_prose,
        "a status part in the manner of qmail's text",
        over=("qmail",),
    ),
    Reader(
        "hmailserver",
        (
            "text: hmailserver sent:",
            "text: error type: smtp",
            "text: your message did not reach some or all of the intended recipients. sent:",
        ),
        read_prose,
        "text alone: Error Type: SMTP, what was sent, what the remote server replied",
        over=("exchange-2003",),
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
        (
            "text: error message below: && text: rcpt to",
            "subject: [bounce]",
            "text: this is the james mail server",
            "text: james smtp",
        ),
        read_prose,
        "text alone: the reply under Error message below, or below each recipient",
        over=("qmail",),
    ),
    Reader(
        "kerio",
        (
            "head: x-mailer: kerio",
            "text: kerio connect",
            "text: kerio mailserver",
        ),
        read_prose,
        "a status part with a whole diagnostic",
        over=("domino",),
    ),
    Reader(
        "kumomta",
        ("text: the message was received at && text: and addressed to", "field: x-kumomta-"),
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
        "masqmail",
        ("text: by the mailer daemon (masqmail",),
        read_prose,
        "text alone, the recipients in <>",
    ),
    Reader(
        "mdaemon",
        ("from: mdaemon@", "head: x-mailer: mdaemon", "text: mdaemon has identified"),
        read_prose,
        "text with a transcript of the session, --> and <-- before each line",
    ),
    Reader(
        "mercury",
        (
            "subject: postmaster notify: delivery failure",
            "text: mercury smtp",
            "text: mercury/32",
        ),
        read_prose,
        "text alone: *** bob@example.org, the reply below",
    ),
    Reader(
        "microsoft-smtpsvc",
        (
            "head: x-dsncontext:",
            "text: delivery status notification. delivery to the following recipients failed.",
            "text: delivery status notification. this is a warning message only.",
        ),
        read_prose,
        "a status part, often without a diagnostic; the recipients alone in the text",
    ),
    Reader(
        "mmdf",
        (
            "from: (mmdf ",
            "from: memo service",
        ),
        read_prose,
        "text alone: bob@example.org (host: example.org)",
    ),
    Reader(
        "nullmailer",
        ("text: this is the nullmailer delivery system",),
        read_prose,
        "a status part; Reporting-MTA of a type of its own",
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
        looks=_has_queue_id,
        knows_command=True,
    ),
    Reader(
        "powermta",
        ("field: x-powermta-", "text: hello, this is the mail server on"),
        read_prose,
        "a status part whose Status holds a comment, too",
    ),
    Reader(
        "pp",
        (
            "subject: delivery report (failure) for",
            "head: message-type: delivery report",
        ),
        read_prose,
        "text alone, of X.400 gateways: Your message was not delivered to: for the reason",
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
        "scalix",
        ("head: x-scalix-hops:",),
        read_prose,
        "text alone: Hugo TREMBLAY (bob@example.org), Non-delivery reason",
    ),
    Reader(
        "sendmail",
        (
            "text: ----- transcript of session follows -----",
            "text: ----- the following addresses had ",
        ),
        read_prose,
        "a list of addresses with reasons, then the transcript of the session",
        knows_more=">>> auth",  # the status part has the reply to MAIL alone
    ),
    Reader(
        "slimta",
        ("text: delivery failed for: && text: destination host responded:",),
        read_prose,
        "a status part that names no recipient: - bob@example.org stands in the text",
    ),
    Reader(
        "smail",
        ("text: |------------------------- message log follows",),
        read_prose,
        "text alone: Failed addresses follow",
    ),
    Reader(
        "smartermail",
        (
            "head: x-smartermail-",
            (
                "text: could not deliver message to the following recipient(s):"
                " && text: failed recipient:"
            ),
        ),
        read_prose,
        "text alone: Failed Recipient, Reason: Remote host said",
    ),
    Reader(
        "sun-messaging",
        (
            "text: this report relates to a message you sent with the following header",
            "from: pmdf e-mail interconnect",
            "from: pmdf mail server",
        ),
        read_prose,
        "Recipient address, Reason, Diagnostic code; of PMDF and Sun's and Oracle's servers",
    ),
    Reader(
        "surgemail",
        (
            "head: x-server: high performance mail server",
            "text: and && text: responded with && text: i said rcpt",
        ),
        read_prose,
        "text alone: I said RCPT To, and HOST responded with",
    ),
    Reader(
        "vpop3",
        ("head: x-mailer: vpop3",),
        read_prose,
        "text alone: Message to, Error",
    ),
    Reader(
        "xmail",
        (
            "head: x-mailerserver: xmail",
            "text: xmail bounce: rcpt=",
        ),
        read_prose,
        "text alone: Rcpt=[bob@example.org];Error=[550], then a log",
    ),
)
