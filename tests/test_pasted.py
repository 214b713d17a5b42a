"""What people paste: in each sample the reply, its hop, command and host are found, and judged."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from functools import cache
from typing import Final, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier import Classifier
from classifier.evidence import Evidence, weigh_text
from classifier.explain import Explanation, explain
from classifier.judge import Prediction, compete, judge
from classifier.pasted import libraries, programs, read_pasted, servers, weigh_pasted
from classifier.pasted.dialogue import SAMPLES as DIALOGUE
from classifier.pasted.dialogue import side_of
from classifier.pasted.form import Form
from classifier.pasted.pieces import join_lines
from classifier.reasons import Reason
from classifier.rules.loader import load_shipped
from classifier.trace import describe


class Sample(NamedTuple):
    """A pasted text and what is to be found in it: `-` stands for none."""

    source: str
    code: str
    status: str
    command: str
    hop: str
    host: str
    category: str
    text: str


CREDENTIALS: Final = "sender-credentials"
ADDRESS: Final = "recipient-address"
S = Sample

FORMS: Final = (*servers.FORMS, *libraries.FORMS, *programs.FORMS)

SAMPLES: Final = (
    # Bare replies
    S("reply", "550", "5.1.1", "-", "unknown", "-", ADDRESS,
      "550 5.1.1 <bo@b.test>: Recipient address rejected: User unknown"),
    S("reply", "535", "5.7.8", "AUTH", "relay", "-", CREDENTIALS,
      "535 5.7.8 Error: authentication failed: UGFzc3dvcmQ6"),
    S("reply", "550", "5.7.26", "-", "unknown", "-", "sender-authentication",
      "550-5.7.26 This mail is unauthenticated, which poses a security risk to the\n"
      "550-5.7.26 sender and users, and has been blocked. The sender must\n"
      "550 5.7.26 authenticate with at least one of SPF or DKIM. - gsmtp"),
    S("reply", "550", "5.7.26", "-", "unknown", "-", "sender-authentication",
      "550-5.7.26 This mail is unauthenticated, which poses a security risk to the 550-5.7.26"
      " sender and users, and has been blocked. 550 5.7.26 - gsmtp"),
    S("reply", "452", "4.2.2", "-", "unknown", "-", "recipient-mailbox",
      "'452 4.2.2 The email account that you tried to reach is over quota'"),
    # Postfix
    S("postfix", "535", "5.7.8", "AUTH", "relay", "smtp.relay.test", CREDENTIALS,
      "Jan  2 03:04:05 out postfix/smtp[123]: 4X1Q2: to=<bo@b.test>,"
      " relay=smtp.relay.test[192.0.2.1]:587, delay=1.2, delays=0/0.1/1/0, dsn=4.7.8,"
      " status=deferred (SASL authentication failed; server smtp.relay.test[192.0.2.1] said: 535"
      " 5.7.8 Error: authentication failed: UGFzc3dvcmQ6)"),
    S("postfix", "550", "5.1.1", "RCPT", "recipient-mx", "mx.b.test", ADDRESS,
      "2026-01-02T03:04:05.123456+00:00 out postfix/smtp[9]: 4X2: to=<bo@b.test>,"
      " relay=mx.b.test[192.0.2.2]:25, delay=1, delays=0/0/0/1, dsn=5.1.1, status=bounced (host"
      " mx.b.test[192.0.2.2] said: 550 5.1.1 <bo@b.test>: Recipient address rejected: User unknown"
      " in virtual mailbox table (in reply to RCPT TO command))"),
    S("postfix", "554", "5.7.1", "DATA", "recipient-mx", "mx.b.test", "content",
      "postfix/smtp[9]: 4X3: to=<bo@b.test>, relay=mx.b.test[192.0.2.2]:25, delay=1,"
      " dsn=5.7.1, status=bounced (host mx.b.test[192.0.2.2] said: 554 5.7.1 Message rejected as"
      " spam (in reply to end of DATA command))"),
    S("postfix", "-", "5.4.4", "-", "local", "-", ADDRESS,
      "postfix/smtp[9]: 4X4: to=<bo@gone.test>, relay=none, delay=1.2, delays=1/0/0/0, dsn=5.4.4,"
      " status=bounced (Host or domain name not found. Name service error for name=gone.test"
      " type=AAAA: Host not found)"),
    S("postfix", "-", "4.4.1", "-", "local", "mx.b.test", "transport",
      "postfix/error[7]: 4X5: to=<bo@b.test>, relay=none, delay=8, dsn=4.4.1, status=deferred"
      " (delivery temporarily suspended: connect to mx.b.test[192.0.2.2]:25: Connection timed"
      " out)"),
    S("postfix", "421", "4.7.0", "CONN", "recipient-mx", "mx.b.test", "rate",
      "postfix/smtp[9]: 4X6: host mx.b.test[192.0.2.2] refused to talk to me: 421 4.7.0 nothing\n"
      "postfix/smtp[9]: 4X6: to=<bo@b.test>, relay=mx.b.test[192.0.2.2]:25, delay=2, dsn=4.7.0,"
      " status=deferred (host mx.b.test[192.0.2.2] refused to talk to me: 421 4.7.0 Too many"
      " connections from your IP)"),
    S("postfix", "554", "5.7.1", "RCPT", "recipient-mx", "-", "transport",
      "mx1 postfix/smtpd[77]: NOQUEUE: reject: RCPT from c.test[192.0.2.3]: 554 5.7.1 <bo@b.test>:"
      " Relay access denied; from=<al@c.test> to=<bo@b.test> proto=ESMTP helo=<c.test>"),
    S("postfix", "550", "5.7.1", "RCPT", "recipient-mx", "-", "sender-reputation",
      "postfix/postscreen[5]: NOQUEUE: reject: RCPT from [192.0.2.3]:4711: 550 5.7.1 Service"
      " unavailable; client [192.0.2.3] blocked using zen.spamhaus.org; from=<al@c.test>,"
      " to=<bo@b.test>, proto=ESMTP, helo=<c.test>"),
    S("postfix", "535", "5.7.8", "AUTH", "relay", "smtp.relay.test", CREDENTIALS,
      "SASL authentication failed; server smtp.relay.test[192.0.2.1] said: 535 5.7.8 Bad password"),
    S("postfix", "-", "-", "AUTH", "submission", "-", CREDENTIALS,
      "mail postfix/submission/smtpd[5]: warning: unknown[192.0.2.9]: SASL LOGIN authentication"
      " failed: UGFzc3dvcmQ6, sasl_username=al@c.test"),
    S("postfix", "550", "5.1.1", "RCPT", "recipient-mx", "mx.b.test", ADDRESS,
      "postfix/qmgr[2]: 4X7: from=<al@c.test>, size=1234, nrcpt=1 (queue active)\n"
      "postfix/smtp[9]: connect to mx2.b.test[192.0.2.8]:25: Connection refused\n"
      "postfix/smtp[9]: 4X7: to=<bo@b.test>, relay=mx.b.test[192.0.2.2]:25, delay=1, dsn=5.1.1,"
      " status=bounced (host mx.b.test[192.0.2.2] said: 550 5.1.1 no such user (in reply to RCPT"
      " TO command))\n"
      "postfix/bounce[3]: 4X7: sender non-delivery notification: 4X8\n"
      "postfix/qmgr[2]: 4X7: removed\n"),
    # Exim
    S("exim", "550", "5.1.1", "RCPT", "recipient-mx", "mx.b.test", ADDRESS,
      "2026-01-02 03:04:05 1tAbCd-00000001-AA ** bo@b.test R=dnslookup T=remote_smtp H=mx.b.test"
      " [192.0.2.4] X=TLS1.3:TLS_AES_256_GCM_SHA384:256 CV=yes: SMTP error from remote mail server"
      " after RCPT TO:<bo@b.test>: 550 5.1.1 no such user"),
    S("exim", "451", "4.7.1", "RCPT", "recipient-mx", "mx.b.test", "rate",
      "2026-01-02 03:04:05 1tAbCd-00000001-AA == bo@b.test R=dnslookup T=remote_smtp H=mx.b.test"
      " [192.0.2.4] defer (-44): SMTP error from remote mail server after RCPT TO:<bo@b.test>: 451"
      " 4.7.1 Greylisting in action, please come back later"),
    S("exim", "-", "-", "-", "local", "-", "transport",
      "2026-01-02 03:04:05 1tAbCd-00000001-AA == bo@b.test R=dnslookup T=remote_smtp defer (-53):"
      " retry time not reached for any host for 'b.test'"),
    S("exim", "-", "-", "-", "local", "-", ADDRESS,
      "2026-01-02 03:04:05 1tAbCd-00000001-AA ** bo@b.test: Unrouteable address"),
    S("exim", "535", "-", "AUTH", "submission", "-", CREDENTIALS,
      "2026-01-02 03:04:05 plain authenticator failed for (me) [192.0.2.5]: 535 Incorrect"
      " authentication data (set_id=al)"),
    S("exim", "535", "5.7.8", "AUTH", "relay", "smtp.relay.test", CREDENTIALS,
      "2026-01-02 03:04:05 1tAbCd-00000001-AA login authenticator failed H=smtp.relay.test"
      " [192.0.2.1] 535 5.7.8 Bad credentials"),
    S("exim", "-", "-", "RCPT", "recipient-mx", "-", ADDRESS,
      "2026-01-02 03:04:05 H=(c.test) [192.0.2.6] F=<al@c.test> rejected RCPT <bo@b.test>:"
      " Unrouteable address"),
    # Sendmail
    S("sendmail", "421", "4.7.0", "-", "recipient-mx", "mx.b.test", "rate",
      "Jan  2 03:04:05 out sm-mta[9]: 0123: to=<bo@b.test>, delay=00:00:01, xdelay=00:00:01,"
      " mailer=esmtp, pri=121, relay=mx.b.test. [192.0.2.7], dsn=4.2.0, stat=Deferred: 421 4.7.0"
      " Too many connections, slow down"),
    S("sendmail", "-", "5.1.1", "-", "recipient-mx", "mx.b.test", ADDRESS,
      "sm-mta[9]: 0123: to=<bo@b.test>, delay=00:00:01, mailer=esmtp, pri=30, relay=mx.b.test."
      " [192.0.2.7], dsn=5.1.1, stat=User unknown"),
    S("sendmail", "550", "5.7.1", "RCPT", "recipient-mx", "-", "transport",
      "sm-mta[9]: 0123: ruleset=check_rcpt, arg1=<bo@b.test>, relay=c.test [192.0.2.3], reject=550"
      " 5.7.1 <bo@b.test>... Relaying denied"),
    S("sendmail", "550", "5.2.1", "-", "recipient-mx", "mx.b.test", ADDRESS,
      "sm-mta[9]: 0123: to=<bo@b.test>, mailer=esmtp, relay=mx.b.test. [192.0.2.7], dsn=5.2.1,"
      " reply=550 5.2.1 The mailbox is disabled, stat=Service unavailable"),
    # Exchange
    S("exchange-tracking", "550", "5.1.10", "-", "local", "-", ADDRESS,
      "2026-01-02T03:04:05.000Z,,EX1,,EX1,,,ROUTING,FAIL,123,<x@c.test>,bo@b.test,[{LED=550 5.1.10"
      " RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup}],1234,1,,"),
    S("exchange-tracking", "550", "5.4.1", "-", "recipient-mx", "mx.b.test", ADDRESS,
      "2026-01-02T03:04:05.000Z,192.0.2.1,EX1,192.0.2.2,mx.b.test,,Out,SMTP,FAIL,12,<x@c.test>,"
      "bo@b.test,[{LRT=};{LED=550 5.4.1 Recipient address rejected: Access denied};{FQDN=mx.b.test}"
      ";{IP=192.0.2.2}],1,1"),
    S("dialogue", "535", "5.7.3", "AUTH", "relay", "smtp.relay.test", CREDENTIALS,
      '2026-01-02T03:04:05.000Z,Out,08D,3,192.0.2.1:2525,192.0.2.2:587,<,"220 smtp.relay.test'
      ' ready",\n'
      "2026-01-02T03:04:05.010Z,Out,08D,6,192.0.2.1:2525,192.0.2.2:587,>,AUTH LOGIN,\n"
      "2026-01-02T03:04:05.020Z,Out,08D,7,192.0.2.1:2525,192.0.2.2:587,<,535 5.7.3"
      " Authentication unsuccessful,\n"
      "2026-01-02T03:04:05.030Z,Out,08D,8,192.0.2.1:2525,192.0.2.2:587,>,QUIT,\n"),
    # Other servers
    S("opensmtpd", "550", "5.1.1", "-", "recipient-mx", "mx.b.test", ADDRESS,
      "smtpd[3]: 0e1 mta delivery evpid=0f from=<al@c.test> to=<bo@b.test> rcpt=<->"
      ' source="198.51.100.1" relay="192.0.2.2 (mx.b.test)" delay=1s result="PermFail" stat="550'
      ' 5.1.1 User unknown"'),
    S("opensmtpd", "550", "-", "RCPT", "recipient-mx", "-", ADDRESS,
      'smtpd[3]: 0e2 smtp failed-command address=192.0.2.3 host=c.test command="RCPT'
      ' TO:<bo@b.test>" result="550 Invalid recipient: <bo@b.test>"'),
    S("qmail", "550", "5.1.1", "RCPT", "recipient-mx", "192.0.2.4", ADDRESS,
      "@400000005f delivery 12: failure: 192.0.2.4_does_not_like_recipient./Remote_host_said:"
      "_550_5.1.1_no_such_user/Giving_up_on_192.0.2.4./"),
    S("qmail", "421", "-", "CONN", "recipient-mx", "192.0.2.4", "rate",
      "2026-01-02 delivery 13: deferral: Connected_to_192.0.2.4_but_greeting_failed./"
      "Remote_host_said:_421_Too_many_connections/"),
    S("qmail", "-", "5.1.1", "-", "local", "-", ADDRESS,
      "delivery 14: failure: Sorry,_no_mailbox_here_by_that_name._(#5.1.1)/"),
    S("courier", "550", "5.1.1", "-", "recipient-mx", "-", ADDRESS,
      "courieresmtp: id=00123.AB,from=<al@c.test>,addr=<bo@b.test>: 550 5.1.1 User unknown"),
    S("haraka", "550", "5.1.1", "RCPT", "recipient-mx", "-", ADDRESS,
      "haraka[48]: [NOTICE] [0E17-B7.1.1] [outbound] recipient <bo@b.test> rejected: 550 5.1.1"
      " <bo@b.test>: Recipient address rejected: User unknown"),
    S("powermta", "550", "5.1.1", "-", "recipient-mx", "mx.b.test", ADDRESS,
      "b,2026-01-02 03:04:05+0000,2026-01-02 03:04:01+0000,al@c.test,bo@b.test,,failed,5.1.1 (bad"
      ' destination mailbox address),"smtp;550 5.1.1 no such user, sorry",mx.b.test (192.0.2.9),'
      "bad-mailbox,smtp,out1"),
    S("amavis", "550", "5.1.1", "-", "relay", "-", ADDRESS,
      "amavis[4]: (04-1) Blocked MTA-BLOCKED, from MTA(smtp:[127.0.0.1]:10025): 550 5.1.1 <bo@b.t>:"
      " User unknown"),
    S("postfix", "550", "5.2.2", "RCPT", "recipient-mx", "mx.b.test", "recipient-mailbox",
      '{"_HOSTNAME":"out","SYSLOG_IDENTIFIER":"postfix/smtp","PRIORITY":"6","MESSAGE":"4X9:'
      " to=<bo@b.test>, relay=mx.b.test[192.0.2.2]:25, dsn=5.2.2, status=bounced (host"
      " mx.b.test[192.0.2.2] said: 550 5.2.2 mailbox full (in reply to RCPT TO command))\"}"),
    # JavaScript
    S("nodemailer", "535", "5.7.8", "AUTH", "submission", "-", CREDENTIALS,
      "Error: Invalid login: 535-5.7.8 Username and Password not accepted. For more information,"
      " go to\n535 5.7.8  https://help.example.org/?p=BadCredentials x1 - gsmtp\n"
      "    at SMTPConnection._formatError (/app/node_modules/nodemailer/lib/smtp-connection/"
      "index.js:790:19)\n    at process.processTicksAndRejections {\n  code: 'EAUTH',\n"
      "  response: '535-5.7.8 Username and Password not accepted. For more information, go to\\n'"
      " +\n    '535 5.7.8  https://help.example.org/?p=BadCredentials x1 - gsmtp',\n"
      "  responseCode: 535,\n  command: 'AUTH PLAIN'\n}"),
    S("nodemailer", "550", "5.1.1", "RCPT", "submission", "-", ADDRESS,
      "Error: Can't send mail - all recipients were rejected: 550 5.1.1 <bo@b.test>: User unknown"),
    S("nodemailer", "530", "5.7.0", "MAIL", "submission", "-", CREDENTIALS,
      "Error: Mail command failed: 530 5.7.0 Authentication Required. For more information, go to"),
    S("nodemailer", "554", "5.7.1", "DATA", "submission", "-", "content",
      '{"code":"EMESSAGE","response":"554 5.7.1 Message rejected as spam","responseCode":554,'
      '"command":"DATA","message":"Message failed: 554 5.7.1 Message rejected as spam"}'),
    # Python
    S("smtplib", "535", "5.7.8", "AUTH", "submission", "-", CREDENTIALS,
      'Traceback (most recent call last):\n  File "/app/send.py", line 7, in <module>\n'
      "    server.login(user, password)\n"
      '  File "/usr/lib/python3.11/smtplib.py", line 750, in login\n    raise last_exception\n'
      "smtplib.SMTPAuthenticationError: (535, b'5.7.8 Username and Password not accepted.\\n5.7.8 "
      " https://help.example.org/ - gsmtp')"),
    S("smtplib", "550", "5.1.1", "RCPT", "submission", "-", ADDRESS,
      "smtplib.SMTPRecipientsRefused: {'bo@b.test': (550, b'5.1.1 <bo@b.test>: User unknown')}"),
    S("smtplib", "530", "5.7.0", "MAIL", "submission", "-", CREDENTIALS,
      "smtplib.SMTPSenderRefused: (530, b'5.7.0 Authentication Required', 'al@c.test')"),
    S("smtplib", "554", "5.7.1", "DATA", "submission", "-", "content",
      "smtplib.SMTPDataError: (554, b'5.7.1 Message rejected as spam')"),
    S("smtplib", "535", "5.7.3", "AUTH", "submission", "-", CREDENTIALS,
      "aiosmtplib.errors.SMTPAuthenticationError: (535, '5.7.3 Authentication unsuccessful')"),
    S("smtplib", "535", "5.7.8", "AUTH", "submission", "-", CREDENTIALS,
      "Internal Server Error: /contact/\nTraceback (most recent call last):\n"
      '  File "/app/django/core/mail/backends/smtp.py", line 102, in open\n'
      "    self.connection.login(self.username, self.password)\n"
      "smtplib.SMTPAuthenticationError: (535, b'5.7.8 bad username or password')\n\n"
      "During handling of the above exception, another exception occurred:\n\n"
      "Traceback (most recent call last):\n"
      '  File "/app/views.py", line 3, in contact\n    raise RuntimeError("mail")\n'
      "RuntimeError: mail"),
    S("smtplib", "-", "-", "-", "submission", "-", "transport",
      "smtplib.SMTPServerDisconnected: Connection unexpectedly closed"),
    # Java
    S("javamail", "535", "5.7.8", "AUTH", "submission", "-", CREDENTIALS,
      "jakarta.mail.AuthenticationFailedException: 535 5.7.8 Error: authentication failed\n"
      "\tat org.eclipse.angus.mail.smtp.SMTPTransport$Authenticator.authenticate(x.java:947)"),
    S("javamail", "550", "5.1.1", "RCPT", "submission", "-", ADDRESS,
      "javax.mail.SendFailedException: Invalid Addresses;\n  nested exception is:\n"
      "\tcom.sun.mail.smtp.SMTPAddressFailedException: 550 5.1.1 <bo@b.test>: User unknown\n\n"
      "\tat com.sun.mail.smtp.SMTPTransport.rcptTo(SMTPTransport.java:2064)"),
    S("javamail", "550", "5.7.60", "-", "submission", "-", CREDENTIALS,
      "com.sun.mail.smtp.SMTPSendFailedException: 550 5.7.60 SMTP; Client does not have permissions"
      " to send as this sender"),
    S("javamail", "535", "5.7.3", "AUTH", "submission", "-", CREDENTIALS,
      "org.springframework.mail.MailAuthenticationException: Authentication failed; nested"
      " exception is javax.mail.AuthenticationFailedException: 535 5.7.3 Authentication"
      " unsuccessful"),
    # .NET
    S("mailkit", "535", "5.7.3", "AUTH", "submission", "-", CREDENTIALS,
      "MailKit.Security.AuthenticationException: 535: 5.7.3 Authentication unsuccessful\n"
      "   at MailKit.Net.Smtp.SmtpClient.AuthenticateAsync(Encoding encoding)"),
    S("mailkit", "-", "5.1.1", "-", "submission", "-", ADDRESS,
      "MailKit.Net.Smtp.SmtpCommandException: 5.1.1 <bo@b.test>: Recipient address rejected: User"
      " unknown in local recipient table"),
    S("system.net.mail", "530", "5.7.0", "-", "submission", "-", CREDENTIALS,
      "System.Net.Mail.SmtpException: The SMTP server requires a secure connection or the client"
      " was not authenticated. The server response was: 5.7.0 Authentication Required."),
    S("system.net.mail", "550", "5.1.1", "-", "submission", "-", ADDRESS,
      "System.Net.Mail.SmtpFailedRecipientException: Mailbox unavailable. The server response was:"
      " 5.1.1 <bo@b.test>: User unknown"),
    # PHP
    S("phpmailer", "535", "5.7.8", "AUTH", "submission", "-", CREDENTIALS,
      "SMTP ERROR: Password command failed: 535 5.7.8 Error: authentication failed\n"
      "SMTP Error: Could not authenticate."),
    S("phpmailer", "550", "5.1.1", "RCPT", "submission", "-", ADDRESS,
      "SMTP ERROR: RCPT TO command failed: 550 5.1.1 <bo@b.test>: User unknown"),
    S("phpmailer", "-", "5.1.1", "RCPT", "submission", "-", ADDRESS,
      "SMTP Error: The following recipients failed: bo@b.test: 5.1.1 <bo@b.test>: User unknown"),
    S("phpmailer", "535", "-", "AUTH", "submission", "smtp.c.test", CREDENTIALS,
      "Versions:\nWordPress: 6.5\nMailer: Other SMTP\nErrorInfo: SMTP Error: Could not"
      " authenticate.\nSMTP Debug:\n2026-01-02 03:04:05\tConnection: opening to smtp.c.test:587,"
      " timeout=300\n2026-01-02 03:04:05\tSERVER -> CLIENT: 220 smtp.c.test ESMTP\n"
      "2026-01-02 03:04:05\tCLIENT -> SERVER: EHLO shop.test\n"
      "2026-01-02 03:04:05\tSERVER -> CLIENT: 250 AUTH LOGIN\n"
      "2026-01-02 03:04:05\tCLIENT -> SERVER: AUTH LOGIN\n"
      "2026-01-02 03:04:05\tSERVER -> CLIENT: 334 VXNlcm5hbWU6\n"
      "2026-01-02 03:04:05\tCLIENT -> SERVER: [credentials hidden]\n"
      "2026-01-02 03:04:05\tSERVER -> CLIENT: 535 Incorrect authentication data\n"
      "2026-01-02 03:04:05\tSMTP ERROR: Password command failed: 535 Incorrect authentication data"
      "\n2026-01-02 03:04:05\tCLIENT -> SERVER: QUIT\n"),
    S("symfony-mailer", "535", "5.7.8", "AUTH", "submission", "-", CREDENTIALS,
      'Failed to authenticate on SMTP server with username "al@c.test" using the following'
      ' authenticators: "LOGIN". Authenticator "LOGIN" returned "Expected response code "235" but'
      ' got code "535", with message "535 5.7.8 Error: authentication failed: ".".'),
    S("symfony-mailer", "550", "5.1.1", "-", "submission", "-", ADDRESS,
      'Swift_TransportException: Expected response code 250 but got code "550", with message "550'
      ' 5.1.1 <bo@b.test>: User unknown"'),
    S("roundcube", "550", "5.1.1", "RCPT", "submission", "-", ADDRESS,
      'SMTP Error (550): Failed to add recipient "bo@b.test" (5.1.1 <bo@b.test>: User unknown)'),
    S("pear-net-smtp", "535", "5.7.8", "AUTH", "submission", "-", CREDENTIALS,
      "authentication failure [SMTP: Invalid response code received from server (code: 535,"
      " response: 5.7.8 Error: authentication failed)]"),
    S("codeigniter", "535", "5.7.8", "AUTH", "submission", "-", CREDENTIALS,
      "Failed to authenticate password. Error: 535 5.7.8 Error: authentication failed"),
    # Ruby, Go, Rust, Elixir
    S("ruby", "535", "5.7.8", "AUTH", "submission", "-", CREDENTIALS,
      "Net::SMTPAuthenticationError: 535-5.7.8 Username and Password not accepted. Learn more at\n"
      "535 5.7.8  https://help.example.org/ - gsmtp"),
    S("ruby", "550", "5.1.1", "-", "submission", "-", ADDRESS,
      "/usr/lib/ruby/net/smtp.rb:976:in `check_response': 550 5.1.1 <bo@b.test>: User unknown"
      " (Net::SMTPFatalError)"),
    S("go", "535", "5.7.8", "AUTH", "submission", "-", CREDENTIALS,
      "gomail: could not send email 1: 535 5.7.8 Username and Password not accepted"),
    S("go", "550", "5.1.1", "-", "submission", "-", ADDRESS,
      "2026/01/02 03:04:05 failed to send email: 550 5.1.1 <bo@b.test>: User unknown"),
    S("lettre", "535", "5.7.8", "AUTH", "submission", "-", CREDENTIALS,
      "permanent error (535): 5.7.8 Username and Password not accepted"),
    S("gen_smtp", "535", "5.7.8", "AUTH", "submission", "smtp.c.test", CREDENTIALS,
      '{:error, :retries_exceeded, {:permanent_failure, "smtp.c.test", "535 5.7.8 Bad'
      ' credentials"}}'),
    # Programs
    S("msmtp", "535", "5.7.8", "AUTH", "submission", "-", CREDENTIALS,
      "msmtp: authentication failed (method PLAIN)\n"
      "msmtp: server message: 535 5.7.8 Error: authentication failed\n"
      "msmtp: could not send mail (account default from /home/al/.msmtprc)"),
    S("msmtp", "550", "5.1.1", "RCPT", "submission", "smtp.c.test", ADDRESS,
      "Jan 02 03:04:05 host=smtp.c.test tls=on auth=on user=al from=al@c.test"
      " recipients=bo@b.test smtpstatus=550 smtpmsg='550 5.1.1 <bo@b.test>: User unknown'"
      " errormsg='recipient address bo@b.test not accepted by the server' exitcode=EX_DATAERR"),
    S("mutt", "535", "5.7.8", "AUTH", "submission", "-", CREDENTIALS,
      "SMTP session failed: 535 5.7.8 Error: authentication failed"),
    S("thunderbird", "-", "5.1.1", "RCPT", "submission", "-", ADDRESS,
      "An error occurred while sending mail. The mail server responded:\n5.1.1 <bo@b.test>: User"
      ' unknown.\n Please check the message recipient "bo@b.test" and try again.'),
    S("thunderbird", "-", "-", "AUTH", "submission", "smtp.c.test", CREDENTIALS,
      "Sending of the message failed. Unable to authenticate to Outgoing server (SMTP) smtp.c.test."
      " Please check the password and verify the 'Authentication method' in 'Account Settings'."),
    S("outlook", "535", "5.7.3", "AUTH", "submission", "-", CREDENTIALS,
      "Task 'al@c.test - Sending' reported error (0x800CCC78): Server error: '535 5.7.3"
      " Authentication unsuccessful'"),
    S("curl", "-", "-", "AUTH", "submission", "-", CREDENTIALS, "curl: (67) Login denied"),
    S("nodemailer", "-", "-", "CONN", "local", "-", "transport",
      "Error: connect ECONNREFUSED 127.0.0.1:587\n"
      "    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1595:16) {\n  errno: -111,\n"
      "  code: 'ESOCKET',\n  syscall: 'connect',\n  port: 587,\n  command: 'CONN'\n}"),
    S("phpmailer", "554", "5.7.1", "DATA", "submission", "-", "content",
      "SMTP Error: data not accepted.SMTP server error: DATA END command failed Detail: Message"
      " rejected as spam SMTP code: 554 Additional SMTP info: 5.7.1"),
    S("system.net.mail", "-", "-", "-", "submission", "-", "transport",
      "System.Net.Mail.SmtpException: Failure sending mail. ---> System.Net.WebException: Unable to"
      " connect to the remote server"),
    S("curl", "530", "-", "MAIL", "submission", "-", CREDENTIALS, "curl: (55) MAIL failed: 530"),
    S("msmtp", "-", "-", "-", "submission", "-", CREDENTIALS,
      "msmtp: the server does not support authentication\n"
      "msmtp: could not send mail (account default from /etc/msmtprc)"),
    S("mailgun-json", "550", "5.1.1", "-", "recipient-mx", "mx.b.test", ADDRESS,
      '{"event-data":{"event":"failed","severity":"permanent","reason":"bounce","recipient":'
      '"bo@b.test","delivery-status":{"code":550,"message":"5.1.1 User unknown","mx-host":'
      '"mx.b.test"},"message":{"headers":{"message-id":"x@c.test","to":"bo@b.test"}},'
      '"timestamp":1700000000.1,"id":"x"}}'),
    S("dialogue", "421", "4.7.0", "EHLO", "unknown", "-", "rate",
      " -> EHLO laptop.test\n<** 421 4.7.0 Too many connections\n"),
    S("nodemailer", "535", "-", "AUTH", "submission", "-", CREDENTIALS,
      "0|main  | Error: Invalid login: 535 Error: authentication failed\n"
      "0|main  |     at SMTPConnection._formatError (/app/index.js:605:19) {\n"
      "0|main  |   code: 'EAUTH',\n0|main  |   response: '535 Error: authentication failed',\n"
      "0|main  |   responseCode: 535,\n0|main  |   command: 'AUTH PLAIN' }\n"),
    S("smtplib", "535", "5.7.8", "AUTH", "submission", "-", CREDENTIALS,
      "2026-01-02 03:04:05 : Error SMTP sendmail: (535, b'5.7.8 Username and Password not accepted."
      "\\n5.7.8  https://help.example.org/ - gsmtp') : mymail.py:518"),
    S("phpmailer", "530", "5.7.57", "MAIL", "submission", "-", CREDENTIALS,
      "The following From address failed: al@c.test : MAIL FROM command failed,5.7.57 SMTP; Client"
      " was not authenticated to send anonymous mail during MAIL FROM [A1.example.test]\n ,530,"),
    S("mailso", "535", "5.7.8", "AUTH", "submission", "-", CREDENTIALS,
      "Next MailSo\\Smtp\\Exceptions\\LoginBadCredentialsException: 535 5.7.8 Error:"
      " authentication failed: authentication failure in /web/SmtpClient.php:273\nStack trace:"),
    S("outlook", "454", "4.7.1", "-", "submission", "smtp.c.test", "transport",
      "Server Error: 454\nServer Response: 454 4.7.1 <bo@b.test>: Relay access denied\n"
      "Server: 'smtp.c.test'\nWindows Live Mail Error ID: 0x800CCC79\nProtocol: SMTP\nPort: 465"),
    S("postfix", "554", "-", "CONN", "recipient-mx", "mx.b.test", "sender-reputation",
      "Sep 06 15:51:08 smtp postfix/smtp[8260]: 2755E4: host mx.b.test[192.0.2.2] refused to talk"
      " to me: 554 IP=192.0.2.1 - blacklisted, ask your postmaster"),
    S("dialogue", "553", "-", "MAIL", "submission", "-", CREDENTIALS,
      "Sent: AUTH LOGIN\nGot: 334 VXNlcm5hbWU6\nSent: YWw=\nGot: 235 Authentication successful\n"
      "Sent: MAIL FROM:<>\nGot: 553 Mail from must equal authorized user\n"),
    S("javamail", "454", "4.7.1", "RCPT", "submission", "-", "transport",
      "Caused by: javax.mail.SendFailedException: Invalid Addresses;\n  nested exception is:\n"
      "        com.sun.mail.smtp.SMTPAddressFailedException: 454 4.7.1 <bo@b.test>: Relay access"
      " denied\n;\n  nested exception is:\n"
      "        com.sun.mail.smtp.SMTPAddressFailedException: 454 4.7.1 <al@c.test>: Relay access"
      " denied\n\n        at com.sun.mail.smtp.SMTPTransport.rcptTo(SMTPTransport.java:1294)\n"),
    S("ssmtp", "535", "5.7.8", "AUTH", "submission", "-", CREDENTIALS,
      "send-mail: Authorization failed (535 5.7.8 Error: authentication failed)"),
    # Dialogue
    S("dialogue", "535", "5.7.8", "AUTH", "submission", "smtp.c.test", CREDENTIALS,
      "=== Trying smtp.c.test:587...\n=== Connected to smtp.c.test.\n"
      "<-  220 smtp.c.test ESMTP Postfix\n -> EHLO laptop.test\n<-  250-smtp.c.test\n"
      "<-  250 AUTH PLAIN LOGIN\n -> AUTH LOGIN\n<-  334 VXNlcm5hbWU6\n -> YWw=\n"
      "<-  334 UGFzc3dvcmQ6\n -> eA==\n<** 535 5.7.8 Error: authentication failed: UGFzc3dvcmQ6\n"
      "*** No authentication type succeeded\n -> QUIT\n<-  221 2.0.0 Bye\n"),
    S("dialogue", "550", "-", "RCPT", "recipient-mx", "mx.b.test", "transport",
      "220 mx.b.test ESMTP\nEHLO c.test\n250 mx.b.test\nMAIL FROM:<al@c.test>\n250 OK\n"
      "RCPT TO:<bo@b.test>\n550 relay not permitted\n"),
    S("dialogue", "535", "5.7.8", "AUTH", "submission", "smtp.c.test", CREDENTIALS,
      "connect: ('smtp.c.test', 587)\nreply: b'220 smtp.c.test ESMTP\\r\\n'\n"
      "send: 'ehlo [127.0.1.1]\\r\\n'\nreply: b'250 AUTH PLAIN\\r\\n'\n"
      "send: 'AUTH PLAIN AGFsAHg=\\r\\n'\nreply: b'535 5.7.8 Bad credentials\\r\\n'\n"
      "reply: retcode (535); Msg: b'5.7.8 Bad credentials'\n"),
    S("dialogue", "535", "5.7.8", "AUTH", "relay", "smtp.relay.test", CREDENTIALS,
      "   ----- Transcript of session follows -----\n"
      "... while talking to smtp.relay.test.:\n>>> AUTH PLAIN\n<<< 535 5.7.8 Bad credentials\n"
      ">>> MAIL From:<al@c.test>\n<<< 530 5.7.0 Authentication required\n"),
    S("dialogue", "550", "5.7.60", "MAIL", "submission", "smtp.c.test", CREDENTIALS,
      "* Connected to smtp.c.test (192.0.2.1) port 587\n< 220 smtp.c.test ready\n> EHLO laptop\n"
      "< 250 AUTH PLAIN\n> AUTH PLAIN\n< 334 \n< 235 2.7.0 Authentication successful\n"
      "> MAIL FROM:<other@c.test>\n< 550 5.7.60 SMTP; Client does not have permissions to send as"
      " this sender\n"),
    # Pieces of bounces, webhooks
    S("bounce-fields", "550", "5.1.1", "-", "recipient-mx", "mx.b.test", ADDRESS,
      "Final-Recipient: rfc822; bo@b.test\nAction: failed\nStatus: 5.1.1\n"
      "Remote-MTA: dns; mx.b.test\nDiagnostic-Code: smtp; 550 5.1.1 <bo@b.test>: Recipient\n"
      "    address rejected: User unknown\n"),
    S("text", "550", "5.1.1", "RCPT", "recipient-mx", "mx.b.test", ADDRESS,
      "This is the mail system at host out.c.test.\n\nI'm sorry to have to inform you that your"
      " message could not\nbe delivered to one or more recipients.\n\n<bo@b.test>: host"
      " mx.b.test[192.0.2.2] said: 550 5.1.1 <bo@b.test>:\n    Recipient address rejected: User"
      " unknown (in reply to RCPT TO command)\n"),
    S("amazon-ses-json", "550", "5.1.1", "-", "recipient-mx", "192.0.2.2", ADDRESS,
      '{"notificationType":"Bounce","bounce":{"bounceType":"Permanent","bounceSubType":"General",'
      '"bouncedRecipients":[{"emailAddress":"bo@b.test","action":"failed","status":"5.1.1",'
      '"diagnosticCode":"smtp; 550 5.1.1 <bo@b.test>: User unknown"}],'
      '"timestamp":"2026-01-02T03:04:05.000Z","feedbackId":"x","reportingMTA":"dns; a.ses.test",'
      '"remoteMtaIp":"192.0.2.2"},"mail":{"messageId":"m","source":"al@c.test",'
      '"destination":["bo@b.test"],"timestamp":"2026-01-02T03:04:00.000Z"}}'),
    S("text", "550", "5.1.1", "-", "unknown", "-", ADDRESS,
      '{"level":"error","msg":"mail job died","details":{"reason":"550 5.1.1 User unknown"}}'),
)  # fmt: skip


@cache
def classifier() -> Classifier:
    return Classifier(model=None)


def found(given: Explanation) -> Sample:
    return Sample(
        given.source,
        given.reply_code or "-",
        given.status or "-",
        given.smtp_command or "-",
        given.hop,
        given.remote_mta or "-",
        given.category,
        given.text,
    )


@pytest.mark.parametrize("sample", SAMPLES, ids=[f"{s.source}-{s.code}" for s in SAMPLES])
def test_samples(sample: Sample) -> None:
    assert found(explain(classifier(), sample.text)) == sample


def test_there_are_samples_of_many_forms() -> None:
    assert len(SAMPLES) >= 60
    assert len({sample.source for sample in SAMPLES}) >= 25


@pytest.mark.parametrize("sample", SAMPLES, ids=[f"{s.source}-{s.code}" for s in SAMPLES])
def test_line_ends_do_not_count(sample: Sample) -> None:
    text = sample.text.replace("\n", "\r\n")
    assert found(explain(classifier(), text))[:-1] == sample[:-1]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: f"{form.name}-{form.cues[0]}")
def test_forms_read_their_samples(form: Form) -> None:
    assert form.pattern.search(form.sample), "its pattern"
    assert any(cue in form.sample.lower() for cue in form.cues), "its cues"
    assert all(cue == cue.lower() for cue in form.cues)
    assert read_pasted(form.sample).source == form.name


@pytest.mark.parametrize("line", DIALOGUE)
def test_notations_of_dialogue(line: str) -> None:
    side = side_of(line)
    assert side is not None
    assert side[0].startswith(("535 5.7", "AUTH "))
    assert not side[0].endswith(("'", ",", "\\n"))


def test_bare_replies_are_judged_as_ever() -> None:
    rules = load_shipped()
    texts = [hit.text for rule in rules.rules for hit in rule.hits if hit.text]
    assert len(texts) > 1000
    other = []
    for text in texts:
        pasted = read_pasted(text)
        before, now = weigh_text(text), weigh_pasted(pasted)
        if pasted.source == "reply":
            assert now == before
        elif judge(now, rules).reason is not judge(before, rules).reason:
            other.append(text)
    assert len(other) <= len(texts) // 200, "\n".join(other)


def test_the_competition_names_whom_the_judge_chooses() -> None:
    rules = load_shipped()
    for sample in SAMPLES:
        evidence = weigh_pasted(read_pasted(sample.text))
        competition, verdict = compete(evidence, rules), judge(evidence, rules)
        winner = competition.winner
        assert verdict.reason == (winner.rule.reason if winner else "undetermined")
        assert verdict.provider == competition.owner


# Lines that belong together

STREAM: Final = """\
550 5.1.1 no such user
421 4.7.0 later
550-5.7.26 This mail is unauthenticated
550-5.7.26 and has been blocked.
550 5.7.26 see the help
550 5.7.26 another one
535-5.7.8 one
550 5.1.1 other code

