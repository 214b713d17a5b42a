"""The record: one flat line a reported recipient, or a mail where it names none.

The keys and their meaning are the contract of every output; absent is None, never "".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from classifier.authres import Auth
from classifier.judge import Verdict
from classifier.reasons import Kind
from classifier.report import Failure, Report

__all__ = ["COLUMNS", "Row", "error_row", "flat_columns", "flatten", "make_row"]


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One record; see the README for what each key means."""

    origin: str
    kind: Kind
    recipient: str | None = None
    original_recipient: str | None = None
    action: str | None = None
    status: str | None = None
    reply_code: str | None = None
    diagnostic_code: str | None = None
    smtp_command: str | None = None
    reporting_mta: str | None = None
    remote_mta: str | None = None
    format: str | None = None
    provider: str | None = None
    arrival_date: str | None = None
    last_attempt_date: str | None = None
    bounce_date: str | None = None
    message_id: str | None = None
    original_message_id: str | None = None
    original_from: str | None = None
    original_to: str | None = None
    original_subject: str | None = None
    envelope_id: str | None = None
    list_id: str | None = None
    feedback_type: str | None = None
    auth: Auth | None = None
    bounce_auth: Auth | None = None
    category: str | None = None
    reason: str | None = None
    permanence: str | None = None
    fault: str | None = None
    advice: str | None = None
    advice_text: str | None = None
    confidence: float | None = None
    decided_by: str | None = None
    evidence: tuple[str, ...] = ()
    #: Classes in other schemes, by the name of each; no key of the record unless asked for.
    taxonomy: Mapping[str, str | None] | msgspec.UnsetType = msgspec.UNSET
    headers: Mapping[str, str | None] = msgspec.field(default_factory=dict)
    defects: tuple[str, ...] = ()


COLUMNS: Final = tuple(name for name in Row.__struct_fields__ if name != "taxonomy")


def make_row(
    origin: str,
    report: Report,
    failure: Failure | None = None,
    verdict: Verdict | None = None,
    advice_text: str | None = None,
    headers: Sequence[str] = (),
) -> Row:
    """The record of one reported recipient, or of a mail that names none.

    `headers` names headers of the returned message to add (None where it has no such header).
    """
    returned = report.returned
    bounce_auth = report.bounce_auth
    return Row(
        origin=origin,
        kind=failure.kind if failure else report.kind,
        recipient=failure.recipient if failure else None,
        original_recipient=failure.original_recipient if failure else None,
        action=failure.action if failure else None,
        status=failure.status if failure else None,
        reply_code=failure.reply_code if failure else None,
        diagnostic_code=failure.diagnostic if failure else None,
        smtp_command=failure.command if failure else None,
        reporting_mta=report.reporting_mta,
        remote_mta=failure.remote_mta if failure else None,
        format=report.format,
        provider=verdict.provider if verdict else None,
        arrival_date=report.arrival_date,
        last_attempt_date=failure.last_attempt_date if failure else None,
        bounce_date=report.bounce_date,
        message_id=report.message_id,
        original_message_id=returned.message_id if returned else None,
        original_from=returned.sender if returned else None,
        original_to=returned.recipients if returned else None,
        original_subject=returned.subject if returned else None,
        envelope_id=report.envelope_id,
        list_id=returned.list_id if returned else None,
        feedback_type=report.feedback_type,
        auth=returned.auth if returned and returned.auth.source else None,
        bounce_auth=bounce_auth if bounce_auth.source else None,
        category=verdict.category if verdict else None,
        reason=verdict.reason if verdict else None,
        permanence=verdict.permanence if verdict else None,
        fault=verdict.fault if verdict else None,
        advice=verdict.advice if verdict else None,
        advice_text=advice_text,
        confidence=verdict.confidence if verdict else None,
        decided_by=verdict.decided_by if verdict else None,
        evidence=verdict.evidence if verdict else (),
        headers={name: returned.headers.text(name) if returned else None for name in headers},
        defects=report.defects,
    )


def error_row(origin: str, why: str) -> Row:
    """The record of a mail that could not be judged at all."""
    return Row(origin=origin, kind=Kind.ERROR, defects=(why,))


def flatten(row: Row) -> dict[str, str | float | bool | None]:
    """The record in one level, nested keys joined by dots, lists by `; `, for tables."""
    flat: dict[str, str | float | bool | None] = {}
    for name in COLUMNS:
        value = getattr(row, name)
        if name in ("auth", "bounce_auth"):
            for key in Auth.__struct_fields__:
                inner = getattr(value, key) if value is not None else None
                flat[f"{name}.{key}"] = " ".join(inner) if isinstance(inner, tuple) else inner
        elif name == "headers":
            flat.update({f"headers.{key}": inner for key, inner in value.items()})
        elif isinstance(value, tuple):
            flat[name] = "; ".join(value) or None
        else:
            flat[name] = value
    if row.taxonomy is not msgspec.UNSET:
        flat.update({f"taxonomy.{name}": each for name, each in row.taxonomy.items()})
    return flat


def flat_columns(headers: Sequence[str] = (), taxonomies: Sequence[str] = ()) -> list[str]:
    """The names that `flatten` gives for records with these headers and classes; headers last."""
    empty = Row(
        origin="",
        kind=Kind.ERROR,
        taxonomy=dict.fromkeys(taxonomies),
        headers=dict.fromkeys(headers),
    )
    return sorted(flatten(empty), key=lambda name: name.startswith("headers."))
