"""Names that `jsonschema-rs` leaves out of its paths, or takes for numbers."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator
from mensrea.validation.checker.rowwise import RowEngine

from .test_equal_to_jsonschema import expected, found

ODD = ["", "0", "1", "01", "007", "+1", "-1", "٣", '"]["z', '"]', "9" * 30, "~/"]


def agree(schema: Any, row: Any) -> int:
    """How many errors both find, at the same places."""
    Draft202012Validator.check_schema(schema)
    result = RowEngine(schema).check([row], 1000)
    assert found(result) == expected(schema, [row])
    assert all("\n" not in each.message for each in result.violations)
    return len(result.violations)


@pytest.mark.parametrize("name", ODD)
def test_a_name_stays_as_it_is(name: str) -> None:
    bad = {"type": "string"}
    inner: dict[str, Any] = {"properties": {name: bad, "a": False}, "additionalProperties": bad}
    schema = {"properties": {name: {"anyOf": [inner], **inner}}, "additionalProperties": inner}
    row = {name: {name: 1, "a": 2, "b": 3}, "c": {name: 4, "d": [5]}, "e": {"a": 6}}
    assert agree(schema, row) == 7
    assert agree({"additionalProperties": schema}, {"~/~1": row, "a": row}) == 14


@pytest.mark.parametrize("name", ODD)
def test_names_beside_indices(name: str) -> None:
    schema = {
        "additionalProperties": {
            "prefixItems": [{"required": ["x"]}, False],
            "items": {
                "properties": {name: {"contains": {"type": "string"}, "maxContains": 1, "items": False}}
            },
        }
    }
    row = {name: [{}, 1, {name: ["a", "b"]}], "b": [{"x": 1}, {name: 1}, {name: []}, {name: [1]}]}
    assert agree(schema, row) == 8


def test_empty_names_follow_each_other() -> None:
    schema = {
        "$ref": "#/$defs/",
        "$defs": {"": {"properties": {"": {"$ref": "#"}}, "not": {"type": "integer"}}},
    }
    assert agree(schema, {"": {"": {"": 1}}}) == 1
    assert agree({"properties": {"": False}}, {"": {"": 1}}) == 1
    needs = {
        "required": ["b"],
        "dependentRequired": {"": ["a"]},
        "dependentSchemas": {"": {"required": ["c"]}},
    }
    assert agree({"properties": {"": needs}}, {"": {"": 1}}) == 3


@pytest.mark.parametrize("name", [*ODD, "$ref", "%24"])
def test_references_to_what_is_refused(name: str) -> None:
    parts = {"properties": {name: {"$ref": "#/$defs/none"}, "a": {"properties": {name: False}}}}
    schema = {**parts, "patternProperties": {"a": {"$ref": "#/$defs/none"}}, "$defs": {"none": False}}
    assert agree(schema, {name: 1, "a": {name: 2}}) == 3


def test_messages_show_what_stands_there() -> None:
    schema = {"properties": {"01": {"additionalProperties": False}, "": {"maxItems": 1}}}
    result = RowEngine(schema).check([{"01": {"b": 1}, "1": {}, "": [1, 2]}], 10)
    assert [each.message.partition(",")[0] for each in result.violations] == ["2 items", 'unexpected "b"']
