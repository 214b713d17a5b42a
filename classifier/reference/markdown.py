"""The reference as Markdown, a page a subject, in plain CommonMark with tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from classifier.catalog import list_formats
from classifier.reference.entries import (
    CodeEntry,
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

__all__ = ["code", "prose", "write_codes", "write_formats", "write_reasons", "write_rules"]

_MADE: Final = (
    "<!-- Written by `whybounce reference` from the data; edit that, and run it again. -->"
)
# What could begin or end markup in a line of prose; text of servers is code instead.
_SPECIAL: Final = re.compile(r"([\\`*_\[\]<>#|~&])")
_TICKS: Final = re.compile("`+")


def prose(text: str) -> str:
    """`text` as it reads, with nothing in it that Markdown would take for markup."""
    return _SPECIAL.sub(r"\\\1", neutral(text))


def code(text: str, cell: bool = False) -> str:
    """`text` as code, between as many ticks as it needs; in a `cell` of a table no bar ends it."""
    text = neutral(text)
    fence = "`" * (max((len(run) for run in _TICKS.findall(text)), default=0) + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    if cell:
        text = text.replace("|", "\\|")
    return f"{fence}{pad}{text}{pad}{fence}"


def _page(title: str, lines: Iterable[str]) -> str:
    return "\n".join([f"# {title}", "", _MADE, "", *lines]).rstrip() + "\n"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{' --- |' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""


def write_reasons() -> str:
    """Every reason: what it means, who acts, what leads to it, what others call it."""
    entries = reason_entries()
    lines = [
        "What a verdict can say. [rules.md](rules.md) holds the rules that say it.",
        "",
    ]
    category = None
    for entry in entries:
        if entry.meaning.category != category:
            category = entry.meaning.category
            lines += [f"## {category}", ""]
        lines += _reason(entry)
    lines += ["## In the words of others", ""]
    lines += ["`--taxonomy NAME` adds these to every record.", ""]
    heads = ["reason", *(scheme.title for _, scheme in schemes())]
    lines += _table(
        heads,
        (
            [str(entry.reason), *(code(say_class(*pair[1:]), cell=True) for pair in entry.classes)]
            for entry in entries
        ),
    )
    for name, scheme in schemes():
        lines += [f"### {name}", "", f"{prose(scheme.title)}, {code(scheme.field)}.", ""]
        lines += _table(
            ["class", "meaning"],
            ([code(each, cell=True), prose(told)] for each, told in scheme.classes.items()),
        )
        lines += [*(f"- Source: {prose(source)}" for source in scheme.source), ""]
    return _page("Reasons", lines)


def _reason(entry: ReasonEntry) -> Iterator[str]:
    meaning = entry.meaning
    yield f"### {entry.reason}"
    yield ""
    yield f"{prose(meaning.summary[0].upper() + meaning.summary[1:])}."
    yield ""
    yield f"- Who acts: `{meaning.fault}`"
    yield f"- What to do: `{meaning.advice}`. {prose(entry.advice)}"
    yield f"- Permanence: {USUAL[meaning.usual]}"
    told = ", ".join(
        f"{title} {code(say_class(lasting, passing))}" for title, lasting, passing in entry.classes
    )
    yield f"- Elsewhere: {told}"
    names = ", ".join(code(name) for name in entry.rules)
    yield f"- Rules: {names or 'none; only the model or an operator says it'}"
    if entry.examples:
        yield "- Replies:"
        yield from (f"  - {code(example)}" for example in entry.examples)
    yield ""


def write_rules() -> str:
    """Every shipped rule, by the file it stands in."""
    lines = [
        (
            "What the shipped rules look for, and the replies that prove each;"
            " [their README](../rules/README.md) says how they are written and who wins."
        ),
        "",
    ]
    for file in rule_files():
        if file.rules:
            lines += _file(file)
    return _page("Rules", lines)


def _file(file: RuleFile) -> Iterator[str]:
    yield f"## {file.path}"
    yield ""
    if file.note:
        yield prose(file.note)
        yield ""
    for key, values in file.known_by:
        yield f"- {LABELS.get(key, key)}: {', '.join(map(code, values))}"
    if file.known_by:
        yield ""
    for rule in file.rules:
        yield from _rule(rule)


def _rule(rule: RuleEntry) -> Iterator[str]:
    yield f"### {rule.name}"
    yield ""
    hint = ", as a hint" if rule.hint else ""
    said = "".join(f", {key} {code(value)}" for key, value in rule.departs)
    yield f"[{rule.reason}](reasons.md#{rule.reason}){hint}{said}. {prose(rule.why)}"
    yield ""
    for key, values in rule.conditions:
        yield f"- {LABELS.get(key, key)}: {', '.join(map(code, values))}"
    yield f"- source: {prose(rule.source)}"
    yield from (f"- fires on {code(hit)}" for hit in rule.hits)
    yield from (f"- not on {code(miss)}" for miss in rule.misses)
    yield ""


def write_codes() -> str:
    """IANA's status codes, and the codes that providers use in ways of their own."""
    lines = [
        (
            "What a status says by itself. Words of the server, the hop that refused and a"
            " provider's own use of a code go before it."
        ),
        "",
        "## The registry",
        "",
    ]
    lines += _table(
        ["code", "meaning", "by", "verdict on the code alone"], map(_code, code_entries())
    )
    lines += ["## As providers use them", ""]
    lines += [
        "These count where the reply is known to be the provider's, by its host or its marks.",
        "",
    ]
    lines += _table(
        ["code", "reason", "rule", "why"],
        (
            [
                code(written, cell=True),
                str(rule.reason),
                code(rule.name, cell=True),
                prose(rule.why),
            ]
            for written, rule in code_rules()
        ),
    )
    return _page("Codes", lines)


def _code(entry: CodeEntry) -> list[str]:
    return [entry.code, prose(entry.title), entry.rfc, say_verdicts(entry)]


def write_formats() -> str:
    """The formats of bounces that are known, as `whybounce formats` lists them."""
    lines = [
        (
            "The values of a record's `format`. `own` has a reader of its own, `general` is read as"
            " all prose is, `fields` needs no reading of prose."
        ),
        "",
        *_table(
            ["format", "reader", "looks like", "known by"],
            (
                [
                    known.name,
                    known.reader,
                    prose(known.note),
                    ", ".join(code(mark, cell=True) for mark in known.marks),
                ]
                for known in list_formats()
            ),
        ),
    ]
    return _page("Formats", lines)
