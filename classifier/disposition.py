"""Disposition notifications that are refusals: a filter at delivery rejected the message.

A read receipt and the `reject` of a Sieve script look alike (RFC 8098, RFC 5429 2.2): both are a
message/disposition-notification, and both may say `deleted`. What the notice says tells them apart.
"""

from __future__ import annotations

import re
from typing import Final

from classifier.dsn import read_address
from classifier.formats import Clues
from classifier.headers import Headers
from classifier.message import Part
from classifier.reasons import Kind
from classifier.reply import read_reply
from classifier.report import Failure

__all__ = ["read_refusal"]

# Your message to <bob@example.org> was automatically rejected:          Dovecot
# Your message was automatically rejected by Sieve                       Cyrus
# was refused by recipient's mail filtering program                      RFC 5429's example
_REFUSED: Final = re.compile(
    r"automatically rejected|was rejected|been rejected|was refused by|rejected by sieve"
    r"|rejected your message|refused by the recipient"
)
_REASON: Final = re.compile(
    r"(?:rejected(?: by sieve[^:]{0,80})?|reason(?: was)? given(?: was)?(?: as follows)?"
    r"|following reason(?: was given)?):\s*(?P<reason>\S(?:[^\n]|\n(?=[^\n])){0,600})",
    re.IGNORECASE,
)


def read_refusal(part: Part | None, clues: Clues) -> Failure | None:
    """The refusal that a disposition notification tells of, or None where it is a receipt."""
    submitted = (clues.message.headers.get("Auto-Submitted") or "").lower()
    if "rejected" not in submitted and not _REFUSED.search(clues.prose[:2048]):
        return None
    fields = Headers(part.data.lstrip(b"\n") if part else b"")
    given = _REASON.search(clues.notice.text)
    words = " ".join((given.group("reason") if given else clues.notice.text[:400]).split())
    reply = read_reply(words)
    place = "text of the notice"
    return Failure(
        kind=Kind.FAILURE,
        recipient=read_address(fields.get("Final-Recipient")),
        original_recipient=read_address(fields.get("Original-Recipient")),
        action="failed",
        status=reply.status,
        reply_code=reply.code,
        diagnostic=reply.whole or None,
        places=(("reply", place), ("status", place)),
    )
