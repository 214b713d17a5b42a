"""Bounce prose that follows no grammar: recipients and replies found by structure.

An address at the head of a line is a recipient, and what stands beside or below it is what was
said of it:

    <bob@example.org>: host mx.example.org[192.0.2.1] said: 550 no such user

      bob@example.org
        SMTP error from remote mail server after RCPT TO:<bob@example.org>: ...

    Delivery to the following recipient failed permanently:
         bob@example.org
    Technical details of permanent failure: ...

Where no line begins with an address, one inside a sentence of failure serves.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import msgspec

from classifier.addresses import ADDRESS
from classifier.formats.dialogue import add_answers
from classifier.formats.reader import Clues, Found
from classifier.reasons import Kind
from classifier.reply import read_reply

__all__ = ["has_reply_code", "read_prose", "says_delay", "says_failure"]

MAX_LINES: Final = 400
MAX_BELOW: Final = 30  # lines below a recipient that may speak of it
MAX_FOUND: Final = 1000

_A: Final = ADDRESS.pattern
_HEADING: Final = re.compile(
    # <bob@example.org>: ...      * bob@example.org      bob@example.org (user not found)
    rf"[ \t>*\-\u2022\u00b7]{{0,16}}(?:(?:\"[^\"\n]{{0,80}}\"|[\w .,']{{0,60}}) ?<)?"
    rf"<?(?P<plain>{_A})>?"
    # Recipient address: bob@example.org        Final delivery userid: bob@example.org
    r"|[ \t]{0,16}(?:[\w' -]{0,40}(?:recipient|address|userid|user id|mailbox|empf\xe4nger"
    r"|destinataire|destinatario)[\w' ()-]{0,24}|to) ?: {0,8}(?:smtp:|rfc822;)?"
    rf" ?[<\"]?(?P<labelled>{_A})",
    re.IGNORECASE,
)
# Lines whose addresses are never the failed recipient's.
_ASIDE: Final = re.compile(
    r"contact|assist|further|help ?desk|postmaster|abuse@|reply-to|message-?id|on behalf of"
    r"|unsubscribe|https?://|^\s*(?:from|cc|bcc|sender|subject|date|sent|received|return-path"
    r"|>>> mail)\b|envelope[- ]from|mail from:|sent by|sender|your mail to us",
)
_FAILURE: Final = re.compile(
    r"undeliver|not (?:be )?(?:been )?deliver|(?:un)?able to (?:be )?deliver|unknown|reject|fail"
    r"|\berror|not (?:be )?(?:found|listed|exist|accept|reach)|no such|invalid|refused|bounce"
    r"|quota|\bfull\b|disabled|could ?n[o']t|cannot|can't|unrout|returned to sender|problem"
    r"|doesn't|does not|no longer|unable|denied|permanent|expired|rcpt to:"
    r"|nicht zugestellt|unbekannt|n'a pas|impossible|no se (?:pudo|ha)|non \xe8 stato"
    r"|n\xe3o (?:foi|p\xf4de)|niet (?:worden )?bezorgd|не (?:удалось|может|было)"
    r"|送信できません|配信できません|届けられません|失敗|エラー|无法|無法|退信|失败",
)
_DELAY: Final = re.compile(
    r"(?:has|have) not yet been|not been delivered yet"
    r"|will (?:continue|keep) (?:to try|trying|attempting)"
    r"|delivery attempts will continue|still (?:trying|be(?:ing)? retried)"
    r"|warning message only"
    r"|do(?:n't| not) (?:need to )?resend|delayed|temporary (?:problem|non-fatal)|will be retried"
    r"|queued and will|warning\W{1,4}could not send",
)
# The lookbehind stands behind the digits, so that the search can look for the digit first.
_CODED: Final = re.compile(r"[45](?:[0-5]\d(?<![\d.\-]\d\d\d)(?=[ \-'\"])|\.\d{1,3}\.\d{1,3})")
#   550 5.1.1 User unknown     <<< 550 no      said: 550 no      (reason: 550 no)
_LINE_OF_CODE: Final = re.compile(
    r"^(?:[ \t]{0,12}|<<< ?|[^\n]{0,200}: ?)[45][0-5]\d[ -][^\n]{0,20}[A-Za-z<]", re.MULTILINE
)
_WORD: Final = re.compile(r"\w{3}")
_RULE: Final = re.compile(r"^[ \t]*[-=_*#~]{4,}[ \t]*$")
# Words that close the part about a recipient.
_CLOSING: Final = re.compile(
    r"^[ \t]*(?:-{2,}|original message|reporting-mta:|for (?:further|more)|if you|please"
    r"|this (?:is an|message (?:was|has been) (?:created|generated))|no action is"
    r"|the following address)",
)
_DAEMON: Final = re.compile(
    r"^(?:mailer-?daemon|postmaster|mdaemon|mail-?daemon|noreply|no-reply)@", re.I
)


def says_failure(text: str) -> bool:
    """Whether prose speaks of a delivery that failed."""
    return _FAILURE.search(text.lower()) is not None


def says_delay(text: str) -> bool:
    """Whether prose speaks of a delivery that is still being tried."""
    return _DELAY.search(text.lower()) is not None


def has_reply_code(text: str) -> bool:
    """Whether a line of the prose begins with a reply code and words, or quotes one."""
    return _LINE_OF_CODE.search(text) is not None


def read_prose(clues: Clues) -> Sequence[Found]:
    """What the prose of a bounce says of each recipient it names."""
    return add_answers(_by_structure(clues), clues.notice.text)


def _by_structure(clues: Clues) -> Sequence[Found]:
    lines = clues.notice.text.split("\n")[:MAX_LINES]
    heads = _choose(list(_headings(lines, clues)))
    delayed = says_delay(f"{clues.subject}\n{clues.prose[:4096]}")
    kind = Kind.DELAY if delayed else Kind.FAILURE
    if not heads:
        return _in_sentences(lines, clues, kind)
    found: dict[str, Found] = {}
    for place, head in enumerate(heads):
        line, address, rest = head.line, head.address, head.rest
        end = heads[place + 1].line if place + 1 < len(heads) else len(lines)
        text = _below(rest, lines[line + 1 : min(end, line + 1 + MAX_BELOW)])
        if not text and place + 1 < len(heads):
            # a list of addresses first, then one text for all
            last = heads[-1].line
            text = _below("", lines[last + 1 : last + 1 + MAX_BELOW])
        before = found.get(address.lower())
        if before is None or (len(text) > len(before.text) and not _CODED.search(before.text)):
            found[address.lower()] = Found(recipient=address, text=text, kind=kind)
        if len(found) >= MAX_FOUND:
            break
    return _with_code(list(found.values()), lines)


def _with_code(found: list[Found], lines: Sequence[str]) -> Sequence[Found]:
    """What is still missing a text gets it from the whole prose.

    The only recipient there is gets a reply that stands above its name; one of whom nothing at
    all is said gets the sentences of failure.
    """
    if all(_CODED.search(each.text) for each in found):
        return found
    coded: list[str] = []
    if len(found) == 1:
        coded = _coded(lines)[:6]
    complete: list[Found] = []
    for each in found:
        more: list[str] = []
        if not _CODED.search(each.text):
            more = coded
            if not more and not _WORD.search(each.text):
                more = _failing(lines)[:4]
        text = "\n".join([each.text, *more]).strip() if more else each.text
        complete.append(msgspec.structs.replace(each, text=text))
    return complete


def _coded(lines: Sequence[str]) -> list[str]:
    """The lines that hold a reply."""
    return [line.strip() for line in lines if _CODED.search(line) and read_reply(line).code]


def _failing(lines: Sequence[str]) -> list[str]:
    """The sentences of failure."""
    return [line.strip() for line in lines if says_failure(line)]


class _Heading(NamedTuple):
    line: int
    address: str
    rest: str
    rank: int  # 2 a recipient for sure, 1 perhaps ("To:"), 0 one of the sender's own addresses


def _headings(lines: Sequence[str], clues: Clues) -> Iterable[_Heading]:
    """Lines that an address heads: where, which, and what else the line says."""
    inside = False  # a parenthesis that the line before leaves open
    for number, line in enumerate(lines):
        #   <bob@example.org> (expanded from
        #       <team@example.net>): host mx.example.org[192.0.2.1] said: ...
        opened, inside = inside, line.count("(") > line.count(")")
        if "@" not in line or opened:
            continue
        found = _HEADING.match(line)
        if found is None:
            continue
        name = "plain" if found.group("plain") else "labelled"
        address = found.group(name)
        before, rest = line[: found.start(name)], line[found.end() :].lstrip("> ,;:)").strip()
        if rest.startswith("<mailto:") or rest.lower().startswith(f"({address.lower()})"):
            rest = rest.partition(">")[2].strip()
        if _CODED.search(before):  # 550 5.1.1 <bob@example.org>... User unknown
            rest = line.strip()
        elif not _CODED.search(rest) and _ASIDE.search(
            (before + (rest[:40] if name == "plain" else "")).lower()
        ):
            continue
        rank = 1 if before.strip(" \t:").lower() == "to" else 2
        if _DAEMON.match(address) and address.lower() not in clues.failed:
            continue
        yield _Heading(number, address.rstrip("."), rest, rank * _is_recipient(address, clues))


def _choose(heads: Sequence[_Heading]) -> Sequence[_Heading]:
    """The surest headings there are.

    Of a run about one address only the first, so that what the next lines repeat stays its text.
    """
    best = max((head.rank for head in heads), default=0)
    chosen: list[_Heading] = []
    for head in heads:
        if head.rank == best and not (
            chosen and chosen[-1].address.lower() == head.address.lower()
        ):
            chosen.append(head)
    return chosen


def _is_recipient(address: str, clues: Clues) -> bool:
    lowered = address.lower().rstrip(".")
    if lowered in clues.failed:
        return True
    return lowered not in clues.avoid and not _DAEMON.match(lowered)


def _closes(line: str) -> bool:
    return _CLOSING.match(line.lower()) is not None and not _CODED.search(line)


def _below(rest: str, lines: Sequence[str]) -> str:
    """The words about a recipient.

    The rest of its line, the lines attached to it, and, where these hold no reply code, the
    paragraphs below up to one that does.
    """
    attached = [rest] if rest else []
    read = 0
    for line in lines:
        read += 1
        if not line.strip():
            # "because:" announces what comes after the blank line
            if attached and not attached[-1].endswith(":"):
                break
            continue
        if _RULE.match(line) or _closes(line):
            if attached:
                break
            continue
        attached.append(line.strip())
    text = "\n".join(attached)
    if _CODED.search(text):
        return text
    more: list[str] = []
    for line in lines[read:]:
        stripped = line.strip()
        if more and _closes(line):
            break
        if stripped and not _RULE.match(line):
            more.append(stripped)
    tail = "\n".join(more)
    return f"{text}\n{tail}".strip() if _CODED.search(tail) or not text else text


def _in_sentences(lines: Sequence[str], clues: Clues, kind: Kind) -> Sequence[Found]:
    """Addresses inside sentences of failure or beside a reply code; else the failure alone."""
    found: dict[str, Found] = {}
    for number, line in enumerate(lines):
        if "@" not in line or _ASIDE.search(line.lower()):
            continue
        if not (says_failure(line) or _CODED.search(line)):
            continue
        for match in ADDRESS.finditer(line):
            address = match.group().rstrip(".")
            if _is_recipient(address, clues) and address.lower() not in found:
                text = "\n".join(
                    each.strip() for each in lines[number : number + 6] if each.strip()
                )
                found[address.lower()] = Found(recipient=address, text=text, kind=kind)
    if found:
        return _with_code(list(found.values()), lines)
    text = "\n".join((_coded(lines) or _failing(lines))[:6])
    if clues.failed:
        return [Found(recipient=address, text=text, kind=kind) for address in clues.failed]
    return [Found(recipient=None, text=text, kind=kind)] if text else []
