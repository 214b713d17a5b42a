"""The builders of service notices: deterministic, parseable, of made-up names alone."""

from __future__ import annotations

import csv
import functools
import json
import lzma
import re
from collections import Counter
from email import policy
from email.parser import BytesParser
from pathlib import Path

import pytest

from classifier.model.corpus import Entry
from classifier.reasons import MEANING, Category, Permanence, Reason
from corpora.labels import LabelRow, entry_key, quote_mail, write_labels, write_mbox
from corpora.services.catalogue import is_login, is_remote, is_sending, read_catalogue, read_reply
from corpora.services.dsn import split_reply
from corpora.services.generate import Mail, choose, label, make_mails, size, write_corpus
from corpora.services.mime import encode
from corpora.services.registry import SERVICES
from corpora.services.story import Service, tell

ROOT = Path(__file__).parent.parent
CATALOGUE = read_catalogue(ROOT / "corpora" / "replies")
SAMPLE = 4  # mails of a service looked at, where all would take long

_ADDRESS = re.compile(r"[\w.+'=-]+@((?:[a-z0-9-]+\.)+[a-z]{2,})\b", re.IGNORECASE)
_IP = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])")
_OURS = re.compile(r"(?:^|\.)(?:example(?:\.(?:com|org|net))?|test|invalid|localhost)$")
_DOCUMENTATION = re.compile(r"192\.0\.2\.|198\.51\.100\.|203\.0\.113\.|127\.|0\.0\.0\.")
# Hosts and addresses of the services themselves, which their notices have.
_THEIRS = re.compile(
    r"(?:^|\.)(?:outlook|hotmail|google|googlemail|amazonses|amazonaws|yahoo|mail|zoho|163|126|qq|"
    r"ezweb|au|gmx|web|1and1|ionos|yandex|me|aol|mimecast|pphosted|ppops|exchangelabs|"
    r"microsoft|office365|kundenserver|sendgrid)\.(?:com|net|ru|eu|de|ne\.jp|lan|example)$"
)


@functools.cache
def _choose(service: Service) -> tuple[tuple[Entry, ...], ...]:
    return tuple(map(tuple, choose(service, CATALOGUE, Counter())[:SAMPLE]))


def _make(service: Service) -> list[Mail]:
    stories = [tell(service, number, told) for number, told in enumerate(_choose(service))]
    return [Mail(story, service.build(story)) for story in stories]


_sample = functools.cache(_make)


def _read(service: Service, mail: Mail) -> str:
    """All words of a mail, decoded: its headers, and the content of each part."""
    if service.json:
        return mail.raw.decode("utf-8")
    found = BytesParser(policy=policy.compat32).parsebytes(mail.raw)
    seen = [mail.raw.partition(b"\n\n")[0].decode("ascii")]
    for part in found.walk():
        if part.is_multipart():
            seen += [f"{name}: {value}" for name, value in part.items()]
        else:
            content = part.get_payload(decode=True)
            assert isinstance(content, bytes)
            charset = part.get_content_charset("utf-8")
            seen.append(content.decode(charset, "replace"))
    return "\n".join(seen)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("services")
    write_corpus(folder, SERVICES, CATALOGUE)
    return folder


def _rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
class TestBuilders:
    def test_same_bytes_again(self, service: Service) -> None:
        again = [mail.raw for mail in _make(service)]
        assert again == [mail.raw for mail in _sample(service)]

    def test_parses(self, service: Service) -> None:
        for mail in _sample(service):
            if service.json:
                json.loads(mail.raw)
                continue
            found = BytesParser(policy=policy.compat32).parsebytes(mail.raw)
            assert found["From"], service.name
            assert found["To"], service.name
            assert found["Subject"], service.name
            defects = [defect for part in found.walk() for defect in part.defects]
            assert not defects, (service.name, defects)
            assert b"\r" not in mail.raw

    def test_names_every_recipient(self, service: Service) -> None:
        for mail in _sample(service):
            seen = _read(service, mail)
            for failure in mail.story.failures:
                assert failure.recipient in seen

    def test_only_reserved_names(self, service: Service) -> None:
        for mail in _sample(service):
            for failure in mail.story.failures:
                assert _OURS.search(failure.domain)
            assert _OURS.search(mail.story.sender_domain)
            for match in _ADDRESS.finditer(_read(service, mail)):
                domain = match[1].lower()
                words = " ".join(each.entry.text for each in mail.story.failures)
                assert _OURS.search(domain) or _THEIRS.search(domain) or domain in words, match[0]

    def test_only_documentation_ips(self, service: Service) -> None:
        for mail in _sample(service):
            words = " ".join(each.entry.text for each in mail.story.failures)
            for match in _IP.finditer(_read(service, mail)):
                ours = _DOCUMENTATION.match(match[0]) or match[0] in words
                version = re.search(r"(?:15\.20|9\.0)\.[\d.]+", match[0])
                assert ours or version, match[0]


def test_counts(corpus: Path) -> None:
    rows = _rows(corpus)
    mails = {row["origin"] for row in rows}
    assert len(mails) >= 1500
    assert len({origin.partition("#")[0] for origin in mails}) >= 20
    assert {row["reason"] for row in rows} == {reason.value for reason in Reason}
    assert sum(path.stat().st_size for path in (corpus / "messages").iterdir()) < 6_000_000


def test_mission_is_favoured(corpus: Path) -> None:
    categories = Counter(MEANING[Reason(row["reason"])].category for row in _rows(corpus))
    mission = (
        categories[Category.SENDER_CREDENTIALS]
        + categories[Category.SENDER_AUTHENTICATION]
        + categories[Category.RECIPIENT_POLICY]
    )
    assert mission > 0.4 * categories.total()


