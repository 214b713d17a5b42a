"""`whybounce score`: one output whatever happens on the way, in every format the same records."""

from __future__ import annotations

import csv
import gzip
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import pytest

HERE: Final = Path(__file__).parent
MAILS: Final = HERE / "messages"
PROGRAM: Final = (sys.executable, "-m", "classifier")


def run(*arguments: str | Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    words = [*PROGRAM, "score", *map(str, arguments)]
    return subprocess.run(words, input=stdin, capture_output=True, cwd=HERE.parent, timeout=300)


@pytest.fixture(scope="module")
def mbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some hundred mails of our own in one mbox."""
    path = tmp_path_factory.mktemp("score") / "box.mbox"
    samples = [*sorted(MAILS.glob("postfix/*.eml")), *sorted(MAILS.glob("mission/*.eml"))]
    assert len(samples) > 20
    with path.open("wb") as box:
        for number in range(300):
            raw = samples[number % len(samples)].read_bytes().replace(b"\r\n", b"\n")
            quoted = raw.replace(b"\nFrom ", b"\n>From ")
            box.write(b"From MAILER-DAEMON Tue Nov 24 07:51:50 2026\n" + quoted + b"\n\n")
    return path


@pytest.fixture(scope="module")
def lines(mbox: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The records of `mbox`, from an uninterrupted run."""
    path = tmp_path_factory.mktemp("whole") / "whole.jsonl"
    done = run("-o", path, mbox)
    assert done.returncode == 0, done.stderr
    assert path.read_bytes().count(b"\n") >= 300
    return path


def test_the_records_are_those_of_classify(mbox: Path, lines: Path) -> None:
    words = [*PROGRAM, "classify", "--format", "jsonl", str(mbox)]
    plain = subprocess.run(words, capture_output=True, cwd=HERE.parent, timeout=300, check=True)
    assert plain.stdout == lines.read_bytes()


def test_standard_output_and_input(mbox: Path, lines: Path) -> None:
    done = run("-j", "2", "-", stdin=mbox.read_bytes())
    assert done.returncode == 0
    assert done.stderr == b""
    given = [json.loads(line) for line in lines.read_bytes().splitlines()]
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [each["recipient"] for each in told] == [each["recipient"] for each in given]
    assert told[0]["origin"] == "-#0"


def test_a_list_of_files(tmp_path: Path) -> None:
    mails = sorted(MAILS.glob("mission/*.eml"))
    assert mails
    done = run("--files-from", "-", stdin=b"\0".join(os.fsencode(mail) for mail in mails))
    origins = {json.loads(line)["origin"] for line in done.stdout.splitlines()}
    assert origins == {str(mail) for mail in mails}


def test_csv_and_packed_lines(mbox: Path, lines: Path, tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv.gz", "c.jsonl.gz"):
        assert run("--no-summary", "-o", tmp_path / name, mbox).returncode == 0
    assert gzip.decompress((tmp_path / "c.jsonl.gz").read_bytes()) == lines.read_bytes()
    plain = (tmp_path / "a.csv").read_bytes()
    assert gzip.decompress((tmp_path / "b.csv.gz").read_bytes()) == plain
    table = [*csv.DictReader(plain.decode().splitlines())]
    records = [json.loads(line) for line in lines.read_bytes().splitlines()]
    assert [row["reason"] or None for row in table] == [each["reason"] for each in records]
    assert not [*tmp_path.glob("*.part*")]


def test_sqlite_holds_the_same_records(mbox: Path, lines: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    assert run("--no-summary", "--taxonomy", "ses", "-o", path, mbox).returncode == 0
    with sqlite3.connect(path) as database:
        database.row_factory = sqlite3.Row
        told = [dict(row) for row in database.execute("SELECT * FROM records ORDER BY rowid")]
    database.close()
    check_table(told, lines)
    assert all(row["taxonomy.ses"] for row in told if row["reason"])
    evidence = [json.loads(row["evidence"]) if row["evidence"] else [] for row in told]
    records = [json.loads(line) for line in lines.read_bytes().splitlines()]
    assert evidence == [each["evidence"] for each in records]


def test_parquet_holds_the_same_records(mbox: Path, lines: Path, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "a.parquet"
    assert run("--no-summary", "-o", path, mbox).returncode == 0
    table = parquet.read_table(path)
    check_table(table.to_pylist(), lines)
    assert str(table.schema.field("bounce_date").type) == "timestamp[us, tz=UTC]"
    assert str(table.schema.field("confidence").type) == "double"
    assert str(table.schema.field("evidence").type) == "list<element: string>"
    assert any(row["auth.aligned"] is True for row in table.to_pylist())


def test_parquet_in_a_folder_for_each_category(mbox: Path, lines: Path, tmp_path: Path) -> None:
    dataset = pytest.importorskip("pyarrow.dataset")
    path = tmp_path / "parts"
    done = run("--no-summary", "-f", "parquet", "--partition-by", "category", "-o", path, mbox)
    assert done.returncode == 0, done.stderr
    assert (path / "category=recipient-policy").is_dir()
    rows = dataset.dataset(path, partitioning="hive").to_table().to_pylist()
    records = [json.loads(line) for line in lines.read_bytes().splitlines()]
    key = "category", "origin", "recipient", "reason"
    assert sorted(str([row[k] for k in key]) for row in rows) == sorted(
        str([row[k] for k in key]) for row in records
    )
    again = run("-f", "parquet", "--partition-by", "category", "-o", path, mbox)
    assert again.returncode == 2
    assert b"is there already" in again.stderr


def check_table(told: list[dict[str, Any]], lines: Path) -> None:
    records = [json.loads(line) for line in lines.read_bytes().splitlines()]
    assert len(told) == len(records)
    for row, record in zip(told, records, strict=True):
        for key in ("origin", "kind", "recipient", "status", "diagnostic_code", "confidence"):
            assert row[key] == record[key]
        for part in ("auth", "bounce_auth"):
            for name in ("spf", "dmarc", "source"):
                assert row[f"{part}.{name}"] == (record[part] or {}).get(name)


def test_the_summary_says_what_to_do_first(mbox: Path, tmp_path: Path) -> None:
    done = run("-o", tmp_path / "a.jsonl", mbox)
    told = done.stdout.decode()
    assert "what to do first" in told
    assert "refuses the stored password" in told
    there = run("--summary", mbox)
    assert b"what to do first" in there.stderr
    assert there.stdout.startswith(b"{")


# Kills itself at a random write, sync or renaming, in the middle of a run of many small batches;
# goes on, is killed again, until a run gets through. Each is a fork of one loaded process.
DRIVER: Final = '''
import functools, os, random, signal, sys, traceback
import classifier.batch.part as part
import classifier.cli.score as score
from classifier.cli.mails import Classifier

mbox, output, seed, every = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
part._EVERY = every  # seconds between two journals
score.gather = functools.partial(score.gather, most=8)
Classifier().load_model()
chance = random.Random(seed)

def wanted(resume):
    return score.Wanted(
        output=output, format=None, partition=None, jobs=0, ordered=True, resume=resume,
        afresh=False, summary=True, headers=(), taxonomies=(), rules=(), model="default",
        progress=False, colour=False,
    )

def plant(left):
    """Let so many calls pass, and be gone at the next: before it, or in the middle of a write."""
    def count(real, is_write=False):
        def call(*arguments):
            nonlocal left
            left -= 1
            if left < 0:
                if is_write:
                    real(arguments[0], bytes(arguments[1])[: len(arguments[1]) // 2])
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*arguments)
        return call
    os.write, os.fsync = count(os.write, True), count(os.fsync)
    os.replace, os.rename = count(os.replace), count(os.rename)
    part.Path.replace = count(part.Path.replace)

kills = 0
while True:
    point = chance.randrange(12) if kills < 20 else None
    child = os.fork()
    if not child:
        try:
            sys.stdout = open(output + ".summary", "w")
            if point is not None:
                plant(point)
            status = score.score_archive([mbox], wanted(kills > 0))
            sys.stdout.flush()
        except BaseException:
            traceback.print_exc()
            status = 9
        os._exit(status)
    _, ended = os.waitpid(child, 0)
    if os.WIFSIGNALED(ended):
        assert not os.path.exists(output), "a part has the name of the whole"
        kills += 1
        continue
    assert os.waitstatus_to_exitcode(ended) == 0, ended
    break
print(kills)
'''


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize(("seed", "every", "kills"), [(1, 0.0, 20), (2, 0.1, 3)])
def test_killed_at_twenty_points_the_output_is_the_same(
    mbox: Path, lines: Path, tmp_path: Path, seed: int, every: float, kills: int
) -> None:
    output = tmp_path / "a.jsonl"
    words = [sys.executable, "-c", DRIVER, str(mbox), str(output), str(seed), str(every)]
    done = subprocess.run(words, capture_output=True, cwd=HERE.parent, timeout=600)
    assert done.returncode == 0, done.stderr.decode()
    assert int(done.stdout) >= kills
    assert output.read_bytes() == lines.read_bytes()
    assert not [*tmp_path.glob("*.part*")]
    # The counts, too: they lie in the journal.
    told = (tmp_path / "a.jsonl.summary").read_text()
    assert told.partition("\n")[0] == count(lines)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_run_on_many_processes_goes_on(
    mbox: Path, lines: Path, tmp_path: Path, number: signal.Signals
) -> None:
    output, pipe = tmp_path / "a.jsonl", tmp_path / "pipe"
    os.mkfifo(pipe)
    words = [*PROGRAM, "score", "-j", "2", "-o", str(output), str(pipe)]
    process = subprocess.Popen(
        words, stderr=subprocess.PIPE, cwd=HERE.parent, preexec_fn=obey_signals
    )
    raw = mbox.read_bytes() * 10
    # Only a part of the archive ever comes, and yet more batches (of 256 mails) than the eight that
    # two workers may be ahead: else it could wait for the next mail with none of them in order yet.
    with pipe.open("wb") as box:
        box.write(raw[: len(raw) * 3 // 4])
        box.flush()
        part = tmp_path / "a.jsonl.part"
        wait_for(lambda: part.exists() and part.stat().st_size > 0)
        process.send_signal(number)
        _, said = process.communicate(timeout=60)
    assert process.returncode != 0
    assert not output.exists()
    if number == signal.SIGINT:
        assert process.returncode == 130
        assert b"are done and kept in" in said
        assert b"--resume goes on" in said
    pipe.unlink()
    pipe.write_bytes(raw)  # the same path, and the same mails from the first on
    refused = run("-o", output, pipe)
    assert refused.returncode == 2
    assert b"a run that was cut short lies there" in refused.stderr
    done = run("-j", "2", "--resume", "-o", output, pipe)
    assert done.returncode == 0, done.stderr
    origins = [json.loads(line)["origin"] for line in output.read_bytes().splitlines()]
    assert list(dict.fromkeys(origins)) == [f"{pipe}#{n}" for n in range(3000)]
    told = [line.partition(b",")[2] for line in output.read_bytes().splitlines()]
    assert told == [line.partition(b",")[2] for line in lines.read_bytes().splitlines()] * 10


def count(lines: Path) -> str:
    """The first line of the summary, reckoned from the records."""
    records = [json.loads(line) for line in lines.read_bytes().splitlines()]
    failures = sum(each["kind"] == "failure" for each in records)
    delays = sum(each["kind"] == "delay" for each in records)
    return f"{failures} failures in {len(records)} records, {delays} delays"


def obey_signals() -> None:
    """A suite that runs in the background, or under nohup, hands down signals to be ignored."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


def wait_for(holds: Any) -> None:
    for _ in range(1200):
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError("it never came about")


def test_other_mails_or_options_cannot_go_on(mbox: Path, tmp_path: Path) -> None:
    output = tmp_path / "a.jsonl"
    make_part(output)
    done = run("--resume", "-o", output, mbox)
    assert done.returncode == 2
    assert b"is of a run with other mails, options, rules or another model" in done.stderr
    assert run("--afresh", "-o", output, mbox).returncode == 0
    assert output.exists()


def make_part(output: Path) -> None:
    Path(f"{output}.part").write_bytes(b"x" * 100)
    Path(f"{output}.part.journal").write_text('{"run": "another", "done": 1, "written": 10}')


@pytest.mark.parametrize(
    ("journal", "told"),
    [
        (b"{", "is no journal of this version"),
        (b'{"run": "x", "written": 1000}', "does not fit the part beside it"),
        (b'{"version": 99}', "does not fit the part beside it"),
        (None, "there is a part, and no journal that says how far it is"),
    ],
)
def test_damaged_journals(mbox: Path, tmp_path: Path, journal: bytes | None, told: str) -> None:
    output = tmp_path / "a.jsonl"
    make_part(output)
    beside = Path(f"{output}.part.journal")
    if journal is None:
        beside.unlink()
    else:
        beside.write_bytes(journal)
    done = run("--resume", "-o", output, mbox)
    assert done.returncode == 2
    assert told in done.stderr.decode()
    assert b"--afresh" in done.stderr


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of half a megabyte."""
    disk = tmp_path / "disk"
    disk.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(disk)]
    if subprocess.run(words, capture_output=True).returncode:
        pytest.skip("no right to mount a small disk")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.parametrize("name", ["a.jsonl", "a.sqlite"])
def test_a_full_disk_is_one_clear_error(
    mbox: Path, tmp_path: Path, small_disk: Path, name: str
) -> None:
    plug = small_disk / "plug"
    room = {"a.jsonl": 200 * 1024, "a.sqlite": 300 * 1024}[name]
    plug.write_bytes(b"x" * (512 * 1024 - room))
    output = small_disk / name
    done = run("--no-summary", "-o", output, mbox)
    assert done.returncode == 2
    told = done.stderr.decode()
    assert "No space left on device" in told or "full" in told
    assert "--resume" in told
    assert "Traceback" not in told
    assert not output.exists()
    plug.unlink()
    words = ["mount", "-o", "remount,size=16m", str(small_disk)]
    subprocess.run(words, check=True)
    assert run("--no-summary", "--resume", "-o", output, mbox).returncode == 0
    assert output.exists()
    assert {each.name for each in small_disk.iterdir()} == {name}


def test_a_damaged_mbox_loses_one_mail(mbox: Path, lines: Path, tmp_path: Path) -> None:
    raw = mbox.read_bytes()
    cut = raw.index(b"\nFrom MAILER-DAEMON", len(raw) // 2)
    noise = random.Random(4).randbytes(20_000)  # noqa: S311 - no secret
    noise = noise.replace(b"\nFrom ", b"\n.....")
    damaged = tmp_path / "damaged.mbox"
    damaged.write_bytes(raw[: cut - 300] + noise + raw[cut - 1 :])
    done = run("-j", "2", damaged)
    assert done.returncode == 0
    told = [json.loads(line)["diagnostic_code"] for line in done.stdout.splitlines()]
    given = [json.loads(line)["diagnostic_code"] for line in lines.read_bytes().splitlines()]
    same = sum(one == two for one, two in zip(told, given, strict=False))
    assert len(told) in (len(given), len(given) - 1, len(given) + 1)
    assert same >= len(given) // 2 - 1
    assert told[-50:] == given[-50:]


def test_a_broken_gzip_keeps_what_could_be_read(mbox: Path, tmp_path: Path) -> None:
    packed = gzip.compress(mbox.read_bytes())
    broken = tmp_path / "broken.mbox.gz"
    broken.write_bytes(packed[: len(packed) // 2])
    done = run("-o", tmp_path / "a.jsonl", broken, MAILS / "mission")
    assert done.returncode == 1
    assert b"could be read only in part" in done.stderr
    records = (tmp_path / "a.jsonl").read_bytes().splitlines()
    assert any(b"broken.mbox.gz" in line for line in records)
    assert any(b"mission" in line for line in records)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["-f", "parquet"], "needs a file: name it by -o"),
        (["--resume"], "only what goes into a file can be gone on with"),
        (["--resume", "--afresh", "-o", "x"], "say the opposite"),
        (["--partition-by", "category"], "is for Parquet alone"),
        (["-f", "parquet", "--partition-by", "advice", "-o", "x"], "known are kind, category"),
        (["--files-from", "nowhere.txt"], "nowhere.txt: cannot be read"),
        (["--header", "a b"], "is no name of a header"),
    ],
)
def test_wrong_usage_is_told_before_anything_is_written(
    options: list[str], told: str, tmp_path: Path
) -> None:
    words = [*PROGRAM, "score", *options, str(MAILS / "mission")]
    done = subprocess.run(
        words, capture_output=True, cwd=tmp_path, timeout=120, env=os.environ | PATHS
    )
    assert done.returncode == 2
    assert told in done.stderr.decode()
    assert not [*tmp_path.iterdir()]


PATHS: Final = {"PYTHONPATH": str(HERE.parent)}


def test_an_output_that_is_an_input_is_refused(mbox: Path) -> None:
    before = mbox.read_bytes()
    assert run("-o", mbox, mbox).returncode == 2
    assert mbox.read_bytes() == before


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.sqlite", "a.parquet"])
def test_a_run_that_is_interrupted_goes_on(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In this process: Ctrl-C between two batches, and the rest by --resume."""
    if name.endswith("parquet"):
        pytest.importorskip("pyarrow")
    from functools import partial

    from typer.testing import CliRunner

    from classifier.cli import app

    work: Any = import_module("classifier.cli.score")  # the package has a function of that name

    monkeypatch.setattr(work, "gather", partial(work.gather, most=4))
    real = work.run_here

    def interrupted(batches: Any, *rest: Any) -> None:
        def some() -> Iterator[Any]:
            yield next(batches)
            raise KeyboardInterrupt

        real(some(), *rest)

    output = tmp_path / name
    arguments = ["score", "-j", "0", "-o", str(output), str(MAILS / "mission")]
    monkeypatch.setattr(work, "run_here", interrupted)
    assert CliRunner().invoke(app, arguments).exit_code != 0
    assert not output.exists()
    monkeypatch.setattr(work, "run_here", real)
    assert CliRunner().invoke(app, arguments).exit_code == 1 or not output.exists()
    done = CliRunner().invoke(app, [*arguments, "--resume"])
    assert done.exit_code == 0, done.output
    assert "what to do first" in done.output
    assert {each.name for each in tmp_path.iterdir()} == {name}
    again = tmp_path / f"b{output.suffix}"
    arguments[4] = str(again)
    assert CliRunner().invoke(app, [*arguments, "--no-summary"]).exit_code == 0
    assert again.read_bytes() == output.read_bytes()
