"""The harvest: from the reports that came in to mboxes and labels.

A label says what can be known from the mail. The reply of a scenario counts only where its words
stand in the report; where the server hides it, the server's own words are all there is.
"""

from __future__ import annotations

import csv
import email
import email.policy
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from typing import Final

from classifier.corpus.labels import Label, Provenance, read_labels, write_labels
from classifier.corpus.mails import write_mbox
from classifier.model.corpus import Split
from classifier.reasons import Kind, Permanence, Reason
from corpora.lab.peer import LOGIN_NEEDED, Caught, Trace
from corpora.lab.scenarios import Answer, Scenario, Stage
from corpora.lab.servers import ACTIONS, NATURAL, Server

__all__ = [
    "Notice",
    "Outcome",
    "compare",
    "harvest",
    "label",
    "read_notice",
    "read_rows",
    "shows",
]


@dataclass(frozen=True, slots=True)
class Notice:
    """What a report says outside the returned mail, and what became of which recipient."""

    text: str
    kinds: Mapping[str, str]  # by recipient in lower case; the order is the report's


@dataclass(slots=True)
class Outcome:
    """What a scenario gave: mails by their origin, or why there are none."""

    scenario: Scenario
    origins: list[str] = field(default_factory=list)
    why: str = ""


def read_notice(raw: bytes, server: Server, scenario: Scenario) -> Notice:
    """Read a report as far as labels need it."""
    # RFC 6533's form of the part is the same to us, and the parser knows the older one only.
    raw = raw.replace(b"message/global-delivery-status", b"message/delivery-status")
    message = email.message_from_bytes(raw, policy=email.policy.compat32)
    texts: list[str] = []
    actions: dict[str, str] = {}
    for part in _own_parts(message):
        if part.get_content_type() == "message/delivery-status" and part.is_multipart():
            blocks: list[Message] = part.get_payload()  # type: ignore[assignment]
            for block in blocks:
                texts.append("\n".join(f"{name}: {value}" for name, value in block.raw_items()))
                # What follows a field that is folded wrongly is no field to the parser.
                texts.append(str(block.get_payload()))
                action = str(block.get("Action", "")).split("(")[0].strip().lower()
                for name in ("Original-Recipient", "Final-Recipient"):
                    address = str(block.get(name, "")).rpartition(";")[2].strip().lower()
                    if address.strip("<>"):
                        actions[address.strip("<>")] = ACTIONS.get(action, "")
        else:
            texts.append(_decode(part))
    # Letters beyond ASCII in a field, against all rules.
    text = "\n".join(texts).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    if server.returned:
        text = re.split(server.returned, text, maxsplit=1, flags=re.MULTILINE)[0]
    text = _unescape(text)
    low = text.lower()
    usual = next((kind for words, kind in server.kinds if re.search(words, text)), "")
    kinds = {}
    for recipient in scenario.recipients:
        own = recipient.lower()
        if own in actions:
            kinds[own] = usual or actions[own] or "failure"
        elif not actions and own in low:
            kinds[own] = usual or "failure"
    return Notice(text, kinds)


def _own_parts(message: Message) -> Iterator[Message]:
    """The parts that the reporter wrote, without the mail that comes back."""
    kind = message.get_content_type()
    if kind == "message/delivery-status":
        yield message
    elif kind.startswith("message/") or kind == "text/rfc822-headers":
        return
    elif message.is_multipart():
        parts: list[Message] = message.get_payload()  # type: ignore[assignment]
        for part in parts:
            yield from _own_parts(part)
    else:
        yield message


def _decode(part: Message) -> str:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    for charset in ("utf-8", part.get_content_charset() or "latin-1"):
        try:
            return payload.decode(charset)
        except (UnicodeDecodeError, LookupError):
            continue
    return payload.decode("latin-1")


def _unescape(text: str) -> str:
    """Exim writes letters beyond ASCII as octal numbers of their bytes."""

    def letters(found: re.Match[str]) -> str:
        octets = bytes(int(number, 8) & 255 for number in found.group().split("\\")[1:])
        return octets.decode("utf-8", "replace")

    return re.sub(r"(?:\\[23]\d\d)+", letters, text)


_SHARE: Final = 0.7  # of the letters: line ends, folding and accents may cost the rest
_START: Final = 0.4  # of the letters, if the first words are among them: some servers cut replies
_FEW: Final = 12  # letters; fewer prove nothing without the code before them


