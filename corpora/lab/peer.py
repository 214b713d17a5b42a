"""The peer: the servers at the other end, each with the answer of its scenario.

A scenario is known by the address that was called, so that even the greeting can be its answer.
One more address takes everything: there the reports come in.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from corpora.lab.names import COLLECTOR
from corpora.lab.scenarios import Answer, Scenario, Stage

__all__ = ["LOGIN_NEEDED", "Caught", "Peer", "Trace"]

_DEAF: Final = (Stage.REFUSED, Stage.NO_DOMAIN, Stage.NO_HOST, Stage.NULL_MX, Stage.LOCAL)
_PATIENCE: Final = 120.0

#: What a client hears at MAIL that goes on without the login it was refused.
LOGIN_NEEDED: Final = Answer(
    ("530 5.7.0 Authentication required",),
    "530",
    "5.7.0",
    ("Authentication required",),
    "authentication-required",
)


@dataclass(frozen=True, slots=True)
class Caught:
    """A mail that came to the collector, for one recipient."""

    sender: str
    recipient: str
    raw: bytes


@dataclass(slots=True)
class Trace:
    """What a scenario's server has seen."""

    connections: int = 0
    last: str = ""  # the last command, or the last reply that refused
    said: set[str] = field(default_factory=set)


class _Gone(Exception):
    """The conversation is over."""


class Peer:
    """Servers for scenarios, and the collector."""

    def __init__(
        self,
        scenarios: Iterable[Scenario],
        certificate: tuple[str, str] | None = None,
        port: int = 25,
    ) -> None:
        self._scenarios = list(scenarios)
        self._port = port
        self._servers: list[asyncio.Server] = []
        self.traces = {scenario.name: Trace() for scenario in self._scenarios}
        self.caught: list[Caught] = []
        self.tls: ssl.SSLContext | None = None
        if certificate:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(*certificate)

    async def start(self) -> None:
        """Listen on the address of every scenario that has somebody there."""
        await self._listen(COLLECTOR, None)
        for scenario in self._scenarios:
            if scenario.stage not in _DEAF:
                await self._listen(scenario.ip, scenario)

    async def stop(self) -> None:
        """Listen no more."""
        for server in self._servers:
            server.close()

    async def _listen(self, address: str, scenario: Scenario | None) -> None:
        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            # Cancelled: the session is over while somebody still talks.
            quiet = (_Gone, OSError, TimeoutError, ValueError, asyncio.CancelledError)
            with contextlib.suppress(*quiet):
                await _Talk(self, scenario, reader, writer).run()
            with contextlib.suppress(OSError):
                writer.close()

        self._servers.append(await asyncio.start_server(talk, address, self._port, limit=2**22))


