"""The rest of the sender's DNS: MAIL FROM, a way for bounces back, PTR and HELO, notes."""

from __future__ import annotations

import ipaddress
from typing import Final

from classifier.diagnose.context import Context
from classifier.diagnose.domains import tags
from classifier.diagnose.envelope import envelope_of
from classifier.diagnose.finding import Finding, Hop, Says

__all__ = ["check_bimi", "check_mail_from", "check_ptr", "check_sender_mx", "check_tls_reports"]

_FROM: Final = Says(
    "mail-from", Hop.AUTHOR, "docs.aws.amazon.com/ses/latest/dg/mail-from.html; RFC 5321 4.5.1"
)
_MX: Final = Says("sender-mx", Hop.AUTHOR, "RFC 5321 5.1, RFC 7505 4.2")
_PTR: Final = Says("ptr", Hop.RELAY, "RFC 1912 2.1; support.google.com/a/answer/81126")
_REPORTS: Final = Says("tls-rpt", Hop.AUTHOR, "RFC 8460 3")
_BIMI: Final = Says("bimi", Hop.AUTHOR, "bimigroup.org/implementation-guide")
_FEEDBACK: Final = "feedback-smtp."  # feedback-smtp.eu-west-1.amazonses.com


def check_mail_from(context: Context) -> Finding:
    """Whether bounces come back to a MAIL FROM domain of its own."""
    envelope = envelope_of(context)
    if envelope is None or envelope.domain == context.domain:
        return _FROM.skipped("there is no envelope domain of its own")
    domain = envelope.domain
    hosts = context.resolver.exchangers(domain)
    seen = f"MX of {domain}: {', '.join(hosts) or 'none'}"
    region = context.aws.region if context.aws else None
    wanted = f"{_FEEDBACK}{region}.amazonses.com" if region and context.at_ses else None
    if not hosts:
        advice = f"Publish MX 10 {wanted} at {domain}." if wanted else f"Publish an MX at {domain}."
        return _FROM.broken(f"the MAIL FROM domain {domain} has no MX", seen, advice=advice)
    if wanted and hosts[0].startswith(_FEEDBACK) and wanted not in hosts:
        what = f"the MX of the MAIL FROM domain {domain} is that of another SES region"
        return _FROM.broken(what, seen, f"the relay's: {wanted}", advice=f"Point it to {wanted}.")
    return _FROM.ok(f"the MAIL FROM domain {domain} takes bounces", seen)


def check_sender_mx(context: Context) -> Finding:
    """Whether the From domain can be answered at all."""
    domain = context.domain
    if domain is None:
        return _MX.skipped("no sending domain is known", "Name it with --domain.")
    answer = context.resolver.ask(domain, "MX")
    if not answer.exists:
        what = f"the sending domain {domain} does not exist"
        return _MX.broken(what, f"MX of {domain}: NXDOMAIN", advice="Register it, or mend its DNS.")
    hosts = context.resolver.exchangers(domain)
    if hosts == [""]:
        advice = f"Take the null MX away, or send from a domain that takes mail (not {domain})."
        what = f"{domain} says by a null MX that it takes no mail, so receivers refuse its mail"
        return _MX.broken(what, f"MX of {domain}: 0 .", advice=advice)
    if hosts:
        return _MX.ok(f"{domain} takes mail", f"MX of {domain}: {', '.join(hosts)}")
    if context.resolver.addresses(domain):
        return _MX.ok(f"{domain} has no MX, but an address that stands for it")
    advice = f"Publish an MX for {domain}; many refuse senders that cannot be answered."
    what = f"{domain} has neither MX nor address, so nobody can answer"
    return _MX.warning(what, f"MX of {domain}: none", advice=advice)


def check_ptr(context: Context) -> Finding:
    """Whether the sending address has a name that leads back to it, and HELO fits."""
    if context.sending_ip is None:
        return _PTR.skipped("the address that the mail left from is not known", "Give it by --ip.")
    try:
        address = ipaddress.ip_address(context.sending_ip)
    except ValueError:
        return _PTR.skipped(f"{context.sending_ip} is no address")
    names = [
        text.rstrip(".") for text in context.resolver.ask(address.reverse_pointer, "PTR").texts
    ]
    seen = f"PTR of {address}: {', '.join(names) or 'none'}"
    if not names:
        advice = f"Have whoever owns {address} publish a PTR for it."
        return _PTR.broken(f"{address}, where the mail left, has no PTR", seen, advice=advice)
    back = [name for name in names[:10] if _leads_to(context, name, address)]
    if not back:
        what = f"the PTR of {address} leads to {names[0]}, which does not lead back"
        return _PTR.broken(what, seen, advice=f"Give {names[0]} the address {address}.")
    if context.helo and not _leads_to(context, context.helo, address):
        what = f"the server greets as {context.helo}, which is not a name of {address}"
        return _PTR.warning(what, seen, advice=f"Let it greet as {back[0]}.")
    return _PTR.ok(f"{address} is {back[0]} and back", seen)


def _leads_to(context: Context, name: str, address: object) -> bool:
    found = context.resolver.addresses(name)
    return any(ipaddress.ip_address(each) == address for each in found)


def check_tls_reports(context: Context) -> Finding:
    """Whether receivers are asked to report failures of TLS; a note."""
    if context.domain is None:
        return _REPORTS.skipped("no sending domain is known")
    place = f"_smtp._tls.{context.domain}"
    found = [
        text
        for text in context.resolver.ask(place, "TXT").texts
        if tags(text).get("v") == "TLSRPTv1"
    ]
    if found:
        return _REPORTS.ok(
            f"{context.domain} asks for reports on TLS", f"{place}: {found[0][:200]}"
        )
    return _REPORTS.ok(f"{context.domain} asks for no reports on TLS, and need not")


def check_bimi(context: Context) -> Finding:
    """Whether the domain publishes its logo; a note."""
    if context.domain is None:
        return _BIMI.skipped("no sending domain is known")
    place = f"default._bimi.{context.domain}"
    found = [
        text for text in context.resolver.ask(place, "TXT").texts if tags(text).get("v") == "BIMI1"
    ]
    if found:
        return _BIMI.ok(f"{context.domain} publishes a logo", f"{place}: {found[0][:200]}")
    return _BIMI.ok(f"{context.domain} publishes no logo, and need not")
