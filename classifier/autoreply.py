"""Automatic replies: told by their headers first (RFC 3834), then by how subjects begin."""

from __future__ import annotations

import re
from typing import Final

from classifier.headers import Headers

__all__ = ["is_auto_reply", "is_challenge"]

# Headers of vacation programs that came before or beside RFC 3834.
_MARKS: Final = ("X-Autoreply", "X-Autorespond", "X-Auto-Reply-From", "X-Mail-Autoreply")
_PRECEDENCE: Final = frozenset({"auto_reply", "auto-reply"})

# How the commonest systems begin the subject of an out-of-office, in the languages they come in.
_SUBJECT: Final = re.compile(
    r"(?:re: ?|aw: ?)?(?:auto: |auto(?:matic|mated|matische)?[ -]?(?:reply|response|antwort|repl)"
    r"|out of (?:the )?office|i am out of|on (?:vacation|holiday|leave)\b|vacation\b|away from"
    r"|abwesen(?:heit|d\b)|automatische antwort|nicht im (?:b\xfcro|haus)"
    r"|r\xe9ponse automatique|absence du bureau|absent du bureau"
    r"|respuesta autom\xe1tica|fuera de la oficina"
    r"|risposta automatica|fuori sede|fuori ufficio|resposta autom\xe1tica"
    r"|automatisch antwoord|afwezig|autosvar|automaattinen vastaus|automatyczna odpowied"
    r"|автоматический ответ|автоответ|自動応答|自動返信|不在|自动回复|自動回覆|자동 회신)",
    re.IGNORECASE,
)
_CHALLENGE: Final = re.compile(
    r"confirm(?:ation)? (?:your|that|you|required|request)|verify (?:your|that you)"
    r"|(?:please )?authenticate your|boxbe|spamarrest|challenge",
    re.IGNORECASE,
)


def is_auto_reply(headers: Headers) -> bool:
    """Whether the headers are those of an automatic reply to a message.

    A bounce may carry `Auto-Submitted: auto-replied` too, so this is asked only of mails that
    name no failed recipient.
    """
    submitted = (headers.get("Auto-Submitted") or "").lower()
    if submitted.startswith("auto-replied") or any(mark in headers for mark in _MARKS):
        return True
    if (headers.get("Precedence") or "").lower() in _PRECEDENCE:
        return True
    if (headers.get("X-Auto-Response-Suppress") or "") and submitted.startswith("auto-"):
        return True
    return _SUBJECT.match((headers.text("Subject") or "").lstrip()) is not None


def is_challenge(headers: Headers) -> bool:
    """Whether the subject asks the sender to prove to be a person."""
    return _CHALLENGE.search(headers.text("Subject") or "") is not None
