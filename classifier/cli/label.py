"""The work of `whybounce label`: mails in, a CSV of what is worth labelling out."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from classifier.archive import Unreadable, read_paths
from classifier.cli.common import CLOSED, UNREAD, complain
from classifier.cli.mails import spare_inputs
from classifier.cli.progress import Progress, total_size
from classifier.corpus.candidates import Candidate, Candidates
from classifier.corpus.opinion import Asker
from classifier.corpus.slots import put_slots
from classifier.model.store import find
from classifier.pipeline import read_all
from classifier.rules.loader import load, load_shipped
from classifier.sinks import Closed, Csv, open_output
from classifier.source import Meter

__all__ = ["label_mails"]

_ENDINGS: Final = re.compile(
    r"(?:\.(?:mbox|mbx|eml|msg|jsonl?|txt|tar|zip|tgz|gz|bz2|xz|zst)){1,3}$", re.I
)
_INTERRUPTED: Final = 130  # as a shell reports a program that SIGINT (2) ended


class _Nothing(Exception):
    """There is no failure in what was read, so no file is written."""


def label_mails(
    paths: Sequence[str],
    output: str | None,
    limit: int,
    rules: Sequence[Path],
    model: str | None,
    everything: bool,
    progress: bool | None,
) -> int:
    """Write what is worth labelling in the mails under `paths`; the exit status.

    At most `limit` rows, 0 for all; with `everything` also what rules decide for sure. Ctrl-C ends
    the reading, and what was read is written. Raises `OperatorError` for faults of the rules, the
    model or the output.
    """
    spare_inputs(paths, output)
    candidates = Candidates(_make_asker(rules, model))
    try:
        size, meter = total_size(paths), Meter()
        with open_output(output) as out, Progress(progress, size, meter=meter) as bar:
            status = _read(paths, candidates, bar)
            bar.stop()
            ranked = candidates.rank()
            worthy = ranked if everything else [each for each in ranked if each.worth]
            if not candidates.failures:
                raise _Nothing
            sink = Csv(out, Candidate.__struct_fields__, msgspec.structs.asdict)
            rows = candidates.write(worthy, limit, _name_source(paths))
            sink.write(rows)
            sink.close()
    except _Nothing:
        complain("there is no failed recipient in what was read, so there is nothing to label")
        return status or UNREAD
    except Closed:
        return CLOSED
    _report(candidates, len(ranked), len(worthy), len(rows), limit, output)
    return status


def _make_asker(rules: Sequence[Path], model: str | None) -> Asker:
    loaded = load(rules) if rules else load_shipped()
    if model is None:
        return Asker(loaded, None)
    from classifier.model.scorer import Model

    return Asker(loaded, Model.load(find(model)))


def _read(paths: Sequence[str], candidates: Candidates, bar: Progress) -> int:
    """Gather all failures; the exit status of what could not be read, or of an early end."""
    status = 0
    try:
        for item in read_paths(paths, sys.stdin.buffer if sys.stdin else None, meter=bar.meter):
            if isinstance(item, Unreadable):
                status = UNREAD
                bar.say(item.told)
                continue
            failed = 0
            try:
                for report in read_all(item.raw, item.size):
                    failed += candidates.add(report)
            except Exception as error:  # a fault of ours costs its mail, never the run
                status = UNREAD
                why = f"could not be judged ({type(error).__name__}: {error}); please report it"
                bar.say(f"{item.origin}: {why}")
            bar.advance(item.size or len(item.raw), failed)
    except KeyboardInterrupt:
        bar.say("interrupted; what was read so far is written")
        return _INTERRUPTED
    return status


def _name_source(paths: Sequence[str]) -> str:
    """The names of what was read, without what they may say of people, and the day."""
    names = ["standard input" if path == "-" else _name_file(path) for path in paths]
    told = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return f"{told}, read {datetime.now().astimezone():%Y-%m-%d}"


def _name_file(path: str) -> str:
    name = Path(os.path.abspath(path)).name  # noqa: PTH100 - what `..` is called
    end = _ENDINGS.search(name)
    stem = name[: end.start()] if end else name  # old.mbox would be taken for a host
    return put_slots(stem) + name[len(stem) :]


def _report(
    candidates: Candidates,
    clusters: int,
    worthy: int,
    written: int,
    limit: int,
    output: str | None,
) -> None:
    """What there was, and what to do next."""
    told = f"{candidates.failures:,} failures, {clusters:,} clusters, {worthy:,} worth labelling"
    if written < worthy and written == limit:
        told += f" (the first {written:,} are written; --limit for more)"
    complain(told)
    if candidates.wordless:
        complain(f"{candidates.wordless:,} failures have no words to learn from, and are left out")
    if candidates.dropped:
        complain(
            f"{candidates.dropped:,} failures were forgotten, because there are too many different"
            " ones; give fewer mails at a time"
        )
    file = "FILE.csv" if output in (None, "-") else output
    if not written:
        complain("rules and model are sure of everything here; --all shows it all the same")
    else:
        complain(
            "fill in `reason` for those that you know, and leave the others empty; then:"
            f" whybounce corpus import {file} --into mine/"
        )
