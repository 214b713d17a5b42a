"""The work of `whybounce corpus`: folders in, tables and files out."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec

from classifier.cli.common import CLOSED, UNREAD, Format, complain, look, to_terminal
from classifier.cli.progress import Progress
from classifier.corpus import folder as corpora
from classifier.corpus.check import Doubt, Found, check
from classifier.corpus.importing import (
    Imported,
    import_folders,
    import_records,
    import_table,
    read_records,
)
from classifier.corpus.labelled import import_labelled, looks_labelled
from classifier.corpus.sisimai import import_sisimai, looks_like_sisimai
from classifier.corpus.split import split
from classifier.corpus.stats import Counts, count, missing, providers
from classifier.errors import OperatorError
from classifier.model.corpus import Split
from classifier.pipeline import Classifier
from classifier.rules.loader import load_shipped
from classifier.sinks import Closed, Csv, JsonLines, Sink, open_output
from classifier.terminal import Palette, Style, neutral, pad

__all__ = [
    "anonymise_source",
    "check_corpora",
    "import_source",
    "measure_rules",
    "print_stats",
    "split_corpus",
]

_SHOWN: Final = 10  # doubts, and misses, that are printed; the rest is for the file


def check_corpora(
    paths: Sequence[Path], doubts: str | None, progress: bool | None, colour: bool | None
) -> int:
    """Check all corpora under `paths` and print what was found; the exit status."""
    palette = Palette(look(None, colour).colour)
    rules = load_shipped()
    classifier = Classifier(model=None)
    every: list[Doubt] = []
    faulty = False
    for path in corpora.find(paths):
        corpus = corpora.read(path)
        messages = path / corpora.MESSAGES
        total = sum(file.stat().st_size for file in messages.rglob("*") if file.is_file())
        with Progress(progress, total or None) as bar:
            found = check(corpus, classifier, rules, lambda size: bar.advance(size, 0))
        every += [msgspec.structs.replace(d, where=f"{path}: {d.where}") for d in found.doubts]
        for fault in found.faults:
            complain(f"{path}: {fault}")
        faulty = faulty or bool(found.faults)
        for line in _describe(corpus, found, palette, doubts is None):
            sys.stdout.write(neutral(line) + "\n")
    if doubts is not None:
        with open_output(doubts) as out:
            sink = Csv(out, Doubt.__struct_fields__, msgspec.structs.asdict)
            sink.write(every)
            sink.close()
    if faulty:
        complain("mend the faults above; doubts alone are none")
    return UNREAD if faulty else 0


def _describe(corpus: corpora.Corpus, found: Found, palette: Palette, show: bool) -> Iterator[str]:
    about, reading = corpus.about, found.reading
    name = f"{about.name} {about.version} ({about.licence}, {about.provenance})" if about else "?"
    yield f"{corpus.path}: {name}"
    if corpus.entries:
        share = _share(found.replies.judged, len(corpus.entries))
        right = _share(found.replies.reasons, found.replies.judged)
        yield (
            f"  {len(corpus.entries):,} replies in {found.templates:,} templates;"
            f" rules decide {share}, {right} of these as labelled"
        )
    if corpus.labels:
        yield f"  {found.mails:,} mails, {len(corpus.labels):,} labels, {found.duplicates} twins"
    if reading.rows:
        yield (
            f"  read: recipients {_share(reading.recipients, reading.rows)},"
            f" reply codes {_share(reading.codes, reading.with_code)};"
            f" rules decide {_share(reading.judged, reading.rows)},"
            f" {_share(reading.reasons, reading.judged)} of these as labelled"
        )
    shown = _SHOWN if show else 0
    for miss in found.missed[:shown]:
        yield f"  not found: {miss}"
    if len(found.missed) > shown:
        yield f"  not found: {len(found.missed) - shown} more"
    for doubt in found.doubts[:shown]:
        yield f"  doubt: {doubt.where} is {doubt.label}; {doubt.by} says {doubt.against}" + (
            f": {doubt.text[:80]}" if doubt.text else ""
        )
    if len(found.doubts) > shown:
        yield f"  doubts: {len(found.doubts) - shown} more (--doubts FILE for all)"
    verdict = f"{len(found.faults)} faults" if found.faults else "no fault"
    yield "  " + palette.paint(verdict, Style.STRONG)


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "-"


def print_stats(
    paths: Sequence[Path], form: Format, output: str | None, colour: bool | None
) -> int:
    """Print the counts of all corpora under `paths`; the exit status."""
    read = [corpora.read(path) for path in corpora.find(paths)]
    for corpus in read:
        for fault in corpus.faults:
            complain(f"{corpus.path}: {fault}")
    tables = count(read)
    try:
        with open_output(output) as out:
            if form in (Format.JSONL, Format.CSV):
                sink: Sink[Counts] = (
                    JsonLines(out)
                    if form is Format.JSONL
                    else Csv(out, Counts.__struct_fields__, msgspec.structs.asdict)
                )
                for each in tables:
                    sink.write((each,))
                sink.close()
            else:
                palette = Palette(look(output, colour).colour)
                text = "\n".join([*_lay_out(tables, palette), ""])
                encoding = look(output, colour).encoding if to_terminal(output) else "utf-8"
                out.write(text.encode(encoding, "replace"))
    except Closed:
        return CLOSED
    return UNREAD if any(corpus.faults for corpus in read) else 0


_HEADS: Final = ("replies", "templates", "ambiguous", "mails", "rows", "groups")


def _lay_out(tables: Sequence[Counts], palette: Palette) -> Iterator[str]:
    width = max((len(each.value) for each in tables), default=0)
    before = ""
    for each in tables:
        if each.by != before:
            before = each.by
            if before != "all":
                yield ""
            heads = "".join(f"{head:>11}" for head in _HEADS)
            yield palette.paint(f"{pad(before, width)}{heads}", Style.STRONG)
        cells = "".join(f"{getattr(each, head) or '-':>11}" for head in _HEADS)
        yield f"{pad(neutral(each.value), width)}{cells}"
    yield ""
    absent = missing(tables)
    yield f"{providers(tables)} providers and mail systems; " + (
        f"no reply or row for: {', '.join(absent)}" if absent else "every reason is there"
    )


def import_source(source: Path, into: Path, labels: Path | None, root: Path) -> int:
    """Import `source` into the corpus `into`; the exit status."""
    if not source.exists():
        raise OperatorError(str(source), ["does not exist"], "Name what to import.")
    if labels is not None:
        imported = import_table(source, labels, into, Classifier())
    elif source.is_dir():
        imported = import_folders(source, into, Classifier())
    else:
        imported = _import_records(source, into, root)
    for line in imported.left:
        complain(line)
    what = (
        f"{imported.mails} mails, {imported.rows} labels"
        if imported.mails
        else (f"{imported.rows} replies")
    )
    counts = (
        (imported.known, "there already"),
        (imported.passed, "without a reason passed over"),
        (len(imported.left), "left out"),
    )
    more = "".join(f"; {number} {said}" for number, said in counts if number)
    sys.stdout.write(f"{into}: {what}{more}\n")
    return 0 if (imported.rows or imported.known) and not imported.left else UNREAD


def _import_records(source: Path, into: Path, root: Path) -> Imported:
    records = read_records(source)
    if looks_like_sisimai(records):
        return import_sisimai(records, source.name, into, load_shipped())
    if looks_labelled(records):
        return import_labelled(records, source.name, into)
    if not records or "origin" not in records[0]:
        cure = (
            "Give folders named by reasons, an mbox with --labels, records with `origin`, or what"
            " `whybounce label` wrote."
        )
        raise OperatorError(str(source), ["is nothing that can be imported"], cure)
    return import_records(records, source.name, root, into, Classifier())


def anonymise_source(source: Path, into: Path, seed: str | None) -> int:
    """Write `source` anonymised into the folder `into`; the exit status."""
    from classifier.corpus.anonymise import anonymise

    if not source.exists():
        raise OperatorError(str(source), ["does not exist"], "Name a corpus, or mails.")
    if into.exists() and any(into.iterdir()):
        raise OperatorError(str(into), ["is there and not empty"], "Name a new folder.")
    done = anonymise(source, into, seed or secrets.token_hex(16))
    sys.stdout.write(
        f"{into}: {done.mails} mails, {done.replaced} names replaced,"
        f" {done.unrecognised} words listed in {into}{os.sep}unrecognised.txt\n"
    )
    for line in done.left:
        complain(line)
    return UNREAD if done.left else 0


def split_corpus(path: Path, share: float, seed: str, follow: Path | None) -> int:
    """Split the corpus at `path` in place; the exit status."""
    corpus = corpora.read(*corpora.find([path]))
    faults = list(corpus.faults)
    followed: dict[str, Split] = {}
    if follow is not None:
        for each in corpora.find([follow]):
            leader = corpora.read(each)
            faults += [f"{each}: {fault}" for fault in leader.faults]
            followed |= {placed.entry.key: placed.entry.split for placed in leader.entries}
    if faults:
        raise OperatorError(str(path), faults, "Mend these first; nothing was changed.")
    shares = split(corpus, share, seed, followed)
    width = max(map(len, shares.all))
    for name in sorted(shares.all, key=lambda each: -shares.all[each]):
        whole, held = shares.all[name], shares.test.get(name, 0)
        sys.stdout.write(f"{pad(name, width)} {held:6} of {whole:6}  {_share(held, whole)}\n")
    whole, held = sum(shares.all.values()), sum(shares.test.values())
    sys.stdout.write(f"{path}: {held} of {whole} held apart ({_share(held, whole)})\n")
    return 0


def measure_rules(paths: Sequence[Path], output: Path | None) -> int:
    """Measure the shipped rules on all corpora under `paths`, print and write it; the status."""
    from classifier.corpus.measure import measure
    from classifier.rules.measured import MEASURED

    read = [corpora.read(path) for path in corpora.find(paths)]
    faults = [f"{corpus.path}: {fault}" for corpus in read for fault in corpus.faults]
    if faults:
        raise OperatorError("rules measure", faults, "Mend these first; nothing was measured.")
    sizes = [file.stat().st_size for each in read for file in each.path.rglob("messages/*")]
    with Progress(None, sum(sizes) or None) as bar:
        measured = measure(read, load_shipped(), lambda size: bar.advance(size, 0))
    for name, tally in measured.layers.items():
        share = _share(tally.right, tally.of)
        sys.stdout.write(f"{pad(name, 10)}{tally.right:6} of {tally.of:5}  {share}\n")
    text = msgspec.json.format(msgspec.json.encode(measured), indent=1) + b"\n"
    with open_output(str(output or MEASURED)) as out:
        out.write(text)
    sys.stdout.write(f"{output or MEASURED}: {len(measured.rules)} rules met\n")
    return 0
