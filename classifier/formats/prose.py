"""Bounce prose that follows no grammar: what it says of each recipient, found by structure.

What stands beside or below a recipient is what was said of it:

    <bob@example.org>: host mx.example.org[192.0.2.1] said: 550 no such user

      bob@example.org
        SMTP error from remote mail server after RCPT TO:<bob@example.org>: ...

    Delivery to the following recipient failed permanently:
         bob@example.org
    Technical details of permanent failure: ...

Where nothing does, what stands above it, or what the whole notice says, serves.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from classifier.addresses import domain_of
from classifier.formats.dialogue import add_answers
from classifier.formats.mentions import CODED, Mention, find_mentions, only_address
from classifier.formats.owners import list_address
from classifier.formats.reader import Clues, Found
from classifier.lexicon import Says, says
from classifier.reasons import Kind
from classifier.reply import read_reply

__all__ = ["has_reply_code", "read_prose"]

MAX_LINES: Final = 400
MAX_BELOW: Final = 30  # lines below a recipient that may speak of it
MAX_PARAGRAPH: Final = 3  # lines that say why; more of them are advice
MAX_FOUND: Final = 1000

#   550 5.1.1 User unknown     <<< 550 no      said: 550 no      (reason: 550 no)
_LINE_OF_CODE: Final = re.compile(
    r"^(?:[ \t]{0,12}|<<< ?|[^\n]{0,200}: ?)[45][0-5]\d[ -][^\n]{0,20}[A-Za-z<]", re.MULTILINE
)
# A line that begins another reply, or is a dialogue's.
_OPENS: Final = re.compile(r"[45]\d\d[ -]|[<>]{3} |-->|<--")
_WORD: Final = re.compile(r"\w{3}")
_RULE: Final = re.compile(r"^[ \t]*[-=_*#~+|]{4,}[ \t]*$")
# Words that close the part about a recipient.
_CLOSING: Final = re.compile(
    r"^[ \t]*(?:-{2,}(?! ?>)|original message|reporting-mta:|for (?:further|more)|if you|please"
    r"|this (?:is an|message (?:was|has been) (?:created|generated))|no action is"
    r"|the following address|(?:\.\.\. )?while talking to)",
)
#   (generated from team@example.org)      (expanded from <team@example.org>)
_ORIGINAL: Final = re.compile(
    r"\((?:ultimately )?(?:generated|expanded) from:?\s{1,8}"
    r"<?([^\s<>()]{1,256}@[^\s<>()]{1,256})>?\)"
)


# -------SMTP command      Stage:  RCPT TO        Этап: DATA
# DATA
_LABELS: Final = (
    *("smtp command", "smtp-command", "i said", "stage", "phase", "step", "этап", "стадия"),
    *("befehl", "commande", "comando", "コマンド", "命令"),
)
_STAGE: Final = re.compile(
    rf"(?:{'|'.join(_LABELS)})\W{{1,12}}"
    r"(?P<command>connect|mail|rcpt|data|auth|ehlo|helo|starttls)\b"
)
_STAGES: Final = {
    "connect": "CONN", "mail": "MAIL", "rcpt": "RCPT", "data": "DATA", "auth": "AUTH",
    "ehlo": "EHLO", "helo": "EHLO", "starttls": "STARTTLS",
}  # fmt: skip


def has_reply_code(text: str) -> bool:
    """Whether a line of the prose begins with a reply code and words, or quotes one."""
    return _LINE_OF_CODE.search(text) is not None


def read_prose(clues: Clues) -> Sequence[Found]:
    """What the prose of a bounce says of each recipient it names."""
    found = [
        _with_host(each, clues) for each in add_answers(_by_structure(clues), clues.notice.text)
    ]
    if len(found) == 1 and found[0].command is None:
        # The words of the pattern first: most notices hold none of them.
        labelled = any(words in clues.prose for words in _LABELS)
        stage = _STAGE.search(clues.prose) if labelled else None
        if stage:
            return [msgspec.structs.replace(found[0], command=_STAGES[stage.group("command")])]
    return found


# mx.example.org    but not bob@example.org, nor https://www.example.org/
_HOST: Final = re.compile(r"(?<![\w@./-])(?:[\w-]{1,63}\.){2,8}[a-z][\w-]{1,23}(?![\w@/-])", re.I)


def _with_host(found: Found, clues: Clues) -> Found:
    """The refusing host, where the notice names just one of the recipient's domain."""
    domain = domain_of(found.recipient)
    if found.host or not domain or f".{domain}" not in clues.prose:
        return found
    if not CODED.search(found.text) or read_reply(found.text).host:
        return found
    own = (clues.reporting_mta, domain_of(clues.sender.strip("<> ")))
    named = {host.lower() for host in _HOST.findall(clues.notice.text[:4096])}
    hosts = {host for host in named if host.endswith(f".{domain}") and host not in own}
    return msgspec.structs.replace(found, host=hosts.pop()) if len(hosts) == 1 else found


