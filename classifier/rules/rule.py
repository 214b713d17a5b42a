"""One rule: which words, codes and circumstances have which meaning, and who says so."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from enum import IntEnum
from operator import attrgetter
from typing import Any, Final

import msgspec

from classifier.evidence import Evidence, Hop, weigh_text
from classifier.reasons import MEANING, Advice, Fault, Meaning, Permanence, Reason

__all__ = ["CHECKS", "CIRCUMSTANCES", "Code", "Example", "Layer", "Phrase", "Rule", "holds_only"]
__all__ += ["plain_status", "read_code"]


class Layer(IntEnum):
    """How far a rule's word goes; a rule of a higher layer decides before any lower one."""

    STATUS = 1  # the enhanced status code alone (IANA's registry)
    CODE = 2  # a provider's own use of a code, known by its hosts or marks
    HOP = 3  # no words: the SMTP command, the hop, the returned message's authentication
    TEXT = 4  # words that many servers use
    PROVIDER = 5  # words of one provider
    OPERATOR = 6  # the reader's own rules


class Phrase(msgspec.Struct, frozen=True):
    """Words to look for, in order; between two parts up to `GAP` characters may stand.

    A phrase ends and begins at word boundaries, unless its open flag says otherwise (written
    `exceed*` or `*schreiben` in the rule).
    """

    written: str
    parts: tuple[str, ...]
    open_left: bool
    open_right: bool

    GAP = 120

    def found_in(self, text: str, start: int) -> bool:
        """Whether the phrase stands in `text` with its first part at `start`."""
        first = self.parts[0]
        end = start + len(first)
        if not self.open_left and start and first[0].isalnum() and text[start - 1].isalnum():
            return False
        for part in self.parts[1:-1]:
            at = text.find(part, end, end + self.GAP + len(part))
            if at < 0:
                return False
            end = at + len(part)
        if len(self.parts) == 1:
            return self._ends_at(text, end)
        # "mailbox ... full": a first "fuller" does not hide the "full" behind it
        last, limit = self.parts[-1], end + self.GAP + len(self.parts[-1])
        at = text.find(last, end, limit)
        while at >= 0:
            if self._ends_at(text, at + len(last)):
                return True
            at = text.find(last, at + 1, limit)
        return False

    def stands_in(self, text: str) -> bool:
        """Whether the phrase stands anywhere in `text`."""
        at = text.find(self.parts[0])
        while at >= 0:
            if self.found_in(text, at):
                return True
            at = text.find(self.parts[0], at + 1)
        return False

    def _ends_at(self, text: str, end: int) -> bool:
        if self.open_right or end >= len(text):
            return True
        return not (text[end - 1].isalnum() and text[end].isalnum())


class Code(msgspec.Struct, frozen=True):
    """A test of reply code and status: `550`, `5.7.1`, `x.7.26`, `5.7.606-649`, `550 5.7.1`."""

    reply: str | None = None
    status_class: str | None = None
    subject: int = -1
    low: int = -1
    high: int = -1

    def fits(self, reply: str | None, status: str | None) -> bool:
        """Whether reply code and status (None where not reported) satisfy this test."""
        if self.reply is not None and self.reply != reply:
            return False
        if self.subject < 0:
            return True
        if status is None or (self.status_class and status[0] != self.status_class):
            return False
        subject, _, detail = status[2:].partition(".")
        return int(subject) == self.subject and self.low <= int(detail) <= self.high

    def statuses(self) -> Iterator[str]:
        """Every status that satisfies this test; none where it asks for a reply code alone."""
        if self.subject < 0:
            return
        for detail in range(self.low, self.high + 1):
            for digit in self.status_class or "245":
                yield f"{digit}.{self.subject}.{detail}"


_PLAIN: Final = len("5.1.1")  # no digit is there that could be left out


def plain_status(status: str | None) -> str | None:
    """`5.01.001` as `5.1.1`."""
    if status is None or len(status) == _PLAIN or ".0" not in status:
        return status
    return ".".join(str(int(number)) for number in status.split("."))


_CODE: Final = re.compile(
    r"(?:(?P<reply>[245]\d\d)(?: |$))?"
    r"(?:(?P<cls>[245x])\.(?P<subject>\d{1,3})\.(?P<low>\d{1,3})(?:-(?P<high>\d{1,3}))?)?"
)


