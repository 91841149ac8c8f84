"""The targets of graph questions, computed again and compared entry by entry."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Final

import numpy as np

from .columns import Integers, matrix_of, whole_numbers
from .findings import Finding, Severity
from .graph_matrices import GRAPH, Found, read_graphs, search
from .inputs.batch import Batch
from .rules.base import Rule

TARGETS: Final = ("frontier", "reach", "on_path")
_PARTS: Final = ("step", "node", "count")


class GraphTargets(Rule):
    """Targets that aren't those of a search from the root, or stand in another order."""

    name: ClassVar[str] = "graph-targets"
    severity: ClassVar[Severity] = "error"

    @property
    def columns(self) -> tuple[str, ...]:
        """The graph, hops and steps, and the targets."""
        entries = (f"{column}[].{part}" for column in TARGETS for part in _PARTS)
        return (*GRAPH, "hops", "asked[]", *entries)

    def observe(self, batch: Batch) -> Iterator[Finding]:
        """A finding at the first wrong entry of each column of each row."""
        graphs = read_graphs(batch)
        hops, asked = whole_numbers(batch, "hops"), whole_numbers(batch, "asked[]")
        if graphs is None or hops is None or asked is None:
            return
        limit, _ = matrix_of(*hops, len(batch), 1)
        options, _ = matrix_of(*asked, len(batch))
        has_path = (options == graphs.target[:, None]).any(axis=1)
        expected = _expected(search(graphs), limit, has_path)
        for column, counts in zip(TARGETS, expected, strict=True):
            parts = [whole_numbers(batch, f"{column}[].{part}") for part in _PARTS]
            for row, message in _differences(counts, [part for part in parts if part is not None]):
                if graphs.is_whole[row]:
                    yield self.finding(message, batch, row, column)


def _expected(found: Found, limit: Integers, has_path: Integers) -> tuple[Integers, ...]:
    """The counts of each kind of target; shape (n, steps, width), steps from 1."""
    steps = np.arange(1, int(limit.max(initial=0)) + 1)[:, None]
    distance = found.distance[:, None]
    exists = steps <= limit[:, :, None]
    is_at, is_within = exists & (distance == steps), exists & (distance > 0) & (distance <= steps)
    paths, through = found.paths[:, None], found.through[:, None]
    return is_at * paths, is_within * paths, is_at * through * has_path[:, None, None]


def _differences(expected: Integers, parts: list[tuple[Integers, Integers]]) -> Iterator[tuple[int, str]]:
    """Rows whose entries differ, and how."""
    if len(parts) != len(_PARTS):
        return
    (step, rows), (node, _), (count, _) = parts
    size, steps, width = expected.shape
    is_cell = (step > 0) & (step <= steps) & (node >= 0) & (node < width)
    found = np.zeros_like(expected)
    np.add.at(found, (rows[is_cell], step[is_cell] - 1, node[is_cell]), count[is_cell])
    is_odd = np.bincount(rows[~is_cell], minlength=size) > 0
    place = step * (width + 1) + node
    is_odd[rows[1:][(place[1:] <= place[:-1]) & (rows[1:] == rows[:-1])]] = True
    differs = (found != expected).reshape(size, -1)
    for row in np.flatnonzero(is_odd | differs.any(axis=1)).tolist():
        at, vertex = divmod(int(differs[row].argmax()), width)
        if differs[row].any():
            wanted = f"expected {expected[row, at, vertex]}"
            yield row, f"step {at + 1}: vertex {vertex} counts {found[row, at, vertex]}, {wanted}"
        else:
            yield row, "an entry is there twice, out of order, or of a step or vertex that the row hasn't"
