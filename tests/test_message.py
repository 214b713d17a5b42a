"""Mails as parts: every way in which servers break MIME, and none that raises."""

from __future__ import annotations

import base64
import quopri
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.message import MAX_DEPTH, MAX_PARTS, READ_CAP, Message, parse, read_head

DSN: Final = b"""Return-Path: <>
From: MAILER-DAEMON@relay.example.com
To: ada@example.com
Subject: Undelivered Mail
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="=_1/relay.example.com"

This is a MIME-encapsulated message.

--=_1/relay.example.com
Content-Type: text/plain; charset=us-ascii

<bob@example.org>: no such user

--=_1/relay.example.com
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.example.com

Final-Recipient: rfc822; bob@example.org
Action: failed
Status: 5.1.1

--=_1/relay.example.com
Content-Type: message/rfc822

From: ada@example.com
Subject: hello

hello
--=_1/relay.example.com--
epilogue
"""


def types(mail: Message) -> list[str]:
    return [part.type for part in mail.parts]


def shape(mail: Message) -> list[tuple[str, str, int, str]]:
    return [(part.path, part.type, part.depth, part.text) for part in mail.parts]


def multipart(*lines: str, boundary: str = "b", kind: str = "multipart/mixed") -> Message:
    head = f"Content-Type: {kind}; boundary={boundary}\n\n"
    return parse((head + "\n".join(lines)).encode())


def body(text: bytes, *head: str) -> str:
    return parse("\n".join([*head, "", ""]).encode() + text).parts[0].text


def read_everything(mail: Message) -> None:
    """Ask for all that is decoded only when asked for."""
    for part in mail.parts:
        part.text.encode("utf-8")  # what cannot be written cannot be reported
        assert part.boundary is None or part.boundary.strip() == part.boundary
        assert part.report_type is None or part.report_type
        assert part.depth <= MAX_DEPTH
    assert len(mail.parts) <= MAX_PARTS
    assert mail.headers is mail.parts[0].headers


# Structure


def test_parts_of_a_report_in_order() -> None:
    mail = parse(DSN)
    assert types(mail) == [
        "multipart/report",
        "text/plain",
        "message/delivery-status",
        "message/rfc822",
    ]
    assert [part.path for part in mail.parts] == ["0", "1", "2", "3"]
    assert [part.depth for part in mail.parts] == [0, 1, 1, 1]
    assert mail.parts[0].report_type == "delivery-status"
    assert mail.parts[1].text == "<bob@example.org>: no such user\n"
    assert mail.parts[3].raw == b"From: ada@example.com\nSubject: hello\n\nhello"
    assert mail.size == len(DSN)
    assert mail.defects == ()


def test_first_and_each() -> None:
    mail = parse(DSN)
    first = mail.first("message/rfc822", "text/plain")
    assert first is mail.parts[1]
    assert mail.first("text/html") is None
    assert list(mail.each("text/plain", "message/rfc822")) == [mail.parts[1], mail.parts[3]]


@pytest.mark.parametrize("eol", [b"\r\n", b"\r", b"\r\r\n"], ids=["CRLF", "CR", "CRCRLF"])
def test_line_ends_count_alike(eol: bytes) -> None:
    mail = parse(DSN.replace(b"\n", eol))
    assert shape(mail) == shape(parse(DSN))
    assert mail.headers.get("Subject") == "Undelivered Mail"
    assert mail.defects == ()


@given(st.integers(0, 2**64))
def test_mixed_line_ends_count_alike(choice: int) -> None:
    lines = DSN.split(b"\n")
    ends = [(b"\n", b"\r\n")[choice >> (n % 64) & 1] for n in range(len(lines))]
    mixed = b"".join(line + end for line, end in zip(lines, ends, strict=True))
    assert shape(parse(mixed)) == shape(parse(DSN + b"\n"))


@pytest.mark.parametrize(
    "before",
    [
        b"From MAILER-DAEMON Tue Nov 24 07:51:50 2026\n",
        b">From ada@example.com Tue Nov 24 07:51:50 2026\n",
        b"\n\n",
        b"\xef\xbb\xbf",
        b"\xef\xbb\xbf\r\n",
    ],
)
def test_what_stands_before_the_first_header_is_passed_over(before: bytes) -> None:
    assert shape(parse(before + DSN)) == shape(parse(DSN))


