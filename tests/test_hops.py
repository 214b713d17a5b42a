"""The way of a returned message, from its Received fields."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.hops import ReceivedHop, read_hops

POSTFIX = (
    "from relay.example.com (relay.example.com [192.0.2.1]) by mx.example.org (Postfix) with ESMTPS"
    " id 4ABC for <bob@example.org>; Tue, 24 Nov 2026 07:51:50 +0000 (UTC)"
)
SUBMITTED = (
    "from [198.51.100.7] (client.example.com [198.51.100.7]) by relay.example.com with ESMTPSA"
    " id 1kXYZ; Tue, 24 Nov 2026 08:51:40 +0100"
)


def test_first_hop_first() -> None:
    first, second = read_hops([POSTFIX, SUBMITTED])
    assert first.by == "relay.example.com"
    assert first.protocol == "ESMTPSA"
    assert first.date is not None
    assert first.date.startswith("2026-11-24T07:51:40")
    assert second.taken_from == "relay.example.com"
    assert second.by == "mx.example.org"
    assert second.protocol == "ESMTPS"
    assert second.date is not None
    assert second.date.startswith("2026-11-24T07:51:50")


def test_nothing_received() -> None:
    assert read_hops([]) == ()


@pytest.mark.parametrize("line", ["", "garbage", "; ;", "(" * 3000, "from ", "by", "\x00"])
def test_lines_that_say_nothing_are_left_out(line: str) -> None:
    hops = read_hops([POSTFIX, line, SUBMITTED])
    assert [hop.by for hop in hops] == ["relay.example.com", "mx.example.org"]


def test_a_hop_without_a_date() -> None:
    (hop,) = read_hops(["from a.example by b.example with SMTP id 1"])
    assert hop.by == "b.example"
    assert hop.date is None


def test_a_date_that_is_none() -> None:
    (hop,) = read_hops(["from a.example by b.example with SMTP; Tue, 99 Foo 2026 07:51:50 +0000"])
    assert hop == ReceivedHop(taken_from="a.example", by="b.example", protocol="SMTP")


def test_number_and_length_are_bounded() -> None:
    assert len(read_hops([POSTFIX] * 1000)) == 64
    (hop,) = read_hops(["from a.example by b.example " + "x" * 100_000])
    assert hop.by is None or len(hop.by) < 4096


@given(st.lists(st.text(max_size=100), max_size=4))
def test_any_lines(lines: list[str]) -> None:
    for hop in read_hops(lines):
        assert hop.by


@given(
    st.lists(
        st.lists(
            st.sampled_from(
                [
                    "from ",
                    "by ",
                    "with ",
                    "id ",
                    "for ",
                    "; ",
                    "(",
                    ")",
                    "[",
                    "]",
                    "<a@b.example>",
                    "a.example ",
                    "ESMTP ",
                    "Tue, 24 Nov 2026 07:51:50 +0000",
                    "99 ",
                    "envelope-from ",
                ]
            ),
            max_size=14,
        ).map("".join),
        max_size=3,
    )
)
def test_any_order_of_clauses(lines: list[str]) -> None:
    read_hops(lines)
