"""An operator's rules and model as bytes, for machines that do not have their folders."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import msgspec

from classifier.model.store import find
from classifier.pipeline import Classifier

__all__ = ["Kit", "pack", "unpack"]


class Kit(msgspec.Struct, frozen=True):
    """What `Classifier` is given: files by their names, folder for folder; None: no model.

    A model of no files is the shipped one, which lies beside the program everywhere.
    """

    rules: tuple[tuple[tuple[str, bytes], ...], ...]
    model: tuple[tuple[str, bytes], ...] | None


def pack(rules: Sequence[str | Path], model: str | Path | None) -> Kit:
    """The files of rules and model. Raises `OSError` where they cannot be read."""
    folders = [Path(each) for each in rules]
    files = tuple(
        _read_all(each, "*.toml") if each.is_dir() else ((each.name, each.read_bytes()),)
        for each in folders
    )
    if model is None or model == "default":
        return Kit(files, None if model is None else ())
    return Kit(files, _read_all(find(model), "*"))


def _read_all(folder: Path, pattern: str) -> tuple[tuple[str, bytes], ...]:
    paths = sorted(path for path in folder.rglob(pattern) if path.is_file())
    return tuple((path.relative_to(folder).as_posix(), path.read_bytes()) for path in paths)


@lru_cache(maxsize=4)
def unpack(kit: Kit) -> Classifier:
    """The classifier of a kit, made once a process. Raises `OperatorError` for its faults."""
    with tempfile.TemporaryDirectory(prefix="whybounce-") as top:
        rules = [_write_all(Path(top, f"rules-{at}"), each) for at, each in enumerate(kit.rules)]
        if not kit.model:
            classifier = Classifier(rules, None if kit.model is None else "default")
        else:
            classifier = Classifier(rules, _write_all(Path(top, "model"), kit.model))
        classifier.load_model()
        return classifier


def _write_all(folder: Path, files: Sequence[tuple[str, bytes]]) -> Path:
    folder.mkdir()
    for name, data in files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder
