"""Evidence: all that may decide a verdict about one failed recipient, and where it was read.

Rules and model see this and nothing else: never the mail, its addresses or the returned text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from enum import StrEnum
from functools import cache, lru_cache
from typing import Any, Final

import msgspec

from classifier.frozen import Frozen
from classifier.reasons import Kind
from classifier.reply import read_reply
from classifier.report import Failure, Report

__all__ = [
    "Evidence",
    "Hop",
    "fold",
    "fold_notice",
    "guess_hop",
    "says_expired",
    "weigh",
    "weigh_text",
]


class Hop(StrEnum):
    """Which server spoke the judged words, seen from the message's way."""

    SUBMISSION = "submission"  # the first server, to a person's or program's own client
    RELAY = "relay"  # a server that the sender's own system hands its mail to, with a login
    RECIPIENT_MX = "recipient-mx"  # a server of the recipient's side
    LOCAL = "local"  # nobody remote: the system that wrote the bounce says so itself
    UNKNOWN = "unknown"


class Evidence(Frozen):
    """The facts about one failed recipient.

    `text` is the innermost reply on one line as reported, `folded` the same as rules read it
    (see `fold`). `outer` is what wraps it, another server's words or the reporter's own, and
    `wrapper` the same folded. `notice` is the prose of the bounce, not folded yet: few failures are
    judged by it (see `fold_notice`). `auth` maps spf, dkim, dmarc, arc, compauth to the result that
    the refusing side saw for the returned message (RFC 8601 result names). `final` means that a
    report says delivery was given up, `expired` that it was for lack of time. `places` tells where
    a field was read, by field name, for people.
    """

    text: str = ""
    folded: str = ""
    outer: str = ""
    wrapper: str = ""
    notice: str = ""
    status: str | None = None
    reply_code: str | None = None
    command: str | None = None
    hop: Hop = Hop.UNKNOWN
    remote_mta: str | None = None
    format: str = "text"
    kind: Kind = Kind.FAILURE
    expired: bool = False
    final: bool = False
    auth: Mapping[str, str] = msgspec.field(default_factory=dict)
    places: Mapping[str, str] = msgspec.field(default_factory=dict)


# 550-5.7.26 This mail is unauthenticated, which poses 550-5.7.26 a security risk
#   the code that begins each line of a multi-line reply (RFC 5321 4.2.1), once it was folded
_REPEATED_CODE: Final = re.compile(r"[245]\d\d-(?<!\S\d\d\d-)(?:[245]\.\d{1,3}\.\d{1,3}(?=\s))?")
# Whether there is any: a hyphen is found sooner than a digit.
_ANY_CODE: Final = re.compile(r"-(?<=[245]\d\d-)(?<!\S\d\d\d-)")
_FIRST_CODE: Final = re.compile(r"([245]\d\d)-([245]\.\d{1,3}\.\d{1,3}) ")


@cache  # made for the first text that is not ASCII: it takes some milliseconds
def _bare_letters() -> tuple[Mapping[str, str], re.Pattern[str]]:
    """Letters of Latin, Greek and Cyrillic script without their marks, curly quotes straight.

    Administrators write "Empfänger", "Empfanger" and "refuse" for "refusé", as their keyboards
    and servers allow. Kana and Hangul are left alone: their marks make other letters. With them
    goes a pattern that finds any of them; what stands for a letter is none of them.
    """
    bare = {"‘": "'", "’": "'", "“": '"', "”": '"'}
    bare |= zip("ßæœøłđıþ", ("ss", "ae", "oe", *"oldi", "th"), strict=True)
    for letter in map(chr, (*range(0xC0, 0x530), *range(0x1E00, 0x2000))):
        parts = unicodedata.normalize("NFD", letter)
        first, marks = parts[0], parts[1:]
        if marks and all(map(unicodedata.combining, marks)):
            bare[letter] = bare.get(first, first)  # ǽ is æ with a mark
    return bare, re.compile(f"[{''.join(bare)}]")


_OCTAL: Final = re.compile(r"(?:\\[23][0-7][0-7]){2,8}")


def _undo_octal(found: re.Match[str]) -> str:
    codes = found.group()[1:].split("\\")
    try:
        return bytes(int(code, 8) for code in codes).decode()
    except UnicodeDecodeError:
        return found.group()


def fold(text: str) -> str:
    """`text` in the form that phrases are compared in.

    Case, spacing, line folds, curly quotes, the marks of letters (é, ü, й) and the repeated codes
    of a multi-line reply do not count; everything else stays.
    """
    text = _undo_marks(text).lower()
    if not text.isascii():
        # Most texts hold a few different ones, which `translate` would look for at each character.
        bare, marked = _bare_letters()
        for letter in set(marked.findall(text)):
            text = text.replace(letter, bare[letter])
    return " ".join(text.split())


