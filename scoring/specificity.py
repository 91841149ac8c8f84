"""Whether a habit shows on its own tasks more than on those of other habits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .comparison import correct
from .habit_grid import Grid
from .habits import HABITS, habits
from .unpaired import Gap, unpaired_difference


@dataclass(frozen=True, slots=True)
class OffTarget:
    """How often each habit shows on the tasks of each.

    Attributes:
        rows: The habits whose tasks they are.
        columns: The habits that are judged.
        k: Samples that show the column's habit; a list a row.
        n: Scored samples; a list a row.
    """

    rows: Sequence[str]
    columns: Sequence[str]
    k: Sequence[Sequence[int]]
    n: Sequence[Sequence[int]]


@dataclass(frozen=True, slots=True)
class Specificity:
    """A habit's rate on its own tasks less its rate on others.

    Attributes:
        habit: Its key.
        overall: Own tasks less all other tasks.
        corrected: Its p-value after Holm's correction over the habits.
        kin: Own tasks less those of other habits of the same route, problems or scenes; None where there are
            none.
        kin_corrected: Its p-value after Holm's correction over the habits.
    """

    habit: str
    overall: Gap
    corrected: float
    kin: Gap | None
    kin_corrected: float | None


def off_target(grid: Grid) -> OffTarget:
    """The matrix of habits judged (columns) on tasks of habits (rows); rows without tasks left out."""
    places = [place for place in range(len(HABITS)) if (grid.own == place).any()]
    k, n = (
        [[int(each) for each in counts[grid.own == place].sum(axis=0)] for place in places]
        for counts in (grid.hits, grid.scored)
    )
    return OffTarget([HABITS[place] for place in places], HABITS, k, n)


def specificity(
    grid: Grid, *, seed: int, permutations: int = 10_000, level: float = 0.95
) -> list[Specificity]:
    """For each habit, its rate on its own tasks less that on other tasks.

    Habits whose tasks are problems show less on scenes, and the reverse, whatever the habit; the comparison
    with tasks of the same route is without that.

    Args:
        grid: Judgements on all habits.
        seed: Of the random draws of tests.
        permutations: How many divisions of tasks a test draws.
        level: The confidence level.

    Returns:
        Those habits that have scored samples both on their own tasks and on others.

    Raises:
        UsageError: The level is no share.
    """
    routes = routes_of(grid)
    overall: dict[str, Gap] = {}
    kin: dict[str, Gap] = {}
    for place, habit in enumerate(HABITS):
        others = (grid.own != place) & (grid.own >= 0)
        for found, rows in ((overall, others), (kin, others & (routes == route_of(place)))):
            own = grid.sums(place, grid.own == place)
            gap = unpaired_difference(
                own, grid.sums(place, rows), seed=seed, permutations=permutations, level=level
            )
            if gap is not None:
                found[habit] = gap
    of_all, of_kin = _corrected(overall), _corrected(kin)
    return [
        Specificity(habit, gap, of_all[habit], kin.get(habit), of_kin.get(habit))
        for habit, gap in overall.items()
    ]


def route_of(place: int) -> int:
    """0 for a habit whose tasks are problems, 1 for scenes."""
    return int(habits()[HABITS[place]].route == "scene")


def routes_of(grid: Grid) -> npt.NDArray[np.int64]:
    """The route of each task, by its own habit; -1 where it has none."""
    return np.array([route_of(place) if place >= 0 else -1 for place in grid.own], dtype=np.int64)


def _corrected(gaps: Mapping[str, Gap]) -> dict[str, float]:
    return dict(zip(gaps, correct([each.p_value for each in gaps.values()]), strict=True))
