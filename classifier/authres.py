"""Authentication-Results: what a server says of a message's SPF, DKIM, DMARC and ARC (RFC 8601).

Microsoft leaves the authserv-id out, writes domains between the results and ends in a semicolon;
Amazon puts Received-SPF's keys in. So this reads by structure: comments out, split at semicolons,
keep what begins with a known method.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from classifier.frozen import Frozen
from classifier.headers import Headers

__all__ = ["Auth", "Result", "Results", "aligns", "read_auth", "read_results"]

METHODS: Final = frozenset(
    {"auth", "arc", "bimi", "compauth", "dkim", "dkim-adsp", "dkim-atps", "dmarc", "dnswl"}
    | {"domainkeys", "iprev", "rrvs", "sender-id", "smime", "spf", "vbr"}
)
_MAX_VALUE: Final = 8192
_MAX_HEADERS: Final = 16


class Result(Frozen):
    """One `method=result` with its properties, as `header.d` or `smtp.mailfrom`, by full name."""

    method: str
    result: str
    properties: Mapping[str, str]


class Results(Frozen):
    """One header: who says so (`authserv_id`, None where left out) and what."""

    authserv_id: str | None
    results: tuple[Result, ...]

    def of(self, method: str) -> list[Result]:
        """The results of one method, in order."""
        return [result for result in self.results if result.method == method]


class Auth(Frozen, kw_only=True):
    """What is known of a message's authentication, and from which header (`source`).

    Results are RFC 8601's words (pass, fail, softfail, none, ...), None where nothing was said.
    `dkim_domains` are the domains whose signatures passed, else those that were tried. `aligned`
    says whether SPF or DKIM passed for the From domain or a relative of it (RFC 7489 3.1, with
    organisational domains estimated by their last labels).
    """

    spf: str | None = None
    dkim: str | None = None
    dmarc: str | None = None
    arc: str | None = None
    compauth: str | None = None
    dkim_domains: tuple[str, ...] = ()
    spf_domain: str | None = None
    from_domain: str | None = None
    aligned: bool | None = None
    source: str | None = None

    def results(self) -> dict[str, str]:
        """The results that were said, by method."""
        pairs = (
            ("spf", self.spf),
            ("dkim", self.dkim),
            ("dmarc", self.dmarc),
            ("arc", self.arc),
            ("compauth", self.compauth),
        )
        return {method: result for method, result in pairs if result}


_HIDDEN: Final = "\x1f"  # stands for a semicolon between quotes
_SIGNS: Final = re.compile(r'(\\.|[()"])')
#   dkim=pass   dkim/1 = pass   (at the start of what stands between two semicolons)
_METHOD: Final = re.compile(r"\s*([A-Za-z][A-Za-z-]*)(?:\s*/\s*\d+)?\s*=\s*([A-Za-z]+)")
#   i=1; mx.example.org; ...   (ARC's header)
_INSTANCE: Final = re.compile(r"\s*i\s*=\s*(\d{1,2})", re.IGNORECASE)
#   header.d=example.org   smtp.mailfrom="a b"@example.org   header.from = example.org
_PROPERTY: Final = re.compile(r"\b([A-Za-z]+\.[A-Za-z0-9_-]+)\s*=\s*(\"[^\"]*\"[^\s;]*|[^\s;]+)")


def _without_comments(value: str) -> str:
    """`value` without its comments, which nest (RFC 5322 3.2.2), and with quoted `;` hidden."""
    if "(" not in value and '"' not in value:
        return value
    kept: list[str] = []
    depth, quoted = 0, False
    for piece in _SIGNS.split(value):
        if piece == "(" and not quoted:
            depth += 1
        elif piece == ")" and not quoted:
            depth = max(0, depth - 1)
        elif depth == 0:
            if piece == '"':
                quoted = not quoted
            kept.append(piece.replace(";", _HIDDEN) if quoted else piece)
    return "".join(kept)


def read_results(value: str) -> Results:
    """One Authentication-Results or ARC-Authentication-Results value. Never raises."""
    authserv_id: str | None = None
    results: list[Result] = []
    opens = 0  # where the authserv-id stands; a domain further on is Microsoft's own
    for place, segment in enumerate(_without_comments(value[:_MAX_VALUE]).split(";")):
        found = _METHOD.match(segment)
        method = found[1].lower() if found else ""
        if found and method in METHODS:
            properties = {
                name.lower(): content.replace('"', "").replace(_HIDDEN, ";")
                for name, content in _PROPERTY.findall(segment, found.end())
            }
            results.append(Result(method, found[2].lower(), properties))
        elif place == opens and "=" not in segment:
            # mx.example.org 1; ...   the version may follow
            words = segment.split()
            authserv_id = words[0].lower() if words else None
        elif place == 0 and _INSTANCE.match(segment):
            opens = 1
    return Results(authserv_id, tuple(results))


def read_auth(headers: Headers, from_domain: str | None = None) -> Auth:
    """What the headers of a message say of its authentication.

    Believed is the topmost Authentication-Results that says anything, with the others of the
    same authserv-id: the top is nearest to the server that refused. Gaps are filled from the
    newest ARC-Authentication-Results, then from Received-SPF (RFC 7208 9.1).
    """
    lower = headers.lower
    if "authentication-results:" not in lower and "\nreceived-spf:" not in lower:
        return Auth(from_domain=from_domain)  # as most have it
    sources: list[str] = []
    results: list[Result] = []
    for name in ("Authentication-Results", "X-MS-Exchange-Authentication-Results"):
        said = [read_results(v) for v in headers.all(name)[:_MAX_HEADERS]]
        said = [r for r in said if r.results]
        if said and not results:
            same = [r for r in said if r.authserv_id == said[0].authserv_id]
            results = [result for r in same for result in r.results]
            sources.append(_source(name, said[0], len(said)))
    if not any(r.method in ("spf", "dkim", "dmarc") for r in results):
        newest = _newest_arc(headers)
        if newest is not None:
            results.extend(newest.results)
            sources.append(_source("ARC-Authentication-Results", newest, 1))
    if not any(r.method == "spf" for r in results):
        spf = _received_spf(headers)
        if spf is not None:
            results.append(spf)
            sources.append("Received-SPF")
    return _sum_up(results, from_domain, ", ".join(sources) or None)


def _source(name: str, said: Results, count: int) -> str:
    by = f" of {said.authserv_id}" if said.authserv_id else ""
    return f"{name}{by}" + (f" (topmost of {count})" if count > 1 else "")


def _newest_arc(headers: Headers) -> Results | None:
    """The ARC-Authentication-Results with the highest instance (RFC 8617 4.1.1)."""
    best: tuple[int, Results] | None = None
    for value in headers.all("ARC-Authentication-Results")[:_MAX_HEADERS]:
        found = _INSTANCE.match(value)
        said = read_results(value)
        instance = int(found.group(1)) if found else 0
        if said.results and (best is None or instance > best[0]):
            best = instance, said
    return best[1] if best else None


#   Received-SPF: pass (google.com: domain of a@example.org designates ...) client-ip=192.0.2.1;
#     envelope-from="a@example.org"; helo=mail.example.org
_SPF: Final = re.compile(r"\s*([A-Za-z]+)")
_SPF_FROM: Final = re.compile(r"envelope-from\s*=\s*\"?<?([^\s\";>]+)", re.IGNORECASE)
_SPF_WORDS: Final = frozenset(
    {"pass", "fail", "softfail", "neutral", "none", "temperror", "permerror"}
)


def _received_spf(headers: Headers) -> Result | None:
    value = headers.get("Received-SPF")
    found = _SPF.match(value) if value else None
    if not value or not found or found.group(1).lower() not in _SPF_WORDS:
        return None
    sender = _SPF_FROM.search(value)
    properties = {"smtp.mailfrom": sender.group(1)} if sender else {}
    return Result("spf", found.group(1).lower(), properties)


def _domain(value: str | None) -> str | None:
    if not value:
        return None
    return value.rpartition("@")[2].strip("<>. ").lower() or None


def _first(results: Sequence[Result]) -> str | None:
    return results[0].result if results else None


def _sum_up(results: list[Result], from_domain: str | None, source: str | None) -> Auth:
    by: dict[str, list[Result]] = {}
    for result in results:
        by.setdefault(result.method, []).append(result)
    dkim, dmarc, spf = by.get("dkim", []), by.get("dmarc", []), by.get("spf", [])
    # One good signature among several makes a pass.
    passed = [r for r in dkim if r.result == "pass"]
    domains = tuple(dict.fromkeys([d for r in passed or dkim if (d := _signer(r))]))
    if len(spf) > 1:
        # The check of HELO may stand beside that of MAIL FROM, which is the one that counts.
        spf.sort(key=lambda r: not _mail_from(r))
    spf_domain = _domain(_sender(spf[0])) if spf else None
    for result in dmarc:
        said = _domain(result.properties.get("header.from"))
        if said:
            from_domain = said
            break
    aligned: bool | None = None
    if from_domain and (dkim or spf):
        signed = bool(passed) and any(aligns(each, from_domain) for each in domains)
        aligned = signed or (_first(spf) == "pass" and aligns(spf_domain, from_domain))
    return Auth(
        spf=_first(spf),
        dkim=_first(passed or dkim),
        dmarc=_first(dmarc),
        arc=_first(by.get("arc", ())),
        compauth=_first(by.get("compauth", ())),
        dkim_domains=domains,
        spf_domain=spf_domain,
        from_domain=from_domain,
        aligned=aligned,
        source=source,
    )


def _signer(result: Result) -> str | None:
    domain = _domain(result.properties.get("header.d") or result.properties.get("header.i"))
    return None if domain == "none" else domain


def _mail_from(result: Result) -> str | None:
    return result.properties.get("smtp.mailfrom") or result.properties.get("smtp.mail")


def _sender(result: Result) -> str | None:
    return _mail_from(result) or result.properties.get("smtp.helo")


# What stands below a country in place of com, org and the like: example.co.uk, example.com.br.
_SECOND: Final = frozenset(
    {"ac", "co", "com", "ed", "edu", "go", "gob", "gouv", "gov", "gv", "id", "ltd", "mil", "ne"}
    | {"net", "nom", "or", "org", "plc", "sch"}
)


def _organisation(domain: str) -> str:
    """A domain's organisational domain, estimated: two labels, or three as in example.co.uk."""
    labels = domain.split(".")
    three = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND
    return ".".join(labels[-3 if three else -2 :])


def aligns(domain: str | None, other: str | None) -> bool:
    """Whether two domains belong to one organisation (RFC 7489 3.1, relaxed)."""
    if not domain or not other:
        return False
    return domain == other or _organisation(domain) == _organisation(other)
