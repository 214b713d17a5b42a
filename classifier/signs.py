"""Whether a mail without status fields is a machine's report that a delivery failed.

No header says so for sure: old systems write plain mails from `postmaster`, and people quote
bounces. So the usual signs are weighed: who seems to have written, and what is said.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from classifier.formats import Clues, Reader
from classifier.formats.mentions import is_named
from classifier.formats.prose import has_reply_code
from classifier.headers import Headers
from classifier.lexicon import Says, find, says
from classifier.reply import read_reply

__all__ = ["is_bounce", "is_daemon", "is_spoofed"]

# The local parts and the names that mail systems write reports under.
_LOCAL: Final = re.compile(
    r"mailer-?daemon|post[._-]?master|m?daemon|mail[._-]?daemon|mail[._-]?deliver|bounce|ndr\b"
    r"|mail[._-]?system|mail[._-]?admin"
)
_NAME: Final = re.compile(
    r"mailer-?daemon|mail(?:er)? ?deliver|delivery (?:sub)?system|system administrator"
    r"|mail administrator|mail system|ndr administrator|^\W{0,2}postmaster\W{0,3}$"
)
# Those that machines write under, about other things, too.
_MACHINE: Final = re.compile(
    r"filter|scan|virus|gateway|shield|guard|secur|protect|quarantine|sweeper|marshal|spam"
    r"|content|no-?reply|robot|server|relay|\bmta\b|smtp|system|notif|alert|mailagent|mdm|admin"
    r"|root@|automat|delivery"
)
# Those of the owner of a list, or of the program that runs it.
_OF_LIST: Final = re.compile(
    r"^owner-|[-+.](?:owner|admin|request|bounces?)$|^(?:listserv|majordomo|sympa|ezmlm)\b"
)
#: RFC 6109 3.1.2: certified mail that was not delivered, or will not be if nothing changes.
_CERTIFIED: Final = ("errore-consegna", "preavviso-errore-consegna", "non-accettazione")
# How the subject of a report reads that no phrase of failure stands in.
_SUBJECT: Final = re.compile(
    r"deliver(?:y|ed)?\b|mail (?:system )?error|mail status|message status|bounce|reject|blocked"
    r"|zustell|remise|retourn|配信|送信|メール|邮件|郵件|메일|возвра|достав|not (?:be )?sent|virus"
)


# What a filter writes to its administrator, or to the one whom the mail was for.
_NOT_TO_SENDER: Final = re.compile(
    r"in mail (?:to you|from \[)|in an? e?-?mail to you|messages? (?:sent )?to you\b"
    r"|(?:delivered|addressed) to you(?:r mailbox)?\b|quarantine (?:report|digest|summary)"
    r"|mail addressed to you|smtp server: errors from"
)
# What lists write about themselves and about subscriptions.
_HOUSEKEEPING: Final = re.compile(
    r"results of your command|please moderate|moderat\w+ request|subscri(?:be|ption)\b(?!ers? only)"
    r"|d\xe9sabonn|d\xe9sinscri|abonnement|abmeld|information(?:en|s)? (?:for|f\xfcr|pour)"
    r"|bouncing messages"
    r"|auto-response|anmelde|abbestell|awaits? moderator|requires approval|held for approval"
    r"|confirm|user.?s? guide"
)
# What counts many mails is no report about one.
_SUMMARY: Final = re.compile(r"summar|statisti|digest|daily report|weekly|logwatch|\bcron\b")


def is_daemon(sender: str) -> bool:
    """Whether a From field, in lower case, is that of a mail system."""
    name, _, address = sender.rpartition("<")
    if "@" not in address:  # ada@example.org (Mail Delivery System), or a bare name
        name = sender.partition("(")[2] or sender
    return _has_daemon_name(sender) or _NAME.search(name.strip()) is not None


def _has_daemon_name(sender: str) -> bool:
    return _LOCAL.search(_local_part(sender)) is not None


def _local_part(sender: str) -> str:
    address = sender.rpartition("<")[2]
    return (address if "@" in address else sender).rpartition("@")[0]


def is_bounce(clues: Clues, reader: Reader) -> bool:
    """Whether a mail without status fields is a delivery report after all.

    A reader of a known system claims by marks that people quote, too, so one of the usual signs
    is wanted beside them; for the last resort more, and prose that speaks of failure. A report by
    its Content-Type (RFC 6522) may have lost all that it said on the way.
    """
    if clues.failed:
        return True
    if _is_of_person(clues, reader):
        return False
    if _NOT_TO_SENDER.search(f"{clues.subject}\n{clues.prose[:512]}"):
        return False
    if _HOUSEKEEPING.search(clues.subject) and _OF_LIST.search(_local_part(clues.sender)):
        return False
    signs = _read_signs(clues)
    if reader.name != "text":
        return signs.writer >= 1 or signs.usual or (signs.says_so and bool(clues.sender))
    if not signs.says_so or (signs.is_away and not signs.is_about_somebody):
        return False
    if _SUMMARY.search(clues.subject):
        return False
    if _is_bulk(clues) and not signs.is_strict:
        return False
    return (signs.is_strict or signs.has_proof) and signs.writer + signs.words >= 3


def _is_bulk(clues: Clues) -> bool:
    """A newsletter or the mail of a list or a tracker, which may speak of anything."""
    headers = clues.message.headers
    return any(name in headers for name in ("List-Unsubscribe", "Feedback-ID", "List-Id"))


class _Signs(NamedTuple):
    writer: int  # how much looks as if a mail system wrote
    words: int  # how much it says as a report would
    says_so: bool  # whether it states that a message was not delivered, or not yet
    is_strict: bool  # whether what mail systems alone use says that one wrote
    is_away: bool  # whether it opens as automatic replies do
    usual: bool  # whether subject, a reply or the returned message alone are those of a report
    has_proof: bool  # a reply, the returned message, or a recipient that stands apart
    is_about_somebody: bool  # the last two


# How far a statement may stand from the beginning, in characters.
_OPENING: Final = 1024
_LOOKED_AT: Final = 8192


def _read_signs(clues: Clues) -> _Signs:
    headers, text = clues.message.headers, clues.notice.text[:_LOOKED_AT]
    submitted = (headers.get("Auto-Submitted") or "").lower()
    declared = clues.message.parts[0].report_type == "delivery-status"
    declared = declared or (headers.get("X-Ricevuta") or "").strip().lower() in _CERTIFIED
    daemon = is_daemon(clues.sender)
    to = _local_part((headers.get("To") or "").lower())
    of_list = bool(_OF_LIST.search(_local_part(clues.sender))) and not _OF_LIST.search(to)
    path = (headers.get("Return-Path") or "").replace(" ", "").lower()
    null = path in ("<>", "<mailer-daemon>")
    writer = (
        2 * null
        # RFC 5321 4.5.5: reports are sent with a null path, so another one speaks against
        - (bool(path) and not null and not of_list and not is_daemon(path))
        + 2 * (daemon or of_list)
        + 2 * declared
        + submitted.startswith(("auto-replied", "auto-generated"))
        + (not daemon and _MACHINE.search(clues.sender) is not None)
        + _to_machine(headers)
    )
    opening = clues.prose[:_OPENING]
    states = says(Says.FAILED, opening) or says(Says.DELAYED, opening)
    lined = has_reply_code(text)
    coded = lined or read_reply(text).code is not None
    returned = clues.notice.returned is not None
    named = is_named(clues)
    titled = says(Says.FAILED, clues.subject) or says(Says.DELAYED, clues.subject)
    spoken = _SUBJECT.search(clues.subject) is not None
    weak = coded or says(Says.WEAK, f"{clues.subject}\n{clues.prose[:_LOOKED_AT]}")
    answers = (Says.AUTOMATIC, Says.AWAY, Says.RECEIVED)
    titled_away = any(says(each, clues.subject) for each in answers)
    places = [find(each, opening) for each in answers]
    away = min((place for place in places if place >= 0), default=-1)
    failed = find(Says.FAILED, clues.prose[:_LOOKED_AT])
    return _Signs(
        writer=writer,
        words=(titled or spoken) + states + coded + returned + named,
        says_so=declared or states or titled or failed >= 0 or (writer >= 2 and weak),
        is_strict=null
        or declared
        or (_has_daemon_name(clues.sender) and (titled or spoken))
        or (of_list and states),
        is_away=titled_away or (away >= 0 and not 0 <= failed < away),
        usual=titled or spoken or lined or returned,
        has_proof=coded or returned or named or (titled and "@" in clues.subject),
        is_about_somebody=returned or named,
    )


_REPLY: Final = re.compile(r"(?:re|aw|sv|antw|r\xe9f) ?(?:\[\d+\])?:")
_FORWARD: Final = re.compile(r"(?:fwd?|wg|tr|rv|i) ?:")


def _to_machine(headers: Headers) -> bool:
    """Whether a mail went to an address that only reports go to: list-bounces@example.org."""
    return "bounce" in _local_part((headers.get("To") or "").lower())


def _is_of_person(clues: Clues, reader: Reader) -> bool:
    """A person who writes about a bounce: a thread, and no daemon's name.

    Who forwards a bounce that a reader knows wants it read.
    """
    headers = clues.message.headers
    if is_daemon(clues.sender):
        return False
    if "In-Reply-To" in headers:
        return True
    if _REPLY.match(clues.subject):
        return not _to_machine(headers)
    if reader.name == "text" and _FORWARD.match(clues.subject) is not None:
        return True
    return _QUOTING.search(clues.notice.text) is not None and not _is_of_machine(clues)


#   > This is the mail system at host mail.example.org.
_QUOTING: Final = re.compile(r"^(?:>[^\n]*\n){3}", re.MULTILINE)


def _is_of_machine(clues: Clues) -> bool:
    """Whether anything but the name speaks for a machine."""
    headers = clues.message.headers
    return (
        "Auto-Submitted" in headers
        or (headers.get("Return-Path") or "").replace(" ", "") == "<>"
        or bool(_MACHINE.search(clues.sender) or _OF_LIST.search(_local_part(clues.sender)))
    )


def is_spoofed(clues: Clues) -> bool:
    """Whether a From field calls itself a mail system, and its address and path are others'."""
    path = (clues.message.headers.get("Return-Path") or "").replace(" ", "").lower()
    named = is_daemon(clues.sender) and not _has_daemon_name(clues.sender)
    return named and path not in ("", "<>") and not is_daemon(path)
