"""What a form is: one way in which a program writes down that it was refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from classifier.evidence import Hop

__all__ = ["LINES", "Form", "Reading", "number", "read_form", "unescape"]

MAX_FOUND: Final = 64  # places of one form that are looked at in one text

#: A reply to the end of its line, and the lines of it that follow (RFC 5321 4.2.1).
LINES: Final = r"[^\n]{1,4000}(?:\n[ \t>|]{0,8}[245]\d\d[ -][^\n]{0,1000}){0,20}"


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What one form found in one place of a text; `end` is where that place ends.

    `reply` goes to `read_reply`; `status` is the writer's own, for a reply that has none.
    """

    reply: str
    source: str
    end: int = -1
    hop: Hop | None = None
    command: str | None = None
    host: str | None = None
    status: str | None = None
    final: bool = False


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """One way of writing a refusal down.

    `name` is the program's. `sample` is a text of this form, which a test reads back. `cues` are
    lower-case words of which one stands in every such text. `pattern` has the groups `reply` (or
    `quoted`), and where they are written `code`, `status`, `command`, `host`, `port`, `final`.
    `hop` and `command` are those of all texts of this form; `commands` tells what the writer
    means by a word that is no SMTP command. `write` makes the reply of what the pattern found.
    """

    name: str
    sample: str
    cues: tuple[str, ...]
    pattern: re.Pattern[str]
    hop: Hop | None = None
    command: str | None = None
    commands: Mapping[str, str] = msgspec.field(default_factory=dict)
    write: Callable[[re.Match[str]], str] | None = None


_COMMANDS: Final = {
    "connect": "CONN", "conn": "CONN", "greeting": "CONN", "helo": "EHLO", "ehlo": "EHLO",
    "lhlo": "EHLO", "starttls": "STARTTLS", "auth": "AUTH", "mail": "MAIL", "rcpt": "RCPT",
    "data": "DATA", "bdat": "DATA", "end": "DATA", "message": "DATA",
}  # fmt: skip
# Ports of submission (RFC 6409, RFC 8314): who is served there has logged in.
_SUBMISSION: Final = frozenset({"465", "587", "2525", "submission", "smtps"})
_NOBODY: Final = frozenset({"none", "local", "localhost", "virtual", "dovecot", "maildrop"})
_ESCAPE: Final = re.compile(r"\\(?:r\\n|[nrt'\"\\/])")
_ESCAPED: Final = {r"\n": "\n", r"\r\n": "\n", r"\r": "\n", r"\t": " "}


def unescape(text: str) -> str:
    r"""`text` without the escapes of a string literal: \n, \', \\."""
    return _ESCAPE.sub(lambda found: _ESCAPED.get(found.group(), found.group()[-1]), text)


def number(code: str, reply: str) -> str:
    r"""The lines of `reply` with the `code` before each that a library took off (RFC 5321 4.2.1).

    (535, b'5.7.8 Username and Password not accepted.\n5.7.8  https://example.org/')
    """
    lines = [line for line in reply.split("\n") if line.strip()] or [""]
    lines = [line if line.startswith(code) else f"{code}-{line}" for line in lines]
    last = lines[-1].removeprefix(f"{code}-").removeprefix(code).strip()
    return "\n".join([*lines[:-1], f"{code} {last}"])


def read_form(form: Form, text: str, start: int = 0) -> list[Reading]:
    """What `form` finds in `text`, which begins at `start` of the whole."""
    readings = []
    for count, found in enumerate(form.pattern.finditer(text)):
        if count == MAX_FOUND:
            break
        readings.append(_read(form, found, start))
    return readings


def _read(form: Form, found: re.Match[str], start: int) -> Reading:
    groups = {name: value.strip() for name, value in found.groupdict().items() if value}
    reply = form.write(found) if form.write else _write(groups)
    if form.hop is Hop.SUBMISSION and form.write is None and "code" not in groups:
        # A library's own words stay before the reply: where it has no code, they tell most.
        reply = f"{found.string[found.start() : found.start('reply')]}{reply}"
    host = groups.get("host", "").rstrip(".").strip("[]<>").lower() or None
    word = groups.get("command", "").lower()
    first = (re.split(r"[^a-z]", word) or [""])[0]
    hop = form.hop
    if hop is None and groups.get("port") in _SUBMISSION:
        hop = Hop.RELAY
    if host in _NOBODY:
        host, hop = None, hop or Hop.LOCAL
    return Reading(
        reply=reply,
        source=form.name,
        end=start + found.end(),
        hop=hop,
        command=form.commands.get(word) or _COMMANDS.get(first) or form.command,
        host=host,
        status=groups.get("status"),
        final="final" in groups,
    )


def _write(groups: Mapping[str, str]) -> str:
    reply = unescape(groups.get("quoted", "")) or groups.get("reply", "")
    return number(groups["code"], reply) if "code" in groups else reply
