"""Graphs of rows as adjacency matrices, and searches in them by multiplication.

This is another way than the one by which `mensrea` makes targets, so that one checks the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pyarrow.compute

from .columns import Integers, whole_numbers
from .inputs.batch import Batch

pc = cast("Any", pyarrow.compute)
_ROUNDS = 4
_ODD = np.uint64(0xD6E8FEB86659FD93)
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

GRAPH = ("idx_to_symbol[]", "edges[]", "edges[][]", "root", "target", "neg_target")
"""The columns that `read_graphs` needs."""


@dataclass(frozen=True, eq=False)
class Graphs:
    """The graphs of a batch of n rows; those that aren't whole have no edges.

    Attributes:
        adjacency: How many edges lead from the vertex of axis 1 to that of axis 2; shape (n, width, width).
        sizes: How many vertices there are; shape (n,).
        root: The vertex asked about; shape (n,).
        target: The vertex that can be reached; shape (n,).
        negative: The vertex that can't be reached; shape (n,).
        is_whole: Whether every edge is a pair of vertices, and they, root, target and the other one
            exist; shape (n,).
    """

    adjacency: Floats
    sizes: Integers
    root: Integers
    target: Integers
    negative: Integers
    is_whole: Bools


@dataclass(frozen=True, eq=False)
class Found:
    """What a search from the roots found; all of shape (n, width).

    Attributes:
        distance: Edges from the root, -1 where none lead.
        paths: How many shortest paths lead there.
        through: How many shortest paths from root to target lead through it.
    """

    distance: Integers
    paths: Integers
    through: Integers


def read_graphs(batch: Batch) -> Graphs | None:
    """The graphs of a batch; None if a column is missing or has another type."""
    names, edges, nodes = batch.column(GRAPH[0]), batch.column(GRAPH[1]), whole_numbers(batch, GRAPH[2])
    given = [whole_numbers(batch, path) for path in GRAPH[3:]]
    if names is None or edges is None or nodes is None or any(each is None for each in given):
        return None
    sizes = np.bincount(names.rows, minlength=len(batch))
    ends = np.full((3, len(batch)), -1)
    for number, each in enumerate(given):
        values, rows = cast("tuple[Integers, Integers]", each)
        ends[number, rows] = values
    is_whole: Bools = np.logical_and.reduce((ends >= 0) & (ends < sizes))
    lengths = np.asarray(pc.fill_null(pc.list_value_length(edges.values), 0), np.int64)
    is_whole[edges.rows[lengths != 2]] = False  # noqa: PLR2004 (a pair)
    is_whole[nodes[1][(nodes[0] < 0) | (nodes[0] >= sizes[nodes[1]])]] = False
    adjacency = np.zeros((len(batch), *[int(sizes.max(initial=1))] * 2))
    kept = is_whole[nodes[1]]
    start, end = nodes[0][kept].reshape(-1, 2).T
    np.add.at(adjacency, (nodes[1][kept][::2], start, end), 1)
    root, target, negative = np.where(is_whole, ends, 0)
    return Graphs(adjacency, sizes, root, target, negative, is_whole)


def search(graphs: Graphs) -> Found:
    """Distances and shortest paths from the roots, and those of them that end at the target."""
    distance, paths = np.full(graphs.adjacency.shape[:2], -1), np.zeros(graphs.adjacency.shape[:2])
    front, step = _at(graphs, graphs.root), 0
    while front.any():
        distance[front > 0] = step
        paths += front
        front = np.matmul(front[:, None], graphs.adjacency)[:, 0] * (distance < 0)
        step += 1
    onward = _at(graphs, graphs.target)
    for last in range(step - 1, 0, -1):
        layer = onward * (distance == last)
        onward += np.matmul(graphs.adjacency, layer[:, :, None])[:, :, 0] * (distance == last - 1)
    return Found(distance, paths.astype(np.int64), (paths * onward).astype(np.int64))


def _at(graphs: Graphs, vertex: Integers) -> Floats:
    ones = np.zeros(graphs.adjacency.shape[:2])
    ones[np.arange(len(vertex)), vertex] = 1
    return ones


def has_cycle(graphs: Graphs) -> Bools:
    """Whether some path leads back to where it began; shape (n,)."""
    left, before = np.ones(graphs.adjacency.shape[:2]), -1.0
    while left.sum() != before:
        before = left.sum()
        left = np.matmul(left[:, None], graphs.adjacency)[:, 0].astype(np.bool_) * left
    return np.logical_or.reduce(left.astype(np.bool_), axis=1)


def classes(graphs: Graphs) -> npt.NDArray[np.uint64]:
    """A number for each graph, equal for all that are the same but for the numbers of vertices; shape (n,).

    It comes of colour refinement, so graphs that differ may share one, though hardly ever here.
    """
    edges = graphs.adjacency.astype(np.uint64)
    colour = np.ones(edges.shape[:2], np.uint64)
    for _ in range(_ROUNDS):
        arriving = np.matmul(colour[:, None], edges)[:, 0]
        leaving = np.matmul(edges, colour[:, :, None])[:, :, 0]
        colour = _mixed(colour + _mixed(arriving + np.uint64(1)) + _mixed(leaving + np.uint64(2)) * _ODD)
    exists = np.arange(edges.shape[1]) < graphs.sizes[:, None]
    return _mixed(np.where(exists, colour, np.uint64(0)).sum(axis=1, dtype=np.uint64))


def _mixed(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    values = (values + _ODD) * _ODD
    values = (values ^ (values >> np.uint64(32))) * _ODD
    return values ^ (values >> np.uint64(29))
