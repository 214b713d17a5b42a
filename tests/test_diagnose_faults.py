"""One fault at a time, planted into a chain that works: the check that owns it names it, alone."""

from __future__ import annotations

import copy
import datetime
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from typing import Any, Final

import msgspec
import pytest
import trustme

from classifier.cli.diagnosing import Asked, make_context
from classifier.diagnose.chain import State, diagnose_chain
from classifier.diagnose.checks import CHECKS
from classifier.diagnose.context import Context, Signer
from classifier.diagnose.finding import Finding, Status
from classifier.diagnose.running import run_checks
from classifier.diagnose.ses_password import derive, derive_old
from tests.replay.account import REGION, USER
from tests.replay.relay import SENDING_HOST, SENDING_IP, Relay
from tests.replay.world import DOMAIN, RECIPIENT, RELAY_HOST, TOKENS, World, open_world

_BOUNCE: Final = f"bounce.{DOMAIN}"
_CLINIC: Final = RECIPIENT.rpartition("@")[2]
_KEY: Final = f"{TOKENS[1]}._domainkey.{DOMAIN}"
#: A key of 512 bits, as nobody makes them any more.
_SHORT: Final = (
    "v=DKIM1; p=MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAMLJrKSvjhmO/5VIQSI9q+SAhJ1OqlTdLCkDVb1lQ+JsJCWT"
    "u95S3RQgml8KzJDEmrnKSn6N/WBCphAKkEFlNoECAwEAAQ=="
)
#: Logs are kept for as long as they are, so that the message is one of this hour.
_SENT: Final = datetime.datetime.now(datetime.UTC) - datetime.timedelta(minutes=40)


class Stage:
    """What a fault may change; all is put back when the test ends."""

    def __init__(
        self, world: World, start: Callable[..., Relay], patch: pytest.MonkeyPatch
    ) -> None:
        self.world, self.start, self.patch = world, start, patch
        self.records = world.zone.records
        self.account = world.account
        self.port = world.relay.port
        self.options: dict[str, Any] = {}
        self.changes: dict[str, Any] = {}

    @property
    def identity(self) -> dict[str, Any]:
        found: dict[str, Any] = self.account.identities[DOMAIN]
        return found

    def relay(self, tls: ssl.SSLContext | None, **settings: object) -> None:
        """Another relay in the place of the first."""
        relay = self.start(tls, {self.world.user: self.world.password})
        for name, value in settings.items():
            setattr(relay, name, value)
        self.port = relay.port

    def store(self, password: str, user: str | None = None) -> None:
        """What the sending system has stored."""
        self.patch.setenv("WHYBOUNCE_SMTP_PASSWORD", password)
        self.patch.setenv("WHYBOUNCE_SMTP_USER", user or self.world.user)

    def run(self) -> dict[str, Finding]:
        asked = Asked(
            domain=DOMAIN,
            sender=f"mira@{DOMAIN}",
            relay=f"{RELAY_HOST}:{self.port}",
            recipients=(RECIPIENT,),
            ip=SENDING_IP,
            region=REGION,
            configuration_set="orders",
            function="send-orders",
            log_groups=("/aws/lambda/send-orders",),
            dns=self.world.dns,
            timeout=8,
            model=None,
        )
        context = make_context(msgspec.structs.replace(asked, **self.options))
        changes = {
            "sent": _SENT,
            "fetch": _no_page,
            "message_id": "<order-1@x.test>",
            **self.changes,
        }
        context = msgspec.structs.replace(context, **changes)
        findings = run_checks(context)
        assert len(findings) == len({each.check for each in findings}), "one finding a check"
        return {each.check: each for each in findings}


def _no_page(page: str, timeout: float) -> bytes:
    raise OSError("no network but loopback")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_world(tmp_path_factory.mktemp("world")) as made:
        made.account.events["orders"] = [
            {
                "Name": "all",
                "Enabled": True,
                "MatchingEventTypes": ["BOUNCE", "REJECT", "COMPLAINT", "DELIVERY"],
            }
        ]
        before = _SENT - datetime.timedelta(hours=2)
        made.account.functions["send-orders"] = {
            "FunctionName": "send-orders",
            "State": "Active",
            "LastUpdateStatus": "Successful",
            "Runtime": "python3.13",
            "Timeout": 30,
            "Environment": {"Variables": {"SMTP_PASSWORD": "in-the-function-9f2c"}},
        }
        made.account.log("/aws/lambda/send-orders", before.isoformat(), "START")
        yield made


