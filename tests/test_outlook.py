"""Mails saved by Outlook: the files are written here, by MS-CFB and MS-OXMSG."""

from __future__ import annotations

import random
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import pytest

from classifier.archive import Item, Unreadable, read_paths
from classifier.outlook import OutlookError, convert_msg, looks_like_msg
from classifier.pipeline import Classifier
from classifier.reasons import Kind

pytest.importorskip("olefile", reason="reading .msg is an extra: pip install 'whybounce[outlook]'")

Tree = Mapping[str, "bytes | Tree"]
END, FREE, FAT = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
SECTOR, MINI, CUTOFF = 512, 64, 4096


def number(*values: int) -> bytes:
    return b"".join(value.to_bytes(4, "little") for value in values)


def compound(tree: Tree) -> bytes:
    """A compound document (MS-CFB): streams below 4 KiB stand in the mini stream."""
    sectors: list[bytes] = []
    chain: list[int] = []
    minis = bytearray()
    mini_chain: list[int] = []
    entries: list[bytes] = []

    def put(data: bytes) -> int:
        if not data:
            return END
        begin = len(sectors)
        for at in range(0, len(data), SECTOR):
            sectors.append(data[at : at + SECTOR].ljust(SECTOR, b"\0"))
            chain.append(len(sectors))
        chain[-1] = END
        return begin

    def put_mini(data: bytes) -> int:
        if not data:
            return END
        begin = len(minis) // MINI
        minis.extend(data.ljust(len(data) + -len(data) % MINI, b"\0"))
        mini_chain.extend(range(begin + 1, len(minis) // MINI))
        mini_chain.append(END)
        return begin

    def entry(name: str, kind: int, right: int, child: int, start: int, size: int) -> bytes:
        written = f"{name}\0".encode("utf-16-le")
        head = written.ljust(64, b"\0") + len(written).to_bytes(2, "little") + bytes([kind, 1])
        links = number(FREE, right, child)
        return head + links + bytes(36) + number(start, size, 0)

    def put_tree(inner: Tree) -> int:
        """Entries of a storage, each linked to the next; the number of the first."""
        begin = len(entries)
        entries.extend(b"" for _ in inner)
        for place, (name, data) in enumerate(inner.items(), begin):
            right = place + 1 if place + 1 < begin + len(inner) else FREE
            if isinstance(data, bytes):
                start = put(data) if len(data) >= CUTOFF else put_mini(data)
                entries[place] = entry(name, 2, right, FREE, start, len(data))
            else:
                child = put_tree(data) if data else FREE
                entries[place] = entry(name, 1, right, child, 0, 0)
        return begin

    entries.append(b"")
    child = put_tree(tree)
    entries[0] = entry("Root Entry", 5, FREE, child, put(bytes(minis)), len(minis))
    directory = put(b"".join(entries))
    mini_fat = put(number(*mini_chain).ljust(-(-len(mini_chain) // 128) * SECTOR, b"\xff"))
    fats = -(-len(sectors) // 127)
    places = range(len(sectors), len(sectors) + fats)
    table = number(*chain, *[FAT] * fats).ljust(fats * SECTOR, b"\xff")
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    head += b"\x3e\0\3\0\xfe\xff\x09\0\x06\0" + bytes(6)
    head += number(0, fats, directory, 0, CUTOFF, mini_fat, -(-len(mini_chain) // 128), END, 0)
    head += number(*places).ljust(436, b"\xff")
    return head + b"".join(sectors) + table


def text(name: int, written: str, wide: bool = True) -> tuple[str, bytes]:
    data = written.encode("utf-16-le" if wide else "cp1250")
    return f"__substg1.0_{name:04X}{'001F' if wide else '001E'}", data


def codepage(value: int, head: int = 32) -> tuple[str, bytes]:
    entry = (0x3FFD0003).to_bytes(4, "little") + number(6, value, 0)
    return "__properties_version1.0", bytes(head) + entry


def attachment(data: bytes, kind: str = "", name: str = "") -> Tree:
    named = dict([text(0x370E, kind)] if kind else []) | dict([text(0x3707, name)] if name else [])
    return {**named, "__substg1.0_37010102": data}


def msg(streams: Sequence[tuple[str, bytes]], storages: Tree) -> bytes:
    tree: dict[str, bytes | Tree] = {"__nameid_version1.0": {"__substg1.0_00020102": b""}}
    return compound({**tree, **dict(streams), **storages})


HEAD: Final = """\
From: Mail Delivery System <MAILER-DAEMON@relay.example.com>\r
To: ada@example.com\r
Subject: Undelivered Mail Returned to Sender\r
Auto-Submitted: auto-replied\r
Content-Type: multipart/report; report-type=delivery-status;\r
\tboundary="gone"\r
Message-ID: <b1@relay.example.com>\r
"""
STATUS: Final = b"""\
Reporting-MTA: dns; relay.example.com\r
\r
Final-Recipient: rfc822; bob@example.org\r
Action: failed\r
Status: 5.1.1\r
Remote-MTA: dns; mx.example.org\r
Diagnostic-Code: smtp; 550 5.1.1 <bob@example.org>: user unknown\r
"""
RETURNED: Final = (
    b"From: ada@example.com\r\nSubject: Hello\r\nMessage-ID: <1@example.com>\r\n\r\nHi\r\n"
)

#: A report that came over the internet: status part and returned message are attachments.
CAME: Final = msg(
    [
        text(0x001A, "IPM.Note"),
        text(0x007D, HEAD),
        text(0x1000, "I could not deliver it.\r\n" * 300),
    ],
    {
        "__attach_version1.0_#00000000": attachment(STATUS, "message/delivery-status"),
        "__attach_version1.0_#00000001": attachment(RETURNED, name="Hello.EML"),
        "__attach_version1.0_#00000002": attachment(b"\0" * 5000, name="logo.png"),
    },
)
#: A report of Exchange's own: what was said of each recipient stands with the recipients, and the
#: message comes as properties inside.
REPORT: Final = msg(
    [
        text(0x001A, "REPORT.IPM.Note.NDR"),
        text(0x0037, "Undeliverable: Käse"),
        text(0x0C1F, "postmaster@example.com"),
        codepage(1250),
    ],
    {
        "__recip_version1.0_#00000000": dict(
            [
                text(0x39FE, "bob@example.org"),
                text(0x1001, "The e-mail account does not exist."),
                text(0x0C1B, "550 5.1.1 user unknown"),
                text(0x0C21, "dns;mx.example.org"),
            ]
        ),
        "__recip_version1.0_#00000001": dict(
            [text(0x3003, "eve@example.org"), text(0x1001, "Skrzynka jest pełna.", wide=False)]
        ),
        "__attach_version1.0_#00000000": {
            "__substg1.0_3701000D": dict(
                [
                    text(0x0037, "Käse"),
                    text(0x5D01, "ada@example.com"),
                    text(0x0E04, "bob@example.org; eve@example.org"),
                    text(0x1035, "<1@example.com>"),
                    text(0x1013, "<p>Hi</p>"),
                ]
            )
        },
    },
)


def classify(path: Path) -> list[tuple[Kind, str | None, str | None, str | None]]:
    (item,) = read_paths([path])
    assert isinstance(item, Item)
    assert not item.truncated
    assert item.size == path.stat().st_size
    rows = Classifier().classify(item.raw, item.origin)
    assert {row.original_message_id for row in rows} == {"<1@example.com>"}
    return [(row.kind, row.recipient, row.reply_code, row.reason) for row in rows]


def test_report_that_came_over_the_internet(tmp_path: Path) -> None:
    path = tmp_path / "Undelivered Mail.msg"
    path.write_bytes(CAME)
    assert classify(path) == [(Kind.FAILURE, "bob@example.org", "550", "user-unknown")]


def test_report_of_exchange(tmp_path: Path) -> None:
    path = tmp_path / "Undeliverable.msg"
    path.write_bytes(REPORT)
    assert classify(path) == [
        (Kind.FAILURE, "bob@example.org", "550", "user-unknown"),
        (Kind.FAILURE, "eve@example.org", None, "mailbox-full"),
    ]


def test_folders_give_mails_and_pass_over_documents(tmp_path: Path) -> None:
    document = compound({"WordDocument": b"x" * 100})
    (tmp_path / "a.msg").write_bytes(CAME)
    (tmp_path / "b.doc").write_bytes(document)
    assert [item.origin for item in read_paths([tmp_path])] == [f"{tmp_path}/a.msg"]
    (named,) = read_paths([tmp_path / "b.doc"])
    assert isinstance(named, Unreadable)
    assert named.why == "is a document and no mail"
    assert looks_like_msg(document)
    assert convert_msg(document) is None


def test_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "olefile", None)
    (tmp_path / "a.msg").write_bytes(CAME)
    (found,) = read_paths([tmp_path])
    assert isinstance(found, Unreadable)
    assert "whybounce[outlook]" in found.cure
    assert found.why == "is an Outlook .msg, for which a package is missing"


def test_too_large_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("classifier.archive._MSG_CAP", 1024)
    (tmp_path / "a.msg").write_bytes(CAME)
    (found,) = read_paths([tmp_path])
    assert isinstance(found, Unreadable)
    assert found.cure == "save it as .eml"


@pytest.mark.parametrize("whole", [CAME, REPORT], ids=["came", "report"])
def test_damage_is_said_or_read(whole: bytes) -> None:
    chance = random.Random(7)  # noqa: S311
    judge = Classifier()
    damaged = [whole[: len(whole) * part // 30] for part in range(1, 30)]
    for _ in range(60):
        flipped = bytearray(whole)
        for _ in range(len(flipped) // 200):
            flipped[chance.randrange(8, len(flipped))] = chance.choice((0, 1, 0x7F, 0xFE, 0xFF))
        damaged.append(bytes(flipped))
    for raw in damaged:
        mail = None
        with suppress(OutlookError):
            mail = convert_msg(raw)
        if mail is not None:
            assert judge.classify(mail)
