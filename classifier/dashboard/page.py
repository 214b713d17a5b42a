"""The report as one HTML page that needs nothing beside it.

It is read without JavaScript, too: only the charts, the filters and the search need it, and what a
chart shows stands in a table as well. The page may load nothing: its content policy allows just its
own style and script, by their digests. All text is neutral and escaped, and the whole stays below
2 MB: what finds no room is counted and said.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from importlib.resources import files
from typing import Final

import msgspec

from classifier.dashboard.cards import draw_sides
from classifier.dashboard.chain import Diagnosis, draw_chains
from classifier.dashboard.drawing import (
    bar,
    code,
    draw_example,
    number,
    pairs,
    percent,
    prose,
    spark,
    text,
    when,
)
from classifier.dashboard.reckoning import (
    ORDER,
    OTHER,
    SIDES,
    Line,
    Rank,
    fill_line,
    rank_groups,
    side_of,
    tell_sides,
    time_line,
)
from classifier.dashboard.veil import Addresses, Veil
from classifier.reasons import MEANING, Reason
from classifier.summary import ACTORS, Step, Summary, Template, first_steps
from classifier.terminal import scrub

__all__ = ["LONGEST", "write_page"]

#: Bytes of a page, at most.
LONGEST: Final = 2_000_000

_STEPS: Final = 24  # that are listed
_OF_EACH: Final = 4  # of each category, so that a filter by it finds some
_ALL: Final = 10_000  # steps: all there are
_ROWS: Final = 60  # of a table
_SHOWN: Final = 8  # rows that show before one asks for more
_FOR_STEPS: Final = 0.3  # of the room that is left; templates get the rest
_FOR_CHAINS: Final = 400_000  # bytes; a diagnosis takes about 10,000
_HEADINGS: Final = 2_000  # bytes of what stands around these


def write_page(
    summary: Summary,
    veil: Veil,
    title: str,
    notes: Sequence[str] = (),
    diagnoses: Sequence[Diagnosis] = (),
) -> bytes:
    """The page, at most `LONGEST` bytes of UTF-8.

    `title` is a line of the person who made it; `notes` are lines for the end: what was read, what
    could not be. `diagnoses` are drawn near the top, as far as there is room.
    """
    line = time_line(summary)
    every = first_steps(summary, _ALL)
    head = "\n".join(
        [
            *_top(title, bool(diagnoses)),
            *_headline(summary, every),
            *draw_chains(diagnoses, veil, _FOR_CHAINS),
            *draw_sides(summary, every, veil),
            *_filters(line),
        ]
    )
    middle = "\n".join([*_charts(summary, line), *_tables(summary)])
    end = "\n".join(
        [
            *_notes(summary, veil, notes),
            "</main>",
            _embed(line),
            f"<script>{_asset('dashboard.js')}</script>",
            "</body>",
            "</html>",
            "",
        ]
    )
    room = LONGEST - _HEADINGS - sum(len(part.encode()) for part in (head, middle, end))
    steps, used = _fit(
        (
            "\n".join(_step(step, line, veil, at >= _SHOWN))
            for at, step in enumerate(_choose(every))
        ),
        int(room * _FOR_STEPS),
    )
    templates = sorted(
        summary.templates.values(), key=lambda each: (-each.failures, -each.delayed, each.text)
    )
    drawn, _ = _fit(("\n".join(_template(each, line, veil)) for each in templates), room - used)
    page = "\n".join(
        [
            head,
            *_open("first", "What to do first", _lead_steps(len(every), len(steps))),
            '<ol class="steps">',
            *steps,
            "</ol>",
            _more(len(steps)),
            '<p class="none" hidden>No step fits the filter.</p></section>',
            middle,
            *_open("wordings", "What the servers said", _lead_templates(summary, len(drawn))),
            *drawn,
            '<p class="none" hidden>No wording fits the filter.</p></section>',
            end,
        ]
    )
    return page.encode()


def _choose(every: Sequence[Step]) -> Iterator[Step]:
    """The first steps, and the first of each category, in their order."""
    seen: Counter[str] = Counter()
    for at, step in enumerate(every):
        seen[step.category] += 1
        if at < _STEPS or seen[step.category] <= _OF_EACH:
            yield step


def _fit(pieces: Iterable[str], room: int) -> tuple[list[str], int]:
    """The first pieces that fit into so many bytes, and the bytes that they take."""
    fitting, used = [], 0
    for piece in pieces:
        size = len(piece.encode()) + 1
        if used + size > room:
            break
        fitting.append(piece)
        used += size
    return fitting, used


# ---- the frame


def _asset(name: str) -> str:
    return files("classifier.dashboard").joinpath(name).read_text(encoding="utf-8")


def _digest(content: str) -> str:
    digest = hashlib.sha256(content.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _top(title: str, chained: bool) -> Iterator[str]:
    style = _asset("dashboard.css")
    policy = (
        f"default-src 'none'; style-src {_digest(style)};"
        f" script-src {_digest(_asset('dashboard.js'))}; base-uri 'none'; form-action 'none'"
    )
    yield "<!DOCTYPE html>"
    yield '<html lang="en">'
    yield "<head>"
    yield '<meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield '<meta name="referrer" content="no-referrer">'
    yield f"<title>{text(title)}</title>"
    yield f"<style>{style}</style>"
    yield "</head>"
    yield "<body>"
    yield '<a class="skip" href="#main">To the content</a>'
    yield "<header><div>"
    yield f'<p class="brand">{text(title)}</p>'
    parts = (("chain", "The chain"),) * chained + _PARTS
    yield '<nav aria-label="Parts"><ul>'
    yield "".join(f'<li><a href="#{part}">{name}</a></li>' for part, name in parts)
    yield "</ul></nav>"
    yield '<button type="button" id="theme" hidden>Dark</button>'
    yield "</div></header>"
    yield '<main id="main">'


_PARTS: Final = (
    ("first", "What to do"),
    ("time", "Over time"),
    ("who", "Who and where"),
    ("wordings", "Replies"),
)


def _open(name: str, title: str, lead: str = "") -> Iterator[str]:
    yield f'<section id="{name}" aria-labelledby="h-{name}">'
    yield f'<h2 id="h-{name}">{title}</h2>'
    if lead:
        yield f'<p class="soft">{lead}</p>'


def _embed(line: Line) -> str:
    """The numbers for the charts. No `<` in it can end the element, whatever a name holds."""
    encoded = scrub(msgspec.json.encode(line).decode("utf-8", "replace"))
    for sign in "<>&\u2028\u2029":
        encoded = encoded.replace(sign, f"\\u{ord(sign):04x}")
    return f'<script type="application/json" id="data">{encoded}</script>'


# ---- the head line


def _headline(summary: Summary, steps: Sequence[Step]) -> Iterator[str]:
    sides = tell_sides(summary)
    yield '<section id="head" aria-labelledby="h-head">'
    if not summary.failures:
        waiting = f"; {number(summary.delayed, 'delivery', 's')} still wait" * bool(summary.delayed)
        yield f'<h1 id="h-head">Nothing failed{waiting}</h1>'
    else:
        share = (sides["own"] + sides["list"]) / summary.failures
        yield (
            f'<h1 id="h-head">{_failed(summary.failures)};'
            f" {percent(share)} of them are yours to mend</h1>"
        )
    if steps:
        yield (
            f'<p class="lead"><b>First:</b> {text(steps[0].title)}: {text(steps[0].told)}.'
            f" {prose(steps[0].todo)}</p>"
        )
    yield from _whose(summary, sides)
    first, last = _ends(summary)
    span = f"{when(first, last)}. " if first else ""
    others = sum(summary.kinds.values()) - summary.failures - summary.delayed
    parts = [number(summary.delayed, "warning") + " of a delay"] * bool(summary.delayed)
    parts += [number(others, "other mail") + ", no failures"] * bool(others)
    beside = f" Beside them: {'; '.join(parts)}." if parts else ""
    yield f'<p class="soft">{span}{number(summary.records, "record")} read.{beside}</p>'
    yield "</section>"


def _failed(count: int) -> str:
    return "1 recipient was not reached" if count == 1 else f"{count:,} recipients were not reached"


def _ends(summary: Summary) -> tuple[str | None, str | None]:
    days = sorted(day for day in summary.cells if day)
    return (days[0], days[-1]) if days else (None, None)


def _whose(summary: Summary, sides: dict[str, int]) -> Iterator[str]:
    """Who has to act, as one bar with words below it."""
    if not summary.failures:
        return
    at, rects = 0.0, []
    for side in SIDES:
        width = 1000 * sides[side.name] / summary.failures
        rects.append(f'<rect class="s-{side.name}" x="{at:.1f}" width="{width:.1f}" height="14"/>')
        at += width
    told = ", ".join(f"{side.title}: {sides[side.name]:,}" for side in SIDES)
    yield (
        f'<svg class="whose" role="img" aria-label="Who has to act. {told}" viewBox="0 0 1000 14"'
        f' preserveAspectRatio="none">{"".join(rects)}</svg>'
    )
    yield '<ul class="whose">'
    for side in SIDES:
        count = sides[side.name]
        yield (
            f'<li class="s-{side.name}"><b>{count:,}</b> {percent(count / summary.failures)}'
            f"<span>{side.title}</span></li>"
        )
    yield "</ul>"


# ---- what to do first


def _lead_steps(every: int, shown: int) -> str:
    lead = "One step mends all the failures that have one cause; what helps most comes first."
    return lead + (f" {every - shown:,} smaller causes are not listed." if every > shown else "")


def _item(category: str, fault: str, names: Iterable[str], line: Line) -> str:
    """The attributes that the filters go by."""
    places = {name: at for at, name in enumerate(line.providers)}
    found = sorted({places.get(each, places.get(OTHER, 0)) for each in names})
    return (
        f'class="item c-{_known(category)}" data-c="{_known(category)}" data-s="{side_of(fault)}"'
        f' data-p=" {" ".join(map(str, found))} "'
    )


def _known(category: str) -> str:
    return category if category in _CATEGORIES else "undetermined"


_CATEGORIES: Final = frozenset(map(str, ORDER))
_REASONS: Final = {str(reason): reason for reason in Reason}


def _more(rows: int) -> str:
    """The button that shows the rows above it that are hidden at first; "" where none is."""
    hidden = rows - _SHOWN
    return f'<button type="button" class="showmore">{hidden:,} more</button>' * (hidden > 0)


def _step(step: Step, line: Line, veil: Veil, folded: bool) -> Iterator[str]:
    providers = [name for name, _ in step.providers] or ["unknown"]
    yield f"<li {_item(step.category, step.fault, providers, line)}{' data-more' * folded}>"
    yield '<div class="what">'
    yield f"<h3>{text(step.title)}</h3>"
    over = ' <span class="over">not seen since</span>' if step.over else ""
    yield f'<p class="told">{text(step.told)}, {percent(step.share)} of all{over}</p>'
    yield f"<p>{prose(step.todo)}</p>"
    tags = (ACTORS.get(step.fault, step.fault), step.permanence, f"{step.category}")
    yield '<p class="tags">' + "".join(f"<span>{text(tag)}</span>" for tag in tags) + "</p>"
    yield "</div>"
    yield spark(fill_line(line, step.days), step.category, f"Over time: {step.told}")
    rows = (
        ("reasons", _tops(step.reasons)),
        ("providers", _tops(step.providers)),
        ("recipients at", _tops(step.receivers)),
        ("mail from", _tops(step.senders)),
        ("told by", _tops(step.formats)),
    )
    yield "<details><summary>Who is hit, and examples</summary>"
    yield from pairs(rows)
    for example in step.examples[:2]:
        yield from draw_example(example, veil)
    yield "</details></li>"


def _tops(counts: Sequence[tuple[str, int]]) -> str:
    return ", ".join(f"{code(name)} {count:,}" for name, count in counts)


# ---- filters


def _filters(line: Line) -> Iterator[str]:
    yield '<section id="filters" aria-labelledby="h-filters" hidden>'
    yield '<h2 id="h-filters" class="quiet">Filter</h2>'
    yield '<form id="find" role="search">'
    yield '<label>Search <input id="q" type="search" autocomplete="off" spellcheck="false"'
    yield ' maxlength="200" placeholder="word, code, host"></label>'
    yield _select("category", "Category", [(name, name) for name in line.categories])
    yield _select("side", "Who acts", [(side.name, side.title) for side in SIDES])
    named = [(str(at), name) for at, name in enumerate(line.providers)]
    yield _select("provider", "Provider", named)
    yield '<button type="button" id="reset" disabled>Show all</button>'
    yield '<output id="shown" for="q category side provider" aria-live="polite"></output>'
    yield "</form></section>"


def _select(name: str, label: str, options: Iterable[tuple[str, str]]) -> str:
    inner = "".join(
        f'<option value="{text(value)}">{text(told)}</option>' for value, told in options
    )
    return (
        f'<label>{label} <select id="{name}"><option value="">all</option>{inner}</select></label>'
    )


# ---- over time


def _charts(summary: Summary, line: Line) -> Iterator[str]:
    unit = line.unit
    yield from _open(
        "time",
        "Over time",
        f"Failures a {unit}, by category. Choose a category or a provider to see it alone.",
    )
    yield '<div id="chart" class="chart"></div>'
    yield '<ul class="legend" id="legend">'
    for category in ORDER:
        count = summary.categories.get(category, 0)
        if count:
            yield (
                f'<li><button type="button" class="c-{category}" data-c="{category}"'
                f' aria-pressed="false"><i></i>{category} <b>{count:,}</b></button></li>'
            )
    yield "</ul>"
    yield '<noscript><p class="soft">The charts need JavaScript; this table has the same.</p>'
    yield "</noscript>"
    yield f"<details><summary>The same as a table, by {unit}</summary>"
    yield from _time_table(line)
    yield "</details>"
    if line.undated:
        yield f'<p class="soft">{number(line.undated, "failure")} without a date are in no bar.</p>'
    yield '<h3 id="h-each">By provider</h3>'
    yield (
        '<p class="soft">Each with a scale of its own. <code>unknown</code>: nobody is known to'
        " have said the words.</p>"
    )
    yield '<div id="each" class="each" role="group" aria-labelledby="h-each"></div>'
    yield "</section>"


def _time_table(line: Line) -> Iterator[str]:
    rows: list[Counter[int]] = [Counter() for _ in line.bins]
    cells = iter(line.cells)
    used = set()
    for at, _, category, _, count in zip(cells, cells, cells, cells, cells, strict=True):
        rows[at][category] += count
        used.add(category)
    shown = sorted(used)
    yield '<div class="wide" tabindex="0" role="region" aria-label="Failures over time"><table>'
    heads = "".join(f'<th scope="col" class="n">{line.categories[at]}</th>' for at in shown)
    yield f'<thead><tr><th scope="col">{line.unit}</th><th scope="col" class="n">all</th>{heads}'
    yield "</tr></thead><tbody>"
    for name, row in zip(line.bins, rows, strict=True):
        if row:
            numbers = "".join(f'<td class="n">{row[at] or ""}</td>' for at in shown)
            whole = f'<td class="n">{sum(row.values()):,}</td>'
            yield f'<tr><th scope="row">{name}</th>{whole}{numbers}</tr>'
    yield "</tbody></table></div>"


# ---- who and where


def _tables(summary: Summary) -> Iterator[str]:
    yield from _open(
        "who", "Who and where", "Bars show the categories; hover or the table's words tell which."
    )
    yield '<div class="tables">'
    for title, groups in (
        ("Providers", summary.providers),
        ("Recipient domains", summary.receivers),
        ("Sender domains", summary.senders),
        ("Servers that refused", summary.remotes),
    ):
        ranks = rank_groups(groups, summary.failures, _ROWS)
        yield f'<div class="table"><h3>{title}</h3>'
        if ranks:
            yield from _ranks(title, ranks, len(groups))
        else:
            yield '<p class="soft">None is named.</p>'
        yield "</div>"
    yield "</div></section>"


def _ranks(title: str, ranks: Sequence[Rank], all_: int) -> Iterator[str]:
    most = ranks[0].failures
    yield f'<table aria-label="{title}"><thead><tr><th scope="col">name</th>'
    yield '<th scope="col" class="n">failures</th><th scope="col" class="n">share</th>'
    yield '<th scope="col">mostly</th></tr></thead><tbody>'
    for at, rank in enumerate(ranks):
        mostly = max(rank.categories, key=lambda pair: pair[1], default=("", 0))[0]
        told = ", ".join(f"{name} {count:,}" for name, count in rank.categories)
        more = " data-more" if at >= _SHOWN else ""
        yield (
            f'<tr{more}><th scope="row"><bdi>{text(rank.name)}</bdi></th>'
            f'<td class="n">{rank.failures:,}</td><td class="n">{percent(rank.share)}</td>'
            f"<td>{bar(rank.categories, most, told)}<span>{text(mostly)}</span></td></tr>"
        )
    yield "</tbody></table>"
    yield _more(len(ranks))
    if all_ > len(ranks):
        yield f'<p class="soft">and {all_ - len(ranks):,} that failed less often</p>'


# ---- what the servers said


def _lead_templates(summary: Summary, shown: int) -> str:
    left = len(summary.templates) - shown + summary.forgotten.get("templates", 0)
    lead = (
        "Replies of one wording stand together; <code>{address}</code>, <code>{host}</code> and the"
        " like stand for what differs. Open one for examples and what decided."
    )
    return lead + (f" {left:,} rarer wordings are not listed." if left > 0 else "")


def _template(template: Template, line: Line, veil: Veil) -> Iterator[str]:
    known = [each.recipient for each in template.examples]
    said = veil.text(template.text, *known) or ""
    yield f"<details {_item(template.category, template.fault, template.providers.counts, line)}"
    yield f' data-n="{template.failures}"><summary>'
    count = f"{template.failures:,}" if template.failures else f"({template.delayed:,})"
    yield f'<b>{count}</b> <span class="tag">{text(template.reason)}</span>'
    yield f' <span class="said"><bdi>{text(said)}</bdi></span></summary><div>'
    reason = _REASONS.get(template.reason, Reason.UNDETERMINED)
    meaning = MEANING[reason].summary
    yield f"<p>{text(meaning[:1].upper() + meaning[1:])}.</p>"
    sure = template.confidence / template.weight if template.weight else 0.0
    doubt = f"; rule and model disagreed {template.disputed:,} times" if template.disputed else ""
    delayed = f", {number(template.delayed, 'delay')}" if template.delayed else ""
    yield from pairs(
        (
            ("how often", f"{number(template.failures, 'failure')}{delayed}"),
            ("when", when(template.first, template.last)),
            ("who acts", text(ACTORS.get(template.fault, template.fault))),
            ("permanence", _tops(template.permanences.most())),
            ("providers", _tops(template.providers.most())),
            ("recipients at", _tops(template.receivers.most())),
            (
                "decided by",
                f"{_tops(template.deciders.most(4))}, mean confidence {sure:.2f}{doubt}",
            ),
        )
    )
    for example in template.examples:
        yield from draw_example(example, veil)
    yield "</div></details>"


# ---- the end


def _notes(summary: Summary, veil: Veil, notes: Sequence[str]) -> Iterator[str]:
    yield "<footer>"
    yield from (f"<p>{text(note)}</p>" for note in notes)
    if veil.mode is Addresses.HASH:
        yield "<p>Addresses are keyed hashes: one address has one hash. Subjects are not shown.</p>"
    elif veil.mode is Addresses.HIDE:
        yield "<p>Addresses and subjects are not shown.</p>"
    for field, count in sorted(summary.forgotten.items()):
        yield f"<p>Too rare to be held in memory: {count:,} {text(field)}.</p>"
    yield (
        "<p>Written by <code>whybounce report</code>. Failures are counted; a delay is none yet,"
        " and is only told beside them. This page loads nothing and sends nothing.</p>"
    )
    yield "</footer>"