class _Talk:
    """One connection."""

    def __init__(
        self,
        peer: Peer,
        scenario: Scenario | None,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self.peer, self.scenario = peer, scenario
        self.reader, self.writer = reader, writer
        self.trace = peer.traces[scenario.name] if scenario else Trace()
        self.host = scenario.host if scenario else "mx.example.com"
        self.stage = scenario.stage if scenario else Stage.ACCEPT
        self.secured = self.refused_login = self.each = False
        self.sender = ""
        self.recipients: list[str] = []

    async def say(self, *lines: str) -> None:
        self.writer.write("".join(f"{line}\r\n" for line in lines).encode())
        await self.writer.drain()

    async def refuse(self, answer: Answer | None) -> None:
        """Say no; a 421 ends the conversation (RFC 5321, 3.8)."""
        assert answer  # noqa: S101 - a scenario of a stage has what to say there
        self.trace.last = f"answered {answer.lines[0]}"
        self.trace.said.add(answer.code)
        await self.say(*answer.lines)
        if answer.code == "421":
            raise _Gone

    async def hear(self) -> str:
        line = await asyncio.wait_for(self.reader.readline(), _PATIENCE)
        if not line:
            raise _Gone
        return line.rstrip(b"\r\n").decode("utf-8", "replace")

    def own(self) -> Answer | None:
        return self.scenario.answers[0] if self.scenario else None

    async def run(self) -> None:
        self.trace.connections += 1
        self.trace.last = self.trace.last or "connected"
        if self.stage is Stage.SILENT:
            return
        if self.stage is Stage.CONN:
            await self.refuse(self.own())
            while not (await self.hear()).upper().startswith("QUIT"):
                await self.say("503 5.5.1 Bad sequence of commands")
            await self.say("221 2.0.0 Bye")
            return
        await self.say(f"220 {self.host} ESMTP")
        while True:
            line = await self.hear()
            verb = line.partition(" ")[0].upper()
            if verb == "QUIT":
                await self.say("221 2.0.0 Bye")
                return
            self.trace.last = verb if not self.trace.said else self.trace.last
            handler = getattr(self, f"on_{verb.lower()}", None)
            if handler is None:
                await self.say("502 5.5.2 Command not recognized")
            else:
                await handler(line)

    async def on_lhlo(self, line: str) -> None:
        self.each = True  # LMTP (RFC 2033): the data are answered once for each recipient
        await self.on_ehlo(line)

    async def on_helo(self, line: str) -> None:
        await self.on_ehlo(line)

    async def on_ehlo(self, line: str) -> None:
        self.sender, self.recipients = "", []
        if self.stage is Stage.EHLO:
            await self.refuse(self.own())
        elif line[:4].upper() == "HELO":
            await self.say(f"250 {self.host}")
        else:
            offers = ["PIPELINING", "SIZE 35882577", "8BITMIME"]
            scenario = self.scenario
            if scenario is None or scenario.enhanced:
                offers.append("ENHANCEDSTATUSCODES")
            if scenario is None:
                offers.append("SMTPUTF8")
            elif scenario.login:
                offers.append("AUTH PLAIN LOGIN")
            wanted = scenario and (scenario.login or self.stage is Stage.STARTTLS)
            if wanted and self.peer.tls and not self.secured:
                offers.append("STARTTLS")
            lines = [f"250-{self.host}", *(f"250-{offer}" for offer in offers)]
            lines[-1] = lines[-1].replace("-", " ", 1)
            await self.say(*lines)

    async def on_starttls(self, line: str) -> None:
        if self.stage is Stage.STARTTLS:
            await self.refuse(self.own())
        elif self.peer.tls and self.scenario and self.scenario.login and not self.secured:
            await self.say("220 2.0.0 Ready to start TLS")
            await self.writer.start_tls(self.peer.tls)
            self.secured = True
        else:
            await self.say("502 5.5.1 STARTTLS is not supported here")

    async def on_auth(self, line: str) -> None:
        words = line.split()
        method = words[1].upper() if len(words) > 1 else ""
        if len(words) < 3:
            await self.say("334 VXNlcm5hbWU6" if method == "LOGIN" else "334 ")
            await self.hear()
        if method == "LOGIN":
            await self.say("334 UGFzc3dvcmQ6")
            await self.hear()
        if self.stage is Stage.AUTH:
            self.refused_login = True
            await self.refuse(self.own())
        else:
            await self.say("235 2.7.0 Authentication successful")

    async def on_mail(self, line: str) -> None:
        self.sender = _address(line)
        self.recipients = []
        if self.stage is Stage.AUTH:
            await self.refuse(LOGIN_NEEDED)
        elif self.stage is Stage.MAIL:
            await self.refuse(self.own())
        else:
            await self.say("250 2.1.0 Ok")

    async def on_rcpt(self, line: str) -> None:
        if self.stage in (Stage.AUTH, Stage.MAIL):  # pipelined behind a refused MAIL
            await self.say("503 5.5.1 Need MAIL before RCPT")
            return
        recipient = _address(line)
        answer = self.scenario.answer_to(recipient) if self.scenario else None
        if self.stage is Stage.RCPT and answer:
            await self.refuse(answer)
        else:
            self.recipients.append(recipient)
            await self.say("250 2.1.5 Ok")

    async def on_data(self, line: str) -> None:
        if not self.recipients:
            await self.say("503 5.5.1 Need RCPT before DATA")
            return
        if self.stage is Stage.DATA:
            await self.refuse(self.own())
            return
        await self.say("354 End data with <CR><LF>.<CR><LF>")
        body = await self._body()
        if self.stage is Stage.DROP:
            raise _Gone
        if self.stage is Stage.EOD:
            for _ in self.recipients if self.each else ("all",):
                await self.refuse(self.own())
        else:
            if self.scenario is None:
                self.peer.caught += [Caught(self.sender, each, body) for each in self.recipients]
            await self.say("250 2.0.0 Ok: queued as 4Bq2Xk7Z1nz3")
        self.sender, self.recipients = "", []

    async def _body(self) -> bytes:
        pieces: list[bytes] = []
        while True:
            line = await asyncio.wait_for(self.reader.readline(), _PATIENCE)
            if not line:
                raise _Gone
            if line in (b".\r\n", b".\n"):
                return b"".join(pieces)
            pieces.append(line[1:] if line.startswith(b".") else line)

    async def on_rset(self, line: str) -> None:
        self.sender, self.recipients = "", []
        await self.say("250 2.0.0 Ok")

    async def on_noop(self, line: str) -> None:
        await self.say("250 2.0.0 Ok")


def _address(line: str) -> str:
    return line.partition("<")[2].partition(">")[0]
