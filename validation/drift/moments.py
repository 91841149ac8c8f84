"""Moments of numbers, the same to the last bit whatever the order."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
_SHIFT = 1126  # the smallest double is 2**-1074, and its mantissa is written with 53 bits


@dataclass
class ExactSum:
    """A sum of doubles without rounding, so that their order doesn't matter.

    Attributes:
        total: The sum in units of 2**-1126.
    """

    total: int = 0

    def add(self, numbers: Numbers) -> None:
        """Add finite numbers: mantissas by exponent, in halves whose sums a double holds exactly."""
        mantissas, exponents = np.frexp(numbers)
        whole = (mantissas * 2.0**53).astype(np.int64)
        lowest = int(exponents.min(initial=0))
        bins = exponents - lowest
        highs = np.bincount(bins, weights=whole >> 26)
        lows = np.bincount(bins, weights=whole & (2**26 - 1))
        for place in np.flatnonzero((highs != 0) | (lows != 0)).tolist():
            part = (int(highs[place]) << 26) + int(lows[place])
            self.total += part << (place + lowest - 53 + _SHIFT)

    def over(self, count: int) -> Fraction:
        """The sum divided by a count."""
        return Fraction(self.total, count << _SHIFT)


@dataclass
class Moments:
    """Count, mean, deviation and range of numbers.

    Attributes:
        count: How many are finite.
        not_finite: How many are NaN or infinite; they enter nothing else.
        low: The smallest; infinity if there is none.
        high: The largest; minus infinity if there is none.
    """

    count: int = 0
    not_finite: int = 0
    low: float = float("inf")
    high: float = float("-inf")
    _sum: ExactSum = field(default_factory=ExactSum)
    _squares: ExactSum = field(default_factory=ExactSum)
    _too_large: bool = False

    def add(self, numbers: Numbers) -> None:
        """Add finite numbers."""
        with np.errstate(over="ignore", under="ignore"):
            squares = numbers * numbers
        self._too_large |= not bool(np.isfinite(squares).all())
        self.count += len(numbers)
        self.low = min(self.low, float(numbers.min(initial=np.inf)))
        self.high = max(self.high, float(numbers.max(initial=-np.inf)))
        self._sum.add(numbers)
        if not self._too_large:
            self._squares.add(squares)

    def merge(self, other: Moments) -> None:
        """Add what another has seen."""
        self.count += other.count
        self.not_finite += other.not_finite
        self.low, self.high = min(self.low, other.low), max(self.high, other.high)
        self._sum.total += other._sum.total
        self._squares.total += other._squares.total
        self._too_large |= other._too_large

    @property
    def mean(self) -> float | None:
        """The mean, rounded once; None without numbers."""
        return float(self._sum.over(self.count)) if self.count else None

    @property
    def deviation(self) -> float | None:
        """The standard deviation with divisor n; None without numbers or if a square is no double."""
        if not self.count or self._too_large:
            return None
        variance = self._squares.over(self.count) - self._sum.over(self.count) ** 2
        return float(max(variance, Fraction(0))) ** 0.5
