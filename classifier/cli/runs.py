"""Results read back for a command: several files as one, what is no record told at the end."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

from classifier.cli.progress import Progress
from classifier.errors import OperatorError
from classifier.records import Broken, Detail, read_details
from classifier.terminal import scrub

__all__ = ["read_results"]


def read_results(paths: Sequence[str], progress: bool | None) -> Iterator[Detail]:
    """The records of all files, in their order. Lines that are none are passed over and told.

    Raises `OperatorError` for a file that cannot be read or is no run at all.
    """
    if list(paths).count("-") > 1:
        raise OperatorError("-", ["is given more than once"], "Standard input can be read once.")
    stdin = sys.stdin.buffer if sys.stdin else None
    with Progress(progress, None, what="reading results") as bar:
        for path in paths:
            broken, first = 0, None
            for result in read_details(path, stdin):
                if isinstance(result, Broken):
                    broken, first = broken + 1, first or result
                else:
                    bar.advance(0)
                    yield result
            if first is not None:
                lines = f"{broken:,} lines are no records and were" if broken > 1 else ""
                told = lines or "one line is no record and was"
                bar.say(f"{path}: {told} passed over; line {first.line}: {scrub(first.why)}")
