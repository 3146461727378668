"""Text that plans hold, read by a parser of Markdown as GitHub would."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from slipway.reports.escaping import block, clipped, code, prose, visible

GITHUB = MarkdownIt("commonmark").enable(["table", "strikethrough"])
TEXT = st.text() | st.text("@#:|`<>&*_~[]()!\\$ \n-gh1a", max_size=40)


def inline(markdown: str) -> list[Token]:
    """What one paragraph is made of."""
    opening, paragraph, closing = GITHUB.parse(markdown)
    assert (opening.type, closing.type) == ("paragraph_open", "paragraph_close")
    return paragraph.children or []


@given(TEXT)
@example("<script>alert(1)</script> **bold** [a](b) ![c](d) `e` ~~f~~ \\* &amp; _g_ h_i")
def test_prose_is_read_as_it_is(text: str) -> None:
    """No markup, no tag, no link: the text alone, in one paragraph."""
    tokens = inline(f"x{prose(text)}x")
    assert {token.type for token in tokens} == {"text"}
    assert "".join(token.content for token in tokens).replace("\u200b", "") == f"x{visible(text)}x"


@given(TEXT)
def test_prose_is_one_cell_of_a_table_and_one_tag(text: str) -> None:
    """Bars and newlines part nothing, and no tag ends."""
    tokens = GITHUB.parse(f"| a | b |\n|---|---|\n| x{prose(text)}x | y |")
    assert [token.content for token in tokens if token.type == "inline"][3] == "y"
    assert html.unescape(prose(text)).replace("\u200b", "") == visible(text)
    assert "<" not in prose(text)


@pytest.mark.parametrize("text", ["@octocat", "see #123", "a/b#7", "GH-7", "gh-7", ":warning:", "me@example.com"])
def test_prose_calls_nobody(text: str) -> None:
    """Mentions, references and emoji are parted; what reads alike is not."""
    shown = html.unescape(prose(text))
    assert not re.search(r"@\w|#\d|gh-\d|:\w+:", shown, re.IGNORECASE)
    assert shown.replace("\u200b", "") == text
    assert prose("a fixed_cost of 5 %: see issue # 5") == "a fixed_cost of 5 %: see issue # 5"


@given(TEXT.filter(str.strip))
def test_code_is_read_as_it_is(text: str) -> None:
    """One span, however many backticks there are."""
    _, span, _ = inline(f"x{code(text)}x")
    assert (span.type, span.content) == ("code_inline", visible(text))


@given(st.lists(TEXT))
def test_a_block_ends_where_it_should(lines: list[str]) -> None:
    """Nothing in it closes it, or begins another."""
    (token,) = GITHUB.parse(block(lines))
    assert token.type == "fence"
    assert token.content.split("\n")[:-1] == ([visible(line) for line in lines] or [""])


def test_what_hides_or_turns_text_is_shown() -> None:
    """Directions, joiners and control characters stand by their numbers."""
    assert visible("a\u202eb\u200bc\x1bd\ne\tf\ud800") == "a\\u202eb\\u200bc\\x1bd e f\\ud800"


@given(TEXT, st.integers(0, 100))
def test_a_clipped_text_says_how_much_is_gone(text: str, most: int) -> None:
    """Its beginning has so many bytes at most, and ends with a word, or where not one character more would fit."""
    kept, cut, more = clipped(text, most).rpartition("… (")
    if cut and more.endswith(" more characters)"):
        gone = int(more.removesuffix(" more characters)"))
        assert kept == visible(text[: len(text) - gone])
        assert len(kept.encode()) <= most
        assert text[len(text) - gone] == " " or most < len(visible(text[: len(text) - gone + 1]).encode())
    else:
        assert clipped(text, most) == visible(text)
