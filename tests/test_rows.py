"""The record: what each key holds, and the same in one level for tables."""

from __future__ import annotations

from typing import Any, Final

import msgspec
import pytest

from classifier.authres import Auth
from classifier.headers import Headers
from classifier.judge import Verdict
from classifier.reasons import Advice, Category, Fault, Kind, Permanence, Reason
from classifier.report import Failure, Report, Returned
from classifier.rows import COLUMNS, Row, error_row, flatten, make_row

FAILURE: Final = Failure(
    recipient="bob@example.org",
    original_recipient="bobby@example.org",
    action="failed",
    status="5.7.1",
    reply_code="550",
    diagnostic="550 5.7.1 no",
    command="DATA",
    remote_mta="mx.example.org",
    last_attempt_date="2026-11-24T07:51:50+00:00",
)
RETURNED: Final = Returned(
    headers=Headers(b"X-Campaign: =?utf-8?q?autumn?=\nSubject: hello\n"),
    message_id="<1@example.com>",
    sender="ada@example.com",
    recipients="bob@example.org",
    subject="hello",
    list_id="<list.example.com>",
    auth=Auth(
        spf="pass", dkim_domains=("example.com", "b.example"), aligned=True, source="Received-SPF"
    ),
    source="message/rfc822 part 3",
)
REPORT: Final = Report(
    kind=Kind.FAILURE,
    format="postfix",
    failures=(FAILURE,),
    prose="prose",
    reporting_mta="relay.example.com",
    arrival_date="2026-11-24T07:51:40+00:00",
    bounce_date="2026-11-24T07:51:55+00:00",
    envelope_id="abc",
    message_id="<2@relay.example.com>",
    returned=RETURNED,
    bounce_auth=Auth(dmarc="none", source="Authentication-Results of mx.example.com"),
    defects=("odd", "very odd"),
)
VERDICT: Final = Verdict(
    category=Category.RECIPIENT_POLICY,
    reason=Reason.POLICY_REJECTED,
    permanence=Permanence.PERMANENT,
    fault=Fault.RECIPIENT_ADMIN,
    advice=Advice.ASK_RECIPIENT_ADMIN,
    confidence=0.93,
    decided_by="rule:text/policy",
    provider="acme",
    why="because",
    evidence=("reply: 550 5.7.1 no", "status: 5.7.1"),
)


def written(row: Row) -> dict[str, Any]:
    """The record as it is written and read again."""
    read: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(row))
    return read


def test_whole_record() -> None:
    row = make_row("a.eml#3", REPORT, FAILURE, VERDICT, "Ask.", ["X-Campaign", "X-Absent"])
    record = written(row)
    assert tuple(record) == COLUMNS
    assert {k: v for k, v in record.items() if k not in ("auth", "bounce_auth")} == {
        "origin": "a.eml#3",
        "kind": "failure",
        "recipient": "bob@example.org",
        "original_recipient": "bobby@example.org",
        "action": "failed",
        "status": "5.7.1",
        "reply_code": "550",
        "diagnostic_code": "550 5.7.1 no",
        "smtp_command": "DATA",
        "reporting_mta": "relay.example.com",
        "remote_mta": "mx.example.org",
        "format": "postfix",
        "provider": "acme",
        "arrival_date": "2026-11-24T07:51:40+00:00",
        "last_attempt_date": "2026-11-24T07:51:50+00:00",
        "bounce_date": "2026-11-24T07:51:55+00:00",
        "message_id": "<2@relay.example.com>",
        "original_message_id": "<1@example.com>",
        "original_from": "ada@example.com",
        "original_to": "bob@example.org",
        "original_subject": "hello",
        "envelope_id": "abc",
        "list_id": "<list.example.com>",
        "feedback_type": None,
        "category": "recipient-policy",
        "reason": "policy-rejected",
        "permanence": "permanent",
        "fault": "recipient-admin",
        "advice": "ask-recipient-admin",
        "advice_text": "Ask.",
        "confidence": 0.93,
        "decided_by": "rule:text/policy",
        "evidence": ["reply: 550 5.7.1 no", "status: 5.7.1"],
        "headers": {"X-Campaign": "autumn", "X-Absent": None},
        "defects": ["odd", "very odd"],
    }
    assert record["auth"]["spf"] == "pass"
    assert record["auth"]["dkim_domains"] == ["example.com", "b.example"]
    assert record["auth"]["aligned"] is True
    assert record["bounce_auth"]["dmarc"] == "none"


