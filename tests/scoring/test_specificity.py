"""Own tasks against others: the matrix, differences by closed forms, and what scenes and problems do."""

import numpy as np
import pytest
from mensrea.scoring.comparison import correct
from mensrea.scoring.habits import HABITS, habits
from mensrea.scoring.specificity import off_target, route_of, routes_of, specificity
from mensrea.scoring.unpaired import unpaired_difference

from .habit_reports import drawn_grid, grid


def test_the_matrix_sums_samples_of_tasks_of_each_habit():
    counts = grid([0, 0, 3], [[1] * 16, [2] + [0] * 15, list(range(16))], [[4] * 16, [4] * 16, [16] * 16])
    found = off_target(counts)
    assert found.rows == [HABITS[0], HABITS[3]]
    assert found.columns == HABITS
    assert found.k[0] == [3] + [1] * 15
    assert found.k[1] == list(range(16))
    assert found.n == [[8] * 16, [16] * 16]


def test_differences_are_those_of_the_tasks():
    counts = drawn_grid(np.random.default_rng(1), 0.7, 0.2, tasks=6)
    found = specificity(counts, seed=0)
    assert [each.habit for each in found] == list(HABITS)
    place = 4
    own, rest = counts.own == place, counts.own != place
    kin = rest & (routes_of(counts) == route_of(place))
    assert found[place].overall == unpaired_difference(
        counts.sums(place, own), counts.sums(place, rest), seed=0
    )
    assert found[place].kin == unpaired_difference(counts.sums(place, own), counts.sums(place, kin), seed=0)
    assert [each.corrected for each in found] == correct([each.overall.p_value for each in found])
    assert [each.kin_corrected for each in found] == correct([each.kin.p_value for each in found])


def test_a_habit_of_all_problems_is_specific_overall_and_not_among_kin():
    own = np.repeat(np.arange(16), 25)
    problem = np.array([habits()[habit].route == "problem" for habit in HABITS])
    chance = np.where(problem[own][:, None] & problem, 0.8, 0.1)
    counts = grid(own, np.random.default_rng(2).binomial(1, chance))
    found = {each.habit: each for each in specificity(counts, seed=0)}
    of_problems = [found[habit] for habit in HABITS if habits()[habit].route == "problem"]
    assert all(each.corrected < 0.01 for each in of_problems)
    assert all(each.kin_corrected > 0.05 for each in of_problems)


def test_habits_without_samples_are_left_out():
    counts = grid([0, 0, 1], np.ones((3, 16)), [[1] * 16, [1] * 16, [1, 0] + [1] * 14])
    assert [each.habit for each in specificity(counts, seed=0)] == [HABITS[0]]


def test_a_habit_alone_of_its_kind_has_no_kin():
    found = specificity(grid([0, 0, 1, 1], np.eye(16)[[0, 0, 1, 1]]), seed=0)
    assert [each.habit for each in found] == list(HABITS[:2])
    assert all(each.kin is None and each.kin_corrected is None for each in found)
    assert found[0].overall.value == pytest.approx(1)
