"""Keywords of objects, whose names the columns settle and whose nulls the reader does."""

from typing import Any

import jsonschema
import pyarrow as pa
import pytest

from .strategies import without_nulls
from .tabled import column, engines, messages, told

ROWS: list[Any] = [
    {"o": {"a": 1, "b": "x", "c": None}},
    {"o": {"a": None, "b": "y", "c": True}},
    {"o": None},
    {"o": {"a": 5, "b": None, "c": None}},
]
KIND = pa.struct([("a", pa.int8()), ("b", pa.string()), ("c", pa.bool_())])
SCHEMAS: list[Any] = [
    {"required": ["a", "z"]},
    {"minProperties": 2, "maxProperties": 2},
    {"maxProperties": 10**30, "minProperties": 0},
    {"properties": {"a": {"maximum": 3}, "z": False}},
    {"properties": {"b": False}},
    {"patternProperties": {"^[ab]": {"type": "integer"}, "c": False}},
    {"properties": {"a": True}, "patternProperties": {"b": True}, "additionalProperties": False},
    {"properties": {"a": True}, "additionalProperties": {"type": "string"}},
    {"properties": {"a": True}, "unevaluatedProperties": False},
    {"patternProperties": {"[bc]": True}, "unevaluatedProperties": False},
    {"additionalProperties": {}, "unevaluatedProperties": False},
    {"unevaluatedProperties": False},
    {"unevaluatedProperties": {"type": "boolean"}},
    {"allOf": [{"properties": {"a": True}}], "unevaluatedProperties": False},
    {"$ref": "#/$defs/a", "unevaluatedProperties": False},
    {"dependentSchemas": {"a": {"properties": {"b": True}}}, "unevaluatedProperties": False},
    {"propertyNames": {"pattern": "^[ac]$"}},
    {"propertyNames": {"maxLength": 0, "const": "a"}},
    {"dependentRequired": {"a": ["b", "z"], "z": ["a"], "c": ["c"]}},
    {"dependentSchemas": {"a": {"required": ["b"]}, "c": False, "z": False}},
    {"enum": [None, {"a": 1, "b": "x", "c": None}]},
    {"const": {"a": 1.0, "b": "x"}},
]


@pytest.mark.parametrize("schema", SCHEMAS, ids=str)
@pytest.mark.parametrize("null_is_absent", [False, True])
def test_objects_fail_as_in_jsonschema(schema: Any, null_is_absent: bool):  # noqa: FBT001
    batch = column([None, *(row["o"] for row in ROWS)], KIND, "o").slice(1)
    whole = {"properties": {"o": schema}, "$defs": {"a": {"properties": {"a": True}}}}
    rows = [without_nulls(row) for row in ROWS] if null_is_absent else ROWS
    check = jsonschema.Draft202012Validator(whole)
    expected = [
        (index, "".join(f"/{step}" for step in error.path), str(error.validator or "false"))
        for index, row in enumerate(rows)
        for error in check.iter_errors(row)
    ]
    assert sorted(told(whole, batch, null_is_absent=null_is_absent)) == sorted(expected)


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"properties": {"a": True}, "unevaluatedProperties": False},
         'unexpected "b", expected nothing but what the schema describes'),
        ({"properties": {"a": True}, "additionalProperties": False},
         'unexpected "b", expected no members but those of the schema'),
        ({"dependentRequired": {"a": ["c"]}}, '"c" is missing, expected beside "a"'),
        ({"maxProperties": 1}, "2 members, expected at most 1"),
        ({"propertyNames": {"maxLength": 0}}, "the member's name: 1 character, expected at most 0"),
        ({"not": {}}, 'found {"a": 1, "b": "x"}, expected no match of the schema under not'),
        ({"properties": {"b": False}}, 'found "x", expected nothing: the schema here is false'),
    ],
)  # fmt: skip
def test_messages_speak_of_what_is_there(schema: Any, expected: str):
    said = messages({"properties": {"o": schema}}, column([ROWS[0]["o"]], KIND, "o"), null_is_absent=True)
    assert said[0] == expected


def test_what_only_names_evaluate_is_vectorised():
    def engine(schema: Any) -> str:
        return engines(schema, pa.schema(list(KIND)))["/unevaluatedProperties"]

    assert engine({"properties": {"a": {}}, "unevaluatedProperties": False}) == "vectorised"
    assert engine({"properties": dict.fromkeys("abc", True), "unevaluatedProperties": False}) == "constant"
    assert engine({"if": {}, "unevaluatedProperties": False}) == "row by row"
    assert engine({"unevaluatedProperties": {"type": "string"}}) == "row by row"
