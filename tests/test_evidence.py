"""What is weighed for a verdict, from a report and from a line alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.authres import Auth
from classifier.evidence import (
    Evidence,
    Hop,
    fold,
    fold_notice,
    guess_hop,
    says_expired,
    weigh,
    weigh_text,
)
from classifier.headers import Headers
from classifier.reasons import Kind
from classifier.report import Failure, Report, Returned

WRAPPED = (
    "host mx.example.org[192.0.2.1] said: 550 5.1.1 No Such User (in reply to RCPT TO command)"
)


def report(failure: Failure, prose: str = "", returned: Returned | None = None) -> Report:
    return Report(
        kind=failure.kind, format="postfix", failures=(failure,), prose=prose, returned=returned
    )


# Folding


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("550 5.1.1 No  Such\tUser\n now", "550 5.1.1 no such user now"),
        ("the recipient\u2019s \u201cinbox\u201d", 'the recipient\'s "inbox"'),
        ("550-5.7.26 This mail\n550-5.7.26 is not\n550 5.7.26 signed", "this mail is not signed"),
        ("550-5.7.26 This 550-5.7.26 is 550 5.7.26 not", "this is not"),
        ("452-the box\n452-is\n452 full", "the box is 452 full"),
        ("550-5.1.1 unknown", "unknown"),
        ("550 5.1.1 a 550-page book", "550 5.1.1 a page book"),
        ("call 1550-5.1.1 or x550-y", "call 1550-5.1.1 or x550-y"),
        ("GRÖSSE ÜBERSCHRITTEN", "grosse uberschritten"),
        ("", ""),
    ],
)
def test_fold(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(st.text(max_size=80))
def test_folding_is_blind_to_case_and_spacing(text: str) -> None:
    folded = fold(text)
    assert folded == " ".join(folded.split())
    assert fold(f"  {text}\n\t") == folded


# Time that ran out


@pytest.mark.parametrize(
    "words",
    [
        *("retry timeout exceeded", "Message expired", "550 4.4.7 QUEUE.Expired; message expired"),
        *("this message has been in the queue too long", "Delivery time expired"),
        *("Envelope expired", "could not be delivered for more than 5 days", "Giving up after 5 d"),
        *("could not be delivered for 2 days", "unable to deliver in 4 days"),
        *("retry time not reached for any host after a long failure period",),
    ],
)
def test_expired(words: str) -> None:
    assert says_expired(fold(words))
    assert weigh_text(f"{words}: 450 4.2.0 greylisted").expired
    assert weigh_text(f"450 4.2.0 greylisted, {words}").expired


@pytest.mark.parametrize(
    "words", ["550 5.7.1 certificate expired", "your password has expired", "greylisted", ""]
)
def test_not_expired(words: str) -> None:
    assert not says_expired(words)
    assert not weigh_text(words).expired


# Hops


@pytest.mark.parametrize(
    ("command", "code", "remote", "hop"),
    [
        ("AUTH", None, None, Hop.RELAY),
        ("AUTH", "454", "mx.example.org", Hop.RELAY),
        (None, "535", "mx.example.org", Hop.RELAY),
        ("MAIL", "530", "mx.example.org", Hop.RECIPIENT_MX),
        ("RCPT", "550", "mx.example.org", Hop.RECIPIENT_MX),
        ("RCPT", "550", None, Hop.UNKNOWN),
        (None, None, None, Hop.UNKNOWN),
    ],
)
def test_hop(command: str | None, code: str | None, remote: str | None, hop: Hop) -> None:
    assert guess_hop(command, code, remote) is hop


# One line by itself


def test_weigh_text() -> None:
    found = weigh_text(WRAPPED)
    assert found.text.startswith("550 5.1.1 No Such User")
    assert found.folded.startswith("550 5.1.1 no such user")
    assert found.outer == "host mx.example.org[192.0.2.1] said:"
    assert found.wrapper == "host mx.example.org[192.0.2.1] said:"
    assert (found.status, found.reply_code) == ("5.1.1", "550")
    assert (found.command, found.hop) == ("RCPT", Hop.RECIPIENT_MX)
    assert found.remote_mta == "mx.example.org"
    assert not found.final


def test_what_the_caller_knows_better() -> None:
    found = weigh_text(
        WRAPPED, command="DATA", remote_mta="mx.other.example", hop=Hop.LOCAL, expired=True
    )
    assert (found.command, found.remote_mta) == ("DATA", "mx.other.example")
    assert (found.hop, found.expired) == (Hop.LOCAL, True)
    assert weigh_text(WRAPPED, command=None, remote_mta=None).command == "RCPT"


@given(st.text(max_size=100))
def test_any_line(text: str) -> None:
    weigh_text(text)


# A recipient of a report


def test_weigh() -> None:
    failure = Failure(
        recipient="bob@example.org",
        status="5.1.1",
        reply_code="550",
        diagnostic=WRAPPED,
        command="RCPT",
        remote_mta="mx.example.org",
        places=(("reply", "Diagnostic-Code"),),
    )
    found = weigh(failure, report(failure, "I am SORRY\n to say"))
    assert found.text.startswith("550 5.1.1 No Such User")
    assert found.wrapper == "host mx.example.org[192.0.2.1] said:"
    assert fold_notice(found.notice) == "i am sorry to say"
    assert (found.status, found.reply_code, found.command) == ("5.1.1", "550", "RCPT")
    assert found.hop is Hop.RECIPIENT_MX
    assert found.format == "postfix"
    assert found.final
    assert found.auth == {}
    assert found.places == {"reply": "Diagnostic-Code"}


def test_a_delay_is_not_final() -> None:
    failure = Failure(kind=Kind.DELAY, diagnostic="450 4.2.0 wait")
    found = weigh(failure, report(failure))
    assert (found.kind, found.final) == (Kind.DELAY, False)


def test_nothing_reported() -> None:
    failure = Failure()
    assert weigh(failure, report(failure)) == Evidence(format="postfix", final=True)


def test_expired_around_the_last_reply() -> None:
    failure = Failure(diagnostic="retry timeout exceeded: 450 4.2.0 greylisted")
    found = weigh(failure, report(failure))
    assert found.expired
    assert found.folded == "450 4.2.0 greylisted"


def test_authentication_comes_from_the_returned_message() -> None:
    failure = Failure(diagnostic="550 5.7.1 no")
    auth = Auth(spf="pass", dmarc="fail", source="Authentication-Results of mx.example.org")
    returned = Returned(headers=Headers(b""), auth=auth, source="message/rfc822 part 3")
    found = weigh(failure, report(failure, returned=returned))
    assert found.auth == {"spf": "pass", "dmarc": "fail"}
    assert found.places["auth"] == (
        "Authentication-Results of mx.example.org, in the message/rfc822 part 3"
    )
    silent = Returned(headers=Headers(b""))
    assert "auth" not in weigh(failure, report(failure, returned=silent)).places


def test_an_earlier_refusal_in_the_dialogue_is_judged() -> None:
    failure = Failure(
        status="5.7.0",
        reply_code="530",
        diagnostic="530 5.7.0 Authentication required",
        cause="535 5.7.8 no such login",
        command="AUTH",
    )
    found = weigh(failure, report(failure))
    assert found.folded == "535 5.7.8 no such login"
    assert found.wrapper == "530 5.7.0 authentication required"
    assert (found.status, found.reply_code, found.hop) == ("5.7.8", "535", Hop.RELAY)
    assert found.places["reply"] == "SMTP dialogue in the notice"


def test_prose_is_bounded() -> None:
    failure = Failure()
    assert len(weigh(failure, report(failure, "x" * 100_000)).notice) <= 4096


def test_evidence_is_frozen() -> None:
    with pytest.raises(AttributeError):
        Evidence().text = "x"  # type: ignore[misc]
