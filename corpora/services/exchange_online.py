"""Exchange Online: what Microsoft 365 sends when a mail of a tenant comes back.

The diagnosis stands in the delivery-status part and, in quotes, in the text after
`Remote Server returned`; what the tenant's own servers say is written the same way. An expired
queue names the last reply after an arrow, or in the `LED` of a list in braces.

Sources: Microsoft Learn, "Email non-delivery reports in Exchange Online" ("What's included in an
NDR?"), and NDRs quoted in public issue threads (hestiacp/hestiacp#2901 for the tail of a reply).
"""

from __future__ import annotations

import html as entities
import random
import re
from collections.abc import Sequence

from classifier.model.corpus import Entry
from classifier.reasons import Reason
from corpora.services.catalogue import by, is_remote
from corpora.services.dsn import status_part
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

__all__ = ["SERVICES", "is_own", "make_host"]

_OWN = re.compile(
    r"RESOLVER\.|STOREDRV|TRANSPORT\.|SMTPSEND|Tenant|Submission|Hop count|bad outbound sender|"
    r"DANE|starttls-not-supported|certificate-|tlsa-|dnssec-|Message expired|DNS (?:domain|query)|"
    r"Journaling|[Hh]osted tenant|licen[sc]e|your (?:organization|tenant)|moderator",
)


def is_own(entry: Entry) -> bool:
    """Whether the sender's own Exchange says this, and no other server."""
    if not by(entry, "microsoft") or entry.hop == "submission":
        return False
    return bool(_OWN.search(entry.text)) or entry.reason is Reason.SENDING_SUSPENDED


def make_host(dice: random.Random, domain: str) -> str:
    """The name of a server of Exchange Online."""
    area = dice.choice(("eurprd04", "namprd12", "apcprd06", "gbrprd01"))
    letters = "".join(dice.choices("ABCDEFGHJKLMNPRSTUVXYZ", k=2))
    name = f"{letters}{dice.randrange(10)}PR{area[:2].upper()}MB{dice.randrange(1000, 9999)}"
    return f"{name}.{area}.prod.outlook.com"


def diagnose(failure: Failure, story: Story) -> str:
    """The reply as the report words it, with what wraps it."""
    line = failure.reply.line
    if story.delay:
        return (
            f"451 4.4.7 Message delayed [{{LED={line}}};{{MSG=}};{{FQDN={failure.host}}};"
            f"{{IP={failure.ip}}};{{LRT={write_american(story.date)}}}]"
        )
    if failure.expired:
        if failure.host:
            return f"550 5.4.300 Message expired -> {line}"
        return f"550 4.4.7 QUEUE.Expired; message expired [{{LED={line}}}]"
    dice = story.dice(f"tail {failure.recipient}")
    if failure.entry.provider == "microsoft" and failure.host and dice.random() < 0.5:
        front = f"{make_id(story.seed, 8).upper()}.eop-EUR05.prod.protection.outlook.com"
        when = f"{story.date:%Y-%m-%dT%H:%M:%S}.000Z"
        return f"{line} [{front} {when} {make_id('t' + story.seed, 16).upper()}]"
    return line


def _write(story: Story, prose: Prose, headers: str) -> str:
    lines = [prose.delayed if story.delay else prose.failed, ""]
    for failure in story.failures:
        lines.append(f"{failure.recipient}<mailto:{failure.recipient}>")
        if story.delay:
            lines += [prose.trying, ""]
        elif failure.host and story.dice(f"who {failure.recipient}").random() < 0.5:
            lines += [f"{prose.organisation} {failure.host}.", ""]
        else:
            lines.append("")
    lines += ["", prose.diagnostics, "", f"{prose.generating} {story.own_host}", ""]
    for failure in story.failures:
        lines.append(failure.recipient)
        if failure.host and story.dice(f"host {failure.recipient}").random() < 0.7:
            lines.append(failure.host)
        lines += [f"Remote Server returned '{diagnose(failure, story)}'", ""]
    if headers:
        lines += [prose.headers, "", headers]
    return "\n".join(lines) + "\n"


def _write_page(story: Story, prose: Prose, headers: str) -> str:
    escape = entities.escape
    rows = "".join(
        f'<p><b><a href="mailto:{escape(each.recipient)}">{escape(each.recipient)}</a></b><br>\n'
        f"{escape(prose.organisation)} {escape(each.host)}.</p>\n"
        for each in story.failures
    )
    told = "".join(
        f"<p>{escape(each.recipient)}<br>\n{escape(each.host)}<br>\n"
        f"Remote Server returned '{escape(diagnose(each, story), quote=False)}'</p>\n"
        for each in story.failures
    )
    tail = f"<p>{escape(prose.headers)}</p>\n<pre>{escape(headers)}</pre>\n" if headers else ""
    return (
        '<html>\n<head>\n<meta http-equiv="Content-Type" content="text/html; charset=utf-8">\n'
        '</head><body>\n<p><font color="#000066" size="3" face="Arial"><b>'
        f"{escape(prose.delayed if story.delay else prose.failed)}</b></font></p>\n{rows}"
        f'<font color="#808080" size="2" face="Tahoma"><p><b>{escape(prose.diagnostics)}</b></p>\n'
        f"<p>{escape(prose.generating)} {escape(story.own_host)}</p>\n{told}{tail}</font>\n"
        "</body>\n</html>\n"
    )


