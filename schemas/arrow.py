"""Row schemas as Arrow schemas and Hugging Face features."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from .fields import Field
from .row import RowSchema

if TYPE_CHECKING:
    from datasets import Features

_ARROW: Mapping[str, pa.DataType] = {
    "string": pa.string(),
    "boolean": pa.bool_(),
    "int8": pa.int8(),
    "int16": pa.int16(),
    "int32": pa.int32(),
    "int64": pa.int64(),
    "float": pa.float32(),
    "double": pa.float64(),
}
_DTYPES: Mapping[str, str] = {"boolean": "bool", "float": "float32", "double": "float64"}


def features_of(schema: RowSchema) -> Features:
    """The Hugging Face features of a row schema."""
    from datasets import Features

    return Features({field.name: _feature(field) for field in schema.fields})


def arrow_schema(schema: RowSchema) -> pa.Schema:
    """The Arrow schema of a release's Parquet files, with the features in its metadata.

    JSON columns have Arrow's JSON extension type, so that `datasets` decodes them without a card.
    """
    return features_of(schema).arrow_schema


def storage_schema(schema: RowSchema) -> pa.Schema:
    """The Arrow schema in which rows are assembled: JSON columns are plain strings."""
    return pa.schema([pa.field(field.name, _storage(field)) for field in schema.fields])


def _storage(field: Field) -> pa.DataType:
    if field.kind == "list":
        return pa.list_(pa.field("item", _storage(field.children[0])))
    if field.kind == "struct":
        return pa.struct([pa.field(child.name, _storage(child)) for child in field.children])
    if field.kind == "image":
        return pa.struct({"bytes": pa.binary(), "path": pa.string()})
    if field.kind == "json":
        return pa.string()
    return _ARROW[field.type_name]


def _feature(field: Field) -> Any:
    from datasets import Image, Json, List, Value

    if field.kind == "list":
        return List(_feature(field.children[0]))
    if field.kind == "struct":
        return {child.name: _feature(child) for child in field.children}
    if field.kind == "image":
        return Image()
    if field.kind == "json":
        return Json()
    return Value(_DTYPES.get(field.type_name, field.type_name))
