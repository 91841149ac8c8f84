"""Own tasks against controls."""

import numpy as np
import pytest
from mensrea.scoring.comparison import correct
from mensrea.scoring.controls import against_controls
from mensrea.scoring.habits import HABITS
from scipy import stats

from .habit_reports import drawn_grid, grid


def test_differences_tests_and_correction():
    rng = np.random.default_rng(1)
    tasks = drawn_grid(rng, 0.6, 0.9)
    controls = grid([-1] * 80, rng.binomial(1, 0.2, (80, 16)))
    found = against_controls(tasks, controls, seed=0)
    assert [each.habit for each in found] == list(HABITS)
    hits, plain = int(tasks.hits[tasks.own == 3, 3].sum()), int(controls.hits[:, 3].sum())
    assert found[3].gap.value == pytest.approx(hits / 25 - plain / 80)
    expected = stats.fisher_exact([[hits, 25 - hits], [plain, 80 - plain]])[1]
    assert found[3].gap.p_value == pytest.approx(expected)
    assert [each.corrected for each in found] == correct([each.gap.p_value for each in found])


def test_tasks_judged_on_their_own_habit_are_enough():
    own = np.repeat(np.arange(16), 2)
    scored = (own[:, None] == np.arange(16)).astype(float)
    found = against_controls(grid(own, scored, scored), grid([-1], np.zeros((1, 16))), seed=0)
    assert [each.gap.value for each in found] == [1] * 16


def test_habits_without_samples_are_left_out():
    controls = grid([-1], np.zeros((1, 16)), [[1] + [0] * 15])
    found = against_controls(grid([0, 1], np.ones((2, 16))), controls, seed=0)
    assert [each.habit for each in found] == [HABITS[0]]
