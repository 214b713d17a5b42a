"""What is wrong with a set of rules, by the proofs that the rules carry.

Run by the loader on an operator's own rules, and on the shipped ones by the tests and by
`whybounce rules lint`, which asks for what takes longer, too (`classifier.rules.growth`,
`classifier.rules.registry`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from classifier.rules.contest import find_winner
from classifier.rules.doubles import find_doubles
from classifier.rules.engine import RuleSet
from classifier.rules.growth import find_growing
from classifier.rules.registry import find_unregistered
from classifier.rules.rule import Example, Rule

__all__ = ["lint", "prove_examples"]


def lint(rules: RuleSet, only: str | None = None, thorough: bool = False) -> list[str]:
    """Every fault of `rules` (of the owner `only`, where one is given), one line each.

    A hit has to fire its rule, and a rule of the same layer with another reason may fire on it
    only where one of this reason is written to go over that; no higher layer may take it. A miss
    must not fire its rule. Names are unique, `over` names rules that it can matter to, in no
    circle that fires. No rule adds nothing. `thorough` adds what is too slow for every start, or no
    fault of an operator's: rules that never win, phrases that add nothing, whether patterns are
    linear in truth, and codes that no registry knows.
    """
    faults: list[str] = []
    chosen = [rule for rule in rules.rules if only is None or rule.owner == only]
    names = Counter(rule.name for rule in rules.rules)
    by_name = {rule.name: rule for rule in rules.rules}
    for rule in chosen:
        if names[rule.name] > 1:
            faults.append(f"{rule.where}: {rule.name} stands twice; rename one")
        faults.extend(_over_faults(rule, by_name))
        faults.extend(_example_faults(rule))
        faults.extend(prove_examples(rules, rule))
    faults.extend(find_doubles(rules.rules, chosen, phrases=thorough))
    if thorough:
        faults.extend(_find_dead(rules, chosen))
        faults.extend(find_growing(chosen))
        faults.extend(find_unregistered(chosen))
    return faults


def prove_examples(rules: RuleSet, rule: Rule) -> Iterator[str]:
    """What a rule does not do as its hits and misses promise, a line each."""
    for example in rule.hits:
        fault = _hit_fault(rules, rule, example)
        if fault:
            yield fault
    for example in rule.misses:
        if rule.name in _fired(rules, example):
            yield f"{rule.where}: {rule.name} fires on its miss {_show(example)}"


def _find_dead(rules: RuleSet, chosen: Iterable[Rule]) -> Iterator[str]:
    """Rules that win none of their own hits, so that nothing shows what they are for."""
    for rule in chosen:
        winners = {
            winner.rule.name
            for example in rule.hits
            if (winner := find_winner(rules.ask(example.evidence())[1]))
        }
        if winners and rule.name not in winners:
            yield (
                f"{rule.where}: {rule.name} wins none of its own hits"
                f" ({', '.join(sorted(winners))} does); give one that it is needed for, or take the"
                " rule out"
            )


def _over_faults(rule: Rule, by_name: dict[str, Rule]) -> Iterator[str]:
    for name in sorted(rule.over):
        other = by_name.get(name)
        if other is None:
            yield f"{rule.where}: {rule.name} goes over {name}, which does not exist"
        elif rule.name in other.over:
            yield f"{rule.where}: {rule.name} and {name} go over each other"
        elif other.decides != rule.decides or other.layer > rule.layer:
            yield (
                f"{rule.where}: {rule.name} goes over {name}, which it never competes with"
                " (a higher layer, or one of them a hint); take it out of `over`"
            )


def _example_faults(rule: Rule) -> Iterator[str]:
    """Examples that prove nothing, or the contrary of each other."""
    for key, examples in (("hits", rule.hits), ("misses", rule.misses)):
        for number, example in enumerate(examples):
            if example in examples[:number]:
                yield f"{rule.where}: {rule.name} has {_show(example)} twice in {key}; take one out"
    for example in rule.hits:
        if example in rule.misses:
            yield f"{rule.where}: {rule.name} has {_show(example)} in hits and in misses"


def _hit_fault(rules: RuleSet, rule: Rule, example: Example) -> str | None:
    fired = _fired(rules, example)
    if rule.name not in fired:
        return f"{rule.where}: {rule.name} does not fire on its hit {_show(example)}"
    shown = f"on the hit {_show(example)} of {rule.name} ({rule.reason})"
    rivals = [r for r in fired.values() if r.layer is rule.layer and r.decides == rule.decides]
    beaten = {name for rival in rivals for name in rival.over}
    left = [rival for rival in rivals if rival.name not in beaten]
    if not left and len(rivals) > 2:
        names = ", ".join(sorted(rival.name for rival in rivals))
        return f"{rule.where}: {names} go over each other in a circle {shown}; take one `over` out"
    for other in left or rivals:
        if other.reason is not rule.reason:
            does = "goes over it" if rule.name in other.over else "fires too"
            return (
                f"{rule.where}: {other.name} ({other.reason}) {does} {shown};"
                " let this one go `over` it, or narrow the words"
            )
    above = [r for r in fired.values() if r.decides and r.layer > rule.layer]
    if rule.decides and above and all(other.reason is not rule.reason for other in above):
        other = max(above, key=lambda each: (each.layer, each.name))
        return (
            f"{rule.where}: {other.name} ({other.reason}) of a higher layer wins {shown};"
            " give a hit that is this rule's own, or narrow the other"
        )
    return None


def _fired(rules: RuleSet, example: Example) -> dict[str, Rule]:
    return {hit.rule.name: hit.rule for hit in rules.ask(example.evidence())[1]}


def _show(example: Example) -> str:
    text = example.text or example.notice
    return repr(text if len(text) <= 80 else text[:77] + "...")
