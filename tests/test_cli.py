"""The command: what it reads, what it prints where, and the status it ends with."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import signal
import subprocess
import sys
import termios
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import pytest
import typer
from typer.core import TyperGroup
from typer.main import get_command
from typer.testing import CliRunner, Result

from classifier import __version__
from classifier.archive import Item
from classifier.batch import judging
from classifier.cli import _narrow, app, mails
from classifier.cli.replies import read_lines
from classifier.errors import OperatorError
from classifier.pipeline import Classifier, read
from classifier.rows import COLUMNS

ROOT: Final = Path(__file__).parents[1]
SECONDS: Final = 60  # after which a command that hangs is ended

MAIL: Final = b"""\
From: MAILER-DAEMON@relay.example.com (Mail Delivery System)
To: ada@example.com
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"
Message-Id: <bounce@relay.example.com>

--b
Content-Type: text/plain

I could not deliver your message.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.example.com

Final-Recipient: rfc822; bob@example.org
Action: failed
Status: 5.7.8
Remote-MTA: dns; smarthost.example.net
Diagnostic-Code: smtp; 535 5.7.8 Error: authentication failed

--b
Content-Type: message/rfc822

Received: from app.example.com by relay.example.com with ESMTPSA id 1;
 Tue, 24 Nov 2026 08:00:00 +0000
