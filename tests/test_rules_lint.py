"""The lint tells each kind of fault, and the index finds what asking each rule would find."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from classifier.evidence import Evidence
from classifier.rules.engine import RuleSet
from classifier.rules.growth import is_growing
from classifier.rules.lint import lint
from classifier.rules.loader import load_shipped, read_file
from classifier.rules.rule import CIRCUMSTANCES, Layer, Phrase, Rule, holds_only

SHIPPED: Final = load_shipped()

ONE: Final = """
source = "written"
[rule.one]
reason = "mailbox-full"
says   = ["cupboard is full"]
why    = "Because."
hits   = ["552 the cupboard is full"]
misses = ["552 the cupboard is empty"]
"""
DOUBLED: Final = ONE.replace('["cupboard is full"]', '["cupboard is full", "the cupboard is full"]')
TWO: Final = ONE.replace('source = "written"\n', "").replace("[rule.one]", "[rule.two]")


def faults(folder: Path, text: str, layer: Layer = Layer.OPERATOR) -> str:
    path = folder / "own.toml"
    path.write_text(text, encoding="utf-8")
    _, rules = read_file(path, layer)
    return "\n".join(lint(RuleSet(rules), thorough=True))


def test_a_good_file_has_no_faults(tmp_path: Path) -> None:
    assert faults(tmp_path, ONE) == ""


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (ONE.replace('full"]\nmi', 'full", "552 the cupboard is full"]\nmi'), "twice in hits"),
        (ONE.replace("is empty", "is full"), "in hits and in misses"),
        (DOUBLED, "stands wherever"),
        (ONE + 'unless = ["cupboard"]\n', "never fires on"),
        (
            ONE + TWO.replace('["cupboard is full"]', '["the cupboard is full"]', 1),
            "own/two adds nothing to own/one (own.toml:3)",
        ),
        (
            ONE + 'over = ["two"]\n' + TWO + 'strength = "hint"\n',
            "own/one goes over own/two, which it never competes with",
        ),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_line(tmp_path: Path, text: str, fault: str) -> None:
    found = faults(tmp_path, text)
    assert fault in found
    assert all(line.startswith("own.toml:") for line in found.splitlines())


def test_a_circle_that_fires_is_told(tmp_path: Path) -> None:
    three = TWO.replace("[rule.two]", "[rule.three]").replace("mailbox-full", "virus")
    two = TWO.replace("mailbox-full", "spam")
    text = f'{ONE}over = ["two"]\n{two}over = ["three"]\n{three}over = ["one"]\n'
    assert "own/one, own/three, own/two go over each other in a circle" in faults(tmp_path, text)


def test_a_hit_that_a_higher_layer_wins_is_told(tmp_path: Path) -> None:
    low, high = tmp_path / "low.toml", tmp_path / "high.toml"
    low.write_text(ONE)
    high.write_text(ONE.replace("mailbox-full", "spam"))
    rules = [*read_file(low, Layer.PROVIDER)[1], *read_file(high, Layer.OPERATOR)[1]]
    (fault,) = lint(RuleSet(rules))
    assert "high/one (spam) of a higher layer wins on the hit" in fault


@pytest.mark.parametrize(("layer", "told"), [(Layer.TEXT, True), (Layer.PROVIDER, False)])
def test_only_a_provider_knows_codes_that_are_not_registered(
    tmp_path: Path, layer: Layer, told: bool
) -> None:
    text = ONE.replace("552 the cupboard is full", "552 5.7.777 the cupboard is full")
    found = faults(tmp_path, f'{text}codes = ["x.7.777"]\n', layer)
    assert ("x.7.777, which the registry does not know" in found) is told


@pytest.mark.parametrize(
    ("pattern", "grows"),
    [("a[^z]*b[^z]*c", True), ("no such user", False), (r"mailbox .{0,40}full", False)],
)
def test_growth_is_measured(pattern: str, grows: bool) -> None:
    assert is_growing(re.compile(pattern)) is grows


# ---- the index against asking every rule ---------------------------------------------------------


def fires(rule: Rule, evidence: Evidence, owner: str | None) -> bool:
    """Whether a rule fires, its words apart, asked as its definition reads."""
    reply, status, text = evidence.reply_code, evidence.status, evidence.folded
    return (
        (not rule.here or rule.owner == owner)
        and (not rule.codes or any(code.fits(reply, status) for code in rule.codes))
        and all(CIRCUMSTANCES[key](evidence) in wanted for key, wanted in rule.when)
        and (rule.pattern is None or rule.pattern.search(text) is not None)
        and (not rule.only or holds_only(text, rule.only))
        and (not rule.beside or any(phrase.stands_in(text) for phrase in rule.beside))
        and not any(phrase.stands_in(text) for phrase in rule.unless)
    )


def longest(phrases: tuple[Phrase, ...], text: str) -> int:
    return max((len(p.written) for p in phrases if text and p.stands_in(text)), default=0)


def ask_each(evidence: Evidence, owner: str | None) -> Iterator[tuple[str, int]]:
    """Each rule of one reply that fires, with the length of its longest words."""
    for rule in SHIPPED.rules:
        words = longest(rule.says, evidence.folded)
        wordless = not rule.says and not rule.notice
        if (words or wordless) and fires(rule, evidence, owner):
            yield rule.name, words


def test_the_index_finds_what_asking_every_rule_finds() -> None:
    examples = [rule.hits[0] for rule in SHIPPED.rules] + [r.misses[-1] for r in SHIPPED.rules]
    checked = 0
    for example in examples[::7]:
        evidence = example.evidence()
        if evidence.notice or evidence.wrapper:
            continue
        checked += 1
        owner, hits = SHIPPED.ask(evidence)
        found = {(hit.rule.name, len(hit.words)) for hit in hits}
        assert found == set(ask_each(evidence, owner)), example
    assert checked > 100
