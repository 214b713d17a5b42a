"""The box: a small Debian of its own, in which a server can be installed and break things.

One base for all, an overlay above it for each. Everything is mounted in a mount namespace of this
process, so that nothing stays mounted, however it ends. A server runs in namespaces of its own as
well: it sees no network but a loopback, and dies with the session that started it.
"""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

__all__ = ["SUITE", "Box", "BoxError", "Inside", "isolate", "make_base", "missing_tools"]

SUITE: Final = "trixie"
_TOOLS: Final = ("debootstrap", "unshare", "setpriv", "mount", "umount", "chroot", "ip", "openssl")
_CLONE_NEWNS: Final = 0x00020000
_ENVIRONMENT: Final = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "LC_ALL": "C.UTF-8",
    "DEBIAN_FRONTEND": "noninteractive",
}
_AUTHORITIES: Final = Path("/etc/ssl/certs/ca-certificates.crt")
_DEVICES: Final = ("null", "zero", "full", "random", "urandom", "tty")


class BoxError(Exception):
    """The box could not be made; the message is for people."""


def missing_tools() -> list[str]:
    """The programs that are needed here and not there."""
    return [tool for tool in _TOOLS if not shutil.which(tool)]


def isolate() -> None:
    """Give this process its own mounts; whatever it mounts goes when it goes."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNS):
        raise BoxError(f"no mount namespace: {os.strerror(ctypes.get_errno())}")
    _run("mount", "--make-rprivate", "/")


def _run(*words: str, timeout: float = 900, **more: object) -> str:
    try:
        done = subprocess.run(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=timeout,
            check=False,
            text=True,
            errors="replace",
            **more,  # type: ignore[call-overload]
        )
    except subprocess.TimeoutExpired as error:
        raise BoxError(f"{words[0]} took longer than {timeout:.0f} s") from error
    if done.returncode:
        tail = "\n".join(done.stdout.splitlines()[-12:])
        raise BoxError(f"{' '.join(words)[:200]} failed ({done.returncode}):\n{tail}")
    return str(done.stdout)


def _mirror() -> str:
    """The Debian mirror that the host itself uses."""
    release = Path("/etc/os-release").read_text(encoding="utf-8")
    found = re.search(r'^VERSION_CODENAME="?(\w+)', release, re.MULTILINE)
    own = found.group(1) if found else SUITE
    places = [Path("/etc/apt/sources.list"), *sorted(Path("/etc/apt/sources.list.d").glob("*"))]
    for place in places:
        if not place.is_file():
            continue
        text = place.read_text(encoding="utf-8", errors="replace")
        for line in re.findall(r"^deb\s+(?:\[[^]]*\]\s*)?(\S+)\s+(\S+)\s+main", text, re.MULTILINE):
            if line[1] == own:
                return str(line[0])
        for block in re.split(r"\n\s*\n", text):
            fields = dict(re.findall(r"^([\w-]+):\s*(.+)$", block, re.MULTILINE))
            if own in fields.get("Suites", "").split():
                return str(fields["URIs"].split()[0])
    raise BoxError("the apt sources of this machine name no Debian mirror")


def _registries() -> dict[str, str]:
    """What pip and npm of the host are set up with, as variables for those of the box."""
    taken = ("PIP_INDEX_URL", "PIP_TRUSTED_HOST", "NPM_CONFIG_REGISTRY")
    proxies = ("http_proxy", "https_proxy", "no_proxy")
    names = (*taken, *proxies, *(name.upper() for name in proxies))
    found = {name: os.environ[name] for name in names if name in os.environ}
    asked = {
        "PIP_INDEX_URL": (sys.executable, "-m", "pip", "config", "get", "global.index-url"),
        "NPM_CONFIG_REGISTRY": ("npm", "config", "get", "registry"),
    }
    for name, words in asked.items():
        if name not in found and shutil.which(words[0]):
            done = subprocess.run(words, capture_output=True, text=True, check=False)
            if done.returncode == 0 and "://" in done.stdout:
                found[name] = done.stdout.strip()
    certificates = dict.fromkeys(
        ("SSL_CERT_FILE", "PIP_CERT", "NODE_EXTRA_CA_CERTS"), str(_AUTHORITIES)
    )
    return {**found, **(certificates if _AUTHORITIES.exists() else {})}


def make_base(root: Path) -> None:
    """Install a minimal Debian into `root`."""
    _run("debootstrap", "--variant=minbase", SUITE, str(root), _mirror())


@dataclass(slots=True)
class Box:
    """An overlay above the base, called by its server's name."""

    folder: Path
    base: Path

    @property
    def root(self) -> Path:
        """What the server will see as `/`."""
        return self.folder / "root"

    def mount(self) -> None:
        """Put the overlay above the base, with what programs expect around them."""
        upper, scratch = self.folder / "upper", self.folder / "scratch"
        for folder in (upper, scratch, self.root):
            folder.mkdir(parents=True, exist_ok=True)
        layers = f"lowerdir={self.base},upperdir={upper},workdir={scratch}"
        _run("mount", "-t", "overlay", "overlay", "-o", layers, str(self.root))
        _run("mount", "-t", "proc", "proc", str(self.root / "proc"))
        devices = self.root / "dev"
        _run("mount", "-t", "tmpfs", "-o", "mode=755,size=1m", "tmpfs", str(devices))
        for name in _DEVICES:
            (devices / name).touch()
            _run("mount", "--bind", f"/dev/{name}", str(devices / name))
        for name, target in (("fd", "/proc/self/fd"), ("stdin", "fd/0"), ("stdout", "fd/1")):
            (devices / name).symlink_to(target)
        (devices / "stderr").symlink_to("fd/2")
        (devices / "shm").mkdir(mode=0o1777)
        # Packages must not start what they install.
        policy = self.root / "usr/sbin/policy-rc.d"
        policy.write_text("#!/bin/sh\nexit 101\n", encoding="utf-8")
        policy.chmod(0o755)

    def install(self, packages: Sequence[str], script: str = "", fetch: str = "") -> None:
        """Install packages, then run a script that may use the network as well.

        The script's pip and npm use the registries that the host's do. `fetch` is run by the
        host's own shell, for what is had more easily with the host's programs.
        """
        shutil.copyfile("/etc/resolv.conf", self._clear("etc/resolv.conf"))
        acquire = subprocess.run(
            ["apt-config", "dump", "Acquire"], capture_output=True, text=True, check=False
        ).stdout
        (self.root / "etc/apt/apt.conf.d/90lab").write_text(acquire, encoding="utf-8")
        options = ("-y", "-q", "--no-install-recommends", "-o", "Dpkg::Options::=--force-confnew")
        if packages:
            try:
                self._chroot("apt-get", *options, "install", *packages)
            except BoxError:  # the lists of the base may be old
                self._chroot("apt-get", "-q", "update")
                self._chroot("apt-get", *options, "install", *packages)
            self._chroot("apt-get", "clean")
        if script:
            if _AUTHORITIES.exists():
                target = self.root / _AUTHORITIES.relative_to("/")
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(_AUTHORITIES, target)
            words = ("chroot", str(self.root), "/bin/sh", "-ec", script)
            _run(*words, env={**_ENVIRONMENT, **_registries()})
        if fetch:
            _run("sh", "-ec", fetch, "sh", str(self.root), sys.executable)

    def settle(self, hostname: str) -> None:
        """Point the box at the lab's own DNS, and give it its name."""
        resolver = "nameserver 127.0.0.1\noptions timeout:2 attempts:2\n"
        self._clear("etc/resolv.conf").write_text(resolver, encoding="utf-8")
        hosts = f"127.0.0.1 {hostname} {hostname.partition('.')[0]} localhost\n"
        self._clear("etc/hosts").write_text(hosts, encoding="utf-8")
        for name in ("etc/hostname", "etc/mailname"):
            self._clear(name).write_text(f"{hostname}\n", encoding="utf-8")

    def _clear(self, name: str) -> Path:
        path = self.root / name
        path.unlink(missing_ok=True)
        return path

    def _chroot(self, *words: str) -> str:
        return _run("chroot", str(self.root), *words, env=_ENVIRONMENT)

    def remove(self) -> None:
        """Unmount and delete the overlay."""
        inner = (*(f"dev/{name}" for name in _DEVICES), "dev", "proc", ".")
        for name in inner:
            subprocess.run(
                ["umount", "-l", str(self.root / name)], capture_output=True, check=False
            )
        if not os.path.ismount(self.root):
            shutil.rmtree(self.folder, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class Inside:
    """The box seen from within its namespaces: what a server's own file may do there."""

    root: Path

    def write(self, files: Mapping[str, str], mode: int = 0o644) -> None:
        """Write text files, by their absolute path in the box."""
        for name, text in files.items():
            path = self.root / name.lstrip("/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
            path.write_text(text, encoding="utf-8")
            path.chmod(mode)

    def do(
        self, script: str, *arguments: str, given: bytes = b"", timeout: float = 120
    ) -> subprocess.CompletedProcess[bytes]:
        """Run a shell script in the box; `arguments` are its $1 and so on."""
        # A daemon that keeps the output open must not keep us waiting, so it goes to a file.
        log = self.root / "tmp" / "lab.out"
        words = ["chroot", str(self.root), "/bin/sh", "-c", script, "sh", *arguments]
        with log.open("ab+") as file:
            start = file.seek(0, os.SEEK_END)
            try:
                done = subprocess.run(
                    words,
                    input=given,
                    stdout=file,
                    stderr=subprocess.STDOUT,
                    env=_ENVIRONMENT,
                    timeout=timeout,
                    check=False,
                )
                status = done.returncode
            except subprocess.TimeoutExpired:
                status = 124
            file.seek(start)
            said = file.read()
        return subprocess.CompletedProcess(words, status, said)
