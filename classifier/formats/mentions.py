"""The addresses that prose mentions, and which of them it says were not reached.

    <bob@example.org>: host mx.example.org[192.0.2.1] said: 550 ...    the head of a line
    Recipient address: bob@example.org                                 a label
    To: bob@example.org                                                a description of the message
    Your message to bob@example.org could not be delivered             a sentence of failure
    Please contact postmaster@example.org                              somebody else

The surest there are count; an address that merely stands somewhere is nobody's failure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import IntEnum
from typing import Final, NamedTuple

from classifier.addresses import ADDRESS
from classifier.formats.reader import Clues
from classifier.lexicon import Label, Says, label_of, says

__all__ = ["CODED", "Mention", "find_mentions", "is_named"]

MAX_ON_LINE: Final = 64  # addresses of one line

#: A reply code or a status. The lookbehind stands behind the digits, so that the search can look
#: for the digit first.
CODED: Final = re.compile(r"[45](?:[0-5]\d(?<![\d.\-]\d\d\d)(?=[ \-'\"\]]|$)|\.\d{1,3}\.\d{1,3})")


class Role(IntEnum):
    """How sure it is that an address was not reached."""

    OWN = 0  # the sender's own, or the reporting system's
    DESCRIBED = 1  # one of those that the message went to
    TOLD = 2  # inside a sentence of failure
    HEADED = 3  # at the head of a line, or labelled as a recipient
    BLAMED = 4  # labelled as the one that failed, beside a recipient of the message
    NAMED = 5  # by X-Failed-Recipients


class Mention(NamedTuple):
    """An address, the line it stands in, what the line says after it, and how sure it is."""

    line: int
    address: str
    rest: str
    role: Role


_A: Final = ADDRESS.pattern
#   /S=Schmidt/O=Werft/PRMD=WERFT/ADMD=DBP/C=DE/
_X400: Final = r"/(?:[A-Z][A-Za-z0-9:-]{0,15}=[^/\n]{1,64}/){3,12}"
_BULLETS: Final = r"[ \t>*\-•·▶■・※]{0,16}(?:\d{1,3}[.)] ?)?"
#   Bob van Marsh        MARSH, BOB        Übersee-Vertrieb (Bremen)
_NAME: Final = (
    r"(?:(?!(?i:to|for|from|at|user|mailbox|address|an|a|your|the|my|our)\b)"
    r"[\w.,'()/&-]{1,32} ?){0,5}"
)
_HEAD: Final = re.compile(
    # <bob@example.org>: ...      * bob@example.org      bob@example.org (user not found)
    rf"{_BULLETS}(?:(?P<name>(?:\"[^\"\n]{{0,80}}\"|{_NAME}) ?<)|['\"「『<\[(]{{0,2}})"
    rf"(?:smtp:|rfc822;|mailto:)?(?P<address>{_A})"
    rf"|[ \t]{{0,8}}(?P<x400>{_X400})"
    # 550 tetsu... User unknown    (a local user of Sendmail's)
    r"|(?:[45]\d\d )?<?(?P<local>[A-Za-z][\w.+-]{0,63})>?\.\.\. ",
    re.IGNORECASE,
)
_LABELLED: Final = re.compile(
    # Recipient address: <bob@example.org>       Final delivery userid: bob@example.org
    # Rcpt=[bob@example.org]                     収件人：bob@example.org
    rf"{_BULLETS}(?P<label>[^\s:=：@<>][^:=：@<>\n]{{0,47}}?) ?(?:[:=：\]]|: ?-->)"
    r"[ \t　]{0,24}(?:smtp:|rfc822;|mailto:|[\[<'\"「(]{1,2}(?:smtp:)?)?"
    rf"(?P<name>[^@\n;,:]{{0,60}}<)?(?P<address>{_A})",
    re.IGNORECASE,
)
_NEXT: Final = re.compile(rf"[>\])\"']{{0,2}} ?[,;] ?(?:[^@\n;,<]{{0,60}}<)?(?P<address>{_A})")
_TO: Final = frozenset(
    ("to", "an", "à", "para", "a", "aan", "til", "till", "do", "komu", "кому", "προς", "kime",
     "אל", "إلى", "kepada", "delivered-to", "envelope-to", "to address", "for", "au", "al")
)  # fmt: skip
# Words right before an address that is never the failed recipient's.
_ASIDE: Final = re.compile(
    r"contact|assist|further|help ?desk|reply-to|message-?id|on behalf of|unsubscribe|questions"
    r"|sent by|sender|your mail to us|write to|mailto:\s*$|abuse|\bfrom\b|\bcc\b|by\s*$"
    r"|(?:e-?mail|send|call|ask|notify|inform|report|forward)(?:ed)? "
    r"(?:it |this |them |us |mail |an e-?mail )?(?:to|at)\b"
    r"|instead|new address|replaced by|\bvon\b|wenden|kontakt|rückfragen|\bde la part|nous écrire"
    r"|escriba a|contattare|scrivere a|entre em contato|contacte|contatt|alamat baru|adresse:"
    r"|お問い合わせ|ご連絡|联系|聯絡|문의|обратитесь|envelope[- ]sender|mail from|return-path|x-sender",
)
# A line that announces somebody else's address.
_ELSE: Final = re.compile(
    r"contact|instead|new address|moved to|replaced by|write to|owner|kontakt|neue adresse|wenden"
    r"|nouvelle adresse|nueva direcci|nuovo indirizzo|novo endere|alamat baru|новый адрес|新しい"
)
_AFTER: Final = re.compile(r"^[>)\]]{0,2}\s*(?:\((?:sender|from)\)|wrote|schrieb|さんは|a écrit)")
# A line that is no part of a list of failures, whoever it names.
_OTHER: Final = re.compile(
    r"^\s*(?:from|cc|bcc|sender|subject|date|sent|received|return-path|reply-to|message-?id"
    r"|>>> mail|mail from|envelope[- ]from|x-[\w-]+|authentication-results)\b ?[:=]",
)
_DAEMON: Final = re.compile(
    r"^(?:mailer-?daemon|postmaster|mdaemon|mail-?daemon|noreply|no-reply|abuse|hostmaster)@", re.I
)
#   delivered            250 2.0.0 OK
_DELIVERED: Final = re.compile(r"\b2\d\d[ -](?:2\.\d\.\d|ok\b)|status=sent")
#   hannelore@example.org account. You might be authorized to send
_WORDS_AFTER: Final = re.compile(r"<?[^\s<>]{1,200}@[^\s<>]{1,200} [a-z]{2,20}[ .,]")


def find_mentions(lines: Sequence[str], clues: Clues) -> Sequence[Mention]:
    """The surest mentions in the lines of a notice, in their order.

    Of a run about one address only the first counts, so that what follows stays its text.
    """
    found = list(_mentions(lines, clues))
    best = max((mention.role for mention in found), default=Role.OWN)
    chosen: list[Mention] = []
    for mention in found:
        before = chosen[-1].address.lower() if chosen else ""
        if mention.role == best and mention.address.lower() != before:
            chosen.append(mention)
    failed = [mention for mention in chosen if not _DELIVERED.search(mention.rest.lower())]
    return failed or chosen


def is_named(clues: Clues) -> bool:
    """Whether the prose names a recipient apart from its sentences: by a label, or on a line."""
    lines = clues.notice.text[:8192].split("\n")[:100]
    return any(Role.TOLD < mention.role or mention.role is Role.DESCRIBED
               for mention in _mentions(lines, clues))  # fmt: skip


def _mentions(lines: Sequence[str], clues: Clues) -> Iterator[Mention]:
    own = set(clues.avoid)  # grows by those that the notice labels as the sender's
    inside = False  # a parenthesis that the line before leaves open
    for number, line in enumerate(lines):
        #   <bob@example.org> (expanded from
        #       <team@example.net>): host mx.example.org[192.0.2.1] said: ...
        opened, inside = inside, line.count("(") > line.count(")")
        if opened and line[:1] in " \t":
            continue
        if "@" not in line and "/" not in line and "... " not in line:
            continue
        for mention in _on_line(number, lines, own):
            address = mention.address.lower()
            if address in clues.failed:
                yield mention._replace(role=Role.NAMED)
            elif _DAEMON.match(address):
                continue
            elif address not in own:
                yield mention
            elif mention.role is not Role.TOLD:
                yield mention._replace(role=Role.OWN)


def _on_line(number: int, lines: Sequence[str], own: set[str]) -> Iterator[Mention]:
    line = lines[number]
    coded = CODED.search(line) is not None
    found = _LABELLED.match(line)
    if found is not None:
        label = found.group("label").strip().lower()
        meaning = label_of(label)
        if meaning is Label.RECIPIENT or label in _TO:
            role = Role.DESCRIBED if label in _TO else Role.HEADED
            if says(Says.FAILED, label) or "failed" in label:
                role = Role.BLAMED
            yield from _list(number, line, found, role)
            return
        if meaning is Label.SENDER and not coded:
            own.update(each.group().lower() for each in ADDRESS.finditer(line))
            return
    if not coded and _OTHER.match(line.lower()):
        return
    found = None if _goes_on(number, lines) else _HEAD.match(line)
    before = lines[number - 1].rstrip() if number else ""
    if before.endswith((":", "：")) and not CODED.search(line) and _ELSE.search(before.lower()):
        return  # write to the new address instead:
    if found and not (found.group("name") and _is_aside(line, found.start("address"), "")):
        yield from _list(number, line, found, Role.HEADED)
    else:
        yield from _in_sentence(number, lines)


def _goes_on(number: int, lines: Sequence[str]) -> bool:
    """Whether a line goes on with the sentence of the line before: words behind the address."""
    before = lines[number - 1].rstrip() if number else ""
    return (
        len(before) > 40
        and before[-1] not in ":.;>)-*=：。"
        and _WORDS_AFTER.match(lines[number]) is not None
    )


def _list(number: int, line: str, found: re.Match[str], role: Role) -> Iterator[Mention]:
    """The address that a match found, and more of them after commas."""
    group = next(name for name in ("address", "x400", "local") if found.groupdict().get(name))
    start, end = found.span(group)
    addresses = [found.group(group)]
    while len(addresses) < MAX_ON_LINE:
        more = _NEXT.match(line, end)
        if more is None:
            break
        addresses.append(more.group("address"))
        end = more.end()
    rest = line[end:].lstrip("> ,;:)]\"'").strip()
    if rest.startswith("<mailto:") or rest.lower().startswith(f"({addresses[-1].lower()})"):
        rest = rest.partition(">")[2].strip()
    if CODED.search(line[:start]):  # 550 5.1.1 <bob@example.org>... User unknown
        rest = line.strip()
    elif group == "address" and not CODED.search(rest) and _AFTER.match(line[end:].lower()):
        return
    for address in addresses:
        yield Mention(number, address.rstrip(".") if "@" in address else address, rest, role)


def _in_sentence(number: int, lines: Sequence[str]) -> Iterator[Mention]:
    line = lines[number]
    before = lines[number - 1] if number else ""
    near = " ".join([before, line, *lines[number + 1 : number + 3]]).lower()
    if not (says(Says.WEAK, near) or says(Says.FAILED, near) or CODED.search(near)):
        return
    for count, found in enumerate(ADDRESS.finditer(line)):
        if count >= MAX_ON_LINE:
            return
        if _is_aside(line, found.start(), before) or _AFTER.match(line[found.end() :].lower()):
            continue
        rest = line[found.end() :].strip(" \t>)].,;:\"'")
        # undeliverable to bob@example.org    (the whole line, and nothing after the address)
        alone = not rest and says(Says.FAILED, line[: found.start()].lower())
        role = Role.HEADED if alone else Role.TOLD
        yield Mention(number, found.group().rstrip("."), line.strip(), role)


def _is_aside(line: str, start: int, before: str) -> bool:
    """Whether the words before an address give it to somebody else."""
    words = line[max(0, start - 44) : start].lower()
    if len(words) < 16 and before.strip():
        words = f"{before[-24:].lower()} {words}"
    # Only those of the same sentence.
    return _ASIDE.search(words.rpartition(". ")[2]) is not None
