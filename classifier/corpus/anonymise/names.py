"""Addresses, hosts and IPs to others, the same by the same.

anna.marsh@mail.acme.com      kqzd.wbrte@mail.ioqv.test
SRS0=x1=7c=acme.com=anna@...  SRS0=q5=0b=ioqv.test=kqzd@...
mx1.acme.com, 192.0.2.8       mx1.ioqv.test, 198.18.203.44
"""

from __future__ import annotations

import ipaddress
import re
from typing import Final

from classifier.corpus.anonymise.cipher import Cipher
from classifier.corpus.anonymise.public import WORD, public

__all__ = ["EXIM", "IPV4", "Names", "has_top", "is_generic"]

#: Four numbers with dots; what they are, the text around them tells.
IPV4: Final = r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?!\w|\.\d)"
#: Exim's ids: 1xVlM1-000000000Tj-1GYm, 1tNqYv-0006bT-2x; in a Message-ID with an E before.
EXIM: Final = (
    r"(?<![^\W_])(?:E?[12](?=\w{5}-))[0-9A-Za-z]{5}-(?:[0-9A-Za-z]{11}|[0-9A-Za-z]{6})"
    r"-(?:[0-9A-Za-z]{4}|[0-9A-Za-z]{2})(?![^\W_])"
)
_BENCH: Final = int(ipaddress.IPv4Address("198.18.0.0"))  # RFC 2544
_DOCUMENTS: Final = int(ipaddress.IPv6Address("2001:db8::"))  # RFC 3849
_KEPT: Final = 1 << 18  # mapped hosts and IPs that are remembered, to keep others apart from them
_REVERSED: Final = re.compile(r"(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(?=[a-z])")
# mx, mx1, in2, eur05: what it does, and a number
_NUMBERED: Final = re.compile(r"([^\W\d_]+)\d{0,2}")
_WORDS: Final = re.compile(rf"{EXIM}|[^\W_]+")
_PIECE: Final = re.compile(r"([=#%+])")


def is_generic(label: str) -> bool:
    """Whether a part of a host name in lower case says what the machine does, as `mx1`."""
    found = _NUMBERED.fullmatch(label)
    return label in public().labels or bool(found and found.group(1) in public().labels)


def has_top(host: str) -> bool:
    """Whether a name with dots in lower case ends as hosts do."""
    top = host.rpartition(".")[2]
    return top in public().tops or (top.startswith("xn--") and "." in host)


