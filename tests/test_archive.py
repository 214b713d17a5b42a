"""Paths to raw mails: what is split, what is skipped, and what is held in memory."""

from __future__ import annotations

import base64
import bz2
import gzip
import hashlib
import io
import lzma
import os
import random
import re
import sys
import threading
import tracemalloc
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from backports import zstd
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier import packed as packed_files
from classifier.archive import Item, Unreadable, read_paths, read_stream
from classifier.listing import read_list
from classifier.mbox import find_opening
from classifier.message import READ_CAP
from classifier.source import Meter

DATED = b"From MAILER-DAEMON Tue Nov 24 07:51:50 2026"
MAIL = b"Subject: one\n\nbody\n"
OTHER = b"Subject: two\n\nbody\n"


def write_mbox(mails: Iterable[bytes], eol: bytes = b"\n", dated: bytes = DATED) -> bytes:
    """An mboxrd of mails whose last line is ended; a blank line after each, the last one too."""
    quoted = re.compile(rb"(?:\A|(?<=[\r\n]))(>*From )")
    return b"".join(dated + eol + quoted.sub(rb">\1", mail) + eol for mail in mails)


def split(data: bytes, cap: int = READ_CAP, chunk: int = 1 << 20) -> list[Item]:
    return list(read_stream(io.BytesIO(data), "x", cap=cap, chunk=chunk))


def raws(data: bytes) -> list[bytes]:
    return [item.raw for item in split(data)]


def read(*paths: str | Path, stdin: bytes | None = None) -> list[Item | Unreadable]:
    return list(read_paths(paths, None if stdin is None else io.BytesIO(stdin)))


def origins(*paths: str | Path, under: Path) -> list[str]:
    return [found.origin.removeprefix(f"{under}/") for found in read(*paths)]


def fault(*paths: str | Path, stdin: bytes | None = None) -> Unreadable:
    """The one thing that came, which must be a fault that says what to do."""
    (found,) = read(*paths, stdin=stdin)
    assert isinstance(found, Unreadable)
    assert found.cure
    assert len(found.why.splitlines()) == 1
    return found


# Mboxes that come back as they were


LINES = st.one_of(
    st.sampled_from(
        [
            b"",
            b"From now on we meet at ten.",
            b"From Monday Nov 23",
            DATED,
            b">" + DATED,
            b">>From x",
            b"Name: value",
            b"-- ",
            b"From ",
            b"From: me",
        ]
    ),
    st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"])).map(str.encode),
)
MAILS = st.lists(
    st.tuples(st.sampled_from([b"Subject: x", b"Received: y", b"X-Z:"]), st.lists(LINES)).map(
        lambda parts: [parts[0], *parts[1]]
    ),
    min_size=1,
    max_size=6,
)


@given(MAILS, st.sampled_from([b"\n", b"\r\n", b"\r"]), st.integers(1, 200))
def test_mboxrd_comes_back(mails: list[list[bytes]], eol: bytes, chunk: int) -> None:
    wanted = [eol.join([*lines, b""]) for lines in mails]
    items = split(write_mbox(wanted, eol), chunk=chunk)
    assert [item.raw for item in items] == wanted
    assert [item.size for item in items] == [len(mail) for mail in wanted]
    assert [item.origin for item in items] == [f"x#{n}" for n in range(len(wanted))]
    assert not any(item.truncated for item in items)


@given(MAILS, st.sampled_from([b"\n", b"\r\n", b"\r"]))
def test_mboxrd_without_a_last_newline_comes_back(mails: list[list[bytes]], eol: bytes) -> None:
    wanted = [eol.join([*lines, b""]) for lines in mails]
    got = raws(write_mbox(wanted, eol).rstrip(b"\r\n"))
    assert got[:-1] == wanted[:-1]
    assert got[-1] == wanted[-1].rstrip(b"\r\n")


@given(MAILS, st.integers(0, 300), st.integers(1, 64))
def test_a_cap_cuts_and_counts(mails: list[list[bytes]], cap: int, chunk: int) -> None:
    wanted = [b"\n".join([*lines, b""]).replace(b"From ", b"from ") for lines in mails]
    items = split(write_mbox(wanted), cap=cap, chunk=chunk)
    assert [item.raw for item in items] == [mail[:cap] for mail in wanted]
    assert [item.size for item in items] == [len(mail) for mail in wanted]
    assert [item.truncated for item in items] == [len(mail) > cap for mail in wanted]


