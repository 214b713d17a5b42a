"""The record: one flat line a reported recipient, or a mail where it names none.

The keys and their meaning are the contract of every output; absent is None, never "".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from classifier.authres import Auth
from classifier.frozen import Frozen
from classifier.judge import Verdict
from classifier.reasons import Kind
from classifier.report import Failure, Report

__all__ = ["COLUMNS", "Row", "error_row", "flat_columns", "flatten", "make_row"]


class Row(Frozen):
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


#: What is known of a failure where there is none.
_NOBODY: Final = Failure()


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
    failed = failure or _NOBODY
    returned = report.returned
    bounce_auth = report.bounce_auth
    # By their place, in the order of the fields: more than fifteen names Python packs into a
    # dictionary first, which takes longer than all the rest.
    return Row(
        origin,
        failure.kind if failure else report.kind,
        failed.recipient,
        failed.original_recipient,
        failed.action,
        failed.status,
        failed.reply_code,
        failed.diagnostic,
        failed.command,
        report.reporting_mta,
        failed.remote_mta,
        report.format,
        verdict.provider if verdict else None,
        report.arrival_date,
        failed.last_attempt_date,
        report.bounce_date,
        report.message_id,
        returned.message_id if returned else None,
        returned.sender if returned else None,
        returned.recipients if returned else None,
        returned.subject if returned else None,
        report.envelope_id,
        returned.list_id if returned else None,
        report.feedback_type,
        returned.auth if returned and returned.auth.source else None,
        bounce_auth if bounce_auth.source else None,
        verdict.category if verdict else None,
        verdict.reason if verdict else None,
        verdict.permanence if verdict else None,
        verdict.fault if verdict else None,
        verdict.advice if verdict else None,
        advice_text,
        verdict.confidence if verdict else None,
        verdict.decided_by if verdict else None,
        verdict.evidence if verdict else (),
        msgspec.UNSET,  # taxonomy
        {name: returned.headers.text(name) if returned else None for name in headers},
        report.defects,
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
