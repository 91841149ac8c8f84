"""A common odds ratio over strata (Mantel and Haenszel 1959), also of samples that come in clusters."""

from __future__ import annotations

import math
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from .association_tables import Flags, Odds
from .intervals import Interval

Codes = npt.NDArray[np.int64]
Cells = npt.NDArray[np.float64]


def common_odds(shown: Flags, labelled: Flags, strata: Codes, items: Codes, level: float) -> Odds | None:
    """Mantel and Haenszel's odds ratio of a habit and a label over strata.

    Where every item has one sample: Cochran, Mantel and Haenszel's test without continuity correction, and
    the interval of Robins, Breslow and Greenland (1986). Else `clustered_common_odds`.

    Args:
        shown: Whether a sample shows the habit, shape `(samples,)`, as the others.
        labelled: Whether it has the label.
        strata: Its stratum, from 0.
        items: Its item, from 0.
        level: The confidence level.

    Returns:
        None if no stratum tells anything: each has one label only, or all or none of its samples show the
        habit.
    """
    kept = _told(shown, labelled, strata)
    shown, labelled, strata, items = shown[kept], labelled[kept], strata[kept], items[kept]
    if not len(shown):
        return None
    if len(np.unique(items)) < len(items):
        return clustered_common_odds(shown, labelled, strata, items, level)
    from statsmodels.stats.contingency_tables import StratifiedTable

    tables = _cells(shown, labelled, strata)
    p_value = float(cast("Any", StratifiedTable)(_stacked(tables)).test_null_odds(correction=False).pvalue)
    pooled = cast("Any", StratifiedTable)(_stacked(_with_both_sides(tables)))
    low, high = pooled.oddsratio_pooled_confint(1 - level)
    interval = Interval(float(low), float(high), level, "robins-breslow-greenland")
    return Odds(float(pooled.oddsratio_pooled), interval, p_value, "mantel-haenszel")


def clustered_common_odds(
    shown: Flags, labelled: Flags, strata: Codes, items: Codes, level: float
) -> Odds | None:
    """The same where samples of an item may be alike in any way, whichever strata they are in.

    The test is of the statistic of Cochran, Mantel and Haenszel, with the variance that the sums over items
    show (as Zhang and Boos 1997). The interval linearises the log ratio and sums over items too. Both inflate
    an item's share in a stratum by n/(n - its samples there), without which strata of two would count half
    their variance, and take Student's t for items less one.

    Returns:
        As `common_odds`, and None for a single item. No interval where one side of every table is empty.
    """
    kept = _told(shown, labelled, strata)
    shown, labelled, strata, items = shown[kept], labelled[kept], strata[kept], items[kept]
    count = len(np.unique(items))
    if count <= 1:
        return None
    from scipy import stats

    spread = cast("Any", stats).t(count - 1)
    inflation = _inflation(strata, items)
    tables = _cells(shown, labelled, strata)
    total, error = _summed(_scores(shown, labelled, tables, strata), inflation, items)
    p_value = float(2 * spread.sf(abs(total) / error)) if error else 1.0
    value = _ratio(_with_both_sides(tables))
    if _is_one_sided(tables):
        return Odds(value, None, p_value, "clustered-mantel-haenszel")
    _, error = _summed(_influences(shown, labelled, tables, strata), inflation, items)
    reach = float(spread.ppf((1 + level) / 2)) * error
    interval = Interval(value * math.exp(-reach), value * math.exp(reach), level, "clustered-linearised")
    return Odds(value, interval, p_value, "clustered-mantel-haenszel")


def _told(shown: Flags, labelled: Flags, strata: Codes) -> Flags:
    """Whether a sample is in a stratum with both labels, some of whose samples show the habit."""
    count = int(strata.max()) + 1 if len(strata) else 0
    sizes = np.bincount(strata, minlength=count)
    inside = np.ones(count, np.bool_)
    for flags in (shown, labelled):
        found = np.bincount(strata[flags], minlength=count)
        inside &= (found > 0) & (found < sizes)
    return inside[strata] if count else np.zeros(0, np.bool_)


def _cells(shown: Flags, labelled: Flags, strata: Codes) -> Cells:
    """Of each stratum: shown and not with the label, shown and not without it; shape `(4, strata)`.

    Strata without samples in them have zeros.
    """
    count = int(strata.max()) + 1
    kinds = (shown & labelled, ~shown & labelled, shown & ~labelled, ~shown & ~labelled)
    return np.stack([np.bincount(strata[kind], minlength=count) for kind in kinds]).astype(float)


def _stacked(tables: Cells) -> npt.NDArray[np.float64]:
    """As statsmodels takes them: shape `(2, 2, strata)`, without those that are empty."""
    return tables[:, tables.sum(axis=0) > 0].reshape(2, 2, -1)


def _is_one_sided(tables: Cells) -> bool:
    a, b, c, d = tables
    return not ((a * d).any() and (b * c).any())


def _with_both_sides(tables: Cells) -> Cells:
    """Tables whose ratio is neither 0 nor infinite: half a sample a cell is spread over them, if need be.

    Of a single table it is Haldane and Anscombe's half; half a sample in each of many small tables would
    drown what they say.
    """
    if not _is_one_sided(tables):
        return tables
    filled = tables.sum(axis=0) > 0
    return tables + np.where(filled, 0.5 / filled.sum(), 0.0)


def _ratio(tables: Cells) -> float:
    a, b, c, d = tables
    sizes = np.maximum(tables.sum(axis=0), 1)
    return float((a * d / sizes).sum() / (b * c / sizes).sum())


def _scores(shown: Flags, labelled: Flags, tables: Cells, strata: Codes) -> Cells:
    """What each sample adds to how many more with the label show the habit than the strata let expect."""
    a, b, c, _ = tables
    sizes = np.maximum(tables.sum(axis=0), 1)
    return (labelled - ((a + b) / sizes)[strata]) * (shown - ((a + c) / sizes)[strata])


def _influences(shown: Flags, labelled: Flags, tables: Cells, strata: Codes) -> Cells:
    """The derivative of the log ratio by each sample's weight."""
    a, b, c, d = tables[:, strata]
    sizes = tables.sum(axis=0)[strata]
    with_it, against = tables[0] * tables[3], tables[1] * tables[2]
    filled = np.maximum(tables.sum(axis=0), 1)
    first = np.select([shown & labelled, ~shown & ~labelled], [d, a], 0.0) / sizes - a * d / sizes**2
    second = np.select([~shown & labelled, shown & ~labelled], [c, b], 0.0) / sizes - b * c / sizes**2
    return first / (with_it / filled).sum() - second / (against / filled).sum()


def _inflation(strata: Codes, items: Codes) -> Cells:
    """The root of n/(n - m), for m of a stratum's n samples of the sample's item; 1 where all are of it."""
    sizes = np.bincount(strata)[strata]
    _, place, shared = np.unique(np.stack([strata, items]), axis=1, return_inverse=True, return_counts=True)
    others = sizes - shared[place.ravel()]
    return np.sqrt(np.where(others > 0, sizes / np.maximum(others, 1), 1.0))


def _summed(parts: Cells, inflation: Cells, items: Codes) -> tuple[float, float]:
    """The sum of the parts, and its standard error by their sums over items."""
    sums = np.bincount(np.unique(items, return_inverse=True)[1].ravel(), weights=parts * inflation)
    return float(parts.sum()), float(np.sqrt((sums**2).sum()))
