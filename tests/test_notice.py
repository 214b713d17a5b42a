"""The bounce's own words against those of the message it returns."""

from __future__ import annotations

import base64
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.message import parse
from classifier.notice import MAX_PROSE, Notice, read_notice

PROSE: Final = "Your message was not delivered:\n\n<bob@example.org>: 550 5.1.1 no such user\n"
RETURNED: Final = """Return-Path: <ada@example.com>
Received: from client.example.com by relay.example.com; Tue, 24 Nov 2026 07:51:50 +0000
Message-ID: <1@example.com>
From: Ada <ada@example.com>
To: bob@example.org
Subject: 554 5.7.1 secret words

The secret body: <eve@example.net>: 452 4.2.2 full
"""


def read(text: str, head: str = "") -> Notice:
    return read_notice(parse(f"Subject: x\n{head}\n{text}".encode()))


def mail(*parts: str, kind: str = "multipart/report") -> Notice:
    head = f"Subject: x\nContent-Type: {kind}; boundary=b\n\n"
    return read_notice(
        parse((head + "".join(f"--b\n{part}\n" for part in parts) + "--b--\n").encode())
    )


def holds(notice: Notice, prose: str = PROSE) -> None:
    """All of the prose, and nothing of the returned message."""
    assert notice.text.strip() == prose.strip()
    assert notice.returned is not None
    assert notice.returned.get("From") == "Ada <ada@example.com>"
    assert notice.returned.get("Subject") == "554 5.7.1 secret words"
    assert notice.returned.get("Message-Id") == "<1@example.com>"


# A part of its own


@pytest.mark.parametrize(
    "kind",
    [
        *("message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers"),
        *("text/rfc822-header", "Message/RFC822-Headers", "message/partial"),
    ],
)
def test_returned_in_a_part(kind: str) -> None:
    notice = mail(f"\n{PROSE}", f"Content-Type: {kind}\n\n{RETURNED}")
    holds(notice)
    assert notice.source == f"{kind.lower()} part 2"


def test_status_fields_are_no_prose() -> None:
    status = "Content-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\nAction: failed"
    holds(mail(f"\n{PROSE}", status, f"Content-Type: message/rfc822\n\n{RETURNED}"))
    notice = mail(f"\n{PROSE}", status)
    assert notice.text.strip() == PROSE.strip()
    assert notice.returned is None
    assert notice.source is None


def test_text_behind_the_returned_message_is_no_prose() -> None:
    holds(mail(f"\n{PROSE}", f"Content-Type: message/rfc822\n\n{RETURNED}", "\nsecret footer"))


def test_returned_in_base64() -> None:
    encoded = base64.encodebytes(RETURNED.replace("\n", "\r\n").encode()).decode()
    part = "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n" + encoded
    holds(mail(f"\n{PROSE}", part))


def test_returned_behind_an_envelope_line() -> None:
    dated = "From ada@example.com Tue Nov 24 07:51:50 2026\n"
    holds(mail(f"\n{PROSE}", f"Content-Type: message/rfc822\n\n\n{dated}{RETURNED}"))


def test_an_empty_returned_part_is_none() -> None:
    notice = mail(f"\n{PROSE}", "Content-Type: message/rfc822\n\n")
    assert notice.returned is None
    assert notice.text.strip() == PROSE.strip()
    two = mail(
        f"\n{PROSE}",
        "Content-Type: message/rfc822\n\n",
        f"Content-Type: text/rfc822-headers\n\n{RETURNED}",
    )
    holds(two)


def test_plain_goes_before_html() -> None:
    html = "Content-Type: text/html\n\n<p>in colour</p>"
    notice = mail(f"\n{PROSE}", html, kind="multipart/alternative")
    assert notice.text.strip() == PROSE.strip()
    only = mail(html, kind="multipart/alternative")
    assert only.text.strip() == "in colour"
    blank = mail("\n   \n", html, kind="multipart/alternative")
    assert blank.text.strip() == "in colour"


