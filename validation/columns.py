"""Columns of whole numbers as NumPy arrays, and their lists as matrices."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

from .inputs.batch import Batch

pc = cast("Any", pyarrow.compute)
Integers = npt.NDArray[np.int64]
Found = tuple[Integers, Integers]


def whole_numbers(batch: Batch, path: str) -> Found | None:
    """Whole numbers at a path, nulls as -1, and their rows; None if there are no such numbers."""
    column = batch.column(path)
    if column is None or not pa.types.is_integer(column.values.type):
        return None
    return np.asarray(pc.fill_null(column.values.cast(pa.int64()), -1)), column.rows


def matrix_of(
    values: Integers, rows: Integers, size: int, width: int | None = None
) -> tuple[Integers, Integers]:
    """Lists as rows of a matrix, cut or filled up with zeros to a width, and their lengths."""
    lengths = np.bincount(rows, minlength=size)
    places = np.arange(len(rows)) - (np.cumsum(lengths) - lengths)[rows]
    matrix = np.zeros((size, max(1, int(lengths.max(initial=0))) if width is None else width), np.int64)
    kept = places < matrix.shape[1]
    matrix[rows[kept], places[kept]] = values[kept]
    return matrix, lengths
