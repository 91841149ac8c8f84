"""Signed sums against brute force in plain Python, and the exact facts of the four-digit set."""

from __future__ import annotations

import math
from collections import Counter
from itertools import accumulate, combinations_with_replacement, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mensrea.generation import signed_sums
from mensrea.generation.signed_sums import answers, optimal_patterns, pattern_bytes, solve


@st.composite
def digit_arrays(draw):
    length = draw(st.integers(1, 7))
    digit = st.integers(1, draw(st.sampled_from([2, 9, 13, 99, 999, 1999])))
    row = st.lists(digit, min_size=length, max_size=length)
    return np.array(draw(st.lists(row, min_size=1, max_size=6)))


def signed(digits):
    """Every sign pattern with its partial sums, in the order of itertools."""
    for signs in product("+-", repeat=len(digits)):
        steps = (digit if sign == "+" else -digit for digit, sign in zip(digits, signs, strict=True))
        yield "".join(signs), list(accumulate(steps))


@settings(deadline=None)
@given(digit_arrays())
def test_solutions_equal_brute_force(digits):
    found = solve(digits)
    patterns = optimal_patterns(digits)
    for row, values in enumerate(digits.tolist()):
        least = min(sums[-1] for _, sums in signed(values) if sums[-1] >= 0)
        best = [(pattern, sums) for pattern, sums in signed(values) if sums[-1] == least]
        assert found.answers[row] == answers(digits)[row] == least
        assert patterns[row] == [pattern for pattern, _ in best]
        assert found.traces[row].tolist() == best[0][1]


@pytest.mark.parametrize("length", [4, 10])
def test_chunks_do_not_show(monkeypatch, length):
    digits = np.random.default_rng(0).integers(1, 10, (100, length))
    whole = solve(digits)
    assert (answers(digits) == whole.answers).all()
    monkeypatch.setattr(signed_sums, "CHUNK_CELLS", 7 * 2**length)
    pieces = solve(digits)
    assert (answers(digits) == whole.answers).all()
    for name in vars(whole):
        assert (getattr(whole, name) == getattr(pieces, name)).all()


def test_the_greatest_sums_fit():
    digits = np.full((1, 12), 1999)
    assert len(optimal_patterns(digits)[0]) == math.comb(12, 6)
    assert solve(digits).traces.tolist() == [[1999 * step for step in (1, 2, 3, 4, 5, 6, 5, 4, 3, 2, 1, 0)]]
    assert answers(digits).tolist() == [0]


def test_answers_leave_the_digits_alone():
    digits = np.array([[3], [5]], np.int16)
    assert answers(digits).tolist() == [3, 5]
    assert digits.tolist() == [[3], [5]]


def test_no_rows():
    none = np.empty((0, 4), np.int16)
    assert answers(none).tolist() == []
    assert optimal_patterns(none) == []


def test_patterns_are_written_in_itertools_order():
    assert pattern_bytes(np.arange(4, dtype=np.int16), 2).tolist() == [b"++", b"+-", b"-+", b"--"]


@pytest.mark.parametrize("digits", [[1, 2], [[]], [[1] * 13], [[[1]]]])
def test_other_shapes_are_refused(digits):
    with pytest.raises(ValueError, match="shape"):
        solve(np.array(digits, int))


@pytest.mark.parametrize("value", [0, -1, 2000, 70_000])
def test_digits_out_of_range_are_refused(value):
    with pytest.raises(ValueError, match=r"digits must be in 1\.\.1999"):
        solve(np.array([[1, value]]))


class TestFourDigits:
    """CoT2 at its main setting: all 6,561 inputs of four digits in 1..9."""

    digits = np.indices((9,) * 4).reshape(4, -1).T + 1

    def test_answers(self):
        assert np.bincount(answers(self.digits)).tolist() == [1569, 2444, 1324, 664, 320, 152, 64, 20, 4]

    def test_optimal_patterns(self):
        numbers = np.diff(solve(self.digits).offsets)
        assert round(float((numbers == 1).mean()), 4) == 0.4194
        assert round(float(numbers.mean()), 3) == 1.718

    @pytest.mark.parametrize(
        ("row", "answer", "trace"),
        [
            ((2, 1, 1, 4), 0, [2, 3, 4, 0]),
            ((9, 9, 9, 9), 0, [9, 18, 9, 0]),
            ((1, 2, 3, 4), 0, [1, -1, -4, 0]),
            ((9, 1, 1, 1), 6, [9, 8, 7, 6]),
        ],
    )
    def test_rows_of_the_paper(self, row, answer, trace):
        found = solve(np.array([row]))
        assert found.answers.tolist() == [answer]
        assert found.traces.tolist() == [trace]


@pytest.mark.parametrize(
    ("length", "lowest", "highest", "accuracy"),
    [
        (4, 1, 9, 0.612),
        (5, 1, 9, 0.790),
        (6, 1, 9, 0.915),
        (7, 1, 9, 0.972),
        (8, 1, 9, 0.992),
        (10, 1, 9, 0.999),
        (4, 5, 13, 0.505),
        (5, 5, 13, 0.477),
        (6, 5, 13, 0.797),
    ],
)
def test_accuracy_of_the_parity_rule(length, lowest, highest, accuracy):
    multisets = np.array(list(combinations_with_replacement(range(lowest, highest + 1), length)))
    repeats = [math.prod(map(math.factorial, Counter(row).values())) for row in multisets.tolist()]
    right = answers(multisets) == multisets.sum(axis=1) % 2
    share = np.average(right, weights=math.factorial(length) / np.array(repeats))
    assert round(float(share), 3) == accuracy


@pytest.mark.parametrize(
    ("length", "highest", "most"),
    [(5, 80, 0.108), (6, 99, 0.150), (7, 299, 0.098), (8, 999, 0.058), (9, 1499, 0.071), (10, 1999, 0.099)],
)
def test_the_parity_rule_is_within_ten_points_of_the_commonest_answer(length, highest, most):
    """The card's sampled families, with its figures."""
    digits = np.random.default_rng(1).integers(1, highest + 1, (100_000, length))
    found = answers(digits)
    counts = np.bincount(found) / len(found)
    assert counts.argmax() == 1
    assert counts.max() == pytest.approx(most, abs=0.004)
    assert float((found == digits.sum(axis=1) % 2).mean()) < counts.max() + 0.09


@pytest.mark.parametrize(("length", "accuracy"), [(4, 0.08), (6, 0.23), (8, 0.58), (10, 0.92)])
def test_accuracy_of_the_parity_rule_on_larger_numbers(length, accuracy):
    digits = np.random.default_rng(1).integers(1, 100, (50_000, length))
    assert float((answers(digits) == digits.sum(axis=1) % 2).mean()) == pytest.approx(accuracy, abs=0.01)
