"""Rules found by what they look for: phrases by one automaton, codes and circumstances by table.

A rule costs nothing on evidence that holds none of its words, codes or circumstances, so that a
thousand rules more are as fast as a few.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

import ahocorasick_rs

from classifier.evidence import Evidence
from classifier.frozen import FrozenLeaf
from classifier.rules.rule import (
    CHECKS,
    CIRCUMSTANCES,
    Code,
    Phrase,
    Rule,
    holds_only,
    plain_status,
)

__all__ = ["Codes", "Entry", "Hit", "Ready", "Words"]


class Hit(FrozenLeaf):
    """A rule that fires, with the longest words it was found by ("" where codes decided)."""

    rule: Rule
    words: str = ""
    place: str = "reply"


class Ready:
    """A rule made ready to be asked.

    `asks` tells whether it asks for more than has been found already: its words, or what the
    table of rules without words keeps it by. What must stand beside the words, or must not, is
    looked for only then: such words (mail, sender, from) stand in every other reply.
    """

    __slots__ = (
        *("_beside", "_bound", "_codes", "_only", "_search", "_speaker", "_unless", "_when"),
        *("asks", "coded", "decides", "rule"),
    )

    def __init__(self, rule: Rule) -> None:
        self.rule, self.decides = rule, rule.decides
        #: its hit where no words were asked for
        self.coded = Hit(rule, "", "codes")
        #: whose words these have to be; None: anybody's
        self._speaker = rule.owner if rule.here else None
        self._codes = frozenset(value for code in rule.codes for value in _values(code))
        self._when = tuple((CIRCUMSTANCES[key], wanted) for key, wanted in rule.when)
        self._search, self._only = rule.pattern and rule.pattern.search, rule.only
        self._beside = Words((phrase, self) for phrase in rule.beside).find if rule.beside else None
        self._unless = Words((phrase, self) for phrase in rule.unless).find if rule.unless else None
        by_code = not rule.says and not rule.notice and _kept_by(rule) is None
        if by_code and all(isinstance(value, str) for value in self._codes):
            self._codes = frozenset()
        #: whether it asks who speaks, or for a code
        self._bound = bool(self._speaker or self._codes)
        others = rule.when or rule.pattern or rule.only or rule.beside or rule.unless
        self.asks = self._bound or bool(others)

    def fires(self, evidence: Evidence, owner: str | None) -> bool:
        """Whether all holds that the rule asks for beside its words, what costs least first."""
        if self._bound and not self._fits(evidence, owner):
            return False
        for value_in, wanted in self._when:
            if value_in(evidence) not in wanted:
                return False
        text, search, beside, unless = evidence.folded, self._search, self._beside, self._unless
        if beside is not None and not beside(text):
            return False
        if search is not None and search(text) is None:
            return False
        if unless is not None and unless(text):
            return False
        return not self._only or holds_only(text, self._only)

    def _fits(self, evidence: Evidence, owner: str | None) -> bool:
        """Whether the right one speaks, with the right code."""
        if self._speaker is not None and self._speaker != owner:
            return False
        codes = self._codes
        if not codes:
            return True
        reply, status = evidence.reply_code, plain_status(evidence.status)
        return reply in codes or status in codes or (reply, status) in codes


class Entry:
    """A phrase and all that it is for: the hits that it gives, the owners that it marks."""

    __slots__ = ("gaps", "hits", "left", "marks", "other", "phrase", "right")

    def __init__(self, phrase: Phrase) -> None:
        first, last = phrase.parts[0][0], phrase.parts[-1][-1]
        self.phrase = phrase
        self.gaps = len(phrase.parts) > 1
        #: of a phrase with gaps, its longest part but one
        self.other = sorted(phrase.parts, key=len)[-2] if self.gaps else ""
        #: whether a letter or digit before it, and behind it, would make it part of another word
        self.left = not phrase.open_left and first.isalnum()
        self.right = not phrase.open_right and last.isalnum()
        self.hits: list[tuple[Ready, Hit]] = []
        self.marks: list[str] = []


_FEW: Final = 16  # phrases that are sooner looked at twice than told apart


_Search = Callable[[str, bool], Sequence[tuple[int, int, int]]]


class Words:
    """Phrases that stand at one place, found in one pass by the longest of their parts.

    The longest, and of two as long the last, because of `domain ... blacklist` that is the rarer.
    """

    def __init__(
        self,
        says: Iterable[tuple[Phrase, Ready]],
        marks: Iterable[tuple[Phrase, str]] = (),
        place: str = "reply",
    ) -> None:
        entries: dict[str, Entry] = {}
        for phrase, ready in says:
            hit = Hit(ready.rule, phrase.written, place)
            _enter(entries, phrase).hits.append((ready, hit))
        for phrase, owner in marks:
            _enter(entries, phrase).marks.append(owner)
        by_part: dict[str, list[Entry]] = defaultdict(list)
        for each in entries.values():
            parts = each.phrase.parts
            by_part[max(reversed(parts), key=len)].append(each)
        self._parts = list(by_part)
        self._entries = [tuple(each) for each in by_part.values()]
        self._search: _Search | None = None  # made when asked for: of notices, few mails do

    def find(self, text: str) -> list[Entry]:
        """The phrases that stand in `text`, one or another more than once."""
        standing: list[Entry] = []
        if not self._parts:
            return standing
        search = self._search
        if search is None:
            search = ahocorasick_rs.AhoCorasick(self._parts).find_matches_as_indexes
            self._search = search
        matches = search(text, True)  # overlapping
        if not matches:
            return standing
        text += " "  # before the first letter (at -1) and behind the last
        asked: set[Entry] = set()
        entries = self._entries
        for number, start, end in matches:
            for entry in entries[number]:
                if entry.gaps:
                    # asked once a text: of `sender ... blocked` a thousand "sender" may stand there
                    if entry not in asked:
                        asked.add(entry)
                        if entry.other in text and entry.phrase.stands_in(text):
                            standing.append(entry)
                elif not (
                    (entry.left and text[start - 1].isalnum())
                    or (entry.right and text[end].isalnum())
                ):
                    standing.append(entry)
        if len(standing) > _FEW:
            return list(dict.fromkeys(standing))
        return standing


def _enter(entries: dict[str, Entry], phrase: Phrase) -> Entry:
    entry = entries.get(phrase.written)
    if entry is None:
        entry = entries[phrase.written] = Entry(phrase)
    return entry


class Codes:
    """Rules without words, by circumstance, else by status or reply code."""

    def __init__(self, rules: Iterable[Ready]) -> None:
        #: by whose words the reply has to be (None: anybody's), then by code
        self._by_code: dict[str | None, dict[str, list[Ready]]] = {None: {}}
        tables: dict[str, dict[str, list[Ready]]] = {"command": {}}
        for ready in rules:
            rule = ready.rule
            kept_by = _kept_by(rule)
            if kept_by is not None:
                key, wanted = kept_by
                for value in wanted:
                    tables.setdefault(key, {}).setdefault(value, []).append(ready)
                continue
            named_by = self._by_code.setdefault(rule.owner if rule.here else None, {})
            for code in rule.codes:
                for named in _values(code):
                    single = named if isinstance(named, str) else named[1]
                    named_by.setdefault(single, []).append(ready)
        self._anybody = self._by_code[None]
        # A command most replies have, results of checks few, and few are about time that ran out.
        self._by_command = tables.pop("command")
        rarely: dict[str, dict[str, list[Ready]]]
        rarely = {key: tables.pop(key) for key in CHECKS if key in tables}
        if tables.get("expired", {}).keys() == {"yes"}:
            rarely["expired"] = tables.pop("expired")
        self._rarely = [(CIRCUMSTANCES[key], table) for key, table in rarely.items()]
        self._by_circumstance = [(CIRCUMSTANCES[key], table) for key, table in tables.items()]

    def find(self, evidence: Evidence, owner: str | None, status: str | None) -> list[Ready]:
        """The rules that code or circumstance name, for what they ask beside; some more than once.

        Of rules for one speaker's words only those of `owner`. `status` is the plain one.
        """
        found: list[Ready] = []
        if evidence.command in self._by_command:
            found += self._by_command[evidence.command]
        if evidence.auth or evidence.expired:
            for value_in, table in self._rarely:
                found += table.get(value_in(evidence), ())
        for value_in, table in self._by_circumstance:
            found += table.get(value_in(evidence), ())
        reply, named = evidence.reply_code, self._anybody
        if reply in named:
            found += named[reply]
        if status in named:
            found += named[status]
        if owner is not None and owner in self._by_code:
            named = self._by_code[owner]
            if reply in named:
                found += named[reply]
            if status in named:
                found += named[status]
        return found


def _kept_by(rule: Rule) -> tuple[str, frozenset[str]] | None:
    """The circumstance that a rule without words is looked up by: one that few replies have.

    None where the rule names none, or has a code and asks beside it only for the code's class.
    """
    for key, wanted in rule.when:
        if key != "class" or not rule.codes:
            return key, wanted
    return None


def _values(code: Code) -> Iterator[str | tuple[str, str]]:
    """Every reply code, status or pair of them that a test of codes holds for."""
    if code.subject < 0:
        yield code.reply or ""
    for status in code.statuses():
        yield (code.reply, status) if code.reply else status
