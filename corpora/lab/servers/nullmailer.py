"""nullmailer: a mail to several is refused as a whole, with the first reply.

It knows no MX: the server of the scenario is its only remote while the mail is sent, the collector
while the report is. What it gives up for age it still calls delayed, and nothing in the mail says
that it is the last word. A second line of a reply stands at column 0 in the fields.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from corpora.lab.box import Inside
from corpora.lab.scenarios import Scenario, Stage
from corpora.lab.servers import Server

__all__ = ["NULLMAILER"]

_HOSTNAME: Final = "mta03.corp.example.com"
_PUT: Final = """
host=$1; options=$2; sender=$3; shift 3
run() { su mail -s /bin/sh -c nullmailer-send; }  # one round, as pausetime is 0
echo "$host smtp $options" > /etc/nullmailer/remotes
nullmailer-inject -f "$sender" "$@" || exit
run
cd /var/spool/nullmailer/queue
for mail in *; do  # not the report, whose first line is an empty sender
    if [ "$(head -n 1 "$mail" 2> /dev/null)" = "$sender" ]; then
        touch -d '2 days ago' "$mail"; run
    fi
done
echo '127.0.0.9 smtp' > /etc/nullmailer/remotes
run
"""


def _settings(scenarios: Sequence[Scenario]) -> Mapping[str, str]:
    values = {
        "me": _HOSTNAME,
        "helohost": _HOSTNAME,
        "defaultdomain": "corp.example.com",
        "adminaddr": "",
        "pausetime": "0",
        "queuelifetime": "600",
    }
    return {f"/etc/nullmailer/{name}": f"{text}\n" for name, text in values.items()}


def _put(inside: Inside, scenario: Scenario, mail: bytes) -> str:
    options = "user=relay-login pass=stale-password" if scenario.login else ""
    options += " starttls insecure" if scenario.secure else ""
    words = (scenario.host, options, scenario.sender, *scenario.recipients)
    done = inside.do(_PUT, *words, given=mail, timeout=40)
    said = done.stdout.decode("utf-8", "replace").strip()
    return f"{done.returncode}: {said[-300:]}" if done.returncode else ""


NULLMAILER: Final = Server(
    name="nullmailer",
    hostname=_HOSTNAME,
    packages=("nullmailer",),
    settings=_settings,
    # nullmailer-inject writes there to wake the sender.
    start="rm -f /var/spool/nullmailer/trigger; mkfifo -m 622 /var/spool/nullmailer/trigger; "
    "chown mail /var/spool/nullmailer/trigger",
    port=None,
    put=_put,
    crowd=1,
    patience=3,  # each mail has had its report when the next is put in
    passes=frozenset({Stage.NO_DOMAIN, Stage.NULL_MX}),
    lumps=True,
    words=(
        (r"STARTTLS|TLS", "tls-failure"),
        (r"Host not found|Gethostbyname", "dns-failure"),
        (r"Connect failed|Connection|refused|timed out|No response|read|I/O", "network-failure"),
    ),
)
