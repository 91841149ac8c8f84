"""Many graphs, each with a question, in flat arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Problems:
    """n directed graphs, each with a root and two options.

    Attributes:
        nodes: How many vertices each graph has; they are numbered from 0. Shape (n,).
        offsets: Graph r owns the edges `offsets[r]` to `offsets[r + 1] - 1`; shape (n + 1,).
        start: Where each edge begins, a vertex number of its graph; shape (edges,).
        end: Where each edge ends; shape (edges,).
        root: The vertex that is asked about; shape (n,).
        target: The option that can be reached from it; shape (n,).
        negative: The option that can't; shape (n,).
    """

    nodes: Integers
    offsets: Integers
    start: Integers
    end: Integers
    root: Integers
    target: Integers
    negative: Integers

    def __len__(self) -> int:
        """The number of graphs."""
        return len(self.nodes)

    @property
    def width(self) -> int:
        """The greatest number of vertices; at least 1."""
        return int(self.nodes.max(initial=1))

    @property
    def graph(self) -> Integers:
        """The graph of each edge, ascending; shape (edges,)."""
        return np.repeat(np.arange(len(self)), np.diff(self.offsets))

    @property
    def exists(self) -> npt.NDArray[np.bool_]:
        """Which vertex numbers a graph has; shape (n, width)."""
        return np.arange(self.width) < self.nodes[:, None]

    @property
    def flat(self) -> tuple[Integers, Integers]:
        """Start and end of each edge as positions in an array of shape (n, width), made flat."""
        base = self.graph * self.width
        return base + self.start, base + self.end

    def take(self, chosen: npt.NDArray[np.integer[Any]]) -> Self:
        """The graphs of these numbers, in this order."""
        sizes = np.diff(self.offsets)[chosen]
        offsets = offsets_of(sizes)
        edges = np.arange(offsets[-1]) + np.repeat(self.offsets[:-1][chosen] - offsets[:-1], sizes)
        of_graph = {name: getattr(self, name)[chosen] for name in ("nodes", "root", "target", "negative")}
        return type(self)(offsets=offsets, start=self.start[edges], end=self.end[edges], **of_graph)

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """The graphs of all parts, one part after the other; there is at least one part."""
        columns = {
            field.name: np.concatenate([getattr(part, field.name) for part in parts])
            for field in fields(cls)
            if field.name != "offsets"
        }
        sizes = np.concatenate([np.diff(part.offsets) for part in parts])
        return cls(offsets=offsets_of(sizes), **columns)


def offsets_of(sizes: npt.NDArray[np.integer[Any]]) -> Integers:
    """Where lists of these sizes begin and end when they stand one after the other."""
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes, dtype=np.int64)])
