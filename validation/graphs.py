"""Rules for graph questions: is the answer the only one, are options balanced, do splits share graphs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, cast

import numpy as np
import numpy.typing as npt
import pyarrow.compute

from .columns import Integers, matrix_of, whole_numbers
from .findings import Finding, Severity
from .graph_matrices import GRAPH, Bools, Graphs, classes, has_cycle, read_graphs, search
from .inputs.batch import Batch, Place
from .rules.base import Rule
from .rules.keys import without_columns

pc = cast("Any", pyarrow.compute)

_BROKEN = "an edge isn't a pair, or a vertex isn't in idx_to_symbol"
_MOST_DEVIATIONS = 4


class ProsqaPath(Rule):
    """A graph in which the right option isn't as far as there are steps, or the wrong one can be reached."""

    name: ClassVar[str] = "prosqa-path"
    severity: ClassVar[Severity] = "warning"

    @property
    def columns(self) -> tuple[str, ...]:
        """The graph, its ends and the steps."""
        return (*GRAPH, "steps[]")

    def observe(self, batch: Batch) -> Iterator[Finding]:
        """A finding for each row whose graph contradicts it."""
        graphs, steps = read_graphs(batch), batch.column("steps[]")
        if graphs is None or steps is None:
            return
        rows, distance = np.arange(len(batch)), search(graphs).distance
        checks = {
            _BROKEN: ~graphs.is_whole,
            "the shortest path from root to target is not as long as steps": (
                distance[rows, graphs.target] != np.bincount(steps.rows, minlength=len(batch))
            ),
            "the wrong option is reachable from the root too": distance[rows, graphs.negative] >= 0,
        }
        yield from _first_failures(self, batch, checks)


class GraphAnswer(Rule):
    """A graph question that has another answer than its row says, or none, or two."""

    name: ClassVar[str] = "graph-answer"
    severity: ClassVar[Severity] = "error"

    @property
    def columns(self) -> tuple[str, ...]:
        """The graph, its ends, the hops, what is asked and the answer."""
        return (*GRAPH, "hops", "asked[]", "answer", "task")

    def observe(self, batch: Batch) -> Iterator[Finding]:
        """A finding for each row whose graph contradicts it."""
        graphs = read_graphs(batch)
        hops, asked = whole_numbers(batch, "hops"), whole_numbers(batch, "asked[]")
        if graphs is None or hops is None or asked is None:
            return
        rows, distance = np.arange(len(batch)), search(graphs).distance
        limit, _ = matrix_of(*hops, len(batch), 1)
        leads_on: Bools = np.logical_or.reduce(graphs.adjacency > 0, axis=2)
        checks: dict[str, Bools] = {
            _BROKEN: ~graphs.is_whole,
            "an edge is there twice": graphs.adjacency.max(axis=(1, 2), initial=0) > 1,
            "a path leads back to where it began": has_cycle(graphs),
            "the shortest path from root to target doesn't have as many edges as hops says": (
                distance[rows, graphs.target] != limit[:, 0]
            ),
            "neg_target can be reached from the root": distance[rows, graphs.negative] >= 0,
            "an edge leads on from target or neg_target": (
                leads_on[rows, graphs.target] | leads_on[rows, graphs.negative]
            ),
            "asked doesn't hold target and neg_target, or in prontoqa the one that the answer fits": (
                _is_asked_otherwise(batch, graphs, asked)
            ),
        }
        yield from _first_failures(self, batch, checks)


class GraphBalance(Rule):
    """A split in which the concept asked for first is the right one too often, or too seldom."""

    name: ClassVar[str] = "graph-balance"
    severity: ClassVar[Severity] = "warning"

    def __init__(self) -> None:
        """Start without rows."""
        self._counts: dict[Place, Integers] = {}

    @property
    def columns(self) -> tuple[str, ...]:
        """What is asked, and the target."""
        return ("asked[]", "target")

    def observe(self, batch: Batch) -> Iterable[Finding]:
        """Count the rows in which the target is asked for first."""
        asked, target = (whole_numbers(batch, path) for path in self.columns)
        if asked is not None and target is not None:
            (first, lengths), (right, _) = matrix_of(*asked, len(batch), 1), matrix_of(*target, len(batch), 1)
            hits = np.count_nonzero((first == right)[:, 0] & (lengths > 0))
            total = self._counts.setdefault(batch.place, np.zeros(2, np.int64))
            total += np.array([hits, len(batch)])
        return ()

    def finish(self) -> Iterator[Finding]:
        """A finding for each split that is four standard deviations off one half."""
        for place, (hits, rows) in self._counts.items():
            if abs(2 * hits - rows) > _MOST_DEVIATIONS * np.sqrt(rows):
                message = f"target is asked for first in {hits:,} of {rows:,} rows, expected about half"
                yield Finding(self.name, message, self.severity, str(place), "asked", file=place.file)


class GraphSplit(Rule):
    """The same graph, whatever its vertices are called, in two splits."""

    name: ClassVar[str] = "graph-split"
    severity: ClassVar[Severity] = "error"

    def __init__(self) -> None:
        """Start without rows."""
        self._splits: dict[str, list[tuple[Batch, npt.NDArray[np.uint64], Bools]]] = {}

    @property
    def columns(self) -> tuple[str, ...]:
        """The graph and its ends."""
        return GRAPH

    def observe(self, batch: Batch) -> Iterable[Finding]:
        """Remember the class of each graph."""
        if (graphs := read_graphs(batch)) is not None:
            found = (without_columns(batch), classes(graphs), graphs.is_whole)
            self._splits.setdefault(batch.place.split, []).append(found)
        return ()

    def finish(self) -> Iterator[Finding]:
        """A finding at the first row of each graph that an earlier split has."""
        earlier = np.empty(0, np.uint64)
        for parts in self._splits.values():
            known = earlier
            for batch, hashes, is_whole in parts:
                values, first = np.unique(hashes, return_index=True)
                for row in np.sort(first[np.isin(values, known)]).tolist():
                    if is_whole[row]:
                        message = "this graph is in an earlier split, with other names or numbers"
                        yield self.finding(message, batch, row, "edges")
                earlier = np.union1d(earlier, values)


def _is_asked_otherwise(batch: Batch, graphs: Graphs, asked: tuple[Integers, Integers]) -> Bools:
    """Whether `asked` isn't the two options in either order, or the one that the answer makes it."""
    answer, task = batch.column("answer"), batch.column("task")
    if answer is None or task is None:
        return np.zeros(len(batch), np.bool_)
    options, lengths = matrix_of(*asked, len(batch), 2)
    ends = np.stack([graphs.target, graphs.negative], axis=1)
    is_both = (lengths == 2) & (np.sort(options) == np.sort(ends)).all(axis=1)  # noqa: PLR2004 (both options)
    is_true, is_false = (_equals(answer.values, each) for each in ("True", "False"))
    right = np.where(is_true, graphs.target, graphs.negative)
    is_one = (lengths == 1) & (is_true | is_false) & (options[:, 0] == right)
    return ~np.where(_equals(task.values, "prosqa"), is_both, is_one)


def _equals(values: Any, text: str) -> Bools:
    return pc.fill_null(pc.equal(values, text), fill_value=False).to_numpy(zero_copy_only=False)


def _first_failures(rule: Rule, batch: Batch, checks: Mapping[str, Bools]) -> Iterator[Finding]:
    """A finding for each row that fails, with the first check that it fails."""
    failed = np.stack(list(checks.values()))
    for row in np.flatnonzero(failed.any(axis=0)).tolist():
        yield rule.finding(list(checks)[int(failed[:, row].argmax())], batch, row, "edges")
