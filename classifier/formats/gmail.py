"""Gmail: text in the old notices, a status part in the new; "Send mail as" has its own notice.

The response was:
535 Authentication Credentials Invalid

The relay of a "Send mail as" address is the sender's own: what it refuses at login is the
sender's password, and the status part (often 5.0.0 or none) does not say so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from classifier.formats.prose import read_prose
from classifier.formats.reader import Clues, Found, Reader
from classifier.reply import read_reply

__all__ = ["GROUPS", "READER"]

_RESPONSE: Final = re.compile(
    r"(?:the response(?: from the remote server)? was|the error that the other server returned was"
    r"|we weren't able to .{0,80}response was)\s*:\s*(?P<reply>\S(?:[^\n]|\n(?=[^\n]))*)",
    re.IGNORECASE,
)


def _read(clues: Clues) -> Sequence[Found]:
    """The general reading, with the quoted response where there is one."""
    found = read_prose(clues)
    response = _RESPONSE.search(clues.notice.text)
    if response is None:
        return found
    reply = " ".join(response.group("reply").split())
    if not found:
        return [Found(recipient=each, text=reply) for each in clues.failed or (None,)]
    return [
        msgspec.structs.replace(each, text=reply, host=each.host or read_reply(each.text).host)
        for each in found
    ]


READER = Reader(
    "gmail",
    (
        "mta: googlemail.com$",
        "mta: google.com$",
        "from: @googlemail.com",
        "from: mailer-daemon@gmail.com",
    ),
    _read,
    "the reply after The response was:, in the status part, too, since 2017",
)
GROUPS = Reader(
    "google-groups",
    ("from: @googlemail.com && text: google groups", "text: the group you tried to contact"),
    _read,
    "text alone: the group may not exist, or you may not post to it; no reply",
    over=("gmail",),
)
