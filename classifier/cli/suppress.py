"""The work of `whybounce suppress`: results in, a list of addresses out."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

from classifier.cli.common import CLOSED, complain
from classifier.cli.mails import spare_inputs
from classifier.cli.runs import read_results
from classifier.errors import OperatorError
from classifier.sinks import Closed, open_output
from classifier.suppression import SES_LIMIT, Dead, Form, Suppression, fits, write_form

__all__ = ["list_addresses"]


def list_addresses(
    paths: Sequence[str],
    form: Form,
    least: float,
    output: str | None,
    why: bool,
    progress: bool | None,
) -> int:
    """Write the addresses to remove; the exit status. The arguments are those of the command."""
    if why and form is not Form.CSV:
        raise OperatorError("--why", [f"has no place in the format {form}"], "Use --format csv.")
    spare_inputs(paths, output)
    held = Suppression(least)
    for record in read_results(paths, progress):
        held.add(record)
    counts = {"written": 0, "unfit": 0}

    def choose() -> Iterator[tuple[str, Dead]]:
        for address, dead in held.addresses():
            fit = fits(address, form)
            counts["written" if fit else "unfit"] += 1
            if fit:
                yield address, dead

    try:
        with open_output(output) as out:
            for line in write_form(choose(), form, why):
                out.write(line)
    except Closed:
        return CLOSED
    if sys.stderr is not None:
        for told in _tell(held, counts["written"], counts["unfit"], form, least):
            complain(told)
    return 0


def _tell(held: Suppression, written: int, unfit: int, form: Form, least: float) -> Iterator[str]:
    yield f"{_number(written, 'address', 'es')} to remove, of {_number(held.records, 'record')}"
    left = [
        (held.reached(), "address", "es", "reached after it failed, or perhaps after"),
        (held.unsure, "failure", "s", f"with a confidence below {least:g}"),
        (held.moved, "failure", "s", "of addresses that moved or are misspelt: correct those"),
        (held.unplain, "failure", "s", "of what is no plain address"),
        (unfit, "address", "es", f"that {form} cannot hold unchanged; --format ses can"),
    ]
    for number, name, ending, told in left:
        if number:
            yield f"left out: {_number(number, name, ending)} {told}"
    if form is Form.SES and written > SES_LIMIT:
        yield f"SES takes {SES_LIMIT:,} addresses an object: split -l {SES_LIMIT} FILE"


def _number(number: int, name: str, ending: str = "s") -> str:
    return f"{number:,} {name}{'' if number == 1 else ending}"
