"""Processes that work off tasks, and outlive any of them: a worker that dies is replaced.

A task is bytes and so is what comes of it. Each worker has one task at a time, so the one it died
of is known; whoever gave the task narrows it down. A worker ends when its pipe does, so none is
left behind, however its master ends.
"""

from __future__ import annotations

import multiprocessing
import signal
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Final

import msgspec

from classifier.errors import OperatorError
from classifier.garbage import collect_seldom

__all__ = ["PATIENCE", "Answer", "Pool"]

PATIENCE: Final = 300.0  # seconds that a task may take before its worker counts as hung
_START: Final = 300.0  # seconds that a worker may take to start, on a machine that swaps
_TRIES: Final = 3  # workers in a row that may die before they ever worked
_READY, _BAD = b"\0", b"\1"

Maker = Callable[[bytes], Callable[[bytes], bytes]]


class Answer(msgspec.Struct, frozen=True):
    """What came of the task of that key; None, and why, where its worker died of it."""

    key: int
    data: bytes | None
    why: str = ""


class _Worker:
    """One process, its pipe, and the task that it has."""

    def __init__(self, process: BaseProcess, pipe: Connection) -> None:
        self.process, self.pipe = process, pipe
        self.ready = False
        self.key: int | None = None
        self.due = time.monotonic() + _START

    def end(self) -> None:
        self.process.kill()
        self.process.join()
        self.pipe.close()


class Pool:
    """Workers, each made by `make` (written `module:function`) from `settings`."""

    def __init__(self, make: str, settings: bytes, jobs: int, patience: float = PATIENCE) -> None:
        """`jobs` is the number of processes, `patience` the seconds that a task may take."""
        self._make, self._settings, self._patience = make, settings, patience
        # A fresh interpreter each: forks of a process with threads (a progress bar) may hang.
        self._context = multiprocessing.get_context("spawn")
        self._stillborn = 0
        self._workers = [self._start() for _ in range(jobs)]

    def __enter__(self) -> Pool:
        """The workers load while the first tasks are read."""
        return self

    def __exit__(self, *error: object) -> None:
        """End all workers, whatever they are at."""
        for worker in self._workers:
            worker.end()

    @property
    def idle(self) -> bool:
        """Whether a worker waits for a task."""
        return any(worker.ready and worker.key is None for worker in self._workers)

    def give(self, key: int, task: bytes) -> None:
        """Hand a task to a worker that is idle; `key` comes back with what came of it."""
        worker = next(each for each in self._workers if each.ready and each.key is None)
        worker.key, worker.due = key, time.monotonic() + self._patience
        try:
            worker.pipe.send_bytes(task)
        except OSError:  # it is gone; `answers` will see
            return

    def answers(self) -> Iterator[Answer]:
        """What has come about, after waiting for some of it: answers, or workers that are ready.

        Raises `OperatorError` where workers cannot start.
        """
        now = time.monotonic()
        nearest = min(
            (w.due for w in self._workers if w.key is not None or not w.ready), default=now
        )
        pipes = {worker.pipe: worker for worker in self._workers}
        for pipe in wait(list(pipes), max(0.0, nearest - now)):
            worker = pipes[pipe]  # type: ignore[index]
            try:
                said = worker.pipe.recv_bytes()
            except (EOFError, OSError):
                worker.process.join()
                yield from self._replace(worker, _cause(worker.process.exitcode))
                continue
            if worker.ready:
                key, worker.key = worker.key, None
                if key is not None:
                    yield Answer(key, said)
            elif said[:1] == _BAD:
                what, faults, cure = msgspec.msgpack.decode(
                    said[1:], type=tuple[str, list[str], str]
                )
                raise OperatorError(what, faults, cure)
            else:
                worker.ready, self._stillborn = True, 0
        now = time.monotonic()
        for worker in [*self._workers]:
            if (worker.key is not None or not worker.ready) and now > worker.due:
                yield from self._replace(worker, f"no end after {self._patience:.0f} seconds")

    def _replace(self, worker: _Worker, why: str) -> Iterator[Answer]:
        worker.end()
        if not worker.ready:
            self._stillborn += 1
            if self._stillborn >= _TRIES:
                cure = "Is there memory for so many? --jobs takes a smaller number."
                raise OperatorError("worker", [f"cannot be started: {why}"], cure)
        self._workers[self._workers.index(worker)] = self._start()
        if worker.key is not None:
            yield Answer(worker.key, None, why)

    def _start(self) -> _Worker:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(
            target=_serve, args=(theirs, self._make, self._settings), daemon=True
        )
        process.start()
        theirs.close()
        return _Worker(process, ours)


def _cause(code: int | None) -> str:
    if code is not None and code < 0:
        try:
            return f"its process was ended by {signal.Signals(-code).name}"
        except ValueError:
            pass
    return f"its process ended with status {code}"


def _serve(pipe: Connection, make: str, settings: bytes) -> None:
    """The life of a worker."""
    # Ctrl-C reaches every process of the terminal; the master decides what becomes of it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    collect_seldom()
    module, _, name = make.partition(":")
    maker: Maker = getattr(import_module(module), name)
    try:
        work = maker(settings)
    except OperatorError as error:
        said = msgspec.msgpack.encode((error.what, error.faults, error.cure))
        pipe.send_bytes(_BAD + said)
        return
    pipe.send_bytes(_READY)
    while True:
        try:
            pipe.send_bytes(work(pipe.recv_bytes()))
        except (EOFError, BrokenPipeError, ConnectionError):
            return  # the master is gone
