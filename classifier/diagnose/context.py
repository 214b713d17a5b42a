"""What is known before any check runs: from the bounce, from options, from the environment."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Final

import msgspec

from classifier.authres import Auth
from classifier.diagnose.aws import Aws
from classifier.diagnose.finding import Hop
from classifier.diagnose.resolver import Resolver
from classifier.diagnose.secret import Blotter, Secret
from classifier.judge import Verdict
from classifier.rows import Row

__all__ = ["TIMEOUT", "Context", "Credentials", "Endpoint", "Signer"]

TIMEOUT: Final = 10.0  # seconds for one check, all its questions together


class Signer(msgspec.Struct, frozen=True):
    """A DKIM key by its place in DNS (RFC 6376 3.6.2.1)."""

    domain: str
    selector: str

    @property
    def name(self) -> str:
        """Where the key is published."""
        return f"{self.selector}._domainkey.{self.domain}"


class Endpoint(msgspec.Struct, frozen=True):
    """A relay. `trusted` where an operator named it: a mail alone gets no password sent."""

    host: str
    port: int = 587
    trusted: bool = False

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class Credentials(msgspec.Struct, frozen=True):
    """A login, and where it came from."""

    user: str
    password: Secret
    source: str = "the environment"


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """All that checks may look at; they have no other way to the world.

    `domain` is the From domain, `envelope_domain` that of MAIL FROM. `signers` are the DKIM keys
    that the returned message names or an operator gave, `returned` the message itself as far as
    it came back. `row` is the verdict on the bounce and `refused_at` the hop that it blames;
    `prose` what the bounce says. `judge` judges a reply as `whybounce explain` does, `fetch` gets a
    page by https (raises OSError), `now` is a clock with a zone, `timeout` is in seconds.
    """

    resolver: Resolver
    judge: Callable[[str], tuple[Verdict, str]]
    fetch: Callable[[str, float], bytes]
    now: Callable[[], datetime.datetime]
    timeout: float = TIMEOUT
    domain: str | None = None
    sender: str | None = None
    envelope_domain: str | None = None
    signers: tuple[Signer, ...] = ()
    relay: Endpoint | None = None
    provider: str | None = None
    recipients: tuple[str, ...] = ()
    sending_ip: str | None = None
    helo: str | None = None
    message_id: str | None = None
    sent: datetime.datetime | None = None
    subject: str | None = None
    returned: bytes | None = None
    auth: Auth | None = None
    row: Row | None = None
    refused_at: Hop | None = None
    prose: str = ""
    credentials: Credentials | None = None
    aws: Aws | None = None
    configuration_set: str | None = None
    function: str | None = None
    log_groups: tuple[str, ...] = ()
    send_test: str | None = None
    cafile: str | None = None
    blotter: Blotter = Blotter(())

    @property
    def recipient_domain(self) -> str | None:
        """The domain of the first failed recipient."""
        return self.recipients[0].rpartition("@")[2].lower() if self.recipients else None

    @property
    def at_ses(self) -> bool:
        """Whether the mail goes, or went, by Amazon SES."""
        return self.provider == "amazon-ses"
