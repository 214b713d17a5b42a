"""`labels.csv`: what each recipient of each mail of a corpus means.

One row a recipient that a mail reports, or a mail that reports none. Columns may stand in any
order; those that say nothing may be left out, and others are passed over.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Final

import msgspec

from classifier.model.corpus import Split
from classifier.reasons import JUDGED, Kind, Permanence, Reason

__all__ = ["COLUMNS", "Label", "Provenance", "read_labels", "write_labels"]


class Provenance(StrEnum):
    """Where a mail, or a label, comes from."""

    REAL = "real"  # written by a mail server that was made to refuse
    SYNTHETIC = "synthetic"  # built after a documented form
    DOCUMENTED = "documented"  # words that a document, or somebody in public, says were sent
    WRITTEN = "written"  # by hand
    IMPORTED = "imported"  # from somebody's archive


class Label(msgspec.Struct, frozen=True, kw_only=True):
    """What one reported recipient means; None is what the mail does not say.

    `origin` is the file as seen from the corpus, `#n` (from 0) for the n-th mail in it. Rows of one
    `group` are never parted by a split. `reply_code` and `status` are those of the innermost reply
    that the mail shows. `entry` names the reply of the catalogue behind it.
    """

    origin: str
    recipient: str | None = None
    kind: Kind = Kind.FAILURE
    reason: Reason | None = None
    permanence: Permanence | None = None
    reply_code: str | None = None
    status: str | None = None
    group: str
    provenance: Provenance
    split: Split = Split.TRAIN
    entry: str | None = None


COLUMNS: Final = Label.__struct_fields__


def read_labels(path: Path) -> tuple[list[Label], list[str]]:
    """The rows of `path` that are right, and what is wrong with the others, a line each."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        return [], [f"{path.name} cannot be read: {error}"]
    labels, faults = [], []
    for number, row in enumerate(rows, 2):  # as editors count: the first line holds the names
        cells = {name: row[name] for name in COLUMNS if row.get(name)}
        try:
            label = msgspec.convert(cells, Label, strict=False)
        except msgspec.ValidationError as error:
            faults.append(f"{path.name}:{number}: {error}")
            continue
        fault = _find_fault(label)
        if fault:
            faults.append(f"{path.name}:{number}: {fault}")
        else:
            labels.append(label)
    return labels, faults


def _find_fault(label: Label) -> str:
    judged = label.kind in JUDGED
    if judged and not (label.reason and label.permanence):
        return f"a {label.kind} has a reason and a permanence"
    if not judged and label.reason:
        return f"{label.kind} has no reason"
    if judged and not label.recipient:
        return f"a {label.kind} has a recipient"
    if label.kind is Kind.ERROR:
        return "error is no kind of a mail"
    return ""


def write_labels(path: Path, labels: Iterable[Label], columns: Sequence[str] = COLUMNS) -> int:
    """Write `labels` in the order given, under a line of names; how many there were."""
    path.parent.mkdir(parents=True, exist_ok=True)
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        for label in labels:
            writer.writerow([getattr(label, name) or "" for name in columns])
            count += 1
    return count
