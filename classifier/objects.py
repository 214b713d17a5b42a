"""Objects in a stream of JSON: one, many below each other, or the members of one list.

What an mbox is to mails, an array or JSON lines are to notifications. The stream is cut without
being understood: only braces, brackets and strings count (RFC 8259 2), so that it takes one pass
and one object's memory whatever its size.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

__all__ = ["OBJECT_CAP", "split_objects"]

OBJECT_CAP: Final = 4 * 1024 * 1024  # bytes of one object that are kept

_TOKEN: Final = re.compile(rb'["{}\[\]]')
_STRING_END: Final = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)


def split_objects(chunks: Iterable[bytes], cap: int = OBJECT_CAP) -> Iterator[tuple[bytes, int]]:
    """Each object and its size in bytes, of which at most `cap` are kept.

    Members of lists at the top are taken one by one; a last object that is cut off comes as far
    as it goes. What is no object (`null`, `1`) is passed over.
    """
    kept = bytearray()
    size, depth, inside = 0, 0, False
    rest = b""
    for chunk in chunks:
        buffer, rest = rest + chunk, b""
        at, begin = 0, 0  # where the search goes on; where the object's part of the buffer begins
        while at < len(buffer):
            if inside:
                found = _STRING_END.match(buffer, at)
                if found is None:
                    at = len(buffer)
                    continue
                at, inside = found.end(), False
                continue
            found = _TOKEN.search(buffer, at)
            if found is None:
                break
            token, at = found.group(), found.end()
            if token == b'"':
                inside = depth > 0
                if not inside:  # a string at the top: passed over, whatever it holds
                    whole = _STRING_END.match(buffer, at)
                    at = whole.end() if whole else len(buffer)
            elif depth == 0:
                if token == b"{":
                    depth, begin = 1, found.start()
            elif token in (b"{", b"["):
                depth += 1
            else:
                depth -= 1
                if depth == 0:
                    piece = buffer[begin:at]
                    kept += piece[: max(0, cap - len(kept))]
                    yield bytes(kept), size + len(piece)
                    kept.clear()
                    size = 0
        if depth:
            end = len(buffer)
            if inside:  # an escape must not be torn from what it escapes
                end -= (end - len(buffer.rstrip(b"\\"))) % 2
            piece, rest = buffer[begin:end], buffer[end:]
            kept += piece[: max(0, cap - len(kept))]
            size += len(piece)
    if depth:
        kept += rest[: max(0, cap - len(kept))]
        yield bytes(kept), size + len(rest)
