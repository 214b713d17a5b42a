"""HTML to the lines that a reader would see."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["to_text"]

# A parser's time grows with the depth of hostile nesting; no notice needs more than this.
MAX_HTML: Final = 64 * 1024

# Where a reader sees a new line, and where a gap (</p>, </tr>, </td>, </li> may be left out).
_BREAK: Final = re.compile(
    r"<(?:(?P<line>br|hr|/?p|/div|tr|li|/[uo]l|/h[1-6]|/table|/pre|/title)|t[dh])\b", re.IGNORECASE
)


def to_text(html: str) -> str:
    """The visible text of `html`, a line for each block; entities decoded, scripts dropped."""
    from selectolax.lexbor import LexborHTMLParser

    tree = LexborHTMLParser(_BREAK.sub(_part, html[:MAX_HTML]))
    for node in tree.css("script, style, head > title"):
        node.decompose()
    body = tree.body
    text = body.text() if body is not None else ""
    return "\n".join(" ".join(line.split()) for line in text.splitlines())


def _part(found: re.Match[str]) -> str:
    return ("\n" if found.group("line") else " ") + found.group()