def _squeeze(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


def _ascii(text: str) -> str:
    return "".join(letter for letter in text if letter.isascii())


def shows(text: str, answer: Answer) -> bool:
    """Whether the words of a reply stand in a text, however folded, joined or bereft of accents."""
    mail = _squeeze(text)
    whole = _squeeze("".join(answer.words))
    if len(whole) < _FEW:
        # Some servers put a status of their own between code and words.
        head = rf"{answer.code}[ -]+(?:[45]\.\d{{1,3}}\.\d{{1,3}}[ -]+)?"
        said = r"\s+".join(map(re.escape, " ".join(answer.words).split()))
        codes = (answer.code + answer.status, answer.code)
        return any(_squeeze(own) + whole in mail for own in codes) or bool(
            re.search(rf"(?<!\d){head}{said}", text)
        )
    begun = _found((" ".join(answer.words[0].split()[:5]),), mail) >= _FEW
    needed = (_START if begun else _SHARE) * len(whole)
    if _found(answer.words, mail) >= needed:
        return True
    plain = [_ascii(_squeeze(line)) for line in answer.words]
    enough = len("".join(plain)) >= 0.6 * len(whole)
    return enough and _found(answer.words, _ascii(mail), plain=True) >= _SHARE * len("".join(plain))


def _found(lines: Sequence[str], mail: str, plain: bool = False) -> int:
    """How many letters of the lines stand in the mail, four words at a time."""
    count = 0
    for line in lines:
        words = line.split()
        for start in range(0, len(words), 4):
            piece = _squeeze("".join(words[start : start + 4]))
            piece = _ascii(piece) if plain else piece
            if piece and piece in mail:
                count += len(piece)
    return count


def _begins(text: str, answer: Answer) -> bool:
    """Whether at least the head of a reply stands there: some servers cut the rest."""
    head = answer.code + answer.status + answer.words[0][:10]
    return len(head) > 8 and _squeeze(head) in _squeeze(text)


def _names(text: str, number: str) -> bool:
    """Whether a code or status stands in a text as such."""
    return bool(number) and bool(re.search(rf"(?<![\d.]){re.escape(number)}(?![\d.]*\d)", text))


def label(scenario: Scenario, recipient: str, notice: Notice, server: Server, origin: str) -> Label:
    """The row of one recipient of one report."""
    kind = notice.kinds[recipient.lower()]
    answer = scenario.answer_to(recipient)
    heard: Answer | None = None
    if server.lumps:
        said = (own for own in scenario.answers if own and shows(notice.text, own))
        answer = next(said, scenario.answers[0])
    if answer and shows(notice.text, answer):
        heard = answer
    elif scenario.stage is Stage.AUTH and shows(notice.text, LOGIN_NEEDED):
        heard = LOGIN_NEEDED
    if kind == "success":
        reason = ""
    elif heard:
        reason = heard.reason
    else:
        flat = " ".join(notice.text.split())
        reason = next((own for words, own in server.words if re.search(words, flat)), "")
        if reason == NATURAL:
            reason = scenario.reason
    known = heard or (answer if answer and _begins(notice.text, answer) else None)
    code, status = _innermost(known) if known else ("", "")
    code = code if _names(notice.text, code) else ""
    status = status if _names(notice.text, status) else ""
    entry = answer.entry if answer else ""
    return Label(
        origin=origin,
        recipient=recipient,
        kind=Kind(kind),
        reason=None if kind == "success" else Reason(reason or "undetermined"),
        permanence=_PERMANENCE.get(kind),
        reply_code=code or None,
        status=status or None,
        group=entry or f"{server.name}/{scenario.name}",
        provenance=Provenance.REAL,
        split=Split(answer.split) if answer else Split.TRAIN,
        entry=entry or None,
    )


_INNER: Final = re.compile(
    r"(?:->|\.\.\.) +(?P<code>[45]\d\d)[ -]+(?:(?P<status>[45]\.\d{1,3}\.\d{1,3})\b)?"
)


def _innermost(answer: Answer) -> tuple[str, str]:
    """Code and status of a reply, or of the one that it quotes from further on."""
    for inner in reversed(list(_INNER.finditer(" ".join(answer.words)))):
        return inner["code"], inner["status"] or answer.status
    return answer.code, answer.status


_PERMANENCE: Final = {"failure": Permanence.PERMANENT, "delay": Permanence.TRANSIENT}
_KIND_ORDER: Final = ("delay", "success", "failure")


def harvest(
    out: Path,
    server: Server,
    scenarios: Sequence[Scenario],
    caught: Iterable[Caught],
    traces: Mapping[str, Trace],
    trouble: Mapping[str, str],
) -> list[Outcome]:
    """Write the server's mbox and put its rows into `labels.csv` and `report.csv` of `out`.

    The rows of other servers stay. Of the delay warnings of a scenario the first that names a
    recipient is kept.
    """
    by_sender = {scenario.sender: Outcome(scenario) for scenario in scenarios}
    kept: dict[str, list[tuple[tuple[int, int], bytes, Notice]]] = {}
    seen: set[tuple[str, str]] = set()
    for number, mail in enumerate(caught):
        outcome = by_sender.get(mail.recipient.lower())
        if outcome is None or mail.sender:
            continue
        notice = read_notice(mail.raw, server, outcome.scenario)
        kinds = set(notice.kinds.values())
        marks = {(mail.recipient, f"{who} delay") for who in notice.kinds}
        if not kinds or (kinds == {"delay"} and marks <= seen):
            continue
        seen |= marks if kinds == {"delay"} else set()
        order = (max(_KIND_ORDER.index(kind) for kind in kinds), number)
        kept.setdefault(outcome.scenario.name, []).append((order, mail.raw, notice))
    box = f"messages/{server.name}.mbox.xz"
    mails: list[bytes] = []
    rows: list[Label] = []
    for outcome in by_sender.values():
        for _, raw, notice in sorted(kept.get(outcome.scenario.name, ()), key=lambda one: one[0]):
            origin = f"{box}#{len(mails)}"
            mails.append(b"Return-Path: <>\n" + raw.replace(b"\r\n", b"\n"))
            outcome.origins.append(origin)
            rows += [
                label(outcome.scenario, recipient, notice, server, origin)
                for recipient in outcome.scenario.recipients
                if recipient.lower() in notice.kinds
            ]
        if not outcome.origins:
            outcome.why = _why(outcome.scenario, traces, trouble)
    write_mbox(out / box, mails)
    others = [row for row in read_rows(out / "labels.csv") if not row.origin.startswith(f"{box}#")]
    write_labels(out / "labels.csv", sorted([*others, *rows], key=_place))
    _write_report(out / "report.csv", server, by_sender.values())
    return list(by_sender.values())


def _place(row: Label) -> tuple[str, int]:
    name, _, number = row.origin.rpartition("#")
    return name, int(number)


def _why(scenario: Scenario, traces: Mapping[str, Trace], trouble: Mapping[str, str]) -> str:
    if scenario.name in trouble:
        return f"not taken: {trouble[scenario.name]}"
    trace = traces.get(scenario.name)
    if trace is None or not trace.connections:
        return "the server never connected"
    return f"no report; connections: {trace.connections}; last: {trace.last[:150]}"


def read_rows(path: Path) -> list[Label]:
    """The rows of a `labels.csv` that are right, none where there is no such file."""
    return read_labels(path)[0] if path.exists() else []


_COLUMNS: Final = ("server", "scenario", "stage", "mails", "why")


def _write_report(path: Path, server: Server, outcomes: Iterable[Outcome]) -> None:
    rows = []
    if path.exists():
        with path.open(encoding="utf-8", newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["server"] != server.name]
    for outcome in outcomes:
        scenario = outcome.scenario
        numbers = " ".join(origin.rpartition("#")[2] for origin in outcome.origins)
        values = (server.name, scenario.name, scenario.stage.value, numbers, outcome.why)
        rows.append(dict(zip(_COLUMNS, values, strict=True)))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, _COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(sorted(rows, key=lambda row: (row["server"], row["scenario"])))


def compare(before: Iterable[Label], after: Iterable[Label]) -> tuple[int, int]:
    """How many rows of `before` came again the same, and how many there were.

    Where a mail stands in its mbox does not matter.
    """

    def sign(row: Label) -> tuple[str | None, ...]:
        place = row.origin.partition("#")[0]
        what = (row.kind, row.reason, row.permanence, row.reply_code)
        return (place, row.group, row.recipient, *what)

    known = [sign(row) for row in before]
    again = {sign(row) for row in after}
    return sum(row in again for row in known), len(known)
