"""Whether a mail without status fields is a machine's report that a delivery failed.

No header says so for sure: old systems write plain mails from `postmaster`, and people quote
bounces. So the usual signs are counted.
"""

from __future__ import annotations

import re
from typing import Final

from classifier.formats import Clues, Reader
from classifier.formats.prose import has_reply_code, says_failure

__all__ = ["is_bounce", "is_daemon"]

# How the subject of a delivery report reads, in the languages that systems write it in.
_SUBJECT: Final = re.compile(
    r"undeliver|deliver(?:y|ed)?\b|returned (?:mail|to sender)|return(?:ing|ed) message"
    r"|failure notice"
    r"|mail (?:system )?(?:error|fail)|mail status|message status|bounce|non remis|rejected"
    r"|unzustellbar|zustell|nicht zugestellt|non distribu|\xe9chec|remise|no se puede entregar"
    r"|no entregado|devuelto|impossibile recapitare|mancato recapito|n\xe3o entreg|falha"
    r"|onbestelbaar|niet bezorgd|kan niet leverer|недостав|не доставлено|ошибка доставки|возвра"
    r"|配信|送信エラー|エラーメール|届きません|退信|退回|系统退信|投递失败|メールエラー"
    r"|returning to sender|error sending|not (?:be )?sent",
)
# The local parts and the names that mail systems write reports under.
_LOCAL: Final = re.compile(
    r"mailer-?daemon|post[._-]?master|m?daemon|mail[._-]?daemon|mail[._-]?deliver|bounce|ndr\b"
    r"|mail[._-]?system|mail[._-]?admin"
)
_NAME: Final = re.compile(
    r"mailer-?daemon|mail(?:er)? ?deliver|delivery (?:sub)?system|system administrator"
    r"|mail administrator|mail system|ndr administrator|^\W{0,2}postmaster\W{0,3}$"
)


def is_daemon(sender: str) -> bool:
    """Whether a From field, in lower case, is that of a mail system."""
    name, _, address = sender.rpartition("<")
    if "@" not in address:  # ada@example.org (Mail Delivery System), or a bare name
        name, address = sender.partition("(")[2] or sender, sender
    local = address.rpartition("@")[0]
    return _LOCAL.search(local) is not None or _NAME.search(name.strip()) is not None


def is_bounce(clues: Clues, reader: Reader) -> bool:
    """Whether a mail without status fields is a delivery report after all.

    A reader of a known system claims by marks that people quote, too, so one of the usual signs
    is wanted beside them; for the last resort two, and prose that speaks of failure. A report by
    its Content-Type (RFC 6522) may have lost all that it said on the way.
    """
    if clues.failed:
        return True
    if _is_of_person(clues, reader):
        return False
    signs = _signs(clues)
    if reader.name != "text":
        return signs >= 1
    declared = clues.message.parts[0].report_type == "delivery-status"
    if not declared and not says_failure(f"{clues.subject}\n{clues.prose[:8192]}"):
        return False
    return signs >= 2


# How a report opens. People quote these words, too, so they count only where a machine wrote.
_OPENING: Final = re.compile(
    r"able to deliver|not (?:be )?deliver|undeliver|permanent (?:fatal )?error"
    r"|delivery (?:has )?failed"
    r"|rejected:",
)


def _signs(clues: Clues) -> int:
    """How many of the usual signs of a delivery report a mail shows."""
    headers, text = clues.message.headers, clues.notice.text[:8192]
    submitted = (headers.get("Auto-Submitted") or "").lower()
    machine = (
        (headers.get("Return-Path") or "").replace(" ", "") == "<>",
        is_daemon(clues.sender),
        submitted.startswith(("auto-replied", "auto-generated")),
        clues.message.parts[0].report_type == "delivery-status",
    )
    content = (
        _SUBJECT.search(clues.subject) is not None,
        clues.notice.returned is not None,
        has_reply_code(text),
        any(machine) and _OPENING.search(clues.prose[:512]) is not None,
    )
    return sum(machine) + sum(content)


_REPLY: Final = re.compile(r"(?:re|aw|sv|antw|r\xe9f) ?(?:\[\d+\])?:")
_FORWARD: Final = re.compile(r"(?:fwd?|wg|tr|rv|i) ?:")


def _is_of_person(clues: Clues, reader: Reader) -> bool:
    """A person who writes about a bounce: a thread, and no daemon's name.

    Who forwards a bounce that a reader knows wants it read.
    """
    headers = clues.message.headers
    if is_daemon(clues.sender):
        return False
    if "In-Reply-To" in headers or "List-Id" in headers or _REPLY.match(clues.subject):
        return True
    return reader.name == "text" and _FORWARD.match(clues.subject) is not None
