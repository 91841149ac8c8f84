"""MNNS with exact soft targets (CoT2, arXiv 2505.23648): targets, answers, traces and splits.

Signs before m digits, so that the sum is as small as it can be without being negative. With the full budget
the target of a state at step t is the share of the 2^t sign prefixes that end in it, so the counts of a step
add up to 2^t. All orders of the same digits fall on one side of the split, as in the paper's code.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product
from typing import Any, ClassVar, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

from .columns import Found, Integers, matrix_of, whole_numbers
from .findings import Finding, Severity
from .inputs.batch import Batch, Column
from .rules.base import Rule
from .rules.keys import without_columns

pc = cast("Any", pyarrow.compute)
TARGETS = ("digits[]", "targets[].step", "targets[].state", "targets[].count")
"""The paths of the digits and of the entries of the targets."""

BUDGETED = ("topB_minabs", "topB_nonneg")
"""The rules by which targets count the best traces only."""

MOST_DIGITS = 12
"""Sign patterns of more digits aren't listed."""

_CELLS = 2**20
_NEVER = np.iinfo(np.int64).max


class MnnsTargets(Rule):
    """Full-budget soft targets that can't be those of the row's digits.

    A sum of digits with random signs has mean zero and a variance of the sum of the digits' squares; counts
    that agree with both, and add up to 2^step, are checked without listing the prefixes again.
    """

    name: ClassVar[str] = "mnns-targets"
    severity: ClassVar[Severity] = "error"

    @property
    def columns(self) -> tuple[str, ...]:
        """The digits, the targets, and what they count."""
        return (*TARGETS, "rule")

    def observe(self, batch: Batch) -> Iterator[Finding]:
        """A finding at the first wrong step of each row."""
        parts = [whole_numbers(batch, path) for path in TARGETS]
        if any(part is None for part in parts):
            return
        (digits, rows), (step, rows_of), (state, _), (count, _) = cast(
            "list[tuple[Integers, Integers]]", parts
        )
        matrix, lengths = matrix_of(digits, rows, len(batch))
        shape = (len(batch), matrix.shape[1] + 1)
        # Steps that no row has share column 0, where nothing is expected.
        cell = rows_of * shape[1] + np.where((step > 0) & (step < shape[1]), step, 0)
        steps = np.arange(shape[1])
        exists = (steps > 0) & (steps <= lengths[:, None])
        prefixes = np.where(exists, np.exp2(steps), 0)
        squares = np.cumsum(np.pad(matrix.astype(np.float64) ** 2, ((0, 0), (1, 0))), axis=1)
        expected = (prefixes, np.zeros(shape), prefixes * squares)
        weights = [count * state.astype(np.float64) ** power for power in range(3)]
        moments = [np.bincount(cell, each, prefixes.size).reshape(shape) for each in weights]
        is_wrong = [found != right for found, right in zip(moments, expected, strict=True)]
        anywhere = np.logical_or.reduce(is_wrong) & ~is_budgeted(batch)[:, None]
        for row in np.flatnonzero(anywhere.any(axis=1)).tolist():
            at = int(anywhere[row].argmax())
            message = f"step {at}: mean or variance of the states isn't that of the signed sums of the digits"
            if is_wrong[0][row, at]:
                message = (
                    f"step {at}: counts add up to {moments[0][row, at]:.0f}, expected {prefixes[row, at]:.0f}"
                )
            yield self.finding(message, batch, row, "targets")


