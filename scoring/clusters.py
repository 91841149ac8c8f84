"""Clusters: an item with all of its samples. Their sums, and an interval of a proportion in closed form."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import NormalDist
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from .intervals import Interval, check_level, wilson_ends

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

AT_ONCE = 100_000
"""How many random numbers are held at a time."""

ROUNDING = 1e-18
"""A sum of squared residuals a trial that is smaller comes of rounding: all clusters are alike."""

_SLACK = 1e-9
"""Of a scale, above what sums of fractions lose by rounding."""

FEW = 10
"""Drawing how often a distinct cluster comes costs about as much as drawing ten clusters one by one."""


def cluster_sums(numerators: npt.ArrayLike, denominators: npt.ArrayLike) -> Floats:
    """Numerators and denominators side by side, of shape (clusters, 2).

    Raises:
        ValueError: They aren't one finite number a cluster, or a denominator is negative.
    """
    above, below = np.asarray(numerators, dtype=np.float64), np.asarray(denominators, dtype=np.float64)
    if above.ndim != 1 or above.shape != below.shape:
        raise ValueError(
            f"clusters: found numerators of shape {above.shape} and denominators of shape {below.shape}, "
            "expected two lists of the same length"
        )
    sums = np.stack([above, below], axis=1)
    if not np.isfinite(sums).all() or (below < 0).any():
        raise ValueError("clusters: expected finite numerators, and denominators of at least 0")
    return sums


def with_denominators(sums: Floats) -> Floats:
    """The clusters that say something: those with a denominator above 0.

    Raises:
        ValueError: There are none.
    """
    kept = sums[sums[:, 1] > 0]
    if not len(kept):
        raise ValueError("clusters: all denominators are 0: leave the figure out, or report it as unscored")
    return kept


def paired_sums(
    numerators_a: npt.ArrayLike,
    denominators_a: npt.ArrayLike,
    numerators_b: npt.ArrayLike,
    denominators_b: npt.ArrayLike,
) -> tuple[Floats, Floats]:
    """Sums of A and of B for the clusters in which both have a denominator above 0.

    Raises:
        ValueError: They aren't one finite number a cluster, a denominator is negative, or no cluster is in
            both.
    """
    a, b = cluster_sums(numerators_a, denominators_a), cluster_sums(numerators_b, denominators_b)
    if a.shape != b.shape:
        raise ValueError(
            f"pairs: found {len(a)} clusters of A and {len(b)} of B, expected the same, in one order"
        )
    both = (a[:, 1] > 0) & (b[:, 1] > 0)
    if not both.any():
        raise ValueError(
            "pairs: no cluster has a denominator above 0 in both A and B: there is nothing to compare"
        )
    return a[both], b[both]


def ratio(sums: Floats) -> Floats:
    """The first of the last axis by the second."""
    return sums[..., 0] / sums[..., 1]


def distinct_clusters(clusters: Floats) -> tuple[Floats, Counts]:
    """Distinct rows, sorted, and how often each occurs; several times as fast as `numpy.unique` over rows."""
    rows = clusters[np.lexsort(clusters.T[::-1])]
    changes = np.flatnonzero((rows[1:] != rows[:-1]).any(axis=1)) + 1
    starts = np.concatenate([[0], changes])
    return rows[starts], np.diff(np.append(starts, len(rows)))


def are_few(distinct: int, clusters: int) -> bool:
    """Whether it is faster to draw how often each distinct cluster comes than to draw clusters."""
    return distinct * FEW < clusters


def blocks(rows: int, width: int) -> Iterator[int]:
    """So many rows in parts, of which `width` numbers a row fit a processor's cache."""
    step = max(1, AT_ONCE // width)
    for start in range(0, rows, step):
        yield min(step, rows - start)


def check_bounds(sums: Floats, bounds: tuple[float, float]) -> None:
    """Hold the clusters' values to a scale.

    Raises:
        ValueError: A value is out of bounds.
    """
    values = ratio(sums)
    low, high = float(values.min()), float(values.max())
    slack = _SLACK * (bounds[1] - bounds[0])
    if low < bounds[0] - slack or high > bounds[1] + slack:
        raise ValueError(
            f"clusters: found values from {low:g} to {high:g}, expected {bounds[0]:g} to {bounds[1]:g}: "
            "pass the scale as bounds, or bounds=None where it has no ends"
        )


def clustered_wilson(successes: npt.ArrayLike, trials: npt.ArrayLike, level: float = 0.95) -> Interval:
    """Wilson's interval of a proportion whose trials come in clusters, with an effective number of trials.

    Trials of a cluster may depend on each other in any way. The effective number m is that of independent
    trials which would have the variance that the clusters show (linearised, over C clusters):
    m = p(1-p) / [C/(C-1) · Σ(kᵢ - p·nᵢ)² / (Σnᵢ)²], times (z/t)² for Student's t of C-1 degrees of freedom,
    and at most Σnᵢ. Where the clusters show no variance, m is C. Effective numbers: Korn and Graubard (1998);
    in Wilson's interval: Dean and Pagano (2015).

    It holds its level better than a bootstrap where clusters are few or successes are rare; see
    `docs/statistics.md` for how well.

    Args:
        successes: How many trials of each cluster succeeded.
        trials: How many each had; clusters without any are left out.
        level: The confidence level.

    Raises:
        ValueError: There isn't one number a cluster, there are no trials, or more successes than trials.
        UsageError: The level isn't between 0 and 1.
    """
    check_level(level)
    sums = with_denominators(cluster_sums(successes, trials))
    check_bounds(sums, (0.0, 1.0))
    clusters, number, share = len(sums), float(sums[:, 1].sum()), float(ratio(sums.sum(axis=0)))
    spread = float(((sums[:, 0] - share * sums[:, 1]) ** 2).sum())
    alike = clusters == 1 or spread <= ROUNDING * number
    variance = 0.0 if alike else clusters / (clusters - 1) * spread / number**2
    effective = effective_trials(share, variance, clusters - 1, number, level)
    low, high = wilson_ends(min(1.0, max(0.0, share)), effective or clusters, level)
    return Interval(low, high, level, "clustered-wilson")


def effective_trials(share: float, variance: float, freedom: float, most: float, level: float) -> float:
    """How many independent trials would have a share's variance; 0 if there is no variance.

    Args:
        share: The share.
        variance: Its variance.
        freedom: The degrees of freedom that the variance rests on.
        most: No more than so many.
        level: Of the confidence level that z and t are taken at.
    """
    from scipy import special

    if not variance:
        return 0.0
    quantile = float(cast("Any", special).stdtrit(freedom, (1 + level) / 2))
    shrunk = (NormalDist().inv_cdf((1 + level) / 2) / quantile) ** 2
    return min(most, share * (1 - share) / variance * shrunk)
