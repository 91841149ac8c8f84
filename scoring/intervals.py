"""Intervals of proportions and means over independent observations.

Where observations come in clusters (several samples an item), `bootstrap` has the interval to use.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from ..errors import UsageError


@dataclass(frozen=True, slots=True)
class Interval:
    """A confidence interval; both ends belong to it.

    Attributes:
        low: The lower end, in the unit of the estimate.
        high: The upper end.
        level: The confidence level, such as 0.95.
        method: How it was computed: `wilson`, `exact`, `t`, `cluster-bootstrap`, ...
    """

    low: float
    high: float
    level: float
    method: str


def wilson(successes: int, trials: int, level: float = 0.95) -> Interval:
    """Wilson's score interval of a proportion (1927), without continuity correction.

    Its coverage is near the level on average over proportions, for any number of trials; for a single
    proportion it may lie some points below. It has a width at 0 of n and at n of n too.

    Args:
        successes: How many of the trials succeeded.
        trials: How many there were, all independent.
        level: The confidence level.

    Raises:
        ValueError: There are no trials, or more successes than trials.
        UsageError: The level isn't between 0 and 1.
    """
    check_level(level)
    check_counts(successes, trials)
    low, high = wilson_ends(successes / trials, trials, level)
    return Interval(low, high, level, "wilson")


def exact(successes: int, trials: int, level: float = 0.95) -> Interval:
    """Clopper and Pearson's interval of a proportion (1934): its coverage is never below the level.

    It is wider than Wilson's; use it where falling short of the level would be worse than a wide interval.

    Args:
        successes: How many of the trials succeeded.
        trials: How many there were, all independent.
        level: The confidence level.

    Raises:
        ValueError: There are no trials, or more successes than trials.
        UsageError: The level isn't between 0 and 1.
    """
    from scipy import special

    check_level(level)
    check_counts(successes, trials)
    quantile, half, failures = cast("Any", special).betaincinv, (1 - level) / 2, trials - successes
    low = float(quantile(successes, failures + 1, half)) if successes else 0.0
    high = float(quantile(successes + 1, failures, 1 - half)) if failures else 1.0
    return Interval(low, high, level, "exact")


def wilson_ends(share: float, trials: float, level: float) -> tuple[float, float]:
    """Wilson's ends for a number of trials that may be an effective one, with a fraction."""
    z = NormalDist().inv_cdf((1 + level) / 2)
    middle = share + z**2 / (2 * trials)
    half = z * math.sqrt(share * (1 - share) / trials + (z / (2 * trials)) ** 2)
    low, high = ((middle + side * half) / (1 + z**2 / trials) for side in (-1, 1))
    return (low if share > 0 else 0.0), (high if share < 1 else 1.0)


def mean_interval(values: npt.ArrayLike, level: float = 0.95) -> Interval:
    """Student's t interval of a mean of independent values, one a cluster.

    Args:
        values: At least two finite numbers.
        level: The confidence level.

    Raises:
        ValueError: There are fewer than two values, or one isn't finite.
        UsageError: The level isn't between 0 and 1.
    """
    from scipy import special

    check_level(level)
    found = np.asarray(values, dtype=np.float64)
    if found.ndim != 1 or found.size <= 1 or not np.isfinite(found).all():
        raise ValueError(
            f"an interval of a mean needs a list of at least two finite values, found shape {found.shape}"
        )
    quantile = cast("Any", special).stdtrit(found.size - 1, (1 + level) / 2)
    half = float(quantile * found.std(ddof=1) / np.sqrt(found.size))
    return Interval(float(found.mean()) - half, float(found.mean()) + half, level, "t")


def check_level(level: float) -> None:
    """Hold a confidence level to be a share.

    Raises:
        UsageError: It isn't between 0 and 1.
    """
    if not 0 < level < 1:
        raise UsageError(f"confidence level: found {level}, expected a share between 0 and 1, such as 0.95")


def check_counts(successes: int, trials: int) -> None:
    """Hold counts to be those of a proportion.

    Raises:
        ValueError: There are no trials, or more successes than trials.
    """
    if trials < 1:
        raise ValueError(
            f"a proportion of {trials} trials has no value: leave it out, or report it as unscored"
        )
    if not 0 <= successes <= trials:
        raise ValueError(f"successes: found {successes} of {trials} trials, expected 0 to {trials}")
