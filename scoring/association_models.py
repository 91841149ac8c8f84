"""A habit and a label by logistic regression: several samples of an item, several models, lengths."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from .association_tables import Flags, Odds, logit_interval

_FEWEST_CLUSTERS = 10
_LARGEST_ERROR = 10.0


def clustered_odds(
    shown: Flags,
    labelled: Flags,
    items: Sequence[str],
    models: Sequence[str],
    *,
    level: float,
    lengths: npt.NDArray[np.int64] | None = None,
) -> Odds | None:
    """The odds ratio of a logistic regression whose errors allow for samples of an item being alike.

    Generalised estimating equations (Liang and Zeger 1986) with an independent working correlation and the
    bias-reduced sandwich (Mancl and DeRouen 2001): the ratio is one of populations, as those of the tables
    are, and not of a single item, as a mixed model's would be; so they compare. Each model has an intercept
    of its own.

    Args:
        shown: Whether a sample shows the habit, shape `(samples,)`, as the others.
        labelled: Whether it has the label.
        items: Its item.
        models: Its model.
        level: The confidence level.
        lengths: Of its reasoning in characters; None leaves length out. The logarithm and its square enter.

    Returns:
        None if it can't be estimated: something separates samples that show the habit from the others, the
        label can't be told from a model or a length, or there are fewer than ten items.
    """
    if len(set(items)) < _FEWEST_CLUSTERS or _is_separated(shown, labelled):
        return None
    design = _design(labelled, models, lengths)
    found = _fitted(shown, design, items)
    if found is None:
        return None
    log, error, p_value = found
    return Odds(math.exp(log), logit_interval(log, error, level, "gee"), p_value, "gee")


def _is_separated(shown: Flags, labelled: Flags) -> bool:
    cells = [(shown & labelled).sum(), (shown & ~labelled).sum(), (~shown & labelled).sum()]
    return 0 in {*map(int, cells), int((~shown & ~labelled).sum())}


def _design(
    labelled: Flags, models: Sequence[str], lengths: npt.NDArray[np.int64] | None
) -> npt.NDArray[np.float64]:
    """The label first, then an intercept for each model, then log length and its square."""
    names = np.asarray(models, dtype=np.str_)
    columns = [labelled.astype(float), *((names == each).astype(float) for each in np.unique(names))]
    if lengths is not None:
        columns += _powers(np.log(np.maximum(lengths, 1)))
    return np.stack(columns, axis=1)


def _powers(logs: npt.NDArray[np.float64]) -> list[npt.NDArray[np.float64]]:
    """The logarithm and its square, as far as distinct lengths tell them apart."""
    distinct = len(np.unique(logs))
    if distinct == 1:
        return []
    scaled = (logs - logs.mean()) / np.std(logs)
    return [scaled, scaled**2] if distinct > 2 else [scaled]  # noqa: PLR2004 -- a parabola takes three


def _fitted(
    shown: Flags, design: npt.NDArray[np.float64], items: Sequence[str]
) -> tuple[float, float, float] | None:
    """The label's coefficient, its error and its p-value; None if the fit fails."""
    if np.linalg.matrix_rank(design) < design.shape[1]:
        return None
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.generalized_estimating_equations import GEE

    groups = np.unique(np.asarray(items, dtype=np.str_), return_inverse=True)[1]
    with warnings.catch_warnings():
        # A fit that doesn't converge or separates warns; its error says so too.
        warnings.simplefilter("ignore")
        try:
            model = cast("Any", GEE)(shown.astype(float), design, groups=groups, family=Binomial())
            result = model.fit(cov_type="bias_reduced")
        except (np.linalg.LinAlgError, ValueError, FloatingPointError):
            return None
    log, error, p_value = (float(each[0]) for each in (result.params, result.bse, result.pvalues))
    if not all(map(math.isfinite, (log, error, p_value))) or not 0 < error < _LARGEST_ERROR:
        return None
    return log, error, p_value
