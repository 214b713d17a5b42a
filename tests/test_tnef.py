"""Reports wrapped into winmail.dat: the streams here are written by MS-OXTNEF 2.1.3."""

from __future__ import annotations

import base64
import random
from typing import Final

import pytest

from classifier.pipeline import Classifier
from classifier.reasons import Kind
from classifier.tnef import read_tnef

BODY, MESSAGE, RECIPIENTS, CODEPAGE = 0x800C, 0x9003, 0x9004, 0x9007
TEXT8, TEXT16, NUMBER, TIME, NUMBERS, TEXTS = 0x1E, 0x1F, 0x03, 0x40, 0x1003, 0x101F


def attribute(name: int, data: bytes, level: int = 1) -> bytes:
    head = bytes([level]) + name.to_bytes(2, "little") + b"\6\0" + len(data).to_bytes(4, "little")
    return head + data + (sum(data) & 0xFFFF).to_bytes(2, "little")


def number(value: int) -> bytes:
    return value.to_bytes(4, "little")


def value(data: bytes) -> bytes:
    return number(len(data)) + data + b"\0" * (-len(data) % 4)


def text(name: int, written: str, kind: int = TEXT16) -> bytes:
    data = f"{written}\0".encode("utf-16-le" if kind == TEXT16 else "cp1250")
    return kind.to_bytes(2, "little") + name.to_bytes(2, "little") + number(1) + value(data)


def fixed(name: int, kind: int, data: bytes) -> bytes:
    return kind.to_bytes(2, "little") + name.to_bytes(2, "little") + data


def properties(*each: bytes) -> bytes:
    return number(len(each)) + b"".join(each)


def stream(*attributes: bytes) -> bytes:
    return b"\x78\x9f\x3e\x22\1\0" + b"".join(attributes)


#: A property with a name of its own stands before the others, and types that take more room.
NAMED: Final = (
    fixed(0x8001, TEXT16, b"g" * 16 + number(1) + value("Häufung".encode("utf-16-le")))
    + number(1)
    + value("x".encode("utf-16-le"))
)
REPORT: Final = stream(
    attribute(CODEPAGE, number(1250) + number(0)),
    attribute(
        MESSAGE,
        properties(
            NAMED,
            fixed(0x8002, NUMBER, b"g" * 16 + number(0) + number(7) + number(1)),
            fixed(0x0E06, TIME, b"t" * 8),
            fixed(0x6800, NUMBERS, number(2) + number(1) + number(2)),
            fixed(0x6801, TEXTS, number(2) + value(b"a\0") + value(b"b\0")),
            text(0x1000, "Your message did not reach some or all of the intended recipients.\r\n"),
        ),
    ),
    attribute(
        RECIPIENTS,
        number(2)
        + properties(
            text(0x39FE, "bob@example.org"),
            text(0x1001, "The e-mail account\r\ndoes not exist.", TEXT8),
            text(0x0C1B, "550 5.1.1 <bob@example.org>: user unknown"),
            text(0x0C21, "dns;mx.example.org"),
        )
        + properties(text(0x3003, "eve@example.org"), text(0x1001, "Skrzynka jest pełna.", TEXT8)),
    ),
)
MAIL: Final = b"""\
From: System Administrator <postmaster@example.com>
To: ada@example.com
Subject: Undeliverable: Hello
MIME-Version: 1.0
Content-Type: application/ms-tnef; name="winmail.dat"
Content-Transfer-Encoding: base64

"""


def test_text_and_recipients() -> None:
    assert read_tnef(REPORT).splitlines() == [
        "Your message did not reach some or all of the intended recipients.",
        "",
        "",
        "bob@example.org",
        "    The e-mail account does not exist.",
        "    host mx.example.org said: 550 5.1.1 <bob@example.org>: user unknown",
        "",
        "eve@example.org",
        "    Skrzynka jest pełna.",
        "    ",
    ]


def test_report_of_exchange_is_read() -> None:
    rows = Classifier().classify(MAIL + base64.encodebytes(REPORT))
    assert [(row.kind, row.recipient, row.reply_code, row.remote_mta) for row in rows] == [
        (Kind.FAILURE, "bob@example.org", "550", "mx.example.org"),
        (Kind.FAILURE, "eve@example.org", None, None),
    ]
    assert [row.reason for row in rows] == ["user-unknown", "mailbox-full"]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (
            stream(attribute(BODY, b"za\xbf\xf3\xb3\xe6\0"), attribute(CODEPAGE, number(1250))),
            "zaż",
        ),
        (
            stream(attribute(CODEPAGE, number(1250)), attribute(BODY, b"za\xbf\xf3\xb3\xe6")),
            "zażółć",
        ),
        (stream(attribute(MESSAGE, properties(text(0x1013, "<p>Hello<br>you</p>")))), "Hello\nyou"),
        (stream(attribute(MESSAGE, properties(fixed(0x1, 0xEE, b"")))), ""),
        (b"", ""),
        (b"%PDF-1.7", ""),
    ],
    ids=["text", "codepage", "html", "unknown-type", "empty", "other"],
)
def test_what_it_holds(written: bytes, read: str) -> None:
    if read == "zaż":  # the code page comes too late: read as Western, without an exception
        assert read_tnef(written).startswith("za")
    else:
        assert read_tnef(written).strip() == read


def test_damage_raises_nothing() -> None:
    for end in range(len(REPORT)):
        read_tnef(REPORT[:end])
    chance = random.Random(5)  # noqa: S311
    for _ in range(2000):
        raw = bytearray(REPORT)
        for _ in range(8):
            raw[chance.randrange(4, len(raw))] = chance.choice((0, 1, 0x7F, 0xFF))
        read_tnef(bytes(raw))
    assert read_tnef(REPORT)
