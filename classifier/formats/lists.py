"""Mailing-list managers: what they answer to who may not post, and bounces that they pass on.

The general reader is not enough where a list refuses: the notice speaks of "this mailing list",
and names the writer and the owner, whom nobody tried to reach. The list's address stands in the
subject or in its own headers, or is the owner's without `-owner`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from classifier.formats.mentions import CODED
from classifier.formats.owners import list_address
from classifier.formats.prose import read_prose
from classifier.formats.reader import Clues, Found, Reader
from classifier.lexicon import Says, says

__all__ = ["READERS"]


def _read_refusal(clues: Clues) -> Sequence[Found]:
    """The list as the recipient, with what the general reader finds said."""
    found = read_prose(clues)
    name = list_address(clues)
    if name is None:
        return found
    named = next((each for each in found if (each.recipient or "").lower() == name.lower()), None)
    said = named or (found[0] if found else Found(recipient=None, text=""))
    text = said.text if CODED.search(said.text) else _sentence(clues) or said.text
    return [msgspec.structs.replace(said, recipient=name, text=text)]


def _sentence(clues: Clues) -> str:
    """The paragraph that says that the list refused, on one line; else what the notice begins with.

    A reason may stand in the paragraph after: "was rejected for the following reasons:"
    """
    paragraphs = [" ".join(each.split()) for each in clues.notice.text[:8192].split("\n\n")]
    paragraphs = [each for each in paragraphs if each]
    for number, paragraph in enumerate(paragraphs):
        if says(Says.FAILED, paragraph.lower()):
            if paragraph.endswith((":", "\uff1a")):
                paragraph = " ".join(paragraphs[number : number + 2])
            return paragraph[:600]
    return " ".join(paragraphs)[:400]


READERS: Final = (
    Reader(
        "ezmlm",
        ("text: ezmlm-reject", "text: ezmlm-return: fatal", "text: ezmlm-request: fatal"),
        read_prose,
        "qmail's form, refused by the list itself",
        over=("qmail",),
    ),
    Reader(
        "fml",
        ("head: x-mlserver: fml", "head: x-ml-info: && text: fml"),
        _read_refusal,
        "text alone: NOT MEMBER, Loop Alert",
    ),
    Reader(
        "listserv",
        ("from: list server at", "from: l-soft list server", "head: x-lsv-listid:"),
        _read_refusal,
        "text alone: You are not authorized to send mail to the list",
        over=("sendmail",),
    ),
    Reader(
        "mailman",
        (
            "head: x-mailman-version: && text: has been automatically rejected",
            "head: x-mailman-version: && text: you are not allowed to post",
            "head: x-mailman-version: && text: has been rejected by the list moderator",
            "text: mailing-list was rejected for the following reasons",
            "head: x-mailman-version: && text: the message is not from a list member",
            "head: x-mailman-version: && text: was not explicitly allowed",
        ),
        _read_refusal,
        "text alone, the refused message beside it",
    ),
    Reader(
        "mailman-owner",
        ("subject: uncaught bounce notification", "subject: bounce action notification"),
        read_prose,
        "to the list's owner, around the bounce that came to the list: that one is read",
        over=("mailman",),
        wraps=True,
    ),
    Reader(
        "mlmmj",
        ("text: this is the mlmmj program", "text: le programme mlmmj", "text: das programm mlmmj"),
        _read_refusal,
        "text alone, the refused message beside it",
    ),
    Reader(
        "sympa",
        ("from: sympa", "head: x-mailer: sympa", "head: x-loop: sympa"),
        _read_refusal,
        "text alone or a status part: refused by the list itself",
    ),
)
