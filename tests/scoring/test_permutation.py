"""Swaps of paired results: all of them, random ones, and how often the test rejects."""

from itertools import product
from math import sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mensrea.errors import UsageError
from mensrea.scoring.permutation import swap_test
from scipy import stats

CLUSTER = st.integers(1, 5).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
PAIRS = st.lists(st.tuples(CLUSTER, CLUSTER), min_size=1, max_size=8)


@settings(max_examples=40)
@given(PAIRS)
def test_few_clusters_are_swapped_in_every_way(pairs):
    a, b = (np.array(side, dtype=float) for side in zip(*pairs, strict=True))
    p_value, exact = swap_test(a, b, seed=0)
    observed = abs(b[:, 0].sum() / b[:, 1].sum() - a[:, 0].sum() / a[:, 1].sum())
    extreme = 0
    for swaps in product([False, True], repeat=len(a)):
        swap = np.array(swaps)[:, np.newaxis]
        one, other = np.where(swap, b, a).sum(axis=0), np.where(swap, a, b).sum(axis=0)
        extreme += abs(other[0] / other[1] - one[0] / one[1]) >= observed - 1e-9
    assert exact
    assert p_value == pytest.approx(extreme / 2 ** len(a), abs=1e-9)


@pytest.mark.parametrize("values", ["few", "many"])
def test_drawn_swaps_come_close_to_all(values):
    rng = np.random.default_rng(2)
    size = 16 if values == "many" else 120
    a = rng.normal(size=size) if values == "many" else rng.integers(0, 3, size=size)
    b = (
        rng.normal(0.5, size=size)
        if values == "many"
        else a + (rng.random(size) < 0.2) - (rng.random(size) < 0.1)
    )
    pairs = np.stack([a, np.full(size, 2.0)], axis=1), np.stack([b, np.full(size, 2.0)], axis=1)
    drawn, exact = swap_test(*pairs, seed=3)
    assert not exact
    if values == "many":
        known = swap_test(*pairs, seed=0, permutations=2**16)
        assert known[1]
        expected = known[0]
    else:
        up, down = int((b - a == 1).sum()), int((b - a == -1).sum())
        expected = stats.binomtest(min(up, down), up + down).pvalue
    assert drawn == pytest.approx(expected, abs=4 * sqrt(expected / 10_000))
    assert swap_test(*pairs, seed=3) == (drawn, exact)


def test_the_swap_test_rejects_as_often_as_it_says():
    rng = np.random.default_rng(4)
    rejected = 0
    for seed in range(400):
        n = np.full(12, 4.0)
        sides = (np.stack([rng.binomial(4, rng.beta(1, 2, 12)).astype(float), n], axis=1) for _ in range(2))
        rejected += swap_test(*sides, seed=seed, permutations=200)[0] <= 0.05
    assert rejected / 400 < 0.05 + 3 * sqrt(0.05 * 0.95 / 400)


def test_pairs_that_are_alike_are_as_extreme_as_all():
    pairs = np.array([[1.0, 2.0]] * 50)
    assert swap_test(pairs, pairs, seed=0) == (1.0, True)


def test_a_scale_does_not_matter():
    rng = np.random.default_rng(6)
    a, b = (np.stack([rng.integers(0, 9, 40), np.full(40, 9)], axis=1).astype(float) for _ in range(2))
    grown = [side * np.array([1e9, 1]) for side in (a, b)]
    assert swap_test(*grown, seed=1) == swap_test(a, b, seed=1)


def test_nothing_to_try_is_refused():
    with pytest.raises(UsageError, match="permutations: found 0, expected at least 1"):
        swap_test(np.array([[1.0, 1.0]]), np.array([[0.0, 1.0]]), seed=0, permutations=0)
