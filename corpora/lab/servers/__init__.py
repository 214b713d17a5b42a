"""The servers of the lab: one file each, and the type that they fill in."""

from __future__ import annotations

import smtplib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from classifier.reasons import Category
from corpora.lab.box import Inside
from corpora.lab.scenarios import Scenario, Stage

__all__ = ["ACTIONS", "NATURAL", "Put", "Server", "by_sendmail", "by_smtp"]

NATURAL: Final = "natural"  # in a table of words: the scenario's own reason
#: Hands a mail to the server; what it returns is why the server did not take it, or "".
Put = Callable[[Inside, Scenario, bytes], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """How a server is installed, set up, fed and hurried, and what its reports hide.

    Scripts are run by sh in the box; `install` still has the network, the others have not. `fetch`
    is run outside, with the network; its $1 is the root of the box, its $2 the lab's own Python.
    """

    name: str
    hostname: str
    packages: tuple[str, ...] = ()
    install: str = ""
    fetch: str = ""
    settings: Callable[[Sequence[Scenario]], Mapping[str, str]]  # files, by absolute path
    programs: Mapping[str, str] | None = None  # the same for files that are run
    start: str = ""
    port: int | None = 25  # where it listens once it is ready
    put: Put
    crowd: int = 3  # mails put in at a time
    hasten: str = ""  # said to its queue every `every` seconds
    every: float = 8.0
    age: str = ""  # makes the queue old at once, `age_after` seconds behind the last mail
    age_after: float = 30.0
    patience: float = 110.0  # seconds behind the last mail, after which no report is to come
    hides: frozenset[Stage] = frozenset()  # stages whose reply is never in its reports
    forgets: bool = False  # a reply that is for now is not in its last report
    passes: frozenset[Stage] = frozenset()  # natural scenarios that it cannot show
    success: int = 0  # mails for which it is asked to report success
    several: int = 16
    categories: frozenset[Category] = frozenset()  # the only ones it gets entries of, if any
    own: Callable[[], Sequence[Scenario]] | None = None  # scenarios that nobody else has
    lumps: bool = False  # one refused recipient counts for all, with its reply
    words: tuple[tuple[str, str], ...] = ()  # its own words (regular expression) and the reason
    kinds: tuple[tuple[str, str], ...] = ()  # its words and the kind, where Action misleads
    returned: str = ""  # the line where the returned mail begins, if it is no part of its own


def by_smtp(port: int = 25, *, login: tuple[str, str] | None = None, secure: bool = False) -> Put:
    """Put mails in by SMTP at the server's loopback address."""

    def put(inside: Inside, scenario: Scenario, mail: bytes) -> str:
        host = "app." + scenario.sender.partition("@")[2]
        try:
            with smtplib.SMTP("127.0.0.1", port, host, timeout=30) as client:
                client.ehlo()
                if secure:
                    client.starttls()
                    client.ehlo()
                if login:
                    client.login(*login)
                dsn = scenario.notify and client.has_extn("dsn")
                for recipient in _envelope(client, scenario):
                    wish = ["NOTIFY=SUCCESS,FAILURE,DELAY"] if dsn else []
                    _check(client.rcpt(recipient, wish))
                _check(client.data(mail.replace(b"\n", b"\r\n")))
        except (OSError, smtplib.SMTPException) as error:
            return f"{type(error).__name__}: {error}"
        return ""

    return put


def _envelope(client: smtplib.SMTP, scenario: Scenario) -> Sequence[str]:
    eight = ["BODY=8BITMIME"] if client.has_extn("8bitmime") else []
    _check(client.mail(scenario.sender, eight))
    return scenario.recipients


def _check(answer: tuple[int, bytes]) -> None:
    code, text = answer
    if code >= 400:
        raise smtplib.SMTPResponseException(code, text)


def by_sendmail(command: str, notify: str = "") -> Put:
    """Put mails in by the server's own `sendmail`; `$1` is the sender, the others follow.

    `notify` is what is inserted for `%s` in the command where success is to be reported.
    """

    def put(inside: Inside, scenario: Scenario, mail: bytes) -> str:
        script = f'sender=$1; shift; {command % (notify if scenario.notify else "")} "$@"'
        done = inside.do(script, scenario.sender, *scenario.recipients, given=mail)
        said = done.stdout.decode("utf-8", "replace").strip()
        return f"{done.returncode}: {said[:300]}" if done.returncode else ""

    return put


#: Words that RFC 3464 actions are; a report's kind follows from them.
ACTIONS: Final[Mapping[str, str]] = {
    "failed": "failure",
    "delayed": "delay",
    "delivered": "success",
    "relayed": "success",
    "expanded": "success",
}
