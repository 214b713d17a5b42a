"""A stream of lines cut into what belongs together: usually one line, one reply.

A line goes on with the one above it where it

- is indented deeper than the first line of the piece and begins with no reply code of its own, or
  only closes brackets: stack traces, error objects, JSON, folded fields;
- continues a multi-line reply: 550-... above it, 550 here;
- belongs to a traceback: the exception below its frames, "Caused by: ...", the next traceback
  behind "During handling of the above exception ...";
- belongs to an SMTP dialogue: marked or bare commands and replies that follow each other;
- is announced by a colon at the end of the line above it: The mail server responded:
- is the next field of a bounce's status part (Diagnostic-Code: ...), or the next line of msmtp.

A blank line ends a piece, except within the tracebacks of one exception.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from classifier.pasted.dialogue import side_of
from classifier.pasted.fields import NAMES

__all__ = ["COLUMN", "join_lines"]

# app_1  | Error: Invalid login ...    0|main  | Error: ...
#: What docker compose and pm2 print before each line: whose it is.
COLUMN: Final = re.compile(r"^(?:\d{1,4}\|)?[\w.-]{1,40} {0,16}\| ?", re.MULTILINE)

_MAX_LINES: Final = 500
_MAX_SIZE: Final = 64 * 1024  # characters of a piece

#   550 5.1.1 no    or counted, as `uniq -c` does:    12 550 no
_OWN: Final = re.compile(r"\s*(?:\d{1,9}\s+)?(?:[245]\d\d[ -]|[245]\.\d{1,3}\.\d{1,3}[ :;-])")
_CODED: Final = re.compile(r"(?<![\w.])[245](?:\d\d[ -]|\.\d{1,3}\.\d{1,3}\b)")
_FRAME: Final = re.compile(r"\s{1,16}(?:at |\.\.\. \d)")  # of Java, JavaScript and .NET
_CLOSES: Final = re.compile(r"\s*[\]})'\";,]{1,8}\s*")
_OPEN_REPLY: Final = re.compile(r"(?<![\w.])([245]\d\d)-(?!\d\d)")
_NEXT_REPLY: Final = re.compile(r"[\s>|<*-]{0,12}([245]\d\d)[ -]")
_TRACEBACK: Final = "Traceback (most recent call last)"
# What links an exception to the one above it: Java and .NET; Python, behind a blank line.
_CAUSES: Final = ("Caused by: ", "nested exception is", "--- End of")
_CHAINS: Final = (
    "During handling of the above exception",
    "The above exception was the direct cause",
)
# What programs print between the lines of a dialogue: their own steps, and secrets they send.
_BESIDE: Final = re.compile(
    r"(?:=== |\*\*\* |\*\s{1,4}(?:Trying|Connected|Connection|Host|TLS|SSL|ALPN|IPv[46]|Closing)"
    r"|connect: \(|\s?(?:->|~>|<-|<~) |[^\n]{0,40}(?:CLIENT -> SERVER|Connection): "
    r"|send: |reply: |Sent: |Got: |\[?C: )"
)
_FIELD: Final = re.compile(r"([A-Za-z-]{6,20}):")


class _Piece:
    """The lines so far, and what they may go on with."""

    def __init__(self, given: str) -> None:
        line = COLUMN.sub("", given)
        self.given, self.lines = [given], [line]  # as they stand, and without a column
        self.size = len(line)
        self.depth = _depth(line)
        # A traceback still lacks its exception, the only line of it that is not indented.
        self.traced = self.lacks_exception = line.startswith(_TRACEBACK)
        self.chained = False  # whether the last words promise one more traceback
        self.speaks = _speaks(line)

    def add(self, given: str) -> None:
        line = COLUMN.sub("", given)
        self.given.append(given)
        self.lines.append(line)
        self.size += len(line)
        if line.startswith(_TRACEBACK):
            self.traced = self.lacks_exception = True
        elif line and _depth(line) <= self.depth:
            self.lacks_exception = False
        if line:
            self.chained = line.startswith(_CHAINS)
        self.speaks = self.speaks or _speaks(line)

    def whole(self) -> str:
        """The piece as one text."""
        return "\n".join(self.given).rstrip("\n")

    def takes(self, given: str) -> bool:
        """Whether a line, which is not blank, belongs to the piece."""
        line = COLUMN.sub("", given)
        if len(self.lines) >= _MAX_LINES or self.size + len(line) > _MAX_SIZE:
            return False
        above = self.lines[-1]
        if line.startswith(_CAUSES) and above:
            return True
        if line.startswith(_CHAINS):
            return self.traced
        if not above:  # a blank line: Java prints one behind what a server said
            return (line.startswith(_TRACEBACK) and self.chained) or bool(_FRAME.match(line))
        if _goes_on(above, line) or self.lacks_exception:
            return True
        if above.endswith(":") and not any(map(_CODED.search, self.lines)):
            return True
        if _depth(line) > self.depth and not _OWN.match(line):
            return True
        if _CLOSES.fullmatch(line) and len(self.lines) > 1:
            return True
        if self.speaks and _in_dialogue(above) and _in_dialogue(line):
            return True
        if _is_field(above, self.lines) and _is_field(line, ()):
            return True
        return above.startswith("msmtp: ") and line.startswith("msmtp: ")


def join_lines(lines: Iterable[str]) -> Iterator[str]:
    """The pieces of a stream, each with its lines; blank lines alone give none."""
    piece: _Piece | None = None
    for line in lines:
        if piece is not None:
            if not line.strip():
                if piece.lines[-1]:  # the next line shows whether it ends here
                    piece.add("")
                    continue
                yield piece.whole()
                piece = None
                continue
            if piece.takes(line):
                piece.add(line)
                continue
            yield piece.whole()
        piece = _Piece(line) if line.strip() else None
    if piece is not None:
        yield piece.whole()


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())


def _goes_on(above: str, line: str) -> bool:
    """Whether a line continues the multi-line reply that the line above it ends in."""
    after = _NEXT_REPLY.match(line)
    if after is None:
        return False
    codes = _OPEN_REPLY.findall(above)
    return bool(codes) and codes[-1] == after.group(1)


def _in_dialogue(line: str) -> bool:
    return side_of(line) is not None or _BESIDE.match(line) is not None


def _speaks(line: str) -> bool:
    """Whether a line is dialogue beyond doubt: a command, or a reply that refuses nothing."""
    side = side_of(line)
    if side is None:
        return _BESIDE.match(line) is not None
    said, marked = side
    return not said[0].isdigit() or (said[0] in "23" and (marked or said.startswith("220 ")))


def _is_field(line: str, lines: Iterable[str]) -> bool:
    """Whether a line is a field of a status part, or folded from one of `lines`."""
    found = _FIELD.match(line)
    if found:
        return found.group(1).lower() in NAMES
    return line[:1] in (" ", "\t") and any(_is_field(each, ()) for each in lines)
