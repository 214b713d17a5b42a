"""How mail systems that nobody here has seen will fare: each format read without its reader.

    python tests/bench/without.py [FOLDER with messages/ and truth.csv ...]

For every format its mails are read again by the general reader or the last resort, as if nothing
knew their marks; the table says how many of their recipients are still found. The mails are the
project's samples, and those of the folders given.
"""

from __future__ import annotations

import argparse
import csv
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple
from unittest.mock import patch

from classifier import reading
from classifier.formats import GENERAL, LAST_RESORT, READERS, Clues, Reader
from classifier.formats.prose import read_prose
from classifier.pipeline import read
from classifier.reasons import Kind

SAMPLES: Final = Path(__file__).parents[1] / "messages"
REPORTS: Final = frozenset({Kind.FAILURE, Kind.DELAY})
LEAST: Final = 0.85


class Mail(NamedTuple):
    """A mail and the recipients that it reports, in lower case."""

    raw: bytes
    recipients: frozenset[str]


def list_samples() -> Iterator[Mail]:
    for path in sorted(SAMPLES.rglob("*.eml")):
        records = tomllib.loads(path.with_suffix(".toml").read_text("utf-8"))["record"]
        if records[0]["format"].endswith("-json"):
            continue
        named = [each.get("recipient") for each in records if each["kind"] in REPORTS]
        if any(named):
            yield Mail(path.read_bytes(), frozenset(name.lower() for name in named if name))


def list_measured(folder: Path) -> Iterator[Mail]:
    rows: dict[str, set[str]] = defaultdict(set)
    with (folder / "truth.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["kind"] in REPORTS:
                rows[row["path"]].update(row["recipients"].lower().split())
    for name, recipients in rows.items():
        if recipients:
            yield Mail((folder / name).read_bytes(), frozenset(recipients))


def find(mail: Mail) -> tuple[int, str]:
    """How many of its recipients are found, and its format."""
    report = read(mail.raw)
    named = {each.recipient.lower() for each in report.failures if each.recipient}
    named |= {(each.original_recipient or "").lower() for each in report.failures}
    return len(mail.recipients & named), report.format


def choose_none(clues: Clues) -> Reader:
    return LAST_RESORT if clues.status is None else GENERAL


def measure(mails: list[Mail]) -> dict[str, list[int]]:
    """By format: mails, recipients, found by its reader, found without it."""
    table: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    known = {reader.name for reader in READERS}
    for mail in mails:
        found, name = find(mail)
        if name not in known:
            continue
        with patch.object(reading, "choose", choose_none):
            without, _ = find(mail)
        row = table[name]
        for place, count in enumerate((1, len(mail.recipients), found, without)):
            row[place] += count
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description="Each format without its reader.")
    parser.add_argument("folders", nargs="*", type=Path)
    mails = list(list_samples())
    for folder in parser.parse_args().folders:
        mails.extend(list_measured(folder))
    own = {reader.name for reader in READERS if reader.read is not read_prose}
    table = measure(mails)
    print(f"{'format':22} {'reader':8} mails  recipients  found  without")
    for name, (count, wanted, found, without) in sorted(table.items()):
        mark = "" if without >= LEAST * wanted else "  below 85 %"
        kind = "own" if name in own else "general"
        print(f"{name:22} {kind:8} {count:5} {wanted:11} {found:6} {without:8}{mark}")
    sums = [sum(column) for column in zip(*table.values(), strict=True)]
    print(f"{'all':22} {'':8} {sums[0]:5} {sums[1]:11} {sums[2]:6} {sums[3]:8}")
    low = [name for name, row in table.items() if row[3] < LEAST * row[1]]
    print(f"{len(table)} formats, {len(low)} below 85 %: {', '.join(sorted(low)) or 'none'}")


if __name__ == "__main__":
    main()