class Names:
    """The mapping of one run. What has been replaced stands in `seen`."""

    def __init__(self, cipher: Cipher) -> None:
        self.cipher = cipher
        self.seen: set[str] = set()
        self._taken: dict[str, str] = {}  # what came out, and for what
        self._made: dict[str, str] = {}  # what went in, and what came out

    def word(self, word: str) -> str:
        """A word, a label or an id."""
        self._see(word)
        return self.cipher.word(word)

    def words(self, text: str) -> str:
        """Every word in `text`; what stands between them stays."""
        return _WORDS.sub(lambda found: self._word_or_id(found.group()), text)

    def _word_or_id(self, text: str) -> str:
        """A word, or an id of Exim's, whose first signs tell what it is."""
        if "-" not in text:
            return self.word(text)
        start = 2 if text[0] == "E" else 1
        return text[:start] + WORD.sub(lambda found: self.word(found.group()), text[start:])

    def address(self, local: str, domain: str) -> str:
        """An address, by its two halves."""
        return f"{self.local(local)}@{self.host(domain)}"

    def local(self, local: str) -> str:
        """The half of an address before the `@`; offices and daemons stay."""
        lower = local.lower()
        if lower in public().roles:
            return local
        pieces = _PIECE.split(local)
        if len(pieces) == 1:
            return self._local_words(local)
        made = []
        for number, piece in enumerate(pieces):
            lower = piece.lower()
            key = lower in public().keys and "=" in pieces[number + 1 : number + 2]
            if number % 2 or key:
                made.append(piece)
            elif "." in piece and has_top(lower) and pieces[-1:] != pieces[:1]:
                made.append(self.host(piece))
            else:
                made.append(self._local_words(piece))
        return "".join(made)

    def _local_words(self, piece: str) -> str:
        affixes = public().affixes
        return _WORDS.sub(
            lambda found: (
                found.group()
                if found.group().lower() in affixes
                else self._word_or_id(found.group())
            ),
            piece,
        )

    def host(self, host: str) -> str:
        """A host or domain. Of a provider's, its own labels stay; of others, `mx` and the like."""
        if host in self._made:
            return self._made[host]
        name, dot = (host[:-1], ".") if host.endswith(".") else (host, "")
        made = name if name.lower() in public().nobody else self._host(name)
        self._see(name) if made != name else None
        self._keep(host, made + dot)
        return made + dot

    def _host(self, name: str) -> str:
        lower = name.lower()
        labels, small = name.split("."), lower.split(".")
        if len(labels) == 1:
            return self.label(name)
        found = _REVERSED.match(lower)
        if found and all(int(number) < 256 for number in found.groups()):
            inner = ".".join(reversed(found.groups()))
            turned = ".".join(reversed(self.ipv4(inner).split(".")))
            return f"{turned}.{self.host(name[found.end() :])}"
        if lower in public().hosts:
            return name
        for at in range(len(small)):
            if ".".join(small[at:]) in public().domains:
                return ".".join([*map(self.label, labels[:at]), *labels[at:]])
        if small[-1] == "arpa":
            return ".".join([*map(self.label, labels[:-2]), *labels[-2:]])
        own = 3 if len(small) > 2 and len(small[-1]) == 2 and small[-2] in public().seconds else 2
        made = self._domain(".".join(small[-own:]))
        return ".".join([*map(self.label, labels[:-own]), _like(labels[-own], made)])

    def label(self, label: str) -> str:
        """A part of a host name, or a machine's bare name."""
        if is_generic(label.lower()) or label.lower() in public().nobody:
            return label
        made = []
        for piece in re.split(r"([-_])", label):
            generic = is_generic(piece.lower()) and not piece.isdigit()
            made.append(piece if generic else self.words(piece))
        return "".join(made)

    def _domain(self, domain: str) -> str:
        """What stands for a registered domain: as long, but for the shortest."""
        if domain in self._made:
            return self._made[domain]
        length = max(4, len(domain) - len(".test"))
        for number in range(64):
            value = f"{domain}\0{number}" if number else domain
            made = self.cipher.letters("domain", value, length + number // 8) + ".test"
            if made != domain and self._taken.get(made, domain) == domain:
                break
        self._keep(domain, made)
        return made

    def ipv4(self, address: str) -> str:
        """An IPv4 address; those of the own machine, and masks, stay."""
        if address.startswith(("127.0.0.", "0.", "255.")):
            return address
        if address in self._made:
            return self._made[address]
        number = self.cipher.digest("ip", address)
        for step in range(256):
            made = str(ipaddress.IPv4Address(_BENCH + (number + step) % (1 << 17)))
            if made != address and self._taken.get(made, address) == address:
                break
        self._see(address)
        self._keep(address, made)
        return made

    def ipv6(self, address: ipaddress.IPv6Address) -> str:
        """An IPv6 address; that of the own machine stays."""
        if int(address) < 2:
            return str(address)
        text = str(address)
        self._see(text)
        return str(ipaddress.IPv6Address(_DOCUMENTS | self.cipher.digest("ip", text, 12)))

    def _see(self, value: str) -> None:
        if len(self.seen) < 1 << 20:
            self.seen.add(value)

    def _keep(self, value: str, made: str) -> None:
        if len(self._made) >= _KEPT:
            self._made.clear()
        self._made[value] = made
        if len(self._taken) < _KEPT:
            self._taken.setdefault(made, value)


def _like(label: str, made: str) -> str:
    """`made` in the case of the label that it stands for."""
    if label.isupper():
        return made.upper()
    return made.capitalize() if label.istitle() else made
