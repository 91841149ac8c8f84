"""A table against a schema: the kinds of columns, names, nulls, and what is refused."""

import datetime as dt
import decimal
import json
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from mensrea.errors import SchemaError
from mensrea.validation.checker.rowwise import RowEngine
from mensrea.validation.checker.table import TableChecker

from .tabled import column, engines, messages, rows_failing, told

PRICE = pa.array([decimal.Decimal("1.50"), None], pa.decimal128(8, 2))
TIMES = pa.array([dt.datetime(2026, 1, 1, tzinfo=dt.UTC)])
PICTURES = pa.array([{"bytes": b"x", "path": "p"}, None])
JSON = pa.ExtensionArray.from_storage(
    pa.json_(), pa.array(['{"a": [1]}', None, "null", '{"a": "x"}', "[1", '{"a": NaN}'])
)
PICTURE = {"type": "string", "contentMediaType": "image/png"}


@pytest.mark.parametrize(
    "schema", [True, {}, {"properties": {"a": True}}, {"items": False}, {"additionalProperties": True}]
)
def test_schemas_that_all_rows_fit(schema: Any):
    assert told(schema, column([1, None])) == []


def test_false_wherever_it_stands():
    batch = column([[1], None, []])
    assert told(False, batch) == [(0, "", "false"), (1, "", "false"), (2, "", "false")]  # noqa: FBT003
    assert told({"properties": {"a": False}}, batch) == told(False, batch)  # noqa: FBT003
    assert told({"properties": {"a": False}}, batch, null_is_absent=True) == [
        (0, "", "false"),
        (2, "", "false"),
    ]
    assert told({"properties": {"a": {"items": False}}}, batch) == [(0, "/a", "items")]
    assert told({"properties": {"a": {"prefixItems": [False]}}}, batch) == [(0, "/a", "false")]
    assert told({"properties": {"a": {"contains": False}}}, batch) == [
        (0, "/a", "contains"),
        (2, "/a", "contains"),
    ]
    assert told({"propertyNames": False}, batch, null_is_absent=True) == [(0, "", "false"), (2, "", "false")]
    assert told({"not": {"properties": {"a": False}}}, batch) == []
    assert (
        messages({"properties": {"a": False}}, batch)[0]
        == "found [1], expected nothing: the schema here is false"
    )


@pytest.mark.parametrize("columns", [[], ["a"]])
def test_tables_without_rows_or_columns(columns: list[str]):
    schema = {"required": ["z"], "properties": {"a": {"type": "string", "pattern": "(?=x)", "enum": ["b"]}}}
    batch = pa.table({"a": ["b", "c"]}).to_batches()[0].select(columns)
    assert told(schema, batch.slice(0, 0)) == []
    assert [each for each in told(schema, batch) if each[2] == "required"] == [
        (0, "", "required"),
        (1, "", "required"),
    ]


@pytest.mark.parametrize("name", ["x/y", "m~n", "a.b", "é", "😀", "", "$ref", " "])
def test_names_of_columns(name: str):
    batch = column([1, 5], name=name)
    pointer = "/" + name.replace("~", "~0").replace("/", "~1")
    assert told({"properties": {name: {"maximum": 2}}}, batch) == [(1, pointer, "maximum")]
    assert told({"patternProperties": {".*": {"maximum": 2}}}, batch) == [(1, pointer, "maximum")]
    assert told({"required": [name]}, batch, null_is_absent=True) == []


def test_two_columns_of_one_name_are_refused():
    twice = pa.schema([("x", pa.int8()), ("x", pa.int8())])
    inside = pa.schema([("s", pa.list_(pa.struct(list(twice))))])
    with pytest.raises(SchemaError, match=r"^the table: two columns are named 'x'"):
        TableChecker({"required": ["x"]}, twice)
    for schema in ({"items": {"required": ["x"]}}, {"uniqueItems": True}):
        with pytest.raises(SchemaError, match=r"^s: two columns are named 'x'"):
            TableChecker({"properties": {"s": schema}}, inside)
    assert TableChecker({"properties": {"z": {"type": "string"}}}, inside).plan


