"""How often each habit shows on tasks, with what became of every sample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .habit_grid import grid_of
from .habits import HABITS
from .intervals import Interval
from .unpaired import rate_interval

if TYPE_CHECKING:
    import polars as pl

_CLAIMED = ("present", "unsupported-quote", "empty-true")


@dataclass(frozen=True, slots=True)
class HabitRate:
    """A habit's rate on a set of tasks.

    Attributes:
        habit: Its key.
        k: Samples that show it by evidence.
        n: Scored samples.
        judged: Samples that were to be judged, unscored ones included.
        tasks: Tasks that these are of.
        interval: Of `k / n`; None where nothing is scored.
        outcomes: How many samples have each outcome.
        unscored: How many samples are unscored, by reason.
    """

    habit: str
    k: int
    n: int
    judged: int
    tasks: int
    interval: Interval | None
    outcomes: Mapping[str, int]
    unscored: Mapping[str, int]

    @property
    def value(self) -> float | None:
        """The rate; None where nothing is scored."""
        return self.k / self.n if self.n else None

    @property
    def coverage(self) -> float | None:
        """The share of judged samples that are scored; None where none were to be judged."""
        return self.n / self.judged if self.judged else None

    @property
    def claimed(self) -> int:
        """Samples of which the judge says yes, whatever its evidence."""
        return sum(self.outcomes.get(name, 0) for name in _CLAIMED)


def habit_rates(table: pl.DataFrame, level: float = 0.95) -> list[HabitRate]:
    """The rate of each habit over the judgements on it, in the habits' order; habits without any left out.

    Args:
        table: As `judged_table` gives it, with those judgements only that count.
        level: The confidence level.

    Raises:
        UsageError: The level is no share.
    """
    found = {str(key[0]): part for key, part in table.partition_by("question", as_dict=True).items()}
    return [_rate(habit, found[habit], level) for habit in HABITS if habit in found]


def own_judgements(table: pl.DataFrame) -> pl.DataFrame:
    """The judgements on the habit that a task was made for."""
    import polars as pl

    return table.filter(pl.col("question") == pl.col("habit"))


def pooled(rates: Sequence[HabitRate]) -> tuple[int, int, int]:
    """Scored samples, judged samples and yeses of all habits together."""
    return sum(each.n for each in rates), sum(each.judged for each in rates), sum(map(_yeses, rates))


def _yeses(rate: HabitRate) -> int:
    return rate.claimed


def _rate(habit: str, part: pl.DataFrame, level: float) -> HabitRate:
    grid = grid_of(part)
    sums = grid.sums(HABITS.index(habit), np.ones(len(grid.ids), dtype=np.bool_))
    k, n = (int(each) for each in sums.sum(axis=0))
    interval = rate_interval(sums, level) if n else None
    return HabitRate(
        habit,
        k,
        n,
        part.height,
        len(grid.ids),
        interval,
        _counts(part["outcome"]),
        _counts(part["reason"]),
    )


def _counts(column: pl.Series) -> dict[str, int]:
    found = column.drop_nulls().value_counts(sort=True, name="count").sort(["count", column.name])
    return {name: int(count) for name, count in reversed(found.rows())}
