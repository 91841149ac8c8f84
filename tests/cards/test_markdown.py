import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from mensrea.cards.markdown import cell, fence, quote, table

PARSER = MarkdownIt("commonmark").enable("table")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("two\n  lines", "two lines"),
        ("a|b", "a&#124;b"),
        ("a\\|b", "a\\&#124;b"),
        ("`<think>` and <think>", "`<think>` and &lt;think>"),
        ("`a|b`", "<code>a&#124;b</code>"),
        ("``a`|b``", "<code>a&#96;&#124;b</code>"),
        ("an unclosed `a|b", "an unclosed `a&#124;b"),
    ],
)
def test_a_cell_stays_on_its_line_and_in_its_column(text, expected):
    assert cell(text) == expected


@given(st.text(alphabet=st.one_of(st.characters(codec="utf-8"), st.sampled_from("`|\\<>*_[]()\n #-"))))
def test_no_text_breaks_a_table(text):
    tokens = PARSER.parse(table(["left", "right"], [[text, "end"], ["next", "end"]]))
    cells = [token.content for token in tokens if token.type == "inline"]
    assert len(cells) == 6
    assert cells[3:] == ["end", "next", "end"]


def test_numbers_are_aligned_to_the_right():
    assert table(["name", "rows"], [["a", "1"]], right=["rows"]).splitlines()[1] == "| --- | ---: |"


def test_a_fence_is_longer_than_any_in_its_text():
    assert fence("```\nx\n```", "text") == "````text\n```\nx\n```\n````"


def test_a_quote_keeps_paragraphs():
    assert quote("one\n\ntwo\n") == "> one\n>\n> two"
