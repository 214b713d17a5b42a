"""The figures of an evaluation as sheets: tables with a title, for a terminal and as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from classifier.corpus.evaluation import (
    COLUMNS,
    ROWS,
    Detail,
    Evaluation,
    Group,
    Part,
    Point,
    Share,
)
from classifier.terminal import Palette, Style, neutral, pad, width_of, wrap

__all__ = ["Sheet", "fill_sheets", "percent", "write_headline", "write_markdown", "write_text"]

_SHOWN: Final = 20  # providers, languages
_NOTHING: Final = "-"
_GAP: Final = "  "
_INDENT: Final = "  "


class Sheet(msgspec.Struct, frozen=True):
    """One table: `head` names the columns, the first cell of a row names the row."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


def percent(share: Share | float | None) -> str:
    """`93.1 %`, or `-` where nothing was counted."""
    value = share.share if isinstance(share, Share) else share
    return _NOTHING if value is None else f"{100 * value:.1f} %"


def write_headline(evaluation: Evaluation) -> list[str]:
    """What was evaluated on what, then how far the figures are to be trusted; two paragraphs."""
    what = "Rules alone" if evaluation.model is None else f"Rules and model {evaluation.model}"
    named = [f"{count:,} of {path}" for path, count in evaluation.corpora.items()]
    first = f"{what}, on {_count(evaluation.failures, 'labelled failure')} ({', '.join(named)})."
    return [first, _warn(evaluation)]


def _warn(evaluation: Evaluation) -> str:
    seen = evaluation.seen
    if evaluation.model is None:
        return (
            "No model is asked. Rules that were written with a look at these replies do better on"
            " them than on those of strangers."
        )
    if seen is None:
        return (
            "WHAT THE MODEL LEARNED FROM IS NOT KNOWN: its folder holds no templates.npy. Where it"
            " learned from these replies, the figures flatter it."
        )
    if not seen.right:
        return "None of them is worded as a reply that the model was trained on."
    told = (
        f"THE MODEL WAS TRAINED ON {'ALL' if seen.right == seen.of else 'SOME'} OF THESE:"
        f" {seen.right:,} of {seen.of:,} ({percent(seen)}) are worded as replies that it learned"
        " from, and the figures on them flatter it."
    )
    if seen.right == seen.of:
        return f"{told} They do not tell what it is worth on other replies."
    return (
        f"{told} What is new to it is counted apart, and tells more; still, a wording that differs"
        " in one word counts as new."
    )


def fill_sheets(part: Part, most: int | None = _SHOWN) -> Iterator[Sheet]:
    """All tables of a part; at most `most` providers and languages, None for all."""
    yield _overview(part)
    yield _missions(part)
    yield _confusion(part.final)
    yield from (_reliability(each) for each in part.details[1:] or part.details)
    yield from (_coverage(each) for each in part.details if each.judge == "model")
    yield _groups("By category", part.categories)
    if part.providers:
        left = len(part.providers) - min(len(part.providers), most or len(part.providers))
        note = "Of those with ten failures or more, the one with the most wrong answers first."
        if left:
            note += f" {left:,} more are not shown; evaluation.json (--out) has all."
        yield _groups("By provider", part.providers[:most], note)
    note = ""
    if len(part.languages) > (most or len(part.languages)):
        note = f"{len(part.languages) - (most or 0):,} rarer ones are not shown."
    yield _groups("By language", part.languages[:most], note)


def _overview(part: Part) -> Sheet:
    vague = part.silent
    note = (
        "Right is what is labelled, and what the label calls as right. Hints are shown as if they"
        " decided; they do not."
    )
    if vague.of:
        note += (
            f" {_count(vague.of, 'failure')} labelled undetermined: {vague.right:,} of these are"
            " rightly left undecided."
        )
    rows = tuple(
        (
            score.judge,
            _part(score.decided),
            percent(score.decided),
            *map(percent, (score.reason, score.category, score.permanence)),
        )
        for score in part.scores
    )
    head = ("", "decided", "share", "reason right", "category right", "permanence right")
    return Sheet("What is decided, and how much of that is right", head, rows, note)


def _missions(part: Part) -> Sheet:
    rows = tuple(
        (
            str(mission.category),
            detail.judge,
            _part(mission.precision),
            percent(mission.precision),
            _part(mission.recall),
            percent(mission.recall),
        )
        for number in range(len(part.final.missions))
        for detail in part.details
        for mission in (detail.missions[number],)
    )
    head = ("category", "by", "right of those said", "precision", "found of those", "recall")
    return Sheet("The classes that must not be mixed up", head, rows)


def _confusion(detail: Detail) -> Sheet:
    rows = tuple(
        (name, *(f"{count:,}" for count in row))
        for name, row in zip(ROWS, detail.confusion, strict=True)
    )
    note = (
        "A failure whose label allows what is said stands in the row of what is said. In the row"
        " and column of other, one other category may be said for another."
    )
    title = f"Labelled (down) and said (across), by {detail.judge}"
    return Sheet(title, ("", *COLUMNS), rows, note)


