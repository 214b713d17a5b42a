"""What setup.py compiles comes through the compiler, and nothing here is compiled."""

from __future__ import annotations

import ast
import importlib
import runpy
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType, SimpleNamespace, UnionType
from typing import Any, Final, Literal, get_args, get_origin, get_type_hints

import msgspec
import pytest

ROOT: Final = Path(__file__).parents[1]
PACKAGE: Final = ROOT / "classifier"
FROZEN: Final = "classifier.frozen"
DECODERS: Final = {"Decoder": 0, "convert": 1}
DECODED_AS: Final = {"decode": "type", "convert": "type"}


def list_compiled() -> tuple[str, ...]:
    """COMPILED, as setup.py has it; nothing is run there."""
    for statement in ast.parse((ROOT / "setup.py").read_bytes()).body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "COMPILED":
            return tuple(ast.literal_eval(statement.value))
    raise AssertionError("setup.py has no COMPILED")


def name_of(path: Path) -> str:
    """`classifier.rules.engine`; a package's `__init__.py` has the name of its folder."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


COMPILED: Final = list_compiled()
NAMES: Final = {name_of(ROOT / path) for path in COMPILED}


def classes_of(source: str) -> Iterator[tuple[ast.ClassDef, set[str]]]:
    """The classes of a module, with the full names of what they are derived from."""
    tree = ast.parse(source)
    known = {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            bases = (ast.unparse(base).partition("[")[0] for base in node.bases)
            yield node, {known.get(base, base) for base in bases}


def thawed(source: str) -> list[str]:
    """The records of a module that would lose what their head says."""
    return [
        node.name
        for node, bases in classes_of(source)
        if "msgspec.Struct" in bases and node.keywords
    ]


def remembered(source: str) -> list[str]:
    """What a module means to remember, and the compiler would have worked out at each look."""
    return [
        node.name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef)
        and any("cached_property" in ast.unparse(each) for each in node.decorator_list)
    ]


@pytest.mark.parametrize("path", COMPILED)
def test_nothing_compiled_is_a_cached_property(path: str) -> None:
    assert remembered((ROOT / path).read_text(encoding="utf-8")) == []


def test_a_cached_property_is_found() -> None:
    source = "class A:\n    @functools.cached_property\n    def b(self) -> int: ..."
    assert remembered(source) == ["b"]


def test_all_that_is_compiled_is_there() -> None:
    assert len(COMPILED) > 20
    assert sorted(set(COMPILED)) == list(COMPILED), "each once, in order"
    assert [path for path in COMPILED if not (ROOT / path).is_file()] == []


def test_thawed_records_are_seen() -> None:
    plain = "import msgspec\nclass A(msgspec.Struct, frozen=True): ...\n"
    imported = "from msgspec import Struct\nclass B(Struct, gc=False): ...\n"
    fine = "from classifier.frozen import Frozen\nclass C(Frozen, kw_only=True): ...\n"
    assert thawed(plain + imported + fine) == ["A", "B"]


@pytest.mark.parametrize("path", COMPILED)
def test_records_stay_frozen(path: str) -> None:
    found = thawed((ROOT / path).read_text("utf-8"))
    assert not found, f"derive these from a class of {FROZEN}: the compiler forgets what heads say"


def decoded() -> Iterator[tuple[str, Any]]:
    """Where msgspec is told to read a type, and that type, as far as it is named there."""
    for path in sorted(PACKAGE.rglob("*.py")):
        module = name_of(path)
        for node in ast.walk(ast.parse(path.read_bytes())):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            if not ast.unparse(node.func).startswith("msgspec."):
                continue
            called = node.func.attr
            wanted = [each.value for each in node.keywords if each.arg == DECODED_AS.get(called)]
            if called in DECODERS:
                wanted += node.args[DECODERS[called] : DECODERS[called] + 1]
            for each in wanted:
                found = getattr(importlib.import_module(module), ast.unparse(each), None)
                if isinstance(found, type):
                    yield f"{module}:{node.lineno}", found


def records_in(kind: Any) -> Iterator[type]:
    """The classes of records that a description of msgspec's names, however deep."""
    seen: set[int] = set()
    todo = [kind]
    while todo:
        each = todo.pop()
        if isinstance(each, list | tuple):
            todo.extend(each)
        elif isinstance(each, Mapping):
            todo.extend(each.values())
        elif isinstance(each, msgspec.inspect.Type | msgspec.inspect.Field):
            if id(each) not in seen:
                seen.add(id(each))
                todo.extend(getattr(each, name) for name in each.__struct_fields__)
            if isinstance(each, msgspec.inspect.StructType | msgspec.inspect.NamedTupleType):
                yield each.cls


