"""Two levels of labels: categories, and the reasons within them, judged side by side.

One linear head tells reasons apart, another categories. What the category is, both say; which of
its reasons it is, the first. So a category may be sure where its reasons are not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from classifier.reasons import MEANING, Category, Reason

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["categories_of", "log_softmax", "nest"]


def categories_of(labels: Sequence[Reason]) -> tuple[Category, ...]:
    """The categories of `labels`, each once, in the order of their names."""
    return tuple(sorted({MEANING[label].category for label in labels}))


def log_softmax(logits: NDArray[Any]) -> NDArray[np.float64]:
    """Logarithms of probabilities by row."""
    import numpy as np

    centred = logits - logits.max(axis=1, keepdims=True)
    found: NDArray[np.float64] = centred - np.log(np.exp(centred).sum(axis=1, keepdims=True))
    return found


def nest(
    logits: NDArray[Any], labels: Sequence[Reason], categories: Sequence[Category]
) -> NDArray[np.float64]:
    """The logarithms of the reasons' probabilities, (n, labels).

    `logits` holds the columns of `labels`, then those of `categories`. The probability of a
    category is the geometric mean of what the two heads say, that of a reason within it the first
    head's.
    """
    import numpy as np

    reasons = log_softmax(logits[:, : len(labels)])
    direct = log_softmax(logits[:, len(labels) :])
    column = np.array([categories.index(MEANING[label].category) for label in labels])
    summed = np.full(direct.shape, -np.inf)
    for number in range(len(categories)):
        inside = reasons[:, column == number]
        top = inside.max(axis=1)
        summed[:, number] = top + np.log(np.exp(inside - top[:, None]).sum(axis=1))
    both = log_softmax((summed + direct) / 2)
    found: NDArray[np.float64] = reasons + (both - summed)[:, column]
    return found
