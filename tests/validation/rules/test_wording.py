"""Giveaways, lengths and readability: what is found, what isn't, and the message."""

import math
from collections.abc import Sequence
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mensrea.errors import UsageError
from mensrea.validation.findings import Finding
from mensrea.validation.inputs.batch import Batch, Place
from mensrea.validation.rules.base import Rule
from mensrea.validation.rules.wording import RULES, GiveawayWord, ReadingLevel, WordCount, readability

WORDS = {"humour": ["fun", "joke"], "order": ["first of all"], "*": ["habit"], "none": []}


def run(rule: Rule, rows: Sequence[dict[str, Any]], schema: pa.Schema | None = None) -> list[Finding]:
    table = pa.Table.from_pylist([{"id": f"r-{number}", **row} for number, row in enumerate(rows)], schema)
    (batch,) = table.to_batches()
    return [*rule.observe(Batch(batch, Place("core", "test"))), *rule.finish()]


def giveaways(*rows: tuple[str | None, str | None]) -> list[tuple[str, str]]:
    schema = pa.schema({"id": pa.string(), "text": pa.string(), "label": pa.string()})
    found = run(
        GiveawayWord("text", "label", WORDS), [{"text": text, "label": label} for text, label in rows], schema
    )
    assert all(each.field == "text" for each in found)
    return [(each.where, each.message) for each in found]


def test_the_rules_of_the_module() -> None:
    assert {each.name: each.severity for each in RULES} == {
        "giveaway-word": "warning",
        "word-count": "warning",
        "reading-level": "warning",
    }


def test_a_word_of_the_label_is_found_at_a_words_beginning_in_any_case() -> None:
    found = giveaways(
        ("Write something FUNNY and joke-like.", "humour"), ("A refund for a killjoker.", "humour")
    )
    assert found == [("core/test r-0", "'FUNNY', 'joke' gives humour away; reword the text")]


@pytest.mark.parametrize(
    ("text", "label", "is_found"),
    [
        ("First of all, sort them.", "order", True),
        ("Sort them at first.", "order", False),
        ("A joke.", "order", False),
        ("A joke.", "unheard-of", False),
        ("A joke.", None, False),
        ("A habit.", "order", True),
        ("A habit.", "unheard-of", True),
        ("A habit.", "none", True),
        ("A habit.", None, True),
        ("", "humour", False),
        (None, "humour", False),
    ],
)
def test_each_row_is_held_to_its_labels_words_and_to_those_for_all(text, label, is_found) -> None:
    assert bool(giveaways((text, label))) is is_found


def test_words_are_texts_and_no_patterns() -> None:
    rule = GiveawayWord("text", "label", {"a": ["so (so", "c++"]})
    rows = [{"text": text, "label": "a"} for text in ("It is so (so well.", "In C++ please.", "so so, cc")]
    assert [each.where for each in run(rule, rows)] == ["core/test r-0", "core/test r-1"]


def test_several_texts_of_a_row_and_labels_that_are_no_texts() -> None:
    rule = GiveawayWord("turns[].text", "label", {"7": ["lucky"]})
    rows = [
        {"turns": [{"text": "none"}, {"text": "a lucky one"}], "label": 7},
        {"turns": [{"text": "lucky"}], "label": 8},
    ]
    assert [each.where for each in run(rule, rows)] == ["core/test r-0"]
    assert rule.columns == ("turns[].text", "label")


@pytest.mark.parametrize("words", [{"a": "joke"}, {"a": ["joke", " "]}])
def test_words_must_be_lists_without_empty_ones(words) -> None:
    with pytest.raises(UsageError, match="giveaway-word: words: a: expected a list of words"):
        GiveawayWord("text", "label", words)


def test_columns_that_are_absent_or_hold_no_text_are_passed_over() -> None:
    assert run(GiveawayWord("absent", "label", WORDS), [{"label": "humour"}]) == []
    assert run(GiveawayWord("text", "label", WORDS), [{"text": 7, "label": "humour"}]) == []
    assert run(GiveawayWord("text", "absent", WORDS), [{"text": "fun"}]) == []


