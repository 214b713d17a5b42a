"""What to do first: the causes of a run, those whose mending helps most before the others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from itertools import chain
from typing import Final

import msgspec

from classifier.reasons import Advice, Category, Fault, Permanence
from classifier.summary.bounded import Top, add_all
from classifier.summary.causes import Scope
from classifier.summary.counting import Cause, Summary
from classifier.summary.examples import MOST, Example
from classifier.summary.words import say_cause, say_span

__all__ = ["Step", "first_steps"]


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to do, for the failures that end with it.

    `title` names the cause, `told` says how many failures and since when, `todo` what to do;
    `share` is of all failures, 0 to 1. `over` says that the last of them lies well before the end
    of the run, so that it may be mended already. `others` is how many causes of one kind are told
    together here, 0 where it is one. `passed` failures had passed SPF and DKIM or DMARC. `days`
    are the failures by day or month.
    """

    what: str
    scope: Scope
    name: str | None
    category: str
    title: str
    told: str
    todo: str
    fault: str
    advice: str
    permanence: str
    failures: int
    delayed: int
    share: float
    first: str | None
    last: str | None
    over: bool
    others: int
    passed: int
    reasons: tuple[tuple[str, int], ...]
    senders: tuple[tuple[str, int], ...]
    receivers: tuple[tuple[str, int], ...]
    providers: tuple[tuple[str, int], ...]
    formats: tuple[tuple[str, int], ...]
    days: Mapping[str, int]
    examples: tuple[Example, ...]


#: What one failure counts, by category. A refused login stops all that goes that way, which the
#: bounces show only a part of; a domain that fails its checks fails them everywhere; an address
#: that does not exist harms the sender's name with every try. What nobody at the sending side can
#: mend comes last.
_URGENCY: Final[Mapping[str, float]] = {
    Category.SENDER_CREDENTIALS: 20.0,
    Category.SENDER_AUTHENTICATION: 8.0,
    Category.SENDER_REPUTATION: 6.0,
    Category.CONTENT: 2.0,
    Category.RECIPIENT_POLICY: 2.0,
    Category.RECIPIENT_ADDRESS: 1.5,
    Category.SUPPRESSED: 1.0,
    Category.RATE: 1.0,
    Category.TRANSPORT: 0.8,
    Category.RECEIVER_SYSTEM: 0.5,
    Category.RECIPIENT_MAILBOX: 0.3,
    Category.UNDETERMINED: 0.3,
}
_OVER: Final = 0.2  # what is left of it where the cause seems to be mended
_WAITING: Final = 0.2  # what a delay counts beside a failure
_APART: Final = 3  # causes of one kind that are told one by one
_QUIET_DAYS: Final = 3  # without a failure, at least, until a cause seems to be over
_QUIET_SHARE: Final = 0.1  # of the days of the run, at least
_STRAY: Final = 0.001  # of the failures may be dated after the end of the run, by clocks gone wrong


def first_steps(summary: Summary, limit: int = 20) -> tuple[Step, ...]:
    """What to do first, at most `limit` steps. Rare causes of one kind are told together."""
    until = _quiet_since(summary)
    kinds: dict[tuple[str, str], list[Cause]] = defaultdict(list)
    for cause in summary.causes.values():
        kinds[cause.what, cause.scope].append(cause)
    ranked: list[tuple[float, Step]] = []
    for causes in kinds.values():
        causes.sort(key=lambda each: (-_urgency(each, until), each.name or ""))
        alone, rest = causes[:_APART], causes[_APART:]
        if len(rest) == 1:
            alone, rest = causes, []
        told = [(cause, 0) for cause in alone] + ([(_join(rest), len(rest))] if rest else [])
        for cause, others in told:
            # Many small causes ask for as many people: each is worth what it is worth alone.
            worth = (
                max(_urgency(each, until) for each in rest) if others else _urgency(cause, until)
            )
            ranked.append((worth, _make_step(cause, others, summary, until)))
    ranked.sort(key=lambda pair: (-pair[0], pair[1].title))
    return tuple(step for _, step in ranked[:limit])


