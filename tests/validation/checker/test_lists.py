"""Keywords of arrays, over lists of every layout."""

from typing import Any

import pyarrow as pa
import pytest

from .tabled import column, messages, rows_failing, told

VALUES = [["a", "b"], None, [], ["a", "a"], ["b", None, "b"], [None, None]]
KINDS = [
    pa.list_(pa.string()),
    pa.large_list(pa.string_view()),
    pa.list_view(pa.string()),
    pa.large_list_view(pa.string()),
]


@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize(
    ("schema", "failing"),
    [
        ({"minItems": 2}, [2]),
        ({"minItems": 10**30}, [0, 2, 3, 4, 5]),
        ({"maxItems": 2}, [4]),
        ({"maxItems": 0.0}, [0, 3, 4, 5]),
        ({"uniqueItems": True}, [3, 4, 5]),
        ({"uniqueItems": False}, []),
        ({"items": {"type": "string"}}, [4, 5, 5]),
        ({"items": {"enum": ["a", None]}}, [0, 4, 4]),
        ({"prefixItems": [{"const": "a"}]}, [4, 5]),
        ({"prefixItems": [True, {"const": "b"}], "items": False}, [3, 4, 4, 5]),
        ({"prefixItems": [True, True], "items": {"const": None}}, [4]),
        ({"contains": {"const": "b"}}, [2, 3, 5]),
        ({"contains": {"const": "a"}, "minContains": 2}, [0, 2, 4, 5]),
        ({"contains": {"const": "a"}, "minContains": 0, "maxContains": 1}, [3]),
        ({"unevaluatedItems": False}, [0, 3, 4, 5]),
        ({"prefixItems": [True, True], "unevaluatedItems": False}, [4]),
        ({"items": {"const": "a"}, "unevaluatedItems": False}, [0, 4, 4, 4, 5, 5]),
        ({"contains": {"type": ["string", "null"]}, "unevaluatedItems": False}, [2]),
        ({"enum": [["a", "a"], None]}, [0, 2, 4, 5]),
        ({"items": {"type": "integer"}, "not": {}}, [*range(6), 0, 0, 3, 3, 4, 4, 4, 5, 5]),
    ],
)
def test_lists_fail(kind: pa.DataType, schema: Any, failing: list[int]):
    array = pa.array([["z"], *VALUES, ["y"]], kind).slice(1, len(VALUES))
    assert sorted(rows_failing(schema, array)) == sorted(failing)


@pytest.mark.parametrize(
    ("values", "kind", "failing"),
    [
        ([[0.0, -0.0], [1.0, 2.0], [None, 1.0]], pa.list_(pa.float32()), [0]),
        ([[float("nan")] * 2, [1.0, 1.0]], pa.list_(pa.float64()), [1]),
        ([[True, False], [True, True]], pa.list_(pa.bool_()), [1]),
        ([[None, None], [None], []], pa.list_(pa.null()), [0]),
        ([[[1], [1]], [[1], [2]]], pa.list_(pa.list_(pa.int8())), [0]),
        ([[{"a": 1}, {"a": 1}], [{"a": 1}, None]], pa.list_(pa.struct([("a", pa.int8())])), [0]),
        ([[2**64 - 1, 2**64 - 2], [2**64 - 1] * 2], pa.list_(pa.uint64()), [1]),
        ([["a", "a"], None, ["a", "b"]], pa.list_(pa.string(), 2), [0]),
    ],
)
def test_equal_items(values: Any, kind: pa.DataType, failing: list[int]):
    assert rows_failing({"uniqueItems": True}, values, kind) == failing


def test_lists_in_lists_are_placed():
    batch = column([[[1], [2, 3]], None, [None, [4]]])
    schema = {"properties": {"a": {"items": {"items": {"maximum": 2}}}}}
    assert told(schema, batch) == [(0, "/a/1/1", "maximum"), (2, "/a/1/0", "maximum")]
    assert told(schema, batch.slice(2)) == [(0, "/a/1/0", "maximum")]


def test_fixed_sizes_under_null():
    array = pa.FixedSizeListArray.from_arrays(
        pa.array([1, 2, 9, 9, 3, 4]), 2, mask=pa.array([False, True, False])
    )
    assert rows_failing({"items": {"maximum": 2}}, array) == [2, 2]
    assert rows_failing({"items": {"maximum": 2}, "minItems": 3}, array.slice(1)) == [1, 1, 1]


def test_messages_count_and_show():
    schema = {"minItems": 3, "contains": {"const": 1}, "prefixItems": [False], "maxItems": 1}
    assert messages({"properties": {"a": schema}}, column([[2, 3]])) == [
        "no item of [2, 3] matches, expected at least 1 as in contains",
        "found 2, expected nothing: the schema here is false",
        "2 items, expected at most 1",
        "2 items, expected at least 3",
    ]
