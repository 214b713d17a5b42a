"""Mailing-list managers: what they answer to who may not post, and bounces that they pass on."""

from __future__ import annotations

from typing import Final

from classifier.formats.prose import read_prose
from classifier.formats.reader import Reader

__all__ = ["READERS"]

READERS: Final = (
    Reader(
        "ezmlm",
        ("text: this is the ezmlm program", "head: mailing-list: ezmlm", "text: ezmlm-reject"),
        read_prose,
        "qmail's form, refused by the list itself",
        over=("qmail",),
    ),
    Reader(
        "fml",
        ("head: x-mlserver: fml", "head: x-ml-info: && text: fml"),
        read_prose,
        "text alone: NOT MEMBER, Loop Alert",
    ),
    Reader(
        "listserv",
        ("from: l-soft list server", "head: x-listserv"),
        read_prose,
        "text alone: refused by the list itself",
    ),
    Reader(
        "mailman",
        ("head: x-mailman-version: && subject: bounce", "subject: uncaught bounce notification"),
        read_prose,
        "a notice to the list's owner around the bounce that came to the list",
    ),
    Reader(
        "sympa",
        ("from: sympa", "head: x-mailer: sympa", "head: x-loop: sympa"),
        read_prose,
        "text alone or a status part: refused by the list itself",
    ),
)
