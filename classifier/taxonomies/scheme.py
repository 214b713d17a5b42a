"""One scheme of another programme or service: its classes, and which of them a verdict is.

The way is one way and total: every reason has a class, whatever its permanence, and nothing is
read back from a class. The data stands in the TOML files beside this module.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final, Protocol

import msgspec

from classifier.errors import OperatorError
from classifier.reasons import MEANING, Kind, Permanence, Reason

__all__ = ["Judged", "Scheme", "Taxonomy", "classes_of", "load_scheme", "translate"]

_HERE: Final = Path(__file__).parent


class Taxonomy(StrEnum):
    """The schemes that are known; a file of the same name holds each."""

    SISIMAI = "sisimai"
    KUMOMTA = "kumomta"
    SES = "ses"
    SPARKPOST = "sparkpost"
    POSTMARK = "postmark"
    SENDGRID = "sendgrid"
    POWERMTA = "powermta"


class _ByPermanence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The classes of a reason that lasts, and of the same reason that passes."""

    permanent: str
    transient: str


class Scheme(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A scheme as its file holds it.

    `title` is its name for people, `field` where its owner writes the class, `source` where the
    classes were read. `classes` maps each class to a line on it, `reasons` each reason to its
    class, `kinds` the kinds of mail that have no verdict to theirs, where the scheme has one.
    """

    title: str
    field: str
    source: tuple[str, ...]
    classes: Mapping[str, str]
    reasons: Mapping[Reason, str | _ByPermanence]
    kinds: Mapping[Kind, str] = msgspec.field(default_factory=dict)

    def class_of(self, reason: Reason, permanence: Permanence) -> str:
        """The class of a verdict.

        Where the permanence is unknown, the reason's usual one counts; where that is by the class
        of a status that nobody knows, the transient one, which strikes no address from any list.
        """
        found = self.reasons[reason]
        if isinstance(found, str):
            return found
        if permanence is Permanence.UNKNOWN:
            permanence = MEANING[reason].usual
        return found.permanent if permanence is Permanence.PERMANENT else found.transient


class Judged(Protocol):
    """A record with a verdict, or without: a `Row`, an `Explanation`."""

    @property
    def reason(self) -> str | None:
        """The value of a `Reason`, None where there is no verdict."""

    @property
    def permanence(self) -> str | None:
        """The value of a `Permanence`."""


@cache
def load_scheme(taxonomy: Taxonomy) -> Scheme:
    """The scheme, from the file that is shipped with this module."""
    return msgspec.toml.decode((_HERE / f"{taxonomy}.toml").read_bytes(), type=Scheme)


def translate(record: Judged, taxonomy: str) -> str | None:
    """The class of a record in another scheme, None where the scheme has none for it.

    `taxonomy` is one of `sisimai`, `kumomta`, `ses`, `sparkpost`, `postmark`, `sendgrid`,
    `powermta`. Every verdict has a class; a mail without one has it only where the scheme classes
    such mail, as an automatic reply. Raises `OperatorError` for any other name.
    """
    try:
        scheme = load_scheme(Taxonomy(taxonomy))
    except ValueError as error:
        cure = f"Known are {', '.join(Taxonomy)}."
        raise OperatorError(taxonomy, ["is no taxonomy that is known"], cure) from error
    if record.reason is not None:
        permanence = record.permanence or Permanence.UNKNOWN
        return scheme.class_of(Reason(record.reason), Permanence(permanence))
    kind = getattr(record, "kind", None)
    return scheme.kinds.get(kind) if kind is not None else None


def classes_of(record: Judged, taxonomies: Sequence[str]) -> dict[str, str | None]:
    """The classes of a record in several schemes, by their names, in the order given."""
    return {str(each): translate(record, each) for each in taxonomies}
