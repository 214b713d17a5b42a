"""Pieces of HTML that the parts of the page have in common; they escape what they are told."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import escape
from typing import Final

from classifier.dashboard.reckoning import ORDER
from classifier.dashboard.veil import Veil
from classifier.summary import Example
from classifier.summary.words import say_day, say_span
from classifier.terminal import neutral

__all__ = [
    "bar",
    "code",
    "draw_example",
    "number",
    "pairs",
    "percent",
    "prose",
    "spark",
    "text",
    "when",
]

_BAR, _HIGH = 120, 10  # pixels of a bar


def text(value: str) -> str:
    """Any text, as HTML shows it: one line, no control characters, nothing that is markup."""
    return escape(neutral(value))


def prose(value: str) -> str:
    """A sentence of ours, with names of mails filled in; what stands in backticks is code."""
    return _CODE.sub(r"<code>\1</code>", text(value))


_CODE: Final = re.compile(r"`([a-z ]{1,40})`")


def code(value: str) -> str:
    """Words of a program or a server."""
    return f"<code>{text(value)}</code>"


def number(value: int, name: str, ending: str = "s") -> str:
    """`1,204 failures`; the name is ours."""
    return f"{value:,} {name}{'' if value == 1 else ending}"


def percent(share: float) -> str:
    """A share as people read it; what is there at all is never 0 %."""
    if 0 < share < 0.001:
        return "&lt; 0.1 %"
    return f"{100 * share:.1f} %" if share < 0.1 else f"{100 * share:.0f} %"


def pairs(rows: Iterable[tuple[str, str | None]]) -> Iterator[str]:
    """Names and values; the values are HTML, and an empty one leaves its row out."""
    yield "<dl>"
    yield from (f"<dt>{text(name)}</dt><dd>{value}</dd>" for name, value in rows if value)
    yield "</dl>"


def when(first: str | None, last: str | None) -> str:
    """When something was seen, from the first day to the last."""
    told = say_span(first, last, over=True).strip()
    return text(told[:1].upper() + told[1:])


def bar(parts: Iterable[tuple[str, int]], most: int, label: str) -> str:
    """A bar of categories, as long as its sum is a part of `most`; `label` is read out."""
    rects, at = [], 0.0
    for category, count in parts:
        width = _BAR * count / most if most else 0.0
        rects.append(
            f'<rect class="c-{_known(category)}" x="{at:.1f}" width="{width:.1f}"'
            f' height="{_HIGH}"/>'
        )
        at += width
    return (
        f'<svg class="bar" role="img" width="{_BAR}" height="{_HIGH}" viewBox="0 0 {_BAR}'
        f' {_HIGH}"><title>{text(label)}</title>{"".join(rects)}</svg>'
    )


_CATEGORIES: Final = frozenset(map(str, ORDER))


def _known(category: str) -> str:
    return category if category in _CATEGORIES else "undetermined"


def spark(counts: list[int], category: str, label: str) -> str:
    """Small bars side by side, one a bin of the time line; "" where there is nothing to see."""
    most = max(counts, default=0)
    if len(counts) < 2 or not most:
        return ""
    high, wide = 28, 3
    rects = "".join(
        f'<rect x="{at * wide}" y="{high - tall:.1f}" width="{wide - 0.6}" height="{tall:.1f}"/>'
        for at, count in enumerate(counts)
        if count and (tall := max(1.5, high * count / most))
    )
    width = wide * len(counts)
    return (
        f'<svg class="spark c-{_known(category)}" role="img" aria-label="{text(label)}"'
        f' viewBox="0 0 {width} {high}" preserveAspectRatio="none">{rects}</svg>'
    )


def draw_example(example: Example, veil: Veil) -> Iterator[str]:
    """One failure, with what decided about it."""
    shown = veil.example(example)
    said = " ".join(filter(None, (shown.reply_code, shown.status)))
    diagnostic = shown.diagnostic or said
    yield '<div class="example">'
    if diagnostic:
        yield f'<p class="reply"><bdi>{text(diagnostic)}</bdi></p>'
    facts = "".join(f"<li><bdi>{text(fact)}</bdi></li>" for fact in shown.evidence)
    decided = code(shown.decided_by) if shown.decided_by else ""
    if decided and shown.confidence is not None:
        decided += f" with a confidence of {shown.confidence:.2f}"
    yield from pairs(
        (
            ("to", shown.recipient and f"<bdi>{text(shown.recipient)}</bdi>"),
            ("from", shown.sender and f"<bdi>{text(shown.sender)}</bdi>"),
            ("subject", shown.subject and f"<bdi>{text(shown.subject)}</bdi>"),
            ("on", shown.day and text(say_day(shown.day))),
            ("refused by", shown.remote_mta and code(shown.remote_mta)),
            ("reported by", shown.reporting_mta and code(shown.reporting_mta)),
            ("at command", shown.command and code(shown.command)),
            ("checks", shown.checks and code(shown.checks)),
            ("what to do", shown.advice_text and f"<bdi>{text(shown.advice_text)}</bdi>"),
            ("decided by", decided),
            ("evidence", facts and f"<ul>{facts}</ul>"),
            ("mail", shown.origin and code(shown.origin)),
        )
    )
    yield "</div>"
