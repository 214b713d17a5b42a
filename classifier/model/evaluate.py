"""The evaluation: how good a model is on words and providers that it has never seen.

A fold holds whole providers. What is learned for it holds none of these, and no near duplicate of
any reply in it. So the figures are those of a stranger's words, which is what a model is for: the
words that are known, rules know. Thresholds and the curve of calibration come from the replies
whose codes leave the reason open, for a model is asked about no other.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

from classifier.model.calibration import Calibration
from classifier.model.corpus import Sample
from classifier.model.nested import place
from classifier.reasons import Category, Reason

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "BOUND",
    "FOLDS",
    "MISSION",
    "TARGETS",
    "Calibration",
    "Checked",
    "Fold",
    "Grouped",
    "Judged",
    "bound",
    "calibrate",
    "calibration_error",
    "choose",
    "cross_check",
    "decided",
    "fold",
    "group",
    "judge_held_out",
    "keep_proven",
    "surest",
]

FOLDS: Final = 5
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
    """Every sample as a model saw it that had not learned from it; the proofs of rules apart.

    `logits` is (samples, labels); `known` whether the text was familiar enough to be judged;
    `open` whether codes leave its reason open, `left` whether no rule decides it; `truth` the
    column of the right label, `accepted` (samples, labels) that of every label as right; `folds`
    and `templates` number fold and template, `numbers` the samples among all.
    """

    labels: tuple[Reason, ...]
    logits: Any
    known: Any
    open: Any
    left: Any
    truth: Any
    accepted: Any
    folds: Any
    templates: Any
    numbers: Any


def fold(samples: Sequence[Sample], templates: Sequence[int]) -> list[Fold]:
    """Folds of about the same size: the largest group first into the smallest fold.

    The proofs of rules are held in none, and learned from wherever they are no relatives of what
    is held.
    """
    names = [
        sample.provider or f"#{template}"
        for sample, template in zip(samples, templates, strict=True)
    ]
    groups: dict[str, list[int]] = {}
    for number, sample in enumerate(samples):
        if not sample.taught:
            groups.setdefault(names[number], []).append(number)
    bins: list[list[int]] = [[] for _ in range(FOLDS)]
    for _, members in sorted(groups.items(), key=lambda item: (-len(item[1]), item[0])):
        min(bins, key=len).extend(members)
    folds = []
    for held in filter(None, bins):
        inside = {names[number] for number in held}
        near = {templates[number] for number in held}
        learn = [
            number
            for number in range(len(samples))
            if names[number] not in inside and templates[number] not in near
        ]
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
    """Every sample, judged by a learner that saw neither its provider nor its template.

    The folds are learned side by side, on all cores. `say` is told when each is done.
    """
    import numpy as np
    from joblib import Parallel, delayed

    labels = tuple(sorted({each for s in samples for each in (s.reason, *s.others)}))
    logits, known = np.zeros((len(samples), len(labels))), np.zeros(len(samples), dtype=bool)
    numbers = np.zeros(len(samples), dtype=int)
    folds = fold(samples, templates)
    some = [[[samples[n] for n in part] for part in (each.learn, each.judge)] for each in folds]
    side_by_side = Parallel(n_jobs=min(len(folds), os.cpu_count() or 1), return_as="generator")
    results = side_by_side(delayed(learner)(learn, held, labels) for learn, held in some)
    for number, (each, found) in enumerate(zip(folds, results, strict=True)):
        logits[each.judge], known[each.judge] = found
        numbers[each.judge] = number
        say(
            f"fold {number + 1} of {len(folds)}: {len(each.learn)} learned from,"
            f" {len(each.judge)} judged"
        )
    rows = np.array([not sample.taught for sample in samples])
    is_open = np.array([sample.open for sample in samples])
    left = np.array([sample.left for sample in samples])
    truth = np.array([labels.index(sample.reason) for sample in samples])
    accepted = np.zeros((len(samples), len(labels)), dtype=bool)
    for number, sample in enumerate(samples):
        for reason in (sample.reason, *sample.others):
            accepted[number, labels.index(reason)] = True
    places = np.arange(len(samples))
    columns = (logits, known, is_open, left, truth, accepted, numbers, np.array(templates), places)
    return Judged(labels, *(column[rows] for column in columns))


def softmax(logits: NDArray[np.float64], temperature: float = 1.0) -> NDArray[np.float64]:
    """Probabilities by row."""
    import numpy as np

    powers = np.exp((logits - logits.max(axis=1, keepdims=True)) / temperature)
    found: NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
    return found


def calibrate(judged: Judged, rows: Any = True) -> Calibration:
    """How far probabilities are to be trusted, from open replies, each template counted once.

    First the temperature at which the right reasons are most probable, then how often the
    category is right by what it is said to be: a curve through bins of as many replies, which
    nowhere falls. `rows` are the samples to learn this from, as (samples,) of booleans.
    """
    import numpy as np

    rows = judged.open & rows
    temperature = round(_cool(judged, rows), 2)
    found = group(judged, Calibration(temperature))
    sure, right = found.sure[rows], found.right[rows].astype(float)
    share = _shares(judged.templates[rows])
    points = []
    for some in np.array_split(np.argsort(sure, kind="stable"), _POINTS):
        weight = share[some].sum()
        if weight:
            # two replies more, one right and one wrong: a small bin is never sure
            y = ((share[some] * right[some]).sum() + 1) / (weight + 2)
            points.append([float((share[some] * sure[some]).sum() / weight), float(y), weight])
    return Calibration(temperature, _rising(points))


_POINTS: Final = 12


def _rising(points: Sequence[Sequence[float]]) -> tuple[tuple[float, float], ...]:
    """Neighbours that fall drawn together (pool adjacent violators), rounded as a card has them."""
    pools: list[list[float]] = []
    for x, y, weight in points:
        pools.append([x * weight, y * weight, weight])
        while len(pools) > 1 and pools[-2][1] / pools[-2][2] >= pools[-1][1] / pools[-1][2]:
            last = pools.pop()
            pools[-1] = [one + two for one, two in zip(pools[-1], last, strict=True)]
    return tuple((round(float(x / w), 4), round(float(y / w), 4)) for x, y, w in pools)


def _shares(templates: Any) -> Any:
    """What each sample counts where each template counts once."""
    import numpy as np

    _, first, sizes = np.unique(templates, return_inverse=True, return_counts=True)
    return 1 / sizes[first]


def _cool(judged: Judged, rows: Any) -> float:
    import numpy as np

    logits, truth = judged.logits[rows], judged.truth[rows]
    share = _shares(judged.templates[rows])

    def loss(temperature: float) -> float:
        right = softmax(logits, temperature)[np.arange(len(truth)), truth]
        return -float((share * np.log(np.maximum(right, 1e-12))).sum())

    return min((0.3 + step * 0.01 for step in range(271)), key=loss)


class Grouped(msgspec.Struct, frozen=True):
    """Probabilities summed by category: the best one, its probability, whether it is right."""

    categories: tuple[Category, ...]
    chosen: Any
    sure: Any
    right: Any
    truth: Any  # the right category's number
    reason_right: Any


def group(judged: Judged, calibration: Calibration) -> Grouped:
    """What is decided about each held-out sample, category first, then the reason within it."""
    import numpy as np

    found = softmax(judged.logits, calibration.temperature)
    categories, column = place(judged.labels)
    sums = np.stack([found[:, column == c].sum(axis=1) for c in range(len(categories))], axis=1)
    chosen, truth = sums.argmax(axis=1), column[judged.truth]
    inside = np.where(column[None, :] == chosen[:, None], found, 0.0).argmax(axis=1)
    # Where a reply may as well mean another thing, its category may be another, too.
    fits = np.zeros(sums.shape, dtype=bool)
    for number in range(len(categories)):
        fits[:, number] = judged.accepted[:, column == number].any(axis=1)
    rows = np.arange(len(truth))
    return Grouped(
        categories,
        chosen,
        calibration.correct(sums.max(axis=1)),
        fits[rows, chosen],
        truth,
        judged.accepted[rows, inside],
    )


def bound(right: int, of: int) -> float:
    """The lower end of Wilson's interval (Wilson 1927) for `right` of `of`."""
    if not of:
        return 0.0
    share, z = right / of, _Z
    middle = share + z * z / (2 * of)
    reach = z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return (middle - reach) / (1 + z * z / of)


