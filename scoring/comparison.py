"""Two runs on the same items: difference, interval, test. Relative cuts, and corrected p-values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

import numpy as np
import numpy.typing as npt

from ..errors import UsageError
from .bootstrap import paired_bootstrap
from .clusters import Floats, paired_sums, ratio
from .intervals import Interval, check_counts, check_level, wilson
from .permutation import swap_test

Correction = Literal["holm", "bonferroni", "fdr_bh", "fdr_by"]
Count = tuple[int, int]
"""Successes and trials."""


@dataclass(frozen=True, slots=True)
class Difference:
    """B minus A over the clusters that both have: positive where B is higher.

    Attributes:
        value: `b` minus `a`.
        a: A's ratio of sums over the shared clusters.
        b: B's.
        interval: Of the difference; None where every cluster differs alike, on a scale without ends.
        p_value: Two-sided, of no difference; not corrected.
        test: `mcnemar-exact`, `permutation-exact` or `permutation`.
        n_pairs: How many clusters have a denominator in both.
        left_out: How many haven't.
        discordant: Where each pair is two binary samples: how many succeeded in A only and in B only.
    """

    value: float
    a: float
    b: float
    interval: Interval | None
    p_value: float
    test: str
    n_pairs: int
    left_out: int
    discordant: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class RelativeCut:
    """The mean of relative cuts.

    Attributes:
        value: The mean of `cuts`.
        cuts: 1 - p(after) / p(before), one a pair.
        interval: Of the mean.
    """

    value: float
    cuts: tuple[float, ...]
    interval: Interval


def paired_difference(
    num_a: npt.ArrayLike,
    den_a: npt.ArrayLike,
    num_b: npt.ArrayLike,
    den_b: npt.ArrayLike,
    *,
    seed: int,
    resamples: int = 1000,
    permutations: int = 10_000,
    level: float = 0.95,
    bounds: tuple[float, float] | None = (0.0, 1.0),
) -> Difference:
    """Difference of two ratios of sums over the same clusters, B minus A.

    Where each cluster has one binary sample in A and in B: McNemar's exact test and Newcombe's interval.
    Else: the test of swapped results (`permutation.swap_test`) and the paired bootstrap. The two may disagree
        at the margin:
    an interval that just excludes 0 beside a p just above 1 - level, or the reverse.

    Args:
        num_a: A's numerators, one a cluster.
        den_a: A's denominators; 0 where A has nothing scored.
        num_b: B's numerators, cluster by cluster as A's.
        den_b: B's denominators.
        seed: Of the random draws.
        resamples: Of the bootstrap.
        permutations: How many swaps the test tries at most.
        level: The confidence level of the interval.
        bounds: The least and the largest value that a cluster can have in A or B; None if there are none.

    Raises:
        ValueError: There isn't one finite number a cluster, A and B share none, or a value is out of bounds.
        UsageError: The level is no share, or there are too few resamples or permutations.
    """
    a, b = paired_sums(num_a, den_a, num_b, den_b)
    left_out = np.asarray(num_a).size - len(a)
    if _are_binary(a) and _are_binary(b):
        return _binary_difference(a[:, 0] == 1, b[:, 0] == 1, level, left_out)
    before, after = float(ratio(a.sum(axis=0))), float(ratio(b.sum(axis=0)))
    interval = paired_bootstrap(*a.T, *b.T, seed=seed, resamples=resamples, level=level, bounds=bounds)
    p_value, exact = swap_test(a, b, seed=seed, permutations=permutations)
    test = "permutation-exact" if exact else "permutation"
    return Difference(after - before, before, after, interval, p_value, test, len(a), left_out)


def newcombe_paired(both: int, only_a: int, only_b: int, neither: int, level: float = 0.95) -> Interval:
    """Newcombe's interval of a difference of paired proportions, B minus A (1998, method 10).

    It squares and adds the distances to the ends of both Wilson intervals, less what the correlation of the
    pairs explains; it has a width where no pair differs.

    Args:
        both: Pairs that succeeded in A and B.
        only_a: Pairs that succeeded in A only.
        only_b: Pairs that succeeded in B only.
        neither: Pairs that failed in both.
        level: The confidence level.

    Raises:
        ValueError: There are no pairs.
        UsageError: The level is no share.
    """
    n = both + only_a + only_b + neither
    p_a, p_b = (both + only_a) / max(n, 1), (both + only_b) / max(n, 1)
    a, b = wilson(both + only_a, n, level), wilson(both + only_b, n, level)
    phi = _corrected_phi(both, only_a, only_b, neither)
    below = _square_and_add(p_b - b.low, a.high - p_a, phi)
    above = _square_and_add(b.high - p_b, p_a - a.low, phi)
    return Interval(p_b - p_a - below, p_b - p_a + above, level, "newcombe-paired")


def mean_relative_cut(
    pairs: Sequence[tuple[Count, Count]], *, seed: int, resamples: int = 10_000, level: float = 0.95
) -> RelativeCut:
    """Mean of relative cuts 1 - p(after) / p(before).

    The headline of DeceptionBench (arXiv 2505.18807) is one, of two pairs, without an interval. The interval
    draws every proportion from Beta(k + ½, n - k + ½), Jeffreys's posterior, which has a spread at 0 of n
    too. Proportions count as independent; before and after on the same items are usually alike, and the
    interval then errs on the wide side. One pair gives the cut of one.

    Args:
        pairs: Successes and trials before, and after.
        seed: Of the random draws.
        resamples: How many times all proportions are drawn.
        level: The confidence level.

    Raises:
        ValueError: There are no pairs, a count is no proportion, or nothing succeeded before.
        UsageError: The level is no share.
    """
    check_level(level)
    cuts = tuple(_cut(before, after) for before, after in pairs)
    if not cuts:
        raise ValueError("a mean of relative cuts needs at least one pair of before and after, found none")
    rng = np.random.default_rng(seed)
    drawn = [
        1 - _jeffreys(rng, after, resamples) / _jeffreys(rng, before, resamples) for before, after in pairs
    ]
    low, high = np.quantile(np.mean(drawn, axis=0), [(1 - level) / 2, (1 + level) / 2])
    return RelativeCut(
        math.fsum(cuts) / len(cuts), cuts, Interval(float(low), float(high), level, "jeffreys")
    )


def correct(p_values: Sequence[float], method: Correction = "holm") -> list[float]:
    """P-values corrected for how many there are, in their order; hold them against the same alpha.

    `holm` and `bonferroni` bound the chance of even one false finding, `fdr_bh` and `fdr_by` the expected
    share of false ones among findings: Benjamini and Hochberg's for tests that are independent or depend
    positively, Benjamini and Yekutieli's for any.

    Raises:
        ValueError: A p-value isn't between 0 and 1.
        UsageError: The method is unknown.
    """
    if method not in get_args(Correction):
        raise UsageError(f"correction: found {method!r}, expected one of {', '.join(get_args(Correction))}")
    wrong = [p for p in p_values if not 0 <= p <= 1]
    if wrong:
        raise ValueError(f"p-values: found {wrong[0]}, expected 0 to 1: correct only those that there are")
    if not p_values:
        return []
    from statsmodels.stats.multitest import multipletests

    return [float(p) for p in cast("Any", multipletests)(list(p_values), method=method)[1]]


def _are_binary(sums: Floats) -> bool:
    return bool((sums[:, 1] == 1).all() and np.isin(sums[:, 0], (0, 1)).all())


def _binary_difference(
    a: npt.NDArray[np.bool_], b: npt.NDArray[np.bool_], level: float, left_out: int
) -> Difference:
    from statsmodels.stats.contingency_tables import mcnemar

    both, only_a, only_b = (int(pairs.sum()) for pairs in (a & b, a & ~b, ~a & b))
    neither = len(a) - both - only_a - only_b
    p_value = float(cast("Any", mcnemar)([[both, only_a], [only_b, neither]], exact=True).pvalue)
    interval = newcombe_paired(both, only_a, only_b, neither, level)
    before, after = float(a.mean()), float(b.mean())
    discordant = (only_a, only_b)
    return Difference(
        after - before, before, after, interval, p_value, "mcnemar-exact", len(a), left_out, discordant
    )


def _corrected_phi(both: int, only_a: int, only_b: int, neither: int) -> float:
    """The correlation of the pairs, moved towards 0 by half a pair where it is positive."""
    n = both + only_a + only_b + neither
    margins = (both + only_a) * (both + only_b) * (neither + only_a) * (neither + only_b)
    product = both * neither - only_a * only_b
    if product > 0:
        product = max(0, product - n / 2)
    return product / math.sqrt(margins) if margins else 0.0


def _square_and_add(one: float, other: float, correlation: float) -> float:
    return math.sqrt(max(0.0, one**2 - 2 * correlation * one * other + other**2))


def _cut(before: Count, after: Count) -> float:
    for count in (before, after):
        check_counts(*count)
    if before[0] == 0:
        raise ValueError(
            f"relative cut: found 0 of {before[1]} before, expected more: there is nothing to cut"
        )
    return 1 - (after[0] / after[1]) / (before[0] / before[1])


def _jeffreys(rng: np.random.Generator, count: Count, resamples: int) -> Floats:
    return rng.beta(count[0] + 0.5, count[1] - count[0] + 0.5, size=resamples)
