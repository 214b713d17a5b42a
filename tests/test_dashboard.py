"""The report: what it says is reckoned right, and what it shows works in a browser."""

from __future__ import annotations

import base64
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from typing import Any, Final, get_args

import msgspec
import pytest
from typer.testing import CliRunner, Result

from classifier import Classifier
from classifier.cli import app
from classifier.dashboard.chain import Diagnosis, Finding, Link
from classifier.dashboard.page import LONGEST, write_page
from classifier.dashboard.veil import Addresses, Veil
from classifier.diagnose.chain import State
from classifier.diagnose.finding import ORDER, Status
from classifier.errors import OperatorError
from classifier.records import Broken, Detail, read_details
from classifier.summary import Step, Summary, describe_summary, first_steps
from classifier.summary.bounded import Top, prune
from classifier.summary.causes import cause_of
from classifier.summary.masking import mask
from classifier.terminal import Palette, width_of
from tests.replay.stories import play_policy, play_rotation
from tests.replay.world import RELAY_HOST, open_world

MISSION: Final = Path(__file__).parent / "messages" / "mission"
LOGIN: Final = MISSION / "gmail-send-as-relay-login-refused.eml"
POLICY: Final = MISSION / "policy-refusal-though-authenticated.eml"
RELAY: Final = "email-smtp.eu-west-1.amazonaws.com"
DEVSET: Final = Path(__file__).parents[2] / "shared" / "devset"

#: What a mail may say to whoever looks at its bounce.
SCRIPT: Final = "<script>window.owned = 1</script><img src=x onerror='window.owned = 1'>"
ENDING: Final = "</script><!--<script>window.owned=1//]]>\u2028\u202egnp.exe\x1b[2J&amp;\"'"


def run(*arguments: str, stdin: bytes = b"") -> Result:
    return CliRunner().invoke(app, ["report", *arguments], input=stdin)


def refused(result: Result) -> bool:
    """Whether the command line would print the fault and end with 2."""
    return isinstance(result.exception, OperatorError)


def detail(**known: object) -> Detail:
    """A refused user, or what is given."""
    fields: dict[str, object] = {
        "kind": "failure",
        "recipient": "bob.marsh@example.org",
        "original_from": "hello@quillworks.test",
        "bounce_date": "2026-11-03T10:00:00+00:00",
        "remote_mta": "mx1.example.org",
        "reply_code": "550",
        "status": "5.1.1",
        "diagnostic_code": "550 5.1.1 <bob.marsh@example.org>: no such user",
        "category": "recipient-address",
        "reason": "user-unknown",
        "permanence": "permanent",
        "fault": "list-owner",
        "advice": "remove-address",
        "advice_text": "Take bob.marsh@example.org off the list.",
        "confidence": 0.93,
        "decided_by": "rule:text/user-unknown",
        "evidence": ("reply: 550 5.1.1 <bob.marsh@example.org>: no such user",),
    }
    return msgspec.convert(fields | known, Detail)


def login(**known: object) -> Detail:
    fields: dict[str, object] = {
        "remote_mta": RELAY,
        "reply_code": "535",
        "status": "5.0.0",
        "diagnostic_code": "535 Authentication Credentials Invalid",
        "category": "sender-credentials",
        "reason": "bad-credentials",
        "fault": "sender-admin",
        "advice": "fix-credentials",
        "evidence": ("command: AUTH",),
    }
    return detail(**(fields | known))


def policy(domain: str = "harrow-council.test", **known: object) -> Detail:
    fields: dict[str, object] = {
        "recipient": f"purchasing@{domain}",
        "status": "5.7.1",
        "diagnostic_code": "550 5.7.1 Delivery not authorized, message refused",
        "category": "recipient-policy",
        "reason": "policy-rejected",
        "fault": "recipient-admin",
        "advice": "ask-recipient-admin",
        "auth": {"spf": "pass", "dkim": "pass", "dmarc": "pass", "from_domain": "quillworks.test"},
    }
    return detail(**(fields | known))


def spf(domain: str = "quillworks.test", **known: object) -> Detail:
    fields: dict[str, object] = {
        "diagnostic_code": "550 5.7.23 SPF validation failed",
        "category": "sender-authentication",
        "reason": "spf-failed",
        "fault": "sender-domain-admin",
        "advice": "fix-domain-authentication",
        "auth": {"spf": "fail", "from_domain": domain},
    }
    return detail(**(fields | known))


def day(number: int) -> str:
    return f"2026-11-{number:02}T10:00:00+00:00"


def summarize(*records: Detail) -> Summary:
    summary = Summary()
    for record in records:
        summary.add(record)
    return summary


def page(summary: Summary, mode: Addresses = Addresses.SHOW, *diagnoses: Diagnosis) -> str:
    veil = Veil(mode, b"0123456789abcdef")
    return write_page(summary, veil, "Bounces", (), diagnoses).decode()


