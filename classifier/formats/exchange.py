"""Exchange, on the premises and online: the real reply stands in the prose for administrators.

Diagnostic information for administrators:
Generating server: AM0PR01MB0001.eurprd01.prod.exchangelabs.com
bob@example.org
Remote Server returned '550 5.7.1 TRANSPORT.RULES.RejectMessage; ...'
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from classifier.formats.prose import read_prose
from classifier.formats.reader import Clues, Found, Reader

__all__ = ["ONLINE", "ON_PREMISES"]

_CLOUD: Final = (".outlook.com", ".exchangelabs.com", ".office365.com")
#   Remote Server returned '550 5.7.1 ...'     Remote server returned '<host #5.7.1 smtp;550 ...>'
_RETURNED: Final = re.compile(
    r"remote server returned '(?P<reply>[^\n]{3,2000}?)'?\s*$", re.I | re.M
)


def _is_exchange(clues: Clues) -> bool:
    return (
        "x-ms-exchange-message-is-ndr" in clues.message.headers
        or "diagnostic information for administrators" in clues.prose
        or "remote server returned '" in clues.prose
    )


def _online(clues: Clues) -> bool:
    if clues.reporting_mta.endswith(_CLOUD):
        return True
    return _is_exchange(clues) and any(cloud in clues.prose for cloud in _CLOUD)


def _on_premises(clues: Clues) -> bool:
    return _is_exchange(clues) and not _online(clues)


def _read(clues: Clues) -> Sequence[Found]:
    """The general reading of the prose; the quoted reply replaces the advice to end users."""
    found = read_prose(clues)
    replies = [each.group("reply") for each in _RETURNED.finditer(clues.notice.text)]
    if len(replies) == 1:
        return [
            Found(recipient=each.recipient, text=replies[0], kind=each.kind) for each in found
        ] or [Found(recipient=None, text=replies[0])]
    return found


ONLINE = Reader("exchange-online", _online, _read)
ON_PREMISES = Reader("exchange", _on_premises, _read)
