"""What the reference tells, gathered from the vocabulary, the rules, the crosswalks, the formats.

Rules are read as their files write them, so that the pages show the words as somebody wrote them
and not as the engine compares them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import msgspec

from classifier.advice import advise
from classifier.evidence import Evidence
from classifier.judge import judge
from classifier.reasons import MEANING, Meaning, Permanence, Reason
from classifier.rules.loader import load_shipped
from classifier.taxonomies.scheme import Scheme, Taxonomy, load_scheme

__all__ = [
    "CodeEntry",
    "ReasonEntry",
    "RuleEntry",
    "RuleFile",
    "code_entries",
    "code_rules",
    "reason_entries",
    "rule_files",
    "schemes",
]

_RULES: Final = Path(str(files("classifier.rules")))
_EXAMPLES: Final = 4  # replies that show a reason
_EXAMPLE_LENGTH: Final = 240  # characters; longer ones stand with their rule alone
# What a rule says of the verdict; everything else in it is a condition, the proofs apart.
_VERDICT: Final = ("permanence", "fault", "advice")
_NOT_CONDITIONS: Final = {"reason", "why", "source", "hits", "misses", "strength", *_VERDICT}


class RuleEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A rule as its file writes it.

    `conditions` are its keys that decide whether it fires, each with its values, `departs` what it
    says other than its reason usually implies; `hits` and `misses` are on one line each.
    """

    name: str
    reason: Reason
    why: str
    source: str
    hint: bool
    conditions: tuple[tuple[str, tuple[str, ...]], ...]
    departs: tuple[tuple[str, str], ...]
    hits: tuple[str, ...]
    misses: tuple[str, ...]
    wordless_codes: tuple[str, ...]


class RuleFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of rules: `path` below `classifier/rules`, its first comment, whose words it holds."""

    path: str
    note: str
    known_by: tuple[tuple[str, tuple[str, ...]], ...]
    rules: tuple[RuleEntry, ...]


class ReasonEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A reason with what follows from it and what leads to it.

    `classes` are the title of each other scheme, its class, and its class where the failure
    passes (the same, if it makes no difference).
    """

    reason: Reason
    meaning: Meaning
    advice: str
    rules: tuple[str, ...]
    examples: tuple[str, ...]
    classes: tuple[tuple[str, str, str], ...]


class CodeEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A status of the registry: its title there, the RFC, and the verdict on it alone, by class.

    `verdicts` holds the class (`4`, `5`, `x` for both), the reason (None where the code alone says
    too little), and whether that is a mere hint.
    """

    code: str
    title: str
    rfc: str
    verdicts: tuple[tuple[str, Reason | None, bool], ...]


@cache
def rule_files() -> tuple[RuleFile, ...]:
    """The shipped rules by file, the general ones first, in the order in which they stand."""
    paths = sorted(_RULES.rglob("*.toml"), key=lambda path: (path.parent.name == "providers", path))
    return tuple(_read_file(path) for path in paths)


def _read_file(path: Path) -> RuleFile:
    text = path.read_text(encoding="utf-8")
    table = tomllib.loads(text)
    # The folder `text` is one owner, whose rules are spread over files.
    owner = path.parent.name if path.parent.name == "text" else path.stem
    keys = [key for key in ("hosts", "marks", "codes") if table.get(key)]
    source = str(table.get("source", ""))
    return RuleFile(
        path=path.relative_to(_RULES).as_posix(),
        note=_first_comment(text),
        known_by=tuple((key, _values(table[key])) for key in keys),
        rules=tuple(
            _read_rule(f"{owner}/{name}", entry, source)
            for name, entry in table.get("rule", {}).items()
        ),
    )


def _first_comment(text: str) -> str:
    lines = []
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        lines.append(line.lstrip("# "))
    return " ".join(lines).strip()


def _read_rule(name: str, entry: Mapping[str, Any], source: str) -> RuleEntry:
    words = entry.get("says") or entry.get("notice")
    return RuleEntry(
        name=name,
        reason=Reason(entry["reason"]),
        why=_line(entry["why"]),
        source=_line(entry.get("source", source)),
        hint=entry.get("strength") == "hint",
        conditions=tuple(
            (key, _values(value)) for key, value in entry.items() if key not in _NOT_CONDITIONS
        ),
        departs=tuple((key, str(entry[key])) for key in _VERDICT if key in entry),
        hits=tuple(map(_example, _listed(entry.get("hits", ())))),
        misses=tuple(map(_example, _listed(entry.get("misses", ())))),
        wordless_codes=() if words else _values(entry.get("codes", ())),
    )


def _listed(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list | tuple) else [value]


def _values(value: Any) -> tuple[str, ...]:
    """A key's value as texts: each of a list, `name = value` of a table, yes and no."""
    if isinstance(value, dict):
        return tuple(
            f"{key} = {' or '.join(map(str, _listed(each)))}" for key, each in value.items()
        )
    if isinstance(value, bool):
        return ("yes" if value else "no",)
    return tuple(map(_line, _listed(value)))


