"""Header fields as they come: folded, spaced, huge, encoded, broken."""

from __future__ import annotations

import email.header
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.headers import MAX_VALUE, Headers, decode_words, head_end

HEAD: Final = b"""Return-Path: <>
Received: from mx.example.org (mx.example.org [192.0.2.1])
\tby relay.example.com with ESMTP;
  Tue, 24 Nov 2026 07:51:50 +0000
Received: by local
SUBJECT: =?utf-8?Q?no_such_user?=
X-Empty:
x-lower : spaced
Subject: second
"""


def test_get_is_the_first_and_does_not_care_for_case() -> None:
    headers = Headers(HEAD)
    for name in ("Subject", "subject", "SUBJECT"):
        assert headers.get(name) == "=?utf-8?Q?no_such_user?="
        assert headers.text(name) == "no such user"
        assert name in headers
    assert headers.get("X-Lower") == "spaced"
    assert headers.get("Return-Path") == "<>"


def test_all_is_in_order_and_unfolded() -> None:
    assert Headers(HEAD).all("received") == [
        (
            "from mx.example.org (mx.example.org [192.0.2.1]) by relay.example.com with ESMTP;"
            " Tue, 24 Nov 2026 07:51:50 +0000"
        ),
        "by local",
    ]


def test_absent_and_empty_are_not_the_same() -> None:
    headers = Headers(HEAD)
    assert headers.get("X-Empty") == ""
    assert headers.text("X-Empty") == ""
    assert headers.get("X-Absent") is None
    assert headers.text("X-Absent") is None
    assert headers.all("X-Absent") == []
    assert "X-Absent" not in headers


def test_a_name_is_the_whole_name() -> None:
    headers = Headers(b"X-Subject: a\nSubject-X: b\n")
    assert "Subject" not in headers
    assert headers.get("x-subject") == "a"


def test_a_value_is_no_name() -> None:
    headers = Headers(b"X-Note: one\n Subject: folded, no field\n")
    assert "Subject" not in headers
    assert headers.get("X-Note") == "one Subject: folded, no field"


def test_truth() -> None:
    assert Headers(b"a: b")
    assert not Headers(b"")


@pytest.mark.parametrize("fold", ["\n ", "\n\t", "\n  \t ", "\n \n "])
def test_folds(fold: str) -> None:
    raw = f"A: one{fold}two{fold}three\nB: c".encode()
    assert Headers(raw).get("a") == "one two three"
    assert Headers(raw).get("b") == "c"


def test_fold_at_the_very_end() -> None:
    assert Headers(b"A: one\n ").get("a") == "one"
    assert Headers(b"A: one\n").get("a") == "one"
    assert Headers(b"A:\n one").get("a") == "one"


def test_huge_fields_are_cut() -> None:
    headers = Headers(b"A: " + b"x" * 200_000 + b"\nB: c\n")
    assert len(headers.get("A") or "") <= MAX_VALUE
    assert headers.get("B") == "c"


def test_huge_folded_fields_are_cut() -> None:
    headers = Headers(b"A: x" + b"\n x" * 60_000 + b"\nB: c\n")
    value = headers.get("A") or ""
    assert len(value) <= MAX_VALUE
    assert value.startswith("x x x")
    assert headers.get("B") == "c"


def test_many_fields() -> None:
    assert len(Headers(b"To: a\n" * 30_000).all("To")) == 30_000


def test_names_of_non_ascii_heads() -> None:
    # The lower case of İ is two characters long: positions must not shift.
    raw = "X-Name: İİİİ ŞİŞLİ\nSubject: Größe\nTo: bob@example.org\n".encode()
    headers = Headers(raw)
    assert headers.get("X-Name") == "İİİİ ŞİŞLİ"
    assert headers.get("subject") == "Größe"
    assert headers.get("TO") == "bob@example.org"


@pytest.mark.parametrize("charset", ["utf-8", "latin-1"])
def test_raw_eight_bit(charset: str) -> None:
    headers = Headers("Subject: Größe überschritten\nTo: bob@example.org\n".encode(charset))
    assert headers.get("Subject") == "Größe überschritten"
    assert headers.get("To") == "bob@example.org"


def test_one_broken_field_does_not_spoil_the_others() -> None:
    headers = Headers(b"Subject: \x1b$B%F%9%H\nFrom: ada@example.com\n")
    assert headers.get("Subject") == "テスト"
    assert headers.get("From") == "ada@example.com"


@given(st.text(max_size=200))
def test_positions_hold_for_any_value(value: str) -> None:
    line = " ".join(value.split())
    headers = Headers(f"X-Any: {line}\nTo: bob@example.org\n".encode("utf-8", "replace"))
    assert headers.get("to") == "bob@example.org"


# Where the head ends