def diagnosis(words: str = "the login fails", **known: Any) -> Diagnosis:
    """A chain whose submission is red, with the same words wherever there are any."""
    broken = Finding(
        check=words, status="broken", what=words, evidence=(words,), advice=words, source=words
    )
    unsure = Finding(check=words, status="unknown", what=words, advice=words)
    found = {"author": ("green", ()), "submission": ("red", (unsure, broken))}
    fields: dict[str, Any] = {
        "domain": words,
        "recipient": "bob.marsh@example.org",
        "relay": words,
        "category": words,
        "reason": words,
        "conclusion": words,
        "cause": broken,
        "chain": [
            {"hop": str(hop), "state": state, "findings": findings}
            for hop in ORDER
            for state, findings in [found.get(hop, ("unknown", ()))]
        ],
    }
    return msgspec.convert(msgspec.to_builtins(fields | known), Diagnosis)


def step(summary: Summary, what: str, name: str | None = None) -> Step:
    found = [each for each in first_steps(summary, 100) if (each.what, each.name) == (what, name)]
    (only,) = found
    return only


# ---- what to do first


def test_one_rotated_password_is_one_step_and_comes_first() -> None:
    records = [login(bounce_date=day(3 + at % 9)) for at in range(12)]
    records += [
        detail(bounce_date=day(1 + at % 14), recipient=f"u{at}@example.org") for at in range(90)
    ]
    first = first_steps(summarize(*records))[0]
    assert first.title == f"{RELAY} refuses the stored password"
    assert first.told == "12 failures since 3 November 2026"
    assert RELAY in first.todo
    assert first.fault == "sender-admin"
    assert (first.first, first.last) == ("2026-11-03", "2026-11-11")
    assert not first.over


def test_relays_of_one_farm_are_one_cause_and_two_relays_are_two() -> None:
    hosts = ("smtp1.relay.test", "smtp2.relay.test", "SMTP3.relay.test.", "smtp.other.test")
    names = {cause_of(login(remote_mta=host)).name for host in hosts}
    assert names == {"smtp*.relay.test", "smtp.other.test"}
    farm = {
        cause_of(login(remote_mta=f"{name}.eurprd0{at}.prod.outlook.com")).name
        for at, name in enumerate(("GV1PR04MB9122", "AM0PR04MB1234"))
    }
    assert farm == {"*.prod.outlook.com"}
    assert cause_of(login()).name == RELAY, "a region is no number of a machine"


def test_policies_are_of_organisations_and_addresses_are_one_list() -> None:
    records = [policy("a.test"), policy("a.test"), policy("b.test")]
    records += [detail(recipient=f"x@d{at}.test") for at in range(5)]
    records += [detail(reason="domain-unknown"), spf("one.test"), spf("two.test")]
    summary = summarize(*records)
    assert step(summary, "policy-rejected", "a.test").failures == 2
    assert step(summary, "policy-rejected", "b.test").failures == 1
    gone = step(summary, "remove-address")
    assert gone.failures == 6
    assert dict(gone.reasons) == {"user-unknown": 5, "domain-unknown": 1}
    assert step(summary, "spf-failed", "one.test").failures == 1
    assert step(summary, "policy-rejected", "a.test").passed == 2
    assert gone.passed == 0


def test_the_sending_sides_own_block_is_not_the_recipients() -> None:
    summary = summarize(policy(fault="sender-admin"))
    found = step(summary, "policy-rejected", "quillworks.test")
    assert "sending side" in found.title


def test_many_small_causes_are_told_together() -> None:
    summary = summarize(*(policy(f"d{at}.test") for at in range(30)))
    found = [each for each in first_steps(summary, 100) if each.what == "policy-rejected"]
    assert sum(each.failures for each in found) == 30
    (joined,) = (each for each in found if each.others)
    assert joined.others == 27
    assert joined.failures == 27
    assert "27 more recipient domains" in joined.title


def test_what_has_ended_comes_later_and_says_so() -> None:
    records = [login(bounce_date=day(2)) for _ in range(10)]
    records += [spf(bounce_date=day(at)) for at in range(1, 29)]
    first, second = first_steps(summarize(*records))
    assert (first.what, first.over) == ("spf-failed", False)
    assert (second.what, second.over) == ("bad-credentials", True)


def test_one_clock_gone_wrong_does_not_end_everything() -> None:
    records = [login(bounce_date=day(1 + at % 28)) for at in range(2000)]
    records.append(detail(bounce_date="2031-01-01T00:00:00+00:00"))
    assert not step(summarize(*records), "bad-credentials", RELAY).over


def test_the_list_that_a_reply_names_is_the_cause() -> None:
    known = {
        "category": "sender-reputation",
        "reason": "ip-blocklisted",
        "fault": "sender-admin",
        "diagnostic_code": "554 5.7.1 blocked, see https://www.blocks.test/q/192.0.2.1",
    }
    found = summarize(detail(**known), detail(**known, recipient="x@other.test"))
    assert step(found, "ip-blocklisted", "blocks.test").failures == 2
    receiver = detail(**(known | {"diagnostic_code": "554 blocked using example.org"}))
    assert cause_of(receiver).name == "example.org", "it names nobody but itself"


# ---- what is counted


def test_delays_are_no_failures() -> None:
    summary = summarize(login(kind="delay"), login(), detail(kind="success", category=None))
    assert (summary.records, summary.failures, summary.delayed) == (3, 1, 1)
    assert summary.categories == {"sender-credentials": 1}
    assert step(summary, "bad-credentials", RELAY).told.startswith("1 failure and 1 delay ")


