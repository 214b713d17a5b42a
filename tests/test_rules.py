"""The rules: shipped ones hold what they promise, faulty ones are refused, order says nothing."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from classifier.corpus.folder import read
from classifier.corpus.proofs import prove
from classifier.errors import OperatorError
from classifier.evidence import Evidence, fold, weigh_text
from classifier.judge import judge
from classifier.reasons import Category
from classifier.rules.engine import RuleSet
from classifier.rules.index import Ready
from classifier.rules.lint import lint
from classifier.rules.loader import load, load_shipped, read_file, read_phrase
from classifier.rules.rule import Code, Layer, Phrase, Rule, read_code

SHIPPED: Final = load_shipped()
#: What is known without knowing any provider.
GENERAL: Final = RuleSet([r for r in SHIPPED.rules if r.owner in ("text", "hop", "status")])
CLEAN: Final = Path(__file__).parents[1] / "corpora" / "clean"
HUGE: Final = 100_000  # characters

RULE: Final = """
[rule.full]
reason = "mailbox-full"
says   = ["cupboard is full"]
why    = "Because."
source = "written"
hits   = ["552 the cupboard is full"]
misses = ["552 the cupboard is empty"]
"""

#: A phrase that another holds already, and one that people write who ask about a bounce.
FAULTY: Final = """
source = "written"
[rule.cupboard]
reason = "mailbox-full"
says   = ["cupboard is full", "the cupboard is full"]
notice = ["user unknown"]
why    = "Because."
hits   = ["552 the cupboard is full"]
misses = ["552 the cupboard is empty"]
"""


def reason_of(text: str, rules: RuleSet = GENERAL) -> str:
    return str(judge(weigh_text(text), rules).reason)


# ---- the shipped rules ---------------------------------------------------------------------------


def test_shipped_rules_have_no_faults(tmp_path: Path) -> None:
    """All that `whybounce rules lint --corpus corpora/clean` asks, one faulty rule among them."""
    path = tmp_path / "own.toml"
    path.write_text(FAULTY, encoding="utf-8")
    _, own = read_file(path, Layer.TEXT)
    rules = RuleSet([*SHIPPED.rules, *own], SHIPPED.owners)
    faults = lint(rules, thorough=True)
    proof = prove([read(CLEAN)], rules, rules.rules)
    assert proof.mails > 500
    assert [fault for fault in faults + proof.faults if not fault.startswith("own.toml:")] == []
    assert any("stands wherever that does" in fault for fault in faults)
    assert any('says "user unknown"' in fault for fault in proof.faults)


def test_there_are_rules_of_every_shipped_layer() -> None:
    assert {rule.layer for rule in SHIPPED.rules} == set(Layer) - {Layer.OPERATOR}


def test_patterns_are_linear() -> None:
    re2 = pytest.importorskip("re2")
    patterns = [rule.pattern.pattern for rule in SHIPPED.rules if rule.pattern]
    assert patterns
    for pattern in patterns:
        re2.compile(pattern)


def test_a_why_is_a_sentence() -> None:
    assert [rule.name for rule in SHIPPED.rules if not rule.why.endswith((".", ".)"))] == []


def test_general_rules_cite_nothing_that_nobody_read() -> None:
    assert [rule.name for rule in GENERAL.rules if "unverified" in rule.source] == []


def spoken(rule: Rule) -> str:
    """All phrases of a rule, again and again, to more than `HUGE` characters."""
    phrases = [" ".join(p.parts) for p in (*rule.says, *rule.notice)]
    once = " , ".join(phrases)
    return " , ".join([once] * (HUGE // len(once) + 1))


def test_a_rule_repeated_without_end_is_read_in_one_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = looked = 0
    fires, found_in = Ready.fires, Phrase.found_in

    def count_fires(ready: Ready, evidence: Evidence, owner: str | None) -> bool:
        nonlocal asked
        asked += 1
        return fires(ready, evidence, owner)

    def count_looks(phrase: Phrase, text: str, start: int) -> bool:
        nonlocal looked
        looked += 1
        return found_in(phrase, text, start)

    monkeypatch.setattr(Ready, "fires", count_fires)
    monkeypatch.setattr(Phrase, "found_in", count_looks)
    worded = [rule for rule in SHIPPED.rules if rule.says or rule.notice]
    assert worded
    for rule in worded:
        text = spoken(rule)
        looks = []
        for part in (text[: len(text) // 2], text):
            asked = looked = 0
            hits = SHIPPED.hits(Evidence(folded=part, notice=part), None)
            assert len(hits) <= len(SHIPPED.rules)
            # No rule is asked more than once a place (reply, notice) however often it is named.
            assert asked <= 2 * len(SHIPPED.rules), rule.name
            looks.append(looked)
        assert looks[1] <= 2.2 * looks[0] + 100, f"{rule.name} looks more often than text grows"


def test_a_phrase_of_gaps_looks_no_further_than_its_gap() -> None:
    phrase = read_phrase("mailbox ... full")
    assert phrase is not None
    assert not phrase.found_in("mailbox " + "fuller " * HUGE, 0)
    assert not phrase.found_in("mailbox " + "x" * (Phrase.GAP + 1) + " full", 0)


@pytest.mark.parametrize("seed", range(3))
def test_order_says_nothing(seed: int) -> None:
    rules, owners = list(SHIPPED.rules), list(SHIPPED.owners)
    shuffle = random.Random(seed).shuffle  # noqa: S311
    shuffle(rules)
    shuffle(owners)
    shuffled = RuleSet(rules, owners)
    for rule in SHIPPED.rules:
        for example in (*rule.hits, *rule.misses):
            evidence = example.evidence()
            assert judge(evidence, shuffled) == judge(evidence, SHIPPED), example


def alone(rule: Rule) -> Iterator[tuple[Phrase, Evidence]]:
    """Each phrase of a rule with nothing around it but the circumstances that the rule asks for."""
    code = rule.codes[0] if rule.codes else Code()
    known: dict[str, Any] = {"reply_code": code.reply}
    if code.subject >= 0:
        known["status"] = f"{code.status_class or 5}.{code.subject}.{code.low}"
    for key, wanted in rule.when:
        if key == "class":
            known["reply_code"] = f"{min(wanted)}50"
        else:
            known[key] = min(wanted)
    for phrase in rule.says:
        text = " zz ".join(phrase.parts)
        yield phrase, Evidence(text=text, folded=text, **known)


@pytest.mark.parametrize(
    "rule",
    [
        r
        for r in GENERAL.rules
        if r.owner == "text" and r.decides and r.says and not (r.pattern or r.beside)
    ],
    ids=lambda rule: rule.name,
)
def test_each_phrase_alone_means_what_its_rule_says(rule: Rule) -> None:
    for phrase, evidence in alone(rule):
        assert judge(evidence, GENERAL).reason == rule.reason, phrase.written


# ---- what the mission turns on -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("535 Authentication Credentials Invalid", Category.SENDER_CREDENTIALS),
        (
            (
                "550 5.7.1 TRANSPORT.RULES.RejectMessage; the message was rejected by"
                " organization policy"
            ),
            Category.RECIPIENT_POLICY,
        ),
        (
            "550-5.7.26 This mail has been blocked because the sender is unauthenticated",
            Category.SENDER_AUTHENTICATION,
        ),
    ],
)
@pytest.mark.parametrize("rules", [GENERAL, SHIPPED], ids=["general", "all"])
def test_us_or_them(text: str, category: Category, rules: RuleSet) -> None:
    assert judge(weigh_text(text), rules).category is category


#: Replies that share their words with a reply of another meaning.
CONFUSABLE: Final = {
    # three things called authentication
    "535 5.7.8 authentication failed": "bad-credentials",
    "535 5.7.8 authentication failed: no such user": "bad-credentials",
    "535 5.7.8 authentication failed: account disabled": "login-blocked",
    "535 5.7.8 Error: authentication failed: Connection lost to authentication server": (
        "login-blocked"
    ),
    "530 5.7.0 Authentication required": "authentication-required",
    "550 5.7.1 Authentication required, relaying denied": "authentication-required",
    "553 5.7.1 <a@example.org>: Sender address rejected: not logged in": "authentication-required",
    "550 Unauthenticated senders not allowed": "authentication-required",
    "550 5.7.1 RESOLVER.RST.AuthRequired; authentication required": "sender-restricted",
    "550 5.7.1 authentication required; Delivery restriction check failed because the sender was"
    " not authenticated when sending to this mailbox": "sender-restricted",
    "550 5.7.1 requires that all senders be authenticated": "sender-restricted",
    "550 5.7.1 Email authentication is required to send to this domain": "unauthenticated",
    "550 5.7.26 This message failed authentication checks": "unauthenticated",
    "550 Unauthenticated mail not allowed from this range": "policy-rejected",
    # who may send as whom
    "550 192.0.2.7 is not allowed to send mail from example.com": "spf-failed",
    "550 5.7.1 not allowed to send as joe@example.com": "sender-not-permitted",
    "550 5.7.1 You are not allowed to send to this group": "sender-restricted",
    "553 5.7.1 <a@example.org>: Sender address rejected: not owned by user b": (
        "sender-not-permitted"
    ),
    "554 5.7.1 <a@example.org>: Sender address rejected: Access denied": "sender-blocked",
    "450 4.1.8 <a@example.org>: Sender address rejected: Domain not found": (
        "sender-domain-invalid"
    ),
    # one check or all of them
    "550 5.7.1 rejected by DMARC policy (spf=fail dkim=fail)": "dmarc-failed",
    "550 5.7.1 blocked for failing both SPF and DKIM": "unauthenticated",
    "550 Reject due to SPF policy": "spf-failed",
    "554 Reject due to policy restrictions": "policy-rejected",
    # the same refusal, other cause
    "554 5.7.1 <b@example.net>: Recipient address rejected: Access denied": "policy-rejected",
    "554 5.7.1 <b@example.net>: Relay access denied": "relay-denied",
    "554 5.7.1 Relay access denied; you must authenticate first": "authentication-required",
    "550 5.7.1 Relaying denied. IP name lookup failed [192.0.2.7]": "relay-denied",
    "550 5.7.1 Access denied. IP name lookup failed [192.0.2.7]": "reverse-dns-failed",
    "554 5.7.1 Client host [192.0.2.7] blocked using zen.spamhaus.org": "ip-blocklisted",
    "554 5.7.1 Client host [192.0.2.7] blocked using zen.spamhaus.org; Error: open resolver": (
        "system-error"
    ),
    "554 5.7.1 Sender address [a@example.org] blocked using dbl.spamhaus.org": (
        "domain-blocklisted"
    ),
    "421 4.7.1 Client host [192.0.2.7] blocked using grey.example.net; Greylisting in action": (
        "greylisted"
    ),
    "554 Connection refused. This IP address is listed on the Policy Block List": "ip-blocklisted",
    "connect to mx.example.net[192.0.2.25]:25: Connection refused": "network-failure",
    # whose account, whose quota, whose size
    "550 5.2.1 The account has been disabled": "mailbox-disabled",
    "554 5.7.1 Your account has been disabled because of spam": "sending-suspended",
    "552 5.2.2 Quota exceeded": "mailbox-full",
    "550 5.4.5 Daily sending quota exceeded": "sending-suspended",
    "450 4.7.3 Organization queue quota exceeded": "rate-limited",
    "552 5.2.2 Mailbox size limit exceeded": "mailbox-full",
    "552 5.3.4 message size exceeds size limit": "message-too-large",
    "552 Insufficient disk space for user b": "mailbox-full",
    "452 4.3.1 Insufficient disk space": "system-full",
    "cannot update mailbox /var/mail/b for user b. error writing message: File too large": (
        "mailbox-full"
    ),
    # whose domain, and is it sure
    "Host or domain name not found. Name service error for name=example.net type=MX: Host not"
    " found": "domain-unknown",
    "Host or domain name not found. Name service error for name=example.net type=MX: Host not"
    " found, try again": "dns-failure",
    "450 4.7.1 <mx.example.org>: Helo command rejected: Host not found": "reverse-dns-failed",
    "556 5.1.10 Domain example.net does not accept mail (nullMX)": "domain-not-accepting",
    "550 example.net does not accept mail from you": "sender-blocked",
    "550 Too many invalid recipients": "poor-reputation",
    "550 Invalid recipient": "user-unknown",
    "452 4.5.3 Too many recipients": "too-many-recipients",
    # words in an address, a link or a subject
    "550 5.1.1 <dmarc@example.net>: Recipient address rejected: User unknown": "user-unknown",
    "550 No such user here, see our spam policy at http://www.example.net/spam-policy.html": (
        "user-unknown"
    ),
    '550 message with subject "Login failed" rejected as spam': "spam",
    "554 5.7.1 message rejected as spam; virus scan clean": "spam",
    # time and its cause
    "mailbox is full: retry timeout exceeded": "mailbox-full",
    "retry timeout exceeded": "expired",
    "451 4.4.1 no more; message expired": "network-failure",
    # nothing said
    "550 5.7.1 no": "undetermined",
    "554 refused": "undetermined",
    "421": "undetermined",
}


@pytest.mark.parametrize(("text", "reason"), CONFUSABLE.items())
def test_likeness_of_words_does_not_confuse(text: str, reason: str) -> None:
    assert reason_of(text) == reason


def test_the_edge_of_exchange_online_says_denied_where_it_knows_nobody() -> None:
    refused = "550 5.4.1 [b@example.net]: Recipient address rejected: Access denied"
    assert reason_of(refused, SHIPPED) == "user-unknown"


# ---- how phrases and codes are read --------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "text", "found"),
    [
        ("user unknown", "<b@example.net> user unknown", True),
        ("user unknown", "superuser unknown", False),
        ("user unknown", "user unknownst", False),
        ("exceed*", "quota exceeded", True),
        ("*voll", "postfachvoll", True),
        ("*voll", "vollmond", False),
        ("mailbox ... full", "mailbox for b is full", True),
        ("mailbox ... full", "mailbox is fuller than full", True),
        ("mailbox ... full", "mailbox is fuller", False),
        ("a b c ... d e f ... g", "a b c x d e f y g", True),
        ("a b c ... d e f ... g", "a b c x g y d e f", False),
        ("*邮箱已满*", "您的邮箱已满了", True),
    ],
)
def test_phrases_keep_to_words(written: str, text: str, found: bool) -> None:
    phrase = read_phrase(written)
    assert phrase is not None
    start = text.find(phrase.parts[0])
    assert start >= 0
    assert phrase.found_in(text, start) is found


def test_folds_quotes_and_case_do_not_count() -> None:
    lines = "550-5.1.1 The User\u2019s\r\n550-5.1.1   MAILBOX\t is\r\n550 full"
    assert "the user's mailbox is" in fold(lines)


@pytest.mark.parametrize(
    ("code", "reply", "status", "fits"),
    [
        ("550", "550", None, True),
        ("550", "551", "5.5.0", False),
        ("x.7.26", "550", "5.7.26", True),
        ("x.7.26", "421", "4.7.26", True),
        ("5.7.1", "450", "4.7.1", False),
        ("5.7.1", "550", "5.7.10", False),
        ("5.7.606-649", "550", "5.7.606", True),
        ("5.7.606-649", "550", "5.7.650", False),
        ("550 5.7.1", "554", "5.7.1", False),
        ("550 5.7.1", "550", "5.7.1", True),
        ("x.7.1", "550", None, False),
    ],
)
def test_codes(code: str, reply: str | None, status: str | None, fits: bool) -> None:
    read = read_code(code)
    assert read is not None
    assert read.fits(reply, status) is fits


@pytest.mark.parametrize("code", ["", "5", "5.7", "650", "3.1.1", "x.7.x", "550 ", "550 550", "*"])
def test_what_is_no_code(code: str) -> None:
    assert read_code(code) is None


# ---- faulty files --------------------------------------------------------------------------------


def write(folder: Path, text: str, name: str = "own.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def faults_of(folder: Path, text: str) -> str:
    with pytest.raises(OperatorError) as caught:
        read_file(write(folder, text), Layer.OPERATOR)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "fires"),
    [
        ("552 the cupboard is full", True),
        ("552 the cupboard is full, said the moon", True),
        ("552 the cupboard is full of spoons", False),
        ("552 the moon of spoons says: the cupboard is full", False),
        ("552 the cupboard is full of spoonfuls", True),
    ],
)
def test_unless_keeps_a_rule_from_firing(tmp_path: Path, text: str, fires: bool) -> None:
    unless = 'unless = ["of spoons", "knives ... forks"]'
    _, rules = read_file(write(tmp_path, f"{RULE}{unless}\n"), Layer.OPERATOR)
    assert bool(RuleSet(rules).hits(weigh_text(text), None)) is fires


@pytest.mark.parametrize(
    ("text", "fires"),
    [
        ("552 the cupboard is full", False),
        ("552 the cupboard is full @ home", True),
        ("552 the cupboard is full of spoons", True),
        ("552 the cupboard is full of spoonfuls", False),
        ("552 knives: the cupboard is full, and so are forks", True),
    ],
)
def test_beside_asks_for_one_of_its_phrases(tmp_path: Path, text: str, fires: bool) -> None:
    beside = 'beside = ["spoons", "knives ... forks", "@"]'
    _, rules = read_file(write(tmp_path, f"{RULE}{beside}\n"), Layer.OPERATOR)
    assert bool(RuleSet(rules).hits(weigh_text(text), None)) is fires


@pytest.mark.parametrize(
    ("text", "fires"),
    [
        ("552 5.3.0 the cupboard is full", True),
        ("552 <joe@example.com>: the cupboard is full! id=4f2c-17 mx.example.org", True),
        ("552 the cupboard is full, says the moon", False),
        ("552 the cupboard is full 満杯", False),
    ],
)
def test_only_wants_no_other_word(tmp_path: Path, text: str, fires: bool) -> None:
    only = 'only = ["the", "Cupboard", "is", "full"]'
    _, rules = read_file(write(tmp_path, f"{RULE}{only}\n"), Layer.OPERATOR)
    assert bool(RuleSet(rules).hits(weigh_text(text), None)) is fires


def test_a_good_file_is_read(tmp_path: Path) -> None:
    owner, rules = read_file(write(tmp_path, RULE), Layer.OPERATOR)
    assert owner.name == "own"
    assert [(rule.name, rule.layer, rule.where) for rule in rules] == [
        ("own/full", Layer.OPERATOR, "own.toml:2")
    ]


def test_all_faults_are_said_at_once_with_their_lines(tmp_path: Path) -> None:
    said = faults_of(
        tmp_path,
        """
