"""The model: what it sees, how it is kept, when it is silent, and what it is asked."""

from __future__ import annotations

import gzip
import random
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.errors import OperatorError
from classifier.evidence import Evidence, weigh_text
from classifier.judge import (
    Prediction,
    Verdict,
    compete,
    dispute,
    is_open,
    judge,
    judge_model,
    undecided,
)
from classifier.model import corpus, evaluate, store
from classifier.model.features import VERSION, Features, grams, known, read_features
from classifier.model.report import append
from classifier.model.samples import SAMPLES, read_samples
from classifier.model.scorer import Asked, Model
from classifier.model.validation import (
    VALIDATION,
    Figures,
    Share,
    Validation,
    read_validation,
)
from classifier.pipeline import Classifier
from classifier.reasons import MEANING, Category, Kind, Permanence, Reason
from classifier.rules.engine import RuleSet
from classifier.rules.loader import load_shipped

ROOT: Final = Path(__file__).parents[1]
SHIPPED: Final = ROOT / "models" / "default"
REPLIES: Final = ROOT / "corpora" / "replies"

#: What the rules leave open; the model's answers to these are not fixed here.
OPEN: Final = (
    "550 the signature on your mail does not verify against the key in DNS",
    "554 5.7.1 this relay only serves people who signed on beforehand",
    "550 our company's rules do not permit mail of this sort",
    "550 5.7.1 your host has no name in DNS",
)
NONSENSE: Final = (
    "",
    "550",
    "550 5.7.1",
    "550 no",
    "550 nuqneH, Hab SoSlI' Quch qoH, batlh bIHeghjaj",
    "550 xkcd qwrt zzgh plfm vbnq wrtz kjhg",
    "554 <a@example.org> mx1.example.org [192.0.2.1] 20261124T101112 7f3a9b2c11",
)


@pytest.fixture(scope="module")
def shipped() -> Model:
    return Model.load()


@pytest.fixture(scope="module")
def bold(shipped: Model) -> Model:
    """The shipped model without thresholds: what is silent here does not know the words."""
    card = msgspec.structs.replace(shipped.card, thresholds=dict.fromkeys(Category, 0.01))
    return Model(card, store.load()[1])


def evidences(texts: Sequence[str]) -> list[Evidence]:
    return [weigh_text(text) for text in texts]


def asked_of(texts: Sequence[str]) -> list[Asked]:
    rules = load_shipped()
    return [(evidence, compete(evidence, rules).hits) for evidence in evidences(texts)]


# ---- features


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("550 5.1.1 <jo.doe@mail.example.org>: no such user", "ADDRESS no such user"),
        ("554 Client host [192.0.2.17] rejected", "client host IP rejected"),
        ("554 from 2001:db8::17 to fe80::1 refused", "from IP to IP refused"),
        ("550 see https://example.org/help?id=77&x=y now", "see URL now"),
        ("550 mx1.mail.example.org said goodbye", "HOST said goodbye"),
        ("550-5.7.26 not signed 550 5.7.26 at all", "not signed at all"),
        ("sorry, no mailbox here (#5.1.1)", "sorry no mailbox here"),
        ("452 12 of 4096 used, ref abc123def456", "NUMBER of NUMBER used ref ID"),
        ("550 5.7.1 resolver.rst.authrequired; nope", "resolver rst authrequired nope"),
        (
            "550 no DKIM for it's oauth2 (in reply to end of data command)",
            "no dkim for it's oauth2",
        ),
        ("535 認証に失敗しました。", "認証に失敗しました"),
    ],
)
def test_what_names_somebody_is_masked(text: str, masked: str) -> None:
    assert read_features(weigh_text(text)).text == masked


def test_codes_and_circumstances_are_tokens() -> None:
    evidence = weigh_text("553 5.7.1 not yours", command="MAIL", auth={"dmarc": "fail"})
    assert read_features(evidence).tokens == (
        "__code=553",
        "__status=5.7.1",
        "__detail=7.1",
        "__subject=7",
        "__class=5",
        "__command=MAIL",
        "__dmarc=fail",
    )


def test_what_rules_hint_at_and_what_codes_mean_are_tokens_but_not_what_rules_decide() -> None:
    ((evidence, hits),) = asked_of(["550 5.7.1 Spam: user unknown"])
    assert any(hit.rule.decides and hit.words for hit in hits)
    told = [t for t in read_features(evidence, hits).tokens if t.startswith(("__hint", "__means"))]
    reasons = {str(h.rule.reason) for h in hits if not h.rule.decides or h.place == "codes"}
    assert {each.partition("=")[2] for each in told} == reasons
    ((evidence, hits),) = asked_of(["550 5.1.1 quite"])
    assert "__means=user-unknown" in read_features(evidence, hits).tokens


