"""Where `$ref` leads: definitions, anchors, escapes, itself, nowhere, and out of the document."""

from typing import Any

import jsonschema
import pyarrow as pa
import pytest
from mensrea.errors import SchemaError
from mensrea.validation.checker.references import References, needs_resolver
from mensrea.validation.checker.table import TableChecker

from .tabled import column, engines, told

SMALL = {"maximum": 2}
FOUND = [(1, "/a", "maximum")]
TREE = {"properties": {"v": {"type": "integer"}, "kids": {"items": {"$ref": "#"}}}, "required": ["v"]}


def referring(reference: str, **others: Any) -> dict[str, Any]:
    return {"properties": {"a": {"$ref": reference}}, **others}


@pytest.mark.parametrize(
    "schema",
    [
        referring("#/$defs/s", **{"$defs": {"s": SMALL}}),
        referring("#/definitions/s", definitions={"s": SMALL}),
        referring("#s", **{"$defs": {"x": {"$anchor": "s", **SMALL}}}),
        referring("#s", **{"$defs": {"x": {"$anchor": "s", **SMALL}}, "default": {"$anchor": "s"}}),
        referring("#s", examples=[{"$anchor": "s"}], **{"$defs": {"x": {"$anchor": "s", **SMALL}}}),
        referring("#/$defs/a~1b~0%20%25%C3%A9", **{"$defs": {"a/b~ %é": SMALL}}),
        referring("#/$defs/one", **{"$defs": {"one": {"$ref": "#/$defs/two"}, "two": SMALL}}),
        referring("#/$defs/one/allOf/0", **{"$defs": {"one": {"allOf": [SMALL]}}}),
        referring("#/x-own/s", **{"x-own": {"s": SMALL}}),
        referring("https://x.y/z#/$defs/s", **{"$id": "https://x.y/z", "$defs": {"s": SMALL}}),
        referring("z#/$defs/s", **{"$id": "https://x.y/z", "$defs": {"s": SMALL}}),
        referring("https://x.y/s", **{"$defs": {"s": {"$id": "https://x.y/s", **SMALL}}}),
        referring(
            "#/$defs/s", **{"$defs": {"s": {"$dynamicRef": "#m"}, "m": {"$dynamicAnchor": "m", **SMALL}}}
        ),
        referring("#/$defs/s", **{"$defs": {"s": {"unevaluatedItems": False, "contains": True, **SMALL}}}),
    ],
    ids=str,
)
def test_a_reference_is_followed(schema: Any):
    assert told(schema, column([1, 3, None])) == FOUND


def test_siblings_of_a_reference_apply():
    whole = {"properties": {"a": {"$ref": "#/$defs/s", "minimum": 0}}, "$defs": {"s": SMALL}}
    assert told(whole, column([1, 3, -1])) == [(1, "/a", "maximum"), (2, "/a", "minimum")]


@pytest.mark.parametrize("unevaluated", [False, True])
def test_recursion_goes_as_deep_as_the_columns(unevaluated: bool):  # noqa: FBT001
    rows: list[Any] = [
        {"v": 1, "kids": [{"v": 2, "kids": [{"v": None, "kids": None}]}]},
        {"v": None, "kids": []},
        {"v": 1, "kids": None},
    ]
    schema = {**TREE, "allOf": [{}], "unevaluatedProperties": False} if unevaluated else TREE
    batch = pa.RecordBatch.from_pylist(rows)
    check = jsonschema.Draft202012Validator(schema)
    expected = [
        (index, "".join(f"/{step}" for step in error.path), error.validator)
        for index, row in enumerate(rows)
        for error in check.iter_errors(row)
    ]
    assert told(schema, batch) == sorted(expected)
    assert ("vectorised" in engines(schema, batch.schema).values()) != unevaluated


