"""From a bounce to what checks need: domains, keys, relay, region, address, time."""

from __future__ import annotations

import datetime
import email.utils
import ipaddress
import re
from collections.abc import Sequence
from typing import Any, Final

from classifier.addresses import domain_of, read_list
from classifier.diagnose.context import Endpoint, Signer
from classifier.diagnose.domains import tags
from classifier.diagnose.finding import Hop
from classifier.diagnose.ses_password import region_of
from classifier.headers import Headers
from classifier.message import parse
from classifier.reasons import Category, Reason
from classifier.report import Report
from classifier.rows import Row

__all__ = ["blame", "read_facts", "region_in"]

_MOST: Final = 8
#   Received-SPF: Pass (...) client-ip=192.0.2.1; helo=a8-31.smtp-out.amazonses.com;
_CLIENT: Final = re.compile(r"client-ip\s*=\s*\"?\[?([0-9A-Fa-f.:]{3,45})")
_HELO: Final = re.compile(r"\bhelo\s*=\s*\"?([A-Za-z0-9._-]{1,253})")
#   Authentication-Results: spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=example.org
_SENDER_IP: Final = re.compile(r"sender IP is ([0-9A-Fa-f.:]{3,45})")
#   X-SES-Outgoing: 2026.06.16-198.51.100.31
_OUTGOING: Final = re.compile(r"\d{4}\.\d\d\.\d\d-([0-9A-Fa-f.:]{3,45})")
#   Feedback-ID: ::1.us-east-1.q2c7...=:AmazonSES
_FEEDBACK: Final = re.compile(r"\b\d{1,3}\.([a-z]{2}(?:-[a-z]{3,12}){1,3}-\d)\.")
#   Message-ID: <0102019d...-000000@eu-west-1.amazonses.com>   (email. is us-east-1)
_ID_HOST: Final = re.compile(r"@([a-z0-9-]{5,30})\.amazonses\.com>?$")
_SELECTOR: Final = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,120}[A-Za-z0-9_])?")
_DOMAIN: Final = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,250}[A-Za-z0-9])?")

_AT_MAILBOX: Final = frozenset({Category.RECIPIENT_ADDRESS, Category.RECIPIENT_MAILBOX})
_AT_RELAY: Final = frozenset(
    {Reason.SENDER_NOT_PERMITTED, Reason.SENDING_SUSPENDED, Reason.RELAY_DENIED}
)


def blame(row: Row) -> Hop | None:
    """The hop that a verdict blames; None where it does not say."""
    if row.category is None or row.category == Category.UNDETERMINED:
        return None
    category = Category(row.category)
    if category is Category.SUPPRESSED or row.reason in _AT_RELAY:
        return Hop.RELAY
    if category is Category.SENDER_CREDENTIALS:
        return Hop.SUBMISSION
    if category is Category.SENDER_AUTHENTICATION:
        return Hop.AUTHOR
    if row.reason == Reason.DOMAIN_UNKNOWN:
        return Hop.MX
    return Hop.MAILBOX if category in _AT_MAILBOX else Hop.MX


def read_facts(raw: bytes, report: Report, rows: Sequence[Row]) -> dict[str, Any]:
    """The fields of `Context` that a bounce gives. Never raises.

    `rows` are the verdicts on it; the first that failed leads, and all its recipients count.
    """
    failed = [row for row in rows if row.reason is not None]
    row = failed[0] if failed else None
    returned = report.returned
    headers = returned.headers if returned else Headers(b"")
    sender = next(iter(read_list(headers.get("From"))), None)
    auth = returned.auth if returned and returned.auth.source else None
    found: dict[str, Any] = {
        "row": row,
        "refused_at": blame(row) if row else None,
        "recipients": tuple(
            dict.fromkeys(each.recipient.lower() for each in failed if each.recipient)
        ),
        "sender": sender,
        "domain": domain_of(sender) or (auth.from_domain if auth else None),
        "auth": auth,
        "envelope_domain": _envelope(headers, auth.spf_domain if auth else None),
        "signers": _signers(headers),
        "message_id": returned.message_id if returned else None,
        "subject": returned.subject if returned else None,
        "sent": _date(headers.get("Date")) or _iso(report.arrival_date),
        "returned": _original(raw),
        "prose": report.prose,
        "configuration_set": headers.get("X-SES-CONFIGURATION-SET") or None,
    }
    found["sending_ip"], found["helo"] = _origin(headers)
    if row is not None:
        found["relay"] = _relay(row)
        found["provider"] = "amazon-ses" if _is_ses(row, headers) else row.provider
    return found


