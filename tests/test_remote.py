"""Stores behind URLs: what is listed and opened, what is said of faults, and what is never said."""

from __future__ import annotations

import gzip
import io
import sys
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest

from classifier import remote
from classifier.archive import Item, Unreadable, read_paths
from classifier.items import hide_secrets

fsspec = pytest.importorskip("fsspec")

MAIL = b"Subject: one\n\nbody\n"
MBOX = b"From MAILER-DAEMON Tue Nov 24 07:51:50 2026\n" + MAIL + b"\n"


@pytest.fixture
def store() -> Iterator[Any]:
    made = fsspec.filesystem("memory")
    made.store.clear()
    made.pseudo_dirs[:] = [""]
    yield made
    made.store.clear()


def read(url: str) -> list[Item | Unreadable]:
    return list(read_paths([url]))


def origins(url: str) -> list[str]:
    return [each.origin for each in read(url)]


def fault(url: str) -> Unreadable:
    (found,) = read(url)
    assert isinstance(found, Unreadable)
    assert found.cure
    assert "s3cr3t" not in repr(found)
    return found


def make_zip() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("x/1.eml", MAIL)
    return made.getvalue()


FILES = {
    "/box/2/deep/mail": MAIL,
    "/box/1.mbox": MBOX + MBOX,
    "/box/3.mbox.gz": gzip.compress(MBOX),
    "/box/4.zip": make_zip(),
    "/box/big.mbox": MBOX + b"x" * 2_000_000,
    "/box/.hidden/x.eml": MAIL,
    "/box/.x.eml": MAIL,
    "/box/Maildir/cur/1.a:2,S": b"no head at all",
    "/box/Maildir/.Sent/new/2.b": MAIL,
    "/box/Maildir/tmp/1764000000.c.host": MAIL,
    "/box/notes.txt": b"nothing to see\n",
    "/box/table.csv": b"a,b\n",
}
WANTED = [
    "1.mbox#0",
    "1.mbox#1",
    "2/deep/mail",
    "3.mbox.gz#0",
    "4.zip/x/1.eml",
    "Maildir/.Sent/new/2.b",
    "Maildir/cur/1.a:2,S",
    "big.mbox#0",
]


