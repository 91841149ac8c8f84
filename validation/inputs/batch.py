"""Consecutive rows of one split, as rules and checks read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

pc = cast("Any", pyarrow.compute)
Indices = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Place:
    """Where rows come from.

    Attributes:
        config: The config, or empty for a plain file.
        split: The split, or empty for a plain file.
        file: The file as the user named it, or empty for a table in memory.
    """

    config: str = ""
    split: str = ""
    file: str = ""

    def __str__(self) -> str:
        """`config/split`, or the file."""
        return "/".join(part for part in (self.config, self.split) if part) or self.file


@dataclass(frozen=True, slots=True)
class Column:
    """Values found at a path, and the row of the batch that each belongs to.

    Attributes:
        values: A flat Arrow array without chunks; nulls stay nulls.
        rows: For each value the position of its row in the batch, ascending.
    """

    values: pa.Array
    rows: Indices


@dataclass(frozen=True)
class Batch:
    """Consecutive rows of one split or file.

    Attributes:
        table: The rows. In a batch from JSON lines a column holds null where the value has another
            type than the column; the schema check has reported that.
        place: Where they come from.
        first: Number of the first row in its split or file, from 0.
        lines: For JSON lines the line, from 1, of each row; None for tables.
    """

    table: pa.RecordBatch
    place: Place = Place()
    first: int = 0
    lines: Indices | None = None

    def __len__(self) -> int:
        """How many rows there are."""
        return self.table.num_rows

    def column(self, path: str) -> Column | None:
        """The values at a path such as `prompt`, `meta.topic` or `messages[].content`.

        Lists on the way are flattened; a null or absent parent gives no value. None if there is no such
        path in the columns.
        """
        values: Any = None
        rows: Indices = np.arange(self.table.num_rows, dtype=np.int64)
        for name in path.replace("[]", ".[]").split("."):
            found = self._step(values, rows, name)
            if found is None:
                return None
            values, rows = found
        return Column(values, rows)

    def _step(self, values: Any, rows: Indices, name: str) -> tuple[Any, Indices] | None:
        if values is None:
            return (_plain(self.table.column(name)), rows) if name in self.table.schema.names else None
        if name == "[]":
            if not _is_list(values.type):
                return None
            lengths = np.asarray(pc.fill_null(pc.list_value_length(values), 0), np.int64)
            return _plain(values.flatten()), np.repeat(rows, lengths)
        if not pa.types.is_struct(values.type) or values.type.get_field_index(name) < 0:
            return None
        if values.null_count:
            present = values.is_valid()
            values, rows = values.filter(present), rows[present.to_numpy(zero_copy_only=False)]
        return _plain(pc.struct_field(values, [values.type.get_field_index(name)])), rows

    @cached_property
    def ids(self) -> Sequence[str] | None:
        """The rows' ids, or None if there is no column `id` of strings."""
        column = self.column("id")
        if column is None or not _is_text(column.values.type):
            return None
        return cast("Sequence[str]", column.values)

    def where(self, row: int) -> str:
        """A row as a person would look it up: `file:line`, or split and id, or split and row number."""
        if self.lines is not None:
            return f"{self.place.file}:{self.lines[row]}"
        identifier = None if self.ids is None else cast("Any", self.ids)[row].as_py()
        name = identifier or f"row {self.first + row}"
        return f"{self.place} {name}".strip()


def _plain(array: Any) -> Any:
    """The array without chunks, extension type or dictionary."""
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    if isinstance(array, pa.ExtensionArray):
        array = array.storage
    return array.dictionary_decode() if isinstance(array, pa.DictionaryArray) else array


def _is_list(kind: pa.DataType) -> bool:
    return any(test(kind) for test in (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list))


def _is_text(kind: pa.DataType) -> bool:
    return any(test(kind) for test in (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view))
