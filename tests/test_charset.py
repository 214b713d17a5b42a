"""Bytes to text: what is declared, what is not, and what is declared to do harm."""

from __future__ import annotations

import subprocess
import sys
from encodings.aliases import aliases
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.charset import decode

GERMAN: Final = (
    "Die E-Mail an „Müller“ konnte nicht zugestellt werden – Postfach voll. Bitte prüfen Sie die"
    " Adresse und versuchen Sie es später noch einmal."
)
FRENCH: Final = "Le message n'a pas été délivré: la boîte est pleine. Veuillez réessayer plus tard."
JAPANESE: Final = "メールを送信できませんでした。宛先のユーザーが見つかりません。"
CHINESE: Final = "您发送的邮件被退回，收件人邮箱已满，请稍后再试。系统无法投递您的邮件。"
TAIWANESE: Final = "您寄出的郵件無法送達，收件者的信箱已滿，請稍後再試。系統無法投遞您的郵件。"
KOREAN: Final = "메시지를 배달할 수 없습니다. 받는 사람의 사서함이 가득 찼습니다."
RUSSIAN: Final = (
    "Ваше сообщение не было доставлено: почтовый ящик получателя переполнен. Попробуйте отправить"
    " письмо позже."
)

WRITTEN: Final = [
    ("windows-1252", GERMAN),
    ("iso-8859-1", FRENCH),
    ("iso-2022-jp", JAPANESE),
    ("shift_jis", JAPANESE),
    ("euc-jp", JAPANESE),
    ("gb18030", CHINESE),
    ("gb2312", CHINESE),
    ("big5", TAIWANESE),
    ("euc-kr", KOREAN),
    ("windows-1251", RUSSIAN),
    ("utf-8", RUSSIAN),
]
REPLY: Final = "<bob@example.org>: 550 5.2.2 no\n"


@pytest.mark.parametrize(
    ("charset", "text"),
    [*WRITTEN, ("koi8-r", RUSSIAN), ("utf-7", GERMAN), ("hz", CHINESE), ("utf-16", GERMAN)],
)
def test_declared(charset: str, text: str) -> None:
    assert decode((REPLY + text).encode(charset), charset) == REPLY + text
    assert decode((REPLY + text).encode(charset), charset.upper()) == REPLY + text


@pytest.mark.parametrize(("charset", "text"), WRITTEN)
def test_undeclared(charset: str, text: str) -> None:
    assert decode((REPLY + text).encode(charset)) == REPLY + text


@pytest.mark.parametrize(("charset", "text"), WRITTEN)
@pytest.mark.parametrize("declared", ["us-ascii", "utf-8", "x-unknown", ""])
def test_wrongly_declared(charset: str, text: str, declared: str) -> None:
    assert decode((REPLY + text).encode(charset), declared) == REPLY + text


def test_guess_without_charset_normalizer_for_single_accents() -> None:
    # Loading it costs more than everything else about a mail.
    code = (
        "import sys; from classifier.charset import decode\n"
        "assert decode('déjà vu, Größe: naïve'.encode('latin-1')) == 'déjà vu, Größe: naïve'\n"
        "assert 'charset_normalizer' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("text", ["naïve", "Größe", "São Paulo", "déjà", "año"])
def test_one_accent_is_no_statistics(text: str) -> None:
    assert decode(text.encode("latin-1")) == text


def test_ascii_declared_as_anything_stays_ascii() -> None:
    for charset in ("utf-8", "shift_jis", "cp1252", "no-such-charset", "us-ascii", None):
        assert decode(b"550 5.1.1 no \\ such ~ user", charset) == "550 5.1.1 no \\ such ~ user"


@pytest.mark.parametrize(
    ("declared", "meant", "text"),
    [
        ("iso-8859-1", "cp1252", "„Müller“ – voll"),
        ("gb2312", "gbk", "丂您发送"),
        ("shift_jis", "cp932", "①送信"),
        ("ks_c_5601-1987", "cp949", "똠방각하"),
    ],
)
def test_narrow_name_for_a_wider_charset(declared: str, meant: str, text: str) -> None:
    assert decode(text.encode(meant), declared) == text


@pytest.mark.parametrize("charset", [None, "utf-8"])
@pytest.mark.parametrize("text", [GERMAN, JAPANESE, RUSSIAN])
def test_a_character_cut_off_does_not_spoil_the_text(text: str, charset: str | None) -> None:
    raw = text.encode() + "ü".encode()[:1]
    assert decode(raw, charset) == text + "\ufffd"


def test_japanese_that_never_returns_to_ascii() -> None:
    # RFC 1468: each line ends in ASCII. A line that breaks this spoils itself at most.
    raw = b"Subject: \x1b$B%F%9%H\nFrom: ada@example.com\n\x1b$B%F%9\nTo: bob@example.org"
    lines = decode(raw).split("\n")
    assert lines[0] == "Subject: テスト"
    assert lines[1] == "From: ada@example.com"
    assert lines[2].startswith("テ")
    assert lines[3] == "To: bob@example.org"


HOSTILE: Final = [
    *("idna", "punycode", "zip", "zlib", "bz2", "rot13", "hex", "base64", "quopri", "uu"),
    *("unicode_escape", "unicode-escape", "raw-unicode-escape", "undefined", "mbcs", "oem"),
    *("a\0b", "ü", "x" * 5000, "''", " ", "../os", "os", "aliases", "\ud800", "\n"),
]


@pytest.mark.parametrize("charset", HOSTILE)
@pytest.mark.parametrize(
    "raw", [b"550 no\\u0041", "größer als erlaubt – ü".encode(), b"gr\xf6\xdf"]
)
def test_hostile_names_count_for_nothing(charset: str, raw: bytes) -> None:
    assert decode(raw, charset) == decode(raw)


def test_names_are_not_looked_up_in_time_that_grows_with_the_square() -> None:
    # idna and punycode would take minutes over this
    assert decode("ü".encode() * 100_000, "punycode") == "ü" * 100_000


def test_utf_7_cannot_make_what_nothing_can_write() -> None:
    assert decode(b"a+2AA-b", "utf-7") == "a\ufffdb"
    assert decode(b"+2D3eAA-", "utf-7") == "\U0001f600"
    decode(b"+//+", "utf-7").encode("utf-8")


@given(
    st.binary(max_size=300), st.one_of(st.none(), st.text(max_size=20), st.sampled_from(HOSTILE))
)
def test_never_raises(raw: bytes, charset: str | None) -> None:
    decode(raw, charset).encode("utf-8")


PYTHONS: Final = sorted(set(aliases.values()))


@pytest.mark.parametrize("charset", PYTHONS)
def test_every_codec_that_python_has(charset: str) -> None:
    for raw in (b"", b"550 no", bytes(range(256)), b"\xff\xfe\x00\xd8", b"+2AA-", b"\x1b$B\x1b"):
        decode(raw, charset).encode("utf-8")
