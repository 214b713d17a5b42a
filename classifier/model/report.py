"""The report: what the evaluation measured, as the README of the model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from textwrap import fill
from typing import Any, Final

from classifier.model.evaluate import (
    BOUND,
    FOLDS,
    MISSION,
    TARGETS,
    Grouped,
    Judged,
    bound,
    calibrate,
    choose,
    cross_check,
    decided,
    group,
)
from classifier.model.store import Card
from classifier.reasons import Category

__all__ = ["scores", "write"]

_BINS: Final = (0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 1.0001)


def scores(
    judged: Judged, grouped: Grouped, thresholds: Mapping[Category, float]
) -> dict[str, float]:
    """The figures of a card: shares of the judged replies, but precision of the decided ones."""
    inside = decided(judged, grouped, thresholds)
    checked = cross_check(judged) & _decidable(grouped, thresholds)
    figures = {
        "reason_accuracy": grouped.reason_right.mean(),
        "category_accuracy": grouped.right.mean(),
        "coverage": inside.mean(),
        "precision": _share(grouped.right[inside]),
        "coverage_cross_checked": checked.mean(),
        "precision_cross_checked": _share(grouped.right[checked]),
    }
    return {name: round(float(figure), 4) for name, figure in figures.items()}


def _decidable(grouped: Grouped, thresholds: Mapping[Category, float]) -> Any:
    """Which samples were taken for a category that has a threshold."""
    import numpy as np

    return np.array([category in thresholds for category in grouped.categories])[grouped.chosen]


def _share(right: Any) -> float:
    return float(right.mean()) if len(right) else 0.0


def write(
    card: Card,
    counts: Mapping[str, int],
    judged: Judged,
    grouped: Grouped,
    rivals: Mapping[str, Judged],
) -> str:
    """The README of a model. `counts` says how many replies came from where."""
    sources = ", ".join(f"{count:,} from {source}" for source, count in counts.items())
    inside = decided(judged, grouped, card.thresholds)
    left = judged.left
    never = [f"`{category}`" for category in TARGETS if category not in card.thresholds]
    share = {name: _percent(figure) for name, figure in card.scores.items()}
    blocks = [
        f"# {card.name}",
        "Written by `whybounce train`; do not edit.",
        _wrap("""A linear model over words, pieces of words, codes and circumstances. It is asked
            only where no rule decides, and stays silent where it is not sure. **Its corpus is a
            starter**: short, gathered from documentation and written by hand, with few replies
            from real mail. Read the figures so."""),
        f"""- {card.samples:,} different replies ({sources})
- SHA-256 of them: `{card.digest}`
- {len(card.words):,} text features, {len(card.tokens)} tokens, {len(card.labels)} reasons
- feature version {card.features}
- made with {", ".join(f"{name} {version}" for name, version in card.versions.items())}""",
        "## How it was measured",
        _wrap(f"""Grouped cross-validation, {FOLDS} folds. A fold holds whole providers; what is
            learned for it holds none of these, and no near duplicate of any reply in it. So these
            are the figures for strangers' words. Judged were the {len(judged.truth):,} replies
            whose codes leave the reason open, for the model is asked about no other; they are
            {len(set(judged.templates.tolist())):,} templates. The words of most are known to rules
            all the same; {left.sum()} are left open by every rule. Of these, the category was
            right for {_percent(_share(grouped.right[left]))}; {(inside & left).sum()} would be
            decided, {_percent(_share(grouped.right[inside & left]))} of them rightly."""),
        f"""| | reason right | category right |
