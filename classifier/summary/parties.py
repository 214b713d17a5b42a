"""Who is who in a record: the sender's domain, the relay, the recipient's side, a block list."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, TypeAlias

from classifier.addresses import domain_of
from classifier.census import host_domain
from classifier.records import Detail
from classifier.rows import Row
from classifier.terminal import neutral

__all__ = [
    "Judged",
    "checks_of",
    "day_of",
    "host_of",
    "list_of",
    "recipient_domain",
    "relay_of",
    "sender_domain",
    "tidy",
]

#: What is counted: a record as it is made, or as it was read back.
Judged: TypeAlias = Row | Detail

_LONGEST: Final = 120  # characters of a name


@lru_cache(maxsize=4096)
def tidy(name: str | None) -> str | None:
    """A name on one line, harmless and of bounded length; None where it is empty."""
    return neutral(name.strip()[:_LONGEST]) or None if name else None


@lru_cache(maxsize=4096)
def host_of(name: str | None) -> str | None:
    """A host as names are compared: in lower case, without the last dot."""
    return tidy(name.lower().rstrip(".")) if name else None


def sender_domain(record: Judged) -> str | None:
    """The domain that a receiver checks: of the From header, else of the returned sender."""
    checked = record.auth.from_domain if record.auth else None
    return tidy(checked.lower()) if checked else tidy(domain_of(record.original_from))


def recipient_domain(record: Judged) -> str | None:
    """The domain of the address that failed, else of the one that was written to."""
    return tidy(domain_of(record.recipient) or domain_of(record.original_recipient))


# GV1PR04MB9122.eurprd04.prod.outlook.com: a machine of a farm; the next has other numbers
_FARM: Final = re.compile(r"(?:[a-z-]{0,20}\d[a-z0-9-]{0,60}\.){1,3}(?=[\w-]{1,63}\.[\w-])")
_NUMBERED: Final = re.compile(r"^([a-z][a-z-]{0,40}?)-?\d{1,4}(?=\.[\w-]{1,63}\.)")
_LITERAL: Final = re.compile(r"[\[\]0-9a-f.:]{3,50}")


def relay_of(record: Judged) -> str | None:
    """The host that took the mail to be ours to answer for, the machines of one farm as one.

    `smtp1.example.org` and `smtp2.example.org` are `smtp*.example.org`.
    """
    host = host_of(record.remote_mta)
    if host is None:
        return tidy(record.provider)
    if _LITERAL.fullmatch(host):
        return host
    farm = _FARM.match(host)
    if farm and sum(map(str.isdigit, farm[0])) >= 4:
        return f"*.{host[farm.end() :]}"
    return _NUMBERED.sub(r"\1*", host)


# https://www.spamhaus.org/query/ip/192.0.2.1   blocked using bl.example.net   see zen.example.org
_NAMED: Final = re.compile(
    r"(?:https?://|\bwww\.|\b(?:using|by|on|at|in|see|list) )\W{0,2}"
    r"((?:[a-z0-9_-]{1,63}\.){1,6}[a-z]{2,12})\b",
    re.IGNORECASE,
)


def list_of(record: Judged) -> str | None:
    """The block list that a reply names, by its domain; None where it names none but the parties'.

    A receiver's page about its own list counts: what is listed there is asked for there.
    """
    ours = {host_domain(record.reporting_mta), sender_domain(record), recipient_domain(record)}
    for found in _NAMED.finditer((record.diagnostic_code or "")[:2000]):
        host = found[1].lower()
        domain = host_domain(host)
        if host not in ours and domain not in ours and not domain.startswith("("):
            return tidy(domain)
    return None


def checks_of(record: Judged) -> str | None:
    """What the refusing side saw of SPF, DKIM and DMARC: `spf=pass dkim=pass dmarc=pass`."""
    if record.auth is None:
        return None
    pairs = (("spf", record.auth.spf), ("dkim", record.auth.dkim), ("dmarc", record.auth.dmarc))
    return tidy(" ".join(f"{method}={result}" for method, result in pairs if result))


_DAY: Final = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])")
_EARLIEST, _LATEST = "1990-01-01", "2100-01-01"  # what stands outside is no date of a mail


def day_of(record: Judged) -> str | None:
    """The day of the bounce, as its date says it in its own offset; None where none is known."""
    for date in (record.bounce_date, record.last_attempt_date, record.arrival_date):
        if date and _DAY.match(date):
            day = date[:10]
            if _EARLIEST <= day < _LATEST:
                return day
    return None
