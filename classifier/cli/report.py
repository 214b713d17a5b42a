"""The work of `whybounce report`: results and diagnoses in, one page out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from classifier.cli.common import CLOSED, complain, to_terminal
from classifier.cli.mails import spare_inputs
from classifier.cli.runs import read_results
from classifier.dashboard.chain import read_diagnosis
from classifier.dashboard.page import write_page
from classifier.dashboard.veil import Addresses, Veil, read_salt
from classifier.errors import OperatorError
from classifier.records import Detail
from classifier.sinks import Closed, open_output
from classifier.summary import Summary
from classifier.summary.parties import day_of

__all__ = ["make_report"]

_DAY: Final = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])")


def make_report(
    paths: Sequence[str],
    diagnoses: Sequence[Path],
    output: str | None,
    title: str,
    addresses: Addresses,
    salt: Path | None,
    since: str | None,
    until: str | None,
    progress: bool | None,
) -> int:
    """Write the page; the exit status. The arguments are those of the command."""
    for option, day in (("--since", since), ("--until", until)):
        if day is not None and not _DAY.fullmatch(day):
            raise OperatorError(option, [f"{day!r} is no day"], "Write it as in 2026-11-03.")
    if to_terminal(output):
        raise OperatorError("--out", ["is a terminal"], "Name a file: --out report.html")
    spare_inputs([*paths, *map(str, diagnoses)], output)
    veil = Veil(addresses, read_salt(salt) if salt and addresses is Addresses.HASH else None)
    drawn = [read_diagnosis(path) for path in diagnoses]
    summary = Summary()
    for record in _between(read_results(paths, progress), since, until):
        summary.add(record)
    try:
        with open_output(output) as out:
            notes = list(_notes(since, until))
            out.write(write_page(summary, veil, title, notes, drawn))
    except Closed:
        return CLOSED
    if output not in (None, "-"):
        complain(f"{output}: {summary.failures:,} failures of {summary.records:,} records")
    return 0


def _between(records: Iterator[Detail], since: str | None, until: str | None) -> Iterator[Detail]:
    """The records of these days, both included; without a date they are in no span."""
    for record in records:
        if since or until:
            day = day_of(record)
            if day is None or (since and day < since) or (until and day > until):
                continue
        yield record


def _notes(since: str | None, until: str | None) -> Iterator[str]:
    if since or until:
        span = " ".join(filter(None, (since and f"from {since}", until and f"to {until}")))
        yield f"Only records {span} are counted; those without a date are left out."
