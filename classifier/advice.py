"""One sentence of advice for people, with the names filled in.

The templates name what a person has to look for: the relay that refused a login, the domain
whose records fail, the recipient to ask about. A name that is not known becomes a plain noun.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from classifier.addresses import domain_of
from classifier.evidence import Evidence
from classifier.reasons import MEANING, Advice, Kind, Reason
from classifier.report import Failure, Report

__all__ = ["advise"]

_BY_REASON: Final[Mapping[Reason, str]] = {
    Reason.BAD_CREDENTIALS: "Renew the user name and password that the sending side has stored for"
    " {relay}; it refused the login, so nothing was ever offered to {recipient}.",
    Reason.AUTHENTICATION_REQUIRED: "Make the sending side log in at {relay} before it sends; it"
    " took the mail to be anonymous.",
    Reason.LOGIN_BLOCKED: "See why {relay} lets this account not log in this way: an app password,"
    " SMTP AUTH switched off, a locked account; the password itself may be right.",
    Reason.SENDER_NOT_PERMITTED: "Verify {sender} with {relay} or give the login the right to send"
    " as that address.",
    Reason.SENDING_SUSPENDED: "Ask the provider of the sending account behind {sender} why it was"
    " stopped, or wait until its quota is renewed.",
    Reason.SPF_FAILED: "Mend the SPF record of {domain} so that it names the server this mail left"
    " from.",
    Reason.DKIM_FAILED: "Have the mail signed with a DKIM key that {domain} publishes.",
    Reason.DMARC_FAILED: "Make SPF or DKIM pass for {domain} itself (aligned), as its DMARC policy"
    " asks.",
    Reason.UNAUTHENTICATED: "Publish SPF and DKIM for {domain} and have this path send by them.",
    Reason.REVERSE_DNS_FAILED: "Give the sending address a PTR record whose name leads back to it,"
    " and use that name in HELO.",
    Reason.SENDER_DOMAIN_INVALID: "Make the envelope sender's domain resolve (MX or A) and its"
    " address exist: {sender}.",
    Reason.POLICY_REJECTED: "Ask the mail administrator of {recipient_domain} which policy refused"
    " it and to let {sender} through; nothing on the sending side failed.",
    Reason.TRANSPORT_RULE: "Ask the mail administrator of {recipient_domain} to change the mail"
    " flow rule that refused it; nothing on the sending side failed.",
    Reason.SENDER_RESTRICTED: "Ask the administrator of {recipient_domain} to let outside senders,"
    " or {sender}, write to {recipient}; it is no login of yours that is missing.",
    Reason.SENDER_BLOCKED: "Ask the administrator of {recipient_domain} to take {sender} off their"
    " block list.",
    Reason.SUPPRESSION_LIST: "Take {recipient} off the sending service's suppression list once you"
    " know that the address works.",
    Reason.RELAY_DENIED: "Check the route: {relay} does not take mail for {recipient_domain} from"
    " this sender.",
    Reason.TLS_FAILURE: "Compare the TLS settings of the sending side with what {relay} offers.",
    Reason.USER_UNKNOWN: "Take {recipient} off the list, or correct the address.",
    Reason.DOMAIN_UNKNOWN: "Correct or remove {recipient}; its domain does not exist.",
}
_BY_ADVICE: Final[Mapping[Advice, str]] = {
    Advice.FIX_CREDENTIALS: "Check the account that the sending side uses at {relay}.",
    Advice.FIX_DOMAIN_AUTHENTICATION: "Check SPF, DKIM, DMARC and PTR of {domain}.",
    Advice.ASK_RECIPIENT_ADMIN: "Ask the mail administrator of {recipient_domain}.",
    Advice.REQUEST_DELISTING: "Find out why the sending address or {domain} is listed, then ask the"
    " list that the reply names to remove it.",
    Advice.REDUCE_RATE_AND_RETRY: "Send less at a time to {recipient_domain} and try again later.",
    Advice.RETRY_LATER: "Try again later.",
    Advice.FIX_CONTENT: "Change the message before it is sent again to {recipient}.",
    Advice.REMOVE_ADDRESS: "Take {recipient} off the list.",
    Advice.UPDATE_ADDRESS: "Correct the address {recipient}.",
    Advice.CONTACT_RECIPIENT_OTHERWISE: "Tell {recipient} by other means.",
    Advice.REMOVE_FROM_SUPPRESSION_LIST: "Take {recipient} off the suppression list.",
    Advice.FIX_OWN_MAIL_SYSTEM: "Check the sending mail system and its way to {recipient_domain}.",
    Advice.REPORT_TO_RECEIVER: "Report it to the postmaster of {recipient_domain}.",
    Advice.INVESTIGATE: "Read the whole bounce; it does not say enough to name who must act.",
}
_DELAYED: Final = "Nothing yet: the server goes on trying."


def advise(
    reason: Reason,
    advice: Advice,
    evidence: Evidence,
    failure: Failure | None = None,
    report: Report | None = None,
) -> str:
    """The sentence for one verdict; `failure` and `report` give the names where there is a mail."""
    if evidence.kind is Kind.DELAY and advice is not Advice.FIX_CREDENTIALS:
        return _DELAYED
    returned = report.returned if report else None
    recipient = failure.recipient if failure else None
    sender = returned.sender if returned else None
    domain = (returned.auth.from_domain if returned else None) or domain_of(sender)
    # A rule may give other advice than its reason usually asks for.
    usual = advice is MEANING[reason].advice
    template = (_BY_REASON.get(reason) if usual else None) or _BY_ADVICE[advice]
    return template.format(
        relay=evidence.remote_mta or "the relay",
        recipient=recipient or "the recipient",
        recipient_domain=domain_of(recipient) or "the recipient's domain",
        sender=sender or "the sender's address",
        domain=domain or "the sending domain",
    )