def _by_structure(clues: Clues) -> Sequence[Found]:
    text = clues.notice.text
    lines = text.split("\n")[:MAX_LINES]
    if "|" in text:
        lines = [_open_table(line) for line in lines]
    delayed = says(Says.DELAYED, f"{clues.subject}\n{clues.prose[:4096]}")
    kind = Kind.DELAY if delayed else Kind.FAILURE
    mentions = find_mentions(lines, clues)
    if not mentions:
        return _unnamed(lines, clues, kind)
    found: dict[str, Found] = {}
    for place, mention in enumerate(mentions):
        text = _text_of(place, mentions, lines)
        key = mention.address.lower()
        before = found.get(key)
        if before is None or _says_more(text, before.text):
            original = _ORIGINAL.search(text)
            found[key] = Found(
                recipient=mention.address,
                text=text,
                kind=kind,
                original=original.group(1) if original else None,
            )
        if len(found) >= MAX_FOUND:
            break
    return _with_code(list(found.values()), lines, mentions[0].line)


def _says_more(text: str, before: str) -> bool:
    """Whether one text about a recipient goes before another: the first reply, else the longest."""
    if CODED.search(before):
        return False
    return len(text) > len(before) or CODED.search(text) is not None


def _open_table(line: str) -> str:
    """A row that bars divide, without the bars: `| bob@example.org | 550 5.1.1 unknown |`."""
    return line.replace("|", " ") if line.count("|") > 1 else line


def _text_of(place: int, mentions: Sequence[Mention], lines: Sequence[str]) -> str:
    """The words about one mention: up to the next one, or those that stand above it alone."""
    mention = mentions[place]
    same = [other for other in mentions if other.line == mention.line]
    last = place + len(same) - 1 - same.index(mention)  # several addresses of one line
    end = mentions[last + 1].line if last + 1 < len(mentions) else len(lines)
    below = lines[mention.line + 1 : min(end, mention.line + 1 + MAX_BELOW)]
    if len(mentions) > 1 and not mention.rest and below and not below[0].strip():
        # User mailbox exceeds allowed size: bob@example.org
        line = lines[mention.line].strip()
        if not CODED.search(line) and says(Says.WEAK, line.partition(mention.address)[0].lower()):
            return line
    text = _below(mention.rest, below)
    if CODED.search(text):
        return text
    if text.endswith((":", "\uff1a")) and end < len(lines) and CODED.match(lines[end].lstrip()):
        # Unable to deliver to bob@example.org for the following reason:
        # 552 Quota violation for robert@example.org
        return f"{text}\n{lines[end].strip()}"
    above = _above(place, mentions, lines)
    if CODED.search(above):
        return f"{text}\n{above}".strip()
    again = any(other.address == mention.address for other in mentions[place + 1 :])
    if not text and place + 1 < len(mentions) and not again:
        # a list of addresses first, then one text for all
        tail = mentions[-1].line
        text = _below(mentions[-1].rest, lines[tail + 1 : tail + 1 + MAX_BELOW])
    return text


def _above(place: int, mentions: Sequence[Mention], lines: Sequence[str]) -> str:
    """What stands between the paragraph of the mention before and a mention that ends its own.

    Body of message generated response:
    554 5.6.0 Message content rejected

    undeliverable to bob@example.org
    """
    if place == 0:
        return ""
    start, end = mentions[place - 1].line + 1, mentions[place].line
    while start < end and lines[start].strip():  # the rest of that paragraph
        start += 1
    return "\n".join(line.strip() for line in lines[start:end] if line.strip())


