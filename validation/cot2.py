"""CoT2 (arXiv 2505.23648): MNNS with exact soft targets, and ProsQA as published with Coconut.

MNNS: signs before m digits, so that the sum is as small as it can be without being negative. The target of
a state at step t is the share of the 2^t sign prefixes that end in it (the paper's full budget), so the
counts of a step add up to 2^t. All orders of the same digits fall on one side of the split, as in the
paper's code. ProsQA: the right option is as many edges from the root as there are steps, the wrong one
can't be reached; both hold in the published validation and test files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

from .findings import Finding, Severity
from .inputs.batch import Batch, Column
from .rules.base import Declared, Rule, Suppression, rule
from .rules.keys import without_columns

pc = cast("Any", pyarrow.compute)
Integers = npt.NDArray[np.int64]
_Found = tuple[Integers, Integers]

MNNS = ("mnns-*",)
PROSQA = ("original",)
# Inputs of four digits from 1 to 9 by answer, from 0: all 6,561 of them, counted by brute force.
_ANSWERS = (1569, 2444, 1324, 664, 320, 152, 64, 20, 4)
_SHARES = {str(answer): count / sum(_ANSWERS) for answer, count in enumerate(_ANSWERS)}
_NEVER = np.iinfo(np.int64).max


class MnnsTargets(Rule):
    """Soft targets that can't be those of the row's digits.

    A sum of digits with random signs has mean zero and a variance of the sum of the digits' squares; counts
    that agree with both, and add up to 2^step, are checked without listing the prefixes again.
    """

    name: ClassVar[str] = "mnns-targets"
    severity: ClassVar[Severity] = "error"

    @property
    def columns(self) -> tuple[str, ...]:
        """The digits and the targets."""
        return ("digits[]", "targets[].step", "targets[].state", "targets[].count")

    def observe(self, batch: Batch) -> Iterator[Finding]:
        """A finding at the first wrong step of each row."""
        parts = [_whole(batch, path) for path in self.columns]
        if any(part is None for part in parts):
            return
        (digits, rows), (step, rows_of), (state, _), (count, _) = cast(
            "list[tuple[Integers, Integers]]", parts
        )
        matrix, lengths = _matrix(digits, rows, len(batch))
        shape = (len(batch), matrix.shape[1] + 1)
        # Steps that no row has share column 0, where nothing is expected.
        cell = rows_of * shape[1] + np.where((step > 0) & (step < shape[1]), step, 0)
        steps = np.arange(shape[1])
        exists = (steps > 0) & (steps <= lengths[:, None])
        prefixes = np.where(exists, np.exp2(steps), 0)
        squares = np.cumsum(np.pad(matrix.astype(np.float64) ** 2, ((0, 0), (1, 0))), axis=1)
        expected = (prefixes, np.zeros(shape), prefixes * squares)
        weights = [count * state.astype(np.float64) ** power for power in range(3)]
        moments = [np.bincount(cell, each, prefixes.size).reshape(shape) for each in weights]
        is_wrong = [found != right for found, right in zip(moments, expected, strict=True)]
        anywhere = np.logical_or.reduce(is_wrong)
        for row in np.flatnonzero(anywhere.any(axis=1)).tolist():
            at = int(anywhere[row].argmax())
            message = f"step {at}: mean or variance of the states isn't that of the signed sums of the digits"
            if is_wrong[0][row, at]:
                message = (
                    f"step {at}: counts add up to {moments[0][row, at]:.0f}, expected {prefixes[row, at]:.0f}"
                )
            yield self.finding(message, batch, row, "targets")


class MnnsAnswer(Rule):
    """An answer, trace or list of optimal sign patterns that disagrees with digits and targets."""

    name: ClassVar[str] = "mnns-answer"
    severity: ClassVar[Severity] = "error"

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns of a row but its id."""
        return (*MnnsTargets().columns, "answer", "trace[]", "optimal_patterns[]")

    def observe(self, batch: Batch) -> Iterator[Finding]:
        """A finding for each part of a row that disagrees."""
        parts = [_whole(batch, path) for path in self.columns[:-1]]
        patterns = batch.column("optimal_patterns[]")
        if patterns is None or any(part is None for part in parts):
            return
        numbers, (step, rows), (state, _), (count, _), right, steps = cast("list[_Found]", parts)
        digits, lengths = _matrix(*numbers, len(batch))
        answer, _ = _matrix(*right, len(batch))
        is_last = step == lengths[rows]
        least = np.full(len(batch), _NEVER)
        np.minimum.at(least, rows[is_last & (state >= 0)], state[is_last & (state >= 0)])
        message = "isn't the least non-negative state of the last step"
        yield from self._wrong(batch, least != answer[:, 0], "answer", message)
        ways = np.bincount(rows, np.where(is_last & (state == answer[rows, 0]), count, 0), len(batch))
        signed, fits = _signed(patterns, digits, lengths)
        misses = ~fits | (signed.sum(axis=1) != answer[patterns.rows, 0])
        found = np.bincount(patterns.rows, np.where(misses, np.inf, 1), len(batch))
        message = "aren't all and only the choices of signs that reach the answer"
        yield from self._wrong(batch, found != ways, "optimal_patterns", message)
        trace, trace_lengths = _matrix(*steps, len(batch), digits.shape[1])
        first = np.searchsorted(patterns.rows, np.arange(len(batch)))
        sums = np.cumsum(np.vstack([signed, np.zeros_like(digits[:1])])[first], axis=1)
        differs = (trace != sums) & (np.arange(digits.shape[1]) < lengths[:, None])
        is_wrong = differs.any(axis=1) | (trace_lengths != lengths)
        yield from self._wrong(
            batch, is_wrong, "trace", "isn't the partial sums under the first optimal pattern"
        )

    def _wrong(self, batch: Batch, is_wrong: Any, field: str, message: str) -> Iterator[Finding]:
        for row in np.flatnonzero(is_wrong).tolist():
            yield self.finding(f"{field} {message}", batch, row, field)


