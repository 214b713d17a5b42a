"""Reports that have formats of their own: complaints, authentication failures, aggregates.

RFC 5965 (ARF), RFC 6591 (authentication failures), RFC 7489 (DMARC aggregates), RFC 8460 (TLS).
"""

from __future__ import annotations

import base64
import json
import struct
import zlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from classifier.reasons import Kind
from corpora.clean.mail import Clean, Setting, draw_setting, write_mail
from corpora.mime import Part, join, make_text, pack_zip
from corpora.originals import make_original

__all__ = ["build_reports"]

_COMPLAINTS: Final = ("abuse", "fraud", "virus", "not-spam", "other", "opt-out")


def build_reports() -> Iterator[Clean]:
    """Write complaints and reports on authentication.

    Yields:
        The mails, by template.
    """
    for kind in _COMPLAINTS:
        for number in range(7 if kind == "abuse" else 2):
            group = f"feedback/arf-{kind}"
            raw = _write_complaint(draw_setting(f"{group} {number}"), kind)
            yield Clean(raw, "feedback", Kind.FEEDBACK, group, "synthetic")
    for failed in ("dkim", "spf", "dmarc"):
        for number in range(3):
            group = f"feedback/auth-failure-{failed}"
            raw = _write_failure(draw_setting(f"{group} {number}"), failed)
            yield Clean(raw, "feedback", Kind.FEEDBACK, group, "synthetic")
    for number in range(4):
        group = "feedback/junk-report"
        raw = _write_junk_report(draw_setting(f"{group} {number}"))
        yield Clean(raw, "feedback", Kind.FEEDBACK, group, "synthetic")
    for form in ("zip", "gz", "gz-bare"):
        for number in range(5):
            group = f"reports/dmarc-{form}"
            raw = _write_aggregate(draw_setting(f"{group} {number}"), form)
            yield Clean(raw, "reports", Kind.NOT_A_BOUNCE, group, "synthetic")
    for number in range(6):
        group = "reports/tls"
        raw = _write_tls_report(draw_setting(f"{group} {number}"))
        yield Clean(raw, "reports", Kind.NOT_A_BOUNCE, group, "synthetic")


def _write_complaint(setting: Setting, kind: str) -> bytes:
    dice, slots = setting.dice, setting.slots
    lines = [
        f"Feedback-Type: {kind}",
        "User-Agent: FeedbackLoop/2.1",
        "Version: 1",
        f"Original-Mail-From: <{slots['reader']}>",
        f"Arrival-Date: {slots['stamp']}",
        f"Source-IP: {slots['other']}",
        f"Reported-Domain: {slots['home']}",
        f"Original-Rcpt-To: <{slots['bad']}>",
    ]
    if dice.random() < 0.4:
        lines.pop()
    if dice.random() < 0.4:
        lines.append(
            f"Authentication-Results: mx.{slots['domain']}; "
            f"dkim={dice.choice(('pass', 'fail'))} header.d={slots['home']}"
        )
    words = dice.choice(
        (
            (
                f"This is an email abuse report for a message received from IP {slots['other']} on "
                f"{slots['stamp']}."
            ),
            (
                f"One of our customers has marked a message of yours as {kind}. Please remove the "
                "address from your list."
            ),
            (
                f"A user of {slots['domain']} reported the attached message. It was delivered, not "
                "rejected."
            ),
        )
    )
    body = _write_arf(setting, words, lines, full=dice.random() < 0.6)
    fields = [
        ("From", f"Feedback loop <fbl@{slots['domain']}>"),
        ("Subject", dice.choice(("FW: {subject}", "Abuse report", "complaint: {subject}"))),
    ]
    filled = [(name, setting.fill(value)) for name, value in fields]
    return write_mail(setting, filled, body, return_path=dice.choice(("<>", None)))


