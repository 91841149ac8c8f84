"""Rows, as Python dictionaries, against their JSON Schema."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, cast

import jsonschema_rs

from ..errors import SchemaError
from ..schemas import Field, RowSchema
from .findings import Finding

Row = Mapping[str, Any]
_MOST_FINDINGS_PER_ROW = 5
_BOUNDS: Mapping[str, tuple[float, float]] = {
    **{f"int{bits}": (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for bits in (8, 16, 32)},
    "float": (-(2 - 2**-23) * 2.0**127, (2 - 2**-23) * 2.0**127),
}
_SCALARS = {str, int, float, bool, type(None)}


class RowValidator:
    """Checks rows before they become Arrow, which would drop extra keys and invent nulls.

    Images are bytes and so outside JSON: that they are there is checked here, their content by the
    builder that encodes them.
    """

    def __init__(self, schema: RowSchema, *, without: Sequence[str] = ()) -> None:
        """Compile the schema once; checking is then over a million rows a second.

        Args:
            schema: The schema of a row.
            without: Columns that the rows to be checked don't have yet.

        Raises:
            SchemaError: The schema has a keyword with a value that it can't have.
        """
        document = _bounded(_without(schema.document, without))
        self._images = tuple(
            field for field in schema.fields if field.contains("image") and field.name not in without
        )
        try:
            self._row = jsonschema_rs.Draft202012Validator(document)
            # One call for a batch: half the cost of a call for each row.
            self._batch = jsonschema_rs.Draft202012Validator({"type": "array", "items": document})
        except ValueError as error:
            reason = str(error).partition("\n")[0]
            message = f"{schema.stem}.schema.json#/$defs/{schema.name}: not a JSON Schema: {reason}"
            raise SchemaError(message) from error

    def check(self, rows: Sequence[Row]) -> list[Finding]:
        """The findings of a batch of rows; empty if all conform."""
        plain = rows if not self._images else [self._without_images(row) for row in rows]
        findings = [finding for row in rows for finding in self._missing_images(row)] if self._images else []
        if not self._conform(plain):
            for row, instance in zip(rows, plain, strict=True):
                findings.extend(self._explain(row, instance))
        return findings

    def _conform(self, rows: Sequence[Row]) -> bool:
        try:
            return self._batch.is_valid(rows)
        except ValueError:  # a value of a type that JSON doesn't have
            return False

    def _explain(self, row: Row, instance: Row) -> Iterator[Finding]:
        try:
            errors = list(islice(self._row.iter_errors(instance), _MOST_FINDINGS_PER_ROW))
        except ValueError:
            for found, path in _foreign(instance, ()):
                yield _violation(row, f"found {type(found).__name__}, expected a value that JSON has", path)
            return
        for error in errors:
            yield _violation(row, error.message, error.instance_path)

    def _without_images(self, row: Row) -> Row:
        present = [field for field in self._images if field.name in row]
        return {**row, **{field.name: _text_for(field, row[field.name]) for field in present}}

    def _missing_images(self, row: Row) -> Iterator[Finding]:
        for field in self._images:
            for place in _missing(field, row.get(field.name), (field.name,)):
                message = "no bytes; expected {'bytes': encoded picture, 'path': name or null}"
                yield replace(_violation(row, message, place), code="missing-image")


def _bounded(node: Any) -> Any:
    """The schema with the bounds that a number's width sets, which JSON Schema doesn't take from `format`."""
    if isinstance(node, list):
        return [_bounded(each) for each in cast("list[Any]", node)]
    if not isinstance(node, dict):
        return node
    members = cast("dict[str, Any]", node).items()
    tree = {key: value if key in {"const", "enum"} else _bounded(value) for key, value in members}
    width = tree.get("format")
    if isinstance(width, str) and width in _BOUNDS:
        for keyword, bound, tighter in zip(("minimum", "maximum"), _BOUNDS[width], (max, min), strict=True):
            declared = tree.get(keyword, bound)
            if isinstance(declared, int | float):
                tree[keyword] = tighter(declared, bound)
    return tree


def _violation(row: Row, message: str, path: Sequence[str | int] = ()) -> Finding:
    pointer = "/" + "/".join(str(part) for part in path)
    return Finding("schema-violation", message, "error", str(row.get("id", "?")), pointer)


def _foreign(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[Any, tuple[str | int, ...]]]:
    """What is neither a JSON value nor made of them, and where it stands."""
    if isinstance(value, dict):
        for key, each in cast("dict[str, Any]", value).items():
            yield from _foreign(each, (*path, key))
    elif isinstance(value, list | tuple):
        for index, each in enumerate(cast("Sequence[Any]", value)):
            yield from _foreign(each, (*path, index))
    elif type(value) not in _SCALARS:
        yield value, path


def _text_for(field: Field, value: Any) -> Any:
    """The value with a text for every image, which is what the schema takes an image for."""
    if field.kind == "image":
        return None if value is None else ""
    if field.kind == "list" and isinstance(value, list):
        return [_text_for(field.children[0], each) for each in cast("list[Any]", value)]
    if field.kind == "struct" and isinstance(value, dict):
        kinds = {child.name: child for child in field.children}
        members = cast("dict[str, Any]", value).items()
        return {name: _text_for(kinds[name], each) if name in kinds else each for name, each in members}
    return value


def _missing(field: Field, value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    """Where an image has no bytes; a null is the schema's matter."""
    if field.kind == "image":
        if value is not None and not (isinstance(value, Mapping) and value.get("bytes")):
            yield path
    elif field.kind == "list" and isinstance(value, list):
        for index, each in enumerate(cast("list[Any]", value)):
            yield from _missing(field.children[0], each, (*path, index))
    elif field.kind == "struct" and isinstance(value, dict):
        for child in field.children:
            yield from _missing(child, cast("dict[str, Any]", value).get(child.name), (*path, child.name))


def _without(document: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    properties = {key: value for key, value in document["properties"].items() if key not in names}
    required = [name for name in document["required"] if name not in names]
    return {**document, "properties": properties, "required": required}