@pytest.fixture
def stage(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    kept = {
        name: copy.deepcopy(getattr(world.account, name))
        for name in ("account", "identities", "suppressed", "events", "statistics", "functions")
    }
    records, users = copy.deepcopy(world.zone.records), dict(world.relay.users)
    relays: list[Relay] = []

    def start(tls: ssl.SSLContext | None, users: dict[str, str]) -> Relay:
        relays.append(Relay(tls, users).__enter__())
        return relays[-1]

    monkeypatch.setenv("SSL_CERT_FILE", world.cafile)
    monkeypatch.setenv("WHYBOUNCE_SMTP_USER", world.user)
    monkeypatch.setenv("WHYBOUNCE_SMTP_PASSWORD", world.password)
    world.account.hold(world.user, world.secret)
    yield Stage(world, start, monkeypatch)
    for relay in relays:
        relay.__exit__()
    for name, value in kept.items():
        setattr(world.account, name, value)
    world.zone.records = records
    world.relay.users.clear()
    world.relay.users.update(users)
    world.relay.refusal = "535 Authentication Credentials Invalid"
    world.account.iam.update_access_key(UserName=USER, AccessKeyId=world.user, Status="Active")


def test_nothing_is_broken_where_nothing_is(stage: Stage) -> None:
    found = stage.run()
    wrong = {name: each.what for name, each in found.items() if each.status in _BAD}
    assert not wrong
    assert set(found) == {name for check in CHECKS for name in check.names}


_BAD: Final = (Status.BROKEN, Status.WARNING)

# ---- DNS ---------------------------------------------------------------------------------------


def no_spf(stage: Stage) -> None:
    stage.records[_BOUNCE].pop("TXT")


def two_spf_records(stage: Stage) -> None:
    stage.records[_BOUNCE]["TXT"].append("v=spf1 mx -all")


def eleven_lookups(stage: Stage) -> None:
    names = [f"s{number}.includes.test" for number in range(10)]
    stage.records.update({name: {"TXT": ["v=spf1 ip4:192.0.2.1 -all"]} for name in names})
    includes = " ".join(f"include:{name}" for name in names)
    stage.records[_BOUNCE]["TXT"] = [f"v=spf1 include:amazonses.com {includes} -all"]


def a_hundred_lookups(stage: Stage) -> None:
    """An include that includes itself by another."""
    stage.records["loop.test"] = {"TXT": ["v=spf1 include:loop2.test include:loop2.test -all"]}
    stage.records["loop2.test"] = {"TXT": ["v=spf1 include:loop.test include:loop.test -all"]}
    stage.records[_BOUNCE]["TXT"] = ["v=spf1 include:loop.test -all"]


def misspelt_spf(stage: Stage) -> None:
    stage.records[_BOUNCE]["TXT"] = ["v=spf1 includes:amazonses.com -all"]


def spf_of_dead_hosts(stage: Stage) -> None:
    stage.records[_BOUNCE]["TXT"] = [
        "v=spf1 a:x1.test a:x2.test a:x3.test include:amazonses.com -all"
    ]


def spf_for_all(stage: Stage) -> None:
    stage.records[_BOUNCE]["TXT"] = ["v=spf1 include:amazonses.com +all"]


def spf_without_the_relay(stage: Stage) -> None:
    stage.records[_BOUNCE]["TXT"] = ["v=spf1 mx -all"]
    stage.options["ip"] = None


def spf_without_the_address(stage: Stage) -> None:
    stage.records["amazonses.com"]["TXT"] = ["v=spf1 ip4:203.0.113.0/24 -all"]


def no_dkim_cname(stage: Stage) -> None:
    del stage.records[_KEY]


def dkim_cname_to_nowhere(stage: Stage) -> None:
    stage.records[_KEY]["CNAME"] = [f"{TOKENS[1]}.dkim.amazonses.example"]


def dkim_key_revoked(stage: Stage) -> None:
    stage.records[f"{TOKENS[1]}.dkim.amazonses.com"]["TXT"] = ["v=DKIM1; k=rsa; p="]


def dkim_key_too_short(stage: Stage) -> None:
    stage.records[f"{TOKENS[1]}.dkim.amazonses.com"]["TXT"] = [_SHORT]


def dkim_key_of_garbage(stage: Stage) -> None:
    stage.records[f"{TOKENS[1]}.dkim.amazonses.com"]["TXT"] = ["v=DKIM1; p=not-a-key"]


def two_dkim_records(stage: Stage) -> None:
    stage.records[f"{TOKENS[1]}.dkim.amazonses.com"]["TXT"].append("v=DKIM1; p=")


def dkim_key_in_test(stage: Stage) -> None:
    records = stage.records[f"{TOKENS[1]}.dkim.amazonses.com"]["TXT"]
    records[0] = f"t=y; {records[0]}"


def no_dmarc(stage: Stage) -> None:
    del stage.records[f"_dmarc.{DOMAIN}"]


def dmarc_without_policy(stage: Stage) -> None:
    stage.records[f"_dmarc.{DOMAIN}"]["TXT"] = ["v=DMARC1; p=refuse"]


def two_dmarc_records(stage: Stage) -> None:
    stage.records[f"_dmarc.{DOMAIN}"]["TXT"].append("v=DMARC1; p=none")


def nothing_aligned(stage: Stage) -> None:
    stage.records["mailer.test"] = {
        "TXT": ["v=spf1 ip4:198.51.100.0/24 -all"],
        "MX": ["10 mx.mailer.test"],
    }
    stage.changes.update(
        provider=None, envelope_domain="mailer.test", signers=(Signer("mailer.test", "s1"),)
    )


def no_mail_from_mx(stage: Stage) -> None:
    stage.records[_BOUNCE].pop("MX")


def mail_from_of_another_region(stage: Stage) -> None:
    stage.records[_BOUNCE]["MX"] = ["10 feedback-smtp.us-east-1.amazonses.com"]


def sender_takes_no_mail(stage: Stage) -> None:
    stage.records[DOMAIN]["MX"] = ["0 ."]


def sender_does_not_exist(stage: Stage) -> None:
    del stage.records[DOMAIN]


def no_ptr(stage: Stage) -> None:
    del stage.records["31.100.51.198.in-addr.arpa"]


def ptr_not_back(stage: Stage) -> None:
    stage.records[SENDING_HOST]["A"] = ["198.51.100.99"]


def helo_of_another(stage: Stage) -> None:
    stage.changes["helo"] = f"mx.{DOMAIN}"


def recipient_takes_no_mail(stage: Stage) -> None:
    stage.records[_CLINIC]["MX"] = ["0 ."]


def recipient_does_not_exist(stage: Stage) -> None:
    del stage.records[_CLINIC]


def recipient_mx_without_address(stage: Stage) -> None:
    stage.records[_CLINIC]["MX"] = ["10 gone.northgate-clinic.test"]


def mta_sts_without_its_mx(stage: Stage) -> None:
    stage.records[f"_mta-sts.{_CLINIC}"] = {"TXT": ["v=STSv1; id=20260512"]}
    stage.records[f"mta-sts.{_CLINIC}"] = {"A": ["1.1.1.1"]}  # never called: the page is below
    policy = b"version: STSv1\r\nmode: enforce\r\nmx: *.elsewhere.test\r\nmax_age: 86400\r\n"
    stage.changes["fetch"] = lambda page, timeout: policy


# ---- the relay ---------------------------------------------------------------------------------


def relay_not_there(stage: Stage) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        stage.port = taken.getsockname()[1]


def relay_without_address(stage: Stage) -> None:
    del stage.records[RELAY_HOST]


def relay_sends_everybody_away(stage: Stage) -> None:
    stage.port = _listen(b"554 No SMTP service here\r\n")


def certificate_expired(stage: Stage) -> None:
    yesterday = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
    stage.relay(stage.world.server_tls(not_after=yesterday))


def certificate_ends_soon(stage: Stage) -> None:
    soon = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=3)
    stage.relay(stage.world.server_tls(not_after=soon))


