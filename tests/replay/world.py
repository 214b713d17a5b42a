"""The whole chain on loopback, in order: each fault is planted into a world that works."""

from __future__ import annotations

import base64
import contextlib
import datetime
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import trustme
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from classifier.diagnose.ses_password import derive
from tests.replay.account import REGION, Account
from tests.replay.exchange import Exchange
from tests.replay.relay import SENDING_HOST, SENDING_IP, Relay
from tests.replay.zone import Records, Zone

__all__ = ["DOMAIN", "RECIPIENT", "RELAY_HOST", "TOKENS", "World", "make_key", "open_world"]

DOMAIN: Final = "orlov-ceramics.test"
RECIPIENT: Final = "reception@northgate-clinic.test"
RELAY_HOST: Final = f"email-smtp.{REGION}.amazonaws.com"
TOKENS: Final = ("kq3vtx2mfaid", "7xw4ohgpe2cz", "n5bzr6ylqs2j")
_RECIPIENT_DOMAIN: Final = RECIPIENT.rpartition("@")[2]
_MX: Final = "northgate-clinic-test.mail.protection.outlook.com"


def make_key(bits: int = 2048) -> tuple[bytes, str]:
    """A new RSA key: private as PEM, public as it stands in a DKIM record."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private, base64.b64encode(public).decode()


def make_records(public: str) -> Records:
    """The DNS of a sender, of Amazon's side, and of a recipient at Microsoft; all in order."""
    records: Records = {
        DOMAIN: {"MX": ["10 mx.orlov-ceramics.test"], "TXT": ["v=spf1 include:amazonses.com -all"]},
        f"mx.{DOMAIN}": {"A": ["192.0.2.25"]},
        f"bounce.{DOMAIN}": {
            "MX": [f"10 feedback-smtp.{REGION}.amazonses.com"],
            "TXT": ["v=spf1 include:amazonses.com -all"],
        },
        f"_dmarc.{DOMAIN}": {"TXT": [f"v=DMARC1; p=quarantine; rua=mailto:dmarc@{DOMAIN}"]},
        "amazonses.com": {"TXT": ["v=spf1 ip4:198.51.100.0/24 -all"]},
        f"feedback-smtp.{REGION}.amazonses.com": {"A": ["198.51.100.40"]},
        SENDING_HOST: {"A": [SENDING_IP]},
        "31.100.51.198.in-addr.arpa": {"PTR": [SENDING_HOST]},
        RELAY_HOST: {"A": ["127.0.0.1"]},
        _RECIPIENT_DOMAIN: {"MX": [f"0 {_MX}"], "TXT": ["v=spf1 -all"]},
        _MX: {"A": ["198.51.100.90"]},
    }
    for token in TOKENS:
        target = f"{token}.dkim.amazonses.com"
        records[f"{token}._domainkey.{DOMAIN}"] = {"CNAME": [target]}
        records[target] = {"TXT": [f"p={public}"]}
    return records


def make_identity() -> dict[str, Any]:
    """What GetEmailIdentity says of the domain, all in order."""
    return {
        "IdentityType": "DOMAIN",
        "VerifiedForSendingStatus": True,
        "VerificationStatus": "SUCCESS",
        "DkimAttributes": {
            "SigningEnabled": True,
            "Status": "SUCCESS",
            "Tokens": list(TOKENS),
            "SigningAttributesOrigin": "AWS_SES",
        },
        "MailFromAttributes": {
            "MailFromDomain": f"bounce.{DOMAIN}",
            "MailFromDomainStatus": "SUCCESS",
            "BehaviorOnMxFailure": "USE_DEFAULT_VALUE",
        },
    }


class World:
    """What stands on loopback: `zone`, `account`, `relay`, `exchange`, and who may log in.

    `user` and `secret` are the access key of the SMTP user that is valid, `password` the SMTP
    password that belongs to it, `cafile` the authority that issued the relay's certificate.
    """

    def __init__(self, zone: Zone, account: Account, authority: trustme.CA, folder: Path) -> None:
        self.zone, self.account = zone, account
        self.authority = authority
        self.cafile = str(folder / "authority.pem")
        authority.cert_pem.write_to_path(self.cafile)
        self.user, self.secret = account.add_key()
        self.password = derive(self.secret, REGION)
        self.relay: Relay
        self.exchange: Exchange

    @property
    def dns(self) -> str:
        """The name server, as --dns takes it."""
        return f"127.0.0.1:{self.zone.port}"

    def server_tls(
        self, host: str = RELAY_HOST, not_after: datetime.datetime | None = None
    ) -> ssl.SSLContext:
        """TLS as a server speaks it, with a certificate for `host`."""
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.authority.issue_cert(host, not_after=not_after).configure_cert(made)
        return made

    def next_hop(self, domain: str) -> int:
        """Where a domain receives: at the one receiver there is."""
        return self.exchange.port


@contextlib.contextmanager
def open_world(folder: Path) -> Iterator[World]:
    """Everything started, in order, and stopped in the end; `folder` takes the authority's file."""
    private, public = make_key()
    with contextlib.ExitStack() as stack:
        zone = stack.enter_context(Zone(make_records(public)))
        account = stack.enter_context(Account())
        account.identities[DOMAIN] = make_identity()
        world = World(zone, account, trustme.CA(), folder)
        world.exchange = stack.enter_context(Exchange(zone.port, _RECIPIENT_DOMAIN))
        signer = (DOMAIN, TOKENS[0], private)
        users = {world.user: world.password}
        world.relay = stack.enter_context(
            Relay(world.server_tls(), users, world.next_hop, signer, REGION)
        )
        yield world
