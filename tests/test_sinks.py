"""What goes out: bytes that arrive whole or not at all, and lines that no mail can misuse."""

from __future__ import annotations

import csv
import io
import json
import os
import stat
import threading
import unicodedata
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.blocks import ACTORS, MailBlocks, ReplyBlocks
from classifier.errors import OperatorError
from classifier.explain import explain
from classifier.headers import Headers
from classifier.pipeline import Classifier
from classifier.reasons import Fault, Kind
from classifier.report import Report, Returned
from classifier.rows import COLUMNS, Row, error_row, flatten
from classifier.sinks import Closed, Csv, JsonLines, Output, open_output
from classifier.tables import MAIL_COLUMNS, Table
from classifier.tally import Tally
from classifier.terminal import Palette, Style, clip, neutral, pad, scrub, width_of, wrap

#: Sets the colour, rings the bell, names the window, turns the direction round, and is no UTF-8.
HOSTILE = "\x1b[31mred\x07\x1b]0;title\x1b\\ \u202egnp.exe\u2066 \x9b2J \x7f [bold]x[/bold] \udc80"
CONTROLS = {*map(chr, (*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F)))} | {
    *map(chr, (*range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C, 0x2028, 0x2029, 0xFEFF))
}


class Bytes:
    """A file that keeps what it is given, and counts how often."""

    def __init__(self, most: int | None = None) -> None:
        self.data, self.calls, self.most = b"", 0, most

    def write(self, data: bytes, /) -> int:
        self.calls += 1
        taken = data[: self.most]
        self.data += taken
        return len(taken)

    @property
    def text(self) -> str:
        return self.data.decode()


def failure(**known: object) -> Row:
    fields: dict[str, object] = {
        "origin": "a.eml",
        "kind": Kind.FAILURE,
        "recipient": "bob@example.org",
        "category": "sender-credentials",
        "reason": "bad-credentials",
        "permanence": "permanent",
        "fault": "sender-admin",
        "advice": "fix-credentials",
        "advice_text": "Renew the password.",
        "confidence": 0.97,
        "decided_by": "rule:test/one",
        "evidence": ("reply: 535 no (field Diagnostic-Code)", "against: the wind"),
    }
    return Row(**(fields | known))  # type: ignore[arg-type]


def as_json(*rows: Row) -> list[dict[str, object]]:
    file = Bytes()
    output = Output(file, "x")
    JsonLines[Row](output).write(rows)
    output.flush()
    return [json.loads(line) for line in file.text.splitlines()]


def as_csv(*rows: Row, headers: Sequence[str] = ()) -> tuple[bytes, list[dict[str, str]]]:
    file = Bytes()
    output = Output(file, "x")
    columns = list(flatten(Row(origin="", kind=Kind.ERROR, headers=dict.fromkeys(headers))))
    Csv(output, columns, flatten).write(rows)
    output.flush()
    return file.data, list(csv.DictReader(io.StringIO(file.text, newline="")))


def as_text(*rows: Row, width: int = 80, colour: bool = False, report: Report | None = None) -> str:
    file = Bytes()
    output = Output(file, "x")
    sink = MailBlocks(output, width, colour)
    sink.write(rows, report)
    sink.close()
    output.flush()
    return file.text


def as_table(rows: Sequence[Row], width: int = 200, colour: bool = False) -> list[str]:
    file = Bytes()
    output = Output(file, "x")
    sink = Table(output, MAIL_COLUMNS, ("mail", "mails"), width, colour)
    for row in rows:
        sink.write((row,))
    sink.close()
    output.flush()
    return file.text.splitlines()


# Bytes on their way out


def test_output_gathers() -> None:
    file = Bytes()
    output = Output(file, "x")
    for _ in range(100):
        output.write(b"line\n")
    assert file.calls <= 1, "a system call a line"
    output.flush()
    assert file.data == b"line\n" * 100


def test_output_goes_to_terminals_at_once() -> None:
    file = Bytes()
    Output(file, "x", at_once=True).write(b"line\n")
    assert file.data == b"line\n"


def test_output_holds_a_bounded_number_of_bytes() -> None:
    file = Bytes()
    output = Output(file, "x")
    for _ in range(1000):
        output.write(b"x" * 1000)
    assert len(file.data) > 800_000


def test_output_finishes_what_the_system_takes_in_pieces() -> None:
    file = Bytes(most=3)
    output = Output(file, "x")
    output.write(b"0123456789")
    output.flush()
    assert file.data == b"0123456789"


