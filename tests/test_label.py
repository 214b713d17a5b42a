"""From an archive to labels: what is worth one, what the CSV says, and what comes back of it."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final, cast

import pytest
from typer.testing import CliRunner, Result

from classifier.cli import app
from classifier.corpus import folder
from classifier.corpus.candidates import Candidate, Candidates
from classifier.corpus.check import check
from classifier.corpus.mails import write_mbox
from classifier.corpus.opinion import Asker
from classifier.corpus.slots import LONGEST, Party, put_slots
from classifier.errors import OperatorError
from classifier.evidence import weigh_text
from classifier.judge import Prediction
from classifier.model.corpus import check_slots, fill_slots, weigh_entry
from classifier.model.features import read_features
from classifier.model.scorer import Model
from classifier.pipeline import Classifier, read_all
from classifier.reasons import Permanence, Reason
from classifier.rules.loader import load_shipped
from classifier.sinks import bare_cell

ROOT: Final = Path(__file__).parents[1]
SECONDS: Final = 60

MAIL: Final = """\
From: MAILER-DAEMON@out{n}.relay.test (Mail Delivery System)
To: grace@sender.test
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"
Message-Id: <{n}.bounce@out.relay.test>

--b
Content-Type: text/plain

Your message could not be delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; out{n}.relay.test

Final-Recipient: rfc822; {recipient}
Action: failed
Status: {status}
Remote-MTA: dns; mx{n}.zephyrgate.test
Diagnostic-Code: smtp; {reply}

--b
Content-Type: text/rfc822-headers

From: "Grace Quillfeather" <grace@sender.test>
To: {recipient}
Subject: The Brambleberry ledger
Message-Id: <{n}.mine@sender.test>

--b--
"""

#: What an invented provider says. No rule knows these words, and the codes leave the reason open.
LANTERN: Final = "550 5.0.0 ZG-31 lantern keeper <{recipient}> holds no candle tonight"
COPPER: Final = (
    "554 5.0.0 ZG-77 the copper toll of [{ip}] stands unsettled, ask mx{n}.zephyrgate.test"
)
WILLOW: Final = "450 4.0.0 ZG-12 willow gate shut until dusk, knock anew ({queue})"
KNOWN: Final = "550 5.1.1 <{recipient}>: Recipient address rejected: User unknown"


#: Where a test names rows by their number, whatever the shipped model has learned meanwhile.
RULES_ALONE: Final = ("--model", "none")


def write_mail(reply: str, n: int = 1, recipient: str | None = None) -> bytes:
    """A bounce by RFC 3464 with the reply of an invented server; other people in each."""
    recipient = recipient or f"resident{n}.ferris@zephyrgate{n % 7}.test"
    known = {"n": n, "recipient": recipient, "ip": f"198.51.100.{n}", "queue": f"4F3A{n:03}B1C9D"}
    for name, value in known.items():
        reply = reply.replace(f"{{{name}}}", str(value))
    status = reply.split()[1] if reply[:1].isdigit() else "5.0.0"
    text = MAIL.format(n=n, recipient=recipient, status=status, reply=reply)
    return text.encode("utf-8", "surrogateescape")


def label(*arguments: str | Path, stdin: bytes = b"") -> Result:
    return CliRunner().invoke(app, ["label", *map(str, arguments)], input=stdin)


def corpus(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["corpus", *map(str, arguments)])


def read_rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def rows_of(*replies: str, arguments: Iterable[str] = ()) -> list[dict[str, str]]:
    """What `label` writes for bounces with these replies."""
    mails = b"".join(
        b"From x Tue Nov 24 07:51:50 2026\n" + write_mail(reply, n) + b"\n"
        for n, reply in enumerate(replies, 1)
    )
    result = label(*arguments, "-", stdin=mails)
    assert result.exit_code == 0, result.output
    return read_rows(result.stdout)


def fill_in(path: Path, choose: Callable[[dict[str, str]], str]) -> None:
    """Do what the person does: write a reason into the rows, in a spreadsheet."""
    rows = read_rows(path.read_text("utf-8"))
    for row in rows:
        row["reason"] = choose(row)
    save(path, rows)


def save(path: Path, rows: list[dict[str, str]], delimiter: str = ",", bom: str = "") -> None:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    path.write_bytes((bom + text.getvalue()).encode())


# The loop


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty bounces in an invented provider's words and ten that everybody knows."""
    path = tmp_path_factory.mktemp("archive") / "bounces.mbox"
    said = [LANTERN] * 30 + [COPPER] * 20 + [WILLOW] * 10 + [KNOWN] * 10
    write_mbox(path, [write_mail(reply, n) for n, reply in enumerate(said, 1)])
    return path