def choose(judged: Judged, grouped: Grouped, rows: Any = True) -> dict[Category, float]:
    """The lowest threshold of each category that keeps its target, where there is one.

    Each template has one vote, which is right where all its replies above the threshold are.
    """
    import numpy as np

    inside = judged.known & judged.open & rows
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
    judged: Judged, grouped: Grouped, thresholds: Mapping[Category, float], checked: Checked
) -> dict[Category, float]:
    """The thresholds of the categories that keep their target when cross-checked, too.

    A threshold fitted to few replies may pass on them by luck and fail on the next.
    """
    proven = {}
    for category, threshold in thresholds.items():
        inside = (
            checked.decided & judged.open & (grouped.chosen == grouped.categories.index(category))
        )
        if inside.any() and grouped.right[inside].mean() >= TARGETS[category]:
            proven[category] = threshold
    return proven


class Checked(msgspec.Struct, frozen=True):
    """What the other folds say of each sample, as (samples,).

    `decided` tells whether their thresholds decide it, `sure` is the probability of its category
    by their calibration.
    """

    decided: Any
    sure: Any


def cross_check(judged: Judged) -> Checked:
    """Each fold by what is chosen on the others.

    `choose` sees the replies that it is measured on; this does not, so it is the figure to trust.
    """
    import numpy as np

    chosen = np.zeros(len(judged.truth), dtype=bool)
    sure = np.zeros(len(judged.truth))
    for number in np.unique(judged.folds):
        own = judged.folds == number
        grouped = group(judged, calibrate(judged, ~own))
        sure[own] = grouped.sure[own]
        chosen |= decided(judged, grouped, choose(judged, grouped, ~own)) & own
    return Checked(chosen, sure)


def calibration_error(sure: Any, right: Any) -> float:
    """The expected calibration error (Naeini 2015), over fifteen bins of the same width."""
    import numpy as np

    bins = np.minimum((np.asarray(sure) * 15).astype(int), 14)
    gaps = [
        abs(sure[bins == each].mean() - right[bins == each].mean()) * (bins == each).mean()
        for each in np.unique(bins)
    ]
    return float(sum(gaps))


def surest(judged: Judged, calibration: Calibration, coverage: float, rows: Any = True) -> Any:
    """The numbers of the samples that a model is surest of: a share of those that `rows` keeps."""
    import numpy as np

    # by temperature alone, for at its ends the curve makes all alike
    sure = group(judged, Calibration(calibration.temperature)).sure
    kept = np.flatnonzero(np.ones(len(sure), dtype=bool) & rows)
    return kept[np.argsort(-sure[kept], kind="stable")][: round(coverage * len(kept))]
