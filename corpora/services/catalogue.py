"""The catalogue of replies, as a builder of bounces needs it: what can be said, and where.

A server that returns a mail tells either what another server answered, and then only what is an
SMTP reply can be told, or what it found out itself, and then only its own words can.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from classifier.model.corpus import Entry
from classifier.reasons import MEANING, Category, Permanence, Reason

__all__ = [
    "MISSION",
    "Reply",
    "by",
    "is_login",
    "is_remote",
    "is_sending",
    "read_catalogue",
    "read_reply",
    "weigh",
]

#: The categories that the mission turns on.
MISSION: Final = frozenset(
    {Category.SENDER_CREDENTIALS, Category.SENDER_AUTHENTICATION, Category.RECIPIENT_POLICY}
)

# Few services hold addresses back, and these have few words for it.
_WEIGHTS: Final = {Category.SUPPRESSED: 5.0, Category.UNDETERMINED: 0.8}

_CODE: Final = re.compile(r"([2-5]\d\d)(?=[ -]|$)[ -]?")
_PROMPT: Final = re.compile(r"[1236]\d\d[ -]")  # refuses nothing, whatever its words are
_STATUS: Final = re.compile(r"#?([245]\.\d{1,3}\.\d{1,3})(?![.\d])[ :]*")
_INNER: Final = re.compile(
    r"(?:->|minutes\.<|\.\.\.|said:|smtp;|returned '|responded with|response:|answered:) ?"
    r"([45]\d\d)[ -](?:#?([245]\.\d{1,3}\.\d{1,3})\b)?"
)
# What a client library tells its own program never comes back by mail.
_CLIENT: Final = re.compile(
    r"Exception\b|Error: |^\w*Error\b|EAUTH|errno|Traceback|\bcurl\b|^Invalid login|"
    r"^The SMTP server requires a secure connection|server response was|"
    r"^(?:Failed to|Could not|Unable to|Cannot) (?:authenticate|log ?in|connect|login)",
    re.IGNORECASE,
)
_CLIENTS: Final = frozenset(
    {"system.net.mail", "nodemailer", "smtplib", "phpmailer", "javamail", "msmtp", "swaks", "curl"}
)


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply on one line, with its code, its enhanced status, and the words after these."""

    code: str
    status: str
    words: str
    inner_code: str  # of the reply that this one wraps, else its own
    inner_status: str

    @property
    def line(self) -> str:
        """All of it as a server says it."""
        return " ".join(part for part in (self.code, self.status, self.words) if part)

    @property
    def temporary(self) -> bool:
        """Whether the server may take the mail later."""
        return (self.code or self.status).startswith("4")


def read_catalogue(folder: Path) -> list[Entry]:
    """All entries of the `.toml` files of `folder`, in the order of names, each text once."""
    entries: dict[tuple[str, str], Entry] = {}
    for path in sorted(folder.glob("*.toml")):
        tables = tomllib.loads(path.read_text(encoding="utf-8")).get("reply", [])
        for entry in msgspec.convert(tables, list[Entry]):
            entries.setdefault((entry.provider, entry.text), entry)
    return list(entries.values())


def read_reply(text: str, permanence: Permanence, coded: bool = True) -> Reply:
    """`text` taken apart; where it lacks a code it gets the usual one, if `coded`."""
    code = status = ""
    rest = text
    if match := _CODE.match(rest):
        code, rest = match[1], rest[match.end() :]
    if match := _STATUS.match(rest):
        status, rest = match[1], rest[match.end() :]
    if coded and not code:
        temporary = status[:1] == "4" or (not status and permanence is Permanence.TRANSIENT)
        code = "451" if temporary else "550"
    inner = list(_INNER.finditer(rest))
    inner_code, inner_status = (inner[-1][1], inner[-1][2] or "") if inner else (code, status)
    return Reply(code, status, rest.strip(), inner_code, inner_status)


def is_remote(entry: Entry) -> bool:
    """Whether a mail exchanger may say this to a server that delivers to it."""
    if entry.hop in ("local", "submission", "relay") or entry.command == "AUTH":
        return False
    if _PROMPT.match(entry.text):
        return False
    if entry.provider in _CLIENTS or _CLIENT.search(entry.text):
        return False
    bare = not _CODE.match(entry.text) and not _STATUS.match(entry.text)
    spoken = entry.hop == "recipient-mx" or entry.provider in ("google", "qq", "written", "various")
    if bare and not spoken:
        return False  # words of a log or of the server that gives up, not of one that answers
    # These are said to who logs in; the reply of an exchanger would be another.
    return entry.reason not in (Reason.BAD_CREDENTIALS, Reason.LOGIN_BLOCKED)


def is_sending(entry: Entry) -> bool:
    """Whether a relay that our server logs in to may say this."""
    if entry.hop in ("local", "recipient-mx") or entry.provider in _CLIENTS:
        return False
    if _PROMPT.match(entry.text):
        return False
    if _CLIENT.search(entry.text) or not (_CODE.match(entry.text) or _STATUS.match(entry.text)):
        return False
    if entry.hop in ("submission", "relay") or entry.command == "AUTH":
        return True
    return MEANING[entry.reason].category is Category.SENDER_CREDENTIALS


def is_login(entry: Entry) -> bool:
    """Whether a relay may say this of our login or of our right to send."""
    return is_sending(entry) and MEANING[entry.reason].category is Category.SENDER_CREDENTIALS


def by(entry: Entry, *providers: str) -> bool:
    """Whether these are words of one of `providers`."""
    return entry.provider in providers


def weigh(category: Category) -> float:
    """How often a category is to be told of, beside others."""
    if category in MISSION:
        return 3.0
    return _WEIGHTS.get(category, 1.0)
