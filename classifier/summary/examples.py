"""Examples: single failures that are kept to show what a template or a cause looks like."""

from __future__ import annotations

from typing import Final

import msgspec

from classifier.summary.parties import Judged, checks_of, day_of
from classifier.terminal import neutral

__all__ = ["MOST", "Example", "keep", "make_example"]

#: That are kept of one template.
MOST: Final = 3

_TEXT: Final = 600  # characters of a reply
_FACT: Final = 240  # characters of a line of evidence
_FACTS: Final = 8
_SHORT: Final = 160  # characters of a name, a subject


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """One failure, its texts harmless and cut; keys as in `rows.Row`, `checks` as in `parties`."""

    origin: str | None = None
    day: str | None = None
    recipient: str | None = None
    sender: str | None = None
    subject: str | None = None
    remote_mta: str | None = None
    reporting_mta: str | None = None
    format: str | None = None
    reply_code: str | None = None
    status: str | None = None
    command: str | None = None
    diagnostic: str | None = None
    checks: str | None = None
    reason: str | None = None
    permanence: str | None = None
    confidence: float | None = None
    decided_by: str | None = None
    advice_text: str | None = None
    evidence: tuple[str, ...] = ()


def make_example(record: Judged) -> Example:
    """What is kept of a record."""
    return Example(
        # The end of a path says more than its beginning.
        origin=_clip((record.origin or "")[-_SHORT:]),
        day=day_of(record),
        recipient=_clip(record.recipient or record.original_recipient),
        sender=_clip(record.original_from),
        subject=_clip(record.original_subject),
        remote_mta=_clip(record.remote_mta),
        reporting_mta=_clip(record.reporting_mta),
        format=_clip(record.format),
        reply_code=_clip(record.reply_code),
        status=_clip(record.status),
        command=_clip(record.smtp_command),
        diagnostic=_clip(record.diagnostic_code, _TEXT),
        checks=checks_of(record),
        reason=_clip(record.reason),
        permanence=_clip(record.permanence),
        confidence=record.confidence,
        decided_by=_clip(record.decided_by),
        advice_text=_clip(record.advice_text, _FACT),
        evidence=tuple(neutral(fact[:_FACT]) for fact in record.evidence[:_FACTS]),
    )


def _clip(text: str | None, longest: int = _SHORT) -> str | None:
    return neutral(text[:longest]) or None if text else None


def keep(examples: list[Example], number: int, record: Judged) -> None:
    """Take the record, the `number`-th of its kind from 1, among the examples, or not.

    The first is kept, and of the others the second, fourth, eighth and so on by turns, so that the
    examples come from all over a run and nothing is left to chance.
    """
    if number & (number - 1):
        return
    if len(examples) < MOST:
        examples.append(make_example(record))
    else:
        examples[1 + (number.bit_length() % (MOST - 1))] = make_example(record)
