"""Addresses to remove: those that do not work, and never those that the sending side failed."""

from __future__ import annotations

import csv
import io
import json
import random
from pathlib import Path
from typing import Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from classifier.cli import app
from classifier.errors import OperatorError
from classifier.reasons import MEANING, Advice, Category, Fault, Reason
from classifier.records import Detail
from classifier.suppression import Form, Suppression, fits, fold, write_form

MESSAGES: Final = Path(__file__).parent / "messages"


def run(*arguments: str, stdin: bytes = b"") -> Result:
    return CliRunner().invoke(app, ["suppress", *arguments], input=stdin)


def detail(
    recipient: str = "bob@example.org", reason: str = "user-unknown", **known: object
) -> Detail:
    meaning = MEANING[Reason(reason)]
    fields: dict[str, object] = {
        "kind": "failure",
        "recipient": recipient,
        "bounce_date": "2026-11-03T10:00:00+00:00",
        "status": "5.1.1",
        "diagnostic_code": "550 5.1.1 no such user",
        "category": meaning.category,
        "reason": reason,
        "permanence": "permanent",
        "fault": meaning.fault,
        "advice": meaning.advice,
        "confidence": 0.93,
        "decided_by": "rule:text/user-unknown",
    }
    return msgspec.convert(fields | known, Detail)


def reached(recipient: str = "bob@example.org", **known: object) -> Detail:
    nothing = ("category", "reason", "permanence", "fault", "advice", "confidence")
    fields: dict[str, object] = {"kind": "success", **dict.fromkeys(nothing)}
    return msgspec.convert(msgspec.to_builtins(detail(recipient)) | fields | known, Detail)


def listed(*records: Detail, least: float = 0.9) -> list[str]:
    held = Suppression(least)
    for record in records:
        held.add(record)
    return [address for address, _ in held.addresses()]


def lines(*records: Detail) -> bytes:
    return b"".join(msgspec.json.encode(each) + b"\n" for each in records)


@pytest.mark.parametrize("reason", Reason)
def test_which_reasons_put_an_address_on_the_list(reason: Reason) -> None:
    """Those of the address whose advice is to remove it, and no other."""
    meaning = MEANING[reason]
    on = meaning.category is Category.RECIPIENT_ADDRESS and meaning.advice is Advice.REMOVE_ADDRESS
    assert listed(detail(reason=reason)) == ["bob@example.org"] * on
    if meaning.fault in (Fault.SENDER_ADMIN, Fault.SENDER_DOMAIN_ADMIN, Fault.SENDER):
        assert not on
    some = {Reason.USER_UNKNOWN, Reason.DOMAIN_UNKNOWN, Reason.MAILBOX_DISABLED}
    assert on or reason not in some


@pytest.mark.parametrize(
    "known",
    [
        {"permanence": "transient"},
        {"permanence": "unknown"},
        {"kind": "delay"},
        {"confidence": 0.89},
        {"confidence": None},
        {"recipient": None},
        {"kind": "feedback"},
    ],
)
def test_what_is_not_sure_or_not_final_puts_none_on_it(known: dict[str, object]) -> None:
    assert listed(detail(**({"recipient": "bob@example.org"} | known))) == []  # type: ignore[arg-type]


def test_the_confidence_is_the_operators() -> None:
    assert listed(detail(confidence=0.7), least=0.7) == ["bob@example.org"]
    assert listed(detail(confidence=0.7), least=0.71) == []


def test_the_latest_evidence_wins_in_whatever_order_it_is_read() -> None:
    early, late = "2026-11-01T10:00:00+02:00", "2026-11-01T09:00:00+00:00"  # an hour later
    gone, back = {"bounce_date": early}, {"bounce_date": late}
    records = [detail(**gone), reached(**back)]
    assert listed(*records) == listed(*records[::-1]) == []
    records = [detail(**back), reached(**gone)]
    assert listed(*records) == listed(*records[::-1]) == ["bob@example.org"]
    # A mailbox that was found full exists.
    full = detail(reason="mailbox-full", **back)
    assert listed(detail(**gone), full) == listed(full, detail(**gone)) == []
    # Without dates nobody knows which was last.
    assert listed(detail(bounce_date=None), reached()) == []
    assert listed(detail(), reached(bounce_date=None)) == []
    assert listed(detail(), reached("else@example.org")) == ["bob@example.org"]


def test_what_we_failed_later_says_nothing_of_the_address() -> None:
    later = {"bounce_date": "2026-11-09T10:00:00+00:00"}
    assert listed(detail(), detail(reason="bad-credentials", **later)) == ["bob@example.org"]
    assert listed(detail(reason="bad-credentials"), detail(reason="spf-failed", **later)) == []


def test_each_address_once_its_domain_folded_its_local_part_kept() -> None:
    found = listed(detail("Bob@Example.ORG"), detail("Bob@example.org."), detail("bob@example.org"))
    assert found == ["Bob@example.org", "bob@example.org"]


def test_the_last_failure_is_the_one_that_is_told() -> None:
    held = Suppression(0.9)
    held.add(detail(bounce_date="2026-11-05T00:00:00Z", reason="domain-unknown"))
    held.add(detail(bounce_date="2026-11-02T00:00:00Z"))
    ((_, dead),) = held.addresses()
    assert (dead.failures, dead.reason) == (2, "domain-unknown")


