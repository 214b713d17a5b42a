"""What a model was trained on, kept beside it, so that more can be learned on top of it.

`samples.jsonl.gz` holds the masked features of each reply, never an address, host or number.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec

from classifier.errors import OperatorError
from classifier.model.corpus import Sample

__all__ = ["SAMPLES", "read_samples", "write_samples"]

SAMPLES: Final = "samples.jsonl.gz"
_MOST: Final = 256 << 20  # bytes unpacked; a file of more is no file of ours
_CURE: Final = "Name another --base, or `--base none` to learn from the corpora alone."


def write_samples(folder: Path, samples: Iterable[Sample]) -> None:
    """Write `samples` into a model's folder; the same samples give the same bytes."""
    lines = b"\n".join(msgspec.json.encode(sample) for sample in samples)
    (folder / SAMPLES).write_bytes(gzip.compress(lines + b"\n", mtime=0))


def read_samples(folder: Path) -> list[Sample]:
    """The samples that the model in `folder` was trained on.

    Raises `OperatorError` where they are missing or damaged.
    """
    path = folder / SAMPLES
    try:
        with gzip.open(path) as file:
            content = file.read(_MOST + 1)
        if len(content) > _MOST:
            raise OperatorError(str(path), ["is too large"], _CURE)
        return msgspec.json.Decoder(Sample).decode_lines(content)
    except (OSError, EOFError, zlib.error, msgspec.MsgspecError) as error:
        raise OperatorError(str(path), [f"cannot be read: {error}"], _CURE) from error
