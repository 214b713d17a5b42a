"""Commands on results: `whybounce report`, a page to look at; `suppress`, addresses to remove."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from classifier.cli.options import ProgressOption
from classifier.dashboard.veil import Addresses
from classifier.errors import OperatorError
from classifier.suppression import Form

__all__ = ["REPORT", "SUPPRESS", "report", "suppress"]

REPORT: Final = """
Examples:

\b
  whybounce classify -o october.jsonl october.mbox
  whybounce report october.jsonl --out report.html     open it in a browser; it loads nothing
  whybounce report *.jsonl.gz --since 2026-11-01 -o november.html
  whybounce report r.csv --addresses hash -o share.html   addresses as keyed hashes
  whybounce classify mails/ | whybounce report - -o report.html
  whybounce diagnose bounce.eml --format json -o chain.json
  whybounce report r.jsonl --diagnosis chain.json -o r.html   with the chain, hop by hop

The page holds at most 2 MB, however many records there are; what finds no room is counted there.
Hashes differ from page to page; with --salt-file one address has the same on all of them.

Exit status: 0; 2 wrong usage, or a file that is no run or no diagnosis. Lines that are no
records are passed over and counted; standard error names the first.
"""
SUPPRESS: Final = """
Examples:

\b
  whybounce suppress october.jsonl --out remove.csv
  whybounce suppress --why october.jsonl november.csv    each with its reason, last day and reply
  whybounce suppress --format ses r.jsonl -o remove.json    for `aws sesv2 create-import-job`
  whybounce suppress --min-confidence 0.8 r.jsonl | wc -l

On the list are addresses whose last word is a permanent failure of their own: no such user, no such
domain, mailbox disabled, domain takes no mail. Never those of a failure that the sending side
brought about, of a full mailbox, a policy or a guess. A delivery or a full mailbox later on takes
an address off again; without dates, too. Standard error says what was left out, and why.

Few verdicts have a confidence above 0.95. Case counts before the @, and is kept. ses is JSON lines,
sendgrid and mailchimp are CSV with the header that each expects. An address that a spreadsheet
might run as a formula is left out of a CSV and counted.

Exit status: 0; 2 wrong usage, or a file that is no run.
"""

_Results = Annotated[
    list[str],
    typer.Argument(
        metavar="RESULTS",
        help="Records as `whybounce classify` writes them, JSON lines or CSV, packed or not; or -"
        " for standard input.",
        show_default=False,
    ),
]
_Output = Annotated[
    str | None,
    typer.Option(
        "--out",
        "--output",
        "-o",
        metavar="FILE",
        help="Write to FILE, which appears whole or not at all; - is standard output.",
        show_default=False,
    ),
]


def report(
    context: typer.Context,
    results: _Results,
    diagnosis: Annotated[
        list[Path] | None,
        typer.Option(
            "--diagnosis",
            metavar="FILE",
            help="Draw the chain that `whybounce diagnose --format json -o FILE` looked at. May be"
            " given again.",
            show_default=False,
        ),
    ] = None,
    output: _Output = None,
    title: Annotated[
        str, typer.Option("--title", metavar="TEXT", help="What the page is called.")
    ] = "Bounce report",
    addresses: Annotated[
        Addresses,
        typer.Option("--addresses", help="What becomes of addresses of people on the page."),
    ] = Addresses.SHOW,
    salt: Annotated[
        Path | None,
        typer.Option(
            "--salt-file",
            metavar="FILE",
            envvar="WHYBOUNCE_SALT_FILE",
            help="A secret of 16 bytes or more that keys the hashes. If not given: a new one.",
            show_default=False,
        ),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="DAY", help="From this day, 2026-11-03, on."),
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="DAY", help="Up to this day.")
    ] = None,
    progress: ProgressOption = None,
) -> None:
    """Results as one page to look at: what broke, since when, whose fault, what to do."""
    from classifier.cli.report import make_report

    # The variable may be set for good; the option asks for something.
    by_hand = getattr(context.get_parameter_source("salt"), "name", "") == "COMMANDLINE"
    if by_hand and addresses is not Addresses.HASH:
        fault = "is for --addresses hash alone"
        raise OperatorError("--salt-file", [fault], "Leave it out, or add --addresses hash.")
    raise typer.Exit(
        make_report(
            results, diagnosis or (), output, title, addresses, salt, since, until, progress
        )
    )


def suppress(
    results: _Results,
    format: Annotated[  # noqa: A002 - the name of the option
        Form, typer.Option("--format", "-f", help="Whom the list is for.")
    ] = Form.CSV,
    least: Annotated[
        float,
        typer.Option(
            "--min-confidence", metavar="SHARE", min=0, max=1, help="Verdicts of at least this."
        ),
    ] = 0.9,
    output: _Output = None,
    why: Annotated[
        bool, typer.Option("--why", help="With csv: columns that say why, beside each address.")
    ] = False,
    progress: ProgressOption = None,
) -> None:
    """The addresses to remove: those that do not work, never those that you failed."""
    from classifier.cli.suppress import list_addresses

    raise typer.Exit(list_addresses(results, format, least, output, why, progress))
