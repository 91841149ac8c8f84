"""Values that should be unique, kept compactly until all rows were seen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ...errors import UsageError
from ..inputs.batch import Batch, Indices

_AS_IS = (
    pa.types.is_string,
    pa.types.is_large_string,
    pa.types.is_integer,
    pa.types.is_floating,
    pa.types.is_boolean,
)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A row with a value.

    Attributes:
        batch: The batch with no column but the ids.
        row: The row's position in it.
    """

    batch: Batch
    row: int

    def __str__(self) -> str:
        """`file:line`, or split and row number; never the id, which may be what is repeated."""
        if self.batch.lines is not None:
            return self.batch.where(self.row)
        return f"{self.batch.place} row {self.batch.first + self.row}".strip()


@dataclass(frozen=True, slots=True)
class _Chunk:
    batch: Batch
    values: Any
    rows: Indices | None


class Keys:
    """Values of all batches, and which of them are repeated: exactly, not by hash alone.

    A value costs its hash (8 bytes), its own bytes in Arrow, and 4 of offset, and 8 more where rows came
    from JSON lines. Hashes find the candidates; the values of these alone are compared.
    """

    def __init__(self) -> None:
        """Start without values."""
        self._chunks: list[_Chunk] = []
        self._hashes: list[npt.NDArray[np.uint64]] = []

    def add(self, batch: Batch, path: str) -> None:
        """Remember the values at a path; nulls are no values.

        Raises:
            UsageError: The values are lists or structs.
        """
        import polars as pl

        column = batch.column(path)
        if column is None or not len(column.values):
            return
        values, rows = column.values, column.rows
        if values.null_count:
            present = values.is_valid()
            values, rows = values.filter(present), rows[present.to_numpy(zero_copy_only=False)]
        values = comparable(values, path)
        is_whole = len(values) == len(batch)
        series = cast("Any", pl.from_arrow(values))
        self._hashes.append(series.hash().to_numpy())
        self._chunks.append(_Chunk(without_columns(batch), values, None if is_whole else rows))

    def repeated(self) -> Iterator[tuple[Any, list[Occurrence]]]:
        """Each value that occurs more than once, with its occurrences in order."""
        groups: dict[Any, list[Occurrence]] = {}
        starts = np.cumsum([0, *(len(chunk.values) for chunk in self._chunks)])
        positions = self._candidates()
        numbers = np.searchsorted(starts, positions, side="right") - 1
        for position, number in zip(positions.tolist(), numbers.tolist(), strict=True):
            chunk = self._chunks[number]
            index = position - int(starts[number])
            row = index if chunk.rows is None else int(chunk.rows[index])
            groups.setdefault(chunk.values[index].as_py(), []).append(Occurrence(chunk.batch, row))
        yield from ((value, found) for value, found in groups.items() if len(found) > 1)

    def _candidates(self) -> Indices:
        """Positions, ascending, of values whose hash occurs more than once."""
        hashes = np.concatenate([np.empty(0, np.uint64), *self._hashes])
        order = np.argsort(hashes)
        ordered = hashes[order]
        is_repeated = np.zeros(len(order), np.bool_)
        is_repeated[1:] = ordered[1:] == ordered[:-1]
        is_repeated[:-1] |= is_repeated[1:]
        return np.sort(order[is_repeated])


def comparable(values: Any, path: str) -> Any:
    """Values by which equal things are equal: whole numbers in 64 bits, and text for what is no number.

    Raises:
        UsageError: The values are lists or structs.
    """
    kind = values.type
    if pa.types.is_nested(kind):
        advice = f"; name its elements with {path}[]" if "list" in str(kind) else ""
        raise UsageError(f"{path} holds {kind}, expected single values{advice}")
    if pa.types.is_signed_integer(kind):
        return values.cast(pa.int64())
    if pa.types.is_unsigned_integer(kind) and kind != pa.uint64():
        return values.cast(pa.int64())
    return values if any(test(kind) for test in _AS_IS) else values.cast(pa.large_string())


def without_columns(batch: Batch) -> Batch:
    """The batch with no column but `id`, so that the others needn't stay in memory."""
    kept = [name for name in ("id",) if name in batch.table.schema.names]
    return Batch(batch.table.select(kept), batch.place, batch.first, batch.lines)
