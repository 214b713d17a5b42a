"""The one place that composes: bytes to message to report to evidence to verdict to record."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from classifier.advice import advise
from classifier.evidence import weigh, weigh_text
from classifier.judge import Verdict, judge
from classifier.message import parse
from classifier.reading import read_report
from classifier.reasons import Kind
from classifier.report import Report
from classifier.rows import Row, make_row
from classifier.rules.engine import RuleSet
from classifier.rules.loader import load, load_shipped

__all__ = ["Classifier", "classify", "read"]

_JUDGED = frozenset({Kind.FAILURE, Kind.DELAY})


def read(raw: bytes) -> Report:
    """What a mail reports, before any verdict.

    `raw` is one mail, with LF, CRLF or CR line ends; only its first 256 KiB are read. Never
    raises: a mail that is no bounce has a `kind` that says so, oddities are in `defects`.
    """
    return read_report(parse(raw))


class Classifier:
    """Judges bounces; make one and use it for as many mails as there are.

    `rules` are folders or files of an operator's own rules (TOML), which go before the shipped
    ones. Holds no state of any mail, so one instance serves many threads.

    Raises `OperatorError` with every fault of the operator's rules.
    """

    def __init__(self, rules: Iterable[str | Path] = ()) -> None:
        folders = [Path(each) for each in rules]
        self._rules: RuleSet = load(folders) if folders else load_shipped()

    def classify(
        self, raw: bytes, origin: str = "-", headers: Sequence[str] = ()
    ) -> tuple[Row, ...]:
        """The records of one mail: one a reported recipient, or one where it names none.

        `origin` is put into the records as given; `headers` names headers of the returned
        message to add. Never raises.
        """
        return self.judge_report(read(raw), origin, headers)

    def judge_report(
        self, report: Report, origin: str = "-", headers: Sequence[str] = ()
    ) -> tuple[Row, ...]:
        """The records of one mail that `read` has read: one a failure, in their order.

        For who needs the report too; arguments as for `classify`. Never raises.
        """
        if not report.failures:
            return (make_row(origin, report, headers=headers),)
        rows = []
        for failure in report.failures:
            if failure.kind not in _JUDGED:
                rows.append(make_row(origin, report, failure, headers=headers))
                continue
            evidence = weigh(failure, report)
            verdict = judge(evidence, self._rules)
            text = advise(verdict.reason, verdict.advice, evidence, failure, report)
            rows.append(make_row(origin, report, failure, verdict, text, headers))
        return tuple(rows)

    def explain(self, text: str) -> tuple[Verdict, str]:
        """The verdict on one SMTP reply or diagnostic by itself, and a sentence of advice."""
        evidence = weigh_text(text)
        verdict = judge(evidence, self._rules)
        return verdict, advise(verdict.reason, verdict.advice, evidence)


def classify(raw: bytes, origin: str = "-") -> tuple[Row, ...]:
    """The records of one mail by the shipped rules; see `Classifier` for more than a few mails."""
    return Classifier().classify(raw, origin)
