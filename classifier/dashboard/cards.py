"""The two failures that look alike, told apart: one's own login, and the recipient's policy.

Both are a 5.7.x or 535 with `authentication` or `not authorized` in it, both come back as the same
kind of mail; one is mended at home, the other only by somebody else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from classifier.dashboard.drawing import draw_example, number, percent, prose, text
from classifier.dashboard.veil import Veil
from classifier.reasons import Category
from classifier.summary import Step, Summary

__all__ = ["draw_sides"]


_LISTED: Final = 12  # causes


class _Card(msgspec.Struct, frozen=True):
    category: Category
    side: str
    lead: str
    none: str
    tells: str


_CARDS: Final = (
    _Card(
        Category.SENDER_CREDENTIALS,
        "Your side",
        "A relay refused your own login",
        "No relay refused a login of yours.",
        "The server that refused is one you log in at, and it refused at AUTH or for want of it:"
        " the recipients never saw the mail. New credentials end all of these at once.",
    ),
    _Card(
        Category.RECIPIENT_POLICY,
        "Their side",
        "The recipient's policy refused you",
        "No recipient's policy refused mail of yours.",
        "The recipient's server took the connection, and often found SPF, DKIM and DMARC in order;"
        " it refused by a rule of its own. Nothing you change in passwords or DNS mends it.",
    ),
)


def draw_sides(summary: Summary, steps: Sequence[Step], veil: Veil) -> Iterator[str]:
    """The two cards; nothing where the run has neither failure."""
    shown = [card for card in _CARDS if _of(steps, card)]
    if not shown:
        return
    yield '<section id="apart" aria-labelledby="h-apart">'
    yield '<h2 id="h-apart">Two failures that look alike, told apart</h2>'
    yield '<div class="cards">'
    for card in _CARDS:
        yield from _draw(card, summary, _of(steps, card), veil)
    yield "</div>"
    third = summary.categories.get(Category.SENDER_AUTHENTICATION, 0)
    if third:
        yield (
            f'<p class="soft">Neither of them is a failed SPF, DKIM, DMARC or PTR check of your'
            f" domain; those {number(third, 'failure')} are listed below as"
            f" <code>{Category.SENDER_AUTHENTICATION}</code>.</p>"
        )
    yield "</section>"


def _of(steps: Sequence[Step], card: _Card) -> list[Step]:
    return [step for step in steps if step.category == card.category]


def _draw(card: _Card, summary: Summary, steps: Sequence[Step], veil: Veil) -> Iterator[str]:
    count = summary.categories.get(card.category, 0)
    delayed = sum(step.delayed for step in steps)
    yield f'<article class="card c-{card.category}">'
    yield f'<p class="side">{card.side}</p>'
    yield f"<h3>{card.lead}</h3>"
    if not steps:
        yield f'<p class="soft">{card.none}</p></article>'
        return
    share = count / summary.failures if summary.failures else 0.0
    waiting = f", and {number(delayed, 'delay')}" if delayed else ""
    yield f'<p class="big">{count:,} <span>{percent(share)} of all failures{waiting}</span></p>'
    # What passed its checks and was refused all the same shows best that it is no failed check.
    first = max(steps, key=lambda each: bool(each.passed and card.side == "Their side"))
    yield f"<p><strong>{text(first.title)}</strong>: {text(first.told)}.</p>"
    if first.passed:
        yield f"<p>{_passed(first)}</p>"
    yield f"<p>{prose(first.todo)}</p>"
    example = next((each for each in first.examples if _shows(each.checks)), None)
    example = example or next(iter(first.examples), None)
    if example:
        said = veil.example(example).diagnostic
        yield f'<p class="reply"><bdi>{text(said)}</bdi></p>' if said else ""
    yield f'<p class="soft">{card.tells}</p>'
    if example:
        yield "<details><summary>This one, with its evidence</summary>"
        yield from draw_example(example, veil)
        yield "</details>"
    rest = [step for step in steps if step is not first]
    if rest:
        yield f"<details><summary>{number(len(rest), 'more cause')} of this kind</summary><ul>"
        yield from (f"<li>{text(each.title)}: {text(each.told)}</li>" for each in rest[:_LISTED])
        if len(rest) > _LISTED:
            yield f"<li>and {len(rest) - _LISTED:,} more</li>"
        yield "</ul></details>"
    yield "</article>"


def _shows(checks: str | None) -> bool:
    return checks is not None and "=pass" in checks


def _passed(step: Step) -> str:
    which = "They" if step.passed >= step.failures + step.delayed else f"{step.passed:,} of them"
    return f"{which} had passed the checks of the sender's domain (SPF, DKIM, DMARC)."
