"""What is wrong with a set of rules, by the proofs that the rules carry.

Run by the tests on the shipped rules and by the loader on an operator's own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from classifier.rules.engine import RuleSet
from classifier.rules.rule import Example, Rule

__all__ = ["lint"]


def lint(rules: RuleSet, only: str | None = None) -> list[str]:
    """Every fault of `rules` (of the owner `only`, where one is given), one line each.

    A hit has to fire its rule, and a rule of the same layer with another reason may fire on it
    only where one of this reason is written to go over that. A miss must not fire its rule. Names
    are unique, `over` names rules that exist, and no two rules go over each other.
    """
    faults: list[str] = []
    names = Counter(rule.name for rule in rules.rules)
    by_name = {rule.name: rule for rule in rules.rules}
    for rule in rules.rules:
        if only is not None and rule.owner != only:
            continue
        if names[rule.name] > 1:
            faults.append(f"{rule.where}: {rule.name} stands twice; rename one")
        for other in sorted(rule.over - names.keys()):
            faults.append(f"{rule.where}: {rule.name} goes over {other}, which does not exist")
        for other in sorted(rule.over & names.keys()):
            if rule.name in by_name[other].over:
                faults.append(f"{rule.where}: {rule.name} and {other} go over each other")
        for example in rule.hits:
            faults.extend(_hit_faults(rules, rule, example))
        for example in rule.misses:
            if rule.name in _fired(rules, example):
                faults.append(f"{rule.where}: {rule.name} fires on its miss {_show(example)}")
    return faults


def _hit_faults(rules: RuleSet, rule: Rule, example: Example) -> Iterator[str]:
    fired = _fired(rules, example)
    if rule.name not in fired:
        yield f"{rule.where}: {rule.name} does not fire on its hit {_show(example)}"
        return
    rivals = [r for r in fired.values() if r.layer is rule.layer and r.decides == rule.decides]
    beaten = {name for rival in rivals for name in rival.over}
    left = [rival for rival in rivals if rival.name not in beaten]
    for other in left or rivals:
        if other.reason is rule.reason:
            continue
        does = "goes over it" if rule.name in other.over else "fires too"
        yield (
            f"{rule.where}: {other.name} ({other.reason}) {does} on the hit {_show(example)}"
            f" of {rule.name} ({rule.reason}); let this one go `over` it, or narrow the words"
        )


def _fired(rules: RuleSet, example: Example) -> dict[str, Rule]:
    evidence = example.evidence()
    return {hit.rule.name: hit.rule for hit in rules.hits(evidence, rules.owner(evidence))}


def _show(example: Example) -> str:
    text = example.text or example.notice
    return repr(text if len(text) <= 80 else text[:77] + "...")
