"""Models that differ in their seeds alone, as one row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from ..scoring.crossed import crossed_mean, crossed_share
from ..scoring.intervals import Interval
from ..scoring.repeats import pass_at_k
from .outcome import CHAINS, Figures, Result, Solved

LAST_ONLY = frozenset({"no-cot", "coconut"})
"""Methods whose steps before the answer name no states: only the last step's distribution says anything."""

Steps = tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Share:
    """A mean share over seeds.

    Attributes:
        mean: The share.
        interval: Its interval, over seeds and problems as a row's.
    """

    mean: float
    interval: Interval


@dataclass(frozen=True, slots=True)
class Gain:
    """What a policy gets right beyond the arm that it starts from.

    Attributes:
        start: The arm.
        seeds: Those that both have, ascending.
        mean: The difference of shares of right answers on test, a mean over these seeds. The policy draws
            its thoughts and the arm takes the likeliest, as in the paper.
        interval: Student's t of the paired differences, over seeds and clusters of problems at once, or over
            clusters alone for one seed; None if all differences are alike.
    """

    start: str
    seeds: tuple[int, ...]
    mean: float
    interval: Interval | None


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
        interval: Of the mean, over seeds and clusters of problems at once (`crossed_share`): orders of the
            same digits are one cluster, since they are solved, or not, together. With one seed it is over
            clusters alone.
        gain: Of a policy; None if the arm that it starts from isn't among the results.
        total: Problems of the test split.
        validation: The share of right answers on validation, of the last weights.
        best: The highest point of the learning curve, on validation; picked among many, so it flatters.
        valid: The share of chains whose steps follow from each other; None if steps name no states, and for
            policies, whose thoughts are drawn.
        divergence: KL(target || model) of each step in nats; None if the step names no state, and empty for
            policies, which learn from rewards.
        entropy: Of each step's distribution in nats; None if the step names no state.
        pass_at: pass@k by temperature and k, unbiased; empty if no chains were sampled.
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
    gain: Gain | None
    total: int
    validation: float
    best: float
    valid: float | None
    divergence: Steps
    entropy: Steps
    pass_at: dict[str, dict[str, Share]]
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
        ValueError: Two results are of the same name, width and seed, seeds of a model have other samples, or
            results are of other test problems.
        UsageError: The level isn't between 0 and 1.
    """
    models = by_model(results)
    if len({_test(each).sizes for seeds in models for each in seeds}) > 1:
        raise ValueError("results are of different test problems")
    for first, *others in models:
        if any(_chains(each) != _chains(first) for each in others):
            raise ValueError(f"{first.name}, d = {first.width}: seeds have other sampled chains")
    starts = {(seeds[0].layers, seeds[0].width, seeds[0].name): seeds for seeds in models}
    return [
        _row(seeds, starts.get((seeds[0].layers, seeds[0].width, seeds[0].supervision), []), level)
        for seeds in models
    ]


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


def _row(results: Sequence[Result], starts: Sequence[Result], level: float) -> Row:
    first = results[0]
    test = [_test(each) for each in results]
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
        interval=crossed_share(_right(test), test[0].sizes, level),
        gain=None if learned else _gain(starts, results, level),
        total=test[0].total,
        validation=fmean(each.splits["validation"].accuracy for each in results),
        best=fmean(each.best for each in results),
        valid=fmean(each.valid / each.total for each in test) if learned and not last_only else None,
        divergence=_steps([each.divergence if learned else () for each in test], last_only=last_only),
        entropy=_steps([each.entropy for each in test], last_only=last_only),
        pass_at={
            heat: {str(k): _pass_at(test, heat, k, level) for k in CHAINS if k <= test[0].samples}
            for heat in test[0].solved
        },
        majority={heat: fmean(each.majority[heat] for each in test) for heat in test[0].majority},
        parameters=first.parameters,
        epochs=first.epochs,
        seconds=fmean(each.seconds for each in results),
    )


def _test(result: Result) -> Figures:
    return result.splits["test"]


def _chains(result: Result) -> tuple[int, frozenset[str]]:
    """How many were sampled, at which temperatures."""
    return _test(result).samples, frozenset(_test(result).solved)


def _right(figures: Sequence[Figures]) -> list[list[int]]:
    """Right answers of each seed and cluster."""
    return [[right for right, _ in each.clusters] for each in figures]


def _gain(starts: Sequence[Result], ends: Sequence[Result], level: float) -> Gain | None:
    before, after = ({each.seed: _test(each) for each in results} for results in (starts, ends))
    seeds = [seed for seed in after if seed in before]
    if not seeds:
        return None
    ends_right, starts_right = (np.array(_right([side[seed] for seed in seeds])) for side in (after, before))
    sizes = after[seeds[0]].sizes
    mean = fmean(after[seed].accuracy - before[seed].accuracy for seed in seeds)
    return Gain(starts[0].name, tuple(seeds), mean, crossed_mean(ends_right - starts_right, sizes, level))


def _pass_at(figures: Sequence[Figures], heat: str, k: int, level: float) -> Share:
    sums = np.array([_solving(each.solved[heat], each.samples, k) for each in figures])
    sizes = figures[0].sizes
    return Share(float(sums.sum()) / (len(figures) * sum(sizes)), crossed_share(sums, sizes, level))


def _solving(solved: Solved, samples: int, k: int) -> list[float]:
    """The sum of pass@k over each cluster's problems."""
    known = sorted({count for counts in solved for count in counts})
    of_count = dict(zip(known, pass_at_k(np.full(len(known), samples), known, k).tolist(), strict=True))
    return [sum(of_count[count] for count in counts) for counts in solved]


def _steps(seeds: Sequence[Sequence[float]], *, last_only: bool) -> Steps:
    means = [fmean(each) for each in zip(*seeds, strict=True)]
    return (*([None] * (len(means) - 1)), means[-1]) if last_only else tuple(means)
