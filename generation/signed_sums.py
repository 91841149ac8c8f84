"""Signed sums of digits: answers, traces and optimal signs of the MNNS task (CoT2, section 1).

Given digits d1..dm, choose signs so that the signed sum is non-negative and least; that sum is the
answer. The state after step t is the sum of the first t signed digits.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt

MAX_LENGTH: Final = 12
"""The 2^m sign patterns of an input are enumerated: 4,096 at most."""

MAX_DIGIT: Final = 1_999
"""Sums must fit 16 bits: those of 12 digits up to 1,999 do, the greatest being 23,988."""

CHUNK_CELLS: Final = 2**18
"""Inputs are worked on in chunks of about so many numbers, which stay in a core's cache."""

Int16 = npt.NDArray[np.int16]


@dataclass(frozen=True, eq=False)
class Solutions:
    """Answers, canonical traces and optimal sign patterns.

    A pattern is a number below 2^m whose bits, most significant first, are the signs of the digits
    in their order, 0 for plus. So numeric order is the order of `itertools.product("+-", repeat=m)`.

    Attributes:
        answers: The least non-negative signed sum; int16, shape (n,).
        traces: Partial sums of the first optimal pattern; int16, shape (n, m).
        offsets: Row r owns the patterns `offsets[r]` to `offsets[r + 1] - 1`; int64, shape (n + 1,).
        patterns: The optimal patterns of each row, ascending; int16, shape (patterns,).
    """

    answers: Int16
    traces: Int16
    offsets: npt.NDArray[np.int64]
    patterns: Int16


def solve(digits: npt.NDArray[np.integer[Any]]) -> Solutions:
    """The answer, the canonical trace and every optimal sign pattern of each input.

    Args:
        digits: In 1..1999, shape (n, m) with m in 1..12.

    Raises:
        ValueError: The digits have another shape or range.
    """
    rows = checked(digits)
    parts = [_solve_chunk(chunk) for chunk in chunks(rows, 2 ** rows.shape[1])]
    best, sizes, patterns = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    offsets = offsets_of(sizes)
    first = signs_of(rows.shape[1])[patterns[offsets[:-1]]]
    traces = np.cumsum(first * rows, axis=1, dtype=np.int16)
    return Solutions(best, traces, offsets, patterns)


def answers(digits: npt.NDArray[np.integer[Any]]) -> Int16:
    """The least non-negative signed sum of each input, shape (n,); arguments and errors of `solve`.

    Patterns come in pairs of opposite sums, so the least absolute sum under a plus first is looked for.
    """
    rows = checked(digits)
    patterns = 2 ** (rows.shape[1] - 1)
    sums = np.empty((patterns, min(len(rows), max(1, CHUNK_CELLS // patterns))), np.int16)
    return np.concatenate([_least_sums(chunk, sums[:, : len(chunk)]) for chunk in chunks(rows, patterns)])


def optimal_patterns(digits: npt.NDArray[np.integer[Any]]) -> list[list[str]]:
    """All sign patterns with the least non-negative sum, for each input, such as `["++--", "-+-+"]`.

    They stand in the order of `itertools.product("+-", repeat=m)`; the first is the canonical one.
    Arguments and errors are those of `solve`.
    """
    solutions = solve(digits)
    written = pattern_bytes(solutions.patterns, solutions.traces.shape[1]).astype(str).tolist()
    return [written[start:stop] for start, stop in pairwise(solutions.offsets.tolist())]


def pattern_bytes(patterns: Int16, length: int) -> npt.NDArray[np.bytes_]:
    """Patterns written as `length` characters `+` or `-` each; the shape of `patterns`."""
    characters = np.where(signs_of(length) > 0, b"+", b"-")
    return characters.view(f"S{length}").ravel()[patterns]


def final_sums(rows: Int16) -> Int16:
    """The sum under every sign pattern, in the order of patterns; shape (n, 2^m) for rows (n, m)."""
    sums = np.zeros((len(rows), 1), np.int16)
    for digit in rows.T[::-1, :, None]:
        sums = np.concatenate([sums + digit, sums - digit], axis=1)
    return sums


def signs_of(length: int) -> Int16:
    """The signs of every pattern: 1 or -1, shape (2^length, length)."""
    bits = np.arange(1 << length)[:, None] >> np.arange(length)[::-1]
    return (1 - 2 * (bits & 1)).astype(np.int16)


def checked(digits: npt.NDArray[np.integer[Any]]) -> Int16:
    """The digits as 16-bit integers.

    Raises:
        ValueError: The shape isn't (n, 1..12), or a digit isn't in 1..1999.
    """
    if len(digits.shape[1:]) != 1 or not 1 <= digits.shape[1] <= MAX_LENGTH:
        raise ValueError(f"digits must have the shape (n, 1..{MAX_LENGTH}), not {digits.shape}")
    low, high = int(digits.min(initial=MAX_DIGIT)), int(digits.max(initial=1))
    if low < 1 or high > MAX_DIGIT:
        raise ValueError(f"digits must be in 1..{MAX_DIGIT}, not {low}..{high}")
    return digits.astype(np.int16)


def chunks(rows: Int16, cells: int) -> Iterator[Int16]:
    """Consecutive rows, as many at a time as `cells` numbers a row allow; one chunk for no rows."""
    size = max(1, CHUNK_CELLS // cells)
    return (rows[start : start + size] for start in range(0, max(1, len(rows)), size))


def offsets_of(sizes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Where lists of these sizes begin and end when they stand one after the other."""
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes, dtype=np.int64)])


def _solve_chunk(rows: Int16) -> tuple[npt.NDArray[Any], ...]:
    """The answer and the number of optimal patterns of each row, and the patterns."""
    sums = final_sums(rows)
    # Read as unsigned, negative sums exceed all others, so that the minimum is the answer.
    unsigned = sums.view(np.uint16)
    best = unsigned.min(axis=1)
    places = np.flatnonzero(unsigned == best[:, None])
    ends = np.searchsorted(places, np.arange(len(rows) + 1) * sums.shape[1])
    return best.astype(np.int16), np.diff(ends), (places % sums.shape[1]).astype(np.int16)


def _least_sums(rows: Int16, sums: Int16) -> Int16:
    """The least absolute sum of each row, shape (n,), for digits (n, m) and room for sums (2^(m - 1), n)."""
    columns = np.ascontiguousarray(rows.T)
    sums[0] = columns[0]
    for count, digit in enumerate(columns[1:]):
        known, others = sums[: 2**count], sums[2**count : 2 ** (count + 1)]
        np.subtract(known, digit, out=others)
        known += digit
    return np.abs(sums, out=sums).min(axis=0)
