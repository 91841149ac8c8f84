"""Loading a dataset's row schemas."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, cast

from ..errors import SchemaError
from .fields import Field, compile_fields

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_REFERENCE = "#/$defs/"


@dataclass(frozen=True)
class RowSchema:
    """The schema of one kind of row: an entry of `$defs` in `<stem>.schema.json`.

    Attributes:
        stem: The dataset.
        name: The entry of `$defs`.
        document: A self-contained JSON Schema (draft 2020-12) of one row, without `$ref`.
    """

    stem: str
    name: str
    document: Mapping[str, Any]

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """The columns, in the order of the schema."""
        return compile_fields(self.document, f"{self.stem}.schema.json#/$defs/{self.name}")

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The columns' names, in the order of the schema."""
        return tuple(field.name for field in self.fields)

    @cached_property
    def digest(self) -> str:
        """sha256 of the schema in canonical JSON."""
        text = json.dumps(self.document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


def schema_path(stem: str) -> Path:
    """Where the schema of a dataset lies."""
    return Path(__file__).parent / f"{stem}.schema.json"


@cache
def load_row_schema(stem: str, name: str) -> RowSchema:
    """The row schema `name` of a dataset.

    Raises:
        SchemaError: There is no such file or definition, it isn't valid JSON, or it breaks the
            rules for row schemas: `id` and `source` first, everything described and required.
    """
    return read_row_schema(schema_path(stem), stem, name)


def read_row_schema(path: Path, stem: str, name: str) -> RowSchema:
    """The row schema `name` from a schema file anywhere, such as a release's own copy.

    Raises:
        SchemaError: As `load_row_schema`.
    """
    definitions = _definitions(path)
    if name not in definitions:
        message = f"{path.name}: no definition {name!r}; it has {', '.join(sorted(definitions)) or 'none'}"
        raise SchemaError(message)
    row = {"$schema": _DIALECT, **_resolve(definitions[name], definitions, f"{path.name}#/$defs/{name}")}
    schema = RowSchema(stem, name, row)
    if schema.columns[:2] != ("id", "source"):
        message = f"{path.name}#/$defs/{name}: the first two columns must be `id` and `source`"
        raise SchemaError(message)
    return schema


def _definitions(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        message = f"{path}: the schema doesn't exist; a dataset needs one"
        raise SchemaError(message) from error
    except json.JSONDecodeError as error:
        message = f"{path}:{error.lineno}: not valid JSON: {error.msg}"
        raise SchemaError(message) from error
    except UnicodeDecodeError as error:
        message = f"{path}: not UTF-8: {error}"
        raise SchemaError(message) from error
    definitions = document.get("$defs", {}) if isinstance(document, dict) else None
    if not isinstance(definitions, dict) or not all(isinstance(each, dict) for each in definitions.values()):
        message = f"{path.name}: expected an object whose `$defs` is an object of schemas"
        raise SchemaError(message)
    return cast("dict[str, Any]", definitions)


def _resolve(node: Any, definitions: Mapping[str, Any], where: str, inside: tuple[str, ...] = ()) -> Any:
    if isinstance(node, list):
        return [_resolve(each, definitions, where, inside) for each in cast("list[Any]", node)]
    if not isinstance(node, dict):
        return node
    tree = cast("dict[str, Any]", node)
    if "$ref" in tree:
        reference = tree["$ref"]
        if reference in inside:
            message = f"{where}: `$ref` {reference!r} leads back to itself, which has no columnar form"
            raise SchemaError(message)
        tree = {**_target(reference, definitions, where), **{k: v for k, v in tree.items() if k != "$ref"}}
        return _resolve(tree, definitions, where, (*inside, reference))
    return {key: _resolve(value, definitions, where, inside) for key, value in tree.items()}


def _target(reference: str, definitions: Mapping[str, Any], where: str) -> Mapping[str, Any]:
    name = str(reference).removeprefix(_REFERENCE)
    if not str(reference).startswith(_REFERENCE) or name not in definitions:
        message = f"{where}: `$ref` {reference!r} doesn't name an entry of `$defs`"
        raise SchemaError(message)
    return cast("Mapping[str, Any]", definitions[name])
