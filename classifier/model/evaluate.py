"""The evaluation: how good a model is on words and providers that it has never seen.

A fold holds whole providers. What is learned for it holds none of these, and no near duplicate of
any reply in it. So the figures are those of a stranger's words, which is what a model is for: the
words that are known, rules know. Only replies whose codes leave the reason open are judged, for
a model is asked about no other.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

from classifier.model.corpus import Sample
from classifier.reasons import MEANING, Category, Reason

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "BOUND",
    "FOLDS",
    "MISSION",
    "TARGETS",
    "Fold",
    "Grouped",
    "Judged",
    "bound",
    "calibrate",
    "choose",
    "cross_check",
    "decided",
    "fold",
    "group",
    "judge_held_out",
    "keep_proven",
]

FOLDS: Final = 10
#: The share of decisions that must be right, by category: more where a wrong word costs most.
MISSION: Final = frozenset(
    {Category.SENDER_CREDENTIALS, Category.SENDER_AUTHENTICATION, Category.RECIPIENT_POLICY}
)
TARGETS: Final[Mapping[Category, float]] = {
    category: 0.99 if category in MISSION else 0.97
    for category in Category
    if category is not Category.UNDETERMINED
}
#: How sure we are that a target is met: the lower end of Wilson's interval, one-sided, in %.
BOUND: Final = 80
_Z: Final = 0.8416  # the normal quantile of that


class Fold(msgspec.Struct, frozen=True):
    """Numbers of the samples to learn from and to be judged."""

    learn: list[int]
    judge: list[int]


class Judged(msgspec.Struct, frozen=True):
    """Every open sample as a model saw it that had not learned from it.

    `logits` is (samples, labels); `known` whether the text was familiar enough to be judged;
    `left` whether no rule decides it; `truth` the column of the right label; `folds` and
    `templates` number fold and template.
    """

    labels: tuple[Reason, ...]
    logits: Any
    known: Any
    left: Any
    truth: Any
    folds: Any
    templates: Any


def fold(samples: Sequence[Sample], templates: Sequence[int]) -> list[Fold]:
    """Folds of about the same size: the largest group first into the smallest fold."""
    groups: dict[str, list[int]] = {}
    for number, sample in enumerate(samples):
        groups.setdefault(sample.provider or f"#{templates[number]}", []).append(number)
    bins: list[list[int]] = [[] for _ in range(FOLDS)]
    for _, members in sorted(groups.items(), key=lambda item: (-len(item[1]), item[0])):
        min(bins, key=len).extend(members)
    folds = []
    for held in bins:
        inside = set(held)
        near = {templates[number] for number in held}
        learn = [n for n in range(len(samples)) if n not in inside and templates[n] not in near]
        folds.append(Fold(learn, held))
    return folds


#: Learns from samples, then gives for others the logits (samples, labels), and which are known.
Learner = Callable[[Sequence[Sample], Sequence[Sample], Sequence[Reason]], tuple[Any, Any]]


def judge_held_out(
    samples: Sequence[Sample],
    templates: Sequence[int],
    learner: Learner,
    say: Callable[[str], None] = lambda line: None,
) -> Judged:
    """Every open sample, judged by a learner that saw neither its provider nor its template."""
    import numpy as np

    labels = tuple(sorted({sample.reason for sample in samples}))
    logits, known = np.zeros((len(samples), len(labels))), np.zeros(len(samples), dtype=bool)
    numbers = np.zeros(len(samples), dtype=int)
    folds = fold(samples, templates)
    for number, each in enumerate(folds):
        say(
            f"fold {number + 1} of {len(folds)}: {len(each.learn)} to learn, {len(each.judge)} held"
        )
        learn = [samples[n] for n in each.learn]
        held = [samples[n] for n in each.judge]
        logits[each.judge], known[each.judge] = learner(learn, held, labels)
        numbers[each.judge] = number
    rows = np.array([sample.open for sample in samples])
    left = np.array([sample.left for sample in samples])
    truth = np.array([labels.index(sample.reason) for sample in samples])
    columns = (logits, known, left, truth, numbers, np.array(templates))
    return Judged(labels, *(column[rows] for column in columns))


def softmax(logits: NDArray[np.float64], temperature: float = 1.0) -> NDArray[np.float64]:
    """Probabilities by row."""
    import numpy as np

    powers = np.exp((logits - logits.max(axis=1, keepdims=True)) / temperature)
    found: NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
    return found


def calibrate(judged: Judged, rows: Any = slice(None)) -> float:
    """The temperature at which the right reasons are most probable, each template counted once."""
    import numpy as np

    logits, truth = judged.logits[rows], judged.truth[rows]
    _, first, sizes = np.unique(judged.templates[rows], return_inverse=True, return_counts=True)
    share = 1 / sizes[first]

    def loss(temperature: float) -> float:
        right = softmax(logits, temperature)[np.arange(len(truth)), truth]
        return -float((share * np.log(np.maximum(right, 1e-12))).sum())

    return min((0.3 + step * 0.01 for step in range(171)), key=loss)


class Grouped(msgspec.Struct, frozen=True):
    """Probabilities summed by category: the best one, its probability, whether it is right."""

    categories: tuple[Category, ...]
    chosen: Any
    sure: Any
    right: Any
    truth: Any  # the right category's number
    reason_right: Any


def group(judged: Judged, temperature: float) -> Grouped:
    """What is decided about each held-out sample, category first, then the reason within it."""
    import numpy as np

    found = softmax(judged.logits, temperature)
    of_label = [MEANING[label].category for label in judged.labels]
    categories = tuple(sorted(set(of_label)))
    column = np.array([categories.index(category) for category in of_label])
    sums = np.stack([found[:, column == c].sum(axis=1) for c in range(len(categories))], axis=1)
    chosen, truth = sums.argmax(axis=1), column[judged.truth]
    inside = np.where(column[None, :] == chosen[:, None], found, 0.0).argmax(axis=1)
    return Grouped(
        categories, chosen, sums.max(axis=1), chosen == truth, truth, inside == judged.truth
    )


def bound(right: int, of: int) -> float:
    """The lower end of Wilson's interval (Wilson 1927) for `right` of `of`."""
    if not of:
        return 0.0
    share, z = right / of, _Z
    middle = share + z * z / (2 * of)
    reach = z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return (middle - reach) / (1 + z * z / of)


