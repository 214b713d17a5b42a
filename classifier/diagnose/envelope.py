"""Which domain the mail leaves under, and which keys sign it: by the bounce, by SES, by guess."""

from __future__ import annotations

from typing import Any

import msgspec

from classifier.diagnose.aws import Denied, Silent
from classifier.diagnose.context import Context, Signer
from classifier.diagnose.domains import aligned

__all__ = ["Envelope", "envelope_of", "identity_of", "signers_of"]


class Envelope(msgspec.Struct, frozen=True):
    """The domain of MAIL FROM, and how it is known."""

    domain: str
    why: str


def identity_of(context: Context) -> tuple[str, dict[str, Any]] | None:
    """The SES identity that the mail is sent by, with its name; None where there is none.

    The address itself, else its domain, else a domain above, as SES looks for them. Raises
    `Denied` and `Silent`.
    """
    if context.aws is None or context.domain is None:
        return None
    labels = context.domain.split(".")
    above = [".".join(labels[n:]) for n in range(len(labels) - 1)][:4]
    names = [context.sender, *above] if context.sender else above
    for name in names:
        found = context.aws.ask("sesv2", "get_email_identity", EmailIdentity=name)
        if found is not None and name == context.sender and len(names) > 1:
            # An address alone has no DKIM of its own; where the domain is there, it signs.
            found = context.aws.ask("sesv2", "get_email_identity", EmailIdentity=above[0]) or found
        if found is not None:
            return name, found
    return None


def _quiet_identity(context: Context) -> dict[str, Any]:
    try:
        found = identity_of(context) if context.at_ses else None
    except (Denied, Silent):
        return {}
    return found[1] if found else {}


def envelope_of(context: Context) -> Envelope | None:
    """The domain that SPF is asked for (RFC 7208 2.4); None where no domain is known."""
    if context.envelope_domain:
        return Envelope(context.envelope_domain, "the envelope sender")
    given = _quiet_identity(context).get("MailFromAttributes", {}).get("MailFromDomain")
    if given:
        return Envelope(str(given), "the MAIL FROM domain at SES")
    return Envelope(context.domain, "the From domain") if context.domain else None


def signers_of(context: Context) -> tuple[Signer, ...]:
    """The keys that sign for the From domain: the message's, those that SES has, those given."""
    domain = context.domain
    own = [each for each in context.signers if domain and aligned(each.domain, domain)]
    dkim = _quiet_identity(context).get("DkimAttributes", {})
    if domain and dkim.get("SigningEnabled"):
        home = context.domain or ""
        found = identity_of(context)
        if found and "@" not in found[0]:
            home = found[0]
        own += [Signer(home, str(token)) for token in dkim.get("Tokens", ())[:3]]
    return tuple(dict.fromkeys(own))
