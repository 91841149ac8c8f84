"""Columns of lists as NumPy arrays, without a loop over rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

Integers = npt.NDArray[np.integer[Any]]

# pyarrow makes its functions at import, so type checkers know none of them.
_compute: Any = pyarrow.compute
_STATES = ("state", "node")


def vector(table: pa.Table, column: str) -> npt.NDArray[np.int16]:
    """A column of numbers, shape (rows,)."""
    return table[column].to_numpy().astype(np.int16)


def matrix(table: pa.Table, column: str, length: int) -> npt.NDArray[np.int16]:
    """A column of lists that all have one length, shape (rows, length).

    Raises:
        ValueError: A list has another length.
    """
    sizes = sizes_of(table[column])
    if (sizes != length).any():
        at = int(np.flatnonzero(sizes != length)[0])
        raise ValueError(f"{column} of row {at}: found {sizes[at]} numbers, expected {length}")
    return _flat(table[column]).to_numpy().astype(np.int16).reshape(-1, length)


def padded_pairs(table: pa.Table, column: str, longest: int) -> npt.NDArray[np.int16]:
    """A column of lists of pairs, shape (rows, longest, 2); -1 beyond a row's own pairs."""
    sizes = sizes_of(table[column])
    row = np.repeat(np.arange(len(sizes)), sizes)
    place = np.arange(len(row)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    padded = np.full((len(sizes), longest, 2), -1, np.int16)
    padded[row, place] = _flat(_flat(table[column])).to_numpy().reshape(-1, 2)
    return padded


def step_entries(table: pa.Table, column: str) -> list[Integers]:
    """Row, step, state and count of each entry of a column of sparse targets, in the order of the rows."""
    lists = table[column]
    entries = _flat(lists)
    names = {field.name for field in entries.type}
    state = next(name for name in _STATES if name in names)
    sizes = sizes_of(lists)
    members = [_compute.struct_field(entries, name).to_numpy() for name in ("step", state, "count")]
    return [np.repeat(np.arange(len(sizes)), sizes), *members]


def sizes_of(lists: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    """How long each list is, shape (rows,)."""
    return _compute.list_value_length(lists).to_numpy().astype(np.int64)


def last_step(lists: pa.ChunkedArray) -> int:
    """The greatest step of a column of sparse targets; 0 where there are none."""
    return _compute.max(_compute.struct_field(_flat(lists), "step")).as_py() or 0


def _flat(lists: pa.ChunkedArray) -> Any:
    return _compute.list_flatten(lists)
