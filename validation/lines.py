"""Blocks of JSON lines against a schema: regular lines as columns, the others one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any, cast

import numpy as np
import pyarrow as pa

from .checker.rowwise import RowEngine
from .checker.table import TableChecker
from .checker.violations import BatchResult, Violation
from .findings import Finding
from .inputs.columns import ColumnMaker
from .inputs.json_arrow import ArrowBlock, arrow_hint, as_arrow
from .inputs.json_lines import Indices, LineBlock, parse_block
from .report import KeywordPlan
from .schema_check import SchemaOptions

# Beyond so many shapes of columns a file is too irregular for compiling to pay.
_MOST_SHAPES = 64
_WITHOUT_VALUE = frozenset({"broken-line", "invalid-utf8"})


@dataclass(slots=True)
class CheckedBlock:
    """What one block shows.

    Attributes:
        result: The schema's violations; `row` is a line's position in the block.
        findings: What is wrong with the lines themselves.
        broken: How many lines hold no value.
        rows: The values, if they were asked for.
        lines: The line of each of them.
    """

    result: BatchResult
    findings: Sequence[Finding] = ()
    broken: int = 0
    rows: list[Any] = field(default_factory=list[Any])
    lines: Indices = field(default_factory=lambda: np.zeros(0, np.int64))


class LineChecker:
    """Checks the blocks of one file; its `check` may run in several threads."""

    def __init__(self, options: SchemaOptions, *, keep_rows: bool) -> None:
        """Compile.

        Args:
            options: The schema.
            keep_rows: Whether the values are asked for.

        Raises:
            SchemaError: The schema can't be used.
        """
        self._options = options
        self._keep_rows = keep_rows
        self._hint = pa.schema([]) if options.document is None else arrow_hint(options.document)
        self._engine = None if options.document is None else _engine(options)
        self._checkers: dict[pa.Schema, TableChecker] = {}
        self._lock = Lock()

    @property
    def plan(self) -> list[KeywordPlan]:
        """Where keywords ran, over all shapes of columns."""
        return [each for checker in self._checkers.values() for each in checker.plan]

    def columns(self) -> ColumnMaker:
        """Makes columns of the kept values."""
        return ColumnMaker(self._hint)

    def check(self, block: LineBlock, most: int) -> CheckedBlock:
        """The violations of a block, of which `most` in full, and what is wrong with its lines."""
        arrow = None if self._engine is None or self._keep_rows else self._arrow(block)
        parts: list[BatchResult] = []
        slow: Indices = np.arange(block.lines, dtype=np.int64)
        if arrow is not None:
            checker = self._checker(arrow.batch.schema)
            if checker is not None:
                parts.append(_moved(checker.check(arrow.batch, most), arrow.positions))
                slow = arrow.slow
        return self._slowly(block, slow, parts, most)

    def values(self, rows: Sequence[Any], most: int) -> BatchResult:
        """The violations of values that were parsed already."""
        return BatchResult(len(rows)) if self._engine is None else self._engine.check(rows, most)

    def _slowly(
        self, block: LineBlock, positions: Indices, parts: list[BatchResult], most: int
    ) -> CheckedBlock:
        parsed = parse_block(block, positions if len(positions) < block.lines else None)
        if self._engine is not None and parsed.rows:
            result = self._engine.check(parsed.rows, most)
            parts.append(_moved(result, parsed.lines - block.first_line))
        findings = [*block.findings, *parsed.findings]
        checked = CheckedBlock(_joined(parts, block.lines, most), findings)
        checked.broken = block.skipped + sum(each.code in _WITHOUT_VALUE for each in parsed.findings)
        if self._keep_rows:
            checked.rows, checked.lines = parsed.rows, parsed.lines
        return checked

    def _arrow(self, block: LineBlock) -> ArrowBlock | None:
        found = as_arrow(block, self._hint)
        if found is not None:
            self._hint = found.schema
        return found

    def _checker(self, columns: pa.Schema) -> TableChecker | None:
        with self._lock:
            if columns not in self._checkers:
                if len(self._checkers) >= _MOST_SHAPES:
                    return None
                made = self._options.table_checker(columns, null_is_absent=True)
                self._checkers[columns] = cast("TableChecker", made)
            return self._checkers[columns]


def _engine(options: SchemaOptions) -> RowEngine:
    return RowEngine(
        cast("Any", options.document),
        resources=options.resources,
        base_uri=options.base_uri,
        formats=options.formats,
    )


def _moved(result: BatchResult, positions: Indices) -> BatchResult:
    """The result with rows numbered as lines of the block."""
    violations = [replace(each, row=int(positions[each.row])) for each in result.violations]
    return BatchResult(result.rows, result.invalid, result.counts, violations)


def _joined(parts: Sequence[BatchResult], rows: int, most: int) -> BatchResult:
    counts: Counter[str] = Counter()
    for part in parts:
        counts.update(part.counts)
    violations: list[Violation] = [each for part in parts for each in part.violations]
    violations.sort(key=lambda each: (each.row, each.pointer, each.keyword))
    return BatchResult(rows, sum(part.invalid for part in parts), counts, violations[:most])
