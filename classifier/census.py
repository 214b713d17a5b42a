"""The census of a run: all that is held of its records, in bounded memory.

Names, wordings and verdicts are counted up to a limit each. What is held is exact; what found no
room any more is known to be missing, so that nobody takes it for zero.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Final

from classifier.model.seen import reply_key
from classifier.novelty import UNKNOWN, in_dispute
from classifier.reasons import Kind, Reason
from classifier.records import Broken, Record
from classifier.terminal import neutral

__all__ = ["KINDS", "AtProvider", "Census", "Given", "Names", "Said", "Wording", "host_domain"]

_MOST_TEMPLATES: Final = 50_000  # some 30 MiB
_MOST_VERDICTS: Final = 100_000  # of these, by codes and reasons
_MOST_NAMES: Final = 20_000  # of one kind
_KEPT: Final = 160  # characters of an example
_NAME: Final = 120  # characters of a name


class Names:
    """Counts by name of which only so many are held; what is held is exact."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.full = False

    def add(self, name: str) -> None:
        """Count one more of `name`."""
        name = name[:_NAME]
        if name in self.counts or len(self.counts) < _MOST_NAMES:
            self.counts[name] += 1
        else:
            self.full = True


class Given:
    """How often one reason was given, by whom and to which reply the first time."""

    __slots__ = ("by", "count", "example")

    def __init__(self, by: str, example: str) -> None:
        self.count, self.by, self.example = 0, by, example


#: Reply code, status, command.
Said = tuple[str | None, str | None, str | None]


class Wording:
    """One template: a reply of it, how often it was said, and the reasons given."""

    __slots__ = ("count", "example", "given", "provider")

    def __init__(self, example: str, provider: str) -> None:
        self.example, self.provider, self.count = example, provider, 0
        self.given: dict[Said, dict[str, Given]] = {}

    def main_reason(self) -> str:
        """The reason that was given most often, whatever the codes."""
        counts: Counter[str] = Counter()
        for reasons in self.given.values():
            counts.update({reason: given.count for reason, given in reasons.items()})
        return min(counts, key=lambda reason: (-counts[reason], reason))


class AtProvider:
    """The failures at one provider; `confidence` is the sum of theirs."""

    __slots__ = ("abstained", "confidence", "disputed", "failures")

    def __init__(self) -> None:
        self.failures = self.abstained = self.disputed = 0
        self.confidence = 0.0


#: What has shares among all failures, in the order it is told.
KINDS: Final = ("category", "reason", "provider", "remote domain", "decided by", "verdict")


class Census:
    """What is held of a run while it is read."""

    def __init__(self, results: Iterable[Record | Broken]) -> None:
        self.records = self.errors = self.failures = self.abstained = self.disputed = 0
        self.broken = self.unheld = self.cells = 0
        self.first_broken: Broken | None = None
        self.names = {kind: Names() for kind in KINDS}
        self.providers: dict[str, AtProvider] = {}
        self.wordings: dict[int, Wording] = {}
        for result in results:
            if isinstance(result, Broken):
                self.broken += 1
                self.first_broken = self.first_broken or result
            else:
                self.records += 1
                self.errors += result.kind == Kind.ERROR
                if result.category:
                    self._add(result)

    def _add(self, record: Record) -> None:
        self.failures += 1
        provider = (record.provider or UNKNOWN)[:_NAME]
        reason = (record.reason or Reason.UNDETERMINED)[:_NAME]
        abstained, disputed = reason == Reason.UNDETERMINED, in_dispute(record.evidence)
        self.abstained += abstained
        self.disputed += disputed
        self.names["category"].add(record.category or "")
        self.names["reason"].add(reason)
        self.names["provider"].add(provider)
        self.names["remote domain"].add(host_domain(record.remote_mta))
        self.names["decided by"].add((record.decided_by or "none").partition(":")[0])
        if disputed:
            self.names["verdict"].add("in dispute")
        if provider in self.providers or len(self.providers) < _MOST_NAMES:
            at = self.providers.setdefault(provider, AtProvider())
            at.failures += 1
            at.abstained += abstained
            at.disputed += disputed
            at.confidence += record.confidence or 0.0
        if record.diagnostic_code:
            self._add_wording(record, record.diagnostic_code, provider, reason)

    def _add_wording(self, record: Record, reply: str, provider: str, reason: str) -> None:
        # CSV holds no control characters; without them JSON lines give the same keys.
        reply = neutral(reply)
        key = reply_key(reply)
        if key is None:
            return
        wording = self.wordings.get(key)
        if wording is None:
            if len(self.wordings) >= _MOST_TEMPLATES:
                self.unheld += 1
                return
            wording = self.wordings[key] = Wording(reply[:_KEPT], provider)
        wording.count += 1
        said = (_clip(record.reply_code), _clip(record.status), _clip(record.smtp_command))
        reasons = wording.given.get(said)
        if reasons is None or reason not in reasons:
            if self.cells >= _MOST_VERDICTS and wording.given:
                return
            self.cells += 1
            reasons = wording.given.setdefault(said, {})
            reasons[reason] = Given((record.decided_by or "none")[:_NAME], reply[:_KEPT])
        reasons[reason].count += 1


def _clip(field: str | None) -> str | None:
    return field[:20] if field else None


_HOST: Final = re.compile(r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63}){1,9}")
# The second label of a country's names that says no owner: example.co.uk, example.com.br
_SHARED: Final = frozenset({"ac", "co", "com", "edu", "gov", "ne", "net", "or", "org"})


def host_domain(host: str | None) -> str:
    """The domain that a host belongs to: its last two labels, three below `co.uk` and the like."""
    host = (host or "").lower().rstrip(".")
    if not host:
        return "(none named)"
    if not _HOST.fullmatch(host):
        return "(no name of a host)"
    labels = host.split(".")
    if labels[-1].isdigit():
        return "(an IP address)"
    three = len(labels[-1]) == 2 and labels[-2] in _SHARED
    return ".".join(labels[-3:] if three else labels[-2:])