@settings(max_examples=300)
@given(st.binary(), st.integers(1, 9), st.integers(0, 40))
def test_bytes_of_any_kind_are_read(data: bytes, chunk: int, cap: int) -> None:
    opened = DATED + b"\n" + data
    for item in [*split(data, cap, chunk), *split(opened, cap, chunk)]:
        assert len(item.raw) <= cap
        assert item.size is not None
        assert item.truncated == (item.size > len(item.raw))


@pytest.mark.parametrize("eol", [b"\n", b"\r\n", b"\r"])
def test_chunks_change_nothing(eol: bytes) -> None:
    lines = [b"Subject: x", b"", b"Hello.", b"", DATED, b"", b"", b">From a", b"Name: x", b""]
    small = eol.join(lines)
    # Longer than the bytes that a decision may need, so that decisions fall inside the stream.
    large = small + b"".join(b"%05d %s%s" % (n, b"x" * (n % 97), eol) for n in range(120))
    data = write_mbox([small, large, small, large + eol + eol, small, large + small], eol)
    # One that is a "From " line only to those who do not see the next line.
    data = data.replace(b"00050", DATED[5:] + eol + eol + DATED + eol + eol)
    for cap in (READ_CAP, 1000, 7):
        whole = split(data, cap=cap)
        assert len(whole) == 6
        for chunk in [*range(1, 65), 4095, 4096, 4097]:
            assert split(data, cap=cap, chunk=chunk) == whole


@pytest.mark.parametrize("length", range(4088, 4099))
def test_chunks_change_nothing_where_envelopes_are_too_long(length: int) -> None:
    relay = b">From bob " + DATED[19:]
    relays = b"".join(relay.ljust(900, b".") + b"\n" for _ in range(4))
    envelopes = relays + relay.ljust(length - len(DATED) - len(relays) - 2, b".") + b"\n"
    data = write_mbox([OTHER]) + DATED + b"\n" + envelopes + MAIL + b"\n" + write_mbox([OTHER]) * 9
    whole = split(data)
    assert (len(whole) == 11) == (length + len(b"Subject:") <= 4096)
    for chunk in (1, 2, 3, 5):
        assert split(data, chunk=chunk) == whole


# What separates mails


@pytest.mark.parametrize(
    "line",
    [
        b"From MAILER-DAEMON Tue Nov 24 07:51:50 2026",
        b"From - Tue Nov 24 07:51:50 2026",
        b"From a@b.example  Tue Nov  3 07:51:50 +0000 2026",
        b"From user at host.example  Tue Nov 24 07:51:50 2026",
        b"From x@y.example Mon Feb  8 02:53:47 PST 1993",
        b"From MAILER-DAEMON Mon 1 Jan 2015 00:00:00 +0900",
        b"From a@b.example Tue, 24 Nov 2026 07:51:50 +0000",
        b"From () 2019-10-02 05:04:34 +0000",
        b"From bob Tue Nov 24 07:51 2026 remote from relay",
        b"From  Tue Nov 24 07:51:50 2026",
    ],
)
def test_a_dated_line_separates(line: bytes) -> None:
    assert raws(write_mbox([MAIL, OTHER], dated=line)) == [MAIL, OTHER]


@pytest.mark.parametrize(
    "line",
    [
        b"From now on:",
        b"From Monday",
        b"From Monday Nov 23 on we meet at ten",
        b"From Tue to Wed, Nov 24 2026",
        b"From MAILER-DAEMON",
        b"From MAILER-DAEMON Tue Nov",
        b"From MAILER-DAEMON Xxx Nov 24 07:51:50 2026",
        b"From " + b"x" * 1000 + DATED[4:],
        b"from MAILER-DAEMON Tue Nov 24 07:51:50 2026",
        b" From MAILER-DAEMON Tue Nov 24 07:51:50 2026",
    ],
)
def test_an_undated_line_is_text(line: bytes) -> None:
    mail = MAIL + b"\n" + line + b"\nNote: here we go\n\nend\n"
    data = DATED + b"\n" + mail + b"\n" + write_mbox([OTHER])
    assert raws(data) == [mail, OTHER]


