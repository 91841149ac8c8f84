"""Test of a paired difference: were A and B the same, each cluster's two results could be swapped."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..errors import UsageError
from .clusters import Floats, are_few, blocks, distinct_clusters, ratio

ROUNDING = 1e-12
"""Relative to the ratios: differences that are as extreme but for this much count as extreme."""


def swap_test(a: Floats, b: Floats, *, seed: int, permutations: int = 10_000) -> tuple[float, bool]:
    """Two-sided p-value of the difference of two ratios of sums over the same clusters.

    A swap exchanges numerator and denominator of a cluster; where denominators are equal, that flips the sign
    of the cluster's difference. All swaps are tried where there are no more than `permutations`; else so many
    are drawn, and p is (1 + as extreme) / (1 + drawn), which is never 0 (Phipson and Smyth, 2010).

    Args:
        a: Of shape (clusters, 2): A's numerators, and its denominators, which are above 0.
        b: The same of B.
        seed: Of the random draws.
        permutations: How many swaps are tried at most.

    Returns:
        The p-value, and whether it is exact.

    Raises:
        UsageError: There are no permutations to try.
    """
    if permutations < 1:
        raise UsageError(f"permutations: found {permutations}, expected at least 1")
    moves = (b - a)[(a != b).any(axis=1)]
    of_a, of_b = ratio(a.sum(axis=0)), ratio(b.sum(axis=0))
    least = abs(of_b - of_a) - ROUNDING * (abs(of_a) + abs(of_b))
    exact = len(moves) < permutations.bit_length() and 2 ** len(moves) <= permutations
    shifts = _all(moves) if exact else _drawn(moves, seed, permutations)
    extreme = tried = 0
    for shift in shifts:
        difference = ratio(b.sum(axis=0) - shift) - ratio(a.sum(axis=0) + shift)
        extreme += int((np.abs(difference) >= least).sum())
        tried += len(shift)
    return (extreme / tried if exact else (1 + extreme) / (1 + tried)), exact


def _all(moves: Floats) -> Iterator[Floats]:
    """What every set of swaps moves from B to A, of shape (sets, 2)."""
    swaps = np.arange(2 ** len(moves))[:, np.newaxis] >> np.arange(len(moves)) & 1
    yield swaps @ moves


def _drawn(moves: Floats, seed: int, permutations: int) -> Iterator[Floats]:
    """What random sets of swaps move, in blocks of shape (sets, 2); half of all clusters are swapped."""
    rng = np.random.default_rng(seed)
    distinct, counts = distinct_clusters(moves)
    if are_few(len(distinct), len(moves)):
        for rows in blocks(permutations, len(distinct)):
            yield rng.binomial(counts, 0.5, size=(rows, len(distinct))) @ distinct
        return
    sorted_moves = np.repeat(distinct, counts, axis=0)
    for rows in blocks(permutations, len(moves)):
        swaps = rng.integers(0, 2, size=(rows, len(moves)), dtype=np.uint8)
        yield swaps.astype(np.float64) @ sorted_moves
