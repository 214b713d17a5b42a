"""The evaluation: how often what is said of labelled failures is right, by what, and how surely.

What is worded as a reply that the model learned from is counted apart from what is new to it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from typing import Final

import msgspec

from classifier.corpus.answers import Answer, Case
from classifier.model.evaluate import MISSION
from classifier.reasons import Category, Reason

__all__ = [
    "COLUMNS",
    "ROWS",
    "Bin",
    "Detail",
    "Evaluation",
    "Group",
    "Mission",
    "Part",
    "Point",
    "Reliability",
    "Score",
    "Share",
    "evaluate",
]

_CLASSES: Final = tuple(category for category in Category if category in MISSION)
#: Of a confusion: what failures are labelled, and what is said of them.
ROWS: Final = (*map(str, _CLASSES), "other")
COLUMNS: Final = (*ROWS, "undecided")

_FEW: Final = 10  # failures of a provider, below which a share says nothing
_BINS: Final = (0.0, 0.2, 0.4, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 1.01)
_WIDTHS: Final = 15  # bins of one width for the calibration error, as in the card of a model
_STEPS: Final = 20  # coverages that are measured


class Share(msgspec.Struct, frozen=True):
    """So many `right`, or of which something holds, `of` so many; `share` is 0 to 1, or None."""

    right: int
    of: int
    share: float | None


def _share(right: int, of: int) -> Share:
    return Share(right, of, round(right / of, 6) if of else None)


class Score(msgspec.Struct, frozen=True):
    """How much `judge` decides, and how much of that is right."""

    judge: str
    decided: Share
    reason: Share
    category: Share
    permanence: Share


class Mission(msgspec.Struct, frozen=True):
    """How much of what is said to be of a category is, and how much of what is of it is found."""

    category: Category
    precision: Share
    recall: Share


class Group(msgspec.Struct, frozen=True):
    """The failures that share a category, a provider or a language, by the final verdicts.

    `wrong` counts those decided with a wrong reason, of all. `model` is how often the model's
    likeliest category is right, decided or not.
    """

    name: str
    decided: Share
    reason: Share
    category: Share
    wrong: Share
    model: Share | None


class Bin(msgspec.Struct, frozen=True):
    """Answers with a confidence from `low` to below `high`: the mean of these, how many held."""

    low: float
    high: float
    confidence: float
    right: Share


class Reliability(msgspec.Struct, frozen=True):
    """Whether confidences hold, of `count` answers that say something.

    `error` is the expected calibration error (Naeini 2015), `brier` the mean square of the
    difference between a confidence and 1 or 0, for right or wrong. None where nothing is said.
    """

    count: int
    error: float | None
    brier: float | None
    bins: tuple[Bin, ...]


class Point(msgspec.Struct, frozen=True):
    """Of the `coverage` (0 to 1) of failures that a judge is surest of, the shares right.

    Answers of which it is as sure count in proportion where a point parts them.
    """

    coverage: float
    category: float
    reason: float


class Detail(msgspec.Struct, frozen=True):
    """What one judge's answers look like; `confusion` is by `ROWS` and `COLUMNS`.

    A failure whose label allows what is said stands in the row of what is said.
    """

    judge: str
    missions: tuple[Mission, ...]
    confusion: tuple[tuple[int, ...], ...]
    reliability: Reliability
    coverage: tuple[Point, ...]


class Part(msgspec.Struct, frozen=True):
    """All figures of one part of the failures, which have so many different `templates`.

    `silent` counts what is labelled undetermined, and how much of it is left undecided. `details`
    are those of the rules, the model and both; the last ones are the final verdicts'.
    """

    name: str
    failures: int
    templates: int
    silent: Share
    scores: tuple[Score, ...]
    details: tuple[Detail, ...]
    categories: tuple[Group, ...]
    providers: tuple[Group, ...]
    languages: tuple[Group, ...]

    @property
    def final(self) -> Detail:
        """The verdicts as `whybounce classify` gives them."""
        return self.details[-1]


class Evaluation(msgspec.Struct, frozen=True, kw_only=True):
    """How `model` (None: rules alone) does on the labelled failures of `corpora`.

    `seen` counts the failures worded as what the model learned from, None where nobody knows.
    `parts` holds what is new to the model and what is not, or all where that makes no difference.
    """

    model: str | None
    corpora: Mapping[str, int]
    seen: Share | None
    parts: tuple[Part, ...]

    @property
    def failures(self) -> int:
        """How many there are in all."""
        return sum(self.corpora.values())


def evaluate(
    cases: Sequence[Case], model: str | None, corpora: Mapping[str, int], knows_seen: bool
) -> Evaluation:
    """Count. `corpora` says how many of the cases came from where.

    `model` is the model's name; `knows_seen` whether it says which replies it learned from.
    """
    fresh = [case for case in cases if not case.seen]
    stale = [case for case in cases if case.seen]
    if model is None or not knows_seen:
        named = {"all": cases}
    else:
        named = {"new to the model": fresh, "seen by the model": stale}
    parts = tuple(_count(name, part) for name, part in named.items() if part)
    seen = _share(len(stale), len(cases)) if model is not None and knows_seen else None
    return Evaluation(model=model, corpora=dict(corpora), seen=seen, parts=parts)


Pick = Callable[[Case], Answer | None]
#: Who is asked, and where the answer stands; the last one is the final verdict.
_WITH_MODEL: Final[Mapping[str, Pick]] = {
    "rules": lambda case: case.rules,
    "model": lambda case: case.model,
    "rules and model": lambda case: case.both,
}
_WITHOUT: Final[Mapping[str, Pick]] = {"rules": lambda case: case.both}


def _count(name: str, cases: Sequence[Case]) -> Part:
    judges = _WITHOUT if cases[0].model is None else _WITH_MODEL
    answers = {judge: list(_pair(cases, pick)) for judge, pick in judges.items()}
    scores = [_score(judge, pairs) for judge, pairs in answers.items()]
    if "model" in answers:
        left = [(case, said) for case, said in answers["model"] if not case.rules.decided]
        scores.insert(2, _score("model where no rule decides", left))
    scores.insert(1, _score_hints(cases))
    vague = [case for case in cases if case.accepted[0] is Reason.UNDETERMINED]
    return Part(
        name=name,
        failures=len(cases),
        templates=len({case.template for case in cases}),
        silent=_share(sum(not case.both.decided for case in vague), len(vague)),
        scores=tuple(scores),
        details=tuple(_detail(judge, pairs) for judge, pairs in answers.items()),
        categories=tuple(_group(cases, lambda case: case.category)),
        providers=tuple(
            sorted(
                _group([case for case in cases if case.provider], lambda case: case.provider, _FEW),
                key=lambda group: (-(group.wrong.share or 0), group.decided.share or 0, group.name),
            )
        ),
        languages=tuple(
            sorted(
                _group(cases, lambda case: case.language),
                key=lambda group: (-group.decided.of, group.name),
            )
        ),
    )


Pairs = Sequence[tuple[Case, Answer]]


def _pair(cases: Sequence[Case], pick: Pick) -> Iterator[tuple[Case, Answer]]:
    for case in cases:
        answer = pick(case)
        if answer is not None:
            yield case, answer


def _score(judge: str, pairs: Pairs) -> Score:
    inside = [(case, said) for case, said in pairs if said.decided]
    timed = [(case, said) for case, said in inside if case.permanence is not None]
    return Score(
        judge=judge,
        decided=_share(len(inside), len(pairs)),
        reason=_share(sum(case.is_right(said) for case, said in inside), len(inside)),
        category=_share(sum(case.is_near(said) for case, said in inside), len(inside)),
        permanence=_share(
            sum(case.permanence is said.permanence for case, said in timed), len(timed)
        ),
    )


def _score_hints(cases: Sequence[Case]) -> Score:
    """Hints as if they decided, of what the rules leave open; of permanence they say nothing."""
    left = [(case, case.rules) for case in cases if not case.rules.decided]
    taken = [(case, msgspec.structs.replace(said, decided=said.says)) for case, said in left]
    score = _score("hints where no rule decides", taken)
    return msgspec.structs.replace(score, permanence=_share(0, 0))


def _detail(judge: str, pairs: Pairs) -> Detail:
    table = _confuse(pairs)
    return Detail(
        judge=judge,
        missions=tuple(
            Mission(
                category,
                precision=_share(table[number][number], sum(row[number] for row in table)),
                recall=_share(table[number][number], sum(table[number])),
            )
            for number, category in enumerate(_CLASSES)
        ),
        confusion=tuple(map(tuple, table)),
        reliability=_rely(pairs),
        coverage=tuple(_cover(pairs)),
    )


def _confuse(pairs: Pairs) -> list[list[int]]:
    table = [[0] * len(COLUMNS) for _ in ROWS]
    for case, said in pairs:
        right = said.decided and case.is_near(said)
        row = _place(said.category if right else case.category)
        column = _place(said.category) if said.decided else COLUMNS.index("undecided")
        table[row][column] += 1
    return table


def _place(category: Category) -> int:
    return _CLASSES.index(category) if category in MISSION else len(_CLASSES)


def _rely(pairs: Pairs) -> Reliability:
    """A confidence promises a category or a reason, as the answer says, and is held to that."""
    told = [
        (said.confidence, case.is_near(said) if said.about_category else case.is_right(said))
        for case, said in pairs
        if said.says
    ]
    if not told:
        return Reliability(0, None, None, ())
    bins = []
    for low, high in pairwise(_BINS):
        inside = [(sure, right) for sure, right in told if low <= sure < high]
        if inside:
            mean = sum(sure for sure, _ in inside) / len(inside)
            held = _share(sum(right for _, right in inside), len(inside))
            bins.append(Bin(low, min(high, 1.0), round(mean, 6), held))
    gaps: dict[int, list[float]] = defaultdict(list)
    for sure, right in told:
        gaps[min(int(sure * _WIDTHS), _WIDTHS - 1)].append(sure - right)
    error = sum(abs(sum(gap)) for gap in gaps.values()) / len(told)
    brier = sum((sure - right) ** 2 for sure, right in told) / len(told)
    return Reliability(len(told), round(error, 6), round(brier, 6), tuple(bins))


def _cover(pairs: Pairs) -> Iterator[Point]:
    """The surest first; a judge that says nothing more ends the line."""
    ordered = sorted((pair for pair in pairs if _answers(pair)), key=lambda pair: -pair[1].rank)
    # So many answers so far, with so many categories and reasons right: after each step of rank.
    sums = [(0, 0, 0)]
    for _, tied in groupby(ordered, key=lambda pair: pair[1].rank):
        some = list(tied)
        count, near, right = sums[-1]
        near += sum(case.is_near(said) for case, said in some)
        right += sum(case.is_right(said) for case, said in some)
        sums.append((count + len(some), near, right))
    at = 0
    for step in range(1, _STEPS + 1):
        wanted = len(pairs) * step / _STEPS
        if wanted > len(ordered):
            return
        while sums[at + 1][0] < wanted:
            at += 1
        (before, *low), (after, *high) = sums[at], sums[at + 1]
        part = (wanted - before) / (after - before)
        shares = [(one + part * (two - one)) / wanted for one, two in zip(low, high, strict=True)]
        yield Point(step / _STEPS, *(round(share, 6) for share in shares))


def _answers(pair: tuple[Case, Answer]) -> bool:
    """A model can always be made to answer; a verdict that says nothing is no answer."""
    _, said = pair
    return said.says or said.about_category


def _group(
    cases: Sequence[Case], name_of: Callable[[Case], str], least: int = 1
) -> Iterator[Group]:
    """One group a name, in the order of the names."""
    groups: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        groups[name_of(case)].append(case)
    for name, members in sorted(groups.items()):
        if len(members) < least:
            continue
        score = _score("", [(case, case.both) for case in members])
        asked = [(case, case.model) for case in members if case.model is not None]
        near = sum(case.is_near(said) for case, said in asked)
        yield Group(
            name=str(name) or "not said",
            decided=score.decided,
            reason=score.reason,
            category=score.category,
            wrong=_share(score.reason.of - score.reason.right, len(members)),
            model=_share(near, len(asked)) if asked else None,
        )
