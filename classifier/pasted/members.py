"""JSON and CSV that people paste: events of webhooks, error objects, journald, accounting lines."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from classifier.evidence import Hop
from classifier.notifications import looks_like_json, read_notifications
from classifier.notifications.frames import decode
from classifier.objects import split_objects
from classifier.pasted.form import Reading
from classifier.reasons import JUDGED
from classifier.report import Failure

__all__ = ["read_csv", "read_events", "texts_in"]

_MAX_OBJECTS: Final = 200
_MAX_DEPTH: Final = 6

# Members that hold what a server or library said, in objects of no service that we know.
_SAYING: Final = frozenset(
    {"response", "diagnosticcode", "diagnostic", "message", "error", "reason", "description"}
    | {"details", "detail", "log", "msg", "stack", "err", "smtp_response", "smtpresponse", "status"}
    | {"errormessage", "error_message", "exception", "body", "title", "text", "cause", "reply"}
)


def read_events(text: str) -> list[Reading]:
    """What the events of a sending service say in `text`; [] where it is no such JSON."""
    if not looks_like_json(text.encode("utf-8", "replace")[:64]):
        return []
    readings = []
    for report in read_notifications(text):
        for failure in report.failures:
            if failure.kind in JUDGED:
                readings.append(_read_failure(failure, report.format))
    return readings


def _read_failure(failure: Failure, form: str) -> Reading:
    said = failure.diagnostic or ""
    return Reading(
        reply=f"{failure.hint}: {said}" if failure.hint and said else said or failure.hint,
        source=form,
        command=failure.command,
        host=failure.remote_mta,
        status=failure.status,
    )


def texts_in(text: str) -> list[str]:
    """The words in the objects of JSON of no known service, each as text to be read by itself."""
    raw = text.encode("utf-8", "replace")
    if not looks_like_json(raw):
        return []
    texts = []
    for count, (each, _) in enumerate(split_objects([raw])):
        if count == _MAX_OBJECTS:
            break
        try:
            data = decode(each)
        except ValueError:
            continue
        said = "\n".join(_says(data, 0))
        if said.strip():
            texts.append(said)
    return texts


def _says(data: Any, depth: int) -> Iterator[str]:
    if depth > _MAX_DEPTH:
        return
    if isinstance(data, Mapping):
        members = {str(name).lower(): each for name, each in data.items()}
        # {"SYSLOG_IDENTIFIER": "postfix/smtp", "MESSAGE": ...}    journald: who wrote the line
        writer, message = members.get("syslog_identifier"), members.get("message")
        if isinstance(writer, str) and isinstance(message, str):
            members["message"] = f"{writer}[0]: {message}"
        # {"code": "EAUTH", "response": ..., "command": "AUTH PLAIN"}    nodemailer
        response, command = members.get("response"), members.get("command")
        if isinstance(response, str) and isinstance(command, str):
            yield f"response: {_quote(response)}, command: {_quote(command)}"
        for name, each in members.items():
            if isinstance(each, Mapping | list) or (isinstance(each, str) and name in _SAYING):
                yield from _says(each, depth + 1)
    elif isinstance(data, list):
        for each in data:
            yield from _says(each, depth + 1)
    elif isinstance(data, str) and data.strip():
        yield data


def _quote(text: str) -> str:
    """A string as JavaScript prints it."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return f"'{escaped}'"


_LED: Final = re.compile(
    # [{LED=550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found};{MSG=};{FQDN=mx.b.test};{IP=...}]
    r"\{LED=(?P<reply>[^{}\n]{1,2000})\}(?:[^\n]{0,600}?\{FQDN=(?P<host>[\w.-]{1,255})\})?"
)
_PEER: Final = re.compile(r"(?P<host>[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}) \([\da-fA-F.:]{2,45}\)")
_STATUS: Final = re.compile(r"(?P<status>[45]\.\d{1,3}\.\d{1,3})(?: \([^)]{1,200}\))?")


def read_csv(line: str) -> Reading | None:
    """What a CSV line of PowerMTA's accounting, or of Exchange's message tracking, reports.

    b,2026-01-02 03:04:05+0000,...,bo@b.test,,failed,5.1.1 (bad destination mailbox address),
    "smtp;550 5.1.1 no such user",mx.b.test (192.0.2.9),bad-mailbox,smtp,...
    """
    led = _LED.search(line)
    if led:
        host = led.group("host")
        return Reading(
            reply=led.group("reply"),
            source="exchange-tracking",
            hop=None if host else Hop.LOCAL,
            host=host,
        )
    if "smtp;" not in line and not line.startswith(("b,", "t,", "tq,", "rb,")):
        return None
    cells = _cells(line)
    said = next((each for each in cells if each.startswith("smtp;")), None)
    if said is None or cells[0] not in ("b", "t", "tq", "rb", "rs"):
        return None
    peer = next((found for each in cells if (found := _PEER.fullmatch(each))), None)
    status = next((found for each in cells if (found := _STATUS.fullmatch(each))), None)
    return Reading(
        reply=said.removeprefix("smtp;").strip(),
        source="powermta",
        host=peer.group("host") if peer else None,
        status=status.group("status") if status else None,
        final=cells[0] == "b",
    )


def _cells(line: str) -> Sequence[str]:
    try:
        return next(csv.reader([line]), [])
    except csv.Error:
        return []
