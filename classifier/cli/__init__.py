"""The command line: `whybounce classify`, `explain`, `corpus` and the rest, and what they take.

Typer reads the options here; the work is imported by the command that does it.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Final

import typer

from classifier.cli.common import FAULT, Format, complain
from classifier.cli.corpus import app as corpus
from classifier.cli.options import (
    ColourOption,
    FormatOption,
    ModelOption,
    OutputOption,
    RulesOption,
    TaxonomyOption,
)
from classifier.cli.rules import app as rules_
from classifier.errors import OperatorError

if TYPE_CHECKING:
    from classifier.pipeline import Classifier

__all__ = ["app", "main"]

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help comes sooner and pipes well
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
app.add_typer(corpus, name="corpus")
app.add_typer(rules_, name="rules")

_CLASSIFY: Final = """
Examples:

\b
  whybounce classify bounce.eml                   why it bounced, and who has to act
  whybounce classify --format table ~/Maildir     one line a failed recipient
  whybounce classify -o bounces.csv archive.mbox  for a spreadsheet
  whybounce classify mails/ | jq -r .reason | sort | uniq -c
  whybounce classify --taxonomy ses mails/        the class that Amazon SES would give, too

Exit status: 0 all was read; 1 something could not be read, which standard error names; 2 wrong
usage, or a fault of the rules or the output; 130 interrupted.
"""
_EXPLAIN: Final = """
Examples:

\b
  whybounce explain '550 5.1.1 <bob@example.org>: no such user'
  whybounce explain '535 5.7.8 authentication failed' '421 4.7.0 try again later'
  grep -o 'said: .*' mail.log | whybounce explain --format table -
  whybounce explain --rules my-rules/ '554 our own words'
  whybounce explain --taxonomy sisimai --taxonomy sparkpost '552 5.2.2 mailbox full'
  whybounce explain --trace "$(cat error.txt)"        one stack trace, transcript, block of a log

A TEXT is one thing, of however many lines: the last reply in it that refuses is judged. On
standard input each line is one thing, and goes on with the one above it where it is indented
deeper or only closes brackets; continues a multi-line reply (550-... 550 ...), a traceback or an
SMTP dialogue; follows a colon at the end of a line without a code; or is the next field of a
bounce's status part. A blank line ends what stands above it. To have several lines of a log or of
prose judged as one, give them as one TEXT.
"""
_FORMATS: Final = """
Examples:

\b
  whybounce formats                                 what is known, and how it is read
  whybounce formats --format jsonl | jq -r .name    for programs, with the marks of each
"""
_REFERENCE: Final = """
Examples:

\b
  whybounce reference --output pages/   reasons, rules, codes and formats, for a browser and as text
  whybounce reference                   in a checkout: the pages that it keeps, again
  whybounce reference --check           whether these are as the rules have them now

Exit status: 0; with --check, 1 where a page is stale or missing; 2 wrong usage.
"""
_TRAIN: Final = """
Examples:

\b
  whybounce train                                   in a checkout: the shipped model, again
  whybounce train --corpus replies/ --output mine/  a model of your own
