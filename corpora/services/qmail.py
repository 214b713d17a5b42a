"""qmail and what was made of it: text in the qmail-send bounce message format, without MIME.

Sources: D. J. Bernstein, "The qmail-send Bounce Message Format" (QSBMF), for the order of
paragraphs; a bounce quoted on the oss-security list of 2015-07-02 for a long Gmail reply; the OVH
guides to mailing lists for ezmlm; `facts/mta_texts.csv` for qmail's own words.
"""

from __future__ import annotations

import random

from classifier.model.corpus import Entry
from corpora.services.catalogue import by, is_login
from corpora.services.dsn import split_reply
from corpora.services.mime import make_id, message, stamp
from corpora.services.story import Failure, Service, Story

__all__ = ["SERVICES"]

_OPENINGS = (
    (
        "Hi. This is the qmail-send program at {host}.\n"
        "I'm afraid I wasn't able to deliver your message to the following addresses.\n"
        "This is a permanent error; I've given up. Sorry it didn't work out.\n"
    ),
) * 5 + (
    (
        "Hi. This is the deliver program at {host}.\n"
        "I'm afraid I wasn't able to deliver your message to the following addresses.\n"
        "This is a permanent error; I've given up. Sorry it didn't work out.\n"
    ),
    (
        "This is the machine generated message from mail service at {host}.\n\n"
        "Unable to deliver message to the following address(es).\n"
    ),
    (
        "Hi. This is the qmail-send program at {host}.\n"
        "Su mensaje no pudo ser entregado a las siguientes direcciones.\n"
        "Este es un error permanente.\n"
    ),
)
_REFUSED = {
    "CONN": "Connected to {ip} but greeting failed.",
    "EHLO": "Connected to {ip} but my name was rejected.",
    "STARTTLS": "Connected to {ip} but starttls was rejected.",
    "AUTH": "Connected to {ip} but authentication was rejected (AUTH {mechanism}).",
    "MAIL": "Connected to {ip} but sender was rejected.",
    "RCPT": "{ip} does not like recipient.",
    "DATA": "{ip} failed after I sent the message.",
}


def _host(dice: random.Random, domain: str) -> str:
    return f"{dice.choice(('mail', 'mx', 'ns1', 'qmail'))}.{domain}"


def _tell(failure: Failure, story: Story) -> list[str]:
    lines = [f"<{failure.recipient}>:"]
    if not failure.host:
        lines += split_reply(failure.reply.line)
    else:
        dice = story.dice(f"tell {failure.recipient}")
        mechanism = dice.choice(("LOGIN", "PLAIN", "CRAM-MD5"))
        lines.append(_REFUSED[failure.stage].format(ip=failure.ip, mechanism=mechanism))
        reply = split_reply(failure.reply.line, 66)
        lines += [f"Remote host said: {reply[0]}", *reply[1:]]
        if failure.stage in ("RCPT", "MAIL") and dice.random() < 0.8:
            lines.append(f"Giving up on {failure.ip}.")
    if failure.expired:
        lines.append("I'm not going to try again; this message has been in the queue too long.")
    return [*lines, ""]


def _build(story: Story) -> bytes:
    dice = story.dice("form")
    words = dice.choice(_OPENINGS).format(host=story.own_host) + "\n"
    words += "\n".join(line for failure in story.failures for line in _tell(failure, story))
    words += "\n--- Below this line is a copy of the message.\n\n"
    words += f"Return-Path: <{story.sender}>\n"
    number = int(make_id(story.seed, 4), 16)
    head = [
        ("Return-Path", "<>"),
        ("Received", f"(qmail {number} invoked for bounce); {stamp(story.date)[5:-6]} -0000"),
        *story.own_checks(),
        ("Date", f"{stamp(story.date)[5:-6]} -0000"),
        ("From", f"MAILER-DAEMON@{story.own_host}"),
        ("To", story.sender),
        ("Subject", "failure notice"),
    ]
    return message(head, words) + story.original()


def _is_own(entry: Entry) -> bool:
    return by(entry, "qmail") and not entry.text[:3].isdigit() and "Remote host" not in entry.text


SERVICES = (
    Service(
        name="qmail",
        build=_build,
        mails=90,
        host=_host,
        relays=is_login,
        local=_is_own,
        recipients=3,
    ),
)
