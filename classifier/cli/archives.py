"""`whybounce score`: what is done with whole archives, and what it takes."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from classifier.cli.common import Target
from classifier.cli.options import (
    ColourOption,
    HeaderOption,
    ModelOption,
    ProgressOption,
    RulesOption,
    TaxonomyOption,
    use_stdin,
)

__all__ = ["SCORE", "score"]

SCORE: Final = """
Examples:

\b
  whybounce score -o bounces.jsonl bounces.mbox          all cores; a summary at the end
  whybounce score bounces.mbox                           on a terminal: the summary alone
  whybounce score -o bounces.parquet 2026/*.mbox.gz      for pandas, DuckDB, Spark
  whybounce score -o bounces.sqlite ~/Maildir            a table `records`
  whybounce score -o by-category -f parquet --partition-by category archive/
  whybounce score -o bounces.jsonl --resume bounces.mbox   goes on where it was cut short
  whybounce score mails.tar.zst | jq -r .reason | sort | uniq -c
  find /srv/mail -name '*.eml' -print0 | whybounce score --files-from - -o bounces.csv

While it runs the output is FILE.part, with a journal beside it; it takes its name when it is whole.
After Ctrl-C, a kill or a full disk, --resume makes the output that an uninterrupted run makes,
byte for byte.

Exit status: 0 all was read and judged; 1 something could not be, which standard error names; 2
wrong usage, or a fault of the rules, the model or the output; 130 interrupted.
"""


def score(
    context: typer.Context,
    path: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PATH",
            help="Mails, mboxes, Maildirs, folders and archives of these, or - for standard input,"
            " which is also read where no PATH is given.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "--out",
            "-o",
            metavar="FILE",
            help="Write the records to FILE, which appears when it is whole. If not given: standard"
            " output, or on a terminal no records, only the summary.",
            show_default=False,
        ),
    ] = None,
    format: Annotated[  # noqa: A002 - the name of the option
        Target | None,
        typer.Option(
            "--format",
            "-f",
            help="If not given: by the ending of FILE (.csv, .parquet, .sqlite, .db; .jsonl.gz and"
            " .csv.gz, too), else jsonl.",
            show_default=False,
        ),
    ] = None,
    files_from: Annotated[
        str | None,
        typer.Option(
            "--files-from",
            metavar="FILE",
            help="Read the paths of more inputs from FILE, or - for standard input: one a line, or"
            " each ended by a zero byte.",
            show_default=False,
        ),
    ] = None,
    partition: Annotated[
        str | None,
        typer.Option(
            "--partition-by",
            metavar="COLUMN",
            help="Parquet as a folder with a folder for each kind, category, reason, permanence,"
            " fault, provider or format.",
            show_default=False,
        ),
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option(
            "--jobs",
            "-j",
            min=0,
            metavar="N",
            help="Processes that judge; 0: all in one process. If not given: one a core, or 0 for"
            " less than 4 MiB.",
            show_default=False,
        ),
    ] = None,
    unordered: Annotated[
        bool,
        typer.Option("--unordered", help="Write records as they come, a little sooner."),
    ] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with a run that was cut short.")
    ] = False,
    afresh: Annotated[
        bool, typer.Option("--afresh", help="Throw away what a run that was cut short has done.")
    ] = False,
    summary: Annotated[
        bool | None,
        typer.Option(
            "--summary/--no-summary",
            help="For people, at the end: what failed, whose fault it is, what to do first. If not"
            " given: with -o and on a terminal.",
            show_default=False,
        ),
    ] = None,
    header: HeaderOption = None,
    taxonomy: TaxonomyOption = None,
    rules: RulesOption = None,
    model: ModelOption = "default",
    progress: ProgressOption = None,
    color: ColourOption = None,
) -> None:
    """Why the mails of an archive of any size bounced: records, and a summary."""
    from classifier.cli.score import Wanted, read_listed, score_archive

    listed = read_listed(files_from) if files_from is not None else []
    paths = [*(path or []), *listed]
    if not paths and files_from is None:
        paths = use_stdin(context)
    wanted = Wanted(
        output=output,
        format=format,
        partition=partition,
        jobs=jobs,
        ordered=not unordered,
        resume=resume,
        afresh=afresh,
        summary=summary,
        headers=tuple(header or ()),
        taxonomies=tuple(str(each) for each in taxonomy or ()),
        rules=tuple(str(each) for each in rules or ()),
        model=None if model == "none" else model,
        progress=progress,
        colour=color,
    )
    raise typer.Exit(score_archive(paths, wanted))
