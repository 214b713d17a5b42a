"""SMTP replies inside everything that wraps them."""

from __future__ import annotations

from typing import Final, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.codes import find_status
from classifier.reply import MAX_TEXT, Reply, read_command, read_reply


class Case(NamedTuple):
    """A diagnostic and what has to be read of it; `text` is how the judged reply begins."""

    name: str
    diagnostic: str
    code: str | None
    status: str | None
    text: str
    command: str | None = None
    host: str | None = None


CASES: Final = (
    # Nothing around it
    Case("whole", "550 5.1.1 User unknown", "550", "5.1.1", "550 5.1.1 User unknown"),
    Case("no status", "550 User unknown", "550", None, "550 User unknown"),
    Case("no words", "550", "550", None, "550"),
    Case("no code", "5.1.1 User unknown", None, "5.1.1", "5.1.1 User unknown"),
    Case("typed", "smtp; 550 5.1.1 no", "550", "5.1.1", "550 5.1.1 no"),
    Case("typed without a blank", "smtp;550 5.1.1 no", "550", "5.1.1", "550 5.1.1 no"),
    Case("hyphen", "550-5.1.1 no", "550", "5.1.1", "550-5.1.1 no"),
    Case("quoted", "'550 5.1.1 no'", "550", "5.1.1", "550 5.1.1 no"),
    Case("status in parentheses", "550 sorry, no. (#5.1.1)", "550", "5.1.1", "550 sorry, no."),
    Case("status with #", "550 #5.1.0 Address rejected.", "550", "5.1.0", "550 #5.1.0"),
    Case("status with a colon", "550: 5.1.1: no", "550", "5.1.1", "550: 5.1.1: no"),
    Case("status in brackets", "550 <5.1.1> no", "550", "5.1.1", "550 <5.1.1>"),
    Case("transcript", "<<< 550 5.1.1 no", "550", "5.1.1", "550 5.1.1 no"),
    Case("three digits", "554 5.7.606 Access denied", "554", "5.7.606", "554 5.7.606"),
    Case("words only", "Connection timed out", None, None, "Connection timed out"),
    Case("nothing", "", None, None, ""),
    # Several lines
    Case(
        "lines",
        "550-5.7.26 This mail is unauthenticated\n550-5.7.26 and was blocked.\n550 5.7.26 x",
        "550",
        "5.7.26",
        "550-5.7.26 This mail is unauthenticated 550-5.7.26 and was blocked. 550 5.7.26 x",
    ),
    Case(
        "folded lines",
        "smtp; 550-5.7.26 This mail is unauthenticated 550-5.7.26 and was blocked. 550 5.7.26 x",
        "550",
        "5.7.26",
        "550-5.7.26 This mail is unauthenticated 550-5.7.26 and was blocked. 550 5.7.26 x",
    ),
    Case(
        "indented lines",
        "host mx.example.org[192.0.2.1] said:\n    550-5.1.1 The account\n    550 5.1.1 is not",
        "550",
        "5.1.1",
        "550-5.1.1 The account 550 5.1.1 is not",
        None,
        "mx.example.org",
    ),
    Case(
        "lines without status",
        "552-the mailbox\n552-is over\n552 its quota",
        "552",
        None,
        "552-the mailbox 552-is over 552 its quota",
    ),
    Case(
        "two replies of a transcript",
        "<<< 535 5.7.8 no\n<<< 530 5.7.0 log in first",
        "530",
        "5.7.0",
        "530 5.7.0 log in first",
    ),
    # Mail servers
    Case(
        "postfix",
        "host mx.example.org[192.0.2.1] said: 550 5.1.1 <bob@example.org>: Recipient address"
        " rejected: User unknown (in reply to RCPT TO command)",
        "550",
        "5.1.1",
        "550 5.1.1 <bob@example.org>: Recipient address rejected",
        "RCPT",
        "mx.example.org",
    ),
    Case(
        "postfix, end of data",
        "host mx.example.org[192.0.2.1] said: 554 5.7.1 no (in reply to end of DATA command)",
        "554",
        "5.7.1",
        "554 5.7.1 no",
        "DATA",
        "mx.example.org",
    ),
    Case(
        "postfix, greeting",
        "host mx.example.org[192.0.2.1] refused to talk to me: 421 4.3.2 busy",
        "421",
        "4.3.2",
        "421 4.3.2 busy",
        "CONN",
        "mx.example.org",
    ),
    Case(
        "postfix, login",
        "SASL authentication failed; server smtp.example.net[192.0.2.1] said: 535 5.7.8 Error",
        "535",
        "5.7.8",
        "535 5.7.8 Error",
        "AUTH",
        "smtp.example.net",
    ),
    Case(
        "postfix, no connection",
        "connect to mx.example.org[192.0.2.1]:25: Connection timed out",
        None,
        None,
        "connect to mx.example.org[192.0.2.1]:25: Connection timed out",
        None,
        "mx.example.org",
    ),
    Case(
        "postfix, tls",
        "TLS is required, but was not offered by host mx.example.org[192.0.2.1]",
        None,
        None,
        "TLS is required",
        "STARTTLS",
        "mx.example.org",
    ),
    Case(
        "exim",
        "SMTP error from remote mail server after RCPT TO:<bob@example.org>:\n"
        "host mx.example.org [192.0.2.1]: 550 5.1.1 User unknown",
        "550",
        "5.1.1",
        "550 5.1.1 User unknown",
        "RCPT",
        "mx.example.org",
    ),
    Case(
        "exim, pipelined",
        "SMTP error from remote mail server after pipelined MAIL FROM:<ada@example.com> SIZE=1552:"
        " host mx.example.org [192.0.2.1]: 552 too big",
        "552",
        None,
        "552 too big",
        "MAIL",
        "mx.example.org",
    ),
    Case(
        "exim, connection",
        "SMTP error from remote mail server after initial connection: 554 5.7.1 no",
        "554",
        "5.7.1",
        "554 5.7.1 no",
        "CONN",
    ),
    Case(
        "sendmail",
        "550 5.1.1 <bob@example.org>... User unknown\n... while talking to mx.example.org.:",
        "550",
        "5.1.1",
        "550 5.1.1 <bob@example.org>... User unknown",
        None,
        "mx.example.org",
    ),
    Case(
        "qmail",
        "192.0.2.1 does not like recipient.\nRemote host said: 550 no mailbox. (#5.1.1)\n"
        "Giving up on 192.0.2.1.",
        "550",
        "5.1.1",
        "550 no mailbox. (#5.1.1)",
        "RCPT",
        "192.0.2.1",
    ),
    Case(
        "qmail, local",
        "Sorry, no mailbox here by that name. (#5.1.1)",
        None,
        "5.1.1",
        "Sorry, no mailbox here by that name.",
    ),
    Case(
        "exchange",
        "Remote Server returned '550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found'",
        "550",
        "5.1.10",
        "550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found",
    ),
    Case(
        "exchange, 2007",
        "<mail.example.org #5.7.1 smtp;550 5.7.1 Unable to relay> #SMTP#",
        "550",
        "5.7.1",
        "550 5.7.1 Unable to relay",
    ),
    Case(
        "exchange, 2007, own words",
        "mail.example.org\n#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##",
        "550",
        "5.1.1",
        "550 5.1.1 RESOLVER.ADR.RecipNotFound",
    ),
    Case(
        "exchange, 2007, own words alone",
        "#550 4.4.7 QUEUE.Expired; message expired ##",
        "550",
        "4.4.7",
        "550 4.4.7 QUEUE.Expired",
    ),
    Case(
        "exchange online",
        "smtp;550 5.0.350 Remote server returned an error -> 550 5.7.1 by policy",
        "550",
        "5.7.1",
        "550 5.7.1 by policy",
    ),
    Case(
        "exchange online, loop",
        "smtp;554 5.4.14 Hop count exceeded - possible mail loop ATTR34"
        " [AM0PR01MB0001.eurprd01.prod.exchangelabs.com]",
        "554",
        "5.4.14",
        "554 5.4.14 Hop count exceeded",
    ),
    Case(
        "ses by way of cisco",
        "smtp; 5.1.0 - Unknown address error 550-'5.1.1 <bob@example.org>: rejected'"
        " (delivery attempts: 0)",
        "550",
        "5.1.1",
        "550-'5.1.1 <bob@example.org>: rejected'",
    ),
    Case(
        "gmail",
        "The response from the remote server was:\n550 5.1.1 The account does not exist.",
        "550",
        "5.1.1",
        "550 5.1.1 The account does not exist.",
    ),
    # Programs that send
    Case(
        "nodemailer",
        "Invalid login: 535-5.7.8 Username and Password not accepted. See\n535 5.7.8 gsmtp",
        "535",
        "5.7.8",
        "535-5.7.8 Username and Password not accepted.",
        "AUTH",
    ),
    Case(
        "nodemailer, recipient",
        "Can't send mail - all recipients were rejected: 550 5.1.1 <bob@example.org> unknown",
        "550",
        "5.1.1",
        "550 5.1.1 <bob@example.org> unknown",
    ),
    Case(
        "smtplib",
        "smtplib.SMTPAuthenticationError: (535, b'5.7.8 Error: authentication failed')",
        "535",
        "5.7.8",
        "535, b'5.7.8 Error",
        "AUTH",
    ),
    Case(
        "smtplib, recipients",
        "{'bob@example.org': (550, b'5.1.1 User unknown')}",
        "550",
        "5.1.1",
        "550, b'5.1.1 User unknown",
    ),
    Case(
        "javamail",
        "javax.mail.AuthenticationFailedException: 535 5.7.3 Authentication unsuccessful",
        "535",
        "5.7.3",
        "535 5.7.3 Authentication unsuccessful",
        "AUTH",
    ),
    Case(
        "javamail, recipient",
        "com.sun.mail.smtp.SMTPAddressFailedException: 550 5.1.1 <bob@example.org>... unknown",
        "550",
        "5.1.1",
        "550 5.1.1 <bob@example.org>... unknown",
    ),
    # Innermost
    Case(
        "three deep",
        "smtp; 554 5.0.0 gateway: host a.example.org said: 550 5.7.1 filter said: 451 4.7.1 wait",
        "451",
        "4.7.1",
        "451 4.7.1 wait",
        None,
        "a.example.org",
    ),
    Case(
        "the inner one has no status",
        "554 5.7.1 gateway said: 550 no",
        "550",
        "5.7.1",
        "550 no",
    ),
    Case(
        "of another class",
        "554 5.7.1 gateway said: 450 no",
        "450",
        None,
        "450 no",
    ),
    Case(
        "a try of the sender's address, which is no reply about the recipient",
        "550 5.1.7 <joe@example.org>: Sender address rejected: undeliverable address: host"
        " mx.example.org[192.0.2.1] said: 550 5.1.1 User unknown (in reply to RCPT TO command)",
        "550",
        "5.1.7",
        "550 5.1.7 <joe@example.org>: Sender address rejected",
        "RCPT",
        "mx.example.org",
    ),
    Case("said twice", "552 5.2.2 over quota (552)", "552", "5.2.2", "552 5.2.2 over quota (552)"),
)


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_wrappers(case: Case) -> None:
    reply = read_reply(case.diagnostic)
    assert (reply.code, reply.status) == (case.code, case.status)
    assert reply.text.startswith(case.text)
    assert (reply.command, reply.host) == (case.command, case.host)
    assert reply.whole == " ".join(case.diagnostic.split())
    assert "\n" not in reply.text + reply.whole + reply.outer
    assert reply.outer in reply.whole


