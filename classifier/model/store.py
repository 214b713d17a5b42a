"""The store: a model as a folder of arrays (`model.npz`) and a card (`model.json`).

The arrays are plain numbers: nothing in a model is ever executed.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from classifier.errors import OperatorError
from classifier.model.features import VERSION
from classifier.model.nested import categories_of
from classifier.reasons import Category, Reason

__all__ = ["ARRAYS", "CARD", "Card", "Weights", "find", "load", "read_card", "save"]

CARD: Final = "model.json"
ARRAYS: Final = "model.npz"
_CURE: Final = "Train it again with `whybounce train`, or reinstall whybounce for the shipped one."
_PACKAGE: Final = Path(__file__).parents[1]


class Card(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a model says about itself.

    `thresholds` holds the least probability from which a category is decided; one that is missing
    there is never decided. `temperature` and `curve` calibrate (see `calibration`).
    `known` is the least share of a text's character n-grams that must be in the vocabulary,
    `letters` the fewest letters that a text needs. `features` is the version of
    `classifier.model.features`, `digest` the SHA-256 of the samples, `versions` those of what
    trained it, `scores` the measured figures.
    """

    name: str
    features: int
    labels: tuple[Reason, ...]
    thresholds: Mapping[Category, float]
    temperature: float
    curve: tuple[tuple[float, float], ...]
    token_weight: float
    known: float
    letters: int
    samples: int
    digest: str
    versions: Mapping[str, str]
    scores: Mapping[str, float]
    words: tuple[str, ...]  # the text features, in the order of the arrays' rows
    tokens: tuple[str, ...]  # the tokens, in rows after these


class Weights(msgspec.Struct, frozen=True):
    """The arrays: `idf` (words,) and `bias` (heads,), float32; `weights`, float16.

    `weights` has a row for each of the words, then of the tokens, and a column for each head.

    The heads are the card's labels, then their categories (see `classifier.model.nested`).
    """

    idf: Any
    weights: Any
    bias: Any


def find(path: Path | str) -> Path:
    """The folder of a model; `"default"` is the shipped one.

    Raises `OperatorError` where there is none.
    """
    if path != "default":
        folders = [Path(path)]
    else:  # in an installed package, or in a checkout
        folders = [_PACKAGE / "models" / "default", _PACKAGE.parent / "models" / "default"]
    for folder in folders:
        if (folder / CARD).is_file():
            return folder
    raise OperatorError(str(folders[-1]), [f"holds no model ({CARD} is missing)"], _CURE)


def read_card(folder: Path) -> Card:
    """The card of a model. Raises `OperatorError` where it is damaged or of another version."""
    try:
        card = msgspec.json.decode((folder / CARD).read_bytes(), type=Card)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise OperatorError(str(folder / CARD), [f"cannot be read: {error}"], _CURE) from error
    faults = []
    if card.features != VERSION:
        faults.append(f"is of feature version {card.features}; this whybounce reads {VERSION}")
    if not card.labels or len(set(card.labels)) < len(card.labels):
        faults.append("labels are missing or double")
    if not all(0 < threshold <= 1 for threshold in card.thresholds.values()):
        faults.append("thresholds are not between 0 and 1")
    said, right = [x for x, _ in card.curve], [y for _, y in card.curve]
    rises = said == sorted(said) and right == sorted(right)
    if not rises or any(not 0 <= each <= 1 for each in right):
        faults.append("the curve of calibration does not rise from 0 to 1")
    if not card.temperature > 0:
        faults.append("temperature is not above 0")
    if faults:
        raise OperatorError(str(folder / CARD), faults, _CURE)
    return card


def load(path: Path | str = "default") -> tuple[Card, Weights]:
    """A stored model.

    Raises `OperatorError` with every fault of the folder, where a file is missing, damaged, of
    another version, or does not fit the other.
    """
    import numpy as np

    folder = find(path)
    card = read_card(folder)
    try:
        # Opened here, because NumPy leaves a file that is no archive open.
        with (folder / ARRAYS).open("rb") as file, np.load(file, allow_pickle=False) as stored:
            weights = Weights(*(stored[name] for name in Weights.__struct_fields__))
    # NumPy and zipfile say so many ways that a file is no archive of arrays.
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise OperatorError(str(folder / ARRAYS), [f"cannot be read: {error}"], _CURE) from error
    rows = len(card.words) + len(card.tokens)
    heads = len(card.labels) + len(categories_of(card.labels))
    wanted = {
        "idf": (len(card.words),),
        "weights": (rows, heads),
        "bias": (heads,),
    }
    faults = []
    for name, shape in wanted.items():
        array = getattr(weights, name)
        if array.shape != shape:
            faults.append(f"{name} has shape {array.shape}, the card says {shape}")
        elif array.dtype != (np.float16 if name == "weights" else np.float32):
            faults.append(f"{name} is {array.dtype}, which is none of ours")
        elif not np.isfinite(array).all():
            faults.append(f"{name} holds a value that is no number")
    if faults:
        raise OperatorError(str(folder / ARRAYS), faults, _CURE)
    return card, weights


def save(folder: Path, card: Card, weights: Weights) -> None:
    """Write a model into `folder`; the same model gives the same bytes.

    Raises `OperatorError` where the folder cannot be written.
    """
    import numpy as np

    try:
        folder.mkdir(parents=True, exist_ok=True)
        np.savez(folder / ARRAYS, **msgspec.structs.asdict(weights))
        # One line a value, the long lists at the end, so that people can read and compare it.
        (folder / CARD).write_bytes(msgspec.json.format(msgspec.json.encode(card), indent=1))
    except OSError as error:
        raise OperatorError(str(folder), [f"cannot be written: {error}"], "Check it.") from error
