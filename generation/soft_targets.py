"""Full-budget soft targets of the MNNS task: sign prefixes counted by state (CoT2, section 3)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from .signed_sums import CHUNK_CELLS, Int16, checked, chunks, offsets_of

# NumPy sorts short rows of 16-bit numbers ten times faster by its vector instructions than by
# radix, its stable sort, and long ones with many repetitions half as fast.
_VECTOR_SORTED: Final = 512


@dataclass(frozen=True, eq=False)
class Targets:
    """Soft targets in coordinate form, sorted by row, step and state.

    Entry i says that `count[i]` of the 2^`step[i]` sign prefixes of its row end in `state[i]`.

    Attributes:
        offsets: Row r owns the entries `offsets[r]` to `offsets[r + 1] - 1`; int64, shape (n + 1,).
        step: 1 to m; int8, shape (entries,).
        state: Signed partial sum, -11,988 to 11,988; int16, shape (entries,).
        count: 1 to 2^step; int32, shape (entries,).
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
        digits: In 1..999, shape (n, m) with m in 1..12.

    Raises:
        ValueError: The digits have another shape or range.
    """
    rows = checked(digits)
    length, highest = rows.shape[1], int(rows.max(initial=1))
    enumerated = [2**step for step in range(1, length + 1)]
    convolved = [highest * step + 1 for step in range(1, length + 1)]
    # Measured: a sorted cell costs about twice what a convolved one does.
    sort = 2 * sum(enumerated) < sum(convolved)
    method, widths = (_SortedSums, enumerated) if sort else (_Convolution, convolved)
    counter = method(max(1, min(len(rows), CHUNK_CELLS // sum(widths))), widths)
    parts = map(counter.entries, chunks(rows, sum(widths)))
    return _joined(parts, len(rows) * sum(map(min, enumerated, convolved)))


def _joined(parts: Iterable[tuple[npt.NDArray[Any], ...]], most: int) -> Targets:
    """The entries of all chunks, in columns with room for `most`; unused room takes no memory.

    To keep the chunks and join them at the end would take twice the memory, and longer.
    """
    step, state, count = np.empty(most, np.int8), np.empty(most, np.int16), np.empty(most, np.int32)
    sizes = [np.zeros(0, np.int64)]
    stop = 0
    for rows, *entries in parts:
        sizes.append(rows)
        start, stop = stop, stop + len(entries[0])
        step[start:stop], state[start:stop], count[start:stop] = entries
    return Targets(offsets_of(np.concatenate(sizes)), step[:stop], state[:stop], count[:stop])


class _Counter(ABC):
    """Counts the prefixes of up to `rows` inputs at a time.

    Each input has a row of cells, a block of `widths[t]` columns for each step, ascending by state;
    the cells that are present become entries. The cells are allocated once and filled again for
    every chunk, since touching fresh memory takes longer than the arithmetic.
    """

    def __init__(self, rows: int, widths: Sequence[int]) -> None:
        shape = (rows, sum(widths))
        stops = np.cumsum(widths).tolist()
        self.blocks = [slice(stop - width, stop) for stop, width in zip(stops, widths, strict=True)]
        self.states = np.empty(shape, np.int16)
        self.present = np.empty(shape, np.bool_)
        self.steps = np.tile(np.repeat(np.arange(1, len(widths) + 1, dtype=np.int8), widths), rows)

    def entries(self, digits: Int16) -> tuple[npt.NDArray[Any], ...]:
        """The number of entries of each row, and the step, state and count of each entry."""
        rows = len(digits)
        self.fill(digits)
        chosen = np.flatnonzero(self.present[:rows])
        sizes = np.count_nonzero(self.present[:rows], axis=1)
        counts = self.counts_of(chosen, rows).astype(np.int32)
        return sizes, self.steps.take(chosen), self.states.take(chosen), counts

    @abstractmethod
    def fill(self, digits: Int16) -> None:
        """Set states and presence of the first `len(digits)` rows of cells."""

    @abstractmethod
    def counts_of(self, chosen: npt.NDArray[np.intp], rows: int) -> npt.NDArray[np.integer[Any]]:
        """The counts of the present cells, given their flat positions, of the first rows."""


class _SortedSums(_Counter):
    """Sorts all 2^t prefix sums of each step: the fewest cells where numbers are few or large."""

    def fill(self, digits: Int16) -> None:
        """Mark the first of each run of equal sums."""
        rows = len(digits)
        sums = np.zeros((rows, 1), np.int16)
        for digit, block in zip(digits.T[:, :, None], self.blocks, strict=True):
            sums = np.concatenate([sums - digit, sums + digit], axis=1)
            sums.sort(axis=1, kind="stable" if sums.shape[1] > _VECTOR_SORTED else "quicksort")
            self.states[:rows, block] = sums
            self.present[:rows, block.start] = True
            np.not_equal(sums[:, 1:], sums[:, :-1], out=self.present[:rows, block.start + 1 : block.stop])

    def counts_of(self, chosen: npt.NDArray[np.intp], rows: int) -> npt.NDArray[np.integer[Any]]:
        """The lengths of the runs."""
        return np.diff(chosen, append=rows * self.states.shape[1])


class _Convolution(_Counter):
    """Expands (1 + x^d1)...(1 + x^dt), whose coefficients count subsets by their sum.

    A state is twice the sum of the digits with a plus, less the sum of all: half the axis that
    signed sums would need.
    """

    def __init__(self, rows: int, widths: Sequence[int]) -> None:
        super().__init__(rows, widths)
        self.counts = np.empty(self.states.shape, np.int16)
        self.highest = widths[0] - 1
        self.padded = np.empty((rows, self.highest + widths[-1]), np.int16)

    def fill(self, digits: Int16) -> None:
        """Multiply by one factor a step; the padding left of a polynomial lets it be read shifted."""
        rows = len(digits)
        padded = self.padded[:rows]
        padded[:] = 0
        padded[:, self.highest] = 1
        totals = np.cumsum(digits, axis=1, dtype=np.int16)
        for step, block in enumerate(self.blocks):
            width = block.stop - block.start
            windows = sliding_window_view(padded, width, axis=1)
            padded[:, self.highest : self.highest + width] += windows[
                np.arange(rows), self.highest - digits[:, step]
            ]
            self.counts[:rows, block] = padded[:, self.highest : self.highest + width]
            axis = np.arange(0, 2 * width, 2, dtype=np.int16)
            np.subtract(axis, totals[:, step, None], out=self.states[:rows, block])
        np.not_equal(self.counts[:rows], 0, out=self.present[:rows])

    def counts_of(self, chosen: npt.NDArray[np.intp], rows: int) -> npt.NDArray[np.integer[Any]]:
        """The coefficients that aren't zero."""
        del rows
        return self.counts.take(chosen)
