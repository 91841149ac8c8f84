"""Soft targets against brute force in plain Python, and the exact facts of the four-digit set."""

from __future__ import annotations

import math
from collections import Counter
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mensrea.generation import signed_sums, soft_targets
from mensrea.generation.soft_targets import targets


@st.composite
def digit_arrays(draw, max_length=7):
    length = draw(st.integers(1, max_length))
    digit = st.integers(1, draw(st.sampled_from([2, 9, 13, 99, 999, 1999])))
    row = st.lists(digit, min_size=length, max_size=length)
    return np.array(draw(st.lists(row, min_size=1, max_size=6)))


def brute_force(rows):
    for row, digits in enumerate(rows):
        for step in range(1, len(digits) + 1):
            signed = product(*((digit, -digit) for digit in digits[:step]))
            counts = Counter(map(sum, signed))
            yield from ((row, step, state, counts[state]) for state in sorted(counts))


def entries(found):
    columns = (found.row, found.step, found.state, found.count)
    return list(zip(*(column.tolist() for column in columns), strict=True))


@settings(deadline=None)
@given(digit_arrays())
def test_targets_equal_brute_force(digits):
    assert entries(targets(digits)) == list(brute_force(digits.tolist()))


@settings(deadline=None, max_examples=30)
@given(digit_arrays(max_length=12))
def test_counts_of_a_step_sum_to_its_prefixes_and_mirror(digits):
    found = targets(digits)
    length = digits.shape[1]
    totals = np.zeros((len(digits), length), int)
    np.add.at(totals, (found.row, found.step - 1), found.count)
    assert (totals == 2 ** np.arange(1, length + 1)).all()
    mirrored = sorted((row, step, -state, count) for row, step, state, count in entries(found))
    assert mirrored == entries(found)


@pytest.mark.parametrize(
    ("length", "highest"), [(1, 1), (4, 9), (10, 9), (10, 99), (11, 1), (12, 2), (12, 99), (12, 999)]
)
def test_both_methods_agree(length, highest):
    digits = np.random.default_rng(length).integers(1, highest + 1, (20, length)).astype(np.int16)
    widest = int(digits.max())
    steps = range(1, length + 1)
    sort = soft_targets._SortedSums(20, [2**step for step in steps])
    convolve = soft_targets._Convolution(25, [widest * step + 1 for step in steps])
    found = [
        counter.collect([digits[:15], digits[15:]], 20 * 2 ** (length + 1)) for counter in (sort, convolve)
    ]
    assert entries(found[0]) == entries(found[1])
    assert entries(found[0])[-1][0] == 19


@pytest.mark.parametrize(("length", "highest"), [(4, 9), (10, 9), (6, 99)])
def test_chunks_do_not_show(monkeypatch, length, highest):
    digits = np.random.default_rng(0).integers(1, highest + 1, (100, length))
    whole = entries(targets(digits))
    for cells in (1, 5_000):
        for module in (signed_sums, soft_targets):
            monkeypatch.setattr(module, "CHUNK_CELLS", cells)
        assert entries(targets(digits)) == whole


@pytest.mark.parametrize("highest", [999, 1999])
def test_the_greatest_sums_fit(highest):
    found = entries(targets(np.full((1, 12), highest)))
    last = [(state, count) for _, step, state, count in found if step == 12]
    assert last == [(highest * (2 * plus - 12), math.comb(12, plus)) for plus in range(13)]


def test_the_most_patterns_with_one_sum_fit_their_bytes():
    """Ten equal digits have 252 patterns with the sum 0, twelve 924."""
    for length in (9, 10, 11, 12):
        found = targets(np.full((1, length), 3))
        assert found.count.max() == math.comb(length, length // 2)


def test_types():
    found = targets(np.array([[1, 2]]))
    types = {name: str(getattr(found, name).dtype) for name in ("offsets", "step", "state", "count")}
    assert types == {"offsets": "int64", "step": "int8", "state": "int16", "count": "int32"}


def test_no_rows():
    none = targets(np.empty((0, 4), np.int16))
    assert none.offsets.tolist() == [0]
    assert entries(none) == []


@pytest.mark.parametrize("digits", [[1, 2], [[]], [[1] * 13], [[[1]]]])
def test_other_shapes_are_refused(digits):
    with pytest.raises(ValueError, match="shape"):
        targets(np.array(digits, int))


class TestFourDigits:
    """CoT2 at its main setting: all 6,561 inputs of four digits in 1..9."""

    found = targets(np.indices((9,) * 4).reshape(4, -1).T + 1)

    def test_states_per_step(self):
        states = np.zeros((6561, 4), int)
        np.add.at(states, (self.found.row, self.found.step - 1), 1)
        assert states.mean(axis=0).round(2).tolist() == [2, 3.89, 7.21, 12.36]
        assert states.max(axis=0).tolist() == [2, 4, 8, 16]
        assert round(len(self.found.step) / 6561, 2) == 25.46

    def test_entropy_per_step(self):
        share = self.found.count / 2.0**self.found.step
        entropy = np.bincount(self.found.step - 1, -share * np.log(share)) / 6561
        assert entropy.round(3).tolist() == [0.693, 1.348, 1.941, 2.442]
