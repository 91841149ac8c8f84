"""Parquet files: how they are encoded, where they are cut, and how little a small change rewrites."""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from mensrea.builders.assemble import Assembler
from mensrea.builders.parquet import BackgroundWriter, SplitWriter, file_sha256, read_tables
from mensrea.cards.manifest import SplitEntry
from mensrea.errors import ReleaseCorruptError
from mensrea.schemas import RowSchema, read_row_schema
from mensrea.schemas.arrow import arrow_schema
from mensrea.schemas.digest import digest_of

TOY = Path(__file__).parent.parent / "toy" / "toy.schema.json"
TEXT = read_row_schema(TOY, "toy", "text")
_CHUNK = 2**16
_GEAR = np.frombuffer(hashlib.shake_256(b"gear").digest(256 * 8), np.uint64)


def identifier(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()[:16]


def texts(count: int, size: int = 20) -> pa.Table:
    """Rows with ids like those of a build and texts of about `size` words."""
    random = np.random.default_rng(0)
    words = np.array([identifier(number)[: 2 + number % 9] for number in range(5000)])
    drawn = words[random.integers(0, len(words), (count, size))]
    columns = [
        [identifier(number) for number in range(count)],
        ["authored"] * count,
        [" ".join(row) for row in drawn],
    ]
    return pa.table(dict(zip(TEXT.columns, columns, strict=True)), schema=arrow_schema(TEXT))


def with_row(table: pa.Table, at: int) -> pa.Table:
    new = [["new"], ["authored"], ["A row that is new."]]
    row = pa.table(dict(zip(TEXT.columns, new, strict=True)), schema=table.schema)
    return pa.concat_tables([table.slice(0, at), row, table.slice(at)])


def write(
    folder: Path, table: pa.Table, schema: RowSchema = TEXT, *, batch: int = 1000, **options: Any
) -> SplitEntry:
    writer = SplitWriter(folder, "config", "train", schema, **options)
    for each in table.to_batches(batch):
        writer.write(pa.Table.from_batches([each]))
    return writer.finish()


def groups(folder: Path, entry: SplitEntry) -> Iterator[pa.Table]:
    return read_tables(folder, entry)


def chunks(data: bytes) -> Iterator[bytes]:
    """Content-defined chunks of about 64 KB, with a gear hash, as Xet makes them."""
    rolling = _GEAR[np.frombuffer(data, np.uint8)]
    for reach in (1, 2, 4, 8, 16, 32):
        rolling[reach:] += rolling[:-reach].copy() << np.uint64(reach)
    start = 0
    for end in [*(np.flatnonzero(rolling >> np.uint64(48) == 0) + 1).tolist(), len(data)]:
        while end - start > 4 * _CHUNK:
            yield data[start : start + 4 * _CHUNK]
            start += 4 * _CHUNK
        if end - start >= _CHUNK // 4 or end == len(data):
            yield data[start:end]
            start = end


def rewritten(old: Sequence[Path], new: Sequence[Path]) -> float:
    """The share of the new files' bytes that is in no chunk of the old ones."""
    known = {hashlib.sha256(chunk).digest() for path in old for chunk in chunks(path.read_bytes())}
    sizes = [
        (len(chunk), hashlib.sha256(chunk).digest() in known)
        for path in new
        for chunk in chunks(path.read_bytes())
    ]
    return sum(size for size, is_known in sizes if not is_known) / sum(size for size, _ in sizes)


def test_files_are_zstd_with_a_page_index_and_content_defined_chunks(tmp_path: Path) -> None:
    entry = write(tmp_path, texts(20_000, 30))
    metadata = pq.read_metadata(tmp_path / entry.files[0].path)
    for index in range(metadata.num_columns):
        column = metadata.row_group(0).column(index)
        assert column.compression == "ZSTD"
        assert column.has_column_index
        assert column.has_offset_index
    assert (
        metadata.row_group(0).column(2).total_compressed_size
        < 0.9 * metadata.row_group(0).column(2).total_uncompressed_size
    )
    assert pq.read_schema(tmp_path / entry.files[0].path) == arrow_schema(TEXT)


def test_the_entry_accounts_for_rows_bytes_hashes_and_digests(tmp_path: Path) -> None:
    table = texts(2_500)
    entry = write(tmp_path, table, batch=700)
    (file,) = entry.files
    path = tmp_path / file.path
    assert file.path == "config/train-00000-of-00001.parquet"
    assert (file.rows, file.bytes, file.sha256) == (2_500, path.stat().st_size, file_sha256(path))
    assert file.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    expected = digest_of([table])
    assert (entry.rows, entry.digest, entry.columns) == (2_500, expected.hexdigest(), expected.columns())
    assert pq.read_table(path).equals(table)


def test_images_are_stored_as_they_are(tmp_path: Path) -> None:
    schema = read_row_schema(TOY, "toy", "picture")
    image = {"bytes": b"the same bytes" * 100, "path": None}
    row = {
        "source": "authored",
        "image": image,
        "thumbnail": None,
        "crops": [image, image],
        "figure": {"caption": "c", "drawing": image},
    }
    (table,) = Assembler(schema, {}).tables([{"id": str(number), **row} for number in range(50)])
    entry = write(tmp_path, table, schema)
    group = pq.read_metadata(tmp_path / entry.files[0].path).row_group(0)
    columns = {group.column(index).path_in_schema: group.column(index) for index in range(group.num_columns)}
    media = {path for path in columns if path.endswith(".bytes")}
    assert media == {
        "image.bytes",
        "thumbnail.bytes",
        "crops.list.element.bytes",
        "figure.drawing.bytes",
    }
    for path, column in columns.items():
        assert column.compression == ("UNCOMPRESSED" if path in media else "ZSTD"), path
        assert ("RLE_DICTIONARY" in column.encodings) == (path not in media), path
    assert columns["image.bytes"].total_compressed_size > 50 * len(image["bytes"] or b"")


def test_an_empty_split_is_one_file_with_the_schema(tmp_path: Path) -> None:
    entry = SplitWriter(tmp_path, "config", "train", TEXT).finish()
    (file,) = entry.files
    assert (entry.rows, file.rows) == (0, 0)
    assert pq.read_table(tmp_path / file.path).equals(arrow_schema(TEXT).empty_table())
    assert entry.digest == digest_of([arrow_schema(TEXT).empty_table()]).hexdigest()
    assert sum(table.num_rows for table in read_tables(tmp_path, entry)) == 0


def test_one_row_is_one_row(tmp_path: Path) -> None:
    entry = write(tmp_path, texts(1))
    assert (entry.rows, entry.files[0].rows, len(entry.files)) == (1, 1, 1)


def test_row_groups_end_where_ids_say_and_stay_there_when_a_row_comes(tmp_path: Path) -> None:
    table = texts(20_000)
    old = write(tmp_path / "old", table, row_group_bytes=2**17)
    new = write(tmp_path / "new", with_row(table, 2_000), row_group_bytes=2**17)
    ends = [
        [group["id"][-1].as_py() for group in groups(tmp_path / name, entry)]
        for name, entry in (("old", old), ("new", new))
    ]
    assert len(ends[0]) > 10
    assert len(set(ends[0]) ^ set(ends[1])) <= 2
    sizes = [group.nbytes for group in groups(tmp_path / "old", old)]
    assert all(2**17 <= size <= 2**18 + 2**12 for size in sizes[:-1])


@pytest.mark.parametrize("batch", [1, 7, 333, 5_000])
def test_files_hold_the_same_rows_whatever_tables_they_come_in(tmp_path: Path, batch: int) -> None:
    table = texts(5_000)
    entry = write(tmp_path, table, batch=batch, row_group_bytes=2**16, shard_bytes=2**17)
    assert entry.digest == digest_of([table]).hexdigest()
    assert pa.concat_tables(read_tables(tmp_path, entry)).equals(table)
    assert all(group.nbytes <= 2**17 + 2**12 for group in groups(tmp_path, entry))


def test_a_row_larger_than_the_row_group_has_one_of_its_own(tmp_path: Path) -> None:
    table = pa.table(
        {"id": list("abcd"), "source": ["authored"] * 4, "text": ["x", "y" * 2**20, "z" * 2**20, "x"]},
        schema=arrow_schema(TEXT),
    )
    entry = write(tmp_path, table, row_group_bytes=2**12)
    assert [group.num_rows for group in groups(tmp_path, entry)].count(1) >= 2
    assert pa.concat_tables(read_tables(tmp_path, entry)).equals(table)


def test_shards_are_numbered_and_nothing_else_is_left(tmp_path: Path) -> None:
    table = texts(20_000)
    entry = write(tmp_path, table, row_group_bytes=2**17, shard_bytes=2**18)
    count = len(entry.files)
    assert count > 3
    names = [f"config/train-{number:05d}-of-{count:05d}.parquet" for number in range(count)]
    assert [file.path for file in entry.files] == names
    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*")) == names
    assert sum(file.rows for file in entry.files) == entry.rows == 20_000
    assert all(file.bytes >= 2**18 for file in entry.files[:-1])
    assert pa.concat_tables(read_tables(tmp_path, entry, ["id"]))["id"].equals(table["id"])


@pytest.mark.parametrize("options", [{}, {"row_group_bytes": 2**16, "shard_bytes": 2**17}])
def test_the_same_rows_give_the_same_bytes(tmp_path: Path, options: dict[str, Any]) -> None:
    entries = [write(tmp_path / name, texts(5_000), **options) for name in ("one", "other")]
    assert entries[0] == entries[1]


@pytest.mark.parametrize("damage", ["missing", "truncated", "other"])
def test_reading_a_damaged_file_says_which(tmp_path: Path, damage: str) -> None:
    entry = write(tmp_path, texts(100))
    path = tmp_path / entry.files[0].path
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-20] if damage == "truncated" else b"no Parquet")
    with pytest.raises(ReleaseCorruptError) as caught:
        list(read_tables(tmp_path, entry))
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


