"""How the pages of the reference say things, the same in Markdown and HTML."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from classifier.reasons import Permanence
from classifier.reference.entries import CodeEntry

__all__ = ["LABELS", "USUAL", "say_class", "say_verdicts"]

#: The permanence that a reason usually has.
USUAL: Final[Mapping[Permanence, str]] = {
    Permanence.PERMANENT: "permanent, unless the words or the status say otherwise",
    Permanence.TRANSIENT: "transient, unless the words or the status say otherwise",
    Permanence.UNKNOWN: "by the class of the status: 5 permanent, 4 transient",
}

#: What the keys of a rule and of its file are called.
LABELS: Final[Mapping[str, str]] = {
    "says": "words",
    "notice": "words of the notice",
    "beside": "beside them",
    "unless": "unless",
    "when": "when",
    "here": "only where the reply is known to be this owner's",
    "over": "goes over",
    "hosts": "known by the host",
    "marks": "known by the words",
}


def say_class(lasting: str, passing: str) -> str:
    """A class of another scheme; where it depends, that of what lasts and that of what passes."""
    return lasting if lasting == passing else f"{lasting} (transient: {passing})"


def say_verdicts(entry: CodeEntry) -> str:
    """The verdict on a code alone, apart for the classes 4 and 5 where they differ."""
    told = []
    for digit, reason, hint in entry.verdicts:
        verdict = f"{reason} (hint)" if hint else str(reason or "none: words decide")
        told.append(verdict if digit == "x" else f"{digit}: {verdict}")
    return "; ".join(told)
