"""A receiver as Exchange Online is one: it finds a message authentic, and refuses it by a rule.

Like the real one it takes the message, judges it, and writes the report itself.
"""

from __future__ import annotations

import asyncio
import datetime
import email.utils
from typing import Final

import dkim
from aiosmtpd.smtp import SMTP, Envelope, Session

from classifier.diagnose.resolver import Resolver
from classifier.diagnose.spf_walk import walk_spf
from tests.replay.server import Loopback, Player

__all__ = ["Exchange"]

_SERVER: Final = "PAXPR05MB7711.eurprd05.prod.outlook.com"
_RULE: Final = "Remote Server returned '{reply}'"
REPLY: Final = (
    "550 5.7.1 TRANSPORT.RULES.RejectMessage; the message was rejected by organization policy"
)


class Exchange(Player):
    """Receives on one free port of 127.0.0.1 while the `with` lasts.

    The sending address is that of the HELO name in the replay's DNS, because on loopback all come
    from the same. `partners` are the domains that its rule lets through; `reports` those that it
    sent to authors, `delivered` what was let through.
    """

    def __init__(self, dns_port: int, domain: str, partners: tuple[str, ...] = ()) -> None:
        self._dns = [("127.0.0.1", dns_port)]
        self._domain, self.partners = domain, partners
        self.reports: list[bytes] = []
        self.delivered: list[bytes] = []
        self._server = Loopback(self, server_hostname=_SERVER)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Take the message, and deliver or report it."""
        await asyncio.to_thread(self._receive, session.host_name or "", envelope)
        return "250 2.6.0 Queued mail for delivery"

    def _receive(self, helo: str, envelope: Envelope) -> None:
        raw = envelope.content if isinstance(envelope.content, bytes) else b""
        author = _field(raw, b"from").rpartition("@")[2].strip(" >")
        marked = self._judge(raw, helo, envelope.mail_from or "", author) + raw
        if author in self.partners:
            self.delivered.append(marked)
        else:
            self.reports.append(self._report(marked, envelope.rcpt_tos[0], _field(raw, b"from")))

    def _judge(self, raw: bytes, helo: str, sender: str, author: str) -> bytes:
        """The headers in which it says what it found (RFC 8601, as Microsoft writes them)."""
        resolver = Resolver(self._dns)
        ip = resolver.addresses(helo)[0]
        domain = sender.rpartition("@")[2]
        spf = walk_spf(resolver, domain, ip, helo).result

        def key(name: bytes, timeout: float = 5) -> bytes:
            return "".join(resolver.ask(name.decode(), "TXT").texts[:1]).encode()

        signed = dkim.DKIM(raw)
        verified = "pass" if signed.verify(0, key) else "fail"
        by = (signed.domain or b"none").decode()
        aligned = verified == "pass" and by == author
        dmarc = "pass" if aligned or (spf == "pass" and domain.endswith(author)) else "fail"
        day = email.utils.format_datetime(datetime.datetime.now(datetime.UTC))
        lines = [
            f"Received: from {helo} ({ip}) by {_SERVER} (2001:db8:10a6:102::4f)",
            " with Microsoft SMTP Server (version=TLS1_3, cipher=TLS_AES_256_GCM_SHA384)",
            f" id 15.20.8813.21; {day}",
            f"Authentication-Results: spf={spf} (sender IP is {ip})",
            f" smtp.mailfrom={domain}; dkim={verified} (signature was verified)",
            f" header.d={by};dmarc={dmarc} action=none",
            f" header.from={author};compauth={dmarc} reason=100",
            f"Received-SPF: {spf.capitalize()} (protection.outlook.com: domain of {domain}",
            f" designates {ip} as permitted sender) receiver=protection.outlook.com;",
            f" client-ip={ip}; helo={helo}; pr=C",
            f"Return-Path: {sender}",
        ]
        return ("\r\n".join(lines) + "\r\n").encode()

    def _report(self, raw: bytes, recipient: str, author: str) -> bytes:
        day = email.utils.format_datetime(datetime.datetime.now(datetime.UTC))
        original = _field(raw, b"message-id")
        rule = f"A custom mail flow rule created by an admin at {self._domain} has blocked your"
        rule += " message."
        text = [
            f"Your message to {recipient} couldn't be delivered.",
            "",
            rule,
            "",
            "Only partners may write to this address.",
            "",
            "Diagnostic information for administrators:",
            "",
            f"Generating server: {_SERVER}",
            "",
            recipient,
            _RULE.format(reply=REPLY),
        ]
        lines = [
            f"From: <postmaster@{self._domain}>",
            f"To: {author}",
            f"Date: {day}",
            "Content-Type: multipart/report; report-type=delivery-status; boundary=5b1d0c5e-2f6a",
            "X-MS-Exchange-Message-Is-Ndr:",
            f"Message-ID: <5b1d0c5e-7f43@{_SERVER}>",
            f"In-Reply-To: {original}",
            "Subject: Undeliverable: your message",
            "Auto-Submitted: auto-replied",
            "MIME-Version: 1.0",
            "",
            "--5b1d0c5e-2f6a",
            "Content-Type: text/plain; charset=utf-8",
            "",
            *text,
            "",
            "--5b1d0c5e-2f6a",
            "Content-Type: message/delivery-status",
            "",
            f"Reporting-MTA: dns;{_SERVER}",
            "",
            f"Final-Recipient: rfc822;{recipient}",
            "Action: failed",
            "Status: 5.7.1",
            f"Diagnostic-Code: smtp;{REPLY}",
            "",
            "--5b1d0c5e-2f6a",
            "Content-Type: message/rfc822",
            "",
        ]
        head = ("\r\n".join(lines) + "\r\n").encode()
        return head + raw + b"\r\n--5b1d0c5e-2f6a--\r\n"


def _field(raw: bytes, name: bytes) -> str:
    head = raw.replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    for line in head.split(b"\n"):
        key, _, value = line.partition(b":")
        if key.lower() == name:
            return value.decode().strip()
    return ""
