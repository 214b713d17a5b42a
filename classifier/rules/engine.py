"""The engine: which rules fire on a piece of evidence.

One pass over the words finds every phrase and mark, tables find the codes (see
`classifier.rules.index`); only the rules that these name are asked for the rest. Order carries no
meaning: every rule that fires is a hit, and who wins is the judge's business.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from classifier.evidence import Evidence, fold_notice
from classifier.frozen import Frozen
from classifier.rules.index import Codes, Entry, Hit, Ready, Words
from classifier.rules.rule import Code, Phrase, Rule, plain_status

__all__ = ["Hit", "Owner", "RuleSet"]


class Owner(Frozen):
    """Whose words a file of rules holds, and how that server or service is known.

    `hosts` are suffixes of the refusing host's name with a leading dot, `marks` folded words that
    only this owner's replies carry, `codes` statuses that nobody else uses.
    """

    name: str
    hosts: tuple[str, ...] = ()
    marks: tuple[Phrase, ...] = ()
    codes: tuple[Code, ...] = ()


class RuleSet:
    """Rules and the owners of their words, ready to be asked. Holds no state of any mail."""

    def __init__(self, rules: Sequence[Rule], owners: Sequence[Owner] = ()) -> None:
        self.rules = tuple(rules)
        self.owners = tuple(owners)
        ready = [Ready(rule) for rule in rules]
        marks = ((phrase, owner.name) for owner in owners for phrase in owner.marks)
        self._words = Words(
            ((phrase, each) for each in ready for phrase in each.rule.says),
            marks,
        )
        notices = ((phrase, each) for each in ready for phrase in each.rule.notice)
        self._notices = Words(notices, place="notice")
        self._codes = Codes(r for r in ready if not r.rule.says and not r.rule.notice)
        self._own = {
            status: owner.name
            for owner in owners
            for code in owner.codes
            for status in code.statuses()
        }
        self._hosts = {host: owner.name for owner in owners for host in owner.hosts}
        #: all that a host of theirs may end in: `.com`, `.google.com`
        self._endings = {
            host[dot:] for host in self._hosts for dot, char in enumerate(host) if char == "."
        }

    def owner(self, evidence: Evidence) -> str | None:
        """Whose words these are: by the refusing host, a mark in the text, or a code of their own.

        None where none of them tells, or where marks of several owners stand in the text.
        """
        standing = self._words.find(evidence.folded)
        return self._owner(evidence, standing, plain_status(evidence.status))

    def hits(self, evidence: Evidence, owner: str | None) -> tuple[Hit, ...]:
        """Every rule that fires, each once, with the longest words that it was found by."""
        standing = self._words.find(evidence.folded)
        return self._hits(evidence, owner, standing, plain_status(evidence.status))

    def ask(self, evidence: Evidence) -> tuple[str | None, tuple[Hit, ...]]:
        """The owner, and the hits that follow, in one pass over the words."""
        standing = self._words.find(evidence.folded)
        status = plain_status(evidence.status)
        owner = self._owner(evidence, standing, status)
        return owner, self._hits(evidence, owner, standing, status)

    def seen(self, evidence: Evidence) -> Iterator[tuple[str, str, Rule]]:
        """Every phrase that stands in the evidence, whether its rule fires or not.

        As place, phrase as the rule writes it, and rule; some more than once.
        """
        for place, index, text in (
            ("reply", self._words, evidence.folded),
            ("notice", self._notices, fold_notice(evidence.notice)),
            ("wrapper", self._words, evidence.wrapper),
        ):
            for entry in dict.fromkeys(index.find(text)):
                for ready, hit in entry.hits:
                    yield place, hit.words, ready.rule

    def _owner(
        self, evidence: Evidence, standing: Sequence[Entry], status: str | None
    ) -> str | None:
        if evidence.remote_mta:
            found = self._owner_of(evidence.remote_mta)
            if found:
                return found
        marked = None
        for entry in standing:
            if entry.marks:
                for name in entry.marks:
                    if marked is not None and name != marked:
                        return None
                    marked = name
        if marked is None and status in self._own:
            return self._own[status]
        return marked

    def _owner_of(self, host: str) -> str | None:
        """Whose host it is, by the longest ending known; no longer ones are looked at."""
        host = "." + host.lower().rstrip(".")
        owner, dot = None, host.rfind(".")
        while dot >= 0 and (ending := host[dot:]) in self._endings:
            owner = self._hosts.get(ending, owner)
            dot = host.rfind(".", 0, dot)
        return owner

    def _hits(
        self,
        evidence: Evidence,
        owner: str | None,
        standing: Sequence[Entry],
        status: str | None,
    ) -> tuple[Hit, ...]:
        hits: dict[Ready, Hit] = {}
        if not _add(hits, standing, evidence, owner):
            decided = False
            if evidence.notice:
                folded = fold_notice(evidence.notice)
                decided = _add(hits, self._notices.find(folded), evidence, owner)
            # The innermost reply judges; what wraps it is asked only where that says nothing.
            if evidence.wrapper and not decided:
                _add(hits, self._words.find(evidence.wrapper), evidence, owner, "wrapper")
        for ready in self._codes.find(evidence, owner, status):
            if ready not in hits and (not ready.asks or ready.fires(evidence, owner)):
                hits[ready] = ready.coded
        return tuple(hits.values())


def _add(
    hits: dict[Ready, Hit],
    standing: Sequence[Entry],
    evidence: Evidence,
    owner: str | None,
    place: str | None = None,
) -> bool:
    """Add the rules that fire on words that stand somewhere; whether one of them decides.

    `place` is where, if not where the words were meant for. Of two phrases of a rule the longer
    one tells more; of two as long the alphabet settles it.
    """
    decides = False
    silent: set[Ready] = set()
    for entry in standing:
        for ready, hit in entry.hits:
            if ready in hits:
                before = hits[ready]
                more = len(hit.words) - len(before.words)
                if more > 0 or (not more and hit.words < before.words):
                    hits[ready] = Hit(hit.rule, hit.words, before.place)
                continue
            if ready.asks and (ready in silent or not ready.fires(evidence, owner)):
                silent.add(ready)
                continue
            hits[ready] = Hit(hit.rule, hit.words, place) if place else hit
            if ready.decides:
                decides = True
    return decides
