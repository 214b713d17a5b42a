"""One SMTP reply or diagnostic judged by itself, without a mail around it."""

from __future__ import annotations

import msgspec

from classifier.pipeline import Classifier
from classifier.reply import read_reply
from classifier.terminal import scrub

__all__ = ["Explanation", "explain", "flatten_explanation"]


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """The verdict on one text; the keys mean what they mean in `Row`. `text` is as given."""

    text: str
    status: str | None
    reply_code: str | None
    category: str
    reason: str
    permanence: str
    fault: str
    advice: str
    advice_text: str
    confidence: float
    decided_by: str
    provider: str | None
    evidence: tuple[str, ...]


def explain(classifier: Classifier, text: str) -> Explanation:
    """Judge `text`: a reply as a server gave it, or a line of a log or bounce. Never raises."""
    whole = scrub(text)
    reply = read_reply(whole)
    verdict, advice_text = classifier.explain(whole)
    return Explanation(
        text=text,
        status=reply.status,
        reply_code=reply.code,
        category=verdict.category,
        reason=verdict.reason,
        permanence=verdict.permanence,
        fault=verdict.fault,
        advice=verdict.advice,
        advice_text=advice_text,
        confidence=verdict.confidence,
        decided_by=verdict.decided_by,
        provider=verdict.provider,
        evidence=verdict.evidence,
    )


def flatten_explanation(explanation: Explanation) -> dict[str, str | float | bool | None]:
    """The explanation in one level, its evidence joined by `; `, for tables."""
    flat = msgspec.structs.asdict(explanation)
    return {**flat, "evidence": "; ".join(explanation.evidence) or None}
