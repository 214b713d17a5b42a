"""message/delivery-status by RFC 3464 and 6533, and by those who broke them."""

from __future__ import annotations

import base64
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.dsn import (
    MAX_RECIPIENTS,
    Recipient,
    StatusReport,
    find_status_report,
    read_address,
    read_status_report,
)
from classifier.message import parse
from classifier.reasons import Kind

PLAIN: Final = """Reporting-MTA: dns; relay.example.com
X-Postfix-Queue-ID: 4ABC
Arrival-Date: Tue, 24 Nov 2026 07:51:50 +0000 (UTC)
Original-Envelope-Id: abc123

Final-Recipient: rfc822; bob@example.org
Original-Recipient: rfc822;bob+2Btag@example.org
Action: failed
Status: 5.1.1
Remote-MTA: dns; mx.example.org
Diagnostic-Code: smtp; 550 5.1.1 <bob@example.org>: Recipient address
    rejected: User unknown
\tin table

Final-Recipient: rfc822; eve@example.org
Action: delayed
Status: 4.4.1
Will-Retry-Until: Sun, 29 Nov 2026 07:51:50 +0000 (UTC)
"""


def fields(report: StatusReport) -> list[dict[str, str]]:
    return [dict(recipient.fields) for recipient in report.recipients]


def names(report: StatusReport) -> list[str | None]:
    return [recipient.address for recipient in report.recipients]


def read(*lines: str) -> StatusReport:
    return read_status_report("\n".join(lines))


# As it should be


def test_message_and_recipients() -> None:
    report = read_status_report(PLAIN, "part 2")
    assert report.message == {
        "reporting-mta": "dns; relay.example.com",
        "x-postfix-queue-id": "4ABC",
        "arrival-date": "Tue, 24 Nov 2026 07:51:50 +0000 (UTC)",
        "original-envelope-id": "abc123",
    }
    first, second = report.recipients
    assert first.fields["diagnostic-code"] == (
        "smtp; 550 5.1.1 <bob@example.org>: Recipient address rejected: User unknown in table"
    )
    assert first.address == "bob@example.org"
    assert first.original == "bob+tag@example.org"
    assert first.kind is Kind.FAILURE
    assert second.address == "eve@example.org"
    assert second.original is None
    assert second.kind is Kind.DELAY
    assert "diagnostic-code" not in second.fields
    assert report.place == "part 2"
    assert report.defects == ()


@pytest.mark.parametrize(
    ("action", "status", "kind"),
    [
        ("failed", "2.0.0", Kind.FAILURE),
        ("FAILED (after 5 days)", "4.4.7", Kind.FAILURE),
        ("failure", "", Kind.FAILURE),
        ("delayed", "4.4.1", Kind.DELAY),
        ("Delayed", "5.0.0", Kind.DELAY),
        ("delivered", "2.1.5", Kind.SUCCESS),
        ("relayed (to a server without DSN)", "2.6.0", Kind.SUCCESS),
        ("expanded", "2.1.5", Kind.SUCCESS),
        ("", "2.1.5", Kind.SUCCESS),
        ("", "5.1.1", Kind.FAILURE),
        ("", "", Kind.FAILURE),
        ("unheard-of", "4.0.0", Kind.FAILURE),
    ],
)
def test_kind(action: str, status: str, kind: Kind) -> None:
    assert Recipient({"action": action, "status": status}).kind is kind


def test_kind_without_fields() -> None:
    assert Recipient({}).kind is Kind.FAILURE
    assert Recipient({}).address is None


