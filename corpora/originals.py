"""Mails as somebody sent them, before a server returned them.

Whoever builds a bounce needs a mail to return. `make_original` writes one, complete with headers,
from a seed. The texts lie in `originals.toml`; a good share of them speaks of passwords, spam,
full mailboxes and SMTP codes, so that nothing can be learned from what a bounce returns.
"""

from __future__ import annotations

import base64
import functools
import random
import re
import textwrap
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Final

from corpora.mime import (
    Part,
    encode_words,
    join,
    make_ip,
    make_text,
    pack_zip,
    write_date,
    write_head,
    write_html,
)

__all__ = [
    "KINDS",
    "Language",
    "Text",
    "fill",
    "make_original",
    "make_slots",
    "read_languages",
    "read_texts",
]

KINDS: Final = (
    "note",
    "invoice",
    "order",
    "newsletter",
    "ticket",
    "appointment",
    "security",
    "list",
    "alert",
    "mail-talk",
)
"""What a mail is about. `mail-talk` is the one that speaks of mail, and of what can go wrong."""

_WEIGHTS: Final = (24, 10, 10, 12, 8, 8, 7, 7, 6, 18)  # of KINDS
_TEXTS: Final = Path(__file__).with_name("originals.toml")
_SLOT: Final = re.compile(r"\{(\w+)\}")
_DEFAULT_DOMAIN: Final = "mail.example"
_ATTACHED_IN: Final = frozenset(("note", "invoice", "order", "ticket", "appointment", "alert"))
_ZONES: Final = (-8, -5, -3, 0, 1, 2, 3, 5.5, 8, 9)


@dataclass(frozen=True, slots=True)
class Language:
    """How mails of one language are written."""

    code: str
    charsets: tuple[str, ...]
    names: tuple[str, ...]
    greetings: tuple[str, ...]
    closings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Text:
    """What a mail says; `{slots}` differ from mail to mail."""

    kind: str
    language: Language
    subjects: tuple[str, ...]
    body: str


@dataclass(frozen=True, slots=True)
class _Story:
    """What the writers of headers and bodies need to know about one mail."""

    dice: random.Random
    text: Text
    charset: str
    sender: str
    recipients: tuple[str, ...]
    date: datetime
    domain: str
    slots: Mapping[str, str]
    eight_bits: bool


@functools.cache
def read_texts() -> tuple[Text, ...]:
    """Read the texts that mails are made of.

    Returns:
        All texts of `originals.toml`, in its order.
    """
    languages = read_languages()
    return tuple(
        Text(
            kind=entry["kind"],
            language=languages[entry["language"]],
            subjects=tuple(entry["subjects"]),
            body=entry["body"].strip(),
        )
        for entry in _read_file()["text"]
    )


@functools.cache
def read_languages() -> Mapping[str, Language]:
    """Read how mails are written in each language.

    Returns:
        The languages of `originals.toml` by code.
    """
    return {
        code: Language(
            code=code,
            charsets=tuple(entry["charsets"]),
            names=tuple(entry["names"]),
            greetings=tuple(entry["greetings"]),
            closings=tuple(entry["closings"]),
        )
        for code, entry in _read_file()["language"].items()
    }


@functools.cache
def _read_file() -> dict[str, Any]:
    with _TEXTS.open("rb") as file:
        return tomllib.load(file)