def _write_failure(setting: Setting, failed: str) -> bytes:
    dice, slots = setting.dice, setting.slots
    lines = [
        "Feedback-Type: auth-failure",
        "User-Agent: Filter/3.0",
        "Version: 1",
        f"Original-Mail-From: {slots['reader']}",
        f"Original-Rcpt-To: {slots['bad']}",
        f"Source-IP: {slots['other']}",
        f"Authentication-Results: mx.{slots['domain']}; {failed}=fail header.from={slots['home']}",
        f"Auth-Failure: {'signature' if failed == 'dkim' else failed}",
        f"Delivery-Result: {dice.choice(('reject', 'policy', 'delivered', 'spam'))}",
        f"Reported-Domain: {slots['home']}",
        "Identity-Alignment: none",
    ]
    words = (
        f"This is a report that a message that says it is from {slots['home']} failed {failed}. "
        "It was sent because the policy of the domain asks for it."
    )
    body = _write_arf(setting, words, lines, full=dice.random() < 0.4)
    fields = [
        ("From", f"DMARC failure reports <ruf@{slots['domain']}>"),
        ("Subject", f"{failed.upper()} failure report for {slots['home']}"),
        ("Auto-Submitted", "auto-generated"),
    ]
    return write_mail(setting, fields, body, return_path="<>")


def _write_arf(setting: Setting, words: str, lines: list[str], *, full: bool) -> Part:
    dice, slots = setting.dice, setting.slots
    original = make_original(
        slots["id"],
        slots["reader"],
        [slots["bad"]],
        date=setting.date - timedelta(hours=5),
        headers_only=not full,
        small=True,
    )
    kind = "message/rfc822" if full else "text/rfc822-headers"
    parts = [
        make_text(dice, words, "us-ascii"),
        Part(
            (("Content-Type", "message/feedback-report"),),
            ("\n".join(lines) + "\n").encode("ascii"),
        ),
        Part((("Content-Type", kind), ("Content-Disposition", "inline")), original),
    ]
    return join(dice, "report", parts, "; report-type=feedback-report")


def _write_junk_report(setting: Setting) -> bytes:
    """Write the other form: nothing but the message, the address in its head."""
    dice, slots = setting.dice, setting.slots
    original = make_original(
        slots["id"],
        slots["reader"],
        [slots["bad"]],
        date=setting.date - timedelta(hours=5),
        small=True,
        headers=[("X-HmXmrOriginalRecipient", slots["bad"])],
    )
    parts = [
        make_text(dice, "", "us-ascii"),
        Part((("Content-Type", "message/rfc822"),), original),
    ]
    fields = [
        ("From", f"staff@{slots['domain']}"),
        ("Subject", f"complaint about message from {slots['other']}"),
    ]
    return write_mail(setting, fields, join(dice, "mixed", parts), return_path="<>")


def _write_aggregate(setting: Setting, form: str) -> bytes:
    dice, slots = setting.dice, setting.slots
    begin = int(setting.date.timestamp()) // 86400 * 86400
    end = begin + 86399
    rows = "".join(
        f"  <record><row><source_ip>{slots['other']}</source_ip><count>{dice.randrange(1, 90)}"
        f"</count><policy_evaluated><disposition>{dice.choice(('none', 'reject'))}</disposition>"
        f"<dkim>{dice.choice(('pass', 'fail'))}</dkim><spf>{dice.choice(('pass', 'fail'))}</spf>"
        f"</policy_evaluated></row><identifiers><header_from>{slots['home']}</header_from>"
        "</identifiers></record>\n"
        for _ in range(dice.randrange(1, 4))
    )
    xml = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<feedback>\n  <report_metadata><org_name>'
        f"{slots['domain']}</org_name><report_id>{slots['number']}</report_id><date_range><begin>"
        f"{begin}</begin><end>{end}</end></date_range></report_metadata>\n  <policy_published>"
        f"<domain>{slots['home']}</domain><p>reject</p></policy_published>\n{rows}</feedback>\n"
    )
    name = f"{slots['domain']}!{slots['home']}!{begin}!{end}"
    if form == "zip":
        kind, name, raw = "application/zip", f"{name}.zip", pack_zip(f"{name}.xml", xml.encode())
    else:
        kind, name, raw = "application/gzip", f"{name}.xml.gz", _pack_gzip(xml.encode())
    file = _attach(kind, name, raw)
    words = f"This is an aggregate report from {slots['domain']} on mail from {slots['home']}."
    body = file if form == "gz-bare" else join(
        dice, "mixed", [make_text(dice, words, "us-ascii"), file]
    )  # fmt: skip
    fields = [
        ("From", f"noreply-dmarc-support@{slots['domain']}"),
        (
            "Subject",
            (
                f"Report domain: {slots['home']} Submitter: {slots['domain']} "
                f"Report-ID: {slots['number']}"
            ),
        ),
    ]
    if dice.random() < 0.4:
        fields.append(("Auto-Submitted", "auto-generated"))
    return write_mail(setting, fields, body, return_path=dice.choice(("<>", None)))


