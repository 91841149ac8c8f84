"""Supervised training of one ensemble, from its first step to its last, and its learning curve."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ..generation.seeds import stream
from .captured import CapturedStep
from .ensemble import Ensemble, Shape
from .loop import Loop
from .measures import by_method, measure
from .settings import Arm, Training
from .supervised import Batch, coconut, forced, self_fed
from .task import Task
from .thoughts import ByMember, Hidden, Thought

_FINAL_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Member:
    """A model of an ensemble.

    Attributes:
        arm: What it is trained as.
        seed: Of its weights and the order of its problems.
    """

    arm: Arm
    seed: int


class Course(Loop):
    """An ensemble in training.

    Members share the shape and everything of `Training`; members of the same arm stand together.

    Attributes:
        members: The models.
    """

    def __init__(self, members: Sequence[Member], shape: Shape, train: Task, validation: Task) -> None:
        """Draw initial weights, on the device where the problems are; nothing is trained yet."""
        self.members = list(members)
        self.training: Training = members[0].arm.training
        self.device = device = train.prompts.device
        model = Ensemble(shape, [each.seed for each in members]).to(device)
        on_gpu = device.type == "cuda"
        optimiser = torch.optim.AdamW(
            model.parameters(),
            torch.tensor(self.training.rate, device=device) if on_gpu else self.training.rate,
            weight_decay=self.training.decay,
            fused=True,
            capturable=on_gpu,
        )
        random = torch.Generator().manual_seed(_seed_of(members))
        super().__init__(model, optimiser, self.training.epochs, validation, random)
        self.train = train
        self._captured: tuple[int, CapturedStep] | None = None
        self._targets = Targets(members, train, device)

    def one_epoch(self) -> Tensor:
        """One pass over the training split in each member's own order.

        Returns:
            Each member's mean loss, (members,).
        """
        self.model.train()
        with torch.random.fork_rng([self.device] if self.device.type == "cuda" else []):
            self._set_rate()
            # Before the seed is set: recording draws random numbers, and happens again after a stop.
            step = self._fast_step() if self.device.type == "cuda" else self._step
            torch.manual_seed(int(torch.randint(2**62, (1,), generator=self._random)))
            losses = [step(rows) for rows in self._orders()]
        self.epoch += 1
        return torch.stack(losses).mean(0).cpu()

    def measured(self, task: Task) -> Any:
        """What the members do on a split, feeding themselves as their methods do."""
        return measure(self.model, task, Targets(self.members, task, self.device).of_all(), self.thought)

    @property
    def thought(self) -> Thought:
        """How the members feed themselves."""
        if self.members[0].arm.method == "coconut":
            return Hidden()
        return ByMember(by_method([each.arm.method for each in self.members], self.train))

    def load(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        super().load(state)
        self._captured = None

    def _fast_step(self) -> CapturedStep:
        """The step as a CUDA graph, recorded again where COCONUT reaches another stage."""
        if self._captured is None or self._captured[0] != self._stage():
            rows = next(self._orders())
            self._captured = self._stage(), CapturedStep(self._step, rows, self.model, self.optimiser)
        return self._captured[1]

    def _step(self, rows: Tensor) -> Tensor:
        batch = self._targets.batch(rows)
        self.optimiser.zero_grad()
        losses = self._losses(batch)
        losses.sum().backward()
        self.optimiser.step()
        return losses.detach()

    def _losses(self, batch: Batch) -> Tensor:
        if self.members[0].arm.method == "coconut":
            return coconut(self.model, batch, self._stage())
        if self.training.feeding == "self":
            return self_fed(self.model, batch)
        return forced(self.model, batch, on_prompt=self.training.on_prompt)

    def _stage(self) -> int:
        """COCONUT's stages take equal shares of the epochs."""
        return min(self.train.steps - 1, self.epoch * self.train.steps // self.training.epochs)

    def _set_rate(self) -> None:
        rate = self.training.rate
        if self.training.schedule == "cosine":
            cosine = (1 + math.cos(math.pi * self.epoch / self.training.epochs)) / 2
            rate *= _FINAL_SHARE + (1 - _FINAL_SHARE) * cosine
        for group in self.optimiser.param_groups:
            if isinstance(group["lr"], Tensor):
                group["lr"].fill_(rate)
            else:
                group["lr"] = rate

    def _orders(self) -> Iterator[Tensor]:
        """Rows of the epoch's batches, (members, batch) each; what is left of a batch is left out."""
        orders = [order(each.seed, self.epoch, len(self.train)) for each in self.members]
        size = min(self.training.batch, len(self.train))
        whole = torch.stack(orders).to(self.device)
        return iter(whole[:, : len(self.train) // size * size].split(size, 1))


class Targets:
    """What each member learns of each problem."""

    def __init__(self, members: Sequence[Member], task: Task, device: torch.device) -> None:
        """Keep one table for each kind of supervision."""
        self.task = task
        kinds = [_supervision(each.arm) for each in members]
        names = sorted(set(kinds))
        tables = {name: task.one_hot_traces() if name == "" else task.targets[name] for name in names}
        self._tables = torch.stack([tables[name] for name in names])
        self._kind = torch.tensor([names.index(kind) for kind in kinds], device=device)
        self._pauses = torch.tensor([each.arm.method == "no-cot" for each in members], device=device)
        last = torch.arange(task.steps, device=device) == task.steps - 1
        self._counted = (last | ~self._pauses[:, None]).float()
        self._pause = torch.zeros(len(task.vocabulary), device=device)
        self._pause[task.pause] = 1

    def of_all(self) -> Tensor:
        """Every problem's targets, (members, n, steps, vocabulary)."""
        return self._tables[self._kind]

    def batch(self, rows: Tensor) -> Batch:
        """The batch of these rows, (members, rows)."""
        targets = self._tables[self._kind[:, None], rows]
        pauses = self._pauses[:, None, None, None]
        fed = torch.where(pauses, self._pause, targets[:, :, :-1])
        visible = None if self.task.visible is None else self.task.visible[rows]
        return Batch(self.task.prompts[rows], visible, targets, fed, self._counted)


def order(seed: int, epoch: int, rows: int) -> Tensor:
    """The order of an epoch: a permutation that belongs to the seed and the epoch alone, (rows,)."""
    word = int(stream(seed, "order", epoch).random_raw()) >> 1
    return torch.randperm(rows, generator=torch.Generator().manual_seed(word))


def _supervision(arm: Arm) -> str:
    return arm.supervision if arm.method == "cot2" else ""


def _seed_of(members: Sequence[Member]) -> int:
    labels = [f"{each.arm.name}-{each.seed}" for each in members]
    return int(stream(members[0].seed, "dropout", *labels).random_raw()) >> 2