def test_a_dated_line_in_the_middle_of_text_is_text() -> None:
    mail = MAIL + DATED + b"\nNote: no blank line before\n"
    assert raws(DATED + b"\n" + mail + b"\n" + write_mbox([OTHER])) == [mail, OTHER]


@pytest.mark.parametrize("after", [b"what follows is text\n", b"\n", b"", b": x\n", b"a b: x\n"])
def test_a_dated_line_without_a_field_after_it_is_text(after: bytes) -> None:
    mail = MAIL + b"\n" + DATED + b"\n" + after
    (got,) = raws(DATED + b"\n" + mail)
    assert got in (mail, mail.removesuffix(b"\n"))


def test_content_length_is_not_trusted() -> None:
    for length in (b"0", b"5", b"99999"):
        mail = b"Content-Length: " + length + b"\n" + MAIL
        assert raws(write_mbox([mail, OTHER])) == [mail, OTHER]


def test_envelope_lines_of_relays_are_no_part_of_the_mail() -> None:
    relays = b">From bob Tue Nov 24 07:51:50 2026 remote from relay\nFrom eve " + DATED[19:] + b"\n"
    one = DATED + b"\n" + relays + MAIL
    assert raws(one + b"\n" + one) == [MAIL, MAIL]


def test_one_mark_of_quotation_is_taken_away() -> None:
    stored = b"S: x\n\n>From a\n>>From b\n> From c\n>From\n>Fromage\nd >From e\n"
    mail = b"S: x\n\nFrom a\n>From b\n> From c\n>From\n>Fromage\nd >From e\n"
    assert raws(DATED + b"\n" + stored) == [mail]


def test_a_lone_mail_is_left_alone() -> None:
    mail = b"S: x\n\n>From a\n\n" + DATED + b"\nS: y\n\n\n"
    (item,) = split(mail)
    assert item == Item("x", mail, False, len(mail))


def test_crlf_mails_between_lf_separators() -> None:
    crlf = MAIL.replace(b"\n", b"\r\n")
    assert raws(write_mbox([crlf, crlf])) == [crlf, crlf]
    assert raws(write_mbox([crlf, crlf]).replace(b"\r\n\n", b"\r\n\r\n")) == [crlf, crlf]


def test_mails_without_a_byte() -> None:
    assert raws(DATED + b"\n\n" + write_mbox([MAIL])) == [b"", MAIL]
    assert raws(DATED + b"\r\n\r\n" + write_mbox([MAIL], b"\r\n")) == [b"", MAIL]
    assert raws(DATED) == raws(DATED + b"\n") == raws(DATED + b"\n\n") == [b""]


@pytest.mark.parametrize("before", [b"\n", b"\r\n\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n", b">"])
def test_what_may_stand_before_an_mbox(before: bytes) -> None:
    assert raws(before + write_mbox([MAIL, OTHER])) == [MAIL, OTHER]


@pytest.mark.parametrize(
    "head", [b"From now on\n\nx", b"From", b"From ", b"Subject: x\n\n" + DATED]
)
def test_what_is_no_mbox(head: bytes) -> None:
    assert find_opening(head) is None
    assert raws(head) == [head]


def test_one_mail_in_an_mbox_keeps_its_number() -> None:
    (item,) = split(DATED + b"\n" + MAIL)
    assert item == Item("x#0", MAIL, False, len(MAIL))


# Damage: it costs the mails that it falls on


TORN = [b"Received: by a\nSubject: %d\n\n%s\n" % (n, b"body" * 30) for n in range(9)]


