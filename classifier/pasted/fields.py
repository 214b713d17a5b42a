"""A piece of a bounce's status part: Diagnostic-Code and what stands beside it (RFC 3464 2.3)."""

from __future__ import annotations

import re
from typing import Final

from classifier.pasted.form import Reading

__all__ = ["NAMES", "read_fields"]

#: The fields of a status part, in lower case.
NAMES: Final = frozenset(
    {"reporting-mta", "received-from-mta", "arrival-date", "final-recipient", "original-recipient"}
    | {"action", "status", "remote-mta", "diagnostic-code", "last-attempt-date", "final-log-id"}
    | {"will-retry-until", "original-envelope-id", "dsn-gateway"}
)
_FIELD: Final = re.compile(
    # the value, and its folded lines; a typed value behind its type (RFC 3464 2.1.2)
    r"^[ \t>|*]{0,8}(?P<name>Diagnostic-Code|Remote-MTA|Status|Action):[ \t]{0,8}"
    r"(?:[A-Za-z][\w-]{0,20} ?; ?)?(?P<value>[^\n]{0,2000}(?:\n[ \t]{1,16}[^\n]{1,1000}){0,20})",
    re.IGNORECASE | re.MULTILINE,
)
_MAX_FIELDS: Final = 200


def read_fields(text: str) -> Reading | None:
    """The last diagnostic that a text gives in such a field, or None."""
    last = dict[str, str]()
    end = -1
    for count, found in enumerate(_FIELD.finditer(text)):
        if count == _MAX_FIELDS:
            break
        last[found.group("name").lower()] = found.group("value").strip()
        end = found.end()
    reply = last.get("diagnostic-code")
    if not reply:
        return None
    status = re.match(r"[245]\.\d{1,3}\.\d{1,3}", last.get("status", ""))
    host = re.match(r"[\w.-]{1,255}", last.get("remote-mta", ""))
    return Reading(
        reply=reply,
        source="bounce-fields",
        end=end,
        host=host.group().lower().rstrip(".") if host else None,
        status=status.group() if status else None,
        final=last.get("action", "").lower().startswith("failed"),
    )
