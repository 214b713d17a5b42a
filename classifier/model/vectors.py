"""Vectors: texts as rows of a model's weights, each with its value, many texts at once.

The same numbers as scikit-learn's TF-IDF has: 1 + log of how often, times the weight of the
feature, all of one text of length 1; beside them each token with one weight. What a word consists
of is looked up once, because replies are written with few words: a thousand of them, all
different, have some 1,500.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any, Final

from classifier.frozen import Frozen
from classifier.model.features import Features, familiar, letters, spell
from classifier.model.store import Card

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Reader", "Vectors"]

_REMEMBERED: Final = 50_000  # words
_ROWS: Final = "q"  # how rows are kept from look-up to count: numbers of 64 bits
_WIDE: Final = array(_ROWS).itemsize


class Vectors(Frozen):
    """Texts as rows and values, one after the other.

    Text n has those from `bounds[n]` to `bounds[n + 1]`, each row once, in the order in which they
    stand in it; the last is the row of nothing.
    """

    rows: Any
    values: Any
    bounds: Any


class _Word:
    """A word as a model knows it: its rows, its letters, and how much of it is known."""

    __slots__ = ("found", "letters", "of", "rows")

    def __init__(self, word: str, vocabulary: dict[str, int]) -> None:
        known = (vocabulary[gram] for gram in spell(word) if gram in vocabulary)
        self.rows = array(_ROWS, known).tobytes()
        self.letters = letters(word)
        self.found, self.of = familiar(word, vocabulary)


class Reader:
    """Finds a card's words and tokens in texts. Threads may share it."""

    def __init__(self, card: Card, idf: NDArray[np.float32]) -> None:
        """`idf` is the weight of each of the card's words, as `store.load` gives it."""
        import numpy as np

        self._letters, self._share = card.letters, card.known
        self._token_weight = card.token_weight
        self._rows = dict(zip(card.words, range(len(card.words)), strict=True))
        self._tokens = {token: row for row, token in enumerate(card.tokens, len(card.words))}
        #: the row of nothing, which stands in every text and keeps it from being empty
        self.nothing = len(card.words) + len(card.tokens)
        # Tokens have no frequency, so that it is a weight for words alone; the row of nothing has
        # next to none, so that no text is of length 0.
        self._idf = np.zeros(self.nothing + 1)
        self._idf[: len(idf)] = idf
        self._idf[-1] = 1e-30
        self._words: dict[str, _Word] = {}

    def knows(self, text: str) -> bool:
        """Whether a masked text is long enough, and enough of it was seen in training."""
        return self._enough(self._read(text.split()))

    def look_up(self, features: Features) -> tuple[bytes, bool]:
        """The rows of a text, as often as they occur in it; and whether it is known (`knows`)."""
        written = features.text.split()
        words = self._read(written)
        rows, tokens = self._rows, self._tokens
        others = [rows[pair] for one, two in pairwise(written) if (pair := f"={one} {two}") in rows]
        others += [tokens[each] for each in features.tokens if each in tokens]
        others.append(self.nothing)
        parts = [word.rows for word in words]
        parts.append(array(_ROWS, others).tobytes())
        return b"".join(parts), self._enough(words)

    def weigh(self, texts: Sequence[bytes]) -> Vectors:
        """The vectors of texts, one or more, that were looked up."""
        import numpy as np

        found = np.frombuffer(b"".join(texts), dtype=_ROWS)
        sizes = [len(text) // _WIDE for text in texts]
        bounds = np.array([0, *accumulate(sizes)])
        # Sorted by text, row and place, the same rows of a text stand side by side, the first of
        # them in front. That is one number, which sorts ten times as fast as three.
        bits = len(found).bit_length()
        sort_by = (np.arange(len(texts)) * len(self._idf)).repeat(sizes)
        sort_by += found
        sort_by <<= bits
        sort_by += np.arange(len(found))
        sort_by.sort()
        alike = sort_by >> bits
        new = np.ones(len(found) + 1, dtype=bool)
        np.not_equal(alike[1:], alike[:-1], out=new[1:-1])
        (begins,) = new.nonzero()
        often = np.zeros(len(found), dtype=np.int64)
        often[sort_by.take(begins[:-1]) & ((1 << bits) - 1)] = begins[1:] - begins[:-1]
        (kept,) = often.nonzero()
        rows = found.take(kept)
        bounds = kept.searchsorted(bounds)
        values = np.log(often.take(kept))
        values += 1.0
        values *= self._idf.take(rows)
        lengths = np.sqrt(np.add.reduceat(values * values, bounds[:-1]))
        values /= lengths.repeat(bounds[1:] - bounds[:-1])
        values[rows >= len(self._rows)] = self._token_weight
        return Vectors(rows, values.astype(np.float32), bounds)

    def _read(self, words: Sequence[str]) -> list[_Word]:
        known = self._words
        try:
            return [known[word] for word in words]
        except KeyError:  # one that was never met before
            pass
        if len(known) >= _REMEMBERED:
            known = self._words = {}
        for word in words:
            if word not in known:
                known.setdefault(word, _Word(word, self._rows))  # of two threads' words, one
        return [known[word] for word in words]

    def _enough(self, words: Sequence[_Word]) -> bool:
        if sum([word.letters for word in words]) < self._letters:
            return False
        found = of = 0
        for word in set(words):
            found += word.found
            of += word.of
        return found >= self._share * max(of, 1)
