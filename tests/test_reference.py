"""The reference: fresh, whole, safe to open, and readable with what it holds alone."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

import msgspec
import pytest
from markdown_it import MarkdownIt
from typer.testing import CliRunner

from classifier.catalog import list_formats
from classifier.cli import app
from classifier.errors import OperatorError
from classifier.reasons import Reason
from classifier.reference import entries, markdown, webpage
from classifier.reference.entries import (
    RuleFile,
    code_entries,
    code_rules,
    reason_entries,
    rule_files,
)
from classifier.reference.markdown import code, prose, write_rules
from classifier.reference.pages import PAGES, stale_pages, write_pages
from classifier.reference.webpage import write_webpage
from classifier.rules.loader import load_shipped

ROOT: Final = Path(__file__).parents[1]
LARGEST: Final = 1_500_000  # bytes that a page may have
HOSTILE: Final = "</code></p><script>alert(1)</script> & `tick` ``two`` | <!-- \x1b[2J \u202e"
VOID: Final = {"meta", "input"}


class Reader(HTMLParser):
    """Reads a page and notes what opens, what it links to, and what it would load."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loads: list[str] = []
        self.items = 0
        self.text: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag not in VOID:
            self.open.append(tag)
        self.ids += [given["id"] or ""] if "id" in given else []
        self.links += [given["href"] or ""] if "href" in given else []
        self.loads += [name for name in given if name in {"src", "srcset", "style", "action"}]
        self.loads += [name for name in given if name.startswith("on")]
        self.loads += [tag] if tag in {"link", "iframe", "img", "object", "base"} else []
        self.items += "item" in (given.get("class") or "").split()

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.fixture(scope="module")
def page() -> str:
    return write_webpage()


@pytest.fixture(scope="module")
def reader(page: str) -> Reader:
    return Reader(page)


def test_committed_pages_are_fresh() -> None:
    stale = stale_pages(ROOT / "classifier" / "reference")
    assert not stale, "the data has changed since: run `make reference` and commit what it writes"


def test_pages_are_the_same_each_time(tmp_path: Path) -> None:
    assert [path.name for path in write_pages(tmp_path)] == list(PAGES)
    rule_files.cache_clear()
    assert not write_pages(tmp_path)
    assert not stale_pages(tmp_path)
    (tmp_path / "codes.md").write_text("old", encoding="utf-8")
    (tmp_path / "rules.md").unlink()
    assert {path.name for path in stale_pages(tmp_path)} == {"codes.md", "rules.md"}


def test_every_rule_of_the_engine_stands_there() -> None:
    """The files are read anew for the pages: nothing may be lost or differ on that way."""
    told = {rule.name: rule for file in rule_files() for rule in file.rules}
    assert told.keys() == {rule.name for rule in load_shipped().rules}
    for rule in load_shipped().rules:
        entry = told[rule.name]
        assert (entry.reason, entry.why, entry.hint) == (rule.reason, rule.why, not rule.decides)
        assert len(entry.hits) == len(rule.hits)
        assert entry.source
        assert entry.conditions


def test_reasons_have_what_leads_to_them() -> None:
    found = {entry.reason: entry for entry in reason_entries()}
    assert list(found) == list(Reason)
    rules = [name for entry in found.values() for name in entry.rules]
    assert sorted(rules) == sorted(rule.name for rule in load_shipped().rules)
    for entry in found.values():
        assert entry.advice.endswith(".")
        assert len(entry.classes) == 7
        assert bool(entry.examples) == bool(entry.rules)


def test_codes_say_what_the_rules_make_of_them() -> None:
    found = {entry.code: entry.verdicts for entry in code_entries()}
    assert len(found) == 81
    assert found["x.1.1"] == (("x", Reason.USER_UNKNOWN, False),)
    assert found["x.7.1"][0][1] is None  # every kind of refusal is found under it
    assert found["x.2.1"] == (
        ("4", Reason.MAILBOX_UNAVAILABLE, False),
        ("5", Reason.MAILBOX_DISABLED, False),
    )
    numbers = [entries._number(written) for written, _ in code_rules()]
    assert numbers == sorted(numbers)
    assert all("/" in rule.name for _, rule in code_rules())


