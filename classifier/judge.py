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

from classifier.evidence import Evidence
from classifier.frozen import Frozen, FrozenLeaf
from classifier.reasons import MEANING, Advice, Category, Fault, Kind, Permanence, Reason
from classifier.rules.contest import find_winner
from classifier.rules.engine import Hit, RuleSet
from classifier.rules.measured import estimate
from classifier.rules.rule import Layer, Rule

__all__ = [
    "STRONGLY",
    "Competition",
    "Prediction",
    "Verdict",
    "compete",
    "confidence_of",
    "dispute",
    "is_open",
    "judge",
    "judge_model",
    "settle",
    "undecided",
]


class Verdict(FrozenLeaf, kw_only=True):
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


class Prediction(Frozen, kw_only=True):
    """What a model says of one failed recipient whose words it knows.

    `confidence` is the calibrated probability, 0 to 1, that the category of `reason` is right,
    `share` that of the reason itself, `next_share` that of the next most probable, `runner_up`.
    `decides` tells whether it is sure enough to decide. `weights` are the few words and tokens
    that weighed most, `model` is the model's name.
    """

    reason: Reason
    confidence: float
    runner_up: Reason
    weights: tuple[str, ...]
    model: str
    decides: bool = True
    share: float = 0.0
    next_share: float = 0.0


class Competition(FrozenLeaf):
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
_SURE: Final = 0.8  # from where nobody else is asked
STRONGLY: Final = 0.95  # from where a model's other opinion counts

# Members of an enumeration, looked up once: each look-up costs ten times a comparison.
_PERMANENT: Final = Permanence.PERMANENT
_TRANSIENT: Final = Permanence.TRANSIENT
_DELAY: Final = Kind.DELAY
_AUTHENTICATION: Final = Category.SENDER_AUTHENTICATION
_POLICY_REJECTED: Final = Reason.POLICY_REJECTED
_ABOUT_DNS: Final = (Reason.REVERSE_DNS_FAILED, Reason.SENDER_DOMAIN_INVALID)
_STATUS: Final = Layer.STATUS
_TEXT: Final = Layer.TEXT
_OPERATOR: Final = Layer.OPERATOR
_BY_CODE: Final = (Layer.STATUS, Layer.CODE)
#: by the first digit of a status or reply code (RFC 3463 3.1, RFC 5321 4.2.1)
_BY_CLASS: Final = {"5": _PERMANENT, "4": _TRANSIENT}
#: where words were found, if not in the reply itself
_AROUND: Final = {"notice": "notice", "wrapper": "wrapping text"}

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
        hits, impossible = _part(hits)
    return Competition(owner, hits, impossible, find_winner(hits))


def _part(hits: Sequence[Hit]) -> tuple[tuple[Hit, ...], tuple[Hit, ...]]:
    """Of the hits before any mail was named those that may be, and those that can't."""
    may: list[Hit] = []
    cannot: list[Hit] = []
    for hit in hits:
        rule = hit.rule
        # an operator's own rule is taken at its word
        possible = rule.meaning.category in _POSSIBLE_BEFORE_MAIL or rule.layer is _OPERATOR
        (may if possible else cannot).append(hit)
    return tuple(may), tuple(cannot)


def judge(evidence: Evidence, rules: RuleSet) -> Verdict:
    """The verdict on one failed recipient by the rules alone."""
    return settle(evidence, compete(evidence, rules))


def settle(evidence: Evidence, competition: Competition) -> Verdict:
    """The verdict that a competition of the rules on this evidence comes to."""
    owner, winner = competition.owner, competition.winner
    if winner is None:
        return _undetermined(evidence, owner)
    return _verdict(winner, evidence, owner, competition.hits)


def undecided(verdict: Verdict) -> bool:
    """Whether no rule decided, so that a model may be asked."""
    return verdict.decided_by == "none" or verdict.decided_by.startswith("hint:")


def judge_model(evidence: Evidence, prediction: Prediction, before: Verdict) -> Verdict:
    """The verdict by a model's prediction, in place of the undecided one `before`.

    Where the model is not sure enough, `before` with the two likeliest reasons in its evidence.
    """
    reason = prediction.reason
    if not _possible(reason, evidence):
        return before
    if not prediction.decides:
        fact = (
            f"model: {prediction.model} is not sure: {reason} {prediction.share:.2f},"
            f" {prediction.runner_up} {prediction.next_share:.2f}"
        )
        return msgspec.structs.replace(before, evidence=(*before.evidence, fact))
    hinted = before.category is MEANING[reason].category
    if hinted and prediction.share < STRONGLY:
        reason = before.reason  # of its category the model is sure, not of the reason in it
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
        permanence=_permanence(evidence) or meaning.usual,
        fault=meaning.fault,
        advice=meaning.advice,
        confidence=round(prediction.confidence * doubt, 3),
        decided_by=f"model:{prediction.model}",
        provider=before.provider,
        evidence=(*facts, *(f"against: {fact}" for fact, _ in against)),
    )


