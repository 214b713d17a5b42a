"""Gmail and Google Workspace: the notices of the Mail Delivery Subsystem.

Four forms: the text of the years before 2017 ("Technical details of permanent failure"), the
multipart/report since, the notice of a refused "Send mail as" relay, and Google Groups, which
says in prose that a group takes no post and quotes no reply.

Sources: Ubuntu forum threads and blog posts that quote the old text ("(state 14)"); threads
roundcube/roundcubemail#7990 and forwardemail/free-email-forwarding#48, 51, 57, 62 for the new
one and for "Send mail as"; a message of 2017-11-23 to the git mailing list for Google Groups;
`facts/ndr_structure.csv` for the order of parts.
"""

from __future__ import annotations

import html as entities
import random
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone

from classifier.model.corpus import Entry
from classifier.reasons import MEANING, Category, Reason
from corpora.services.catalogue import by, is_sending
from corpora.services.dsn import fold, split_reply, status_part
from corpora.services.gmail_prose import LANGUAGES, PROSE, Prose
from corpora.services.mime import Part, bundle, envelop, html, make_id, message, stamp, text
from corpora.services.story import Failure, Service, Story

__all__ = ["SERVICES"]

_GOOGLE_SENDERS = ("example.com", "shop.example.com", "studio.example", "gmail.example")
# What Gmail found out itself is told without a reply; here these are words of its own replies.
_LOCAL_ONLY = "Unspecified Error"


def _host(dice: random.Random, domain: str) -> str:
    return (
        f"mail-{dice.choice(('ed1', 'lf1', 'wr1', 'pj1'))}-x{dice.randrange(16, 70):x}.google.com"
    )


def _is_notice(entry: Entry) -> bool:
    return by(entry, "google") and (
        entry.text.startswith(_LOCAL_ONLY) or "TLS Negotiation failed" in entry.text
    )


def _head(story: Story, kind: str = "Failure") -> list[tuple[str, str]]:
    token = make_id(story.seed, 20)
    failed = ", ".join(failure.recipient for failure in story.failures)
    hop = (
        f"from {story.own_host} ({story.own_host}. [{story.own_ip}])\n"
        f"        by mx.google.com with SMTPS id {token};\n        {stamp(story.date)}"
    )
    return [
        ("Delivered-To", story.sender),
        ("Received", f"by 2002:a05:6402:{token[:4]}:b0 with SMTP id {token}; {stamp(story.date)}"),
        ("X-Google-Smtp-Source", make_id("g" + story.seed, 64)),
        ("Return-Path", "<>"),
        ("Received", hop),
        *story.own_checks("google"),
        ("From", "Mail Delivery Subsystem <mailer-daemon@googlemail.com>"),
        ("To", story.sender),
        ("Auto-Submitted", "auto-replied"),
        ("Subject", f"Delivery Status Notification ({kind})"),
        ("References", story.original_id),
        ("In-Reply-To", story.original_id),
        ("X-Failed-Recipients", failed),
        ("Message-ID", f"<{token[:8]}.{token[8:14]}.{token[14:]}.GMR@mx.google.com>"),
        ("Date", stamp(story.date)),
    ]


# --- the old text ----------------------------------------------------------------------------


def _build_old(story: Story) -> bytes:
    dice = story.dice("form")
    lines = []
    if dice.random() < 0.5:
        lines += ["This is an automatically generated Delivery Status Notification", ""]
    failure = story.failures[0]
    if story.delay:
        lines += ["THIS IS A WARNING MESSAGE ONLY.", "",
                  "YOU DO NOT NEED TO RESEND YOUR MESSAGE.", "",
                  "Delivery to the following recipient has been delayed:"]  # fmt: skip
    else:
        lines.append("Delivery to the following recipient failed permanently:")
    lines += ["", f"     {failure.recipient}", ""]
    state = dice.choice((9, 13, 14, 17, 18))
    told = f"{failure.reply.code} {failure.reply.line} (state {state})."
    if story.delay:
        lines += [f"Message will be retried for {dice.choice((1, 2, 3))} more day(s)", "",
                  "Technical details of temporary failure:"]  # fmt: skip
    else:
        lines.append("Technical details of permanent failure:")
    if dice.random() < 0.5:
        said = (
            "Google tried to deliver your message, but it was rejected by the recipient domain. "
            "We recommend contacting the other email provider for further information about the "
            f"cause of this error. The error that the other server returned was: {told}"
        )
        lines.append(said)
    else:
        said = (
            "Google tried to deliver your message, but it was rejected by the server for the "
            f"recipient domain {failure.domain} by {failure.host}. [{failure.ip}]."
        )
        lines += [said, "", "The error that the other server returned was:", failure.reply.line]
    lines += ["", "", "----- Original message -----", ""]
    original = story.original("google").decode("utf-8", "replace")
    cut = original if dice.random() < 0.4 else original.partition("\n\n")[0] + "\n"
    lines.append(cut)
    if dice.random() < 0.3:
        lines.append("----- Message truncated -----\n")
    body = text("\n".join(lines), dice.choice(("utf-8", "iso-8859-1")), "quoted-printable")
    return message(
        [*_head(story, "Delay" if story.delay else "Failure"), ("MIME-Version", "1.0")], body
    )


