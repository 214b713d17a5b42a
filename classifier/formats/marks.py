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

from collections import defaultdict
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
        numbers: dict[Mark, int] = {}
        #: by words, the places that they are a mark in, and the number of that mark
        places: dict[str, list[tuple[int, int]]] = defaultdict(list)
        #: by the number of its first mark, the marks that an alternative wants, and its owner
        self._alternatives: dict[int, list[tuple[frozenset[int], str]]] = defaultdict(list)
        for name, marks in owners:
            for written in marks:
                wanted = read_marks(written)
                for mark in wanted:
                    if mark not in numbers:
                        numbers[mark] = len(numbers)
                        places[mark.words].append((PLACES.index(mark.place), numbers[mark]))
                needed = frozenset([numbers[mark] for mark in wanted])
                self._alternatives[numbers[wanted[0]]].append((needed, name))
        self._places = list(places.values())
        # Bytes, as in a text the library counts the characters before each match. Its fastest
        # automaton takes a few milliseconds more to build, and a third of the time to search.
        self._automaton = ahocorasick_rs.BytesAhoCorasick(
            [words.encode() for words in places], implementation=ahocorasick_rs.Implementation.DFA
        )

    def owners(self, clues: Clues) -> set[str]:
        """The names of all whose marks a mail shows."""
        names: set[str] = set()
        shown = self._find(_pieces(clues))
        for mark in shown:
            for wanted, name in self._alternatives.get(mark, ()):
                if wanted <= shown:
                    names.add(name)
        return names

    def _find(self, pieces: Sequence[str]) -> set[int]:
        """The numbers of the marks that stand in their places."""
        text = "\n".join(pieces)
        raw = text.encode()
        found = self._automaton.find_matches_as_indexes(raw, overlapping=True)
        shown: set[int] = set()
        if not found:
            return shown
        whole = pieces if len(raw) == len(text) else [piece.encode() for piece in pieces]
        ends = list(accumulate([len(piece) + 1 for piece in whole], initial=0))
        for words, start, _ in found:
            for place, number in self._places[words]:
                if ends[place] <= start < ends[place + 1]:
                    shown.add(number)
        return shown


def _pieces(clues: Clues) -> tuple[str, ...]:
    """What is searched, in the order of `PLACES`; a line end stands behind each piece."""
    names: list[str] = [""]
    if clues.status is not None:
        names += clues.status.message
        for recipient in clues.status.recipients[:1]:
            names += recipient.fields
    return (
        clues.message.headers.lower,
        clues.sender,
        clues.subject,
        clues.reporting_mta,
        "\n".join(names),
        f" {clues.line}\n",
    )