def name_reason(row: dict[str, str]) -> str:
    """What a person who knows the invented provider would write."""
    for words, reason in (("lantern", "user-unknown"), ("copper", "Sending_Suspended")):
        if words in row["reply"]:
            return reason
    return ""


@pytest.fixture(scope="module")
def labelled(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The corpus that the loop arrives at, before any training: label, fill in, import."""
    place = tmp_path_factory.mktemp("loop")
    result = label(archive, "--out", place / "label.csv")
    assert result.exit_code == 0, result.output
    fill_in(place / "label.csv", name_reason)
    result = corpus("import", place / "label.csv", "--into", place / "mine")
    assert result.exit_code == 0, result.output
    assert "2 replies; 1 without a reason passed over" in result.output
    return place / "mine"


def test_the_loop_begins_with_what_nothing_decides(archive: Path, tmp_path: Path) -> None:
    result = label(archive, "--out", tmp_path / "label.csv", *RULES_ALONE)
    assert result.exit_code == 0, result.output
    rows = read_rows((tmp_path / "label.csv").read_text("utf-8"))
    assert [(row["count"], row["reply"].split()[2]) for row in rows] == [
        ("30", "ZG-31"),
        ("20", "ZG-77"),
        ("10", "ZG-12"),
    ]
    assert rows[0]["reply"] == LANTERN
    assert rows[1]["reply"] == (
        "554 5.0.0 ZG-77 the copper toll of [{ip}] stands unsettled, ask {host}"
    )
    assert rows[2]["reply"] == WILLOW.replace("{queue}", "{queue_id}")
    assert {row["why"] for row in rows} == {"nothing decides"}
    assert {row["reason"] + row["permanence"] for row in rows} == {""}
    assert all(row["source"].startswith("bounces.mbox, read 20") for row in rows)
    assert (rows[0]["status"], rows[0]["reply_code"], rows[0]["hop"]) == (
        *("5.0.0", "550"),
        "recipient-mx",
    )
    worth = [float(row["worth"]) for row in rows]
    assert worth == sorted(worth, reverse=True)
    assert "70 failures, 4 clusters, 3 worth labelling" in result.stderr
    assert f"whybounce corpus import {tmp_path / 'label.csv'} --into mine/" in result.stderr


def test_what_the_loop_imports_is_a_corpus_without_a_fault(labelled: Path) -> None:
    read = folder.read(labelled)
    found = check(read, Classifier(model=None), load_shipped())
    assert found.faults == []
    assert [(each.entry.reason, each.entry.permanence) for each in read.entries] == [
        (Reason.USER_UNKNOWN, Permanence.PERMANENT),
        (Reason.SENDING_SUSPENDED, Permanence.PERMANENT),
    ]
    assert read.about is not None
    assert read.about.provenance == "imported"
    result = corpus("check", labelled)
    assert result.exit_code == 0, result.output
    assert "no fault" in result.output


def test_what_is_learned_from_a_label_is_what_the_mails_say(labelled: Path) -> None:
    """The masks of the corpus are those of the archive's mails, so a model meets them again."""
    for placed in folder.read(labelled).entries:
        learned = read_features(weigh_entry(placed.entry, placed.place))
        written = LANTERN if "lantern" in placed.entry.text else COPPER
        (report,) = read_all(write_mail(written, 5))
        said = weigh_text(report.failures[0].diagnostic or "")
        assert learned.text == read_features(said).text
        assert {"__class=5", "__status=5.0.0"} <= set(learned.tokens)


def test_a_corpus_takes_the_same_labels_once(archive: Path, tmp_path: Path) -> None:
    out, into = tmp_path / "corpus.csv", tmp_path / "mine"  # corpus.toml is taken
    label(archive, "--out", out, *RULES_ALONE)
    fill_in(out, name_reason)
    assert corpus("import", out, "--into", into).exit_code == 0
    again = corpus("import", out, "--into", into)
    assert again.exit_code == 0
    assert "0 replies; 2 there already; 1 without a reason passed over" in again.output
    fill_in(out, lambda row: name_reason(row).replace("user-unknown", "mailbox-disabled"))
    other = corpus("import", out, "--into", into)
    assert other.exit_code == 1
    assert (
        "row 2 is mailbox-disabled; corpus-2.toml, reply 1 has the same reply as user-unknown"
        in (other.output)
    )
    fill_in(out, lambda row: name_reason(row) or "greylisted")
    assert "1 replies; 2 there already" in corpus("import", out, "--into", into).output
    assert len(folder.read(into).entries) == 3
    assert corpus("check", into).exit_code == 0


# What is worth a label


def test_what_rules_are_sure_of_is_left_out_unless_asked_for() -> None:
    assert [row["why"] for row in rows_of(KNOWN, KNOWN)] == []
    (row,) = rows_of(KNOWN, KNOWN, arguments=["--all"])
    assert (row["why"], row["worth"], row["count"]) == ("a rule decides: user-unknown", "0.0", "2")


def test_near_duplicates_are_one_cluster() -> None:
    one = (
        "550 5.0.0 ZG-40 the ferryman of the northern harbour takes no parcels for {recipient} now"
    )
    rows = rows_of(one, one.replace("northern", "southern"), one)
    assert [row["count"] for row in rows] == ["3"]


def test_limit_keeps_the_rows_that_are_worth_most() -> None:
    replies = [LANTERN, COPPER, COPPER, WILLOW, WILLOW, WILLOW]
    whole = rows_of(*replies, arguments=["--limit", "0"])
    assert len(whole) == 3
    assert rows_of(*replies, arguments=["--limit", "2"]) == whole[:2]


def test_without_a_model_the_rules_alone_are_asked() -> None:
    (row,) = rows_of(LANTERN, arguments=["--model", "none"])
    assert (row["why"], row["suggested"], row["worth"]) == ("nothing decides", "", "1.0")


def test_a_rule_of_ones_own_decides_what_nothing_did(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(
        'source = "us"\n[rule.lantern]\nreason = "user-unknown"\n'
        'says = ["holds no candle tonight"]\nwhy = "Their words."\n'
        'hits = ["550 it holds no candle tonight"]\nmisses = ["550 no lantern"]\n'
    )
    assert rows_of(LANTERN, arguments=["--rules", str(tmp_path / "own.toml")]) == []


class Stub:
    """A model that thinks always the same; `says` is its answer where it is sure enough."""

    def __init__(self, says: Reason | None, *, knows: bool = True, **chances: float) -> None:
        self.says, self._knows = says, knows
        named = {Reason(name.replace("_", "-")): chance for name, chance in chances.items()}
        self.chances = dict.fromkeys(Reason, 0.0) | named

    def probabilities(self, features: object) -> dict[Reason, float]:
        return self.chances

    def knows(self, features: object) -> bool:
        return self._knows

    def predict(self, asked: Sequence[object]) -> list[Prediction | None]:
        if self.says is None:
            return [None] * len(asked)
        chance = self.chances[self.says]
        known = {"runner_up": Reason.SPAM, "weights": (), "model": "stub"}
        return [Prediction(reason=self.says, confidence=chance, **known)] * len(asked)  # type: ignore[arg-type]


SILENT: Final = Stub(None, spam=0.4, greylisted=0.3)
AGREES: Final = Stub(Reason.MAILBOX_MOVED, mailbox_moved=0.9)  # on the category
USER_GONE: Final = "550 5.1.1 <a@example.org>: Recipient address rejected: User unknown"
ODD: Final = "550 5.0.0 ZG-31 lantern keeper holds no candle tonight"


@pytest.mark.parametrize(
    ("reply", "model", "why", "teaches"),
    [
        (ODD, SILENT, "nothing decides", 0.95),
        (
            ODD,
            Stub(None, knows=False, spam=0.9),
            "nothing decides; words new to the model",
            1.0,
        ),
        (ODD, Stub(None, undetermined=0.9), "nothing decides, and perhaps nothing can", 0.22),
        (
            ODD,
            Stub(Reason.SPAM, spam=0.7, virus=0.3),
            "the model alone, not sure: spam",
            0.48,
        ),
        (ODD, Stub(Reason.SPAM, spam=0.97), "the model decides: spam", 0.0),
        (
            USER_GONE,
            Stub(Reason.SPAM, spam=0.96, virus=0.04),
            "rule and model disagree: user-unknown / spam",
            0.378,
        ),
        (USER_GONE, Stub(Reason.SPAM, spam=0.9, virus=0.1), "a rule decides: user-unknown", 0.0),
        (
            USER_GONE,
            Stub(Reason.MAILBOX_MOVED, mailbox_moved=0.9),
            "a rule decides: user-unknown",
            0,
        ),
        (USER_GONE, SILENT, "a rule decides: user-unknown", 0.0),
        (
            "550 5.1.1 mailbox full: user unknown",
            SILENT,
            "something speaks against the rule: user-unknown / mailbox-full",
            0.38,
        ),
    ],
)
def test_a_label_teaches_more_the_less_is_known(
    reply: str, model: Stub, why: str, teaches: float
) -> None:
    opinion = Asker(load_shipped(), cast(Model, model)).ask(weigh_text(reply))
    assert opinion.why == why
    assert opinion.teaches == pytest.approx(teaches, abs=0.006)
    assert opinion.suggested is not None


def test_memory_is_bounded_and_what_was_forgotten_is_counted() -> None:
    words = ("amber", "basalt", "cobalt", "dolomite", "ebony", "flint", "garnet", "hazel")
    candidates = Candidates(Asker(load_shipped(), None), most=4)
    for number, word in enumerate(words, 1):
        for _ in range(1 + (word == "amber")):
            (report,) = read_all(write_mail(f"550 5.0.0 {word} {word}en {word}ish", number))
            candidates.add(report)
    ranked = candidates.rank()
    assert candidates.failures == 9
    assert candidates.dropped > 0
    assert sum(each.count for each in ranked) == 9 - candidates.dropped
    assert "amber" in ranked[0].write("").reply


def test_a_reply_without_words_is_said_and_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(write_mail("550 5.0.0"))
    result = label(tmp_path / "a.eml")
    assert read_rows(result.stdout) == []
    assert "1 failures have no words to learn from" in result.stderr


def test_mails_come_packed_and_through_a_pipe(archive: Path, tmp_path: Path) -> None:
    packed = tmp_path / "mx.acme.test-anna@acme.test.mbox.gz"
    packed.write_bytes(gzip.compress(archive.read_bytes()))
    rows = read_rows(label(packed, *RULES_ALONE).stdout)
    assert rows[0]["source"].startswith("{sender}.mbox.gz, read ")
    assert [row["count"] for row in rows] == ["30", "20", "10"]
    piped = read_rows(label("-", *RULES_ALONE, stdin=archive.read_bytes()).stdout)
    assert piped[0]["source"].startswith("standard input, read ")
    assert [row["reply"] for row in piped] == [row["reply"] for row in rows]


# Nobody's name leaves the archive

PRIVATE: Final = (
    "550 5.0.0 ZG-90 owl post for <{recipient}> from Grace Quillfeather turned away at"
    " mx3.inner.zephyrgate.test [203.0.113.77] (2001:db8:beef::17), see"
    " http://portal.zephyrgate.test/u?who=grace%40sender.test&id=9 or write"
    " to mailto:warden+owl@keep.zephyrgate.test about The Brambleberry ledger, user"
    " resident3.ferris, queue 1xVlM1-000000000Tj-1GYm"
)


def test_nobody_and_no_machine_of_the_input_is_in_the_csv() -> None:
    rows = rows_of(*[PRIVATE] * 3, COPPER, LANTERN, arguments=["--all"])
    text = " ".join(value for row in rows for value in row.values()).lower()
    assert "owl post for <{recipient}>" in text
    for name in (
        *("zephyrgate", "sender.test", "relay.test", "resident", "ferris", "grace", "quillfeather"),
        *("203.0.113", "198.51.100", "2001:db8", "warden", "brambleberry", "1xvlm1", "portal", "@"),
    ):
        assert name not in text, name


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("550 <Bob@Example.ORG>: unknown", "550 <{recipient}>: unknown"),
        ("550 user bob unknown", "550 user {user} unknown"),
        ("550 mail from SRS0=x1=a=acme.test=ann@fwd.test", "550 mail from {sender}"),
        ("550 host example.org. and mx.acme.test.", "550 host {recipient_domain}. and {host}."),
        ("554 [192.0.2.1] 2001:db8::1 10.0.0.7", "554 [{ip}] {ip} {ip}"),
        ("450 call +49 30 1234567", "450 call {number}"),
        ("550 see https://intern.acme.test/a?b=c.", "550 see {url}."),
        ("550 ユーザーbobは見つかりません", "550 ユーザー{user}は見つかりません"),
        ("550 b\u200bob@exam\u00adple.org", "550 {recipient}"),
        ("550 {recipient} {evil} {", "550 (recipient) (evil) ("),
        (
            "554 Client host [192.0.2.1] blocked using zen.spamhaus.org",
            "554 Client host [{ip}] blocked using zen.spamhaus.org",
        ),
        ("550 5.7.1 RESOLVER.RST.AuthRequired", "550 5.7.1 RESOLVER.RST.AuthRequired"),
    ],
)
def test_slots_stand_where_names_stood(text: str, masked: str) -> None:
    assert put_slots(text, Party("bob@example.org", "ada@acme.test")) == masked
    check_slots(masked)


