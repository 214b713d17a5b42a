"""How often rules are right, as measured; the confidences of verdicts come from here.

`measured.json` is written by `whybounce rules measure` from the corpora of a checkout.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

from classifier.rules.rule import Layer

__all__ = ["MEASURED", "Measured", "Tally", "estimate", "read_measured"]

MEASURED: Final = Path(__file__).with_name("measured.json")

#: What an operator's own rule is worth: it is taken at its word, nobody measures it.
_OWN_WORD: Final = 0.99
_WEIGHT: Final = 20  # replies that a layer's share is worth beside a rule's own count


class Tally(msgspec.Struct, frozen=True):
    """Of so many different replies that were decided, so many rightly."""

    right: int
    of: int


_NOTHING: Final = Tally(0, 0)


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """Tallies by layer (of replies that were held apart) and by rule (of all)."""

    layers: Mapping[str, Tally]
    rules: Mapping[str, Tally]


@cache
def read_measured() -> Measured:
    """What was measured for the shipped rules."""
    return msgspec.json.decode(MEASURED.read_bytes(), type=Measured)


@cache
def estimate(layer: Layer | None, rule: str) -> float:
    """How sure a verdict by `rule` of `layer` is, 0 to 1; `layer` None: it gives a hint.

    The share of its layer counts as twenty replies beside the rule's own, so that a rule with few
    of them is as sure as its layer, and one with many as sure as itself (the mean of a Beta
    distribution).
    """
    if layer is Layer.OPERATOR:
        return _OWN_WORD
    measured = read_measured()
    shared = measured.layers.get("hint" if layer is None else layer.name.lower(), _NOTHING)
    prior = (shared.right + 1) / (shared.of + 2)
    own = measured.rules.get(rule, _NOTHING)
    return (own.right + _WEIGHT * prior) / (own.of + _WEIGHT)
