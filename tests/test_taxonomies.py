"""Crosswalks: total, in words that each scheme has; and `--taxonomy`, which adds them."""

from __future__ import annotations

import csv
import io
import tomllib
from pathlib import Path
from typing import Final

import msgspec
import pytest
from typer.testing import CliRunner

import classifier
from classifier.cli import app
from classifier.errors import OperatorError
from classifier.explain import explain
from classifier.reasons import MEANING, Category, Kind, Permanence, Reason
from classifier.rows import Row, flatten
from classifier.taxonomies.scheme import Scheme, Taxonomy, classes_of, load_scheme, translate

ROOT: Final = Path(__file__).parents[1]
FOLDER: Final = ROOT / "classifier" / "taxonomies"
MISSION: Final = ROOT / "tests" / "messages" / "mission"
NO_BOUNCE: Final = "From: a@example.org\nSubject: hello\n\nHow are you?\n"

every = pytest.mark.parametrize("taxonomy", Taxonomy)


def test_each_name_has_its_file() -> None:
    assert {path.stem for path in FOLDER.glob("*.toml")} == set(Taxonomy)


@every
def test_every_verdict_maps_to_a_class_of_the_scheme(taxonomy: Taxonomy) -> None:
    scheme = load_scheme(taxonomy)
    assert set(scheme.reasons) == set(Reason)
    for reason in Reason:
        for permanence in Permanence:
            found = scheme.class_of(reason, permanence)
            assert found in scheme.classes, f"{reason}, {permanence}: {found}"
    assert set(scheme.kinds.values()) <= set(scheme.classes)
    # A mail of these kinds has a verdict, so that its class is the verdict's.
    assert not {Kind.FAILURE, Kind.DELAY} & set(scheme.kinds)


@every
def test_every_scheme_says_where_it_was_read(taxonomy: Taxonomy) -> None:
    scheme = load_scheme(taxonomy)
    assert scheme.title
    assert scheme.field
    assert scheme.source
    assert all(scheme.classes.values())
    assert "Unverified" in (FOLDER / f"{taxonomy}.toml").read_text(encoding="utf-8")


@every
def test_reasons_stand_in_the_order_of_the_vocabulary(taxonomy: Taxonomy) -> None:
    table = tomllib.loads((FOLDER / f"{taxonomy}.toml").read_text(encoding="utf-8"))
    assert list(table["reasons"]) == list(Reason)


@every
def test_two_classes_differ(taxonomy: Taxonomy) -> None:
    for reason, found in load_scheme(taxonomy).reasons.items():
        if not isinstance(found, str):
            assert found.permanent != found.transient, f"{reason}: one class is enough"


def test_sisimai_there_and_back() -> None:
    """What an import of Sisimai's records reads for a class holds each reason that maps to it."""
    path = ROOT / "classifier" / "corpus" / "sisimai.toml"
    back = tomllib.loads(path.read_text(encoding="utf-8"))
    scheme = load_scheme(Taxonomy.SISIMAI)
    lost = {
        (reason, found)
        for reason in Reason
        for permanence in Permanence
        if reason not in back.get(found := scheme.class_of(reason, permanence), ())
    }
    # Sisimai has no class of its own for these two, and importing guesses no greylisting.
    assert lost == {
        (Reason.GREYLISTED, "ratelimited"),
        (Reason.TOO_MANY_RECIPIENTS, "ratelimited"),
        (Reason.SENDING_SUSPENDED, "ratelimited"),
    }


@pytest.mark.parametrize(
    "reason", [r for r in Reason if MEANING[r].category != "recipient-address"]
)
def test_services_that_strike_addresses_are_told_of_bad_addresses_only(reason: Reason) -> None:
    """A HardBounce of Postmark, a hard class of SparkPost: the address is struck for good."""
    recipient_side = {Category.RECIPIENT_POLICY, Category.SUPPRESSED}
    for permanence in Permanence:
        assert load_scheme(Taxonomy.SPARKPOST).class_of(reason, permanence) not in {
            "10",
            "30",
            "90",
        }
        if reason is not Reason.RELAY_DENIED:
            assert load_scheme(Taxonomy.POSTMARK).class_of(reason, permanence) != "HardBounce"
            if MEANING[reason].category not in recipient_side:
                found = load_scheme(Taxonomy.SES).class_of(reason, permanence)
                assert not found.startswith("Permanent/")


