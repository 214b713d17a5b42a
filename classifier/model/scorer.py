"""The scorer: a stored model, asked with NumPy alone.

It computes what scikit-learn computed in training: TF-IDF of the text, tokens beside it, two
linear heads, softmax.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from classifier.evidence import Evidence
from classifier.judge import Prediction
from classifier.model.calibration import Calibration
from classifier.model.features import Features, read_features
from classifier.model.nested import nest, place
from classifier.model.store import Card, Weights, load
from classifier.model.vectors import Reader, Vectors
from classifier.reasons import Reason
from classifier.rules.index import Hit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Asked", "Model"]

#: What a model is asked about: a failure's evidence, and the rules that fire on it.
Asked = tuple[Evidence, Sequence[Hit]]

_SHOWN: Final = 4  # features that a prediction names
_UNTOLD: Final = ("__code=", "__class=", "__status=", "__detail=", "__subject=")
_AT_ONCE: Final = 256  # texts whose features fit the processor's cache together
_TELLING: Final = 0.9  # probability from which somebody may ask what it was that weighed

#: Rows and pulls of one kind, text after text, and where each text begins and the last one ends.
_Found = tuple[Any, Any, list[int]]

# Kinds of features: a whole word or circumstance, a piece of a word, what is not told.
_WHOLE: Final = 0
_PIECE: Final = 1
_SILENT: Final = 2


class _Pulls:
    """What spoke how much for the best reason of each text, against the best of a rival category.

    Whole words and circumstances; pieces of words only where no whole one spoke; codes never, which
    are no news.
    """

    def __init__(
        self,
        weights: NDArray[np.float32],
        kinds: NDArray[np.uint8],
        vectors: Vectors,
        best: NDArray[np.intp],
        rival: NDArray[np.intp],
    ) -> None:
        self._weights, self._kinds, self._vectors = weights, kinds, vectors
        self._best, self._rival = best, rival
        self._whole: _Found | None = None  # found when first asked for, for all texts at once
        self._pieces: _Found | None = None

    def heaviest(self, number: int) -> list[int]:
        """The rows of what spoke most in a text, at most four."""
        if self._whole is None:
            self._whole = self._find(_WHOLE)
        spoke = _take_heaviest(self._whole, number)
        if spoke:
            return spoke
        if self._pieces is None:
            self._pieces = self._find(_PIECE)
        return _take_heaviest(self._pieces, number)

    def _find(self, kind: int) -> _Found:
        vectors, weights = self._vectors, self._weights.ravel()
        (some,) = (self._kinds.take(vectors.rows) == kind).nonzero()
        cuts = some.searchsorted(vectors.bounds)
        sizes = cuts[1:] - cuts[:-1]
        rows = vectors.rows.take(some)
        at = rows * self._weights.shape[1]
        pulls = weights.take(at + self._best.repeat(sizes))
        pulls -= weights.take(at + self._rival.repeat(sizes))
        pulls *= vectors.values.take(some)
        return rows, pulls, cuts.tolist()


def _take_heaviest(found: _Found, number: int) -> list[int]:
    rows, pulls, cuts = found
    start, end = cuts[number], cuts[number + 1]
    own = pulls[start:end]
    order = (-own).argsort(kind="stable")[:_SHOWN]
    most = zip(rows[start:end].take(order).tolist(), own.take(order).tolist(), strict=True)
    return [row for row, pull in most if pull > 0]


class Model:
    """A trained model, ready to be asked. Holds no state of any mail; threads may share it."""

    def __init__(self, card: Card, weights: Weights) -> None:
        """`card` and `weights` as `store.load` gives them."""
        import numpy as np

        self.card = card
        self._reader = Reader(card, weights.idf)
        # The row of nothing, at the end, weighs nothing.
        self._weights = np.zeros((self._reader.nothing + 1, weights.weights.shape[1]), np.float32)
        self._weights[:-1] = weights.weights
        self._bias: NDArray[np.float64] = weights.bias.astype(np.float64)
        self._curve = Calibration(card.temperature, card.curve)
        self._categories, self._column = place(card.labels)
        self._sums = np.eye(len(self._categories))[self._column]
        self._inside = self._sums.T.copy()
        least = [card.thresholds.get(category, 2.0) for category in self._categories]
        self._least = np.array(least)
        words = [_WHOLE if word.startswith("=") else _PIECE for word in card.words]
        tokens = [_SILENT if token.startswith(_UNTOLD) else _WHOLE for token in card.tokens]
        self._kinds = np.frombuffer(bytes([*words, *tokens, _SILENT]), dtype=np.uint8)

    @classmethod
    def load(cls, path: Path | str = "default") -> Model:
        """The model in a folder, or the shipped one. Raises `OperatorError` with its faults."""
        return cls(*load(path))

    def predict(self, asked: Sequence[Asked]) -> list[Prediction | None]:
        """What the model says of each failure, sure or not; None where it does not know the words.

        One at a time or many at once give the same answers. Never raises.
        """
        texts = [self._reader.look_up(read_features(*each)) for each in asked]
        known = [number for number, (_, knows) in enumerate(texts) if knows]
        answers: list[Prediction | None] = [None] * len(texts)
        for start in range(0, len(known), _AT_ONCE):
            numbers = known[start : start + _AT_ONCE]
            vectors = self._reader.weigh([texts[number][0] for number in numbers])
            for number, answer in zip(numbers, self._decide(vectors), strict=True):
                answers[number] = answer
        return answers

    def probabilities(self, features: Features) -> dict[Reason, float]:
        """How probable each reason is, before any doubt; calibrated, they add up to 1."""
        text, _ = self._reader.look_up(features)
        found = self._ask(self._reader.weigh([text]))[0]
        return dict(zip(self.card.labels, found.tolist(), strict=True))

    def knows(self, features: Features) -> bool:
        """Whether the text is long enough, and enough of it was seen in training, to be judged."""
        return self._reader.knows(features.text)

    def _ask(self, vectors: Vectors) -> NDArray[np.float64]:
        """The calibrated probabilities, (texts, labels)."""
        import numpy as np

        logits = np.empty((len(vectors.bounds) - 1, len(self._bias)), dtype=np.float32)
        # Text by text: the few weights that one needs fit the processor's nearest cache.
        bounds = vectors.bounds.tolist()
        for number, (start, end) in enumerate(pairwise(bounds)):
            weights = self._weights.take(vectors.rows[start:end], axis=0)
            np.dot(vectors.values[start:end], weights, out=logits[number])
        found = nest(logits + self._bias, self._column)
        found /= self.card.temperature
        found -= np.maximum.reduce(found, axis=1, keepdims=True)
        np.exp(found, out=found)
        found /= np.add.reduce(found, axis=1, keepdims=True)
        return found

    def _decide(self, vectors: Vectors) -> Iterator[Prediction]:
        import numpy as np

        found = self._ask(vectors)
        sums = found @ self._sums
        chosen = sums.argmax(axis=1)
        sure = self._curve.correct(np.maximum.reduce(sums, axis=1))
        decides = sure >= self._least.take(chosen)
        inside = self._inside.take(chosen, axis=0)
        best = (found + inside).argmax(axis=1)
        rival = (found - inside).argmax(axis=1)
        every = np.arange(0, found.size, found.shape[1])
        share = found.take(every + best)
        found.put(every + best, -1.0)
        second = found.argmax(axis=1)
        columns = (best, second, sure, decides, share, found.take(every + second))
        answers = zip(*[column.tolist() for column in columns], strict=True)
        pulls = _Pulls(self._weights, self._kinds, vectors, best, rival)
        for number, (one, two, right, enough, most, more) in enumerate(answers):
            told = enough or right >= _TELLING
            yield Prediction(
                reason=self.card.labels[one],
                confidence=round(min(right, 1.0), 3),
                runner_up=self.card.labels[two],
                weights=tuple(map(self._name, pulls.heaviest(number))) if told else (),
                model=self.card.name,
                decides=enough,
                share=round(most, 3),
                next_share=round(more, 3),
            )

    def _name(self, row: int) -> str:
        """`"not owned"`, `command=RCPT`, or `*wned*` for a piece of a word."""
        if row >= len(self.card.words):
            return self.card.tokens[row - len(self.card.words)].removeprefix("__")
        gram = self.card.words[row]
        return f'"{gram[1:]}"' if gram.startswith("=") else f"*{gram.strip()}*"