def dispute(evidence: Evidence, prediction: Prediction, verdict: Verdict) -> Verdict:
    """A rule's verdict that a model strongly disagrees with: it stands, but is less sure."""
    category = MEANING[prediction.reason].category
    if category == verdict.category or prediction.confidence < STRONGLY:
        return verdict
    if not _possible(prediction.reason, evidence):
        return verdict
    weighed = ", ".join(prediction.weights)
    fact = (
        f"against: model {prediction.model} would say {prediction.reason}"
        f" ({prediction.confidence:.2f}) on {weighed}"
    )
    return msgspec.structs.replace(
        verdict,
        confidence=round(verdict.confidence * _DOUBT, 3),
        evidence=(*verdict.evidence, fact),
    )


def is_open(verdict: Verdict) -> bool:
    """Whether a model may be asked: no rule decided, or one that is unsure enough."""
    return verdict.confidence < _SURE or undecided(verdict)


def _possible(reason: Reason, evidence: Evidence) -> bool:
    if evidence.command not in _BEFORE_MAIL:
        return True
    return MEANING[reason].category in _POSSIBLE_BEFORE_MAIL


def _undetermined(evidence: Evidence, provider: str | None) -> Verdict:
    meaning = MEANING[Reason.UNDETERMINED]
    return Verdict(
        category=meaning.category,
        reason=Reason.UNDETERMINED,
        permanence=_permanence(evidence) or meaning.usual,
        fault=meaning.fault,
        advice=meaning.advice,
        confidence=0.0,
        decided_by="none",
        provider=provider,
        evidence=tuple(_facts(None, evidence)),
    )


def _verdict(winner: Hit, evidence: Evidence, provider: str | None, hits: Sequence[Hit]) -> Verdict:
    rule = winner.rule
    reason, meaning = rule.reason, rule.meaning
    facts, doubt = _facts(winner, evidence), 1.0
    if len(hits) > 1 or evidence.auth or evidence.places:
        for fact, each in _against(winner, evidence, hits):
            facts.append(f"against: {fact}")
            doubt = min(doubt, each)
    return Verdict(
        category=meaning.category,
        reason=reason,
        permanence=_permanence(evidence, rule) or meaning.usual,
        fault=meaning.fault,
        advice=meaning.advice,
        confidence=_confidence(rule.layer if rule.decides else None, rule.name, doubt),
        decided_by=_decided_by(winner, evidence),
        provider=provider,
        why=rule.why,
        evidence=tuple(facts),
    )


@cache
def _confidence(layer: Layer | None, rule: str, doubt: float) -> float:
    return round(estimate(layer, rule) * doubt, 3)


def confidence_of(rule: Rule) -> float:
    """How sure a verdict by this rule is, 0 to 1, where nothing speaks against it."""
    return estimate(rule.layer if rule.decides else None, rule.name)


def _decided_by(winner: Hit, evidence: Evidence) -> str:
    rule = winner.rule
    if not rule.decides:
        return f"hint:{rule.name}"
    if winner.place == "codes" and rule.layer is _STATUS:
        return f"status:{evidence.status or evidence.reply_code}"
    return f"rule:{rule.name}"


def _permanence(evidence: Evidence, rule: Rule | None = None) -> Permanence | None:
    """Judged by itself: what the report did, the words, the class of the code; None: the usual."""
    if evidence.kind is _DELAY:
        return _TRANSIENT
    if evidence.final:  # given up for this message, whatever the last 4xx said
        return _PERMANENT
    if rule is not None and rule.permanence is not None:
        return rule.permanence
    if evidence.expired:
        return _PERMANENT
    code = evidence.reply_code or evidence.status
    return _BY_CLASS.get(code[0]) if code else None


def _facts(winner: Hit | None, evidence: Evidence) -> list[str]:
    """What the verdict rests on; of a whole report, as `places` know, with where it was read."""
    places = evidence.places
    facts = []
    if evidence.text:
        facts.append(_fact("reply", evidence.text, places.get("reply")))
    if winner is not None:
        rule = winner.rule
        said = f' on "{winner.words}"' if winner.words else ""
        if winner.place in _AROUND:
            said += f" in the {_AROUND[winner.place]}"
        facts.append(f"rule {rule.name}{said}: {rule.why}")
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


def _against(winner: Hit, evidence: Evidence, hits: Sequence[Hit]) -> list[tuple[str, float]]:
    """What contradicts a verdict, and how much doubt each is."""
    against = _rivals(winner, evidence, hits) if len(hits) > 1 else []
    if evidence.auth or evidence.places:
        against += _doubts(winner.rule.reason, evidence)
    return against


def _rivals(winner: Hit, evidence: Evidence, hits: Sequence[Hit]) -> list[tuple[str, float]]:
    """What other rules would say of the same evidence, and how much doubt that is."""
    best = winner.rule
    category, over = best.meaning.category, best.over
    by_words = best.layer > _TEXT
    others = []
    for hit in hits:
        rule = hit.rule
        if rule.meaning.category is category or not rule.decides or rule.name in over:
            continue
        if by_words and rule.layer in _BY_CODE:
            continue  # a provider's own words are surer than what a code means elsewhere
        others.append(hit)
    if not others:
        return []
    doubt = _LESS_DOUBT if by_words else _DOUBT
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
