"""The house holds: which module may know which, what stays cheap to import, what no file says."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[1]
PACKAGE: Final = ROOT / "classifier"

#: From the ground up. A module may import from its own line and from those above it here.
LAYERS: Final = (
    ("reasons", "codes", "errors", "dates", "frozen", "garbage"),
    (
        "message",
        "headers",
        "charset",
        "markup",
        "authres",
        "addresses",
        "hops",
        "reply",
        "tnef",
        "lexicon",
        "objects",
        "outlook",
    ),
    ("dsn", "notice", "feedback", "report", "wrapped", "autoreply"),
    ("formats", "notifications"),
    ("reading", "signs", "writers", "joining", "disposition"),
    ("evidence", "pasted"),
    ("rules",),
    ("judge", "advice", "taxonomies", "trace"),
    ("model",),
    ("pipeline", "rows", "catalog"),
    (
        "archive",
        "folders",
        "imap",
        "items",
        "listing",
        "mbox",
        "members",
        "packed",
        "census",
        "chance",
        "drift",
        "explain",
        "novelty",
        "records",
        "remote",
        "sinks",
        "source",
        "terminal",
        "tally",
        "blocks",
        "tables",
        "summary",
        "dashboard",
        "suppression",
    ),
    ("batch",),
    ("corpus", "diagnose", "reference", "spark"),
    ("__init__",),
    ("cli",),
    ("__main__",),
)
LEVEL: Final = {name: level for level, names in enumerate(LAYERS) for name in names}

#: Said apart, because these two are what the layers are for: readers know no rule, rules see no
#: mail. They hold even if a layer is moved.
NEVER: Final = {
    "formats": {"rules", "evidence", "judge"},
    "rules": {"message", "formats", "dsn"},
}

#: What costs tens of milliseconds or more to import, and is therefore imported inside functions.
HEAVY: Final = {
    "boto3",
    "botocore",
    "charset_normalizer",
    "cryptography",
    "dkim",
    "dns",
    "email.parser",
    "flanker",
    "fsspec",
    "imapclient",
    "mailparser",
    "matplotlib",
    "numpy",
    "pandas",
    "publicsuffixlist",
    "rich",
    "scipy",
    "selectolax",
    "sklearn",
    "spf",
    "typer",
}

#: Where packages come from is the business of each machine's settings, never of a file here. The
#: names are put together so that this file does not hold them either.
REGISTRIES: Final = tuple(
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("anaconda", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("crates", "io"),
        ("rubygems", "org"),
        ("proxy", "golang", "org"),
    )
)
FORBIDDEN: Final = (*REGISTRIES, "/" + "work" + "/")

#: A folder beside the checkout that only tests may look into.
BESIDE: Final = "../" + "shared"
MAY_LOOK_BESIDE: Final = ("tests", ".ci")

SOURCES: Final = sorted(PACKAGE.rglob("*.py"))


def name_of(path: Path) -> str:
    """`classifier.rules.engine`; a package's `__init__.py` has the name of its folder."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def layer_of(module: str) -> str:
    """The name in LAYERS that `classifier.x.y` belongs to: `x`, or `__init__` for the package."""
    return module.split(".")[1] if "." in module else "__init__"


MODULES: Final = {name_of(path): path for path in SOURCES}
TREES: Final = {name: ast.parse(path.read_bytes()) for name, path in MODULES.items()}


def imports(module: str) -> Iterator[tuple[int, str]]:
    """Line and full name of all that a module imports, inside functions too."""
    package = module if MODULES[module].name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(TREES[module]):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:  # from ..reasons import Reason
                parents = package.split(".")
                above = parents[: len(parents) - node.level + 1]
                base = ".".join([*above, base] if base else above)
            for alias in node.names:
                # `from classifier import codes` asks for the module, not for the public face.
                inner = f"{base}.{alias.name}"
                yield node.lineno, inner if inner in MODULES else base


def ours(module: str) -> list[tuple[int, str]]:
    """Line and layer of what a module imports from our own package."""
    return [
        (line, layer_of(target))
        for line, target in imports(module)
        if target.split(".")[0] == "classifier"
    ]


def test_there_are_modules_to_check() -> None:
    assert {"classifier", "classifier.__main__", "classifier.cli"} <= MODULES.keys()


def test_every_module_has_a_layer() -> None:
    unknown = {name for name in MODULES if layer_of(name) not in LEVEL}
    assert not unknown, "write these into LAYERS, at their height"


