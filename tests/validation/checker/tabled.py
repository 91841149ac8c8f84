"""Short ways to a table, a checker and what it tells."""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
from mensrea.validation.checker.table import TableChecker

Told = list[tuple[int, str, str]]


def column(values: Any, kind: pa.DataType | None = None, name: str = "a") -> pa.RecordBatch:
    """A table of one column."""
    array = values if isinstance(values, pa.Array) else pa.array(values, kind)
    return pa.RecordBatch.from_arrays([array], names=[name])


def told(schema: Any, batch: pa.RecordBatch, most: int = 1000, **options: Any) -> Told:
    """Row, pointer and keyword of what a schema of rows finds."""
    checker = TableChecker(schema, batch.schema, **options)
    result = checker.check(batch, most)
    broken = {row for row, mask in enumerate(checker.invalid(batch).tolist()) if mask}
    assert result.rows == batch.num_rows
    assert result.invalid == len(broken)
    assert {each.row for each in result.violations} == broken
    assert result.counts.total() == len(result.violations)
    return [(each.row, each.pointer, each.keyword) for each in result.violations]


def rows_failing(schema: Any, values: Any, kind: pa.DataType | None = None, **options: Any) -> list[int]:
    """The elements of a column that a schema refuses, each once for every keyword."""
    return [row for row, _, _ in told({"properties": {"a": schema}}, column(values, kind), **options)]


def messages(schema: Any, batch: pa.RecordBatch, **options: Any) -> list[str]:
    """What the violations say."""
    found = TableChecker(schema, batch.schema, **options).check(batch, 1000).violations
    return [each.message for each in found]


def engines(schema: Any, columns: pa.Schema, **options: Any) -> Mapping[str, str]:
    """The plan: the engine by the keyword's pointer."""
    return {each.pointer: each.engine for each in TableChecker(schema, columns, **options).plan}
