"""CoT2 (arXiv 2505.23648) on a device: inputs, answers and sparse soft targets, from a release to tensors."""

# torch comes with the extra `gpu`, and type checkers may not find it.
# pyright: reportMissingImports=false

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Self, cast

import numpy as np
import numpy.typing as npt

from ..builders.quiet import without_progress_bars
from ..errors import UnknownSplitError, UsageError
from ..generation.families import Family
from .arrays import last_step, matrix, padded_pairs, sizes_of, vector
from .batches import Batches
from .release import load
from .step_targets import StepTargets, Weights, torch

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Batches", "GraphTensors", "MnnsTensors", "StepTargets", "Weights", "load_graphs", "load_mnns"]

COLUMNS = ("frontier", "reach", "on_path")
"""The soft targets of graphs."""

_TRUE = "True"


class _Tensors:
    """Members that are tensors, targets, mappings of targets, or numbers."""

    @property
    def nbytes(self) -> int:
        """Bytes of all tensors: what moving them to a device costs."""
        return sum(each.nbytes for each in self._parts())

    @property
    def dense_nbytes(self) -> int:
        """Bytes that all of it would have with dense targets."""
        return sum(getattr(each, "dense_nbytes", each.nbytes) for each in self._parts())

    def to(self, device: torch.device | str) -> Self:
        """The same on a device; targets stay sparse."""
        moved = {name: _moved(value, device) for name, value in self._members().items()}
        return cast("Self", replace(cast("Any", self), **moved))

    def _members(self) -> dict[str, Any]:
        return {each.name: getattr(self, each.name) for each in fields(cast("Any", self))}

    def _parts(self) -> Iterable[Any]:
        for value in self._members().values():
            parts = value.values() if isinstance(value, Mapping) else [value]
            yield from (each for each in cast("Any", parts) if isinstance(each, torch.Tensor | StepTargets))


@dataclass(frozen=True, eq=False)
class MnnsTensors(_Tensors):
    """n rows of an MNNS config with m digits each.

    Attributes:
        digits: The inputs; int16, shape (n, m).
        answers: The least non-negative signed sums; int16, shape (n,).
        trace: Partial sums of the canonical discrete trace; int16, shape (n, m).
        targets: Soft targets of the m steps over the states `lowest` to `-lowest`.
        lowest: The state of column 0, so that state s has the column s - `lowest`.
    """

    digits: torch.Tensor
    answers: torch.Tensor
    trace: torch.Tensor
    targets: StepTargets
    lowest: int

    @classmethod
    def from_table(cls, table: pa.Table, family: Family, *, weights: Weights = "counts") -> Self:
        """Rows of a family, with or without a budget, on the CPU."""
        lowest = -family.length * family.highest
        return cls(
            torch.from_numpy(matrix(table, "digits", family.length)),
            torch.from_numpy(vector(table, "answer")),
            torch.from_numpy(matrix(table, "trace", family.length)),
            StepTargets.from_table(
                table, lowest=lowest, width=1 - 2 * lowest, steps=family.length, weights=weights
            ),
            lowest,
        )


@dataclass(frozen=True, eq=False)
class GraphTensors(_Tensors):
    """n graph questions, with e edges at most and k options each: 2 of `prosqa`, 1 of `prontoqa`.

    Attributes:
        edges: [from, to] in the order of the sentences, -1 beyond a row's own; int16, shape (n, e, 2).
        roots: The vertex asked about; int16, shape (n,).
        options: The vertices asked for, in the order of the question; int16, shape (n, k).
        answers: Of `prosqa` which option is right, 0 or 1; of `prontoqa` 1 for True; int8, shape (n,).
        hops: The shortest distance from root to target; int8, shape (n,).
        targets: Soft targets over vertices, by column: `frontier`, `reach`, `on_path`.
    """

    edges: torch.Tensor
    roots: torch.Tensor
    options: torch.Tensor
    answers: torch.Tensor
    hops: torch.Tensor
    targets: Mapping[str, StepTargets]

    @classmethod
    def from_table(
        cls,
        table: pa.Table,
        columns: Sequence[str] = ("frontier",),
        *,
        width: int,
        steps: int,
        longest: int,
        weights: Weights = "counts",
    ) -> Self:
        """Rows of a graph config, on the CPU.

        Args:
            table: The rows, at least one.
            columns: Which soft targets: any of `frontier`, `reach`, `on_path`.
            width: Columns of the targets: at least the vertices of the largest graph.
            steps: Steps of the targets.
            longest: Edges of the largest graph.
            weights: As in `StepTargets.from_table`.
        """
        options = matrix(table, "asked", len(table["asked"][0].as_py()))
        return cls(
            torch.from_numpy(padded_pairs(table, "edges", longest)),
            torch.from_numpy(vector(table, "root")),
            torch.from_numpy(options),
            torch.from_numpy(_answers(table, options)),
            torch.from_numpy(vector(table, "hops").astype(np.int8)),
            {
                name: StepTargets.from_table(table, name, width=width, steps=steps, weights=weights)
                for name in columns
            },
        )


