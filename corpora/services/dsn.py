"""The machine-readable part of a report, as RFC 3464 has it and as servers vary it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from corpora.services.mime import Field, Part, envelop, fields

__all__ = ["fold", "split_reply", "status_part", "wrap"]


def status_part(
    message: Sequence[Field], recipients: Sequence[Sequence[Field]], more: Sequence[Field] = ()
) -> Part:
    """A message/delivery-status part: one block for the message, one for each recipient."""
    blocks = [fields(message), *(fields(block) for block in recipients)]
    return envelop("message/delivery-status", "\n".join(blocks), more)


def fold(words: str, width: int = 70, indent: str = "    ") -> str:
    """`words` broken into lines, those after the first with `indent`."""
    return f"\n{indent}".join(wrap(words, width))


def wrap(words: str, width: int = 70) -> list[str]:
    """`words` broken into lines at blanks only, so that no address or URL is cut."""
    lines = [""]
    for word in words.split(" "):
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}" if lines[-1] else word
    return lines


def split_reply(line: str, width: int = 70) -> list[str]:
    """A reply on one line as a server sends a long one: the code, and the status, on each."""
    match = re.match(r"(\d{3})[ -](\d\.\d{1,3}\.\d{1,3} )?", line)
    if match is None:
        return [line]
    code, status = match[1], match[2] or ""
    lines = wrap(line[match.end() :], width)
    return [f"{code}-{status}{part}" for part in lines[:-1]] + [f"{code} {status}{lines[-1]}"]
