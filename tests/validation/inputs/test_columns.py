"""JSON values as columns: nothing raises, and what fits its column is there."""

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mensrea.validation.inputs.columns import ColumnMaker

LEAVES = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=3)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=6,
)
NO_TYPES = pa.schema([])


@settings(deadline=None)
@given(batches=st.lists(st.lists(VALUES, max_size=4), max_size=3))
def test_any_values_make_as_many_rows(batches: list[list[Any]]) -> None:
    maker = ColumnMaker(NO_TYPES)
    for rows in batches:
        assert maker.batch(rows).num_rows == len(rows)


def test_a_column_keeps_its_first_type() -> None:
    maker = ColumnMaker(NO_TYPES)
    assert maker.batch([{"a": 1}, {"a": None}]).column("a").to_pylist() == [1, None]
    assert maker.batch([{"a": "x"}, {"a": 2}]).column("a").to_pylist() == [None, 2]


def test_a_known_type_comes_first() -> None:
    maker = ColumnMaker(pa.schema({"a": pa.string()}))
    assert maker.batch([{"a": 1}, {"a": "x"}]).column("a").to_pylist() == [None, "x"]


def test_nulls_decide_no_type() -> None:
    maker = ColumnMaker(NO_TYPES)
    maker.batch([{"a": None}])
    assert maker.batch([{"a": "x"}]).column("a").to_pylist() == ["x"]


@pytest.mark.parametrize("rows", [[1, "x", None], [{}], [[{"a": 1}]]])
def test_what_is_no_object_is_a_row_without_values(rows: list[Any]) -> None:
    batch = ColumnMaker(NO_TYPES).batch(rows)
    assert (batch.num_rows, batch.schema.names) == (len(rows), [""])


def test_members_come_and_go() -> None:
    batch = ColumnMaker(NO_TYPES).batch([{"a": 1}, {"b": "x"}, 3])
    assert batch.to_pydict() == {"a": [1, None, None], "b": [None, "x", None]}


def test_a_name_that_arrow_does_not_take_is_left_out() -> None:
    batch = ColumnMaker(NO_TYPES).batch([{"\ud800": 1, "😀": 2, 3: 4}, {"\udfffb": {"\ud800": 1}}])
    assert batch.to_pylist() == [{"😀": 2}, {"😀": None}]
