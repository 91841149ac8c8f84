"""Schema files and what they refer to."""

import json
from pathlib import Path
from typing import Any

import pytest
from mensrea.errors import SchemaError
from mensrea.validation.checker.documents import load_schema, unknown_keywords
from mensrea.validation.checker.rowwise import RowEngine


def _write(folder: Path, files: dict[str, Any]) -> Path:
    for name, document in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(json.dumps(document))
    return folder / next(iter(files))


@pytest.mark.parametrize(
    "files",
    [
        {"a.json": {"$ref": "b.json"}, "b.json": {"type": "string"}},
        {"a.json": {"$ref": "sub/b.json#/$defs/s"}, "sub/b.json": {"$defs": {"s": {"type": "string"}}}},
        {"a.json": {"$ref": "s/b.json"}, "s/b.json": {"$ref": "c.json"}, "s/c.json": {"type": "string"}},
        {"a.json": {"$ref": "s/b.json"}, "s/b.json": {"$ref": "../c.json"}, "c.json": {"type": "string"}},
        {"a.json": {"$id": "https://e.org/x/a.json", "$ref": "b.json"}, "b.json": {"type": "string"}},
        {"a.json": {"$ref": "b%20c.json"}, "b c.json": {"type": "string"}},
        {"a.json": {"$ref": "b.json"}, "b.json": {"$ref": "a.json#/$defs/s"}}
        | {"a.json": {"$ref": "b.json", "$defs": {"s": {"type": "string"}}}},
        {
            "a.json": {
                "$ref": "https://e.org/t",
                "$defs": {"t": {"$id": "https://e.org/t", "type": "string"}},
            }
        },
    ],
)
def test_files_below_the_folder_are_found(tmp_path: Path, files: dict[str, Any]) -> None:
    document, resources, base = load_schema(_write(tmp_path, files))
    result = RowEngine(document, resources=resources, base_uri=base).check(["x", 1], 5)
    assert (result.invalid, result.violations[0].keyword) == (1, "type")


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("none.json", "none.json, which is no file below"),
        ("../outside.json", "outside.json, which is no file below"),
        ("link.json", "link.json, which is no file below"),
        ("http://127.0.0.1:9/x.json", "isn't fetched"),
    ],
)
def test_nothing_else_is_read(tmp_path: Path, reference: str, words: str) -> None:
    path = _write(tmp_path, {"in/a.json": {"properties": {"p": {"$ref": reference}}}, "outside.json": True})
    (tmp_path / "in/link.json").symlink_to(tmp_path / "outside.json")
    with pytest.raises(SchemaError, match=words):
        load_schema(path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b'{\n"a": }', "a.json:2: not JSON: column 6"),
        (b"[1]", "expected a schema"),
        (b'{"minimum": NaN}', "found NaN"),
        (b"\xff", "not JSON"),
    ],
)
def test_a_broken_file_says_where(tmp_path: Path, text: bytes, words: str) -> None:
    (tmp_path / "a.json").write_bytes(text)
    with pytest.raises(SchemaError) as caught:
        load_schema(tmp_path / "a.json")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_a_schema_error(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match=r"a\.json: can't be read"):
        load_schema(tmp_path / "a.json")


def test_unknown_keywords_are_found_only_where_schemas_are() -> None:
    schema = {
        "minlength": 3,
        "enum": [{"minlength": 3}],
        "default": {"oops": 1},
        "properties": {"minlength": {"x/y": 1}, "b": {"items": {"requird": []}}},
        "allOf": [{"dependencies": {}}],
    }
    assert unknown_keywords(schema) == [
        "/minlength",
        "/properties/minlength/x~1y",
        "/properties/b/items/requird",
        "/allOf/0/dependencies",
    ]
    assert unknown_keywords({}) == []