def stays(hint: Any) -> bool:
    """Whether a field's type means the same once the compiler has left its outermost class."""
    outer = get_origin(hint) or hint
    known = all(each in (str, int, float, bool, ...) for each in get_args(hint))
    return isinstance(outer, type) and outer not in (Any, UnionType) and known


def test_what_the_compiler_leaves_of_a_type_is_known() -> None:
    assert all(map(stays, (str, Path, tuple[str, ...], dict[str, int])))
    assert not any(map(stays, (str | None, tuple[Path, ...], Literal["a"], Any)))


def test_nothing_compiled_is_decoded() -> None:
    """Its annotations are not what they were: of `str | None` the compiler leaves `type`."""
    faults, seen = [], set()
    for place, wanted in decoded():
        for record in records_in(msgspec.inspect.type_info(wanted)):
            name = f"{record.__module__}.{record.__name__}"
            seen.add(name)
            if record.__module__ in NAMES and not all(map(stays, get_type_hints(record).values())):
                faults.append(f"{place} decodes {name}")
    assert {"classifier.rows.Row", "classifier.authres.Auth", "classifier.items.Item"} <= seen
    assert not faults, "take their modules off COMPILED in setup.py:\n" + "\n".join(faults)


def test_what_is_edited_is_what_runs() -> None:
    left = [*PACKAGE.rglob("*.so"), *PACKAGE.rglob("*.pyd"), *ROOT.glob("*__mypyc*.so")]
    assert not left, "delete them: what you edit would not run"


class Fault(Exception):
    """What setuptools raises where nothing compiles."""


class Trial:
    """A build that fails, as where there is no compiler."""

    def __init__(self, given: object = None) -> None:
        pass

    def get_command_obj(self, name: str) -> SimpleNamespace:
        return SimpleNamespace()

    def run_command(self, name: str) -> None:
        raise Fault("no cc")


def build(monkeypatch: pytest.MonkeyPatch, command: str, pure: str | None) -> dict[str, Any]:
    """What setup.py asks setuptools for, where there is no compiler; setuptools is none, either."""
    asked: dict[str, Any] = {}
    tools, errors = ModuleType("setuptools"), ModuleType("setuptools.errors")
    vars(tools).update(Distribution=Trial, Extension=lambda *given: given, setup=asked.update)
    vars(errors).update(BaseError=Fault, CCompilerError=Fault)
    monkeypatch.setitem(sys.modules, "setuptools", tools)
    monkeypatch.setitem(sys.modules, "setuptools.errors", errors)
    monkeypatch.setattr(sys, "argv", ["setup.py", command])
    monkeypatch.delenv("WHYBOUNCE_PURE", raising=False)
    if pure is not None:
        monkeypatch.setenv("WHYBOUNCE_PURE", pure)
    runpy.run_path(str(ROOT / "setup.py"))
    return asked


@pytest.mark.parametrize("pure", [None, "0", "1"])
@pytest.mark.parametrize("command", ["egg_info", "editable_wheel", "sdist"])
def test_only_wheels_are_compiled(
    command: str, pure: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert build(monkeypatch, command, pure)["ext_modules"] == []


def test_without_a_compiler_a_wheel_stays_plain(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = build(monkeypatch, "bdist_wheel", None)
    assert asked["ext_modules"] == []
    assert "apt install gcc python3-dev): no cc\n" in capsys.readouterr().err
    assert not Path(asked["options"]["build"]["build_base"]).exists(), "nothing is left behind"


def test_whoever_wants_it_plain_gets_it_plain(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert build(monkeypatch, "bdist_wheel", "1")["ext_modules"] == []
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(("pure", "why"), [("0", "apt install gcc"), ("yes", "PURE=yes: 1 leaves")])
def test_what_cannot_be_is_said(pure: str, why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit, match=why):
        build(monkeypatch, "bdist_wheel", pure)