def load_mnns(
    config: str = "mnns-4x9",
    split: str = "train",
    *,
    device: torch.device | str = "cpu",
    weights: Weights = "counts",
    **release: str | os.PathLike[str] | None,
) -> MnnsTensors:
    """A split of an MNNS config as tensors on a device.

    Args:
        config: A config such as `mnns-4x9`, or one with a budget such as `mnns-4x9-minabs4`.
        split: `train`, `validation` or `test`.
        device: Where tensors lie in the end.
        weights: As in `StepTargets.from_table`; `counts` are the paper's (section 3).
        release: `version`, `path` and `repository`, as `mensrea.load` takes them.

    Raises:
        UsageError: The config isn't of MNNS; other errors as `mensrea.load` raises them.
    """
    table = _tables(config, split, "digits", release)[split]
    return MnnsTensors.from_table(table, Family.from_name(config), weights=weights).to(device)


def load_graphs(
    config: str = "prosqa",
    split: str = "train",
    columns: Sequence[str] = ("frontier",),
    *,
    device: torch.device | str = "cpu",
    weights: Weights = "counts",
    **release: str | os.PathLike[str] | None,
) -> GraphTensors:
    """A split of a graph config as tensors on a device.

    Width, steps and padding are those of all splits together, so that one model fits all of them.

    Args:
        config: `prosqa`, `prontoqa`, or one of their families such as `prosqa-6`.
        split: `train`, `validation` or `test`.
        columns: Which soft targets: any of `frontier`, `reach`, `on_path`.
        device: Where tensors lie in the end.
        weights: As in `StepTargets.from_table`.
        release: `version`, `path` and `repository`, as `mensrea.load` takes them.

    Raises:
        UsageError: The config has no graphs with targets, or a column isn't one of them; other errors as
            `mensrea.load` raises them.
    """
    if strange := [name for name in columns if name not in COLUMNS]:
        raise UsageError(f"columns: {strange[0]!r} is none; name any of {', '.join(COLUMNS)} in a tuple")
    tables = _tables(config, split, "asked", release)
    found = GraphTensors.from_table(
        tables[split],
        columns,
        width=max(int(sizes_of(each["idx_to_symbol"]).max()) for each in tables.values()),
        steps=max(last_step(each["reach"]) for each in tables.values()),
        longest=max(int(sizes_of(each["edges"]).max()) for each in tables.values()),
        weights=weights,
    )
    return found.to(device)


def _tables(config: str, split: str, needed: str, release: Mapping[str, Any]) -> dict[str, pa.Table]:
    """All splits of a config, checked as `load` checks them."""
    with without_progress_bars():
        splits = cast("Any", load("cot2", config, **release))
    if split not in splits:
        raise UnknownSplitError(f"cot2 {config} has no split {split!r}; it has {', '.join(splits)}")
    tables = {name: rows.with_format("arrow")[:] for name, rows in splits.items()}
    if needed not in tables[split].column_names:
        raise UsageError(
            f"cot2 {config}: rows have no {needed!r}, which these tensors need; name another config"
        )
    return tables


def _moved(value: Any, device: torch.device | str) -> Any:
    if isinstance(value, Mapping):
        return {name: each.to(device) for name, each in cast("Mapping[str, StepTargets]", value).items()}
    return value.to(device) if isinstance(value, torch.Tensor | StepTargets) else value


def _answers(table: pa.Table, options: npt.NDArray[np.int16]) -> npt.NDArray[np.int8]:
    if options.shape[1] == 1:
        return np.array([each == _TRUE for each in table["answer"].to_pylist()], np.int8)
    return (options == vector(table, "target")[:, None]).argmax(axis=1).astype(np.int8)
