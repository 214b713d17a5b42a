"""Notifications in JSON: streams cut into objects, frames, and whatever else a member may hold."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.notifications import NAMES, looks_like_json, read_notifications
from classifier.objects import split_objects
from classifier.pipeline import Classifier, read_all
from classifier.reasons import Kind

SAMPLES: Final = sorted((Path(__file__).parent / "messages").rglob("*.json"))
BOUNCE: Final = {
    "notificationType": "Bounce",
    "bounce": {
        "bounceType": "Permanent",
        "bounceSubType": "General",
        "bouncedRecipients": [
            {
                "emailAddress": "bob@example.org",
                "status": "5.1.1",
                "diagnosticCode": "smtp; 550 5.1.1 user unknown",
            }
        ],
    },
    "mail": {"messageId": "1", "source": "ada@example.com"},
}


def test_every_service_has_samples() -> None:
    folders = {path.parent.name for path in SAMPLES}
    folders |= {p.parent.name for p in (Path(__file__).parent / "messages").rglob("*.jsonl")}
    assert {f"{name}-json" for name in NAMES} <= folders


# Streams

VALUES: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)
OBJECTS: Final = st.lists(st.dictionaries(st.text(), VALUES, max_size=4), max_size=5)


@given(OBJECTS, st.integers(1, 9), st.booleans(), st.sampled_from([None, 1]))
def test_objects_come_out_of_any_stream(
    objects: list[Any], size: int, as_list: bool, indent: int | None
) -> None:
    whole = (
        json.dumps(objects, indent=indent)
        if as_list
        else "\n".join(json.dumps(each, indent=indent) for each in objects)
    ).encode()
    chunks = [whole[at : at + size] for at in range(0, len(whole), size)]
    assert [json.loads(raw) for raw, _ in split_objects(chunks)] == objects


def test_objects_are_capped_and_keep_their_size() -> None:
    big = b'{"a": "' + b"x" * 1000 + b'"}'
    assert list(split_objects([big, b'{"b": 1}'], cap=50)) == [
        (big[:50], len(big)),
        (b'{"b": 1}', 8),
    ]


def test_an_object_cut_off_comes_as_far_as_it_goes() -> None:
    assert list(split_objects([b'{"a": 1} {"b": "\\'])) == [(b'{"a": 1}', 8), (b'{"b": "\\', 8)]
    assert list(split_objects([b'1, null, "{", ]]'])) == []


# Frames

FRAMES: Final[dict[str, Callable[[Any], Any]]] = {
    "itself": lambda inner: inner,
    "sns": lambda inner: {"Type": "Notification", "TopicArn": "t", "Message": json.dumps(inner)},
    "sqs": lambda inner: {
        "Messages": [
            {
                "MessageId": "1",
                "ReceiptHandle": "r",
                "Body": json.dumps({"Type": "Notification", "Message": json.dumps(inner)}),
            }
        ]
    },
    "lambda": lambda inner: {
        "Records": [{"EventSource": "aws:sns", "Sns": {"Message": json.dumps(inner)}}]
    },
    "eventbridge": lambda inner: {
        "detail-type": "Email Bounced",
        "source": "aws.ses",
        "detail": {
            "eventType": "Bounce",
            **{k: v for k, v in inner.items() if k != "notificationType"},
        },
    },
}


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
def test_ses_in_any_frame(frame: Any) -> None:
    (report,) = read_notifications(json.dumps(frame(BOUNCE)))
    assert (report.kind, report.format) == (Kind.FAILURE, "amazon-ses-json")
    assert [(each.recipient, each.reply_code) for each in report.failures] == [
        ("bob@example.org", "550")
    ]


def test_frames_without_end_are_left() -> None:
    inner: Any = BOUNCE
    for _ in range(12):
        inner = FRAMES["sns"](inner)
    (report,) = read_notifications(json.dumps(inner))
    assert report.kind is Kind.NOT_A_BOUNCE


# What no service sends

HOSTILE: Final = {
    "cut": '{"notificationType": "Bounce", "bounce": {',
    "nested": "[" * 100_000,
    "nested-whole": '{"a":' * 5000 + "1" + "}" * 5000,
    "nul": '{"notificationType": "\\u0000"}',
    "surrogate": '{"notificationType": "Bounce", "bounce": {"bouncedRecipients": [{"emailAddress":'
    ' "\\ud800@example.org"}]}}',
    "number": '{"event": "bounce", "email": 1e999999, "timestamp": 99999999999999999999}',
    "empty": "{}",
    "list": "[]",
    "names-twice": '{"event": "x", "event": "bounce", "email": "a@example.org", "sg_event_id": 1}',
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_json_raises_nothing(text: str) -> None:
    for report in read_all(text.encode()):
        msgspec.json.encode(report.failures)
        assert isinstance(report.kind, Kind)
    assert Classifier().classify(text.encode())


def _mutants(data: Any) -> Iterator[Any]:
    """Copies of `data`, in each of which one member holds something else."""
    others: tuple[Any, ...] = (
        None,
        True,
        7,
        -1.5,
        "",
        "x" * 300,
        [],
        {},
        [None],
        {"a": 1},
        "\x00\x1b[31m",
    )
    places: Any = enumerate(data) if isinstance(data, list) else data.items()
    for key, inner in list(places):
        for other in others:
            copy = list(data) if isinstance(data, list) else dict(data)
            copy[key] = other
            yield copy
        if isinstance(inner, (list, dict)):
            for mutant in _mutants(inner):
                copy = list(data) if isinstance(data, list) else dict(data)
                copy[key] = mutant
                yield copy


@pytest.mark.parametrize("path", SAMPLES[::3], ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_members_of_any_type(path: Path) -> None:
    data = json.loads(path.read_bytes())
    for count, mutant in enumerate(_mutants(data)):
        if count % 7 == 0:  # the rest differ little
            for report in read_notifications(json.dumps(mutant)):
                msgspec.json.encode(report.failures)


def test_what_begins_as_json_is_json() -> None:
    assert looks_like_json(b'\xef\xbb\xbf\n  {"a": 1}')
    assert looks_like_json(b"[]")
    assert not looks_like_json(b"From: ada@example.com\n\n{}")
    assert not looks_like_json(b"")