@pytest.mark.parametrize(
    "array",
    [PRICE, TIMES, pa.array([b"x"]), pa.array([[(1, 2)]], pa.map_(pa.int8(), pa.int8()))],
    ids=lambda each: str(each.type),
)
def test_values_that_json_does_not_have(array: Any):
    batch = column(array)
    for schema in (
        True,
        {},
        {"properties": {"a": {"description": "x"}}, "additionalProperties": False},
        {"required": ["a"]},
    ):
        assert told(schema, batch) == []
    assert told({"properties": {"b": {}}, "additionalProperties": False}, batch)[0] == (
        0,
        "",
        "additionalProperties",
    )
    for schema in (
        {"properties": {"a": {"type": "string"}}},
        {"not": {}, "minProperties": 3, "$dynamicAnchor": "x"},
    ):
        with pytest.raises(SchemaError, match=r"^a: JSON has no .* values; cast the column, or leave it out"):
            TableChecker(schema, batch.schema)
    nested = pa.schema([("a", pa.list_(pa.struct([("b", array.type)])))])
    with pytest.raises(SchemaError, match=r"^a/b: JSON has no"):
        TableChecker({"properties": {"a": {"uniqueItems": True}}}, nested)


def test_pictures_are_texts_of_a_media_type():
    assert rows_failing(PICTURE, PICTURES) == [1]
    assert rows_failing({**PICTURE, "type": ["string", "null"]}, PICTURES) == []
    assert rows_failing({**PICTURE, "type": "object"}, PICTURES) == [0, 1]
    assert rows_failing({"items": PICTURE}, pa.array([PICTURES.to_pylist()])) == [0]
    assert rows_failing({"anyOf": [{"type": "null"}, PICTURE]}, PICTURES) == []
    assert told({"properties": {"a": PICTURE}, "unevaluatedProperties": False}, column(PICTURES)) == [
        (1, "/a", "type")
    ]
    assert messages({"properties": {"a": {**PICTURE, "type": "null"}}}, column(PICTURES)) == [
        'found "a picture", expected null'
    ]
    for keyword, value in {"minLength": 1, "pattern": "x", "const": "x"}.items():
        with pytest.raises(SchemaError, match=rf"^/properties/a/{keyword}: can't be checked of a picture"):
            rows_failing({**PICTURE, keyword: value}, PICTURES)


def test_json_columns_are_decoded():
    schema = {"properties": {"a": {"type": ["object", "null"], "properties": {"a": {"type": "array"}}}}}
    assert told(schema, column(JSON)) == [(3, "/a/a", "type"), (4, "/a", "json"), (5, "/a", "json")]
    nested = column(pa.StructArray.from_arrays([JSON], ["j"]))
    inside = {
        "properties": {
            "a": {"allOf": [{"properties": {"j": schema["properties"]["a"]}}], "unevaluatedProperties": False}
        }
    }
    assert {row for row, _, _ in told(inside, nested)} == {3, 4, 5}
    assert told(schema, column(JSON.slice(3, 1))) == [(0, "/a/a", "type")]


def test_maps_are_objects():
    array = pa.array([[("a", 1), ("b", None)], None, [("z", 3)]], pa.map_(pa.string(), pa.int8()))
    schema = {"properties": {"a": {"required": ["z"], "additionalProperties": {"type": "integer"}}}}
    expected = [(0, "/a", "required"), (0, "/a/b", "type")]
    assert told(schema, column(array)) == expected
    assert told(schema, column(array), null_is_absent=True) == expected
    assert rows_failing(
        {"items": schema["properties"]["a"]}, pa.array([array.to_pylist()], pa.list_(array.type))
    ) == [0, 0]


def nested(depth: int, leaf: Any) -> Any:
    return leaf if not depth else {"n": nested(depth - 1, leaf)} if depth % 2 else [nested(depth - 1, leaf)]


