"""Codes of rules against the registry of enhanced status codes (IANA, RFC 5248)."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files

from classifier.rules.rule import Code, Layer, Rule

__all__ = ["find_unregistered"]

_OWN = (Layer.PROVIDER, Layer.CODE, Layer.OPERATOR)  # may know codes that the registry does not


def find_unregistered(rules: Sequence[Rule]) -> Iterator[str]:
    """Codes that only a provider can mean something by, in a file that is no provider's."""
    for rule in rules:
        for code in rule.codes if rule.layer not in _OWN else ():
            if code.subject >= 0 and not _is_registered(code):
                name = f"{code.status_class or 'x'}.{code.subject}.{code.low}"
                yield (
                    f"{rule.where}: {rule.name} asks for {name}, which the registry does not know;"
                    " a provider's own code belongs to its file in providers/"
                )


def _is_registered(code: Code) -> bool:
    details = range(code.low, code.high + 1)
    return all(f"x.{code.subject}.{detail}" in _registered() for detail in details)


@cache
def _registered() -> frozenset[str]:
    text = files("classifier.reference").joinpath("registry.toml").read_text(encoding="utf-8")
    return frozenset(tomllib.loads(text)["codes"])
