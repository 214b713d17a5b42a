"""The forms of programs that people send mail with: what their dialogs and logs say.

The server that spoke is the one that the program hands its mail to.
"""

from __future__ import annotations

import re
from typing import Final

from classifier.evidence import Hop
from classifier.pasted.form import LINES, Form

__all__ = ["FORMS"]

_MSMTP: Final = "authentication failed|recipient address|envelope from"
_MSMTP_COMMANDS: Final = {
    "authentication failed": "AUTH",
    "recipient address": "RCPT",
    "envelope from": "MAIL",
}

FORMS: Final = (
    Form(
        name="roundcube",
        sample='SMTP Error (550): Failed to add recipient "bo@b.test" (5.1.1 no such user)',
        cues=("smtp error (", "smtp-fehler (", "erreur smtp ("),
        pattern=re.compile(
            r"(?:SMTP Error|SMTP-Fehler|Erreur SMTP) \((?P<code>[45]\d\d)\): "
            r"(?P<reply>(?P<command>Failed to add recipient|Failed to set sender"
            r"|Authentication failed)?[^\n]{1,2000})"
        ),
        hop=Hop.SUBMISSION,
        commands={
            "authentication failed": "AUTH",
            "failed to add recipient": "RCPT",
            "failed to set sender": "MAIL",
        },
    ),
    Form(
        name="msmtp",
        sample="msmtp: authentication failed (method PLAIN)\n"
        "msmtp: server message: 535 5.7.8 bad password\n"
        "msmtp: could not send mail (account default from /home/al/.msmtprc)",
        cues=("msmtp: server message: ",),
        pattern=re.compile(
            rf"(?:msmtp: (?P<command>{_MSMTP})[^\n]{{0,300}}\n)?"
            rf"msmtp: server message: (?P<reply>{LINES}"
            r"(?:\nmsmtp: server message: [^\n]{1,1000}){0,20})"
        ),
        hop=Hop.SUBMISSION,
        commands=_MSMTP_COMMANDS,
        write=lambda found: found.group("reply").replace("msmtp: server message: ", ""),
    ),
    Form(
        name="msmtp",
        sample="host=smtp.c.test tls=on auth=on user=al from=al@c.test recipients=bo@b.test"
        " smtpstatus=535 smtpmsg='535 5.7.8 bad password'"
        " errormsg='authentication failed (method PLAIN)' exitcode=EX_NOPERM",
        cues=("smtpmsg=",),
        pattern=re.compile(
            r"(?<!\w)host=(?P<host>[\w.-]{1,255}) [^\n]{0,1000}?smtpmsg='(?P<reply>[^\n]{1,2000}?)'"
            rf" errormsg='(?P<command>{_MSMTP})?"
        ),
        hop=Hop.SUBMISSION,
        commands=_MSMTP_COMMANDS,
    ),
    Form(
        name="msmtp",
        sample="msmtp: the server does not support authentication",
        cues=("msmtp: ",),
        pattern=re.compile(
            r"(?:^|(?<=\n))msmtp: (?P<reply>(?!could not send|server message|account )[^\n]{1,500})"
        ),
        hop=Hop.SUBMISSION,
    ),
    Form(
        name="ssmtp",
        sample="send-mail: Authorization failed (535 5.7.8 Error: authentication failed)",
        cues=("authorization failed (",),
        pattern=re.compile(r"Authorization failed \((?P<reply>[45]\d\d[^\n]{1,1000}?)\)?$", re.M),
        hop=Hop.SUBMISSION,
        command="AUTH",
    ),
    Form(
        name="mutt",
        sample="SMTP session failed: 535 5.7.8 bad password",
        cues=("smtp session failed", "sasl authentication failed."),
        pattern=re.compile(
            r"(?:SMTP session failed: |(?=SASL authentication failed\.))(?P<reply>[^\n]{1,1000})"
        ),
        hop=Hop.SUBMISSION,
    ),
    Form(
        name="thunderbird",
        sample="An error occurred while sending mail. The mail server responded:\n5.1.1 no such"
        ' user.\n Please check the message recipient "bo@b.test" and try again.',
        cues=("an error occurred", "sending of the message failed", "login to server "),
        pattern=re.compile(
            r"An error occurred (?:while )?sending mail[.:] "
            r"(?:The mail|Outgoing server \(SMTP\) error\. The) server responded:\s{0,4}"
            r"(?P<reply>[^\n]{1,2000}?\.?)\s{0,4}(?:Please (?:check|verify) (?:the|that your) "
            r"(?:message )?(?P<command>recipient|email address|message)|$)"
        ),
        hop=Hop.SUBMISSION,
        commands={"recipient": "RCPT", "email address": "MAIL", "message": "DATA"},
        write=lambda found: found.group("reply"),  # "while sending mail" names no command
    ),
    Form(
        name="thunderbird",
        sample="Sending of the message failed. Unable to authenticate to Outgoing server (SMTP)"
        " smtp.c.test. Please check the password and verify the 'Authentication method'.",
        cues=("outgoing server (smtp) ", "login to server "),
        pattern=re.compile(
            r"(?P<reply>(?:[^.\n]{0,200}?(?P<command>authenticate|connect)[^.\n]{0,100}? "
            r"Outgoing server \(SMTP\)|(?<!\w)Login to server) (?P<host>[\w.-]{1,255}\w)"
            r"[^\n]{0,400})"
        ),
        hop=Hop.SUBMISSION,
        commands={"authenticate": "AUTH", "": "AUTH"},
    ),
    Form(
        name="curl",
        sample="curl: (67) Login denied",
        cues=("curl: (",),
        pattern=re.compile(
            r"curl: \(\d{1,2}\) (?P<reply>(?P<command>Login|MAIL|RCPT|AUTH|DATA|Command"
            r"|Failed to connect)?(?:(?<=Login) denied| failed: | port |(?<=connect) to )"
            r"[^\n]{0,500})"
        ),
        hop=Hop.SUBMISSION,
        commands={"login": "AUTH", "failed to connect": "CONN"},
    ),
    Form(
        name="outlook",
        sample="Sending reported error (0x800CCC78): Server error: '535 5.7.3 Authentication"
        " unsuccessful'",
        cues=("server error: '", "the server responded: ", "server response: "),
        pattern=re.compile(
            r"(?:Server [Ee]rror: |The server responded: |Server [Rr]esponse: )"
            r"'?(?P<reply>[245]\d\d[^\n]{1,1000}?)'?$"
            r"(?:\n(?:Server: '(?P<host>[\w.-]{1,255})')?)?",
            re.M,
        ),
        hop=Hop.SUBMISSION,
    ),
)
