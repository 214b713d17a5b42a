"""Messages a CPU second on an archive, beside Sisimai, flufl.bounce and bounced, in one run.

    python tests/bench/archive.py [--mails N] [--rounds N] [--mailbox FILE] [--jobs N]
                                  [--wheel FOLDER] [--python PATH]

The archive is made from corpora/lab (bounces of real servers), each round of its mails with other
addresses and ids, so that nothing is helped by having seen the very same mail. Each program is run
as its users run it, from the file to records on the disk, in turn, and its CPU seconds (user and
system, children among them) are counted, start and all. whybounce is installed for it from its
wheel, which a C compiler makes quicker; the same as plain Python stands beside. The peers are asked
for all that they can find; those that are not installed are left out: Debian's libsisimai-perl,
flufl.bounce and bounced from PyPI.

Sisimai runs by the distribution's perl, and what is Python by the distribution's Python, where that
is of this environment's version. One built from source, as pyenv's are, mostly lacks the
optimisations that distributions turn on; where this environment has another, what whybounce takes
by it is a row of its own.
"""

from __future__ import annotations

import argparse
import compileall
import os
import random
import resource
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Sequence
from itertools import count, islice
from pathlib import Path
from statistics import median
from typing import Final

from classifier.archive import Item, read_paths

ROOT: Final = Path(__file__).parents[2]
LAB: Final = ROOT / "corpora" / "lab" / "messages"
ENVELOPE: Final = b"From MAILER-DAEMON Tue Nov 24 07:51:50 2026\n"

SISIMAI: Final = """
use Sisimai; use JSON;
my $found = Sisimai->make($ARGV[0], 'delivered' => 0) || [];
open(my $out, '>', $ARGV[1]);
for my $each (@$found) { print $out $each->dump('json'), "\\n"; }
print scalar(@$found), " recipients, with a reason each\\n";
"""
FLUFL: Final = """
import mailbox, sys
from email import message_from_bytes
from flufl.bounce import all_failures
found = 0
with open(sys.argv[2], "w") as out:
    for mail in mailbox.mbox(sys.argv[1], factory=None):
        try:
            temporary, permanent = all_failures(mail)
        except Exception:
            continue
        for address in temporary | permanent:
            found += 1
            out.write(f"{address!r}\\n")
print(f"{found} recipients, no reason")
"""
BOUNCED: Final = """
import mailbox, sys
import bounced
found = 0
with open(sys.argv[2], "w") as out:
    for mail in mailbox.mbox(sys.argv[1], factory=None):
        try:
            each_found = list(bounced.get_bounces(mail))
        except Exception:
            continue
        for each in each_found:
            found += 1
            out.write(f"{each}\\n")
print(f"{found} recipients, with a status each")
"""
CURES: Final = {
    "Sisimai": "on Debian: apt install libsisimai-perl",
    "flufl.bounce": "pip install flufl.bounce",
    "bounced": "pip install bounced",
}


def make_archive(path: Path, mails: int) -> None:
    """An mbox of so many mails, no two the same."""
    raws = [
        item.raw.replace(b"\r\n", b"\n") for item in read_paths([LAB]) if isinstance(item, Item)
    ]
    if not raws:
        sys.exit(f"{LAB}: holds no mails; `make lab` makes them")
    random.Random(1).shuffle(raws)  # noqa: S311 - the same mix at any length
    with path.open("wb") as box:
        for raw in islice(_vary(raws), mails):
            box.write(ENVELOPE + raw.replace(b"\nFrom ", b"\n>From ") + b"\n\n")


def _vary(raws: Sequence[bytes]) -> Iterator[bytes]:
    for turn in count():
        for raw in raws:
            yield raw.replace(b"@", b"-%d@" % turn) if turn else raw


def install(folder: Path) -> Path:
    """The program in `folder` as its wheel has it, without what it needs, which is here."""
    print("Building the wheel (two minutes where it is compiled) ...", flush=True)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder)]
    held = {**os.environ, "PIP_BUILD_CONSTRAINT": str(ROOT / "constraints.txt")}
    held["PIP_CONSTRAINT"] = held["PIP_BUILD_CONSTRAINT"]
    subprocess.run([*pip, str(ROOT)], check=True, env=held)
    return folder


def find_python() -> str:
    """The distribution's interpreter, where the packages of this environment are for it, too."""
    version = ".".join(map(str, sys.version_info[:2]))
    python = f"/usr/bin/python{version}"
    needed = [python, "-c", "import ahocorasick_rs, msgspec, numpy, typer"]
    return python if Path(python).exists() and _works(needed) else sys.executable


