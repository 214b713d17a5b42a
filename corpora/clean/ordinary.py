"""What people and programs send all day; a part of it speaks of mail that failed."""

from __future__ import annotations

from collections.abc import Iterator

from classifier.reasons import Kind
from corpora.clean.mail import Clean, draw_setting
from corpora.originals import KINDS, make_original, read_texts

__all__ = ["build_ordinary"]


def build_ordinary() -> Iterator[Clean]:
    """Write ordinary mails: of each kind some, and of each language that speaks of mail one.

    Yields:
        The mails, newsletters into a box of their own.
    """
    for kind in KINDS:
        codes = sorted({text.language.code for text in read_texts() if text.kind == kind})
        for code in codes:
            for number in range(4 if code == "en" else 3 if kind == "newsletter" else 1):
                seed = f"ordinary {kind} {code} {number}"
                slots = draw_setting(seed, code).slots
                yield Clean(
                    raw=make_original(
                        seed, slots["writer"], [slots["reader"]], kind=kind, language=code
                    ),
                    box="newsletters" if kind == "newsletter" else "ordinary",
                    kind=Kind.NOT_A_BOUNCE,
                    group=f"ordinary/{kind}-{code}",
                    provenance="synthetic",
                )
