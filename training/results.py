"""What comes of each trained model: what is measured of it in the end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from ..generation.seeds import stream
from .course import Course
from .ensemble import Ensemble
from .loop import Point
from .measures import Measured, sampled_answers
from .outcome import Clusters, Figures, Result, Solved
from .policy import Improvement
from .settings import Recipe
from .task import Task


def supervised_results(
    recipe: Recipe, course: Course, tasks: dict[str, Task], seconds: float
) -> list[Result]:
    """The results of an ensemble's members, with pass@k where they are discrete and chains are asked for."""
    splits = ("validation", "test")
    measured = {split: course.measured(tasks[split]) for split in splits}
    found: list[Result] = []
    for place, member in enumerate(course.members):
        chains = member.arm.method == "discrete" and recipe.samples > 0
        figures = {
            split: figures_of(
                measured[split],
                place,
                tasks[split].groups,
                _chains(recipe, course.model, place, tasks[split]) if chains else {},
            )
            for split in splits
        }
        found.append(
            Result(
                name=member.arm.name,
                method=member.arm.method,
                supervision=member.arm.supervision,
                curve=_curve(course.curve, place),
                splits=figures,
                **_common(recipe, course.model, member.seed, course.epoch, seconds),
            )
        )
    return found


def policy_results(
    recipe: Recipe, improved: Improvement, supervision: str, tasks: dict[str, Task], seconds: float
) -> list[Result]:
    """The results of an ensemble that was improved by rewards."""
    measured = {split: improved.measured(tasks[split]) for split in ("validation", "test")}
    return [
        Result(
            name=improved.policy.name,
            method="grpo",
            supervision=supervision,
            curve=_curve(improved.curve, place),
            splits={
                split: figures_of(each, place, tasks[split].groups, {}) for split, each in measured.items()
            },
            **_common(recipe, improved.model, seed, improved.epoch, seconds),
        )
        for place, seed in enumerate(improved.seeds)
    ]


def figures_of(
    measured: Measured, place: int, groups: torch.Tensor, chains: dict[str, tuple[Any, Any]]
) -> Figures:
    """Figures of one member.

    Args:
        measured: Of the ensemble.
        place: The member's.
        groups: The cluster of each problem, int64, (n,).
        chains: By temperature, whether each sampled answer is right and the answers, (n, samples) each.
    """
    members = _members(groups)
    return Figures(
        correct=int(measured.correct[place].sum()),
        total=measured.correct.shape[1],
        clusters=_clusters(measured.correct[place], members),
        valid=int(measured.valid[place].sum()),
        divergence=tuple(measured.divergence[place].double().mean(0).tolist()),
        entropy=tuple(measured.entropy[place].double().mean(0).tolist()),
        samples=max((right.shape[1] for right, _ in chains.values()), default=0),
        solved={name: _solved(right, members) for name, (right, _) in chains.items()},
        majority={name: _majority(right, answers) for name, (right, answers) in chains.items()},
    )


def _members(groups: torch.Tensor) -> list[Any]:
    """The problems of each cluster, in the order of the clusters' numbers."""
    order = np.argsort(numbers := groups.cpu().numpy(), kind="stable")
    return np.split(order, np.flatnonzero(np.diff(numbers[order])) + 1)


def _clusters(correct: torch.Tensor, members: Sequence[Any]) -> Clusters:
    right = correct.numpy()
    return tuple((int(right[each].sum()), len(each)) for each in members)


def _solved(right: Any, members: Sequence[Any]) -> Solved:
    counts = right.sum(1)
    return tuple(tuple(counts[each].tolist()) for each in members)


def _common(recipe: Recipe, model: Ensemble, seed: int, epochs: int, seconds: float) -> dict[str, Any]:
    members = model.members
    return {
        "layers": recipe.layers,
        "width": model.shape.width,
        "seed": seed,
        "parameters": sum(each.numel() for each in model.parameters()) // members,
        "epochs": epochs,
        "seconds": seconds / members,
    }


def _curve(points: Sequence[Point], place: int) -> list[tuple[int, float, float]]:
    return [(each.epoch, each.loss[place], each.accuracy[place]) for each in points]


def _chains(recipe: Recipe, model: Ensemble, place: int, task: Task) -> dict[str, tuple[Any, Any]]:
    """Sampled answers of one member at each temperature, and whether each is right."""
    alone = model.taken(slice(place, place + 1))
    right = task.answers.cpu()[:, None]
    found: dict[str, tuple[Any, Any]] = {}
    for temperature in recipe.temperatures:
        word = int(stream(0, "chains", str(temperature)).random_raw()) >> 1
        generator = torch.Generator(task.prompts.device).manual_seed(word)
        answers = sampled_answers(alone, task, recipe.samples, temperature, generator)[0]
        found[str(temperature)] = ((answers == right).numpy(), answers.numpy())
    return found


def _majority(right: Any, answers: Any) -> float:
    """The chance that the commonest answer is right; ties are broken at random."""
    votes = (answers[:, :, None] == answers[:, None, :]).sum(2)
    top = votes == votes.max(1, keepdims=True)
    weights = top / votes  # each answer that is commonest counts once, however many gave it
    return float(np.mean((weights * right).sum(1) / weights.sum(1)))
