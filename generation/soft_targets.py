"""Full-budget soft targets of the MNNS task: sign prefixes counted by state (CoT2, section 3)."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .signed_sums import CHUNK_CELLS, Int16, checked, chunks


@dataclass(frozen=True, eq=False)
class Targets:
    """Soft targets in coordinate form, sorted by row, step and state.

    Entry i says that `count[i]` of the sign patterns that its row counts begin with `step[i]` signs that
    lead to `state[i]`. With the full budget these are the 2^step prefixes; with a budget of B traces, the
    B best patterns (`budgets`).

    Attributes:
        offsets: Row r owns the entries `offsets[r]` to `offsets[r + 1] - 1`; int64, shape (n + 1,).
        step: 1 to m; int8, shape (entries,).
        state: Signed partial sum, -23,988 to 23,988; int16, shape (entries,).
        count: 1 to 4,096; int32, shape (entries,).
    """

    offsets: npt.NDArray[np.int64]
    step: npt.NDArray[np.int8]
    state: Int16
    count: npt.NDArray[np.int32]

    @property
    def row(self) -> npt.NDArray[np.int64]:
        """The row of each entry, shape (entries,)."""
        return np.repeat(np.arange(len(self.offsets) - 1), np.diff(self.offsets))


def targets(digits: npt.NDArray[np.integer[Any]]) -> Targets:
    """How many sign prefixes end in each state, after each step.

    Args:
        digits: In 1..1999, shape (n, m) with m in 1..12.

    Raises:
        ValueError: The digits have another shape or range.
    """
    rows = checked(digits)
    length, highest = rows.shape[1], int(rows.max(initial=1))
    enumerated = [2**step for step in range(1, length + 1)]
    convolved = [highest * step + 1 for step in range(1, length + 1)]
    # Measured: a sorted cell costs up to ten times what a convolved one does.
    sort = 10 * sum(enumerated) < sum(convolved)
    method, widths = (_SortedSums, enumerated) if sort else (_Convolution, convolved)
    counter = method(max(1, min(len(rows), CHUNK_CELLS // sum(widths))), widths)
    return counter.collect(chunks(rows, sum(widths)), len(rows) * sum(map(min, enumerated, convolved)))


class StateCounter(ABC):
    """Counts sign patterns by the states that they pass, for up to `rows` inputs at a time.

    Each input has a row of cells, a block of `widths[t]` columns for each step, ascending by state;
    the cells that are present become entries. The cells are allocated once and filled again for
    every chunk, since touching fresh memory takes longer than the arithmetic.
    """

    def __init__(self, rows: int, widths: Sequence[int]) -> None:
        """Allocate the cells."""
        shape = (rows, sum(widths))
        stops = np.cumsum(widths).tolist()
        self.blocks = [slice(stop - width, stop) for stop, width in zip(stops, widths, strict=True)]
        self.states = np.empty(shape, np.int16)
        self.present = np.empty(shape, np.bool_)
        self.steps = np.tile(np.repeat(np.arange(1, len(widths) + 1, dtype=np.int8), widths), rows)

    def collect(self, parts: Iterable[Int16], most: int) -> Targets:
        """The entries of all inputs, which come in parts of up to `rows`.

        They are written into columns with room for `most` entries, of which the unused takes no memory:
        to keep the parts and join them at the end would take twice the memory, and longer.
        """
        step, state, count = np.empty(most, np.int8), np.empty(most, np.int16), np.empty(most, np.int32)
        offsets = [np.zeros(1, np.int64)]
        stop = 0
        for digits in parts:
            self.fill(digits)
            chosen = np.flatnonzero(self.present[: len(digits)])
            ends = np.arange(1, len(digits) + 1) * self.present.shape[1]
            offsets.append(stop + np.searchsorted(chosen, ends))
            entries = slice(stop, stop := stop + len(chosen))
            # No place is beyond the cells; any mode but the default writes without a copy.
            self.steps.take(chosen, out=step[entries], mode="clip")
            self.states.take(chosen, out=state[entries], mode="clip")
            count[entries] = self.counts_of(chosen, len(digits))
        return Targets(np.concatenate(offsets), step[:stop], state[:stop], count[:stop])

    @abstractmethod
    def fill(self, digits: Int16) -> None:
        """Set states and presence of the first `len(digits)` rows of cells."""

    @abstractmethod
    def counts_of(self, chosen: npt.NDArray[np.intp], rows: int) -> npt.NDArray[np.integer[Any]]:
        """The counts of the present cells, given their flat positions, of the first rows."""


class _SortedSums(StateCounter):
    """Sorts all 2^t prefix sums of each step: the fewest cells where numbers are few or large."""

    def fill(self, digits: Int16) -> None:
        """Mark the first of each run of equal sums."""
        rows = len(digits)
        # More processors have vector instructions to sort 32-bit numbers, up to ten times faster than 16-bit.
        sums = np.zeros((rows, 1), np.int32)
        for digit, block in zip(digits.T[:, :, None], self.blocks, strict=True):
            sums = np.concatenate([sums - digit, sums + digit], axis=1)
            sums.sort(axis=1)
            self.states[:rows, block] = sums
            mark_runs(sums, self.present[:rows, block])

    def counts_of(self, chosen: npt.NDArray[np.intp], rows: int) -> npt.NDArray[np.integer[Any]]:
        """The lengths of the runs."""
        return np.diff(chosen, append=rows * self.states.shape[1])


class _Convolution(StateCounter):
    """Expands (1 + x^d1)...(1 + x^dt), whose coefficients count subsets by their sum.

    A state is twice the sum of the digits with a plus, less the sum of all: half the axis that
    signed sums would need. At most C(m, m/2) patterns share a sum (Erdős, 1945), so that up to ten digits
    coefficients are bytes.
    """

    def __init__(self, rows: int, widths: Sequence[int]) -> None:
        super().__init__(rows, widths)
        most = math.comb(len(widths), len(widths) // 2)
        self.counts = np.empty(self.states.shape, np.min_scalar_type(most))
        self.highest = widths[0] - 1
        self.padded = np.empty((rows, self.highest + widths[-1]), self.counts.dtype)
        self.starts = np.arange(rows) * self.padded.shape[1] + self.highest

    def fill(self, digits: Int16) -> None:
        """Multiply by one factor a step; the padding left of a polynomial lets it be read shifted."""
        rows = len(digits)
        padded = self.padded[:rows]
        padded[:] = 0
        padded[:, self.highest] = 1
        totals = np.cumsum(digits, axis=1, dtype=np.int16)
        for step, block in enumerate(self.blocks):
            width = block.stop - block.start
            polynomial = padded[:, self.highest : self.highest + width]
            polynomial += self._shifted(digits[:, step], width)
            self.counts[:rows, block] = polynomial
            axis = np.arange(0, 2 * width, 2, dtype=np.int16)
            np.subtract(axis, totals[:, step, None], out=self.states[:rows, block])
        np.not_equal(self.counts[:rows], 0, out=self.present[:rows])

    def counts_of(self, chosen: npt.NDArray[np.intp], rows: int) -> npt.NDArray[np.integer[Any]]:
        """The coefficients that aren't zero."""
        del rows
        return self.counts.take(chosen)

    def _shifted(self, digits: Int16, width: int) -> npt.NDArray[np.integer[Any]]:
        """The first `width` coefficients of each polynomial times x^digit."""
        cell = self.padded.itemsize
        # As one item of so many bytes a window is copied at once, in a third of the time.
        windows = np.ndarray((self.padded.size - width + 1,), f"V{width * cell}", self.padded, 0, (cell,))
        found = windows[self.starts[: len(digits)] - digits]
        return found.view(self.padded.dtype).reshape(len(digits), width)


def mark_runs(ordered: npt.NDArray[np.integer[Any]], first: npt.NDArray[np.bool_]) -> None:
    """Set `first` where a run of equal numbers begins in a row of `ordered`; both have one shape."""
    first[:, 0] = True
    np.not_equal(ordered[:, 1:], ordered[:, :-1], out=first[:, 1:])
