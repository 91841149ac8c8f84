"""How far habits depend on the task: planted differences, planted repeats, and what chance gives."""

from math import sqrt

import numpy as np
import pytest
from mensrea.scoring.adaptivity import adaptivity, task_share
from mensrea.scoring.habits import HABITS, habits

from .habit_reports import drawn_grid, grid

PROBLEM = np.array([habits()[habit].route == "problem" for habit in HABITS])
OWN = np.repeat(np.arange(16), 25)


def test_the_value_is_the_mean_of_own_less_others():
    counts = drawn_grid(np.random.default_rng(1), 0.7, 0.2)
    found = adaptivity(counts, seed=0, resamples=200, permutations=200)
    own = counts.is_own
    each = [
        counts.hits[own[:, place] == 1, place].mean() - counts.hits[own[:, place] == 0, place].mean()
        for place in range(16)
    ]
    assert found.overall.value == pytest.approx(np.mean(each))
    assert found.overall.interval.low < found.overall.value < found.overall.interval.high
    assert found.overall.p_value == 1 / 201
    assert found.overall.habits == 16
    assert found.task_share is None
    assert found.task_share_interval is None
    assert found == adaptivity(counts, seed=0, resamples=200, permutations=200)


def test_kin_are_tasks_of_the_same_route():
    counts = drawn_grid(np.random.default_rng(2), 0.7, 0.2, tasks=5)
    found = adaptivity(counts, seed=0, resamples=100, permutations=100)
    each = []
    for place in range(16):
        kin = (counts.own != place) & (PROBLEM[counts.own] == PROBLEM[place])
        each.append(counts.hits[counts.own == place, place].mean() - counts.hits[kin, place].mean())
    assert found.kin.value == pytest.approx(np.mean(each))


def test_habits_of_all_problems_are_overall_and_not_among_kin():
    chance = np.where(PROBLEM[OWN][:, None] == PROBLEM, 0.8, 0.1)
    counts = grid(OWN, np.random.default_rng(3).binomial(1, chance))
    found = adaptivity(counts, seed=0, resamples=200, permutations=400)
    assert found.overall.value > 0.3
    assert found.overall.p_value < 0.01
    assert abs(found.kin.value) < 0.05
    assert found.kin.p_value > 0.05


@pytest.mark.parametrize("share", [0.05, 0.3, 0.7])
def test_the_share_between_tasks_is_found(share):
    counts = drawn_grid(np.random.default_rng(4), 0.4, 0.4, n=5, icc=share)
    found = adaptivity(counts, seed=0, resamples=200, permutations=50)
    assert found.task_share == pytest.approx(share, abs=0.025)
    assert found.task_share_interval.low <= share <= found.task_share_interval.high


def test_the_share_is_that_of_an_analysis_of_variance():
    rng = np.random.default_rng(5)
    hits, n = np.zeros((6, 16)), np.zeros((6, 16))
    sizes = np.array([2, 5, 3, 4, 1, 5])
    hits[:, 0], n[:, 0] = rng.binomial(sizes, 0.5), sizes
    groups = [[1] * int(k) + [0] * int(size - k) for k, size in zip(hits[:, 0], sizes, strict=True)]
    every = np.concatenate(groups)
    between = sum(len(g) * (np.mean(g) - every.mean()) ** 2 for g in groups) / 5
    inside = sum(((np.array(g) - np.mean(g)) ** 2).sum() for g in groups) / (20 - 6)
    size = (20 - (sizes**2).sum() / 20) / 5
    of_tasks = (between - inside) / size
    found = task_share(np.ones((1, 6)), grid([0] * 6, hits, n))
    assert found[0] == pytest.approx(min(1, max(0, of_tasks / (of_tasks + inside))))


def test_answers_that_never_change_are_all_between_tasks():
    hits = np.random.default_rng(6).binomial(1, 0.5, (40, 16)) * 3
    assert task_share(np.ones((1, 40)), grid([0] * 40, hits, 3))[0] == pytest.approx(1)


@pytest.mark.slow
def test_dealing_out_keeps_its_level_and_intervals_cover():
    rng = np.random.default_rng(7)
    rejected = covered = 0
    for seed in range(100):
        counts = drawn_grid(rng, 0.3, 0.3, n=3, icc=0.3)
        found = adaptivity(counts, seed=seed, resamples=100, permutations=100).overall
        rejected += found.p_value <= 0.05
        covered += found.interval.low <= 0 <= found.interval.high
    margin = 3 * sqrt(0.05 * 0.95 / 100)
    assert rejected / 100 <= 0.05 + margin
    assert covered / 100 >= 0.95 - margin
