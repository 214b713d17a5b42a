"""Filters and gateways whose notices the general reader reads."""

from __future__ import annotations

from typing import Final

from classifier.formats.prose import read_prose
from classifier.formats.reader import Reader

__all__ = ["READERS"]

READERS: Final = (
    Reader(
        "activehunter",
        (
            "head: x-ahmailid:",
            "text: had permanent fatal errors ----- && subject: failure notice : && text: >>> ",
        ),
        read_prose,
        "like Sendmail's text, the recipient behind >>>",
        over=("sendmail",),
    ),
    Reader(
        "amavis",
        (
            "mta: amavis",
            "text: our internal reference code for your message is",
            "from: content-filter at",
            "head: message-id: <ss && text: amavis",
        ),
        read_prose,
        "a status part for content that was refused; the recipient behind ->",
    ),
    Reader(
        "antigen",
        (
            "text: antigen for exchange found",
            "from: antigen_",
        ),
        read_prose,
        "text alone, of a filter inside Exchange: names no recipient",
    ),
    Reader(
        "barracuda",
        (
            "mta: .ess.barracuda.com$",
            "head: message-id: <ndr-",
            "from: barracuda",
            "text: was blocked by our spam firewall",
        ),
        read_prose,
        "a status part with a whole diagnostic",
    ),
    Reader(
        "bigfoot",
        ("from: @bigfoot.com", "mta: .bigfoot.com$"),
        read_prose,
        "Sendmail's form, with a status part",
        over=("sendmail",),
    ),
    Reader(
        "borderware",
        ("text: from the borderware", "text: borderware mail server"),
        read_prose,
        "Postfix's form under another name",
        over=("postfix",),
    ),
    Reader(
        "clearswift",
        (
            "text: mimesweeper for smtp",
            "from: mimesweeper",
        ),
        read_prose,
        "text alone: Recipients, Scenario, Reason",
    ),
    Reader(
        "sieve",
        (
            "text: was automatically rejected",
            "subject: automatically rejected mail",
        ),
        read_prose,
        "a disposition notification whose text says: automatically rejected",
    ),
    Reader(
        "esafe",
        ("text: esafe has detected",),
        read_prose,
        "text alone: Destination, Details",
    ),
    Reader(
        "f-secure",
        ("from: f-secure",),
        read_prose,
        "text alone: the recipients labelled",
    ),
    Reader(
        "fireeye",
        ("mta: .fireeyecloud.com$", "from: fireeyecloud.com", "text: fireeye etp"),
        read_prose,
        "a status part with a whole diagnostic",
        over=("postfix",),
    ),
    Reader(
        "fortimail",
        ("head: x-fe-policy-id:", "mta: .fortimail.com$"),
        read_prose,
        "Sendmail's form, with a status part",
        over=("sendmail",),
    ),
    Reader(
        "gfi",
        ("text: gfi mailessentials",),
        read_prose,
        "text alone: To, Anti-spam filter, Details",
    ),
    Reader(
        "interscan",
        (
            "text: message from interscan",
            "text: received >>> && text: sent <<<",
            "head: x-mailer: interscan",
        ),
        read_prose,
        "text alone: Unable to deliver message to <...>, or a dialogue, Sent <<< and Received >>>",
    ),
    Reader(
        "ironport",
        (
            "from: ces.cisco.com",
            "mta: .iphmx.com$",
            "text: the following message to < && text: the reason for the problem",
        ),
        read_prose,
        "The reason for the problem: 5.1.0 - Unknown address error 550-'...'",
        over=("amazon-ses",),
    ),
    Reader(
        "kaspersky",
        (
            "text: kaspersky secure mail gateway",
            "from: kaspersky",
        ),
        read_prose,
        "text alone: Recipients, Status, Action",
    ),
    Reader(
        "m-filter",
        ("head: x-mailer: m-filter", "text: -------server message"),
        read_prose,
        "Japanese text, the reply under -------server message",
    ),
    Reader(
        "mailfoundry",
        (
            (
                "text: unable to deliver message to: <"
                " && text: delivery failed for the following reason"
            ),
        ),
        read_prose,
        "text alone: Server mx.example.org[192.0.2.1] failed with: 550",
    ),
    Reader(
        "mailmarshal",
        (
            "text: the following recipients were affected",
            "head: x-mailer: mailmarshal",
        ),
        read_prose,
        "text alone: the reply between rules, then The following recipients were affected",
    ),
    Reader(
        "mailscanner",
        (
            "from: mailscanner",
            "text: mailscanner email virus scanner",
        ),
        read_prose,
        "text alone: To, Report",
    ),
    Reader(
        "mcafee",
        (
            "text:  --- the following addresses had delivery problems ---",
            "head: x-nai-header:",
        ),
        read_prose,
        "<bob@example.org>   (Unknown user), and a status part with the reply",
    ),
    Reader(
        "messagelabs",
        (
            "from: messagelabs.com",
            "text: the mail delivery agent at symantec email security.cloud",
            "text: the mail delivery agent at messagelabs.com",
            "mta: .messagelabs.com$",
        ),
        read_prose,
        "the recipients, then Reason: with the reply; a status part with 5.0.0",
    ),
    Reader(
        "mimecast",
        (
            "subject: [postmaster] email delivery failure",
            "mta: .mimecast.com$",
            "text: email that you attempted to send to the following address could not be",
        ),
        read_prose,
        "text alone, the recipient, the problem and the reply each behind --",
    ),
    Reader(
        "mxlogic",
        ("from: .mxlogic.net", "mta: .mxlogic.net$"),
        read_prose,
        "text like Exim's: <bob@example.org>: 550",
        over=("exim", "gmx"),
    ),
    Reader(
        "proofpoint",
        (
            "mta: .pphosted.com$",
            "mta: .ppops.net$",
            "from: .pphosted.com",
            "mta: .ppe-hosted.com$",
        ),
        read_prose,
        "Sendmail's form, with a status part",
        over=("sendmail",),
    ),
    Reader(
        "puremessage",
        (
            "text: sophos puremessage",
            "from: puremessage",
        ),
        read_prose,
        "text alone, in HTML: Recipient(s), Rule, Action taken",
    ),
    Reader(
        "secure-mail",
        (
            "head: x-mailer: secure mail",
            "text: regarding recipient(s) : && text: mta response :",
        ),
        read_prose,
        "Regarding recipient(s), Delivery status, MTA Response; of CipherTrust's gateways",
    ),
    Reader(
        "surfcontrol",
        (
            "head: x-mailer: surfcontrol",
            "text: a transcript of the attempts to send the message follows",
        ),
        read_prose,
        "text alone: Addressed To:, then each attempt with the reply",
    ),
    Reader(
        "watchguard",
        (
            "from: watchguard xcs",
            "text: watchguard xcs",
        ),
        read_prose,
        "text alone: To, Filter, Details",
    ),
)
