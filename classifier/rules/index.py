"""Rules found by what they look for: phrases by one automaton, codes and circumstances by table.

A rule costs nothing on evidence that holds none of its words, codes or circumstances, so that a
thousand rules more are as fast as a few.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final

import ahocorasick_rs
import msgspec

from classifier.evidence import Evidence
from classifier.rules.rule import CIRCUMSTANCES, Code, Phrase, Rule, holds_only, plain_status

__all__ = ["Codes", "Entry", "Hit", "Ready", "Words"]


class Hit(msgspec.Struct, frozen=True):
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
        *("_beside", "_codes", "_only", "_pattern", "_speaker", "_unless", "_when"),
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
        self._pattern, self._only = rule.pattern, rule.only
        self._beside = Words((phrase, self) for phrase in rule.beside) if rule.beside else None
        self._unless = Words((phrase, self) for phrase in rule.unless) if rule.unless else None
        by_code = not rule.says and not rule.notice and _kept_by(rule) is None
        if by_code and all(isinstance(value, str) for value in self._codes):
            self._codes = frozenset()
        others = rule.when or rule.pattern or rule.only or rule.beside or rule.unless
        self.asks = bool(self._speaker or self._codes or others)

    def fires(self, evidence: Evidence, owner: str | None) -> bool:
        """Whether all holds that the rule asks for beside its words."""
        if self._speaker is not None and self._speaker != owner:
            return False
        codes = self._codes
        if codes:
            reply, status = evidence.reply_code, plain_status(evidence.status)
            if reply not in codes and status not in codes and (reply, status) not in codes:
                return False
        for value_in, wanted in self._when:
            if value_in(evidence) not in wanted:
                return False
        if self._pattern is not None and self._pattern.search(evidence.folded) is None:
            return False
        text = evidence.folded
        if self._beside is not None and not self._beside.stand_in(text):
            return False
        if self._unless is not None and self._unless.stand_in(text):
            return False
        return not self._only or holds_only(text, self._only)


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


class Words:
    """Phrases that stand at one place, found in one pass by the longest of their parts.

    The longest, because of `domain ... blacklist` the last is the rarer.
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
            by_part[max(parts, key=len) if each.gaps else parts[0]].append(each)
        self._entries = list(by_part.values())
        self._automaton = ahocorasick_rs.AhoCorasick(list(by_part)) if by_part else None

    def find(self, text: str) -> list[Entry]:
        """The phrases that stand in `text`, one or another more than once."""
        standing: list[Entry] = []
        if self._automaton is None or not text:
            return standing
        asked: set[Entry] = set()
        size, entries = len(text), self._entries
        for number, start, end in self._automaton.find_matches_as_indexes(text, overlapping=True):
            for entry in entries[number]:
                if entry.gaps:
                    # asked once a text: of `sender ... blocked` a thousand "sender" may stand there
                    if entry not in asked:
                        asked.add(entry)
                        if entry.other in text and entry.phrase.stands_in(text):
                            standing.append(entry)
                elif not (
                    (entry.left and start and text[start - 1].isalnum())
                    or (entry.right and end < size and text[end].isalnum())
                ):
                    standing.append(entry)
        if len(standing) > _FEW:
            return list(dict.fromkeys(standing))
        return standing

    def stand_in(self, text: str) -> bool:
        """Whether any of the phrases stands in `text`."""
        return bool(self.find(text))


def _enter(entries: dict[str, Entry], phrase: Phrase) -> Entry:
    entry = entries.get(phrase.written)
    if entry is None:
        entry = entries[phrase.written] = Entry(phrase)
    return entry


class Codes:
    """Rules without words, by circumstance, else by status or reply code."""

    def __init__(self, rules: Iterable[Ready]) -> None:
        self._by_code: dict[tuple[str | None, str], list[Ready]] = defaultdict(list)
        tables: dict[str, dict[str, list[Ready]]] = {}
        for ready in rules:
            rule = ready.rule
            rarely = _kept_by(rule)
            if rarely is not None:
                key, wanted = rarely
                for value in wanted:
                    tables.setdefault(key, {}).setdefault(value, []).append(ready)
                continue
            speaker = rule.owner if rule.here else None
            for code in rule.codes:
                for named in _values(code):
                    single = named if isinstance(named, str) else named[1]
                    self._by_code[speaker, single].append(ready)
        self._by_circumstance = [(CIRCUMSTANCES[key], table) for key, table in tables.items()]

    def find(self, evidence: Evidence, owner: str | None) -> list[Ready]:
        """The rules that code or circumstance name, for what they ask beside; some more than once.

        Of rules for one speaker's words only those of `owner`.
        """
        found: list[Ready] = []
        for value_in, table in self._by_circumstance:
            named = table.get(value_in(evidence))
            if named:
                found += named
        by_code = self._by_code
        for code in (evidence.reply_code, plain_status(evidence.status)):
            if code:
                found += by_code.get((None, code), ())
                if owner is not None:
                    found += by_code.get((owner, code), ())
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
