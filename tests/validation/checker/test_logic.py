"""Schemas combined, against `jsonschema`; where nothing or everything fails too."""

from typing import Any

import jsonschema
import pyarrow as pa
import pytest

from .tabled import column, rows_failing, told

VALUES = [None, 0, 1, 2, 3, 5, 10]
BRANCHES: list[Any] = [
    True,
    False,
    {"minimum": 2},
    {"maximum": 3},
    {"type": "null"},
    {"type": "string"},
    {"multipleOf": 5},
]
PAIRS = [(left, right) for left in BRANCHES for right in BRANCHES]


@pytest.mark.parametrize(("left", "right"), PAIRS, ids=str)
def test_pairs_of_schemas(left: Any, right: Any):
    array = pa.array([7, *VALUES], pa.int16()).slice(1)
    for schema in (
        {"anyOf": [left, right]},
        {"oneOf": [left, right]},
        {"oneOf": [left, right, left]},
        {"allOf": [left, right]},
        {"not": left, "anyOf": [right]},
        {"if": left, "then": right},
        {"if": left, "else": right},
        {"if": left, "then": {"not": right}, "else": right},
        {"then": left, "else": right},
        {"allOf": [{"if": left, "then": {"if": right, "then": False}}]},
    ):
        check = jsonschema.Draft202012Validator(schema)
        expected = [index for index, each in enumerate(VALUES) for _ in check.iter_errors(each)]
        assert rows_failing(schema, array) == expected, schema


def test_only_chosen_elements_count():
    batch = column([[1, 2], [3], None, [4]])
    schema = {
        "if": {"maxItems": 1},
        "then": {"items": {"anyOf": [{"maximum": 3}, {"minimum": 9}]}},
        "else": {"items": {"not": {"const": 2}}},
    }
    assert told({"properties": {"a": schema}}, batch) == [(0, "/a/1", "not"), (3, "/a/0", "anyOf")]
    nested = {"if": {"maxItems": 1}, "then": {"contains": {"maximum": 3}, "prefixItems": [False]}}
    assert told({"properties": {"a": nested}}, batch) == [
        (1, "/a", "false"),
        (3, "/a", "contains"),
        (3, "/a", "false"),
    ]
