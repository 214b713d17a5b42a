"""Providers that run Postfix under another name: iCloud, AOL of old, Yandex, Rambler-like hosts.

What differs is the name before `-Queue-ID` and `-Sender` in the status part, and the host.

Sources: Postfix bounces quoted in public issue threads (roundcube/roundcubemail#6858,
virtualmin/virtualmin-install#46) for the text; the X- names of AOL and Yandex in
`facts/ndr_structure.csv` and in public parsers' notes. Lines are wrapped as Postfix does.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from classifier.model.corpus import Entry
from corpora.services.catalogue import by, is_login
from corpora.services.dsn import fold, status_part
from corpora.services.mime import bundle, envelop, make_id, message, stamp, text
from corpora.services.story import Failure, Service, Story

__all__ = ["SERVICES"]

_COMMANDS = {
    "CONN": "",
    "EHLO": " (in reply to EHLO command)",
    "STARTTLS": " (in reply to STARTTLS command)",
    "AUTH": "",
    "MAIL": " (in reply to MAIL FROM command)",
    "RCPT": " (in reply to RCPT TO command)",
    "DATA": " (in reply to end of DATA command)",
}
_INTRO = (
    "This is the {name} at host {host}.\n\nI'm sorry to have to inform you that your message could "
    "not\nbe delivered to one or more recipients. It's attached below.\n\nFor further assistance, "
    "please send mail to postmaster.\n\nIf you do so, please include this problem report. You can\n"
    "delete your own text from the attached returned message.\n\n                   The {name}\n\n"
)
_HASHES = "#" * 68
_INTRO_DELAY = (
    "This is the {name} at host {host}.\n\n"
    f"{_HASHES}\n# THIS IS A WARNING ONLY.  YOU DO NOT NEED TO RESEND YOUR MESSAGE. #\n"
    f"{_HASHES}\n\n"
    "Your message could not be delivered for more than 4 hour(s).\n"
    "It will be retried until it is 5 day(s) old.\n\n"
    "For further assistance, please send mail to postmaster.\n\n"
    "                   The {name}\n\n"
)


@dataclass(frozen=True, slots=True)
class _Kin:
    name: str  # after "This is the"
    mark: str  # the X- name
    sender: str
    fields: tuple[tuple[str, str], ...] = ()


_ICLOUD = _Kin("mail system", "X-Postfix", "MAILER-DAEMON@{host} (Mail Delivery System)")
_AOL = _Kin(
    "mail system",
    "X-Outbound-Mail-Relay",
    "Mail Delivery System <MAILER-DAEMON@{host}>",
    (("x-aol-global-disposition", "G"), ("X-AOL-IP", "{ip}")),
)
_YANDEX = _Kin(
    "Yandex mail system", "X-Yandex", "mailer-daemon@yandex.ru", (("X-Yandex-Forward", "{id}"),)
)


def _is_postfix(entry: Entry) -> bool:
    return by(entry, "postfix") and not entry.text[:1].isdigit() and "AUTH" not in entry.text


def _say(failure: Failure) -> str:
    """The reply as the log of Postfix tells it."""
    if not failure.host:
        return failure.reply.line
    line = failure.reply.line
    if failure.stage == "CONN":
        return f"host {failure.host}[{failure.ip}] refused to talk to me: {line}"
    if failure.stage == "AUTH":
        return f"SASL authentication failed; server {failure.host}[{failure.ip}] said: {line}"
    return f"host {failure.host}[{failure.ip}] said: {line}{_COMMANDS[failure.stage]}"


def _build(story: Story, kin: _Kin) -> bytes:
    dice = story.dice("form")
    queue = make_id(story.seed, 11).upper()
    intro = (_INTRO_DELAY if story.delay else _INTRO).format(name=kin.name, host=story.own_host)
    lines = [fold(f"<{each.recipient}>: {_say(each)}", 72) for each in story.failures]
    status = []
    for failure in story.failures:
        block = [
            ("Final-Recipient", f"rfc822; {failure.recipient}"),
            ("Original-Recipient", f"rfc822;{failure.recipient}"),
            ("Action", "delayed" if story.delay else "failed"),
            ("Status", failure.status),
        ]
        if failure.host and failure.stage not in ("CONN", "AUTH"):
            block.append(("Remote-MTA", f"dns; {failure.host}"))
            block.append(("Diagnostic-Code", f"smtp; {fold(failure.reply.line, 66)}"))
        else:
            block.append(("Diagnostic-Code", f"{kin.mark}; {fold(_say(failure), 66)}"))
        if story.delay:
            block.append(("Will-Retry-Until", stamp(story.date)))
        status.append(block)
    report = status_part(
        [
            ("Reporting-MTA", f"dns; {story.own_host}"),
            (f"{kin.mark}-Queue-ID", queue),
            (f"{kin.mark}-Sender", f"rfc822; {story.sender}"),
            ("Arrival-Date", stamp(story.sent)),
        ],
        status,
        [("Content-Description", "Delivery report")],
    )
    headers_only = dice.random() < 0.35
    original = story.original(headers_only=headers_only)
    kind = "text/rfc822-headers" if headers_only else "message/rfc822"
    parts = [
        text(intro + "\n\n".join(lines) + "\n", more=[("Content-Description", "Notification")]),
        report,
        envelop(kind, original, [("Content-Description", "Undelivered Message")]),
    ]
    body = bundle(
        "multipart/report",
        parts,
        f"{queue}.{int(queue, 16) % 10**10}/{story.own_host}",
        " report-type=delivery-status;",
        before="This is a MIME-encapsulated message.\n\n",
    )
    slots = {"host": story.own_host, "ip": story.own_ip, "id": make_id("f" + story.seed)}
    subject = "Undelivered Mail Returned to Sender"
    head = [
        ("Received", f"by {story.own_host}\n\tid {queue}; {stamp(story.date)}"),
        *story.own_checks(),
        ("Date", stamp(story.date)),
        ("From", kin.sender.format(**slots)),
        ("Subject", "Delayed Mail (still being retried)" if story.delay else subject),
        ("To", story.sender),
        ("Auto-Submitted", "auto-replied"),
        ("MIME-Version", "1.0"),
        *((name, value.format(**slots)) for name, value in kin.fields),
        ("Message-Id", f"<{story.date:%Y%m%d%H%M%S}.{queue}@{story.own_host}>"),
    ]
    return message(head, body)


def _icloud_host(dice: random.Random, domain: str) -> str:
    place = dice.choice(("st43p00im", "pv50p00im", "ms11p00im"))
    return f"{place}-ztdg{dice.randrange(10**8):08}.me.com"


def _aol_host(dice: random.Random, domain: str) -> str:
    return f"omr-m{dice.randrange(1, 20):02}.mx.aol.com"


def _yandex_host(dice: random.Random, domain: str) -> str:
    return f"forward{dice.randrange(100, 600)}{dice.choice('abcd')}.mail.yandex.net"


SERVICES = (
    Service(
        name="icloud",
        build=lambda story: _build(story, _ICLOUD),
        mails=50,
        host=_icloud_host,
        local=_is_postfix,
        recipients=3,
        senders=("icloud.example", "studio.example"),
    ),
    Service(
        name="aol",
        build=lambda story: _build(story, _AOL),
        mails=30,
        host=_aol_host,
        recipients=2,
        delays=True,
        senders=("aol.example",),
    ),
    Service(
        name="yandex",
        build=lambda story: _build(story, _YANDEX),
        mails=50,
        host=_yandex_host,
        relays=is_login,
        local=_is_postfix,
        recipients=3,
        delays=True,
        senders=("yandex.example", "app.example.com"),
    ),
)
