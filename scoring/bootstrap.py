"""Seeded bootstrap over clusters: what is drawn again is an item, with all of its samples.

Every figure here is a ratio of two sums over clusters, or a difference of two such ratios.

Seeds: each call makes its own `numpy.random.default_rng(seed)` (PCG64), so a figure depends neither on what
was computed before it nor on the order of clusters. Sums of whole numbers are exact, so the same seed gives
the same ends on any machine; NumPy may change between versions how it draws from the generator's stream.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from statistics import NormalDist
from typing import Any, Literal, cast, get_args

import numpy as np
import numpy.typing as npt

from ..errors import UsageError
from .clusters import (
    Counts,
    Floats,
    are_few,
    blocks,
    check_bounds,
    cluster_sums,
    distinct_clusters,
    paired_sums,
    ratio,
    with_denominators,
)
from .intervals import Interval, check_level, wilson

Method = Literal["percentile", "expanded"]

ROUNDING = 1e-9
"""Of figures of order 1, far above what sums of many clusters lose and far below what a sample changes."""


def cluster_bootstrap(
    numerators: npt.ArrayLike,
    denominators: npt.ArrayLike,
    *,
    seed: int,
    resamples: int = 1000,
    level: float = 0.95,
    method: Method = "expanded",
    bounds: tuple[float, float] | None = (0.0, 1.0),
) -> Interval | None:
    """Interval of sum(numerators) / sum(denominators), for clusters that are a sample of many.

    Samples within a cluster may depend on each other in any way. Clusters with denominator 0 say nothing and
    are left out first, so that no resample divides by 0.

    Where all clusters have the same value (0 of n, n of n, a single cluster), every resample has it too, and
    an interval without width would claim too much. It then rests on Wilson's upper end u of 0 in so many
    clusters: at most the share u of all clusters differs, and by no more than `bounds` allow. For 0 of n that
        is Wilson's
    interval over clusters.

    Args:
        numerators: One a cluster.
        denominators: One a cluster, at least 0.
        seed: Of the random draws.
        resamples: How many times all clusters are drawn again.
        level: The confidence level.
        method: `percentile` takes the quantiles of the resamples at half of what the level leaves, on both
            sides. `expanded` (Hesterberg, arXiv 1411.5279) takes quantiles further out, to make
            good for the spread that few clusters hide; with many clusters both are the same.
        bounds: The least and the largest value that a cluster can have; None if there are none.

    Returns:
        The interval, its method `cluster-bootstrap`, `cluster-bootstrap-percentile` or `wilson-of-clusters`;
        None where all clusters have the same value and there are no bounds.

    Raises:
        ValueError: There isn't one finite number a cluster, all denominators are 0, or a value is out of
            bounds.
        UsageError: The level is no share, the method is unknown, or there are too few resamples.
    """
    check_resampling(resamples, level, method)
    sums = with_denominators(cluster_sums(numerators, denominators))
    if bounds is not None:
        check_bounds(sums, bounds)
    draws = ratio(resampled_sums(sums, seed=seed, resamples=resamples))
    if are_alike(draws):
        return _of_alike(float(ratio(sums.sum(axis=0))), len(sums), level, bounds)
    low, high = percentiles(draws, level=level, method=method, clusters=len(sums))
    return Interval(low, high, level, _named("cluster-bootstrap", method))


def paired_bootstrap(
    numerators_a: npt.ArrayLike,
    denominators_a: npt.ArrayLike,
    numerators_b: npt.ArrayLike,
    denominators_b: npt.ArrayLike,
    *,
    seed: int,
    resamples: int = 1000,
    level: float = 0.95,
    method: Method = "expanded",
    bounds: tuple[float, float] | None = (0.0, 1.0),
) -> Interval | None:
    """Interval of B's ratio of sums minus A's, drawing the same clusters for both.

    Clusters that have no denominator in A or in B are left out.

    Args:
        numerators_a: A's, one a cluster.
        denominators_a: A's, at least 0.
        numerators_b: B's, cluster by cluster as A's.
        denominators_b: B's, at least 0.
        seed: Of the random draws.
        resamples: How many times all clusters are drawn again.
        level: The confidence level.
        method: As in `cluster_bootstrap`.
        bounds: The least and the largest value that a cluster can have in A or B.

    Returns:
        The interval, its method `paired-bootstrap`, `paired-bootstrap-percentile` or `wilson-of-clusters`;
        None where every resample has the same difference and there are no bounds.

    Raises:
        ValueError: There isn't one finite number a cluster, A and B share none, or a value is out of bounds.
        UsageError: The level is no share, the method is unknown, or there are too few resamples.
    """
    check_resampling(resamples, level, method)
    a, b = paired_sums(numerators_a, denominators_a, numerators_b, denominators_b)
    if bounds is not None:
        check_bounds(np.vstack([a, b]), bounds)
    sums = resampled_sums(np.hstack([a, b]), seed=seed, resamples=resamples)
    draws = ratio(sums[:, 2:]) - ratio(sums[:, :2])
    if are_alike(draws):
        value = float(ratio(b.sum(axis=0)) - ratio(a.sum(axis=0)))
        width = None if bounds is None else bounds[1] - bounds[0]
        return _of_alike(value, len(a), level, None if width is None else (-width, width))
    low, high = percentiles(draws, level=level, method=method, clusters=len(a))
    return Interval(low, high, level, _named("paired-bootstrap", method))


def resampled_sums(clusters: Floats, *, seed: int, resamples: int) -> Floats:
    """Sums of columns over clusters drawn with replacement, as many as there are.

    Equal clusters are interchangeable, so only how often each distinct one is drawn matters.

    Args:
        clusters: Of shape (clusters, columns).
        seed: Of the random draws.
        resamples: How many times all clusters are drawn.

    Returns:
        Of shape (resamples, columns).
    """
    distinct, counts = distinct_clusters(clusters)
    rng = np.random.default_rng(seed)
    draw = _by_counts if are_few(len(distinct), len(clusters)) else _by_clusters
    return np.concatenate(list(draw(rng, distinct, counts, resamples)))


def check_resampling(resamples: int, level: float, method: str = "percentile") -> None:
    """Hold what users ask of a bootstrap to what it can give.

    Raises:
        UsageError: The level is no share, the method is unknown, or there are too few resamples.
    """
    check_level(level)
    if method not in get_args(Method):
        raise UsageError(f"bootstrap method: found {method!r}, expected one of {', '.join(get_args(Method))}")
    least = math.ceil(2 / (1 - level) - ROUNDING)
    if resamples < least:
        raise UsageError(f"resamples: found {resamples}, expected at least {least} for a level of {level}")


def percentiles(draws: Floats, *, level: float, method: Method, clusters: int) -> tuple[float, float]:
    """The two quantiles of resampled values between which the level lies."""
    tail = (1 - level) / 2
    if method == "expanded":
        tail = _expanded(tail, clusters)
    low, high = np.quantile(draws, [tail, 1 - tail])
    return float(low), float(high)


def are_alike(draws: Floats) -> bool:
    """Whether resampled values differ by rounding only."""
    return bool(np.ptp(draws) <= ROUNDING * max(1.0, float(np.abs(draws).max())))


def _expanded(tail: float, clusters: int) -> float:
    """The tail where a normal quantile, shrunk as the bootstrap shrinks it, is Student's."""
    from scipy import special

    quantile = float(cast("Any", special).stdtrit(clusters - 1, tail))
    return NormalDist().cdf(quantile * math.sqrt(clusters / (clusters - 1)))


def _by_counts(
    rng: np.random.Generator, distinct: Floats, counts: Counts, resamples: int
) -> Iterator[Floats]:
    """Sums by drawing how often each distinct cluster comes."""
    number = counts.sum()
    for rows in blocks(resamples, len(distinct)):
        yield rng.multinomial(number, counts / number, size=rows) @ distinct


def _by_clusters(
    rng: np.random.Generator, distinct: Floats, counts: Counts, resamples: int
) -> Iterator[Floats]:
    """Sums by drawing one cluster after the other."""
    number = int(counts.sum())
    columns = np.repeat(distinct.T, counts, axis=1)
    for rows in blocks(resamples, number):
        drawn = rng.integers(0, number, size=(rows, number))
        yield np.stack([column[drawn].sum(axis=1) for column in columns], axis=1)


def _of_alike(
    value: float, clusters: int, level: float, bounds: tuple[float, float] | None
) -> Interval | None:
    if bounds is None:
        return None
    share = wilson(0, clusters, level).high
    low, high = value - share * (value - bounds[0]), value + share * (bounds[1] - value)
    return Interval(low, high, level, "wilson-of-clusters")


def _named(name: str, method: Method) -> str:
    return name if method == "expanded" else f"{name}-{method}"
