"""The calibration: what a model's scores are worth, as probabilities that hold."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Calibration"]

_Curve = tuple[tuple[float, float], ...]


class Calibration(msgspec.Struct, frozen=True):
    """What a model's scores are divided by, and what its probabilities of a category are worth.

    `curve` holds points (said, right), both rising; between them lies a straight line.
    """

    temperature: float
    curve: _Curve = ()

    def correct(self, said: Any) -> Any:
        """How probable it is that the category is right, for what it is said to be."""
        import numpy as np

        if not self.curve:
            return said
        points, worth = _axes(self.curve)
        return np.interp(said, points, worth)


@lru_cache(maxsize=16)
def _axes(curve: _Curve) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    import numpy as np

    both = np.array(curve)
    return both[:, 0].copy(), both[:, 1].copy()
