"""Scenarios: what a server tries to deliver, and what the other side answers.

Most are made from the entries of the catalogue, some are a server's own trouble: nobody listens,
no such domain, no TLS. All is derived from names and keys, never from chance or the clock, so that
a second run asks the same of the same server.
"""

from __future__ import annotations

import random
import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

import msgspec

from classifier.evidence import Hop
from classifier.model.corpus import Entry
from classifier.reasons import MEANING, Category, Reason

__all__ = [
    "FAVOURED",
    "Answer",
    "Scenario",
    "Stage",
    "choose",
    "cut",
    "is_sendable",
    "make_scenarios",
    "read_catalogue",
    "stage_of",
]


class Stage(StrEnum):
    """Where the other side says no, or how it fails without a word."""

    CONN = "CONN"  # instead of a greeting
    EHLO = "EHLO"
    STARTTLS = "STARTTLS"
    AUTH = "AUTH"
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    EOD = "EOD"  # after the dot that ends the data
    DROP = "DROP"  # the connection is closed after the dot
    SILENT = "SILENT"  # the connection is closed at once
    REFUSED = "REFUSED"  # nobody listens
    NO_DOMAIN = "NO_DOMAIN"  # DNS knows no such name
    NO_HOST = "NO_HOST"  # there is an MX record, but its host has no address
    NULL_MX = "NULL_MX"  # RFC 7505
    NO_TLS = "NO_TLS"  # TLS is required here and not offered there
    ACCEPT = "ACCEPT"
    LOCAL = "LOCAL"  # the server's own mailboxes and programs; nobody else is asked


#: The classes that the project is for. They get twice their share.
FAVOURED: Final = frozenset(
    {Category.SENDER_CREDENTIALS, Category.SENDER_AUTHENTICATION, Category.RECIPIENT_POLICY}
)


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply as it goes over the wire, and the entry that it was made from."""

    lines: tuple[str, ...]  # each with its code, without line ends
    code: str
    status: str  # the enhanced code in the words, or ""
    words: tuple[str, ...]  # the lines without the codes
    reason: str
    split: str = "train"
    entry: str = ""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One mail to a domain of its own, whose mail server has an address of its own."""

    name: str
    stage: Stage
    sender: str
    recipients: tuple[str, ...]
    answers: tuple[Answer | None, ...]  # to each recipient; None: taken
    domain: str
    host: str
    ip: str
    login: bool = False  # the server under test logs in there, with a stale password
    secure: bool = False  # it insists on TLS
    enhanced: bool = True  # the other side offers ENHANCEDSTATUSCODES
    notify: bool = False  # a report of success is asked for
    reason: str = ""  # of one without an answer: what an expert sees in it

    def answer_to(self, recipient: str) -> Answer | None:
        """What the scenario has for this recipient."""
        wanted = recipient.lower()
        for own, answer in zip(self.recipients, self.answers, strict=True):
            if own.lower() == wanted:
                return answer
        return self.answers[0]

    @property
    def failing(self) -> frozenset[str]:
        """The recipients that a final report has to come for."""
        if self.stage is Stage.ACCEPT:
            return frozenset(self.recipients) if self.notify else frozenset()
        if self.stage is Stage.RCPT:
            pairs = zip(self.recipients, self.answers, strict=True)
            return frozenset(recipient for recipient, answer in pairs if answer)
        return frozenset(self.recipients)

    @property
    def lasting(self) -> bool:
        """Whether a server tries again, as far as it can be known."""
        if self.stage in (Stage.NO_DOMAIN, Stage.NULL_MX, Stage.ACCEPT):
            return False
        return any(not answer or answer.code.startswith("4") for answer in self.answers)


def read_catalogue(folder: Path) -> list[Entry]:
    """Every entry of the `.toml` files in `folder`, each text of a provider once."""
    entries: dict[str, Entry] = {}
    for path in sorted(folder.glob("*.toml")):
        tables = tomllib.loads(path.read_text(encoding="utf-8")).get("reply", [])
        for table in tables:
            entry = msgspec.convert(table, Entry)
            entries.setdefault(entry.key, entry)
    return list(entries.values())


_HEAD: Final = re.compile(
    r"(?:(?P<code>[45]\d\d)(?:[ -]+|$))?(?:#?(?P<status>[45]\.\d{1,3}\.\d{1,3})(?:[ :-]+|$))?"
)


def is_sendable(entry: Entry) -> bool:
    """Whether a server on the network can say this in SMTP."""
    if entry.hop is Hop.LOCAL or entry.reason is Reason.EXPIRED:
        return False
    head = _HEAD.match(entry.text)
    return bool(head and (head["code"] or head["status"]))


