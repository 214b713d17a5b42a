"""What happened to one mail: who wrote it, whom it did not reach, and what was answered.

A story is told by a seed alone, so that adding one entry to the catalogue changes only the mails
that use it.
"""

from __future__ import annotations

import functools
import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from email.header import decode_header, make_header
from email.parser import BytesParser
from email.policy import compat32
from typing import Final

from classifier.model.corpus import Entry
from classifier.reasons import MEANING, Category, Permanence, Reason
from corpora.labels import entry_key
from corpora.originals import make_original
from corpora.services.authentication import Checks, check
from corpora.services.catalogue import Reply, is_remote, read_reply

__all__ = ["Failure", "Service", "Story", "tell"]

_SLOT: Final = re.compile(r"\{(\w+)\}")

_PEOPLE: Final = (
    "anna", "j.smith", "info", "o'neill", "sales+eu", "m_kowalski", "tanaka", "no-reply", "office",
    "buchhaltung", "jean-luc.martin", "maria.garcia", "support", "li.wei", "ivanov.p", "k.jensen",
    "billing", "erika.mustermann", "hr", "ahmet.yilmaz", "webmaster", "contact", "t.nguyen", "team",
    "giulia.rossi", "d.novak", "s.lindqvist", "pedro.souza", "r2d2", "bestellung",
)  # fmt: skip
_SENDERS: Final = (
    "example.com", "example.net", "shop.example.com", "news.example.net", "kontor.example",
    "mail.example.org", "acme.example", "werkstatt.test", "studio.example", "app.example.com",
)  # fmt: skip
_RECIPIENTS: Final = (
    "example.org", "kunde.example", "partner.example", "uni.test", "stadt.example",
    "praxis.example.net", "firma.example", "school.example.org", "clinic.test", "verein.example",
    "lab.example.org", "bank.example", "hotel.example", "mail.example",
)  # fmt: skip
_NETS: Final = ("192.0.2", "198.51.100", "203.0.113")
_RELAYS: Final = (
    "smtp.example.net", "relay.example.net", "smtp-out.example.net", "mail.hoster.example",
    "smarthost.example.com",
)  # fmt: skip

#: The exchangers of who hosts mail for others, by whose words a reply is.
_EXCHANGERS: Final[Mapping[str, tuple[str, ...]]] = {
    "microsoft": ("{dashed}.mail.protection.outlook.com",) * 3
    + ("hotmail-com.olc.protection.outlook.com",),
    "google": ("aspmx.l.google.com", "alt1.aspmx.l.google.com", "gmail-smtp-in.l.google.com"),
    "yahoo": ("mta5.am0.yahoodns.net", "mx-eu.mail.am0.yahoodns.net"),
    "apple": ("mx01.mail.icloud.com", "mx02.mail.icloud.com"),
    "mimecast": ("eu-smtp-inbound-1.mimecast.com", "us-smtp-inbound-2.mimecast.com"),
    "proofpoint": ("mxa-00123456.gslb.pphosted.com", "mx1.ppe-hosted.com"),
    "barracuda": ("d12345a.ess.barracudanetworks.com",),
    "trendmicro": ("{dashed}.in.tmes.trendmicro.eu",),
    "symantec": ("cluster5.eu.messagelabs.com",),
    "messagelabs": ("cluster5.eu.messagelabs.com",),
    "gmx": ("mx00.emig.gmx.net", "mx01.gmx.net"),
    "qq": ("mx3.qq.com", "mxbiz1.qq.com"),
    "netease": ("163mx02.mxmail.netease.com",),
    "yandex": ("mx.yandex.ru",),
    "mailru": ("mxs.mail.ru",),
    "rambler": ("inmx.rambler.ru",),
    "zoho": ("mx.zoho.com", "mx2.zoho.eu"),
    "orange": ("smtp-in.orange.fr",),
    "free": ("mx1.free.fr",),
    "comcast": ("mx1.comcast.net",),
    "att": ("al-ip4-mx-vip1.prodigy.net",),
    "godaddy": ("mailstore1.secureserver.net",),
    "proton": ("mail.protonmail.ch",),
}
_SUBMISSION: Final[Mapping[str, tuple[str, ...]]] = {
    "microsoft": ("smtp.office365.com", "smtp-mail.outlook.com"),
    "google": ("smtp.gmail.com", "smtp-relay.gmail.com"),
    "amazon-ses": ("email-smtp.us-east-1.amazonaws.com", "email-smtp.eu-west-1.amazonaws.com"),
    "sendgrid": ("smtp.sendgrid.net",),
    "mailgun": ("smtp.mailgun.org", "smtp.eu.mailgun.org"),
    "mailjet": ("in-v3.mailjet.com",),
    "postmark": ("smtp.postmarkapp.com",),
    "sparkpost": ("smtp.sparkpostmail.com",),
    "brevo": ("smtp-relay.brevo.com",),
    "yahoo": ("smtp.mail.yahoo.com",),
    "apple": ("smtp.mail.me.com",),
    "gmx": ("mail.gmx.net",),
    "qq": ("smtp.qq.com", "smtp.exmail.qq.com"),
    "netease": ("smtp.163.com",),
    "yandex": ("smtp.yandex.com",),
    "mailru": ("smtp.mail.ru",),
    "zoho": ("smtp.zoho.com", "smtppro.zoho.eu"),
    "godaddy": ("smtpout.secureserver.net",),
    "orange": ("smtp.orange.fr",),
    "free": ("smtp.free.fr",),
    "comcast": ("smtp.comcast.net",),
    "infomaniak": ("mail.infomaniak.com",),
    "ovh": ("ssl0.ovh.net",),
    "ionos": ("smtp.ionos.de",),
}

