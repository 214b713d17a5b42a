"""An SMTP reply as bounces quote it: the codes, the command, the host, and what wraps it.

One server's reply often stands inside another's: the innermost is the one that refused, so it is
the one that is judged; the outer ones are kept (RFC 5321 4.2, RFC 3463, RFC 3464 2.3.6).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from typing import Final

import ahocorasick_rs

from classifier.codes import STATUS
from classifier.frozen import Frozen
from classifier.headers import lower_in_place

__all__ = ["Reply", "read_command", "read_reply"]

MAX_TEXT: Final = 4096  # characters of a diagnostic that are looked at


class Reply(Frozen, kw_only=True):
    """The innermost reply of a diagnostic.

    `text` is one line, beginning with the reply code where there is one. `whole` is the
    diagnostic as reported, on one line, `outer` its part before the reply.
    """

    text: str
    whole: str
    code: str | None = None
    status: str | None = None
    command: str | None = None
    host: str | None = None
    outer: str = ""


# A code, not a quantity, and perhaps its status; or a status that words follow.
_CODE: Final = re.compile(
    r"(?<![\w.-])(?:(?P<code>[45]\d\d)(?=[ \-'\"),;\]]|: |$)"
    r"(?:[,:\]]? ?b?[\s-]{0,3}['#<]{0,2}(?P<inner>[245]\.\d{1,3}\.\d{1,3})(?![\d.]*\d))?"
    r"|(?P<bare>[45]\.\d{1,3}\.\d{1,3})(?=[ :;-]{1,4}[\w<]))",
    re.MULTILINE,
)
# What begins a `_CODE`. The lookbehind stands behind the digit, so that the search can look for
# the digit first.
_FIGURE: Final = re.compile(r"[45](?<![\w.-]\d)(?:\d\d|\.\d)")
_UNITS: Final = re.compile(
    r" ?(?:[kKmMgG]i?[bB]|[Bb]ytes|seconds|minutes|hours|days|messages|e?-?mails|recipients"
    r"|addresses|connections|users|per)\b"
)
# What may stand before it: nothing, or the words or signs of a wrapper.
#   host mx.example.net[192.0.2.1] said: 550 5.7.1 ...          Postfix
#   Remote Server returned '550 5.1.10 ...'                     Exchange
#   550 5.0.350 Remote server returned an error -> 550 5.7.1    Exchange Online
#   5.1.0 - Unknown address error 550-'5.1.1 ...'               Cisco by way of SES
#   <mail.example.org #5.7.1 smtp;550 5.7.1 ...> #SMTP#         Exchange 2007
#   <<< 550 5.1.1 ...                                           a transcript
#   SMTP AUTH failed with the remote server. 535 no             Gmail
#   550 5.1.1 <bob@example.org>... 550 no        Sendmail's own words around the server's
#   mx.example.org: [192.0.2.1], 550 no          a filter
_SIGNS: Final = (":", ";", "<", ">", "'", '"', "(", "=", "[", "...", "],", "),", "\uff1a", "\u201c")
_WORDS: Final = (
    *("said", "says", "returned", "response", "error", "errors", "replied", "reason", "problem"),
    *("failed", "status", "code", "answer", "answered", "responded", "reported", "with", "was"),
    "server.",
    *(
        "code number",
        "rcpt to",
        "rcpt",
        "mail from",
        "data",
        "data closing",
        "antwort",
        "antwortete",
        "r\xe9pondu",
    ),
)
_MAPI_CODE: Final = re.compile(r"\([0-9A-Fa-f]{8}\) $")  # (000B09AA) 550: Exchange 5.5
#   550 5.1.7 <joe@example.com>: Sender address rejected: undeliverable address: host ... said: 550
_SENDER_TRIED: Final = re.compile(r"sender address rejected: un(?:deliver|verifi)")
# Before a code that RFC 5321 has no room for: AOL's 571, Postini's 582, others' 462 and 591.
_QUOTES: Final = re.compile(
    r"(?:(?<![a-z])(?:said|says|returned|replied|responded|response|reason|answer|answered|because"
    r"|code|led|client) ?[:='\"(\uff1a][ '\"]{0,2}|(?:<<<|->)[ -]?"
    r"|\b(?:rcpt|mail from|data closing) )$",
    re.IGNORECASE,
)
_PORTS: Final = frozenset({"465", "587"})
_BULLETS: Final = " -*\u2022\u00b7\u2013\u2014,'"
_QUERY: Final = re.compile(r"[?&][^\s?&]{1,12}=$")  # https://www.example.org/help?id=449
_COUNTS: Final = ("limit", "max", "maximum", "size")  # (limit: 500), max=450

_COMMANDS: Final = {
    "connect": "CONN", "connection": "CONN", "initial": "CONN", "greeting": "CONN",
    "helo": "EHLO", "ehlo": "EHLO", "lhlo": "EHLO", "starttls": "STARTTLS", "auth": "AUTH",
    "mail": "MAIL", "rcpt": "RCPT", "data": "DATA", "bdat": "DATA", "end": "DATA",
    "sending": "DATA", "quit": "QUIT",
    "text": "DATA",
}  # fmt: skip
_COMMAND: Final = re.compile(
    # (in reply to RCPT TO command)                     Postfix
    # after pipelined MAIL FROM:<a@example.org> SIZE=1  Exim
    # [RCPT_TO]                                         Yahoo
    # SMTP:RCPT host 192.0.2.8: 550 ...                 gateways
    r"in reply to (?:the )?(?P<a>end|[a-z]+)"
    r"|(?<=after )(?:pipelined )?(?P<b>rcpt|mail|data|end of data|sending data|auth|e?helo|"
    r"starttls|initial connection)\b"
    r"|\[(?P<c>rcpt|mail|data|connect|helo|ehlo|auth)(?:_|\])"
    r"|smtp:(?P<d>rcpt|mail|data|helo|ehlo|connect|auth)\b"
    r"|while (?:receiving the )?(?:initial server )?(?P<e>greeting)"
    r"|while performing the (?P<f>ehlo|helo|lhlo|starttls)"
    r"|(?P<g>rcpt|mail|data|auth|starttls|ehlo|helo)(?: to| from)? command(?! first)"
    r"|while sending (?P<h>rcpt|mail|data|end of data|ehlo|helo|starttls)\b"
    # RCPT TO 550 5.1.1 ...    RCPT TO said 550 ...    hMailServer sent: RCPT TO:<bob@example.org>
    # DATA closing 550 ...    but not: MAIL+RCPT 550, nor: cannot take more mail 552
    r"|(?<!\+)\b(?P<i>rcpt|mail(?= from)|data|auth|ehlo|helo|starttls)(?: to| from| closing)?"
    r"(?: said:?| failed:?|:)? (?=[45]\d\d[ -])"
    r"|\bsent: (?P<j>rcpt|mail|data|auth|ehlo|helo)\b"
    # I said RCPT To:      did not like our final DATA:      SMTP error, RCPT TO: host
    r"|\bi said (?P<k>rcpt|mail|data)\b|\bour (?:final )?(?P<l>mail|rcpt|data|e?helo|auth)\b"
    r"|smtp error,? (?P<m>rcpt|mail|data)\b|\bfor (?P<n>text) command"
    r"|after transfer of mail (?P<o>text)|\blast command: (?P<p>rcpt|mail|data|auth|starttls)\b"
)
# Words that name the stage without naming the command.
_STAGES: Final = (
    ("sasl authentication failed", "AUTH"),
    ("cannot authenticate to server", "AUTH"),
    ("smtp auth failed", "AUTH"),
    ("invalid login:", "AUTH"),
    ("smtpauthenticationerror", "AUTH"),
    ("authenticationfailedexception", "AUTH"),
    ("does not advertise auth", "AUTH"),
    ("but recipient was rejected", "RCPT"),
    ("does not like recipient", "RCPT"),
    ("but sender was rejected", "MAIL"),
    ("does not like sender", "MAIL"),
    ("but greeting failed", "CONN"),
    ("refused to talk to me", "CONN"),
    ("rejection greeting returned", "CONN"),
    ("(initial greeting)", "CONN"),
    ("did not like our connect", "CONN"),
    ("error creating client: ", "CONN"),
    ("smtp login to ", "AUTH"),
    ("(last: tls error: ", "STARTTLS"),
    ("i wasn't able to establish an smtp connection", "CONN"),
    ("failed after i sent the message", "DATA"),
    ("failed on data command", "DATA"),
    ("tls is required, but was not offered", "STARTTLS"),
    ("cannot start tls", "STARTTLS"),
    ("a tls session is required", "STARTTLS"),
)
# Codes that answer AUTH and nothing else (RFC 4954 6).
_LOGIN_CODES: Final = frozenset({"534", "535", "538"})
# The last label is short: SMTPAddressFailedException is no domain.
_NAME: Final = r"[a-z0-9_](?:[\w-]{0,62}\.){1,12}[a-z][\w-]{1,23}(?![\w-])"
_IP: Final = r"\d{1,3}(?:\.\d{1,3}){3}"
_DOTTED: Final = re.compile(r"\.(?:[a-z]|\d{1,3}\.\d{1,3}\.\d)")  # in every name and address
# Asked of text in lower case: what does not care for case is slow.
_HOST: Final = re.compile(
    # host mx1.example.net[192.0.2.1] said:    host mx1.example.net [192.0.2.1]: 550
    # server mx1.example.net[192.0.2.1] said:  ... while talking to mx1.example.net.:
    # SMTP Server <mx1.example.net> rejected   MTA 'mx1.example.net' gives
    # Remote system: dns;mx1.example.net       (from mx1.example.net)
    r"(?:\bhost|server|\bmta|remote system|while talking to|recipient domain \S{1,255} by"
    r"|connected to|lost connection with|connect to|\(from|relay used|remote-mta"
    r"|smtp-server|server at|\u0441\u0435\u0440\u0432\u0435\u0440|serveur|servidor"
    r"|\u30b5\u30fc\u30d0\u30fc?|\u670d\u52a1\u5668)(?!\w)"
    rf"(?: ?[:=\uff1a])? ?(?:dns; ?)?[<'\"]?(?P<host>{_NAME}|{_IP})\.?(?=[\s:\[(,<>'\")]|$)"
    # mx1.example.net[192.0.2.1] responded with    mx1.example.net told me    mx1.example.net 550 5.
    # mx1.example.net #550 no such user ##
    rf"|(?<![@\w.-])(?P<speaker>{_NAME}|{_IP})(?: ?[\[(][^\])\n]{{3,48}}[\])])?[,:]? "
    r"(?:said|says|replied|answered|told|responded|returned|failed with|rejected|did not like"
    r"|does not like"
    r"|(?=#[45]\d\d [^45]|[45]\d\d[ -][45]\.\d{1,3}\.))"
)


#: What may begin a `_HOST`: the words before a host, or a dotted name that is no address' domain.
_BEFORE_HOST: Final = (
    *("host", "server", "mta", "remote system", "while talking to", "recipient domain "),
    *("connected to", "lost connection with", "connect to", "(from", "relay used", "remote-mta"),
    *("smtp-server", "\u0441\u0435\u0440\u0432\u0435\u0440", "serveur", "servidor"),
    *("\u30b5\u30fc\u30d0", "\u670d\u52a1\u5668"),
)
#: What follows a host that speaks: a name counts only before one of these.
_BEHIND_HOST: Final = (
    *("said", "says", "replied", "answered", "told", "responded", "returned", "failed with"),
    *("rejected", "did not like", "does not like", "#4", "#5", " 4.", " 5.", "-4.", "-5."),
)
_NAME_BEGINS: Final = re.compile(r"[a-z\d_](?<![@\w.-].)[\w-]{0,62}\.[\w.-]")

#: What each alternative of `_COMMAND` begins with.
_BEGINNINGS: Final = (
    *("in reply to ", "pipelined ", "rcpt", "mail", "data", "end of data", "sending data", "auth"),
    *("ehlo", "ehelo", "helo", "starttls", "initial connection", "[rcpt", "[mail", "[data"),
    *("[connect", "[helo", "[ehlo", "[auth", "smtp:", "while ", "sent: ", "i said ", "our "),
    "smtp error",
    *("for text command", "after transfer of mail ", "last command: "),
)


@cache
def _signs() -> Callable[[str, bool], list[tuple[int, int, int]]]:
    """Where what begins a `_COMMAND` stands, and the words of `_STAGES`."""
    words = [*_BEGINNINGS, *(words for words, _ in _STAGES)]
    return ahocorasick_rs.AhoCorasick(words).find_matches_as_indexes


@cache
def _host_words() -> Callable[[str, bool], list[tuple[int, int, int]]]:
    """Where words stand that come before a host, or behind one."""
    return ahocorasick_rs.AhoCorasick([*_BEFORE_HOST, *_BEHIND_HOST]).find_matches_as_indexes


def read_command(text: str) -> str | None:
    """The SMTP command that `text` says was answered, as the record spells it, or None."""
    return _command(text.lower())


def _command(lowered: str) -> str | None:
    places: list[int] = []
    stage = len(_STAGES)
    for sign, start, _ in _signs()(lowered, True):  # overlapping
        if sign < len(_BEGINNINGS):
            places.append(start)
        else:
            stage = min(stage, sign - len(_BEGINNINGS))
    for place in sorted(places):
        found = _COMMAND.match(lowered, place)
        if found:
            return _COMMANDS.get((found.group(found.lastgroup or 0) or "").split()[0])
    return _STAGES[stage][1] if stage < len(_STAGES) else None


def _read_host(text: str, lowered: str, reply: int) -> str | None:
    """The host named last before the reply that begins at `reply`, else the first one."""
    if _DOTTED.search(lowered) is None:
        return None
    named = None
    for found in _hosts(lowered):
        if named is None or found.start() < reply:
            named = found.span(found.lastgroup or 0)
        if found.start() >= reply:
            break
    return text[slice(*named)] if named else None


def _hosts(lowered: str) -> Iterator[re.Match[str]]:
    """What `_HOST.finditer` finds, asked only where a host may begin."""
    places: list[int] = []
    spoken = 0
    for word, start, _ in _host_words()(lowered, True):  # overlapping
        if word < len(_BEFORE_HOST):
            places.append(start)
        else:
            spoken = max(spoken, start)
    places += [name.start() for name in _NAME_BEGINS.finditer(lowered, 0, spoken)]
    end = 0
    for place in sorted(places):
        found = _HOST.match(lowered, place) if place >= end else None
        if found is not None:
            yield found
            end = found.end()


def read_reply(diagnostic: str) -> Reply:
    """The innermost reply of a diagnostic, be it a Diagnostic-Code field or lines of prose."""
    return _read(diagnostic[:MAX_TEXT])


@lru_cache(maxsize=2048)
def _read(diagnostic: str) -> Reply:
    lines = [" ".join(line.split()) for line in diagnostic.split("\n")]
    text = "\n".join(line for line in lines if line)
    whole = text.replace("\n", " ")
    lowered = lower_in_place(whole)
    starts = [found for found in _codes(text) if _opens(text, found)]
    if not starts:
        return Reply(
            text=whole,
            whole=whole,
            status=_status_in(whole, None),
            command=_command(lowered),
            host=_read_host(whole, lowered, 0),
        )
    tried = _SENDER_TRIED.search(lowered)
    if tried:  # what follows is what the refusing server heard when it tried the sender's address
        starts = [found for found in starts if found.start() < tried.start()] or starts
    inner = _innermost(starts, text)
    begin = inner.start("code") if inner.group("code") else inner.start("bare")
    own = whole[begin:]
    code = inner.group("code")
    status = inner.group("inner") or inner.group("bare") or _status_in(own, code)
    if status is None and inner is not starts[0]:
        status = _status_in(whole[:begin], code)
    return Reply(
        text=own.rstrip("'\"> "),
        whole=whole,
        code=code,
        status=status,
        command=_command(lowered) or ("AUTH" if code in _LOGIN_CODES else None),
        host=_read_host(whole, lowered, begin),
        outer=whole[:begin].strip(),
    )


def _codes(text: str) -> Iterator[re.Match[str]]:
    """What `_CODE.finditer` finds, asked only where a figure stands."""
    end = 0
    for figure in _FIGURE.finditer(text):
        found = _CODE.match(text, figure.start()) if figure.start() >= end else None
        if found is not None:
            yield found
            end = found.end()


def _opens(text: str, found: re.Match[str]) -> bool:
    """Whether a reply may begin where `found` does, by what stands before it."""
    at, code, inner = found.start(), found.group("code"), found.group("inner")
    before = text[max(0, at - 16) : at].rstrip("#")
    if code and at and _UNITS.match(text, found.end("code")):
        return _QUOTES.search(before) is not None  # said: 451 messages from you are throttled
    if at <= 16 and not before.strip(_BULLETS):
        return True
    if code and inner and inner[0] == code[0]:  # 550 5.1.1: whatever stands before
        return True
    if code and code[1] > "5":
        quoted = before.endswith("\n") or _QUOTES.search(before) is not None
        return quoted and code not in _PORTS
    if text.startswith("]", found.end("code")):  # [SMTP Error Code 550], but not ... refused. [506]
        return before.rstrip().lower().endswith(("code", "error"))
    #   (message too old) 421-'Rate limit reached'        mx.example.org #550 no such user ##
    if code and (
        text.startswith("-'", found.end("code"))
        or (text[at - 1] == "#" and "##" in text[at : at + 1024].partition("\n")[0])
    ):
        return True
    stripped = before.rstrip(_BULLETS)
    if stripped.endswith(("\n", *_SIGNS)):
        counts = stripped[:-1].rstrip(" ").lower().endswith(_COUNTS)
        if stripped.endswith("=") and _QUERY.search(stripped):
            return False
        return stripped.endswith("\n") or found.group("inner") is not None or not counts
    if _MAPI_CODE.search(before):
        return True
    return before != stripped and stripped.lower().endswith(_WORDS)


def _innermost(starts: list[re.Match[str]], text: str) -> re.Match[str]:
    """The last reply that has a code, else the last bare status.

    The lines of one multi-line reply are one (RFC 5321 4.2.1), folded or not; its first line is
    where it starts.
    """
    coded = [found for found in starts if found.group("code")]
    if not coded:
        return starts[-1]
    place = len(coded) - 1
    while place and _continues(coded[place - 1], coded[place], text):
        place -= 1
    return coded[place]


def _continues(before: re.Match[str], after: re.Match[str], text: str) -> bool:
    """Whether two starts with one code belong to one reply: lines of it, or `550-` before `550`.

    550-5.7.26 Authentication results: 550-5.7.26 DKIM = did not pass 550 5.7.26 see ...
    """
    if before.group("code") != after.group("code"):
        return False
    if text[after.start() - 1 : after.start()] == "\n":
        return True
    if not text[after.end() :].strip(" )'\">.;,"):  # 552 mailbox full (552)
        return True
    if text[before.end("code")] != "-":
        return False
    hyphen = text[after.end("code") : after.end("code") + 1] == "-"
    status = after.group("inner")
    return hyphen or (status is not None and status == before.group("inner"))


def _status_in(text: str, code: str | None) -> str | None:
    """The first status in `text` of the code's class (of any failing class without a code)."""
    for found in STATUS.finditer(text):
        status = found.group(1)
        if status[0] == code[0] if code else status[0] != "2":
            return status
    return None
