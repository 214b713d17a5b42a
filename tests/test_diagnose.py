"""Diagnosis: the two failures from beginning to end, secrets, the letter, the chain, its parts."""

from __future__ import annotations

import base64
import datetime
import email
import email.policy
import json
import socket
import threading
import traceback
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import boto3
import botocore.client
import botocore.stub
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.authres import Auth
from classifier.cli import app
from classifier.cli.diagnosing import Asked, make_context, print_ses_password
from classifier.cli.diagnosis import DIAGNOSE
from classifier.diagnose.aws import PERMISSIONS, Aws, Denied, Silent
from classifier.diagnose.chain import Diagnosis, State, diagnose_chain
from classifier.diagnose.checks import CHECKS, PROOFS, Check
from classifier.diagnose.checks.dkim import check_keys
from classifier.diagnose.checks.login import check_login, check_test_mail
from classifier.diagnose.checks.recipient_dns import check_receiver, check_tenant
from classifier.diagnose.checks.relay import check_relay
from classifier.diagnose.checks.spf import check_spf
from classifier.diagnose.context import Context, Credentials, Endpoint, Signer
from classifier.diagnose.domains import aligned, organisation, receiver_of, tags
from classifier.diagnose.drawing import draw
from classifier.diagnose.facts import blame, read_facts, region_in
from classifier.diagnose.fetching import fetch
from classifier.diagnose.finding import ORDER, Finding, Hop, Says, Status
from classifier.diagnose.letter import quote, write_letter
from classifier.diagnose.policy import make_policy
from classifier.diagnose.resolver import Resolver, Unanswered
from classifier.diagnose.running import choose_checks, run_checks
from classifier.diagnose.secret import BLOT, Blotter, Secret
from classifier.diagnose.ses_password import derive, derive_old, region_of
from classifier.diagnose.spf_walk import walk_spf
from classifier.errors import OperatorError
from classifier.pipeline import Classifier, read
from classifier.reasons import Category, Reason
from classifier.rows import Row
from tests.replay.relay import Relay
from tests.replay.stories import play_policy, play_rotation
from tests.replay.world import DOMAIN, RECIPIENT, RELAY_HOST, World, open_world
from tests.replay.zone import Zone

ROOT: Final = Path(__file__).parents[1]
MAILS: Final = ROOT / "tests" / "messages" / "mission"
PASSWORD: Final = "hunter2+correct/horse=battery"  # noqa: S105 - of nobody
_MIRA: Final = f"mira@{DOMAIN}"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_world(tmp_path_factory.mktemp("world")) as made:
        yield made


@pytest.fixture(scope="module")
def judge() -> Classifier:
    return Classifier((), None)


def make(judge: Classifier, dns: int, **changes: Any) -> Context:
    """A context with nothing in it but what is given."""
    known: dict[str, Any] = {
        "resolver": Resolver([("127.0.0.1", dns)], 1.0),
        "judge": judge.explain,
        "fetch": lambda page, timeout: b"",
        "now": lambda: datetime.datetime.now(datetime.UTC),
        "timeout": 4.0,
        "domain": DOMAIN,
        **changes,
    }
    return Context(**known)


def run(arguments: list[str]) -> int:
    """The command, as a shell runs it; its exit status."""
    return int(app(arguments, prog_name="whybounce", standalone_mode=False) or 0)


# ---- the two failures ------------------------------------------------------------------------


