"""Tests of two samples, their effect sizes, and Holm's correction.

Sizes are effective ones: how many independent values the sample is worth, at most how many it holds.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
MOST_EXACT = 500
LEAST_EXPECTED = 5.0


@dataclass(frozen=True, slots=True)
class Tested:
    """The outcome of a test.

    Attributes:
        statistic: What the test computes.
        p: The probability of a statistic at least as large without drift, before correction.
        effect: The effect size, between 0 and 1 (Cohen's h: and pi).
    """

    statistic: float
    p: float
    effect: float


def two_proportions(new: float, old: float, sizes: tuple[float, float]) -> Tested:
    """Two shares: chi-square with Yates's correction, and Cohen's h.

    Args:
        new: The new share, between 0 and 1.
        old: The old one.
        sizes: Of the new and the old sample.
    """
    effect = abs(2 * math.asin(math.sqrt(new)) - 2 * math.asin(math.sqrt(old)))
    table = np.array(
        [[share * size, (1 - share) * size] for share, size in zip((new, old), sizes, strict=True)]
    )
    if (table.sum(axis=0) <= 0).any():
        return Tested(0.0, 1.0, effect)
    statistic, p = _contingency(table)
    return Tested(statistic, p, effect)


def kolmogorov_smirnov(new: Floats, old: Floats, sizes: tuple[float, float]) -> Tested:
    """The largest difference of two distribution functions, which is the effect as well.

    As `scipy.stats.ks_2samp` where all values are independent: exact up to 500 values, else asymptotic. Where
    they aren't, the Dvoretzky-Kiefer-Wolfowitz bound with the effective sizes and the factor e of Wei and
    Dudley (2012).
    """
    from scipy import stats

    exact = max(len(new), len(old)) <= MOST_EXACT
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # it falls back to the asymptotic p by itself
        found = cast("Any", stats).ks_2samp(new, old, method="exact" if exact else "asymp")
    statistic, p = float(found.statistic), float(found.pvalue)
    if sizes[0] < len(new) * 0.999 or sizes[1] < len(old) * 0.999:
        pairs = sizes[0] * sizes[1] / (sizes[0] + sizes[1])
        p = min(1.0, math.e * math.exp(-2 * pairs * statistic**2))
    return Tested(statistic, p, statistic)


def cliffs_delta(new: Floats, old: Floats) -> float:
    """How much more often a new value is larger than an old one than smaller, from -1 to 1."""
    old = np.sort(old)
    smaller = np.searchsorted(old, new, "left").sum(dtype=np.int64)
    larger = (len(old) - np.searchsorted(old, new, "right")).sum(dtype=np.int64)
    return float(smaller - larger) / (len(new) * len(old))


def categories(new: Floats, old: Floats, sizes: tuple[float, float]) -> Tested | None:
    """Counts of the same categories: chi-square, and Cramér's V with both versions weighing the same.

    Categories of which fewer than five are expected are put together. V is that of a table in which both
    versions have the same number of rows, so that a short version's drift isn't diluted by a long one.

    Returns:
        None if fewer than two categories remain.
    """
    table = np.stack([new * sizes[0] / new.sum(), old * sizes[1] / old.sum()])
    table = _pooled(table)
    if table.shape[1] < 2:  # noqa: PLR2004
        return None
    shares = table / table.sum(axis=1, keepdims=True)
    effect = math.sqrt(float(((shares[0] - shares[1]) ** 2 / shares.sum(axis=0)).sum()) / 2)
    statistic, p = _contingency(table)
    return Tested(statistic, p, effect)


def holm(values: Sequence[float]) -> list[float]:
    """Holm's adjusted p-values: with all at most alpha called drift, any false call has probability alpha."""
    adjusted, running = [1.0] * len(values), 0.0
    for rank, index in enumerate(sorted(range(len(values)), key=lambda index: values[index])):
        running = max(running, min(1.0, values[index] * (len(values) - rank)))
        adjusted[index] = running
    return adjusted


def _contingency(table: Floats) -> tuple[float, float]:
    from scipy import stats

    found = cast("Any", stats).chi2_contingency(table, correction=True)
    return float(found.statistic), float(found.pvalue)


def _pooled(table: Floats) -> Floats:
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0) / table.sum()
    rare = (expected < LEAST_EXPECTED).any(axis=0)
    kept, others = table[:, ~rare], table[:, rare].sum(axis=1, keepdims=True)
    if not others.sum():
        return kept
    total = table.sum()
    enough = (table.sum(axis=1, keepdims=True) * others.sum() / total >= LEAST_EXPECTED).all()
    if enough or not kept.shape[1]:
        return np.concatenate([kept, others], axis=1)
    smallest = kept.sum(axis=0).argmin()
    kept[:, smallest] += others[:, 0]
    return kept
