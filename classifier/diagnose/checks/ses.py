"""Amazon SES: the account, the identity, who is suppressed, what is recorded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from classifier.diagnose.aws import Aws, Denied, Silent
from classifier.diagnose.context import Context
from classifier.diagnose.envelope import identity_of
from classifier.diagnose.finding import Finding, Hop, Says

__all__ = [
    "check_account",
    "check_events",
    "check_identity",
    "check_reputation",
    "check_suppression",
]

_GUIDE: Final = "docs.aws.amazon.com/ses/latest/dg/"
_SENDING: Final = Says("ses-sending", Hop.RELAY, f"{_GUIDE}monitor-sending-activity.html")
_SANDBOX: Final = Says("ses-sandbox", Hop.RELAY, f"{_GUIDE}request-production-access.html")
_QUOTA: Final = Says("ses-quota", Hop.RELAY, f"{_GUIDE}manage-sending-quotas.html")
_VERIFIED: Final = Says("ses-identity", Hop.RELAY, f"{_GUIDE}creating-identities.html")
_DKIM: Final = Says("ses-dkim", Hop.RELAY, f"{_GUIDE}send-email-authentication-dkim.html")
_FROM: Final = Says("ses-mail-from", Hop.RELAY, f"{_GUIDE}mail-from.html")
_SUPPRESSED: Final = Says(
    "ses-suppression", Hop.RELAY, f"{_GUIDE}sending-email-suppression-list.html"
)
_EVENTS: Final = Says("ses-events", Hop.RELAY, f"{_GUIDE}monitor-using-event-publishing.html")
_REPUTATION: Final = Says("ses-reputation", Hop.RELAY, f"{_GUIDE}faqs-enforcement.html")
_ELSEWHERE: Final = "the mail does not go by Amazon SES"
_MOST: Final = 20  # recipients that are looked up
# Shares at which Amazon puts an account under review (faqs-enforcement.html).
_BOUNCES, _COMPLAINTS = 0.05, 0.001
_ENOUGH: Final = 100  # messages; fewer say nothing about shares


def _guard(
    says: tuple[Says, ...], look: Callable[[Context, Aws], tuple[Finding, ...]], context: Context
) -> tuple[Finding, ...]:
    """What `look` finds, or why it could not look."""
    if not context.at_ses or context.aws is None:
        return tuple(each.skipped(_ELSEWHERE) for each in says)
    try:
        return look(context, context.aws)
    except Denied as error:
        advice = "Give it to them: --iam-policy prints the policy."
        what = f"the keys at hand lack the permission {error}"
        return tuple(each.unknown(what, advice=advice) for each in says)
    except Silent as error:
        return tuple(each.unknown(str(error)) for each in says)


def check_account(context: Context) -> tuple[Finding, ...]:
    """Whether the account may send, to everybody, and has quota left."""
    return _guard((_SENDING, _SANDBOX, _QUOTA), _look_at_account, context)


def _look_at_account(context: Context, aws: Aws) -> tuple[Finding, ...]:
    account = aws.ask("sesv2", "get_account") or {}
    return _sending(aws, account), _sandbox(context, aws, account), _quota(account)


def _sending(aws: Aws, account: dict[str, Any]) -> Finding:
    health = str(account.get("EnforcementStatus", "HEALTHY"))
    seen = f"GetAccount in {aws.region}: SendingEnabled {account.get('SendingEnabled')}, {health}"
    if health == "SHUTDOWN":
        what = f"Amazon has shut down sending by SES in {aws.region}"
        return _SENDING.broken(what, seen, advice="Answer the case that Amazon opened about it.")
    if not account.get("SendingEnabled"):
        what = f"sending by SES is paused in {aws.region}"
        return _SENDING.broken(
            what, seen, advice="Switch sending on again, once its cause is mended."
        )
    if health == "PROBATION":
        what = f"Amazon has the account in {aws.region} under review"
        return _SENDING.warning(what, seen, advice="Answer the case that Amazon opened about it.")
    return _SENDING.ok(f"the account may send in {aws.region}", seen)


def _sandbox(context: Context, aws: Aws, account: dict[str, Any]) -> Finding:
    free = bool(account.get("ProductionAccessEnabled"))
    seen = f"GetAccount in {aws.region}: ProductionAccessEnabled {free}"
    if free:
        return _SANDBOX.ok(f"the account is out of the sandbox in {aws.region}", seen)
    strange = [each for each in context.recipients[:_MOST] if not _is_verified(aws, each)]
    what = f"the account is in the sandbox in {aws.region}: it may write to verified addresses only"
    if context.recipients and not strange:
        return _SANDBOX.warning(what, seen, "every failed recipient is verified")
    lines = [f"not verified: {each}" for each in strange]
    advice = f"Ask for production access in {aws.region}; each region has its own."
    return _SANDBOX.broken(what, seen, *lines, advice=advice)


def _is_verified(aws: Aws, address: str) -> bool:
    names = (address, address.rpartition("@")[2])
    found = (aws.ask("sesv2", "get_email_identity", EmailIdentity=name) for name in names)
    return any(each and each.get("VerifiedForSendingStatus") for each in found)


def _quota(account: dict[str, Any]) -> Finding:
    quota = account.get("SendQuota", {})
    most, sent = float(quota.get("Max24HourSend", -1)), float(quota.get("SentLast24Hours", 0))
    rate = float(quota.get("MaxSendRate", 0))
    limit = "no limit" if most < 0 else f"{most:,.0f}"
    seen = f"sent in 24 hours {sent:,.0f} of {limit}; at most {rate:g} a second"
    if 0 <= most <= sent:
        what = "the quota of the day is used up"
        return _QUOTA.broken(what, seen, advice="Wait, or ask for a higher quota in the console.")
    if 0 <= most * 0.9 <= sent:
        return _QUOTA.warning("the quota of the day is nearly used up", seen)
    return _QUOTA.ok("there is quota left", seen)


def check_identity(context: Context) -> tuple[Finding, ...]:
    """Whether the sender is a verified identity, with DKIM and MAIL FROM in order."""
    return _guard((_VERIFIED, _DKIM, _FROM), _look_at_identity, context)


def _look_at_identity(context: Context, aws: Aws) -> tuple[Finding, ...]:
    if context.domain is None:
        return tuple(
            each.skipped("no sending domain is known") for each in (_VERIFIED, _DKIM, _FROM)
        )
    found = identity_of(context)
    if found is None:
        what = f"{context.sender or context.domain} is no identity at SES in {aws.region}"
        advice = f"Verify {context.domain} in {aws.region}; an identity counts in its region only."
        missing = _VERIFIED.broken(what, f"GetEmailIdentity in {aws.region}: none", advice=advice)
        why = "there is no identity; see ses-identity"
        return missing, _DKIM.skipped(why), _FROM.skipped(why)
    name, identity = found
    return _verified(aws, name, identity), _signing(name, identity), _mail_from(name, identity)


def _verified(aws: Aws, name: str, identity: dict[str, Any]) -> Finding:
    verified = bool(identity.get("VerifiedForSendingStatus"))
    state = identity.get("VerificationStatus") or f"VerifiedForSendingStatus {verified}"
    seen = f"GetEmailIdentity {name} in {aws.region}: {state}"
    if verified:
        return _VERIFIED.ok(f"{name} is verified in {aws.region}", seen)
    what = f"{name} is not verified in {aws.region}, so SES sends nothing from it"
    return _VERIFIED.broken(what, seen, advice="Publish the records that the SES console shows.")


def _signing(name: str, identity: dict[str, Any]) -> Finding:
    dkim = identity.get("DkimAttributes", {})
    state = str(dkim.get("Status", "NOT_STARTED"))
    seen = f"DKIM of {name}: {state}, signing {'on' if dkim.get('SigningEnabled') else 'off'}"
    advice = "Publish the three CNAME records that the SES console shows, or see dkim-keys."
    if state == "SUCCESS" and dkim.get("SigningEnabled"):
        return _DKIM.ok(f"SES signs for {name}", seen)
    if state == "SUCCESS":
        advice = "Switch DKIM signing on for this identity."
        return _DKIM.broken(f"SES does not sign for {name}: signing is off", seen, advice=advice)
    if "@" in name and state == "NOT_STARTED":
        what = f"{name} is verified as an address alone, so SES signs for amazonses.com only"
        return _DKIM.warning(what, seen, advice="Verify its domain.")
    return _DKIM.broken(
        f"SES does not sign for {name}: DKIM is {state.lower()}", seen, advice=advice
    )


def _mail_from(name: str, identity: dict[str, Any]) -> Finding:
    given = identity.get("MailFromAttributes", {})
    domain, state = given.get("MailFromDomain"), str(given.get("MailFromDomainStatus", ""))
    if not domain:
        return _FROM.skipped(
            f"{name} has no MAIL FROM domain of its own, so bounces go to amazonses.com"
        )
    seen = f"MAIL FROM of {name}: {domain}, {state}, on failure {given.get('BehaviorOnMxFailure')}"
    if state == "SUCCESS":
        return _FROM.ok(f"SES sends under the MAIL FROM domain {domain}", seen)
    what = f"SES does not use the MAIL FROM domain {domain}: its set-up is {state.lower()}"
    return _FROM.broken(what, seen, advice=f"Publish the MX and SPF of {domain}; see mail-from.")


def check_suppression(context: Context) -> Finding:
    """Whether the failed recipients are on the account's suppression list."""
    if context.at_ses and not context.recipients:
        return _SUPPRESSED.skipped("no recipient is known", "Name one with --recipient.")
    return _guard((_SUPPRESSED,), _look_at_suppression, context)[0]


