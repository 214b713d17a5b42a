"""A wording for people: a reply with all masked that names somebody or something.

Unlike the masked words that the model sees it keeps codes, capitals and stops. It is what is shown
of a template; which replies are of one template is said by `classifier.model.seen`.
"""

from __future__ import annotations

import re
from typing import Final

from classifier.addresses import ADDRESS

__all__ = ["mask"]

_LONGEST: Final = 400  # characters
# All repeats are bounded, so that hostile text costs linear time.
_MASKS: Final = (
    (
        ("://", "www."),
        re.compile(r"\b(?:https?://|www\.)[^\s<>\"]{1,1000}", re.IGNORECASE),
        "{url}",
    ),
    (("@",), ADDRESS, "{address}"),
    ((".",), re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.])"), "{ip}"),
    (
        (":",),
        re.compile(
            r"(?<![\w:])[0-9A-Fa-f]{1,4}(?:(?:::?[0-9A-Fa-f]{1,4}){2,7}|::[0-9A-Fa-f]{1,4})\b"
        ),
        "{ip}",
    ),
    (
        (".",),
        # mx1.example.org, but not RESOLVER.RST.AuthRequired nor 5.7.1
        re.compile(r"(?<![\w.-])(?:[A-Za-z0-9_-]{1,63}\.){1,8}[A-Za-z]{2,6}\b(?![.-]\w)"),
        "{host}",
    ),
    # s-k42xq81a, 4f2c1a9b, 20260512-0154: an id; 550 and 5.7.1 are not as long
    ((), re.compile(r"(?<![\w.{])(?=[\w-]{0,40}\d)(?=[\w-]{8,})[\w-]{1,200}(?![\w}])"), "{id}"),
    ((), re.compile(r"(?<![\w.#-])\d{4,}(?![\w.-])"), "{number}"),
)


def mask(reply: str) -> str:
    """`reply`, which must be neutral, without what differs from one recipient to the next."""
    text = reply[: 2 * _LONGEST]
    for signs, pattern, name in _MASKS:
        if not signs or any(sign in text for sign in signs):
            text = pattern.sub(name, text)
    return text[:_LONGEST]
