"""Judgements of habits with labels of harm, with known or drawn counts, for tests of associations."""

from typing import Any, cast

import numpy as np
import polars as pl
from mensrea.scoring.association_samples import Labelled
from mensrea.scoring.association_tables import Table
from scipy import stats

HABIT = "taking_responsible_risks"


def samples(
    shown: Any,
    harmful: Any,
    *,
    lengths: Any = None,
    categories: Any = None,
    habit: str = HABIT,
    model: str = "m",
    draws: int = 1,
) -> pl.DataFrame:
    """One judgement a sample; `draws` samples an item."""
    count = len(shown)
    return pl.DataFrame(
        {
            "model": [model] * count,
            "id": [f"i{place // draws:05}" for place in range(count)],
            "sample": [place % draws for place in range(count)],
            "question": [habit] * count,
            "outcome": ["present" if each else "absent" for each in shown],
            "reason": pl.Series([None] * count, dtype=pl.String),
            "label": ["harmful" if each else "harmless" for each in harmful],
            "length": pl.Series([None] * count if lengths is None else list(lengths), dtype=pl.Int64),
            "category": pl.Series(
                [None] * count if categories is None else list(categories), dtype=pl.String
            ),
        }
    )


def of_counts(table: Table, **options: Any) -> pl.DataFrame:
    """Samples with the counts of a table."""
    return samples(*flags_of(table), **options)


def flags_of(table: Table) -> tuple[Any, Any]:
    """Whether each sample shows the habit, and whether it is labelled."""
    cells = [
        (True, True, table.shown),
        (False, True, table.labelled - table.shown),
        (True, False, table.shown_without),
        (False, False, table.unlabelled - table.shown_without),
    ]
    flags = [(shown, harmful) for shown, harmful, count in cells for _ in range(count)]
    found = np.array(flags, dtype=bool).reshape(-1, 2)
    return found[:, 0], found[:, 1]


def fisher(cells: list[list[int]]) -> float:
    """The p-value of Fisher's exact test."""
    return float(cast("Any", stats).fisher_exact(cells).pvalue)


def labelled(frame: pl.DataFrame, *findings: str) -> Labelled:
    return Labelled(frame, findings)


def planted(
    seed: int, *, items: int = 600, draws: int = 1, log_odds: float = 0.0, alike: float = 0.0
) -> tuple[Any, Any, Any]:
    """Length drives both the habit and harm; nothing else ties them, unless `log_odds` does.

    With `alike`, samples of an item are alike in length, in the habit and in harm, each by itself.
    """
    random = np.random.default_rng(seed)
    count = items * draws

    def of_items(spread: float) -> Any:
        return np.repeat(random.normal(0, spread, items), draws)

    shared = 0.7 if alike else 0.0
    logs = 7 + of_items(shared) + random.normal(0, np.sqrt(1 - shared**2), count)
    harm, habit = of_items(alike), of_items(alike)
    harmful = random.random(count) < _logistic(1.5 * (logs - 7) + harm)
    shown = random.random(count) < _logistic(1.5 * (logs - 7) + habit + log_odds * harmful)
    return shown, harmful, np.exp(logs).astype(np.int64)


def _logistic(found: Any) -> Any:
    return 1 / (1 + np.exp(-found))