# --- the new report --------------------------------------------------------------------------


def _pacific(date: datetime) -> str:
    return f"{stamp(date.astimezone(timezone(timedelta(hours=-7))))} (PDT)"


def _title(failure: Failure, story: Story, prose: Prose) -> tuple[str, str]:
    if story.delay:
        return prose.late_title, prose.late
    category = MEANING[failure.entry.reason].category
    if category is Category.RECIPIENT_ADDRESS:
        return prose.unknown_title, prose.unknown
    if failure.expired or category in (Category.TRANSPORT, Category.RECEIVER_SYSTEM):
        return prose.other_title, prose.other
    return prose.blocked_title, prose.blocked


def _tell(failure: Failure, story: Story, prose: Prose) -> tuple[list[str], list[str]]:
    """The paragraphs before the reply, and the lines of the reply."""
    dice = story.dice(f"tell {failure.recipient}")
    title, body = _title(failure, story, prose)
    hours = dice.choice((22, 46, 70))
    before = [f"** {title} **", body.format(to=failure.recipient, n=hours)]
    google = failure.entry.provider == "google"
    if google and dice.random() < 0.7:
        page = "NoSuchUser" if failure.entry.reason is Reason.USER_UNKNOWN else "BlockedMessage"
        before.append(f"{prose.more} https://support.google.com/mail/?p={page}")
    before.append(prose.response if google or dice.random() < 0.3 else prose.remote)
    reply = failure.reply.line
    return before, split_reply(reply, 64) if dice.random() < 0.2 else [reply]


def _page(before: Sequence[str], reply: Sequence[str], logo: str) -> str:
    escape = entities.escape
    heading, *rest = before
    paragraphs = "".join(f"<p>{escape(each)}</p>\n" for each in rest)
    lines = "<br>\n".join(escape(each, quote=False) for each in reply)
    return (
        '<html>\n<head>\n<style>\n* {font-family:Roboto, "Helvetica Neue", Helvetica, Arial, '
        'sans-serif;}\n</style>\n</head>\n<body>\n<table cellpadding="0" cellspacing="0" '
        'class="email-wrapper" style="padding-top:32px;background-color:#ffffff;"><tbody>\n'
        f'<tr><td><img alt="Error Icon" src="cid:{logo}" height="36" width="36"/></td>\n<td>'
        f'<h2 style="font-size:20px">{escape(heading.strip("* "))}</h2>\n{paragraphs}'
        f'<p style="font-family:monospace">\n{lines}\n</p></td></tr>\n</tbody></table>\n'
        "</body>\n</html>\n"
    )


_ICON = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5E\n"
    "rkJggg==\n"
)


def _report(story: Story, before: Sequence[str], reply: Sequence[str], kind: str) -> bytes:
    dice = story.dice("report")
    plain = "\n\n".join(before) + "\n\n" + "\n".join(reply) + "\n"
    first: Part = text(plain, "utf-8", "quoted-printable", quoted=True)
    token = make_id("b" + story.seed, 24)
    if dice.random() < 0.85:
        page = html(_page(before, reply, "icon.png"), "UTF-8")
        first = bundle("multipart/alternative", [first, page], f"0000000000{token[:14]}a1")
        icon = Part(
            (
                ("Content-Type", 'image/png; name="icon.png"'),
                ("Content-Disposition", 'attachment; filename="icon.png"'),
                ("Content-Transfer-Encoding", "base64"),
                ("Content-ID", "<icon.png>"),
            ),
            _ICON.encode(),
        )
        first = bundle("multipart/related", [first, icon], f"0000000000{token[:14]}b2")
    blocks = []
    for failure in story.failures:
        block = [("Final-Recipient", f"rfc822; {failure.recipient}")]
        block.append(("Action", "delayed" if story.delay else "failed"))
        block.append(("Status", failure.status))
        if failure.host:
            shown = f"{failure.host}. ({failure.ip}, the server for the domain {failure.domain}.)"
            block.append(("Remote-MTA", f"dns; {shown}"))
        block.append(("Diagnostic-Code", f"smtp; {fold(failure.reply.line, 72, ' ')}"))
        block.append(("Last-Attempt-Date", _pacific(story.date)))
        if story.delay:
            block.append(("Will-Retry-Until", stamp(story.date)))
        blocks.append(block)
    per_message = [
        ("Reporting-MTA", "dns; googlemail.com"),
        ("Received-From-MTA", f"dns; {story.sender}"),
        ("Arrival-Date", _pacific(story.sent)),
        ("X-Original-Message-ID", story.original_id),
    ]
    parts = [first]
    if dice.random() < 0.94:
        parts.append(status_part(per_message, blocks))
    headers_only = dice.random() < 0.35
    original = story.original("google", headers_only=headers_only)
    parts.append(envelop("text/rfc822-headers" if headers_only else "message/rfc822", original))
    body = bundle(
        "multipart/report", parts, f"0000000000{token[:14]}c3", " report-type=delivery-status;"
    )
    return message([*_head(story, kind), ("MIME-Version", "1.0")], body)