def certificate_of_another(stage: Stage) -> None:
    stage.relay(stage.world.server_tls("mail.elsewhere.test"))


def certificate_of_nobody(stage: Stage) -> None:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert(RELAY_HOST).configure_cert(made)
    stage.relay(made)


def no_starttls(stage: Stage) -> None:
    stage.port = _listen(b"220 relay ESMTP\r\n", b"250-relay\r\n250 AUTH PLAIN LOGIN\r\n")


def no_login_offered(stage: Stage) -> None:
    stage.relay(stage.world.server_tls(), offers_login=False)


def password_refused(stage: Stage) -> None:
    stage.world.relay.users.clear()


def password_mistyped(stage: Stage) -> None:
    stage.store(stage.world.password[:-1])


def password_of_another_region(stage: Stage) -> None:
    stage.store(derive(stage.world.secret, "us-east-1"))


def password_of_an_older_key(stage: Stage) -> None:
    stage.store(derive("another+secret+key", REGION))


def secret_as_password(stage: Stage) -> None:
    stage.store(stage.world.secret)


def password_of_the_old_way(stage: Stage) -> None:
    old = derive_old(stage.world.secret)
    stage.store(old)
    stage.world.relay.users[stage.world.user] = old


def key_switched_off(stage: Stage) -> None:
    stage.account.iam.update_access_key(
        UserName=USER, AccessKeyId=stage.world.user, Status="Inactive"
    )
    stage.world.relay.users.clear()


