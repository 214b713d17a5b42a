"""Secrets: held so that nothing prints them, and blotted out of whatever a server echoes."""

from __future__ import annotations

import base64
import urllib.parse
from collections.abc import Iterable
from typing import Final, NoReturn

__all__ = ["BLOT", "Blotter", "Secret"]

BLOT: Final = "[secret]"
_SHORTEST: Final = 4  # characters; a shorter one would blot half of any text


class Secret:
    """A password or key. `repr`, `str`, formats and pickles never hold it; `reveal` does."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The secret itself, for the one call that needs it."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(...)"

    def __bool__(self) -> bool:
        return bool(self._value)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not written anywhere")


class Blotter:
    """Takes secrets out of texts, in the forms in which a server may echo them.

    SMTP's AUTH sends them in base64 (RFC 4616, and LOGIN as everybody speaks it), so that a reply
    or an exception that quotes the command holds that form.
    """

    def __init__(self, secrets: Iterable[Secret], users: Iterable[str] = ()) -> None:
        """`users` are the names that go into AUTH PLAIN beside each secret."""
        forms: set[str] = set()
        names = ("", *users)
        for secret in secrets:
            value = secret.reveal()
            if len(value) < _SHORTEST:
                continue
            raw = value.encode("utf-8", "surrogateescape")
            plain = [raw, *(f"\0{name}\0".encode() + raw for name in names)]
            plain += [f"{name}\0{name}\0".encode() + raw for name in names]
            forms |= {value, urllib.parse.quote(value, safe=""), repr(value)[1:-1]}
            forms |= {base64.b64encode(each).decode().rstrip("=") for each in plain}
            forms |= {base64.urlsafe_b64encode(each).decode().rstrip("=") for each in plain}
        # the longest first, so that none leaves a piece of a longer one
        self._forms = sorted(forms, key=len, reverse=True)

    def __repr__(self) -> str:
        return "Blotter(...)"

    def clean(self, text: str) -> str:
        """`text` with every form of every secret replaced."""
        for form in self._forms:
            if form in text:
                text = text.replace(form, BLOT)
        return text
