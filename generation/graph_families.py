"""Families of graph questions: ProsQA and ProntoQA with any number of hops (CoT2, section 2)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, Self

Task = Literal["prosqa", "prontoqa"]

MIN_HOPS: Final = 3
MAX_HOPS: Final = 9
"""With more, the graphs would have more vertices than there are names."""

_NAME: Final = re.compile(r"(prosqa|prontoqa)(?:-([0-9]{1,3}))?")
# Of each 100 questions how many have so many hops: as in the published ProsQA, and 5 for ProntoQA.
_MIXES: Final[Mapping[str, Mapping[int, int]]] = {"prosqa": {3: 41, 4: 44, 5: 12, 6: 3}, "prontoqa": {5: 100}}
_ROWS: Final[Mapping[str, Mapping[str, int]]] = {
    "prosqa": {"train": 16_000, "validation": 1_000, "test": 1_000},
    "prontoqa": {"train": 9_000, "validation": 500, "test": 1_000},
}
_NODES: Final = 23
_NODES_AROUND: Final = 3
_PREMISES: Final = 25
_PREMISES_PER_HOP: Final = 5


@dataclass(frozen=True)
class GraphFamily:
    """Questions of one task.

    Attributes:
        task: `prosqa`, which of two concepts the root is, in a graph in which paths meet; or
            `prontoqa`, whether it is one concept, in a graph in which a single path leads anywhere.
        hops: The number of edges from root to target, the same in all rows; None for the task's mix.

    Raises:
        ValueError: The number of hops isn't in 3..9.
    """

    task: Task
    hops: int | None = None

    def __post_init__(self) -> None:
        """Check the number of hops."""
        if self.hops is not None and not MIN_HOPS <= self.hops <= MAX_HOPS:
            raise ValueError(
                f"{self.name}: the number of hops must be in {MIN_HOPS}..{MAX_HOPS}: one hop is no search, "
                f"and for more there are too few names; it is {self.hops}"
            )

    @classmethod
    def from_name(cls, name: str) -> Self:
        """The family of a config such as `prosqa`, `prontoqa` or `prosqa-6`.

        Raises:
            ValueError: No family has this name.
        """
        match = _NAME.fullmatch(name)
        if match is None:
            raise ValueError(f"{name!r} names no family: expected prosqa or prontoqa, as in prosqa-6")
        task: Task = "prosqa" if match[1] == "prosqa" else "prontoqa"
        family = cls(task, None if match[2] is None else int(match[2]))
        if family.name != name:
            raise ValueError(f"{name!r} names no family: write {family.name!r}")
        return family

    @property
    def name(self) -> str:
        """The name of the config."""
        return self.task if self.hops is None else f"{self.task}-{self.hops}"

    @property
    def mix(self) -> Mapping[int, int]:
        """Of each 100 rows, how many have so many hops."""
        return _MIXES[self.task] if self.hops is None else {self.hops: 100}

    @property
    def steps(self) -> int:
        """The hop limit: the most hops that a row of the family has."""
        return max(self.mix)

    @property
    def paths_meet(self) -> bool:
        """Whether more than one path may lead from the root to a vertex."""
        return self.task == "prosqa"

    @property
    def nodes(self) -> tuple[int, int]:
        """The least and the greatest number of vertices that a graph is drawn with.

        ProsQA has about 23, as published, and more where two paths of many hops need them. ProntoQA has
        as many as premises, 25 or five a hop: one for each concept and two for each of two bridges, none
        for the two people.
        """
        if not self.paths_meet:
            premises = max(_PREMISES, _PREMISES_PER_HOP * self.steps)
            return premises, premises
        middle = max(_NODES, 2 * self.steps + 11)
        return middle - _NODES_AROUND, middle + _NODES_AROUND

    @property
    def default_rows(self) -> Mapping[str, int]:
        """The number of rows of each split unless others are asked for."""
        return _ROWS[self.task]
