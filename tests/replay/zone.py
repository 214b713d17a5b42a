"""A name server on loopback whose records are a table that may change while it answers."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any, Final

from dnslib import AAAA, CNAME, MX, NS, PTR, QTYPE, RCODE, RR, SOA, TLSA, TXT, A, DNSRecord
from dnslib.server import BaseResolver, DNSServer

__all__ = ["Records", "Zone"]

#: By name, then by type: the records in their master file form.
Records = dict[str, dict[str, list[str]]]

_FAULTS: Final = ("SERVFAIL", "SILENCE")


class Zone(BaseResolver):  # type: ignore[misc]  # dnslib ships no types
    """Answers by UDP and TCP on one free port of 127.0.0.1.

    `records` is the world; a name whose type is `SERVFAIL` or `SILENCE` has that fault. `asked`
    are the names that were asked for.
    """

    def __init__(self, records: Mapping[str, Mapping[str, list[str]]]) -> None:
        self.records: Records = {name: dict(kinds) for name, kinds in records.items()}
        self.asked: list[tuple[str, str]] = []
        self._servers: list[Any] = []
        self.port = 0

    def __enter__(self) -> Zone:
        for attempt in range(20):  # the same port has to be free for both
            udp = DNSServer(self, address="127.0.0.1", port=0, logger=_Quiet())
            self.port = udp.server.server_address[1]
            try:
                tcp = DNSServer(
                    self, address="127.0.0.1", port=self.port, tcp=True, logger=_Quiet()
                )
            except OSError:
                udp.server.server_close()
                if attempt == 19:
                    raise
                continue
            self._servers = [udp, tcp]
            break
        for server in self._servers:
            # dnslib's own `start_thread` leaves the thread behind
            thread = threading.Thread(
                target=server.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
            )
            server.thread = thread
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        for server in self._servers:
            server.server.shutdown()
            server.server.server_close()
            server.thread.join()

    def resolve(self, request: DNSRecord, handler: object) -> DNSRecord:
        """The answer to one question."""
        reply = request.reply()
        reply.header.aa = 1
        name = str(request.q.qname).rstrip(".").lower()
        kind = QTYPE[request.q.qtype]
        self.asked.append((name, kind))
        for _ in range(12):  # CNAMEs are followed here, as a resolver for stubs does
            known = self.records.get(name)
            if known is None:
                reply.header.rcode = RCODE.NXDOMAIN
                break
            if "SERVFAIL" in known:
                reply.header.rcode = RCODE.SERVFAIL
                return reply
            if "SILENCE" in known:
                raise OSError("silence")
            for text in known.get(kind, ()):
                reply.add_answer(RR(name, getattr(QTYPE, kind), rdata=_data(kind, text), ttl=60))
            if kind in known or "CNAME" not in known:
                break
            target = known["CNAME"][0]
            reply.add_answer(RR(name, QTYPE.CNAME, rdata=CNAME(target), ttl=60))
            name = target.rstrip(".").lower()
        if not reply.rr:
            soa = SOA("ns.test", "root.test", (1, 60, 60, 60, 60))
            reply.add_auth(RR(name.rpartition(".")[2] or "test", QTYPE.SOA, rdata=soa, ttl=60))
        return reply


class _Quiet:
    """dnslib's logger, which writes nothing."""

    def __getattr__(self, name: str) -> Any:
        return lambda *arguments: None


def _data(kind: str, text: str) -> object:
    if kind == "TXT":
        raw = text.encode()
        return TXT([raw[start : start + 255] for start in range(0, len(raw), 255)] or [b""])
    if kind == "MX":
        preference, host = text.split()
        return MX(host, int(preference))
    if kind == "TLSA":
        usage, selector, matching, digest = text.split()
        return TLSA(int(usage), int(selector), int(matching), bytes.fromhex(digest))
    return {"A": A, "AAAA": AAAA, "PTR": PTR, "CNAME": CNAME, "NS": NS}[kind](text)
