"""A row schema as a tree of typed fields: what every derivation reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from ..errors import SchemaError

Kind = Literal["string", "integer", "number", "boolean", "list", "struct", "json", "image"]
JsonObject = Mapping[str, Any]

_SCALARS: Mapping[str, Kind] = {
    "string": "string",
    "integer": "integer",
    "number": "number",
    "boolean": "boolean",
}
_TYPES = (*_SCALARS, "array", "object", "null")
# What would have no effect on a column of any JSON value, or a type that only it implies.
_CONSTRAINTS = frozenset({"allOf", "anyOf", "const", "enum", "items", "oneOf", "properties"})
_WIDTHS: Mapping[Kind, frozenset[str]] = {
    "integer": frozenset({"int8", "int16", "int32", "int64"}),
    "number": frozenset({"float", "double"}),
}


@dataclass(frozen=True, slots=True)
class Field:
    """One column, or one value inside a column.

    Attributes:
        name: The property's name; `item` for the elements of a list.
        kind: What the value is. `json` is any JSON value; `image` is an encoded picture.
        description: The schema's description, with unit or range.
        nullable: Whether null is allowed.
        width: The OpenAPI format that sets the width of a number: `int8` to `int64`, `float`, `double`.
        choices: The allowed values, if the schema lists them.
        children: The element of a list (one child), or the fields of a struct.
    """

    name: str
    kind: Kind
    description: str
    nullable: bool = False
    width: str | None = None
    choices: tuple[Any, ...] = ()
    children: tuple[Field, ...] = ()

    @property
    def type_name(self) -> str:
        """The type as a reader would write it, such as `list[struct]` or `int16`."""
        if self.kind == "list":
            return f"list[{self.children[0].type_name}]"
        return self.width or {"integer": "int64", "number": "double"}.get(self.kind, self.kind)

    def contains(self, kind: Kind) -> bool:
        """Whether this field, or one inside it, is of this kind."""
        return self.kind == kind or any(child.contains(kind) for child in self.children)


def compile_fields(row: JsonObject, where: str) -> tuple[Field, ...]:
    """The columns of a row schema.

    Args:
        row: A resolved object schema, without `$ref`.
        where: The file and definition, for messages.

    Raises:
        SchemaError: A property has no description, isn't required, or uses a shape that has no
            columnar form.
    """
    return _properties(row, where)


def _properties(node: JsonObject, where: str) -> tuple[Field, ...]:
    properties = cast("Mapping[str, JsonObject]", node.get("properties"))
    if not isinstance(properties, dict) or not all(isinstance(each, dict) for each in properties.values()):
        message = f"{where}: `properties` must be an object of schemas"
        raise SchemaError(message)
    if set(node.get("required", ())) != set(properties):
        message = f"{where}: every property must be in `required`; use a null type for a missing value"
        raise SchemaError(message)
    if node.get("additionalProperties") is not False:
        message = f"{where}: `additionalProperties` must be false, or unknown columns would be dropped"
        raise SchemaError(message)
    return tuple(_field(name, child, f"{where}/{name}") for name, child in properties.items())


def _field(name: str, node: JsonObject, where: str, *, described: bool = True) -> Field:
    if described and not node.get("description"):
        message = f"{where}: the property has no `description`"
        raise SchemaError(message)
    declared = node.get("type")
    types = [declared] if isinstance(declared, str) else list(cast("list[str]", declared or []))
    nullable = "null" in types
    types = [each for each in types if each != "null"]
    kind = _kind(types, node, where)
    return Field(
        name=name,
        kind=kind,
        description=str(node.get("description", "")),
        nullable=nullable or not types,
        width=_width(kind, node, where),
        choices=_choices(node, where),
        children=_children(kind, node, where),
    )


def _kind(types: list[str], node: JsonObject, where: str) -> Kind:
    if not types and _CONSTRAINTS.isdisjoint(node):
        return "json"
    if not types:
        keyword = min(_CONSTRAINTS & set(node))
        message = f"{where}: `{keyword}` needs a `type`; without one a column is any JSON"
        raise SchemaError(message)
    if len(types) > 1:
        message = f"{where}: a column has one type besides null, found {types}"
        raise SchemaError(message)
    if str(node.get("contentMediaType", "")).startswith("image/"):
        return "image"
    if types[0] == "object":
        return "struct" if "properties" in node else "json"
    if types[0] == "array":
        return "list"
    if types[0] not in _SCALARS:
        message = f"{where}: found type {types[0]!r}, expected one of {', '.join(_TYPES)}"
        raise SchemaError(message)
    return _SCALARS[types[0]]


def _width(kind: Kind, node: JsonObject, where: str) -> str | None:
    width = node.get("format")
    if kind not in _WIDTHS or width is None:
        return None
    if width not in _WIDTHS[kind]:
        message = f"{where}: format {width!r} is no width of {kind}; use one of {sorted(_WIDTHS[kind])}"
        raise SchemaError(message)
    return str(width)


def _choices(node: JsonObject, where: str) -> tuple[Any, ...]:
    choices = node.get("enum", [node["const"]] if "const" in node else [])
    if not isinstance(choices, list):
        message = f"{where}: `enum` must be a list of values"
        raise SchemaError(message)
    return tuple(cast("list[Any]", choices))


def _children(kind: Kind, node: JsonObject, where: str) -> tuple[Field, ...]:
    if kind == "struct":
        return _properties(node, where)
    if kind == "list":
        items = node.get("items")
        if not isinstance(items, dict):
            message = f"{where}: a list needs `items`, the one schema of its elements"
            raise SchemaError(message)
        return (_field("item", cast("JsonObject", items), f"{where}/items", described=False),)
    return ()
