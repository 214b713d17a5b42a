"""Authentication-Results in the forms that providers write, and in those that would do harm."""

from __future__ import annotations

from typing import Final

import authres
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier import authres as ours
from classifier.authres import Auth, Result, Results, aligns, read_auth, read_results
from classifier.headers import Headers

# The forms, by who writes them: value, authserv-id, results, properties of the first result.
FORMS: Final[dict[str, tuple[str, str | None, list[tuple[str, str]], dict[str, str]]]] = {
    "google": (
        (
            "mx.google.com; dkim=pass header.i=@example.com header.s=s1 header.b=AbCdEf12;"
            " spf=pass (google.com: domain of ada@example.com designates 192.0.2.1 as permitted"
            " sender) smtp.mailfrom=ada@example.com;"
            " dmarc=pass (p=NONE sp=NONE dis=NONE) header.from=example.com"
        ),
        "mx.google.com",
        [("dkim", "pass"), ("spf", "pass"), ("dmarc", "pass")],
        {"header.i": "@example.com", "header.s": "s1", "header.b": "AbCdEf12"},
    ),
    "google with arc": (
        (
            'mx.google.com; dkim=pass header.i=@example.com header.s=s1 header.b="k3/w;=+";'
            " arc=pass (i=2 spf=pass spfdomain=example.com dkim=pass dkdomain=example.com"
            " dmarc=pass fromdomain=example.com); spf=softfail (google.com: domain of"
            " transitioning ada@example.com does not designate 192.0.2.1) smtp.mailfrom=a@b.example"
        ),
        "mx.google.com",
        [("dkim", "pass"), ("arc", "pass"), ("spf", "softfail")],
        {"header.i": "@example.com", "header.s": "s1"},
    ),
    "microsoft": (
        (
            "spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=example.com; dkim=pass (signature was"
            " verified) header.d=example.com;dmarc=pass action=none"
            " header.from=example.com;compauth=pass reason=100"
        ),
        None,
        [("spf", "pass"), ("dkim", "pass"), ("dmarc", "pass"), ("compauth", "pass")],
        {"smtp.mailfrom": "example.com"},
    ),
    "microsoft with a domain between": (
        (
            "spf=fail (sender IP is 192.0.2.1) smtp.mailfrom=example.com; contoso.example;"
            " dkim=none (message not signed) header.d=none;contoso.example; dmarc=fail"
            " action=oreject header.from=example.com;"
        ),
        None,
        [("spf", "fail"), ("dkim", "none"), ("dmarc", "fail")],
        {"smtp.mailfrom": "example.com"},
    ),
    "microsoft internal": (
        (
            "dkim=none (message not signed) header.d=none;dmarc=none action=none"
            " header.from=example.com;"
        ),
        None,
        [("dkim", "none"), ("dmarc", "none")],
        {"header.d": "none"},
    ),
    "yahoo": (
        (
            "atlas-production.v2-mail-prod1-gq1.omega.yahoo.com; dkim=pass header.i=@example.com"
            " header.s=s1; spf=pass smtp.mailfrom=example.com;"
            " dmarc=pass(p=REJECT) header.from=example.com;"
        ),
        "atlas-production.v2-mail-prod1-gq1.omega.yahoo.com",
        [("dkim", "pass"), ("spf", "pass"), ("dmarc", "pass")],
        {"header.i": "@example.com", "header.s": "s1"},
    ),
    "yahoo, undecided": (
        (
            "mta1.mail.yahoo.com; dkim=unknown; spf=none smtp.mailfrom=example.com;"
            " dmarc=unknown header.from=example.com;"
        ),
        "mta1.mail.yahoo.com",
        [("dkim", "unknown"), ("spf", "none"), ("dmarc", "unknown")],
        {},
    ),
    "fastmail": (
        (
            "mx4.messagingengine.com; arc=none (no signatures found); bimi=skipped (DMARC Policy is"
            " not at enforcement); dkim=pass (2048-bit rsa key sha256) header.d=example.com"
            " header.i=@example.com header.b=AbCdEf12 header.a=rsa-sha256 header.s=s1 x-bits=2048;"
            " dmarc=pass policy.published-domain-policy=none header.from=example.com;"
            " iprev=pass smtp.remote-ip=192.0.2.1 (mx.example.com); spf=pass"
            " smtp.mailfrom=ada@example.com smtp.helo=mx.example.com; x-aligned-from=pass"
            " (Address match); x-ptr=pass smtp.helo=mx.example.com policy.ptr=mx.example.com"
        ),
        "mx4.messagingengine.com",
        [
            *(("arc", "none"), ("bimi", "skipped"), ("dkim", "pass"), ("dmarc", "pass")),
            *(("iprev", "pass"), ("spf", "pass")),
        ],
        {},
    ),
    "opendkim": (
        (
            "relay.example.com; dkim=pass (2048-bit key; unprotected) header.d=example.com"
            ' header.i=@example.com header.a=rsa-sha256 header.s=s1 header.b="Ab+C/dEf"'
        ),
        "relay.example.com",
        [("dkim", "pass")],
        {
            "header.d": "example.com",
            "header.i": "@example.com",
            "header.a": "rsa-sha256",
            "header.s": "s1",
            "header.b": "Ab+C/dEf",
        },
    ),
    "nested comments": (
        (
            'mx.example.org (a (b; spf=fail) c) 1; spf=pass (x (y; dkim=fail (\\) z)) " ;)'
            " smtp.mailfrom=example.com"
        ),
        "mx.example.org",
        [("spf", "pass")],
        {"smtp.mailfrom": "example.com"},
    ),
    "nothing done": ("mx.example.org 1; none", "mx.example.org", [], {}),
    "amazon": (
        (
            "amazonses.com; spf=pass (spfCheck: domain of example.com designates 192.0.2.1 as"
            " permitted sender) client-ip=192.0.2.1; envelope-from=ada@example.com;"
            " helo=mx.example.com; dkim=pass header.i=@example.com; dmarc=pass"
            " header.from=example.com;"
        ),
        "amazonses.com",
        [("spf", "pass"), ("dkim", "pass"), ("dmarc", "pass")],
        {},
    ),
    "mail.ru": (
        (
            "mxs.mail.ru; spf=pass (mx1.mail.ru: domain of example.com designates 192.0.2.1 as"
            " permitted sender) smtp.mailfrom=ada@example.com smtp.helo=mx.example.com; dkim=pass"
            " header.d=example.com; dmarc=pass header.from=ada@example.com"
        ),
        "mxs.mail.ru",
        [("spf", "pass"), ("dkim", "pass"), ("dmarc", "pass")],
        {"smtp.mailfrom": "ada@example.com", "smtp.helo": "mx.example.com"},
    ),
}


