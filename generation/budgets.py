"""Budgeted soft targets of the MNNS task: the states of the B best full traces (CoT2, section 3).

With a budget, the target of a step is the empirical distribution of the states that the B best sign
patterns pass there. A budget of 1 is the discrete chain of thought, one of all 2^m patterns the full
budget of `soft_targets`. The paper's code reads "best" in two ways, and both are here.

Neither ever drops the answer. Patterns come in pairs of opposite sums, so the least absolute sum is also
reached as a non-negative one, which is the answer, and ties go to the non-negative: the first trace kept
is the canonical one, whatever the budget. The paper's code would drop an input that keeps no non-negative
trace; there is none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, Self, cast

import numpy as np
import numpy.typing as npt

from .signed_sums import CHUNK_CELLS, MAX_LENGTH, Int16, checked, chunks, final_sums
from .soft_targets import StateCounter, Targets, mark_runs

Reading = Literal["minabs", "nonneg"]

MAX_BUDGET: Final = 2**MAX_LENGTH
"""No input has more sign patterns."""

TIE_BREAKS: Final[Mapping[Reading, str]] = {
    "minabs": "non-negative before negative sums, then + before - from the first sign on",
    "nonneg": "+ before - from the first sign on",
}
"""How patterns are ordered whose sums are equally good."""

# Twice the greatest sum is less.
_WORST: Final = np.uint32(2**16)
_REFUSED: Final = _WORST << np.uint32(MAX_LENGTH)
_NAME: Final = re.compile(r"(minabs|nonneg)([1-9][0-9]{0,3})")


@dataclass(frozen=True)
class Budget:
    """How many of the sign patterns count, and which are the best.

    Attributes:
        size: The number of patterns B, 1 to 4,096; all of them where there are fewer.
        reading: `minabs` for the B least absolute sums, negative ones too; `nonneg` for the B least
            among the sums that aren't negative, of which there are 2^(m - 1) or more.

    Raises:
        ValueError: The size is out of range.
    """

    size: int
    reading: Reading

    def __post_init__(self) -> None:
        """Check the size."""
        if not 1 <= self.size <= MAX_BUDGET:
            raise ValueError(f"{self.name}: a budget must be in 1..{MAX_BUDGET}, as many as patterns can be")

    @classmethod
    def from_name(cls, name: str) -> Self:
        """The budget of a name such as `minabs4`.

        Raises:
            ValueError: No budget has this name.
        """
        match = _NAME.fullmatch(name)
        if match is None:
            raise ValueError(f"{name!r} names no budget: expected minabs<B> or nonneg<B>, as in minabs4")
        return cls(int(match[2]), cast("Reading", match[1]))

    @property
    def name(self) -> str:
        """What it adds to the name of a config: `minabs<B>` or `nonneg<B>`."""
        return f"{self.reading}{self.size}"

    @property
    def rule(self) -> str:
        """The value of the column `rule`: `topB_minabs` or `topB_nonneg`."""
        return f"topB_{self.reading}"

    @property
    def tie_break(self) -> str:
        """The value of the column `tie_break`."""
        return TIE_BREAKS[self.reading]


def budgeted_targets(digits: npt.NDArray[np.integer[Any]], budget: Budget) -> Targets:
    """How many of the best sign patterns pass each state, at each step.

    The counts of a step add up to the number of patterns kept: the budget's size, or all that there are.

    Args:
        digits: In 1..1999, shape (n, m) with m in 1..12.
        budget: Which patterns are kept.

    Raises:
        ValueError: The digits have another shape or range.
    """
    rows = checked(digits)
    length = rows.shape[1]
    kept = min(budget.size, 2**length)
    # A key takes twice the room of a cell.
    cells = max(2 * 2**length, kept * length)
    counter = _KeptTraces(max(1, min(len(rows), CHUNK_CELLS // cells)), length, kept, budget.reading)
    most = sum(min(2**step, kept) for step in range(1, length + 1))
    return counter.collect(chunks(rows, cells), len(rows) * most)


class _KeptTraces(StateCounter):
    """Sorts the states of the patterns that are kept, step by step."""

    def __init__(self, rows: int, length: int, kept: int, reading: Reading) -> None:
        """Allocate the cells."""
        super().__init__(rows, [kept] * length)
        self.kept = kept
        self.reading: Reading = reading
        self.sizes = np.empty(rows, np.int64)

    def fill(self, digits: Int16) -> None:
        """Mark the first of each run of equal states, and none of the cells beyond the last pattern kept."""
        rows, length = digits.shape
        keys = _keys(final_sums(digits), self.reading)
        if self.kept < keys.shape[1]:
            keys = np.partition(keys, self.kept - 1, axis=1)[:, : self.kept]
        is_kept = keys < _REFUSED
        self.sizes[:rows] = np.count_nonzero(is_kept, axis=1)
        states = np.where(is_kept, 0, np.int32(2**16))
        for step, block in enumerate(self.blocks):
            is_minus = keys >> np.uint32(length - 1 - step) & np.uint32(1)
            states += np.where(is_minus, -digits[:, step, None], digits[:, step, None])
            ordered = np.sort(states, axis=1)
            self.states[:rows, block] = ordered
            mark_runs(ordered, self.present[:rows, block])
            self.present[:rows, block] &= np.arange(self.kept) < self.sizes[:rows, None]

    def counts_of(self, chosen: npt.NDArray[np.intp], rows: int) -> npt.NDArray[np.integer[Any]]:
        """The lengths of the runs: each ends at the next, or after the last pattern kept."""
        block = chosen // self.kept
        ends = block * self.kept + self.sizes[block // len(self.blocks)]
        return np.minimum(np.append(chosen[1:], rows * self.states.shape[1]), ends) - chosen


def _keys(sums: Int16, reading: Reading) -> npt.NDArray[np.uint32]:
    """A number for each pattern that is smaller the better it is; the pattern itself is in its low bits.

    A pattern that may not be kept has one from `_REFUSED` on. Equal sums are left to the order of patterns,
    which is that of `itertools`.
    """
    absolute = np.abs(sums).astype(np.uint32)
    is_negative = sums < 0
    ranks = np.where(is_negative, _WORST, absolute) if reading == "nonneg" else 2 * absolute + is_negative
    return ranks << np.uint32(MAX_LENGTH) | np.arange(sums.shape[1], dtype=np.uint32)