def test_envelope_line_alone() -> None:
    mail = parse(b"From MAILER-DAEMON Tue Nov 24 07:51:50 2026")
    assert types(mail) == ["text/plain"]
    assert not mail.headers


@pytest.mark.parametrize("raw", [b"", b"\n", b"\r", b"\x00", b"\xff", b"--", b"From ", b":"])
def test_next_to_nothing(raw: bytes) -> None:
    mail = parse(raw)
    assert types(mail) == ["text/plain"]
    assert mail.size == len(raw)


# Heads


def test_no_blank_line_after_the_headers() -> None:
    mail = parse(b"Subject: no\nYour message was not delivered\nto bob")
    assert mail.headers.get("subject") == "no"
    assert mail.parts[0].text == "Your message was not delivered\nto bob"
    assert mail.defects == ("no blank line between headers and body",)


def test_no_headers_at_all() -> None:
    mail = parse(b"Your message was not delivered")
    assert mail.parts[0].text == "Your message was not delivered"
    assert mail.defects


def test_headers_alone() -> None:
    mail = parse(b"Subject: no")
    assert mail.headers.get("Subject") == "no"
    assert mail.parts[0].text == ""
    assert mail.defects == ()


def test_a_part_may_have_no_headers() -> None:  # RFC 2046 5.1
    mail = multipart("--b", "", "one", "--b", "two, without its blank line", "--b--")
    assert types(mail) == ["multipart/mixed", "text/plain", "text/plain"]
    assert [part.text for part in mail.parts[1:]] == ["one", "two, without its blank line"]
    assert mail.defects == ()


def test_a_part_of_headers_alone() -> None:
    mail = multipart("--b", "Content-Type: text/html", "--b", "", "two", "--b--")
    assert types(mail) == ["multipart/mixed", "text/html", "text/plain"]
    assert mail.parts[1].text == ""
    assert mail.parts[2].text == "two"


def test_obsolete_space_before_the_colon() -> None:  # RFC 5322 4.5
    mail = parse(b"Content-Type : text/html\nSubject\t : old\n\n<p>no</p>")
    assert types(mail) == ["text/html"]
    assert mail.headers.get("Subject") == "old"


@pytest.mark.parametrize(
    ("declared", "kind"),
    [
        ("TEXT/Plain; charset=x", "text/plain"),
        ("text", "text/plain"),  # RFC 2045 5.2
        ("", "text/plain"),
        (";", "text/plain"),
        ("/", "text/plain"),
        (" message/delivery-status ", "message/delivery-status"),
        ("application/vnd.a+b.c*d; x", "application/vnd.a+b.c*d"),
    ],
)
def test_content_type(declared: str, kind: str) -> None:
    assert types(parse(f"Content-Type: {declared}\n\nx".encode())) == [kind]


def test_unreadable_content_type_is_a_defect() -> None:
    assert parse(b"Content-Type: text\n\nx").defects == ("Content-Type cannot be read",)
    assert parse(b"Content-Type:\n\nx").defects == ()


def test_no_report_type() -> None:
    assert parse(b"Content-Type: multipart/report; x=report-type\n\n").parts[0].report_type is None
    report = b"Content-Type: multipart/report;\n Report-Type=Delivery-Status\n\n"
    assert parse(report).parts[0].report_type == "delivery-status"


# Boundaries


@pytest.mark.parametrize(("outer", "inner"), [("abc", "abcd"), ("abcd", "abc")])
def test_one_boundary_may_begin_with_the_other(outer: str, inner: str) -> None:
    mail = multipart(
        f"--{outer}",
        f"Content-Type: multipart/alternative; boundary={inner}",
        "",
        f"--{inner}",
        "",
        "one",
        f"--{inner}",
        "",
        "two",
        f"--{inner}--",
        f"--{outer}",
        "",
        "three",
        f"--{outer}--",
        boundary=outer,
    )
    assert [(part.path, part.text) for part in mail.parts if part.type == "text/plain"] == [
        ("1.1", "one"),
        ("1.2", "two"),
        ("2", "three"),
    ]
    assert mail.defects == ()


