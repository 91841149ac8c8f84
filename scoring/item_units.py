"""What an item counts for that several samples decide: all or most of k, pass@k, votes."""

from __future__ import annotations

import numpy as np
import polars as pl

from .declared_items import OfItems, OfK, PassAtK
from .repeats import pass_at_k
from .verdicts import Reason


def item_units(declared: OfItems, ordered: pl.DataFrame) -> pl.DataFrame:
    """A row an item, as `units` describes it.

    Args:
        declared: What is counted.
        ordered: Outcomes sorted by id and sample.

    Raises:
        ValueError: Samples of an item state the same answer, and only some of them are of the classes.
    """
    if isinstance(declared, PassAtK):
        return _drawn(declared, ordered)
    first = ordered.filter(pl.int_range(pl.len()).over("id") < declared.k)
    return _decided(declared, first) if isinstance(declared, OfK) else _voted(declared, first)


def _decided(declared: OfK, first: pl.DataFrame) -> pl.DataFrame:
    good, unscored = pl.col("good"), pl.col("open")
    return _units(
        declared,
        _counts(declared, first).with_columns(
            (unscored == 0).alias("decided"),
            _decision(declared, good).alias("value"),
            _decision(declared, good).alias("least"),
            _decision(declared, good + unscored).alias("most"),
        ),
    )


def _decision(declared: OfK, good: pl.Expr) -> pl.Expr:
    """What an item counts for of whose k samples so many are in the classes."""
    if declared.rule == "mean":
        return good / declared.k
    if declared.rule == "all":
        return (good == declared.k).cast(pl.Float64)
    twice = 2 * good
    return ((twice >= declared.k) if declared.ties == "in" else (twice > declared.k)).cast(pl.Float64)


def _drawn(declared: PassAtK, ordered: pl.DataFrame) -> pl.DataFrame:
    counts = _counts(declared, ordered)
    scored, good = (counts[name].to_numpy() for name in ("scored", "good"))
    total = np.maximum(counts["samples"].to_numpy(), declared.k)
    enough = scored >= declared.k
    values = np.zeros(len(counts))
    values[enough] = pass_at_k(scored[enough], good[enough], declared.k)
    return _units(
        declared,
        counts.with_columns(
            pl.Series("decided", enough),
            pl.Series("value", values),
            pl.Series("least", pass_at_k(total, good, declared.k)),
            pl.Series("most", pass_at_k(total, good + total - scored, declared.k)),
        ),
    )


def _voted(declared: OfItems, first: pl.DataFrame) -> pl.DataFrame:
    """Right and wrong answers with the most votes, and how many have as many.

    An unscored vote may be for the strongest wrong answer, or for the strongest right one.
    """
    counts = _counts(declared, first).join(
        _tally(declared, first), on="id", how="left", maintain_order="left"
    )
    right, wrong, unscored = (pl.col(name).fill_null(0) for name in ("right", "wrong", "open"))
    right_ties, wrong_ties = (pl.col(name).fill_null(0) for name in ("right_ties", "wrong_ties"))
    value = _winning(right, wrong, right_ties, wrong_ties)
    settled = unscored == 0
    return _units(
        declared,
        counts.with_columns(
            settled.alias("decided"),
            value.alias("value"),
            pl.when(settled)
            .then(value)
            .otherwise(_winning(right, wrong + unscored, right_ties, pl.lit(1)))
            .alias("least"),
            pl.when(settled)
            .then(value)
            .otherwise(_winning(right + unscored, wrong, pl.lit(1), wrong_ties))
            .alias("most"),
        ),
    )


def _tally(declared: OfItems, first: pl.DataFrame) -> pl.DataFrame:
    votes = (
        first.filter(pl.col("answer").is_not_null() & pl.col("outcome").is_not_null())
        .group_by("id", "answer")
        .agg(pl.len().cast(pl.Int64).alias("votes"), _inside(declared).mean().alias("share"))
    )
    unclear = votes.filter(~pl.col("share").is_in([0.0, 1.0]))
    if unclear.height:
        raise ValueError(
            f"metric {declared.name}: samples of an item state {unclear['answer'].min()!r}, and only some of "
            "them are of its classes; the same answer must be right each time or wrong each time"
        )
    sides = {"right": pl.col("share") == 1, "wrong": pl.col("share") == 0}
    best = {name: pl.col("votes").filter(side).max() for name, side in sides.items()}
    ties = [(pl.col("votes").filter(side) == best[name]).sum() for name, side in sides.items()]
    return votes.group_by("id").agg(
        *(each.alias(name) for name, each in best.items()),
        *(each.cast(pl.Int64).alias(f"{name}_ties") for each, name in zip(ties, sides, strict=True)),
    )


def _winning(right: pl.Expr, wrong: pl.Expr, right_ties: pl.Expr, wrong_ties: pl.Expr) -> pl.Expr:
    """The share of right answers among those with the most votes; 0 if nobody voted."""
    tied = right_ties / (right_ties + wrong_ties)
    return pl.when(right > wrong).then(1.0).when((right == wrong) & (right > 0)).then(tied).otherwise(0.0)


def _counts(declared: OfItems, samples: pl.DataFrame) -> pl.DataFrame:
    """By item: samples, those that are scored, those in the classes, and those that lack to `k`."""
    return samples.group_by("id", maintain_order=True).agg(
        pl.len().cast(pl.Int64).alias("samples"),
        pl.col("outcome").count().cast(pl.Int64).alias("scored"),
        _inside(declared).sum().cast(pl.Int64).alias("good"),
        (declared.k - pl.col("outcome").count().cast(pl.Int64)).alias("open"),
        pl.col("reason").drop_nulls().first(),
        *(pl.col(name).first() for name in declared.by),
    )


def _inside(declared: OfItems) -> pl.Expr:
    return pl.col("outcome").is_in(declared.of)


def _units(declared: OfItems, counts: pl.DataFrame) -> pl.DataFrame:
    """The columns of `units` from `decided`, `value`, `least` and `most`."""
    decided = pl.col("decided")
    return counts.select(
        "id",
        pl.when(decided).then("value").otherwise(0.0).alias("numerator"),
        decided.cast(pl.Int64).alias("denominator"),
        "least",
        "most",
        pl.lit(1, pl.Int64).alias("possible"),
        pl.when(~decided).then(pl.col("reason").fill_null(Reason.MISSING.value)).alias("reason"),
        *declared.by,
    )
