"""The whole way from bytes to records, for mails as they should be and for any bytes at all."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import classifier
from classifier.dates import iso_date
from classifier.dsn import MAX_RECIPIENTS
from classifier.message import READ_CAP
from classifier.pipeline import read
from classifier.reasons import MEANING, Advice, Category, Fault, Kind, Permanence, Reason
from classifier.rows import COLUMNS, Row

HERE: Final = Path(__file__).parent
SAMPLES: Final = sorted((HERE / "messages").rglob("*.eml"))

DSN: Final = b"""Return-Path: <>
Date: Tue, 24 Nov 2026 08:51:55 +0100
From: MAILER-DAEMON@relay.example.com (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: ada@example.com
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="4ABC/relay.example.com"
Message-Id: <2@relay.example.com>

--4ABC/relay.example.com
Content-Type: text/plain; charset=us-ascii

This is the mail system at host relay.example.com.

<bob@example.org>: host mx.example.org[192.0.2.1] said: 550 5.1.1
    <bob@example.org>: Recipient address rejected: User unknown (in reply to
    RCPT TO command)

<eve@example.net>: host mx.example.net[192.0.2.2] said: 450 4.2.2
    <eve@example.net>: mailbox full (in reply to RCPT TO command)

--4ABC/relay.example.com
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.example.com
X-Postfix-Queue-ID: 4ABC
Original-Envelope-Id: env1
Arrival-Date: Tue, 24 Nov 2026 07:51:50 +0000 (UTC)

Final-Recipient: rfc822; bob@example.org
Original-Recipient: rfc822;bobby@example.org
Action: failed
Status: 5.1.1
Remote-MTA: dns; mx.example.org
Diagnostic-Code: smtp; 550 5.1.1 <bob@example.org>: Recipient address rejected:
    User unknown

Final-Recipient: rfc822; eve@example.net
Action: delayed
Status: 4.2.2
Remote-MTA: dns; mx.example.net
Diagnostic-Code: smtp; 450 4.2.2 <eve@example.net>: mailbox full
Last-Attempt-Date: Tue, 24 Nov 2026 07:51:54 +0000

Final-Recipient: rfc822; joe@example.com
Action: delivered
Status: 2.1.5

--4ABC/relay.example.com
Content-Type: message/rfc822

Authentication-Results: mx.example.org; dmarc=pass header.from=example.com
Message-ID: <1@example.com>
From: Ada <ada@example.com>
To: bob@example.org, "Eve, E." <eve@example.net>
Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=
List-Id: <list.example.com>
X-Campaign: autumn

hello
--4ABC/relay.example.com--
"""


@pytest.fixture(scope="module")
def by_rules() -> classifier.Classifier:
    return classifier.Classifier(model=None)


def check(rows: Sequence[Row], raw: bytes) -> None:
    """What holds for the records of any mail."""
    assert 1 <= len(rows) <= MAX_RECIPIENTS
    for row in rows:
        record: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(row))
        assert tuple(record) == COLUMNS
        assert "" not in record.values(), record  # absent is None
        for name in ("auth", "bounce_auth"):
            assert "" not in (record[name] or {}).values(), record
        for name in ("recipient", "diagnostic_code", "smtp_command", "remote_mta", "action"):
            assert "\n" not in (record[name] or "")
        judged = row.kind in (Kind.FAILURE, Kind.DELAY)
        assert judged is (row.reason is not None) is (row.confidence is not None)
        if judged:
            meaning = MEANING[Reason(row.reason or "")]
            assert row.category == meaning.category
            assert Permanence(row.permanence or "")
            assert Fault(row.fault or "")
            assert Advice(row.advice or "")
            assert 0 <= (row.confidence or 0) < 1
            assert row.advice_text
        assert len(msgspec.json.encode(row)) < 8 * READ_CAP + 8 * len(raw)


# The face


def test_read() -> None:
    report = classifier.read(DSN)
    assert isinstance(report, classifier.Report)
    assert report.kind is Kind.FAILURE
    assert report.format == "postfix"
    assert [failure.kind for failure in report.failures] == [
        *(Kind.FAILURE, Kind.DELAY, Kind.SUCCESS)
    ]
    assert report.reporting_mta == "relay.example.com"
    assert report.envelope_id == "env1"
    assert report.arrival_date == "2026-11-24T07:51:50+00:00"
    assert report.bounce_date == "2026-11-24T08:51:55+01:00"
    assert report.returned is not None
    assert report.returned.subject == "Grüße"
    assert report.returned.recipients == "bob@example.org, eve@example.net"
    assert report.returned.list_id == "<list.example.com>"
    assert "User unknown" in report.prose
    assert report.defects == ()


def test_one_record_a_recipient(by_rules: classifier.Classifier) -> None:
    rows = by_rules.classify(DSN, "a.eml", headers=["X-Campaign"])
    check(rows, DSN)
    failed, delayed, delivered = rows
    assert (failed.kind, failed.recipient) == (Kind.FAILURE, "bob@example.org")
    assert failed.original_recipient == "bobby@example.org"
    assert (failed.status, failed.reply_code, failed.smtp_command) == ("5.1.1", "550", "RCPT")
    assert (failed.remote_mta, failed.reporting_mta) == ("mx.example.org", "relay.example.com")
    assert (failed.category, failed.reason) == (Category.RECIPIENT_ADDRESS, Reason.USER_UNKNOWN)
    assert failed.permanence == Permanence.PERMANENT
    assert failed.fault == Fault.LIST_OWNER
    assert "bob@example.org" in (failed.advice_text or "")
    assert failed.original_message_id == "<1@example.com>"
    assert failed.message_id == "<2@relay.example.com>"
    assert failed.headers == {"X-Campaign": "autumn"}
    assert failed.auth is not None
    assert failed.auth.dmarc == "pass"
    assert (delayed.kind, delayed.reason) == (Kind.DELAY, Reason.MAILBOX_FULL)
    assert delayed.permanence == Permanence.TRANSIENT
    assert delayed.last_attempt_date == "2026-11-24T07:51:54+00:00"
    assert (delivered.kind, delivered.action) == (Kind.SUCCESS, "delivered")
    assert delivered.reason is None
    assert {row.origin for row in rows} == {"a.eml"}


def test_classify_by_itself() -> None:
    (row,) = classifier.classify(b"Subject: hello\n\nhello\n", "x")
    assert row == Row(origin="x", kind=Kind.NOT_A_BOUNCE, format="mail")


def test_judge_report_is_the_second_half(by_rules: classifier.Classifier) -> None:
    report = classifier.read(DSN)
    assert by_rules.judge_report(report, "a", ["X-Campaign"]) == by_rules.classify(
        DSN, "a", ["X-Campaign"]
    )


def test_explain(by_rules: classifier.Classifier) -> None:
    verdict, advice = by_rules.explain("550 5.1.1 User unknown")
    assert isinstance(verdict, classifier.Verdict)
    assert verdict.reason is Reason.USER_UNKNOWN
    assert advice
    nothing, advice = by_rules.explain("")
    assert nothing.reason is Reason.UNDETERMINED
    assert advice


def test_own_rules_go_first(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(
        """
        source = "our help desk"
        [rule.ours]
        reason = "mailbox-moved"
        says   = ["recipient address rejected"]
        why    = "Ours."
        hits   = ["550 Recipient address rejected"]
        misses = ["550 no"]
        """,
        encoding="utf-8",
    )
    row = classifier.Classifier([tmp_path], model=None).classify(DSN)[0]
    assert row.reason == Reason.MAILBOX_MOVED
    assert row.decided_by == "rule:own/ours"
    by_text = classifier.Classifier([str(tmp_path / "own.toml")], model=None).classify(DSN)[0]
    assert by_text == row


def test_faults_of_own_rules_are_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text("[rule.a]\n[rule.b]\n", encoding="utf-8")
    with pytest.raises(classifier.OperatorError) as caught:
        classifier.Classifier([tmp_path], model=None)
    assert "rule.a" in str(caught.value)
    assert "rule.b" in str(caught.value)


def test_public_names() -> None:
    for name in classifier.__all__:
        assert getattr(classifier, name) is not None
    assert set(classifier.__all__) <= set(dir(classifier))
    with pytest.raises(AttributeError, match="no_such_name"):
        classifier.no_such_name  # noqa: B018


@pytest.mark.parametrize(
    "things",
    [
        classifier.read(DSN),
        classifier.read(DSN).failures[0],
        classifier.read(DSN).returned,
        Row(origin="x", kind=Kind.ERROR),
    ],
    ids=lambda thing: type(thing).__name__,
)
def test_nothing_is_changed_later(things: msgspec.Struct) -> None:
    for name in things.__struct_fields__:
        with pytest.raises(AttributeError):
            setattr(things, name, None)


def test_one_classifier_serves_many_threads(by_rules: classifier.Classifier) -> None:
    raws = [path.read_bytes() for path in SAMPLES[:20]]
    wanted = [by_rules.classify(raw) for raw in raws]
    wrong: list[bytes] = []

    def work() -> None:
        for raw, rows in zip(raws * 3, wanted * 3, strict=True):
            if by_rules.classify(raw) != rows:
                wrong.append(raw)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def loaded_by(code: str) -> set[str]:
    """The modules that a fresh interpreter holds at the end of `code`."""
    code += "\nimport sys; print(*sys.modules, sep='\\n')"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=HERE.parent, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


HEAVY: Final = {
    *("charset_normalizer", "flanker", "mailparser", "numpy", "pandas", "rich", "scipy"),
    *("selectolax", "sklearn", "typer", "email.parser", "logging"),
}


def test_import_is_light() -> None:
    bare = loaded_by("")
    face = loaded_by("import classifier") - bare
    assert face.isdisjoint(HEAVY)
    assert {name for name in face if name.startswith("classifier")} == {"classifier"}
    assert len(face) < 60, sorted(face)


def test_rules_alone_are_light() -> None:
    used = "from classifier import Classifier as C; C(model=None).classify(b'Subject: x')"
    loaded = loaded_by(used)
    assert loaded.isdisjoint(HEAVY), sorted(loaded & HEAVY)
    others = {name for name in loaded - loaded_by("") if not name.startswith("classifier")}
    assert len(others) < 100, sorted(others)


def test_measurements_still_run(tmp_path: Path) -> None:
    (tmp_path / "one.eml").write_bytes(DSN)
    done = subprocess.run(
        [sys.executable, str(HERE / "bench" / "stages.py"), "--rounds", "1", str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(HERE.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for stage in ("parse", "notice", "auth", "rules, judge", "all, by rules", "import classifier"):
        assert f"\n{stage} " in done.stdout


# Samples


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_samples_in_any_line_ends(path: Path, by_rules: classifier.Classifier) -> None:
    raw = path.read_bytes().replace(b"\r\n", b"\n")
    rows = by_rules.classify(raw)
    check(rows, raw)
    assert by_rules.classify(raw.replace(b"\n", b"\r\n")) == rows
    assert by_rules.classify(b"From MAILER-DAEMON Tue Nov 24 07:51:50 2026\n" + raw) == rows


# Kinds


def with_text(text: str, *head: str) -> bytes:
    return "\n".join([*head, "", text]).encode()


def test_a_person_who_writes_about_a_bounce() -> None:
    quoted = "> Final-Recipient: rfc822; bob@example.org\n> Action: failed\n> 550 5.1.1 no\n"
    raw = with_text(
        f"Why do I get this?\n\n{quoted}",
        "From: Ada <ada@example.com>",
        "To: support@example.com",
        "Subject: Re: Undelivered Mail Returned to Sender",
        "In-Reply-To: <1@example.com>",
    )
    assert classifier.read(raw).kind is Kind.NOT_A_BOUNCE


def test_prose_alone() -> None:
    raw = with_text(
        "Your message was not delivered:\n\n<bob@example.org>: 550 5.1.1 User unknown\n",
        "Return-Path: <>",
        "From: MAILER-DAEMON@relay.example.com",
        "Subject: Undelivered mail",
    )
    report = classifier.read(raw)
    assert report.kind is Kind.FAILURE
    (failure,) = report.failures
    assert (failure.recipient, failure.status) == ("bob@example.org", "5.1.1")


@pytest.mark.parametrize("bullet", ["", "*", "-", "\u2022", "\u00b7 ", "> ", "  * ", "\t- "])
def test_recipients_in_a_list(bullet: str) -> None:
    raw = with_text(
        f"Your message was not delivered to\n\n{bullet}bob@example.org\n\n550 5.1.1 no such user\n",
        "Return-Path: <>",
        "From: MAILER-DAEMON@relay.example.com",
        "Subject: Undelivered mail",
        "Content-Type: text/plain; charset=utf-8",
    )
    assert [failure.recipient for failure in classifier.read(raw).failures] == ["bob@example.org"]


def test_a_report_that_lost_everything() -> None:
    raw = with_text(
        "",
        "Return-Path: <>",
        "Subject: Undelivered Mail",
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b",
    )
    report = read(raw)
    assert report.kind is Kind.FAILURE
    assert len(report.failures) == 1


@pytest.mark.parametrize(
    ("written", "iso"),
    [
        ("Tue, 24 Nov 2026 07:51:50 +0000 (UTC)", "2026-11-24T07:51:50+00:00"),
        ("Tue, 24 Nov 2026 07:51:50 -0800", "2026-11-24T07:51:50-08:00"),
        ("24 Nov 26 07:51 GMT", "2026-11-24T07:51:00+00:00"),
        ("Tue, 24 Nov 2026 07:51:50", "2026-11-24T07:51:50+00:00"),
        ("Tue, 99 Nov 2026 07:51:50 +0000", None),
        ("Tue, 24 Nov 2026 07:51:50 +9999999", None),
        ("Tue, 24 Nov 99999999999 07:51:50 +0000", None),
        ("yesterday", None),
        ("", None),
        (None, None),
        ("1 " * 10_000, None),
    ],
)
def test_dates(written: str | None, iso: str | None) -> None:
    assert iso_date(written) == iso


@given(st.text(max_size=60))
def test_any_date(written: str) -> None:
    iso_date(written)


# Absent is None, also where a field is there and empty


def test_empty_fields_are_absent(by_rules: classifier.Classifier) -> None:
    lines = DSN.split(b"\n")
    for number, line in enumerate(lines):
        name, colon, _ = line.partition(b":")
        if not colon or b" " in name:
            continue
        raw = b"\n".join([*lines[:number], name + b":", *lines[number + 1 :]])
        check(by_rules.classify(raw, headers=["Subject"]), raw)


# Any bytes

STRANGE: Final = st.sampled_from(
    [
        *(b"", b"\n", b"\n\n", b"\r", b"\x00", b"\xff", b"\x1b$B", b"=", b":", b";", b"<", b">"),
        *(b"@", b"{", b"}", b"%s", b'"', b"(", b"\\", b"--4ABC/relay.example.com\n"),
        *(b"--4ABC/relay.example.com--\n", b"Content-Transfer-Encoding: base64\n"),
        *(
            b"Content-Type: text/html; charset=utf-7\n",
            b"+2AA-",
            b"=?utf-7?q?+2AA-?=",
            b"\\x{d800}",
        ),
        *(b"Content-Type: message/delivery-status; charset=utf-16\n\n", b"Status: 4.\n"),
        *(b"Final-Recipient: utf-8; \\x{D800}@{recipient}\n", b"Action: expanded\n"),
        *(b"550 5.7.1 ", b"421-", b"smtp; ", b"From: ", b"Auto-Submitted: auto-replied\n"),
        *("é".encode(), "é".encode("latin-1"), b"X-Failed-Recipients: a@b.example\n"),
    ]
)


WHOLE: Final = classifier.Classifier()


@given(st.binary(max_size=1000))
def test_any_bytes(raw: bytes) -> None:
    check(WHOLE.classify(raw), raw)


@given(st.lists(st.one_of(STRANGE, st.sampled_from(DSN.splitlines(keepends=True))), max_size=60))
def test_any_lines_of_a_report(pieces: list[bytes]) -> None:
    raw = b"".join(pieces)
    check(WHOLE.classify(raw), raw)


Change = tuple[float, int, bytes]
CHANGES: Final[st.SearchStrategy[list[Change]]] = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 80), st.one_of(STRANGE, st.binary(max_size=6))),
    max_size=8,
)


def mutate(raw: bytes, changes: list[Change]) -> bytes:
    for where, length, piece in changes:
        at = int(where * len(raw))
        raw = raw[:at] + piece + raw[at + length :]
    return raw


@given(CHANGES)
def test_mutated_reports(changes: list[Change]) -> None:
    raw = mutate(DSN, changes)
    check(WHOLE.classify(raw), raw)


@given(st.sampled_from(SAMPLES), CHANGES)
def test_mutated_samples(path: Path, changes: list[Change]) -> None:
    raw = mutate(path.read_bytes(), changes)
    check(WHOLE.classify(raw), raw)
