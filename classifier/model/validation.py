"""Validation: how rules, model and both do on real bounces that nothing was learned from.

The bounces are no part of the project; `tests/bench/validation.py` measures where they are at
hand. The figures lie beside the model with the digest of what it was made from: a model made from
anything else, other hits of rules among it, has none, rather than those of another.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

__all__ = ["VALIDATION", "Figures", "Share", "Validation", "read_validation"]

VALIDATION: Final = "validation.json"


class Share(msgspec.Struct, frozen=True):
    """How often a class was found where it was true, and true where it was said, 0 to 1.

    None where it was never true, or never said. `of` is how often it was true.
    """

    recall: float | None
    precision: float | None
    of: int


class Figures(msgspec.Struct, frozen=True):
    """Shares of the failed recipients, 0 to 1: decided, and the reason right among these.

    `classes` are those that the mission is about.
    """

    decided: float
    right: float
    classes: Mapping[str, Share]


class Validation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was measured, on how many mails and failed recipients; `by` says who judged.

    `open` is the share of the recipients of whom the truth itself allows no reason, 0 to 1.
    """

    digest: str
    mails: int
    recipients: int
    open: float
    by: Mapping[str, Figures]


def read_validation(folder: Path, digest: str) -> Validation | None:
    """The figures of the model that was made from the samples of this digest; None without."""
    try:
        kept = msgspec.json.decode((folder / VALIDATION).read_bytes(), type=Validation)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return None
    return kept if kept.digest == digest else None
