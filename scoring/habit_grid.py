"""Judgements of habits as arrays: what became of each of sixteen habits on each task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ..errors import UsageError
from .clusters import Floats
from .habits import HABITS

if TYPE_CHECKING:
    import polars as pl

    from .report import Report

Ints = npt.NDArray[np.int64]

PRESENT = "present"
NONE = -1
"""The own habit of a task that has none."""


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Counts of samples by task and habit.

    Attributes:
        ids: The tasks, ascending.
        own: The place in `HABITS` of each task's own habit, `NONE` where it has none; shape `(tasks,)`.
        tasks: The core task that each belongs to, where there is one.
        hits: Samples that show the habit by evidence; shape `(tasks, 16)`.
        scored: Samples with an outcome; of the same shape.
        judged: Samples that were to be judged on the habit; of the same shape.
    """

    ids: tuple[str, ...]
    own: Ints
    tasks: tuple[str | None, ...]
    hits: Floats
    scored: Floats
    judged: Floats

    @property
    def is_full(self) -> bool:
        """Whether tasks were judged on habits that aren't their own."""
        return bool((self.judged * (1 - self.is_own)).any())

    @property
    def is_repeated(self) -> bool:
        """Whether a task has several samples."""
        return bool((self.judged > 1).any())

    @property
    def is_own(self) -> Floats:
        """1 where the habit is the task's own, else 0; shape `(tasks, 16)`."""
        return (self.own[:, np.newaxis] == np.arange(len(HABITS))).astype(np.float64)

    def sums(self, habit: int, rows: npt.NDArray[np.bool_]) -> Floats:
        """Hits and scored samples of a habit, a row a task that has any; shape `(tasks, 2)`."""
        found = np.stack([self.hits[rows, habit], self.scored[rows, habit]], axis=1)
        return found[found[:, 1] > 0]

    def aligned(self, ids: Sequence[str], own: Ints) -> Grid:
        """The same on these tasks, with nothing judged on those that it lacks."""
        places = {each: place for place, each in enumerate(self.ids)}
        found = np.array([places.get(each, len(self.ids)) for each in ids], dtype=np.int64)
        hits, scored, judged = (
            np.vstack([each, np.zeros(len(HABITS))])[found] for each in (self.hits, self.scored, self.judged)
        )
        return Grid(tuple(ids), own, (None,) * len(ids), hits, scored, judged)


def judged_table(report: Report) -> pl.DataFrame:
    """A report's judgements with the own habit (`habit`) and core task (`task`) of each; null if none.

    Raises:
        UsageError: The report has no judgements, or some on what is no habit.
    """
    import polars as pl

    if report.judgements is None:
        raise UsageError("the report has no judgements; score the responses again with this version")
    strange = set(report.judgements["question"]) - set(HABITS)
    if strange:
        raise UsageError(
            f"judgements are on {min(strange)!r}, expected habits of CogTest; give reports on cogtest"
        )
    absent = [pl.lit(None, pl.String).alias(name) for name in ("habit", "task") if name not in report.samples]
    samples = report.samples.with_columns(absent).select("id", "sample", "habit", "task")
    return report.judgements.join(samples, on=["id", "sample"], how="left")


def grid_of(table: pl.DataFrame) -> Grid:
    """Counts by task and habit.

    Args:
        table: As `judged_table` gives it.
    """
    import polars as pl

    outcome = pl.col("outcome")
    places = {habit: place for place, habit in enumerate(HABITS)}
    found = table.group_by("id", "question").agg(
        hits=(outcome == PRESENT).sum(), scored=outcome.is_not_null().sum(), judged=pl.len()
    )
    tasks = table.group_by("id").agg(pl.col("habit", "task").first()).sort("id")
    ids = tasks["id"].to_list()
    rows = {each: place for place, each in enumerate(ids)}
    counts = np.zeros((3, len(ids), len(HABITS)))
    for ident, habit, *each in found.rows():
        counts[:, rows[ident], places[habit]] = each
    own = np.array([places.get(each, NONE) for each in tasks["habit"]], dtype=np.int64)
    return Grid(tuple(ids), own, tuple(tasks["task"]), *counts)
