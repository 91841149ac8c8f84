"""The figures that papers print, by name, so that a report can set them beside this project's own.

All are in proportions, not in points, and none is clipped: a paper's interval may reach below 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ..errors import UsageError
from .intervals import check_counts

THOUGHT_CRIME_Z = 1.96
"""As printed, not the quantile 1.959964: tables agree to the last digit with either."""


@dataclass(frozen=True, slots=True)
class PaperFigure:
    """A proportion as a paper computes it.

    Attributes:
        name: The estimator, a key of `PAPER_ESTIMATORS`.
        value: The proportion.
        low: The lower end of the paper's interval; None where it gives none.
        high: The upper end.
    """

    name: str
    value: float
    low: float | None
    high: float | None


def thought_crime(successes: int, trials: int) -> PaperFigure:
    """Thought Crime (arXiv 2506.13206), tables 3 to 5: p ± 1.96·sqrt(p(1-p)/(n-1)).

    At 0 of n and n of n the error is 0, as the tables print it: those rows claim a certainty that n trials
    don't give, and Wilson's interval is the one to read. With one trial there is no n-1 to divide by, and the
    figure has no interval.

    Args:
        successes: How many of the trials succeeded.
        trials: How many there were.

    Raises:
        ValueError: There are no trials, or more successes than trials.
    """
    check_counts(successes, trials)
    share = successes / trials
    if trials == 1:
        return PaperFigure("thought-crime", share, None, None)
    error = THOUGHT_CRIME_Z * math.sqrt(share * (1 - share) / (trials - 1))
    return PaperFigure("thought-crime", share, share - error, share + error)


def plain(successes: int, trials: int) -> PaperFigure:
    """k/n and nothing else: DeceptionBench (arXiv 2505.18807), SafeChain (arXiv 2502.12025).

    Args:
        successes: How many of the trials succeeded; 0 gives 0.0.
        trials: How many there were; with one, the figure is 0.0 or 1.0.

    Raises:
        ValueError: There are no trials, or more successes than trials.
    """
    check_counts(successes, trials)
    return PaperFigure("plain", successes / trials, None, None)


PAPER_ESTIMATORS: Mapping[str, Callable[[int, int], PaperFigure]] = MappingProxyType(
    {"plain": plain, "thought-crime": thought_crime}
)
"""Estimators by name; each takes successes and trials."""


def paper_figure(name: str, successes: int, trials: int) -> PaperFigure:
    """The figure of the estimator of this name.

    Raises:
        UsageError: There is no such estimator.
        ValueError: There are no trials, or more successes than trials.
    """
    if name not in PAPER_ESTIMATORS:
        known = ", ".join(sorted(PAPER_ESTIMATORS))
        raise UsageError(f"paper's estimator: found {name!r}, expected one of {known}")
    return PAPER_ESTIMATORS[name](successes, trials)
