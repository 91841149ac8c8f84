"""How far two raters agree: a judge and people, or two judges.

The figures of two raters are those of `confusion`; `threshold_sweep` is about scores, not labels.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

import numpy as np

from ..errors import UsageError
from .bootstrap import are_alike, check_resampling, percentiles
from .clusters import Floats
from .confusion import figures, resampled_figures
from .intervals import Interval, wilson

Label = bool | int | float | str
Scale = Literal["nominal", "ordinal", "interval", "ratio"]

_RATES = ("precision", "recall")
_RESAMPLED = ("f1", "macro_precision", "macro_recall", "macro_f1", "pearson", "kappa", "alpha")

LEAST_DEFINED = 0.95
"""In what share of resamples a figure must be defined to have an interval."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far rater A (a judge) agrees with rater B (the reference, such as people).

    A figure is None where it is undefined: a rate without a denominator, a correlation or a chance-corrected
    agreement of raters who always say the same.

    Attributes:
        n: Pairs in which both have a label.
        left_out: Pairs in which one has none; nothing is assumed about them.
        labels: All labels in order: of rows and columns of `confusion`.
        confusion: Counts: a row for A's label, a column for B's.
        accuracy: Share of pairs with the same label.
        positive: The label that `precision`, `recall` and `f1` are about; None if there is none.
        precision: Share of A's positives that B calls positive.
        recall: Share of B's positives that A calls positive.
        f1: Their harmonic mean.
        macro_precision: Mean precision of the labels that A uses.
        macro_recall: Mean recall of the labels that B uses.
        macro_f1: Mean F1 of the labels that A or B uses.
        pearson: Correlation of numbers; of two labels, phi.
        kappa: Cohen's kappa (1960).
        alpha: Krippendorff's alpha, nominal.
        intervals: By the name of a figure: Wilson's of accuracy, precision and recall; percentiles of
            resampled pairs for the others. A figure that is undefined, or the same in every resample, has
            none.
    """

    n: int
    left_out: int
    labels: tuple[Label, ...]
    confusion: tuple[tuple[int, ...], ...]
    accuracy: float
    positive: Label | None
    precision: float | None
    recall: float | None
    f1: float | None
    macro_precision: float | None
    macro_recall: float | None
    macro_f1: float | None
    pearson: float | None
    kappa: float | None
    alpha: float | None
    intervals: Mapping[str, Interval]


def agreement(
    labels_a: Sequence[Label | None],
    labels_b: Sequence[Label | None],
    *,
    positive: Label | None = None,
    seed: int = 0,
    resamples: int = 1000,
    level: float = 0.95,
) -> Agreement:
    """Agreement of two raters over the same independent items.

    Args:
        labels_a: A's, one an item; None where A gave none.
        labels_b: B's, item by item as A's.
        positive: The label of which precision, recall and F1 are given; True by itself where labels are
            booleans.
        seed: Of the random draws.
        resamples: How many times all pairs are drawn again.
        level: The confidence level.

    Raises:
        UsageError: No pair has two labels, nobody uses `positive`, the level is no share, or there are too
            few resamples.
        ValueError: The lists differ in length.
    """
    check_resampling(resamples, level)
    pairs = Counter(
        (a, b) for a, b in zip(labels_a, labels_b, strict=True) if a is not None and b is not None
    )
    if not pairs:
        raise UsageError(
            f"agreement: none of {len(labels_a)} items has a label of both raters: check that they share ids"
        )
    labels = _in_order({label for pair in pairs for label in pair})
    index = _index_of(positive, labels)
    confusion = np.array([[pairs[a, b] for b in labels] for a in labels], dtype=np.float64)
    found = figures(confusion, index, _numbers(labels))
    n = pairs.total()
    return Agreement(
        n=n,
        left_out=len(labels_a) - n,
        labels=labels,
        confusion=tuple(tuple(int(count) for count in row) for row in confusion),
        positive=None if index is None else labels[index],
        accuracy=float(np.trace(confusion)) / n,
        intervals=_intervals(confusion, index, labels, seed=seed, resamples=resamples, level=level),
        **{name: _or_none(found.get(name)) for name in _RESAMPLED + _RATES},
    )


def krippendorff_alpha(
    ratings: Sequence[Sequence[Label | None]], *, scale: Scale = "nominal"
) -> float | None:
    """Krippendorff's alpha of any number of raters, with gaps.

    Args:
        ratings: One list a rater, an entry an item; None where the rater gave none.
        scale: `nominal` for labels; `ordinal`, `interval` or `ratio` for numbers.

    Returns:
        1 for full agreement, 0 for that of chance; None where no item has two ratings, or only one label
        occurs.

    Raises:
        UsageError: A label isn't a number, on another scale than the nominal one.
        ValueError: The lists differ in length.
    """
    import krippendorff

    items = [[rating for rating in item if rating is not None] for item in zip(*ratings, strict=True)]
    paired = [item for item in items if len(item) > 1]
    labels = _in_order({label for item in paired for label in item})
    if len(labels) < 2:  # noqa: PLR2004 -- with one label, chance agrees fully as well
        return None
    if scale != "nominal" and any(isinstance(label, str) for label in labels):
        raise UsageError(f"alpha: found labels such as {labels[0]!r}, expected numbers for the {scale} scale")
    counts = np.array([[item.count(label) for label in labels] for item in paired])
    domain = list(range(len(labels))) if scale == "nominal" else [float(label) for label in labels]
    alpha = cast("Any", krippendorff).alpha
    return float(alpha(value_counts=counts, value_domain=domain, level_of_measurement=scale))


def _intervals(
    confusion: Floats,
    positive: int | None,
    labels: tuple[Label, ...],
    *,
    seed: int,
    resamples: int,
    level: float,
) -> dict[str, Interval]:
    n = int(confusion.sum())
    found = {"accuracy": wilson(int(np.trace(confusion)), n, level)}
    if positive is not None:
        hits = int(confusion[positive, positive])
        trials = {"precision": confusion[positive].sum(), "recall": confusion[:, positive].sum()}
        found |= {name: wilson(hits, int(count), level) for name, count in trials.items() if count}
    draws = resampled_figures(confusion, positive, _numbers(labels), seed, resamples)
    for name, values in draws.items():
        defined = values[~np.isnan(values)]
        if name in _RESAMPLED and len(defined) >= LEAST_DEFINED * resamples and not are_alike(defined):
            low, high = percentiles(defined, level=level, method="percentile", clusters=n)
            found[name] = Interval(low, high, level, "bootstrap")
    return found


def _in_order(labels: set[Label]) -> tuple[Label, ...]:
    """Numbers and booleans by value, then texts."""
    return tuple(sorted(labels, key=lambda label: (isinstance(label, str), label)))


def _index_of(positive: Label | None, labels: tuple[Label, ...]) -> int | None:
    if positive is None:
        positive = True if all(isinstance(label, bool) for label in labels) else None
        return labels.index(positive) if positive in labels else None
    if positive not in labels:
        used = ", ".join(repr(label) for label in labels)
        raise UsageError(f"positive label: found {positive!r}, expected one of {used}")
    return labels.index(positive)


def _numbers(labels: tuple[Label, ...]) -> Floats | None:
    """What labels count for in a correlation: themselves, or 0 and 1 for two texts."""
    if not any(isinstance(label, str) for label in labels):
        return np.array(labels, dtype=np.float64)
    return np.array([0.0, 1.0]) if len(labels) == 2 else None  # noqa: PLR2004 -- phi is of two labels


def _or_none(value: Floats | None) -> float | None:
    return None if value is None or np.isnan(value) else float(value)
