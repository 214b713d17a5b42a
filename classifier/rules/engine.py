"""The engine: which rules fire on a piece of evidence.

One Aho-Corasick automaton finds the first part of every phrase in one pass; only the rules it
names are asked for the rest. Order carries no meaning: every rule that fires is a hit, and who
wins is the judge's business.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Generic, TypeVar

import ahocorasick_rs
import msgspec

from classifier.evidence import Evidence
from classifier.rules.rule import Code, Phrase, Rule

__all__ = ["Hit", "Owner", "RuleSet"]


class Hit(msgspec.Struct, frozen=True):
    """A rule that fires, with the longest words it was found by ("" where codes decided)."""

    rule: Rule
    words: str = ""
    place: str = "reply"


class Owner(msgspec.Struct, frozen=True):
    """Whose words a file of rules holds, and how that server or service is known.

    `hosts` are suffixes of the refusing host's name with a leading dot, `marks` folded words that
    only this owner's replies carry, `codes` statuses that nobody else uses.
    """

    name: str
    hosts: tuple[str, ...] = ()
    marks: tuple[Phrase, ...] = ()
    codes: tuple[Code, ...] = ()


def _fires(rule: Rule, evidence: Evidence, owner: str | None) -> bool:
    return (not rule.here or rule.owner == owner) and rule.allows(evidence)


_T = TypeVar("_T")


class _Index(Generic[_T]):
    """Phrases by their first part, found in one pass."""

    def __init__(self, phrases: Iterable[tuple[Phrase, _T]]) -> None:
        by_part: dict[str, list[tuple[Phrase, _T]]] = defaultdict(list)
        for phrase, thing in phrases:
            by_part[phrase.parts[0]].append((phrase, thing))
        self._things = list(by_part.values())
        self._automaton = ahocorasick_rs.AhoCorasick(list(by_part)) if by_part else None

    def find(self, text: str) -> Iterator[tuple[Phrase, _T]]:
        if self._automaton is None or not text:
            return
        matches = self._automaton.find_matches_as_indexes(text, overlapping=True)
        for number, start, _ in matches:
            for phrase, thing in self._things[number]:
                if phrase.found_in(text, start):
                    yield phrase, thing


class RuleSet:
    """Rules and the owners of their words, ready to be asked. Holds no state of any mail."""

    def __init__(self, rules: Sequence[Rule], owners: Sequence[Owner] = ()) -> None:
        self.rules = tuple(rules)
        self.owners = tuple(owners)
        self._by_words = _Index((p, rule) for rule in rules for p in rule.says)
        self._by_notice = _Index((p, rule) for rule in rules for p in rule.notice)
        self._by_mark = _Index((p, owner.name) for owner in owners for p in owner.marks)
        self._own = [(owner.name, code) for owner in owners for code in owner.codes]
        self._hosts = {host: owner.name for owner in owners for host in owner.hosts}
        self._by_status: dict[tuple[int, int], list[Rule]] = defaultdict(list)
        self._by_reply: dict[str, list[Rule]] = defaultdict(list)
        self._wordless: list[Rule] = []
        for rule in rules:
            if not rule.says and not rule.notice:
                self._index_codes(rule)

    def _index_codes(self, rule: Rule) -> None:
        if not rule.codes:
            self._wordless.append(rule)
        for code in rule.codes:
            if code.subject < 0:
                self._by_reply[code.reply or ""].append(rule)
            for detail in range(code.low, code.high + 1) if code.subject >= 0 else ():
                self._by_status[code.subject, detail].append(rule)

    def owner(self, evidence: Evidence) -> str | None:
        """Whose words these are: by the refusing host, a mark in the text, or a code of their own.

        None where none of them tells, or where marks of several owners stand in the text.
        """
        host = "." + (evidence.remote_mta or "").lower().rstrip(".")
        while host:
            found = self._hosts.get(host)
            if found:
                return found
            host = host[host.find(".", 1) :] if host.find(".", 1) > 0 else ""
        marks = {name for _, name in self._by_mark.find(evidence.folded)}
        if not marks and evidence.status:
            marks = {name for name, code in self._own if code.fits(None, evidence.status)}
        return marks.pop() if len(marks) == 1 else None

    def hits(self, evidence: Evidence, owner: str | None) -> tuple[Hit, ...]:
        """Every rule that fires, each once, with the longest words that it was found by."""
        found: dict[str, Hit] = {}
        self._find(found, self._by_words, evidence.folded, "reply", evidence, owner)
        decided = any(hit.rule.decides for hit in found.values())
        if evidence.notice and not decided:
            self._find(found, self._by_notice, evidence.notice, "notice", evidence, owner)
        # The innermost reply judges; what wraps it is asked only where that says nothing.
        if evidence.wrapper and not any(hit.rule.decides for hit in found.values()):
            self._find(found, self._by_words, evidence.wrapper, "wrapper", evidence, owner)
        for rule in self._coded(evidence):
            if rule.name not in found and _fires(rule, evidence, owner):
                found[rule.name] = Hit(rule, "", "codes")
        return tuple(found.values())

    def _find(
        self,
        found: dict[str, Hit],
        index: _Index[Rule],
        text: str,
        place: str,
        evidence: Evidence,
        owner: str | None,
    ) -> None:
        refused: set[str] = set()  # asked once, however often its words stand there
        for phrase, rule in index.find(text):
            before = found.get(rule.name)
            if before is None:
                if rule.name in refused:
                    continue
                if _fires(rule, evidence, owner):
                    found[rule.name] = Hit(rule, phrase.written, place)
                else:
                    refused.add(rule.name)
            elif len(phrase.written) > len(before.words):
                found[rule.name] = Hit(rule, phrase.written, before.place)

    def _coded(self, evidence: Evidence) -> Iterable[Rule]:
        yield from self._wordless
        if evidence.reply_code:
            yield from self._by_reply.get(evidence.reply_code, ())
        if evidence.status:
            subject, _, detail = evidence.status[2:].partition(".")
            yield from self._by_status.get((int(subject), int(detail)), ())
