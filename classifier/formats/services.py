"""Mailbox providers, carriers and sending services whose bounces the general reader reads."""

from __future__ import annotations

from typing import Final

from classifier.formats.prose import read_prose
from classifier.formats.reader import Reader

__all__ = ["READERS"]

READERS: Final = (
    Reader(
        "1and1",
        (
            "from: @kundenserver.de",
            "from: @perfora.net",
            "from: @ionos.",
            "text: smtp error from remote server for && text: created automatically",
        ),
        read_prose,
        "text like Exim's: SMTP error from remote server for TEXT command, host: ... reason: 550",
        over=("exim", "gmx"),
    ),
    Reader(
        "aliyun",
        (
            "from: @aliyun.com",
            "from: @alibaba-inc.com",
        ),
        read_prose,
        "Chinese text, the recipient and the reply labelled",
    ),
    Reader(
        "amazon-ses",
        ("mta: amazonses.com$", "from: amazonses.com", "field: x-ses-"),
        read_prose,
        "a status part whose diagnostic is whole; the notice repeats it",
    ),
    Reader(
        "amazon-ses-inbound",
        (
            "mta: inbound-smtp. && mta: .amazonaws.com$",
            "text: this message could not be delivered. && mta: .amazonaws.com$",
        ),
        read_prose,
        "SES where it receives: the rule's own reply in the status part",
        over=("amazon-ses",),
    ),
    Reader(
        "amazon-workmail",
        ("from: amazon workmail", "mta: .awsapps.com$", "text: amazon workmail"),
        read_prose,
        "a status part with a whole diagnostic",
        over=("amazon-ses",),
    ),
    Reader(
        "biglobe",
        ("from: biglobe.ne.jp && text: had delivery problems", "mta: biglobe.ne.jp$"),
        read_prose,
        "text alone: the addresses, then Non-delivered information",
        over=("sendmail",),
    ),
    Reader(
        "coremail",
        ("text: coremail",),
        read_prose,
        "Chinese text, the recipient and the reply labelled; of universities and providers",
    ),
    Reader(
        "daum",
        (
            "from: @hanmail.net",
            "from: @daum.net",
        ),
        read_prose,
        "Korean text, the recipient and the reason labelled",
    ),
    Reader(
        "docomo",
        ("from: docomo.ne.jp", "mta: docomo.ne.jp$"),
        read_prose,
        "a status part; local parts with dots where no dot may be",
    ),
    Reader(
        "ezweb",
        ("from: ezweb.ne.jp", "from: @au.com"),
        read_prose,
        "text in two languages, the recipient in <> below the reason",
    ),
    Reader(
        "facebook",
        ("from: mx.facebook.com", "mta: facebook.com$"),
        read_prose,
        "a status part with a whole diagnostic",
    ),
    Reader(
        "gmx",
        (
            "from: @mail.gmx.",
            "from: @gmx.",
            "from: @web.de",
            "text: smtp error from remote server after && text: created automatically",
        ),
        read_prose,
        'text like Exim\'s, the recipient in quotation marks: "bob@example.org":',
        over=("exim",),
    ),
    Reader(
        "godaddy",
        ("from: .secureserver.net",),
        read_prose,
        "qmail's form with a text of its own: child status 100",
        over=("qmail",),
    ),
    Reader(
        "icloud",
        (
            "from: @icloud.com",
            "from: @mac.com",
            "from: @me.com",
            "mta: .me.com$",
            "mta: .mac.com$",
            "mta: .icloud.com$",
        ),
        read_prose,
        "the form of Oracle's server",
        knows_command=True,
        over=("sun-messaging",),
    ),
    Reader(
        "kddi",
        (
            "from: .dion.ne.jp",
            "from: @dion.ne.jp",
            "text: your mail sent on: && text: could not be delivered to:",
        ),
        read_prose,
        "text in two languages: Could not be delivered to: <bob@example.org>",
        over=("ezweb",),
    ),
    Reader(
        "libero",
        (
            "from: @libero.it",
            "from: .libero.it",
        ),
        read_prose,
        "a status part; bob@example.org; Failed; 5.1.1 in the text",
    ),
    Reader(
        "linkedin",
        ("from: @linkedin.com && subject: undeliver",),
        read_prose,
        "a status part; the text is HTML for people",
    ),
    Reader(
        "locaweb",
        ("from: @locaweb.com.br",),
        read_prose,
        "a status part; Portuguese text, the recipient labelled",
    ),
    Reader(
        "mailgun",
        ("from: mailgun.org", "mta: mailgun.org$", "mta: mailgun.net$"),
        read_prose,
        "a status part with a whole diagnostic",
    ),
    Reader(
        "mailjet",
        ("mta: .mailjet.com$", "from: mailjet.com"),
        read_prose,
        "a status part with a whole diagnostic",
        over=("postfix",),
    ),
    Reader(
        "mailru",
        ("from: mail.ru", "text: сервером mail.ru"),
        read_prose,
        "text like Exim's, first in Russian",
        over=("exim",),
    ),
    Reader(
        "naver",
        ("from: @naver.com",),
        read_prose,
        "Korean HTML, the recipient and the reason in a table",
    ),
    Reader(
        "netease",
        (
            "from: @163.com",
            "from: @126.com",
            "from: @188.com",
            "from: @yeah.net",
        ),
        read_prose,
        "Chinese text of Coremail's, the reply after 英文说明",
        over=("coremail",),
    ),
    Reader(
        "outlook",
        (
            "mta: .hotmail.com$",
            "from: postmaster@hotmail.",
            "from: postmaster@outlook.",
            "from: postmaster@mail.hotmail.",
        ),
        read_prose,
        "Microsoft's consumer mail: as its SMTP service, the text in UTF-7 at times",
        over=("microsoft-smtpsvc", "exchange", "exchange-online"),
    ),
    Reader(
        "pec",
        (
            "head: x-ricevuta: errore",
            "head: x-ricevuta: preavviso-errore",
            "head: x-ricevuta: non-accettazione",
            "subject: avviso di mancata consegna",
            "subject: avviso di non accettazione",
        ),
        read_prose,
        "Italy's certified mail: a sentence with the recipient and the status, signed",
    ),
    Reader(
        "postal",
        ("text: this is the mail delivery service responsible for delivering mail to",),
        read_prose,
        "text alone, often without a reason",
    ),
    Reader(
        "postmark",
        ("mta: .mtasv.net$", "from: mtasv.net", "from: postmarkapp.com"),
        read_prose,
        "a status part with a whole diagnostic",
    ),
    Reader(
        "qq",
        ("from: @qq.com", "from: postmaster@exmail.", "from: @exmail.qq.com"),
        read_prose,
        "Chinese text, the recipient and the reply in a table",
    ),
    Reader(
        "sendgrid",
        (
            "text: automatically generated message from sendgrid",
            "mta: .sendgrid.net$",
            "from: sendgrid.net",
            "field: x-sendgrid-",
        ),
        read_prose,
        "a status part; the text in one line a recipient",
    ),
    Reader(
        "seznam",
        (
            "from: @seznam.cz",
            "mta: .seznam.cz$",
        ),
        read_prose,
        "a status part; Czech text, the recipient labelled",
    ),
    Reader(
        "sina",
        (
            "from: @sina.com",
            "from: @sina.cn",
        ),
        read_prose,
        "Chinese text, the reply in English below it",
    ),
    Reader(
        "sparkpost",
        (
            "text: by the mail system (ecelerity)",
            "mta: .sparkpostmail.com$",
            "from: sparkpostmail.com",
        ),
        read_prose,
        "a status part; >>> bob@example.org (after MAIL FROM): 550 in the text; of Momentum",
        over=("exim",),
    ),
    Reader(
        "verizon",
        ("from: vtext.com", "from: vzwpix.com", "from: mmsc ndr administrator"),
        read_prose,
        "text alone: Message to <...> failed, or Message could not be delivered to mobile",
    ),
    Reader(
        "yahoo",
        (
            "from: @yahoo.",
            "from: .yahoo.",
            "from: mailer-daemon@nm && from: .yahoo.com",
            "text: message from yahoo.",
            "text: sorry, we were unable to deliver your message to the following address",
        ),
        read_prose,
        "text like qmail's, the command in brackets at the end: [RCPT_TO]",
        over=("qmail", "amazon-ses"),
    ),
    Reader(
        "yandex",
        ("from: mailer-daemon@yandex.", "text: почтовым сервером yandex", "mta: .yandex.net$"),
        read_prose,
        "Postfix's report, its text first in Russian",
        over=("postfix",),
    ),
    Reader(
        "zoho",
        ("head: x-mailer: zoho mail", "from: @mail.zoho.", "mta: .zoho.com$", "text: error_code :"),
        read_prose,
        "text alone: bob@example.org Invalid Address, ERROR_CODE :550",
        over=("exim", "sendmail"),
    ),
)
