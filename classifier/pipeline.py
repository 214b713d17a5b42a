"""The one place that composes: bytes to message to report to evidence to verdict to record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from classifier.advice import advise
from classifier.errors import OperatorError
from classifier.evidence import Evidence, weigh
from classifier.judge import (
    Verdict,
    compete,
    dispute,
    is_open,
    judge_model,
    settle,
    undecided,
)
from classifier.message import parse
from classifier.model.store import find
from classifier.notifications import looks_like_json, read_notifications
from classifier.objects import OBJECT_CAP, split_objects
from classifier.reading import read_reports
from classifier.reasons import JUDGED
from classifier.report import Report
from classifier.rows import Row, make_row
from classifier.rules.engine import RuleSet
from classifier.rules.loader import load, load_shipped
from classifier.trace import Step, trace

if TYPE_CHECKING:
    from classifier.model.scorer import Model

__all__ = ["Classifier", "classify", "read", "read_all", "read_many"]


def read(raw: bytes, size: int | None = None) -> Report:
    """What a mail reports, before any verdict; of several notifications the first.

    `raw` is one mail, with LF, CRLF or CR line ends, of which only the first 256 KiB are read, or
    a notification of a sending service in JSON. `size` is the whole mail's in bytes, where `raw`
    is only its beginning. Never raises: a mail that is no bounce has a `kind` that says so,
    oddities are in `defects`.
    """
    return read_all(raw, size)[0]


def read_all(raw: bytes, size: int | None = None) -> tuple[Report, ...]:
    """As `read`, and every notification of a text that holds more than one: a list, JSON lines."""
    (reports,) = read_many([(raw, size)])
    return reports


def read_many(mails: Sequence[tuple[bytes, int | None]]) -> list[tuple[Report, ...]]:
    """As `read_all`, for many at once, each with its size: that takes less time for each."""
    told = [_read_json(raw) if looks_like_json(raw) else () for raw, _ in mails]
    left = zip(mails, told, strict=True)
    messages = [parse(raw, size=size) for (raw, size), reports in left if not reports]
    read = iter(read_reports(messages))
    return [reports or (next(read),) for reports in told]


def _read_json(raw: bytes) -> tuple[Report, ...]:
    reports = [each for text, _ in split_objects([raw]) for each in read_notifications(text)]
    return tuple(reports) or read_notifications(raw[:OBJECT_CAP])


class Classifier:
    """Judges bounces; make one and use it for as many mails as there are.

    `rules` are folders or files of an operator's own rules (TOML), which go before the shipped
    ones. `model` is a folder that `whybounce train` wrote, asked where no rule decides; None for
    rules alone, as it is where the shipped one was removed (`folder` tells). Holds no state of any
    mail, so one instance serves many threads.

    Raises `OperatorError` with every fault of the operator's rules, or of the model.
    """

    def __init__(
        self, rules: Iterable[str | Path] = (), model: str | Path | None = "default"
    ) -> None:
        folders = [Path(each) for each in rules]
        self._rules: RuleSet = load(folders) if folders else load_shipped()
        self._folder = None if model is None else _find_model(model)
        self._model: Model | None = None
        if self._folder is not None and model != "default":
            self._model = self._load(self._folder)  # its faults show before any mail is read

    @property
    def folder(self) -> Path | None:
        """Where the model lies; None for rules alone."""
        return self._folder

    @property
    def rules(self) -> RuleSet:
        """The rules that judge, an operator's own among them."""
        return self._rules

    def load_model(self) -> Model | None:
        """The model, loaded if it is not yet; None for rules alone.

        Raises `OperatorError` where the shipped one is damaged.
        """
        if self._model is None and self._folder is not None:
            self._model = self._load(self._folder)
        return self._model

    def classify(
        self, raw: bytes, origin: str = "-", headers: Sequence[str] = ()
    ) -> tuple[Row, ...]:
        """The records of one mail: one a reported recipient, or one where it names none.

        `origin` is put into the records as given; `headers` names headers of the returned
        message to add. Never raises.
        """
        return tuple(
            row for report in read_all(raw) for row in self.judge_report(report, origin, headers)
        )

    def judge_report(
        self, report: Report, origin: str = "-", headers: Sequence[str] = ()
    ) -> tuple[Row, ...]:
        """The records of one mail that `read` has read: one a failure, in their order.

        For who needs the report too; arguments as for `classify`. Never raises.
        """
        (rows,) = self.judge_reports([(report, origin)], headers)
        return rows

    def judge_reports(
        self, reports: Sequence[tuple[Report, str]], headers: Sequence[str] = ()
    ) -> list[tuple[Row, ...]]:
        """As `judge_report`, for many at once, each with its origin: the model is asked once."""
        judged = [
            [weigh(failure, report) for failure in report.failures if failure.kind in JUDGED]
            for report, _ in reports
        ]
        verdicts = iter(self.judge_all([evidence for each in judged for evidence in each]))
        return [
            _make_rows(report, origin, headers, each, verdicts)
            for (report, origin), each in zip(reports, judged, strict=True)
        ]

    def explain(self, text: str) -> tuple[Verdict, str]:
        """The verdict on one SMTP reply or diagnostic by itself, and a sentence of advice.

        `text` is what a person pastes: a reply, log lines, an exception, a transcript. Never
        raises.
        """
        from classifier.pasted import read_pasted, weigh_pasted  # mails hold nothing pasted

        evidence = weigh_pasted(read_pasted(text))
        (verdict,) = self.judge_all([evidence])
        return verdict, advise(verdict.reason, verdict.advice, evidence)

    def examine(self, evidence: Evidence) -> tuple[Verdict, tuple[Step, ...]]:
        """The verdict on one piece of evidence, and the steps that led to it."""
        competition = compete(evidence, self._rules)
        (verdict,) = self.judge_all([evidence])
        decided = competition.winner is not None and competition.winner.rule.decides
        asked = not decided and self._folder is not None
        return verdict, trace(evidence, self._rules, competition, verdict, asked)

    def judge_all(self, evidences: Sequence[Evidence]) -> list[Verdict]:
        """The verdicts on failures: by the rules, and what these leave open by the model.

        The model is a second opinion, too, on what the rules are not sure of.
        """
        competitions = [compete(evidence, self._rules) for evidence in evidences]
        verdicts = [*map(settle, evidences, competitions)]
        left = [n for n, verdict in enumerate(verdicts) if is_open(verdict)]
        # the shipped model costs its loading when it is first needed
        model = self.load_model() if left else None
        if model is None:
            return verdicts
        asked = [(evidences[number], competitions[number].hits) for number in left]
        for number, prediction in zip(left, model.predict(asked), strict=True):
            if prediction is not None:
                weigh_in = judge_model if undecided(verdicts[number]) else dispute
                verdicts[number] = weigh_in(evidences[number], prediction, verdicts[number])
        return verdicts

    @staticmethod
    def _load(folder: Path) -> Model:
        from classifier.model.scorer import Model

        return Model.load(folder)


def _make_rows(
    report: Report,
    origin: str,
    headers: Sequence[str],
    evidences: Iterable[Evidence],
    verdicts: Iterator[Verdict],
) -> tuple[Row, ...]:
    """The records of one mail; `evidences` and `verdicts` are those of its judged failures."""
    if not report.failures:
        return (make_row(origin, report, headers=headers),)
    weighed = iter(evidences)
    rows = []
    for failure in report.failures:
        if failure.kind not in JUDGED:
            rows.append(make_row(origin, report, failure, headers=headers))
            continue
        evidence, verdict = next(weighed), next(verdicts)
        text = advise(verdict.reason, verdict.advice, evidence, failure, report)
        rows.append(make_row(origin, report, failure, verdict, text, headers))
    return tuple(rows)


def classify(raw: bytes, origin: str = "-") -> tuple[Row, ...]:
    """The records of one mail by the shipped rules; see `Classifier` for more than a few mails."""
    return _shipped().classify(raw, origin)


@cache
def _shipped() -> Classifier:
    return Classifier()


def _find_model(model: str | Path) -> Path | None:
    """A model's folder; None where the shipped one was removed, which rules can do without."""
    try:
        return find(model)
    except OperatorError:
        if model != "default":
            raise
        return None