@pytest.mark.parametrize("url", ["memory://box", "memory://box/", "memory://box/**"])
def test_a_folder_is_read_by_name(store: Any, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store.pipe(FILES)
    wanted = [f"memory:///box/{name}" for name in WANTED]
    assert origins(url) == wanted
    monkeypatch.setattr(remote, "_TOGETHER", 2)
    assert origins(url) == wanted
    monkeypatch.setattr(remote, "_SMALL", 0)
    assert origins(url) == wanted
    assert [each.raw for each in read(url)[:3] if isinstance(each, Item)] == [MAIL] * 3


def test_a_file_is_named_as_it_was_given(store: Any) -> None:
    store.pipe(FILES)
    assert origins("memory://box/1.mbox") == ["memory://box/1.mbox#0", "memory://box/1.mbox#1"]
    assert read("memory://box/table.csv") == [Item("memory://box/table.csv", b"a,b\n", False, 4)]
    assert origins("memory://box/?.mbox") == [f"memory:///box/1.mbox#{n}" for n in (0, 1)]


def test_what_is_missing_is_told(store: Any) -> None:
    store.pipe({"/box/x.png": b"\x89PNG\0"})
    assert fault("memory://gone/x").why == "does not exist"
    assert fault("memory://box/").why == "holds no mail"
    assert fault("memory://box/*.eml").why == "holds no mail"
    assert "imaps://" in fault("bogus://user:s3cr3t@x").cure


def test_large_files_are_read_in_blocks(store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    store.pipe({"/x.mbox": (MBOX + b"x" * 100_000 + b"\n\n") * 200})
    sizes: list[int] = []
    real = type(store).open

    def watch(*given: Any, **options: Any) -> Any:
        file = real(*given, **options)
        read_from = file.read

        def note(size: int = -1) -> Any:
            sizes.append(size)
            return read_from(size)

        file.read = note
        return file

    monkeypatch.setattr(type(store), "open", watch)
    assert len(read("memory://x.mbox")) == 200
    assert 0 < max(sizes) <= 1 << 20
    assert min(sizes) > 0


class NoCredentialsError(Exception):
    """As botocore names it."""


@pytest.mark.parametrize(
    ("error", "why", "cure"),
    [
        (NoCredentialsError("Unable to locate credentials"), "may not be read", "credentials"),
        (PermissionError("Access Denied"), "may not be read", "credentials"),
        (FileNotFoundError("x"), "does not exist", "check the URL"),
        (RuntimeError("GET https://u:s3cr3t@h/x?sig=s3cr3t failed"), "GET https://h/x failed", ""),
    ],
)
def test_what_a_store_raises_is_told_without_secrets(
    store: Any, monkeypatch: pytest.MonkeyPatch, error: Exception, why: str, cure: str
) -> None:
    store.pipe({"/box/1.eml": MAIL, "/box/2.eml": MAIL, "/box/3.eml": MAIL})

    def failing(real: Any) -> Any:
        def ask(self: Any, path: str, *given: Any, **options: Any) -> Any:
            if path.endswith("2.eml"):
                raise error
            return real(self, path, *given, **options)

        return ask

    for name in ("open", "cat_file"):
        monkeypatch.setattr(type(store), name, failing(getattr(type(store), name)))
    for together in (64, 1):
        monkeypatch.setattr(remote, "_TOGETHER", together)
        one, two, three = read("memory://box")
        assert isinstance(two, Unreadable)
        assert two.why == why
        assert cure in two.cure
        assert isinstance(one, Item)
        assert isinstance(three, Item)
    monkeypatch.setattr(type(store), "info", failing(None))
    assert fault("memory://box/2.eml").why == why


def test_a_network_that_fails_in_the_middle_gives_what_it_gave(
    store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.pipe({"/x.mbox": MBOX * 90_000})
    real = type(store).open

    def open_(self: Any, *given: Any, **options: Any) -> Any:
        file = real(self, *given, **options)
        read_from = file.read

        def fail(size: int = -1) -> bytes:
            if file.tell() > 3_000_000:
                raise RuntimeError("ConnectionReset at https://u:s3cr3t@h/x")
            return bytes(read_from(size))

        file.read = fail
        return file

    monkeypatch.setattr(type(store), "open", open_)
    *items, last = read("memory://x.mbox")
    assert 40_000 < len(items) < 60_000
    assert isinstance(last, Unreadable)
    assert last.why == "could be read only in part: ConnectionReset at https://h/x"


@pytest.mark.parametrize(
    ("url", "extra"),
    [
        ("s3://a/b", "s3"),
        ("gs://a", "gs"),
        ("abfs://a/b", "abfs"),
        ("https://u:s3cr3t@h/x", "http"),
    ],
)
def test_a_missing_package_is_told(url: str, extra: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("s3fs", "gcsfs", "adlfs", "aiohttp"):
        monkeypatch.setitem(sys.modules, name, None)
    assert f"pip install 'whybounce[{extra}]'" in fault(url).cure
    monkeypatch.setitem(sys.modules, "fsspec", None)
    assert f"pip install 'whybounce[{extra}]'" in fault(url).cure


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("https://u:p@h/x?sig=1&b=2", "https://h/x"),
        ("s3://bucket/a@b.mbox", "s3://bucket/a@b.mbox"),
        ("at 'https://u@h/x?a=b' again", "at 'https://h/x' again"),
        ("why? because", "why? because"),
        ("imaps://bob:p@w@host/x", "imaps://host/x"),
    ],
)
def test_secrets_are_hidden(text: str, clean: str) -> None:
    assert hide_secrets(text) == clean
