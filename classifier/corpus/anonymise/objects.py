"""Notifications in JSON: the words within their strings, the rest as it stands."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from classifier.addresses import ADDRESS
from classifier.corpus.anonymise.bodies import gather_notice
from classifier.corpus.anonymise.heads import Place, gather, gather_address, rewrite_field
from classifier.corpus.anonymise.words import Known, Mode, Words
from classifier.headers import decode_words

__all__ = ["gather_json", "rewrite_json"]

_MAX_DEPTH: Final = 6
_STRING: Final = re.compile(r'"((?:[^"\\]|\\.)*+)"(\s*:)?')
_NUMBER: Final = re.compile(r"(?<=[:,\[\s])\d{7,}(?=\s*[,}\]])")
_EPOCH: Final = re.compile(r"1\d{9}(?:\d{3})?")
# Keys whose strings are people's, or ids.
_PRIVATE: Final = re.compile(
    r"subject|display.?name|friendly|_name$|^name$|user.?agent|token|signature|city|geo", re.I
)
_IDS: Final = re.compile(r"(?:^|[._-])_?id$|[a-z]Id$|^ID$|uuid|receipthandle|md5", re.I)
_ARN: Final = re.compile(r"(arn:aws[\w-]{0,12}:\w{1,20}:[\w-]{0,24}:)([^\s\"]{1,300})")
_MAIL: Final = re.compile(r"(?:[!-9;-~]{2,60}:[^\n]*\r?\n(?:[ \t][^\n]*\n)*){2,}")
_VALUES: Final = ("from", "to", "cc", "source", "sender", "replyto", "returnpath")


def _strings(text: str) -> list[tuple[int, int, str, str, bool]]:
    """Every string: where it stands, the key that it belongs to, its text, whether it is a key."""
    found_all, key = [], ""
    for found in _STRING.finditer(text):
        try:
            value = msgspec.json.decode(f'"{found[1]}"', type=str)
        except (msgspec.DecodeError, UnicodeError):
            value = found[1]
        if found[2]:
            key = value
        found_all.append((found.start(1), found.end(1), key, value, bool(found[2])))
    return found_all


def gather_json(text: str, known: Known, depth: int = 0) -> None:
    """Add to `known` the names that strings hold."""
    header = ""
    for _, _, key, value, is_key in _strings(text):
        if is_key:
            continue
        if depth < _MAX_DEPTH and value.lstrip()[:1] in ("{", "["):
            gather_json(value, known, depth + 1)
        elif key == "name":
            header = value.lower()
        elif header and key == "value":
            gather(f"{header}: {decode_words(value)}\n", known, Place(notice=False))
            header = ""
        elif key.lower().replace("_", "") in _VALUES:
            gather(f"To: {decode_words(value)}\n", known, Place())
        elif _MAIL.match(value):
            gather(value, known, Place(notice=False))
        elif "subject" in key.lower():
            known.add_phrase(decode_words(value))
        else:
            gather_notice(value[: 64 * 1024], known)
    for found in ADDRESS.finditer(text[: 64 * 1024]):
        local, _, domain = found.group().rpartition("@")
        gather_address(local, domain, known)


def rewrite_json(text: str, words: Words, depth: int = 0) -> str:
    """A JSON text with what is private in its strings and long numbers replaced."""
    made, at, header = [], 0, ""
    for start, end, key, value, is_key in _strings(text):
        made.append(_rewrite_numbers(text[at:start], words))
        at = end
        if is_key:
            new = words.rewrite(value, Mode.NOTICE) if "@" in value else value
        elif key == "name" and value.lower().replace("-", "").isalnum() and len(value) < 60:
            new, header = _header_name(value, words), value.lower()
        elif header and key == "value":
            new, header = rewrite_field(header, value, words, Place(notice=False)), ""
        elif depth < _MAX_DEPTH and value.lstrip()[:1] in ("{", "[") and '"' in value:
            new = rewrite_json(value, words, depth + 1)
        else:
            new = _rewrite_string(key, value, words)
        if new == value:
            made.append(text[start:end])
        else:
            made.append(msgspec.json.encode(new).decode()[1:-1])
    made.append(_rewrite_numbers(text[at:], words))
    return "".join(made)


def _header_name(value: str, words: Words) -> str:
    return value if "-" in value or value.lower() in _VALUES else words.rewrite(value, Mode.STRICT)


def _rewrite_string(key: str, value: str, words: Words) -> str:
    if _MAIL.match(value):
        from classifier.corpus.anonymise.mails import rewrite_returned

        return rewrite_returned(value, words)
    lower = key.lower().replace("_", "")
    if lower in _VALUES and not value.startswith("arn:") and "." in value:
        return rewrite_field("to", value, words, Place())
    if _IDS.search(key) or _PRIVATE.search(key):
        return words.rewrite(value, Mode.ALL)
    if "arn:" in value:
        value = _ARN.sub(lambda found: found[1] + words.rewrite(found[2], Mode.STRICT), value)
    return words.rewrite(value, Mode.NOTICE)


def _rewrite_numbers(text: str, words: Words) -> str:
    """What stands between strings: long numbers that are no time go."""
    return _NUMBER.sub(
        lambda found: (
            found.group() if _EPOCH.fullmatch(found.group()) else _number(found.group(), words)
        ),
        text,
    )


def _number(digits: str, words: Words) -> str:
    made = words.names.word(digits)
    return "1" + made[1:] if made.startswith("0") else made  # JSON knows no leading zero