def test_a_long_reply_is_cut_but_no_address_or_slot() -> None:
    text = put_slots("550 " + "anna.marsh@acme-works.test, " * 500)
    assert len(text) <= LONGEST
    assert set(text.removeprefix("550 ").split(", ")) <= {"{sender}", "{sender},", ""}
    check_slots(text)


# Hostile words


HOSTILE: Final = (
    '=HYPERLINK("http://evil.test","pay")',
    "550 5.0.0 ZG \x1b[2J\x1b[31mred \u202egpj.exe\u202c {nobody} \x07",
    "550 5.0.0 ZG comma, \"quote\" ; 'tick' \t tab",
    "@SUM(1+1)*cmd|' /C calc'!A0 refuses this",
    "550 5.0.0 ZG " + "a1b2-" * 3000,
)


@pytest.mark.parametrize("reply", HOSTILE)
def test_hostile_words_are_harmless_in_the_csv_and_come_back(tmp_path: Path, reply: str) -> None:
    (tmp_path / "a.eml").write_bytes(write_mail(reply))
    result = label(tmp_path / "a.eml", "--out", tmp_path / "l.csv")
    assert result.exit_code == 0, result.output
    text = (tmp_path / "l.csv").read_text("utf-8")
    assert "\x1b" not in text
    assert "\u202e" not in text
    (row,) = read_rows(text)
    assert not row["reply"].startswith(tuple("=+-@"))
    fill_in(tmp_path / "l.csv", lambda row: "spam")
    result = corpus("import", tmp_path / "l.csv", "--into", tmp_path / "mine")
    assert result.exit_code == 0, result.output
    (placed,) = folder.read(tmp_path / "mine").entries
    assert bare_cell(row["reply"]) in placed.entry.text
    assert "'=" not in placed.entry.text
    assert corpus("check", tmp_path / "mine").exit_code == 0


