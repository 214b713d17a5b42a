"""When Python looks for garbage in cycles: not while what stays is made, and seldom after that."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Final, TypeVar

__all__ = ["collect_seldom", "undisturbed"]

_NEW: Final = 50_000  # containers: more than a batch holds at once
_T = TypeVar("_T")


def collect_seldom() -> None:
    """For the whole process, so that programs of our own call it and the library does not.

    Mails leave next to no cycles. As it is set at first, the collector comes while the mails of a
    batch are at hand, takes them for what stays, and goes through all rules and tables with them.
    """
    gc.set_threshold(_NEW, 20, 20)


def undisturbed(make: Callable[[], _T]) -> _T:
    """What `make` makes, without the collector of garbage looking at it meanwhile.

    Rules are a hundred thousand objects that all stay: to look for garbage among them, again and
    again as they grow, is nearly half of the time that they take.
    """
    if not gc.isenabled():
        return make()
    gc.disable()
    try:
        return make()
    finally:
        gc.enable()
