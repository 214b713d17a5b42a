"""Mails from templates: `templates/BOX.toml`, which says what each kind of them may look like."""

from __future__ import annotations

import base64
import quopri
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from classifier.reasons import Kind
from corpora.clean.mail import Clean, Setting, draw_setting, write_mail
from corpora.mime import Part, join, make_text, write_html

__all__ = ["build_templates"]

_FOLDER: Final = Path(__file__).with_name("templates")


def build_templates() -> Iterator[Clean]:
    """Write the mails of all templates.

    Yields:
        The mails, by file and in the order of its templates.
    """
    for path in sorted(_FOLDER.glob("*.toml")):
        with path.open("rb") as file:
            data = tomllib.load(file)
        usual = data.get("usual", {})
        for entry in data["mail"]:
            yield from _build(path.stem, {**usual, **entry}, data.get("style", {}))


def _build(
    box: str, entry: Mapping[str, Any], styles: Mapping[str, Mapping[str, Any]]
) -> Iterator[Clean]:
    language = entry.get("language", "en")
    group = f"{box}/{entry['group']}"
    for number in range(entry.get("times", 2)):
        setting = draw_setting(f"{group} {number}", language)
        chosen = entry.get("styles", [])
        style = styles[chosen[number % len(chosen)]] if chosen else {}
        yield Clean(
            raw=_write(setting, entry, style, number),
            box=box,
            kind=Kind(entry["kind"]),
            group=group,
            provenance="written",
        )


def _write(
    setting: Setting, entry: Mapping[str, Any], style: Mapping[str, Any], number: int
) -> bytes:
    dice = setting.dice
    lines = [*style.get("fields", []), *entry.get("fields", [])]
    fields = []
    for line in lines:
        name, _, value = setting.fill(line).partition(": ")
        fields.append((name, value))
    if "from" in entry:
        fields.append(("From", setting.fill(entry["from"])))
    subjects = entry.get("subjects")
    if subjects:
        titles = style.get("title", "{}")
        subject = titles.replace("{}", subjects[number % len(subjects)])
        fields.append(("Subject", setting.fill(subject)))
    words = setting.fill(entry["body"].strip("\n"))
    part = _dress(setting, words, entry.get("html", "some"))
    files = [_attach(setting, each) for each in entry.get("part", [])]
    if files:
        kind = entry.get("multipart", "mixed")
        part = join(dice, kind, [part, *files])
    path = style.get("return-path", entry.get("return-path"))
    return write_mail(
        setting, fields, part, return_path=None if path is None else setting.fill(path)
    )


def _dress(setting: Setting, words: str, html: str) -> Part:
    """Write the text, the page or both."""
    dice, charset = setting.dice, setting.charset
    plain = make_text(dice, words, charset)
    if html == "never" or (html == "some" and dice.random() < 0.7):
        return plain
    page = write_html(dice, words, setting.language.code, setting.slots["domain"])
    written = make_text(dice, page, charset, subtype="html")
    return written if dice.random() < 0.3 else join(dice, "alternative", [plain, written])


def _attach(setting: Setting, entry: Mapping[str, Any]) -> Part:
    dice = setting.dice
    raw = setting.fill(entry["body"].strip("\n") + "\n").encode("utf-8")
    headers = [("Content-Type", setting.fill(entry["type"]))]
    if "name" in entry:
        name = setting.fill(entry["name"])
        headers.append(("Content-Disposition", f'attachment;\n\tfilename="{name}"'))
    if raw.isascii() and not entry["type"].startswith("application/"):
        return Part(tuple(headers), raw)
    if dice.random() < 0.5:
        encoding, content = "quoted-printable", quopri.encodestring(raw)
    else:
        encoding, content = "base64", base64.encodebytes(raw)
    return Part((*headers, ("Content-Transfer-Encoding", encoding)), content)
