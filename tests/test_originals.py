"""What the bounces return: made-up mails that any mail program would have sent."""

from __future__ import annotations

import email
import email.header
import re
from collections import Counter
from datetime import UTC, datetime
from email.message import Message
from typing import Final

import pytest

from corpora.mime import encode_words
from corpora.originals import KINDS, make_original, read_texts

SENDER: Final = "j.marsh@sender.test"
RECIPIENTS: Final = ("t.okada@rcpt.test",)
COUNT: Final = 600

#: Names that RFC 2606 and RFC 6761 keep free, and this machine's own.
RESERVED: Final = re.compile(r"(.*\.)?(test|example|example\.(com|net|org)|localhost)", re.I)
ADDRESS: Final = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])")
DOCUMENTATION: Final = ("192.0.2.", "198.51.100.", "203.0.113.")
HOST: Final = re.compile(r"(?:https?://|@|\bd=|\bby |\bfrom )([A-Za-z][\w-]*(?:\.[\w-]+)+)", re.A)

MAILS: Final = [make_original(str(n), SENDER, RECIPIENTS) for n in range(COUNT)]


def parts_of(raw: bytes) -> list[Message]:
    return list(email.message_from_bytes(raw).walk())


def text_of(part: Message) -> str:
    """The decoded text of a part; one that does not decode is an error."""
    raw = part.get_payload(decode=True)
    assert isinstance(raw, bytes)
    return raw.decode(part.get_content_charset("ascii"))


def test_the_same_seed_gives_the_same_mail() -> None:
    assert [make_original(str(n), SENDER, RECIPIENTS) for n in range(COUNT)] == MAILS
    assert len(set(MAILS)) == COUNT


@pytest.mark.parametrize("raw", MAILS[::6])
def test_parses_without_defects_and_decodes(raw: bytes) -> None:
    assert b"\r\n" not in raw
    for part in parts_of(raw):
        assert part.defects == []
        if part.get_content_maintype() == "text":
            assert text_of(part).strip()
    message = email.message_from_bytes(raw)
    for name in ("Date", "From", "To", "Message-ID", "Subject", "MIME-Version", "Content-Type"):
        assert len(message.get_all(name, [])) == 1, name


def test_no_line_is_too_long() -> None:
    assert max(len(line) for raw in MAILS for line in raw.split(b"\n")) <= 998


@pytest.mark.parametrize("code", sorted({text.language.code for text in read_texts()}))
def test_every_charset_holds_its_language(code: str) -> None:
    texts = [text for text in read_texts() if text.language.code == code]
    for text in texts:
        for charset in (*text.language.charsets, "utf-8"):
            for line in (text.body, *text.subjects, *text.language.names):
                # Older charsets lack these; such a mail is written in UTF-8.
                plain = line.translate(dict.fromkeys(map(ord, "€«»—№")))
                assert plain.encode(charset).decode(charset) == plain


def test_subjects_decode_to_what_was_written() -> None:
    for base64_words in (True, False):
        for text in read_texts():
            for charset in (*text.language.charsets, "utf-8"):
                subject = text.subjects[0] * 3
                folded = encode_words(subject, charset, base64_words=base64_words)
                assert all(len(line) <= 76 for line in folded.split("\n")) or subject.isascii()
                pieces = email.header.decode_header(folded)
                again = "".join(
                    piece if isinstance(piece, str) else piece.decode(name or "ascii")
                    for piece, name in pieces
                )
                assert again == subject


def test_variety() -> None:
    parts = [part for raw in MAILS for part in parts_of(raw)]
    charsets = Counter(part.get_content_charset() for part in parts)
    types = Counter(part.get_content_type() for part in parts)
    fields = Counter(name for raw in MAILS for name in dict(email.message_from_bytes(raw)))
    assert len(charsets) >= 20
    assert types.keys() >= {"text/html", "multipart/mixed", "multipart/alternative", "text/csv"}
    for name in ("DKIM-Signature", "ARC-Seal", "List-Unsubscribe", "References", "Received"):
        assert 20 <= fields[name] <= COUNT * 0.9, name
    assert len({text.language.code for text in read_texts()}) >= 25
    sizes = sorted(map(len, MAILS))
    assert sizes[COUNT // 10] > 600
    assert sizes[-COUNT // 20] < 4000


def test_a_good_share_speaks_of_mail() -> None:
    talk = re.compile(r"\b(?:5\d\d|4\d\d)[ -][245]\.\d|\b535\b|550")
    speaking = sum(
        any(
            talk.search(text_of(part))
            for part in parts_of(raw)
            if part.get_content_maintype() == "text"
        )
        for raw in MAILS
    )
    assert COUNT / 9 < speaking < COUNT / 4


@pytest.mark.parametrize("kind", KINDS)
def test_kind_can_be_asked_for(kind: str) -> None:
    assert make_original("1", SENDER, RECIPIENTS, kind=kind)


def test_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="no text"):
        make_original("1", SENDER, RECIPIENTS, kind="poem")
    with pytest.raises(ValueError, match="no text"):
        make_original("1", SENDER, RECIPIENTS, language="xx")


def test_only_reserved_names_and_addresses() -> None:
    for raw in MAILS:
        head = raw.partition(b"\n\n")[0]
        text = head.decode("ascii") + "".join(
            text_of(part) for part in parts_of(raw) if part.get_content_maintype() == "text"
        )
        for host in HOST.findall(text):
            # A version after "from" or "by" is no host.
            assert RESERVED.fullmatch(host), host
        for address in ADDRESS.findall(text):
            version = address.startswith("15.2.1118.")  # of the server, in Received
            assert version or address.startswith(DOCUMENTATION), address


def test_options() -> None:
    date = datetime(2026, 5, 4, 12, 30, tzinfo=UTC)
    results = {"server": "mx.rcpt.test", "spf": "pass", "dmarc": "fail header.from=sender.test"}
    head = make_original(
        "7",
        SENDER,
        RECIPIENTS,
        date=date,
        signed=False,
        headers=[("X-Above", "yes")],
        authentication=results,
        headers_only=True,
        eight_bits=False,
    )
    message = email.message_from_bytes(head)
    assert list(message)[:2] == ["X-Above", "Authentication-Results"]
    assert message["Authentication-Results"].startswith("mx.rcpt.test;\n\tspf=pass;")
    assert message["Date"] == "Mon, 04 May 2026 12:30:00 +0000"
    assert "DKIM-Signature" not in message
    assert message.get_payload() == ""


def test_seven_bits_where_asked_for() -> None:
    assert all(make_original(str(n), SENDER, RECIPIENTS, eight_bits=False).isascii()
               for n in range(200))  # fmt: skip


def test_many_recipients_and_odd_senders() -> None:
    many = [f"r{n}@rcpt.test" for n in range(9)]
    message = email.message_from_bytes(make_original("3", "<>", many))
    assert message["To"].count("@") == 5
    assert make_original("4", "no-domain", [])
