"""The compiled rules are those of the TOML, and are only taken as long as they are."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from classifier.evidence import weigh_text
from classifier.judge import judge
from classifier.rules import loader
from classifier.rules.compiled import COMPILED, digest, encode_rules, read_compiled
from classifier.rules.engine import RuleSet
from classifier.rules.rule import Layer, Rule

ROOT: Final = Path(__file__).parents[1]

#: Everything that a rule can have, each otherwise than by default.
FULL: Final = r"""
hosts  = [".cupboards.test"]
marks  = ["-- the cupboards", "cupboard*"]
codes  = ["5.7.900-905"]
source = "written"

[rule.full]
reason = "mailbox-full"
says   = ["cupboard is full", "*voll", "shelf ... taken*"]
notice = ["the cupboard"]
beside = ["cup"]
unless = ["saucer ... plate"]
only   = ["cupboard", "full", "is"]
codes  = ["552", "x.2.2", "550 5.2.2"]
pattern = "cup(?:board)? is [a-z]{1,9}"
when   = {command = ["RCPT", "DATA"], dmarc = "fail"}
here   = true
over   = ["text/mailbox-full", "empty"]
strength = "hint"
permanence = "transient"
fault  = "nobody"
advice = "contact-recipient-otherwise"
why    = "Because."
hits   = [
    "552 the cupboard is full",
    {text = "552 voll", host = "mx.cupboards.test", command = "RCPT", auth = {dmarc = "fail"}},
]
misses = ["552 the cupboard is empty", {notice = "no cupboard"}]

