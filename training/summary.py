"""Models that differ in their seeds alone, as one row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from ..scoring.clusters import clustered_wilson
from ..scoring.intervals import Interval, mean_interval
from .outcome import Figures, Result

LAST_ONLY = frozenset({"no-cot", "coconut"})
"""Methods whose steps before the answer name no states: only the last step's distribution says anything."""

Steps = tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """The models of one arm or policy and one width; figures are means over seeds, on the test split.

    Attributes:
        name: The arm or policy.
        method: The arm's method, or `grpo`.
        supervision: What it learned from.
        layers: Blocks.
        width: The embedding dimension.
        seeds: The seeds, ascending.
        accuracies: The share of right answers of each seed, in the order of `seeds`.
        mean: Their mean.
        interval: Student's t over seeds, within 0 and 1. If there is one seed, or if all seeds got the same
            share, whose spread would tell nothing, Wilson's over problems, for which orders of the same
            digits are one cluster: they are solved, or not, together.
        total: Problems of the test split.
        validation: The share of right answers on validation, of the last weights.
        best: The highest point of the learning curve, on validation; picked among many, so it flatters.
        valid: The share of chains whose steps follow from each other; None if steps name no states, and for
            policies, whose thoughts are drawn.
        divergence: KL(target || model) of each step in nats; None if the step names no state, and empty for
            policies, which learn from rewards.
        entropy: Of each step's distribution in nats; None if the step names no state.
        pass_at: pass@k by temperature and k; empty if no chains were sampled.
        majority: The share that the commonest sampled answer gets right, by temperature.
        parameters: Numbers that were trained, of one model.
        epochs: Passes over the training split.
        seconds: Time of training a model: an ensemble's, divided by its members.
    """

    name: str
    method: str
    supervision: str
    layers: int
    width: int
    seeds: tuple[int, ...]
    accuracies: tuple[float, ...]
    mean: float
    interval: Interval
    total: int
    validation: float
    best: float
    valid: float | None
    divergence: Steps
    entropy: Steps
    pass_at: dict[str, dict[str, float]]
    majority: dict[str, float]
    parameters: int
    epochs: int
    seconds: float

    @property
    def lowest(self) -> float:
        """The share of right answers of the worst seed."""
        return min(self.accuracies)

    @property
    def highest(self) -> float:
        """The share of right answers of the best seed."""
        return max(self.accuracies)


def summarise(results: Iterable[Result], level: float = 0.95) -> list[Row]:
    """A row for each name and width, narrow models first, names in the order of the results.

    Args:
        results: Of one recipe: those of two may have the same names.
        level: Of confidence.

    Raises:
        ValueError: Two results are of the same name, width and seed.
        UsageError: The level isn't between 0 and 1.
    """
    return [_row(each, level) for each in by_model(results)]


def by_model(results: Iterable[Result]) -> list[list[Result]]:
    """Results that differ in their seeds alone, ascending by seed; lists are in the order of `summarise`.

    Raises:
        ValueError: Two results are of the same name, width and seed.
    """
    listed = list(results)
    names = list(dict.fromkeys(each.name for each in listed))
    found: dict[tuple[int, int, int], dict[int, Result]] = {}
    for each in listed:
        seeds = found.setdefault((each.layers, each.width, names.index(each.name)), {})
        if each.seed in seeds:
            raise ValueError(f"two results of {each.name}, d = {each.width}, seed {each.seed}")
        seeds[each.seed] = each
    return [[found[key][seed] for seed in sorted(found[key])] for key in sorted(found)]


def _row(results: Sequence[Result], level: float) -> Row:
    first = results[0]
    test = [each.splits["test"] for each in results]
    last_only = first.method in LAST_ONLY
    learned = first.method != "grpo"
    return Row(
        name=first.name,
        method=first.method,
        supervision=first.supervision,
        layers=first.layers,
        width=first.width,
        seeds=tuple(each.seed for each in results),
        accuracies=tuple(each.accuracy for each in test),
        mean=fmean(each.accuracy for each in test),
        interval=_interval(test, level),
        total=test[0].total,
        validation=fmean(each.splits["validation"].accuracy for each in results),
        best=fmean(each.best for each in results),
        valid=fmean(each.valid / each.total for each in test) if learned and not last_only else None,
        divergence=_steps([each.divergence if learned else () for each in test], last_only=last_only),
        entropy=_steps([each.entropy for each in test], last_only=last_only),
        pass_at={
            heat: {k: fmean(each.pass_at[heat][k] for each in test) for k in counts}
            for heat, counts in test[0].pass_at.items()
        },
        majority={heat: fmean(each.majority[heat] for each in test) for heat in test[0].majority},
        parameters=first.parameters,
        epochs=first.epochs,
        seconds=fmean(each.seconds for each in results),
    )


def _interval(figures: Sequence[Figures], level: float) -> Interval:
    shares = [each.accuracy for each in figures]
    if len(set(shares)) == 1:
        clusters = [(right, total) for right, total, times in figures[0].clusters for _ in range(times)]
        rights, totals = zip(*clusters, strict=True)
        return clustered_wilson(rights, totals, level)
    found = mean_interval(shares, level)
    return replace(found, low=max(0.0, found.low), high=min(1.0, found.high))


def _steps(seeds: Sequence[Sequence[float]], *, last_only: bool) -> Steps:
    means = [fmean(each) for each in zip(*seeds, strict=True)]
    return (*([None] * (len(means) - 1)), means[-1]) if last_only else tuple(means)
