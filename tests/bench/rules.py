"""What the rules cost, and how right they are on the catalogue: `python tests/bench/rules.py`.

The cost is that of judging one failure, on different replies (nothing is remembered from one to the
next), with the shipped rules and with a thousand more. The tables are by category and by provider,
for the replies that rules were written from and for those that were held apart.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from classifier.archive import Item
from classifier.corpus import folder
from classifier.evidence import Evidence, weigh
from classifier.judge import judge
from classifier.model.corpus import Split, weigh_entry
from classifier.pipeline import read
from classifier.reasons import MEANING, Reason
from classifier.rules.engine import RuleSet
from classifier.rules.loader import load_shipped, read_phrase
from classifier.rules.rule import Rule

CORPORA: Final = Path(__file__).parents[2] / "corpora"
ROUNDS: Final = 7
MORE: Final = 1000


def distinct_lines() -> list[Evidence]:
    """The evidence of every reply of the catalogue and of each other one in the lab's mails."""
    entries = folder.read(CORPORA / "replies").entries
    found = [weigh_entry(placed.entry, placed.place) for placed in entries]
    seen = {evidence.folded for evidence in found}
    for item in folder.read_mails(folder.read(CORPORA / "lab")):
        report = read(item.raw) if isinstance(item, Item) else None
        for failure in report.failures if report else ():
            evidence = weigh(failure, report) if report else None
            if evidence and evidence.folded not in seen:
                seen.add(evidence.folded)
                found.append(evidence)
    return found


def time_judging(lines: Sequence[Evidence], rules: RuleSet) -> tuple[float, float, float]:
    """Least, median and greatest microseconds of processor time a failure, over the rounds."""
    times = []
    for _ in range(ROUNDS):
        start = time.process_time()
        for evidence in lines:
            judge(evidence, rules)
        times.append((time.process_time() - start) / len(lines) * 1e6)
    return min(times), statistics.median(times), max(times)


def add_rules(rules: RuleSet) -> RuleSet:
    """The rules and a thousand more, each with three phrases that no server says."""
    like = next(rule for rule in rules.rules if rule.says)
    more: list[Rule] = []
    for number in range(MORE):
        words = (f"refusal of kind {number}", f"reason {number} was given", f"see note {number}")
        phrases = tuple(phrase for phrase in map(read_phrase, words) if phrase)
        more.append(msgspec.structs.replace(like, name=f"bench/{number}", says=phrases, notice=()))
    return RuleSet([*rules.rules, *more], rules.owners)


def print_tables(rules: RuleSet) -> None:
    """Decided and right, by category and by provider, of both sides of the split."""
    counts: dict[tuple[str, Split], list[int]] = defaultdict(lambda: [0, 0, 0])
    for placed in folder.read(CORPORA / "replies").entries:
        entry = placed.entry
        verdict = judge(weigh_entry(entry, placed.place), rules)
        decided = verdict.reason is not Reason.UNDETERMINED
        right = decided and verdict.reason in (entry.reason, *entry.ambiguous)
        for name in ("all", MEANING[entry.reason].category, f"provider {entry.provider}"):
            line = counts[name, entry.split]
            line[0] += 1
            line[1] += decided
            line[2] += right
    names = sorted({name for name, _ in counts}, key=lambda n: (n.startswith("provider"), n))
    print(f"\n{'':34}{'written from':>24}{'held apart':>26}")
    print(f"{'':34}{'replies decided  right':>24}{'replies decided  right':>26}")
    for name in names:
        cells = []
        for side in (Split.TRAIN, Split.TEST):
            of, given, good = counts.get((name, side), (0, 0, 0))
            share = f"{given / of:8.1%}" if of else f"{'-':>8}"
            hits = f"{good / given:7.1%}" if given else f"{'-':>7}"
            cells.append(f"{of:7}{share}{hits}")
        print(f"{name:34}{cells[0]:>24}{cells[1]:>26}")


def main() -> None:
    """Print the costs, then the tables."""
    rules, lines = load_shipped(), distinct_lines()
    few, many = time_judging(lines, rules), time_judging(lines, add_rules(rules))
    print(f"judging one failure, {len(lines)} different replies, {len(rules.rules)} rules")
    for name, (least, middle, most) in (("shipped", few), (f"and {MORE} more", many)):
        print(f"  {name:14} {middle:5.1f} us (median of {ROUNDS}; {least:.1f} to {most:.1f})")
    print(f"  ratio {many[1] / few[1]:.2f}")
    if "--tables" in sys.argv[1:]:
        print_tables(rules)


if __name__ == "__main__":
    main()
