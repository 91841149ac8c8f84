"""Drawing graphs for ProsQA and ProntoQA in which both options look alike (CoT2, section 2).

A graph has two people whom no edge leads to, each with a path of as many concepts as there are hops;
the last concepts are the options. One person is asked about, the other is the decoy. All else is drawn
by rules that treat both sides alike. So whatever can be told of an option without following edges from
the person asked about (in-degree, ancestors, depth below its own person, place in the text) has the
same distribution for the right and the wrong one. In the published ProsQA it hasn't: there, the right
option has fewer incoming edges and is farther from its person.

Last come two bridges, concepts that both sides lead to. They stand where the way over them from the root
to the wrong option, against the direction of some edges, is as long as the path to the right one: who
ignores directions learns nothing from nearness.

Vertices are drawn one after the other, and edges follow that order, so there is no cycle; `renumbered`
then gives them random numbers.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from .graph_families import GraphFamily
from .graph_problems import Problems, offsets_of
from .graph_random import keys, raw, shuffled
from .seeds import uniform_integers

_NUMBER_BITS: Final = 6
_FAR: Final = 100
_NO_KEY: Final = np.uint16(0xFFFF)
_BRIDGES: Final = 2
# Of 256 concepts outside the planted paths so many are for those whom the root alone reaches, and as
# many for the decoy's; where paths don't meet, each is on one side. So many of the others are people.
_ONE_SIDE: Final = 50
_PEOPLE: Final = 18
# The mean number of edges to a concept on a planted path, beside that path's, and to another concept,
# before one that would have none gets one. The root and the decoy are so many times less likely to be
# chosen than other vertices, which would otherwise all be near to them.
_MORE_EDGES: Final = (1.1, 2.4)
_LESS_LIKELY: Final = np.uint16(5)


def draw(family: GraphFamily, hops: int, graphs: int, words: np.random.Philox) -> Problems:
    """Graphs whose options are exactly `hops` edges from their people and lead nowhere.

    The target can't be reached from the decoy, nor the negative one from the root. Every vertex has an
    edge. Vertices are numbered in the order of drawing, and edges are ordered by where they end.

    Args:
        family: Says how large a graph is, and whether paths meet.
        hops: Of the family's mix.
        graphs: How many graphs, at most 65,536.
        words: The stream to draw from; it advances by what family, hops and number of graphs decide.
    """
    growth = _Growth(family, hops, graphs, words)
    for vertex in range(2, growth.bridges):
        growth.add(vertex, keys(words, (vertex, graphs), "u2"))
    for vertex, side in zip(range(growth.bridges, growth.most), (1, 2), strict=True):
        depth = uniform_integers(words, 0, hops - 3, (graphs,)).astype(np.uint8)
        growth.bridge(vertex, side, depth, keys(words, (vertex, graphs), "u2"))
    return growth.problems()


def renumbered(problems: Problems, words: np.random.Philox) -> Problems:
    """The same graphs with random vertex numbers and their edges in random order."""
    order = shuffled(words, len(problems), problems.nodes, problems.width)
    number = np.empty(order.shape, np.int64)
    np.put_along_axis(number, order.astype(np.int64), np.arange(problems.width)[None], axis=1)
    ordered = (problems.graph.astype(np.uint64) << 32) | raw(words, problems.start.shape, "u4")
    for flat in problems.flat:
        ordered = (ordered << _NUMBER_BITS) | number.ravel()[flat].astype(np.uint64)
    ordered.sort()
    start, end = (((ordered >> shift) % (1 << _NUMBER_BITS)).astype(np.int64) for shift in (_NUMBER_BITS, 0))
    rows = np.arange(len(problems))
    ends = (number[rows, each] for each in (problems.root, problems.target, problems.negative))
    return Problems(problems.nodes, problems.offsets, start, end, *ends)


class _Growth:
    """Many graphs that get their vertices one at a time, the two people first and the bridges last.

    The last axis of all arrays is the graphs', the one before it the vertices'.

    Attributes:
        most: The greatest number of vertices.
        bridges: The first vertex that is a bridge.
        planted: Whose planted path a vertex is on: 1 for the root, 2 for the decoy, 0 for none.
        side: Who may reach it: 1, 2, or 3 for both.
        label: Who does reach it.
        near: How much less than `_FAR` edges it is from the root or the decoy, if only one reaches it.
        closed: Whether it may have no edge to another: an option, or a number that the graph lacks.
        person: Whether no edge may lead to it.
        used: Whether it has an edge.
        path: By side and place, the vertices of the planted paths.
        length: By side, how many concepts the planted path has so far.
        edges: For each vertex that was added, where edges to it begin, and the graphs.
    """

    def __init__(self, family: GraphFamily, hops: int, graphs: int, words: np.random.Philox) -> None:
        low, self.most = family.nodes
        self.bridges = self.most - _BRIDGES
        self.hops, self.meet = hops, family.paths_meet
        shape = (self.most, graphs)
        missing = uniform_integers(words, 0, self.most - low, (graphs,))
        drawn = self.bridges - 2
        self.planted = _planted(shuffled(words, graphs, drawn - missing, drawn).T, hops, self.most)
        self.side = np.where(self.planted > 0, self.planted, _sides(raw(words, shape, "u1"), meet=self.meet))
        self.label, self.near = np.zeros(shape, np.uint8), np.zeros(shape, np.uint8)
        self.label[:2], self.near[:2] = self.side[:2], _FAR
        self.closed = np.arange(self.most)[:, None] >= self.bridges - missing
        is_person = raw(words, shape, "u1") < (_PEOPLE if self.meet else 0)
        self.person = self.closed | (is_person & (self.planted == 0))
        self.used = np.zeros(shape, np.bool_)
        self.path = np.zeros((3, hops + 1, graphs), np.int64)
        self.path[2] = 1
        self.length = np.zeros((3, graphs), np.uint8)
        self.rows = np.arange(graphs)
        self.edges: list[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]] = []

    def add(self, vertex: int, key: npt.NDArray[np.uint16]) -> None:
        """Draw the edges that lead to a vertex, given random keys of the vertices before."""
        planted, side = self.planted[vertex], self.side[vertex]
        is_planted = planted > 0
        # No edge may be a short cut to the planted path.
        nearest = _FAR - np.where(is_planted, self.length[planted, self.rows], 0)
        barred = self.closed[:vertex] | self.person[vertex] | (self.near[:vertex] > nearest)
        barred |= (self.label[:vertex] & ~side) > 0
        if self.meet:
            key[:2] = np.minimum(key[:2], _NO_KEY // _LESS_LIKELY) * _LESS_LIKELY
        key |= barred * _NO_KEY
        limit = _limits(barred, np.where(is_planted, *(_MORE_EDGES if self.meet else (0, 0))))
        limit = np.where(is_planted, limit, np.maximum(limit, key.min(axis=0)))
        parents = ~barred & (key <= limit)
        self._lengthen(vertex, parents)
        self._connect(vertex, parents)

    def bridge(
        self, vertex: int, side: int, depth: npt.NDArray[np.uint8], key: npt.NDArray[np.uint16]
    ) -> None:
        """Draw an edge from so deep on one side, and one from the other side's planted path.

        Without the directions of edges, the wrong option is now as near as the right one.
        """
        barred = (self.label[:vertex] != side) | (self.near[:vertex] != _FAR - depth)
        key |= barred * _NO_KEY
        parents = ~barred & (key == key.min(axis=0))
        parents[self.path[3 - side, depth + 2, self.rows], self.rows] = True
        self._connect(vertex, parents)

    def _lengthen(self, vertex: int, parents: npt.NDArray[np.bool_]) -> None:
        """Take a planted vertex into its path; the last one of a path is an option."""
        rows = np.flatnonzero(self.planted[vertex])
        side = self.planted[vertex, rows]
        length = self.length[side, rows]
        parents[self.path[side, length, rows], rows] = True
        self.length[side, rows] = length + 1
        self.path[side, length + 1, rows] = vertex
        self.closed[vertex, rows] = length + 1 == self.hops

    def _connect(self, vertex: int, parents: npt.NDArray[np.bool_]) -> None:
        self.used[:vertex] |= parents
        self.used[vertex] = parents.any(axis=0)
        self.label[vertex] = np.bitwise_or.reduce(self.label[:vertex] * parents, axis=0)
        self.near[vertex] = np.maximum((self.near[:vertex] * parents).max(axis=0), 1) - 1
        self.edges.append(np.divmod(np.flatnonzero(parents), len(self.rows)))

    def problems(self) -> Problems:
        """The graphs, without people who are connected to nobody."""
        start, graph = (np.concatenate(parts) for parts in zip(*self.edges, strict=True))
        end = np.repeat(np.arange(2, self.most), [len(each) for each, _ in self.edges])
        order = np.argsort(graph.astype(np.uint16), kind="stable")
        start, end, graph = start[order], end[order], graph[order]
        number = np.cumsum(self.used, axis=0, dtype=np.int8) - 1
        return Problems(
            nodes=number[-1].astype(np.int64) + 1,
            offsets=offsets_of(np.bincount(graph, minlength=len(self.rows))),
            start=number[start, graph].astype(np.int64),
            end=number[end, graph].astype(np.int64),
            root=np.zeros_like(self.rows),
            target=number[self.path[1, self.hops], self.rows].astype(np.int64),
            negative=number[self.path[2, self.hops], self.rows].astype(np.int64),
        )


def _planted(order: npt.NDArray[np.uint8], hops: int, most: int) -> npt.NDArray[np.uint8]:
    """Which vertices are on the planted paths, in random order between the two people and the bridges."""
    kinds = np.zeros(len(order), np.uint8)
    kinds[: 2 * hops] = np.repeat([1, 2], hops)
    return np.pad(kinds[order], ((2, most - 2 - len(order)), (0, 0)))


def _sides(chance: npt.NDArray[Any], *, meet: bool) -> npt.NDArray[np.uint8]:
    """The sides that vertices are drawn for; the first two are the root and the decoy."""
    sides = 1 + (chance >= _ONE_SIDE) + (chance >= 2 * _ONE_SIDE) if meet else 1 + (chance & 1)
    sides[:2] = [[1], [2]]
    return sides.astype(np.uint8)


def _limits(barred: npt.NDArray[np.bool_], mean: npt.NDArray[np.float64]) -> npt.NDArray[np.uint16]:
    """Keys up to the limit make so many parents in the mean, of those that aren't barred."""
    count = len(barred) - np.add.reduce(barred.view(np.uint8), axis=0, dtype=np.uint8)
    return np.minimum(mean * (1 << 16) / np.maximum(count, 1), _NO_KEY - 1).astype(np.uint16)
