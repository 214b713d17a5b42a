"""The contest: which of the rules that fire wins."""

from __future__ import annotations

from collections.abc import Sequence

from classifier.rules.index import Hit

__all__ = ["find_winner"]


def find_winner(hits: Sequence[Hit]) -> Hit | None:
    """The hit that wins: one that decides, of the highest layer, that no other there goes over.

    Where several remain, the longest words are the most particular ones; the name settles the
    rest, so that the order of rules and files never does.
    """
    if len(hits) < 2:
        return hits[0] if hits else None
    best, rivals = 0, []
    for hit in hits:
        rank = hit.rule.rank
        if rank > best:
            best, rivals = rank, [hit]
        elif rank == best:
            rivals.append(hit)
    if len(rivals) == 1:
        return rivals[0]
    beaten: set[str] = set()
    for hit in rivals:
        if hit.rule.over:
            beaten |= hit.rule.over
    if beaten:
        rivals = [hit for hit in rivals if hit.rule.name not in beaten] or rivals
        if len(rivals) == 1:
            return rivals[0]
    return max(rivals, key=lambda hit: (len(hit.words), hit.rule.name))
