"""The relay: whether it is there, its TLS and certificate, and how one may log in."""

from __future__ import annotations

import smtplib
import ssl
from typing import Final

from classifier.diagnose.context import Context, Endpoint
from classifier.diagnose.conversation import (
    Certificate,
    Refused,
    Unreached,
    one_line,
    open_relay,
    read_certificate,
    secure,
)
from classifier.diagnose.finding import Finding, Hop, Says

__all__ = ["NO_RELAY", "check_relay"]

_REACH: Final = Says("relay-reach", Hop.SUBMISSION, "RFC 6409 3.1, RFC 5321 4.3.2")
_TLS: Final = Says("relay-tls", Hop.SUBMISSION, "RFC 3207 4, RFC 8314 3, RFC 6125 6.4")
_AUTH: Final = Says("relay-auth", Hop.SUBMISSION, "RFC 4954 3")
_SOON: Final = 14  # days before its end at which a certificate should be new
NO_RELAY: Final = "no relay is known"
_HOW: Final = "Name one with --relay HOST:PORT."
_OFFERED: Final = "AUTH offered: "
# OpenSSL's numbers for why a certificate is not trusted (x509_vfy.h).
_EXPIRED, _NOT_YET, _OTHER_NAME, _OTHER_ADDRESS = 10, 9, 62, 64


def check_relay(context: Context) -> tuple[Finding, ...]:
    """Reach the relay, secure the connection, and see which AUTH mechanisms it offers."""
    endpoint = context.relay
    if endpoint is None:
        return tuple(says.skipped(NO_RELAY, _HOW) for says in (_REACH, _TLS, _AUTH))
    try:
        with open_relay(context, endpoint) as client:
            reached = _REACH.ok(f"{endpoint} answers", f"EHLO: {one_line(client.ehlo_resp or b'')}")
            try:
                secure(context, client, endpoint)
            except Refused as refusal:
                return (
                    reached,
                    _no_tls(endpoint, refusal),
                    _name_mechanisms(endpoint, client, False),
                )
            found = read_certificate(context, client)
            return reached, _weigh(endpoint, found), _name_mechanisms(endpoint, client, True)
    except ssl.SSLError as error:
        return _untrusted(context, endpoint, error)
    except Refused as refusal:
        code, text = refusal.args
        said = f"{code} {text}" if code else str(text)
        advice = "Check name and port (587 or 465), and whether the relay is up."
        what = f"the relay {endpoint} cannot be used" if code else f"the relay is not there: {text}"
        return _not_reached(_REACH.broken(what, said, advice=advice))
    except Unreached as reason:
        return _not_reached(_REACH.unknown(str(reason)))
    except (smtplib.SMTPException, OSError) as error:
        what = f"{endpoint} broke the conversation off ({type(error).__name__})"
        return _not_reached(_REACH.unknown(what))


def _not_reached(reach: Finding) -> tuple[Finding, ...]:
    why = "the relay was not reached; see relay-reach"
    return reach, _TLS.unknown(why), _AUTH.unknown(why)


def _no_tls(endpoint: Endpoint, refusal: Refused) -> Finding:
    code, text = refusal.args
    advice = "Use the port where the relay speaks TLS; no password is sent without."
    what = f"{endpoint} refuses STARTTLS" if code else f"{endpoint} does not offer STARTTLS"
    return _TLS.broken(what, *([f"{code} {text}"] if code else []), advice=advice)


def _weigh(endpoint: Endpoint, found: Certificate | None) -> Finding:
    if found is None:
        return _TLS.ok(f"{endpoint} speaks TLS with a certificate that is trusted")
    seen = _facts(found)
    if found.days_left < _SOON:
        what = f"the certificate of {endpoint.host} ends in {found.days_left} days"
        return _TLS.warning(what, *seen, advice="See that it is renewed.")
    return _TLS.ok(f"{endpoint} speaks TLS with a certificate that is trusted", *seen)


def _facts(found: Certificate) -> tuple[str, ...]:
    return (
        f"certificate for {', '.join(found.names)}",
        f"valid {found.not_before} to {found.not_after}",
        f"issued by {found.issuer}",
    )


def _untrusted(context: Context, endpoint: Endpoint, error: ssl.SSLError) -> tuple[Finding, ...]:
    """What is wrong with the certificate, by a second connection that looks and sends nothing."""
    reached = _REACH.ok(f"{endpoint} answers")
    code = getattr(error, "verify_code", None)
    if code is None:
        what = f"TLS with {endpoint} fails ({error.reason or type(error).__name__})"
        broken = _TLS.broken(what, advice="Compare the versions and ciphers of both sides.")
        return reached, broken, _AUTH.unknown("TLS fails; see relay-tls")
    found: Certificate | None = None
    mechanisms = _AUTH.unknown("the certificate is not trusted; see relay-tls")
    try:
        with open_relay(context, endpoint, verify=False) as client:
            secure(context, client, endpoint, verify=False)
            found = read_certificate(context, client)
            mechanisms = _name_mechanisms(endpoint, client, True)
    except (Refused, Unreached, OSError, smtplib.SMTPException):
        pass  # the fault itself is known all the same
    host, seen = endpoint.host, _facts(found) if found else ()
    advice = "Have the relay's certificate renewed; clients that verify it send no password."
    if code == _EXPIRED:
        what = f"the certificate of {host} has expired"
        what += f" (on {found.not_after[:10]})" if found else ""
    elif code == _NOT_YET:
        what = f"the certificate of {host} is not valid yet"
    elif code in (_OTHER_NAME, _OTHER_ADDRESS):
        what = f"the certificate of the relay is not for {host}"
        what += f", but for {', '.join(found.names)}" if found else ""
        advice = "Use the name that the certificate is for, or have one made for this name."
    else:
        what = f"the certificate of {host} comes from nobody who is trusted here"
        advice = "Have a well-known authority issue it, or set SSL_CERT_FILE to yours."
    said = str(getattr(error, "verify_message", ""))
    return reached, _TLS.broken(what, *seen, f"OpenSSL: {said}", advice=advice), mechanisms


def _name_mechanisms(endpoint: Endpoint, client: smtplib.SMTP, safe: bool) -> Finding:
    offered = client.esmtp_features.get("auth", "").split()
    if offered:
        named = ", ".join(dict.fromkeys(offered))
        return _AUTH.ok(f"{endpoint} offers logins", f"{_OFFERED}{named}")
    if not safe:
        return _AUTH.unknown(f"{endpoint} offers no login without TLS; see relay-tls")
    advice = "Use the submission port (587 or 465), or have logins switched on."
    return _AUTH.broken(f"{endpoint} offers no login", f"{_OFFERED}none", advice=advice)
