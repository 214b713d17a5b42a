"""The prose of a bounce, and the message it returns: where one ends and the other begins.

The returned message stands in a part of its own (RFC 6522), or behind a line of dashes in the
text, or as bare headers under "Original message headers:". Nothing it says may be taken for the
bounce's own words.
"""

from __future__ import annotations

import re
from typing import Final

from classifier.frozen import Frozen
from classifier.headers import Headers, head_end, lower_in_place
from classifier.message import STATUS_TYPES, Message, Part, read_head
from classifier.tnef import is_tnef, read_tnef

__all__ = ["Notice", "own_text", "read_notice"]

MAX_PROSE: Final = 32 * 1024  # characters of prose that are looked at

RETURNED_TYPES: Final = frozenset(
    {
        *("message/rfc822", "message/global", "message/partial"),
        *("text/rfc822-headers", "text/rfc822-header"),
        *("message/global-headers", "message/rfc822-headers"),
    }
)
_BEHIND_PROSE: Final = RETURNED_TYPES.union(STATUS_TYPES)  # what follows the notice's own text

# The next three patterns are asked of text in lower case with a line end before it: a pattern that
# begins with ^, or that does not care for case, is tried at each character. Their first repeats
# are possessive, so that the lines of prose, which are none of it, are left after one try.
#
# Fields that a returned message's head begins with, and that no delivery status part holds.
_HEAD: Final = re.compile(
    r"\n(?=[a-z-]{2,64}+:)(?:received|return-path|delivered-to|dkim-signature|domainkey-signature|message-id"
    r"|authentication-results|arc-[a-z][a-z-]{2,30}|x-[a-z-]{2,60}|from|to|date|subject"
    r"|mime-version|received-spf|envelope-to|content-type|sender|reply-to):"
)
# Beside From. From, To, Date and Subject alone may be a description of the message for people.
_BESIDE: Final = frozenset({"mime-version", "content-type", "delivered-to", "user-agent"})
_SURE: Final = frozenset({"received", "return-path", "message-id", "dkim-signature"})
# A line that says that the returned message comes next.
#   --- Below this line is a copy of the message.      ----- Original message -----
#   ------ This is a copy of the message, including all the headers. ------
#   -------original message      ------- Returned Message --------      Original message headers:
_RULED: Final = re.compile(
    r"\n[ \t>|]{0,4}+[-=*]{2,}+ ?(?:"
    r"below (?:this line|the next line)|(?:this|included) is a copy"
    r"|enclosed (?:are|is) the original"
    r"|(?:original|returned|unsent|undelivered) (?:message|mail)|message (?:header|text)"
    r"|(?:the )?headers? (?:of|follow)|transcript of message|your (?:original )?message"
    r")[^\n]{0,120}$",
    re.MULTILINE,
)
# In words alone: a line that says so and nothing else.
_WORDED: Final = re.compile(
    r"\n[ \t]{0,12}+(?:"
    r"original message headers?|returned message headers?"
    r"|(?:below|included) is a copy of (?:the|your) (?:original )?message(?: headers?)?"
    r"|(?:the |your |original |returned |unsent ){1,2}(?:message |headers? ){1,2}"
    r"(?:of (?:the|your) (?:original )?message )?follows?"
    r"|(?:message )?headers? (?:of (?:the|your) (?:original )?message )?follows?"
    r")[^\w\n]{0,60}$",
    re.MULTILINE,
)


_TNEF_TYPES: Final = ("application/ms-tnef", "application/vnd.ms-tnef")


class Notice(Frozen):
    """The prose of a bounce and the headers of the message it returns (None where it does not).

    `source` says where the returned headers stood.
    """

    text: str
    returned: Headers | None = None
    source: str | None = None


def read_notice(message: Message) -> Notice:
    """The prose and the returned headers of a mail."""
    text = _prose(message)
    for part in message.parts:
        headers = read_head(part.data) if part.type in RETURNED_TYPES else None
        if headers:
            prose, _ = _divide(text)
            return Notice(prose[:MAX_PROSE], headers, f"{part.type} part {part.path}")
    prose, rest = _divide(text)
    if rest:
        raw = rest.encode("utf-8", "surrogateescape")
        headers = Headers(raw[: head_end(raw)])
        if headers:
            return Notice(prose[:MAX_PROSE], headers, "the text of the notice")
    return Notice(prose[:MAX_PROSE])


