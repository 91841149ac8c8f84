"""Core tasks against their twins: pairs by id, and the tests of paired results."""

from dataclasses import replace

import numpy as np
import pytest
from mensrea.scoring.comparison import newcombe_paired, paired_difference
from mensrea.scoring.habits import HABITS
from mensrea.scoring.twins import against_twins
from scipy import stats

from .habit_reports import grid


def pairs(core, twin, own, scored=1):
    own = np.asarray(own)
    of_core, of_twin = np.zeros((2, len(own), 16))
    of_core[np.arange(len(own)), own], of_twin[np.arange(len(own)), own] = core, twin
    tasks = grid(own, of_core, scored)
    return tasks, replace(grid(own[::-1], of_twin[::-1], scored), tasks=tasks.ids[::-1])


def test_one_sample_each_is_mcnemars_test():
    own = [0] * 12 + [1] * 8
    core = [1] * 10 + [0] * 2 + [1] * 5 + [0] * 3
    twin = [1] * 3 + [0] * 8 + [1] + [1] * 4 + [0] * 4
    found = against_twins(*pairs(core, twin, own), seed=0)
    difference = found.pooled.difference
    assert difference.test == "mcnemar-exact"
    assert difference.value == pytest.approx((15 - 8) / 20)
    only_twin, only_core = difference.discordant or (0, 0)
    assert difference.p_value == pytest.approx(stats.binomtest(only_twin, only_twin + only_core).pvalue)
    assert difference.interval == newcombe_paired(7, 1, 8, 4)
    assert [each.habit for each in found.habits] == list(HABITS[:2])
    assert found.habits[0].corrected == pytest.approx(
        min(1, 2 * min(each.difference.p_value for each in found.habits))
    )
    assert found.pooled.corrected == found.pooled.difference.p_value
    assert found.unpaired == 0


def test_several_samples_are_swapped_pair_by_pair():
    rng = np.random.default_rng(2)
    own = np.repeat(np.arange(16), 4)
    core, twin = rng.binomial(4, 0.7, 64), rng.binomial(4, 0.4, 64)
    found = against_twins(*pairs(core, twin, own, scored=4), seed=3)
    n = np.full(64, 4.0)
    expected = paired_difference(twin, n, core, n, seed=3)
    assert found.pooled.difference.value == pytest.approx((core.sum() - twin.sum()) / 256)
    assert found.pooled.difference.p_value == expected.p_value < 0.001
    assert len(found.habits) == 16
    assert all(each.difference.n_pairs == 4 for each in found.habits)


def test_four_pairs_of_one_sample_are_never_significant():
    found = against_twins(*pairs([1] * 4, [0] * 4, [5] * 4), seed=0)
    assert found.pooled.difference.p_value == 0.125


def test_twins_without_a_core_task_are_counted():
    tasks, twins = pairs([1, 1, 0], [0, 0, 0], [0, 0, 1])
    lost = replace(twins, tasks=(twins.tasks[0], "gone", None))
    found = against_twins(tasks, lost, seed=0)
    assert found.pooled.difference.n_pairs == 1
    assert found.unpaired == 2


def test_no_pair_is_no_comparison():
    tasks, twins = pairs([1], [0], [0])
    assert against_twins(tasks, replace(twins, tasks=(None,)), seed=0) is None
    assert against_twins(tasks, replace(twins, scored=np.zeros((1, 16))), seed=0) is None


@pytest.mark.slow
def test_the_pooled_test_keeps_its_level_and_its_interval_covers():
    rng = np.random.default_rng(4)
    own = [0] * 64
    rejected = covered = 0
    for seed in range(150):
        chance = rng.beta(1, 1, 64)
        core, twin = rng.binomial(4, chance), rng.binomial(4, chance)
        found = against_twins(*pairs(core, twin, own, scored=4), seed=seed, resamples=200, permutations=200)
        rejected += found.pooled.difference.p_value <= 0.05
        covered += found.pooled.difference.interval.low <= 0 <= found.pooled.difference.interval.high
    assert rejected / 150 <= 0.05 + 3 * (0.05 * 0.95 / 150) ** 0.5
    assert covered / 150 >= 0.95 - 3 * (0.05 * 0.95 / 150) ** 0.5
