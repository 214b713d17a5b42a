"""Every mail cut at 50 places, and with a random 1 % of its bytes flipped, 20 times: what it costs.

    python tests/bench/damage.py [--seeds N] [--cuts N] [FOLDER...]

Without a folder, the samples of tests/. Prints how many were read, each exception with the mail and
the damage that caused it, and the slowest answers. Exit status 1 where anything raised.
"""

from __future__ import annotations

import argparse
import heapq
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import Final

from classifier.archive import Item, read_paths
from classifier.pipeline import Classifier

ROOT: Final = Path(__file__).parents[2]
SLOWEST: Final = 5


def cut(raw: bytes, places: int) -> Iterator[tuple[str, bytes]]:
    """`raw` up to each of evenly spaced places."""
    for place in range(places):
        yield f"cut {place}/{places}", raw[: len(raw) * place // places]


def flip(raw: bytes, seeds: int, name: str) -> Iterator[tuple[str, bytes]]:
    """`raw` with a hundredth of its bytes replaced at random, the same ones in every run."""
    for seed in range(seeds):
        damaged = bytearray(raw)
        chance = random.Random(f"{name} {seed}")  # noqa: S311
        for _ in range(len(raw) // 100):
            damaged[chance.randrange(len(raw))] = chance.randrange(256)
        yield f"flip {seed}", bytes(damaged)


def main() -> None:
    """Damage, read, and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    tests = ROOT / "tests"
    parser.add_argument("folders", nargs="*", default=[tests / "messages", tests / "cannot-yet"])
    parser.add_argument("--cuts", type=int, default=50)
    parser.add_argument("--seeds", type=int, default=20)
    given = parser.parse_args()
    classifier = Classifier()
    mails = [found for found in read_paths(given.folders) if isinstance(found, Item)]
    if not mails:
        parser.error("no mails there")
    seconds: list[tuple[float, str, str]] = []
    faults = 0
    for item in mails:
        name = item.origin.rpartition("/")[2]
        for how, raw in (*cut(item.raw, given.cuts), *flip(item.raw, given.seeds, name)):
            begin = perf_counter()
            try:
                rows = classifier.classify(raw)
            except Exception as error:
                faults += 1
                print(f"{item.origin}, {how}: {type(error).__name__}: {error}")
                continue
            if not rows:
                faults += 1
                print(f"{item.origin}, {how}: no record")
            seconds.append((perf_counter() - begin, item.origin, how))
    took = sum(each for each, _, _ in seconds)
    print(f"{len(mails)} mails, {len(seconds)} damaged ones read in {took:.0f} s, {faults} faults")
    print("slowest:")
    for each, origin, how in heapq.nlargest(SLOWEST, seconds):
        print(f"  {each * 1000:7.1f} ms  {origin}, {how}")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
