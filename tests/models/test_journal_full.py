"""A full disk: pending results fail, what was acknowledged stays, and with new space the journal goes on."""

import asyncio
import os
import subprocess
from dataclasses import replace

import pytest
from mensrea.errors import JournalError
from mensrea.models.journal import Journal, Record

RECORD = Record(bytes(16), "ask", "a/model", 0, bytes(4000))
FULL = r"journal\.sqlite: no space left on the disk; free some and run again, what was recorded is kept \(not"


def records(start, count):
    return [replace(RECORD, key=number.to_bytes(16)) for number in range(start, start + count)]


def limit(journal, pages):
    """SQLite's own limit on the file's size, which fails as a full disk does."""
    journal._writer.run(lambda connection: connection.execute(f"PRAGMA max_page_count = {pages}").fetchone())


async def put_until_full(journal):
    """Records that were acknowledged before the disk was full."""
    acknowledged = []

    async def put():
        for record in records(0, 100_000):
            await journal.put(record)
            acknowledged.append(record)

    with pytest.raises(JournalError, match=FULL):
        await put()
    return acknowledged


def test_nothing_acknowledged_is_lost_and_it_goes_on(tmp_path):
    async def run(journal):
        limit(journal, 200)
        acknowledged = await put_until_full(journal)
        assert len(acknowledged) > 50
        with pytest.raises(JournalError, match=FULL):
            await journal.put(records(200_000, 1)[0])
        limit(journal, 1 << 30)
        more = records(300_000, 20)
        await asyncio.gather(*[journal.put(record) for record in more])
        return [*acknowledged, *more]

    with Journal.open(tmp_path) as journal:
        acknowledged = asyncio.run(run(journal))
        assert [journal.find(record.key) for record in acknowledged] == acknowledged
    with Journal.open(tmp_path) as journal:
        assert [journal.find(record.key) for record in acknowledged] == acknowledged
        assert journal.find((200_000).to_bytes(16)) is None
        assert journal.totals()[0].calls == len(acknowledged)
        assert journal.recovered == ()


def test_every_future_of_the_commit_fails(tmp_path):
    async def run(journal):
        limit(journal, 100)
        futures = [journal.put(record) for record in records(0, 300)]
        journal.outcome(b"a", 1, bytes(4000))
        ended = await asyncio.gather(*futures, return_exceptions=True)
        assert all(isinstance(each, JournalError) for each in ended)
        with pytest.raises(JournalError, match=FULL):
            await journal.drain()

    with Journal.open(tmp_path) as journal:
        asyncio.run(run(journal))
        assert journal.totals() == []
        assert len(journal.finished(b"a")) == 0


def test_outcomes_that_no_one_awaited_are_an_error_of_close(tmp_path):
    async def run(journal):
        journal.outcome(b"a", 1, bytes(900_000))

    journal = Journal.open(tmp_path)
    limit(journal, 50)
    asyncio.run(run(journal))
    with pytest.raises(JournalError, match=FULL):
        journal.close()
    Journal.open(tmp_path).close()


def test_other_changes_fail_with_the_same_error(tmp_path):
    with Journal.open(tmp_path) as journal:
        limit(journal, 30)
        with pytest.raises(JournalError, match="no space left on the disk"):
            journal.note("a", "x" * 100_000)
        journal.note("a", "y")
        assert journal.notes() == {"a": "y"}


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 3 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    try:
        command = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)]
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no permission to mount a small file system")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_file_system(small_disk):
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(1_000_000))

    async def run(journal):
        acknowledged = await put_until_full(journal)
        assert len(acknowledged) > 50
        ballast.unlink()
        more = records(300_000, 20)
        await asyncio.gather(*[journal.put(record) for record in more])
        return [*acknowledged, *more]

    with Journal.open(small_disk / "run") as journal:
        acknowledged = asyncio.run(run(journal))
    with Journal.open(small_disk / "run") as journal:
        assert [journal.find(record.key) for record in acknowledged] == acknowledged
        assert journal.recovered == ()


def test_opening_on_a_full_file_system(small_disk):
    free = os.statvfs(small_disk)
    (small_disk / "ballast").write_bytes(bytes(free.f_bavail * free.f_frsize))
    with pytest.raises(JournalError) as caught:
        Journal.open(small_disk / "run")
    assert "\n" not in str(caught.value)
    (small_disk / "ballast").unlink()
    Journal.open(small_disk / "run").close()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(JournalError, match="can't be made"):
        Journal.open(tmp_path)
