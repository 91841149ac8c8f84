"""A published figure beside the recomputed one."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from typing import Any

from ..intervals import Interval

_EXACT = 1e-12
_TIE = 1e-9


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure.

    Attributes:
        name: What it is of, among the check's figures.
        published: As published; None if it wasn't.
        recomputed: As this package computes it, unrounded and in the same unit; None if it would have to be
            measured anew, and wasn't.
        digits: Decimals that are published; None if all are.
        interval: What the figure may be by chance, in its unit.
        anew: Whether it was measured anew, of models trained for it, and so can't be the same to a digit.
    """

    name: str
    published: float | None
    recomputed: float | None
    digits: int | None = None
    interval: Interval | None = None
    anew: bool = False

    @property
    def value(self) -> float:
        """The recomputed figure, NaN if it wasn't measured."""
        return math.nan if self.recomputed is None else self.recomputed

    @property
    def equal(self) -> bool:
        """Whether the recomputed figure rounds to the published one (a tie, to either side).

        Where all decimals are published, they differ by at most 1e-12. What was measured anew is equal if its
        interval holds the published figure. What isn't published, or not recomputed, can't differ.
        """
        if self.published is None or self.recomputed is None:
            return True
        if self.anew:
            return self.interval is not None and self.interval.low <= self.published <= self.interval.high
        most = _EXACT if self.digits is None else 0.5 * 10**-self.digits + _TIE
        return abs(self.recomputed - self.published) <= most

    def as_dict(self) -> dict[str, Any]:
        """The figure as JSON."""
        interval = None if self.interval is None else asdict(self.interval)
        return {
            "name": self.name,
            "published": self.published,
            "recomputed": self.recomputed,
            "equal": self.equal,
            "interval": interval,
        }


def in_percent(interval: Interval) -> Interval:
    """An interval of a proportion in percent."""
    return replace(interval, low=100 * interval.low, high=100 * interval.high)


def nearest_percent(percent: float, trials: int) -> tuple[int, float]:
    """The count whose share of some trials is nearest to a printed percentage, and that share in percent."""
    count = round(percent * trials / 100)
    return count, 100 * count / trials
