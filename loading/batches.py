"""Row numbers in batches: every epoch in an order of its own, resumed from one integer."""

# torch comes with the extra `gpu`, and type checkers may not find it.
# pyright: reportMissingImports=false

from __future__ import annotations

from collections.abc import Iterator
from operator import index
from typing import Self

import numpy as np

from ..generation.seeds import stream
from .step_targets import torch


class Batches(Iterator[torch.Tensor]):
    """Endless batches of row numbers; each epoch has every row once.

    The order of an epoch follows from seed and epoch alone, on any machine and with any version of a
    library. So an iterator that is made with the `state` of another goes on where that one was, exactly.

    Attributes:
        rows: Rows of an epoch.
        size: Rows of a batch; the last one of an epoch has what is left.
        seed: Chooses the orders.
        state: Batches handed out so far, over all epochs: keep it in a checkpoint.
    """

    def __init__(
        self, rows: int, size: int, *, seed: int = 0, state: int = 0, device: torch.device | str = "cpu"
    ) -> None:
        """Begin, or go on.

        Args:
            rows: How many rows there are.
            size: How many of them a batch has.
            seed: Any integer.
            state: Where to go on; 0 to begin.
            device: Where batches lie; an epoch's order is moved there once.

        Raises:
            ValueError: There are no rows, a batch would be empty, or the state is negative.
            TypeError: A number isn't whole.
        """
        # A state from a checkpoint may be a tensor or a NumPy number.
        rows, size, seed, state = map(index, (rows, size, seed, state))
        if rows < 1 or size < 1 or state < 0:
            raise ValueError(
                f"batches: found {rows} rows, size {size}, state {state}; expected 1 or more rows, "
                "1 or more a batch, and a state of at least 0"
            )
        self.rows, self.size, self.seed, self.state = rows, size, seed, state
        self._device = device
        self._held = -1
        self._order = torch.empty(0, dtype=torch.int64)

    @property
    def per_epoch(self) -> int:
        """Batches of an epoch."""
        return -(-self.rows // self.size)

    @property
    def epoch(self) -> int:
        """The epoch of the next batch, from 0."""
        return self.state // self.per_epoch

    def __iter__(self) -> Self:
        """The iterator itself."""
        return self

    def __next__(self) -> torch.Tensor:
        """The next batch: int64, shape (`size`,) or less at an epoch's end."""
        if self._held != self.epoch:
            self._held = self.epoch
            self._order = torch.from_numpy(order(self.rows, self.seed, self._held)).to(self._device)
        first = self.state % self.per_epoch * self.size
        self.state += 1
        return self._order[first : first + self.size]


def order(rows: int, seed: int, epoch: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """The order of an epoch: a permutation of 0 to `rows` - 1, all of them equally likely."""
    words = stream(seed, "batches", epoch).random_raw(rows)
    return np.argsort(words, kind="stable")
