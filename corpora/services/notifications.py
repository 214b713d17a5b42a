"""Webhooks of sending services: SendGrid, Mailgun, Postmark, Mailjet, SparkPost, Mandrill, Brevo.

Sources: the services' documentation ("Event Webhook reference" of Twilio SendGrid, "Webhook
payloads" of Mailgun, "Bounce webhook" of Postmark, "Event API" of Mailjet, "Message events" of
SparkPost, "Message event webhook format" of Mailchimp Transactional, "Transactional webhooks" of
Brevo). Names of members are theirs, values are ours.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from typing import Any, Final

from classifier.model.corpus import Entry
from classifier.reasons import MEANING, Category, Reason
from corpora.services.catalogue import by, is_remote
from corpora.services.mime import make_id
from corpora.services.story import Failure, Service, Story

__all__ = ["SERVICES"]

Event = dict[str, Any]


def _time(story: Story) -> str:
    return f"{story.date:%Y-%m-%dT%H:%M:%S}Z"


def _is_hard(failure: Failure) -> bool:
    return MEANING[failure.entry.reason].category is Category.RECIPIENT_ADDRESS


def _is_held(failure: Failure) -> bool:
    return not failure.host


def _sendgrid(story: Story, failure: Failure) -> Event:
    dice = story.dice("form")
    event: Event = {
        "email": failure.recipient,
        "timestamp": int(story.date.timestamp()),
        "smtp-id": story.original_id,
        "event": "bounce",
        "sg_event_id": make_id(story.seed, 22),
        "sg_message_id": f"{make_id(story.seed, 22)}.filterdrecv-5645d9c87f-8kl2b-1",
        "category": ["newsletter"],
    }
    if _is_held(failure):
        event |= {"event": "dropped", "reason": failure.reply.line, "status": "5.0.0"}
    elif story.delay:
        event |= {"event": "deferred", "response": failure.reply.line, "attempt": "3"}
    else:
        kinds = {Category.RECIPIENT_ADDRESS: "Invalid Address", Category.CONTENT: "Content",
                 Category.SENDER_REPUTATION: "Reputation",
                 Category.RATE: "Frequency or Volume Too High",
                 Category.RECIPIENT_MAILBOX: "Mailbox Unavailable",
                 Category.TRANSPORT: "Technical Failure"}  # fmt: skip
        event |= {
            "reason": failure.reply.line,
            "status": failure.status,
            "type": "bounce" if _is_hard(failure) else "blocked",
            "bounce_classification": kinds.get(
                MEANING[failure.entry.reason].category, "Unclassified"
            ),
            "ip": story.own_ip,
            "tls": dice.choice((0, 1)),
        }
    return event


def _mailgun(story: Story, failure: Failure) -> Event:
    reply = failure.reply
    temporary = story.delay
    status: Event = {
        "attempt-no": 1,
        "code": int(failure.code),
        "message": " ".join(part for part in (reply.status, reply.words) if part),
        "description": "",
        "session-seconds": 1.44,
        "tls": True,
        "certificate-verified": True,
        "mx-host": failure.host,
    }
    reason = "bounce" if _is_hard(failure) else "generic"
    if _is_held(failure):
        reason = "suppress-bounce"
        status = {
            "attempt-no": 1,
            "code": 607 if "unsubscribed" in reply.words else 605,
            "message": "",
            "description": reply.words,
        }
        if "unsubscribed" in reply.words:
            reason = "suppress-unsubscribe"
    elif reply.status and story.dice("enhanced").random() < 0.5:
        status["enhanced-code"] = reply.status
    return {
        "signature": {
            "timestamp": str(int(story.date.timestamp())),
            "token": make_id("t" + story.seed, 50),
            "signature": make_id("s" + story.seed, 64),
        },
        "event-data": {
            "id": make_id(story.seed, 22),
            "timestamp": story.date.timestamp(),
            "event": "failed",
            "severity": "temporary" if temporary else "permanent",
            "reason": reason,
            "log-level": "warn" if temporary else "error",
            "delivery-status": status,
            "envelope": {
                "transport": "smtp",
                "sender": story.sender,
                "sending-ip": story.own_ip,
                "targets": failure.recipient,
            },
            "message": {
                "headers": {
                    "to": failure.recipient,
                    "from": story.sender,
                    "subject": story.subject,
                    "message-id": story.original_id.strip("<>"),
                },
                "attachments": [],
                "size": 2311,
            },
            "recipient": failure.recipient,
            "recipient-domain": failure.domain,
            "tags": [],
        },
    }


_POSTMARK: Final[Mapping[Reason, tuple[str, int]]] = {
    Reason.SPAM: ("SpamNotification", 512),
    Reason.VIRUS: ("VirusNotification", 2048),
    Reason.DNS_FAILURE: ("DnsError", 256),
    Reason.UNSUBSCRIBED: ("Unsubscribe", 16),
}


def _postmark(story: Story, failure: Failure) -> Event:
    kind, code = _POSTMARK.get(
        failure.entry.reason, ("HardBounce", 1) if _is_hard(failure) else ("SoftBounce", 4096)
    )
    if MEANING[failure.entry.reason].category in (
        Category.SENDER_REPUTATION,
        Category.RECIPIENT_POLICY,
        Category.SENDER_AUTHENTICATION,
    ):
        kind, code = "Blocked", 100006
    if story.delay:
        kind, code = "Transient", 2
    action = f"smtp;{failure.reply.line}"
    return {
        "RecordType": "Bounce",
        "MessageStream": "outbound",
        "ID": int(make_id(story.seed, 8), 16),
        "Type": kind,
        "TypeCode": code,
        "Name": {"HardBounce": "Hard bounce", "SoftBounce": "Soft bounce"}.get(kind, kind),
        "Tag": "welcome-email",
        "MessageID": f"{make_id(story.seed, 8)}-2129-4405-aaa5-{make_id('p' + story.seed, 12)}",
        "Details": action if story.dice("d").random() < 0.7 else failure.reply.line,
        "Email": failure.recipient,
        "From": story.sender,
        "BouncedAt": _time(story),
        "Inactive": kind == "HardBounce",
        "DumpAvailable": True,
        "CanActivate": True,
        "Subject": story.subject,
        "ServerID": 23,
        "Content": "",
    }


def _mailjet(story: Story, failure: Failure) -> Event:
    category = MEANING[failure.entry.reason].category
    related, error = {
        Category.RECIPIENT_ADDRESS: ("recipient", "user unknown"),
        Category.RECIPIENT_MAILBOX: ("recipient", "quota exceeded"),
        Category.SENDER_REPUTATION: ("sender", "sender blocked"),
        Category.CONTENT: ("content", "content blocked"),
        Category.RECIPIENT_POLICY: ("policy", "policy issue"),
        Category.SENDER_AUTHENTICATION: ("policy", "policy issue"),
        Category.TRANSPORT: ("system", "connection issue"),
    }.get(category, ("system", "system issue"))
    event: Event = {
        "event": "bounce",
        "time": int(story.date.timestamp()),
        "MessageID": int(make_id(story.seed, 12), 16),
        "Message_GUID": make_id(story.seed, 32),
        "email": failure.recipient,
        "mj_campaign_id": 0,
        "mj_contact_id": int(make_id("c" + story.seed, 8), 16),
        "customcampaign": "",
        "CustomID": "",
        "Payload": "",
        "blocked": False,
        "hard_bounce": _is_hard(failure),
        "error_related_to": related,
        "error": error,
        "comment": failure.reply.line,
    }
    return event


def _sparkpost(story: Story, failure: Failure) -> Event:
    bounce_class = {
        Reason.USER_UNKNOWN: "10",
        Reason.MAILBOX_FULL: "22",
        Reason.MESSAGE_TOO_LARGE: "23",
        Reason.SPAM: "51",
        Reason.IP_BLOCKLISTED: "52",
        Reason.RELAY_DENIED: "54",
        Reason.DNS_FAILURE: "21",
    }.get(failure.entry.reason, "50" if not story.delay else "20")
    inner: Event = {
        "type": "delay" if story.delay else "bounce",
        "bounce_class": bounce_class,
        "customer_id": "1",
        "error_code": failure.code,
        "event_id": str(int(make_id(story.seed, 14), 16)),
        "friendly_from": story.sender,
        "ip_address": failure.ip,
        "message_id": make_id(story.seed, 20),
        "msg_from": f"msprvs1=18{make_id(story.seed, 6)}=bounces-1@{story.sender_domain}",
        "msg_size": "1337",
        "num_retries": "2",
        "raw_rcpt_to": failure.recipient,
        "raw_reason": failure.reply.line,
        "rcpt_to": failure.recipient,
        "reason": failure.reply.line,
        "recv_method": "esmtp",
        "sending_ip": story.own_ip,
        "subject": story.subject,
        "timestamp": str(int(story.date.timestamp())),
    }
    return {"msys": {"message_event": inner}}


def _mandrill(story: Story, failure: Failure) -> Event:
    name = "deferral" if story.delay else "hard_bounce" if _is_hard(failure) else "soft_bounce"
    described = {
        Category.RECIPIENT_ADDRESS: "bad_mailbox",
        Category.RECIPIENT_MAILBOX: "mailbox_full",
        Category.CONTENT: "spam",
        Category.TRANSPORT: "general",
    }.get(MEANING[failure.entry.reason].category, "general")
    key = make_id(story.seed, 32)
    return {
        "event": name,
        "ts": int(story.date.timestamp()),
        "_id": key,
        "msg": {
            "ts": int(story.sent.timestamp()),
            "_id": key,
            "state": name.replace("_", "-"),
            "subject": story.subject,
            "email": failure.recipient,
            "sender": story.sender,
            "tags": [],
            "metadata": {},
            "bounce_description": described,
            "diag": f"smtp;{failure.reply.line}",
        },
    }


def _brevo(story: Story, failure: Failure) -> Event:
    name = "deferred" if story.delay else "hard_bounce" if _is_hard(failure) else "soft_bounce"
    return {
        "id": int(make_id(story.seed, 6), 16),
        "event": name,
        "email": failure.recipient,
        "date": f"{story.date:%Y-%m-%d %H:%M:%S}",
        "ts": int(story.sent.timestamp()),
        "ts_event": int(story.date.timestamp()),
        "ts_epoch": int(story.date.timestamp() * 1000),
        "message-id": story.original_id,
        "subject": story.subject,
        "reason": failure.reply.line,
        "sending_ip": story.own_ip,
        "tag": '["transactional"]',
    }


def _encode(make: Callable[[Story, Failure], Event], listed: bool) -> Callable[[Story], bytes]:
    def build(story: Story) -> bytes:
        event = make(story, story.failures[0])
        several: Event | list[Event] = event
        if listed and story.dice("list").random() < 0.5:
            several = [event]
        return json.dumps(several).encode("utf-8")

    return build


def _hosts(name: str) -> Callable[[random.Random, str], str]:
    return lambda dice, domain: f"o{dice.randrange(1, 20)}.{name}"


def _is_held_by(provider: str) -> Callable[[Entry], bool]:
    def is_held(entry: Entry) -> bool:
        return by(entry, provider) and MEANING[entry.reason].category is Category.SUPPRESSED

    return is_held


def _hides_code(failure: Failure) -> tuple[str, str]:
    """Mailgun's own numbers are no reply codes, and what it holds back has none."""
    if not failure.host:
        return "", ""
    return failure.reply.inner_code, failure.reply.inner_status


def _service(
    name: str,
    make: Callable[[Story, Failure], Event],
    mails: int,
    listed: bool = False,
) -> Service:
    return Service(
        name=name,
        build=_encode(make, listed),
        mails=mails,
        host=_hosts(f"{name}.example"),
        remote=lambda entry: is_remote(entry) and not _is_held_by(name)(entry),
        local=_is_held_by(name),
        delays=name != "mailjet",
        json=True,
        shows=_hides_code,
    )


SERVICES = (
    _service("sendgrid", _sendgrid, 60, listed=True),
    _service("mailgun", _mailgun, 60),
    _service("postmark", _postmark, 50),
    _service("sparkpost", _sparkpost, 50, listed=True),
    _service("mailjet", _mailjet, 40),
    _service("mandrill", _mandrill, 36, listed=True),
    _service("brevo", _brevo, 36),
)
