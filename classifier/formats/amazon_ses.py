"""Amazon SES: a status part whose diagnostic is whole; the notice repeats it."""

from __future__ import annotations

from classifier.formats.prose import read_prose
from classifier.formats.reader import Clues, Reader

__all__ = ["READER"]


def _claims(clues: Clues) -> bool:
    return clues.reporting_mta.endswith("amazonses.com") or "amazonses.com" in clues.sender


READER = Reader("amazon-ses", _claims, read_prose)
