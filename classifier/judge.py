"""The judge: from the hits of the rules to one verdict, with its evidence in order of weight.

Who wins: a rule that decides, from the highest layer (operator, provider, words, hop, a
provider's codes, status); else the model, where it is sure enough; else the best hint; else
`undetermined`. What contradicts the winner lowers the confidence and is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final

import msgspec

from classifier.codes import class_permanence
from classifier.evidence import Evidence
from classifier.reasons import MEANING, Advice, Category, Fault, Kind, Permanence, Reason
from classifier.rules.contest import find_winner
from classifier.rules.engine import Hit, RuleSet
from classifier.rules.measured import estimate
from classifier.rules.rule import Layer, Rule

__all__ = [
    "Competition",
    "Prediction",
    "Verdict",
    "compete",
    "confidence_of",
    "judge",
    "judge_model",
    "undecided",
]


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """The answer for one failed recipient.

    `confidence` is 0 to 1. `decided_by` is `rule:OWNER/NAME`, `status:5.7.1`, `model:NAME`,
    `hint:OWNER/NAME` or `none`. `provider` is whose words the reply is. `evidence` holds short
    facts in order of weight, each with where it was read; what speaks against the verdict begins
    with `against:`.
    """

    category: Category
    reason: Reason
    permanence: Permanence
    fault: Fault
    advice: Advice
    confidence: float
    decided_by: str
    provider: str | None = None
    why: str = ""
    evidence: tuple[str, ...] = ()


class Prediction(msgspec.Struct, frozen=True, kw_only=True):
    """What a model says of one failed recipient, where it is sure enough to say anything.

    `confidence` is the calibrated probability, 0 to 1, that the category of `reason` is right.
    `runner_up` is the next most probable reason, `weights` are the few words and tokens that
    weighed most, `model` is the model's name.
    """

    reason: Reason
    confidence: float
    runner_up: Reason
    weights: tuple[str, ...]
    model: str


class Competition(msgspec.Struct, frozen=True):
    """Who competes for a verdict: the rules that fire, and the one that wins.

    `owner` is whose words the reply is. `hits` may decide or hint, `impossible` are those whose
    reason the stage of the dialogue rules out.
    """

    owner: str | None
    hits: tuple[Hit, ...]
    impossible: tuple[Hit, ...]
    winner: Hit | None


# What contradicts a verdict takes off `_DOUBT`; where it is only what the same words mean
# elsewhere, `_LESS_DOUBT`.
_DOUBT: Final = 0.8
_LESS_DOUBT: Final = 0.96
_LAST_RESORT: Final = 0.9

# Members of an enumeration, looked up once: each look-up costs ten times a comparison.
_PERMANENT: Final = Permanence.PERMANENT
_TRANSIENT: Final = Permanence.TRANSIENT
_UNKNOWN: Final = Permanence.UNKNOWN
_DELAY: Final = Kind.DELAY
_AUTHENTICATION: Final = Category.SENDER_AUTHENTICATION
_POLICY_REJECTED: Final = Reason.POLICY_REJECTED
_ABOUT_DNS: Final = (Reason.REVERSE_DNS_FAILED, Reason.SENDER_DOMAIN_INVALID)
_STATUS: Final = Layer.STATUS
_TEXT: Final = Layer.TEXT
_BY_CODE: Final = (Layer.STATUS, Layer.CODE)

# At AUTH no sender, recipient or content has been named yet (RFC 4954 4), so a refusal there
# cannot be about them, whatever its words.
_BEFORE_MAIL: Final = frozenset({"AUTH"})
_POSSIBLE_BEFORE_MAIL: Final = frozenset(
    {
        Category.SENDER_CREDENTIALS,
        Category.TRANSPORT,
        Category.RATE,
        Category.SENDER_REPUTATION,
        Category.RECEIVER_SYSTEM,
    }
)


def compete(evidence: Evidence, rules: RuleSet) -> Competition:
    """The rules that fire on one failed recipient's evidence, and which of them wins."""
    owner, hits = rules.ask(evidence)
    impossible: tuple[Hit, ...] = ()
    if evidence.command in _BEFORE_MAIL:
        impossible = tuple(hit for hit in hits if not _may_win(hit.rule, evidence))
        hits = tuple(hit for hit in hits if _may_win(hit.rule, evidence))
    return Competition(owner, hits, impossible, find_winner(hits))


