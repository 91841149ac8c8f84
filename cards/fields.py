"""Row schemas as flat tables of fields, for cards, Croissant and the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from ..schemas import Field, RowSchema

_CHOICES_SHOWN = 16


class FieldRow(NamedTuple):
    """One row of a field table.

    Attributes:
        path: Where the value is, such as `messages[].role`; `[]` stands for every element.
        type: Its type, such as `list[struct]` or `int16 or null`.
        description: What it holds, with the allowed values.
    """

    path: str
    type: str
    description: str


def field_rows(schema: RowSchema) -> list[FieldRow]:
    """The fields of a row, columns in order, each followed by what is nested in it."""
    return [row for field in schema.fields for row in _rows(field, field.name)]


def describe(field: Field) -> str:
    """The field's description, followed by the values it may take unless it names them all itself."""
    values = [_quote(choice) for choice in field.choices if choice is not None]
    if all(value in field.description for value in values):
        return field.description
    shown = ", ".join(values[:_CHOICES_SHOWN])
    label = "Always" if len(values) == 1 else "One of"
    rest = f" and {len(values) - _CHOICES_SHOWN} more" if len(values) > _CHOICES_SHOWN else ""
    return f"{field.description} {label} {shown}{rest}.".lstrip()


def _rows(field: Field, path: str) -> Iterator[FieldRow]:
    kind = f"{field.type_name} or null" if field.nullable and field.kind != "json" else field.type_name
    yield FieldRow(path, kind, describe(field))
    if field.kind == "list":
        yield from _element_rows(field.children[0], f"{path}[]")
    elif field.kind == "struct":
        yield from _member_rows(field, path)


def _element_rows(element: Field, path: str) -> Iterator[FieldRow]:
    """A list's element has a row of its own only where the schema says something about it."""
    if describe(element) or element.nullable:
        yield from _rows(element, path)
    elif element.kind == "list":
        yield from _element_rows(element.children[0], f"{path}[]")
    elif element.kind == "struct":
        yield from _member_rows(element, path)


def _member_rows(struct: Field, path: str) -> Iterator[FieldRow]:
    for child in struct.children:
        yield from _rows(child, f"{path}.{child.name}")


def _quote(choice: Any) -> str:
    text = choice if isinstance(choice, str) and choice else json.dumps(choice, ensure_ascii=False)
    return f"`{text}`"
