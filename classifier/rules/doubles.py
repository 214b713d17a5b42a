"""What rules say twice: phrases that another phrase holds already, rules that add nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from typing import Any, Final

from classifier.rules.index import Ready, Words
from classifier.rules.rule import Phrase, Rule, holds_only

__all__ = ["find_doubles"]

# What may stand in a gap: next to nothing, or as much as is let pass.
_GAPS: Final = (" ", f" {'z' * (Phrase.GAP - 2)} ")


def find_doubles(
    rules: Iterable[Rule], chosen: Sequence[Rule], phrases: bool = True
) -> Iterator[str]:
    """Phrases (if asked for) and rules among `chosen` that add nothing to what `rules` say."""
    ready = [Ready(rule) for rule in rules]
    says = Words((phrase, each) for each in ready for phrase in each.rule.says)
    for rule in chosen:
        covers: list[set[str]] = []
        others: dict[str, Rule] = {}
        for phrase in rule.says:
            found = _implied(phrase, says)
            same = [each for each in found.get(rule.name, ()) if each != phrase]
            if same and phrases:
                yield (
                    f"{rule.where}: {rule.name} says {_show(phrase)} and {_show(same[0])}, which"
                    " stands wherever that does; take the first one out"
                )
            if _is_barred(phrase, rule):
                yield (
                    f"{rule.where}: {rule.name} never fires on {_show(phrase)}, which its `unless`"
                    " or `only` keeps off; take the phrase out"
                )
            covers.append(set(found))
        for name in sorted(set.intersection(*covers) - {rule.name}) if covers else ():
            others = others or {each.rule.name: each.rule for each in ready}
            if _adds_nothing(rule, others[name]):
                yield (
                    f"{rule.where}: {rule.name} adds nothing to {name} ({others[name].where}),"
                    " which fires wherever it does and says the same; take it out"
                )


def _implied(phrase: Phrase, says: Words) -> dict[str, list[Phrase]]:
    """The phrases that stand wherever `phrase` does, by the names of their rules."""
    common: set[tuple[Phrase, str]] | None = None
    for text in _forms(phrase):
        found = {
            (entry.phrase, ready.rule.name) for entry in says.find(text) for ready, _ in entry.hits
        }
        common = found if common is None else common & found
    by_name: dict[str, list[Phrase]] = defaultdict(list)
    for each, name in sorted(common or (), key=lambda pair: (pair[0].written, pair[1])):
        by_name[name].append(each)
    return by_name


def _forms(phrase: Phrase) -> Iterator[str]:
    """The least and the most that a text may hold where the phrase stands."""
    gaps = _GAPS if len(phrase.parts) > 1 else _GAPS[:1]
    left = ("", "x") if phrase.open_left else ("",)
    right = ("", "x") if phrase.open_right else ("",)
    for gap, before, behind in product(gaps, left, right):
        yield before + gap.join(phrase.parts) + behind


def _is_barred(phrase: Phrase, rule: Rule) -> bool:
    forms = list(_forms(phrase))
    if any(all(each.stands_in(text) for text in forms) for each in rule.unless):
        return True
    closed = not (phrase.open_left or phrase.open_right)
    return bool(rule.only) and closed and not holds_only(" ".join(phrase.parts), rule.only)


def _adds_nothing(rule: Rule, other: Rule) -> bool:
    if rule.notice and not set(rule.notice) <= set(other.notice):
        return False
    return _means(rule) == _means(other) and rule.over <= other.over


def _means(rule: Rule) -> tuple[Any, ...]:
    """All that a rule asks for beside its words, and all that follows where it fires."""
    asks = (rule.layer, rule.codes, rule.pattern, frozenset(rule.when), rule.only)
    speaker = rule.owner if rule.here else None
    follows = (rule.reason, rule.decides, rule.permanence, rule.fault, rule.advice)
    return (*asks, frozenset(rule.beside), frozenset(rule.unless), speaker, *follows)


def _show(phrase: Phrase) -> str:
    return f'"{phrase.written}"'
