"""The reference as one HTML page that needs nothing beside it.

It is read without JavaScript, too; only the search box needs it. The page may load nothing: its
content policy allows just its own style and script, by their digests. All text is escaped.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from importlib.resources import files
from typing import Final

from classifier.catalog import list_formats
from classifier.reference.entries import (
    ReasonEntry,
    RuleEntry,
    RuleFile,
    code_entries,
    code_rules,
    reason_entries,
    rule_files,
    schemes,
)
from classifier.reference.words import LABELS, USUAL, say_class, say_verdicts
from classifier.terminal import neutral

__all__ = ["write_webpage"]

_SECTIONS: Final = (
    ("reasons", "Reasons"),
    ("codes", "Codes"),
    ("rules", "Rules"),
    ("formats", "Formats"),
    ("taxonomies", "Other schemes"),
)


def write_webpage() -> str:
    """The page, as text of one line an element or so."""
    style, script = _asset("webpage.css"), _asset("webpage.js")
    policy = (
        f"default-src 'none'; style-src {_digest(style)}; script-src {_digest(script)};"
        " base-uri 'none'; form-action 'none'"
    )
    body = [*_reasons(), *_codes(), *_rules(), *_formats(), *_taxonomies()]
    lines = [
        "<!DOCTYPE html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        "<title>whybounce reference</title>",
        f"<style>{style}</style>",
        "</head>",
        "<body>",
        '<a class="skip" href="#main">To the content</a>',
        *_header(),
        '<main id="main">',
        (
            '<p class="idle">Written by <code>whybounce reference</code> from the data of the'
            " program: what a verdict can say, and what leads to it.</p>"
        ),
        (
            '<noscript><p class="soft">Without JavaScript there is no search box here; the'
            " browser's own search finds all the same.</p></noscript>"
        ),
        '<p id="none" hidden>No entry holds all of these words. Try fewer, or a part of one.</p>',
        *body,
        "</main>",
        f"<script>{script}</script>",
        "</body>",
        "</html>",
    ]
    return "\n".join(lines) + "\n"


def _asset(name: str) -> str:
    return files("classifier.reference").joinpath(name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _text(text: str) -> str:
    return escape(neutral(text))


def _code(text: str) -> str:
    return f"<code>{_text(text)}</code>"


def _codes_of(values: Iterable[str]) -> str:
    return ", ".join(map(_code, values))


def _reason(reason: str) -> str:
    return f'<a href="#{_text(reason)}">{_text(reason)}</a>'


def _rule_link(name: str) -> str:
    return f'<a href="#rule-{_text(name)}">{_text(name)}</a>'


def _header() -> Iterator[str]:
    yield "<header><div>"
    yield "<h1>whybounce reference</h1>"
    yield '<nav aria-label="Parts"><ul>'
    yield "".join(f'<li><a href="#{name}">{title}</a></li>' for name, title in _SECTIONS)
    yield "</ul></nav>"
    yield '<form id="find" role="search" hidden>'
    yield '<label for="q">Search</label>'
    yield (
        '<input id="q" type="search" autocomplete="off" spellcheck="false" maxlength="200"'
        ' placeholder="a code, a word, a provider" aria-describedby="keys">'
    )
    yield '<output id="told" for="q" aria-live="polite"></output>'
    yield '<span id="keys" class="soft" hidden>Slash goes to this box, Escape empties it.</span>'
    yield "</form></div></header>"


def _open(name: str, lead: str) -> Iterator[str]:
    title = dict(_SECTIONS)[name]
    yield f'<section class="group" id="{name}" aria-labelledby="h-{name}">'
    yield f'<h2 id="h-{name}">{title}</h2>'
    yield f'<p class="idle">{lead}</p>'


def _pairs(pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Names and values, the values as HTML."""
    yield "<dl>"
    yield from (f"<dt>{_text(name)}</dt><dd>{value}</dd>" for name, value in pairs if value)
    yield "</dl>"


def _paragraphs(values: Sequence[str]) -> str:
    """Replies, each on a line of its own; the style shows them as code."""
    return "".join(f"<p>{_text(value)}</p>" for value in values)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], stack: bool = True) -> Iterator[str]:
    """A table of HTML cells, the first of each row its heading; each row is found by the search.

    On a narrow screen the cells of a row that may `stack` stand below each other.
    """
    yield f'<div class="wide"><table{" class=stack" if stack else ""}>'
    yield "<thead><tr>" + "".join(f'<th scope="col">{each}</th>' for each in head) + "</tr></thead>"
    yield "<tbody>"
    for first, *rest in rows:
        cells = "".join(f"<td>{cell}</td>" for cell in rest)
        yield f'<tr class="item"><th scope="row">{first}</th>{cells}</tr>'
    yield "</tbody></table></div>"


def _reasons() -> Iterator[str]:
    entries = reason_entries()
    yield from _open("reasons", "What a verdict can say, by category.")
    yield '<ul class="files idle">'
    yield "".join(f"<li>{_reason(entry.reason)}</li>" for entry in entries)
    yield "</ul>"
    category = None
    for entry in entries:
        if entry.meaning.category != category:
            if category is not None:
                yield "</section>"
            category = entry.meaning.category
            yield f'<section class="group"><h3>{_text(category)}</h3>'
        yield from _reason_entry(entry)
    yield "</section></section>"


