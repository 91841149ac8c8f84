"""Profiles of tables: built batch by batch, merged in any order, with bounded memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import pyarrow as pa
import xxhash

from ..inputs.batch import Batch, Indices, Place
from .columns import ColumnProfile, Kind, kind_of
from .sketches import Keys, mixed

_STEP = np.uint64(0xD1B54A32D192ED03)


class Profile:
    """Counts, moments, samples and categories of every column, reached through structs and lists.

    It takes at most four megabytes a column however many rows there are. The same rows give the same profile,
    however they are cut into batches and in whichever order profiles are merged: what enters a sample depends
    on the split (or the file's name) and the row's number in it. Columns whose name holds a dot or `[]` have
    no path and are left out.
    """

    def __init__(self, batches: Iterable[Batch] = ()) -> None:
        """Start with these batches."""
        self.rows = 0
        self._columns: dict[tuple[str, Kind], ColumnProfile] = {}
        for batch in batches:
            self.observe(batch)

    @property
    def columns(self) -> Mapping[tuple[str, Kind], ColumnProfile]:
        """By path and kind, in that order; a path has two kinds only if batches differ in its type."""
        return dict(sorted(self._columns.items()))

    def observe(self, batch: Batch) -> None:
        """Add a batch. No row may be added twice."""
        self.rows += len(batch)
        keys = _row_keys(batch)
        for path in _paths(batch.table.schema):
            column = batch.column(path)
            if column is None:
                continue
            kind = kind_of(column.values.type)
            profile = self._columns.setdefault((path, kind), ColumnProfile(kind))
            counts = np.bincount(column.rows, minlength=len(batch))
            drawn = _value_keys(keys, column.rows, counts) if "[]" in path else keys[column.rows]
            profile.add(column.values, drawn, int(counts @ counts))

    def merge(self, other: Profile) -> None:
        """Add what another profile has seen of other rows."""
        self.rows += other.rows
        for (path, kind), column in other._columns.items():
            self._columns.setdefault((path, kind), ColumnProfile(kind)).merge(column)

    def as_dict(self) -> dict[str, Any]:
        """The profile as JSON: the number of rows, and by path a profile for each kind of value."""
        found: dict[str, list[dict[str, Any]]] = {}
        for (path, _), column in self.columns.items():
            found.setdefault(path, []).append(column.as_dict())
        return {"rows": self.rows, "columns": found}


def _paths(schema: pa.Schema) -> Iterator[str]:
    for field in schema:
        if not any(part in field.name for part in (".", "[]")):
            yield from _below(field.name, field.type)


def _below(path: str, dtype: Any) -> Iterator[str]:
    while isinstance(dtype, pa.BaseExtensionType | pa.DictionaryType):
        dtype = dtype.storage_type if isinstance(dtype, pa.BaseExtensionType) else dtype.value_type
    yield path
    kind = kind_of(dtype)
    if kind == "list":
        yield from _below(f"{path}[]", dtype.value_type)
    elif kind == "struct":
        for field in dtype:
            if not any(part in field.name for part in (".", "[]")):
                yield from _below(f"{path}.{field.name}", field.type)


def _salt(place: Place) -> np.uint64:
    # Only the file's name, so that the same file in an old and a new folder gives the same sample.
    name = f"{place.config}/{place.split}" if place.split else PurePosixPath(place.file).name
    return np.uint64(xxhash.xxh3_64_intdigest(name.encode()))


def _row_keys(batch: Batch) -> Keys:
    numbers = np.arange(batch.first, batch.first + len(batch), dtype=np.uint64)
    return mixed(mixed(numbers) + _salt(batch.place))


def _value_keys(keys: Keys, rows: Indices, counts: Indices) -> Keys:
    """A key for each value where rows may hold several: the row's, mixed with the value's place in it."""
    position = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    return mixed(keys[rows] + position.astype(np.uint64) * _STEP)