def test_rotated_password_from_beginning_to_end(
    world: World,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    bounce, user, password = play_rotation(world)
    mail = tmp_path / "bounce.eml"
    mail.write_bytes(bounce)
    monkeypatch.setenv("SSL_CERT_FILE", world.cafile)
    monkeypatch.setenv("WHYBOUNCE_SMTP_USER", user)
    monkeypatch.setenv("WHYBOUNCE_SMTP_PASSWORD", password)
    relay = f"{RELAY_HOST}:{world.relay.port}"
    command = ["diagnose", str(mail), "--relay", relay, "--dns", world.dns]
    assert run([*command, "--format", "json"]) == 1
    said = capsys.readouterr()
    told = json.loads(said.out)
    assert told["conclusion"] == (
        f"The relay refuses the stored password, because the access key {user} does not exist any"
        " more; SPF, DKIM and DMARC are fine; nothing to ask of the recipient."
    )
    assert told["cause"]["check"] == "login"
    states = {link["hop"]: link["state"] for link in told["chain"]}
    assert states == {
        "author": "green",
        "submission": "red",
        "relay": "green",
        "MX": "unknown",
        "mailbox": "unknown",
    }
    assert password not in said.out + said.err
    with pytest.raises(OperatorError, match="nothing to ask"):
        run([*command, "--letter", "-"])


def test_policy_refusal_from_beginning_to_end(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mail = tmp_path / "bounce.eml"
    mail.write_bytes(play_policy(world))
    command = ["diagnose", str(mail), "--dns", world.dns, "--timeout", "3"]
    assert run([*command, "--format", "json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["conclusion"] == (
        "A mail flow rule of the recipient's administrator refused the message; SPF, DKIM and"
        " DMARC are fine; ask the administrator of northgate-clinic.test (--letter writes the"
        " mail)."
    )
    states = [link["state"] for link in told["chain"]]
    assert states == ["green", "green", "green", "red", "unknown"]
    by_check = {each["check"]: each for link in told["chain"] for each in link["findings"]}
    assert by_check["dkim-signature"]["status"] == "ok", "the returned message really verifies"
    assert "login" not in by_check, "the verdict does not ask for it"

    assert run([*command, "--letter", "-"]) == 1
    letter = email.message_from_string(capsys.readouterr().out, policy=email.policy.default)
    assert letter["To"] == "postmaster@northgate-clinic.test"
    text = letter.get_content()
    assert "Get-MessageTraceV2 -MessageId '<" in text
    assert "-like '*Only partners may write to this address.*'" in text
    assert f"-ExceptIfSenderDomainIs '{DOMAIN}'" in text


def test_page_has_what_the_program_says() -> None:
    page = " ".join((ROOT / "classifier" / "diagnose" / "README.md").read_text().split())
    assert "The relay refuses the stored password, because the access key AKIA" in page
    assert "SPF, DKIM and DMARC are fine; nothing to ask of the recipient." in page
    assert "fine; ask the administrator of northgate-clinic.test (--letter writes" in page


def test_text_shows_chain_and_sentence(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mail = tmp_path / "bounce.eml"
    mail.write_bytes(play_policy(world))
    letter = tmp_path / "letter.eml"
    options = ["--dns", world.dns, "--format", "text", "--letter", str(letter)]
    assert run(["diagnose", str(mail), *options]) == 1
    said = capsys.readouterr().out
    assert "green ------- green ------- green ------- RED --------- unknown" in said
    assert letter.read_text().startswith("To: postmaster@northgate-clinic.test")


def test_given_login_that_works_says_so(
    world: World,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    mail = MAILS / "gmail-send-as-relay-login-refused.eml"
    monkeypatch.setenv("SSL_CERT_FILE", world.cafile)
    monkeypatch.setenv("WHYBOUNCE_SMTP_USER", world.user)
    monkeypatch.setenv("WHYBOUNCE_SMTP_PASSWORD", world.password)
    relay = f"{RELAY_HOST}:{world.relay.port}"
    run(["diagnose", str(mail), "--relay", relay, "--dns", world.dns])
    assert "takes the one that is given here" in json.loads(capsys.readouterr().out)["conclusion"]


# ---- what a bounce gives -----------------------------------------------------------------------


def facts_of(name: str, judge: Classifier) -> dict[str, Any]:
    raw = (MAILS / name).read_bytes()
    report = read(raw)
    return read_facts(raw, report, judge.judge_report(report))


def test_facts_of_a_refused_login(judge: Classifier) -> None:
    facts = facts_of("gmail-send-as-relay-login-refused.eml", judge)
    assert facts["refused_at"] is Hop.SUBMISSION
    assert facts["domain"] == "orlov-ceramics.test"
    assert facts["relay"] == Endpoint("email-smtp.eu-west-1.amazonaws.com", 587, trusted=False)
    assert facts["provider"] == "amazon-ses"
    assert region_in(facts["row"], facts["returned"]) == "eu-west-1"


def test_facts_of_a_policy(judge: Classifier) -> None:
    facts = facts_of("policy-refusal-though-authenticated.eml", judge)
    assert facts["refused_at"] is Hop.MX
    assert facts["envelope_domain"] == "bounce.quillworks.test"
    assert facts["sending_ip"] == "198.51.100.62"
    assert facts["helo"] == "a8-31.smtp-out.amazonses.com"
    assert Signer("quillworks.test", "ses7k2") in facts["signers"]
    assert facts["recipients"] == ("purchasing@harrow-council.test",)
    assert facts["auth"].dmarc == "pass"
    assert facts["relay"] is None, "the application's way has no login to test"
    assert region_in(facts["row"], facts["returned"]) == "us-east-1"


def test_every_verdict_blames_a_hop_or_none() -> None:
    for reason in Reason:
        from classifier.reasons import MEANING

        category = MEANING[reason].category
        hop = blame(Row(origin="-", kind="failure", category=category, reason=reason))  # type: ignore[arg-type]
        assert (hop is None) == (category is Category.UNDETERMINED)


@given(st.binary(max_size=400))
def test_facts_never_raise(noise: bytes) -> None:
    raw = (MAILS / "transport-rule-though-authenticated.eml").read_bytes()
    place = len(noise) * 13 % len(raw)
    hostile = raw[:place] + noise + raw[place:]
    report = read(hostile)
    row = Row(origin="-", kind=report.kind, category="recipient-policy", reason="policy-rejected")
    read_facts(hostile, report, [row])


# ---- secrets -----------------------------------------------------------------------------------


def forms_of(secret: str, user: str = "") -> set[str]:
    plain = f"\0{user}\0{secret}".encode()
    return {secret, *(base64.b64encode(each).decode() for each in (secret.encode(), plain))}


@pytest.mark.parametrize("echo", ["plain", "base64", "auth-plain"])
def test_relay_that_echoes_the_password_cannot_print_it(
    echo: str,
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    user = "AKIAIOSFODNN7EXAMPLE"
    shown = {
        "plain": PASSWORD,
        "base64": base64.b64encode(PASSWORD.encode()).decode(),
        "auth-plain": base64.b64encode(f"\0{user}\0{PASSWORD}".encode()).decode(),
    }[echo]
    monkeypatch.setenv("SSL_CERT_FILE", world.cafile)
    monkeypatch.setenv("WHYBOUNCE_SMTP_USER", user)
    monkeypatch.setenv("WHYBOUNCE_SMTP_PASSWORD", PASSWORD)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret/of/the+key-0815")
    caplog.set_level("DEBUG")
    with Relay(world.server_tls(), {}) as relay:
        relay.refusal = f"535 5.7.8 Authentication failed: {shown}"
        where = ["--relay", f"{RELAY_HOST}:{relay.port}", "--dns", world.dns]
        for form in ("json", "text"):
            status = run(
                [
                    "diagnose",
                    "--domain",
                    DOMAIN,
                    *where,
                    "--ses-region",
                    "eu-west-1",
                    "-f",
                    form,
                    "--all",
                ]
            )
            assert status == 1
    said = capsys.readouterr()
    assert user in relay.logins, "the login was really tried"
    assert BLOT in said.out, "the reply is shown without it"
    whole = (
        said.out
        + said.err
        + "".join(
            record.getMessage() for record in caplog.records if record.name.split(".")[0] != "mail"
        )
    )
    for form in forms_of(PASSWORD, user) | forms_of("secret/of/the+key-0815"):
        assert form not in whole


def test_exception_in_a_check_prints_no_secret(judge: Classifier, world: World) -> None:
    def fail(context: Context) -> Finding:
        assert context.credentials is not None
        raise RuntimeError(f"login with {context.credentials.password.reveal()} failed")

    credentials = Credentials("mira", Secret(PASSWORD))
    context = make(
        judge,
        world.zone.port,
        credentials=credentials,
        blotter=Blotter([credentials.password], ["mira"]),
    )
    check = Check(run=fail, names=("login",), hop=Hop.SUBMISSION)
    (finding,) = run_checks(context, [check])
    assert finding.status is Status.UNKNOWN
    assert "RuntimeError" in finding.what
    assert PASSWORD not in str(finding)
    assert PASSWORD not in repr(context)
    assert PASSWORD not in repr(context.blotter)
    try:
        raise ValueError(f"{context!r} {credentials!s}")
    except ValueError:
        assert PASSWORD not in traceback.format_exc()


def test_secret_is_written_nowhere() -> None:
    secret = Secret(PASSWORD)
    for text in (repr(secret), str(secret), f"{secret}", f"{[secret]}"):
        assert PASSWORD not in text
    import pickle

    with pytest.raises(TypeError):
        pickle.dumps(secret)
    with pytest.raises(TypeError):
        msgspec.json.encode(secret)


def test_no_option_takes_a_secret() -> None:
    from typer.main import get_command

    commands = get_command(app).commands  # type: ignore[attr-defined]
    for name in ("diagnose", "ses-password"):
        options = {option for each in commands[name].params for option in each.opts}
        assert not {each for each in options if "password" in each or "secret" in each}
    assert "WHYBOUNCE_SMTP_PASSWORD" in DIAGNOSE


def test_password_goes_nowhere_that_a_mail_names(judge: Classifier, world: World) -> None:
    relay = Endpoint(RELAY_HOST, world.relay.port, trusted=False)
    credentials = Credentials(world.user, Secret(world.password))
    before = len(world.relay.logins)
    context = make(judge, world.zone.port, relay=relay, credentials=credentials)
    assert check_login(context).status is Status.UNKNOWN
    assert check_relay(context)[0].status is Status.UNKNOWN, "a mail knocks at no inner door"
    assert len(world.relay.logins) == before


@pytest.mark.parametrize("fault", ["name", "authority", "none"])
def test_password_goes_over_verified_tls_alone(fault: str, judge: Classifier, world: World) -> None:
    tls = {"name": world.server_tls("other.test"), "authority": world.server_tls(), "none": None}
    with Relay(tls[fault], {}) as relay:
        context = make(
            judge,
            world.zone.port,
            relay=Endpoint(RELAY_HOST, relay.port, trusted=True),
            credentials=Credentials("mira", Secret(PASSWORD)),
            cafile=None if fault == "authority" else world.cafile,
        )
        assert check_login(context).status is Status.UNKNOWN
        assert not relay.logins


# ---- SES passwords -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("secret", "region", "password"),
    [
        # published with Terraform's provider for AWS (aws_iam_access_key, ses_smtp_password_v4)
        ("some+secret+key", "eu-central-1", "BMXhUYlu5Z3gSXVQORxlVa7XPaz91aGWdfHxvkOZdWZ2"),
        ("another+secret+key", "eu-central-1", "BBbphbrQmrKMx42d1N6+C7VINYEBGI5v9VsZeTxwskfh"),
        ("some+secret+key", "us-west-1", "BH+jbMzper5WwlwUar9E1ySBqHa9whi0GPo+sJ0mVYJj"),
        ("another+secret+key", "us-west-1", "BKVmjjMDFk/qqw8EROW99bjCS65PF8WKvK5bSr4Y6EqF"),
    ],
)
def test_password_is_the_published_one(secret: str, region: str, password: str) -> None:
    assert derive(secret, region) == password


def test_old_password_is_the_published_one() -> None:
    # for Amazon's example key, as a tutorial of 2014 shows it
    key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    assert derive_old(key) == "An60U4ZD3sd4fg+FvXUjayOipTt8LO4rUUmhpdX6ctDy"


@pytest.mark.parametrize("region", ["", "eu-west", "EU-WEST-1", "eu-west-1; rm", "../etc"])
def test_region_must_be_one(region: str) -> None:
    with pytest.raises(OperatorError, match="region"):
        derive("secret", region)


def test_command_derives_and_compares(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "some+secret+key")
    assert print_ses_password("us-west-1", False) == 0
    password = capsys.readouterr().out.strip()
    monkeypatch.setenv("WHYBOUNCE_SMTP_PASSWORD", password)
    assert print_ses_password("us-west-1", True) == 0
    assert print_ses_password("eu-west-1", True) == 1
    said = capsys.readouterr()
    assert "is not the one" in said.out
    assert password not in said.out + said.err
    monkeypatch.delenv("WHYBOUNCE_SMTP_PASSWORD")
    with pytest.raises(OperatorError):
        print_ses_password("us-west-1", True)


def test_region_of_an_endpoint() -> None:
    assert region_of("email-smtp.eu-west-1.amazonaws.com.") == "eu-west-1"
    assert region_of("email-smtp-fips.us-east-1.amazonaws.com") == "us-east-1"
    assert region_of("email-smtp.eu-west-1.amazonaws.com.evil.test") is None
    assert region_of(None) is None


# ---- Amazon ------------------------------------------------------------------------------------


def test_policy_allows_what_is_asked_and_nothing_more() -> None:
    wanted = {permission for check in CHECKS for permission in check.wants}
    assert wanted == set(PERMISSIONS.values())
    names = {"logs:FilterLogEvents": ["/aws/lambda/send"]}
    policy = json.loads(make_policy("eu-west-1", names))
    allowed = {action for each in policy["Statement"] for action in each["Action"]}
    assert allowed == wanted
    assert all(each.partition(":")[2].startswith(("Get", "List", "Filter")) for each in allowed)
    assert "arn:aws:logs:eu-west-1:*:log-group:/aws/lambda/send:*" in json.dumps(policy)


def stubbed(patch: pytest.MonkeyPatch) -> tuple[Aws, botocore.stub.Stubber]:
    client = boto3.session.Session("x", "y").client("sesv2", region_name="eu-west-1")
    aws = Aws("eu-west-1")
    patch.setattr(aws, "_client", lambda service, region: client)
    return aws, botocore.stub.Stubber(client)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("AccessDeniedException", Denied),
        ("TooManyRequestsException", Silent),
        ("InvalidClientTokenId", Silent),
    ],
)
def test_errors_of_amazon(
    code: str, kind: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    aws, stub = stubbed(monkeypatch)
    stub.add_client_error("get_account", code, "no")
    with stub, pytest.raises(kind):
        aws.ask("sesv2", "get_account")


def test_amazon_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    aws, stub = stubbed(monkeypatch)
    stub.add_response("get_account", {"SendingEnabled": True})
    stub.add_client_error("get_suppressed_destination", "NotFoundException", "no")
    with stub:
        for _ in range(3):
            assert aws.ask("sesv2", "get_account") == {"SendingEnabled": True}
        found = aws.ask("sesv2", "get_suppressed_destination", EmailAddress="a@b.test")
        assert found is None
    stub.assert_no_pending_responses()


def test_without_credentials_amazon_is_unknown(
    judge: Classifier, world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    for name in names:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    aws = Aws("eu-west-1")
    assert aws.keys() is None
    with pytest.raises(Silent, match="no AWS credentials"):
        aws.ask("sesv2", "get_account")


# ---- running -----------------------------------------------------------------------------------


def test_check_that_hangs_is_left_behind(judge: Classifier, world: World) -> None:
    gate = threading.Event()

    def hang(context: Context) -> Finding:
        gate.wait(30)
        raise AssertionError

    context = make(judge, world.zone.port, timeout=0.2)
    checks = [Check(run=hang, names=("one", "two"), hop=Hop.RELAY)]
    try:
        found = run_checks(context, checks)
    finally:
        gate.set()
    assert [each.status for each in found] == [Status.UNKNOWN] * 2
    assert "did not end" in found[0].what


def test_verdict_chooses_checks(judge: Classifier, world: World) -> None:
    def chosen(category: Category) -> set[str]:
        row = Row(origin="-", kind="failure", category=category, reason="x")  # type: ignore[arg-type]
        context = make(judge, world.zone.port, row=row)
        return {name for check in choose_checks(context) for name in check.names}

    assert "login" in chosen(Category.SENDER_CREDENTIALS)
    assert "tenant" not in chosen(Category.SENDER_CREDENTIALS)
    assert "login" not in chosen(Category.RECIPIENT_POLICY)
    assert {"tenant", "spf", "dmarc"} <= chosen(Category.RECIPIENT_POLICY)
    assert len(choose_checks(make(judge, world.zone.port))) == len(CHECKS)


def test_checks_are_told_apart() -> None:
    names = [name for check in CHECKS for name in check.names]
    assert len(names) == len(set(names))
    hops = {name: check.hop for check in CHECKS for name in check.names}
    for hop, proofs in PROOFS.items():
        assert all(hops[name] is hop for name in proofs)


# ---- DNS ---------------------------------------------------------------------------------------

_HOSTILE: Final = (
    "v=spf1 " + "a " * 3000,
    "v=spf1 include:%{i}.%{d}.%{s}.%{h}.%{l}.%{o}.%{p}.%{v}.test -all",
    "v=spf1 %{ -all",
    "v=spf1 redirect=loop.hostile.test",
    "v=spf1 ip4:999.1.1.1 ip6:::::: ip4:1.1.1.1/99",
    "v=spf1 exists:" + "a." * 120 + "test",
    "v=spf1 include: a: mx: ptr: exists:",
    "v=spf1 ptr ptr:hostile.test mx mx:hostile.test ?all",
    "v=spf1 exp=%{d2r-}._spf.hostile.test \u0007\u202e -all",
    "v=spf1 " + "include:loop.hostile.test " * 60,
    "V=SPF1 +ALL",
    "v=spf1" + "\t" * 300,
    "v=spf1 mx/33//129 a/0//0 ~all",
)


@pytest.mark.parametrize("record", _HOSTILE)
def test_hostile_spf_is_judged_and_ends(record: str, judge: Classifier) -> None:
    records = {
        "hostile.test": {"TXT": [record], "MX": [f"{n} mx{n}.hostile.test" for n in range(15)]},
        "loop.hostile.test": {"TXT": ["v=spf1 include:loop.hostile.test redirect=hostile.test"]},
    }
    with Zone(records) as zone:
        context = make(judge, zone.port, domain="hostile.test", sending_ip="192.0.2.7")
        assert check_spf(context).status in (Status.BROKEN, Status.WARNING, Status.OK)
        assert walk_spf(context.resolver, "hostile.test", "2001:db8::1").lookups <= 41
        assert len(zone.asked) < 500


@pytest.mark.parametrize(
    "record",
    [
        "",
        "p",
        "v=DKIM1; p=" + "A" * 5000,
        "v=DKIM1; k=ed25519; p=!!!",
        "v=DKIM2; p=MIGf",
        "=;=;=;p=;p=x",
        "v=DKIM1; k=rsa; p=MAA=",
        "\x1b[2J; p=\u202e",
    ],
)
def test_hostile_keys_are_judged(record: str, judge: Classifier) -> None:
    with Zone({"s._domainkey.hostile.test": {"TXT": [record]}}) as zone:
        signers = (Signer("hostile.test", "s"),)
        context = make(judge, zone.port, domain="hostile.test", signers=signers)
        assert check_keys(context).status is Status.BROKEN


@pytest.mark.parametrize("fault", ["SERVFAIL", "SILENCE"])
def test_dns_that_fails_is_unknown(fault: str, judge: Classifier) -> None:
    with Zone({"x.test": {fault: []}}) as zone:
        resolver = Resolver([("127.0.0.1", zone.port)], 0.5)
        with pytest.raises(Unanswered):
            resolver.ask("x.test", "TXT")


def test_names_that_are_none_do_not_exist(world: World) -> None:
    resolver = Resolver([("127.0.0.1", world.zone.port)], 1.0)
    for name in ("a..b", "x" * 70 + ".test", "a." * 140, "\ud800.test", "", "a b.test"):
        assert not resolver.ask(name, "A").texts


def test_each_question_is_asked_once() -> None:
    with Zone({"x.test": {"TXT": ["a"]}}) as zone:
        resolver = Resolver([("127.0.0.1", zone.port)], 1.0)
        for _ in range(5):
            assert resolver.ask("X.test.", "TXT").texts == ("a",)
        assert len(zone.asked) == 1


def test_network_that_denies_every_name_is_offline() -> None:
    with Zone({}) as zone:
        resolver = Resolver([("127.0.0.1", zone.port)], 1.0)
        assert not resolver.ask("x.test", "A").exists, "a server that was named is believed"
        resolver = Resolver([("127.0.0.1", zone.port)], 1.0)
        resolver.system = True
        with pytest.raises(Unanswered, match="no names of the Internet"):
            resolver.ask("x.test", "A")


def test_domains_are_aligned_by_organisation() -> None:
    assert aligned("bounce.example.org", "example.org")
    assert not aligned("bounce.example.org", "example.org", strict=True)
    assert not aligned("one.co.uk", "two.co.uk")
    assert organisation("a.b.example.co.uk") == "example.co.uk"
    assert tags("v=DMARC1; p=none; p=reject") == {"v": "DMARC1", "p": "none"}


def test_receivers_are_known_by_their_mx() -> None:
    assert receiver_of("x.mail.protection.outlook.com.") == "Exchange Online"
    assert receiver_of("x.olc.protection.outlook.com") == "Outlook.com"
    assert receiver_of("mx1.eu.pphosted.com") == "Proofpoint"
    assert receiver_of("aspmx.l.google.com") == "Google"
    assert receiver_of("notgoogle.com") is None


def test_exchange_behind_a_filter_is_seen(judge: Classifier) -> None:
    row = Row(
        origin="-",
        kind="failure",  # type: ignore[arg-type]
        category="recipient-policy",
        reason="policy-rejected",
        reporting_mta="PAXPR05MB7711.eurprd05.prod.outlook.com",
    )
    records = {"clinic.test": {"MX": ["10 mx.clinic.eu.pphosted.com"]}}
    with Zone(records) as zone:
        context = make(judge, zone.port, row=row, recipients=("a@clinic.test",), refused_at=Hop.MX)
        finding = check_receiver(context)
    assert finding.status is Status.WARNING
    assert "behind Proofpoint" in finding.what


def test_facts_of_gmail_are_told(judge: Classifier) -> None:
    records = {
        "clinic.test": {"MX": ["1 smtp.google.com"]},
        DOMAIN: {"TXT": ["google-site-verification=abc"]},
    }
    with Zone(records) as zone:
        finding = check_receiver(make(judge, zone.port, recipients=("a@clinic.test",)))
    assert finding.status is Status.OK
    assert any("is proved to Google" in line for line in finding.evidence)


def test_tenant_by_its_document(judge: Classifier, world: World) -> None:
    page = {"issuer": "https://login.test/1b4f8c2e-0a3d-4c6e-9f11-2d7a5e6b8c90/v2.0"}
    context = make(judge, world.zone.port, recipients=(RECIPIENT,))
    for body, status in (
        (json.dumps(page).encode(), Status.OK),
        (b"{}", Status.UNKNOWN),
        (b"[" * 100000, Status.UNKNOWN),
        (b"\xff", Status.UNKNOWN),
    ):
        told = msgspec.structs.replace(context, fetch=lambda page, timeout, body=body: body)
        assert check_tenant(told).status is status


def test_only_https_is_fetched() -> None:
    for page in ("http://127.0.0.1/", "file:///etc/passwd", "ftp://x.test/"):
        with pytest.raises(OSError, match="https"):
            fetch(page, 1.0)


# ---- chain and letter --------------------------------------------------------------------------

_CHECKS: Final = sorted({name for check in CHECKS for name in check.names})
_FINDINGS: Final = st.builds(
    Finding,
    check=st.sampled_from(_CHECKS),
    hop=st.sampled_from(ORDER),
    status=st.sampled_from(Status),
    what=st.just("something"),
)


@given(st.lists(_FINDINGS, max_size=12))
def test_green_is_never_a_guess(findings: list[Finding]) -> None:
    context = _offline()
    for link in diagnose_chain(context, findings).chain:
        states = {each.status for each in link.findings}
        if Status.BROKEN in states:
            assert link.state is State.RED
        elif Status.UNKNOWN in states or not states & {Status.OK, Status.WARNING}:
            assert link.state is State.UNKNOWN
        if link.state is State.GREEN:
            assert any(each.status is Status.OK for each in link.findings) or PROOFS[link.hop]


def _offline() -> Context:
    def judge(text: str) -> Any:
        raise AssertionError

    return Context(
        resolver=Resolver([("127.0.0.1", 9)], 0.1),
        judge=judge,
        fetch=lambda page, timeout: b"",
        now=lambda: datetime.datetime.now(datetime.UTC),
        domain=DOMAIN,
    )


def _refused(**changes: Any) -> tuple[Context, Diagnosis]:
    row = Row(
        origin="-",
        kind="failure",  # type: ignore[arg-type]
        recipient=RECIPIENT,
        category="recipient-policy",
        reason="transport-rule",
        fault="recipient-admin",
        remote_mta="x.prod.outlook.com",
        diagnostic_code="550 5.7.1 TRANSPORT.RULES.RejectMessage",
        decided_by="rule:x",
    )
    known = {"row": row, "refused_at": Hop.MX, "recipients": (RECIPIENT,), "sender": _MIRA}
    context = msgspec.structs.replace(_offline(), **{**known, **changes})
    from classifier.diagnose.checks.bounce import check_bounce

    return context, diagnose_chain(context, check_bounce(context))


def test_letter_quotes_what_is_pasted_into_a_shell() -> None:
    hostile = "<x'; Remove-Mailbox '*' #\u2019; $(calc)\x1b[2J@evil.test>"
    context, diagnosis = _refused(message_id=hostile)
    text = write_letter(context, diagnosis)
    assert "\x1b" not in text
    assert "-MessageId '<x''; Remove-Mailbox ''*'' #; $(calc)" in text
    assert quote("a'b\u2018c") == "'a''bc'"


@pytest.mark.parametrize("where", ["recipients", "sender", "domain"])
def test_letter_takes_no_headers_from_a_mail(where: str) -> None:
    evil = "a@b.test\r\nBcc: everybody@evil.test"
    context, diagnosis = _refused(**{where: (evil,) if where == "recipients" else evil})
    letter = email.message_from_string(write_letter(context, diagnosis))
    assert letter["Bcc"] is None
    assert set(letter.keys()) <= {
        "To",
        "From",
        "Subject",
        "Content-Type",
        "Content-Transfer-Encoding",
        "MIME-Version",
    }


@pytest.mark.parametrize(
    ("reason", "provider", "command"),
    [
        ("sender-restricted", "microsoft", "Set-DistributionGroup 'reception@"),
        ("sender-blocked", "microsoft", "Get-TenantAllowBlockListItems -ListType Sender"),
        ("policy-rejected", "microsoft", "New-TenantAllowBlockListItems -Allow"),
        ("policy-rejected", "google", "Email log search: Message ID <a@b.test>"),
        ("policy-rejected", None, "let us through if it was a mistake?"),
    ],
)
def test_letter_has_the_commands_of_the_system(
    reason: str, provider: str | None, command: str
) -> None:
    context, diagnosis = _refused(message_id="<a@b.test>")
    assert context.row is not None
    row = msgspec.structs.replace(
        context.row, reason=reason, provider=provider, remote_mta="mx.clinic.test"
    )
    text = write_letter(msgspec.structs.replace(context, row=row), diagnosis)
    assert command in text
    assert ("PowerShell" in text) == (provider == "microsoft")


def test_letter_says_no_more_than_was_seen() -> None:
    context, diagnosis = _refused()
    assert "could not check our own records" in write_letter(context, diagnosis)


def test_text_for_a_terminal_is_harmless() -> None:
    says = Says("spf", Hop.AUTHOR)
    found = says.broken("x\x1b[2J\u202e", "seen\x07", advice="do\x1b]0;x\x07")
    text = draw(diagnose_chain(_offline(), [found]), 80, colour=False)
    assert not {"\x1b", "\x07", "\u202e"} & set(text)


@pytest.mark.parametrize("width", [40, 80, 100])
def test_text_keeps_to_its_width(width: int) -> None:
    says = Says("spf", Hop.AUTHOR, "RFC 7208")
    found = says.broken("word " * 40, "evidence " * 30, advice="advice " * 30)
    text = draw(diagnose_chain(_offline(), [found]), width, colour=False)
    chain = {line for line in text.splitlines() if "mailbox" in line or "-----" in line}
    assert all(len(line) <= width for line in text.splitlines() if line not in chain)


# ---- conversations -------------------------------------------------------------------------------


def _serve(*lines: bytes, close: bool = False, endless: bool = False) -> int:
    """A server that says these lines, one after each that it hears, and then nothing.

    An `endless` one says the last line again and again.
    """
    server = socket.create_server(("127.0.0.1", 0))

    def talk() -> None:
        with server:
            client, _ = server.accept()
            with client, client.makefile("rb") as heard:
                with suppress(OSError):
                    while endless:
                        client.sendall(lines[-1])
                for line in lines if not endless else ():
                    client.sendall(line)
                    if not close and not heard.readline():
                        return
                if not close:
                    heard.read()

    threading.Thread(target=talk, daemon=True).start()
    port: int = server.getsockname()[1]
    return port


@pytest.mark.parametrize(
    ("lines", "close", "status"),
    [
        ((), False, Status.UNKNOWN),  # silence
        ((), True, Status.BROKEN),  # hangs up
        ((b"554 5.3.2 go away\r\n",), False, Status.BROKEN),
        ((b"220 x\r\n", b"550 no\r\n"), False, Status.BROKEN),
        ((b"\xff\xfe\x00 nonsense\r\n" * 3,), False, Status.BROKEN),
        ((b"220-x\r\n" * 100,), False, Status.UNKNOWN),  # a greeting without an end
    ],
)
def test_relays_that_are_none(
    lines: tuple[bytes, ...], close: bool, status: Status, judge: Classifier, world: World
) -> None:
    endpoint = Endpoint(RELAY_HOST, _serve(*lines, close=close), trusted=True)
    context = make(judge, world.zone.port, relay=endpoint, timeout=0.6)
    found = check_relay(context)
    assert [each.check for each in found] == ["relay-reach", "relay-tls", "relay-auth"]
    assert found[0].status is status
    assert not any(each.status is Status.OK for each in found)


def test_relay_that_greets_without_end(judge: Classifier, world: World) -> None:
    endpoint = Endpoint(RELAY_HOST, _serve(b"220-x\r\n" * 100, endless=True), trusted=True)
    context = make(judge, world.zone.port, relay=endpoint, timeout=0.6)
    assert check_relay(context)[0].status is Status.UNKNOWN


def test_test_mail_that_is_refused(judge: Classifier, world: World) -> None:
    with Relay(world.server_tls(), {}) as relay:
        context = make(
            judge,
            world.zone.port,
            relay=Endpoint(RELAY_HOST, relay.port, trusted=True),
            sender=_MIRA,
            send_test=RECIPIENT,
            cafile=world.cafile,
        )
        refused = check_test_mail(context)
        assert not relay.taken
    assert refused.status is Status.BROKEN
    assert "530 Authentication required" in refused.evidence[0]
    assert check_test_mail(msgspec.structs.replace(context, relay=None)).status is Status.UNKNOWN
    gone = check_test_mail(context)
    assert gone.status is Status.UNKNOWN, "the relay is gone by now"


# ---- the command -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (["diagnose"], "sending domain"),
        (["diagnose", "--domain", "x.test", "--relay", "host:99999"], "HOST:PORT"),
        (["diagnose", "--domain", "x.test", "--ip", "1.2.3"], "no address"),
        (["diagnose", "--domain", "x.test", "--recipient", "nobody"], "no address"),
        (["diagnose", "no-such-file.eml"], "cannot be read"),
        (["diagnose", "--domain", "x.test", "--ask"], "asks on a terminal"),
        (["diagnose", str(Path(__file__))], "is no bounce"),
    ],
)
def test_wrong_usage_is_said(arguments: list[str], fault: str) -> None:
    with pytest.raises(OperatorError, match=fault):
        run([*arguments, "--dns", "127.0.0.1:9"])


def test_policy_is_printed_without_asking_anybody(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diagnose", "--iam-policy", "--ses-region", "eu-west-1", "--domain", "x.test"]) == 0
    assert "arn:aws:ses:eu-west-1:*:identity/x.test" in capsys.readouterr().out


def test_relay_as_it_is_written() -> None:
    for text, host, port in (
        ("mail.test", "mail.test", 587),
        ("Mail.test:465", "mail.test", 465),
        ("[2001:db8::1]:25", "2001:db8::1", 25),
    ):
        asked = Asked(domain="x.test", relay=text, dns="127.0.0.1:9", model=None)
        assert make_context(asked).relay == Endpoint(host, port, trusted=True)


def test_received_auth_is_believed_at_the_author(judge: Classifier, world: World) -> None:
    auth = Auth(spf="pass", dkim="pass", dmarc="fail", from_domain=DOMAIN, source="x")
    from classifier.diagnose.checks.dmarc import check_alignment

    context = make(judge, world.zone.port, auth=auth, envelope_domain=DOMAIN)
    assert check_alignment(context).status is Status.BROKEN
    context = make(judge, world.zone.port, auth=msgspec.structs.replace(auth, dmarc="pass"))
    assert check_alignment(context).status is Status.OK
