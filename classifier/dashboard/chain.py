"""The chain that `whybounce diagnose` looked at, as one row of five hops, and what breaks it.

The structs are what the page needs of that command's JSON; a test holds the two together. The file
comes from the operator, its texts from mails, servers and DNS.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, Literal

import msgspec

from classifier.dashboard.drawing import pairs, text
from classifier.dashboard.veil import Veil
from classifier.errors import OperatorError
from classifier.terminal import neutral

__all__ = ["Diagnosis", "Finding", "Link", "draw_chains", "read_diagnosis"]

#: The hops in their order, and what stands there.
_HOPS: Final = {
    "author": "SPF, DKIM, DMARC",
    "submission": "TLS and login",
    "relay": "the sending service",
    "MX": "the recipient's servers",
    "mailbox": "the address",
}
#: A shape for each colour: a disc with a tick, an octagon with a cross, a broken ring with a query.
_MARKS: Final = {
    "green": '<circle cx="12" cy="12" r="10"/><path d="M7 12.4l3.5 3.5L17 8.7"/>',
    "red": '<polygon points="8,2 16,2 22,8 22,16 16,22 8,22 2,16 2,8"/>'
    '<path d="M8 8l8 8M16 8l-8 8"/>',
    "unknown": '<circle cx="12" cy="12" r="10"/>'
    '<path d="M9 9.6a3 3 0 1 1 4.4 2.6c-1 .5-1.4 1-1.4 1.9M12 17.3v.2"/>',
}
_BAD: Final = ("broken", "warning")  # what has something to do about it
_LONGEST: Final = 1_000_000  # bytes of a file; real ones have 10,000
_LONG: Final = 1_000  # characters of a text
_CURE: Final = "Make it by: whybounce diagnose MAIL --format json -o FILE"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """The result of one check, as `whybounce diagnose` writes it."""

    check: str
    status: Literal["ok", "broken", "warning", "unknown", "skipped"]
    what: str
    evidence: tuple[str, ...] = ()
    advice: str | None = None
    source: str | None = None


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """One hop, and what was found there."""

    hop: str
    state: Literal["green", "red", "unknown"]
    findings: tuple[Finding, ...]


class Diagnosis(msgspec.Struct, frozen=True, kw_only=True):
    """The verdict on the chain; `chain` has the five hops in their order."""

    domain: str | None = None
    recipient: str | None = None
    relay: str | None = None
    category: str | None = None
    reason: str | None = None
    conclusion: str
    cause: Finding | None = None
    chain: tuple[Link, ...]

    def __post_init__(self) -> None:
        """Raises `ValueError` for other hops, which a decoder tells as its own error."""
        if [link.hop for link in self.chain] != list(_HOPS):
            raise ValueError(f"the chain is not {', '.join(_HOPS)}")


def read_diagnosis(path: Path) -> Diagnosis:
    """What `whybounce diagnose --format json` wrote to the file at `path`.

    Raises `OperatorError` where it cannot be read or is something else.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_LONGEST + 1)
    except (OSError, ValueError) as error:  # ValueError: no name of a file
        why = getattr(error, "strerror", None) or str(error)
        raise OperatorError(str(path), [f"cannot be read ({why})"], _CURE) from error
    if len(data) > _LONGEST:
        fault = f"is no diagnosis: it is longer than {_LONGEST:,} bytes"
        raise OperatorError(str(path), [fault], _CURE)
    try:
        return msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"), type=Diagnosis)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        fault = f"is no diagnosis: {neutral(str(error))}"
        raise OperatorError(str(path), [fault], _CURE) from error


def draw_chains(diagnoses: Sequence[Diagnosis], veil: Veil, room: int) -> Iterator[str]:
    """The section, nothing where nothing was diagnosed.

    The chains take at most `room` bytes; of what finds none, findings first, it is told.
    """
    if not diagnoses:
        return
    yield '<section id="chain" aria-labelledby="h-chain">'
    yield '<h2 id="h-chain">Where the chain breaks</h2>'
    yield (
        '<p class="soft">As <code>whybounce diagnose</code> found it. Green: proved to work. Red: a'
        " check, or the bounce, says that it is broken. Unknown: neither.</p>"
    )
    for at, diagnosis in enumerate(diagnoses):
        for whole in (True, False):
            piece = "\n".join(_Sketch(diagnosis, veil).draw(whole))
            size = len(piece.encode()) + 1
            if size <= room:
                room -= size
                yield piece
                break
        else:
            left = len(diagnoses) - at
            more = "1 more diagnosis finds" if left == 1 else f"{left:,} more diagnoses find"
            yield f'<p class="soft">{more} no room on this page.</p>'
            break
    yield "</section>"


