"""SMTP dialogue as clients and debug logs print it: which command was refused, and by whom.

Each program marks the two sides in its own way; here all marks become those of
`classifier.formats.dialogue`, which reads what was refused.
"""

from __future__ import annotations

import re
from typing import Final

from classifier.evidence import Hop
from classifier.formats.dialogue import read_answers
from classifier.pasted.form import Reading, unescape

__all__ = ["SAMPLES", "read_dialogue", "side_of"]

#: A line of each notation, as a test reads it.
SAMPLES: Final = (
    "<** 535 5.7.8 no",  # swaks
    "<~* 535 5.7.8 no",  # swaks, inside TLS
    " ~> AUTH LOGIN",
    " -> AUTH LOGIN",
    "<-- 535 5.7.8 no",  # msmtp
    "--> AUTH PLAIN",
    "2026-01-02 03:04:05 SERVER -> CLIENT: 535 5.7.8 no",  # PHPMailer
    "2026-01-02 03:04:05 CLIENT -> SERVER: AUTH LOGIN",
    r"reply: b'535 5.7.8 no\r\n'",  # smtplib
    r"send: 'AUTH PLAIN AGFs\r\n'",
    "[2026-01-02 03:04:05] DEBUG [x1] S: 535 5.7.8 no",  # nodemailer, MailKit, Haraka
    "[2026-01-02 03:04:05] DEBUG [x1] C: AUTH PLAIN /* secret */",
    "< 535 5.7.8 no",  # curl
    "> AUTH PLAIN",
    "4< 535 5.7.8 no",  # mutt
    "4> AUTH PLAIN",
    "<<< 535 5.7.8 no",  # Sendmail
    ">>> AUTH dialogue",
    "  SMTP<< 535 5.7.8 no",  # Exim
    "  SMTP>> AUTH LOGIN",
    "Got: 535 5.7.8 no",
    "Sent: AUTH LOGIN",
    "535 5.7.8 no",  # telnet, openssl s_client, JavaMail
    "AUTH LOGIN",
    # Exchange's protocol log: connector, session, number, local and remote endpoint, event
    "2026-01-02T03:04:05.000Z,Out,08D,7,192.0.2.1:2525,192.0.2.2:587,<,535 5.7.3 no,",
    "2026-01-02T03:04:05.000Z,Out,08D,6,192.0.2.1:2525,192.0.2.2:587,>,AUTH LOGIN,",
)
_MARK: Final = re.compile(
    r"^[^\n]{0,160}?(?:(?<![\w<>~=-])(?:<\*\*|<~\*|<~|~>|<-{1,3}|-{1,3}>|<{1,3}|>{1,3}|<=|=>"
    r"|\d[<>]|[CS]:|(?:Sent|Got|Received|FROM SERVER):|SMTP<<|SMTP>>|SMTP[<>]#"
    r"|(?:SERVER -> CLIENT|CLIENT -> SERVER):"
    r"|(?:reply|send): b?['\"])|,[<>],\"?)[ \t]{0,4}"
    r"(?P<said>[2-5]\d\d(?:[ -][^\n]{0,2000})?|(?:AUTH|STARTTLS|MAIL|RCPT|DATA|BDAT|EHLO|HELO"
    r"|LHLO|RSET|QUIT|NOOP|\(initial greeting\))(?!\w)[^\n]{0,400})$",
    re.IGNORECASE,
)
_BARE: Final = re.compile(
    r"^[ \t]{0,8}(?P<said>[2-5]\d\d(?:[ -][^\n]{0,2000})?"
    r"|(?:AUTH (?:PLAIN|LOGIN|CRAM-MD5|XOAUTH2|NTLM)|STARTTLS|MAIL FROM:|RCPT TO:"
    r"|DATA$|EHLO |HELO |QUIT$|RSET$)[^\n]{0,400})$",
    re.IGNORECASE,
)
_HOST: Final = re.compile(
    # === Connected to smtp.c.test.            swaks, curl, telnet
    # Connection: opening to smtp.c.test:587    PHPMailer
    # trying to connect to host "smtp.c.test", port 587          JavaMail
    # connect: ('smtp.c.test', 587)             smtplib
    # Connected to smtp://smtp.c.test:587/?starttls=always       MailKit
    # ... while talking to mx.b.test.:          Sendmail
    r"(?:connected to|while talking to|connection: opening to|connect to host|connect: \(|trying"
    r"|host:)"
    r" ?(?:smtps?://)?[\"']?(?P<host>[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}\w)\.?[\"']?"
    r"(?:(?:,? port |:|, )(?P<port>\d{2,5}))?",
    re.IGNORECASE,
)
_EXCHANGE: Final = re.compile(r",\[?(?P<host>[\w.:]{2,45}?)\]?:(?P<port>\d{2,5}),[<>*],")
_ADDRESS: Final = re.compile(r"[\d.]{7,15}|[\da-fA-F:]{3,45}")
_SUBMISSION: Final = frozenset({"465", "587", "2525"})
# Notations of servers that pass mail on; the others are clients'.
_PASSED_ON: Final = re.compile(
    r"while talking to|transcript of session|SMTP<<|\[outbound\]|\bmta: |,[<>],", re.IGNORECASE
)