def _look_at_suppression(context: Context, aws: Aws) -> tuple[Finding, ...]:
    seen: list[str] = []
    for address in context.recipients[:_MOST]:
        found = aws.ask("sesv2", "get_suppressed_destination", EmailAddress=address)
        if found is not None:
            entry = found.get("SuppressedDestination", {})
            since = entry.get("LastUpdateTime")
            day = f" since {since:%Y-%m-%d}" if since is not None else ""
            seen.append(f"{address}: {entry.get('Reason')}{day}")
    if not seen:
        what = f"no failed recipient is on the suppression list in {aws.region}"
        return (_SUPPRESSED.ok(what, *context.recipients[:_MOST]),)
    first = seen[0].partition(":")[0]
    what = f"{first} is on the suppression list of the account, so SES sends it nothing"
    advice = f"Take {first} off the list once the address is known to work."
    return (_SUPPRESSED.broken(what, *seen, advice=advice),)


def check_events(context: Context) -> Finding:
    """Whether the configuration set records what becomes of its mail."""
    if context.at_ses and context.configuration_set is None:
        return _EVENTS.skipped(
            "no configuration set is known", "Name one with --configuration-set."
        )
    return _guard((_EVENTS,), _look_at_events, context)[0]


def _look_at_events(context: Context, aws: Aws) -> tuple[Finding, ...]:
    name = context.configuration_set or ""
    found = aws.ask("sesv2", "get_configuration_set_event_destinations", ConfigurationSetName=name)
    if found is None:
        what = f"there is no configuration set {name} in {aws.region}; SES refuses what names it"
        return (_EVENTS.broken(what, advice="Make it, or take its name out of the sending code."),)
    live = [each for each in found.get("EventDestinations", ()) if each.get("Enabled")]
    kinds = {kind for each in live for kind in each.get("MatchingEventTypes", ())}
    seen = f"events of {name}: {', '.join(sorted(kinds)) or 'none'}"
    if not kinds:
        what = f"the configuration set {name} records nothing, so failures leave no trace"
        advice = "Give it an event destination for bounces, rejects and complaints."
        return (_EVENTS.broken(what, seen, advice=advice),)
    missing = {"BOUNCE", "REJECT", "COMPLAINT"} - kinds
    if missing:
        what = f"the configuration set {name} does not record {', '.join(sorted(missing))}"
        return (_EVENTS.warning(what, seen, advice="Add these to its event destination."),)
    return (_EVENTS.ok(f"the configuration set {name} records bounces", seen),)


