"""The command line: `whybounce classify`, `explain`, `corpus` and the rest, and what they take.

Typer reads the options here; the work is imported by the command that does it.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from copy import copy
from pathlib import Path
from types import FrameType
from typing import Annotated, Final

import typer
from typer.main import get_command_name

from classifier.cli.archives import SCORE, score
from classifier.cli.common import FAULT, Format, Shape, complain, make_classifier
from classifier.cli.corpus import app as corpus
from classifier.cli.diagnosis import DIAGNOSE, PASSWORDS, diagnose, ses_password
from classifier.cli.options import (
    ColourOption,
    FormatOption,
    HeaderOption,
    ModelOption,
    OutputOption,
    ProgressOption,
    RulesOption,
    ShapeOption,
    TaxonomyOption,
    use_stdin,
)
from classifier.cli.results import REPORT, SUPPRESS, report, suppress
from classifier.cli.rules import app as rules_
from classifier.errors import OperatorError
from classifier.garbage import collect_seldom

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
_DRIFT: Final = """
Examples:

\b
  whybounce classify --format jsonl -o october.jsonl october.mbox
  whybounce drift october.jsonl november.jsonl      what changed from one month to the next
  whybounce classify mails/ | whybounce drift before.jsonl.gz -
                                                    the same mails by other rules: what flips
  whybounce drift --fail-over 0.02 before.csv after.csv
                                                    for CI: status 1 where over 2 % went wrong

A template is a wording with all masked that differs from reply to reply. Of the differences that
are told to be more than chance at most 1 % is chance, were each failure to come by itself.
Memory is bounded: of more than 50,000 templates a run the rest is left out, which is said. In text
it is the few rows that matter; json has them all.

