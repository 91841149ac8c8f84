"""What came of each trained model, as a report and a reproduction read it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

Clusters = tuple[tuple[int, int], ...]
Solved = tuple[tuple[int, ...], ...]

CHAINS = (1, 2, 4, 8, 9, 10, 14, 16, 32)
"""The k of pass@k; those up to the number of sampled chains are reported."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Figures of one model on one split.

    Attributes:
        correct: Problems with the right answer.
        total: Problems.
        clusters: Right answers and problems of each cluster, such as the orders of the same digits; clusters
            of a split stand in the same order for every model.
        valid: Problems whose likeliest tokens make a chain in which each step follows from the one before.
        divergence: Mean KL(target || model) of each step, in nats.
        entropy: Mean entropy of each step's distribution, in nats.
        samples: Chains that were sampled of each problem and temperature.
        solved: How many of them have the right answer, by temperature: of each cluster the problems'.
        majority: Share of problems that the commonest of all sampled answers solves, by temperature; ties are
            counted by their chance.
    """

    correct: int
    total: int
    clusters: Clusters
    valid: int
    divergence: tuple[float, ...]
    entropy: tuple[float, ...]
    samples: int = 0
    solved: dict[str, Solved] = field(default_factory=dict[str, Solved])
    majority: dict[str, float] = field(default_factory=dict[str, float])

    def __post_init__(self) -> None:
        """Hold counts to each other: those of clusters to all problems', sampled chains to clusters.

        Raises:
            ValueError: They contradict each other, or aren't whole numbers.
        """
        if not all(type(each) is int for each in self._counts()):
            raise ValueError("counts: expected whole numbers, without a decimal point")
        sums = tuple(sum(each[place] for each in self.clusters) for place in (0, 1))
        if sums != (self.correct, self.total):
            raise ValueError(
                f"clusters have {sums[0]} right of {sums[1]}, expected {self.correct} of {self.total}"
            )
        if self.valid > self.total or any(right > size for right, size in self.clusters):
            raise ValueError("counts: more right or valid than there are problems")
        if {*self.solved} != {*self.majority} or bool(self.solved) != bool(self.samples):
            raise ValueError("chains: samples, solved and majority don't go together")
        for heat, solved in self.solved.items():
            if [*map(len, solved)] != [*self.sizes]:
                raise ValueError(f"chains at temperature {heat} are of other problems than the clusters'")
            if (most := max(map(max, solved))) > self.samples:
                raise ValueError(f"of {self.samples} chains at temperature {heat} {most} are right")

    def _counts(self) -> Iterator[object]:
        yield from (self.correct, self.total, self.valid, self.samples)
        for cluster in self.clusters:
            yield from cluster
        for solved in self.solved.values():
            for problems in solved:
                yield from problems

    @property
    def sizes(self) -> tuple[int, ...]:
        """Problems of each cluster."""
        return tuple(total for _, total in self.clusters)

    @property
    def accuracy(self) -> float:
        """The share of right answers."""
        return self.correct / self.total


@dataclass(frozen=True, slots=True)
class Result:
    """One trained model.

    Attributes:
        name: The arm or policy.
        method: The arm's method, or `grpo`.
        supervision: What it learned from.
        layers: Blocks.
        width: The embedding dimension.
        seed: Of weights and order.
        parameters: Numbers that were trained.
        epochs: Passes over the training split.
        seconds: Time of the ensemble's training, divided by its members.
        curve: Epoch, loss (or mean reward) and validation accuracy at each point.
        splits: Figures of the last weights, by split.
    """

    name: str
    method: str
    supervision: str
    layers: int
    width: int
    seed: int
    parameters: int
    epochs: int
    seconds: float
    curve: list[tuple[int, float, float]]
    splits: dict[str, Figures]

    @property
    def best(self) -> float:
        """The highest validation accuracy of the curve."""
        return max(point[2] for point in self.curve)
