"""Bounds and multiples, exact at the ends of types, and for decimals as they are written."""

import json
import math
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from mensrea.validation.checker.rowwise import RowEngine
from mensrea.validation.checker.table import TableChecker

from .tabled import column, engines, rows_failing

TOP = 2**64 - 1
NOT_FINITE = [math.nan, math.inf, -math.inf]
FLOATS = [pa.float16(), pa.float32(), pa.float64()]


@pytest.mark.parametrize(
    ("schema", "values", "kind", "failing"),
    [
        ({"minimum": 2**63 + 1}, [TOP, 2**63, 5, None], pa.uint64(), [1, 2]),
        ({"exclusiveMaximum": TOP}, [TOP, TOP - 1], pa.uint64(), [0]),
        ({"maximum": 2.0**63}, [TOP, 2**63, 2**63 + 1], pa.uint64(), [0, 2]),
        ({"minimum": -(2**63)}, [-(2**63)], pa.int64(), []),
        ({"exclusiveMinimum": -128}, [-128, -127], pa.int8(), [0]),
        ({"minimum": 1.5}, [1, 2], pa.int8(), [0]),
        ({"exclusiveMinimum": 1.5}, [1, 2], pa.int8(), [0]),
        ({"maximum": -1.5}, [-1, -2], pa.int8(), [0]),
        ({"minimum": 200}, [1, None, 127], pa.int8(), [0, 2]),
        ({"maximum": 200}, [1, None, 127], pa.int8(), []),
        ({"maximum": -1}, [0, None], pa.uint8(), [0]),
        ({"minimum": 10**400}, [1, None], pa.int64(), [0]),
        ({"maximum": 10**400}, [1, None], pa.int64(), []),
        ({"minimum": -(10**400)}, [1.0], pa.float64(), []),
        ({"maximum": 2**53 + 1}, [2.0**53, 2.0**53 + 2], pa.float64(), [1]),
        ({"multipleOf": 10**400}, [1, 0], pa.int64(), [0]),
        ({"multipleOf": 128}, [-128, 1, 0], pa.int8(), [1]),
        ({"multipleOf": 2**63}, [TOP, 2**63, 5], pa.uint64(), [0, 2]),
        ({"multipleOf": 0.1}, [1, -7, None], pa.int8(), []),
        ({"multipleOf": 1.5}, [1, 3, -6, 4], pa.int8(), [0, 3]),
        ({"multipleOf": 0.1}, [0.3, 0.35, None, -1e22, 1e300], pa.float64(), [1]),
        ({"multipleOf": 1e-30}, [0.3, 1e-31], pa.float64(), [1]),
        ({"multipleOf": 1e17}, [1e17, 3e17, 1e16, -0.0], pa.float64(), [2]),
        ({"type": "integer"}, [1.0, -0.0, 1.5, 1e300, None], pa.float64(), [2, 4]),
        ({"type": "integer"}, [1, None], pa.uint64(), [1]),
    ],
)  # fmt: skip
def test_numbers_fail(schema: Any, values: list[Any], kind: pa.DataType, failing: list[int]):
    assert rows_failing(schema, pa.array([0, *values, 0], kind).slice(1, len(values))) == failing


@pytest.mark.parametrize("kind", FLOATS, ids=str)
@pytest.mark.parametrize(
    "schema",
    [
        {"type": "number"}, {"type": "integer"}, {"type": ["number", "null"]}, {"maximum": 1}, {"minimum": 1},
        {"enum": [None, 1]}, {"enum": [*range(12)]}, {"const": 1.5}, {"multipleOf": 0.5},
        {"not": {"type": "null"}},
    ],
)  # fmt: skip
def test_what_is_not_finite_counts_as_null(kind: pa.DataType, schema: Any):
    batch = column(pa.array(np.array([1.0, *NOT_FINITE, -0.0, 1.5], kind.to_pandas_dtype())))
    whole = {"properties": {"a": schema}}
    told = TableChecker(whole, batch.schema).check(batch, 100)
    assert told == RowEngine(whole).check(batch.to_pylist(), 100)


def test_what_is_not_finite_is_shown_and_is_no_absent_member():
    batch = column([math.nan, None])
    schema = {"required": ["a"], "properties": {"a": {"type": "number"}}}
    found = TableChecker(schema, batch.schema, null_is_absent=True).check(batch, 9).violations
    assert [(each.row, each.keyword, each.message) for each in found] == [
        (0, "type", "found NaN, expected a number"),
        (1, "required", '"a" is missing'),
    ]


DIVISORS = st.sampled_from([0.1, 0.01, 0.3, 2.5, 1, 3, 7.0, 1e-7, 1e15, 123456789.125, 1e-25])


@given(
    st.lists(
        st.one_of(
            st.floats(allow_nan=False, allow_infinity=False), st.integers(-999, 999).map(lambda n: n / 10)
        )
    ),
    DIVISORS,
)
@example([0.3, 0.7, 1.1, 2.675, 1e22, 123456789012345.6, 5e-324, 1.7976931348623157e308], 0.1)
def test_multiples_are_those_of_decimals(numbers: list[float], divisor: float):
    step = Decimal(repr(divisor))
    expected = [index for index, each in enumerate(numbers) if not _divides(step, Decimal(repr(each)))]
    assert rows_failing({"multipleOf": divisor}, pa.array(numbers, pa.float64())) == expected


def _divides(step: Decimal, number: Decimal) -> bool:
    places = -min(int(step.as_tuple().exponent), int(number.as_tuple().exponent), 0)
    whole, by = (int(f"{each:.{places}f}".replace(".", "")) for each in (number, step))
    return whole % by == 0


@given(st.lists(st.integers(-(2**31), 2**31 - 1)), DIVISORS)
def test_whole_multiples_are_those_of_the_engine_of_rows(numbers: list[int], divisor: float):
    expected = RowEngine({"multipleOf": divisor}).invalid(json.loads(json.dumps(numbers)))
    assert rows_failing({"multipleOf": divisor}, pa.array(numbers, pa.int32())) == expected


def test_bounds_that_doubles_may_not_hold_go_row_by_row():
    kinds = pa.schema([("a", pa.float64())])
    plan = engines({"properties": {"a": {"minimum": 2**53 + 1, "maximum": 2**53}}}, kinds)
    assert plan["/properties/a/minimum"] == "row by row"
    assert plan["/properties/a/maximum"] == "vectorised"
