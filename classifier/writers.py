"""Who wrote a mail that may be a report: a mail system, the owner of a list, a person.

By its From field first, which anybody may write; what a mail says is weighed elsewhere.
"""

from __future__ import annotations

import re
from typing import Final

from classifier.formats import Clues, Reader
from classifier.headers import Headers

__all__ = [
    "has_daemon_name",
    "is_daemon",
    "is_letter",
    "is_machine",
    "is_monitor",
    "is_of_list",
    "is_of_person",
    "is_spoofed",
    "is_to_machine",
]

MAX_LETTER: Final = 8192  # characters in which the author of a letter is looked for

# The local parts and the names that mail systems write reports under.
_LOCAL: Final = re.compile(
    r"mailer-?daemon|post[._-]?master|m?daemon|mail[._-]?daemon|mail[._-]?deliver|bounce|ndr\b"
    r"|mail[._-]?system|mail[._-]?admin|microsoftexchange[0-9a-f]{8}"
)
_NAME: Final = re.compile(
    r"mailer-?daemon|mail(?:er)? ?deliver|delivery (?:sub)?system|system administrator"
    r"|mail administrator|mail system|ndr administrator|^\W{0,2}postmaster\W{0,3}$"
)
# Those that machines write under, about other things, too.
_MACHINE: Final = re.compile(
    r"filter|scan|virus|gateway|shield|guard|secur|protect|quarantine|sweeper|marshal|spam"
    r"|content|no-?reply|robot|server|relay|\bmta\b|smtp|system|notif|alert|mailagent|mdm|admin"
    r"|root@|automat|delivery|groupware"
)
# Those of programs that report on other things, mail queues among them.
_MONITOR: Final = re.compile(
    r"(?:nagios|icinga|zabbix|monit|munin|grafana|alertmanager|checkmk|cron|ci|builds?|jenkins"
    r"|git(?:lab|hub))\b"
)
# Those of the owner of a list, or of the program that runs it.
_OF_LIST: Final = re.compile(
    r"^owner-|[-+.](?:owner|admin|request|bounces?)$|^(?:listserv|majordomo|sympa|ezmlm)\b"
)


def is_machine(sender: str) -> bool:
    """Whether a From field, in lower case, is that of a program of any kind."""
    return _MACHINE.search(sender) is not None


def is_monitor(sender: str) -> bool:
    """Whether a From field is that of a program that watches others."""
    return _MONITOR.match(_local_part(sender)) is not None


def is_of_list(sender: str) -> bool:
    """Whether a From field is that of the owner of a list, or of the program that runs it."""
    return _OF_LIST.search(_local_part(sender)) is not None


def is_daemon(sender: str) -> bool:
    """Whether a From field, in lower case, is that of a mail system."""
    name, _, address = sender.rpartition("<")
    if "@" not in address:  # ada@example.org (Mail Delivery System), or a bare name
        name = sender.partition("(")[2] or sender
    return has_daemon_name(sender) or _NAME.search(name.strip()) is not None


def has_daemon_name(sender: str) -> bool:
    """Whether the address of a From field is one that mail systems write reports under."""
    return _LOCAL.search(_local_part(sender)) is not None


def _local_part(sender: str) -> str:
    address = sender.rpartition("<")[2]
    return (address if "@" in address else sender).rpartition("@")[0]


_REPLY: Final = re.compile(r"(?:re|aw|sv|antw|r\xe9f) ?(?:\[\d+\])?:")
_FORWARD: Final = re.compile(r"(?:fwd?|wg|tr|rv|i) ?:")


def is_to_machine(headers: Headers) -> bool:
    """Whether a mail went to an address that only reports go to: list-bounces@example.org."""
    return "bounce" in _local_part((headers.get("To") or "").lower())


def is_of_person(clues: Clues, reader: Reader) -> bool:
    """A person who writes about a bounce: a thread, and no daemon's name.

    Who forwards a bounce that a reader knows wants it read.
    """
    headers = clues.message.headers
    if is_daemon(clues.sender) or clues.message.parts[0].report_type == "delivery-status":
        return False
    if "In-Reply-To" in headers:
        return True
    if _REPLY.match(clues.subject):
        return not is_to_machine(headers)
    if reader.name == "text" and _FORWARD.match(clues.subject) is not None:
        return True
    return _QUOTING.search(clues.notice.text) is not None and not _shows_machine(clues)


#   > This is the mail system at host mail.example.org.
_QUOTING: Final = re.compile(r"^(?:>[^\n]*\n){3}", re.MULTILINE)


def _shows_machine(clues: Clues) -> bool:
    """Whether anything but the name speaks for a machine."""
    headers = clues.message.headers
    return (
        "Auto-Submitted" in headers
        or (headers.get("Return-Path") or "").replace(" ", "") == "<>"
        or is_machine(clues.sender)
        or is_of_list(clues.sender)
    )


#   Do you know another address?      다른 주소를 아시나요?
#   I got this back                   Meine Mail kommt zurück
_ASKS: Final = re.compile(
    r"[^\W\d_][\"'»”)]?\s?[?？؟](?=\s|$)"
    r"|\bi (?:just )?(?:get|got|keep|sent|wrote|tried)\b|when i (?:send|write)|\bmy e?-?mails?\b"
    r"|\bich (?:bekomme|bekam|habe|erhalte)\b|\bmeine e?-?mails?\b|\bj'ai (?:reçu|envoyé)"
    r"|\bje reçois|\bmi (?:correo|mensaje)|\bho ricevuto|\bricevo\b|\bmeu (?:e-mail|email)"
    r"|\bik (?:krijg|kreeg)\b|\bjag (?:får|fick)\b|\bя (?:получ|отправ)|\bмо[её] письмо"
)


def is_letter(clues: Clues) -> bool:
    """Whether a text asks, speaks of its author's own mail, or ends with the author's name."""
    text = clues.prose[:MAX_LETTER]
    if _ASKS.search(text) is not None:
        return True
    name = (clues.message.headers.text("From") or "").lower().partition("<")[0]
    words = set(_WORDS.findall(name)) if "@" not in name else set()
    lines = [line for line in text.split("\n") if line.strip()]
    return any(words.issuperset(_WORDS.findall(line) or ("",)) for line in lines[-3:])


_WORDS: Final = re.compile(r"[^\W\d_]{2,40}")


def is_spoofed(clues: Clues) -> bool:
    """Whether a From field calls itself a mail system, and its address and path are others'."""
    path = (clues.message.headers.get("Return-Path") or "").replace(" ", "").lower()
    named = is_daemon(clues.sender) and not has_daemon_name(clues.sender)
    return named and path not in ("", "<>") and not is_daemon(path)
