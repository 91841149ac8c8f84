"""Which JSON values a column of an Arrow type holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

import pyarrow as pa

from ...errors import SchemaError
from .values import is_json

Kind = Literal["null", "boolean", "integer", "number", "string", "array", "object", "json", "map", "image"]

_KINDS: Mapping[Kind, tuple[Callable[[pa.DataType], bool], ...]] = {
    "null": (pa.types.is_null,),
    "boolean": (pa.types.is_boolean,),
    "integer": (pa.types.is_integer,),
    "number": (pa.types.is_floating,),
    "string": (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view),
    "map": (pa.types.is_map,),
    "array": (
        pa.types.is_list,
        pa.types.is_large_list,
        pa.types.is_fixed_size_list,
        pa.types.is_list_view,
        pa.types.is_large_list_view,
    ),
    "object": (pa.types.is_struct,),
}
# The types of JSON Schema that a kind can be, besides null.
TYPES: Mapping[Kind, frozenset[str]] = {
    "null": frozenset(),
    "boolean": frozenset({"boolean"}),
    "integer": frozenset({"integer", "number"}),
    "number": frozenset({"integer", "number"}),
    "string": frozenset({"string"}),
    "array": frozenset({"array"}),
    "object": frozenset({"object"}),
    "image": frozenset({"string"}),
}


def stored(kind: pa.DataType) -> pa.DataType:
    """The type under dictionaries and extension types; JSON text keeps its own."""
    if isinstance(kind, pa.BaseExtensionType) and not is_json(kind):
        return stored(kind.storage_type)
    return stored(kind.value_type) if pa.types.is_dictionary(kind) else kind


def kind_of(kind: pa.DataType) -> Kind | None:
    """What a type holds; None if JSON has no such value."""
    if is_json(kind):
        return "json"
    return next((name for name, tests in _KINDS.items() if any(test(kind) for test in tests)), None)


def is_image(node: Any, kind: pa.DataType) -> bool:
    """Whether the schema asks for a picture, and the column holds `datasets`' form of one."""
    media = isinstance(node, Mapping) and str(node.get("contentMediaType", ""))
    if not media or not media.startswith("image/"):
        return False
    return pa.types.is_struct(kind) and kind.get_field_index("bytes") >= 0


def refuse(kind: pa.DataType, where: str) -> SchemaError:
    """The error for a column whose values JSON doesn't have."""
    name = where.strip("/") or "the column"
    return SchemaError(f"{name}: JSON has no {kind} values; cast the column, or leave it out of the schema")


def foreign_parts(kind: pa.DataType, where: str) -> Iterator[tuple[str, pa.DataType]]:
    """The types within a type whose values JSON doesn't have, and where they stand."""
    kind = stored(kind)
    found = kind_of(kind)
    if found is None:
        yield where, kind
    elif found == "object":
        for member in kind:
            yield from foreign_parts(member.type, f"{where}/{member.name}")
    elif found == "array":
        yield from foreign_parts(kind.value_type, where)
    elif found == "map":
        yield from foreign_parts(kind.item_type, where)
