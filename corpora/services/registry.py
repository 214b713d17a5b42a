"""All forms, in the order in which they choose from the catalogue."""

from __future__ import annotations

from typing import Final

from corpora.services import (
    amazon_ses,
    carriers,
    chinese,
    exchange_online,
    exchange_server,
    exim_kin,
    gateways,
    gmail,
    groupware,
    notifications,
    outlook_com,
    postfix_kin,
    qmail,
    windows,
    yahoo,
    zoho,
)
from corpora.services.story import Service

__all__ = ["SERVICES"]

SERVICES: Final[tuple[Service, ...]] = (
    *exchange_online.SERVICES,
    *gmail.SERVICES,
    *exchange_server.SERVICES,
    *outlook_com.SERVICES,
    *amazon_ses.SERVICES,
    *yahoo.SERVICES,
    *qmail.SERVICES,
    *postfix_kin.SERVICES,
    *exim_kin.SERVICES,
    *zoho.SERVICES,
    *chinese.SERVICES,
    *groupware.SERVICES,
    *gateways.SERVICES,
    *windows.SERVICES,
    *carriers.SERVICES,
    *notifications.SERVICES,
)
