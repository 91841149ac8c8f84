"""A habit and a label among samples of like length: coarsened exact matching (Iacus, King and Porro 2012)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .association_strata import Codes, common_odds
from .association_tables import Flags, Odds

BINS_AN_OCTAVE = 4
"""Lengths in a bin differ by a factor below the fourth root of two, 19 %."""


@dataclass(frozen=True, slots=True)
class Matched:
    """What is left of an association when lengths are alike.

    Attributes:
        odds: Over the strata, by `common_odds`; None if no stratum tells anything.
        strata: Strata that hold samples with and without the label.
        labelled: Samples with the label in them.
        unlabelled: Samples without it in them.
        of_labelled: All samples with the label and a known length.
        of_unlabelled: All without it.
        imbalance: Difference of mean log lengths, label less no label, in standard deviations of all.
        imbalance_matched: The same in the strata, whose samples without the label are weighted to those with
            it; None without strata.
    """

    odds: Odds | None
    strata: int
    labelled: int
    unlabelled: int
    of_labelled: int
    of_unlabelled: int
    imbalance: float | None
    imbalance_matched: float | None

    @property
    def share(self) -> float | None:
        """The share of samples that found a partner; None if there are none."""
        total = self.of_labelled + self.of_unlabelled
        return (self.labelled + self.unlabelled) / total if total else None


def strata_of(lengths: npt.NDArray[np.int64], others: Sequence[str] = ()) -> Codes:
    """A stratum for each sample: its length's bin, and what else has to be equal.

    Args:
        lengths: Of the reasoning in characters, shape `(samples,)`, from 1.
        others: A text for each sample, such as a category; none if only length counts.
    """
    bins = np.floor(np.log2(np.maximum(lengths, 1)) * BINS_AN_OCTAVE).astype(np.int64)
    if not len(others):
        return np.unique(bins, return_inverse=True)[1].astype(np.int64)
    names = np.unique(np.asarray(others, dtype=np.str_), return_inverse=True)[1]
    return np.unique(np.stack([bins, names]), axis=1, return_inverse=True)[1].astype(np.int64).ravel()


def matched_odds(
    shown: Flags,
    labelled: Flags,
    lengths: npt.NDArray[np.int64],
    strata: Codes,
    items: Codes,
    *,
    level: float,
) -> Matched:
    """Hold samples with and without the label against each other within strata.

    Args:
        shown: Whether a sample shows the habit, shape `(samples,)`, as the others.
        labelled: Whether it has the label.
        lengths: Of its reasoning in characters.
        strata: From `strata_of`.
        items: The sample's item, from 0.
        level: The confidence level.
    """
    count = int(strata.max()) + 1 if len(strata) else 0
    with_label = np.bincount(strata[labelled], minlength=count)
    without = np.bincount(strata[~labelled], minlength=count)
    paired = (with_label > 0) & (without > 0)
    kept = paired[strata] if count else np.zeros(0, np.bool_)
    logs = np.log(np.maximum(lengths, 1))
    share = np.divide(with_label, without, out=np.zeros(count), where=without > 0)
    weights = np.where(labelled, 1.0, share[strata] if count else 0.0)
    return Matched(
        common_odds(shown, labelled, strata, items, level),
        int(paired.sum()),
        int((labelled & kept).sum()),
        int((~labelled & kept).sum()),
        int(labelled.sum()),
        int((~labelled).sum()),
        _imbalance(logs, labelled, np.ones(len(logs)), logs),
        _imbalance(logs[kept], labelled[kept], weights[kept], logs),
    )


def _imbalance(
    logs: npt.NDArray[np.float64],
    labelled: Flags,
    weights: npt.NDArray[np.float64],
    every: npt.NDArray[np.float64],
) -> float | None:
    spread = float(np.std(every)) if len(every) else 0.0
    if not labelled.any() or labelled.all() or spread == 0:
        return None
    sides = [float(np.average(logs[side], weights=weights[side])) for side in (labelled, ~labelled)]
    return (sides[0] - sides[1]) / spread
