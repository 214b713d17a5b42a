"""Execute the notebooks and write their outputs; `make notebooks` does.

    python notebooks/run.py                                 all of them, in place
    python notebooks/run.py --into DIR error-analysis       one of them, written to another folder

What differs from run to run is left out of what is written: times, and the version of Python.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

HERE: Final = Path(__file__).parent
_LONGEST: Final = 600  # seconds that one cell may take


def main(arguments: Sequence[str]) -> None:
    """Execute what is named, or all."""
    parser = argparse.ArgumentParser(description="Execute the notebooks and write their outputs.")
    parser.add_argument("name", nargs="*", help="a notebook without its .ipynb; none: all")
    parser.add_argument("--into", type=Path, default=HERE, help="where they are written")
    given = parser.parse_args(arguments)
    names = given.name or sorted(path.stem for path in HERE.glob("*.ipynb"))
    with TemporaryDirectory() as scratch:
        _keep_within(scratch)
        for name in names:
            path = HERE / f"{name}.ipynb"
            _write(_execute(path, scratch), given.into / path.name)
            print(path.name)


def _keep_within(scratch: str) -> None:
    """Send what Jupyter and matplotlib write for themselves into `scratch`, not into the home."""
    for name in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR", "MPLCONFIGDIR"):
        os.environ[name] = scratch
    # Looks for fonts once, now: a kernel that did so would say in a cell that this takes long.
    import matplotlib.font_manager  # noqa: F401


def _execute(path: Path, scratch: str) -> Any:
    """The notebook with fresh outputs. Raises `CellExecutionError` where a cell fails."""
    import nbformat
    from nbclient import NotebookClient
    from traitlets.config import Config

    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    client = NotebookClient(
        notebook,
        config=Config(
            KernelManager={"transport": "ipc", "ip": f"{scratch}/kernel"}
        ),  # no open port
        timeout=_LONGEST,
        kernel_name="python3",
        resources={"metadata": {"path": str(HERE)}},  # as Jupyter itself starts in their folder
        record_timing=False,
        coalesce_streams=True,
    )
    client.execute()
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    return notebook


def _write(notebook: Any, path: Path) -> None:
    import nbformat

    nbformat.validate(notebook)
    text = nbformat.writes(notebook)  # type: ignore[no-untyped-call]
    path.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
