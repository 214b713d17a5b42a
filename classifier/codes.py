"""SMTP reply codes (RFC 5321 4.2) and enhanced status codes (RFC 3463)."""

from __future__ import annotations

import re
from typing import Final

from classifier.reasons import Permanence

__all__ = [
    "STATUS",
    "class_permanence",
    "find_status",
    "is_vague",
]

#: A status code as it stands in text: class 2, 4 or 5, subject and detail of one to three digits
#: (RFC 3463 2). Neither side may touch a digit or a dot, so that no IP address or version matches.
#: The lookbehind stands behind the digit, so that the search can look for the digit first.
STATUS: Final = re.compile(r"([245](?<![\d.]\d)\.\d{1,3}\.\d{1,3})(?![\d.]*\d)")

# Codes that only repeat the class, or that say "the queue expired" and hide the reply before it.
_VAGUE: Final = frozenset({"0.0", "4.7", "5.0", "3.0", "1.0", "2.0", "4.0", "6.0", "7.0", "7.1"})


def find_status(text: str) -> str | None:
    """The first enhanced status code in `text`, as `5.7.1`, or None."""
    found = STATUS.search(text)
    return found.group(1) if found else None


def is_vague(status: str | None) -> bool:
    """Whether a status code alone says next to nothing: absent, x.y.0, 5.7.1 or x.4.7."""
    return status is None or status[2:] in _VAGUE


def class_permanence(code: str | None) -> Permanence:
    """What the first digit of a status or reply code says (RFC 3463 3.1, RFC 5321 4.2.1)."""
    if code:
        if code[0] == "5":
            return Permanence.PERMANENT
        if code[0] == "4":
            return Permanence.TRANSIENT
    return Permanence.UNKNOWN
