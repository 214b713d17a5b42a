"""Rules from TOML: read, check, and say every fault of a file at once.

`rules/README.md` describes the form. A folder of rules is one layer: the files in `text/` hold the
words of many servers, those in `providers/` the providers', those beside this module what says its
layer itself, and a folder that an operator gives is the operator's. The shipped ones are taken
from `compiled.json` (see `classifier.rules.compiled`) as long as that is of the same TOML.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from classifier.errors import OperatorError
from classifier.evidence import fold
from classifier.garbage import undisturbed
from classifier.reasons import Advice, Fault, Permanence, Reason
from classifier.rules.compiled import COMPILED, encode_rules, read_compiled
from classifier.rules.engine import Owner, RuleSet
from classifier.rules.lint import lint
from classifier.rules.rule import (
    CIRCUMSTANCES,
    Code,
    Example,
    Layer,
    Phrase,
    Rule,
    read_code,
)

__all__ = ["compile_shipped", "load", "load_shipped", "read_file", "read_folder", "read_phrase"]
__all__ += ["read_shipped"]

_HERE: Final = Path(__file__).parent
_TEXT: Final = "text"  # the folder whose files, one a category, are one owner's
_LAYERS: Final = {"text": Layer.TEXT, "status": Layer.STATUS, "hop": Layer.HOP}
_FILE_KEYS: Final = {"hosts", "marks", "codes", "source", "layer", "rule"}
_RULE_KEYS: Final = {
    *("reason", "says", "notice", "beside", "unless", "only", "codes", "pattern", "when", "here"),
    *("over", "strength", "permanence", "fault", "advice", "why", "source", "hits", "misses"),
}
_MAX_PATTERN: Final = 400
_E = TypeVar("_E", bound=StrEnum)


def read_phrase(written: str, least: int = 3) -> Phrase | None:
    """A phrase as written in a rule, or None where it says too little to be looked for.

    Its first part has `least` characters or more.
    """
    parts = tuple(fold(part) for part in written.strip("*").split(" ... "))
    # two signs of kana, Han or Hangul say as much as a word of letters
    if not all(parts) or len(parts[0]) < (2 if parts[0] > "\u3040" else least):
        return None
    return Phrase(fold(written), parts, written.startswith("*"), written.endswith("*"))


class _Faults:
    """The faults of one file, each with the line that the rule begins on."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.lines = {
            found.group(1).strip().strip('"'): text.count("\n", 0, found.start()) + 1
            for found in re.finditer(r"^\[rule\.([^\]]+)\]", text, re.M)
        }
        self.found: list[str] = []

    def where(self, rule: str) -> str:
        return f"{self.path.name}:{self.lines.get(rule, 1)}"

    def add(self, rule: str, fault: str) -> None:
        self.found.append(f"line {self.lines.get(rule, 1)}: [rule.{rule}] {fault}")


def read_file(path: Path, layer: Layer) -> tuple[Owner, list[Rule]]:
    """The rules of one file.

    Raises `OperatorError` with every fault of the file, each with its line and its cure.
    """
    import tomllib

    try:
        text = path.read_text(encoding="utf-8")
        table = tomllib.loads(text)
    except (OSError, UnicodeDecodeError) as error:
        fault = f"cannot be read ({error})"
        raise OperatorError(str(path), [fault], "Check path and rights.") from error
    except tomllib.TOMLDecodeError as error:
        raise OperatorError(str(path), [f"is not TOML: {error}"], "Mend that line.") from error
    faults = _Faults(path, text)
    for key in sorted(table.keys() - _FILE_KEYS):
        faults.found.append(f"unknown key {key!r}; known are {', '.join(sorted(_FILE_KEYS))}")
    if table.get("layer", "text") not in _LAYERS:
        faults.found.append(f"layer {table['layer']!r} is none of {', '.join(_LAYERS)}")
    layer = _LAYERS.get(str(table.get("layer")), layer)
    owner = Owner(
        _TEXT if path.parent == _HERE / _TEXT else path.stem,
        tuple(str(host).lower() for host in table.get("hosts", ())),
        tuple(_phrases(faults, "(file)", "marks", table.get("marks", ()))),
        tuple(_codes(faults, "(file)", table.get("codes", []))),
    )
    for host in owner.hosts:
        if not host.startswith("."):
            faults.found.append(f"host {host!r} has no leading dot; write '.{host}'")
    rules: list[Rule] = []
    entries = table.get("rule", {})
    if not isinstance(entries, dict):
        faults.found.append("rule is no table; write [rule.NAME]")
        entries = {}
    for name, entry in entries.items():
        rule = _read_rule(faults, name, entry, layer, owner.name, table.get("source", ""))
        if rule is not None:
            rules.append(rule)
    if faults.found:
        raise OperatorError(str(path), faults.found)
    return owner, rules