def test_the_recipients_side_is_no_news() -> None:
    at_mx = weigh_text("550 no", remote_mta="mx.example.org")
    assert not any(token.startswith("__hop") for token in read_features(at_mx).tokens)
    at_relay = weigh_text("535 no")
    assert "__hop=relay" in read_features(at_relay).tokens


@given(st.text(max_size=300))
def test_any_text_has_features(text: str) -> None:
    features = read_features(weigh_text(text))
    assert "@" not in features.text
    assert all(isinstance(gram, str) for gram in grams(features.text))


def test_characters_are_those_of_scikit_learn() -> None:
    text = pytest.importorskip("sklearn.feature_extraction.text")
    analyze = text.CountVectorizer(
        analyzer="char_wb", ngram_range=(3, 5), lowercase=False
    ).build_analyzer()
    sentence = "a be ADDRESS rejected it's 認証に失敗 ab"
    ours = [gram for gram in grams(sentence) if not gram.startswith("=")]
    assert sorted(ours) == sorted(analyze(sentence))


def test_known_counts_words_but_no_masks() -> None:
    assert known("rejected ADDRESS", frozenset(grams("rejected"))) == 1
    assert known("rejected", frozenset(grams("ADDRESS"))) == 0
    assert known("", frozenset()) == 0


# ---- scorer


def small_corpus() -> list[corpus.Sample]:
    samples = corpus.read_replies(REPLIES, RuleSet([]))
    return [sample for sample in samples if MEANING[sample.reason].category in evaluate.MISSION]


def test_scorer_equals_scikit_learn() -> None:
    pytest.importorskip("sklearn")
    from classifier.model import learn

    samples = small_corpus()
    pipeline = learn.fit(learn.make_pipeline(), samples)
    weights, words, tokens = learn.take_weights(pipeline)
    card = store.Card(
        name="test",
        features=VERSION,
        labels=tuple(Reason(label) for label in pipeline.classes_),
        thresholds={},
        temperature=1.0,
        curve=(),
        token_weight=learn.TOKEN_WEIGHT,
        known=0.5,
        letters=8,
        samples=len(samples),
        digest="",
        versions={},
        scores={},
        words=words,
        tokens=tokens,
    )
    model = Model(card, weights)
    asked = [s.features for s in samples] + [read_features(*each) for each in asked_of(OPEN)]
    theirs = pipeline.predict_proba(asked)
    ours = np.array([list(model.probabilities(features).values()) for features in asked])
    assert np.abs(ours - theirs).max() < 1e-3
    assert theirs.max() > 0.9, "nothing was learned, so nothing was compared"


def test_batches_equal_one_by_one(bold: Model) -> None:
    asked = asked_of([*OPEN, *NONSENSE] * 20)
    together = bold.predict(asked)
    assert together == [bold.predict([each])[0] for each in asked]
    assert sum(prediction is not None for prediction in together) >= len(OPEN) // 2


@pytest.mark.parametrize("text", NONSENSE)
def test_silent_on_nonsense(bold: Model, text: str) -> None:
    assert bold.predict(asked_of([text])) == [None]


def test_decides_nothing_below_the_threshold(shipped: Model) -> None:
    sure = msgspec.structs.replace(shipped.card, thresholds=dict.fromkeys(Category, 1.0))
    model = Model(sure, store.load()[1])
    predictions = [each for each in model.predict(asked_of(OPEN)) if each]
    assert len(predictions) >= len(OPEN) // 2
    assert not any(each.decides for each in predictions)


def test_reasons_add_up_to_one_and_the_curve_keeps_their_order(shipped: Model) -> None:
    for each in asked_of(OPEN):
        assert sum(shipped.probabilities(read_features(*each)).values()) == pytest.approx(1)
    steps = [shipped._curve.correct(step / 100) for step in range(101)]
    assert steps == sorted(steps)
    assert 0 < steps[0] < steps[-1] < 1


def test_a_prediction_says_why(bold: Model) -> None:
    (prediction,) = bold.predict(asked_of(OPEN[:1]))
    assert prediction is not None
    assert prediction.reason is Reason.DKIM_FAILED
    assert prediction.runner_up is not prediction.reason
    assert 0 < prediction.confidence <= 1
    assert prediction.weights
    assert not any(weight.startswith(("code=", "class=")) for weight in prediction.weights)


# ---- store


