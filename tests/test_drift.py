"""What changed between two runs: found where it is, and not where chance alone did it."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import itertools
import json
import lzma
import math
import random
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from classifier.chance import compare_shares, find_sure
from classifier.cli import app
from classifier.drift import Change, Drift, compare
from classifier.errors import OperatorError
from classifier.reasons import Kind
from classifier.records import Broken, Record, read_records, read_run
from classifier.rows import Row, flatten
from classifier.sinks import Csv, JsonLines, Output

USER: Final = "550 5.1.1 <bob@example.org>: no such user"
FULL: Final = "552 5.2.2 mailbox full"
SPAM: Final = "554 5.7.1 this smells of spam"


def run(*arguments: str, stdin: bytes = b"") -> Result:
    return CliRunner().invoke(app, ["drift", *arguments], input=stdin)


def record(reply: str | None = USER, **known: object) -> Record:
    fields: dict[str, object] = {
        "kind": "failure",
        "category": "recipient-address",
        "reason": "user-unknown",
        "provider": "google",
        "remote_mta": "mx1.example.org",
        "reply_code": (reply or "")[:3] or None,
        "diagnostic_code": reply,
        "confidence": 0.9,
        "decided_by": "rule:text/user-unknown",
    }
    return Record(**(fields | known))  # type: ignore[arg-type]


def full(**known: object) -> Record:
    fields = {
        "category": "recipient-mailbox",
        "reason": "mailbox-full",
        "decided_by": "rule:x/full",
    }
    return record(FULL, **(fields | known))


def spam(reply: str = SPAM, **known: object) -> Record:
    fields = {"category": "content", "reason": "spam", "decided_by": "model:base"}
    return record(reply, **(fields | known))


def lost(reply: str = "554 owl", **known: object) -> Record:
    fields = {"category": "undetermined", "reason": "undetermined", "decided_by": "none"}
    return record(reply, **(fields | {"confidence": 0.0} | known))


def row(drift: Drift, of: str, name: str) -> Change:
    (found,) = (change for change in drift.changes if (change.of, change.name) == (of, name))
    return found


def sure(drift: Drift) -> set[tuple[str, str]]:
    return {(change.of, change.name) for change in drift.changes if change.sure}


# Chance


def exact(old: int, old_of: int, new: int, new_of: int) -> float:
    """Fisher's exact test in whole numbers."""
    hits, cases = old + new, old_of + new_of
    ways = {
        count: math.comb(old_of, count) * math.comb(new_of, hits - count)
        for count in range(hits + 1)
        if count <= old_of and hits - count <= new_of
    }
    return sum(each for each in ways.values() if each <= ways[old]) / math.comb(cases, hits)


@given(st.data())
def test_small_counts_are_tested_exactly(data: st.DataObject) -> None:
    old_of, new_of = data.draw(st.integers(1, 18)), data.draw(st.integers(1, 18))
    old, new = data.draw(st.integers(0, old_of)), data.draw(st.integers(0, new_of))
    assert compare_shares(old, old_of, new, new_of) == pytest.approx(
        exact(old, old_of, new, new_of), abs=1e-9
    )


@pytest.mark.parametrize("new", [60, 75, 90, 120])
def test_large_counts_are_near_to_exact(new: int) -> None:
    chance = compare_shares(60, 600, new, 700)
    assert chance == pytest.approx(exact(60, 600, new, 700), rel=0.3, abs=1e-6)


@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 50), st.integers(0, 50))
def test_chance_is_a_probability_and_knows_no_side(a: int, b: int, c: int, d: int) -> None:
    chance = compare_shares(a, a + b, c, c + d)
    assert 0 <= chance <= 1
    assert chance == pytest.approx(compare_shares(c, c + d, a, a + b))


def test_nothing_to_compare_is_no_difference() -> None:
    assert compare_shares(0, 0, 5, 10) == compare_shares(0, 10, 0, 10) == 1
    assert compare_shares(3, 10**7, 4, 10**7) > 0.5  # and is quick


def test_many_questions_find_no_more() -> None:
    assert find_sure([], 0.01) == []
    assert find_sure([0.009], 0.01) == [True]
    assert find_sure([0.009, *[0.5] * 9], 0.01) == [False] * 10
    assert find_sure([0.5, 0.001, 0.004, 0.9], 0.01) == [False, True, True, False]


