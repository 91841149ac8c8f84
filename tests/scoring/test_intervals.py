"""Wilson's, Clopper and Pearson's and Student's intervals, against their definitions."""

from math import comb, isclose, sqrt
from statistics import NormalDist, fmean, stdev

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mensrea.errors import UsageError
from mensrea.scoring.intervals import exact, mean_interval, wilson

LEVELS = st.floats(0.5, 0.999)
BOTH = pytest.mark.parametrize("method", [wilson, exact])


@st.composite
def counts(draw, most=300):
    trials = draw(st.integers(1, most))
    return draw(st.integers(0, trials)), trials


def tail(least: int, trials: int, share: float) -> float:
    """The chance of at least so many successes."""
    return sum(comb(trials, k) * share**k * (1 - share) ** (trials - k) for k in range(least, trials + 1))


@given(counts(), LEVELS)
def test_wilson_ends_where_the_score_test_rejects(count, level):
    k, n = count
    z = NormalDist().inv_cdf((1 + level) / 2)
    found = wilson(k, n, level)
    # (k/n - p)² = z²·p(1-p)/n, as a quadratic in p.
    a, b, c = n + z * z, -(2 * k + z * z), k * k / n
    root = sqrt(b * b - 4 * a * c)
    assert found.low == pytest.approx((-b - root) / (2 * a), abs=1e-9)
    assert found.high == pytest.approx((-b + root) / (2 * a), abs=1e-9)
    assert (found.level, found.method) == (level, "wilson")


@given(counts(most=60), LEVELS)
def test_exact_leaves_half_of_alpha_on_each_side(count, level):
    k, n = count
    found = exact(k, n, level)
    half = (1 - level) / 2
    assert found.method == "exact"
    assert found.low == 0 if k == 0 else tail(k, n, found.low) == pytest.approx(half, abs=1e-9)
    assert found.high == 1 if k == n else 1 - tail(k + 1, n, found.high) == pytest.approx(half, abs=1e-9)


@BOTH
@given(count=counts(), level=LEVELS)
def test_intervals_lie_in_bounds_and_hold_the_estimate(method, count, level):
    k, n = count
    found = method(k, n, level)
    assert 0 <= found.low <= k / n <= found.high <= 1
    assert found.low < found.high


@BOTH
@given(count=counts(), level=LEVELS)
def test_failures_mirror_successes(method, count, level):
    k, n = count
    found, mirrored = method(k, n, level), method(n - k, n, level)
    assert found.low == pytest.approx(1 - mirrored.high, abs=1e-9)
    assert found.high == pytest.approx(1 - mirrored.low, abs=1e-9)


@BOTH
@given(count=counts(), levels=st.tuples(LEVELS, LEVELS))
def test_a_higher_level_is_wider(method, count, levels):
    narrow, wide = (method(*count, level) for level in sorted(levels))
    assert wide.low <= narrow.low + 1e-12
    assert narrow.high <= wide.high + 1e-12


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [
        (191, 272, 64.5, 75.3),
        (219, 272, 75.4, 84.8),
        (220, 272, 75.8, 85.1),
        (240, 272, 83.9, 91.5),
        (167, 313, 47.8, 58.8),
        (12, 25, 30.0, 66.5),
    ],
)
def test_wilson_of_published_counts(k, n, low, high):
    found = wilson(k, n)
    assert (round(100 * found.low, 1), round(100 * found.high, 1)) == (low, high)


def test_none_of_n_ends_at_the_known_forms():
    z = NormalDist().inv_cdf(0.975)
    assert wilson(0, 100).high == pytest.approx(z * z / (100 + z * z), abs=1e-12)
    assert exact(0, 100).high == pytest.approx(1 - 0.025 ** (1 / 100), abs=1e-12)
    assert wilson(0, 100).low == exact(0, 100).low == 0.0
    assert wilson(100, 100).high == exact(100, 100).high == 1.0


def coverage(method, trials: int, shares: np.ndarray) -> np.ndarray:
    """The chance that the interval holds the share, summed over all outcomes."""
    found = [method(k, trials) for k in range(trials + 1)]
    return np.array(
        [
            sum(
                comb(trials, k) * share**k * (1 - share) ** (trials - k)
                for k, each in enumerate(found)
                if each.low <= share <= each.high
            )
            for share in shares
        ]
    )


@pytest.mark.parametrize("trials", [10, 20, 50, 100])
def test_wilson_covers_95_percent_on_average_and_exact_never_less(trials):
    shares = np.linspace(0.005, 0.995, 199)
    assert 0.94 < coverage(wilson, trials, shares).mean() < 0.96
    assert coverage(exact, trials, shares).min() >= 0.95


def test_the_ends_of_a_mean_are_students():
    # Student's quantile has closed forms: tan(π/2·level) at 1 degree of freedom, and this one at 2.
    values = [0.2, 0.9, 0.4]
    quantile = 0.95 / sqrt(2 * 0.975 * 0.025)
    half = quantile * stdev(values) / sqrt(3)
    found = mean_interval(values)
    assert isclose(found.low, fmean(values) - half, abs_tol=1e-9)
    assert isclose(found.high, fmean(values) + half, abs_tol=1e-9)
    half = mean_interval([0.0, 2.0], 0.5)
    assert (half.low, half.high) == (pytest.approx(0.0), pytest.approx(2.0))
    assert (half.level, half.method) == (0.5, "t")


@given(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=30), st.floats(-100, 100))
def test_a_mean_moves_with_its_values(values, by):
    found, moved = mean_interval(values), mean_interval([value + by for value in values])
    assert found.low <= fmean(values) + 1e-9
    assert found.high >= fmean(values) - 1e-9
    assert moved.low == pytest.approx(found.low + by, abs=1e-6)
    assert moved.high == pytest.approx(found.high + by, abs=1e-6)


@BOTH
def test_what_is_no_proportion_is_refused(method):
    with pytest.raises(ValueError, match="of 0 trials has no value"):
        method(0, 0)
    with pytest.raises(ValueError, match="found 3 of 2 trials, expected 0 to 2"):
        method(3, 2)
    with pytest.raises(ValueError, match="found -1 of 2"):
        method(-1, 2)
    with pytest.raises(UsageError, match="found 95, expected a share"):
        method(1, 2, 95)


@pytest.mark.parametrize("values", [[], [1.0], [1.0, float("nan")], [[1.0, 2.0], [3.0, 4.0]]])
def test_a_mean_needs_two_finite_values(values):
    with pytest.raises(ValueError, match="at least two finite values"):
        mean_interval(values)
