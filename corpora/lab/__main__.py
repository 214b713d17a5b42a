"""`python -m corpora.lab`: real servers, a scripted other side, labels known by construction."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from classifier.corpus.labels import Label
from corpora.lab.box import Box, BoxError, isolate, make_base, missing_tools
from corpora.lab.harvest import compare, harvest, read_rows
from corpora.lab.scenarios import read_catalogue
from corpora.lab.servers import Server
from corpora.lab.servers.all import SERVERS
from corpora.lab.session import plan, read_record

__all__: list[str] = []

_LIMIT = 600  # seconds that a session may take
_HERE = Path("corpora/lab")
_CATALOGUE = Path("corpora/replies")


def lab(
    server: Annotated[list[str] | None, typer.Option(help="Only this server; repeatable.")] = None,
    out: Annotated[Path, typer.Option(help="Where mails and labels go.")] = _HERE,
    root: Annotated[
        Path | None, typer.Option(help="A ready base (debootstrap); it is not changed.")
    ] = None,
    work: Annotated[Path, typer.Option(help="Where the work folder is made.")] = Path("/var/tmp"),  # noqa: S108 - big enough, and on a disk that overlays can be made of
    catalogue: Annotated[Path, typer.Option(help="The folder of replies.")] = _CATALOGUE,
    count: Annotated[int, typer.Option(help="How many catalogue entries a server gets.")] = 420,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the work folder.")] = False,
) -> None:
    """Run the servers one by one and write their reports to OUT, with labels."""
    names = server or [own.name for own in SERVERS]
    unknown = sorted(set(names) - {own.name for own in SERVERS})
    if unknown:
        raise typer.BadParameter(f"no such server: {', '.join(unknown)}")
    if os.geteuid() != 0:
        _fail("The lab has to be root: it makes mounts and namespaces.")
    if missing := missing_tools():
        _fail(f"The lab needs {', '.join(missing)}: apt-get install debootstrap iproute2 openssl")
    signal.signal(signal.SIGTERM, _interrupt)
    failed = []
    before = read_rows(out / "labels.csv")
    try:
        isolate()
        with _work_folder(work, keep) as folder:
            if root is None:
                typer.echo("Making the base (about a minute) ...")
                root = folder / "base"
                make_base(root)
            _make_certificate(folder)
            # One state of the catalogue for the whole run, whoever edits it meanwhile.
            shutil.copytree(catalogue, folder / "replies")
            for own in SERVERS:
                if own.name in names and not _run_server(own, folder, root, out, count, keep):
                    failed.append(own.name)
    except BoxError as error:
        _fail(str(error))
    except KeyboardInterrupt:
        typer.echo("Interrupted; everything is cleaned up.", err=True)
        raise typer.Exit(130) from None
    _compare(before, out, names)
    if failed:
        _fail(f"Failed: {', '.join(failed)}")


def _interrupt(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _fail(words: str) -> None:
    typer.echo(words, err=True)
    raise typer.Exit(1)


@contextmanager
def _work_folder(parent: Path, keep: bool) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="whybounce-lab-", dir=parent))
    folder.chmod(0o755)  # the servers' own users must get through
    try:
        yield folder
    finally:
        if keep:
            typer.echo(f"The work folder is {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)


def _make_certificate(folder: Path) -> None:
    words = ["req", "-x509", "-nodes", "-days", "30"]
    words += ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    subject = ["-subj", "/CN=relay.example.com"]
    subprocess.run(["openssl", *words, *files, *subject], check=True, capture_output=True)


def _run_server(
    server: Server, folder: Path, base: Path, out: Path, count: int, keep: bool
) -> bool:
    began = time.monotonic()
    typer.echo(f"{server.name}: installing")
    own = folder / server.name
    box = Box(own, base)
    try:
        box.mount()
        box.install(server.packages, server.install, server.fetch)
        box.settle(server.hostname)
        for name in ("cert.pem", "key.pem"):
            shutil.copy(folder / name, own / name)
        installed = time.monotonic() - began
        _run_session(server, own, count)
        record = read_record(own)
        outcomes = harvest(
            out,
            server,
            plan(server, read_catalogue(folder / "replies"), count),
            record.caught,
            record.traces,
            record.trouble,
        )
    except BoxError as error:
        typer.echo(f"{server.name}: {error}", err=True)
        return False
    finally:
        if not keep:
            box.remove()
    rows = [row for row in read_rows(out / "labels.csv") if f"/{server.name}." in row.origin]
    kinds = Counter(row.kind for row in rows)
    told = ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items()))
    mails = sum(len(outcome.origins) for outcome in outcomes)
    none = [o for o in outcomes if not o.origins]
    typer.echo(
        f"{server.name}: {mails} mails, rows: {told}; {len(none)} of {len(outcomes)} scenarios "
        f"gave none; {installed:.0f} s to install, {time.monotonic() - began:.0f} s in all"
    )
    return mails > 0


def _run_session(server: Server, folder: Path, count: int) -> None:
    """Run the session in namespaces of its own.

    The shell is the first process there: it buries the daemons' orphans, and all end with it.
    """
    spaces = ["--net", "--mount", "--uts", "--ipc", "--pid", "--propagation", "private"]
    spaces += ["--fork", "--kill-child=KILL"]
    script = (
        'hostname "$1"; mount -t proc proc /proc; mount -t proc proc "$2/root/proc"; shift; '
        'root=$1; shift; "$@" & wait $!'
    )
    session = [sys.executable, "-m", "corpora.lab.session"]
    words = [*session, str(folder), server.name, str(folder.parent / "replies"), str(count)]
    with subprocess.Popen(
        # Should this process be killed, the session is, too.
        [
            "setpriv",
            "--pdeathsig",
            "KILL",
            "unshare",
            *spaces,
            "sh",
            "-c",
            script,
            "sh",
            server.hostname,
            str(folder),
            *words,
        ],
        stdin=subprocess.DEVNULL,
    ) as process:
        try:
            status = process.wait(timeout=_LIMIT)
        except subprocess.TimeoutExpired:
            raise BoxError(f"the session took longer than {_LIMIT} s") from None
        finally:
            process.kill()
    if status:
        raise BoxError(f"the session ended with {status}")


def _compare(before: list[Label], out: Path, names: list[str]) -> None:
    places = {f"messages/{name}.mbox.xz" for name in names}
    old = [row for row in before if row.origin.partition("#")[0] in places]
    same, whole = compare(old, read_rows(out / "labels.csv"))
    if whole:
        typer.echo(f"Of {whole} rows of the labels before, {same} came again ({same / whole:.1%}).")


if __name__ == "__main__":
    typer.run(lab)