def side_of(line: str) -> tuple[str, bool] | None:
    """What a line of dialogue says, and whether it carries a mark; None where it is none."""
    found = _MARK.match(line)
    if found:
        return _plain(found.group("said")), True
    found = _BARE.match(line)
    return (_plain(found.group("said")), False) if found else None


def _plain(said: str) -> str:
    r"""Without the end that a program prints with it: \r\n', or the commas of a CSV line."""
    said = said.rstrip()
    if "\\" in said:
        said = unescape(said.rstrip("'\"")).split("\n")[0]
    return said.rstrip(",\"' ")


def read_dialogue(lines: list[str]) -> Reading | None:
    """The refusal that a dialogue ended with, or None where the lines are none.

    A login that was refused, and not repeated with success, is the cause of what came after it.
    """
    text, marked, commands, logins, welcome = [], False, 0, 0, False
    for line in lines:
        side = side_of(line)
        if side is None:
            text.append("")
            continue
        said, mark = side
        marked |= mark
        if said[0].isdigit():
            text.append(f"<<< {said}")
            welcome |= said[0] in "23"
            if said.startswith("235"):
                logins += 1
        else:
            # EHLO as HELO, which says the same to whoever asks what was refused
            text.append(f">>> HELO{said[4:]}" if said[:4].upper() == "EHLO" else f">>> {said}")
            commands += 1
    # A bare reply is no dialogue, nor are several; and "AUTH PLAIN" alone is a word of prose.
    if not commands and not (marked and welcome):
        return None
    answers = [answer for answer in read_answers("\n".join(text)) if answer.command != "QUIT"]
    if not answers:
        return None
    login = next((each for each in reversed(answers) if each.command == "AUTH"), None)
    answer = login if login is not None and not logins else answers[-1]
    whole = "\n".join(lines)
    host, port = _read_peer(whole)
    if host is None or (answer.host and _ADDRESS.fullmatch(host)):
        host = answer.host or host
    logged_in = "AUTH" in (answer.command, *(each.command for each in answers)) or bool(logins)
    hop = None
    if logged_in or port in _SUBMISSION:
        hop = Hop.RELAY if _PASSED_ON.search(whole) else Hop.SUBMISSION
    return Reading(
        reply=answer.reply,
        source="dialogue",
        hop=hop,
        command=answer.command or None,
        host=host.lower() if host else None,
    )


def _read_peer(text: str) -> tuple[str | None, str | None]:
    """The host that was spoken to, and its port."""
    host = port = None
    for found in _HOST.finditer(text):
        if host is None or not _ADDRESS.fullmatch(found.group("host")):
            host = found.group("host")
        port = found.group("port") or port
    exchange = _EXCHANGE.search(text)
    if exchange:
        host, port = host or exchange.group("host"), exchange.group("port")
    return host, port
