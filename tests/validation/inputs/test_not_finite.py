"""Numbers that JSON doesn't have: in tables and in values the same findings."""

import math
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mensrea.errors import UsageError
from mensrea.validation.inputs.batch import Batch, Place
from mensrea.validation.inputs.not_finite import in_table, in_values

ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "a.b": st.floats() | st.none(),
            "list": st.lists(st.floats(), max_size=3) | st.none(),
            "deep": st.fixed_dictionaries({"x~/": st.lists(st.lists(st.floats(), max_size=2), max_size=2)}),
        }
    ),
    min_size=1,
    max_size=5,
)
KINDS = pa.schema(
    {
        "a.b": pa.float64(),
        "list": pa.list_(pa.float64()),
        "deep": pa.struct({"x~/": pa.list_(pa.list_(pa.float64()))}),
    }
)


def places(value: Any, at: str = "") -> list[str]:
    if isinstance(value, dict):
        named = ((name.replace("~", "~0").replace("/", "~1"), value[name]) for name in value)
        return [each for name, item in named for each in places(item, f"{at}/{name}")]
    if isinstance(value, list):
        return [each for index, item in enumerate(value) for each in places(item, f"{at}/{index}")]
    return [at] if isinstance(value, float) and not math.isfinite(value) else []


@settings(deadline=None)
@given(rows=ROWS)
def test_tables_and_values_give_every_place(rows: list[dict[str, Any]]) -> None:
    rows = [{name: row[name] for name in KINDS.names} for row in rows]
    batch = Batch(pa.RecordBatch.from_pylist(rows, KINDS), Place("c", "s"), 7)
    expected = [(number + 7, at) for number, row in enumerate(rows) for at in places(row)]
    assert [(each.row, each.field) for each in in_table(batch)] == expected
    assert list(in_table(batch)) == list(in_values(rows, batch))


@pytest.mark.parametrize(
    "column",
    [
        pa.array([1.5, float("nan"), None]),
        pa.array([1.5, float("inf")], pa.float32()),
        pa.array([None, -np.inf], pa.float16()),
        pa.array([1.0, float("nan")]).dictionary_encode(),
        pa.array([[0.0, 1.0], [0.0, math.nan]], pa.list_(pa.float64(), 2)),
        pa.array([[], [math.nan]], pa.large_list(pa.float64())),
        pa.array([None, {"x": math.nan}]),
    ],
    ids=str,
)
def test_of_every_type(column: pa.Array) -> None:
    (finding,) = in_table(Batch(pa.record_batch({"n": column}).slice(1)))
    assert (finding.code, finding.row, finding.severity) == ("not-finite", 0, "error")


@pytest.mark.parametrize(
    "value", [b"x", {1, 2}, object(), 1j, np.int64(1)], ids=lambda each: type(each).__name__
)
def test_what_json_does_not_have_is_refused(value: Any) -> None:
    rows = [{"a": 1}, {"a": [value]}]
    with pytest.raises(UsageError, match=r"row 1 /a/0: found a \S+, expected a value that JSON has"):
        list(in_values(rows, Batch(pa.record_batch({"a": [1, 2]}))))