def _write_tls_report(setting: Setting) -> bytes:
    dice, slots = setting.dice, setting.slots
    day = setting.date - timedelta(days=1)
    report = {
        "organization-name": slots["company"],
        "date-range": {
            "start-datetime": f"{day:%Y-%m-%d}T00:00:00Z",
            "end-datetime": f"{day:%Y-%m-%d}T23:59:59Z",
        },
        "report-id": slots["number"],
        "policies": [
            {
                "policy": {"policy-type": "sts", "policy-domain": slots["home"]},
                "summary": {
                    "total-successful-session-count": dice.randrange(900),
                    "total-failure-session-count": dice.randrange(9),
                },
                "failure-details": [
                    {
                        "result-type": dice.choice(
                            ("certificate-expired", "starttls-not-supported")
                        ),
                        "sending-mta-ip": slots["other"],
                        "failed-session-count": 1,
                    }
                ],
            }
        ],
    }
    raw = _pack_gzip(json.dumps(report, indent=1).encode())
    name = f"{slots['domain']}!{slots['home']}!{int(day.timestamp())}.json.gz"
    words = f"This is an aggregate TLS report from {slots['domain']}"
    parts = [make_text(dice, words, "us-ascii"), _attach("application/tlsrpt+gzip", name, raw)]
    fields = [
        ("From", f"tls-reports@{slots['domain']}"),
        (
            "Subject",
            (
                f"Report Domain: {slots['home']} Submitter: {slots['domain']} "
                f"Report-ID: <{slots['number']}@{slots['domain']}>"
            ),
        ),
        ("TLS-Report-Domain", slots["home"]),
        ("TLS-Report-Submitter", slots["domain"]),
    ]
    body = join(dice, "report", parts, '; report-type="tlsrpt"')
    return write_mail(setting, fields, body)


def _attach(kind: str, name: str, raw: bytes) -> Part:
    return Part(
        (
            ("Content-Type", f'{kind};\n\tname="{name}"'),
            ("Content-Disposition", f'attachment;\n\tfilename="{name}"'),
            ("Content-Transfer-Encoding", "base64"),
        ),
        base64.encodebytes(raw),
    )


def _pack_gzip(raw: bytes) -> bytes:
    """Pack as gzip, every byte by the fixed code of RFC 1951.

    Compressors differ from machine to machine, and text that is merely stored would be readable.
    """
    bits = "110"  # the last block, with fixed codes; bits are counted from the low end
    for byte in raw:
        bits += f"{0x30 + byte:08b}" if byte < 144 else f"{0x190 + byte - 144:09b}"
    bits += "0000000"  # the end
    bits += "0" * (-len(bits) % 8)
    block = bytes(int(bits[at : at + 8][::-1], 2) for at in range(0, len(bits), 8))
    head = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
    return head + block + struct.pack("<II", zlib.crc32(raw), len(raw))