def make_original(
    seed: str,
    sender: str,
    recipients: Sequence[str],
    *,
    kind: str | None = None,
    language: str | None = None,
    date: datetime | None = None,
    signed: bool | None = None,
    headers: Sequence[tuple[str, str]] = (),
    authentication: Mapping[str, str] | None = None,
    headers_only: bool = False,
    small: bool = False,
    eight_bits: bool = True,
) -> bytes:
    """Write one outgoing mail, as a mail server would take it in.

    Args:
        seed: The same seed and arguments give the same bytes.
        sender: The bare address that the mail is from.
        recipients: The bare addresses that it goes to; more than five are not all named in `To`.
        kind: One of `KINDS`; by the seed if absent.
        language: Its code, such as `de`; by the seed if absent.
        date: When it was written, with an offset; by the seed, in 2026, if absent.
        signed: Whether it carries DKIM signatures; by the seed if absent.
        headers: Header fields to put on top, such as those of the server that returned the mail.
        authentication: What to say in an `Authentication-Results` field on top: `server` names
            who checked; the other keys are methods (`spf`, `dkim`, `dmarc`, `compauth`), their
            values results, with properties if wanted (`"fail header.d=a.example"`).
        headers_only: Leave the body out, as servers do that return the headers only.
        small: No attachments and no HTML.
        eight_bits: Whether a body may be sent as it is, for servers that know 8BITMIME.

    Returns:
        The mail, its lines ending in LF.

    Raises:
        ValueError: There is no text of that kind or language.
    """
    dice = random.Random(f"original {seed}")  # noqa: S311 - variety, not secrecy
    text = _choose_text(dice, kind, language)
    charset = _choose_charset(dice, text.language)
    if date is None:
        second = dice.randrange(300 * 86400)
        date = datetime(2026, 1, 2, tzinfo=UTC) + timedelta(seconds=second)
        date = date.astimezone(timezone(timedelta(hours=dice.choice(_ZONES))))
    domain = sender.rpartition("@")[2].strip("<>[] ").lower() or _DEFAULT_DOMAIN
    if not re.fullmatch(r"[a-z0-9.-]+", domain):
        domain = _DEFAULT_DOMAIN
    story = _Story(
        dice=dice,
        text=text,
        charset=charset,
        sender=sender,
        recipients=tuple(recipients),
        date=date,
        domain=domain,
        slots=make_slots(dice, text.language, domain, date),
        eight_bits=eight_bits,
    )
    body = _make_body(story, small)
    fields = _make_fields(story, signed)
    fields.extend(body.headers)
    above = list(headers)
    if authentication is not None:
        above.append(("Authentication-Results", _write_authentication(authentication)))
    raw = write_head([*above, *fields])
    return raw if headers_only else raw + b"\n" + body.content


def _choose_text(dice: random.Random, kind: str | None, language: str | None) -> Text:
    texts = read_texts()
    if language is not None:
        texts = tuple(text for text in texts if text.language.code == language)
    if kind is None:
        there = {text.kind for text in texts}
        weights = [w if k in there else 0 for k, w in zip(KINDS, _WEIGHTS, strict=True)]
        if not any(weights):
            raise ValueError(f"no text in language {language!r}")
        kind = dice.choices(KINDS, weights)[0]
    texts = tuple(text for text in texts if text.kind == kind)
    if not texts:
        raise ValueError(f"no text of kind {kind!r} in language {language!r}")
    # The language first: English has most texts, and would drown the others.
    codes = sorted({text.language.code for text in texts})
    code = "en" if "en" in codes and dice.random() < 0.3 else dice.choice(codes)
    return dice.choice([text for text in texts if text.language.code == code])


def _choose_charset(dice: random.Random, language: Language) -> str:
    if dice.random() < 0.5:
        return "utf-8"
    return dice.choice(language.charsets)


def make_slots(
    dice: random.Random, language: Language, domain: str, date: datetime
) -> dict[str, str]:
    """Draw what fills the slots of a text.

    Args:
        dice: Where it is drawn from.
        language: Whose names the people have.
        domain: Where the writer is at home.
        date: When the mail was written.

    Returns:
        The values by slot.
    """
    later = date + timedelta(days=dice.randrange(1, 40))
    names = dice.sample(language.names, 2)
    company, product = dice.choice(_COMPANIES), dice.choice(_PRODUCTS)
    number = dice.randrange(1000, 999999)
    return {
        "name": names[0],
        "me": names[1],
        "company": company,
        "product": product,
        "number": str(number),
        "small": str(dice.randrange(2, 60)),
        "percent": str(80 + number % 20),
        "amount": f"{dice.randrange(9, 4000)}.{dice.randrange(100):02d}",
        "date": f"{later:%Y-%m-%d}",
        "day": f"{date:%Y-%m-%d}",
        "time": f"{dice.randrange(8, 19):02d}:{dice.choice((0, 15, 30, 45)):02d}",
        "domain": domain,
        "host": f"{dice.choice(_HOSTS)}.{domain}",
        "url": f"https://{dice.choice(('www', 'portal', 'my', 'app'))}.{domain}/"
        f"{dice.choice(('r', 'go', 'id', 'view'))}/{dice.getrandbits(40):x}",
        "ip": make_ip(dice),
        "address": f"{dice.choice(_LOCALS)}@{dice.choice(_OTHERS)}",
        "id": f"{dice.getrandbits(44):X}",
    }


def fill(template: str, slots: Mapping[str, str]) -> str:
    """Put values into the slots of a template; a slot that has none is a KeyError."""
    return _SLOT.sub(lambda match: slots[match[1]], template)


