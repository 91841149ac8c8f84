"""Budgeted targets against brute force in plain Python."""

from __future__ import annotations

import math
from collections import Counter
from itertools import accumulate, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mensrea.generation import budgets, signed_sums
from mensrea.generation.budgets import Budget, budgeted_targets
from mensrea.generation.families import Family
from mensrea.generation.signed_sums import solve
from mensrea.generation.soft_targets import targets

READINGS = ("minabs", "nonneg")
RANGES = ((1, 9), (5, 13), (1, 2), (1, 99), (1, 1999))


def ranked(digits, reading):
    """All traces that may be kept, the best first, in the order that the paper's code sorts them by."""
    patterns = product((0, 1), repeat=len(digits))  # 0 is plus
    traces = [
        (signs, list(accumulate(-d if sign else d for d, sign in zip(digits, signs, strict=True))))
        for signs in patterns
    ]
    if reading == "minabs":
        return sorted(traces, key=lambda each: (abs(each[1][-1]), each[1][-1] < 0, each[1][-1], each[0]))
    return sorted((each for each in traces if each[1][-1] >= 0), key=lambda each: (each[1][-1], each[0]))


def brute_force(traces, size):
    """Step, state and count of the first traces."""
    counts = Counter(passed for _, states in traces[:size] for passed in enumerate(states, start=1))
    return [(step, state, counts[step, state]) for step, state in sorted(counts)]


def entries(found, row):
    own = slice(*found.offsets[row : row + 2])
    columns = (found.step[own], found.state[own], found.count[own])
    return list(zip(*(column.tolist() for column in columns), strict=True))


@pytest.mark.parametrize("reading", READINGS)
def test_ten_thousand_instances_equal_brute_force(reading):
    """Lengths 2 to 8 and several ranges, for budgets of 1, 4, 8 and 16; half of them for each reading."""
    words = np.random.default_rng(READINGS.index(reading))
    instances = 0
    for length in range(2, 9):
        for low, high in RANGES:
            digits = words.integers(low, high + 1, (max(10, 120 - 14 * length), length))
            found = {size: budgeted_targets(digits, Budget(size, reading)) for size in (1, 4, 8, 16)}
            best = solve(digits).answers
            for row, values in enumerate(digits.tolist()):
                traces = ranked(values, reading)
                for size, soft in found.items():
                    assert entries(soft, row) == brute_force(traces, size), (values, size)
                    assert min(states[-1] for _, states in traces[:size] if states[-1] >= 0) == best[row]
                    instances += 1
    assert instances >= 5_000


@settings(deadline=None)
@given(
    st.lists(st.integers(1, 1999), min_size=1, max_size=7),
    st.integers(1, 140),
    st.sampled_from(READINGS),
)
def test_any_budget_equals_brute_force(digits, size, reading):
    found = budgeted_targets(np.array([digits]), Budget(size, reading))
    assert entries(found, 0) == brute_force(ranked(digits, reading), size)


@pytest.mark.parametrize("reading", READINGS)
def test_the_first_trace_kept_is_the_canonical_one(reading):
    """So no input of the four-digit set loses its answer, and none would be dropped."""
    digits = Family(4, 9).enumerate()
    found = budgeted_targets(digits, Budget(1, reading))
    assert found.state.reshape(6561, 4).tolist() == solve(digits).traces.tolist()
    assert set(found.count.tolist()) == {1}


@pytest.mark.parametrize("size", [1, 3, 4, 8, 16])
@pytest.mark.parametrize("reading", READINGS)
def test_counts_of_a_step_add_up_to_the_traces_kept(size, reading):
    digits = Family(4, 9).enumerate()
    found = budgeted_targets(digits, Budget(size, reading))
    totals = np.zeros((6561, 4), int)
    np.add.at(totals, (found.row, found.step - 1), found.count)
    sums = signed_sums.final_sums(digits)
    expected = np.minimum(size, 16 if reading == "minabs" else np.count_nonzero(sums >= 0, axis=1))
    assert (totals == np.reshape(np.broadcast_to(expected, 6561), (-1, 1))).all()


@pytest.mark.parametrize(("length", "low", "high"), [(4, 1, 9), (6, 1, 99), (12, 1, 9), (12, 1000, 1999)])
def test_all_traces_are_the_full_budget(length, low, high):
    """Also where sums are greater than 2^14."""
    digits = np.random.default_rng(0).integers(low, high + 1, (5, length))
    full, found = targets(digits), budgeted_targets(digits, Budget(4096, "minabs"))
    for name in ("offsets", "step", "state"):
        assert (getattr(found, name) == getattr(full, name)).all()
    assert (found.count == full.count << (length - full.step.astype(np.int32))).all()


@pytest.mark.parametrize("size", [700, 3000, 4096])
@pytest.mark.parametrize("reading", READINGS)
def test_the_greatest_sums_fit(size, reading):
    for digits in ([1999] * 12, [1999, 1, *[1998] * 10]):
        found = budgeted_targets(np.array([digits]), Budget(size, reading))
        assert entries(found, 0) == brute_force(ranked(digits, reading), size)


@pytest.mark.parametrize(("length", "size"), [(4, 4), (4, 16), (10, 8)])
@pytest.mark.parametrize("reading", READINGS)
def test_chunks_do_not_show(monkeypatch, length, size, reading):
    digits = np.random.default_rng(0).integers(1, 10, (100, length))
    budget = Budget(size, reading)
    whole = budgeted_targets(digits, budget)
    for module in (signed_sums, budgets):
        monkeypatch.setattr(module, "CHUNK_CELLS", 7 * 2 * 2**length)
    pieces = budgeted_targets(digits, budget)
    for name in ("offsets", "step", "state", "count"):
        assert (getattr(whole, name) == getattr(pieces, name)).all()


def test_types_and_no_rows():
    found = budgeted_targets(np.empty((0, 4), np.int16), Budget(4, "minabs"))
    types = {name: str(getattr(found, name).dtype) for name in ("offsets", "step", "state", "count")}
    assert types == {"offsets": "int64", "step": "int8", "state": "int16", "count": "int32"}
    assert found.offsets.tolist() == [0]


def test_columns_of_a_budget():
    budget = Budget.from_name("minabs4")
    assert budget == Budget(4, "minabs")
    assert (budget.name, budget.rule) == ("minabs4", "topB_minabs")
    assert Budget(16, "nonneg").tie_break == "+ before - from the first sign on"


@pytest.mark.parametrize("size", [0, -1, 4097])
def test_a_budget_out_of_range_is_refused(size):
    with pytest.raises(ValueError, match=r"a budget must be in 1\.\.4096"):
        Budget(size, "minabs")


@pytest.mark.parametrize(
    "name", ["minabs", "4", "minabs04", "minabs0", "MINABS4", "minabs4\n", "minabs-4", "best4"]
)
def test_another_name_is_refused(name):
    with pytest.raises(ValueError, match="names no budget"):
        Budget.from_name(name)


@pytest.mark.parametrize("digits", [[1, 2], [[]], [[1] * 13]])
def test_other_shapes_are_refused(digits):
    with pytest.raises(ValueError, match="shape"):
        budgeted_targets(np.array(digits, int), Budget(1, "minabs"))


def test_the_tie_of_seven_equal_digits():
    """Of 35 traces that end in 1, the first four in the order of signs are kept."""
    found = budgeted_targets(np.ones((1, 7), int), Budget(4, "minabs"))
    assert math.comb(7, 4) == 35
    assert entries(found, 0)[:3] == [(1, 1, 4), (2, 2, 4), (3, 3, 4)]
    assert entries(found, 0)[-1] == (7, 1, 4)