def test_pictures_are_no_prose() -> None:
    picture = "Content-Type: image/png\nContent-Transfer-Encoding: base64\n\nQUJD"
    assert mail(f"\n{PROSE}", picture).text.strip() == PROSE.strip()
    assert read("QUJD", "Content-Type: image/png\n").text == ""


def test_a_mail_of_an_unheard_of_type_is_prose() -> None:
    assert read(PROSE, "Content-Type: x-bounce/x\n").text == PROSE
    undivided = read(PROSE, "Content-Type: multipart/report; boundary=nowhere\n")
    assert undivided.text == PROSE


# Behind a divider, in the words of those who print it

DIVIDERS: Final = {
    "sendmail": "   ----- Original message follows -----",
    "sendmail, unsent": "   ----- Unsent message follows -----",
    "sendmail, header": "   ----- Message header follows -----",
    "sendmail, 8.6": "   ----- Message headers follow -----",
    "exim": "------ This is a copy of the message, including all the headers. ------",
    "exim, headers": "------ This is a copy of the message's headers. ------",
    "exim, yours": "------ This is a copy of your message, including all the headers. ------",
    "qmail": "--- Below this line is a copy of the message.",
    "qmail, next line": "--- Below the next line is a copy of the message.",
    "qmail, headers": "--- Enclosed are the original headers of the message.",
    "exchange": "Original message headers:",
    "gmail": "----- Original message -----",
    "gmail, header": "----- Message header follows -----",
    "domino": "------- Returned Message --------",
    "outlook": "-----Original Message-----",
    "yahoo": "--- Original message follows.",
    "imail": "Original message follows.",
    "mdaemon": "Included is a copy of the message header:",
    "mdaemon, dashes": "--- Included is a copy of the message header:",
    "smail": "|------------------------- Message text follows: ----------------------|",
    "smail, header": "|------------------------- Message header follows: --------------------|",
    "mmdf": "    Your message follows:",
    "the original, in words": "The original message follows.",
    "headers of": "--- Headers of the original message ---",
    "undelivered": "----- Undelivered message follows -----",
    "equals signs": "=== Original message ===",
    "stars": "***** Original message follows *****",
    "mail": "-------- Original Mail --------",
    "returned": "------------ Returned message ------------",
    "copy, in words": "Below is a copy of the original message:",
    "in words": "Returned message follows:",
}


@pytest.mark.parametrize("between", ["\n", "\n\n", "\n \n\n"])
@pytest.mark.parametrize("divider", DIVIDERS.values(), ids=DIVIDERS)
def test_dividers(divider: str, between: str) -> None:
    notice = read(f"{PROSE}\n{divider}{between}{RETURNED}")
    holds(notice)
    assert notice.source == "the text of the notice"


@pytest.mark.parametrize("divider", DIVIDERS.values(), ids=DIVIDERS)
def test_dividers_before_a_message_without_headers(divider: str) -> None:
    notice = read(f"{PROSE}\n{divider}\n\n550 secret words\n")
    assert "secret" not in notice.text
    assert notice.text.strip() == PROSE.strip()


@pytest.mark.parametrize(
    "line",
    [
        "   ----- The following addresses had permanent fatal errors -----",
        "   ----- Transcript of session follows -----",
        "The original message was received at Tue, 24 Nov 2026 07:51:50 GMT",
        "Your message was not delivered because the header is too long.",
        "--",
        "-----",
        "The message header follows no standard.",
        "Message text rejected",
        "The message follows no standard.",
        "For details see the error message below:",
    ],
)
def test_lines_that_divide_nothing(line: str) -> None:
    notice = read(f"{line}\n{PROSE}")
    assert "550 5.1.1 no such user" in notice.text
    assert notice.returned is None


