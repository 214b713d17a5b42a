"""SMTP as a client of the relay: one conversation with an end, and what TLS showed."""

from __future__ import annotations

import contextlib
import ipaddress
import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from classifier.diagnose.context import Context, Endpoint

__all__ = [
    "Certificate",
    "Refused",
    "Unreached",
    "one_line",
    "open_relay",
    "read_certificate",
    "secure",
]

_IMPLICIT: Final = 465  # TLS from the first byte (RFC 8314 3.3)
_LONGEST: Final = 400  # characters of a reply that is shown


class Unreached(Exception):
    """Nobody answered, so that nothing is known of the relay."""


class Refused(Exception):
    """The relay, or the machine in its place, said no; the arguments are code and text."""


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """What a server's certificate says of itself; dates are ISO 8601 in UTC."""

    names: tuple[str, ...]
    issuer: str
    not_before: str
    not_after: str
    days_left: int


def one_line(reply: bytes | str) -> str:
    """A reply on one line, cut where it is endless."""
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return " ".join(text.split())[:_LONGEST]


class _Client(smtplib.SMTP):
    """smtplib's client, to an address that our resolver found, with a deadline for it all."""

    address = ""
    late = False  # the deadline is over
    context: ssl.SSLContext | None = None

    def _get_socket(self, host: str, port: int, timeout: float) -> Any:
        plain = socket.create_connection((self.address, port), timeout)
        if port != _IMPLICIT or self.context is None:
            return plain
        return self.context.wrap_socket(plain, server_hostname=host)


def find_address(context: Context, endpoint: Endpoint) -> str:
    """The address of a relay. Raises `Refused` where it has none, `Unreached`, `Unanswered`."""
    found = context.resolver.addresses(endpoint.host)
    if not found:
        raise Refused(0, f"{endpoint.host} has no address")
    if not endpoint.trusted and not ipaddress.ip_address(found[0]).is_global:
        # A mail must not make this program knock at doors inside the network.
        raise Unreached(
            f"{endpoint.host} is no public address; name it by --relay to have it tried"
        )
    return found[0]


@contextlib.contextmanager
def open_relay(context: Context, endpoint: Endpoint, verify: bool = True) -> Iterator[_Client]:
    """A client that is connected and greeted, by TLS already on port 465.

    Raises `Refused` and `Unreached`, `Unanswered` of the resolver, and `ssl.SSLError`.
    """
    client = _Client(timeout=context.timeout / 2, local_hostname="whybounce.invalid")
    client.address = find_address(context, endpoint)
    client.context = tls_context(context, verify)
    client._host = endpoint.host  # type: ignore[attr-defined]
    watch = threading.Timer(context.timeout, _give_up, (client,))
    watch.daemon = True
    watch.start()
    try:
        try:
            _greet(client, endpoint)
        except ssl.SSLError:
            raise
        except (ConnectionRefusedError, ConnectionResetError) as error:
            raise Refused(0, f"the connection to {endpoint} is refused") from error
        except smtplib.SMTPServerDisconnected as error:
            # smtplib says the same of a server that is silent, or talks on until the end
            if client.late or isinstance(error.__context__, TimeoutError):
                raise Unreached(f"{endpoint} says nothing that could be used, in time") from error
            raise Refused(0, f"{endpoint} hangs up before it has greeted") from error
        except (OSError, smtplib.SMTPException, UnicodeError) as error:
            raise Unreached(
                f"{endpoint} does not answer from here ({type(error).__name__})"
            ) from error
        yield client
    finally:
        watch.cancel()
        _hang_up(client)


def _greet(client: _Client, endpoint: Endpoint) -> None:
    for wanted in (220, 250):  # the greeting, and EHLO (RFC 5321 4.3.2)
        if wanted == 220:
            code, text = client.connect(endpoint.host, endpoint.port)
        else:
            code, text = client.ehlo()
        if client.late:  # what was read is a piece of something endless
            raise smtplib.SMTPServerDisconnected
        if code != wanted:
            raise Refused(code, one_line(text))


def _give_up(client: _Client) -> None:
    """End a conversation whose time is over: whoever reads from it then hears its end."""
    client.late = True
    with contextlib.suppress(OSError, AttributeError):
        if client.sock is not None:
            client.sock.shutdown(socket.SHUT_RDWR)


def _hang_up(client: smtplib.SMTP) -> None:
    with contextlib.suppress(OSError, smtplib.SMTPException):
        client.close()


def tls_context(context: Context, verify: bool) -> ssl.SSLContext:
    """How TLS is spoken: verified, or as it comes where only its facts are wanted."""
    made = ssl.create_default_context(cafile=context.cafile)
    if not verify:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE  # nothing is ever sent over such a connection
    return made


def secure(context: Context, client: smtplib.SMTP, endpoint: Endpoint, verify: bool = True) -> None:
    """Speak TLS from now on, by STARTTLS unless it is spoken already (RFC 3207).

    Raises `Refused` where STARTTLS is not offered or refused, and `ssl.SSLError`.
    """
    if endpoint.port == _IMPLICIT:
        return
    if not client.has_extn("starttls"):
        raise Refused(0, "STARTTLS is not offered")
    code, text = client.starttls(context=tls_context(context, verify))
    if code != 220:
        raise Refused(code, one_line(text))
    client.ehlo()


def read_certificate(context: Context, client: smtplib.SMTP) -> Certificate | None:
    """What the certificate of a connection says, whether it is trusted or not."""
    from cryptography import x509

    der = (
        client.sock.getpeercert(binary_form=True)
        if isinstance(client.sock, ssl.SSLSocket)
        else None
    )
    if der is None:
        return None
    try:
        read = x509.load_der_x509_certificate(der)
        names = _names(read)
        end = read.not_valid_after_utc
        return Certificate(
            names=names,
            issuer=one_line(read.issuer.rfc4514_string()),
            not_before=read.not_valid_before_utc.isoformat(),
            not_after=end.isoformat(),
            days_left=(end - context.now()).days,
        )
    except ValueError:
        return None


def _names(read: Any) -> tuple[str, ...]:
    from cryptography import x509

    try:
        names = read.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return (one_line(read.subject.rfc4514_string()),)
    return tuple(one_line(str(each.value)) for each in names)[:20]