From: ada@example.com
To: bob@example.org
Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= =1+1
Message-Id: <mine@example.com>
X-Campaign: autumn
X-Bell: ring\x07\x1b[2J

Hello.

--b--
"""
OTHER: Final = MAIL.replace(b"bob@example.org", b"carol@example.org")
LETTER: Final = b"From: ada@example.com\nSubject: lunch\n\nAt one?\n"
RULE: Final = """
source = "our own server"
[rule.full-of-owls]
reason = "mailbox-full"
says   = ["full of owls"]
why    = "The test says so."
hits   = ["554 the box is full of owls"]
misses = ["554 the box is full of cats"]
"""


def run(*arguments: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> Result:
    """Run the command in this process; no terminal anywhere."""
    return CliRunner().invoke(app, list(arguments), input=stdin, env=env)


def start(*arguments: str, **options: Any) -> subprocess.Popen[bytes]:
    """Run the command in a process of its own, which is still running."""
    return subprocess.Popen(
        [sys.executable, "-m", "classifier", *arguments],
        stdin=options.get("stdin", subprocess.DEVNULL),
        stdout=options.get("stdout", subprocess.PIPE),
        stderr=options.get("stderr", subprocess.PIPE),
        env={**os.environ, "PYTHONPATH": str(ROOT)} | options.get("env", {}),
        preexec_fn=options.get("preexec_fn", obey_signals),
    )


def obey_signals() -> None:
    """A suite that runs in the background, or under nohup, hands down signals to be ignored."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def command(*arguments: str, **options: Any) -> tuple[int, str, str]:
    """Run the command to its end; its status, output and complaints."""
    stdin = options.pop("input", None)
    if stdin is not None:
        options["stdin"] = subprocess.PIPE
    with start(*arguments, **options) as process:
        out, err = process.communicate(stdin, SECONDS)
    return process.returncode, (out or b"").decode(), (err or b"").decode()


def on_terminal(
    *arguments: str, columns: int = 80, streams: Sequence[str] = ("stdout",), **options: Any
) -> tuple[int, str, str]:
    """Run the command with some of its streams on a terminal; status, its screen, the output."""
    master, slave = pty.openpty()
    termios.tcsetwinsize(slave, (24, columns))
    env = {"TERM": "xterm", "NO_COLOR": "", "COLUMNS": ""} | options.pop("env", {})
    process = start(*arguments, env=env, **(options | dict.fromkeys(streams, slave)))
    os.close(slave)
    screen = b""
    with suppress(OSError):  # EIO: Linux says so where the other side is closed
        while piece := os.read(master, 65536):
            screen += piece
    os.close(master)
    out, _ = process.communicate(timeout=SECONDS)
    return process.returncode, screen.decode().replace("\r\n", "\n"), (out or b"").decode()


def lines(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


def table(output: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(output, newline="")))


@pytest.fixture
def mail(tmp_path: Path) -> str:
    path = tmp_path / "bounce.eml"
    path.write_bytes(MAIL)
    return str(path)


# What comes out


def test_json_is_the_default_in_a_pipe(mail: str) -> None:
    result = run("classify", mail)
    assert result.exit_code == 0
    (row,) = lines(result.stdout)
    assert list(row) == list(COLUMNS)
    assert row["origin"] == mail
    assert row["recipient"] == "bob@example.org"
    assert row["reason"] == "bad-credentials"
    assert row["original_subject"].startswith("Grüße")
    assert row["envelope_id"] is None
    assert row["headers"] == {}
    assert result.stderr == ""


def test_every_row_of_the_engine_comes_out(mail: str) -> None:
    expected = Classifier().classify(MAIL, mail)
    assert [row["evidence"] for row in lines(run("classify", mail).stdout)] == [
        list(row.evidence) for row in expected
    ]


def test_report_is_judged_as_its_mail_is() -> None:
    judge = Classifier()
    expected = judge.classify(MAIL, "x", ["X-Campaign"])
    assert judge.judge_report(read(MAIL), "x", ["X-Campaign"]) == expected


def test_format_follows_the_name_of_the_output(tmp_path: Path, mail: str) -> None:
    for name in ("out.csv", "OUT.CSV"):
        assert run("classify", mail, "-o", str(tmp_path / name)).exit_code == 0
        (row,) = table((tmp_path / name).read_text())
        assert row["recipient"] == "bob@example.org"
    assert run("classify", mail, "-o", str(tmp_path / "out")).stdout == ""
    assert lines((tmp_path / "out").read_text())[0]["recipient"] == "bob@example.org"
    run("classify", mail, "-o", str(tmp_path / "out.csv"), "--format", "jsonl")
    assert lines((tmp_path / "out.csv").read_text())


def test_dash_is_standard_output(mail: str) -> None:
    assert lines(run("classify", mail, "-o", "-").stdout)


def test_headers_of_the_returned_message_are_added(mail: str) -> None:
    asked = ("--header", "X-Campaign", "--header", "x-none", "--header", "X-Campaign")
    (row,) = lines(run("classify", mail, *asked).stdout)
    assert row["headers"] == {"X-Campaign": "autumn", "x-none": None}
    result = run("classify", mail, *asked, "--format", "csv")
    (flat,) = table(result.stdout)
    assert list(flat)[-2:] == ["headers.X-Campaign", "headers.x-none"]
    assert (flat["headers.X-Campaign"], flat["headers.x-none"]) == ("autumn", "")
    assert "X-Campaign: autumn" in run("classify", mail, *asked, "-f", "text").stdout


def test_csv_has_a_header_without_mails(tmp_path: Path) -> None:
    result = run("classify", str(tmp_path), "-f", "csv", "--header", "X-Id")
    assert result.stdout.startswith("origin,kind,recipient,")
    assert result.stdout.endswith(",headers.X-Id\r\n") or result.stdout.endswith(",headers.X-Id\n")
    assert len(result.stdout.splitlines()) == 1


def test_text_says_it_all(mail: str) -> None:
    text = run("classify", mail, "--format", "text").stdout
    assert text.startswith("bob@example.org was not reached\n")
    for words in (
        "who acts    sender-admin: ",
        "smarthost.example.net",
        "535 5.7.8 Error: authentication failed",
        "path        app.example.com > relay.example.com (ESMTPSA)",
        '"Grüße =1+1" from ada@example.com',
        f"file        {mail}"[:60],
        "1 mail, 1 failed recipient",
    ):
        assert words in text, words
    assert "\x1b" not in text


def test_table_is_one_line_a_recipient(mail: str) -> None:
    result = run("classify", mail, mail, "--format", "table")
    assert len([line for line in result.stdout.splitlines() if "bob@example.org" in line]) == 2
    assert "2 mails, 2 failed recipients" in result.stdout


def test_mail_cannot_steer_the_terminal(mail: str) -> None:
    for format_ in ("text", "table", "csv"):
        result = run("classify", mail, "-f", format_, "--header", "X-Bell", "--color")
        assert "\x07" not in result.stdout
        assert "\x1b[2J" not in result.stdout
    (row,) = lines(run("classify", mail, "--header", "X-Bell").stdout)
    assert row["headers"]["X-Bell"] == "ring\x07\x1b[2J"


# What goes in


def test_every_kind_of_input_is_read(tmp_path: Path) -> None:
    for folder in ("cur", "new", "tmp"):
        (tmp_path / "Maildir" / folder).mkdir(parents=True)
    (tmp_path / "Maildir" / "cur" / "1:2,S").write_bytes(MAIL)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "b.eml").write_bytes(OTHER)
    (tmp_path / "mbox").write_bytes(
        b"".join(b"From x Tue Nov 24 07:51:50 2026\n" + each + b"\n" for each in (MAIL, LETTER))
    )
    paths = [str(tmp_path / name) for name in ("Maildir", "folder", "mbox")]
    result = run("classify", *paths, "-", stdin=OTHER)
    assert result.exit_code == 0
    assert [(row["origin"].removeprefix(f"{tmp_path}/"), row["recipient"], row["kind"])
            for row in lines(result.stdout)] == [
        ("Maildir/cur/1:2,S", "bob@example.org", "failure"),
        ("folder/b.eml", "carol@example.org", "failure"),
        ("mbox#0", "bob@example.org", "failure"),
        ("mbox#1", None, "not-a-bounce"),
        ("-", "carol@example.org", "failure"),
    ]  # fmt: skip


