"""Receipts: disposition notifications (RFC 8098) and success reports (RFC 3464).

Both look like bounces from afar: a machine wrote them, they are multipart/report, and they have
fields for a final recipient.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from classifier.reasons import Kind
from corpora.clean.mail import Clean, Setting, draw_setting, write_mail
from corpora.mime import Part, join, make_text
from corpora.originals import make_original

__all__ = ["build_receipts"]


@dataclass(frozen=True, slots=True)
class _Receipt:
    """How one mail program words a receipt in one language."""

    name: str
    language: str
    title: str
    words: str
    disposition: str
    times: int = 2


@dataclass(frozen=True, slots=True)
class _Success:
    """How one mail server words a report of success."""

    name: str
    action: str
    sender: str
    title: str
    words: str
    status: str = "2.0.0"
    diagnostic: str = ""
    language: str = "en"
    times: int = 3


def build_receipts() -> Iterator[Clean]:
    """Write receipts of reading and of delivery.

    Yields:
        The mails, by template.
    """
    for receipt in _RECEIPTS:
        for number in range(receipt.times):
            group = f"receipts/{receipt.name}"
            setting = draw_setting(f"{group} {number}", receipt.language)
            yield Clean(_write_receipt(setting, receipt), "receipts", Kind.DISPOSITION, group,
                        "synthetic")  # fmt: skip
    for success in _SUCCESSES:
        for number in range(success.times):
            group = f"success/{success.name}"
            setting = draw_setting(f"{group} {number}", success.language)
            yield Clean(_write_success(setting, success), "success", Kind.SUCCESS, group,
                        "synthetic")  # fmt: skip


def _write_receipt(setting: Setting, receipt: _Receipt) -> bytes:
    dice, slots = setting.dice, setting.slots
    agent = dice.choice(
        ("Microsoft Outlook", "Mozilla Thunderbird", "Becky! ver. 2.81", "mail.app")
    )
    lines = [
        f"Reporting-UA: {slots['host']}; {agent}",
        f"Original-Recipient: rfc822;{slots['writer']}",
        f"Final-Recipient: RFC822; {slots['writer']}",
        f"Original-Message-ID: {slots['earlier']}",
        f"Disposition: {receipt.disposition}",
    ]
    if dice.random() < 0.4:
        del lines[1]
    if dice.random() < 0.3:
        del lines[0]
    notice = _write_fields("message/disposition-notification", lines)
    parts = [make_text(dice, setting.fill(receipt.words), setting.charset), notice]
    if dice.random() < 0.4:
        parts.append(_return_headers(setting))
    body = join(dice, "report", parts, "; report-type=disposition-notification")
    fields = [("Subject", setting.fill(receipt.title)), ("In-Reply-To", slots["earlier"])]
    if dice.random() < 0.4:
        fields.append(("Auto-Submitted", "auto-replied"))
    path = dice.choice(("<>", None))
    return write_mail(setting, fields, body, return_path=path)


def _write_success(setting: Setting, success: _Success) -> bytes:
    dice, slots = setting.dice, setting.slots
    many = success.action == "expanded" or dice.random() < 0.25
    recipients = [slots["writer"], f"second.{slots['writer']}"][: 2 if many else 1]
    lines = [f"Reporting-MTA: dns; {slots['host']}", f"Arrival-Date: {slots['stamp']}"]
    if dice.random() < 0.3:
        lines.insert(1, f"Original-Envelope-Id: {slots['queue']}")
    for recipient in recipients:
        lines += ["", f"Original-Recipient: rfc822;{recipient}"]
        if dice.random() < 0.4:
            lines.pop()
        lines += [
            f"Final-Recipient: rfc822; {recipient}",
            f"Action: {success.action}",
            f"Status: {success.status}",
        ]
        if success.diagnostic:
            lines += [
                f"Remote-MTA: dns; mx.{slots['domain']}",
                f"Diagnostic-Code: smtp; {setting.fill(success.diagnostic)}",
            ]
    words = setting.fill(success.words).replace("[all]", "\n    ".join(recipients))
    parts = [
        make_text(dice, words, setting.charset),
        _write_fields("message/delivery-status", lines),
    ]
    if dice.random() < 0.8:
        parts.append(_return_headers(setting))
    body = join(dice, "report", parts, "; report-type=delivery-status")
    fields = [
        ("From", setting.fill(success.sender)),
        ("Subject", setting.fill(success.title)),
        ("Auto-Submitted", "auto-replied"),
    ]
    return write_mail(setting, fields, body, return_path="<>")


def _write_fields(kind: str, lines: list[str]) -> Part:
    return Part((("Content-Type", kind),), ("\n".join(lines) + "\n").encode("utf-8"))


def _return_headers(setting: Setting) -> Part:
    slots = setting.slots
    head = make_original(
        slots["id"],
        slots["reader"],
        [slots["writer"]],
        date=setting.date - timedelta(minutes=3),
        headers_only=True,
        eight_bits=False,
    )
    return Part((("Content-Type", "text/rfc822-headers"),), head)


_MANUAL: Final = "manual-action/MDN-sent-manually; "
_AUTO: Final = "automatic-action/MDN-sent-automatically; "

_RECEIPTS: Final = (
    _Receipt(
        "en-read",
        "en",
        "Read: {subject}",
        "Your message\n\n   To: {me}\n   Subject: {subject}\n   Sent: {day} {time}\n\n"
        "was read on {day} {time}.",
        _MANUAL + "displayed",
        4,
    ),
    _Receipt(
        "en-unread",
        "en",
        "Not read: {subject}",
        "Your message\n\n   To: {me}\n   Subject: {subject}\n\n"
        "was deleted without being read on {date} {time}.",
        _AUTO + "deleted",
        4,
    ),
    _Receipt(
        "en-opened",
        "en",
        "Return receipt (displayed): {subject}",
        "The mail that you sent to {writer} on {day} has been opened. Whether anybody read it is"
        " not known.",
        _MANUAL + "displayed",
        3,
    ),
    _Receipt(
        "en-dispatched",
        "en",
        "Dispatched: {subject}",
        "The message of {day} to {writer} has been forwarded without being displayed.",
        _AUTO + "dispatched",
    ),
    _Receipt(
        "en-processed",
        "en",
        "Processed: {subject}",
        "The order system at {domain} has processed your message {number}.",
        _AUTO + "processed",
        3,
    ),
    _Receipt(
        "en-denied",
        "en",
        "Read receipt not sent: {subject}",
        "The recipient {writer} does not wish to tell whether your message was displayed.",
        _MANUAL + "denied",
        3,
    ),
    _Receipt(
        "en-expired",
        "en",
        "Not read: {subject}",
        "Your message to {me} was deleted by the retention policy of the mailbox before it was"
        " read. Sent: {day}.",
        "automatic-action/MDN-sent-automatically; deleted/mailbox-terminated",
    ),
    _Receipt(
        "de-read",
        "de",
        "Gelesen: {subject}",
        "Ihre Nachricht\n\n   An: {me}\n   Betreff: {subject}\n\nwurde am {day} um {time} gelesen.",
        _MANUAL + "displayed",
        3,
    ),
    _Receipt(
        "de-unread",
        "de",
        "Ungelesen: {subject}",
        "Ihre Nachricht an {me} wurde am {date} gelöscht, ohne gelesen worden zu sein.",
        _AUTO + "deleted",
        3,
    ),
    _Receipt(
        "fr-read",
        "fr",
        "Lu : {subject}",
        "Votre message\n\n   À : {me}\n   Objet : {subject}\n\na été lu le {day} à {time}.",
        _MANUAL + "displayed",
    ),
    _Receipt(
        "fr-unread",
        "fr",
        "Non lu : {subject}",
        "Votre message à {me} a été supprimé sans être lu le {date}.",
        _AUTO + "deleted",
    ),
    _Receipt(
        "es-read",
        "es",
        "Leído: {subject}",
        "Su mensaje para {me} del {day} fue leído a las {time}.",
        _MANUAL + "displayed",
    ),
    _Receipt(
        "es-unread",
        "es",
        "No leído: {subject}",
        "Su mensaje para {me} se eliminó sin leerlo el {date}.",
        _AUTO + "deleted",
    ),
    _Receipt(
        "it-read",
        "it",
        "Letto: {subject}",
        "Il messaggio inviato a {me} è stato letto il {day} alle {time}.",
        _MANUAL + "displayed",
    ),
    _Receipt(
        "pt-unread",
        "pt",
        "Não lida: {subject}",
        "A sua mensagem para {me} foi excluída sem ser lida em {date}.",
        _AUTO + "deleted",
    ),
    _Receipt(
        "nl-read",
        "nl",
        "Gelezen: {subject}",
        "Uw bericht aan {me} is gelezen op {day} om {time}.",
        _MANUAL + "displayed",
    ),
    _Receipt(
        "sv-read",
        "sv",
        "Läst: {subject}",
        "Ditt meddelande till {me} lästes {day} {time}.",
        _MANUAL + "displayed",
    ),
    _Receipt(
        "pl-read",
        "pl",
        "Przeczytano: {subject}",
        "Wiadomość do {me} została przeczytana {day} o {time}.",
        _MANUAL + "displayed",
    ),
    _Receipt(
        "cs-unread",
        "cs",
        "Nepřečteno: {subject}",
        "Vaše zpráva pro {me} byla {date} odstraněna bez přečtení.",
        _AUTO + "deleted",
    ),
    _Receipt(
        "ru-read",
        "ru",
        "Прочтено: {subject}",
        "Ваше сообщение для {me} прочитано {day} в {time}.",
        _MANUAL + "displayed",
    ),
    _Receipt(
        "tr-read",
        "tr",
        "Okundu: {subject}",
        "{me} kişisine gönderdiğiniz ileti {day} {time} tarihinde okundu.",
        _MANUAL + "displayed",
    ),
    _Receipt(
        "ja-read",
        "ja",
        "開封済み: {subject}",
        "{me} 宛てのメッセージは {day} {time} に開封されました。",
        _MANUAL + "displayed",
        3,
    ),
    _Receipt(
        "zh-cn-read",
        "zh-cn",
        "已读: {subject}",
        "您发给 {me} 的邮件已于 {day} {time} 阅读。",
        _MANUAL + "displayed",
    ),
    _Receipt(
        "ko-unread",
        "ko",
        "읽지 않음: {subject}",
        "{me}에게 보낸 메시지가 {date}에 읽지 않고 삭제되었습니다.",
        _AUTO + "deleted",
    ),
)

_DAEMON: Final = "Mail Delivery System <MAILER-DAEMON@{host}>"

_SUCCESSES: Final = (
    _Success(
        "delivered-postfix",
        "delivered",
        _DAEMON,
        "Successful Mail Delivery Report",
        "This is the mail system at host {host}.\n\nYour message was successfully delivered to"
        " the destination(s)\nlisted below. If the message was delivered to mailbox you will\n"
        "receive no further notifications.\n\n    [all]: delivery via local: delivered to maildir",
        times=4,
    ),
    _Success(
        "relayed-postfix",
        "relayed",
        _DAEMON,
        "Successful Mail Delivery Report",
        "This is the mail system at host {host}.\n\nYour message was relayed to a server that"
        " sends no such reports:\n\n    [all]: delivery via mx.{domain}[{ip}]:25: 250 2.0.0 Ok:"
        " queued as {queue}",
        diagnostic="250 2.0.0 Ok: queued as {queue}",
        times=4,
    ),
    _Success(
        "relayed-exchange",
        "relayed",
        "Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@{domain}>",
        "Relayed: {subject}",
        "Delivery to these recipients or groups is complete, but no delivery notification was sent"
        " by the destination server:\n\n    [all]\n\nSubject: {subject}",
        times=4,
    ),
    _Success(
        "delivered-exchange",
        "delivered",
        "postmaster@{domain}",
        "Delivered: {subject}",
        "Your message has been delivered to the following recipients:\n\n    [all]\n\n"
        "Subject: {subject}",
        times=4,
    ),
    _Success(
        "expanded-sendmail",
        "expanded",
        "Mail Delivery Subsystem <MAILER-DAEMON@{host}>",
        "Return receipt",
        "The original message was received at {stamp}\nfrom {reader}\n\n"
        "   ----- The following addresses had successful delivery notifications -----\n    [all]"
        "  (expanded by mailing list)",
        status="2.0.0",
    ),
    _Success(
        "expanded-group",
        "expanded",
        "postmaster@{domain}",
        "Expanded: {subject}",
        "The following distribution groups have been expanded:\n\n    [all]\n\nSubject: {subject}",
    ),
    _Success(
        "relayed-sendmail",
        "relayed",
        "Mail Delivery Subsystem <MAILER-DAEMON@{host}>",
        "Return receipt",
        "   ----- The following addresses had successful delivery notifications -----\n    [all]"
        "  (relayed to non-DSN-aware mailer)",
        status="2.6.0",
        diagnostic="250 2.6.0 {earlier} queued mail for delivery",
    ),
    _Success(
        "de-delivered",
        "delivered",
        "postmaster@{domain}",
        "Zugestellt: {subject}",
        "Die Nachricht wurde an die folgenden Empfänger übermittelt:\n\n    [all]\n\n"
        "Betreff: {subject}",
        language="de",
    ),
    _Success(
        "de-relayed",
        "relayed",
        "Microsoft Outlook <postmaster@{domain}>",
        "Weitergeleitet: {subject}",
        "Die Zustellung an diese Empfänger ist abgeschlossen, der Zielserver hat aber keine"
        " Zustellbestätigung gesendet:\n\n    [all]",
        language="de",
    ),
    _Success(
        "fr-relayed",
        "relayed",
        "Microsoft Outlook <postmaster@{domain}>",
        "Relayé : {subject}",
        "La remise à ces destinataires est terminée, mais le serveur de destination n'a pas envoyé"
        " de notification :\n\n    [all]",
        language="fr",
        times=2,
    ),
    _Success(
        "es-delivered",
        "delivered",
        "postmaster@{domain}",
        "Entregado: {subject}",
        "El mensaje se entregó a los siguientes destinatarios:\n\n    [all]",
        language="es",
        times=2,
    ),
    _Success(
        "ja-delivered",
        "delivered",
        "postmaster@{domain}",
        "配信済み: {subject}",
        "メッセージは次の受信者に配信されました。\n\n    [all]",
        language="ja",
        times=2,
    ),
)
