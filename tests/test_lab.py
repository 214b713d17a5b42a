"""The bounce lab, as far as it can be tested without being root."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import re
import smtplib
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec
import pytest
from dnslib import QTYPE, DNSRecord

from classifier.model.corpus import Entry
from classifier.reasons import MEANING, Category, Reason
from corpora.lab.harvest import Notice, compare, harvest, label, read_notice, read_rows, shows
from corpora.lab.names import COLLECTOR, Names
from corpora.lab.peer import Caught, Peer
from corpora.lab.scenarios import (
    FAVOURED,
    Answer,
    Scenario,
    Stage,
    choose,
    cut,
    is_sendable,
    make_scenarios,
    read_catalogue,
    stage_of,
)
from corpora.lab.servers import NATURAL, Server, by_smtp
from corpora.lab.servers.all import SERVERS
from corpora.lab.session import plan

ROOT: Final = Path(__file__).parent.parent
PORT: Final = 20000 + os.getpid() % 20000  # workers of a parallel run must not meet


@pytest.fixture(scope="module")
def catalogue() -> list[Entry]:
    return read_catalogue(ROOT / "corpora" / "replies")


def entry(
    text: str, reason: Reason = Reason.USER_UNKNOWN, more: dict[str, object] | None = None
) -> Entry:
    known = {"provider": "written", "permanence": "permanent", "source": "written"}
    return msgspec.convert({"text": text, "reason": reason, **known, **(more or {})}, Entry)


SERVER: Final = Server(
    name="quill",
    hostname="out.example.com",
    settings=lambda scenarios: {},
    put=by_smtp(),
    words=((r"gave up after", "expired"),),
)


class TestScenarios:
    def test_the_same_again(self, catalogue: list[Entry]) -> None:
        chosen = choose(catalogue, 250, Counter())
        assert chosen == choose(reversed(catalogue), 250, Counter())
        assert make_scenarios(chosen, "quill", 1) == make_scenarios(chosen, "quill", 1)

    def test_names_of_a_server_are_its_own_and_everybody_has_one(
        self, catalogue: list[Entry]
    ) -> None:
        made = make_scenarios(choose(catalogue, 250, Counter()), "quill", 1, success=4)
        for of in ("name", "sender", "domain", "ip"):
            assert len({getattr(scenario, of) for scenario in made}) == len(made)
        assert [scenario.name for scenario in made] == sorted(scenario.name for scenario in made)
        for scenario in made:
            assert scenario.domain.endswith((".test", ".example"))
            assert scenario.ip.startswith("127.21.")
            assert all(who.endswith(f"@{scenario.domain}") for who in scenario.recipients)

    def test_the_mission_is_favoured(self, catalogue: list[Entry]) -> None:
        def share(entries: list[Entry]) -> float:
            ours = [one for one in entries if MEANING[one.reason].category in FAVOURED]
            return len(ours) / len(entries)

        sendable = [one for one in catalogue if is_sendable(one)]
        chosen = choose(catalogue, 250, Counter())
        assert share(chosen) > share(sendable)
        assert abs(len(chosen) - 250) <= 20

    def test_every_entry_has_its_turn(self, catalogue: list[Entry]) -> None:
        sendable = {one.key: one for one in catalogue if is_sendable(one)}
        taken: Counter[str] = Counter()
        first = choose(catalogue, 100, taken)
        assert not {one.key for one in first} & {one.key for one in choose(catalogue, 100, taken)}
        for _ in range(20):
            choose(catalogue, 400, taken)
        assert set(taken) == set(sendable)
        ours = [key for key, one in sendable.items() if MEANING[one.reason].category in FAVOURED]
        assert min(taken[key] for key in ours) >= 2

    def test_a_catalogue_of_any_size(self) -> None:
        assert choose([], 250, Counter()) == []
        few = [entry(f"550 no such person {number}") for number in range(3)]
        assert len(choose(few, 250, Counter())) == 3

    def test_some_categories_only(self, catalogue: list[Entry]) -> None:
        only = frozenset({Category.RECIPIENT_MAILBOX})
        chosen = choose(catalogue, 30, Counter(), categories=only)
        assert {MEANING[one.reason].category for one in chosen} == only

    def test_of_what_is_hidden_a_few(self) -> None:
        logins = [entry(f"535 wrong {number}", Reason.BAD_CREDENTIALS) for number in range(50)]
        taken: Counter[str] = Counter()
        busy = [entry(f"450 later {number}", Reason.GREYLISTED) for number in range(50)]
        chosen = choose([*logins, *busy], 96, taken, frozenset({Stage.AUTH}), forgets=True)
        assert len(chosen) == 12
        assert not taken  # what no report shows is no use of it

    @pytest.mark.parametrize(
        ("text", "more", "sendable"),
        [
            ("550 5.1.1 no", {}, True),
            ("4.7.1 later", {}, True),
            ("Connection refused", {}, False),
            ("550 5.1.1 no", {"hop": "local"}, False),
            ("250 2.0.0 Ok", {}, False),
        ],
    )
    def test_sendable(self, text: str, more: dict[str, object], sendable: bool) -> None:
        assert is_sendable(entry(text, more=more)) is sendable

    @pytest.mark.parametrize(
        ("reason", "more", "stage"),
        [
            (Reason.BAD_CREDENTIALS, {}, Stage.AUTH),
            (Reason.BAD_CREDENTIALS, {"command": "MAIL"}, Stage.MAIL),
            (Reason.SENDER_DOMAIN_INVALID, {}, Stage.MAIL),
            (Reason.DMARC_FAILED, {}, Stage.EOD),
            (Reason.SPAM, {}, Stage.EOD),
            (Reason.USER_UNKNOWN, {}, Stage.RCPT),
            (Reason.USER_UNKNOWN, {"command": "CONN"}, Stage.CONN),
        ],
    )
    def test_stages(self, reason: Reason, more: dict[str, object], stage: Stage) -> None:
        assert stage_of(entry("550 no", reason, more)) is stage

    def test_a_reply_keeps_its_words(self, catalogue: list[Entry]) -> None:
        for one in filter(is_sendable, catalogue):
            text = " ".join(one.text.split())
            lines, words = cut("550", "5.7.1", text, one.key)
            assert " ".join(words).split() == text.split()
            assert len(words) > 1 or len(text) <= 300
            assert {line[3] for line in lines[:-1]} <= {"-"}
            assert lines[-1].startswith("550 ")
            for line, own in zip(lines, words, strict=True):
                assert line.endswith(own)
                assert len(line.encode()) < 2000

    def test_slots_are_filled(self, catalogue: list[Entry]) -> None:
        for scenario in make_scenarios(choose(catalogue, 400, Counter()), "quill", 2):
            assert "{" not in "".join(own.lines[0] for own in scenario.answers if own)
        text = "550 5.1.1 <{recipient}>: no, {sender_domain}"
        scenario = next(
            own for own in make_scenarios([entry(text)], "quill", 0) if own.stage is Stage.RCPT
        )
        answer = scenario.answers[0]
        assert answer
        assert scenario.recipients[0] in " ".join(answer.words)
        assert scenario.sender.partition("@")[2] in " ".join(answer.words)

    def test_a_status_alone_gets_a_code(self) -> None:
        made = make_scenarios([entry("4.2.2 full"), entry("5.1.1 gone")], "quill", 0)
        codes = {answer.code for own in made for answer in own.answers if answer}
        assert codes == {"451", "550"}

    def test_servers_are_named_once(self) -> None:
        names = [server.name for server in SERVERS]
        assert len(set(names)) == len(names)


def scenario_of(
    stage: Stage, *answers: Answer | None, number: int = 1, login: bool = False
) -> Scenario:
    domain = f"copper-{number}.test"
    return Scenario(
        name=f"one-{number}",
        stage=stage,
        sender=f"abby.{number}@example.com",
        recipients=tuple(f"r{at}@{domain}" for at in range(len(answers))),
        answers=answers,
        domain=domain,
        host=f"mx1.{domain}",
        ip=f"127.77.0.{number}",
        login=login,
        reason="network-failure",
    )


REPLY: Final = Answer(
    ("550-5.7.1 Mail of this kind is not", "550 5.7.1 welcome at our house"),
    "550",
    "5.7.1",
    ("Mail of this kind is not", "welcome at our house"),
    "policy-rejected",
    "test",
    "0123456789",
)


def send_text(client: smtplib.SMTP) -> tuple[int, bytes]:
    client.send(b"Subject: x\r\n\r\n..dots\r\n.\r\n")
    return client.getreply()


def converse(scenario: Scenario) -> tuple[str, bytes]:
    """Where a client hears no, and what."""

    def talk() -> tuple[str, bytes]:
        try:
            client = smtplib.SMTP(scenario.ip, PORT, "app.example.com", timeout=5)
        except smtplib.SMTPConnectError as error:
            return "CONN", error.smtp_error if isinstance(error.smtp_error, bytes) else b""
        with client:
            steps: list[tuple[str, Callable[[], tuple[int, bytes]]]] = [
                ("EHLO", lambda: client.ehlo())
            ]
            if scenario.login:
                steps.append(("AUTH", lambda: client.docmd("AUTH", "PLAIN AHgAeQ==")))
            if scenario.stage is Stage.STARTTLS:
                steps.append(("STARTTLS", lambda: client.docmd("STARTTLS")))
            steps += [
                ("MAIL", lambda: client.mail(scenario.sender)),
                ("RCPT", lambda: client.rcpt(scenario.recipients[0])),
                ("DATA", lambda: client.docmd("DATA")),
                ("EOD", lambda: send_text(client)),
            ]
            for name, step in steps:
                code, text = step()
                if code >= 400:
                    return name, text
        return "", b""

    async def both() -> tuple[str, bytes]:
        peer = Peer([scenario], port=PORT)
        await peer.start()
        try:
            return await asyncio.to_thread(talk)
        finally:
            await peer.stop()

    return asyncio.run(both())


class TestPeer:
    @pytest.mark.parametrize(
        "stage",
        [Stage.CONN, Stage.EHLO, Stage.STARTTLS, Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.EOD],
    )
    def test_answers_where_it_should(self, stage: Stage) -> None:
        heard, text = converse(scenario_of(stage, REPLY))
        assert heard == stage.value
        assert b"welcome at our house" in text

    def test_a_refused_login(self) -> None:
        assert converse(scenario_of(Stage.AUTH, REPLY, login=True))[0] == "AUTH"

    def test_takes_what_it_should(self) -> None:
        assert converse(scenario_of(Stage.ACCEPT, None)) == ("", b"")

    def test_each_recipient_has_its_answer(self) -> None:
        scenario = scenario_of(Stage.RCPT, None, REPLY)
        assert converse(scenario) == ("", b"")
        assert scenario.failing == {scenario.recipients[1]}

    def test_each_recipient_is_answered_by_lmtp(self) -> None:
        scenario = scenario_of(Stage.EOD, REPLY, REPLY)

        async def run() -> bytes:
            peer = Peer([scenario], port=PORT)
            await peer.start()
            reader, writer = await asyncio.open_connection(scenario.ip, PORT)
            for line in (
                "LHLO a",
                "MAIL FROM:<a@b>",
                *(f"RCPT TO:<{r}>" for r in scenario.recipients),
            ):
                writer.write(f"{line}\r\n".encode())
            writer.write(b"DATA\r\nSubject: x\r\n\r\n.\r\nQUIT\r\n")
            said = await asyncio.wait_for(reader.read(), 5)
            writer.close()
            await peer.stop()
            return said

        assert asyncio.run(run()).count(b"550 5.7.1 welcome at our house") == 2

    def test_drops(self) -> None:
        with pytest.raises(smtplib.SMTPServerDisconnected):
            converse(scenario_of(Stage.DROP, None))

    def test_the_collector_collects(self) -> None:
        async def run() -> list[Caught]:
            peer = Peer([], port=PORT)
            await peer.start()

            def send() -> None:
                with smtplib.SMTP(COLLECTOR, PORT, "app.example.com", timeout=5) as client:
                    client.sendmail("", ["a@example.com"], "Subject: x\r\n\r\n.dot\r\n")

            await asyncio.to_thread(send)
            await peer.stop()
            return peer.caught

        assert asyncio.run(run()) == [Caught("", "a@example.com", b"Subject: x\r\n\r\n.dot\r\n")]


class TestNames:
    @pytest.fixture
    def names(self) -> Names:
        return Names(
            [
                scenario_of(Stage.RCPT, REPLY, number=1),
                scenario_of(Stage.NO_DOMAIN, None, number=2),
                scenario_of(Stage.NO_HOST, None, number=3),
                scenario_of(Stage.NULL_MX, None, number=4),
            ],
            "out.example.com",
        )

    @pytest.mark.parametrize(
        ("name", "kind", "rcode", "answers"),
        [
            ("copper-1.test", "MX", 0, ["10 mx1.copper-1.test."]),
            ("mx1.copper-1.test", "A", 0, ["127.77.0.1"]),
            ("mx1.copper-1.test", "AAAA", 0, []),
            ("1.0.77.127.in-addr.arpa", "PTR", 0, ["mx1.copper-1.test."]),
            ("copper-2.test", "MX", 3, []),
            ("copper-3.test", "MX", 0, ["10 mx1.copper-3.test."]),
            ("mx1.copper-3.test", "A", 3, []),
            ("copper-4.test", "MX", 0, ["0 ."]),
            ("example.org", "MX", 0, ["10 mx.example.com."]),
            ("mx.example.com", "A", 0, [COLLECTOR]),
        ],
    )
    def test_answers(
        self, names: Names, name: str, kind: str, rcode: int, answers: list[str]
    ) -> None:
        reply = DNSRecord.parse(names.answer(DNSRecord.question(name, kind).pack()))
        assert reply.header.rcode == rcode
        assert [str(record.rdata) for record in reply.rr] == answers
        assert {QTYPE[record.rtype] for record in reply.rr} <= {kind}


def report(words: str, action: str = "failed", who: str = "r0@copper-1.test") -> bytes:
    return (
        "From: MAILER-DAEMON@out.example.com\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        f"--b\n\n{words}\n\n--b\nContent-Type: message/delivery-status\n\n"
        f"Reporting-MTA: dns; out.example.com\n\nFinal-Recipient: rfc822; {who}\n"
        f"Action: {action}\nStatus: 5.0.0\n\n"
        "--b\nContent-Type: message/rfc822\n\nSubject: Mail of this kind is not welcome at our "
        "house\n\n550 5.7.1 Mail of this kind is not welcome at our house\n--b--\n"
    ).encode()


class TestLabels:
    def row(self, words: str, action: str = "failed") -> tuple[str | None, ...]:
        scenario = scenario_of(Stage.RCPT, REPLY)
        notice = read_notice(report(words, action), SERVER, scenario)
        row = label(scenario, scenario.recipients[0], notice, SERVER, "messages/quill.mbox.xz#0")
        assert (row.group, row.entry, row.split) == ("0123456789", "0123456789", "test")
        return row.kind, row.reason, row.permanence, row.reply_code, row.status

    def test_the_reply_is_in_it(self) -> None:
        words = "said: 550-5.7.1 Mail of this kind is\n   not 550 5.7.1 welcome at our house"
        expected = ("failure", "policy-rejected", "permanent", "550", "5.7.1")
        assert self.row(words) == expected

    def test_words_without_their_codes(self) -> None:
        words = "mail of this kind is not welcome at our house (sent 1550 times)"
        assert self.row(words) == ("failure", "policy-rejected", "permanent", None, None)

    def test_a_reply_cut_short(self) -> None:
        words = "said: 550-5.7.1 Mail of this"
        assert self.row(words) == ("failure", "undetermined", "permanent", "550", "5.7.1")

    def test_a_reply_within_a_reply(self) -> None:
        words = ("Remote server returned spam -> 554 5.7.0 Your mail looks like spam",)
        answer = Answer((), "550", "5.7.1", words, "spam", "train", "1")
        scenario = scenario_of(Stage.RCPT, answer)
        notice = read_notice(report(f"550 5.7.1 {words[0]}"), SERVER, scenario)
        row = label(scenario, scenario.recipients[0], notice, SERVER, "messages/quill.mbox.xz#0")
        assert (row.reply_code, row.status) == ("554", "5.7.0")

    def test_a_warning(self) -> None:
        words = "550 5.7.1 Mail of this kind is not welcome at our house"
        expected = ("delay", "policy-rejected", "transient", "550", "5.7.1")
        assert self.row(words, "delayed") == expected

    def test_the_returned_mail_does_not_count(self) -> None:
        assert self.row("We gave up after a day") == ("failure", "expired", "permanent", None, None)

    def test_nothing_said(self) -> None:
        assert self.row("Sorry.") == ("failure", "undetermined", "permanent", None, None)

    def test_success_has_no_reason(self) -> None:
        assert self.row("Done.", "relayed (to a mailer)") == ("success", None, None, None, None)

    def test_only_who_is_named_has_a_row(self) -> None:
        scenario = scenario_of(Stage.RCPT, REPLY, None)
        assert list(read_notice(report("no"), SERVER, scenario).kinds) == ["r0@copper-1.test"]

    def test_a_text_without_fields(self) -> None:
        scenario = scenario_of(Stage.RCPT, REPLY)
        raw = b"Subject: failure\n\n<R0@copper-1.test>:\nno\n"
        assert read_notice(raw, SERVER, scenario).kinds == {"r0@copper-1.test": "failure"}

    @pytest.mark.parametrize(
        ("text", "words", "shown"),
        [
            ("550 5.1.1 no", ("no",), True),
            ("550 5.0.0 no", ("no",), True),
            ("there is no such thing as 550", ("no",), False),
            (
                "Das Postfach ist ?berf?llt und geschlossen",
                ("Das Postfach ist überfüllt und geschlossen",),
                True,
            ),
            ("該当するユーザーは存在しません", ("該当するユーザーは存在しません",), True),
            ("???????????????", ("該当するユーザーは存在しません",), False),
        ],
    )
    def test_words_that_stand_there(self, text: str, words: tuple[str, ...], shown: bool) -> None:
        answer = Answer((), "550", "5.1.1", words, "user-unknown")
        assert shows(text, answer) is shown

    def test_octal_letters_are_read(self) -> None:
        raw = report("Postfach ist \\303\\274berf\\303\\274llt")
        notice = read_notice(raw, SERVER, scenario_of(Stage.RCPT, REPLY))
        assert "überfüllt" in notice.text


@pytest.fixture
def harvested(tmp_path: Path) -> Path:
    one, two = scenario_of(Stage.RCPT, REPLY, number=1), scenario_of(Stage.DROP, None, number=2)
    caught = [
        Caught("", one.sender, report("We gave up after a day")),
        Caught("", one.sender, report("later", "delayed")),
        Caught("", one.sender, report("later", "delayed")),
        Caught("", "nobody@example.com", report("later", "delayed")),
    ]
    harvest(tmp_path, SERVER, [one, two], caught, {}, {"one-2": "451 full"})
    return tmp_path


class TestForms:
    """Forms that single servers give their reports."""

    def test_a_part_of_rfc_6533(self) -> None:
        raw = report("no").replace(b"message/delivery", b"message/global-delivery")
        raw = raw.replace(b"rfc822; r0", b"utf-8; r0").replace(b"failed", b"delayed")
        notice = read_notice(raw, SERVER, scenario_of(Stage.RCPT, REPLY))
        assert notice.kinds == {"r0@copper-1.test": "delay"}

    def test_a_field_beyond_ascii(self) -> None:
        raw = report("no").replace(b"Status: 5.0.0", "Diagnostic-Code: Überfüllt".encode())
        notice = read_notice(raw, SERVER, scenario_of(Stage.RCPT, REPLY))
        assert "Überfüllt" in notice.text

    def test_a_second_line_at_column_0(self) -> None:
        raw = report("no").replace(b"Status: 5.0.0", b"Diagnostic-Code: 550-this\n550 and that")
        notice = read_notice(raw, SERVER, scenario_of(Stage.RCPT, REPLY))
        assert "and that" in notice.text
        assert notice.kinds == {"r0@copper-1.test": "failure"}

    def test_one_refused_counts_for_all(self) -> None:
        server = dataclasses.replace(SERVER, lumps=True)
        other = dataclasses.replace(REPLY, words=("Nobody of this name lives here",), reason="x")
        scenario = scenario_of(Stage.RCPT, other, REPLY, None)
        notice = Notice("550 5.7.1 " + " ".join(REPLY.words), {"r2@copper-1.test": "failure"})
        row = label(scenario, "r2@copper-1.test", notice, server, "messages/quill.mbox.xz#0")
        assert (row.reason, row.reply_code, row.entry) == ("policy-rejected", "550", REPLY.entry)

    def test_the_line_where_the_mail_begins(self) -> None:
        server = dataclasses.replace(SERVER, returned=r"^Message headers follow")
        raw = b"Subject: x\n\n<r0@copper-1.test>: no\n\nMessage headers follow.\n\nSubject: yes\n"
        notice = read_notice(raw, server, scenario_of(Stage.RCPT, REPLY))
        assert "yes" not in notice.text


@pytest.fixture(scope="module")
def plans(catalogue: list[Entry]) -> dict[str, list[Scenario]]:
    return {server.name: plan(server, catalogue[::8], 48) for server in SERVERS}


class TestServers:
    """What can be said of each server's own file without running it."""

    @pytest.mark.parametrize("server", SERVERS, ids=lambda server: server.name)
    def test_its_plan(self, server: Server, plans: dict[str, list[Scenario]]) -> None:
        made = plans[server.name]
        for of in ("name", "sender"):
            assert len({getattr(scenario, of) for scenario in made}) == len(made)
        assert not {scenario.stage for scenario in made} & server.passes
        assert all(scenario.failing or scenario.stage is Stage.ACCEPT for scenario in made)

    @pytest.mark.parametrize("server", SERVERS, ids=lambda server: server.name)
    def test_its_files(self, server: Server, plans: dict[str, list[Scenario]]) -> None:
        files = {**server.settings(plans[server.name]), **(server.programs or {})}
        assert all(path.startswith("/") for path in files)
        text = "\n".join(files.values())
        if "stale-password" in text:
            logins = [own for own in plans[server.name] if own.login]
            assert logins
            assert all(own.domain in text for own in logins)

    @pytest.mark.parametrize("server", SERVERS, ids=lambda server: server.name)
    def test_its_words(self, server: Server) -> None:
        for words, reason in server.words:
            re.compile(words)
            assert reason == NATURAL or Reason(reason)

    def test_scenarios_of_its_own_say_a_reason(self) -> None:
        own = [scenario for server in SERVERS if server.own for scenario in server.own()]
        assert own
        assert all(Reason(scenario.reason) for scenario in own)
        assert {scenario.stage for scenario in own} == {Stage.LOCAL}


class TestHarvest:
    def test_rows_and_order(self, harvested: Path) -> None:
        rows = read_rows(harvested / "labels.csv")
        assert [(row.origin, row.kind) for row in rows] == [
            ("messages/quill.mbox.xz#0", "delay"),
            ("messages/quill.mbox.xz#1", "failure"),
        ]
        assert {row.provenance for row in rows} == {"real"}

    def test_the_report_says_why(self, harvested: Path) -> None:
        lines = (harvested / "report.csv").read_text().splitlines()
        assert lines[1:] == ["quill,one-1,RCPT,0 1,", "quill,one-2,DROP,,not taken: 451 full"]

    def test_comparing(self, harvested: Path) -> None:
        rows = read_rows(harvested / "labels.csv")
        assert compare(rows, reversed(rows)) == (2, 2)
        assert compare(rows, rows[:1]) == (1, 2)