def _write_new(story: Story, headers: str) -> str:
    """The newer report for one recipient, in English, which explains before it quotes."""
    failure = story.failures[0]
    user, _, domain = failure.recipient.partition("@")
    status = failure.reply.status or failure.status
    return f"""[https://products.office.com/en-us/CMSImages/Office365Logo_Orange.png]
Your message to {failure.recipient} couldn't be delivered.

A problem at {domain} or on the way to {user} stopped this message.

{story.sender.partition("@")[0]}    Office 365    {user}
Action Required                  Recipient


How to Fix It
Read the error below, then contact who can change what it names.

More Info for Email Admins
Status code: {failure.code} {status}

Original Message Details
Created Date:  {write_american(story.sent)}
Sender Address:  {story.sender}
Recipient Address:  {failure.recipient}
Subject:  {story.subject}

Error Details
Error:  {diagnose(failure, story)}
Message rejected by:  {failure.host or story.own_host}

Notification Details
Sent by:  {story.own_host}

{"Original Message Headers" if headers else ""}

{headers}
"""


def _make_fields(failure: Failure, story: Story) -> list[tuple[str, str]]:
    action, status = ("delayed", "4.4.7") if story.delay else ("failed", failure.status)
    if failure.expired and not story.delay:
        status = "5.4.300" if failure.host else "4.4.7"
    found = [
        ("Final-Recipient", f"rfc822;{failure.recipient}"),
        ("Action", action),
        ("Status", status),
        ("Diagnostic-Code", f"smtp;{diagnose(failure, story)}"),
    ]
    if failure.host:
        found.append(("Remote-MTA", f"dns;{failure.host}"))
    if story.delay:
        found.append(("Will-Retry-Until", stamp(story.date)))
    found.append(("X-Display-Name", failure.recipient))
    return found


def _build(story: Story) -> bytes:
    dice = story.dice("form")
    prose = PROSE[story.language]
    headers_only = dice.random() < 0.6
    # Exchange speaks Microsoft's dialect of Authentication-Results in what it returns.
    original = story.original("microsoft", headers_only=True)
    headers = original.decode("utf-8", "replace") if dice.random() < 0.6 else ""
    newer = story.language == "en" and len(story.failures) == 1 and not story.delay
    if newer and dice.random() < 0.45:
        plain = _write_new(story, headers)
        page = f"<html><body><pre>{entities.escape(plain)}</pre></body></html>\n"
    else:
        plain, page = _write(story, prose, headers), _write_page(story, prose, headers)
    charset = dice.choice(("us-ascii", "utf-8", "iso-8859-1"))
    words: Part = text(plain, charset, "quoted-printable", quoted=True)
    boundary = f"_{make_id(story.seed, 8)}-{make_id('b' + story.seed, 12)}{story.own_host[:12]}_"
    shape = dice.random()
    if shape < 0.7:
        words = bundle("multipart/alternative", [words, html(page)], f"_000{boundary}",
                       " differences=Content-Type;")  # fmt: skip
    elif shape < 0.85:
        words = html(page)
    parts: list[Part] = [words]
    if dice.random() < 0.96:
        parts.append(
            status_part(
                [
                    ("Reporting-MTA", f"dns;{story.own_host}"),
                    ("Received-From-MTA", f"dns;{make_host(dice, '')}"),
                    ("Arrival-Date", stamp(story.sent)),
                ],
                [_make_fields(failure, story) for failure in story.failures],
            )
        )
    if headers_only:
        parts.append(envelop("text/rfc822-headers", original))
    else:
        parts.append(envelop("message/rfc822", story.original("microsoft")))
    body = bundle("multipart/report", parts, f"_002{boundary}", " report-type=delivery-status;")
    subject = f"{prose.delayed_subject if story.delay else prose.subject} {story.subject}"
    return message(_make_head(story, subject), body)


def _make_head(story: Story, subject: str) -> Sequence[tuple[str, str]]:
    dice = story.dice("head")
    tenant = story.sender_domain
    box = f"MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@{tenant}"
    sender = dice.choice((f"postmaster@{tenant}", f"Microsoft Outlook\n <{box}>", f"<{box}>"))
    hop = f"from {story.own_host} ([::1]) by {story.own_host}\n ([fe80::1%4])"
    mark = f"{make_id(story.seed, 8)}-b1f2-4c1e-9a77-{make_id('m' + story.seed, 12)}"
    head = [
        ("Received", f"{hop} with Microsoft SMTP Server id 15.20.9999.9; {stamp(story.date)}"),
        *story.own_checks("microsoft"),
        ("MIME-Version", "1.0"),
        ("From", sender),
        ("To", f"<{story.sender}>"),
        ("Date", stamp(story.date)),
        ("Content-Language", story.language),
        ("Message-ID", f"<{mark}@{story.own_host}>"),
        ("In-Reply-To", f"<{make_id('o' + story.seed, 20)}@{tenant}>"),
        ("Subject", subject),
        ("Auto-Submitted", "auto-replied"),
        ("X-MS-Exchange-Message-Is-Ndr", ""),
    ]
    if dice.random() < 0.5:
        head.append(("X-MS-PublicTrafficType", "Email"))
        head.append(("X-MS-TrafficTypeDiagnostic", f"{story.own_host.partition('.')[0]}:EE_"))
    return head


SERVICES = (
    Service(
        name="exchange-online",
        build=_build,
        mails=230,
        host=make_host,
        remote=lambda entry: is_remote(entry) and not is_own(entry),
        local=is_own,
        languages=LANGUAGES,
        recipients=4,
        delays=True,
        coded=True,
    ),
)