def test_output_tells_a_gone_reader_from_a_full_disk() -> None:
    class Gone:
        def write(self, data: bytes, /) -> int:
            raise BrokenPipeError

    class Full:
        def write(self, data: bytes, /) -> int:
            raise OSError(28, "No space left on device")

    with pytest.raises(Closed):
        Output(Gone(), "x", at_once=True).write(b"1")
    with pytest.raises(OperatorError, match=r"out\.csv: .*No space left"):
        Output(Full(), "out.csv", at_once=True).write(b"1")


def test_output_keeps_what_an_interrupt_cut_short() -> None:
    class Interrupted(Bytes):
        def write(self, data: bytes, /) -> int:
            if self.calls == 1:
                self.calls += 1
                raise KeyboardInterrupt
            return super().write(data)

    file = Interrupted(most=4)
    output = Output(file, "x")
    output.write(b"0123456789")
    with pytest.raises(KeyboardInterrupt):
        output.flush()
    output.flush()
    assert file.data == b"0123456789"


# Files, whole or not at all


def test_file_is_written(tmp_path: Path) -> None:
    path = tmp_path / "out"
    with open_output(str(path)) as output:
        output.write(b"one\n")
        output.flush()
        assert not path.exists(), "the file shows before it is whole"
    assert path.read_bytes() == b"one\n"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit, GeneratorExit])
def test_old_file_stays_after_any_exception(tmp_path: Path, error: type[BaseException]) -> None:
    path = tmp_path / "out"
    path.write_bytes(b"old")

    def fail() -> None:
        with open_output(str(path)) as output:
            output.write(b"new")
            output.flush()
            assert len(list(tmp_path.iterdir())) == 2, "the new one lies in another folder"
            raise error

    with pytest.raises(error):
        fail()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_new_file_has_the_rights_of_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_bytes(b"old")
    path.chmod(0o640)
    with open_output(str(path)) as output:
        output.write(b"new")
        (temporary,) = set(tmp_path.iterdir()) - {path}
        assert not temporary.stat().st_mode & 0o007, "more may read it while it is made"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_new_file_obeys_the_umask(tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        with open_output(str(tmp_path / "out")) as output:
            output.write(b"new")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o640


def test_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    target, link = tmp_path / "far" / "target", tmp_path / "link"
    target.write_bytes(b"old")
    link.symlink_to(target)
    with open_output(str(link)) as output:
        output.write(b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


def test_what_is_no_file_is_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()), daemon=True)
    reader.start()
    with open_output(str(pipe)) as output:
        output.write(b"through")
    reader.join(10)
    assert got == [b"through"]
    assert pipe.is_fifo()


@pytest.mark.parametrize("name", ["none/out", ".", "a\0b"])
def test_place_that_cannot_be_written_is_named(tmp_path: Path, name: str) -> None:
    path = f"{tmp_path}/{name}"
    with pytest.raises(OperatorError) as caught, open_output(path):
        pass
    assert str(caught.value).startswith(path)
    assert caught.value.cure


def test_file_that_may_not_be_written_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "out"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write whatever its mode says
    with pytest.raises(OperatorError, match="may not be written"), open_output(str(path)):
        pass
    assert path.read_bytes() == b"old"


def test_bytes_are_safe_before_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "out"
    seen: list[bool] = []
    sync = os.fsync

    def watch(handle: int) -> None:
        if stat.S_ISREG(os.fstat(handle).st_mode):
            seen.append(path.exists())
        sync(handle)

    monkeypatch.setattr(os, "fsync", watch)
    with open_output(str(path)) as output:
        output.write(b"new")
    assert seen == [False]


# JSON


def test_json_has_every_key_in_order_and_null_where_absent() -> None:
    (found,) = as_json(error_row("a.eml", "why"))
    assert list(found) == list(COLUMNS)
    assert found["evidence"] == []
    assert found["headers"] == {}
    assert found["defects"] == ["why"]
    filled = {"origin", "kind", "evidence", "headers", "defects"}
    assert all(found[key] is None for key in found.keys() - filled)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_json_is_exact(text: str) -> None:
    (found,) = as_json(failure(original_subject=text, evidence=(text,)))
    assert found["original_subject"] == text
    assert found["evidence"] == [text]


