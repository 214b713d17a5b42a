"""The forms of client libraries: exceptions and error objects, as stack traces show them.

Whatever they name, the server that spoke is the one that the program hands its mail to.
"""

from __future__ import annotations

import re
from typing import Final

from classifier.evidence import Hop
from classifier.pasted.form import LINES, Form, number, unescape

__all__ = ["FORMS"]

# A string of Python or JavaScript, in either kind of quotes.
_QUOTED: Final = (
    r"""b?(?:'(?P<quoted>(?:\\.|[^'\\\n]){0,4000})|"(?P<reply>(?:\\.|[^"\\\n]){0,4000}))"""
)


def _python(found: re.Match[str]) -> str:
    return number(
        found.group("code"), unescape(found.group("quoted") or found.group("reply") or "")
    )


def _joined(found: re.Match[str]) -> str:
    r"""A string that JavaScript prints in pieces: 'one\n' + 'two'."""
    pieces = re.findall(r"'((?:\\.|[^'\\\n])*+)'", found.group("reply"))
    return unescape("".join(pieces))


# What POSIX means by the names that Node prints (errno.h).
_ERRNO: Final = {
    "ECONNREFUSED": "connection refused",
    "ECONNRESET": "connection reset by peer",
    "EHOSTUNREACH": "no route to host",
    "ETIMEDOUT": "connection timed out",
    "ENOTFOUND": "host not found",
    "EAI_AGAIN": "temporary failure in name resolution",
}


def _above(found: re.Match[str]) -> str:
    """The message that Node prints above the members of an error."""
    head = found.string[max(0, found.start() - 3000) : found.start()]
    lines = [line for line in head.split("\n") if "Error: " in line]
    message = lines[-1].partition("Error: ")[2][:1000] if lines else ""
    words = [words for name, words in _ERRNO.items() if name in message]
    return " ".join(filter(None, [message, f"({', '.join([found.group('reply'), *words])})"]))


# What .NET says in words where it had a reply code (System.Net.Mail.SmtpException's messages).
_NET_CODES: Final = {
    "service not available": "421",
    "insufficient system storage": "452",
    "error in processing": "451",
    "mailbox unavailable": "550",
    "user not local or invalid address": "551",
    "exceeded storage allocation": "552",
    "mailbox name not allowed": "553",
    "transaction failed": "554",
    "requires a secure connection": "530",
    "does not have permission to submit": "454",
    "syntax error, command unrecognized": "500",
    "syntax error in parameters": "501",
    "bad sequence of commands": "503",
}


def _net(found: re.Match[str]) -> str:
    """The reply with the code that .NET's own sentence stands for."""
    said, reply = found.group("said").lower(), found.group("reply")
    if re.match(r"[245]\d\d(?!\d)", reply):
        return reply
    code = next((code for words, code in _NET_CODES.items() if words in said), None)
    if code is None:
        return f"{found.group('said')}: {reply}"
    if code == "550" and reply.startswith("4"):  # one sentence for 450 and 550
        code = "450"
    return f"{code} {reply}"


_EXPECTED: Final = {"235": "AUTH", "334": "AUTH", "354": "DATA", "220": "CONN", "251": "RCPT"}

