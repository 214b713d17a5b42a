"""Mails judged so that none can stop a run: a fault of ours costs its mail one `error` record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from classifier.archive import Item, Unreadable
from classifier.errors import OperatorError
from classifier.frozen import Frozen
from classifier.pipeline import Classifier, read_all, read_many
from classifier.reasons import Kind
from classifier.report import Report
from classifier.rows import Row, error_row
from classifier.taxonomies.scheme import classes_of

__all__ = ["Judged", "add_classes", "judge_item", "judge_items", "name_unread", "spoil"]


class Judged(Frozen):
    """The records of one report, the report itself, and what people are to be told, if anything.

    `report` is None where the mail could not be judged at all.
    """

    rows: tuple[Row, ...]
    report: Report | None
    complaint: str | None = None


def judge_item(classifier: Classifier, item: Item, headers: Sequence[str] = ()) -> Iterator[Judged]:
    """The records of one mail, by its reports."""
    try:
        for report in read_all(item.raw, item.size):
            rows = classifier.judge_report(report, item.origin, headers)
            yield Judged(rows, report, _complain(item, report))
    except OperatorError:  # of the model, which is loaded when it is first asked: no mail's fault
        raise
    except Exception as error:
        yield spoil(item.origin, f"{type(error).__name__}: {error}")


def judge_items(
    classifier: Classifier, items: Sequence[Item], headers: Sequence[str] = ()
) -> list[Judged]:
    """The records of many mails, in their order; the model is asked once for all of them."""
    try:
        told = read_many([(item.raw, item.size) for item in items])
        read = [(item, each) for item, reports in zip(items, told, strict=True) for each in reports]
        asked = [(report, item.origin) for item, report in read]
        judged = classifier.judge_reports(asked, headers)
    except OperatorError:
        raise
    except Exception:  # one of them is at fault, and the others must not pay
        return [each for item in items for each in judge_item(classifier, item, headers)]
    return [
        Judged(rows, report, _complain(item, report))
        for (item, report), rows in zip(read, judged, strict=True)
    ]


def add_classes(rows: Sequence[Row], taxonomies: Sequence[str]) -> Sequence[Row]:
    """The records with their classes in other schemes, where any is asked for."""
    if not taxonomies:
        return rows
    return [msgspec.structs.replace(row, taxonomy=classes_of(row, taxonomies)) for row in rows]


def name_unread(unread: Iterable[Unreadable]) -> Iterator[Row]:
    """An `error` record for each input that could not be read, where nobody is there to be told."""
    for each in unread:
        yield error_row(each.origin, f"{each.why}; {each.cure}")


def spoil(origin: str, why: str) -> Judged:
    """The one record of a mail that could not be judged."""
    told = f"{origin}: could not be judged ({why}); please report it"
    return Judged((error_row(origin, why),), None, told)


def _complain(item: Item, report: Report) -> str | None:
    if report.kind is not Kind.ERROR:
        return None
    return f"{item.origin}: {report.defects[0]}; is the file cut off, or no JSON?"
