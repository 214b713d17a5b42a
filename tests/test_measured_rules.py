"""Confidences are measured: by layer on what was held apart, by rule on all of the corpora."""

from __future__ import annotations

from pathlib import Path

import pytest

from classifier.corpus import folder
from classifier.corpus.measure import measure
from classifier.judge import confidence_of
from classifier.rules.loader import load_shipped
from classifier.rules.measured import Tally, estimate, read_measured
from classifier.rules.rule import Layer

ROOT = Path(__file__).parents[1]


def test_what_was_measured_is_of_rules_that_are_there() -> None:
    measured = read_measured()
    names = {rule.name for rule in load_shipped().rules}
    assert measured.rules.keys() <= names, sorted(measured.rules.keys() - names)
    assert {"provider", "text", "hop", "status", "hint"} <= measured.layers.keys()
    for tally in (*measured.layers.values(), *measured.rules.values()):
        assert 0 <= tally.right <= tally.of > 0


def test_the_catalogue_is_judged_as_was_measured() -> None:
    measured = measure([folder.read(ROOT / "corpora" / "replies")], load_shipped())
    kept = read_measured().rules
    differ = [
        name
        for name, tally in measured.rules.items()
        if tally.of > kept.get(name, Tally(0, 0)).of  # mails only add to it
    ]
    assert not differ, f"run `make measure`: {differ}"


@pytest.mark.parametrize("layer", [Layer.PROVIDER, Layer.TEXT, Layer.STATUS, None])
def test_a_rule_that_nobody_met_is_as_sure_as_its_layer(layer: Layer | None) -> None:
    tally = read_measured().layers["hint" if layer is None else layer.name.lower()]
    assert estimate(layer, "nobody/knows-it") == pytest.approx(
        (tally.right + 1) / (tally.of + 2), abs=1e-9
    )


def test_a_rule_that_was_often_right_is_surer_than_its_layer() -> None:
    rules = {rule.name: rule for rule in load_shipped().rules}
    name, tally = max(
        ((n, t) for n, t in read_measured().rules.items() if rules[n].layer is Layer.TEXT),
        key=lambda pair: pair[1].right - 20 * (pair[1].of - pair[1].right),
    )
    assert tally.right >= 30
    assert confidence_of(rules[name]) > estimate(Layer.TEXT, "nobody/knows-it")


def test_an_operators_rule_is_taken_at_its_word() -> None:
    assert estimate(Layer.OPERATOR, "mine/one") == 0.99
