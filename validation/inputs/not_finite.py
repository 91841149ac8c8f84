"""Numbers that JSON doesn't have, NaN and the infinities, in tables and in values in memory."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute

from ...errors import UsageError
from ..findings import Finding
from .batch import Batch

pc = cast("Any", pyarrow.compute)


def in_table(batch: Batch) -> Iterator[Finding]:
    """A finding for each such number in a column of floats, at any depth."""
    table = batch.table
    found = np.zeros(len(batch), np.bool_)
    for column in table.columns:
        _mark(column, np.arange(len(batch), dtype=np.int64), found)
    for row in np.flatnonzero(found).tolist():
        yield from _in_row(batch, row, table.slice(row, 1).to_pylist()[0])


def in_values(rows: Sequence[Any], batch: Batch) -> Iterator[Finding]:
    """A finding for each such number in values, of which `batch` has the place.

    Raises:
        UsageError: A value isn't one that JSON has.
    """
    if _is_plain(rows):
        return
    for row, value in enumerate(rows):
        yield from _in_row(batch, row, value)


def _is_plain(rows: Sequence[Any]) -> bool:
    try:
        json.dumps(rows, allow_nan=False)
    except (ValueError, TypeError, RecursionError):
        return False
    return True


def _mark(values: Any, rows: Any, found: Any) -> None:
    """Mark the rows in which a float isn't finite."""
    if isinstance(values, pa.ExtensionArray):
        values = values.storage
    kind = values.type
    if pa.types.is_dictionary(kind):
        if pa.types.is_floating(kind.value_type):
            _mark(values.dictionary_decode(), rows, found)
    elif pa.types.is_floating(kind):
        finite = pc.fill_null(pc.is_finite(values), fill_value=True)
        if finite.false_count:
            found[rows[~finite.to_numpy(zero_copy_only=False)]] = True
    elif pa.types.is_struct(kind):
        for member in values.flatten():
            _mark(member, rows, found)
    elif pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        lengths = np.asarray(pc.fill_null(pc.list_value_length(values), 0), np.int64)
        _mark(values.flatten(), np.repeat(rows, lengths), found)


def _in_row(batch: Batch, row: int, value: Any) -> Iterator[Finding]:
    for pointer, number in _places(value):
        if not isinstance(number, float):
            kind = type(number).__name__
            place = f"{batch.where(row)} {pointer}".strip()
            raise UsageError(f"{place}: found a {kind}, expected a value that JSON has; convert it first")
        shown = "NaN" if math.isnan(number) else "an infinity, or a number beyond the range of a double"
        message = f"found {shown}, expected a finite number"
        where, number_of_row = batch.where(row), batch.first + row
        yield Finding("not-finite", message, "error", where, pointer, "", batch.place.file, row=number_of_row)


def _places(value: Any) -> Iterator[tuple[str, Any]]:
    """Pointer and value of what is no finite number, text, boolean, null, list or object."""
    waiting: list[tuple[str, Any]] = [("", value)]
    while waiting:
        at, node = waiting.pop()
        if isinstance(node, dict):
            members = cast("dict[str, Any]", node)
            waiting.extend((f"{at}/{_token(name)}", members[name]) for name in reversed(members))
        elif isinstance(node, list | tuple):
            items = cast("Sequence[Any]", node)
            waiting.extend((f"{at}/{index}", items[index]) for index in reversed(range(len(items))))
        elif isinstance(node, float):
            if not math.isfinite(node):
                yield at, node
        elif not isinstance(node, str | int | None):
            yield at, node


def _token(name: Any) -> str:
    return str(name).replace("~", "~0").replace("/", "~1")
