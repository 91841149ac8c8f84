"""Differences over different tasks: closed forms, how well intervals cover, and how often tests reject."""

from itertools import combinations
from math import comb, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mensrea.errors import UsageError
from mensrea.scoring.clusters import clustered_wilson
from mensrea.scoring.intervals import wilson
from mensrea.scoring.unpaired import rate_interval, unpaired_difference


def ones(k, n):
    return np.array([[1.0, 1.0]] * k + [[0.0, 1.0]] * (n - k))


def drawn(rng, chance, tasks, n, icc):
    size = (1 - icc) / icc
    hits = rng.binomial(n, rng.beta(chance * size, (1 - chance) * size, tasks))
    return np.stack([hits.astype(float), np.full(tasks, float(n))], axis=1)


def test_newcombe_published_example():
    found = unpaired_difference(ones(56, 70), ones(48, 80), seed=0)
    assert found.value == pytest.approx(0.2)
    assert (found.interval.low, found.interval.high) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert found.interval.method == "newcombe"
    assert (found.k_a, found.n_a, found.k_b, found.n_b) == (56, 70, 48, 80)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 9), st.integers(1, 9), st.integers(0, 9), st.integers(1, 9))
def test_one_sample_a_task_is_fishers_exact_test(k_a, n_a, k_b, n_b):
    k_a, k_b = min(k_a, n_a), min(k_b, n_b)
    found = unpaired_difference(ones(k_a, n_a), ones(k_b, n_b), seed=0)
    k, n = k_a + k_b, n_a + n_b
    ways = [comb(n_a, each) * comb(n_b, k - each) for each in range(max(0, k - n_b), min(k, n_a) + 1)]
    mine = comb(n_a, k_a) * comb(n_b, k_b)
    assert found.p_value == pytest.approx(sum(way for way in ways if way <= mine) / comb(n, k))
    assert found.test == "fisher-exact"
    assert found.interval.low <= found.value <= found.interval.high


def test_the_permutation_test_agrees_with_all_divisions():
    rng = np.random.default_rng(1)
    a, b = drawn(rng, 0.7, 5, 3, 0.2), drawn(rng, 0.3, 7, 3, 0.2)
    both = np.vstack([a, b])
    observed = abs(a[:, 0].sum() / 15 - b[:, 0].sum() / 21)
    extreme = 0
    for rows in combinations(range(12), 5):
        of_a = both[list(rows)].sum(axis=0)
        rest = both.sum(axis=0) - of_a
        extreme += abs(of_a[0] / of_a[1] - rest[0] / rest[1]) >= observed - 1e-9
    found = unpaired_difference(a, b, seed=2, permutations=40_000)
    expected = extreme / comb(12, 5)
    assert found.test == "permutation"
    assert found.p_value == pytest.approx(expected, abs=4 * sqrt(expected / 40_000))


def test_alike_tasks_are_no_difference():
    found = unpaired_difference(np.full((4, 2), 2.0), np.full((9, 2), 2.0), seed=0)
    assert (found.value, found.p_value) == (0, 1)
    assert found.interval.low < 0 < found.interval.high


def test_a_side_without_tasks_has_no_difference():
    assert unpaired_difference(ones(1, 2), np.zeros((0, 2)), seed=0) is None
    assert unpaired_difference(np.zeros((0, 2)), ones(1, 2), seed=0) is None


def test_a_level_that_is_no_share_is_refused():
    with pytest.raises(UsageError, match="confidence level: found 2"):
        unpaired_difference(ones(1, 2), ones(1, 2), seed=0, level=2)


def test_rates_take_the_interval_of_their_samples():
    assert rate_interval(ones(3, 9)) == wilson(3, 9)
    several = np.array([[2.0, 4.0], [4.0, 4.0], [1.0, 3.0]])
    assert rate_interval(several) == clustered_wilson(*several.T)


@pytest.mark.slow
@pytest.mark.parametrize(("own", "other"), [(0.5, 0.2), (0.96, 0.3), (0.1, 0.1)])
def test_intervals_cover_and_tests_keep_their_level(own, other):
    rng = np.random.default_rng(5)
    covered = rejected = 0
    for seed in range(200):
        a, b = drawn(rng, own, 25, 4, 0.3), drawn(rng, other, 150, 4, 0.3)
        found = unpaired_difference(a, b, seed=seed, permutations=200)
        covered += found.interval.low <= own - other <= found.interval.high
        rejected += found.p_value <= 0.05
    assert 0.915 <= covered / 200 <= 1
    if own == other:
        assert rejected / 200 <= 0.05 + 3 * sqrt(0.05 * 0.95 / 200)
    else:
        assert rejected > 190
