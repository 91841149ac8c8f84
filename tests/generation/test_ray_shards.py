import asyncio
import shutil
import tempfile
import threading
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mensrea.errors import StorageError
from mensrea.generation.ray_shards import (
    ask_to_stop,
    is_asked_to_stop,
    merge_shards,
    read_counts,
    read_rows,
    shard_folder,
    split_rows,
    write_counts,
)
from mensrea.models.journal import Journal, Record

VALUES = st.one_of(st.integers(-9, 9), st.text(max_size=5), st.lists(st.booleans(), max_size=2), st.none())
ROWS = st.lists(st.dictionaries(st.text(max_size=3), VALUES, max_size=3), max_size=30)


@given(rows=ROWS, shards=st.integers(1, 9))
def test_every_row_is_in_one_shard_and_equal_rows_in_the_same(
    rows: list[dict[str, Any]], shards: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        found = split_rows(Path(folder), enumerate(rows), shards)
        held = {shard.index: list(read_rows(Path(folder), shard.index)) for shard in found}
    assert [len(held[shard.index]) for shard in found] == [shard.rows for shard in found]
    placed = {place: (shard, row) for shard, part in held.items() for place, row in part}
    assert sorted(placed) == list(range(len(rows)))
    assert all(list(placed[place][1].items()) == list(row.items()) for place, row in enumerate(rows))
    for place, row in enumerate(rows):
        equal = [other for other in range(len(rows)) if orjson.dumps(rows[other]) == orjson.dumps(row)]
        assert {placed[other][0] for other in equal} == {placed[place][0]}


def test_a_folder_that_cant_be_written_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "workers").touch()
    with pytest.raises(StorageError, match="workers: can't be written"):
        split_rows(tmp_path, [(0, {})], 1)


def work(folder: Path, *keys: bytes) -> None:
    """What a worker leaves behind."""

    async def put(journal: Journal) -> None:
        for place, key in enumerate(keys):
            await journal.put(Record(key, "ask", "scripted/a", 0, b"{}", prompt=7))
            journal.outcome(b"segment", place, key)
        await journal.flush()

    with Journal.open(folder) as journal:
        asyncio.run(put(journal))


def test_journals_of_workers_are_merged_and_removed(tmp_path: Path) -> None:
    work(shard_folder(tmp_path, 0), b"a" * 16)
    work(shard_folder(tmp_path, 3), b"b" * 16, b"c" * 16)
    shard_folder(tmp_path, 5).mkdir()
    ask_to_stop(tmp_path)
    with Journal.open(tmp_path) as journal:
        assert merge_shards(tmp_path, journal) == 5
        assert [total.prompt for total in journal.totals()] == [21]
        assert journal.find(b"c" * 16) is not None
        assert merge_shards(tmp_path, journal) == 0
    assert not (tmp_path / "workers").exists()


def test_what_was_merged_and_not_removed_counts_once(tmp_path: Path) -> None:
    folder = shard_folder(tmp_path, 0)
    work(folder, b"a" * 16)
    shutil.copytree(folder, tmp_path / "copy")
    with Journal.open(tmp_path) as journal:
        merge_shards(tmp_path, journal)
        shutil.copytree(tmp_path / "copy", folder)
        assert merge_shards(tmp_path, journal) == 0
        assert [total.calls for total in journal.totals()] == [1]


def test_a_worker_that_still_runs_is_waited_for(tmp_path: Path) -> None:
    folder = shard_folder(tmp_path, 0)
    work(folder, b"a" * 16)
    held = Journal.open(folder)
    threading.Timer(0.3, held.close).start()
    with Journal.open(tmp_path) as journal:
        assert merge_shards(tmp_path, journal) == 2


def test_workers_are_told_to_stop_and_say_how_far_they_are(tmp_path: Path) -> None:
    for shard in range(2):
        shard_folder(tmp_path, shard).mkdir(parents=True)
        write_counts(shard_folder(tmp_path, shard), {"rows": 3, "usd": 0.5})
    (shard_folder(tmp_path, 1) / ".counts.json.part").write_bytes(b"{")
    assert read_counts(tmp_path) == {"rows": 6, "usd": 1.0}
    assert not is_asked_to_stop(tmp_path)
    ask_to_stop(tmp_path)
    assert is_asked_to_stop(tmp_path)
    write_counts(tmp_path / "nowhere", {"rows": 1})