def test_outer_is_what_stands_before() -> None:
    reply = read_reply("host mx.example.org[192.0.2.1] said: 550 5.1.1 no (in reply to RCPT TO)")
    assert reply.outer == "host mx.example.org[192.0.2.1] said:"
    assert read_reply("550 5.1.1 no").outer == ""


def test_spaces_do_not_count() -> None:
    spaced = read_reply("  host mx.example.org[192.0.2.1]\t said:\r\n   550   5.1.1\n\n  no  ")
    assert spaced.whole == "host mx.example.org[192.0.2.1] said: 550 5.1.1 no"
    assert (spaced.code, spaced.status) == ("550", "5.1.1")


# What is no code and no status


@pytest.mark.parametrize(
    "text",
    [
        "client [192.0.2.55] blocked",
        "client 5.7.1.1 blocked",
        "client 5.188.10.2 blocked",
        "from 45.5.5.5 and 4.4.4.4",
        "version 4.98.1.2 of 5.2.2.1",
        "[5.5.5.5]:25 refused",
        "see https://mx.example.org/5.7.1.2/x",
        "10.5.1.1 was refused",
    ],
)
def test_addresses_of_hosts_are_no_status(text: str) -> None:
    assert find_status(text) is None
    assert read_reply(text).status is None
    assert read_reply(f"host mx.example.org[192.0.2.1] said: 550 {text}").status is None
    assert read_reply(f"550 5.1.1 {text}").status == "5.1.1"


