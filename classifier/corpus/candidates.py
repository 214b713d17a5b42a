"""What is worth labelling in an archive: its failures by template, those first that teach most.

Each reply counts under its masked text (`read_features`), near duplicates together, so one label
is good for all failures that say the same.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from classifier.corpus.opinion import Asker, Opinion
from classifier.corpus.slots import Party, clip, put_slots
from classifier.evidence import Evidence, Hop, fold, weigh
from classifier.model.corpus import cluster
from classifier.model.features import read_features
from classifier.reasons import JUDGED, Reason
from classifier.report import Failure, Report

__all__ = ["Candidate", "Candidates", "Ranked"]

_NEAR: Final = 3000  # masks up to which near duplicates are looked for: every mask meets the others
_MOST: Final = 20_000  # masks that are kept in memory
_DOUBTS: Final = 6  # kinds of doubt that are kept apart within a mask
_NAMING: Final = ("from", "to", "cc", "reply-to", "sender", "subject")  # of a returned message
_LONGEST: Final = 300  # characters of what names an example's people


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the CSV: a cluster of failures that say the same, and room for its label.

    `count` is how many failures there are, `why` what is doubtful of most of those that a label
    would teach something of. `reply` is an example with slots, and the columns after it are that
    example's. `suggested` is what is likeliest so far, `other` the next. The person fills in
    `reason`, and `permanence` only where it is not the usual one.
    """

    worth: float
    count: int
    why: str
    reply: str
    provider: str | None
    status: str | None
    reply_code: str | None
    command: str | None
    hop: str | None
    suggested: Reason | None
    probability: float | None
    other: Reason | None
    reason: str = ""
    permanence: str = ""
    source: str = ""


class _Example(msgspec.Struct, frozen=True):
    """A failure that stands for those like it; its text is not masked yet."""

    text: str
    party: Party
    status: str | None
    reply_code: str | None
    command: str | None
    hop: str | None
    opinion: Opinion


class _Pile(msgspec.Struct):
    """So many failures with the same doubt, and how much labels of them all would teach."""

    count: int
    teaches: float
    example: _Example


class _Template(msgspec.Struct):
    """The failures with one masked text, or with near ones, by what is doubtful of them."""

    count: int = 0
    piles: dict[str, _Pile] = msgspec.field(default_factory=dict)

    def add(self, why: str, pile: _Pile) -> None:
        """Take more failures; a doubt too many goes to the others."""
        self.count += pile.count
        own = self.piles.get(why)
        if own is None and len(self.piles) < _DOUBTS:
            self.piles[why] = msgspec.structs.replace(pile)
            return
        own = own or next(iter(self.piles.values()))
        own.count += pile.count
        own.teaches += pile.teaches

    @property
    def worth(self) -> float:
        """What a label is worth: how much it teaches, times the logarithm of how often."""
        doubtful = sum(pile.count for pile in self.piles.values() if pile.teaches)
        teaches = sum(pile.teaches for pile in self.piles.values())
        return round(math.log2(1 + doubtful) * teaches / doubtful, 2) if doubtful else 0.0

    @property
    def foremost(self) -> tuple[str, _Pile]:
        """The doubt that a label would settle most of."""
        return max(self.piles.items(), key=lambda each: (each[1].teaches, each[1].count))


