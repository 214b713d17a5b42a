"""The corpus as files: one mbox a box, and the labels."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from corpora.clean.mail import Clean, split_of
from corpora.clean.ordinary import build_ordinary
from corpora.clean.receipts import build_receipts
from corpora.clean.reports import build_reports
from corpora.clean.templates import build_templates
from corpora.labels import LabelRow, write_labels, write_mbox

__all__ = ["build_all", "write_corpus"]


def build_all() -> Iterator[Clean]:
    """Write all clean mails; the same every time."""
    yield from build_ordinary()
    yield from build_templates()
    yield from build_receipts()
    yield from build_reports()


def write_corpus(folder: Path) -> dict[str, int]:
    """Write `messages/*.mbox` and `labels.csv`.

    Args:
        folder: Where to; what lies there is overwritten.

    Returns:
        How many mails each mbox holds.
    """
    boxes: dict[str, list[Clean]] = defaultdict(list)
    for mail in build_all():
        boxes[mail.box].append(mail)
    rows = []
    for box in sorted(boxes):
        write_mbox(folder / "messages" / f"{box}.mbox", (mail.raw for mail in boxes[box]))
        rows += [
            LabelRow(
                origin=f"messages/{box}.mbox#{number}",
                recipient="",
                kind=mail.kind.value,
                group=mail.group,
                provenance=mail.provenance,
                split=split_of(mail.group),
            )
            for number, mail in enumerate(boxes[box])
        ]
    write_labels(folder / "labels.csv", rows)
    return {box: len(boxes[box]) for box in sorted(boxes)}
