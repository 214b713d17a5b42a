"""Addresses as bounces, people and old systems write them."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.addresses import ADDRESS, bare, domain_of, read_list, without_words

NASTY: Final = 'a@b.example,<>"\\();:@[] =?\n\t\x00é\ud800'


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("<bob@example.org>: no such user", ["bob@example.org"]),
        ("550 5.1.1 <bob@example.org>... User unknown", ["bob@example.org"]),
        ("mailbox 'bob@example.org' is full", ["bob@example.org"]),
        ("mailbox `bob@example.org' is full", ["bob@example.org"]),
        ("to:b@b.example,e@e.example;j@j.example", ["b@b.example", "e@e.example", "j@j.example"]),
        ("bob+tag=x_y-z@mail.example.co.uk.", ["bob+tag=x_y-z@mail.example.co.uk"]),
        ("o'brien@example.org", ["o'brien@example.org"]),
        ("d'arcy.o'neil@example.org", ["d'arcy.o'neil@example.org"]),
        ('"bob.ray"@example.org', ['"bob.ray"@example.org']),
        ("bob..ray.@docomo.example", ["bob..ray.@docomo.example"]),
        ("bob@[192.0.2.1] bob@[IPv6:2001:db8::1]", ["bob@[192.0.2.1]", "bob@[IPv6:2001:db8::1]"]),
        ("bob@example", []),
        ("@example.org bob@ @", []),
        ("mailto:bob@example.org?subject=x", ["bob@example.org"]),
        ("<mailto:bob@example.org>", ["bob@example.org"]),
        ("éva@example.org josé@exämple.org", ["éva@example.org", "josé@exämple.org"]),
        ("bob@example.org@example.net", ["bob@example.org"]),
        # what the next word of another script sticks to
        ("bob@example.kr로 bob@example.kr에게", ["bob@example.kr", "bob@example.kr"]),
        ("bob@example.cn的邮件，bob@example.jpは", ["bob@example.cn", "bob@example.jp"]),
        ("用户@例子.公司 боб@пример.рф", ["用户@例子.公司", "боб@пример.рф"]),
    ],
)
def test_in_running_text(text: str, found: list[str]) -> None:
    assert ADDRESS.findall(text) == found


@pytest.mark.parametrize(
    ("found", "address"),
    [
        ("bob@example.org", "bob@example.org"),
        ("您发往bob@example.cn", "bob@example.cn"),
        ("ส่งถึงbob.ray@example.th", "bob.ray@example.th"),
        ("用户@example.cn", "用户@example.cn"),
        ("éva@example.org", "éva@example.org"),
    ],
)
def test_words_before(found: str, address: str) -> None:
    assert without_words(found) == address


@pytest.mark.parametrize("piece", ["a", "a.", "a'", "@", "a@", "a@b.", '"', '"a', "\\", "[", "a@["])
def test_long_runs(piece: str) -> None:
    for match in ADDRESS.finditer(piece * (60_000 // len(piece))):
        assert len(match.group()) < 1200


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("bob@example.org", "bob@example.org"),
        (" <bob@example.org> ", "bob@example.org"),
        ("<bob@example.org", "bob@example.org"),
        ("mailto:bob@example.org", "bob@example.org"),
        ("Bob <Ray> <bob@example.org> x", "bob@example.org"),
        ("<@a.example,@b.example:bob@example.org>", "bob@example.org"),  # RFC 5321 appendix C
        ("<>", ""),
        ("", ""),
        ("bob", "bob"),
        (">bob@example.org<", ""),
    ],
)
def test_bare(text: str, address: str) -> None:
    assert bare(text) == address


@pytest.mark.parametrize(
    ("address", "domain"),
    [
        ("bob@Example.ORG", "example.org"),
        ("<bob@example.org.>", "example.org"),
        ('"a@b"@example.org', "example.org"),
        ("bob", None),
        ("bob@", None),
        ("", None),
        (None, None),
    ],
)
def test_domain(address: str | None, domain: str | None) -> None:
    assert domain_of(address) == domain


@pytest.mark.parametrize(
    ("value", "addresses"),
    [
        ("bob@example.org", ["bob@example.org"]),
        ("<bob@example.org>", ["bob@example.org"]),
        ("Bob Ray <bob@example.org>", ["bob@example.org"]),
        ('"Ray, Bob" <bob@example.org>', ["bob@example.org"]),
        ('"Ray \\"B\\" Bob" <bob@example.org>', ["bob@example.org"]),
        ("=?utf-8?Q?Bob?= <bob@example.org>", ["bob@example.org"]),
        ("bob@example.org (Bob Ray)", ["bob@example.org"]),
        ("bob@example.org, eve@example.net", ["bob@example.org", "eve@example.net"]),
        ("bob@example.org; Eve <eve@example.net>", ["bob@example.org", "eve@example.net"]),
        ('"a,b" <bob@example.org>, <eve@example.net>', ["bob@example.org", "eve@example.net"]),
        ("o'brien@example.org", ["o'brien@example.org"]),
        ("docomo..x.@example.jp", ["docomo..x.@example.jp"]),
        ("undisclosed-recipients:;", []),
        ("MAILER-DAEMON", []),
        ("<>", []),
        ("", []),
        (None, []),
    ],
)
def test_lists(value: str | None, addresses: list[str]) -> None:
    assert list(read_list(value)) == addresses


def test_lists_that_flanker_refuses_are_searched() -> None:
    assert read_list("a..b.@docomo.example, <c@example.org") == (
        "a..b.@docomo.example",
        "c@example.org",
    )


@pytest.mark.parametrize(
    "value",
    [
        "(" * 5000 + "@",
        '"' * 5001 + "@b.example",
        "a@b.example," * 5000,
        "<" * 5000 + "a@b.example" + ">" * 5000,
        "a:" * 3000 + "@",
        "=?utf-8?b?@?= " * 500,
        '"a' * 4000 + "@",
        " " * 20_000 + "@",
        "x@y.example" * 800,
    ],
)
def test_hostile_lists(value: str) -> None:
    assert sum(map(len, read_list(value))) <= 2 * len(value)


@given(st.text(st.sampled_from(NASTY), max_size=40))
def test_any_list(value: str) -> None:
    for address in read_list(value):
        assert "@" in address


@given(st.text(st.sampled_from(NASTY), max_size=40))
def test_any_text(text: str) -> None:
    bare(text)
    domain_of(text)
    ADDRESS.findall(text)


def test_flanker_speaks_to_nobody() -> None:
    read_list('a@b.example, "')
    for name in ("parser", "lexer"):
        assert not logging.getLogger(f"flanker.addresslib._parser.{name}").handlers
    assert not logging.getLogger("flanker").propagate


def test_flanker_is_not_asked_for_what_most_mail_holds() -> None:
    code = (
        "import sys; from classifier.addresses import read_list\n"
        "for value in ('bob@example.org', 'Bob Ray <bob@example.org>', 'MAILER-DAEMON',\n"
        "              '\"Ray, Bob\" <bob@example.org>', '<bob@example.org>'):\n"
        "    read_list(value)\n"
        "assert not any(name.startswith('flanker') for name in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_what_cannot_be_decoded_is_not_logged() -> None:
    code = (
        "from classifier.addresses import read_list\n"
        "print(read_list('=?UTF-8?B?\\u00cc3VuaXl1a2kgYXp1bWE=?= <bob@example.org>, e@x.org'))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "bob@example.org" in done.stdout
    assert "DECODE" not in done.stderr


# Writes half of a table, as another process does at this moment, and the rest a little later.
HALF_WRITTEN = """
import pathlib, sys, threading, time
import flanker
from classifier import addresses

folder = pathlib.Path(sys.argv[1])
addresses.read_list("Ada Marsh (at home) <ada@example.org>; bob@example.org")
real = pathlib.Path(sys.modules["flanker.addresslib"].__file__).parent
import shutil
shutil.copytree(real.parent, folder / "flanker", ignore=shutil.ignore_patterns("__pycache__"))
for name in [each for each in sys.modules if each.split(".")[0] == "flanker"]:
    del sys.modules[name]
sys.path.insert(0, str(folder))
table = next(folder.glob("flanker/addresslib/_parser/addr_spec_parsetab.py"))
whole = table.read_text()
table.write_text("")
addresses._load_flanker.cache_clear()

def finish():
    time.sleep(0.5)
    table.write_text(whole)

threading.Thread(target=finish).start()
print(addresses.read_list("Ada Marsh (at home) <ada@example.org>; bob@example.org"))
assert sys.modules["flanker.addresslib"].__file__.startswith(str(folder))
"""


def test_tables_that_another_process_is_writing_are_waited_for(tmp_path: Path) -> None:
    """Two processes that start right after an installation: flanker's tables are made once."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-B", "-c", HALF_WRITTEN, str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[1],
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "('ada@example.org', 'bob@example.org')"
