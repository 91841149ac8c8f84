"""Intervals of what several seeds make of the same clusters of problems: both are samples of many.

Seeds are crossed with clusters, so the variance of a mean has a part of each: that of the seeds' means, that
of the clusters' means, and, in both of these and so once too often, that of seeds within clusters. Many seeds
don't make up for few problems, nor many problems for few seeds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from .clusters import ROUNDING, Floats, check_bounds, effective_trials
from .intervals import Interval, check_level, wilson_ends


@dataclass(frozen=True, slots=True)
class _Spread:
    """A mean's variance, and the degrees of freedom of Student's t that go with it."""

    variance: float
    freedom: float


def crossed_share(successes: npt.ArrayLike, trials: npt.ArrayLike, level: float = 0.95) -> Interval:
    """Wilson's interval of the mean share of several seeds, with an effective number of trials.

    With one seed it is `clustered_wilson`, and says nothing about other seeds.

    Args:
        successes: How many trials of each cluster succeeded, or the sum of their scores from 0 to 1, of shape
            (seeds, clusters).
        trials: How many each cluster has, the same for all seeds, of shape (clusters,).
        level: The confidence level.

    Raises:
        ValueError: Shapes don't go together, there are no trials, or more successes than trials.
        UsageError: The level isn't between 0 and 1.
    """
    sums, sizes = _checked(successes, trials, level)
    for each in sums:
        check_bounds(np.stack([each, sizes], axis=1), (0.0, 1.0))
    share, spread = min(1.0, max(0.0, _mean(sums, sizes))), _spread(sums, sizes)
    # Seeds share their problems, and never count for more than these.
    most = float(sizes.sum())
    effective = effective_trials(share, spread.variance, spread.freedom, most, level)
    low, high = wilson_ends(share, effective or sums.shape[1], level)
    return Interval(low, high, level, "crossed-wilson" if len(sums) > 1 else "clustered-wilson")


def crossed_mean(sums: npt.ArrayLike, trials: npt.ArrayLike, level: float = 0.95) -> Interval | None:
    """Student's t interval of a mean without bounds, such as a gain, over seeds and clusters at once.

    Args:
        sums: The sum of each cluster's values, of shape (seeds, clusters).
        trials: How many values each cluster has, the same for all seeds, of shape (clusters,).
        level: The confidence level.

    Returns:
        The interval, its method `crossed-t`, or `clustered-t` with one seed; None where all values are alike.

    Raises:
        ValueError: Shapes don't go together, or there are no trials.
        UsageError: The level isn't between 0 and 1.
    """
    found, sizes = _checked(sums, trials, level)
    mean, spread = _mean(found, sizes), _spread(found, sizes)
    if not spread.variance:
        return None
    half = _quantile(spread.freedom, level) * spread.variance**0.5
    return Interval(mean - half, mean + half, level, "crossed-t" if len(found) > 1 else "clustered-t")


def _checked(sums: npt.ArrayLike, trials: npt.ArrayLike, level: float) -> tuple[Floats, Floats]:
    """Of the clusters that have trials."""
    check_level(level)
    found, sizes = np.asarray(sums, dtype=np.float64), np.asarray(trials, dtype=np.float64)
    if found.ndim != 2 or sizes.shape != found.shape[1:] or not len(found):  # noqa: PLR2004
        raise ValueError(
            f"crossed: found sums of shape {found.shape} and trials of shape {sizes.shape}, expected (seeds, "
            "clusters) and (clusters,)"
        )
    if not np.isfinite(found).all() or not np.isfinite(sizes).all() or (sizes < 0).any():
        raise ValueError("crossed: expected finite sums, and at least 0 trials a cluster")
    if not sizes.any():
        raise ValueError("crossed: no cluster has a trial: leave the figure out, or report it as unscored")
    return found[:, sizes > 0], sizes[sizes > 0]


def _mean(sums: Floats, sizes: Floats) -> float:
    return float(sums.sum() / (len(sums) * sizes.sum()))


def _spread(sums: Floats, sizes: Floats) -> _Spread:
    """The two-way variance of a mean, with the degrees of freedom of Satterthwaite (1946).

    It is never less than any part alone, nor does it have fewer degrees of freedom than each.
    """
    seeds, clusters = sums.shape
    total = float(sizes.sum())
    whole = seeds * total
    left = sums - _mean(sums, sizes) * sizes
    both = left - left.mean(0) - left.sum(1, keepdims=True) * sizes / total
    # Each a sum of squares with its number of degrees of freedom.
    of_seeds = _part(left.sum(1), seeds, seeds - 1, whole)
    of_clusters = _part(left.sum(0), clusters, clusters - 1, whole)
    of_both = _part(both, seeds * clusters, (seeds - 1) * (clusters - 1), whole)
    parts = [each for each in (of_seeds, of_clusters, of_both) if each.variance]
    if not parts:
        return of_clusters
    summed = of_seeds.variance + of_clusters.variance - of_both.variance
    variance = max(summed, *(each.variance for each in parts))
    freedom = variance**2 / sum(each.variance**2 / each.freedom for each in parts)
    return _Spread(variance, max(freedom, min(each.freedom for each in parts)))


def _part(residuals: Floats, number: int, freedom: int, whole: float) -> _Spread:
    squares = float((residuals**2).sum())
    if not freedom or squares <= ROUNDING * whole:
        return _Spread(0.0, max(freedom, 1))
    return _Spread(number / freedom * squares / whole**2, freedom)


def _quantile(freedom: float, level: float) -> float:
    from scipy import special

    return float(cast("Any", special).stdtrit(freedom, (1 + level) / 2))
