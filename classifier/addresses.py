"""Addresses: the plain ones by one pattern, the lists that people and old MTAs write by flanker.

flanker knows quoted names, encoded words, comments and lists with semicolons, and refuses what is
no address; it also takes 0.2 s to import and rewrites some addresses that bounces really hold.
So it is asked only where the plain pattern does not fit, and never for a Final-Recipient.
"""

from __future__ import annotations

import re
import sys
import time
from functools import cache
from importlib import import_module, invalidate_caches
from types import ModuleType
from typing import Final

__all__ = [
    "ADDRESS",
    "bare",
    "domain_of",
    "plain_addresses",
    "plain_domain",
    "read_list",
    "without_words",
]

_TRIES: Final = 50
_PAUSE: Final = 0.1  # seconds

#: An address in running text: plain or with a quoted local part, the domain with at least one dot
#: or a literal. Unlike RFC 5321's it takes the dots that some carriers allow (`a..b.@example.jp`).
ADDRESS: Final = re.compile(
    # Not from the middle of a word: each place of a long one would be tried. Bullets may precede.
    r"(?:\"[^\"\n\t\\@]{1,64}\"|(?<![^\s\"<>()\[\]:;,@\\|'`{}*•·：，、。；（）「」『』【】《》〈〉-])"
    r"(?:[^\s\"<>()\[\]:;,@\\|'`{}：，、。；（）「」『』【】《》〈〉]{0,32}\w'(?=\w)){0,2}"
    r"[^\s\"<>()\[\]:;,@\\|'`{}：，、。；（）「」『』【】《》〈〉]{1,128})"
    # What sticks to the last label in another script is no part of it: bob@example.kr로
    r"@(?:(?:[\w-]{1,63}\.){1,12}(?:[0-9A-Za-z\xc0-\u024f_-]{1,63}|[^\W\x00-\u024f]{1,63})"
    r"|\[[0-9A-Fa-f.:IPv]{3,50}\])"
)
# 您发往bob@example.cn    but not 用户@example.cn; Thai, kana, Han and Hangul
_WORDS_BEFORE: Final = re.compile(
    "[^@]{0,128}[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af](?=[!-?A-~]{1,128}@)"
)
# Ada Marsh <ada@example.org>   "Marsh, Ada" <ada@example.org>   <ada@example.org>   ada@...
_PLAIN: Final = re.compile(
    r"(?:\"[^\"\\]*\"\s*|[^<>,;:@()\"]*)<\s*([^\s<>,;:@()\"]+@[\w.-]+)\s*>\s*"
    r"|([^\s<>,;:@()\"]+@[\w.-]+)"
)
# first@example.org, second@example.org: which flanker gives back as they are
_LOCAL: Final = r"[\w+-]{1,64}(?:\.[\w+-]{1,64}){0,8}"
_DOMAIN: Final = r"(?:[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?\.){1,8}[a-z]{2,16}"
_BARE_LIST: Final = re.compile(rf"{_LOCAL}@{_DOMAIN}(?:, {_LOCAL}@{_DOMAIN}){{1,99}}", re.ASCII)
_MAX_LIST: Final = 8192


def bare(text: str) -> str:
    """`text` without angle brackets, a source route, `mailto:` and the blanks around it."""
    text = text.strip().removeprefix("mailto:")
    if "<" in text and ">" in text:
        text = text[text.rindex("<") + 1 :].partition(">")[0]
    text = text.strip("<> \t")
    # <@a.example,@b.example:user@c.example> (RFC 5321 appendix C)
    if text.startswith("@") and ":" in text:
        text = text.rpartition(":")[2]
    return text


def without_words(address: str) -> str:
    """What `ADDRESS` found, less the words of a script that puts no blank before an address."""
    before = None if address.isascii() else _WORDS_BEFORE.match(address)
    return address[before.end() :] if before else address


def domain_of(address: str | None) -> str | None:
    """The domain of an address in lower case, or None."""
    if not address or "@" not in address:
        return None
    return address.rpartition("@")[2].strip(" >.").lower() or None


#: A word with an @ in it; signs that stand around addresses divide words, as blanks do.
_WITH_AT: Final = re.compile(r"(?<![^\s,;<>\"()])[^\s,;<>\"()@]*+@[^\s,;<>\"()]*+")
_WORD: Final = re.compile(r"[^\s,;<>\"()]*+")
_LOOKED_AT: Final = 4096  # characters of a field


def plain_addresses(value: str | None) -> list[str]:
    """The addresses of a field by sight, without the cost of reading it as people mean it."""
    if not value or "@" not in value:
        return []
    return _WITH_AT.findall(value[:_LOOKED_AT])


def plain_domain(value: str | None) -> str | None:
    """The domain of the last address of a field, by sight, in lower case; None without any."""
    _, at, behind = (value or "")[:_LOOKED_AT].rpartition("@")
    found = _WORD.match(behind) if at else None
    return (found.group().strip(" >.").lower() or None) if found else None


def read_list(value: str | None) -> tuple[str, ...]:
    """The addresses of a From, To or Cc field, in order; () where there are none."""
    if not value:
        return ()
    found = _PLAIN.fullmatch(value)
    if found:
        return (found.group(1) or found.group(2),)
    if "@" not in value:
        return ()
    if len(value) <= _MAX_LIST and _BARE_LIST.fullmatch(value):
        return tuple(value.split(", "))
    return _by_flanker(value[:_MAX_LIST]) or tuple(ADDRESS.findall(value[:_MAX_LIST]))


def _by_flanker(value: str) -> tuple[str, ...]:
    address = _load_flanker()
    try:
        return tuple(str(each.address) for each in address.parse_list(value))
    except (ValueError, TypeError, AttributeError, RecursionError):
        return ()


@cache
def _load_flanker() -> ModuleType:
    """The reader of addresses of flanker.

    The first import after an installation writes tables beside it, which take about a second. A
    process that starts in this second finds them half written, so it tries again.
    """
    import logging

    # It warns of what it cannot decode, and of tables that it cannot save.
    logger = logging.getLogger("flanker")
    logger.addHandler(logging.NullHandler())
    logger.propagate = False
    for _ in range(_TRIES):
        try:
            return import_module("flanker.addresslib.address")
        except ModuleNotFoundError:
            raise
        except Exception:
            for name in [each for each in sys.modules if each.startswith("flanker.addresslib")]:
                del sys.modules[name]
            invalidate_caches()
            time.sleep(_PAUSE)
    return import_module("flanker.addresslib.address")
