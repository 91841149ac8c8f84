"""The cluster bootstrap: draws against exact distributions, ends, edges, and how well it covers."""

import tracemalloc
from itertools import product
from math import comb, sqrt
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mensrea.errors import UsageError
from mensrea.scoring.bootstrap import cluster_bootstrap, paired_bootstrap, resampled_sums
from mensrea.scoring.intervals import wilson

CLUSTERS = st.lists(
    st.integers(1, 6).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), min_size=2, max_size=20
)


def test_sums_are_distributed_as_all_resamples_are():
    clusters = np.array([[0.0, 1.0], [1.0, 2.0], [5.0, 3.0]])
    exact = [tuple(np.sum(drawn, axis=0)) for drawn in product(clusters, repeat=3)]
    drawn = [tuple(row) for row in resampled_sums(clusters, seed=1, resamples=40_000)]
    assert set(drawn) == set(exact)
    for value in set(exact):
        share = exact.count(value) / len(exact)
        assert drawn.count(value) / len(drawn) == pytest.approx(share, abs=4 * sqrt(share / len(drawn)))


def test_counts_of_equal_clusters_are_distributed_as_drawn_clusters_are():
    clusters = np.array([[1.0, 1.0]] * 7 + [[0.0, 1.0]] * 23)
    drawn = resampled_sums(clusters, seed=2, resamples=40_000)
    assert (drawn[:, 1] == 30).all()
    for k in range(31):
        chance = comb(30, k) * (7 / 30) ** k * (23 / 30) ** (30 - k)
        assert (drawn[:, 0] == k).mean() == pytest.approx(chance, abs=4 * sqrt(chance / 40_000) + 1e-4)


@pytest.mark.parametrize(
    "clusters", [np.arange(60.0).reshape(30, 2), np.array([[0.0, 2.0], [1.0, 2.0]] * 40)]
)
def test_sums_have_the_moments_of_resamples(clusters):
    drawn = resampled_sums(clusters, seed=3, resamples=20_000)
    spread = ((clusters - clusters.mean(axis=0)) ** 2).sum(axis=0)
    assert np.allclose(drawn.mean(axis=0), clusters.sum(axis=0), atol=4 * np.sqrt(spread.max() / 20_000))
    assert np.allclose(drawn.var(axis=0), spread, rtol=0.05)


def test_a_percentile_interval_is_the_quantiles_of_the_resamples():
    k, n = np.array([1, 0, 2, 5, 3]), np.array([2, 3, 4, 5, 6])
    drawn = resampled_sums(np.stack([k, n], axis=1).astype(float), seed=4, resamples=1000)
    low, high = np.quantile(drawn[:, 0] / drawn[:, 1], [0.05, 0.95])
    found = cluster_bootstrap(k, n, seed=4, level=0.9, method="percentile")
    assert found is not None
    assert (found.low, found.high) == (pytest.approx(low, abs=1e-12), pytest.approx(high, abs=1e-12))
    assert (found.level, found.method) == (0.9, "cluster-bootstrap-percentile")


def test_expanded_ends_lie_where_students_are():
    # For 3 clusters, Student's quantile 0.95 / sqrt(2 · 0.975 · 0.025) times sqrt(3/2) is 5.27; hardly any
    # resample lies beyond such a normal quantile, so the ends are the extreme resamples.
    found = cluster_bootstrap([0, 1, 5], [1, 2, 6], seed=5, resamples=2000)
    assert found is not None
    assert (found.low, found.high, found.method) == (0.0, 5 / 6, "cluster-bootstrap")


@pytest.mark.parametrize("clusters", [2000, 200_000])
def test_with_many_clusters_both_methods_meet(clusters):
    k = np.arange(clusters) % 4
    ends = [
        cluster_bootstrap(k, np.full(clusters, 3), seed=6, method=method)
        for method in ("percentile", "expanded")
    ]
    assert ends[0] is not None
    assert ends[1] is not None
    assert ends[0].low == pytest.approx(ends[1].low, abs=0.02 / sqrt(clusters))
    assert ends[1].low <= ends[0].low < 0.5 < ends[0].high <= ends[1].high


