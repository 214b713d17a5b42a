"""Every server of the lab. A new one goes to the end, so that the others keep their entries."""

from __future__ import annotations

from typing import Final

from corpora.lab.servers import Server
from corpora.lab.servers.exim import EXIM
from corpora.lab.servers.opensmtpd import OPENSMTPD
from corpora.lab.servers.postfix import POSTFIX
from corpora.lab.servers.sendmail import SENDMAIL

__all__ = ["SERVERS"]

SERVERS: Final[tuple[Server, ...]] = (POSTFIX, EXIM, SENDMAIL, OPENSMTPD)
