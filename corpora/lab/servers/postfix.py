"""Postfix: the reply stands in every report, `refused to talk to me` and the like around it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from corpora.lab.scenarios import Scenario
from corpora.lab.servers import NATURAL, Server, by_smtp

__all__ = ["POSTFIX"]

_HOSTNAME: Final = "out1.example.com"
_MAIN: Final = f"""\
compatibility_level = 3.9
myhostname = {_HOSTNAME}
mydestination = {_HOSTNAME}
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
smtp_bind_address = 127.0.0.1
inet_protocols = ipv4
maillog_file = /var/log/postfix.log
alias_maps =
alias_database =
maximal_queue_lifetime = 40s
bounce_queue_lifetime = 40s
delay_warning_time = 5s
queue_run_delay = 6s
minimal_backoff_time = 6s
maximal_backoff_time = 12s
smtp_connect_timeout = 5s
smtp_sasl_auth_enable = yes
smtp_sasl_password_maps = texthash:/etc/postfix/sasl_passwd
smtp_sasl_security_options = noanonymous
smtp_sasl_mechanism_filter = plain, login
transport_maps = texthash:/etc/postfix/transport
smtp_tls_security_level = may
smtp_tls_policy_maps = texthash:/etc/postfix/tls_policy
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_recipient_restrictions = permit_mynetworks
smtpd_peername_lookup = no
local_recipient_maps =
smtputf8_autodetect_classes = all
default_destination_concurrency_failed_cohort_limit = 0
"""
_START: Final = """
sed -i -E 's/^((smtp|relay|error|retry|cleanup|bounce|defer|trace) +unix +[-n] +-) +y /\\1 n /;
    s/^(smtp +inet +n +-) +y/\\1 n/' /etc/postfix/master.cf
echo 'strict unix - - n - - smtp -o smtp_sasl_auth_soft_bounce=no' >> /etc/postfix/master.cf
mkdir -p /var/spool/postfix/etc
cp /etc/resolv.conf /etc/hosts /etc/services /var/spool/postfix/etc/
postfix start
"""


def _settings(scenarios: Sequence[Scenario]) -> Mapping[str, str]:
    logins = [scenario for scenario in scenarios if scenario.login]
    passwords = [f"{scenario.domain} relay-login:stale-password\n" for scenario in logins]
    # Every other refused login is final at once; by default Postfix tries until the mail expires.
    strict = [f"{scenario.domain} strict:\n" for scenario in logins[::2]]
    policy = [f"{scenario.domain} encrypt\n" for scenario in scenarios if scenario.secure]
    return {
        "/etc/postfix/main.cf": _MAIN,
        "/etc/postfix/sasl_passwd": "".join(passwords),
        "/etc/postfix/transport": "".join(strict),
        "/etc/postfix/tls_policy": "".join(policy),
    }


POSTFIX: Final = Server(
    name="postfix",
    hostname=_HOSTNAME,
    packages=("postfix", "libsasl2-modules"),
    settings=_settings,
    start=_START,
    put=by_smtp(),
    patience=100,
    success=6,
    words=(
        (r"SASL authentication failed", "bad-credentials"),
        (r"TLS is required, but was not offered", "tls-failure"),
        (r"Cannot start TLS|TLS is required", "tls-failure"),
        (r"does not accept mail \(nullMX\)", "domain-not-accepting"),
        (r"Host or domain name not found", NATURAL),
        (r"Connection refused|Connection timed out|lost connection", "network-failure"),
    ),
)