def said(value: str) -> list[tuple[str, str]]:
    return [(result.method, result.result) for result in read_results(value).results]


def auth(*fields: str, from_domain: str | None = None) -> Auth:
    return read_auth(Headers("\n".join(fields).encode()), from_domain)


# One value


@pytest.mark.parametrize("name", FORMS)
def test_forms(name: str) -> None:
    value, authserv_id, results, properties = FORMS[name]
    read = read_results(value)
    assert read.authserv_id == authserv_id
    assert [(r.method, r.result) for r in read.results] == results
    first = dict(read.results[0].properties) if read.results else {}
    assert first.items() >= properties.items()


def by_authres(value: str) -> list[tuple[str, str, dict[str, str]]] | None:
    """What the reference implementation reads, None where it gives up."""
    try:
        parsed = authres.AuthenticationResultsHeader.parse(f"Authentication-Results: {value}")
    except (authres.AuthResError, RecursionError):
        return None
    return [
        (
            result.method,
            result.result,
            {f"{p.type}.{p.name}": p.value for p in result.properties if p.value is not None},
        )
        for result in parsed.results
        if result.method in ours.METHODS
    ]


READABLE: Final = [name for name, (value, *_) in FORMS.items() if by_authres(value) is not None]


def test_the_reference_reads_some_forms() -> None:
    assert {"google", "fastmail", "opendkim", "nothing done", "mail.ru"} <= set(READABLE)


@pytest.mark.parametrize("name", READABLE)
def test_forms_against_the_reference(name: str) -> None:
    value = FORMS[name][0]
    expected = by_authres(value)
    found = read_results(value).results
    assert expected is not None
    assert [(r.method, r.result) for r in found] == [(m, r) for m, r, _ in expected]
    for ours_, (_, _, theirs) in zip(found, expected, strict=True):
        assert {k: v for k, v in ours_.properties.items() if k in theirs} == theirs


