"""HCL (Lotus) Domino and GroupWise.

Domino gives the reason in the subject and after "because:"; GroupWise in brackets after the
address, which stands after a tab.

Sources: a Domino report in a test of Drupal's inmail module ("DELIVERY FAILURE: User ... not
listed in Domino Directory"); GroupWise text in Sympa's bounce analysis ("The message that you
sent was undeliverable to the following:"); `facts/ndr_structure.csv`.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Final, NamedTuple

from classifier.model.corpus import Entry
from corpora.services.catalogue import by, is_login, is_remote
from corpora.services.dsn import fold, status_part
from corpora.services.mime import Part, bundle, envelop, make_id, message, stamp, text
from corpora.services.story import Failure, Service, Story

__all__ = ["SERVICES"]


class _Domino(NamedTuple):
    subject: str
    message: str
    title: str
    undelivered: str
    because: str


_DOMINO: Final[Mapping[str, _Domino]] = {
    "en": _Domino("DELIVERY FAILURE:", "Your message", "Subject:", "was not delivered to:",
                  "because:"),
    "de": _Domino("ZUSTELLUNGSFEHLER:", "Ihre Nachricht", "Betreff:",
                  "konnte nicht zugestellt werden an:", "weil:"),
    "fr": _Domino("ECHEC DE LA DISTRIBUTION :", "Votre message", "Objet :",
                  "n'a pas été distribué à :", "parce que :"),
    "es": _Domino("ERROR DE ENTREGA:", "Su mensaje", "Asunto:", "no se ha entregado a:", "porque:"),
    "it": _Domino("ERRORE DI CONSEGNA:", "Il messaggio", "Oggetto:", "non è stato consegnato a:",
                  "perché:"),
    "ja": _Domino("配信失敗レポート:", "次のメッセージ", "件名:",
                  "は次の宛先に配信されませんでした:", "理由:"),
}  # fmt: skip


def _domino_host(dice: random.Random, domain: str) -> str:
    return f"{dice.choice(('notes', 'domino01', 'mail'))}.{domain}"


def _is_domino(entry: Entry) -> bool:
    return by(entry, "domino")


def _said(failure: Failure) -> str:
    if not failure.host or failure.entry.provider == "domino":
        return failure.reply.line
    if failure.expired:
        return f"Message expired: {failure.host} responded with {failure.reply.line}"
    return failure.reply.line


def _build_domino(story: Story) -> bytes:
    dice = story.dice("form")
    words = _DOMINO[story.language]
    lines = [words.message, "", f"  {words.title} {story.subject}", ""]
    for failure in story.failures:
        lines += [words.undelivered, "", f"  {failure.recipient}", "", words.because, "",
                  f"  {_said(failure)}", ""]  # fmt: skip
    charset = {"ja": "iso-2022-jp"}.get(story.language, "iso-8859-1")
    first = text("\n".join(lines) + "\n", charset, "quoted-printable", quoted=True)
    blocks = [
        [
            ("Final-Recipient", f"rfc822;{failure.recipient}"),
            ("Action", "failed"),
            ("Status", failure.status if dice.random() < 0.6 else "5.0.0"),
            ("Diagnostic-Code", f"X-Notes;{fold(_said(failure), 64, ' ')}"),
        ]
        for failure in story.failures
    ]
    parts: list[Part] = [first]
    if dice.random() < 0.85:
        parts.append(status_part([("Reporting-MTA", f"dns;{story.own_host}")], blocks))
    parts.append(envelop("message/rfc822", story.original(headers_only=dice.random() < 0.4)))
    body = bundle(
        "multipart/report",
        parts,
        f"==IFJRGLKFGIR{int(make_id(story.seed, 8), 16)}UHRUHIHD",
        " report-type=delivery-status;",
    )
    server = story.own_host.partition(".")[0].upper()
    head = [
        *story.own_checks(),
        ("Subject", f"{words.subject} {_said(story.failures[0])}"),
        ("From", f"Postmaster@{story.sender_domain}"),
        ("To", story.sender),
        ("Date", stamp(story.date)),
        ("Message-ID", f"<OF{make_id(story.seed, 16).upper()}-ON@{story.own_host}>"),
        ("MIME-Version", "1.0"),
        ("X-MIMETrack", f"Itemize by SMTP Server on {server}/ACME(Release 9.0.1FP10)"),
    ]  # fmt: skip
    return message(head, body)


def _build_groupwise(story: Story) -> bytes:
    dice = story.dice("form")
    lines = ["The message that you sent was undeliverable to the following:", ""]
    for failure in story.failures:
        lines.append(f"\t{failure.recipient} ({failure.reply.line})")
    lines += ["", "Information about your message:", "",
              f"\tSubject: {story.subject}", f"\tSent: {stamp(story.sent)}", "",
              "Possibly truncated original message follows:", ""]  # fmt: skip
    original = story.original(headers_only=dice.random() < 0.3)
    boundary = f"=_reb-r{make_id(story.seed, 8).upper()}-t{make_id('t' + story.seed, 8).upper()}"
    head = [
        *story.own_checks(),
        ("Date", stamp(story.date)),
        ("From", f"Mailer-Daemon@{story.own_host}"),
        ("To", story.sender),
        ("Subject", "Message status - undeliverable"),
        ("Message-ID", f"<{make_id(story.seed, 8).upper()}.GWDOM.GWIA.{story.own_host}>"),
        ("MIME-Version", "1.0"),
    ]
    if dice.random() < 0.6:
        parts = [
            text("\n".join(lines), "utf-8", "quoted-printable"),
            envelop("message/rfc822", original, [("Content-Disposition", "attachment")]),
        ]
        return message(head, bundle("multipart/mixed", parts, boundary))
    words = "\n".join(lines) + "\n" + original.decode("utf-8", "replace")
    return message(head, text(words, "utf-8", "quoted-printable"))


SERVICES = (
    Service(
        name="domino",
        build=_build_domino,
        mails=80,
        host=_domino_host,
        remote=lambda entry: is_remote(entry) and not _is_domino(entry),
        relays=is_login,
        local=_is_domino,
        languages=("en", "en", "en", *_DOMINO),
        recipients=3,
    ),
    Service(
        name="groupwise",
        build=_build_groupwise,
        mails=50,
        host=lambda dice, domain: f"gwia.{domain}",
        relays=is_login,
        recipients=3,
    ),
)
