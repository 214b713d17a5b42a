"""HTML to the lines that a reader would see."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.markup import MAX_HTML, to_text


def lines(html: str) -> list[str]:
    return [line for line in to_text(html).split("\n") if line]


@pytest.mark.parametrize(
    ("html", "wanted"),
    [
        ("<p>one</p><p>two</p>", ["one", "two"]),
        ("<p>one<p>two", ["one", "two"]),
        ("one<br>two<BR/>three<br />four", ["one", "two", "three", "four"]),
        ("<div>one</div><div>two</div>", ["one", "two"]),
        ("<ul><li>one</li><li>two</li></ul>three", ["one", "two", "three"]),
        ("<ol><li>one<li>two</ol>three", ["one", "two", "three"]),
        ("<h1>one</h1>two<hr>three", ["one", "two", "three"]),
        ("<b>on</b>e <i>line</i>", ["one line"]),
        ("a  lot\t of   <span>  space</span>", ["a lot of space"]),
        ("<pre>550 no\n551 yes</pre>three", ["550 no", "551 yes", "three"]),
    ],
)
def test_blocks_are_lines(html: str, wanted: list[str]) -> None:
    assert lines(html) == wanted


@pytest.mark.parametrize(
    "html",
    [
        "<table><tr><td>550</td><td>User unknown</td></tr><tr><td>b</td><th>c</th></tr></table>",
        "<table><tr><td>550<td>User unknown<tr><td>b<th>c</table>",
        "<TABLE><TBODY><TR><TD>550</TD><TD>User unknown</TD></TR><TR><TD>b</TD><TH>c</TH></TABLE>",
    ],
)
def test_cells_do_not_run_together(html: str) -> None:
    assert lines(html) == ["550 User unknown", "b c"]


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("&lt;bob@example.org&gt;&nbsp;no", "<bob@example.org> no"),
        ("&#39;x&#x27; &amp;amp; &eacute;&#233;", "'x' &amp; éé"),
        ("&nosuch; &#xD800; &#0; &#1114112; & &lt", "&nosuch; \ufffd \ufffd \ufffd & <"),
        ("AT&T 5 < 6", "AT&T 5 < 6"),
    ],
)
def test_entities(html: str, text: str) -> None:
    assert to_text(html).strip() == text


def test_what_a_reader_does_not_see() -> None:
    html = (
        "<html><head><title>550 in the title</title><style>p {color: red}</style></head><body>"
        "<!-- 551 in a comment --><script>var x = '552';</script><style>553</style>"
        "<p title='554' style='555'>User unknown</p></body></html>"
    )
    assert lines(html) == ["User unknown"]


@pytest.mark.parametrize("html", ["", "<", "<html>", "<frameset><frame src=x></frameset>", "<!--"])
def test_nothing_to_see(html: str) -> None:
    assert to_text(html).strip() in ("", "<")


def test_text_without_tags() -> None:
    assert lines("550 no such user\n551 moved") == ["550 no such user", "551 moved"]


@pytest.mark.parametrize(
    "piece",
    [
        *('<a href="', "<div>", "<table>", "<b><i><u><a><p>", "<!--", "<![CDATA[", "<svg><math>"),
        *("&", "&#", "<td", "</p", "<p><table><tr>", "<title>", "<script>", "<select><option>"),
    ],
)
def test_hostile_markup_is_bounded_by_the_cap(piece: str) -> None:
    # The parser's time may grow faster than its input, so the input is what is bounded.
    many = piece * (MAX_HTML // len(piece))
    assert len(to_text(many)) <= 2 * MAX_HTML
    assert to_text(many + "x" * 10 * MAX_HTML) == to_text((many + "x" * MAX_HTML)[:MAX_HTML])


def test_nothing_behind_the_cap_is_read() -> None:
    assert "tail" not in to_text("<p>head</p>" + " " * MAX_HTML + "tail")
    assert "head" in to_text("<p>head</p>" + " " * MAX_HTML + "tail")


@given(st.text(max_size=200))
def test_any_text(html: str) -> None:
    to_text(html)


@given(
    st.lists(
        st.sampled_from(
            [
                *(
                    "<p>",
                    "</p>",
                    "<td>",
                    "<script>",
                    "</script>",
                    "<!--",
                    "-->",
                    "&lt;",
                    "<br",
                    "x",
                ),
                *("\n", "\x00", "\ud800", "<title>", "</title>", "<body>", "</body>", '"', "é"),
            ]
        ),
        max_size=30,
    )
)
def test_any_markup(pieces: list[str]) -> None:
    to_text("".join(pieces)).encode("utf-8")