def _read_rule(
    faults: _Faults, name: str, entry: Any, layer: Layer, owner: str, source: str
) -> Rule | None:
    if not isinstance(entry, dict):
        faults.add(name, "is no table")
        return None
    before = len(faults.found)
    for key in sorted(entry.keys() - _RULE_KEYS):
        faults.add(name, f"unknown key {key!r}; known are {', '.join(sorted(_RULE_KEYS))}")
    if not entry.get("source", source):
        faults.add(name, "has no source; give one here or at the head of the file")
    for key in ("why", "hits", "misses"):
        if not entry.get(key):
            faults.add(name, f"has no {key!r}")
    says = tuple(_phrases(faults, name, "says", entry.get("says", ())))
    notice = says
    if entry.get("notice") is not True:  # true: the same words
        notice = tuple(_phrases(faults, name, "notice", entry.get("notice", ())))
    beside = tuple(_phrases(faults, name, "beside", entry.get("beside", ())))
    unless = tuple(_phrases(faults, name, "unless", entry.get("unless", ())))
    only = frozenset(_only(faults, name, entry.get("only", ())))
    codes = tuple(_codes(faults, name, entry.get("codes", ())))
    when = tuple(_when(faults, name, entry.get("when", {})))
    if not (says or notice or codes or when):
        faults.add(name, "fires on everything; give says, notice, codes or when")
    wordless = not (says or notice)
    here = bool(entry.get("here", False))
    if wordless and layer is Layer.PROVIDER:
        layer, here = Layer.CODE, True
    reason = _member(faults, name, "reason", Reason, entry.get("reason"))
    rule = Rule(
        name=f"{owner}/{name}",
        layer=layer,
        owner=owner,
        reason=reason or Reason.UNDETERMINED,
        why=" ".join(str(entry.get("why", "")).split()),
        source=str(entry.get("source", source)),
        where=faults.where(name),
        says=says,
        notice=notice,
        beside=beside,
        unless=unless,
        only=only,
        codes=codes,
        pattern=_pattern(faults, name, entry.get("pattern")),
        when=when,
        here=here,
        over=frozenset(_names(faults, name, owner, entry.get("over", []))),
        decides=entry.get("strength", "decides") == "decides",
        permanence=_optional(faults, name, "permanence", Permanence, entry),
        fault=_optional(faults, name, "fault", Fault, entry),
        advice=_optional(faults, name, "advice", Advice, entry),
        hits=tuple(_examples(faults, name, "hits", entry.get("hits", ()))),
        misses=tuple(_examples(faults, name, "misses", entry.get("misses", ()))),
    )
    if entry.get("strength", "decides") not in ("decides", "hint"):
        faults.add(name, "strength is 'decides' or 'hint'")
    if reason is None:
        faults.add(name, "has no reason")
    return rule if len(faults.found) == before else None


def _phrases(faults: _Faults, name: str, key: str, given: Any) -> Iterable[Phrase]:
    if not isinstance(given, list | tuple):
        faults.add(name, f"{key} is a list of phrases")
        return
    least = 3 if key in ("says", "notice") else 1  # what is looked for only beside others
    for written in given:
        phrase = read_phrase(written, least) if isinstance(written, str) else None
        if phrase is None:
            faults.add(name, f"{key}: {written!r} is too short to be looked for")
        else:
            yield phrase


def _only(faults: _Faults, name: str, given: Any) -> Iterable[str]:
    if not isinstance(given, list | tuple):
        faults.add(name, "only is a list of words")
        return
    for written in given:
        word = fold(written) if isinstance(written, str) else ""
        if word.isalpha():
            yield word
        else:
            faults.add(name, f"only: {written!r} is no single word")


def _names(faults: _Faults, name: str, owner: str, given: Any) -> Iterable[str]:
    if not isinstance(given, list) or not all(isinstance(other, str) for other in given):
        faults.add(name, "over is a list of names of rules")
        return
    for other in given:
        yield other if "/" in other else f"{owner}/{other}"


def _codes(faults: _Faults, name: str, given: Any) -> Iterable[Code]:
    for written in given if isinstance(given, list | tuple) else [given]:
        code = read_code(written) if isinstance(written, str) else None
        if code is None:
            faults.add(name, f"codes: {written!r}; write '550', '5.7.1', 'x.7.26', '5.7.606-649'")
        else:
            yield code


def _when(faults: _Faults, name: str, given: Any) -> Iterable[tuple[str, frozenset[str]]]:
    if not isinstance(given, dict):
        faults.add(name, "when is a table, as in {command = 'AUTH'}")
        return
    for key, wanted in given.items():
        if key not in CIRCUMSTANCES:
            faults.add(name, f"when: unknown {key!r}; known are {', '.join(sorted(CIRCUMSTANCES))}")
        yield key, frozenset(str(w) for w in (wanted if isinstance(wanted, list) else [wanted]))


def _pattern(faults: _Faults, name: str, written: Any) -> re.Pattern[str] | None:
    if written is None:
        return None
    try:
        if len(written) > _MAX_PATTERN or not _is_linear(written):
            raise re.error(
                "look-around, back-references, repeated groups that repeat or choose, and more than"
                " two unbounded repeats are not linear; write {0,80}"
            )
        return re.compile(written)
    except (re.error, TypeError) as error:
        faults.add(name, f"pattern: {error}")
        return None


