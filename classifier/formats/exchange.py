"""Exchange, on the premises and online: the real reply stands in the prose for administrators.

Diagnostic information for administrators:
Generating server: AM0PR01MB0001.eurprd01.prod.exchangelabs.com
bob@example.org
Remote Server returned '550 5.7.1 TRANSPORT.RULES.RejectMessage; ...'
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from classifier.formats.prose import read_prose
from classifier.formats.reader import Clues, Found, Reader

__all__ = ["ONLINE", "ON_PREMISES"]

#   Remote Server returned '550 5.7.1 ...'     Remote server returned '<host #5.7.1 smtp;550 ...>'
_RETURNED: Final = re.compile(
    r"remote server returned '(?P<reply>[^\n]{3,2000}?)'?\s*$", re.I | re.M
)

#   3:02:11 AM - Server at mx.prod.outlook.com returned '550 4.4.7 QUEUE.Expired; message expired'
#   2:52:10 AM - Server at example.org (192.0.2.1) returned '441 4.4.1 Error encountered while ...'
_LAST_ATTEMPT: Final = re.compile(
    r" returned '[45]\d\d [45]\.4\.7 [^\n']{1,80}'\s{0,4}\n"
    r"[^\n']{1,40} - Server at (?P<host>[\w.-]{3,255}) [^\n']{0,60}"
    r"returned '(?P<reply>[^\n]{3,2000}?)'\s*$",
    re.MULTILINE,
)
#   Receiving server: mail.example.org (192.0.2.1)        in the language of the sender
_RECEIVING: Final = re.compile(
    r"^[^\n:]{3,40}: (?P<host>[\w-]+(?:\.[\w-]+)+) \([0-9A-Fa-f.:]{7,45}\)$", re.MULTILINE
)


def _read(clues: Clues) -> Sequence[Found]:
    """The general reading of the prose; the quoted reply replaces the advice to end users."""
    receiving = _RECEIVING.search(clues.notice.text)
    host = receiving.group("host") if receiving else None
    found = [msgspec.structs.replace(each, host=each.host or host) for each in read_prose(clues)]
    last = _LAST_ATTEMPT.search(clues.notice.text) if len(found) == 1 else None
    if last:  # what the other side said the last time is why the queue's time ran out
        named = {"host": last.group("host"), "cause": last.group("reply")}
        return [msgspec.structs.replace(found[0], **named)]
    replies = [each.group("reply") for each in _RETURNED.finditer(clues.notice.text)]
    if len(replies) == 1:
        return [msgspec.structs.replace(each, text=replies[0]) for each in found] or [
            Found(recipient=None, text=replies[0], host=host)
        ]
    return found


ONLINE = Reader(
    "exchange-online",
    (
        "mta: .outlook.com$ && text: diagnostic information for administrators",
        "mta: .prod.outlook.com$",
        "mta: .exchangelabs.com$",
        "mta: .office365.com$",
        "text: .prod.outlook.com && text: remote server returned '",
        "text: .prod.exchangelabs.com && text: remote server returned '",
        "text: .outlook.com && head: x-ms-exchange-message-is-ndr:",
        "text: .exchangelabs.com && head: x-ms-exchange-message-is-ndr:",
        "text: office 365 && text: remote server returned '",
    ),
    _read,
    "a status part; the reply in quotation marks after Remote Server returned",
    over=("exchange", "microsoft-smtpsvc"),
)
ON_PREMISES = Reader(
    "exchange",
    (
        "head: x-ms-exchange-message-is-ndr:",
        "text: diagnostic information for administrators",
        "text: remote server returned '",
    ),
    _read,
    "as Exchange Online; since 2007: #550 5.1.1 RESOLVER..., or <host #5.7.1 smtp;550 ...>",
    over=("microsoft-smtpsvc",),
)
