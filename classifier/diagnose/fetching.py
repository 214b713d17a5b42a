"""Pages by https: few bytes, no redirects, an end."""

from __future__ import annotations

import urllib.error
import urllib.request
from typing import Final

__all__ = ["fetch"]

_LONGEST: Final = 64 * 1024  # bytes; a policy has at most that many (RFC 8461 3.2)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Redirects are not followed (RFC 8461 3.3)."""

    def redirect_request(self, *args: object) -> None:
        """None: the redirect itself becomes the error."""


def fetch(page: str, timeout: float) -> bytes:
    """The first bytes of a page; `timeout` in seconds. Raises OSError, and for all but https."""
    if not page.startswith("https://"):
        raise OSError("only https is fetched")
    opener = urllib.request.build_opener(_NoRedirect)
    try:
        with opener.open(page, timeout=timeout) as answer:
            return bytes(answer.read(_LONGEST))
    except ValueError as error:  # no page's name at all
        raise OSError(str(error)) from error
