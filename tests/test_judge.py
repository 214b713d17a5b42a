"""Who wins, how sure the verdict is, how long it lasts, and what is said against it."""

from __future__ import annotations

import itertools
from typing import Any, Final

import msgspec
import pytest

from classifier.evidence import Evidence, weigh_text
from classifier.judge import Prediction, Verdict, judge, judge_model, undecided
from classifier.reasons import MEANING, Advice, Category, Fault, Kind, Permanence, Reason
from classifier.rules.engine import Owner, RuleSet
from classifier.rules.loader import load_shipped, read_phrase
from classifier.rules.rule import Layer, Phrase, Rule, read_code

REPLY: Final = "550 5.7.1 no thanks for your letter, it is blue"


def phrases(*written: str) -> tuple[Phrase, ...]:
    return tuple(phrase for each in written if (phrase := read_phrase(each)))


def rule(name: str, reason: Reason, says: str = "", layer: Layer = Layer.TEXT, **more: Any) -> Rule:
    """A rule that fires on words, on a code, or on both."""
    codes = tuple(code for each in more.pop("codes", ()) if (code := read_code(each)))
    return Rule(
        name=name if "/" in name else f"text/{name}",
        layer=layer,
        owner=more.pop("owner", "text"),
        reason=reason,
        why=f"why {name}",
        source="written here",
        where="here:1",
        says=phrases(says) if says else (),
        codes=codes,
        over=frozenset(more.pop("over", ())),
        **more,
    )


def verdict(
    *rules: Rule, text: str = REPLY, owners: tuple[Owner, ...] = (), **known: Any
) -> Verdict:
    """The verdict on a reply, which must be the same for every order of the rules."""
    evidence = weigh_text(text, **known)
    found = {judge(evidence, RuleSet(order, owners)) for order in itertools.permutations(rules)}
    assert len(found) == 1
    return found.pop()


def against(found: Verdict) -> list[str]:
    return [fact for fact in found.evidence if fact.startswith("against: ")]


# Who wins


@pytest.mark.parametrize(("low", "high"), list(itertools.pairwise(sorted(Layer))))
def test_the_higher_layer_decides(low: Layer, high: Layer) -> None:
    # Neither longer words nor `over` help against a layer.
    found = verdict(
        rule("low", Reason.SPAM, "thanks for your letter", low, over=["text/high"]),
        rule("high", Reason.VIRUS, "blue", high),
    )
    assert found.reason is Reason.VIRUS
    assert found.decided_by == "rule:text/high"


def test_layers_stand_as_they_are_described() -> None:
    assert sorted(Layer, reverse=True) == [
        *(Layer.OPERATOR, Layer.PROVIDER, Layer.TEXT, Layer.HOP, Layer.CODE, Layer.STATUS)
    ]
    sure = [
        verdict(rule("one", Reason.SPAM, "blue", layer)).confidence
        for layer in (Layer.OPERATOR, Layer.PROVIDER, Layer.TEXT, Layer.STATUS)
    ]
    assert sure == sorted(set(sure), reverse=True)
    assert all(0 < each < 1 for each in sure)


def test_over_wins_inside_its_layer() -> None:
    found = verdict(
        rule("wide", Reason.SPAM, "thanks for your letter"),
        rule("narrow", Reason.VIRUS, "blue", over=["text/wide"]),
    )
    assert found.reason is Reason.VIRUS
    assert against(found) == []


def test_over_in_a_row() -> None:
    found = verdict(
        rule("a", Reason.SPAM, "blue", over=["text/b"]),
        rule("b", Reason.VIRUS, "thanks for your letter", over=["text/c"]),
        rule("c", Reason.MAILBOX_FULL, "thanks for your"),
    )
    assert found.reason is Reason.SPAM


def test_two_that_go_over_each_other() -> None:
    found = verdict(
        rule("a", Reason.SPAM, "blue", over=["text/b"]),
        rule("b", Reason.VIRUS, "thanks for your letter", over=["text/a"]),
    )
    assert found.reason is Reason.VIRUS


