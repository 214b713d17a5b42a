"""How often each rule is right, measured on labelled corpora: where confidences come from.

Each different reply counts once for the rule that decides it, in however many mails it stands. What
was held apart tells how sure a layer is of words that nobody had seen; all together tell, beside
that, how one rule does within its layer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

import msgspec

from classifier.archive import Unreadable
from classifier.corpus.folder import Corpus, read_mails
from classifier.judge import compete
from classifier.model.corpus import Split, weigh_entry
from classifier.pipeline import Classifier
from classifier.reasons import Reason
from classifier.rules.engine import RuleSet
from classifier.rules.measured import Measured, Tally

__all__ = ["measure"]

_ENOUGH: Final = 20  # held-apart replies that tell about a layer; with fewer, all are counted


class _Case(msgspec.Struct, frozen=True):
    """A reply that a rule decided: which reply, whether rightly, whether it was held apart."""

    rule: str
    group: str
    right: bool
    held: bool


def measure(
    corpora: Sequence[Corpus],
    rules: RuleSet,
    step: Callable[[int], None] = lambda size: None,
) -> Measured:
    """Judge every reply and mail of `corpora` by `rules` and count, by rule and by layer.

    `step` is told the bytes of each mail read. Never raises for what the corpora hold.
    """
    allowed = {
        placed.entry.key: (placed.entry.reason, *placed.entry.ambiguous)
        for corpus in corpora
        for placed in corpus.entries
    }
    layers = {
        rule.name: rule.layer.name.lower() if rule.decides else "hint" for rule in rules.rules
    }
    cases: dict[tuple[str, str], list[_Case]] = defaultdict(list)
    classifier = Classifier(model=None)
    for corpus in corpora:
        for case in _judge_entries(corpus, rules):
            cases[case.rule, case.group].append(case)
        for case in _judge_mails(corpus, classifier, allowed, step):
            cases[case.rule, case.group].append(case)
    by_rule: dict[str, list[bool]] = defaultdict(list)
    held: dict[str, list[bool]] = defaultdict(list)
    every: dict[str, list[bool]] = defaultdict(list)
    for (rule, _), found in sorted(cases.items()):
        right = 2 * sum(case.right for case in found) > len(found)
        by_rule[rule].append(right)
        every[layers[rule]].append(right)
        if any(case.held for case in found):
            held[layers[rule]].append(right)
    by_layer = {name: held[name] if len(held[name]) >= _ENOUGH else every[name] for name in every}
    return Measured(layers=_count(by_layer), rules=_count(by_rule))


def _count(found: Mapping[str, Sequence[bool]]) -> dict[str, Tally]:
    return {name: Tally(sum(each), len(each)) for name, each in sorted(found.items())}


def _judge_entries(corpus: Corpus, rules: RuleSet) -> Iterator[_Case]:
    for placed in corpus.entries:
        entry = placed.entry
        winner = compete(weigh_entry(entry, placed.place), rules).winner
        if winner is not None:
            right = winner.rule.reason in (entry.reason, *entry.ambiguous)
            yield _Case(winner.rule.name, entry.key, right, entry.split is Split.TEST)


def _judge_mails(
    corpus: Corpus,
    classifier: Classifier,
    allowed: Mapping[str, Sequence[Reason]],
    step: Callable[[int], None],
) -> Iterator[_Case]:
    labels = {
        (label.origin, label.recipient.lower()): label
        for label in corpus.labels
        if label.recipient and label.reason
    }
    for item in read_mails(corpus):
        if isinstance(item, Unreadable):
            continue
        step(item.size or len(item.raw))
        for row in classifier.classify(item.raw, item.origin):
            label = labels.get((item.origin, (row.recipient or "").lower()))
            # `status:5.7.1` names no rule, and the catalogue has enough of these
            kind, _, name = (row.decided_by or "").partition(":")
            if label is None or label.reason is None or kind not in ("rule", "hint"):
                continue
            reasons = (label.reason, *allowed.get(label.entry or "", ()))
            held = label.split is Split.TEST
            yield _Case(name, label.entry or label.group, row.reason in reasons, held)