@pytest.mark.parametrize(
    "address",
    [
        "no address",
        "a@b",
        '"quoted local"@example.org',
        "a@example.org\nBcc: c@example.org",
        "a,b@example.org",
        "<a@example.org>",
        f"{'a' * 65}@example.org",
        "G=noreply/S=x",
        "a@example.org\x1b[2J",
        "a@exam\u202eple.org",
    ],
)
def test_what_is_no_plain_address_is_left_out(address: str) -> None:
    assert fold(address) is None
    assert listed(detail(address)) == []


@pytest.mark.parametrize(
    ("address", "fit"),
    [
        ("+15551234567@sms.test", True),
        ("-bob@example.org", True),
        ("bob+tag@example.org", True),
        ("=bob@example.org", False),
        ("=cmd|'/Ccalc'!A0@example.org", False),
        ("+cmd|'/Ccalc'!A0@example.org", False),
        ("-2+3|x@example.org", False),
    ],
)
def test_no_spreadsheet_runs_an_address(address: str, fit: bool) -> None:
    assert fold(address) == address
    assert fits(address, Form.CSV) is fits(address, Form.SENDGRID) is fit
    assert fits(address, Form.SES)
    result = run("-", stdin=lines(detail(address)))
    written = list(csv.reader(io.StringIO(result.stdout)))[1:]
    assert written == [[address]] * fit, "as it is, or not at all"
    assert ("--format ses can" in result.stderr) is not fit


def test_the_forms() -> None:
    data = lines(
        detail("b@two.test"), detail("a@two.test"), detail("z@one.test"), detail("ü@x.test")
    )
    said = {form: run("-", "--format", form, stdin=data).stdout for form in Form}
    order = ["z@one.test", "a@two.test", "b@two.test", "ü@x.test"]
    assert said[Form.CSV].splitlines() == ["email", *order]
    assert said[Form.SENDGRID].splitlines() == ["email", *order]
    assert said[Form.MAILCHIMP].splitlines() == ["Email Address", *order[:3]]
    assert [json.loads(line) for line in said[Form.SES].splitlines()] == [
        {"emailAddress": address, "reason": "BOUNCE"} for address in order
    ]


def test_why(tmp_path: Path) -> None:
    record = detail(diagnostic_code="=1+1 \x1b[2J no such user", decided_by="@x")
    out = tmp_path / "why.csv"
    result = run("-", "--why", "--out", str(out), stdin=lines(record))
    assert result.exit_code == 0
    assert result.stdout == ""
    (row,) = csv.DictReader(io.StringIO(out.read_bytes().decode(), newline=""))
    assert (row["email"], row["reason"], row["last_failed"]) == (
        "bob@example.org",
        "user-unknown",
        "2026-11-03",
    )
    assert row["reply"].startswith("'=1+1 ")
    assert row["decided_by"] == "'@x"
    assert "\x1b" not in row["reply"]
    refused = run("-", "--why", "--format", "ses", stdin=lines(record))
    assert isinstance(refused.exception, OperatorError)


def test_what_is_left_out_is_said() -> None:
    data = lines(
        detail(),
        detail("low@example.org", confidence=0.5),
        detail("moved@example.org", "mailbox-moved"),
        detail("back@example.org"),
        reached("back@example.org"),
        detail("no address"),
    )
    told = run("-", stdin=data + b"{broken\n").stderr
    assert "1 address to remove, of 6 records" in told
    assert "1 address reached after it failed" in told
    assert "1 failure with a confidence below 0.9" in told
    assert "1 failure of addresses that moved" in told
    assert "1 failure of what is no plain address" in told
    assert "one line is no record" in told


def test_from_mails_to_the_list(tmp_path: Path) -> None:
    """The whole way, over all samples: each address on the list failed by itself."""
    results = tmp_path / "r.csv"
    done = CliRunner().invoke(app, ["classify", "-o", str(results), str(MESSAGES)])
    assert done.exit_code in (0, 1), done.output
    with results.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    found = set(run(str(results)).stdout.splitlines()[1:])
    assert len(found) > 50
    ours = {Fault.SENDER_ADMIN, Fault.SENDER_DOMAIN_ADMIN, Fault.SENDER}
    failed = {fold(row["recipient"]) for row in rows if row["category"] == "recipient-address"}
    assert found <= failed
    only_ours = {
        address
        for row in rows
        if row["fault"] in ours and (address := fold(row["recipient"])) not in failed
    }
    assert len(only_ours) > 20
    assert not found & only_ours
    assert "tomas@kettle-works.test" in only_ours, "the mission: the relay refused our login"


def test_a_results_file_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    path.write_bytes(lines(detail()))
    assert isinstance(run(str(path), "-o", str(path)).exception, OperatorError)
    assert path.read_bytes() == lines(detail())


@given(st.text(max_size=80), st.text(max_size=40))
def test_no_address_breaks_a_line(recipient: str, reply: str) -> None:
    held = Suppression(0.9)
    held.add(detail(recipient + "@example.org", diagnostic_code=reply, decided_by=reply))
    for form in Form:
        written = b"".join(write_form(held.addresses(), form, form is Form.CSV)).decode()
        rows = written.splitlines() if form is Form.SES else list(csv.reader(io.StringIO(written)))
        assert len(rows) == len(list(held.addresses())) + (form is not Form.SES)


def test_order_does_not_matter() -> None:
    makers = [detail(f"u{at % 5}@x.test", bounce_date=f"2026-11-{at + 1:02}") for at in range(20)]
    makers += [reached(f"u{at % 7}@x.test", bounce_date=f"2026-11-{at + 9:02}") for at in range(9)]
    whole = listed(*makers)
    mixed = random.Random(7)  # noqa: S311
    for _ in range(20):
        mixed.shuffle(makers)
        assert listed(*makers) == whole
