"""The notebooks run, show what is committed, and say nothing of the machine they were made on."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

FOLDER: Final = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS: Final = sorted(FOLDER.glob("*.ipynb"))
WANTED: Final = {"error-analysis", "exploring-an-archive", "retraining"}
#: What only one machine, one run or one moment has.
FOREIGN: Final = re.compile(
    r"/(?:home|root|tmp|usr|var|work)/|/Users/|[A-Z]:\\|site-packages|\.pyenv|object at 0x"
)


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def code_cells(notebook: Any) -> list[Any]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def shown(cell: Any) -> Iterator[tuple[str, str]]:
    """What a cell shows: the kind of each output and its text; of a picture, that there is one."""
    for output in cell["outputs"]:
        for kind, content in output.get("data", {"text": output.get("text")}).items():
            yield kind, "" if kind.startswith("image/") else "".join(content)


def test_there_are_notebooks() -> None:
    assert {path.stem for path in NOTEBOOKS} >= WANTED


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_outputs_are_committed(path: Path) -> None:
    notebook = read(path)
    cells = code_cells(notebook)
    assert [cell["execution_count"] for cell in cells] == [*range(1, len(cells) + 1)]
    kinds = [kind for cell in cells for kind, _ in shown(cell)]
    assert "image/png" in kinds
    assert "text/html" in kinds
    outputs = [output for cell in cells for output in cell["outputs"]]
    assert not [each for each in outputs if each["output_type"] == "error"]
    assert not [each for each in outputs if each.get("name") == "stderr"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_nothing_tells_of_a_machine_or_a_run(path: Path) -> None:
    notebook = read(path)
    assert notebook["metadata"]["language_info"] == {"name": "python"}, "no version of Python"
    for cell in notebook["cells"]:
        assert not cell["metadata"], "times of execution stand there"
        texts = ["".join(cell["source"])]
        if cell["cell_type"] == "code":
            texts += [text for _, text in shown(cell)]
        found = [match for text in texts for match in FOREIGN.findall(text)]
        assert not found, cell["id"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_step_is_told_before_it_is_done(path: Path) -> None:
    """A heading first, words around every step, and names for cells that stay."""
    cells = read(path)["cells"]
    assert cells[0]["source"][0].startswith("# ")
    assert sum(cell["cell_type"] == "markdown" for cell in cells) >= len(cells) // 3
    names = [cell["id"] for cell in cells]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", name) for name in names)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_runs_and_shows_what_is_committed(path: Path, tmp_path: Path) -> None:
    before = sorted(FOLDER.iterdir())
    run = [sys.executable, str(FOLDER / "run.py"), "--into", str(tmp_path), path.stem]
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert sorted(FOLDER.iterdir()) == before, "something was left in notebooks/"
    committed, fresh = read(path), read(tmp_path / path.name)
    for old, new in zip(code_cells(committed), code_cells(fresh), strict=True):
        due = f"{path.name}, cell {old['id']}: `make notebooks` writes the outputs anew"
        assert list(shown(new)) == list(shown(old)), due
    assert fresh["metadata"] == committed["metadata"]
