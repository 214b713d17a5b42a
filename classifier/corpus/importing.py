"""Corpora from what people have: mails in folders, an mbox with a table, corrected records.

Each gives the same: mails in one mbox, and a row of `labels.csv` for each recipient.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from classifier.archive import Item, Unreadable, read_paths
from classifier.corpus.folder import ABOUT, LABELS, MESSAGES, About
from classifier.corpus.labels import Label, Provenance, read_labels, write_labels
from classifier.corpus.mails import write_mbox
from classifier.errors import OperatorError
from classifier.evidence import weigh_text
from classifier.model.corpus import cluster
from classifier.model.features import read_features
from classifier.pipeline import Classifier, read
from classifier.reasons import JUDGED, MEANING, VOCABULARY, Kind, Permanence, Reason
from classifier.rows import Row

__all__ = [
    "Imported",
    "import_folders",
    "import_records",
    "import_table",
    "read_records",
    "write_about",
]


class Imported(msgspec.Struct, frozen=True):
    """What came in, and what did not: a line each, with the reason.

    `passed` counts rows that nobody labelled, `known` what the corpus had already.
    """

    mails: int
    rows: int
    left: tuple[str, ...]
    passed: int = 0
    known: int = 0


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What a person says about a mail; `recipient` None means all that it reports."""

    recipient: str | None = None
    reason: Reason | None = None
    kind: Kind | None = None
    permanence: Permanence | None = None


def import_folders(source: Path, into: Path, classifier: Classifier) -> Imported:
    """Mails in folders that are named by reasons (`user-unknown/a.eml`) or kinds (`auto-reply/`).

    Raises `OperatorError` with every folder that has another name.
    """
    wishes: dict[str, Wish] = {}
    faults = []
    folders = sorted(path for path in source.iterdir() if path.is_dir())
    for folder in folders:
        try:
            wishes[folder.name] = Wish(reason=Reason(folder.name))
        except ValueError:
            try:
                wishes[folder.name] = Wish(kind=Kind(folder.name))
            except ValueError:
                faults.append(f"folder {folder.name} is named by no reason and no kind")
    if faults or not folders:
        cure = "Name each folder by a reason (user-unknown) or a kind (auto-reply)."
        raise OperatorError(str(source), faults or ["holds no folder"], cure)
    pairs = (
        (item, [wishes[folder.name]]) for folder in folders for item in read_paths([str(folder)])
    )
    return _import(pairs, into, source.name, classifier)


def import_table(source: Path, table: Path, into: Path, classifier: Classifier) -> Imported:
    """The mails of `source`, labelled by a CSV with a line of names.

    `mail` (or `origin`) is the mail's number in the mbox, from 0, its name, or its Message-ID;
    `reason` one of ours; `recipient`, `kind` and `permanence` may be left out. Raises
    `OperatorError` with every line at fault.
    """
    by_mail: dict[str, list[Wish]] = {}
    faults = []
    for number, cells in enumerate(_read_csv(table), 2):
        name = (cells.get("mail") or cells.get("origin") or "").strip()
        try:
            wish = _read_wish(cells)
        except msgspec.ValidationError as error:
            faults.append(f"line {number}: {error}")
            continue
        if not name:
            faults.append(f"line {number} names no mail")
        by_mail.setdefault(name.strip("<>"), []).append(wish)
    if faults:
        raise OperatorError(
            str(table), faults, "The first line names the columns: mail, reason, ..."
        )
    used: set[str] = set()

    def pairs() -> Iterator[tuple[Item | Unreadable, list[Wish]]]:
        for item in read_paths([str(source)]):
            names = _names(item, source) if isinstance(item, Item) else []
            wishes = [wish for name in names for wish in by_mail.get(name, ())]
            used.update(names)
            yield item, wishes

    imported = _import(pairs(), into, source.name, classifier)
    left = [
        f"{table.name} names {name}, which is not there" for name in by_mail if name not in used
    ]
    return msgspec.structs.replace(imported, left=(*imported.left, *left))


def _names(item: Item, source: Path) -> list[str]:
    """What a table may call a mail."""
    tail = item.origin.removeprefix(str(source)).lstrip("/")
    names = [item.origin, tail, tail.removeprefix("#"), (read(item.raw).message_id or "")]
    return list(dict.fromkeys(name.strip("<>") for name in names if name))


def import_records(
    records: Sequence[Mapping[str, Any]],
    name: str,
    root: Path,
    into: Path,
    classifier: Classifier,
) -> Imported:
    """What `whybounce classify` wrote, corrected by hand; the mails are where `origin` says.

    `root` is the folder that classify ran in. Raises `OperatorError` with every record at fault.
    """
    by_origin: dict[str, list[Wish]] = {}
    faults = []
    for number, record in enumerate(records, 1):
        try:
            by_origin.setdefault(str(record["origin"]), []).append(_read_wish(record))
        except msgspec.ValidationError as error:
            faults.append(f"record {number}: {error}")
    if faults:
        raise OperatorError(name, faults, "Reasons are those of the vocabulary.")
    files = dict.fromkeys(origin.split("#")[0] for origin in by_origin)

    def pairs() -> Iterator[tuple[Item | Unreadable, list[Wish]]]:
        for file in files:
            for item in read_paths([str(root / file)]):
                origin = file + item.origin.removeprefix(str(root / file))
                yield item, by_origin.get(origin, [])

    return _import(pairs(), into, name, classifier)


