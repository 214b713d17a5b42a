"""Running text: which of its words are addresses, hosts, IPs, ids or names, and which stay.

Text is cut into chunks at blanks and brackets, and each chunk is looked at once, so that time is
linear whatever it holds.
"""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from collections.abc import Iterable
from enum import Enum
from typing import Final

from classifier.corpus.anonymise.names import EXIM, IPV4, Names, has_top
from classifier.corpus.anonymise.public import CJK, WORD, cjk_phrases, public

__all__ = ["HOST", "Known", "Mode", "Words", "is_common"]


class Mode(Enum):
    """How much of a text is taken for private."""

    NOTICE = "notice"  # a server's words: what is recognised is replaced
    STRICT = "strict"  # a person's or a program's: only the words of the rules stay
    ALL = "all"  # a person's: nothing stays but signs


_CHUNK: Final = re.compile(r"[^\s<>\"(),;\[\]{}|「」『』【】（）《》〈〉、。，；]+")
# Only what HTML knows is a tag: <anna@acme.com> and <http://acme.com> are none.
_TAG: Final = re.compile(
    r"<[/!?]?(?P<name>[A-Za-z][\w-]{0,20}(?::[A-Za-z]\w{0,20})?)(?P<rest>(?:[\s/][^<>]{0,4000})?)>"
    r"|<!--|-->|&#?\w{1,10};"
)
_ATTRIBUTE: Final = re.compile(r"([\w:-]{1,40}\s{0,4}=\s{0,4})(\"[^\"]*\"|'[^']*'|[^\s>\"']+)")
_ENTITY: Final = re.compile(r"&(?:#(\d{1,7})|#[xX]([0-9A-Fa-f]{1,6})|(\w{2,8}));")
_ZERO: Final = re.compile("<wbr ?/?>|&shy;|&#8203;|[\u00ad\u200b\u200c\u200d\u2060\ufeff]")

_LABEL: Final = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
HOST: Final = re.compile(rf"(?:_?{_LABEL}\.){{1,12}}{_LABEL}")
_WORD_OR_IP: Final = re.compile(rf"{IPV4}|[^\W_]+")
# What a chunk without "@" may hold, in the order of trial.
_INNER: Final = re.compile(
    r"(?P<guid>(?<!\w)[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}(?!\w))"
    rf"|(?P<exim>{EXIM})"
    # 554-mx1.acme.com
    r"|(?P<octal>\\\d{3})"  # ext\303\251rieur
    r"|(?P<code>(?<![\w.-])[2-5]\d\d-(?=[A-Za-z]))"
    r"|(?P<v6>(?<![\w:])(?:[0-9A-Fa-f]{0,4}:){2,7}(?:[0-9A-Fa-f]{1,4}|\d{1,3}(?:\.\d{1,3}){3})?(?![\w:]))"
    rf"|(?P<v4>{IPV4})"
    r"|(?P<dashed>(?<![\w-])\d{1,3}(?:-\d{1,3}){3}(?![\w-]))"
    # smtp.mailfrom=, header.d=, policy.dmarc=
    r"|(?P<key>(?:smtp|header|policy|body)\.[a-z-]{1,30}(?==))"
    rf"|(?P<host>(?<![\w.])(?:_?{_LABEL}\.){{1,12}}{_LABEL}(?![\w]))"
    r"|(?P<word>[^\W_]+)"
)
# - 4.16.55.1; see http://postmaster.yahoo.com/errors/...
_YAHOO: Final = re.compile(r"- (\d{1,3}(?:\.\d{1,3}){3})(?=; see|;see)")
# with Microsoft SMTP Server (TLS) id 15.1.225.42     version 8.1.240.5
_VERSION: Final = re.compile(
    r"\b(?:Server(?:\s{1,3}\([^()]{0,99}\))?\s{1,3}id|[Vv]ersion)\s{1,3}(\d{1,3}(?:\.\d{1,3}){3})(?![\w.])"
)
_PHONE: Final = re.compile(r"(?<![\w+])\+[1-9]\d{0,2}[ (][\d ()/.-]{6,20}\d(?!\w)")
_X500: Final = re.compile(
    r"((?<![\w=])(?:cn|ou)=|/(?:cn|ou|o|s|g|i|p|a|c|dda:\w{1,20})=)([^/\n\"<>;,]{1,128})",
    re.IGNORECASE,
)
_CODED: Final = re.compile(r"[245]\d\d-")
_MIXED: Final = re.compile(r"(?=(?:\D*\d){2})(?=(?:[\W\d_]*[A-Za-z]){2})[A-Za-z0-9]{8,}")
_QUOTED: Final = re.compile(r"\"[^\"\n@]{1,64}\"(?=@)")
_LONG_NUMBER: Final = 7  # digits
_LISTED_NUMBER: Final = 5
_CACHED: Final = 1 << 16  # chunks that are remembered
_MAX_KNOWN: Final = 400


