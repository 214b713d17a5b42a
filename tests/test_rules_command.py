"""`whybounce rules`: what there is, what is wrong with it, what fires, and how a new one begins."""

from __future__ import annotations

import csv
import json
import tomllib
from pathlib import Path
from typing import Final

import pytest
from typer.testing import CliRunner, Result

from classifier.cli import app
from classifier.errors import OperatorError
from classifier.rules.doubles import find_doubles
from classifier.rules.loader import load, load_shipped

MISSION: Final = Path(__file__).parent / "messages" / "mission"
BOUNCE: Final = MISSION / "policy-refusal-though-authenticated.eml"
RULE: Final = """
source = "our own server"
[rule.full-of-owls]
reason = "mailbox-full"
says   = ["full of owls"]
why    = "The test says so."
hits   = ["554 the box is full of owls"]
misses = ["554 the box is full of cats"]
"""


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["rules", *map(str, arguments)])


def rows(result: Result) -> list[dict[str, object]]:
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.output.splitlines()]


def test_all_rules_are_listed_and_can_be_chosen() -> None:
    every = rows(run("list", "-f", "jsonl"))
    assert len(every) == len(load_shipped().rules)
    full = rows(run("list", "--reason", "mailbox-full", "-f", "jsonl"))
    assert {row["reason"] for row in full} == {"mailbox-full"}
    google = rows(run("list", "--owner", "google", "-f", "jsonl"))
    assert google
    assert all(str(row["name"]).startswith("google/") for row in google)
    table = list(csv.DictReader(run("list", "--layer", "hop", "-f", "csv").output.splitlines()))
    assert {row["layer"] for row in table} == {"hop"}


def test_a_rule_is_shown_whole() -> None:
    shown = run("show", "google/over-quota")
    assert shown.exit_code == 0
    for part in ("mailbox-full", "out of storage space", "source", "hit", "miss", "google.toml"):
        assert part in shown.output
    assert isinstance(run("show", "nobody/knows-it").exception, OperatorError)


def test_rules_of_ones_own_are_tested_and_linted(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(RULE)
    assert run("test", tmp_path).exit_code == 0
    assert run("lint", tmp_path).exit_code == 0
    path.write_text(RULE.replace("full of cats", "full of owls, too"))
    failed = run("test", tmp_path)
    assert failed.exit_code == 1
    assert "full-of-owls" in failed.output
    assert run("lint", tmp_path).exit_code == 1


def test_what_fires_on_an_archive_is_counted() -> None:
    found = {row["name"]: row for row in rows(run("profile", MISSION, "-f", "jsonl"))}
    assert found["amazon-ses/login-refused"]["won"] == 3
    assert found["google/over-quota"]["fired"] == 0


def test_a_new_rule_begins_with_its_hit(tmp_path: Path) -> None:
    made = run("new", "--from", BOUNCE, "--reason", "transport-rule", "--name", "ours")
    assert made.exit_code == 0, made.output
    rule = tomllib.loads(made.output)["rule"]["ours"]
    assert rule["reason"] == "transport-rule"
    assert rule["hits"]
    filled = made.output.replace('why    = ""', 'why    = "Their gateway refuses us by a rule."')
    (tmp_path / "mine.toml").write_text(filled)
    assert any(rule.name == "mine/ours" for rule in load([tmp_path]).rules)


@pytest.mark.parametrize(
    ("says", "doubled"),
    [('["full of owls", "is full of owls"]', True), ('["full of owls"]', False)],
)
def test_a_phrase_that_adds_nothing_is_found(tmp_path: Path, says: str, doubled: bool) -> None:
    (tmp_path / "mine.toml").write_text(RULE.replace('["full of owls"]', says, 1))
    rules = load([tmp_path]).rules
    own = [rule for rule in rules if rule.owner == "mine"]
    assert own
    assert bool(list(find_doubles(rules, own))) is doubled
