"""A run over an archive: read, judge on all cores, write in order, and keep what is done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple, Protocol

import msgspec

from classifier.batch.batches import Batch, halve
from classifier.batch.part import Journal
from classifier.batch.pool import PATIENCE, Pool
from classifier.batch.worker import Done, Settings, give_up, judge
from classifier.pipeline import Classifier

__all__ = ["Listener", "Sheet", "run_here", "run_on", "settle", "work_off"]

_WORK: Final = "classifier.batch.worker:make"
_AHEAD: Final = 4  # batches a worker that may wait for an earlier one, which bounds memory


class Sheet(Protocol):
    """Where the bytes of batches go: a part of a file, standard output."""

    journal: Journal

    def write(self, data: bytes) -> None:
        """Take the bytes of a batch."""

    def keep_now_and_then(self) -> None:
        """Note how far it is, if it is time."""


class Listener(Protocol):
    """Who is told how far the run is."""

    def advance(self, size: int, failed: int, mails: int = 1) -> None:
        """So many mails more, of `size` bytes together, with so many failed recipients."""

    def say(self, line: str) -> None:
        """A line for people."""


def run_here(
    batches: Iterator[Batch],
    classifier: Classifier,
    settings: Settings,
    sheet: Sheet,
    listener: Listener,
) -> None:
    """The whole run in this process: for small archives, and for who looks for a fault."""
    for batch in batches:
        if not sheet.journal.has(batch.number):
            settle(batch, [judge(classifier, batch, settings)], sheet, listener)


def run_on(
    batches: Iterator[Batch],
    settings: Settings,
    sheet: Sheet,
    listener: Listener,
    jobs: int,
    ordered: bool = True,
    work: str = _WORK,
    patience: float = PATIENCE,
) -> None:
    """The whole run on `jobs` processes beside this one; see `work_off`."""
    left = (batch for batch in batches if not sheet.journal.has(batch.number))
    for batch, parts in work_off(left, settings, jobs, ordered, work, patience):
        settle(batch, parts, sheet, listener)


def work_off(
    batches: Iterator[Batch],
    settings: Settings,
    jobs: int,
    ordered: bool = True,
    work: str = _WORK,
    patience: float = PATIENCE,
) -> Iterator[tuple[Batch, list[Done]]]:
    """Each batch with what came of it, from `jobs` processes.

    A worker that dies or hangs is replaced, and what it had is halved until the mail at fault is
    alone, which costs one `error` record. `work` names what a worker is made by, `patience` is in
    seconds a batch. Raises `OperatorError` where no worker can start.
    """
    with Pool(work, msgspec.msgpack.encode(settings), jobs, patience) as pool:
        yield from _Run(batches, settings, pool, jobs * _AHEAD, ordered).go()


class _Turn:
    """A batch that was read, and what has come of it, by the place of the first mail."""

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        self.done: dict[int, Done] = {}
        self.missing = 1  # pieces that have not come back


class _Piece(NamedTuple):
    """A batch as it was read, or a part of one that begins with its mail number `start`."""

    turn: _Turn
    start: int
    batch: Batch


class _Run:
    """What is out, what is back, and what waits for its turn."""

    def __init__(
        self,
        batches: Iterator[Batch],
        settings: Settings,
        pool: Pool,
        most: int,
        ordered: bool,
    ) -> None:
        self._batches, self._settings, self._pool = batches, settings, pool
        self._most, self._ordered = most, ordered
        self._decoder = msgspec.msgpack.Decoder(Done)
        self._out: dict[int, _Piece] = {}  # by the keys that the pool gives back
        self._todo: list[_Piece] = []  # of what a worker died of
        self._turns: list[_Turn] = []  # in the order of the archive
        self._key = 0

    def go(self) -> Iterator[tuple[Batch, list[Done]]]:
        encoder = msgspec.msgpack.Encoder()
        ahead = self._next()  # read while the workers work
        while ahead is not None or self._out:
            while ahead is not None and self._pool.idle:
                self._key += 1
                self._out[self._key] = ahead
                self._pool.give(self._key, encoder.encode(ahead.batch))
                ahead = self._next()
            for answer in self._pool.answers():
                piece = self._out.pop(answer.key)
                if answer.data is None:
                    self._narrow(piece, answer.why)
                else:
                    self._take(piece, self._decoder.decode(answer.data))
            yield from self._release()
            ahead = ahead or self._next()

    def _next(self) -> _Piece | None:
        """What is to be done next; None where nothing is left, or enough waits for its turn."""
        if self._todo:
            return self._todo.pop()
        if len(self._turns) >= self._most:
            return None
        batch = next(self._batches, None)
        if batch is None:
            return None
        self._turns.append(_Turn(batch))
        return _Piece(self._turns[-1], 0, batch)

    def _take(self, piece: _Piece, done: Done) -> None:
        piece.turn.done[piece.start] = done
        piece.turn.missing -= 1

    def _narrow(self, piece: _Piece, why: str) -> None:
        """A worker died: the one mail is at fault, or one of either half."""
        if len(piece.batch.items) < 2:
            self._take(piece, give_up(piece.batch, why, self._settings))
            return
        first, second = halve(piece.batch)
        middle = piece.start + len(first.items)
        piece.turn.missing += 1
        self._todo += [_Piece(piece.turn, middle, second), _Piece(piece.turn, piece.start, first)]

    def _release(self) -> Iterator[tuple[Batch, list[Done]]]:
        """What is whole, as far as it is its turn."""
        waiting: list[_Turn] = []
        for turn in self._turns:
            if turn.missing or (self._ordered and waiting):
                waiting.append(turn)
            else:
                yield turn.batch, [done for _, done in sorted(turn.done.items())]
        self._turns = waiting


def settle(batch: Batch, parts: Sequence[Done], sheet: Sheet, listener: Listener) -> None:
    """Write what came of a batch, and count it."""
    journal = sheet.journal
    for each in batch.unread:
        listener.say(each.told)
    failed = 0
    for done in parts:
        for line in done.said:
            listener.say(line)
        sheet.write(done.data)
        failed += done.failed
        journal.records += done.records
        journal.whole = journal.whole and not done.said
        if done.summary is not None and journal.summary is not None:
            journal.summary.merge(done.summary)
    journal.mails += len(batch.items)
    journal.whole = journal.whole and not batch.unread
    journal.last = batch.last or journal.last
    journal.take(batch.number)
    sheet.keep_now_and_then()
    listener.advance(batch.size, failed, len(batch.items))
