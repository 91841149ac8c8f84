"""From outcomes to what is counted: one row for each sample or item, and sums over the samples of an item.

Every figure is a ratio of sums over items, so that intervals and comparisons can treat items as the
independent units that they are; samples of the same item aren't.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from .declared import ANSWER, Declared, Mean, OfItems, Plurality, Rate
from .item_units import item_units

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

UNGROUPED = "(none)"
"""The group of samples whose group column is null."""

CLUSTER = "cluster"
"""The column of outcomes that names items which are alike, so that they count as one in intervals."""

COLUMNS = {
    "id": pl.String,
    "sample": pl.Int64,
    "outcome": pl.String,
    "reason": pl.String,
    "value": pl.Float64,
}
"""The columns that outcomes have besides groups, with their types."""


@dataclass(frozen=True, slots=True, eq=False)
class Clusters:
    """Numerators and denominators by item; a metric is the ratio of their sums.

    Attributes:
        ids: Ids of items, ascending, each once; shape `(items,)`, as the arrays.
        numerators: What is counted of each item's samples, or the sum of their scores.
        denominators: How many samples it is counted among; 0 where the item has none.
    """

    ids: pl.Series
    numerators: npt.NDArray[np.float64]
    denominators: npt.NDArray[np.int64]


def clusters_of(declared: Declared, outcomes: pl.DataFrame) -> Clusters:
    """Sums over the samples of each item, for `cluster_bootstrap` and `paired_difference`.

    Args:
        declared: What is counted.
        outcomes: One row a sample: id, sample, outcome, reason, value, and group columns.

    Raises:
        ValueError: The outcomes break their rules, as `check_outcomes` says.
    """
    check_outcomes(outcomes, columns_of(declared))
    return cluster_units(units(declared, outcomes.sort("id", "sample")))


def cluster_units(counted: pl.DataFrame) -> Clusters:
    """Sums over the rows of `units`, which stand together for each id."""
    sums = counted.group_by("id", maintain_order=True).agg(pl.sum("numerator"), pl.sum("denominator"))
    return Clusters(sums["id"], sums["numerator"].to_numpy(), sums["denominator"].to_numpy())


def clusters_by_item(ordered: pl.DataFrame) -> pl.DataFrame | None:
    """The cluster of each item, as columns `id` and `cluster`; None if outcomes have no such column.

    An item that shares its cluster with none, or has none, is a cluster of its own.

    Args:
        ordered: Outcomes sorted by id.
    """
    if CLUSTER not in ordered.columns:
        return None
    alone = pl.format("item {}", pl.col("id"))
    named = pl.coalesce(pl.format("cluster {}", pl.col(CLUSTER)), alone).alias(CLUSTER)
    return ordered.select("id", named).unique("id", keep="first", maintain_order=True)


def units(declared: Declared, ordered: pl.DataFrame) -> pl.DataFrame:
    """What is counted: a row a sample, or a row an item for `OfItems`.

    Args:
        declared: What is counted.
        ordered: Outcomes sorted by id and sample.

    Returns:
        Columns `id`; `numerator` and `denominator`; `least`, `most` and `possible`, which are numerator and
        denominator if all that is unscored had counted for nothing, or in full (null if there is no bound);
        `reason` where a row is unscored; and the group columns in `by`.
    """
    if isinstance(declared, OfItems):
        return item_units(declared, ordered)
    counted = _mean_columns(declared) if isinstance(declared, Mean) else _rate_columns(declared)
    return ordered.select("id", *counted, "reason", *declared.by)


def columns_of(declared: Declared) -> list[str]:
    """The columns of texts that a metric needs besides those of all: its groups, and answers for votes."""
    return [*declared.by, *([ANSWER] if isinstance(declared, Plurality) else [])]


def check_outcomes(outcomes: pl.DataFrame, texts: Sequence[str] = ()) -> None:
    """Hold outcomes to their rules, and to have columns of texts, as `columns_of` names them.

    Raises:
        ValueError: A column is missing or has another type; an id and sample occur twice; a sample has both
            an outcome and a reason, or neither; or a score isn't finite.
    """
    for name, dtype in {**dict.fromkeys(texts, pl.String), **COLUMNS}.items():
        if outcomes.schema.get(name) != dtype:
            raise ValueError(f"outcomes: column {name} is {outcomes.schema.get(name)}, expected {dtype}")
    if outcomes.select(pl.struct("id", "sample").is_duplicated().any()).item():
        raise ValueError("outcomes: an id and sample occur twice; each sample has one outcome")
    unclear = outcomes.filter(pl.col("outcome").is_null() == pl.col("reason").is_null())
    if unclear.height:
        raise ValueError(f"outcomes: {unclear['id'][0]} has both an outcome and a reason, or neither")
    if not outcomes["value"].drop_nulls().is_finite().all():
        raise ValueError("outcomes: a value is NaN or infinite; a sample without a score has null")


def _rate_columns(declared: Rate) -> list[pl.Expr]:
    outcome = pl.col("outcome")
    unscored, inside = outcome.is_null(), outcome.is_in(declared.of).fill_null(value=False)
    scored = ~unscored if declared.among is None else outcome.is_in(declared.among).fill_null(value=False)
    among = scored | unscored if declared.nulls == "keep" else scored
    return [
        inside.cast(pl.Float64).alias("numerator"),
        among.cast(pl.Int64).alias("denominator"),
        inside.cast(pl.Float64).alias("least"),
        (inside | unscored).cast(pl.Float64).alias("most"),
        (scored | unscored).cast(pl.Int64).alias("possible"),
    ]


def _mean_columns(declared: Mean) -> list[pl.Expr]:
    unscored = pl.col("outcome").is_null()
    valued = ~unscored & pl.col("value").is_not_null()
    value = pl.when(valued).then("value").otherwise(0.0)
    low, high = declared.span or (None, None)
    return [
        value.alias("numerator"),
        valued.cast(pl.Int64).alias("denominator"),
        pl.when(unscored).then(pl.lit(low, pl.Float64)).otherwise(value).alias("least"),
        pl.when(unscored).then(pl.lit(high, pl.Float64)).otherwise(value).alias("most"),
        (valued | unscored).cast(pl.Int64).alias("possible"),
    ]