| --- | --- | --- |
| **this model** | {share["reason_accuracy"]} | {share["category_accuracy"]} |
{_lines(_rival_accuracy(rivals))}""",
        "## When it decides",
        _wrap(f"""Probabilities are calibrated by temperature ({card.temperature}) on the held-out
            folds. The probability of a category is the sum over its reasons; the record's
            `confidence` is that of the category. A category is decided from the lowest threshold
            at which its decisions on held-out replies meet the target (99% right for what costs
            most to get wrong, marked *, and 97% else) at the lower end of Wilson's one-sided
            {BOUND}% interval, each template having one vote. Where no threshold does, or where its
            cross-checked decisions miss the target, the category is never decided. It abstains,
            too, on texts with fewer than {card.letters} letters or with less than
            {_percent(card.known)} of their n-grams known."""),
        f"Never decided: {', '.join(never) or 'none'}.",
        f"""| category | replies | found | target | threshold | decided | right | lower bound \
| decided, cross-checked | right |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
{_lines(_by_category(card, judged, grouped))}""",
        _wrap(f"""In all, {share["coverage"]} of held-out replies are decided,
            {share["precision"]} of these rightly. Cross-checked, that is with thresholds chosen on
            nine folds and applied to the tenth, ten times: {share["coverage_cross_checked"]}
            decided (in the categories decided now), {share["precision_cross_checked"]} rightly.
            No threshold saw what it is measured on, so these figures say more than the others;
            but features and written replies were chosen with an eye on the same folds, which
            flatters them still."""),
        "The baselines under the same procedure, before the cross-check:",
        f"""| | decided | rightly |
| --- | --- | --- |
{_lines(_rival_coverage(rivals))}""",
        "## Whether the probabilities hold",
        f"""| probability of the category | replies | right |
| --- | --- | --- |
{_lines(_reliability(grouped))}""",
    ]
    return "\n\n".join(blocks) + "\n"


_lines = "\n".join


def _wrap(text: str) -> str:
    return fill(" ".join(text.split()), 99, break_long_words=False, break_on_hyphens=False)


def _rival_accuracy(rivals: Mapping[str, Judged]) -> Iterator[str]:
    for name, rival in rivals.items():
        other = group(rival, 1.0)
        yield f"| {name} | {_percent(other.reason_right.mean())} | {_percent(other.right.mean())} |"


def _percent(share: float) -> str:
    return f"{100 * share:.1f}%"


def _by_category(card: Card, judged: Judged, grouped: Grouped) -> Iterator[str]:
    inside, checked = decided(judged, grouped, card.thresholds), cross_check(judged)
    for number, category in enumerate(grouped.categories):
        own, chosen = grouped.truth == number, grouped.chosen == number
        found = _percent((own & grouped.right).sum() / own.sum())
        row = [f"`{category}`" + (" *" if category in MISSION else ""), f"{own.sum()}", found]
        if category not in TARGETS:
            row += ["", "never", "", "", "", "", ""]
        elif category not in card.thresholds:
            row += [_percent(TARGETS[category]), "never", "", "", "", "", ""]
        else:
            taken = inside & chosen
            votes: dict[int, bool] = {}
            for template, right in zip(judged.templates[taken], grouped.right[taken], strict=True):
                votes[int(template)] = votes.get(int(template), True) and bool(right)
            row += [
                _percent(TARGETS[category]),
                f"{card.thresholds[category]:.4f}",
                f"{taken.sum()}",
                _percent(grouped.right[taken].mean()),
                _percent(bound(sum(votes.values()), len(votes))),
                f"{(checked & chosen).sum()}",
                _percent(_share(grouped.right[checked & chosen])),
            ]
        yield f"| {' | '.join(row)} |"


def _rival_coverage(rivals: Mapping[str, Judged]) -> Iterator[str]:
    for name, rival in rivals.items():
        grouped = group(rival, calibrate(rival))
        inside = decided(rival, grouped, choose(rival, grouped))
        yield f"| {name} | {_percent(inside.mean())} | {_percent(_share(grouped.right[inside]))} |"


def _reliability(grouped: Grouped) -> Iterator[str]:
    for low, high in pairwise(_BINS):
        inside = (grouped.sure >= low) & (grouped.sure < high)
        if inside.any():
            name = f"{low:.2f} to {min(high, 1):.2f}"
            yield f"| {name} | {inside.sum()} | {_percent(grouped.right[inside].mean())} |"
