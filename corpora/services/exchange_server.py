"""Exchange on premises: 2007 to 2019, and the System Administrator of 2003 and older.

2007 and later quote `#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##` when the server itself
refuses, and `HOST #550 5.7.1 ... ##` or `#<HOST #5.7.1 smtp;550 ...> #SMTP#` when another did.
2003 tells in sentences, with the status and the host in angle brackets.

Sources: Microsoft Learn, "How to interpret an Exchange NDR" (in "Email non-delivery reports in
Exchange Online") and "NDRs in Exchange Server"; knowledge base articles 153188, 189441 and
others in public archives for "Your message did not reach some or all of the intended recipients".
"""

from __future__ import annotations

import html as entities
import random

from classifier.model.corpus import Entry
from classifier.reasons import MEANING, Category
from corpora.services.catalogue import by, is_login, is_remote
from corpora.services.dsn import status_part
from corpora.services.exchange_online import is_own
from corpora.services.exchange_prose import LANGUAGES, PROSE, Prose
from corpora.services.mime import (
    Part,
    bundle,
    envelop,
    html,
    make_id,
    message,
    stamp,
    text,
    write_american,
)
from corpora.services.story import Failure, Service, Story

__all__ = ["SERVICES"]

_CLOUD = ("Tenant", "tenant", "5.7.5", "5.7.6", "5.7.7", "licen", "DANE", "4.4.3", "5.4.3")


def _is_local(entry: Entry) -> bool:
    return is_own(entry) and not any(mark in entry.text for mark in _CLOUD)


def _host(dice: random.Random, domain: str) -> str:
    return f"{dice.choice(('EX01', 'EXCH02', 'MAIL', 'srv-ex16', 'MBX1'))}.corp.{domain}"


def _say(failure: Failure, story: Story) -> str:
    """The reply, and what wraps it where the queue has a say."""
    line = failure.reply.line
    if not (story.delay or failure.expired):
        return line
    ours = (
        "400 4.4.7 Message delayed" if story.delay else "550 4.4.7 QUEUE.Expired; message expired"
    )
    when = write_american(story.date)
    where = f"{{FQDN={failure.host}}};{{IP={failure.ip}}}"
    return f"{ours} [{{LED={line}}};{{MSG=}};{where};{{LRT={when}}}]"


def _diagnose(failure: Failure, story: Story) -> str:
    """The line of the report's text for administrators."""
    line = failure.reply.line
    if story.delay or failure.expired or not failure.host:
        return f"#{_say(failure, story)} ##"
    dice = story.dice(f"old {failure.recipient}")
    if dice.random() < 0.3 and failure.reply.status:
        return f"{failure.host} #<{failure.host} #{failure.reply.status} smtp;{line}> #SMTP#"
    return f"{failure.host} #{line} ##"


def _write(story: Story, prose: Prose, headers: str, remote_returned: bool) -> str:
    lines = [prose.delayed if story.delay else prose.failed, ""]
    for failure in story.failures:
        lines += [failure.recipient, prose.trying if story.delay else "", ""]
        if failure.host and not story.delay:
            lines += [f"{prose.organisation} {failure.host}.", ""]
    lines += [prose.diagnostics, "", f"{prose.generating} {story.own_host}", ""]
    for failure in story.failures:
        lines.append(failure.recipient)
        if remote_returned:
            lines += [failure.host] if failure.host else []
            lines.append(f"Remote Server returned '{_say(failure, story)}'")
        else:
            lines.append(_diagnose(failure, story))
        lines.append("")
    if headers:
        lines += [prose.headers, "", headers]
    return "\n".join(lines) + "\n"


def _make_block(failure: Failure, story: Story) -> list[tuple[str, str]]:
    status = failure.status
    if story.delay or failure.expired:
        status = "4.4.7"
    line = _say(failure, story)
    block = [
        ("Final-Recipient", f"rfc822;{failure.recipient}"),
        ("Action", "delayed" if story.delay else "failed"),
        ("Status", status),
        ("Diagnostic-Code", f"smtp;{line}"),
    ]
    if failure.host:
        block.append(("Remote-MTA", f"dns;{failure.host}"))
    block.append(("X-Display-Name", failure.recipient.partition("@")[0]))
    return block