def test_longer_words_then_the_name() -> None:
    long = verdict(
        rule("z", Reason.SPAM, "blue"), rule("a", Reason.VIRUS, "thanks for your letter")
    )
    assert long.reason is Reason.VIRUS
    same = verdict(rule("a", Reason.SPAM, "blue"), rule("b", Reason.VIRUS, "blue"))
    assert same.decided_by == "rule:text/b"


def test_a_hint_decides_only_where_nothing_else_does() -> None:
    hint = rule("hint", Reason.SPAM, "thanks for your letter", Layer.PROVIDER, decides=False)
    sure = rule("sure", Reason.VIRUS, "blue", Layer.STATUS)
    assert verdict(hint, sure).decided_by == "rule:text/sure"
    alone = verdict(hint)
    assert alone.decided_by == "hint:text/hint"
    assert alone.reason is Reason.SPAM
    assert alone.confidence <= 0.5
    assert undecided(alone)
    assert not undecided(verdict(sure))


def test_nothing_said() -> None:
    found = verdict(rule("other", Reason.SPAM, "green"))
    assert found.reason is Reason.UNDETERMINED
    assert found.category is Category.UNDETERMINED
    assert found.fault is Fault.UNKNOWN
    assert found.advice is Advice.INVESTIGATE
    assert found.confidence == 0
    assert found.decided_by == "none"
    assert found.why == ""
    assert found.evidence[0] == f"reply: {REPLY}"
    assert undecided(found)


def test_no_evidence_at_all() -> None:
    found = judge(Evidence(), load_shipped())
    assert found.reason is Reason.UNDETERMINED
    assert found.permanence is Permanence.UNKNOWN
    assert found.evidence == ()
    assert found.provider is None


@pytest.mark.parametrize(
    ("layer", "says", "codes", "decided_by"),
    [
        (Layer.STATUS, "", ["5.7.1"], "status:5.7.1"),
        (Layer.STATUS, "blue", [], "rule:text/one"),
        (Layer.HOP, "", ["550"], "rule:text/one"),
        (Layer.TEXT, "blue", ["5.7.1"], "rule:text/one"),
    ],
)
def test_decided_by(layer: Layer, says: str, codes: list[str], decided_by: str) -> None:
    found = verdict(rule("one", Reason.SPAM, says, layer, codes=codes))
    assert found.decided_by == decided_by


def test_decided_by_a_reply_code_alone() -> None:
    one = rule("one", Reason.SPAM, layer=Layer.STATUS, codes=["552"])
    assert verdict(one, text="552 no").decided_by == "status:552"


def test_what_follows_from_a_reason_is_its_usual() -> None:
    for reason, meaning in MEANING.items():
        found = verdict(rule("one", reason, "blue"))
        assert (found.category, found.fault, found.advice) == (
            *(meaning.category, meaning.fault, meaning.advice),
        )
        assert found.why == "why one"


def test_a_rule_may_depart_from_the_usual() -> None:
    found = verdict(
        rule(
            "one",
            Reason.SENDER_BLOCKED,
            "blue",
            fault=Fault.SENDER_ADMIN,
            advice=Advice.REQUEST_DELISTING,
            permanence=Permanence.TRANSIENT,
        )
    )
    assert found.fault is Fault.SENDER_ADMIN
    assert found.advice is Advice.REQUEST_DELISTING
    assert found.permanence is Permanence.TRANSIENT
    assert found.category is Category.RECIPIENT_POLICY


def test_provider_is_whose_words_they_are() -> None:
    owners = (Owner("acme", (".acme.example",), phrases("acmegate")),)
    one = rule("acme/one", Reason.SPAM, "blue", Layer.PROVIDER, owner="acme")
    assert verdict(one, owners=owners, remote_mta="mx.acme.example").provider == "acme"
    assert verdict(one, owners=owners, remote_mta="mx.other.example").provider is None
    assert verdict(one, owners=owners, text=f"{REPLY} acmegate").provider == "acme"


# What speaks against it