def test_absent_is_none_and_never_empty() -> None:
    bare = make_row("-", Report(kind=Kind.NOT_A_BOUNCE, format="mail"))
    record = written(bare)
    assert "" not in record.values()
    empty = {name: value for name, value in record.items() if value in ([], {})}
    assert empty == {"evidence": [], "headers": {}, "defects": []}
    held = {k: v for k, v in record.items() if v is not None and k not in empty}
    assert held == {"origin": "-", "kind": "not-a-bounce", "format": "mail"}


def test_headers_are_none_where_nothing_was_returned() -> None:
    bare = make_row("-", Report(kind=Kind.FAILURE, format="text"), headers=["Subject"])
    assert bare.headers == {"Subject": None}


def test_authentication_that_says_nothing_is_absent() -> None:
    silent = Returned(headers=Headers(b""), auth=Auth(from_domain="example.com"))
    row = make_row("-", Report(kind=Kind.FAILURE, format="text", returned=silent))
    assert row.auth is None
    assert row.bounce_auth is None


def test_kind_is_that_of_the_recipient() -> None:
    delayed = Failure(kind=Kind.DELAY, recipient="eve@example.net")
    assert make_row("-", REPORT, delayed).kind is Kind.DELAY
    assert make_row("-", REPORT).kind is Kind.FAILURE


def test_error() -> None:
    row = error_row("a.eml", "no such file")
    assert (row.origin, row.kind, row.defects) == ("a.eml", Kind.ERROR, ("no such file",))
    assert msgspec.json.decode(msgspec.json.encode(row), type=Row) == row


def test_json_and_back() -> None:
    row = make_row("a.eml", REPORT, FAILURE, VERDICT, "Ask.", ["X-Campaign"])
    assert msgspec.json.decode(msgspec.json.encode(row), type=Row) == row


def test_one_level() -> None:
    flat = flatten(make_row("a.eml", REPORT, FAILURE, VERDICT, "Ask.", ["X-Campaign", "X-No"]))
    assert flat["auth.spf"] == "pass"
    assert flat["auth.dkim"] is None
    assert flat["auth.aligned"] is True
    assert flat["auth.dkim_domains"] == "example.com b.example"
    assert flat["bounce_auth.dmarc"] == "none"
    assert flat["evidence"] == "reply: 550 5.7.1 no; status: 5.7.1"
    assert flat["defects"] == "odd; very odd"
    assert flat["headers.X-Campaign"] == "autumn"
    assert flat["headers.X-No"] is None
    assert flat["confidence"] == 0.93
    assert flat["kind"] == "failure"
    assert "auth" not in flat
    assert "headers" not in flat


def test_one_level_has_the_same_columns_for_every_record() -> None:
    rows = (
        make_row("a", REPORT, FAILURE, VERDICT, "Ask."),
        make_row("b", Report(kind=Kind.NOT_A_BOUNCE, format="mail")),
        error_row("c", "no"),
    )
    columns = {tuple(flatten(row)) for row in rows}
    assert len(columns) == 1
    for row in rows[1:]:
        values = flatten(row).values()
        assert "" not in values
        assert all(value is None or isinstance(value, str | float | bool) for value in values)


@pytest.mark.parametrize("thing", [REPORT, FAILURE, RETURNED, VERDICT, Auth(), error_row("a", "b")])
def test_types_are_frozen(thing: msgspec.Struct) -> None:
    name = thing.__struct_fields__[0]
    with pytest.raises(AttributeError):
        setattr(thing, name, None)
