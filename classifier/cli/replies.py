"""The work of `whybounce explain`: what people paste, judged by itself."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import BinaryIO, Final

from classifier.cli.common import CLOSED, Format, choose_format, look
from classifier.cli.taxonomy import columns_of, translated
from classifier.errors import OperatorError
from classifier.explain import COLUMNS, Explanation, explain, flatten_explanation
from classifier.pasted.pieces import join_lines
from classifier.pipeline import Classifier
from classifier.sinks import Closed, Csv, JsonLines, Output, Sink, open_output

__all__ = ["judge_replies", "read_lines"]

_LONGEST: Final = 64 * 1024  # bytes of one line; a reply has at most 512 (RFC 5321 4.5.3.1.5)


def judge_replies(
    texts: Sequence[str],
    classifier: Classifier,
    chosen: Format | None,
    output: str | None,
    colour: bool | None,
    taxonomies: Sequence[str] = (),
    trace: bool = False,
) -> int:
    """Judge each text by itself; the exit status. The arguments are those of the command."""
    taxonomies = list(dict.fromkeys(taxonomies))
    if not all(text.strip() for text in texts):
        raise OperatorError("TEXT", ["is empty"], "Give the reply in quotes, or - to read lines.")
    try:
        with open_output(output) as out:
            form = choose_format(chosen, output)
            sink = _make_sink(form, out, output, colour, taxonomies, trace)
            sink = translated(sink, taxonomies)
            for text in _each(texts):
                sink.write((explain(classifier, text),))
            sink.close()
    except Closed:
        return CLOSED
    return 0


def _each(texts: Sequence[str]) -> Iterator[str]:
    for text in texts:
        if text != "-":
            # Bytes that are no UTF-8 come as lone surrogates (PEP 383).
            yield text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        elif sys.stdin is not None:
            yield from join_lines(read_lines(sys.stdin.buffer))


def read_lines(file: BinaryIO) -> Iterator[str]:
    """The lines without their ends, a blank one as ""; of an endless one only its head."""
    while line := file.readline(_LONGEST):
        rest = line
        while rest and not rest.endswith(b"\n") and len(rest) == _LONGEST:
            rest = file.readline(_LONGEST)
        text = line.decode("utf-8", "replace").rstrip("\r\n")
        yield text if text.strip() else ""


def _make_sink(
    form: Format,
    out: Output,
    output: str | None,
    colour: bool | None,
    taxonomies: Sequence[str],
    trace: bool,
) -> Sink[Explanation]:
    if form is Format.JSONL:
        return JsonLines(out)
    if form is Format.CSV:
        columns = [*COLUMNS, *(f"taxonomy.{each}" for each in taxonomies)]
        return Csv(out, columns, flatten_explanation)
    seen = look(output, colour)
    if form is Format.TABLE:
        from classifier.tables import REPLY_COLUMNS, Table

        counted = ("reply", "replies")
        shown = columns_of(REPLY_COLUMNS, taxonomies)
        return Table(out, shown, counted, seen.table_width, seen.colour, seen.encoding)
    from classifier.blocks import ReplyBlocks

    return ReplyBlocks(out, seen.text_width, seen.colour, seen.encoding, trace)
