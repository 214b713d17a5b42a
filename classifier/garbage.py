"""How often Python looks for garbage in cycles: seldom, in programs of our own.

Mails leave next to none. As it is set at first, the collector comes while the mails of a batch are
still at hand, takes them for what stays, and goes through all rules and tables with them.
"""

from __future__ import annotations

import gc
from typing import Final

__all__ = ["collect_seldom"]

_NEW: Final = 50_000  # containers: more than a batch holds at once


def collect_seldom() -> None:
    """For the whole process; no library calls it."""
    gc.set_threshold(_NEW, 20, 20)