def _reliability(detail: Detail) -> Sheet:
    found = detail.reliability
    rows = tuple(
        (
            f"{each.low:.2f} to {each.high:.2f}",
            f"{each.right.of:,}",
            f"{each.confidence:.3f}",
            percent(each.right),
        )
        for each in found.bins
    )
    what = (
        "the category's, where the model knows the words"
        if detail.judge == "model"
        else "of rules and hints the reason's, of the model the category's"
    )
    note = f"Confidences are {what}."
    if found.error is not None and found.brier is not None:
        note += (
            f" Expected calibration error {found.error:.3f} (fifteen bins of one width), Brier"
            f" score {found.brier:.3f}, of {found.count:,}."
        )
    head = ("confidence", "failures", "mean", "right")
    return Sheet(f"Whether confidences hold, by {detail.judge}", head, rows, note)


def _coverage(detail: Detail) -> Sheet:
    rows = tuple(
        (percent(point.coverage), percent(point.category), percent(point.reason))
        for point in _pick(detail.coverage)
    )
    note = "As if it had to decide so many; what it does not know comes last."
    head = ("the surest", "category right", "reason right")
    return Sheet(f"Coverage against accuracy, by {detail.judge} alone", head, rows, note)


def _pick(points: Sequence[Point]) -> list[Point]:
    """Every tenth percent."""
    return [point for point in points if round(point.coverage * 100) % 10 == 0]


def _groups(title: str, groups: Sequence[Group], note: str = "") -> Sheet:
    model = any(group.model is not None for group in groups)
    rows = tuple(
        (
            group.name,
            f"{group.decided.of:,}",
            percent(group.decided),
            percent(group.reason),
            percent(group.category),
            percent(group.wrong),
            *([percent(group.model)] if model else []),
        )
        for group in groups
    )
    head: tuple[str, ...] = ("", "failures", "decided")
    head += ("reason right", "category right", "wrong of all")
    if model:
        head += ("model's guess",)
        note = f"{note} The model's guess: its likeliest category is right, of all.".strip()
    return Sheet(f"{title}, by the final verdicts", head, rows, note)


def _part(share: Share) -> str:
    return f"{share.right:,} of {share.of:,}"


def _count(number: int, name: str) -> str:
    return f"{number:,} {name}{'' if number == 1 else 's'}"


def _title(part: Part) -> str:
    failures, wordings = _count(part.failures, "failure"), _count(part.templates, "wording")
    name = "All" if part.name == "all" else part.name[0].upper() + part.name[1:]
    return f"{name}: {failures} in {wordings}"


# ---- for people


def write_text(evaluation: Evaluation, width: int, palette: Palette) -> Iterator[str]:
    """The lines of all tables; notes are wrapped to `width` columns, tables take what they need."""
    first, warning = write_headline(evaluation)
    yield from (palette.paint(line, Style.STRONG) for line in wrap(neutral(first), width))
    doubtful = evaluation.seen is None or evaluation.seen.right
    style = Style.WAIT if doubtful and evaluation.model is not None else Style.PLAIN
    yield from (palette.paint(line, style) for line in wrap(warning, width))
    for part in evaluation.parts:
        yield ""
        title = _title(part)
        yield palette.paint(title, Style.STRONG)
        yield palette.paint("=" * len(title), Style.STRONG)
        for sheet in fill_sheets(part):
            yield ""
            yield palette.paint(sheet.title, Style.STRONG)
            yield from _lay_out(sheet, palette)
            if sheet.note:
                lines = wrap(sheet.note, width - len(_INDENT))
                yield from (palette.paint(_INDENT + line, Style.LABEL) for line in lines)


def _lay_out(sheet: Sheet, palette: Palette) -> Iterator[str]:
    """Names to the left, numbers to the right."""
    rows = [sheet.head, *(tuple(map(neutral, row)) for row in sheet.rows)]
    widths = [max(map(width_of, cells)) for cells in zip(*rows, strict=True)]
    named = 2 if sheet.head[:2] == ("category", "by") else 1
    for number, row in enumerate(rows):
        cells = [
            pad(cell, width) if place < named else " " * (width - width_of(cell)) + cell
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        line = (_INDENT + _GAP.join(cells)).rstrip()
        yield palette.paint(line, Style.LABEL) if number == 0 else line


# ---- as Markdown


def write_markdown(evaluation: Evaluation) -> str:
    """All tables as one page, with all providers."""
    first, warning = write_headline(evaluation)
    blocks = ["# Evaluation", _escape(first), f"**{warning}**"]
    for part in evaluation.parts:
        blocks.append(f"## {_title(part)}")
        for sheet in fill_sheets(part, None):
            blocks += [f"### {sheet.title}", *([sheet.note] if sheet.note else [])]
            lines = [sheet.head, ("---",) + ("---:",) * (len(sheet.head) - 1), *sheet.rows]
            blocks.append("\n".join(f"| {' | '.join(map(_escape, line))} |" for line in lines))
    return "\n\n".join(blocks) + "\n"


def _escape(cell: str) -> str:
    return neutral(cell).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")
