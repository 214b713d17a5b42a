"""The figures of an evaluation as pictures (SVG), for which matplotlib is asked.

The same evaluation gives the same bytes: no date, no chance in ids, letters drawn as paths, so that
no font of the reader's makes them overlap.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from classifier.corpus.evaluation import COLUMNS, ROWS, Detail, Evaluation, Part

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["TITLES", "draw_plots"]

#: The files, and what each says that it shows.
TITLES: Final = {
    "confusion.svg": "Mission classes: what failures are, and what the final verdicts say",
    "reliability.svg": "Reliability: how often answers of a confidence are right",
    "coverage.svg": "Coverage against accuracy: how often the surest answers are right",
}

#: Told apart by people who see few colours, too (Okabe and Ito 2008), and by line and mark.
_BLUE, _ORANGE, _GREEN = "#0072B2", "#D55E00", "#009E73"
_STYLES: Final = {
    "rules": (_GREEN, "-", "s"),
    "model": (_ORANGE, "--", "o"),
    "rules and model": (_BLUE, "-", "D"),
}
_GREY: Final = "#767676"
_FAINT: Final = "#e0e0e0"
_SETTINGS: Final[dict[Any, Any]] = {
    "svg.hashsalt": "whybounce",
    "svg.fonttype": "path",
    "font.family": "DejaVu Sans",  # comes with matplotlib
    "font.size": 9.0,
    "axes.titlesize": 10.0,
    "axes.edgecolor": _GREY,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.facecolor": "white",
    "axes.facecolor": "white",
    "savefig.facecolor": "white",  # else nothing is read on a dark page
    "text.color": "black",
    "text.parse_math": False,  # a model may be called $x$
}


def draw_plots(evaluation: Evaluation) -> dict[str, bytes]:
    """The pictures by the names of their files. Raises `ModuleNotFoundError` without matplotlib."""
    from matplotlib import rc_context

    drawers: dict[str, Callable[[Evaluation, str], Figure]] = {
        "confusion.svg": _draw_confusion,
        "reliability.svg": _draw_reliability,
        "coverage.svg": _draw_coverage,
    }
    with rc_context(_SETTINGS):
        return {
            name: _write(draw(evaluation, TITLES[name]), TITLES[name])
            for name, draw in drawers.items()
        }


def _write(figure: Figure, title: str) -> bytes:
    out = io.BytesIO()
    metadata: dict[str, Any] = {"Date": None, "Creator": "whybounce", "Title": title}
    figure.savefig(out, format="svg", metadata=metadata)
    return out.getvalue()


def _start(
    evaluation: Evaluation, title: str, width: float, heights: Sequence[float]
) -> tuple[Figure, Any]:
    """A figure with a column of axes for each part, (rows, parts); sizes in inches."""
    from matplotlib.figure import Figure

    parts = len(evaluation.parts)
    figure = Figure(figsize=(width * parts + 0.4, sum(heights) + 1.0), layout="constrained")
    axes = figure.subplots(
        len(heights), parts, squeeze=False, gridspec_kw={"height_ratios": list(heights)}
    )
    what = "rules alone" if evaluation.model is None else f"rules and model {evaluation.model}"
    # One part is narrower than the title is long.
    parted = title if parts > 1 else title.replace(": ", ":\n", 1)
    figure.suptitle(f"{parted}\n{what}", fontsize=11)
    return figure, axes


def _explain(figure: Figure, axes: Any, columns: int) -> None:
    """One legend for all axes below them, where it hides nothing."""
    named: dict[str, Any] = {}
    for axis in axes.flat:
        for handle, label in zip(*axis.get_legend_handles_labels(), strict=True):
            named.setdefault(label, handle)
    figure.legend(
        list(named.values()),
        list(named),
        loc="outside lower center",
        ncols=columns,
        fontsize=8,
        frameon=False,
    )


def _name(part: Part) -> str:
    return f"{part.name}: {part.failures:,} failures"


# ---- confusion


def _draw_confusion(evaluation: Evaluation, title: str) -> Figure:
    figure, axes = _start(evaluation, title, 5.9, [4.2])
    for number, part in enumerate(evaluation.parts):
        _draw_matrix(axes[0][number], part)
    return figure


def _draw_matrix(axis: Axes, part: Part) -> None:
    table = part.final.confusion
    shares = [[count / max(sum(row), 1) for count in row] for row in table]
    axis.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for down, row in enumerate(table):
        for across, count in enumerate(row):
            share = shares[down][across]
            text = f"{count:,}\n{100 * share:.1f} %" if sum(row) else "0"
            colour = "white" if share > 0.55 else "black" if count else _GREY
            axis.text(across, down, text, ha="center", va="center", color=colour)
    axis.set_xticks(range(len(COLUMNS)), [_break(name) for name in COLUMNS])
    names = [f"{_break(name)}\n({sum(row):,})" for name, row in zip(ROWS, table, strict=True)]
    axis.set_yticks(range(len(ROWS)), names)
    axis.tick_params(length=0)
    axis.spines[:].set_visible(False)
    # White lines between the cells.
    axis.set_xticks([place + 0.5 for place in range(len(COLUMNS) - 1)], minor=True)
    axis.set_yticks([place + 0.5 for place in range(len(ROWS) - 1)], minor=True)
    axis.grid(which="minor", color="white", linewidth=2)
    axis.tick_params(which="minor", length=0)
    axis.set_xlabel("said")
    axis.set_ylabel("labelled")
    axis.set_title(f"{_name(part)}\ncounts, and shares of each row")


def _break(name: str) -> str:
    return name.replace("-", "-\n")


# ---- reliability


def _draw_reliability(evaluation: Evaluation, title: str) -> Figure:
    figure, axes = _start(evaluation, title, 4.9, [3.6, 1.2])
    for number, part in enumerate(evaluation.parts):
        curve, counts = axes[0][number], axes[1][number]
        curve.plot([0, 1], [0, 1], color=_GREY, linewidth=1, linestyle=":", label="as promised")
        shown = part.details[1:] or part.details
        for detail in shown:
            _draw_bins(curve, counts, detail)
        curve.set_xlim(-0.02, 1.02)
        curve.set_ylim(-0.02, 1.05)
        curve.set_title("\n".join([_name(part), *map(_say_errors, shown)]))
        curve.set_ylabel("share right")
        curve.grid(color=_FAINT, linewidth=0.6)
        counts.set_xlim(-0.02, 1.02)
        counts.set_xlabel("confidence")
        counts.set_ylabel("answers\nin a bin")
        counts.set_ylim(bottom=0)
        counts.locator_params(axis="y", nbins=3, integer=True)
        counts.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    _explain(figure, axes, 3)
    return figure


def _say_errors(detail: Detail) -> str:
    found = detail.reliability
    if found.error is None or found.brier is None:
        return f"{detail.judge}: says nothing"
    return f"{detail.judge}: calibration error {found.error:.3f}, Brier score {found.brier:.3f}"


def _draw_bins(curve: Axes, counts: Axes, detail: Detail) -> None:
    """The line of one judge, and how many answers stand behind each of its points."""
    found = detail.reliability
    colour, line, mark = _STYLES[detail.judge]
    if found.error is None:
        return
    curve.plot(
        [each.confidence for each in found.bins],
        [each.right.share or 0.0 for each in found.bins],
        color=colour,
        linestyle=line,
        marker=mark,
        markersize=5,
        label=detail.judge,
    )
    for each in found.bins:
        edges = (each.low, each.high)
        counts.stairs([each.right.of], edges, color=colour, fill=True, alpha=0.25)
        counts.stairs([each.right.of], edges, color=colour, linestyle=line)


# ---- coverage


def _draw_coverage(evaluation: Evaluation, title: str) -> Figure:
    figure, axes = _start(evaluation, title, 4.9, [4.2])
    lowest = min(
        (
            min(point.category, point.reason)
            for part in evaluation.parts
            for detail in part.details
            for point in detail.coverage
        ),
        default=0.0,
    )
    bottom = max(0.0, int(lowest * 10) / 10 - 0.05)
    for number, part in enumerate(evaluation.parts):
        axis = axes[0][number]
        for detail in part.details[1:] or part.details:
            _draw_line(axis, part, detail)
        axis.set_xlim(0, 1.02)
        axis.set_ylim(bottom, 1.01)
        axis.set_title(_name(part))
        axis.set_xlabel("share of the failures, the surest first")
        axis.set_ylabel("share right")
        axis.grid(color=_FAINT, linewidth=0.6)
    _explain(figure, axes, 2)
    return figure


def _draw_line(axis: Axes, part: Part, detail: Detail) -> None:
    """Categories in full, reasons in dots, and a mark where what is decided ends."""
    colour, _, mark = _STYLES[detail.judge]
    across = [point.coverage for point in detail.coverage]
    near = [point.category for point in detail.coverage]
    right = [point.reason for point in detail.coverage]
    axis.plot(across, near, color=colour, label=f"{detail.judge}: category")
    axis.plot(across, right, color=colour, linestyle=":", label=f"{detail.judge}: reason")
    for score in part.scores:
        share, good = score.decided.share, score.category.share
        if score.judge == detail.judge and share and good is not None:
            label = f"{detail.judge}: category of what is decided"
            axis.plot([share], [good], color=colour, marker=mark, linestyle="", label=label)