def _build_new(story: Story) -> bytes:
    before, reply = _tell(story.failures[0], story, PROSE[story.language])
    return _report(story, before, reply, "Delay" if story.delay else "Failure")


def _build_send_as(story: Story) -> bytes:
    dice = story.dice("form")
    prose = PROSE[story.language]
    before = [f"** {prose.other_title} **", f"{prose.alias} {prose.settings}"]
    if dice.random() < 0.8:
        before.append(f"{prose.more} https://support.google.com/mail/?p=CustomFromDenied")
    before.append(prose.response if dice.random() < 0.6 else prose.remote)
    reply = story.failures[0].reply.line
    if dice.random() < 0.15 and story.failures[0].stage == "AUTH":
        reply = f"SMTP AUTH failed with the remote server. {reply}"
    if dice.random() < 0.12:  # the same in the older form without parts
        words = "\n\n".join([*before, reply])
        words += "\n\n----- Original message -----\n\n"
        words += story.original("google", headers_only=True).decode("utf-8", "replace")
        return message(
            [*_head(story), ("MIME-Version", "1.0")], text(words, "utf-8", "quoted-printable")
        )
    return _report(story, before, [reply], "Failure")


# --- Google Groups ---------------------------------------------------------------------------


def _build_groups(story: Story) -> bytes:
    failure = story.failures[0]
    group, _, domain = failure.recipient.partition("@")
    dice = story.dice("form")
    where = f"the group you tried to contact ({group})"
    words = (
        f"Hello {story.sender},\n\nWe're writing to let you know that {where} may not exist, or "
        "you may not have permission to post messages to the group. A few more details on why "
        "you weren't able to post:\n\n"
        " * You might have spelled or formatted the group name incorrectly.\n"
        " * The owner of the group may have removed this group.\n"
        " * You may need to join the group before receiving permission to post.\n"
        " * This group may not be open to posting.\n\n"
        "If you have questions related to this or any other Google Group, visit the Help Center "
        f"at https://support.google.com/a/{domain}/bin/topic.py?topic=25838.\n\nThanks,\n\n"
        f"{domain} admins\n\n\n\n----- Original message -----\n\n"
    )
    words += story.original("google", headers_only=dice.random() < 0.5).decode("utf-8", "replace")
    head = [(name, value) for name, value in _head(story) if name != "From"]
    service = dice.choice(("google", "googlemail"))
    head.append(("From", f"Mail Delivery Subsystem <mailer-daemon@{service}.com>"))
    body = text(words, "utf-8", dice.choice(("quoted-printable", "base64")))
    return message([*head, ("MIME-Version", "1.0")], body)


def _is_group(entry: Entry) -> bool:
    return entry.reason is Reason.SENDER_RESTRICTED and by(entry, "google", "microsoft", "written")


def _never(entry: Entry) -> bool:
    return False


SERVICES = (
    Service(
        name="gmail",
        build=_build_new,
        mails=200,
        host=_host,
        languages=LANGUAGES,
        delays=True,
        senders=_GOOGLE_SENDERS,
    ),
    Service(
        name="gmail-send-as",
        build=_build_send_as,
        mails=200,
        host=_host,
        remote=_never,
        relays=is_sending,
        local=_is_notice,
        languages=LANGUAGES,
        senders=_GOOGLE_SENDERS,
    ),
    Service(
        name="gmail-text",
        build=_build_old,
        mails=90,
        host=_host,
        delays=True,
        senders=_GOOGLE_SENDERS,
    ),
    Service(
        name="google-groups",
        build=_build_groups,
        mails=14,
        host=_host,
        remote=_never,
        local=_is_group,
        senders=_GOOGLE_SENDERS,
        shows=lambda failure: ("", ""),
    ),
)
