"""OpenSMTPD: the reply stands in the text; its status part holds the address and 5.0.0.

bob@example.org: 550 5.7.20 No passing DKIM signature found
"""

from __future__ import annotations

from classifier.formats.prose import read_prose
from classifier.formats.reader import Clues, Reader

__all__ = ["READER"]


def _claims(clues: Clues) -> bool:
    return "this is the mailer-daemon, please do not reply" in clues.prose


READER = Reader("opensmtpd", _claims, read_prose)
