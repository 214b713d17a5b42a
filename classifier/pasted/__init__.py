"""What people paste: a reply, log lines, an exception, a transcript, JSON, a piece of a bounce.

`read_pasted` finds in it the reply that refused, and who gave it to which command. Forms are
tables (`servers`, `libraries`, `programs`). Several may claim a text, and the order of the tables
means nothing: what holds a reply code goes before a bare status, that before words, and the last
of a text before what stands above it, as logs and chains of exceptions end with what counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from classifier.codes import is_vague
from classifier.evidence import Evidence, Hop, weigh_text
from classifier.pasted import libraries, programs, servers
from classifier.pasted.dialogue import read_dialogue
from classifier.pasted.fields import read_fields
from classifier.pasted.form import Form, Reading, read_form
from classifier.pasted.members import read_csv, read_events, texts_in
from classifier.pasted.pieces import COLUMN
from classifier.reply import Reply, read_reply

__all__ = ["Pasted", "read_pasted", "weigh_pasted"]

MAX_TEXT: Final = 256 * 1024  # characters of a text that are looked at
_MAX_LINE: Final = 8 * 1024
_MAX_LINES: Final = 8000
_REPLY: Final = 4000  # characters of a reply that are kept
_NOTICE: Final = 200  # characters of prose that are taken for a bounce's
_SIGNS: Final = "'\"`<>|*- "  # what stands before a reply that was quoted


class Pasted(msgspec.Struct, frozen=True, kw_only=True):
    """What was found in a pasted text.

    `reply` is the reply that refused with what wraps it, as `read_reply` takes it. `source` is
    whose form it has: `postfix`, `nodemailer`, `dialogue`; `reply` for a bare one, `text` for any
    other words. `hop` is who gave the reply, None where the reply itself must tell. `status` is
    the writer's, where the reply has none. `final` means that delivery was given up.
    """

    reply: str
    source: str
    hop: Hop | None = None
    command: str | None = None
    host: str | None = None
    status: str | None = None
    final: bool = False


def read_pasted(text: str) -> Pasted:
    """The reply in what a person pasted. Never raises; of a longer text 256 Ki characters count."""
    return _read(text[:MAX_TEXT], 0)


def weigh_pasted(pasted: Pasted) -> Evidence:
    """The evidence that a pasted text holds, as the judge takes it."""
    # A sentence or two in the words of a notice are no notice yet.
    prose = pasted.source == "text" and ("\n" in pasted.reply or len(pasted.reply) > _NOTICE)
    evidence = weigh_text(
        pasted.reply,
        command=pasted.command,
        remote_mta=pasted.host,
        hop=pasted.hop,
        final=pasted.final,
        notice=pasted.reply[:_REPLY] if prose else "",
    )
    status, code = pasted.status, evidence.reply_code
    if evidence.status is None and status and (code is None or not is_vague(status)):
        evidence = msgspec.structs.replace(evidence, status=status)
    return evidence


def _read(text: str, depth: int) -> Pasted:
    text = _strip_columns(text.replace("\r\n", "\n").replace("\r", "\n"))
    found = list(_readings(text, depth))
    if found:
        ranked = sorted(((_rank(each), each) for each in found), key=lambda pair: pair[0])
        return _settle(ranked[-1][1], found)
    reply = read_reply(_shorten(text))
    bare = not reply.outer.strip(_SIGNS) and (reply.code or reply.status) is not None
    return Pasted(reply=_shorten(text), source="reply" if bare else "text")


def _strip_columns(text: str) -> str:
    """Several lines without the column that says which program wrote them, where each has one."""
    if "\n" not in text or not COLUMN.match(text):
        return text
    lines = text.strip("\n").count("\n") + 1
    stripped, count = COLUMN.subn("", text)
    return stripped if count == lines else text


def _readings(text: str, depth: int) -> Iterator[Reading]:
    """What every form finds in a text."""
    if not depth and text.lstrip()[:1] in ("{", "["):
        events = read_events(text)
        yield from events
        for count, each in enumerate(() if events else texts_in(text)):
            inner = _read(each, depth + 1)
            yield Reading(**msgspec.structs.asdict(inner), end=count)
        if events:
            return
    lowered = text.lower()
    for form in (*libraries.FORMS, *programs.FORMS):
        if _may_read(form, lowered):
            yield from read_form(form, text)
    lines = [line[:_MAX_LINE] for line in text.split("\n")[:_MAX_LINES]]
    yield from _read_lines(lines, [form for form in servers.FORMS if _may_read(form, lowered)])
    dialogue = read_dialogue(lines)
    if dialogue is not None:
        yield dialogue
    fields = read_fields(text)
    if fields is not None:
        yield fields


def _may_read(form: Form, lowered: str) -> bool:
    return any(cue in lowered for cue in form.cues)


def _read_lines(lines: Sequence[str], forms: Sequence[Form]) -> Iterator[Reading]:
    """What the forms of logs find, line by line."""
    start = 0
    for line in lines:
        if forms:
            lowered = line.lower()
            for form in forms:
                if _may_read(form, lowered):
                    yield from read_form(form, line, start)
        if "," in line:
            reading = read_csv(line)
            if reading is not None:
                yield msgspec.structs.replace(reading, end=start)
        start += len(line) + 1


def _rank(reading: Reading) -> tuple[bool, bool, int, str]:
    reply = read_reply(reading.reply)
    refuses = reply.code is not None and reply.code[0] in "45"
    return refuses, (reply.status or reading.status) is not None, reading.end, reading.source


def _settle(best: Reading, found: Sequence[Reading]) -> Pasted:
    """The best reading, with what the others know of the same reply.

    Only within an exception or session: each line of a server's log is a delivery of its own.
    """
    reply = read_reply(best.reply)
    same = [best]
    if best.source not in _SERVERS:
        same += [each for each in found if each is not best and _is_same(each, best, reply.code)]
    host = next((each.host for each in same if each.host), None)
    command = best.command or reply.command
    command = command or next((each.command for each in same if each.command), None)
    hop = next((each.hop for each in same if each.hop), None)
    if hop is None and best.source in _SERVERS:
        hop = _guess_hop(reply, command)
    return Pasted(
        reply=best.reply[:_REPLY],
        source=best.source,
        hop=hop,
        command=command,
        host=reply.host or host,
        status=best.status,
        final=best.final,
    )


_SERVERS: Final = frozenset({"powermta", *(form.name for form in servers.FORMS)})


def _guess_hop(reply: Reply, command: str | None) -> Hop:
    """Who spoke in a server's log: what begins with no code are the log's own words."""
    if reply.code is None and not (reply.status and reply.text.startswith(reply.status)):
        return Hop.LOCAL
    return Hop.RELAY if command == "AUTH" else Hop.RECIPIENT_MX


def _is_same(other: Reading, best: Reading, code: str | None) -> bool:
    """Whether another reading is of the same reply, or the same program's words about it."""
    said = read_reply(other.reply).code
    return said == code or (said is None and other.source == best.source)


_CODED: Final = re.compile(r"(?<![\w.])[45](?:\d\d[ -]|\.\d{1,3}\.\d{1,3}\b)")


def _shorten(text: str) -> str:
    """A text of a reply's length: of a longer one the lines that hold codes, the last ones."""
    if len(text) <= _REPLY:
        return text
    kept = [line[:_REPLY] for line in text.split("\n")[:_MAX_LINES] if _CODED.search(line)]
    return "\n".join(kept)[-_REPLY:] if kept and "\n" in text else text[:_REPLY]