def test_markdown_says_what_it_is_given() -> None:
    """Whatever a server wrote reads as it was written, once the Markdown is rendered."""
    parser = MarkdownIt()
    plain = HOSTILE.replace("\x1b", "\u241b").replace("\u202e", "<U+202E>")
    for written in (code(HOSTILE), prose(HOSTILE)):
        rendered = parser.render(f"- {written}\n")
        assert "<script" not in rendered
        assert "".join(Reader(rendered).text).strip() == plain.strip()
    tables = MarkdownIt().enable("table")
    rendered = tables.render(f"| a | b |\n| --- | --- |\n| {code(HOSTILE, cell=True)} | x |\n")
    assert rendered.count("<td>") == 2
    assert plain.strip() in "".join(Reader(rendered).text)
    for each in ("`", "a`", "", "*"):
        assert "".join(Reader(parser.render(code(f"x{each}"))).text).strip() == f"x{each}".strip()


@pytest.mark.parametrize("name", [name for name in PAGES if name.endswith(".md")])
def test_markdown_renders(name: str) -> None:
    rendered = MarkdownIt().enable("table").render(PAGES[name]())
    reader = Reader(rendered.replace("<hr />", ""))
    assert not reader.open
    assert "script" not in re.findall(r"<(\w+)", rendered)


def test_webpage_is_well_formed(reader: Reader) -> None:
    assert not reader.open
    assert len(reader.ids) == len(set(reader.ids))
    assert reader.items > len(Reason) + len(load_shipped().rules) + len(list_formats())


def test_webpage_loads_nothing_and_is_small(page: str, reader: Reader) -> None:
    assert not reader.loads
    assert all(link.startswith("#") for link in reader.links)
    assert "default-src 'none'" in page
    assert page.count("'sha256-") == 2
    assert len(page.encode()) < LARGEST
    style, script = webpage._asset("webpage.css"), webpage._asset("webpage.js")
    assert not re.search(r"url\(|@import|https?:", style)
    assert not re.search(r"fetch|XMLHttp|innerHTML|eval|https?:", script)


def test_links_of_the_webpage_lead_somewhere(reader: Reader) -> None:
    assert {link[1:] for link in reader.links} <= set(reader.ids)


def test_webpage_is_for_everybody(page: str) -> None:
    for wanted in (
        '<html lang="en">',
        'name="viewport"',
        '<label for="q">',
        'role="search"',
        'aria-live="polite"',
        'class="skip" href="#main"',
        "prefers-color-scheme:dark",
        "@media print",
        "<noscript>",
        ":focus-visible",
    ):
        assert wanted in page
    # The box that only works by JavaScript is not there without it; all entries are.
    assert '<form id="find" role="search" hidden>' in page
    assert 'class="item" hidden' not in page


def test_text_is_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    file = next(file for file in rule_files() if file.rules)
    rule = msgspec.structs.replace(
        file.rules[0],
        why=HOSTILE,
        source=HOSTILE,
        conditions=(("says", (HOSTILE,)),),
        departs=(("advice", HOSTILE),),
        hits=(HOSTILE,),
        misses=(HOSTILE,),
    )
    hostile = RuleFile(
        path=file.path, note=HOSTILE, known_by=(("marks", (HOSTILE,)),), rules=(rule,)
    )
    monkeypatch.setattr(webpage, "rule_files", lambda: (hostile,))
    monkeypatch.setattr(markdown, "rule_files", lambda: (hostile,))
    written = write_webpage()
    assert "<script>alert" not in written
    assert "\x1b" not in written
    assert not Reader(written).open
    rendered = MarkdownIt().render(write_rules())
    assert "<script" not in rendered
    assert "\u202e" not in rendered


def test_command_writes_and_checks(tmp_path: Path) -> None:
    folder = str(tmp_path / "pages")
    done = CliRunner().invoke(app, ["reference", "--output", folder, "--check"])
    assert done.exit_code == 1
    assert "is missing" in done.stderr
    assert f"Run `whybounce reference --output {folder}`" in done.stderr
    assert not Path(folder).exists()

    done = CliRunner().invoke(app, ["reference", "--output", folder])
    assert (done.exit_code, "5 of 5" in done.stdout) == (0, True)
    assert {path.name for path in Path(folder).iterdir()} == set(PAGES)

    done = CliRunner().invoke(app, ["reference", "--output", folder, "--check"])
    assert (done.exit_code, done.output) == (0, "")
    (Path(folder) / "reasons.md").write_text("old", encoding="utf-8")
    done = CliRunner().invoke(app, ["reference", "--output", folder, "--check"])
    assert done.exit_code == 1
    assert "reasons.md: is stale" in done.stderr


def test_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(OperatorError, match="cannot be written"):
        write_pages(tmp_path / "file")