class _Recorder:
    """Stands for a `SplitWriter` whose disk fails at a table."""

    def __init__(self, fails_at: int | None = None) -> None:
        self.written: list[int] = []
        self._fails_at = fails_at

    def write(self, table: pa.Table) -> None:
        if len(self.written) == self._fails_at:
            raise OSError(28, "No space left on device")
        self.written.append(table.num_rows)


def handed_over(recorder: _Recorder, count: int) -> Iterator[int]:
    with BackgroundWriter(recorder) as background:  # pyright: ignore[reportArgumentType]
        for number in range(1, count + 1):
            background.write(pa.table({"a": list(range(number))}))
            yield number


def test_a_background_writer_keeps_the_order_and_waits_for_the_end() -> None:
    recorder = _Recorder()
    assert list(handed_over(recorder, 200)) == recorder.written


@pytest.mark.parametrize("fails_at", [0, 10, 199])
def test_a_background_writer_raises_what_went_wrong(fails_at: int) -> None:
    recorder = _Recorder(fails_at)
    with pytest.raises(OSError, match="No space"):
        list(handed_over(recorder, 200))
    assert recorder.written == list(range(1, fails_at + 1))


@pytest.mark.slow
def test_inserting_a_row_rewrites_little(tmp_path: Path) -> None:
    table = texts(200_000, 45)
    assert 55e6 < table["text"].nbytes < 80e6
    small = {"row_group_bytes": 4 * 2**20}
    choices: list[dict[str, Any]] = [{}, small, {**small, "shard_bytes": 6 * 2**20}]
    for number, options in enumerate(choices):
        files: list[list[Path]] = []
        for name, rows in (("old", table), ("new", with_row(table, 20_000))):
            folder = tmp_path / str(number) / name
            files.append([folder / file.path for file in write(folder, rows, **options).files])
        assert rewritten(*files) <= 0.06
