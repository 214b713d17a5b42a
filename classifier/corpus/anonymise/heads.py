"""Header and status fields: which hold people, which ids, which count for a verdict.

From: "Marsh, Anna" <anna@acme.com>            the name goes, whatever it is
Subject: Undeliverable: Offer for Anna         only the words of the rules stay
Received: from relay1 (mx.acme.com [192.0.2.1]) by mail with ESMTP id 4XyZ1b; ...
"""

from __future__ import annotations

import base64
import binascii
import codecs
import re
from collections.abc import Iterator
from typing import Final

import msgspec

from classifier.corpus.anonymise.charsets import read_text, write_text
from classifier.corpus.anonymise.names import is_generic
from classifier.corpus.anonymise.public import WORD, is_public, public
from classifier.corpus.anonymise.words import HOST, Known, Mode, Words
from classifier.headers import decode_words

__all__ = [
    "Field",
    "Place",
    "gather",
    "gather_address",
    "is_office",
    "map_boundary",
    "read_fields",
    "rewrite_field",
    "rewrite_head",
]


class Place(msgspec.Struct, frozen=True):
    """Where a head or a body stands.

    `notice`: in the bounce itself, else in the message that it returns. `private`: the mail is no
    machine's. `whole`: a bounce was passed on in its text, which is therefore not cut where a
    returned message seems to begin.
    """

    notice: bool = True
    private: bool = False
    whole: bool = False

    @property
    def mode(self) -> Mode:
        """How a field that nobody knows is read here."""
        return Mode.STRICT if self.notice else Mode.ALL


class Field(msgspec.Struct, frozen=True):
    """A field as it stands: `name` and what follows up to its value, the value, its end."""

    start: str
    value: str
    end: str

    @property
    def name(self) -> str:
        """In lower case."""
        return self.start.rstrip(" \t:").lower()


_FIELD: Final = re.compile(r"([!-9;-~]+[ \t]*:)([^\n]*(?:\n[ \t][^\n]*)*)(\n|\Z)")
_COUNTED_HEADS: Final = (
    *("arc-", "x-ms-", "x-microsoft-", "x-google-", "x-ses-", "x-spam-", "x-forefront-", "list-"),
    *(
        "x-gm-",
        "x-amazon-",
        "x-aws-",
        "resent-",
        "x-mimecast-",
        "x-proofpoint-",
        "x-exim-",
        "x-eop",
    ),
)
_WORD: Final = r"=\?([^?*\s]{1,60})(\*[^?\s]{0,40})?\?([bBqQ])\?((?:[^?]|\?(?!=)){0,2000})\?="
_WORDS: Final = re.compile(rf"{_WORD}(?:\s+{_WORD})*")
_ONE_WORD: Final = re.compile(_WORD)
# from relay1 (helo=pc7) by mail    (HELO pc7)    (EHLO pc7)
_BARE: Final = re.compile(
    r"(\b(?:from|by|helo|ehlo)[ =]{1,2}\[?|[Rr]emote-?MTA: (?:dns|smtp); ?)([A-Za-z][\w-]{0,62})"
    r"(?=[\]\s)(;]|\Z)(?! id)",
    re.IGNORECASE,
)
_NO_NAME: Final = frozenset(
    {"unknown", "localhost", "user", "local", "mail", "smtp", "esmtp", "lmtp", "http", "https",
     "mapi", "uid", "userid", "invoked", "network", "stdin", "helo", "ehlo", "the", "with", "id"}
)  # fmt: skip
_BY_ID: Final = re.compile(r"(\bid |\bqueue id:? |\bqueued as |\bqueueid=)([\w-]{4,64})(?![\w.])")
_LOGIN: Final = re.compile(
    r"(?:authenticated sender:? |authenticated as |auth=|user=|\baccount |userid |\(from )"
    r"([^\s@)(;,]{2,64})",
    re.IGNORECASE,
)
_SECRET: Final = re.compile(r"(\b(?:b|bh|x)=)([A-Za-z0-9+/=\s]{8,4000})")
_TYPE_NAME: Final = re.compile(r"\s*[\w.+*-]{1,80}(?:/[\w.+*-]{1,80})?")
_PARAMETER: Final = re.compile(
    r"(\b(?:(?:file)?name|boundary)\*?\d?\*?\s*=\s*)"
    r"(\"(?:[^\"\\]|\\.){0,512}\"|[^\s;\"]{1,512})",
    re.IGNORECASE,
)
_ENDING: Final = re.compile(r"\.[A-Za-z0-9]{1,5}(?=\"?$)")
_TYPE: Final = re.compile(r"\s*(?:rfc822|utf-8|x-[\w-]{1,20}|dns|smtp|addr-type|unknown)\s*;", re.I)
_ANGLE: Final = re.compile(r"<[^<>\s]{0,320}>|[^\s<>()\"',;]{1,256}@[^\s<>()\"',;]{1,256}")
_NO_WORD: Final = re.compile(r"\S*\d\S*|[^\s.]+\.\S+")
# anna@acme.com; Wed, 26 Jun 2024 11:06:41 +0000
_DATE: Final = re.compile(
    r";\s{0,4}(?:[A-Z][a-z]{2}, )?\d{1,2} [A-Z][a-z]{2} \d{4} [\d:]{5,8} [+-]\d{4}\s*\Z"
)