def test_transcript_stays_in_the_prose() -> None:
    prose = (
        "   ----- The following addresses had permanent fatal errors -----\n<bob@example.org>\n"
        "    (reason: 550 5.1.1 <bob@example.org>... User unknown)\n\n"
        "   ----- Transcript of session follows -----\n... while talking to mx.example.org.:\n"
        ">>> RCPT To:<bob@example.org>\n<<< 550 5.1.1 <bob@example.org>... User unknown\n"
    )
    holds(read(f"{prose}\n   ----- Message header follows -----\n\n{RETURNED}"), prose)


# Without a divider


def test_bare_headers() -> None:
    holds(read(f"{PROSE}\n{RETURNED}"))


@pytest.mark.parametrize(
    "names",
    [
        "Received: from a by b\nMessage-ID: <1@example.com>",
        "DKIM-Signature: v=1\nX-Mailer: y",
        "X-One: 1\nX-Two: 2",
        "ARC-Seal: i=1\nARC-Message-Signature: i=1",
    ],
)
def test_bare_headers_of_other_heads(names: str) -> None:
    head = f"{names}\nFrom: ada@example.com\nSubject: secret\n\nsecret\n"
    notice = read(f"{PROSE}\n{head}")
    assert "secret" not in notice.text
    assert notice.text.strip() == PROSE.strip()
    assert notice.returned is not None
    assert notice.returned.get("Subject") == "secret"


@pytest.mark.parametrize(
    "lines",
    [
        "To: bob@example.org\nthe server said no\n",
        "Subject: hello\n",
        "Date: Tue, 24 Nov 2026 07:51:50 +0000\nTo: bob@example.org\n",
        "From: ada@example.com\n\nwas refused\n",
        "Message-ID: <1@example.com>\n\n",
    ],
)
def test_single_fields_in_the_prose_are_prose(lines: str) -> None:
    notice = read(f"{lines}{PROSE}")
    assert notice.returned is None
    assert lines.split("\n")[0] in notice.text
    assert PROSE in notice.text


def test_status_fields_in_the_text_are_no_prose() -> None:
    fields = "Reporting-MTA: dns; x\n\nFinal-Recipient: rfc822; bob@example.org\nAction: failed\n"
    notice = read(f"{PROSE}\n{fields}\n{RETURNED}")
    holds(notice)
    alone = read(f"{PROSE}\n{fields}")
    assert alone.text.strip() == PROSE.strip()
    assert alone.returned is None


def test_folded_headers_are_kept_whole() -> None:
    notice = read(
        f"{PROSE}\n--- Below this line is a copy of the message.\n\nTo: a,\n b\n{RETURNED}"
    )
    assert notice.returned is not None
    assert notice.returned.get("To") == "a, b"
    assert notice.returned.get("Subject") == "554 5.7.1 secret words"


# Bounds


def test_prose_is_bounded() -> None:
    assert len(read("x" * 200_000).text) == MAX_PROSE
    part = f"Content-Type: message/rfc822\n\n{RETURNED}"
    assert len(mail("\n" + "x" * 200_000, part).text) == MAX_PROSE
    assert len(read("x\n" * 100_000 + "\n" + RETURNED).text) <= MAX_PROSE


@pytest.mark.parametrize(
    "piece",
    [
        *("To:\n", "To: a\n", "Received:\n", "X-Y:\nX-Z:\n", "To:\n a\n", "-", "--- ", "----\n"),
        *("Subject: a\nno\n", "From:\nTo:\nno\n", "To:" + "\n x" * 40 + "\n", " ", "\n", "\t"),
    ],
)
def test_hostile_text(piece: str) -> None:
    # Each line could begin a head; to look through all that follows for each takes minutes.
    notice = read(PROSE + piece * (200_000 // len(piece)))
    assert len(notice.text) <= MAX_PROSE


@given(st.text(max_size=300))
def test_any_text(text: str) -> None:
    read(text)


@given(
    st.lists(
        st.sampled_from(
            [*DIVIDERS.values(), *RETURNED.split("\n"), *PROSE.split("\n"), " x", "\t"]
        ),
        max_size=25,
    )
)
def test_any_order_of_lines(lines: list[str]) -> None:
    text = "\n".join(lines)
    notice = read(text)
    assert notice.text in text