#   (?=a) (?!a) (?<=a) (?<!a) (?P=name) (?(1)a) \\1
_NOT_LINEAR: Final = re.compile(r"\(\?(?:[=!(]|<[=!]|P=)|\\[1-9]")
_ATOMS: Final = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|.", re.S)


def _is_linear(pattern: str) -> bool:
    """Whether a pattern can be told at sight to need no more than a few looks at each letter."""
    if _NOT_LINEAR.search(pattern):
        return False
    atoms = [found.group() for found in _ATOMS.finditer(pattern)]
    unbounded = 0
    inside = [False]  # for each open group, whether it repeats or chooses
    closed = False  # whether the group that has just been closed did
    for before, atom in zip(["", *atoms], atoms, strict=False):
        if atom == "(":
            inside.append(False)
        elif atom == ")" and len(inside) > 1:
            closed = inside.pop()
            inside[-1] |= closed
        elif atom == "|" or (atom == "?" and before != "("):
            inside[-1] = True
        elif atom in ("*", "+", "{"):
            if before == ")" and closed:
                return False
            unbounded += atom != "{"
            inside[-1] = True
    return unbounded <= 2


def _member(faults: _Faults, name: str, key: str, kind: type[_E], written: Any) -> _E | None:
    try:
        return kind(written) if written is not None else None
    except ValueError:
        faults.add(name, f"{key}: {written!r} is none of {', '.join(kind)}")
        return None


def _optional(
    faults: _Faults, name: str, key: str, kind: type[_E], entry: Mapping[str, Any]
) -> _E | None:
    return _member(faults, name, key, kind, entry.get(key))


def _examples(faults: _Faults, name: str, key: str, given: Any) -> Iterable[Example]:
    for example in given if isinstance(given, list | tuple) else [given]:
        try:
            table = {"text": example} if isinstance(example, str) else example
            yield msgspec.convert(table, Example)
        except msgspec.ValidationError as error:
            faults.add(name, f"{key}: {error}")


def load(folders: Iterable[Path] = ()) -> RuleSet:
    """The shipped rules and, above them, the operator's own `folders`.

    Raises `OperatorError` with the faults of the first folder that has any, be it in the files or
    (see `classifier.rules.lint`) in what its rules fire on.
    """
    together: RuleSet | None = None
    shipped = _read_either()
    owners, rules = [*shipped[0]], [*shipped[1]]
    for folder in folders:
        own, more = read_folder(folder)
        owners.extend(own)
        rules.extend(more)
        together = _make_set(rules, owners)
        faults = [fault for owner in own for fault in lint(together, only=owner.name)]
        if faults:
            raise OperatorError(str(folder), faults, "Nothing was judged; mend these first.")
    return together or load_shipped()


def read_folder(folder: Path) -> tuple[list[Owner], list[Rule]]:
    """The owners and rules of an operator's folder or file, not yet tried.

    Raises `OperatorError` with the faults of all its files.
    """
    files = sorted(folder.glob("*.toml")) if folder.is_dir() else [folder]
    if not files:
        raise OperatorError(str(folder), ["holds no .toml file"], "Name a folder of rules.")
    owners: list[Owner] = []
    rules: list[Rule] = []
    faults: list[str] = []
    for path in files:
        try:
            owner, more = read_file(path, Layer.OPERATOR)
        except OperatorError as error:
            faults.extend(f"{path.name}: {fault}" for fault in error.faults)
            continue
        owners.append(owner)
        rules.extend(more)
    if faults:
        raise OperatorError(str(folder), faults, "Nothing was judged; mend these first.")
    return owners, rules


@cache
def load_shipped() -> RuleSet:
    """The rules that come with the package."""
    owners, rules = _read_either()
    return _make_set(rules, owners)


def read_shipped() -> tuple[list[Owner], list[Rule]]:
    """The owners and rules that come with the package, from their TOML."""
    owners: list[Owner] = []
    rules: list[Rule] = []
    for path in _shipped_files():
        layer = Layer.PROVIDER if path.parent.name == "providers" else Layer.TEXT
        owner, more = read_file(path, layer)
        if layer is Layer.PROVIDER:
            owners.append(owner)
        rules.extend(more)
    return owners, rules


def compile_shipped() -> bytes:
    """What `compiled.json` has to hold: the shipped rules, read from their TOML."""
    return encode_rules(_shipped_files(), *read_shipped())


def _shipped_files() -> list[Path]:
    places = (_HERE, _HERE / _TEXT, _HERE / "providers")
    return [path for place in places for path in sorted(place.glob("*.toml"))]


@cache
def _read_either() -> tuple[list[Owner], list[Rule]]:
    """The shipped owners and rules, compiled if that is of the TOML that is here."""
    return undisturbed(lambda: read_compiled(COMPILED, _shipped_files()) or read_shipped())


def _make_set(rules: Sequence[Rule], owners: Sequence[Owner]) -> RuleSet:
    return undisturbed(lambda: RuleSet(rules, owners))