def check_reputation(context: Context) -> Finding:
    """What share of the last two weeks bounced or was complained about."""
    return _guard((_REPUTATION,), _look_at_reputation, context)[0]


def _look_at_reputation(context: Context, aws: Aws) -> tuple[Finding, ...]:
    found = aws.ask("ses", "get_send_statistics") or {}
    points = found.get("SendDataPoints", ())
    sent = sum(int(point.get("DeliveryAttempts", 0)) for point in points)
    bounced = sum(int(point.get("Bounces", 0)) for point in points)
    complained = sum(int(point.get("Complaints", 0)) for point in points)
    seen = (
        f"two weeks in {aws.region}: {sent:,} sent, {bounced:,} bounced, {complained:,} complaints"
    )
    if sent < _ENOUGH:
        return (_REPUTATION.ok("too little was sent to say anything about its reputation", seen),)
    if bounced / sent >= _BOUNCES or complained / sent >= _COMPLAINTS:
        what = (
            f"{bounced / sent:.1%} bounced, {complained / sent:.2%} complained; Amazon reviews that"
        )
        advice = "Clean the lists before Amazon pauses the account."
        return (_REPUTATION.warning(what, seen, advice=advice),)
    return (_REPUTATION.ok("bounces and complaints are below what Amazon minds", seen),)
