"""Addresses of people, shown, hashed or hidden, wherever in a text they stand.

A hash is keyed, so that nobody can look it up by trying addresses. The key is made anew for each
page unless one is given; with the same key the same address has the same hash on every page.
"""

from __future__ import annotations

import hashlib
import os
import re
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from classifier.addresses import ADDRESS, domain_of
from classifier.errors import OperatorError

if TYPE_CHECKING:
    from classifier.summary import Example

__all__ = ["Addresses", "Veil", "read_salt"]

_SALT: Final = 16  # bytes, at least
_LONGEST_SALT: Final = 64 * 1024
_HIDDEN: Final = "(address)"
_UNSHOWN: Final = "(not shown)"
_LEAST: Final = 4  # characters of a local part that is looked for by itself
# A word of replies that is a local part now and then tells nothing of anybody.
# fmt: off
_WORDS: Final = frozenset((
    "account", "address", "admin", "contact", "email", "help", "hostmaster", "info", "inbox",
    "mail", "mailbox", "member", "news", "office", "postmaster", "recipient", "sales", "sender",
    "service", "support", "team", "test", "unknown", "user", "webmaster",
))
# fmt: on


class Addresses(StrEnum):
    """What becomes of addresses."""

    SHOW = "show"
    HASH = "hash"
    HIDE = "hide"


def read_salt(path: Path) -> bytes:
    """The key for hashes that a file holds, of at least 16 bytes. Raises `OperatorError`."""
    cure = "Make one: head -c 32 /dev/urandom | base64 > FILE"
    try:
        with path.open("rb") as file:
            salt = file.read(_LONGEST_SALT).strip()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise OperatorError(str(path), [f"cannot be read ({why})"], cure) from error
    if len(salt) < _SALT:
        raise OperatorError(str(path), [f"is too short for a salt: {len(salt)} bytes"], cure)
    return salt


class Veil:
    """Rewrites texts; with `Addresses.SHOW` it leaves them as they are."""

    def __init__(self, mode: Addresses, salt: bytes | None = None) -> None:
        self.mode = mode
        # blake2b takes keys of up to 64 bytes.
        self._key = hashlib.sha256(salt or os.urandom(32)).digest()

    def name(self, address: str) -> str:
        """What stands for one address; of a hash the domain stays readable."""
        if self.mode is Addresses.SHOW:
            return address
        if self.mode is Addresses.HIDE:
            return _HIDDEN
        local, _, domain = address.rpartition("@")
        whole = f"{local}@{domain.lower()}".encode("utf-8", "replace")
        digest = hashlib.blake2b(whole, key=self._key, digest_size=5).hexdigest()
        domain = domain_of(address) or ""
        return f"{digest}@{domain}" if ADDRESS.fullmatch(address) else digest

    def text(self, text: str | None, *known: str | None) -> str | None:
        """`text` with every address in it replaced, those that are `known` in other forms, too."""
        if text is None or self.mode is Addresses.SHOW:
            return text
        for address in filter(None, known):
            text = self._without(text, address)
        return ADDRESS.sub(lambda found: self._once(found[0]), text)

    def example(self, example: Example) -> Example:
        """The example with its addresses replaced; its subject, which may name people, goes."""
        if self.mode is Addresses.SHOW:
            return example
        known = (example.recipient, example.sender)
        return msgspec.structs.replace(
            example,
            origin=self.text(example.origin, *known),
            recipient=self.name(example.recipient) if example.recipient else None,
            sender=self.name(example.sender) if example.sender else None,
            subject=_UNSHOWN if example.subject else None,
            diagnostic=self.text(example.diagnostic, *known),
            advice_text=self.text(example.advice_text, *known),
            evidence=tuple(self.text(fact, *known) or "" for fact in example.evidence),
        )

    def _once(self, found: str) -> str:
        # What was put in for a known address is an address again.
        return found if _HASHED.fullmatch(found) else self.name(found)

    def _without(self, text: str, address: str) -> str:
        """`bob@example.org`, `bob=example.org`, and `bob` as a word by itself."""
        local, at, domain = address.rpartition("@")
        stand_in = self.name(address)
        if not at:  # no Internet address: an X.400 name, a number
            return text.replace(address, stand_in) if len(address) >= _LEAST else text
        whole = rf"{re.escape(local)}[@=%]{re.escape(domain)}"
        text = re.sub(whole, lambda _: stand_in, text, flags=re.IGNORECASE)
        if len(local) >= _LEAST and local.lower() not in _WORDS:
            alone = rf"(?<![\w.@-]){re.escape(local)}(?![\w@-])"
            text = re.sub(alone, lambda _: stand_in, text, flags=re.IGNORECASE)
        return text


_HASHED: Final = re.compile(r"[0-9a-f]{10}@[^\s@]{1,255}")
