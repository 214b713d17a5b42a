"""IMAP folders, read from a real Dovecot on loopback: what is read, and what is left as it was."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from classifier import imap
from classifier.archive import Item, Unreadable, read_paths
from classifier.imap import parse_url

SECRET = "s3cr3t-0f-b0b"  # noqa: S105
TOKEN = "t0k3n-0f-b0b"  # noqa: S105
USER = "bob@example.org"
NAMED = "bob%40example.org@localhost"

needs_dovecot = pytest.mark.skipif(
    shutil.which("dovecot") is None or not hasattr(os, "geteuid") or os.geteuid() != 0,
    reason="dovecot-imapd is missing, or this is not root",
)


class Server:
    """A Dovecot of its own, with one user and one Maildir."""

    def __init__(self, home: Path) -> None:
        self.home, self.box = home, home / "mail"
        self.plain, self.tls = free_port(), free_port()
        self.process: subprocess.Popen[bytes] | None = None
        make_certificate(home)
        (home / "users").write_text(f"{USER}:{{PLAIN}}{SECRET}\n")
        (home / "conf").write_text(
            textwrap.dedent(f"""
            base_dir = {home}/run
            state_dir = {home}/state
            log_path = {home}/log
            protocols = imap
            listen = 127.0.0.1
            ssl = yes
            ssl_cert = <{home}/cert.pem
            ssl_key = <{home}/key.pem
            auth_mechanisms = plain login
            auth_failure_delay = 0
            default_login_user = nobody
            default_internal_user = nobody
            default_internal_group = nogroup
            mail_location = maildir:{self.box}
            first_valid_uid = 1
            first_valid_gid = 1
            passdb {{
              driver = passwd-file
              args = {home}/users
            }}
            userdb {{
              driver = static
              args = uid=65534 gid=65534 home={home}/home
            }}
            service imap-login {{
              chroot =
              inet_listener imap {{
                port = {self.plain}
              }}
              inet_listener imaps {{
                port = {self.tls}
              }}
            }}
            service stats {{
              chroot =
            }}
            """)
        )
        for name in ("cur", "new", "tmp"):
            (self.box / name).mkdir(parents=True)
        self.own()

    def own(self) -> None:
        """Hand the mails to the user that Dovecot runs as."""
        for path in (self.home, self.box, *self.box.rglob("*")):
            os.chown(path, 65534, 65534)
        self.home.chmod(0o755)

    def start(self) -> None:
        self.process = subprocess.Popen(["dovecot", "-F", "-c", self.home / "conf"])
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.tls)) == 0:
                    return
            time.sleep(0.05)
        log = self.home / "log"
        raise AssertionError(log.read_text() if log.exists() else "dovecot does not answer")

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait(20)

    def put(self, name: str, raw: bytes) -> None:
        (self.box / "new" / name).write_bytes(raw)
        self.own()

    def url(self, rest: str = "INBOX") -> str:
        return f"imaps://{NAMED}:{self.tls}/{rest}"

    def flags(self) -> set[str]:
        """What stands behind the names of the mails: their flags."""
        return {path.name.partition(":2,")[2] for path in self.box.glob("*/*.mail*")}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def make_certificate(home: Path) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), False)
        .add_extension(x509.BasicConstraints(True, None), True)
        .sign(key, hashes.SHA256())
    )
    (home / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (home / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    # Not in tmp_path, which no other user may enter, and Dovecot reads mail as another user.
    home = Path(tempfile.mkdtemp(prefix="whybounce-dovecot-"))
    made = Server(home)
    monkeypatch.setenv("SSL_CERT_FILE", str(home / "cert.pem"))
    monkeypatch.setenv("WHYBOUNCE_IMAP_PASSWORD", SECRET)
    monkeypatch.delenv("WHYBOUNCE_IMAP_TOKEN", raising=False)
    try:
        made.start()
        yield made
    finally:
        made.stop()
        shutil.rmtree(home, ignore_errors=True)


def mail(number: int) -> bytes:
    return b"Subject: %d\r\n\r\nbody\r\n" % number


def read(url: str, after: str | None = None, cap: int = 1000) -> list[Item | Unreadable]:
    return list(read_paths([url], None, cap, after))


def only(found: list[Item | Unreadable]) -> Unreadable:
    (fault,) = found
    assert isinstance(fault, Unreadable)
    assert fault.cure
    assert SECRET not in repr(fault)
    return fault


def uids(found: list[Item | Unreadable]) -> list[int]:
    return [int(each.origin.rpartition("UID=")[2]) for each in found if isinstance(each, Item)]


@needs_dovecot
def test_a_folder_is_read_and_left_as_it_was(server: Server) -> None:
    mails = [*map(mail, range(1, 6)), mail(6) + b"x" * 5000 + b"\r\n"]
    for number, raw in enumerate(mails):
        server.put(f"{number}.mail", raw)
    found = read(server.url())
    assert uids(found) == [1, 2, 3, 4, 5, 6]
    assert [item.raw for item in found if isinstance(item, Item)] == [
        *mails[:5],
        mails[5][:1000],
    ]
    last = found[-1]
    assert isinstance(last, Item)
    assert (last.truncated, last.size) == (True, len(mails[5]))
    start, validity = found[0].origin.rpartition("/;UID=")[0].split(";UIDVALIDITY=")
    assert start == f"imaps://{NAMED}:{server.tls}/INBOX"
    assert int(validity)
    # By EXAMINE not even \Recent is taken away, so the mails are still new.
    assert server.flags() == {""}
    assert len(list((server.box / "new").iterdir())) == 6
    # An origin is the URL of its mail.
    assert read(found[2].origin) == [found[2]]
    assert uids(read(server.url("INBOX?SUBJECT%202"))) == [2]
    assert uids(read(server.url("?OR SUBJECT 2 SUBJECT 4"))) == [2, 4]
    assert "searched" in only(read(server.url("?NONSENSE"))).why
    assert "opened" in only(read(server.url("Nowhere"))).why


@needs_dovecot
def test_a_run_goes_on_where_it_was(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(1, 8):
        server.put(f"{number}.mail", mail(number))
    whole = read(server.url())
    rest = read(server.url(), after=whole[3].origin)
    assert rest == whole[4:]
    assert read(server.url(), after=whole[-1].origin) == []
    server.put("8.mail", mail(8))
    assert uids(read(server.url(), after=whole[-1].origin)) == [8]
    # Of another folder or server it says nothing.
    other = whole[3].origin.replace("INBOX", "Sent")
    assert len(read(server.url(), after=other)) == 8
    # Searched a few UIDs at a time, and fetched a few at a time, it is the same.
    monkeypatch.setattr(imap, "_SPAN", 2)
    monkeypatch.setattr(imap, "_WIDEST", 3)
    monkeypatch.setattr(imap, "_TOGETHER", 2)
    monkeypatch.setattr(imap, "_BYTES", 1)
    assert read(server.url())[:7] == whole


@needs_dovecot
def test_a_folder_that_was_made_anew_is_told(server: Server) -> None:
    server.put("1.mail", mail(1))
    (first,) = read(server.url())
    for path in server.box.glob("dovecot*"):
        path.unlink()
    (server.box / "dovecot-uidlist").write_text("3 V77 N10 G" + "0" * 31 + "1\n")
    server.own()
    told, item = read(server.url(), after=first.origin)
    assert isinstance(told, Unreadable)
    assert "UIDVALIDITY 77" in told.why
    assert isinstance(item, Item)
    assert ";UIDVALIDITY=77/" in item.origin
    assert "UIDVALIDITY 77" in only(read(first.origin)).why


@needs_dovecot
def test_who_may_not_in_is_told_without_the_secret(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WHYBOUNCE_IMAP_PASSWORD", SECRET + "?")
    assert only(read(server.url())).why.startswith("refused the login")
    monkeypatch.setenv("WHYBOUNCE_IMAP_TOKEN", TOKEN)
    refused = only(read(server.url()))
    assert "login" in refused.why
    assert TOKEN not in repr(refused)
    monkeypatch.setenv("SSL_CERT_FILE", os.devnull)
    assert "certificate" in only(read(server.url())).why


@needs_dovecot
def test_in_the_clear_only_on_this_machine(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    server.put("1.mail", mail(1))
    url = f"imap://{NAMED}:{server.plain}/"
    assert uids(read(url)) == [1]
    monkeypatch.setattr(imap, "_HERE", ())  # now it has to switch to TLS, and does
    assert uids(read(url)) == [1]
    monkeypatch.setenv("SSL_CERT_FILE", os.devnull)
    assert "certificate" in only(read(url)).why


@needs_dovecot
def test_a_lost_connection_is_made_again_once(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1, 10):
        server.put(f"{number}.mail", mail(number))
    monkeypatch.setattr(imap, "_TOGETHER", 2)
    fetch = imap._Run._fetch
    calls = []

    def cut(run: imap._Run, batch: dict[int, int | None]) -> Iterator[Item | Unreadable]:
        calls.append(min(batch))
        if calls.count(min(batch)) <= times and min(batch) == 5:
            run._client.socket().shutdown(socket.SHUT_RDWR)
        yield from fetch(run, batch)

    monkeypatch.setattr(imap._Run, "_fetch", cut)
    times = 1
    assert uids(read(server.url())) == list(range(1, 10))
    calls.clear()
    times = 9
    *items, last = read(server.url())
    assert uids(items) == [1, 2, 3, 4]
    assert "behind UID 4" in only([last]).why
    assert calls == [1, 3, 5, 5]


@needs_dovecot
def test_the_command_reads_a_folder_and_says_no_secret(server: Server) -> None:
    server.put("1.mail", mail(1))
    for password, status in ((SECRET, 0), ("wr0ng", 1)):
        done = subprocess.run(
            [sys.executable, "-m", "classifier", "classify", "--model", "none", server.url()],
            env={**os.environ, "WHYBOUNCE_IMAP_PASSWORD": password},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            cwd=Path(__file__).parents[1],
        )
        assert done.returncode == status, done.stderr
        assert ("UID=1" in done.stdout) == (status == 0)
        assert password not in done.stdout + done.stderr


# Without a server


def test_no_server_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHYBOUNCE_IMAP_PASSWORD", SECRET)
    found = only(read(f"imaps://bob@localhost:{free_port()}/"))
    assert "cannot be read" in found.why


@pytest.mark.parametrize(
    "url",
    [
        f"imaps://bob:{SECRET}@host/INBOX",
        f"imaps://bob:{SECRET}@host:x/INBOX",
        f"imaps://bob:{SECRET}@[host/INBOX",
        f"imap://bob:{SECRET}℀@host",
        f"imaps://:{SECRET}@host",
    ],
)
def test_a_password_in_a_url_is_refused_and_not_repeated(url: str) -> None:
    assert "WHYBOUNCE_IMAP_PASSWORD" in only(read(url)).cure


@pytest.mark.parametrize(
    "url", ["imaps://host/INBOX", "imaps://", "imaps://a@b/x%0d%0ay", "imaps://a@b/x;UID=q"]
)
def test_what_is_no_url_of_a_folder(url: str) -> None:
    only(read(url))


def test_what_a_url_says() -> None:
    address = parse_url("imaps://bob@Host.example/a%20b/c;UIDVALIDITY=7/;UID=9?SINCE%201-Jan-2026")
    assert (address.user, address.host, address.port, address.tls) == (
        "bob",
        "host.example",
        993,
        True,
    )
    assert (address.folder, address.validity, address.uid) == ("a b/c", 7, 9)
    assert address.search == "SINCE 1-Jan-2026"
    assert address.origin == "imaps://bob@host.example/a%20b/c"
    assert parse_url("imap://b%40c;AUTH=*@h:99/").origin == "imap://b%40c@h:99/INBOX"
    assert parse_url("imaps://a@h/#x%3By").folder == "#x;y"
    assert parse_url(parse_url("imaps://a@h/x%3By%25%3F").origin).folder == "x;y%?"


def test_the_password_comes_from_the_keyring_or_a_prompt(monkeypatch: pytest.MonkeyPatch) -> None:
    class Keyring:
        @staticmethod
        def get_password(service: str, account: str) -> str | None:
            return "kept" if (service, account) == ("whybounce", "bob@host") else None

    address, other = parse_url("imaps://bob@host/"), parse_url("imaps://eve@host/")
    monkeypatch.delenv("WHYBOUNCE_IMAP_PASSWORD", raising=False)
    monkeypatch.delenv("WHYBOUNCE_IMAP_TOKEN", raising=False)
    monkeypatch.setitem(sys.modules, "keyring", Keyring)
    monkeypatch.setattr("sys.stdin", None)
    assert imap._find_secret(address) == ("password", "kept")
    found = only(read("imaps://eve@host/"))
    assert found.why == "needs a password"

    class Terminal:
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("getpass.getpass", lambda prompt, stream: "typed")
    assert imap._find_secret(other) == ("password", "typed")


def test_a_missing_package_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "imapclient", None)
    assert "whybounce[imap]" in only(read("imaps://bob@host/")).cure


class Half:
    """A server that cannot read one of its mails, lost another, and knows no UIDNEXT."""

    def fetch(self, which: object, what: list[str]) -> dict[int, dict[bytes, object]]:
        if which == "*":
            return {4: {b"UID": 4}}
        assert isinstance(which, list)
        if what == ["RFC822.SIZE"]:
            return {uid: {b"RFC822.SIZE": 9} for uid in which if uid != 2}
        if 3 in which:
            raise ValueError("NO cannot read")
        return {uid: {b"BODY[]<0>": b"S: x\r\n\r\n" if uid == 1 else None} for uid in which}

    def search(self, criteria: str, charset: str | None) -> list[int]:
        return [1, 2, 3, 4]

    def select_folder(self, name: str, readonly: bool) -> dict[bytes, int]:
        assert readonly
        return {b"UIDVALIDITY": 5, b"EXISTS": 4}

    def login(self, user: str, password: str) -> None:
        assert password == SECRET

    def logout(self) -> None:
        raise OSError

    def shutdown(self) -> None:
        raise OSError


def test_a_mail_that_the_server_cannot_read_costs_itself_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WHYBOUNCE_IMAP_PASSWORD", SECRET)
    monkeypatch.setattr(imap, "_connect", lambda address: Half())
    one, three, four = read("imaps://bob@host/x")
    assert one == Item("imaps://bob@host/x;UIDVALIDITY=5/;UID=1", b"S: x\r\n\r\n", False, 9)
    assert isinstance(three, Unreadable)
    assert three.origin.endswith(";UID=3")
    assert isinstance(four, Unreadable)
    assert four.why == "came without its text"