@pytest.mark.parametrize("eol", [b"\n", b"\r\n"])
@pytest.mark.parametrize(
    ("begin", "end", "gap"),
    [
        (-30, 0, b""),  # cut off in a line; the next mail stands behind it
        (-1, 0, b""),  # no blank line
        (-20, 0, b"\0" * 5000),  # a hole
        (-20, 0, bytes(range(256)) * 40),
        (-20, 60, b"\0" * 5000),
        (-20, 20, b"\xff\xfe" * 5000),
        (-5, 5000, b""),
    ],
)
def test_a_gap_in_an_mbox_costs_what_it_fell_on(
    eol: bytes, begin: int, end: int, gap: bytes
) -> None:
    mails = [mail.replace(b"\n", eol) for mail in TORN]
    if end > 1000:
        mails[4] = mails[4] + b"x" * 10_000 + eol
    data = write_mbox(mails, eol)
    place = data.index(DATED + eol + mails[4])
    hurt = data[: place + begin] + gap + data[place + end :]
    got = raws(hurt)
    assert got[:3] == mails[:3]
    assert got[-4:] == mails[-4:]
    assert mails[3][:20] == got[3][:20]
    assert (mails[4] in got) == (end == 0)
    for chunk in (1, 7, 4096):
        assert [item.raw for item in split(hurt, chunk=chunk)] == got


@pytest.mark.parametrize("start", [b"\0" * 700, b"half a li", b"\xff\xfe" * 99 + b"\n", b"xFrom "])
def test_an_mbox_whose_first_mail_is_damaged(tmp_path: Path, start: bytes) -> None:
    path = tmp_path / "x"
    path.write_bytes(start + write_mbox(TORN))
    found = read(path)
    assert [item.raw for item in found[-8:] if isinstance(item, Item)] == TORN[1:]
    assert len(found) in (9, 10)


@pytest.mark.parametrize("before", [b"> ", b">", b"\t", b"He wrote: ", b'"'])
def test_a_quoted_line_is_text_though_a_field_follows_it(before: bytes) -> None:
    mail = MAIL + before + DATED + b"\nReceived: by a\n"
    (got,) = raws(DATED + b"\n" + mail)
    assert got.startswith(MAIL)


class BadDisk(io.BytesIO):
    """A file of which a disk has lost some blocks."""

    lost = range(20_000, 26_000)

    def read(self, size: int | None = -1) -> bytes:
        begin = self.tell()
        end = begin + (size or 0)
        if begin in self.lost:
            raise OSError(5, "Input/output error")
        return super().read(min(end, self.lost.start) - begin if begin < 20_000 else size)


def test_a_bad_sector_costs_the_mails_on_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mails = [b"Received: by a\nSubject: %d\n\n%s\n" % (n, b"x" * 900) for n in range(100)]
    path = tmp_path / "x"
    path.write_bytes(write_mbox(mails))
    monkeypatch.setattr("builtins.open", lambda name, *_, **__: BadDisk(Path(name).read_bytes()))
    *items, last = read(path)
    got = {item.raw for item in items if isinstance(item, Item)}
    assert 90 <= len(got & set(mails)) < 95
    assert items[-1].origin == f"{path}#{len(items) - 1}"
    assert isinstance(last, Unreadable)
    assert last.why == "could be read only in part: Input/output error"


# Memory


