"""Every server of the lab. A new one goes to the end, so that the others keep their entries."""

from __future__ import annotations

from typing import Final

from corpora.lab.servers import Server
from corpora.lab.servers.chasquid import CHASQUID
from corpora.lab.servers.courier import COURIER
from corpora.lab.servers.dma import DMA
from corpora.lab.servers.exim import EXIM
from corpora.lab.servers.haraka import HARAKA
from corpora.lab.servers.nullmailer import NULLMAILER
from corpora.lab.servers.opensmtpd import OPENSMTPD
from corpora.lab.servers.postfix import POSTFIX
from corpora.lab.servers.postfix_local import POSTFIX_LOCAL
from corpora.lab.servers.sendmail import SENDMAIL
from corpora.lab.servers.slimta import SLIMTA

__all__ = ["SERVERS"]

SERVERS: Final[tuple[Server, ...]] = (
    POSTFIX,
    EXIM,
    SENDMAIL,
    OPENSMTPD,
    COURIER,
    CHASQUID,
    HARAKA,
    SLIMTA,
    NULLMAILER,
    DMA,
    POSTFIX_LOCAL,
)
