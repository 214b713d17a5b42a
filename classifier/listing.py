# ruff: noqa: PTH112, PTH118, PTH206, PTH207
# A path stays as it was given; Path would rewrite "./a" to "a".
"""Lists of inputs: paths that a file or standard input names, and paths with `*`, `?` and `[`."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator
from typing import BinaryIO, Final

__all__ = ["expand", "read_list"]

_CHUNK: Final = 64 * 1024
_LONGEST: Final = 64 * 1024  # bytes of a path; no system knows longer ones


def read_list(file: BinaryIO) -> Iterator[str]:
    r"""The paths that a list names: one a line, or parted by NUL as `find -print0` writes them.

    What parts them, the first 64 KiB say. Blank lines are passed over; CRLF and a byte order mark
    are no part of a path. Bytes that are no UTF-8 come as the system's own (`os.fsdecode`). A path
    of more than 64 KiB is cut, so that it will not be found. Raises OSError where reading fails.
    """
    rest = file.read(_CHUNK)
    while len(rest) < _CHUNK and (piece := file.read(_CHUNK)):  # pipes give less than was asked
        rest += piece
    rest = rest.removeprefix(b"\xef\xbb\xbf")
    end = b"\0" if b"\0" in rest else b"\n"
    while True:
        *lines, rest = rest.split(end)
        piece = file.read(_CHUNK)
        if not piece:
            lines.append(rest)
        for line in lines:
            path = line if end == b"\0" else line.removesuffix(b"\r")
            if path.strip():
                yield os.fsdecode(path[:_LONGEST])
        if not piece:
            return
        rest = rest[:_LONGEST] + piece


def expand(pattern: str) -> list[str] | None:
    """What a pattern matches, sorted; None where it is the path of something, or no pattern.

    `**` stands for any number of folders. Hidden names match only what begins with a dot, as in a
    shell. What lies in a folder that matches, too, is left out, because folders are read whole.
    """
    if os.path.lexists(pattern) or not glob.has_magic(pattern):
        return None
    found: list[str] = []
    folder = ""
    # Sorted as folders sort them: what lies in a folder comes right behind it.
    for path in sorted(set(glob.iglob(pattern, recursive=True)), key=_parts):
        if folder and path.startswith(folder):
            continue
        if os.path.isdir(path):
            folder = os.path.join(path, "")
        found.append(path)
    return found


def _parts(path: str) -> list[str]:
    return path.rstrip(os.sep).split(os.sep)
