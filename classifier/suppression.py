r"""Addresses to send to no more, and why: those that do not work, never those that we failed.

A postmaster's list. An address is on it where the last that is known of it is a failure that is
permanent, for a reason of the address itself whose advice is to remove it (user-unknown,
domain-unknown, mailbox-disabled, domain-not-accepting), decided with confidence enough. What the
sending side brought about (a refused login, SPF, content, a block list) says nothing of an address
and puts none on the list, nor do a full mailbox, a policy or a guess. Mail that reached the address
later, or a mailbox found full later, takes it off again. Where dates do not tell which came last,
it stays off. Addresses that moved or are misspelt are counted, for people to correct.

What the sending services take:

- SES: JSON lines for `aws sesv2 create-import-job`, at most 100,000 an S3 object:
  docs.aws.amazon.com/ses/latest/dg/sending-email-suppression-list.html
- SendGrid: a CSV whose header row names the column `email`; by the API the same addresses go to
  POST /v3/asm/suppressions/global: www.twilio.com/docs/sendgrid/api-reference (Suppressions -
  Global Suppressions), and for the CSV /docs/sendgrid/ui/managing-contacts/formatting-a-csv
- Mailchimp: a CSV with one column `Email Address`, imported as unsubscribed or archived; it takes
  no letters beyond ASCII before the @: mailchimp.com/help/format-guidelines-for-your-import-file/
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import msgspec

from classifier.reasons import Advice, Category, Kind, Permanence
from classifier.terminal import neutral

if TYPE_CHECKING:
    from classifier.records import Detail

__all__ = ["SES_LIMIT", "Dead", "Form", "Suppression", "fits", "write_form"]

#: Addresses that SES takes from one S3 object.
SES_LIMIT: Final = 100_000

_LONGEST: Final = 320  # characters of an address: 64 and 255 (RFC 5321 4.5.3.1) and the @
_REPLY: Final = 300
# RFC 5322 3.2.3 dot-atom, RFC 6531 letters, the dots that some carriers allow; no quoted local part
_PLAIN: Final = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@(?:[\w-]{1,63}\.){1,12}[\w-]{2,63}")
# What takes a mail has the address: the mailbox was found, or the mail was delivered.
_WORKS: Final = frozenset({Kind.SUCCESS, Kind.DISPOSITION, Kind.AUTO_REPLY})


class Form(StrEnum):
    """How the list is written."""

    CSV = "csv"
    SES = "ses"
    SENDGRID = "sendgrid"
    MAILCHIMP = "mailchimp"


class Dead(msgspec.Struct):
    """An address that failed for good: how often, and the last such failure.

    `when` is in seconds of the epoch, None where no date is known.
    """

    failures: int
    when: float | None
    reason: str
    status: str | None
    confidence: float
    decided_by: str
    reply: str


class Suppression:
    """What is known of each address; some 300 bytes for one that failed or was reached."""

    def __init__(self, least: float) -> None:
        """`least` is the confidence, 0 to 1, that puts an address on the list."""
        self._least = least
        self._dead: dict[str, Dead] = {}
        self._alive: dict[str, float | None] = {}
        self.unsure = 0  # failures of an address with less confidence
        self.moved = 0  # failures of addresses to be corrected
        self.unplain = 0  # failures of what is no plain address
        self.records = 0

    def add(self, record: Detail) -> None:
        """Take one record, of whatever kind; the order of records does not matter."""
        self.records += 1
        if not record.recipient:
            return
        if record.kind == Kind.FAILURE and record.category == Category.RECIPIENT_ADDRESS:
            self._add_failure(record, record.recipient)
        elif record.kind in _WORKS or (
            record.kind == Kind.FAILURE and record.category == Category.RECIPIENT_MAILBOX
        ):
            address = fold(record.recipient)
            if address is not None:
                when = _time_of(record)
                known = self._alive.get(address, when)
                # Without a date it may have been last.
                late = None if when is None or known is None else max(when, known)
                self._alive[address] = late

    def _add_failure(self, record: Detail, recipient: str) -> None:
        if record.permanence != Permanence.PERMANENT:
            return
        if record.advice != Advice.REMOVE_ADDRESS:
            self.moved += 1
            return
        confidence = record.confidence or 0.0
        if confidence < self._least:
            self.unsure += 1
            return
        address = fold(recipient)
        if address is None:
            self.unplain += 1
            return
        when, known = _time_of(record), self._dead.get(address)
        failures = known.failures + 1 if known else 1
        if known and (when is None or (known.when is not None and known.when > when)):
            known.failures = failures
            return
        self._dead[address] = Dead(
            failures=failures,
            when=when,
            reason=neutral(record.reason or ""),
            status=neutral(record.status or "") or None,
            confidence=confidence,
            decided_by=neutral(record.decided_by or "")[:120],
            reply=neutral((record.diagnostic_code or "")[:_REPLY]),
        )

    def reached(self) -> int:
        """How many addresses failed for good, but work or may work after that."""
        return sum(self._is_back(address, dead) for address, dead in self._dead.items())

    def addresses(self) -> Iterator[tuple[str, Dead]]:
        """The list, by domain and then by local part."""
        for address in sorted(self._dead, key=lambda each: each.rpartition("@")[::-2]):
            dead = self._dead[address]
            if not self._is_back(address, dead):
                yield address, dead

    def _is_back(self, address: str, dead: Dead) -> bool:
        if address not in self._alive:
            return False
        alive = self._alive[address]
        return alive is None or dead.when is None or alive >= dead.when


def fold(recipient: str) -> str | None:
    """An address as it is compared: its domain in lower case, its local part as it is.

    Case counts in a local part (RFC 5321 2.4). None for what no list of plain addresses can hold.
    """
    local, at, domain = recipient.strip().rpartition("@")
    address = f"{local}{at}{domain.lower().rstrip('.')}"
    if len(address) > _LONGEST or not _PLAIN.fullmatch(address):
        return None
    return address


def _time_of(record: Detail) -> float | None:
    for date in (record.bounce_date, record.last_attempt_date, record.arrival_date):
        if date:
            try:
                when = datetime.fromisoformat(date)
                return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
            except (ValueError, OverflowError, OSError):
                continue
    return None


# A spreadsheet may run a cell that begins so: =cmd|'/Ccalc'!A1@example.org is a valid address.
# Letters, digits and dots behind a plus are a phone number or the like, and run nothing.
_FORMULA: Final = re.compile(r"[=@]|[+-](?![\w.+-]{0,64}@)")


def fits(address: str, form: Form) -> bool:
    """Whether the form can hold the address as it is, without harm to who opens the file.

    A quote before it, as other cells get, would make it another address.
    """
    if form is Form.SES:
        return True
    if form is Form.MAILCHIMP and not address.rpartition("@")[0].isascii():
        return False
    return not _FORMULA.match(address)


_HEADS: Final = {
    Form.CSV: ("email",),
    Form.SENDGRID: ("email",),
    Form.MAILCHIMP: ("Email Address",),
}
_WHY: Final = ("reason", "last_failed", "failures", "confidence", "decided_by", "status", "reply")


def write_form(rows: Iterator[tuple[str, Dead]], form: Form, why: bool) -> Iterator[bytes]:
    """The file, line by line; `why` adds columns to what has some to spare (`Form.CSV`)."""
    if form is Form.SES:
        for address, _ in rows:
            # The keys that the service documents, one object a line.
            yield msgspec.json.encode({"emailAddress": address, "reason": "BOUNCE"}) + b"\n"
        return
    yield _line((*_HEADS[form], *_WHY) if why else _HEADS[form])
    for address, dead in rows:
        yield _line((address, *map(_guard, _explain(dead))) if why else (address,))


def _explain(dead: Dead) -> tuple[str, ...]:
    when = datetime.fromtimestamp(dead.when, UTC).date().isoformat() if dead.when else ""
    return (
        dead.reason,
        when,
        str(dead.failures),
        f"{dead.confidence:.3f}",
        dead.decided_by,
        dead.status or "",
        dead.reply,
    )


def _guard(cell: str) -> str:
    """A cell that no spreadsheet runs."""
    return f"'{cell}" if cell.startswith(tuple("=+-@\t\r\n＝＋－＠")) else cell


def _line(cells: tuple[str, ...]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue().encode()
