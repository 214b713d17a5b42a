"""What a run met that it was not made for: wordings never seen, abstentions, disagreements.

Counted by provider, for the end of what people read, since that is where a provider that has
changed its words shows first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from classifier.model.seen import Seen, reply_key
from classifier.reasons import Reason
from classifier.rows import Row
from classifier.terminal import clip, neutral

__all__ = ["UNKNOWN", "Novelty", "in_dispute"]

#: What stands for the provider where nobody is known to have said the words.
UNKNOWN: Final = "unknown"

_DISPUTE: Final = "against: model"  # as the judge begins it
_MOST_TEMPLATES: Final = 10_000  # whose numbers and examples are held
_MOST_PROVIDERS: Final = 6  # that get a line
_KEPT: Final = 200  # characters of an example
_LEAST: Final = 40  # columns of a line


def in_dispute(evidence: Iterable[str]) -> bool:
    """Whether a rule and the model say different things, by the evidence of a record."""
    return any(fact.startswith(_DISPUTE) for fact in evidence)


class _Template(msgspec.Struct):
    """A wording that was never seen: an example, how often, whether no rule knew any of them."""

    example: str
    count: int = 0
    unruled: int = 0


class _Counts(msgspec.Struct):
    """The failures of one provider; `unruled` are new ones that no rule decided."""

    failures: int = 0
    new: int = 0
    unruled: int = 0
    abstained: int = 0
    disputed: int = 0
    templates: set[int] = msgspec.field(default_factory=set)

    @property
    def rank(self) -> int:
        """How much somebody should look at it; 0: not at all.

        A new wording that a rule decided all the same is none of it.
        """
        return self.unruled + self.abstained + self.disputed


class Novelty:
    """The counts, in bounded memory whatever the number of records."""

    def __init__(self, seen: Seen) -> None:
        """`seen` are the templates that are no news; where it is empty, no wording is."""
        self._seen = seen
        self._providers: dict[str, _Counts] = {}
        self._templates: dict[int, _Template] = {}

    def add(self, row: Row) -> None:
        """Count a record that has a verdict."""
        counts = self._providers.setdefault(row.provider or UNKNOWN, _Counts())
        counts.failures += 1
        counts.abstained += row.reason == Reason.UNDETERMINED
        counts.disputed += in_dispute(row.evidence)
        if not self._seen or not row.diagnostic_code:
            return
        key = reply_key(row.diagnostic_code)
        if key is None or key in self._seen:
            return
        unruled = not (row.decided_by or "").startswith("rule:")
        counts.new += 1
        counts.unruled += unruled
        template = self._templates.get(key)
        if template is None:
            if len(self._templates) >= _MOST_TEMPLATES:
                return
            template = _Template(row.diagnostic_code[:_KEPT])
            self._templates[key] = template
        template.count += 1
        template.unruled += unruled
        counts.templates.add(key)

    def lines(self, width: int) -> Iterator[str]:
        """At most eight lines of `width` columns, the worst provider first; none without news."""
        width = max(width, _LEAST)
        ranked = sorted(
            (item for item in self._providers.items() if item[1].rank),
            key=lambda item: (-item[1].rank, item[0]),
        )
        for provider, counts in ranked[:_MOST_PROVIDERS]:
            yield clip(f"{neutral(provider)}: {self._say(counts)}", width)
        if len(ranked) > _MOST_PROVIDERS:
            more = len(ranked) - _MOST_PROVIDERS
            yield f"and {more:,} more provider{'s' * (more > 1)}"
        if ranked and self._templates:
            biggest = max(self._templates.values(), key=lambda each: (each.unruled, each.count))
            times = f" ({biggest.count:,} times)" if biggest.count > 1 else ""
            begin = "new: "
            room = width - len(begin) - len(times)
            yield begin + clip(neutral(biggest.example), room) + times

    def _say(self, counts: _Counts) -> str:
        told = []
        if counts.abstained:
            told.append(f"{counts.abstained:,} undetermined")
        if counts.disputed:
            told.append(f"{counts.disputed:,} in dispute")
        if counts.new:
            bound = "over " if len(self._templates) >= _MOST_TEMPLATES else ""
            ruleless = f" ({counts.unruled:,} without a rule)" if counts.unruled else ""
            templates = _count(len(counts.templates), "new template")
            told.append(f"{counts.new:,} in {bound}{templates}{ruleless}")
        return f"{_count(counts.failures, 'failure')}, {', '.join(told)}"


def _count(number: int, name: str) -> str:
    return f"{number:,} {name}{'' if number == 1 else 's'}"