_STAGES: Final[Mapping[Reason, str]] = {
    Reason.BAD_CREDENTIALS: "AUTH",
    Reason.LOGIN_BLOCKED: "AUTH",
    Reason.AUTHENTICATION_REQUIRED: "MAIL",
    Reason.SENDER_NOT_PERMITTED: "MAIL",
    Reason.SENDING_SUSPENDED: "DATA",
    Reason.SENDER_DOMAIN_INVALID: "MAIL",
    Reason.REVERSE_DNS_FAILED: "MAIL",
    Reason.IP_BLOCKLISTED: "MAIL",
    Reason.TOO_MANY_CONNECTIONS: "CONN",
    Reason.TLS_FAILURE: "MAIL",
}
_LOGIN_CODES: Final = ("534", "535", "454", "524", "525")
_AT_DATA: Final = frozenset(
    {
        *(Reason.SPF_FAILED, Reason.DKIM_FAILED, Reason.DMARC_FAILED, Reason.UNAUTHENTICATED),
        *(Reason.POLICY_REJECTED, Reason.TRANSPORT_RULE, Reason.POOR_REPUTATION),
        *(Reason.DOMAIN_BLOCKLISTED, Reason.RATE_LIMITED, Reason.SYSTEM_ERROR),
    }
)
_OURS: Final = frozenset(  # whose replies speak of the sender's domain
    {Category.SENDER_AUTHENTICATION, Category.SENDER_CREDENTIALS, Category.SENDER_REPUTATION}
)


@dataclass(frozen=True, slots=True)
class Failure:
    """One recipient that was not reached."""

    recipient: str
    entry: Entry
    reply: Reply
    host: str  # who said it, "" where the reporting server did
    ip: str
    stage: str  # CONN EHLO STARTTLS AUTH MAIL RCPT DATA

    @property
    def expired(self) -> bool:
        """Whether a final report ends what was only put off."""
        return self.reply.temporary

    @property
    def domain(self) -> str:
        """Where the recipient lives."""
        return self.recipient.rpartition("@")[2]

    @property
    def code(self) -> str:
        """The reply code, or the usual one."""
        return self.reply.code or ("451" if self.expired else "550")

    @property
    def status(self) -> str:
        """The enhanced status, or the usual one of the reason."""
        if self.reply.status:
            return self.reply.status
        head = "4" if self.code.startswith("4") else "5"
        return head + _DETAILS.get(MEANING[self.entry.reason].category, ".0.0")


_DETAILS: Final[Mapping[Category, str]] = {
    Category.SENDER_CREDENTIALS: ".7.0",
    Category.SENDER_AUTHENTICATION: ".7.1",
    Category.RECIPIENT_POLICY: ".7.1",
    Category.SENDER_REPUTATION: ".7.1",
    Category.CONTENT: ".6.0",
    Category.RECIPIENT_ADDRESS: ".1.1",
    Category.RECIPIENT_MAILBOX: ".2.2",
    Category.RATE: ".7.0",
    Category.TRANSPORT: ".4.1",
    Category.RECEIVER_SYSTEM: ".3.0",
}


@functools.lru_cache(maxsize=16)  # a builder asks for the same mail several times
def _make(
    seed: str,
    sender: str,
    recipients: tuple[str, ...],
    sent: datetime,
    checked: str | None,
    headers_only: bool,
) -> bytes:
    above = [("Authentication-Results", checked)] if checked else []
    return make_original(
        seed, sender, recipients, date=sent, headers=above, headers_only=headers_only, small=True
    )


