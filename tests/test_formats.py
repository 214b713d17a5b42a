"""What the readers share: marks, the words of notices, quoted dialogue, who an address is."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Final

import pytest

from classifier import reading
from classifier.catalog import list_formats
from classifier.formats import GENERAL, LAST_RESORT, READERS, Clues, Reader, claimants
from classifier.formats.dialogue import read_answers
from classifier.formats.marks import PLACES, read_marks
from classifier.lexicon import Label, Says, find, label_of, says
from classifier.pipeline import Classifier, read
from classifier.reasons import Kind

# Marks


def test_names_are_names() -> None:
    names = [reader.name for reader in (*READERS, GENERAL, LAST_RESORT)]
    assert len(set(names)) == len(names)
    for name in names:
        assert name == name.lower()
        assert name.replace("-", "").isalnum()


def test_every_reader_can_claim_and_says_what_for() -> None:
    names = {reader.name for reader in READERS}
    for reader in READERS:
        assert reader.marks or reader.looks, reader.name
        assert len(reader.note) > 15, reader.name
        assert names.issuperset(reader.over), reader.name
        assert reader.name not in reader.over
        for written in reader.marks:
            assert all(mark.place in PLACES for mark in read_marks(written))


def test_readers_do_not_go_over_each_other() -> None:
    over = {reader.name: set(reader.over) for reader in READERS}
    for name, under in over.items():
        for each in under:
            assert name not in over[each], f"{name} and {each} go over each other"


@pytest.mark.parametrize(
    "written",
    ["", "words", "text:words", "body: words", "text: Words", "text: ", "text: a && b"],
)
def test_what_is_no_mark_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="is no mark of a bounce"):
        read_marks(written)


def test_catalog_names_every_format_once() -> None:
    known = [each.name for each in list_formats()]
    assert len(set(known)) == len(known)
    assert {reader.name for reader in READERS} < set(known)
    assert known[-2:] == ["rfc3464", "text"]


# Words


@pytest.mark.parametrize(
    ("meaning", "languages"), [(Says.FAILED, 16), (Says.DELAYED, 5), (Says.AWAY, 8)]
)
def test_words_of_many_languages(meaning: Says, languages: int) -> None:
    lexicon = tomllib.loads(files("classifier").joinpath("lexicon.toml").read_text("utf-8"))
    assert len(lexicon[meaning]) >= languages
    for phrases in lexicon[meaning].values():
        for phrase in phrases:
            assert phrase == phrase.lower()
            assert says(meaning, f"x {phrase} y")
            assert find(meaning, f"x {phrase} y") >= 0
    assert not says(meaning, "the meeting is on monday")
    assert find(meaning, "the meeting is on monday") == -1


@pytest.mark.parametrize(
    ("written", "label"),
    [
        ("recipient", Label.RECIPIENT),
        ("empfänger", Label.RECIPIENT),
        ("收件人", Label.RECIPIENT),
        ("from", Label.SENDER),
        ("original sender", Label.SENDER),
        ("weather", None),
    ],
)
def test_labels_say_whose_an_address_is(written: str, label: Label | None) -> None:
    assert label_of(written) is label


# Dialogue

DIALOGUES: Final = {
    "sendmail": ">>> RCPT To:<bob@example.org>\n<<< 550 5.1.1 no such user",
    "reversed": "<<< RCPT TO:<bob@example.org>\n>>> 550 5.1.1 no such user",
    "sent": "Sent <<< RCPT TO:<bob@example.org>\nReceived >>> 550 5.1.1 no such user",
    "letters": "C: RCPT TO:<bob@example.org>\nS: 550 5.1.1 no such user",
    "arrows": "  --> RCPT To:<bob@example.org>\n  <-- 550 5.1.1 no such user",
    "times": (
        "Fri 2010-11-05 18:00:38: --> RCPT To:<bob@example.org>\n"
        "Fri 2010-11-05 18:00:39: <-- 550 5.1.1 no such user"
    ),
}


@pytest.mark.parametrize("text", DIALOGUES.values(), ids=DIALOGUES)
def test_dialogue_in_any_notation(text: str) -> None:
    (answer,) = read_answers(text)
    assert answer.command == "RCPT"
    assert "bob@example.org" in answer.about
    assert answer.reply == "550 5.1.1 no such user"


def test_lines_of_one_reply_are_one_answer() -> None:
    text = ">>> DATA\n<<< 354 go on\n<<< 554-5.7.1 one\n<<< 554 5.7.1 two\n>>> QUIT\n<<< 221 bye"
    (answer,) = read_answers(text)
    assert (answer.command, answer.reply) == ("DATA", "554-5.7.1 one 554 5.7.1 two")


def test_prose_is_no_dialogue() -> None:
    assert read_answers("> I wrote 550 words.\n>> data is beautiful, mail is not\n-> 5") == []


# Who an address is

HEAD: Final = """\
From: Mail Delivery System <mailer-daemon@mail.example.com>
To: ada@example.com
Subject: Undelivered Mail
Auto-Submitted: auto-replied

Your message could not be delivered.

"""
OTHERS: Final = {
    "sender": "It was sent by ada@example.com.",
    "system": "Write to mailer-daemon@mail.example.com.",
    "desk": "For help contact postmaster@example.com or call the help desk.",
    "desk-below": "If you have questions, please write to\n\n   help@example.com",
    "moved": "Her new address is eve@example.net.",
    "returned": "--- The message ---\n\nFrom: ada@example.com\nTo: list@example.net\n"
    "Cc: eve@example.net\nMessage-ID: <1@example.com>\n",
}


@pytest.mark.parametrize("text", OTHERS.values(), ids=OTHERS)
def test_nobody_is_invented(text: str) -> None:
    named = f"{HEAD}bob@example.org: 550 5.1.1 user unknown\n\n{text}\n"
    assert [each.recipient for each in read(named.encode()).failures] == ["bob@example.org"]
    alone = read(f"{HEAD}The other server said: 550 5.1.1 user unknown\n\n{text}\n".encode())
    assert [(each.recipient, each.reply_code) for each in alone.failures] == [(None, "550")]


def test_the_last_resort_is_less_sure() -> None:
    mail = f"{HEAD}bob@example.org: 550 5.1.1 user unknown\n"
    marked = mail.replace("Your message", "This is the mail system at host mail.example.com.\n\nIt")
    judge = Classifier()
    (plain,), (known,) = judge.classify(mail.encode()), judge.classify(marked.encode())
    assert (plain.format, known.format) == ("text", "postfix")
    assert plain.reason == known.reason == "user-unknown"
    assert plain.kind is known.kind is Kind.FAILURE
    assert plain.confidence is not None
    assert known.confidence is not None
    assert plain.confidence < known.confidence


def test_a_mail_shows_its_marks_however_it_is_folded(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def watch(clues: Clues) -> Reader:
        seen.append([reader.name for reader in claimants(clues)])
        return LAST_RESORT

    monkeypatch.setattr(reading, "choose", watch)
    read(f"{HEAD}This is the mail\n  system at host mail.example.com.\n".encode())
    read(f"{HEAD}This was the mail system at host mail.example.com.\n".encode())
    assert seen == [["postfix"], []]
