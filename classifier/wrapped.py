"""Mails inside a mail: attached whole, or forwarded as text with the old head above it.

    ---------- Forwarded message ---------
    From: Mail Delivery System <MAILER-DAEMON@relay.example.com>
    Date: Thu, 8 Oct 2026 09:00
    Subject: Undelivered Mail Returned to Sender
    To: <ruth@example.com>

    This is the mail system at host relay.example.com. ...

Whether one of them is a bounce, the reader of bounces says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from classifier.frozen import Frozen
from classifier.headers import Headers
from classifier.message import Message, Part

__all__ = ["Inner", "inner_mails", "is_forward"]

MAX_INNER: Final = 8
_MAX_TEXT: Final = 64 * 1024  # characters in which the head of a forwarded mail is looked for
_MAX_HEAD: Final = 16  # lines

# FW: Undelivered Mail     Fwd: ...     WG: Unzustellbar     TR : Non remis     转发：退信
_FORWARD: Final = re.compile(
    r"\s*(?:\[[^\]\n]{1,40}\]\s*)?(?:fwd?|wg|tr|rv|i|enc|vs|vb|doorst|pd|fs|转发|轉寄|転送|전달)"
    r"\s?(?:\[\d{1,3}\])?\s?[:：]"
)
# What programs write above a mail that they pass on, and what people leave of it: a rule of
# dashes or underscores, alone or around words; or words that end in a colon.
_DIVIDER: Final = re.compile(
    r"^[ \t>*]{0,8}(?:[-_]{2,40}[^\n]{0,60}|[^\n]{4,60}(?:messag|nachricht|mensa|messagg|bericht"
    r"|besked|meddel|viest|сообщ|wiadomo|zpráv)[^\n]{0,20}:)[ \t]*$",
    re.MULTILINE | re.IGNORECASE,
)
_FIELD: Final = re.compile(r"[ \t>*]{0,8}([^\W\d_][\w .-]{0,24}?)[ \t*]{0,4}[:：][ \t*]*(.*)")
_NAMES: Final = {
    "from": ("from", "von", "de", "da", "van", "fra", "från", "od", "от", "kimden", "lähettäjä",
             "发件人", "寄件者", "差出人", "送信元", "보낸 사람"),
    "to": ("to", "an", "à", "para", "a", "aan", "til", "till", "do", "кому", "kime",
           "收件人", "收件者", "宛先", "받는 사람"),
    "date": ("date", "sent", "gesendet", "datum", "envoyé", "enviado", "enviada", "enviado el",
             "inviato", "verzonden", "data", "dato", "sendt", "skickat", "fecha", "дата",
             "отправлено", "发送时间", "日期", "日時", "送信日時", "날짜"),
    "subject": ("subject", "betreff", "objet", "asunto", "oggetto", "assunto", "onderwerp",
                "emne", "ämne", "temat", "předmět", "тема", "konu", "aihe", "主题", "主旨",
                "件名", "제목"),
}  # fmt: skip
_LABELS: Final = {label: name for name, labels in _NAMES.items() for label in labels}


class Inner(Frozen):
    """A mail inside another, as bytes, and where it stood."""

    raw: bytes
    place: str


def is_forward(headers: Headers) -> bool:
    """Whether the subject says that somebody passes a mail on."""
    return _FORWARD.match((headers.text("Subject") or "").lower()) is not None


def inner_mails(message: Message, written: bool = False) -> Iterator[Inner]:
    """The mails attached to `message`, at most `MAX_INNER`; then one `written` out in its text."""
    number = 0
    for part in message.parts:
        if _is_mail(part) and number < MAX_INNER:
            number += 1
            yield Inner(part.data, f"{part.type} part {part.path}")
    for part in message.parts if written else ():
        if part.type.startswith("text/") and part.type not in _HEADS:
            raw = _forwarded(part.text)
            if raw is not None:
                yield Inner(raw, f"text forwarded in {part.type} part {part.path}")
                return


_HEADS: Final = ("text/rfc822-headers", "text/rfc822-header")


def _is_mail(part: Part) -> bool:
    """A mail by its type, or by its name where programs did not know the type."""
    if part.type in ("message/rfc822", "message/global"):
        return True
    if not part.type.startswith("application/"):
        return False
    named = f"{part.headers.get('Content-Disposition')} {part.headers.get('Content-Type')}"
    return ".eml" in named.lower()


def _forwarded(text: str) -> bytes | None:
    """The mail that begins at the first divider with an old head below it, or None."""
    text = text[:_MAX_TEXT]
    starts = [found.end() + 1 for found in _DIVIDER.finditer(text)][:32]
    for start in (*starts, 0):
        head, body = _old_head(text[start:].split("\n"))
        if head:
            return f"{head}\n\n{body}".encode("utf-8", "replace")
    return None


def _old_head(lines: list[str]) -> tuple[str, str]:
    """The head that a program wrote out for people, in its standard names, and what follows.

    ("", "") where it has no sender, or neither a subject nor a date.
    """
    fields: dict[str, str] = {}
    at = 0
    while at < len(lines) and not lines[at].strip(" \t>"):
        at += 1
    while at < len(lines) and at < _MAX_HEAD:
        line = lines[at]
        if not line.strip(" \t>"):
            if len(fields) > 1:
                break
            at += 1  # some put a blank line between the fields
            continue
        found = _FIELD.match(line)
        name = _LABELS.get(found.group(1).lower()) if found else None
        if found is None or (name is None and not fields):
            break
        if name is not None:
            fields.setdefault(name, found.group(2).strip())
        at += 1
    if "from" not in fields or not {"subject", "date"} & fields.keys():
        return "", ""
    head = "\n".join(f"{name}: {value}" for name, value in fields.items())
    return head + "\nContent-Type: text/plain; charset=utf-8", _unquote(lines[at:])


def _unquote(lines: list[str]) -> str:
    """The lines without the marks of quotation, where every line has them."""
    filled = [line for line in lines if line.strip()]
    if filled and all(line.startswith(">") for line in filled):
        lines = [line[1:].removeprefix(" ") for line in lines]
    return "\n".join(lines)
