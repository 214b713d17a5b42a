"""What is learned, and how: the pipeline of scikit-learn, and its arrays.

Needs scikit-learn (the extra `train`).
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Any, Final

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FeatureUnion, Pipeline

from classifier.model.corpus import Sample
from classifier.model.features import Features, grams, known, letters
from classifier.model.nested import log_softmax, nest, place
from classifier.model.store import Weights
from classifier.reasons import MEANING, Reason

__all__ = ["KNOWN", "LETTERS", "TOKEN_WEIGHT", "Learned", "Nested", "fit", "learn_linear"]
__all__ += ["make_features", "make_pipeline", "spread", "take_weights"]

# Measured on the folds (see the card for the rivals), as category right of the surest 80 %: 90.8 %
# by one head and no hints, 91.7 with hints and what codes mean, 92.8 with the rules' hits to learn
# from, 93.0 with a head for categories, 93.4 without balanced classes. Tokens are worth more at
# this weight beside the text than in it or at twice it; C 40 and 100 are as good.
TOKEN_WEIGHT: Final = 0.25
_STRENGTH: Final = 100.0
_AS_RIGHT: Final = 0.5  # what all the other readings of an ambiguous reply weigh together
KNOWN: Final = 0.5  # of a text's character n-grams
LETTERS: Final = 16

Learned = tuple[Any, Any]  # logits, and which are known; see `evaluate.Learner`


def _text(features: Features) -> list[str]:
    return grams(features.text)


def _tokens(features: Features) -> list[str]:
    return list(features.tokens)


class Nested(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Two linear heads on the same features; `classifier.model.nested` says how they agree."""

    def fit(self, found: Any, reasons: Sequence[str], sample_weight: Any = None) -> Nested:
        """Learn from the features (n, features) of replies and their reasons."""
        categories = [str(MEANING[Reason(reason)].category) for reason in reasons]
        self.reasons_ = _head().fit(found, reasons, sample_weight)
        self.categories_ = _head().fit(found, categories, sample_weight)
        self.classes_ = self.reasons_.classes_
        return self

    def logits(self, found: Any) -> Any:
        """What both heads say: (n, reasons, then categories)."""
        return np.hstack([_scores(self.reasons_, found), _scores(self.categories_, found)])

    def predict_log_proba(self, found: Any) -> Any:
        """The logarithms of the reasons' probabilities, (n, reasons)."""
        _, column = place([Reason(label) for label in self.classes_])
        return log_softmax(nest(self.logits(found), column))

    def predict_proba(self, found: Any) -> Any:
        """The probabilities of the reasons, (n, reasons)."""
        return np.exp(self.predict_log_proba(found))

    def predict(self, found: Any) -> Any:
        """The most probable reasons, (n,)."""
        return self.classes_[self.predict_log_proba(found).argmax(axis=1)]


def _head() -> LogisticRegression:
    return LogisticRegression(C=_STRENGTH, max_iter=500, tol=1e-3)


def _scores(head: LogisticRegression, found: Any) -> Any:
    """A column for each class, also where there are but two, which scikit-learn tells by one."""
    scores = head.decision_function(found)
    if scores.ndim == 1:
        return np.stack([-scores / 2, scores / 2], axis=1)
    return scores


def make_features() -> FeatureUnion:
    """TF-IDF of the words and their pieces, and the tokens beside it."""
    words = TfidfVectorizer(analyzer=_text, min_df=2, sublinear_tf=True)
    tokens = TfidfVectorizer(analyzer=_tokens, min_df=2, use_idf=False, norm=None)
    return FeatureUnion(
        [("words", words), ("tokens", tokens)], transformer_weights={"tokens": TOKEN_WEIGHT}
    )


def make_pipeline() -> Pipeline:
    """The features and the linear heads, as scikit-learn has them; `fit` takes `Features`."""
    return Pipeline([("features", make_features()), ("linear", Nested())])


def fit(pipeline: Pipeline, samples: Sequence[Sample]) -> Pipeline:
    """Learn from `samples`; an ambiguous one teaches its other reasons, too, by half."""
    features, reasons, weights = [], [], []
    for sample in samples:
        share = _AS_RIGHT / max(len(sample.others), 1)
        for reason in (sample.reason, *sample.others):
            features.append(sample.features)
            reasons.append(str(reason))
            weights.append(1.0 if reason is sample.reason else share)
    return pipeline.fit(features, reasons, linear__sample_weight=np.array(weights))


def knows(features: Features, vocabulary: Container[str]) -> bool:
    """Whether a text is long and familiar enough to be judged, as `Model.knows`."""
    text = features.text
    return letters(text) >= LETTERS and known(text, vocabulary) >= KNOWN


def take_weights(pipeline: Pipeline) -> tuple[Weights, tuple[str, ...], tuple[str, ...]]:
    """The arrays of a fitted pipeline, and the text features and tokens that its rows stand for."""
    (_, words), (_, tokens) = pipeline.named_steps["features"].transformer_list
    linear = pipeline.named_steps["linear"]
    heads = [_columns(head) for head in (linear.reasons_, linear.categories_)]
    weights = Weights(
        idf=words.idf_.astype(np.float32),
        weights=np.ascontiguousarray(
            np.hstack([columns for columns, _ in heads]).astype(np.float16)
        ),
        bias=np.concatenate([bias for _, bias in heads]).astype(np.float32),
    )
    return weights, tuple(words.get_feature_names_out()), tuple(tokens.get_feature_names_out())


def _columns(head: LogisticRegression) -> tuple[Any, Any]:
    """Weights (features, classes) and bias (classes,) of a head; see `_scores`."""
    if head.coef_.shape[0] == 1:
        half = head.coef_.T / 2
        bias = head.intercept_ / 2
        return np.hstack([-half, half]), np.concatenate([-bias, bias])
    return head.coef_.T, head.intercept_


def spread(found: Any, seen: Sequence[str], labels: Sequence[Reason]) -> Any:
    """`found` by the labels that were seen, as columns of all `labels`; the unseen are hopeless."""
    wide = np.full((found.shape[0], len(labels)), -1e3)
    wide[:, [list(labels).index(Reason(label)) for label in seen]] = found
    return wide


def learn_linear(
    learn: Sequence[Sample], held: Sequence[Sample], labels: Sequence[Reason]
) -> Learned:
    """A `evaluate.Learner`: this module's pipeline."""
    pipeline = fit(make_pipeline(), learn)
    found = pipeline.predict_log_proba([sample.features for sample in held])
    vocabulary = pipeline.named_steps["features"].named_transformers["words"].vocabulary_
    familiar = [knows(sample.features, vocabulary) for sample in held]
    return spread(found, pipeline.classes_, labels), familiar
