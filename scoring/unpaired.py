"""Two sets of tasks that share none: difference of their rates, interval, test."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from .clusters import Floats, clustered_wilson, distinct_clusters, ratio
from .intervals import Interval, check_level, wilson

_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Gap:
    """A's rate less B's, over tasks of which each is in one of them.

    Attributes:
        value: `a` minus `b`.
        a: A's rate.
        b: B's rate.
        k_a: A's hits.
        n_a: A's scored samples.
        k_b: B's hits.
        n_b: B's scored samples.
        interval: Of the difference.
        p_value: Two-sided, of no difference; not corrected.
        test: `fisher-exact` or `permutation`.
    """

    value: float
    a: float
    b: float
    k_a: int
    n_a: int
    k_b: int
    n_b: int
    interval: Interval
    p_value: float
    test: str


def unpaired_difference(
    a: Floats, b: Floats, *, seed: int, permutations: int = 10_000, level: float = 0.95
) -> Gap | None:
    """Difference of two proportions over different tasks, whose samples may depend on each other.

    The interval squares and adds the distances to the ends of both sides' own intervals (Newcombe, 1998,
    method 10 for independent proportions): Wilson's where a task has one sample, Wilson's with an effective
    number of trials where it has several. Unlike a bootstrap it doesn't shrink where a side has 0 of n or n
    of n. The test asks how often a difference as large comes up when it is drawn which tasks are A's:
    Fisher's exact test where tasks have one sample.

    Args:
        a: Hits and scored samples of A's tasks; shape `(tasks, 2)`, scored ones above 0.
        b: The same of B's.
        seed: Of the random draws.
        permutations: How many divisions of the tasks are drawn.
        level: The confidence level.

    Returns:
        The difference; None if a side has no tasks.

    Raises:
        UsageError: The level is no share.
    """
    check_level(level)
    if not len(a) or not len(b):
        return None
    (k_a, n_a), (k_b, n_b) = (map(int, side.sum(axis=0)) for side in (a, b))
    share_a, share_b = k_a / n_a, k_b / n_b
    clustered = bool((np.vstack([a, b])[:, 1] > 1).any())
    interval = _square_and_add(a, b, clustered=clustered, level=level)
    if clustered:
        p_value, test = _divided(a, b, seed, permutations), "permutation"
    else:
        p_value, test = _fisher(k_a, n_a, k_b, n_b), "fisher-exact"
    return Gap(share_a - share_b, share_a, share_b, k_a, n_a, k_b, n_b, interval, p_value, test)


def rate_interval(sums: Floats, level: float = 0.95) -> Interval:
    """Wilson's interval of a rate, with an effective number of trials where tasks have several samples.

    Args:
        sums: Hits and scored samples, a row a task; at least one row.
        level: The confidence level.

    Raises:
        ValueError: There are no scored samples.
        UsageError: The level is no share.
    """
    if (sums[:, 1] > 1).any():
        return clustered_wilson(*sums.T, level=level)
    hits, trials = sums.sum(axis=0)
    return wilson(int(hits), int(trials), level)


def _square_and_add(a: Floats, b: Floats, *, clustered: bool, level: float) -> Interval:
    share_a, share_b = (float(ratio(side.sum(axis=0))) for side in (a, b))
    of_a, of_b = rate_interval(a, level), rate_interval(b, level)
    below = math.hypot(share_a - of_a.low, of_b.high - share_b)
    above = math.hypot(of_a.high - share_a, share_b - of_b.low)
    value = share_a - share_b
    return Interval(value - below, value + above, level, "newcombe-clustered" if clustered else "newcombe")


def _fisher(k_a: int, n_a: int, k_b: int, n_b: int) -> float:
    from scipy import stats

    found = cast("Any", stats).fisher_exact([[k_a, n_a - k_a], [k_b, n_b - k_b]])
    return min(1.0, float(found.pvalue))


def _divided(a: Floats, b: Floats, seed: int, permutations: int) -> float:
    """The share of random divisions of the tasks that are as extreme, counting the one at hand."""
    distinct, counts = distinct_clusters(np.vstack([a, b]))
    if len(distinct) == 1:
        return 1.0
    rng = np.random.default_rng(seed)
    drawn = rng.multivariate_hypergeometric(counts, len(a), size=permutations, method="marginals")
    of_a, total = drawn @ distinct, counts @ distinct
    differences = np.abs(ratio(of_a) - ratio(total - of_a))
    observed = abs(float(ratio(a.sum(axis=0)) - ratio(b.sum(axis=0))))
    return (1 + int((differences >= observed - _ROUNDING).sum())) / (1 + permutations)
