"""Mails in stores that a URL names: `s3://`, `gs://`, `abfs://`, `https://` and more, by fsspec.

Files are read in blocks as they stream, never whole; many small ones are asked for at once, since
each would cost a round trip. fsspec and the packages below it try again by themselves. User names,
passwords and the queries of URLs, where signatures stand, are in no origin and no message.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO, Final, cast

import msgspec

from classifier.items import Unreadable, hide_secrets
from classifier.members import judge_place
from classifier.message import READ_CAP

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

__all__ = ["Stored", "walk_store"]

_BLOCK: Final = 4 * 1024 * 1024  # bytes asked for at once
_SMALL: Final = 4 * READ_CAP  # bytes; files up to this come whole, several at once
_TOGETHER: Final = 64
_EXTRAS: Final = {  # protocol: the extra of whybounce that reads it
    "s3": "s3",
    "s3a": "s3",
    "gs": "gs",
    "gcs": "gs",
    "abfs": "abfs",
    "abfss": "abfs",
    "az": "abfs",
    "http": "http",
    "https": "http",
}
_KEYS: Final = {  # extra: where its package looks for credentials
    "s3": "AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    "gs": "GOOGLE_APPLICATION_CREDENTIALS, or `gcloud auth application-default login`",
    "abfs": "AZURE_STORAGE_ACCOUNT_NAME with AZURE_STORAGE_ACCOUNT_KEY, or AZURE_CLIENT_ID",
    "http": "a URL that is signed",
}
# Errors that mean "who are you?", by the names that botocore, google-auth and azure give them.
_NOBODY: Final = (
    "NoCredentialsError",
    "PartialCredentialsError",
    "TokenRetrievalError",
    "DefaultCredentialsError",
    "RefreshError",
    "ClientAuthenticationError",
)


class Stored(msgspec.Struct, frozen=True):
    """A file in a store, open; `file` is closed by who gets it."""

    origin: str
    named: bool  # whether its place or its name says that it is mail
    size: int | None  # in bytes, where the store says
    file: BinaryIO


class _Found(msgspec.Struct, frozen=True):
    path: str
    named: bool
    size: int | None


def walk_store(url: str) -> Iterator[Stored | Unreadable]:
    """What a URL names: a file, the files of a folder (prefix), or what a pattern matches."""
    origin = hide_secrets(url)
    try:
        import fsspec
    except ImportError:
        extra = _EXTRAS.get(_protocol(url), "remote")
        cure = f"install it: pip install 'whybounce[{extra}]'; or copy the files to a disk"
        yield Unreadable(origin, "is in a store, for which a package is missing", cure)
        return
    try:
        store, path = fsspec.core.url_to_fs(url)
        yield from _open_all(store, _find(store, path, origin), url)
    except Exception as error:  # each store has errors of its own
        yield _explain(origin, error, url)


def _find(store: AbstractFileSystem, path: str, origin: str) -> Iterator[_Found]:
    if any(mark in path for mark in "*[") or ("?" in path and "http" not in origin[:5]):
        matches = store.glob(path, detail=True)
        if not store.exists(path):
            below = ""
            for match in sorted(matches):
                if below and match.startswith(below):
                    continue  # it lies in a folder that matches, too, and is read with that
                if matches[match].get("type") == "directory":
                    below = match.rstrip("/") + "/"
                    yield from _walk(store, match, below)
                else:
                    yield _Found(match, True, matches[match].get("size"))
            return
    about = store.info(path)
    if about.get("type") == "directory":
        yield from _walk(store, path, path.rstrip("/") + "/")
    else:
        yield _Found(path, True, about.get("size"))


def _walk(store: AbstractFileSystem, folder: str, top: str) -> Iterator[_Found]:
    """The files below a folder, by name; holds the names of one folder and of those above it."""
    todo = [_Found(folder, False, None)]
    done = set()
    while todo:
        entry = todo.pop()
        if entry.size is not None:
            yield entry
            continue
        if entry.path in done:
            continue
        done.add(entry.path)
        inside = []
        for about in store.ls(entry.path, detail=True):
            path = about["name"]
            if path.rstrip("/") == entry.path.rstrip("/"):
                continue  # the object that some stores put where a folder should be
            if about.get("type") == "directory":
                if judge_place(path.removeprefix(top).rstrip("/") + "/cur/x") is not None:
                    inside.append(_Found(path, False, None))
                continue
            named = judge_place(path.removeprefix(top))
            if named is not None:
                inside.append(_Found(path, named, about.get("size") or 0))
        todo += sorted(inside, key=lambda each: each.path, reverse=True)


def _open_all(
    store: AbstractFileSystem, found: Iterator[_Found], url: str
) -> Iterator[Stored | Unreadable]:
    """Each file, open; small ones that stand together are fetched together."""
    batch: list[_Found] = []
    for each in found:
        if each.size and each.size <= _SMALL:
            batch.append(each)
            if len(batch) == _TOGETHER:
                yield from _fetch(store, batch, url)
                batch = []
            continue
        yield from _fetch(store, batch, url)
        batch = []
        yield _open(store, each, url)
    yield from _fetch(store, batch, url)


def _fetch(
    store: AbstractFileSystem, batch: list[_Found], url: str
) -> Iterator[Stored | Unreadable]:
    if not batch:
        return
    held: dict[str, Any] = {}
    if len(batch) > 1:
        try:
            held = store.cat([each.path for each in batch], on_error="return")
        except Exception:  # then each by itself says what is wrong
            held = {}
    for each in batch:
        data = held.pop(each.path, None)
        if isinstance(data, bytes):
            yield Stored(_name(store, each, url), each.named, len(data), io.BytesIO(data))
        elif isinstance(data, Exception):
            yield _explain(_name(store, each, url), data, url)
        else:
            yield _open(store, each, url)


def _open(store: AbstractFileSystem, each: _Found, url: str) -> Stored | Unreadable:
    origin = _name(store, each, url)
    try:
        file = store.open(each.path, "rb", block_size=_BLOCK)
    except Exception as error:
        return _explain(origin, error, url)
    return Stored(origin, each.named, each.size or None, cast(BinaryIO, _Guarded(file, url)))


class _Guarded:
    """A file of a store; what its packages raise becomes an OSError without secrets."""

    def __init__(self, file: Any, url: str) -> None:
        self._file, self._url = file, url

    def __enter__(self) -> _Guarded:
        return self

    def __exit__(self, *error: object) -> None:
        try:
            self._file.close()
        except Exception:  # nothing was written, so nothing is lost
            return

    def read(self, size: int = -1) -> bytes:
        try:
            return cast(bytes, self._file.read(size))
        except Exception as error:
            raise OSError(_why(error)) from error

    def seek(self, to: int, whence: int = 0) -> int:
        try:
            return cast(int, self._file.seek(to, whence))
        except Exception as error:
            raise OSError(_why(error)) from error

    def tell(self) -> int:
        return cast(int, self._file.tell())

    def seekable(self) -> bool:
        return bool(self._file.seekable())


def _name(store: AbstractFileSystem, each: _Found, url: str) -> str:
    """The URL of a file in the store, as it was given where it is that file."""
    given = hide_secrets(url)
    if given.endswith(each.path):
        return given
    if "::" in url.partition("://")[0]:  # a store within a store: its files have no URL
        return f"{given}/{each.path.lstrip('/')}"
    return hide_secrets(store.unstrip_protocol(each.path))


def _protocol(url: str) -> str:
    return url.partition("://")[0].rpartition("::")[2].lower()


def _explain(origin: str, error: Exception, url: str) -> Unreadable:
    extra = _EXTRAS.get(_protocol(url), "")
    cure = "check the URL, the network and the rights of these credentials"
    why = _why(error)
    if isinstance(error, ImportError):
        why = "is in a store, for which a package is missing"
        cure = f"install it: pip install 'whybounce[{extra}]'" if extra else f"install it: {error}"
    elif isinstance(error, FileNotFoundError):
        why, cure = "does not exist", "check the URL, and whether these credentials may list it"
    elif type(error).__name__ in _NOBODY or isinstance(error, PermissionError):
        why = "may not be read"
        cure = f"give credentials: {_KEYS.get(extra, 'as the package of the store asks for them')}"
    elif isinstance(error, ValueError) and "rotocol" in str(error):
        cure = "use file names, s3://, gs://, abfs://, https:// or imaps://"
    return Unreadable(origin, why, hide_secrets(" ".join(cure.split())))


def _why(error: Exception) -> str:
    told = (getattr(error, "strerror", None) or str(error) or type(error).__name__).strip()
    return hide_secrets(" ".join(told.split())[:300])
