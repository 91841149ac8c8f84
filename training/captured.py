"""A training step as one CUDA graph: small models are held up by launching kernels, not by running them."""

from __future__ import annotations

import copy
from collections.abc import Callable

import torch
from torch import Tensor, nn

_WARM_UP = 3


class CapturedStep:
    """A step that is recorded once and replayed for every batch.

    The step must work on tensors that stay where they are, and on nothing else: sizes, rates and branches are
    those of the recording. The optimiser must be `capturable`, with its rate in a tensor.
    """

    def __init__(
        self,
        step: Callable[[Tensor], Tensor],
        rows: Tensor,
        model: nn.Module,
        optimiser: torch.optim.Optimizer,
    ) -> None:
        """Record a step.

        Warming up trains; weights and the optimiser's state are put back afterwards.

        Args:
            step: Takes the rows of a batch, updates the model, and gives each member's loss.
            rows: The rows of some batch; others have its shape.
            model: What is trained.
            optimiser: What trains it.
        """
        weights = copy.deepcopy(model.state_dict())
        moments = copy.deepcopy(optimiser.state_dict())
        self._rows = rows.clone()
        aside = torch.cuda.Stream()
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):
            for _ in range(_WARM_UP):
                step(self._rows)
        torch.cuda.current_stream().wait_stream(aside)
        self._graph = torch.cuda.CUDAGraph()
        optimiser.zero_grad(set_to_none=True)
        with torch.cuda.graph(self._graph):
            self._losses = step(self._rows)
        _put_back(model, weights, optimiser, moments)

    def __call__(self, rows: Tensor) -> Tensor:
        """Train on a batch; each member's loss, (members,)."""
        self._rows.copy_(rows)
        self._graph.replay()
        return self._losses.clone()


def _put_back(
    model: nn.Module,
    weights: dict[str, Tensor],
    optimiser: torch.optim.Optimizer,
    moments: dict[str, object],
) -> None:
    """Restore what warming up has changed, in place: the recording knows tensors by their address."""
    model.load_state_dict(weights)
    held = optimiser.state_dict()["state"]
    before: dict[int, dict[str, Tensor]] = moments["state"]  # pyright: ignore[reportAssignmentType]
    with torch.no_grad():
        for number, tensors in held.items():
            for name, each in tensors.items():
                each.copy_(before[number][name]) if number in before else each.zero_()
