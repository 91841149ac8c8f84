"""What holds of the values of a table beyond their types, checked column by column."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import ResponseError
from ..schemas import Field

if TYPE_CHECKING:
    import polars as pl

_MOST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Rule:
    """Something that must not be.

    Attributes:
        field: The field that is to blame.
        broken: True for the rows that break it.
        expected: What is expected instead.
    """

    field: str
    broken: pl.Expr
    expected: str


def check(
    frame: pl.DataFrame,
    fields: Sequence[Field],
    properties: Mapping[str, Mapping[str, Any]],
    rules: Sequence[Rule],
    where: Callable[[int], str],
) -> None:
    """Hold rows to what their schema says of values.

    Args:
        frame: The rows, of the schema's types.
        fields: The schema's columns.
        properties: Their properties.
        rules: What holds beyond the schema.
        where: The place of a row by its number.

    Raises:
        ResponseError: A row breaks one; of several rows the first.
    """
    found = [*_declared(fields, properties), *rules]
    first = (each.broken.arg_true().first().alias(str(at)) for at, each in enumerate(found))
    broken = frame.select(first).row(0)
    if all(row is None for row in broken):
        return
    row, rule = min(((row, at) for at, row in enumerate(broken) if row is not None), default=(0, 0))
    value: Any = frame.item(row, found[rule].field.partition(".")[0])
    for name in found[rule].field.split(".")[1:]:
        value = value[name]
    raise ResponseError(
        f"{where(row)}: {found[rule].field}: found {shown(value)}, expected {found[rule].expected}"
    )


def _declared(fields: Sequence[Field], properties: Mapping[str, Mapping[str, Any]]) -> Iterator[Rule]:
    import polars as pl

    for field in fields:
        column, declared = pl.col(field.name), properties[field.name]
        yield from _of_column(field, column, declared, field.name)
        if field.kind == "struct":
            for child in field.children:
                member = column.struct.field(child.name)
                yield from _of_column(
                    child, member, declared["properties"][child.name], f"{field.name}.{child.name}"
                )


def _of_column(field: Field, column: pl.Expr, declared: Mapping[str, Any], name: str) -> Iterator[Rule]:
    if not field.nullable:
        yield Rule(name, column.is_null(), "a value")
    if "minLength" in declared:
        yield Rule(name, column.str.len_chars() < declared["minLength"], "text")
    if "minimum" in declared:
        yield Rule(name, column < declared["minimum"], f"{declared['minimum']} or more")
    if "pattern" in declared:
        yield Rule(name, ~column.str.contains(declared["pattern"]), f"text like {declared['pattern']}")
    if field.choices:
        yield Rule(name, ~column.is_in(list(field.choices)), f"one of {', '.join(map(str, field.choices))}")


def shown(value: Any) -> str:
    """A value in one short line."""
    if value is None:
        return "null"
    text = repr(value) if isinstance(value, str) else f"{type(value).__name__} {value!r}"
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}…"
