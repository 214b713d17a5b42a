"""The recipient's side, from outside: MX, who runs it, and what it asks of TLS."""

from __future__ import annotations

import ipaddress
import json
import re
import urllib.parse
from typing import Final

from classifier.diagnose.context import Context
from classifier.diagnose.domains import GATEWAYS, ends_in, receiver_of, tags
from classifier.diagnose.finding import Finding, Hop, Says

__all__ = ["check_dane", "check_mta_sts", "check_receiver", "check_recipient_mx", "check_tenant"]

_MX: Final = Says("recipient-mx", Hop.MX, "RFC 5321 5.1, RFC 7505 3")
_WHO: Final = Says("receiver", Hop.MX, "learn.microsoft.com, mail flow best practices")
_TENANT: Final = Says("tenant", Hop.MX, "OpenID Connect Discovery 1.0, 4")
_STS: Final = Says("mta-sts", Hop.MX, "RFC 8461 3.1, 3.2, 4.1")
_DANE: Final = Says("dane", Hop.MX, "RFC 7672 2")
_NAMELESS: Final = "no recipient is known"
_HOW: Final = "Name one with --recipient."
_MOST: Final = 10


def check_recipient_mx(context: Context) -> Finding:
    """Whether the recipient's domain takes mail, and its servers can be found."""
    domain = context.recipient_domain
    if domain is None:
        return _MX.skipped(_NAMELESS, _HOW)
    if not context.resolver.ask(domain, "MX").exists:
        what = f"the recipient's domain {domain} does not exist"
        return _MX.broken(what, f"MX of {domain}: NXDOMAIN", advice="Correct the address.")
    hosts = context.resolver.exchangers(domain)
    if hosts == [""]:
        what = f"{domain} says by a null MX that it takes no mail"
        return _MX.broken(what, f"MX of {domain}: 0 .", advice="Take its addresses off the list.")
    if not hosts:
        if context.resolver.addresses(domain):
            return _MX.ok(f"{domain} has no MX, but an address that stands for it")
        what = f"{domain} has neither MX nor address"
        return _MX.broken(what, f"MX of {domain}: none", advice="Correct the address.")
    lost = [host for host in hosts[:_MOST] if not context.resolver.addresses(host)]
    seen = f"MX of {domain}: {', '.join(hosts[:_MOST])}"
    advice = f"Tell the administrator of {domain}."
    if len(lost) == len(hosts[:_MOST]):
        return _MX.broken(f"no MX of {domain} has an address", seen, advice=advice)
    if lost:
        return _MX.warning(f"{lost[0]}, an MX of {domain}, has no address", seen, advice=advice)
    return _MX.ok(f"{domain} takes mail at {hosts[0]}", seen)


def check_receiver(context: Context) -> Finding:
    """Which system receives for the domain, and whether a filter stands before it."""
    domain = context.recipient_domain
    if domain is None:
        return _WHO.skipped(_NAMELESS, _HOW)
    hosts = [host for host in context.resolver.exchangers(domain) if host]
    if not hosts:
        return _WHO.skipped(f"{domain} has no MX; see recipient-mx")
    front = receiver_of(hosts[0])
    seen = [f"MX of {domain}: {hosts[0]}"]
    spoke = _who_refused(context)
    if spoke:
        seen.append(f"who refused: {spoke}")
    if spoke and ends_in(spoke, "outlook.com") and front not in ("Exchange Online", "Outlook.com"):
        what = (
            f"{domain} is Exchange Online behind {front or hosts[0]}: what refused stands behind"
            " its MX, and sees every mail come from the filter"
        )
        advice = (
            "Its administrator may need Enhanced Filtering for Connectors, or else SPF fails for"
            " everybody."
        )
        return _WHO.warning(what, *seen, advice=advice)
    if front in GATEWAYS.values():
        return _WHO.ok(
            f"{domain} receives through {front}; what stands behind cannot be seen", *seen
        )
    if front == "Google" and context.domain:
        seen += _gmail_facts(context, context.domain)
    if front:
        return _WHO.ok(f"{domain} receives at {front}", *seen)
    return _WHO.ok(f"{domain} receives at {hosts[0]}, no service that is known", *seen)


def _gmail_facts(context: Context, domain: str) -> tuple[str, ...]:
    """What Gmail asks of senders, and whether the domain is proved to it (Postmaster Tools)."""
    texts = context.resolver.ask(domain, "TXT").texts
    proved = any(text.startswith("google-site-verification=") for text in texts)
    asks = "Gmail asks of all senders SPF or DKIM, a PTR and TLS; of those who send 5,000 a day"
    asks += " also DMARC and an unsubscribe link (support.google.com/a/answer/81126)"
    state = "is" if proved else "is not"
    return asks, f"{domain} {state} proved to Google, as Postmaster Tools want (TXT of {domain})"


