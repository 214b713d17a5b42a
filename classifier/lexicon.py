"""What notices say in many languages, out of `lexicon.toml`: not delivered, delayed, away."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any, Final

import ahocorasick_rs

__all__ = ["Label", "Says", "find", "label_of", "says"]


class Says(StrEnum):
    """What a phrase says."""

    FAILED = "failed"  # a message was not delivered
    DELAYED = "delayed"  # it is still on its way
    AUTOMATIC = "automatic"  # this is an automatic reply
    AWAY = "away"  # somebody is out of office
    RECEIVED = "received"  # a desk, or perhaps a person, has your message
    GENERATED = "generated"  # a machine wrote this, whatever it is
    CHALLENGE = "challenge"  # prove first that you are a person
    WEAK = "weak"  # something failed
    MAIL = "mail"  # it is about messages


class Label(StrEnum):
    """Whose an address is by the words before it."""

    RECIPIENT = "recipient"
    SENDER = "sender"  # or somebody else who was not written to


@cache
def _lexicon() -> Mapping[str, Mapping[str, Sequence[str]]]:
    loaded: dict[str, Any] = tomllib.loads(
        files("classifier").joinpath("lexicon.toml").read_text(encoding="utf-8")
    )
    return loaded


#: As many phrases as make a DFA in a few milliseconds; it searches three times as fast.
_MAX_DFA: Final = 256


@cache
def _automaton(meaning: Says) -> ahocorasick_rs.AhoCorasick:
    phrases = {phrase for group in _lexicon()[meaning].values() for phrase in group}
    few = len(phrases) <= _MAX_DFA
    return ahocorasick_rs.AhoCorasick(
        sorted(phrases), implementation=ahocorasick_rs.Implementation.DFA if few else None
    )


def says(meaning: Says, lowered: str) -> bool:
    """Whether a text in lower case says so."""
    # The strings: places cost a table of all characters, even where nothing is found.
    return bool(_automaton(meaning).find_matches_as_strings(lowered))


def find(meaning: Says, lowered: str) -> int:
    """Where a text in lower case first says so, or -1."""
    found = _automaton(meaning).find_matches_as_indexes(lowered)
    return found[0][1] if found else -1


_SPLIT: Final = re.compile(r"[\s()\[\]*•·▶■◆|/:：]+")


@cache
def _labels() -> tuple[tuple[Label, frozenset[str], tuple[str, ...]], ...]:
    listed = _lexicon()["labels"]
    return tuple(
        (label, frozenset(listed[label]), tuple(listed[f"{label}-stems"]))
        for label in (Label.SENDER, Label.RECIPIENT)
    )


def label_of(lowered: str) -> Label | None:
    """What a label in lower case, such as `original recipient(s)`, says of its address."""
    words = set(_SPLIT.split(lowered))
    for label, known, stems in _labels():
        if words & known or any(stem in lowered for stem in stems):
            return label
    return None
