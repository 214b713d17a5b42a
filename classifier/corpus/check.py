"""The check of a corpus: what is wrong with it, what may be, and how whybounce reads it.

A fault is against the format: a label that is none, a mail without one, a group on both sides of
a split. A doubt is a label that the rules or its own neighbours speak against, for a person to
look at: the label may be right.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from classifier.archive import Unreadable
from classifier.corpus.folder import Corpus, read_mails
from classifier.corpus.groups import find_straddling, find_templates
from classifier.corpus.labels import Label
from classifier.judge import judge
from classifier.model.corpus import weigh_entry
from classifier.pipeline import Classifier
from classifier.reasons import MEANING, Kind, Reason
from classifier.rows import Row
from classifier.rules.engine import RuleSet

__all__ = ["Doubt", "Found", "Reading", "check"]

_SURE: Final = 0.9  # confidence from which a rule's word against a label is worth a look


class Doubt(msgspec.Struct, frozen=True):
    """A label that something speaks against."""

    where: str
    label: str
    against: str
    by: str  # the rule, or what else says so
    text: str


class Reading(msgspec.Struct):
    """Of so many labelled recipients (or replies), how many whybounce reads as labelled."""

    rows: int = 0
    recipients: int = 0
    with_code: int = 0
    codes: int = 0
    judged: int = 0
    reasons: int = 0


class Found(msgspec.Struct, frozen=True):
    """What a check found."""

    faults: list[str]
    doubts: list[Doubt]
    mails: int
    duplicates: int  # mails that are another's twin, byte for byte
    templates: int  # replies of the catalogue, near duplicates counted once
    replies: Reading  # of the catalogue, where only reasons are judged
    reading: Reading
    missed: list[str]  # origins and recipients that whybounce does not find


def check(
    corpus: Corpus,
    classifier: Classifier,
    rules: RuleSet,
    step: Callable[[int], None] = lambda size: None,
) -> Found:
    """Check a corpus; `step` is told the bytes of each mail read. Never raises for its content."""
    faults = list(corpus.faults)
    doubts: list[Doubt] = []
    templates = find_templates(corpus)
    faults += find_straddling(corpus, templates)
    replies, reading = Reading(), Reading()
    _check_entries(corpus, rules, doubts, replies)
    missed: list[str] = []
    mails, duplicates = _check_mails(corpus, classifier, step, faults, doubts, reading, missed)
    _doubt_neighbours(corpus, doubts)
    return Found(faults, doubts, mails, duplicates, len(set(templates)), replies, reading, missed)


def _check_entries(corpus: Corpus, rules: RuleSet, doubts: list[Doubt], reading: Reading) -> None:
    for placed in corpus.entries:
        entry = placed.entry
        reading.rows += 1
        verdict = judge(weigh_entry(entry, placed.place), rules)
        allowed = (entry.reason, *entry.ambiguous)
        reading.judged += verdict.reason is not Reason.UNDETERMINED
        reading.reasons += verdict.reason in allowed and verdict.reason is not Reason.UNDETERMINED
        if verdict.confidence >= _SURE and _contradicts(verdict.reason, allowed):
            doubts.append(
                Doubt(placed.place, entry.reason, verdict.reason, verdict.decided_by, entry.text)
            )


def _contradicts(reason: Reason, allowed: tuple[Reason, ...]) -> bool:
    """Whether a verdict is of another category than all that the label allows."""
    said = MEANING[reason].category
    return reason is not Reason.UNDETERMINED and all(MEANING[r].category != said for r in allowed)


def _check_mails(
    corpus: Corpus,
    classifier: Classifier,
    step: Callable[[int], None],
    faults: list[str],
    doubts: list[Doubt],
    reading: Reading,
    missed: list[str],
) -> tuple[int, int]:
    """Read every mail and compare it with its labels; how many there are, how many are twins."""
    labels: dict[str, list[Label]] = defaultdict(list)
    for label in corpus.labels:
        labels[label.origin].append(label)
    seen: dict[bytes, str] = {}
    mails = duplicates = 0
    for item in read_mails(corpus):
        if isinstance(item, Unreadable):
            faults.append(f"{item.origin} {item.why}; {item.cure}")
            continue
        mails += 1
        step(item.size or len(item.raw))
        own = labels.pop(item.origin, None)
        if own is None:
            faults.append(f"{item.origin} has no label")
            continue
        if item.truncated:
            faults.append(f"{item.origin} is larger than is read of a mail")
        twin = seen.setdefault(hashlib.sha256(item.raw).digest(), item.origin)
        duplicates += twin != item.origin
        rows = classifier.classify(item.raw, item.origin)
        missed += _compare(own, rows, doubts, reading)
    faults += [f"{origin} is labelled and not there" for origin in labels]
    return mails, duplicates


def _compare(
    labels: list[Label], rows: tuple[Row, ...], doubts: list[Doubt], reading: Reading
) -> Iterator[str]:
    """Count what is read as labelled; yields the recipients that are not found."""
    for label in labels:
        if label.recipient is None:
            if all(row.kind != label.kind for row in rows):
                kinds = " ".join(sorted({row.kind for row in rows}))
                doubts.append(Doubt(label.origin, label.kind, kinds, "the kind as read", ""))
            continue
        reading.rows += 1
        row = _find_row(label.recipient, rows)
        if row is None:
            yield f"{label.origin} {label.recipient}"
            continue
        reading.recipients += 1
        if label.reply_code:
            reading.with_code += 1
            reading.codes += row.reply_code == label.reply_code
        if row.kind != label.kind:
            doubts.append(Doubt(label.origin, label.kind, row.kind, "the kind as read", ""))
        if label.reason is None or row.reason is None:
            continue
        verdict = Reason(row.reason)
        reading.judged += verdict is not Reason.UNDETERMINED
        reading.reasons += verdict is label.reason is not Reason.UNDETERMINED
        if (row.confidence or 0) >= _SURE and _contradicts(verdict, (label.reason,)):
            text = row.diagnostic_code or ""
            doubts.append(Doubt(label.origin, label.reason, verdict, row.decided_by or "", text))


def _find_row(recipient: str, rows: tuple[Row, ...]) -> Row | None:
    wanted = recipient.lower()
    for row in rows:
        if wanted in ((row.recipient or "").lower(), (row.original_recipient or "").lower()):
            return row
    return None


def _doubt_neighbours(corpus: Corpus, doubts: list[Doubt]) -> None:
    """Rows of one group with a reason that few of them have."""
    groups: dict[str, list[Label]] = defaultdict(list)
    for label in corpus.labels:
        if label.reason is not None and label.kind is Kind.FAILURE:
            groups[label.group].append(label)
    for group, members in groups.items():
        counts = Counter(label.reason for label in members)
        usual, number = counts.most_common(1)[0]
        for label in members:
            if usual and label.reason and label.reason is not usual and number > 2:
                by = f"{number} others of group {group}"
                doubts.append(Doubt(label.origin, label.reason, usual, by, ""))
