"""The one error that operators see: every fault of their file at once, and the cure."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["OperatorError"]


class OperatorError(Exception):
    """A file, option or folder that a person gave is wrong.

    Mail never raises; what people hand in does, once, with all its faults. `str()` is what the
    command line prints: one line a fault, each beginning with the name of the thing at fault.
    """

    def __init__(self, what: str, faults: Sequence[str], cure: str = "") -> None:
        """`what` names the file or option, `faults` are one line each, `cure` says what to do."""
        self.what = what
        self.faults = tuple(faults)
        self.cure = cure
        lines = [f"{what}: {fault}" for fault in self.faults]
        super().__init__("\n".join([*lines, cure] if cure else lines))