class _Sketch:
    """Draws one diagnosis; every text of it goes through `_say`."""

    def __init__(self, diagnosis: Diagnosis, veil: Veil) -> None:
        self._diagnosis = diagnosis
        self._veil = veil

    def draw(self, whole: bool) -> Iterator[str]:
        """The row and the sentence; with its findings, if it is the `whole`."""
        known = self._diagnosis
        yield '<article class="chain">'
        ends = [f"<bdi>{self._say(each)}</bdi>" for each in (known.domain, known.recipient) if each]
        yield f"<h3>{' to '.join(ends) or 'No domain is known'}</h3>"
        yield '<ol class="hops" role="list" aria-label="The hops, from the author to the mailbox">'
        yield from map(_hop, known.chain)
        yield "</ol>"
        yield f'<p class="told"><bdi>{self._say(known.conclusion)}</bdi></p>'
        tags = [each for each in (known.category, known.reason) if each]
        tags += [f"relay {known.relay}"] * bool(known.relay)
        if tags:
            yield '<p class="tags">'
            yield "".join(f"<span>{self._say(tag)}</span>" for tag in tags) + "</p>"
        if whole:
            yield from self._findings()
        else:
            yield '<p class="soft">What was found at each hop finds no room on this page.</p>'
        yield "</article>"

    def _findings(self) -> Iterator[str]:
        found = [(link.hop, each) for link in self._diagnosis.chain for each in link.findings]
        bad = [(hop, each) for hop, each in found if each.status in _BAD]
        # What explains the failure comes first.
        bad.sort(key=lambda pair: (pair[1].status != "broken", pair[1] != self._diagnosis.cause))
        if bad:
            yield f"<details><summary>{_count(bad)}: evidence, and what to do</summary>"
            for hop, finding in bad:
                yield from self._finding(hop, finding)
            yield "</details>"
        rest = [(hop, each) for hop, each in found if each.status not in (*_BAD, "skipped")]
        if rest:
            yield f"<details><summary>The other checks: {_count(rest)}</summary><ul>"
            for hop, finding in rest:
                advice = f" {self._say(finding.advice)}" if finding.advice else ""
                yield f"<li>{self._name(hop, finding)}.{advice}</li>"
            yield "</ul></details>"

    def _finding(self, hop: str, finding: Finding) -> Iterator[str]:
        seen = "".join(f"<li><bdi>{self._say(each)}</bdi></li>" for each in finding.evidence)
        yield f'<div class="example"><p>{self._name(hop, finding)}</p>'
        yield from pairs(
            (
                ("evidence", seen and f"<ul>{seen}</ul>"),
                ("what to do", finding.advice and f"<bdi>{self._say(finding.advice)}</bdi>"),
                ("source", finding.source and self._say(finding.source)),
            )
        )
        yield "</div>"

    def _name(self, hop: str, finding: Finding) -> str:
        return (
            f'<b class="state-{finding.status}">{finding.status}</b> {hop},'
            f" <code>{self._say(finding.check)}</code>: <bdi>{self._say(finding.what)}</bdi>"
        )

    def _say(self, value: str) -> str:
        """Addresses are veiled before the text is cut, since half of one is known for none."""
        shown = self._veil.text(value, self._diagnosis.recipient) or ""
        return text(shown if len(shown) <= _LONG else f"{shown[: _LONG - 1]}…")


def _hop(link: Link) -> str:
    return (
        f'<li class="state-{link.state}"><svg viewBox="0 0 24 24" aria-hidden="true">'
        f"{_MARKS[link.state]}</svg><b>{link.hop}</b> <strong>{link.state}</strong>"
        f" <small>{_HOPS[link.hop]}</small></li>"
    )


def _count(found: Sequence[tuple[str, Finding]]) -> str:
    """`3 broken, 1 warning`."""
    counts = Counter(finding.status for _, finding in found)
    return ", ".join(f"{count:,} {status}" for status, count in counts.items())
