"""The comparison: a model made anew against the one it was made from, on the same replies.

The new one judges each reply by a model that had not learned from its template or provider, the
old one has never seen any of them. Whole templates are drawn, again and again (the bootstrap), so
that a hundred mails of one wording count as one wording.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

from classifier.model.corpus import Sample
from classifier.model.evaluate import Judged, calibrate, group
from classifier.model.nested import likeliest
from classifier.reasons import MEANING

if TYPE_CHECKING:
    from classifier.model.scorer import Model

__all__ = ["Compared", "compare", "describe"]

_DRAWS: Final = 2000
_SEED: Final = 1
_FEW: Final = 5  # templates of a reason, below which nothing is said about it


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """Shares right by the old and the new model, of so many replies in so many templates.

    `low` and `high` are the ends of the 95 % interval of the difference, new less old.
    """

    what: str
    replies: int
    templates: int
    old: float
    new: float
    low: float
    high: float

    @property
    def sentence(self) -> str:
        """Better, worse, or cannot be told."""
        change = f"{100 * (self.new - self.old):+.1f} points"
        reach = f"95% interval {100 * self.low:+.1f} to {100 * self.high:+.1f}"
        if self.low > 0:
            return f"better: {change} ({reach})"
        if self.high < 0:
            return f"worse: {change} ({reach})"
        return f"cannot be told: {change} ({reach})"


def compare(
    old: Model, judged: Judged, samples: Sequence[Sample], fresh: Sequence[bool]
) -> list[Compared]:
    """How `old` and the model behind `judged` do on those `samples` that are `fresh`.

    First by category, then by reason over all, then by reason for each with enough templates.
    `samples` and `fresh` are by the numbers that `judged.numbers` names. Empty where nothing is
    fresh.
    """
    import numpy as np

    rows = np.array([fresh[number] for number in judged.numbers], dtype=bool)
    if not rows.any():
        return []
    grouped = group(judged, calibrate(judged))
    own = [samples[number] for number in judged.numbers[rows]]
    said = [likeliest(old.probabilities(sample.features))[0] for sample in own]
    accepted = [(sample.reason, *sample.others) for sample in own]
    old_reason = np.array([a in b for a, b in zip(said, accepted, strict=True)])
    old_category = np.array(
        [
            MEANING[a].category in {MEANING[each].category for each in b}
            for a, b in zip(said, accepted, strict=True)
        ]
    )
    templates = judged.templates[rows]
    new_category, new_reason = grouped.right[rows], grouped.reason_right[rows]
    found = [
        _draw("category", templates, old_category, new_category),
        _draw("reason", templates, old_reason, new_reason),
    ]
    reasons = np.array([str(sample.reason) for sample in own])
    for reason in np.unique(reasons):
        some = reasons == reason
        if len(np.unique(templates[some])) >= _FEW:
            found.append(_draw(reason, templates[some], old_reason[some], new_reason[some]))
    return found


def _draw(what: str, templates: Any, old: Any, new: Any) -> Compared:
    import numpy as np

    _, place = np.unique(templates, return_inverse=True)
    sizes = np.bincount(place).astype(float)
    gains = np.bincount(place, weights=new.astype(float) - old.astype(float))
    chance = np.random.default_rng(_SEED)
    drawn = chance.integers(0, len(sizes), (_DRAWS, len(sizes)))
    differences = gains[drawn].sum(axis=1) / sizes[drawn].sum(axis=1)
    low, high = np.quantile(differences, (0.025, 0.975))
    return Compared(
        what=what,
        replies=len(old),
        templates=len(sizes),
        old=float(old.mean()),
        new=float(new.mean()),
        low=float(low),
        high=float(high),
    )


def describe(found: Sequence[Compared]) -> Iterator[str]:
    """The comparison in lines, as Markdown."""
    if not found:
        yield "Nothing was held out that the old model had not seen, so nothing is compared."
        return
    category, reason, *others = found
    yield f"By category the new model is {category.sentence}; by reason {reason.sentence}."
    yield ""
    yield "| | replies | templates | old right | new right | |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for each in (category, reason, *others):
        yield (
            f"| {each.what} | {each.replies} | {each.templates} | {100 * each.old:.1f}%"
            f" | {100 * each.new:.1f}% | {each.sentence} |"
        )