def test_recorded_ends():
    # Drawn once: the same seed must give the same ends on any machine.
    k, n = np.array([0, 3, 5, 1, 4, 2, 5, 0]), np.full(8, 5)
    found = cluster_bootstrap(k, n, seed=7)
    many = cluster_bootstrap(np.tile(k, 20), np.tile(n, 20), seed=7)
    assert found is not None
    assert many is not None
    assert (found.low, found.high) == (pytest.approx(0.175, abs=1e-12), pytest.approx(0.875, abs=1e-12))
    assert many.low == pytest.approx(0.4384509991573126, abs=1e-12)
    assert many.high == pytest.approx(0.56125, abs=1e-12)


@settings(max_examples=40)
@given(CLUSTERS, st.integers(0, 2**32), st.randoms(use_true_random=False))
def test_ends_depend_on_the_seed_and_not_on_the_order(clusters, seed, random):
    shuffled = random.sample(clusters, len(clusters))
    first, second = (
        cluster_bootstrap(*np.array(each).T, seed=seed, resamples=100) for each in (clusters, shuffled)
    )
    assert first == second


def test_another_seed_draws_others():
    k, n = np.arange(30), np.full(30, 40)
    assert cluster_bootstrap(k, n, seed=1) != cluster_bootstrap(k, n, seed=2)


@settings(max_examples=40)
@given(CLUSTERS)
def test_ends_lie_between_the_extreme_clusters_and_widen_with_the_level(clusters):
    k, n = np.array(clusters).T
    wide = cluster_bootstrap(k, n, seed=0, level=0.95, resamples=200)
    narrow = cluster_bootstrap(k, n, seed=0, level=0.8, resamples=200)
    assert wide is not None
    assert narrow is not None
    assert 0 <= wide.low <= narrow.low + 1e-12
    assert narrow.high - 1e-12 <= wide.high <= 1
    if wide.method == "cluster-bootstrap":
        assert (k / n).min() - 1e-12 <= wide.low <= wide.high <= (k / n).max() + 1e-12


@settings(max_examples=40)
@given(CLUSTERS, st.integers(1, 5))
def test_clusters_without_a_denominator_change_nothing(clusters, more):
    k, n = np.array(clusters).T
    padded = cluster_bootstrap([0] * more + k.tolist(), [0] * more + n.tolist(), seed=1, resamples=100)
    assert padded == cluster_bootstrap(k, n, seed=1, resamples=100)


@pytest.mark.parametrize(("k", "ends"), [(0, (0.0, wilson(0, 12).high)), (5, (wilson(12, 12).low, 1.0))])
def test_where_all_clusters_agree_it_is_wilsons_over_clusters(k, ends):
    found = cluster_bootstrap([k] * 12, [5] * 12, seed=0)
    assert found is not None
    assert (found.low, found.high) == (pytest.approx(ends[0], abs=1e-12), pytest.approx(ends[1], abs=1e-12))
    assert found.method == "wilson-of-clusters"


def test_where_all_clusters_share_a_value_the_rest_may_lie_anywhere_in_bounds():
    share = wilson(0, 9).high
    found = cluster_bootstrap([60.0] * 9, [2] * 9, seed=0, bounds=(0, 100))
    assert found is not None
    assert found.low == pytest.approx(30 - 30 * share, abs=1e-9)
    assert found.high == pytest.approx(30 + 70 * share, abs=1e-9)
    assert cluster_bootstrap([60.0] * 9, [2] * 9, seed=0, bounds=None) is None


@pytest.mark.parametrize("value", [0.0, 1.0, 0.4])
def test_one_cluster_says_little(value):
    found = cluster_bootstrap([value * 50], [50], seed=0)
    assert found is not None
    assert found.high - found.low == pytest.approx(wilson(0, 1).high, abs=1e-9)


