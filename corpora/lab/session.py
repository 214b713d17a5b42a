"""A session: one server, started in its box, fed with its scenarios, its reports collected.

Run by the lab in namespaces of its own, as `python -m corpora.lab.session FOLDER SERVER CATALOGUE
COUNT`; what was caught is left in FOLDER. When this process ends, all that it started ends.
"""

from __future__ import annotations

import asyncio
import base64
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from classifier.model.corpus import Entry
from corpora.lab.box import Inside
from corpora.lab.harvest import read_notice
from corpora.lab.names import Names
from corpora.lab.peer import Caught, Peer, Trace
from corpora.lab.scenarios import Scenario, choose, make_scenarios, read_catalogue, stage_of
from corpora.lab.servers import Server
from corpora.lab.servers.all import SERVERS
from corpora.originals import make_original

__all__ = ["Record", "make_mail", "plan", "read_record"]


@dataclass(frozen=True, slots=True)
class Record:
    """What a session leaves behind."""

    caught: list[Caught]
    traces: Mapping[str, Trace]
    trouble: Mapping[str, str]


def plan(server: Server, entries: Sequence[Entry], count: int) -> list[Scenario]:
    """The scenarios of a server, without those that it cannot show."""
    taken: Counter[str] = Counter()
    turn = SERVERS.index(server)
    chosen: list[Entry] = []
    for own in SERVERS[: turn + 1]:
        sayable = [entry for entry in entries if stage_of(entry) not in own.passes]
        chosen = choose(sayable, count, taken, own.hides, own.forgets, own.categories)
    made = make_scenarios(
        chosen,
        server.name,
        turn,
        several=min(server.several, count // 4),
        success=server.success,
    )
    made = [scenario for scenario in made if scenario.stage not in server.passes]
    return sorted([*made, *(server.own() if server.own else ())], key=lambda own: own.name)


def make_mail(scenario: Scenario) -> bytes:
    """The mail that a scenario sends, with LF line ends."""
    return make_original(
        f"lab {scenario.host} {scenario.name}", scenario.sender, scenario.recipients
    )


class _Session:
    def __init__(self, folder: Path, server: Server, scenarios: Sequence[Scenario]) -> None:
        self.folder, self.server, self.scenarios = folder, server, scenarios
        self.inside = Inside(folder / "root")
        certificate = (str(folder / "cert.pem"), str(folder / "key.pem"))
        self.peer = Peer(scenarios, certificate)
        self.trouble: dict[str, str] = {}
        self.open: dict[str, set[str]] = {}
        self.read = 0
        self.began = time.monotonic()

    def say(self, words: str) -> None:
        typer.echo(f"  {self.server.name} {time.monotonic() - self.began:4.0f} s  {words}")
        sys.stdout.flush()

    async def run(self) -> None:
        await Names(self.scenarios, self.server.hostname).start()
        await self.peer.start()
        try:
            await self.start()
            await self.put()
            await self.wait()
        finally:
            self.leave()

    async def start(self) -> None:
        files = self.server.settings(self.scenarios)
        self.inside.write(files)
        self.inside.write(self.server.programs or {}, 0o755)
        if self.server.start:
            done = await asyncio.to_thread(self.inside.do, self.server.start)
            if done.returncode:
                said = done.stdout.decode("utf-8", "replace")[-1500:]
                raise SystemExit(f"{self.server.name} did not start ({done.returncode}): {said}")
        for _ in range(60):
            if self.server.port is None:
                return
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", self.server.port)
            except OSError:
                await asyncio.sleep(0.5)
            else:
                writer.close()
                self.say("listens")
                return
        raise SystemExit(f"{self.server.name} does not listen on port {self.server.port}")

    async def put(self) -> None:
        # Those that are tried again first: they expire while the rest is being put in.
        queue = sorted(self.scenarios, key=lambda scenario: not scenario.lasting)
        waiting = iter(queue)

        async def feed() -> None:
            for scenario in waiting:
                said = await asyncio.to_thread(
                    self.server.put, self.inside, scenario, make_mail(scenario)
                )
                if said:
                    self.trouble[scenario.name] = said
                elif scenario.failing:
                    self.open[scenario.sender] = {who.lower() for who in scenario.failing}

        await asyncio.gather(*(feed() for _ in range(self.server.crowd)))
        self.say(f"{len(queue)} mails put in, {len(self.trouble)} not taken")

    async def wait(self) -> None:
        start, hastened, aged, told = time.monotonic(), 0.0, False, 0.0
        while (now := time.monotonic() - start) < self.server.patience:
            self.look()
            if not self.open:
                break
            if self.server.hasten and now - hastened >= self.server.every:
                hastened = now
                await asyncio.to_thread(self.inside.do, self.server.hasten)
            if self.server.age and not aged and now >= self.server.age_after:
                aged = True
                await asyncio.to_thread(self.inside.do, self.server.age)
            if now - told >= 20:
                told = now
                self.say(f"{len(self.peer.caught)} reports, {len(self.open)} mails to come")
            await asyncio.sleep(1)
        await asyncio.sleep(2)
        self.look()
        self.say(f"{len(self.peer.caught)} reports, {len(self.open)} mails without an end")

    def look(self) -> None:
        """Cross out who has a final report."""
        by_sender = {scenario.sender: scenario for scenario in self.scenarios}
        fresh, self.read = self.peer.caught[self.read :], len(self.peer.caught)
        for mail in fresh:
            sender = mail.recipient.lower()
            if sender not in self.open:
                continue
            kinds = read_notice(mail.raw, self.server, by_sender[sender]).kinds
            self.open[sender] -= {who for who, kind in kinds.items() if kind != "delay"}
            if not self.open[sender]:
                del self.open[sender]

    def leave(self) -> None:
        record = {
            "caught": [
                [mail.sender, mail.recipient, base64.b64encode(mail.raw).decode()]
                for mail in self.peer.caught
            ],
            "traces": {
                name: [trace.connections, trace.last] for name, trace in self.peer.traces.items()
            },
            "trouble": self.trouble,
        }
        (self.folder / "record.json").write_text(json.dumps(record), encoding="utf-8")


def read_record(folder: Path) -> Record:
    """What the session in `folder` has left."""
    record = json.loads((folder / "record.json").read_text(encoding="utf-8"))
    caught = [Caught(one, two, base64.b64decode(raw)) for one, two, raw in record["caught"]]
    traces = {name: Trace(*values) for name, values in record["traces"].items()}
    return Record(caught, traces, record["trouble"])


def _connect() -> None:
    """Bring up the loopback, with one address that does not look like one.

    OpenSMTPD asks no DNS where a machine has loopback addresses only.
    """
    for words in (("link", "set", "lo", "up"), ("addr", "add", "192.0.2.10/32", "dev", "lo")):
        subprocess.run(["ip", *words], check=True)
    # Some servers listen as somebody who may not use low ports elsewhere.
    start = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")
    if start.exists():
        start.write_text("0", encoding="ascii")


def main(folder: str, name: str, catalogue: str, count: str) -> None:
    """Run the session."""
    server = next(server for server in SERVERS if server.name == name)
    _connect()
    scenarios = plan(server, read_catalogue(Path(catalogue)), int(count))
    asyncio.run(_Session(Path(folder), server, scenarios).run())


if __name__ == "__main__":
    main(*sys.argv[1:])
