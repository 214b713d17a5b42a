"""Exim: what is tried again is told as `retry timeout exceeded`, and the reply is not in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from corpora.lab.scenarios import Scenario, Stage
from corpora.lab.servers import NATURAL, Server, by_smtp

__all__ = ["EXIM"]

_HOSTNAME: Final = "mailgate.example.net"


def _hosts(scenarios: Sequence[Scenario]) -> str:
    return " : ".join(scenario.host for scenario in scenarios) or "nobody.invalid"


def _settings(scenarios: Sequence[Scenario]) -> Mapping[str, str]:
    logins = [scenario for scenario in scenarios if scenario.login]
    # A required login that fails is never told; one that is tried leaves the reply to MAIL.
    required = logins[::2]
    secure = [scenario for scenario in scenarios if scenario.secure]
    return {
        "/etc/exim4/exim4.conf": f"""\
primary_hostname = {_HOSTNAME}
acl_smtp_rcpt = accept
acl_smtp_data = accept
dsn_advertise_hosts = *
smtputf8_advertise_hosts = *
never_users =
local_interfaces = 127.0.0.1
trusted_users = root
keep_environment =
host_lookup =
rfc1413_query_timeout = 0s
smtp_accept_max = 60
smtp_accept_queue_per_connection = 0
smtp_accept_max_per_connection = 0
queue_run_max = 4
remote_max_parallel = 1
delay_warning = 6s
delay_warning_condition = yes
log_file_path = /var/log/exim4/%slog
begin routers
mx:
  driver = dnslookup
  domains = *
  transport = remote
begin transports
remote:
  driver = smtp
  hosts_require_auth = {_hosts(required)}
  hosts_try_auth = {_hosts(logins)}
  hosts_require_tls = {_hosts(secure)}
  hosts_try_dane =
  tls_verify_certificates =
  connect_timeout = 5s
begin retry
* * F,25s,5s
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  client_send = ^relay-login^stale-password
login:
  driver = plaintext
  public_name = LOGIN
  client_send = : relay-login : stale-password
"""
    }


EXIM: Final = Server(
    name="exim",
    hostname=_HOSTNAME,
    packages=("exim4-daemon-heavy",),
    settings=_settings,
    start="mkdir -p /var/log/exim4 /run/exim4; chown -R Debian-exim /var/log/exim4 /run/exim4; "
    "exim4 -bd -q5s",
    put=by_smtp(),
    patience=100,
    hides=frozenset({Stage.AUTH, Stage.STARTTLS}),
    forgets=True,
    success=6,
    words=(
        (r"a TLS session is required", "tls-failure"),
        (r"an MX or SRV record indicated no SMTP service|does not accept", "domain-not-accepting"),
        (r"all relevant MX records point to non-existent", "dns-failure"),
        (r"Unrouteable address", NATURAL),
        (r"Connection refused", "network-failure"),
        (r"retry timeout exceeded|failing for a long time", "expired"),
    ),
)
