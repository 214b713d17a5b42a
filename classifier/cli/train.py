"""The work of `whybounce train`: labelled replies in, a model out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from classifier.cli.common import complain
from classifier.errors import OperatorError

__all__ = ["train_model"]

_NEEDED: Final = ("sklearn", "scipy", "numpy")


def train_model(corpus: Path, output: Path) -> int:
    """Train on the replies in `corpus` and write the model into `output`; the exit status.

    Raises `OperatorError` where scikit-learn is missing or the corpus has faults.
    """
    try:
        from classifier.model.train import train
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] not in _NEEDED:
            raise
        cure = "Install it with the extra `train`: pip install 'whybounce[train]'"
        raise OperatorError("train", ["needs scikit-learn, which is missing"], cure) from error
    card = train(corpus, output, complain)
    never = "decides nothing" if not card.thresholds else f"decides {', '.join(card.thresholds)}"
    sys.stdout.write(f"{output}: {card.name}, {card.samples} replies, {never}\n")
    return 0
