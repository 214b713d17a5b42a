"""Verdicts for people: a block of lines a failed recipient, one line for any other mail.

From the top of a block down: what happened, who has to act, what to do, the verdict, what it
rests on and where that was read, what speaks against it, the mail it is about.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Final

from msgspec import UnsetType

from classifier.authres import Auth
from classifier.explain import Explanation
from classifier.hops import ReceivedHop, read_hops
from classifier.model.seen import Seen
from classifier.reasons import MEANING, Fault, Kind, Permanence, Reason
from classifier.report import Report
from classifier.rows import Row
from classifier.sinks import Output
from classifier.tally import Tally
from classifier.terminal import Palette, Style, clip, neutral, scrub, width_of, wrap
from classifier.trace import describe

__all__ = ["ACTORS", "MailBlocks", "ReplyBlocks"]

#: Who acts, as one would say it to a person.
ACTORS: Final = {
    Fault.SENDER_ADMIN: "the administrator of the sending system, its accounts and its relay",
    Fault.SENDER_DOMAIN_ADMIN: "whoever keeps the DNS of the sending domain",
    Fault.SENDER: "whoever wrote or sent the message",
    Fault.LIST_OWNER: "whoever keeps the address list",
    Fault.RECIPIENT_ADMIN: "the administrator of the receiving system",
    Fault.RECIPIENT: "the owner of the mailbox",
    Fault.NOBODY: "it resolves itself",
    Fault.UNKNOWN: "the bounce does not say enough",
}

_OTHERS: Final = {
    Kind.FEEDBACK: "a feedback report (complaint or authentication), no failed delivery",
    Kind.AUTO_REPLY: "an automatic reply such as out of office, no failed delivery",
    Kind.CHALLENGE: "asks the sender to confirm the message; nothing has failed yet",
    Kind.DISPOSITION: "a receipt: the message was read, deleted or displayed",
    Kind.NOT_A_BOUNCE: "no bounce",
    Kind.ERROR: "could not be judged",
}

_STYLES: Final = {Permanence.PERMANENT: Style.BAD, Permanence.TRANSIENT: Style.WAIT}

# What evidence begins with, and the label it stands behind here.
_LABELS: Final = {
    "reply: ": "reply",
    "rule ": "rule",
    "model ": "model",
    "command: ": "command",
    "status: ": "status",
    "refused by: ": "refused by",
    "auth: ": "checks",
    "wrapped in: ": "wrapped in",
    "expired: ": "expired",
    "against: ": "against",
}

_INDENT: Final = 14  # columns before a value: two blanks, a label of ten, two blanks
_LONGEST: Final = 1200  # characters of one value; the record has the rest
_PASTED: Final = 400  # columns of a pasted text


class _Blocks:
    """Lines with a label, out to a terminal or file."""

    def __init__(
        self,
        output: Output,
        width: int,
        colour: bool,
        encoding: str,
        counted: tuple[str, str],
        seen: Seen | None = None,
    ) -> None:
        """`counted` is what one call of `write` is about, one and many of it."""
        self._output, self._width, self._encoding = output, max(width, 40), encoding
        self._palette = Palette(colour)
        self._tally = Tally(*counted, seen)
        self._begun = False

    def _print(self, lines: Iterable[str]) -> None:
        text = "\n".join([*lines, ""])
        self._output.write(text.encode(self._encoding, "replace"))

    def _line(
        self, label: str, value: str, style: Style = Style.PLAIN, place: str = ""
    ) -> Iterator[str]:
        """A label and its value in as many lines as it needs, none where there is no value.

        `place` tells where it was read; it stands faint behind the value or below it.
        """
        begin = "  " + self._palette.paint(f"{label:10}  ", Style.LABEL)
        room = self._width - _INDENT
        place = _readable(place)
        lines = wrap(_readable(value), room) if value else []
        behind = ""
        if place and width_of(lines[-1]) + 1 + width_of(place) <= room:
            behind = f" {self._palette.paint(place, Style.LABEL)}"
        for count, line in enumerate(lines):
            end = behind if count == len(lines) - 1 else ""
            yield begin + self._palette.paint(line, style) + end
            begin = " " * _INDENT
        if place and not behind:
            for line in wrap(place, room):
                yield begin + self._palette.paint(line, Style.LABEL)

    def _headline(self, who: str, what: str, style: Style) -> Iterator[str]:
        if self._begun:
            yield ""
        self._begun = True
        who = clip(neutral(who[:_LONGEST]), max(10, self._width - len(what) - 1), keep="middle")
        yield f"{self._palette.paint(who, Style.STRONG)} {self._palette.paint(what, style)}"

    def _verdict(self, record: Row | Explanation, known: str = "") -> Iterator[str]:
        """Why, who, what to do, by what right; without the fact that is `known` already."""
        why = MEANING[Reason(record.reason or Reason.UNDETERMINED)].summary
        actor = Fault(record.fault or Fault.UNKNOWN)
        yield from self._line("why", why)
        yield from self._line("who acts", f"{actor}: {ACTORS[actor]}", Style.STRONG)
        yield from self._line("what to do", record.advice_text or "")
        names = dict.fromkeys((record.category or "", record.reason or ""))
        verdict = f"{' / '.join(names)}, {record.permanence}"
        by = f"(confidence {record.confidence:.2f}, {record.decided_by})"
        yield from self._line("verdict", verdict, place=by)
        if not isinstance(record.taxonomy, UnsetType):
            named = (f"{each} ({name})" for name, each in record.taxonomy.items())
            yield from self._line("elsewhere", ", ".join(named))
        for fact in record.evidence:
            if fact != known:
                yield from self._fact(fact)

    def _fact(self, fact: str) -> Iterator[str]:
        begin = next((begin for begin in _LABELS if fact.startswith(begin)), "")
        label = _LABELS.get(begin, "evidence")
        style = Style.DOUBT if label == "against" else Style.PLAIN
        value, place = _part_place(fact.removeprefix(begin))
        yield from self._line(label, value, style, place)

    def _sum_up(self) -> Iterator[str]:
        if self._begun:
            yield ""
        yield from self._tally.lines(self._width, self._palette)


class MailBlocks(_Blocks):
    """The records of mails, as text."""

    def __init__(
        self,
        output: Output,
        width: int,
        colour: bool,
        encoding: str = "utf-8",
        seen: Seen | None = None,
    ) -> None:
        """`width` is in columns, at least 40; `seen` is for the counts, as in `Tally`."""
        super().__init__(output, width, colour, encoding, ("mail", "mails"), seen)
        self._after_line = False

    def write(self, records: Sequence[Row], report: Report | None = None) -> None:
        """Take the records of one mail; `report` adds the way that its message went."""
        self._tally.add(records)
        lines: list[str] = []
        about: tuple[str, ...] | None = None
        for row in records:
            if row.kind not in (Kind.FAILURE, Kind.DELAY):
                lines.extend(self._other(row))
                continue
            lines.extend(self._head(row))
            lines.extend(self._verdict(row))
            if about is None:
                about = (*self._path(report), *self._about(row))
                lines.extend(about)
            elif about:  # the next recipient of the same mail
                lines.extend(self._line("bounce", "the same"))
            lines.extend(self._line("file", row.origin))
            self._after_line = False
        self._print(lines)

    def close(self) -> None:
        """Print the counts."""
        self._print(self._sum_up())

    def _head(self, row: Row) -> Iterator[str]:
        who = row.recipient or row.original_recipient or "A recipient that the bounce does not name"
        if row.kind is Kind.DELAY:
            return self._headline(who, "has not been reached yet", Style.WAIT)
        style = _STYLES.get(Permanence(row.permanence or "unknown"), Style.STRONG)
        return self._headline(who, "was not reached", style)

    def _other(self, row: Row) -> Iterator[str]:
        if row.kind is Kind.SUCCESS:
            what = f"{row.recipient or 'a recipient'} was reached"
            if row.action:
                what += f" ({row.action})"
        else:
            what = _OTHERS[row.kind]
            if row.feedback_type:
                what += f": {row.feedback_type}"
            if row.kind is Kind.ERROR and row.defects:
                what += f": {row.defects[0]}"
        if self._begun and not self._after_line:
            yield ""
        self._begun = self._after_line = True
        style = Style.BAD if row.kind is Kind.ERROR else Style.PLAIN
        text = neutral(f"{row.origin[:_LONGEST]}: {what[:_LONGEST]}")
        for count, line in enumerate(wrap(text, self._width - 2)):
            yield self._palette.paint(f"  {line}" if count else line, style)

    def _path(self, report: Report | None) -> tuple[str, ...]:
        """The servers that the returned message passed."""
        received = report.returned.received if report and report.returned else ()
        path = " > ".join(_name_hops(read_hops(received)))
        return tuple(self._line("path", path)) if path else ()

    def _about(self, row: Row) -> Iterator[str]:
        """The bounce and the message that it is about."""
        told = [row.format or "", f"from {row.reporting_mta}" if row.reporting_mta else ""]
        told += [row.bounce_date or "", _own_checks(row.bounce_auth)]
        yield from self._line("bounce", ", ".join(filter(None, told)))
        told = [f'"{row.original_subject}"' if row.original_subject else ""]
        told += [f"from {row.original_from}" if row.original_from else ""]
        told += [row.original_message_id or ""]
        yield from self._line("message", " ".join(filter(None, told)))
        for name, value in row.headers.items():
            yield from self._line("header", f"{name}: {'(absent)' if value is None else value}")
        yield from self._line("defects", "; ".join(row.defects))


def _readable(value: str) -> str:
    return neutral(clip(value[:_LONGEST], _LONGEST - 1))


def _part_place(fact: str) -> tuple[str, str]:
    """A fact and the `(place)` at its end, "" where it has none."""
    value, found, place = fact.rpartition(" (")
    if found and value and place.endswith(")") and len(place) < _LONGEST // 4:
        return value, f"({place}"
    return fact, ""


def _own_checks(auth: Auth | None) -> str:
    results = auth.results() if auth else {}
    said = " ".join(f"{method}={result}" for method, result in results.items())
    return f"itself {said}" if said else ""


def _name_hops(hops: Sequence[ReceivedHop]) -> Iterator[str]:
    """Each server with its protocol, and how long the one before it kept the message."""
    if hops and hops[0].taken_from:
        yield hops[0].taken_from
    waits = [0.0, *(_seconds_between(*pair) for pair in pairwise(hops))]
    for hop, wait in zip(hops, waits, strict=bool(hops)):
        told = [hop.protocol or "", f"after {_span(wait)}" if wait >= 60 else ""]
        told = [each for each in told if each]
        yield f"{hop.by} ({', '.join(told)})" if told else str(hop.by)


def _seconds_between(first: ReceivedHop, second: ReceivedHop) -> float:
    try:
        start = datetime.fromisoformat(first.date or "")
        return (datetime.fromisoformat(second.date or "") - start).total_seconds()
    except (ValueError, TypeError):  # no date, or one with an offset and one without
        return 0.0


def _span(seconds: float) -> str:
    for unit, length in (("d", 86400), ("h", 3600)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds / 60:.0f} min"


class ReplyBlocks(_Blocks):
    """The verdicts on replies by themselves, as text."""

    def __init__(
        self,
        output: Output,
        width: int,
        colour: bool,
        encoding: str = "utf-8",
        trace: bool = False,
    ) -> None:
        """`width` is in columns, at least 40; `trace` adds how each verdict came about."""
        super().__init__(output, width, colour, encoding, ("reply", "replies"))
        self._count = 0
        self._trace = trace

    def write(self, records: Sequence[Explanation], report: Report | None = None) -> None:
        """Take the verdict on one reply."""
        self._tally.add(records)
        self._count += len(records)
        for record in records:
            lines = [""] if self._begun else []
            self._begun = True
            style = _STYLES.get(Permanence(record.permanence), Style.STRONG)
            # of a long paste its head; the reply that was found in it stands below
            known = record.source in ("reply", "text")
            given = record.text if known else clip(record.text[:_LONGEST], _PASTED)
            text = wrap(_readable(given), self._width)
            lines += [self._palette.paint(line, style) for line in text]
            headline = f"reply: {' '.join(scrub(record.text).split())}"
            self._print([*lines, *self._verdict(record, headline), *self._found(record)])

    def _found(self, record: Explanation) -> Iterator[str]:
        """What the text was taken for, and how its verdict came about."""
        if not self._trace and record.source not in ("reply", "text"):
            yield from self._line("read as", f"{record.source}, hop {record.hop}")
        for step in record.trace if self._trace else ():
            if step.step != "against":  # said above already
                yield from self._line(step.step, describe(step), Style.LABEL)

    def close(self) -> None:
        """Print the counts, where there is anything to count."""
        if self._count > 1:
            self._print(self._sum_up())