def read_code(written: str) -> Code | None:
    """The test that `written` means, or None where it means none."""
    found = _CODE.fullmatch(written)
    if not found or not written or written != written.strip():
        return None
    reply, cls, subject, low, high = found.group("reply", "cls", "subject", "low", "high")
    if subject is None:
        return Code(reply=reply)
    return Code(reply, None if cls == "x" else cls, int(subject), int(low), int(high or low))


class Example(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A reply that a rule must (`hits`) or must not (`misses`) fire on.

    Only `text` is needed; the rest gives the circumstances that `when` asks for. `auth` holds
    results by method, as in `{dmarc = "pass"}`.
    """

    text: str = ""
    notice: str = ""
    host: str | None = None
    command: str | None = None
    hop: Hop | None = None
    format: str | None = None
    expired: bool = False
    auth: Mapping[str, str] = msgspec.field(default_factory=dict)

    def evidence(self) -> Evidence:
        """The evidence that this example stands for."""
        known: dict[str, Any] = {"command": self.command, "remote_mta": self.host}
        if self.hop:
            known["hop"] = self.hop
        if self.format:
            known["format"] = self.format
        return weigh_text(
            self.text, notice=self.notice, auth=self.auth, expired=self.expired, **known
        )


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule as it is loaded; `rules/README.md` says what each key means."""

    name: str
    layer: Layer
    owner: str
    reason: Reason
    why: str
    source: str
    where: str
    says: tuple[Phrase, ...] = ()
    notice: tuple[Phrase, ...] = ()
    beside: tuple[Phrase, ...] = ()
    unless: tuple[Phrase, ...] = ()
    only: frozenset[str] = frozenset()
    codes: tuple[Code, ...] = ()
    pattern: re.Pattern[str] | None = None
    when: tuple[tuple[str, frozenset[str]], ...] = ()
    here: bool = False
    over: frozenset[str] = frozenset()
    decides: bool = True
    permanence: Permanence | None = None
    fault: Fault | None = None
    advice: Advice | None = None
    hits: tuple[Example, ...] = ()
    misses: tuple[Example, ...] = ()
    #: What its reason means with its own fault and advice, and how far it goes in a contest: hints
    #: by layer, then what decides. Never given: they follow from the rest, once and for all.
    meaning: Meaning = MEANING[Reason.UNDETERMINED]
    rank: int = 0

    def __post_init__(self) -> None:
        meaning = MEANING[self.reason]
        if self.fault or self.advice:
            fault, advice = self.fault or meaning.fault, self.advice or meaning.advice
            meaning = msgspec.structs.replace(meaning, fault=fault, advice=advice)
        msgspec.structs.force_setattr(self, "meaning", meaning)
        rank = int(self.layer) + (len(Layer) if self.decides else 0)
        msgspec.structs.force_setattr(self, "rank", rank)


#   550 5.7.1 {host} <{address}> id=4f2c queue_id https://example.org/why
_NAME: Final = re.compile(r"[\d@=/\\_]|\w\.\w")
_WORD: Final = re.compile(r"[^\W\d_]+")


def holds_only(folded: str, words: frozenset[str]) -> bool:
    """Whether folded text has no other word than `words`; codes, addresses, names do not count."""
    tokens = (token for token in folded.split() if not _NAME.search(token))
    return all(word in words for token in tokens for word in _WORD.findall(token))


def _check(method: str) -> Callable[[Evidence], str]:
    return lambda evidence: evidence.auth.get(method, "")


#: The checks of the returned message whose results `when` may ask for.
CHECKS: Final = ("spf", "dkim", "dmarc", "arc", "compauth")

#: What `when` may ask for, and the value that it compares; "" where nothing is known.
CIRCUMSTANCES: Final[Mapping[str, Callable[[Evidence], str]]] = {
    "command": lambda evidence: evidence.command or "",
    "hop": attrgetter("hop"),
    "format": attrgetter("format"),
    "kind": attrgetter("kind"),
    "expired": lambda evidence: "yes" if evidence.expired else "no",
    "class": lambda evidence: (evidence.status or evidence.reply_code or "")[:1],
    **{method: _check(method) for method in CHECKS},
}
