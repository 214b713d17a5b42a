"""Drift: what changed from one run to another, and whether it is more than chance.

Records go in as they stream by and only counts of them are held. What a run says of a wording is
known by its template (see `model.seen`), so that two runs need no mail in common.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

import msgspec

from classifier.census import KINDS, AtProvider, Census, Given, Said
from classifier.chance import compare_shares, find_sure
from classifier.records import Broken, Record
from classifier.terminal import neutral

__all__ = [
    "LEVEL",
    "Change",
    "Drift",
    "Flip",
    "Provider",
    "Run",
    "Template",
    "Unmatched",
    "compare",
]

#: Of what is said to be more than chance, at most this share is chance.
LEVEL: Final = 0.01

_MOST_ROWS: Final = 200  # of one kind that are compared, the most frequent
_MOST_TOLD: Final = 100  # templates of one list
_LEAST: Final = 5  # in both runs together; fewer could never be more than chance among many rows


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One run in figures.

    `errors` are mails that could not be judged, `failures` the records with a verdict, delays too;
    what is neither is other mail. `abstained` are undetermined,
    `disputed` are those where rule and model disagree. `templates` are the distinct wordings that
    are held, `unheld` the failures whose wording found no room any more. `broken` lines were no
    records; `first_broken` says which was the first.
    """

    name: str
    records: int
    errors: int
    failures: int
    abstained: int
    disputed: int
    templates: int
    unheld: int
    broken: int
    first_broken: str | None


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A share in both runs: `old` of `old_of` failures, `new` of `new_of`.

    `of` is what `name` is: category, reason, provider, remote domain, decided by, verdict; or
    `undetermined at`, `in dispute at` a provider, where the share is one of its failures.
    `chance` is the probability of such a difference by chance alone, `sure` whether it is more
    than chance, all rows considered.
    """

    of: str
    name: str
    old: int
    old_of: int
    new: int
    new_of: int
    chance: float
    sure: bool = False

    @property
    def difference(self) -> float:
        """The new share less the old one, -1 to 1; 0 where there is nothing to compare."""
        if not self.old_of or not self.new_of:
            return 0.0
        return self.new / self.new_of - self.old / self.old_of


class Provider(msgspec.Struct, frozen=True, kw_only=True):
    """A provider in both runs; confidences are means, None where there is none."""

    name: str
    old: int
    new: int
    old_abstained: int
    new_abstained: int
    old_disputed: int
    new_disputed: int
    old_confidence: float | None
    new_confidence: float | None


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """A wording that one run has and the other has not, by one reply of it."""

    example: str
    count: int
    provider: str
    reason: str


class Unmatched(msgspec.Struct, frozen=True):
    """The wordings that only one run has, and the failures in them; `most` are the frequent ones.

    `sure` is False where the other run has more wordings than were held of it, so that some of
    these may be in it all the same.
    """

    templates: int
    failures: int
    sure: bool
    most: tuple[Template, ...]


class Flip(msgspec.Struct, frozen=True, kw_only=True):
    """The same wording, said with the same codes, judged otherwise; counts are of these verdicts.

    `said` are the codes and the command: `550 5.7.1 RCPT`.
    """

    example: str
    said: str
    old_reason: str
    new_reason: str
    old_decided_by: str
    new_decided_by: str
    old: int
    new: int


class Drift(msgspec.Struct, frozen=True, kw_only=True):
    """What changed between two runs.

    `flipped` are the failures of NEW that flips concern. Of the `flip_count` flips, and of the
    wordings in `fresh` and `gone`, the hundred most frequent are told.
    """

    headline: str
    level: float
    old: Run
    new: Run
    changes: tuple[Change, ...]
    providers: tuple[Provider, ...]
    fresh: Unmatched
    gone: Unmatched
    flipped: int
    flipped_templates: int
    flip_count: int
    flips: tuple[Flip, ...]

    @property
    def abstentions_grew(self) -> float:
        """By which share of the failures abstentions grew, -1 to 1."""
        return _share(self.new.abstained, self.new.failures) - _share(
            self.old.abstained, self.old.failures
        )

    @property
    def flipped_share(self) -> float:
        """Which share of the failures of NEW flips concern."""
        return _share(self.flipped, self.new.failures)


def compare(
    old: Iterable[Record | Broken],
    new: Iterable[Record | Broken],
    names: tuple[str, str] = ("OLD", "NEW"),
) -> Drift:
    """What changed from `old` to `new`, which are read to their ends one after the other.

    Raises what reading them raises.
    """
    before, after = Census(old), Census(new)
    changes = _judge(list(_rows(before, after)))
    found = list(_find_flips(before, after))
    flips = [flip for _, flip in found]
    flips.sort(key=lambda flip: (-flip.new, flip.example, flip.said))
    fresh, gone = _unmatched(after, before), _unmatched(before, after)
    return Drift(
        headline=_sum_up(before, after, changes, flips, fresh, gone),
        level=LEVEL,
        old=_freeze(before, names[0]),
        new=_freeze(after, names[1]),
        changes=changes,
        providers=tuple(_providers(before, after)),
        fresh=fresh,
        gone=gone,
        flipped=sum(flip.new for flip in flips),
        flipped_templates=len({key for key, _ in found}),
        flip_count=len(flips),
        flips=tuple(flips[:_MOST_TOLD]),
    )


def _freeze(run: Census, name: str) -> Run:
    first = run.first_broken
    return Run(
        name=name,
        records=run.records,
        errors=run.errors,
        failures=run.failures,
        abstained=run.abstained,
        disputed=run.disputed,
        templates=len(run.wordings),
        unheld=run.unheld,
        broken=run.broken,
        first_broken=f"line {first.line}: {first.why}" if first else None,
    )


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


# ---- comparing


def _rows(old: Census, new: Census) -> Iterator[Change]:
    for kind in KINDS:
        one, two = old.names[kind], new.names[kind]
        for name in _frequent(one.counts, two.counts):
            # Of a run with more names than were held, one that is not held is not known to be 0.
            if (name in one.counts or not one.full) and (name in two.counts or not two.full):
                counts = (one.counts[name], old.failures, two.counts[name], new.failures)
                yield _change(kind, name, *counts)
    for kind, part in _AT:
        for name in _frequent(_failures(old), _failures(new)):
            before, after = _at(old, name), _at(new, name)
            counts = (part(before), before.failures, part(after), after.failures)
            if counts[0] or counts[2]:
                yield _change(kind, name, *counts)


def _at(run: Census, name: str) -> AtProvider:
    return run.providers.get(name, _NOBODY)


_NOBODY: Final = AtProvider()
_AT: Final[tuple[tuple[str, Callable[[AtProvider], int]], ...]] = (
    ("undetermined at", lambda at: at.abstained),
    ("in dispute at", lambda at: at.disputed),
)


def _failures(run: Census) -> dict[str, int]:
    return {name: at.failures for name, at in run.providers.items()}


def _frequent(old: Mapping[str, int], new: Mapping[str, int]) -> list[str]:
    """The names that are most frequent in both together."""
    both = Counter(old)
    both.update(new)
    return [name for name, _ in sorted(both.items(), key=lambda each: (-each[1], each[0]))][
        :_MOST_ROWS
    ]


def _change(of: str, name: str, old: int, old_of: int, new: int, new_of: int) -> Change:
    chance = compare_shares(old, old_of, new, new_of)
    return Change(of=of, name=name, old=old, old_of=old_of, new=new, new_of=new_of, chance=chance)


def _judge(changes: list[Change]) -> tuple[Change, ...]:
    """The same, each told whether it is more than chance beside all others."""
    asked = [change for change in changes if change.old + change.new >= _LEAST]
    found = zip(asked, find_sure([change.chance for change in asked], LEVEL), strict=True)
    sure = {id(change) for change, is_sure in found if is_sure}
    return tuple(msgspec.structs.replace(each, sure=id(each) in sure) for each in changes)


def _providers(old: Census, new: Census) -> Iterator[Provider]:
    for name in _frequent(_failures(old), _failures(new)):
        one, two = _at(old, name), _at(new, name)
        yield Provider(
            name=name,
            old=one.failures,
            new=two.failures,
            old_abstained=one.abstained,
            new_abstained=two.abstained,
            old_disputed=one.disputed,
            new_disputed=two.disputed,
            old_confidence=_mean(one),
            new_confidence=_mean(two),
        )


def _mean(at: AtProvider) -> float | None:
    return round(at.confidence / at.failures, 4) if at.failures else None


def _unmatched(run: Census, other: Census) -> Unmatched:
    """The wordings of `run` that `other` has not."""
    only = [wording for key, wording in run.wordings.items() if key not in other.wordings]
    only.sort(key=lambda wording: (-wording.count, wording.example))
    most = tuple(
        Template(
            example=wording.example,
            count=wording.count,
            provider=wording.provider,
            reason=wording.main_reason(),
        )
        for wording in only[:_MOST_TOLD]
    )
    return Unmatched(len(only), sum(each.count for each in only), not other.unheld, most)


def _find_flips(old: Census, new: Census) -> Iterator[tuple[int, Flip]]:
    """Each flip and the key of its template."""
    for key, wording in new.wordings.items():
        before = old.wordings.get(key)
        if before is None:
            continue
        for said, given in wording.given.items():
            if said in before.given:
                flip = _flip(said, before.given[said], given)
                if flip is not None:
                    yield key, flip


def _flip(said: Said, old: dict[str, Given], new: dict[str, Given]) -> Flip | None:
    """The change of the usual reason, where there is one that the mixture does not explain.

    The notice around a reply may decide, so one wording can have several reasons in one run. It
    flips where the old reason and the new one have nothing to do with each other's run, or where
    their shares differ by more than chance.
    """
    one, two = _usual(old), _usual(new)
    if one == two:
        return None
    if one in new or two in old:
        counts = [sum(given.count for given in reasons.values()) for reasons in (old, new)]
        part = old[two].count if two in old else 0
        if compare_shares(part, counts[0], new[two].count, counts[1]) > LEVEL:
            return None
    return Flip(
        example=new[two].example,
        said=" ".join(filter(None, said)),
        old_reason=one,
        new_reason=two,
        old_decided_by=old[one].by,
        new_decided_by=new[two].by,
        old=old[one].count,
        new=new[two].count,
    )


def _usual(given: dict[str, Given]) -> str:
    return min(given, key=lambda reason: (-given[reason].count, reason))


# ---- in one sentence


#: How telling a row is, where two changed as much: a reason says more than its category.
_ORDER: Final = ("reason", "category", "provider", "remote domain", "decided by", "verdict")


def _sum_up(
    old: Census,
    new: Census,
    changes: tuple[Change, ...],
    flips: list[Flip],
    fresh: Unmatched,
    gone: Unmatched,
) -> str:
    """What changed most, by the failures it concerns."""
    empty = [name for name, run in (("OLD", old), ("NEW", new)) if not run.failures]
    if empty:
        return f"There is nothing to compare: {' and '.join(empty)} holds no failure."
    pairs: Counter[tuple[str, str]] = Counter()
    for flip in flips:
        pairs[flip.old_reason, flip.new_reason] += flip.new
    sure = [change for change in changes if change.sure and change.of in _ORDER]
    sure.sort(key=lambda each: (-abs(each.difference), _ORDER.index(each.of), each.name))
    moved = abs(sure[0].difference) * new.failures if sure else 0.0
    if pairs:
        (one, two), count = max(pairs.items(), key=lambda item: (item[1], item[0]))
        if count >= moved:
            said = "failure says" if count == 1 else "failures say"
            return (
                f"What changed most is a verdict: {count:,} {said} what was judged"
                f" {neutral(one)} in OLD and is judged {neutral(two)} in NEW."
            )
    if sure:
        first = sure[0]
        verb = "rose" if first.difference > 0 else "fell"
        # A name may come from a mail; the rest is ours.
        return (
            f"What changed most is the {first.of} {neutral(first.name)}: it {verb} from"
            f" {_percent(first.old, first.old_of)} to {_percent(first.new, first.new_of)} of the"
            " failures, which is more than chance."
        )
    if any(change.difference for change in changes) or fresh.templates or gone.templates:
        return "No share changed by more than chance, and nothing is judged otherwise."
    return "Nothing changed."


def _percent(part: int, whole: int) -> str:
    return f"{100 * _share(part, whole):.1f} %"
