"""A corpus on disk: found, read, and what is wrong with it as text.

`corpora/lab/corpus.toml`, `corpora/lab/labels.csv`, `corpora/lab/messages/postfix.mbox.xz`.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from classifier.archive import Item, Unreadable, read_paths
from classifier.corpus.labels import Label, Provenance, read_labels
from classifier.errors import OperatorError
from classifier.model.corpus import Entry, read_entries
from classifier.reasons import VOCABULARY

__all__ = ["ABOUT", "LABELS", "MESSAGES", "About", "Corpus", "Placed", "find", "read", "read_mails"]

ABOUT: Final = "corpus.toml"
LABELS: Final = "labels.csv"
MESSAGES: Final = "messages"


class About(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`corpus.toml`: what a corpus is. `made` tells how it was made, and by what."""

    name: str
    version: str
    licence: str
    made: str
    provenance: Provenance
    vocabulary: str


class Placed(msgspec.Struct, frozen=True):
    """A reply of the catalogue, and where it stands."""

    entry: Entry
    file: str  # name of the file
    number: int  # from 1, as people count

    @property
    def place(self) -> str:
        """`microsoft.toml, reply 12`."""
        return f"{self.file}, reply {self.number}"


class Corpus(msgspec.Struct, frozen=True):
    """One corpus as read; `faults` is what is wrong, a line each."""

    path: Path
    about: About | None
    entries: tuple[Placed, ...]
    labels: tuple[Label, ...]
    faults: tuple[str, ...]


def find(paths: Iterable[Path]) -> list[Path]:
    """The corpora under `paths`: each that is one, or else those right within it.

    Files are passed over, and what Python keeps beside its modules, so that `corpora/*` may be
    given. Raises `OperatorError` where a folder is no corpus and holds none, or where nothing was
    found.
    """
    found: list[Path] = []
    faults = []
    for path in paths:
        if path.is_file() or path.name == "__pycache__":
            continue
        inner = [path] if (path / ABOUT).is_file() else sorted(path.glob(f"*/{ABOUT}"))
        found += [each.parent if each.name == ABOUT else each for each in inner]
        if not inner:
            why = f"holds no {ABOUT}" if path.is_dir() else "does not exist"
            faults.append(f"{path} {why}")
    if faults or not found:
        cure = f"Name a folder with a {ABOUT}, or one with such folders in it."
        raise OperatorError("corpus", faults or ["no folder was named"], cure)
    return found


def read(path: Path) -> Corpus:
    """Read what a corpus says of itself, its replies and its labels, but no mail. Never raises."""
    about, faults = _read_about(path / ABOUT)
    entries: list[Placed] = []
    for file in sorted(path.glob("*.toml")):
        if file.name != ABOUT:
            own, wrong = read_entries(file)
            entries += [Placed(entry, file.name, number) for number, entry in own]
            faults += wrong
    labels: list[Label] = []
    if (path / LABELS).exists():
        labels, wrong = read_labels(path / LABELS)
        faults += wrong
    elif (path / MESSAGES).exists():
        faults.append(f"holds {MESSAGES} and no {LABELS}")
    if not entries and not labels and not faults:
        faults.append(f"holds neither replies (*.toml) nor {LABELS}")
    return Corpus(path, about, tuple(entries), tuple(labels), tuple(faults))


def _read_about(path: Path) -> tuple[About | None, list[str]]:
    try:
        about = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), About)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        return None, [f"{path.name} cannot be read: {error}"]
    except msgspec.ValidationError as error:
        return None, [f"{path.name}: {error}"]
    if about.vocabulary != VOCABULARY:
        return about, [f"{path.name}: vocabulary {about.vocabulary}; known here is {VOCABULARY}"]
    return about, []


def read_mails(corpus: Corpus) -> Iterator[Item | Unreadable]:
    """Every mail of a corpus, its origin as the labels write it: `messages/a.mbox#0`."""
    folder = corpus.path / MESSAGES
    if not folder.exists():
        return
    root = f"{corpus.path}{os.sep}"
    for item in read_paths([folder]):
        origin = item.origin.removeprefix(root).replace(os.sep, "/")
        yield msgspec.structs.replace(item, origin=origin)
