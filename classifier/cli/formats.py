"""The work of `whybounce formats`: the formats that are known, as a table or as records."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from classifier.catalog import KnownFormat, list_formats
from classifier.cli.common import CLOSED, Format, choose_format, look, to_terminal
from classifier.sinks import Closed, Csv, JsonLines, Sink, open_output
from classifier.terminal import Palette, Style, pad, wrap

__all__ = ["print_formats"]

_LEAST = 40  # columns that the note gets on a narrow terminal


def print_formats(chosen: Format | None, output: str | None, colour: bool | None) -> int:
    """Print the formats; the exit status. The arguments are those of the command."""
    known = list_formats()
    form = choose_format(chosen, output)
    try:
        with open_output(output) as out:
            if form in (Format.JSONL, Format.CSV):
                sink: Sink[KnownFormat] = (
                    JsonLines(out) if form is Format.JSONL else Csv(out, _NAMES, _flatten)
                )
                for each in known:
                    sink.write((each,))
                sink.close()
            else:
                seen = look(output, colour)
                width = seen.text_width if form is Format.TEXT else seen.table_width
                text = "\n".join([*_lines(known, width, Palette(seen.colour)), ""])
                out.write(text.encode(seen.encoding if to_terminal(output) else "utf-8", "replace"))
    except Closed:
        return CLOSED
    return 0


_NAMES = KnownFormat.__struct_fields__


def _flatten(known: KnownFormat) -> dict[str, Any]:
    return {
        name: " | ".join(each) if isinstance(each, tuple) else each
        for name, each in msgspec.structs.asdict(known).items()
    }


def _lines(known: tuple[KnownFormat, ...], width: int, palette: Palette) -> Iterator[str]:
    names = max(len(each.name) for each in known)
    readers = max(len(each.reader) for each in known)
    room = max(_LEAST, width - names - readers - 4)
    yield palette.paint(
        f"{pad('format', names)}  {pad('reader', readers)}  looks like", Style.STRONG
    )
    for each in known:
        begin = f"{pad(each.name, names)}  {pad(each.reader, readers)}  "
        for line in wrap(each.note, room):
            yield begin + line
            begin = " " * len(begin)
    yield ""
    own = sum(each.reader == "own" for each in known)
    yield f"{len(known)} formats, {own} of them with a reader of their own."
