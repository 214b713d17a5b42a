# ruff: noqa: PTH112, PTH116, PTH118
# A path stays as it was given; Path would rewrite "./a" to "a", and "" to ".".
"""The files of a folder that may be mail, in one order: folders of mails, and Maildirs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Final

import msgspec

__all__ = ["Entry", "walk_folder"]

_MAILDIR: Final = frozenset({"cur", "new"})
_NAMED: Final = (".eml", ".mbox", ".mbx")


class Entry(msgspec.Struct, frozen=True):
    """A file or folder that was come upon."""

    path: str
    named: bool = False  # whether its place or its name says that it is mail
    folder: bool = False
    fault: OSError | None = None  # of a folder that cannot be listed


def walk_folder(top: str) -> Iterator[Entry]:
    """Each file under `top` that may be mail, sorted by name, and each folder with a fault.

    Hidden files and what is no file (pipes wait for ever) are passed over. Links are followed;
    each folder is entered once, since links may lead in circles. Holds the names of one folder
    and of those above it.
    """
    todo = [Entry(top, folder=True)]
    seen: set[tuple[int, int]] = set()
    while todo:
        entry = todo.pop()
        if not entry.folder:
            yield entry
            continue
        try:
            about = os.stat(entry.path)
            if (about.st_dev, about.st_ino) in seen:
                continue
            seen.add((about.st_dev, about.st_ino))
            todo += reversed(_list_folder(entry.path))
        except OSError as fault:
            yield Entry(entry.path, fault=fault)


def _list_folder(folder: str) -> list[Entry]:
    with os.scandir(folder) as listing:
        inside = sorted(listing, key=lambda entry: entry.name)
    folders = {entry.name for entry in inside if _holds(entry.is_dir)}
    if folders >= _MAILDIR:
        return _list_maildir(folder, folders)
    found = []
    for entry in inside:
        if entry.name.startswith("."):
            continue
        if entry.name in folders:
            found.append(Entry(entry.path, folder=True))
        elif _holds(entry.is_file):
            # A file of this name that has lost its head is damaged mail, and deserves an answer.
            found.append(Entry(entry.path, named=entry.name.lower().endswith(_NAMED)))
    return found


def _list_maildir(folder: str, folders: set[str]) -> list[Entry]:
    """Mails by name, thus by time, wherever they stand; then the subfolders (Maildir++: `.Sent`).

    Other files are the server's own; `tmp` holds what is still being written.
    """
    mails = []
    for name in _MAILDIR:
        with os.scandir(os.path.join(folder, name)) as listing:
            mails += [
                (entry.name, entry.path)
                for entry in listing
                if not entry.name.startswith(".") and _holds(entry.is_file)
            ]
    found = [Entry(path, named=True) for _, path in sorted(mails)]
    for name in sorted(folders - _MAILDIR - {"tmp"}):
        path = os.path.join(folder, name)
        if not name.startswith(".") or os.path.isdir(os.path.join(path, "cur")):
            found.append(Entry(path, folder=True))
    return found


def _holds(ask: Callable[[], bool]) -> bool:
    """The answer, and no where there is none: a link to itself, or into a closed folder."""
    try:
        return ask()
    except OSError:
        return False
