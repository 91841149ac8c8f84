"""The texts of graph questions, written again from their edges and compared whole."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute

from .columns import Integers, matrix_of, whole_numbers
from .findings import Finding, Severity
from .graph_matrices import GRAPH, Bools, Graphs, read_graphs
from .inputs.batch import Batch
from .rules.base import Rule

pc = cast("Any", pyarrow.compute)


class GraphText(Rule):
    """A question, answer, step, line of symbols or id that isn't what the row's edges make it."""

    name: ClassVar[str] = "graph-text"
    severity: ClassVar[Severity] = "error"

    @property
    def columns(self) -> tuple[str, ...]:
        """The graph, what is asked, and all texts."""
        return (*GRAPH, "asked[]", "hops", "id", "task", "question", "symbolic", "answer", "steps[]")

    def observe(self, batch: Batch) -> Iterator[Finding]:
        """A finding for each text of a row that differs."""
        graphs = read_graphs(batch)
        if graphs is None or any(batch.column(path) is None for path in self.columns):
            return
        texts = _Texts(batch, graphs)
        checks = {
            "question": (texts.question, "isn't the sentences of edges, in their order, and what is asked"),
            "symbolic": (texts.symbolic, "isn't the edges in their order, the root and what is asked"),
            "answer": (texts.answer, "isn't that the root is the target, or in prontoqa whether it is"),
        }
        for field, (expected, message) in checks.items():
            same = pc.fill_null(pc.equal(_flat(batch, field), expected), fill_value=False)
            is_wrong = ~same.to_numpy(zero_copy_only=False) & graphs.is_whole
            yield from self._wrong(batch, is_wrong, field, message)
        message = (
            "aren't the sentences along a shortest path from root to target; none if the answer is False"
        )
        yield from self._wrong(batch, texts.other_steps & graphs.is_whole, "steps", message)
        yield from self._wrong(batch, _other_ids(batch), "id", "isn't derived from task and question")

    def _wrong(self, batch: Batch, is_wrong: Bools, field: str, message: str) -> Iterator[Finding]:
        for row in np.flatnonzero(is_wrong).tolist():
            yield self.finding(f"{field} {message}", batch, row, field)


@dataclass(frozen=True)
class _Texts:
    """What the texts of a batch should be."""

    batch: Batch
    graphs: Graphs

    @cached_property
    def edges(self) -> tuple[Integers, Integers, Integers]:
        """Start, end and row of each edge of the rows that are whole."""
        nodes, rows = cast("tuple[Integers, Integers]", whole_numbers(self.batch, "edges[][]"))
        kept = self.graphs.is_whole[rows]
        return nodes[kept][::2], nodes[kept][1::2], rows[kept][::2]

    @cached_property
    def asked(self) -> Integers:
        """What is asked, shape (n, 2); vertices that don't exist count as the first."""
        found = cast("tuple[Integers, Integers]", whole_numbers(self.batch, "asked[]"))
        options, _ = matrix_of(*found, len(self.batch), 2)
        return np.where((options >= 0) & (options < self.graphs.sizes[:, None]), options, 0)

    @cached_property
    def is_choice(self) -> pa.Array:
        """Whether the question is which of two."""
        return pc.equal(_flat(self.batch, "task"), "prosqa")

    @cached_property
    def is_claim_false(self) -> Bools:
        """Whether the question is about one concept, and that isn't the target."""
        is_choice = pc.fill_null(self.is_choice, fill_value=False).to_numpy(zero_copy_only=False)
        return ~is_choice & (self.asked[:, 0] != self.graphs.target)

    @cached_property
    def sentences(self) -> pa.Array:
        """The sentence of each edge."""
        start, end, rows = self.edges
        return self._sentence(rows, start, end)

    @property
    def question(self) -> pa.Array:
        """The question of each row."""
        rows = np.arange(len(self.batch))
        root, first, second = (
            self._name(rows, self.graphs.root),
            self._concept(rows, self.asked[:, 0]),
            self._concept(rows, self.asked[:, 1]),
        )
        choice = _joined(" Is ", root, " ", first, " or ", second, "?")
        claim = _joined(" True or false: it follows that ", root, " is ", first, ".")
        return _joined(self._by_row(self.sentences), pc.if_else(self.is_choice, choice, claim))

    @property
    def symbolic(self) -> pa.Array:
        """The line of symbols of each row."""
        start, end, _ = (_written(each) for each in self.edges)
        root, first, second = map(_written, (self.graphs.root, *self.asked.T))
        options = pc.if_else(self.is_choice, _joined(first, " ", second), first)
        return _joined(self._by_row(_joined(start, ">", end)), " | ", root, " ? ", options)

    @property
    def answer(self) -> pa.Array:
        """The answer of each row."""
        choice = self._sentence(np.arange(len(self.batch)), self.graphs.root, self.graphs.target)
        truth = pc.if_else(pa.array(self.is_claim_false), "False", "True")
        return pc.if_else(self.is_choice, choice, truth)

    @property
    def other_steps(self) -> Bools:
        """Which rows have other steps than the sentences along a path of `hops` edges, or none if False."""
        steps = cast("Any", self.batch.column("steps[]"))
        start, end, rows = self.edges
        known = _joined(_written(rows), " ", self.sentences)
        edge = pc.index_in(
            _joined(_written(steps.rows), " ", pc.fill_null(steps.values, "")), value_set=known
        )
        edge = np.asarray(pc.fill_null(edge, -1), np.int64)
        is_odd = np.bincount(steps.rows[edge < 0], minlength=len(self.batch)) > 0
        path, lengths = matrix_of(edge, steps.rows, len(self.batch))
        start, end = np.append(start, -1)[path], np.append(end, -1)[path]
        place = np.arange(path.shape[1])
        is_gap = (start[:, 1:] != end[:, :-1]) & (place[1:] < lengths[:, None])
        last = end[np.arange(len(path)), np.maximum(lengths, 1) - 1]
        leads = (
            (start[:, 0] == self.graphs.root) & (last == self.graphs.target) & ~is_gap.any(axis=1) & ~is_odd
        )
        hops, rows = cast("tuple[Integers, Integers]", whole_numbers(self.batch, "hops"))
        hops, _ = matrix_of(hops, rows, len(self.batch), 1)
        return np.where(self.is_claim_false, lengths > 0, ~leads | (lengths != hops[:, 0]))

    def _name(self, rows: Integers, vertex: Integers) -> pa.Array:
        base = np.cumsum(self.graphs.sizes) - self.graphs.sizes
        place = np.where(self.graphs.is_whole[rows], base[rows] + vertex, -1)
        names = pc.fill_null(_flat(self.batch, GRAPH[0]), "")
        return names.take(pa.array(place, mask=place < 0))

    def _concept(self, rows: Integers, vertex: Integers) -> pa.Array:
        name = self._name(rows, vertex)
        return _joined(pc.if_else(pc.match_substring_regex(name, "^[aeio]"), "an ", "a "), name)

    def _sentence(self, rows: Integers, start: Integers, end: Integers) -> pa.Array:
        name = self._name(rows, start)
        subject = pc.if_else(pc.match_substring_regex(name, "^[A-Z]"), name, _joined("Every ", name))
        return _joined(subject, " is ", self._concept(rows, end), ".")

    def _by_row(self, pieces: pa.Array) -> pa.Array:
        sizes = np.bincount(self.edges[2], minlength=len(self.batch))
        offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32)
        return pc.binary_join(pa.ListArray.from_arrays(offsets, pieces), " ")


def _other_ids(batch: Batch) -> Bools:
    """Which ids aren't the task and the beginning of the hash of the question."""
    columns = (_flat(batch, name).to_pylist() for name in ("id", "task", "question"))
    expected = (
        (given, f"{task}:{hashlib.sha256((question or '').encode()).hexdigest()[:16]}")
        for given, task, question in zip(*columns, strict=True)
    )
    return np.array([given != right for given, right in expected], np.bool_)


def _flat(batch: Batch, path: str) -> Any:
    return cast("Any", batch.column(path)).values


def _written(numbers: Integers) -> Any:
    return pa.array(numbers).cast(pa.string())


def _joined(*parts: Any) -> Any:
    return pc.binary_join_element_wise(*parts, "")