@pytest.mark.parametrize(
    ("value", "address"),
    [
        ("rfc822; bob@example.org", "bob@example.org"),
        ("rfc822;bob@example.org", "bob@example.org"),
        ("RFC822;<bob@example.org>", "bob@example.org"),
        ("rfc822 ; bob@example.org", "bob@example.org"),
        ("bob@example.org", "bob@example.org"),
        ("<bob@example.org>", "bob@example.org"),
        ("rfc822; Bob Ray <bob@example.org>", "bob@example.org"),
        ("rfc822; bob@example.org (Bob Ray)", "bob@example.org"),
        ("rfc822; <@a.example,@b.example:bob@example.org>", "bob@example.org"),
        ('rfc822; "bob ray"@example.org', '"bob ray"@example.org'),
        ('rfc822; "bob;ray"@example.org', '"bob;ray"@example.org'),
        ("LOCAL; bob", "bob"),
        ("X400; /S=bob/O=example/C=xx/", "/S=bob/O=example/C=xx/"),
        ("rfc822; bob@[192.0.2.1]", "bob@[192.0.2.1]"),
        ("rfc822; docomo.@example.jp", "docomo.@example.jp"),
        # xtext (RFC 3461 4): + and = alone have to be written so
        ("rfc822; bob+2Btag@example.org", "bob+tag@example.org"),
        ("rfc822; bob+3Drose@example.org", "bob=rose@example.org"),
        ("rfc822; bob+20@example.org", "bob+20@example.org"),
        ("rfc822; bob+41@example.org", "bob+41@example.org"),
        ("rfc822; bob+tag@example.org", "bob+tag@example.org"),
        # RFC 6533 3
        (r"utf-8; \x{E9}va@example.org", "éva@example.org"),
        (r"UTF-8; \x{1F600}@example.org", "😀@example.org"),
        ("utf-8; éva@example.org", "éva@example.org"),
        ("utf-8; éva+3D@example.org", "éva+3D@example.org"),
        (r"utf-8; \x{D800}\x{00}\x{FFFFFF}@example.org", "???@example.org"),
        (r"utf-8; \x{}\x{XY}@example.org", r"\x{}\x{XY}@example.org"),
        ("rfc822;", None),
        ("rfc822; <>", None),
        ("  ", None),
        ("", None),
        (None, None),
    ],
)
def test_addresses(value: str | None, address: str | None) -> None:
    assert read_address(value) == address


@pytest.mark.parametrize(
    ("final", "original", "address"),
    [
        ("rfc822; a@example.org", "rfc822; b@example.org", "a@example.org"),
        ("x400; /S=a/", "rfc822; b@example.org", "b@example.org"),
        ("local; a", None, "a"),
        ("local; a", "local; b", "a"),
        (None, "rfc822; b@example.org", "b@example.org"),
        ("rfc822;", "rfc822; b@example.org", "b@example.org"),
        (None, None, None),
    ],
)
def test_which_address(final: str | None, original: str | None, address: str | None) -> None:
    given_ = {"final-recipient": final, "original-recipient": original}
    recipient = Recipient({name: value for name, value in given_.items() if value})
    assert recipient.address == address


# As servers break it


def test_action_before_the_recipient() -> None:  # Exim
    report = read(
        "Reporting-MTA: dns; relay.example.com",
        "",
        "Action: failed",
        "Final-Recipient: rfc822;bob@example.org",
        "Status: 5.0.0",
        "Remote-MTA: dns; mx.example.org",
        "Diagnostic-Code: smtp; 550 no",
        "",
        "Action: delayed",
        "Final-Recipient: rfc822;eve@example.org",
        "Status: 4.0.0",
        "",
        "Action: failed",
        "Original-Recipient: rfc822;x@example.org",
        "Final-Recipient: rfc822;joe@example.org",
        "Status: 5.0.0",
    )
    assert names(report) == ["bob@example.org", "eve@example.org", "joe@example.org"]
    assert [r.kind for r in report.recipients] == [Kind.FAILURE, Kind.DELAY, Kind.FAILURE]
    assert report.recipients[2].original == "x@example.org"
    assert report.defects == ()


def test_no_blank_line_before_the_first_recipient() -> None:
    report = read(
        "Reporting-MTA: dns; relay.example.com",
        "Final-Recipient: rfc822; bob@example.org",
        "Action: failed",
    )
    assert report.message == {"reporting-mta": "dns; relay.example.com"}
    assert names(report) == ["bob@example.org"]


def test_no_blank_line_between_recipients() -> None:
    report = read(
        "Final-Recipient: rfc822; bob@example.org",
        "Action: failed",
        "Status: 5.1.1",
        "Final-Recipient: rfc822; eve@example.org",
        "Action: delayed",
        "Status: 4.2.2",
    )
    assert names(report) == ["bob@example.org", "eve@example.org"]
    assert [r.fields["status"] for r in report.recipients] == ["5.1.1", "4.2.2"]
    assert report.defects == ("no blank line between recipients",)


@pytest.mark.parametrize("after", range(1, 5))
def test_a_blank_line_too_many_inside_a_recipient(after: int) -> None:
    lines = [
        "Original-Recipient: rfc822; b@example.org",
        "Final-Recipient: rfc822; bob@example.org",
        "Action: failed",
        "Status: 5.1.1",
        "Diagnostic-Code: smtp; 550 no",
    ]
    report = read("Reporting-MTA: dns; x", "", *lines[:after], "", *lines[after:])
    assert len(report.recipients) == 1
    assert report.recipients[0].fields.keys() == {
        *("original-recipient", "final-recipient", "action", "status", "diagnostic-code")
    }


def test_recipients_without_action() -> None:
    report = read(
        "Final-Recipient: rfc822; bob@example.org",
        "Status: 5.1.1",
        "",
        "Original-Recipient: rfc822; e@example.org",
        "Final-Recipient: rfc822; eve@example.org",
        "Status: 5.2.2",
    )
    assert names(report) == ["bob@example.org", "eve@example.org"]
    assert [r.original for r in report.recipients] == [None, "e@example.org"]


