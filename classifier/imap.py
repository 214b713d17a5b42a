"""The mails of an IMAP folder: `imaps://user@host[:port]/FOLDER[;UIDVALIDITY=n][?search]`.

The URL is that of RFC 5092, whose `/;UID=n` names one mail: so do the origins of the mails here.
Nothing changes on the server: the folder is opened by EXAMINE, and BODY.PEEK sets no flag (RFC 3501
6.3.2, 6.4.5). Of each mail only the first bytes are asked for. Mails come by ascending UID, so a
run that was cut off goes on behind the last one it had, and so does a lost connection, once.

The password is taken from $WHYBOUNCE_IMAP_PASSWORD, the system's keyring (`keyring set whybounce
user@host`) or a prompt, an OAuth token from $WHYBOUNCE_IMAP_TOKEN; never from the URL. TLS is
verified with the system's authorities, or those of $SSL_CERT_FILE; `imap://` must switch to TLS,
but on this machine itself.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, unquote, urlsplit

import msgspec

from classifier.items import Item, Unreadable, hide_secrets
from classifier.message import READ_CAP

if TYPE_CHECKING:
    from imapclient import IMAPClient

__all__ = ["Address", "parse_url", "read_folder"]

_CONNECT: Final = 30.0  # seconds
_ANSWER: Final = 120.0  # seconds; a large folder takes long to be searched
_SPAN: Final = 10_000  # UIDs searched at once
_WIDEST: Final = 80_000  # of these an answer still fits into the longest line that imaplib reads
_TOGETHER: Final = 200  # mails asked for at once, of so many bytes together
_BYTES: Final = 4 * 1024 * 1024
_HERE: Final = ("localhost", "127.0.0.1", "::1")
_PATH: Final = re.compile(
    r"/?(?P<folder>[^;]*?)/?(?:;UIDVALIDITY=(?P<validity>\d{1,10}))?(?:/;UID=(?P<uid>\d{1,10}))?",
    re.IGNORECASE,
)


class Address(msgspec.Struct, frozen=True):
    """What an IMAP URL names."""

    user: str
    host: str
    port: int
    tls: bool  # from the first byte on (RFC 8314)
    folder: str
    validity: int | None = None
    uid: int | None = None
    search: str = ""

    @property
    def origin(self) -> str:
        """The URL of the folder, without what is no part of its name."""
        usual = self.port == (993 if self.tls else 143)
        host = f"[{self.host}]" if ":" in self.host else self.host
        place = host if usual else f"{host}:{self.port}"
        scheme = "imaps" if self.tls else "imap"
        folder = quote(self.folder, safe="/!$'()*+,&~@")
        return f"{scheme}://{quote(self.user, safe='')}@{place}/{folder}"


class _Fault(Exception):
    """What cannot be read, and the cure."""

    def __init__(self, why: str, cure: str) -> None:
        super().__init__(why)
        self.why, self.cure = why, cure


def parse_url(url: str) -> Address:
    """What `url` names. Raises `ValueError`, which says what is wrong and repeats no password."""
    try:
        parts = urlsplit(url, allow_fragments=False)
        port, user, host = parts.port, parts.username, parts.hostname
    except ValueError:  # whose words may repeat a password
        raise ValueError("is no URL, or its port no number") from None
    if parts.password is not None:
        raise ValueError("holds a password, which others can see on the command line")
    if not host or not user:
        raise ValueError("names no user or no host")
    found = _PATH.fullmatch(parts.path)
    if not found:
        raise ValueError("names no folder that can be told")
    user = unquote(re.sub(r"(?i);auth=.*", "", user))
    folder, search = unquote(found["folder"]) or "INBOX", unquote(parts.query)
    if any(ord(sign) < 32 for sign in user + folder + search):
        raise ValueError("holds control characters")
    tls = parts.scheme.lower() == "imaps"
    return Address(
        user=user,
        host=host,
        port=port or (993 if tls else 143),
        tls=tls,
        folder=folder,
        validity=int(found["validity"]) if found["validity"] else None,
        uid=int(found["uid"]) if found["uid"] else None,
        search=search,
    )


def read_folder(
    url: str, cap: int = READ_CAP, after: str | None = None
) -> Iterator[Item | Unreadable]:
    """The mails of the folder that `url` names, by UID.

    Each comes as its first `cap` bytes. `after` is the origin of the last mail of an earlier run;
    one of another folder is no matter, one of the same folder with another UIDVALIDITY is told, and
    all mails come.
    """
    try:
        address = parse_url(url)
    except ValueError as error:
        cure = "write imaps://user@host/FOLDER; the password goes to $WHYBOUNCE_IMAP_PASSWORD"
        yield Unreadable(hide_secrets(url), str(error), cure)
        return
    try:
        import imapclient  # noqa: F401 - whether it is there
    except ImportError:
        cure = "install it: pip install 'whybounce[imap]'"
        yield Unreadable(address.origin, "is an IMAP folder, for which a package is missing", cure)
        return
    run = _Run(address, cap)
    try:
        yield from run.read(after)
    except _Fault as fault:
        yield Unreadable(address.origin, fault.why, fault.cure)
    finally:
        run.close()


class _Run:
    """One folder that is being read; what the connection is, and how far it is."""

    def __init__(self, address: Address, cap: int) -> None:
        self.address, self.cap = address, cap
        self.secret: tuple[str, str] | None = None  # what it is ("password"), and itself
        self.client: IMAPClient | None = None
        self.validity = self.end = self.last = 0

    def read(self, after: str | None) -> Iterator[Item | Unreadable]:
        """Raises `_Fault` where the folder cannot be read, or not to its end."""
        self._open()
        asked = self.address.validity
        if asked not in (None, self.validity):
            cure = "leave UIDVALIDITY and UID out: its mails have new numbers"
            raise _Fault(f"has UIDVALIDITY {self.validity} by now", cure)
        earlier = _parse_origin(after)
        if earlier and earlier.origin == self.address.origin and earlier.uid:
            if earlier.validity == self.validity:
                self.last = earlier.uid
            else:
                why = f"has UIDVALIDITY {self.validity}, not {earlier.validity} as in the last run"
                cure = "nothing to do: its mails have new numbers, so all of them are read"
                yield Unreadable(self.address.origin, why, cure)
        lost = -1  # the UID behind which the connection was lost last
        while True:
            try:
                yield from self._read_on()
                return
            except _lost() as error:
                if lost == self.last:
                    raise self._explain(error) from error
                lost = self.last
            validity = self.validity
            self._open()
            if self.validity != validity:
                why = f"changed its UIDVALIDITY from {validity} to {self.validity} meanwhile"
                raise _Fault(why, "read it again: its mails have new numbers")

    def close(self) -> None:
        if self.client is not None:
            try:
                self.client.logout()
            except Exception:  # it is gone, which is what was asked for
                self._drop()
            self.client = None

    def _drop(self) -> None:
        try:
            if self.client is not None:
                self.client.shutdown()
        except Exception:
            return

    def _open(self) -> None:
        """Connect, log in and open the folder to read."""
        self._drop()
        if self.secret is None:
            self.secret = _find_secret(self.address)
        try:
            self.client = _connect(self.address)
            kind, secret = self.secret
            if kind == "token":
                self.client.oauth2_login(self.address.user, secret)
            else:
                self.client.login(self.address.user, secret)
        except _Fault:
            raise
        except Exception as error:
            raise self._explain(error) from error
        try:
            about = self.client.select_folder(self.address.folder, readonly=True)
        except _lost() as error:
            raise self._explain(error) from error
        except Exception as error:
            raise _Fault(f"cannot be opened: {self._say(error)}", "check its name") from error
        self.validity = int(about.get(b"UIDVALIDITY", 0))
        if not self.end:  # what arrives while it is read is for the next run
            self.end = int(about.get(b"UIDNEXT", 0)) or self._find_end(int(about[b"EXISTS"]))

    def _find_end(self, count: int) -> int:
        """The next UID, of a server that does not say it (RFC 3501 2.3.1.1 came late)."""
        if not count or self.client is None:
            return 1
        return max(self.client.fetch("*", ["UID"]), default=0) + 1

    def _read_on(self) -> Iterator[Item | Unreadable]:
        for uids in self._search():
            for batch in self._batches(uids):
                yield from self._fetch(batch)

    def _search(self) -> Iterator[list[int]]:
        """The UIDs behind the last one, some thousand at a time, since answers are one line."""
        if self.address.uid is not None:
            if self.last < self.address.uid:
                yield [self.address.uid]
            return
        low, span = self.last + 1, _SPAN
        criteria = f" ({self.address.search})" if self.address.search else ""
        charset = None if criteria.isascii() else "UTF-8"
        while low < self.end:
            high = min(low + span, self.end) - 1
            try:
                answer = self._client.search(f"UID {low}:{high}{criteria}", charset)
            except _lost():
                raise
            except Exception as error:
                why = f"cannot be searched: {self._say(error).splitlines()[0]}"
                raise _Fault(why, "check what stands behind the ? of the URL") from error
            # "UID 7:9" may be answered by the last mail though its UID is 5 (RFC 3501 6.4.8).
            yield sorted(uid for uid in set(answer) if low <= uid <= high)
            low = high + 1
            span = min(2 * span, _WIDEST) if len(answer) < _SPAN // 10 else _SPAN

    def _batches(self, uids: list[int]) -> Iterator[dict[int, int | None]]:
        """UIDs with the sizes of their mails, so many that they fit into memory."""
        for start in range(0, len(uids), _TOGETHER):
            some = uids[start : start + _TOGETHER]
            sizes = self._client.fetch(some, ["RFC822.SIZE"])
            batch: dict[int, int | None] = {}
            weight = 0
            for uid in some:
                if uid not in sizes:
                    continue  # expunged by somebody else meanwhile
                size = sizes[uid].get(b"RFC822.SIZE")
                weight += min(self.cap, size or self.cap)
                if batch and weight > _BYTES:
                    yield batch
                    batch, weight = {}, min(self.cap, size or self.cap)
                batch[uid] = size
            if batch:
                yield batch

    def _fetch(self, batch: dict[int, int | None]) -> Iterator[Item | Unreadable]:
        try:
            answers = self._client.fetch(list(batch), [f"BODY.PEEK[]<0.{self.cap}>"])
        except _lost():
            raise
        except Exception as error:
            if len(batch) > 1:  # a mail that the server cannot read costs itself alone
                for uid, size in batch.items():
                    yield from self._fetch({uid: size})
                return
            (uid,) = batch
            self.last = uid
            why = f"cannot be read by the server: {self._say(error)}"
            yield Unreadable(self._name(uid), why, "ask whoever runs the server")
            return
        for uid, size in batch.items():
            self.last = uid
            if uid in answers:
                yield self._make(uid, size, answers[uid])

    def _make(self, uid: int, size: int | None, answer: dict[bytes, Any]) -> Item | Unreadable:
        raw = next((answer[key] for key in answer if key.startswith(b"BODY[")), None)
        if not isinstance(raw, bytes):
            cure = "ask whoever runs the server"
            return Unreadable(self._name(uid), "came without its text", cure)
        whole = max(size or 0, len(raw))
        cut = len(raw) > self.cap or (len(raw) == self.cap and whole > self.cap)
        return Item(self._name(uid), raw[: self.cap], cut, whole if size or not cut else None)

    def _name(self, uid: int) -> str:
        return f"{self.address.origin};UIDVALIDITY={self.validity}/;UID={uid}"

    @property
    def _client(self) -> IMAPClient:
        if self.client is None:
            raise OSError("no connection")
        return self.client

    def _say(self, error: Exception) -> str:
        """The words of an error, without the secret, which a server may have repeated."""
        told = " ".join(str(error).split()) or type(error).__name__
        if self.secret and self.secret[1]:
            told = told.replace(self.secret[1], "***")
        return told[:300]

    def _explain(self, error: Exception) -> _Fault:
        import ssl

        from imapclient.exceptions import LoginError

        told = self._say(error)
        if isinstance(error, LoginError):
            kind = self.secret[0] if self.secret else "password"
            cure = f"check the user and $WHYBOUNCE_IMAP_{kind.upper()}, or the keyring"
            return _Fault(f"refused the login: {told}", cure)
        if isinstance(error, ssl.SSLCertVerificationError):
            why = f"has a certificate that is not trusted: {error.verify_message}"
            return _Fault(why, "check the host's name; $SSL_CERT_FILE adds an authority of yours")
        gone = f"the connection was lost behind UID {self.last}" if self.last else "cannot be read"
        return _Fault(f"{gone}: {told}", "check host, port and network, and read it again")


def _lost() -> tuple[type[Exception], ...]:
    """What is raised where a connection breaks."""
    import imaplib

    return (OSError, imaplib.IMAP4.abort)


def _connect(address: Address) -> IMAPClient:
    import logging
    import ssl

    from imapclient import IMAPClient, SocketTimeout

    # It would hand every line to the log, mails and tokens among them.
    logging.getLogger("imapclient.imaplib").setLevel(logging.WARNING)
    context = ssl.create_default_context()
    client = IMAPClient(
        address.host,
        address.port,
        ssl=address.tls,
        ssl_context=context if address.tls else None,
        timeout=SocketTimeout(_CONNECT, _ANSWER),
    )
    if not address.tls and address.host not in _HERE:
        if not client.has_capability("STARTTLS"):
            client.shutdown()
            why = "does not offer STARTTLS, so the password would be sent in the clear"
            raise _Fault(why, "use imaps://")
        client.starttls(context)
    return client


def _find_secret(address: Address) -> tuple[str, str]:
    """What to log in with. Raises `_Fault` where there is nothing."""
    for kind in ("token", "password"):
        value = os.environ.get(f"WHYBOUNCE_IMAP_{kind.upper()}")
        if value:
            return kind, value
    account = f"{address.user}@{address.host}"
    try:
        import keyring

        kept = keyring.get_password("whybounce", account)
    except Exception:  # it is not installed, or there is none on this machine
        kept = None
    if kept:
        return "password", kept
    if sys.stdin is not None and sys.stdin.isatty() and sys.stderr is not None:
        import getpass

        try:
            typed = getpass.getpass(f"Password of {account}: ", sys.stderr)
        except EOFError:
            typed = ""
        if typed:
            return "password", typed
    cure = f"set $WHYBOUNCE_IMAP_PASSWORD, or store it: keyring set whybounce {account}"
    raise _Fault("needs a password", cure)


def _parse_origin(origin: str | None) -> Address | None:
    try:
        return parse_url(origin) if origin else None
    except ValueError:
        return None
