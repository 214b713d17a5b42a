"""Rules against corpora: phrases that stand in mails that are no bounces, rules nothing fires."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from classifier.archive import Item
from classifier.corpus.folder import Corpus, read_mails
from classifier.evidence import Evidence, fold, weigh
from classifier.model.corpus import weigh_entry
from classifier.pipeline import read_all
from classifier.reasons import Kind
from classifier.rules.engine import RuleSet
from classifier.rules.rule import Rule

__all__ = ["Proof", "prove"]

_BOUNCES = frozenset({Kind.FAILURE, Kind.DELAY})
_MAX_PROSE = 16 * 1024  # characters of a mail that are searched


class Proof:
    """What corpora say of rules.

    `faults` are phrases that would judge a mail that is no bounce by its own words, `remarks` those
    that stand in one and are asked only of a server's reply, so that people's talk may hold them.
    `unseen` are the rules that nothing in the corpora fires.
    """

    def __init__(self) -> None:
        self.faults: list[str] = []
        self.remarks: list[str] = []
        self.unseen: list[str] = []
        self.replies = self.mails = 0


def prove(
    corpora: Iterable[Corpus],
    rules: RuleSet,
    chosen: Iterable[Rule],
    step: Callable[[int], None] = lambda size: None,
) -> Proof:
    """Ask `rules` on all replies and mails; `step` is told the bytes of each mail read.

    Only of the rules `chosen` anything is told. Never raises for what the mails hold.
    """
    proof = Proof()
    names = {rule.name: rule for rule in chosen}
    fired: set[str] = set()
    clean: dict[tuple[str, str, str], list[str]] = {}
    for corpus in corpora:
        proof.replies += len(corpus.entries)
        for placed in corpus.entries:
            fired.update(_fired(rules, weigh_entry(placed.entry, placed.place)))
        bounces = {label.origin for label in corpus.labels if label.kind in _BOUNCES}
        for item in read_mails(corpus):
            if not isinstance(item, Item):
                continue
            proof.mails += 1
            step(item.size or len(item.raw))
            for report in read_all(item.raw, item.size):
                for failure in report.failures:
                    fired.update(_fired(rules, weigh(failure, report)))
                if item.origin in bounces:
                    continue
                for found in _stand_in(rules, report.prose):
                    if found[0] in names:
                        clean.setdefault(found, []).append(item.origin)
    for (name, words, place), origins in sorted(clean.items()):
        mails = "a mail" if len(origins) == 1 else f"{len(origins)} mails"
        told = f'{names[name].where}: {name} says "{words}", which stands in {mails}'
        as_in = f"reporting no failure, as {origins[0]}"
        if place == "notice":
            proof.faults.append(f"{told} {as_in}; make its `notice` say more")
        else:
            proof.remarks.append(f"{told} {as_in}")
    proof.unseen = sorted(names.keys() - fired)
    return proof


def _fired(rules: RuleSet, evidence: Evidence) -> Iterator[str]:
    for hit in rules.ask(evidence)[1]:
        yield hit.rule.name


def _stand_in(rules: RuleSet, prose: str) -> set[tuple[str, str, str]]:
    """The deciding rules that a mail's own words would fire, with the phrase and as what."""
    prose = prose[:_MAX_PROSE]
    found = set()
    for evidence in (Evidence(folded=fold(prose)), Evidence(notice=prose)):
        for hit in rules.ask(evidence)[1]:
            if hit.words and hit.rule.decides:
                found.add((hit.rule.name, hit.words, hit.place))
    return found