def _with_code(found: list[Found], lines: Sequence[str], first: int) -> Sequence[Found]:
    """What is still missing a text gets it from the whole prose.

    The only recipient there is gets a reply that stands anywhere, several get one that stands
    above the `first` of them; those of whom nothing at all is said get the sentences of failure.
    """
    if all(CODED.search(each.text) for each in found):
        return found
    coded: list[str] = []
    if len(found) == 1:
        coded = _coded(lines)[:6]
    elif not any(CODED.search(each.text) for each in found):
        coded = _coded(lines[:first])[:6]
    complete: list[Found] = []
    for each in found:
        more: list[str] = []
        if not CODED.search(each.text):
            more = coded
            if not more and not _WORD.search(each.text):
                more = _failing(lines)[:4]
        text = "\n".join([each.text, *more]).strip() if more else each.text
        complete.append(msgspec.structs.replace(each, text=text))
    return complete


def _coded(lines: Sequence[str]) -> list[str]:
    """The lines that hold a reply."""
    return [line.strip() for line in lines if CODED.search(line) and read_reply(line).code]


def _failing(lines: Sequence[str]) -> list[str]:
    """The sentences of failure."""
    failing = [line.strip() for line in lines if says(Says.WEAK, line.lower())]
    return failing or [line.strip() for line in lines if says(Says.FAILED, line.lower())]


def _closes(line: str) -> bool:
    return _CLOSING.match(line.lower()) is not None and not CODED.search(line)


def _below(rest: str, lines: Sequence[str]) -> str:
    """The words about a recipient.

    The rest of its line, the lines attached to it, and, where these hold no reply code, the
    paragraphs below up to one that does.
    """
    attached = [rest] if rest else []
    whole = CODED.match(rest) is not None  # the line was a reply from its beginning
    read = 0
    for line in lines:
        if whole and _OPENS.match(line):
            break
        read += 1
        if not line.strip():
            # "because:" announces what comes after the blank line
            if attached and not attached[-1].endswith((":", "\uff1a")):
                break
            continue
        if _RULE.match(line) or _closes(line):
            if attached:
                break
            continue
        attached.append(line.strip())
    text = "\n".join(attached)
    if CODED.search(text):
        return text
    more: list[str] = []
    for line in lines[read:]:
        stripped = line.strip()
        if more and _closes(line):
            break
        if stripped and not _RULE.match(line):
            more.append(stripped)
    tail = "\n".join(more)
    if CODED.search(tail) or not text:
        return f"{text}\n{tail}".strip()
    if text.endswith(".") and "@" in text:
        # There was an error delivering your mail to <bob@example.org>.
        #
        # SMTP login to mx.example.org failed
        return "\n".join([text, *_paragraph(lines[read:])])
    return text


def _paragraph(lines: Sequence[str]) -> list[str]:
    """The first paragraph, where it is short and closes nothing."""
    found: list[str] = []
    for line in lines:
        if _closes(line) or _RULE.match(line) or len(found) > MAX_PARAGRAPH:
            return []
        if line.strip():
            found.append(line.strip())
        elif found:
            break
    return found


# was not delivered to:
#   Ingo Hartwig@WERKE@SMTPGATE        a name of Notes' or of a gateway, which is no address
_NO_ADDRESS: Final = re.compile(
    r"^[ \t]*(?:was not delivered to|wurde nicht zugestellt an|n'a pas été remis à)"
    r"[ \t]?:[ \t]*\n?[ \t]*(?P<name>[^\s@/][^\n@/]{0,63}[@/][^\n]{1,63})",
    re.MULTILINE | re.IGNORECASE,
)


def _unnamed(lines: Sequence[str], clues: Clues, kind: Kind) -> Sequence[Found]:
    """A failure of whom the prose does not name: those that a header does, a list, or nobody."""
    text = "\n".join((_coded(lines) or _failing(lines))[:6])
    if clues.failed:
        return [Found(recipient=address, text=text, kind=kind) for address in clues.failed]
    named = _NO_ADDRESS.search(clues.notice.text)
    if named and text:
        return [Found(recipient=named.group("name").strip(), text=text, kind=kind)]
    only = only_address(clues)
    if only:
        said = text or " ".join(clues.notice.text.split())[:400]
        return [Found(recipient=only, text=said, kind=kind)]
    listed = list_address(clues)
    if listed:
        said = text or " ".join(clues.notice.text.split())[:400]
        return [Found(recipient=listed, text=said, kind=kind)]
    return [Found(recipient=None, text=text, kind=kind)] if text else []
