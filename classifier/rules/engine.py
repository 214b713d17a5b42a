"""The engine: which rules fire on a piece of evidence.

One pass over the words finds every phrase and mark, tables find the codes (see
`classifier.rules.index`); only the rules that these name are asked for the rest. Order carries no
meaning: every rule that fires is a hit, and who wins is the judge's business.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from classifier.evidence import Evidence
from classifier.rules.index import Codes, Found, Hit, Ready, Words
from classifier.rules.rule import Code, Phrase, Rule

__all__ = ["Hit", "Owner", "RuleSet"]


class Owner(msgspec.Struct, frozen=True):
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
            ((phrase, each) for each in ready for phrase in each.rule.unless),
            marks,
        )
        self._notices = Words((p, each) for each in ready for p in each.rule.notice)
        self._codes = Codes(r for r in ready if not r.rule.says and not r.rule.notice)
        self._own = [(owner.name, code) for owner in owners for code in owner.codes]
        self._hosts = {host: owner.name for owner in owners for host in owner.hosts}

    def owner(self, evidence: Evidence) -> str | None:
        """Whose words these are: by the refusing host, a mark in the text, or a code of their own.

        None where none of them tells, or where marks of several owners stand in the text.
        """
        return self._owner(evidence, self._words.find(evidence.folded)[2])

    def hits(self, evidence: Evidence, owner: str | None) -> tuple[Hit, ...]:
        """Every rule that fires, each once, with the longest words that it was found by."""
        return self._hits(evidence, owner, self._words.find(evidence.folded))

    def ask(self, evidence: Evidence) -> tuple[str | None, tuple[Hit, ...]]:
        """The owner, and the hits that follow, in one pass over the words."""
        reply = self._words.find(evidence.folded)
        owner = self._owner(evidence, reply[2])
        return owner, self._hits(evidence, owner, reply)

    def seen(self, evidence: Evidence) -> Iterator[tuple[str, str, Rule]]:
        """Every phrase that stands in the evidence, whether its rule fires or not.

        As place, phrase as the rule writes it, and rule; some more than once.
        """
        for place, index, text in (
            ("reply", self._words, evidence.folded),
            ("notice", self._notices, evidence.notice),
            ("wrapper", self._words, evidence.wrapper),
        ):
            for phrase, rule in index.each(text):
                yield place, phrase.written, rule

    def _owner(self, evidence: Evidence, marked: Sequence[str]) -> str | None:
        if evidence.remote_mta:
            host = "." + evidence.remote_mta.lower().rstrip(".")
            while host:
                found = self._hosts.get(host)
                if found:
                    return found
                host = host[host.find(".", 1) :] if host.find(".", 1) > 0 else ""
        if not marked and evidence.status:
            marked = [name for name, code in self._own if code.fits(None, evidence.status)]
        return marked[0] if marked and len(set(marked)) == 1 else None

    def _hits(self, evidence: Evidence, owner: str | None, reply: Found) -> tuple[Hit, ...]:
        hits: dict[Ready, Hit] = {}
        said, barred, _ = reply
        decided = _add(hits, said, "reply", barred, evidence, owner)
        if evidence.notice and not decided:
            said, *_ = self._notices.find(evidence.notice)
            decided = _add(hits, said, "notice", barred, evidence, owner)
        # The innermost reply judges; what wraps it is asked only where that says nothing.
        if evidence.wrapper and not decided:
            said, *_ = self._words.find(evidence.wrapper)
            _add(hits, said, "wrapper", barred, evidence, owner)
        for ready in self._codes.find(evidence, owner):
            if ready in hits or ready in barred:
                continue
            if not ready.asks or ready.fires(evidence, owner):
                hits[ready] = ready.coded
        return tuple(hits.values())


def _add(
    hits: dict[Ready, Hit],
    said: Mapping[Ready, Phrase],
    place: str,
    barred: Sequence[Ready],
    evidence: Evidence,
    owner: str | None,
) -> bool:
    """Add the rules that fire on words at `place`; whether one of them decides."""
    decides = False
    for ready, phrase in said.items():
        before = hits.get(ready) if hits else None
        if before is not None:
            if len(phrase.written) > len(before.words):
                hits[ready] = Hit(ready.rule, phrase.written, before.place)
        elif ready not in barred and (not ready.asks or ready.fires(evidence, owner)):
            hits[ready] = Hit(ready.rule, phrase.written, place)
            decides = decides or ready.decides
    return decides
