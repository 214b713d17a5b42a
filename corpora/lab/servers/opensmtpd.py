"""OpenSMTPD: hides every reply at login, greeting and STARTTLS, and what is tried again.

Its last report of an expired mail calls itself delayed; only `Envelope expired` shows the end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from corpora.lab.scenarios import Scenario, Stage
from corpora.lab.servers import NATURAL, Server, by_smtp

__all__ = ["OPENSMTPD"]

_HOSTNAME: Final = "edge-7.example.net"


def _settings(scenarios: Sequence[Scenario]) -> Mapping[str, str]:
    lines = ['table creds { lab = "relay-login:stale-password" }']
    lines += ["queue ttl 40s", "bounce warn-interval 6s"]
    lines += ["listen on 127.0.0.1 port 25", "listen on socket", 'action "out" relay']
    matches = []
    for number, own in enumerate(scenarios):
        if not (own.login or own.secure):
            continue
        where = f'"smtp+tls://lab@{own.host}"' if own.login else f'"smtp+tls://{own.host}"'
        auth = " auth <creds>" if own.login else ""
        lines.append(f'action "a{number}" relay host {where} tls no-verify{auth}')
        matches.append(f'match from any for domain "{own.domain}" action "a{number}"')
    matches.append('match from any for any action "out"')
    return {"/etc/smtpd.conf": "\n".join([*lines, *matches, ""])}


OPENSMTPD: Final = Server(
    name="opensmtpd",
    hostname=_HOSTNAME,
    packages=("opensmtpd", "ca-certificates"),
    settings=_settings,
    start="mkdir -p /var/spool/smtpd; chmod 711 /var/spool/smtpd; smtpd -n && "
    "{ smtpd -d > /var/log/smtpd.log 2>&1 < /dev/null & }",
    put=by_smtp(),
    hasten="smtpctl schedule all",
    patience=110,
    hides=frozenset({Stage.CONN, Stage.AUTH, Stage.STARTTLS}),
    forgets=True,
    success=6,
    kinds=((r"Envelope expired", "failure"),),
    words=(
        (r"Envelope expired", "expired"),
        (r"does not accept mail", "domain-not-accepting"),
        (r"Domain does not exist|No MX found for domain|Could not resolve", NATURAL),
        (r"Network error|Connection closed|Connection refused|timeout", "network-failure"),
    ),
)
