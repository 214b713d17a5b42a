"""The vocabulary of verdicts: what failed, for how long, who must act, what to do.

Closed sets are enums; the wire form is the kebab-case value. `MEANING` ties each reason to its
category and to what usually follows from it. A verdict may depart from the usual where the words
of the server or its status say so (see `classifier.judge`).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import msgspec

__all__ = [
    "JUDGED",
    "MEANING",
    "VOCABULARY",
    "Advice",
    "Category",
    "Fault",
    "Kind",
    "Meaning",
    "Permanence",
    "Reason",
]

#: Raised when reasons are added, renamed or parted, so that labels say which ones they mean.
VOCABULARY: Final = "2026.11"


class Kind(StrEnum):
    """What a mail, or one recipient of a report, is."""

    FAILURE = "failure"  # a recipient was not reached, finally
    DELAY = "delay"  # not reached yet, the server goes on trying (RFC 3464 action delayed)
    SUCCESS = "success"  # delivered, relayed or expanded (RFC 3464)
    FEEDBACK = "feedback"  # a complaint or authentication report (ARF, RFC 5965)
    AUTO_REPLY = "auto-reply"  # out of office and the like (RFC 3834)
    CHALLENGE = "challenge"  # "confirm that you are a person"
    DISPOSITION = "disposition"  # a read or deletion receipt (MDN, RFC 8098)
    NOT_A_BOUNCE = "not-a-bounce"
    ERROR = "error"  # the mail could not be judged at all


#: The kinds that get a verdict.
JUDGED: Final = frozenset({Kind.FAILURE, Kind.DELAY})


class Permanence(StrEnum):
    """Whether the same message may still reach the same recipient."""

    PERMANENT = "permanent"
    TRANSIENT = "transient"
    UNKNOWN = "unknown"


class Fault(StrEnum):
    """Who has to act."""

    SENDER_ADMIN = "sender-admin"  # runs the sending system, its accounts and its relay
    SENDER_DOMAIN_ADMIN = "sender-domain-admin"  # runs the DNS of the sending domain
    SENDER = "sender"  # wrote the message
    LIST_OWNER = "list-owner"  # keeps the address list
    RECIPIENT_ADMIN = "recipient-admin"  # runs the receiving system and its policy
    RECIPIENT = "recipient"  # owns the mailbox
    NOBODY = "nobody"  # it resolves itself
    UNKNOWN = "unknown"


class Advice(StrEnum):
    """What to do next; the sentence that names the things is made by the judge."""

    FIX_CREDENTIALS = "fix-credentials"
    FIX_DOMAIN_AUTHENTICATION = "fix-domain-authentication"
    ASK_RECIPIENT_ADMIN = "ask-recipient-admin"
    REQUEST_DELISTING = "request-delisting"
    REDUCE_RATE_AND_RETRY = "reduce-rate-and-retry"
    RETRY_LATER = "retry-later"
    FIX_CONTENT = "fix-content"
    REMOVE_ADDRESS = "remove-address"
    UPDATE_ADDRESS = "update-address"
    CONTACT_RECIPIENT_OTHERWISE = "contact-recipient-otherwise"
    REMOVE_FROM_SUPPRESSION_LIST = "remove-from-suppression-list"
    FIX_OWN_MAIL_SYSTEM = "fix-own-mail-system"
    REPORT_TO_RECEIVER = "report-to-receiver"
    INVESTIGATE = "investigate"


class Category(StrEnum):
    """Which kind of failure: is it us, or is it them?"""

    SENDER_CREDENTIALS = "sender-credentials"  # our login or our right to send
    SENDER_AUTHENTICATION = "sender-authentication"  # SPF, DKIM, DMARC, PTR of our domain
    RECIPIENT_POLICY = "recipient-policy"  # a decision of the recipient's side
    SENDER_REPUTATION = "sender-reputation"  # block lists and sending history
    CONTENT = "content"  # what we sent
    RECIPIENT_ADDRESS = "recipient-address"  # the address does not work
    RECIPIENT_MAILBOX = "recipient-mailbox"  # the address works, the mailbox does not
    SUPPRESSED = "suppressed"  # never sent, by our own sending service
    RATE = "rate"  # too much, too fast, or greylisting
    TRANSPORT = "transport"  # the way there
    RECEIVER_SYSTEM = "receiver-system"  # the receiving machine
    UNDETERMINED = "undetermined"


class Reason(StrEnum):
    """Why exactly. `MEANING` describes each."""

    BAD_CREDENTIALS = "bad-credentials"
    AUTHENTICATION_REQUIRED = "authentication-required"
    LOGIN_BLOCKED = "login-blocked"
    SENDER_NOT_PERMITTED = "sender-not-permitted"
    SENDING_SUSPENDED = "sending-suspended"
    SPF_FAILED = "spf-failed"
    DKIM_FAILED = "dkim-failed"
    DMARC_FAILED = "dmarc-failed"
    UNAUTHENTICATED = "unauthenticated"
    REVERSE_DNS_FAILED = "reverse-dns-failed"
    SENDER_DOMAIN_INVALID = "sender-domain-invalid"
    POLICY_REJECTED = "policy-rejected"
    TRANSPORT_RULE = "transport-rule"
    SENDER_RESTRICTED = "sender-restricted"
    SENDER_BLOCKED = "sender-blocked"
    RECIPIENT_FILTERED = "recipient-filtered"
    IP_BLOCKLISTED = "ip-blocklisted"
    DOMAIN_BLOCKLISTED = "domain-blocklisted"
    POOR_REPUTATION = "poor-reputation"
    SPAM = "spam"
    VIRUS = "virus"
    ATTACHMENT_REFUSED = "attachment-refused"
    MESSAGE_MALFORMED = "message-malformed"
    MESSAGE_TOO_LARGE = "message-too-large"
    CONTENT_REJECTED = "content-rejected"
    USER_UNKNOWN = "user-unknown"
    DOMAIN_UNKNOWN = "domain-unknown"
    MAILBOX_DISABLED = "mailbox-disabled"
    MAILBOX_MOVED = "mailbox-moved"
    BAD_ADDRESS_SYNTAX = "bad-address-syntax"
    DOMAIN_NOT_ACCEPTING = "domain-not-accepting"
    MAILBOX_FULL = "mailbox-full"
    MAILBOX_UNAVAILABLE = "mailbox-unavailable"
    SUPPRESSION_LIST = "suppression-list"
    UNSUBSCRIBED = "unsubscribed"
    RATE_LIMITED = "rate-limited"
    TOO_MANY_CONNECTIONS = "too-many-connections"
    TOO_MANY_RECIPIENTS = "too-many-recipients"
    GREYLISTED = "greylisted"
    DNS_FAILURE = "dns-failure"
    NETWORK_FAILURE = "network-failure"
    TLS_FAILURE = "tls-failure"
    EXPIRED = "expired"
    ROUTING_LOOP = "routing-loop"
    RELAY_DENIED = "relay-denied"
    PROTOCOL_ERROR = "protocol-error"
    SYSTEM_ERROR = "system-error"
    SYSTEM_FULL = "system-full"
    DELIVERY_AGENT_FAILED = "delivery-agent-failed"
    UNDETERMINED = "undetermined"


class Meaning(msgspec.Struct, frozen=True):
    """What a reason usually implies.

    `usual` is the permanence where neither the server's words nor its status class say one;
    `UNKNOWN` there means that the class of the status decides. `summary` is one sentence for
    people, about the refusal, without a full stop.
    """

    category: Category
    fault: Fault
    usual: Permanence
    advice: Advice
    summary: str


_P, _T, _U = Permanence.PERMANENT, Permanence.TRANSIENT, Permanence.UNKNOWN

# One entry in three lines is read more easily than one argument a line.
# fmt: off
MEANING: Final[Mapping[Reason, Meaning]] = {
    Reason.BAD_CREDENTIALS: Meaning(
        Category.SENDER_CREDENTIALS, Fault.SENDER_ADMIN, _P, Advice.FIX_CREDENTIALS,
        "the sending side's own SMTP login was refused: wrong, stale or rotated password",
    ),
    Reason.AUTHENTICATION_REQUIRED: Meaning(
        Category.SENDER_CREDENTIALS, Fault.SENDER_ADMIN, _P, Advice.FIX_CREDENTIALS,
        "the next server takes this mail only after a login, and none was made",
    ),
    Reason.LOGIN_BLOCKED: Meaning(
        Category.SENDER_CREDENTIALS, Fault.SENDER_ADMIN, _U, Advice.FIX_CREDENTIALS,
        "the sending account may not log in this way: app password needed, SMTP AUTH off, locked,"
        " or the login service is down",
    ),
    Reason.SENDER_NOT_PERMITTED: Meaning(
        Category.SENDER_CREDENTIALS, Fault.SENDER_ADMIN, _P, Advice.FIX_CREDENTIALS,
        "the login works, but it may not send as this address",
    ),
    Reason.SENDING_SUSPENDED: Meaning(
        Category.SENDER_CREDENTIALS, Fault.SENDER_ADMIN, _U, Advice.FIX_CREDENTIALS,
        "the sender's own provider stopped this account or tenant, or its quota is used up",
    ),
    Reason.SPF_FAILED: Meaning(
        Category.SENDER_AUTHENTICATION, Fault.SENDER_DOMAIN_ADMIN, _P,
        Advice.FIX_DOMAIN_AUTHENTICATION, "the receiver's SPF check of the sending domain failed",
    ),
    Reason.DKIM_FAILED: Meaning(
        Category.SENDER_AUTHENTICATION, Fault.SENDER_DOMAIN_ADMIN, _P,
        Advice.FIX_DOMAIN_AUTHENTICATION, "the receiver found no DKIM signature that it accepts",
    ),
    Reason.DMARC_FAILED: Meaning(
        Category.SENDER_AUTHENTICATION, Fault.SENDER_DOMAIN_ADMIN, _P,
        Advice.FIX_DOMAIN_AUTHENTICATION, "the message failed the DMARC policy of its From domain",
    ),
    Reason.UNAUTHENTICATED: Meaning(
        Category.SENDER_AUTHENTICATION, Fault.SENDER_DOMAIN_ADMIN, _P,
        Advice.FIX_DOMAIN_AUTHENTICATION,
        "the receiver wants mail authenticated by SPF, DKIM or ARC, and this was not",
    ),
    Reason.REVERSE_DNS_FAILED: Meaning(
        Category.SENDER_AUTHENTICATION, Fault.SENDER_DOMAIN_ADMIN, _P,
        Advice.FIX_DOMAIN_AUTHENTICATION,
        "the sending address has no PTR record, or PTR, HELO name and address do not match",
    ),
    Reason.SENDER_DOMAIN_INVALID: Meaning(
        Category.SENDER_AUTHENTICATION, Fault.SENDER_DOMAIN_ADMIN, _P,
        Advice.FIX_DOMAIN_AUTHENTICATION,
        "the sender's address or domain does not resolve or did not pass verification",
    ),
    Reason.POLICY_REJECTED: Meaning(
        Category.RECIPIENT_POLICY, Fault.RECIPIENT_ADMIN, _P, Advice.ASK_RECIPIENT_ADMIN,
        "a policy of the recipient's organisation refused the message",
    ),
    Reason.TRANSPORT_RULE: Meaning(
        Category.RECIPIENT_POLICY, Fault.RECIPIENT_ADMIN, _P, Advice.ASK_RECIPIENT_ADMIN,
        "a mail flow rule of the recipient's administrator refused the message",
    ),
    Reason.SENDER_RESTRICTED: Meaning(
        Category.RECIPIENT_POLICY, Fault.RECIPIENT_ADMIN, _P, Advice.ASK_RECIPIENT_ADMIN,
        "this recipient or group takes mail from certain senders only",
    ),
    Reason.SENDER_BLOCKED: Meaning(
        Category.RECIPIENT_POLICY, Fault.RECIPIENT_ADMIN, _P, Advice.ASK_RECIPIENT_ADMIN,
        "the recipient's side has put this sender on its own block list",
    ),
    Reason.RECIPIENT_FILTERED: Meaning(
        Category.RECIPIENT_POLICY, Fault.RECIPIENT, _P, Advice.CONTACT_RECIPIENT_OTHERWISE,
        "the recipient's own mail settings refuse this mail",
    ),
    Reason.IP_BLOCKLISTED: Meaning(
        Category.SENDER_REPUTATION, Fault.SENDER_ADMIN, _U, Advice.REQUEST_DELISTING,
        "the sending IP address is on a block list",
    ),
    Reason.DOMAIN_BLOCKLISTED: Meaning(
        Category.SENDER_REPUTATION, Fault.SENDER_ADMIN, _U, Advice.REQUEST_DELISTING,
        "the sending domain, or one that the message names, is on a block list",
    ),
    Reason.POOR_REPUTATION: Meaning(
        Category.SENDER_REPUTATION, Fault.SENDER_ADMIN, _U, Advice.REDUCE_RATE_AND_RETRY,
        "the receiver judged the history of the sending address or domain too poor",
    ),
    Reason.SPAM: Meaning(
        Category.CONTENT, Fault.SENDER, _P, Advice.FIX_CONTENT,
        "the message was taken for spam",
    ),
    Reason.VIRUS: Meaning(
        Category.CONTENT, Fault.SENDER, _P, Advice.FIX_CONTENT,
        "the message was taken to carry malware",
    ),
    Reason.ATTACHMENT_REFUSED: Meaning(
        Category.CONTENT, Fault.SENDER, _P, Advice.FIX_CONTENT,
        "an attachment of a kind or name that the receiver does not take",
    ),
    Reason.MESSAGE_MALFORMED: Meaning(
        Category.CONTENT, Fault.SENDER, _P, Advice.FIX_CONTENT,
        "the message breaks the format rules of RFC 5322 or MIME",
    ),
    Reason.MESSAGE_TOO_LARGE: Meaning(
        Category.CONTENT, Fault.SENDER, _P, Advice.FIX_CONTENT,
        "the message is larger than allowed",
    ),
    Reason.CONTENT_REJECTED: Meaning(
        Category.CONTENT, Fault.SENDER, _P, Advice.FIX_CONTENT,
        "something in the message was refused for itself",
    ),
    Reason.USER_UNKNOWN: Meaning(
        Category.RECIPIENT_ADDRESS, Fault.LIST_OWNER, _P, Advice.REMOVE_ADDRESS,
        "no such mailbox at the recipient's domain",
    ),
    Reason.DOMAIN_UNKNOWN: Meaning(
        Category.RECIPIENT_ADDRESS, Fault.LIST_OWNER, _P, Advice.REMOVE_ADDRESS,
        "the recipient's domain does not exist",
    ),
    Reason.MAILBOX_DISABLED: Meaning(
        Category.RECIPIENT_ADDRESS, Fault.LIST_OWNER, _P, Advice.REMOVE_ADDRESS,
        "the mailbox exists but is disabled, suspended or abandoned",
    ),
    Reason.MAILBOX_MOVED: Meaning(
        Category.RECIPIENT_ADDRESS, Fault.LIST_OWNER, _P, Advice.UPDATE_ADDRESS,
        "the recipient has moved to another address",
    ),
    Reason.BAD_ADDRESS_SYNTAX: Meaning(
        Category.RECIPIENT_ADDRESS, Fault.LIST_OWNER, _P, Advice.UPDATE_ADDRESS,
        "the recipient's address is not a valid address",
    ),
    Reason.DOMAIN_NOT_ACCEPTING: Meaning(
        Category.RECIPIENT_ADDRESS, Fault.LIST_OWNER, _P, Advice.REMOVE_ADDRESS,
        "the recipient's domain says that it takes no mail",
    ),
    Reason.MAILBOX_FULL: Meaning(
        Category.RECIPIENT_MAILBOX, Fault.RECIPIENT, _U, Advice.CONTACT_RECIPIENT_OTHERWISE,
        "the recipient's mailbox is full",
    ),
    Reason.MAILBOX_UNAVAILABLE: Meaning(
        Category.RECIPIENT_MAILBOX, Fault.RECIPIENT, _U, Advice.CONTACT_RECIPIENT_OTHERWISE,
        "the mailbox cannot be delivered to at present",
    ),
    Reason.SUPPRESSION_LIST: Meaning(
        Category.SUPPRESSED, Fault.SENDER, _P, Advice.REMOVE_FROM_SUPPRESSION_LIST,
        "never sent: the address is on the sending service's suppression list",
    ),
    Reason.UNSUBSCRIBED: Meaning(
        Category.SUPPRESSED, Fault.SENDER, _P, Advice.REMOVE_ADDRESS,
        "never sent: the recipient has unsubscribed",
    ),
    Reason.RATE_LIMITED: Meaning(
        Category.RATE, Fault.SENDER_ADMIN, _T, Advice.REDUCE_RATE_AND_RETRY,
        "too many messages in too short a time",
    ),
    Reason.TOO_MANY_CONNECTIONS: Meaning(
        Category.RATE, Fault.SENDER_ADMIN, _T, Advice.REDUCE_RATE_AND_RETRY,
        "too many connections at once",
    ),
    Reason.TOO_MANY_RECIPIENTS: Meaning(
        Category.RATE, Fault.SENDER_ADMIN, _T, Advice.REDUCE_RATE_AND_RETRY,
        "too many recipients in one message or transaction",
    ),
    Reason.GREYLISTED: Meaning(
        Category.RATE, Fault.NOBODY, _T, Advice.RETRY_LATER,
        "put off on purpose; a retry some minutes later is taken",
    ),
    Reason.DNS_FAILURE: Meaning(
        Category.TRANSPORT, Fault.RECIPIENT_ADMIN, _U, Advice.RETRY_LATER,
        "the recipient's domain could not be looked up",
    ),
    Reason.NETWORK_FAILURE: Meaning(
        Category.TRANSPORT, Fault.RECIPIENT_ADMIN, _U, Advice.RETRY_LATER,
        "no working connection to the next server",
    ),
    Reason.TLS_FAILURE: Meaning(
        Category.TRANSPORT, Fault.SENDER_ADMIN, _U, Advice.FIX_OWN_MAIL_SYSTEM,
        "the two servers could not agree on encryption",
    ),
    Reason.EXPIRED: Meaning(
        Category.TRANSPORT, Fault.UNKNOWN, _P, Advice.INVESTIGATE,
        "the message stayed in the queue too long",
    ),
    Reason.ROUTING_LOOP: Meaning(
        Category.TRANSPORT, Fault.RECIPIENT_ADMIN, _P, Advice.REPORT_TO_RECEIVER,
        "the message went round in circles",
    ),
    Reason.RELAY_DENIED: Meaning(
        Category.TRANSPORT, Fault.SENDER_ADMIN, _P, Advice.FIX_OWN_MAIL_SYSTEM,
        "the server does not take mail for this domain from this sender",
    ),
    Reason.PROTOCOL_ERROR: Meaning(
        Category.TRANSPORT, Fault.SENDER_ADMIN, _U, Advice.FIX_OWN_MAIL_SYSTEM,
        "the two servers did not understand each other's SMTP",
    ),
    Reason.SYSTEM_ERROR: Meaning(
        Category.RECEIVER_SYSTEM, Fault.RECIPIENT_ADMIN, _U, Advice.REPORT_TO_RECEIVER,
        "the receiving system failed or is misconfigured",
    ),
    Reason.SYSTEM_FULL: Meaning(
        Category.RECEIVER_SYSTEM, Fault.RECIPIENT_ADMIN, _U, Advice.RETRY_LATER,
        "the receiving system has no room left",
    ),
    Reason.DELIVERY_AGENT_FAILED: Meaning(
        Category.RECEIVER_SYSTEM, Fault.RECIPIENT_ADMIN, _U, Advice.REPORT_TO_RECEIVER,
        "the program that puts mail into the mailbox failed",
    ),
    Reason.UNDETERMINED: Meaning(
        Category.UNDETERMINED, Fault.UNKNOWN, _U, Advice.INVESTIGATE,
        "nothing in the bounce says enough",
    ),
}
# fmt: on
