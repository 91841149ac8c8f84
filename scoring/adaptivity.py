"""Whether a model's habits depend on the task: one figure for all sixteen, and what repeats of a task say."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .clusters import Floats
from .habit_grid import Grid, Ints
from .habits import HABITS
from .intervals import Interval
from .specificity import routes_of
from .task_draws import drawn_interval, shares, smallest, task_weights

_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Matching:
    """The mean over habits of the rate on own tasks less the rate on others.

    Attributes:
        value: From -1 to 1; 0 where a task's own habit doesn't matter.
        interval: From tasks drawn again, those of each habit by themselves.
        p_value: Two-sided: how often a mean as far from 0 comes up when own habits are dealt out anew.
        habits: How many habits have both rates.
    """

    value: float
    interval: Interval | None
    p_value: float
    habits: int


@dataclass(frozen=True, slots=True)
class Adaptivity:
    """How far habits depend on the task.

    Attributes:
        overall: Own tasks against all other tasks.
        kin: Own tasks against others of the same route, problems or scenes; dealt out within a route.
        task_share: The share of the variance of single judgements that lies between tasks (intraclass
            correlation), over all habits together; None where no task has several samples.
        task_share_interval: Its interval.
    """

    overall: Matching | None
    kin: Matching | None
    task_share: float | None
    task_share_interval: Interval | None


def adaptivity(
    grid: Grid, *, seed: int, resamples: int = 1000, permutations: int = 2000, level: float = 0.95
) -> Adaptivity:
    """How far a model's habits depend on the task.

    It can't show that the model chooses: tasks differ in length, difficulty and domain besides their habit,
    and a judge that leans on the task's text gives the same picture.

    Args:
        grid: Judgements on all habits.
        seed: Of the random draws.
        resamples: Of the bootstrap.
        permutations: How often own habits are dealt out anew.
        level: The confidence level.

    Raises:
        UsageError: The level is no share, or there are too few resamples.
    """
    weights = task_weights(grid.own, seed=seed, resamples=resamples)
    tasks = smallest(grid.own)
    overall, kin = (
        _matching(grid, weights, strata, seed=seed, permutations=permutations, level=level, tasks=tasks)
        for strata in (np.zeros(len(grid.own), dtype=np.int64), routes_of(grid))
    )
    if not grid.is_repeated:
        return Adaptivity(overall, kin, None, None)
    share = float(task_share(np.ones((1, len(grid.own))), grid)[0])
    drawn = drawn_interval(task_share(weights, grid), level=level, tasks=len(grid.own))
    return Adaptivity(overall, kin, share if np.isfinite(share) else None, drawn)


def task_share(weights: Floats, grid: Grid) -> Floats:
    """Variance between tasks by all variance, summed over habits before dividing; from 0 to 1.

    One-way analysis of variance for each habit, with tasks as groups of as many samples as they have (Donner,
    1986): the variance between tasks is (MSB - MSW) / n₀.

    Args:
        weights: How often each task comes; shape `(draws, tasks)`.
        grid: Judgements.

    Returns:
        One a draw; not a number where no task has several samples, or nothing varies.
    """
    k, n = grid.hits, grid.scored
    sums, sizes, squares, items = (weights @ each for each in (k, n, n**2, (n > 0).astype(np.float64)))
    inside = weights @ _zeroed(k * (n - k), n)
    between = weights @ _zeroed(k**2, n) - _zeroed(sums**2, sizes)
    of_inside = shares(inside, sizes - items)
    size = shares(sizes - _zeroed(squares, sizes), items - 1)
    of_tasks = shares(shares(between, items - 1) - of_inside, size)
    usable = np.isfinite(of_tasks)
    above, below = (np.where(usable, each, 0).sum(axis=1) for each in (of_tasks, of_tasks + of_inside))
    return shares(above, below).clip(0, 1)


def _zeroed(above: Floats, below: Floats) -> Floats:
    return np.nan_to_num(shares(above, below))


def _matching(
    grid: Grid, weights: Floats, strata: Ints, *, seed: int, permutations: int, level: float, tasks: int
) -> Matching | None:
    """The mean difference, where other tasks are those of the same stratum."""
    own = grid.is_own
    routes = np.array([strata[grid.own == place].max(initial=-1) for place in range(len(HABITS))])
    known = (grid.own >= 0)[:, np.newaxis]
    others = (strata[:, np.newaxis] == routes) * (1 - own) * known
    each = _differences(np.ones((1, len(own))), grid, own, others)[0]
    usable = np.isfinite(each)
    if not usable.any():
        return None
    value = float(each[usable].mean())
    draws = _differences(weights, grid, own, others)[:, usable].mean(axis=1)
    dealt = _dealt(grid, strata, others + own, seed, permutations)[:, usable]
    extreme = np.abs(np.nanmean(dealt, axis=1)) >= abs(value) - _ROUNDING
    p_value = (1 + int(extreme.sum())) / (1 + permutations)
    return Matching(value, drawn_interval(draws, level=level, tasks=tasks), p_value, int(usable.sum()))


def _differences(weights: Floats, grid: Grid, own: Floats, others: Floats) -> Floats:
    rates = [shares(weights @ (each * grid.hits), weights @ (each * grid.scored)) for each in (own, others)]
    return rates[0] - rates[1]


def _dealt(grid: Grid, strata: Ints, among: Floats, seed: int, permutations: int) -> Floats:
    """Differences with own habits dealt out anew within strata; shape `(permutations, 16)`.

    What isn't dealt to a habit stays with the others of its stratum, so only the sums of what is dealt to it
    change.
    """
    rng = np.random.default_rng(seed)
    hits, scored = np.zeros((2, permutations, len(HABITS)))
    for stratum in np.unique(strata):
        rows = np.flatnonzero((strata == stratum) & (grid.own >= 0))
        if not len(rows):
            continue
        rows = rows[np.argsort(grid.own[rows], kind="stable")]
        labels, starts = np.unique(grid.own[rows], return_index=True)
        dealt = rng.permuted(np.tile(rows, (permutations, 1)), axis=1)
        for total, counts in ((hits, grid.hits), (scored, grid.scored)):
            total[:, labels] = np.add.reduceat(counts[dealt, grid.own[rows]], starts, axis=1)
    all_hits, all_scored = ((among * each).sum(axis=0) for each in (grid.hits, grid.scored))
    return shares(hits, scored) - shares(all_hits - hits, all_scored - scored)
