"""Courier: the conversation stands in the text (`>>> RCPT`, `<<< 550`), Status is always 5.0.0.

Its last report of an expired mail keeps the last reply. A refused connection is `Network is down`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from corpora.lab.scenarios import Scenario
from corpora.lab.servers import NATURAL, Server, by_sendmail

__all__ = ["COURIER"]

_HOSTNAME: Final = "smtp-out.example.org"
_START: Final = """
cd /etc/courier
sed -i 's/^ESMTP_BLOCKBACKSCATTER=.*/ESMTP_BLOCKBACKSCATTER=/' courierd
chown courier esmtpauthclient; chmod 600 esmtpauthclient
mkdir -p /run/courier/authdaemon; chown -R courier:courier /run/courier
courier start
"""


def _settings(scenarios: Sequence[Scenario]) -> Mapping[str, str]:
    logins = [f"{own.host} relay-login stale-password\n" for own in scenarios if own.login]
    routes = [f"{own.domain}: {own.host} /SECURITY=REQUIRED\n" for own in scenarios if own.secure]
    routes += [f"{own.domain}: {own.host}\n" for own in scenarios if own.login and not own.secure]
    values = {
        "me": _HOSTNAME,
        "locals": _HOSTNAME,
        "defaultdomain": "example.org",
        "dsnfrom": f"mailer-daemon@{_HOSTNAME}",
        "queuetime": "40s",
        "warntime": "10s",
        "retryalpha": "5s",
        "retrybeta": "2",
        "retrygamma": "5s",
        "retrymaxdelta": "1",
        "esmtptimeoutconnect": "5",
        "esmtproutes": "".join(routes),
        "esmtpauthclient": "".join(logins),
    }
    return {f"/etc/courier/{name}": f"{text.rstrip()}\n" for name, text in values.items()}


COURIER: Final = Server(
    name="courier",
    hostname=_HOSTNAME,
    packages=("courier-mta",),
    settings=_settings,
    start=_START,
    port=None,
    put=by_sendmail('sendmail -f "$sender" %s --', "-N success,fail,delay"),
    hasten="courier flush",
    every=6,
    patience=110,
    success=6,
    words=(
        (r"SECURITY=REQUIRED|unable to set up (secure|TLS)|STARTTLS", "tls-failure"),
        (r"SASL authentication not available", "bad-credentials"),
        (r"Domain does not receive mail", "domain-not-accepting"),
        (r"No such domain|Host not found|domain not found|DNS", NATURAL),
        (
            r"Network is down|[Cc]onnection shut down|[Cc]onnection (closed|refused)",
            "network-failure",
        ),
    ),
)
