"""Mail servers for Windows: hMailServer, MDaemon, MailEnable.

Sources: hMailServer's own texts (its database script and SMTPClientConnection: "hMailServer
sent:", "Remote server replied:"); an MDaemon report in a public parser's comments ("PERMANENT
fatal delivery errors") and a SecurityGateway transcript; a MailEnable notice in another ("Remote
SMTP Server Returned:"). Structures only; the sentences beside them are ours.
"""

from __future__ import annotations

import random

from classifier.model.corpus import Entry
from corpora.services.catalogue import by, is_login, is_remote
from corpora.services.mime import bundle, envelop, make_id, message, stamp, text
from corpora.services.story import Failure, Service, Story

__all__ = ["SERVICES"]

_COMMANDS = {
    "CONN": "", "EHLO": "EHLO {own}", "STARTTLS": "STARTTLS", "AUTH": "AUTH LOGIN",
    "MAIL": "MAIL FROM:<{sender}>", "RCPT": "RCPT TO:<{to}>", "DATA": ".",
}  # fmt: skip


def _command(failure: Failure, story: Story) -> str:
    return _COMMANDS[failure.stage].format(
        own=story.own_host, sender=story.sender, to=failure.recipient
    )


def _is_foreign(entry: Entry) -> bool:
    return is_remote(entry) and not by(entry, "hmailserver", "mailenable")


# --- hMailServer -----------------------------------------------------------------------------


def _build_hmail(story: Story) -> bytes:
    lines = ["Your message did not reach some or all of the intended recipients.", "",
             f"   Sent: {stamp(story.sent)}", f"   Subject: {story.subject}", "",
             "The following recipient(s) could not be reached:", ""]  # fmt: skip
    for failure in story.failures:
        lines += [
            failure.recipient,
            "   Error Type: SMTP",
            f"   Remote server ({failure.ip}) issued an error.",
            f"   hMailServer sent: {_command(failure, story)}",
            f"   Remote server replied: {failure.reply.line}",
            "",
        ]
        if failure.expired:
            lines.insert(-1, "   Tried 4 time(s)")
    lines += ["", "hMailServer", ""]
    mark = f"{make_id(story.seed, 8).upper()}-{make_id('h' + story.seed, 12)}"
    head = [
        *story.own_checks(),
        ("Message-ID", f"<{mark}@{story.own_host}>"),
        ("Date", stamp(story.date)),
        ("From", f"mailer-daemon@{story.own_host}"),
        ("To", story.sender),
        ("Subject", f"Message undeliverable: {story.subject}"),
        ("Auto-Submitted", "auto-replied"),
        ("MIME-Version", "1.0"),
    ]  # fmt: skip
    return message(head, text("\n".join(lines), "utf-8", "quoted-printable", quoted=True))


# --- MDaemon ---------------------------------------------------------------------------------


def _build_mdaemon(story: Story) -> bytes:
    dice = story.dice("form")
    rule = "-" * 74
    clock = f"{stamp(story.date)[:3]} {story.date:%Y-%m-%d %H:%M:%S}"
    lines = [rule, "MDaemon Delivery Status Notification - http://www.altn.com/dsn/", rule, "",
             "The attached message had PERMANENT fatal delivery errors.", "",
             "After one or more unsuccessful delivery attempts the attached message has",
             "been removed from the MDaemon mail queue on this server.", "",
             rule, "YOUR MESSAGE WAS NOT DELIVERED TO ONE OR MORE RECIPIENTS",
             rule, ""]  # fmt: skip
    lines += [f"Failed address: {failure.recipient}" for failure in story.failures]
    lines += ["", "--- Session Transcript ---"]
    for failure in story.failures:
        port = dice.randrange(2000, 60000)
        talk = [
            f"Attempting SMTP connection to {failure.host}",
            f"Connection established {story.own_ip}:{port} --> {failure.ip}:25",
        ]
        if failure.stage != "CONN":
            talk += [f"<-- 220 {failure.host} ESMTP", f"--> EHLO {story.own_host}",
                     f"<-- 250 {failure.host}"]  # fmt: skip
        if failure.stage in ("RCPT", "DATA"):
            talk += [f"--> MAIL From:<{story.sender}>", "<-- 250 OK"]
        if failure.stage == "DATA":
            talk += [
                f"--> RCPT To:<{failure.recipient}>",
                "<-- 250 OK",
                "--> DATA",
                "<-- 354 Enter mail, end with <CRLF>.<CRLF>",
                f"Sending <c:\\mdaemon\\remoteq\\pd50000012.msg> to [{failure.ip}]",
                "Transfer Complete",
            ]
        elif command := _command(failure, story):
            talk.append(f"--> {command}")
        talk += [f"<-- {failure.reply.line}", "--> QUIT"]
        lines += [f"{clock}: {line}" for line in talk]
    lines += ["--- End Transcript ---", "", ": Message contains [1] file attachments", ""]
    words = text("\n".join(lines), "iso-8859-1", "quoted-printable")
    head = [
        *story.own_checks(),
        ("Date", stamp(story.date)),
        ("From", f"MDaemon@{story.own_host}"),
        ("Reply-To", f"postmaster@{story.sender_domain}"),
        ("Subject", "Permanent Delivery Failure"),
        ("To", story.sender),
        ("X-MDaemon-Deliver-To", story.sender),
        ("Message-ID", f"<MDAEMON{make_id(story.seed, 12).upper()}@{story.own_host}>"),
        ("MIME-Version", "1.0"),
        ("X-MDDSN-Message", "Yes"),
    ]
    attached = [("Content-Disposition", "attachment")]
    parts = [words, envelop("message/rfc822", story.original(), attached)]
    return message(head, bundle("multipart/mixed", parts, f"0218-{make_id(story.seed, 10)}"))


# --- MailEnable ------------------------------------------------------------------------------


def _build_mailenable(story: Story) -> bytes:
    lines = ["MailEnable: Message could not be delivered to some recipients.",
             "The following recipient(s) could not be reached:", ""]  # fmt: skip
    for failure in story.failures:
        lines += [f"\tRecipient: [SMTP:{failure.recipient}]",
                  f"\tReason: Remote SMTP Server Returned: {failure.reply.line}", ""]  # fmt: skip
    lines += ["", "Message headers follow:", ""]
    words = "\n".join(lines) + "\n" + story.original(headers_only=True).decode("utf-8", "replace")
    head = [
        *story.own_checks(),
        ("From", f"Postmaster@{story.own_host}"),
        ("To", story.sender),
        ("Subject", f"Message Delivery Failure - {story.subject}" if story.dice("s").random() < 0.5
         else "Message Delivery Failure"),
        ("Date", stamp(story.date)),
        ("Message-ID", f"<{make_id(story.seed, 16).upper()}.MAI@{story.own_host}>"),
        ("MIME-Version", "1.0"),
        ("X-Mailer", "MailEnable"),
        ("Precedence", "bulk"),
    ]  # fmt: skip
    return message(head, text(words, "utf-8", "quoted-printable"))


def _host(dice: random.Random, domain: str) -> str:
    return f"{dice.choice(('mail', 'srv01', 'win2019'))}.{domain}"


SERVICES = (
    Service(name="hmailserver", build=_build_hmail, mails=60, host=_host, remote=_is_foreign,
            relays=is_login, recipients=3),
    Service(name="mdaemon", build=_build_mdaemon, mails=60, host=_host, remote=_is_foreign,
            relays=is_login),
    Service(name="mailenable", build=_build_mailenable, mails=40, host=_host, remote=_is_foreign,
            relays=is_login, recipients=3),
)  # fmt: skip
