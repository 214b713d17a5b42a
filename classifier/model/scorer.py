"""The scorer: a stored model, asked with NumPy alone.

It computes what scikit-learn computed in training: TF-IDF of the text, tokens beside it, two
linear heads, softmax.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from classifier.evidence import Evidence
from classifier.judge import Prediction
from classifier.model.evaluate import Calibration
from classifier.model.features import Features, familiar, letters, read_features, spell
from classifier.model.nested import log_softmax, nest, place
from classifier.model.store import Card, Weights, load
from classifier.reasons import Reason
from classifier.rules.index import Hit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Asked", "Model"]

#: What a model is asked about: a failure's evidence, and the rules that fire on it.
Asked = tuple[Evidence, Sequence[Hit]]

_SHOWN: Final = 4  # features that a prediction names
_UNTOLD: Final = ("code=", "class=", "status=", "detail=", "subject=")
_AT_ONCE: Final = 128  # texts whose weights fit the processor's cache together
_TELLING: Final = 0.9  # probability from which somebody may ask what it was that weighed
_REMEMBERED: Final = 50_000  # words whose pieces are looked up once


_WHOLE: Final = 0
_PIECE: Final = 1
_SILENT: Final = 2


def _kind(feature: str) -> int:
    """Whether a feature of a card is a whole word or circumstance, a piece, or not told."""
    if feature.startswith("__"):
        return _SILENT if feature[2:].startswith(_UNTOLD) else _WHOLE
    return _WHOLE if feature.startswith("=") else _PIECE


class _Word:
    """A word as the model knows it: its rows, its letters, and how much of it is known."""

    __slots__ = ("found", "letters", "of", "rows")

    def __init__(self, word: str, vocabulary: dict[str, int]) -> None:
        self.rows = [vocabulary[gram] for gram in spell(word) if gram in vocabulary]
        self.letters = letters(word)
        self.found, self.of = familiar(word, vocabulary)


class _Batch(msgspec.Struct, frozen=True):
    """Texts as rows and values, one after the other; each begins at its number in `starts`."""

    rows: Any
    values: Any
    starts: list[int]

    def part(self, number: int) -> tuple[Any, Any]:
        """The rows and values of one text."""
        end = self.starts[number + 1] if number + 1 < len(self.starts) else None
        return self.rows[self.starts[number] : end], self.values[self.starts[number] : end]


class Model:
    """A trained model, ready to be asked. Holds no state of any mail; threads may share it."""

    def __init__(self, card: Card, weights: Weights) -> None:
        """`card` and `weights` as `store.load` gives them."""
        import numpy as np

        self.card = card
        # A row of nothing at the end stands for a text without any known feature.
        none = np.zeros((1, weights.weights.shape[1]), dtype=np.float32)
        self._weights = np.concatenate([weights.weights.astype(np.float32), none])
        # Tokens and the row of nothing have no frequency, so that it is a weight for words alone.
        self._idf = np.zeros(len(self._weights))
        self._idf[: len(weights.idf)] = weights.idf
        self._bias: NDArray[np.float64] = weights.bias.astype(np.float64)
        self._rows = {word: row for row, word in enumerate(card.words)}
        self._tokens = {token: row for row, token in enumerate(card.tokens, len(card.words))}
        self._known: dict[str, _Word] = {}
        self._curve = Calibration(card.temperature, card.curve)
        self._categories, self._column = place(card.labels)
        kinds = [*map(_kind, (*card.words, *card.tokens)), _SILENT]
        self._kinds = np.array(kinds, dtype=np.int8)
        self._sums = np.eye(len(self._categories))[self._column]
        least = [card.thresholds.get(category, 2.0) for category in self._categories]
        self._least = np.array(least)

    @classmethod
    def load(cls, path: Path | str = "default") -> Model:
        """The model in a folder, or the shipped one. Raises `OperatorError` with its faults."""
        return cls(*load(path))

    def predict(self, asked: Sequence[Asked]) -> list[Prediction | None]:
        """What the model says of each failure, sure or not; None where it does not know the words.

        One at a time or many at once give the same answers. Never raises.
        """
        features = [read_features(evidence, hits) for evidence, hits in asked]
        sure = [number for number, each in enumerate(features) if self.knows(each)]
        answers: list[Prediction | None] = [None] * len(features)
        for start in range(0, len(sure), _AT_ONCE):
            numbers = sure[start : start + _AT_ONCE]
            batch = self._vectors([features[number] for number in numbers])
            for number, answer in zip(numbers, self._decide(batch), strict=True):
                answers[number] = answer
        return answers

    def probabilities(self, features: Features) -> dict[Reason, float]:
        """How probable each reason is, before any doubt; calibrated, they add up to 1."""
        found = self._ask(self._vectors([features]))[0]
        return dict(zip(self.card.labels, found.tolist(), strict=True))

    def knows(self, features: Features) -> bool:
        """Whether the text is long enough, and enough of it was seen in training, to be judged."""
        words = features.text.split()
        if sum([self._word(word).letters for word in words]) < self.card.letters:
            return False
        different = [self._word(word) for word in set(words)]
        of = sum([word.of for word in different])
        return sum([word.found for word in different]) >= self.card.known * max(of, 1)

    def _word(self, word: str) -> _Word:
        known = self._known.get(word)
        if known is None:
            if len(self._known) >= _REMEMBERED:
                self._known = {}
            known = self._known[word] = _Word(word, self._rows)
        return known

    def _count(self, text: str) -> Counter[int]:
        """How often each row of the text's features occurs."""
        words = text.split()
        counts = Counter(chain.from_iterable(self._word(word).rows for word in words))
        rows = self._rows
        pairs = (f"={one} {two}" for one, two in pairwise(words))
        counts.update(rows[pair] for pair in pairs if pair in rows)
        return counts

    def _vectors(self, features: Sequence[Features]) -> _Batch:
        """The texts' features: TF-IDF of length 1, and tokens with their weight."""
        import numpy as np

        rows: list[int] = []
        often: list[int] = []
        starts = []
        for each in features:
            starts.append(len(rows))
            counts = self._count(each.text)
            rows += counts
            often += counts.values()
            tokens = [self._tokens[token] for token in each.tokens if token in self._tokens]
            rows += tokens
            rows.append(len(self._weights) - 1)
            often += [0] * (len(tokens) + 1)
        places, counted = np.array(rows), np.array(often)
        values = (1.0 + np.log(np.maximum(counted, 1))) * self._idf[places]
        lengths = np.sqrt(np.add.reduceat(values * values, starts))
        sizes = np.diff([*starts, len(rows)])
        values /= np.repeat(np.where(lengths > 0, lengths, 1.0), sizes)
        values[counted == 0] = self.card.token_weight
        return _Batch(places, values, starts)

    def _ask(self, batch: _Batch) -> NDArray[np.float64]:
        """The calibrated probabilities, (texts, labels)."""
        import numpy as np

        pulls = self._weights[batch.rows] * batch.values.astype(np.float32)[:, None]
        logits = np.add.reduceat(pulls, batch.starts, axis=0).astype(np.float64) + self._bias
        nested = nest(logits, self._column)
        return np.exp(log_softmax(nested / self.card.temperature))

    def _decide(self, batch: _Batch) -> Iterator[Prediction]:
        import numpy as np

        found = self._ask(batch)
        every = np.arange(len(found))
        sums = found @ self._sums
        chosen = sums.argmax(axis=1)
        sure = self._curve.correct(sums[every, chosen])
        decides = sure >= self._least[chosen]
        inside = self._column[None, :] == chosen[:, None]
        best = np.where(inside, found, -1.0).argmax(axis=1)
        rival = np.where(inside, -1.0, found).argmax(axis=1)
        others = found.copy()
        others[every, best] = -1.0
        second = others.argmax(axis=1)
        for number in range(len(found)):
            one, two = int(best[number]), int(second[number])
            told = decides[number] or sure[number] >= _TELLING
            yield Prediction(
                reason=self.card.labels[one],
                confidence=round(min(float(sure[number]), 1.0), 3),
                runner_up=self.card.labels[two],
                weights=self._heaviest(batch.part(number), one, int(rival[number])) if told else (),
                model=self.card.name,
                decides=bool(decides[number]),
                share=round(float(found[number, one]), 3),
                next_share=round(float(found[number, two]), 3),
            )

    def _heaviest(self, part: tuple[Any, Any], best: int, rival: int) -> tuple[str, ...]:
        """The words and circumstances that spoke most for `best` against `rival`.

        Pieces of words are named only where no whole one spoke; codes never, which are no news.
        """
        import numpy as np

        rows, values = part
        pulls = values * (self._weights[rows, best] - self._weights[rows, rival])
        for kind in (_WHOLE, _PIECE):
            (some,) = np.nonzero((self._kinds[rows] == kind) & (pulls > 0))
            if len(some):
                most = some[np.argsort(-pulls[some], kind="stable")][:_SHOWN]
                return tuple(self._name(int(row)) for row in rows[most])
        return ()

    def _name(self, row: int) -> str:
        """`"not owned"`, `command=RCPT`, or `*wned*` for a piece of a word."""
        if row >= len(self.card.words):
            return self.card.tokens[row - len(self.card.words)].removeprefix("__")
        gram = self.card.words[row]
        return f'"{gram[1:]}"' if gram.startswith("=") else f"*{gram.strip()}*"
