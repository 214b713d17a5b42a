"""The summary of a run: all that is told of it, in bounded memory whatever its length.

It is filled record by record, two of them can be merged, and it goes through JSON and back, so
that a run may be parted among processes or go on after it was stopped.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import msgspec

from classifier.model.seen import reply_key
from classifier.novelty import UNKNOWN, in_dispute
from classifier.reasons import MEANING, Category, Kind, Permanence, Reason
from classifier.summary.bounded import Span, Top, add_all, prune
from classifier.summary.causes import Scope, cause_of
from classifier.summary.examples import MOST, Example, keep
from classifier.summary.masking import mask
from classifier.summary.parties import (
    Judged,
    checks_of,
    day_of,
    host_of,
    recipient_domain,
    sender_domain,
    tidy,
)
from classifier.terminal import neutral

__all__ = ["Cause", "Group", "Summary", "Template"]

_CAUSES: Final = 2_000
_TEMPLATES: Final = 3_000
_GROUPS: Final = 3_000  # domains or hosts of one kind
_PROVIDERS: Final = 300
_CELLS: Final = 200_000  # of the time line
_DAYS: Final = 1_000  # of the time line; a longer run is counted by months
_FEW: Final = 8  # names beside a cause or template
_CAUSE_DAYS: Final = 100


class Cause(Span, kw_only=True):
    """Failures with one cause, see `causes`; `passed` are those whose mail passed DMARC's checks.

    `days` are the failures by day, or by month (`2026-11`) where there are many days.
    """

    what: str
    scope: Scope
    name: str | None = None
    category: str = Category.UNDETERMINED
    passed: int = 0
    reasons: Top = msgspec.field(default_factory=lambda: Top(_FEW))
    faults: Top = msgspec.field(default_factory=lambda: Top(_FEW))
    advices: Top = msgspec.field(default_factory=lambda: Top(_FEW))
    permanences: Top = msgspec.field(default_factory=lambda: Top(_FEW))
    senders: Top = msgspec.field(default_factory=lambda: Top(_FEW))
    receivers: Top = msgspec.field(default_factory=lambda: Top(_FEW))
    providers: Top = msgspec.field(default_factory=lambda: Top(_FEW))
    formats: Top = msgspec.field(default_factory=lambda: Top(_FEW))
    days: dict[str, int] = msgspec.field(default_factory=dict)
    examples: list[Example] = msgspec.field(default_factory=list)


class Template(Span, kw_only=True):
    """Replies of one wording that were given one verdict; `text` is one of them, masked.

    `confidence` is the sum of theirs, `disputed` how often rule and model disagreed.
    """

    text: str
    category: str
    reason: str
    fault: str
    advice: str = ""
    confidence: float = 0.0
    disputed: int = 0
    providers: Top = msgspec.field(default_factory=lambda: Top(_FEW))
    permanences: Top = msgspec.field(default_factory=lambda: Top(_FEW))
    deciders: Top = msgspec.field(default_factory=lambda: Top(_FEW))
    receivers: Top = msgspec.field(default_factory=lambda: Top(_FEW))
    examples: list[Example] = msgspec.field(default_factory=list)


class Group(Span, kw_only=True):
    """The failures of one domain, host or provider, by category."""

    categories: dict[str, int] = msgspec.field(default_factory=dict)


class Summary(msgspec.Struct, kw_only=True):
    """What a run held.

    Failures alone are counted by category and the like; delays, which may yet be failures, only
    beside them (`delayed`). `cells` are failures by day (or month; "" where no date is known),
    provider, and `category fault`.
    """

    records: int = 0
    failures: int = 0
    delayed: int = 0
    undated: int = 0
    disputed: int = 0
    by_month: bool = False
    kinds: dict[str, int] = msgspec.field(default_factory=dict)
    categories: dict[str, int] = msgspec.field(default_factory=dict)
    reasons: dict[str, int] = msgspec.field(default_factory=dict)
    faults: dict[str, int] = msgspec.field(default_factory=dict)
    permanences: dict[str, int] = msgspec.field(default_factory=dict)
    deciders: dict[str, int] = msgspec.field(default_factory=dict)
    cells: dict[str, dict[str, dict[str, int]]] = msgspec.field(default_factory=dict)
    cell_count: int = 0
    causes: dict[str, Cause] = msgspec.field(default_factory=dict)
    templates: dict[str, Template] = msgspec.field(default_factory=dict)
    providers: dict[str, Group] = msgspec.field(default_factory=dict)
    senders: dict[str, Group] = msgspec.field(default_factory=dict)
    receivers: dict[str, Group] = msgspec.field(default_factory=dict)
    remotes: dict[str, Group] = msgspec.field(default_factory=dict)
    #: Names, causes and templates that found no room, by the field they belong to.
    forgotten: dict[str, int] = msgspec.field(default_factory=dict)

    def add(self, record: Judged) -> None:
        """Count one record of `whybounce classify`, of whatever kind."""
        self.records += 1
        _count(self.kinds, str(record.kind))
        if record.kind not in (Kind.FAILURE, Kind.DELAY):
            return
        delayed = record.kind == Kind.DELAY
        day = day_of(record)
        reason = _REASON.get(record.reason or "", Reason.UNDETERMINED)
        verdict = _Verdict(
            category=_CATEGORY.get(record.category or "", MEANING[reason].category),
            reason=str(reason),
            fault=(tidy(record.fault) or MEANING[reason].fault)[:40],
            permanence=(tidy(record.permanence) or Permanence.UNKNOWN)[:40],
        )
        provider = tidy(record.provider) or UNKNOWN
        disputed = in_dispute(record.evidence)
        if delayed:
            self.delayed += 1
        else:
            self.failures += 1
            self.disputed += disputed
            _count(self.categories, verdict.category)
            _count(self.reasons, verdict.reason)
            _count(self.faults, verdict.fault)
            _count(self.permanences, verdict.permanence)
            _count(self.deciders, (record.decided_by or "none").partition(":")[0][:40])
            self._add_cell(day, provider, f"{verdict.category} {verdict.fault}", 1)
        sides = (sender_domain(record), recipient_domain(record))
        self._add_cause(record, verdict, delayed, day, sides)
        self._add_template(record, verdict, delayed, disputed, day, sides[1])
        for field, name in (
            ("providers", provider),
            ("senders", sides[0]),
            ("receivers", sides[1]),
            ("remotes", host_of(record.remote_mta)),
        ):
            self._add_group(field, name, verdict.category, delayed, day)

    def merge(self, other: Summary) -> None:
        """Add what `other` counted, of other records; `other` must not be used any more."""
        for name in ("records", "failures", "delayed", "undated", "disputed"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in (*_COUNTS, "forgotten"):
            add_all(getattr(self, name), getattr(other, name))
        if other.by_month and not self.by_month:
            self._count_by_month()
        for day, providers in other.cells.items():
            for provider, counts in providers.items():
                for what, number in counts.items():
                    self._put_cell(day[:7] if self.by_month else day, provider, what, number)
        for name in _TABLES:
            table = getattr(self, name)
            for key, theirs in getattr(other, name).items():
                ours = table.setdefault(key, theirs)
                if ours is not theirs:
                    _merge(ours, theirs)
            self._prune(name)

    # ---- one record

    def _add_cell(self, day: str | None, provider: str, what: str, number: int) -> None:
        if day is None:
            self.undated += number
        at = (day or "")[:7] if self.by_month else day or ""
        self._put_cell(at, provider, what, number)

    def _put_cell(self, day: str, provider: str, what: str, number: int) -> None:
        counts = self.cells.get(day, {}).get(provider)
        if counts is None or what not in counts:
            if self.cell_count >= _CELLS and provider != UNKNOWN:
                self._put_cell(day, UNKNOWN, what, number)
                return
            counts = self.cells.setdefault(day, {}).setdefault(provider, {})
            counts[what] = 0
            self.cell_count += 1
        counts[what] += number
        if len(self.cells) > _DAYS and not self.by_month:
            self._count_by_month()

    def _count_by_month(self) -> None:
        """Hold months from now on: who looks at years does not look for days."""
        days, self.cells, self.cell_count, self.by_month = self.cells, {}, 0, True
        for day, providers in days.items():
            for provider, counts in providers.items():
                for what, number in counts.items():
                    self._put_cell(day[:7], provider, what, number)

    def _add_cause(
        self,
        record: Judged,
        verdict: _Verdict,
        delayed: bool,
        day: str | None,
        sides: tuple[str | None, str | None],
    ) -> None:
        key = cause_of(record)
        text = key.text()
        cause = self.causes.get(text)
        if cause is None:
            self._prune("causes", 2)
            cause = self.causes[text] = Cause(
                what=key.what, scope=key.scope, name=key.name, category=verdict.category
            )
        cause.count(delayed, day)
        cause.passed += checks_of(record) in _PASSED
        cause.reasons.add(verdict.reason)
        cause.faults.add(verdict.fault)
        cause.permanences.add(verdict.permanence)
        for top, name in (
            (cause.advices, tidy(record.advice)),
            (cause.senders, sides[0]),
            (cause.receivers, sides[1]),
            (cause.providers, tidy(record.provider)),
            (cause.formats, tidy(record.format)),
        ):
            if name:
                top.add(name)
        if day and not delayed:
            _count(cause.days, day[:7] if day not in cause.days and day[:7] in cause.days else day)
            if len(cause.days) > _CAUSE_DAYS:
                cause.days = _months(cause.days)
        keep(cause.examples, cause.weight, record)

    def _add_template(
        self,
        record: Judged,
        verdict: _Verdict,
        delayed: bool,
        disputed: bool,
        day: str | None,
        receiver: str | None,
    ) -> None:
        reply = neutral(record.diagnostic_code or "")
        wording = reply_key(reply) if reply else None
        said = f"{wording:x}" if wording is not None else _codes(record)
        key = f"{said} {verdict.reason} {verdict.fault}"
        template = self.templates.get(key)
        if template is None:
            self._prune("templates", 2)
            template = self.templates[key] = Template(
                text=mask(reply) or f"(no words) {_codes(record)}".strip(),
                category=verdict.category,
                reason=verdict.reason,
                fault=verdict.fault,
                advice=tidy(record.advice) or "",
            )
        template.count(delayed, day)
        template.confidence += record.confidence or 0.0
        template.disputed += disputed
        template.permanences.add(verdict.permanence)
        template.deciders.add(tidy(record.decided_by) or "none")
        template.providers.add(tidy(record.provider) or UNKNOWN)
        if receiver:
            template.receivers.add(receiver)
        keep(template.examples, template.weight, record)

    def _add_group(
        self, field: str, name: str | None, category: str, delayed: bool, day: str | None
    ) -> None:
        if name is None:
            return
        table: dict[str, Group] = getattr(self, field)
        group = table.get(name)
        if group is None:
            self._prune(field, 2)
            group = getattr(self, field)[name] = Group()
        group.count(delayed, day)
        if not delayed:
            _count(group.categories, category)

    def _prune(self, field: str, slack: int = 1) -> None:
        """Forget the lightest of a table that is `slack` times as long as it may be."""
        table, limit = getattr(self, field), _TABLES[field]
        if len(table) > slack * limit:
            kept = prune(table, limit, _weight)
            self.forgotten[field] = self.forgotten.get(field, 0) + len(table) - len(kept)
            setattr(self, field, kept)


class _Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """The verdict of a record, each part of it known and short."""

    category: str
    reason: str
    fault: str
    permanence: str


_REASON: Final = {str(reason): reason for reason in Reason}
_CATEGORY: Final = {str(category): str(category) for category in Category}
_COUNTS: Final = ("kinds", "categories", "reasons", "faults", "permanences", "deciders")
_TABLES: Final = {
    "causes": _CAUSES,
    "templates": _TEMPLATES,
    "providers": _PROVIDERS,
    "senders": _GROUPS,
    "receivers": _GROUPS,
    "remotes": _GROUPS,
}
_PASSED: Final = frozenset(
    {"spf=pass dkim=pass dmarc=pass", "spf=pass dkim=pass", "dkim=pass dmarc=pass"}
)


def _count(counts: dict[str, int], name: str) -> None:
    counts[name] = counts.get(name, 0) + 1


def _weight(span: Span) -> int:
    return span.weight


@lru_cache(maxsize=1024)
def _say_codes(reply_code: str | None, status: str | None) -> str:
    return neutral(" ".join(filter(None, (reply_code, status))))[:40]


def _codes(record: Judged) -> str:
    return _say_codes(record.reply_code, record.status)


def _months(days: dict[str, int]) -> dict[str, int]:
    months: dict[str, int] = {}
    for day, number in days.items():
        months[day[:7]] = months.get(day[:7], 0) + number
    return months


def _merge(ours: Cause | Template | Group, theirs: Cause | Template | Group) -> None:
    """Add one entry of a table to that of the same key; both are of one type."""
    ours.take(theirs)
    for name in type(ours).__struct_fields__:
        mine, other = getattr(ours, name), getattr(theirs, name)
        if isinstance(mine, Top):
            mine.merge(other)
        elif name == "examples":
            mine.extend(other[: max(0, MOST - len(mine))])
        elif isinstance(mine, dict):
            add_all(mine, other)
        elif name in ("confidence", "disputed", "passed"):
            setattr(ours, name, mine + other)
    if isinstance(ours, Cause):
        by_month = len(ours.days) > _CAUSE_DAYS or any(len(day) == 7 for day in ours.days)
        ours.days = _months(ours.days) if by_month else ours.days
