"""DNS as the lab's servers see it: the domains of the scenarios and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Final, cast

from dnslib import MX, PTR, QTYPE, RCODE, RR, SOA, A, DNSRecord

from corpora.lab.scenarios import Scenario, Stage

__all__ = ["COLLECTOR", "SENDER_DOMAINS", "Names"]

COLLECTOR: Final = "127.0.0.9"  # where the reports go
SENDER_DOMAINS: Final = ("example.com", "example.org", "example.net")
_COLLECTOR_HOST: Final = "mx.example.com"


class Names(asyncio.DatagramProtocol):
    """A name server on UDP. All its answers fit into one packet."""

    def __init__(self, scenarios: Iterable[Scenario], hostname: str) -> None:
        self._hosts = {hostname: "127.0.0.1", _COLLECTOR_HOST: COLLECTOR, "localhost": "127.0.0.1"}
        self._mailers: dict[str, tuple[int, str]] = dict.fromkeys(
            SENDER_DOMAINS, (10, _COLLECTOR_HOST)
        )
        for scenario in scenarios:
            if scenario.stage is Stage.NO_DOMAIN:
                continue
            if scenario.stage is Stage.NULL_MX:
                self._mailers[scenario.domain] = (0, ".")
                continue
            self._mailers[scenario.domain] = (10, scenario.host)
            if scenario.stage is not Stage.NO_HOST:
                self._hosts[scenario.host] = scenario.ip
        self._pointers = {ip: host for host, ip in self._hosts.items() if host != "localhost"}
        self._transport: asyncio.DatagramTransport | None = None

    async def start(self, address: str = "127.0.0.1", port: int = 53) -> None:
        """Answer from now on."""
        loop = asyncio.get_running_loop()
        await loop.create_datagram_endpoint(lambda: self, local_addr=(address, port))

    def stop(self) -> None:
        """Answer no more."""
        if self._transport:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember whom to answer through."""
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answer one question."""
        try:
            answer = self.answer(data)
        except Exception:  # whatever is no question gets no answer
            return
        if self._transport:
            self._transport.sendto(answer, addr)

    def answer(self, question: bytes) -> bytes:
        """The packet that answers a packet."""
        request = DNSRecord.parse(question)
        reply = request.reply()
        reply.header.aa = 1
        name = str(request.q.qname).rstrip(".").lower()
        kind = QTYPE[request.q.qtype]
        records = self._records(name)
        if records is None:
            reply.header.rcode = RCODE.NXDOMAIN
        found = [(own, data) for own, data in records or () if kind in (own, "ANY")]
        for own, data in found:
            reply.add_answer(RR(name, getattr(QTYPE, own), rdata=data, ttl=60))
        if not found:  # RFC 2308: how long "no" holds
            zone = name.rpartition(".")[2] or "test"
            soa = SOA("ns.test", "root.test", (1, 60, 60, 60, 60))
            reply.add_auth(RR(zone, QTYPE.SOA, rdata=soa, ttl=60))
        packed: bytes = reply.pack()
        return packed

    def _records(self, name: str) -> list[tuple[str, object]] | None:
        """All records of a name; None where there is no such name."""
        if name.endswith(".in-addr.arpa"):
            ip = ".".join(reversed(name.removesuffix(".in-addr.arpa").split(".")))
            return [("PTR", PTR(self._pointers[ip]))] if ip in self._pointers else None
        records: list[tuple[str, object]] = []
        if name in self._mailers:
            preference, host = self._mailers[name]
            records.append(("MX", MX(host, preference)))
        if name in self._hosts:
            records.append(("A", A(self._hosts[name])))
        return records or None