def judge(evidence: Evidence, rules: RuleSet) -> Verdict:
    """The verdict on one failed recipient by the rules alone."""
    competition = compete(evidence, rules)
    owner, winner = competition.owner, competition.winner
    if winner is None:
        return _verdict(Reason.UNDETERMINED, None, evidence, owner, [])
    return _verdict(winner.rule.reason, winner, evidence, owner, competition.hits)


def undecided(verdict: Verdict) -> bool:
    """Whether no rule decided, so that a model may be asked."""
    return verdict.decided_by == "none" or verdict.decided_by.startswith("hint:")


def judge_model(evidence: Evidence, prediction: Prediction, before: Verdict) -> Verdict:
    """The verdict by a model's prediction, in place of the undecided one `before`."""
    reason = prediction.reason
    if not _possible(reason, evidence):
        return before
    meaning = MEANING[reason]
    against = _doubts(reason, evidence)
    if before.category not in (meaning.category, Category.UNDETERMINED):
        against.append((f"{before.decided_by} would say {before.reason}", _DOUBT))
    doubt = min((doubt for _, doubt in against), default=1.0)
    weighed = ", ".join(prediction.weights)
    fact = f"model: {prediction.model} on {weighed}; next would be {prediction.runner_up}"
    facts = _facts(None, evidence)
    facts.insert(1 if evidence.text else 0, fact)
    return Verdict(
        category=meaning.category,
        reason=reason,
        permanence=_permanence(reason, None, evidence),
        fault=meaning.fault,
        advice=meaning.advice,
        confidence=round(prediction.confidence * doubt, 3),
        decided_by=f"model:{prediction.model}",
        provider=before.provider,
        evidence=(*facts, *(f"against: {fact}" for fact, _ in against)),
    )


def _may_win(rule: Rule, evidence: Evidence) -> bool:
    # an operator's own rule is taken at its word
    return rule.layer is Layer.OPERATOR or _possible(rule.reason, evidence)


def _possible(reason: Reason, evidence: Evidence) -> bool:
    if evidence.command not in _BEFORE_MAIL:
        return True
    return MEANING[reason].category in _POSSIBLE_BEFORE_MAIL


def _verdict(
    reason: Reason,
    winner: Hit | None,
    evidence: Evidence,
    provider: str | None,
    hits: Sequence[Hit],
) -> Verdict:
    meaning = MEANING[reason]
    rule = winner.rule if winner else None
    against: list[tuple[str, float]] = []
    if winner is not None:
        if len(hits) > 1:
            against += _rivals(winner, evidence, hits)
        if evidence.auth or evidence.places:
            against += _doubts(reason, evidence)
    facts = _facts(winner, evidence)
    doubt = 1.0
    for fact, each in against:
        facts.append(f"against: {fact}")
        doubt = min(doubt, each)
    return Verdict(
        category=meaning.category,
        reason=reason,
        permanence=_permanence(reason, winner, evidence),
        fault=(rule.fault if rule else None) or meaning.fault,
        advice=(rule.advice if rule else None) or meaning.advice,
        confidence=_confidence(rule.layer if rule.decides else None, rule.name, doubt)
        if rule
        else 0.0,
        decided_by=_decided_by(winner, evidence),
        provider=provider,
        why=rule.why if rule else "",
        evidence=tuple(facts),
    )


@cache
def _confidence(layer: Layer | None, rule: str, doubt: float) -> float:
    return round(estimate(layer, rule) * doubt, 3)


def confidence_of(rule: Rule) -> float:
    """How sure a verdict by this rule is, 0 to 1, where nothing speaks against it."""
    return estimate(rule.layer if rule.decides else None, rule.name)