def test_a_cell_that_looks_like_a_formula_loses_its_quote() -> None:
    assert bare_cell("'=1+1") == "=1+1"
    assert bare_cell("'tis full") == "'tis full"
    assert bare_cell("'") == "'"


# What is nothing, and ends that come early


def test_an_archive_without_a_failure_is_said(tmp_path: Path) -> None:
    letter = b"From: ada@example.com\nSubject: lunch\n\nAt one?\n"
    (tmp_path / "a.eml").write_bytes(letter)
    (tmp_path / "none").mkdir()
    (tmp_path / "void.mbox").touch()
    for path, said in (("a.eml", ""), ("none", "holds no mail"), ("void.mbox", "is empty")):
        result = label(tmp_path / path, "--out", tmp_path / "l.csv")
        assert result.exit_code == 1
        assert "there is no failed recipient in what was read" in result.stderr
        assert said in result.stderr
        assert not (tmp_path / "l.csv").exists()


def test_what_cannot_be_read_costs_the_status_and_not_the_rest(
    archive: Path, tmp_path: Path
) -> None:
    result = label(tmp_path / "gone", archive)
    assert result.exit_code == 1
    assert "does not exist" in result.stderr
    assert len(read_rows(result.stdout)) == 3


def test_an_input_is_never_written_over(archive: Path) -> None:
    before = archive.read_bytes()
    with pytest.raises(OperatorError, match="is one of the files to read"):
        CliRunner().invoke(app, ["label", str(archive), "-o", str(archive)], catch_exceptions=False)
    assert archive.read_bytes() == before


