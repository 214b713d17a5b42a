"""Records in the form of Sisimai (a list of objects with `reason` and `diagnosticcode`) as replies.

They hold no mail, so they become a file of the catalogue; who and where they name becomes a slot.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import msgspec

from classifier.corpus.entries import write_entries
from classifier.corpus.importing import Imported, write_about
from classifier.judge import judge
from classifier.model.corpus import Entry, weigh_entry
from classifier.reasons import MEANING, Permanence, Reason
from classifier.rules.engine import RuleSet

__all__ = ["import_sisimai", "looks_like_sisimai", "slot_text"]


def looks_like_sisimai(records: Sequence[Mapping[str, Any]]) -> bool:
    """Whether records are Sisimai's and not ours."""
    if not records or "diagnosticcode" not in records[0]:
        return False
    return "origin" not in records[0] or "deliverystatus" in records[0]


def import_sisimai(
    records: Sequence[Mapping[str, Any]], name: str, into: Path, rules: RuleSet
) -> Imported:
    """Add the replies of `records` to the corpus at `into`, each once.

    Where one of their reasons may stand for several of ours, the rules choose among these; what
    they cannot choose is left out and said. Raises no error for a record.
    """
    crosswalk = tomllib.loads(
        files("classifier.corpus").joinpath("sisimai.toml").read_text(encoding="utf-8")
    )
    entries: dict[str, Entry] = {}
    left = []
    for number, record in enumerate(records, 1):
        text = slot_text(
            str(record.get("diagnosticcode") or ""), str(record.get("recipient") or "")
        )
        allowed = [Reason(each) for each in crosswalk.get(str(record.get("reason") or ""), ())]
        if not text or not allowed:
            why = (
                "has no reply" if not text else f"has a reason unknown here: {record.get('reason')}"
            )
            left.append(f"{name}: record {number} {why}")
            continue
        entry = _make_entry(text, allowed, rules)
        if entry is None:
            wanted = ", ".join(allowed)
            left.append(f"{name}: record {number} may be {wanted}: {text[:80]}")
        elif text not in entries:
            entries[text] = entry
    if entries:
        write_about(into)
        write_entries(into / f"{Path(name).stem}.toml", entries.values())
    return Imported(0, len(entries), tuple(left))


def _make_entry(text: str, allowed: Sequence[Reason], rules: RuleSet) -> Entry | None:
    reason = allowed[0]
    source = "imported from records of Sisimai"
    draft = Entry(text, "various", reason, Permanence.UNKNOWN, source)
    verdict = judge(weigh_entry(draft, text), rules)
    if len(allowed) > 1:
        if verdict.reason not in allowed:
            return None
        reason = verdict.reason
    same = verdict.reason is reason
    permanence = verdict.permanence if same else MEANING[reason].usual
    return msgspec.structs.replace(draft, reason=reason, permanence=permanence)


_SLOTS: Final = (
    (re.compile(r"https?://[^\s<>\"]{1,500}"), "{url}"),
    (re.compile(r"[^\s<>@:;,()\[\]{}\"']{1,64}@[A-Za-z0-9.-]{1,255}"), "{sender}"),
    (re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]*\d)"), "{ip}"),
    (re.compile(r"(?<![\w:])(?:[0-9a-f]{1,4}:){2,7}[0-9a-f:]{1,40}"), "{ip}"),
    (re.compile(r"(?<![\w.-])(?:[A-Za-z0-9_-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![\w.-])"), "{host}"),
)
#   RESOLVER.RST.AuthRequired, SendAsDenied.Exception: words of Exchange's, no host
_TOKEN: Final = re.compile(r"[A-Z][A-Za-z]*(?:\.[A-Z][A-Za-z0-9]*)+")


def slot_text(text: str, recipient: str = "") -> str:
    """A reply with its addresses, IPs, hosts and URLs as slots, on one line."""
    text = " ".join(text.replace("{", "(").replace("}", ")").split())
    if recipient:
        text = text.replace(recipient, "{recipient}")
    for pattern, slot in _SLOTS:
        text = pattern.sub(partial(_put, slot), text)
    return text


def _put(slot: str, found: re.Match[str]) -> str:
    return found.group() if _TOKEN.fullmatch(found.group()) else slot
