"""The report: what the evaluation measured, as the README of the model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from textwrap import fill
from typing import Any, Final

from classifier.model.corpus import Sample
from classifier.model.evaluate import (
    BOUND,
    FOLDS,
    MISSION,
    TARGETS,
    Calibration,
    Checked,
    Grouped,
    Judged,
    bound,
    calibrate,
    calibration_error,
    decided,
    group,
    surest,
)
from classifier.model.store import Card
from classifier.model.validation import Validation
from classifier.reasons import Category

__all__ = ["append", "scores", "write"]

_BINS: Final = (0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 1.0001)
_COVERAGES: Final = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
_SHOWN: Final = 20  # providers, languages
_TRIED: Final = """Measured once and too slow to measure again each time: gradient boosting
    (scikit-learn's histogram trees on 100 latent directions of the same features, 9 minutes a
    fold) had the reason right for 50.9% of one fold. The one small embedding that a package holds
    (WordLlama, 256 dimensions, 16 MB), beside the words of a single head, raised the category of
    the surest 80% from 91.7% to 92.3%; two heads gain more and weigh nothing."""
_CHOSEN: Final = """Features and layout were chosen on the same folds, once, by how often the
    category is right (of all; of the surest 80%) and how many open replies are decided: words,
    pairs of words and pieces of 3 to 5 characters 85.5%, 93.2%, 11.4%; with pieces of 3 to 4, which
    are 28% fewer features, 85.6%, 93.3%, 10.8%; of 4 to 5 85.3%, 92.8%, 7.9%; only features that
    three replies have, 36% fewer, 85.4%, 93.1%, 10.6%; without the half that weighs least 85.3%,
    93.1%, 11.0%, without three quarters 84.9%, 92.5%, 11.0%. Weights of 16 bits change nothing; of
    8 bits with a scale for each feature they would be as good (85.6%, 93.2%, 11.3%) and half as
    large, with a scale for each reason not (6.1% decided). All of them are kept, in 16 bits: less
    would spare a start some milliseconds of hundreds. A vocabulary is kept instead of hashes,
    because verdicts name the words that weighed."""
_VALIDATED: Final = "## On real bounces that nothing was learned from"
_FEW: Final = 10  # replies of one, below which a share says nothing


def scores(
    judged: Judged,
    calibration: Calibration,
    grouped: Grouped,
    thresholds: Mapping[Category, float],
    checked: Checked,
) -> dict[str, float]:
    """The figures of a card: shares of the judged replies, but precision of the decided ones."""
    inside = decided(judged, grouped, thresholds) & judged.open
    proven = checked.decided & _decidable(grouped, thresholds) & judged.open
    sure = checked.sure
    figures = {
        "reason_accuracy": grouped.reason_right.mean(),
        "category_accuracy": grouped.right.mean(),
        "category_accuracy_open": grouped.right[judged.open].mean(),
        "category_accuracy_at_80": grouped.right[surest(judged, calibration, 0.8)].mean(),
        "calibration_error": calibration_error(sure, grouped.right),
        "brier": ((sure - grouped.right) ** 2).mean(),
        "coverage": inside.sum() / judged.open.sum(),
        "precision": _share(grouped.right[inside]),
        "coverage_cross_checked": proven.sum() / judged.open.sum(),
        "precision_cross_checked": _share(grouped.right[proven]),
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
    samples: Sequence[Sample],
    judged: Judged,
    grouped: Grouped,
    checked: Checked,
    rivals: Mapping[str, Judged],
) -> str:
    """The README of a model.

    `counts` says how many replies came from where, `samples` are all that was learned.
    """
    sources = ", ".join(f"{count:,} from {source}" for source, count in counts.items())
    inside = decided(judged, grouped, card.thresholds) & judged.open
    left = judged.left
    never = [f"`{category}`" for category in TARGETS if category not in card.thresholds]
    share = {name: _percent(figure) for name, figure in card.scores.items()}
    own = [samples[number] for number in judged.numbers]
    blocks = [
        f"# {card.name}",
        "Written by `whybounce train`; do not edit.",
        _wrap("""Two linear heads over words, pieces of words, codes, circumstances and hints of
            rules: one for reasons, one for categories. It is asked where no rule decides, and
            stays silent where it is not sure. **Its corpus is short**, gathered from documentation
            and written by hand, with few replies from real mail. Read the figures so."""),
        f"""- {card.samples:,} different replies ({sources})
