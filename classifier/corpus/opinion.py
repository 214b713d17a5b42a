"""How sure rules and model are of one failure, and how much a person's label would teach.

A label teaches most where nothing decides, and nothing where a rule decides that is mostly right,
with nothing against it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import msgspec

from classifier.evidence import Evidence
from classifier.judge import (
    STRONGLY,
    Prediction,
    Verdict,
    compete,
    judge_model,
    settle,
    undecided,
)
from classifier.model.features import read_features
from classifier.reasons import MEANING, Category, Reason
from classifier.rules.engine import Hit, RuleSet

if TYPE_CHECKING:
    from classifier.model.scorer import Model

__all__ = ["Asker", "Opinion"]

_SURE: Final = 0.8  # confidence from which a rule's verdict needs no label
_MODEL_SURE: Final = 0.9  # the same of a model's, which has seen fewer words
_VAGUE: Final = 0.8  # probability from which a reply is taken for one that says nothing
_RIVAL: Final = re.compile(r"would say ([a-z-]+)")
_KEPT: Final = 8192  # guesses that are remembered

# How much a label teaches at most, by what is doubtful. Where nothing decides, it is all that is
# known; where something does, it only confirms or corrects.
_NOTHING: Final = 1.0
_HINT: Final = 0.8
_DISAGREE: Final = 0.7
_MODEL: Final = 0.6
_DOUBTFUL: Final = 0.4


class Opinion(msgspec.Struct, frozen=True):
    """What is thought of one failure.

    `teaches` is 0 to 1: how much a label would; `why` says it in a few words. `suggested` is the
    likeliest reason with its probability (a rule's confidence, where one decides), `other` the
    next one. None where nothing can be said. `provider` is whose words the reply is.
    """

    teaches: float
    why: str
    suggested: Reason | None = None
    probability: float | None = None
    other: Reason | None = None
    provider: str | None = None


class Guess(msgspec.Struct, frozen=True):
    """What the model thinks of a reply, sure or not; its two likeliest reasons, best first."""

    best: Reason
    second: Reason
    chances: Mapping[Reason, float]
    knows: bool  # whether it has seen enough of these words
    sure: bool  # of the category

    @property
    def margin(self) -> float:
        """How much likelier the best reason is than the next; 0 to 1."""
        return self.chances[self.best] - self.chances[self.second]

    @property
    def says_nothing(self) -> bool:
        """Whether these look like words that tell no reason: a label would hardly be another."""
        vague = self.best is Reason.UNDETERMINED and self.chances[self.best] >= _VAGUE
        return self.knows and vague

    @property
    def category(self) -> Category:
        """The category of the best reason."""
        return MEANING[self.best].category


class Asker:
    """Asks rules and model about failures. `model` is None where the rules alone are asked."""

    def __init__(self, rules: RuleSet, model: Model | None) -> None:
        self._rules, self._model = rules, model
        self._guesses: dict[object, tuple[Guess, Prediction | None]] = {}

    def ask(self, evidence: Evidence) -> Opinion:
        """The opinion on one failure. Never raises."""
        # Where it was read says how well the mail is known, and a label teaches nothing of that.
        evidence = msgspec.structs.replace(evidence, places={})
        competition = compete(evidence, self._rules)
        verdict = settle(evidence, competition)
        guess, prediction = self._guess(evidence, competition.hits)
        if undecided(verdict) and prediction is not None:
            verdict = judge_model(evidence, prediction, verdict)
        most, why = _find_doubt(verdict, guess)
        # The closer the model's two likeliest reasons, the more it learns.
        unsure = 1.0 if guess is None or not guess.knows else 1.0 - guess.margin
        if most and guess is not None and not guess.knows:
            why += "; words new to the model"
        suggested, probability, other = _suggest(verdict, guess)
        return Opinion(
            teaches=round(most * (1 + unsure) / 2, 4),
            why=why,
            suggested=suggested,
            probability=probability,
            other=other,
            provider=verdict.provider,
        )

    def _guess(
        self, evidence: Evidence, hits: Sequence[Hit]
    ) -> tuple[Guess | None, Prediction | None]:
        if self._model is None:
            return None, None
        key = read_features(evidence, hits)
        known = self._guesses.get(key)
        if known is None:
            if len(self._guesses) >= _KEPT:
                self._guesses.clear()
            known = self._guesses[key] = _ask_model(self._model, evidence, hits)
        return known


def _ask_model(
    model: Model, evidence: Evidence, hits: Sequence[Hit]
) -> tuple[Guess, Prediction | None]:
    """The one place that knows how a model is asked."""
    features = read_features(evidence, hits)
    chances = model.probabilities(features)
    best, second = sorted(chances, key=chances.__getitem__, reverse=True)[:2]
    (prediction,) = model.predict([(evidence, hits)])
    knows = model.knows(features)
    sure = prediction is not None and prediction.confidence >= STRONGLY
    return Guess(best, second, chances, knows, sure), prediction


def _find_doubt(verdict: Verdict, guess: Guess | None) -> tuple[float, str]:
    """How much a label can teach at most, 0 where nothing is doubtful, and what is."""
    by = verdict.decided_by
    against = [fact for fact in verdict.evidence if fact.startswith("against:")]
    if by == "none":
        if guess is not None and guess.says_nothing:
            return _DOUBTFUL, "nothing decides, and perhaps nothing can"
        return _NOTHING, "nothing decides"
    if by.startswith("hint:"):
        return _HINT, f"only a hint: {verdict.reason}"
    if by.startswith("model:"):
        if verdict.confidence >= _MODEL_SURE and not against:
            return 0.0, f"the model decides: {verdict.reason}"
        said = "something speaks against the model" if against else "the model alone, not sure"
        return _MODEL, f"{said}: {verdict.reason}"
    if guess is not None and guess.sure and guess.category is not verdict.category:
        return _DISAGREE, f"rule and model disagree: {verdict.reason} / {guess.best}"
    if against:
        rival = _RIVAL.search(against[0])
        versus = f" / {rival.group(1)}" if rival else ""
        return _DOUBTFUL, f"something speaks against the rule: {verdict.reason}{versus}"
    if verdict.confidence < _SURE:
        said = "its code alone decides" if by.startswith("status:") else "an unsure rule decides"
        return _DOUBTFUL, f"{said}: {verdict.reason}"
    return 0.0, f"a rule decides: {verdict.reason}"


def _suggest(
    verdict: Verdict, guess: Guess | None
) -> tuple[Reason | None, float | None, Reason | None]:
    """The likeliest reason, how likely it is, and the next; the verdict's goes first."""
    reason = verdict.reason
    if reason is Reason.UNDETERMINED:
        if guess is None:
            return None, None, None
        return guess.best, round(guess.chances[guess.best], 3), guess.second
    other = None
    if guess is not None:
        other = guess.best if guess.best is not reason else guess.second
    if verdict.decided_by.startswith("model:") and guess is not None:
        return reason, round(guess.chances.get(reason, verdict.confidence), 3), other
    return reason, verdict.confidence, other
