"""The marks that systems leave in their bounces, written as data and found in one pass.

A mark is `PLACE: words`, and several joined by ` && ` must all be there:

    text: this is the mail system at host        the notice's own text
    head: x-mailer: zoho mail                    a header field of the bounce, from its name on
    from: @googlemail.com                        the From field, anywhere in it
    subject: delivery status notification        the Subject, decoded, anywhere in it
    mta: .outlook.com$                           Reporting-MTA; $ is the end of the name
    field: x-powermta-                           a field's name in the status part, from its start

All words are in lower case. In the text any run of blanks and line ends counts as one blank; with
one before the first word, that word begins there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

import ahocorasick_rs

from classifier.formats.reader import Clues

__all__ = ["PLACES", "Mark", "Marks", "read_marks"]

PLACES: Final = ("head", "from", "subject", "mta", "field", "text")
_LINES: Final = ("head", "field")  # places of many lines, where words stand at a line's start


class Mark(NamedTuple):
    """Words and the place that they must stand in."""

    place: str
    words: str


def read_marks(written: str) -> tuple[Mark, ...]:
    """The marks that must all be there. Raises `ValueError` where one is no mark."""
    marks = []
    for each in written.split(" && "):
        place, found, words = each.partition(": ")
        words = " " * words.startswith(" ") + " ".join(words.split())
        if not found or place not in PLACES or not words or words != words.lower():
            raise ValueError(f"{each!r} is no mark of a bounce")
        if place in _LINES:
            words = "\n" + words
        marks.append(Mark(place, words.removesuffix("$") + "\n" if words[-1] == "$" else words))
    return tuple(marks)


class Marks:
    """Everybody's marks, asked for at once. Holds no state of any mail."""

    def __init__(self, owners: Iterable[tuple[str, Sequence[str]]]) -> None:
        """`owners` are names, each with its alternatives in the notation of this module."""
        self._alternatives = [
            (name, read_marks(written)) for name, marks in owners for written in marks
        ]
        by_words: dict[str, list[Mark]] = {}
        self._with: dict[Mark, list[int]] = {}
        for number, (_, marks) in enumerate(self._alternatives):
            for mark in marks:
                self._with.setdefault(mark, []).append(number)
        for mark in self._with:
            by_words.setdefault(mark.words, []).append(mark)
        self._marks = list(by_words.values())
        self._automaton = ahocorasick_rs.AhoCorasick(list(by_words))

    def owners(self, clues: Clues) -> frozenset[str]:
        """The names of all whose marks a mail shows."""
        seen = set(self._seen(clues))
        return frozenset(
            self._alternatives[number][0]
            for mark in seen
            for number in self._with[mark]
            if seen.issuperset(self._alternatives[number][1])
        )

    def _seen(self, clues: Clues) -> Iterator[Mark]:
        pieces = _pieces(clues)
        ends: list[int] = []
        end = 0
        for piece in pieces:
            end += len(piece)
            ends.append(end)
        for number, start, _ in self._automaton.find_matches_as_indexes(
            "".join(pieces), overlapping=True
        ):
            place = next(name for name, end in zip(PLACES, ends, strict=True) if start < end)
            for mark in self._marks[number]:
                if mark.place == place:
                    yield mark


def _pieces(clues: Clues) -> tuple[str, ...]:
    """What is searched, in the order of `PLACES`; each piece ends a line."""
    names = ""
    if clues.status is not None:
        names = "\n".join(clues.status.message)
        for recipient in clues.status.recipients[:1]:
            names += "\n" + "\n".join(recipient.fields)
    return (
        clues.message.headers.lower + "\n",
        clues.sender + "\n",
        clues.subject + "\n",
        clues.reporting_mta + "\n",
        f"\n{names}\n",
        " " + clues.line + "\n",
    )
