"""The work of `whybounce rules`: rules and archives in, tables, faults and skeletons out."""

from __future__ import annotations

import re
import sys
import textwrap
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from classifier.archive import Unreadable, read_paths
from classifier.cli.common import (
    CLOSED,
    UNREAD,
    Format,
    choose_format,
    complain,
    look,
    to_terminal,
)
from classifier.errors import OperatorError
from classifier.evidence import fold, weigh
from classifier.judge import compete
from classifier.pipeline import read_all
from classifier.reasons import JUDGED, Reason
from classifier.rules.engine import RuleSet
from classifier.rules.lint import lint, prove_examples
from classifier.rules.loader import load, load_shipped, read_folder
from classifier.rules.rule import Example, Layer, Phrase, Rule
from classifier.sinks import Closed, Csv, JsonLines, Sink, open_output
from classifier.terminal import Palette, Style, clip, neutral, pad

__all__ = ["lint_rules", "list_rules", "new_rule", "profile_rules", "show_rules", "try_rules"]

_NAME: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A rule as `list` tells it."""

    name: str
    layer: str
    reason: Reason
    strength: str
    says: tuple[str, ...]
    where: str
    why: str


class Profiled(msgspec.Struct, frozen=True, kw_only=True):
    """How often a rule fired and won on an archive; `share` is of all failures, 0 to 1."""

    name: str
    layer: str
    reason: Reason
    fired: int
    won: int
    share: float


def list_rules(
    reasons: Sequence[Reason],
    layer: str | None,
    owner: str | None,
    folders: Sequence[Path],
    chosen: Format | None,
    output: str | None,
    colour: bool | None,
) -> int:
    """Print the rules that fit; the exit status. The arguments are those of the command."""
    layers = [each.name.lower() for each in Layer]
    if layer is not None and layer not in layers:
        raise OperatorError("--layer", [f"{layer!r} is none"], f"Give one of {', '.join(layers)}.")
    records = [
        Listed(
            name=rule.name,
            layer=rule.layer.name.lower(),
            reason=rule.reason,
            strength="decides" if rule.decides else "hint",
            says=tuple(phrase.written for phrase in (*rule.says, *rule.notice)),
            where=rule.where,
            why=rule.why,
        )
        for rule in load(folders).rules
        if (not reasons or rule.reason in reasons)
        and layer in (None, rule.layer.name.lower())
        and owner in (None, rule.owner)
    ]

    def lines(palette: Palette, width: int) -> Iterator[str]:
        names = max((len(each.name) for each in records), default=0)
        for each in records:
            hint = " (hint)" if each.strength == "hint" else ""
            line = f"{pad(each.name, names)}  {pad(each.layer, 8)}  {each.reason}{hint}"
            yield f"{pad(line, names + 40)}{', '.join(each.says)}"
        yield palette.paint(f"{len(records)} rules", Style.STRONG)

    return _print(records, Listed, lines, chosen, output, colour)


def _print(
    records: Sequence[Any],
    kind: type[Any],
    lines: Callable[[Palette, int], Iterable[str]],
    chosen: Format | None,
    output: str | None,
    colour: bool | None,
) -> int:
    form = choose_format(chosen, output)
    try:
        with open_output(output) as out:
            if form in (Format.JSONL, Format.CSV):
                names = kind.__struct_fields__
                sink: Sink[Any] = JsonLines(out) if form is Format.JSONL else Csv(out, names, _flat)
                for record in records:
                    sink.write((record,))
                sink.close()
                return 0
            seen = look(output, colour)
            encoding = seen.encoding if to_terminal(output) else "utf-8"
            width = seen.text_width if form is Format.TEXT else seen.table_width
            for line in lines(Palette(seen.colour), width):
                text = clip(neutral(line), width) if "\x1b" not in line else line
                out.write(f"{text.rstrip()}\n".encode(encoding, "replace"))
    except Closed:
        return CLOSED
    return 0


def _flat(record: Any) -> dict[str, Any]:
    return {
        name: " | ".join(each) if isinstance(each, tuple) else each
        for name, each in msgspec.structs.asdict(record).items()
    }


def show_rules(names: Sequence[str], folders: Sequence[Path], colour: bool | None) -> int:
    """Print all about the rules of these names; the exit status."""
    rules = load(folders).rules
    chosen: list[Rule] = []
    faults = []
    for name in names:
        found = [rule for rule in rules if name in (rule.name, rule.name.partition("/")[2])]
        chosen += [rule for rule in found if rule not in chosen]
        if not found:
            faults.append(f"no rule is called {name!r}")
    if faults:
        raise OperatorError("NAME", faults, "`whybounce rules list` tells the names.")

    def lines(palette: Palette, width: int) -> Iterator[str]:
        for number, rule in enumerate(chosen):
            if number:
                yield ""
            yield palette.paint(neutral(rule.name), Style.STRONG)
            for key, text in _tell(rule, rules):
                yield from textwrap.wrap(
                    neutral(text),
                    width,
                    initial_indent=f"  {key:<12}",
                    subsequent_indent=" " * 14,
                    break_on_hyphens=False,
                )

    return _print((), Listed, lines, Format.TEXT, None, colour)


def _tell(rule: Rule, rules: Iterable[Rule]) -> Iterator[tuple[str, str]]:
    """All that a rule says, as key and text."""
    from classifier.judge import confidence_of
    from classifier.trace import write_code

    strength = "decides" if rule.decides else "hint"
    sure = f"{confidence_of(rule):.2f}"
    yield "means", f"{rule.reason} ({strength}, confidence {sure} unless doubted)"
    yield "layer", f"{rule.layer.name.lower()}, {rule.owner}'s, {rule.where}"
    yield "why", rule.why
    for key in ("permanence", "fault", "advice"):
        if getattr(rule, key):
            yield key, getattr(rule, key)
    for key in ("says", "notice", "beside", "unless"):
        phrases: tuple[Phrase, ...] = getattr(rule, key)
        if phrases:
            yield key, ", ".join(f'"{phrase.written}"' for phrase in phrases)
    if rule.only:
        yield "only", " ".join(sorted(rule.only))
    if rule.codes:
        yield "codes", ", ".join(map(write_code, rule.codes))
    if rule.pattern is not None:
        yield "pattern", rule.pattern.pattern
    for key, wanted in rule.when:
        yield "when", f"{key} is {' or '.join(sorted(wanted)) or 'not known'}"
    if rule.here:
        yield "here", f"only where {rule.owner} is known to speak"
    over = sorted(rule.over)
    under = sorted(other.name for other in rules if rule.name in other.over)
    for key, names in (("over", over), ("under", under)):
        if names:
            yield key, ", ".join(names)
    yield "source", rule.source
    for key, examples in (("hit", rule.hits), ("miss", rule.misses)):
        for example in examples:
            yield key, _example(example)


def _example(example: Example) -> str:
    known = {
        name: value
        for name, value in msgspec.structs.asdict(example).items()
        if value and name != "text"
    }
    return f"{example.text}  {known}" if known else example.text


def lint_rules(folder: Path | None, corpora: Sequence[Path]) -> int:
    """Print the faults of rules, shipped or of `folder`; the exit status."""
    rules, owners = _gather(folder)
    faults = [fault for owner in owners for fault in lint(rules, owner, thorough=True)]
    if corpora:
        from classifier.corpus import folder as reading
        from classifier.corpus.proofs import prove

        read = [reading.read(path) for path in reading.find(corpora)]
        chosen = [each for each in rules.rules if None in owners or each.owner in owners]
        proof = prove(read, rules, chosen)
        faults += proof.faults
        for remark in proof.remarks:
            _say(f"(no fault) {remark}")
        _say(f"{proof.replies:,} replies and {proof.mails:,} mails of corpora were asked")
        if proof.unseen and proof.replies:  # mails that are no bounces fire none
            _say(f"nothing in them fires {len(proof.unseen)} rules: {', '.join(proof.unseen)}")
    for fault in faults:
        _say(fault)
    _say(f"{len(faults)} faults" if faults else "no fault")
    return UNREAD if faults else 0


def _gather(folder: Path | None) -> tuple[RuleSet, list[str | None]]:
    """All rules, those of `folder` untried among them, and the owners that are asked about."""
    if folder is None:
        return load_shipped(), [None]
    owners, more = read_folder(folder)
    shipped = load_shipped()
    rules = RuleSet([*shipped.rules, *more], [*shipped.owners, *owners])
    return rules, list(dict.fromkeys(owner.name for owner in owners))


def try_rules(folder: Path | None) -> int:
    """Try hits and misses, and print what fails; the exit status."""
    rules, owners = _gather(folder)
    chosen = [rule for rule in rules.rules if None in owners or rule.owner in owners]
    faults = [fault for rule in chosen for fault in prove_examples(rules, rule)]
    for fault in faults:
        _say(fault)
    hits, misses = sum(len(r.hits) for r in chosen), sum(len(r.misses) for r in chosen)
    _say(f"{len(chosen)} rules, {hits} hits, {misses} misses: {len(faults) or 'none'} failed")
    return UNREAD if faults else 0


def _say(line: str) -> None:
    sys.stdout.write(neutral(line) + "\n")


def profile_rules(
    paths: Sequence[str],
    folders: Sequence[Path],
    chosen: Format | None,
    output: str | None,
    colour: bool | None,
) -> int:
    """Print how often each rule fires and wins on the mails; the exit status."""
    rules = load(folders)
    fired: Counter[str] = Counter()
    won: Counter[str] = Counter()
    mails = failures = open_ = 0
    whole = True
    for item in read_paths(paths, sys.stdin.buffer if sys.stdin else None):
        if isinstance(item, Unreadable):
            whole = False
            complain(item.told)
            continue
        mails += 1
        for report in read_all(item.raw, item.size):
            for failure in report.failures:
                if failure.kind not in JUDGED:
                    continue
                failures += 1
                found = compete(weigh(failure, report), rules)
                fired.update(hit.rule.name for hit in found.hits)
                if found.winner is not None:
                    won[found.winner.rule.name] += 1
                open_ += found.winner is None or not found.winner.rule.decides
    records = [
        Profiled(
            name=rule.name,
            layer=rule.layer.name.lower(),
            reason=rule.reason,
            fired=fired[rule.name],
            won=won[rule.name],
            share=round(won[rule.name] / failures, 4) if failures else 0.0,
        )
        for rule in rules.rules
    ]
    records.sort(key=lambda each: (-each.won, -each.fired, each.name))

    def lines(palette: Palette, width: int) -> Iterator[str]:
        names = max((len(each.name) for each in records), default=0)
        yield palette.paint(f"{pad('rule', names)}    wins   share   fires  reason", Style.STRONG)
        for each in records:
            if each.fired:
                counts = f"{each.won:7} {100 * each.share:6.1f}% {each.fired:7}"
                yield f"{pad(each.name, names)} {counts}  {each.reason}"
        unseen = [each.name for each in records if not each.fired]
        yield from ("", f"{len(unseen)} rules never fire:")
        yield from (f"  {line}" for line in textwrap.wrap(", ".join(unseen), min(width, 100) - 2))
        told = f"{mails:,} mails, {failures:,} failures; rules leave {open_:,} undecided"
        yield palette.paint(told, Style.STRONG)

    status = _print(records, Profiled, lines, chosen, output, colour)
    return status or (0 if whole else UNREAD)


def new_rule(
    mail: Path, reason: Reason, name: str, append: Path | None, corpora: Sequence[Path]
) -> int:
    """Write the skeleton of a rule from the first refusal of a mail; the exit status."""
    from classifier.corpus import folder as reading
    from classifier.corpus.skeleton import HEAD, suggest, write_rule

    if not _NAME.fullmatch(name):
        fault = f"{name!r} is no name of a rule"
        raise OperatorError("--name", [fault], "Use small letters, digits and hyphens.")
    for item in read_paths([str(mail)]):
        if isinstance(item, Unreadable):
            raise OperatorError(str(mail), [item.why], item.cure)
        for report in read_all(item.raw, item.size):
            for failure in report.failures:
                evidence = weigh(failure, report)
                if failure.kind not in JUDGED or not evidence.text:
                    continue
                known = [p.written for r in load_shipped().rules for p in (*r.says, *r.notice)]
                for corpus in reading.find(corpora) if corpora else ():
                    known += _clean_prose(reading.read(corpus))
                phrase = suggest(evidence.text, known)
                text = write_rule(name, reason, evidence, phrase, evidence.remote_mta)
                _deliver(text, HEAD, append)
                return 0
    complain(f"{mail}: holds no refusal to make a rule of")
    return UNREAD


def _clean_prose(corpus: Any) -> Iterator[str]:
    from classifier.corpus.folder import read_mails

    bounces = {label.origin for label in corpus.labels if label.kind in JUDGED}
    for item in read_mails(corpus):
        if not isinstance(item, Unreadable) and item.origin not in bounces:
            yield from (fold(report.prose) for report in read_all(item.raw, item.size))


def _deliver(text: str, head: str, append: Path | None) -> None:
    if append is None:
        sys.stdout.write(head + text)
        return
    before = append.read_text(encoding="utf-8") + "\n" if append.exists() else head
    with open_output(str(append)) as out:
        out.write((before + text).encode("utf-8", "replace"))
    complain(f"{append}: write its `why`, then `whybounce rules lint {append}`")