def test_deep_nesting():
    schema: Any = {"minimum": 3}
    for level in range(1, 21):
        schema = {"properties": {"n": schema}, "required": ["n"]} if level % 2 else {"items": schema}
    batch = column([nested(20, 5), nested(20, 1), None])
    assert told({"properties": {"a": schema}}, batch) == [(1, "/a" + "/0/n" * 10, "minimum")]
    recursive = {
        "anyOf": [{"minimum": 3}, {"type": "null"}],
        "items": {"$ref": "#"},
        "properties": {"n": {"$ref": "#"}, "a": {"$ref": "#"}},
    }
    assert told(recursive, batch) == [(1, "/a" + "/0/n" * 10, "anyOf")]


def test_null_is_absent_at_every_level():
    rows = [{"s": {"a": None, "b": 1}, "l": [{"a": None}, None]}, {"s": None, "l": None}]
    batch = pa.RecordBatch.from_pylist(rows)
    inner = {"required": ["a"], "maxProperties": 1, "properties": {"a": {"type": "integer"}}}
    schema = {"required": ["s"], "minProperties": 1, "properties": {"s": inner, "l": {"items": inner}}}
    assert told(schema, batch) == [(0, "/l/0/a", "type"), (0, "/s", "maxProperties"), (0, "/s/a", "type")]
    absent = [(0, "/l/0", "required"), (0, "/s", "required"), (1, "", "minProperties"), (1, "", "required")]
    assert told(schema, batch, null_is_absent=True) == absent
    row_by_row = {"$dynamicAnchor": "x", **schema}
    assert told(row_by_row, batch, null_is_absent=True) == absent
    assert engines(row_by_row, batch.schema)["/required"] == "row by row"


def test_messages_show_the_values_that_were_checked():
    batch = pa.RecordBatch.from_pylist([{"s": {"x": {"a": None, "b": 1}}}])
    schema = {"properties": {"s": {"not": {}, "minProperties": 2}}}
    assert messages(schema, batch, null_is_absent=True) == [
        "1 member, expected at least 2",
        'found {"x": {"b": 1}}, expected no match of the schema under not',
    ]


def test_formats_assert_if_asked_to():
    schema = {"format": "date"}
    assert rows_failing(schema, ["2026-01-01", "x", None]) == []
    assert rows_failing(schema, ["2026-01-01", "x", None], formats=True) == [1]


def test_resources_and_base_uri():
    common = {"$defs": {"small": {"maximum": 2}}}
    schema = {"properties": {"a": {"$ref": "common.json#/$defs/small", "minimum": 0}}}
    options: dict[str, Any] = {
        "resources": {"https://x.y/common.json": common},
        "base_uri": "https://x.y/row.json",
    }
    assert told(schema, column([1, 3, -1]), **options) == [(1, "/a", "maximum"), (2, "/a", "minimum")]
    with pytest.raises(SchemaError, match=r"https://x\.y/common\.json"):
        told(schema, column([1]), base_uri="https://x.y/row.json")


def resident() -> int:
    """The bytes of this process that are in memory."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024


@pytest.mark.skipif(sys.platform != "linux", reason="resident memory is read from /proc")
def test_memory_stays_flat_over_batches():
    schema = {"maxLength": 2047, "pattern": "^y", "enum": ["z"]}
    checker = TableChecker({"properties": {"a": schema}}, column(["x"]).schema)
    sizes: list[int] = []
    for number in range(50):
        text = pa.array([f"{number:04}" + "x" * 2044]).take(pa.array([0] * 20_000))
        result = checker.check(column(text), 10)
        assert result.counts == {"maxLength": 20_000, "pattern": 20_000, "enum": 20_000}
        assert len(result.violations) == 12
        sizes.append(resident())
    assert max(sizes[10:]) < max(sizes[:10]) + 60 * 2**20


def test_rows_as_the_engine_of_rows_has_them():
    batch = pa.RecordBatch.from_pylist([{"a": "x", "n": 1}, {"a": None, "n": 2}])
    schema = {"properties": {"a": {"type": "string"}, "n": {"maximum": 1}}, "required": ["z"]}
    assert TableChecker(schema, batch.schema).check(batch, 9) == RowEngine(schema).check(batch.to_pylist(), 9)
    assert json.loads(json.dumps(batch.to_pylist())) == batch.to_pylist()
