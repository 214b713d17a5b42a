"""The CSV that `whybounce label` wrote, with reasons filled in by a person, as replies.

A row without a reason is passed over: nobody has to label them all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from classifier.codes import class_permanence
from classifier.corpus.entries import write_entries
from classifier.corpus.folder import ABOUT, read
from classifier.corpus.importing import Imported, write_about
from classifier.errors import OperatorError
from classifier.evidence import weigh_text
from classifier.model.corpus import Entry, check_slots, fill_slots
from classifier.model.features import read_features
from classifier.reasons import MEANING, Permanence, Reason
from classifier.sinks import bare_cell

__all__ = ["import_labelled", "looks_labelled"]

_NEEDED: Final = ("reply", "reason")
_CURE: Final = "Mend these rows, or empty their `reason` to leave them out; nothing was written."
_UNKNOWN: Final = "various"  # the provider of words that anybody may say

Word = TypeVar("Word", bound=StrEnum)
Said = tuple[str, str | None, str | None]


def _said(entry: Entry) -> Said:
    """What makes two replies one: at another command the same words may mean another thing."""
    return entry.text, entry.command, entry.hop


def looks_labelled(records: Sequence[Mapping[str, Any]]) -> bool:
    """Whether records are rows of `whybounce label`: replies with reasons, and no mail."""
    return bool(records) and "origin" not in records[0] and all(n in records[0] for n in _NEEDED)


def import_labelled(records: Sequence[Mapping[Any, Any]], name: str, into: Path) -> Imported:
    """Add the labelled replies among `records` to the corpus at `into`, each once.

    What the corpus has already with the same reason is passed over, with another it is said.
    Raises `OperatorError` with every row at fault, or where no row has a reason.
    """
    entries: dict[Said, Entry] = {}
    rows: dict[Said, int] = {}
    faults: list[str] = []
    unlabelled = 0
    for number, record in enumerate(records, 2):  # as spreadsheets count: the names are row 1
        cells = {key: _cell(value) for key, value in record.items() if isinstance(key, str)}
        if not cells.get("reason"):
            unlabelled += 1
            continue
        try:
            entry = _read_entry(cells, name)
        except msgspec.ValidationError as error:
            faults.append(f"row {number}: {error}")
            continue
        said = _said(entry)
        before = entries.setdefault(said, entry)
        row = rows.setdefault(said, number)
        if before.reason is not entry.reason:
            faults.append(
                f"row {number} is {entry.reason}; row {row} has the same reply as {before.reason}"
            )
    if faults:
        raise OperatorError(name, faults, _CURE)
    if not entries:
        cure = "Write a reason into the column `reason` of the rows that you know."
        raise OperatorError(name, ["has no row with a reason"], cure)
    known, left = _sift(entries, rows, into, name)
    if entries:
        write_about(into)
        write_entries(_choose_path(into, name), entries.values())
    return Imported(0, len(entries), tuple(left), passed=unlabelled, known=known)


def _cell(value: Any) -> str:
    return " ".join(bare_cell(value).split()) if isinstance(value, str) else ""


def _read_entry(cells: Mapping[str, str], name: str) -> Entry:
    """The reply of one row. Raises `msgspec.ValidationError` with what is wrong."""
    reason = _read_word(cells["reason"], Reason, "reason")
    if not cells.get("reply"):
        raise msgspec.ValidationError("has a reason and no reply")
    check_slots(cells["reply"])
    text = _complete(cells["reply"], cells.get("reply_code"), cells.get("status"))
    told = cells.get("permanence")
    known = {
        "text": text,
        "provider": cells.get("provider") or _UNKNOWN,
        "reason": reason,
        "permanence": _read_word(told, Permanence, "permanence")
        if told
        else _usual(reason, text, cells),
        "source": cells.get("source") or f"imported from {name}",
        "hop": cells.get("hop") or None,
        "command": (cells.get("command") or "").upper() or None,
    }
    if known["command"] == "QUIT":  # a refusal to say goodbye teaches nothing by that
        known["command"] = None
    return msgspec.convert(known, Entry)


def _read_word(text: str, words: type[Word], what: str) -> Word:
    """One of a closed set, however it is written: `User unknown` is `user-unknown`."""
    plain = "-".join(text.lower().replace("_", " ").replace("-", " ").split())
    try:
        return words(plain)
    except ValueError:
        near = get_close_matches(plain, list(words), 1, 0.5)
        names = f"did you mean {near[0]}?" if near else f"known are {', '.join(words)}"
        raise msgspec.ValidationError(f"{what} {text!r} is unknown; {names}") from None


def _usual(reason: Reason, text: str, cells: Mapping[str, str]) -> Permanence:
    """What the class of the code says, as the judge has it; else what is usual for the reason."""
    evidence = weigh_text(fill_slots(text, text))
    code = evidence.reply_code or evidence.status or cells.get("reply_code") or cells.get("status")
    by_class = class_permanence(code or None)
    return MEANING[reason].usual if by_class is Permanence.UNKNOWN else by_class


def _complete(text: str, code: str | None, status: str | None) -> str:
    """A reply from its code on, as the catalogue has them, though the mail told the code apart."""
    best, words = text, read_features(weigh_text(fill_slots(text, text))).text
    for full in _completions(text, code, status):
        evidence = weigh_text(fill_slots(full, text))
        told = (evidence.reply_code, evidence.status)
        if told == (code or None, status or None) and read_features(evidence).text == words:
            return full
    return best


def _completions(text: str, code: str | None, status: str | None) -> Iterator[str]:
    yield text
    if code and status and text.startswith(code):
        yield f"{code} {status}{text[len(code) :]}"
    codes = " ".join(filter(None, (code, status)))
    if codes:
        yield f"{codes} {text}"
    if code:
        yield f"{code} {text}"


def _sift(
    entries: dict[Said, Entry], rows: Mapping[Said, int], into: Path, name: str
) -> tuple[int, list[str]]:
    """Take out what the corpus has already; how many with the same reason, a line each other."""
    if not into.exists():
        return 0, []
    known, left = 0, []
    for placed in read(into).entries:
        said = _said(placed.entry)
        entry = entries.pop(said, None)
        if entry is None:
            continue
        if entry.reason in (placed.entry.reason, *placed.entry.ambiguous):
            known += 1
        else:
            left.append(
                f"{name}: row {rows[said]} is {entry.reason}; {placed.place} has the same reply"
                f" as {placed.entry.reason}"
            )
    return known, left


def _choose_path(into: Path, name: str) -> Path:
    """A file that is not there yet."""
    stem = Path(name).stem or "labelled"
    number, path = 1, into / f"{stem}.toml"
    while path.name == ABOUT or path.exists():
        number += 1
        path = into / f"{stem}-{number}.toml"
    return path
