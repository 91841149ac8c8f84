"""Which JSON values a column of an Arrow type holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

import pyarrow as pa

from ...errors import SchemaError
from .plain import is_json, is_list, stored

Kind = Literal["null", "boolean", "integer", "number", "string", "array", "object", "json", "map", "image"]

_KINDS: Mapping[Kind, tuple[Callable[[pa.DataType], bool], ...]] = {
    "null": (pa.types.is_null,),
    "boolean": (pa.types.is_boolean,),
    "integer": (pa.types.is_integer,),
    "number": (pa.types.is_floating,),
    "string": (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view),
    "map": (lambda kind: pa.types.is_map(kind) and kind_of(stored(kind.key_type)) == "string",),
    "array": (is_list,),
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


def refuse_repeats(kind: pa.DataType, where: str) -> None:
    """Refuse a struct that has two members of one name.

    Raises:
        SchemaError: It has.
    """
    names = [member.name for member in kind]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        place = where.strip("/") or "the table"
        raise SchemaError(f"{place}: two columns are named {twice!r}, expected each once; rename one")


def refuse_foreign(kind: pa.DataType, where: str) -> None:
    """Refuse a type in which anything has values that JSON doesn't have.

    Raises:
        SchemaError: Something in it has.
    """
    kind = stored(kind)
    found = kind_of(kind)
    if found is None:
        raise refuse(kind, where)
    if found == "object":
        refuse_repeats(kind, where)
        for member in kind:
            refuse_foreign(member.type, f"{where}/{member.name}")
    elif found in ("array", "map"):
        refuse_foreign(kind.value_type if found == "array" else kind.item_type, where)