class MnnsSplit(Rule):
    """The same digits, in any order, in two splits."""

    name: ClassVar[str] = "mnns-split"
    severity: ClassVar[Severity] = "error"

    def __init__(self) -> None:
        """Start without rows."""
        self._splits: dict[str, list[tuple[Batch, Any]]] = {}

    @property
    def columns(self) -> tuple[str, ...]:
        """The digits."""
        return ("digits[]",)

    def observe(self, batch: Batch) -> Iterable[Finding]:
        """Remember the digits of each row in ascending order."""
        if (found := _whole(batch, "digits[]")) is not None:
            matrix, lengths = _matrix(*found, len(batch))
            ordered = np.ascontiguousarray(np.column_stack([lengths, np.sort(matrix, axis=1)]), dtype=">i8")
            keys = ordered.view(f"S{ordered.itemsize * ordered.shape[1]}").ravel()
            self._splits.setdefault(batch.place.split, []).append((without_columns(batch), keys))
        return ()

    def finish(self) -> Iterator[Finding]:
        """A finding at the first row of each multiset that an earlier split has."""
        earlier = np.empty(0, "S1")
        for parts in self._splits.values():
            known = earlier
            for batch, keys in parts:
                values, first = np.unique(keys, return_index=True)
                for row in np.sort(first[np.isin(values, known)]).tolist():
                    yield self.finding(
                        "another order of these digits is in an earlier split", batch, row, "digits"
                    )
                earlier = np.union1d(earlier, values)


class ProsqaPath(Rule):
    """A graph in which the right option isn't as far as there are steps, or the wrong one can be reached."""

    name: ClassVar[str] = "prosqa-path"
    severity: ClassVar[Severity] = "warning"

    @property
    def columns(self) -> tuple[str, ...]:
        """The graph, its ends and the steps."""
        return ("idx_to_symbol[]", "edges[]", "root", "target", "neg_target", "steps[]")

    def observe(self, batch: Batch) -> Iterator[Finding]:
        """A finding for each row whose graph contradicts it."""
        counted = [batch.column(path) for path in ("idx_to_symbol[]", "steps[]", "edges[]")]
        ends = [_whole(batch, path) for path in ("root", "target", "neg_target")]
        nodes = _whole(batch, "edges[][]")
        if nodes is None or any(each is None for each in (*counted, *ends)):
            return
        sizes, steps, edges = (np.bincount(each.rows, minlength=len(batch)) for each in counted if each)
        base = np.cumsum(sizes) - sizes
        places = np.full((3, len(batch)), -1)
        for number, (values, rows) in enumerate(each for each in ends if each):
            places[number, rows] = values
        is_odd = (np.bincount(nodes[1], minlength=len(batch)) != 2 * edges) | (
            (places < 0) | (places >= sizes)
        ).any(0)
        outside = (nodes[0] < 0) | (nodes[0] >= sizes[nodes[1]])
        is_odd[nodes[1][outside]] = True
        kept = ~is_odd[nodes[1]]
        pairs = (base[nodes[1]] + nodes[0])[kept].reshape(-1, 2)
        start, target, other = (base + places)[:, ~is_odd]
        distance = _distances(int(sizes.sum()), pairs, start)
        messages = np.full(len(batch), "an edge isn't a pair, or a vertex isn't in idx_to_symbol", object)
        messages[~is_odd] = np.where(
            distance[target] != steps[~is_odd],
            "the shortest path from root to target is not as long as steps",
            np.where(distance[other] >= 0, "the wrong option is reachable from the root too", ""),
        )
        for row in np.flatnonzero(messages != "").tolist():
            yield self.finding(str(messages[row]), batch, row, "edges")