def read_fields(text: str) -> Iterator[Field]:
    """The fields of a head; what is none comes as one without a name."""
    at = 0
    while at < len(text):
        found = _FIELD.match(text, at)
        if found is None:
            end = text.find("\n", at) + 1 or len(text)
            yield Field("", text[at:end], "")
            at = end
        else:
            yield Field(found[1], found[2], found[3])
            at = found.end()


def gather(text: str, known: Known, place: Place) -> None:
    """Add to `known` what the fields of a head say of people, machines and subjects."""
    for field in read_fields(text):
        name, value = field.name, decode_words(field.value)
        if name in public().people or name.startswith("resent-"):
            _gather_people(value, known)
        elif name in ("subject", "thread-topic") and not place.notice:
            known.add_phrase(value)
        elif name in ("received", "x-received"):
            for host in HOST.findall(value):
                gather_host(host, known)
            known.add_words(found[2] for found in _BARE.finditer(value) if _is_name(found[2]))
            known.add_words(found[1] for found in _LOGIN.finditer(value))
            known.add_ids(found[2] for found in _BY_ID.finditer(value))
        elif name.endswith("queue-id"):
            known.add_ids(WORD.findall(value))
        elif name in ("reporting-mta", "remote-mta", "received-from-mta"):
            machine = _TYPE.sub("", value).strip().split(" ")[0].strip("[]()")
            if "." not in machine and _is_name(machine):
                known.add_words(WORD.findall(machine))


def _gather_people(value: str, known: Known) -> None:
    for found in _ANGLE.finditer(value):
        local, _, domain = found.group().strip("<>").rpartition("@")
        gather_address(local, domain, known)
    names = _TYPE.sub("", _ANGLE.sub(",", value)).strip()
    if _is_sender(value):
        return
    for name in re.split(r"[,;()\"<>]", names):
        name = name.strip(" '\t\n")
        known.add_words(WORD.findall(name))
        if not any(map(str.isdigit, name)):
            known.add_phrase(name)


def gather_address(local: str, domain: str, known: Known) -> None:
    """Add the words of an address that may stand alone in the text."""
    if local.lower() not in public().roles:
        known.add_words(word for word in WORD.findall(local) if len(word) > 2)
    lower = domain.lower().strip("[].>")
    if not is_public(lower):
        labels = [label for label in lower.split(".")[:-1] if not is_generic(label)]
        known.add_words(each for each in WORD.findall(" ".join(labels[-1:])) if len(each) > 3)


def gather_host(host: str, known: Known) -> None:
    """Add the name of a machine, which may stand alone elsewhere: lyon01 of lyon01.acme.com."""
    label = host.split(".")[0]
    if len(label) > 3 and not is_generic(label.lower()) and not is_public(host.lower()):
        known.add_words(each for each in WORD.findall(label) if len(each) > 3)


def is_office(value: str) -> bool:
    """Whether a From field has the address of a daemon or an office."""
    found = _ANGLE.search(value)
    local = found.group().strip("<>").rpartition("@")[0] if found else value
    return local.strip().lower() in public().roles


def _is_sender(value: str) -> bool:
    """Whether a field of addresses names a machine, and nobody."""
    words = WORD.findall(_NO_WORD.sub(" ", _ANGLE.sub(" ", value)).lower())
    return all(word in public().senders for word in words)


def _is_name(word: str) -> bool:
    return word.lower() not in _NO_NAME and not is_generic(word.lower()) and not word.isdigit()


def rewrite_head(raw: bytes, words: Words, place: Place) -> bytes:
    """A block of fields, its lines in LF, with what is private replaced."""
    read = read_text(raw, None)
    made = "".join(
        field.start + rewrite_field(field.name, field.value, words, place) + field.end
        for field in read_fields(read.text)
    )
    return write_text(made, read.charset)


def rewrite_field(name: str, value: str, words: Words, place: Place) -> str:
    """The value of a field."""
    if "=?" in value:
        pieces, at = [], 0
        for found in _WORDS.finditer(value):
            pieces.append(_rewrite_plain(name, value[at : found.start()], words, place, value))
            pieces.append(_rewrite_encoded(name, found.group(), words, place))
            at = found.end()
        return "".join((*pieces, _rewrite_plain(name, value[at:], words, place, value)))
    return _rewrite_plain(name, value, words, place, value)


