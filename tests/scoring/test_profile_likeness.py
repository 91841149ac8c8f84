"""Correlations of profiles, and how they do without noise."""

import numpy as np
import pytest
from mensrea.scoring.profile_likeness import correlation, likeness
from mensrea.scoring.task_draws import profile_rates, task_weights
from scipy import stats

from .habit_reports import drawn_grid, grid

ONCE = np.ones((1, 400))


def compared(a, b, seed=0, resamples=300):
    weights = task_weights(a.own, seed=seed, resamples=resamples)
    return likeness(["a", "b"], [a, b], weights, level=0.95, tasks=25)[0]


def drawn_pair(rng, truth, n):
    z = rng.multivariate_normal([0, 0], [[1.5, 1.5 * truth], [1.5 * truth, 1.5]], 16)
    chances = 1 / (1 + np.exp(-z.T))
    found = float(correlation(*chances))
    return found, *(drawn_grid(rng, each, 0.5, n=n, icc=0.3) for each in chances)


def test_measured_correlations_are_those_of_rates():
    rng = np.random.default_rng(1)
    _, a, b = drawn_pair(rng, 0.6, 4)
    rates = [profile_rates(ONCE, each)[0] for each in (a, b)]
    found = compared(a, b)
    assert (found.a, found.b, found.habits) == ("a", "b", 16)
    assert found.pearson == pytest.approx(np.corrcoef(rates)[0, 1])
    assert found.spearman == pytest.approx(np.corrcoef([stats.rankdata(each) for each in rates])[0, 1])
    assert found.corrected is not None
    assert found.interval.low <= found.corrected <= found.interval.high
    assert found.spearman_interval.low < found.spearman_interval.high
    assert found.ceiling is not None
    assert 0 < found.ceiling < 1
    assert found == compared(a, b)


def test_without_noise_measured_and_true_are_the_same():
    own = np.repeat(np.arange(16), 25)
    rng = np.random.default_rng(2)
    chances = rng.random((2, 16))
    a, b = (grid(own, np.tile(each * 1000, (400, 1)), 1000) for each in chances)
    found = compared(a, b)
    assert found.ceiling == pytest.approx(1)
    assert found.corrected == pytest.approx(found.pearson)


def test_noise_alone_has_no_true_correlation():
    own = np.repeat(np.arange(16), 25)
    halves = np.tile(np.arange(400) % 2, (16, 1)).T
    halves = np.where((own[:, None] == 3), 1 - halves, halves)
    found = compared(grid(own, halves), grid(own, halves))
    assert found.corrected is None
    assert found.interval is None


def test_a_flat_profile_has_no_correlation():
    rng = np.random.default_rng(3)
    found = compared(drawn_grid(rng, 0.0, 0.5), drawn_grid(rng, 0.5, 0.5))
    assert found.pearson is None
    assert found.spearman is None
    assert found.corrected is None


def test_habits_that_one_lacks_are_left_out():
    rng = np.random.default_rng(4)
    _, a, b = drawn_pair(rng, 0.5, 2)
    scored = b.scored * (np.arange(16) != 5)
    found = compared(a, grid(b.own, b.hits * (scored > 0), scored))
    assert found.habits == 15
    rates = [np.delete(profile_rates(ONCE, each)[0], 5) for each in (a, b)]
    assert found.pearson == pytest.approx(np.corrcoef(rates)[0, 1])


@pytest.mark.slow
@pytest.mark.parametrize(("truth", "n"), [(1.0, 1), (0.9, 1), (0.5, 4), (0.0, 4)])
def test_the_true_correlation_is_covered_and_met_on_average(truth, n):
    rng = np.random.default_rng(6)
    covered, errors, measured = 0, [], []
    for seed in range(100):
        value, a, b = drawn_pair(rng, truth, n)
        found = compared(a, b, seed, 120)
        covered += found.interval.low <= value + 1e-9 and value - 1e-9 <= found.interval.high
        errors.append(found.corrected - value)
        measured.append(found.pearson - value)
    assert covered >= 88
    assert abs(np.mean(errors)) < 0.05
    if truth >= 0.9:
        assert np.mean(measured) < -0.07
