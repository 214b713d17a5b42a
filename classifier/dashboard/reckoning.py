"""What the page shows, reckoned from a summary: time line, sides, tables. No word of HTML here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

import msgspec

from classifier.reasons import Category, Fault
from classifier.summary import Group, Summary

__all__ = [
    "ORDER",
    "OTHER",
    "SIDES",
    "Line",
    "Rank",
    "Side",
    "fill_line",
    "rank_groups",
    "side_of",
    "tell_sides",
    "time_line",
]

#: The categories in the order they are stacked and listed: one's own side first.
ORDER: Final = (
    Category.SENDER_CREDENTIALS,
    Category.SENDER_AUTHENTICATION,
    Category.SENDER_REPUTATION,
    Category.CONTENT,
    Category.RATE,
    Category.TRANSPORT,
    Category.RECIPIENT_ADDRESS,
    Category.SUPPRESSED,
    Category.RECIPIENT_POLICY,
    Category.RECIPIENT_MAILBOX,
    Category.RECEIVER_SYSTEM,
    Category.UNDETERMINED,
)
OTHER: Final = "other"

_BINS: Final = 110  # bars of the time line, at most
_PROVIDERS: Final = 24  # that have a line of their own


class Side(msgspec.Struct, frozen=True):
    """Who has to act, in four groups; `faults` are the values that belong to it."""

    name: str
    title: str
    faults: tuple[str, ...]


SIDES: Final = (
    Side(
        "own",
        "Your systems and messages",
        (Fault.SENDER_ADMIN, Fault.SENDER_DOMAIN_ADMIN, Fault.SENDER),
    ),
    Side("list", "Your address list", (Fault.LIST_OWNER,)),
    Side("their", "Their side", (Fault.RECIPIENT_ADMIN, Fault.RECIPIENT)),
    Side("open", "Nobody, or not known", (Fault.NOBODY, Fault.UNKNOWN)),
)


def side_of(fault: str) -> str:
    """The name of the side that a fault belongs to."""
    return next((side.name for side in SIDES if fault in side.faults), "open")


def tell_sides(summary: Summary) -> dict[str, int]:
    """The failures of each side, by its name."""
    counts: Counter[str] = Counter()
    for fault, number in summary.faults.items():
        counts[side_of(fault)] += number
    return {side.name: counts[side.name] for side in SIDES}


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """The time line: failures by bin, provider, category and side.

    `unit` is day, week, month or year, `bins` the first day of each (`2026-11-03`, `2026-11`,
    `2026`), without gaps. `cells` holds five numbers a cell: places in `bins`, `providers`,
    `categories` and `sides`, and the failures. `undated` failures are in none.
    """

    unit: str
    bins: tuple[str, ...]
    providers: tuple[str, ...]
    categories: tuple[str, ...]
    sides: tuple[str, ...]
    cells: tuple[int, ...]
    undated: int


def time_line(summary: Summary) -> Line:
    """The failures over time, in bins of the shortest unit that gives few enough."""
    days = sorted(day for day in summary.cells if day)
    unit = _unit(days, summary.by_month)
    bins = _bins(days, unit)
    places = {each: at for at, each in enumerate(bins)}
    ranked = sorted(summary.providers.items(), key=lambda item: (-item[1].failures, item[0]))
    named = [name for name, group in ranked[:_PROVIDERS] if group.failures]
    providers = [*named, OTHER] if len(ranked) > _PROVIDERS else named
    at_provider = {name: at for at, name in enumerate(providers)}
    categories, sides = tuple(map(str, ORDER)), tuple(side.name for side in SIDES)
    counts: Counter[tuple[int, int, int, int]] = Counter()
    undated = 0
    for day, by_provider in summary.cells.items():
        place = places.get(_bin(day, unit)) if day else None
        if place is None:  # no date, or one that no calendar has
            undated += sum(sum(verdicts.values()) for verdicts in by_provider.values())
            continue
        for provider, by_verdict in by_provider.items():
            at = at_provider.get(provider, len(providers) - 1)
            for verdict, number in by_verdict.items():
                category, _, fault = verdict.partition(" ")
                key = (place, at, categories.index(category), sides.index(side_of(fault)))
                counts[key] += number
    return Line(
        unit=unit,
        bins=bins,
        providers=tuple(providers),
        categories=categories,
        sides=sides,
        cells=tuple(n for key in sorted(counts) for n in (*key, counts[key])),
        undated=undated,
    )


def _unit(days: list[str], by_month: bool) -> str:
    if not days:
        return "day"
    if not by_month:
        length = (_date(days[-1]) - _date(days[0])).days + 1
        if length <= _BINS:
            return "day"
        if length <= 7 * _BINS:
            return "week"
    months = 12 * (int(days[-1][:4]) - int(days[0][:4])) + int(days[-1][5:7]) - int(days[0][5:7])
    return "month" if months < _BINS else "year"


def _bin(day: str, unit: str) -> str:
    if unit == "week":
        monday = _date(day)
        return (monday - timedelta(days=monday.weekday())).isoformat()
    return day[: {"day": 10, "month": 7, "year": 4}[unit]]


def _bins(days: list[str], unit: str) -> tuple[str, ...]:
    """All bins from the first to the last."""
    if not days:
        return ()
    if unit == "year":
        return tuple(f"{year:04}" for year in range(int(days[0][:4]), int(days[-1][:4]) + 1))
    if unit == "month":
        first, last = (int(d[:4]) * 12 + int(d[5:7]) - 1 for d in (days[0], days[-1]))
        return tuple(f"{at // 12:04}-{at % 12 + 1:02}" for at in range(first, last + 1))
    step = timedelta(days=7 if unit == "week" else 1)
    at, end, bins = _date(_bin(days[0], unit)), _date(days[-1]), []
    while at <= end:
        bins.append(at.isoformat())
        at += step
    return tuple(bins)


def _date(day: str) -> date:
    try:
        return date.fromisoformat(day)
    except ValueError:  # 2026-02-30, which a hostile date may say: a day of that month
        return date(int(day[:4]), min(max(int(day[5:7]), 1), 12), 1)


class Rank(msgspec.Struct, frozen=True, kw_only=True):
    """A row of a table: a provider, domain or host."""

    name: str
    failures: int
    delayed: int
    share: float
    first: str | None
    last: str | None
    categories: tuple[tuple[str, int], ...]


def rank_groups(groups: Mapping[str, Group], whole: int, most: int) -> tuple[Rank, ...]:
    """The `most` frequent of a table; `whole` are all failures."""
    ranked = sorted(groups.items(), key=lambda item: (-item[1].failures, item[0]))
    order = {str(category): at for at, category in enumerate(ORDER)}
    return tuple(
        Rank(
            name=name,
            failures=group.failures,
            delayed=group.delayed,
            share=group.failures / whole if whole else 0.0,
            first=group.first,
            last=group.last,
            categories=tuple(
                sorted(group.categories.items(), key=lambda item: order.get(item[0], len(order)))
            ),
        )
        for name, group in ranked[:most]
        if group.weight
    )


def fill_line(line: Line, days: Mapping[str, int]) -> list[int]:
    """The failures by day or month, one number a bin of the time line."""
    places = {each: at for at, each in enumerate(line.bins)}
    counts = [0] * len(line.bins)
    for day, number in days.items():
        # A month of a cause with many days goes to the first of its days that the line has.
        full = day if len(day) == 10 else f"{day}-01"
        place = places.get(_bin(full, line.unit))
        if place is not None:
            counts[place] += number
    return counts
