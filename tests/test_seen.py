"""What a model has seen, and what the counts at the end say of what it has not."""

from __future__ import annotations

import io
import os
import tomllib
from pathlib import Path
from typing import Final

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from classifier.cli import app
from classifier.errors import OperatorError
from classifier.model.seen import TEMPLATES, Seen, reply_key, template_key, write_seen
from classifier.novelty import Novelty, in_dispute
from classifier.pipeline import Classifier
from classifier.reasons import Kind
from classifier.rows import Row
from classifier.tally import Tally
from classifier.terminal import Palette

SHIPPED: Final = Path(__file__).parents[1] / "models" / "default"
KEYS: Final = st.lists(st.integers(0, 2**64 - 1), max_size=50)


# Keys


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("550 5.1.1 <ada@example.org>: no such user", "550 5.1.1 <bob@test.example>: no such user"),
        ("554 no such user", "550 5.1.1 No  such\r\n user"),
        (
            "451 busy, try later [VI1PR04CA0113.eurprd04.example 2026-11-24T07:51:12.345Z 08D]",
            "451 busy, try later [AM0PR04CA01.eurprd04.example 2026-11-25T17:01:02.001Z 1A2B3C]",
        ),
        (
            "550 the account is disabled https://example.org/x d2e1a72fcca58-724dd.123 - gsmtp",
            "550 the account is disabled https://example.org/y 41be03b00d2f7 - gsmtp",
        ),
        ("550 blocked by policy", "550 blocked by policy (s3150)"),
    ],
)
def test_replies_of_one_template_have_one_key(one: str, two: str) -> None:
    assert reply_key(one) == reply_key(two) is not None


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("550 no such user", "550 no such domain"),
        ("550 user <a@example.org> is over quota", "550 user is over quota"),
    ],
)
def test_other_words_have_another_key(one: str, two: str) -> None:
    assert reply_key(one) != reply_key(two)


@pytest.mark.parametrize("reply", ["", "550", "550 5.1.1", "<bob@example.org>", "\x00"])
def test_a_reply_without_words_has_no_key(reply: str) -> None:
    assert reply_key(reply) is None


def test_ids_do_not_move_the_end_of_a_long_text() -> None:
    words = " ".join(
        f"word{chr(97 + n % 26)}{chr(97 + n // 26)}".replace("0", "") for n in range(200)
    )
    assert reply_key(f"550 a1b2c3d4e5f6 {words}") == reply_key(f"550 a1 {words}")


@given(st.text(max_size=300))
def test_any_text_has_a_key_of_64_bits(text: str) -> None:
    assert 0 <= template_key(text) < 2**64
    reply_key(text)


# The file


@given(KEYS)
def test_keys_are_an_array_of_numpy(
    tmp_path_factory: pytest.TempPathFactory, keys: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("model")
    write_seen(folder, keys)
    stored = np.load(folder / TEMPLATES, allow_pickle=False)
    assert stored.dtype == np.uint64
    assert stored.tolist() == sorted(set(keys))
    seen = Seen.load(folder)
    assert len(seen) == len(set(keys))
    assert all(key in seen for key in keys)
    assert ((keys[0] + 1) % 2**64 in seen if keys else 0 in seen) == (
        bool(keys) and (keys[0] + 1) % 2**64 in keys
    )


def test_numpy_writes_the_same(tmp_path: Path) -> None:
    for count in (0, 1, 7, 1000, 100_000):
        keys = np.arange(count, dtype="<u8")
        file = io.BytesIO()
        np.save(file, keys)
        write_seen(tmp_path, keys.tolist())
        assert (tmp_path / TEMPLATES).read_bytes() == file.getvalue()


def test_nothing_is_known_without_a_file(tmp_path: Path) -> None:
    assert len(Seen.load(tmp_path)) == 0
    assert len(Seen.load(None)) == 0


def saved(array: object) -> bytes:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=True)  # type: ignore[arg-type]
    return file.getvalue()


GOOD: Final = saved(np.array([1, 2, 3], dtype="<u8"))


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "does not begin"),
        (b"not an array", "does not begin"),
        (GOOD[:20], "no list of unsigned"),
        (GOOD[:-1], "should hold 3 keys"),
        (GOOD + b"\0", "should hold 3 keys"),
        (saved(np.array([3, 2, 1], dtype="<u8")), "not in order"),
        (saved(np.array([1, 1], dtype="<u8")), "not in order"),
        (saved(np.array([1.5])), "no list of unsigned"),
        (saved(np.zeros((2, 2), dtype="<u8")), "no list of unsigned"),
        (saved(np.array([{"a": 1}], dtype=object)), "no list of unsigned"),
        (b"\x93NUMPY\x01\x00\xff\xff" + b" " * 5_000_000, "more than"),
    ],
)
def test_damage_is_named(tmp_path: Path, data: bytes, why: str) -> None:
    (tmp_path / TEMPLATES).write_bytes(data)
    with pytest.raises(OperatorError, match=why) as caught:
        Seen.load(tmp_path)
    assert str(tmp_path / TEMPLATES) in str(caught.value)
    assert "whybounce train" in caught.value.cure


def test_places_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    (tmp_path / TEMPLATES).mkdir()
    with pytest.raises(OperatorError, match="cannot be read"):
        Seen.load(tmp_path)
    with pytest.raises(OperatorError, match="cannot be written"):
        write_seen(tmp_path, [1])


