"""What a check found: one clause for people, what it rests on, and what to do."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec

__all__ = ["ORDER", "Finding", "Hop", "Says", "Status"]


class Hop(StrEnum):
    """The links of the chain, from the author to the mailbox."""

    AUTHOR = "author"  # the sending domain: SPF, DKIM, DMARC
    SUBMISSION = "submission"  # the way into the relay: TLS and login
    RELAY = "relay"  # the sending service: account, identity, suppression
    MX = "MX"  # the receiving system: DNS, gateway, policy
    MAILBOX = "mailbox"  # the address itself


ORDER: Final = tuple(Hop)


class Status(StrEnum):
    """How a check ended."""

    OK = "ok"
    BROKEN = "broken"
    WARNING = "warning"  # works, but not for long or not for everybody
    UNKNOWN = "unknown"  # asked for, but could not be found out; `what` says why
    SKIPPED = "skipped"  # there is nothing here that it could look at; `what` says why


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """The result of one check.

    `what` is one clause without a full stop, `evidence` what was seen, each line with its place,
    `advice` what to do (None where there is nothing), `source` the RFC section or vendor page
    behind the rule.
    """

    check: str
    hop: Hop
    status: Status
    what: str
    evidence: tuple[str, ...] = ()
    advice: str | None = None
    source: str | None = None


class Says:
    """Makes the findings of one check, which all have its name, hop and source."""

    def __init__(self, check: str, hop: Hop, source: str | None = None) -> None:
        self._check, self._hop, self._source = check, hop, source

    def __call__(
        self,
        status: Status,
        what: str,
        evidence: tuple[str, ...] = (),
        advice: str | None = None,
        source: str | None = None,
    ) -> Finding:
        """A finding with a status."""
        return Finding(
            check=self._check,
            hop=self._hop,
            status=status,
            what=what,
            evidence=evidence,
            advice=advice,
            source=source or self._source,
        )

    def ok(self, what: str, *evidence: str) -> Finding:
        """All is as it should be."""
        return self(Status.OK, what, evidence)

    def broken(
        self, what: str, *evidence: str, advice: str | None = None, source: str | None = None
    ) -> Finding:
        """Mail fails, or may fail, because of this."""
        return self(Status.BROKEN, what, evidence, advice, source)

    def warning(
        self, what: str, *evidence: str, advice: str | None = None, source: str | None = None
    ) -> Finding:
        """It works, but not for long or not everywhere."""
        return self(Status.WARNING, what, evidence, advice, source)

    def unknown(self, what: str, *evidence: str, advice: str | None = None) -> Finding:
        """It could not be found out."""
        return self(Status.UNKNOWN, what, evidence, advice)

    def skipped(self, what: str, advice: str | None = None) -> Finding:
        """There is nothing to look at."""
        return self(Status.SKIPPED, what, (), advice)
