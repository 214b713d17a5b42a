"""Amazon SES: the mail of its Mailer-Daemon, and notifications by SNS and event publishing.

The mail wraps what the other server said: `550 5.1.1 ...` stands in the diagnostic, the status
carries a comment. What SES itself holds back (its suppression lists) has no reply.

Sources: Amazon SES Developer Guide, "Amazon SNS notification contents for Amazon SES" and
"Contents of event data that Amazon SES publishes"; https://pastebin.com/GaJQvnXR for a whole
notification; `facts/ses.csv`.
"""

from __future__ import annotations

import json
import random
from typing import Any

from classifier.model.corpus import Entry
from classifier.reasons import MEANING, Category, Reason
from corpora.services.catalogue import by, is_remote
from corpora.services.dsn import status_part
from corpora.services.mime import bundle, envelop, make_id, message, stamp, text
from corpora.services.story import Failure, Service, Story

__all__ = ["SERVICES"]


def _host(dice: random.Random, domain: str) -> str:
    return f"a{dice.randrange(8, 240)}-{dice.randrange(2, 99)}.smtp-out.amazonses.com"


def _is_held(entry: Entry) -> bool:
    """Whether SES says this itself: it holds an address back, or gave up trying."""
    suppressed = MEANING[entry.reason].category is Category.SUPPRESSED
    return by(entry, "amazon-ses") and (suppressed or entry.hop == "local")


def _build(story: Story) -> bytes:
    dice = story.dice("form")
    lines = ["An error occurred while trying to deliver the mail to the following recipients:"]
    lines += [failure.recipient for failure in story.failures]
    if dice.random() < 0.3:
        lines = [f"The following message to <{story.failures[0].recipient}> was undeliverable.",
                 "The reason for the problem:",
                 _reason_line(story.failures[0])]  # fmt: skip
    blocks = []
    for failure in story.failures:
        comment = "temporary failure" if failure.expired else "permanent failure"
        plain = failure.host and dice.random() < 0.7
        diagnostic = failure.reply.line if plain or not failure.host else _reason_line(failure)
        block = [("Final-Recipient", f"rfc822;{failure.recipient}"), ("Action", "failed")]
        block.append(("Status", f"{_status(failure)} ({comment})" if dice.random() < 0.5
                      else _status(failure)))  # fmt: skip
        if failure.host:
            block.append(("Remote-MTA", f"dns; [{failure.ip}]"))
        block.append(("Diagnostic-Code", f"smtp; {diagnostic}"))
        blocks.append(block)
    report = status_part([("Reporting-MTA", f"dns; {story.own_host}")], blocks)
    headers_only = dice.random() < 0.3
    original = story.original("amazon", headers_only=headers_only)
    token = make_id(story.seed, 16)
    parts = [
        text("\n".join(lines) + "\n", "utf-8", "quoted-printable", quoted=True),
        report,
        envelop("text/rfc822-headers" if headers_only else "message/rfc822", original),
    ]
    body = bundle(
        "multipart/report", parts, f"{token[:6]}.{token[6:]}", " report-type=delivery-status;"
    )
    head = [
        *story.own_checks("amazon"),
        ("From", dice.choice(("MAILER-DAEMON@amazonses.com",
                              "MAILER-DAEMON@email-bounces.amazonses.com"))),
        ("To", story.sender),
        ("Subject", "Delivery Status Notification (Failure)"),
        ("Date", stamp(story.date)),
        ("Message-ID", f"<01000{make_id(story.seed, 20)}-000000@email.amazonses.com>"),
        ("MIME-Version", "1.0"),
        ("X-SES-Outgoing", f"{story.date:%Y.%m.%d}-{story.own_ip}"),
        ("Feedback-ID", "1.us-east-1.Kx3fT9qa8rQ=:AmazonSES"),
    ]  # fmt: skip
    return message(head, body)


def _status(failure: Failure) -> str:
    if failure.host or failure.reply.status:
        return failure.status
    return "5.1.1"  # SES's own, of what it never sent


def _reason_line(failure: Failure) -> str:
    """What the MTA behind SES makes of a reply: its own number and words, then the reply."""
    reply = failure.reply
    if not failure.host:
        return reply.line
    rest = " ".join(part for part in (reply.status, reply.words) if part)
    if MEANING[failure.entry.reason].category is Category.RECIPIENT_ADDRESS:
        return f"5.1.0 - Unknown address error {failure.code}-'{rest}'"
    return f"5.3.0 - Other mail system problem {failure.code}-'{rest}'"


# --- notifications ---------------------------------------------------------------------------


def _class_of(failure: Failure, delay: bool) -> tuple[str, str]:
    """BounceType and bounceSubType, as SES would choose them."""
    reason = failure.entry.reason
    if reason is Reason.UNSUBSCRIBED:
        return "Permanent", "UnsubscribedRecipient"
    if reason is Reason.SUPPRESSION_LIST:
        ours = "account" in failure.entry.text
        return "Permanent", "OnAccountSuppressionList" if ours else "Suppressed"
    found = {
        Reason.MAILBOX_FULL: "MailboxFull",
        Reason.MESSAGE_TOO_LARGE: "MessageTooLarge",
        Reason.ATTACHMENT_REFUSED: "AttachmentRejected",
        Reason.SPAM: "ContentRejected",
        Reason.VIRUS: "ContentRejected",
        Reason.CONTENT_REJECTED: "ContentRejected",
    }.get(reason)
    if found:
        return "Transient", found
    permanent = MEANING[reason].category is Category.RECIPIENT_ADDRESS
    return ("Permanent" if permanent else "Transient"), "General"


