"""Breadth-first search in many graphs at once, and the targets of graph questions (CoT2, section 3)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .graph_problems import Integers, Problems, offsets_of


@dataclass(frozen=True, eq=False)
class Search:
    """What lies between the root of each graph and its target; all of shape (n, width).

    Attributes:
        distance: Edges on a shortest path from the root to a vertex; -1 where none leads.
        paths: How many shortest paths lead from the root to a vertex; 0 where none does.
        onward: How many ways shortest paths from root to target go on from a vertex; 0 off these paths.
        following: The least vertex that such a path goes on to from a vertex; -1 at its end and off them.
    """

    distance: npt.NDArray[np.int8]
    paths: Integers
    onward: Integers
    following: npt.NDArray[np.int8]


@dataclass(frozen=True, eq=False)
class NodeTargets:
    """Targets in coordinate form, sorted by row, step and vertex.

    Attributes:
        offsets: Row r owns the entries `offsets[r]` to `offsets[r + 1] - 1`; shape (n + 1,).
        step: From 1; int8, shape (entries,).
        node: The vertex; int16, shape (entries,).
        count: Paths; int32, shape (entries,).
    """

    offsets: Integers
    step: npt.NDArray[np.int8]
    node: npt.NDArray[np.int16]
    count: npt.NDArray[np.int32]


def search(problems: Problems) -> Search:
    """Distances from the roots and shortest paths, in graphs with cycles too."""
    shape = (len(problems), problems.width)
    distance, paths = np.full(shape, -1, np.int8), np.zeros(shape, np.int64)
    root = np.arange(shape[0]) * shape[1] + problems.root
    at, ways = distance.ravel(), paths.ravel()
    at[root], ways[root] = 0, 1
    layers: list[tuple[Integers, Integers]] = []
    start, end = problems.flat
    while len(start):
        begun = at.take(start) == len(layers)
        new = np.flatnonzero(begun & (at.take(end) < 0))
        layers.append((start.take(new), end.take(new)))
        at[layers[-1][1]] = len(layers)
        np.add.at(ways, layers[-1][1], ways.take(layers[-1][0]))
        left = np.flatnonzero(~begun) if len(new) else new
        start, end = start.take(left), end.take(left)
    return Search(distance, paths, *_onward(problems, layers))


def frontier(found: Search, steps: Integers) -> NodeTargets:
    """The vertices exactly `step` edges from the root, with the number of shortest paths to each.

    Args:
        found: What the search found.
        steps: How many steps each row has, shape (n,).
    """
    return _entries(found.distance[:, None] == _numbers(steps), found.paths)


def reach(found: Search, steps: Integers) -> NodeTargets:
    """The vertices at most `step` edges from the root, without the root; else as `frontier`."""
    is_near = (found.distance[:, None] <= _numbers(steps)) & (found.distance[:, None] > 0)
    return _entries(is_near, found.paths)


def on_path(found: Search, steps: Integers) -> NodeTargets:
    """The vertices `step` edges along a shortest path to the target, with how many lead through each."""
    is_on = (found.distance[:, None] == _numbers(steps)) & (found.onward[:, None] > 0)
    return _entries(is_on, found.paths * found.onward)


def canonical_paths(problems: Problems, found: Search, hops: int) -> Integers:
    """The shortest path from root to target that is least when read as vertex numbers; -1 after its end.

    Args:
        problems: The graphs.
        found: What the search found in them.
        hops: The length of the longest of the paths.

    Returns:
        Shape (n, hops + 1), from the root.
    """
    rows = np.arange(len(problems))
    path = np.full((hops + 1, len(problems)), -1)
    path[0] = problems.root
    for step in range(hops):
        path[step + 1] = np.where(path[step] < 0, -1, found.following[rows, path[step]])
    return path.T


def _onward(
    problems: Problems, layers: list[tuple[Integers, Integers]]
) -> tuple[Integers, npt.NDArray[np.int8]]:
    """From the target backwards through the edges of each layer: `Search.onward` and `Search.following`."""
    width, size = problems.width, len(problems) * problems.width
    onward, following = np.zeros(size, np.int64), np.full(size, np.iinfo(np.int8).max, np.int8)
    onward[np.arange(len(problems)) * width + problems.target] = 1
    for every_start, every_end in reversed(layers):
        leads = np.flatnonzero(onward.take(every_end))
        start, end = every_start.take(leads), every_end.take(leads)
        np.add.at(onward, start, onward[end])
        np.minimum.at(following, start, (end % width).astype(np.int8))
    following[following == np.iinfo(np.int8).max] = -1
    return onward.reshape(-1, width), following.reshape(-1, width)


def _numbers(steps: Integers) -> npt.NDArray[np.int8]:
    """The numbers of each row's steps, shape (n, most, 1), and numbers below any distance beyond them."""
    numbers = np.arange(1, int(steps.max(initial=0)) + 1, dtype=np.int8)
    return np.where(numbers <= steps[:, None], numbers, np.int8(-2))[:, :, None]


def _entries(present: npt.NDArray[np.bool_], counts: Integers) -> NodeTargets:
    """The entries of vertices that are present, shape (n, steps, width)."""
    rows, steps, width = present.shape
    cells = np.flatnonzero(present)
    row, within = np.divmod(cells, steps * width) if steps else (cells, cells)
    step, node = np.divmod(within, width)
    return NodeTargets(
        offsets_of(np.bincount(row, minlength=rows)),
        (step + 1).astype(np.int8),
        node.astype(np.int16),
        counts[row, node].astype(np.int32),
    )
