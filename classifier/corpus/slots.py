"""Replies with slots in the place of who and where they name, as the catalogue has them.

550 5.1.1 <bob@example.org>: user unknown    550 5.1.1 <{recipient}>: user unknown

What is recognised is what `whybounce corpus anonymise` recognises, so it takes the words of servers
and the pages of providers for what they are: they stay.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Final

import msgspec

from classifier.corpus.anonymise.cipher import Cipher
from classifier.corpus.anonymise.names import Names
from classifier.corpus.anonymise.public import WORD, public
from classifier.corpus.anonymise.words import Mode, Words

__all__ = ["LONGEST", "Party", "clip", "put_slots"]

#: Characters of a reply that are kept: what it means is said before them.
LONGEST: Final = 1000
_READ: Final = 2 * LONGEST  # characters that are looked at

#: Letters that show nothing and may part an address: soft hyphens, marks of direction, ...
_UNSEEN: Final = dict.fromkeys(
    (0xAD, 0x200B, 0x200E, 0x200F, 0x2060, 0xFEFF, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
)
_BRACES: Final = str.maketrans("{}", "()")  # a mail's own are no slots
_ADDRESS: Final = re.compile(r"[^\s<>@:;,()\[\]{}\"']{1,64}@([^\s<>@:;,()\[\]{}\"']{1,255})")
# Of what the anonymiser takes apart: {user}@{host} and {user}.{user}@{domain}
_WHOLE: Final = re.compile(r"(?:[\w.+=-]{0,64}\{\w{1,20}\}[\w.+=-]{0,64}){1,8}@\{\w{1,20}\}")
_LINK: Final = re.compile(r"https?://\{\w{1,20}\}(?:[^\s<>\"()]{0,500}[^\s<>\"().,;:'])?")
_CUT: Final = re.compile(r"\{\w{0,20}$")
# Ada Lovelace: one name. And a1b2c3-{queue_id}.44: one id.
_NAMES: Final = re.compile(r"\{user\}(?:[ .-]\{user\}){1,8}")
_IDS: Final = re.compile(
    r"(?:\w{0,20}\d\w{0,20}[.-]){0,4}\{queue_id\}(?:[.-](?:\w{0,20}\d\w{0,20}|\{queue_id\})){0,4}"
)


class Party(msgspec.Struct, frozen=True):
    """Who a failure is about, as far as its reply may name them.

    `names` is whatever else the mail holds of that kind: senders and recipients as its headers
    have them, its subject, ids and hosts.
    """

    recipient: str = ""
    sender: str = ""
    names: tuple[str, ...] = ()


def clip(text: str) -> str:
    """As much of a reply as `put_slots` looks at, on one line, cut at a blank."""
    text = " ".join(text.translate(_UNSEEN).split())
    return text if len(text) <= _READ else text[:_READ].rpartition(" ")[0]  # no half address


def put_slots(text: str, party: Party = Party()) -> str:  # noqa: B008 - it is frozen
    """A reply with its addresses, hosts, IPs, links, ids and names as slots; on one line.

    At most `LONGEST` characters of it.
    """
    text = clip(text.translate(_BRACES))
    for address, slot in ((party.recipient, "{recipient}"), (party.sender, "{sender}")):
        if "@" in address:
            written = rf"(?<![\w.+=-]){re.escape(address)}(?![\w-]|\.\w)"
            text = re.sub(written, slot, text, flags=re.IGNORECASE)
            local = address.rpartition("@")[0]
            if not local.isalnum():  # bob.smith would be taken for a host
                written = rf"(?<![\w.+=-]){re.escape(local)}(?![\w-]|\.\w)"
                text = re.sub(written, "{user}", text, flags=re.IGNORECASE)
    words = Words(_Slots(party))
    for name in (party.recipient, party.sender, *party.names):
        _know(name, words)
    if not text.isascii():
        text = _name_within(text, words)
    text = words.rewrite(text, Mode.NOTICE)
    text = _WHOLE.sub("{sender}", text)
    text = _LINK.sub("{url}", text)
    text = _IDS.sub("{queue_id}", _NAMES.sub("{user}", text))
    return text if len(text) <= LONGEST else _CUT.sub("", text[:LONGEST]).rstrip()


def _know(name: str, words: Words) -> None:
    """Have the words of a name recognised wherever they stand."""
    plain = _ADDRESS.sub(lambda found: found.group().partition("@")[0], name)
    words.known.add_phrase(plain)
    words.known.add_words(WORD.findall(plain))


def _name_within(text: str, words: Words) -> str:
    """Names in Latin letters next to others without a blank, as in Japanese."""
    names = [name for name in words.known.words if name.isascii() and len(name) > 2]
    if not names:
        return text
    every = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
    return re.sub(rf"(?<![A-Za-z0-9])(?:{every})(?![A-Za-z0-9])", "{user}", text, flags=re.I)


class _Slots(Names):
    """What names become: not another name of the same shape, but a slot."""

    def __init__(self, party: Party) -> None:
        super().__init__(Cipher(""))
        self._domains = {
            _domain_of(party.sender): "{sender_domain}",
            _domain_of(party.recipient): "{recipient_domain}",
        }

    def word(self, word: str) -> str:
        """A name, a number or an id."""
        if word.isdigit():
            return "{number}"
        return "{queue_id}" if any(map(str.isdigit, word)) else "{user}"

    def words(self, text: str) -> str:
        """What is known by its form as a whole: the id of a queue, a telephone number."""
        return "{number}" if text.startswith("+") else "{queue_id}"

    def local(self, local: str) -> str:
        """The half of an address before the `@`, an office's too."""
        return "{user}" if local else ""

    def label(self, label: str) -> str:
        """A machine's bare name."""
        return "{host}"

    def host(self, host: str) -> str:
        """A host, unless the words of servers name it as a page or a list of senders."""
        name = host.rstrip(".").lower()
        known = self._domains.get(name)
        if known is None and (name in public().hosts or name in public().nobody):
            return host
        end = host[len(host.rstrip(".")) :]  # the full stop of a sentence
        return (known or ("{host}" if name.count(".") > 1 else "{domain}")) + end

    def ipv4(self, address: str) -> str:
        """An IPv4 address."""
        return "{ip}"

    def ipv6(self, address: ipaddress.IPv6Address) -> str:
        """An IPv6 address."""
        return "{ip}"


def _domain_of(address: str) -> str:
    return address.rpartition("@")[2].lower() if "@" in address else "\n"  # no host at all
