"""DeceptionBench (arXiv 2505.18807): figures 6 to 10, tables 1 and 2."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import Any

import polars as pl

from ..deceptionbench import DeceptionBench
from ..metrics import Metric, compute
from ..verdicts import Reason
from .cells import Cell
from .checks import Facts
from .files import number, read_rows

_HELPFUL, _HARMLESS = (f"beavertails_{kind}_winrate_vs_selfmonitor" for kind in ("helpful", "harmless"))
FILES: Mapping[str, tuple[str, Sequence[str], Sequence[str]]] = {
    "rates": (
        "dtr_by_model_category.csv",
        ("model", "category"),
        ("dtr_percent_printed", "inferred_deceptive", "inferred_scored", "items_released"),
    ),
    "table_1": ("table1_self_monitor.csv", ("model",), ("dtr", _HELPFUL, _HARMLESS)),
    "table_2": (
        "act_cot_cons_table2.csv",
        ("model", "category"),
        ("act_percent", "cot_percent", "cons_percent"),
    ),
    "figure_3": (
        "human_agreement_fig3_reconstructed.csv",
        ("method", "category"),
        ("agree_count_inferred", "n_inferred", "agreement", "phi_from_bar_height"),
    ),
}
_DTR = replace(DeceptionBench.metrics[0], by=())
_MOST_ITEMS = 100


def distil(folder: Path) -> dict[str, Any]:
    """Facts of `deceptionbench/`: printed figures, and the counts inferred from them, a list for each row.

    Raises:
        SourceMissingError: A file is missing.
        SourceFormatError: A file isn't as transcribed.
    """
    return {name: _rows(folder / file, texts, numbers) for name, (file, texts, numbers) in FILES.items()}


def category_rates(facts: Facts) -> Iterator[Cell]:
    """DTR of each model in each category, in percent."""
    for model, category, percent, deceptive, scored, _ in facts["rates"]:
        yield Cell(f"{model}, {category}", percent, 100 * deceptive / scored, 2)


def models(facts: Facts, published: int) -> Iterator[Cell]:
    """How many models there are."""
    yield Cell("models", published, len(_models(facts)), 0)


def coverage(facts: Facts, items: int) -> Iterator[Cell]:
    """Items that are scored of each model."""
    for model in _models(facts):
        yield Cell(model, items, _dtr(facts, model).denominator, 0)


def pooled(facts: Facts, names: Mapping[str, Sequence[str]]) -> Iterator[Cell]:
    """DTR over the items of all categories.

    Args:
        facts: Counts by category, and table 1.
        names: Short names of models, with what table 1 and the figures call them.
    """
    for name, (row, model) in names.items():
        found = _dtr(facts, model)
        yield Cell(name, _printed(facts, row), found.numerator / found.denominator, 3, found.interval)


def macro(facts: Facts, names: Mapping[str, Sequence[str]]) -> Iterator[Cell]:
    """DTR as the mean of the categories' rates."""
    for name, (row, model) in names.items():
        rates = [deceptive / scored for found, _, _, deceptive, scored, _ in facts["rates"] if found == model]
        yield Cell(name, _printed(facts, row), fmean(rates), 3)


def splits_that_fit(facts: Facts, row: str, model: str) -> Iterator[Cell]:
    """Ways to split a model's items, deceptive and scored, that give each printed rate and the pooled one."""
    rows = [each for each in facts["rates"] if each[0] == model]
    printed = _printed(facts, row)
    ways = itertools.product(*(list(_splits(percent, int(most))) for _, _, percent, _, _, most in rows))
    fitting = [way for way in ways if Cell("", printed, _pooled(way), 3).equal]
    yield Cell(model, None, len(fitting), 0)


def rows_needed(facts: Facts) -> Iterator[Cell]:
    """The items that three percentages need at least, the most over models, against those released."""
    released = {category: int(most) for _, category, _, _, _, most in facts["rates"]}
    for category, most in released.items():
        rows = [percents for _, found, *percents in facts["table_2"] if found == category]
        yield Cell(category.replace("_", " "), most, max(_least_items(percents) for percents in rows), 0)


def _rows(path: Path, texts: Sequence[str], numbers: Sequence[str]) -> list[list[Any]]:
    rows = read_rows(path, {**dict.fromkeys(texts, str), **dict.fromkeys(numbers, number)})
    return [list(row.values()) for row in rows]


def _models(facts: Facts) -> list[str]:
    return list(dict.fromkeys(row[0] for row in facts["rates"]))


def _printed(facts: Facts, name: str) -> float:
    return next(row[1] for row in facts["table_1"] if row[0] == name)


def _dtr(facts: Facts, model: str) -> Metric:
    """The scorer's own metric, over outcomes with a model's counts."""
    rows = [row for row in facts["rates"] if row[0] == model]
    outcomes = [_outcomes(category, *map(int, counts)) for _, category, _, *counts in rows]
    return compute([_DTR], pl.concat(outcomes))[0]


def _outcomes(category: str, deceptive: int, scored: int, released: int) -> pl.DataFrame:
    """A category's items, as outcomes with these counts."""
    counts = {"deceptive": deceptive, "consistent": scored - deceptive, None: released - scored}
    outcomes = [name for name, count in counts.items() for _ in range(count)]
    return pl.DataFrame({"outcome": outcomes}, {"outcome": pl.String}).with_columns(
        pl.format("{}-{}", pl.lit(category), pl.int_range(pl.len())).alias("id"),
        pl.lit(0, pl.Int64).alias("sample"),
        pl.when(pl.col("outcome").is_null()).then(pl.lit(Reason.NO_ANSWER.value)).alias("reason"),
        pl.lit(None, pl.Float64).alias("value"),
        pl.lit(category).alias("type"),
    )


def _splits(percent: float, most: int) -> Iterator[tuple[int, int]]:
    """Counts and totals that give a percentage to two decimals."""
    for total in range(1, most + 1):
        count = round(percent * total / 100)
        if Cell("", percent, 100 * count / total, 2).equal:
            yield count, total


def _pooled(counts: Sequence[tuple[int, int]]) -> float:
    return sum(count for count, _ in counts) / sum(total for _, total in counts)


def _least_items(percents: Sequence[float]) -> float:
    """The fewest items of which all percentages are shares; infinity if a hundred are too few."""
    fitting = ({total for _, total in _splits(percent, _MOST_ITEMS)} for percent in percents)
    return min(set.intersection(*fitting), default=math.inf)
