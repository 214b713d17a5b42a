"""Counts for the end of what people read: how many failed, how, and who has to act."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from classifier.explain import Explanation
from classifier.model.seen import Seen
from classifier.novelty import Novelty
from classifier.reasons import Kind
from classifier.rows import Row
from classifier.terminal import Palette, Style, wrap

__all__ = ["Tally"]

_KINDS: Final = {
    Kind.FAILURE: ("failed recipient", "failed recipients"),
    Kind.DELAY: ("delayed", "delayed"),
    Kind.SUCCESS: ("reached", "reached"),
    Kind.FEEDBACK: ("feedback report", "feedback reports"),
    Kind.AUTO_REPLY: ("automatic reply", "automatic replies"),
    Kind.CHALLENGE: ("challenge", "challenges"),
    Kind.DISPOSITION: ("receipt", "receipts"),
    Kind.NOT_A_BOUNCE: ("other mail", "other mails"),
    Kind.ERROR: ("not judged", "not judged"),
}


class Tally:
    """What was counted, whatever its number, in a few bytes."""

    def __init__(self, one: str, many: str, seen: Seen | None = None) -> None:
        """`one` and `many` name what one call of `add` is about: a mail, a reply.

        `seen` are the templates of replies that are no news.
        """
        self._names = (one, many)
        self._novelty = Novelty(seen or Seen())
        self._seen = 0
        self._kinds: Counter[Kind] = Counter()
        self._categories: Counter[str] = Counter()
        self._faults: Counter[str] = Counter()

    def add(self, records: Sequence[Row | Explanation]) -> None:
        """Count the records of one mail or reply."""
        self._seen += 1
        for record in records:
            if isinstance(record, Row):
                self._kinds[record.kind] += 1
            if record.category and record.fault:
                self._categories[record.category] += 1
                self._faults[record.fault] += 1
                if isinstance(record, Row):
                    self._novelty.add(record)

    def lines(self, width: int, palette: Palette) -> Iterator[str]:
        """The counts in lines of at most `width` columns."""
        kinds = [_count(self._kinds[kind], _KINDS[kind]) for kind in Kind if self._kinds[kind]]
        head = ", ".join([_count(self._seen, self._names), *kinds])
        for line in wrap(head, width):
            yield palette.paint(line, Style.STRONG)
        for label, counter in (("what", self._categories), ("who acts", self._faults)):
            ranked = sorted(counter.items(), key=lambda pair: (-pair[1], pair[0]))
            begin = _label(label, palette)
            # The blank inside "3 x" must not break: a number belongs to its name.
            text = ", ".join(f"{count:,}\N{NO-BREAK SPACE}{name}" for name, count in ranked)
            for line in wrap(text, width - len(_BELOW)) if text else ():
                yield begin + line.replace("\N{NO-BREAK SPACE}", " ")
                begin = _BELOW
        begin = _label("to watch", palette)
        for line in self._novelty.lines(width - len(_BELOW)):
            yield begin + line
            begin = _BELOW


_BELOW: Final = " " * 14  # as wide as a label


def _label(label: str, palette: Palette) -> str:
    return "  " + palette.paint(f"{label:10}  ", Style.LABEL)


def _count(count: int, names: tuple[str, str]) -> str:
    return f"{count:,} {names[0] if count == 1 else names[1]}"
