"""The rivals: other ways to learn from the same features, for the card to compare with.

Needs scikit-learn (the extra `train`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from sklearn.naive_bayes import MultinomialNB

from classifier.model.corpus import Sample
from classifier.model.evaluate import Learner
from classifier.model.learn import Learned, make_features, spread
from classifier.reasons import Reason

__all__ = ["RIVALS"]


def _learn_bayes(
    learn: Sequence[Sample], held: Sequence[Sample], labels: Sequence[Reason]
) -> Learned:
    union, bayes = make_features(), MultinomialNB(alpha=0.1)
    bayes.fit(union.fit_transform([s.features for s in learn]), [str(s.reason) for s in learn])
    found = bayes.predict_log_proba(union.transform([s.features for s in held]))
    return spread(found, bayes.classes_, labels), True


def _learn_nearest(
    learn: Sequence[Sample], held: Sequence[Sample], labels: Sequence[Reason]
) -> Learned:
    """The reason of the most similar reply, by cosine; ten times it stands in for a logit."""
    union = make_features()
    before = union.fit_transform([s.features for s in learn])
    alike = (union.transform([s.features for s in held]) @ before.T).toarray()
    best = np.zeros((len(held), len(labels)))
    for number, sample in enumerate(learn):
        column = labels.index(sample.reason)
        best[:, column] = np.maximum(best[:, column], alike[:, number])
    return best * 10, True


RIVALS: Final[Mapping[str, Learner]] = {
    "multinomial naive Bayes": _learn_bayes,
    "nearest reply": _learn_nearest,
}
