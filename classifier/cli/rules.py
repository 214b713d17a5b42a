"""The commands of `whybounce rules`: what they take; `classifier.cli.rulebook` does the work."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from classifier.cli.options import ColourOption, FormatOption, OutputOption, RulesOption
from classifier.reasons import Reason

__all__ = ["app"]

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="The rules: list and show them, check your own, see which fire, begin a new one.",
    epilog="The form of a rule is described in classifier/rules/README.md.",
)

_LIST: Final = """
Examples:

\b
  whybounce rules list --reason mailbox-full            who says that a mailbox is full
  whybounce rules list --owner microsoft -f csv         one provider's rules, for a spreadsheet
  whybounce rules list --rules mine/ --layer operator   one's own
"""
_SHOW: Final = """
Examples:

\b
  whybounce rules show google/over-quota            all about a rule
  whybounce rules show over-quota text/spam-found   a name alone means it in every file

Exit status: 0; 2 no rule of that name, or wrong usage.
"""
_LINT: Final = """
Examples:

\b
  whybounce rules lint mine/                          your own rules, among the shipped ones
  whybounce rules lint                                the shipped ones, all that takes long too
  whybounce rules lint mine/ --corpus corpora/clean   and on mails that are no bounces

Exit status: 0 no fault; 1 faults, one a line on standard output; 2 a file that is no file of rules.
"""
_TEST: Final = """
Examples:

\b
  whybounce rules test mine/   whether each rule fires on its hits and on none of its misses
  whybounce rules test         the same of the shipped ones

Exit status: 0 all hold; 1 some do not, which standard output names; 2 no file of rules.
"""
_PROFILE: Final = """
Examples:

\b
  whybounce rules profile archive.mbox                       which rules fire and win, how often
  whybounce rules profile --rules mine/ -f csv mails/ > x.csv   with those that never fire

Exit status: 0; 1 something could not be read, which standard error names; 2 wrong usage.
"""
_NEW: Final = """
Examples:

\b
  whybounce rules new --from bounce.eml --reason mailbox-full --name cupboard-full
  whybounce rules new --from bounce.eml --append mine/own.toml

The rule is found to be good once you have written its `why`: `whybounce rules lint mine/` says so.
Exit status: 0; 1 the mail holds no refusal; 2 wrong usage.
"""

Folder = Annotated[
    Path | None,
    typer.Argument(
        metavar="DIR",
        help="A folder or file of rules of your own. If not given: the shipped ones.",
        show_default=False,
    ),
]


@app.command("list", epilog=_LIST)
def list_(
    reason: Annotated[
        list[Reason] | None,
        typer.Option("--reason", help="Only of this reason. May be given again.", metavar="REASON"),
    ] = None,
    layer: Annotated[
        str | None,
        typer.Option("--layer", help="operator, provider, text, hop, code or status."),
    ] = None,
    owner: Annotated[
        str | None,
        typer.Option(
            "--owner", "--provider", metavar="NAME", help="Only of the file NAME.toml; text: text/."
        ),
    ] = None,
    rules: RulesOption = None,
    format: FormatOption = None,  # noqa: A002 - the name of the option
    output: OutputOption = None,
    color: ColourOption = None,
) -> None:
    """The rules, one a line."""
    from classifier.cli.rulebook import list_rules

    raise typer.Exit(list_rules(reason or (), layer, owner, rules or (), format, output, color))


@app.command(epilog=_SHOW)
def show(
    name: Annotated[list[str], typer.Argument(metavar="NAME...", help="Names of rules.")],
    rules: RulesOption = None,
    color: ColourOption = None,
) -> None:
    """Everything about a rule: what fires it, what it means, what goes over it, its proofs."""
    from classifier.cli.rulebook import show_rules

    raise typer.Exit(show_rules(name, rules or (), color))


@app.command(epilog=_LINT)
def lint(
    folder: Folder = None,
    corpus: Annotated[
        list[Path] | None,
        typer.Option(
            "--corpus",
            metavar="DIR",
            help="A corpus to try the rules on: phrases that stand in mails which are no bounces"
            " are faults, rules that nothing fires are told. May be given again.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """All that is wrong with rules, each with its line and its cure."""
    from classifier.cli.rulebook import lint_rules

    raise typer.Exit(lint_rules(folder, corpus or ()))


@app.command("test", epilog=_TEST)
def try_(folder: Folder = None) -> None:
    """Whether rules fire on their hits and on none of their misses."""
    from classifier.cli.rulebook import try_rules

    raise typer.Exit(try_rules(folder))


@app.command(epilog=_PROFILE)
def profile(
    path: Annotated[list[str], typer.Argument(metavar="PATH...", help="Mails, as for classify.")],
    rules: RulesOption = None,
    format: FormatOption = None,  # noqa: A002 - the name of the option
    output: OutputOption = None,
    color: ColourOption = None,
) -> None:
    """Which rules fire and which win on an archive, how often, and which never do."""
    from classifier.cli.rulebook import profile_rules

    raise typer.Exit(profile_rules(path, rules or (), format, output, color))


@app.command(epilog=_NEW)
def new(
    mail: Annotated[
        Path, typer.Option("--from", metavar="MAIL", help="A bounce that is judged too little.")
    ],
    reason: Annotated[
        Reason, typer.Option("--reason", metavar="REASON", help="What it means.")
    ] = Reason.POLICY_REJECTED,
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="The rule's name.")] = "new",
    append: Annotated[
        Path | None,
        typer.Option(
            "--append",
            "--output",
            "-o",
            metavar="FILE",
            help="Put the rule at the end of FILE, which is made if it is not there.",
            show_default=False,
        ),
    ] = None,
    corpus: Annotated[
        list[Path] | None,
        typer.Option(
            "--corpus",
            metavar="DIR",
            help="A corpus whose mails that are no bounces must not hold the phrase.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Write the skeleton of a rule from a bounce: its reply as the hit, and a phrase."""
    from classifier.cli.rulebook import new_rule

    raise typer.Exit(new_rule(mail, reason, name, append, corpus or ()))


_MEASURE: Final = """
Examples:

\b
  whybounce rules measure corpora/                    in a checkout: the shipped confidences, again
  whybounce rules measure mine/ --output mine.json    how the rules do on a corpus of your own
"""


@app.command(epilog=_MEASURE)
def measure(
    folders: Annotated[
        list[Path], typer.Argument(metavar="DIR...", help="Corpora, or folders of corpora.")
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Where the counts are written. If not given: beside the shipped rules.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Count on labelled corpora how often each rule is right: where confidences come from."""
    from classifier.cli.corpora import measure_rules

    raise typer.Exit(measure_rules(folders, output))


_COMPILE: Final = """
Examples:

\b
  whybounce rules compile            in a checkout: the shipped rules, once their TOML has changed
  whybounce rules compile --check    whether that was done

A start is quicker by half a second where what was compiled is of the TOML that is there; where it
is not, the TOML is read, so that what it says always holds. Rules of your own need no compiling.

Exit status: 0; with --check, 1 where it was not done; 2 wrong usage, or rules that hold a fault.
"""


@app.command("compile", epilog=_COMPILE)
def compile_(
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; say whether it is stale.")
    ] = False,
) -> None:
    """Write the shipped rules in the form that is loaded soonest, from their TOML."""
    from classifier.cli.compiling import compile_rules

    raise typer.Exit(compile_rules(check))
