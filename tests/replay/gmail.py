"""Gmail's "Send mail as": it logs in at the author's relay, and reports what the relay answers."""

from __future__ import annotations

import datetime
import email.utils
import smtplib
import ssl
from typing import Final

__all__ = ["send_as"]

_HELP: Final = "https://support.google.com/mail/?p=CustomFromDenied"

_TEXT: Final = (
    "You're sending this from a different address or alias using the 'Send mail as' feature. The"
    " settings for your 'Send mail as' account are misconfigured or out of date. Check those"
    " settings and try resending."
)


def send_as(
    mail: bytes, relay: tuple[str, int], tls: ssl.SSLContext, user: str, password: str
) -> bytes | None:
    """Hand a mail to the relay with the login that was stored; the bounce where it refuses it.

    `relay` is the name in the settings, and the port on loopback where that name is played.
    """
    host, port = relay
    author, recipient, number = (_field(mail, name) for name in ("From", "To", "Message-ID"))
    client = smtplib.SMTP(timeout=10)
    client._host = host  # type: ignore[attr-defined]
    with client:
        client.connect("127.0.0.1", port)
        client._host = host  # type: ignore[attr-defined]
        client.starttls(context=tls)
        client.ehlo()
        client.user, client.password = user, password
        try:
            client.auth("PLAIN", client.auth_plain)
            client.sendmail(author, [recipient], mail)
        except smtplib.SMTPAuthenticationError as error:
            said = error.smtp_error
            reply = said.decode() if isinstance(said, bytes) else str(said)
            return _report(mail, host, author, recipient, number, f"{error.smtp_code} {reply}")
    return None


def _report(mail: bytes, host: str, author: str, recipient: str, number: str, reply: str) -> bytes:
    home = author.rpartition("@")[2]
    day = email.utils.format_datetime(datetime.datetime.now(datetime.UTC))
    lines = [
        "From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
        f"To: {author}",
        "Auto-Submitted: auto-replied",
        "Subject: Delivery Status Notification (Failure)",
        f"X-Failed-Recipients: {recipient}",
        f"Date: {day}",
        "MIME-Version: 1.0",
        "Content-Type: multipart/report; boundary=0000000000004c1f2b; report-type=delivery-status",
        "",
        "--0000000000004c1f2b",
        "Content-Type: text/plain; charset=UTF-8",
        "",
        "** Message not delivered **",
        "",
        _TEXT,
        "",
        f"Learn more here: {_HELP}",
        "",
        "The response was:",
        "",
        reply,
        "",
        "--0000000000004c1f2b",
        "Content-Type: message/delivery-status",
        "",
        "Reporting-MTA: dns; googlemail.com",
        f"X-Original-Message-ID: {number}",
        "",
        f"Final-Recipient: rfc822; {recipient}",
        "Action: failed",
        "Status: 5.0.0",
        f"Remote-MTA: dns; {host}. (198.51.100.23, the server for the domain {home}.)",
        f"Diagnostic-Code: smtp; {reply}",
        "",
        "--0000000000004c1f2b",
        "Content-Type: message/rfc822",
        "",
    ]
    return ("\r\n".join(lines) + "\r\n").encode() + mail + b"\r\n--0000000000004c1f2b--\r\n"


def _field(mail: bytes, name: str) -> str:
    head = mail.replace(b"\r\n", b"\n").partition(b"\n\n")[0].decode()
    for line in head.split("\n"):
        if line.lower().startswith(name.lower() + ":"):
            return line.partition(":")[2].strip()
    return ""
