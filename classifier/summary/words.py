"""What is said of a cause: a headline and what to do, in the plural, with its names filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from classifier.reasons import MEANING, Advice, Category, Fault, Reason
from classifier.summary.causes import Scope

__all__ = ["ACTORS", "Words", "say_cause", "say_day", "say_list", "say_span"]

#: Who acts, in a few words; keys are values of `Fault`.
ACTORS: Final[Mapping[str, str]] = {
    Fault.SENDER_ADMIN: "your side: whoever runs the sending system",
    Fault.SENDER_DOMAIN_ADMIN: "your side: whoever keeps the DNS of the sending domain",
    Fault.SENDER: "your side: whoever wrote or sent the message",
    Fault.LIST_OWNER: "your side: whoever keeps the address list",
    Fault.RECIPIENT_ADMIN: "their side: the recipient's mail administrator",
    Fault.RECIPIENT: "their side: the owner of the mailbox",
    Fault.NOBODY: "nobody: it resolves itself",
    Fault.UNKNOWN: "not known: the bounces do not say enough",
}


class Words(msgspec.Struct, frozen=True):
    """A headline without a full stop, and a sentence or two that say what to do."""

    title: str
    todo: str


# {name} is the name of the cause (see `causes.Scope`), {senders} and {receivers} the domains at
# its ends, most frequent first.
_BY_REASON: Final[Mapping[str, Words]] = {
    Reason.BAD_CREDENTIALS: Words(
        "{name} refuses the stored password",
        "Renew the user name and password that the sending side has stored for {name}. Until then"
        " nothing that goes this way is even offered to its recipients.",
    ),
    Reason.AUTHENTICATION_REQUIRED: Words(
        "{name} wants a login, and none is made",
        "Make the sending side log in at {name} before it sends.",
    ),
    Reason.LOGIN_BLOCKED: Words(
        "{name} does not let the account log in this way",
        "See why at {name}: an app password is needed, SMTP AUTH is switched off, the account is"
        " locked. The password itself may be right.",
    ),
    Reason.SENDER_NOT_PERMITTED: Words(
        "The login works, but may not send as {name}",
        "Verify {name} with the sending service, or give the login the right to send as it.",
    ),
    Reason.SENDING_SUSPENDED: Words(
        "The account that sends for {name} was stopped",
        "Ask the provider of that account why, or wait until its quota is renewed.",
    ),
    Reason.SPF_FAILED: Words(
        "SPF fails for {name}",
        "Mend the SPF record of {name} so that it names every server its mail leaves from.",
    ),
    Reason.DKIM_FAILED: Words(
        "DKIM fails for {name}",
        "Have the mail signed with a DKIM key that {name} publishes.",
    ),
    Reason.DMARC_FAILED: Words(
        "DMARC fails for {name}",
        "Make SPF or DKIM pass for {name} itself (aligned), as its DMARC policy asks.",
    ),
    Reason.UNAUTHENTICATED: Words(
        "Mail of {name} is taken for unauthenticated",
        "Publish SPF and DKIM for {name} and have every path send by them.",
    ),
    Reason.REVERSE_DNS_FAILED: Words(
        "{name} has no PTR record that fits",
        "Give its address a PTR record whose name leads back to it, and use that name in HELO.",
    ),
    Reason.SENDER_DOMAIN_INVALID: Words(
        "Receivers cannot verify senders of {name}",
        "Make {name} resolve (MX or A), and its sender addresses exist.",
    ),
    Reason.POLICY_REJECTED: Words(
        "A policy of {name} refuses the mail",
        "Ask the mail administrator of {name} which policy it is, and to let {senders} through."
        " Nothing on the sending side failed.",
    ),
    Reason.TRANSPORT_RULE: Words(
        "A mail flow rule of {name} refuses the mail",
        "Ask the mail administrator of {name} to change that rule. Nothing on the sending side"
        " failed.",
    ),
    Reason.SENDER_RESTRICTED: Words(
        "Recipients at {name} take mail from certain senders only",
        "Ask the administrator of {name} to let {senders} write to them. It is no login of yours"
        " that is missing.",
    ),
    Reason.SENDER_BLOCKED: Words(
        "{name} has the sender on its own block list",
        "Ask the administrator of {name} to take {senders} off that list.",
    ),
    Reason.RECIPIENT_FILTERED: Words(
        "Recipients at {name} refuse the mail by their own settings",
        "Tell them by other means; only they can change that.",
    ),
    Reason.IP_BLOCKLISTED: Words(
        "The sending IP address is listed: {name}",
        "Find out what got it listed and stop that, then ask {name} to remove it.",
    ),
    Reason.DOMAIN_BLOCKLISTED: Words(
        "The sending domain, or one in the messages, is listed: {name}",
        "Find out what got it listed and stop that, then ask {name} to remove it.",
    ),
    Reason.POOR_REPUTATION: Words(
        "{name} thinks too little of the sender",
        "Send less, to people who want it, and clean the list; a reputation takes weeks to mend.",
    ),
    Reason.SPAM: Words(
        "Mail of {name} is taken for spam",
        "Change the message before it is sent again, and look who asked for it.",
    ),
    Reason.VIRUS: Words(
        "Mail of {name} is taken to carry malware",
        "Scan the sending machine and the attachments, then send without them.",
    ),
    Reason.ATTACHMENT_REFUSED: Words(
        "Attachments in mail of {name} are refused",
        "Send a link, or another kind of file.",
    ),
    Reason.MESSAGE_MALFORMED: Words(
        "Mail of {name} breaks the format rules",
        "Mend the program that writes it (RFC 5322, MIME); the replies name the header or line.",
    ),
    Reason.MESSAGE_TOO_LARGE: Words(
        "Mail of {name} is larger than receivers allow",
        "Send a link instead of the attachment.",
    ),
    Reason.CONTENT_REJECTED: Words(
        "Something in mail of {name} is refused for itself",
        "Change the message before it is sent again; the replies may name what is refused.",
    ),
    Reason.MAILBOX_FULL: Words(
        "Mailboxes are full",
        "Tell the recipients by other means. Remove an address that stays full for months.",
    ),
    Reason.MAILBOX_UNAVAILABLE: Words(
        "Mailboxes cannot be delivered to at present",
        "Try again in some days, or tell the recipients by other means.",
    ),
    Reason.SUPPRESSION_LIST: Words(
        "Never sent: on the suppression list of {name}",
        "Take an address off that list once it is known to work; else off yours.",
    ),
    Reason.UNSUBSCRIBED: Words(
        "Never sent: the recipients have unsubscribed",
        "Take them off the list.",
    ),
    Reason.RATE_LIMITED: Words(
        "{name} gets too much at a time",
        "Send less at a time to {name}, and try again later.",
    ),
    Reason.TOO_MANY_CONNECTIONS: Words(
        "{name} gets too many connections at once",
        "Let the sending system open fewer connections to {name}.",
    ),
    Reason.TOO_MANY_RECIPIENTS: Words(
        "{name} gets too many recipients in one message",
        "Send to fewer recipients a message.",
    ),
    Reason.GREYLISTED: Words(
        "Put off on purpose (greylisting)",
        "Let the sending system try again for some hours; it is taken then.",
    ),
    Reason.DNS_FAILURE: Words(
        "{name} cannot be looked up",
        "Try again later; if it stays so, check the domain, then the sending side's resolver.",
    ),
    Reason.NETWORK_FAILURE: Words(
        "There is no connection to the servers of {name}",
        "Try again later; if it stays so, tell {name} by other means.",
    ),
    Reason.TLS_FAILURE: Words(
        "No encryption can be agreed on with {name}",
        "Compare the TLS settings of the sending side with what {name} offers.",
    ),
    Reason.EXPIRED: Words(
        "The messages stayed in the queue too long",
        "Look into the sending side's log for what was said to the last tries.",
    ),
    Reason.ROUTING_LOOP: Words(
        "Mail to {name} goes round in circles",
        "Report it to the postmaster of {name}: a forwarding or MX record leads back.",
    ),
    Reason.RELAY_DENIED: Words(
        "{name} takes no such mail from the sending side",
        "Check the route: {name} is asked to relay what it is not responsible for.",
    ),
    Reason.PROTOCOL_ERROR: Words(
        "{name} and the sending side do not understand each other's SMTP",
        "Check the sending mail system; the replies name the command.",
    ),
    Reason.SYSTEM_ERROR: Words(
        "The mail system of {name} fails", "Report it to the postmaster of {name}."
    ),
    Reason.SYSTEM_FULL: Words("The mail system of {name} is full", "Try again later."),
    Reason.DELIVERY_AGENT_FAILED: Words(
        "{name} fails to put mail into the mailbox", "Report it to the postmaster of {name}."
    ),
    Reason.UNDETERMINED: Words(
        "The bounces do not say why",
        "Read some of them; a rule of your own or a label makes the next ones known.",
    ),
    Advice.REMOVE_ADDRESS: Words(
        "Addresses do not work any more",
        "Take them off the list: `whybounce suppress` writes them for the sending service.",
    ),
    Advice.UPDATE_ADDRESS: Words(
        "Addresses are misspelt, or have moved",
        "Correct them; what cannot be corrected, remove.",
    ),
}
#: The sender's own tenant or list refuses, not the receiver's.
_OWN_POLICY: Final = Words(
    "The sending side's own rules refuse mail of {name}",
    "Look into the allow and block lists of the sending side's own system.",
)
_NAMELESS: Final[Mapping[Scope, str]] = {
    Scope.RELAY: "the relay",
    Scope.SENDER: "the sending domain",
    Scope.MACHINE: "the sending server",
    Scope.RECEIVER: "the recipient's domain",
    Scope.PROVIDER: "the receiver",
    Scope.LIST: "a block list",
    Scope.SERVICE: "the sending service",
    Scope.ALL: "",
}
#: What is counted where many small causes of one kind are told together.
_PLURAL: Final[Mapping[Scope, str]] = {
    Scope.RELAY: "relays",
    Scope.SENDER: "sending domains",
    Scope.MACHINE: "sending servers",
    Scope.RECEIVER: "recipient domains",
    Scope.PROVIDER: "receivers",
    Scope.LIST: "lists or receivers",
    Scope.SERVICE: "sending services",
    Scope.ALL: "causes",
}


def say_cause(
    what: str, scope: Scope, name: str | None, senders: Sequence[str], others: int = 0
) -> Words:
    """The words for a cause, or for `others` of one kind together; `what` as in `causes.Key`."""
    words = _BY_REASON.get(what, _BY_REASON[Reason.UNDETERMINED])
    category = MEANING[Reason(what)].category if what in _REASONS else None
    if scope is Scope.SENDER and category is Category.RECIPIENT_POLICY:
        words = _OWN_POLICY
    filled = {"name": name or _NAMELESS[scope], "senders": say_list(senders) or "the sender"}
    title = words.title.format_map(filled)
    if others and category:
        summary = MEANING[Reason(what)].summary
        title = f"{summary} ({others:,} more {_PLURAL[scope]})"
        filled["name"] = "each of them"
    if not name:  # a name keeps its own spelling
        title = title[:1].upper() + title[1:]
    return Words(title, words.todo.format_map(filled))


_REASONS: Final = frozenset(map(str, Reason))
_NAMED: Final = 2


def say_list(names: Sequence[str]) -> str:
    """`a`, `a and b`, or `a, b and 3 more`; "" of none."""
    if len(names) <= _NAMED:
        return " and ".join(names)
    return f"{', '.join(names[:_NAMED])} and {len(names) - _NAMED:,} more"


# fmt: off
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)
# fmt: on


def say_day(day: str) -> str:
    """`3 November 2026` of `2026-11-03`; `November 2026` of `2026-11`."""
    year, month, *rest = day.split("-")
    told = f"{_MONTHS[int(month) - 1]} {year}" if "01" <= month <= "12" else day
    return f"{int(rest[0])} {told}" if rest else told


def say_span(first: str | None, last: str | None, over: bool) -> str:
    """Since when, or from when to when where it is over: ` since 3 November 2026`; "" if unknown.

    Begins with a blank.
    """
    if first is None or last is None:
        return ""
    if first == last:
        return f" on {say_day(first)}"
    if not over:
        return f" since {say_day(first)}"
    return f" from {say_day(first)} to {say_day(last)}"