"""


@app.command(epilog=_CLASSIFY)
def classify(
    context: typer.Context,
    path: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PATH",
            help="A mail, mbox, Maildir or folder of these, or - for standard input, which is also"
            " read where no PATH is given.",
            show_default=False,
        ),
    ] = None,
    format: FormatOption = None,  # noqa: A002 - the name of the option
    output: OutputOption = None,
    header: Annotated[
        list[str] | None,
        typer.Option(
            "--header",
            metavar="NAME",
            help="Add this header of the returned message to the records. May be given again.",
            show_default=False,
        ),
    ] = None,
    taxonomy: TaxonomyOption = None,
    rules: RulesOption = None,
    model: ModelOption = "default",
    progress: Annotated[
        bool | None,
        typer.Option(
            "--progress/--no-progress",
            help="How far it is, on standard error. If not given: on a terminal, after a second.",
            show_default=False,
        ),
    ] = None,
    color: ColourOption = None,
) -> None:
    """Why each recipient of a bounce was not reached."""
    paths = path or _use_stdin(context)
    from classifier.cli.mails import judge_mails

    judge = _make_classifier(rules, model)
    raise typer.Exit(
        judge_mails(paths, judge, format, output, header or (), progress, color, taxonomy or ())
    )


@app.command(epilog=_EXPLAIN)
def explain(
    context: typer.Context,
    text: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="TEXT",
            help="A reply, or what holds one: log lines, an exception, a transcript, JSON, a piece"
            " of a bounce; or - for standard input, one a line, which is also read where no TEXT"
            " is given.",
            show_default=False,
        ),
    ] = None,
    format: FormatOption = None,  # noqa: A002 - the name of the option
    output: OutputOption = None,
    taxonomy: TaxonomyOption = None,
    rules: RulesOption = None,
    model: ModelOption = "default",
    trace: Annotated[
        bool,
        typer.Option(
            "--trace",
            help="In text, how the verdict came about: phrases, rules, who won and why. jsonl"
            " always has it.",
        ),
    ] = False,
    color: ColourOption = None,
) -> None:
    """What an SMTP reply, or whatever holds one, means by itself."""
    texts = text or _use_stdin(context)
    from classifier.cli.replies import judge_replies

    judge = _make_classifier(rules, model)
    raise typer.Exit(judge_replies(texts, judge, format, output, color, taxonomy or (), trace))


@app.command(epilog=_FORMATS)
def formats(
    format: Annotated[  # noqa: A002 - the name of the option
        Format,
        typer.Option(
            "--format",
            "-f",
            help="text and table for people; jsonl and csv for programs, with more.",
        ),
    ] = Format.TEXT,
    output: OutputOption = None,
    color: ColourOption = None,
) -> None:
    """The formats of bounces that are known, and what reads each."""
    from classifier.cli.formats import print_formats

    raise typer.Exit(print_formats(format, output, color))


@app.command(epilog=_REFERENCE)
def reference(
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="Where the pages are written.")
    ] = Path("classifier/reference"),
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; say which pages are stale.")
    ] = False,
) -> None:
    """Write the reference of reasons, rules, codes and formats, as Markdown and as a page."""
    from classifier.cli.reference import make_reference

    raise typer.Exit(make_reference(output, check))


@app.command(epilog=_TRAIN)
def train(
    corpus: Annotated[
        Path,
        typer.Option(metavar="DIR", help="A folder of labelled replies (see corpora/README.md)."),
    ] = Path("corpora/replies"),
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="Where the model is written.")
    ] = Path("models/base"),
) -> None:
    """Make the model again, from labelled replies and the shipped rules (needs scikit-learn)."""
    from classifier.cli.train import train_model

    raise typer.Exit(train_model(corpus, output))


def _make_classifier(rules: list[Path] | None, model: str) -> Classifier:
    from classifier.pipeline import Classifier

    return Classifier(rules or (), None if model == "none" else model)


def _use_stdin(context: typer.Context) -> list[str]:
    """Read standard input where nothing is named, unless a person would have to type it."""
    if sys.stdin is not None and sys.stdin.isatty():
        typer.echo(context.get_help(), err=True)
        raise typer.Exit(FAULT)
    return ["-"]


def _print_version(wanted: bool) -> None:
    if wanted:
        from classifier import __version__

        typer.echo(f"whybounce {__version__}")
        raise typer.Exit


@app.callback(epilog="Each command shows its options and some examples with --help.")
def _start(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Read email bounces: why each recipient was not reached, who has to act, on what evidence."""


def main() -> None:
    """Run the command `whybounce` and exit with its status; see `whybounce classify --help`."""
    _unwind_on_signals()
    try:
        app(prog_name="whybounce")
    except OperatorError as error:
        for line in str(error).splitlines():
            complain(line)
        sys.exit(FAULT)


def _unwind_on_signals() -> None:
    """Let a polite signal unwind the program, so that no temporary file stays behind."""

    def leave(number: int, frame: FrameType | None) -> None:
        sys.exit(128 + number)

    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, leave)
