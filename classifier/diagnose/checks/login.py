"""The login: tried once, where an operator named the relay, over TLS that is verified."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from typing import Any, Final

from classifier.diagnose.checks.relay import NO_RELAY
from classifier.diagnose.context import Context, Credentials, Endpoint
from classifier.diagnose.conversation import Refused, Unreached, one_line, open_relay, secure
from classifier.diagnose.finding import Finding, Hop, Says
from classifier.reasons import MEANING, Reason

__all__ = ["check_login", "check_test_mail"]

_SAYS: Final = Says("login", Hop.SUBMISSION, "RFC 4954 4, 6")
_TEST: Final = Says("test-mail", Hop.MX, "RFC 5321 3.3")
_KNOWN: Final = ("PLAIN", "LOGIN", "CRAM-MD5")


def check_login(context: Context) -> Finding:
    """Whether the relay takes the credentials at hand."""
    endpoint, credentials = context.relay, context.credentials
    if endpoint is None:
        return _SAYS.skipped(NO_RELAY, "Name one with --relay HOST:PORT.")
    if credentials is None:
        advice = "Set WHYBOUNCE_SMTP_USER and WHYBOUNCE_SMTP_PASSWORD, or use --ask."
        return _SAYS.unknown("no credentials are at hand, so no login was tried", advice=advice)
    if not endpoint.trusted:
        what = f"no password is sent to {endpoint.host}, because only the mail names it"
        return _SAYS.unknown(what, advice=f"Name it yourself: --relay {endpoint}")
    try:
        with open_relay(context, endpoint) as client:
            secure(context, client, endpoint)
            refusal = log_in(client, credentials)
    except (Refused, Unreached, ssl.SSLError) as error:
        why = "its TLS" if isinstance(error, ssl.SSLError) else "the relay"
        return _SAYS.unknown(f"no login was tried, because {why} fails; see relay-reach, relay-tls")
    except (smtplib.SMTPException, OSError) as error:
        return _SAYS.unknown(f"{endpoint} broke the login off ({type(error).__name__})")
    user = f"user {credentials.user}, from {credentials.source}"
    if refusal is None:
        return _SAYS.ok(f"{endpoint.host} takes the login", user)
    return _judge(context, endpoint, refusal, user)


def log_in(client: smtplib.SMTP, credentials: Credentials) -> str | None:
    """Log in by one mechanism; the reply of a relay that refuses, None of one that does not.

    smtplib's own `login` tries every mechanism in turn, and so may lock an account.
    """
    offered = client.esmtp_features.get("auth", "").upper().split()
    chosen = next((each for each in _KNOWN if each in offered), None)
    if chosen is None:
        raise Refused(0, "no AUTH mechanism that is known here is offered")
    client.user, client.password = credentials.user, credentials.password.reveal()
    answer: Any = {
        "PLAIN": client.auth_plain,
        "LOGIN": client.auth_login,
        "CRAM-MD5": client.auth_cram_md5,
    }[chosen]
    try:
        client.auth(chosen, answer)
    except smtplib.SMTPAuthenticationError as error:
        return f"{error.smtp_code} {one_line(error.smtp_error)}"
    finally:
        client.user = client.password = ""
    return None


def _judge(context: Context, endpoint: Endpoint, refusal: str, user: str) -> Finding:
    verdict, advice = context.judge(refusal)
    seen = (f"AUTH: {refusal}", f"judged: {verdict.reason} ({verdict.decided_by})", user)
    if not refusal.startswith("5"):  # not yet (RFC 5321 4.2.1), or no reply at all
        what = f"{endpoint.host} cannot say now whether it takes the login"
        return _SAYS.unknown(what, *seen, advice=advice)
    if verdict.reason in (Reason.BAD_CREDENTIALS, Reason.UNDETERMINED):
        advice = f"Store the user and password that {endpoint.host} has now in the sending system."
        return _SAYS.broken("the relay refuses the stored password", *seen, advice=advice)
    return _SAYS.broken(MEANING[verdict.reason].summary, *seen, advice=advice)


def check_test_mail(context: Context) -> Finding:
    """Send one mail to the address that --send-test names; without it, nothing is ever sent."""
    if context.send_test is None:
        return _TEST.skipped("nothing is sent unless --send-test ADDRESS asks for it")
    endpoint, sender = context.relay, context.sender
    if endpoint is None or sender is None:
        return _TEST.unknown("a test mail needs a relay and a sender (--relay, --sender)")
    try:
        with open_relay(context, endpoint) as client:
            secure(context, client, endpoint)
            if context.credentials is not None and endpoint.trusted:
                refusal = log_in(client, context.credentials)
                if refusal:
                    return _TEST.unknown("nothing was sent, because the login fails; see login")
            client.send_message(_write(context, sender, context.send_test))
    except smtplib.SMTPRecipientsRefused as error:
        code, text = next(iter(error.recipients.values()))
        return _refused(context, f"{code} {one_line(text)}")
    except smtplib.SMTPResponseException as error:
        return _refused(context, f"{error.smtp_code} {one_line(error.smtp_error)}")
    except (Refused, Unreached, smtplib.SMTPException, OSError) as error:
        return _TEST.unknown(
            f"nothing was sent: {type(error).__name__}; see relay-reach, relay-tls"
        )
    what = f"the relay took a test mail to {context.send_test}; a bounce may still come"
    return _TEST.ok(what, f"from {sender}")


def _write(context: Context, sender: str, recipient: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"] = sender, recipient
    mail["Subject"] = "Test of the way here"
    mail["Date"] = format_datetime(context.now())
    mail["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2])
    mail["Auto-Submitted"] = "auto-generated"  # no out-of-office shall answer (RFC 3834 2)
    mail.set_content("This mail tests the way from its sender to you. Please ignore it.\n")
    return mail


def _refused(context: Context, reply: str) -> Finding:
    verdict, advice = context.judge(reply)
    return _TEST.broken(MEANING[verdict.reason].summary, f"reply: {reply}", advice=advice)
