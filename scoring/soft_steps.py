"""Predicted distributions of reasoning steps against soft targets (CoT2, arXiv 2505.23648, section 3).

Arrays have the shape (rows, steps, width): for each row and step probabilities over states or vertices. A
target that is 0 everywhere says that the row has no such step; figures there are NaN and left out of means.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from .bootstrap import cluster_bootstrap
from .clusters import Floats
from .intervals import Interval, mean_interval, wilson

_TOLERANCE = 1e-3
_AXES = 3


@dataclass(frozen=True, slots=True)
class StepFigure:
    """A mean over rows.

    Attributes:
        name: `kl`, `entropy`, `target-entropy`, `reachable-mass` or `top1-reachable`.
        step: The step, from 1; None for the sum over the steps of a row.
        value: The mean; nats for KL and entropies, else a share from 0 to 1; NaN for no rows.
        interval: Of the mean: Wilson's for `top1-reachable`, a bootstrap over rows for `reachable-mass`,
            Student's t for the others; None where there is none, as for values that are all alike.
        rows: Rows that have the step.
    """

    name: str
    step: int | None
    value: float
    interval: Interval | None
    rows: int


def kl(target: npt.ArrayLike, model: npt.ArrayLike) -> Floats:
    """KL(target || model) of each row and step, in nats: the loss of CSFT is its sum over steps.

    Args:
        target: Soft targets, shape (rows, steps, width).
        model: Predicted probabilities, of the same shape.

    Returns:
        Shape (rows, steps): at least 0, infinite where the model rules out a state of the target.

    Raises:
        ValueError: The shapes differ, or something isn't a distribution.
    """
    p, q = _checked(target, model)
    # Rounding of inputs can leave a sum a little below 0.
    return _where_targeted(p, np.maximum(_special().rel_entr(p, q).sum(axis=-1), 0.0))


def entropy(probabilities: npt.ArrayLike) -> Floats:
    """Entropy of each row and step in nats, shape (rows, steps): log n for n equally likely states.

    NaN where nothing has a probability. Raises a ValueError if something isn't a distribution.
    """
    p = _distributions(probabilities, "probabilities", may_be_empty=True)
    return _where_targeted(p, _special().entr(p).sum(axis=-1))


def reachable_mass(target: npt.ArrayLike, model: npt.ArrayLike) -> Floats:
    """How much probability the model gives to states that the target has, shape (rows, steps).

    Arguments and errors are those of `kl`.
    """
    p, q = _checked(target, model)
    return _where_targeted(p, np.minimum((q * (p > 0)).sum(axis=-1), 1.0))


def top1_reachable(target: npt.ArrayLike, model: npt.ArrayLike) -> Floats:
    """Whether the model's likeliest state is one that the target has: 1 or 0, shape (rows, steps).

    Of several likeliest states the first counts. Arguments and errors are those of `kl`.
    """
    p, q = _checked(target, model)
    likeliest = q.argmax(axis=-1)[..., None]
    return _where_targeted(p, np.take_along_axis(p > 0, likeliest, axis=-1)[..., 0].astype(np.float64))


def summary(
    target: npt.ArrayLike, model: npt.ArrayLike, *, seed: int = 0, level: float = 0.95
) -> list[StepFigure]:
    """All figures as means over rows with intervals, by step, and KL summed over steps first.

    Rows have to be independent, one an item.

    Args:
        target: Soft targets, shape (rows, steps, width).
        model: Predicted probabilities, of the same shape.
        seed: Of the bootstrap.
        level: Of confidence.

    Raises:
        ValueError: The shapes differ, or something isn't a distribution.
        UsageError: The level isn't between 0 and 1.
    """
    p, q = _checked(target, model)
    divergence = kl(p, q)
    in_nats, shares = _t_interval(level), _share_interval(level, seed)
    figures: Mapping[str, tuple[Floats, _Interval]] = {
        "kl": (divergence, in_nats),
        "entropy": (_where_targeted(p, entropy(q)), in_nats),
        "target-entropy": (entropy(p), in_nats),
        "reachable-mass": (reachable_mass(p, q), shares),
        "top1-reachable": (top1_reachable(p, q), _wilson_interval(level)),
    }
    whole = divergence[~np.isnan(divergence).all(axis=1)] if divergence.size else divergence
    found = [_figure("kl", None, np.nansum(whole, axis=1), in_nats)]
    for name, (values, interval) in figures.items():
        found += [_figure(name, at, column, interval) for at, column in enumerate(values.T, 1)]
    return found


_Interval = Callable[[Floats], Interval | None]


def _figure(name: str, step: int | None, values: Floats, interval: _Interval) -> StepFigure:
    known = values[~np.isnan(values)]
    if not known.size:
        return StepFigure(name, step, float("nan"), None, 0)
    return StepFigure(name, step, float(known.mean()), interval(known), known.size)


def _t_interval(level: float) -> _Interval:
    def interval(values: Floats) -> Interval | None:
        spread = values.size > 1 and np.isfinite(values).all() and np.ptp(values) > 0
        return mean_interval(values, level) if spread else None

    return interval


def _share_interval(level: float, seed: int) -> _Interval:
    return lambda values: cluster_bootstrap(values, np.ones_like(values), seed=seed, level=level)


def _wilson_interval(level: float) -> _Interval:
    return lambda values: wilson(round(values.sum()), values.size, level)


def _checked(target: npt.ArrayLike, model: npt.ArrayLike) -> tuple[Floats, Floats]:
    p = _distributions(target, "target", may_be_empty=True)
    q = _distributions(model, "model", may_be_empty=False)
    if p.shape != q.shape:
        raise ValueError(f"steps: found targets of shape {p.shape} and predictions of shape {q.shape}")
    return p, q


def _distributions(given: npt.ArrayLike, name: str, *, may_be_empty: bool) -> Floats:
    found = np.asarray(given, dtype=np.float64)
    if found.ndim != _AXES:
        raise ValueError(f"{name}: found shape {found.shape}, expected (rows, steps, width)")
    total = found.sum(axis=-1)
    is_one = np.abs(total - 1) <= _TOLERANCE
    right = (found >= 0).all(axis=-1) & (is_one | ((total == 0) & may_be_empty))
    if not right.all():
        row, step = (int(each) for each in np.argwhere(~right)[0])
        raise ValueError(
            f"{name}: row {row}, step {step + 1} adds up to {total[row, step]:g} or has a negative part; "
            "expected probabilities that add up to 1"
        )
    return found / np.where(total == 0, 1.0, total)[..., None]


def _where_targeted(target: Floats, values: Floats) -> Floats:
    return np.where(target.any(axis=-1), values, np.nan)


def _special() -> Any:
    from scipy import special

    return cast("Any", special)
