"""Tables as batches: every kind gives the same rows, in bounded batches."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import datasets
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from mensrea.errors import UsageError
from mensrea.validation.inputs.batch import Place
from mensrea.validation.inputs.tables import (
    TableSource,
    arrow_file_source,
    dataset_source,
    memory_source,
    parquet_source,
)

ROWS = [{"id": f"row-{number}", "n": number, "list": [number] * (number % 3)} for number in range(700)]
TABLE = pa.Table.from_pylist(ROWS)
PLACE = Place("main", "train")


def read(source: TableSource) -> list[dict[str, Any]]:
    rows = [row for batch in source.batches() for row in batch.to_pylist()]
    assert source.rows in (None, len(rows))
    return rows


def generated() -> Iterator[dict[str, Any]]:
    yield from ROWS


@pytest.mark.parametrize(
    "table",
    [
        TABLE,
        pa.concat_tables([TABLE.slice(0, 300), TABLE.slice(300)]),
        TABLE.combine_chunks().to_batches()[0],
        TABLE.to_reader(100),
        pl.DataFrame(ROWS),
        pd.DataFrame(ROWS),
    ],
    ids=["table", "chunks", "batch", "reader", "polars", "pandas"],
)
def test_tables_in_memory(table: Any) -> None:
    assert read(memory_source(table, PLACE)) == ROWS


def test_a_dataset_is_read_in_its_order() -> None:
    dataset = datasets.Dataset.from_list(ROWS)
    shuffled = dataset.shuffle(seed=3).select(range(50, 500))
    assert read(dataset_source(dataset, PLACE)) == ROWS
    assert read(dataset_source(shuffled, PLACE)) == shuffled.to_list() != ROWS[50:500]
    assert read(dataset_source(dataset.with_format("numpy", columns=["n"]), PLACE)) == ROWS


def test_a_dataset_that_streams() -> None:
    stream = datasets.Dataset.from_list(ROWS).to_iterable_dataset(num_shards=3)
    assert read(dataset_source(stream, PLACE)) == ROWS


def test_pictures_are_not_decoded() -> None:
    features = datasets.Features({"picture": datasets.Image()})
    dataset = datasets.Dataset.from_dict({"picture": [{"bytes": b"no picture", "path": None}]}, features)
    assert read(dataset_source(dataset, PLACE)) == [{"picture": {"bytes": b"no picture", "path": None}}]


@pytest.mark.parametrize("group", [50, 700])
def test_parquet(tmp_path: Path, group: int) -> None:
    pq.write_table(TABLE, tmp_path / "a.parquet", row_group_size=group)
    source = parquet_source(tmp_path / "a.parquet", PLACE)
    assert source.rows == 700
    assert read(source) == read(source) == ROWS
    assert source.columns.equals(TABLE.schema)


def test_parts_of_parquet_are_its_rows(tmp_path: Path) -> None:
    table = pa.table({"n": pa.array(range(200_000))})
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=30_000)
    parts = parquet_source(tmp_path / "a.parquet", PLACE).parts
    assert len(parts) > 1
    for part in parts:
        assert next(part.batches()).column("n")[0].as_py() == part.first
    numbers = [
        number for part in parts for batch in part.batches() for number in batch.column("n").to_pylist()
    ]
    assert numbers == list(range(200_000))


@pytest.mark.parametrize("kind", ["file", "stream"])
def test_arrow_files(tmp_path: Path, kind: str) -> None:
    opened = pa.ipc.new_file if kind == "file" else pa.ipc.new_stream
    with opened(tmp_path / "a.arrow", TABLE.schema) as writer:
        writer.write_table(TABLE, max_chunksize=300)
    source = arrow_file_source(tmp_path / "a.arrow", PLACE)
    assert read(source) == read(source) == ROWS


def test_wide_rows_come_in_small_batches(tmp_path: Path) -> None:
    table = pa.table({"text": ["x" * 100_000] * 1500})
    pq.write_table(table, tmp_path / "a.parquet", compression="zstd", use_dictionary=False)
    for source in (memory_source(table, PLACE), parquet_source(tmp_path / "a.parquet", PLACE)):
        assert max(batch.nbytes for batch in source.batches()) <= 26e6


def test_no_rows_are_no_batches() -> None:
    assert list(memory_source(TABLE.slice(0, 0), PLACE).batches()) == []


@pytest.mark.parametrize("content", [b"", b"PAR1", b"hello, world"])
def test_what_is_no_table_is_an_error_of_arrow(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a"
    path.write_bytes(content)
    for source in (parquet_source, arrow_file_source):
        with pytest.raises((pa.ArrowException, OSError)):
            list(source(path, PLACE).batches())


@pytest.mark.parametrize("table", [{"n": 1}, 7, None, b"rows"])
def test_other_things_are_refused(table: Any) -> None:
    with pytest.raises(UsageError, match="rows can't be read from"):
        memory_source(table, PLACE)


def test_a_frame_of_mixed_columns_is_refused_in_a_line() -> None:
    with pytest.raises(UsageError, match="the data frame is no table") as refused:
        memory_source(pd.DataFrame({"n": [1, "a"]}), PLACE)
    assert "\n" not in str(refused.value)
