from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mensrea.generation.seeds import stream, uniform_integers

PATHS = st.tuples(st.integers(), st.lists(st.one_of(st.integers(), st.text()), max_size=3).map(tuple))


@given(PATHS, PATHS)
def test_a_stream_belongs_to_one_seed_and_path(left, right):
    words = [stream(seed, *labels).random_raw(4).tolist() for seed, labels in (left, right)]
    assert (words[0] == words[1]) == (left == right)


def test_neighbouring_seeds_share_no_word_at_any_shift():
    words = [
        stream(seed, "cot2", split, shard).random_raw(5_000)
        for seed in range(5)
        for split in "ab"
        for shard in (0, 1)
    ]
    assert len(np.unique(np.concatenate(words))) == 100_000


def test_a_label_is_no_part_of_another():
    assert stream(1, "ab").random_raw() != stream(1, "a", "b").random_raw()
    assert stream(1, 1).random_raw() != stream(1, "1").random_raw()
    assert stream(1, 2).random_raw() != stream(12).random_raw()


def test_words_stay_what_they_were():
    assert stream(0, "cot2").random_raw(2).tolist() == [12985696788799582257, 798746097290687862]
    assert uniform_integers(stream(0, "cot2"), 1, 9, (2, 5)).tolist() == [[6, 7, 9, 1, 5], [8, 6, 8, 4, 9]]


@given(st.integers(-1000, 1000), st.integers(0, 1000), st.integers(0, 50), st.integers(0, 5))
def test_integers_are_in_range(low, width, rows, columns):
    drawn = uniform_integers(stream(3), low, low + width, (rows, columns))
    assert drawn.shape == (rows, columns)
    assert ((drawn >= low) & (drawn <= low + width)).all()


def test_integers_are_uniform_and_independent():
    drawn = uniform_integers(stream(0), 1, 9, (90_000, 2))
    pairs = np.bincount((drawn[:, 0] - 1) * 9 + drawn[:, 1] - 1, minlength=81)
    expected = 90_000 / 81
    chi_square = float(((pairs - expected) ** 2 / expected).sum())
    assert chi_square < 125  # 80 degrees of freedom: exceeded once in a thousand streams


@pytest.mark.parametrize(("low", "high"), [(2, 1), (0, 2**31)])
def test_impossible_ranges_are_refused(low, high):
    with pytest.raises(ValueError, match="can't draw"):
        uniform_integers(stream(0), low, high, (1,))