hosts = ["example.net"]
colour = "green"

[rule.one]
reason = "no-such-reason"
says   = ["words"]
why    = "Because."
source = "written"
hits   = ["words"]
misses = ["none"]

[rule.two]
reason = "spam"
sayz   = ["words"]
why    = "Because."
hits   = [{text = "words", comand = "AUTH"}]
misses = ["none"]

[rule.three]
reason = "spam"
says   = ["aa", 5]
codes  = ["5.7"]
when   = {weather = "fine"}
over   = "one"
strength = "rather"
permanence = "often"
source = "written"
hits   = [{text = "aa", hop = "moon"}]
""",
    )
    expected = [
        "host 'example.net' has no leading dot; write '.example.net'",
        "unknown key 'colour'",
        "line 5: [rule.one] reason: 'no-such-reason' is none of",
        "line 5: [rule.one] has no reason",
        "line 13: [rule.two] unknown key 'sayz'",
        "line 13: [rule.two] has no source; give one here or at the head of the file",
        "line 13: [rule.two] fires on everything; give says, notice, codes or when",
        "line 13: [rule.two] hits: Object contains unknown field `comand`",
        "line 20: [rule.three] has no 'why'",
        "line 20: [rule.three] has no 'misses'",
        "line 20: [rule.three] says: 'aa' is too short to be looked for",
        "line 20: [rule.three] says: 5 is too short to be looked for",
        "line 20: [rule.three] codes: '5.7'; write",
        "line 20: [rule.three] when: unknown 'weather'",
        "line 20: [rule.three] over is a list of names of rules",
        "line 20: [rule.three] strength is 'decides' or 'hint'",
        "line 20: [rule.three] permanence: 'often' is none of",
        "line 20: [rule.three] hits: Invalid enum value 'moon'",
    ]
    missing = [fault for fault in expected if fault not in said]
    assert not missing, said
    assert len(said.splitlines()) == len(expected), said


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+", "(a+b?)+", "(a|ab)*", "(?:a{1,9}){1,9}", "((a+)b)*", "([ab]*,)+", "a*b*c*d",
        "(?=a)b", "(?<!a)b", r"(a)\1", "(?P<x>a)(?P=x)", "a(", "a" * 401, "a**",
    ],
)  # fmt: skip
def test_patterns_that_may_not_be_linear_are_refused(tmp_path: Path, pattern: str) -> None:
    assert "[rule.full] pattern: " in faults_of(tmp_path, RULE + f"pattern = '{pattern}'\n")


@pytest.mark.parametrize(
    "pattern",
    [r"\d+\.\d+", "(?:one|two) three", r"[*+)(]+", r"\(\w{1,9}\)+", "(a)+", "(?:x y)?", "a{3}b?"],
)
def test_plain_patterns_are_taken(tmp_path: Path, pattern: str) -> None:
    _, rules = read_file(write(tmp_path, RULE + f"pattern = '{pattern}'\n"), Layer.OPERATOR)
    assert rules[0].pattern is not None


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[rule.full", "is not TOML"),
        ("rule = 3", "rule is no table"),
        ("[rule]\nfull = 3", "[rule.full] is no table"),
        ("layer = 'attic'" + RULE, "layer 'attic' is none of"),
        (RULE.replace('["cupboard is full"]', '"cupboard is full"'), "says is a list of phrases"),
        (RULE + "when = 'AUTH'", "when is a table"),
    ],
)
def test_a_file_that_is_no_file_of_rules(tmp_path: Path, text: str, fault: str) -> None:
    assert fault in faults_of(tmp_path, text)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="cannot be read"):
        read_file(tmp_path / "none.toml", Layer.OPERATOR)


# ---- an operator's own rules ---------------------------------------------------------------------


def test_an_operators_rule_stands_above_all(tmp_path: Path) -> None:
    own = RULE.replace("cupboard is full", "user unknown").replace("cupboard is empty", "no")
    write(tmp_path, own)
    text = "550 5.1.1 the user unknown"
    assert reason_of(text, SHIPPED) == "user-unknown"
    verdict = judge(weigh_text(text), load([tmp_path]))
    assert (verdict.reason, verdict.decided_by) == ("mailbox-full", "rule:own/full")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (RULE.replace("552 the cupboard is full", "552 no"), "does not fire on its hit '552 no'"),
        (RULE.replace("is empty", "is full"), "fires on its miss '552 the cupboard is full'"),
        (RULE + 'over = ["nobody"]\n', "goes over own/nobody, which does not exist"),
        (
            RULE + RULE.replace(".full", ".spam").replace("mailbox-full", "spam"),
            "own/spam (spam) fires too on the hit",
        ),
        (
            RULE
            + 'over = ["spam"]\n'
            + RULE.replace(".full", ".spam").replace("mailbox-full", "spam")
            + 'over = ["full"]\n',
            "own/full and own/spam go over each other",
        ),
        (
            RULE
            + RULE.replace(".full", ".spam").replace("mailbox-full", "spam")
            + 'over = ["full"]\n',
            "own/spam (spam) goes over it on the hit",
        ),
    ],
)
def test_an_operators_rules_are_tried_when_they_are_loaded(
    tmp_path: Path, text: str, fault: str
) -> None:
    write(tmp_path, text)
    with pytest.raises(OperatorError) as caught:
        load([tmp_path])
    assert fault in str(caught.value)


def test_the_faults_of_all_files_of_a_folder_are_said(tmp_path: Path) -> None:
    write(tmp_path, RULE.replace("mailbox-full", "no"), "a.toml")
    write(tmp_path, RULE.replace("mailbox-full", "none"), "b.toml")
    with pytest.raises(OperatorError) as caught:
        load([tmp_path])
    assert "a.toml: line 2: [rule.full] reason: 'no'" in str(caught.value)
    assert "b.toml: line 2: [rule.full] reason: 'none'" in str(caught.value)


def test_a_folder_without_rules(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match=r"holds no \.toml file"):
        load([tmp_path])