def test_parts_merged_and_kept_as_json_are_the_whole() -> None:
    makers: list[Callable[..., Detail]] = [login, policy, spf, detail]
    records = [
        make(bounce_date=day(1 + at % 20), recipient=f"u{at % 7}@d{at % 5}.test", kind=kind)
        for at, (make, kind) in enumerate(
            itertools.product(makers * 5, ("failure", "failure", "delay"))
        )
    ]
    whole = summarize(*records)
    parts = [summarize(*records[:17]), summarize(*records[17:31]), summarize(*records[31:])]
    kept = [msgspec.json.decode(msgspec.json.encode(part), type=Summary) for part in parts]
    merged = Summary()
    for part in kept:
        merged.merge(part)

    def bare(summary: Summary) -> Any:
        plain = msgspec.to_builtins(summary)
        for field in ("causes", "templates"):
            for each in plain[field].values():
                each.pop("examples")
                each["confidence"] = round(each.get("confidence", 0.0), 6)
        return plain

    assert bare(merged) == bare(whole)
    assert all(cause.examples for cause in merged.causes.values())


def test_memory_is_bounded_and_what_comes_late_is_held() -> None:
    summary = Summary()
    for at in range(7000):
        name = f"d{at}.test"
        summary.add(policy(name, original_from=f"a@s{at}.test", remote_mta=f"mx.{name}"))
    for at in range(50):
        summary.add(login(bounce_date=day(20 + at % 5)))
    assert len(summary.causes) <= 4001
    assert len(summary.receivers) <= 6001
    assert summary.forgotten["causes"] > 0
    assert step(summary, "bad-credentials", RELAY).failures == 50
    assert summary.failures == 7050


def test_counts_that_are_held_are_the_frequent_ones() -> None:
    top = Top(4)
    for at in range(100):
        top.add(f"rare{at}")
        top.add("often")
    assert top.most(1) == [("often", 100)]
    assert sum(top.counts.values()) + top.lost == 200
    assert list(prune({"a": 1, "b": 3, "c": 1}, 2, lambda n: n)) == ["b", "c"]


def test_years_are_counted_by_month() -> None:
    summary = Summary()
    for at in range(1200):
        date = f"{1995 + at // 336}-{1 + at % 12:02}-{1 + at // 12 % 28:02}T00:00:00Z"
        summary.add(detail(bounce_date=date))
        assert len(summary.cells) <= 1000
    assert summary.by_month
    assert {len(each) for each in summary.cells} == {len("1995-01")}
    total = sum(n for by in summary.cells.values() for c in by.values() for n in c.values())
    assert total == 1200


@pytest.mark.parametrize("date", [None, "", "yesterday", "0001-01-01", "9999-12-31", "2026-13-45"])
def test_dates_that_are_none(date: str | None) -> None:
    summary = summarize(detail(bounce_date=date))
    assert summary.undated == 1
    assert "without a date" in page(summary)


def test_a_day_that_no_calendar_has() -> None:
    days = ("2026-02-27", "2026-02-30", "2026-03-02")
    summary = summarize(*(detail(bounce_date=f"{each}T00:00:00Z") for each in days))
    assert "1 failure without a date" in page(summary)


@pytest.mark.parametrize(
    ("reply", "masked"),
    [
        ("550 5.1.1 <bob@example.org>: no such user", "550 5.1.1 <{address}>: no such user"),
        ("host mx1.example.org[192.0.2.7] said no", "host {host}[{ip}] said no"),
        ("see https://example.org/x?id=1 now", "see {url} now"),
        ("550 5.7.1 RESOLVER.RST.NotAuthorized; s-k42xq81a", None),
    ],
)
def test_wordings_are_masked(reply: str, masked: str | None) -> None:
    assert mask(reply) == (masked or "550 5.7.1 RESOLVER.RST.NotAuthorized; {id}")


def test_text_for_a_terminal() -> None:
    summary = summarize(login(), login(), policy(), spf(), detail(diagnostic_code="\x1b[2Jgone"))
    lines = list(describe_summary(summary, 80, Palette(False)))
    text = "\n".join(lines)
    assert f"{RELAY} refuses the stored password" in text.replace("\n     ", " ")
    assert "\x1b" not in text
    assert max(map(width_of, lines)) <= 86


# ---- the page, as it is written


def test_the_mission_is_told_apart_at_the_top() -> None:
    judge = Classifier()
    summary = Summary()
    for mail in (LOGIN, POLICY):
        for row in judge.classify(mail.read_bytes(), origin=mail.name):
            summary.add(row)
    text = unescape(re.sub(r"<[^>]+>", " ", page(summary)))
    text = " ".join(text[: text.index("What to do first")].split())
    own, their = text.index("A relay refused your own login"), text.index("policy refused you")
    assert own < their
    assert RELAY in text[own:their]
    assert "harrow-council.test" not in text[own:their]
    assert "harrow-council.test" in text[their:]
    assert "spf=pass dkim=pass dmarc=pass" in text[their:]