def _decided_by(winner: Hit | None, evidence: Evidence) -> str:
    if winner is None:
        return "none"
    if not winner.rule.decides:
        return f"hint:{winner.rule.name}"
    if winner.rule.layer is _STATUS and winner.place == "codes":
        return f"status:{evidence.status or evidence.reply_code}"
    return f"rule:{winner.rule.name}"


def _permanence(reason: Reason, winner: Hit | None, evidence: Evidence) -> Permanence:
    """Judged by itself: what the report did, the words, the class of the code, the usual."""
    if evidence.kind is _DELAY:
        return _TRANSIENT
    if evidence.final:  # given up for this message, whatever the last 4xx said
        return _PERMANENT
    if winner and winner.rule.permanence:
        return winner.rule.permanence
    by_class = class_permanence(evidence.reply_code or evidence.status)
    if evidence.expired or by_class is _UNKNOWN:
        return _PERMANENT if evidence.expired else MEANING[reason].usual
    return by_class


def _facts(winner: Hit | None, evidence: Evidence) -> list[str]:
    places = evidence.places
    facts: list[str] = []
    if evidence.text:
        facts.append(_fact("reply", evidence.text, places.get("reply")))
    if winner is not None:
        said = f' on "{winner.words}"' if winner.words else ""
        if winner.place in ("notice", "wrapper"):
            said += f" in the {'notice' if winner.place == 'notice' else 'wrapping text'}"
        facts.append(f"rule {winner.rule.name}{said}: {winner.rule.why}")
    if evidence.command:
        facts.append(_fact("command", evidence.command, places.get("command")))
    if evidence.status:
        facts.append(_fact("status", evidence.status, places.get("status")))
    if evidence.remote_mta:
        facts.append(_fact("refused by", evidence.remote_mta, places.get("remote_mta")))
    if evidence.auth:
        results = " ".join(f"{method}={result}" for method, result in evidence.auth.items())
        facts.append(_fact("auth", results, places.get("auth")))
    if evidence.outer:
        facts.append(_fact("wrapped in", evidence.outer, places.get("reply")))
    if evidence.expired:
        facts.append("expired: the queue's time ran out; the last reply is judged")
    return facts


def _fact(what: str, value: str, place: str | None) -> str:
    return f"{what}: {value} ({place})" if place else f"{what}: {value}"


def _rivals(winner: Hit, evidence: Evidence, hits: Sequence[Hit]) -> list[tuple[str, float]]:
    """What other rules would say of the same evidence, and how much doubt that is."""
    category = MEANING[winner.rule.reason].category
    others = []
    for hit in hits:
        rule = hit.rule
        if hit is winner or not rule.decides or MEANING[rule.reason].category == category:
            continue
        if rule.name in winner.rule.over:
            continue
        if rule.layer in _BY_CODE and winner.rule.layer > _TEXT:
            continue  # a provider's own words are surer than what a code means elsewhere
        others.append(hit)
    if not others:
        return []
    doubt = _DOUBT if winner.rule.layer <= _TEXT else _LESS_DOUBT
    code = f"code {evidence.status or evidence.reply_code}"
    others.sort(key=lambda hit: (-hit.rule.layer, hit.rule.name))
    told = []
    for hit in others:
        by = f'"{hit.words}"' if hit.words else code
        told.append((f"{by} alone would say {hit.rule.reason} ({hit.rule.name})", doubt))
    return told


def _doubts(reason: Reason, evidence: Evidence) -> list[tuple[str, float]]:
    """What takes off from a verdict: the message's authentication, a form that nobody knows."""
    found = []
    dmarc = evidence.auth.get("dmarc")
    by_checks = MEANING[reason].category is _AUTHENTICATION and reason not in _ABOUT_DNS
    if (by_checks and dmarc == "pass") or (reason is _POLICY_REJECTED and dmarc == "fail"):
        found.append((f"the returned message shows dmarc={dmarc}", _DOUBT))
    if evidence.format == "text" and evidence.places:  # a reply by itself has no places
        found.append(("no format is known that looks so: read by its structure", _LAST_RESORT))
    return found