def _urgency(cause: Cause, until: str | None) -> float:
    waiting = _WAITING * cause.delayed
    worth = (cause.failures + waiting) * _URGENCY.get(cause.category, 1.0)
    nobody = cause.faults.most(1)[:1] == [(Fault.NOBODY, cause.weight)]
    return worth * (_OVER if _is_over(cause, until) else 1.0) * (0.3 if nobody else 1.0)


def _is_over(cause: Cause, until: str | None) -> bool:
    return until is not None and cause.last is not None and cause.last < until


def _quiet_since(summary: Summary) -> str | None:
    """The day before which a cause that did not come again seems to be over; None if unknown."""
    counts = {
        day: sum(chain.from_iterable(each.values() for each in providers.values()))
        for day, providers in summary.cells.items()
        if day
    }
    if len(counts) < 2 or summary.by_month:
        return None
    stray, days = _STRAY * sum(counts.values()), sorted(counts)
    while stray >= counts[days[-1]] and len(days) > 1:
        stray -= counts[days.pop()]
    try:
        first, last = date.fromisoformat(days[0]), date.fromisoformat(days[-1])
    except ValueError:  # 2026-02-30
        return None
    quiet = max(_QUIET_DAYS, int((last - first).days * _QUIET_SHARE))
    return (last - timedelta(days=quiet)).isoformat()


def _join(causes: Sequence[Cause]) -> Cause:
    """One cause that stands for many of one kind."""
    first = causes[0]
    joined = Cause(what=first.what, scope=first.scope, name=None, category=first.category)
    for cause in causes:
        joined.take(cause)
        joined.passed += cause.passed
        for name in _TOPS:
            top: Top = getattr(joined, name)
            top.merge(getattr(cause, name))
        add_all(joined.days, cause.days)
    joined.examples = [each for cause in causes[:MOST] for each in cause.examples[:1]]
    return joined


_TOPS: Final = (
    "reasons", "faults", "advices", "permanences", "senders", "receivers", "providers", "formats",
)  # fmt: skip


def _make_step(cause: Cause, others: int, summary: Summary, until: str | None) -> Step:
    senders = [name for name, _ in cause.senders.most(3)]
    words = say_cause(cause.what, cause.scope, cause.name, senders, others)
    over = _is_over(cause, until)
    return Step(
        what=cause.what,
        scope=cause.scope,
        name=cause.name,
        category=cause.category,
        title=words.title,
        told=_tell(cause) + say_span(cause.first, cause.last, over),
        todo=words.todo,
        fault=_usual(cause.faults, Fault.UNKNOWN),
        advice=_usual(cause.advices, Advice.INVESTIGATE),
        permanence=_usual(cause.permanences, Permanence.UNKNOWN),
        failures=cause.failures,
        delayed=cause.delayed,
        share=cause.failures / summary.failures if summary.failures else 0.0,
        first=cause.first,
        last=cause.last,
        over=over,
        others=others,
        passed=cause.passed,
        reasons=tuple(cause.reasons.most()),
        senders=tuple(cause.senders.most()),
        receivers=tuple(cause.receivers.most()),
        providers=tuple(cause.providers.most()),
        formats=tuple(cause.formats.most()),
        days=dict(sorted(cause.days.items())),
        examples=tuple(cause.examples),
    )


def _tell(cause: Cause) -> str:
    """`1,204 failures and 31 delays`."""
    pairs: Iterable[tuple[int, str]] = ((cause.failures, "failure"), (cause.delayed, "delay"))
    return " and ".join(f"{n:,} {name}{'' if n == 1 else 's'}" for n, name in pairs if n)


def _usual(top: Top, other: str) -> str:
    most = top.most(1)
    return most[0][0] if most else other