def test_two_samples_of_one_thing_seldom_differ() -> None:
    """A hundred pairs of runs from the same source: hardly a row is told to be more."""
    chance = random.Random(1)  # noqa: S311 - the same at every run
    names = [f"reason-{letter}" for letter in "abcdefghij"]

    def sample() -> Iterator[Record]:
        for _ in range(300):
            yield record(None, reason=chance.choices(names, range(1, 11))[0], provider="p")

    wrong = sum(bool(sure(compare(sample(), sample()))) for _ in range(100))
    assert wrong <= 3


# What is found


def mixed() -> list[Record]:
    return [
        *itertools.repeat(record(), 200),
        *itertools.repeat(full(), 60),
        *itertools.repeat(spam(), 20),
        *itertools.repeat(lost(), 10),
        Record(kind="auto-reply"),
        Record(kind="error"),
    ]


def test_a_run_against_itself_says_that_nothing_changed() -> None:
    drift = compare(mixed(), reversed(mixed()))
    assert drift.headline == "Nothing changed."
    assert (drift.old.records, drift.old.failures, drift.old.errors) == (292, 290, 1)
    assert not sure(drift)
    assert all(change.difference == 0 for change in drift.changes)
    assert drift.flips == ()
    assert drift.flipped == drift.fresh.templates == drift.gone.templates == 0
    assert drift.abstentions_grew == 0


def test_a_shift_is_found() -> None:
    drift = compare(mixed(), [*mixed(), *itertools.repeat(spam(provider="yahoo"), 60)])
    assert {
        ("category", "content"),
        ("reason", "spam"),
        ("provider", "yahoo"),
        ("decided by", "model"),
    } <= sure(drift)
    change = row(drift, "reason", "spam")
    assert (change.old, change.old_of, change.new, change.new_of) == (20, 290, 80, 350)
    assert change.difference == pytest.approx(80 / 350 - 20 / 290)
    assert drift.headline.startswith("What changed most is the ")
    assert "more than chance" in drift.headline
    assert drift.flips == ()


@pytest.mark.parametrize(("old", "new"), [(0, 2), (1, 4), (2, 4)])
def test_a_few_more_of_few_are_chance(old: int, new: int) -> None:
    rest = list(itertools.repeat(record(), 20))
    drift = compare([*rest, *[spam()] * old], [*rest, *[spam()] * new])
    assert not sure(drift)
    assert (
        drift.headline == "No share changed by more than chance, and nothing is judged otherwise."
    )


def test_abstentions_and_disputes_are_counted_by_provider() -> None:
    against = ("reply: x", "against: model base says spam")
    old = [*[record()] * 100, *[record(provider="yahoo")] * 100]
    new = [
        *[record()] * 40,
        *[lost()] * 60,
        *[record(provider="yahoo")] * 60,
        *[record(provider="yahoo", evidence=against)] * 40,
    ]
    drift = compare(old, new)
    assert {
        ("undetermined at", "google"),
        ("in dispute at", "yahoo"),
        ("category", "undetermined"),
        ("verdict", "in dispute"),
    } <= sure(drift)
    assert (drift.new.abstained, drift.new.disputed) == (60, 40)
    assert drift.abstentions_grew == pytest.approx(0.3)
    (google,) = (each for each in drift.providers if each.name == "google")
    assert (google.old_abstained, google.new_abstained) == (0, 60)
    assert google.old_confidence == 0.9
    assert google.new_confidence == pytest.approx(0.36)


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("mx1.mail.example.org", "example.org"),
        ("MX.Example.Org.", "example.org"),
        ("mx.shop.example.co.uk", "example.co.uk"),
        ("192.0.2.1", "(an IP address)"),
        ("[2001:db8::1]", "(no name of a host)"),
        ("\x1b[2J", "(no name of a host)"),
        (None, "(none named)"),
    ],
)
def test_hosts_are_counted_by_domain(host: str | None, domain: str) -> None:
    drift = compare([record(remote_mta=host)], [record()])
    assert row(drift, "remote domain", domain).old == 1


# Templates


def test_new_and_gone_templates_are_told_with_an_example() -> None:
    news = "554 the <x@example.org> owl is out"
    drift = compare([record(), full()], [record(), *[spam(news)] * 3])
    assert (drift.fresh.templates, drift.fresh.failures, drift.fresh.sure) == (1, 3, True)
    (fresh,) = drift.fresh.most
    assert (fresh.example, fresh.count, fresh.reason, fresh.provider) == (news, 3, "spam", "google")
    (gone,) = drift.gone.most
    assert gone.example == FULL


