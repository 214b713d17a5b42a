"""python-slimta: fields without recipient, action and status; one refused recipient counts for all.

The last reply stands there after expiry, `(Too many retries)` behind it. A reply without enhanced
code gets one of slimta's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final

from corpora.lab.scenarios import Scenario, Stage
from corpora.lab.servers import NATURAL, Server, by_smtp

__all__ = ["SLIMTA"]

_HOSTNAME: Final = "post2.example.org"
# It asks a part of setuptools for its version, which fails where that looks for more.
_FETCH: Final = """
"$2" -m pip install -q --no-cache-dir --no-deps --target "$1/opt/slimta" \
    python-slimta==5.0.5 pysasl==1.1.0
sed -i 's/^import pkg_resources//; s/= pkg_resources.require.*/= "5.0.5"/' \
    "$1/opt/slimta/slimta/core/__init__.py"
"""
_RUN: Final = f"""\
import sys
sys.path.insert(0, "/opt/slimta")
from gevent import monkey
monkey.patch_all()
import json, ssl
import gevent
from slimta.bounce import Bounce
from slimta.edge.smtp import SmtpEdge
from slimta.policy.headers import AddDateHeader, AddMessageIdHeader, AddReceivedHeader
from slimta.policy.split import RecipientDomainSplit
from slimta.queue import Queue
from slimta.queue.dict import DictStorage
from slimta.relay.smtp.mx import MxSmtpRelay
from slimta.relay.smtp.static import StaticSmtpRelay

with open("/etc/slimta.json", encoding="utf-8") as file:
    logins, secure = json.load(file)


class Relay(MxSmtpRelay):
    def new_static_relay(self, destination, port):
        more = dict(self._client_kwargs)
        if str(destination) in logins:
            more["credentials"] = ("relay-login", "stale-password")
        if str(destination) in secure:
            more["tls_required"] = True
        return StaticSmtpRelay(destination, port=port, **more)


relay = Relay(
    context=ssl._create_unverified_context(), connect_timeout=5, command_timeout=10,
    data_timeout=10, ehlo_as="{_HOSTNAME}",
)
queue = Queue(
    DictStorage(), relay, backoff=lambda mail, tries: 4 if tries <= 3 else None,
    bounce_factory=Bounce,
)
for policy in (AddDateHeader, AddMessageIdHeader, AddReceivedHeader, RecipientDomainSplit):
    queue.add_policy(policy())
queue.start()
SmtpEdge(("127.0.0.1", 25), queue, hostname="{_HOSTNAME}").start()
while True:
    gevent.sleep(60)
"""


def _settings(scenarios: Sequence[Scenario]) -> Mapping[str, str]:
    logins = [own.host for own in scenarios if own.login]
    secure = [own.host for own in scenarios if own.secure]
    return {"/etc/slimta.json": json.dumps([logins, secure]), "/etc/run-slimta.py": _RUN}


SLIMTA: Final = Server(
    name="slimta",
    hostname=_HOSTNAME,
    packages=("python3-gevent", "python3-pycares"),
    fetch=_FETCH,
    settings=_settings,
    start="python3 /etc/run-slimta.py > /var/log/slimta.log 2>&1 < /dev/null &",
    put=by_smtp(),
    patience=70,
    passes=frozenset({Stage.STARTTLS}),
    lumps=True,
    words=(
        (r"TLS", "tls-failure"),
        (r"null MX|does not accept", "domain-not-accepting"),
        (r"DNS|[Nn]o usable DNS|lookup|not found|NXDOMAIN", NATURAL),
        (r"Connection failed|[Cc]onnection|[Tt]imed out|timeout", "network-failure"),
    ),
)
