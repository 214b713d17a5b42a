"""What `whybounce evaluate` counts, on a corpus that a person can count, and what it draws."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

import msgspec
import numpy as np
import pytest
from typer.testing import CliRunner, Result

from classifier.cli import app
from classifier.corpus.answers import Answer, Case, ask
from classifier.corpus.evaluation import COLUMNS, ROWS, Evaluation, Part, Share, evaluate
from classifier.corpus.plots import TITLES, draw_plots
from classifier.corpus.samples import read_labelled
from classifier.corpus.sheets import percent
from classifier.evidence import weigh_text
from classifier.model.features import VERSION, grams, read_features
from classifier.model.nested import categories_of
from classifier.model.seen import template_key, write_seen
from classifier.model.store import Card, Weights, save
from classifier.pipeline import Classifier
from classifier.reasons import VOCABULARY, Category, Permanence, Reason

ROOT: Final = Path(__file__).parents[1]

ABOUT: Final = f"""
name       = "mini"
version    = "1"
licence    = "MIT"
provenance = "written"
vocabulary = "{VOCABULARY}"
made       = "by hand, to be counted by hand"
"""

#: The one rule that knows any of these words; no shipped one does.
RULE: Final = """
source = "ours"

[rule.amber]
reason = "policy-rejected"
says   = ["amber gate"]
why    = "The gatekeeper's own words."
hits   = ["550 5.0.0 amber gate closed today"]
misses = ["550 5.0.0 copper toll owed"]
"""

#: Text, label, permanence, and what else is as right. The rule says policy-rejected of amber gates;
#: the model is sure that lanterns are bad-credentials, right or not, would say policy-rejected of
#: copper, which it never decides, and does not know the last.
REPLIES: Final = (
    ("550 5.0.0 amber gate closed today", "policy-rejected", "permanent", ()),  # right
    ("550 5.0.0 amber gate shut tight", "sender-restricted", "transient", ()),  # near
    ("550 5.0.0 amber gate bolted", "user-unknown", "permanent", ("policy-rejected",)),  # as right
    ("550 5.0.0 amber gate ajar", "bad-credentials", "permanent", ()),  # wrong
    ("550 5.0.0 lantern out", "bad-credentials", "permanent", ()),  # right, by the model
    ("550 5.0.0 lantern dim", "policy-rejected", "permanent", ()),  # wrong, by the model
    ("554 5.0.0 copper toll owed", "policy-rejected", "permanent", ()),  # not decided
    ("550 5.0.0 zqx vbn plok", "undetermined", "permanent", ()),  # rightly not decided
)
WORDS: Final = {
    "lantern": Reason.BAD_CREDENTIALS,
    "copper": Reason.POLICY_REJECTED,
    "amber": Reason.USER_UNKNOWN,
}


def write_corpus(folder: Path, replies: Sequence[tuple[Any, ...]] = REPLIES) -> Path:
    folder.mkdir()
    (folder / "corpus.toml").write_text(ABOUT)
    blocks = []
    for text, reason, permanence, others in replies:
        lines = [
            "[[reply]]",
            f'text = "{text}"',
            'provider = "gatehouse"',
            f'reason = "{reason}"',
            f'permanence = "{permanence}"',
            'source = "written"',
            *([f"ambiguous = {list(others)}"] if others else []),
        ]
        blocks.append("\n".join(lines))
    (folder / "mini.toml").write_text("\n\n".join(blocks) + "\n")
    return folder


def write_model(folder: Path, seen: Sequence[str] = ()) -> Path:
    """A model that knows all words but those of the last reply, and goes by three of them."""
    labels = (Reason.BAD_CREDENTIALS, Reason.POLICY_REJECTED, Reason.USER_UNKNOWN)
    categories = categories_of(labels)
    texts = [mask(text) for text, *_ in REPLIES[:-1]]
    words = tuple(sorted({gram for text in texts for gram in grams(text)}))
    weights = np.zeros((len(words), len(labels) + len(categories)), dtype=np.float16)
    column = {
        Category.SENDER_CREDENTIALS: Reason.BAD_CREDENTIALS,
        Category.RECIPIENT_POLICY: Reason.POLICY_REJECTED,
        Category.RECIPIENT_ADDRESS: Reason.USER_UNKNOWN,
    }
    heads = [*labels, *(column[category] for category in categories)]
    for word, reason in WORDS.items():
        weights[words.index(f"={word}")] = [200 * (head is reason) for head in heads]
    card = Card(
        name="hand-made",
        features=VERSION,
        labels=labels,
        thresholds={Category.SENDER_CREDENTIALS: 0.9},
        temperature=1.0,
        curve=(),
        token_weight=0.0,
        known=0.5,
        letters=3,
        samples=3,
        digest="",
        versions={},
        scores={},
        words=words,
        tokens=(),
    )
    arrays = Weights(
        np.ones(len(words), dtype=np.float32), weights, np.zeros(len(heads), dtype=np.float32)
    )
    save(folder, card, arrays)
    write_seen(folder, [template_key("nothing of this"), *(template_key(mask(t)) for t in seen)])
    return folder


def mask(text: str) -> str:
    return read_features(weigh_text(text)).text


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    return write_corpus(tmp_path / "mini")


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    path = tmp_path / "own.toml"
    path.write_text(RULE)
    return path


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return write_model(tmp_path / "model")


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["evaluate", *map(str, arguments)])


def measure(*arguments: str | Path) -> Evaluation:
    result = run(*arguments, "--format", "json")
    assert result.exit_code == 0, result.output
    return msgspec.json.decode(result.stdout, type=Evaluation)


def shares(part: Part) -> dict[str, list[tuple[int, int]]]:
    """Judge: decided, reason right, category right, permanence right."""
    return {
        score.judge: [
            (each.right, each.of)
            for each in (score.decided, score.reason, score.category, score.permanence)
        ]
        for score in part.scores
    }


def table(*rows: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    return rows


# ---- the figures


def test_rules_alone(corpus: Path, rules: Path) -> None:
    evaluation = measure("none", corpus, "--rules", rules)
    assert (evaluation.model, evaluation.seen) == (None, None)
    assert evaluation.corpora == {str(corpus): 8}
    (part,) = evaluation.parts
    assert (part.name, part.failures, part.templates) == ("all", 8, 8)
    assert shares(part) == {
        "rules": [(4, 8), (2, 4), (3, 4), (3, 4)],
        "hints where no rule decides": [(0, 4), (0, 0), (0, 0), (0, 0)],
    }
    assert part.silent == Share(1, 1, 1.0)
    assert part.final.judge == "rules"
    assert part.final.confusion == table(
        (0, 0, 1, 0, 1),
        (0, 0, 0, 0, 0),
        (0, 0, 3, 0, 2),
        (0, 0, 0, 0, 1),
    )


def test_rules_and_model(corpus: Path, rules: Path, model: Path) -> None:
    (part,) = measure(model, corpus, "--rules", rules).parts
    assert part.name == "new to the model"
    assert shares(part) == {
        "rules": [(4, 8), (2, 4), (3, 4), (3, 4)],
        "hints where no rule decides": [(0, 4), (0, 0), (0, 0), (0, 0)],
        "model": [(2, 8), (1, 2), (1, 2), (2, 2)],
        "model where no rule decides": [(2, 4), (1, 2), (1, 2), (2, 2)],
        "rules and model": [(6, 8), (3, 6), (4, 6), (5, 6)],
    }
    credentials, authentication, policy = part.final.missions
    assert credentials.precision == Share(1, 2, 0.5)
    assert credentials.recall == Share(1, 2, 0.5)
    assert (authentication.precision, authentication.recall) == (Share(0, 0, None),) * 2
    assert policy.precision == Share(3, 4, 0.75)
    assert policy.recall == Share(3, 5, 0.6)
    assert part.final.confusion == table(
        (1, 0, 1, 0, 0),
        (0, 0, 0, 0, 0),
        (1, 0, 3, 0, 1),
        (0, 0, 0, 0, 1),
    )


def test_groups(corpus: Path, rules: Path, model: Path) -> None:
    (part,) = measure(model, corpus, "--rules", rules).parts
    assert part.providers == ()  # fewer than ten
    (english,) = part.languages
    assert (english.name, english.wrong) == ("en", Share(3, 8, 0.375))
    groups = {group.name: group for group in part.categories}
    assert groups.keys() == {
        "sender-credentials",
        "recipient-policy",
        "recipient-address",
        "undetermined",
    }
    own = groups["recipient-policy"]
    assert own.decided == Share(3, 4, 0.75)
    assert own.reason == Share(1, 3, 0.333333)
    assert own.category == Share(2, 3, 0.666667)
    # Of copper alone the model guesses rightly; it takes ambers for addresses.
    assert own.model == Share(1, 4, 0.25)


def test_ten_replies_make_a_provider(tmp_path: Path, rules: Path) -> None:
    words = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
    replies = [(f"550 5.0.0 amber gate {word}", *REPLIES[0][1:]) for word in words]
    corpus = write_corpus(tmp_path / "ten", replies)
    (part,) = measure("none", corpus, "--rules", rules).parts
    (provider,) = part.providers
    assert (provider.name, provider.decided.of, provider.wrong.right) == ("gatehouse", 10, 0)


def test_what_the_model_has_seen_is_apart(tmp_path: Path, corpus: Path, rules: Path) -> None:
    model = write_model(tmp_path / "model", [REPLIES[4][0], REPLIES[6][0]])
    evaluation = measure(model, corpus, "--rules", rules)
    assert evaluation.seen == Share(2, 8, 0.25)
    new, seen = evaluation.parts
    assert (new.name, new.failures) == ("new to the model", 6)
    assert (seen.name, seen.failures) == ("seen by the model", 2)
    assert shares(new)["model"] == [(1, 6), (0, 1), (0, 1), (1, 1)]
    assert shares(seen)["model"] == [(1, 2), (1, 1), (1, 1), (1, 1)]
    printed = run(model, corpus, "--rules", rules).stdout
    assert "THE MODEL WAS TRAINED ON SOME OF THESE: 2 of 8 (25.0 %)" in printed
    assert printed.index("New to the model: 6") < printed.index("Seen by the model: 2")


def test_nobody_knows_what_the_model_has_seen(corpus: Path, model: Path) -> None:
    (model / "templates.npy").unlink()
    evaluation = measure(model, corpus)
    assert evaluation.seen is None
    assert [part.name for part in evaluation.parts] == ["all"]
    assert "WHAT THE MODEL LEARNED FROM IS NOT KNOWN" in run(model, corpus).stdout


def test_the_final_verdicts_are_those_of_the_pipeline(
    corpus: Path, rules: Path, model: Path
) -> None:
    classifier = Classifier([rules], model)
    for (text, *_), case in zip(REPLIES, cases_of(corpus, classifier), strict=True):
        verdict, _ = classifier.explain(text)
        assert (case.both.reason, case.both.confidence) == (verdict.reason, verdict.confidence)


def test_the_models_guess_is_what_it_decides(corpus: Path, rules: Path, model: Path) -> None:
    """The guess where it is unsure is read from the same probabilities as a prediction."""
    classifier = Classifier([rules], model)
    for case in cases_of(corpus, classifier):
        answer = case.model
        assert answer is not None
        if answer.decided:
            assert answer.reason is Reason.BAD_CREDENTIALS
            assert answer.confidence >= 0.9
            assert answer.confidence == pytest.approx(answer.rank, abs=1e-3)
    unknown = cases_of(corpus, classifier)[-1].model
    assert unknown is not None
    assert not unknown.says
    assert unknown.rank < 0


def cases_of(corpus: Path, classifier: Classifier) -> list[Case]:
    (labelled,) = read_labelled([corpus]).values()
    return ask(labelled, classifier)


# ---- confidences and coverage, of answers made up here


def made(reason: Reason, confidence: float, **known: Any) -> Answer:
    settings = {"decided": True, "says": True, "about_category": False, "rank": confidence}
    return Answer(reason=reason, permanence=None, confidence=confidence, **(settings | known))


def case(answer: Answer, *accepted: Reason) -> Case:
    return Case(
        accepted=accepted,
        permanence=Permanence.PERMANENT,
        provider="",
        language="",
        template=0,
        seen=False,
        rules=answer,
        model=None,
        both=answer,
    )


def final(*cases: Case) -> Any:
    (part,) = evaluate(cases, None, {"made": len(cases)}, False).parts
    return part.final


RIGHT: Final = Reason.SPF_FAILED
NEAR: Final = Reason.DKIM_FAILED


def test_reliability() -> None:
    found = final(
        case(made(RIGHT, 0.9), RIGHT),
        case(made(RIGHT, 0.9), NEAR),  # a rule's confidence is of the reason
        case(made(RIGHT, 0.5, about_category=True), NEAR),  # a model's of the category
        case(made(RIGHT, 0.0, says=False, decided=False), RIGHT),  # says nothing
    ).reliability
    assert found.count == 3
    assert found.error == pytest.approx((abs(1.8 - 1) + abs(0.5 - 1)) / 3, abs=1e-6)
    assert found.brier == pytest.approx((0.01 + 0.81 + 0.25) / 3, abs=1e-6)
    assert [(each.low, each.high, each.confidence, each.right) for each in found.bins] == [
        (0.4, 0.6, 0.5, Share(1, 1, 1.0)),
        (0.9, 0.95, 0.9, Share(1, 2, 0.5)),
    ]


def test_the_surest_confidence_has_a_bin() -> None:
    found = final(case(made(RIGHT, 1.0), RIGHT)).reliability
    assert (found.error, found.brier) == (0, 0)
    assert [(each.low, each.high) for each in found.bins] == [(0.98, 1.0)]


def test_coverage_counts_what_is_tied_in_proportion() -> None:
    found = final(
        case(made(RIGHT, 0.9), RIGHT),
        case(made(RIGHT, 0.5), NEAR),
        case(made(RIGHT, 0.5), Reason.EXPIRED),
        case(made(RIGHT, 0.0, says=False), RIGHT),
    ).coverage
    points = {point.coverage: (point.category, point.reason) for point in found}
    assert points[0.25] == (1, 1)
    assert points[0.5] == (0.75, 0.5)
    assert points[0.75] == (0.666667, 0.333333)
    assert max(points) == 0.75  # one says nothing, so no line leads over it


def test_a_label_that_allows_another_class_counts_in_its_row() -> None:
    found = final(case(made(Reason.POLICY_REJECTED, 0.9), Reason.EXPIRED, Reason.POLICY_REJECTED))
    row, column = ROWS.index("recipient-policy"), COLUMNS.index("recipient-policy")
    assert found.confusion[row][column] == 1
    assert sum(map(sum, found.confusion)) == 1


# ---- what is printed and written


def test_text_tells_the_figures_of_json(corpus: Path, rules: Path, model: Path) -> None:
    printed = run(model, corpus, "--rules", rules).stdout
    (part,) = measure(model, corpus, "--rules", rules).parts
    for score in part.scores:
        row = next(line for line in printed.splitlines() if re.match(rf"  {score.judge}  ", line))
        cells = re.split(r" {2,}", row.strip())[1:]
        shown = [score.decided, score.reason, score.category, score.permanence]
        decided = f"{score.decided.right} of {score.decided.of}"
        assert cells == [decided, *map(percent, shown)]


def test_output_is_written_and_twice_the_same(
    tmp_path: Path, corpus: Path, rules: Path, model: Path
) -> None:
    pytest.importorskip("matplotlib")
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        result = run(model, corpus, "--rules", rules, "--out", folder)
        assert result.exit_code == 0, result.output
    one, two = ({path.name: path.read_bytes() for path in folder.iterdir()} for folder in folders)
    assert one == two
    assert one.keys() == {"evaluation.md", "evaluation.json", *TITLES}
    assert one["evaluation.json"] == run(model, corpus, "--rules", rules, "-f", "json").stdout_bytes
    page = one["evaluation.md"].decode()
    assert "| rules and model | 6 of 8 | 75.0 % | 50.0 % | 66.7 % | 83.3 % |" in page
    for name, title in TITLES.items():
        picture = one[name].decode()
        assert f"<title>{title}</title>" in picture
        assert "hand-made" in picture  # as a comment beside its letters
        assert "<dc:date>" not in picture
        assert "NaN" not in picture
        root = ElementTree.fromstring(picture)  # noqa: S314 - our own
        assert len(list(root.iter())) > 100


@pytest.mark.parametrize("answer", [made(RIGHT, 1.0), made(RIGHT, 0.0, says=False, decided=False)])
def test_one_failure_can_be_drawn(answer: Answer) -> None:
    pytest.importorskip("matplotlib")
    pictures = draw_plots(evaluate([case(answer, RIGHT)], None, {"made": 1}, False))
    assert pictures.keys() == TITLES.keys()


def test_a_models_name_is_no_mathematics() -> None:
    pytest.importorskip("matplotlib")
    evaluation = evaluate([case(made(RIGHT, 1.0), RIGHT)], "$\\frac$", {"made": 1}, False)
    assert b"$\\frac$" in draw_plots(evaluation)["confusion.svg"]


def test_without_matplotlib_tables_are_written(
    tmp_path: Path, corpus: Path, rules: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    result = run("none", corpus, "--rules", rules, "--out", tmp_path / "out")
    assert result.exit_code == 0
    assert "4 of 8" in result.stdout
    assert "matplotlib is missing" in result.stderr
    assert "pip install 'whybounce[plots]'" in result.stderr
    written = {path.name for path in (tmp_path / "out").iterdir()}
    assert written == {"evaluation.md", "evaluation.json"}


def test_matplotlib_is_loaded_for_plots_alone(corpus: Path) -> None:
    code = (
        "import sys; from classifier.cli import app\n"
        "try: app(['evaluate', 'none', sys.argv[1]])\n"
        "except SystemExit as end: assert not end.code\n"
        "assert 'matplotlib' not in sys.modules\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(corpus)], cwd=ROOT, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr


# ---- what is refused


def test_all_faults_of_a_corpus_are_told(tmp_path: Path, corpus: Path) -> None:
    other = write_corpus(
        tmp_path / "faulty",
        [("550 what", "no-such-reason", "permanent", ()), ("550 {who}", *REPLIES[0][1:])],
    )
    result = run("none", corpus, other)
    assert result.exit_code != 0
    said = str(result.exception)
    assert "reply 1" in said
    assert "no-such-reason" in said
    assert "unknown slot {who}" in said
    assert "mend these first" in said
    assert not result.stdout


def test_a_corpus_without_failures_is_refused() -> None:
    result = run("none", ROOT / "corpora" / "clean", "--no-progress")
    assert result.exit_code != 0
    assert "holds no labelled failure" in str(result.exception)


@pytest.mark.parametrize(
    ("model", "fault"), [("no-such-model", "holds no model"), ("", "holds no model")]
)
def test_no_model_is_refused(corpus: Path, model: str, fault: str) -> None:
    result = run(model, corpus)
    assert result.exit_code != 0
    assert fault in str(result.exception)


def test_no_folder_to_write_to(tmp_path: Path, corpus: Path) -> None:
    (tmp_path / "file").write_text("")
    result = run("none", corpus, "--out", tmp_path / "file")
    assert result.exit_code != 0
    assert "cannot be written" in str(result.exception)


def test_help_has_examples() -> None:
    result = run("--help")
    assert result.exit_code == 0
    assert "whybounce evaluate default mine/" in result.stdout
    assert "Exit status" in result.stdout