def test_too_many_are_not_written(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="more than"):
        write_seen(tmp_path, range(600_000))
    assert not os.listdir(tmp_path)  # noqa: PTH208


def test_the_shipped_model_has_seen_common_words() -> None:
    seen = Seen.load(SHIPPED)
    assert len(seen) > 1000
    for reply in (
        "550 5.1.1 <a@example.org>: user unknown",
        "550 5.1.1 <a@example.org>: no such user",
    ):
        assert (reply_key(reply) or 0) in seen, reply
    assert (reply_key("550 the box is full of owls, says the vicar") or 0) not in seen


def test_package_data_ships_it() -> None:
    settings = tomllib.loads((SHIPPED.parents[1] / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = settings["tool"]["setuptools"]["package-data"]["*"]
    assert any(Path(TEMPLATES).match(pattern) for pattern in patterns)


# The counts


def failure(reply: str | None = "550 5.1.1 user unknown", **known: object) -> Row:
    fields: dict[str, object] = {
        "origin": "a.eml",
        "kind": Kind.FAILURE,
        "diagnostic_code": reply,
        "category": "recipient-address",
        "reason": "user-unknown",
        "fault": "list-owner",
        "decided_by": "rule:text/one",
    }
    return Row(**(fields | known))  # type: ignore[arg-type]


def abstention(reply: str | None, **known: object) -> Row:
    fields = {"category": "undetermined", "reason": "undetermined", "decided_by": "none"}
    return failure(reply, **(fields | known))


KNOWN: Final = Seen([key for key in [reply_key("550 5.1.1 user unknown")] if key is not None])


def lines(*rows: Row, seen: Seen = KNOWN, width: int = 90) -> list[str]:
    novelty = Novelty(seen)
    for row in rows:
        novelty.add(row)
    return list(novelty.lines(width))


def test_nothing_is_said_of_what_is_known() -> None:
    assert lines() == []
    assert lines(failure(), failure("550 <x@example.org> user unknown")) == []
    # A rule knew the words, so nobody needs to look.
    assert lines(failure("550 never heard of")) == []


def test_providers_are_counted_worst_first() -> None:
    told = lines(
        failure(provider="yahoo"),
        abstention("554 the owl is out", provider="google"),
        abstention("554 <bob@example.org> the owl is in", provider="google"),
        abstention("554 <ada@example.org> the owl is in", provider="google"),
        failure("554 the owl is away", provider="google"),
        failure(evidence=("reply: x", "against: model says spam")),
    )
    assert told == [
        "google: 4 failures, 3 undetermined, 4 in 3 new templates (3 without a rule)",
        "unknown: 1 failure, 1 in dispute",
        "new: 554 <bob@example.org> the owl is in (2 times)",
    ]


def test_without_known_templates_no_words_are_new() -> None:
    assert lines(abstention("554 the owl is out"), seen=Seen()) == [
        "unknown: 1 failure, 1 undetermined"
    ]


def test_at_most_eight_lines_that_fit() -> None:
    rows = [
        abstention(f"554 {'owl ' * n}{'x' * 300}", provider=f"provider-{n}") for n in range(1, 30)
    ]
    for width in (40, 60, 100):
        told = lines(*rows, width=width)
        assert len(told) == 8
        assert told[6] == "and 23 more providers"
        assert max(map(len, told)) <= width


def test_example_is_harmless() -> None:
    told = lines(abstention("554 owl \x1b[2J\u202e\x07 out"))
    assert told[-1].isprintable()


def test_templates_are_held_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("classifier.novelty._MOST_TEMPLATES", 3)
    letters = "abcdefghij"
    (told, _) = lines(*(abstention(f"554 owl {letter}") for letter in letters))
    assert "10 in over 3 new templates" in told


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        ((), False),
        (("reply: against: model",), False),
        (('against: "x" alone would say spam',), False),
        (("reply: x", "against: model base says spam"), True),
    ],
)
def test_disputes_are_those_with_the_model(evidence: tuple[str, ...], expected: bool) -> None:
    assert in_dispute(evidence) is expected


def test_tally_ends_with_what_is_new() -> None:
    tally = Tally("mail", "mails", KNOWN)
    tally.add((abstention("554 the owl is out"), failure()))
    assert list(tally.lines(80, Palette(False)))[-2:] == [
        "  to watch    unknown: 2 failures, 1 undetermined, 1 in 1 new template (1 witho…",
        "              new: 554 the owl is out",
    ]


def test_only_people_wait_for_the_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.eml").write_bytes(b"From: a@example.org\n\nHello.\n")
    loaded: list[object] = []

    def load(folder: object) -> Seen:
        loaded.append(folder)
        return Seen()

    monkeypatch.setattr(Seen, "load", load)
    for form, count in (("jsonl", 0), ("csv", 0), ("table", 1), ("text", 2)):
        result = CliRunner().invoke(app, ["classify", "-f", form, str(tmp_path / "a.eml")])
        assert result.exit_code == 0
        assert len(loaded) == count, form


def test_damaged_templates_are_told_before_any_mail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / TEMPLATES).write_bytes(b"owls")
    monkeypatch.setattr(Classifier, "folder", tmp_path)
    result = CliRunner().invoke(app, ["classify", "-f", "table", "nothing.eml"])
    assert isinstance(result.exception, OperatorError)
    assert TEMPLATES in str(result.exception)