@pytest.mark.parametrize(
    "words",
    [
        *("limit: 500 messages", "(limit: 500)", "max=450", "(max 500 recipients)", "size: 550 KB"),
        *("(450 recipients)", "(552 MB of 500 MB)", "quota: 500 mb used", "after: 450 seconds"),
        *(
            "[192.0.2.1]:465",
            "id=550e8400-e29b",
            "(x450)",
            "ERROR_450",
            "size=55000",
            ": 5500 bytes",
        ),
        *("(500 e-mails a day)", "line:4500", "(12.450 s)", "maximum: 500 connections"),
    ],
)
def test_quantities_are_no_codes(words: str) -> None:
    reply = read_reply(f"452 4.5.3 too much {words}")
    assert reply.text == f"452 4.5.3 too much {words}"
    assert read_reply(f"4.5.3 too much {words}").code is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        # of no standard, but in a reply's place
        ("591 your host is blacklisted", "591"),
        ("host mx.example.org[192.0.2.1] said: 571 no", "571"),
        ("550 4.4.7 QUEUE.Expired; message expired [{LED=462 Daily limit};{MSG=}]", "462"),
        ("(reason: 462 Daily send limit reached)", "462"),
        ("451 4.7.0 sender verification failed #572", "451"),
        ("could not connect to mx.example.org: 587 refused", None),
        ("600 no", None),
        ("last: Error creating client: 591 your host is blacklisted", "591"),
        ("550 blocked, see https://www.example.org/help?id=449", "550"),
        ("250 ok", None),
        # what follows is counted elsewhere
        ("451 messages from your network are throttled", "451"),
        ("Remote host said: 550 messages from non-members are refused", "550"),
        ("550 5.4.300 Message expired -> 451 messages from your network are throttled", "451"),
        ("it takes at most 500 messages an hour", None),
        # a reply in signs of its wrapper's own
        ("5.4.7 - Delivery expired (message too old) 421-'Rate limit reached'", "421"),
        ("mx.example.org #550 the policy of our school forbids it ##", "550"),
        ("your request #550 is closed", None),
        ("SMTP AUTH failed with the remote server. 535 no", "535"),
        ("354 go on", None),
        ("4500 no", None),
        ("1550 no", None),
        ("550", "550"),
        ("450 no", "450"),
        ("559 no", "559"),
        ("quota: 552 5.2.2 full", "552"),
        ("limit: 552 5.2.2 full", "552"),
    ],
)
def test_codes(text: str, code: str | None) -> None:  # RFC 5321 4.2.1
    assert read_reply(text).code == code


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("550 no, see 2.1.5", None),  # a success cannot be why it failed
        ("450 5.1.1 no", "5.1.1"),
        ("550 no 4.2.2 5.2.2", "5.2.2"),
        ("no 4.2.2 5.2.2", "4.2.2"),
        ("550 5.1.1000 no", None),
    ],
)
def test_statuses(text: str, status: str | None) -> None:
    assert read_reply(text).status == status