_WORD = st.text(st.sampled_from("abcxyz059"), min_size=1, max_size=8)
_COMMENT = st.one_of(
    st.just(""), st.text(st.sampled_from("ab ;=.\"'"), max_size=8).map(lambda text: f" ({text})")
)
_VALUE = st.one_of(_WORD, _WORD.map(lambda word: f"{word}@{word}.example"))


@st.composite
def headers(draw: st.DrawFn) -> str:
    """A value as RFC 8601 2.2 allows it."""
    segments = [draw(_WORD) + ".example"]
    for _ in range(draw(st.integers(1, 4))):
        method = draw(st.sampled_from(["dkim", "spf", "dmarc", "iprev"]))
        result = draw(st.sampled_from(["pass", "fail", "none", "temperror"]))
        segment = f"{method}={result}{draw(_COMMENT)}"
        for _ in range(draw(st.integers(0, 3))):
            segment += f" {draw(st.sampled_from(['smtp', 'header', 'policy']))}"
            segment += f".{draw(st.sampled_from(['d', 'i', 'from', 'mailfrom', 'helo']))}"
            segment += f"={draw(_VALUE)}{draw(_COMMENT)}"
        segments.append(segment)
    return "; ".join(segments)


@given(headers())
def test_regular_values_against_the_reference(value: str) -> None:
    expected = by_authres(value)
    if expected is not None:
        assert said(value) == [(method, result) for method, result, _ in expected]


@pytest.mark.parametrize(
    ("value", "results"),
    [
        ("x; dkim/1=pass", [("dkim", "pass")]),
        ("x; dkim / 1 = pass", [("dkim", "pass")]),
        ("x; DKIM=PASS; SPF = Fail", [("dkim", "pass"), ("spf", "fail")]),
        ("dkim=pass", [("dkim", "pass")]),
        ("x;dkim=pass;;;spf=fail;", [("dkim", "pass"), ("spf", "fail")]),
        ("x; dkim=", []),
        ("x; =pass", []),
        ("x; envelope-from=pass; helo=pass; x-ptr=pass", []),
        ('x; dkim=pass reason="; spf=fail"', [("dkim", "pass")]),
        ('x; dkim=pass reason="a\\"; spf=fail"', [("dkim", "pass")]),
        ("x; dkim=pass (unclosed; spf=fail", [("dkim", "pass")]),
        ("x; dkim=pass closed); spf=fail", [("dkim", "pass"), ("spf", "fail")]),
        ("", []),
        (";;;", []),
    ],
)
def test_odd_values(value: str, results: list[tuple[str, str]]) -> None:
    assert said(value) == results


def test_properties() -> None:
    value = 'x; spf=pass smtp.mailfrom="ada marsh"@example.org header.from = example.com HEADER.D=e'
    (result,) = read_results(value).results
    assert result.properties == {
        "smtp.mailfrom": "ada marsh@example.org",
        "header.from": "example.com",
        "header.d": "e",
    }


def test_arc_header_has_its_instance_first() -> None:
    read = read_results("i=2; mx.google.com; dkim=pass header.d=example.com")
    assert read.authserv_id == "mx.google.com"
    assert [r.method for r in read.results] == ["dkim"]


# Hostile values


@pytest.mark.parametrize(
    "piece",
    [
        "(",
        ")",
        '"',
        ";",
        "=",
        "a=b ",
        "dkim",
        "dkim=pass ",
        " ",
        'a.b="',
        "a.b=",
        "a.a-",
        "\\",
        "(\\",
    ],
)
def test_hostile_values_are_bounded(piece: str) -> None:
    for value in ("x; " + piece * 100_000, "x; dkim" + piece * 100_000, piece * 100_000):
        read = read_results(value)
        size = len(msgspec.json.encode(read))
        assert size <= 16 * ours._MAX_VALUE


