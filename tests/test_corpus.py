"""Corpora: what the format asks for, what is counted, imported and held apart."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from typer.testing import CliRunner, Result

from classifier.cli import app
from classifier.corpus import folder
from classifier.corpus.check import Found, check
from classifier.corpus.groups import find_straddling, find_templates
from classifier.corpus.labels import COLUMNS, Label, Provenance, read_labels, write_labels
from classifier.corpus.mails import quote_mail, write_mbox
from classifier.corpus.sisimai import slot_text
from classifier.corpus.split import split
from classifier.corpus.stats import count, missing, providers
from classifier.errors import OperatorError
from classifier.model.corpus import Split
from classifier.pipeline import Classifier
from classifier.reasons import Category, Kind, Permanence, Reason
from classifier.rules.loader import load_shipped

ROOT: Final = Path(__file__).parents[1]
CORPORA: Final = ROOT / "corpora"

ABOUT: Final = """
name = "mine"
version = "1"
licence = "MIT"
made = "by hand"
provenance = "written"
vocabulary = "2026.11"
"""


def write_mail(recipient: str, reply: str) -> bytes:
    return f"""\
From: MAILER-DAEMON@relay.example.com (Mail Delivery System)
To: ada@example.com
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"
Message-Id: <{recipient}.bounce@relay.example.com>

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.example.com

Final-Recipient: rfc822; {recipient}
Action: failed
Status: {reply.split()[1]}
Remote-MTA: dns; mx.example.org
Diagnostic-Code: smtp; {reply}

--b
Content-Type: text/rfc822-headers

From: ada@example.com
To: {recipient}
Message-Id: <mine@example.com>