@dataclass(frozen=True, slots=True)
class Story:
    """One mail that came back, or is late."""

    seed: str
    kind: str  # failure or delay
    language: str
    sender: str
    own_host: str  # the server that reports
    own_ip: str
    failures: tuple[Failure, ...]
    sent: datetime
    date: datetime  # of the report
    checks: Checks | None  # what was found of the returned message's authentication

    def dice(self, purpose: str) -> random.Random:
        """Chance for one purpose, the same at every run."""
        return random.Random(f"{self.seed}/{purpose}")  # noqa: S311 - variety, not secrecy

    @property
    def sender_domain(self) -> str:
        """Where the mail came from."""
        return self.sender.rpartition("@")[2]

    @property
    def delay(self) -> bool:
        """Whether the server goes on trying."""
        return self.kind == "delay"

    @property
    def subject(self) -> str:
        """The subject of the returned message, decoded."""
        return self._read_header("Subject")

    @property
    def original_id(self) -> str:
        """The Message-ID of the returned message."""
        return self._read_header("Message-ID")

    def _read_header(self, name: str) -> str:
        found = BytesParser(policy=compat32).parsebytes(self.original(headers_only=True))
        return " ".join(str(make_header(decode_header(found[name]))).split())

    def original(self, style: str = "rfc", headers_only: bool = False) -> bytes:
        """The mail that is returned, with what was found of its authentication in `style`."""
        above = self.checks.write(style, self) if self.checks else None
        recipients = tuple(failure.recipient for failure in self.failures)
        return _make(self.seed, self.sender, recipients, self.sent, above, headers_only)

    def own_checks(self, style: str = "rfc") -> list[tuple[str, str]]:
        """The header that the sender's side put on top of the report, in half of all."""
        dice = self.dice("own checks")
        if dice.random() < 0.5:
            return []
        reporter = self.own_host.partition(".")[2] or self.own_host
        rows = (("pass", "pass", "pass"), ("none", "pass", "pass"), ("none", "none", "none"))
        spf, dkim, dmarc = dice.choice(rows)
        checks = Checks(
            spf=spf,
            dkim=dkim,
            dmarc=dmarc,
            domain=reporter,
            signer=reporter,
            sender=f"postmaster@{reporter}",
            ip=self.own_ip,
            server=f"mx.{self.sender_domain}",
        )
        return [("Authentication-Results", checks.write(style, self))]


def _never(entry: Entry) -> bool:
    return False


def _show_innermost(failure: Failure) -> tuple[str, str]:
    return failure.reply.inner_code, failure.reply.inner_status


@dataclass(frozen=True, slots=True)
class Service:
    """One form of bounce: who writes it, what it can tell, and how it is written."""

    name: str  # of the file
    build: Callable[[Story], bytes]
    mails: int
    host: Callable[[random.Random, str], str]  # the reporting server, for a sender's domain
    remote: Callable[[Entry], bool] = is_remote  # what another server may have answered it
    relays: Callable[[Entry], bool] = _never  # what its relay may have answered it
    local: Callable[[Entry], bool] = _never  # what it says itself
    languages: tuple[str, ...] = ("en",)
    recipients: int = 1  # most that one mail tells of
    delays: bool = False  # whether it warns of delays
    coded: bool = False  # whether its own words get a code too
    senders: tuple[str, ...] = _SENDERS
    json: bool = False  # whether it writes JSON, and no mail
    shows: Callable[[Failure], tuple[str, str]] = _show_innermost  # code and status to be read

    def takes(self, entry: Entry) -> bool:
        """Whether this form can tell of `entry`."""
        return self.remote(entry) or self.relays(entry) or self.local(entry)


