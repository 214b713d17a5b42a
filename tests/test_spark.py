"""Spark: the same records as the command line, from files, from mboxes in pieces, from columns."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytest.importorskip("pyspark")
pytest.importorskip("pyarrow")
if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
    pytest.skip("no Java, which Spark runs on", allow_module_level=True)

# Of PySpark's own, about a pandas that is newer than it knows; the functions used here need none.
pytestmark = pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas")

ROOT: Final = Path(__file__).parents[1]
MAILS: Final = ROOT / "tests" / "messages"


@pytest.fixture(scope="module")
def spark() -> Iterator[SparkSession]:
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable  # else workers take the first python3 there is
    os.environ["PYTHONPATH"] = str(ROOT)
    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()


def classify(*paths: Path) -> list[dict[str, Any]]:
    words = [sys.executable, "-m", "classifier", "classify", "-f", "jsonl", *map(str, paths)]
    done = subprocess.run(words, capture_output=True, cwd=ROOT, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


KEYS: Final = ("kind", "recipient", "status", "diagnostic_code", "category", "reason", "advice",
               "confidence", "decided_by", "format", "provider", "original_message_id")  # fmt: skip


def told(records: Any) -> list[str]:
    """Records in an order of their own, by what does not depend on where a mail lay."""
    return sorted(repr([record[key] for key in KEYS]) for record in records)


def test_files_give_the_records_of_the_command_line(spark: SparkSession) -> None:
    from classifier.spark import read_mails, schema_of, score

    folders = [MAILS / "mission", MAILS / "postfix"]
    given = classify(*folders)
    assert len(given) > 20
    frame = score(read_mails(spark, *map(str, folders)))
    assert frame.schema == schema_of()
    rows = frame.collect()
    assert told(rows) == told(given)
    assert all(row["origin"].startswith("file:") for row in rows)
    by_id = {each["original_message_id"]: each for each in given}
    for row in rows:
        record = by_id[row["original_message_id"]]
        assert row["auth.spf"] == (record["auth"] or {}).get("spf")
    assert frame.filter("`auth.dmarc` is not null").count() > 0


def test_mboxes_in_pieces(spark: SparkSession, tmp_path: Path) -> None:
    from classifier.spark import read_mboxes, score

    mails = sorted(MAILS.glob("mission/*.eml"))
    box = tmp_path / "box.mbox"
    with box.open("wb") as file:
        for mail in mails:
            raw = mail.read_bytes().replace(b"\r\n", b"\n").rstrip(b"\n")
            file.write(b"From MAILER-DAEMON Tue Nov 24 07:51:50 2026\n" + raw + b"\n\n")
    rows = score(read_mboxes(spark, str(box))).collect()
    assert told(rows) == told(classify(box))


def test_a_column_of_bytes_headers_rules_and_classes(spark: SparkSession, tmp_path: Path) -> None:
    from classifier.spark import score

    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "own.toml").write_text(
        'source = "our own server"\n[rule.owls]\nreason = "mailbox-full"\nsays = ["full of owls"]\n'
        'why = "The test says so."\nhits = ["554 full of owls"]\nmisses = ["554 full of cats"]\n'
    )
    mail = (
        b"From: MAILER-DAEMON@mx.example.org\nSubject: Undelivered\nContent-Type: multipart/report;"
        b" report-type=delivery-status; boundary=b\n\n--b\n\nIt failed.\n--b\n"
        b"Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.org\n\n"
        b"Final-Recipient: rfc822; bob@example.net\nAction: failed\nStatus: 5.0.0\n"
        b"Diagnostic-Code: smtp; 554 the box is full of owls\n\n--b\nContent-Type: message/rfc822\n"
        b"\nFrom: ada@example.com\nX-Campaign: autumn\nMessage-Id: <1@example.com>\n\nHi.\n--b--\n"
    )
    frame = spark.createDataFrame([(mail, "one"), (None, "two")], "body binary, place string")
    rows = score(
        frame,
        raw="body",
        origin="place",
        headers=["X-Campaign"],
        taxonomies=["ses"],
        rules=[str(rules)],
        model=None,
    ).collect()
    (row,) = rows
    assert row["origin"] == "one"
    assert row["decided_by"] == "rule:own/owls"
    assert row["headers.X-Campaign"] == "autumn"
    assert row["taxonomy.ses"] == "Transient/MailboxFull"
    assert row["evidence"]


def test_what_cannot_be_read_is_an_error_record(spark: SparkSession) -> None:
    from classifier.spark import score

    frame = spark.createDataFrame([(b"\x1f\x8b broken", "x.gz")], "raw binary, origin string")
    (row,) = score(frame).collect()
    assert (row["origin"], row["kind"]) == ("x.gz", "error")
    assert row["defects"]
