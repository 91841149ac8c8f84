"""A judge's score at every threshold, against labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, Literal, cast

import numpy as np

from ..errors import UsageError
from .clusters import Floats
from .intervals import Interval, check_level

Side = Literal["at-least", "below"]


@dataclass(frozen=True, slots=True)
class Threshold:
    """What a threshold gives.

    Attributes:
        threshold: A score on the positive side is positive.
        tp: True positives.
        fp: False positives.
        tn: True negatives.
        fn: False negatives.
        precision: None where nothing is called positive.
        recall: None where no label is positive.
        f1: None where there is no positive at all.
        accuracy: Share that is called rightly.
        youden: Recall plus specificity less 1; None where one of them is.
    """

    threshold: float
    tp: int
    fp: int
    tn: int
    fn: int
    precision: float | None
    recall: float | None
    f1: float | None
    accuracy: float
    youden: float | None


@dataclass(frozen=True, slots=True)
class Sweep:
    """Thresholds in ascending order, and how well scores separate the labels at all.

    Attributes:
        points: One a threshold.
        n: Items with a score and a label.
        left_out: Items without one of them.
        auroc: The chance that a positive item's score lies further to the positive side than a negative's,
            ties counting half; None where all labels are the same.
        interval: Of `auroc`, after DeLong (1988) on the logit scale; None where that shows no spread: where
            the area is 0, 1 or None, scores are all the same, or a class has a single item.
    """

    points: tuple[Threshold, ...]
    n: int
    left_out: int
    auroc: float | None
    interval: Interval | None


def threshold_sweep(
    scores: Sequence[float | None],
    labels: Sequence[bool | None],
    *,
    thresholds: Sequence[float] | None = None,
    positive: Side = "at-least",
    level: float = 0.95,
) -> Sweep:
    """Confusion and rates at each threshold, and the area under the ROC curve.

    Args:
        scores: One an item; None where the judge gave none.
        labels: Whether each item is positive; None where nobody said.
        thresholds: Those to try; by default every score that occurs.
        positive: Whether scores of at least the threshold are positive, or those strictly below it, such as
            alignment below 30.
        level: The confidence level.

    Raises:
        UsageError: No item has a score and a label, a score isn't finite, or the level is no share.
        ValueError: The lists differ in length.
    """
    check_level(level)
    pairs = [(s, y) for s, y in zip(scores, labels, strict=True) if s is not None and y is not None]
    known = np.array(pairs, dtype=np.float64).reshape(-1, 2)
    if not len(known) or not np.isfinite(known).all():
        raise UsageError(
            f"threshold sweep: found {len(known)} of {len(scores)} items with both a score and a label, "
            "expected at least one, and finite scores"
        )
    good, bad = np.sort(known[known[:, 1] == 1, 0]), np.sort(known[known[:, 1] != 1, 0])
    tried = np.unique(known[:, 0] if thresholds is None else np.asarray(thresholds, dtype=np.float64))
    points = tuple(_point(float(each), good, bad, positive) for each in tried)
    auroc, interval = (
        _auroc(good, bad, level) if positive == "at-least" else _auroc(-good[::-1], -bad[::-1], level)
    )
    return Sweep(points, len(known), len(scores) - len(known), auroc, interval)


def _point(threshold: float, good: Floats, bad: Floats, positive: Side) -> Threshold:
    tp, fp = (int(len(side) - np.searchsorted(side, threshold)) for side in (good, bad))
    if positive == "below":
        tp, fp = len(good) - tp, len(bad) - fp
    fn, tn = len(good) - tp, len(bad) - fp
    recall, specificity = _share(tp, len(good)), _share(tn, len(bad))
    return Threshold(
        threshold,
        tp,
        fp,
        tn,
        fn,
        precision=_share(tp, tp + fp),
        recall=recall,
        f1=_share(2 * tp, 2 * tp + fp + fn),
        accuracy=(tp + tn) / (len(good) + len(bad)),
        youden=None if recall is None or specificity is None else recall + specificity - 1,
    )


def _auroc(good: Floats, bad: Floats, level: float) -> tuple[float | None, Interval | None]:
    """The area, and DeLong's interval from the variances of how each item is placed among the other class."""
    if not len(good) or not len(bad):
        return None, None
    above, below = _placements(good, bad), 1 - _placements(bad, good)
    area = float(above.mean())
    if area in (0.0, 1.0) or min(len(good), len(bad)) == 1:
        return area, None
    error = float(np.sqrt(above.var(ddof=1) / len(good) + below.var(ddof=1) / len(bad)))
    if error == 0:
        return area, None
    from scipy import special

    reach = NormalDist().inv_cdf((1 + level) / 2) * error / (area * (1 - area))
    ends = cast("Any", special).expit(cast("Any", special).logit(area) + np.array([-reach, reach]))
    return area, Interval(float(ends[0]), float(ends[1]), level, "delong-logit")


def _placements(values: Floats, others: Floats) -> Floats:
    """For each value the share of the (sorted) others that lie below, ties counting half."""
    low, high = np.searchsorted(others, values, "left"), np.searchsorted(others, values, "right")
    return (low + high) / (2 * len(others))


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
