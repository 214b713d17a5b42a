"""Bodies: a notice keeps its words, a returned message only its shape, an attachment its size."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from classifier.addresses import ADDRESS
from classifier.corpus.anonymise.charsets import read_text, redo_transfer, undo_transfer, write_text
from classifier.corpus.anonymise.heads import (
    Place,
    gather_address,
    read_fields,
    rewrite_field,
)
from classifier.corpus.anonymise.public import WORD
from classifier.corpus.anonymise.words import Known, Mode, Words, is_common
from classifier.message import STATUS_TYPES
from classifier.notice import own_text

__all__ = ["FIELDS", "gather_notice", "is_text", "rewrite_body", "rewrite_notice", "texts_of"]

#: Types of parts that hold fields as heads do.
FIELDS: Final = (
    *STATUS_TYPES,
    *("message/disposition-notification", "message/feedback-report", "message/delivery-report"),
)
_MAX_TEXT: Final = 64 * 1024  # characters that names are gathered from
_BLOCK: Final = re.compile(r"(?:[!-9;-~]+[ \t]*:[^\n]*(?:\n[ \t][^\n]*)*(?:\n|\Z)){2,}")
_NOT_LINE: Final = re.compile(rb"[^\n]")
_SIGNS: Final = re.compile(rb"[A-Za-z0-9+/]")
# Subject: Offer      To: Anna Marsh      Betreff : Angebot
_LABELLED: Final = re.compile(
    r"^(?P<label>[ \t>*|-]{0,12}(?:(?P<subject>Subject|Betreff|Objet|Asunto|Oggetto|Onderwerp"
    r"|Assunto|Temat|Тема|Ämne|Emne|Aihe|件名|主题|主旨|제목|Message[ -]subject|Filename)"
    r"|From|To|Cc|Von|An|De|Para|Da|Van|Sender|Recipients?|Original-Recipient|От|Кому)"
    r"[ \t]{0,4}[:：])(?P<value>[^\n]{1,998})$",
    re.MULTILINE | re.IGNORECASE,
)
# Anna Marsh <anna@acme.com>    "Marsh, Anna" (anna@acme.com)
_NAMED: Final = re.compile(r"[<(\[](?:mailto:|smtp:)?[^\s<>()@]{1,128}@", re.IGNORECASE)
_BEFORE: Final = re.compile(r"[^\n<>()@:;\"]{2,60}\"? ?$")
# 'Anna Marsh' on 3/4/2026 10:11 AM       Dear Anna,      Hallo Anna,
_SAID: Final = re.compile(
    r"^[ \t]{0,16}'([^'\n@]{2,60})' on \d"
    r"|^[ \t>]{0,8}(?:Dear|Hello|Hi|Hallo|Liebe|Lieber|Bonjour|Cher|Chère|Hola|Ciao)"
    r" ([^\n,!.]{2,60})[,!]",
    re.MULTILINE,
)


def is_text(kind: str) -> bool:
    """Whether a part of that type is read as text."""
    return kind.startswith(("text/", "multipart/", "message/")) or kind == "application/json"


def texts_of(raw: bytes, encoding: str, charset: str | None) -> Iterator[str]:
    """The text of a part, for names to be gathered from."""
    undone = undo_transfer(raw, encoding) if encoding.startswith(("base64", "quoted")) else None
    yield read_text(undone[0] if undone else raw, charset).text[:_MAX_TEXT]


def gather_notice(text: str, known: Known) -> None:
    """Add to `known` the people and machines that a notice names beyond doubt."""
    for found in ADDRESS.finditer(text):
        local, _, domain = found.group().rpartition("@")
        gather_address(local.strip('"'), domain, known)
    for found in _NAMED.finditer(text):
        name = _BEFORE.search(text[max(0, found.start() - 62) : found.start()])
        words = WORD.findall(name.group()) if name else []
        known.add_words(
            word for word in words if word[0].isupper() or (not word.isascii() and len(word) < 13)
        )
    for found in _SAID.finditer(text):
        known.add_words(WORD.findall(found[1] or found[2]))
    for found in _LABELLED.finditer(text):
        if found["subject"]:
            known.add_phrase(found["value"])


def rewrite_body(
    raw: bytes, kind: str, encoding: str, charset: str | None, place: Place, words: Words
) -> bytes:
    """The body of a part, its transfer encoding and charset as before."""
    if not raw.strip():
        return raw
    if not is_text(kind):
        return (_SIGNS if encoding.startswith("base64") else _NOT_LINE).sub(b"A", raw)
    rest = b""
    data = raw
    undone = undo_transfer(raw, encoding) if encoding.startswith(("base64", "quoted")) else None
    if undone is not None:
        data, rest = undone
    read = read_text(data, charset)
    mode = Mode.ALL if not place.notice else Mode.STRICT if place.private else Mode.NOTICE
    if mode is Mode.NOTICE and not read.sure:
        mode = Mode.STRICT
    if kind in FIELDS:
        made = "".join(
            field.start + rewrite_field(field.name, field.value, words, Place()) + field.end
            if field.start
            else words.rewrite(field.value, Mode.NOTICE)
            for field in read_fields(read.text)
        )
    elif kind == "text/html" or (mode is Mode.ALL and "</" in read.text):
        made = words.html(read.text, mode)
    elif mode is Mode.ALL:
        made = words.rewrite(read.text, mode)
    elif place.whole:
        made = _rewrite_forwarded(read.text, words)
    else:
        made = rewrite_notice(read.text, words, mode)
    after = rewrite_body(rest, "text/plain", "", charset, place, words) if rest else b""
    if made == read.text:
        return raw[: len(raw) - len(rest)] + after
    data = write_text(made, read.charset, kind == "text/html")
    return (redo_transfer(data, encoding, raw) if undone is not None else data) + after


def rewrite_notice(text: str, words: Words, mode: Mode) -> str:
    """A notice, and the message that it returns in its own text."""
    own = own_text(text)
    rest = text[len(own) :]
    made = _rewrite_lines(own, words, mode)
    if not rest:
        return made
    head = _BLOCK.search(rest)
    if head is None:
        return made + words.rewrite(rest, Mode.ALL)
    returned = Place(notice=False, private=True)
    fields = "".join(
        field.start + rewrite_field(field.name, field.value, words, returned) + field.end
        for field in read_fields(head.group())
    )
    above = _rewrite_lines(rest[: head.start()], words, mode)
    return made + above + fields + words.rewrite(rest[head.end() :], Mode.ALL)


def _rewrite_lines(text: str, words: Words, mode: Mode, subject: Mode = Mode.ALL) -> str:
    """Text line by line where labels tell what follows, else as a whole."""
    made, at = [], 0
    for found in _LABELLED.finditer(text):
        value = found["value"]
        made.append(words.rewrite(text[at : found.start("value")], mode))
        if found["subject"]:
            made.append(words.rewrite(value, subject))
        elif all(is_common(word.lower()) for word in WORD.findall(ADDRESS.sub("", value))):
            made.append(words.rewrite(value, mode))
        else:
            made.append(rewrite_field("to", value, words, Place()))
        at = found.end()
    made.append(words.rewrite(text[at:], mode))
    return "".join(made)


def _rewrite_forwarded(text: str, words: Words) -> str:
    """What somebody wrote above a bounce, the head that it had, and the bounce."""
    above = own_text(text)
    rest = text[len(above) :]
    head = rest.find("\n\n") + 1 or len(rest)
    if not rest:
        return _rewrite_lines(text, words, Mode.STRICT, Mode.STRICT)
    return (
        words.rewrite(above, Mode.STRICT)
        + _rewrite_lines(rest[:head], words, Mode.STRICT, Mode.STRICT)
        + rewrite_notice(rest[head:], words, Mode.NOTICE)
    )
