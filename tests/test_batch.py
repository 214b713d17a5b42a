"""Batches on many processes: order kept, the dead replaced, the mail at fault found."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from classifier.archive import Item, Unreadable
from classifier.batch.batches import Batch, gather, halve
from classifier.batch.part import Journal
from classifier.batch.pool import Pool
from classifier.batch.run import run_here, run_on
from classifier.batch.worker import Lines, Settings
from classifier.errors import OperatorError
from classifier.pipeline import Classifier
from classifier.reasons import Kind
from classifier.rows import Row

#: A worker that some mails kill, hang or slow down, and that is the real one for all others.
WORK = """
import os, signal, time
import msgspec
from classifier.batch.batches import Batch
from classifier.batch.worker import make as make_real

def make(settings):
    real = make_real(settings)
    def work(task):
        raws = [item.raw for item in msgspec.msgpack.decode(task, type=Batch).items]
        if any(b"X-Kill" in raw for raw in raws):
            os.kill(os.getpid(), signal.SIGKILL)
        if any(b"X-Exit" in raw for raw in raws):
            os._exit(7)
        if any(b"X-Hang" in raw for raw in raws):
            time.sleep(3600)
        if any(b"X-Slow" in raw for raw in raws):
            time.sleep(0.5)
        return real(task)
    return work

def never(settings):
    os._exit(3)
"""


class Memory:
    """A sheet that keeps what it is given."""

    def __init__(self) -> None:
        self.journal = Journal()
        self.data = b""

    def write(self, data: bytes) -> None:
        self.data += data

    def keep_now_and_then(self) -> None:
        return

    @property
    def rows(self) -> list[Row]:
        return [msgspec.json.decode(line, type=Row) for line in self.data.splitlines()]


class Heard:
    """What people are told."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.mails = self.failed = 0

    def advance(self, size: int, failed: int = 0, mails: int = 1) -> None:
        self.mails += mails
        self.failed += failed

    def say(self, line: str) -> None:
        self.lines.append(line)