def obey_interrupts() -> None:
    """A suite that runs in the background hands down the signal to be ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_ctrl_c_writes_what_was_read(archive: Path, tmp_path: Path) -> None:
    pipe, out = tmp_path / "pipe", tmp_path / "l.csv"
    os.mkfifo(pipe)
    command = [sys.executable, "-m", "classifier", "label", str(archive), str(pipe)]
    with (
        subprocess.Popen(
            [*command, "--out", str(out), *RULES_ALONE],
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            preexec_fn=obey_interrupts,
        ) as process,
        pipe.open("wb"),
    ):  # it waits here once the archive is read
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=SECONDS)
    assert process.returncode == 130
    assert b"interrupted" in err
    assert len(read_rows(out.read_text("utf-8"))) == 3
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".whybounce")] == []


# What a person may have done to the CSV


@pytest.fixture
def table(archive: Path, tmp_path: Path) -> Path:
    label(archive, "--out", tmp_path / "label.csv", *RULES_ALONE)
    return tmp_path / "label.csv"


def refuse(table: Path) -> str:
    """Import what has a fault, and return what is said; nothing may be written."""
    into = table.parent / "refused"
    with pytest.raises(OperatorError) as caught:
        CliRunner().invoke(
            app, ["corpus", "import", str(table), "--into", str(into)], catch_exceptions=False
        )
    assert not into.exists()
    return str(caught.value)


def test_unknown_words_are_refused_with_their_rows_and_the_nearest(table: Path) -> None:
    rows = read_rows(table.read_text("utf-8"))
    rows[0]["reason"] = "user-unknwon"
    rows[1]["reason"] = "zzz"
    rows[2] |= {"reason": "greylisted", "permanence": "transien"}
    save(table, rows)
    said = refuse(table)
    assert "row 2: reason 'user-unknwon' is unknown; did you mean user-unknown?" in said
    assert "row 3: reason 'zzz' is unknown; known are bad-credentials, " in said
    assert "row 4: permanence 'transien' is unknown; did you mean transient?" in said


def test_faults_of_other_cells_are_refused_too(table: Path) -> None:
    rows = read_rows(table.read_text("utf-8"))
    rows[0] |= {"reason": "spam", "reply": "550 {nobody} here"}
    rows[1] |= {"reason": "spam", "reply": ""}
    rows[2] |= {"reason": "spam", "hop": "moon"}
    rows.append(rows[2] | {"reason": "virus", "hop": ""})
    rows.append(rows[3] | {"reason": "spam"})
    save(table, rows)
    said = refuse(table)
    assert "row 2: unknown slot {nobody}" in said
    assert "row 3: has a reason and no reply" in said
    assert "row 4: Invalid enum value 'moon'" in said
    assert "row 6 is spam; row 5 has the same reply as virus" in said


def test_a_table_that_nobody_filled_in_is_refused(table: Path) -> None:
    assert "has no row with a reason" in refuse(table)


@pytest.mark.parametrize(("delimiter", "bom"), [(";", "\ufeff"), ("\t", ""), (",", "\ufeff")])
def test_spreadsheets_save_in_their_own_way(table: Path, delimiter: str, bom: str) -> None:
    rows = read_rows(table.read_text("utf-8"))
    rows[0] |= {"reason": " User Unknown ", "permanence": "Transient", "provider": "zephyrgate"}
    save(table, rows, delimiter, bom)
    into = table.parent / "mine"
    result = corpus("import", table, "--into", into)
    assert result.exit_code == 0, result.output
    (placed,) = folder.read(into).entries
    assert placed.entry.reason is Reason.USER_UNKNOWN
    assert placed.entry.permanence is Permanence.TRANSIENT
    assert placed.entry.provider == "zephyrgate"


@pytest.mark.parametrize(
    ("reply", "code", "status", "text", "permanence"),
    [
        ("450 4.2.0 owls", "450", "4.2.0", "450 4.2.0 owls", "transient"),
        ("550 owls away", "550", "5.0.0", "550 5.0.0 owls away", "permanent"),
        ("owls away", "451", "4.3.0", "451 4.3.0 owls away", "transient"),
        ("owls away", "", "5.0.0", "5.0.0 owls away", "permanent"),
        ("owls away", "", "", "owls away", "permanent"),
    ],
)
def test_a_reply_gets_the_codes_that_stood_apart(
    tmp_path: Path, reply: str, code: str, status: str, text: str, permanence: str
) -> None:
    cells = {"reply": reply, "reply_code": code, "status": status, "reason": "user-unknown"}
    save(tmp_path / "t.csv", [cells])
    result = corpus("import", tmp_path / "t.csv", "--into", tmp_path / "mine")
    assert result.exit_code == 0, result.output
    (placed,) = folder.read(tmp_path / "mine").entries
    assert (placed.entry.text, placed.entry.permanence) == (text, permanence)
    assert placed.entry.provider == "various"
    assert placed.entry.source == "imported from t.csv"
    evidence = weigh_text(fill_slots(placed.entry.text, "x"))
    assert (evidence.reply_code or "", evidence.status or "") == (code, status)


def test_the_columns_are_the_ones_that_the_page_names() -> None:
    page = (ROOT / "corpora" / "RETRAINING.md").read_text("utf-8")
    missing = [name for name in Candidate.__struct_fields__ if f"`{name}`" not in page]
    assert missing == []


# To the end of the loop


#: Words that an invented provider uses for one thing each, and those that it uses for all.
TELLING: Final = {
    "user-unknown": ["lantern", "wick", "keeper", "candle", "tallow", "snuffer"],
    "sending-suspended": ["copper", "toll", "brass", "penny", "tariff", "coffer"],
}
IDLE: Final = ["dusk", "gate", "plum", "shelf", "noon", "week", "harbour", "slate"]


def write_wordings(reason: str, number: int) -> list[str]:
    """So many replies for a reason, no two in the same words."""
    found = []
    for at in range(number):
        words = TELLING[reason]
        said = [words[at % 6], IDLE[at % 8], words[(at * 5 + 1 + at // 6) % 6], IDLE[at * 3 % 7]]
        found.append(f"554 5.0.0 {' '.join(said)} {'again ' * (at // 24)}{IDLE[at // 8 % 8]}")
    return found


def test_the_loop_ends_in_a_model_that_knows_the_words(tmp_path: Path) -> None:
    """From an archive over labels and a corpus to a model, and back to the archive."""
    pytest.importorskip("sklearn")
    wordings = {reason: write_wordings(reason, 40) for reason in TELLING}
    mails = [
        write_mail(reply, n)
        for n, reply in enumerate([each for said in wordings.values() for each in said], 1)
    ]
    write_mbox(tmp_path / "old.mbox", mails)
    assert label(tmp_path / "old.mbox", "--out", tmp_path / "label.csv").exit_code == 0
    fill_in(
        tmp_path / "label.csv",
        lambda row: next(
            reason for reason, words in TELLING.items() if any(w in row["reply"] for w in words)
        ),
    )
    mine, model = tmp_path / "mine", tmp_path / "model"
    done = corpus("import", tmp_path / "label.csv", "--into", mine)
    assert done.exit_code == 0, done.output
    commands = CliRunner()
    done = commands.invoke(app, ["train", str(mine), "--base", "none", "--out", str(model)])
    assert done.exit_code == 0, done.output
    done = commands.invoke(app, ["evaluate", str(model), str(mine)])
    assert done.exit_code == 0, done.output
    assert "user-unknown" in done.output or "recipient-address" in done.output

    # Words that the archive did not hold in this order, and what is said of them now.
    news = [write_mail("554 5.0.0 plum lantern by the tallow at noon", 501)]
    write_mbox(tmp_path / "new.mbox", news)
    arguments = ["classify", "-f", "jsonl", str(tmp_path / "new.mbox"), "--model"]
    (before,) = map(json.loads, commands.invoke(app, [*arguments, "none"]).stdout.splitlines())
    (after,) = map(json.loads, commands.invoke(app, [*arguments, str(model)]).stdout.splitlines())
    assert before["decided_by"] == "none"
    assert (after["decided_by"], after["reason"]) == ("model:model", "user-unknown")
    assert any('"lantern"' in line for line in after["evidence"])