class Endless(io.RawIOBase):
    """A file of `size` bytes that is made while it is read."""

    def __init__(self, head: bytes, piece: bytes, size: int) -> None:
        self.left, self.piece, self.head = size, piece * (1 + 65536 // len(piece)), head

    def read(self, size: int = -1) -> bytes:
        data, self.head = (self.head or self.piece)[:size], b""
        data = data[: self.left]
        self.left -= len(data)
        return data


@pytest.mark.parametrize("opening", [b"", DATED + b"\n"])
@pytest.mark.parametrize(
    ("piece", "size"),
    [
        (b"x", 200_000_000),
        (b"a line of text\n", 200_000_000),
        (b"\r", 200_000_000),
        (b"\n\n" + DATED + b"\n", 8_000_000),  # each might be the end of the mail, none is
    ],
)
def test_memory_has_a_bound(opening: bytes, piece: bytes, size: int) -> None:
    tracemalloc.start()
    try:
        (item,) = read_stream(Endless(opening + MAIL, piece, size), "x")  # type: ignore[arg-type]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 6_000_000
    assert item.truncated
    assert len(item.raw) == READ_CAP
    assert item.raw.startswith(MAIL)
    assert item.size is not None
    assert 0 <= size - len(opening) - item.size <= 1


# Files


def test_a_file_is_cut_at_the_cap_without_being_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "big.eml"
    wanted = MAIL.ljust(READ_CAP, b".")
    path.write_bytes(wanted)
    os.truncate(path, 1 << 40)  # a hole; whoever reads it all will be at it for minutes
    assert read(path) == [Item(str(path), wanted, True, 1 << 40)]


def test_a_file_of_exactly_the_cap_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(MAIL.ljust(READ_CAP, b"."))
    assert read(path) == [Item(str(path), path.read_bytes(), False, READ_CAP)]


def test_a_named_file_is_read_whatever_it_is(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b"a,b\n1,2\n")
    assert read(path) == [Item(str(path), b"a,b\n1,2\n", False, 8)]


def test_order_is_kept_and_twice_is_twice(tmp_path: Path) -> None:
    one, two = tmp_path / "b", tmp_path / "a"
    one.write_bytes(MAIL)
    two.write_bytes(write_mbox([OTHER, MAIL]))
    names = origins(one, two, one, under=tmp_path)
    assert names == ["b", "a#0", "a#1", "b"]


def test_a_path_is_named_as_it_was_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a").write_bytes(MAIL)
    monkeypatch.chdir(tmp_path)
    assert [found.origin for found in read("in/a", "in", "in/", ".")] == [
        "in/a",
        "in/a",
        "in/a",
        "./in/a",
    ]


@pytest.mark.parametrize(
    ("magic", "name"),
    [
        (b"7z\xbc\xaf\x27\x1c", "7z"),
        (b"Rar!\x1a\x07\x01\x00", "rar"),
        (b"\x04\x22\x4d\x18", "lz4"),
    ],
)
def test_a_packed_file_is_not_read(tmp_path: Path, magic: bytes, name: str) -> None:
    path = tmp_path / "mails"
    path.write_bytes(magic + MAIL)
    for found in (fault(path), fault(tmp_path), fault("-", stdin=magic + MAIL)):
        assert name in found.why
        assert found.cure.startswith("unpack it first: ")
    assert fault(path).cure.endswith(f" {path}")


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": zstd.compress,
}


@pytest.mark.parametrize("name", PACKERS)
def test_a_packed_mbox_is_read_as_it_streams(tmp_path: Path, name: str) -> None:
    mails = [MAIL, OTHER] * 5000
    packed = PACKERS[name](write_mbox(mails[:5000])) + PACKERS[name](write_mbox(mails[5000:]))
    path = tmp_path / "mails"
    path.write_bytes(packed + (b"\0" * 8 if name == "xz" else b""))
    for found in (read(path), read(tmp_path), read("-", stdin=packed)):
        assert [item.raw for item in found if isinstance(item, Item)] == mails
    last = read(path)[-1]
    assert isinstance(last, Item)
    assert last.origin == f"{path}#9999"


