"""The vectorised checker over other Arrow layouts of the same rows, against the engine of rows."""

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mensrea.validation.checker.rowwise import RowEngine
from mensrea.validation.checker.table import TableChecker
from mensrea.validation.checker.violations import BatchResult, Violation

from .layouts import relaid
from .strategies import Table, tables, without_nulls

compare = settings(
    max_examples=70,
    deadline=None,
    derandomize="CI" in os.environ,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)


def told(result: BatchResult) -> list[tuple[int, str, str, str]]:
    """The violations, with what the engines say of each."""
    return sorted((each.row, each.pointer, each.keyword, said(each)) for each in result.violations)


def said(violation: Violation) -> str:
    """The message, where the engines agree on it.

    The engine of rows doesn't see `minContains` where nothing matches `contains`, and shows the members of
    the schema's own objects by name.
    """
    if violation.keyword == "contains":
        return ""
    return violation.message if violation.keyword not in ("const", "enum") else violation.message[:20]


def settled(result: BatchResult, other: BatchResult) -> list[tuple[int, str, str, str]]:
    """What is told, but for `unevaluated…` in rows that are broken by another keyword too."""
    both = set(told(result)) & set(told(other))
    broken = {row for row, _, keyword, _ in both if not keyword.startswith("unevaluated")}
    return [each for each in told(result) if each[0] not in broken or not each[2].startswith("unevaluated")]


@pytest.mark.parametrize("null_is_absent", [False, True])
def test_layouts_and_slices_tell_what_the_rows_tell(null_is_absent: bool):  # noqa: FBT001
    @compare
    @given(tables(30), st.integers(0, 999))
    def each(table: Table, seed: int) -> None:
        batch = relaid(table.batch, seed)
        assert batch.to_pylist() == table.rows
        rows: list[Any] = [without_nulls(row) for row in table.rows] if null_is_absent else table.rows
        expected = RowEngine(table.schema).check(rows, 10**6)
        checker = TableChecker(table.schema, batch.schema, null_is_absent=null_is_absent)
        result = checker.check(batch, 10**6)
        assert settled(result, expected) == settled(expected, result), table.schema
        middle = checker.check(batch.slice(7, 11), 10**6)
        assert told(middle) == [(row - 7, *rest) for row, *rest in told(result) if 7 <= row < 18]

    each()
