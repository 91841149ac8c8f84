"""Two-by-two tables of a habit and a label: rates, odds ratio, exact test."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from .intervals import Interval

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Odds:
    """An odds ratio: how many times as high the odds of the habit are with the label.

    Attributes:
        value: The ratio.
        interval: Of it; None if there is none.
        p_value: Two-sided, of a ratio of 1; not corrected.
        method: How it was estimated.
    """

    value: float
    interval: Interval | None
    p_value: float
    method: str


@dataclass(frozen=True, slots=True)
class Table:
    """Counts of samples with a label and without, and of those among them that show a habit.

    Attributes:
        shown: With the label, showing the habit.
        labelled: With the label.
        shown_without: Without it, showing the habit.
        unlabelled: Without it.
    """

    shown: int
    labelled: int
    shown_without: int
    unlabelled: int

    @property
    def rate(self) -> float | None:
        """The share with the label that shows the habit; None if there is none with it."""
        return self.shown / self.labelled if self.labelled else None

    @property
    def rate_without(self) -> float | None:
        """The share without it; None if there is none."""
        return self.shown_without / self.unlabelled if self.unlabelled else None


def table_of(shown: Flags, labelled: Flags) -> Table:
    """The counts of samples, whose flags have the shape `(samples,)`."""
    return Table(
        int((shown & labelled).sum()),
        int(labelled.sum()),
        int((shown & ~labelled).sum()),
        int((~labelled).sum()),
    )


def raw_odds(table: Table, level: float) -> Odds | None:
    """Fisher's exact test, and the odds ratio with Woolf's interval.

    Half a sample is added to each cell (Haldane and Anscombe), so that a cell of 0 leaves an estimate.

    Returns:
        None if all samples have the label or none has it, or all show the habit or none does: then nothing
        can be told.
    """
    total = table.labelled + table.unlabelled
    shown = table.shown + table.shown_without
    if 0 in {table.labelled, table.unlabelled} or shown in {0, total}:
        return None
    from scipy import stats

    cells = [
        [table.shown, table.labelled - table.shown],
        [table.shown_without, table.unlabelled - table.shown_without],
    ]
    exact = cast("Any", stats).fisher_exact(cells)
    (a, b), (c, d) = ([each + 0.5 for each in row] for row in cells)
    log, error = math.log(a * d / (b * c)), math.sqrt(1 / a + 1 / b + 1 / c + 1 / d)
    return Odds(
        math.exp(log), logit_interval(log, error, level, "woolf"), float(exact.pvalue), "fisher-exact"
    )


def logit_interval(log: float, error: float, level: float, method: str) -> Interval:
    """A normal interval of a log odds ratio, as odds ratios."""
    z = NormalDist().inv_cdf((1 + level) / 2)
    return Interval(math.exp(log - z * error), math.exp(log + z * error), level, method)
