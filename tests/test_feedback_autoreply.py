"""Mails that answer or complain and are no bounce: told by standard, then by how they begin."""

from __future__ import annotations

import base64

import pytest

from classifier.autoreply import is_auto_reply, is_challenge
from classifier.feedback import Feedback, read_feedback
from classifier.headers import Headers
from classifier.message import parse
from classifier.pipeline import read
from classifier.reasons import Kind

ARF = """Feedback-Type: {}
User-Agent: SomeGenerator/1.0
Version: 1
Original-Mail-From: <ada@example.com>
Original-Rcpt-To: <bob@example.org>
Reported-Domain: example.com
"""


def report(fields: str, head: str = "") -> bytes:
    return (
        "Content-Type: multipart/report; report-type=feedback-report; boundary=b\n\n"
        "--b\n\nThis is an email abuse report.\n"
        f"--b\nContent-Type: message/feedback-report\n{head}\n{fields}"
        "\n--b\nContent-Type: message/rfc822\n\nFrom: ada@example.com\nSubject: hi\n\nhi\n--b--\n"
    ).encode()


# RFC 5965


@pytest.mark.parametrize("kind", ["abuse", "auth-failure", "Fraud", "not-spam", "virus", "other"])
def test_feedback(kind: str) -> None:
    found = read_feedback(parse(report(ARF.format(kind))))
    assert found == Feedback(kind.lower(), "bob@example.org")


def test_feedback_in_any_line_ends_and_encoding() -> None:
    wanted = Feedback("abuse", "bob@example.org")
    raw = report(ARF.format("abuse"))
    assert read_feedback(parse(raw.replace(b"\n", b"\r\n"))) == wanted
    assert read_feedback(parse(report("\n\n" + ARF.format("abuse")))) == wanted
    encoded = base64.encodebytes(ARF.format("abuse").replace("\n", "\r\n").encode()).decode()
    raw = report(encoded, "Content-Transfer-Encoding: base64\n")
    assert read_feedback(parse(raw)) == wanted


def test_feedback_that_says_little() -> None:
    assert read_feedback(parse(report("Version: 1\n"))) == Feedback("other", None)
    removal = "Feedback-Type: opt-out\nRemoval-Recipient: bob@example.org\n"
    assert read_feedback(parse(report(removal))) == Feedback("opt-out", "bob@example.org")


def test_no_feedback() -> None:
    assert read_feedback(parse(b"Subject: Feedback-Type: abuse\n\nFeedback-Type: abuse\n")) is None


def test_feedback_is_its_own_kind() -> None:
    found = read(report(ARF.format("abuse")))
    assert (found.kind, found.format, found.feedback_type) == (Kind.FEEDBACK, "arf", "abuse")
    assert [f.recipient for f in found.failures] == ["bob@example.org"]
    assert found.returned is not None
    silent = read(report("Feedback-Type: abuse\n"))
    assert (silent.kind, silent.failures) == (Kind.FEEDBACK, ())


# RFC 3834


def head(*fields: str) -> Headers:
    return Headers("\n".join(fields).encode())


@pytest.mark.parametrize(
    "field",
    [
        *("Auto-Submitted: auto-replied", "Auto-Submitted: Auto-Replied (vacation)"),
        *("X-Autoreply: yes", "X-Autorespond: x", "X-Mail-Autoreply: x", "X-Auto-Reply-From: x"),
        *("Precedence: auto_reply", "Precedence: Auto-Reply"),
        "Auto-Submitted: auto-generated\nX-Auto-Response-Suppress: All",
    ],
)
def test_auto_replies_by_header(field: str) -> None:
    assert is_auto_reply(head("Subject: hello", *field.split("\n")), "")


@pytest.mark.parametrize(
    "subject",
    [
        *("Automatic reply: hello", "Auto: Auto-Reply: hello", "Auto Reply", "Autoreply: hello"),
        *("Out of Office: hello", "out of the office", "I am out of the office", "On vacation"),
        *("Automatische Antwort: hallo", "Abwesenheitsnotiz", "Nicht im Büro", "Abwesend: x"),
        *("Réponse automatique : x", "Absence du bureau", "Respuesta automática: x"),
        *("Risposta automatica: x", "Resposta automática: x", "Automatisch antwoord: x"),
        *("Autosvar: x", "Автоматический ответ: x", "自動応答: x", "自动回复: x", "자동 회신: x"),
        "=?utf-8?Q?R=C3=A9ponse_automatique?=",
        "=?iso-8859-1?Q?R=E9ponse_automatique?=",
        "Re: Automatic reply: hello",
        "AW: Automatische Antwort: hallo",
    ],
)
def test_auto_replies_by_subject(subject: str) -> None:
    assert is_auto_reply(head(f"Subject: {subject}"), "")


@pytest.mark.parametrize(
    "fields",
    [
        ("Subject: Undelivered Mail Returned to Sender", "Auto-Submitted: auto-generated"),
        ("Subject: hello",),
        ("Subject: How to write an automatic reply",),
        ("Subject: My vacation pictures",),
        ("Subject: Re: your vacation",),
        ("Auto-Submitted: no",),
        ("Precedence: bulk",),
        ("X-Auto-Response-Suppress: All",),
        (),
    ],
)
def test_other_mails_are_no_auto_replies(fields: tuple[str, ...]) -> None:
    assert not is_auto_reply(head(*fields), "the bridge is closed")


@pytest.mark.parametrize(
    "subject",
    [
        *("Please confirm your message to bob@example.org", "Confirmation required"),
        *("Verify your email to me", "Please authenticate your email", "[spamarrest] hello"),
        "Confirm that you are a person",
    ],
)
def test_challenges(subject: str) -> None:
    assert is_challenge(head(f"Subject: {subject}", "Auto-Submitted: auto-replied"), "")
    assert not is_challenge(head(f"Subject: {subject}"), ""), "a person may write so"


def test_other_mails_are_no_challenges() -> None:
    assert not is_challenge(head("Subject: Delivery failed", "Auto-Submitted: auto-replied"), "")
    assert not is_challenge(head(), "")


# As kinds of mails

TEXT = b"\n\nI am away until Monday.\n"


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (b"From: bob@example.org\nAuto-Submitted: auto-replied\nSubject: away", Kind.AUTO_REPLY),
        (b"From: bob@example.org\nSubject: Automatic reply: hello", Kind.AUTO_REPLY),
        (
            b"From: bob@example.org\nReturn-Path: <>\nSubject: Please confirm your message",
            Kind.CHALLENGE,
        ),
        (b"From: bob@example.org\nSubject: Please confirm your message", Kind.NOT_A_BOUNCE),
        (b"From: bob@example.org\nSubject: hello", Kind.NOT_A_BOUNCE),
        (b"", Kind.NOT_A_BOUNCE),
    ],
)
def test_kinds(raw: bytes, kind: Kind) -> None:
    found = read(raw + TEXT)
    assert (found.kind, found.failures, found.format) == (kind, (), "mail")


@pytest.mark.parametrize(
    "content_type",
    ["multipart/report; report-type=disposition-notification", "message/disposition-notification"],
)
def test_dispositions(content_type: str) -> None:  # RFC 8098
    raw = (
        f"Subject: Read: hello\nContent-Type: {content_type}; boundary=b\n\n--b\n\nread\n--b\n"
        "Content-Type: message/disposition-notification\n\nDisposition: x; displayed\n--b--\n"
    )
    found = read(raw.encode())
    assert (found.kind, found.format, found.failures) == (Kind.DISPOSITION, "mdn", ())
