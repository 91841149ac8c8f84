"""Tables of two labels by two raters, found again from the figures that were printed of them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TwoByTwo:
    """How often two raters say yes.

    Attributes:
        both: Both say it.
        first: Only the first does.
        second: Only the second does.
        neither: None does.
    """

    both: int
    first: int
    second: int
    neither: int

    @property
    def labels(self) -> tuple[list[bool], list[bool]]:
        """The labels of the first and of the second rater, item by item."""
        pairs = [(True, True)] * self.both + [(True, False)] * self.first
        pairs += [(False, True)] * self.second + [(False, False)] * self.neither
        return [first for first, _ in pairs], [second for _, second in pairs]

    @property
    def f1(self) -> float:
        """F1 of the first rater with the second as the truth, from 0 to 1; 0 if nobody says yes."""
        counted = 2 * self.both + self.first + self.second
        return 2 * self.both / counted if counted else 0.0

    @property
    def phi(self) -> float:
        """Pearson's correlation of the two; NaN if a rater always says the same."""
        first, second = self.both + self.first, self.both + self.second
        total = first + self.second + self.neither
        scale = first * (total - first) * second * (total - second)
        if not scale:
            return math.nan
        return (self.both * self.neither - self.first * self.second) / math.sqrt(scale)


def tables(total: int, agreed: int, second: int) -> Iterator[TwoByTwo]:
    """Every table of a total with so many agreements, in which the second rater says yes so often."""
    for both in range(second + 1):
        neither = agreed - both
        first = total - second - neither
        if neither >= 0 and first >= 0:
            yield TwoByTwo(both, first, second - both, neither)
