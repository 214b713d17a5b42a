"""A relay as Amazon SES has one: TLS, a login, and the domain's signature."""

from __future__ import annotations

import asyncio
import datetime
import logging
import smtplib
import ssl
from collections.abc import Callable
from typing import Any, Final

import dkim
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.replay.server import Loopback, Player

__all__ = ["SENDING_HOST", "SENDING_IP", "Relay"]

SENDING_HOST: Final = "a8-31.smtp-out.amazonses.test"
SENDING_IP: Final = "198.51.100.31"  # what the relay's host has in DNS; it sends from loopback
_REFUSED: Final = "535 Authentication Credentials Invalid"


class Relay(Player):
    """Listens on one free port of 127.0.0.1 while the `with` lasts.

    `users` are the logins it takes, which may change. `next_hop` gives the port of the
    receiver of a domain. `logins` are the users that came, `taken` the mails; `offers_login` may
    be taken away, `refusal` is what it says to a wrong password, with {echo} for the password.
    """

    def __init__(
        self,
        tls: ssl.SSLContext | None,
        users: dict[str, str],
        next_hop: Callable[[str], int] | None = None,
        signer: tuple[str, str, bytes] | None = None,
        region: str = "eu-west-1",
    ) -> None:
        """`signer` is domain, selector and private key (PEM)."""
        self.users = users
        self.refusal = _REFUSED
        self.offers_login = True
        self.logins: list[str] = []
        self.taken: list[bytes] = []
        self.region = region
        self._next_hop, self._signer = next_hop, signer
        self._count = 0
        relay = self

        class _Server(Loopback):
            def factory(self) -> SMTP:
                return SMTP(
                    relay,
                    hostname=f"email-smtp.{region}.amazonaws.com",
                    ident="ESMTP SimpleEmailService",
                    tls_context=tls,
                    authenticator=relay._authenticate,
                    auth_require_tls=True,
                    auth_exclude_mechanism=None if relay.offers_login else ["LOGIN", "PLAIN"],
                    loop=self.loop,
                )

        # its log tells of every refused login
        logging.getLogger("mail.log").setLevel(logging.CRITICAL)
        self._server = _Server(relay)

    def _authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        if not isinstance(data, LoginPassword):
            return AuthResult(success=False, handled=False)
        user, password = data.login.decode(), data.password.decode()
        self.logins.append(user)
        if self.users.get(user) == password:
            return AuthResult(success=True)
        said = self.refusal.replace("{echo}", password)
        return AuthResult(success=False, handled=False, message=said)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take recipients after a login alone."""
        if not session.authenticated:
            return "530 Authentication required"
        envelope.rcpt_tos.append(address)
        return "250 Ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Sign the message and hand it on."""
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        number, raw = self._finish(content)
        self.taken.append(raw)
        for recipient in envelope.rcpt_tos:
            await asyncio.to_thread(self._hand_on, raw, number, recipient)
        return f"250 Ok {number}"

    def _finish(self, content: bytes) -> tuple[str, bytes]:
        """The message as it leaves: with an id of SES's, its marks, and the domain's signature."""
        self._count += 1
        number = f"0102019a{self._count:08x}-7d3c1e40-5b1a-4c3e-9d55-7cf00d11aa01-000000"
        head, _, body = content.replace(b"\r\n", b"\n").partition(b"\n\n")
        kept = [line for line in head.split(b"\n") if not line.lower().startswith(b"message-id:")]
        today = datetime.datetime.now(datetime.UTC)
        kept += [
            f"Message-ID: <{number}@{self.region}.amazonses.com>".encode(),
            f"Feedback-ID: ::1.{self.region}.c2FtcGxl:AmazonSES".encode(),
            f"X-SES-Outgoing: {today:%Y.%m.%d}-{SENDING_IP}".encode(),
        ]
        raw = b"\r\n".join(kept) + b"\r\n\r\n" + body.replace(b"\n", b"\r\n")
        if self._signer:
            domain, selector, key = self._signer
            signed = [b"From", b"To", b"Subject", b"Date", b"Message-ID"]
            signature = dkim.sign(
                raw,
                selector.encode(),
                domain.encode(),
                key,
                canonicalize=(b"relaxed", b"relaxed"),
                include_headers=signed,
            )
            raw = signature + raw
        return number, raw

    def _hand_on(self, raw: bytes, number: str, recipient: str) -> None:
        """Give the message to its receiver, under the domain's own MAIL FROM."""
        if self._next_hop is None or self._signer is None:
            return
        port = self._next_hop(recipient.rpartition("@")[2])
        with smtplib.SMTP("127.0.0.1", port, local_hostname=SENDING_HOST, timeout=10) as client:
            client.sendmail(f"{number}@bounce.{self._signer[0]}", [recipient], raw)