Exit status: 0; 1 over the limit of --fail-over; 2 wrong usage, or a file that is no run. Lines
that are no records are passed over and counted; standard error names the first.
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
_LABEL: Final = """
Examples:

\b
  whybounce label --out label.csv archive.mbox      what a label would teach most, first
  whybounce corpus import label.csv --into mine/    once `reason` is filled in

Each row is a cluster of failures that say the same, with an example in which {recipient}, {host},
{ip} and the like stand for who and where it names. Fill in `reason` (`permanence` only where it is
not the usual one) for the rows that you know; rows without one are passed over.
corpora/RETRAINING.md leads from an archive to a better model.

Exit status: 0; 1 something could not be read, or holds no failure; 2 wrong usage, or a fault of the
rules, the model or the output; 130 interrupted, and what was read is written.
"""
_TRAIN: Final = """
Examples:

\b
  whybounce train mine/ --out model/           the shipped model, and what you labelled
  whybounce train mine/ --base none --out m/   your own labels alone
  whybounce train                              in a checkout: the shipped model, again
  whybounce classify --model model/ box.mbox   then use it (or set WHYBOUNCE_MODEL)
"""
_EVALUATE: Final = """
Examples:

\b
  whybounce evaluate default mine/                 the shipped model, on what you labelled
  whybounce evaluate model/ mine/ --out figures/   a model of yours; tables and plots as files, too
  whybounce evaluate none corpora/replies          the rules alone
  whybounce evaluate model/ mine/ -f json | jq '.parts[].scores'

What is worded as a reply that the model was trained on is counted apart. --out DIR gets
evaluation.md, evaluation.json and, with matplotlib (pip install 'whybounce[plots]'), confusion.svg,
reliability.svg and coverage.svg.

Exit status: 0; 2 wrong usage, or a fault of the model, the rules, the corpora or the output.
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
    header: HeaderOption = None,
    taxonomy: TaxonomyOption = None,
    rules: RulesOption = None,
    model: ModelOption = "default",
    progress: ProgressOption = None,
    color: ColourOption = None,
) -> None:
    """Why each recipient of a bounce was not reached."""
    paths = path or use_stdin(context)
    from classifier.cli.mails import judge_mails

    judge = make_classifier(rules, model)
    raise typer.Exit(
        judge_mails(paths, judge, format, output, header or (), progress, color, taxonomy or ())
    )


app.command(epilog=SCORE)(score)
app.command(epilog=REPORT)(report)
app.command(epilog=SUPPRESS)(suppress)
app.command(epilog=DIAGNOSE)(diagnose)
app.command("ses-password", epilog=PASSWORDS)(ses_password)


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
    texts = text or use_stdin(context)
    from classifier.cli.replies import judge_replies

    judge = make_classifier(rules, model)
    raise typer.Exit(judge_replies(texts, judge, format, output, color, taxonomy or (), trace))


@app.command(epilog=_DRIFT)
def drift(
    old: Annotated[
        str,
        typer.Argument(
            metavar="OLD",
            help="Records as `whybounce classify` writes them, JSON lines or CSV, packed or not;"
            " or - for standard input.",
            show_default=False,
        ),
    ],
    new: Annotated[str, typer.Argument(metavar="NEW", help="The later ones.", show_default=False)],
    format: ShapeOption = None,  # noqa: A002 - the name of the option
    output: OutputOption = None,
    fail_over: Annotated[
        float | None,
        typer.Option(
            "--fail-over",
            metavar="SHARE",
            min=0,
            max=1,
            help="Exit with 1 where the share of undetermined failures grew by more than SHARE, or"
            " more than SHARE of the failures of NEW are judged otherwise than the same words in"
            " OLD. 0.02 is 2 %.",
            show_default=False,
        ),
    ] = None,
    color: ColourOption = None,
) -> None:
    """What changed from one run of `classify` to another, and whether it is more than chance."""
    from classifier.cli.drift import compare_runs

    raise typer.Exit(compare_runs(old, new, format, output, color, fail_over))


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


@app.command(epilog=_LABEL)
def label(
    context: typer.Context,
    path: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PATH",
            help="Mails, as for `whybounce classify`, or - for standard input, which is also read"
            " where no PATH is given.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(
            "--out",
            "--output",
            "-o",
            metavar="FILE.csv",
            help="Write to FILE.csv, which appears whole or not at all. If not given: standard"
            " output.",
            show_default=False,
        ),
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", metavar="ROWS", min=0, help="Rows at most; 0 for all.")
    ] = 200,
    rules: RulesOption = None,
    model: ModelOption = "default",
    all_: Annotated[
        bool, typer.Option("--all", help="Also what rules and model are sure of, at the end.")
    ] = False,
    progress: ProgressOption = None,
) -> None:
    """Find what is worth labelling in an archive, and write it as a CSV to fill in."""
    paths = path or use_stdin(context)
    from classifier.cli.label import label_mails

    chosen = None if model == "none" else model
    raise typer.Exit(label_mails(paths, output, limit, rules or (), chosen, all_, progress))


@app.command(epilog=_TRAIN)
def train(
    corpus: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[CORPUS]...",
            help="Folders of labelled replies or mails (see corpora/README.md). None: the shipped"
            " model again, from a checkout's corpora/replies and the rules.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="DIR", help="Where the model is written."),
    ] = None,
    base: Annotated[
        str,
        typer.Option(
            metavar="DIR", help="The model to learn on top of: a folder, `default`, or `none`."
        ),
    ] = "default",
    name: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="What the model is called; if not given: its folder."),
    ] = None,
    rivals: Annotated[
        bool, typer.Option("--rivals", help="Compare with other ways to learn, for the report.")
    ] = False,
) -> None:
    """Learn from labelled corpora what no rule knows (needs scikit-learn)."""
    from classifier.cli.train import train_model

    raise typer.Exit(train_model(corpus or [], output, base, name, rivals))


@app.command(epilog=_EVALUATE)
def evaluate(
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL",
            help="A folder that `whybounce train` wrote, `default` for the shipped model, or `none`"
            " for the rules alone.",
            show_default=False,
        ),
    ],
    corpus: Annotated[
        list[Path],
        typer.Argument(
            metavar="CORPUS...",
            help="Folders of labelled replies or mails (see corpora/README.md), or folders of"
            " these.",
            show_default=False,
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="DIR",
            help="Write tables and plots into DIR, too.",
            show_default=False,
        ),
    ] = None,
    rules: RulesOption = None,
    format: Annotated[  # noqa: A002 - the name of the option
        Shape,
        typer.Option("--format", "-f", help="text for people, json for programs, with more."),
    ] = Shape.TEXT,
    progress: ProgressOption = None,
    color: ColourOption = None,
) -> None:
    """How often rules, model and both are right on labelled corpora, in tables and plots."""
    from classifier.cli.evaluate import evaluate_model

    raise typer.Exit(evaluate_model(model, corpus, output, rules or [], format, progress, color))


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.machinery import EXTENSION_SUFFIXES
        from importlib.util import find_spec

        from classifier import __version__

        found = find_spec("classifier.reading")
        compiled = found and found.origin and found.origin.endswith(tuple(EXTENSION_SUFFIXES))
        typer.echo(f"whybounce {__version__} ({'compiled' if compiled else 'plain Python'})")
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
    collect_seldom()
    _unwind_on_signals()
    try:
        _narrow(app, sys.argv[1:])(prog_name="whybounce")
    except OperatorError as error:
        for line in str(error).splitlines():
            complain(line)
        sys.exit(FAULT)


def _narrow(commands: typer.Typer, words: Sequence[str]) -> typer.Typer:
    """The one command that the first word names, or all of them.

    Typer makes all ready before it runs one, which takes as long as reading many mails.
    """
    only = copy(commands)
    only.registered_groups = []
    only.registered_commands = [
        each
        for each in commands.registered_commands
        if get_command_name(each.name or str(getattr(each.callback, "__name__", ""))) in words[:1]
    ]
    return only if only.registered_commands else commands


def _unwind_on_signals() -> None:
    """Let a polite signal unwind the program, so that no temporary file stays behind."""

    def leave(number: int, frame: FrameType | None) -> None:
        sys.exit(128 + number)

    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, leave)
