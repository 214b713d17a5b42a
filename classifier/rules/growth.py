"""Whether patterns are linear: measured, on text that is made to be hard for them.

The loader refuses at sight what may repeat within a repeat (`classifier.rules.loader`); here each
pattern is tried. Text of the pattern's own pieces and of its rule's words grows eightfold, and the
time must not grow much more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from time import process_time
from typing import Final

from classifier.rules.rule import Rule

__all__ = ["find_growing", "is_growing"]

_SIZE: Final = 2_000  # characters of the shortest text
_TIMES: Final = (1, 2, 4, 8)
_MOST: Final = 24.0  # times as long for 8 times the text; a square would be 64
_SLOW: Final = 0.004  # seconds for the longest text below which nothing is to be feared
_PIECE: Final = re.compile(r"\\[dws]|[a-z0-9][a-z0-9 ]{0,30}|[-.,:;=<>@/\"'_]")
_STANDS_FOR: Final = {"\\d": "1", "\\w": "a", "\\s": " "}


def find_growing(rules: Sequence[Rule]) -> Iterator[str]:
    """Rules whose pattern takes more than its share of time on longer text."""
    for rule in rules:
        words = [" ".join(phrase.parts) for phrase in (*rule.says, *rule.notice)]
        if rule.pattern is not None and is_growing(rule.pattern, words):
            yield (
                f"{rule.where}: {rule.name} has a pattern whose time grows faster than the text;"
                " bound its repeats ({0,80}), or begin it with words"
            )


def is_growing(pattern: re.Pattern[str], words: Sequence[str] = ()) -> bool:
    """Whether the time of `pattern` grows faster than the text, on the worst of hostile texts.

    Noise only ever adds time, so that what was slow is tried again before it is believed.
    """
    return any(all(_grows(pattern, seed) for _ in range(3)) for seed in _seeds(pattern, words))


def _grows(pattern: re.Pattern[str], seed: str) -> bool:
    took = [_time(pattern, (seed * (_SIZE // len(seed) + 1))[:_SIZE] * n) for n in _TIMES]
    return took[-1] > _SLOW and took[-1] > _MOST * max(took[0], 1e-6)


def _time(pattern: re.Pattern[str], text: str) -> float:
    """The least of three times, in seconds of this process."""
    best = float("inf")
    for _ in range(3):
        begin = process_time()
        pattern.search(text)
        best = min(best, process_time() - begin)
        if best > 1.0:
            break
    return best


def _seeds(pattern: re.Pattern[str], words: Sequence[str]) -> Iterator[str]:
    """What a hostile text repeats: each piece of the pattern, neighbours, all, the rule's words."""
    pieces = [_STANDS_FOR.get(each, each) for each in _PIECE.findall(pattern.pattern)]
    singles = list(dict.fromkeys(pieces))[:12]
    yield from singles
    yield from dict.fromkeys(f"{one} {two}" for one, two in pairwise(pieces))
    for whole in ("".join(pieces), " ".join(pieces), " ".join(words[:8])):
        if whole:
            yield whole[:_SIZE]
