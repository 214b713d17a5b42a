"""What the bounce itself proves: how far the message came, and who refused it there."""

from __future__ import annotations

from typing import Final

from classifier.diagnose.context import Context
from classifier.diagnose.finding import ORDER, Finding, Hop, Says
from classifier.reasons import MEANING, Reason

__all__ = ["check_bounce"]

_BOUNCE: Final = "bounce"


def check_bounce(context: Context) -> tuple[Finding, ...]:
    """One finding a hop that the bounce says something of."""
    row, where = context.row, context.refused_at
    if row is None or row.reason is None:
        return (Says(_BOUNCE, Hop.MX).skipped("no bounce was given"),)
    reply = f"{row.remote_mta or row.reporting_mta or 'reply'}: {row.diagnostic_code or row.status}"
    found = list(_author(context))
    if where is None:
        what = "the bounce does not say who refused the message"
        return (*found, Says(_BOUNCE, Hop.MX).unknown(what, reply))
    # What lies before the hop that refused has let the message pass. The author's own records are
    # another matter: they are asked for at the other end.
    last = ORDER.index(Hop.MX if where is Hop.AUTHOR else where)
    for hop in ORDER[1:last]:
        by = f"it came as far as {row.remote_mta or row.reporting_mta or 'the next server'}"
        found.append(Says(_BOUNCE, hop).ok(f"the message passed the {_NAMES[hop]}", by))
    summary = MEANING[Reason(row.reason)].summary
    seen = (reply, f"judged: {row.reason} ({row.decided_by})")
    found.append(Says(_BOUNCE, where).broken(summary, *seen, advice=row.advice_text))
    return tuple(found)


_NAMES: Final = {Hop.SUBMISSION: "submission", Hop.RELAY: "relay", Hop.MX: "receiving system"}


def _author(context: Context) -> tuple[Finding, ...]:
    auth = context.auth
    if auth is None or not auth.results() or context.refused_at is Hop.AUTHOR:
        return ()
    line = ", ".join(f"{method}={result}" for method, result in auth.results().items())
    if auth.dmarc == "pass" or (auth.aligned and auth.dmarc is None):
        what = "the receiver itself found the message authentic"
        return (Says(_BOUNCE, Hop.AUTHOR).ok(what, f"{auth.source}: {line}"),)
    what = "the receiver did not find the message authentic for its From domain"
    return (Says(_BOUNCE, Hop.AUTHOR).warning(what, f"{auth.source}: {line}"),)
