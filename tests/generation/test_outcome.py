from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mensrea.errors import RecipeError
from mensrea.generation.outcome import (
    FAILED,
    Drop,
    Outcome,
    add_counts,
    has_failed,
    kept_rows,
    read_outcome,
)

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=4,
)
ROWS = st.dictionaries(st.text(), VALUES, max_size=3)
NAMES = st.text(max_size=5)
REASONS = st.sampled_from([FAILED, "truncated", "near-duplicate"])
COUNTS = st.lists(st.integers(0, 10**9), min_size=5, max_size=5)
OUTCOMES = st.builds(
    Outcome,
    st.lists(ROWS, max_size=3),
    st.lists(st.builds(Drop, ROWS, NAMES, REASONS, NAMES), max_size=3),
    st.dictionaries(st.tuples(NAMES, NAMES), COUNTS, max_size=3),
    st.dictionaries(st.tuples(NAMES, REASONS), st.integers(1, 9), max_size=3).map(Counter),
)


@given(OUTCOMES)
def test_an_outcome_is_read_as_it_was_written(outcome):
    assert read_outcome(outcome.to_bytes()) == outcome


@given(OUTCOMES)
def test_the_first_byte_says_whether_a_call_failed(outcome):
    reasons = [drop.reason for drop in outcome.drops] + [reason for _, reason in outcome.missing]
    assert has_failed(outcome.to_bytes()) == outcome.failed == (FAILED in reasons)


@given(st.lists(st.tuples(NAMES, st.integers(0, 9), st.integers(0, 9)), max_size=6), st.randoms())
def test_counts_don_t_depend_on_the_order_of_calls(calls, random):
    def payload(calls):
        outcome = Outcome()
        for step, prompt, completion in calls:
            outcome.count(step, "m", prompt, completion)
        return outcome.to_bytes()

    assert payload(calls) == payload(random.sample(calls, len(calls)))


def test_calls_are_counted_by_step_and_model():
    outcome = Outcome()
    outcome.count("ask", "m", 1, 2, 3, 4)
    outcome.count("ask", "m", 10, 20)
    outcome.count("ask", "other")
    assert outcome.calls == {("ask", "m"): [2, 11, 22, 3, 4], ("ask", "other"): [1, 0, 0, 0, 0]}


def test_totals_leave_what_is_added_alone():
    total, part = {}, {("ask", "m"): [1, 2, 3, 4, 5]}
    add_counts(total, part)
    add_counts(total, part)
    assert total == {("ask", "m"): [2, 4, 6, 8, 10]}
    assert part == {("ask", "m"): [1, 2, 3, 4, 5]}


def test_missing_samples_are_counted_by_step_and_reason():
    outcome = Outcome()
    for reason in ("truncated", "truncated", "refused"):
        outcome.miss(Drop({}, "ask", reason))
    assert outcome.missing == {("ask", "truncated"): 2, ("ask", "refused"): 1}
    assert not outcome.failed


def test_rows_are_kept_in_order():
    outcomes = [Outcome([{"a": 1}, {"a": 2}]), Outcome(), Outcome([{"a": 3}])]
    assert [row["a"] for row in kept_rows(outcomes)] == [1, 2, 3]


def test_a_drop_is_json():
    drop = Drop({"a": "ł"}, "ask", "refused", "No.")
    assert drop.as_dict() == {"step": "ask", "reason": "refused", "detail": "No.", "row": {"a": "ł"}}


@pytest.mark.parametrize("value", [{1}, object(), {1: 2}, 2**70, "\ud800"])
def test_a_row_that_isn_t_json_is_the_recipe_s_fault(value):
    with pytest.raises(RecipeError, match=r"^a recipe made a row that isn't JSON: "):
        Outcome([{"a": value}]).to_bytes()
