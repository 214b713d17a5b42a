"""Failures out of status fields and prose: what both say of one recipient is joined by address.

Status fields are read first. The prose is asked where they are missing or say nothing, and where
a format's prose is known to say more.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

import msgspec

from classifier.addresses import bare
from classifier.codes import find_status, is_vague
from classifier.dates import iso_date
from classifier.dsn import Recipient, StatusReport
from classifier.formats import Clues, Found, Reader
from classifier.formats.dialogue import read_answers
from classifier.reasons import Kind
from classifier.reply import Reply, read_command, read_reply
from classifier.report import Failure

__all__ = ["from_prose", "from_status", "host_of"]

_TYPED: Final = re.compile(r"\s*[A-Za-z0-9-]{1,30}\s*;\s*")


def _without_type(value: str) -> str:
    """`550 no` of `smtp; 550 no` (RFC 3464 2.1.2)."""
    if value.startswith(("smtp; ", "dns; ")):
        return value.partition(";")[2].lstrip()
    found = _TYPED.search(value) if ";" in value else None
    return value[: found.start()] + value[found.end() :] if found else value


class _Block(NamedTuple):
    """The fields of one recipient, each read once; `diagnostic` goes without its type."""

    fields: Mapping[str, str]
    kind: Kind
    address: str | None
    original: str | None
    diagnostic: str
    reply: Reply


def _read_block(recipient: Recipient) -> _Block:
    diagnostic = _without_type(recipient.fields.get("diagnostic-code", ""))
    return _Block(
        fields=recipient.fields,
        kind=recipient.kind,
        address=recipient.address,
        original=recipient.original,
        diagnostic=diagnostic,
        reply=read_reply(diagnostic),
    )


def from_status(clues: Clues, status: StatusReport, reader: Reader) -> tuple[Failure, ...]:
    """One failure a recipient of the status fields, with what the prose says of it."""
    said: Sequence[Found] = ()
    several = len(status.recipients) > 1
    more = bool(reader.knows_more) and reader.knows_more in clues.prose
    wanted = more or (several and (reader.knows_command or "<<< " in clues.prose))
    blocks = [_read_block(each) for each in status.recipients]
    if wanted or any(_says_nothing(each) for each in blocks):
        said = reader.read(clues)
    else:
        said = _read_little(clues, reader)
    nameless = [each for each in blocks if not each.address]
    if nameless and not said:
        said = reader.read(clues)
    if nameless and len(blocks) == 1 and len(said) > 1:
        # whom the one block of fields is about, the prose alone says
        return tuple(_about(each, _join(nameless[0], each, status)) for each in said)
    by_address = {each.recipient.lower(): each for each in said if each.recipient}
    alone = said[0] if len(said) == 1 and len(blocks) == 1 else None
    failures = []
    for block in blocks:
        address = (block.address or "").lower()
        original = (block.original or "").lower()
        prose = by_address.get(address) or by_address.get(original) or alone
        if block.kind is Kind.SUCCESS:  # the replies of a transcript are not about this one
            prose = None
        failures.append(_about(prose, _join(block, prose, status)))
    return tuple(failures)


def _about(prose: Found | None, failure: Failure) -> Failure:
    """A failure with the recipient that the prose names, where the fields name none."""
    if failure.recipient or prose is None or not prose.recipient:
        return failure
    return msgspec.structs.replace(failure, recipient=prose.recipient)


#: Where one of these stands, the prose shows the command that the status fields lack.
_SHOWING: Final = (
    *("in reply to ", "refused to talk", "(after ", "server after ", "last command: "),
)


def _read_little(clues: Clues, reader: Reader) -> Sequence[Found]:
    """What the prose shows beside the fields of the only recipient, without reading it all."""
    if "<<< " in clues.prose:
        answers = read_answers(clues.notice.text)
        if answers and answers[-1].command:
            last = answers[-1]
            found = Found(recipient=None, text=last.reply, command=last.command, host=last.host)
            return [found]
    command = _shown_command(clues.line, reader.knows_command)
    return [Found(recipient=None, text="", command=command)] if command else ()


def _shown_command(prose: str, anywhere: bool) -> str | None:
    """The command that was answered, as the prose shows it; `anywhere` in it, or near a sign."""
    for words in _SHOWING:
        at = prose.find(words)
        command = read_command(prose[max(0, at - 40) : at + 80]) if at >= 0 else None
        if command:
            return command
    return read_command(prose) if anywhere else None


def _says_nothing(block: _Block) -> bool:
    """No diagnostic, one without code and meaningful status, or only that the time ran out."""
    reply = block.reply
    if reply.status and reply.status.endswith(".4.7"):  # the prose may know the last reply
        return True
    return reply.code is None and is_vague(reply.status)


def _join(block: _Block, prose: Found | None, status: StatusReport) -> Failure:
    """One recipient's fields and what the prose says of it.

    The words of the server that refused judge; the Status field is the reporting system's own
    reading of them, and is believed where the words hold no status (RFC 3464 2.3.4).
    """
    fields = block.fields
    place = f"Diagnostic-Code of {status.place}"
    reply = block.reply
    said = read_reply(prose.text) if prose is not None and prose.text else None
    if said is not None and _prose_is_better(block, said):
        reply, place = said, "text of the notice"
    field_status = find_status(fields.get("status", ""))
    host = host_of(fields.get("remote-mta")) or reply.host or (prose.host if prose else None)
    cause = prose.cause if prose else None
    command = None if cause else reply.command
    if command is None and prose is not None:
        command = prose.command or (said.command if said else None)
    code = reply.code or (said.code if said else None)
    # The remote's own words go before the reporter's reading of them, unless they say nothing.
    use_own = reply.status is not None and not (
        field_status and reply.status[2:] == "0.0" and field_status[2:] != "0.0"
    )
    kind = block.kind
    if kind is Kind.DELAY and reply.whole.lower() == "envelope expired":
        kind = Kind.FAILURE  # OpenSMTPD 6 calls its last word "delayed"
    if kind is Kind.SUCCESS:
        code = code or _success_code(block.diagnostic)
    return Failure(
        kind=kind,
        recipient=block.address,
        original_recipient=block.original or (prose.original if prose else None),
        action=fields.get("action", "").lower() or None,
        status=reply.status if use_own else field_status,
        reply_code=code,
        diagnostic=reply.whole or None,
        cause=cause,
        command=command,
        remote_mta=host or None,
        last_attempt_date=iso_date(fields.get("last-attempt-date")),
        places=(
            ("reply", place),
            ("status", place if use_own else f"Status of {status.place}"),
            ("remote_mta", f"Remote-MTA of {status.place}" if "remote-mta" in fields else place),
            ("command", place if reply.command else "text of the notice"),
        ),
    )


def _success_code(diagnostic: str) -> str | None:
    """The code of `250 2.0.0 Ok: queued`, which is no refusal."""
    code, _, _ = diagnostic.strip()[:4].partition(" ")
    return code if code.isdigit() and code[:1] == "2" and len(code) == 3 else None


def _prose_is_better(block: _Block, said: Reply) -> bool:
    """Whether the prose says more: words where the fields have none, a reply, or the same and on.

    Diagnostic-Code: x-unix; Permission denied     (what a program printed)
    <bob@example.org>: Command died with status 126: "/usr/bin/deliver". Command output:
        Permission denied
    """
    own = block.diagnostic
    if own[3:4] == "-" and own[:3].isdigit() and said.whole.startswith(own):
        return True  # the first line of several (RFC 5321 4.2.1)
    if not _says_nothing(block):
        return False
    return not own or said.code is not None or " ".join(own.split()) in said.whole


def from_prose(found: Found) -> Failure:
    """What a notice says of one recipient."""
    reply = read_reply(found.text)
    place = "text of the notice"
    return Failure(
        kind=found.kind,
        recipient=found.recipient,
        original_recipient=found.original,
        action="delayed" if found.kind is Kind.DELAY else "failed",
        status=reply.status,
        reply_code=reply.code,
        diagnostic=reply.whole or None,
        cause=found.cause,
        command=found.command or reply.command,
        remote_mta=found.host or reply.host,
        places=(("reply", place), ("status", place), ("remote_mta", place), ("command", place)),
    )


@lru_cache(maxsize=512)
def host_of(value: str | None) -> str:
    """The host of `dns; mx.example.org (192.0.2.1)`, "" where there is none (RFC 3464 2.1.2)."""
    if not value:
        return ""
    words = _without_type(value).split(maxsplit=1)
    return bare(words[0]).rstrip(".;,") if words else ""
