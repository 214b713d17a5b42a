"""DNS: questions with an end. Told apart are "there is none" and "nobody answered"."""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Sequence
from typing import Final

import msgspec

from classifier.errors import OperatorError

__all__ = ["Answer", "Resolver", "Unanswered"]

_MOST: Final = 500  # questions of one run; hostile records ask for thousands
_LONGEST: Final = 16 * 1024  # characters of one TXT record


class Unanswered(Exception):
    """A question that the world did not answer: offline, a timeout, a server that fails."""


class Answer(msgspec.Struct, frozen=True):
    """What a name has of one type.

    `texts` are the records in their master file form, TXT joined into one text each (RFC 7208
    3.3); `names` the CNAMEs that led to them; `exists` is False where the name does not exist at
    all (NXDOMAIN), which `texts` alone does not tell.
    """

    texts: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    exists: bool = True
    authentic: bool = False


class Resolver:
    """Asks a name server; each question once. Safe to use in threads."""

    def __init__(self, servers: Sequence[tuple[str, int]] = (), lifetime: float = 5.0) -> None:
        """`servers` are addresses and ports, none for those of the system; `lifetime` in seconds.

        Raises `OperatorError` where dnspython is not installed.
        """
        try:
            import dns.flags
            import dns.resolver
        except ImportError as error:
            fault = "needs dnspython, which is not installed"
            raise OperatorError("DNS", [fault], "pip install 'whybounce[diagnose]'") from error
        self.system = not servers
        self._lifetime = lifetime
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str], Answer | Unanswered] = {}
        self._why: str | None = None
        self._world: bool | None = None  # whether names of the Internet are known at all
        try:
            self._stub = dns.resolver.Resolver(configure=self.system)
        except dns.resolver.NoResolverConfiguration:
            self._stub = dns.resolver.Resolver(configure=False)
            self._why = "this machine has no name server configured"
        if servers:
            self._stub.nameservers = [host for host, _ in servers]
            self._stub.nameserver_ports = dict(servers)
        # DNSSEC's verdict is asked for, so that DANE can say whether it counts (RFC 7672 2.1).
        self._stub.use_edns(0, dns.flags.DO, 1232)

    def ask(self, name: str, kind: str) -> Answer:
        """The records of one type at `name`. Raises `Unanswered`."""
        key = (name.lower().rstrip("."), kind)
        with self._lock:
            known = self._known.get(key)
            if known is None and len(self._known) >= _MOST:
                raise Unanswered(f"more than {_MOST} DNS questions")
        if known is None:
            known = self._ask(*key)
            with self._lock:
                self._known[key] = known
        if isinstance(known, Unanswered):
            raise known
        return known

    def addresses(self, host: str) -> tuple[str, ...]:
        """The addresses of a host, IPv4 first; none where it has none. Raises `Unanswered`."""
        try:
            return (str(ipaddress.ip_address(host.strip("[]"))),)
        except ValueError:
            found = (*self.ask(host, "A").texts, *self.ask(host, "AAAA").texts)
        if found or not self.system:
            return found
        try:  # what only this machine knows, as /etc/hosts does
            infos = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            return ()
        return tuple(dict.fromkeys(str(info[4][0]) for info in infos))

    def exchangers(self, domain: str) -> list[str]:
        """The hosts of a domain's MX records, most preferred first; a null MX is one empty name.

        Raises `Unanswered`.
        """
        found = [text.partition(" ") for text in self.ask(domain, "MX").texts]
        ranked = sorted(found, key=lambda each: int(each[0]))
        return [host.rstrip(".").lower() for _, _, host in ranked]

    def _ask(self, name: str, kind: str) -> Answer | Unanswered:
        import dns.exception
        import dns.flags
        import dns.resolver

        if self._why:
            return Unanswered(self._why)
        try:
            found = self._stub.resolve(
                name + ".", kind, raise_on_no_answer=False, lifetime=self._lifetime, search=False
            )
        except dns.resolver.NXDOMAIN:
            # Some networks answer so to every question; that is no answer, but being offline.
            if self.system and not self._knows_the_world():
                return Unanswered("this machine's name server knows no names of the Internet")
            return Answer(exists=False)
        except (dns.resolver.NoNameservers, dns.exception.Timeout, OSError) as error:
            fails = isinstance(error, dns.resolver.NoNameservers)
            why = "the name servers fail" if fails else "no answer in time"
            return Unanswered(f"DNS, {kind} of {name}: {why}")
        except (dns.exception.DNSException, UnicodeError, ValueError):
            return Answer(exists=False)  # no name that DNS could hold
        response = found.response
        names = tuple(
            str(rrset[0]).rstrip(".").lower()
            for rrset in response.answer
            if rrset.rdtype == dns.rdatatype.CNAME and len(rrset)
        )
        records = found.rrset or ()
        texts = tuple(sorted(_text(each) for each in records))
        return Answer(texts, names, True, bool(response.flags & dns.flags.AD))

    def _knows_the_world(self) -> bool:
        import dns.exception

        if self._world is None:
            try:
                found = self._stub.resolve("com.", "NS", lifetime=self._lifetime, search=False)
                self._world = bool(found.rrset)
            except (dns.exception.DNSException, OSError):
                self._world = False
        return self._world


def _text(record: object) -> str:
    strings = getattr(record, "strings", None)
    if isinstance(strings, tuple):
        return b"".join(strings).decode("utf-8", "replace")[:_LONGEST]
    return str(record)[:_LONGEST]
