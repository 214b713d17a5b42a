"""chasquid: the reply stands there (`RCPT TO 550 ...`), the last one after expiry as well.

It makes no login at the next server, so that a refused one ends at MAIL. It gives up after 20
hours, which are compiled in: the queue is made old by hand.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Final

from corpora.lab.scenarios import Scenario, Stage
from corpora.lab.servers import NATURAL, Server, by_smtp

__all__ = ["CHASQUID"]

_HOSTNAME: Final = "mailgate.example.com"
_PASSWORD: Final = "not-a-secret"  # noqa: S105 - for the loopback of one session
_CONFIGURATION: Final = f"""\
hostname: "{_HOSTNAME}"
smtp_address: "127.0.0.1:25"
submission_address: "127.0.0.1:587"
monitoring_address: ""
mail_delivery_agent_bin: "/bin/false"
data_dir: "/var/lib/chasquid"
mail_log_path: "/var/log/chasquid.log"
"""
_RUN: Final = """
touch /var/log/chasquid.log; chown chasquid /var/log/chasquid.log
su chasquid -s /bin/sh -c 'exec chasquid -v=1' > /var/log/chasquid.err 2>&1 < /dev/null &
"""
_START: Final = f"""
id chasquid > /dev/null 2>&1 || useradd -r -d /var/lib/chasquid chasquid
cd /etc/chasquid; rm -rf certs
mkdir -p /var/lib/chasquid/domaininfo certs/{_HOSTNAME} domains/{_HOSTNAME}
openssl req -x509 -nodes -days 30 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 \
    -keyout certs/{_HOSTNAME}/privkey.pem -out certs/{_HOSTNAME}/fullchain.pem \
    -subj /CN={_HOSTNAME} 2> /dev/null
chown -R chasquid certs domains /var/lib/chasquid
{_RUN}"""
_AGE: Final = f"""
for p in /proc/[0-9]*; do
    [ "$(cat $p/comm 2> /dev/null)" = chasquid ] && kill "${{p#/proc/}}"
done
sleep 1
for q in /var/lib/chasquid/queue/m*; do
    t=$(sed -n 's/.*created_at_ts.*//; s/.*seconds: *\\([0-9]*\\).*/\\1/p' "$q" | head -n 1)
    [ "$t" ] && sed -i "s/seconds: *$t/seconds: $((t - 172800))/" "$q"
done
{_RUN}"""


def _users() -> str:
    """Who may put mails in. Hashed weakly: it would take a third of a second for each mail."""
    hashed = hashlib.scrypt(_PASSWORD.encode(), salt=b"lab", n=2, r=8, p=1, dklen=32)
    octets = "".join(f"\\{octet:03o}" for octet in hashed)
    scrypt = f'logN: 1 r: 8 p: 1 keyLen: 32 salt: "lab" encrypted: "{octets}"'
    return f'users: {{ key: "relay" value: {{ scrypt: {{ {scrypt} }} }} }}\n'


def _settings(scenarios: Sequence[Scenario]) -> Mapping[str, str]:
    # What it has seen with TLS once must come with TLS again.
    seen = {
        f"/var/lib/chasquid/domaininfo/s:{own.domain}": f'name: "{own.domain}"\n'
        "outgoing_sec_level: TLS_INSECURE\n"
        for own in scenarios
        if own.secure
    }
    users = f"/etc/chasquid/domains/{_HOSTNAME}/users"
    return {"/etc/chasquid/chasquid.conf": _CONFIGURATION, users: _users(), **seen}


CHASQUID: Final = Server(
    name="chasquid",
    hostname=_HOSTNAME,
    packages=("chasquid", "openssl"),
    settings=_settings,
    start=_START,
    port=587,
    put=by_smtp(587, login=(f"relay@{_HOSTNAME}", _PASSWORD), secure=True),
    age=_AGE,
    age_after=15,
    patience=60,
    hides=frozenset({Stage.AUTH}),
    words=(
        (r"[Ss]ecurity level|TLS", "tls-failure"),
        (r"does not accept (e-?)?mail|null MX|domain has null MX", "domain-not-accepting"),
        (r"[Dd]omain not found|no such host|Could not find mail server|lookup", NATURAL),
        (r"Could not dial|refused|EOF|reset|timeout|Error", "network-failure"),
        (r"failed repeatedly and timed out", "expired"),
    ),
)