@pytest.mark.parametrize("name", PACKERS)
def test_a_damaged_packed_file_gives_what_it_holds(tmp_path: Path, name: str) -> None:
    noise = [
        b"X: %b\n\nbody\n" % hashlib.shake_128(b"%d" % n).hexdigest(300).encode()
        for n in range(5000)
    ]
    packed = PACKERS[name](write_mbox(noise))
    path = tmp_path / "mails"
    path.write_bytes(packed[: len(packed) * 3 // 4])
    found = read(path)
    assert [item.raw for item in found[:100] if isinstance(item, Item)] == noise[:100]
    last = found[-1]
    assert isinstance(last, Unreadable)
    assert last.why.startswith("could be read only in part: is damaged or cut off: ")
    path.write_bytes(packed[:64])
    last = read(path)[-1]
    assert isinstance(last, Unreadable)
    assert "damaged" in last.why


def test_an_outlook_store_is_told_how_to_be_converted(tmp_path: Path) -> None:
    path = tmp_path / "old.pst"
    path.write_bytes(b"!BDN" + b"\0" * 600)
    found = fault(path)
    assert found.why == "is an Outlook .pst or .ost"
    assert f"readpst -D -e -t e -q -o out {path}" in found.cure


def test_what_is_packed_twice_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "mails"
    path.write_bytes(gzip.compress(lzma.compress(MAIL)))
    assert fault(path).why == "is packed twice"


def test_xz_that_asks_for_much_memory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packed_files, "_MEMORY", 1024 * 1024)
    path = tmp_path / "mails"
    path.write_bytes(lzma.compress(MAIL))
    assert fault(path).why == "is damaged or cut off: Memory usage limit exceeded"


def test_an_empty_file_is_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.touch()
    assert fault(path).why == "is empty"
    assert fault("-", stdin=b"") == Unreadable("-", "is empty", fault(path).cure)


def test_a_missing_file_is_a_fault_and_the_rest_goes_on(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(MAIL)
    gone, found = read(tmp_path / "gone", tmp_path / "a")
    assert isinstance(gone, Unreadable)
    assert gone.why == "does not exist"
    assert isinstance(found, Item)
    assert "null" in fault("a\0b").why
    assert fault("x" * 5000).why == "File name too long"


def test_a_closed_file_or_folder_is_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").write_bytes(MAIL)
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "c").write_bytes(MAIL)
    (tmp_path / "d").write_bytes(MAIL)

    def refuse(function: object, name: str) -> object:
        def ask(path: str, *args: object, **options: object) -> object:
            if path.endswith(name):
                raise PermissionError(13, "Permission denied", path)
            return function(path, *args, **options)  # type: ignore[operator]

        return ask

    monkeypatch.setattr("builtins.open", refuse(open, "/a"))
    monkeypatch.setattr("os.scandir", refuse(os.scandir, "/b"))
    closed, folder, found = read(tmp_path)
    assert isinstance(closed, Unreadable)
    assert isinstance(folder, Unreadable)
    assert closed.why == folder.why == "may not be read"
    assert folder.origin == f"{tmp_path}/b"
    assert isinstance(found, Item)


class Failing(io.BytesIO):
    """A file on a disk that breaks behind its last byte."""

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size)
        if not data:
            raise OSError(5, "Input/output error")
        return data


@pytest.mark.parametrize(
    ("data", "sizes"), [(MAIL, [None]), (write_mbox([MAIL, OTHER]), [len(MAIL), len(OTHER)])]
)
def test_a_file_that_fails_gives_what_it_gave(data: bytes, sizes: list[int | None]) -> None:
    *items, last = read_paths(["-"], Failing(data))
    assert [item.size for item in items if isinstance(item, Item)] == sizes
    assert last == Unreadable(
        "-",
        "could be read only in part: Input/output error",
        "check the file and the disk or network it is on",
    )
    assert [item.size for item in read_stream(Failing(data), "x")] == sizes
    (empty,) = read_paths(["-"], Failing())
    assert isinstance(empty, Unreadable)
    assert empty.why == "Input/output error"


def test_a_file_that_shrinks_while_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(write_mbox([MAIL] * 200_000))
    results = read_paths([path])
    first = next(results)
    os.truncate(path, 0)
    rest = list(results)
    assert isinstance(first, Item)
    assert first.raw == MAIL
    assert 1 < len(rest) < 199_999


