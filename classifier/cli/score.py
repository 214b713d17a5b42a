"""The work of `whybounce score`: an archive in, records and a summary out, nothing lost."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from classifier import __version__
from classifier.archive import read_paths
from classifier.batch.batches import Batch, gather
from classifier.batch.columns import columns_of
from classifier.batch.part import Journal, Part
from classifier.batch.run import Sheet, run_here, run_on
from classifier.batch.tables import Source, need_arrow, write_parquet, write_sqlite
from classifier.batch.worker import Lines, Settings, head_of
from classifier.cli.common import (
    CLOSED,
    UNREAD,
    Target,
    complain,
    look,
    make_classifier,
    to_terminal,
)
from classifier.cli.mails import check_headers, spare_inputs
from classifier.cli.progress import Progress, total_size
from classifier.errors import OperatorError
from classifier.listing import read_list
from classifier.pipeline import Classifier
from classifier.sinks import Closed, Output, open_output
from classifier.source import Meter
from classifier.terminal import Palette

__all__ = ["Wanted", "read_listed", "score_archive"]

_SMALL: Final = 4 * 1024 * 1024  # bytes; below, other processes cost more than they bring
_PARTS: Final = ("kind", "category", "reason", "permanence", "fault", "provider", "format")


_ENDINGS: Final = {
    ".csv": Target.CSV,
    ".parquet": Target.PARQUET,
    ".sqlite": Target.SQLITE,
    ".sqlite3": Target.SQLITE,
    ".db": Target.SQLITE,
}


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """The options of the command."""

    output: str | None
    format: Target | None
    partition: str | None
    jobs: int | None
    ordered: bool
    resume: bool
    afresh: bool
    summary: bool | None
    headers: tuple[str, ...]
    taxonomies: tuple[str, ...]
    rules: tuple[str, ...]
    model: str | None
    progress: bool | None
    colour: bool | None


def score_archive(paths: Sequence[str], wanted: Wanted) -> int:
    """Judge all mails under `paths`; the exit status."""
    target = _check(paths, wanted)
    # Its faults show before anything is written.
    classifier = make_classifier([*map(Path, wanted.rules)], wanted.model)
    # To a person who names no file, the summary is the answer.
    alone = wanted.output is None and to_terminal(None)
    told = wanted.summary if wanted.summary is not None else alone or wanted.output is not None
    settings = Settings(
        rules=tuple(str(Path(each).resolve()) for each in wanted.rules),
        model=None if classifier.folder is None else str(classifier.folder),
        headers=tuple(check_headers(wanted.headers)),
        taxonomies=tuple(dict.fromkeys(wanted.taxonomies)),
        lines=Lines.CSV if target is Target.CSV else Lines.JSONL,
        packed=target in (Target.PARQUET, Target.SQLITE) or (wanted.output or "").endswith(".gz"),
        summary=told,
    )
    try:
        if alone:
            journal = _run(paths, wanted, classifier, settings, _Nowhere())
        elif wanted.output is None or wanted.output == "-":
            with open_output(None) as out:
                journal = _run(paths, wanted, classifier, settings, _Stream(out, settings))
        else:
            journal = _score_file(paths, wanted.output, wanted, classifier, settings, target)
    except Closed:
        return CLOSED
    if told:
        _print_summary(journal, wanted)
    return 0 if journal.whole else UNREAD


def read_listed(name: str) -> list[str]:
    """The paths that a file lists, or standard input where it is `-`.

    Raises `OperatorError` where it cannot be read.
    """
    try:
        if name == "-":
            return [*read_list(sys.stdin.buffer)]
        with Path(name).open("rb") as file:
            return [*read_list(file)]
    except (OSError, ValueError, AttributeError) as error:
        fault = f"cannot be read ({getattr(error, 'strerror', None) or error})"
        raise OperatorError(name, [fault], "Name a file that lists paths, one a line.") from error


def _check(paths: Sequence[str], wanted: Wanted) -> Target:
    """What is to be written. Raises `OperatorError` for options that do not go together."""
    faults = []
    target = wanted.format or _guess(wanted.output)
    streamed = wanted.output in (None, "-")
    if streamed and target in (Target.PARQUET, Target.SQLITE):
        faults.append(f"--format {target} needs a file: name it by -o")
    if streamed and (wanted.resume or wanted.afresh):
        faults.append("only what goes into a file can be gone on with: name it by -o")
    if wanted.resume and "-" in paths:
        faults.append("--resume cannot go on with standard input, which is gone")
    if not wanted.ordered and _is_mailbox(paths):
        faults.append("--unordered cannot be had with a folder on a server")
    if wanted.resume and wanted.afresh:
        faults.append("--resume and --afresh say the opposite")
    if wanted.partition is not None and target is not Target.PARQUET:
        faults.append("--partition-by is for Parquet alone")
    if wanted.partition is not None and wanted.partition not in _PARTS:
        faults.append(f"--partition-by {wanted.partition}: known are {', '.join(_PARTS)}")
    if wanted.partition is not None and wanted.output and Path(wanted.output).exists():
        faults.append(f"{wanted.output} is there already: name a folder that is to be made")
    if faults:
        raise OperatorError("score", faults, "See whybounce score --help.")
    if target is Target.PARQUET:
        need_arrow()
    spare_inputs(paths, wanted.output)
    return target


def _guess(output: str | None) -> Target:
    name = (output or "").lower().removesuffix(".gz")
    return _ENDINGS.get(Path(name).suffix, Target.JSONL)


def _score_file(
    paths: Sequence[str],
    output: str,
    wanted: Wanted,
    classifier: Classifier,
    settings: Settings,
    target: Target,
) -> Journal:
    """Into a file, by way of a part that outlives whatever happens."""
    part = Part(output, _digest(paths, wanted, settings), wanted.resume, wanted.afresh)
    if part.journal.done:
        complain(f"{part.part}: going on after {part.journal.mails:,} mails")
    try:
        if not part.journal.written:
            part.write(head_of(settings))
        try:
            _run(paths, wanted, classifier, settings, part)
        finally:
            part.keep()
    except KeyboardInterrupt:
        complain(f"{part.journal.mails:,} mails are done and kept in {part.part}; --resume goes on")
        raise
    finally:
        part.close()
    if target in (Target.JSONL, Target.CSV):
        part.finish()
        return part.journal
    source = Source(
        part.part,
        columns_of(settings.headers, settings.taxonomies),
        settings.headers,
        settings.taxonomies,
    )
    with Progress(wanted.progress, part.journal.records, what="writing the table") as bar:
        if target is Target.PARQUET:
            write_parquet(source, output, wanted.partition, bar.advance)
        else:
            write_sqlite(source, output, bar.advance)
    part.forget()
    return part.journal


def _run(
    paths: Sequence[str],
    wanted: Wanted,
    classifier: Classifier,
    settings: Settings,
    sheet: Sheet,
) -> Journal:
    if settings.summary and sheet.journal.summary is None:
        from classifier.summary.counting import Summary

        sheet.journal.summary = Summary()
    size, meter = total_size(paths), Meter()
    jobs = wanted.jobs
    if jobs is None:
        jobs = 0 if size is not None and size < _SMALL else os.cpu_count() or 1
    batches = (
        _read_on(paths, sheet.journal)
        if _is_mailbox(paths)
        else gather(read_paths(paths, sys.stdin.buffer if sys.stdin else None, meter=meter))
    )
    with Progress(wanted.progress, size, meter=meter, logged=True) as bar:
        if jobs:
            run_on(batches, settings, sheet, bar, jobs, wanted.ordered)
        else:
            run_here(batches, classifier, settings, sheet, bar)
    return sheet.journal


def _is_mailbox(paths: Sequence[str]) -> bool:
    return len(paths) == 1 and paths[0].lower().startswith(("imap://", "imaps://"))


def _read_on(paths: Sequence[str], journal: Journal) -> Iterator[Batch]:
    """Only what is new of a folder on a server; a file is read again up to where it was."""
    return gather(read_paths(paths, after=journal.last), journal.done)


def _digest(paths: Sequence[str], wanted: Wanted, settings: Settings) -> str:
    """What decides the bytes of the output, in short: the same run has the same digest."""
    said = msgspec.json.encode(
        (__version__, paths, wanted.output, wanted.ordered, wanted.partition, settings)
    )
    digest = hashlib.blake2b(said, digest_size=16)
    for rules in settings.rules:
        for path in sorted(Path(rules).rglob("*.toml")) or [Path(rules)]:
            digest.update(path.read_bytes())
    if settings.model is not None:
        digest.update((Path(settings.model) / "model.json").read_bytes())
    return digest.hexdigest()


class _Stream:
    """Standard output: what went out is gone, so there is nothing to keep."""

    def __init__(self, out: Output, settings: Settings) -> None:
        self.journal = Journal()
        self._out = out
        out.write(head_of(settings))

    def write(self, data: bytes) -> None:
        self._out.write(data)

    def keep_now_and_then(self) -> None:
        """Nothing is kept."""


class _Nowhere:
    """For who wants the summary alone."""

    def __init__(self) -> None:
        self.journal = Journal()

    def write(self, data: bytes) -> None:
        """Nothing is written."""

    def keep_now_and_then(self) -> None:
        """Nothing is kept."""


def _print_summary(journal: Journal, wanted: Wanted) -> None:
    """For people: on standard output, or on standard error where the records went there."""
    if journal.summary is None:
        return
    from classifier.summary.text import describe_summary

    there = wanted.output not in (None, "-") or to_terminal(None)
    seen = look(None, wanted.colour)
    with open_output(None) if there else _stderr() as out:
        for line in describe_summary(journal.summary, seen.text_width, Palette(seen.colour)):
            out.write((line + "\n").encode(seen.encoding, "replace"))


@contextmanager
def _stderr() -> Iterator[Output]:
    output = Output(sys.stderr.buffer, "standard error")
    yield output
    output.flush()
