from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mensrea.errors import RecipeError
from mensrea.generation.collect import apply_steps, distinct, draw
from mensrea.generation.recipe import Start
from mensrea.generation.steps import Distinct, Draw


def text(row):
    return row["text"]


def group(row):
    return row["group"]


def rows_of(*texts):
    return [{"text": each} for each in texts]


LONG = "one two three four five six seven eight nine ten"
UNIQUE = Distinct("unique", text)
ROWS = st.lists(
    st.fixed_dictionaries({"text": st.text("abc", max_size=3), "group": st.sampled_from("xyz")}), max_size=20
)
APART = st.lists(
    st.fixed_dictionaries({"text": st.text("abcdef", max_size=6), "group": st.sampled_from("xyz")}),
    max_size=20,
    unique_by=text,
)


# Distinct


def test_the_first_of_equal_and_of_similar_texts_stays():
    rows = rows_of(LONG, "another text", LONG, f"{LONG} eleven", "another  TEXT")
    kept, drops = distinct(UNIQUE, rows)
    assert kept == rows[:2]
    assert [(drop.row, drop.step, drop.reason, drop.detail) for drop in drops] == [
        (rows[2], "unique", "duplicate", "of row 0 of this step"),
        (rows[3], "unique", "near-duplicate", "of row 0 of this step"),
        (rows[4], "unique", "duplicate", "of row 1 of this step"),
    ]


def test_similarity_is_held_to_the_threshold():
    rows = rows_of(LONG, f"{LONG} eleven twelve thirteen")  # 9 of 12 word pairs
    assert len(distinct(Distinct("unique", text, threshold=0.75), rows)[0]) == 1
    assert len(distinct(Distinct("unique", text, threshold=0.76), rows)[0]) == 2


def test_no_rows_are_distinct():
    assert distinct(UNIQUE, []) == ([], [])


@settings(deadline=None)
@given(ROWS)
def test_distinct_parts_rows_in_two_and_keeps_their_order(rows):
    kept, drops = distinct(UNIQUE, rows)
    assert Counter(map(str, kept + [drop.row for drop in drops])) == Counter(map(str, rows))
    assert [row for row in rows if any(row is each for each in kept)] == kept
    assert len({text(row) for row in kept if text(row)}) == len([row for row in kept if text(row)])
    assert distinct(UNIQUE, kept) == (kept, [])


# Draw


def drawn(step, rows, *, asked=10, seed=0):
    kept, drops = draw(step, rows, Start(asked, seed))
    assert all((drop.step, drop.reason) == (step.name, "not-drawn") for drop in drops)
    return kept, [drop.row for drop in drops]


@given(APART, st.integers(1, 9), st.integers(0, 99), st.randoms(), st.sampled_from([None, group]))
def test_what_is_drawn_doesn_t_depend_on_the_order_of_rows(rows, count, seed, random, by):
    step = Draw("some", text, count, by)
    kept, _ = drawn(step, rows, seed=seed)
    other, _ = drawn(step, random.sample(rows, len(rows)), seed=seed)
    assert sorted(kept, key=text) == sorted(other, key=text)


@given(ROWS, st.integers(1, 9), st.sampled_from([None, group]))
def test_a_draw_parts_rows_in_two_and_keeps_their_order(rows, count, by):
    kept, rest = drawn(Draw("some", text, count, by), rows)
    assert Counter(map(str, kept + rest)) == Counter(map(str, rows))
    assert [row for row in rows if any(row is each for each in kept)] == kept
    assert [row for row in rows if any(row is each for each in rest)] == rest
    groups = Counter(group(row) for row in rows) if by else {"": len(rows)}
    assert len(kept) == sum(min(count, size) for size in groups.values())


def test_a_row_that_comes_or_goes_moves_no_other_before_its_place():
    rows = rows_of(*map(str, range(100)))
    before, _ = drawn(Draw("some", text, 30), rows)
    gone = before[7]
    after, _ = drawn(Draw("some", text, 30), [row for row in rows if row is not gone])
    assert [row for row in before if row is not gone] == [row for row in after if row in before]
    assert len(after) == 30


def test_every_row_is_drawn_as_often_as_any_other():
    rows = rows_of(*map(str, range(40)))
    counts = Counter(
        text(row) for seed in range(600) for row in drawn(Draw("some", text, 10), rows, seed=seed)[0]
    )
    # 600 draws of 10 of 40: each row is expected 150 times, with a deviation of 10.6.
    assert max(abs(counts[text(row)] - 150) for row in rows) < 50


@pytest.mark.parametrize(
    ("asked", "sizes", "expected"),
    [
        (9, {"x": 5, "y": 5, "z": 5}, {"x": 3, "y": 3, "z": 3}),
        (11, {"x": 5, "y": 5, "z": 5}, {"x": 4, "y": 4, "z": 3}),
        (9, {"x": 1, "y": 5, "z": 5}, {"x": 1, "y": 3, "z": 3}),
        (2, {"x": 5, "y": 5, "z": 5}, {"x": 1, "y": 1}),
        (99, {"x": 5, "y": 2}, {"x": 5, "y": 2}),
    ],
)
def test_the_rows_of_a_run_are_shared_among_groups(asked, sizes, expected):
    rows = [{"text": f"{name} {at}", "group": name} for name, size in sizes.items() for at in range(size)]
    kept, _ = drawn(Draw("some", text, by=group), rows, asked=asked)
    assert Counter(map(group, kept)) == expected


def test_without_groups_a_run_has_as_many_rows_as_it_asks_for():
    assert len(drawn(Draw("some", text), rows_of(*map(str, range(30))), asked=12)[0]) == 12
    assert drawn(Draw("some", text), []) == ([], [])


# Both


def test_steps_follow_each_other():
    rows = rows_of(*map(str, range(20)), *map(str, range(20)))
    kept, drops = apply_steps((UNIQUE, Draw("some", text)), iter(rows), Start(5, 0))
    assert len(kept) == 5
    assert Counter((drop.step, drop.reason) for drop in drops) == {
        ("unique", "duplicate"): 20,
        ("some", "not-drawn"): 15,
    }


def test_no_steps_keep_all_rows():
    assert apply_steps((), iter(rows_of("a", "a")), Start(1, 0)) == (rows_of("a", "a"), [])


@pytest.mark.parametrize("step", [UNIQUE, Draw("unique", text), Draw("unique", str, by=text)])
def test_a_function_that_fails_is_named_with_its_step_and_the_fields(step):
    with pytest.raises(RecipeError, match=r"^step unique: KeyError: 'text', on a row with id, group$"):
        apply_steps((step,), [{"id": 1, "group": "x"}], Start(1, 0))


def test_what_a_function_does_to_a_row_reaches_nobody_else():
    def spoil(row):
        return row.pop("text") + row["list"].pop()

    rows = [{"text": "a", "list": ["b"]}, {"text": "c", "list": ["d"]}]
    kept, _ = apply_steps((Distinct("one", spoil), Draw("two", spoil, by=spoil)), rows, Start(9, 0))
    assert kept == [{"text": "a", "list": ["b"]}, {"text": "c", "list": ["d"]}]
