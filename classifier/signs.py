"""Whether a mail without status fields is a machine's report that a delivery failed.

No header says so for sure: old systems write plain mails from `postmaster`, and people quote
bounces. So the usual signs are weighed: who seems to have written, and what is said.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import Final

from classifier.formats import Clues, Reader
from classifier.formats.mentions import Role, named_roles
from classifier.formats.prose import has_reply_code
from classifier.frozen import Remembering
from classifier.lexicon import Says, find, says
from classifier.reply import read_reply
from classifier.writers import (
    has_daemon_name,
    is_daemon,
    is_letter,
    is_machine,
    is_monitor,
    is_of_list,
    is_of_person,
    is_to_machine,
)

__all__ = ["is_bounce"]

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
# What counts many mails is no report about one, and what takes one back is none about delivery.
_SUMMARY: Final = re.compile(
    r"summar|statisti|digest|daily report|weekly|logwatch|\bcron\b|^(?:message )?recall\b"
    r"|^(?:nachrichten)?rückruf|^rappel d|^recuperaci|^richiamo d|^terugroep|^återkall"
)
# What the owner of a mailbox is told about it.
#   Your mailbox is now 91 % full.      メールボックス使用量が 80 % になりました。
_TO_OWNER: Final = re.compile(
    r"\d ?[%％]|almost full|nearly full|(?:your|ihr|votre|tu|su|vostr[ao]|uw|din|twoja|ваш)\w{0,2} "
    r"(?:\w{1,20}[ -]){0,2}(?:mailbox|inbox|postfach|bo[iî]te|buz[oó]n|casella|caixa|postvak"
    r"|postkasse|brevlåda|skrzynk|ящик)|您的(?:邮箱|郵箱|信箱)|メールボックスの?(?:使用|容量)"
)


def is_bounce(clues: Clues, reader: Reader) -> bool:
    """Whether a mail without status fields is a delivery report after all.

    A reader of a known system claims by marks that people quote, too, so one of the usual signs
    is wanted beside them; for the last resort more, and prose that speaks of failure. A report by
    its Content-Type (RFC 6522) may have lost all that it said on the way.
    """
    if clues.failed:
        return True
    if is_of_person(clues, reader):
        return False
    if _NOT_TO_SENDER.search(f"{clues.subject}\n{clues.prose[:512]}"):
        return False
    if _HOUSEKEEPING.search(clues.subject) and is_of_list(clues.sender):
        return False
    signs = _Signs(clues)
    if reader.name != "text":
        if not (signs.writer >= 1 or signs.usual or (signs.says_so and clues.sender)):
            return False
    elif not _is_report(clues, signs):
        return False
    return signs.writer > 0 or signs.returned or not is_letter(clues)


def _is_report(clues: Clues, signs: _Signs) -> bool:
    """Whether what no reader claims reports on the delivery of one message."""
    if not signs.says_so or (signs.away and not (signs.returned or signs.named)):
        return False
    if _SUMMARY.search(clues.subject) or is_monitor(clues.sender):
        return False
    if _is_bulk(clues) and not signs.strict:
        return False
    if not (signs.of_mailer or (signs.about_somebody and _speaks_of_mail(clues))):
        return False
    if not (signs.returned or signs.about_somebody) and _TO_OWNER.search(clues.prose[:512]):
        return False
    return (signs.strict or signs.proof) and signs.writer + signs.words >= 3


def _speaks_of_mail(clues: Clues) -> bool:
    """Whether a text speaks of messages at all; others, too, write that something failed.

    p.chen@example.net tried to open "Bicycle lamp" and was refused.
    """
    return says(Says.MAIL, f"{clues.subject}\n{clues.prose[:_LOOKED_AT]}")


def _is_bulk(clues: Clues) -> bool:
    """A newsletter or the mail of a list or a tracker, which may speak of anything."""
    headers = clues.message.headers
    if any(name in headers for name in ("List-Unsubscribe", "Feedback-ID", "List-Id")):
        return True
    return _TICKET.match(clues.subject) is not None


# [#812470] cannot send: blocked IP        [Support #4711] mail comes back        [PROJ-17] ...
_TICKET: Final = re.compile(r"\s{0,8}\[(?:[^\]\n]{0,24}#|[a-z]{2,10}-)\d{1,12}\]")


# How far a statement may stand from the beginning, in characters.
_OPENING: Final = 1024
_LOOKED_AT: Final = 8192


class _Signs(Remembering):
    """What a mail shows of a report, each sign read when it is asked for."""

    clues: Clues

    @cached_property
    def null(self) -> bool:
        """Whether the mail came with the path that only reports have (RFC 5321 4.5.5)."""
        return _path(self.clues) in ("<>", "<mailer-daemon>")

    @cached_property
    def declared(self) -> bool:
        """Whether the mail itself says in a field that it is a report."""
        message = self.clues.message
        if message.parts[0].report_type == "delivery-status":
            return True
        return (message.headers.get("X-Ricevuta") or "").strip().lower() in _CERTIFIED

    @cached_property
    def daemon(self) -> bool:
        """Whether it is from a mail system, by its name."""
        return is_daemon(self.clues.sender)

    @cached_property
    def of_list(self) -> bool:
        """Whether it is from a list, and not from one owner of lists to another."""
        return is_of_list(self.clues.sender) and not is_of_list(self._to)

    @cached_property
    def writer(self) -> int:
        """How much looks as if a mail system wrote."""
        headers, path = self.clues.message.headers, _path(self.clues)
        submitted = (headers.get("Auto-Submitted") or "").lower()
        return (
            2 * self.null
            # Reports are sent with a null path, so another one speaks against.
            - (bool(path) and not self.null and not self.of_list and not is_daemon(path))
            + 2 * (self.daemon or self.of_list)
            + 2 * self.declared
            + submitted.startswith(("auto-replied", "auto-generated"))
            + (not self.daemon and is_machine(self.clues.sender))
            + is_to_machine(headers)
        )

    @cached_property
    def of_mailer(self) -> bool:
        """Whether anything but the path says that a mail system wrote."""
        return self.daemon or self.of_list or self.declared or self.returned

    @cached_property
    def strict(self) -> bool:
        """Whether what mail systems alone use says that one wrote."""
        if self.null or self.declared or (self.of_list and self.states):
            return True
        return has_daemon_name(self.clues.sender) and (self.titled or self.spoken)

    @cached_property
    def returned(self) -> bool:
        """Whether it returns the message."""
        return self.clues.notice.returned is not None

    @cached_property
    def titled(self) -> bool:
        """Whether the subject states a failure or a delay."""
        subject = self.clues.subject
        return says(Says.FAILED, subject) or says(Says.DELAYED, subject)

    @cached_property
    def spoken(self) -> bool:
        """Whether the subject speaks of delivery at all."""
        return _SUBJECT.search(self.clues.subject) is not None

    @cached_property
    def states(self) -> bool:
        """Whether the opening states a failure or a delay."""
        opening = self.clues.prose[:_OPENING]
        return says(Says.FAILED, opening) or says(Says.DELAYED, opening)

    @cached_property
    def lined(self) -> bool:
        """Whether a reply stands on a line."""
        return has_reply_code(self.clues.notice.text[:_LOOKED_AT])

    @cached_property
    def coded(self) -> bool:
        """Whether a reply stands anywhere."""
        return self.lined or read_reply(self.clues.notice.text[:_LOOKED_AT]).code is not None

    @cached_property
    def words(self) -> int:
        """How much it says as a report would."""
        title = self.titled or self.spoken
        return title + self.states + self.coded + self.returned + self.named

    @cached_property
    def usual(self) -> bool:
        """Whether subject, a reply or the returned message alone are those of a report."""
        return self.titled or self.spoken or self.lined or self.returned

    @cached_property
    def roles(self) -> frozenset[Role]:
        """How sure the addresses are that it names."""
        return named_roles(self.clues)

    @cached_property
    def named(self) -> bool:
        """Whether a recipient stands apart from the sentences."""
        return bool(self.roles - {Role.TOLD})

    @cached_property
    def about_somebody(self) -> bool:
        """Whether anybody but the mail's own people stands in it."""
        if self.roles:
            return True
        # The message, "Hello", was sent from rosa@example.org and is currently purged.
        own = self._to.rpartition("<")[2].strip("> ")
        dropped = self.null and (self.titled or "virus" in self.clues.subject)
        return dropped and "@" in own and own in self.clues.prose

    @cached_property
    def proof(self) -> bool:
        """A reply, the returned message, or a recipient that stands apart."""
        if self.coded or self.returned or self.named:
            return True
        return self.titled and "@" in self.clues.subject

    @cached_property
    def says_so(self) -> bool:
        """Whether it states that a message was not delivered, or not yet."""
        if self.declared or self.states or self.titled or self._failed >= 0:
            return True
        # Where nothing else says that a mail system wrote, "error" may be about anything.
        if self.writer < 2 or not (self.of_mailer or (self.null and self.about_somebody)):
            return False
        text = f"{self.clues.subject}\n{self.clues.prose[:_LOOKED_AT]}"
        return self.coded or says(Says.WEAK, text)

    @cached_property
    def away(self) -> bool:
        """Whether it opens as automatic replies do."""
        answers = (Says.AUTOMATIC, Says.AWAY, Says.RECEIVED)
        if any(says(each, self.clues.subject) for each in answers):
            return True
        opening = self.clues.prose[:_OPENING]
        places = [find(each, opening) for each in answers]
        at = min((place for place in places if place >= 0), default=-1)
        return at >= 0 and not 0 <= self._failed < at

    @cached_property
    def _failed(self) -> int:
        return find(Says.FAILED, self.clues.prose[:_LOOKED_AT])

    @cached_property
    def _to(self) -> str:
        return (self.clues.message.headers.get("To") or "").lower()


def _path(clues: Clues) -> str:
    return (clues.message.headers.get("Return-Path") or "").replace(" ", "").lower()
