"""`classifier.score` and `to_pandas`: the records of an archive for Python."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

import classifier
from classifier.reasons import Kind

MAILS: Final = Path(__file__).parent / "messages" / "mission"


def test_the_records_are_those_of_each_mail() -> None:
    rows = list(classifier.score(MAILS, headers=["Subject"]))
    assert len(rows) > 10
    judge = classifier.Classifier()
    for path in sorted(MAILS.glob("*.eml")):
        mine = [row for row in rows if row.origin == str(path)]
        assert mine == [*judge.classify(path.read_bytes(), str(path), ["Subject"])]


def test_what_cannot_be_read_is_an_error_record() -> None:
    (row,) = classifier.score(["nowhere/at-all.eml"])
    assert row.kind is Kind.ERROR
    assert "does not exist" in row.defects[0]


def test_processes_give_the_same_records() -> None:
    assert list(classifier.score([MAILS], jobs=1)) == list(classifier.score([MAILS]))


def test_a_damaged_model_is_no_mails_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """The shipped one is loaded when it is first asked, in the middle of a run."""

    def fail(self: classifier.Classifier) -> None:
        raise classifier.OperatorError("model", ["is damaged"], "Install it again.")

    monkeypatch.setattr(classifier.Classifier, "load_model", fail)
    with pytest.raises(classifier.OperatorError, match="is damaged"):
        list(classifier.score(MAILS.parent / "exim"))


def test_a_table_has_types() -> None:
    pytest.importorskip("pandas")
    rows = list(classifier.score(MAILS))
    table = classifier.to_pandas(rows)
    assert len(table) == len(rows)
    assert list(table["reason"].where(table["reason"].notna(), None)) == [r.reason for r in rows]
    assert str(table["bounce_date"].dtype).startswith("datetime64[")
    assert "UTC" in str(table["bounce_date"].dtype)
    assert str(table["auth.aligned"].dtype) == "boolean"
    assert table["confidence"].dtype == "float64"
