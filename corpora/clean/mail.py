"""One clean mail, and what every clean mail is written with."""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from classifier.reasons import Kind
from corpora.mime import Part, encode_words, make_ip, write_date, write_head
from corpora.originals import Language, fill, make_slots, read_languages, read_texts

__all__ = ["Clean", "Setting", "draw_setting", "split_of", "write_mail"]

_MAILBOX: Final = re.compile(r"(?P<name>[^<]*?)\s*<(?P<address>[^<>]*)>")
_ADDRESSED: Final = frozenset(("From", "To", "Cc", "Sender", "Reply-To"))
_ZONES: Final = (-8, -5, 0, 0, 1, 2, 2, 3, 8, 9)
_WRITERS: Final = (
    "kestrel.example", "talvi.test", "partner.test", "atelier.example", "shop.example",
    "example.com", "example.net", "university.test", "clinic.example", "town.test",
)  # fmt: skip
_READERS: Final = ("harbour.example", "nordlicht.test", "example.org", "pomelo.example")
_LOCALS: Final = ("a.birch", "office", "m.weber", "info", "lena", "sales", "k.tanaka", "post")


@dataclass(frozen=True, slots=True)
class Clean:
    """A mail in which nothing may fire, and what it is."""

    raw: bytes
    box: str  # the mbox that it goes into
    kind: Kind
    group: str  # the template that it was made from
    provenance: str  # "written": a person wrote what it says; "synthetic": it was composed


@dataclass(frozen=True, slots=True)
class Setting:
    """Who writes to whom, when, and in which language."""

    dice: random.Random
    language: Language
    charset: str
    date: datetime
    slots: Mapping[str, str]

    def fill(self, template: str) -> str:
        """Put this setting's values into the slots of a template."""
        return fill(template, self.slots)


def split_of(group: str) -> str:
    """Say what a group serves for: about a fifth of them is kept for testing."""
    return "test" if hashlib.sha256(group.encode()).digest()[0] % 5 == 0 else "train"


def draw_setting(seed: str, language: str = "en") -> Setting:
    """Draw who writes to whom about what.

    Args:
        seed: The same seed gives the same setting.
        language: The code of the language that is written in.

    Returns:
        The setting. Besides the slots of an original, it fills `writer`, `reader` (the addresses
        of the mail itself), `home` (the reader's domain), `subject` (of an earlier mail of the
        reader), `bad` (an address that somebody may complain about), `since`, `stamp` (the date
        as header fields write it), `earlier` (the Message-ID of the earlier mail), `queue` and
        `other` (one more address of a machine).
    """
    dice = random.Random(f"clean {seed}")  # noqa: S311 - variety, not secrecy
    spoken = read_languages()[language]
    charset = "utf-8" if dice.random() < 0.7 else dice.choice(spoken.charsets)
    zone = timezone(timedelta(hours=dice.choice(_ZONES)))
    date = datetime(2026, 1, 4, tzinfo=UTC) + timedelta(seconds=dice.randrange(300 * 86400))
    date = date.astimezone(zone)
    domain, home = dice.choice(_WRITERS), dice.choice(_READERS)
    slots = make_slots(dice, spoken, domain, date)
    texts = [text for text in read_texts() if text.language.code == language]
    subject = fill(dice.choice(dice.choice(texts).subjects), slots)
    slots |= {
        "writer": f"{dice.choice(_LOCALS)}@{domain}",
        "reader": f"{dice.choice(_LOCALS)}@{home}",
        "home": home,
        "subject": subject,
        "bad": f"{dice.choice(('r.lopez', 'ines', 'old-list', 'p.chen'))}@"
        f"{dice.choice(('customer.test', 'example.net', 'client.example'))}",
        "since": f"{date - timedelta(days=dice.randrange(1, 20)):%Y-%m-%d}",
        "stamp": write_date(date),
        "earlier": f"<{dice.getrandbits(60):x}@{home}>",
        "queue": f"{dice.getrandbits(40):010X}",
        "other": make_ip(dice),
    }
    return Setting(dice, spoken, charset, date, slots)


def write_mail(
    setting: Setting,
    fields: Sequence[tuple[str, str]],
    body: Part,
    *,
    return_path: str | None = None,
) -> bytes:
    """Write a mail as it lies in a mailbox, with the traces of its delivery on top.

    Args:
        setting: Who writes to whom.
        fields: Header fields in plain text. What they do not name of `From`, `To`, `Date`,
            `Message-ID` and `Subject` is put in from the setting.
        body: What the mail holds.
        return_path: The envelope's sender with its brackets; that of `From` if absent.

    Returns:
        The mail, its lines ending in LF.
    """
    dice, slots = setting.dice, setting.slots
    given = {name for name, _ in fields}
    usual = [
        ("Date", slots["stamp"]),
        ("From", f"{slots['me']} <{slots['writer']}>"),
        ("To", slots["reader"] if dice.random() < 0.6 else f"<{slots['reader']}>"),
        ("Subject", slots["subject"]),
        ("Message-ID", f"<{dice.getrandbits(70):x}@{slots['domain']}>"),
    ]
    own = [(name, value) for name, value in usual if name not in given]
    if "MIME-Version" not in given:
        own.append(("MIME-Version", "1.0"))
    written = [(name, _encode(setting, name, value)) for name, value in [*own, *fields]]
    if dice.random() < 0.3:
        dice.shuffle(written)
    envelope = return_path if return_path is not None else f"<{slots['writer']}>"
    return (
        write_head([*_write_trace(setting, envelope), *written, *body.headers])
        + b"\n"
        + body.content
    )


def _encode(setting: Setting, name: str, value: str) -> str:
    binary = setting.dice.random() < 0.5
    if name not in _ADDRESSED:
        return encode_words(value, setting.charset, base64_words=binary, start=len(name) + 2)
    mailbox = _MAILBOX.fullmatch(value)
    if mailbox is None or not mailbox["name"]:
        return value
    words = mailbox["name"]
    if not words.isascii():
        words = encode_words(words, setting.charset, base64_words=binary, start=len(name) + 2)
    elif re.search(r"[^\w ]", words) and not words.startswith('"'):
        words = f'"{words}"'
    return f"{words} <{mailbox['address']}>"


def _write_trace(setting: Setting, envelope: str) -> list[tuple[str, str]]:
    dice, slots = setting.dice, setting.slots
    fields = [("Return-Path", envelope)]
    if dice.random() < 0.5:
        fields.append(("Delivered-To", slots["reader"]))
    arrived = write_date(setting.date + timedelta(seconds=dice.randrange(1, 20)))
    ip = slots["other"]
    bracketed = f"[IPv6:{ip}]" if ":" in ip else f"[{ip}]"
    fields.append(
        (
            "Received",
            (
                f"from {slots['host']} ({slots['host']} {bracketed})\n\tby mx.{slots['home']} "
                f"(Postfix) with ESMTPS id {dice.getrandbits(40):010X}\n\t"
                f"for <{slots['reader']}>; {arrived}"
            ),
        )
    )
    if dice.random() < 0.5:
        spf = "none" if envelope == "<>" else dice.choice(("pass", "pass", "softfail"))
        results = f"mx.{slots['home']};\n\tspf={spf} smtp.mailfrom={envelope.strip('<>') or '<>'}"
        if dice.random() < 0.6:
            signed = dice.choice(("pass", "pass", "none", "fail"))
            results += f";\n\tdkim={signed} header.d={slots['domain']}"
        fields.append(("Authentication-Results", results))
    return fields
