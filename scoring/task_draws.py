"""Draws of tasks with replacement, each habit's own tasks by themselves, and quantiles of what they give."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .bootstrap import are_alike, check_resampling, percentiles
from .clusters import Floats
from .habit_grid import Grid, Ints
from .intervals import Interval


def task_weights(strata: Ints, *, seed: int, resamples: int) -> Floats:
    """How often each task comes in each draw.

    From each stratum as many tasks are drawn as it has: a set of 25 tasks for each habit is drawn again as
    25 tasks for each.

    Args:
        strata: The stratum of each task.
        seed: Of the random draws.
        resamples: How many times all are drawn.

    Returns:
        Whole numbers of shape `(resamples, tasks)`.
    """
    rng = np.random.default_rng(seed)
    weights = np.zeros((resamples, len(strata)))
    for stratum in np.unique(strata):
        rows = np.flatnonzero(strata == stratum)
        weights[:, rows] = rng.multinomial(len(rows), np.full(len(rows), 1 / len(rows)), size=resamples)
    return weights


def shares(above: Floats, below: Floats) -> Floats:
    """Ratios, not a number where there is no denominator."""
    found = np.full(np.broadcast_shapes(above.shape, below.shape), np.nan)
    np.divide(above, below, out=found, where=below > 0)
    return found


def drawn_interval(draws: Floats, *, level: float, tasks: int) -> Interval | None:
    """The quantiles of resampled values, expanded for how few tasks a stratum has (Hesterberg, 2015).

    Args:
        draws: One value a draw; those that aren't numbers are left out.
        level: The confidence level.
        tasks: How many tasks the smallest stratum has.

    Returns:
        The interval; None if too few draws have a value, if all are alike, or if a stratum has one task.

    Raises:
        UsageError: The level is no share, or there are too few draws for it.
    """
    check_resampling(len(draws), level)
    kept = draws[np.isfinite(draws)]
    if 2 * len(kept) < len(draws) or are_alike(kept) or tasks <= 1:
        return None
    low, high = percentiles(kept, level=level, method="expanded", clusters=tasks)
    return Interval(low, high, level, "task-bootstrap")


def profile_rates(weights: Floats, grid: Grid) -> Floats:
    """The rate of each habit on its own tasks; shape `(draws, 16)`, not a number where nothing is scored.

    Args:
        weights: How often each task comes; shape `(draws, tasks)`.
        grid: Judgements.
    """
    own = grid.is_own
    return shares(weights @ (own * grid.hits), weights @ (own * grid.scored))


def shared_tasks(grids: Sequence[Grid]) -> list[Grid]:
    """The same grids over the tasks of any of them, so that one draw serves all."""
    own: dict[str, int] = {}
    for grid in grids:
        own |= dict(zip(grid.ids, grid.own.tolist(), strict=True))
    ids = sorted(own)
    strata: Ints = np.array([own[each] for each in ids], dtype=np.int64)
    return [grid.aligned(ids, strata) for grid in grids]


def smallest(own: Ints) -> int:
    """How many tasks the habit with the fewest has."""
    return int(np.unique(own[own >= 0], return_counts=True)[1].min(initial=len(own)))