def test_dependencies_point_down() -> None:
    seen = 0
    faults = []
    for module in MODULES:
        own = layer_of(module)
        for line, target in ours(module):
            seen += 1
            if LEVEL.get(target, len(LAYERS)) > LEVEL.get(own, -1):
                faults.append(f"{module}:{line} imports {target}, which stands above {own}")
            if target in NEVER.get(own, ()):
                faults.append(f"{module}:{line} imports {target}, which {own} never may")
    assert not faults, "\n".join(faults)
    assert seen, "no module imports another: the reading of imports is broken"


@pytest.mark.parametrize("layer", NEVER)
def test_guarded_layers_import_something(layer: str) -> None:
    inside = [module for module in MODULES if layer_of(module) == layer]
    assert any(ours(module) for module in inside), f"nothing to hold in {layer}"


def test_only_the_model_knows_sklearn() -> None:
    faults = [
        f"{module}:{line}"
        for module in MODULES
        for line, target in imports(module)
        if target.split(".")[0] == "sklearn" and layer_of(module) != "model"
    ]
    assert not faults


def loaded_by(code: str, *arguments: str) -> tuple[set[str], str]:
    """Names in sys.modules at the end of a fresh interpreter that ran `code`, and its output."""
    report = (
        "import atexit, sys\n"
        "atexit.register(lambda: print(*sys.modules, sep='\\n', file=sys.stderr))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", report + code, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stderr.split()), done.stdout


def test_heavy_modules_are_seen_when_loaded() -> None:
    loaded, _ = loaded_by("import email.parser, typer")
    assert {"email.parser", "typer"} <= loaded & HEAVY


def test_import_is_light() -> None:
    loaded, _ = loaded_by("import classifier")
    assert "classifier" in loaded
    assert loaded.isdisjoint(HEAVY), sorted(loaded & HEAVY)


def test_help_is_light() -> None:
    run = "import runpy; runpy.run_module('classifier', run_name='__main__', alter_sys=True)"
    loaded, printed = loaded_by(run, "--help")
    assert "classifier.cli" in loaded
    assert "classify" in printed
    learning = {"sklearn", "scipy", "pandas", "numpy"}
    assert loaded.isdisjoint(learning), sorted(loaded & learning)


@pytest.mark.parametrize("module", MODULES)
def test_module_says_what_it_is(module: str) -> None:
    assert ast.get_docstring(TREES[module])


@pytest.mark.parametrize(
    "module",
    [
        name
        for name in MODULES
        if layer_of(name) != "cli" and not any(part.startswith("_") for part in name.split("."))
    ],
)
def test_public_names_are_listed(module: str) -> None:
    body = TREES[module].body
    if len(body) == 1:  # a docstring alone: nothing to list
        return
    listed = [
        statement.value
        for statement in body
        if isinstance(statement, ast.Assign | ast.AnnAssign) and "__all__" in assigned(statement)
    ]
    assert len(listed) == 1, "__all__ is written once, at the top level"
    assert listed[0] is not None
    names = ast.literal_eval(listed[0])
    assert isinstance(names, list | tuple)
    assert names
    assert all(isinstance(name, str) for name in names)


def assigned(statement: ast.Assign | ast.AnnAssign) -> set[str]:
    """The plain names that an assignment sets."""
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    return {target.id for target in targets if isinstance(target, ast.Name)}


def our_files() -> list[Path]:
    """What git tracks or would track; without git, all but what tools leave behind."""
    if shutil.which("git"):
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            check=False,
        )
        names = {name.decode() for name in listed.stdout.split(b"\0") if name}
        if names:  # none: no checkout, or another user's, which git refuses to read
            return sorted(path for name in names if (path := ROOT / name).is_file())
    return sorted(
        path
        for path in ROOT.rglob("*")
        if path.is_file() and (path.relative_to(ROOT).parts[0] == ".ci" or not hidden_or_made(path))
    )


def hidden_or_made(path: Path) -> bool:
    """Whether a file lies in a folder that a tool made: `.venv`, caches, `x.egg-info`."""
    folders = path.relative_to(ROOT).parts[:-1]
    return any(
        folder.startswith(".") or folder == "__pycache__" or folder.endswith(".egg-info")
        for folder in folders
    )


def test_no_file_names_a_registry_or_a_foreign_folder() -> None:
    files = our_files()
    assert {"Makefile", "pyproject.toml", "test_house.py"} <= {path.name for path in files}
    faults = []
    for path in files:
        content = path.read_bytes()
        place = path.relative_to(ROOT)
        words = list(FORBIDDEN)
        if place.parts[0] not in MAY_LOOK_BESIDE:
            words.append(BESIDE)
        faults += [f"{place}: {word}" for word in words if word.encode() in content]
    assert not faults, "\n".join(faults)
