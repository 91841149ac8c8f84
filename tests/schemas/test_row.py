"""Row schemas as files: what can be loaded, and one line for what can't."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from mensrea.cards import find_card, stems
from mensrea.errors import SchemaError
from mensrea.schemas import RowSchema, load_row_schema, read_row_schema, schema_path

DEFINITIONS = [
    (stem, row)
    for stem in stems()
    for row in dict.fromkeys(
        each.row for each in (*find_card(stem).configs.values(), *find_card(stem).families)
    )
]
ID = {"type": "string", "description": "The row's identifier."}
SOURCE = {"type": "string", "description": "How it came to be."}


def record(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(properties),
        "properties": properties,
    }


def read(tmp_path: Path, definitions: object, name: str = "row") -> RowSchema:
    path = tmp_path / "x.schema.json"
    path.write_text(json.dumps({"$defs": definitions}), encoding="utf-8")
    return read_row_schema(path, "x", name)


def refused(tmp_path: Path, definitions: object, *pieces: str) -> None:
    with pytest.raises(SchemaError) as caught:
        read(tmp_path, definitions)
    message = str(caught.value)
    assert "\n" not in message
    for piece in ("x.schema.json", *pieces):
        assert piece in message


@pytest.mark.usefixtures("shipped_schemas")
@pytest.mark.parametrize(("stem", "row"), DEFINITIONS)
def test_every_definition_that_a_config_uses_loads(stem: str, row: str) -> None:
    schema = load_row_schema(stem, row)
    assert (schema.stem, schema.name) == (stem, row)
    assert schema.columns[:2] == ("id", "source")
    assert "$ref" not in json.dumps(schema.document)
    assert all(field.description for field in schema.fields)


@pytest.mark.usefixtures("shipped_schemas")
@pytest.mark.parametrize("stem", stems())
def test_a_file_is_a_schema_of_the_dialect_and_every_definition_of_rows_is_used(stem: str) -> None:
    document = json.loads(schema_path(stem).read_text(encoding="utf-8"))
    assert document["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    rows = {name for name, each in document["$defs"].items() if "id" in each.get("properties", ())}
    assert rows == {row for owner, row in DEFINITIONS if owner == stem}


def test_columns_keep_their_order_and_references_are_resolved(tmp_path: Path) -> None:
    definitions = {
        "word": {"type": "string", "minLength": 1, "description": "A word."},
        "row": record(
            id={"$ref": "#/$defs/word", "description": "The identifier."},
            source=SOURCE,
            words={"type": "array", "items": {"$ref": "#/$defs/word"}, "description": "Words."},
        ),
    }
    schema = read(tmp_path, definitions)
    assert schema.columns == ("id", "source", "words")
    properties = schema.document["properties"]
    assert properties["id"] == {"type": "string", "minLength": 1, "description": "The identifier."}
    assert properties["words"]["items"] == definitions["word"]


def test_the_digest_goes_by_content_and_ignores_the_order_of_keys(tmp_path: Path) -> None:
    row = record(id=ID, source=SOURCE)
    digest = read(tmp_path, {"row": row}).digest
    assert read(tmp_path, {"row": dict(reversed(row.items())), "other": {}}).digest == digest
    assert read(tmp_path, {"row": {**row, "title": "Another"}}).digest != digest


@pytest.mark.parametrize(
    ("row", "pieces"),
    [
        (record(source=SOURCE, id=ID), ("#/$defs/row", "`id` and `source`")),
        (record(id=ID), ("#/$defs/row", "`id` and `source`")),
        (record(id=ID, source=SOURCE, a={"$ref": "#/$defs/b"}), ("#/$defs/row", "'#/$defs/b'")),
        (record(id=ID, source=SOURCE, a={"$ref": "other.json"}), ("'other.json'", "`$defs`")),
        (record(id=ID, source=SOURCE, a={"$ref": 3}), ("3", "`$defs`")),
        (
            record(id=ID, source=SOURCE, a={"type": "array", "items": {"$ref": "#/$defs/row"}}),
            ("'#/$defs/row'", "itself"),
        ),
        ({"$ref": "#/$defs/row"}, ("'#/$defs/row'", "itself")),
        ({"type": "string"}, ("#/$defs/row", "`properties`")),
        ({"type": "object", "properties": []}, ("#/$defs/row", "`properties`")),
        ({"type": "object", "properties": {"id": True}}, ("#/$defs/row", "`properties`")),
    ],
)
def test_a_row_that_breaks_a_rule_is_refused(tmp_path: Path, row: object, pieces: tuple[str, ...]) -> None:
    refused(tmp_path, {"row": row}, *pieces)


@pytest.mark.parametrize("definitions", [[], "row", 3, None, {"row": True}, {"row": []}])
def test_definitions_must_be_an_object_of_schemas(tmp_path: Path, definitions: object) -> None:
    refused(tmp_path, definitions, "`$defs`")


def test_an_unknown_definition_lists_the_known(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match=r"no definition 'rows'; it has other, row"):
        read(tmp_path, {"row": {}, "other": {}}, "rows")
    with pytest.raises(SchemaError, match="no definition 'row'; it has none"):
        read(tmp_path, {})


@pytest.mark.parametrize(
    ("content", "piece"),
    [(b'{\n"a": }', ":2: not valid JSON"), (b"[]", "`$defs`"), (b'{"a": "\xff"}', "not UTF-8"), (b"", ":1:")],
)
def test_a_file_that_is_no_schema_is_one_line(tmp_path: Path, content: bytes, piece: str) -> None:
    path = tmp_path / "x.schema.json"
    path.write_bytes(content)
    with pytest.raises(SchemaError) as caught:
        read_row_schema(path, "x", "row")
    assert piece in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.usefixtures("shipped_schemas")
def test_a_dataset_without_a_schema_names_the_file() -> None:
    with pytest.raises(SchemaError, match=r"nosuch\.schema\.json: the schema doesn't exist"):
        load_row_schema("nosuch", "row")
