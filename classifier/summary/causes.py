"""Which failures have one cause: the same relay, domain, receiver or block list behind them.

A cause is what one person mends once. A refused login belongs to the relay, a failed SPF check to
the sending domain, a policy to the organisation that has it, whoever the recipients are; addresses
that do not exist are one list to clean, however many domains they are of.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import msgspec

from classifier.reasons import MEANING, Advice, Category, Fault, Reason
from classifier.summary.parties import (
    Judged,
    host_of,
    list_of,
    recipient_domain,
    relay_of,
    sender_domain,
    tidy,
)

__all__ = ["Key", "Scope", "cause_of"]


class Scope(StrEnum):
    """What the name of a cause is the name of."""

    RELAY = "relay"  # the host, or farm of hosts, that wants something of the sending side
    SENDER = "sender"  # a sending domain
    MACHINE = "machine"  # the host that tried to send
    RECEIVER = "receiver"  # a recipient's domain
    PROVIDER = "provider"  # whoever runs the receiving servers, else a recipient's domain
    LIST = "list"  # a block list, else as PROVIDER
    SERVICE = "service"  # the sending service
    ALL = "all"  # one cause, whoever is at the ends


class Key(msgspec.Struct, frozen=True):
    """What tells one cause from another; `what` is a reason, or an advice that joins several."""

    what: str
    scope: Scope
    name: str | None

    def text(self) -> str:
        """As a key of JSON; the blank parts, since no name holds one."""
        return f"{self.what} {self.scope} {self.name or ''}"


_BY_CATEGORY: Final[Mapping[Category, Scope]] = {
    Category.SENDER_CREDENTIALS: Scope.RELAY,
    Category.SENDER_AUTHENTICATION: Scope.SENDER,
    Category.RECIPIENT_POLICY: Scope.RECEIVER,
    Category.SENDER_REPUTATION: Scope.LIST,
    Category.CONTENT: Scope.SENDER,
    Category.RECIPIENT_ADDRESS: Scope.ALL,
    Category.RECIPIENT_MAILBOX: Scope.ALL,
    Category.SUPPRESSED: Scope.SERVICE,
    Category.RATE: Scope.PROVIDER,
    Category.TRANSPORT: Scope.RECEIVER,
    Category.RECEIVER_SYSTEM: Scope.RECEIVER,
    Category.UNDETERMINED: Scope.ALL,
}
_BY_REASON: Final[Mapping[Reason, Scope]] = {
    # The login works; what is missing is a right of one sender.
    Reason.SENDER_NOT_PERMITTED: Scope.SENDER,
    Reason.SENDING_SUSPENDED: Scope.SENDER,
    Reason.REVERSE_DNS_FAILED: Scope.MACHINE,
    Reason.POOR_REPUTATION: Scope.PROVIDER,
    Reason.GREYLISTED: Scope.ALL,
    Reason.EXPIRED: Scope.ALL,
    Reason.RELAY_DENIED: Scope.RELAY,
    Reason.PROTOCOL_ERROR: Scope.RELAY,
    Reason.TLS_FAILURE: Scope.RELAY,
}
#: One list to clean, one to correct: the reasons do not matter to who does it.
_JOINED: Final = frozenset({Advice.REMOVE_ADDRESS, Advice.UPDATE_ADDRESS})
_REASONS: Final = {str(reason): reason for reason in Reason}


def cause_of(record: Judged) -> Key:
    """The cause that a judged record belongs to."""
    reason = _REASONS.get(record.reason or "", Reason.UNDETERMINED)
    category = MEANING[reason].category
    if category is Category.RECIPIENT_ADDRESS and record.advice in _JOINED:
        return Key(str(record.advice), Scope.ALL, None)
    scope = _BY_REASON.get(reason) or _BY_CATEGORY[category]
    if category is Category.RECIPIENT_POLICY and record.fault == Fault.SENDER_ADMIN:
        scope = Scope.SENDER  # 5.7.703: the sender's own tenant blocks the recipient
    return Key(reason, scope, _name(scope, record))


def _name(scope: Scope, record: Judged) -> str | None:
    match scope:
        case Scope.RELAY:
            return relay_of(record)
        case Scope.SENDER:
            return sender_domain(record)
        case Scope.MACHINE:
            return host_of(record.reporting_mta) or sender_domain(record)
        case Scope.RECEIVER:
            return recipient_domain(record)
        case Scope.PROVIDER:
            return tidy(record.provider) or recipient_domain(record)
        case Scope.LIST:
            return list_of(record) or tidy(record.provider) or recipient_domain(record)
        case Scope.SERVICE:
            return tidy(record.provider) or host_of(record.reporting_mta)
        case Scope.ALL:
            return None
