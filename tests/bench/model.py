"""What the shipped model costs, in make and in use: `python tests/bench/model.py`.

A cold start to the first verdict, one line alone, and 1,024 different lines at once; nothing is
remembered from one line to the next but how single words are spelled. A start is told beside that
of a bare interpreter and of `--help`, which no verdict can undercut. They take turns, so that what
else the machine does hits all alike; the least figure is the machine's own, the rest its company.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from classifier.corpus import folder
from classifier.judge import compete
from classifier.model.corpus import weigh_entry
from classifier.model.scorer import Asked, Model
from classifier.model.store import find
from classifier.rules.loader import load_shipped

REPLIES: Final = Path(__file__).parents[2] / "corpora" / "replies"
MAIL: Final = REPLIES.parents[1] / "tests/messages/mission/transport-rule-though-authenticated.eml"
ROUNDS: Final = 15
STARTED: Final = 11
AT_ONCE: Final = 1024
CLEAR: Final = "550 5.1.1 no such user"
OPEN: Final = "550 5.7.1 the gnomes of the third floor would rather not take this message"


def tell(times: Sequence[float], unit: str) -> str:
    """The least of some times, and the median."""
    return f"{min(times):7.0f} {unit} (median {statistics.median(times):.0f})"


def take(work: Callable[[], object], of: int) -> str:
    """Microseconds of processor time for each of `of`."""
    times = []
    for _ in range(ROUNDS):
        start = time.process_time()
        work()
        times.append((time.process_time() - start) / of * 1e6)
    return tell(times, "us")


STARTS: Final = {
    "a bare interpreter": ["-c", "pass"],
    "whybounce --help": ["-m", "classifier", "--help"],
    "first verdict, by a rule": ["-m", "classifier", "explain", CLEAR],
    "first verdict on a mail": ["-m", "classifier", "classify", str(MAIL)],
    "first verdict, by the model": ["-m", "classifier", "explain", OPEN],
}


def start_cold(rounds: int = STARTED) -> dict[str, list[float]]:
    """Milliseconds of wall time that new processes take, by what they do.

    Modules are compiled beforehand, as they are once they have been installed.
    """
    times: dict[str, list[float]] = {what: [] for what in STARTS}
    with tempfile.TemporaryDirectory() as kept:
        settings = {**os.environ, "PYTHONPYCACHEPREFIX": kept}
        settings.pop("PYTHONDONTWRITEBYTECODE", None)
        for turn in range(rounds + 1):
            for what, command in STARTS.items():
                start = time.perf_counter()
                subprocess.run(
                    [sys.executable, *command], check=True, capture_output=True, env=settings
                )
                if turn:  # the first compiles
                    times[what].append((time.perf_counter() - start) * 1e3)
    return times


def main() -> None:
    """Print the costs."""
    rules = load_shipped()
    asked: list[Asked] = []
    seen = set()
    for placed in folder.read(REPLIES).entries:
        evidence = weigh_entry(placed.entry, placed.place)
        if evidence.folded not in seen and len(asked) < AT_ONCE:
            seen.add(evidence.folded)
            asked.append((evidence, compete(evidence, rules).hits))
    size = sum(path.stat().st_size for path in find("default").iterdir()) / 1e6
    print(f"the shipped model, {size:.1f} MB")
    for what, times in start_cold().items():
        print(f"  {what:28}{tell(times, 'ms')}")
    print(f"  load                        {take(lambda: Model.load(), 1)}")
    model = Model.load()
    model.predict(asked)
    alone = take(lambda: [model.predict([each]) for each in asked], len(asked))
    print(f"  one line alone              {alone}")
    print(f"  a line of {AT_ONCE:,}             {take(lambda: model.predict(asked), len(asked))}")


if __name__ == "__main__":
    main()
