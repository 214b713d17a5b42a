"""Rules found by what they look for: phrases by one automaton, codes and circumstances by table.

A rule costs nothing on evidence that holds none of its words, codes or circumstances, so that a
thousand rules more are as fast as a few.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

import ahocorasick_rs
import msgspec

from classifier.evidence import Evidence
from classifier.rules.rule import Code, Phrase, Rule, circumstance, holds_only

__all__ = ["Codes", "Found", "Hit", "Ready", "Words"]


class Hit(msgspec.Struct, frozen=True):
    """A rule that fires, with the longest words it was found by ("" where codes decided)."""

    rule: Rule
    words: str = ""
    place: str = "reply"


class Ready:
    """A rule made ready to be asked. `coded` is its hit where no words were asked for.

    `asks` tells whether it asks for more than has been found already: its words, or the codes
    that the table of rules without words is kept by.
    """

    __slots__ = ("_codes", "_speaker", "asks", "coded", "decides", "rule")

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.decides = rule.decides
        self.coded = Hit(rule, "", "codes")
        #: whose words these have to be; None: anybody's
        self._speaker = rule.owner if rule.here else None
        self._codes = frozenset(value for code in rule.codes for value in _values(code))
        if not rule.says and not rule.notice and all(isinstance(v, str) for v in self._codes):
            self._codes = frozenset()
        others = rule.when or rule.pattern or rule.only
        self.asks = bool(self._speaker or self._codes or others)

    def fires(self, evidence: Evidence, owner: str | None) -> bool:
        """Whether all holds that the rule asks for beside its words and its `unless`."""
        if self._speaker is not None and self._speaker != owner:
            return False
        codes, rule = self._codes, self.rule
        if codes:
            reply, status = evidence.reply_code, _plain_status(evidence.status)
            if reply not in codes and status not in codes and (reply, status) not in codes:
                return False
        for key, wanted in rule.when:
            if circumstance(evidence, key) not in wanted:
                return False
        if rule.pattern is not None and rule.pattern.search(evidence.folded) is None:
            return False
        return not rule.only or holds_only(evidence.folded, rule.only)


#: What stands in a text: rules with their longest phrase, rules kept off, owners marked.
Found = tuple[dict[Ready, Phrase], list[Ready], list[str]]


class _Entry:
    """A phrase and all that it is for: rules that say it, that it keeps off, owners it marks."""

    __slots__ = ("bars", "gaps", "left", "marks", "phrase", "right", "says")

    def __init__(self, phrase: Phrase) -> None:
        first, last = phrase.parts[0][0], phrase.parts[-1][-1]
        self.phrase = phrase
        self.gaps = len(phrase.parts) > 1
        #: whether a letter or digit before it, and behind it, would make it part of another word
        self.left = not phrase.open_left and first.isalnum()
        self.right = not phrase.open_right and last.isalnum()
        self.says: list[Ready] = []
        self.bars: list[Ready] = []
        self.marks: list[str] = []


def _enter(entries: dict[str, _Entry], phrase: Phrase) -> _Entry:
    entry = entries.get(phrase.written)
    if entry is None:
        entry = entries[phrase.written] = _Entry(phrase)
    return entry


class Words:
    """Phrases, found in one pass by the longest of their parts.

    The longest, because of `domain ... blacklist` the last is the rarer.
    """

    def __init__(
        self,
        says: Iterable[tuple[Phrase, Ready]],
        bars: Iterable[tuple[Phrase, Ready]] = (),
        marks: Iterable[tuple[Phrase, str]] = (),
    ) -> None:
        entries: dict[str, _Entry] = {}
        for phrase, ready in says:
            _enter(entries, phrase).says.append(ready)
        for phrase, ready in bars:
            _enter(entries, phrase).bars.append(ready)
        for phrase, owner in marks:
            _enter(entries, phrase).marks.append(owner)
        by_part: dict[str, list[_Entry]] = defaultdict(list)
        for each in entries.values():
            parts = each.phrase.parts
            by_part[max(parts, key=len) if each.gaps else parts[0]].append(each)
        self._entries = list(by_part.values())
        self._automaton = ahocorasick_rs.AhoCorasick(list(by_part)) if by_part else None

    def find(self, text: str) -> Found:
        """All that stands in `text`."""
        said: dict[Ready, Phrase] = {}
        barred: list[Ready] = []
        marked: list[str] = []
        for entry in self._stand_in(text):
            phrase = entry.phrase
            for ready in entry.says:
                before = said.get(ready)
                if before is None or _is_better(phrase, before, text):
                    said[ready] = phrase
            if entry.bars:
                barred += entry.bars
            if entry.marks:
                marked += entry.marks
        return said, barred, marked

    def each(self, text: str) -> Iterator[tuple[Phrase, Rule]]:
        """Every phrase that stands in `text`, with each rule that says it."""
        for entry in self._stand_in(text):
            for ready in entry.says:
                yield entry.phrase, ready.rule

    def _stand_in(self, text: str) -> Iterable[_Entry]:
        """The phrases that stand in `text`, each once, however often it does."""
        standing: dict[_Entry, bool] = {}
        if self._automaton is None or not text:
            return ()
        size, entries = len(text), self._entries
        for number, start, end in self._automaton.find_matches_as_indexes(text, overlapping=True):
            for entry in entries[number]:
                if entry.gaps:
                    if entry not in standing:
                        standing[entry] = entry.phrase.stands_in(text)
                elif not (
                    (entry.left and start and text[start - 1].isalnum())
                    or (entry.right and end < size and text[end].isalnum())
                ):
                    standing[entry] = True
        return [entry for entry, stands in standing.items() if stands]


def _is_better(phrase: Phrase, than: Phrase, text: str) -> bool:
    """Whether a phrase tells more than another: the longer one, of two as long the first."""
    if len(phrase.written) != len(than.written):
        return len(phrase.written) > len(than.written)
    one, two = phrase.parts[0], than.parts[0]
    return text.find(one) + len(one) < text.find(two) + len(two)


class Codes:
    """Rules without words, by status, reply code or circumstance."""

    def __init__(self, rules: Iterable[Ready]) -> None:
        self._by_code: dict[tuple[str | None, str], list[Ready]] = defaultdict(list)
        self._by_circumstance: dict[str, dict[str, list[Ready]]] = {}
        for ready in rules:
            if not ready.rule.codes and ready.rule.when:
                key, wanted = ready.rule.when[0]
                for value in wanted:
                    table = self._by_circumstance.setdefault(key, {})
                    table.setdefault(value, []).append(ready)
            speaker = ready.rule.owner if ready.rule.here else None
            for code in ready.rule.codes:
                for named in _values(code):
                    single = named if isinstance(named, str) else named[1]
                    self._by_code[speaker, single].append(ready)

    def find(self, evidence: Evidence, owner: str | None) -> list[Ready]:
        """The rules that code or circumstance name, for what they ask beside; some more than once.

        Of rules for one speaker's words only those of `owner`.
        """
        found: list[Ready] = []
        for key, table in self._by_circumstance.items():
            found += table.get(circumstance(evidence, key), ())
        by_code = self._by_code
        for code in (evidence.reply_code, _plain_status(evidence.status)):
            if code:
                found += by_code.get((None, code), ())
                if owner is not None:
                    found += by_code.get((owner, code), ())
        return found


def _values(code: Code) -> Iterator[str | tuple[str, str]]:
    """Every reply code, status or pair of them that a test of codes holds for."""
    if code.subject < 0:
        yield code.reply or ""
    for detail in range(code.low, code.high + 1) if code.subject >= 0 else ():
        for digit in code.status_class or "245":
            status = f"{digit}.{code.subject}.{detail}"
            yield (code.reply, status) if code.reply else status


def _plain_status(status: str | None) -> str | None:
    """`5.01.001` as `5.1.1`."""
    if status is None or ".0" not in status:
        return status
    return ".".join(str(int(number)) for number in status.split("."))