def region_in(row: Row | None, headers_of: bytes | None) -> str | None:
    """The SES region that a bounce names: by the relay, the Message-ID or the Feedback-ID."""
    host = region_of(row.remote_mta) if row else None
    if host:
        return host
    text = (headers_of or b"")[:65536].decode("utf-8", "replace")
    head = text.partition("\r\n\r\n")[0]
    named = re.search(r"^message-id:\s*(\S{1,400})", head, re.IGNORECASE | re.MULTILINE)
    found = _ID_HOST.search(named.group(1)) if named else None
    if found:
        return "us-east-1" if found.group(1) == "email" else found.group(1)
    fed = re.search(r"^feedback-id:([^\n]{1,400})", head, re.IGNORECASE | re.MULTILINE)
    inside = _FEEDBACK.search(fed.group(1)) if fed else None
    return inside.group(1) if inside else None


def _is_ses(row: Row, headers: Headers) -> bool:
    if region_of(row.remote_mta) or "X-SES-Outgoing" in headers:
        return True
    return (headers.get("Message-ID") or "").rstrip(">").endswith(".amazonses.com")


def _relay(row: Row) -> Endpoint | None:
    """The relay, where it is what refused."""
    at_relay = row.category in (Category.SENDER_CREDENTIALS, Category.TRANSPORT)
    host = (row.remote_mta or "").rstrip(".").lower()
    return Endpoint(host) if at_relay and _DOMAIN.fullmatch(host) and "." in host else None


def _envelope(headers: Headers, spf_domain: str | None) -> str | None:
    domain = domain_of(headers.get("Return-Path")) or spf_domain
    return domain if domain and _DOMAIN.fullmatch(domain) else None


def _signers(headers: Headers) -> tuple[Signer, ...]:
    found = []
    for value in headers.all("DKIM-Signature")[:_MOST]:
        known = tags(value)
        domain, selector = known.get("d", "").lower(), known.get("s", "")
        fits = _DOMAIN.fullmatch(domain) and _SELECTOR.fullmatch(selector)
        found.append(Signer(domain, selector) if fits else Signer("invalid", "invalid"))
    return tuple(found)


def _origin(headers: Headers) -> tuple[str | None, str | None]:
    """Address and HELO name that the receiver saw (RFC 7208 9.1), else what SES wrote down."""
    spf = headers.get("Received-SPF") or ""
    client, helo = _CLIENT.search(spf), _HELO.search(spf)
    sources = (
        client,
        _SENDER_IP.search(headers.get("Authentication-Results") or ""),
        _OUTGOING.search(headers.get("X-SES-Outgoing") or ""),
    )
    for each in sources:
        try:
            address = str(ipaddress.ip_address(each.group(1))) if each else None
        except ValueError:
            continue
        if address:
            return address, helo.group(1).lower() if helo else None
    return None, None


def _original(raw: bytes) -> bytes | None:
    """The returned message with CRLF, as DKIM reads it; None where only its headers came."""
    part = parse(raw).first("message/rfc822", "message/global")
    if part is None:
        return None
    data = part.data
    if b"\n\n" not in data:
        return None
    return data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def _date(value: str | None) -> datetime.datetime | None:
    try:
        found = email.utils.parsedate_to_datetime(value) if value else None
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return _utc(found)


def _iso(value: str | None) -> datetime.datetime | None:
    try:
        return _utc(datetime.datetime.fromisoformat(value)) if value else None
    except ValueError:
        return None


def _utc(found: datetime.datetime | None) -> datetime.datetime | None:
    if found is None:
        return None
    if found.tzinfo is None:
        return found.replace(tzinfo=datetime.UTC)
    try:
        return found.astimezone(datetime.UTC)
    except OverflowError:
        return None
