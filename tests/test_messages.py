"""Whole mails, each beside what it means: `messages/FOLDER/NAME.eml` and `NAME.toml`.

`cannot-yet/` holds, in the same form, answers that are right and that the code does not give yet.
"""

from __future__ import annotations

import random
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from classifier import reading
from classifier.formats import READERS, Clues, Reader, choose, claimants
from classifier.pipeline import Classifier, read
from classifier.reasons import Kind
from classifier.rows import COLUMNS, Row
from tests.bench import without

HERE: Final = Path(__file__).parent
SUFFIXES: Final = (".eml", ".json", ".jsonl")  # mails, and notifications of sending services


def found(folder: str) -> list[Path]:
    return sorted(path for path in (HERE / folder).rglob("*") if path.suffix in SUFFIXES)


MESSAGES: Final = found("messages")
CANNOT_YET: Final = found("cannot-yet")

#: Keys that speak of a record without being one of its own.
EXTRA: Final = frozenset({"absent", "evidence_has", "defects_have"})
REPORTS: Final = frozenset({"failure", "delay", "success"})
UNREAD: Final = frozenset({"rfc3464", "text"})  # formats that no reader claims


def name_of(path: Path) -> str:
    return str(path.relative_to(HERE).with_suffix(""))


def samples(paths: list[Path]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("path", [pytest.param(p, id=name_of(p)) for p in paths])


@cache
def expected(path: Path) -> Mapping[str, Any]:
    return tomllib.loads(path.with_suffix(".toml").read_text(encoding="utf-8"))


@cache
def classifier() -> Classifier:
    return Classifier()


def rows_of(raw: bytes) -> tuple[Row, ...]:
    return classifier().classify(raw, "-")


def differences(row: Row, want: Mapping[str, Any]) -> list[str]:
    """What a record says otherwise than its `[[record]]` asks for."""
    unknown = want.keys() - set(COLUMNS) - EXTRA
    assert not unknown, f"no such keys in a record: {unknown}"
    have = msgspec.json.decode(msgspec.json.encode(row))
    found = []
    for name in want.get("absent", ()):
        if have[name] not in (None, [], {}):
            found.append(f"{name}: {have[name]!r} instead of absent")
    for name in ("evidence", "defects"):
        for words in want.get("evidence_has" if name == "evidence" else "defects_have", ()):
            if not any(words in line for line in have[name]):
                found.append(f"{name}: {words!r} is in none of {have[name]!r}")
    for name in want.keys() - EXTRA:
        found += differ(name, have[name], want[name])
    return sorted(found)


def differ(name: str, have: Any, want: Any) -> list[str]:
    """As `differences`, of one key; of a table only the keys that are asked for."""
    if isinstance(want, Mapping) and isinstance(have, Mapping):
        assert want.keys() <= have.keys(), f"no such keys in {name}: {want.keys() - have.keys()}"
        return [line for key in want for line in differ(f"{name}.{key}", have[key], want[key])]
    return [] if have == want else [f"{name}: {have!r} instead of {want!r}"]


def compare(path: Path) -> None:
    rows = rows_of(path.read_bytes())
    records = expected(path)["record"]
    assert len(rows) == len(records), [(row.kind, row.recipient) for row in rows]
    faults = [
        f"record {number}: {line}"
        for number, (row, want) in enumerate(zip(rows, records, strict=True))
        for line in differences(row, want)
    ]
    assert not faults, "\n".join([expected(path)["about"], *faults])


def test_there_are_samples() -> None:
    assert len(MESSAGES) >= 500
    formats = {record["format"] for path in MESSAGES for record in expected(path)["record"]}
    assert len(formats) >= 100
    kinds = {record["kind"] for path in MESSAGES for record in expected(path)["record"]}
    assert kinds == {str(kind) for kind in Kind if kind is not Kind.ERROR}
    assert CANNOT_YET
    assert (HERE / "messages" / "mission").is_dir()


@pytest.mark.parametrize("folder", ["messages", "cannot-yet"])
def test_every_mail_has_its_meaning_and_every_meaning_its_mail(folder: str) -> None:
    files = [path for path in (HERE / folder).rglob("*") if path.is_file()]
    mails = {path.with_suffix("") for path in files if path.suffix in SUFFIXES}
    meanings = {path.with_suffix("") for path in files if path.suffix == ".toml"}
    assert mails == meanings
    others = {path.name for path in files} - {
        p.name for p in files if p.suffix in (*SUFFIXES, ".toml")
    }
    assert others <= {"README.md"}


@samples([*MESSAGES, *CANNOT_YET])
def test_meaning_is_complete(path: Path) -> None:
    want = expected(path)
    assert want.keys() == {"about", "made", "record"}
    assert want["about"].endswith(".")
    assert want["record"], "a mail has at least one record"
    for record in want["record"]:
        assert {"kind", "format"} <= record.keys()
        if record["kind"] in ("failure", "delay"):
            assert {"category", "reason", "permanence"} <= record.keys()


@samples(MESSAGES)
def test_sample(path: Path) -> None:
    compare(path)


@pytest.mark.xfail(strict=True, reason="see cannot-yet/README.md", raises=AssertionError)
@samples(CANNOT_YET)
def test_cannot_yet(path: Path) -> None:
    compare(path)


@samples([*MESSAGES, *CANNOT_YET])
def test_line_ends_do_not_count(path: Path) -> None:
    raw = path.read_bytes()
    for other in (b"\r\r\n", b"\r\n", b"\r"):
        raw = raw.replace(other, b"\n")
    plain = msgspec.json.encode(rows_of(raw))
    assert msgspec.json.encode(rows_of(path.read_bytes())) == plain
    for end in (b"\r\n", b"\r"):
        assert msgspec.json.encode(rows_of(raw.replace(b"\n", end))) == plain


def claiming(raw: bytes, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The readers that claim a mail, and those of the mails in it; the general are not asked."""
    seen: list[list[str]] = []

    def watch(clues: Clues) -> Reader:
        seen.append([reader.name for reader in claimants(clues)])
        return choose(clues)

    monkeypatch.setattr(reading, "choose", watch)
    read(raw)
    assert seen
    return seen


def is_mail(path: Path) -> bool:
    first = expected(path)["record"][0]
    # some services send their JSON by mail
    return (
        path.suffix == ".eml" and first["kind"] in REPORTS and not first["format"].endswith("-json")
    )


@samples([path for path in MESSAGES if is_mail(path)])
def test_one_reader_claims(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    format_ = expected(path)["record"][0]["format"]
    wanted = [] if format_ in UNREAD else [format_]
    assert claiming(path.read_bytes(), monkeypatch)[-1] == wanted


def test_every_reader_has_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    formats = {record["format"] for path in MESSAGES for record in expected(path)["record"]}
    assert formats >= {reader.name for reader in READERS if not reader.wraps} | UNREAD
    for reader in READERS:
        if reader.wraps:  # the format is that of the bounce inside
            mails = [path for path in MESSAGES if path.parent.name == reader.name]
            assert mails
            for path in mails:
                assert claiming(path.read_bytes(), monkeypatch)[0] == [reader.name]


def test_no_format_depends_on_its_reader() -> None:
    """What is read without a format's reader shows how systems fare that nobody has seen."""
    mails = list(without.list_samples())
    assert len(mails) >= 300
    table = without.measure(mails)
    assert len(table) >= 100
    low = {
        name: (wanted, found)
        for name, (_, wanted, _, found) in table.items()
        if found < without.LEAST * wanted
    }
    assert not low


#: A part of the samples, the first of every folder. All of them: tests/bench/damage.py.
WIDE: Final = sorted({path.parent: path for path in reversed(MESSAGES)}.values())


@samples(WIDE)
def test_truncated_is_still_read(path: Path) -> None:
    raw = path.read_bytes()
    for part in range(50):
        assert rows_of(raw[: len(raw) * part // 50])


@samples(WIDE)
def test_damaged_is_still_read(path: Path) -> None:
    for seed in range(20):
        raw = bytearray(path.read_bytes())
        chance = random.Random(f"{path.stem} {seed}")  # noqa: S311
        for _ in range(len(raw) // 100):
            raw[chance.randrange(len(raw))] = chance.randrange(256)
        assert rows_of(bytes(raw))
