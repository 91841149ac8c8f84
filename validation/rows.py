"""Rows, as Python dictionaries, against their JSON Schema."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import jsonschema_rs

from ..schemas import RowSchema
from .findings import Finding

Row = Mapping[str, Any]
_MOST_FINDINGS_PER_ROW = 5


class RowValidator:
    """Checks rows before they become Arrow, which would drop extra keys and invent nulls.

    Image columns are bytes and so outside JSON: their presence is checked here, their content by
    the builder that encodes them.
    """

    def __init__(self, schema: RowSchema, *, without: Sequence[str] = ()) -> None:
        """Compile the schema once; checking is then over a million rows a second.

        Args:
            schema: The schema of a row.
            without: Columns that the rows to be checked don't have yet.
        """
        self._images = tuple(field.name for field in schema.fields if field.kind == "image")
        document = _without(schema.document, {*self._images, *without})
        self._row = jsonschema_rs.Draft202012Validator(document)
        # One call for a batch: half the cost of a call for each row.
        self._batch = jsonschema_rs.Draft202012Validator({"type": "array", "items": document})

    def check(self, rows: Sequence[Row]) -> list[Finding]:
        """The findings of a batch of rows; empty if all conform."""
        plain = rows if not self._images else [self._without_images(row) for row in rows]
        findings = list(self._check_images(rows))
        if not self._batch.is_valid(plain):
            for row, instance in zip(rows, plain, strict=True):
                findings.extend(self._explain(row, instance))
        return findings

    def _explain(self, row: Row, instance: Row) -> Iterator[Finding]:
        for number, error in enumerate(self._row.iter_errors(instance)):
            if number == _MOST_FINDINGS_PER_ROW:
                return
            pointer = "/" + "/".join(str(part) for part in error.instance_path)
            yield Finding("schema-violation", error.message, "error", str(row.get("id", "?")), pointer)

    def _without_images(self, row: Row) -> Row:
        return {key: value for key, value in row.items() if key not in self._images}

    def _check_images(self, rows: Iterable[Row]) -> Iterator[Finding]:
        for name in self._images:
            for row in rows:
                image = row.get(name)
                if not (isinstance(image, Mapping) and image.get("bytes")):
                    message = (
                        "no bytes; expected {'bytes': encoded picture, 'path': name or null}"
                    )
                    yield Finding("missing-image", message, "error", str(row.get("id", "?")), f"/{name}")


def _without(document: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    properties = {key: value for key, value in document["properties"].items() if key not in names}
    required = [name for name in document["required"] if name not in names]
    return {**document, "properties": properties, "required": required}
