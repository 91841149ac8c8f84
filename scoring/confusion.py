"""Figures of agreement as closed forms over confusion matrices, one or many at a time.

Libraries take one matrix at a time; here a thousand resampled ones are one array. Tests hold the figures to
statsmodels, krippendorff and scipy.
"""

from __future__ import annotations

import numpy as np

from .clusters import Floats, blocks


def figures(confusion: Floats, positive: int | None, numbers: Floats | None) -> dict[str, Floats]:
    """Figures of matrices of shape (..., labels, labels), each of shape (...); NaN where undefined.

    Args:
        confusion: Counts; rows are A's labels, columns B's.
        positive: Which label precision, recall and F1 are about; None for no such figures.
        numbers: What labels count for in Pearson's correlation; None for no such figure.

    Returns:
        `kappa`, `alpha`, `macro_precision`, `macro_recall`, `macro_f1`; and `precision`, `recall`, `f1`;
        `pearson`.
    """
    n = confusion.sum(axis=(-2, -1))
    hits = np.diagonal(confusion, axis1=-2, axis2=-1)
    of_a, of_b = confusion.sum(axis=-1), confusion.sum(axis=-2)
    both, same = of_a + of_b, hits.sum(axis=-1) / n
    with np.errstate(divide="ignore", invalid="ignore"):
        rates = {"precision": hits / of_a, "recall": hits / of_b, "f1": 2 * hits / both}
        chance = (of_a * of_b).sum(axis=-1) / n**2
        disagreement = 1 - (both * (both - 1)).sum(axis=-1) / (2 * n * (2 * n - 1))
        found = {
            "kappa": np.where(chance < 1, (same - chance) / (1 - chance), np.nan),
            "alpha": np.where(disagreement > 0, 1 - (1 - same) / disagreement, np.nan),
        }
        if positive is not None:
            found |= {name: rate[..., positive] for name, rate in rates.items()}
        if numbers is not None:
            found["pearson"] = _pearson(confusion, numbers)
    return found | {f"macro_{name}": _mean_of_defined(rate) for name, rate in rates.items()}


def resampled_figures(
    confusion: Floats, positive: int | None, numbers: Floats | None, seed: int, resamples: int
) -> dict[str, Floats]:
    """Figures of matrices that pairs drawn with replacement would give, each of shape (resamples,)."""
    rng = np.random.default_rng(seed)
    n = int(confusion.sum())
    shares = confusion.ravel() / n
    parts: list[dict[str, Floats]] = []
    for rows in blocks(resamples, confusion.size):
        drawn = rng.multinomial(n, shares, size=rows).astype(np.float64)
        parts.append(figures(drawn.reshape(-1, *confusion.shape), positive, numbers))
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _pearson(confusion: Floats, numbers: Floats) -> Floats:
    n = confusion.sum(axis=(-2, -1))
    of_a, of_b = confusion.sum(axis=-1), confusion.sum(axis=-2)
    a = numbers - (of_a @ numbers / n)[..., np.newaxis]
    b = numbers - (of_b @ numbers / n)[..., np.newaxis]
    shared = np.einsum("...ij,...i,...j->...", confusion, a, b)
    product = (of_a * a**2).sum(axis=-1) * (of_b * b**2).sum(axis=-1)
    constant = (of_a.max(axis=-1) == n) | (of_b.max(axis=-1) == n)
    return np.where(constant, np.nan, shared / np.sqrt(product))


def _mean_of_defined(rates: Floats) -> Floats:
    defined = ~np.isnan(rates)
    return np.where(defined, rates, 0).sum(axis=-1) / defined.sum(axis=-1)
