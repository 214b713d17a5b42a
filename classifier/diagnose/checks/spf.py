"""SPF: a record, one, valid, of at most ten look-ups; and whether it admits this path."""

from __future__ import annotations

from typing import Final

from classifier.diagnose.context import Context
from classifier.diagnose.domains import SPF_OF, ends_in
from classifier.diagnose.envelope import envelope_of
from classifier.diagnose.finding import Finding, Hop, Says
from classifier.diagnose.spf_walk import LIMIT, NOBODY, Walk, walk_spf

__all__ = ["check_spf", "check_spf_path"]

_SAYS: Final = Says("spf", Hop.AUTHOR, "RFC 7208 3.2, 4.5, 4.6.4")
_PATH: Final = Says("spf-path", Hop.AUTHOR, "RFC 7208 2.6")


def check_spf(context: Context) -> Finding:
    """Whether the envelope domain has one valid SPF record."""
    envelope = envelope_of(context)
    if envelope is None:
        return _SAYS.skipped("no sending domain is known", "Name it with --domain.")
    domain, why = envelope.domain, envelope.why
    walk = walk_spf(context.resolver, domain, NOBODY)
    place = f"TXT of {domain} ({why})"
    seen = (f"{place}: {walk.record}",) if walk.record else (place,)
    if walk.result == "none":
        advice = f"Publish a TXT record at {domain} that begins with v=spf1 and names its servers."
        return _SAYS.broken(f"{domain} has no SPF record", *seen, advice=advice)
    if walk.lookups > LIMIT:
        count = "more than 40" if walk.lookups > 4 * LIMIT else str(walk.lookups)
        advice = f"Take out includes until {LIMIT} are left, or give services domains of their own."
        what = f"the SPF record of {domain} asks for {count} look-ups; {LIMIT} are allowed"
        return _SAYS.broken(what, *seen, f"read: {', '.join(walk.visited[:15])}", advice=advice)
    if walk.result == "permerror":
        return _name_fault(domain, walk, seen)
    if _admits_all(walk.record or ""):
        what = f"the SPF record of {domain} admits every server in the world"
        return _SAYS.warning(what, *seen, advice="End it with ~all or -all instead of +all.")
    return _SAYS.ok(
        f"the SPF record of {domain} is valid: {walk.lookups} of {LIMIT} look-ups", *seen
    )


def _name_fault(domain: str, walk: Walk, seen: tuple[str, ...]) -> Finding:
    if "Two or more" in walk.why:
        what = f"{domain} has two SPF records, so neither counts"
        return _SAYS.broken(what, *seen, advice="Join them into one.")
    if "Void lookup" in walk.why:
        what = f"the SPF record of {domain} names more than two hosts or domains that have nothing"
        return _SAYS.broken(what, *seen, advice="Take out what does not exist any more.")
    what = f"the SPF record of {domain} is invalid: {walk.why}"
    return _SAYS.broken(what, *seen, advice="Correct the record; receivers ignore it as it is.")


def _admits_all(record: str) -> bool:
    return bool({"all", "+all"} & set(record.lower().split()))


def check_spf_path(context: Context) -> Finding:
    """Whether that record admits the server that the mail leaves from."""
    envelope = envelope_of(context)
    if envelope is None:
        return _PATH.skipped("no sending domain is known", "Name it with --domain.")
    domain = envelope.domain
    whole = walk_spf(context.resolver, domain, NOBODY)
    if whole.record is None or whole.result == "permerror" or whole.lookups > LIMIT:
        return _PATH.skipped("there is no valid SPF record to ask; see spf")
    seen = f"TXT of {domain} ({envelope.why}): {whole.record}"
    if context.sending_ip:
        walk = walk_spf(context.resolver, domain, context.sending_ip, context.helo)
        said = f"SPF of {domain} for {context.sending_ip}: {walk.result}"
        if walk.result == "pass":
            return _PATH.ok(f"SPF of {domain} passes for {context.sending_ip}", seen, said)
        advice = f"Add the server of {context.sending_ip}, or the service it belongs to, to SPF."
        what = f"SPF of {domain} gives {walk.result} for {context.sending_ip}, where the mail left"
        return _PATH.broken(what, seen, said, advice=advice)
    wanted = SPF_OF.get(context.provider or "")
    if wanted is None:
        what = "neither the sending address nor the service behind the relay is known"
        return _PATH.skipped(what, "Give the address by --ip.")
    if any(ends_in(each, wanted) for each in whole.visited):
        return _PATH.ok(f"SPF of {domain} admits {wanted}, which the relay sends from", seen)
    what = f"SPF of {domain} does not include {wanted}, which the relay sends from"
    return _PATH.broken(what, seen, advice=f"Add include:{wanted} to the record.")
