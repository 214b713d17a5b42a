"""Providers whose text descends from Exim: Mail.ru, and GMX, WEB.DE and IONOS.

Mail.ru sends Exim's text as one part. GMX has its own server, which borrowed the first sentence
and quotes the reply after a line with the host; it writes English, and German of old.

Sources: an Exim bounce in hestiacp/hestiacp#2901 and another in justingit/dada-mail#717; a
comment with a bounce of 1&1 ("Nemesis") in a public mail parser; `facts/ndr_structure.csv`.
"""

from __future__ import annotations

import random

from classifier.model.corpus import Entry
from corpora.services.catalogue import by
from corpora.services.mime import make_id, message, stamp, text
from corpora.services.story import Failure, Service, Story

__all__ = ["SERVICES"]

_AFTER = {
    "CONN": "initial connection",
    "EHLO": "EHLO {own}",
    "STARTTLS": "STARTTLS",
    "AUTH": "AUTH LOGIN",
    "MAIL": "MAIL FROM:<{sender}> SIZE=4312",
    "RCPT": "RCPT TO:<{to}>",
    "DATA": "end of data",
}


def _is_exim(entry: Entry) -> bool:
    return by(entry, "exim") and not entry.text[:1].isdigit()


def _tell_exim(failure: Failure, story: Story) -> list[str]:
    lines = [f"  {failure.recipient}"]
    if not failure.host:
        return [*lines, f"    {failure.reply.line}", ""]
    after = _AFTER[failure.stage].format(
        own=story.own_host, sender=story.sender, to=failure.recipient
    )
    if story.dice(failure.recipient).random() < 0.5:
        lines += [
            f"    SMTP error from remote mail server after {after}:",
            f"    host {failure.host} [{failure.ip}]: {failure.reply.line}",
        ]
    else:
        lines += [
            f"    host {failure.host} [{failure.ip}]",
            f"    SMTP error from remote mail server after {after}:",
            f"    {failure.reply.line}",
        ]
    if failure.expired and not story.delay:
        lines[-1] += ": retry timeout exceeded"
    return [*lines, ""]


def _build_mailru(story: Story) -> bytes:
    dice = story.dice("form")
    lines = ["This message was created automatically by mail delivery software.", ""]
    if story.delay:
        lines += [
            "A message that you sent has not yet been delivered to one or more of its",
            f"recipients after more than 24 hours on the queue on {story.own_host}.",
            "",
            f"The message identifier is:     1t{make_id(story.seed, 4)}-0007Xk-2B",
            f"The subject of the message is: {story.subject}",
            "",
            "The address to which the message has not yet been delivered is:",
            "",
        ]
    else:
        lines += [
            "A message that you sent could not be delivered to one or more of its",
            "recipients. This is a permanent error. The following address(es) failed:",
            "",
        ]
    for failure in story.failures:
        lines += _tell_exim(failure, story)
    if story.delay:
        lines += [
            "No action is required on your part. Delivery attempts will continue for",
            "some time, and this warning may be repeated at intervals if the message",
            "remains undelivered.",
            "",
        ]
    else:
        copy = "------ This is a copy of the message, including all the headers. ------"
        lines += [copy, ""]
    original = b"" if story.delay else story.original()
    words = "\n".join(lines) + "\n" + original.decode("utf-8", "replace")
    subject = "Mail failure."
    if story.delay:
        subject = "Warning: message delayed 24 hours"
    elif dice.random() < 0.5:
        subject = "Mail delivery failed: returning message to sender"
    head = [
        ("Return-path", "<>"),
        *story.own_checks(),
        ("X-Failed-Recipients", ", ".join(each.recipient for each in story.failures)),
        ("Auto-Submitted", "auto-replied"),
        ("From", "mailer-daemon@corp.mail.ru" if dice.random() < 0.5 else
         f"Mail Delivery System <Mailer-Daemon@{story.own_host}>"),
        ("To", story.sender),
        ("Subject", subject),
        ("Message-Id", f"<E1t{make_id(story.seed, 4)}-0007Xk-2B@{story.own_host}>"),
        ("Date", stamp(story.date)),
        ("MIME-Version", "1.0"),
    ]  # fmt: skip
    return message(head, text(words, "utf-8", "8bit"))


_COMMAND = {
    "CONN": "connect", "EHLO": "EHLO command", "STARTTLS": "STARTTLS command",
    "AUTH": "AUTH command", "MAIL": "MAIL FROM command", "RCPT": "RCPT command",
    "DATA": "transfer of mail text",
}  # fmt: skip


def _build_gmx(story: Story) -> bytes:
    dice = story.dice("form")
    german = story.language == "de"
    intro = (
        "This message was created automatically by mail delivery software.\n\n"
        "A message that you sent could not be delivered to one or more of\n"
        "its recipients. This is a permanent error. The following address\nfailed:\n"
    )
    if german:
        intro = (
            "Diese Nachricht wurde automatisch von unserem Mail-System erstellt.\n\n"
            "Ihre Nachricht konnte an einen oder mehrere Empfänger nicht zugestellt\n"
            "werden. Dies ist ein permanenter Fehler. Die folgende Adresse ist betroffen:\n"
        )
    lines = [intro]
    for failure in story.failures:
        name = f'"{failure.recipient}"' if dice.random() < 0.5 else f"<{failure.recipient}>"
        lines += [f"{name}:", f"SMTP error from remote server after {_COMMAND[failure.stage]}:"]
        if dice.random() < 0.6:
            lines += [f"host: {failure.host}", failure.reply.line, ""]
        else:
            lines += [f"host {failure.host}[{failure.ip}]:", failure.reply.line, ""]
        if failure.expired:
            reason = "Grund" if german else "Reason"
            lines[-1] = f"{reason}:\ndelivery retry timeout exceeded\n"
    lines += ["", "--- The header of the original message is following. ---", ""]
    if german:
        lines[-2] = "--- Es folgt der Kopf der ursprünglichen Nachricht. ---"
    words = "\n".join(lines) + "\n" + story.original(headers_only=True).decode("utf-8", "replace")
    owner = dice.choice(("gmx.net", "web.de", "1and1.com", "ionos.com"))
    head = [
        *story.own_checks(),
        ("From", f"GMX Mailer Daemon <mailer-daemon@{owner}>" if owner == "gmx.net"
         else f"Mail Delivery System <mailer-daemon@{owner}>"),
        ("To", story.sender),
        ("Date", stamp(story.date)),
        ("Subject", "Mail delivery failed: returning message to sender"),
        ("Auto-Submitted", "auto-replied"),
        ("Message-ID", f"<{make_id(story.seed, 20)}@{story.own_host}>"),
        ("MIME-Version", "1.0"),
    ]  # fmt: skip
    charset = "iso-8859-1" if german else "us-ascii"
    return message(head, text(words, charset, "quoted-printable"))


def _mailru_host(dice: random.Random, domain: str) -> str:
    return f"f{dice.randrange(100, 800)}.i.mail.ru"


def _gmx_host(dice: random.Random, domain: str) -> str:
    return f"mout-xforward.{dice.choice(('gmx.net', 'kundenserver.de', 'web.de'))}"


SERVICES = (
    Service(
        name="mail-ru",
        build=_build_mailru,
        mails=60,
        host=_mailru_host,
        local=_is_exim,
        recipients=3,
        delays=True,
        senders=("mailru.example", "app.example.com"),
    ),
    Service(
        name="gmx",
        build=_build_gmx,
        mails=70,
        host=_gmx_host,
        languages=("en", "en", "de"),
        recipients=3,
        senders=("gmx.example", "kontor.example", "werkstatt.test"),
    ),
)