@pytest.mark.skipif(sys.platform == "win32", reason="names are text there")
def test_a_broken_name_can_be_printed(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9.eml")
    path.write_bytes(MAIL)
    for given_path in (path, tmp_path):
        (item,) = read(given_path)
        assert isinstance(item, Item)
        assert item.origin == f"{tmp_path}/caf\\udce9.eml"
        assert item.origin.encode()


# Standard input, pipes


def test_standard_input() -> None:
    assert read("-", stdin=MAIL) == [Item("-", MAIL, False, len(MAIL))]
    assert [found.origin for found in read("-", stdin=write_mbox([MAIL, MAIL]))] == ["-#0", "-#1"]


class Spoon(io.BytesIO):
    """A file that gives a byte at a time."""

    def read(self, size: int | None = -1) -> bytes:
        return super().read(1 if size else 0)


def test_a_file_that_gives_a_byte_at_a_time() -> None:
    assert [item.raw for item in read_stream(Spoon(write_mbox([MAIL, OTHER])), "x")] == [
        MAIL,
        OTHER,
    ]


def test_standard_input_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(MAIL)))
    assert read("-") == [Item("-", MAIL, False, len(MAIL))]
    monkeypatch.setattr("sys.stdin", None)
    assert "closed" in fault("-").why
    closed = io.BytesIO()
    closed.close()
    (found,) = read_paths(["-"], closed)
    assert isinstance(found, Unreadable)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_read_where_named_and_passed_over_in_a_folder(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert fault(tmp_path).why == "holds no mail"
    wanted = [MAIL + b"x" * READ_CAP, OTHER]
    data = write_mbox(mail + b"\n" for mail in wanted)
    writer = threading.Thread(target=pipe.write_bytes, args=(data,))
    writer.start()
    items = read(pipe)
    writer.join()
    assert [found.origin for found in items] == [f"{pipe}#0", f"{pipe}#1"]
    assert [item.truncated for item in items if isinstance(item, Item)] == [True, False]


# Folders


def test_a_folder_is_read_by_name_and_without_what_is_no_mail(tmp_path: Path) -> None:
    files = {
        "2/deep/er/mail": MAIL,
        "2/a.mbox": write_mbox([MAIL, MAIL]),
        "2/marked.txt": b"\xef\xbb\xbf" + MAIL,
        "10.eml": b"\r\n" + MAIL,
        "3": b"Return-Path: <>\r\nX: y\r\n",
        "b.EML": b"<html>a damaged mail",
        "hidden/.mail": MAIL,
        ".hidden/mail": MAIL,
        "x/picture.png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
        "x/binary": b"Subject:\0\1\2",
        "x/table.csv": b"path,kind\nmail: x,failure\n",
        "x/results.jsonl": b'{"origin": "a"}\n',
        "x/links": b"https://example.org\n",
        "x/notes": b"From now on: nothing\n",
        "x/rule.toml": b'[rule]\nname = "a: b"\n',
        "x/empty": b"",
        "x/blank": b"\n\n\n",
    }
    for name, data in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    assert origins(tmp_path, under=tmp_path) == [
        "10.eml",
        "2/a.mbox#0",
        "2/a.mbox#1",
        "2/deep/er/mail",
        "2/marked.txt",
        "3",
        "b.EML",
    ]


@pytest.mark.parametrize("inside", [[], ["x.csv"], ["Maildir/cur/", "Maildir/new/"]])
def test_a_folder_without_mail_is_a_fault(tmp_path: Path, inside: list[str]) -> None:
    for name in inside:
        path = tmp_path / name
        (path if name.endswith("/") else path.parent).mkdir(parents=True, exist_ok=True)
        if not name.endswith("/"):
            path.write_bytes(b"a,b\n")
    found = fault(tmp_path)
    assert (found.origin, found.why) == (str(tmp_path), "holds no mail")


def test_links_are_followed_and_circles_are_not(tmp_path: Path) -> None:
    top = tmp_path / "top"
    (top / "a").mkdir(parents=True)
    (top / "a" / "mail").write_bytes(MAIL)
    (top / "a" / "up").symlink_to(top)
    (top / "b").symlink_to(top / "a" / "mail")
    (top / "c").symlink_to("c")
    (top / "d").symlink_to(tmp_path / "gone")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "mail").write_bytes(MAIL)
    (top / "e").symlink_to(tmp_path / "elsewhere")
    assert origins(top, under=top) == ["a/mail", "b", "e/mail"]
    assert "symbolic links" in fault(top / "c").why


def test_a_maildir_is_read_by_name(tmp_path: Path) -> None:
    for name, data in {
        "new/1.a": MAIL,
        "cur/2.a:2,S": write_mbox([MAIL]),
        "new/3.a": b"no head at all",
        "cur/4.a:2,": b"",
        "cur/.nfs1": MAIL,
        "tmp/5.a": MAIL,
        "subscriptions": b"Name: of a folder\n",
        ".Sent/cur/6.a:2,": MAIL,
        ".Sent/new/7.a": MAIL,
        ".Sent/tmp/8.a": MAIL,
        ".cache/9.a": MAIL,
        "Lists/cur/10.a:2,": MAIL,
        "Lists/new/.keep": b"",
    }.items():
        (tmp_path / "box" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "box" / name).write_bytes(data)
    wanted = [
        "box/new/1.a",
        "box/cur/2.a:2,S#0",
        "box/new/3.a",
        "box/cur/4.a:2,",
        "box/.Sent/cur/6.a:2,",
        "box/.Sent/new/7.a",
        "box/Lists/cur/10.a:2,",
    ]
    assert origins(tmp_path / "box", under=tmp_path) == wanted
    assert origins(tmp_path, under=tmp_path) == wanted
    assert [found.origin for found in read(tmp_path) if isinstance(found, Unreadable)] == [
        f"{tmp_path}/box/cur/4.a:2,"
    ]


