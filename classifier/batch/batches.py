"""An archive in batches: what one worker is given at a time.

Where a batch ends depends on the archive alone, never on time or the number of workers: so a run
that goes on after a kill cuts the same batches, and the model is asked in the same company.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from classifier.archive import Item, Unreadable

__all__ = ["Batch", "gather", "halve"]

MOST: Final = 256  # mails; the model gains little from more
LARGEST: Final = 1024 * 1024  # bytes of mails, after which a batch is closed


class Batch(msgspec.Struct, frozen=True, array_like=True):
    """Mails that follow each other, and what could not be read among them.

    `number` counts from 0. `size` is in bytes of the archive, of mails that were cut too.
    """

    number: int
    items: tuple[Item, ...]
    unread: tuple[Unreadable, ...]
    size: int

    @property
    def last(self) -> str | None:
        """The origin of the last mail."""
        return self.items[-1].origin if self.items else None


def gather(
    results: Iterable[Item | Unreadable], first: int = 0, most: int = MOST, largest: int = LARGEST
) -> Iterator[Batch]:
    """The mails in batches of at most `most`, and of `largest` bytes or one mail more.

    `first` is the number of the first batch.
    """
    items: list[Item] = []
    unread: list[Unreadable] = []
    number = first
    held = size = 0
    for result in results:
        if isinstance(result, Unreadable):
            unread.append(result)
        else:
            items.append(result)
            held += len(result.raw)
            size += result.size or len(result.raw)
        if len(items) >= most or len(unread) >= most or held >= largest:
            yield Batch(number, tuple(items), tuple(unread), size)
            items, unread = [], []
            number, held, size = number + 1, 0, 0
    if items or unread:
        yield Batch(number, tuple(items), tuple(unread), size)


def halve(batch: Batch) -> tuple[Batch, Batch]:
    """A batch of two mails or more in two, to find the one at fault."""
    middle = len(batch.items) // 2
    sizes = [item.size or len(item.raw) for item in batch.items]
    return (
        Batch(batch.number, batch.items[:middle], batch.unread, sum(sizes[:middle])),
        Batch(batch.number, batch.items[middle:], (), sum(sizes[middle:])),
    )
