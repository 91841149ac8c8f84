"""Limits: all violations are counted, the first are shown, and with the first of a row all of it."""

import os
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mensrea.validation.checker.table import TableChecker

from .strategies import Table, tables
from .tabled import column

VECTORISED = {"items": {"maximum": 0}}
# `enum` of objects, patterns that look ahead: what the engine of rows does.
ROW_BY_ROW = {"items": {"properties": {"b": {"enum": [{"c": 0}]}}}}


@settings(
    max_examples=60,
    deadline=None,
    derandomize="CI" in os.environ,
    suppress_health_check=list[Any](HealthCheck),
)
@given(tables(20), st.integers(0, 40))
def test_the_first_are_kept_with_their_rows(table: Table, most: int):
    checker = TableChecker(table.schema, table.batch.schema)
    whole, some = checker.check(table.batch, 10**6), checker.check(table.batch, most)
    assert (some.rows, some.invalid, some.counts) == (whole.rows, whole.invalid, whole.counts)
    shown = len(some.violations)
    assert list(some.violations) == list(whole.violations[:shown])
    assert shown >= min(most, len(whole.violations))
    rest = whole.violations[shown:]
    if shown and rest:
        assert rest[0].row > some.violations[-1].row
        assert not most or some.violations[most - 1].row == some.violations[-1].row
    assert [each.row for each in whole.violations] == sorted(each.row for each in whole.violations)


def objects(values: list[list[int]]) -> Any:
    return [[{"b": {"c": each}} for each in every] for every in values]


@pytest.mark.parametrize(("most", "shown"), [(0, 0), (1, 3), (2, 3), (3, 3), (4, 5), (5, 5), (9, 5)])
@pytest.mark.parametrize("by_row", [False, True])
def test_a_row_with_several_elements_is_shown_whole(most: int, shown: int, by_row: bool):  # noqa: FBT001
    values = [[0], [1, 1, 0, 1], [], [1, 1]]
    batch = column(objects(values) if by_row else values)
    checker = TableChecker({"properties": {"a": ROW_BY_ROW if by_row else VECTORISED}}, batch.schema)
    result = checker.check(batch, most)
    assert (result.invalid, result.counts.total(), len(result.violations)) == (2, 5, shown)
    assert [each.pointer.split("/")[2] for each in result.violations] == ["0", "1", "3", "0", "1"][:shown]


def test_a_row_that_the_engine_of_rows_gets_in_parts_is_shown_whole():
    batch = column(objects([[1] * 25_000, [1]]))
    result = TableChecker({"properties": {"a": ROW_BY_ROW}}, batch.schema).check(batch, 1)
    assert (result.invalid, result.counts, len(result.violations)) == (2, {"enum": 25_001}, 25_000)


def test_few_rows_are_described_where_few_violations_are_wanted():
    batch = column([[1] * 100] * 1000)
    checker = TableChecker({"properties": {"a": VECTORISED}}, batch.schema)
    assert len(checker.check(batch, 150).violations) == 200


def test_equal_batches_tell_the_same():
    batch = column([3, 1, 2], pa.int8())
    checker = TableChecker({"properties": {"a": {"maximum": 1}}}, batch.schema)
    assert checker.check(batch, 5) == checker.check(batch, 5)
