"""The commands of `whybounce corpus`: what they take; `classifier.cli.corpora` does the work."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from classifier.cli.common import Format
from classifier.cli.options import ColourOption, OutputOption

__all__ = ["app"]

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Labelled corpora: check and count them, import and anonymise mails, split for tests.",
    epilog="The format is described in corpora/README.md.",
)

_CHECK: Final = """
Examples:

\b
  whybounce corpus check corpora/*                 all corpora of a checkout
  whybounce corpus check mine/ --doubts look.csv   and the labels worth a second look

A fault is against the format; a doubt is a label that the rules speak against, which may be right.
Exit status: 0 no fault; 1 faults, which standard error names; 2 wrong usage.
"""
_STATS: Final = """
Examples:

\b
  whybounce corpus stats corpora/                  tables by category, reason, provider, ...
  whybounce corpus stats -f csv mine/ | grep ^reason
"""
_IMPORT: Final = """
Examples:

\b
  whybounce corpus import sorted/ --into mine/                     folders named by reasons
  whybounce corpus import old.mbox --labels old.csv --into mine/   an mbox and a table
  whybounce corpus import fixed.jsonl --into mine/                 what classify wrote, corrected
  whybounce corpus import sisimai.json --into mine/                records of Sisimai, as replies
  whybounce corpus import label.csv --into mine/                   what label wrote, filled in

The table has a line of names: mail (number from 0, name or Message-ID), reason, and if you like
recipient, kind, permanence. Mails hold names and addresses: see `whybounce corpus anonymise`.
"""
_ANONYMISE: Final = """
Examples:

\b
  whybounce corpus anonymise mine/ --into shared/      a corpus, its labels with it
  whybounce corpus anonymise bounces.mbox --into out/  mails alone

Addresses, hosts, IPs, names and ids are replaced, the same by the same; structure, length, codes
and the words of servers stay. What could not be recognised is listed in out/unrecognised.txt: read
it, and the mails, before you pass them on.
"""
_SPLIT: Final = """
Examples:

\b
  whybounce corpus split mine/                             a fifth is held apart to test with
  whybounce corpus split lab/ --follow corpora/replies     labels take the side of their reply

Near duplicates and a provider's own words stay together; the same seed gives the same split.
"""

Folders = Annotated[
    list[Path], typer.Argument(metavar="DIR...", help="Corpora, or folders of corpora.")
]
Into = Annotated[
    Path, typer.Option("--into", metavar="DIR", help="The corpus to write, or to add to.")
]


@app.command(epilog=_CHECK)
def check(
    folders: Folders,
    doubts: Annotated[
        str | None,
        typer.Option("--doubts", metavar="FILE", help="Write all doubts to FILE, as CSV."),
    ] = None,
    progress: Annotated[
        bool | None,
        typer.Option("--progress/--no-progress", help="How far it is.", show_default=False),
    ] = None,
    color: ColourOption = None,
) -> None:
    """Whether corpora are what the format asks for, and how whybounce reads them."""
    from classifier.cli.corpora import check_corpora

    raise typer.Exit(check_corpora(folders, doubts, progress, color))


@app.command(epilog=_STATS)
def stats(
    folders: Folders,
    format: Annotated[  # noqa: A002 - the name of the option
        Format, typer.Option("--format", "-f", help="text for people; jsonl and csv for programs.")
    ] = Format.TEXT,
    output: OutputOption = None,
    color: ColourOption = None,
) -> None:
    """How many replies, templates, mails and rows there are, and of what."""
    from classifier.cli.corpora import print_stats

    raise typer.Exit(print_stats(folders, format, output, color))


@app.command("import", epilog=_IMPORT)
def import_(
    source: Annotated[Path, typer.Argument(metavar="SOURCE", help="What to import; see below.")],
    into: Into,
    labels: Annotated[
        Path | None,
        typer.Option("--labels", metavar="FILE", help="A CSV that labels the mails of SOURCE."),
    ] = None,
    root: Annotated[
        Path,
        typer.Option("--root", metavar="DIR", help="Where the paths in corrected records begin."),
    ] = Path(),
) -> None:
    """Make a corpus of labelled mails, or add them to one."""
    from classifier.cli.corpora import import_source

    raise typer.Exit(import_source(source, into, labels, root))


@app.command(epilog=_ANONYMISE)
def anonymise(
    source: Annotated[
        Path, typer.Argument(metavar="SOURCE", help="A corpus, or a mail, mbox or folder of these.")
    ],
    into: Annotated[Path, typer.Option("--into", metavar="DIR", help="The folder to write.")],
    seed: Annotated[
        str | None,
        typer.Option(
            "--seed",
            metavar="TEXT",
            envvar="WHYBOUNCE_SEED",
            help="Keeps the replacements the same from run to run; who knows it can guess at the"
            " names. If not given, each run has its own.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Replace what names people and machines, so that mails can be passed on."""
    from classifier.cli.corpora import anonymise_source

    raise typer.Exit(anonymise_source(source, into, seed))


@app.command(epilog=_SPLIT)
def split(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The corpus; its files change.")],
    test: Annotated[
        float, typer.Option("--test", metavar="SHARE", min=0.01, max=0.9, help="To hold apart.")
    ] = 0.2,
    seed: Annotated[
        str, typer.Option("--seed", metavar="TEXT", help="What the draw hangs on.")
    ] = "1",
    follow: Annotated[
        Path | None,
        typer.Option(
            "--follow",
            metavar="DIR",
            help="A corpus of replies: mails that carry one of them take its side.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Hold a part of a corpus apart, to test with what was not learned from."""
    from classifier.cli.corpora import split_corpus

    raise typer.Exit(split_corpus(folder, test, seed, follow))
