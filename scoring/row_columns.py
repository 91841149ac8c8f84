"""Values of rows as columns of the types that a schema gives them; nothing is converted in silence."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import orjson

from ..errors import ResponseError
from ..schemas import Field
from .row_rules import shown

if TYPE_CHECKING:
    import pyarrow as pa

Where = Callable[[int], str]
Property = Mapping[str, Any]

_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "struct": (dict,),
    "list": (list,),
}
_NAMES: Mapping[str, str] = {
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "struct": "an object",
    "list": "an array",
    "json": "an object",
}


def column_of(
    field: Field, declared: Property, kind: pa.DataType, rows: Sequence[Any], where: Where
) -> pa.Array:
    """The values that rows have for a field.

    Args:
        field: The field.
        declared: Its property in the schema.
        kind: Its type in Arrow.
        rows: Objects; one that lacks the field has its default, or null where null is allowed.
        where: The place of a row by its number in `rows`.

    Raises:
        ResponseError: A row is no object, lacks what it needs, or holds a value of another type.
    """
    import pyarrow as pa

    name = field.name
    try:
        values = [row[name] for row in rows]
    except (KeyError, TypeError, IndexError):
        values = [_value(row, field, declared, where(index)) for index, row in enumerate(rows)]
    _check_types(field, declared, values, name, where)
    if field.kind == "json":
        values = [None if each is None else as_json(each) for each in values]
    if field.kind == "struct":
        _check_members(field, declared, values, where)
    try:
        return pa.array(values, kind)
    except (OverflowError, pa.ArrowInvalid) as error:
        raise ResponseError(f"{where(0)} and after: {name}: {error}; expected 64-bit numbers") from error


def parquet_column(field: Field, declared: Property, kind: pa.DataType, table: pa.Table, path: str) -> Any:
    """A column of a Parquet file in the type that the schema gives it.

    Raises:
        ResponseError: It is missing, or holds values of another type.
    """
    import pyarrow as pa

    def where(row: int) -> str:
        return f"{path} row {row}"

    name = field.name
    if name not in table.column_names:
        return column_of(field, declared, kind, [{}] * table.num_rows, where)
    column: Any = table.column(name)
    if isinstance(column.type, pa.BaseExtensionType):
        column = column.combine_chunks().storage
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if field.kind == "json" and _is_text(column.type):
        return _json_column(field, declared, column, where)
    if column.type == kind or (_is_text(column.type) and _is_text(kind)):
        return column.cast(kind)
    return column_of(field, declared, kind, [{name: each} for each in column.to_pylist()], where)


def as_json(value: Any) -> str:
    """A JSON value as text, the same for equal values: keys are sorted."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def refuse_others(rows: Sequence[Any], known: Sequence[str], where: Where) -> None:
    """Hold rows to the fields that there are.

    Raises:
        ResponseError: A row has another.
    """
    if not set[str]().union(*rows).difference(known):
        return
    for index, row in enumerate(rows):
        for name in row:
            if name not in known:
                raise ResponseError(f"{where(index)}: {name}: unknown field; expected {_list(known)}")


def _value(row: Any, field: Field, declared: Property, where: str) -> Any:
    if not isinstance(row, dict):
        raise ResponseError(f"{where}: found {shown(row)}, expected an object with the fields of the format")
    members = cast("dict[str, Any]", row)
    if field.name in members:
        return members[field.name]
    if "default" in declared:
        return declared["default"]
    if field.nullable:
        return None
    found = _list(members) or "nothing"
    raise ResponseError(f"{where}: {field.name}: missing, expected {_NAMES[field.kind]}; the row has {found}")


def _check_types(field: Field, declared: Property, values: Sequence[Any], name: str, where: Where) -> None:
    expected = (dict,) if declared.get("type") == "object" else _TYPES.get(field.kind)
    if expected is None:
        return
    allowed = {*expected, *([type(None)] if field.nullable else [])}
    if set(map(type, values)) <= allowed:
        return
    for index, value in enumerate(values):
        # Enumerations are strings, but true is no number.
        good = type(value) in allowed or (isinstance(value, str) and str in allowed)
        if not good:
            null = " or null" if field.nullable else ""
            raise ResponseError(
                f"{where(index)}: {name}: found {shown(value)}, expected {_NAMES[field.kind]}{null}"
            )


def _check_members(field: Field, declared: Property, values: Sequence[Any], where: Where) -> None:
    """Hold the members of objects to their types; Arrow would drop what it doesn't know."""
    present = [index for index, value in enumerate(values) if value is not None]
    objects = [values[index] for index in present]

    def place(row: int) -> str:
        return f"{where(present[row])}: {field.name}"

    refuse_others(objects, [child.name for child in field.children], place)
    for child in field.children:
        members = [each.get(child.name) for each in objects]
        _check_types(child, declared["properties"][child.name], members, child.name, place)


def _json_column(field: Field, declared: Property, column: Any, where: Where) -> Any:
    """JSON text with sorted keys; each different text is parsed once."""
    import pyarrow as pa

    packed = column.combine_chunks().cast(pa.string()).dictionary_encode()
    texts: list[str | None] = []

    def place(number: int) -> str:
        return where(packed.indices.to_pylist().index(number))

    for number, text in enumerate(packed.dictionary.to_pylist()):
        try:
            value = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            raise ResponseError(
                f"{place(number)}: {field.name}: found {shown(text)}, expected JSON text ({error.msg})"
            ) from error
        if value is not None:
            _check_types(field, declared, [value], field.name, lambda _, number=number: place(number))
        texts.append(None if value is None else as_json(value))
    return pa.array(texts, pa.string()).take(packed.indices)


def _is_text(kind: Any) -> bool:
    import pyarrow as pa

    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)


def _list(names: Any) -> str:
    return ", ".join(str(each) for each in names)
