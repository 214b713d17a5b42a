"""The skeleton of a rule, from a bounce that none decides: its reply as the hit, and a phrase."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Final

from classifier.evidence import Evidence, fold
from classifier.reasons import Reason
from classifier.rules.loader import read_phrase

__all__ = ["HEAD", "suggest", "write_rule"]

#: What stands at the head of a new file.
HEAD: Final = 'source = "our own bounces"\n\n'
_LONGEST: Final = 10  # words of a phrase: enough to mean one thing, few enough to last
_WORD: Final = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*")
#   550 5.7.1 #5.7.1 <bob@example.org> [192.0.2.1] mx.example.org https://... 4f2c1a (ab12)
_PARTING: Final = re.compile(r"\S*[\d@/\\_=<>]\S*|\S*\w\.\w\S*|[.,:;!?()\[\]{}\"|*]+")
_MISS: Final = "550 5.1.1 <someone@example.com>: user unknown"


def suggest(reply: str, known: Iterable[str]) -> str | None:
    """The longest run of words of a reply that stands in none of the folded texts `known`.

    Codes, addresses, names of hosts, numbers and stops part the runs. None where no run is new.
    """
    others = list(known)
    best = ""
    for piece in _PARTING.split(fold(reply)):
        words = piece.split()
        for begin in range(len(words)):
            run = " ".join(words[begin : begin + _LONGEST])
            new = len(run) > len(best) and len(_WORD.findall(run)) > 1
            if new and read_phrase(run) is not None and not any(run in text for text in others):
                best = run
                break
    return best or None


def write_rule(
    name: str, reason: Reason, evidence: Evidence, phrase: str | None, host: str | None
) -> str:
    """A rule in TOML that fires on `evidence`; `why` is left to who knows it.

    `host` is the refusing server, a suffix of whose name may make the rule its own.
    """
    lines = [f"[rule.{name}]", f"reason = {_quote(reason)}"]
    if phrase is not None:
        lines.append(f"says   = [{_quote(phrase)}]")
    code = " ".join(filter(None, (evidence.reply_code, evidence.status)))
    if code and phrase is None:
        lines.append(f"codes  = [{_quote(code)}]")
    elif code:
        lines.append(f"# codes  = [{_quote(code)}]  # if the words alone mean less")
    if evidence.command and phrase is None:
        lines.append(f"when   = {{command = {_quote(evidence.command)}}}")
    lines += [
        'why    = ""  # a sentence: what these words mean, and who has to act',
        f"hits   = [{_hit(evidence)}]",
        f"misses = [{_quote(_MISS)}]  # a reply that it could be confused with",
    ]
    suffix = ".".join(_labels(host)[-2:])
    if suffix:
        lines.append(f'# hosts = [".{suffix}"] at the head of the file makes the words its own')
    return "\n".join([*lines, ""])


def _hit(evidence: Evidence) -> str:
    given = [f"text = {_quote(evidence.text)}"]
    if evidence.command:
        given.append(f"command = {_quote(evidence.command)}")
    if evidence.remote_mta:
        given.append(f"host = {_quote(evidence.remote_mta)}")
    return _quote(evidence.text) if len(given) == 1 else f"{{{', '.join(given)}}}"


def _labels(host: str | None) -> Sequence[str]:
    labels = (host or "").lower().strip(".").split(".")
    return labels if len(labels) > 1 and not labels[-1].isdigit() else ()


def _quote(text: str) -> str:
    """As a basic string of TOML, whose escapes are those of JSON."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
