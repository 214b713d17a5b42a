"""The forms of servers' logs: one line each, behind whatever the log itself puts before it."""

from __future__ import annotations

import re
from typing import Final

from classifier.evidence import Hop
from classifier.pasted.form import Form

__all__ = ["FORMS"]

_NAME: Final = r"[\w.-]{1,255}"
_IP: Final = r"[\da-fA-F.:]{2,45}"
_STATUS: Final = r"[245]\.\d{1,3}\.\d{1,3}"


def _spaced(found: re.Match[str]) -> str:
    """Words as they were before qmail wrote them in one piece; its reports stand in lines."""
    return found.group("reply").replace("_", " ").strip().rstrip("/").replace("/", "\n", 1)


def _summed(found: re.Match[str]) -> str:
    """Sendmail's words, with its own status where the server's is not repeated."""
    reply, status = found.group("reply"), found.group("status")
    if status is None or re.search(rf"(?<!\d)[45]\d\d[ -]|{_STATUS}", reply):
        return reply
    return f"{status} {reply}"


FORMS: Final = (
    Form(
        name="postfix",
        sample="Jan  2 03:04:05 out postfix/smtp[123]: 4X1Q: to=<bo@b.test>,"
        " relay=smtp.relay.test[192.0.2.1]:587, delay=1.2, delays=0/0/1/0, dsn=4.7.8,"
        " status=deferred (SASL authentication failed; server smtp.relay.test[192.0.2.1] said:"
        " 535 5.7.8 Error: authentication failed: )",
        cues=("status=",),
        pattern=re.compile(
            rf"(?:relay=(?P<host>[^\s,\[\]]{{1,255}})(?:\[[^\]\s]{{1,128}}\])?"
            rf"(?::(?P<port>\w{{1,10}}))?,[^(\n]{{0,300}}?)?dsn=(?P<status>{_STATUS}), "
            r"status=(?:(?P<final>bounced|expired)|\w{1,20}) "
            r"\((?:delivery temporarily suspended: )?(?P<reply>.{1,6000}?)"
            r"(?: \(in reply to (?P<command>[A-Za-z. /-]{1,40}?)(?: command)?\))?\)\s{0,4}$"
        ),
    ),
    # Without the delivery around it: a warning, or what a person cut out.
    Form(
        name="postfix",
        sample="SASL authentication failed; server smtp.relay.test[192.0.2.1] said: 535 5.7.8"
        " Error: authentication failed",
        cues=("sasl authentication failed; ",),
        pattern=re.compile(
            rf"(?P<reply>SASL authentication failed; (?:server|cannot authenticate to server) "
            rf"(?P<host>{_NAME})\[[^\]\s]{{1,64}}\](?: said)?: .{{1,4000}}?)"
            r"(?: \(in reply to [A-Za-z. ]{1,40}\))?\)?\s{0,4}$"
        ),
        hop=Hop.RELAY,
        command="AUTH",
    ),
    Form(
        name="postfix",
        sample="postfix/smtp[8]: 4X: host mx.b.test[192.0.2.2] refused to talk to me: 554 no",
        cues=("]: ",),
        pattern=re.compile(
            r"postfix[\w/-]{0,40}\[\d{1,9}\]: (?:\w{1,20}: )?"
            r"(?P<reply>host (?P<host>[^\s\[\]]{1,255})\[[^\]\s]{1,64}\] "
            r"(?:said|refused to talk to me): [^\n]{1,4000}?)"
            r"(?: \(in reply to (?P<command>[A-Za-z. /-]{1,40}?)(?: command)?\))?$"
        ),
    ),
    Form(
        name="postfix",
        sample="mx1 postfix/smtpd[77]: NOQUEUE: reject: RCPT from c.test[192.0.2.3]: 554 5.7.1"
        " <bo@b.test>: Relay access denied; from=<al@c.test> to=<bo@b.test> proto=ESMTP helo=<c>",
        cues=("reject: ", "hold: "),
        pattern=re.compile(
            r"(?<![\w.])(?:milter-|proxy-)?reject: (?P<command>[A-Z][A-Z-]{2,20})"
            r"(?: from [^\s]{1,300})?: (?P<reply>[^\n]{1,4000}?)(?:; from=<[^\n]{0,2000})?$"
        ),
        hop=Hop.RECIPIENT_MX,
    ),
    Form(
        name="postfix",
        sample="mail postfix/submission/smtpd[5]: warning: unknown[192.0.2.9]: SASL LOGIN"
        " authentication failed: UGFzc3dvcmQ6, sasl_username=al@c.test",
        cues=(" authentication failed",),
        pattern=re.compile(
            r"\]: (?P<reply>SASL [\w-]{2,20} authentication failed(?:: (?!UGFzc3)[^\n,]{1,400})?)"
        ),
        hop=Hop.SUBMISSION,
        command="AUTH",
    ),
    Form(
        name="exim",
        sample="2026-01-02 03:04:05 1tAbCd-0000-01 ** bo@b.test R=dnslookup T=remote_smtp"
        " H=mx.b.test [192.0.2.4] X=TLS1.3: SMTP error from remote mail server after"
        " RCPT TO:<bo@b.test>: 550 5.1.1 no such user",
        cues=(" ** ", " == "),
        pattern=re.compile(
            r"(?:^|\s)(?:(?P<final>\*\*)|==) [^\s]{1,320}(?: <[^>\n]{0,320}>)?(?=[ :])"
            rf"(?:[^\n]{{0,400}}? H=(?P<host>{_NAME})(?: \[{_IP}\](?::(?P<port>\d{{1,5}}))?)?)?"
            r"[^\n]{0,600}?: (?P<reply>(?:SMTP error from |(?:LMTP|SMTP) timeout|Remote host |"
            r"retry time|[A-Z\d])[^\n]{1,4000})$"
        ),
    ),
    Form(
        name="exim",
        sample="2026-01-02 03:04:05 plain authenticator failed for (me) [192.0.2.5]: 535 Incorrect"
        " authentication data (set_id=al)",
        cues=("authenticator failed for ",),
        pattern=re.compile(
            r"\w{1,40} authenticator failed for [^\n]{1,400}?\]"
            r"(?::\d{1,5})?(?: I=[^\n:]{1,80})?: (?P<reply>[45]\d\d[^\n]{1,1000}?)"
            r"(?: \(set_id=[^\n]{0,300})?$"
        ),
        hop=Hop.SUBMISSION,
        command="AUTH",
    ),
    Form(
        name="exim",
        sample="1tAbCd-0000-01 plain authenticator failed H=smtp.relay.test [192.0.2.1] 535 5.7.8"
        " Bad credentials",
        cues=("authenticator failed h=",),
        pattern=re.compile(
            rf"\w{{1,40}} authenticator failed H=(?P<host>{_NAME}) \[{_IP}\](?::\d{{1,5}})?:? "
            r"(?P<reply>[^\n]{1,2000})"
        ),
        hop=Hop.RELAY,
        command="AUTH",
    ),
    Form(
        name="exim",
        sample="2026-01-02 03:04:05 H=(c.test) [192.0.2.6] F=<al@c.test> rejected RCPT"
        " <bo@b.test>: Unrouteable address",
        cues=("rejected ",),
        pattern=re.compile(
            r"(?<=\s)(?:temporarily )?rejected (?:after )?(?P<command>[A-Z]{4,8})"
            r"(?: <[^>\n]{0,320}>)?: (?P<reply>[^\n]{1,2000})"
        ),
        hop=Hop.RECIPIENT_MX,
    ),
    Form(
        name="sendmail",
        sample="sm-mta[9]: 0123: to=<bo@b.test>, delay=00:00:01, mailer=esmtp, pri=30,"
        " relay=mx.b.test. [192.0.2.7], dsn=5.1.1, stat=User unknown",
        cues=("stat=", "reply="),
        pattern=re.compile(
            rf"(?:relay=(?P<host>{_NAME})(?: \[[^\]\n]{{1,64}}\])?, )?"
            rf"(?:dsn=(?P<status>{_STATUS}), )?"
            r"(?<![\w])(?:reply|stat)=(?P<reply>(?!Sent\b|queued)[^\"\n][^\n]{1,4000})"
        ),
        write=_summed,
    ),
    Form(
        name="sendmail",
        sample="sm-mta[9]: 0123: ruleset=check_rcpt, arg1=<bo@b.test>, relay=c.test [192.0.2.3],"
        " reject=550 5.7.1 <bo@b.test>... Relaying denied",
        cues=("ruleset=check_",),
        pattern=re.compile(
            r"ruleset=check_(?P<command>\w{2,20})[^\n]{0,1000}?reject=(?P<reply>[^\n]{1,2000})"
        ),
        hop=Hop.RECIPIENT_MX,
        commands={"relay": "CONN", "compat": "RCPT", "eoh": "DATA", "eom": "DATA"},
    ),
    Form(
        name="opensmtpd",
        sample="smtpd[3]: 0e1 mta delivery evpid=0f from=<al@c.test> to=<bo@b.test> rcpt=<->"
        ' source="198.51.100.1" relay="192.0.2.2 (mx.b.test)" delay=1s result="PermFail"'
        ' stat="550 5.1.1 no such user"',
        cues=("result=",),
        pattern=re.compile(
            rf"(?:relay=\"?(?:{_IP}|\S{{1,255}}) \((?P<host>{_NAME})\)\"?[^\n]{{0,200}}?)?"
            r"(?<!\w)result=\"?(?:(?P<final>PermFail)|TempFail)\"?,? "
            r"stat=\"?(?P<reply>[^\n]{1,2000}?)\"?$"
        ),
    ),
    Form(
        name="opensmtpd",
        sample='smtpd[3]: 0e2 smtp failed-command address=192.0.2.3 host=c.test command="RCPT'
        ' TO:<bo@b.test>" result="550 Invalid recipient: <bo@b.test>"',
        cues=("failed-command ",),
        pattern=re.compile(
            r"failed-command [^\n]{0,400}?command=\"(?P<command>[A-Za-z]{4,8})[^\n]{0,400}?"
            r"result=\"(?P<reply>[^\"\n]{1,1000})"
        ),
        hop=Hop.RECIPIENT_MX,
    ),
    Form(
        name="qmail",
        sample="@4000 delivery 12: failure: 192.0.2.4_does_not_like_recipient./"
        "Remote_host_said:_550_5.1.1_no_such_user/Giving_up_on_192.0.2.4./",
        cues=("delivery ",),
        pattern=re.compile(
            r"delivery \d{1,12}: (?:(?P<final>failure)|deferral): "
            rf"(?P<reply>(?:Connected_to_)?(?P<host>{_IP}(?=_))?[^\n]{{1,4000}}?)"
            r"(?:/?Giving_up_on_[^\n]{0,300})?$"
        ),
        write=_spaced,
    ),
    Form(
        name="courier",
        sample="courieresmtp: id=0012.AB,from=<al@c.test>,addr=<bo@b.test>: 550 5.1.1 User unknown",
        cues=("courier",),
        pattern=re.compile(
            r"courier\w{1,20}: [^\n]{0,20}id=[^\n]{1,600}?addr=<[^>\n]{0,320}>"
            r"(?:,[^:\n]{0,200})?: (?P<reply>[^\n]{1,2000})"
        ),
    ),
    Form(
        name="haraka",
        sample="[NOTICE] [0E17-B7.1.1] [outbound] recipient <bo@b.test> rejected: 550 5.1.1"
        " unknown user",
        cues=("[outbound] ",),
        pattern=re.compile(
            r"\[outbound\] (?:(?P<command>recipient) <[^>\n]{0,320}> (?:rejected|deferred)|"
            r"bouncing mail|Temp(?:orary)? fail(?:ure)? for [^:\n]{0,400})"
            r": (?P<reply>[^\n]{1,2000})"
        ),
        commands={"recipient": "RCPT"},
    ),
    Form(
        name="amavis",
        sample="amavis[4]: (04-1) Blocked MTA-BLOCKED, from MTA(smtp:[127.0.0.1]:10025): 550 5.1.1"
        " no such user",
        cues=("from mta(",),
        pattern=re.compile(r"from MTA\([^)\n]{1,100}\): (?P<reply>[^\n]{1,2000})"),
        hop=Hop.RELAY,
    ),
)