@pytest.mark.parametrize("inner", ["b--1", "b --1", "b 1", "b\t1"])
def test_a_longer_boundary_is_none_of_ours(inner: str) -> None:
    mail = multipart(
        "--b",
        f'Content-Type: multipart/mixed; boundary="{inner}"',
        "",
        f"--{inner}",
        "",
        "one",
        f"--{inner}--",
        "--b",
        "",
        "two",
        "--b--",
    )
    assert [part.path for part in mail.parts] == ["0", "1", "1.1", "2"]
    assert [part.text for part in mail.parts[2:]] == ["one", "two"]
    assert mail.defects == ()


@pytest.mark.parametrize("written", ['"a b"', '"a b "', '" a b"', '"a:b?c=\'()+_,-./"', "a'b"])
def test_boundaries_of_odd_characters(written: str) -> None:
    plain = written.strip('"').strip()
    mail = multipart(f"--{plain}", "", "one", f"--{plain}--", boundary=written)
    assert [part.text for part in mail.parts[1:]] == ["one"]


@pytest.mark.parametrize(
    ("declared", "report_type"),
    [
        ('boundary="a"; boundary="b"', None),
        ('boundary=a; boundary="b"', None),
        ('xboundary="b"; boundary="a"', None),
        ('boundary*0="a"; boundary="b"', None),
        ('report-type="boundary"; boundary="a"', "boundary"),
        ('boundary="a" report-type="delivery-status"', "delivery-status"),
        ('boundary="a"; report-type=delivery-status; charset=x', "delivery-status"),
    ],
)
def test_the_first_boundary_counts_whatever_stands_around_it(
    declared: str, report_type: str | None
) -> None:
    head = f"Content-Type: multipart/report; {declared}\n\n"
    mail = parse(f"{head}--a\n\none\n--a--\n--b\n\ntwo\n--b--\n".encode())
    assert mail.parts[0].boundary == "a"
    assert mail.parts[0].report_type == report_type
    assert [part.data for part in mail.parts[1:]] == [b"one"]


def test_blanks_behind_the_delimiter() -> None:  # RFC 2046 5.1.1
    mail = multipart("--b \t ", "", "one", "--b\t", "", "two", "--b-- \t", "no more", "--b", "x")
    assert [part.text for part in mail.parts[1:]] == ["one", "two"]


def test_boundary_at_the_very_start() -> None:
    mail = parse(b"Content-Type: multipart/mixed; boundary=b\n--b\n\none\n--b--")
    assert [part.text for part in mail.parts[1:]] == ["one"]


def test_empty_parts() -> None:
    mail = multipart("--b", "--b", "", "--b", "", "", "--b--")
    assert [part.text for part in mail.parts[1:]] == ["", "", ""]
    assert [part.path for part in mail.parts[1:]] == ["1", "2", "3"]


def test_missing_close() -> None:
    mail = multipart("--b", "", "one", "--b", "", "two")
    assert [part.text for part in mail.parts[1:]] == ["one", "two"]
    assert mail.defects == ("the last boundary is missing",)


def test_missing_close_inside_does_not_swallow_the_next_part() -> None:
    mail = multipart(
        "--b",
        "Content-Type: multipart/alternative; boundary=c",
        "",
        "--c",
        "",
        "one",
        "--b",
        "",
        "two",
        "--b--",
    )
    assert [part.text for part in mail.parts[2:]] == ["one", "two"]
    assert mail.defects == ("the last boundary is missing",)


def test_missing_first() -> None:
    mail = multipart(
        "Content-Type: text/html",
        "",
        "<p>one</p>",
        "--b",
        "",
        "two",
        "--b--",
    )
    assert types(mail) == ["multipart/mixed", "text/html", "text/plain"]
    assert mail.parts[1].text.strip() == "one"
    assert mail.parts[2].text == "two"
    assert mail.defects == ("the first boundary is missing",)


def test_preamble_and_epilogue_are_no_parts() -> None:
    mail = multipart("a preamble: not a part", "--b", "", "one", "--b--", "an epilogue", "--b")
    assert [part.text for part in mail.parts[1:]] == ["one"]
    assert mail.defects == ()


