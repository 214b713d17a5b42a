"""Mails without the people in them: what names anybody becomes something else of the same shape.

Addresses, hosts, IPs, ids and names are replaced, equal ones by equal ones; codes, the words of
servers and the hosts of providers stay, so that a verdict stays, too. What could not be told from
a name is listed. A mail at which anything goes wrong is left out.
"""

from __future__ import annotations

import bz2
import gzip
import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from classifier.archive import Item, Unreadable, read_paths
from classifier.corpus.anonymise.cipher import Cipher
from classifier.corpus.anonymise.mails import rewrite_mail
from classifier.corpus.anonymise.names import Names
from classifier.corpus.anonymise.words import Mode, Words
from classifier.corpus.folder import ABOUT, LABELS, MESSAGES
from classifier.corpus.labels import Label, read_labels, write_labels
from classifier.corpus.mails import pack, quote_mail
from classifier.notifications import looks_like_json
from classifier.terminal import neutral

__all__ = ["UNRECOGNISED", "Done", "anonymise"]

UNRECOGNISED: Final = "unrecognised.txt"
_LISTED: Final = 5000  # lines at most
_SINGLES: Final = "mails"  # where mails go that had a file each
_PACKED: Final = re.compile(r"\.(?:gz|bz2|xz)$")


class Done(msgspec.Struct, frozen=True):
    """What came out: mails, names replaced, doubtful words listed; what was left out, and why."""

    mails: int
    replaced: int
    unrecognised: int
    left: tuple[str, ...]


class _Out:
    """The files that are written, one open at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._counts: dict[str, int] = {}

    def add(self, name: str, mail: bytes) -> str:
        """Write a mail; its origin in the new corpus."""
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:
            file.write(mail.strip() + b"\n" if looks_like_json(mail) else quote_mail(mail))
        number = self._counts.get(name, 0)
        self._counts[name] = number + 1
        return f"{MESSAGES}/{name}#{number}"

    def close(self) -> None:
        """Pack those whose names say that they are."""
        for name in self._counts:
            path = self._folder / name
            if path.suffix == ".xz":
                path.write_bytes(pack(path.read_bytes()))
            elif path.suffix == ".gz":
                path.write_bytes(gzip.compress(path.read_bytes(), mtime=0))
            elif path.suffix == ".bz2":
                path.write_bytes(bz2.compress(path.read_bytes()))


def anonymise(source: Path, into: Path, seed: str) -> Done:
    """Write the corpus or the mails at `source` into the folder `into`, without the people in them.

    With the same `seed` the same comes out; who has it may tell which name stands for which.
    """
    words = Words(Names(Cipher(seed)))
    left: list[str] = []
    is_corpus = (source / ABOUT).is_file()
    folder = source / MESSAGES if is_corpus else source
    origins: dict[str, str] = {}
    mails = 0
    into.mkdir(parents=True, exist_ok=True)
    out = _Out(into / MESSAGES)
    for item in read_paths([folder]) if folder.exists() else ():
        origin = _origin(item.origin, source)
        made = _rewrite(item, origin, words, left)
        if made is not None:
            mails += 1
            new = out.add(_file_of(item.origin, folder, looks_like_json(made)), made)
            if is_corpus:
                origins[origin] = new
    out.close()
    if is_corpus:
        _copy_about(source / ABOUT, into / ABOUT)
        _rewrite_labels(source, into, words, origins, left)
        for file in sorted(source.glob("*.toml")):
            if file.name != ABOUT:
                _rewrite_replies(file, into / file.name, words, left)
    listed = _list_doubtful(words, into / UNRECOGNISED)
    return Done(mails, len(words.names.seen), listed, tuple(left))


def _origin(origin: str, source: Path) -> str:
    """An origin as labels write it: as seen from the corpus."""
    return origin.removeprefix(f"{source}{os.sep}").replace(os.sep, "/")


def _file_of(origin: str, folder: Path, is_json: bool) -> str:
    """The file that a mail goes to: of the same name, or one for all that had a file each."""
    file, number, _ = origin.rpartition("#")
    ending = ".jsonl" if is_json else ".mbox"
    if not number:
        return _SINGLES + ending
    name = file.removeprefix(f"{folder}{os.sep}") if folder.is_dir() else Path(file).name
    plain = _PACKED.sub("", name)
    if plain.endswith((".json", ".jsonl") if is_json else ".mbox") or plain != name:
        return name
    return name + ending


def _rewrite(item: Item | Unreadable, origin: str, words: Words, left: list[str]) -> bytes | None:
    """The mail as it may be passed on; None, and a line in `left`, where it may not."""
    if isinstance(item, Unreadable):
        left.append(f"{origin} {item.why}; {item.cure}")
        return None
    words.origin = origin
    try:
        return rewrite_mail(item.raw, words)
    except Exception as error:  # whatever it was, the mail must not get through
        left.append(f"{origin} could not be rewritten ({type(error).__name__}); look at it by hand")
        return None


def _copy_about(source: Path, target: Path) -> None:
    text = source.read_text(encoding="utf-8")
    if not text.endswith("\n"):
        text += "\n"
    target.write_text(
        text + "# Anonymised by `whybounce corpus anonymise`: names, addresses, hosts, IPs and ids"
        " are not the real ones.\n",
        encoding="utf-8",
    )


def _rewrite_labels(
    source: Path, into: Path, words: Words, origins: dict[str, str], left: list[str]
) -> None:
    if not (source / LABELS).exists():
        return
    labels, faults = read_labels(source / LABELS)
    left += faults
    words.begin(LABELS)

    def rows() -> Iterator[Label]:
        for label in labels:
            new = origins.get(label.origin) or origins.get(f"{label.origin}#0")
            if new is None:
                left.append(f"{LABELS} names {label.origin}, which is not among the mails")
                continue
            recipient = label.recipient and words.rewrite(label.recipient, Mode.ALL)
            yield msgspec.structs.replace(label, origin=new, recipient=recipient)

    write_labels(into / LABELS, rows())


def _rewrite_replies(source: Path, target: Path, words: Words, left: list[str]) -> None:
    """A file of replies, its texts rewritten; comments do not come along."""
    words.begin(source.name)
    try:
        tables = tomllib.loads(source.read_text(encoding="utf-8")).get("reply", [])
        lines = []
        for table in tables:
            lines.append("[[reply]]")
            for key, value in table.items():
                if key == "text":
                    value = words.rewrite(value, Mode.NOTICE)
                lines.append(f"{key} = {_toml(value)}")
            lines.append("")
        target.write_text("\n".join(lines), encoding="utf-8")
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, AttributeError) as error:
        left.append(f"{source.name} cannot be read: {error}")


def _toml(value: Any) -> str:
    """A string or a list of strings as TOML; JSON writes them alike, but for one sign."""
    return msgspec.json.encode(value).decode().replace("\x7f", "\\u007f")


def _list_doubtful(words: Words, path: Path) -> int:
    """Write what may be a name, the commonest first; how many lines."""
    found = sorted(words.doubtful.items(), key=lambda pair: (-pair[1], pair[0]))[:_LISTED]
    with path.open("w", encoding="utf-8") as file:
        file.write("# count, word, and one mail that it stands in: is any of these a name?\n")
        for word, count in found:
            file.write(f"{count}\t{neutral(word)}\t{neutral(words.places[word])}\n")
    return len(found)
