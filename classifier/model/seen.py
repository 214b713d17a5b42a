"""The templates that a model has seen: one key for each wording of the replies it learned from.

Two replies of one template differ only in what is masked (see `features`) and in ids too short
for a mask. The keys lie in the model's folder as a plain array, `templates.npy`, which is read
here without NumPy, because whoever only counts must not wait for its import.
"""

from __future__ import annotations

import hashlib
import re
import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Final

from classifier.errors import OperatorError
from classifier.evidence import weigh_text
from classifier.model.features import read_features

__all__ = ["TEMPLATES", "Seen", "reply_key", "template_key", "write_seen"]

TEMPLATES: Final = "templates.npy"
_CURE: Final = "Train the model again with `whybounce train`, or reinstall whybounce."
_LONGEST: Final = 4 * 1024 * 1024  # bytes, half a million templates
# Ids change the length of a text, so the place where a long one is cut off; no key comes near it.
_WORDS: Final = 50

# The format of .npy files, version 1.0: magic, version, two bytes of length, and a header that
# ends with the 64th byte or a multiple of it. NumPy writes the header of a vector just so.
_MAGIC: Final = b"\x93NUMPY\x01\x00"
_HEADER: Final = re.compile(
    rb"\{'descr': '<u8', 'fortran_order': False, 'shape': \((\d{1,7}),\), \} *\n"
)


def template_key(text: str) -> int:
    """The key, 64 bits, of a masked text as `read_features` gives it.

    Masks in a row are one; at the ends they do not count, and neither do words after the fiftieth.
    """
    words: list[str] = []
    for word in text.split():
        masked = word.isupper() or any(map(str.isdigit, word))
        if not masked:
            words.append(word)
        elif words and words[-1] != "_":
            words.append("_")
        if len(words) > _WORDS:
            break
    words = words[:_WORDS]
    if words and words[-1] == "_":
        words.pop()
    digest = hashlib.blake2b(" ".join(words).encode("utf-8", "replace"), digest_size=8)
    return int.from_bytes(digest.digest(), "little")


_NOTHING: Final = template_key("")


_LONGEST_REPLY: Final = 4000  # characters that are looked at


def reply_key(reply: str) -> int | None:
    """The key of a reply or diagnostic as it was reported; None where it holds no words."""
    return _key(reply[:_LONGEST_REPLY])


# Recipients of one mailing get the same reply; reading one costs a fifth of a millisecond.
@lru_cache(maxsize=4096)
def _key(reply: str) -> int | None:
    key = template_key(read_features(weigh_text(reply)).text)
    return None if key == _NOTHING else key


class Seen:
    """Sorted keys; empty where nobody knows which replies a model has seen."""

    def __init__(self, keys: Iterable[int] = ()) -> None:
        self._keys = array("Q", sorted(set(keys)))

    @classmethod
    def load(cls, folder: Path | None) -> Seen:
        """The keys in a model's folder; empty without a folder, or where it has none.

        Raises `OperatorError` where they are damaged or cannot be read.
        """
        if folder is None:
            return cls()
        path = folder / TEMPLATES
        try:
            with path.open("rb") as file:
                data = file.read(_LONGEST + 1)
        except FileNotFoundError:
            return cls()
        except OSError as error:
            fault = f"cannot be read ({error.strerror or error})"
            raise OperatorError(str(path), [fault], _CURE) from error
        try:
            return cls(_decode(data))
        except ValueError as error:
            raise OperatorError(str(path), [f"is damaged: {error}"], _CURE) from error

    def __len__(self) -> int:
        return len(self._keys)

    def __contains__(self, key: int) -> bool:
        at = bisect_left(self._keys, key)
        return at < len(self._keys) and self._keys[at] == key


def write_seen(folder: Path, keys: Iterable[int]) -> None:
    """Write the keys, each once, into a model's folder, which exists.

    Raises `OperatorError` where they find no place, or are too many to be read again.
    """
    data = _encode(array("Q", sorted(set(keys))))
    path = folder / TEMPLATES
    if len(data) > _LONGEST:
        raise OperatorError(str(path), [f"would hold more than {_LONGEST} bytes"], "Train on less.")
    try:
        path.write_bytes(data)
    except OSError as error:
        fault = f"cannot be written ({error.strerror or error})"
        raise OperatorError(str(path), [fault], "Check the folder.") from error


def _encode(keys: array[int]) -> bytes:
    shape = f"{{'descr': '<u8', 'fortran_order': False, 'shape': ({len(keys)},), }}"
    start = len(_MAGIC) + 2
    header = shape.ljust((start + len(shape)) // 64 * 64 + 63 - start) + "\n"
    return _MAGIC + len(header).to_bytes(2, "little") + header.encode() + _swap(keys).tobytes()


def _decode(data: bytes) -> array[int]:
    """The keys of a file. Raises `ValueError` that says what is wrong with it."""
    if len(data) > _LONGEST:
        raise ValueError(f"it has more than {_LONGEST} bytes")
    start = len(_MAGIC) + 2
    if not data.startswith(_MAGIC) or len(data) < start:
        raise ValueError("it does not begin as an array of NumPy does")
    end = start + int.from_bytes(data[start - 2 : start], "little")
    header = _HEADER.fullmatch(data[start:end])
    if header is None:
        raise ValueError("it is no list of unsigned 64-bit integers")
    if len(data) - end != 8 * int(header.group(1)):
        raise ValueError(f"it should hold {int(header.group(1))} keys of 8 bytes")
    keys = array("Q")
    keys.frombytes(data[end:])
    keys = _swap(keys)
    if any(keys[at - 1] >= keys[at] for at in range(1, len(keys))):
        raise ValueError("its keys are not in order")
    return keys


def _swap(keys: array[int]) -> array[int]:
    """The keys as the file has them, or back; the file is little-endian."""
    if sys.byteorder == "big":
        keys = keys[:]
        keys.byteswap()
    return keys
