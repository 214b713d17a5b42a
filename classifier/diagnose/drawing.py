"""A diagnosis as text: the chain in one line, the sentence, and the findings of each hop."""

from __future__ import annotations

from typing import Final

from classifier.diagnose.chain import Diagnosis, Link, State
from classifier.diagnose.finding import Finding, Status
from classifier.terminal import Palette, Style, neutral, pad, wrap

__all__ = ["draw"]

_STATES: Final = {State.GREEN: Style.GOOD, State.RED: Style.BAD, State.UNKNOWN: Style.DOUBT}
_STATUSES: Final = {
    Status.OK: Style.GOOD,
    Status.BROKEN: Style.BAD,
    Status.WARNING: Style.WAIT,
    Status.UNKNOWN: Style.DOUBT,
    Status.SKIPPED: Style.LABEL,
}
_COLUMN: Final = 14  # of one hop in the line of the chain
_INDENT: Final = 12


def draw(diagnosis: Diagnosis, width: int, colour: bool, whole: bool = False) -> str:
    """The lines, joined.

    `whole` shows the checks that had nothing to look at, too, and what the good ones saw.
    """
    palette = Palette(colour)
    lines = [*_head(diagnosis, palette), "", *_chain(diagnosis, palette), ""]
    lines += [
        palette.paint(line, Style.STRONG) for line in wrap(neutral(diagnosis.conclusion), width)
    ]
    for link in diagnosis.chain:
        lines += _link(link, width, palette, whole)
    return "\n".join(lines) + "\n"


def _head(diagnosis: Diagnosis, palette: Palette) -> list[str]:
    ends = [neutral(each) for each in (diagnosis.domain, diagnosis.recipient) if each]
    lines = [palette.paint(" -> ".join(ends) or "no domain is known", Style.STRONG)]
    if diagnosis.reason:
        lines.append(f"  bounce   {diagnosis.category} / {diagnosis.reason}")
    if diagnosis.relay:
        lines.append(f"  relay    {neutral(diagnosis.relay)}")
    return lines


def _chain(diagnosis: Diagnosis, palette: Palette) -> list[str]:
    names = "".join(pad(link.hop, _COLUMN) for link in diagnosis.chain)
    marks = []
    for place, link in enumerate(diagnosis.chain):
        word = link.state.upper() if link.state is State.RED else str(link.state)
        last = place == len(diagnosis.chain) - 1
        line = "" if last else " " + "-" * (_COLUMN - len(word) - 2) + " "
        marks.append(palette.paint(word, _STATES[link.state]) + line)
    return [f"  {names}".rstrip(), f"  {''.join(marks)}".rstrip()]


def _link(link: Link, width: int, palette: Palette, whole: bool) -> list[str]:
    shown = [each for each in link.findings if whole or each.status is not Status.SKIPPED]
    if not shown:
        return []
    state = palette.paint(link.state, _STATES[link.state])
    lines = ["", f"{palette.paint(link.hop, Style.STRONG)}: {state}"]
    for finding in shown:
        lines += _finding(finding, width, palette, whole)
    return lines


def _finding(finding: Finding, width: int, palette: Palette, whole: bool) -> list[str]:
    """A finding that is good is one line, unless all is wanted; others have evidence and advice."""
    name = palette.paint(pad(finding.status, _INDENT - 2), _STATUSES[finding.status])
    first, *more = wrap(f"{finding.check}: {neutral(finding.what)}", width - _INDENT)
    lines = [f"  {name}{first}", *(" " * _INDENT + line for line in more)]
    if finding.status in (Status.OK, Status.SKIPPED) and not whole:
        return lines
    for line in finding.evidence:
        lines += _labelled("seen", line, width, palette)
    if finding.advice:
        lines += _labelled("do", finding.advice, width, palette)
    if finding.source and finding.status is Status.BROKEN:
        lines += _labelled("see", finding.source, width, palette)
    return lines


def _labelled(label: str, text: str, width: int, palette: Palette) -> list[str]:
    start = " " * _INDENT + palette.paint(pad(label, 6), Style.LABEL)
    first, *more = wrap(neutral(text), width - _INDENT - 6)
    return [start + first, *(" " * (_INDENT + 6) + line for line in more)]