@pytest.mark.parametrize(
    ("raw", "rest"),
    [
        (b"A: b\n\nbody", b"\nbody"),
        (b"A: b\nbody", b"body"),
        (b"A: b\n c\n\td\nbody: no\n body too\nNo field", b"No field"),
        (b"A : b\nB\t: c\n\n", b"\n"),
        (b"body", b"body"),
        (b"", b""),
        (b"A: b", b""),
        (b" folded first\nA: b", b" folded first\nA: b"),
        (b"A: b\n\xffB: c", b"\xffB: c"),
        (b": no name", b": no name"),
    ],
)
def test_head_end(raw: bytes, rest: bytes) -> None:
    assert raw[head_end(raw) :] == rest


def test_head_end_stays_inside_its_limits() -> None:
    raw = b"A: b\nC: d\nE: f\n\nbody"
    assert head_end(raw, 5) == 15
    assert head_end(raw, 5, 10) == 10
    assert head_end(raw, 5, 7) == 7
    assert head_end(raw, 15) == 15


def test_a_line_without_a_colon_ends_the_head_however_long() -> None:
    assert head_end(b"A: b\n" + b"x" * 250_000) == 5
    assert head_end(b"a:\n" * 80_000) == 240_000


# Encoded words

WORDS: Final = [
    ("=?utf-8?Q?Gr=C3=B6=C3=9Fe?=", "Größe"),
    ("=?UTF-8?b?R3LDtsOfZQ==?=", "Größe"),
    ("=?iso-8859-1?q?Gr=F6=DFe_voll?= now", "Größe voll now"),
    ("a =?utf-8?q?b?= c", "a b c"),
    ("=?utf-8?q?a?= =?utf-8?q?b?=", "ab"),  # RFC 2047 6.2
    ("=?utf-8?q?a?=\t\t=?iso-8859-1?q?=E9?=", "aé"),
    ("=?utf-8?q?a?= b =?utf-8?q?c?=", "a b c"),
    ("=?utf-8?q?a_?= =?utf-8?q?b?=", "a b"),
    ("=?us-ascii*en?q?Keith?=", "Keith"),  # RFC 2231 5
    ("=?iso-2022-jp?B?GyRCJUYlOSVIGyhC?=", "テスト"),
    ("=?utf-7?Q?+2AA-?=", "\ufffd"),
    ("no words", "no words"),
    ("=?utf-8?q??=", ""),
]


@pytest.mark.parametrize(("value", "text"), WORDS)
def test_words(value: str, text: str) -> None:
    assert decode_words(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        # A character split over two words, which RFC 2047 5 forbids and many do.
        ("=?utf-8?Q?Gr=C3?= =?utf-8?Q?=B6=C3=9Fe?=", "Größe"),
        ("=?utf-8?B?R3LD?= =?utf-8?B?tsOfZQ==?=", "Größe"),
        ("=?utf-8?Q?really??=", "really?"),
        ("=?utf-8?Q?Undelivered?_yes=21?=", "Undelivered? yes!"),
        ("=?utf-8?Q?no such user?=", "no such user"),
        ("=?utf-8?B?R3LDtsOfZQ?=", "Größe"),  # padding left out
        ("=?utf-8?q?a?==?utf-8?q?b?=", "ab"),
        ('"=?utf-8?q?a?="', '"a"'),
        ("Größe Привет =?utf-8?q?a?=", "Größe Привет a"),
        ("\\u0041 =?utf-8?q?a?=", "\\u0041 a"),
    ],
)
def test_words_as_mailers_really_write_them(value: str, text: str) -> None:
    assert decode_words(value) == text


@pytest.mark.parametrize(
    "value",
    ["=?utf-8?Q?abc", "=?utf-8?X?abc?=", "=??Q?abc?=", "=?utf-8?Q", "=?", "=?utf-8?B?QUJDR?="],
)
def test_broken_words_stay_as_they_are(value: str) -> None:
    assert decode_words(value) == value


@pytest.mark.parametrize("charset", ["x-unknown", "idna", "zip", "punycode", "undefined", "rot13"])
def test_words_of_strange_charsets(charset: str) -> None:
    assert decode_words(f"=?{charset}?Q?no_user=2E?=") == "no user."


@given(st.text(max_size=60))
def test_words_that_the_standard_library_writes(text: str) -> None:
    wanted = " ".join(text.encode("utf-8", "replace").decode().split())
    written = email.header.Header(wanted, "utf-8", maxlinelen=40).encode()
    assert decode_words(" ".join(written.split())) == wanted


@given(st.text(st.sampled_from("=?utf-8QqBb_ +2A\n\té\ud800"), max_size=60))
def test_words_never_raise(value: str) -> None:
    decode_words(value)


def test_hostile_words() -> None:
    for value in ("=?a?q?" * 2500, "=?a?q?? " * 2000, "=?" * 8000, "=?a?b?" + "?" * 16_000):
        assert decode_words(value)
