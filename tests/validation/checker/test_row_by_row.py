"""What goes to the engine of rows: the JSON values of elements, looked at once for each text."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from mensrea.validation.checker.row_by_row import RowByRow, converter, shower
from mensrea.validation.checker.rowwise import RowEngine
from mensrea.validation.checker.sink import Sink
from mensrea.validation.checker.values import Root, Values

JSON = pa.ExtensionArray.from_storage(pa.json_(), pa.array(['{"a":1}', None, "[1", "null"]))

LONG = pa.ExtensionArray.from_storage(
    pa.json_(), pa.array([f'{{"a":[{2**64 + 1},{-(2**70)}]}}', f'"{"1" * 20}"', f"1.{'0' * 20}"])
)


@pytest.mark.parametrize(
    ("array", "absent", "expected"),
    [
        (pa.array([{"a": None, "b": {"c": None}}]), False, [{"a": None, "b": {"c": None}}]),
        (pa.array([{"a": None, "b": {"c": None}}]), True, [{"b": {}}]),
        (pa.array([[{"a": None}], None]), True, [[{}], None]),
        (pa.array([[("a", None)], None], pa.map_(pa.string(), pa.int8())), True, [{"a": None}, None]),
        (JSON.take(pa.array([0, 1, 3])), True, [{"a": 1}, None, None]),
        (pa.StructArray.from_arrays([JSON.slice(3)], ["j"]), True, [{"j": None}]),
        (LONG, True, [{"a": [2**64 + 1, -(2**70)]}, "1" * 20, 1.0]),
    ],
    ids=str,
)
def test_elements_become_json_values(array: Any, absent: bool, expected: list[Any]):  # noqa: FBT001
    convert = converter(array.type, null_is_absent=absent)
    values = array.to_pylist()
    assert (values if convert is None else [convert(each) for each in values]) == expected
    assert [shower(array.type, null_is_absent=absent)(each) for each in array] == expected


@pytest.mark.parametrize(
    "kind", [pa.int8(), pa.string(), pa.list_(pa.string()), pa.struct([("a", pa.list_(pa.int8()))])]
)
def test_what_is_json_already_is_not_converted(kind: pa.DataType):
    assert converter(kind, null_is_absent=False) is None


def test_text_that_is_no_json_is_told_and_shown_as_it_is():
    check = RowByRow(RowEngine({"type": "object"}), converter(JSON.type, null_is_absent=False))
    values = Values(JSON, Root())
    sink = Sink(len(JSON), 9)
    check.tell(values, sink)
    told = [(each.row, each.keyword) for each in sink.result().violations]
    assert told == [(1, "type"), (2, "json"), (3, "type")]
    assert shower(JSON.type, null_is_absent=False)(JSON[2]) == "[1"
    mask = check.fails(values.among(np.array([True, False, True, False])))
    assert mask is not None
    assert mask.tolist() == [False, False, True, False]


def test_equal_texts_are_looked_at_once():
    seen: list[Any] = []

    class Counting(RowEngine):
        def invalid(self, rows: Any) -> list[int]:
            seen.extend(rows)
            return super().invalid(rows)

    texts = pa.array(["x", *["a", "b", None] * 1000]).slice(1)
    mask = RowByRow(Counting({"const": "a"}), None, repeats=True).fails(Values(texts, Root()))
    assert mask is not None
    assert mask.tolist() == [False, True, True] * 1000
    assert seen == ["a", "b", None]


def test_nothing_chosen_is_nothing_told():
    values = Values(pa.array(["a"]), Root(), np.array([False]))
    for repeats in (False, True):
        assert RowByRow(RowEngine(False), None, repeats=repeats).fails(values) is None  # noqa: FBT003
