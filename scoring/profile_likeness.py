"""How alike two models' profiles are: correlations over the sixteen habits, and what noise takes off them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, cast

import numpy as np

from .clusters import Floats
from .habit_grid import Grid
from .intervals import Interval
from .profile_noise import Moments, moments
from .task_draws import drawn_interval, profile_rates

_LEAST = 1e-9


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two models' profiles are.

    Attributes:
        a: One model.
        b: The other.
        pearson: Correlation of the rates as measured; None where a profile is flat.
        ceiling: What the measured correlation would be on average were the true rates of both the same but
            for a scale: 1 were there no noise. None where a profile is flat.
        corrected: Correlation of the rates without the noise of having so few tasks and samples; None where
            noise is all there is.
        interval: Of `corrected`.
        spearman: Correlation of the rates' ranks as measured.
        spearman_interval: How much it moves with the tasks; noise makes it too low, and this is no remedy.
        habits: Habits that both have a rate of.
    """

    a: str
    b: str
    pearson: float | None
    ceiling: float | None
    corrected: float | None
    interval: Interval | None
    spearman: float | None
    spearman_interval: Interval | None
    habits: int


def likeness(
    names: Sequence[str], grids: Sequence[Grid], weights: Floats, *, level: float, tasks: int
) -> list[Likeness]:
    """Correlations of each two models.

    Args:
        names: The models.
        grids: Their judgements, over the same tasks in the same order.
        weights: How often each task comes in each draw; shape `(draws, tasks)`.
        level: The confidence level.
        tasks: How many tasks the habit with the fewest has.

    Raises:
        UsageError: The level is no share, or there are too few draws for it.
    """
    return [
        _of_pair((names[i], names[j]), (grids[i], grids[j]), weights, level, tasks)
        for i, j in combinations(range(len(names)), 2)
    ]


def correlation(a: Floats, b: Floats) -> Floats:
    """Pearson's over the last axis; not a number where one side is flat, or isn't known everywhere."""
    of_a, of_b = (each - each.mean(axis=-1, keepdims=True) for each in (a, b))
    squares = (of_a**2).sum(axis=-1) * (of_b**2).sum(axis=-1)
    found = np.full(squares.shape, np.nan)
    np.divide((of_a * of_b).sum(axis=-1), np.sqrt(squares), out=found, where=squares > _LEAST**2)
    return np.clip(found, -1, 1)


def _of_pair(
    names: tuple[str, str], grids: tuple[Grid, Grid], weights: Floats, level: float, tasks: int
) -> Likeness:
    once = np.ones((1, weights.shape[1]))
    rates = [profile_rates(once, grid) for grid in grids]
    known = np.isfinite(rates[0][0]) & np.isfinite(rates[1][0])
    drawn = [profile_rates(weights, grid)[:, known] for grid in grids]
    rates = [each[:, known] for each in rates]
    ranked, drawn_ranked = ([_ranks(each) for each in sides] for sides in (rates, drawn))
    pearson, spearman = (_value(correlation(*sides)) for sides in (rates, ranked))
    at_hand = moments(once, *grids, known)
    ceiling = _value(at_hand.ceiling)
    corrected, interval = None, None
    if pearson is not None and ceiling is not None and ceiling > _LEAST:
        corrected = _value(at_hand.correlation)
        interval = _without_noise(at_hand, pearson, moments(weights, *grids, known), level, tasks)
    moved = None if spearman is None else drawn_interval(correlation(*drawn_ranked), level=level, tasks=tasks)
    return Likeness(*names, pearson, ceiling, corrected, interval, spearman, moved, int(known.sum()))


def _without_noise(
    at_hand: Moments, measured: float, drawn: Moments, level: float, tasks: int
) -> Interval | None:
    """The basic bootstrap: what draws, rid of their own noise, are off what was measured by.

    A draw of tasks is to the tasks at hand what these are to all tasks; its corrected correlation estimates
    the measured one. That error, mirrored, and larger by what noise took off the measured correlation, is
    the error of the corrected one.
    """
    found = drawn_interval(drawn.correlation, level=level, tasks=tasks)
    if found is None:
        return None
    value, scale = float(at_hand.correlation[0]), 1 / float(at_hand.ceiling[0])
    low, high = (value - scale * (end - measured) for end in (found.high, found.low))
    return Interval(
        float(np.clip(min(low, value), -1, 1)),
        float(np.clip(max(high, value), -1, 1)),
        level,
        "mirrored-bootstrap",
    )


def _value(found: Floats) -> float | None:
    value = float(np.atleast_1d(found)[0])
    return value if np.isfinite(value) else None


def _ranks(values: Floats) -> Floats:
    from scipy import stats

    return np.asarray(cast("Any", stats).rankdata(values, axis=-1), dtype=np.float64)
