"""Draws of tasks within habits, and intervals from them."""

import numpy as np
import pytest
from mensrea.errors import UsageError
from mensrea.scoring.task_draws import (
    drawn_interval,
    profile_rates,
    shared_tasks,
    shares,
    smallest,
    task_weights,
)

from .habit_reports import drawn_grid, grid

STRATA = np.array([0, 0, 0, 1, 1, -1])


def test_every_draw_has_as_many_tasks_of_each_habit():
    weights = task_weights(STRATA, seed=1, resamples=50)
    for stratum, size in ((0, 3), (1, 2), (-1, 1)):
        assert (weights[:, stratum == STRATA].sum(axis=1) == size).all()
    assert np.ptp(weights[:, 0]) > 0
    assert (weights == task_weights(STRATA, seed=1, resamples=50)).all()
    assert (weights != task_weights(STRATA, seed=2, resamples=50)).any()


def test_the_spread_of_draws_is_that_of_a_mean():
    rng = np.random.default_rng(0)
    values = rng.random(40)
    draws = task_weights(np.zeros(40, dtype=np.int64), seed=3, resamples=20_000) @ values / 40
    assert draws.std() == pytest.approx(values.std() / 40**0.5, rel=0.03)
    assert draws.mean() == pytest.approx(values.mean(), abs=0.002)


def test_nothing_by_nothing_is_no_number():
    assert np.isnan(shares(np.array([0.0]), np.array([0.0]))[0])
    assert shares(np.array([[1.0], [3.0]]), np.array([2.0])).tolist() == [[0.5], [1.5]]


@pytest.mark.parametrize(
    ("draws", "tasks"),
    [
        (np.full(200, 0.25), 25),
        (np.full(200, np.nan), 25),
        (np.where(np.arange(200) < 150, np.nan, np.arange(200)), 25),
        (np.arange(200.0), 1),
    ],
    ids=["alike", "none", "few", "one task"],
)
def test_draws_that_say_nothing_give_no_interval(draws, tasks):
    assert drawn_interval(draws, level=0.95, tasks=tasks) is None


def test_ends_are_quantiles_that_few_tasks_move_out():
    draws = np.linspace(0, 1, 10_001)
    many, few = (drawn_interval(draws, level=0.9, tasks=tasks) for tasks in (100_000, 5))
    assert (many.low, many.high) == pytest.approx((0.05, 0.95), abs=1e-3)
    assert few.low < many.low < many.high < few.high


def test_too_few_draws_are_refused():
    with pytest.raises(UsageError, match="resamples: found 10, expected at least 40"):
        drawn_interval(np.arange(10.0), level=0.95, tasks=5)


def test_rates_are_of_own_tasks():
    counts = grid([0, 0, 1], [[1] + [1] * 15, [3] + [0] * 15, [4, 2] + [4] * 14], 4)
    rates = profile_rates(np.array([[1.0, 1.0, 1.0], [2.0, 0.0, 1.0]]), counts)
    assert rates[:, 0].tolist() == [0.5, 0.25]
    assert rates[:, 1].tolist() == [0.5, 0.5]
    assert np.isnan(rates[:, 2:]).all()


def test_models_with_other_tasks_get_one_list():
    rng = np.random.default_rng(1)
    whole = drawn_grid(rng, 0.5, 0.5, tasks=2)
    part = whole.aligned(whole.ids[:5], whole.own[:5])
    shared = shared_tasks([part, whole])
    assert [each.ids for each in shared] == [whole.ids, whole.ids]
    assert (shared[0].own == whole.own).all()
    assert shared[0].scored.sum() == 5 * 16
    assert (shared[1].hits == whole.hits).all()
    assert smallest(whole.own) == 2