def _bracket(address: str) -> str:
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"


def _make_token(dice: random.Random, size: int) -> str:
    return base64.b64encode(dice.randbytes(size)).decode("ascii")


def _fold_token(token: str) -> str:
    return "\n\t ".join(textwrap.wrap(token, 68))


def _write_authentication(results: Mapping[str, str]) -> str:
    server = results.get("server", "mx.example.org")
    methods = [f"{name}={value}" for name, value in results.items() if name != "server"]
    return ";\n\t".join([server, *(methods or ["none"])])


# --- header fields ---------------------------------------------------------------------------


def _make_fields(story: _Story, signed: bool | None) -> list[tuple[str, str]]:
    dice, slots, text = story.dice, story.slots, story.text
    base64_words = dice.random() < 0.5
    encode = functools.partial(encode_words, charset=story.charset, base64_words=base64_words)
    fields: list[tuple[str, str]] = []
    if dice.random() < 0.2:
        fields.append(("Return-Path", f"<{story.sender}>"))
    fields += _make_received(story)
    if dice.random() < 0.15:
        fields += _make_arc(story)
    if signed or (signed is None and dice.random() < 0.55):
        fields += _make_signatures(story)
    subject = fill(dice.choice(text.subjects), slots)
    reply = text.kind != "newsletter" and dice.random() < 0.2
    if text.kind == "list":
        subject = f"[{_list_name(story)}] {subject}"
    if reply:
        subject = f"{dice.choice(('Re', 'Re', 'AW', 'RE', 'SV', 'Fwd'))}: {subject}"
    message_id = f"<{dice.choice(_make_ids(story))}>"
    who = slots["company"] if text.kind in ("newsletter", "security", "alert") else slots["me"]
    named = [
        ("Date", write_date(story.date)),
        ("From", _write_mailbox(who, story.sender, encode)),
        ("To", _write_recipients(story, encode)),
        ("Message-ID", message_id),
        ("Subject", encode(subject, start=9)),
        ("MIME-Version", "1.0"),
    ]
    if dice.random() < 0.4:  # mailers differ in the order
        dice.shuffle(named)
    fields += named
    if reply:
        earlier = f"<{dice.getrandbits(60):x}@{dice.choice(_OTHERS)}>"
        older = f"<{dice.getrandbits(60):x}@{story.domain}>"
        fields.append(("In-Reply-To", earlier))
        if dice.random() < 0.8:
            fields.append(
                ("References", f"{older}\n {earlier}" if dice.random() < 0.5 else earlier)
            )
    fields += _make_extras(story)
    return fields


def _make_ids(story: _Story) -> tuple[str, ...]:
    dice = story.dice
    return (
        f"{story.date:%Y%m%d%H%M%S}.{dice.getrandbits(40):X}@{story.domain}",
        f"{dice.getrandbits(128):032x}@{story.slots['host']}",
        (
            f"{dice.getrandbits(32):08x}-{dice.getrandbits(16):04x}-{dice.getrandbits(48):012x}"
            f"@{story.domain}"
        ),
        f"CA{_make_token(dice, 24).replace('/', '-').replace('+', '_')}@mail.{story.domain}",
    )


def _write_mailbox(name: str, address: str, encode: functools.partial[str]) -> str:
    encoded = encode(name, start=6)
    if encoded == name and not re.fullmatch(r"[\w ]+", name, re.ASCII):
        encoded = f'"{name}"'
    joint = "\n " if len(encoded.rpartition("\n")[2]) + len(address) > 66 else " "
    return f"{encoded}{joint}<{address}>"


def _write_recipients(story: _Story, encode: functools.partial[str]) -> str:
    dice = story.dice
    shown = list(story.recipients[:5])
    if not shown:
        return "undisclosed-recipients:;"
    if len(shown) == 1 and dice.random() < 0.5:
        return _write_mailbox(story.slots["name"], shown[0], encode)
    return ",\n\t".join(shown)