def test_a_rule_of_another_category_lowers_the_confidence() -> None:
    spam = rule("spam", Reason.SPAM, "thanks for your letter")
    alone = verdict(spam)
    doubted = verdict(spam, rule("full", Reason.MAILBOX_FULL, "blue"))
    assert doubted.reason is Reason.SPAM
    assert doubted.confidence < alone.confidence
    assert against(doubted) == [
        'against: "blue" alone would say mailbox-full (text/full)',
    ]
    assert doubted.evidence[-1] == against(doubted)[0]


def test_a_rule_of_the_same_category_contradicts_nothing() -> None:
    spam = rule("spam", Reason.SPAM, "thanks for your letter")
    assert verdict(spam, rule("virus", Reason.VIRUS, "blue")) == verdict(spam)


def test_a_hint_contradicts_nothing() -> None:
    spam = rule("spam", Reason.SPAM, "thanks for your letter")
    assert verdict(spam, rule("h", Reason.MAILBOX_FULL, "blue", decides=False)) == verdict(spam)


def test_what_it_is_written_to_go_over_contradicts_nothing() -> None:
    spam = rule("spam", Reason.SPAM, "thanks for your letter", over=["text/full"])
    assert verdict(spam, rule("full", Reason.MAILBOX_FULL, "blue")) == verdict(spam)


def test_a_status_contradicts_general_words_but_no_provider() -> None:
    status = rule("s", Reason.USER_UNKNOWN, layer=Layer.STATUS, codes=["5.1.1"])
    text = "550 5.1.1 looks blue to me"
    words = verdict(rule("spam", Reason.SPAM, "blue"), status, text=text)
    assert against(words) == ["against: code 5.1.1 alone would say user-unknown (text/s)"]
    own = verdict(rule("spam", Reason.SPAM, "blue", Layer.PROVIDER), status, text=text)
    assert against(own) == []


def test_several_contradictions_stand_in_order_of_weight() -> None:
    found = verdict(
        rule("op", Reason.SPAM, "blue", Layer.OPERATOR),
        rule("z", Reason.MAILBOX_FULL, "letter", Layer.PROVIDER),
        rule("a", Reason.USER_UNKNOWN, "thanks", Layer.TEXT),
        rule("b", Reason.RATE_LIMITED, "for your", Layer.TEXT),
    )
    assert [fact.rpartition("(")[2] for fact in against(found)] == ["text/z)", "text/a)", "text/b)"]


@pytest.mark.parametrize(
    ("reason", "dmarc", "doubted"),
    [
        (Reason.DMARC_FAILED, "pass", True),
        (Reason.SPF_FAILED, "pass", True),
        (Reason.UNAUTHENTICATED, "pass", True),
        (Reason.DMARC_FAILED, "fail", False),
        (Reason.DMARC_FAILED, "none", False),
        (Reason.REVERSE_DNS_FAILED, "pass", False),
        (Reason.SENDER_DOMAIN_INVALID, "pass", False),
        (Reason.POLICY_REJECTED, "fail", True),
        (Reason.POLICY_REJECTED, "pass", False),
        (Reason.TRANSPORT_RULE, "fail", False),
        (Reason.USER_UNKNOWN, "fail", False),
    ],
)
def test_the_returned_message_may_show_otherwise(reason: Reason, dmarc: str, doubted: bool) -> None:
    one = rule("one", reason, "blue")
    found = verdict(one, auth={"dmarc": dmarc})
    assert bool(against(found)) is doubted
    assert (found.confidence < verdict(one).confidence) is doubted
    assert found.reason is reason
    if doubted:
        assert against(found) == [f"against: the returned message shows dmarc={dmarc}"]


# How long it lasts