def is_common(word: str) -> bool:
    """Whether a word in lower case is one of the rules, the lexicon or the lists."""
    return word in public().words


_STEM: Final = 6  # letters that the endings of other languages may follow


def _is_inflected(word: str) -> bool:
    """Whether a word begins with one of the rules', most of it, as `zustellbare`."""
    shortest = max(_STEM, len(word) - 7)
    return any(word[:end] in public().words for end in range(shortest, len(word)))


class Known:
    """The names of one mail: words, and phrases that are names or subjects as a whole."""

    def __init__(self) -> None:
        self.words: set[str] = set()
        self._phrases: dict[str, None] = {}

    def add_words(self, words: Iterable[str]) -> None:
        """Take words for names, unless they are common, or short."""
        for word in words:
            lower = word.lower()
            code = word.isdigit() and len(word) < _LISTED_NUMBER
            if (
                len(word) > 1
                and not code
                and not is_common(lower)
                and len(self.words) < _MAX_KNOWN * 4
            ):
                self.words.add(lower)
                if CJK.search(word):
                    self.add_phrase(word)

    def add_ids(self, ids: Iterable[str]) -> None:
        """Take words for ids, if they look like some."""
        for each in ids:
            telling = any(map(str.isdigit, each)) or (each.lower() != each != each.upper())
            if len(each) > 3 and telling and not is_common(each.lower()):
                self.words.add(each.lower())

    def add_phrase(self, phrase: str) -> None:
        """Take words for a name or a subject as a whole; in CJK, within other words, too."""
        phrase = " ".join(phrase.split())
        words = WORD.findall(phrase)
        private = any(not is_common(word.lower()) for word in words)
        long = len(words) > 1 or len(phrase) > 7 or CJK.search(phrase)
        if private and long and 1 < len(phrase) < 400 and len(self._phrases) < _MAX_KNOWN:
            self._phrases.setdefault(phrase)

    def find_phrases(self, text: str) -> re.Pattern[str] | None:
        """One pattern for the phrases that stand in `text`, the longest first."""
        flat = " ".join(text.split())
        found = sorted((each for each in self._phrases if each in flat), key=len, reverse=True)
        if not found:
            return None
        written = (r"\s{1,8}".join(map(re.escape, each.split(" "))) for each in found)
        return re.compile(
            "|".join(
                each if CJK.search(phrase) else rf"(?<!\w){each}(?!\w)"
                for phrase, each in zip(found, written, strict=True)
            )
        )


