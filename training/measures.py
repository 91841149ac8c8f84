"""What is measured of models that feed themselves, on one split."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from .ensemble import Ensemble
from .task import Task
from .thoughts import Greedy, Hidden, Mixture, Pause, Sampled, Thought, follow

_ROWS = 4096


@dataclass(frozen=True, eq=False)
class Measured:
    """Of each member and problem; on the CPU.

    Attributes:
        correct: Whether the last step's likeliest token is the answer, bool, (members, n).
        valid: Whether the likeliest tokens of the steps follow from each other, bool, (members, n).
        divergence: KL(target || model) of each step in nats, float32, (members, n, steps).
        entropy: Of each step's distribution in nats, float32, (members, n, steps).
    """

    correct: Tensor
    valid: Tensor
    divergence: Tensor
    entropy: Tensor

    @property
    def accuracy(self) -> Tensor:
        """The share of right answers, float64, (members,)."""
        return self.correct.double().mean(1)


def usual_thought(method: str, task: Task) -> Thought:
    """How models of a method feed themselves where nothing is sampled."""
    return {
        "cot2": Mixture(),
        "discrete": Greedy(),
        "no-cot": Pause(task.pause),
        "coconut": Hidden(),
    }[method]


@torch.no_grad()
def measure(
    model: Ensemble, task: Task, targets: Tensor, thought: Callable[[], Thought] | Thought
) -> Measured:
    """Let every member solve every problem.

    Args:
        model: The models.
        task: The problems.
        targets: What each member's steps are held to, (members, n, steps, vocabulary).
        thought: How they feed themselves.
    """
    was_training = model.training
    model.eval()
    rows = max(1, _ROWS // model.members)
    parts = [
        _measured(model, task, targets[:, part], part, thought() if callable(thought) else thought)
        for part in torch.arange(len(task), device=task.prompts.device).split(rows)
    ]
    model.train(was_training)
    return Measured(*(torch.cat(each, 1).cpu() for each in zip(*parts, strict=True)))


def _measured(
    model: Ensemble, task: Task, targets: Tensor, rows: Tensor, thought: Thought
) -> tuple[Tensor, ...]:
    prompts, visible = shared(task, rows, model.members)
    logits, _ = follow(model, prompts, visible, task.steps, thought)
    scores = logits.log_softmax(-1)
    chosen = scores.argmax(-1)
    probabilities = scores.exp()
    entropy = -(probabilities * scores).sum(-1)
    divergence = (torch.special.xlogy(targets, targets) - targets * scores).sum(-1)
    valid = task.follows(chosen.flatten(0, 1), rows.repeat(model.members)).view(chosen.shape[:2])
    return chosen[:, :, -1] == task.answers[rows], valid, divergence, entropy


@torch.no_grad()
def sampled_answers(
    model: Ensemble, task: Task, samples: int, temperature: float, generator: torch.Generator
) -> Tensor:
    """Answers of chains whose every token is drawn, the answer's too.

    Returns:
        Tokens, int64, (members, n, samples); on the CPU.
    """
    model.eval()
    rows = max(1, 4 * _ROWS // (model.members * samples))
    found: list[Tensor] = []
    for part in torch.arange(len(task), device=task.prompts.device).split(rows):
        prompts, visible = shared(task, part.repeat_interleave(samples), model.members)
        rule = Sampled(1, temperature, generator)
        logits, _ = follow(model, prompts, visible, task.steps, rule)
        rule.weights(logits[:, :, -1])
        found.append(rule.drawn[-1].view(model.members, len(part), samples).cpu())
    return torch.cat(found, 1)


def shared(task: Task, rows: Tensor, members: int) -> tuple[Tensor, Tensor | None]:
    """The same problems for every member: prompts and where they aren't padded."""
    prompts = task.prompts[rows].expand(members, -1, -1)
    return prompts, None if task.visible is None else task.visible[rows].expand(members, -1, -1)


def by_method(methods: Sequence[str], task: Task) -> list[tuple[Thought, int]]:
    """Runs of members with the same method, as `ByMember` takes them."""
    runs: list[tuple[str, int]] = []
    for method in methods:
        if runs and runs[-1][0] == method:
            runs[-1] = (method, runs[-1][1] + 1)
        else:
            runs.append((method, 1))
    return [(usual_thought(method, task), count) for method, count in runs]
