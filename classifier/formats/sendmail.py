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
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import msgspec

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


class _Answer(NamedTuple):
    command: str
    about: str  # what the command named, in lower case
    reply: str


def _read(clues: Clues) -> Sequence[Found]:
    """The general reading, with the refusal that the transcript shows for each recipient.

    A login that was refused there is the cause of what the server said to the commands after it,
    which it only refused for lack of the login.
    """
    text = clues.notice.text
    answers = list(_answers(text))
    talking = _TALKING.search(text)
    host = talking.group(1) if talking else None
    login = next((each.reply for each in reversed(answers) if each.command == "AUTH"), None)
    found = read_prose(clues)
    # A refusal of the whole message is this recipient's only where there is no other.
    whole = [a for a in answers if a.command != "RCPT"] if len(found) == 1 else []
    return [_complete(each, answers, whole, login, host) for each in found]


def _answers(text: str) -> Iterator[_Answer]:
    """The refusals of the transcript with the commands they answer, multi-line ones joined."""
    command, about, reply = "", "", ""
    for line in text.split("\n"):
        if line.startswith("<<< ") and line[4:5] in ("4", "5"):
            reply = f"{reply} {line[4:].strip()}".strip()
            continue
        if reply:
            yield _Answer(command, about, reply)
            reply = ""
        if line.startswith(">>> "):
            word, _, about = line[4:].lower().partition(" ")
            command = _COMMANDS.get(word, command)
    if reply:
        yield _Answer(command, about, reply)


def _complete(
    found: Found,
    answers: Sequence[_Answer],
    whole: Sequence[_Answer],
    login: str | None,
    host: str | None,
) -> Found:
    if login is not None:
        return msgspec.structs.replace(found, cause=login, command="AUTH", host=found.host or host)
    recipient = (found.recipient or "").lower()
    # RCPT names the recipient; a later refusal may name it in its words
    own = [
        a
        for a in answers
        if recipient and recipient in (a.about if a.command == "RCPT" else a.reply.lower())
    ]
    if not own and not whole:
        return found
    answer = (own or whole)[-1]
    has_reason = "(reason: " in found.text and "(reason: )" not in found.text
    return msgspec.structs.replace(
        found,
        text=found.text if has_reason else answer.reply,
        command=answer.command or None,
        host=found.host or host,
    )


READER = Reader("sendmail", _claims, _read, knows_more=True)