class Words:
    """Rewrites texts. What it kept and might be a name is counted in `doubtful`."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.doubtful: Counter[str] = Counter()
        self.places: dict[str, str] = {}
        self.origin = ""
        self.known = Known()
        self._made: dict[Mode, dict[str, str]] = {mode: {} for mode in Mode}

    def begin(self, origin: str) -> None:
        """Forget the names of the mail before."""
        self.origin, self.known = origin, Known()
        self._made[Mode.NOTICE].clear()
        self._made[Mode.STRICT].clear()

    def rewrite(self, text: str, mode: Mode) -> str:
        """`text` with what is private replaced."""
        if mode is not Mode.ALL and '"@' in text:  # "anna marsh"@acme.com
            text = _QUOTED.sub(lambda found: self.names.words(found.group()), text)
        pattern = self.known.find_phrases(text) if mode is not Mode.ALL else None
        if pattern is None:
            return self._rewrite(text, mode)
        made, at = [], 0
        for found in pattern.finditer(text):
            made.append(self._rewrite(text[at : found.start()], mode))
            made.append(self._rewrite(found.group(), Mode.ALL))
            at = found.end()
        made.append(self._rewrite(text[at:], mode))
        return "".join(made)

    def _rewrite(self, text: str, mode: Mode) -> str:
        kept: set[int] = set()
        if mode is not Mode.ALL:
            kept |= {found.start(1) for found in _YAHOO.finditer(text)}
            kept |= {found.start(1) for found in _VERSION.finditer(text)}
            text = _PHONE.sub(lambda found: self.names.words(found.group()), text)
            if "=" in text and "/" in text:
                text = _X500.sub(lambda found: found[1] + self._words(found[2], Mode.STRICT), text)
        made = self._made[mode]
        if len(made) > _CACHED:
            made.clear()

        def replace(found: re.Match[str]) -> str:
            chunk = found.group()
            new = made.get(chunk)
            if new is not None:
                return new
            if found.start() in kept:
                return chunk
            made[chunk] = new = self._chunk(chunk, mode)
            return new

        return _CHUNK.sub(replace, text)

    def html(self, text: str, mode: Mode) -> str:
        """The same for HTML: tags stay, and in private texts only they."""
        text = _ENTITY.sub(_plain, _ZERO.sub("", text))
        if mode is Mode.NOTICE:
            return self.rewrite(text, mode)
        made, at = [], 0
        for found in _TAG.finditer(text):
            made.append(self.rewrite(text[at : found.start()], mode))
            made.append(self._tag(found))
            at = found.end()
        made.append(self.rewrite(text[at:], mode))
        return "".join(made)

    def _tag(self, found: re.Match[str]) -> str:
        name, rest = found["name"], found["rest"]
        if name is None:
            return found.group()
        if name.lower() not in public().tags:
            return self._rewrite(found.group(), Mode.ALL)
        made, at = [found.group()[: found.start("rest") - found.start()]], 0
        for inner in _ATTRIBUTE.finditer(rest):
            made.append(self._rewrite(rest[at : inner.start()], Mode.ALL))
            made.append(inner[1] + self._rewrite(inner[2], Mode.ALL))
            at = inner.end()
        return "".join((*made, self._rewrite(rest[at:], Mode.ALL), ">"))

    def _chunk(self, chunk: str, mode: Mode) -> str:
        if chunk.isalnum():
            return self._word(chunk, mode)
        if "%40" in chunk:
            return self._chunk(chunk.replace("%40", "@"), mode).replace("@", "%40")
        if "://" in chunk:
            return self._url(chunk, mode)
        if "@" in chunk:
            return self._addresses(chunk, mode)
        return _INNER.sub(lambda found: self._inner(found, mode), chunk)

    def _url(self, chunk: str, mode: Mode) -> str:
        """A URL: of a provider's page the path stays, of any other it goes."""
        before, _, after = chunk.partition("://")
        found = HOST.match(after)
        before = _INNER.sub(lambda found: self._inner(found, mode), before)
        if mode is Mode.ALL and before.lower() not in ("http", "https"):
            before = self.names.words(before)
        if found is None:
            return f"{before}://{self._chunk(after, mode)}"
        host = self.names.host(found.group())
        public_page = host == found.group() and mode is Mode.NOTICE
        rest = after[found.end() :]
        return f"{before}://{host}" + (self._chunk(rest, mode if public_page else Mode.ALL))

    def _addresses(self, chunk: str, mode: Mode) -> str:
        """A chunk with `@` in it: `mailto:anna@acme.com`, `to=anna@acme.com:25`, `@acme.com`."""
        pieces = chunk.split("@")
        made = []
        for number, piece in enumerate(pieces):
            head, rest = "", piece
            if number:
                found = HOST.match(piece)
                if found:
                    head, rest = self.names.host(found.group()), piece[found.end() :]
                elif WORD.match(piece):  # anna@relay1
                    bare = re.match(r"[\w-]+", piece)
                    assert bare is not None  # noqa: S101 - a word begins here
                    head, rest = self.names.label(bare.group()), piece[bare.end() :]
            if number < len(pieces) - 1:
                at = max(rest.rfind(sign) for sign in ":?&'") + 1
                if "'" in rest[at - 1 : at] and rest[at - 2 : at - 1].isalnum():
                    at = 0 if rest.isascii() and ":" not in rest else at  # o'brien
                coded = _CODED.match(rest, at) if mode is not Mode.ALL else None
                at = coded.end() if coded else at  # 550-anna@acme.com is not here
                plain, local = rest[:at], rest[at:]
                rest = (self._chunk(plain, mode) if plain else "") + self.names.local(local)
            elif rest:
                rest = _INNER.sub(lambda found: self._inner(found, mode), rest)
            made.append(head + rest)
        return "@".join(made)

    def _inner(self, found: re.Match[str], mode: Mode) -> str:
        kind, text = found.lastgroup, found.group()
        if kind == "word":
            return self._word(text, mode)
        if kind == "v4":
            return self._word_or_ip(text, mode)
        if kind == "v6":
            return self._v6(text, mode)
        if kind == "host":
            return self.names.host(text) if _is_host(text) else self._words(text, mode)
        if kind in ("key", "octal") or (kind == "code" and mode is not Mode.ALL):
            return text
        return self.names.words(text)

    def _words(self, text: str, mode: Mode) -> str:
        return _WORD_OR_IP.sub(lambda found: self._word_or_ip(found.group(), mode), text)

    def _word_or_ip(self, text: str, mode: Mode) -> str:
        if "." not in text:
            return self._word(text, mode)
        if all(int(number) < 256 for number in text.split(".")):
            return self.names.ipv4(text)
        return WORD.sub(lambda found: self._word(found.group(), mode), text)

    def _v6(self, text: str, mode: Mode) -> str:
        try:
            address = ipaddress.IPv6Address(text)
        except ValueError:
            return self._words(text, mode)
        made = self.names.ipv6(address)
        return text if made == str(address) else made

    def _word(self, word: str, mode: Mode) -> str:
        if mode is Mode.ALL:
            return self.names.word(word)
        lower = word.lower()
        if lower in self.known.words:
            return self.names.word(word)
        if word.isdigit():
            limit = _LONG_NUMBER if mode is Mode.NOTICE else 4
            year = len(word) == 4 and word.startswith(("19", "20"))
            if len(word) >= limit and not year:
                return self.names.word(word)
            self._doubt(word) if len(word) >= _LISTED_NUMBER else None
            return word
        if is_common(lower):
            return word
        if mode is Mode.STRICT and CJK.search(word):
            return self._within(word)
        if mode is Mode.STRICT and _is_inflected(lower):
            return word
        opaque = len(word) > 7 and (len(word) > 32 or _MIXED.match(word))
        if mode is Mode.STRICT or opaque:
            return self.names.word(word)
        if word[0].isupper() or not word.isascii():
            self._doubt(word)
        return word

    def _within(self, word: str) -> str:
        """A run of signs without blanks: what the rules and the lexicon say in it stays."""
        made, at = [], 0
        for found in cjk_phrases().finditer(word):
            made.append(self.names.word(word[at : found.start()]) if found.start() > at else "")
            made.append(found.group())
            at = found.end()
        return "".join((*made, self.names.word(word[at:]) if at < len(word) else ""))

    def _doubt(self, word: str) -> None:
        if word in self.doubtful or len(self.doubtful) < 200_000:
            self.doubtful[word] += 1
            self.places.setdefault(word, self.origin)


_CODE_HEADS: Final = frozenset({"com", "org", "java", "javax", "sun", "system", "smtp", "header"})


def _is_host(text: str) -> bool:
    """Whether words with dots between them are a host, and no token, version or file."""
    lower = text.lower()
    first, _, top = lower.rpartition(".")
    if top.isdigit() or len(top) < 2:
        return False
    if has_top(lower):
        # "sent.In the next line": no blank behind a full stop
        prose = len(top) == 2 and text[-2:].istitle() and "." not in first
        return not prose
    if lower != text or not top.isalpha() or not top.isascii():
        return False
    if top in public().files or lower.partition(".")[0] in _CODE_HEADS:
        return False
    return not all(is_common(label) for label in lower.split("."))  # email.bounced


def _plain(found: re.Match[str]) -> str:
    """A letter, `@` or `.` that HTML writes as an entity; others stay as they are."""
    import html

    text = html.unescape(found.group())
    return text if len(text) == 1 and (text.isalnum() or text in "@.-_+=:/") else found.group()