def key_deleted(stage: Stage) -> None:
    stage.store("a-password-of-then", "AKIAIOSFODNN7EXAMPLE")


def user_that_is_no_key(stage: Stage) -> None:
    stage.store(stage.world.password, "mira")


# ---- SES ---------------------------------------------------------------------------------------


def sending_paused(stage: Stage) -> None:
    stage.account.account["SendingEnabled"] = False


def sending_shut_down(stage: Stage) -> None:
    stage.account.account["EnforcementStatus"] = "SHUTDOWN"


def account_under_review(stage: Stage) -> None:
    stage.account.account["EnforcementStatus"] = "PROBATION"


def in_the_sandbox(stage: Stage) -> None:
    stage.account.account["ProductionAccessEnabled"] = False


def quota_used_up(stage: Stage) -> None:
    stage.account.account["SendQuota"]["SentLast24Hours"] = 50000.0


def quota_nearly_used_up(stage: Stage) -> None:
    stage.account.account["SendQuota"]["SentLast24Hours"] = 49000.0


def identity_not_verified(stage: Stage) -> None:
    stage.identity.update(VerifiedForSendingStatus=False, VerificationStatus="PENDING")


def identity_in_another_region(stage: Stage) -> None:
    del stage.account.identities[DOMAIN]


def dkim_pending(stage: Stage) -> None:
    stage.identity["DkimAttributes"]["Status"] = "PENDING"


def dkim_switched_off(stage: Stage) -> None:
    stage.identity["DkimAttributes"]["SigningEnabled"] = False
    stage.changes["signers"] = (Signer(DOMAIN, TOKENS[0]),)


def mail_from_failed(stage: Stage) -> None:
    stage.identity["MailFromAttributes"]["MailFromDomainStatus"] = "FAILED"


def recipient_suppressed(stage: Stage) -> None:
    day = datetime.datetime(2026, 3, 4, tzinfo=datetime.UTC)
    stage.account.suppressed[RECIPIENT] = ("BOUNCE", day)


def nothing_recorded(stage: Stage) -> None:
    stage.account.events["orders"][0]["Enabled"] = False


def bounces_not_recorded(stage: Stage) -> None:
    stage.account.events["orders"][0]["MatchingEventTypes"] = ["DELIVERY"]