- SHA-256 of them: `{card.digest}`
- {len(card.words):,} text features, {len(card.tokens)} tokens, {len(card.labels)} reasons
- feature version {card.features}
- made with {", ".join(f"{name} {version}" for name, version in card.versions.items())}""",
        "## How it was measured",
        _wrap(f"""Grouped cross-validation, {FOLDS} folds. A fold holds whole providers; what is
            learned for it holds none of these, and no near duplicate of any reply in it. So these
            are the figures for strangers' words, by the model alone. Judged were
            {len(judged.truth):,} replies in {len(set(judged.templates.tolist())):,} templates, the
            proofs of rules apart, which are only learned from. What is as right by the label
            counts as right. Codes leave the reason open in {judged.open.sum():,} of them, and of
            these {left.sum()} are left open by every rule: there the category was right for
            {_percent(_share(grouped.right[left]))}; {(inside & left).sum()} would be decided,
            {_percent(_share(grouped.right[inside & left]))} of them rightly."""),
        f"""| the surest | category right | reason right | of open ones, category right |
| --- | --- | --- | --- |
{_lines(_by_coverage(card, judged, grouped))}""",
        f"""| | reason right | category right | of the surest 80% |
| --- | --- | --- | --- |
| **this model** | {share["reason_accuracy"]} | {share["category_accuracy"]} \
| {share["category_accuracy_at_80"]} |
{_lines(_rival_accuracy(rivals))}""",
        *([_wrap(_TRIED), _wrap(_CHOSEN)] if rivals else []),
        "## When it decides",
        _wrap(f"""Probabilities are calibrated on the held-out folds, by temperature
            ({card.temperature}) and then, for the category, by a rising curve. The probability of a
            category is the sum over its reasons; the record's `confidence` is that of the
            category, and its reason the likeliest in it. A category is decided from the lowest
            threshold at which its decisions on held-out replies meet the target (99% right for
            what costs most to get wrong, marked *, and 97% else) at the lower end of Wilson's
            one-sided {BOUND}% interval, each template having one vote. Where no threshold does, or
            where its cross-checked decisions miss the target, the category is never decided. It
            abstains, too, on texts with fewer than {card.letters} letters or with less than
            {_percent(card.known)} of their n-grams known."""),
        f"Never decided: {', '.join(never) or 'none'}.",
        f"""| category | replies | found | target | threshold | decided | right | lower bound \
| decided, cross-checked | right |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
{_lines(_by_category(card, judged, grouped, checked))}""",
        _wrap(f"""In all, {share["coverage"]} of held-out open replies are decided,
            {share["precision"]} of these rightly. Cross-checked, that is with thresholds chosen on
            all folds but one and applied to that: {share["coverage_cross_checked"]} decided (in
            the categories decided now), {share["precision_cross_checked"]} rightly. No threshold
            saw what it is measured on, so these figures say more than the others; but features and
            written replies were chosen with an eye on the same folds, which flatters them
            still."""),
        "## Whether the probabilities hold",
        _wrap(f"""By curves of the other folds: expected calibration error
            {card.scores["calibration_error"]:.3f}, Brier score {card.scores["brier"]:.3f}."""),
        f"""| probability of the category | replies | right |
| --- | --- | --- |
{_lines(_reliability(checked.sure, grouped))}""",
        "## Whose words it knows less well",
        f"""| provider | replies | category right | reason right |
| --- | --- | --- | --- |
{_lines(_by_name([sample.provider for sample in own], grouped))}""",
        f"""| language | replies | category right | reason right |
