"""Epoch after epoch of an ensemble, with a learning curve, and a state to go on from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .ensemble import Ensemble
from .task import Task

if TYPE_CHECKING:
    import torch
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class Point:
    """A point of a learning curve.

    Attributes:
        epoch: Passes over the training split so far.
        loss: Each member's mean over the last epoch: loss in nats, or reward.
        accuracy: Each member's share of right answers on validation.
    """

    epoch: int
    loss: list[float]
    accuracy: list[float]


class Loop(ABC):
    """What any training of an ensemble does between its first epoch and its last.

    Attributes:
        model: The models' weights.
        optimiser: The state of their updates.
        epochs: Passes over the training split in the end.
        validation: The split that the curve is measured on.
        epoch: Passes so far.
        curve: A point for each time that validation was measured.
    """

    def __init__(
        self,
        model: Ensemble,
        optimiser: torch.optim.Optimizer,
        epochs: int,
        validation: Task,
        random: torch.Generator,
    ) -> None:
        """Start before the first epoch; what training draws comes from `random`."""
        self.model, self.optimiser = model, optimiser
        self.epochs, self.validation = epochs, validation
        self.epoch = 0
        self.curve: list[Point] = []
        self._random = random

    @property
    def is_done(self) -> bool:
        """Whether all epochs are over."""
        return self.epoch >= self.epochs

    def run(self, every: int, between: Callable[[], None] = lambda: None) -> None:
        """Train to the end, or on from where the state that was loaded ended.

        Args:
            every: Epochs between points of the curve.
            between: Called after each epoch.
        """
        while not self.is_done:
            mean = self.one_epoch()
            if self.epoch % every == 0 or self.is_done:
                found = self.measured(self.validation).accuracy.tolist()
                self.curve.append(Point(self.epoch, mean.tolist(), found))
            between()

    @abstractmethod
    def one_epoch(self) -> Tensor:
        """One pass over the training split.

        Returns:
            Each member's mean loss or reward, (members,).
        """

    @abstractmethod
    def measured(self, task: Task) -> Any:
        """What the members do on a split."""

    def state(self) -> dict[str, Any]:
        """Everything that `load` needs to go on as if there had been no stop."""
        return {
            "model": self.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "epoch": self.epoch,
            "curve": [(each.epoch, each.loss, each.accuracy) for each in self.curve],
            "random": self._random.get_state(),
        }

    def load(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        self.model.load_state_dict(state["model"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.epoch, self.curve = state["epoch"], [Point(*each) for each in state["curve"]]
        self._random.set_state(state["random"].cpu())
