"""The training: from labelled replies to a model, its card and its report.

Needs scikit-learn (the extra `train`).
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
import sklearn

from classifier.errors import OperatorError
from classifier.model import report
from classifier.model.corpus import Sample, digest, templates, unique
from classifier.model.evaluate import (
    Judged,
    calibrate,
    choose,
    cross_check,
    group,
    judge_held_out,
    keep_proven,
)
from classifier.model.features import VERSION
from classifier.model.learn import (
    KNOWN,
    LETTERS,
    TOKEN_WEIGHT,
    fit,
    learn_linear,
    make_pipeline,
    take_weights,
)
from classifier.model.rivals import RIVALS
from classifier.model.samples import write_samples
from classifier.model.seen import template_key, write_seen
from classifier.model.store import Card, save
from classifier.model.validation import read_validation
from classifier.reasons import Reason

__all__ = ["NAME", "Trained", "train"]

NAME: Final = "base-2026.11"
_FEWEST: Final = 20  # replies that say anything about a folder of them
_REASONS: Final = 2


class Trained(msgspec.Struct, frozen=True):
    """A trained model's card, and how it judged every open reply that it had not learned from."""

    card: Card
    samples: Sequence[Sample]
    judged: Judged


def train(
    sources: Mapping[str, Sequence[Sample]],
    output: Path,
    name: str = NAME,
    rivals: bool = False,
    say: Callable[[str], None] = lambda line: None,
) -> Trained:
    """Learn from the samples of all `sources`, by what they are called, and write into `output`.

    `rivals` adds a comparison with other ways to learn to the report, which takes as long again.
    `say` is told how far it is. The same samples in the same order give the same bytes.

    Raises `OperatorError` where the samples are too few or too much alike to learn from, or where
    the output cannot be written.
    """
    samples = unique([sample for found in sources.values() for sample in found])
    near = templates(samples)
    _check(samples, near, output)
    say(f"{len(samples)} replies in {len(set(near))} templates")
    judged = judge_held_out(samples, near, learn_linear, say)
    calibration = calibrate(judged)
    grouped = group(judged, calibration)
    checked = cross_check(judged)
    thresholds = keep_proven(judged, grouped, choose(judged, grouped), checked)
    others = {}
    for rival, learner in RIVALS.items() if rivals else ():
        say(f"the rival: {rival}")
        others[rival] = judge_held_out(samples, near, learner)
    say("the whole")
    pipeline = fit(make_pipeline(), samples)
    weights, words, tokens = take_weights(pipeline)
    card = Card(
        name=name,
        features=VERSION,
        labels=tuple(Reason(label) for label in pipeline.classes_),
        thresholds=thresholds,
        temperature=calibration.temperature,
        curve=calibration.curve,
        token_weight=TOKEN_WEIGHT,
        known=KNOWN,
        letters=LETTERS,
        samples=len(samples),
        digest=digest(samples),
        versions={
            "numpy": np.__version__,
            "python": platform.python_version(),
            "scikit-learn": sklearn.__version__,
        },
        scores=report.scores(judged, calibration, grouped, thresholds, checked),
        words=words,
        tokens=tokens,
    )
    save(output, card, weights)
    counts = {source: len(found) for source, found in sources.items()}
    text = report.write(card, counts, samples, judged, grouped, checked, others)
    validated = read_validation(output, card.digest)
    if validated is not None:
        text = report.append(text, validated)
    try:
        write_samples(output, samples)
        write_seen(output, (template_key(sample.features.text) for sample in samples))
        (output / "README.md").write_text(text, encoding="utf-8")
    except OSError as error:
        raise OperatorError(str(output), [f"cannot be written: {error}"], "Check it.") from error
    return Trained(card, samples, judged)


def _check(samples: Sequence[Sample], near: Sequence[int], where: Path) -> None:
    """Raises `OperatorError` where `samples` are too few, or all of one reason or one template."""
    faults = []
    reasons = {sample.reason for sample in samples}
    if len(samples) < _FEWEST:
        faults.append(f"{len(samples)} different replies are too few; {_FEWEST} are the least")
    if len(reasons) < _REASONS:
        faults.append(f"all replies have the reason {', '.join(sorted(reasons)) or 'none'}")
    elif len(set(near)) < 2 * _REASONS:
        faults.append("the replies are of fewer than four templates, so nothing can be held out")
    if faults:
        cure = "Label more (`whybounce label`), or learn on top of a model with --base."
        raise OperatorError(str(where), faults, cure)