def test_the_same_words_judged_otherwise_flip() -> None:
    other = "550 5.1.1 <ada@test.example>: no such user"
    drift = compare([record(), record()], [spam(other), spam(other), spam(other), full()])
    (flip,) = drift.flips
    assert (flip.old_reason, flip.new_reason) == ("user-unknown", "spam")
    assert (flip.old_decided_by, flip.new_decided_by) == ("rule:text/user-unknown", "model:base")
    assert (flip.old, flip.new) == (2, 3)
    assert flip.example == other
    assert flip.said == "550"
    assert drift.flipped == 3
    assert drift.flipped_share == 0.75
    assert "3 failures say what was judged user-unknown in OLD" in drift.headline


def test_other_codes_are_no_flip() -> None:
    assert compare([record()], [spam(USER, reply_code="451")]).flips == ()


def test_a_mixture_is_no_flip() -> None:
    """One wording, two reasons in either run: which is the usual one is chance."""
    old, new = [*[record()] * 5, *[spam(USER)] * 4], [*[record()] * 4, *[spam(USER)] * 5]
    assert compare(old, new).flips == ()
    old, new = [*[record()] * 95, *[spam(USER)] * 5], [*[record()] * 5, *[spam(USER)] * 95]
    assert compare(old, new).flipped == 95


def test_memory_is_bounded_and_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("classifier.census._MOST_TEMPLATES", 10)
    monkeypatch.setattr("classifier.census._MOST_NAMES", 10)
    words = ["".join(word) for word in itertools.product("abcdef", repeat=2)]
    many = [
        record(f"550 {word} owl", remote_mta=f"mx.{word}.test", provider=word) for word in words
    ]
    drift = compare(many, [record("550 ff owl", remote_mta="mx.ff.test", provider="ff")] * 100)
    assert drift.old.templates == 10
    assert drift.old.unheld == len(words) - 10
    assert not drift.fresh.sure
    # OLD has it, but could not hold it: it must not pass for new.
    assert not any(change.name in ("ff", "ff.test") for change in drift.changes)


def test_empty_runs_are_no_error() -> None:
    assert compare([], []).headline.startswith("There is nothing to compare: OLD and NEW hold")
    assert compare([record()], [Record(kind="success")]).headline == (
        "There is nothing to compare: NEW holds no failure."
    )


# Files


def rows() -> list[Row]:
    """Records as `classify` has them, some of them hostile."""
    fields: list[dict[str, object]] = [
        {},
        {"diagnostic_code": "=1+1 no such user", "provider": "-google"},
        {"diagnostic_code": 'x-"quoted"; said\t550 \x1b[2J\u202e no\x07 such, user'},
        {"diagnostic_code": "550-5.1.1 two\r\n550 5.1.1 lines", "confidence": 0.1 + 0.2},
        {"evidence": ("reply: a; b", "against: model base says spam")},
        {"reason": None, "provider": None, "decided_by": None, "confidence": None},
        {"category": None, "kind": "auto-reply", "diagnostic_code": None},
    ]
    plain: dict[str, object] = {
        "origin": "a,b.eml",
        "kind": "failure",
        "diagnostic_code": USER,
        "category": "recipient-address",
        "reason": "user-unknown",
        "provider": "google",
        "remote_mta": "mx.example.org",
        "confidence": 0.9,
        "decided_by": "rule:text/user-unknown",
    }
    return [Row(**(plain | each)) for each in fields]  # type: ignore[arg-type]


def written(form: str, records: Iterable[Row]) -> bytes:
    file = io.BytesIO()
    output = Output(file, "x")
    records = list(records)
    if form == "jsonl":
        JsonLines[Row](output).write(records)
    else:
        Csv[Row](output, list(flatten(records[0])), flatten).write(records)
    output.flush()
    return file.getvalue()


JSON: Final = written("jsonl", rows())
CSV: Final = written("csv", rows())


def read(data: bytes) -> list[Record | Broken]:
    return list(read_records(io.BytesIO(data), "x"))