def test_the_shipped_model_is_sound(shipped: Model) -> None:
    card = shipped.card
    assert Category.UNDETERMINED not in card.thresholds
    assert set(card.thresholds) <= set(evaluate.TARGETS)
    assert re.fullmatch(r"[0-9a-f]{64}", card.digest)
    assert {"numpy", "python", "scikit-learn"} <= set(card.versions)


def test_round_trip_is_byte_stable(tmp_path: Path) -> None:
    store.save(tmp_path, *store.load())
    for name in (store.CARD, store.ARRAYS):
        assert (tmp_path / name).read_bytes() == (SHIPPED / name).read_bytes()


def test_the_report_says_what_the_card_says(shipped: Model) -> None:
    text = (SHIPPED / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z-]+)`[^|]*\|[^|]*\|[^|]*\|[^|]*\| ([0-9.]+|never) \|", text, re.M)
    said = {Category(name): float(number) for name, number in rows if number != "never"}
    assert said == dict(shipped.card.thresholds)
    assert {name for name, _ in rows} >= {str(category) for category in evaluate.TARGETS}
    assert shipped.card.digest in text
    assert "corpus is short" in text
    for name, figure in shipped.card.scores.items():
        plain = name in ("calibration_error", "brier", "category_accuracy_open")
        assert plain or f"{100 * figure:.1f}%" in text, name


def test_strangers_words_are_judged_as_well_as_the_card_must_say(shipped: Model) -> None:
    scores = shipped.card.scores
    assert scores["category_accuracy_at_80"] >= 0.93
    assert scores["calibration_error"] <= 0.03


def cut(folder: Path) -> None:
    path = folder / store.ARRAYS
    path.write_bytes(path.read_bytes()[:5000])


def fill_with_noise(folder: Path) -> None:
    (folder / store.ARRAYS).write_bytes(b"no archive at all" * 100)


def spoil_card(folder: Path) -> None:
    (folder / store.CARD).write_text("{")


def put_objects(folder: Path) -> None:
    objects = np.array([{}], dtype=object)
    np.savez(folder / store.ARRAYS, idf=objects, weights=objects, bias=objects)


def change(folder: Path, name: str, to: Callable[[Any], Any]) -> None:
    arrays = msgspec.structs.asdict(store.load(folder)[1])
    np.savez(folder / store.ARRAYS, **(arrays | {name: to(arrays[name])}))


def edit(folder: Path, **changes: object) -> None:
    path = folder / store.CARD
    path.write_bytes(msgspec.json.encode(msgspec.json.decode(path.read_bytes()) | changes))


DAMAGES: Final[dict[str, Callable[[Path], None]]] = {
    "arrays cut": cut,
    "arrays are noise": fill_with_noise,
    "arrays are objects": put_objects,
    "arrays missing": lambda folder: (folder / store.ARRAYS).unlink(),
    "card missing": lambda folder: (folder / store.CARD).unlink(),
    "card is no JSON": spoil_card,
    "one array missing": lambda folder: np.savez(folder / store.ARRAYS, idf=np.zeros(1)),
    "weights too short": lambda folder: change(folder, "weights", lambda a: a[:-1]),
    "weights of another type": lambda folder: change(folder, "weights", lambda a: a.astype("f4")),
    "bias is no number": lambda folder: change(folder, "bias", lambda a: a * np.nan),
    "another feature version": lambda folder: edit(folder, features=VERSION + 1),
    "an unknown reason": lambda folder: edit(folder, labels=["bad-luck"]),
    "a label twice": lambda folder: edit(folder, labels=["spam", "spam"]),
    "a threshold above 1": lambda folder: edit(folder, thresholds={"content": 1.5}),
    "no temperature": lambda folder: edit(folder, temperature=0.0),
    "a curve that falls": lambda folder: edit(folder, curve=[[0.5, 0.6], [0.7, 0.5]]),
    "a curve beyond 1": lambda folder: edit(folder, curve=[[0.5, 0.6], [0.7, 1.5]]),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_model_is_one_fault_with_its_cure(
    damage: Callable[[Path], None], tmp_path: Path
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(SHIPPED, folder)
    Classifier(model=folder)
    damage(folder)
    with pytest.raises(OperatorError, match="whybounce train") as caught:
        Classifier(model=folder)
    assert str(folder) in str(caught.value)


def test_nothing_is_written_where_it_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(OperatorError, match="cannot be written"):
        store.save(tmp_path / "taken", *store.load())


# ---- in the funnel


class Oracle:
    """Stands in for a model: remembers what it is asked and always answers the same."""

    def __init__(self, prediction: Prediction | None) -> None:
        self.prediction = prediction
        self.calls: list[int] = []

    def predict(self, asked: Sequence[Asked]) -> list[Prediction | None]:
        self.calls.append(len(asked))
        return [self.prediction] * len(asked)


GUESS: Final = Prediction(
    reason=Reason.SPF_FAILED,
    confidence=0.99,
    runner_up=Reason.DMARC_FAILED,
    weights=('"spf"', '"not allowed"'),
    model="test-1",
)
UNCLEAR: Final = "550 5.7.1 the gnomes of the third floor would rather not"
CLEAR: Final = "550 5.1.1 User unknown"


def ask(oracle: Oracle, *texts: str) -> tuple[Any, ...]:
    blocks = "".join(
        f"Final-Recipient: rfc822; user{number}@example.org\nAction: failed\nStatus: {text[4:9]}\n"
        f"Diagnostic-Code: smtp; {text}\n\n"
        for number, text in enumerate(texts)
    )
    raw = (
        "From: MAILER-DAEMON@mx.example.net\nSubject: failed\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        "--b\nContent-Type: text/plain\n\nIt failed.\n"
        "--b\nContent-Type: message/delivery-status\n\n"
        f"Reporting-MTA: dns; mx.example.net\n\n{blocks}--b--\n"
    )
    classifier = Classifier()
    classifier._model = oracle  # type: ignore[assignment]
    return classifier.classify(raw.encode())


def test_only_what_rules_leave_open_is_asked_and_in_one_call() -> None:
    oracle = Oracle(GUESS)
    rows = ask(oracle, CLEAR, UNCLEAR, UNCLEAR, CLEAR)
    assert oracle.calls == [2]
    assert [row.reason for row in rows] == [
        "user-unknown", "spf-failed", "spf-failed", "user-unknown",
    ]  # fmt: skip
    assert {row.decided_by for row in rows[1:3]} == {"model:test-1"}
    assert rows[1].confidence == 0.99
    assert 'model: test-1 on "spf", "not allowed"; next would be dmarc-failed' in rows[1].evidence


def test_a_silent_model_leaves_the_verdict_alone() -> None:
    oracle = Oracle(None)
    (row,) = ask(oracle, UNCLEAR)
    assert oracle.calls == [1]
    assert row.decided_by == "none"


def test_an_unsure_model_leaves_the_verdict_and_tells_the_two_likeliest() -> None:
    unsure = msgspec.structs.replace(GUESS, decides=False, share=0.41, next_share=0.2)
    (row,) = ask(Oracle(unsure), UNCLEAR)
    assert (row.reason, row.decided_by) == ("undetermined", "none")
    assert "model: test-1 is not sure: spf-failed 0.41, dmarc-failed 0.20" in row.evidence


def unsure_rule(text: str) -> tuple[Evidence, Verdict]:
    evidence = weigh_text(text)
    verdict = msgspec.structs.replace(judge(evidence, load_shipped()), confidence=0.7)
    assert verdict.category is Category.RECIPIENT_ADDRESS
    assert is_open(verdict)
    return evidence, verdict


def test_a_model_that_strongly_disagrees_lowers_the_confidence_and_nothing_else() -> None:
    evidence, verdict = unsure_rule(CLEAR)
    disputed = dispute(evidence, GUESS, verdict)
    assert disputed.confidence < verdict.confidence
    assert (disputed.reason, disputed.decided_by) == (verdict.reason, verdict.decided_by)
    assert disputed.evidence[-1].startswith("against: model test-1 would say spf-failed (0.99)")


@pytest.mark.parametrize(
    "other", [{"confidence": 0.9}, {"reason": Reason.DOMAIN_UNKNOWN}], ids=["weakly", "agrees"]
)
def test_who_does_not_strongly_disagree_changes_nothing(other: dict[str, Any]) -> None:
    evidence, verdict = unsure_rule(CLEAR)
    assert dispute(evidence, msgspec.structs.replace(GUESS, **other), verdict) is verdict


def test_what_rules_are_sure_of_needs_no_second_opinion() -> None:
    assert not is_open(judge(weigh_text(CLEAR), load_shipped()))


def test_without_a_model_nobody_is_asked() -> None:
    verdict, _ = Classifier(model=None).explain(UNCLEAR)
    assert verdict.reason is Reason.UNDETERMINED


def left_open(evidence: Evidence, **known: Any) -> Verdict:
    verdict = msgspec.structs.replace(judge(evidence, RuleSet([])), **known)
    assert undecided(verdict)
    return verdict


def test_permanence_is_judged_as_by_rules() -> None:
    evidence = weigh_text("450 4.7.1 no spf", kind=Kind.DELAY)
    verdict = judge_model(evidence, GUESS, left_open(evidence))
    assert verdict.permanence is Permanence.TRANSIENT
    assert verdict.fault is MEANING[Reason.SPF_FAILED].fault


def test_a_hint_that_says_otherwise_is_a_doubt() -> None:
    evidence = weigh_text("550 no spf")
    before = left_open(
        evidence, decided_by="hint:text/x", reason=Reason.SPAM, category=Category.CONTENT
    )
    verdict = judge_model(evidence, GUESS, before)
    assert verdict.confidence < GUESS.confidence
    assert any(fact.startswith("against: hint:text/x") for fact in verdict.evidence)


@pytest.mark.parametrize(
    ("share", "reason"), [(0.6, Reason.DKIM_FAILED), (0.97, Reason.SPF_FAILED)]
)
def test_a_hint_names_the_reason_where_the_model_is_sure_of_the_category_alone(
    share: float, reason: Reason
) -> None:
    evidence = weigh_text("550 no spf")
    before = left_open(
        evidence,
        decided_by="hint:text/x",
        reason=Reason.DKIM_FAILED,
        category=Category.SENDER_AUTHENTICATION,
    )
    verdict = judge_model(evidence, msgspec.structs.replace(GUESS, share=share), before)
    assert verdict.reason is reason
    assert verdict.decided_by == "model:test-1"
    assert verdict.confidence == GUESS.confidence


def test_checks_that_passed_are_a_doubt() -> None:
    evidence = weigh_text("550 no spf", auth={"dmarc": "pass"})
    verdict = judge_model(evidence, GUESS, left_open(evidence))
    assert "against: the returned message shows dmarc=pass" in verdict.evidence


def test_at_login_nothing_is_said_about_the_recipient() -> None:
    evidence = weigh_text("550 no", command="AUTH")
    before = left_open(evidence)
    assert judge_model(evidence, GUESS, before) is before


def test_numpy_is_loaded_when_the_first_failure_needs_it() -> None:
    code = (
        "import sys; from classifier import Classifier; c = Classifier();"
        f"c.explain({CLEAR!r}); print('numpy' in sys.modules);"
        f"c.explain({UNCLEAR!r}); print('numpy' in sys.modules, 'sklearn' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "True", "False"]


# ---- corpus, evaluation, training


def test_the_corpus_is_sound() -> None:
    samples = corpus.read_replies(REPLIES, load_shipped())
    assert len(samples) > 1000
    assert {MEANING[sample.reason].category for sample in samples} == set(Category)
    for path in REPLIES.glob("*.toml"):
        if path.name == "corpus.toml":
            continue
        entries = tomllib.loads(path.read_text(encoding="utf-8"))["reply"]
        texts = [(entry["text"], entry["provider"]) for entry in entries]
        assert len(texts) == len(set(texts)), f"{path.name} says something twice"
        assert all(entry["source"].strip() for entry in entries)


def test_faults_of_a_corpus_are_told_together(tmp_path: Path) -> None:
    good = '[[reply]]\ntext="550 no"\nprovider="x"\nreason="spam"\npermanence="permanent"\n'
    (tmp_path / "a.toml").write_text(good + '\n[[reply]]\ntext="550 {colour}"\n')
    (tmp_path / "b.toml").write_text(
        good.replace("spam", "bad-luck")
        + 'source="s"\n'
        + good.replace("550 no", "550 {colour}")
        + 'source="s"\n'
    )
    (tmp_path / "c.toml").write_text("[[reply")
    with pytest.raises(OperatorError) as caught:
        corpus.read_replies(tmp_path, RuleSet([]))
    assert len(caught.value.faults) == 5
    assert any("colour" in fault for fault in caught.value.faults)
    with pytest.raises(OperatorError, match=r"no \.toml file"):
        corpus.read_replies(tmp_path / "none", RuleSet([]))


def test_digest_does_not_know_order() -> None:
    samples = small_corpus()[:50]
    assert corpus.digest(samples) == corpus.digest(samples[::-1])
    assert corpus.digest(samples) != corpus.digest(samples[1:])


def sample(text: str, provider: str = "", reason: Reason = Reason.SPAM) -> corpus.Sample:
    return corpus.Sample(Features(text), reason, provider, open=True, left=True)


def test_near_duplicates_are_one_template() -> None:
    found = corpus.templates(
        [
            sample("relay access denied"),
            sample("mailbox is full"),
            sample("ADDRESS relay access denied"),
            sample("relay access was never denied to anybody in the house"),
        ]
    )
    assert found == [0, 1, 0, 3]


def test_folds_share_neither_provider_nor_template() -> None:
    samples = corpus.unique(corpus.read_replies(REPLIES, load_shipped()))
    near = corpus.templates(samples)
    folds = evaluate.fold(samples, near)
    assert sorted(n for each in folds for n in each.judge) == list(range(len(samples)))
    for each in folds:
        assert len(each.learn) > len(samples) / 2
        for of in (lambda n: near[n], lambda n: samples[n].provider or -n - 1):
            assert not {of(n) for n in each.learn} & {of(n) for n in each.judge}


def test_the_bound_is_wilsons() -> None:
    assert evaluate.bound(71, 71) >= 0.99 > evaluate.bound(70, 70)
    assert evaluate.bound(99, 100) == pytest.approx(0.97753, abs=1e-5)
    assert evaluate.bound(0, 0) == 0


def judged(rights: Sequence[bool]) -> evaluate.Judged:
    """Replies about spam, each judged a little less surely than the one before."""
    labels = (Reason.SPAM, Reason.USER_UNKNOWN)
    logits = np.array([[6 - number / 50, 0.0] for number in range(len(rights))])
    truth = np.array([0 if right else 1 for right in rights])
    number = np.arange(len(rights))
    yes = np.ones(len(rights), dtype=bool)
    accepted = np.stack([truth == 0, truth == 1], axis=1)
    return evaluate.Judged(
        labels, logits, yes, yes, yes, truth, accepted, number % 2, number, number
    )


PLAIN: Final = evaluate.Calibration(1.0)


def test_a_threshold_keeps_its_target() -> None:
    held = judged([True] * 60 + [False] * 60)
    grouped = evaluate.group(held, PLAIN)
    thresholds = evaluate.choose(held, grouped)
    taken = evaluate.decided(held, grouped, thresholds)
    assert 59 <= taken.sum() <= 62
    wins = int(grouped.right[taken].sum())
    assert evaluate.bound(wins, int(taken.sum())) >= evaluate.TARGETS[Category.CONTENT]


def test_what_does_not_stand_the_cross_check_decides_nothing() -> None:
    sure = judged([True] * 200)
    grouped = evaluate.group(sure, PLAIN)
    thresholds = evaluate.choose(sure, grouped)
    assert thresholds
    assert evaluate.keep_proven(sure, grouped, thresholds, evaluate.cross_check(sure)) == thresholds
    # 30 replies keep the target, the 15 of the other fold do not
    few = judged([True] * 30 + [False] * 30)
    grouped = evaluate.group(few, PLAIN)
    thresholds = evaluate.choose(few, grouped)
    assert thresholds
    assert evaluate.keep_proven(few, grouped, thresholds, evaluate.cross_check(few)) == {}


def test_too_few_replies_give_no_threshold() -> None:
    held = judged([True] * 10)
    assert evaluate.choose(held, evaluate.group(held, PLAIN)) == {}


def test_the_curve_tells_how_often_what_is_said_is_right() -> None:
    held = judged([True, False] * 300)  # half right, however sure
    curve = evaluate.calibrate(held)
    assert float(curve.correct(0.99)) == pytest.approx(0.5, abs=0.1)
    assert evaluate.calibration_error(evaluate.cross_check(held).sure, held.truth == 0) < 0.1


def test_the_calibration_error_is_that_of_its_definition() -> None:
    sure, right = np.array([0.95, 0.95, 0.95, 0.5]), np.array([True, True, False, True])
    assert evaluate.calibration_error(sure, right) == pytest.approx(
        0.75 * (0.95 - 2 / 3) + 0.25 * 0.5
    )


def test_the_surest_come_first() -> None:
    held = judged([True] * 60 + [False] * 60)
    assert evaluate.surest(held, PLAIN, 0.25).tolist() == list(range(30))


# ---- training


def few_samples() -> list[corpus.Sample]:
    found = corpus.read_replies(REPLIES, RuleSet([]))
    return [sample for sample in found if sample.provider in {"amazon-ses", "postfix", "qmail"}]


def test_training_from_end_to_end(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    from classifier.model import train

    few = few_samples()
    said: list[str] = []
    trained = train.train({"few": few}, tmp_path / "one", "small", say=said.append)
    assert any("fold 3 of 3" in line for line in said)
    assert Model.load(tmp_path / "one").card == trained.card
    assert read_samples(tmp_path / "one") == list(trained.samples)
    train.train({"few": few}, tmp_path / "two", "small")
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert len(names) == 5
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_the_shipped_model_was_trained_on_what_is_here() -> None:
    rules = load_shipped()
    samples = corpus.unique([*corpus.read_replies(REPLIES, rules), *corpus.read_rules(rules)])
    assert corpus.digest(samples) == store.load()[0].digest, "run `make model`"


def test_what_says_nothing_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    from classifier.model import train

    few = few_samples()
    with pytest.raises(OperatorError, match="too few"):
        train.train({"few": few[:5]}, tmp_path / "m")
    spam = [msgspec.structs.replace(each, reason=Reason.SPAM) for each in few]
    with pytest.raises(OperatorError, match="all replies have the reason spam"):
        train.train({"few": spam}, tmp_path / "m")
    assert not (tmp_path / "m").exists()


@pytest.mark.parametrize(
    "content",
    [b"no gzip", gzip.compress(b'{"reason": "bad-luck"}\n', mtime=0)],
    ids=["noise", "a reason"],
)
def test_damaged_samples_are_one_fault_with_its_cure(content: bytes, tmp_path: Path) -> None:
    (tmp_path / SAMPLES).write_bytes(content)
    with pytest.raises(OperatorError, match="--base none"):
        read_samples(tmp_path)


def test_training_without_scikit_learn_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    from classifier.cli.train import train_model

    for name in [each for each in sys.modules if each.partition(".")[0] == "sklearn"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delitem(sys.modules, "classifier.model.learn", raising=False)
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(OperatorError, match=r"whybounce\[train\]"):
        train_model([REPLIES], Path("nowhere"))


def run_train(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "classifier", "train", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_command_refuses_what_it_cannot_learn_from(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    out = tmp_path / "model"
    done = run_train(str(tmp_path), "--out", str(out))
    assert done.returncode == 2
    assert str(tmp_path) in done.stderr
    assert "Traceback" not in done.stderr
    assert run_train(str(REPLIES)).returncode == 2  # without --out
    done = run_train(str(REPLIES), "--out", str(SHIPPED))
    assert done.returncode == 2
    assert "written over the model" in done.stderr
    assert not out.exists()


STRANGE: Final = {
    "sending-suspended": ("quartz", "lamp", "ledger", "dimmed", "wick"),
    "user-unknown": ("velvet", "drawer", "tag", "hollow", "peg"),
    "policy-rejected": ("granite", "curtain", "decree", "warden", "moat"),
    "spam": ("amber", "sieve", "parcel", "chaff", "husk"),
    "bad-credentials": ("copper", "key", "cog", "turns", "hinge"),
}
TURNS: Final = (
    *("today", "again", "now", "week", "shelf", "says", "and", "so"),
    *("it", "at", "dusk", "by", "noon", "nine", "plum"),
)


def write_strange(folder: Path) -> None:
    """Three hundred replies of a provider that nobody knows, in words of its own."""
    chance = random.Random(1)  # noqa: S311 - made-up words
    lines = []
    for number in range(300):
        reason = chance.choice(list(STRANGE))
        words = [*chance.sample(STRANGE[reason], 3), *chance.sample(TURNS, 5)]
        chance.shuffle(words)
        lines.append(
            f'[[reply]]\ntext = "554 {" ".join(words)}"\nprovider = "written"\n'
            f'reason = "{reason}"\npermanence = "permanent"\nsource = "made up {number}"\n'
        )
    folder.mkdir()
    (folder / "strange.toml").write_text("\n".join(lines), encoding="utf-8")
    about = (
        'name = "strange"\nversion = "1"\nlicence = "MIT"\nmade = "made up"\n'
        'provenance = "written"\nvocabulary = "2026.11"\n'
    )
    (folder / "corpus.toml").write_text(about, encoding="utf-8")


def test_learning_a_strangers_words_is_better_than_not(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    from classifier.model import train

    base, out = tmp_path / "base", tmp_path / "model"
    train.train({"few": few_samples()}, base)  # the shipped one takes minutes
    write_strange(tmp_path / "strange")
    done = run_train(str(tmp_path / "strange"), "--base", str(base), "--out", str(out))
    assert done.returncode == 0, done.stderr
    assert "By category the new model is better" in done.stdout
    assert "better" in (out / "README.md").read_text(encoding="utf-8").split("## Against")[1]


# ---- without the shipped model


def test_without_the_shipped_model_rules_judge_alone_and_say_so_once(tmp_path: Path) -> None:
    copy = tmp_path / "app"
    shutil.copytree(ROOT / "classifier", copy / "classifier")
    mails = "".join(f"From x\nSubject: failed {number}\n\n550 {UNCLEAR}\n\n" for number in "12")
    command = [sys.executable, "-m", "classifier", "classify", "--format", "jsonl", "-"]
    done = subprocess.run(
        command, cwd=copy, input=mails, capture_output=True, text=True, check=False
    )
    assert done.returncode in (0, 1), done.stderr
    assert done.stderr.count("the shipped model is missing, so rules judge alone") == 1
    assert "Traceback" not in done.stderr
    command = [sys.executable, "-m", "classifier", "explain", CLEAR]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=True)
    assert "user-unknown" in done.stdout


# ---- packaging


def test_every_package_is_named() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    named = set(settings["tool"]["setuptools"]["packages"])
    folders = {
        path.parent for kind in ("py", "toml") for path in ROOT.glob(f"classifier/**/*.{kind}")
    }
    found = {".".join(folder.relative_to(ROOT).parts) for folder in folders}
    assert named == found | {"classifier.models.default"}


# What was measured on real bounces


def test_the_readme_tells_what_was_measured_with_this_very_model() -> None:
    kept = read_validation(SHIPPED, store.read_card(SHIPPED).digest)
    assert kept is not None, "`python tests/bench/validation.py` measures it again"
    text = (SHIPPED / "README.md").read_text(encoding="utf-8")
    assert text == append(text, kept)
    assert list(kept.by) == ["rules alone", "the model alone", "both"]


def test_a_model_made_from_anything_else_shows_no_figures_of_another(tmp_path: Path) -> None:
    shutil.copy(SHIPPED / VALIDATION, tmp_path)
    assert read_validation(tmp_path, "another digest") is None
    (tmp_path / VALIDATION).write_bytes(b"{}")
    assert read_validation(tmp_path, store.read_card(SHIPPED).digest) is None
    assert read_validation(tmp_path / "nowhere", "any") is None


def test_figures_are_put_into_a_readme_once() -> None:
    share = Share(0.5, None, 4)
    kept = Validation("d", 2, 4, 0.25, {"both": Figures(0.75, 1.0, {"rate": share})})
    once = append("# model\n\nWords.\n", kept)
    assert once == append(once, kept)
    assert "| both | 75.0% | 100.0% | 50.0%, never |" in once


def test_what_stands_behind_the_figures_in_a_readme_stays() -> None:
    kept = Validation("d", 2, 4, 0.25, {"both": Figures(0.75, 1.0, {"rate": Share(1.0, 1.0, 4)})})
    later = "\n## Against default, on replies new to both\n\nbetter\n"
    again = append(append("# model\n", kept) + later, kept)
    assert later.strip() in again
    assert again.count("## On real bounces") == 1
    assert again == append("# model\n" + later, kept)


#: "Your message was refused because of what it holds", or that there is no such mailbox, in
#: languages that the corpus has nothing of; and words of no server.
FOREIGN: Final = {
    "basque": "550 Ezin izan da mezua entregatu, postontzia ez da existitzen zerbitzari honetan",
    "swahili": "554 Barua pepe yako imezuiwa na kichujio cha taka cha seva yetu",
    "icelandic": "550 Skilaboðin þín voru ekki afhent þar sem pósthólfið finnst ekki",
    "estonian": "554 Teie sõnum lükati tagasi, sest selle sisu on kahtlane",
    "latvian": "550 Jūsu ziņojums tika noraidīts, jo šāda pastkaste neeksistē",
    "lithuanian": "554 Jūsų laiškas atmestas dėl įtartino turinio, kreipkitės į administratorių",
    "albanian": "550 Mesazhi juaj u refuzua sepse kutia postare nuk ekziston",
    "welsh": "550 Ni ellid danfon eich neges gan nad yw'r blwch post yn bodoli",
    "irish": "554 Diúltaíodh do theachtaireacht mar gheall ar ábhar amhrasach",
    "malay": "554 Mesej anda telah ditolak kerana kandungannya mencurigakan",
    "tagalog": "554 Tinanggihan ang iyong mensahe dahil sa kahina-hinalang nilalaman",
    "zulu": "550 Umyalezo wakho unqatshiwe ngoba ibhokisi leposi alikho",
    "slovenian": "554 Vaše sporočilo je bilo zavrnjeno zaradi sumljive vsebine",
    "georgian": "554 თქვენი შეტყობინება უარყოფილია საეჭვო შინაარსის გამო",
    "armenian": "554 Ձեր հաղորդագրությունը մերժվել է կասկածելի բովանդակության պատճառով",
    "hindi": "554 आपका संदेश संदिग्ध सामग्री के कारण अस्वीकार कर दिया गया",
    "thai": "554 ข้อความของคุณถูกปฏิเสธเนื่องจากเนื้อหาที่น่าสงสัย",
    "no server": "554 the yellow submarine sails gently on a sea of green while trumpets play",
    "no words": "554 lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod",
}


@pytest.mark.parametrize("text", FOREIGN.values(), ids=FOREIGN)
def test_what_was_never_learned_is_left_undetermined(text: str) -> None:
    verdict, _ = Classifier().explain(text)
    assert verdict.reason is Reason.UNDETERMINED
