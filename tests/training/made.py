"""Small tasks, ensembles and batches that tests of reference models share."""

import io
import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from mensrea.generation.budgets import Budget, budgeted_targets
from mensrea.generation.signed_sums import solve
from mensrea.generation.soft_targets import targets

torch: Any = pytest.importorskip("torch")
from mensrea.training.ensemble import Ensemble, Shape  # noqa: E402 (needs torch)
from mensrea.training.mnns import mnns_task  # noqa: E402
from mensrea.training.settings import Arm, Method, Training  # noqa: E402
from mensrea.training.supervised import Batch  # noqa: E402
from mensrea.training.task import Task  # noqa: E402

SHAPE = Shape(layers=2, heads=2, width=8, vocabulary=11, positions=8)


def rounded(shape: Shape = SHAPE, seeds: Sequence[int] = (3, 4, 5), spread: float = 0.3) -> Ensemble:
    """An ensemble with weights that are large enough for every part to count, biases and norms too."""
    model = Ensemble(shape, seeds)
    with torch.no_grad():
        for place, each in enumerate(model.parameters()):
            noise = torch.Generator().manual_seed(place)
            each.copy_(each + spread * torch.randn(each.shape[1:], generator=noise))
    return model


def mnns(length: int = 2, highest: int = 4, lowest: int = 1, *, budget: str = "", digits: Any = None) -> Task:
    """MNNS with all inputs, or some; its supervision `all` has the full budget, and `budget` its own."""
    if digits is None:
        digits = np.array([*itertools.product(range(lowest, highest + 1), repeat=length)])
    solved, width = solve(digits), 2 * length * highest + 1
    found = {"all": targets(digits)}
    if budget:
        found[budget] = budgeted_targets(digits, Budget.from_name(budget))
    dense: dict[str, Any] = {}
    for name, each in found.items():
        counts = np.zeros((*digits.shape, width))
        counts[each.row, each.step - 1, each.state.astype(int) + length * highest] = each.count
        dense[name] = torch.tensor(counts / counts.sum(-1, keepdims=True)).float()
    return mnns_task(
        torch.tensor(digits),
        torch.tensor(solved.answers.astype(int)),
        torch.tensor(solved.traces.astype(int)),
        dense,
        lowest=lowest,
        highest=highest,
    )


def shape_of(task: Task, *, width: int = 8, layers: int = 1, heads: int = 1, dropout: float = 0.0) -> Shape:
    """A shape that fits a task."""
    return Shape(layers, heads, width, len(task.vocabulary), task.positions, dropout)


def arm(name: str, method: Method = "cot2", supervision: str = "all", **training: Any) -> Arm:
    """An arm that trains for five epochs."""
    usual: dict[str, Any] = {"rate": 1e-2, "batch": 4, "epochs": 5}
    return Arm(name, method, Training(**{**usual, **training}), supervision if method == "cot2" else "")


def batch(
    shape: Shape = SHAPE,
    members: int = 3,
    *,
    rows: int = 5,
    prompt: int = 4,
    steps: int = 3,
    padded: Sequence[int] = (),
) -> Batch:
    """Random problems with random soft targets; `padded` says how many tokens of each row are padding."""
    random = torch.Generator().manual_seed(1)
    size = (members, rows)

    def soft(count: int) -> Any:
        return (3 * torch.randn(*size, count, shape.vocabulary, generator=random)).softmax(-1)

    visible = None
    if padded:
        places = torch.arange(prompt)
        visible = (places >= torch.tensor(padded)[:, None]).expand(members, -1, -1)
    return Batch(
        prompts=torch.randint(1, shape.vocabulary, (*size, prompt), generator=random),
        visible=visible,
        targets=soft(steps),
        fed=soft(steps - 1),
        counted=torch.ones(members, steps),
    )


def gradients(model: Ensemble, losses: Any) -> dict[str, Any]:
    """The gradient of the sum of all members' losses for every parameter."""
    names, parameters = zip(*model.named_parameters(), strict=True)
    found = torch.autograd.grad(losses.sum(), parameters)
    return dict(zip(names, found, strict=True))


def stored(state: Any) -> Any:
    """A state as it comes back from a file."""
    held = io.BytesIO()
    torch.save(state, held)
    held.seek(0)
    return torch.load(held, weights_only=True)


def same(left: Any, right: Any) -> bool:
    """Whether two states are equal to the last bit."""
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(each, right[name]) for name, each in left.items())
    if isinstance(left, list | tuple):
        return len(left) == len(right) and all(map(same, left, right))
    return torch.equal(left, right) if isinstance(left, torch.Tensor) else left == right
