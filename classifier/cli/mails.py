"""The work of `whybounce classify`: mails in, one record a failed recipient out."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from classifier.archive import Unreadable, read_paths
from classifier.batch.judging import judge_item
from classifier.cli.common import CLOSED, UNREAD, Format, choose_format, look, to_terminal
from classifier.cli.progress import Progress, total_size
from classifier.cli.taxonomy import columns_of, translated
from classifier.errors import OperatorError
from classifier.pipeline import Classifier
from classifier.reasons import Kind
from classifier.rows import Row, flat_columns, flatten
from classifier.sinks import Closed, Csv, JsonLines, Output, Sink, open_output
from classifier.source import Meter

__all__ = ["check_headers", "judge_mails", "spare_inputs"]

_FIELD_NAME: Final = re.compile(r"[!-9;-~]+")  # RFC 5322 3.6.8


def judge_mails(
    paths: Sequence[str],
    classifier: Classifier,
    chosen: Format | None,
    output: str | None,
    headers: Sequence[str],
    progress: bool | None,
    colour: bool | None,
    taxonomies: Sequence[str] = (),
) -> int:
    """Judge all mails under `paths`; the exit status. The arguments are those of the command."""
    headers = check_headers(headers)
    taxonomies = list(dict.fromkeys(taxonomies))
    spare_inputs(paths, output)
    form = choose_format(chosen, output)
    if to_terminal(output):
        progress = False  # the records themselves show how far it is
    try:
        size, meter = total_size(paths), Meter()
        with open_output(output) as out, Progress(progress, size, meter=meter) as bar:
            sink = _make_sink(form, out, headers, output, colour, taxonomies, classifier.folder)
            sink = translated(sink, taxonomies)
            whole = _run(classifier, paths, headers, sink, bar)
            bar.stop()
            sink.close()
    except Closed:
        return CLOSED
    return 0 if whole else UNREAD


def _run(
    classifier: Classifier,
    paths: Sequence[str],
    headers: Sequence[str],
    sink: Sink[Row],
    bar: Progress,
) -> bool:
    """Judge all mails; False where something could not be read or judged."""
    whole = True
    for item in read_paths(paths, sys.stdin.buffer if sys.stdin else None, meter=bar.meter):
        if isinstance(item, Unreadable):
            whole = False
            bar.say(item.told)
            continue
        failed = 0
        for judged in judge_item(classifier, item, headers):
            if judged.complaint is not None:
                whole = False
                bar.say(judged.complaint)
            sink.write(judged.rows, judged.report)
            failed += sum(row.kind is Kind.FAILURE for row in judged.rows)
        bar.advance(item.size or len(item.raw), failed)
    return whole


def check_headers(names: Sequence[str]) -> list[str]:
    """The names of headers, each once, as they were given."""
    wrong = [name for name in names if not _FIELD_NAME.fullmatch(name)]
    if wrong:
        faults = [f"{name!r} is no name of a header" for name in wrong]
        raise OperatorError("--header", faults, "Write the name alone, as in --header X-Campaign.")
    return list(dict.fromkeys(names))


def spare_inputs(paths: Sequence[str], output: str | None) -> None:
    """Refuse to write over what is to be read."""
    if output in (None, "-"):
        return
    for path in paths:
        try:
            same = path != "-" and Path(path).is_file() and Path(path).samefile(output)
        except (OSError, ValueError):
            continue
        if same:
            raise OperatorError(output, ["is one of the files to read"], "Name another file by -o.")


def _make_sink(
    form: Format,
    out: Output,
    headers: Sequence[str],
    output: str | None,
    colour: bool | None,
    taxonomies: Sequence[str],
    model: Path | None,
) -> Sink[Row]:
    if form is Format.JSONL:
        return JsonLines(out)
    if form is Format.CSV:
        return Csv(out, flat_columns(headers, taxonomies), flatten)
    # Only people get counts, and only they wait for what those need.
    from classifier.model.seen import Seen

    seen, known = look(output, colour), Seen.load(model)
    if form is Format.TABLE:
        from classifier.tables import MAIL_COLUMNS, Table

        counted = ("mail", "mails")
        columns = columns_of(MAIL_COLUMNS, taxonomies)
        return Table(out, columns, counted, seen.table_width, seen.colour, seen.encoding, known)
    from classifier.blocks import MailBlocks

    return MailBlocks(out, seen.text_width, seen.colour, seen.encoding, known)
