"""Tables as batches of bounded size: Parquet, Arrow files, and what is in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
import pyarrow.parquet as pq

from ...errors import UsageError
from .batch import Place

_BATCH_BYTES = 8 << 20
_MOST_ROWS = 1 << 16
_LEAST_ROWS = 256
_ROWS_AT_ONCE = 1 << 12
_READ_BYTES = 1 << 20


@dataclass(frozen=True)
class TableSource:
    """Rows that are Arrow already, or become it as they are read.

    Attributes:
        place: Where they are.
        columns: Their columns and types.
        batches: Reads them from the start.
        rows: How many there are, if that is known without reading.
        parts: The same rows in parts, which may be read at once, in their order; empty if there is one.
    """

    place: Place
    columns: pa.Schema
    batches: Callable[[], Iterator[pa.RecordBatch]]
    rows: int | None = None
    parts: Sequence[TablePart] = ()


@dataclass(frozen=True)
class TablePart:
    """Consecutive rows of a table.

    Attributes:
        first: The number of the first row, from 0.
        batches: Reads them.
    """

    first: int
    batches: Callable[[], Iterator[pa.RecordBatch]]


def parquet_source(path: Path, place: Place) -> TableSource:
    """The rows of a Parquet file.

    Raises:
        OSError: It can't be read.
        pa.ArrowInvalid: It isn't Parquet.
    """
    with closing(_open(path)) as file:
        rows = file.metadata.num_rows
        columns = cast("pa.Schema", file.schema_arrow)
        parts = [TablePart(first, _reader(path, groups)) for first, groups in _row_groups(file.metadata)]
    return TableSource(place, columns, _reader(path), rows, parts if len(parts) > 1 else ())


def _reader(path: Path, groups: Sequence[int] | None = None) -> Callable[[], Iterator[pa.RecordBatch]]:
    """Reads a file, or some of its row groups in one thread."""

    def batches() -> Iterator[pa.RecordBatch]:
        with closing(_open(path)) as file:
            rows = _batch_rows(file.metadata)
            yield from file.iter_batches(rows, row_groups=groups, use_threads=groups is None)

    return batches


def _row_groups(metadata: pq.FileMetaData) -> Iterator[tuple[int, list[int]]]:
    """Runs of row groups that are worth a thread's while, and the number of their first row."""
    first, rows, groups = 0, 0, list[int]()
    for index in range(metadata.num_row_groups):
        groups.append(index)
        rows += metadata.row_group(index).num_rows
        if rows >= _MOST_ROWS or index == metadata.num_row_groups - 1:
            yield first, groups
            first, rows, groups = first + rows, 0, []


def _open(path: Path) -> pq.ParquetFile:
    # Pre-buffering holds a whole row group, and a release may be one row group.
    return pq.ParquetFile(path, pre_buffer=False, buffer_size=_READ_BYTES)


def _batch_rows(metadata: pq.FileMetaData) -> int:
    groups = [metadata.row_group(index) for index in range(metadata.num_row_groups)]
    size = sum(group.total_byte_size for group in groups) // max(metadata.num_rows, 1)
    return max(_LEAST_ROWS, min(_MOST_ROWS, _BATCH_BYTES // max(size, 1)))


def arrow_file_source(path: Path, place: Place) -> TableSource:
    """The rows of an Arrow file or stream, such as `datasets` keeps in its cache.

    Raises:
        OSError: It can't be read.
        pa.ArrowInvalid: It is neither.
    """

    def open_reader() -> Any:
        source = pa.memory_map(str(path))
        try:
            return pa.ipc.open_file(source)
        except pa.ArrowInvalid:
            source.seek(0)
            return pa.ipc.open_stream(source)

    def batches() -> Iterator[pa.RecordBatch]:
        reader = open_reader()
        if isinstance(reader, pa.ipc.RecordBatchFileReader):
            for index in range(reader.num_record_batches):
                yield from _sliced(reader.get_batch(index))
        else:
            for batch in reader:
                yield from _sliced(batch)

    return TableSource(place, open_reader().schema, batches)


def memory_source(table: Any, place: Place) -> TableSource:
    """Rows in memory: Arrow, Polars or pandas; what has missing values as NaN, as pandas does, has nulls.

    Raises:
        UsageError: It is none of these.
    """
    arrow = _as_arrow(table)
    if isinstance(arrow, pa.RecordBatchReader):
        return TableSource(place, arrow.schema, lambda: (part for each in arrow for part in _sliced(each)))
    return TableSource(place, arrow.schema, lambda: _of_table(arrow), arrow.num_rows)


def dataset_source(dataset: Any, place: Place) -> TableSource:
    """The rows of a `datasets.Dataset`, in its order, without its images being decoded.

    An `IterableDataset` does as well, if it has features.
    """
    arrow = dataset.with_format("arrow")
    columns = cast("pa.Schema", dataset.features.arrow_schema)

    def batches() -> Iterator[pa.RecordBatch]:
        for table in arrow.iter(batch_size=_ROWS_AT_ONCE):
            yield from _of_table(table.cast(columns))

    rows = len(dataset) if hasattr(dataset, "__len__") else None
    return TableSource(place, columns, batches, rows)


def _as_arrow(table: Any) -> Any:
    if isinstance(table, pa.Table | pa.RecordBatchReader):
        return table
    if isinstance(table, pa.RecordBatch):
        return pa.Table.from_batches([table])
    if type(table).__module__.partition(".")[0] == "pandas":
        return _from_pandas(table)
    if hasattr(table, "__arrow_c_stream__"):
        return pa.RecordBatchReader.from_stream(table)
    raise UsageError(
        f"rows can't be read from {type(table).__name__}; give a path, a table, a Dataset or a list of rows"
    )


def _from_pandas(frame: Any) -> pa.Table:
    try:
        return pa.Table.from_pandas(frame, preserve_index=False)
    except (pa.ArrowException, TypeError, ValueError) as error:
        reason = " ".join(str(each) for each in error.args)
        raise UsageError(f"the data frame is no table ({reason}); give each column one type") from error


def _of_table(table: pa.Table) -> Iterator[pa.RecordBatch]:
    for batch in table.to_batches(max_chunksize=_MOST_ROWS):
        yield from _sliced(batch)


def _sliced(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """Parts of bounded size, without copying."""
    if not batch.num_rows:
        return
    size = max(batch.nbytes // batch.num_rows, 1)
    step = max(_LEAST_ROWS, min(_MOST_ROWS, _BATCH_BYTES // size))
    for start in range(0, batch.num_rows, step):
        yield batch.slice(start, step)
