"""Microseconds a mail, stage by stage, beside the standard library's parser as a yardstick.

    python tests/bench/stages.py [--rounds N] [FOLDER...]

Without a folder, the mails of tests/messages. Every round reads each mail anew and asks nothing
of what the round before has remembered; the first round, which pays for imports, is not counted.
"""

from __future__ import annotations

import argparse
import email
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from platform import python_version
from statistics import median
from time import perf_counter
from typing import Final

import msgspec

from classifier import reading, reply
from classifier.advice import advise
from classifier.archive import Item, read_paths
from classifier.authres import read_auth
from classifier.dsn import find_status_report
from classifier.evidence import weigh
from classifier.formats import choose
from classifier.judge import judge
from classifier.message import parse
from classifier.notice import read_notice
from classifier.pipeline import Classifier
from classifier.reasons import Kind
from classifier.rows import make_row
from classifier.rules.loader import load_shipped

ROOT: Final = Path(__file__).parents[2]
STARTS: Final = {
    "bare interpreter": "pass",
    "import classifier": "import classifier",
    "from classifier import Classifier": "from classifier import Classifier",
    "Classifier() with its rules": "from classifier import Classifier; Classifier(model=None)",
}


class Clock:
    """Adds up seconds by name: each `lap` counts from the lap before."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._since = perf_counter()

    def start(self) -> None:
        """Begin the next lap now."""
        self._since = perf_counter()

    def lap(self, name: str) -> None:
        """Count what passed since the last lap as `name`'s."""
        now = perf_counter()
        self.seconds[name] = self.seconds.get(name, 0.0) + now - self._since
        self._since = perf_counter()


def one_by_one(raw: bytes, clock: Clock) -> None:
    """The stages of `Classifier.classify`, as the pipeline composes them, each timed."""
    rules = load_shipped()
    clock.start()
    message = parse(raw)
    clock.lap("parse")
    notice = read_notice(message)
    clock.lap("notice")
    status = find_status_report(message)
    clock.lap("status fields")
    for headers in (message.headers, notice.returned):
        if headers is not None:
            read_auth(headers)
    clock.lap("auth")
    clock.start()
    clues = reading._clues(message, notice, status)
    reader = choose(clues)
    reading._judge_kind(clues, reader)
    clock.lap("clues, formats")
    (report,) = reading.read_reports([message])
    clock.start()
    evidences = [weigh(failure, report) for failure in report.failures]
    clock.lap("evidence")
    verdicts = [judge(evidence, rules) for evidence in evidences]
    clock.lap("rules, judge")
    rows = [
        make_row(
            "-",
            report,
            failure,
            verdict,
            advise(verdict.reason, verdict.advice, evidence, failure, report),
        )
        for failure, evidence, verdict in zip(report.failures, evidences, verdicts, strict=True)
        if failure.kind in (Kind.FAILURE, Kind.DELAY)
    ] or [make_row("-", report)]
    clock.lap("rows")
    for row in rows:
        msgspec.json.encode(row)
    clock.lap("json")


def stages(raws: Sequence[bytes]) -> Mapping[str, float]:
    """Seconds for all mails, by stage."""
    clock = Clock()
    reply._read.cache_clear()
    for raw in raws:
        one_by_one(raw, clock)
    return clock.seconds


def timed(work: Callable[[bytes], object]) -> Callable[[Sequence[bytes]], float]:
    """A function that gives the seconds that `work` takes for all mails."""

    def run(raws: Sequence[bytes]) -> float:
        reply._read.cache_clear()
        begin = perf_counter()
        for raw in raws:
            work(raw)
        return perf_counter() - begin

    return run


def whole(classifier: Classifier) -> Callable[[bytes], object]:
    """All that is done for a mail, from bytes to JSON."""

    def run(raw: bytes) -> None:
        for row in classifier.classify(raw):
            msgspec.json.encode(row)

    return run


def measure(raws: Sequence[bytes], rounds: int) -> Iterator[tuple[str, list[float]]]:
    """Seconds a mail in each round, by what was done."""
    wholes = {
        "all, by rules": timed(whole(Classifier(model=None))),
        "all, with the model": timed(whole(Classifier())),
        "email.message_from_bytes": timed(email.message_from_bytes),
    }
    found: dict[str, list[float]] = {}
    for number in range(rounds + 1):
        seconds = {**stages(raws), **{name: run(raws) for name, run in wholes.items()}}
        for name, each in seconds.items() if number else ():
            found.setdefault(name, []).append(each / len(raws))
    yield from found.items()


def start(code: str) -> float:
    """Seconds that a fresh interpreter takes for `code`."""
    begin = perf_counter()
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
    return perf_counter() - begin


def line(name: str, seconds: Sequence[float], unit: str) -> str:
    """Median, least and most."""
    scale = {"us": 1e6, "ms": 1e3}[unit]
    middle, least, most = (each(seconds) * scale for each in (median, min, max))
    return f"{name:34}{middle:9.1f} {unit}  ({least:.1f} - {most:.1f})"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("folders", nargs="*", default=[str(ROOT / "tests" / "messages")])
    parser.add_argument("--rounds", type=int, default=7)
    given = parser.parse_args()
    raws = [found.raw for found in read_paths(given.folders) if isinstance(found, Item)]
    if not raws:
        parser.error("no mails there")
    size = sum(map(len, raws)) / len(raws)
    print(
        f"{len(raws)} mails of {size:.0f} bytes, {given.rounds} rounds, Python {python_version()}"
    )
    print("\na mail: median (least - most)")
    for name, seconds in measure(raws, max(1, given.rounds)):
        print(line(name, seconds, "us"))
    print("\na start: median (least - most)")
    for name, code in STARTS.items():
        print(line(name, [start(code) for _ in range(max(1, given.rounds))], "ms"))
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"\nmost memory held: {kilobytes / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