def no_configuration_set(stage: Stage) -> None:
    del stage.account.events["orders"]


def too_many_bounces(stage: Stage) -> None:
    stage.account.statistics = [
        {"DeliveryAttempts": 1000, "Bounces": 80, "Complaints": 0, "Rejects": 0}
    ]


def trouble_in_the_log(stage: Stage) -> None:
    stage.account.log("/aws/lambda/trouble", _SENT.isoformat(), "ERROR MessageRejected")
    stage.options["log_groups"] = ("/aws/lambda/trouble",)


def function_failed(stage: Stage) -> None:
    stage.account.functions["send-orders"].update(State="Failed", StateReason="image was deleted")


def no_function(stage: Stage) -> None:
    del stage.account.functions["send-orders"]


def _listen(greeting: bytes, hello: bytes = b"") -> int:
    """A server that greets, answers one EHLO, and refuses all else."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with server:
            for _ in range(4):
                try:
                    client, _address = server.accept()
                except OSError:
                    return
                with client, client.makefile("rwb", buffering=0) as lines:
                    lines.write(greeting)
                    for line in lines:
                        lines.write(
                            hello if line[:4].upper() == b"EHLO" and hello else b"502 no\r\n"
                        )

    threading.Thread(target=serve, daemon=True).start()
    port: int = server.getsockname()[1]
    return port


#: The fault, the check that owns it, how it says so, and what is broken as a consequence.
FAULTS: Final[tuple[tuple[Callable[[Stage], None], str, Status, frozenset[str]], ...]] = (
    (no_spf, "spf", Status.BROKEN, frozenset()),
    (two_spf_records, "spf", Status.BROKEN, frozenset()),
    (eleven_lookups, "spf", Status.BROKEN, frozenset()),
    (a_hundred_lookups, "spf", Status.BROKEN, frozenset()),
    (misspelt_spf, "spf", Status.BROKEN, frozenset()),
    (spf_of_dead_hosts, "spf", Status.BROKEN, frozenset()),
    (spf_for_all, "spf", Status.WARNING, frozenset()),
    (spf_without_the_relay, "spf-path", Status.BROKEN, frozenset()),
    (spf_without_the_address, "spf-path", Status.BROKEN, frozenset()),
    (no_dkim_cname, "dkim-keys", Status.BROKEN, frozenset()),
    (dkim_cname_to_nowhere, "dkim-keys", Status.BROKEN, frozenset()),
    (dkim_key_revoked, "dkim-keys", Status.BROKEN, frozenset()),
    (dkim_key_too_short, "dkim-keys", Status.BROKEN, frozenset()),
    (dkim_key_of_garbage, "dkim-keys", Status.BROKEN, frozenset()),
    (two_dkim_records, "dkim-keys", Status.BROKEN, frozenset()),
    (dkim_key_in_test, "dkim-keys", Status.WARNING, frozenset()),
    (no_dmarc, "dmarc", Status.WARNING, frozenset()),
    (dmarc_without_policy, "dmarc", Status.BROKEN, frozenset()),
    (two_dmarc_records, "dmarc", Status.BROKEN, frozenset()),
    (nothing_aligned, "alignment", Status.BROKEN, frozenset()),
    (no_mail_from_mx, "mail-from", Status.BROKEN, frozenset()),
    (mail_from_of_another_region, "mail-from", Status.BROKEN, frozenset()),
    (sender_takes_no_mail, "sender-mx", Status.BROKEN, frozenset()),
    (sender_does_not_exist, "sender-mx", Status.BROKEN, frozenset()),
    (no_ptr, "ptr", Status.BROKEN, frozenset()),
    (ptr_not_back, "ptr", Status.BROKEN, frozenset()),
    (helo_of_another, "ptr", Status.WARNING, frozenset()),
    (recipient_takes_no_mail, "recipient-mx", Status.BROKEN, frozenset()),
    (recipient_does_not_exist, "recipient-mx", Status.BROKEN, frozenset()),
    (recipient_mx_without_address, "recipient-mx", Status.BROKEN, frozenset()),
    (mta_sts_without_its_mx, "mta-sts", Status.BROKEN, frozenset()),
    (relay_not_there, "relay-reach", Status.BROKEN, frozenset()),
    (relay_without_address, "relay-reach", Status.BROKEN, frozenset()),
    (relay_sends_everybody_away, "relay-reach", Status.BROKEN, frozenset()),
    (certificate_expired, "relay-tls", Status.BROKEN, frozenset()),
    (certificate_ends_soon, "relay-tls", Status.WARNING, frozenset()),
    (certificate_of_another, "relay-tls", Status.BROKEN, frozenset()),
    (certificate_of_nobody, "relay-tls", Status.BROKEN, frozenset()),
    (no_starttls, "relay-tls", Status.BROKEN, frozenset()),
    (no_login_offered, "relay-auth", Status.BROKEN, frozenset()),
    (password_refused, "login", Status.BROKEN, frozenset()),
    (password_mistyped, "ses-password", Status.BROKEN, frozenset({"login"})),
    (password_of_another_region, "ses-password", Status.BROKEN, frozenset({"login"})),
    (password_of_an_older_key, "ses-password", Status.BROKEN, frozenset({"login"})),
    (secret_as_password, "ses-password", Status.BROKEN, frozenset({"login"})),
    (password_of_the_old_way, "ses-password", Status.WARNING, frozenset()),
    (key_switched_off, "ses-key", Status.BROKEN, frozenset({"login"})),
    (key_deleted, "ses-key", Status.BROKEN, frozenset({"login"})),
    (user_that_is_no_key, "ses-key", Status.BROKEN, frozenset({"login"})),
    (sending_paused, "ses-sending", Status.BROKEN, frozenset()),
    (sending_shut_down, "ses-sending", Status.BROKEN, frozenset()),
    (account_under_review, "ses-sending", Status.WARNING, frozenset()),
    (in_the_sandbox, "ses-sandbox", Status.BROKEN, frozenset()),
    (quota_used_up, "ses-quota", Status.BROKEN, frozenset()),
    (quota_nearly_used_up, "ses-quota", Status.WARNING, frozenset()),
    (identity_not_verified, "ses-identity", Status.BROKEN, frozenset()),
    (identity_in_another_region, "ses-identity", Status.BROKEN, frozenset()),
    (dkim_pending, "ses-dkim", Status.BROKEN, frozenset()),
    (dkim_switched_off, "ses-dkim", Status.BROKEN, frozenset()),
    (mail_from_failed, "ses-mail-from", Status.BROKEN, frozenset()),
    (recipient_suppressed, "ses-suppression", Status.BROKEN, frozenset()),
    (nothing_recorded, "ses-events", Status.BROKEN, frozenset()),
    (bounces_not_recorded, "ses-events", Status.WARNING, frozenset()),
    (no_configuration_set, "ses-events", Status.BROKEN, frozenset()),
    (too_many_bounces, "ses-reputation", Status.WARNING, frozenset()),
    (function_failed, "lambda", Status.BROKEN, frozenset()),
    (no_function, "lambda", Status.BROKEN, frozenset()),
    (trouble_in_the_log, "log", Status.WARNING, frozenset()),
)


@pytest.mark.parametrize(
    ("plant", "owner", "status", "consequences"),
    [pytest.param(*fault, id=fault[0].__name__) for fault in FAULTS],
)
def test_fault_is_named_by_its_check_alone(
    stage: Stage,
    plant: Callable[[Stage], None],
    owner: str,
    status: Status,
    consequences: frozenset[str],
) -> None:
    plant(stage)
    found = stage.run()
    wrong = {name for name, each in found.items() if each.status in _BAD}
    assert wrong == {owner} | consequences, {name: found[name].what for name in wrong}
    finding = found[owner]
    assert finding.status is status
    assert finding.what[0] != " "
    assert not finding.what.endswith(".")
    if status is Status.BROKEN:
        assert finding.advice, "who sees a fault is told what to do"


def test_nothing_is_changed_or_sent(stage: Stage) -> None:
    del stage.account.calls[:]
    stage.run()
    assert stage.account.calls, "Amazon was asked"
    assert all(name.startswith(("Get", "List", "Filter")) for name in stage.account.calls)
    assert not stage.world.relay.taken


def test_test_mail_is_sent_where_it_is_asked_for(stage: Stage) -> None:
    stage.options["send_test"] = RECIPIENT
    stage.world.exchange.partners = (DOMAIN,)
    try:
        found = stage.run()
    finally:
        stage.world.exchange.partners = ()
    assert found["test-mail"].status is Status.OK
    assert b"Test of the way here" in stage.world.exchange.delivered.pop()
    stage.world.relay.taken.clear()


_OPERATIONS: Final = {
    "GetAccount": ("ses:GetAccount", {"ses-sending", "ses-sandbox", "ses-quota"}),
    "GetEmailIdentity": ("ses:GetEmailIdentity", {"ses-identity", "ses-dkim", "ses-mail-from"}),
    "GetSuppressedDestination": ("ses:GetSuppressedDestination", {"ses-suppression"}),
    "GetConfigurationSetEventDestinations": (
        "ses:GetConfigurationSetEventDestinations",
        {"ses-events"},
    ),
    "GetSendStatistics": ("ses:GetSendStatistics", {"ses-reputation"}),
    "GetAccessKeyLastUsed": ("iam:GetAccessKeyLastUsed", {"ses-key"}),
    "ListAccessKeys": ("iam:ListAccessKeys", {"ses-key"}),
    "GetFunctionConfiguration": ("lambda:GetFunctionConfiguration", {"lambda"}),
    "FilterLogEvents": ("logs:FilterLogEvents", {"log"}),
}


@pytest.mark.parametrize("operation", _OPERATIONS)
def test_missing_permission_is_named_and_proves_nothing(stage: Stage, operation: str) -> None:
    permission, names = _OPERATIONS[operation]
    stage.account.denied.add(operation)
    try:
        found = stage.run()
    finally:
        stage.account.denied.clear()
    assert {name for name, each in found.items() if each.status is Status.BROKEN} == set()
    for name in names:
        assert found[name].status is Status.UNKNOWN
        assert permission in found[name].what


def test_trail_shows_names_of_variables_and_no_values(stage: Stage) -> None:
    finding = stage.run()["lambda"]
    assert any("SMTP_PASSWORD" in line for line in finding.evidence)
    assert not any("in-the-function-9f2c" in line for line in finding.evidence)


def test_log_line_of_the_message_is_found(stage: Stage) -> None:
    stage.account.log("/aws/lambda/send-orders", _SENT.isoformat(), "sent order-1")
    finding = stage.run()["log"]
    assert finding.status is Status.OK
    assert any("sent order-1" in line for line in finding.evidence)


def test_offline_is_unknown_and_never_green(stage: Stage) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        dead = taken.getsockname()[1]
    stage.account.denied.update(_OPERATIONS)
    stage.options.update(dns=f"127.0.0.1:{dead}", timeout=1.0)
    try:
        found = stage.run()
    finally:
        stage.account.denied.clear()
    good = {name for name, each in found.items() if each.status is Status.OK}
    assert good == {"ses-password"}, "which is compared in this process alone"
    assert not any(each.status in _BAD for each in found.values())
    chain = diagnose_chain(_bare(stage), tuple(found.values())).chain
    assert {link.state for link in chain} == {State.UNKNOWN}


def _bare(stage: Stage) -> Context:
    return make_context(Asked(domain=DOMAIN, dns=stage.world.dns, model=None))


def test_a_hop_is_green_by_proof_alone(stage: Stage) -> None:
    findings = tuple(stage.run().values())
    states = [link.state for link in diagnose_chain(_bare(stage), findings).chain]
    assert states == [State.GREEN, State.GREEN, State.GREEN, State.UNKNOWN, State.UNKNOWN]
    without = tuple(each for each in findings if each.check != "login")
    states = [link.state for link in diagnose_chain(_bare(stage), without).chain]
    assert states[1] is State.UNKNOWN
