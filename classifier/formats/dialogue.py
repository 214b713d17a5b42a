"""SMTP dialogue quoted in prose: which command the remote server refused, about which recipient.

... while talking to mx.example.org.:
>>> AUTH dialogue
<<< 535 Authentication Credentials Invalid
>>> MAIL From:<ada@example.com> SIZE=999
<<< 530 5.7.0 Authentication required

Sent <<< RCPT TO:<bob@example.org>              --> RCPT To:<bob@example.org>         C: DATA
Received >>> 550 5.1.1 no such user             <-- 550 5.1.1 no such user            S: 554 no

Arrows point either way; what a line is, its content says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final, NamedTuple

import msgspec

from classifier.addresses import domain_of
from classifier.formats.mentions import CODED
from classifier.formats.reader import Found
from classifier.headers import lower_in_place

__all__ = ["Answer", "add_answers", "read_answers"]

MAX_ANSWERS: Final = 2000

_LINE: Final = re.compile(
    # perhaps the time; then an arrow, or who speaks
    r"^(?:[ \t>]{0,12}|[ \t]{0,12}[\w\[][\w :.,/+\[\]-]{2,40}[ \t])"
    r"(?:<{2,3}|>{2,3}|<-{1,3}|-{1,3}>|<=|=>|(?:sent|received|send|recv|smtp|[cs]|client|server"
    r"|remote|local|out|in)[ \t]?(?::|[<>]{1,3}|:[ \t][<>]{1,3}))[ \t]{0,4}"
    r"(?:(?P<command>auth|starttls|mail|rcpt|data|(?:ehlo|helo)|lhlo|bdat|quit|rset"
    r"|\(initial greeting\))(?!\w)(?P<about>.*)"
    r"|(?P<code>[2-5]\d\d)(?P<more>[ -].*)?)$",
    re.IGNORECASE | re.MULTILINE,
)
# What stands in each such line, in lower case; most notices hold none of it.
_SIGN: Final = re.compile(
    r"[<>:=-](?=[ \tabdehlmqrs(2-5])[ \t]{0,4}"  # looks ahead, to be done with rules of dashes
    r"(?:auth|starttls|mail|rcpt|data|ehlo|helo|lhlo|bdat|quit|rset|\(init|[2-5]\d\d)"
)
# What ends in such a sign: an arrow, or who speaks. `said: 550 no` is no dialogue.
_ARROWS: Final = ("<<", ">>", "<-", "--", "->", "<=", "=>")
_SPEAKERS: Final = (
    *("sent", "received", "send", "recv", "smtp", "client", "server", "remote", "local"),
    *("out", "in", *(before + one for before in "\n\t >" for one in "cs")),
)
_COMMANDS: Final = {
    "auth": "AUTH", "starttls": "STARTTLS", "mail": "MAIL", "rcpt": "RCPT", "data": "DATA",
    "bdat": "DATA", "(initial greeting)": "CONN", "ehlo": "EHLO", "helo": "EHLO",
    "lhlo": "EHLO", "quit": "QUIT",
}  # fmt: skip
# Asked of text in lower case, with a line end before it, where the sign stands in it. Each begins
# with plain words, which are found many times as fast as one of several.
_TALKING: Final = (
    *(
        (words, re.compile(words + r"([\w-]+(?:\.[\w-]+)+)"))
        for words in ("while talking to ", "connected to ", "transcript of session with ")
    ),
    # Courier
    ("]:", re.compile(r"\n[ \t]{0,12}([\w-]+(?:\.[\w-]+)+) \[[\d.:a-f]{2,45}\]:(?=\n|\Z)")),
)


class Answer(NamedTuple):
    """A refusal: the command, what it named in lower case, the reply on one line, and who spoke."""

    command: str
    about: str
    reply: str
    host: str | None = None


def read_answers(text: str) -> list[Answer]:
    """The refusals of the dialogue that `text` quotes, multi-line ones joined; [] without one."""
    return _unpipeline(list(_answers(text)))


def _unpipeline(answers: list[Answer]) -> list[Answer]:
    """Answers to RCPT that came while DATA was already sent (RFC 2920), by what answers DATA.

    >>> DATA
    <<< 550 5.1.1 <bob@example.org>: no such user
    <<< 503 5.5.1 No valid recipients
    """
    kept: list[Answer] = []
    refused = False  # whether DATA was, for want of recipients
    for answer in reversed(answers):
        if answer.command != "DATA":
            refused = False
        elif "valid recipients" in answer.reply.lower():
            refused = True
            continue
        elif refused:
            answer = answer._replace(command="RCPT")
        kept.append(answer)
    return kept[::-1] or answers


def _answers(text: str) -> Iterator[Answer]:
    lowered = lower_in_place("\n" + text)
    lines = list(islice(_lines(text, lowered), MAX_ANSWERS))
    if not lines:
        return
    talks = sorted(
        (talk.start(1) - 1, talk.end(1) - 1)
        for sign, pattern in _TALKING
        if sign in lowered
        for talk in islice(pattern.finditer(lowered), MAX_ANSWERS)
    )
    host = text[slice(*talks[0])] if talks else None
    command, about, reply, last = "", "", "", -2
    for found in lines:
        code = found.group("code")
        refuses = code is not None and code[0] in "45"
        follows = found.start() - last == 1  # the lines of one reply stand below each other
        if reply and not (refuses and follows and reply[:3] == code):
            yield Answer(command, about, reply, host)
            reply = ""
        while talks and talks[0][0] < found.start():
            host = text[slice(*talks.pop(0))]
        if refuses:
            reply = f"{reply} {code}{(found.group('more') or '').rstrip()}".strip()
        elif code == "220" and host is None:
            host = _first_host(found.group("more") or "")
        elif code is None:
            command = _COMMANDS.get(found.group("command").lower(), command)
            about = found.group("about").lower()
        last = found.end()
    if reply:
        yield Answer(command, about, reply, host)


def _lines(text: str, lowered: str) -> Iterator[re.Match[str]]:
    """The lines of dialogue in `text`; `lowered` is the same with a line end before it."""
    end = 0
    for sign in _SIGN.finditer(lowered):
        if sign.start() <= end or not _speaks(lowered, sign.start()):  # or of the same line
            continue
        begin = lowered.rindex("\n", 0, sign.start())
        end = text.find("\n", begin)
        end = len(text) if end < 0 else end
        found = _LINE.match(text, begin)
        if found is not None:
            yield found


def _speaks(lowered: str, sign: int) -> bool:
    """Whether an arrow ends with the character at `sign`, or the name of who speaks before it."""
    before = lowered[max(0, sign - 15) : sign + 1]
    return before.endswith(_ARROWS) or before.rstrip(" \t<>:").endswith(_SPEAKERS)


def _first_host(banner: str) -> str | None:
    """220 mx.example.org ESMTP (RFC 5321 4.2)."""
    words = banner.lstrip(" -").split(maxsplit=1)
    return words[0] if words and "." in words[0] else None


def add_answers(found: Sequence[Found], text: str) -> Sequence[Found]:
    """What the prose says of each recipient, with the refusal that the dialogue shows for it.

    A login that was refused there is the cause of what the server said to the commands after it,
    which it only refused for lack of the login.
    """
    answers = read_answers(text)
    if not answers:
        return found
    login = next((each for each in reversed(answers) if each.command == "AUTH"), None)
    # A refusal of the whole message is this recipient's only where there is no other, or where
    # it came from a server of the recipient's domain.
    general = [answer for answer in answers if answer.command != "RCPT"]
    return [
        _complete(
            each,
            answers,
            [answer for answer in general if len(found) == 1 or _is_of(answer, each)],
            login,
        )
        for each in found
    ]


def _is_of(answer: Answer, found: Found) -> bool:
    """Whether a refusal is what Sendmail sums up for a recipient: 554 <bob@example.org>... ."""
    if CODED.search(found.text) and not found.text.startswith("554 "):
        return False
    domain = domain_of(found.recipient)
    host = (answer.host or "").lower()
    return bool(domain and host) and f".{host}".endswith(f".{domain}")


def _complete(
    found: Found,
    answers: Sequence[Answer],
    whole: Sequence[Answer],
    login: Answer | None,
) -> Found:
    if login is not None:
        return msgspec.structs.replace(
            found, cause=login.reply, command="AUTH", host=found.host or login.host
        )
    recipient = (found.recipient or "").lower()
    # RCPT names the recipient; a later refusal may name it in its words
    own = [
        a
        for a in answers
        if recipient and recipient in ((a.command == "RCPT" and a.about) or a.reply.lower())
    ]
    if not own and not whole:
        # the reason of each recipient may be the refusal of all, at DATA
        same = [a for a in answers if len(a.reply) > 8 and a.reply[:48] in found.text]
        if not same:
            return found
        own = same
    answer = (own or whole)[-1]
    has_reason = "(reason: " in found.text and "(reason: )" not in found.text
    if has_reason and f"(reason: {answer.reply[:32]}" in found.text and answer.reply[3:4] == "-":
        has_reason = False  # Sendmail gives the first line of several
    return msgspec.structs.replace(
        found,
        text=found.text if has_reason else answer.reply,
        command=answer.command or found.command,
        host=found.host or answer.host,
    )