class Candidates:
    """Gathers failures, in bounded memory, and ranks what they say by what a label is worth.

    `failures` counts all, `wordless` those whose reply has no words to learn from, `dropped` those
    that were forgotten because there were too many different ones.
    """

    def __init__(self, asker: Asker, most: int = _MOST) -> None:
        self._asker, self._most = asker, most
        self._templates: dict[str, _Template] = {}
        self.failures = self.wordless = self.dropped = 0

    def add(self, report: Report) -> int:
        """Take the failed and delayed recipients of a mail; how many there are."""
        judged = [failure for failure in report.failures if failure.kind in JUDGED]
        for failure in judged:
            self._add(failure, report)
        return len(judged)

    def _add(self, failure: Failure, report: Report) -> None:
        self.failures += 1
        evidence = weigh(failure, report)
        text = read_features(evidence).text
        if not any(letter.islower() or not letter.isascii() for letter in text):
            self.wordless += 1  # masks are upper case
            return
        opinion = self._asker.ask(evidence)
        template = self._templates.get(text)
        if template is None:
            if len(self._templates) >= self._most:
                self._forget()
            template = self._templates[text] = _Template()
        pile = template.piles.get(opinion.why)
        if pile is None:
            example = _make_example(evidence, opinion, _find_party(failure, report))
            template.add(opinion.why, _Pile(1, opinion.teaches, example))
        else:
            template.count += 1
            pile.count += 1
            pile.teaches += opinion.teaches

    def _forget(self) -> None:
        """Drop the half that is worth least."""
        order = sorted(self._templates, key=lambda text: self._templates[text].worth, reverse=True)
        for text in order[len(order) // 2 :]:
            self.dropped += self._templates.pop(text).count

    def write(self, ranked: Sequence[Ranked], limit: int, source: str) -> list[Candidate]:
        """At most `limit` rows of the CSV, 0 for all; `source` says where they were read.

        Clusters whose replies are the same once they have their slots make one row.
        """
        rows: dict[tuple[str | None, ...], Candidate] = {}
        for each in ranked:
            row = each.write(source)
            key = (row.reply, row.reply_code, row.status, row.command, row.hop)
            first = rows.get(key)
            if first is not None:
                rows[key] = msgspec.structs.replace(first, count=first.count + row.count)
            elif limit and len(rows) >= limit:
                break
            else:
                rows[key] = row
        return list(rows.values())

    def rank(self) -> list[Ranked]:
        """The clusters, those first that are worth most; of two alike the one that came first."""
        texts = list(self._templates)
        numbers = cluster(texts) if len(texts) <= _NEAR else range(len(texts))
        clusters: dict[int, _Template] = {}
        for text, number in zip(texts, numbers, strict=True):
            whole = clusters.setdefault(number, _Template())
            for why, pile in self._templates[text].piles.items():
                whole.add(why, pile)
        ranked = [Ranked(each) for each in clusters.values()]
        return sorted(ranked, key=lambda each: (-each.worth, -each.count))


class Ranked:
    """A cluster with its place; only what is written out gets its slots."""

    def __init__(self, template: _Template) -> None:
        self._template = template
        self.worth, self.count = template.worth, template.count

    def write(self, source: str) -> Candidate:
        """The row of the CSV; `source` says where it was read."""
        why, pile = self._template.foremost
        example, opinion = pile.example, pile.example.opinion
        return Candidate(
            worth=self.worth,
            count=self.count,
            why=why,
            reply=put_slots(example.text, example.party),
            provider=opinion.provider,
            status=example.status,
            reply_code=example.reply_code,
            command=example.command,
            hop=example.hop,
            suggested=opinion.suggested,
            probability=opinion.probability,
            other=opinion.other,
            source=source,
        )


def _make_example(evidence: Evidence, opinion: Opinion, party: Party) -> _Example:
    # Where a service's own words go before the reply, only the folded text has both.
    whole = fold(evidence.text) == evidence.folded
    return _Example(
        text=clip(evidence.text if whole else evidence.folded),
        party=party,
        status=evidence.status,
        reply_code=evidence.reply_code,
        command=evidence.command,
        hop=None if evidence.hop is Hop.UNKNOWN else evidence.hop,
        opinion=opinion,
    )


def _find_party(failure: Failure, report: Report) -> Party:
    """Whom the reply may name."""
    sender = (report.returned.sender if report.returned else None) or ""
    inner = sender.rpartition("<")[2].partition(">")[0]  # Ada Lovelace <ada@example.com>
    return Party(
        recipient=(failure.recipient or "")[:_LONGEST],
        sender=inner[:_LONGEST],
        names=tuple(_names(failure, report)),
    )


def _names(failure: Failure, report: Report) -> Iterator[str]:
    yield from filter(None, (failure.original_recipient, report.envelope_id))
    for host in (failure.remote_mta, report.reporting_mta):
        if host and "." not in host:  # a host's bare name is a word like others
            yield host[:_LONGEST]
    if report.returned is not None:
        told = map(report.returned.headers.text, _NAMING)
        yield from (each[:_LONGEST] for each in told if each)
