"""DragonFly Mail Agent: plain text without any fields, and after expiry no reply.

It gives up after five days, which are compiled in: the queue is made old by hand. Of a refused
login only `SMTP login to HOST failed` is told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from corpora.lab.scenarios import Scenario, Stage
from corpora.lab.servers import NATURAL, Server, by_sendmail

__all__ = ["DMA"]

_AGE: Final = """
for p in /proc/[0-9]*; do [ "$(cat $p/comm 2> /dev/null)" = dma ] && kill "${p#/proc/}"; done
sleep 1; touch -d '6 days ago' /var/spool/dma/*; dma -q
"""


def _settings(scenarios: Sequence[Scenario]) -> Mapping[str, str]:
    logins = [f"relay-login|{own.host}:stale-password\n" for own in scenarios if own.login]
    return {
        "/etc/dma/dma.conf": "MAILNAME /etc/mailname\nAUTHPATH /etc/dma/auth.conf\nINSECURE\n",
        "/etc/dma/auth.conf": "".join(logins),
    }


DMA: Final = Server(
    name="dma",
    hostname="box3.example.net",
    packages=("dma",),
    settings=_settings,
    port=None,
    put=by_sendmail('sendmail -f "$sender" %s'),
    age=_AGE,
    age_after=12,
    patience=50,
    hides=frozenset({Stage.AUTH}),
    forgets=True,
    # It wants TLS everywhere or nowhere, and turns for ever once a connection is closed on it.
    passes=frozenset({Stage.STARTTLS, Stage.NO_TLS, Stage.DROP, Stage.SILENT}),
    words=(
        (r"SMTP login to \S+ failed", "bad-credentials"),
        (r"does not accept mail|null MX", "domain-not-accepting"),
        (r"DNS lookup|[Hh]ost not found|does not exist|invalid domain", NATURAL),
        (r"Could not deliver for the last|Giving up", "expired"),
    ),
    returned=r"^(?:Message headers follow|Original message follows)",
)
