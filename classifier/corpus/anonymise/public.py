"""What everybody may know: providers' hosts, offices' addresses, the words of servers."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib.resources import files
from itertools import chain
from typing import Any, Final

import msgspec

from classifier.formats import READERS
from classifier.rules.loader import load_shipped

__all__ = ["CJK", "WORD", "Public", "cjk_phrases", "is_public", "public"]

WORD: Final = re.compile(r"[^\W_]+")
CJK: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_COMMON: Final = ("words", "senders", "labels", "programs")
_HOST: Final = re.compile(r"(?<![\w.@-])(?:[a-z0-9-]{1,63}\.){1,6}[a-z]{2,12}(?![\w.-])")
# from: @dion.ne.jp     mta: .awsapps.com$
_PLACED: Final = ("from:", "mta:")
_MARKED: Final = re.compile(r"(?:[a-z0-9-]{2,63}\.){1,6}[a-z]{2,12}(?=\$|\Z)")
_ID: Final = re.compile(r"head: message-id: <([\w-]{3,40})")
# What the examples of rules hold beside words: addresses, hosts, ids.
_NO_WORD: Final = re.compile(r"\S*[@/]\S*|\S*\w\.\w\S*|\S*\d\S*")


class Public(msgspec.Struct, frozen=True):
    """The lists of `public.toml` as sets, with what the rules add; all in lower case."""

    domains: frozenset[str]
    nobody: frozenset[str]
    labels: frozenset[str]
    roles: frozenset[str]
    affixes: frozenset[str]
    keys: frozenset[str]
    senders: frozenset[str]
    words: frozenset[str]
    files: frozenset[str]
    tops: frozenset[str]
    seconds: frozenset[str]
    programs: frozenset[str]
    given: frozenset[str]
    tags: frozenset[str]
    hosts: frozenset[str]
    people: frozenset[str]
    texts: frozenset[str]
    ids: frozenset[str]
    counted: frozenset[str]


@cache
def public() -> Public:
    """The lists, read once."""
    place = files("classifier.corpus.anonymise").joinpath("public.toml")
    table = tomllib.loads(place.read_text(encoding="utf-8"))
    sets = {
        key: frozenset(value.lower().split() if isinstance(value, str) else value)
        for key, value in table.items()
    }
    own = {host.removeprefix(".") for owner in load_shipped().owners for host in owner.hosts}
    known = {*_words(), *chain.from_iterable(sets[key] for key in _COMMON)}
    ids = {found[1] for reader in READERS for mark in reader.marks if (found := _ID.search(mark))}
    sets["affixes"] |= {word for start in ids for word in WORD.findall(start)}
    marks = [mark for reader in READERS for mark in reader.marks if mark.startswith(_PLACED)]
    sets["senders"] |= {word for mark in marks for word in WORD.findall(mark.partition(":")[2])}
    own |= {host for mark in marks for host in _MARKED.findall(mark) if _top(host) in sets["tops"]}
    domains = sets["domains"] | own
    hosts = {host for host in _hosts() if _ends_in(host, domains)}
    return Public(
        **(
            sets
            | {
                "domains": domains,
                "words": frozenset(known - sets["given"]),
                "hosts": frozenset(hosts),
            }
        )
    )


def _hosts() -> Iterator[str]:
    """Hosts in the words of the rules: pages about refusals, lists of senders."""
    for rule in load_shipped().rules:
        for text in (*(each.written for each in rule.says), *(each.text for each in rule.hits)):
            yield from _HOST.findall(text.lower())
    for owner in load_shipped().owners:
        for mark in owner.marks:
            yield from _HOST.findall(mark.written)


def _top(host: str) -> str:
    return host.rpartition(".")[2]


def _ends_in(host: str, domains: frozenset[str]) -> bool:
    labels = host.split(".")
    return any(".".join(labels[at:]) in domains for at in range(len(labels)))


@lru_cache(maxsize=4096)
def is_public(host: str) -> bool:
    """Whether a host in lower case is a provider's, or a customer's at one."""
    return _ends_in(host, public().domains)


@cache
def cjk_phrases() -> re.Pattern[str]:
    """Words of the rules and the lexicon in scripts without blanks, to be found within others."""
    words = sorted((word for word in public().words if CJK.search(word)), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, words)) or r"(?!)")


def _words() -> Iterator[str]:
    """The words of the rules and of the lexicon: what servers say, and no name."""
    for rule in load_shipped().rules:
        for phrase in (*rule.says, *rule.notice):
            yield from WORD.findall(phrase.written.lower())
        for example in (*rule.hits, *rule.misses):
            yield from WORD.findall(_NO_WORD.sub(" ", example.text.lower()))
    for owner in load_shipped().owners:
        yield from WORD.findall(owner.name)
        for mark in owner.marks:
            yield from WORD.findall(mark.written.lower())
    for reader in READERS:
        for sign in reader.marks:
            yield from WORD.findall(sign.lower())
    lexicon = tomllib.loads(files("classifier").joinpath("lexicon.toml").read_text("utf-8"))
    yield from WORD.findall(" ".join(_strings(lexicon)).lower())


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _strings(each)