def _undo_marks(text: str) -> str:
    """`text` without the repeated codes of a multi-line reply, and with no escapes."""
    if "-" in text and _ANY_CODE.search(text):
        first = _FIRST_CODE.match(text)
        if first:  # the last line of a multi-line reply has a blank instead of the hyphen
            line = f" {first.group(1)} {first.group(2)} "
            text = " ".join(text.split()).replace(line, " ")
        text = _REPEATED_CODE.sub(" ", text)
    if "\\" in text:
        # Cisco quotes the reply: 554-'This user doesn\\'t have an account'
        text = text.replace("\\'", "'")
        if "\\3" in text:  # Exim writes UTF-8 as Refus\\303\\251
            text = _OCTAL.sub(_undo_octal, text)
    return text


#   retry timeout exceeded / Message expired / this message has been in the queue too long
_EXPIRED: Final = re.compile(
    r"retry time(?:out exceeded| not reached for any host)|message expired|queue\.expired"
    r"|expired in the queue"
    r"|in the queue too long|could not deliver for the last \d|delivery time expired"
    r"|envelope expired|too long in queue"
    r"|could not be delivered for (?:more than )?\d|unable to deliver in \d|not delivered within"
    r"|will be deleted from queue|giving up after|maximum queue"
)


# Members of an enumeration, looked up once: each look-up costs ten times a comparison.
_FAILURE: Final = Kind.FAILURE
_RELAY: Final = Hop.RELAY
_RECIPIENT_MX: Final = Hop.RECIPIENT_MX
_UNKNOWN: Final = Hop.UNKNOWN


def says_expired(folded: str) -> bool:
    """Whether folded words say that the queue's time ran out."""
    # One of these is in each alternative, and hardly a reply holds any.
    if not (
        "expired" in folded
        or "queue" in folded
        or " deliver" in folded
        or "giving up" in folded
        or "retry time" in folded
    ):
        return False
    return _EXPIRED.search(folded) is not None


def guess_hop(command: str | None, code: str | None, remote_mta: str | None) -> Hop:
    """The hop that refused, from what every report holds.

    Only a server that one has an account with asks for a login, so a refusal at AUTH is a
    relay's; whatever else a remote server refuses is taken for the recipient's side.
    """
    if command == "AUTH" or code in ("534", "535", "538"):
        return _RELAY
    return _RECIPIENT_MX if remote_mta else _UNKNOWN


def weigh_text(text: str, **known: Any) -> Evidence:
    """The evidence that one reply or diagnostic holds by itself, without a mail.

    `known` gives fields of `Evidence` that the caller knows better.
    """
    reply = read_reply(text)
    wrapper = fold(reply.outer)
    command = known.pop("command", None) or reply.command
    remote = known.pop("remote_mta", None) or reply.host
    hop = known.pop("hop", None) or guess_hop(command, reply.code, remote)
    return Evidence(
        text=reply.text,
        folded=fold(reply.text),
        outer=reply.outer,
        wrapper=wrapper,
        status=reply.status,
        reply_code=reply.code,
        command=command,
        hop=hop,
        remote_mta=remote,
        expired=known.pop("expired", False) or says_expired(fold(reply.whole)),
        **known,
    )


_MAX_NOTICE: Final = 4096  # characters of prose that rules may look at


@lru_cache(maxsize=16)  # the recipients of one report share its prose
def fold_notice(prose: str) -> str:
    """As `fold`."""
    return fold(prose)


def weigh(failure: Failure, report: Report) -> Evidence:
    """The evidence about one recipient of a report."""
    reply = read_reply(failure.diagnostic or "")
    code, status, outer = failure.reply_code, failure.status, reply.outer
    places = dict(failure.places)
    if failure.cause:
        # The refusal that the reported one follows from is judged; the reported one wraps it.
        outer = reply.whole
        reply = read_reply(failure.cause)
        code, status = reply.code, reply.status
        places["reply"] = "SMTP dialogue in the notice"
    auth: Mapping[str, str] = {}
    returned = report.returned
    if returned is not None and returned.auth.source:
        auth = returned.auth.results()
        places["auth"] = f"{returned.auth.source}, in the {returned.source}"
    text = reply.text
    if failure.hint and reply.code is None:  # words of the service, no server's reply
        text = text or failure.hint
        folded = fold(f"{failure.hint} {reply.text}")
    else:
        folded = fold(text)
        if failure.hint:
            outer = f"{failure.hint} {outer}".strip()
    wrapper = fold(outer) if outer else ""
    # Of several recipients the prose does not say which it speaks of.
    speaks = len(report.failures) == 1 or not text
    return Evidence(
        # The texts by their place: more than fifteen names Python packs into a dictionary first.
        text,
        folded,
        outer,
        wrapper,
        report.prose[:_MAX_NOTICE] if speaks else "",
        status=status,
        reply_code=code,
        command=failure.command,
        hop=guess_hop(failure.command, code, failure.remote_mta),
        remote_mta=failure.remote_mta,
        format=report.format,
        kind=failure.kind,
        expired=says_expired(folded) or (bool(wrapper) and says_expired(wrapper)),
        final=failure.kind is _FAILURE,
        auth=auth,
        places=places,
    )