def _rewrite_plain(name: str, value: str, words: Words, place: Place, whole: str) -> str:
    if not value.strip():
        return value
    if name in public().people or (name.startswith("resent-") and "@" in value):
        return _rewrite_people(value, words, place, whole)
    if name in public().texts:
        return words.rewrite(value, place.mode)
    if name.startswith("content-"):
        return _rewrite_content(name, value, words, place)
    if name in public().ids or (name.endswith("-id") and name != "list-id"):
        return words.rewrite(value, Mode.ALL)
    if name in ("dkim-signature", "domainkey-signature") or name.startswith("arc-"):
        value = _SECRET.sub(lambda found: found[1] + words.names.words(found[2]), value)
        return words.rewrite(value, Mode.NOTICE)
    if name in ("received", "x-received", "reporting-mta", "remote-mta", "received-from-mta"):
        return words.rewrite(_rewrite_machines(name, value, words), Mode.NOTICE)
    if name.startswith("list-"):
        return words.rewrite(value, Mode.STRICT)
    if name in public().counted or name.startswith(_COUNTED_HEADS):
        return words.rewrite(value, Mode.NOTICE)
    return words.rewrite(value, place.mode)


def _rewrite_people(value: str, words: Words, place: Place, whole: str) -> str:
    """Names and addresses; the names of machines stay."""
    if _is_sender(decode_words(whole)):
        return words.rewrite(value, Mode.NOTICE)
    found = _TYPE.match(value)
    at = found.end() if found else 0
    date = _DATE.search(value, at)
    end = date.start() if date else len(value)
    return value[:at] + words.rewrite(value[at:end], Mode.ALL) + value[end:]


def _rewrite_machines(name: str, value: str, words: Words) -> str:
    """Machines without a domain, logins and queue ids, where Received and the like tell them."""

    def bare(found: re.Match[str]) -> str:
        return found[1] + (words.names.label(found[2]) if _is_name(found[2]) else found[2])

    if not name.endswith("received"):
        found = _TYPE.match(value)
        at = found.end() if found else 0
        first = value[at:].strip()
        if "." not in first and _is_name(first) and re.fullmatch(r"[\w-]+", first):
            return value[:at] + value[at:].replace(first, words.names.label(first))
        return value
    value = _BARE.sub(bare, value)
    return _BY_ID.sub(lambda found: found[1] + words.names.words(found[2]), value)


def _rewrite_content(name: str, value: str, words: Words, place: Place) -> str:
    if name == "content-description":
        return words.rewrite(value, place.mode)
    if name not in ("content-type", "content-disposition"):
        return words.rewrite(value, Mode.NOTICE)

    first = _TYPE_NAME.match(value)
    made, at = [first.group() if first else ""], first.end() if first else 0
    for found in _PARAMETER.finditer(value, at):
        made.append(words.rewrite(value[at : found.start()], Mode.NOTICE))
        ending = _ENDING.search(found[2]) if "name" in found[1].lower() else None
        cut = ending.start() if ending else len(found[2])
        made.append(found[1] + map_boundary(found[2][:cut], words) + found[2][cut:])
        at = found.end()
    return "".join((*made, words.rewrite(value[at:], Mode.NOTICE)))


def map_boundary(text: str, words: Words) -> str:
    """A boundary, in its declaration and in its delimiter lines alike."""
    return words.names.words(text)


def _rewrite_encoded(name: str, run: str, words: Words, place: Place) -> str:
    """A run of encoded words (RFC 2047), decoded, replaced, and encoded as before."""
    first = _ONE_WORD.match(run)
    if first is None:
        return words.rewrite(run, Mode.ALL)
    charset, form = first[1], first[3].lower()
    text = decode_words(run)
    made = _rewrite_plain(name, text, words, place, text)
    if made == text:
        return run
    try:
        codec = codecs.lookup(charset).name
        made.encode(codec)
    except (LookupError, UnicodeError, ValueError):
        codec, charset = "utf-8", "utf-8"
    folded = "\n " if "\n" in run else " "
    return folded.join(_encode(made, charset, codec, form))


def _encode(text: str, charset: str, codec: str, form: str) -> Iterator[str]:
    """Encoded words of at most 75 characters or so, no character cut in two."""
    room = 66 - len(charset)
    start, used = 0, 0
    for at, letter in enumerate(text):
        size = len(_encode_piece(letter, codec, form))
        if used + size > room and at > start:
            yield f"=?{charset}?{form.upper()}?{_encode_piece(text[start:at], codec, form)}?="
            start, used = at, 0
        used += size if form == "q" else len(letter.encode(codec, "replace")) * 4 // 3 + 1
    yield f"=?{charset}?{form.upper()}?{_encode_piece(text[start:], codec, form)}?="


def _encode_piece(text: str, codec: str, form: str) -> str:
    raw = text.encode(codec, "replace")
    if form == "b":
        return base64.b64encode(raw).decode()
    plain = binascii.b2a_qp(raw, header=True).decode().replace("=\n", "")
    return plain.replace("?", "=3F").replace(" ", "_")
