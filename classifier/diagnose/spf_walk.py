"""SPF evaluated by pyspf, with our resolver underneath: what it says, and what it asked for."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import msgspec

from classifier.diagnose.resolver import Resolver

__all__ = ["LIMIT", "NOBODY", "Walk", "walk_spf"]

LIMIT: Final = 10  # look-ups that a record may ask for (RFC 7208 4.6.4)
NOBODY: Final = "240.0.0.1"  # reserved (RFC 1112 4): no record names it, so all of one is walked
_LONGEST: Final = 8192  # characters of a record that is worth evaluating


class Walk(msgspec.Struct, frozen=True, kw_only=True):
    """One evaluation: pyspf's word for the result, why, and how far it went.

    `visited` are the domains whose records were read, the first one included.
    """

    result: str
    why: str = ""
    lookups: int = 0
    visited: tuple[str, ...] = ()
    record: str | None = None


def walk_spf(resolver: Resolver, domain: str, ip: str, helo: str | None = None) -> Walk:
    """What the SPF record of `domain` says of `ip`. Raises `Unanswered` where DNS is silent."""
    texts = resolver.ask(domain, "TXT").texts
    records = [text for text in texts if f"{text} ".lower().startswith("v=spf1 ")]
    record = records[0] if len(records) == 1 else None
    if record and len(record) > _LONGEST:
        return Walk(result="permerror", why=f"longer than {_LONGEST} characters", record=record)
    query = _query_class()(resolver, ip, f"postmaster@{domain}", helo or domain)
    result, _, why = _run(query)
    if query.perm_error is not None:
        why = str(query.perm_error)
    return Walk(
        result=result,
        why=why.removeprefix("SPF Permanent Error: "),
        lookups=query.lookups,
        visited=tuple(dict.fromkeys(query.visited)),
        record=record,
    )


def _run(query: Any) -> tuple[str, int, str]:
    try:
        result, code, why = query.check()
    except (AssertionError, IndexError, KeyError, TypeError, ValueError, OSError) as error:
        # hostile records reach corners of pyspf that raise
        return "permerror", 550, f"cannot be evaluated ({type(error).__name__})"
    return str(result), int(code), str(why)


@cache
def _query_class() -> type[Any]:
    import spf

    class Query(spf.query):  # type: ignore[misc]  # pyspf ships no types
        """pyspf's evaluation with the look-ups made by a `Resolver`.

        Not strict: it goes on behind the tenth look-up, so that their number can be told.
        """

        def __init__(self, resolver: Resolver, ip: str, sender: str, helo: str) -> None:
            super().__init__(ip, sender, helo, strict=False, timeout=5, querytime=0)
            self.resolver = resolver
            self.visited: list[str] = []
            self.perm_error = None

        def dns_spf(self, domain: str) -> str | None:
            self.visited.append(domain.lower().rstrip("."))
            record: str | None = super().dns_spf(domain)
            return record

        def dns(
            self, name: object, qtype: str, cnames: object = None, ignore_void: bool = False
        ) -> list[Any]:
            texts = self.resolver.ask(str(name).rstrip("."), qtype).texts
            if not texts and not ignore_void:  # RFC 7208 4.6.4
                self.void_lookups += 1
                if self.void_lookups > spf.MAX_VOID_LOOKUPS:
                    raise spf.PermError(f"Void lookup limit of {spf.MAX_VOID_LOOKUPS} exceeded")
            return [_shape(text, qtype) for text in texts]

    return Query


def _shape(text: str, kind: str) -> object:
    if kind == "MX":
        preference, _, host = text.partition(" ")
        return int(preference), host.rstrip(".")
    if kind in ("TXT", "SPF"):
        return (text.encode("utf-8", "replace"),)
    return text.rstrip(".")