def choose(judged: Judged, grouped: Grouped, rows: Any = None) -> dict[Category, float]:
    """The lowest threshold of each category that keeps its target, where there is one.

    Each template has one vote, which is right where all its replies above the threshold are.
    """
    import numpy as np

    inside = judged.known if rows is None else judged.known & rows
    thresholds = {}
    for number, category in enumerate(grouped.categories):
        target = TARGETS.get(category)
        if target is None:
            continue
        candidates = np.flatnonzero(inside & (grouped.chosen == number))
        votes: dict[int, bool] = {}
        for index in candidates[np.argsort(-grouped.sure[candidates], kind="stable")]:
            template = int(judged.templates[index])
            votes[template] = votes.get(template, True) and bool(grouped.right[index])
            if bound(sum(votes.values()), len(votes)) >= target:
                thresholds[category] = math.floor(float(grouped.sure[index]) * 1e4) / 1e4
    return thresholds


def decided(judged: Judged, grouped: Grouped, thresholds: Mapping[Category, float]) -> Any:
    """Which samples the thresholds decide, as (samples,) of booleans."""
    import numpy as np

    least = np.array([thresholds.get(category, 2.0) for category in grouped.categories])
    return judged.known & (grouped.sure >= least[grouped.chosen])


def keep_proven(
    judged: Judged, grouped: Grouped, thresholds: Mapping[Category, float]
) -> dict[Category, float]:
    """The thresholds of the categories that keep their target when cross-checked, too.

    A threshold fitted to few replies may pass on them by luck and fail on the next.
    """
    checked = cross_check(judged)
    proven = {}
    for category, threshold in thresholds.items():
        inside = checked & (grouped.chosen == grouped.categories.index(category))
        if inside.any() and grouped.right[inside].mean() >= TARGETS[category]:
            proven[category] = threshold
    return proven


def cross_check(judged: Judged) -> Any:
    """Which samples are decided by thresholds of the other folds, as (samples,) of booleans.

    `choose` sees the replies that it is measured on; this does not, so it is the figure to trust.
    """
    import numpy as np

    chosen = np.zeros(len(judged.truth), dtype=bool)
    for number in np.unique(judged.folds):
        others = judged.folds != number
        grouped = group(judged, calibrate(judged, others))
        chosen |= decided(judged, grouped, choose(judged, grouped, others)) & ~others
    return chosen
