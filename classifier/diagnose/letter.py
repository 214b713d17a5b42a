"""The mail to the recipient's administrator: what happened, the evidence, what to look at.

It says what they need to find the message in their own log, and nothing else of the sender's side.
"""

from __future__ import annotations

import datetime
import re
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Final

from classifier.diagnose.chain import Diagnosis
from classifier.diagnose.context import Context
from classifier.diagnose.finding import Finding, Hop, Status
from classifier.errors import OperatorError
from classifier.reasons import Reason
from classifier.terminal import neutral, wrap

__all__ = ["write_letter"]

_WIDTH: Final = 76
_PROVING: Final = ("spf", "spf-path", "dkim-keys", "dkim-signature", "dmarc", "alignment", "bounce")
#   A custom mail flow rule created by an admin at example.org has blocked your message.
#   (a blank line)
#   Only partners may write to this address.
_RULE: Final = re.compile(
    r"custom mail flow rule created by an admin at \S{1,255} has blocked your message\.[ \t]*"
    r"(?:\n[ \t]*\n([^\n\t]{3,200}\.)[ \t]*\n)?"
)
_WILD: Final = re.compile(r"[][*?`]")  # what PowerShell's -like takes for a pattern
_DAY: Final = datetime.timedelta(days=1)


def write_letter(context: Context, diagnosis: Diagnosis) -> str:
    """The mail, ready to send, with LF at the ends of lines.

    Raises `OperatorError` where there is nobody to ask or nothing to ask for.
    """
    domain, cause = context.recipient_domain, diagnosis.cause
    if domain is None or context.row is None:
        raise OperatorError("--letter", ["needs a bounce that names a recipient"], "Give MAIL.")
    if cause is None or cause.hop not in (Hop.MX, Hop.MAILBOX):
        fault = "there is nothing to ask of the recipient's administrator"
        raise OperatorError("--letter", [fault], diagnosis.conclusion)
    mail = EmailMessage()
    mail["To"] = f"postmaster@{_plain(domain)}"  # which every domain must read (RFC 5321 4.5.1)
    if context.sender:
        mail["From"] = _address(context.sender)
    mail["Subject"] = f"Mail from {_plain(context.domain or 'us')} refused at {_plain(domain)}"
    mail.set_content(_body(context, diagnosis, cause, domain), cte="8bit")
    return mail.as_bytes().decode("utf-8", "replace")


def _plain(text: str) -> str:
    return "".join(sign for sign in neutral(text) if sign not in '<>"(),;:\\')[:200]


def _address(text: str) -> str | Address:
    try:
        return Address(addr_spec=text)
    except (ValueError, IndexError, AttributeError):
        return _plain(text)


def _body(context: Context, diagnosis: Diagnosis, cause: Finding, domain: str) -> str:
    row = context.row
    recipient = ", ".join(context.recipients[:5])
    facts = [
        ("Message-ID", context.message_id),
        ("From", context.sender),
        ("To", recipient),
        ("Sent", f"{context.sent:%Y-%m-%d %H:%M:%S} UTC" if context.sent else None),
        ("From server", context.sending_ip),
        ("Refused by", (row.remote_mta or row.reporting_mta) if row else None),
        ("Reply", row.diagnostic_code if row else None),
    ]
    lines = ["Hello,", ""]
    lines += wrap(f"our mail to {recipient} was refused at {domain}: {cause.what}.", _WIDTH)
    lines += ["", *[f"  {name + ':':<13}{neutral(value)[:400]}" for name, value in facts if value]]
    proved = _proof(diagnosis)
    if proved:
        lines += ["", "As far as it can be seen from here, our side is in order:", ""]
        lines += [f"  - {neutral(each)[:300]}" for each in proved]
    else:
        lines += ["", "We could not check our own records while this was written."]
    lines += ["", *wrap(_ask(context), _WIDTH), ""]
    lines += [f"  {command}" for command in _commands(context)]
    lines += ["", "Thank you."]
    return "\n".join(lines) + "\n"