def _who_refused(context: Context) -> str | None:
    row = context.row
    if row is None or context.refused_at not in (Hop.MX, Hop.MAILBOX):
        return None
    return (row.remote_mta or row.reporting_mta or "").lower().rstrip(".") or None


_ISSUER: Final = re.compile(r"/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/")


def check_tenant(context: Context) -> Finding:
    """Which Microsoft tenant the recipient's domain belongs to."""
    domain = context.recipient_domain
    if domain is None:
        return _TENANT.skipped(_NAMELESS, _HOW)
    spoke = _who_refused(context) or ""
    at_microsoft = ends_in(spoke, "outlook.com") or any(
        receiver_of(host) == "Exchange Online" for host in context.resolver.exchangers(domain)
    )
    if not at_microsoft:
        return _TENANT.skipped(f"{domain} does not receive at Microsoft, as far as can be seen")
    quoted = urllib.parse.quote(domain, safe="")
    page = f"https://login.microsoftonline.com/{quoted}/v2.0/.well-known/openid-configuration"
    try:
        issuer = str(json.loads(context.fetch(page, context.timeout / 2)).get("issuer"))
    except (OSError, ValueError, AttributeError, RecursionError) as error:
        return _TENANT.unknown(f"Microsoft could not be asked for {domain} ({_name(error)})")
    found = _ISSUER.search(issuer)
    if not found:
        return _TENANT.unknown(f"Microsoft's answer for {domain} names no tenant")
    return _TENANT.ok(f"{domain} belongs to the Microsoft tenant {found.group(1)}", page)


def _name(error: Exception) -> str:
    return type(error).__name__


def check_mta_sts(context: Context) -> Finding:
    """Whether the recipient's domain insists on TLS to certain hosts, and has these as MX."""
    domain = context.recipient_domain
    if domain is None:
        return _STS.skipped(_NAMELESS, _HOW)
    place = f"_mta-sts.{domain}"
    records = [t for t in context.resolver.ask(place, "TXT").texts if tags(t).get("v") == "STSv1"]
    if len(records) != 1:
        return _STS.ok(f"{domain} has no MTA-STS policy, so TLS to it is opportunistic")
    host = f"mta-sts.{domain}"
    addresses = context.resolver.addresses(host)
    if not addresses:
        what = f"{domain} announces an MTA-STS policy, but {host} does not exist"
        return _STS.warning(what, f"{place}: {records[0]}", advice="Tell its administrator.")
    if not all(ipaddress.ip_address(each).is_global for each in addresses):
        return _STS.unknown(f"{host} is no public address, so its policy was not fetched")
    page = f"https://{host}/.well-known/mta-sts.txt"
    try:
        policy = context.fetch(page, context.timeout / 2).decode("utf-8", "replace")
    except OSError as error:
        return _STS.unknown(f"the MTA-STS policy of {domain} could not be fetched ({_name(error)})")
    return _compare_policy(context, domain, page, policy)


def _compare_policy(context: Context, domain: str, page: str, policy: str) -> Finding:
    pairs = [line.partition(":") for line in policy.splitlines()[:200]]
    mode = next((value.strip() for key, _, value in pairs if key.strip() == "mode"), "")
    allowed = [value.strip().lower() for key, _, value in pairs if key.strip() == "mx"]
    hosts = [host for host in context.resolver.exchangers(domain) if host]
    outside = [host for host in hosts if not any(_fits(host, each) for each in allowed)]
    seen = f"{page}: mode {mode}, mx {', '.join(allowed[:10])}"
    if mode == "enforce" and hosts and len(outside) == len(hosts):
        what = f"no MX of {domain} is in its MTA-STS policy, so that careful senders send nothing"
        return _STS.broken(what, seen, advice=f"Tell the administrator of {domain}.")
    if outside:
        return _STS.warning(f"{outside[0]}, an MX of {domain}, is not in its MTA-STS policy", seen)
    return _STS.ok(f"{domain} has an MTA-STS policy ({mode}) that fits its MX", seen)


def _fits(host: str, pattern: str) -> bool:
    # *.example.org stands for one label (RFC 8461 4.1)
    if pattern.startswith("*."):
        return host.partition(".")[2] == pattern[2:]
    return host == pattern


def check_dane(context: Context) -> Finding:
    """Whether the recipient's servers publish their keys in DNS; a note."""
    domain = context.recipient_domain
    if domain is None:
        return _DANE.skipped(_NAMELESS, _HOW)
    for host in [each for each in context.resolver.exchangers(domain) if each][:3]:
        answer = context.resolver.ask(f"_25._tcp.{host}", "TLSA")
        if answer.texts:
            signed = "signed by DNSSEC" if answer.authentic else "not seen as signed from here"
            what = f"{host} publishes its key by DANE ({signed})"
            return _DANE.ok(what, f"TLSA of _25._tcp.{host}: {answer.texts[0][:80]}")
    return _DANE.ok(f"{domain} uses no DANE, and need not")