def test_json_survives_lone_surrogates() -> None:
    row = failure(recipient="\udc80@x", evidence=("a\ud800b",), headers={"X": "\udfff"})
    found, other = as_json(row, failure())
    assert found["recipient"] == "\ufffd@x"
    assert found["evidence"] == ["a\ufffdb"]
    assert found["headers"] == {"X": "\ufffd"}
    assert list(found) == list(COLUMNS)
    assert other["recipient"] == "bob@example.org"


# CSV


def test_csv_has_its_columns_without_rows() -> None:
    data, rows = as_csv()
    assert rows == []
    assert data.startswith(b"origin,kind,recipient,")
    assert b",auth.spf," in data
    assert data.endswith(b"\r\n")
    assert data.count(b"\n") == 1


@given(st.text(), st.text())
def test_csv_cells_come_back_on_one_line(subject: str, sender: str) -> None:
    data, (row,) = as_csv(failure(original_subject=subject, original_from=sender))
    assert data.count(b"\n") == 2
    assert not CONTROLS & set(row["original_subject"] + row["original_from"])


def test_csv_cells_are_the_record() -> None:
    evidence = ('a "quoted", thing', "b;c")
    _, (row,) = as_csv(
        failure(evidence=evidence, headers={"X-Id": None, "X-Two": "7"}), headers=["X-Id", "X-Two"]
    )
    assert row["evidence"] == 'a "quoted", thing; b;c'
    assert row["confidence"] == "0.97"
    assert row["kind"] == "failure"
    assert row["diagnostic_code"] == ""
    assert (row["headers.X-Id"], row["headers.X-Two"]) == ("", "7")


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r", "\n", "＝"])
def test_csv_holds_no_formula(first: str) -> None:
    _, (row,) = as_csv(failure(original_subject=f"{first}cmd|' /C calc'!A0"))
    assert row["original_subject"].startswith("'")
    assert row["original_subject"].endswith("cmd|' /C calc'!A0")


def test_csv_leaves_harmless_cells_alone() -> None:
    _, (row,) = as_csv(failure(original_subject="a=b+c-d@e"))
    assert row["original_subject"] == "a=b+c-d@e"


# Lines for a terminal


@given(st.text() | st.text(st.sampled_from([*CONTROLS, "a", "\ud800"])))
def test_neutral_leaves_nothing_that_a_terminal_obeys(text: str) -> None:
    safe = neutral(text)
    assert not CONTROLS & set(safe)
    assert len(safe.splitlines()) <= 1
    safe.encode()


def test_neutral_shows_what_it_took() -> None:
    assert neutral("a\x1b[31m") == "a\N{SYMBOL FOR ESCAPE}[31m"
    assert neutral("a\u202eb") == "a<U+202E>b"
    assert neutral("a\r\nb\tc") == "a  b c"
    assert neutral("Grüße, 日本 👍🏽") == "Grüße, 日本 👍🏽"
    assert scrub("a\udc80") == "a\ufffd"


def test_width_counts_columns() -> None:
    assert width_of("abc") == 3
    assert width_of("日本") == 4
    assert width_of(unicodedata.normalize("NFD", "é")) == 1
    assert pad("日", 4) == "日  "