@pytest.mark.parametrize(
    ("reason", "permanence", "wanted"),
    [
        # notification-contents.html: "550 5.1.1 user unknown" in the examples
        ("user-unknown", "permanent", {"ses": "Permanent/General", "sparkpost": "10"}),
        ("mailbox-full", "permanent", {"ses": "Transient/MailboxFull", "sparkpost": "22"}),
        ("mailbox-full", "transient", {"postmark": "SoftBounce", "sisimai": "mailboxfull"}),
        # support-docs: a suppressed recipient bounces with class 25
        ("suppression-list", "permanent", {"sparkpost": "25", "sendgrid": "Bounced Address"}),
        # iana.toml of KumoMTA: x.4.6, x.1.10, 4.3.1
        ("routing-loop", "permanent", {"kumomta": "RoutingErrors", "powermta": "routing-errors"}),
        ("domain-not-accepting", "permanent", {"kumomta": "BadDomain"}),
        ("system-full", "transient", {"kumomta": "QuotaIssues"}),
        ("network-failure", "transient", {"kumomta": "BadConnection"}),
        ("network-failure", "unknown", {"kumomta": "BadConnection"}),
        ("network-failure", "permanent", {"kumomta": "NoAnswerFromHost"}),
        ("rate-limited", "unknown", {"kumomta": "TransientFailure"}),
        ("domain-unknown", "unknown", {"postmark": "HardBounce"}),
    ],
)
def test_classes(reason: str, permanence: str, wanted: dict[str, str]) -> None:
    row = Row(origin="-", kind=Kind.FAILURE, reason=reason, permanence=permanence)
    assert classes_of(row, list(wanted)) == wanted


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        (Kind.AUTO_REPLY, {"sisimai": "vacation", "sparkpost": "60", "sendgrid": None}),
        (Kind.FEEDBACK, {"sisimai": "feedback", "postmark": "SpamComplaint", "ses": None}),
        (Kind.CHALLENGE, {"kumomta": "ChallengeResponse", "powermta": None}),
        (Kind.NOT_A_BOUNCE, dict.fromkeys(Taxonomy)),
    ],
)
def test_mail_without_a_verdict(kind: Kind, wanted: dict[str, str | None]) -> None:
    assert classes_of(Row(origin="-", kind=kind), list(wanted)) == wanted


def test_translate_is_public() -> None:
    (row,) = classifier.classify((MISSION / "policy-refusal-though-authenticated.eml").read_bytes())
    assert classifier.translate(row, "sisimai") == "policyviolation"
    with pytest.raises(OperatorError, match="no taxonomy") as caught:
        translate(row, "bouncehammer")
    assert "sparkpost" in str(caught.value)


@pytest.mark.parametrize("wrong", [{"extra": 1}, {"reasons": {"no-such-reason": "x"}}])
def test_files_are_read_strictly(wrong: dict[str, object]) -> None:
    table = tomllib.loads((FOLDER / "ses.toml").read_text(encoding="utf-8")) | wrong
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(table, Scheme)


def run(*arguments: str, stdin: str | None = None) -> str:
    """What the command prints; it must succeed."""
    done = CliRunner().invoke(app, arguments, input=stdin)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_records_have_no_key_unless_asked() -> None:
    assert "taxonomy" not in msgspec.json.decode(run("classify", stdin=NO_BOUNCE))
    assert "taxonomy" not in msgspec.json.decode(run("explain", "550 5.1.1 no such user"))
    assert not [name for name in flatten(Row(origin="-", kind=Kind.ERROR)) if "taxonomy" in name]


def test_json_lines() -> None:
    options = ("--taxonomy", "sisimai", "--taxonomy", "sparkpost", "--taxonomy", "sisimai")
    for line in run("classify", *options, str(MISSION)).splitlines():
        record = msgspec.json.decode(line)
        assert list(record["taxonomy"]) == ["sisimai", "sparkpost"]
        assert record["taxonomy"]["sisimai"] in load_scheme(Taxonomy.SISIMAI).classes
    record = msgspec.json.decode(run("classify", "--taxonomy", "ses", stdin=NO_BOUNCE))
    assert record["taxonomy"] == {"ses": None}
    record = msgspec.json.decode(run("explain", "--taxonomy", "ses", "552 5.2.2 mailbox full"))
    assert record["taxonomy"] == {"ses": "Transient/MailboxFull"}


@pytest.mark.parametrize("given", [("explain", "552 5.2.2 mailbox full"), ("classify",)])
def test_csv(given: tuple[str, ...]) -> None:
    printed = run(*given, "--format", "csv", "--taxonomy", "ses", stdin=NO_BOUNCE)
    head, row = csv.reader(io.StringIO(printed))
    cell = dict(zip(head, row, strict=True))["taxonomy.ses"]
    assert cell == ("Transient/MailboxFull" if given[0] == "explain" else "")
    assert "taxonomy" not in head


def test_table_and_text() -> None:
    reply = ("explain", "--taxonomy", "postmark", "552 5.2.2 mailbox full")
    head, _, line, *_ = run(*reply, "--format", "table").splitlines()
    assert head.split()[-1] == "postmark"
    assert line.split()[-1] == "SoftBounce"
    assert "elsewhere   SoftBounce (postmark)" in run(*reply, "--format", "text")
    printed = run("classify", "--format", "text", "--taxonomy", "ses", str(MISSION))
    assert "elsewhere   Undetermined/Undetermined (ses)" in printed


def test_unknown_scheme_is_refused_with_the_list() -> None:
    done = CliRunner().invoke(app, ["explain", "--taxonomy", "nothing", "550 no"])
    assert done.exit_code == 2
    assert "powermta" in done.output


def test_an_explanation_is_translated_too() -> None:
    explanation = explain(classifier.Classifier(model=None), "550 no")
    assert translate(explanation, "kumomta") == "Uncategorized"
