"""Figures with all that is needed to read them: counts, coverage, an interval, what could be hidden."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import polars as pl

from .bootstrap import cluster_bootstrap
from .declared import Declared, Mean, OfK, Rate
from .estimators import PaperFigure, paper_figure
from .intervals import Interval, mean_interval, wilson
from .units import (
    CLUSTER,
    UNGROUPED,
    Clusters,
    check_outcomes,
    cluster_units,
    clusters_by_item,
    columns_of,
    units,
)

Kind = Literal["proportion", "mean"]


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure of all samples, or of a group of them.

    Attributes:
        name: The metric, such as `dtr`.
        description: What it says, in a line.
        kind: `proportion`, from 0 to 1; or `mean`, in the unit of the scores.
        value: Numerator over denominator; None if the denominator is 0.
        numerator: What was counted, or the sum of scores.
        denominator: Samples that it was counted among; items for a metric of k samples.
        total: Samples (or items) that there are.
        items: Items behind the denominator; samples of the same item aren't independent.
        coverage: Share of `total` that is scored; 0 if there are none.
        unscored: How many aren't, by reason.
        bounds: The value if everything unscored had counted for nothing, and if it had counted in full; None
            if scores have no such bounds.
        interval: The value's confidence interval. It doesn't know of what is unscored: see `bounds`.
        paper: The paper's own estimator.
        group: Column and value of the group; empty for all.
        definition: The declaration, see `declared_from`.
    """

    name: str
    description: str
    kind: Kind
    value: float | None
    numerator: float
    denominator: int
    total: int
    items: int
    coverage: float
    unscored: Mapping[str, int]
    bounds: tuple[float, float] | None = None
    interval: Interval | None = None
    paper: PaperFigure | None = None
    group: Mapping[str, str] = field(default_factory=dict[str, str])
    definition: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Settings:
    """How intervals are computed.

    Attributes:
        seed: Of every resampling.
        resamples: Of the bootstrap.
        level: Of confidence.
    """

    seed: int = 0
    resamples: int = 1000
    level: float = 0.95


def compute(
    declared: Iterable[Declared],
    outcomes: pl.DataFrame,
    *,
    seed: int = 0,
    resamples: int = 1000,
    level: float = 0.95,
) -> list[Metric]:
    """Compute metrics: each of all samples, then by its groups in the order of their names.

    Args:
        declared: What is counted.
        outcomes: One row a sample: `id`, `sample`, `outcome` (null if unscored), `reason` (null if scored),
            `value`, the group columns that metrics name, and `answer` if one of them is a vote. Items that
            share a `cluster`, if there is that column, count as one in intervals. The order of rows doesn't
            matter.
        seed: Of the bootstrap.
        resamples: Of the bootstrap.
        level: Of confidence.

    Raises:
        ValueError: The outcomes break their rules.
        UsageError: The level isn't between 0 and 1, or a paper's estimator is unknown.
    """
    listed = list(declared)
    needed = {name for each in listed for name in columns_of(each)} | ({CLUSTER} & {*outcomes.columns})
    check_outcomes(outcomes, sorted(needed))
    ordered = outcomes.sort("id", "sample").with_columns(pl.col("id").rle_id())
    settings, clusters = Settings(seed, resamples, level), clusters_by_item(ordered)
    return [metric for each in listed for metric in _by_groups(each, ordered, settings, clusters)]


def kind_of(declared: Declared) -> Kind:
    """Whether a metric is a proportion or a mean."""
    return "mean" if isinstance(declared, Mean) else "proportion"


def is_binary(declared: Declared) -> bool:
    """Whether every sample or item counts for 0 or 1."""
    return isinstance(declared, Rate) or (isinstance(declared, OfK) and declared.rule != "mean")


def span_of(declared: Declared) -> tuple[float, float] | None:
    """The least and the greatest value that an item can have; None if there is no bound."""
    return declared.span if isinstance(declared, Mean) else (0.0, 1.0)


def interval_of(declared: Declared, sums: Clusters, settings: Settings) -> Interval | None:
    """The interval that fits the data.

    Wilson's for a proportion of independent samples, Student's for a mean of them; a bootstrap over items, or
    over clusters of items that are alike, where one has several. None if nothing is counted, or if all values
    are alike and have no bounds.
    """
    counted = sums.denominators > 0
    numerators, denominators = sums.numerators[counted], sums.denominators[counted]
    if not denominators.size:
        return None
    independent = not (denominators > 1).any()
    if independent and is_binary(declared):
        return wilson(round(numerators.sum()), int(denominators.sum()), settings.level)
    if independent and isinstance(declared, Mean) and np.ptp(numerators) > 0:
        return mean_interval(numerators, settings.level)
    return cluster_bootstrap(
        numerators,
        denominators,
        seed=settings.seed,
        resamples=settings.resamples,
        level=settings.level,
        bounds=span_of(declared),
    )


def _by_groups(
    declared: Declared, ordered: pl.DataFrame, settings: Settings, clusters: pl.DataFrame | None
) -> Iterator[Metric]:
    counted = units(declared, ordered)
    if clusters is not None:
        counted = counted.join(clusters, on="id", how="left", maintain_order="left")
    yield _metric(declared, counted, {}, settings)
    for column in declared.by:
        if counted[column].null_count() == len(counted):
            continue
        named = counted.with_columns(pl.col(column).fill_null(UNGROUPED))
        for value in named[column].unique().sort():
            yield _metric(declared, named.filter(pl.col(column) == value), {column: value}, settings)


def _metric(
    declared: Declared, counted: pl.DataFrame, group: Mapping[str, str], settings: Settings
) -> Metric:
    sums = cluster_units(counted)
    numerator, denominator = float(sums.numerators.sum()), int(sums.denominators.sum())
    unscored = _unscored(counted["reason"])
    total = counted.height
    return Metric(
        name=declared.name,
        description=declared.description,
        kind=kind_of(declared),
        value=numerator / denominator if denominator else None,
        numerator=numerator,
        denominator=denominator,
        total=total,
        items=int(np.count_nonzero(sums.denominators)),
        coverage=(total - sum(unscored.values())) / total if total else 0.0,
        unscored=unscored,
        bounds=_bounds(counted),
        interval=interval_of(declared, _together(counted, sums), settings),
        paper=_paper(declared, numerator, denominator),
        group=group,
        definition=declared.definition,
    )


def _together(counted: pl.DataFrame, items: Clusters) -> Clusters:
    """Sums over items that are alike, if any are."""
    if CLUSTER not in counted.columns:
        return items
    return cluster_units(counted.with_columns(pl.col(CLUSTER).alias("id")).sort("id"))


def _unscored(reasons: pl.Series) -> dict[str, int]:
    found = reasons.drop_nulls().value_counts().sort(["count", "reason"], descending=[True, False])
    return dict(zip(found["reason"], found["count"], strict=True))


def _bounds(counted: pl.DataFrame) -> tuple[float, float] | None:
    possible = int(counted["possible"].sum())
    ends: Sequence[pl.Series] = (counted["least"], counted["most"])
    if not possible or any(each.null_count() for each in ends):
        return None
    low, high = (float(each.sum()) / possible for each in ends)
    return low, high


def _paper(declared: Declared, numerator: float, denominator: int) -> PaperFigure | None:
    if declared.paper is None or not denominator or not is_binary(declared):
        return None
    return paper_figure(declared.paper, round(numerator), denominator)
