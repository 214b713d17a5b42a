"""Files of replies, written: one `[[reply]]` an entry, as `corpora/README.md` has them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec

from classifier.model.corpus import Entry
from classifier.sinks import open_output

__all__ = ["write_entries"]

_ALWAYS: Final = ("text", "provider", "reason", "permanence", "source")
_OPTIONAL: Final = ("hop", "command")


def write_entries(path: Path, entries: Iterable[Entry]) -> None:
    """Write `entries` to a file, which appears whole or not at all.

    Of the optional keys those that imports know. Raises `OperatorError` where it cannot be written.
    """
    with open_output(str(path)) as out:
        out.write("\n".join(map(_write_entry, entries)).encode())


def _write_entry(entry: Entry) -> str:
    lines = ["[[reply]]"]
    for key in (*_ALWAYS, *_OPTIONAL):
        value = getattr(entry, key)
        if value is not None:
            # A string of JSON is one of TOML, but for DEL, which must be escaped there (TOML 1.0).
            text = msgspec.json.encode(str(value)).decode()
            lines.append(f"{key} = {text}".replace("\x7f", "\\u007f"))
    return "\n".join([*lines, ""])
