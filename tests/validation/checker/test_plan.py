"""No keyword of a schema is ignored in silence: the plan names each with its engine."""

from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema_rs
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mensrea.errors import SchemaError
from mensrea.validation.checker.documents import KEYWORDS
from mensrea.validation.checker.keywords import ANNOTATIONS, ASSERTING
from mensrea.validation.checker.table import TableChecker

from .strategies import Table, tables
from .tabled import engines

COLUMNS = pa.schema([("a", pa.string()), ("n", pa.float64()), ("l", pa.list_(pa.int8()))])


def applied(node: Any, pointer: str, document: Any, seen: set[str]) -> Iterator[str]:
    """The keywords that a row may come to, found by a walk of its own."""
    if not isinstance(node, Mapping) or pointer in seen:
        return
    seen.add(pointer)
    for keyword, value in node.items():
        here = f"{pointer}/{keyword}"
        yield here
        if keyword == "$ref":
            target, at = document, value.removeprefix("#")
            for step in at.split("/")[1:]:
                target = target[step]
            yield from applied(target, at, document, seen)
        elif keyword in ("allOf", "anyOf", "oneOf", "prefixItems"):
            for index, each in enumerate(value):
                yield from applied(each, f"{here}/{index}", document, seen)
        elif keyword in ("properties", "patternProperties", "dependentSchemas"):
            for name, each in value.items():
                step = name.replace("~", "~0").replace("/", "~1")
                yield from applied(each, f"{here}/{step}", document, seen)
        elif keyword not in ("enum", "const", "$defs", "dependentRequired"):
            yield from applied(value, here, document, seen)


@settings(max_examples=100, deadline=None, suppress_health_check=list[Any](HealthCheck))
@given(tables(3), st.booleans())
def test_every_keyword_that_applies_has_an_engine(table: Table, formats: bool):  # noqa: FBT001
    plan = engines(table.schema, table.batch.schema, formats=formats)
    keywords = set(applied(table.schema, "", table.schema, set()))
    assert keywords == set(plan)
    for pointer, engine in plan.items():
        name = pointer.rpartition("/")[2]
        if engine == "annotation":
            assert name in {"$defs", "then", "else", "minContains", "maxContains", "format"}
        assert name != "format" or (engine == "annotation") != formats


@settings(max_examples=60, deadline=None, suppress_health_check=list[Any](HealthCheck))
@given(tables(20))
def test_a_constant_keyword_never_fails(table: Table):
    checker = TableChecker(table.schema, table.batch.schema)
    constant = {each.pointer for each in checker.plan if each.engine in ("constant", "annotation")}
    validator = jsonschema_rs.Draft202012Validator(table.schema)
    for row in table.rows:
        for error in validator.iter_errors(row):
            steps = [str(step).replace("~", "~0").replace("/", "~1") for step in error.schema_path]
            assert "/" + "/".join(steps) not in constant or error.schema_path[-1] in (
                "minContains",
                "maxContains",
            )


@pytest.mark.parametrize(
    ("schema", "pointer", "engine"),
    [
        ({"properties": {"a": {"minLength": 1}}}, "/properties/a/minLength", "vectorised"),
        ({"properties": {"a": {"pattern": "(?=a)"}}}, "/properties/a/pattern", "row by row"),
        ({"properties": {"a": {"minimum": 1}}}, "/properties/a/minimum", "constant"),
        ({"properties": {"a": {"format": "date"}}}, "/properties/a/format", "annotation"),
        ({"properties": {"z": {"minimum": 1}}}, "/properties/z/minimum", "constant"),
        ({"properties": {"z": {"title": "z"}}}, "/properties/z/title", "annotation"),
        ({"properties": {"a": {"then": False}}}, "/properties/a/then", "annotation"),
        ({"properties": {"a": {"contains": True, "minContains": 2}}},
         "/properties/a/minContains", "constant"),
        ({"properties": {"l": {"contains": True, "minContains": 2}}},
         "/properties/l/minContains", "vectorised"),
        ({"properties": {"n": {"multipleOf": 0.1}}}, "/properties/n/multipleOf", "vectorised"),
        ({"dependencies": {"a": ["b"]}}, "/dependencies", "annotation"),
        ({"properties": {"a": True}, "unevaluatedProperties": False}, "/unevaluatedProperties", "vectorised"),
        ({"allOf": [{"required": ["z"]}], "unevaluatedProperties": False}, "/allOf/0/required", "row by row"),
        ({"$ref": "#/$defs/x", "unevaluatedProperties": False, "$defs": {"x": {"minProperties": 1}}},
         "/$defs/x/minProperties", "row by row"),
        ({"$dynamicAnchor": "x", "properties": {"a": {"type": "string"}}},
         "/properties/a/type", "row by row"),
    ],
)  # fmt: skip
def test_where_a_keyword_runs(schema: Any, pointer: str, engine: str):
    assert engines(schema, COLUMNS)[pointer] == engine


def test_the_costlier_engine_of_two_columns_is_told():
    schema = {"additionalProperties": {"uniqueItems": True, "multipleOf": 3}}
    kinds = pa.schema([("s", pa.string()), ("l", pa.list_(pa.list_(pa.int8()))), ("n", pa.int8())])
    plan = engines(schema, kinds)
    assert plan["/additionalProperties/uniqueItems"] == "row by row"
    assert plan["/additionalProperties/multipleOf"] == "vectorised"


def test_what_nothing_refers_to_is_not_planned():
    assert set(engines({"$defs": {"x": {"type": "string"}}}, COLUMNS)) == {"/$defs"}


def test_every_keyword_of_the_draft_asserts_or_annotates():
    assert ANNOTATIONS.isdisjoint(ASSERTING)
    assert ASSERTING | ANNOTATIONS | {"$dynamicAnchor"} == KEYWORDS


@pytest.mark.parametrize(
    "schema", [{"type": "text"}, {"minLength": -1}, {"properties": []}, {"required": "a"}]
)
def test_what_is_no_schema_is_refused(schema: Any):
    with pytest.raises(SchemaError, match="no schema of draft 2020-12"):
        TableChecker(schema, COLUMNS)
