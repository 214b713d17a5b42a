"""The work of `whybounce rules compile`: the shipped rules in compiled form, or a check of it."""

from __future__ import annotations

import sys

from classifier.cli.common import complain
from classifier.rules.compiled import COMPILED
from classifier.rules.loader import compile_shipped
from classifier.sinks import open_output

__all__ = ["compile_rules"]

_STALE = 1  # exit status, as of an input that does not fit


def compile_rules(check: bool) -> int:
    """Write `compiled.json` beside the shipped rules, or only `check` it; the exit status.

    Raises `OperatorError` where it cannot be written, or with the faults of a file of rules.
    """
    compiled = compile_shipped()
    try:
        same = COMPILED.read_bytes() == compiled
    except OSError:
        same = False
    if check:
        if not same:
            complain(f"{COMPILED}: is stale or missing; run `whybounce rules compile`")
        return 0 if same else _STALE
    if not same:
        with open_output(str(COMPILED)) as output:
            output.write(compiled)
    sys.stdout.write(f"{COMPILED}: {'was up to date' if same else 'is new'}\n")
    return 0
