"""How a verdict came about: what was seen, which rules fired, why one won, what contradicts.

For people who ask why, and for writers of rules: a phrase whose rule did not fire says what the
rule lacked.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from classifier.evidence import Evidence
from classifier.judge import Competition, Verdict
from classifier.rules.engine import Hit, RuleSet
from classifier.rules.rule import CIRCUMSTANCES, Code, Rule

__all__ = ["Step", "describe", "trace", "write_code"]

_MAX_SEEN: Final = 40  # phrases that are told


class Step(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One step on the way to a verdict.

    `step` is `read` (what the text was taken for), `seen` (a phrase whose rule did not fire),
    `fired` (a rule that did), `won`, `against` (what contradicts) or `model`. `place` is where the
    `words` stand: reply, wrapper, notice, codes. `note` says why.
    """

    step: str
    rule: str | None = None
    layer: str | None = None
    reason: str | None = None
    words: str | None = None
    place: str | None = None
    note: str | None = None


def trace(
    evidence: Evidence, rules: RuleSet, competition: Competition, verdict: Verdict, asked: bool
) -> tuple[Step, ...]:
    """The steps from evidence to verdict, in order; `asked` is whether a model was."""
    steps = [*_seen(evidence, rules, competition), *_fired(evidence, competition)]
    if competition.winner:
        steps.append(_won(competition.winner, competition))
    if asked:
        steps.append(_asked(verdict))
    against = [fact for fact in verdict.evidence if fact.startswith("against: ")]
    steps += [Step(step="against", note=fact.removeprefix("against: ")) for fact in against]
    return tuple(steps)


def _seen(evidence: Evidence, rules: RuleSet, competition: Competition) -> Iterator[Step]:
    """The phrases that stand in the evidence and whose rules do not fire, each once."""
    fired = {hit.rule.name for hit in (*competition.hits, *competition.impossible)}
    told: set[tuple[str, str]] = set()
    for place, words, rule in rules.seen(evidence):
        if rule.name in fired or (rule.name, words) in told:
            continue
        if len(told) == _MAX_SEEN:
            return
        told.add((rule.name, words))
        why = _lacks(rule, evidence, competition.owner) or "the reply itself decides"
        yield _step("seen", Hit(rule, words, place), why)


def _lacks(rule: Rule, evidence: Evidence, owner: str | None) -> str | None:
    """What keeps a rule from firing although its words stand there."""
    if rule.here and rule.owner != owner:
        return f"it counts only where {rule.owner} is known to speak"
    reply, status = evidence.reply_code, evidence.status
    if rule.codes and not any(code.fits(reply, status) for code in rule.codes):
        return f"it asks for {' or '.join(map(write_code, rule.codes))}"
    for key, wanted in rule.when:
        if CIRCUMSTANCES[key](evidence) not in wanted:
            return f"it asks for {key} {' or '.join(sorted(wanted))}"
    if rule.pattern is not None and rule.pattern.search(evidence.folded) is None:
        return "its pattern does not fit"
    if rule.beside and not any(each.stands_in(evidence.folded) for each in rule.beside):
        return "none of the words that it asks for beside them stands there"
    if any(phrase.stands_in(evidence.folded) for phrase in rule.unless):
        return "it is not meant where its `unless` stands"
    return None


def write_code(code: Code) -> str:
    """A code as rules write it."""
    status = ""
    if code.subject >= 0:
        high = f"-{code.high}" if code.high != code.low else ""
        status = f"{code.status_class or 'x'}.{code.subject}.{code.low}{high}"
    return " ".join(filter(None, (code.reply, status)))


def _fired(evidence: Evidence, competition: Competition) -> Iterator[Step]:
    """Every rule that fires, the highest layers first."""
    winner = competition.winner
    for hit in sorted(competition.hits, key=lambda hit: (-hit.rule.layer, hit.rule.name)):
        if hit is not winner and winner is not None:
            yield _step("fired", hit, _why_lost(hit, winner, competition))
    for hit in competition.impossible:
        yield _step("fired", hit, f"at {evidence.command} nothing of the kind was named yet")


def _why_lost(hit: Hit, winner: Hit, competition: Competition) -> str:
    rule, best = hit.rule, winner.rule
    if best.decides and not rule.decides:
        return "a hint, asked only where nothing decides"
    if rule.layer != best.layer:
        return f"{_layer(rule)} is below {_layer(best)}"
    over = [other.rule.name for other in competition.hits if rule.name in other.rule.over]
    if over:
        return f"{', '.join(sorted(over))} goes over it"
    if len(hit.words) < len(winner.words):
        return "its words are shorter"
    return "as good; the name settles it"


def _won(winner: Hit, competition: Competition) -> Step:
    rule = winner.rule
    rivals = [
        hit for hit in competition.hits if hit is not winner and hit.rule.decides == rule.decides
    ]
    beside = [hit for hit in rivals if hit.rule.layer == rule.layer]
    over = sorted(hit.rule.name for hit in beside if hit.rule.name in rule.over)
    why = []
    if not rivals:
        why.append("no other rule fires" if rule.decides else "no other hint, and nothing decides")
    elif len(beside) < len(rivals):
        why.append(f"{_layer(rule)} is the highest layer that fires")
    if over:
        why.append(f"goes over {', '.join(over)}")
    left = [hit for hit in beside if hit.rule.name not in over]
    if left and all(len(hit.words) < len(winner.words) for hit in left):
        why.append("the longest words of its layer")
    elif left:
        why.append("first among its equals")
    return _step("won", winner, "; ".join(why))


def _asked(verdict: Verdict) -> Step:
    said = next((fact for fact in verdict.evidence if fact.startswith("model: ")), None)
    if said is None:
        return Step(step="model", note="asked, and not sure enough to name a reason")
    note = f"{said.removeprefix('model: ')}; sure by {verdict.confidence:.2f}"
    return Step(step="model", reason=verdict.reason, note=note)


def _step(step: str, hit: Hit, note: str) -> Step:
    rule = hit.rule
    return Step(
        step=step,
        rule=rule.name,
        layer=_layer(rule),
        reason=rule.reason,
        words=hit.words or None,
        place=hit.place,
        note=note or None,
    )


def _layer(rule: Rule) -> str:
    return rule.layer.name.lower()


def describe(step: Step) -> str:
    """A step as one line for people, without its name."""
    told = ""
    if step.words:
        told = f'"{step.words}" in the {step.place}: '
    elif step.place:
        told = f"by {step.place}: "
    if step.rule:
        told += f"{step.rule} ({step.layer}) says {step.reason}"
    elif step.reason:
        told += step.reason
    return f"{told}; {step.note}" if told and step.note else told or step.note or ""
