"""Features: what the model sees of a piece of evidence, in training and in use alike.

Only the words of the innermost reply count, with everything masked that names somebody or
something (addresses, hosts, numbers), and beside them as tokens the codes, the circumstances,
and what rules hint at.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Sequence
from itertools import pairwise
from typing import Final

from classifier.evidence import Evidence, Hop
from classifier.frozen import FrozenLeaf
from classifier.rules.index import Hit
from classifier.rules.rule import Layer

__all__ = ["VERSION", "Features", "characters", "familiar", "grams", "known", "letters"]
__all__ += ["read_features", "spell"]

#: Raised whenever the same evidence would give other features: a model is good for one version.
VERSION: Final = 2


class Features(FrozenLeaf):
    """The masked words of a reply; codes, circumstances, hints: `__code=550`, `__hint=spam`."""

    text: str
    tokens: tuple[str, ...] = ()


_MAX_TEXT: Final = 1000  # characters; what a reply means is said before them

# What names somebody or something. All repeats are bounded, so that hostile text costs linear time,
# and a pattern is quicker that begins with the characters that it may begin with.
_IN_REPLY: Final = re.compile(r"\(in reply to (?:[a-z]{1,10} ){1,4}command\)")
_URL: Final = re.compile(r"\b(?:https?://|www\.)[^\s<>\"]{1,1000}")
_ADDRESS: Final = re.compile(r"[^\s<>@:;,()\[\]]{1,64}@[^\s<>@:;,()\[\]]{1,255}")
_IPV4: Final = re.compile(r"\d(?<!\w\d)\d{0,2}(?:\.\d{1,3}){3}\b")
#   2001:db8::1 (and 10:22:31, which says as little)
_IPV6: Final = re.compile(r"\b[0-9a-f]{1,4}(?:(?:::?[0-9a-f]{1,4}){2,7}|::[0-9a-f]{1,4})\b")
_CODE: Final = re.compile(r"^[245]\d\d\b")
_STATUS: Final = re.compile(r"[#245](?:(?<=#)[245]|(?<=[245])(?<!\w.))\.\d{1,3}\.\d{1,3}\b")
_DOTTED: Final = re.compile(r"\.(?<=[a-z0-9_-]\.)[a-z0-9_-]")  # in every host, and few sentences
_HOST: Final = re.compile(r"(?<![\w.-])(?:[a-z0-9_-]{1,63}\.){1,8}[a-z]{2,6}\b(?![.-]\w)")
_WORD: Final = re.compile(r"[^\W_]+(?:['-][^\W_]+)*")
# All of ASCII that stands in no word as a blank: most texts are parted so, many times as fast.
_SPACED: Final = bytes(code if chr(code).isalnum() else 32 for code in range(128)).ljust(256)
_DIGIT: Final = re.compile(r"[0-9]")
_BY_CODE: Final = (Layer.STATUS, Layer.HOP)
# The recipient's side is what is assumed where nothing is known, so it says nothing.
_ASSUMED: Final = (Hop.RECIPIENT_MX, Hop.UNKNOWN)
_LONG_ID: Final = 8  # characters from which a word with a digit in it is an id: s-k42xq81a


def read_features(evidence: Evidence, hits: Sequence[Hit] = ()) -> Features:
    """The features of one failed recipient. `hits` are the rules that fire on it.

    Of these only what hints, and what codes mean, are taken: a model that saw what rules decide
    would say the same again.
    """
    tokens = (*_tokens(evidence), *_hints(hits))
    return Features(_mask(evidence.folded[:_MAX_TEXT]), tokens)


def _hints(hits: Sequence[Hit]) -> list[str]:
    found = set()
    for hit in hits:
        rule = hit.rule
        if not rule.decides:
            found.add(f"__hint={rule.reason}")
        elif hit.place == "codes" and rule.layer in _BY_CODE:
            found.add(f"__means={rule.reason}")
    return sorted(found)


def _mask(text: str) -> str:
    """The words of a folded text, with masks (upper case, so that no word is taken for one)."""
    # Most texts lack most of this, which their characters tell sooner than a pattern.
    if "(in reply to" in text:  # (in reply to end of data command): said by the command's token
        text = _IN_REPLY.sub(" ", text)
    if "://" in text or "www." in text:
        text = _URL.sub(" URL ", text)
    if "@" in text:
        text = _ADDRESS.sub(" ADDRESS ", text)
    if text.count(".") > 2:
        text = _IPV4.sub(" IP ", text)
    if text.count(":") > 1:
        text = _IPV6.sub(" IP ", text)
    # 550 5.7.1 / (#5.1.1) / 550-5.7.26: said by the tokens of code and status
    if text.startswith(("2", "4", "5")):
        text = _CODE.sub(" ", text, 1)
    if text.count(".") > 1:
        text = _STATUS.sub(" ", text)
    # mx1.example.org, but not resolver.rst.authrequired, which is a word of Exchange's
    if "." in text and _DOTTED.search(text):
        text = _HOST.sub(" HOST ", text)
    if text.isascii() and "-" not in text and "'" not in text:
        words = text.encode().translate(_SPACED).decode().split()
    else:
        words = _WORD.findall(text)
    if _DIGIT.search(text):
        words = [word if word.isalpha() else _mask_word(word) for word in words]
    return " ".join(words)


def _mask_word(word: str) -> str:
    if word.isascii() and _DIGIT.search(word):
        if word.isdigit():
            return "NUMBER"
        if len(word) >= _LONG_ID:
            return "ID"
    return word


def _tokens(evidence: Evidence) -> Iterator[str]:
    if evidence.reply_code:
        yield f"__code={evidence.reply_code}"
    if evidence.status:
        yield f"__status={evidence.status}"
        yield f"__detail={evidence.status[2:]}"
        yield f"__subject={evidence.status[2:].partition('.')[0]}"
    code = evidence.reply_code or evidence.status
    if code:
        yield f"__class={code[0]}"
    if evidence.command:
        yield f"__command={evidence.command}"
    if evidence.hop not in _ASSUMED:
        yield f"__hop={evidence.hop}"
    if evidence.auth:
        for method in ("spf", "dkim", "dmarc", "arc"):
            if method in evidence.auth:
                yield f"__{method}={evidence.auth[method]}"


def letters(text: str) -> int:
    """How many letters a masked text holds, masks apart."""
    return sum(character.isalpha() and not character.isupper() for character in text)


def known(text: str, vocabulary: Container[str]) -> float:
    """Which share of the words' character n-grams `vocabulary` holds; 0 to 1.

    Each word counts once, masks not at all.
    """
    found = of = 0
    for word in set(text.split()):
        one, all_ = familiar(word, vocabulary)
        found, of = found + one, of + all_
    return found / max(of, 1)


def familiar(word: str, vocabulary: Container[str]) -> tuple[int, int]:
    """How many of a word's character n-grams `vocabulary` holds, of how many; none of a mask's."""
    if not letters(word):
        return 0, 0
    seen = set(characters(word))
    return sum(gram in vocabulary for gram in seen), len(seen)


def grams(text: str) -> list[str]:
    """The features of a masked text, each as often as it occurs.

    Two kinds in one space: 3 to 5 characters of one word with a blank at its ends (`" spf "`),
    and 1 or 2 words (`"=spf failed"`).
    """
    words = text.split()
    found = [f"={one} {two}" for one, two in pairwise(words)]
    for word in words:
        found += spell(word)
    return found


def spell(word: str) -> list[str]:
    """The features of one word: itself, and its pieces."""
    return ["=" + word, *characters(word)]


def characters(word: str) -> Iterator[str]:
    """The n-grams of one word, the same as those of scikit-learn's `char_wb` analyzer."""
    padded = f" {word} "
    for size in (3, 4, 5):
        if len(padded) <= size:
            yield padded  # a short word counts once
            return
        for start in range(len(padded) - size + 1):
            yield padded[start : start + size]
