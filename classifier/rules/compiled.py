"""The shipped rules as they are loaded: read from TOML, checked and folded beforehand.

Reading TOML takes half a second, which whoever asks about one bounce would wait for. So
`compiled.json`, written by `whybounce rules compile`, holds the same owners and rules, a line each,
and the digest of the TOML that it was made from. Of other TOML it is not taken: the TOML is the
source, and rules that were changed a moment ago are the ones that judge.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import msgspec

from classifier.reasons import Advice, Fault, Permanence, Reason
from classifier.rules.engine import Owner
from classifier.rules.rule import Code, Example, Layer, Phrase, Rule

__all__ = ["COMPILED", "digest", "encode_rules", "read_compiled"]

COMPILED: Final = Path(__file__).with_name("compiled.json")

#: A phrase of one part that is closed at both ends is its words; any other, all its fields.
_Words = str | tuple[str, tuple[str, ...], bool, bool]
_Codes = tuple[tuple[str | None, str | None, int, int, int], ...]


class _Owner(msgspec.Struct, frozen=True, omit_defaults=True):
    name: str
    hosts: tuple[str, ...] = ()
    marks: tuple[_Words, ...] = ()
    codes: _Codes = ()


class _Rule(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A rule with what does not follow from the rest; sets are lists, in order."""

    name: str
    layer: Layer
    owner: str
    reason: Reason
    why: str
    source: str
    where: str
    says: tuple[_Words, ...] = ()
    notice: bool | tuple[_Words, ...] = ()  # true: the same as `says`
    beside: tuple[_Words, ...] = ()
    unless: tuple[_Words, ...] = ()
    only: tuple[str, ...] = ()
    codes: _Codes = ()
    pattern: str | None = None
    when: tuple[tuple[str, tuple[str, ...]], ...] = ()
    here: bool = False
    over: tuple[str, ...] = ()
    decides: bool = True
    permanence: Permanence | None = None
    fault: Fault | None = None
    advice: Advice | None = None
    hits: tuple[str | Example, ...] = ()
    misses: tuple[str | Example, ...] = ()


class _File(msgspec.Struct, frozen=True):
    digest: str
    owners: tuple[_Owner, ...]
    rules: tuple[_Rule, ...]


def digest(files: Iterable[Path]) -> str:
    """The BLAKE2 digest of files of rules, their folders and names. Raises `OSError`."""
    found = hashlib.blake2b(digest_size=20)
    for path in files:
        content = path.read_bytes()
        found.update(f"{path.parent.name}/{path.name} {len(content)}\n".encode())
        found.update(content)
    return found.hexdigest()


def encode_rules(files: Sequence[Path], owners: Iterable[Owner], rules: Iterable[Rule]) -> bytes:
    """What `compiled.json` holds; `files` is the TOML that owners and rules were read from."""
    parts = [
        b'{"digest":' + msgspec.json.encode(digest(files)),
        b'"owners":[\n' + b",\n".join(msgspec.json.encode(_pack_owner(o)) for o in owners) + b"]",
        b'"rules":[\n' + b",\n".join(msgspec.json.encode(_pack_rule(r)) for r in rules) + b"]}\n",
    ]
    return b",\n".join(parts)


def read_compiled(path: Path, files: Sequence[Path]) -> tuple[list[Owner], list[Rule]] | None:
    """The owners and rules in `path`; None where it was not made from `files` as they are now.

    So it is, too, where something is missing, damaged or cannot be read. Never raises.
    """
    try:
        data = path.read_bytes()
        # what is stale is not even decoded
        if not data.startswith(b'{"digest":' + msgspec.json.encode(digest(files))):
            return None
        found = msgspec.json.decode(data, type=_File)
        return [*map(_unpack_owner, found.owners)], [*map(_unpack_rule, found.rules)]
    except (OSError, ValueError, TypeError, re.error):  # msgspec's faults are ValueErrors
        return None


def _pack_owner(owner: Owner) -> _Owner:
    return _Owner(owner.name, owner.hosts, _pack(owner.marks), _pack_codes(owner.codes))


def _unpack_owner(owner: _Owner) -> Owner:
    return Owner(owner.name, owner.hosts, _unpack(owner.marks), _unpack_codes(owner.codes))


def _pack_rule(rule: Rule) -> _Rule:
    return _Rule(
        name=rule.name,
        layer=rule.layer,
        owner=rule.owner,
        reason=rule.reason,
        why=rule.why,
        source=rule.source,
        where=rule.where,
        says=_pack(rule.says),
        notice=True if rule.notice and rule.notice == rule.says else _pack(rule.notice),
        beside=_pack(rule.beside),
        unless=_pack(rule.unless),
        only=tuple(sorted(rule.only)),
        codes=_pack_codes(rule.codes),
        pattern=rule.pattern and rule.pattern.pattern,
        when=tuple((key, tuple(sorted(wanted))) for key, wanted in rule.when),
        here=rule.here,
        over=tuple(sorted(rule.over)),
        decides=rule.decides,
        permanence=rule.permanence,
        fault=rule.fault,
        advice=rule.advice,
        hits=_pack_examples(rule.hits),
        misses=_pack_examples(rule.misses),
    )


def _unpack_rule(rule: _Rule) -> Rule:
    says = _unpack(rule.says)
    return Rule(
        name=rule.name,
        layer=rule.layer,
        owner=rule.owner,
        reason=rule.reason,
        why=rule.why,
        source=rule.source,
        where=rule.where,
        says=says,
        notice=says if rule.notice is True else _unpack(rule.notice or ()),
        beside=_unpack(rule.beside),
        unless=_unpack(rule.unless),
        only=frozenset(rule.only),
        codes=_unpack_codes(rule.codes),
        pattern=None if rule.pattern is None else re.compile(rule.pattern),
        when=tuple((key, frozenset(wanted)) for key, wanted in rule.when),
        here=rule.here,
        over=frozenset(rule.over),
        decides=rule.decides,
        permanence=rule.permanence,
        fault=rule.fault,
        advice=rule.advice,
        hits=_unpack_examples(rule.hits),
        misses=_unpack_examples(rule.misses),
    )


def _pack(phrases: Sequence[Phrase]) -> tuple[_Words, ...]:
    return tuple(
        each.written
        if each == Phrase(each.written, (each.written,), False, False)
        else (each.written, each.parts, each.open_left, each.open_right)
        for each in phrases
    )


def _unpack(phrases: Sequence[_Words]) -> tuple[Phrase, ...]:
    return tuple(
        [
            Phrase(each, (each,), False, False) if isinstance(each, str) else Phrase(*each)
            for each in phrases
        ]
    )


def _pack_codes(codes: Sequence[Code]) -> _Codes:
    return tuple((c.reply, c.status_class, c.subject, c.low, c.high) for c in codes)


def _unpack_codes(codes: _Codes) -> tuple[Code, ...]:
    return tuple([Code(*each) for each in codes])


def _pack_examples(examples: Sequence[Example]) -> tuple[str | Example, ...]:
    return tuple(each.text if each == Example(each.text) else each for each in examples)


def _unpack_examples(examples: Sequence[str | Example]) -> tuple[Example, ...]:
    return tuple([Example(each) if isinstance(each, str) else each for each in examples])
