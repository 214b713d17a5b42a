"""The corpus: labelled replies to learn from, out of `corpora/replies` and the shipped rules.

Both are read the way a mail is: as evidence, through the same features.
"""

from __future__ import annotations

import hashlib
import random
import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from classifier.errors import OperatorError
from classifier.evidence import Evidence, Hop, weigh_text
from classifier.judge import compete, judge, settle, undecided
from classifier.model.features import Features, read_features
from classifier.reasons import Permanence, Reason
from classifier.rules.engine import RuleSet
from classifier.rules.rule import Layer

__all__ = [
    "NOBODY",
    "Entry",
    "Sample",
    "Split",
    "check_slots",
    "cluster",
    "digest",
    "fill_slots",
    "make_sample",
    "read_entries",
    "read_replies",
    "read_rules",
    "templates",
    "unique",
    "weigh_entry",
]

#: Providers that are no provider.
NOBODY: Final = ("written", "various")
_SLOT: Final = re.compile(r"\{(\w+)\}")


class Split(StrEnum):
    """What an entry serves for: to learn from, or to be judged by who has not seen it."""

    TRAIN = "train"
    TEST = "test"


Command = Literal["CONN", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA"]


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One `[[reply]]` of a file of the corpus; `corpora/README.md` says what each key means."""

    text: str
    provider: str
    reason: Reason
    permanence: Permanence
    source: str
    hop: Hop | None = None
    command: Command | None = None
    language: str = "en"
    ambiguous: tuple[Reason, ...] = ()
    split: Split = Split.TRAIN

    @property
    def key(self) -> str:
        """The entry's name in the labels of mails; the same as long as provider and text are."""
        return hashlib.sha256(f"{self.provider}|{self.text}".encode()).hexdigest()[:10]


class Sample(msgspec.Struct, frozen=True):
    """What is learned from: features, their reason, whose words they are ("" where nobody's).

    `open` tells whether codes and circumstances leave the reason open. Where they do not, a rule
    decides whatever the words are, and a model is never asked. `left` tells whether no rule
    decides at all. `others` are reasons that are as right, `language` that of the words ("" where
    nobody says). `taught` marks the proofs of rules, which are learned from, but tell nothing of
    strangers' words.
    """

    features: Features
    reason: Reason
    provider: str
    open: bool
    left: bool
    others: tuple[Reason, ...] = ()
    language: str = ""
    taught: bool = False


def make_sample(
    evidence: Evidence,
    reason: Reason,
    provider: str,
    rules: RuleSet,
    others: tuple[Reason, ...] = (),
    language: str = "",
    taught: bool = False,
) -> Sample:
    """What there is to learn from one labelled failure; see `Sample`."""
    wordless = msgspec.structs.replace(evidence, folded="", wrapper="", notice="")
    competition = compete(evidence, rules)
    left = undecided(settle(evidence, competition))
    is_open = undecided(judge(wordless, rules))
    features = read_features(evidence, competition.hits)
    return Sample(features, reason, provider, is_open, left, others, language, taught)


def read_replies(folder: Path, rules: RuleSet) -> list[Sample]:
    """The samples of every `.toml` file in `folder`, in the order of names and entries.

    Entries that are held apart count, too: they are kept from whoever writes rules, and the folds
    of `classifier.model.evaluate` keep each from the model that judges it.

    Raises `OperatorError` with every fault of the folder.
    """
    paths = sorted(path for path in folder.glob("*.toml") if path.name != "corpus.toml")
    if not paths:
        raise OperatorError(str(folder), ["holds no .toml file"], "Name a folder of replies.")
    faults: list[str] = []
    samples = []
    for path in paths:
        entries, wrong = read_entries(path)
        faults += wrong
        samples += [
            _read_entry(entry, f"{path.name}, reply {number}", rules) for number, entry in entries
        ]
    if faults:
        raise OperatorError(str(folder), faults, "Nothing was trained; mend these first.")
    return samples


def read_entries(path: Path) -> tuple[list[tuple[int, Entry]], list[str]]:
    """The replies of one file with their numbers, from 1, and what is wrong with the others."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8")).get("reply", [])
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        return [], [f"{path.name} cannot be read: {error}"]
    entries = []
    faults = [] if tables else [f"{path.name} holds no [[reply]]"]
    for number, table in enumerate(tables, 1):
        try:
            entry = msgspec.convert(table, Entry)
            check_slots(entry.text)
        except msgspec.ValidationError as error:
            faults.append(f"{path.name}, reply {number}: {error}")
            continue
        if entry.reason in entry.ambiguous:
            faults.append(f"{path.name}, reply {number}: ambiguous names its reason again")
        else:
            entries.append((number, entry))
    return entries, faults


def _read_entry(entry: Entry, seed: str, rules: RuleSet) -> Sample:
    provider = "" if entry.provider in NOBODY else entry.provider
    evidence = weigh_entry(entry, seed)
    return make_sample(evidence, entry.reason, provider, rules, entry.ambiguous, entry.language)


def weigh_entry(entry: Entry, seed: str) -> Evidence:
    """The evidence that an entry gives, its slots filled with made-up values, alike by `seed`."""
    known: dict[str, Any] = {"command": entry.command} if entry.command else {}
    if entry.hop:
        known["hop"] = entry.hop
    return weigh_text(fill_slots(entry.text, seed), **known)


def fill_slots(text: str, seed: str) -> str:
    """`text` with made-up values in its slots, the same for the same `seed`."""
    chance = random.Random(seed)  # noqa: S311 - made-up names
    return _SLOT.sub(lambda slot: _MAKERS[slot.group(1)](chance), text)


def check_slots(text: str) -> None:
    """Raises `msgspec.ValidationError` for a slot that nobody can fill."""
    for name in _SLOT.findall(text):
        if name not in _MAKERS:
            raise msgspec.ValidationError(f"unknown slot {{{name}}}")


_NAMES: Final = (
    "anna",
    "j.smith",
    "info",
    "o'neill",
    "sales+eu",
    "m_kowalski",
    "tanaka",
    "no-reply",
)
_DOMAINS: Final = ("example.org", "shop.example.com", "example.net", "mail.example", "uni.test")


def _domain(chance: random.Random) -> str:
    return chance.choice(_DOMAINS)


def _address(chance: random.Random) -> str:
    return f"{chance.choice(_NAMES)}@{_domain(chance)}"


def _ip(chance: random.Random) -> str:
    if chance.random() < 0.1:
        return f"2001:db8:{chance.randrange(1, 0xFFFF):x}::{chance.randrange(1, 0xFFFF):x}"
    return f"{chance.choice(('192.0.2', '198.51.100', '203.0.113'))}.{chance.randrange(1, 255)}"


#: What a slot is filled with.
_MAKERS: Final[Mapping[str, Callable[[random.Random], str]]] = {
    "ip": _ip,
    "recipient": _address,
    "sender": _address,
    "user": lambda chance: chance.choice(_NAMES),
    "domain": _domain,
    "recipient_domain": _domain,
    "sender_domain": _domain,
    "queue_id": lambda chance: f"{chance.randrange(16**11):011X}",
    "number": lambda chance: str(chance.randrange(10, 10**6)),
    "date": lambda chance: f"2026-11-{chance.randrange(1, 29):02d}",
    "host": lambda chance: f"mx{chance.randrange(1, 9)}.{_domain(chance)}",
    "url": lambda chance: f"https://www.{_domain(chance)}/help?id={chance.randrange(10**6)}",
}


def read_rules(rules: RuleSet) -> list[Sample]:
    """The replies that rules prove themselves on.

    Only of rules that decide by their words, wherever they are said: what a code means, or what
    words mean at one provider alone, must not be learned from the words.
    """
    samples = []
    for rule in rules.rules:
        if not rule.decides or not rule.says or rule.here:
            continue
        provider = rule.owner if rule.layer is Layer.PROVIDER else ""
        for example in rule.hits:
            evidence = example.evidence()
            if evidence.folded:
                samples.append(make_sample(evidence, rule.reason, provider, rules, taught=True))
    return samples


def unique(samples: Iterable[Sample]) -> list[Sample]:
    """Each reply once, as the model sees it, with every reason that it has."""
    first: dict[tuple[Features, Reason], Sample] = {}
    for sample in samples:
        first.setdefault((sample.features, sample.reason), sample)
    return list(first.values())


def digest(samples: Sequence[Sample]) -> str:
    """The SHA-256 of what is learned, whatever the order."""
    lines = sorted(f"{s.features.text}\t{' '.join(s.features.tokens)}\t{s.reason}" for s in samples)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


_ALIKE: Final = 0.7  # Jaccard index of words and pairs of words


def templates(samples: Sequence[Sample]) -> list[int]:
    """For each sample the number of its template, which is that of the first sample in it."""
    return cluster([sample.features.text for sample in samples])


def cluster(texts: Sequence[str]) -> list[int]:
    """For each masked text the number of its template, which is that of the first text in it.

    Texts of one template are near duplicates; near is also who is near to one that is near.
    """
    sets = []
    for text in texts:
        words = text.split()
        sets.append(frozenset(words) | frozenset(pairwise(words)))
    parents = list(range(len(texts)))

    def root(number: int) -> int:
        while parents[number] != number:
            parents[number] = parents[parents[number]]
            number = parents[number]
        return number

    holders: dict[object, list[int]] = defaultdict(list)
    for number, own in enumerate(sets):
        shared = Counter(other for part in own for other in holders[part])
        for other, count in shared.items():
            if count >= _ALIKE * (len(own) + len(sets[other]) - count):
                one, two = root(number), root(other)
                parents[max(one, two)] = min(one, two)
        for part in own:
            holders[part].append(number)
    return [root(number) for number in range(len(texts))]
