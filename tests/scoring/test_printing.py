from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mensrea.schemas.printable import printable
from mensrea.scoring.printing import Page, bare, members, number, points, probability
from rich.cells import cell_len

WIDE = st.text(st.characters(codec="utf-8"), max_size=60)


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (0.2816, "proportion", "28.2 %"),
        (0.0033, "proportion", "0.33 %"),
        (0.0, "proportion", "0.0 %"),
        (1.0, "proportion", "100.0 %"),
        (None, "proportion", "-"),
        (81.254, "mean", "81.25"),
        (12345.6, "mean", "12,346"),
        (-0.0051, "proportion", "-0.51 %"),
    ],
)
def test_numbers(value, kind, text):
    assert number(value, kind) == text


def test_differences_have_signs():
    assert [points(each, "proportion") for each in (0.031, -0.031, 0.0)] == ["+3.1", "-3.1", "+0.0"]


def test_small_probabilities():
    assert [probability(each) for each in (0.0004, 0.01, 1.0, None)] == ["<0.001", "0.010", "1.000", "-"]


def test_parameters_by_name():
    assert (
        members({"top_p": 1.0, "a": "x", "stop": ["y"], "none": None})
        == 'a x, none null, stop ["y"], top_p 1.0'
    )


@given(WIDE)
def test_printable_text_prints(text):
    assert printable(text).isprintable()


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(WIDE, WIDE), min_size=1, max_size=4), st.integers(20, 120))
def test_pages_have_no_control_characters_and_fit(facts, width):
    page = Page(width, colour=False)
    page.facts(facts)
    for name, text in facts:
        page.line(f"{name} {text}")
    lines = page.text().splitlines()
    assert all(line.isprintable() for line in lines)
    # In cells: Hangul fillers take none.
    assert all(cell_len(line) <= width for line in lines)


def test_a_narrow_page_folds_words_and_never_numbers():
    page = Page(30, colour=False)
    page.table(
        ["name", "a", "b", "c"], [["a name of some length", "1,234,567,890", "[12.3, 45.6]", "98.7 %"]]
    )
    text = page.text()
    assert all(each in text for each in ("1,234,567,890", "[12.3, 45.6]", "98.7 %"))


def test_text_that_a_ci_would_obey_is_broken_up():
    page = Page(80, colour=False)
    page.line("::set-output name=x::y")
    page.line("##[error] z")
    assert page.text() == ": :set-output name=x::y\n## [error] z\n"


def test_bare_keeps_what_a_column_needs():
    assert [bare(each, "proportion") for each in (0.0099, 0.01)] == ["0.99", "1.0"]