smtplib.SMTPDataError: (554, b'no')
Traceback (most recent call last):
  File "a.py", line 1, in <module>
    s.login()
smtplib.SMTPAuthenticationError: (535, b'5.7.8 no')

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "b.py", line 1, in <module>
RuntimeError: mail
452 4.2.2 full

554 5.7.1 no
javax.mail.SendFailedException: Invalid Addresses;
  nested exception is:
\tcom.sun.mail.smtp.SMTPAddressFailedException: 550 5.1.1 no
\tat com.sun.mail.smtp.SMTPTransport.rcptTo(SMTPTransport.java:1)
Caused by: com.sun.mail.smtp.SMTPAddressFailedException: 550 5.1.1 no
Error: Invalid login: 535-5.7.8 no
535 5.7.8  more
    at SMTPConnection._formatError (index.js:790:19) {
  code: 'EAUTH',
  responseCode: 535
}
     12 550 5.1.1 counted
      9 421 4.7.0 counted
<- 220 smtp.c.test ESMTP
 -> AUTH LOGIN
<** 535 5.7.8 no
 -> QUIT

<<< 550 5.1.1 a reply alone
<<< 550 5.1.1 and another
Status: 5.1.1
Remote-MTA: dns; mx.b.test
Diagnostic-Code: smtp; 550 5.1.1
    no such user
