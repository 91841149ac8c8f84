"""How much of the spread of a profile over habits comes of having so few tasks and samples."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .clusters import Floats
from .habit_grid import Grid
from .task_draws import shares


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """Spread of two profiles over habits, rid of noise; one of each a draw.

    Attributes:
        correlation: Of the true rates; not a number where noise is all there is.
        ceiling: The correlation that would be measured on average if the true one were 1.
    """

    correlation: Floats
    ceiling: Floats


def moments(weights: Floats, a: Grid, b: Grid, known: npt.NDArray[np.bool_]) -> Moments:
    """Spread over habits less the noise in each rate.

    A habit's rate has the variance of a ratio of sums over its own tasks (linearised), and the rates of two
    models covary by sharing tasks. On average these add to the variances and the covariance over habits, and
    are taken off them (Spearman's correction for attenuation, with noise estimated from tasks).

    Args:
        weights: How often each task comes; shape `(draws, tasks)`.
        a: One model's judgements.
        b: The other's, on the same tasks.
        known: Which habits count.
    """
    own = a.is_own[:, known]
    sides = [(own * grid.hits[:, known], own * grid.scored[:, known]) for grid in (a, b)]
    totals = [(weights @ k, weights @ n) for k, n in sides]
    rates = [shares(k, n) for k, n in totals]
    tasks = weights @ ((sides[0][1] > 0) & (sides[1][1] > 0)).astype(np.float64)
    factor = shares(tasks, tasks - 1)

    def noise(i: int, j: int) -> Floats:
        (k_i, n_i), (k_j, n_j) = sides[i], sides[j]
        residuals = (
            weights @ (k_i * k_j)
            - rates[i] * (weights @ (n_i * k_j))
            - rates[j] * (weights @ (k_i * n_j))
            + rates[i] * rates[j] * (weights @ (n_i * n_j))
        )
        return factor * residuals / (totals[i][1] * totals[j][1])

    def spread(i: int, j: int) -> tuple[Floats, Floats]:
        of_i, of_j = (rates[side] - rates[side].mean(axis=1, keepdims=True) for side in (i, j))
        measured, habits = (of_i * of_j).mean(axis=1), of_i.shape[1]
        return measured, measured - noise(i, j).mean(axis=1) * (habits - 1) / habits

    with np.errstate(invalid="ignore", divide="ignore"):
        (all_a, true_a), (all_b, true_b), (_, both) = spread(0, 0), spread(1, 1), spread(0, 1)
    room = np.where((true_a > 0) & (true_b > 0), true_a * true_b, np.nan)
    return Moments(np.clip(both / np.sqrt(room), -1, 1), np.sqrt(shares(np.nan_to_num(room), all_a * all_b)))
