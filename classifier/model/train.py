"""The training: from the corpus and the shipped rules to a model, its card and its report.

Needs scikit-learn (the extra `train`).
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Container, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import sklearn
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import FeatureUnion, Pipeline

from classifier.model import report
from classifier.model.corpus import Sample, digest, read_replies, read_rules, templates, unique
from classifier.model.evaluate import calibrate, choose, group, judge_held_out, keep_proven
from classifier.model.features import VERSION, Features, grams, known, letters
from classifier.model.store import Card, Weights, save
from classifier.reasons import Reason
from classifier.rules.loader import load_shipped

__all__ = ["NAME", "TOKEN_WEIGHT", "make_pipeline", "take_weights", "train"]

NAME: Final = "base-2026.11"
# Measured on the folds: tokens beside the text are worth 4 points of accuracy, at this weight and
# not as part of it; `balanced` another 1 to 2; between 10 and 30 the strength C hardly matters.
TOKEN_WEIGHT: Final = 0.25
_STRENGTH: Final = 20.0
_KNOWN: Final = 0.5  # of a text's character n-grams
_LETTERS: Final = 8


Learned = tuple[Any, Any]  # logits, and which are known; see `evaluate.Learner`


def _text(features: Features) -> list[str]:
    return grams(features.text)


def _tokens(features: Features) -> list[str]:
    return list(features.tokens)


def make_pipeline() -> Pipeline:
    """The features and the linear model, as scikit-learn has them; `fit` takes `Features`."""
    words = TfidfVectorizer(analyzer=_text, min_df=2, sublinear_tf=True)
    tokens = TfidfVectorizer(analyzer=_tokens, min_df=2, use_idf=False, norm=None)
    union = FeatureUnion(
        [("words", words), ("tokens", tokens)], transformer_weights={"tokens": TOKEN_WEIGHT}
    )
    linear = LogisticRegression(C=_STRENGTH, class_weight="balanced", max_iter=500, tol=1e-3)
    return Pipeline([("features", union), ("linear", linear)])


def train(corpus: Path, output: Path, say: Callable[[str], None] = lambda line: None) -> Card:
    """Train on `corpus` and the shipped rules' hits and write the model into `output`.

    `say` is told how far it is. Raises `OperatorError` with the faults of the corpus, or where
    the output cannot be written.
    """
    rules = load_shipped()
    replies, proven = read_replies(corpus, rules), read_rules(rules)
    samples = unique([*replies, *proven])
    near = templates(samples)
    say(f"{len(samples)} replies in {len(set(near))} templates")
    judged = judge_held_out(samples, near, _learn_linear, say)
    temperature = round(calibrate(judged), 2)
    grouped = group(judged, temperature)
    thresholds = keep_proven(judged, grouped, choose(judged, grouped))
    say("the baselines")
    rivals = {
        "multinomial naive Bayes": judge_held_out(samples, near, _learn_bayes),
        "nearest reply": judge_held_out(samples, near, _learn_nearest),
    }
    say("the whole")
    pipeline = make_pipeline()
    pipeline.fit([s.features for s in samples], [str(s.reason) for s in samples])
    weights, words, tokens = take_weights(pipeline)
    card = Card(
        name=NAME,
        features=VERSION,
        labels=tuple(Reason(label) for label in pipeline.classes_),
        thresholds=thresholds,
        temperature=temperature,
        token_weight=TOKEN_WEIGHT,
        known=_KNOWN,
        letters=_LETTERS,
        samples=len(samples),
        digest=digest(samples),
        versions={
            "numpy": np.__version__,
            "python": platform.python_version(),
            "scikit-learn": sklearn.__version__,
        },
        scores=report.scores(judged, grouped, thresholds),
        words=words,
        tokens=tokens,
    )
    save(output, card, weights)
    counts = {"corpora/replies": len(replies), "the shipped rules' hits": len(proven)}
    text = report.write(card, counts, judged, grouped, rivals)
    (output / "README.md").write_text(text, encoding="utf-8")
    return card


def knows(features: Features, vocabulary: Container[str]) -> bool:
    """Whether a text is long and familiar enough to be judged, as `Model.knows`."""
    text = features.text
    return letters(text) >= _LETTERS and known(text, vocabulary) >= _KNOWN


def take_weights(pipeline: Pipeline) -> tuple[Weights, tuple[str, ...], tuple[str, ...]]:
    """The arrays of a fitted pipeline, and the text features and tokens that its rows stand for."""
    (_, words), (_, tokens) = pipeline.named_steps["features"].transformer_list
    linear = pipeline.named_steps["linear"]
    weights = Weights(
        idf=words.idf_.astype(np.float16),
        weights=np.ascontiguousarray(linear.coef_.T.astype(np.float16)),
        bias=linear.intercept_.astype(np.float16),
    )
    return weights, tuple(words.get_feature_names_out()), tuple(tokens.get_feature_names_out())


def _spread(found: Any, seen: Sequence[str], labels: Sequence[Reason]) -> Any:
    """`found` by the labels that were seen, as columns of all `labels`; the unseen are hopeless."""
    wide = np.full((found.shape[0], len(labels)), -1e3)
    wide[:, [list(labels).index(Reason(label)) for label in seen]] = found
    return wide


def _learn_linear(
    learn: Sequence[Sample], held: Sequence[Sample], labels: Sequence[Reason]
) -> Learned:
    pipeline = make_pipeline()
    pipeline.fit([s.features for s in learn], [str(s.reason) for s in learn])
    found = pipeline.decision_function([s.features for s in held])
    vocabulary = pipeline.named_steps["features"].named_transformers["words"].vocabulary_
    familiar = [knows(s.features, vocabulary) for s in held]
    return _spread(found, pipeline.classes_, labels), familiar


def _learn_bayes(
    learn: Sequence[Sample], held: Sequence[Sample], labels: Sequence[Reason]
) -> Learned:
    union = make_pipeline().named_steps["features"]
    bayes = MultinomialNB(alpha=0.1)
    bayes.fit(union.fit_transform([s.features for s in learn]), [str(s.reason) for s in learn])
    found = bayes.predict_log_proba(union.transform([s.features for s in held]))
    return _spread(found, bayes.classes_, labels), True


def _learn_nearest(
    learn: Sequence[Sample], held: Sequence[Sample], labels: Sequence[Reason]
) -> Learned:
    """The reason of the most similar reply, by cosine; ten times it stands in for a logit."""
    union = make_pipeline().named_steps["features"]
    before = union.fit_transform([s.features for s in learn])
    alike = (union.transform([s.features for s in held]) @ before.T).toarray()
    best = np.zeros((len(held), len(labels)))
    for number, sample in enumerate(learn):
        column = labels.index(sample.reason)
        best[:, column] = np.maximum(best[:, column], alike[:, number])
    return best * 10, True