_END_OF_DATA: Final = (
    Reason.SPF_FAILED,
    Reason.DKIM_FAILED,
    Reason.DMARC_FAILED,
    Reason.UNAUTHENTICATED,
    Reason.TRANSPORT_RULE,
)
_USUAL: Final[Mapping[Reason, tuple[Stage, ...]]] = {
    Reason.BAD_CREDENTIALS: (Stage.AUTH,),
    Reason.LOGIN_BLOCKED: (Stage.AUTH,),
    Reason.AUTHENTICATION_REQUIRED: (Stage.MAIL,),
    Reason.SENDER_NOT_PERMITTED: (Stage.MAIL, Stage.MAIL, Stage.EOD),
    Reason.SENDER_DOMAIN_INVALID: (Stage.MAIL,),
    Reason.SENDING_SUSPENDED: (Stage.MAIL, Stage.EOD),
    Reason.SENDER_BLOCKED: (Stage.RCPT, Stage.MAIL),
    Reason.POLICY_REJECTED: (Stage.EOD, Stage.RCPT),
    Reason.REVERSE_DNS_FAILED: (Stage.RCPT, Stage.CONN, Stage.MAIL),
    Reason.IP_BLOCKLISTED: (Stage.CONN, Stage.RCPT),
    Reason.POOR_REPUTATION: (Stage.RCPT, Stage.EOD, Stage.MAIL, Stage.CONN),
    Reason.TOO_MANY_CONNECTIONS: (Stage.CONN, Stage.RCPT),
    Reason.RATE_LIMITED: (Stage.RCPT, Stage.MAIL, Stage.EOD),
    Reason.MESSAGE_TOO_LARGE: (Stage.EOD, Stage.MAIL),
    Reason.SYSTEM_ERROR: (Stage.RCPT, Stage.EOD, Stage.DATA),
    Reason.SYSTEM_FULL: (Stage.MAIL, Stage.EOD),
    Reason.PROTOCOL_ERROR: (Stage.MAIL, Stage.RCPT, Stage.DATA),
    Reason.ROUTING_LOOP: (Stage.EOD,),
    Reason.TLS_FAILURE: (Stage.STARTTLS, Stage.MAIL),
}


def stage_of(entry: Entry) -> Stage:
    """Where the entry is said: its command, else where such replies usually stand."""
    number = int(entry.key, 16)
    if entry.command == "DATA":
        return Stage.DATA if number % 6 == 0 else Stage.EOD
    if entry.command:
        return Stage(entry.command)
    if entry.reason is Reason.TLS_FAILURE and "starttls" in entry.text.lower():
        return Stage.MAIL  # "Must issue a STARTTLS command first"
    if entry.reason in _END_OF_DATA or MEANING[entry.reason].category is Category.CONTENT:
        usual = _USUAL.get(entry.reason, (Stage.EOD,))
    else:
        usual = _USUAL.get(entry.reason, (Stage.RCPT,))
    return usual[number % len(usual)]


_UNSEEN: Final = 8  # mails that only say that something failed