@given(st.text(), st.integers(2, 30))
def test_wrap_fits_and_loses_nothing(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert lines
    assert all(width_of(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


@given(st.text(), st.integers(3, 30), st.sampled_from(["start", "middle", "end"]))
def test_clip_fits(text: str, width: int, keep: str) -> None:
    cut = clip(text, width, keep)
    assert width_of(cut) <= width
    assert cut == text or "…" in cut


def test_clip_keeps_what_matters() -> None:
    assert clip("0123456789", 5) == "0123…"
    assert clip("0123456789", 5, "end") == "…6789"
    assert clip("0123456789", 5, "middle") == "01…89"


def test_palette_paints_only_where_asked() -> None:
    assert Palette(True).paint("a", Style.STRONG) == "\x1b[1ma\x1b[0m"
    assert Palette(False).paint("a", Style.STRONG) == "a"
    assert Palette(True).paint("a", Style.PLAIN) == "a"


# Blocks of text


def test_block_says_what_matters_in_order() -> None:
    text = as_text(failure(), width=100)
    lines = text.splitlines()
    assert lines[0] == "bob@example.org was not reached"
    labels = [line[2:12].strip() for line in lines[1 : lines.index("")]]
    wanted = ["why", "who acts", "what to do", "verdict", "reply", "against", "file"]
    assert [label for label in labels if label in wanted] == wanted
    assert (
        "sender-credentials / bad-credentials, permanent (confidence 0.97, rule:test/one)" in text
    )
    assert "535 no (field Diagnostic-Code)" in text
    assert "sender-admin: the administrator of the sending system" in text
    assert lines[-3:] == [
        "1 mail, 1 failed recipient",
        "  what        1 sender-credentials",
        "  who acts    1 sender-admin",
    ]


def test_every_actor_has_words() -> None:
    assert ACTORS.keys() == set(Fault)


def test_block_shows_message_and_path() -> None:
    returned = Returned(
        headers=Headers(
            b"Received: from b.example by c.example with ESMTPS id 2;"
            b" Tue, 24 Nov 2026 10:05:00 +0000\n"
            b"Received: from a.example by b.example with ESMTPSA id 1;"
            b" Tue, 24 Nov 2026 08:00:00 +0000\n"
        ),
    )
    report = Report(kind=Kind.FAILURE, format="postfix", returned=returned)
    row = failure(
        format="postfix",
        reporting_mta="c.example",
        original_subject="Hello",
        original_from="ada@example.com",
        headers={"X-Id": "7", "X-None": None},
        defects=("cut short",),
    )
    text = as_text(row, row, width=100, report=report)
    assert "path        a.example > b.example (ESMTPSA) > c.example (ESMTPS, after 2 h)\n" in text
    assert "bounce      postfix, from c.example\n" in text
    assert 'message     "Hello" from ada@example.com\n' in text
    assert "header      X-Id: 7\n" in text
    assert "header      X-None: (absent)\n" in text
    assert "defects     cut short\n" in text
    assert text.count("path  ") == 1
    assert "bounce      the same\n" in text


def test_permanence_shows_in_the_headline() -> None:
    assert "was not reached" in as_text(failure())
    delayed = as_text(failure(kind=Kind.DELAY, permanence="transient"))
    assert delayed.startswith("bob@example.org has not been reached yet\n")
    assert as_text(failure(recipient=None)).startswith("A recipient that the bounce does not name")


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind not in (Kind.FAILURE, Kind.DELAY)])
def test_other_mails_have_one_line(kind: Kind) -> None:
    text = as_text(Row(origin="a.eml", kind=kind, defects=("broken",)))
    body, _, counts = text.partition("\n\n")
    assert len(body.splitlines()) == 1
    assert body.startswith("a.eml: ")
    assert counts.startswith("1 mail, 1 ")
    assert "who acts" not in text


@pytest.mark.parametrize("width", [40, 80, 100])
def test_block_fits(width: int) -> None:
    row = failure(
        recipient="x" * 300 + "@example.org",
        advice_text="word " * 100 + "y" * 500,
        evidence=("reply: " + "z" * 3000, "rule a/b: " + "日本" * 200, "something else"),
        original_subject="s" * 5000,
        origin="/very/long" * 30,
    )
    text = as_text(row, width=width)
    assert max(map(width_of, text.splitlines())) <= width
    assert len(text.splitlines()) < 250
    assert "evidence    something else" in text


def test_blocks_are_harmless() -> None:
    hostile = {
        name: HOSTILE
        for name in COLUMNS
        if name.startswith(("recipient", "original", "reporting", "format", "bounce_date"))
    }
    row = failure(
        **hostile, advice_text=HOSTILE, evidence=(f"reply: {HOSTILE}", f"x ({HOSTILE})"),
        headers={"X": HOSTILE}, defects=(HOSTILE,), decided_by=HOSTILE, origin=HOSTILE,
    )  # fmt: skip
    other = Row(origin=HOSTILE, kind=Kind.FEEDBACK, feedback_type=HOSTILE)
    received = f"from {HOSTILE} by b{HOSTILE} with {HOSTILE}; Tue, 24 Nov 2026 08:00:00 +0000"
    returned = Returned(headers=Headers(f"Received: {received}\n".encode("utf-8", "replace")))
    report = Report(kind=Kind.FAILURE, format="x", returned=returned)
    for text in (
        as_text(row, row, other, report=report),
        "\n".join(as_table([row, other])),
        "\n".join(as_table([row, other], width=60)),
    ):
        assert not CONTROLS & (set(text) - {"\n"})
        assert "[bold]x[/bold]" in text or "…" in text
    assert "[bold]x[/bold]" in as_text(row)


def test_colour_is_ours_alone() -> None:
    text = as_text(failure(recipient=HOSTILE), colour=True)
    for style in Style:
        text = text.replace(f"\x1b[{style}m", "")
    text = text.replace("\x1b[0m", "")
    assert not CONTROLS & (set(text) - {"\n"})
    assert as_text(failure(), colour=True) != as_text(failure())


def test_terminals_of_few_letters_get_question_marks() -> None:
    file = Bytes()
    output = Output(file, "x", at_once=True)
    MailBlocks(output, 80, False, "ascii").write((failure(original_subject="Grüße"),))
    assert b"Gr??e" in file.data


def test_replies_are_explained_in_blocks() -> None:
    file = Bytes()
    output = Output(file, "x", at_once=True)
    sink = ReplyBlocks(output, 80, False)
    given = explain(Classifier(), f"535 5.7.8 {HOSTILE}")
    sink.write((given,))
    once = file.text
    assert once.startswith("535 5.7.8 ")
    assert "  who acts    sender-admin: " in once
    assert once.count("[bold]x[/bold]") == 1, "the reply is said twice"
    assert not CONTROLS & (set(once) - {"\n"})
    sink.close()
    assert file.text == once, "one reply needs no counts"
    sink.write((given,))
    sink.close()
    assert "\n2 replies\n" in file.text


# Tables


def test_table_has_all_columns_where_there_is_room() -> None:
    lines = as_table([failure()])
    titles = "recipient category reason permanence who acts sure decided by origin"
    assert " ".join(lines[0].split()) == titles
    assert lines[2].split() == [
        *("bob@example.org", "sender-credentials", "bad-credentials", "permanent"),
        *("sender-admin", "0.97", "rule:test/one", "a.eml"),
    ]
    assert lines[4] == "1 mail, 1 failed recipient"


@given(st.integers(40, 220), st.integers(1, 80), st.sampled_from(["a", "日", "\x1b"]))
def test_table_fits(width: int, length: int, letter: str) -> None:
    row = failure(recipient=letter * length, origin=letter * length, decided_by="r" * length)
    lines = as_table([row, failure(), error_row("b.eml", "why")], width=width)
    assert max(map(width_of, lines)) <= width
    assert sum(line.endswith("0.97") or "0.97 " in line for line in lines) <= 2


def test_narrow_table_says_what_it_leaves_out() -> None:
    lines = as_table([failure(origin="far/away.eml")], width=80)
    assert "bad-credentials" in lines[2]
    assert "sender-admin" in lines[2]
    assert "rule:test/one" not in lines[2]
    assert "decided by" in " ".join(lines[-2:])


def test_table_shows_other_kinds() -> None:
    lines = as_table([Row(origin="a.eml", kind=Kind.AUTO_REPLY)])
    assert "(auto-reply)" in lines[2]


def test_long_table_is_one_table_and_holds_little() -> None:
    file = Bytes()
    output = Output(file, "x", at_once=True)
    sink = Table(output, MAIL_COLUMNS, ("mail", "mails"), 200, False)
    for number in range(2000):
        sink.write((failure(recipient=f"u{number}@example.org"),))
    assert "u1999@" in file.text, "all lines are held back"
    sink.close()
    assert file.text.count("decided by") == 1
    assert "\n2,000 mails, 2,000 failed recipients\n" in file.text


def test_empty_table_has_counts() -> None:
    assert as_table([]) == ["0 mails"]


# Counts


def test_tally_ranks() -> None:
    tally = Tally("mail", "mails")
    tally.add((failure(), failure(category="rate", fault="nobody"), failure()))
    tally.add((Row(origin="x", kind=Kind.AUTO_REPLY),))
    assert list(tally.lines(80, Palette(False))) == [
        "2 mails, 3 failed recipients, 1 automatic reply",
        "  what        2 sender-credentials, 1 rate",
        "  who acts    2 sender-admin, 1 nobody",
    ]


def test_tally_parts_no_number_from_its_name() -> None:
    tally = Tally("mail", "mails")
    for letter in "abcdefghij":
        tally.add((failure(category=f"category-{letter}" * 2, fault="x"),))
    lines = list(tally.lines(50, Palette(False)))
    assert len(lines) > 5
    assert not any(line.rstrip().endswith(" 1") for line in lines)


def test_record_types_stay_encodable() -> None:
    """The fast path: no record of ours needs `to_builtins`."""
    assert msgspec.json.encode(failure())
