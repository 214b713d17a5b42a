"""What the shipped model costs, in make and in use: `python tests/bench/model.py`.

A cold start to the first verdict that needs the model, one line alone, and 1,024 different lines at
once; nothing is remembered from one line to the next but how single words are spelled.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from classifier.corpus import folder
from classifier.judge import compete
from classifier.model.corpus import weigh_entry
from classifier.model.scorer import Asked, Model
from classifier.model.store import find
from classifier.rules.loader import load_shipped

REPLIES: Final = Path(__file__).parents[2] / "corpora" / "replies"
ROUNDS: Final = 7
AT_ONCE: Final = 1024
OPEN: Final = "550 5.7.1 the gnomes of the third floor would rather not take this message"


def take(work: Callable[[], object], of: int) -> str:
    """Microseconds of processor time for each of `of`: median, least and greatest."""
    times = []
    for _ in range(ROUNDS):
        start = time.process_time()
        work()
        times.append((time.process_time() - start) / of * 1e6)
    middle = statistics.median(times)
    return f"{middle:7.0f} us ({min(times):.0f} to {max(times):.0f})"


def start_cold() -> str:
    """Milliseconds of wall time until a new process has said its first verdict."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        command = [sys.executable, "-m", "classifier", "explain", OPEN]
        subprocess.run(command, check=True, capture_output=True)
        times.append((time.perf_counter() - start) * 1e3)
    return f"{statistics.median(times):7.0f} ms ({min(times):.0f} to {max(times):.0f})"


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
    print(f"  first verdict, cold  {start_cold()}")
    print(f"  load                 {take(lambda: Model.load(), 1)}")
    model = Model.load()
    model.predict(asked)
    print(f"  one line alone       {take(lambda: [model.predict([a]) for a in asked], len(asked))}")
    print(f"  a line of {AT_ONCE:,}      {take(lambda: model.predict(asked), len(asked))}")


if __name__ == "__main__":
    main()
