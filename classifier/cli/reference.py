"""The work of `whybounce reference`: the pages of the reference, written or checked."""

from __future__ import annotations

import sys
from pathlib import Path

from classifier.cli.common import complain
from classifier.reference.pages import FOLDER, PAGES, stale_pages, write_pages

__all__ = ["make_reference"]

_STALE = 1  # exit status, as of an input that does not fit


def make_reference(output: Path, check: bool) -> int:
    """Write the pages into `output`, or only `check` those that stand there; the exit status.

    Raises `OperatorError` where the folder cannot be written.
    """
    if not check:
        written = write_pages(output)
        sys.stdout.write(f"{output}: {len(written)} of {len(PAGES)} pages are new\n")
        return 0
    stale = stale_pages(output)
    for path in stale:
        complain(f"{path}: {'is stale' if path.is_file() else 'is missing'}")
    if stale:
        where = "" if output == FOLDER else f" --output {output}"
        complain(f"Run `whybounce reference{where}` and keep what it writes.")
    return _STALE if stale else 0
