"""Instances of schemas, held to an independent validator."""

from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mensrea.testing.openai_schema import UnsupportedSchemaError, instance, strictness_problem

LEAVES = st.one_of(
    st.just({"type": "boolean"}),
    st.just({"type": "null"}),
    st.just({"type": ["integer", "null"]}),
    st.just({"const": {"a": 1}}),
    st.just({}),
    st.builds(lambda values: {"enum": values}, st.lists(st.integers() | st.text(), min_size=1)),
    st.builds(
        lambda low, size, step: {
            "type": "integer",
            "minimum": low,
            "maximum": low + size + step,
            "multipleOf": step,
        },
        st.integers(-50, 50),
        st.integers(0, 20),
        st.integers(1, 7),
    ),
    st.builds(
        lambda low, size: {"type": "number", "exclusiveMinimum": low, "exclusiveMaximum": low + size},
        st.integers(-50, 50),
        st.integers(1, 20),
    ),
    st.builds(
        lambda least, size: {"type": "string", "minLength": least, "maxLength": least + size},
        st.integers(0, 60),
        st.integers(0, 60),
    ),
)


def nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    def an_object(properties: dict[str, Any]) -> dict[str, Any]:
        return {
            "type": "object",
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
        }

    return st.one_of(
        st.builds(an_object, st.dictionaries(st.text(max_size=5), inner, max_size=4)),
        st.builds(
            lambda item, least: {"type": "array", "items": item, "minItems": least}, inner, st.integers(0, 3)
        ),
        st.builds(lambda some: {"anyOf": some}, st.lists(inner, min_size=1, max_size=3)),
    )


@given(st.recursive(LEAVES, nested, max_leaves=8), st.binary(max_size=8))
def test_an_instance_is_valid_and_depends_on_the_seed_alone(schema: Any, seed: bytes) -> None:
    made = instance(schema, seed)
    assert jsonschema_rs.is_valid(schema, made)
    assert instance(schema, seed) == made


RECURSIVE: dict[str, Any] = {
    "$defs": {
        "node": {
            "type": "object",
            "properties": {
                "name": {"type": "string"},
                "children": {"type": "array", "items": {"$ref": "#/$defs/node"}},
                "next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]},
            },
            "required": ["name", "children", "next"],
            "additionalProperties": False,
        }
    },
    "$ref": "#/$defs/node",
}


@pytest.mark.parametrize("seed", [bytes([number]) for number in range(20)])
def test_recursive_schemas_come_to_an_end(seed: bytes) -> None:
    assert jsonschema_rs.is_valid(RECURSIVE, instance(RECURSIVE, seed))


@pytest.mark.parametrize(
    "schema",
    [
        {"allOf": [{"$ref": "#/$defs/a"}, {"properties": {"y": {"const": 2}}, "required": ["y"]}],
         "$defs": {"a": {"type": "object", "properties": {"x": {"const": 1}}, "required": ["x"]}}},
        {"type": "array", "items": {"enum": [1, 2, 3]}, "minItems": 3, "uniqueItems": True},
        {"type": "string", "format": "date-time"},
        {"type": "string", "format": "uuid"},
        {"type": "integer", "exclusiveMinimum": 3, "exclusiveMaximum": 5},
    ],
)  # fmt: skip
def test_other_keywords(schema: Any) -> None:
    assert jsonschema_rs.is_valid(schema, instance(schema, b"seed"))


@pytest.mark.parametrize(
    ("schema", "problem"),
    [
        ({"type": "string", "pattern": "^a"}, "pattern"),
        ({"$ref": "#/$defs/gone"}, "nothing at"),
        ({"$ref": "#"}, "without an end"),
    ],
)
def test_what_cant_be_made_is_said(schema: Any, problem: str) -> None:
    with pytest.raises(UnsupportedSchemaError, match=problem):
        instance(schema, b"")


def test_strict_schemas_close_their_objects_and_require_every_property() -> None:
    assert strictness_problem(RECURSIVE) is None
    open_object = {"type": "object", "properties": {"a": {"type": "object"}}, "required": ["a"]}
    assert "additionalProperties" in str(strictness_problem(open_object))
    closed = {**open_object, "additionalProperties": False}
    assert "context=('a', )" in str(strictness_problem(closed))
    optional = {"type": "object", "properties": {"a": {}}, "additionalProperties": False}
    assert "list every property" in str(strictness_problem({"anyOf": [optional]}))
