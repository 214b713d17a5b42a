"""DMARC: the policy of the From domain, and whether this very message is aligned with it."""

from __future__ import annotations

from typing import Final

from classifier.diagnose.context import Context
from classifier.diagnose.domains import aligned, organisation, tags
from classifier.diagnose.envelope import envelope_of, signers_of
from classifier.diagnose.finding import Finding, Hop, Says
from classifier.reasons import Category

__all__ = ["check_alignment", "check_dmarc"]

_SAYS: Final = Says("dmarc", Hop.AUTHOR, "RFC 7489 6.3, 6.6.3")
_ALIGNED: Final = Says("alignment", Hop.AUTHOR, "RFC 7489 3.1")
_POLICIES: Final = ("none", "quarantine", "reject")


def _records(context: Context, domain: str) -> tuple[str, list[str]]:
    """The DMARC records that count for a domain, and where they stand (RFC 7489 6.6.3)."""
    for home in dict.fromkeys((domain, organisation(domain))):
        place = f"_dmarc.{home}"
        texts = context.resolver.ask(place, "TXT").texts
        found = [text for text in texts if text[:8].lower() == "v=dmarc1"]
        if found:
            return place, found
    return f"_dmarc.{domain}", []


def check_dmarc(context: Context) -> Finding:
    """Whether the From domain publishes one valid DMARC policy."""
    domain = context.domain
    if domain is None:
        return _SAYS.skipped("no sending domain is known", "Name it with --domain.")
    place, records = _records(context, domain)
    if not records:
        advice = f'Publish a TXT record at {place}: "v=DMARC1; p=none; rua=mailto:..." to begin.'
        what = f"{domain} has no DMARC policy"
        refused = context.row and context.row.category == Category.SENDER_AUTHENTICATION
        # Nobody has to have one, but Gmail and Yahoo ask it of those who send much.
        return (_SAYS.broken if refused else _SAYS.warning)(what, f"{place}: none", advice=advice)
    seen = tuple(f"{place}: {record[:200]}" for record in records)
    if len(records) > 1:
        what = f"{domain} has {len(records)} DMARC records, so none counts"
        return _SAYS.broken(what, *seen, advice="Leave one.")
    known = tags(records[0])
    policy = known.get("p", "").lower()
    if policy not in _POLICIES:
        what = f"the DMARC record of {domain} has no valid policy (p={known.get('p', '')})"
        return _SAYS.broken(what, *seen, advice="Set p=none, p=quarantine or p=reject.")
    if not place.endswith(f"_dmarc.{domain}"):
        policy = known.get("sp", policy)
    return _SAYS.ok(f"the DMARC policy of {domain} is {policy}", *seen)


def check_alignment(context: Context) -> Finding:
    """Whether SPF or DKIM can pass for the From domain itself, as DMARC asks."""
    domain = context.domain
    if domain is None:
        return _ALIGNED.skipped("no sending domain is known", "Name it with --domain.")
    said = context.auth.dmarc if context.auth else None
    if context.auth and said in ("pass", "fail"):
        source = f"{context.auth.source}: " + ", ".join(
            f"{method}={result}" for method, result in context.auth.results().items()
        )
        if said == "pass":
            return _ALIGNED.ok(f"this message passed DMARC for {domain} at the receiver", source)
    known = tags((_records(context, domain)[1] or [""])[0])
    envelope = envelope_of(context)
    seen: list[str] = []
    by: list[str] = []
    if envelope is not None:
        fits = aligned(envelope.domain, domain, known.get("aspf", "r").lower() == "s")
        seen.append(f"SPF: {envelope.domain} ({envelope.why}) {_word(fits)} {domain}")
        by += ["SPF"] if fits else []
    strict = known.get("adkim", "r").lower() == "s"
    signers = tuple(dict.fromkeys((*context.signers, *signers_of(context))))
    for home in dict.fromkeys(signer.domain for signer in signers[:8]):
        fits = aligned(home, domain, strict)
        seen.append(f"DKIM: d={home} {_word(fits)} {domain}")
        by += ["DKIM"] if fits and "DKIM" not in by else []
    if said == "fail" and context.auth:
        what = f"this message failed DMARC for {domain} at the receiver"
        advice = f"Let {domain} itself sign, or send under an envelope domain below it."
        return _ALIGNED.broken(what, source, *seen, advice=advice)
    if not by:
        what = f"neither SPF nor DKIM is aligned with {domain}"
        advice = (
            f"Sign with d={domain}, or send under an envelope domain of {organisation(domain)}."
        )
        return _ALIGNED.broken(what, *seen, advice=advice)
    return _ALIGNED.ok(f"{' and '.join(by)} can pass for {domain} itself", *seen)


def _word(fits: bool) -> str:
    return "is aligned with" if fits else "is not aligned with"