def _signed(patterns: Column, digits: Integers, lengths: Integers) -> tuple[Integers, Any]:
    """For each sign pattern the signed digits of its row, and whether it has a sign for each digit."""
    texts = pc.fill_null(patterns.values, "").cast(pa.string())
    sizes = np.asarray(pc.binary_length(texts), np.int64)
    joined = pc.binary_join(pa.ListArray.from_arrays([0, len(texts)], texts), "")[0].as_buffer()
    number = np.repeat(np.arange(len(texts)), sizes)
    place = np.arange(len(number)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    kept = place < digits.shape[1]
    signs = np.zeros((len(texts), digits.shape[1]), np.int64)
    # "+" is byte 43 and "-" byte 45.
    signs[number[kept], place[kept]] = 44 - np.frombuffer(joined, np.uint8).astype(np.int64)[kept]
    return signs * digits[patterns.rows], sizes == lengths[patterns.rows]


def _whole(batch: Batch, path: str) -> _Found | None:
    """Whole numbers at a path, nulls as -1, and their rows; None if there are no such numbers."""
    column = batch.column(path)
    if column is None or not pa.types.is_integer(column.values.type):
        return None
    return np.asarray(pc.fill_null(column.values.cast(pa.int64()), -1)), column.rows


def _matrix(
    values: Integers, rows: Integers, size: int, width: int | None = None
) -> tuple[Integers, Integers]:
    """Lists as rows of a matrix, cut or filled up with zeros to a width, and their lengths."""
    lengths = np.bincount(rows, minlength=size)
    places = np.arange(len(rows)) - (np.cumsum(lengths) - lengths)[rows]
    matrix = np.zeros((size, max(1, int(lengths.max(initial=0))) if width is None else width), np.int64)
    kept = places < matrix.shape[1]
    matrix[rows[kept], places[kept]] = values[kept]
    return matrix, lengths


def _distances(nodes: int, edges: Integers, starts: Integers) -> Integers:
    """Edges from the nearest start to each node of a graph; -1 where none leads."""
    distance = np.full(nodes, -1)
    distance[starts] = 0
    depth = 0
    while True:
        reached = edges[distance[edges[:, 0]] == depth, 1]
        reached = reached[distance[reached] < 0]
        if not len(reached):
            return distance
        depth += 1
        distance[reached] = depth


RULES: tuple[Declared, ...] = (
    rule("duplicate-id"),
    rule("mnns-targets", configs=MNNS),
    rule("mnns-answer", configs=MNNS),
    rule("mnns-split", configs=MNNS),
    rule("label-balance", field="answer", expected=_SHARES, configs=("mnns-4x9",)),
    rule("prosqa-path", configs=PROSQA),
    rule("cross-field", left="len(digits)", operator="==", right="len(trace)", configs=MNNS),
    rule("cross-field", left="target", operator="!=", right="neg_target", configs=PROSQA),
    rule("shared-text", field="question", configs=PROSQA, severity="warning"),
    rule("duplicate-text", field="question", configs=PROSQA, severity="warning"),
    rule("empty-text", fields=["question", "answer", "steps[]"], configs=PROSQA),
    rule("mojibake", field="question", configs=PROSQA),
)

SUPPRESSIONS: tuple[Suppression, ...] = ()

OWN_RULES: tuple[type[Rule], ...] = (MnnsTargets, MnnsAnswer, MnnsSplit, ProsqaPath)