@pytest.mark.parametrize(
    ("reference", "line"),
    [
        ("#/$defs/nowhere", "nowhere"),
        ("#nowhere", "nowhere"),
        ("#/title", "abc"),
        ("https://x.y/z", "https://x.y/z"),
        ("other.json", "other.json"),
    ],
)
@pytest.mark.parametrize("name", ["a", "no column"])
def test_a_reference_to_nothing_is_refused(reference: str, line: str, name: str):
    schema = {"title": "abc", "properties": {name: {"$ref": reference}}}
    with pytest.raises(SchemaError, match=line) as error:
        TableChecker(schema, pa.schema([("a", pa.int8())]))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "schema", [{"$ref": "#"}, {"anyOf": [{"$ref": "#"}, True]}, {"not": {"allOf": [{"$ref": "#"}]}}]
)
def test_a_reference_to_itself_without_going_deeper_is_refused(schema: Any):
    with pytest.raises(SchemaError, match="refers back to itself without going deeper"):
        TableChecker(schema, pa.schema([("a", pa.int8())]))


def test_places_of_references():
    places = References({"$defs": {"a/b": {"$anchor": "x"}}, "allOf": [True, {"minimum": 1}]})
    assert places.follow("#") is not None
    assert places.follow("#x") == ("/$defs/a~1b", {"$anchor": "x"})
    assert places.follow("#/allOf/1") == ("/allOf/1", {"minimum": 1})
    assert places.follow("x.json") is None
    for nowhere in ("#y", "#/allOf/2", "#/allOf/x", "#/$defs/a/b"):
        with pytest.raises(SchemaError, match="ref"):
            places.follow(nowhere)


def test_what_one_schema_applies_is_reached_once():
    schema = {
        "$defs": {"x": {"items": {"$ref": "#/$defs/x"}}, "unused": {"type": "null"}},
        "properties": {"$defs": {"$ref": "#/$defs/x"}, "b": {"contentSchema": {"type": "null"}}},
        "enum": [{"properties": {"z": {}}}],
    }
    reached = [pointer for pointer, _ in References(schema).reachable("", schema)]
    assert sorted(reached) == ["", "/$defs/x", "/$defs/x/items", "/properties/$defs", "/properties/b"]


@pytest.mark.parametrize(
    ("schema", "needed"),
    [
        ({"$id": "https://x.y/z"}, False),
        ({"$schema": "https://json-schema.org/draft/2020-12/schema#"}, False),
        ({"$schema": "https://x.y/own"}, True),
        ({"allOf": [{"$id": "https://x.y/z"}]}, True),
        ({"allOf": [{"$dynamicRef": "#x"}]}, True),
        ({"properties": {"$id": {"type": "string"}, "$dynamicRef": {}}}, False),
        ({"enum": [{"$id": "x", "$dynamicRef": "y"}], "default": {"$dynamicAnchor": "x"}}, False),
        (True, False),
    ],
)
def test_which_schemas_only_a_resolver_follows(schema: Any, needed: bool):  # noqa: FBT001
    assert needs_resolver(schema) is needed


def test_what_is_below_a_pattern_reaches_the_engine_of_rows():
    below = {
        "contains": {"$ref": "#s"},
        "allOf": [{"$anchor": "s", "type": "string"}, True],
        "unevaluatedItems": False,
    }
    schema = {"patternProperties": {"^.$": below}, "$defs": {"t": {"type": "string"}}}
    unanchored = {
        "patternProperties": {"^.$": {"contains": {"$ref": "#/$defs/t"}, "unevaluatedItems": False}},
        "$defs": schema["$defs"],
    }
    batch = column([["x"], ["x", None], []])
    assert told(unanchored, batch) == [(1, "/a", "unevaluatedItems"), (2, "/a", "contains")]
    assert {row for row, _, _ in told(schema, batch)} == {0, 1, 2}
    assert told({"patternProperties": {r"^\w$": {"propertyNames": {"const": "b"}}}}, column([{"c": 1}])) == [
        (0, "/a", "const")
    ]
