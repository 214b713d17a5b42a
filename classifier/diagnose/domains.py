"""Domains: organisations, alignment, tag lists, and whose names stand for which service."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

__all__ = ["GATEWAYS", "SPF_OF", "aligned", "ends_in", "organisation", "receiver_of", "tags"]

#: What a domain's SPF record includes when a service sends for it, by our name of the provider.
#: Each as the service's own page on SPF has it.
SPF_OF: Final[Mapping[str, str]] = {
    "amazon-ses": "amazonses.com",
    "google": "_spf.google.com",
    "mailgun": "mailgun.org",
    "mailjet": "spf.mailjet.com",
    "mandrill": "spf.mandrillapp.com",
    "microsoft": "spf.protection.outlook.com",
    "sendgrid": "sendgrid.net",
    "zoho": "zoho.com",
}

#: Mail filters that stand before another system, by how their MX names end.
GATEWAYS: Final[Mapping[str, str]] = {
    "pphosted.com": "Proofpoint",
    "ppe-hosted.com": "Proofpoint Essentials",
    "mimecast.com": "Mimecast",
    "messagelabs.com": "Symantec Email Security",
    "barracudanetworks.com": "Barracuda",
    "iphmx.com": "Cisco Secure Email",
    "hornetsecurity.com": "Hornetsecurity",
    "antispameurope.com": "Hornetsecurity",
    "mailcontrol.com": "Forcepoint",
    "retarus.com": "Retarus",
    "sophos.com": "Sophos",
    "trendmicro.com": "Trend Micro",
    "trendmicro.eu": "Trend Micro",
    "fireeyecloud.com": "Trellix",
}
_RECEIVERS: Final[Mapping[str, str]] = {
    "mail.protection.outlook.com": "Exchange Online",
    "mx.microsoft": "Exchange Online",
    "olc.protection.outlook.com": "Outlook.com",
    "google.com": "Google",
    "googlemail.com": "Google",
}


def ends_in(host: str, domain: str) -> bool:
    """Whether `host` is `domain` or a name below it."""
    return host == domain or host.endswith("." + domain)


def receiver_of(host: str) -> str | None:
    """Which well-known mailbox system or filter an MX belongs to."""
    host = host.lower().rstrip(".")
    table = {**GATEWAYS, **_RECEIVERS}
    fits = [domain for domain in table if ends_in(host, domain)]
    return table[max(fits, key=len)] if fits else None


@cache
def _suffixes() -> PublicSuffixList:
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList()


def organisation(domain: str) -> str:
    """The organisational domain (RFC 7489 3.2), by the public suffix list."""
    domain = domain.lower().rstrip(".")
    return _suffixes().privatesuffix(domain) or domain


def aligned(domain: str, other: str, strict: bool = False) -> bool:
    """Whether two domains are aligned (RFC 7489 3.1)."""
    domain, other = domain.lower().rstrip("."), other.lower().rstrip(".")
    return domain == other or (not strict and organisation(domain) == organisation(other))


def tags(record: str) -> dict[str, str]:
    """The tags of a DMARC, DKIM or TLS record, `v=...; p=...` (RFC 6376 3.2); the first counts."""
    found: dict[str, str] = {}
    for piece in record.split(";")[:64]:
        name, equals, value = piece.partition("=")
        if equals:
            found.setdefault(name.strip().lower(), value.strip())
    return found
