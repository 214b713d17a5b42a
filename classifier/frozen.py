"""What the steps of the funnel hand on: values whose fields stay as they are.

A class of its own, because the compiler (see setup.py) leaves out what a class is told in its own
head: `class Reply(msgspec.Struct, frozen=True)` would come out thawed. From a base class, which
is not compiled, each inherits it.
"""

from __future__ import annotations

from typing import dataclass_transform

import msgspec

__all__ = ["Frozen", "FrozenLeaf", "Remembering"]


@dataclass_transform(frozen_default=True, field_specifiers=(msgspec.field,))
class Frozen(msgspec.Struct, frozen=True):
    """A value that is compared by its fields, and whose fields stay as they are."""


class FrozenLeaf(Frozen, gc=False):
    """One that stands in no cycle, so that the collector of garbage need not look into it."""


class Remembering(Frozen, dict=True):
    """One that remembers what it was asked (`functools.cached_property`)."""
