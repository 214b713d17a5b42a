"""From corpora to labelled evidence: the replies of the catalogue, the failures of mails."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from classifier.archive import Item
from classifier.corpus.folder import Corpus, read, read_mails
from classifier.corpus.groups import find_straddling, find_templates
from classifier.errors import OperatorError
from classifier.evidence import Evidence, weigh
from classifier.model.corpus import NOBODY, Sample, make_sample, weigh_entry
from classifier.pipeline import read as read_mail
from classifier.reasons import JUDGED, Permanence, Reason
from classifier.rules.engine import RuleSet

__all__ = ["Labelled", "read_labelled", "take_samples"]


class Labelled(msgspec.Struct, frozen=True):
    """One failure, and what it is labelled with; `others` are reasons that are as right.

    `provider` is whose words these are, "" where nobody says; of mails it names their group.
    """

    evidence: Evidence
    reason: Reason
    permanence: Permanence | None
    provider: str
    others: tuple[Reason, ...] = ()
    language: str = ""


def read_labelled(
    paths: Iterable[Path], step: Callable[[int], None] = lambda size: None
) -> dict[str, list[Labelled]]:
    """The labelled failures of each corpus, by its path. `step` is told the bytes of each mail.

    Raises `OperatorError` with the faults of all corpora, such as unknown reasons or groups that a
    split parts.
    """
    corpora = [read(path) for path in paths]
    faults = []
    for corpus in corpora:
        faults += [*corpus.faults, *find_straddling(corpus, find_templates(corpus))]
    if faults:
        where = ", ".join(str(corpus.path) for corpus in corpora)
        cure = "Nothing was done; mend these first (`whybounce corpus check` tells more)."
        raise OperatorError(where, faults, cure)
    named: Mapping[str, Sequence[Reason]] = {
        placed.entry.key: placed.entry.ambiguous for corpus in corpora for placed in corpus.entries
    }
    return {
        str(corpus.path): [*_read_entries(corpus), *_read_mails(corpus, named, step)]
        for corpus in corpora
    }


def take_samples(labelled: Iterable[Labelled], rules: RuleSet) -> list[Sample]:
    """What a model learns from each."""
    return [
        make_sample(each.evidence, each.reason, each.provider, rules, each.others, each.language)
        for each in labelled
    ]


def _read_entries(corpus: Corpus) -> Iterator[Labelled]:
    for placed in corpus.entries:
        entry = placed.entry
        yield Labelled(
            weigh_entry(entry, placed.place),
            entry.reason,
            entry.permanence,
            "" if entry.provider in NOBODY else entry.provider,
            entry.ambiguous,
            entry.language,
        )


def _read_mails(
    corpus: Corpus, named: Mapping[str, Sequence[Reason]], step: Callable[[int], None]
) -> Iterator[Labelled]:
    labels = {(label.origin, (label.recipient or "").lower()): label for label in corpus.labels}
    for item in read_mails(corpus):
        if not isinstance(item, Item):
            continue
        step(item.size or len(item.raw))
        report = read_mail(item.raw, item.size)
        for failure in report.failures:
            label = labels.get((item.origin, (failure.recipient or "").lower()))
            if label is None or label.reason is None or failure.kind not in JUDGED:
                continue
            # Mails of one group are of one reply or server, which no fold may part.
            group = f"{corpus.path.name}: {label.group}"
            others = tuple(named.get(label.entry or "", ()))
            yield Labelled(weigh(failure, report), label.reason, label.permanence, group, others)