FORMS: Final = (
    Form(
        name="nodemailer",
        sample="Error: Invalid login: 535-5.7.8 Username and Password not accepted.\n"
        "535 5.7.8  https://help.example.org/ - gsmtp\n    at SMTPConnection._formatError",
        cues=("invalid login",),
        pattern=re.compile(rf"Invalid login(?:: | - )(?P<reply>{LINES})"),
        hop=Hop.SUBMISSION,
        command="AUTH",
    ),
    Form(
        name="nodemailer",
        sample="Error: Can't send mail - all recipients were rejected: 550 5.1.1 no such user",
        cues=("can't send mail - ",),
        pattern=re.compile(
            r"Can't send mail - (?:all|\d{1,6}/\d{1,6})? ?recipients were rejected: "
            rf"(?P<reply>{LINES})"
        ),
        hop=Hop.SUBMISSION,
        command="RCPT",
    ),
    Form(
        name="nodemailer",
        sample="Error: Mail command failed: 530 5.7.0 Authentication required",
        cues=(" command failed: ", "message failed: ", "invalid greeting. response="),
        pattern=re.compile(
            r"Error: (?P<command>Mail|Recipient|Data|Message|RCPT|DATA|Invalid greeting)"
            rf"(?: command)?(?: failed: |\. response=)(?P<reply>{LINES})"
        ),
        hop=Hop.SUBMISSION,
        commands={"recipient": "RCPT", "invalid greeting": "CONN"},
    ),
    Form(
        name="nodemailer",
        sample="{\n  code: 'EAUTH',\n  response: '535-5.7.8 Username not accepted.\\n' +\n"
        "    '535 5.7.8  https://help.example.org/',\n  responseCode: 535,\n"
        "  command: 'AUTH PLAIN'\n}",
        cues=("response: ",),
        pattern=re.compile(
            r"(?<!\w)response: (?P<reply>'(?:\\.|[^'\\\n]){0,4000}'"
            r"(?:[ \t]{0,4}\+[ \t]{0,4}\n[ \t]{0,16}'(?:\\.|[^'\\\n]){0,2000}'){0,20}),?"
            r"(?:[^'{}]{0,100}command: '(?P<command>[A-Za-z][A-Za-z ]{1,40})')?"
        ),
        hop=Hop.SUBMISSION,
        write=_joined,
    ),
    Form(
        name="nodemailer",
        sample="{ code: 'ECONNECTION', errno: -111, syscall: 'connect', command: 'CONN' }",
        cues=("command: 'conn'", "command: 'api'"),
        pattern=re.compile(
            r"code: '(?P<reply>E[A-Z]{3,20})'[^{}]{0,300}command: '(?P<command>CONN|API)'"
        ),
        hop=Hop.LOCAL,
        write=_above,
    ),
    Form(
        name="smtplib",
        sample="smtplib.SMTPAuthenticationError: (535, b'5.7.8 Username not accepted.\\n5.7.8 no')",
        cues=("smtpauthenticationerror",),
        pattern=re.compile(rf"SMTPAuthenticationError(?:: |)\((?P<code>[245]\d\d), {_QUOTED}"),
        hop=Hop.SUBMISSION,
        command="AUTH",
        write=_python,
    ),
    Form(
        name="smtplib",
        sample="smtplib.SMTPRecipientsRefused: {'bo@b.test': (550, b'5.1.1 no such user')}",
        cues=("smtprecipient",),
        pattern=re.compile(
            r"SMTPRecipients?Refused(?:: |)\(?(?:\[?\{?['\"][^'\"\n]{1,320}['\"]: )?"
            r"\(?(?:[^()\n]{0,40}\()?"
            rf"(?P<code>[245]\d\d), {_QUOTED}"
        ),
        hop=Hop.SUBMISSION,
        command="RCPT",
        write=_python,
    ),
    Form(
        name="smtplib",
        sample="smtplib.SMTPSenderRefused: (530, b'5.7.0 Authentication Required', 'al@c.test')",
        cues=("smtpsenderrefused",),
        pattern=re.compile(rf"SMTPSenderRefused(?:: |)\((?P<code>[245]\d\d), {_QUOTED}"),
        hop=Hop.SUBMISSION,
        command="MAIL",
        write=_python,
    ),
    Form(
        name="smtplib",
        sample="smtplib.SMTPDataError: (554, b'5.7.1 Message refused as spam')",
        cues=("smtpdataerror",),
        pattern=re.compile(rf"SMTPDataError(?:: |)\((?P<code>[245]\d\d), {_QUOTED}"),
        hop=Hop.SUBMISSION,
        command="DATA",
        write=_python,
    ),
    Form(
        name="smtplib",
        sample="smtplib.SMTPConnectError: (421, b'4.3.2 Service not available')",
        cues=("smtpconnecterror", "smtpheloerror", "smtpresponseexception"),
        pattern=re.compile(
            r"SMTP(?P<command>Connect|Helo|Response)(?:Error|Exception)(?:: |)"
            rf"\((?P<code>[245]\d\d), {_QUOTED}"
        ),
        hop=Hop.SUBMISSION,
        write=_python,
    ),
    Form(
        name="smtplib",
        sample="ERROR could not send: (535, b'5.7.8 Username not accepted')",
        cues=(", b'", ', b"'),
        pattern=re.compile(rf"(?<![\w])\((?P<code>[45]\d\d), (?=b){_QUOTED}"),
        hop=Hop.SUBMISSION,
        write=_python,
    ),
    Form(
        name="smtplib",
        sample="smtplib.SMTPServerDisconnected: Connection unexpectedly closed",
        cues=("smtpserverdisconnected", "smtpnotsupportederror", "smtpexception: "),
        pattern=re.compile(
            r"SMTP(?:ServerDisconnected|NotSupportedError|Exception): (?P<reply>[^\n]{1,1000})"
        ),
        hop=Hop.SUBMISSION,
    ),
    Form(
        name="javamail",
        sample="jakarta.mail.AuthenticationFailedException: 535 5.7.8 authentication failed",
        cues=("authenticationfailedexception",),
        pattern=re.compile(rf"AuthenticationFailedException: (?P<reply>{LINES})"),
        hop=Hop.SUBMISSION,
        command="AUTH",
    ),
    Form(
        name="javamail",
        sample="javax.mail.SendFailedException: Invalid Addresses;\n  nested exception is:\n"
        "\tcom.sun.mail.smtp.SMTPAddressFailedException: 550 5.1.1 <bo@b.test>: no such user",
        cues=("smtpaddressfailedexception", "smtpsenderfailedexception"),
        pattern=re.compile(rf"SMTP(?P<command>Address|Sender)FailedException: (?P<reply>{LINES})"),
        hop=Hop.SUBMISSION,
        commands={"address": "RCPT", "sender": "MAIL"},
    ),
    Form(
        name="javamail",
        sample="com.sun.mail.smtp.SMTPSendFailedException: 550 5.7.60 not permitted to send as",
        cues=("smtpsendfailedexception", "sendfailedexception: ", "mail.messagingexception: "),
        pattern=re.compile(
            r"(?:SMTPSendFailedException|[.\s]SendFailedException|mail\.MessagingException): "
            rf"(?P<reply>{LINES})"
        ),
        hop=Hop.SUBMISSION,
    ),
    Form(
        name="mailkit",
        sample="MailKit.Security.AuthenticationException: 535: 5.7.3 Authentication unsuccessful",
        cues=("authenticationexception: ",),
        pattern=re.compile(
            r"Security\.AuthenticationException: (?:(?P<code>[245]\d\d): )?(?P<reply>[^\n]{1,2000})"
        ),
        hop=Hop.SUBMISSION,
        command="AUTH",
    ),
    Form(
        name="mailkit",
        sample="MailKit.Net.Smtp.SmtpCommandException: 5.1.1 <bo@b.test>: Recipient address"
        " rejected: User unknown",
        cues=("smtpcommandexception", "smtpprotocolexception", "servicenotauthenticatedexception"),
        pattern=re.compile(
            r"(?:SmtpCommand|SmtpProtocol|ServiceNotAuthenticated)Exception: "
            r"(?P<reply>[^\n]{1,2000})"
        ),
        hop=Hop.SUBMISSION,
    ),
    Form(
        name="system.net.mail",
        sample="System.Net.Mail.SmtpException: The SMTP server requires a secure connection or the"
        " client was not authenticated. The server response was: 5.7.0 Authentication Required",
        cues=("the server response was: ",),
        pattern=re.compile(
            r"(?P<said>[^\n:]{1,200})[.:]? The server response was: (?P<reply>[^\n]{1,2000})"
        ),
        hop=Hop.SUBMISSION,
        write=_net,
    ),
    Form(
        name="phpmailer",
        sample="SMTP ERROR: Password command failed: 535 5.7.8 Error: authentication failed",
        cues=("smtp error: ",),
        pattern=re.compile(
            r"SMTP E(?:RROR|rror): (?P<command>[A-Za-z]{4,9})(?: [A-Z]{2,5})?"
            rf"(?: [A-Z-]{{2,12}}\d?)? command failed: (?P<reply>{LINES})"
        ),
        hop=Hop.SUBMISSION,
        commands={"password": "AUTH", "username": "AUTH"},
    ),
    Form(
        name="system.net.mail",
        sample="System.Net.Mail.SmtpException: Failure sending mail. ---> System.Net.WebException:"
        " Unable to connect to the remote server",
        cues=("mail.smtpexception: ",),
        pattern=re.compile(r"Mail\.SmtpException: (?P<reply>[^\n]{1,1000})"),
        hop=Hop.SUBMISSION,
    ),
    Form(
        name="phpmailer",
        sample="The following From address failed: al@c.test : MAIL FROM command failed,"
        "Authentication Required. ,530,5.5.1",
        cues=(" command failed,",),
        pattern=re.compile(
            r"(?P<command>MAIL|RCPT|DATA|AUTH|EHLO|STARTTLS)[ A-Z]{0,12} command failed,"
            r"(?P<reply>[^\n]{0,1000}?)\s{0,4},(?P<code>[45]\d\d)(?:,(?P<status>[45]\.\d{1,3}\.\d{1,3}))?"
        ),
        hop=Hop.SUBMISSION,
        write=lambda found: " ".join(filter(None, found.group("code", "status", "reply"))),
    ),
    Form(
        name="mailso",
        sample="MailSo\\Smtp\\Exceptions\\LoginBadCredentialsException: 535 5.7.8 bad password in"
        " /app/SmtpClient.php:273",
        cues=("mailso\\smtp\\",),
        pattern=re.compile(
            r"MailSo\\Smtp\\Exceptions\\(?P<command>Login)?[A-Za-z]{0,40}Exception: "
            r"(?P<reply>[^\n]{1,1000}?)(?: in /[^\n]{0,300})?$",
            re.M,
        ),
        hop=Hop.SUBMISSION,
        commands={"login": "AUTH"},
    ),
    Form(
        name="phpmailer",
        sample="SMTP Error: data not accepted.SMTP server error: DATA END command failed Detail:"
        " refused as spam SMTP code: 554 Additional SMTP info: 5.7.1",
        cues=("smtp server error: ",),
        pattern=re.compile(
            r"SMTP server error: (?P<command>[A-Za-z]{4,9})[^:\n]{0,60} Detail: (?P<reply>"
            r"[^\n]{0,1000}?) SMTP code: (?P<code>[45]\d\d)"
            r"(?: Additional SMTP info: (?P<status>[45]\.\d{1,3}\.\d{1,3}))?"
        ),
        hop=Hop.SUBMISSION,
        commands={"password": "AUTH", "username": "AUTH"},
        write=lambda found: " ".join(filter(None, found.group("code", "status", "reply"))),
    ),
    Form(
        name="phpmailer",
        sample="SMTP Error: The following recipients failed: bo@b.test: 5.1.1 no such user",
        cues=("the following recipients failed: ",),
        pattern=re.compile(
            r"The following recipients failed: [^\s:,]{1,320}: (?P<reply>[^\n]{1,2000})"
        ),
        hop=Hop.SUBMISSION,
        command="RCPT",
    ),
    Form(
        name="phpmailer",
        sample="SMTP Error: Could not authenticate.",
        cues=("smtp error: could not authenticate", "smtp error: could not connect"),
        pattern=re.compile(
            r"SMTP Error: (?P<reply>Could not (?P<command>authenticate|connect)[^\n]{0,300})"
        ),
        hop=Hop.SUBMISSION,
        commands={"authenticate": "AUTH"},
    ),
    Form(
        name="symfony-mailer",
        sample='Expected response code "235" but got code "535", with message "535 5.7.8 Error:'
        ' authentication failed: ".',
        cues=("expected response code ",),
        pattern=re.compile(
            r"Expected response code \"?(?P<command>\d{3})(?:[\"/, ][\"/, \d]{0,40})?"
            r" ?but got (?:code )?\"?(?:[245]\d\d)?\"?,? "
            rf"(?:an empty response|with message \"?(?P<reply>{LINES}))"
        ),
        hop=Hop.SUBMISSION,
        commands=_EXPECTED,
        write=lambda found: (found.group("reply") or "empty response").rstrip("\"'. "),
    ),
    Form(
        name="ruby",
        sample="Net::SMTPAuthenticationError: 535-5.7.8 Username and Password not accepted.",
        cues=("net::smtp",),
        pattern=re.compile(
            r"Net::SMTP(?:(?P<command>Authentication)|FatalError|Fatal|Server|Syntax|Unknown|Unsupported)"
            rf"(?:Error|Busy|Command)?(?::| \() ?(?P<reply>{LINES})"
        ),
        hop=Hop.SUBMISSION,
        commands={"authentication": "AUTH"},
    ),
    Form(
        name="ruby",
        sample="smtp.rb:1080:in `check_auth_response': 535 5.7.8 bad password"
        " (Net::SMTPAuthenticationError)",
        cues=("(net::smtp",),
        pattern=re.compile(
            r"(?<![\w.])(?P<reply>[245]\d\d[ -][^\n]{1,2000}) "
            r"\(Net::SMTP(?P<command>Authentication)?[A-Za-z]{3,20}\)"
        ),
        hop=Hop.SUBMISSION,
        commands={"authentication": "AUTH"},
    ),
    Form(
        name="go",
        sample="gomail: could not send email 1: 535 5.7.8 Username and Password not accepted",
        cues=("gomail: ", "panic: ", "send email", "sending email", "sending mail", "send mail"),
        pattern=re.compile(
            r"(?:gomail: [^:\n]{1,80}|panic|(?:[Ff]ailed|[Ee]rror|[Uu]nable)[^:\n]{0,60} send"
            rf"(?:ing)? e?mail[^:\n]{{0,60}}): (?P<reply>[245]\d\d[ -]{LINES})"
        ),
        hop=Hop.SUBMISSION,
    ),
    Form(
        name="lettre",
        sample="permanent error (535): 5.7.8 Username and Password not accepted",
        cues=("permanent error (", "transient error ("),
        pattern=re.compile(
            r"(?:permanent|transient) error \((?P<code>[45]\d\d)\)(?:: )?(?P<reply>[^\n]{1,2000})"
        ),
        hop=Hop.SUBMISSION,
    ),
    Form(
        name="pear-net-smtp",
        sample="authentication failure [SMTP: Invalid response code received from server"
        " (code: 535, response: 5.7.8 Error: authentication failed)]",
        cues=("(code: ",),
        pattern=re.compile(
            r"(?:(?P<command>authentication failure|add recipient|set sender)[^\[\n]{0,400})?"
            r"\[SMTP: [^(\n]{1,100}\(code: (?P<code>[45]\d\d), "
            r"response: (?P<reply>[^\n]{1,2000}?)\)\]"
        ),
        hop=Hop.SUBMISSION,
        commands={"authentication failure": "AUTH", "add recipient": "RCPT", "set sender": "MAIL"},
    ),
    Form(
        name="codeigniter",
        sample="Failed to authenticate password. Error: 535 5.7.8 authentication failed",
        cues=("failed to authenticate password", "failed to send auth login"),
        pattern=re.compile(
            r"Failed to (?:authenticate password|send AUTH LOGIN command)\. Error: "
            rf"(?P<reply>{LINES})"
        ),
        hop=Hop.SUBMISSION,
        command="AUTH",
    ),
    Form(
        name="gen_smtp",
        sample='{:error, :retries_exceeded, {:permanent_failure, "smtp.c.test", "535 5.7.8 no"}}',
        cues=("permanent_failure", "temporary_failure", "auth_failed"),
        pattern=re.compile(
            r"(?:permanent|temporary)_failure,? ?[,~c'\"\[<]{1,6}(?P<host>[\w.-]{3,255})['\"]"
            r"[^\d\n]{1,12}(?P<reply>[45]\d\d[^\"\n]{1,1000})"
        ),
        hop=Hop.SUBMISSION,
    ),
)
