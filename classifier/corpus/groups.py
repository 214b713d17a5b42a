"""Groups of a corpus: what must not be parted when one part is learned from and one judged.

A reply belongs with its near duplicates, and the own words of a provider with one another. A mail
belongs with the reply that it carries.
"""

from __future__ import annotations

from collections import defaultdict

from classifier.corpus.folder import Corpus
from classifier.model.corpus import NOBODY, Split, cluster, weigh_entry
from classifier.model.features import read_features

__all__ = ["find_shared", "find_straddling", "find_templates"]


def find_templates(corpus: Corpus) -> list[int]:
    """For each reply the number of the first one that it is a near duplicate of."""
    texts = []
    for placed in corpus.entries:
        features = read_features(weigh_entry(placed.entry, placed.place))
        # A reply of codes alone is its codes.
        texts.append(features.text or " ".join(features.tokens))
    return cluster(texts)


def find_straddling(corpus: Corpus, templates: list[int]) -> list[str]:
    """What stands on both sides of a split and must not, a line each.

    A provider that is tested with has replies to learn from only where others say the same.
    """
    sides: dict[str, set[Split]] = defaultdict(set)
    shared = find_shared(corpus, templates)
    for placed, template in zip(corpus.entries, templates, strict=True):
        sides[f"the template of {corpus.entries[template].place}"].add(placed.entry.split)
        if placed.entry.provider not in NOBODY and template not in shared:
            sides[f"provider {placed.entry.provider}"].add(placed.entry.split)
    for label in corpus.labels:
        sides[f"group {label.group}"].add(label.split)
    return [f"{name} is in train and in test" for name, both in sides.items() if len(both) > 1]


def find_shared(corpus: Corpus, templates: list[int]) -> set[int]:
    """The templates that replies of more than one provider have."""
    providers: dict[int, set[str]] = defaultdict(set)
    for placed, template in zip(corpus.entries, templates, strict=True):
        providers[template].add(placed.entry.provider)
    return {template for template, names in providers.items() if len(names) > 1}
