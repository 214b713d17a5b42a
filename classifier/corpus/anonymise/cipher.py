"""Words to other words of the same shape, each to one of its own, under a secret seed.

A small Feistel network over the letters' places in their alphabets: letters become letters of the
same script and case, digits digits. What maps words one to one needs no table to keep them apart,
so a run of any length takes the same memory, and equal words are equal in every mail.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

__all__ = ["Cipher"]

_LATIN: Final = "abcdefghijklmnopqrstuvwxyz"
_HEX_LETTERS: Final = "abcdef"
_HEX: Final = re.compile(r"[0-9A-F]{6,64}|[0-9a-f]{6,64}")
_DIGITS: Final = "0123456789"
# Signs that every charset of their script can write.
_ALPHABETS: Final = {
    "LATIN": _LATIN,
    "CYRILLIC": "абвгдежзийклмнопрстуфхцчшщъыьэюя",
    "GREEK": "αβγδεζηθικλμνξοπρστυφχψω",
    "HEBREW": "אבגדהוזחטיכלמנסעפצקרשת",
    "ARABIC": "ابتثجحخدذرزسشصضطظعغفقكلمنهوي",
    "THAI": "กขคงจชญดตถทธนบปผพฟมยรลวสหอ",
    "HIRAGANA": "あいうえおかきくけこさしすせそたちつてとなにぬ"
    "ねのはひふへほまみむめもやゆよらりるれろわん",
    "KATAKANA": "アイウエオカキクケコサシスセソタチツテトナニヌ"
    "ネノハヒフヘホマミムメモヤユヨラリルレロワン",
    "CJK": "一二三四五六七八九十人大小中上下山川田木本日月水火土金石花草竹米糸耳目口手足力男女子王"
    "玉天空雨雪雲星林森村町市名前高安古今白青赤黒東西南北春夏秋冬朝夜父母友心立文光明正平成永和",
    "HANGUL": "가나다라마바사아자차카타파하고노도로모보소오조초코토포호구누두루무부수우주추쿠투푸후"
    "기니디리미비시이지치키티피히강남동김박정민성수영진현호",
}
_BY_SCRIPT: Final = {name: "".join(dict.fromkeys(signs)) for name, signs in _ALPHABETS.items()}
_PLACES: Final = {
    letter: (alphabet, place)
    for alphabet in (_DIGITS, *_BY_SCRIPT.values())
    for place, letter in enumerate(alphabet)
}
_ROUNDS: Final = 6
_LONGEST: Final = 48  # letters enciphered together
_RUN: Final = re.compile(r"[A-Za-z]+|\d+|[^\W\d_]+")
_KNOWN: Final = 1 << 16


class Cipher:
    """Replaces words; `word` is all that others need. Seeds of any length do."""

    def __init__(self, seed: str) -> None:
        self._key = hashlib.blake2b(seed.encode("utf-8", "surrogatepass"), digest_size=32).digest()
        self._known: dict[str, str] = {}

    def digest(self, kind: str, value: str, size: int = 16) -> int:
        """A number that only the seed tells from another."""
        text = f"{kind}\0{value}".encode("utf-8", "surrogatepass")
        return int.from_bytes(hashlib.blake2b(text, key=self._key, digest_size=size).digest())

    def letters(self, kind: str, value: str, length: int) -> str:
        """So many small letters that stand for `value`."""
        number, found = self.digest(kind, value, 64), []
        for _ in range(min(length, 100)):
            number, place = divmod(number, 26)
            found.append(_LATIN[place])
        return "".join(found)

    def word(self, word: str) -> str:
        """The other word for a run of letters and digits, the same whatever its case."""
        known = self._known.get(word)
        if known is not None:
            return known
        runs = _RUN.findall(word)
        # acme2026 is a word and a number, so that both are found again; 4F3A2B1C is an id.
        if _HEX.fullmatch(word) and not word.isdigit() and not word.isalpha():
            made = self._pieces(word, _HEX_LETTERS)
        elif len(runs) > 3 and word.isascii():
            made = self._pieces(word)
        else:
            made = "".join(map(self._pieces, runs))
        if len(self._known) >= _KNOWN:
            self._known.clear()
        self._known[word] = made
        return made

    def _pieces(self, word: str, letters: str = "") -> str:
        starts = range(0, len(word), _LONGEST)
        return "".join(self._encipher(word[at : at + _LONGEST], letters) for at in starts)

    def _encipher(self, word: str, letters: str = "") -> str:
        places = [_place(letter) for letter in word]
        if letters:
            places = [
                (letters, place) if alphabet == _LATIN else (alphabet, place)
                for alphabet, place in places
            ]
        radices = [len(alphabet) for alphabet, _ in places]
        before = [place for _, place in places]
        after = self._permute(before, radices)
        if after == before:
            after = self._permute(after, radices, b"again")
        made = []
        for letter, (alphabet, _), place in zip(word, places, after, strict=True):
            other = alphabet[place]
            made.append(other.upper() if letter.isupper() else other)
        return "".join(made)

    def _permute(
        self, places: Sequence[int], radices: Sequence[int], tweak: bytes = b""
    ) -> list[int]:
        if len(places) == 1:
            shift = self.digest("single", tweak.hex() + str(radices[0])) % (radices[0] - 1)
            return [(places[0] + 1 + shift) % radices[0]]
        half = len(places) // 2
        left, right = list(places[:half]), list(places[half:])
        for number in range(_ROUNDS):
            changed, other = (left, right) if number % 2 else (right, left)
            pad = hashlib.blake2b(
                bytes((number, len(places), *other)), key=self._key, person=tweak
            ).digest()
            limits = radices[:half] if number % 2 else radices[half:]
            for at, limit in enumerate(limits):
                changed[at] = (changed[at] + pad[at]) % limit
        return left + right


@lru_cache(maxsize=8192)
def _place(letter: str) -> tuple[str, int]:
    """The alphabet of a letter and its place there; of one that stands in none, some place."""
    small = letter.lower()
    found = _PLACES.get(small) or _PLACES.get(unicodedata.normalize("NFKD", small)[:1])
    if found is not None:
        return found
    if letter.isdigit():
        return _DIGITS, unicodedata.digit(letter, 0)
    script = unicodedata.name(letter, "LATIN").split(" ", 1)[0]
    alphabet = _BY_SCRIPT.get(script, _LATIN)
    return alphabet, ord(letter) % len(alphabet)
