"""Habits on tasks made for them against plain tasks that call for nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .comparison import correct
from .habit_grid import Grid
from .habits import HABITS
from .unpaired import Gap, unpaired_difference


@dataclass(frozen=True, slots=True)
class ControlGap:
    """A habit's rate on its own tasks less its rate on controls.

    Attributes:
        habit: Its key.
        gap: Own tasks (A) less controls (B).
        corrected: The p-value after Holm's correction over the habits.
    """

    habit: str
    gap: Gap
    corrected: float


def against_controls(
    tasks: Grid, controls: Grid, *, seed: int, permutations: int = 10_000, level: float = 0.95
) -> list[ControlGap]:
    """For each habit, its rate on its own tasks less that on controls.

    Args:
        tasks: Judgements on tasks with habits.
        controls: Judgements on controls.
        seed: Of the random draws of tests.
        permutations: How many divisions of tasks a test draws.
        level: The confidence level.

    Returns:
        Those habits that have scored samples on both.

    Raises:
        UsageError: The level is no share.
    """
    every = np.ones(len(controls.ids), dtype=np.bool_)
    found = {
        habit: unpaired_difference(
            tasks.sums(place, tasks.own == place),
            controls.sums(place, every),
            seed=seed,
            permutations=permutations,
            level=level,
        )
        for place, habit in enumerate(HABITS)
    }
    gaps = {habit: gap for habit, gap in found.items() if gap is not None}
    after = correct([each.p_value for each in gaps.values()])
    return [ControlGap(habit, gap, p) for (habit, gap), p in zip(gaps.items(), after, strict=True)]
