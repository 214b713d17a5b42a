"""How far a long run is: a line on the terminal; in a log, if asked for, a line now and then."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final

from classifier.terminal import neutral

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

    from classifier.source import Meter

__all__ = ["Progress", "total_size"]

_PATIENCE: Final = 1.0  # seconds of work before the line shows
_EVERY: Final = 0.1  # seconds between two updates
_IN_LOGS: Final = 30.0  # seconds between two lines of a log


class Progress:
    """Shows mails and failed recipients on standard error, if that is a terminal."""

    def __init__(
        self,
        wanted: bool | None,
        total: int | None,
        *,
        meter: Meter | None = None,
        logged: bool = False,
        what: str = "",
    ) -> None:
        """`wanted`: True at once, None after a second, False never. `total` is in bytes.

        `meter` tells how many of these are done, where that is not what `advance` is told.
        `logged`: lines where there is no terminal. `what` stands for the counts where it is no
        mails that come forward, but a step after these.
        """
        here = sys.stderr is not None and sys.stderr.isatty()
        self._on = wanted is not False and (here or logged)
        self._logged = not here
        self._total, self._what, self.meter = total, what, meter
        self._begun = time.monotonic()
        patience = _IN_LOGS if self._logged else 0.0 if wanted else _PATIENCE
        self._due = self._begun + patience
        self._mails = self._failed = self._bytes = 0
        self._bar: Bar | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Progress:
        """Nothing shows yet."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Wipe the line."""
        self.stop()

    def advance(self, size: int, failed: int = 0, mails: int = 1) -> None:
        """So many mails more, of `size` bytes together, with so many failed recipients."""
        if not self._on:
            return
        self._mails += mails
        self._failed += failed
        self._bytes += size
        now = time.monotonic()
        if now < self._due:
            return
        if self._logged:
            self._due = now + _IN_LOGS
            self._log(now - self._begun)
            return
        self._due = now + _EVERY
        if self._bar is None:
            self._bar = self._start()
        if self._task is not None:
            self._bar.update(self._task, completed=self._done(), counts=self._counts())

    def _done(self) -> int:
        return self._bytes if self.meter is None else self.meter.at

    def _counts(self) -> str:
        if self._what:
            return self._what
        seconds = max(time.monotonic() - self._begun, 0.001)
        rate = f"{self._mails / seconds:,.0f} mails/s"
        return f"{self._mails:,} mails, {self._failed:,} failed recipients, {rate}"

    def _log(self, seconds: float) -> None:
        said = self._counts()
        if self._total:
            share = min(1.0, self._done() / self._total)
            left = timedelta(seconds=round(seconds / share - seconds)) if share else "?"
            said += f", {share:.0%}, {left} left"
        self.say(said)

    def say(self, line: str) -> None:
        """Print a line of `complain`'s kind without tearing the bar."""
        if self._bar is None:
            from classifier.cli.common import complain

            complain(line)
        else:
            from rich.text import Text

            self._bar.console.print(Text(neutral(f"whybounce: {line}")), soft_wrap=True)

    def stop(self) -> None:
        """Wipe the line for good."""
        self._on = False
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _start(self) -> Bar:
        from rich import progress as rich
        from rich.console import Console

        columns: list[rich.ProgressColumn] = [
            rich.SpinnerColumn("line"),
            rich.TextColumn("{task.fields[counts]}"),
        ]
        if self._total:
            columns += [rich.BarColumn(), rich.TimeRemainingColumn(compact=True)]
        else:
            columns.append(rich.TimeElapsedColumn())
        bar = rich.Progress(*columns, console=Console(stderr=True), transient=True)
        self._task = bar.add_task("", total=self._total, counts=self._counts())
        bar.start()
        return bar


def total_size(paths: Sequence[str]) -> int | None:
    """The bytes of `paths` together, None unless all are regular files."""
    total = 0
    for path in map(Path, paths):
        try:
            if not path.is_file():
                return None
            total += path.stat().st_size
        except (OSError, ValueError):
            return None
    return total
