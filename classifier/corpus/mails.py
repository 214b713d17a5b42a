"""The mails of a corpus on disk: mboxes that come out the same whenever they are written."""

from __future__ import annotations

import lzma
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

__all__ = ["pack", "quote_mail", "write_mbox"]

_FROM: Final = b"From MAILER-DAEMON Sun Nov  1 00:00:00 2026\n"
_QUOTABLE: Final = re.compile(rb"^(>*From )", re.MULTILINE)


def quote_mail(mail: bytes) -> bytes:
    """`mail` as it stands in an mbox: lines end in LF, `From ` gets a `>` (mboxrd)."""
    body = _QUOTABLE.sub(rb">\1", mail.replace(b"\r\n", b"\n"))
    return _FROM + body + (b"\n" if body.endswith(b"\n") else b"\n\n")


def write_mbox(path: Path, mails: Iterable[bytes]) -> int:
    """Write `mails` as one mbox, packed if `path` ends in `.xz`; how many they were."""
    pieces = [quote_mail(mail) for mail in mails]
    content = b"".join(pieces)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pack(content) if path.suffix == ".xz" else content)
    return len(pieces)


def pack(content: bytes) -> bytes:
    """`content` as xz, the same bytes for the same content whatever the library's defaults."""
    filters: list[dict[str, Any]] = [
        {"id": lzma.FILTER_LZMA2, "preset": 9, "dict_size": 8 * 1024 * 1024}
    ]
    return lzma.compress(content, lzma.FORMAT_XZ, lzma.CHECK_CRC64, filters=filters)
