"""The work of `whybounce drift`: two runs in, what changed out."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO, Final

import msgspec

from classifier.cli.common import CLOSED, UNREAD, Shape, complain, look, to_terminal
from classifier.cli.mails import spare_inputs
from classifier.drift import Change, Drift, Flip, Provider, Run, Unmatched, compare
from classifier.errors import OperatorError
from classifier.records import read_run
from classifier.sinks import Closed, open_output
from classifier.terminal import Palette, Style, clip, neutral, pad, scrub, width_of, wrap

__all__ = ["compare_runs"]

_SURE_ROWS: Final = 12  # of one kind that are shown, where they are more than chance
_ROWS: Final = 5  # of one kind that are shown at least
_TOLD: Final = 5  # of providers, flips and templates
_SEEN: Final = 0.005  # of confidence; less shows as 0.00
_NAME: Final = 34  # columns of a name
_CELL: Final = 16  # columns of a count and its share


def compare_runs(
    old: str,
    new: str,
    chosen: Shape | None,
    output: str | None,
    colour: bool | None,
    fail_over: float | None,
) -> int:
    """Compare two files of records; the exit status. The arguments are those of the command."""
    if old == new == "-":
        raise OperatorError("NEW", ["is standard input, as OLD is"], "Name a file for one of them.")
    spare_inputs((old, new), output)
    stdin: BinaryIO | None = sys.stdin.buffer if sys.stdin else None
    drift = compare(read_run(old, stdin), read_run(new, stdin), (neutral(old), neutral(new)))
    for run in (drift.old, drift.new):
        if run.broken:
            complain(f"{run.name}: {_say_broken(run)}")
    shape = chosen or (Shape.TEXT if to_terminal(output) else Shape.JSON)
    try:
        with open_output(output) as out:
            if shape is Shape.JSON:
                out.write(_encode(drift) + b"\n")
            else:
                seen = look(output, colour)
                lines = _lines(drift, seen.text_width, Palette(seen.colour))
                out.write("\n".join([*lines, ""]).encode(seen.encoding, "replace"))
    except Closed:
        return CLOSED
    return _limit(drift, fail_over)


def _limit(drift: Drift, fail_over: float | None) -> int:
    """The exit status, and on standard error what went over the limit."""
    if fail_over is None:
        return 0
    over = []
    if drift.abstentions_grew > fail_over:
        over.append(f"undetermined failures grew by {100 * drift.abstentions_grew:.1f} points")
    if drift.flipped_share > fail_over:
        over.append(f"{100 * drift.flipped_share:.1f} % of the failures are judged otherwise")
    for fault in over:
        complain(f"{fault}; --fail-over allows {100 * fail_over:.1f}")
    return UNREAD if over else 0


def _encode(drift: Drift) -> bytes:
    """One object; shares and differences beside the counts that they come from."""
    plain = msgspec.to_builtins(drift)
    for change, each in zip(plain["changes"], drift.changes, strict=True):
        change["difference"] = round(each.difference, 6)
    plain["abstentions_grew"] = round(drift.abstentions_grew, 6)
    plain["flipped_share"] = round(drift.flipped_share, 6)
    return msgspec.json.encode(plain)


def _say_broken(run: Run) -> str:
    count = f"{run.broken:,} lines are no records and were" if run.broken > 1 else ""
    return (
        f"{count or 'one line is no record and was'} passed over; {scrub(run.first_broken or '')}"
    )


# ---- for people


def _lines(drift: Drift, width: int, palette: Palette) -> Iterator[str]:
    """The comparison in lines, of at most `width` columns where that is wide enough."""
    width = max(width, 80)
    strong = Style.STRONG
    yield from (palette.paint(line, strong) for line in wrap(neutral(drift.headline), width))
    yield from wrap(_say_wordings(drift), width)
    yield ""
    yield from _summary(drift, palette, width)
    for of in dict.fromkeys(change.of for change in drift.changes):
        rows = [change for change in drift.changes if change.of == of]
        yield from _shares(of, rows, palette)
    yield from _providers(drift.providers, palette)
    yield from _flips(drift, palette, width)
    yield from _unmatched("new in NEW", drift.fresh, palette, width)
    yield from _unmatched("gone, in OLD only", drift.gone, palette, width)
    yield ""
    note = (
        f"More than chance: at the level of {100 * drift.level:.0f} %, all {len(drift.changes):,}"
        " rows considered (Fisher's exact test or G-test; Benjamini-Hochberg), as if each failure"
        " came by itself. A mailing that hits one provider often does not."
    )
    yield from (palette.paint(line, Style.LABEL) for line in wrap(note, width))


def _say_wordings(drift: Drift) -> str:
    told = []
    if drift.flipped:
        told.append(
            f"{_count(drift.flipped, 'failure')} ({100 * drift.flipped_share:.1f} %) in"
            f" {_count(drift.flipped_templates, 'template')}: judged otherwise than in OLD."
        )
    if drift.fresh.templates:
        share = _percent(drift.fresh.failures, drift.new.failures)
        told.append(
            f"{_count(drift.fresh.failures, 'failure')} ({share}) of NEW in"
            f" {_count(drift.fresh.templates, 'template')} that OLD has not."
        )
    return " ".join(told) or "No verdict flipped, and no wording is new."


def _summary(drift: Drift, palette: Palette, width: int) -> Iterator[str]:
    old, new = drift.old, drift.new
    yield _row("", "OLD", "NEW", palette=palette, style=Style.STRONG)
    yield _row("file", clip(old.name, _CELL - 1, "end"), clip(new.name, _CELL - 1, "end"))
    yield _row("records", f"{old.records:,}", f"{new.records:,}")
    if old.errors or new.errors:
        yield _row("not judged", _part(old.errors, old.records), _part(new.errors, new.records))
    yield _row("failures, delays", f"{old.failures:,}", f"{new.failures:,}")
    for label, one, two in (
        ("undetermined", old.abstained, new.abstained),
        ("rule and model in dispute", old.disputed, new.disputed),
    ):
        yield _row(label, _part(one, old.failures), _part(two, new.failures))
    yield _row("templates", f"{old.templates:,}", f"{new.templates:,}")
    for name, run in (("OLD", old), ("NEW", new)):
        if run.broken:
            yield from wrap(f"  {name}: {neutral(_say_broken(run))}", width)
        if run.unheld:
            note = (
                f"  {name} has more than {run.templates:,} templates; {run.unheld:,} failures in"
                " others are left out where templates are compared."
            )
            yield from wrap(note, width)


def _shares(of: str, rows: Sequence[Change], palette: Palette) -> Iterator[str]:
    """The rows that matter, most first; what is more than chance before what is not."""
    changed = [row for row in rows if row.difference]
    changed.sort(key=lambda row: (not row.sure, -abs(row.difference), row.name))
    sure = sum(row.sure for row in changed)
    shown = changed[: max(_ROWS, min(sure, _SURE_ROWS))]
    if not shown:
        return
    yield ""
    title = f"{of}, share of all" if " at" not in of else f"{of}, share of each"
    yield _row(title, "OLD", "NEW", "change", palette, Style.STRONG)
    for row in shown:
        told = "  more than chance" if row.sure else ""
        change = f"{100 * row.difference:+.1f}{told}"
        style = Style.WAIT if row.sure else Style.PLAIN
        old, new = _part(row.old, row.old_of), _part(row.new, row.new_of)
        yield _row(f"  {neutral(row.name)}", old, new, change, palette, style)
    left = len(changed) - len(shown)
    if left:
        more = sure - min(sure, len(shown))
        told = f", {more:,} of them more than chance" if more else ", none more than chance"
        yield palette.paint(f"  and {left:,} more{told}", Style.LABEL)


def _providers(providers: Sequence[Provider], palette: Palette) -> Iterator[str]:
    """The mean confidences that changed most, by the failures they concern."""
    changed = [each for each in providers if abs(_gain(each)) >= _SEEN]
    changed.sort(key=lambda each: (-abs(_gain(each)) * each.new, each.name))
    if not changed:
        return
    yield ""
    yield _row("mean confidence at", "OLD", "NEW", "change", palette, Style.STRONG)
    for each in changed[:_TOLD]:
        old, new = each.old_confidence or 0.0, each.new_confidence or 0.0
        name = f"  {neutral(each.name)}"
        one, two = f"{old:.2f} of {each.old:,}", f"{new:.2f} of {each.new:,}"
        yield _row(name, one, two, f"{new - old:+.2f}", palette)
    if len(changed) > _TOLD:
        yield palette.paint(f"  and {len(changed) - _TOLD:,} more", Style.LABEL)


def _gain(provider: Provider) -> float:
    if provider.old_confidence is None or provider.new_confidence is None:
        return 0.0
    return provider.new_confidence - provider.old_confidence


def _flips(drift: Drift, palette: Palette, width: int) -> Iterator[str]:
    if not drift.flips:
        return
    yield ""
    yield palette.paint("judged otherwise: the same words with the same codes", Style.STRONG)
    for flip in drift.flips[:_TOLD]:
        yield from _flip(flip, palette, width)
    left = drift.flip_count - _TOLD
    if left > 0:
        yield palette.paint(f"  and {left:,} more", Style.LABEL)


def _flip(flip: Flip, palette: Palette, width: int) -> Iterator[str]:
    old = f"{flip.old_reason} ({flip.old_decided_by}, {flip.old:,})"
    new = f"{flip.new_reason} ({flip.new_decided_by}, {flip.new:,})"
    yield from (f"  {line}" for line in wrap(neutral(f"{old} -> {new}"), width - 2))
    yield palette.paint(f"      {clip(neutral(flip.example), width - 6)}", Style.LABEL)


def _unmatched(title: str, found: Unmatched, palette: Palette, width: int) -> Iterator[str]:
    if not found.templates:
        return
    yield ""
    doubt = "" if found.sure else "; the other run has more than could be held, so some may be none"
    told = f"{_count(found.templates, 'template')} {title}{doubt}"
    yield from (palette.paint(line, Style.STRONG) for line in wrap(told, width))
    for each in found.most[:_TOLD]:
        about = neutral(f"  {each.count:,} x {each.reason}, {each.provider}: ")
        yield about + clip(neutral(each.example), max(20, width - width_of(about)))
    if found.templates > _TOLD:
        yield palette.paint(f"  and {found.templates - _TOLD:,} more", Style.LABEL)


def _row(
    label: str,
    old: str,
    new: str,
    change: str = "",
    palette: Palette | None = None,
    style: Style = Style.PLAIN,
) -> str:
    """A label and two numbers below each other's, and what changed."""
    line = pad(clip(label, _NAME, "middle"), _NAME) + _right((old, new))
    number, _, told = change.partition("  ")
    line = f"{line} {number:>8}  {told}".rstrip()
    return palette.paint(line, style) if palette else line


def _right(cells: Iterable[str]) -> str:
    return "".join(" " * (_CELL - width_of(cell)) + cell for cell in cells)


def _part(part: int, whole: int) -> str:
    return f"{part:,} {_percent(part, whole):>7}" if whole else "-"


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "-"


def _count(number: int, name: str) -> str:
    return f"{number:,} {name}{'' if number == 1 else 's'}"