def test_the_boundary_may_not_occur() -> None:
    mail = multipart("Your message was not delivered")
    assert types(mail) == ["multipart/mixed"]
    assert mail.parts[0].text == "Your message was not delivered"
    assert mail.defects == ("the declared boundary does not occur",)


def test_no_boundary_declared() -> None:
    mail = parse(b"Content-Type: multipart/mixed\n\n--b\n\none\n--b--")
    assert mail.defects == ("multipart without a boundary",)
    assert "one" in mail.parts[0].text


def test_boundary_folded_without_indentation() -> None:
    mail = parse(b"Content-Type: multipart/mixed;\nboundary=b\n\n--b\n\none\n--b--\n")
    assert [part.text for part in mail.parts[1:]] == ["one"]


def test_a_delimiter_stands_at_the_head_of_a_line() -> None:
    mail = multipart("--b", "", "one --b", " --b", "> --b", "--b--")
    assert [part.text for part in mail.parts[1:]] == ["one --b\n --b\n> --b"]


def test_a_boundary_that_is_no_ascii() -> None:
    mail = multipart("--grüße", "", "one", "--grüße--", boundary="grüße")
    assert [part.text for part in mail.parts[1:]] == ["one"]


# Caps


def test_only_the_first_bytes_are_read() -> None:
    mail = parse(b"Subject: x\n\n" + b"a" * 100, cap=20)
    assert mail.parts[0].raw == b"a" * 8
    assert mail.size == 112
    assert mail.defects == ("only the first 20 of 112 bytes were read",)


def test_the_cap_keeps_what_stands_before_it() -> None:
    mail = parse(DSN + b"x" * READ_CAP)
    assert types(mail) == types(parse(DSN))
    assert parse(b"x" * READ_CAP).defects == ("no blank line between headers and body",)


@given(st.integers(0, len(DSN)))
def test_cut_anywhere(cap: int) -> None:
    mail = parse(DSN, cap=cap)
    read_everything(mail)
    whole = types(mail)[:-1]  # of the last part, the very type may be cut off
    assert whole == types(parse(DSN))[: len(whole)]


def nested(depth: int) -> bytes:
    opened = "".join(
        f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(depth)
    )
    return (opened + "\nlast").encode()


def test_depth_is_bounded() -> None:
    mail = parse(nested(2000))
    assert max(part.depth for part in mail.parts) == MAX_DEPTH
    assert f"parts nested deeper than {MAX_DEPTH}" in mail.defects
    deep = parse(nested(MAX_DEPTH))
    assert deep.parts[-1].text == "last"
    assert deep.defects == ("the last boundary is missing",)


def test_number_of_parts_is_bounded() -> None:
    mail = multipart(*["--b\n\nx"] * 5000)
    assert len(mail.parts) == MAX_PARTS
    assert f"more than {MAX_PARTS} parts" in mail.defects


def test_number_of_nested_parts_is_bounded() -> None:
    inner = ["--b", "Content-Type: multipart/mixed; boundary=c", "", *["--c\n\nx"] * 100]
    mail = multipart(*inner * 10)
    assert len(mail.parts) == MAX_PARTS


# Transfer encodings


def test_base64() -> None:
    text = "Zustellung fehlgeschlagen: größer\n" * 5
    encoded = base64.encodebytes(text.encode())
    head = ("Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: BASE64")
    assert body(encoded, *head) == text
    assert body(b"\n" + encoded.replace(b"\n", b" \n\n"), *head) == text


def test_base64_cut_off() -> None:
    text = "User unknown: bob@example.org\n" * 5
    encoded = base64.encodebytes(text.encode())
    for cut in range(1, 80):
        said = body(encoded[:-cut], "Content-Transfer-Encoding: base64")
        assert text.startswith(said)
        assert len(said) > len(text) - cut


def test_base64_with_a_footer_behind_it() -> None:
    text = "User unknown: bob@example.org\n" * 5
    footer = b"\n-- \nscanned by mail.example.org\n"
    encoded = base64.encodebytes(text.encode()) + footer
    assert body(encoded, "Content-Transfer-Encoding: base64") == text
    short = base64.encodebytes(b"User unknown") + footer
    assert body(short, "Content-Transfer-Encoding: base64") == short.decode()
    padded = base64.encodebytes(b"No such user") + footer
    assert body(padded, "Content-Transfer-Encoding: base64")