class MnnsAnswer(Rule):
    """An answer, trace or list of optimal sign patterns that disagrees with digits and targets."""

    name: ClassVar[str] = "mnns-answer"
    severity: ClassVar[Severity] = "error"

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns of a row that follow from its digits."""
        return (*TARGETS, "answer", "trace[]", "optimal_patterns[]", "rule")

    def observe(self, batch: Batch) -> Iterator[Finding]:
        """A finding for each part of a row that disagrees."""
        parts = [whole_numbers(batch, path) for path in (*TARGETS, "answer", "trace[]")]
        patterns = batch.column("optimal_patterns[]")
        if patterns is None or any(part is None for part in parts):
            return
        numbers, (step, rows), (state, _), (count, _), right, steps = cast("list[Found]", parts)
        digits, lengths = matrix_of(*numbers, len(batch))
        answer, _ = matrix_of(*right, len(batch))
        is_last = step == lengths[rows]
        least = np.full(len(batch), _NEVER)
        np.minimum.at(least, rows[is_last & (state >= 0)], state[is_last & (state >= 0)])
        message = "isn't the least non-negative state of the last step"
        yield from self._wrong(batch, least != answer[:, 0], "answer", message)
        ways = np.bincount(rows, np.where(is_last & (state == answer[rows, 0]), count, 0), len(batch))
        of_few = is_budgeted(batch)
        ways = np.where(of_few, _ways(digits, np.where(of_few, lengths, 0), answer[:, 0]), ways)
        signed, fits = _signed(patterns, digits, lengths)
        misses = ~fits | (signed.sum(axis=1) != answer[patterns.rows, 0])
        found = np.bincount(patterns.rows, np.where(misses, np.inf, 1), len(batch))
        message = "aren't all and only the choices of signs that reach the answer"
        yield from self._wrong(batch, found != ways, "optimal_patterns", message)
        trace, trace_lengths = matrix_of(*steps, len(batch), digits.shape[1])
        first = np.searchsorted(patterns.rows, np.arange(len(batch)))
        sums = np.cumsum(np.vstack([signed, np.zeros_like(digits[:1])])[first], axis=1)
        differs = (trace != sums) & (np.arange(digits.shape[1]) < lengths[:, None])
        is_wrong = differs.any(axis=1) | (trace_lengths != lengths)
        yield from self._wrong(
            batch, is_wrong, "trace", "isn't the partial sums under the first optimal pattern"
        )

    def _wrong(self, batch: Batch, is_wrong: Any, field: str, message: str) -> Iterator[Finding]:
        for row in np.flatnonzero(is_wrong).tolist():
            yield self.finding(f"{field} {message}", batch, row, field)


class MnnsSplit(Rule):
    """The same digits, in any order, in two splits."""

    name: ClassVar[str] = "mnns-split"
    severity: ClassVar[Severity] = "error"

    def __init__(self) -> None:
        """Start without rows."""
        self._splits: dict[str, list[tuple[Batch, Any]]] = {}

    @property
    def columns(self) -> tuple[str, ...]:
        """The digits."""
        return ("digits[]",)

    def observe(self, batch: Batch) -> Iterable[Finding]:
        """Remember the digits of each row in ascending order."""
        if (found := whole_numbers(batch, "digits[]")) is not None:
            matrix, lengths = matrix_of(*found, len(batch))
            ordered = np.ascontiguousarray(np.column_stack([lengths, np.sort(matrix, axis=1)]), dtype=">i8")
            keys = ordered.view(f"S{ordered.itemsize * ordered.shape[1]}").ravel()
            self._splits.setdefault(batch.place.split, []).append((without_columns(batch), keys))
        return ()

    def finish(self) -> Iterator[Finding]:
        """A finding at the first row of each multiset that an earlier split has."""
        earlier = np.empty(0, "S1")
        for parts in self._splits.values():
            known = earlier
            for batch, keys in parts:
                values, first = np.unique(keys, return_index=True)
                for row in np.sort(first[np.isin(values, known)]).tolist():
                    yield self.finding(
                        "another order of these digits is in an earlier split", batch, row, "digits"
                    )
                earlier = np.union1d(earlier, values)


def _signed(patterns: Column, digits: Integers, lengths: Integers) -> tuple[Integers, Any]:
    """For each sign pattern the signed digits of its row, and whether it has a sign for each digit."""
    texts = pc.fill_null(patterns.values, "").cast(pa.string())
    sizes = np.asarray(pc.binary_length(texts), np.int64)
    joined = pc.binary_join(pa.ListArray.from_arrays([0, len(texts)], texts), "")[0].as_buffer()
    number = np.repeat(np.arange(len(texts)), sizes)
    place = np.arange(len(number)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    kept = place < digits.shape[1]
    signs = np.zeros((len(texts), digits.shape[1]), np.int64)
    # "+" is byte 43 and "-" byte 45.
    signs[number[kept], place[kept]] = 44 - np.frombuffer(joined, np.uint8).astype(np.int64)[kept]
    return signs * digits[patterns.rows], sizes == lengths[patterns.rows]


def is_budgeted(batch: Batch) -> npt.NDArray[np.bool_]:
    """For each row whether its targets count the traces of a budget, and not all."""
    column = batch.column("rule")
    if column is None:
        return np.zeros(len(batch), np.bool_)
    return np.asarray(pc.is_in(column.values.cast(pa.string()), value_set=pa.array(BUDGETED)))


def traces_of(digits: Integers) -> Integers:
    """The partial sums under every sign pattern, + before -; shape (n, 2^m, m) for digits (n, m)."""
    signs = np.array(list(product((1, -1), repeat=digits.shape[1])))
    return np.cumsum(digits[:, None, :] * signs, axis=2)


def blocks_of(rows: Integers, length: int) -> Iterator[Integers]:
    """The rows, so many at a time that `traces_of` them fits a few megabytes."""
    size = max(1, _CELLS // (length * 2**length))
    return (rows[start : start + size] for start in range(0, len(rows), size))


def _ways(digits: Integers, lengths: Integers, answer: Integers) -> Integers:
    """How many sign patterns of each row lead to its answer, by listing them; -1 without digits."""
    ways = np.full(len(digits), -1)
    for length in range(1, min(MOST_DIGITS, digits.shape[1]) + 1):
        for rows in blocks_of(np.flatnonzero(lengths == length), length):
            final = traces_of(digits[rows, :length])[:, :, -1]
            ways[rows] = np.count_nonzero(final == answer[rows, None], axis=1)
    return ways