def test_pipe_is_read_where_nothing_is_named() -> None:
    assert lines(run("classify", stdin=MAIL).stdout)[0]["origin"] == "-"
    assert lines(run("explain", stdin=b"550 no\n").stdout)[0]["text"] == "550 no"


def test_file_names_of_any_bytes_are_read(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/\xff\x1b[2J.eml"
    Path(os.fsdecode(path)).write_bytes(MAIL)
    status, out, err = command("classify", os.fsdecode(path))
    assert (status, err) == (0, "")
    assert lines(out)[0]["recipient"] == "bob@example.org"
    status, _, err = command("classify", os.fsdecode(path) + "x")
    assert status == 1
    assert "\x1b" not in err


def test_unreadable_input_is_named_and_the_rest_goes_on(tmp_path: Path, mail: str) -> None:
    result = run("classify", str(tmp_path / "none.eml"), mail)
    assert result.exit_code == 1
    assert len(lines(result.stdout)) == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"whybounce: {tmp_path}/none.eml: does not exist; ")


def test_output_is_whole_although_an_input_is_missing(tmp_path: Path, mail: str) -> None:
    out = tmp_path / "out.jsonl"
    assert run("classify", str(tmp_path / "none"), mail, "-o", str(out)).exit_code == 1
    assert len(lines(out.read_text())) == 1


def test_fault_of_ours_costs_one_mail(monkeypatch: pytest.MonkeyPatch, mail: str) -> None:
    def fail(raw: bytes, size: int | None = None) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(judging, "read_all", fail)
    result = run("classify", mail, mail)
    assert result.exit_code == 1
    assert [row["kind"] for row in lines(result.stdout)] == ["error", "error"]
    assert lines(result.stdout)[0]["defects"] == ["RuntimeError: a bug"]
    assert result.stderr.count("could not be judged (RuntimeError: a bug)") == 2


# Rules of one's own


def test_rules_are_used(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(RULE)
    (row,) = lines(run("explain", "--rules", str(tmp_path), "554 full of owls").stdout)
    assert (row["reason"], row["decided_by"]) == ("mailbox-full", "rule:own/full-of-owls")
    (row,) = lines(run("explain", "554 full of owls").stdout)
    assert row["reason"] != "mailbox-full"


def test_rules_come_from_the_environment_too(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.toml").write_text(RULE.replace("owls", f"{name * 5}s"))
    env = {"WHYBOUNCE_RULES": os.pathsep.join(str(tmp_path / name) for name in ("a", "b"))}
    mail = MAIL.replace(b"Error: authentication failed", b"full of bbbbbs")
    (row,) = lines(run("classify", stdin=mail, env=env).stdout)
    assert row["decided_by"] == "rule:b/full-of-bbbbbs"
    (row,) = lines(run("explain", "554 full of aaaaas", env=env).stdout)
    assert row["decided_by"] == "rule:a/full-of-aaaaas"


def test_faults_of_rules_are_printed_plainly(tmp_path: Path, mail: str) -> None:
    (tmp_path / "own.toml").write_text(RULE.replace("mailbox-full", "no-such-reason"))
    out = tmp_path / "out"
    out.write_text("old")
    status, _, err = command("classify", mail, "--rules", str(tmp_path), "-o", str(out))
    assert status == 2
    assert "no-such-reason" in err
    assert "own.toml" in err
    assert "Traceback" not in err
    assert out.read_text() == "old"


# Wrong usage


@pytest.mark.parametrize(
    "arguments",
    [
        ["--no-such-option"],
        ["no-such-command"],
        [],
        ["classify", "--format", "xml", "x"],
        ["classify", "--header", "no name", "x"],
        ["classify", "--header", "", "x"],
        ["explain", ""],
        ["explain", "550 no", " "],
    ],
)
def test_wrong_usage_has_status_two(arguments: list[str]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2 or isinstance(result.exception, OperatorError)
    assert "Traceback" not in result.output


def test_operator_errors_have_status_two() -> None:
    status, out, err = command("classify", "--header", "a b", "x")
    assert (status, out) == (2, "")
    assert err.startswith("whybounce: --header: 'a b' is no name of a header\n")


def test_input_is_not_written_over(tmp_path: Path, mail: str) -> None:
    link = tmp_path / "link"
    link.symlink_to(mail)
    for out in (mail, str(link)):
        result = run("classify", mail, "-o", out)
        assert isinstance(result.exception, OperatorError)
    assert Path(mail).read_bytes() == MAIL


def test_output_in_no_folder_is_refused_before_work(tmp_path: Path, mail: str) -> None:
    status, _, err = command("classify", mail, "-o", str(tmp_path / "none" / "out"))
    assert status == 2
    assert "No such file or directory" in err


# Formats


def test_formats_are_listed() -> None:
    text = run("formats").stdout
    assert text.startswith("format ")
    assert "\npostfix " in text
    assert "with a reader of their own." in text.splitlines()[-1]
    assert all(len(line) <= 100 for line in text.splitlines())
    records = lines(run("formats", "-f", "jsonl").stdout)
    names = [record["name"] for record in records]
    assert len(set(names)) == len(names)
    assert {"exim", "gmail", "amazon-ses-json", "arf", "mdn", "rfc3464", "text"} <= set(names)
    (gmail,) = (record for record in records if record["name"] == "gmail")
    assert gmail["reader"] == "own"
    assert gmail["marks"]
    table = list(csv.DictReader(io.StringIO(run("formats", "-f", "csv").stdout)))
    assert [row["name"] for row in table] == names


# Notifications


NOTICE: Final = (
    '{"eventType": "Bounce", "bounce": {"bounceType": "Permanent", "bounceSubType": "General",'
    ' "bouncedRecipients": [{"emailAddress": "bob@example.org", "status": "5.1.1",'
    ' "diagnosticCode": "smtp; 550 5.1.1 user unknown"}]}, "mail": {"messageId": "1"}}'
)


def test_notifications_are_read_like_mails(tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text(NOTICE)
    (tmp_path / "list.json").write_text(f"[{NOTICE}, {NOTICE}]")
    (tmp_path / "lines.jsonl").write_text(f"{NOTICE}\n{NOTICE}\n")
    (tmp_path / "settings.json").write_text('{"colour": "red"}')  # passed over in a folder
    result = run("classify", str(tmp_path))
    assert result.exit_code == 0
    rows = lines(result.stdout)
    assert {(row["format"], row["reason"]) for row in rows} == {("amazon-ses-json", "user-unknown")}
    assert [row["origin"].rpartition("/")[2] for row in rows] == [
        *("lines.jsonl#0", "lines.jsonl#1", "list.json#0", "list.json#1", "one.json#0"),
    ]


def test_json_that_is_cut_off_is_named(tmp_path: Path) -> None:
    path = tmp_path / "cut.json"
    path.write_text(NOTICE[:-20])
    result = run("classify", str(path))
    assert result.exit_code == 1
    assert "cut.json" in result.stderr
    assert "is the file cut off" in result.stderr


def test_help_has_examples_and_either_name() -> None:
    for name, example in (("classify", "whybounce classify bounce.eml"), ("explain", "-rules/")):
        for option in ("-h", "--help"):
            result = run(name, option)
            assert result.exit_code == 0
            assert example in result.stdout
            assert result.stdout.count("\n    whybounce ") + result.stdout.count("| why") >= 3
    assert "classify" in run("-h").stdout


def names_of(commands: typer.Typer) -> set[str]:
    group = get_command(commands)
    assert isinstance(group, TyperGroup)
    return set(group.commands)


@pytest.mark.parametrize(
    ("words", "left"),
    [
        (["score", "--help"], ["score"]),
        (["ses-password"], ["ses-password"]),
        (["corpus", "score"], None),  # a group of commands
        (["scor"], None),  # told what it may have meant
        (["--help", "score"], None),
        ([], None),
    ],
)
def test_only_the_command_that_is_run_is_made_ready(
    words: list[str], left: list[str] | None
) -> None:
    every = names_of(app)
    assert names_of(_narrow(app, words)) == (every if left is None else set(left))
    assert names_of(app) == every


def test_version() -> None:
    result = run("--version")
    assert result.stdout == f"whybounce {__version__} (plain Python)\n"


# Replies by themselves


EXPLAINED: Final = (
    *("text", "source", "status", "reply_code", "smtp_command", "hop", "remote_mta", "category"),
    *("reason", "permanence", "fault", "advice", "advice_text", "confidence", "decided_by"),
    *("provider", "evidence"),
)


def test_replies_are_explained_in_order() -> None:
    stdin = b"421 4.7.0 later\r\n\n  \n550 \xff b\n"
    result = run("explain", "535 5.7.8 authentication failed", "-", stdin=stdin)
    first, second, third = lines(result.stdout)
    assert tuple(first) == (*EXPLAINED, "trace")
    assert first["text"] == "535 5.7.8 authentication failed"
    assert (first["status"], first["reply_code"]) == ("5.7.8", "535")
    assert first["category"] == "sender-credentials"
    assert isinstance(first["evidence"], list)
    assert second["text"] == "421 4.7.0 later"
    assert third["text"] == "550 \ufffd b"
    assert third["status"] is None


def test_replies_are_explained_in_every_format() -> None:
    reply = "535 5.7.8 authentication failed"
    (row,) = table(run("explain", reply, "-f", "csv").stdout)
    assert tuple(row) == EXPLAINED
    assert row["text"] == reply
    assert "  who acts    sender-admin" in run("explain", reply, "-f", "text").stdout
    assert "sender-admin" in run("explain", reply, "-f", "table").stdout


def test_what_belongs_together_is_one_reply() -> None:
    stdin = (
        b"550-5.1.1 no such user\n550 5.1.1 here\n421 4.7.0 later\n"
        b"Traceback (most recent call last):\n  File 'x', line 1, in x\n"
        b"smtplib.SMTPAuthenticationError: (535, b'5.7.8 no')\n"
    )
    rows = lines(run("explain", "-", stdin=stdin).stdout)
    assert [(row["source"], row["reply_code"], row["hop"]) for row in rows] == [
        ("reply", "550", "unknown"),
        ("reply", "421", "unknown"),
        ("smtplib", "535", "submission"),
    ]


def test_trace_is_shown_where_asked_for() -> None:
    pasted = "smtplib.SMTPAuthenticationError: (535, b'5.7.8 authentication failed')"
    plain = run("explain", "-f", "text", pasted).stdout
    assert "  read as     smtplib, hop submission" in plain
    assert "  won " not in plain
    traced = run("explain", "-f", "text", "--trace", pasted).stdout
    assert "  read        smtplib, hop submission, command AUTH\n" in traced
    assert "  won         " in traced
    (row,) = lines(run("explain", pasted).stdout)
    assert {"read", "won"} <= {step["step"] for step in row["trace"]}


def test_replies_go_to_a_file(tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    assert run("explain", "550 no", "-o", str(out)).stdout == ""
    assert table(out.read_text())[0]["reply_code"] == "550"


def test_lines_are_capped() -> None:
    first, second = read_lines(io.BytesIO(b"550 " + b"x" * 10_000_000 + b"\n421 y"))
    assert first.startswith("550 xxx")
    assert len(first) < 100_000
    assert second == "421 y"


def test_line_of_just_the_longest_length_does_not_swallow_the_next() -> None:
    (first,) = read_lines(io.BytesIO(b"x" * 65536))
    assert len(first) == 65536
    assert list(read_lines(io.BytesIO(b"x" * 65536 + b"\nnext\n")))[1:] == ["next"]
    assert list(read_lines(io.BytesIO(b"x" * 65535 + b"\nnext\n")))[1:] == ["next"]


def test_bytes_of_arguments_are_replaced() -> None:
    status, out, _ = command("explain", os.fsdecode(b"550 \xff"))
    assert status == 0
    assert lines(out)[0]["text"] == "550 \ufffd"


# Terminals


def test_text_is_the_default_on_a_terminal(mail: str) -> None:
    status, screen, _ = on_terminal("classify", mail)
    assert status == 0
    assert "\x1b[1mbob@example.org\x1b[0m \x1b[1;31mwas not reached\x1b[0m\n" in screen
    assert max(len(line) for line in screen.splitlines() if "\x1b" not in line) <= 80


def test_terminal_without_colour(mail: str) -> None:
    for env in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        _, screen, _ = on_terminal("classify", mail, env=env)
        assert "\x1b" not in screen
    _, screen, _ = on_terminal("classify", mail, "--no-color")
    assert "\x1b" not in screen
    assert "\x1b[1m" in run("classify", mail, "-f", "text", "--color").stdout


def test_explain_on_a_terminal() -> None:
    _, screen, _ = on_terminal("explain", "550 no", env={"NO_COLOR": "1"})
    assert screen.startswith("550 no\n  why         ")


def test_table_takes_the_width_of_the_terminal(mail: str) -> None:
    narrow = on_terminal("classify", mail, "-f", "table", "--no-color", columns=70)[1]
    wide = on_terminal("classify", mail, "-f", "table", "--no-color", columns=250)[1]
    assert max(map(len, narrow.splitlines())) <= 70
    assert "decided by" not in narrow.splitlines()[0]
    assert "decided by" in wide.splitlines()[0]


def test_nobody_is_left_waiting_at_a_keyboard() -> None:
    for name in ("classify", "explain"):
        status, _, out = on_terminal(name, streams=["stdin"])
        assert (status, out) == (2, "")
        assert "Usage: whybounce" in on_terminal(name, streams=["stdin", "stderr"])[1]


def test_progress_shows_on_terminals_only(mail: str) -> None:
    _, screen, out = on_terminal("classify", mail, "--progress", streams=["stderr"])
    assert "1 mails, 1 failed" in screen
    assert len(lines(out)) == 1
    _, screen, _ = on_terminal("classify", mail, "--no-progress", streams=["stderr"])
    assert screen == ""
    assert command("classify", mail, "--progress")[2] == ""
    assert "mails," not in on_terminal(
        "classify", mail, "--progress", "-f", "text", streams=["stdout", "stderr"]
    )[1].replace("1 mail, ", "")


def test_progress_is_not_torn_by_complaints(tmp_path: Path, mail: str) -> None:
    missing = str(tmp_path / "[bold]none[/bold]")
    status, screen, _ = on_terminal(
        "classify", mail, missing, "--progress", streams=["stderr"], columns=300
    )
    assert status == 1
    assert f"whybounce: {missing}: does not exist" in screen


def test_short_work_shows_no_progress(mail: str) -> None:
    assert on_terminal("classify", mail, streams=["stderr"])[1] == ""


# Ends that come early. A named pipe tells when the command has done what stands before it.


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    return path


def end_at(pipe: Path, process: subprocess.Popen[bytes], number: int) -> tuple[int, str, str]:
    """Send a signal once the command waits at the pipe; status, output, complaints."""
    with pipe.open("wb"):
        process.send_signal(number)
        out, err = process.communicate(timeout=SECONDS)
    return process.returncode, (out or b"").decode(), err.decode()


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_signal_loses_no_record(mail: str, pipe: Path, number: int, status: int) -> None:
    with start("classify", mail, str(pipe)) as process:
        ended, out, err = end_at(pipe, process, number)
    assert ended == status
    assert err == ""
    assert [row["recipient"] for row in lines(out)] == ["bob@example.org"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_leaves_the_old_file(tmp_path: Path, mail: str, pipe: Path, number: int) -> None:
    out = tmp_path / "out" / "rows.csv"
    out.parent.mkdir()
    out.write_text("old")
    with start("classify", mail, str(pipe), "-o", str(out)) as process:
        end_at(pipe, process, number)
    assert out.read_text() == "old"
    assert list(out.parent.iterdir()) == [out]


def test_closed_pipe_ends_in_silence(tmp_path: Path) -> None:
    archive = tmp_path / "mbox"
    archive.write_bytes((b"From x Tue Nov 24 07:51:50 2026\n" + MAIL + b"\n") * 2000)
    with start("classify", str(archive)) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.read(10)
        process.stdout.close()
        err = process.stderr.read()
        process.wait(SECONDS)
    assert process.returncode == 141
    assert err == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a full device")
def test_full_disk_is_said_plainly(mail: str) -> None:
    with Path("/dev/full").open("wb") as full:
        status, _, err = command("classify", mail, stdout=full)
    assert status == 2
    assert err.startswith("whybounce: standard output: cannot be written (No space left")
    assert "Traceback" not in err


def test_closed_streams_do_not_matter(mail: str) -> None:
    def close(number: int) -> Any:
        return lambda: os.close(number)

    status, _, err = command("classify", mail, preexec_fn=close(1))
    assert status == 2
    assert "standard output: is closed" in err
    status, out, _ = command("classify", mail, "no-such-file", preexec_fn=close(2))
    assert status == 1
    assert len(lines(out)) == 1
    status, _, err = command("classify", preexec_fn=close(0))
    assert status == 1
    assert "standard input is closed" in err


# What it costs


def loaded(*arguments: str) -> set[str]:
    code = (
        "import runpy, sys, atexit\n"
        "atexit.register(lambda: print(*sys.modules, file=sys.stderr))\n"
        "runpy.run_module('classifier', run_name='__main__', alter_sys=True)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT, capture_output=True, check=False, input=MAIL,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return set(done.stderr.decode().split())


@pytest.mark.parametrize(
    "arguments", [["--help"], ["explain", "550 5.1.1 User unknown"], ["classify", "-"]]
)
def test_programs_wait_for_nothing_they_do_not_use(arguments: list[str]) -> None:
    modules = loaded(*arguments)
    assert "classifier.cli" in modules
    assert modules.isdisjoint({"sklearn", "scipy", "pandas", "numpy", "rich", "classifier.blocks"})


def test_records_are_not_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A run holds one mail at a time: the next is asked for when the last one is written."""
    written: list[int] = []
    asked: list[int] = []

    class Sink:
        def write(self, records: Sequence[object], report: object = None) -> None:
            written.append(len(records))

        def close(self) -> None:
            pass

    def several(*_: object, **__: object) -> Any:
        for number in range(10):
            asked.append(len(written))
            yield Item(f"{number}", MAIL, False, None)

    monkeypatch.setattr(mails, "read_paths", several)
    monkeypatch.setattr(mails, "_make_sink", lambda *_: Sink())
    assert run("classify", "x").exit_code == 0
    assert asked == list(range(10))


def test_rules_alone_where_no_model_is_wanted() -> None:
    text = "550 no DKIM signature of your organisation came with this letter"
    by_rules = lines(run("explain", "--model", "none", text).stdout)[0]
    assert not by_rules["decided_by"].startswith("model:")
    status, _, err = command("explain", "--model", "nowhere", text)
    assert status == 2
    assert "nowhere" in err


def test_a_mail_cut_short_says_so(tmp_path: Path) -> None:
    whole = MAIL + b"x" * 300_000
    (tmp_path / "big.eml").write_bytes(whole)
    (row,) = lines(run("classify", str(tmp_path / "big.eml")).stdout)
    assert f"only the first 262144 of {len(whole)} bytes were read" in row["defects"]
