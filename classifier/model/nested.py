"""Two levels of labels: categories, and the reasons within them, judged side by side.

One linear head tells reasons apart, another categories. What the category is, both say; which of
its reasons it is, the first. So a category may be sure where its reasons are not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from classifier.reasons import MEANING, Category, Reason

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["categories_of", "likeliest", "log_softmax", "nest", "place"]


def categories_of(labels: Sequence[Reason]) -> tuple[Category, ...]:
    """The categories of `labels`, each once, in the order of their names."""
    return tuple(sorted({MEANING[label].category for label in labels}))


def place(labels: Sequence[Reason]) -> tuple[tuple[Category, ...], NDArray[np.intp]]:
    """The categories of `labels`, and for each label the number of its own among them."""
    import numpy as np

    categories = categories_of(labels)
    return categories, np.array([categories.index(MEANING[label].category) for label in labels])


def likeliest(found: Mapping[Reason, float]) -> tuple[Reason, float]:
    """The likeliest reason in the likeliest category, and the probability of that category."""
    sums: dict[Category, float] = {}
    for reason, share in found.items():
        category = MEANING[reason].category
        sums[category] = sums.get(category, 0.0) + share
    best = max(sorted(sums), key=sums.__getitem__)
    inside = [reason for reason in found if MEANING[reason].category is best]
    return max(inside, key=found.__getitem__), sums[best]


def log_softmax(logits: NDArray[Any]) -> NDArray[np.float64]:
    """Logarithms of probabilities by row."""
    import numpy as np

    centred = logits - logits.max(axis=1, keepdims=True)
    found: NDArray[np.float64] = centred - np.log(np.exp(centred).sum(axis=1, keepdims=True))
    return found


def nest(logits: NDArray[Any], column: NDArray[np.intp]) -> NDArray[np.float64]:
    """How probable each reason is, (n, reasons), as logits: `log_softmax` makes them add up.

    `logits` holds a column for each reason, then one for each category; `column` is the number of
    each reason's category, as `place` has it. The probability of a category is the geometric mean
    of what the two heads say, that of a reason within it the first head's.
    """
    import numpy as np

    reasons, direct = logits[:, : len(column)], logits[:, len(column) :]
    # the reasons of a category side by side, so that one pass adds up each
    order = column.argsort(kind="stable")
    placed = column[order]
    firsts = placed.searchsorted(np.arange(direct.shape[1]))
    inside = reasons.take(order, axis=1)
    tops = np.maximum.reduceat(inside, firsts, axis=1)
    inside -= tops.take(placed, axis=1)
    summed = tops + np.log(np.add.reduceat(np.exp(inside), firsts, axis=1))
    # With r what the first head says of a reason, s and d what the two say of its category, all
    # times something that is the same for every reason, r / s * sqrt(s * d) is r * sqrt(d / s).
    found: NDArray[np.float64] = reasons + ((direct - summed) / 2).take(column, axis=1)
    return found