def _reason_entry(entry: ReasonEntry) -> Iterator[str]:
    meaning = entry.meaning
    summary = meaning.summary[0].upper() + meaning.summary[1:]
    yield f'<article class="item" id="{entry.reason}"><h4>{_text(entry.reason)}</h4>'
    yield f"<p>{_text(summary)}.</p>"
    elsewhere = (f"{_text(each[0])} {_code(say_class(*each[1:]))}" for each in entry.classes)
    yield from _pairs(
        (
            ("who acts", _code(meaning.fault)),
            ("what to do", f"{_code(meaning.advice)} {_text(entry.advice)}"),
            ("permanence", _text(USUAL[meaning.usual])),
            ("replies", _paragraphs(entry.examples)),
            ("elsewhere", ", ".join(elsewhere)),
            ("rules", ", ".join(map(_rule_link, entry.rules))),
        )
    )
    yield "</article>"


def _codes() -> Iterator[str]:
    yield from _open(
        "codes",
        "What a status says by itself. Words of the server, the hop that refused and a provider's"
        " own use of a code go before it.",
    )
    yield '<section class="group"><h3>The registry</h3>'
    yield from _table(
        ("code", "meaning", "by", "verdict on the code alone"),
        (
            (_code(entry.code), _text(entry.title), _text(entry.rfc), _text(say_verdicts(entry)))
            for entry in code_entries()
        ),
    )
    yield '</section><section class="group"><h3>As providers use them</h3>'
    yield (
        '<p class="idle">These count where the reply is known to be the provider\'s, by its host or'
        " its marks.</p>"
    )
    yield from _table(
        ("code", "reason", "rule", "why"),
        (
            (_code(code), _reason(rule.reason), _rule_link(rule.name), _text(rule.why))
            for code, rule in code_rules()
        ),
    )
    yield "</section></section>"


def _rules() -> Iterator[str]:
    yield from _open(
        "rules",
        "What the shipped rules look for, by the file that holds them, and the replies that prove"
        " each.",
    )
    held = [file for file in rule_files() if file.rules]
    yield '<ul class="files idle">'
    yield "".join(
        f'<li><a href="#file-{_text(file.path)}">{_text(_name(file))}</a></li>' for file in held
    )
    yield "</ul>"
    for file in held:
        yield f'<section class="group" id="file-{_text(file.path)}"><h3>{_text(_name(file))}</h3>'
        yield '<div class="idle">'
        yield f"<p>{_text(file.note)}</p>"
        known_by = ((LABELS.get(key, key), _codes_of(values)) for key, values in file.known_by)
        yield from _pairs(known_by)
        yield "</div>"
        for rule in file.rules:
            yield from _rule(rule)
        yield "</section>"
    yield "</section>"


def _name(file: RuleFile) -> str:
    return file.path.removesuffix(".toml").removeprefix("providers/")


def _rule(rule: RuleEntry) -> Iterator[str]:
    yield (
        f'<details class="item"><summary><b>{_text(rule.name)}</b> <span>{_text(rule.reason)}'
        f'{" (hint)" if rule.hint else ""}</span></summary><div id="rule-{_text(rule.name)}">'
    )
    yield f"<p>{_text(rule.why)}</p>"
    yield from _pairs(
        (
            ("reason", _reason(rule.reason)),
            *((key, _code(value)) for key, value in rule.departs),
            *((LABELS.get(key, key), _codes_of(values)) for key, values in rule.conditions),
            ("source", _text(rule.source)),
            ("fires on", _paragraphs(rule.hits)),
            ("not on", _paragraphs(rule.misses)),
        )
    )
    yield "</div></details>"


def _formats() -> Iterator[str]:
    yield from _open(
        "formats",
        "The values of a record's <code>format</code>. <code>own</code> has a reader of its own,"
        " <code>general</code> is read as all prose is, <code>fields</code> needs no reading of"
        " prose.",
    )
    yield from _table(
        ("format", "reader", "looks like", "known by"),
        (
            (_code(known.name), _text(known.reader), _text(known.note), _codes_of(known.marks))
            for known in list_formats()
        ),
    )
    yield "</section>"


def _taxonomies() -> Iterator[str]:
    yield from _open(
        "taxonomies",
        "Classes of other programs and services, which <code>--taxonomy NAME</code> adds to every"
        " record.",
    )
    for name, scheme in schemes():
        yield f'<section class="group"><h3>{_text(scheme.title)}</h3>'
        sources = "; ".join(map(_text, scheme.source))
        yield (
            f"<p><code>--taxonomy {_text(name)}</code> gives what it calls {_code(scheme.field)}."
            f' <span class="soft">Source: {sources}.</span></p>'
        )
        yield from _table(
            ("class", "meaning"),
            ((_code(each), _text(told)) for each, told in scheme.classes.items()),
        )
        yield "</section>"
    yield "</section>"
