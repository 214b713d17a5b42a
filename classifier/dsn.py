"""Delivery status notifications: the fields of message/delivery-status (RFC 3464, 6522, 6533).

Written for what servers really send: a missing blank line between recipients, one too many inside
a recipient, folds without indentation, the part sent as text/plain or base64.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

import msgspec

from classifier.addresses import bare
from classifier.frozen import Frozen
from classifier.headers import lower_in_place
from classifier.message import STATUS_TYPES, Message, Part
from classifier.notice import own_text
from classifier.reasons import Kind

__all__ = ["Recipient", "StatusReport", "find_status_report", "read_status_report"]

MAX_RECIPIENTS: Final = 1000
_MAX_TEXT: Final = 128 * 1024  # characters of the part that are looked at
_MAX_VALUE: Final = 8192  # characters of one folded value

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]{1,60}")
# Asked of text in lower case with a line end before it, which is many times as fast as ^ and a
# pattern that does not care for case.
_SEPARATE: Final = re.compile(r"\n(?:final|original)-recipient[ \t]*:")
_REPORTING: Final = re.compile(r"\nreporting-mta[ \t]*:")
_END: Final = re.compile(r"\n(?:--\S|received:|return-path:|from:|message-id:)")
_ACTION: Final = re.compile(r"\n(?:action|status)[ \t]*:")

# Fields that begin a recipient, and fields that only a recipient has (RFC 3464 2.3).
_NAMES: Final = frozenset({"final-recipient", "original-recipient"})
_OF_RECIPIENT: Final = _NAMES | {"action", "status", "remote-mta", "diagnostic-code"}

# Names as nearly all write them, which need no second look.
_COMMON: Final = {
    name: name.lower()
    for name in (
        *("Final-Recipient", "Original-Recipient", "Action", "Status", "Remote-MTA"),
        *("Diagnostic-Code", "Last-Attempt-Date", "Will-Retry-Until", "Final-Log-ID"),
        *("Reporting-MTA", "Arrival-Date", "Received-From-MTA", "Original-Envelope-Id"),
        *("X-Postfix-Queue-ID", "X-Postfix-Sender"),
    )
}

_ACTIONS: Final = (
    ("fail", Kind.FAILURE),
    ("delay", Kind.DELAY),
    ("deliver", Kind.SUCCESS),
    ("relay", Kind.SUCCESS),
    ("expand", Kind.SUCCESS),
)


class Recipient(Frozen):
    """The fields of one recipient, by name in lower case, values unfolded."""

    fields: Mapping[str, str]

    @property
    def kind(self) -> Kind:
        """What happened, by Action (RFC 3464 2.3.3); by the status where no Action stands."""
        action = self.fields.get("action", "").strip().lower()
        for begin, kind in _ACTIONS:
            if action.startswith(begin):
                return kind
        status = self.fields.get("status", "").lstrip()
        return Kind.SUCCESS if status.startswith("2") else Kind.FAILURE

    @property
    def address(self) -> str | None:
        """Final-Recipient without its type.

        Original-Recipient where that is no mail address (X.400 names, local users).
        """
        final, original = read_address(self.fields.get("final-recipient")), self.original
        if final and ("@" in final or not original or "@" not in original):
            return final
        return original

    @property
    def original(self) -> str | None:
        """Original-Recipient without its type (RFC 3464 2.3.1), its encoding undone."""
        return read_address(self.fields.get("original-recipient"))


class StatusReport(Frozen):
    """A delivery status part: what holds for the message, then one entry a recipient.

    `place` names the part for people, `defects` what was odd.
    """

    message: Mapping[str, str]
    recipients: tuple[Recipient, ...]
    place: str
    defects: tuple[str, ...] = ()


#   rfc822; ada@example.org     rfc822;<ada@example.org>     utf-8; \x{E9}va@example.org
_TYPED: Final = re.compile(r"\s*([A-Za-z0-9-]{1,30})\s*;\s*(.*)", re.DOTALL)
_UNITEXT: Final = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")
# xtext (RFC 3461 4) hides these and only these of the printable characters. Other `+XX` may be a
# part of the address (`ada+20@example.org`) and stay.
_XTEXT: Final = re.compile(r"\+(2B|3D)")


_QUOTED: Final = re.compile(r"\"(?:[^\"\\]|\\.){0,64}\"@\S+")  # "ada marsh"@example.org
_WORD: Final = re.compile(r"\S+")


def _of_hex(found: re.Match[str]) -> str:
    number = int(found.group(1), 16)
    return chr(number) if 31 < number < 0x110000 and not 0xD7FF < number < 0xE000 else "?"


@lru_cache(maxsize=256)  # asked several times for each recipient
def read_address(value: str | None) -> str | None:
    """The address in a Final- or Original-Recipient value, or None where there is none."""
    if not value:
        return None
    found = _TYPED.match(value)
    kind, text = (found.group(1).lower(), found.group(2)) if found else ("rfc822", value)
    text = bare(text)
    if kind == "utf-8":  # RFC 6533 3: unitext and utf-8-addr-xtext
        text = _UNITEXT.sub(_of_hex, text)
    elif "+" in text:
        text = _XTEXT.sub(_of_hex, text)
    # Some write a comment or a display name behind the address.
    words = _QUOTED.match(text) or _WORD.match(text)
    return words.group() if words else None


def read_status_report(text: str, place: str = "message/delivery-status") -> StatusReport:
    """The report that the text of a delivery status part holds. Never raises."""
    message: dict[str, str] = {}
    recipients: list[dict[str, str]] = []
    current = message
    last: str | None = None
    blank = False
    defects: list[str] = []
    for line in text[:_MAX_TEXT].split("\n"):
        begin, colon, value = line.partition(":")
        name = _COMMON.get(begin) if colon else None
        if name is None:
            if not line or line.isspace():
                blank, last = True, None
                continue
            name = _read_name(begin) if colon else None
        if name is None:
            # A folded value, indented as it must be, or broken without indentation.
            if last and (line[0] in " \t" or last == "diagnostic-code"):
                if len(current[last]) > _MAX_VALUE:
                    continue
                current[last] = f"{current[last]} {line.strip()}"
                if line[0] not in " \t":
                    defects.append("a folded field is not indented")
            continue
        known = name in current
        if name in _OF_RECIPIENT and (
            current is message or ((blank or known) and _begins_recipient(name, current, blank))
        ):
            if not blank and current is not message:
                defects.append("no blank line between recipients")
            if len(recipients) >= MAX_RECIPIENTS:
                defects.append(f"more than {MAX_RECIPIENTS} recipients")
                break
            current = {}
            recipients.append(current)
            known = False
        if known:
            last = None
        else:
            current[name] = value.strip()
            last = name
        blank = False
    return StatusReport(
        message,
        tuple([Recipient(fields) for fields in recipients]),
        place,
        tuple(dict.fromkeys(defects)),
    )


def _read_name(begin: str) -> str | None:
    """The name of a field in lower case, out of what stands before the colon; None if none can."""
    begin = begin.rstrip(" \t")
    return begin.lower() if _NAME.fullmatch(begin) else None


def _begins_recipient(name: str, current: dict[str, str], blank: bool) -> bool:
    """Whether a field opens the next recipient (RFC 3464 2.1: a blank line comes first)."""
    if name in current:  # Exim writes Action before Final-Recipient
        return name in _NAMES or (blank and name in _OF_RECIPIENT)
    return blank and name in _NAMES and ("action" in current or "status" in current)


def find_status_report(message: Message, anywhere: bool = False) -> StatusReport | None:
    """The report of a mail, or None where it holds none.

    Several delivery status parts are read as one. Where no part is declared as one, a text part
    with the fields serves (RFC 6522 was broken on the way): its text before the returned
    message, which may be a report itself, or all of it where `anywhere` is asked for.
    """
    reports = [
        # some software puts a part head without its blank line before the fields
        read_status_report(part.text.lstrip("\n"), f"{part.type} part {part.path}")
        for part in message.parts
        if part.type in STATUS_TYPES
    ]
    if not any(report.recipients for report in reports):
        for part in _text_parts(message):
            text = part.text
            if not _looks_like_fields(text):
                continue
            if not anywhere:
                text = own_text(text)
                if not _looks_like_fields(text):
                    continue
            reports.append(_undeclared(text, part))
    if len(reports) < 2:
        return reports[0] if reports else None
    first = reports[0]
    return StatusReport(
        first.message,
        tuple(recipient for report in reports for recipient in report.recipients),
        first.place,
        tuple(dict.fromkeys(defect for report in reports for defect in report.defects)),
    )


def _text_parts(message: Message) -> list[Part]:
    """The plain text of a mail; its whole body, where a declared boundary divides nothing."""
    plain = list(message.each("text/plain"))
    return plain or [part for part in message.parts[:1] if len(message.parts) == 1]


def _looks_like_fields(text: str) -> bool:
    lowered = lower_in_place("\n" + text)
    return "-recipient" in lowered and bool(_SEPARATE.search(lowered) and _ACTION.search(lowered))


def _undeclared(text: str, part: Part) -> StatusReport:
    """The fields in the text of a part, from the first line that begins a block of them."""
    lowered = lower_in_place("\n" + text)
    begin = _REPORTING.search(lowered) or _SEPARATE.search(lowered)
    start = begin.start() if begin else 0
    # The block ends at a MIME boundary or at the returned message's headers.
    end = _END.search(lowered, start)
    fields = text[start : end.start() if end else len(text)]
    report = read_status_report(fields, f"{part.type} part {part.path}")
    defects = (*report.defects, "delivery status fields outside a delivery-status part")
    return msgspec.structs.replace(report, defects=defects)