# Commands and hosts


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("no (in reply to RCPT TO command)", "RCPT"),
        ("no (in reply to MAIL FROM command)", "MAIL"),
        ("no (in reply to DATA command)", "DATA"),
        ("no (in reply to end of DATA command)", "DATA"),
        ("no (in reply to EHLO command)", "EHLO"),
        ("no (in reply to HELO command)", "EHLO"),
        ("no (in reply to AUTH PLAIN command)", "AUTH"),
        ("no (in reply to STARTTLS command)", "STARTTLS"),
        ("after RCPT TO:<bob@example.org>: no", "RCPT"),
        ("after pipelined MAIL FROM:<ada@example.com>: no", "MAIL"),
        ("after end of data: no", "DATA"),
        ("after sending data block: no", "DATA"),
        ("after initial connection: no", "CONN"),
        ("no [RCPT_TO]", "RCPT"),
        ("no [CONNECT]", "CONN"),
        ("SMTP:RCPT host 192.0.2.8: no", "RCPT"),
        ("while receiving the initial server greeting", "CONN"),
        ("while performing the EHLO handshake", "EHLO"),
        ("while sending RCPT TO", "RCPT"),
        ("failed on DATA command", "DATA"),
        ("Failed after I sent the message.", "DATA"),
        ("Connected to 192.0.2.1 but sender was rejected.", "MAIL"),
        ("Connected to 192.0.2.1 but greeting failed.", "CONN"),
        ("192.0.2.1 does not like recipient.", "RCPT"),
        ("Cannot start TLS: handshake failure", "STARTTLS"),
        ("SMTPAuthenticationError: no", "AUTH"),
        ("no (in reply to XYZ command)", None),
        ("User unknown", None),
        ("the author of the data mailed it", None),
        ("", None),
    ],
)
def test_commands(text: str, command: str | None) -> None:
    assert read_command(text) == command
    assert read_command(text.upper()) == command


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("host mx.example.org[192.0.2.1] said: 550", "mx.example.org"),
        ("host mx.example.org [192.0.2.1]: 550", "mx.example.org"),
        ("server smtp-1.example.org[192.0.2.1] said: 535", "smtp-1.example.org"),
        ("... while talking to mx.example.org.:", "mx.example.org"),
        ("... while talking to mx.example.org. :", "mx.example.org"),
        (
            "server for the recipient domain example.org by mx.example.org. [192.0.2.1].",
            "mx.example.org",
        ),
        ("lost connection with mx.example.org[192.0.2.1] while", "mx.example.org"),
        ("connect to mx.example.org[2001:db8::1]:25: timeout", "mx.example.org"),
        ("Connected to 192.0.2.1 but my name was rejected.", "192.0.2.1"),
        ("Remote host said: 550", None),
        ("mail server for example refused", None),
        ("the host is down", None),
        ("remote mail server after RCPT TO: host mx.example.org [192.0.2.1]", "mx.example.org"),
    ],
)
def test_hosts(text: str, host: str | None) -> None:
    assert read_reply(text).host == host


# Bounds


@pytest.mark.parametrize(
    "piece", ["550 ", "5.1.1 ", ": 550", "\n", "'", "#", "550-5.1.1 x ", "host ", "(", "a", "4"]
)
def test_length_is_bounded(piece: str) -> None:
    reply = read_reply(piece * 100_000)
    assert len(reply.whole) <= MAX_TEXT
    assert len(reply.text) + len(reply.outer) <= MAX_TEXT


def test_same_answer_again() -> None:
    one, two = read_reply("550 5.1.1 no"), read_reply("550 5.1.1 no")
    assert (
        one == two == Reply(text="550 5.1.1 no", whole="550 5.1.1 no", code="550", status="5.1.1")
    )


@given(st.text(max_size=200))
def test_any_text(text: str) -> None:
    reply = read_reply(text)
    assert reply.code is None or reply.code in text
    assert reply.status is None or reply.status in text


@given(st.text(st.sampled_from("45012.-'#<> :;()\nsaid host"), max_size=60))
def test_any_text_of_codes(text: str) -> None:
    reply = read_reply(text)
    assert reply.text in reply.whole
    assert reply.code is None or reply.code in reply.whole