--b--
""".encode()


UNKNOWN: Final = write_mail("bob@example.org", "550 5.1.1 <bob@example.org>: no such user here")
FULL: Final = write_mail("eve@example.org", "552 5.2.2 mailbox of eve is full")
LETTER: Final = b"From: ada@example.com\nSubject: lunch\nMessage-Id: <lunch@x>\n\nAt one?\n"


def reply(text: str, reason: str = "user-unknown", **more: str) -> str:
    known = {"provider": "written", "reason": reason, "permanence": "permanent", "source": "here"}
    lines = [
        f"{key} = {json.dumps(value)}" for key, value in {"text": text, **known, **more}.items()
    ]
    return "\n".join(["[[reply]]", *lines, "", ""])


def make(
    path: Path, *replies: str, labels: Iterable[Label] = (), mails: Iterable[bytes] = ()
) -> Path:
    path.mkdir(parents=True)
    (path / folder.ABOUT).write_text(ABOUT)
    if replies:
        (path / "own.toml").write_text("# ours\n\n" + "".join(replies))
    mails, labels = list(mails), list(labels)
    if mails:
        write_mbox(path / "messages" / "a.mbox", mails)
    if labels:
        write_labels(path / folder.LABELS, labels)
    return path


def label(number: int, recipient: str, reason: Reason, **more: Any) -> Label:
    known: dict[str, Any] = {
        "permanence": Permanence.PERMANENT,
        "group": str(number),
        "provenance": Provenance.WRITTEN,
    }
    origin = f"messages/a.mbox#{number}"
    return Label(origin=origin, recipient=recipient, reason=reason, **(known | more))


TWO: Final = (
    label(0, "bob@example.org", Reason.USER_UNKNOWN, reply_code="550"),
    label(1, "eve@example.org", Reason.MAILBOX_FULL, reply_code="552"),
)


def read_rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text().splitlines()))


def look_at(path: Path) -> Found:
    return check(folder.read(path), Classifier(model=None), load_shipped())


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["corpus", *map(str, arguments)])


# The shipped corpora


def test_the_shipped_corpora_have_no_fault() -> None:
    result = run("check", *sorted(CORPORA.iterdir()))
    assert result.exit_code == 0, result.output
    assert result.output.count("no fault") == len(list(CORPORA.glob("*/corpus.toml"))) >= 4


def test_the_shipped_catalogue_is_as_large_as_it_says() -> None:
    tables = count([folder.read(CORPORA / "replies")])
    templates = {(each.by, each.value): each.templates for each in tables}
    assert templates["all", ""] >= 1500
    assert missing(tables) == []
    assert providers(tables) >= 60
    for category in (
        Category.SENDER_CREDENTIALS,
        Category.SENDER_AUTHENTICATION,
        Category.RECIPIENT_POLICY,
    ):
        assert templates["category", category] >= 150
    policies = {
        placed.entry.language
        for placed in folder.read(CORPORA / "replies").entries
        if placed.entry.provider == "written" and placed.entry.reason == Reason.POLICY_REJECTED
    }
    assert len(policies) >= 12
    assert (
        0.15
        < sum(
            placed.entry.split is Split.TEST for placed in folder.read(CORPORA / "replies").entries
        )
        / templates["all", ""]
        < 0.25
    )


# What is a fault


def test_a_corpus_that_is_right_has_no_fault(tmp_path: Path) -> None:
    path = make(tmp_path / "c", reply("550 no such user"), labels=TWO, mails=[UNKNOWN, FULL])
    found = look_at(path)
    assert (found.faults, found.doubts, found.missed) == ([], [], [])
    assert (found.mails, found.duplicates, found.templates) == (2, 0, 1)
    assert (found.reading.rows, found.reading.recipients, found.reading.codes) == (2, 2, 2)
    assert (found.reading.judged, found.reading.reasons) == (2, 2)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (reply("550 {nobody}"), "reply 1: unknown slot {nobody}"),
        (reply("550 x", reason="no-reason"), "Invalid enum value 'no-reason'"),
        (reply("550 x", colour="red"), "unknown field `colour`"),
        (reply("550 x").replace("source", "sauce"), "reply 1: Object"),
        ("[[reply]\n", "own.toml cannot be read"),
        ("", "holds no [[reply]]"),
        (reply("550 x") + 'ambiguous = ["user-unknown"]', "ambiguous names its reason again"),
        (reply("550 x", command="SING"), "Invalid enum value 'SING'"),
    ],
)
def test_a_reply_at_fault_is_named(tmp_path: Path, text: str, fault: str) -> None:
    path = make(tmp_path / "c", text or "#")
    assert any(fault in each for each in look_at(path).faults), look_at(path).faults


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"reason": None}, "labels.csv:2: a failure has a reason and a permanence"),
        ({"recipient": None}, "labels.csv:2: a failure has a recipient"),
        ({"kind": Kind.AUTO_REPLY}, "labels.csv:2: auto-reply has no reason"),
        ({"kind": Kind.ERROR, "reason": None}, "error is no kind"),
        ({"origin": "messages/a.mbox#9"}, "messages/a.mbox#9 is labelled and not there"),
        ({"origin": "messages/a.mbox#9"}, "messages/a.mbox#0 has no label"),
        ({"split": Split.TEST, "group": "1"}, "group 1 is in train and in test"),
    ],
)
def test_a_label_at_fault_is_named(tmp_path: Path, change: dict[str, Any], fault: str) -> None:
    labels = [msgspec.structs.replace(TWO[0], **change), TWO[1]]
    path = make(tmp_path / "c", labels=labels, mails=[UNKNOWN, FULL])
    assert any(fault in each for each in look_at(path).faults), look_at(path).faults


@pytest.mark.parametrize("cell", ["reason", "permanence", "kind", "provenance", "split"])
def test_a_label_with_an_unknown_word_is_a_fault_with_its_line(tmp_path: Path, cell: str) -> None:
    path = make(tmp_path / "c", labels=TWO, mails=[UNKNOWN, FULL])
    rows = read_rows(path / folder.LABELS)
    rows[1][cell] = "nonsense"
    with (path / folder.LABELS).open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    faults = look_at(path).faults
    assert any(each.startswith("labels.csv:3: ") and "nonsense" in each for each in faults)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (ABOUT.replace("2026.11", "1999.01"), "vocabulary 1999.01; known here is"),
        (ABOUT.replace('licence = "MIT"', ""), "missing required field `licence`"),
        (ABOUT.replace("written", "stolen"), "Invalid enum value 'stolen'"),
        ("name", "corpus.toml cannot be read"),
    ],
)
def test_what_a_corpus_says_of_itself_is_checked(tmp_path: Path, text: str, fault: str) -> None:
    path = make(tmp_path / "c", reply("550 no such user"))
    (path / folder.ABOUT).write_text(text)
    assert any(fault in each for each in look_at(path).faults)


def test_mails_without_labels_and_nothing_at_all_are_faults(tmp_path: Path) -> None:
    path = make(tmp_path / "c", mails=[UNKNOWN])
    assert "holds messages and no labels.csv" in look_at(path).faults
    assert look_at(make(tmp_path / "d")).faults == ["holds neither replies (*.toml) nor labels.csv"]


def test_a_damaged_mbox_is_a_fault_of_the_corpus(tmp_path: Path) -> None:
    path = make(tmp_path / "c", labels=TWO, mails=[UNKNOWN, FULL])
    write_mbox(path / "messages" / "b.mbox.xz", [UNKNOWN])
    packed = path / "messages" / "b.mbox.xz"
    packed.write_bytes(packed.read_bytes()[:40])
    assert any(each.startswith("messages/b.mbox.xz is damaged") for each in look_at(path).faults)


def test_near_duplicates_on_both_sides_of_a_split_are_a_fault(tmp_path: Path) -> None:
    apart = reply("550 5.1.1 <{recipient}>: user unknown in table", split="test")
    near = reply("550 5.1.1 <{sender}>: user unknown in table")
    path = make(tmp_path / "c", apart, near, reply("452 4.2.2 all full"))
    assert look_at(path).faults == ["the template of own.toml, reply 1 is in train and in test"]


def test_a_provider_on_both_sides_is_a_fault_but_for_words_that_others_say(tmp_path: Path) -> None:
    path = make(
        tmp_path / "c",
        reply("550 our very own words of refusal", provider="acme", split="test"),
        reply("554 user unknown in virtual mailbox table", provider="acme"),
        reply("553 user unknown in virtual mailbox table", provider="other"),
        reply("451 a second refusal in words nobody else has", provider="acme"),
    )
    corpus = folder.read(path)
    assert find_straddling(corpus, find_templates(corpus)) == [
        "provider acme is in train and in test"
    ]


# What is a doubt


def test_labels_that_rules_or_neighbours_speak_against_are_doubts(tmp_path: Path) -> None:
    labels = [msgspec.structs.replace(TWO[0], reason=Reason.VIRUS), TWO[1]]
    wrong = reply("550 5.1.1 <{recipient}>: user unknown", reason="spam")
    path = make(tmp_path / "c", wrong, labels=labels, mails=[UNKNOWN, FULL])
    found = look_at(path)
    assert found.faults == []
    assert [(each.where, each.label, each.against) for each in found.doubts] == [
        ("own.toml, reply 1", "spam", "user-unknown"),
        ("messages/a.mbox#0", "virus", "user-unknown"),
    ]
    result = run("check", path, "--doubts", tmp_path / "doubts.csv")
    assert result.exit_code == 0
    rows = read_rows(tmp_path / "doubts.csv")
    assert [row["label"] for row in rows] == ["spam", "virus"]


def test_a_reason_that_few_of_a_group_have_is_a_doubt(tmp_path: Path) -> None:
    labels = [label(n, "bob@example.org", Reason.USER_UNKNOWN, group="g") for n in range(4)]
    labels[2] = msgspec.structs.replace(labels[2], reason=Reason.MAILBOX_DISABLED)
    path = make(tmp_path / "c", labels=labels, mails=[UNKNOWN] * 4)
    found = look_at(path)
    assert found.duplicates == 3
    assert [(each.where, each.by) for each in found.doubts] == [
        ("messages/a.mbox#2", "3 others of group g")
    ]


def test_an_ambiguous_reply_is_no_doubt_where_the_other_reason_is_said(tmp_path: Path) -> None:
    text = reply("550 5.1.1 <{recipient}>: user unknown", reason="spam")
    path = make(tmp_path / "c", text + 'ambiguous = ["user-unknown"]\n')
    assert look_at(path).doubts == []


# The commands


def test_check_ends_with_1_and_names_the_fault(tmp_path: Path) -> None:
    path = make(tmp_path / "c", labels=TWO, mails=[UNKNOWN])
    result = run("check", path)
    assert result.exit_code == 1
    assert "messages/a.mbox#1 is labelled and not there" in result.output


def test_files_are_passed_over_and_folders_of_corpora_opened(tmp_path: Path) -> None:
    make(tmp_path / "all" / "one", reply("550 no such user"))
    make(tmp_path / "all" / "two", reply("550 no such host"))
    (tmp_path / "all" / "README.md").write_text("read me")
    (tmp_path / "all" / "__pycache__").mkdir()  # corpora/ holds modules, too
    both = folder.find([tmp_path / "all"])
    assert both == folder.find(sorted((tmp_path / "all").iterdir()))
    assert [path.name for path in both] == ["one", "two"]


@pytest.mark.parametrize("name", ["empty", "gone", "file"])
def test_what_is_no_corpus_is_said(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(OperatorError, match=r"Name a folder with a corpus\.toml"):
        folder.find([tmp_path / name])


def test_stats_count_near_duplicates_once(tmp_path: Path) -> None:
    near = [
        reply(f"550 5.1.1 <{{{slot}}}>: user unknown in table") for slot in ("recipient", "sender")
    ]
    path = make(tmp_path / "c", *near, reply("554 spam", "spam"), labels=TWO, mails=[UNKNOWN, FULL])
    result = run("stats", path, "-f", "jsonl")
    assert result.exit_code == 0
    lines = {(row["by"], row["value"]): row for row in map(json.loads, result.output.splitlines())}
    assert lines["all", ""] == {
        "by": "all",
        "value": "",
        "replies": 3,
        "templates": 2,
        "ambiguous": 0,
        "mails": 2,
        "rows": 2,
        "groups": 2,
    }
    assert lines["reason", "user-unknown"]["templates"] == 1
    assert lines["reason", "user-unknown"]["rows"] == 1
    assert lines["server", "a"]["mails"] == 2
    text = run("stats", path).output
    assert "no reply or row for:" in text
    assert "bad-credentials" in text


# Labels and mails on disk


def test_labels_come_back_as_they_were(tmp_path: Path) -> None:
    labels = [*TWO, Label(origin="a", kind=Kind.AUTO_REPLY, group="g", provenance=Provenance.REAL)]
    write_labels(tmp_path / "l.csv", labels)
    assert read_labels(tmp_path / "l.csv") == (labels, [])


def test_mails_come_back_as_they_were(tmp_path: Path) -> None:
    mails = [UNKNOWN, b"From: a@x\n\nFrom here on\n>From there\n", FULL.replace(b"\n", b"\r\n")]
    for name in ("a.mbox", "b.mbox.xz"):
        make(tmp_path / name, reply("550 x y z"))
        write_mbox(tmp_path / name / "messages" / name, mails)
        found = list(folder.read_mails(folder.read(tmp_path / name)))
        assert [getattr(item, "raw", None) for item in found] == [
            mail.replace(b"\r\n", b"\n") for mail in mails
        ]
        assert [item.origin for item in found] == [f"messages/{name}#{n}" for n in range(3)]
    again = tmp_path / "again.mbox.xz"
    write_mbox(again, mails)
    assert again.read_bytes() == (tmp_path / "b.mbox.xz" / "messages" / "b.mbox.xz").read_bytes()
    assert quote_mail(b"A: b") == b"From MAILER-DAEMON Sun Nov  1 00:00:00 2026\nA: b\n\n"


# Splits


def test_a_split_holds_whole_templates_and_providers_apart(tmp_path: Path) -> None:
    words = ["full", "gone", "moved", "slow", "dark", "loud", "late", "blue", "cold", "new"]
    replies = [
        reply(
            f"550 the {one} box of {two} is {one}{two}",
            provider=f"p{n % 5}" if n % 2 else "written",
        )
        for n, (one, two) in enumerate((a, b) for a in words for b in words if a != b)
    ]
    path = make(tmp_path / "c", *replies)
    before = (path / "own.toml").read_text()
    shares = split(folder.read(path), 0.3, "1")
    corpus = folder.read(path)
    held = [placed.entry.split is Split.TEST for placed in corpus.entries]
    assert 0.15 <= sum(held) / len(held) <= 0.35
    assert sum(shares.test.values()) == sum(held)
    assert find_straddling(corpus, find_templates(corpus)) == []
    changed = (path / "own.toml").read_text()
    assert changed.replace('\nsplit = "test"', "") == before
    split(corpus, 0.3, "1")
    assert (path / "own.toml").read_text() == changed
    split(corpus, 0.3, "2")
    assert (path / "own.toml").read_text() != changed


def test_labels_follow_the_replies_that_they_carry(tmp_path: Path) -> None:
    replies = make(tmp_path / "r", reply("550 one", split="test"), reply("550 two and three"))
    keys = [placed.entry.key for placed in folder.read(replies).entries]
    labels = [msgspec.structs.replace(each, entry=key) for each, key in zip(TWO, keys, strict=True)]
    path = make(tmp_path / "c", labels=labels, mails=[UNKNOWN, FULL])
    result = run("split", path, "--follow", replies)
    assert result.exit_code == 0, result.output
    assert [each.split for each in folder.read(path).labels] == [Split.TEST, Split.TRAIN]


def test_a_corpus_with_faults_is_not_split(tmp_path: Path) -> None:
    path = make(tmp_path / "c", reply("550 {nobody}"))
    with pytest.raises(OperatorError, match="nothing was changed"):
        CliRunner().invoke(app, ["corpus", "split", str(path)], catch_exceptions=False)


# Imports


def import_from(*arguments: str | Path) -> tuple[Result, list[Label]]:
    """Run the import into a new corpus and read its labels, which must have no fault."""
    into = Path(arguments[0]).parent / "into"
    result = run("import", *arguments, "--into", into)
    if not into.exists():
        return result, []
    found = look_at(into)
    assert found.faults == []
    return result, list(folder.read(into).labels)


def test_folders_named_by_reasons_and_kinds_are_imported(tmp_path: Path) -> None:
    for name, mail in (("user-unknown", UNKNOWN), ("mailbox-full", FULL), ("not-a-bounce", LETTER)):
        (tmp_path / "in" / name).mkdir(parents=True)
        (tmp_path / "in" / name / "a.eml").write_bytes(mail)
    result, labels = import_from(tmp_path / "in")
    assert result.exit_code == 0, result.output
    assert [(each.reason, each.recipient, each.kind) for each in labels] == [
        (Reason.MAILBOX_FULL, "eve@example.org", Kind.FAILURE),
        (None, None, Kind.NOT_A_BOUNCE),
        (Reason.USER_UNKNOWN, "bob@example.org", Kind.FAILURE),
    ]
    assert labels[0].reply_code == "552"
    assert labels[0].provenance is Provenance.IMPORTED
    (tmp_path / "in" / "odd").mkdir()
    with pytest.raises(OperatorError, match="folder odd is named by no reason"):
        CliRunner().invoke(
            app,
            ["corpus", "import", str(tmp_path / "in"), "--into", str(tmp_path / "x")],
            catch_exceptions=False,
        )


@pytest.mark.parametrize("key", ["0", "box#0", "bob@example.org.bounce@relay.example.com"])
def test_an_mbox_is_imported_with_a_table(tmp_path: Path, key: str) -> None:
    write_mbox(tmp_path / "box", [UNKNOWN, FULL])
    name = key.replace("box", str(tmp_path / "box"))
    (tmp_path / "t.csv").write_text(f"mail,reason\n{name},user-unknown\nlost,spam\n")
    result, labels = import_from(tmp_path / "box", "--labels", tmp_path / "t.csv")
    assert result.exit_code == 1
    assert "names lost, which is not there" in result.output
    assert "#1 has no label" in result.output
    assert [(each.recipient, each.reason) for each in labels] == [
        ("bob@example.org", Reason.USER_UNKNOWN)
    ]


def test_a_table_with_faults_names_each_line(tmp_path: Path) -> None:
    write_mbox(tmp_path / "box", [UNKNOWN])
    (tmp_path / "t.csv").write_text("mail,reason\n0,nonsense\n,spam\n")
    arguments = ["corpus", "import", str(tmp_path / "box"), "--labels", str(tmp_path / "t.csv")]
    with pytest.raises(OperatorError, match=r"line 2: .*nonsense") as caught:
        CliRunner().invoke(app, [*arguments, "--into", str(tmp_path / "x")], catch_exceptions=False)
    assert "line 3 names no mail" in str(caught.value)


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_corrected_records_are_imported(
    tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_mbox(tmp_path / "box", [UNKNOWN, FULL])
    result = CliRunner().invoke(app, ["classify", "--format", form, "box"])
    (tmp_path / f"r.{form}").write_text(result.output.replace("mailbox-full", "mailbox-disabled"))
    result, labels = import_from(tmp_path / f"r.{form}")
    assert result.exit_code == 0, result.output
    assert [(each.recipient, each.reason, each.reply_code) for each in labels] == [
        ("bob@example.org", Reason.USER_UNKNOWN, "550"),
        ("eve@example.org", Reason.MAILBOX_DISABLED, "552"),
    ]
    monkeypatch.chdir("/")
    result = run("import", tmp_path / f"r.{form}", "--root", tmp_path, "--into", tmp_path / "into")
    again = folder.read(tmp_path / "into")
    assert len(again.labels) == 4
    assert again.labels[2].origin == "messages/r-2.mbox#0"
    assert again.labels[2].group == again.labels[0].group


def test_records_of_sisimai_become_replies(tmp_path: Path) -> None:
    records: list[Mapping[str, str]] = [
        {
            "recipient": "bob@example.org",
            "reason": "userunknown",
            "diagnosticcode": "550 5.1.1 <bob@example.org>: no {such} user, see http://x.example/a",
            "deliverystatus": "5.1.1",
        },
        {"reason": "securityerror", "diagnosticcode": "535 5.7.8 Error: authentication failed"},
        {"reason": "rejected", "diagnosticcode": "550 zzz"},
        {"reason": "vacation", "diagnosticcode": "away"},
        {"reason": "spamdetected", "diagnosticcode": ""},
    ]
    (tmp_path / "s.json").write_text(json.dumps(records))
    result, _ = import_from(tmp_path / "s.json")
    assert result.exit_code == 1
    assert [
        (placed.entry.text, placed.entry.reason)
        for placed in folder.read(tmp_path / "into").entries
    ] == [
        ("550 5.1.1 <{recipient}>: no (such) user, see {url}", Reason.USER_UNKNOWN),
        ("535 5.7.8 Error: authentication failed", Reason.BAD_CREDENTIALS),
    ]
    assert "record 3 may be sender-blocked" in result.output
    assert "record 4 has a reason unknown here: vacation" in result.output
    assert "record 5 has no reply" in result.output


def test_every_reason_of_sisimai_stands_for_one_of_ours() -> None:
    import tomllib

    table = tomllib.loads((ROOT / "classifier" / "corpus" / "sisimai.toml").read_text())
    assert len(table) >= 35
    assert {reason for reasons in table.values() for reason in map(Reason, reasons)}


def test_what_names_somebody_in_a_reply_becomes_a_slot() -> None:
    text = (
        "550 [192.0.2.1] host mx1.example.org, c@d.example: RESOLVER.RST.AuthRequired 2001:db8::1"
    )
    assert slot_text(text) == "550 [{ip}] host {host}, {sender}: RESOLVER.RST.AuthRequired {ip}"


def test_what_cannot_be_imported_is_said(tmp_path: Path) -> None:
    for name, text in (("a.txt", "hello\n"), ("b.json", '[{"x": 1}]'), ("c.json", "{")):
        (tmp_path / name).write_text(text)
        with pytest.raises(OperatorError):
            CliRunner().invoke(
                app,
                ["corpus", "import", str(tmp_path / name), "--into", str(tmp_path / "x")],
                catch_exceptions=False,
            )
