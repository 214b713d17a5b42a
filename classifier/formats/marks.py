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

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate
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
        #: by words, and there by the number of the place, the alternatives that they belong to
        by_words: dict[str, dict[int, list[int]]] = {}
        for number, (_, marks) in enumerate(self._alternatives):
            for mark in marks:
                places = by_words.setdefault(mark.words, {})
                places.setdefault(PLACES.index(mark.place), []).append(number)
        self._with = list(by_words.values())
        self._wanted = [len(set(marks)) for _, marks in self._alternatives]
        self._automaton = ahocorasick_rs.AhoCorasick(list(by_words))

    def owners(self, clues: Clues) -> set[str]:
        """The names of all whose marks a mail shows."""
        pieces = _pieces(clues)
        ends = list(accumulate(map(len, pieces)))
        names: set[str] = set()
        seen: set[tuple[int, int]] = set()
        shown: dict[int, int] = {}  # how many marks of each alternative
        for words, start, _ in self._automaton.find_matches_as_indexes(
            "".join(pieces), overlapping=True
        ):
            place = bisect_right(ends, start)
            if (words, place) in seen or place not in self._with[words]:
                continue
            seen.add((words, place))
            for number in self._with[words][place]:
                shown[number] = shown.get(number, 0) + 1
                if shown[number] == self._wanted[number]:
                    names.add(self._alternatives[number][0])
        return names


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