def _example(example: Any) -> str:
    """A reply on one line, its circumstances behind it: `535 no [command AUTH]`."""
    if not isinstance(example, dict):
        return _line(example)
    given = dict(example)
    said = [_line(given.pop(key)) for key in ("text", "notice") if key in given]
    told = [f"{key} {', '.join(_values(value))}" for key, value in given.items()]
    return " / ".join(said) + (f" [{'; '.join(told)}]" if told else "")


def _line(value: Any) -> str:
    return " ".join(str(value).split())


def reason_entries() -> tuple[ReasonEntry, ...]:
    """All reasons, in the order of the vocabulary."""
    by_reason: dict[Reason, list[RuleEntry]] = {reason: [] for reason in Reason}
    for file in rule_files():
        for rule in file.rules:
            by_reason[rule.reason].append(rule)
    return tuple(
        ReasonEntry(
            reason=reason,
            meaning=MEANING[reason],
            advice=advise(reason, MEANING[reason].advice, Evidence()),
            rules=tuple(rule.name for rule in rules),
            examples=_pick(rules),
            classes=tuple(_classes(reason)),
        )
        for reason, rules in by_reason.items()
    )


def _pick(rules: list[RuleEntry]) -> tuple[str, ...]:
    """A reply of each of several owners, those first whose words decide."""
    picked: dict[str, str] = {}
    for rule in sorted(rules, key=lambda rule: rule.hint or bool(rule.wordless_codes)):
        owner = rule.name.partition("/")[0]
        fitting = [hit for hit in rule.hits if len(hit) <= _EXAMPLE_LENGTH]
        if fitting and owner not in picked:
            picked[owner] = fitting[0]
    return tuple(dict.fromkeys(picked.values()))[:_EXAMPLES]


def _classes(reason: Reason) -> Iterator[tuple[str, str, str]]:
    for _, scheme in schemes():
        lasting = scheme.class_of(reason, Permanence.PERMANENT)
        yield scheme.title, lasting, scheme.class_of(reason, Permanence.TRANSIENT)


def schemes() -> tuple[tuple[Taxonomy, Scheme], ...]:
    """The other schemes, by the names that `--taxonomy` takes."""
    return tuple((each, load_scheme(each)) for each in Taxonomy)


def code_entries() -> tuple[CodeEntry, ...]:
    """IANA's registry, and what the rules make of each of its codes without any word."""
    text = files("classifier.reference").joinpath("registry.toml").read_text(encoding="utf-8")
    return tuple(
        CodeEntry(code=code, title=title, rfc=rfc, verdicts=_verdicts(code.removeprefix("x.")))
        for code, (title, rfc) in tomllib.loads(text)["codes"].items()
    )


def _verdicts(tail: str) -> tuple[tuple[str, Reason | None, bool], ...]:
    found = []
    for digit in "45":
        verdict = judge(Evidence(status=f"{digit}.{tail}"), load_shipped())
        reason = None if verdict.reason is Reason.UNDETERMINED else verdict.reason
        found.append((digit, reason, verdict.decided_by.startswith("hint:")))
    first, second = found
    return (("x", *first[1:]),) if first[1:] == second[1:] else (first, second)


def code_rules() -> tuple[tuple[str, RuleEntry], ...]:
    """Codes that one provider uses in a way of its own, each with its rule, by number."""
    found = [
        (code, rule)
        for file in rule_files()
        if file.path.startswith("providers/")
        for rule in file.rules
        for code in rule.wordless_codes
    ]
    return tuple(sorted(found, key=lambda pair: (_number(pair[0]), pair[1].name)))


def _number(code: str) -> tuple[int, ...]:
    """Sorts `550`, then `5.7.1` and `x.7.26` by subject and detail."""
    status = code.rpartition(" ")[2]
    parts = status.replace("-", ".").split(".")
    return tuple(int(part) if part.isdigit() else 0 for part in (parts[1:] if parts[1:] else parts))