def bounce(number: int, extra: str = "") -> Item:
    raw = (
        f"From: MAILER-DAEMON@mx.example.org\n{extra}Subject: Undelivered Mail\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
        "--b\n\nIt failed.\n--b\nContent-Type: message/delivery-status\n\n"
        "Reporting-MTA: dns; mx.example.org\n\n"
        f"Final-Recipient: rfc822; user{number}@example.net\nAction: failed\nStatus: 5.1.1\n"
        "Diagnostic-Code: smtp; 550 5.1.1 no such user\n\n--b--\n"
    ).encode()
    return Item(f"box#{number}", raw, False, len(raw))


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of what makes the worker above, where the workers find it."""
    (tmp_path / "planted_work.py").write_text(WORK)
    monkeypatch.syspath_prepend(tmp_path)
    return "planted_work:make"


RULES_ALONE = Settings(model=None)


def test_batches_depend_on_the_archive_alone() -> None:
    mails = [bounce(n) for n in range(10)]
    batches = [*gather([*mails[:7], Unreadable("x", "is odd", "mend it"), *mails[7:]], most=4)]
    assert [each.number for each in batches] == [0, 1, 2]
    assert [len(each.items) for each in batches] == [4, 4, 2]
    assert [len(each.unread) for each in batches] == [0, 1, 0]
    assert sum(each.size for each in batches) == sum(len(each.raw) for each in mails)
    assert batches[-1].last == "box#9"


def test_a_batch_is_closed_by_its_bytes_too() -> None:
    mails = [bounce(n) for n in range(6)]
    batches = [*gather(mails, largest=len(mails[0].raw) + 1)]
    assert [len(each.items) for each in batches] == [2, 2, 2]


def test_batches_of_what_cannot_be_read_are_closed() -> None:
    batches = [*gather([Unreadable(str(n), "is gone", "look") for n in range(9)], most=4)]
    assert [len(each.unread) for each in batches] == [4, 4, 1]


def test_halves_make_the_whole() -> None:
    (batch,) = gather([bounce(n) for n in range(5)])
    first, second = halve(batch)
    assert first.items + second.items == batch.items
    assert first.size + second.size == batch.size


def test_here_and_there_the_same_bytes() -> None:
    mails = [bounce(n) for n in range(40)]
    here, there = Memory(), Memory()
    run_here(gather(mails, most=7), Classifier(model=None), RULES_ALONE, here, Heard())
    heard = Heard()
    run_on(gather(mails, most=7), RULES_ALONE, there, heard, jobs=2)
    assert here.data == there.data
    assert [row.recipient for row in here.rows] == [f"user{n}@example.net" for n in range(40)]
    assert (heard.mails, heard.failed) == (40, 40)
    assert there.journal.mails == 40
    assert there.journal.records == 40
    assert there.journal.done == 6
    assert there.journal.whole


def test_order_holds_where_the_first_is_the_slowest(work: str) -> None:
    mails = [bounce(n, "X-Slow: yes\n" if n == 0 else "") for n in range(12)]
    sheet = Memory()
    run_on(gather(mails, most=2), RULES_ALONE, sheet, Heard(), jobs=2, work=work)
    assert [row.origin for row in sheet.rows] == [f"box#{n}" for n in range(12)]


def test_without_order_nothing_is_lost(work: str) -> None:
    mails = [bounce(n, "X-Slow: yes\n" if n == 0 else "") for n in range(12)]
    sheet = Memory()
    run_on(gather(mails, most=2), RULES_ALONE, sheet, Heard(), jobs=2, ordered=False, work=work)
    origins = [row.origin for row in sheet.rows]
    assert origins != [f"box#{n}" for n in range(12)]
    assert sorted(origins) == sorted(f"box#{n}" for n in range(12))
    assert (sheet.journal.done, sheet.journal.beyond) == (6, [])


@pytest.mark.parametrize(
    ("extra", "why"),
    [
        ("X-Kill: yes\n", "its process was ended by SIGKILL"),
        ("X-Exit: yes\n", "its process ended with status 7"),
        ("X-Hang: yes\n", "no end after 2 seconds"),
    ],
)
def test_a_poisonous_mail_costs_one_error_record(work: str, extra: str, why: str) -> None:
    at = 11
    mails = [bounce(n, extra if n == at else "") for n in range(20)]
    sheet, heard = Memory(), Heard()
    run_on(gather(mails, most=8), RULES_ALONE, sheet, heard, jobs=2, work=work, patience=2.0)
    rows = sheet.rows
    assert [row.origin for row in rows] == [f"box#{n}" for n in range(20)]
    assert [n for n, row in enumerate(rows) if row.kind is Kind.ERROR] == [at]
    assert rows[at].defects == (why,)
    assert heard.lines == [f"box#{at}: could not be judged ({why}); please report it"]
    assert not sheet.journal.whole


def test_a_worker_that_is_killed_is_replaced(work: str) -> None:
    """Whoever ends a worker from outside, the out-of-memory killer say, costs no mail."""
    mails = [bounce(n, "X-Slow: yes\n") for n in range(8)]
    killed: list[int] = []

    def kill_one() -> None:
        while not killed:
            for child in children():
                os.kill(child, signal.SIGKILL)
                killed.append(child)
                return
            time.sleep(0.05)

    def told() -> Iterator[Item]:
        yield from mails[:4]
        threading.Thread(target=kill_one).start()
        yield from mails[4:]

    sheet = Memory()
    run_on(gather(told(), most=2), RULES_ALONE, sheet, Heard(), jobs=2, work=work)
    assert killed
    assert [row.origin for row in sheet.rows] == [f"box#{n}" for n in range(8)]
    assert all(row.kind is Kind.FAILURE for row in sheet.rows)


def children() -> list[int]:
    found = []
    for entry in Path("/proc").iterdir() if Path("/proc").is_dir() else ():
        try:
            words = (entry / "stat").read_text().rpartition(")")[2].split()
            command = (entry / "cmdline").read_bytes()
        except (OSError, ValueError):
            continue
        if int(words[1]) == os.getpid() and b"spawn_main" in command:
            found.append(int(entry.name))
    return found


def test_workers_that_cannot_start_are_one_clear_error(work: str) -> None:
    never = work.replace(":make", ":never")
    with pytest.raises(OperatorError, match="cannot be started: its process ended with status 3"):
        run_on(gather([bounce(0)]), RULES_ALONE, Memory(), Heard(), jobs=1, work=never)


def test_faults_of_the_model_come_back_whole(tmp_path: Path) -> None:
    settings = Settings(model=str(tmp_path / "gone"))
    with pytest.raises(OperatorError, match="gone"):
        run_on(gather([bounce(0)]), settings, Memory(), Heard(), jobs=1)


def test_no_worker_outlives_its_pool() -> None:
    before = set(children())
    with Pool("classifier.batch.worker:make", msgspec.msgpack.encode(RULES_ALONE), 2):
        begun = set(children()) - before
        assert len(begun) == 2
    assert not begun & set(children())


def test_the_window_is_bounded(work: str) -> None:
    """While the first batch is slow, only so many others are read ahead."""
    read: list[int] = []
    sheet = Memory()

    def told() -> Iterator[Batch]:
        for batch in gather([bounce(n, "X-Slow: yes\n" * (n == 0)) for n in range(60)], most=1):
            if not sheet.data:
                read.append(batch.number)
            yield batch

    run_on(told(), RULES_ALONE, sheet, Heard(), jobs=2, work=work)
    assert len(sheet.rows) == 60
    assert len(read) <= 10


def test_csv_and_gzip_are_written_by_the_workers() -> None:
    import csv
    import gzip

    sheet = Memory()
    settings = Settings(model=None, lines=Lines.CSV, packed=True)
    mails = gather([bounce(n) for n in range(6)], most=4)
    run_here(mails, Classifier(model=None), settings, sheet, Heard())
    lines = gzip.decompress(sheet.data).decode().splitlines()
    assert [next(csv.reader([line]))[2] for line in lines] == [
        f"user{n}@example.net" for n in range(6)
    ]