| --- | --- | --- | --- |
{_lines(_by_name([sample.language for sample in own], grouped))}""",
    ]
    return "\n\n".join(blocks) + "\n"


def append(text: str, validated: Validation) -> str:
    """The README with a section about real bounces at its end, in place of the one it may have."""
    before, _, old = text.partition(f"\n{_VALIDATED}\n")
    _, found, later = old.partition("\n## ")
    rest = before.rstrip("\n") + (f"\n{found}{later}" if found else "")
    return "\n\n".join([rest.rstrip("\n"), _VALIDATED, *_validation(validated)]) + "\n"


def _validation(validated: Validation) -> Iterator[str]:
    classes = next(iter(validated.by.values())).classes
    yield _wrap(f"""{validated.mails:,} mails with {validated.recipients:,} failed recipients that
        have a true reason, which may be `undetermined` for {_percent(validated.open)} of them. Of a
        class is told how often it was true, how often it was found there, and how often true where
        it was said.""")
    columns = [f"`{name}` ({share.of})" for name, share in classes.items()]
    yield f"""| | decided | right of these | {" | ".join(columns)} |
| --- | --- | --- |{" --- |" * len(columns)}
{_lines(_by_judge(validated))}"""


def _by_judge(validated: Validation) -> Iterator[str]:
    for who, each in validated.by.items():
        shares = [_percent(each.decided), _percent(each.right)]
        shares += [f"{_told(one.recall)}, {_told(one.precision)}" for one in each.classes.values()]
        yield f"| {who} | {' | '.join(shares)} |"


def _told(share: float | None) -> str:
    return "never" if share is None else _percent(share)


_lines = "\n".join


def _wrap(text: str) -> str:
    return fill(" ".join(text.split()), 99, break_long_words=False, break_on_hyphens=False)


def _percent(share: float) -> str:
    return f"{100 * share:.1f}%"


def _by_coverage(card: Card, judged: Judged, grouped: Grouped) -> Iterator[str]:
    calibration = Calibration(card.temperature, card.curve)
    for coverage in _COVERAGES:
        every = surest(judged, calibration, coverage)
        some = surest(judged, calibration, coverage, judged.open)
        shares = (
            grouped.right[every].mean(),
            grouped.reason_right[every].mean(),
            grouped.right[some].mean(),
        )
        yield f"| {_percent(coverage)} | {' | '.join(map(_percent, shares))} |"


def _rival_accuracy(rivals: Mapping[str, Judged]) -> Iterator[str]:
    for name, rival in rivals.items():
        calibration = calibrate(rival)
        other = group(rival, calibration)
        shares = (
            other.reason_right.mean(),
            other.right.mean(),
            other.right[surest(rival, calibration, 0.8)].mean(),
        )
        yield f"| {name} | {' | '.join(map(_percent, shares))} |"


def _by_category(card: Card, judged: Judged, grouped: Grouped, checked: Checked) -> Iterator[str]:
    inside = decided(judged, grouped, card.thresholds) & judged.open
    proven = checked.decided & judged.open
    for number, category in enumerate(grouped.categories):
        own, chosen = grouped.truth == number, grouped.chosen == number
        found = _percent(_share(grouped.right[own]))
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
                _percent(_share(grouped.right[taken])),
                _percent(bound(sum(votes.values()), len(votes))),
                f"{(proven & chosen).sum()}",
                _percent(_share(grouped.right[proven & chosen])),
            ]
        yield f"| {' | '.join(row)} |"


def _reliability(sure: Any, grouped: Grouped) -> Iterator[str]:
    for low, high in pairwise(_BINS):
        inside = (sure >= low) & (sure < high)
        if inside.any():
            name = f"{low:.2f} to {min(high, 1):.2f}"
            yield f"| {name} | {inside.sum()} | {_percent(grouped.right[inside].mean())} |"


def _by_name(names: Sequence[str], grouped: Grouped) -> Iterator[str]:
    """The names with most replies, the worst judged first."""
    import numpy as np

    column = np.array([name or "not said" for name in names])
    found, counts = np.unique(column, return_counts=True)
    most = sorted(zip(-counts, found, strict=True))[:_SHOWN]
    rows = []
    for count, name in most:
        inside = column == name
        if -count >= _FEW:
            rows.append((grouped.right[inside].mean(), name, -count, inside))
    for right, name, count, inside in sorted(rows, key=lambda row: (row[0], row[1])):
        reason = _percent(grouped.reason_right[inside].mean())
        yield f"| {name} | {count} | {_percent(right)} | {reason} |"
