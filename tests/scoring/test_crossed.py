"""Intervals over seeds and clusters at once, against mean squares, against simulations, and by symmetry."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mensrea.errors import UsageError
from mensrea.scoring.clusters import clustered_wilson
from mensrea.scoring.crossed import crossed_mean, crossed_share
from mensrea.scoring.intervals import mean_interval, wilson
from scipy import stats


@st.composite
def tables(draw):
    """Right answers of a few seeds on clusters of a few problems."""
    sizes = draw(st.lists(st.integers(1, 6), min_size=1, max_size=12))
    seeds = draw(st.integers(1, 4))
    return [[draw(st.integers(0, size)) for size in sizes] for _ in range(seeds)], sizes


def of_mean_squares(values):
    """The two-way analysis of variance of one value a cell: variance of the mean, degrees of freedom."""
    seeds, clusters = values.shape
    mean, rows, columns = values.mean(), values.mean(1), values.mean(0)
    of_seeds = clusters * ((rows - mean) ** 2).sum() / (seeds - 1)
    of_clusters = seeds * ((columns - mean) ** 2).sum() / (clusters - 1)
    left = values - rows[:, None] - columns + mean
    freedom = seeds - 1, clusters - 1, (seeds - 1) * (clusters - 1)
    squares = np.array([of_seeds, of_clusters, (left**2).sum() / freedom[2]]) / (seeds * clusters)
    variance = squares[0] + squares[1] - squares[2]
    return variance, variance**2 / sum(squares**2 / freedom)


def test_the_variance_is_that_of_the_two_way_analysis():
    rng = np.random.default_rng(3)
    values = rng.normal(size=(4, 1)) + 2 * rng.normal(size=(1, 30)) + rng.normal(size=(4, 30))
    variance, freedom = of_mean_squares(values)
    half = stats.t.ppf(0.95, freedom) * variance**0.5
    found = crossed_mean(values, np.ones(30), 0.9)
    assert (found.low, found.high) == pytest.approx((values.mean() - half, values.mean() + half))
    assert (found.level, found.method) == (0.9, "crossed-t")


def test_clusters_count_by_their_sizes():
    """Every residual written out, for clusters of one to 24 problems."""
    right, sizes = [[1, 3, 4, 20], [0, 4, 9, 11], [1, 1, 5, 16]], [1, 4, 12, 24]
    seeds, clusters, total = 3, 4, sum(sizes)
    mean = sum(map(sum, right)) / (seeds * total)
    left = [[right[s][c] - mean * sizes[c] for c in range(clusters)] for s in range(seeds)]
    of_seed = [sum(left[s]) for s in range(seeds)]
    of_cluster = [sum(left[s][c] for s in range(seeds)) for c in range(clusters)]
    both = [
        left[s][c] - of_cluster[c] / seeds - of_seed[s] * sizes[c] / total
        for s in range(seeds)
        for c in range(clusters)
    ]
    freedom = [2, 3, 6]
    parts = [
        number / free * sum(each**2 for each in residuals) / (seeds * total) ** 2
        for number, free, residuals in zip((3, 4, 12), freedom, (of_seed, of_cluster, both), strict=True)
    ]
    variance = max(parts[0] + parts[1] - parts[2], *parts)
    squares = sum(part**2 / free for part, free in zip(parts, freedom, strict=True))
    half = stats.t.ppf(0.975, max(variance**2 / squares, min(freedom))) * variance**0.5
    found = crossed_mean(right, sizes)
    assert (found.low, found.high) == pytest.approx((mean - half, mean + half))


@settings(max_examples=60)
@given(tables())
def test_one_seed_is_the_interval_over_clusters(table):
    right, sizes = table
    found, expected = crossed_share(right[:1], sizes), clustered_wilson(right[0], sizes)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-9)
    assert found.method == expected.method


@settings(max_examples=60)
@given(tables(), st.randoms())
def test_it_lies_in_bounds_mirrors_and_knows_no_order(table, random):
    right, sizes = np.array(table[0]), np.array(table[1])
    found, mirrored = crossed_share(right, sizes), crossed_share(sizes - right, sizes)
    share = right.sum() / (len(right) * sizes.sum())
    assert 0 <= found.low <= share + 1e-9
    assert share - 1e-9 <= found.high <= 1
    assert (found.low, found.high) == pytest.approx((1 - mirrored.high, 1 - mirrored.low), abs=1e-6)
    seeds, clusters = ([*range(n)] for n in right.shape)
    random.shuffle(seeds)
    random.shuffle(clusters)
    shuffled = crossed_share(right[seeds][:, clusters], sizes[clusters])
    assert (found.low, found.high) == pytest.approx((shuffled.low, shuffled.high), abs=1e-6)


@given(tables())
def test_seeds_that_are_alike_add_nothing(table):
    right, sizes = table
    found, once = crossed_share(right[:1] * 3, sizes), clustered_wilson(right[0], sizes)
    assert (found.low, found.high) == pytest.approx((once.low, once.high), abs=1e-9)


def test_seeds_that_differ_alike_on_all_problems_are_student_s():
    values = np.array([[1.0], [3.0], [8.0]]) * np.ones(7)
    found, expected = crossed_mean(values, np.ones(7)), mean_interval([1, 3, 8])
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


def test_gains_of_one_seed_are_over_clusters():
    found, expected = crossed_mean([[2, -1, 0, 5]], [1, 1, 1, 1]), mean_interval([2, -1, 0, 5])
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert found.method == "clustered-t"


@pytest.mark.parametrize("values", [[[0, 0, 0]], [[2, 2, 2]] * 3, [[4]]])
def test_gains_that_are_all_alike_have_no_interval(values):
    assert crossed_mean(values, [2] * len(values[0])) is None


@pytest.mark.parametrize(("right", "high"), [(0, 1 / 3), (4, 1.0)])
def test_shares_that_are_all_alike_rest_on_the_number_of_clusters(right, high):
    found = crossed_share([[right] * 8] * 3, [4] * 8)
    assert (found.low, found.high) == pytest.approx((0, high) if right == 0 else (2 / 3, high), abs=0.02)


def test_seeds_never_count_for_more_than_their_problems():
    rng = np.random.default_rng(5)
    found = crossed_share(rng.binomial(4, 0.5, size=(40, 25)), [4] * 25)
    assert found.high - found.low > 0.95 * (wilson(50, 100).high - wilson(50, 100).low)


def test_seeds_that_right_each_other_s_wrongs_still_spread():
    found = crossed_mean([[1, -1], [-1, 1]], [1, 1])
    assert found.low == -found.high
    assert found.high > 1


@pytest.mark.parametrize(("seeds", "shift"), [(2, 0.6), (2, 0.95), (3, 0.95)])
def test_a_little_more_spread_changes_little(seeds, shift):
    rng = np.random.default_rng(7)
    base = rng.normal(size=(1, 50)) + rng.normal(size=(seeds, 50))
    sides = np.linspace(-1, 1, seeds)[:, None] * shift
    widths = []
    for more in np.linspace(0.5, 1.5, 200):
        found = crossed_mean(base - base.mean(1, keepdims=True) + more * sides, np.ones(50))
        widths.append(found.high - found.low)
    assert max(after / before for before, after in pairwise(widths)) < 1.1
    assert widths == sorted(widths)


def test_sums_of_fractions_may_round():
    assert crossed_share([[0.1 + 0.2, 0.3], [0.3, 0.3]], [0.3, 0.3]).high == 1


def test_clusters_without_trials_say_nothing():
    assert crossed_share([[1, 0, 3], [2, 0, 2]], [5, 0, 4]) == crossed_share([[1, 3], [2, 2]], [5, 4])


def simulated(rng, seeds, clusters, spreads, middle):
    """Right answers of 12 problems a cluster; seeds, clusters and both at once shift the logit."""
    shift = sum(
        spread * rng.normal(size=shape)
        for spread, shape in zip(spreads, ((seeds, 1), (1, clusters), (seeds, clusters)), strict=True)
    )
    return rng.binomial(12, 1 / (1 + np.exp(-middle - shift)))


@pytest.mark.parametrize(
    ("seeds", "spreads", "least"),
    [(3, (0.05, 1.5, 0.5), 0.94), (3, (0.3, 1.5, 0.5), 0.93), (5, (0.3, 1.5, 0.5), 0.93)],
)
def test_it_covers_where_an_interval_over_seeds_falls_short(seeds, spreads, least):
    rng = np.random.default_rng(20261128)
    sizes, middle = np.full(50, 12), 0.5
    draws = rng.normal(0, np.hypot.reduce(spreads), 400_000)
    share = (1 / (1 + np.exp(-middle - draws))).mean()
    hits, others = 0, 0
    for _ in range(1500):
        right = simulated(rng, seeds, 50, spreads, middle)
        found, over_seeds = crossed_share(right, sizes), mean_interval(right.sum(1) / sizes.sum())
        hits += found.low <= share <= found.high
        others += over_seeds.low <= share <= over_seeds.high
    assert least < hits / 1500 < 0.975
    assert others < hits


@pytest.mark.parametrize(
    ("sums", "trials", "message"),
    [
        ([1, 2], [1, 2], r"shape \(2,\) and trials of shape \(2,\), expected \(seeds, clusters\)"),
        ([[1, 2]], [1], r"shape \(1, 2\) and trials of shape \(1,\)"),
        (np.zeros((0, 2)), [1, 1], r"shape \(0, 2\)"),
        ([[1, np.nan]], [1, 1], "expected finite sums"),
        ([[1, 1]], [1, -1], "at least 0 trials a cluster"),
        ([[0, 0]], [0, 0], "no cluster has a trial"),
        ([[3, 0]], [2, 2], "found values from 0 to 1.5, expected 0 to 1"),
    ],
)
def test_what_is_no_table_of_shares(sums, trials, message):
    with pytest.raises(ValueError, match=message):
        crossed_share(sums, trials)


def test_a_level_is_a_share():
    with pytest.raises(UsageError, match="confidence level: found 95"):
        crossed_share([[1]], [2], 95)
    with pytest.raises(UsageError, match="confidence level: found 0"):
        crossed_mean([[1]], [2], 0)