def _proof(diagnosis: Diagnosis) -> list[str]:
    author = diagnosis.chain[0].findings
    if any(each.status is Status.BROKEN for each in author):
        return []
    good = [each for each in author if each.check in _PROVING and each.status is Status.OK]
    return [each.what for each in good]


def _ask(context: Context) -> str:
    reason = context.row.reason if context.row else None
    asks = {
        Reason.TRANSPORT_RULE: "Would you let us through the mail flow rule that refused it, or"
        " tell us what it asks for?",
        Reason.SENDER_RESTRICTED: "Would you let this address, or outside senders, write to this"
        " recipient?",
        Reason.SENDER_BLOCKED: "Would you take us off the list that blocks us?",
    }
    ask = asks.get(Reason(reason)) if reason else None
    ask = ask or "Would you see what refused it, and let us through if it was a mistake?"
    where = " This is where to look" if _commands(context) else ""
    system = {"microsoft": " (Exchange Online PowerShell)", "google": " (Google Admin console)"}
    return ask + where + (system.get(_system(context), "") + ":" if where else "")


def _system(context: Context) -> str:
    row = context.row
    hosts = " ".join(filter(None, (row.remote_mta, row.reporting_mta))).lower() if row else ""
    if "outlook.com" in hosts or (row and row.provider == "microsoft"):
        return "microsoft"
    if "google" in hosts or (row and row.provider == "google"):
        return "google"
    return ""


def quote(text: str) -> str:
    """Text for PowerShell between single quotes, which leave nothing to be run.

    PowerShell takes typographic quotes for quotes, too, so that these are left out.
    """
    kept = "".join(sign for sign in neutral(text) if sign not in "\u2018\u2019\u201a\u201b")
    return "'" + kept.replace("'", "''")[:250] + "'"


def _commands(context: Context) -> list[str]:
    system = _system(context)
    if system == "microsoft":
        return _for_microsoft(context)
    if system == "google":
        number = context.message_id or "the Message-ID above"
        return [
            f"Reporting > Email log search: Message ID {neutral(number)[:300]}",
            "Apps > Google Workspace > Gmail > Compliance",
            "Apps > Google Workspace > Gmail > Spam, phishing and malware",
        ]
    return []


def _for_microsoft(context: Context) -> list[str]:
    """What finds the message, and what let it through (learn.microsoft.com, ExchangePowerShell)."""
    recipient, domain = context.recipients[0], context.domain or ""
    first = [f"-MessageId {quote(context.message_id)}"] if context.message_id else []
    span = []
    if context.sent:
        span = [
            f"-StartDate {context.sent - _DAY:%Y-%m-%d} -EndDate {context.sent + 2 * _DAY:%Y-%m-%d}"
        ]
    who = f"-RecipientAddress {quote(recipient)}"
    found = " ".join(["Get-MessageTraceV2", *first, who, *span])
    lines = [
        f"$mail = {found}",
        "$mail | Get-MessageTraceDetailV2 | Format-List Event, Detail, Data",
    ]
    reason = context.row.reason if context.row else None
    rule = _RULE.search(context.prose)
    if reason == Reason.TRANSPORT_RULE or rule:
        # What the rule says of itself stands below the sentence, where its author wrote anything.
        words = _WILD.sub("?", rule.group(1).strip()) if rule and rule.group(1) else ""
        lines += [
            "Get-TransportRule | Where-Object RejectMessageReasonText"
            + (f" -like {quote(f'*{words}*')}" if words else ""),
            f"Set-TransportRule 'NAME OF THE RULE' -ExceptIfSenderDomainIs {quote(domain)}",
        ]
    elif reason == Reason.SENDER_RESTRICTED:
        lines += [
            f"Get-Recipient {quote(recipient)} | Format-List *Authenticat*, AcceptMessagesOnly*",
            f"Set-DistributionGroup {quote(recipient)} -RequireSenderAuthenticationEnabled $false",
        ]
    else:
        lines += [
            f"Get-TenantAllowBlockListItems -ListType Sender -Entry {quote(domain)}",
            f"New-TenantAllowBlockListItems -Allow -ListType Sender -Entries {quote(domain)}",
        ]
    return lines
