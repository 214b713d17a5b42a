"""The clean corpus: made anew byte for byte, whole, and of our own making to the last name."""

from __future__ import annotations

import csv
import email
import mailbox
import re
import tomllib
from collections import Counter, defaultdict
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest

from classifier.reasons import Kind
from corpora.clean.mail import Clean, split_of
from corpora.clean.writing import build_all, write_corpus
from corpora.originals import read_languages

FOLDER: Final = Path(__file__).parents[1] / "corpora" / "clean"
KINDS: Final = {
    Kind.NOT_A_BOUNCE,
    Kind.AUTO_REPLY,
    Kind.DISPOSITION,
    Kind.FEEDBACK,
    Kind.CHALLENGE,
    Kind.SUCCESS,
}
MAILS: Final = list(build_all())

RESERVED: Final = re.compile(r"(.*\.)?(test|example|example\.(com|net|org)|localhost)", re.I)
HOST: Final = re.compile(r"(?:https?://|@)([A-Za-z][\w-]*(?:\.[\w-]+)+)", re.A)
ADDRESS: Final = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])")
DOCUMENTATION: Final = ("192.0.2.", "198.51.100.", "203.0.113.", "15.2.1118.")  # one is a version


def read_rows() -> list[dict[str, str]]:
    with (FOLDER / "labels.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def texts_of(raw: bytes) -> str:
    """The head and all decoded text, the fields of reports included."""
    pieces = [raw.partition(b"\n\n")[0].decode("ascii")]
    for part in email.message_from_bytes(raw).walk():
        content = part.get_payload(decode=True)
        if part.get_content_maintype() == "text" and isinstance(content, bytes):
            pieces.append(content.decode(part.get_content_charset("ascii")))
        elif part.get_content_type().startswith("message/"):
            pieces.append(str(part))
    return "\n".join(pieces)


def test_made_anew_it_is_the_same(tmp_path: Path) -> None:
    write_corpus(tmp_path)
    made = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file())
    kept = sorted(
        path.relative_to(FOLDER)
        for path in [FOLDER / "labels.csv", *(FOLDER / "messages").iterdir()]
    )
    assert made == kept
    for path in made:
        assert (tmp_path / path).read_bytes() == (FOLDER / path).read_bytes(), path


def test_labels_name_every_mail_once() -> None:
    origins = [row["origin"] for row in read_rows()]
    assert len(origins) == len(set(origins)) == len(MAILS) >= 450
    counts = Counter(origin.partition("#")[0] for origin in origins)
    for path in (FOLDER / "messages").iterdir():
        with closing(mailbox.mbox(path)) as box:
            assert len(box) == counts[f"messages/{path.name}"]
    assert sum(path.stat().st_size for path in (FOLDER / "messages").iterdir()) < 3_000_000


def test_labels_say_that_nothing_failed() -> None:
    for row in read_rows():
        assert row["kind"] in KINDS
        named = (row[name] for name in ("recipient", "reason", "permanence", "reply_code",
                                        "status", "entry"))  # fmt: skip
        assert not any(named)
        assert row["provenance"] in ("written", "synthetic")


def test_every_kind_is_there_on_both_sides() -> None:
    sides = {(Kind(row["kind"]), row["split"]) for row in read_rows()}
    assert sides == {(kind, split) for kind in KINDS for split in ("train", "test")}
    groups = {row["group"] for row in read_rows()}
    kept = sum(split_of(group) == "test" for group in groups)
    assert len(groups) / 8 < kept < len(groups) / 3


def test_one_group_is_of_one_kind() -> None:
    kinds = defaultdict(set)
    for mail in MAILS:
        kinds[mail.group].add(mail.kind)
    assert [group for group, found in kinds.items() if len(found) > 1] == []


def test_automatic_replies_in_many_languages() -> None:
    groups = {mail.group for mail in MAILS if mail.kind is Kind.AUTO_REPLY}
    codes = [code for code in read_languages() if f"auto-replies/{code}-away" in groups]
    assert len(codes) >= 20
    marked = [b"Auto-Submitted: auto-" in mail.raw for mail in MAILS if mail.group in groups]
    assert len(marked) / 5 < sum(marked) < len(marked) * 4 / 5


def test_no_mail_is_there_twice() -> None:
    assert len({mail.raw for mail in MAILS}) == len(MAILS)


@pytest.mark.parametrize("mail", MAILS[::5], ids=lambda mail: mail.group)
def test_parses_without_defects(mail: Clean) -> None:
    assert b"\r" not in mail.raw.partition(b"\n\n")[0]
    message = email.message_from_bytes(mail.raw)
    for part in message.walk():
        assert part.defects == []
    for name in ("Date", "From", "To", "Subject", "Message-ID", "MIME-Version"):
        assert len(message.get_all(name, [])) == 1, name


def test_only_reserved_names_and_addresses() -> None:
    for mail in MAILS:
        text = texts_of(mail.raw)
        for host in HOST.findall(text):
            assert RESERVED.fullmatch(host), (mail.group, host)
        for address in ADDRESS.findall(text):
            assert address.startswith(DOCUMENTATION), (mail.group, address)


def test_the_corpus_says_what_it_is() -> None:
    with (FOLDER / "corpus.toml").open("rb") as file:
        card = tomllib.load(file)
    assert card["licence"] == "MIT"
    assert card["vocabulary"] == card["version"] == "2026.11"