@pytest.mark.skipif(not DEVSET.is_dir(), reason="the development set is not beside the checkout")
def test_the_development_set_opens_with_the_mission(tmp_path: Path) -> None:
    results, out = tmp_path / "r.jsonl", tmp_path / "r.html"
    arguments = ["classify", "-o", str(results), str(DEVSET / "messages")]
    assert CliRunner().invoke(app, arguments).exit_code == 0
    assert run(str(results), "-o", str(out)).exit_code == 0
    html = out.read_text(encoding="utf-8")
    assert len(html.encode()) <= LONGEST
    assert html.index("A relay refused your own login") < html.index('id="first"')
    assert html.index("The recipient's policy refused you") < html.index('id="first"')


def test_without_failures_there_is_a_page() -> None:
    html = page(summarize(detail(kind="success", category=None)))
    assert "Nothing failed" in html
    assert "Nothing failed" in page(Summary())


def test_the_page_stays_small() -> None:
    summary = Summary()
    noise = '<&"' * 400
    words = (
        "alder",
        "birch",
        "cedar",
        "dogwood",
        "elm",
        "fir",
        "ginkgo",
        "hazel",
        "ivy",
        "juniper",
    )
    for at, three in enumerate(itertools.product(words, repeat=3)):
        reply = f"550 5.1.1 {' '.join(three)} {noise}"
        facts = (reply,) * 9
        summary.add(
            policy(
                f"d{at}.test",
                diagnostic_code=reply,
                evidence=facts,
                original_subject=noise,
                bounce_date=f"{1990 + at % 40}-01-{1 + at % 28:02}T00:00:00Z",
                provider=f"p{at % 90}",
            )
        )
    html = page(summary)
    assert LONGEST // 2 < len(html.encode()) <= LONGEST
    assert "rarer wordings are not listed" in html


def test_nothing_of_a_mail_is_markup_or_invisible() -> None:
    hostile = SCRIPT + ENDING
    record = login(
        diagnostic_code=f"535 {hostile}",
        original_subject=hostile,
        recipient=f"{hostile}@example.org",
        remote_mta=hostile,
        provider=hostile,
        decided_by=hostile,
        advice_text=hostile,
        evidence=(hostile,),
        origin=hostile,
        reporting_mta=hostile,
        fault=hostile,
        permanence=hostile,
        category=hostile,
    )
    html = page(summarize(record, policy(hostile, provider=hostile)))
    assert html.count("<script") == html.count("</script>") == 2, "the data and the page's own"
    assert "<img" not in html
    assert "<!--" not in html
    for sign in ("\x1b", "\u202e", "\u2028"):
        assert sign not in html
    assert "window.owned" in html, "it is shown, as text"


def test_the_page_may_load_nothing() -> None:
    html = page(summarize(login(), policy()))
    (rules,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]+)"', html)
    assert "default-src 'none'" in rules
    assert "unsafe" not in rules
    assert not re.findall(r"""(?:src|href)=["']?[^"'#]""", html)
    assert "http://www.w3.org/2000/svg" in html  # a name, that nothing loads
    assert len(re.findall(r"https?://", html)) == 1


def test_addresses_are_hashed_or_hidden_wherever_they_stand() -> None:
    record = detail(
        diagnostic_code="550 bob.marsh: <Bob.Marsh@Example.org> unknown; bob.marsh=example.org",
        origin="Maildir/bob.marsh@example.org/cur/1",
        original_subject="For bob.marsh",
        original_to="bob.marsh@example.org",
    )
    shown = page(summarize(record))
    assert "bob.marsh@example.org" in shown
    for mode in (Addresses.HASH, Addresses.HIDE):
        html = page(summarize(record), mode)
        assert "marsh" not in html.lower()
        assert "hello@quillworks.test" not in html
        assert "unknown" in html
    hashed = Veil(Addresses.HASH, b"0123456789abcdef")
    other = Veil(Addresses.HASH)
    assert hashed.name("a@example.org") == hashed.name("a@EXAMPLE.org")
    assert hashed.name("a@example.org") != hashed.name("b@example.org")
    assert hashed.name("a@example.org") != other.name("a@example.org")
    assert hashed.name("a@example.org").endswith("@example.org")
    assert Veil(Addresses.HIDE).text("user alice-b is unknown", "alice-b@x.test") == (
        "user (address) is unknown"
    )
    assert Veil(Addresses.HIDE).text("no such user", "user@x.test") == "no such user"


# ---- the chain