def read_records(path: Path) -> list[dict[str, Any]]:
    """The objects of a file of JSON (a list or a line each), or the rows of a CSV.

    Raises `OperatorError` where it is neither.
    """
    text = path.read_text(encoding="utf-8-sig")
    if not text.lstrip().startswith(("{", "[")):
        return _read_csv(path)
    try:
        if text.lstrip().startswith("["):
            found = msgspec.json.decode(text)
        else:
            found = [msgspec.json.decode(line) for line in text.splitlines() if line.strip()]
    except msgspec.DecodeError as error:
        raise OperatorError(
            str(path), [f"is no JSON: {error}"], "Give JSON lines or CSV."
        ) from error
    return [each for each in found if isinstance(each, dict)]


def _read_csv(path: Path) -> list[dict[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
        lines = io.StringIO(text, newline="")
        return list(csv.DictReader(lines, delimiter=_find_delimiter(text), strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        cure = "Give a CSV; a spreadsheet saves it as CSV UTF-8."
        raise OperatorError(str(path), [f"cannot be read: {error}"], cure) from error


def _find_delimiter(text: str) -> str:
    """What parts the names in the first line: spreadsheets of half the world write semicolons."""
    names = text.partition("\n")[0]
    return max(",;\t", key=names.count)


def _read_wish(cells: Mapping[str, Any]) -> Wish:
    known = {name: cells[name] for name in Wish.__struct_fields__ if cells.get(name)}
    return msgspec.convert(known, Wish, strict=False)


def _import(
    pairs: Iterable[tuple[Item | Unreadable, Sequence[Wish]]],
    into: Path,
    name: str,
    classifier: Classifier,
) -> Imported:
    mails: list[bytes] = []
    labels: list[Label] = []
    texts: list[str] = []
    left: list[str] = []
    file = _choose_name(into, name)
    for item, wishes in pairs:
        if isinstance(item, Unreadable):
            left.append(f"{item.origin} {item.why}; {item.cure}")
            continue
        rows = classifier.classify(item.raw, item.origin)
        own = list(_label(f"{MESSAGES}/{file}#{len(mails)}", wishes, rows, left.append))
        if own:
            mails.append(item.raw)
            labels += [label for label, _ in own]
            texts += [text for _, text in own]
        elif not wishes:
            left.append(f"{item.origin} has no label")
    groups = cluster(texts)
    labels = [
        msgspec.structs.replace(label, group=_name_group(texts[group]))
        for label, group in zip(labels, groups, strict=True)
    ]
    if mails:
        _save(into, file, mails, labels)
    return Imported(len(mails), len(labels), tuple(left))


def _label(
    origin: str, wishes: Sequence[Wish], rows: Sequence[Row], leave: Callable[[str], None]
) -> Iterator[tuple[Label, str]]:
    """The labels of one mail, each with the masked words that its group is found by."""
    for wish in wishes:
        chosen = [row for row in rows if wish.recipient in (None, row.recipient)]
        if wish.recipient and not chosen:  # the mail hides it, or whybounce misses it: it counts
            chosen = [msgspec.structs.replace(rows[0], recipient=wish.recipient)]
        for row in chosen:
            kind = wish.kind or (
                Kind.FAILURE if wish.reason and row.kind not in JUDGED else row.kind
            )
            judged = kind in JUDGED
            if judged and not (row.recipient and wish.reason):
                leave(f"{origin} names no recipient" if wish.reason else f"{origin} has no reason")
                continue
            permanence = wish.permanence or _permanence(row, wish)
            label = Label(
                origin=origin,
                recipient=row.recipient,
                kind=kind,
                reason=wish.reason if judged else None,
                permanence=permanence if judged else None,
                reply_code=row.reply_code,
                status=row.status,
                group="",
                provenance=Provenance.IMPORTED,
            )
            text = read_features(weigh_text(row.diagnostic_code or "")).text
            yield label, text or f"{row.format} {row.status} {kind}"


def _permanence(row: Row, wish: Wish) -> Permanence:
    if row.permanence and row.reason == wish.reason:
        return Permanence(row.permanence)
    return MEANING[wish.reason].usual if wish.reason else Permanence.UNKNOWN


def _name_group(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:10]


def _choose_name(into: Path, name: str) -> str:
    """A name for an mbox that is not there yet."""
    stem = "".join(c if c.isalnum() or c in "-_" else "-" for c in name.split(".")[0]) or "mails"
    number, file = 1, f"{stem}.mbox"
    while (into / MESSAGES / file).exists():
        number += 1
        file = f"{stem}-{number}.mbox"
    return file


def _save(into: Path, file: str, mails: Sequence[bytes], labels: Sequence[Label]) -> None:
    """Add mails and labels to the corpus at `into`, which is made if it is not there."""
    old: list[Label] = []
    if (into / LABELS).exists():
        old, faults = read_labels(into / LABELS)
        if faults:
            raise OperatorError(str(into), faults, "Mend these first; nothing was written.")
    write_mbox(into / MESSAGES / file, mails)
    write_labels(into / LABELS, [*old, *labels])
    write_about(into)


def write_about(into: Path) -> None:
    """Write a `corpus.toml` to be filled in, where there is none."""
    if (into / ABOUT).exists():
        return
    about = About(
        name=into.resolve().name,
        version="1",
        licence="private",
        made="whybounce corpus import",
        provenance=Provenance.IMPORTED,
        vocabulary=VOCABULARY,
    )
    lines = ["# What this corpus is: complete it before you pass it on."]
    for key, value in msgspec.structs.asdict(about).items():
        lines.append(f"{key} = {msgspec.json.encode(str(value)).decode()}")
    into.mkdir(parents=True, exist_ok=True)
    (into / ABOUT).write_text("\n".join(lines) + "\n", encoding="utf-8")
