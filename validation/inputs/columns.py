"""JSON values as columns for rules, whatever types they have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa


class ColumnMaker:
    """Makes batches of one file; a column keeps the type that it first had.

    A value of another type becomes null: the schema is what reports types.
    """

    def __init__(self, hint: pa.Schema) -> None:
        """Start with the types that are known."""
        self._types: dict[str, pa.DataType] = {field.name: field.type for field in hint}

    def batch(self, rows: Sequence[Any]) -> pa.RecordBatch:
        """Rows as columns; what is no object is a row of nulls."""
        objects: list[dict[Any, Any]] = [row if isinstance(row, dict) else {} for row in rows]
        names = [name for name in dict.fromkeys(name for row in objects for name in row) if _can_name(name)]
        if not names:
            # A batch without columns would have no rows either.
            return pa.record_batch({"": pa.nulls(len(rows))})
        columns = {name: self._column(name, [row.get(name) for row in objects]) for name in names}
        return pa.record_batch(columns)

    def _column(self, name: str, values: list[Any]) -> pa.Array:
        known = self._types.get(name)
        try:
            column = pa.array(values, known)
        except (pa.ArrowException, TypeError, ValueError, OverflowError):
            kind = _first_type(values) if known is None else known
            # What Arrow takes alone it may refuse beside others, such as [] for an object.
            column = pa.concat_arrays([_fitting(value, kind) for value in values])
        if known is None and not pa.types.is_null(column.type):
            self._types[name] = column.type
        return column


def _can_name(name: Any) -> bool:
    """Whether Arrow takes it for a column's name: text without half of a surrogate pair."""
    return isinstance(name, str) and not any("\ud800" <= each <= "\udfff" for each in name)


def _first_type(values: Sequence[Any]) -> pa.DataType:
    for value in values:
        try:
            kind = pa.array([value]).type
        except (pa.ArrowException, TypeError, ValueError, OverflowError):
            continue
        if not pa.types.is_null(kind):
            return kind
    return pa.null()


def _fitting(value: Any, kind: pa.DataType) -> pa.Array:
    """An array of the value, or of null if it has another type."""
    try:
        return pa.array([value], kind)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        return pa.nulls(1, kind)