@pytest.fixture(scope="module")
def diagnosed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Both stories of the replay, as `whybounce diagnose -o FILE` writes them to a file."""
    folder = tmp_path_factory.mktemp("diagnosed")
    first, second = folder / "rotation.json", folder / "policy.json"
    with pytest.MonkeyPatch.context() as patch, open_world(folder) as world:
        patch.setenv("SSL_CERT_FILE", world.cafile)
        bounce, user, password = play_rotation(world)
        patch.setenv("WHYBOUNCE_SMTP_USER", user)
        patch.setenv("WHYBOUNCE_SMTP_PASSWORD", password)
        login_at = ("--relay", f"{RELAY_HOST}:{world.relay.port}")
        stories = ((first, bounce, login_at), (second, play_policy(world), ()))
        for path, mail, more in stories:
            source = path.with_suffix(".eml")
            source.write_bytes(mail)
            arguments = ["diagnose", str(source), *more, "--dns", world.dns]
            arguments += ["--format", "json", "-o", str(path)]
            assert CliRunner().invoke(app, arguments).exit_code == 1, "a link is broken"
            patch.delenv("WHYBOUNCE_SMTP_USER", raising=False)
    return first, second


def test_the_chains_of_both_stories_are_drawn(diagnosed: tuple[Path, Path], tmp_path: Path) -> None:
    out = tmp_path / "r.html"
    chosen = [part for path in diagnosed for part in ("--diagnosis", str(path))]
    assert run("-", *chosen, "-o", str(out), stdin=msgspec.json.encode(login())).exit_code == 0
    html = out.read_text(encoding="utf-8")
    assert html.index('id="h-head"') < html.index('id="chain"') < html.index('id="first"')
    assert 'href="#chain"' in html
    own, their = re.findall(r'<article class="chain">.*?</article>', html, re.DOTALL)
    hop = r'<li class="state-(\w+)"><svg.*?</svg><b>(\w+)</b> <strong>(\w+)</strong>'
    drawn = [re.findall(hop, each) for each in (own, their)]
    assert [[name for _, name, _ in row] for row in drawn] == [[*map(str, ORDER)]] * 2
    assert all(colour == word for row in drawn for colour, _, word in row)
    states = [[word for *_, word in row] for row in drawn]
    assert states[0] == ["green", "red", "green", "unknown", "unknown"]
    assert states[1] == ["green", "green", "green", "red", "unknown"]
    for path, article in zip(diagnosed, (own, their), strict=True):
        known = json.loads(path.read_bytes())
        shown = unescape(article)
        assert known["conclusion"] in shown
        broken = [
            finding
            for link in known["chain"]
            for finding in link["findings"]
            if finding["status"] == "broken"
        ]
        opened = shown[shown.index("<details>") :]
        assert f"{len(broken)} broken" in opened
        assert opened.index(known["cause"]["what"]) == min(
            opened.index(each["what"]) for each in broken
        ), "what explains the failure comes first"
        for finding in broken:
            assert finding["advice"] in opened
            assert all(line in opened for line in finding["evidence"])
    assert "the access key" in own
    assert "could not be asked" in their, "what is unknown says why"
    assert 'id="chain"' not in page(summarize(login())), "nothing was diagnosed"


def test_the_shapes_differ_as_the_colours_do() -> None:
    chain = diagnosis().chain
    html = page(Summary(), Addresses.SHOW, diagnosis())
    marks = re.findall(r'<li class="state-\w+">(<svg.*?</svg>)<b>', html)
    assert len(marks) == len(chain)
    assert len(set(marks)) == len({link.state for link in chain}) == 3


def test_the_page_knows_the_words_of_a_diagnosis() -> None:
    """What `whybounce diagnose` may write is what the page reads: it cannot import the other."""
    words = {
        shape: set(get_args(field.type))
        for struct, name, shape in ((Link, "state", State), (Finding, "status", Status))
        for field in msgspec.structs.fields(struct)
        if field.name == name
    }
    assert words == {State: set(State), Status: set(Status)}


def test_nothing_of_a_diagnosis_is_markup_or_invisible() -> None:
    html = page(Summary(), Addresses.SHOW, diagnosis(SCRIPT + ENDING, recipient=SCRIPT))
    assert html.count("<script") == html.count("</script>") == 2
    assert "<img" not in html
    assert "<!--" not in html
    assert not any(sign in html for sign in ("\x1b", "\u202e", "\u2028"))
    assert html.count("window.owned") > 10, "it is shown, as text"


def test_addresses_of_a_diagnosis_obey() -> None:
    words = "bob.marsh or <Bob.Marsh@Example.org>, told to ada.fell@quillworks.test"
    long = f"{'x' * 985} ada.fell@quillworks.test"
    chain = (diagnosis(words), diagnosis(long))
    assert "bob.marsh@example.org" in page(Summary(), Addresses.SHOW, *chain)
    for mode in (Addresses.HASH, Addresses.HIDE):
        html = page(Summary(), mode, *chain).lower()
        assert "marsh" not in html
        assert "ada.f" not in html, "not even where a text is cut"
    assert "@example.org" in page(Summary(), Addresses.HASH, *chain)


def test_long_diagnoses_leave_room_for_the_page() -> None:
    found = Finding(check="spf", status="broken", what="<" * 2000, evidence=("&" * 2000,) * 9)
    links = [{"hop": str(hop), "state": "red", "findings": (found,)} for hop in ORDER]
    html = page(summarize(login()), Addresses.SHOW, *[diagnosis('"' * 5000, chain=links)] * 300)
    assert len(html.encode()) < LONGEST // 2
    assert "finds no room" in html
    shown = html.count('<article class="chain">')
    assert 1 < shown < 300
    assert f"{300 - shown} more diagnoses find no room" in html


CHAIN: Final = msgspec.json.encode(diagnosis())


@pytest.mark.parametrize(
    "data",
    [
        b"",
        CHAIN[:-20],
        CHAIN + CHAIN,
        CHAIN.decode().encode("utf-16"),
        CHAIN.replace(b'"hop":"author"', b'"hop":"MX"'),
        CHAIN.replace(b'"red"', b'"crimson"'),
        CHAIN.replace(b'"conclusion"', b'"end"'),
        msgspec.json.encode(msgspec.structs.replace(diagnosis(), conclusion="x" * 1_000_000)),
        b'{"chain":' + b"[" * 100_000,
        msgspec.json.encode(login()),
        None,
    ],
)
def test_what_is_no_diagnosis_is_refused(data: bytes | None, tmp_path: Path) -> None:
    good, path, out = tmp_path / "good.json", tmp_path / "chain.json", tmp_path / "r.html"
    good.write_bytes(CHAIN)
    if data is not None:
        path.write_bytes(data)
    chosen = ("--diagnosis", str(good), "--diagnosis", str(path), "-o", str(out))
    result = run("-", *chosen, stdin=msgspec.json.encode(login()))
    assert refused(result)
    fault, cure = str(result.exception).splitlines()
    assert fault.startswith(f"{path}: ")
    assert "whybounce diagnose MAIL --format json -o FILE" in cure
    assert not out.exists()


def test_a_diagnosis_is_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "chain.json"
    path.write_bytes(CHAIN)
    chosen = ("--diagnosis", str(path), "-o", str(path))
    assert refused(run("-", *chosen, stdin=msgspec.json.encode(login())))
    assert path.read_bytes() == CHAIN


# ---- the command


def test_the_command_reads_several_files_of_both_kinds(tmp_path: Path) -> None:
    runner = CliRunner()
    one, two = tmp_path / "a.jsonl", tmp_path / "b.csv"
    assert runner.invoke(app, ["classify", "-o", str(one), str(LOGIN)]).exit_code == 0
    assert runner.invoke(app, ["classify", "-o", str(two), str(POLICY)]).exit_code == 0
    with one.open("a") as file:
        file.write("{broken\n")
    result = run(str(one), str(two), "-o", str(tmp_path / "r.html"), "--title", "A & B")
    assert result.exit_code == 0
    assert "one line is no record" in result.stderr
    assert "2 failures of 2 records" in result.stderr
    html = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "<title>A &amp; B</title>" in html
    assert "spf=pass dkim=pass dmarc=pass" in html, "CSV has the checks, too"


def test_records_come_back_whole_from_both_kinds(tmp_path: Path) -> None:
    runner, found = CliRunner(), []
    for name in ("r.jsonl", "r.csv"):
        path = tmp_path / name
        assert runner.invoke(app, ["classify", "-o", str(path), str(MISSION)]).exit_code == 0
        found.append([each for each in read_details(str(path)) if not isinstance(each, Broken)])
    assert len(found[0]) > 10
    # A list is one cell, so what parts its items may stand in one of them.
    one, two = ([msgspec.structs.replace(each, evidence=()) for each in some] for some in found)
    assert one == two
    assert any(each.auth and each.auth.dmarc == "pass" for each in one)


def test_the_command_keeps_to_days(tmp_path: Path) -> None:
    lines = [login(bounce_date=day(at)) for at in (1, 5, 9)] + [login(bounce_date=None)]
    data = b"".join(msgspec.json.encode(each) + b"\n" for each in lines)
    out = tmp_path / "r.html"
    result = run("-", "-o", str(out), "--since", "2026-11-05", "--until", "2026-11-08", stdin=data)
    assert result.exit_code == 0
    assert "1 failures of 1 records" in result.stderr
    assert refused(run("-", "-o", str(out), "--since", "5 Nov", stdin=data))


def test_a_salt_keeps_hashes(tmp_path: Path) -> None:
    salt = tmp_path / "salt"
    salt.write_text("correct horse battery staple")
    data = msgspec.json.encode(detail())
    pages = []
    for name in ("a.html", "b.html"):
        out = tmp_path / name
        arguments = ("-", "-o", str(out), "--addresses", "hash", "--salt-file", str(salt))
        assert run(*arguments, stdin=data).exit_code == 0
        pages.append(out.read_bytes())
    assert pages[0] == pages[1]
    salt.write_text("short")
    assert refused(run(*arguments, stdin=data))
    assert refused(run("-", "-o", str(out), "--salt-file", str(salt), stdin=data))


def test_what_is_no_run_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_text("no run at all\n")
    assert refused(run(str(path), "-o", str(tmp_path / "r.html")))
    assert not (tmp_path / "r.html").exists()
    data = msgspec.json.encode(detail())
    path.write_bytes(data)
    assert refused(run(str(path), "-o", str(path)))
    assert path.read_bytes() == data


# ---- in a browser


CHROMIUM: Final = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
browser = pytest.mark.skipif(
    CHROMIUM is None or sys.platform == "win32", reason="chromium is not installed"
)


class Tab:
    """A page in headless Chromium, by the DevTools protocol over a pipe: no port, no library."""

    def __init__(self) -> None:
        to_child, from_us = os.pipe()
        to_us, from_child = os.pipe()

        def place() -> None:
            # Both are moved out of the way first: either may be 3 or 4 already.
            reading, writing = os.dup(to_child), os.dup(from_child)
            os.dup2(reading, 3)
            os.dup2(writing, 4)

        assert CHROMIUM is not None
        self._child = subprocess.Popen(
            [
                CHROMIUM,
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--remote-debugging-pipe",
                "about:blank",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(3, 4, to_child, from_child),
            preexec_fn=place,
        )
        os.close(to_child)
        os.close(from_child)
        self._to, self._from = os.fdopen(from_us, "wb", 0), os.fdopen(to_us, "rb")
        self._rest, self._ids = b"", itertools.count(1)
        self.events: list[dict[str, Any]] = []
        self._session: str | None = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def close(self) -> None:
        self._session = None
        self.call("Browser.close")
        self._child.wait(30)
        self._to.close()
        self._from.close()

    def call(self, method: str, **params: object) -> dict[str, Any]:
        number = next(self._ids)
        message: dict[str, object] = {"id": number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        self._to.write(json.dumps(message).encode() + b"\0")
        while True:
            answer = self._read()
            if answer.get("id") == number:
                assert "error" not in answer, answer
                result: dict[str, Any] = answer["result"]
                return result
            self.events.append(answer)

    def _read(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            data = os.read(self._from.fileno(), 1 << 16)
            assert data, "chromium is gone"
            self._rest += data
        line, self._rest = self._rest.split(b"\0", 1)
        answer: dict[str, Any] = json.loads(line)
        return answer

    def open(self, path: Path, width: int, dark: bool = False) -> None:
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=900,
            deviceScaleFactor=1,
            mobile=width < 500,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        self.events.clear()
        self.call("Page.navigate", url=path.as_uri())
        while not any(each.get("method") == "Page.loadEventFired" for each in self.events):
            self.events.append(self._read())

    def ask(self, expression: str) -> Any:
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def press(self, key: str, code: int) -> None:
        for kind in ("keyDown", "keyUp"):
            self.call(
                "Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code,
                text="\r" if key == "Enter" and kind == "keyDown" else "",
            )  # fmt: skip

    def complaints(self) -> list[dict[str, Any]]:
        """Errors of the console, exceptions, and whatever the page tried to load but itself."""
        bad = ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded")
        found = [each for each in self.events if each.get("method") in bad]
        asked = [each for each in self.events if each.get("method") == "Network.requestWillBeSent"]
        return found + asked[1:]


@pytest.fixture(scope="module")
def tab() -> Iterator[Tab]:
    opened = Tab()
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page of a month of failures, some of them hostile."""
    records = [login(bounce_date=day(10 + at % 15), provider="amazon-ses") for at in range(40)]
    records += [policy(f"d{at % 9}.test", bounce_date=day(1 + at % 28)) for at in range(60)]
    records += [spf(bounce_date=day(1 + at % 28), provider="google") for at in range(30)]
    records += [detail(bounce_date=day(1 + at % 28), provider="microsoft") for at in range(80)]
    records.append(
        detail(
            diagnostic_code=f"550 quokka {SCRIPT}{ENDING}",
            original_subject=f"wombat {SCRIPT}{ENDING}",
            provider=f"dingo {SCRIPT}{ENDING}",
            evidence=(f"numbat {SCRIPT}",),
            bounce_date=day(12),
        )
    )
    path = tmp_path_factory.mktemp("page") / "report.html"
    chains = (diagnosis(), diagnosis(f"echidna {SCRIPT}{ENDING}"))
    veil = Veil(Addresses.SHOW)
    path.write_bytes(write_page(summarize(*records), veil, "Bounces of November", (), chains))
    return path