def test_csv_equals_json_lines() -> None:
    assert len(read(JSON)) == len(read(CSV)) == len(rows())
    drift = compare(read(JSON), read(CSV))
    assert drift.headline == "Nothing changed."
    assert drift.old.failures == 6
    one, two = compare(read(JSON), read(JSON)), compare(read(CSV), read(CSV))
    assert one.changes == two.changes
    assert one.providers == two.providers
    assert one.old == two.old


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_csv_may_come_from_a_spreadsheet(delimiter: str) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerows(csv.reader(io.StringIO(CSV.decode(), newline="")))
    again = b"\xef\xbb\xbf" + text.getvalue().encode()
    assert read(again) == read(CSV)


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
@pytest.mark.parametrize("data", [JSON, CSV])
def test_packed_files_are_read(tmp_path: Path, pack: Any, data: bytes) -> None:
    (tmp_path / "run").write_bytes(pack(data))
    assert list(read_run(str(tmp_path / "run"))) == read(data)
    (tmp_path / "cut").write_bytes(pack(data * 200)[:-9])
    with pytest.raises(OperatorError, match="cannot be read"):
        list(read_run(str(tmp_path / "cut")))


@pytest.mark.parametrize("data", [JSON, CSV])
def test_broken_line_is_counted_and_passed_over(data: bytes) -> None:
    lines = data.splitlines(keepends=True)
    for rubbish in (b'{"kind": 1}\n', b'{"kind"', b"\xff\xfe,\n", b'"\n', b"\0\n", b"[" * 5000):
        broken = [*lines[:3], rubbish.rstrip() + b"\n", *lines[3:]]
        results = read(b"".join(broken))
        (found,) = (each for each in results if isinstance(each, Broken))
        assert found.line == 4
        assert len(results) == len(rows()) + 1


def test_line_without_end_is_no_danger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("classifier.records._LONGEST", 2000)
    lines = JSON.splitlines(keepends=True)
    results = read(b"".join([lines[0], b"{" * 9001 + b"\n", *lines[1:]]))
    assert [type(each) for each in results[:3]] == [Record, Broken, Record]
    assert isinstance(results[1], Broken)
    assert "longer than" in results[1].why
    assert len(results) == len(rows()) + 1


def test_blank_lines_do_not_matter() -> None:
    assert read(b"\n" + JSON.replace(b"\n", b"\r\n\r\n")) == read(JSON)
    assert read(b"") == []


def test_long_cells_are_read() -> None:
    long = [Row(origin="x", kind=Kind.FAILURE, category="rate", original_to="a" * 200_000)]
    assert len(read(written("csv", long))) == 1


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"a,b,c\n1,2,3\n", "neither JSON lines nor CSV"),
        (b"From: a@example.org\n\nmail\n", "neither JSON lines nor CSV"),
        (b'{"event": "bounce"}\n', "line 1 is none"),
        (b"\x89PNG\r\n\x1a\n", "neither JSON lines nor CSV"),
        (b"PK\x03\x04....", "is packed with zip"),
        (None, "No such file"),
    ],
)
def test_what_is_no_run_is_one_error(tmp_path: Path, data: bytes | None, why: str) -> None:
    path = tmp_path / "run"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(OperatorError, match=why) as caught:
        list(read_run(str(path)))
    assert len(caught.value.faults) == 1
    assert str(caught.value).startswith(f"{path}: ")
    assert caught.value.cure


# The command


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    """OLD, and NEW with words that flip and more that nobody knows."""
    old = [*rows()[:1] * 50, *rows()[1:]]
    flip: dict[str, Any] = {"diagnostic_code": USER, "category": "content", "reason": "spam"}
    flipped = Row(origin="x", kind=Kind.FAILURE, decided_by="model:base", **flip)
    owl: dict[str, Any] = {"diagnostic_code": "554 owl \x1b[2J\u202e"} | dict.fromkeys(
        ("category", "reason"), "undetermined"
    )
    unknown = Row(origin="x", kind=Kind.FAILURE, decided_by="none", **owl)
    new = [*rows()[1:], *[flipped] * 30, *[unknown] * 10]
    (tmp_path / "old.jsonl").write_bytes(written("jsonl", old))
    (tmp_path / "new.csv").write_bytes(written("csv", new))
    return str(tmp_path / "old.jsonl"), str(tmp_path / "new.csv")


def test_text_says_it_all(files: tuple[str, str]) -> None:
    result = run(*files, "--format", "text")
    assert result.exit_code == 0
    assert result.stdout.startswith("What changed most is ")
    for words in (
        "user-unknown (rule:text/user-unknown, 52) -> spam (model:base, 30)",
        "30 failures (66.7 %) in 1 template: judged otherwise than in OLD",
        "reason, share of all",
        "undetermined at, share of each",
        "more than chance",
        "1 template new in NEW",
        "10 x undetermined, unknown: 554 owl",
        "at the level of 1 %",
        "new.csv",
    ):
        assert " ".join(words.split()) in " ".join(result.stdout.split()), words
    assert max(map(len, result.stdout.splitlines())) <= 100
    assert result.stderr == ""