msmtp: authentication failed (method PLAIN)
msmtp: server message: 535 5.7.8 no
{
  "response": "550 no",
  "code": 1
}
postfix/smtp[9]: 4X: to=<a@b.test>, dsn=5.1.1, status=bounced (host b said: 550 no)
postfix/smtp[9]: 4Y: to=<c@b.test>, dsn=5.1.1, status=bounced (host b said: 551 no)
"""


def test_streams_are_cut_into_what_belongs_together() -> None:
    pieces = list(join_lines(STREAM.splitlines()))
    assert [(piece.split("\n")[0][:24], piece.count("\n") + 1) for piece in pieces] == [
        ("550 5.1.1 no such user", 1),
        ("421 4.7.0 later", 1),
        ("550-5.7.26 This mail is ", 3),
        ("550 5.7.26 another one", 1),
        ("535-5.7.8 one", 1),
        ("550 5.1.1 other code", 1),
        ("smtplib.SMTPDataError: (", 1),
        ("Traceback (most recent c", 10),
        ("452 4.2.2 full", 1),
        ("554 5.7.1 no", 1),
        ("javax.mail.SendFailedExc", 5),
        ("Error: Invalid login: 53", 6),
        ("     12 550 5.1.1 counte", 1),
        ("      9 421 4.7.0 counte", 1),
        ("<- 220 smtp.c.test ESMTP", 4),
        ("<<< 550 5.1.1 a reply al", 1),
        ("<<< 550 5.1.1 and anothe", 1),
        ("Status: 5.1.1", 4),
        ("msmtp: authentication fa", 2),
        ("{", 4),
        ("postfix/smtp[9]: 4X: to=", 1),
        ("postfix/smtp[9]: 4Y: to=", 1),
    ]


#: What a person has to give as one TEXT: lines of a log, each of which is one reply, and prose.
APART: Final = (
    *("4X6: host", "postfix/qmgr", "Password command failed", "Internal", "This is the"),
    *("Stack trace", "Windows Live"),
)


@pytest.mark.parametrize("sample", SAMPLES, ids=[f"{s.source}-{s.code}" for s in SAMPLES])
def test_samples_on_standard_input_stay_whole(sample: Sample) -> None:
    pieces = list(join_lines(sample.text.split("\n")))
    if any(words in sample.text for words in APART):
        assert len(pieces) > 1
    elif "Transcript" in sample.text:  # its first line says nothing
        assert found(explain(classifier(), pieces[1]))[:-1] == sample[:-1]
    else:
        assert pieces == [sample.text.rstrip("\n")]


@given(st.lists(st.sampled_from([*STREAM.splitlines(), "", " ", "\x1b", "}", "  x"]), max_size=30))
def test_no_line_is_lost(lines: list[str]) -> None:
    kept = "\n".join(join_lines(lines)).split("\n")
    assert [line for line in kept if line.strip()] == [line for line in lines if line.strip()]


def test_pieces_are_bounded() -> None:
    pieces = list(join_lines(["x", *(["  y" * 100] * 5000)]))
    assert max(map(len, pieces)) <= 65 * 1024 + 1000
    assert max(piece.count("\n") for piece in pieces) <= 500


# The trace


def test_trace_tells_what_was_seen_and_who_won() -> None:
    given = explain(classifier(), SAMPLES[6].text)
    steps = {step.step for step in given.trace}
    assert steps >= {"read", "seen", "fired", "won"}
    (won,) = [step for step in given.trace if step.step == "won"]
    assert (won.rule, won.layer, won.place) == ("text/user-unknown", "text", "reply")
    assert won.words == "unknown in virtual mailbox table"
    assert won.note
    for step in given.trace:
        assert describe(step)
        assert step.note is None or "\n" not in step.note
    fired = [step for step in given.trace if step.step == "fired"]
    assert any("is below" in (step.note or "") for step in fired)
    assert any("a hint" in (step.note or "") for step in fired)


def test_trace_tells_over_and_longest_words() -> None:
    notes = [
        f"{step.step}: {step.note}"
        for rule in load_shipped().rules
        for hit in rule.hits[:1]
        for step in explain(classifier(), hit.text).trace
    ]
    for words in (
        *("won: no other rule fires", "goes over ", "the longest words of its layer"),
        *("fired: its words are shorter", "goes over it", "at AUTH nothing of the kind"),
        *("seen: it asks for ", "it counts only where ", "against: "),
    ):
        assert any(words in note for note in notes), words


class Oracle:
    """A model that is sure of everything."""

    def predict(self, evidences: Sequence[Evidence]) -> list[Prediction]:
        return [
            Prediction(
                reason=Reason.SPAM,
                confidence=0.9,
                runner_up=Reason.VIRUS,
                weights=('"zq"',),
                model="oracle",
            )
            for _ in evidences
        ]


def test_trace_tells_what_the_model_said(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Classifier()
    (step,) = [step for step in explain(asked, "550 zq").trace if step.step == "model"]
    assert step.note == "asked, and not sure enough to name a reason"
    assert step.reason is None
    monkeypatch.setattr(asked, "_model", Oracle())
    (step,) = [step for step in explain(asked, "550 zq").trace if step.step == "model"]
    assert step.reason == "spam"
    assert step.note == 'oracle on "zq"; next would be virus; sure by 0.90'
    for judge_by, text in ((asked, "550 5.1.1 User unknown"), (classifier(), "550 zq")):
        assert not [step for step in explain(judge_by, text).trace if step.step == "model"]


def test_trace_is_small_objects() -> None:
    import msgspec

    (read, *_) = json.loads(msgspec.json.encode(explain(classifier(), "550 zq").trace))
    assert read == {"step": "read", "note": "reply, hop unknown"}


# Hostile text

CUES: Final = sorted(
    {cue for form in FORMS for cue in form.cues}
    | {form.sample for form in FORMS}
    | {"<- 535 5.7.8 no\n", ">>> AUTH\n<<< 535 no\n", "Diagnostic-Code: smtp; 550 x\n ", "{", '["'}
    | {"535-5.7.8 x\n", "x\x1b[2J\x00", "550", "a,", "response: '\\", "'", '"smtp;550 x",', " "}
)


@pytest.mark.parametrize("cue", CUES, ids=lambda cue: repr(cue)[:40])
def test_hostile_text_costs_little(cue: str) -> None:
    """Twice the text costs about twice the time, whatever it repeats."""
    text = (cue * (100_000 // len(cue) + 1))[:100_000]
    for each in (text, text.replace(" ", "\n"), text.replace("\n", " ")):
        half, whole = seconds(each[:50_000]), seconds(each)
        assert whole < 2, "and no text costs much"
        assert whole < 4 * half + 0.3


def seconds(text: str) -> float:
    start = time.process_time()
    read_pasted(text)
    return time.process_time() - start


@given(st.text(max_size=300), st.sampled_from(CUES), st.text(max_size=300))
def test_nothing_raises(before: str, cue: str, after: str) -> None:
    given = explain(classifier(), before + cue + after)
    assert given.text == before + cue + after
    json.dumps(given.reason)


def test_long_texts_keep_their_reply() -> None:
    noise = "info: nothing of interest\n" * 2000
    text = f"{noise}error: relay said: 550 5.1.1 User unknown\n{noise}"
    given = explain(classifier(), text)
    assert (given.reply_code, given.reason) == ("550", "user-unknown")