def tell(service: Service, number: int, entries: Sequence[Entry]) -> Story:
    """The `number`-th story of a service; each of `entries` is a recipient's."""
    seed = f"{service.name}/{number}/{entry_key(entries[0])}"
    dice = random.Random(f"story {seed}")  # noqa: S311 - variety, not secrecy
    domain = dice.choice(service.senders)
    sender = f"{dice.choice(_PEOPLE)}@{domain}"
    own_ip = _make_ip(dice)
    first = entries[0]
    failures: list[Failure] = []
    for entry in entries:
        recipient = f"{dice.choice(_PEOPLE)}@{dice.choice(_RECIPIENTS)}"
        while any(recipient == earlier.recipient for earlier in failures):
            recipient = f"{dice.choice(_PEOPLE)}{dice.randrange(100)}@{dice.choice(_RECIPIENTS)}"
        failures.append(_fail(dice, service, entry, sender, recipient, own_ip))
    if service.relays(first):  # all recipients share the relay
        failures = [replace(each, host=failures[0].host, ip=failures[0].ip) for each in failures]
    kind = "failure"
    late = all(
        each.entry.permanence is Permanence.TRANSIENT and each.code[0] == "4" for each in failures
    )
    if service.delays and late and dice.random() < 0.45:
        kind = "delay"
    zone = timezone(timedelta(hours=dice.choice((-8, -5, 0, 0, 1, 2, 9))))
    sent = datetime(2026, 1, 2, tzinfo=UTC) + timedelta(seconds=dice.randrange(300 * 86400))
    wait = timedelta(seconds=dice.randrange(1, 40))
    if kind == "delay":
        wait = timedelta(hours=dice.choice((4, 6, 12, 24)), seconds=dice.randrange(3000))
    elif any(each.expired for each in failures):
        wait = timedelta(days=dice.choice((1, 2, 3, 5)), seconds=dice.randrange(3000))
    own_host = service.host(dice, domain)
    checks = check(dice, first, sender, own_ip, failures[0].host)
    if checks is not None:
        # Who checked was the server that now reports, or one on the recipient's side that passed
        # the mail on; a relay refuses before it checks, so that often nothing was checked.
        if service.relays(first):
            checks = replace(checks, server=own_host) if dice.random() < 0.5 else None
        elif dice.random() < 0.5:
            checks = replace(checks, server=own_host)
    return Story(
        seed=seed,
        kind=kind,
        language=dice.choice(service.languages),
        sender=sender,
        own_host=own_host,
        own_ip=own_ip,
        failures=tuple(failures),
        sent=sent.astimezone(zone),
        date=(sent + wait).astimezone(zone),
        checks=checks,
    )


def _fail(
    dice: random.Random, service: Service, entry: Entry, sender: str, recipient: str, own_ip: str
) -> Failure:
    domain = recipient.rpartition("@")[2]
    if service.local(entry):
        host = ""
    elif service.relays(entry):
        host = dice.choice(_SUBMISSION.get(entry.provider, _RELAYS))
    else:
        own = (f"mx{dice.randrange(1, 4)}.{domain}", f"mail.{domain}", f"smtp.{domain}")
        host = dice.choice(_EXCHANGERS.get(entry.provider, own))
        host = host.replace("{dashed}", domain.replace(".", "-"))
    ip = _make_ip(dice, family=4)
    stage = entry.command or _STAGES.get(entry.reason)
    if entry.command is None and service.relays(entry) and entry.text[:3] in _LOGIN_CODES:
        stage = "AUTH"
    if stage is None:
        at_data = entry.reason in _AT_DATA or (MEANING[entry.reason].category is Category.CONTENT)
        stage = "DATA" if at_data else "RCPT"
    slots = _make_slots(dice, entry, sender, recipient, own_ip, host or f"mx1.{domain}", ip)
    text = _SLOT.sub(lambda slot: slots[slot[1]], entry.text)
    reply = read_reply(text, entry.permanence, coded=service.coded or not service.local(entry))
    return Failure(recipient, entry, reply, host, ip, stage)


def _make_slots(
    dice: random.Random, entry: Entry, sender: str, recipient: str, own_ip: str, host: str, ip: str
) -> dict[str, str]:
    sender_domain = sender.rpartition("@")[2]
    recipient_domain = recipient.rpartition("@")[2]
    ours = MEANING[entry.reason].category in _OURS
    # "connect to HOST[IP]" speaks of the other side; "blocked [IP]" of ours.
    theirs = "{host}[{ip}]" in entry.text or entry.hop == "local"
    users = recipient if MEANING[entry.reason].category is Category.RECIPIENT_ADDRESS else sender
    return {
        "ip": ip if theirs and not ours else own_ip,
        "recipient": recipient,
        "sender": sender,
        "user": users.partition("@")[0],
        "domain": sender_domain if ours else recipient_domain,
        "recipient_domain": recipient_domain,
        "sender_domain": sender_domain,
        "queue_id": f"{dice.randrange(16**11):011X}",
        "number": str(dice.randrange(10, 10**6)),
        "date": f"2026-{dice.randrange(1, 12):02d}-{dice.randrange(1, 29):02d}",
        "host": host if theirs or not ours else f"out.{sender_domain}",
        "url": f"https://www.{recipient_domain}/help?id={dice.randrange(10**6)}",
    }


def _make_ip(dice: random.Random, family: int = 0) -> str:
    if family != 4 and dice.random() < 0.08:
        return f"2001:db8:{dice.randrange(1, 0xFFFF):x}::{dice.randrange(1, 0xFFFF):x}"
    return f"{dice.choice(_NETS)}.{dice.randrange(1, 255)}"