def programs(archive: Path, out: Path, jobs: int, wheel: Path, python: str) -> dict[str, list[str]]:
    """How each program is called, of those that are installed."""
    score = "from classifier.cli import main; main()"
    wanted = ["score", "--afresh", "--no-summary", "--no-progress", "-o", str(out), str(archive)]

    def ours(place: Path, jobs: int, python: str = python) -> list[str]:
        words = [python, "-c", f"import sys; sys.path.insert(0, {str(place)!r}); {score}"]
        return [*words, *wanted, "--jobs", str(jobs)]

    name = "whybounce, " + ("compiled" if is_compiled(wheel) else "not compiled")
    found = {
        name: ours(wheel, 0),
        "Sisimai": ["perl", "-e", SISIMAI, str(archive), str(out)],
        f"{name}, {jobs} processes": ours(wheel, jobs),
        "whybounce, plain Python": ours(ROOT, 0),
        "flufl.bounce": [python, "-c", FLUFL, str(archive), str(out)],
        "bounced": [python, "-c", BOUNCED, str(archive), str(out)],
    }
    if Path(python).resolve() != Path(sys.executable).resolve():
        found[f"{name}, this Python"] = ours(wheel, 0, sys.executable)
    checks = {
        "Sisimai": ["perl", "-MSisimai", "-e", "1"],
        "flufl.bounce": [python, "-c", "import flufl.bounce"],
        "bounced": [python, "-c", "import bounced"],
    }
    for name, check in checks.items():
        if not _works(check):
            print(f"{name}: not installed, left out ({CURES[name]})")
            del found[name]
    return found


def _works(words: Sequence[str]) -> bool:
    return subprocess.run(words, capture_output=True, env=_quiet()).returncode == 0


def is_compiled(place: Path) -> bool:
    """Whether the modules that each mail goes through are in C there."""
    return any(Path(place, "classifier").glob("reading.*.so"))


def run(words: Sequence[str]) -> tuple[float, float, str]:
    """CPU seconds and peak MiB of a program, and the last line it said."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(words, capture_output=True, text=True, cwd="/", env=_quiet())
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        sys.exit(f"{words[0]} failed: {done.stderr[-500:]}")
    seconds = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return seconds, after.ru_maxrss / 1024, (done.stdout.strip().splitlines() or [""])[-1]


def _quiet() -> dict[str, str]:
    """Modules are compiled once, as they are where a program has been installed.

    The packages of this environment are there for another interpreter, too.
    """
    packages = sysconfig.get_path("platlib")
    settings = {**os.environ, "PYTHONWARNINGS": "ignore", "PYTHONPATH": packages}
    settings.pop("PYTHONDONTWRITEBYTECODE", None)
    return settings


def main() -> None:
    """Run all in turn and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--mails", type=int, default=40_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--mailbox", type=Path, help="an mbox of your own")
    parser.add_argument("--wheel", type=Path, help="the folder that its wheel was installed into")
    parser.add_argument("--python", help="the interpreter of what is Python (of this version)")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        archive, out = chosen.mailbox or Path(folder, "box.mbox"), Path(folder, "out")
        if chosen.mailbox is None:
            make_archive(archive, chosen.mails)
        mails = archive.read_bytes().count(b"\n" + ENVELOPE[:10]) + 1
        print(f"{mails:,} mails, {archive.stat().st_size / 2**20:.1f} MiB, {chosen.rounds} rounds")
        python = chosen.python or find_python()
        print(f"Python: {python}; this Python: {sys.executable}")
        seconds: dict[str, list[float]] = {}
        said: dict[str, str] = {}
        wheel = chosen.wheel or install(Path(folder, "installed"))
        called = programs(archive, out, chosen.jobs, wheel, python)
        for place in (ROOT, wheel):
            compileall.compile_dir(place / "classifier", quiet=1)
        for _ in range(chosen.rounds):
            for name, words in called.items():
                took, _, line = run(words)
                seconds.setdefault(name, []).append(took)
                said[name] = line
                if name.startswith("whybounce"):
                    said[name] = f"{len(out.read_bytes().splitlines())} records"
        report(seconds, said, mails)


def report(seconds: dict[str, list[float]], said: dict[str, str], mails: int) -> None:
    """The table, and the ratio of each round to the peers of the same round."""
    for name, took in seconds.items():
        spread = f"{min(took):.1f} to {max(took):.1f}"
        rate = mails / median(took)
        print(f"{name:34} {median(took):7.1f} CPU s ({spread}), {rate:7,.0f} mails/s; {said[name]}")
    for name in [each for each in seconds if each.startswith("whybounce")]:
        for peer in [each for each in seconds if not each.startswith("whybounce")]:
            ratios = [a / b for a, b in zip(seconds[peer], seconds[name], strict=True)]
            low, high = min(ratios), max(ratios)
            print(
                f"{name} is {median(ratios):.2f} times as fast as {peer} ({low:.2f} to {high:.2f})"
            )


if __name__ == "__main__":
    main()
