"""Soft targets of reasoning steps as tensors: kept sparse, made dense a batch at a time on their device."""

# torch comes with the extra `gpu`, and type checkers may not find it.
# pyright: reportMissingImports=false

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, Self, get_args

import numpy as np
import numpy.typing as npt

from ..errors import MissingLibraryError
from .arrays import Integers, step_entries

if TYPE_CHECKING:
    import pyarrow as pa

try:
    import torch
    from torch import Tensor
except ModuleNotFoundError as error:
    raise MissingLibraryError(
        "tensors need torch, which isn't installed: pip install 'mensrea[gpu]'"
    ) from error

Weights = Literal["counts", "uniform"]
"""Whether the states of a step weigh by their counts, as in CoT2 (section 3), or all the same."""


@dataclass(frozen=True, eq=False)
class StepTargets:
    """A distribution over `width` columns for each row and step, in coordinate form.

    Entry i says how much of its row's step `step[i]` lies on `column[i]`; columns without an entry have
    nothing. A row may have fewer steps than `steps`: those without entries are zero everywhere.

    Attributes:
        offsets: Row r owns the entries `offsets[r]` to `offsets[r + 1] - 1`; int64, shape (rows + 1,).
        step: 1 to `steps`; int8, shape (entries,).
        column: 0 to `width` - 1; int32, shape (entries,).
        weight: Above 0, adding up to 1 over the entries of a row's step; float32, shape (entries,).
        steps: Steps of the dense form.
        width: Columns of the dense form.
    """

    offsets: Tensor
    step: Tensor
    column: Tensor
    weight: Tensor
    steps: int
    width: int

    @classmethod
    def from_table(
        cls,
        table: pa.Table,
        column: str = "targets",
        *,
        lowest: int = 0,
        width: int,
        steps: int,
        weights: Weights = "counts",
    ) -> Self:
        """The targets in a column of structs with `step`, `count`, and `state` or `node`.

        Args:
            table: Rows of a config of `cot2`.
            column: The column: `targets`, `frontier`, `reach` or `on_path`.
            lowest: The state of column 0.
            width: Columns; the greatest state is `lowest` + `width` - 1.
            steps: Steps; entries of later ones are left out.
            weights: `counts` for count / sum of the counts of that row and step, `uniform` for 1 / number of
                states of that row and step.

        Returns:
            Tensors on the CPU.

        Raises:
            ValueError: A state has no column, or `weights` is another word.
        """
        if weights not in get_args(Weights):
            raise ValueError(f"weights: found {weights!r}, expected one of {', '.join(get_args(Weights))}")
        entries = step_entries(table, column)
        inside = entries[1] <= steps
        row, step, state, count = (each[inside] for each in entries)
        _check_states(column, row, step, state, range(lowest, lowest + width))
        sizes = np.bincount(row, minlength=table.num_rows)
        return cls(
            torch.from_numpy(np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes, dtype=np.int64)])),
            torch.from_numpy(step.astype(np.int8)),
            torch.from_numpy(state.astype(np.int32) - np.int32(lowest)),
            torch.from_numpy(_shares(row * steps + step - 1, count if weights == "counts" else None)),
            steps,
            width,
        )

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.offsets) - 1

    @property
    def nbytes(self) -> int:
        """Bytes of all tensors: what moving them costs."""
        return sum(each.nbytes for each in (self.offsets, self.step, self.column, self.weight))

    @property
    def dense_nbytes(self) -> int:
        """Bytes that the dense form of all rows would have."""
        return len(self) * self.steps * self.width * self.weight.element_size()

    def to(self, device: torch.device | str) -> Self:
        """The same on a device."""
        names = ("offsets", "step", "column", "weight")
        return replace(self, **{name: getattr(self, name).to(device) for name in names})

    def dense(self, rows: Tensor) -> Tensor:
        """The targets of some rows, by one scatter on the device that the entries are on.

        Args:
            rows: Numbers of rows, in any order and repeated or not, negative ones from the end; int64, shape
                (batch,).

        Returns:
            float32, shape (batch, `steps`, `width`); each step adds up to 1, or to 0 where it has no entry.
        """
        chosen = rows.to(self.offsets.device)
        chosen = torch.where(chosen < 0, chosen + len(self), chosen)
        start = self.offsets[chosen]
        sizes = self.offsets[chosen + 1] - start
        place = torch.repeat_interleave(sizes)
        first = start - sizes.cumsum(0) + sizes
        entry = torch.arange(len(place), device=place.device) + first[place]
        cell = (place * self.steps + self.step[entry] - 1) * self.width + self.column[entry]
        flat = self.weight.new_zeros(len(chosen) * self.steps * self.width)
        return flat.scatter_(0, cell, self.weight[entry]).view(len(chosen), self.steps, self.width)


def _check_states(column: str, row: Integers, step: Integers, state: Integers, known: range) -> None:
    strange = np.flatnonzero((state < known.start) | (state >= known.stop))
    if len(strange):
        at = int(strange[0])
        raise ValueError(
            f"{column} of row {row[at]}: found state {state[at]} at step {step[at]}, expected "
            f"{known.start}..{known.stop - 1}; give a range that holds all states"
        )


def _shares(key: Integers, count: Integers | None) -> npt.NDArray[np.float32]:
    """What each entry is of all entries of its key, by count or all alike."""
    given = np.ones(len(key)) if count is None else count
    return (given / np.bincount(key, weights=given)[key]).astype(np.float32)