def test_recipients_of_one_field_each() -> None:
    report = read("Final-Recipient: a@example.org", "", "Final-Recipient: b@example.org")
    assert names(report) == ["a@example.org", "b@example.org"]


def test_recipients_by_their_original_alone() -> None:
    report = read(
        "Original-Recipient: rfc822; a@example.org",
        "Action: failed",
        "",
        "Original-Recipient: rfc822; b@example.org",
        "Action: failed",
    )
    assert names(report) == ["a@example.org", "b@example.org"]


def test_names_in_any_case_and_spacing() -> None:
    report = read("FINAL-RECIPIENT : rfc822; bob@example.org", "action:failed", "STATUS :5.1.1")
    assert fields(report) == [
        {"final-recipient": "rfc822; bob@example.org", "action": "failed", "status": "5.1.1"}
    ]


def test_fold_without_indentation() -> None:
    report = read(
        "Final-Recipient: rfc822; bob@example.org",
        "Diagnostic-Code: smtp; 550-5.7.26 This mail is unauthenticated",
        "550-5.7.26 and was blocked",
        "550 5.7.26 for it",
        "Action: failed",
    )
    assert report.recipients[0].fields["diagnostic-code"] == (
        "smtp; 550-5.7.26 This mail is unauthenticated 550-5.7.26 and was blocked 550 5.7.26 for it"
    )
    assert report.recipients[0].kind is Kind.FAILURE
    assert report.defects == ("a folded field is not indented",)


def test_other_fields_do_not_take_stray_lines() -> None:
    report = read("Final-Recipient: rfc822; bob@example.org", "Status: 5.1.1", "stray words")
    assert report.recipients[0].fields["status"] == "5.1.1"


def test_nothing_is_folded_over_a_blank_line() -> None:
    report = read("Final-Recipient: a@example.org", "Diagnostic-Code: x-unix; no", "", "  more")
    assert report.recipients[0].fields["diagnostic-code"] == "x-unix; no"


def test_a_repeated_field_does_not_replace_the_first() -> None:
    report = read(
        "Final-Recipient: a@example.org",
        "Status: 5.1.1",
        "Status: 5.0.0",
        "  (folded)",
        "Diagnostic-Code: smtp; 550",
    )
    assert report.recipients[0].fields["status"] == "5.1.1"
    assert report.recipients[0].fields["diagnostic-code"] == "smtp; 550"


def test_nothing_in_it() -> None:
    for text in ("", "\n\n", "no fields here", ": x", "  folded"):
        report = read_status_report(text)
        assert report.message == {}
        assert report.recipients == ()


# Caps


def test_number_of_recipients_is_bounded() -> None:
    report = read_status_report("Final-Recipient: a@b.example\nAction: failed\n\n" * 2000)
    assert len(report.recipients) == MAX_RECIPIENTS
    assert report.defects == (f"more than {MAX_RECIPIENTS} recipients",)


def test_length_of_a_value_is_bounded() -> None:
    # It grows line by line, each time as a whole: without a bound, with the square of its length.
    folds = "Final-Recipient: a@b.example\nDiagnostic-Code: smtp; 550\n" + " x\n" * 100_000
    (recipient,) = read_status_report(folds + "Action: failed\n").recipients
    assert len(recipient.fields["diagnostic-code"]) < 10_000
    stray = folds.replace("\n x", "\nx")
    assert len(fields(read_status_report(stray))[0]["diagnostic-code"]) < 10_000


def test_length_of_the_part_is_bounded() -> None:
    report = read_status_report("X: y\n" * 200_000 + "\nFinal-Recipient: a@b.example\n")
    assert report.recipients == ()


@given(st.text(max_size=300))
def test_any_text(text: str) -> None:
    for recipient in read_status_report(text).recipients:
        assert recipient.kind
        assert recipient.address != ""


@given(
    st.lists(
        st.sampled_from(
            [
                *(
                    "Final-Recipient: rfc822; a@b.example",
                    "Original-Recipient: rfc822; b@b.example",
                ),
                *(
                    "Action: failed",
                    "Status: 5.1.1",
                    "",
                    " folded",
                    "stray",
                    "Reporting-MTA: dns; x",
                ),
                "Diagnostic-Code: smtp; 550 no",
            ]
        ),
        max_size=30,
    )
)
def test_any_order_of_lines(lines: list[str]) -> None:
    report = read_status_report("\n".join(lines))
    text = "\n".join(lines)
    # Each Final-Recipient names one recipient, in whatever order the fields come.
    assert len([r for r in report.recipients if "final-recipient" in r.fields]) == text.count(
        "Final-Recipient"
    )