@settings(max_examples=40)
@given(CLUSTERS)
def test_a_difference_of_equals_has_a_width(clusters):
    k, n = np.array(clusters).T
    found = paired_bootstrap(k, n, k, n, seed=0, resamples=100)
    assert found is not None
    assert found.method == "wilson-of-clusters"
    assert found.high == -found.low == pytest.approx(wilson(0, len(k)).high, abs=1e-9)
    assert paired_bootstrap(k, n, k, n, seed=0, resamples=100, bounds=None) is None


def test_a_paired_interval_is_that_of_the_differences():
    rng = np.random.default_rng(0)
    a = rng.integers(0, 5, size=60)
    b = np.clip(a + rng.integers(-1, 3, size=60), 0, 5)
    n = np.full(60, 5)
    paired = paired_bootstrap(a, n, b, n, seed=8, resamples=20_000)
    single = cluster_bootstrap((b - a) / 5 + 1, np.full(60, 2.0), seed=9, resamples=20_000)
    assert paired is not None
    assert single is not None
    assert paired.method == "paired-bootstrap"
    assert paired.low == pytest.approx(2 * single.low - 1, abs=0.004)
    assert paired.high == pytest.approx(2 * single.high - 1, abs=0.004)


@pytest.mark.parametrize("values", ["few", "many"])
def test_memory_is_bounded(values):
    n = np.ones(10_000)
    k = np.arange(10_000) % 2 if values == "few" else np.linspace(0, 1, 10_000)
    tracemalloc.start()
    cluster_bootstrap(k, n, seed=0, resamples=300)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10_000_000


def simulated(clusters, samples, share, alike, *, sets, method: Any = "expanded"):
    """How often the interval holds the share, and how often Wilson's over all samples does."""
    rng = np.random.default_rng(20261128)
    scale = (1 - alike) / alike
    hits = np.zeros(2)
    for seed in range(sets):
        n = rng.integers(1, 2 * samples, size=clusters)
        k = rng.binomial(n, rng.beta(share * scale, (1 - share) * scale, size=clusters))
        found = cluster_bootstrap(k, n, seed=seed, method=method)
        assert found is not None
        naive = wilson(int(k.sum()), int(n.sum()))
        hits += [found.low <= share <= found.high, naive.low <= share <= naive.high]
    return hits / sets


@pytest.mark.slow
@pytest.mark.parametrize(
    ("clusters", "samples", "share", "alike"), [(30, 5, 0.5, 0.3), (60, 5, 0.3, 0.3), (200, 5, 0.7, 0.5)]
)
def test_it_covers_95_percent_where_samples_of_an_item_are_alike(clusters, samples, share, alike):
    bootstrap, naive = simulated(clusters, samples, share, alike, sets=3000)
    assert 0.94 < bootstrap < 0.96
    assert naive < 0.85


@settings(max_examples=20)
@given(st.integers(1, 39))
def test_too_few_resamples_for_the_level(resamples):
    with pytest.raises(UsageError, match=f"found {resamples}, expected at least 40 for a level of 0.95"):
        cluster_bootstrap([1, 0], [1, 1], seed=0, resamples=resamples)


def test_what_is_refused():
    assert cluster_bootstrap([1, 0], [1, 1], seed=0, resamples=40) is not None
    with pytest.raises(UsageError, match="found 'bca', expected one of percentile, expanded"):
        cluster_bootstrap([1, 1], [1, 1], seed=0, method=cast("Any", "bca"))
    with pytest.raises(UsageError, match="confidence level: found 0"):
        paired_bootstrap([1], [1], [1], [1], seed=0, level=0)
    with pytest.raises(
        ValueError, match="found values from 10 to 90, expected 0 to 1: pass the scale as bounds"
    ):
        cluster_bootstrap([10, 90], [1, 1], seed=0)
    with pytest.raises(ValueError, match="found values from 0 to 2, expected 0 to 1"):
        paired_bootstrap([0, 2], [1, 1], [0, 0], [1, 1], seed=0)
