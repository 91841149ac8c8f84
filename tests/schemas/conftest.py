"""Rows that fit a schema, drawn from the schema."""

import io
from collections.abc import Callable, Mapping
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import strategies as st
from PIL import Image

Schema = Mapping[str, Any]

_BITS = {"int8": 8, "int16": 16, "int32": 32}
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
INTEGERS = st.integers(-(2**63), 2**63 - 1)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | INTEGERS | FLOATS | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)


def _encoded(side: int) -> dict[str, Any]:
    buffer = io.BytesIO()
    Image.new("RGB", (side, side)).save(buffer, "PNG")
    return {"bytes": buffer.getvalue(), "path": None}


IMAGES = st.integers(1, 4).map(_encoded)


def values(schema: Schema) -> st.SearchStrategy[Any]:
    """Values of a property: what JSON Schema allows and a column can hold."""
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    declared = schema.get("type", [])
    types = [declared] if isinstance(declared, str) else declared
    if not types:
        return JSON
    return st.one_of(*(_of_type(each, schema) for each in types))


def _of_type(kind: str, schema: Schema) -> st.SearchStrategy[Any]:
    if kind == "string":
        return IMAGES if "contentMediaType" in schema else _strings(schema)
    if kind == "array":
        smallest = schema.get("minItems", 0)
        largest = min(schema.get("maxItems", smallest + 2), smallest + 2)
        unique = repr if schema.get("uniqueItems") else None
        return st.lists(values(schema["items"]), min_size=smallest, max_size=largest, unique_by=unique)
    if kind == "object":
        if "properties" not in schema:
            return st.dictionaries(TEXT, JSON, max_size=3)
        return st.fixed_dictionaries({name: values(each) for name, each in schema["properties"].items()})
    if kind == "number":
        return _numbers(schema)
    return {"null": st.none(), "boolean": st.booleans(), "integer": _integers(schema)}[kind]


def _strings(schema: Schema) -> st.SearchStrategy[str]:
    if "pattern" not in schema:
        smallest = schema.get("minLength", 0)
        return st.text(st.characters(exclude_categories=["Cs"]), min_size=smallest, max_size=smallest + 8)
    check = jsonschema_rs.Draft202012Validator(dict(schema))
    return st.from_regex(schema["pattern"]).filter(check.is_valid)


def _integers(schema: Schema) -> st.SearchStrategy[int]:
    bits = _BITS.get(schema.get("format", ""), 64)
    smallest = max(int(schema.get("minimum", -(2**63))), -(2 ** (bits - 1)))
    largest = min(int(schema.get("maximum", 2**63)), 2 ** (bits - 1) - 1)
    return st.integers(smallest, largest)


def _numbers(schema: Schema) -> st.SearchStrategy[float]:
    return st.floats(
        schema.get("minimum"),
        schema.get("maximum"),
        allow_nan=False,
        allow_infinity=False,
        width=32 if schema.get("format") == "float" else 64,
    )


@pytest.fixture(scope="session")
def rows_of() -> Callable[..., st.SearchStrategy[list[dict[str, Any]]]]:
    """From a row schema to lists of rows, without the columns that a builder leaves out."""

    def rows(schema: Any, size: int = 3, without: tuple[str, ...] = ()) -> st.SearchStrategy[Any]:
        properties = schema.document["properties"].items()
        row = st.fixed_dictionaries({name: values(each) for name, each in properties if name not in without})
        return st.lists(row, min_size=size, max_size=size, unique_by=lambda each: each["id"])

    return rows