@pytest.mark.parametrize("piece", [" ", "a", "dkim", "-", "/", "/ 1", "= ", "\t", "x=pass"])
def test_method_pattern_is_linear(piece: str) -> None:
    # A pattern that looks back over the same blanks again and again takes hours over these.
    for begin in ("", "dkim", "dkim/", "dkim/1", "dkim="):
        ours._METHOD.match(begin + piece * (400_000 // len(piece)))


def test_many_headers_are_not_all_read() -> None:
    found = auth(*["Authentication-Results: x; none"] * 100, "Authentication-Results: x; spf=pass")
    assert found.spf is None


@given(st.text(max_size=200))
def test_any_value(value: str) -> None:
    read = read_results(value)
    assert all(result.method in ours.METHODS for result in read.results)


@given(st.text(st.sampled_from('dkimspf=;()" .\\-/1\n'), max_size=80))
def test_any_value_of_signs(value: str) -> None:
    read_results(value)


# Which header wins


def test_topmost_wins() -> None:
    found = auth(
        "Authentication-Results: mx.receiver.example; spf=fail smtp.mailfrom=example.com",
        "Authentication-Results: mx.elsewhere.example; spf=pass smtp.mailfrom=example.com",
    )
    assert found.spf == "fail"
    assert found.source == "Authentication-Results of mx.receiver.example (topmost of 2)"


def test_same_authserv_id_is_merged() -> None:
    found = auth(
        "Authentication-Results: mx.receiver.example; spf=pass smtp.mailfrom=example.com",
        "Authentication-Results: mx.elsewhere.example; dmarc=fail",
        "Authentication-Results: MX.receiver.example; dkim=fail header.d=example.com",
    )
    assert (found.spf, found.dkim, found.dmarc) == ("pass", "fail", None)


def test_what_stands_below_does_not_overrule_what_stands_above() -> None:
    # Anybody may write the id of the receiver into a header of their own.
    found = auth(
        "Authentication-Results: mx.receiver.example; spf=fail; dmarc=fail header.from=a.example",
        "Authentication-Results: mx.receiver.example; spf=pass; dmarc=pass header.from=b.example",
    )
    assert (found.spf, found.dmarc, found.from_domain) == ("fail", "fail", "a.example")


def test_one_that_says_nothing_is_passed_over() -> None:
    found = auth(
        "Authentication-Results: mx.receiver.example; none",
        "Authentication-Results: mx.elsewhere.example; spf=pass",
    )
    assert found.spf == "pass"


def test_one_good_signature_among_several_makes_a_pass() -> None:
    found = auth(
        "Authentication-Results: x; dkim=fail header.d=a.example; dkim=pass header.d=b.example;"
        " dkim=pass header.i=@c.example; dkim=pass header.d=b.example"
    )
    assert found.dkim == "pass"
    assert found.dkim_domains == ("b.example", "c.example")


def test_signatures_that_failed_are_named_where_none_passed() -> None:
    found = auth("Authentication-Results: x; dkim=fail header.d=A.example; dkim=none header.d=none")
    assert found.dkim == "fail"
    assert found.dkim_domains == ("a.example",)


@pytest.mark.parametrize(
    "value",
    [
        "x; spf=fail smtp.mailfrom=a.example; spf=pass smtp.helo=mx.b.example",
        "x; spf=pass smtp.helo=mx.b.example; spf=fail smtp.mailfrom=ada@a.example",
    ],
)
def test_spf_of_mail_from_counts_not_that_of_helo(value: str) -> None:
    found = auth(f"Authentication-Results: {value}", from_domain="b.example")
    assert found.spf == "fail"
    assert found.spf_domain == "a.example"
    assert found.aligned is False


def test_spf_of_helo_where_there_is_no_other() -> None:
    found = auth("Authentication-Results: x; spf=pass smtp.helo=mx.b.example")
    assert (found.spf, found.spf_domain) == ("pass", "mx.b.example")


def test_exchange_header_where_there_is_no_other() -> None:
    field = "X-MS-Exchange-Authentication-Results: spf=fail smtp.mailfrom=example.com; dkim=none"
    found = auth(field)
    assert (found.spf, found.dkim) == ("fail", "none")
    assert found.source == "X-MS-Exchange-Authentication-Results"
    assert auth("Authentication-Results: x; spf=pass", field).spf == "pass"


def test_newest_arc_fills_gaps() -> None:
    fields = (
        "ARC-Authentication-Results: i=1; a.example; spf=pass; dmarc=pass",
        "ARC-Authentication-Results: i=10; c.example; spf=fail; dkim=fail; arc=fail",
        "ARC-Authentication-Results: i=2; b.example; spf=neutral",
    )
    found = auth(*fields)
    assert (found.spf, found.dkim, found.dmarc, found.arc) == ("fail", "fail", None, "fail")
    assert found.source == "ARC-Authentication-Results of c.example"
    assert auth("Authentication-Results: x; spf=pass", *fields).spf == "pass"
    both = auth("Authentication-Results: x; arc=pass", *fields)
    assert (both.arc, both.spf) == ("pass", "fail")
    assert both.source == "Authentication-Results of x, ARC-Authentication-Results of c.example"


@pytest.mark.parametrize(
    ("value", "result", "domain"),
    [
        (
            (
                "pass (mx.example.org: domain of ada@example.com designates 192.0.2.1 as"
                ' permitted sender) client-ip=192.0.2.1; envelope-from="ada@example.com";'
                " helo=mx.example.com;"
            ),
            "pass",
            "example.com",
        ),
        ("SoftFail envelope-from=<ada@example.com>", "softfail", "example.com"),
        ("None (protection.outlook.com: example.com does not designate hosts)", "none", None),
        ("permerror", "permerror", None),
        ("unheard-of", None, None),
        ("", None, None),
    ],
)
def test_received_spf_is_the_last_resort(
    value: str, result: str | None, domain: str | None
) -> None:  # RFC 7208 9.1
    field = f"Received-SPF: {value}"
    found = auth(field)
    assert (found.spf, found.spf_domain) == (result, domain)
    assert found.source == ("Received-SPF" if result else None)
    assert auth("Authentication-Results: x; spf=temperror", field).spf == "temperror"
    beside = auth("Authentication-Results: x; dkim=fail", field)
    assert (beside.dkim, beside.spf) == ("fail", result)


def test_nothing_said() -> None:
    assert auth("Subject: x") == Auth()
    assert auth("Subject: x", from_domain="example.com") == Auth(from_domain="example.com")
    assert Auth().results() == {}


def test_results_by_method() -> None:
    found = auth("Authentication-Results: x; compauth=fail reason=001; dmarc=none; spf=pass")
    assert found.results() == {"spf": "pass", "dmarc": "none", "compauth": "fail"}


def test_of() -> None:
    one, two = Result("dkim", "pass", {}), Result("dkim", "fail", {})
    results = Results(None, (one, Result("spf", "none", {}), two))
    assert results.of("dkim") == [one, two]


# Alignment (RFC 7489 3.1)


@pytest.mark.parametrize(
    ("one", "other", "wanted"),
    [
        ("example.com", "example.com", True),
        ("mail.example.com", "example.com", True),
        ("a.b.example.com", "c.example.com", True),
        ("example.com", "example.org", False),
        ("example.com", "badexample.com", False),
        ("example.co.uk", "other.co.uk", False),
        ("mail.example.co.uk", "example.co.uk", True),
        ("bounce.web.de", "web.de", True),  # a short name is no public suffix
        ("news.bbc.uk", "bbc.uk", True),
        ("example.com.br", "other.com.br", False),
        ("co.uk", "co.uk", True),
        (None, "example.com", False),
        ("example.com", None, False),
        ("", "", False),
    ],
)
def test_aligns(one: str | None, other: str | None, wanted: bool) -> None:
    assert aligns(one, other) is wanted
    assert aligns(other, one) is wanted


@pytest.mark.parametrize(
    ("value", "aligned"),
    [
        ("dkim=pass header.d=mail.example.com; spf=fail", True),
        ("dkim=pass header.d=sender.example; spf=pass smtp.mailfrom=b@news.example.com", True),
        ("dkim=pass header.d=sender.example; spf=pass smtp.mailfrom=b@sender.example", False),
        ("dkim=fail header.d=example.com; spf=fail smtp.mailfrom=example.com", False),
        ("dkim=fail header.d=example.com", False),
        ("spf=softfail smtp.mailfrom=example.com", False),
        ("dmarc=pass", None),
    ],
)
def test_alignment(value: str, aligned: bool | None) -> None:
    assert auth(f"Authentication-Results: x; {value}", from_domain="example.com").aligned is aligned


def test_alignment_needs_a_from_domain() -> None:
    assert auth("Authentication-Results: x; dkim=pass header.d=example.com").aligned is None
    named = auth(
        "Authentication-Results: x; dkim=pass header.d=example.com; dmarc=pass"
        " header.from=Example.com",
        from_domain="other.example",
    )
    assert named.from_domain == "example.com"
    assert named.aligned is True