@pytest.mark.parametrize(
    "text",
    [
        b"Your message could not be delivered\n\nbob@example.org: no such user\n",
        b"\n\n<bob@example.org>: no such user\n",
        b"Sorry\n\nNo such user: bob\n",
        b"Dear\nall: no such user\n",
        b"no such user\n",
        b"AAAA=A",
        b"",
    ],
)
def test_text_that_is_declared_base64(text: bytes) -> None:
    assert body(text, "Content-Transfer-Encoding: base64") == text.decode()


def test_quoted_printable() -> None:
    text = "Zustellung fehlgeschlagen: größer = 5\n" + "x" * 200 + "\n"
    encoded = quopri.encodestring(text.encode())
    head = (
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: Quoted-Printable",
    )
    assert body(encoded, *head) == text
    assert body(encoded.replace(b"\n", b"\r\n"), *head) == text


@pytest.mark.parametrize(
    ("text", "decoded"),
    [
        (b"5.1.1 =ZZ no such user =", "5.1.1 =ZZ no such user "),
        (b"soft=\nline", "softline"),
        (b"=3d=3D", "=="),
        (b"no such user", "no such user"),
    ],
)
def test_broken_quoted_printable(text: bytes, decoded: str) -> None:
    assert body(text, "Content-Transfer-Encoding: quoted-printable") == decoded


@pytest.mark.parametrize("encoding", ["8bit", "7bit", "binary", "x-unheard-of", "", "none at all"])
def test_other_encodings_leave_the_body_alone(encoding: str) -> None:
    assert body(b"QUJD =41", f"Content-Transfer-Encoding: {encoding}") == "QUJD =41"


def test_html_is_read_as_text() -> None:
    html = b"<html><body><p>User&nbsp;unknown</p><script>x</script></body></html>"
    assert body(html, "Content-Type: text/html").strip() == "User unknown"


def test_returned_messages_are_not_taken_apart() -> None:
    inner = DSN.replace(b"=_1/relay.example.com", b"c").decode()
    mail = multipart("--b", "Content-Type: message/rfc822", "", inner, "--b--")
    assert types(mail) == ["multipart/mixed", "message/rfc822"]


@pytest.mark.parametrize("eol", [b"\n", b"\r\n", b"\r", b"\r\r\n"])
def test_read_head(eol: bytes) -> None:
    head = read_head(DSN.replace(b"\n", eol))
    assert head.get("Subject") == "Undelivered Mail"
    assert head.get("MIME-Version") == "1.0"
    assert "Final-Recipient" not in head


# Any bytes

STRANGE: Final = st.sampled_from(
    [
        b"--=_1/relay.example.com",
        b"--=_1/relay.example.com--",
        b"Content-Type: multipart/mixed; boundary=",
        b"Content-Type: text/html; charset=utf-7\n\n",
        b"Content-Transfer-Encoding: base64\n",
        b"Content-Transfer-Encoding: quoted-printable\n",
        b"\n\n",
        b"\r",
        b"\x00",
        b"\xff\xfe",
        b"\x1b$B",
        b'"',
        b"(",
        b"=?utf-7?q?+2AA-?=",
    ]
)


@given(st.binary(max_size=2000))
def test_any_bytes(raw: bytes) -> None:
    read_everything(parse(raw))
    read_head(raw)


@given(st.lists(st.one_of(STRANGE, st.binary(max_size=20)), max_size=30))
def test_any_bytes_that_look_like_mail(pieces: list[bytes]) -> None:
    read_everything(parse(b"".join(pieces)))


@given(
    st.lists(
        st.tuples(
            st.integers(0, len(DSN)), st.integers(0, 60), st.one_of(STRANGE, st.binary(max_size=9))
        ),
        max_size=6,
    )
)
def test_mutated_mail(changes: list[tuple[int, int, bytes]]) -> None:
    raw = DSN
    for at, length, piece in changes:
        raw = raw[:at] + piece + raw[at + length :]
    read_everything(parse(raw))
