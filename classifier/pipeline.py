"""The one place that composes: bytes to message to report to evidence to verdict to record."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from classifier.advice import advise
from classifier.evidence import Evidence, weigh
from classifier.judge import Verdict, compete, judge, judge_model, undecided
from classifier.message import parse
from classifier.model.store import find
from classifier.notifications import looks_like_json, read_notifications
from classifier.objects import OBJECT_CAP, split_objects
from classifier.pasted import read_pasted, weigh_pasted
from classifier.reading import read_report
from classifier.reasons import JUDGED
from classifier.report import Report
from classifier.rows import Row, make_row
from classifier.rules.engine import RuleSet
from classifier.rules.loader import load, load_shipped
from classifier.trace import Step, trace

if TYPE_CHECKING:
    from classifier.model.scorer import Model

__all__ = ["Classifier", "classify", "read", "read_all"]


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
    if not looks_like_json(raw):
        return (read_report(parse(raw, size=size)),)
    reports = [each for text, _ in split_objects([raw]) for each in read_notifications(text)]
    return tuple(reports) or read_notifications(raw[:OBJECT_CAP])


class Classifier:
    """Judges bounces; make one and use it for as many mails as there are.

    `rules` are folders or files of an operator's own rules (TOML), which go before the shipped
    ones. `model` is a folder that `whybounce train` wrote, asked where no rule decides; None for
    rules alone. Holds no state of any mail, so one instance serves many threads.

    Raises `OperatorError` with every fault of the operator's rules, or of the model.
    """

    def __init__(
        self, rules: Iterable[str | Path] = (), model: str | Path | None = "default"
    ) -> None:
        folders = [Path(each) for each in rules]
        self._rules: RuleSet = load(folders) if folders else load_shipped()
        self._folder = None if model is None else find(model)
        self._model: Model | None = None
        if self._folder is not None and model != "default":
            self._model = self._load(self._folder)  # its faults show before any mail is read

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
        if not report.failures:
            return (make_row(origin, report, headers=headers),)
        evidences = [weigh(each, report) for each in report.failures if each.kind in JUDGED]
        judged = iter(zip(evidences, self._judge(evidences), strict=True))
        rows = []
        for failure in report.failures:
            if failure.kind not in JUDGED:
                rows.append(make_row(origin, report, failure, headers=headers))
                continue
            evidence, verdict = next(judged)
            text = advise(verdict.reason, verdict.advice, evidence, failure, report)
            rows.append(make_row(origin, report, failure, verdict, text, headers))
        return tuple(rows)

    def explain(self, text: str) -> tuple[Verdict, str]:
        """The verdict on one SMTP reply or diagnostic by itself, and a sentence of advice.

        `text` is what a person pastes: a reply, log lines, an exception, a transcript. Never
        raises.
        """
        evidence = weigh_pasted(read_pasted(text))
        (verdict,) = self._judge([evidence])
        return verdict, advise(verdict.reason, verdict.advice, evidence)

    def examine(self, evidence: Evidence) -> tuple[Verdict, tuple[Step, ...]]:
        """The verdict on one piece of evidence, and the steps that led to it."""
        competition = compete(evidence, self._rules)
        (verdict,) = self._judge([evidence])
        decided = competition.winner is not None and competition.winner.rule.decides
        asked = not decided and self._folder is not None
        return verdict, trace(evidence, self._rules, competition, verdict, asked)

    def _judge(self, evidences: Sequence[Evidence]) -> list[Verdict]:
        """By the rules, and all that they leave open by the model, in one call."""
        verdicts = [judge(evidence, self._rules) for evidence in evidences]
        left = [number for number, verdict in enumerate(verdicts) if undecided(verdict)]
        if not left or self._folder is None:
            return verdicts
        if self._model is None:  # the shipped one costs its loading when it is first needed
            self._model = self._load(self._folder)
        predictions = self._model.predict([evidences[number] for number in left])
        for number, prediction in zip(left, predictions, strict=True):
            if prediction is not None:
                verdicts[number] = judge_model(evidences[number], prediction, verdicts[number])
        return verdicts

    @staticmethod
    def _load(folder: Path) -> Model:
        from classifier.model.scorer import Model

        return Model.load(folder)


def classify(raw: bytes, origin: str = "-") -> tuple[Row, ...]:
    """The records of one mail by the shipped rules; see `Classifier` for more than a few mails."""
    return _shipped().classify(raw, origin)


@cache
def _shipped() -> Classifier:
    return Classifier()
