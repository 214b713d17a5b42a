"""Haraka: the reply in one line; where several recipients are refused, no reply at all.

Its Status is 5.x.x whatever the reply's was.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final

from corpora.lab.scenarios import Scenario
from corpora.lab.servers import NATURAL, Server, by_smtp

__all__ = ["HARAKA"]

_HOSTNAME: Final = "post.example.org"
_MX: Final = """\
const own = require('/etc/haraka/mx.json')
exports.hook_get_mx = (next, hmail, domain) => own[domain] ? next(OK, own[domain]) : next()
exports.hook_connect = (next, connection) => { connection.relaying = true; next() }
exports.hook_rcpt = (next) => next(OK)
"""
_START: Final = """
cd /opt/haraka/node_modules/Haraka
node bin/haraka -i /etc/haraka/instance > /dev/null
cp config/outbound.bounce_message /etc/haraka/instance/config/
cp /etc/haraka/config/* /etc/haraka/instance/config/
mkdir -p /etc/haraka/instance/plugins; cp /etc/haraka/lab_mx.js /etc/haraka/instance/plugins/
node bin/haraka -c /etc/haraka/instance > /var/log/haraka.log 2>&1 < /dev/null &
"""


def _settings(scenarios: Sequence[Scenario]) -> Mapping[str, str]:
    login = {"auth_user": "relay-login", "auth_pass": "stale-password"}
    logins = {
        own.domain: [{"priority": 10, "exchange": own.host, "port": 25, **login}]
        for own in scenarios
        if own.login
    }
    secure = [f"force_tls_hosts[]={own.domain}\n" for own in scenarios if own.secure]
    values = {
        "me": _HOSTNAME,
        "host_list": _HOSTNAME,
        "plugins": "lab_mx",
        "smtp.ini": "listen=127.0.0.1:25",
        "log.ini": "[main]\nlevel=notice",
        "tls.ini": "[outbound]\n" + "".join(secure),
        "outbound.ini": "local_mx_ok=true\nmaxTempFailures=3\ntemp_fail_intervals=5s,5s,5s\n"
        "concurrency_max=20\nconnect_timeout=5",
    }
    files = {f"/etc/haraka/config/{name}": f"{text.rstrip()}\n" for name, text in values.items()}
    return {**files, "/etc/haraka/mx.json": json.dumps(logins), "/etc/haraka/lab_mx.js": _MX}


HARAKA: Final = Server(
    name="haraka",
    hostname=_HOSTNAME,
    packages=("nodejs",),
    fetch='npm install --prefix "$1/opt/haraka" --cache "$1/tmp/npm" --omit=optional '
    "--ignore-scripts --no-audit --no-fund Haraka@3.3.4",
    settings=_settings,
    start=_START,
    put=by_smtp(),
    patience=90,
    words=(
        (r"TLS|[Ss]ecure connection", "tls-failure"),
        (r"null MX|NULL MX|does not (accept|want) mail", "domain-not-accepting"),
        (r"NXDOMAIN|ENOTFOUND|DNS lookup|[Nn]owhere to deliver|No MX|no such", NATURAL),
        (r"Tried all MXs|refused|closed|reset|timed out|socket", "network-failure"),
    ),
)
