"""What the builders of `services` write with: names of theirs for what `classifier.corpus` does."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from classifier.corpus import labels
from classifier.corpus.labels import Label
from classifier.corpus.mails import pack, quote_mail, write_mbox
from classifier.model.corpus import Entry

__all__ = ["LabelRow", "entry_key", "quote_mail", "write_labels", "write_mbox", "write_packed"]


@dataclass(frozen=True, slots=True)
class LabelRow:
    """A `Label` in plain words, of a mail that is built; "" is what the mail does not say."""

    origin: str
    recipient: str
    kind: str
    reason: str = ""
    permanence: str = ""
    reply_code: str = ""
    status: str = ""
    group: str = ""
    provenance: str = "synthetic"
    split: str = "train"
    entry: str = ""


def entry_key(entry: Entry) -> str:
    """The name of a catalogue entry in labels."""
    return entry.key


def write_labels(path: Path, rows: Iterable[LabelRow]) -> int:
    """Write `rows` in the order given, with a header, and return how many they were."""
    return labels.write_labels(path, map(_label, rows))


def _label(row: LabelRow) -> Label:
    told = {name: value for name, value in dataclasses.asdict(row).items() if value}
    return msgspec.convert({"group": "", **told}, Label)


def write_packed(path: Path, content: bytes) -> None:
    """Write `content` to `path`, through xz if its name says so."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pack(content) if path.suffix == ".xz" else content)
