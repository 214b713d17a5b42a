"""The records of an archive for Python: an iterator, and a DataFrame of pandas."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from classifier.archive import read_paths
from classifier.batch.batches import gather
from classifier.batch.columns import Type, cells, columns_of
from classifier.batch.judging import judge_items, name_unread
from classifier.batch.run import work_off
from classifier.batch.worker import Settings
from classifier.errors import OperatorError
from classifier.pipeline import Classifier
from classifier.rows import Row

if TYPE_CHECKING:
    import pandas

__all__ = ["score", "to_pandas"]


def score(
    paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    *,
    jobs: int = 0,
    headers: Sequence[str] = (),
    rules: Sequence[str | Path] = (),
    model: str | Path | None = "default",
) -> Iterator[Row]:
    """The records of all mails under `paths`, in their order; nothing is held but some batches.

    A path is whatever `whybounce score` takes. `jobs` is the number of processes beside this one;
    0: none. More than 0 wants the caller's script to be one that can be imported (its work below
    `if __name__ == "__main__":`), as all that is based on `multiprocessing` does. The rest is as
    for `Classifier`. What cannot be read, or judged, comes as a record of the kind `error`.

    Raises `OperatorError` for faults of the rules or the model, at the first record.
    """
    given = [paths] if isinstance(paths, str | os.PathLike) else paths
    batches = gather(read_paths(given))
    if jobs:
        folders = tuple(str(Path(each).resolve()) for each in rules)
        name = None if model is None else str(model)
        settings = Settings(rules=folders, model=name, headers=tuple(headers))
        decoder = msgspec.json.Decoder(Row)
        for batch, parts in work_off(batches, settings, jobs):
            yield from name_unread(batch.unread)
            for done in parts:
                yield from map(decoder.decode, done.data.splitlines())
        return
    classifier = Classifier(rules, model)
    for batch in batches:
        yield from name_unread(batch.unread)
        for judged in judge_items(classifier, batch.items, headers):
            yield from judged.rows


def to_pandas(rows: Iterable[Row], headers: Sequence[str] = ()) -> pandas.DataFrame:
    """Records as a table with the columns of `whybounce score`, such as `reason` and `auth.spf`.

    Times are instants in UTC, lists stay lists, what is absent is null. `headers` names those that
    were asked for. Raises `OperatorError` where pandas is not installed.
    """
    try:
        import pandas as pd
    except ImportError as error:
        cure = "Install it: pip install 'whybounce[pandas]'"
        raise OperatorError("pandas", ["is not installed"], cure) from error
    columns = columns_of(headers)
    frame = pd.DataFrame(
        [cells(row, headers) for row in rows], columns=[each.name for each in columns]
    )
    for each in columns:
        if each.type is Type.TIME:
            frame[each.name] = pd.to_datetime(frame[each.name], utc=True)
        elif each.type in (Type.REAL, Type.FLAG):
            kind = "float64" if each.type is Type.REAL else "boolean"
            frame[each.name] = frame[each.name].astype(kind)
    return frame
