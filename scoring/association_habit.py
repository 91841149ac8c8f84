"""One habit and the label, of a model's samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .association_matched import Matched, matched_odds, strata_of
from .association_models import clustered_odds
from .association_strata import Codes, clustered_common_odds
from .association_tables import Flags, Odds, Table, raw_odds, table_of
from .clusters import clustered_wilson
from .cogtest import PRESENT
from .intervals import Interval, wilson

if TYPE_CHECKING:
    import polars as pl

LEAST_COMMON = 0.1
"""The paper leaves out habits that are rarer than this with the label and without it (section 5)."""


@dataclass(frozen=True, slots=True)
class Association:
    """A habit and the label.

    Attributes:
        model: The model, or `all models`.
        habit: The habit's key.
        table: Scored samples with the label and without it.
        interval: Of the rate with the label: Wilson's, by items where these have several samples; None where
            there is no rate.
        interval_without: Of the rate without it.
        rare: Whether both rates are below `LEAST_COMMON`.
        unscored: Labelled samples that weren't scored for the habit, by reason.
        odds: Raw. By Fisher's exact test; where items have several samples or there are several models, by
            estimating equations, or a clustered score test if these can't be fitted.
        matched: Among samples of like length; None where lengths aren't known.
        matched_category: Among samples of like length and the same category; None where one isn't known.
        adjusted: By estimating equations with length; None where that can't be estimated.
        holm: The raw p-value, Holm's correction over the model's habits.
        fdr: The same by Benjamini and Hochberg.
        holm_matched: The p-value of `matched`, Holm's correction.
        holm_category: The p-value of `matched_category`, Holm's correction.
    """

    model: str
    habit: str
    table: Table
    interval: Interval | None
    interval_without: Interval | None
    rare: bool
    unscored: Mapping[str, int]
    odds: Odds | None
    matched: Matched | None
    matched_category: Matched | None
    adjusted: Odds | None
    holm: float | None = None
    fdr: float | None = None
    holm_matched: float | None = None
    holm_category: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """The association as JSON has it, with rates and shares."""
        found = asdict(self)
        found["table"] |= {"rate": self.table.rate, "rate_without": self.table.rate_without}
        for name, matched in (("matched", self.matched), ("matched_category", self.matched_category)):
            if matched is not None:
                found[name]["share"] = matched.share
        return found


def association_of(model: str, part: pl.DataFrame, label: str, level: float) -> Association:
    """Hold one habit's judgements against the label.

    Args:
        model: The name of whose samples they are.
        part: Judgements of one habit, as `Labelled` has them.
        label: The label.
        level: The confidence level.
    """
    import polars as pl

    scored = part.filter(pl.col("outcome").is_not_null())
    shown, labelled = _flags(scored["outcome"], PRESENT), _flags(scored["label"], label)
    table = table_of(shown, labelled)
    unscored = part["reason"].drop_nulls().value_counts().sort("reason")
    rates = (table.rate, table.rate_without)
    return Association(
        model,
        str(part["question"][0]),
        table,
        _interval(shown[labelled], _codes(scored["id"])[labelled], level),
        _interval(shown[~labelled], _codes(scored["id"])[~labelled], level),
        all(each is not None and each < LEAST_COMMON for each in rates),
        dict(unscored.iter_rows()),
        _raw(scored, label, level),
        _matched(scored.filter(pl.col("length") > 0), label, level),
        _matched(
            scored.filter(pl.col("length") > 0, pl.col("category").is_not_null()), label, level, "category"
        ),
        _adjusted(scored.filter(pl.col("length") > 0), label, level),
    )


def _raw(scored: pl.DataFrame, label: str, level: float) -> Odds | None:
    """The raw odds ratio, with what allows for samples of an item or a model being alike."""
    shown, labelled = _flags(scored["outcome"], PRESENT), _flags(scored["label"], label)
    raw = raw_odds(table_of(shown, labelled), level)
    models, items = scored["model"].to_list(), scored["id"].to_list()
    if raw is None or (len(set(items)) == len(items) and len(set(models)) == 1):
        return raw
    fitted = clustered_odds(shown, labelled, items, models, level=level)
    if fitted is not None:
        return fitted
    return clustered_common_odds(shown, labelled, _codes(scored["model"]), _codes(scored["id"]), level)


def _matched(part: pl.DataFrame, label: str, level: float, *others: str) -> Matched | None:
    """Matched by length, by model, and by these columns, of samples of which all that is known."""
    if part.is_empty():
        return None
    alike: Sequence[str] = ["\t".join(each) for each in part.select("model", *others).iter_rows()]
    lengths = part["length"].to_numpy()
    return matched_odds(
        _flags(part["outcome"], PRESENT),
        _flags(part["label"], label),
        lengths,
        strata_of(lengths, alike),
        _codes(part["id"]),
        level=level,
    )


def _adjusted(part: pl.DataFrame, label: str, level: float) -> Odds | None:
    if part.is_empty():
        return None
    shown, labelled = _flags(part["outcome"], PRESENT), _flags(part["label"], label)
    models, lengths = part["model"].to_list(), part["length"].to_numpy()
    return clustered_odds(shown, labelled, part["id"].to_list(), models, level=level, lengths=lengths)


def _interval(shown: Flags, items: Codes, level: float) -> Interval | None:
    """Of a rate; items whose samples repeat are clusters."""
    if not len(shown):
        return None
    trials = np.bincount(items)
    if trials.max() == 1:
        return wilson(int(shown.sum()), len(shown), level)
    return clustered_wilson(np.bincount(items, weights=shown), trials, level)


def _codes(column: pl.Series) -> Codes:
    return np.unique(column.to_numpy().astype(np.str_), return_inverse=True)[1].astype(np.int64).ravel()


def _flags(column: pl.Series, value: str) -> Flags:
    return (column == value).to_numpy()
