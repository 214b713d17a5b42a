"""Sendmail: the whole conversation stands in the report (`>>> RCPT`, `<<< 550 ...`).

After a refused login it goes on to MAIL, so that both replies are in the mail. After expiry the
last reply is kept. Where the other side offers no ENHANCEDSTATUSCODES the status is its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from corpora.lab.scenarios import Scenario
from corpora.lab.servers import NATURAL, Server, by_smtp

__all__ = ["SENDMAIL"]

_HOSTNAME: Final = "smtp-relay.example.org"
_MC: Final = f"""\
divert(-1)dnl
divert(0)dnl
include(`/usr/share/sendmail/cf/m4/cf.m4')dnl
VERSIONID(`lab')dnl
OSTYPE(`debian')dnl
DOMAIN(`generic')dnl
define(`confDOMAIN_NAME', `{_HOSTNAME}')dnl
DAEMON_OPTIONS(`Name=MTA, Addr=127.0.0.1, Port=25')dnl
define(`confTO_QUEUERETURN', `40s')dnl
define(`confTO_QUEUEWARN', `6s')dnl
define(`confMIN_QUEUE_AGE', `0')dnl
define(`confTO_CONNECT', `5s')dnl
define(`confTO_IDENT', `0')dnl
define(`confMAX_QUEUE_CHILDREN', `12')dnl
define(`confDELAY_LA', `100')dnl
define(`confQUEUE_LA', `100')dnl
define(`confREFUSE_LA', `200')dnl
define(`confCW_FILE', `-o /etc/mail/local-host-names')dnl
define(`ALIAS_FILE', `/etc/mail/aliases')dnl
FEATURE(`promiscuous_relay')dnl
FEATURE(`accept_unresolvable_domains')dnl
FEATURE(`no_default_msa')dnl
FEATURE(`access_db', `hash -o /etc/mail/access.db')dnl
FEATURE(`authinfo', `hash -o /etc/mail/authinfo.db')dnl
MAILER(`local')dnl
MAILER(`smtp')dnl
"""
_START: Final = """
chown root:root /etc/mail /var/spool/mqueue; chmod 755 /etc/mail; chmod 700 /var/spool/mqueue
mkdir -p /var/lib/sendmail/host_status /run/sendmail/mta /run/sendmail/msp
chown -R root /var/lib/sendmail; rm -f /etc/mail/aliases*
cd /etc/mail; chown root:root *; chmod 600 authinfo
printf 'root: postmaster@example.org\\npostmaster: root\\n' > aliases; : > local-host-names
rm -f access.db authinfo.db; makemap hash access < access; makemap hash authinfo < authinfo
m4 lab.mc > sendmail.cf && newaliases && sendmail -bd -q4s
"""


def _settings(scenarios: Sequence[Scenario]) -> Mapping[str, str]:
    logins = [
        f'AuthInfo:{own.host} "U:relay-login" "P:stale-password" "M:PLAIN LOGIN"\n'
        for own in scenarios
        if own.login
    ]
    secure = [f"TLS_Srv:{own.host} ENCR:112\n" for own in scenarios if own.secure]
    return {
        "/etc/mail/lab.mc": _MC,
        "/etc/mail/authinfo": "".join(logins),
        "/etc/mail/access": "".join(secure),
    }


SENDMAIL: Final = Server(
    name="sendmail",
    hostname=_HOSTNAME,
    packages=("sendmail-bin", "sendmail-cf", "libsasl2-modules", "m4", "make"),
    settings=_settings,
    start=_START,
    put=by_smtp(),
    patience=120,
    success=6,
    words=(
        (r"encryption too weak|403 4\\.7\\.0|TLS is required", "tls-failure"),
        (r"does not accept mail|null MX|nullMX", "domain-not-accepting"),
        (r"Host unknown|Name server: |host not found", NATURAL),
        (r"Connection refused|Connection reset|Connection timed out|lost", "network-failure"),
        (r"could not be delivered|message has expired|timed out", "expired"),
    ),
)
