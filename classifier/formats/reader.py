"""What a reader of one mail system's bounces is, and what it is given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import NamedTuple

from classifier.addresses import plain_addresses
from classifier.dsn import StatusReport
from classifier.frozen import Frozen, Remembering
from classifier.message import Message
from classifier.notice import Notice
from classifier.reasons import Kind

__all__ = ["Clues", "Found", "Reader"]


class Clues(Remembering, kw_only=True):
    """A mail as readers see it: its structure, its prose, and the usual clues, lower-cased.

    `line` is the prose on one line, each run of blanks and line ends as one blank. `failed` holds
    the addresses (lower case) that X-Failed-Recipients names.
    """

    message: Message
    notice: Notice
    status: StatusReport | None
    subject: str
    sender: str
    prose: str
    line: str
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


class Found(Frozen, kw_only=True):
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
