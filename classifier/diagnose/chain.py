"""The verdict on the chain: each hop green, red or unknown, and one sentence about it all."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

import msgspec

from classifier.diagnose.checks import PROOFS
from classifier.diagnose.context import Context
from classifier.diagnose.finding import ORDER, Finding, Hop, Status
from classifier.reasons import Fault

__all__ = ["Diagnosis", "Link", "State", "diagnose_chain"]


class State(StrEnum):
    """What is known of a hop."""

    GREEN = "green"  # proved to work: by the bounce, or by every check that proves it
    RED = "red"
    UNKNOWN = "unknown"


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """One hop of the chain with what was found there."""

    hop: Hop
    state: State
    findings: tuple[Finding, ...]


class Diagnosis(msgspec.Struct, frozen=True, kw_only=True):
    """All that is said in the end; the contract of the JSON.

    `chain` has the five hops in order, `cause` is the finding that explains the failure (None
    where nothing is broken), `conclusion` one sentence for people.
    """

    domain: str | None
    recipient: str | None
    relay: str | None
    message_id: str | None
    category: str | None
    reason: str | None
    conclusion: str
    cause: Finding | None
    chain: tuple[Link, ...]


_BOUNCE: Final = "bounce"
_DOMAIN_CHECKS: Final = (
    ("SPF", ("spf", "spf-path")),
    ("DKIM", ("dkim-keys",)),
    ("DMARC", ("dmarc", "alignment")),
)
#: What is refused at a login, and the checks that say why.
_WHY: Final = {"login": ("ses-key", "ses-password")}
_GOOD: Final = (Status.OK, Status.SKIPPED)


def diagnose_chain(context: Context, findings: Sequence[Finding]) -> Diagnosis:
    """The chain with its findings, and the conclusion."""
    links = tuple(_link(hop, [each for each in findings if each.hop is hop]) for hop in ORDER)
    cause = _find_cause(context, findings)
    row = context.row
    return Diagnosis(
        domain=context.domain,
        recipient=context.recipients[0] if context.recipients else None,
        relay=str(context.relay) if context.relay else None,
        message_id=context.message_id,
        category=row.category if row else None,
        reason=row.reason if row else None,
        conclusion=_conclude(context, findings, links, cause),
        cause=cause,
        chain=links,
    )


def _link(hop: Hop, findings: list[Finding]) -> Link:
    """Red beats unknown beats green, so that green is never a guess."""
    states = {finding.status for finding in findings}
    if Status.BROKEN in states:
        state = State.RED
    elif _is_proved(hop, findings) and Status.UNKNOWN not in states:
        state = State.GREEN
    else:
        state = State.UNKNOWN
    return Link(hop=hop, state=state, findings=tuple(findings))


def _is_proved(hop: Hop, findings: list[Finding]) -> bool:
    good = {each.check for each in findings if each.status in (Status.OK, Status.WARNING)}
    # A receiver's "not authentic" is a warning at the author, which proves nothing.
    passed = any(each.check == _BOUNCE and each.status is Status.OK for each in findings)
    return passed or (bool(PROOFS[hop]) and good >= PROOFS[hop])


def _find_cause(context: Context, findings: Sequence[Finding]) -> Finding | None:
    """What explains the failure: where the bounce says that it failed, else the first broken."""
    broken = [each for each in findings if each.status is Status.BROKEN]
    measured = [each for each in broken if each.check != _BOUNCE]
    said = [each for each in broken if each.check == _BOUNCE]
    if context.refused_at is None:
        return next(iter(_in_order(measured)), None)
    there = [each for each in measured if each.hop is context.refused_at]
    return next(iter((*there, *said, *_in_order(measured))), None)


def _in_order(findings: list[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda each: ORDER.index(each.hop))


def _conclude(
    context: Context, findings: Sequence[Finding], links: tuple[Link, ...], cause: Finding | None
) -> str:
    broken = _in_order([each for each in findings if each.status is Status.BROKEN])
    others = [each for each in broken if each is not cause and each.check != _BOUNCE]
    why = [each for each in others if cause and each.check in _WHY.get(cause.check, ())]
    others = [each for each in others if each not in why]
    said = _say_cause(context, findings, cause, links)
    parts = [f"{said}, because {why[0].what}" if why else said]
    if others:
        parts.append("beside that, " + " and ".join(each.what for each in others[:2]))
    parts += [*_say_domain(findings), *_say_ask(context, cause)]
    sentence = "; ".join(part for part in parts if part)
    first = sentence.partition(" ")[0]
    if "." not in first:  # a domain keeps its small letter
        sentence = sentence[:1].upper() + sentence[1:]
    return sentence + "."


def _say_cause(
    context: Context,
    findings: Sequence[Finding],
    cause: Finding | None,
    links: tuple[Link, ...],
) -> str:
    if cause is not None:
        login = next((each for each in findings if each.check == "login"), None)
        if cause.check == _BOUNCE and cause.hop is Hop.SUBMISSION and login:
            if login.status is Status.OK:
                return (
                    "the relay refused the login that the sending system has stored, and takes the"
                    " one that is given here: store this one there"
                )
            if login.status is Status.UNKNOWN:
                return f"{cause.what}; {login.what}"
        return cause.what
    unknown = [each.hop for each in links if each.state is State.UNKNOWN]
    if not unknown:
        return "no link of the chain is broken"
    names = ", ".join(unknown)
    return f"nothing is broken as far as could be seen; not known: {names}"


def _say_domain(findings: Sequence[Finding]) -> list[str]:
    """SPF, DKIM and DMARC in a few words; those that are broken are named before."""
    known = {each.check: each for each in findings if each.check != _BOUNCE}
    fine, open_ = [], []
    for name, checks in _DOMAIN_CHECKS:
        states = [known[check].status for check in checks if check in known]
        if Status.BROKEN in states:
            continue
        if states and all(state in _GOOD for state in states) and Status.OK in states:
            fine.append(name)
        elif Status.WARNING not in states:
            open_.append(name)
    said = []
    if fine:
        said.append(f"{_list(fine)} {'is' if len(fine) == 1 else 'are'} fine")
    if open_:
        said.append(f"{_list(open_)} could not be checked")
    return said


def _list(names: Sequence[str]) -> str:
    return ", ".join(names[:-1]) + " and " + names[-1] if len(names) > 1 else names[0]


def _say_ask(context: Context, cause: Finding | None) -> list[str]:
    if cause is None:
        return []
    if cause.hop in (Hop.AUTHOR, Hop.SUBMISSION, Hop.RELAY):
        return ["nothing to ask of the recipient"]
    row, domain = context.row, context.recipient_domain or "the recipient's domain"
    if row is not None and row.fault == Fault.RECIPIENT_ADMIN:
        return [f"ask the administrator of {domain} (--letter writes the mail)"]
    return []