@pytest.mark.parametrize(
    ("text", "reason", "known", "wanted"),
    [
        ("550 blue", Reason.SPAM, {}, Permanence.PERMANENT),
        ("450 blue", Reason.SPAM, {}, Permanence.TRANSIENT),
        ("5.7.1 blue", Reason.RATE_LIMITED, {}, Permanence.PERMANENT),
        ("4.7.1 blue", Reason.SPAM, {}, Permanence.TRANSIENT),
        ("blue", Reason.USER_UNKNOWN, {}, Permanence.PERMANENT),
        ("blue", Reason.GREYLISTED, {}, Permanence.TRANSIENT),
        ("blue", Reason.MAILBOX_FULL, {}, Permanence.UNKNOWN),
        # the queue ran out: for this message it is over
        ("450 blue", Reason.GREYLISTED, {"expired": True}, Permanence.PERMANENT),
        ("blue", Reason.MAILBOX_FULL, {"expired": True}, Permanence.PERMANENT),
        ("450 blue", Reason.MAILBOX_FULL, {"final": True}, Permanence.PERMANENT),
        # still being tried
        ("550 blue", Reason.USER_UNKNOWN, {"kind": Kind.DELAY}, Permanence.TRANSIENT),
        ("450 blue", Reason.SPAM, {"kind": Kind.DELAY, "expired": True}, Permanence.TRANSIENT),
    ],
)
def test_permanence(text: str, reason: Reason, known: dict[str, Any], wanted: Permanence) -> None:
    assert verdict(rule("one", reason, "blue"), text=text, **known).permanence is wanted


def test_permanence_by_the_words() -> None:
    one = rule("one", Reason.MAILBOX_FULL, "blue", permanence=Permanence.TRANSIENT)
    assert verdict(one).permanence is Permanence.TRANSIENT
    # what the report did goes before what the words promise
    assert verdict(one, final=True).permanence is Permanence.PERMANENT
    lasting = rule("one", Reason.MAILBOX_FULL, "blue", permanence=Permanence.PERMANENT)
    assert verdict(lasting, kind=Kind.DELAY).permanence is Permanence.TRANSIENT


@pytest.mark.parametrize("text", ["550 green", "450 green", "green"])
def test_permanence_without_a_reason(text: str) -> None:
    wanted = {"5": Permanence.PERMANENT, "4": Permanence.TRANSIENT}.get(text[0])
    assert verdict(text=text).permanence is (wanted or Permanence.UNKNOWN)


# Before MAIL there is neither sender, recipient nor content


@pytest.mark.parametrize("reason", [r for r in Reason if r is not Reason.UNDETERMINED])
def test_what_a_refused_login_may_mean(reason: Reason) -> None:
    about_the_mail = MEANING[reason].category in {
        *(Category.RECIPIENT_ADDRESS, Category.RECIPIENT_MAILBOX, Category.RECIPIENT_POLICY),
        *(Category.CONTENT, Category.SUPPRESSED, Category.SENDER_AUTHENTICATION),
    }
    one = rule("one", reason, "blue")
    found = verdict(one, command="AUTH")
    assert (found.reason is Reason.UNDETERMINED) is about_the_mail
    assert verdict(one, command="RCPT").reason is reason
    assert verdict(one).reason is reason


def test_what_is_impossible_does_not_contradict() -> None:
    login = rule("login", Reason.BAD_CREDENTIALS, "thanks for your letter")
    user = rule("user", Reason.USER_UNKNOWN, "blue")
    assert against(verdict(login, user, command="AUTH")) == []
    assert against(verdict(login, user, command="RCPT")) != []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("535 5.7.8 Error: authentication failed", Reason.BAD_CREDENTIALS),
        ("SASL authentication failed; server mx.a.example said: 535 no", Reason.BAD_CREDENTIALS),
        ("534 no", Reason.LOGIN_BLOCKED),
    ],
)
def test_shipped_rules_on_a_refused_login(text: str, reason: Reason) -> None:
    found = judge(weigh_text(text), load_shipped())
    assert found.reason is reason
    assert found.category is Category.SENDER_CREDENTIALS
    assert found.fault is Fault.SENDER_ADMIN


# What is told


def test_facts_in_order_of_weight_each_with_its_place() -> None:
    evidence = Evidence(
        text="550 5.7.1 blue",
        folded="550 5.7.1 blue",
        outer="host mx.example.org said:",
        status="5.7.1",
        reply_code="550",
        command="DATA",
        remote_mta="mx.example.org",
        expired=True,
        auth={"spf": "pass", "dmarc": "fail"},
        format="postfix",
        places={"reply": "there", "status": "elsewhere", "auth": "a header"},
    )
    assert judge(evidence, RuleSet([rule("one", Reason.SPAM, "blue")])).evidence == (
        "reply: 550 5.7.1 blue (there)",
        'rule text/one on "blue": why one',
        "command: DATA",
        "status: 5.7.1 (elsewhere)",
        "refused by: mx.example.org",
        "auth: spf=pass dmarc=fail (a header)",
        "wrapped in: host mx.example.org said: (there)",
        "expired: the queue's time ran out; the last reply is judged",
    )