[rule.empty]
reason = "mailbox-full"
says   = ["cupboard is bare"]
notice = true
why    = "Because."
hits   = ["552 the cupboard is bare"]
misses = ["552 the cupboard is empty"]
"""


@pytest.fixture(autouse=True)
def forgetful() -> Iterator[None]:
    """The loader remembers the shipped rules; here each test has its own."""
    caches: tuple[Any, ...] = (loader._read_either, loader.load_shipped)
    for cache in caches:
        cache.cache_clear()
    yield
    for cache in caches:
        cache.cache_clear()


def test_the_compiled_rules_are_those_of_the_toml() -> None:
    assert COMPILED.read_bytes() == loader.compile_shipped(), (
        "run `make reference`, or `whybounce rules compile` alone"
    )


def test_nothing_of_the_toml_is_lost() -> None:
    found = read_compiled(COMPILED, loader._shipped_files())
    assert found is not None
    assert found == loader.read_shipped()
    assert len(found[1]) > 700


def test_everything_that_a_rule_can_have_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "cupboards.toml"
    path.write_text(FULL, encoding="utf-8")
    owner, rules = loader.read_file(path, Layer.PROVIDER)
    for field in msgspec.structs.fields(Rule):
        assert any(getattr(rule, field.name) != field.default for rule in rules), field.name
    compiled = tmp_path / "compiled.json"
    compiled.write_bytes(encode_rules([path], [owner], rules))
    assert read_compiled(compiled, [path]) == ([owner], rules)


def test_the_same_rules_are_the_same_bytes() -> None:
    code = (
        "import sys; from classifier.rules.loader import compile_shipped;"
        "sys.stdout.buffer.write(compile_shipped())"
    )
    for seed in ("1", "2"):  # of the hashes that order sets
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        )
        assert done.stdout == COMPILED.read_bytes()


def test_a_start_reads_no_toml(monkeypatch: pytest.MonkeyPatch) -> None:
    def never() -> None:
        raise AssertionError("read TOML")

    monkeypatch.setattr(loader, "read_shipped", never)
    assert len(loader.load_shipped().rules) > 700


def other_digest(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b'"digest":"', b'"digest":"0', 1))


def spoil(old: bytes, new: bytes) -> Callable[[Path], None]:
    def work(path: Path) -> None:
        data = path.read_bytes()
        assert old in data
        path.write_bytes(data.replace(old, new, 1))

    return work


def cut(path: Path, size: int) -> None:
    path.write_bytes(path.read_bytes()[:size])


def turn_into_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


DAMAGES: Final[dict[str, Callable[[Path], None]]] = {
    "missing": Path.unlink,
    "a folder": turn_into_folder,
    "empty": lambda path: cut(path, 0),
    "cut": lambda path: cut(path, 5000),
    "no JSON": spoil(b'"rules":[', b'"rules":['[::-1]),
    "no text": spoil(b'"why":"', b'"why":"\xff\xfe'),
    "of other TOML": other_digest,
    "a reason that is gone": spoil(b'"reason":"mailbox-full"', b'"reason":"bad-luck"'),
    "a field too few": spoil(b'"where":', b'"whence":'),
    "a phrase of another form": spoil(b'"says":["', b'"says":[["'),
    "a pattern that is none": spoil(b'"pattern":"', b'"pattern":"('),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_what_is_not_sound_is_passed_over(
    damage: Callable[[Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "compiled.json"
    shutil.copy(COMPILED, copy)
    monkeypatch.setattr(loader, "COMPILED", copy)
    files = loader._shipped_files()
    assert read_compiled(copy, files) is not None
    damage(copy)
    assert read_compiled(copy, files) is None
    read, asked = loader.read_shipped, iter([True])
    monkeypatch.setattr(loader, "read_shipped", lambda: read() if next(asked) else None)
    rules = loader.load_shipped()
    assert not list(asked), "the TOML was not read"
    assert list(rules.rules) == read()[1]


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The shipped rules in a folder that a test may change."""
    folder = tmp_path / "rules"
    shutil.copytree(COMPILED.parent, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    monkeypatch.setattr(loader, "_HERE", folder)
    monkeypatch.setattr(loader, "COMPILED", folder / COMPILED.name)
    return folder


def decided_by(text: str, rules: RuleSet) -> str:
    return judge(weigh_text(text), rules).decided_by


NEWS: Final = "552 the cupboard of this person is full to the brim"
RULE: Final = """
[rule.cupboard]
reason = "mailbox-full"
says   = ["cupboard of this person is full"]
why    = "Because."
source = "written"
hits   = ["552 the cupboard of this person is full"]
misses = ["552 the cupboard is empty"]
"""


@pytest.mark.parametrize("name", ["text/recipient-mailbox.toml", "text/of-my-own.toml"])
def test_a_rule_just_written_judges(name: str, copied: Path) -> None:
    assert read_compiled(copied / COMPILED.name, loader._shipped_files()) is not None
    with (copied / name).open("a", encoding="utf-8") as file:
        file.write(RULE)
    assert decided_by(NEWS, loader.load_shipped()) == "rule:text/cupboard"


def test_a_file_taken_away_or_renamed_is_another_set_of_rules(copied: Path) -> None:
    files = loader._shipped_files()
    assert digest(files) != digest(files[1:])
    (copied / "providers" / "yahoo.toml").rename(copied / "providers" / "yahou.toml")
    owners = {owner.name for owner in loader.load_shipped().owners}
    assert "yahou" in owners
    assert "yahoo" not in owners


def test_rules_of_ones_own_stand_above_the_compiled_ones(tmp_path: Path) -> None:
    text = "550 5.1.1 no such user here, the cupboard of this person is full"
    assert decided_by(text, loader.load()) != "rule:mine/cupboard"
    (tmp_path / "mine.toml").write_text(RULE, encoding="utf-8")
    rules = loader.load([tmp_path])
    assert decided_by(text, rules) == "rule:mine/cupboard"
    assert len(rules.rules) == len(loader.load_shipped().rules) + 1


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "classifier", "rules", "compile", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_writes_only_what_is_new() -> None:
    before = COMPILED.stat().st_mtime_ns
    assert run("--check").returncode == 0
    done = run()
    assert done.returncode == 0, done.stderr
    assert "was up to date" in done.stdout
    assert COMPILED.stat().st_mtime_ns == before


def test_the_command_says_what_is_stale_and_mends_it(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "classifier", tmp_path / "classifier")
    (tmp_path / "classifier" / "rules" / "text" / "own.toml").write_text(RULE, encoding="utf-8")

    def there(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "classifier", "rules", "compile", *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    done = there("--check")
    assert done.returncode == 1
    assert "whybounce rules compile" in done.stderr
    assert "is new" in there().stdout
    assert there("--check").returncode == 0
