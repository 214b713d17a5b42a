"""How rules alone, the model alone and both do on the validation set: the figures of the card.

    python tests/bench/validation.py FOLDER [--model DIR]

FOLDER holds `messages`, `truth.csv` and `score.py`, which says what is right. What is measured is
written beside the model as `validation.json` and into its README. Nothing of the mails is kept.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from classifier.archive import Item, read_paths
from classifier.model.report import append
from classifier.model.store import find, read_card
from classifier.model.validation import VALIDATION, Figures, Share, Validation
from classifier.pipeline import Classifier
from classifier.rules.engine import RuleSet

CLASSES: Final = {
    "sender-credentials": "credentials",
    "sender-authentication": "sender-authentication",
    "recipient-policy": "recipient-policy",
}


def main() -> None:
    """Measure all three, write them down and print the section."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default="default")
    chosen = parser.parse_args()
    model = find(chosen.model)
    found = {who: _score(chosen.folder, each) for who, each in _judges(model)}
    reasons = list(_reasons(chosen.folder / "truth.csv"))
    validated = Validation(
        digest=read_card(model).digest,
        mails=found["both"]["mails"],
        recipients=len(reasons),
        open=round(sum("undetermined" in each for each in reasons) / len(reasons), 4),
        by={who: _figures(each) for who, each in found.items()},
    )
    page = model / "README.md"
    text = append(page.read_text(encoding="utf-8"), validated)
    (model / VALIDATION).write_bytes(
        msgspec.json.format(msgspec.json.encode(validated), indent=1) + b"\n"
    )
    page.write_text(text, encoding="utf-8")
    print(text[text.index("## On real bounces") :])


def _judges(model: Path) -> Iterator[tuple[str, Classifier]]:
    yield "rules alone", Classifier(model=None)
    alone = Classifier(model=model)
    alone._rules = RuleSet([])  # no option: nobody would want it but to measure
    yield "the model alone", alone
    yield "both", Classifier(model=model)


def _score(folder: Path, judge: Classifier) -> dict[str, Any]:
    with tempfile.NamedTemporaryFile(suffix=".jsonl") as file:
        for item in read_paths([folder / "messages"]):
            if isinstance(item, Item):
                for row in judge.classify(item.raw, item.origin):
                    file.write(msgspec.json.encode(row) + b"\n")
        file.flush()
        words = [sys.executable, str(folder / "score.py"), str(folder / "truth.csv"), file.name]
        done = subprocess.run([*words, "--json"], check=True, capture_output=True, text=True)
    scored: dict[str, Any] = json.loads(done.stdout)
    return scored


def _reasons(truth: Path) -> Iterator[list[str]]:
    """The reasons that are right, of each failed recipient for whom there is any."""
    with truth.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["reasons_ok"] and "failure" in row["kind"].split("|"):
                yield row["reasons_ok"].split()


def _figures(scored: dict[str, Any]) -> Figures:
    shares = scored["scores"]
    classes = {ours: scored["mission"][theirs] for ours, theirs in CLASSES.items()}
    return Figures(
        decided=round(shares["coverage"]["micro"], 4),
        right=round(shares["decided"]["micro"], 4),
        classes={
            name: Share(
                _rounded(each["recall"]), _rounded(each["precision"]), sum(each["said"].values())
            )
            for name, each in classes.items()
        },
    )


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 4)


if __name__ == "__main__":
    main()