def counted(texts: Sequence[str | None], **bounds: int) -> list[tuple[int | None, str]]:
    found = run(WordCount("text", **bounds), [{"text": text} for text in texts])
    return [(each.row, each.message) for each in found]


def test_word_counts_out_of_bounds() -> None:
    texts = ["one two three", "one", " one  two\n", "one two three four five", "", None]
    assert counted(texts, least=2, most=4) == [
        (1, "1 word, expected 2 to 4"),
        (3, "5 words, expected 2 to 4"),
        (4, "0 words, expected 2 to 4"),
    ]
    assert counted(texts, least=4) == [
        (0, "3 words, expected at least 4"),
        (1, "1 word, expected at least 4"),
        (2, "2 words, expected at least 4"),
        (4, "0 words, expected at least 4"),
    ]


def test_bounds_that_exclude_each_other_are_refused() -> None:
    with pytest.raises(UsageError, match="word-count: most is 3, expected at least 5"):
        WordCount("text", least=5, most=3)
    with pytest.raises(UsageError, match="reading-level: most is 3, expected at least 5"):
        ReadingLevel("text", least=5, most=3)
    with pytest.raises(UsageError, match="reading-level: expected least, most or both"):
        ReadingLevel("text")


@given(st.lists(st.text(st.sampled_from("ab \n\t\u00a0\u2003."), max_size=30), max_size=6), st.integers(0, 5))
def test_words_are_what_python_splits(texts: list[str], least: int) -> None:
    schema = pa.schema({"id": pa.string(), "text": pa.string()})
    found = run(WordCount("text", least=least), [{"text": text} for text in texts], schema) if texts else []
    assert [each.row for each in found] == [
        row for row, text in enumerate(texts) if len(text.split()) < least
    ]


@pytest.mark.parametrize(
    ("text", "characters", "words", "sentences"),
    [
        ("The cat sat. It slept!", 16, 5, 2),
        ("The cat sat", 9, 3, 1),
        ("“Stop!” she said. “Why?”", 14, 4, 3),
        ("Log:\n10:00 start\n10:05 stop", 20, 5, 3),
        ("It cost 3.50 euros… Really?!", 20, 5, 2),
        ("Où est-elle ?", 9, 3, 1),
    ],
)
def test_the_readability_index_is_that_of_its_formula(text, characters, words, sentences) -> None:
    expected = 4.71 * characters / words + 0.5 * words / sentences - 21.43
    assert readability(pl.Series([text])).item() == pytest.approx(expected)


def test_a_text_without_words_has_no_index() -> None:
    assert readability(pl.Series(["", " \n", None], dtype=pl.String)).to_list() == [None, None, None]
    assert run(ReadingLevel("text", most=1), [{"text": ""}]) == []


@given(st.text(max_size=80))
def test_every_text_with_words_has_a_finite_index(text: str) -> None:
    found = readability(pl.Series([text])).item()
    assert math.isfinite(found) if any(map(str.isalnum, text)) else found is None or found < 0


def test_reading_levels_out_of_bounds() -> None:
    hard = "Notwithstanding extraordinary administrative complications, internationalisation proceeded."
    rows = [{"text": text} for text in ("Go on.", hard, "The bus from the town hall leaves at ten past six.")]
    both = run(ReadingLevel("text", least=-5, most=12), rows)
    assert [(each.row, each.message) for each in both] == [
        (0, "the automated readability index is -11.0, expected -5 to 12"),
        (1, "the automated readability index is 47.5, expected -5 to 12"),
    ]
    assert [each.row for each in run(ReadingLevel("text", most=12), rows)] == [1]
    (low,) = run(ReadingLevel("text", least=-5), rows)
    assert low.message.endswith("expected at least -5")