def test_origins_exist(corpus: Path) -> None:
    numbers: dict[str, set[int]] = {}
    for row in _rows(corpus):
        name, _, number = row["origin"].partition("#")
        numbers.setdefault(name, set()).add(int(number))
    for name, found in numbers.items():
        raw = (corpus / name).read_bytes()
        if name.endswith(".xz"):
            raw = lzma.decompress(raw)
            count = len(re.findall(rb"^From MAILER-DAEMON ", raw, re.MULTILINE))
        else:
            count = len(raw.splitlines())
        assert found == set(range(count)), name


def test_splits_do_not_mix(corpus: Path) -> None:
    rows = _rows(corpus)
    splits: dict[str, set[str]] = {}
    for row in rows:
        splits.setdefault(row["group"], set()).add(row["split"])
        splits.setdefault(row["origin"], set()).add(row["split"])
    assert all(len(found) == 1 for found in splits.values())


def test_a_delay_is_transient_and_an_expired_one_is_not(corpus: Path) -> None:
    for row in _rows(corpus):
        if row["kind"] == "delay":
            assert row["permanence"] == Permanence.TRANSIENT
        elif row["reply_code"].startswith("4"):
            assert row["permanence"] == Permanence.PERMANENT


def test_one_more_entry_leaves_the_stories_of_others_alone() -> None:
    service = SERVICES[0]
    more = Entry(
        text="550 5.7.1 a reply that nobody has said so far",
        provider="written",
        reason=Reason.POLICY_REJECTED,
        permanence=Permanence.PERMANENT,
        source="written",
    )
    few = {entry_key(told[0]) for told in choose(service, CATALOGUE, Counter())}
    many = {entry_key(told[0]) for told in choose(service, [*CATALOGUE, more], Counter())}
    assert len(few - many) <= 3


def test_a_large_catalogue_gives_more_mails() -> None:
    few = size(SERVICES, CATALOGUE[:10])
    assert few == 1.0
    assert size(SERVICES, CATALOGUE) >= few


@pytest.mark.parametrize(
    ("text", "code", "status", "words"),
    [
        ("550 5.1.1 no such user", "550", "5.1.1", "no such user"),
        ("5.7.1 refused", "550", "5.7.1", "refused"),
        ("4.4.1 timed out", "451", "4.4.1", "timed out"),
        ("the mailbox is full", "550", "", "the mailbox is full"),
        ("552 #5.2.2 full", "552", "5.2.2", "full"),
    ],
)
def test_read_reply(text: str, code: str, status: str, words: str) -> None:
    reply = read_reply(text, Permanence.PERMANENT)
    assert (reply.code, reply.status, reply.words) == (code, status, words)


def test_read_reply_finds_the_innermost() -> None:
    reply = read_reply("550 5.4.300 expired -> 421 4.7.0 later", Permanence.PERMANENT)
    assert (reply.inner_code, reply.inner_status) == ("421", "4.7.0")
    assert (reply.code, reply.status) == ("550", "5.4.300")


def test_where_an_entry_can_be_said() -> None:
    login = Entry("535 5.7.8 wrong", "postfix", Reason.BAD_CREDENTIALS, Permanence.PERMANENT, "x")
    user = Entry("550 5.1.1 none", "postfix", Reason.USER_UNKNOWN, Permanence.PERMANENT, "x")
    client = Entry(
        "SMTPAuthenticationError: (535, b'wrong')",
        "various",
        Reason.BAD_CREDENTIALS,
        Permanence.PERMANENT,
        "x",
    )
    assert is_login(login)
    assert not is_remote(login)
    assert is_remote(user)
    assert not is_login(user)
    assert not is_remote(client)
    assert not is_sending(client)


def test_split_reply_repeats_the_code() -> None:
    assert split_reply("550 5.7.1 one two three", 8) == ["550-5.7.1 one two", "550 5.7.1 three"]


def test_encode_cuts_between_letters() -> None:
    words = encode("ü" * 100).split()
    assert all(word.startswith("=?utf-8?B?") and len(word) <= 75 for word in words)


def test_labels_are_written_in_order(tmp_path: Path) -> None:
    rows = [LabelRow("a.mbox#0", "b@example.org", "failure", "spam"), LabelRow("c", "", "success")]
    assert write_labels(tmp_path / "labels.csv", rows) == 2
    lines = (tmp_path / "labels.csv").read_text().splitlines()
    assert lines[1] == "a.mbox#0,b@example.org,failure,spam,,,,,synthetic,train,"


def test_an_mbox_is_quoted_and_packed_the_same_each_time(tmp_path: Path) -> None:
    mail = b"Subject: x\r\n\r\nFrom here\r\n>From there"
    assert b"\n>From here\n>>From there\n\n" in quote_mail(mail)
    one, two = tmp_path / "a.mbox.xz", tmp_path / "b.mbox.xz"
    assert write_mbox(one, [mail, mail]) == 2
    write_mbox(two, [mail, mail])
    assert one.read_bytes() == two.read_bytes()
    assert lzma.decompress(one.read_bytes()).count(b"\n\nFrom MAILER-DAEMON ") == 1


def test_labels_follow_the_story() -> None:
    service = SERVICES[0]
    mail = make_mails(service, CATALOGUE[:40], Counter())[0]
    rows = label(service, "x#0", mail.story)
    assert [row.recipient for row in rows] == [each.recipient for each in mail.story.failures]
    assert all(row.entry == row.group for row in rows)
