"""Fields: which shapes have a columnar form, and what is said of those that don't."""

from __future__ import annotations

from typing import Any

import pytest
from mensrea.errors import SchemaError
from mensrea.schemas.fields import Field, compile_fields

WHERE = "x.schema.json#/$defs/row"


def record(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(properties),
        "properties": properties,
    }


def field(**node: Any) -> Field:
    return compile_fields(record(a={"description": "It.", **node}), WHERE)[0]


@pytest.mark.parametrize(
    ("node", "kind", "type_name", "nullable"),
    [
        ({"type": "string"}, "string", "string", False),
        ({"type": ["null", "string"]}, "string", "string", True),
        ({"type": "integer"}, "integer", "int64", False),
        ({"type": "integer", "format": "int8"}, "integer", "int8", False),
        ({"type": ["integer", "null"], "format": "int32"}, "integer", "int32", True),
        ({"type": "number"}, "number", "double", False),
        ({"type": "number", "format": "float"}, "number", "float", False),
        ({"type": "boolean"}, "boolean", "boolean", False),
        ({"type": "array", "items": {"type": "integer", "format": "int16"}}, "list", "list[int16]", False),
        ({"type": "array", "items": {"type": "array", "items": {}}}, "list", "list[list[json]]", False),
        ({"type": "object"}, "json", "json", False),
        ({"type": ["object", "null"]}, "json", "json", True),
        ({}, "json", "json", True),
        ({"type": "null"}, "json", "json", True),
        (record(b={"type": "string", "description": "b"}), "struct", "struct", False),
        ({"type": "string", "contentMediaType": "image/png"}, "image", "image", False),
        ({"type": "string", "contentMediaType": "text/plain"}, "string", "string", False),
        ({"type": "string", "format": "int16"}, "string", "string", False),
    ],
)
def test_a_property_becomes_a_field(
    node: dict[str, Any], kind: str, type_name: str, *, nullable: bool
) -> None:
    compiled = field(**node)
    assert (compiled.kind, compiled.type_name, compiled.nullable) == (kind, type_name, nullable)
    assert (compiled.name, compiled.description) == ("a", "It.")


def test_choices_are_an_enum_or_a_constant() -> None:
    assert field(type=["string", "null"], enum=["x", None]).choices == ("x", None)
    assert field(type="string", const="x").choices == ("x",)
    assert field(type="string").choices == ()


def test_a_field_knows_what_it_contains() -> None:
    inner = record(b={"type": "array", "items": {"description": "Any."}, "description": "b"})
    compiled = field(type="array", items=inner)
    assert compiled.contains("json")
    assert compiled.contains("struct")
    assert not compiled.contains("image")
    assert compiled.children[0].name == "item"


@pytest.mark.parametrize(
    ("node", "place", "piece"),
    [
        ({"type": "string", "description": ""}, "/a", "no `description`"),
        ({"type": ["string", "integer"]}, "/a", "['string', 'integer']"),
        ({"type": "text"}, "/a", "'text'"),
        ({"type": "integer", "format": "int12"}, "/a", "'int12'"),
        ({"type": "integer", "format": "double"}, "/a", "'double'"),
        ({"type": "number", "format": "int8"}, "/a", "'int8'"),
        ({"type": "array"}, "/a", "`items`"),
        ({"type": "array", "items": True}, "/a", "`items`"),
        ({"type": "array", "items": [{"type": "string"}]}, "/a", "`items`"),
        ({"type": "array", "items": {"type": ["string", "integer"]}}, "/a/items", "one type besides null"),
        ({"type": "array", "items": {"type": "array"}}, "/a/items", "`items`"),
        ({"enum": ["x", "y"]}, "/a", "`enum` needs a `type`"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "/a", "`anyOf` needs a `type`"),
        ({"items": {"type": "string"}}, "/a", "`items` needs a `type`"),
        (record(b={"type": "string"}), "/a/b", "no `description`"),
        ({**record(b={"type": "string", "description": "b"}), "required": []}, "/a", "`required`"),
        ({**record(b={"type": "string", "description": "b"}), "required": ["b", "c"]}, "/a", "`required`"),
        (
            {**record(b={"type": "string", "description": "b"}), "additionalProperties": True},
            "/a",
            "`additionalProperties`",
        ),
        ({"type": "array", "items": record(b={"type": "string"})}, "/a/items/b", "no `description`"),
    ],
)
def test_a_property_that_breaks_a_rule_is_refused_with_its_place(
    node: dict[str, Any], place: str, piece: str
) -> None:
    with pytest.raises(SchemaError) as caught:
        field(**node)
    message = str(caught.value)
    assert message.startswith(f"{WHERE}{place}: ")
    assert piece in message
    assert "\n" not in message


@pytest.mark.parametrize("key", ["required", "additionalProperties"])
def test_the_row_itself_is_closed_and_complete(key: str) -> None:
    row = record(a={"type": "string", "description": "It."})
    del row[key]
    with pytest.raises(SchemaError, match=f"{key}"):
        compile_fields(row, WHERE)
