"""The counts of corpora: replies, templates, mails and rows by category, reason, provider, ..."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

import msgspec

from classifier.corpus.folder import Corpus
from classifier.corpus.groups import find_templates
from classifier.model.corpus import NOBODY
from classifier.reasons import MEANING, Reason

__all__ = ["Counts", "count", "missing", "providers"]

#: What is counted by, in the order of the tables.
_BY: Final = (
    "corpus",
    "category",
    "reason",
    "permanence",
    "provider",
    "language",
    "kind",
    "server",
    "provenance",
    "split",
)


class Counts(msgspec.Struct):
    """One line of a table: what all entries with one value of one thing come to.

    `replies` are entries of the catalogue, `templates` the same with near duplicates counted once,
    `ambiguous` those that may mean something else, `mails` and `rows` labelled mails and the
    recipients in them, `groups` the different replies that the rows carry.
    """

    by: str
    value: str
    replies: int = 0
    templates: int = 0
    ambiguous: int = 0
    mails: int = 0
    rows: int = 0
    groups: int = 0


def count(corpora: Sequence[Corpus]) -> list[Counts]:
    """The tables of some corpora together, the greatest first within each; `all` is the first.

    A template is counted under the values of its first reply alone, so that its columns add up.
    """
    tables: dict[tuple[str, str], Counts] = {}
    members: dict[tuple[str, str], set[str]] = defaultdict(set)
    origins: dict[tuple[str, str], set[str]] = defaultdict(set)

    def line(by: str, value: str) -> Counts:
        return tables.setdefault((by, value), Counts(by, value))

    for corpus in corpora:
        name = corpus.about.name if corpus.about else corpus.path.name
        templates = find_templates(corpus)
        for number, (placed, template) in enumerate(zip(corpus.entries, templates, strict=True)):
            entry = placed.entry
            values = {
                "corpus": name,
                "reason": entry.reason,
                "category": MEANING[entry.reason].category,
                "permanence": entry.permanence,
                "provider": entry.provider,
                "language": entry.language,
                "split": entry.split,
            }
            for key in (("all", ""), *values.items()):
                counts = line(*key)
                counts.replies += 1
                counts.templates += template == number
                counts.ambiguous += bool(entry.ambiguous)
        for label in corpus.labels:
            values = {"corpus": name, "kind": label.kind, "split": label.split}
            values |= {"provenance": label.provenance, "server": _name_file(label.origin)}
            if label.reason:
                values |= {"reason": label.reason, "category": MEANING[label.reason].category}
            if label.permanence:
                values["permanence"] = label.permanence
            for key in (("all", ""), *values.items()):
                line(*key).rows += 1
                members[key].add(label.group)
                origins[key].add(f"{name} {label.origin}")
    for key, counts in tables.items():
        counts.groups, counts.mails = len(members[key]), len(origins[key])
    ranks = {by: rank for rank, by in enumerate(("all", *_BY))}
    return sorted(
        tables.values(),
        key=lambda each: (ranks[each.by], -each.replies - each.rows, each.value),
    )


def _name_file(origin: str) -> str:
    """`postfix` of `messages/postfix.mbox.xz#12`, the folder of `messages/news/a.eml`."""
    parts = origin.split("#")[0].split("/")[1:]
    return parts[0].split(".")[0] if len(parts) == 1 else parts[0]


def missing(tables: Sequence[Counts]) -> list[Reason]:
    """The reasons that no reply and no row has."""
    seen = {each.value for each in tables if each.by == "reason"}
    return [reason for reason in Reason if reason not in seen]


def providers(tables: Sequence[Counts]) -> int:
    """How many named providers and mail systems there are."""
    return sum(each.by == "provider" and each.value not in NOBODY for each in tables)
