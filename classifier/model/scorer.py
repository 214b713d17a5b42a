"""The scorer: a stored model, asked with NumPy alone.

It computes what scikit-learn computed in training: TF-IDF of the text, tokens beside it, a linear
model, softmax.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from classifier.evidence import Evidence
from classifier.judge import Prediction
from classifier.model.features import Features, grams, known, letters, read_features
from classifier.model.store import Card, Weights, load
from classifier.reasons import MEANING, Category, Reason

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Model"]

_SHOWN: Final = 4  # features that a prediction names
_UNTOLD: Final = ("code=", "class=", "status=")


class Model:
    """A trained model, ready to be asked. Holds no state of any mail; threads may share it."""

    def __init__(self, card: Card, weights: Weights) -> None:
        """`card` and `weights` as `store.load` gives them."""
        self.card = card
        self._weights: NDArray[np.float16] = weights.weights
        self._idf = weights.idf.tolist()
        self._bias: NDArray[np.float64] = weights.bias.astype("float64")
        self._words = {word: row for row, word in enumerate(card.words)}
        self._tokens = {token: row for row, token in enumerate(card.tokens, len(card.words))}
        members: dict[Category, list[int]] = {}
        for column, label in enumerate(card.labels):
            members.setdefault(MEANING[label].category, []).append(column)
        self._members = members

    @classmethod
    def load(cls, path: Path | str = "default") -> Model:
        """The model in a folder, or the shipped one. Raises `OperatorError` with its faults."""
        return cls(*load(path))

    def predict(self, evidences: Sequence[Evidence]) -> list[Prediction | None]:
        """The reason of each failure, or None where the model is not sure enough to say one.

        One at a time or many at once give the same answers. Never raises.
        """
        return [self._predict(read_features(evidence)) for evidence in evidences]

    def probabilities(self, features: Features) -> dict[Reason, float]:
        """How probable each reason is, before any doubt; calibrated, they add up to 1."""
        rows, values = self._vector(features)
        return dict(zip(self.card.labels, self._softmax(rows, values), strict=True))

    def knows(self, features: Features) -> bool:
        """Whether the text is long enough, and enough of it was seen in training, to be judged."""
        text = features.text
        return letters(text) >= self.card.letters and known(text, self._words) >= self.card.known

    def _predict(self, features: Features) -> Prediction | None:
        if not self.knows(features):
            return None
        rows, values = self._vector(features)
        found = self._softmax(rows, values)
        sums = {
            category: math.fsum(found[column] for column in columns)
            for category, columns in self._members.items()
        }
        category = max(sums, key=sums.__getitem__)
        threshold = self.card.thresholds.get(category)
        if threshold is None or sums[category] < threshold:
            return None
        best = max(self._members[category], key=found.__getitem__)
        order = sorted(range(len(found)), key=lambda column: -found[column])
        rival = next(column for column in order if column not in self._members[category])
        second = next((column for column in order if column != best), best)
        return Prediction(
            reason=self.card.labels[best],
            confidence=round(min(sums[category], 1.0), 3),
            runner_up=self.card.labels[second],
            weights=self._heaviest(rows, values, best, rival),
            model=self.card.name,
        )

    def _vector(self, features: Features) -> tuple[list[int], list[float]]:
        """The rows of what occurs and their values: TF-IDF of length 1, and the tokens."""
        counts = Counter(gram for gram in grams(features.text) if gram in self._words)
        rows = [self._words[gram] for gram in counts]
        values = [
            (1.0 + math.log(count)) * self._idf[row]
            for row, count in zip(rows, counts.values(), strict=True)
        ]
        length = math.sqrt(math.fsum(value * value for value in values)) or 1.0
        values = [value / length for value in values]
        tokens = [self._tokens[token] for token in features.tokens if token in self._tokens]
        return rows + tokens, values + [self.card.token_weight] * len(tokens)

    def _softmax(self, rows: list[int], values: list[float]) -> list[float]:
        import numpy as np

        chosen: Any = self._weights[rows].astype(np.float64)
        logits = (np.asarray(values) @ chosen + self._bias) / self.card.temperature
        powers = np.exp(logits - logits.max())
        found: list[float] = (powers / powers.sum()).tolist()
        return found

    def _heaviest(
        self, rows: list[int], values: list[float], best: int, rival: int
    ) -> tuple[str, ...]:
        """The words and circumstances that spoke most for `best` against `rival`.

        Pieces of words are named only where no whole one spoke; codes never, which are no news.
        """
        pulls = []
        for row, value in zip(rows, values, strict=True):
            pull = value * float(self._weights[row, best] - self._weights[row, rival])
            if pull > 0:
                pulls.append((-pull, self._name(row)))
        told = [pull for pull in pulls if not pull[1].startswith(_UNTOLD)]
        whole = [pull for pull in told if not pull[1].startswith("*")]
        return tuple(name for _, name in sorted(whole or told)[:_SHOWN])

    def _name(self, row: int) -> str:
        """`"not owned"`, `command=RCPT`, or `*wned*` for a piece of a word."""
        if row >= len(self.card.words):
            return self.card.tokens[row - len(self.card.words)].removeprefix("__")
        gram = self.card.words[row]
        return f'"{gram[1:]}"' if gram.startswith("=") else f"*{gram.strip()}*"
