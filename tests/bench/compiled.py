"""Whether the compiled wheel answers as plain Python does, byte for byte.

    python -m tests.bench.compiled [--package FOLDER]

The wheel is built and installed into a folder of its own, where none is given. It and the tree
each judge, in a process of their own, every mail of corpora/ and of tests/, many of them torn or
otherwise changed, too, the mails of tests/bench/hostile.py, and every labelled reply. Prints how
many, and the first difference. Exit status 1 where there is one, or where nothing was compiled
though there is a C compiler.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Final

import msgspec

from classifier.archive import Item, read_paths
from classifier.batch.judging import judge_items
from classifier.model.corpus import read_entries
from classifier.pipeline import Classifier
from classifier.rows import Row
from tests.bench.archive import ROOT, install, is_compiled
from tests.bench.hostile import make_mails

CORPORA: Final = ROOT / "corpora"
FOLDERS: Final = (
    *(CORPORA / "lab" / "messages", CORPORA / "services", CORPORA / "clean"),
    *(ROOT / "tests" / "messages", ROOT / "tests" / "cannot-yet"),
)
REPLIES: Final = CORPORA / "replies"
HEADERS: Final = ("Subject", "Received")
BATCH: Final = 256  # mails that are judged together
HOSTILE: Final = 4  # kilobytes of each
SHOWN: Final = 300  # bytes of a record, from shortly before where it differs


def list_mails() -> Iterator[Item]:
    """Every mail, and some of them with other ends of lines, torn, or in capitals."""
    for folder in FOLDERS:
        mails = [item for item in read_paths([folder]) if isinstance(item, Item)]
        if not mails:
            sys.exit(f"{folder}: holds no mails")
        for number, item in enumerate(mails):
            for name, raw in vary(item.raw, number):
                yield Item(item.origin + name, raw, False, None)
    for name, raw in make_mails(HOSTILE):
        yield Item(name, raw, False, None)


def vary(raw: bytes, number: int) -> Iterator[tuple[str, bytes]]:
    """A mail as it is, and what it might have become on the way."""
    yield "", raw
    if number % 5 == 0:
        yield ", with CRLF", raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    if number % 3 == 0:
        yield ", torn", raw[: len(raw) * 2 // 3]
    if number % 11 == 0:
        yield ", in capitals", raw.upper()


def list_replies() -> Iterator[str]:
    """Every labelled reply."""
    for path in sorted(REPLIES.glob("*.toml")):
        for _, entry in read_entries(path)[0]:
            yield entry.text


def write_records(path: str) -> None:
    """What the package that is imported here has to say of all, a line each; prints how many.

    Each record is read again before it is written, as the processes of a run do.
    """
    classifier = Classifier()
    decoder = msgspec.json.Decoder(Row)
    encode = msgspec.json.encode
    mails = list(list_mails())
    replies = list(list_replies())
    with Path(path).open("wb") as out:
        for begin in range(0, len(mails), BATCH):
            for judged in judge_items(classifier, mails[begin : begin + BATCH], HEADERS):
                for row in judged.rows:
                    out.write(encode(decoder.decode(encode(row))) + b"\n")
        for text in replies:
            out.write(encode([text, *classifier.explain(text)]) + b"\n")
    if not replies:
        sys.exit(f"{REPLIES}: holds no replies")
    print(f"{len(mails):,} mails and {len(replies):,} replies")


def judge_all(package: Path, out: Path) -> str:
    """What the whybounce of that folder writes to `out`, in a process of its own."""
    places = [str(package), str(ROOT)]
    code = (
        f"import sys; sys.path[:0] = {places}; import classifier\n"
        f"assert classifier.__file__.startswith({places[0]!r}), classifier.__file__\n"
        "from tests.bench.compiled import write_records\n"
        f"write_records({str(out)!r})"
    )
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd="/", text=True)
    if done.returncode:
        sys.exit(f"{package}: failed, see above{done.stdout and ': '}{done.stdout}")
    return done.stdout.strip()


def find_difference(ours: Path, theirs: Path) -> tuple[int, str]:
    """How many records are the same, and the first that is not."""
    same = 0
    with ours.open("rb") as plain, theirs.open("rb") as compiled:
        for a, b in zip_longest(plain, compiled, fillvalue=b""):
            if a != b:
                pairs = enumerate(zip_longest(a, b))
                at = max(0, next(n for n, (x, y) in pairs if x != y) - SHOWN // 3)
                return same, (
                    f"The first difference is in {(a or b)[:SHOWN]!r}:\n"
                    f"plain:    {a[at : at + SHOWN]!r}\ncompiled: {b[at : at + SHOWN]!r}"
                )
            same += 1
    return same, ""


def has_compiler() -> bool:
    """Whether C can be compiled here, by the looks of it."""
    compiler = (os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc").split()[0]
    header = Path(sysconfig.get_path("include"), "Python.h")
    return header.is_file() and shutil.which(compiler) is not None


def find_other(package: Path) -> Path | None:
    """A file of the tree that is another in that folder: it was built of something else."""
    for path in sorted((ROOT / "classifier").rglob("*.*")):
        if path.suffix in (".py", ".toml", ".json"):
            built = package / path.relative_to(ROOT)
            if not built.is_file() or built.read_bytes() != path.read_bytes():
                return path
    return None


def main() -> None:
    """Build, judge twice, compare."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--package", type=Path, help="the folder that the wheel was installed into")
    chosen = parser.parse_args()
    if is_compiled(ROOT):
        sys.exit(f"{ROOT / 'classifier'}: holds *.so; delete them, since what you edit is not run")
    with tempfile.TemporaryDirectory() as folder:
        package = (chosen.package or install(Path(folder, "installed"))).resolve()
        if not is_compiled(package):
            if has_compiler():
                sys.exit(f"{package}: is plain Python, though there is a C compiler")
            print("No C compiler here: there is nothing to compare.")
            return
        if other := find_other(package):
            sys.exit(f"{other}: is another in {package}; build that again")
        ours, theirs = Path(folder, "plain"), Path(folder, "compiled")
        counted = {judge_all(ROOT, ours), judge_all(package, theirs)}
        same, difference = find_difference(ours, theirs)
    print(f"{' / '.join(sorted(counted))}: {same:,} records are the same")
    if difference or len(counted) > 1:
        sys.exit(difference)


if __name__ == "__main__":
    main()
