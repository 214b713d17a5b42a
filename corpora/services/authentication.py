"""What SPF, DKIM and DMARC gave for a returned message, in the words of who checked.

Sources: RFC 8601 for the syntax; Microsoft Learn, "Anti-spam message headers", for compauth and
its reasons; what Google, Amazon and Yahoo write is in `facts/authentication_results.csv` of the
project's research and in headers of public mailing list archives.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from classifier.model.corpus import Entry
from classifier.reasons import MEANING, Category, Reason

if TYPE_CHECKING:
    from corpora.services.story import Story

__all__ = ["Checks", "check"]


@dataclass(frozen=True, slots=True)
class Checks:
    """The results, and for whom."""

    spf: str
    dkim: str
    dmarc: str
    domain: str  # of From, and of the envelope
    signer: str  # d= of the signature
    sender: str  # of the envelope
    ip: str
    server: str  # who checked

    def write(self, style: str, story: Story) -> str:
        """The value of an Authentication-Results header."""
        writers = {
            "microsoft": self._write_microsoft,
            "google": self._write_google,
            "amazon": self._write_amazon,
            "yahoo": self._write_yahoo,
        }
        writer = writers.get(style)
        return writer(story) if writer else self._write_plain(story)

    def _write_plain(self, story: Story) -> str:
        parts = [self.server, f"spf={self.spf} smtp.mailfrom={self.sender}"]
        parts.append(f"dkim={self.dkim}" + self._property("header.d"))
        parts.append(f"dmarc={self.dmarc} header.from={self.domain}")
        return ";\n\t".join(parts)

    def _write_microsoft(self, story: Story) -> str:
        said = {
            "pass": "signature was verified",
            "fail": "body hash did not verify",
            "none": "message not signed",
        }.get(self.dkim, "no key for signature")
        action = "quarantine" if self.dmarc == "fail" else "none"
        if self.dmarc == "fail" and story.dice("action").random() < 0.5:
            action = "oreject"
        passed = self.dmarc == "pass"
        composite = "compauth=pass reason=100" if passed else "compauth=fail reason=000"
        if not passed and self.dmarc == "none":
            composite = "compauth=fail reason=001"
        signer = self.signer if self.dkim != "none" else "none"
        return (
            f"spf={self.spf} (sender IP is {self.ip})\n smtp.mailfrom={self.domain}; "
            f"dkim={self.dkim} ({said})\n header.d={signer};dmarc={self.dmarc} action={action}\n "
            f"header.from={self.domain};{composite}"
        )

    def _write_google(self, story: Story) -> str:
        policy = story.dice("policy").choice(("REJECT", "QUARANTINE", "NONE"))
        done = "NONE" if self.dmarc == "pass" else policy
        allows = {
            "pass": f"domain of {self.sender} designates {self.ip} as permitted sender",
            "fail": f"domain of {self.sender} does not designate {self.ip} as permitted sender",
            "none": f"{self.ip} is neither permitted nor denied by best guess record for domain "
            f"of {self.sender}",
        }.get(self.spf, f"domain of transitioning {self.sender} does not designate {self.ip}")
        lines = ["mx.google.com"]
        if self.dkim != "none":
            lines.append(f"dkim={self.dkim} header.i=@{self.signer} header.s=s1 header.b=Kx3fT9qa")
        lines.append(f"spf={self.spf} (google.com: {allows}) smtp.mailfrom={self.sender}")
        if self.dmarc != "none":
            lines.append(
                f"dmarc={self.dmarc} (p={policy} sp={policy} dis={done}) header.from={self.domain}"
            )
        return ";\n       ".join(lines)

    def _write_amazon(self, story: Story) -> str:
        lines = [
            "amazonses.com",
            (
                f"spf={self.spf} (spfCheck: domain of {self.domain}) client-ip={self.ip}; "
                f"envelope-from={self.sender}; helo=out.{self.domain}"
            ),
        ]
        if self.dkim != "none":
            lines.append(f"dkim={self.dkim} header.i=@{self.signer}")
        lines.append(f"dmarc={self.dmarc} header.from={self.domain}")
        return ";\n ".join(lines) + ";"

    def _write_yahoo(self, story: Story) -> str:
        dkim = "perm_fail" if self.dkim == "fail" else self.dkim
        return (
            "atlas-production.v2-mail-prod1-gq1.omega.yahoo.com;\n "
            + (f"dkim={dkim}" + self._property("header.i", "@"))
            + f";\n spf={self.spf} smtp.mailfrom={self.domain};\n "
            f"dmarc={self.dmarc}(p=REJECT) header.from={self.domain};"
        )

    def _property(self, name: str, before: str = "") -> str:
        return "" if self.dkim == "none" else f" {name}={before}{self.signer}"


def check(dice: random.Random, entry: Entry, sender: str, ip: str, host: str) -> Checks | None:
    """What was found for a message that met `entry`: mostly what fits, at times not, or nothing.

    A refusal of the recipient's policy usually met a message that passed everything, and one for
    want of authentication a message that failed. In about one of eight the results mislead, as a
    header of an earlier hop does, or are absent.
    """
    chance = dice.random()
    misleads = 0.06 < chance <= 0.125
    if chance <= 0.06:
        return None
    failing = MEANING[entry.reason].category is Category.SENDER_AUTHENTICATION
    failing = failing and entry.reason not in (
        Reason.REVERSE_DNS_FAILED,
        Reason.SENDER_DOMAIN_INVALID,
    )
    domain = signer = sender.rpartition("@")[2]
    if failing != misleads:
        spf, dkim, dmarc = _fail(dice, entry.reason)
        if entry.reason is Reason.DMARC_FAILED and "pass" in (spf, dkim):
            signer = "mailer.example"  # passes, but for somebody else's domain
    else:
        weights = (7, 1, 1, 1)
        rows = (
            ("pass", "pass", "pass"),
            ("pass", "none", "pass"),
            ("softfail", "pass", "pass"),
            ("none", "none", "none"),
        )
        spf, dkim, dmarc = dice.choices(rows, weights)[0]
    server = host or f"mx1.{domain}"
    return Checks(spf, dkim, dmarc, domain, signer, sender, ip, server)


def _fail(dice: random.Random, reason: Reason) -> tuple[str, str, str]:
    if reason is Reason.SPF_FAILED:
        return dice.choice((("fail", "none", "fail"), ("fail", "none", "none")))
    if reason is Reason.DKIM_FAILED:
        return dice.choice((("pass", "fail", "none"), ("none", "fail", "fail")))
    if reason is Reason.DMARC_FAILED:
        return dice.choice((("fail", "fail", "fail"), ("none", "pass", "fail")))
    return dice.choice((("fail", "none", "fail"), ("softfail", "none", "none"),
                        ("none", "none", "none")))  # fmt: skip