def test_the_last_resort_takes_off() -> None:
    evidence = Evidence(text="550 blue", folded="550 blue", places={"reply": "text of the notice"})
    rules = RuleSet([rule("one", Reason.SPAM, "blue")])
    known = judge(msgspec.structs.replace(evidence, format="exim"), rules)
    found = judge(evidence, rules)
    assert found.confidence < known.confidence
    assert "against: no format is known that looks so: read by its structure" in found.evidence
    alone = judge(msgspec.structs.replace(evidence, places={}), rules)  # as `explain` asks
    assert alone.confidence == known.confidence


def test_facts_say_where_else_the_words_stood() -> None:
    noticed = msgspec.structs.replace(
        rule("one", Reason.SPAM, "green"), says=(), notice=phrases("in the prose")
    )
    evidence = Evidence(text="550 no", folded="550 no", notice="it is in the prose")
    found = judge(evidence, RuleSet([noticed]))
    assert 'rule text/one on "in the prose" in the notice: why one' in found.evidence
    wrapped = Evidence(text="550 no", folded="550 no", wrapper="very blue")
    found = judge(wrapped, RuleSet([rule("one", Reason.SPAM, "blue")]))
    assert 'rule text/one on "blue" in the wrapping text: why one' in found.evidence


def test_verdicts_are_frozen() -> None:
    found = verdict()
    with pytest.raises(AttributeError):
        found.reason = Reason.SPAM  # type: ignore[misc]


# With a model

SURE: Final = Prediction(
    reason=Reason.SPAM,
    confidence=0.9,
    runner_up=Reason.VIRUS,
    weights=("blue", "__code=550"),
    model="2026.11",
)


def by_model(prediction: Prediction = SURE, *rules: Rule, **known: Any) -> Verdict:
    evidence = weigh_text(REPLY, **known)
    return judge_model(evidence, prediction, judge(evidence, RuleSet(rules)))


def test_model_decides_where_no_rule_does() -> None:
    found = by_model()
    assert (found.reason, found.category) == (Reason.SPAM, Category.CONTENT)
    assert (found.fault, found.advice) == (Fault.SENDER, Advice.FIX_CONTENT)
    assert found.decided_by == "model:2026.11"
    assert found.confidence == 0.9
    assert found.permanence is Permanence.PERMANENT
    assert not undecided(found)
    assert found.evidence[0] == f"reply: {REPLY}"
    assert found.evidence[1].startswith("model: 2026.11 on blue, __code=550")


def test_model_against_a_hint() -> None:
    hint = rule("h", Reason.MAILBOX_FULL, "blue", decides=False)
    found = by_model(SURE, hint)
    assert found.reason is Reason.SPAM
    assert found.confidence < 0.9
    assert against(found) == ["against: hint:text/h would say mailbox-full"]
    same = by_model(SURE, rule("h", Reason.VIRUS, "blue", decides=False))
    assert same.confidence == 0.9


def test_model_against_the_returned_message() -> None:
    wrong = msgspec.structs.replace(SURE, reason=Reason.DMARC_FAILED)
    found = by_model(wrong, auth={"dmarc": "pass"})
    assert found.confidence < 0.9
    assert against(found) == ["against: the returned message shows dmarc=pass"]


def test_model_cannot_say_what_is_impossible() -> None:
    before = judge(weigh_text(REPLY, command="AUTH"), RuleSet([]))
    assert by_model(command="AUTH") == before
    assert undecided(before)


def test_model_without_a_reply() -> None:
    evidence = Evidence()
    found = judge_model(evidence, SURE, judge(evidence, RuleSet([])))
    assert found.evidence[0].startswith("model: ")