VISIBLE: Final = "[...document.querySelectorAll('{}')].filter(e => e.offsetParent !== null).length"


@browser
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [1280, 390])
def test_it_draws_without_a_complaint(tab: Tab, written: Path, width: int, dark: bool) -> None:
    tab.open(written, width, dark)
    assert tab.ask("document.querySelectorAll('#chart svg rect').length") > 60
    assert tab.ask("document.querySelectorAll('#each button svg rect').length") > 60
    tall = "document.querySelector('#chart svg rect').getBoundingClientRect().height"
    assert tab.ask(tall) > 0
    assert tab.ask("document.documentElement.scrollWidth") <= width, "nothing sticks out"
    ground = tab.ask("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(255, 255, 255)") is not dark
    tab.ask("document.getElementById('theme').click()")
    assert (tab.ask("getComputedStyle(document.body).backgroundColor") == ground) is False
    assert tab.complaints() == []


@browser
@pytest.mark.parametrize(("width", "rows"), [(1280, 1), (390, 5)])
def test_the_hops_stand_in_a_row(tab: Tab, written: Path, width: int, rows: int) -> None:
    tab.open(written, width)
    places = tab.ask(
        "[...document.querySelectorAll('.chain:first-of-type .hops li')].map(li => {"
        " const box = li.getBoundingClientRect(); return [box.left, box.top]; })"
    )
    assert len(places) == 5
    assert places == sorted(places, key=lambda place: (place[1], place[0]))
    assert len({top for _, top in places}) == rows
    colours = tab.ask(
        "[...document.querySelectorAll('.chain:first-of-type .hops strong')]"
        ".map(word => getComputedStyle(word).color)"
    )
    assert len(set(colours)) == 3
    tree = tab.call("Accessibility.getFullAXTree")["nodes"]
    roles = [
        each["role"]["value"] for each in tree if "hops" in each.get("name", {}).get("value", "")
    ]
    assert roles == ["list", "list"]


