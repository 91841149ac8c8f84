"""The row-by-row engine against Python's jsonschema, and where the two differ by design."""

import math
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from mensrea.errors import SchemaError
from mensrea.validation.checker.rowwise import RowEngine

NAMES = st.sampled_from(["a", "b", "items", "~/", "properties", "", "0", "01"])
SCALARS = st.sampled_from([None, True, False, 0, 1, 2, 1.0, 1.5, -3, "", "a", "bb", "é😀", 10**25, 2**64])
VALUES = st.recursive(
    SCALARS, lambda v: st.lists(v, max_size=3) | st.dictionaries(NAMES, v, max_size=3), max_leaves=6
)
TYPES = st.sampled_from(["string", "integer", "number", "boolean", "null", "array", "object"])
SMALL = st.integers(0, 3)
DEFINITIONS = {"x": {"type": ["integer", "object", "array"], "maxProperties": 1}, "y": False}


def _objects(schema: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    some = st.lists(schema, min_size=1, max_size=2)
    named = st.dictionaries(NAMES, schema, max_size=2)
    keywords = {
        "type": TYPES | st.lists(TYPES, min_size=1, max_size=3, unique=True),
        "enum": st.lists(VALUES, min_size=1, max_size=3),
        "const": VALUES,
        "minimum": st.sampled_from([0, 1, 1.5]),
        "exclusiveMaximum": st.sampled_from([1, 2.0, 3]),
        "multipleOf": st.sampled_from([1, 2, 0.5, 3]),
        "pattern": st.sampled_from(["^a", "b$", "."]),
        "uniqueItems": st.booleans(),
        "required": st.lists(NAMES, unique=True, max_size=3),
        "dependentRequired": st.dictionaries(NAMES, st.lists(NAMES, unique=True, max_size=2), max_size=2),
        "patternProperties": st.dictionaries(st.sampled_from(["^a", "s$"]), schema, max_size=2),
        "$ref": st.sampled_from(["#/$defs/x", "#/$defs/y"]),
        **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems", "minProperties"), SMALL),
        **dict.fromkeys(("maxProperties", "minContains", "maxContains"), SMALL),
        **dict.fromkeys(("properties", "dependentSchemas"), named),
        **dict.fromkeys(("prefixItems", "allOf", "anyOf", "oneOf"), some),
        **dict.fromkeys(("additionalProperties", "propertyNames", "items", "contains"), schema),
        **dict.fromkeys(("not", "if", "then", "else"), schema),
    }
    chosen = st.lists(st.sampled_from(sorted(keywords)), min_size=1, max_size=5, unique=True)
    return chosen.flatmap(lambda names: st.fixed_dictionaries({name: keywords[name] for name in names}))


LEAVES = st.booleans() | st.sampled_from([{"type": "integer"}, {"minLength": 2}, {"type": "string"}])
SCHEMAS = _objects(st.recursive(LEAVES, _objects, max_leaves=5))


def _expected(schema: Any, rows: list[Any]) -> Iterator[tuple[int, str, str]]:
    for number, row in enumerate(rows):
        places: list[tuple[str, str]] = []
        for error in Draft202012Validator(schema).iter_errors(row):
            tokens = (str(token).replace("~", "~0").replace("/", "~1") for token in error.absolute_path)
            places.append(("".join(f"/{token}" for token in tokens), str(error.validator or "false")))
        yield from ((number, *place) for place in sorted(places))


def _found(schema: Any, rows: list[Any]) -> list[tuple[int, str, str]]:
    result = RowEngine(schema).check(rows, 10**6)
    assert result.counts.total() == len(result.violations)
    assert result.invalid == len({violation.row for violation in result.violations})
    assert all("\n" not in violation.message for violation in result.violations)
    return [(violation.row, violation.pointer, violation.keyword) for violation in result.violations]


@settings(max_examples=250, deadline=None, suppress_health_check=list[Any](HealthCheck))
@given(SCHEMAS, st.lists(VALUES, max_size=4))
def test_violations_lie_where_jsonschema_puts_them(schema: dict[str, Any], rows: list[Any]) -> None:
    schema = {**schema, "$defs": DEFINITIONS}
    assert _found(schema, rows) == list(_expected(schema, rows))


@settings(max_examples=100, deadline=None, suppress_health_check=list[Any](HealthCheck))
@given(SCHEMAS, st.lists(VALUES, max_size=4))
def test_with_unevaluated_the_verdicts_are_equal(schema: dict[str, Any], rows: list[Any]) -> None:
    schema = {**schema, "$defs": DEFINITIONS, "unevaluatedProperties": False}
    found = {row for row, _, _ in _found(schema, rows)}
    assert found == {row for row, _, _ in _expected(schema, rows)}


@pytest.mark.parametrize(
    ("schema", "row"),
    [
        ({"properties": {"a": False}}, {"a": 1}),
        ({"prefixItems": [True], "items": False}, [1, 2, 3]),
        ({"propertyNames": False}, {"a": 1, "b": 2}),
        ({"propertyNames": {"$ref": "#/$defs/n"}, "$defs": {"n": {"maxLength": 1}}}, {"aa": 1, "bb": 2}),
        ({"contains": {"type": "string"}, "minContains": 1}, []),
        ({"contains": {"type": "string"}, "minContains": 2}, ["a", 1]),
        ({"contains": {"type": "string"}, "maxContains": 1}, ["a", "b"]),
        ({"contains": {}, "maxContains": 0}, []),
        ({"dependentRequired": {"a": ["b", "c"]}}, {"a": 1}),
        ({"unevaluatedProperties": False}, {"a": 1, "b": 2}),
        ({"unevaluatedItems": False}, [1, 2]),
        ({"required": ["a", "b"]}, {}),
        ({"required": ["a"], "properties": {"b": {}}, "additionalProperties": False}, {"a": 1, "b": 2}),
        ({"additionalProperties": False}, {"a": 1, "b": 2}),
        ({"$ref": "#/$defs/f", "$defs": {"f": False}}, 1),
        (False, 1),
    ],
)
def test_places_that_the_libraries_see_differently(schema: Any, row: Any) -> None:
    expected = list(_expected(schema, [row]))
    assert expected
    assert _found(schema, [row]) == expected


@pytest.mark.parametrize(
    ("schema", "row", "valid"),
    [
        ({"pattern": "^\\d$"}, "٣", False),
        ({"pattern": "a$"}, "a\n", False),
        ({"pattern": "^\\p{Lu}$"}, "É", True),
        ({"multipleOf": 0.1}, 0.3, True),
        ({"multipleOf": 0.01}, 1.13, True),
        ({"const": 10**30}, 1e30, True),
        ({"const": 2**53 + 1}, 2**53, False),
        ({"maximum": 2**64}, 2**64 + 1, False),
        ({"type": "integer"}, 1.0, True),
        ({"enum": [1]}, True, False),
        ({"uniqueItems": True}, [[True], [1], [True]], False),
        ({"unevaluatedItems": {"type": "integer"}}, [1, 2], True),
        ({"dependencies": {"a": ["b"]}}, {"a": 1}, True),
        ({"type": "number"}, math.nan, False),
        ({"format": "date"}, "x", True),
        ({"minLength": 2}, "\ud800x", True),
        ({"minLength": 3}, "\ud800x", False),
    ],
)
def test_the_standard_decides(schema: Any, row: Any, valid: bool) -> None:  # noqa: FBT001
    assert (RowEngine(schema).check([row], 1).invalid == 0) is valid


def test_formats_assert_if_asked() -> None:
    assert RowEngine({"format": "date"}, formats=True).check(["x", "2024-02-29"], 5).counts == {"format": 1}


def test_all_are_counted_and_the_first_rows_described() -> None:
    engine = RowEngine({"required": ["a", "b"], "properties": {"c": {"type": "string"}}})
    result = engine.check([{}, {"a": 1, "b": 1}, {"c": 3}, {}], 3)
    assert (result.rows, result.invalid) == (4, 3)
    assert result.counts == {"required": 6, "type": 1}
    assert [(v.row, v.pointer, v.message) for v in result.violations] == [
        (0, "", '"a" is missing'),
        (0, "", '"b" is missing'),
        (2, "", '"a" is missing'),
        (2, "", '"b" is missing'),
        (2, "/c", "found 3, expected a string"),
    ]


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "strin"}, "/type"),
        ({"properties": {"a": 3}}, "/properties/a"),
        ({"$defs": {"unused": {"minLength": -1}}}, "/$defs/unused/minLength"),
        ({"pattern": "("}, "not a regular expression"),
        ({"$ref": "#/$defs/none"}, "none"),
        ({"$ref": "other.json"}, "other.json"),
        ({"$ref": "http://127.0.0.1:9/x.json"}, "nothing is fetched"),
        ({"$schema": "http://json-schema.org/draft-07/schema#"}, "draft 2020-12"),
        (3, "schema"),
    ],
)
def test_what_is_no_schema_is_one_line(schema: Any, words: str) -> None:
    with pytest.raises(SchemaError) as caught:
        RowEngine(schema)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_references_go_to_resources() -> None:
    schema = {"$id": "https://example.org/s/a.json", "$ref": "b.json"}
    engine = RowEngine(schema, resources={"https://example.org/s/b.json": {"type": "string"}})
    assert engine.check(["x", 1], 5).invalid == 1
    engine = RowEngine(
        {"items": {"$ref": "b.json#/$defs/t"}},
        resources={"file:///schemas/b.json": {"$defs": {"t": {"type": "string"}}}},
        base_uri="file:///schemas/a.json",
    )
    (violation,) = engine.check([["x", 1]], 5).violations
    assert (violation.pointer, violation.message) == ("/1", "found 1, expected a string")


def test_a_pattern_is_shown_as_it_was_written() -> None:
    (violation,) = RowEngine({"pattern": "^row-[0-9]+$"}).check(["x"], 1).violations
    assert violation.message == 'found "x", expected a match of ^row-[0-9]+$'


@pytest.mark.parametrize("depth", [254, 255, 256, 400])
def test_errors_in_deep_values_are_counted(depth: int) -> None:
    row: Any = 1
    for _ in range(depth):
        row = {"a": row}
    result = RowEngine({"required": ["b"], "maxProperties": 0}).check([row, 7], 10)
    assert (result.invalid, result.counts.total()) == ((1, 2) if depth < 256 else (1, 1))
    assert {each.pointer for each in result.violations} == {""}
    assert RowEngine({"required": ["a"]}).check([row], 10).invalid == 0
