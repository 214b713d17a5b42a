"""A summary in lines, for people at a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from classifier.summary.counting import Group, Summary, Template
from classifier.summary.steps import Step, first_steps
from classifier.summary.words import ACTORS
from classifier.terminal import Palette, Style, clip, neutral, pad, wrap

__all__ = ["describe_summary"]

_STEPS: Final = 8
_ROWS: Final = 8
_NAME: Final = 36  # columns
_BAR: Final = 24  # columns


def describe_summary(summary: Summary, width: int, palette: Palette) -> Iterator[str]:
    """The counts and what to do first, in lines of at most `width` columns."""
    width = max(width, 60)
    head = f"{_number(summary.failures, 'failure')} in {_number(summary.records, 'record')}"
    if summary.delayed:
        head += f", {_number(summary.delayed, 'delay')}"
    yield from (palette.paint(line, Style.STRONG) for line in wrap(head, width))
    steps = first_steps(summary, _STEPS)
    if steps:
        yield ""
        yield palette.paint("what to do first", Style.STRONG)
    for number, step in enumerate(steps, 1):
        yield from _step(number, step, width, palette)
    for title, counts in (
        ("category", summary.categories),
        ("reason", summary.reasons),
        ("who acts", summary.faults),
        ("provider", _failures(summary.providers)),
        ("remote MTA", _failures(summary.remotes)),
        ("sender's domain", _failures(summary.senders)),
        ("recipient's domain", _failures(summary.receivers)),
        ("permanence", summary.permanences),
        ("decided by", summary.deciders),
        ("month", _by_month(summary)),
    ):
        yield from _table(title, counts, summary.failures, palette, title != "month")
    yield from _templates(summary.templates.values(), width, palette)
    for field, number in sorted(summary.forgotten.items()):
        yield palette.paint(f"not held: {number:,} rare {field}", Style.LABEL)


def _step(number: int, step: Step, width: int, palette: Palette) -> Iterator[str]:
    lead = f"{number:>3}. "
    style = Style.LABEL if step.over else Style.WAIT
    ended = "; not seen since" if step.over else ""
    for at, line in enumerate(wrap(f"{step.title}: {step.told}{ended}.", width - 5)):
        yield (lead if not at else " " * 5) + palette.paint(line, style)
    for line in wrap(step.todo, width - 5):
        yield " " * 5 + line
    actor = ACTORS.get(step.fault, step.fault)
    yield " " * 5 + palette.paint(clip(f"{actor}; {step.permanence}", width - 5), Style.LABEL)


def _table(
    title: str, counts: Mapping[str, int], whole: int, palette: Palette, by_count: bool
) -> Iterator[str]:
    rows = [(name, number) for name, number in counts.items() if number]
    rows.sort(key=lambda row: (-row[1], row[0]) if by_count else (0, row[0]))
    if not rows:
        return
    yield ""
    yield palette.paint(title, Style.STRONG)
    shown = rows[:_ROWS] if by_count else rows[-2 * _ROWS :]
    most = max(number for _, number in shown)
    for name, number in shown:
        bar = "▇" * max(1, round(_BAR * number / most))
        share = f"{100 * number / whole:.1f} %" if whole else ""
        label = pad(clip(neutral(name), _NAME, "middle"), _NAME)
        yield f"  {label} {number:>10,} {share:>8}  {palette.paint(bar, Style.LABEL)}"
    left = rows[_ROWS:] if by_count else rows[: -2 * _ROWS]
    if left:
        rest = sum(number for _, number in left)
        which = "more" if by_count else "earlier"
        yield palette.paint(f"  and {len(left):,} {which}, {rest:,} in all", Style.LABEL)


def _templates(templates: Iterable[Template], width: int, palette: Palette) -> Iterator[str]:
    ranked = sorted(templates, key=lambda each: (-each.failures, each.text))
    shown = [each for each in ranked[:_ROWS] if each.failures]
    if not shown:
        return
    yield ""
    yield palette.paint("most frequent wordings", Style.STRONG)
    for template in shown:
        yield "  " + clip(f"{template.failures:,} x {template.reason}", width - 2)
        yield "      " + clip(neutral(template.text), width - 6)
        example = template.examples[0].recipient if template.examples else None
        if example:
            yield palette.paint("      " + clip(f"such as {example}", width - 6), Style.LABEL)


def _failures(groups: Mapping[str, Group]) -> dict[str, int]:
    return {name: group.failures for name, group in groups.items()}


def _by_month(summary: Summary) -> dict[str, int]:
    months: dict[str, int] = {}
    for day, providers in summary.cells.items():
        number = sum(sum(counts.values()) for counts in providers.values())
        month = day[:7] or "no date"
        months[month] = months.get(month, 0) + number
    return months


def _number(number: int, name: str) -> str:
    return f"{number:,} {name}{'' if number == 1 else 's'}"