@browser
def test_a_filter_changes_charts_and_lists(tab: Tab, written: Path) -> None:
    tab.open(written, 1280)
    steps, bars = VISIBLE.format("#first .item"), "document.querySelectorAll('#chart rect').length"
    before = tab.ask(steps), tab.ask(bars)
    tab.ask("document.querySelector('#legend button[data-c=sender-credentials]').click()")
    after = tab.ask(steps), tab.ask(bars)
    assert 1 == after[0] < before[0]
    assert 15 == after[1] < before[1]
    assert RELAY in tab.ask("document.querySelector('#first .item:not([hidden])').innerText")
    assert tab.ask("document.getElementById('shown').textContent") == "40 dated failures, 1 wording"
    assert tab.ask(
        "document.querySelector('[data-c=sender-credentials][aria-pressed=true]') !== null"
    )
    tab.ask("document.getElementById('reset').click()")
    assert (tab.ask(steps), tab.ask(bars)) == before
    for select, value, left in (("side", "their", 60), ("category", "sender-authentication", 30)):
        tab.ask(f"document.getElementById('{select}').value = '{value}'")
        tab.ask(f"document.getElementById('{select}').dispatchEvent(new Event('change'))")
        assert tab.ask("document.getElementById('shown').textContent").startswith(f"{left} dated")
        tab.ask("document.getElementById('reset').click()")
    each = "[...document.querySelectorAll('#each button')]"
    tab.ask(f"{each}.find(b => /google/.test(b.innerText)).click()")
    assert tab.ask("document.getElementById('shown').textContent").startswith("30 dated failures")
    assert tab.complaints() == []


