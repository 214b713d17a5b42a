"""The options that commands share."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from classifier.cli.common import FAULT, Format, Shape
from classifier.taxonomies.scheme import Taxonomy

__all__ = [
    "ColourOption",
    "FormatOption",
    "HeaderOption",
    "ModelOption",
    "OutputOption",
    "ProgressOption",
    "RulesOption",
    "ShapeOption",
    "TaxonomyOption",
    "use_stdin",
]

FormatOption = Annotated[
    Format | None,
    typer.Option(
        "--format",
        "-f",
        help="text and table for people, jsonl and csv for programs. If not given: text on a"
        " terminal, jsonl in a pipe or with -o, csv with -o NAME.csv.",
        show_default=False,
    ),
]
OutputOption = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="Write to FILE, which appears whole or not at all; - is standard output.",
        show_default=False,
    ),
]
HeaderOption = Annotated[
    list[str] | None,
    typer.Option(
        "--header",
        metavar="NAME",
        help="Add this header of the returned message to the records. May be given again.",
        show_default=False,
    ),
]
ShapeOption = Annotated[
    Shape | None,
    typer.Option(
        "--format",
        "-f",
        help="text for people, json for programs. If not given: text on a terminal, else json.",
        show_default=False,
    ),
]
RulesOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--rules",
        metavar="DIR",
        envvar="WHYBOUNCE_RULES",
        help="A folder or file of rules of your own, which go before the shipped ones. May be"
        f" given again; in the variable they are parted by '{os.pathsep}'.",
        show_default=False,
    ),
]
ModelOption = Annotated[
    str,
    typer.Option(
        "--model",
        metavar="DIR",
        envvar="WHYBOUNCE_MODEL",
        help="A model that `whybounce train` made, instead of the shipped one; none for rules"
        " alone.",
        show_default=False,
    ),
]
TaxonomyOption = Annotated[
    list[Taxonomy] | None,
    typer.Option(
        "--taxonomy",
        help="Add the class that this other scheme has for the verdict. May be given again.",
        show_default=False,
    ),
]
ColourOption = Annotated[
    bool | None,
    typer.Option(
        "--color/--no-color",
        help="Colour for text and table. If not given: on a terminal, unless NO_COLOR is set.",
        show_default=False,
    ),
]
ProgressOption = Annotated[
    bool | None,
    typer.Option(
        "--progress/--no-progress",
        help="How far it is, on standard error. If not given: on a terminal, after a second.",
        show_default=False,
    ),
]


def use_stdin(context: typer.Context) -> list[str]:
    """Read standard input where nothing is named, unless a person would have to type it."""
    if sys.stdin is not None and sys.stdin.isatty():
        typer.echo(context.get_help(), err=True)
        raise typer.Exit(FAULT)
    return ["-"]