# Patterns and lists


def test_a_pattern_is_expanded_and_sorted(tmp_path: Path) -> None:
    for name in ("b/2.eml", "b/10.eml", "a/1.eml", "a/deep/3.eml", "a/.h.eml", "c[1].eml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(MAIL)
    assert origins(tmp_path / "*" / "*.eml", under=tmp_path) == ["a/1.eml", "b/10.eml", "b/2.eml"]
    assert origins(tmp_path / "**" / "?.eml", under=tmp_path) == [
        "a/1.eml",
        "a/deep/3.eml",
        "b/2.eml",
    ]
    # A folder that matches is read as a folder, once.
    assert origins(tmp_path / "a*", under=tmp_path) == origins(tmp_path / "a", under=tmp_path)
    everything = origins(tmp_path / "**", under=tmp_path)
    assert len(everything) == len(set(everything)) == 5
    # What is there by this name is no pattern.
    assert origins(tmp_path / "c[1].eml", under=tmp_path) == ["c[1].eml"]
    found = fault(tmp_path / "*.mbox")
    assert found.why == "does not exist, and as a pattern matches nothing"


@pytest.mark.parametrize(
    ("data", "paths"),
    [
        (b"", []),
        (b"a\nb c\r\n\n  \nd", ["a", "b c", "d"]),
        (b"\xef\xbb\xbfa\n", ["a"]),
        (b"a\nb\0c\0", ["a\nb", "c"]),
        (b"caf\xe9\n", [os.fsdecode(b"caf\xe9")]),
        (b"".join(b"%d\n" % n for n in range(50_000)), [str(n) for n in range(50_000)]),
    ],
)
def test_a_list_of_files(data: bytes, paths: list[str]) -> None:
    assert list(read_list(io.BytesIO(data))) == paths


def test_a_list_that_is_none_is_held_only_in_part() -> None:
    (path,) = read_list(Endless(b"a", b"x", 30_000_000))  # type: ignore[arg-type]
    assert len(path) == 64 * 1024


@pytest.mark.parametrize("named", [True, False])
def test_of_a_packed_file_that_breaks_in_its_first_bytes_the_fault_is_told(
    named: bool, tmp_path: Path
) -> None:
    """A scrap of a mail is none, and a folder must not pass over what is damaged."""
    packed = tmp_path / "box.mbox.xz"
    packed.write_bytes(lzma.compress(write_mbox([MAIL] * 30))[:40])
    (result,) = read(packed if named else tmp_path)
    assert isinstance(result, Unreadable)
    assert result.why.startswith("is damaged or cut off")


def test_a_meter_tells_how_far_reading_is_in_bytes_of_the_disk(tmp_path: Path) -> None:
    """What is packed is larger than its file, so the sizes of its mails would tell too much."""
    box = b"".join(
        b"From a@example.org Tue Nov 24 07:51:50 2026\nSubject: %d\n\n%s\n\n" % (n, random_text(n))
        for n in range(400)
    )
    packed = tmp_path / "box.mbox.gz"
    packed.write_bytes(gzip.compress(box))
    plain = tmp_path / "one.eml"
    plain.write_bytes(b"Subject: one\n\nwords\n")
    total = packed.stat().st_size + plain.stat().st_size
    meter = Meter()
    places = [meter.at for _ in read_paths([packed, plain], meter=meter)]
    assert len(places) == 401
    assert places == sorted(places)
    assert 0 < places[0] < packed.stat().st_size < total
    assert places[-1] <= meter.at == total


def random_text(seed: int) -> bytes:
    """Words that do not pack well."""
    return base64.encodebytes(random.Random(seed).randbytes(6000))  # noqa: S311 - no secret