@browser
def test_a_search_and_the_keyboard(tab: Tab, written: Path) -> None:
    tab.open(written, 1280)
    wordings = VISIBLE.format("#wordings .item")
    before = tab.ask(wordings)
    tab.press("/", 191)
    assert tab.ask("document.activeElement.id") == "q"
    tab.call("Input.insertText", text="quokka")
    tab.press("Enter", 13)
    tab.ask("document.getElementById('find').requestSubmit()")
    assert before > tab.ask(wordings) == 1
    tab.press("Escape", 27)
    assert tab.ask(wordings) == before
    tab.call("Input.insertText", text="no such thing anywhere")
    tab.ask("document.getElementById('find').requestSubmit()")
    assert tab.ask(wordings) == 0
    assert tab.ask(VISIBLE.format(".none")) >= 2
    assert tab.complaints() == []


@browser
def test_hostile_lines_are_text(tab: Tab, written: Path) -> None:
    tab.open(written, 1280)
    tab.ask("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    text = tab.ask("document.body.innerText")
    for word in ("quokka", "wombat", "numbat", "dingo", "echidna"):
        assert f"{word} {SCRIPT}" in text
    assert tab.ask("window.owned === undefined")
    assert tab.ask("document.images.length") == 0
    assert tab.ask("[...document.scripts].every(s => s.id === 'data' || !s.src)")
    tab.ask("document.querySelectorAll('#each button').forEach(b => b.click())")
    assert tab.ask("window.owned === undefined")
    assert "\u202e" not in text
    assert tab.complaints() == []


@browser
def test_who_cannot_see_it_can_read_it(tab: Tab, written: Path) -> None:
    tab.open(written, 1280)
    tree = tab.call("Accessibility.getFullAXTree")["nodes"]
    nameless = [
        node
        for node in tree
        if not node.get("ignored")
        and node["role"]["value"] in ("button", "link", "combobox", "searchbox", "image", "table")
        and not node.get("name", {}).get("value")
    ]
    assert not nameless
    headings = [
        int(at["value"]["value"])
        for node in tree
        if not node.get("ignored") and node["role"]["value"] == "heading"
        for at in node["properties"]
        if at["name"] == "level"
    ]
    assert headings[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(headings))
    assert len(tree) > 100


@browser
def test_it_prints(tab: Tab, written: Path) -> None:
    tab.open(written, 1280)
    pdf = base64.b64decode(tab.call("Page.printToPDF", printBackground=True)["data"])
    assert pdf.startswith(b"%PDF")
    tab.call("Emulation.setEmulatedMedia", media="print")
    assert tab.ask("getComputedStyle(document.getElementById('filters')).display") == "none"
    assert tab.ask(VISIBLE.format("#first .item")) == tab.ask(
        "document.querySelectorAll('#first .item').length"
    )
    told = "document.querySelector('.chain details').offsetHeight"
    assert tab.ask(told) > 100, "the evidence is on paper, too"
    tab.call("Emulation.setEmulatedMedia", media="")
    assert tab.ask(told) < 100
