"""Sendmail: a list of addresses with reasons, then the transcript of the SMTP session.

   ----- The following addresses had permanent fatal errors -----
<bob@example.org>
    (reason: 530 5.7.0 Authentication required)
   ----- Transcript of session follows -----
... while talking to mx.example.org.:
>>> AUTH dialogue
<<< 535 Authentication Credentials Invalid
>>> MAIL From:<ada@example.com> SIZE=999
<<< 530 5.7.0 Authentication required
554 5.0.0 Service unavailable
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from classifier.formats.prose import read_prose
from classifier.formats.reader import Clues, Found, Reader

__all__ = ["READER"]

_TALKING: Final = re.compile(r"while talking to ([\w.-]+?)\.?:", re.IGNORECASE)
_COMMANDS: Final = {"auth": "AUTH", "starttls": "STARTTLS", "mail": "MAIL", "rcpt": "RCPT"} | {
    "data": "DATA", "ehlo": "EHLO", "helo": "EHLO", "quit": "QUIT",
}  # fmt: skip


def _claims(clues: Clues) -> bool:
    return (
        "----- transcript of session follows -----" in clues.prose
        or "----- the following addresses had " in clues.prose
    )


def _read(clues: Clues) -> Sequence[Found]:
    """The general reading; a login that was refused in the transcript goes before what the
    server said to the commands after it, for those it only refused for lack of the login."""
    found = read_prose(clues)
    login = _refused_login(clues.notice.text)
    if login is None:
        return found
    host, reply = login
    return [
        Found(recipient=each.recipient, text=reply, kind=each.kind, command="AUTH", host=host)
        for each in found
    ]


def _refused_login(text: str) -> tuple[str | None, str] | None:
    """Host and reply of the last refused AUTH of the transcript, or None."""
    talking = _TALKING.search(text)
    command, refusal = "", None
    for line in text.split("\n"):
        if line.startswith(">>> "):
            word = line[4:].split(" ", 1)[0].lower()
            command = _COMMANDS.get(word, command)
        elif line.startswith("<<< ") and command == "AUTH" and line[4:5] in ("4", "5"):
            refusal = line[4:].strip()
    if refusal is None:
        return None
    return (talking.group(1) if talking else None), refusal


READER = Reader("sendmail", _claims, _read, knows_more=True)
