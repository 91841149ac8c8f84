"""Blocks of JSON lines against a schema: regular lines as columns, the others one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from threading import Event, Lock
from typing import Any, Literal, cast

import numpy as np
import pyarrow as pa

from ..errors import UsageError
from .checker.rowwise import RowEngine
from .checker.table import TableChecker
from .checker.violations import BatchResult, Violation
from .findings import Finding
from .inputs.columns import ColumnMaker
from .inputs.json_arrow import ArrowBlock, arrow_hint, as_arrow
from .inputs.json_lines import Indices, LineBlock, parse_block
from .inputs.parallel import MOST_THREADS
from .report import KeywordPlan
from .schema_check import SchemaOptions

# Beyond so many shapes of columns a file is too irregular for compiling to pay.
_MOST_SHAPES = 64
# Between so many lines a check looks whether it is still wanted.
_LINES_AT_ONCE = 1_000
_LAG = MOST_THREADS + 3
_WITHOUT_VALUE = frozenset({"broken-line", "invalid-utf8"})
_SLOW: Literal["row by row"] = "row by row"


@dataclass(slots=True)
class CheckedBlock:
    """What one block shows.

    Attributes:
        result: The schema's violations; `row` is a line's position in the block.
        findings: What is wrong with the lines themselves.
        broken: How many lines hold no value.
        rows: The values, if they were asked for.
        lines: The line of each of them.
        hint: Types of columns that worked, for later blocks.
    """

    result: BatchResult
    findings: Sequence[Finding] = ()
    broken: int = 0
    rows: list[Any] = field(default_factory=list[Any])
    lines: Indices = field(default_factory=lambda: np.zeros(0, np.int64))
    hint: pa.Schema | None = None


class Hints:
    """Types of columns for each block of a file: those that worked for a block some way before it.

    How far before doesn't depend on the number of threads, so that neither does the outcome.
    """

    def __init__(self, first: pa.Schema) -> None:
        """Start with the types that the schema makes plain."""
        self._known = [first] * _LAG

    def beside(self, blocks: Iterable[LineBlock]) -> Iterator[tuple[LineBlock, pa.Schema]]:
        """The blocks, each with its types."""
        for number, block in enumerate(blocks):
            yield block, self._known[number]

    def learn(self, hint: pa.Schema | None) -> None:
        """Take what worked for the next block; call it in their order."""
        self._known.append(self._known[-1] if hint is None else hint)


class LineChecker:
    """Checks the blocks of one file; its `check` may run in several threads.

    Attributes:
        hint: The types of columns that the schema makes plain.
    """

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
        self.hint = pa.schema([]) if options.document is None else arrow_hint(options.document)
        self._engine = None if options.document is None else _engine(options)
        self._checkers: dict[pa.Schema, TableChecker] = {}
        self._lock = Lock()
        self._stopped = Event()

    @property
    def plan(self) -> list[KeywordPlan]:
        """Where keywords ran, over all shapes of columns."""
        if self._checkers or self._engine is None:
            return [each for checker in self._checkers.values() for each in checker.plan]
        every = cast("TableChecker", self._options.table_checker(self.hint, null_is_absent=True)).plan
        return [each if each.engine == "annotation" else KeywordPlan(each.pointer, _SLOW) for each in every]

    def columns(self) -> ColumnMaker:
        """Makes columns of the kept values."""
        return ColumnMaker(self.hint)

    def check(self, block: LineBlock, most: int, hint: pa.Schema | None = None) -> CheckedBlock:
        """The violations of a block, of which `most` in full, and what is wrong with its lines.

        Args:
            block: Lines.
            most: How many violations are described; all are counted.
            hint: Types of columns that worked for an earlier block.
        """
        arrow = self._arrow(block, self.hint if hint is None else hint)
        checker = None if arrow is None else self._checker(arrow.batch.schema)
        if arrow is None or checker is None:
            return self._slowly(block, np.arange(block.lines, dtype=np.int64), [], most)
        result = _moved(checker.check(arrow.batch, most), arrow.positions)
        result.violations = self._as_written(block, result.violations)
        checked = self._slowly(block, arrow.slow, [result], most)
        checked.hint = arrow.schema
        return checked

    def values(self, rows: Sequence[Any], most: int) -> BatchResult:
        """The violations of values that were parsed already.

        Raises:
            UsageError: They are no JSON values.
        """
        if self._engine is None:
            return BatchResult(len(rows))
        try:
            return self._engine.check(rows, most)
        except (ValueError, TypeError) as error:
            raise UsageError(f"rows hold what JSON doesn't have: {error}") from error

    def _slowly(
        self, block: LineBlock, positions: Indices, parts: list[BatchResult], most: int
    ) -> CheckedBlock:
        findings = list(block.findings)
        rows: list[Any] = []
        lines: list[Indices] = []
        broken = block.skipped
        for start in range(0, len(positions), _LINES_AT_ONCE):
            if self._stopped.is_set():
                break
            parsed = parse_block(block, positions[start : start + _LINES_AT_ONCE])
            findings += parsed.findings
            broken += sum(each.code in _WITHOUT_VALUE for each in parsed.findings)
            if self._engine is not None and parsed.rows:
                result = self._engine.check(parsed.rows, most)
                parts.append(_moved(result, parsed.lines - block.first_line))
            if self._keep_rows:
                rows += parsed.rows
                lines.append(parsed.lines)
        checked = CheckedBlock(_joined(parts, block.lines, most), findings, rows=rows)
        checked.broken = broken
        checked.lines = np.concatenate(lines) if lines else checked.lines
        return checked

    def stop(self) -> None:
        """Let checks in flight end early; what they give is of no use then."""
        self._stopped.set()

    def _arrow(self, block: LineBlock, hint: pa.Schema) -> ArrowBlock | None:
        if self._engine is None or self._keep_rows or not block.lines:
            return None
        return as_arrow(block, hint)

    def _as_written(self, block: LineBlock, violations: Sequence[Violation]) -> Sequence[Violation]:
        """The violations of the same lines, told from the text: a column may hold 7.0 where it says 7."""
        positions = np.unique(np.asarray([each.row for each in violations], np.int64))
        if not len(positions):
            return violations
        parsed = parse_block(block, positions)
        exact = cast("RowEngine", self._engine).check(parsed.rows, len(violations))
        return _moved(exact, parsed.lines - block.first_line).violations

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
