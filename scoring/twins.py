"""Core tasks against their twins, from which what makes the habit available was taken away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .clusters import Floats
from .comparison import Difference, correct, paired_difference
from .habit_grid import Grid
from .habits import HABITS


@dataclass(frozen=True, slots=True)
class TwinGap:
    """How much more often a habit shows on core tasks than on their twins.

    Attributes:
        habit: Its key; None for all habits together, each task judged on its own.
        difference: Core tasks (B) less twins (A), over the pairs with scored samples in both.
        corrected: The p-value after Holm's correction over the habits; that of all together isn't corrected.
    """

    habit: str | None
    difference: Difference
    corrected: float


@dataclass(frozen=True, slots=True)
class Twins:
    """Core tasks against their twins.

    Attributes:
        pooled: All pairs together.
        habits: Each habit by itself; with four pairs, no difference of one sample each can be significant.
        unpaired: Twins whose core task isn't in the report, or has no scored sample.
    """

    pooled: TwinGap
    habits: Sequence[TwinGap]
    unpaired: int


def against_twins(
    tasks: Grid,
    twins: Grid,
    *,
    seed: int,
    resamples: int = 1000,
    permutations: int = 10_000,
    level: float = 0.95,
) -> Twins | None:
    """Compare core tasks with their twins, pair by pair, on the habit that they were made for.

    One sample of each: McNemar's exact test and Newcombe's interval for pairs. Several: the test of swapped
    results, which is the sign-flip test where both have as many samples, and a bootstrap over pairs.

    Args:
        tasks: Judgements on core tasks.
        twins: Judgements on twins, whose `tasks` are the ids of core tasks.
        seed: Of the random draws.
        resamples: Of the bootstrap.
        permutations: How many swaps a test tries at most.
        level: The confidence level.

    Returns:
        The comparison; None if no twin has scored samples and a core task that has them.

    Raises:
        UsageError: The level is no share, or there are too few resamples.
    """
    places, pairs = _pairs(tasks, twins)
    if not len(pairs):
        return None

    def compared(rows: Floats) -> Difference:
        return paired_difference(
            *rows.T, seed=seed, resamples=resamples, permutations=permutations, level=level
        )

    pooled = compared(pairs)
    of_habits = {
        habit: compared(pairs[places == place])
        for place, habit in enumerate(HABITS)
        if (places == place).any()
    }
    raw = [each.p_value for each in of_habits.values()]
    after = correct(raw) if len(raw) > 1 else raw
    return Twins(
        TwinGap(None, pooled, pooled.p_value),
        [TwinGap(habit, each, p) for (habit, each), p in zip(of_habits.items(), after, strict=True)],
        len(twins.ids) - len(pairs),
    )


def _pairs(tasks: Grid, twins: Grid) -> tuple[Floats, Floats]:
    """The own habit of each pair, and hits and scored samples of the twin and of the core task."""
    rows = {ident: row for row, ident in enumerate(tasks.ids)}
    found: list[tuple[float, ...]] = []
    for row, (task, place) in enumerate(zip(twins.tasks, twins.own, strict=True)):
        core = rows.get(task) if task is not None else None
        if core is None or place < 0:
            continue
        pair = (
            twins.hits[row, place],
            twins.scored[row, place],
            tasks.hits[core, place],
            tasks.scored[core, place],
        )
        if pair[1] > 0 and pair[3] > 0:
            found.append((float(place), *map(float, pair)))
    table = np.array(found, dtype=np.float64).reshape(-1, 5)
    return table[:, 0], table[:, 1:]
