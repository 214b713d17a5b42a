"""What rules, model and both together answer to labelled failures, each beside its label."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

import msgspec

from classifier.corpus.samples import Labelled
from classifier.evidence import Evidence
from classifier.judge import Prediction, Verdict, compete, judge_model, settle, undecided
from classifier.model.evaluate import Calibration
from classifier.model.features import Features, read_features
from classifier.model.nested import likeliest
from classifier.model.seen import Seen, template_key
from classifier.pipeline import Classifier
from classifier.reasons import MEANING, Category, Permanence, Reason
from classifier.rules.engine import Hit

if TYPE_CHECKING:
    from classifier.model.scorer import Model

__all__ = ["Answer", "Case", "ask"]

_BY_MODEL: Final = "model:"


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of one failure.

    `decided` is False for a hint, and for a model below its threshold; `says` is False where
    nothing at all is said: no rule hints, or the model does not know the words. `confidence`, 0 to
    1, is that of the category where `about_category`, else that of the reason. `rank` puts answers
    in the order of how sure they are, where confidences are alike. `permanence` is None where
    nothing is decided.
    """

    reason: Reason
    permanence: Permanence | None
    confidence: float
    decided: bool
    says: bool
    about_category: bool
    rank: float

    @property
    def category(self) -> Category:
        """The category of the reason."""
        return MEANING[self.reason].category


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One labelled failure, and what is said of it.

    `accepted` holds the label, then the other reasons that are as right. `provider` is whose words
    these are, `language` theirs; "" where nobody says. `template` is the key of their wording, and
    `seen` tells whether the model learned from it. `rules` and `both` are verdicts without and with
    the model; `model` is the model's own answer, None where there is no model.
    """

    accepted: tuple[Reason, ...]
    permanence: Permanence | None
    provider: str
    language: str
    template: int
    seen: bool
    rules: Answer
    model: Answer | None
    both: Answer

    @property
    def category(self) -> Category:
        """The category of the label."""
        return MEANING[self.accepted[0]].category

    def is_right(self, answer: Answer) -> bool:
        """Whether its reason is one of those that are right."""
        return answer.reason in self.accepted

    def is_near(self, answer: Answer) -> bool:
        """Whether its category is that of a reason that is right."""
        return any(answer.category is MEANING[reason].category for reason in self.accepted)


def ask(labelled: Iterable[Labelled], classifier: Classifier) -> list[Case]:
    """What `classifier`, its rules and its model say of each failure, in their order.

    Raises `OperatorError` where what the model has seen is damaged.
    """
    every = list(labelled)
    seen = Seen.load(classifier.folder)
    evidences = [each.evidence for each in every]
    competitions = [compete(evidence, classifier.rules) for evidence in evidences]
    alone = [*map(settle, evidences, competitions)]
    hits = [competition.hits for competition in competitions]
    features = [read_features(*asked) for asked in zip(evidences, hits, strict=True)]
    model = classifier.load_model()
    said: Sequence[Answer | None] = [None] * len(every)
    if model is not None:
        said = _ask_model(model, evidences, hits, features, alone)
    cases = []
    for number, verdict in enumerate(classifier.judge_all(evidences)):
        own, template = every[number], template_key(features[number].text)
        # A mail's group is no provider; whose words it holds, the rules can tell.
        provider = alone[number].provider or "" if own.evidence.places else own.provider
        cases.append(
            Case(
                accepted=(own.reason, *own.others),
                permanence=own.permanence,
                provider=provider,
                language=own.language,
                template=template,
                seen=template in seen,
                rules=_read_verdict(alone[number]),
                model=said[number],
                both=_read_verdict(verdict),
            )
        )
    return cases


def _read_verdict(verdict: Verdict) -> Answer:
    decided = not undecided(verdict)
    return Answer(
        reason=verdict.reason,
        permanence=verdict.permanence if decided else None,
        confidence=verdict.confidence,
        decided=decided,
        says=verdict.decided_by != "none",
        about_category=verdict.decided_by.startswith(_BY_MODEL),
        rank=verdict.confidence,
    )


def _ask_model(
    model: Model,
    evidences: Sequence[Evidence],
    hits: Sequence[Sequence[Hit]],
    features: Sequence[Features],
    before: Sequence[Verdict],
) -> list[Answer]:
    """The model's answers, also where it is not sure enough to decide."""
    predictions = model.predict(list(zip(evidences, hits, strict=True)))
    curve = Calibration(model.card.temperature, model.card.curve)
    known: dict[Features, Answer] = {}
    answers = []
    for number, each in enumerate(features):
        guess = known.get(each)
        if guess is None:
            guess = known[each] = _guess(model, curve, each)
        answers.append(_decide(guess, evidences[number], predictions[number], before[number]))
    return answers


def _guess(model: Model, curve: Calibration, features: Features) -> Answer:
    """The likeliest reason in the likeliest category, as `Model.predict` has it, sure or not."""
    found = model.probabilities(features)
    reason, share = likeliest(found)
    knows = model.knows(features)
    return Answer(
        reason=reason,
        permanence=None,
        confidence=round(min(float(curve.correct(share)), 1.0), 3),
        decided=False,
        says=knows,
        about_category=True,
        # Rounded, for alike replies of another batch differ in the last digits. What it does not
        # know it never decides, so that comes behind all that it knows.
        rank=round(share, 6) - (not knows),
    )


def _decide(
    guess: Answer, evidence: Evidence, prediction: Prediction | None, before: Verdict
) -> Answer:
    """The guess as decided where the model is sure, and the judge takes its word."""
    if prediction is None:
        return guess
    verdict = judge_model(evidence, prediction, before)
    if not verdict.decided_by.startswith(_BY_MODEL):  # impossible at that stage of the dialogue
        return guess
    return msgspec.structs.replace(
        guess,
        reason=prediction.reason,
        confidence=prediction.confidence,
        permanence=verdict.permanence,
        decided=True,
    )