def _make_received(story: _Story) -> list[tuple[str, str]]:
    """Write the path so far, the latest hop first."""
    dice = story.dice
    domain, ip = story.domain, story.slots["ip"]
    queue_id = f"{dice.getrandbits(40):010X}"
    host = f"{dice.choice(_HOSTS)}.{domain}"
    client = dice.choice(("localhost", f"ws{dice.randrange(99)}.{domain}", f"app.{domain}"))
    stamp = write_date(story.date + timedelta(seconds=dice.randrange(1, 9)))
    forms = (
        (
            f"from {client} (unknown {_bracket(ip)})\n\tby {host} (Postfix) with ESMTPSA id "
            f"{queue_id}\n\tfor <{[*story.recipients, story.sender][0]}>; {stamp}"
        ),
        (
            f"from {client} ({_bracket(ip)})\n\tby {host} with esmtpsa  (TLS1.3) tls "
            f"TLS_AES_256_GCM_SHA384\n\t(Exim 4.97)\n\t(envelope-from <{story.sender}>)\n\t"
            f"id 1t{dice.getrandbits(20):05x}-00000{dice.getrandbits(24):06x}"
            f"-0{dice.getrandbits(8):02x};\n\t{stamp}"
        ),
        (
            f"from MBX{dice.randrange(1, 9)}.{domain} ({ip}) by\n {host} ({make_ip(dice)})"
            " with Microsoft SMTP Server\n (version=TLS1_2,"
            " cipher=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384) id\n"
            f" 15.2.1118.{dice.randrange(10, 60)}; {stamp}"
        ),
        f"(from www@localhost)\n\tby {host} (8.17.2/8.17.2/Submit) id {queue_id};\n\t{stamp}",
        f"by {host} (OpenSMTPD) with ESMTPA id {queue_id.lower()};\n\t{stamp}",
        f"(qmail {dice.randrange(1000, 30000)} invoked by uid {dice.randrange(80, 2000)}); {stamp}",
        f"from [{ip}] by {host} via HTTP; {stamp}",
    )
    count = dice.choices((0, 1, 2, 3), (2, 5, 3, 1))[0]
    fields = [("Received", form) for form in dice.sample(forms, count)]
    if count and dice.random() < 0.1:
        fields.insert(0, ("X-Virus-Scanned", f"by scanner at {host}"))
    return fields


def _make_signatures(story: _Story) -> list[tuple[str, str]]:
    dice = story.dice
    form = dice.choices(("one", "service", "third", "two keys"), (6, 2, 1, 1))[0]
    stamp = int(story.date.timestamp())
    body_hash = _make_token(dice, 32)
    domains = {
        "one": [(story.domain, dice.choice(_SELECTORS))],
        # A sending service signs for its customer, and once more for itself.
        "service": [(story.domain, f"{dice.getrandbits(60):x}"), ("bulk.example", "s2026")],
        "third": [("newsletters.example", "k1")],
        "two keys": [(story.domain, "rsa2026"), (story.domain, "ed2026")],
    }[form]
    fields = []
    for domain, selector in domains:
        short = selector.startswith("ed")
        algorithm, size = ("ed25519-sha256", 64) if short else ("rsa-sha256", 128)
        value = (
            f"v=1; a={algorithm}; c={dice.choice(('relaxed/relaxed', 'relaxed/simple'))}; "
            f"d={domain};\n\ts={selector}; t={stamp};\n\t"
            f"h=from:to:subject:date:message-id:mime-version:content-type;\n\t"
            f"bh={body_hash};\n\tb={_fold_token(_make_token(dice, size))}"
        )
        fields.append(("DKIM-Signature", value))
    return fields


def _make_arc(story: _Story) -> list[tuple[str, str]]:
    dice = story.dice
    domain, stamp = "forwarder.example", int(story.date.timestamp())
    result = dice.choice(("pass", "pass", "fail", "none"))
    return [
        (
            "ARC-Seal",
            (
                f"i=1; a=rsa-sha256; t={stamp}; cv=none;\n\td={domain}; s=arc;\n\t"
                f"b={_fold_token(_make_token(dice, 128))}"
            ),
        ),
        (
            "ARC-Message-Signature",
            (
                f"i=1; a=rsa-sha256; c=relaxed/relaxed; d={domain}; s=arc;\n\tt={stamp}; "
                f"h=from:to:subject;\n\tbh={_make_token(dice, 32)};\n\t"
                f"b={_fold_token(_make_token(dice, 128))}"
            ),
        ),
        (
            "ARC-Authentication-Results",
            (
                f"i=1; mx.{domain};\n\tspf={result} smtp.mailfrom={story.sender};\n\t"
                f"dkim={dice.choice(('pass', 'none', 'fail'))} header.d={story.domain};\n\t"
                f"dmarc={result} header.from={story.domain}"
            ),
        ),
    ]


