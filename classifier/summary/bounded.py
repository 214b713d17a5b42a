"""Counts of which the frequent ones are kept, so that no run is too long for the memory.

A table that has grown to twice its limit loses its rarest half. What comes late is therefore held
as long as what came first, and only names that are rare all along are forgotten; their number is
kept, and the counts of the others may then be too low by as much as was forgotten of them before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

import msgspec

__all__ = ["Span", "Top", "add_all", "prune"]

Held = TypeVar("Held")
_NAME: Final = 160  # characters of a name


class Span(msgspec.Struct, kw_only=True):
    """Failures and delays of one kind, and the days (ISO 8601) of the first and the last."""

    failures: int = 0
    delayed: int = 0
    first: str | None = None
    last: str | None = None

    def count(self, delayed: bool, day: str | None) -> None:
        """Count one more, of that day."""
        if delayed:
            self.delayed += 1
        else:
            self.failures += 1
        if day is not None and day != self.last:  # most come in their order
            self.stretch(day, day)

    def stretch(self, first: str | None, last: str | None) -> None:
        """Make the days reach from `first` to `last`, too."""
        if first and (self.first is None or first < self.first):
            self.first = first
        if last and (self.last is None or last > self.last):
            self.last = last

    def take(self, other: Span) -> None:
        """Add what another counted of the same."""
        self.failures += other.failures
        self.delayed += other.delayed
        self.stretch(other.first, other.last)

    @property
    def weight(self) -> int:
        """Which is kept rather than another: failures and delays together."""
        return self.failures + self.delayed


class Top(msgspec.Struct):
    """Counts by name; at least the `limit` most frequent are held. `lost` counts the others."""

    limit: int
    counts: dict[str, int] = msgspec.field(default_factory=dict)
    lost: int = 0

    def add(self, name: str, number: int = 1) -> None:
        """Count `number` more of `name`."""
        name, counts = name[:_NAME], self.counts
        if name in counts:
            counts[name] += number
            return
        counts[name] = number
        if len(counts) > 2 * self.limit:
            self._prune()

    def merge(self, other: Top) -> None:
        """Add what another counted."""
        self.lost += other.lost
        add_all(self.counts, other.counts)
        if len(self.counts) > 2 * self.limit:
            self._prune()

    def most(self, number: int | None = None) -> list[tuple[str, int]]:
        """The most frequent and their counts; `number` of them at most."""
        ranked = sorted(self.counts.items(), key=lambda item: (-item[1], item[0]))
        return ranked[: self.limit if number is None else number]

    def _prune(self) -> None:
        before = sum(self.counts.values())
        self.counts = prune(self.counts, self.limit, lambda count: count)
        self.lost += before - sum(self.counts.values())


def add_all(counts: dict[str, int], others: Mapping[str, int]) -> None:
    """Add the counts of `others`."""
    for name, number in others.items():
        counts[name] = counts.get(name, 0) + number


def prune(held: dict[str, Held], limit: int, weight: Callable[[Held], int]) -> dict[str, Held]:
    """The `limit` heaviest of `held`, in their old order; of equals those that came last."""
    if len(held) <= limit:
        return held
    places = enumerate(held.items())
    ranked = sorted(places, key=lambda each: (-weight(each[1][1]), -each[0]))[:limit]
    ranked.sort(key=lambda each: each[0])
    return dict(item for _, item in ranked)