def test_no_file_can_steer_the_terminal(tmp_path: Path) -> None:
    bad = "\x1b[2J\u202e\x07"
    fields = ("provider", "category", "reason", "decided_by", "remote_mta", "diagnostic_code")
    lines = [{"kind": "failure", "reply_code": bad} | dict.fromkeys(fields, f"{bad} {word}")
             for word in ["owl"] * 30]  # fmt: skip
    (tmp_path / "one").write_text("\n".join(map(json.dumps, lines)))
    for line in lines:
        line["reason"] = f"{bad} other"
    (tmp_path / "two").write_text(f'{{"{bad}"\n' + "\n".join(map(json.dumps, [*lines, *lines])))
    for colour in ("--color", "--no-color"):
        result = run(str(tmp_path / "one"), str(tmp_path / "two"), "-f", "text", colour)
        assert result.exit_code == 0
        assert "other" in result.stdout
        for text in (result.stdout, result.stderr):
            assert "\x1b[2J" not in text
            assert not set("\u202e\x07") & set(text)
    assert "line 1: " in result.stderr


def test_json_is_one_object_for_programs(files: tuple[str, str]) -> None:
    result = run(*files)
    told = json.loads(result.stdout)
    assert result.stdout.count("\n") == 1
    assert told["level"] == 0.01
    assert told["old"]["name"] == files[0]
    assert told["flips"][0]["new_reason"] == "spam"
    assert told["flipped_share"] == pytest.approx(30 / 45, abs=1e-6)
    assert told["abstentions_grew"] > 0
    (spam_,) = (each for each in told["changes"] if each["name"] == "spam")
    assert spam_["sure"]
    assert spam_["difference"] == pytest.approx(30 / 45, abs=1e-6)


def test_the_limit_of_ci(files: tuple[str, str]) -> None:
    assert run(*files, "--fail-over", "0.99").exit_code == 0
    result = run(*files, "--fail-over", "0.1")
    assert result.exit_code == 1
    assert "are judged otherwise; --fail-over allows 10.0" in result.stderr
    assert "undetermined failures grew by" in result.stderr
    assert json.loads(result.stdout)
    assert run(files[0], files[0], "--fail-over", "0").exit_code == 0
    assert run(files[1], files[0], "--fail-over", "1").exit_code == 0
    assert run(*files, "--fail-over", "2").exit_code == 2


def test_standard_input_is_one_of_them(files: tuple[str, str]) -> None:
    data = Path(files[0]).read_bytes()
    assert json.loads(run(files[0], "-", stdin=data).stdout)["headline"] == "Nothing changed."
    assert json.loads(run("-", files[0], stdin=data).stdout)["headline"] == "Nothing changed."
    result = run("-", "-", stdin=data)
    assert isinstance(result.exception, OperatorError)
    assert "Name a file" in str(result.exception)


def test_broken_lines_are_told(tmp_path: Path) -> None:
    lines = JSON.splitlines(keepends=True)
    (tmp_path / "run").write_bytes(b"".join([lines[0], b"{oops\n", *lines[1:], b"{more\n"]))
    (tmp_path / "good").write_bytes(JSON)
    result = run(str(tmp_path / "good"), str(tmp_path / "run"), "-f", "text")
    assert result.exit_code == 0
    assert "2 lines are no records and were passed over; line 2: " in result.stderr
    assert "NEW: 2 lines are no records" in result.stdout
    assert "Nothing changed." in result.stdout


def test_output_goes_to_a_file_but_over_no_run(files: tuple[str, str], tmp_path: Path) -> None:
    out = str(tmp_path / "drift.json")
    assert run(*files, "-o", out).stdout == ""
    assert json.loads(Path(out).read_text())["headline"]
    before = Path(files[0]).read_bytes()
    assert isinstance(run(*files, "-o", files[0]).exception, OperatorError)
    assert Path(files[0]).read_bytes() == before


def test_help_has_examples() -> None:
    text = run("--help").stdout
    assert "whybounce drift october.jsonl november.jsonl" in text
    assert "--fail-over" in text