def _list_name(story: _Story) -> str:
    return re.sub(r"[^a-z]", "", story.slots["product"].lower())[:8] or "list"


def _make_extras(story: _Story) -> list[tuple[str, str]]:
    """Write what only some mailers add, and what the kind of mail brings along."""
    dice, domain, slots = story.dice, story.domain, story.slots
    fields: list[tuple[str, str]] = []
    kind = story.text.kind
    if kind == "newsletter" or (kind == "mail-talk" and dice.random() < 0.1):
        url = f"https://news.{domain}/u/{dice.getrandbits(48):x}"
        fields.append(("List-Unsubscribe", f"<{url}>,\n <mailto:leave@{domain}?subject=leave>"))
        if dice.random() < 0.6:
            fields.append(("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
        if dice.random() < 0.7:
            fields.append(("List-Id", f"{slots['company']} News <news.{domain}>"))
        if dice.random() < 0.6:
            fields.append(("Precedence", "bulk"))
        if dice.random() < 0.4:
            fields.append(("Feedback-ID", f"{dice.randrange(9999)}:news:{domain}"))
    elif kind == "list":
        name = _list_name(story)
        fields += [
            ("List-Id", f"<{name}.lists.example.org>"),
            ("List-Post", f"<mailto:{name}@lists.example.org>"),
            ("List-Help", f"<mailto:{name}-request@lists.example.org?subject=help>"),
            ("List-Unsubscribe", f"<mailto:{name}-leave@lists.example.org>"),
            ("Precedence", "list"),
            ("Errors-To", f"{name}-bounces@lists.example.org"),
        ]
    elif kind == "ticket":
        fields.append(("X-Ticket", slots["number"]))
        if dice.random() < 0.5:
            fields.append(("Auto-Submitted", "auto-generated"))
    elif kind == "alert":
        fields.append(("X-Monitor-Host", slots["host"]))
        if dice.random() < 0.5:
            fields += [("X-Priority", "1 (Highest)"), ("Importance", "high")]
        if dice.random() < 0.4:
            fields.append(("Auto-Submitted", "auto-generated"))
    if dice.random() < 0.5:
        fields.append(dice.choice((("X-Mailer", dice.choice(_MAILERS)), ("User-Agent", _AGENT))))
    if dice.random() < 0.12:
        fields.append(("Reply-To", f"{dice.choice(_LOCALS)}@{domain}"))
    if dice.random() < 0.1:
        fields.append(("Cc", f"{dice.choice(_LOCALS)}@{dice.choice(_OTHERS)}"))
    if dice.random() < 0.1:
        fields.append(("Content-Language", story.text.language.code))
    if dice.random() < 0.08:
        fields.append(("X-Spam-Status", f"No, score={dice.choice(('-1.9', '0.4', '2.1'))}"))
    if dice.random() < 0.06:
        fields.append(("Disposition-Notification-To", f"<{story.sender}>"))
    if dice.random() < 0.05:
        fields.append(("Sender", f"www-data@{slots['host']}"))
    return fields


# --- bodies ----------------------------------------------------------------------------------


def _make_body(story: _Story, small: bool) -> Part:
    dice, kind = story.dice, story.text.kind
    words = _write_text(story)
    chance = {"newsletter": 0.9, "alert": 0.1, "list": 0.1}.get(kind, 0.35)
    part = make_text(dice, _wrap(words, dice), story.charset, eight_bits=story.eight_bits)
    if not small and dice.random() < chance:
        html = make_text(
            dice,
            write_html(dice, words, story.text.language.code, story.domain),
            story.charset,
            subtype="html",
            eight_bits=story.eight_bits,
        )
        part = html if dice.random() < 0.2 else join(dice, "alternative", [part, html])
    if not small and kind in _ATTACHED_IN and dice.random() < 0.3:
        files = [_make_attachment(story) for _ in range(dice.choice((1, 1, 1, 2)))]
        part = join(dice, "mixed", [part, *files])
    return part


def _write_text(story: _Story) -> str:
    dice, text, slots = story.dice, story.text, story.slots
    body = fill(text.body, slots)
    pieces = [body]
    if text.kind != "alert":
        pieces.insert(0, fill(dice.choice(text.language.greetings), slots))
        pieces.append(fill(dice.choice(text.language.closings), slots))
        if dice.random() < 0.3:
            pieces[-1] += f"\n\n-- \n{slots['me']}\n{slots['company']}\nhttps://www.{story.domain}/"
    return "\n\n".join(pieces)


def _wrap(words: str, dice: random.Random) -> str:
    if dice.random() < 0.3:  # one line a paragraph, as many programs write
        return words
    lines: list[str] = []
    for line in words.split("\n"):
        wide = sum(ord(letter) > 0x2E80 for letter in line) > len(line) / 3
        keep = line.startswith((" ", ">", "-- ", "|")) or "://" in line
        lines += [line] if keep or not line else textwrap.wrap(line, 36 if wide else 74)
    return "\n".join(lines)


def _make_attachment(story: _Story) -> Part:
    dice, number = story.dice, story.slots["number"]
    form = dice.choice(("csv", "pdf", "png", "ics", "zip", "log"))
    size = dice.randrange(200, 1500)
    if form == "csv":
        rows = (f"{n};{dice.choice(_PRODUCTS)};{dice.randrange(1, 900)}\n" for n in range(12))
        kind, raw = "text/csv", ("id;item;pieces\n" + "".join(rows)).encode()
    elif form == "pdf":
        raw = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Length " + str(size).encode()
        raw += b" >>\nstream\n" + dice.randbytes(size) + b"\nendstream\nendobj\n%%EOF\n"
        kind = "application/pdf"
    elif form == "png":
        kind, raw = "image/png", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + dice.randbytes(size)
    elif form == "ics":
        kind, raw = "text/calendar", _write_calendar(story).encode()
    elif form == "zip":
        kind, raw = "application/zip", pack_zip(f"report-{number}.bin", dice.randbytes(size))
    else:
        lines = "".join(
            f"{story.date:%Y-%m-%d %H:%M}:{n:02d} worker[{dice.randrange(9999)}]: step {n} done\n"
            for n in range(10)
        )
        kind, raw = "application/octet-stream", lines.encode()
    name = f"{dice.choice(('document', 'scan', 'report', 'invoice', 'list'))}-{number}.{form}"
    return Part(
        (
            ("Content-Type", f'{kind};\n\tname="{name}"'),
            ("Content-Disposition", f'attachment;\n\tfilename="{name}"'),
            ("Content-Transfer-Encoding", "base64"),
        ),
        base64.encodebytes(raw),
    )


def _write_calendar(story: _Story) -> str:
    start = story.date.astimezone(UTC) + timedelta(days=3)
    return (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//example//calendar//EN\r\nMETHOD:REQUEST\r\n"
        f"BEGIN:VEVENT\r\nUID:{story.slots['id']}@{story.domain}\r\n"
        f"DTSTART:{start:%Y%m%dT%H%M%SZ}\r\nDURATION:PT1H\r\nSUMMARY:{story.slots['product']}\r\n"
        f"ORGANIZER:mailto:{story.sender}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )


_COMPANIES: Final = (
    "Nordlicht Handel", "Atelier Brume", "Kestrel Works", "Blue Quarry Ltd", "Talvi Oy",
    "Pomelo Books", "Harbour & Finch", "Orchard Dental", "Vega Logistica", "Sunrise Trading",
    "Lindenhof", "Civic Theatre", "Copper Kettle", "Meridian School", "Tern Software",
)  # fmt: skip
_PRODUCTS: Final = (
    "Standing desk", "Tea sampler", "Bicycle lamp", "Paper A4", "Notebook", "Road map",
    "Spring course", "Garden hose", "Cloud backup", "Ledger", "Sensor kit", "Choir evening",
    "Printer toner", "Winter tyres", "Cookbook",
)  # fmt: skip
_HOSTS: Final = ("mail", "smtp", "mx1", "out2", "relay", "web01", "mta-7", "srv3")
_LOCALS: Final = ("office", "j.marsh", "info", "sales", "lena", "t.okada", "help", "accounts")
_OTHERS: Final = ("example.com", "example.org", "example.net", "partner.test", "shop.example")
_SELECTORS: Final = ("default", "s1", "mail", "2026a", "k2", "dkim", "selector1", "google")
_MAILERS: Final = (
    "Microsoft Outlook 16.0", "Apple Mail (2.3774.500.171.1.1)", "PHPMailer 6.9.1",
    "Evolution 3.50.2", "Becky! ver. 2.81.08 [ja]", "The Bat! (v11.0)", "Foxmail 7.2.25",
    "Zimbra 10.0.6", "MIME::Lite 3.033", "Newsroom 4.2", "TicketDesk 7",
)  # fmt: skip
_AGENT: Final = "Mozilla Thunderbird"
