"""What a labelled corpus is written with: mboxes, `labels.csv`, the key of a catalogue entry.

The same input gives the same bytes, so that a corpus made again shows in version control only
what changed.
"""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import lzma
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from classifier.model.corpus import Entry

__all__ = ["LabelRow", "entry_key", "quote_mail", "write_labels", "write_mbox", "write_packed"]

_SEPARATOR: Final = b"From MAILER-DAEMON Sun Nov  1 00:00:00 2026\n"
_QUOTABLE: Final = re.compile(rb"^(>*From )", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class LabelRow:
    """One row of `labels.csv`: what one failed recipient of one mail (or one mail) means.

    What is unknown, or not said by the mail, is "".
    """

    origin: str  # the file as seen from the corpus's folder on, `#n` for the n-th mail from 0
    recipient: str
    kind: str  # failure, delay, ...
    reason: str = ""
    permanence: str = ""
    reply_code: str = ""  # of the innermost reply that the mail shows
    status: str = ""
    group: str = ""  # rows of one group are never parted between training and testing
    provenance: str = "synthetic"
    split: str = "train"
    entry: str = ""  # key of the catalogue entry behind the reply, if there is one


def entry_key(entry: Entry) -> str:
    """The name of a catalogue entry in labels: stable as long as provider and text are."""
    return hashlib.sha256(f"{entry.provider}|{entry.text}".encode()).hexdigest()[:10]


def write_labels(path: Path, rows: Iterable[LabelRow]) -> int:
    """Write `rows` in the order given, with a header, and return how many they were."""
    names = [field.name for field in dataclasses.fields(LabelRow)]
    path.parent.mkdir(parents=True, exist_ok=True)
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names)
        for row in rows:
            writer.writerow([getattr(row, name) for name in names])
            count += 1
    return count


def quote_mail(mail: bytes) -> bytes:
    """`mail` as it stands in an mbox: lines end in LF, `From ` gets a `>` (mboxrd)."""
    body = _QUOTABLE.sub(rb">\1", mail.replace(b"\r\n", b"\n"))
    return _SEPARATOR + body + (b"\n" if body.endswith(b"\n") else b"\n\n")


def write_mbox(path: Path, mails: Iterable[bytes]) -> int:
    """Write `mails` as one mboxrd, packed if `path` ends in `.xz`; return how many they were."""
    pieces = [quote_mail(mail) for mail in mails]
    write_packed(path, b"".join(pieces))
    return len(pieces)


def write_packed(path: Path, content: bytes) -> None:
    """Write `content` to `path`, through xz if its name says so."""
    if path.suffix == ".xz":
        # Named in full: what a default is may differ from one liblzma to the next.
        filters = [{"id": lzma.FILTER_LZMA2, "preset": 9, "dict_size": 1 << 23}]
        content = lzma.compress(content, lzma.FORMAT_XZ, lzma.CHECK_CRC64, filters=filters)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