def _build(story: Story) -> bytes:
    dice = story.dice("form")
    prose = PROSE[story.language]
    headers_only = dice.random() < 0.5
    original = story.original("microsoft", headers_only=True)
    headers = original.decode("utf-8", "replace") if dice.random() < 0.5 else ""
    plain = _write(story, prose, headers, dice.random() < 0.35)
    page = f"<html>\n<body>\n<pre>{entities.escape(plain, quote=False)}</pre>\n</body></html>\n"
    charset = {"ja": "iso-2022-jp", "ru": "koi8-r", "zh-CN": "gb2312", "ko": "euc-kr"}.get(
        story.language, dice.choice(("us-ascii", "iso-8859-1", "utf-8"))
    )
    words = text(plain, charset, "quoted-printable", quoted=True)
    token = make_id(story.seed, 18)
    if dice.random() < 0.75:
        kinds = [words, html(page, charset if charset != "us-ascii" else "utf-8")]
        try:
            page.encode(charset)
        except UnicodeEncodeError:
            kinds[1] = html(page)
        words = bundle("multipart/alternative", kinds, f"_4_{token}")
    parts: list[Part] = [words]
    if dice.random() < 0.96:
        parts.append(
            status_part(
                [
                    ("Reporting-MTA", f"dns;{story.own_host}"),
                    ("Received-From-MTA", f"dns;HUB02.corp.{story.sender_domain}"),
                    ("Arrival-Date", stamp(story.sent)),
                ],
                [_make_block(failure, story) for failure in story.failures],
            )
        )
    if headers_only:
        parts.append(envelop("text/rfc822-headers", original))
    else:
        parts.append(envelop("message/rfc822", story.original("microsoft")))
    body = bundle("multipart/report", parts, f"_5_{token}", " report-type=delivery-status;")
    subject = f"{prose.delayed_subject if story.delay else prose.subject} {story.subject}"
    domain = story.sender_domain
    head = [
        *story.own_checks("microsoft"),
        ("From", dice.choice((f"postmaster@{domain}", f"Microsoft Outlook <postmaster@{domain}>",
                              f"<MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@{domain}>"))),
        ("To", f"<{story.sender}>"),
        ("Date", stamp(story.date)),
        ("MIME-Version", "1.0"),
        ("X-MS-Exchange-Organization-SCL", "-1"),
        ("Content-Language", story.language),
        ("Message-ID", f"<{make_id(story.seed, 8)}-3f31-4d2b-a1c5-{token[:12]}@{story.own_host}>"),
        ("In-Reply-To", story.original_id),
        ("References", story.original_id),
        ("Subject", subject),
        ("Auto-Submitted", "auto-replied"),
    ]  # fmt: skip
    return message(head, body)


# --- 2003 ------------------------------------------------------------------------------------

_SAID = {
    Category.RECIPIENT_ADDRESS: (
        "The e-mail account does not exist at the organization this message was sent to. Check "
        "the e-mail address, or contact the recipient directly to find out the correct address."
    ),
    Category.RECIPIENT_MAILBOX: (
        "The message could not be delivered because the recipient's mailbox is full."
    ),
    Category.CONTENT: "There was a SMTP communication problem with the recipient's email server.",
}
_DENIED = (
    "You do not have permission to send to this recipient. For assistance, contact your system "
    "administrator."
)
_TROUBLE = (
    "There was a SMTP communication problem with the recipient's email server. Please contact "
    "your system administrator."
)


def _build_2003(story: Story) -> bytes:
    dice = story.dice("form")
    lines = ["Your message did not reach some or all of the intended recipients.", ""]
    lines += [f"      Subject:\t{story.subject}", f"      Sent:\t{write_american(story.sent)}", ""]
    lines += ["The following recipient(s) cannot be reached:", ""]
    server = story.own_host.lower()
    for failure in story.failures:
        lines.append(f"      '{failure.recipient}' on {write_american(story.date)}")
        said = _SAID.get(MEANING[failure.entry.reason].category) or dice.choice((_DENIED, _TROUBLE))
        if failure.expired:
            said = "Could not deliver the message in the time limit specified. Please retry."
        lines.append(f"            {said}")
        lines += [f"            <{server} #{failure.status} smtp;{failure.reply.line}>", ""]
    words = text("\n".join(lines) + "\n", "iso-8859-1", "quoted-printable")
    blocks = [
        [
            ("Final-Recipient", f"RFC822; {failure.recipient}"),
            ("Action", "failed"),
            ("Status", failure.status),
            ("X-Supplementary-Info", f"<{server} #{failure.status} smtp;{failure.reply.line}>"),
            ("X-Display-Name", failure.recipient),
        ]
        for failure in story.failures
    ]
    report = status_part([("Reporting-MTA", f"dns;{server}"), ("Arrival-Date", stamp(story.sent))],
                         blocks)  # fmt: skip
    parts = [words, report, envelop("message/rfc822", story.original("microsoft"))]
    body = bundle(
        "multipart/report",
        parts,
        f"----_=_NextPart_{make_id(story.seed, 16)}",
        " report-type=delivery-status;",
        before="This is a multi-part message in MIME format.\n\n",
    )
    head = [
        *story.own_checks(),
        ("Content-Class", "urn:content-classes:dsn"),
        ("X-MimeOLE", "Produced By Microsoft Exchange V6.5"),
        ("Subject", f"Undeliverable: {story.subject}"),
        ("Date", stamp(story.date)),
        ("Message-ID", f"<{make_id(story.seed, 24)}@{server}>"),
        ("From", f'"System Administrator" <postmaster@{story.sender_domain}>'),
        ("To", f"<{story.sender}>"),
        ("MIME-Version", "1.0"),
        ("X-DSNContext", f"{dice.choice(('335a7efd', '7ce717b1'))} - 4523 - 00000001 - 80040546"),
    ]
    return message(head, body)


SERVICES = (
    Service(
        name="exchange-server",
        build=_build,
        mails=200,
        host=_host,
        remote=lambda entry: is_remote(entry) and not is_own(entry),
        relays=is_login,
        local=_is_local,
        languages=LANGUAGES,
        recipients=3,
        delays=True,
        coded=True,
    ),
    Service(
        name="exchange-2003",
        build=_build_2003,
        mails=60,
        host=_host,
        remote=lambda entry: is_remote(entry) and not by(entry, "microsoft"),
        relays=is_login,
        recipients=2,
    ),
)
