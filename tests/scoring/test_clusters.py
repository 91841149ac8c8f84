"""Wilson's interval with an effective number of trials, and what clusters must be."""

from math import sqrt
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mensrea.errors import UsageError
from mensrea.scoring.bootstrap import cluster_bootstrap
from mensrea.scoring.clusters import cluster_sums, clustered_wilson, distinct_clusters, paired_sums
from mensrea.scoring.intervals import wilson

CLUSTERS = st.lists(
    st.integers(0, 9).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), min_size=1, max_size=25
).filter(lambda clusters: any(n for _, n in clusters))


def wilson_of(share, trials, z):
    """Wilson's ends for a number of trials that may be a fraction."""
    a, b, c = trials + z * z, -(2 * share * trials + z * z), trials * share**2
    root = sqrt(b * b - 4 * a * c)
    return (-b - root) / (2 * a), (-b + root) / (2 * a)


def test_two_clusters_by_hand():
    # p = 6/10, residuals 4 - 0.6·5 = 1 and -1, so the variance is 2/1·(1 + 1)/10² = 0.04, and m is 0.24/0.04
    # = 6 times (z/t)², where Student's t is tan(π/2·0.5) = 1 at one degree of freedom and the level 0.5.
    found = clustered_wilson([4, 2], [5, 5], level=0.5)
    z = NormalDist().inv_cdf(0.75)
    low, high = wilson_of(0.6, 6 * z**2, z)
    assert found.low == pytest.approx(low, abs=1e-9)
    assert found.high == pytest.approx(high, abs=1e-9)
    assert (found.level, found.method) == (0.5, "clustered-wilson")


@settings(max_examples=40)
@given(CLUSTERS)
def test_it_lies_in_bounds_and_mirrors(clusters):
    k, n = np.array(clusters).T
    found, mirrored = clustered_wilson(k, n), clustered_wilson(n - k, n)
    assert 0 <= found.low <= k.sum() / n.sum() + 1e-12
    assert k.sum() / n.sum() - 1e-12 <= found.high <= 1
    assert found.low == pytest.approx(1 - mirrored.high, abs=1e-9)
    assert found.high == pytest.approx(1 - mirrored.low, abs=1e-9)


@settings(max_examples=40)
@given(CLUSTERS)
def test_it_is_never_narrower_than_independent_trials(clusters):
    k, n = np.array(clusters).T
    found, independent = clustered_wilson(k, n), wilson(int(k.sum()), int(n.sum()))
    assert found.high - found.low >= independent.high - independent.low - 1e-9


@given(st.lists(st.booleans(), min_size=3, max_size=40), st.integers(2, 7))
def test_asking_again_for_the_same_answer_adds_nothing(outcomes, times):
    once = np.array(outcomes, dtype=float)
    found = clustered_wilson(once, np.ones(len(once)))
    again = clustered_wilson(once * times, np.full(len(once), times))
    assert again.low == pytest.approx(found.low, abs=1e-9)
    assert again.high == pytest.approx(found.high, abs=1e-9)


@pytest.mark.parametrize(("k", "high"), [(0, wilson(0, 8).high), (50, 1.0)])
def test_clusters_that_are_alike_count_once_each(k, high):
    found = clustered_wilson([k] * 8, [50] * 8)
    assert found.high == pytest.approx(high, abs=1e-12)
    assert found.low == pytest.approx(0.0 if k == 0 else wilson(8, 8).low, abs=1e-12)


def test_clusters_without_trials_say_nothing():
    assert clustered_wilson([1, 0, 3], [5, 0, 4]) == clustered_wilson([1, 3], [5, 4])


@pytest.mark.parametrize(("clusters", "samples", "share"), [(20, 5, 0.3), (50, 5, 0.1), (200, 5, 0.02)])
def test_it_covers_where_a_bootstrap_falls_short(clusters, samples, share):
    rng = np.random.default_rng(20261128)
    hits = 0
    for _ in range(4000):
        n = np.full(clusters, samples)
        k = rng.binomial(n, rng.beta(share * 7 / 3, (1 - share) * 7 / 3, size=clusters))
        found = clustered_wilson(k, n)
        hits += found.low <= share <= found.high
    assert 0.94 < hits / 4000 < 0.96


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=30))
def test_distinct_clusters_are_numpys(rows):
    clusters = np.array(rows, dtype=float)
    distinct, counts = distinct_clusters(clusters)
    values, numbers = np.unique(clusters, axis=0, return_counts=True)
    assert distinct.tolist() == values.tolist()
    assert counts.tolist() == numbers.tolist()


def test_pairs_are_the_clusters_that_both_have():
    a, b = paired_sums([1, 2, 0, 4], [1, 2, 0, 5], [0, 0, 3, 4], [0, 2, 3, 4])
    assert a.tolist() == [[2, 2], [4, 5]]
    assert b.tolist() == [[0, 2], [4, 4]]


@pytest.mark.parametrize(
    ("numerators", "denominators", "message"),
    [
        ([1, 2], [1], r"shape \(2,\) and denominators of shape \(1,\)"),
        ([[1]], [[1]], "expected two lists of the same length"),
        ([1], [-1], "denominators of at least 0"),
        ([float("nan")], [1], "expected finite numerators"),
    ],
)
def test_what_are_no_clusters(numerators, denominators, message):
    with pytest.raises(ValueError, match=message):
        cluster_sums(numerators, denominators)


def test_what_has_no_figure():
    with pytest.raises(ValueError, match="all denominators are 0"):
        clustered_wilson([0, 0], [0, 0])
    with pytest.raises(ValueError, match="found values from 2 to 2, expected 0 to 1"):
        clustered_wilson([2], [1])
    with pytest.raises(ValueError, match="no cluster has a denominator above 0 in both"):
        paired_sums([1, 0], [1, 0], [0, 1], [0, 1])
    with pytest.raises(ValueError, match="found 1 clusters of A and 2 of B"):
        paired_sums([1], [1], [1, 1], [1, 1])
    with pytest.raises(UsageError, match=r"confidence level: found 1\.0"):
        clustered_wilson([1], [1], 1.0)
    with pytest.raises(ValueError, match="all denominators are 0"):
        cluster_bootstrap([], [], seed=0)