def choose(
    entries: Iterable[Entry],
    count: int,
    taken: Counter[str],
    hidden: frozenset[Stage] = frozenset(),
    forgets: bool = False,
    categories: frozenset[Category] = frozenset(),
) -> list[Entry]:
    """About `count` entries for the next server, those first that the servers before had least.

    Each category has its share; `categories` keeps to some. `taken` counts uses, and is brought up
    to date. Of what the server never shows (`hidden` stages; with `forgets`, what it is told for
    now) a few of each are enough, and count as no use.
    """
    rings: dict[Category, list[Entry]] = defaultdict(list)
    unseen: dict[bool, list[Entry]] = {True: [], False: []}
    for entry in filter(is_sendable, entries):
        category = MEANING[entry.reason].category
        untold = stage_of(entry) in hidden
        if categories and category not in categories:
            continue
        if untold or (forgets and entry.text.startswith("4")):
            unseen[untold].append(entry)
        else:
            rings[category].append(entry)

    def first(ring: Iterable[Entry]) -> list[Entry]:
        return sorted(ring, key=lambda entry: (taken[entry.key], entry.key))

    few = min(_UNSEEN, count // 16)
    chosen = [entry for ring in unseen.values() for entry in first(ring)[:few]]
    left = count - len(chosen)
    weights = {name: len(ring) * (2 if name in FAVOURED else 1) for name, ring in rings.items()}
    whole = sum(weights.values())
    for name, ring in sorted(rings.items()):
        quota = -(-left * weights[name] // whole)
        told = first(ring)[:quota]
        taken.update(entry.key for entry in told)
        chosen += told
    return sorted(chosen, key=lambda entry: entry.key)


_LONGEST: Final = 300  # RFC 5321 allows 512 octets a line, and the reply's letters may take three


def cut(code: str, status: str, words: str, seed: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """A reply as lines with their codes, and the same lines without.

    Long ones always have several lines, of the others one in four. The enhanced code is repeated
    in each line, as most servers do, or stands in the first only. The words joined by a blank are
    those that came in.
    """
    chance = random.Random(f"cut {seed}")  # noqa: S311 - the same at every run
    parts = words.split()
    several = len(words) > _LONGEST or (len(parts) > 7 and chance.random() < 0.25)
    pieces = [words]
    if several:
        width = chance.choice((60, 75, 100, 200))
        pieces, line = [], ""
        for part in parts:
            if line and len(line) + len(part) >= width:
                pieces.append(line)
                line = ""
            line = f"{line} {part}" if line else part
        pieces.append(line)
    everywhere = chance.random() < 0.75
    lines = []
    for number, piece in enumerate(pieces):
        mark = " " if number == len(pieces) - 1 else "-"
        own = f"{status} " if status and (everywhere or number == 0) else ""
        lines.append(
            f"{code}{mark}{own}{piece}".rstrip() if mark == " " else f"{code}-{own}{piece}"
        )
    return tuple(lines), tuple(pieces)


_SLOT: Final = re.compile(r"\{(\w+)\}")
_HOSTS: Final = ("mx1", "mail", "inbound", "mx-a", "gw", "smtp")


def _list(words: str) -> tuple[str, ...]:
    return tuple(words.split())


_FIRST: Final = _list(
    "copper granite amber basalt cobalt flint garnet indigo jasper krypton lapis marble nickel "
    "onyx pewter quartz ruby slate topaz umber vellum willow xenon zircon birch cedar maple alder"
)
_SECOND: Final = _list(
    "harbor foundry clinic press works freight museum dairy optics garden school studio library "
    "parish bakery rowing theatre textiles archive cycles joinery vineyard transport surveyors"
)
_NAMES: Final = _list(
    "abby bruno carla denis edith felix gwen hugo irma jaro kiki liam maud nora otis petra quincy "
    "ralph sonja timur ursula viggo wilma xander yvonne zelda"
)
_SURNAMES: Final = _list(
    "lopez nilsen park quist rossi stone tanaka ude varga weiss young zeller adler brandt conti "
    "dubois egger fischer grant hansen iversen jansen keller lund meyer novak"
)
_DESKS: Final = _list(
    "info office sales orders accounts hello team support press billing reception service"
)
_SENDER_DOMAINS: Final = ("example.com", "example.org", "example.net")


class _People:
    """Names that nobody else in the run of one server has: a mail is known by its sender."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._taken: set[str] = set()

    def take(self, seed: str, make: Callable[[random.Random], str]) -> str:
        """A name by `make` that is still free; the same for the same seed, bar a rare clash."""
        chance = random.Random(f"{self._server} {seed}")  # noqa: S311 - the same at every run
        while True:
            name = make(chance)
            if name not in self._taken:
                self._taken.add(name)
                return name


def _a_sender(chance: random.Random) -> str:
    person = f"{chance.choice(_NAMES)}.{chance.choice(_SURNAMES)}"
    return f"{person}@{chance.choice(_SENDER_DOMAINS)}"


def _a_domain(chance: random.Random) -> str:
    name = f"{chance.choice(_FIRST)}-{chance.choice(_SECOND)}"
    return chance.choice((f"{name}.test", f"{name}.test", f"mail.{name}.test", f"{name}.example"))


def _a_recipient(chance: random.Random, domain: str) -> str:
    person = f"{chance.choice(_NAMES)}.{chance.choice(_SURNAMES)}"
    return f"{chance.choice((person, person, chance.choice(_DESKS)))}@{domain}"


def _answer(entry: Entry, sender: str, recipient: str, host: str, server: str) -> Answer:
    """The entry's text with its slots filled, as this server hears it."""
    key = entry.key
    chance = random.Random(f"slots {server} {key}")  # noqa: S311 - the same at every run
    ip = chance.choice(("192.0.2.77", "198.51.100.24", "203.0.113.9", "192.0.2.145"))
    domain = sender.partition("@")[2]
    values = {
        "recipient": recipient,
        "sender": sender,
        "ip": ip,
        "domain": domain
        if MEANING[entry.reason].category in FAVOURED
        else recipient.partition("@")[2],
        "recipient_domain": recipient.partition("@")[2],
        "sender_domain": domain,
        "host": host,
        "user": recipient.partition("@")[0],
        "queue_id": f"{chance.randrange(16**11):011X}",
        "number": str(chance.randrange(10, 10**6)),
        "date": f"2026-11-{chance.randrange(1, 29):02d}",
        "url": f"https://www.{recipient.partition('@')[2]}/help?id={chance.randrange(10**6)}",
    }
    text = " ".join(_SLOT.sub(lambda slot: values[slot.group(1)], entry.text).split())
    head = _HEAD.match(text)
    assert head  # noqa: S101 - only sendable entries come here
    status = head["status"] or ""
    code = head["code"] or ("451" if status.startswith("4") else "550")
    lines, words = cut(code, status, text[head.end() :], f"{server} {key}")
    return Answer(lines, code, status, words, entry.reason.value, entry.split.value, key)


def _needs_login(entry: Entry, stage: Stage) -> bool:
    return stage is Stage.AUTH or (
        entry.hop in (Hop.SUBMISSION, Hop.RELAY)
        and entry.reason is not Reason.AUTHENTICATION_REQUIRED
    )


#: Trouble that no server tells us about: where, how many mails, what an expert sees in it.
_NATURAL: Final[tuple[tuple[Stage, int, Reason], ...]] = (
    (Stage.REFUSED, 3, Reason.NETWORK_FAILURE),
    (Stage.NO_DOMAIN, 3, Reason.DOMAIN_UNKNOWN),
    (Stage.NO_HOST, 2, Reason.DNS_FAILURE),
    (Stage.NULL_MX, 3, Reason.DOMAIN_NOT_ACCEPTING),
    (Stage.DROP, 3, Reason.NETWORK_FAILURE),
    (Stage.SILENT, 2, Reason.NETWORK_FAILURE),
    (Stage.NO_TLS, 3, Reason.TLS_FAILURE),
)


def make_scenarios(
    chosen: Sequence[Entry], server: str, turn: int, *, several: int = 16, success: int = 0
) -> list[Scenario]:
    """All scenarios of a server, in the order of their names.

    Each of `chosen` gets a mail; `several` mails have two or three recipients, each with an answer
    of its own; then the natural ones, and `success` mails that arrive.
    """
    maker = _Maker(server, turn)
    for entry in chosen:
        stage = stage_of(entry)
        maker.add(
            f"{entry.reason.value}-{entry.key}",
            stage,
            entries=[entry],
            login=_needs_login(entry, stage),
            secure=stage is Stage.STARTTLS,
        )
    # Their order is another one than that of the keys, so that unlike ones come together.
    apart = [entry for entry in chosen if stage_of(entry) is Stage.RCPT]
    apart = sorted(apart, key=lambda entry: entry.key[::-1])
    for number in range(several if len(apart) > 3 else 0):
        first = apart[number * 2 % len(apart)]
        second = apart[(number * 2 + 1) % len(apart)]
        # The third recipient of some is taken, and no report may name it.
        many = 3 if number % 3 == 0 else 2
        name = f"several-{first.key}-{number}"
        maker.add(name, Stage.RCPT, many, entries=[first, second])
    for stage, times, reason in _NATURAL:
        for number in range(1, times + 1):
            name = f"{stage.lower().replace('_', '-')}-{number}"
            many = 2 if number == 3 and stage is Stage.REFUSED else 1
            secure = stage is Stage.NO_TLS
            maker.add(name, stage, many, secure=secure, reason=reason.value)
    for number in range(1, success + 1):
        many = 2 if number % 3 == 0 else 1
        maker.add(f"success-{number}", Stage.ACCEPT, many, notify=True)
    return sorted(maker.made, key=lambda scenario: scenario.name)


class _Maker:
    """Gives scenarios their names and addresses."""

    def __init__(self, server: str, turn: int) -> None:
        self._server, self._turn = server, turn
        self._people = _People(server)
        self.made: list[Scenario] = []

    def add(
        self,
        name: str,
        stage: Stage,
        many: int = 1,
        *,
        entries: Sequence[Entry] = (),
        login: bool = False,
        secure: bool = False,
        notify: bool = False,
        reason: str = "",
    ) -> None:
        """Make a scenario with `many` recipients; the first ones are answered by `entries`."""
        domain = self._people.take(f"domain {name}", _a_domain)
        chance = random.Random(f"{self._server} scenario {name}")  # noqa: S311 - made-up names
        host = f"{chance.choice(_HOSTS)}.{domain}"
        sender = self._people.take(f"sender {name}", _a_sender)
        recipients = tuple(
            self._people.take(f"recipient {name} {at}", lambda own: _a_recipient(own, domain))
            for at in range(many)
        )
        answers: list[Answer | None] = [None] * many
        for at, entry in enumerate(entries):
            answers[at] = _answer(entry, sender, recipients[at], host, self._server)
        number = len(self.made)
        self.made.append(
            Scenario(
                name=name,
                stage=stage,
                sender=sender,
                recipients=recipients,
                answers=tuple(answers),
                domain=domain,
                host=host,
                ip=f"127.{20 + self._turn}.{number // 250}.{number % 250 + 1}",
                login=login,
                secure=secure,
                enhanced=chance.random() < 2 / 3,
                notify=notify,
                reason=reason,
            )
        )