# In a mail


def mail(*parts: str, kind: str = "multipart/report") -> bytes:
    head = f"Subject: x\nContent-Type: {kind}; boundary=b\n\n"
    return (head + "".join(f"--b\n{part}\n" for part in parts) + "--b--\n").encode()


NOTE: Final = "Content-Type: text/plain\n\nno such user\n"
RETURNED: Final = "Content-Type: message/rfc822\n\nFrom: ada@example.com\n\nhello"


@pytest.mark.parametrize("kind", ["message/delivery-status", "Message/Global-Delivery-Status"])
@pytest.mark.parametrize("before", ["\n", "\n\n\n", "Content-Description: report\n\n"])
def test_declared(kind: str, before: str) -> None:
    report = find_status_report(
        parse(mail(NOTE, f"Content-Type: {kind}\n{before}{PLAIN}", RETURNED))
    )
    assert report is not None
    assert names(report) == ["bob@example.org", "eve@example.org"]
    assert report.message["reporting-mta"] == "dns; relay.example.com"
    assert report.place == f"{kind.lower()} part 2"
    assert report.defects == ()


def test_base64() -> None:
    encoded = base64.encodebytes(PLAIN.replace("\n", "\r\n").encode()).decode()
    part = "Content-Type: message/delivery-status\nContent-Transfer-Encoding: base64\n\n" + encoded
    report = find_status_report(parse(mail(NOTE, part)))
    assert report is not None
    assert fields(report) == fields(read_status_report(PLAIN))


def test_several_parts_are_one_report() -> None:
    one = "Content-Type: message/delivery-status\n\nReporting-MTA: dns; {}\n\n{}\nAction: failed\n"
    report = find_status_report(
        parse(
            mail(
                NOTE,
                one.format("a.example", "Final-Recipient: rfc822; a@example.org"),
                one.format("b.example", "Final-Recipient: rfc822; b@example.org"),
            )
        )
    )
    assert report is not None
    assert names(report) == ["a@example.org", "b@example.org"]
    assert report.message["reporting-mta"] == "dns; a.example"


@pytest.mark.parametrize("kind", ["text/plain", "text/plain; name=details.txt"])
def test_sent_as_text(kind: str) -> None:
    report = find_status_report(parse(mail(NOTE, f"Content-Type: {kind}\n\n{PLAIN}", RETURNED)))
    assert report is not None
    assert fields(report) == fields(read_status_report(PLAIN))
    assert report.defects == ("delivery status fields outside a delivery-status part",)


def test_inside_the_only_text() -> None:
    raw = (
        "Subject: x\n\nYour message was not delivered.\n\n"
        + PLAIN
        + "\nReceived: from a by b\nFrom: ada@example.com\nStatus: RO\n\nhello\n"
    )
    report = find_status_report(parse(raw.encode()))
    assert report is not None
    assert fields(report) == fields(read_status_report(PLAIN))


def test_where_the_boundary_does_not_occur() -> None:
    raw = f"Content-Type: multipart/report; boundary=x\n\n--y\nno\n\n{PLAIN}\n--y--\n"
    report = find_status_report(parse(raw.encode()))
    assert report is not None
    assert names(report) == ["bob@example.org", "eve@example.org"]


def test_declared_part_without_recipients() -> None:
    empty = "Content-Type: message/delivery-status\n\nReporting-MTA: dns; a.example\n"
    report = find_status_report(parse(mail(NOTE, empty)))
    assert report is not None
    assert report.recipients == ()
    assert report.message == {"reporting-mta": "dns; a.example"}
    beside = find_status_report(parse(mail("Content-Type: text/plain\n\n" + PLAIN, empty)))
    assert beside is not None
    assert names(beside) == ["bob@example.org", "eve@example.org"]


@pytest.mark.parametrize(
    "text",
    [
        "no fields",
        "Final-Recipient: rfc822; bob@example.org\n",  # alone it may be quoted
        "Action: failed\nStatus: 5.1.1\n",
        "> Final-Recipient: rfc822; bob@example.org\n> Action: failed\n",
        "",
    ],
)
def test_text_that_holds_none(text: str) -> None:
    assert find_status_report(parse(mail(f"Content-Type: text/plain\n\n{text}"))) is None


def test_never_read_from_the_returned_message() -> None:
    inner = mail(NOTE, f"Content-Type: message/delivery-status\n\n{PLAIN}").decode()
    raw = mail(NOTE, f"Content-Type: message/rfc822\n\n{inner.replace('--b', '--c')}")
    assert find_status_report(parse(raw)) is None
