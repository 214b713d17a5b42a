"""From the catalogue to mails and labels."""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from classifier.model.corpus import Entry
from classifier.reasons import MEANING, Category, Permanence
from corpora.labels import LabelRow, entry_key, quote_mail, write_labels, write_packed
from corpora.services.catalogue import weigh
from corpora.services.story import Failure, Service, Story, tell

__all__ = ["Mail", "choose", "label", "make_mails", "size", "write_corpus"]

_CORPUS: Final = '''# What this corpus is; corpora/README.md says more.
name       = "whybounce service notices"
version    = "2026.11"
licence    = "MIT"
made       = """
Bounces in the form of services that cannot be run in a laboratory, built by corpora/services \\
from the replies of corpora/replies. Structures are facts of the documents that each builder \\
names; names, addresses and returned messages are made up. Written by \\
`python -m corpora.services`.\\
"""
provenance = "synthetic"
vocabulary = "2026.11"
'''


_WRITTEN: Final = 0.6  # what nobody's server said comes later
_EACH: Final = 1.2  # mails for one entry that can be told
_MOST: Final = 5500  # mails


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail and what it tells."""

    story: Story
    raw: bytes


def size(services: Sequence[Service], entries: Sequence[Entry]) -> float:
    """How many times its plain share of mails a service writes, for a catalogue of this size."""
    able = sum(any(service.takes(entry) for service in services) for entry in entries)
    total = sum(service.mails for service in services)
    return max(1.0, min(able * _EACH, _MOST) / total)


def choose(
    service: Service, entries: Sequence[Entry], used: Counter[str], factor: float = 1.0
) -> list[list[Entry]]:
    """What each mail of `service` tells of, the first recipient's entry first.

    Every category has its share, by weight and by the root of how many entries it has; within
    one, those that were used least so far come first. Which these are hangs on the names of
    service and entry alone, so that a catalogue that grows changes little.
    """
    able: dict[Category, list[Entry]] = {}
    for entry in entries:
        if service.takes(entry):
            able.setdefault(MEANING[entry.reason].category, []).append(entry)

    def rank(entry: Entry) -> tuple[float, str]:
        key = entry_key(entry)
        chance = int(hashlib.sha256(f"{service.name}/{key}".encode()).hexdigest()[:8], 16) / 2**32
        later = (used[key] + chance) / (_WRITTEN if entry.provider == "written" else 1.0)
        return later * math.sqrt(reasons[entry.reason]), key  # a rare reason comes early

    reasons = Counter(entry.reason for of in able.values() for entry in of)
    size = sum(map(len, able.values()))
    # What can tell of few entries only would repeat itself.
    count = min(round(service.mails * factor), max(service.mails, size))
    shares = {category: weigh(category) * math.sqrt(len(of)) for category, of in able.items()}
    taken = dict.fromkeys(able, 0)
    ranked = {category: sorted(of, key=rank) for category, of in able.items()}
    chosen: list[Entry] = []
    while able and len(chosen) < count:
        category = min(able, key=lambda each: ((taken[each] + 0.5) / shares[each], each))
        entry = ranked[category][taken[category] % len(ranked[category])]
        taken[category] += 1
        used[entry_key(entry)] += 1
        chosen.append(entry)
    every = [entry for of in able.values() for entry in of]
    return [_accompany(service, first, every) for first in chosen]


def _accompany(service: Service, first: Entry, able: Sequence[Entry]) -> list[Entry]:
    """`first`, and in one of six mails that can, what met other recipients of the same mail."""
    digest = hashlib.sha256(f"more {service.name}/{entry_key(first)}".encode()).digest()
    if service.recipients < 2 or digest[0] >= 43:
        return [first]
    count = 1 + digest[1] % (service.recipients - 1)
    if service.relays(first):  # the relay refuses the mail, whoever it is for
        return [first] * (1 + count)
    others = [
        entry
        for entry in able
        if entry.split == first.split and not service.relays(entry) and entry is not first
    ]
    start = int.from_bytes(digest[2:6], "big")
    return [first, *(others[(start + 7919 * n) % len(others)] for n in range(count) if others)]


def make_mails(
    service: Service, entries: Sequence[Entry], used: Counter[str], factor: float = 1.0
) -> list[Mail]:
    """All mails of `service`."""
    mails = []
    for number, told in enumerate(choose(service, entries, used, factor)):
        story = tell(service, number, told)
        mails.append(Mail(story, service.build(story)))
    return mails


def label(service: Service, origin: str, story: Story) -> list[LabelRow]:
    """One row for each recipient that was not reached."""
    return [_label_one(service, origin, story, failure) for failure in story.failures]


def _label_one(service: Service, origin: str, story: Story, failure: Failure) -> LabelRow:
    permanence = failure.entry.permanence
    if story.delay:
        permanence = Permanence.TRANSIENT
    elif failure.expired:
        permanence = Permanence.PERMANENT
    key = entry_key(failure.entry)
    code, status = service.shows(failure)
    return LabelRow(
        origin=origin,
        recipient=failure.recipient,
        kind=story.kind,
        reason=failure.entry.reason.value,
        permanence=permanence.value,
        reply_code=code,
        status=status,
        group=key,
        split=failure.entry.split.value,
        entry=key,
    )


def write_corpus(
    folder: Path, services: Sequence[Service], entries: Sequence[Entry]
) -> Counter[str]:
    """Write everything under `folder`; return the number of mails of each service."""
    used: Counter[str] = Counter()
    rows: list[LabelRow] = []
    counts: Counter[str] = Counter()
    factor = size(services, entries)
    for service in services:
        mails = make_mails(service, entries, used, factor)
        counts[service.name] = len(mails)
        name = f"messages/{service.name}" + (".jsonl" if service.json else ".mbox.xz")
        if service.json:
            content = b"".join(_compact(mail.raw) for mail in mails)
        else:
            content = b"".join(quote_mail(mail.raw) for mail in mails)
        write_packed(folder / name, content)
        for number, mail in enumerate(mails):
            rows += label(service, f"{name}#{number}", mail.story)
    write_labels(folder / "labels.csv", rows)
    (folder / "corpus.toml").write_text(_CORPUS, encoding="utf-8")
    return counts


def _compact(raw: bytes) -> bytes:
    return json.dumps(json.loads(raw), ensure_ascii=False).encode("utf-8") + b"\n"