_DELAYS = {
    Reason.MAILBOX_FULL: "MailboxFull",
    Reason.SPAM: "SpamDetected",
    Reason.SYSTEM_ERROR: "RecipientServerError",
    Reason.SYSTEM_FULL: "RecipientServerError",
    Reason.IP_BLOCKLISTED: "IPFailure",
    Reason.POOR_REPUTATION: "IPFailure",
    Reason.NETWORK_FAILURE: "TransientCommunicationFailure",
    Reason.DNS_FAILURE: "TransientCommunicationFailure",
}


def _build_json(story: Story) -> bytes:
    dice = story.dice("form")
    when = f"{story.date:%Y-%m-%dT%H:%M:%S}.000Z"
    recipients: list[dict[str, str]] = []
    for failure in story.failures:
        diagnostic = failure.reply.line
        if failure.host or dice.random() < 0.5:
            diagnostic = f"smtp; {diagnostic}"
        recipients.append(
            {
                "emailAddress": failure.recipient,
                "action": "delayed" if story.delay else "failed",
                "status": _status(failure),
                "diagnosticCode": diagnostic,
            }
        )
    kind, sub = _class_of(story.failures[0], story.delay)
    event: dict[str, Any]
    published = story.delay or dice.random() < 0.5
    name = "eventType" if published else "notificationType"
    if story.delay:
        delayed = [{k: v for k, v in each.items() if k != "action"} for each in recipients]
        event = {
            "eventType": "DeliveryDelay",
            "deliveryDelay": {
                "delayType": _DELAYS.get(story.failures[0].entry.reason, "General"),
                "delayedRecipients": delayed,
                "expirationTime": when,
                "reportingMTA": story.own_host,
                "timestamp": when,
            },
        }
    else:
        held = not story.failures[0].host
        event = {
            name: "Bounce",
            "bounce": {
                "bounceType": kind,
                "bounceSubType": sub,
                "bouncedRecipients": recipients,
                "timestamp": when,
                "feedbackId": f"0100{make_id(story.seed, 14)}-{make_id('f' + story.seed, 12)}",
                "reportingMTA": f"dns; {'amazonses.com' if held else story.own_host}",
            },
        }
        if not held and dice.random() < 0.7:
            event["bounce"]["remoteMtaIp"] = story.failures[0].ip
    event["mail"] = _make_mail(story)
    if published:
        return json.dumps(event).encode()
    if dice.random() < 0.75:
        number = dice.randrange(10**11, 10**12)
        envelope = {
            "Type": "Notification",
            "MessageId": make_id("s" + story.seed),
            "TopicArn": f"arn:aws:sns:eu-west-1:{number}:ses-bounces",
            "Message": json.dumps(event),
            "Timestamp": when,
            "SignatureVersion": "1",
            "UnsubscribeURL": "https://sns.eu-west-1.amazonaws.com/?Action=Unsubscribe",
        }
        return json.dumps(envelope).encode()
    return json.dumps(event).encode()


def _make_mail(story: Story) -> dict[str, Any]:
    dice = story.dice("mail")
    mail: dict[str, Any] = {
        "timestamp": f"{story.sent:%Y-%m-%dT%H:%M:%S}.000Z",
        "source": story.sender,
        "sourceArn": f"arn:aws:ses:eu-west-1:123456789012:identity/{story.sender_domain}",
        "sourceIp": story.own_ip,
        "callerIdentity": "sender",
        "sendingAccountId": "123456789012",
        "messageId": f"0102{make_id(story.seed, 14)}-{make_id('i' + story.seed, 12)}-000000",
        "destination": [failure.recipient for failure in story.failures],
    }
    if dice.random() < 0.6:
        headers = [
            {"name": "From", "value": story.sender},
            {"name": "To", "value": ", ".join(mail["destination"])},
            {"name": "Subject", "value": story.subject},
            {"name": "Message-ID", "value": story.original_id},
        ]
        if story.checks is not None:
            value = story.checks.write("amazon", story)
            headers.insert(0, {"name": "Authentication-Results", "value": value})
        mail["headersTruncated"] = False
        mail["headers"] = headers
        mail["commonHeaders"] = {
            "from": [story.sender],
            "to": mail["destination"],
            "messageId": story.original_id,
            "subject": story.subject,
        }
    return mail


SERVICES = (
    Service(
        name="amazon-ses",
        build=_build,
        mails=90,
        host=_host,
        remote=lambda entry: is_remote(entry) and not by(entry, "amazon-ses"),
        local=_is_held,
        recipients=3,
    ),
    Service(
        name="amazon-ses-events",
        build=_build_json,
        mails=110,
        host=_host,
        remote=lambda entry: is_remote(entry) and not by(entry, "amazon-ses"),
        local=_is_held,
        recipients=3,
        delays=True,
        json=True,
    ),
)
