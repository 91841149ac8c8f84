"""CoT2 (arXiv 2505.23648): the problems of its releases as tasks of reference models."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import torch

from ..errors import UsageError
from ..generation.families import Family
from ..loading.cot2 import COLUMNS, MnnsTensors, load_graphs, load_mnns
from .graphs import Questions, graph_task
from .mnns import mnns_task
from .task import Task

GRAPHS = ("prosqa", "prontoqa")


def load_task(
    config: str,
    split: str,
    supervisions: Sequence[str],
    *,
    device: torch.device | str = "cpu",
    **release: str | os.PathLike[str] | None,
) -> Task:
    """A split as a task.

    Args:
        config: The problems, such as `mnns-4x9` or `prosqa`.
        split: `train`, `validation` or `test`.
        supervisions: Which targets to keep: for MNNS configs of the same digits, such as `mnns-4x9-minabs4`;
            for graphs any of `frontier`, `reach` and `on_path`.
        device: Where everything lies in the end.
        release: `version`, `path` and `repository`, as `mensrea.load` takes them.

    Raises:
        UsageError: A supervision is of other problems; other errors as `mensrea.load` raises them.
    """
    if config.partition("-")[0] in GRAPHS:
        return _graphs(config, split, supervisions, device, release)
    return _mnns(config, split, supervisions, device, release)


def _mnns(
    config: str, split: str, supervisions: Sequence[str], device: torch.device | str, release: dict[str, Any]
) -> Task:
    problems = load_mnns(config, split, device=device, **release)
    family = Family.from_name(config)
    names = dict.fromkeys(supervisions)
    others = {
        name: problems if name == config else load_mnns(name, split, device=device, **release)
        for name in names
    }
    for name, other in others.items():
        if not torch.equal(other.digits, problems.digits):
            raise UsageError(f"{name}: has other problems than {config}; name a budget of {config}")
    return mnns_task(
        problems.digits.long(),
        problems.answers.long(),
        problems.trace.long(),
        {name: _dense(other) for name, other in others.items()},
        lowest=family.lowest,
        highest=family.highest,
    )


def _dense(problems: MnnsTensors) -> torch.Tensor:
    return problems.targets.dense(torch.arange(len(problems.digits), device=problems.digits.device))


def _graphs(
    config: str, split: str, supervisions: Sequence[str], device: torch.device | str, release: dict[str, Any]
) -> Task:
    if strange := [name for name in supervisions if name not in COLUMNS]:
        raise UsageError(f"{strange[0]}: no supervision of {config}; name one of {', '.join(COLUMNS)}")
    columns = tuple(dict.fromkeys((*supervisions, "on_path")))
    problems = load_graphs(config, split, columns, device=device, **release)
    every = torch.arange(len(problems.roots), device=problems.roots.device)
    dense = {name: targets.dense(every) for name, targets in problems.targets.items()}
    return graph_task(
        Questions(
            problems.edges.long(),
            problems.roots.long(),
            problems.options.long(),
            problems.answers.long(),
            problems.hops.long(),
            dense["on_path"],
            {name: dense[name] for name in dict.fromkeys(supervisions)},
        )
    )
