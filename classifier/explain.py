"""One SMTP reply or diagnostic judged by itself, without a mail around it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import msgspec

from classifier.advice import advise
from classifier.evidence import Evidence
from classifier.pipeline import Classifier
from classifier.terminal import scrub
from classifier.trace import Step

if TYPE_CHECKING:
    from classifier.pasted import Pasted

__all__ = ["COLUMNS", "Explanation", "explain", "flatten_explanation"]


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """The verdict on one text; the keys mean what they mean in `Row`.

    `text` is as given, `source` whose form it has (`postfix`, `nodemailer`; `reply` for a bare
    one, `text` for other words), `hop` who gave the reply (see `Hop`), `trace` how the verdict
    came about.
    """

    text: str
    source: str
    status: str | None
    reply_code: str | None
    smtp_command: str | None
    hop: str
    remote_mta: str | None
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
    trace: tuple[Step, ...]
    #: Classes in other schemes, by the name of each; no key of the record unless asked for.
    taxonomy: Mapping[str, str | None] | msgspec.UnsetType = msgspec.UNSET


#: What cells hold of every explanation: all but its trace.
COLUMNS: Final = tuple(
    name for name in Explanation.__struct_fields__ if name not in ("trace", "taxonomy")
)


def explain(classifier: Classifier, text: str) -> Explanation:
    """Judge what a person pasted: a reply, log lines, an exception, a transcript. Never raises."""
    from classifier.pasted import read_pasted, weigh_pasted  # what writes records need not wait

    pasted = read_pasted(scrub(text))
    evidence = weigh_pasted(pasted)
    verdict, steps = classifier.examine(evidence)
    return Explanation(
        text=text,
        source=pasted.source,
        status=evidence.status,
        reply_code=evidence.reply_code,
        smtp_command=evidence.command,
        hop=evidence.hop,
        remote_mta=evidence.remote_mta,
        category=verdict.category,
        reason=verdict.reason,
        permanence=verdict.permanence,
        fault=verdict.fault,
        advice=verdict.advice,
        advice_text=advise(verdict.reason, verdict.advice, evidence),
        confidence=verdict.confidence,
        decided_by=verdict.decided_by,
        provider=verdict.provider,
        evidence=verdict.evidence,
        trace=(Step(step="read", note=_say_read(pasted, evidence)), *steps),
    )


def _say_read(pasted: Pasted, evidence: Evidence) -> str:
    told = [pasted.source, f"hop {evidence.hop}"]
    told += [f"command {evidence.command}"] if evidence.command else []
    told += [f"host {evidence.remote_mta}"] if evidence.remote_mta else []
    return ", ".join(told)


def flatten_explanation(explanation: Explanation) -> dict[str, str | float | bool | None]:
    """The explanation in one level, its evidence joined by `; `, for tables."""
    flat = {name: getattr(explanation, name) for name in COLUMNS}
    flat["evidence"] = "; ".join(explanation.evidence) or None
    if explanation.taxonomy is not msgspec.UNSET:
        flat.update({f"taxonomy.{name}": each for name, each in explanation.taxonomy.items()})
    return flat
