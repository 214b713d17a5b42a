"""Chance: whether a share differs between two samples by more than luck would have it.

Small counts are tested exactly, and asking many questions at once finds no more false answers
than asking one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

__all__ = ["compare_shares", "find_sure"]

_FEW: Final = 10  # an expected count below it is tested exactly
_SAME: Final = 1 + 1e-9  # what is as likely as the observed, whatever the last bits say


def compare_shares(old: int, old_of: int, new: int, new_of: int) -> float:
    """How probable a difference at least as large is by chance alone, 0 to 1; both sides.

    `old` of `old_of` cases against `new` of `new_of`. Fisher's exact test where a count of the
    table of four is small, else the G-test, which is near to it.
    """
    cases, hits = old_of + new_of, old + new
    if not old_of or not new_of or hits in (0, cases):
        return 1.0
    if min(old_of, new_of) * min(hits, cases - hits) < _FEW * cases:
        return _fisher(old, old_of, hits, cases)
    table = (
        (old, old_of, hits),
        (new, new_of, hits),
        (old_of - old, old_of, cases - hits),
        (new_of - new, new_of, cases - hits),
    )
    g = 2 * math.fsum(
        seen * math.log(seen * cases / (row * column)) for seen, row, column in table if seen
    )
    return math.erfc(math.sqrt(max(g, 0.0) / 2))  # chi-square of one degree of freedom


def _fisher(old: int, old_of: int, hits: int, cases: int) -> float:
    """The sum over all tables with these margins that are no more likely than the observed."""
    whole = _choose(cases, hits)

    def likely(count: int) -> float:
        return math.exp(_choose(old_of, count) + _choose(cases - old_of, hits - count) - whole)

    observed = likely(old) * _SAME
    counts = range(max(0, hits - (cases - old_of)), min(hits, old_of) + 1)
    return min(1.0, math.fsum(p for p in map(likely, counts) if p <= observed))


def _choose(whole: int, part: int) -> float:
    """The logarithm of the number of ways to choose `part` of `whole`."""
    return math.lgamma(whole + 1) - math.lgamma(part + 1) - math.lgamma(whole - part + 1)


def find_sure(chances: Sequence[float], level: float) -> list[bool]:
    """Which of many results are sure, so that of these at most a share of `level` is luck.

    `chances` are the probabilities by `compare_shares`; Benjamini and Hochberg 1995.
    """
    limit = -1.0
    for rank, chance in enumerate(sorted(chances), 1):
        if chance <= level * rank / len(chances):
            limit = chance
    return [chance <= limit for chance in chances]
