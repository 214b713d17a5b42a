"""The split of a corpus into a part to learn from and a part to be judged by.

Never by mail: a provider's own words, and the near duplicates of a reply, stay together.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import msgspec

from classifier.corpus.folder import LABELS, Corpus
from classifier.corpus.groups import find_templates
from classifier.corpus.labels import write_labels
from classifier.model.corpus import NOBODY, Split
from classifier.reasons import MEANING, Reason

__all__ = ["Shares", "split"]


class Shares(msgspec.Struct, frozen=True):
    """How many replies and labels there are, and how many are now held apart, by category."""

    all: Mapping[str, int]
    test: Mapping[str, int]


def split(
    corpus: Corpus, share: float, seed: str, followed: Mapping[str, Split] | None = None
) -> Shares:
    """Hold about `share` (0 to 1) of a corpus apart to test with, and write it into its files.

    The same corpus and `seed` give the same split. `followed` gives sides by the key of a reply
    (`Entry.key`): a group of labels that carries one takes its side, the other groups are drawn.
    """
    followed = followed or {}
    units = _find_units(corpus)
    sizes: dict[str, int] = defaultdict(int)
    for unit in units:
        sizes[unit] += 1
    held = _draw(sizes, share, seed)
    sides = [Split.TEST if unit in held else Split.TRAIN for unit in units]
    marks: dict[str, dict[int, Split]] = defaultdict(dict)
    for placed, side in zip(corpus.entries, sides, strict=True):
        marks[placed.file][placed.number] = side
    for file, chosen in marks.items():
        _mark_replies(corpus.path / file, chosen)
    groups: dict[str, int] = defaultdict(int)
    led: dict[str, Split] = {}
    for label in corpus.labels:
        if label.entry and label.entry in followed:
            led[label.group] = followed[label.entry]
        else:
            groups[label.group] += 1
    apart = _draw({name: size for name, size in groups.items() if name not in led}, share, seed)
    apart |= {name for name, side in led.items() if side is Split.TEST}
    labels = [
        msgspec.structs.replace(label, split=Split.TEST if label.group in apart else Split.TRAIN)
        for label in corpus.labels
    ]
    if labels:
        write_labels(corpus.path / LABELS, labels)
    return _count(corpus, sides, [label.split for label in labels])


def _find_units(corpus: Corpus) -> list[str]:
    """For each reply the name of what it must stay with.

    A template that several providers share is a unit of its own, so that no provider drags
    another along; so is one of nobody's.
    """
    templates = find_templates(corpus)
    providers: dict[int, set[str]] = defaultdict(set)
    for placed, template in zip(corpus.entries, templates, strict=True):
        providers[template].add(placed.entry.provider)
    units = []
    for template in templates:
        names = providers[template]
        (name,) = names if len(names) == 1 else ("",)
        units.append(f"#{template}" if name in ("", *NOBODY) else name)
    return units


def _draw(sizes: Mapping[str, int], share: float, seed: str) -> set[str]:
    """Units in an order that `seed` shuffles, until they hold the share.

    A unit that would be more than an eighth of what is held apart is learned from: it would be
    what is measured, and what is missed.
    """
    wanted = share * sum(sizes.values())
    most = max(1.0, wanted / 8)
    held: set[str] = set()
    for unit in sorted(sizes, key=lambda name: hashlib.sha256(f"{seed} {name}".encode()).digest()):
        if sizes[unit] <= min(wanted, most):
            held.add(unit)
            wanted -= sizes[unit]
    return held


# [[reply]]
# text = "..."
# split = "test"
_HEAD = re.compile(r"^\[\[reply\]\][ \t]*(?:#.*)?$", re.MULTILINE)
_MARK = re.compile(r"^split[ \t]*=.*\n?", re.MULTILINE)


def _mark_replies(path: Path, sides: Mapping[int, Split]) -> None:
    """Write the sides into a file of replies, and leave all else as it is."""
    text = path.read_text(encoding="utf-8")
    starts = [found.start() for found in _HEAD.finditer(text)]
    pieces = [text[: starts[0]]]
    for number, (begin, end) in enumerate(zip(starts, [*starts[1:], len(text)], strict=True), 1):
        block = _MARK.sub("", text[begin:end])
        body = block.rstrip()
        if sides.get(number) is Split.TEST:
            body += '\nsplit = "test"'
        pieces.append(body + block[len(block.rstrip()) :])
    path.write_text("".join(pieces), encoding="utf-8")


def _count(corpus: Corpus, replies: list[Split], labels: list[Split]) -> Shares:
    whole: dict[str, int] = defaultdict(int)
    test: dict[str, int] = defaultdict(int)
    reasons: list[Reason | None] = [placed.entry.reason for placed in corpus.entries]
    reasons += [label.reason for label in corpus.labels]
    for reason, side in zip(reasons, [*replies, *labels], strict=True):
        name = MEANING[reason].category if reason else "none"
        whole[name] += 1
        test[name] += side is Split.TEST
    return Shares(dict(whole), dict(test))