def _prose(message: Message) -> str:
    """The text before the status part and the returned message; HTML or TNEF where none is."""
    plain: list[str] = []
    markup: list[Part] = []
    alone = len(message.parts) == 1
    for part in message.parts:
        kind = part.type
        if kind in _BEHIND_PROSE:
            break
        if kind == "text/html":
            markup.append(part)
        elif kind[:5] == "text/" or (alone and _is_stray(part)):
            plain.append(part.text)
    text = "\n".join(plain)
    if _is_blank(text):
        text = "\n".join([part.text for part in markup])
    if _is_blank(text):
        text = "\n".join([read_tnef(part.data) for part in message.each(*_TNEF_TYPES)])
    return text


def _is_blank(text: str) -> bool:
    return not text or text.isspace()


# What a whole mail may be without a word of text: a zipped DMARC report, a fax, a picture.
_NO_TEXT: Final = ("application/", "image/", "audio/", "video/", "font/", "model/")
# What is signed stands in the clear between the bytes of the signature (RFC 8551 3.4.2).
_SIGNED: Final = ("application/pkcs7-mime", "application/x-pkcs7-mime")


def _is_stray(part: Part) -> bool:
    """A multipart that no boundary divides, or a mail of an unheard-of type: its body is text."""
    if part.type.startswith(_NO_TEXT) and part.type not in _SIGNED:
        return False
    return not is_tnef(part.data)


# Status fields in a text part are read as fields, never as prose (RFC 3464 2.2).
_FIELDS: Final = re.compile(r"\n(?:reporting-mta|original-recipient|final-recipient)[ \t]*:")


def _divide(text: str) -> tuple[str, str]:
    """Prose, and what follows it from the returned message's first header on ("" if nothing)."""
    lined = lower_in_place("\n" + text)
    end, rest = _find_returned(text, lined)
    fields = _FIELDS.search(lined, 0, end + 1)
    return text[: fields.start() if fields else end], text[rest:]


def own_text(text: str) -> str:
    """`text` up to the message that it returns, with any status fields that stand before."""
    end, _ = _find_returned(text, lower_in_place("\n" + text))
    return text[:end]


def _find_returned(text: str, lined: str) -> tuple[int, int]:
    """Where the prose ends and the returned message begins; the end of `text` where none does.

    `lined` is the text in lower case with a line end before it, which therefore stands where the
    line begins in `text`.
    """
    divider = _find_divider(lined)
    start = divider.end() if divider else 0
    for found in _HEAD.finditer(lined, start):
        at = found.start()
        if _is_head(text, at, sure=divider is not None):
            return divider.start() if divider else at, at
        if at > start + 64 * 1024:
            break
    return divider.start() if divider else len(text), len(text)


def _find_divider(lined: str) -> re.Match[str] | None:
    """The first line that says that the returned message comes next."""
    ruled = _RULED.search(lined)
    worded = _WORDED.search(lined) if _may_be_worded(lined) else None
    if ruled is None or worded is None:
        return ruled or worded
    return ruled if ruled.start() <= worded.start() else worded


def _may_be_worded(lined: str) -> bool:
    """Whether a text holds words that every line of `_WORDED` has one of; most hold none."""
    return "header" in lined or "is a copy of " in lined or "message follow" in lined


_FIELD: Final = re.compile(r"([!-9;-~]{2,70})[ \t]*:[^\n]*(?:\n[ \t][^\n]*)*(?:\n|\Z)")


def _is_head(text: str, start: int, sure: bool) -> bool:
    """Whether a message's head begins at `start`: fields only, some that no prose would hold."""
    at, end = start, start + 16 * 1024
    names: set[str] = set()
    for _ in range(12):  # Received and ARC fields come in numbers
        found = _FIELD.match(text, at, end)
        if found is None or len(names) > 5:
            break
        names.add(found.group(1).lower())
        at = found.end()
    if sure:
        return bool(names)
    machine = any(name.startswith(("x-", "arc-")) or name in _BESIDE for name in names)
    known = bool(names & _SURE) or ("from" in names and machine)
    return len(names) >= 3 and known
