"""What a reader of one mail system's bounces is, and what it is given."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Final, NamedTuple

import msgspec

from classifier.dsn import StatusReport
from classifier.lexicon import lower_line
from classifier.message import Message
from classifier.notice import Notice
from classifier.reasons import Kind

__all__ = ["Clues", "Found", "Reader", "plain_addresses", "plain_domain"]


class Clues(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """A mail as readers see it: its structure, its prose, and the usual clues, lower-cased.

    `failed` holds the addresses (lower case) that X-Failed-Recipients names.
    """

    message: Message
    notice: Notice
    status: StatusReport | None
    subject: str
    sender: str
    prose: str
    reporting_mta: str
    failed: tuple[str, ...] = ()

    @cached_property
    def avoid(self) -> frozenset[str]:
        """The addresses (lower case) of the sender, and of the system that wrote the bounce."""
        found = set()
        for name in ("From", "To", "Delivered-To", "Return-Path", "Reply-To", "Sender"):
            found.update(plain_addresses(self.message.headers.get(name)))
        if self.notice.returned is not None:
            for name in ("From", "Return-Path", "Reply-To", "Sender"):
                found.update(plain_addresses(self.notice.returned.get(name)))
        return frozenset(address.lower() for address in found)

    @cached_property
    def line(self) -> str:
        """The prose on one line, each run of blanks and line ends as one blank."""
        return lower_line(self.notice.text)


#: A word with an @ in it; signs that stand around addresses divide words, as blanks do.
_WITH_AT: Final = re.compile(r"(?<![^\s,;<>\"()])[^\s,;<>\"()@]*+@[^\s,;<>\"()]*+")
_WORD: Final = re.compile(r"[^\s,;<>\"()]*+")
_LOOKED_AT: Final = 4096  # characters of a field


def plain_addresses(value: str | None) -> list[str]:
    """The addresses of a field by sight, without the cost of reading it as people mean it."""
    if not value or "@" not in value:
        return []
    return _WITH_AT.findall(value[:_LOOKED_AT])


def plain_domain(value: str | None) -> str | None:
    """The domain of the last address of a field, by sight, in lower case; None without any."""
    _, at, behind = (value or "")[:_LOOKED_AT].rpartition("@")
    found = _WORD.match(behind) if at else None
    return (found.group().strip(" >.").lower() or None) if found else None


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What the prose says of one recipient (None where it names none).

    `text` is the reply or the words of failure; `command` and `host` where the place shows them;
    `cause` an earlier refusal in the same dialogue that this one follows from; `original` the
    address that led to this one.
    """

    recipient: str | None
    text: str
    kind: Kind = Kind.FAILURE
    command: str | None = None
    host: str | None = None
    cause: str | None = None
    original: str | None = None


class Reader(NamedTuple):
    """One mail system's reader.

    `marks` are the signs that a mail is of this system, in the notation of `marks`, and `looks`
    what no such sign can say; either suffices. A reader goes `over` those that its system is made
    of or imitates, where both claim a mail. `read` gives what the prose says a recipient; it is
    asked where the status fields are absent or say nothing, where the prose holds `knows_more`,
    and for the SMTP command where `knows_command`; a mail of one that `wraps` is about a bounce
    inside it. `note` says for people what the mails look like.
    """

    name: str
    marks: tuple[str, ...]
    read: Callable[[Clues], Sequence[Found]]
    note: str
    over: tuple[str, ...] = ()
    looks: Callable[[Clues], bool] | None = None
    knows_more: str = ""
    knows_command: bool = False
    wraps: bool = False
